"""Who asks what of whom: speakers, conditions and those who must fulfil them, in three columns with lines between.

The middle column has a box for each act together with its obligors, so that a line can be followed from a speaker to
them. Each line that comes in has a row of its own in the box, with its role and number. Lines run between columns only,
where no text stands.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from stancebank.pictures.conditions import (
    NOT_SAID,
    Ask,
    RoleStyle,
    asks_of,
    draw_sign,
    plain,
    positions_on,
    role_flags,
    role_styles,
    say_copies,
    say_obligors,
    say_what,
    wrap,
)
from stancebank.pictures.picture import Picture, PictureTable, count
from stancebank.pictures.positions import Position, Positions
from stancebank.pictures.svg import Drawing, number, text_width

NAME = "conditions"

MOST_LINES = 36
"""How many lines lead from speakers to conditions at most."""

WIDTH = 1180
"""How wide the picture is at most."""

_LEFT, _BOX, _NAMES, _END, _RIGHT = 212.0, 392.0, 512.0, 758.0, 934.0
_ROW, _GAP, _LINE, _SIZE = 19.0, 10.0, 16.0, 12.0
_TURNS = 8  # of ordering

_Key = TypeVar("_Key", str, tuple[tuple[str, ...], tuple[str, ...], bool])

Act = tuple[tuple[str, ...], tuple[str, ...], bool]
"""What has to hold, who must fulfil it, and whether that is given up instead."""


@dataclass(slots=True)
class _Line:
    """Conditions of one speaker, act and role. y, begin: where it ends and begins, in px."""

    speaker: str
    act: Act
    role: str
    held: list[Position] = field(default_factory=list)
    y: float = 0
    begin: float = 0

    @property
    def width(self) -> float:
        return min(1.4 + 0.9 * (len(self.held) - 1), 8)


@dataclass(slots=True)
class _Node:
    """A name in a column. y, height: its top and how high it is, in px."""

    lines: list[_Line] = field(default_factory=list)
    y: float = 0
    height: float = 0

    @property
    def middle(self) -> float:
        return self.y + self.height / 2

    def rows(self) -> list[int]:
        return sorted({each.place for line in self.lines for each in line.held})


def draw_asks(positions: Positions, target: str) -> Picture | None:
    """Draw who asks what of whom for a target. None where no statement on it has a condition."""
    styles = role_styles(positions.scheme)
    everything = _lines(positions, target, styles)
    if not everything:
        return None
    lines = sorted(everything, key=lambda each: each.act[2])[:MOST_LINES]
    caption = _caption(positions, target, everything, lines)
    title = f"{positions.target_name(target)}: who asks what of whom"
    drawing = Drawing(f"{title}. {caption}", WIDTH)
    _draw(positions, drawing, lines, styles)
    name = f"{NAME}-{target}"
    return Picture(name, title, caption, drawing.svg(), _table(positions, everything))


def _lines(positions: Positions, target: str, styles: Mapping[str, RoleStyle]) -> list[_Line]:
    """Return all lines, those with the most statements first."""
    waivers = {role for role, about in role_flags(positions.scheme).items() if about.get("is_waiver")}
    found: dict[tuple[str, Act, str], _Line] = {}
    for position in positions_on(positions, target):
        for each in asks_of(positions, position):
            key = position.statement.speaker.entity, _act(each, waivers), each.role
            line = found.setdefault(key, _Line(*key))
            if position not in line.held[-1:]:
                line.held.append(position)
    order = list(styles)
    return sorted(
        found.values(),
        key=lambda each: (
            -len(each.held),
            positions.entity_name(each.speaker),
            each.speaker,
            order.index(each.role),
            each.act,
        ),
    )


def _act(ask: Ask, waivers: Iterable[str]) -> Act:
    return ask.what, ask.obligors, ask.role in waivers


# Where things stand.


def _place(positions: Positions, lines: Sequence[_Line]) -> tuple[dict[str, _Node], dict[Act, _Node], dict[str, _Node]]:
    """Return the nodes of the three columns, in the order in which their lines cross least, with their places."""
    speakers: dict[str, _Node] = {}
    acts: dict[Act, _Node] = {}
    obligors: dict[str, _Node] = {}
    for each in lines:
        speakers.setdefault(each.speaker, _Node()).lines.append(each)
        acts.setdefault(each.act, _Node()).lines.append(each)
        for one in _ends(each.act):
            obligors.setdefault(one, _Node()).lines.append(each)
    left, middle, right = sorted(speakers), sorted(acts, key=lambda each: (each[1], each)), sorted(obligors)
    best = None
    for _ in range(_TURNS):
        places = {one: place for place, one in enumerate(middle)}
        left = _by_mean({one: [places[line.act] for line in speakers[one].lines] for one in left})
        right = _by_mean({one: [places[line.act] for line in obligors[one].lines] for one in right})
        crossings = _crossings(left, middle, right, lines)
        if best is None or crossings < best[0]:
            best = crossings, list(left), list(middle), list(right)
        west, east = ({one: place / max(len(side), 1) for place, one in enumerate(side)} for side in (left, right))
        tied: dict[Act, list[float]] = {one: [west[line.speaker] for line in acts[one].lines] for one in middle}
        middle = _by_mean({one: held + [east[each] for each in _ends(one)] * 2 for one, held in tied.items()})
    assert best is not None
    _, left, middle, right = best
    return {one: speakers[one] for one in left}, {one: acts[one] for one in middle}, {o: obligors[o] for o in right}


def _ends(act: Act) -> tuple[str, ...]:
    """Return the right ends of the lines of an act; "" where it is not said who; none where it is given up."""
    return () if act[2] else act[1] or ("",)


def _by_mean(tied: Mapping[_Key, Sequence[float]]) -> list[_Key]:
    """Order nodes by the mean of the places that they are tied to; where it is one, as they come."""
    return sorted(tied, key=lambda one: _mean(tied[one]))


def _crossings(left: Sequence[str], middle: Sequence[Act], right: Sequence[str], lines: Iterable[_Line]) -> int:
    lines = list(lines)
    west, centre, east = ({one: place for place, one in enumerate(side)} for side in (left, middle, right))
    one_side = {(west[each.speaker], centre[each.act]) for each in lines}
    other = {(centre[each.act], east[one]) for each in lines for one in _ends(each.act)}
    return sum(
        (a - c) * (b - d) < 0
        for edges in (sorted(one_side), sorted(other))
        for place, (a, b) in enumerate(edges)
        for c, d in edges[place + 1 :]
    )


def _settle(nodes: Sequence[_Node], wanted: Sequence[float], top: float, bottom: float) -> None:
    """Give nodes places as near as can be to the middles that are wanted, in their order, without overlap."""
    y = top
    for node, middle in zip(nodes, wanted, strict=True):
        node.y = max(y, middle - node.height / 2)
        y = node.y + node.height + _GAP
    y = bottom
    for node in reversed(nodes):
        node.y = min(node.y, y - node.height)
        y = node.y - _GAP


# The drawing.


def _draw(positions: Positions, drawing: Drawing, lines: Sequence[_Line], styles: Mapping[str, RoleStyle]) -> None:
    speakers, acts, obligors = _place(positions, lines)
    top = _draw_legend(drawing, {each.role: styles[each.role] for each in lines}, styles) + 30
    states = {one: _state(positions, one) for one in speakers}
    for one, node in speakers.items():
        node.height = max(_LINE + (_LINE if states[one] else 0), sum(each.width + 3 for each in node.lines)) + 6
    for act, node in acts.items():
        node.height = max(len(node.lines), len(_name_lines(positions, act))) * _ROW + 8
    for node in obligors.values():
        node.height = _LINE + 8
    names = [positions.entity_name(one) if one else NOT_SAID for one in obligors]
    widest = max((text_width(each, _SIZE) for each in names), default=0)
    drawing.width = min(_RIGHT + 10 + max(widest, 60) + 6, WIDTH)
    columns = [list(each.values()) for each in (speakers, acts, obligors)]
    height = max(sum(node.height + _GAP for node in column) for column in columns)
    drawing.height = top + height + 6
    y = top + (height - sum(node.height + _GAP for node in columns[1])) / 2
    orders = {one: place for place, one in enumerate(speakers)}
    roles = list(styles)
    for node in columns[1]:
        node.y = y
        y += node.height + _GAP
        node.lines.sort(key=lambda each: (orders[each.speaker], roles.index(each.role)))
        first = node.middle - (len(node.lines) - 1) * _ROW / 2
        for place, line in enumerate(node.lines):
            line.y = first + place * _ROW
    _settle(columns[0], [_mean(line.y for line in node.lines) for node in columns[0]], top, top + height)
    middles = {act: node.middle for act, node in acts.items()}
    wanted = [_mean(middles[act] for act in {line.act: None for line in node.lines}) for node in columns[2]]
    _settle(columns[2], wanted, top, top + height)
    for node in columns[0]:
        node.lines.sort(key=lambda each: each.y)
        begin = node.middle - sum(each.width + 3 for each in node.lines) / 2
        for line in node.lines:
            line.begin = begin + (line.width + 3) / 2
            begin += line.width + 3
    for x, anchor, words in (
        (_LEFT, "end", "who speaks"),
        (_BOX + 12, "start", "role"),
        (_NAMES, "start", "what"),
        (_RIGHT + 10, "start", "by whom"),
    ):
        drawing.text(x, top - 12, words, "f-quiet", size=11, anchor=anchor)
    for one, node in speakers.items():
        _draw_speaker(positions, drawing, one, node, states[one])
    for act, node in acts.items():
        _draw_act(positions, drawing, act, node, {one: obligors[one] for one in _ends(act)}, styles)
    for one, node in obligors.items():
        _draw_obligor(positions, drawing, one, node)


def _mean(values: Iterable[float]) -> float:
    values = list(values)
    return sum(values) / len(values)


def _state(positions: Positions, entity: str) -> str:
    """Return the name of the state behind a speaker; "" where there is none, or it speaks itself."""
    state = positions.state_of(entity)
    return "" if state == entity else positions.entity_name(state)


def _name_lines(positions: Positions, act: Act) -> list[str]:
    """Return the name of an act in at most two lines."""
    return wrap(say_what(positions, act[0], waived=act[2]), _END - _NAMES - 12, _SIZE)


def _curve(x1: float, y1: float, x2: float, y2: float) -> str:
    half = (x1 + x2) / 2
    return (
        f"M{number(x1)} {number(y1)}C{number(half)} {number(y1)} {number(half)} {number(y2)} {number(x2)} {number(y2)}"
    )


def _draw_speaker(positions: Positions, drawing: Drawing, one: str, node: _Node, state: str) -> None:
    name, rows = positions.entity_name(one), node.rows()
    y = node.middle + 4 - (_LINE / 2 if state else 0)
    with drawing.pick(f"{name}: {count(len(rows), 'statement')} with conditions", rows):
        drawing.rect(4, node.y, _LEFT, node.height, "none", pointer_events="all")
        drawing.text(_LEFT, y, name, size=_SIZE, anchor="end", width=_LEFT - 8)
        if state:
            drawing.text(_LEFT, y + _LINE - 1, state, "f-quiet", size=11, anchor="end", width=_LEFT - 8)
        drawing.rect(_LEFT + 6, node.y + 2, 4, node.height - 4, "f-edge", rx=1)


def _draw_act(
    positions: Positions,
    drawing: Drawing,
    act: Act,
    node: _Node,
    ends: Mapping[str, _Node],
    styles: Mapping[str, RoleStyle],
) -> None:
    what = say_what(positions, act[0], waived=act[2])
    whom = "" if act[2] else f" by {say_obligors(positions, act[1])}"
    drawing.rect(_BOX, node.y, _END - _BOX, node.height, "f-soft s-line", rx=4)
    rows = node.rows()
    with drawing.pick(f"{what}{whom}: {count(len(rows), 'statement')}", rows):
        drawing.rect(_NAMES - 4, node.y, _END - _NAMES + 4, node.height, "none", pointer_events="all")
        found = _name_lines(positions, act)
        quiet = "f-ink" if act[0] else "f-quiet"
        for place, each in enumerate(found):
            y = node.middle + 4 + (place - (len(found) - 1) / 2) * _LINE
            drawing.text(_NAMES, y, each, quiet, size=_SIZE, width=_END - _NAMES - 10)
        only = styles[node.lines[0].role] if len({line.role for line in node.lines}) == 1 else None
        for end in ends.values():
            drawing.path(
                _curve(_END, node.middle, _RIGHT, end.middle),
                f"s-{only.colour if only else 'edge'} none",
                stroke_width=min(1.4 + 0.9 * (len(rows) - 1), 8),
                stroke_dasharray=only.dash if only else None,
                opacity=0.85,
            )
            _draw_head(drawing, _RIGHT, end.middle)
    for line in node.lines:
        _draw_line(positions, drawing, line, styles[line.role], f"{what}{whom}")


def _draw_line(positions: Positions, drawing: Drawing, line: _Line, style: RoleStyle, told: str) -> None:
    who, rows = positions.entity_name(line.speaker), [each.place for each in line.held]
    with drawing.pick(f"{who}, {plain(line.role)}: {told}; {count(len(rows), 'statement')}", rows):
        path = _curve(_LEFT + 10, line.begin, _BOX, line.y)
        drawing.path(path, "none", stroke_width=9, pointer_events="stroke")
        drawing.path(
            path, f"s-{style.colour} none line", stroke_width=line.width, stroke_dasharray=style.dash, opacity=0.9
        )
        drawing.rect(_BOX, line.y - _ROW / 2, _NAMES - _BOX - 8, _ROW, "none", pointer_events="all")
        draw_sign(drawing, style, _BOX + 12, line.y)
        words = f"{plain(line.role)}{f' ×{len(rows)}' if len(rows) > 1 else ''}"
        drawing.text(_BOX + 23, line.y + 4, words, size=11, width=_NAMES - _BOX - 32)


def _draw_head(drawing: Drawing, x: float, y: float) -> None:
    drawing.path(f"M{x - 6:g} {number(y - 4)}L{x + 1:g} {number(y)}L{x - 6:g} {number(y + 4)}Z", "f-edge")


def _draw_obligor(positions: Positions, drawing: Drawing, one: str, node: _Node) -> None:
    name = positions.entity_name(one) if one else NOT_SAID
    rows = node.rows()
    with drawing.pick(f"{name}: asked for in {count(len(rows), 'statement')}", rows):
        drawing.rect(_RIGHT + 4, node.y, drawing.width - _RIGHT - 8, node.height, "none", pointer_events="all")
        drawing.text(
            _RIGHT + 10,
            node.middle + 4,
            name,
            "f-ink" if one else "f-quiet",
            size=_SIZE,
            width=WIDTH - _RIGHT - 14,
        )


def _draw_legend(drawing: Drawing, used: Mapping[str, RoleStyle], styles: Mapping[str, RoleStyle]) -> float:
    """Write which line is which role; return the y below."""
    x, y = 4.0, 14.0
    for role in (each for each in styles if each in used):
        style = used[role]
        wide = 52 + text_width(plain(role)) + 16
        if x > 4 and x + wide > _RIGHT:
            x, y = 4.0, y + 20
        drawing.line(x, y - 4, x + 30, y - 4, f"s-{style.colour}", stroke_width=2, stroke_dasharray=style.dash)
        draw_sign(drawing, style, x + 38, y - 4)
        drawing.text(x + 48, y, plain(role))
        x += wide
    return y + 8


# What is said.


def _caption(positions: Positions, target: str, everything: Sequence[_Line], lines: Sequence[_Line]) -> str:
    held = {each.place for line in everything for each in line.held}
    whole = len(positions_on(positions, target))
    speakers = len({line.speaker for line in everything})
    told = (
        f"{count(len(held), 'statement')} of {whole:,} on it {'names' if len(held) == 1 else 'name'} conditions, by "
        f"{count(speakers, 'speaker')}.{say_copies(positions, target)} The thicker a line, the more statements."
    )
    if rest := len(everything) - len(lines):
        told += (
            f" Drawn are the {len(lines)} lines with the most statements, those of what is given up last; the table "
        )
        told += f"has {rest:,} more."
    return told


def _table(positions: Positions, lines: Iterable[_Line]) -> PictureTable:
    rows = [
        (
            positions.entity_name(line.speaker),
            positions.entity_name(positions.state_of(line.speaker)),
            plain(line.role),
            say_what(positions, line.act[0], waived=line.act[2]),
            "" if line.act[2] else say_obligors(positions, line.act[1]),
            str(len(line.held)),
        )
        for line in lines
    ]
    head = ("who speaks", "state", "role", "what", "by whom", "statements")
    return PictureTable(head, rows, frozenset({5}))
