"""Time: a lane for each speaker, a mark for each statement at the date of its utterance, as certain as that date is."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from stancebank.corpus.edtf import Stretch, read_edtf
from stancebank.pictures.axis import Days, TimeAxis
from stancebank.pictures.marks import draw_legend, draw_mark
from stancebank.pictures.picture import Picture, PictureTable
from stancebank.pictures.positions import PUBLISHED, Position, Positions
from stancebank.pictures.svg import Drawing, text_width

NAME = "time"

NO_STATE = "No state behind them"

MOST_LANES, FEWER = 30, 20
"""How many lanes there are at most; and how many, where that is not enough: the last one has all other speakers."""

MOST_MARKS, MOST_ROWS = 5, 8
"""How many marks stand above one another of one date, and of one lane, before marks of one value become one."""

WIDTH, ROW, RADIUS = 1180, 14, 5
_LANE, _HEAD = 10, 24
_TAIL = 7
_GAP = 3
_NAMES = (90, 230)
_SIZE = 12
_NUMBER = 10
_OPEN = 22
_NOWHERE = 96


@dataclass(frozen=True, slots=True)
class _Dated:
    """A position with its date. words: the date as EDTF; "" where there is none. basis: what it rests on; or "".

    stretch: the days that it can be of; None where no year is known.
    """

    position: Position
    words: str
    basis: str
    stretch: Stretch | None


@dataclass(slots=True)
class _Mark:
    """A mark that is drawn. value: the place of its label; None where that waits for an answer."""

    value: int | None
    hollow: bool
    held: list[_Dated]
    numbered: bool = False

    @property
    def right(self) -> float:
        """How far it reaches to the right of its middle, with its number."""
        number = str(len(self.held)) if self.numbered and len(self.held) > 1 else ""
        return RADIUS + 2 + (text_width(number, _NUMBER) + 2 if number else 0)


@dataclass(slots=True)
class _Stack:
    """Marks of one date, above one another. x: of their middle. begin, end: of its bar, in px; equal where it has none.

    row: how many rows are below it in its lane. held: what it shows.
    """

    x: float
    begin: float
    end: float
    held: list[_Dated]
    marks: list[_Mark]
    row: int = 0

    @property
    def first(self) -> _Dated:
        return self.held[0]

    @property
    def is_published(self) -> bool:
        """Whether the date is that of the article alone."""
        return self.first.basis == PUBLISHED

    @property
    def is_uncertain(self) -> bool:
        stretch = self.first.stretch
        return stretch is not None and (stretch.approximate or stretch.uncertain)

    def reach(self, place: int) -> tuple[float, float]:
        """Return from where to where one of its rows reaches."""
        around = RADIUS + (4 if self.is_uncertain else 2)
        left, right = self.x - around - (_TAIL if self.is_published else 0), self.x + around
        if place < len(self.marks):
            right = max(right, self.x + self.marks[place].right)
        return (min(left, self.begin - 2), max(right, self.end + 2)) if place == 0 else (left, right)


@dataclass(slots=True)
class _Lane:
    """A lane. state: of its speaker, or "". rows: how many it has. aside: what has no place on the axis.

    is_full: whether marks of neighbouring days are one.
    """

    name: str
    state: str
    held: list[_Dated]
    blocks: list[_Stack]
    aside: list[_Stack]
    is_full: bool = False

    @property
    def rows(self) -> int:
        return max((each.row + len(each.marks) for each in (*self.blocks, *self.aside)), default=1)


def draw_time(positions: Positions) -> Picture | None:
    """Draw when each speaker took which position. None where there is no statement.

    A day is a mark; a month, a year or an interval is a bar as long as that, with the mark at its middle. What is
    approximate or uncertain is dashed. Where the article alone has a date, a line leads away to the left: it was said
    then or before. What has no year stands aside.
    """
    dated = [_date(positions, each) for each in positions.unique]
    if not dated:
        return None
    placed = [each.stretch for each in dated if each.stretch]
    lanes = _lanes(positions, dated)
    left = _left(positions, lanes)
    aside = _NOWHERE if len(placed) < len(dated) else 0
    axis = TimeAxis(map(days_of, placed), left, WIDTH - left - aside - 8)
    for lane in lanes:
        _fill(positions, lane, axis, WIDTH - aside / 2 - 8)
    caption = _caption(positions, dated, axis, lanes)
    drawing = Drawing(f"Statements by date and speaker. {caption}", WIDTH)
    _draw(positions, drawing, lanes, axis, left, aside)
    return Picture(NAME, "Who said what when", caption, drawing.svg(), _table(positions, dated))


def days_of(stretch: Stretch) -> Days:
    """Return the days that a date can be of. Of an open end, only the day that it begins or ends with is known."""
    begin, end = stretch.begin or stretch.end, stretch.end or stretch.begin
    assert begin is not None
    assert end is not None
    return begin.toordinal(), end.toordinal() + 1


def _date(positions: Positions, position: Position) -> _Dated:
    words, basis = positions.date_of(position) or ("", "")
    return _Dated(position, words, basis, read_edtf(words) if words else None)


# Lanes.


def _lanes(positions: Positions, dated: Sequence[_Dated]) -> list[_Lane]:
    """Return a lane for each of the most frequent speakers, by state; the others share the last one."""
    held: defaultdict[str, list[_Dated]] = defaultdict(list)
    for one in dated:
        held[one.position.statement.speaker.entity].append(one)
    order = sorted(held, key=lambda each: (-len(held[each]), positions.entity_name(each), each))
    own = order if len(order) <= MOST_LANES else order[: FEWER - 1]
    kinds = positions.scheme.vocabularies.states()
    states = {each: positions.state_of(each) for each in own}
    is_state = {each: each in positions.entities and positions.entities[each].kind in kinds for each in states.values()}
    behind = {each: state if is_state[state] else "" for each, state in states.items()}
    counts: Counter[str] = Counter()
    for each in own:
        counts[behind[each]] += len(held[each])
    own = sorted(own, key=lambda each: (not behind[each], -counts[behind[each]], behind[each], order.index(each)))
    lanes = [_Lane(positions.entity_name(each), behind[each], held[each], [], []) for each in own]
    if rest := order[len(own) :]:
        lanes.append(_Lane(f"{len(rest)} other speakers", "", [one for each in rest for one in held[each]], [], []))
    return lanes


def _left(positions: Positions, lanes: Sequence[_Lane]) -> float:
    """Return how much room the names of lanes and states get."""
    states = {positions.entity_name(each.state) if each.state else NO_STATE for each in lanes}
    names = [each.name for each in lanes] + (sorted(states) if states != {NO_STATE} else [])
    widest = max(text_width(each, _SIZE) for each in names) + 28
    return min(max(widest, _NAMES[0]), _NAMES[1])


def _fill(positions: Positions, lane: _Lane, axis: TimeAxis, aside: float) -> None:
    """Give a lane its blocks, and these their rows. aside: the middle of what has no place on the axis."""
    on_axis = [each for each in lane.held if each.stretch]
    nowhere = [each for each in lane.held if not each.stretch]
    lane.blocks = _blocks(positions, on_axis, axis, together=False)
    if _pack(lane.blocks) > MOST_ROWS:
        lane.blocks, lane.is_full = _blocks(positions, on_axis, axis, together=True), True
        _pack(lane.blocks)
    if nowhere:
        lane.aside = [_block(positions, nowhere, aside, aside, aside)]


def _blocks(positions: Positions, dated: Iterable[_Dated], axis: TimeAxis, *, together: bool) -> list[_Stack]:
    """Return the blocks of what is dated. together: whether days that lie as near as a mark is wide are one."""
    held: defaultdict[tuple[bool, bool, bool, str | int], list[_Dated]] = defaultdict(list)
    for each in dated:
        assert each.stretch is not None
        begin, end, x = _place(each.stretch, axis)
        near = together and end - begin < 2 * RADIUS
        key = int(x // (2 * ROW)) if near else each.words
        sure = not (each.stretch.approximate or each.stretch.uncertain)
        held[each.basis == PUBLISHED, near, sure, key].append(each)
    found = []
    for (_, near, _, _), group in held.items():
        places = [_place(each.stretch, axis) for each in group if each.stretch]
        begin, end = min(each[0] for each in places), max(each[1] for each in places)
        x = sum(each[2] for each in places) / len(places)
        found.append(_block(positions, group, x, *((x, x) if near else (begin, end)), together=together))
    return sorted(found, key=lambda each: (each.reach(0)[0], each.x, each.first.position.place))


def _place(stretch: Stretch, axis: TimeAxis) -> tuple[float, float, float]:
    """Return from where to where a date is, and its middle, in px. A bar is left out where it is a day."""
    first, last = days_of(stretch)
    begin, end = axis.x(first), axis.x(last)
    x = (begin + end) / 2
    if stretch.begin is None:
        return x - _OPEN, x, x
    if stretch.end is None:
        return x, x + _OPEN, x
    return (x, x, x) if stretch.is_day else (begin, end, x)


def _block(
    positions: Positions, held: Sequence[_Dated], x: float, begin: float, end: float, *, together: bool = False
) -> _Stack:
    """Return a block with its marks, in the order of the vocabulary; conditional ones come after the others."""
    order = {name: place for place, name in enumerate(positions.labels)}
    groups: defaultdict[tuple[int, bool], list[_Dated]] = defaultdict(list)
    for each in held:
        value = order.get(positions.label_of(each.position), len(order))
        groups[value, positions.is_conditional(each.position)].append(each)
    numbered = together or len(held) > MOST_MARKS
    marks = []
    for (value, hollow), group in sorted(groups.items(), key=lambda each: each[0]):
        place = value if value < len(order) else None
        marks += [_Mark(place, hollow, each, numbered) for each in ([group] if numbered else [[one] for one in group])]
    return _Stack(x, begin, end, list(held), marks)


def _pack(blocks: Sequence[_Stack]) -> int:
    """Give blocks, which come from left to right, the lowest rows where none is over another; return how many."""
    right: list[float] = []
    for each in blocks:
        row = 0
        spans = [each.reach(place) for place in range(len(each.marks))]
        while any(row + place < len(right) and span[0] < right[row + place] + _GAP for place, span in enumerate(spans)):
            row += 1
        each.row = row
        for place, span in enumerate(spans):
            if row + place == len(right):
                right.append(span[1])
            right[row + place] = max(right[row + place], span[1])
    return len(right)


# The drawing.


def _draw(
    positions: Positions, drawing: Drawing, lanes: Sequence[_Lane], axis: TimeAxis, left: float, aside: float
) -> None:
    y = _draw_legends(positions, drawing, lanes)
    has_states = any(each.state for each in lanes)
    indent = 16 if has_states else 4
    places: list[tuple[_Lane, float, float]] = []
    heads: list[tuple[str, float]] = []
    bottom, state = y + 38, None
    top = bottom
    for each in lanes:
        if has_states and each.state != state:
            state = each.state
            heads.append((positions.entity_name(state) if state else NO_STATE, bottom))
            bottom += _HEAD
        height = each.rows * ROW + _LANE
        places.append((each, bottom, bottom + height))
        bottom += height
    for number, (_, begin, end) in enumerate(places):
        if number % 2 == 0:
            drawing.rect(0, begin, WIDTH, end - begin, "f-soft")
    if axis.parts:
        drawing.height = axis.draw(drawing, top, bottom, head=True)
    else:
        drawing.height = bottom + 8
    if aside:
        x = WIDTH - aside / 2 - 8
        drawing.text(x, top - 7, "no year known", "f-quiet", size=11, anchor="middle")
        drawing.line(WIDTH - aside, top, WIDTH - aside, bottom, "s-edge", stroke_dasharray="1 3")
    for name, begin in heads:
        drawing.text(4, begin + 17, name, "f-ink strong", size=_SIZE, width=left - 8)
    for lane, begin, end in places:
        drawing.text(indent, (begin + end) / 2 + 4, lane.name, size=_SIZE, width=left - indent - 12)
        for block in (*lane.blocks, *lane.aside):
            _draw_block(positions, drawing, lane, block, end - _LANE / 2 - ROW / 2)


def _draw_block(positions: Positions, drawing: Drawing, lane: _Lane, block: _Stack, base: float) -> None:
    """Draw the marks of a date, the first one in its row above the base, and its bar behind that."""
    y = base - block.row * ROW
    if block.end > block.begin:
        _draw_bar(drawing, block, y)
    for place, mark in enumerate(block.marks):
        with drawing.pick(_say(positions, lane, mark), (each.position.place for each in mark.held)):
            _draw_one(drawing, mark, block, y - place * ROW)


def _draw_bar(drawing: Drawing, block: _Stack, y: float) -> None:
    stretch = block.first.stretch
    assert stretch is not None
    dash = "4 3" if block.is_uncertain else None
    drawing.line(block.begin, y, block.end, y, "s-edge bar", stroke_width=2, stroke_dasharray=dash)
    for x, known, way in ((block.begin, stretch.begin, 1), (block.end, stretch.end, -1)):
        if known is None:
            drawing.path(f"M{x + 4 * way:g} {y - 3:g}L{x:g} {y:g}L{x + 4 * way:g} {y + 3:g}", "s-edge none")
        else:
            drawing.line(x, y - 4, x, y + 4, "s-edge", stroke_width=1.5)


def _draw_one(drawing: Drawing, mark: _Mark, block: _Stack, y: float) -> None:
    x = block.x
    drawing.rect(x - RADIUS - 2, y - ROW / 2, RADIUS + 2 + mark.right, ROW, "none")
    if block.is_published:
        drawing.line(x - RADIUS - _TAIL, y, x, y, "s-edge tail", stroke_width=1.2)
    if block.is_uncertain:
        drawing.circle(x, y, RADIUS + 2.5, "s-edge none", stroke_width=1.2, stroke_dasharray="2 2")
    if mark.value is None:
        drawing.text(x, y + 4.5, "?", "f-ink strong", size=_SIZE, anchor="middle")
    else:
        draw_mark(drawing, mark.value, x, y, RADIUS - 0.5, hollow=mark.hollow)
    if mark.numbered and len(mark.held) > 1:
        drawing.text(
            x + RADIUS + 3,
            y + 3.5,
            str(len(mark.held)),
            "f-ink s-page",
            size=_NUMBER,
            paint_order="stroke",
            stroke_width=3,
        )


def _draw_legends(positions: Positions, drawing: Drawing, lanes: Sequence[_Lane]) -> float:
    """Write which mark is which value, and what is at a mark, as far as there is such; return the y below."""
    blocks = [block for lane in lanes for block in (*lane.blocks, *lane.aside)]
    marks = [mark for block in blocks for mark in block.marks]
    used = {mark.value for mark in marks}
    values = [(place, name.replace("_", " ")) for place, name in enumerate(positions.labels) if place in used]
    hollow = "conditional" if any(mark.hollow for mark in marks) else ""
    y = draw_legend(drawing, values, 4, 0, WIDTH - 8, hollow=hollow)
    told = [
        (any(block.is_published for block in blocks), "tail", "date of the article alone: said then or before"),
        (any(block.end > block.begin for block in blocks), "bar", "some day of a month, year or interval"),
        (any(block.is_uncertain for block in blocks), "dashed", "approximate or uncertain date"),
        (any(mark.numbered and len(mark.held) > 1 for mark in marks), "number", "so many statements"),
        (None in used, "waiting", "waits for an answer"),
    ]
    x, line = 4.0, y + 12
    for _, kind, words in (each for each in told if each[0]):
        wide = 34 + text_width(words) + 14
        if x > 4 and x + wide > WIDTH:
            x, line = 4.0, line + 20
        _draw_sign(drawing, kind, x + 14, line - 4)
        drawing.text(x + 32, line, words)
        x += wide
    return line + 8 if x > 4 else y


def _draw_sign(drawing: Drawing, kind: str, x: float, y: float) -> None:
    """Draw an example for the legend."""
    if kind == "bar":
        drawing.line(x - 12, y, x + 12, y, "s-edge", stroke_width=2)
        for end in (x - 12, x + 12):
            drawing.line(end, y - 4, end, y + 4, "s-edge", stroke_width=1.5)
    if kind == "tail":
        drawing.line(x - 12, y, x, y, "s-edge", stroke_width=1.2)
    if kind == "dashed":
        drawing.circle(x, y, RADIUS + 2.5, "s-edge none", stroke_width=1.2, stroke_dasharray="2 2")
    if kind == "waiting":
        drawing.text(x, y + 4.5, "?", "f-ink strong", size=_SIZE, anchor="middle")
    else:
        drawing.circle(x, y, RADIUS - 1, "f-edge", stroke_width=1.6)
    if kind == "number":
        drawing.text(x + RADIUS + 2, y + 3.5, "3", size=_NUMBER)


# What is said.


def _say(positions: Positions, lane: _Lane, mark: _Mark) -> str:
    """Say what a mark is, for screen readers and as its tooltip."""
    first = mark.held[0]
    when = _when(mark.held)
    label = positions.label_of(first.position).replace("_", " ") or "waits for an answer"
    told = f"{lane.name}, {when}: {label}{', conditional' if mark.hollow else ''}"
    return told if len(mark.held) == 1 else f"{told}; {len(mark.held)} statements"


def _when(held: Sequence[_Dated]) -> str:
    words = sorted({each.words for each in held})
    first = held[0]
    if len(words) == 1:
        if not words[0]:
            return "no date"
        return f"{words[0]} ({'date of the article' if first.basis == PUBLISHED else first.basis})"
    return f"{words[0] or 'no date'} to {words[-1]}"


def _caption(positions: Positions, dated: Sequence[_Dated], axis: TimeAxis, lanes: Sequence[_Lane]) -> str:
    count = len(dated)
    speakers = len({each.position.statement.speaker.entity for each in dated})
    told = f"{_count(count, 'statement')} by {_count(speakers, 'speaker')}"
    days = [days_of(each.stretch) for each in dated if each.stretch]
    if days:
        first, last = min(each[0] for each in days), max(each[1] for each in days) - 1
        told += f", {_day(first)} to {_day(last)}" if last > first else f", of {_day(first)}"
    parts = [f"{told}."]
    if copies := positions.copies:
        parts.append(f"{_count(copies, 'copy', 'copies')} left out.")
    if published := sum(each.basis == PUBLISHED for each in dated):
        whose = "All" if published == count else f"{published} of them"
        parts.append(f"{whose} {'has' if published == 1 else 'have'} no date but that of the article.")
    nowhere = [each for each in dated if not each.stretch]
    if undated := sum(not each.words for each in nowhere):
        parts.append(f"{_count(undated, 'statement')} without any date {'stands' if undated == 1 else 'stand'} aside.")
    if yearless := len(nowhere) - undated:
        parts.append(
            f"{_count(yearless, 'statement')} whose date has no year {'stands' if yearless == 1 else 'stand'} aside."
        )
    shared = speakers - len(lanes) + 1
    if shared > 1:
        parts.append(f"{shared} speakers with fewer statements share the last lane; the table has all.")
    if any(each.is_full for each in lanes):
        parts.append("Where a lane is too full, marks of neighbouring days are one, with their number.")
    if breaks := axis.say_breaks():
        parts.append(breaks)
    return " ".join(parts)


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or f'{one}s'}"


def _day(day: int) -> str:
    return date.fromordinal(day).isoformat()


def _table(positions: Positions, dated: Iterable[_Dated]) -> PictureTable:
    """Return the table behind it: statements that are alike in all columns are one row."""
    rows: Counter[tuple[str, ...]] = Counter()
    places: dict[tuple[str, ...], tuple[bool, Days, tuple[str, ...]]] = {}
    states: dict[str, str] = {}
    for each in dated:
        entity = each.position.statement.speaker.entity
        if entity not in states:
            states[entity] = positions.entity_name(positions.state_of(entity))
        key = (
            each.words,
            each.basis,
            positions.entity_name(entity),
            states[entity],
            positions.label_of(each.position),
            "yes" if positions.is_conditional(each.position) else "no",
        )
        rows[key] += 1
        places[key] = (each.stretch is None, days_of(each.stretch) if each.stretch else (0, 0), key)
    head = ["date", "what it rests on", "speaker", "state", positions.scheme.label.title, "conditional", "statements"]
    kept: list[list[str]] = [[*key, str(rows[key])] for key in sorted(rows, key=lambda each: places[each])]
    if not positions.scheme.has_conditions:
        head.remove("conditional")
        kept = [[*each[:5], each[6]] for each in kept]
    return PictureTable(head, kept, frozenset({len(head) - 1}))
