"""An axis of time: days to the right, ticks as fine as there is room for, and long stretches without anything left out.

Days are the ordinals of `datetime.date`; a day is as wide as all others, in whichever part of the axis it lies.
"""

from calendar import monthrange
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from stancebank.pictures.svg import Drawing, number, text_width

Days = tuple[int, int]
"""A stretch: the ordinal of its first day, and of the day after its last one."""

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

BREAK = 72
"""How wide it is where the axis is broken, in px."""

PAD = 16
"""What is left free at both ends of a part, in px, so that a mark on its first day is whole."""

_EMPTY_DAYS, _EMPTY_SHARE, _MOST_BREAKS = 730, 0.25, 4
"""An axis is broken where nothing is for two years or more, and for a quarter of all that is drawn."""

_LEAST_DAYS, _LEAST_SHARE = 14, 0.1
"""How much a part shows at least, in days and of the whole axis."""

_STEPS = (
    ("day", 1, 22),
    ("day", 7, 22),
    ("month", 1, 32),
    ("month", 3, 32),
    *(("year", each, 40) for each in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)),
)
"""Ticks: their unit, every how many of it there is one, and the px that each needs."""

_LENGTHS = {"day": 1.0, "month": 30.4, "year": 365.25}
_SIZE = 11


@dataclass(frozen=True, slots=True)
class AxisPart:
    """A part of an axis between breaks. begin, end: days. x: of its first day, in px."""

    begin: int
    end: int
    x: float


@dataclass(frozen=True, slots=True)
class Tick:
    """A line of an axis, with what is written at it. above: the larger unit that begins there; "" where none does."""

    x: float
    label: str
    above: str


class TimeAxis:
    """An axis over some stretches of days. left, width: where it lies, in px.

    parts: what it shows. scale: px of a day. finest: the unit that ticks are not finer than, ``day``, ``month`` or
    ``year``; those of each single one are at its middle. Without stretches, it shows nothing, and has no parts.
    """

    def __init__(self, stretches: Iterable[Days], left: float, width: float, finest: str = "day") -> None:
        self.left, self.width, self.finest = left, width, finest
        shown = _parted(sorted(stretches))
        free = width - BREAK * (len(shown) - 1) - 2 * PAD * len(shown)
        days = sum(end - begin for begin, end in shown)
        self.scale = free / days if days else 0.0
        parts, x = [], left + PAD
        for begin, end in shown:
            parts.append(AxisPart(begin, end, x))
            x += (end - begin) * self.scale + 2 * PAD + BREAK
        self.parts: tuple[AxisPart, ...] = tuple(parts)

    def x(self, day: float) -> float:
        """Return where a day begins; with a fraction, where in it. A day that is left out is where its break is."""
        for part in reversed(self.parts):
            if day >= part.begin:
                return part.x + min(day - part.begin, part.end - part.begin) * self.scale
        return self.parts[0].x

    @property
    def breaks(self) -> tuple[Days, ...]:
        """The stretches that are left out."""
        return tuple((one.end, two.begin) for one, two in pairwise(self.parts))

    def ticks(self) -> Iterator[Tick]:
        """Yield the ticks of all parts; each part has one at least."""
        for part in self.parts:
            yield from self._ticks(part)

    def say_breaks(self) -> str:
        """Say which days are left out, in a sentence; "" where there are none."""
        told = [f"{_day(begin)} to {_day(end - 1)}" for begin, end in self.breaks]
        return f"The axis leaves out {' and '.join(told)}, where there is nothing." if told else ""

    def draw(self, drawing: Drawing, top: float, bottom: float, *, head: bool = False, lines: bool = True) -> float:
        """Draw lines from top to bottom, what is written below them, and breaks; return the y below the words.

        head: write it above the top, too, where 32 px are needed. lines: whether there are lines at ticks.
        """
        ticks = list(self.ticks())
        for each in ticks if lines else ():
            drawing.line(each.x, top, each.x, bottom, "s-line")
        for y in (top, bottom):
            for part in self.parts:
                drawing.line(part.x - PAD, y, part.x + (part.end - part.begin) * self.scale + PAD, y, "s-edge")
        for begin, end in self.breaks:
            x = self.x(begin) + PAD
            self._draw_break(drawing, x, top, bottom)
            for y in (bottom + 14, top - 21) if head else (bottom + 14,):
                for line, said in enumerate((_say_length(begin, end), "left out")):
                    drawing.text(
                        x + BREAK / 2, y + 14 * line, said, "f-quiet", size=_SIZE, anchor="middle", width=BREAK
                    )
        self._write(drawing, ticks, bottom + 14, 14)
        if head:
            self._write(drawing, ticks, top - 7, -14)
        return bottom + 36

    def _write(self, drawing: Drawing, ticks: Sequence[Tick], y: float, step: float) -> None:
        """Write labels at y, and the larger units a step further; of two of these that meet, the second."""
        for each in ticks:
            drawing.text(each.x, y, each.label, "f-quiet", size=_SIZE, anchor="middle")
        named = [each for each in ticks if each.above]
        for each, after in zip(named, [*named, None][1:], strict=True):
            if after is None or each.x + (text_width(each.above, _SIZE) + text_width(after.above, _SIZE)) / 2 < after.x:
                drawing.text(each.x, y + step, each.above, "f-quiet strong", size=_SIZE, anchor="middle")

    def _draw_break(self, drawing: Drawing, x: float, top: float, bottom: float) -> None:
        drawing.rect(x, top - 1, BREAK, bottom - top + 2, "f-page")
        for place in (x, x + BREAK):
            steps = max(2, round((bottom - top) / 8))
            points = (
                f"{number(place + (4 if each % 2 else -4))} {number(top + (bottom - top) * each / steps)}"
                for each in range(steps + 1)
            )
            drawing.path(f"M{'L'.join(points)}", "s-edge none")

    def _ticks(self, part: AxisPart) -> list[Tick]:
        """Return the ticks of a part, of the finest step that there is room for, or finer ones where it has none."""
        units = tuple(_LENGTHS)
        steps = [each for each in _STEPS if units.index(each[0]) >= units.index(self.finest)]
        fitting = [each for each in steps if _LENGTHS[each[0]] * each[1] * self.scale >= each[2]]
        first = steps.index(fitting[0]) if fitting else len(steps) - 1
        for unit, every, _ in reversed(steps[: first + 1]):
            if days := list(_tick_days(part, unit, every)):
                return self._labelled(days, unit, is_middle=unit == self.finest and every == 1)
        return []

    def _labelled(self, days: Sequence[date], unit: str, *, is_middle: bool) -> list[Tick]:
        found, before = [], ""
        for each in days:
            above = {"day": f"{MONTHS[each.month - 1]} {each.year}", "month": str(each.year), "year": ""}[unit]
            label = {"day": str(each.day), "month": MONTHS[each.month - 1], "year": str(each.year)}[unit]
            long = {"day": 1, "month": monthrange(each.year, each.month)[1], "year": 365}[unit]
            found.append(
                Tick(self.x(each.toordinal() + (long / 2 if is_middle else 0)), label, above if above != before else "")
            )
            before = above
        return found


def _parted(stretches: Sequence[Days]) -> list[Days]:
    """Return what is shown of stretches: all from the first to the last day, but for long stretches without any."""
    covered: list[Days] = []
    for begin, end in stretches:
        if covered and begin <= covered[-1][1]:
            covered[-1] = covered[-1][0], max(end, covered[-1][1])
        else:
            covered.append((begin, end))
    if not covered:
        return []
    shown = covered[-1][1] - covered[0][0]
    gaps = sorted(((two[0] - one[1], one[1]) for one, two in pairwise(covered)), reverse=True)
    left_out = set()
    for length, begin in gaps[:_MOST_BREAKS]:
        if length < _EMPTY_DAYS or length < _EMPTY_SHARE * shown:
            break
        left_out.add(begin)
        shown -= length
    parts = [covered[0]]
    for begin, end in covered[1:]:
        if parts[-1][1] in left_out:
            parts.append((begin, end))
        else:
            parts[-1] = parts[-1][0], end
    least = max(_LEAST_DAYS, round(_LEAST_SHARE * sum(end - begin for begin, end in parts)))
    return [_widened(each, least) for each in parts]


def _widened(part: Days, least: int) -> Days:
    """Return a part with as many days on both sides as it needs to have some at least."""
    lacking = max(0, least - (part[1] - part[0]))
    begin = max(1, part[0] - lacking // 2)
    return begin, min(part[1] + lacking - lacking // 2, date.max.toordinal())


def _tick_days(part: AxisPart, unit: str, every: int) -> Iterator[date]:
    """Yield the days of a part at which there is a tick."""
    first, last = date.fromordinal(part.begin), date.fromordinal(part.end)
    if unit == "year":
        for year in range(-(-first.year // every) * every, last.year + 1, every):
            if year > 0 and part.begin <= date(year, 1, 1).toordinal() < part.end + (every > 1):
                yield date(year, 1, 1)
    elif unit == "month":
        for place in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
            day = date(place // 12, place % 12 + 1, 1)
            if place % every == 0 and part.begin <= day.toordinal() < part.end + (every > 1):
                yield day
    else:
        for place in range(part.begin, part.end):
            day = date.fromordinal(place)
            if every == 1 or day.day in (1, 8, 15, 22):
                yield day


def _day(day: int) -> str:
    return date.fromordinal(day).isoformat()


def _say_length(begin: int, end: int) -> str:
    return f"{round((end - begin) / _LENGTHS['year'])} years"
