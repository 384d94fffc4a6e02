"""Who × what: a row for each speaker or state, a column for each target, and in each cell a mark for each position."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from math import isqrt, sqrt
from typing import Literal, TypeAlias

from stancebank.corpus.edtf import read_edtf
from stancebank.pictures.marks import draw_legend, draw_mark
from stancebank.pictures.picture import Picture, PictureTable
from stancebank.pictures.picture import count as _count
from stancebank.pictures.positions import Position, Positions
from stancebank.pictures.svg import Drawing, text_width
from stancebank.pictures.time import NO_STATE, days_of

NAMES = {"speaker": "who-what", "state": "state-what"}
"""The names of the pictures, by what their rows are."""

TITLES = {"speaker": "Who says what: speakers and targets", "state": "Who says what: states and targets"}

MOST_ROWS, MOST_COLUMNS = 30, 20
"""How many rows and columns there are at most. What else there is shares the last one, as numbers."""

UNIT, LARGEST, SMALLEST = 5.0, 17.0, 3.0
"""Radii in px: of a mark of one statement where there is room; of the largest mark; and under which no mark is."""

BOX = 24
"""How wide and high the place of a mark is at least, in px, so that a finger meets it."""

WIDTH = 1000
"""Of all columns, in px: where they would be wider, cells get higher instead."""

SIZE, STRONG = 12, 1.12
"""Of names, in px; and how much wider they are where they are bold."""
_SLANT = sqrt(0.5)
_NAME, _LABEL = (90, 240), 210
_HEADING, _GROUP = 22, 21
_PAD = 2

By: TypeAlias = Literal["speaker", "state"]
Value: TypeAlias = tuple[int, bool]
"""The place of a label in its vocabulary (behind the last where it waits for an answer), and whether conditional."""


@dataclass(slots=True)
class _Strip:
    """A row or a column. id: what it is of; None where it is a heading alone. begin, size: where it lies, in px.

    is_rest: whether it has all that have none of their own. strong: whether others stand under it.
    """

    id: str | None
    name: str
    count: int = 0
    is_rest: bool = False
    strong: bool = False
    opens: bool = False
    begin: float = 0
    size: float = 0

    @property
    def middle(self) -> float:
        return self.begin + self.size / 2


@dataclass(slots=True)
class _MatrixCell:
    """A cell. held: places of statements by value. lines: its marks as they lie, each with its box."""

    held: defaultdict[Value, list[int]] = field(default_factory=lambda: defaultdict(list))
    lines: list[list[tuple[Value, float]]] = field(default_factory=list)

    @property
    def places(self) -> list[int]:
        return sorted(place for each in self.held.values() for place in each)


@dataclass(slots=True)
class _Matrix:
    rows: list[_Strip]
    columns: list[_Strip]
    cells: dict[tuple[int, int], _MatrixCell]
    unit: float = UNIT

    def radius(self, count: int) -> float:
        """Return the radius of a mark of so many statements: its area is as large as they are many."""
        return max(SMALLEST, self.unit * sqrt(count))

    def is_number(self, row: int, column: int) -> bool:
        """Whether a cell has its number instead of marks: others would dwarf all that is named."""
        return self.rows[row].is_rest or self.columns[column].is_rest


def draw_who_what(
    positions: Positions,
    by: By = "speaker",
    *,
    most_rows: int = MOST_ROWS,
    most_columns: int = MOST_COLUMNS,
    with_table: bool = True,
) -> Picture | None:
    """Draw who takes which position on what. None where there is no statement.

    by: what the rows are; "state" takes the state behind each speaker, or the speaker where there is none.
    most_rows, most_columns: how many there are at most. with_table: whether the table behind it is wanted, which asks
    for dates as well; else it is empty.
    """
    held = positions.unique
    if not held:
        return None
    order = {name: place for place, name in enumerate(positions.labels)}
    who = _who(positions, by)
    rows, row_of = _rows(positions, by, [who[each.statement.speaker.entity] for each in held], most_rows)
    columns, column_of = _columns(positions, [each.statement.target.id for each in held], most_columns)
    cells: defaultdict[tuple[int, int], _MatrixCell] = defaultdict(_MatrixCell)
    for each in held:
        value = order.get(positions.label_of(each), len(order)), positions.is_conditional(each)
        place = row_of[who[each.statement.speaker.entity]], column_of[each.statement.target.id]
        cells[place].held[value].append(each.place)
    matrix = _Matrix(rows, columns, dict(sorted(cells.items())))
    _size(matrix)
    caption = _caption(positions, by, held, matrix, row_of, column_of)
    drawing = Drawing(f"{TITLES[by]}. {caption}", 0)
    _draw(positions, drawing, matrix)
    table = _table(positions, by, held) if with_table else PictureTable((), ())
    return Picture(NAMES[by], TITLES[by], caption, drawing.svg(), table, note=_note(positions))


def _who(positions: Positions, by: By) -> dict[str, str]:
    """Return whose row each speaker is in."""
    speakers = {each.statement.speaker.entity: None for each in positions.unique}
    return {each: positions.state_of(each) if by == "state" else each for each in speakers}


# Rows and columns.


def _order(ids: Iterable[str], names: Mapping[str, str]) -> tuple[list[str], Counter[str]]:
    """Return ids, the most frequent first, then by name; and how often each is there."""
    counts = Counter(ids)
    return sorted(counts, key=lambda each: (-counts[each], names[each], each)), counts


def _keep(order: list[str], most: int) -> tuple[list[str], list[str]]:
    """Return which have a row or column of their own, and which share the last one."""
    return (order, []) if len(order) <= most else (order[: most - 1], order[most - 1 :])


def _rows(positions: Positions, by: By, ids: Sequence[str], most: int) -> tuple[list[_Strip], dict[str, int]]:
    """Return the rows, under their states where there are any, and the place of the row of each id."""
    order, counts = _order(ids, {each: positions.entity_name(each) for each in ids})
    own, rest = _keep(order, most)
    behind = _states(positions, own) if by == "speaker" else dict.fromkeys(own, "")
    sums: Counter[str] = Counter()
    for each in own:
        sums[behind[each]] += counts[each]
    own.sort(key=lambda each: (not behind[each], -sums[behind[each]], behind[each]))
    lines = []
    for state, group in groupby(own, key=behind.__getitem__):
        if any(behind.values()):
            lines.append(_Strip(None, positions.entity_name(state) if state else NO_STATE, strong=True, opens=True))
        lines += [_Strip(each, positions.entity_name(each), counts[each]) for each in group]
    places = {each.id: place for place, each in enumerate(lines) if each.id is not None}
    if rest:
        nouns = "speakers" if by == "speaker" else "states and speakers"
        total = sum(counts[each] for each in rest)
        lines.append(_Strip(None, f"Other {nouns} ({len(rest):,})", total, is_rest=True, opens=True))
    return lines, places | dict.fromkeys(rest, len(lines) - 1)


def _states(positions: Positions, entities: Iterable[str]) -> dict[str, str]:
    """Return the state behind each entity; "" where there is none."""
    kinds = positions.scheme.vocabularies.states()
    found = {each: positions.state_of(each) for each in entities}
    return {
        each: state if state in positions.entities and positions.entities[state].kind in kinds else ""
        for each, state in found.items()
    }


def _columns(positions: Positions, ids: Sequence[str], most: int) -> tuple[list[_Strip], dict[str, int]]:
    """Return the columns, each root before what stands under it, and the place of the column of each id."""
    order, counts = _order(ids, {each: positions.target_name(each) for each in ids})
    own, rest = _keep(order, most)
    roots = {each: positions.root_of(each) for each in own}
    sums: Counter[str] = Counter()
    for each in own:
        sums[roots[each]] += counts[each]
    names = {each: positions.target_name(each) for each in sums}
    own.sort(key=lambda each: (-sums[roots[each]], names[roots[each]], roots[each], each != roots[each]))
    lines = []
    for root, found in groupby(own, key=roots.__getitem__):
        group = list(found)
        if group[0] != root:
            lines.append(_Strip(None, positions.target_name(root), strong=True))
        lines += [
            _Strip(each, positions.target_name(each), counts[each], strong=each == root and len(group) > 1)
            for each in group
        ]
        lines[-len(group) - (group[0] != root)].opens = True
    places = {each.id: place for place, each in enumerate(lines) if each.id is not None}
    if rest:
        total = sum(counts[each] for each in rest)
        lines.append(_Strip(None, f"Other targets ({len(rest):,})", total, is_rest=True, opens=True))
    return lines, places | dict.fromkeys(rest, len(lines) - 1)


# Where all lies.


def _size(matrix: _Matrix) -> None:
    """Give marks their scale and their order in cells, and rows and columns the room that these take."""
    counts = [len(each) for _, cell in _marked(matrix) for each in cell.held.values()]
    matrix.unit = min(UNIT, LARGEST / sqrt(max(counts, default=1)))
    _lay(matrix)
    if sum(each.size for each in matrix.columns) > WIDTH:
        _lay(matrix, most=2)


def _lay(matrix: _Matrix, most: int = 99) -> None:
    """Lay the marks of each cell out, at most so many beside one another."""
    for each in matrix.columns:
        each.size = _GROUP if each.id is None and not each.is_rest else BOX + 2 * _PAD
    for each in matrix.rows:
        each.size = _HEADING if each.id is None and not each.is_rest else BOX + 2 * _PAD
    for (row, column), cell in matrix.cells.items():
        if matrix.is_number(row, column):
            wide, high = text_width(f"{len(cell.places):,}", SIZE) + 8, float(BOX)
        else:
            boxes = [(each, box_of(matrix.radius(len(cell.held[each])))) for each in sorted(cell.held)]
            beside = len(boxes) if len(boxes) < 3 else min(most, isqrt(len(boxes) - 1) + 1)
            cell.lines = [boxes[begin : begin + beside] for begin in range(0, len(boxes), beside)]
            wide = max(sum(box for _, box in line) for line in cell.lines)
            high = sum(max(box for _, box in line) for line in cell.lines)
        matrix.columns[column].size = max(matrix.columns[column].size, wide + 2 * _PAD)
        matrix.rows[row].size = max(matrix.rows[row].size, high + 2 * _PAD)


def _marked(matrix: _Matrix) -> Iterable[tuple[tuple[int, int], _MatrixCell]]:
    return ((place, cell) for place, cell in matrix.cells.items() if not matrix.is_number(*place))


def box_of(radius: float) -> float:
    """Return how wide and high the place of a mark is: a star reaches farthest, and its line has a width."""
    return max(BOX, 2 * (1.3 * radius + 1))


# The drawing.


def _draw(positions: Positions, drawing: Drawing, matrix: _Matrix) -> None:
    numbers = max(text_width(f"{each.count:,}", 11) for each in matrix.rows) + 10
    indent = 14 if any(each.id is None and not each.is_rest for each in matrix.rows) else 4
    longest = max(text_width(each.name, SIZE) * (STRONG if each.strong else 1) for each in matrix.rows)
    left = min(max(longest + indent + 12, _NAME[0]), _NAME[1]) + numbers
    right = left
    for each in matrix.columns:
        each.begin, right = right, right + each.size
    reach = {place: _reach(each) for place, each in enumerate(matrix.columns)}
    drawing.width = max(right, *(each.middle + reach[place] + 4 for place, each in enumerate(matrix.columns)), 420)
    top = _draw_legends(positions, drawing, matrix) + max(reach.values()) + 30
    bottom = top
    for each in matrix.rows:
        each.begin, bottom = bottom, bottom + each.size
    drawing.height = bottom + 6
    _draw_grid(drawing, matrix, right, top, bottom)
    for each in matrix.columns:
        _draw_column_name(drawing, each, top)
    for each in matrix.rows:
        is_heading = each.id is None and not each.is_rest
        x = 4 if is_heading or each.is_rest else indent
        room = left - x - (8 if is_heading else numbers + 8)
        classes, room = ("f-ink strong", room / STRONG) if each.strong else ("f-ink", room)
        drawing.text(x, each.middle + 4, each.name, classes, size=SIZE, width=room)
        if not is_heading:
            drawing.text(left - 8, each.middle + 4, f"{each.count:,}", "f-quiet", size=11, anchor="end")
    for (row, column), cell in matrix.cells.items():
        _draw_cell(positions, drawing, matrix, matrix.rows[row], matrix.columns[column], cell)


def _reach(column: _Strip) -> float:
    """Return how far the slanted name of a column reaches, to the right and upwards."""
    wide = min(text_width(column.name, SIZE), _LABEL) * (STRONG if column.strong else 1)
    return wide * _SLANT + SIZE


def _draw_grid(drawing: Drawing, matrix: _Matrix, right: float, top: float, bottom: float) -> None:
    number = 0
    for each in matrix.rows:
        if each.id is None and not each.is_rest:
            number = 0
            continue
        if number % 2 == 0:
            drawing.rect(0, each.begin, right, each.size, "f-soft")
        number += 1
    for each in matrix.rows:
        if each.opens:
            drawing.line(0, each.begin, right, each.begin, "s-line")
    for each in matrix.columns:
        if each.opens:
            drawing.line(each.begin, top, each.begin, bottom, "s-line")
    drawing.line(0, top, right, top, "s-edge")
    drawing.line(right, top, right, bottom, "s-line")


def _draw_column_name(drawing: Drawing, column: _Strip, top: float) -> None:
    x, y = column.middle + 4, top - 20
    drawing.text(
        x, y, column.name, f"f-ink column{' strong' * column.strong}", size=SIZE, width=_LABEL,
        transform=f"rotate(-45 {x:g} {y:g})",
    )  # fmt: skip
    if column.count:
        drawing.text(column.middle, top - 5, f"{column.count:,}", "f-quiet", size=11, anchor="middle")


def _draw_cell(
    positions: Positions, drawing: Drawing, matrix: _Matrix, row: _Strip, column: _Strip, cell: _MatrixCell
) -> None:
    if not cell.lines:
        label = f"{row.name}, {column.name}: {_count(len(cell.places), 'statement')}"
        with drawing.pick(label, cell.places):
            wide = column.size - 2 * _PAD
            drawing.rect(column.begin + _PAD, row.middle - BOX / 2, wide, BOX, "none")
            drawing.text(column.middle, row.middle + 4, f"{len(cell.places):,}", "f-ink", size=SIZE, anchor="middle")
        return
    y = row.middle - sum(max(box for _, box in line) for line in cell.lines) / 2
    for line in cell.lines:
        high = max(box for _, box in line)
        x = column.middle - sum(box for _, box in line) / 2
        for value, box in line:
            held = cell.held[value]
            with drawing.pick(_say(positions, row, column, value, len(held)), held):
                drawing.rect(x, y + (high - box) / 2, box, box, "none")
                _draw_value(positions, drawing, value, x + box / 2, y + high / 2, matrix.radius(len(held)))
            x += box
        y += high


def _draw_value(positions: Positions, drawing: Drawing, value: Value, x: float, y: float, radius: float) -> None:
    place, hollow = value
    if place < len(positions.labels):
        draw_mark(drawing, place, x, y, radius, hollow=hollow)
    else:
        drawing.circle(x, y, radius, "s-edge none", stroke_width=1.6, stroke_dasharray="2 2")


def _draw_legends(positions: Positions, drawing: Drawing, matrix: _Matrix) -> float:
    """Write which mark is which value, and how large it is of how many statements; return the y below."""
    used = {value for _, cell in _marked(matrix) for value in cell.held}
    if not used:
        return 0
    known = len(positions.labels)
    places = sorted({place for place, _ in used} - {known})
    values = [(place, positions.labels[place].replace("_", " ")) for place in places]
    hollow = "conditional" if any(each[1] for each in used) else ""
    y = draw_legend(drawing, values, 4, 0, drawing.width - 8, hollow=hollow)
    largest = max(len(held) for _, cell in _marked(matrix) for held in cell.held.values())
    # the smallest number that is drawn larger than one statement
    same = int((SMALLEST / matrix.unit) ** 2)
    steps = sorted({max(1, same), max(1, same, round(largest / 4)), largest})
    x = 4.0
    height = max(20.0, box_of(matrix.radius(largest)))
    line = y + height / 2
    for place, count in enumerate(steps):
        radius = matrix.radius(count)
        drawing.circle(x + radius + 1, line, radius * 0.95, "s-quiet none", stroke_width=1.2)
        words = f"{count:,}" if place else f"{'up to ' * (count > 1)}{_count(count, 'statement')}"
        drawing.text(x + 2 * radius + 7, line + 4, words)
        x += 2 * radius + 7 + text_width(words) + 14
    if known in {each[0] for each in used}:
        drawing.circle(x + 7, line, 5, "s-edge none", stroke_width=1.6, stroke_dasharray="2 2")
        drawing.text(x + 18, line + 4, "waits for an answer")
    return line + height / 2 + 4


# What is said.


def _say(positions: Positions, row: _Strip, column: _Strip, value: Value, count: int) -> str:
    """Say what a mark is, for screen readers and as its tooltip."""
    place, hollow = value
    label = positions.labels[place].replace("_", " ") if place < len(positions.labels) else "waits for an answer"
    return f"{row.name}, {label}, {column.name}{', conditional' * hollow}: {_count(count, 'statement')}"


def _caption(
    positions: Positions,
    by: By,
    held: Sequence[Position],
    matrix: _Matrix,
    row_of: Mapping[str, int],
    column_of: Mapping[str, int],
) -> str:
    speakers = len({each.statement.speaker.entity for each in held})
    told = f"{_count(len(held), 'statement')} by {_count(speakers, 'speaker')} on {_count(len(column_of), 'target')}"
    if by == "state":
        told += f"; the rows are the states behind them, and speakers without a state ({len(row_of):,} in all)"
    parts = [f"{told}."]
    if copies := positions.copies:
        parts.append(f"{_count(copies, 'copy', 'copies')} left out.")
    for lines, which in ((matrix.rows, "row"), (matrix.columns, "column")):
        if lines[-1].is_rest:
            parts.append(
                f"{lines[-1].name}, with fewer statements, share the last {which}, which has their number; "
                "the table has all."
            )
    return " ".join(parts)


def _note(positions: Positions) -> str:
    hollow = " A hollow mark is a position that depends on a condition." if positions.scheme.has_conditions else ""
    label = positions.scheme.label.title.lower()
    return (
        f"A mark stands for all statements of one {label} in its cell, and its area for their number.{hollow} "
        "Numbers beside names count the statements of a row or column."
    )


def _table(positions: Positions, by: By, held: Sequence[Position]) -> PictureTable:
    """Return the table behind it: a row for each mark, also of those that share a row or column."""
    who = _who(positions, by)
    order = {name: place for place, name in enumerate(positions.labels)}
    states = _states(positions, who) if by == "speaker" else {}
    counts = Counter(who[each.statement.speaker.entity] for each in held)
    groups: defaultdict[tuple[str, str, int, bool], list[Position]] = defaultdict(list)
    for each in held:
        value = order.get(positions.label_of(each), len(order))
        key = who[each.statement.speaker.entity], each.statement.target.id, value, positions.is_conditional(each)
        groups[key].append(each)
    has_states, has_conditions = any(states.values()), positions.scheme.has_conditions
    head = [by, *["state"] * has_states, "target", positions.scheme.label.title.lower()]
    head += [*["conditional"] * has_conditions, "statements", "first", "last"]

    def order_of(key: tuple[str, str, int, bool]) -> tuple[object, ...]:
        return -counts[key[0]], positions.entity_name(key[0]), positions.target_name(key[1]), *key

    rows = []
    for entity, target, value, hollow in sorted(groups, key=order_of):
        group = groups[entity, target, value, hollow]
        row = [positions.entity_name(entity)]
        if has_states:
            row.append(positions.entity_name(states[entity]) if states[entity] else "")
        row += [positions.target_name(target), positions.labels[value].replace("_", " ") if value < len(order) else ""]
        if has_conditions:
            row.append("yes" if hollow else "no")
        rows.append([*row, f"{len(group):,}", *_dates(positions, group)])
    return PictureTable(head, rows, frozenset({len(head) - 3}))


def _dates(positions: Positions, group: Iterable[Position]) -> tuple[str, str]:
    """Return the first and the last date of some statements, as they are written; "" where none has a year."""
    dated = []
    for each in group:
        words, _ = positions.date_of(each) or ("", "")
        if words and (stretch := read_edtf(words)):
            dated.append((days_of(stretch), words))
    if not dated:
        return "", ""
    return min(dated)[1], max(dated, key=lambda each: (each[0][1], each[0][0], each[1]))[1]
