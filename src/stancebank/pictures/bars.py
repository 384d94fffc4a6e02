"""Bars: how many there are of each of some things, to the right; and by months, upwards."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from stancebank.pictures.axis import TimeAxis
from stancebank.pictures.svg import Drawing, text_width

WIDTH = 860
ROW, THICK = 24, 15
_SIZE = 12
_NAMES = (60, 260)
_COLOURS = (1, 0, 2, 3, 4, 6, 7)
"""Colours of parts of bars, those of `palette` that words can be read on."""

MOST_PARTS = len(_COLOURS)
"""How many parts a bar can have."""

_HIGH = 170
_LEAST = 4
"""The px that the bar of a month needs; with less, there is one for each year."""

_ASIDE = 124


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar. counts: of each of its parts, in the order of their names. link: a fragment that it leads to, or ""."""

    name: str
    counts: tuple[int, ...]
    link: str = ""

    @property
    def total(self) -> int:
        """All of it."""
        return sum(self.counts)


@dataclass(frozen=True, slots=True)
class BarGroup:
    """Bars with a title, which have one scale of their own. whole: what a bar over all the width stands for; 0: the
    longest of them.
    """

    title: str
    bars: Sequence[Bar]
    whole: int = 0


def draw_bars(drawing: Drawing, groups: Sequence[BarGroup], parts: Sequence[str] = (), y: float = 0) -> float:
    """Draw groups of bars one below another, and return the y below them.

    parts: names of the parts of bars, `MOST_PARTS` at most; none where bars have one part alone. y: the top.
    """
    y = _draw_parts(drawing, parts, y)
    bars = [each for group in groups for each in group.bars]
    number = max((text_width(str(each.total), _SIZE) for each in bars), default=0) + 10
    names = min(max([_NAMES[0], *(text_width(each.name, _SIZE) + 6 for each in bars)]), _NAMES[1])
    left = names + number + 8
    for place, group in enumerate(groups):
        if group.title:
            y += 22 if place or parts else 14
            drawing.text(0, y, group.title, "f-ink strong", size=_SIZE)
            y += 8
        most = max(group.whole, *(each.total for each in group.bars), 0)
        room = drawing.width - left - 1
        for bar in group.bars:
            drawing.text(names, y + 16, bar.name, size=_SIZE, anchor="end", width=names)
            drawing.text(left - 8, y + 16, str(bar.total), "f-ink strong", size=_SIZE, anchor="end")
            _draw_bar(drawing, bar, parts, left, y + 4, room / most if most else 0)
            y += ROW
    return y


def _draw_bar(drawing: Drawing, bar: Bar, parts: Sequence[str], left: float, y: float, scale: float) -> None:
    x = left
    drawing.line(left, y - 4, left, y + ROW - 4, "s-edge")
    for place, count in enumerate(bar.counts):
        if not count:
            continue
        wide = count * scale
        with drawing.group():
            drawing.tooltip(f"{bar.name}{f', {parts[place]}' if parts else ''}: {count}")
            drawing.rect(x, y, wide, THICK, f"f-{_colour(place)} s-page bar", stroke_width=1 if parts else None)
            if parts and count != bar.total and wide > text_width(str(count), 10) + 8:
                drawing.text(x + wide / 2, y + 11.5, str(count), "f-page strong", size=10, anchor="middle")
        x += wide


def _draw_parts(drawing: Drawing, parts: Sequence[str], y: float) -> float:
    """Write which colour is which part, in as many lines as it takes, and return the y below them."""
    x, line = 0.0, y + 12
    for place, name in enumerate(parts):
        wide = 18 + text_width(name, _SIZE) + 16
        if x and x + wide > drawing.width:
            x, line = 0.0, line + 20
        drawing.rect(x, line - 10, 12, 12, f"f-{_colour(place)}")
        drawing.text(x + 18, line, name, size=_SIZE, width=drawing.width - 18)
        x += wide
    return line + 10 if parts else y


def _colour(place: int) -> str:
    return f"v{_COLOURS[place % len(_COLOURS)]}"


# By months.


@dataclass(frozen=True, slots=True)
class Columns:
    """What was drawn by months. unit: ``month`` or ``year``. rows: of a table. axis: with its breaks. aside: how many
    have no such date.
    """

    unit: str
    rows: list[list[str]]
    axis: TimeAxis
    aside: int


def draw_months(drawing: Drawing, dated: Iterable[tuple[str, int]], parts: Sequence[str], y: float = 0) -> Columns:
    """Draw how many there are of each month, upwards; of each year, where months would be too narrow.

    dated: a date of publication, as an EDTF day, month or year, or ""; and the place of its part. parts: names of the
    parts, `MOST_PARTS` at most; their table has a column each. The height of the drawing grows.
    """
    held = list(dated)
    y = _draw_parts(drawing, parts if len(parts) > 1 else (), y)
    unit, counts, axis, aside = _count(held, drawing.width)
    most = max((sum(each.values()) for each in (*counts.values(), aside)), default=1) or 1
    step = next(each for each in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10**9) if most / each <= 5)
    top, bottom = y + 14, y + 14 + _HIGH
    scale = _HIGH / (-(-most // step) * step)
    for value in range(0, most + step, step):
        drawing.text(26, bottom - value * scale + 4, str(value), "f-quiet", size=11, anchor="end")
        drawing.line(30, bottom - value * scale, drawing.width, bottom - value * scale, "s-line")
    if axis.parts:
        drawing.height = axis.draw(drawing, top, bottom, lines=False)
    else:
        drawing.height = bottom + 36
    rows = []
    for begin, found in sorted(counts.items()):
        first, last = axis.x(begin), axis.x(_end(begin, unit))
        name = _name(begin, unit)
        _draw_column(drawing, name, found, parts, first, last, bottom, scale)
        rows.append([name, *(str(found[place]) for place in range(len(parts))), str(found.total())])
    if aside:
        x = drawing.width - _ASIDE / 2
        name = "no month known" if unit == "month" else "no date"
        _draw_column(drawing, name, aside, parts, x - 12, x + 12, bottom, scale)
        drawing.text(x, bottom + 14, name, "f-quiet", size=11, anchor="middle", width=_ASIDE + 6)
        rows.append([name, *(str(aside[place]) for place in range(len(parts))), str(aside.total())])
    return Columns(unit, rows, axis, aside.total())


def _count(
    held: Sequence[tuple[str, int]], width: float
) -> tuple[str, Mapping[int, Counter[int]], TimeAxis, Counter[int]]:
    """Return the unit, how many there are of each by its first day and their parts, the axis, and those of none."""
    for unit, least in (("month", 7), ("year", 4)):
        counts: defaultdict[int, Counter[int]] = defaultdict(Counter)
        aside: Counter[int] = Counter()
        for published, place in held:
            if len(published) < least:
                aside[place] += 1
            else:
                month = int(published[5:7]) if unit == "month" else 1
                counts[date(int(published[:4]), month, 1).toordinal()][place] += 1
        room = width - 34 - (_ASIDE if aside else 0)
        axis = TimeAxis(((each, _end(each, unit)) for each in counts), 34, room, unit)
        if unit == "month" and (axis.scale * 28 < _LEAST or not counts) and len(aside) < len(held):
            continue
        return unit, counts, axis, aside
    raise AssertionError  # years are drawn, however narrow


def _end(begin: int, unit: str) -> int:
    """Return the day after a month or year that begins at a day."""
    day = date.fromordinal(begin)
    if unit == "year" or day.month == 12:
        return date(day.year + 1, 1, 1).toordinal() if day.year < date.max.year else date.max.toordinal()
    return date(day.year, day.month + 1, 1).toordinal()


def _name(begin: int, unit: str) -> str:
    day = date.fromordinal(begin)
    return f"{day.year:04}-{day.month:02}" if unit == "month" else f"{day.year:04}"


def _draw_column(
    drawing: Drawing,
    name: str,
    counts: Counter[int],
    parts: Sequence[str],
    first: float,
    last: float,
    bottom: float,
    scale: float,
) -> None:
    y = bottom
    wide = min(last - first - 1 if last - first > 3 else last - first, 48)
    left = (first + last - wide) / 2
    for place in sorted(counts):
        high = counts[place] * scale
        with drawing.group():
            drawing.tooltip(f"{name}{f', {parts[place]}' if parts else ''}: {counts[place]}")
            drawing.rect(left, y - high, wide, high, f"f-{_colour(place)} column")
        y -= high
        if high > 3 and y < bottom - high - 1:
            drawing.line(left, y + high, left + wide, y + high, "s-page")
