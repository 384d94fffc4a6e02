"""Who would have to move first: whose acts other sides name as conditions, and which sides wait for each other.

A side is the state behind a speaker or obligor, or they themselves where there is none. One side waits for another
where a statement of it, for or against the target, names an act of the other as necessary, in every alternative. Two
sides are in a deadlock where each waits for the other, on one target and among the same parties. Nothing is concluded
from conditions of the own side, from threats and claims, or from what is named as not enough or given up.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from stancebank.pictures.conditions import (
    AGAINST,
    FAVOR,
    Ask,
    asks_of,
    draw_sign,
    joined,
    plain,
    positions_on,
    role_flags,
    role_styles,
    say_copies,
    say_what,
    side_of,
    ways_of,
    wrap,
)
from stancebank.pictures.picture import Picture, PictureTable, count
from stancebank.pictures.positions import Position, Positions
from stancebank.pictures.svg import Drawing, number, text_width

NAME = "waits"

NECESSARY, ONE_WAY, SUFFICIENT, LASTING = "necessary", "one of several ways", "would suffice", "other conditions"
"""What an act of another side is named as. `LASTING`: by roles that are neither necessary nor sufficient."""

_HINTS = {
    NECESSARY: "in every alternative",
    ONE_WAY: "necessary, or something else",
    SUFFICIENT: "alone, or with what it is joined to",
}

RULE = (
    "One side waits for another where a statement of it, for or against, names an act of the other as necessary in "
    "every alternative; in a deadlock, each waits for the other, among the same parties. Own acts, threats and claims, "
    "and what is named as not enough or given up, do not count. The statements may be far apart in time, and the same "
    "side may have said other things as well: the ladder has them."
)

MOST_SIDES, MOST_DEADLOCKS, MOST_SAID = 12, 8, 3
"""How many sides and deadlocks are drawn at most, and how many deadlocks are told in the caption."""

WIDTH = 1180
"""How wide the picture is at most."""

_NARROWEST = 730.0
_NAMES, _BARS, _COLUMN, _ROW = 212.0, 228.0, 186.0, 30.0
_BAR, _SIZE = 112.0, 12.0
_BOX, _BOX_HEIGHT, _PAIR = 200.0, 64.0, 92.0


@dataclass(frozen=True, slots=True)
class Need:
    """A statement that names acts of another side as a condition. side: whose it is. obligor: that other side.

    kind: `NECESSARY` and the like. role: of the condition. what: the acts of the obligor.
    """

    side: str
    obligor: str
    kind: str
    role: str
    what: tuple[str, ...]
    position: Position


@dataclass(frozen=True, slots=True)
class Deadlock:
    """Two sides that wait for each other. one, other: by name; forth: what the first needs of the other; back: the
    reverse.
    """

    one: str
    other: str
    forth: tuple[Need, ...]
    back: tuple[Need, ...]

    def rows(self) -> list[int]:
        """Return the places of its statements."""
        return sorted({each.position.place for each in (*self.forth, *self.back)})


def draw_waits(positions: Positions, target: str) -> Picture | None:
    """Draw who is waited for. None where no statement on the target names an act of another side."""
    needs = find_needs(positions, target)
    if not needs:
        return None
    deadlocks = find_deadlocks(positions, needs)
    by_kind: defaultdict[str, defaultdict[str, list[Need]]] = defaultdict(lambda: defaultdict(list))
    for each in needs:
        by_kind[each.obligor][each.kind].append(each)
    kinds = [
        each for each in (NECESSARY, ONE_WAY, SUFFICIENT, LASTING) if any(each in held for held in by_kind.values())
    ]
    order = sorted(
        by_kind,
        key=lambda each: (
            *(-len(_rows(by_kind[each].get(kind, ()))) for kind in (NECESSARY, ONE_WAY, SUFFICIENT, LASTING)),
            positions.entity_name(each),
            each,
        ),
    )
    caption = _caption(positions, target, needs, order, deadlocks)
    title = f"{positions.target_name(target)}: who would have to move first"
    drawing = Drawing(f"{title}. {caption}", WIDTH)
    _draw(positions, drawing, order[:MOST_SIDES], by_kind, kinds)
    _draw_deadlocks(positions, drawing, deadlocks[:MOST_DEADLOCKS])
    table = _table(positions, needs, order, deadlocks)
    return Picture(f"{NAME}-{target}", title, caption, drawing.svg(), table, note=RULE)


# What follows from statements.


def find_needs(positions: Positions, target: str) -> list[Need]:
    """Return what statements on a target name of other sides, in the order of the statements."""
    roles = role_flags(positions.scheme)
    found = []
    for position in positions_on(positions, target):
        side = side_of(positions, position)
        if positions.scheme.has_polarity and side not in (FAVOR, AGAINST):
            continue
        asked: defaultdict[str, list[Ask]] = defaultdict(list)
        for each in asks_of(positions, position):
            asked[each.role].append(each)
        own = positions.state_of(position.statement.speaker.entity)
        for role, asks in asked.items():
            about = roles[role]
            named: defaultdict[str, list[Ask]] = defaultdict(list)
            for each in asks:
                for one in dict.fromkeys(map(positions.state_of, each.obligors)):
                    named[one].append(each)
            for other, held in named.items():
                kind = _kind(about, side, ways_of(asks), held)
                if other != own and kind:
                    what = tuple(dict.fromkeys(one for each in held for one in each.what))
                    found.append(Need(own, other, kind, role, what, position))
    return found


def _kind(about: Mapping[str, object], side: str | None, ways: Sequence[Sequence[Ask]], held: Sequence[Ask]) -> str:
    """Return what an obligor's acts are named as; "" for what asks nothing of them. held: the conditions with them."""
    if about.get("is_necessary"):
        return NECESSARY if all(any(each in held for each in way) for way in ways) else ONE_WAY
    if about.get("is_sufficient"):
        return "" if side == AGAINST else SUFFICIENT
    return LASTING if about.get("makes_conditional") else ""


def find_deadlocks(positions: Positions, needs: Iterable[Need]) -> list[Deadlock]:
    """Return the pairs of sides that wait for each other, those with the most statements first.

    Statements that name their parties count together only where the parties of one are among those of the other.
    """
    held: defaultdict[tuple[str, str], list[Need]] = defaultdict(list)
    for each in needs:
        if each.kind == NECESSARY:
            held[each.side, each.obligor].append(each)
    found = []
    pairs = (pair for pair in held if pair[::-1] in held)
    for one, other in sorted(pairs, key=lambda pair: [(positions.entity_name(each), each) for each in pair]):
        if (positions.entity_name(one), one) > (positions.entity_name(other), other):
            continue
        ours, theirs = held[one, other], held[other, one]
        forth = tuple(a for a in ours if any(_is_same(positions, a.position, b.position) for b in theirs))
        back = tuple(b for b in theirs if any(_is_same(positions, a.position, b.position) for a in ours))
        if forth:
            found.append(Deadlock(one, other, forth, back))
    return sorted(found, key=lambda each: -len(each.rows()))


def _is_same(positions: Positions, one: Position, other: Position) -> bool:
    a, b = _parties(positions, one), _parties(positions, other)
    return not a or not b or a <= b or b <= a


def _parties(positions: Positions, position: Position) -> frozenset[str]:
    """Return the sides that a statement names as taking part."""
    field = positions.scheme.parties
    if field is None:
        return frozenset()
    holder = position.statement if field.level == "statement" else position.statement.target
    return frozenset(map(positions.state_of, field.ids(holder)))


# The drawing.


def _rows(needs: Iterable[Need]) -> list[int]:
    return sorted({each.position.place for each in needs})


def _draw(
    positions: Positions,
    drawing: Drawing,
    sides: Sequence[str],
    by_kind: Mapping[str, Mapping[str, Sequence[Need]]],
    kinds: Sequence[str],
) -> None:
    drawing.text(_NAMES, 15, "whose act", "f-quiet", size=11, anchor="end")
    others = _BARS + len(kinds) * _COLUMN
    for place, kind in enumerate(kinds):
        drawing.text(_BARS + place * _COLUMN, 15, kind, "f-ink strong" if kind == NECESSARY else "f-ink", size=_SIZE)
        hint = _HINTS.get(kind) or joined(_roles(by_kind, kind))
        drawing.text(_BARS + place * _COLUMN, 30, hint, "f-quiet", size=10.5, width=_COLUMN - 8)
    drawing.text(others, 15, "named by", "f-quiet", size=11)
    named = {side: _named_by(positions, [each for held in by_kind[side].values() for each in held]) for side in sides}
    drawing.width = min(max(others + max(text_width(each, 11) for each in named.values()) + 12, _NARROWEST), WIDTH)
    most = max(len(_rows(held)) for each in by_kind.values() for held in each.values())
    y = 42.0
    for row, side in enumerate(sides):
        if row % 2 == 0:
            drawing.rect(0, y, drawing.width, _ROW, "f-soft")
        name = positions.entity_name(side)
        drawing.text(_NAMES, y + 19, name, size=_SIZE, anchor="end", width=_NAMES - 8)
        for place, kind in enumerate(kinds):
            if rows := _rows(by_kind[side].get(kind, ())):
                x = _BARS + place * _COLUMN
                with drawing.pick(f"{name}: {kind} in {count(len(rows), 'statement')} of other sides", rows):
                    drawing.rect(x, y, _COLUMN - 10, _ROW, "none", pointer_events="all")
                    wide = max(_BAR * len(rows) / most, 3)
                    drawing.rect(x, y + 8, wide, 14, _fill(kind), rx=1.5)
                    drawing.text(x + wide + 6, y + 19, f"{len(rows):,}", size=_SIZE)
        drawing.text(others, y + 19, named[side], size=11, width=WIDTH - others - 6)
        y += _ROW
    drawing.height = y + 6


def _fill(kind: str) -> str:
    return {NECESSARY: "f-v1", ONE_WAY: "hollow s-v1", SUFFICIENT: "f-v2", LASTING: "hollow s-v4"}[kind]


def _roles(by_kind: Mapping[str, Mapping[str, Sequence[Need]]], kind: str) -> list[str]:
    return sorted({plain(each.role) for held in by_kind.values() for each in held.get(kind, ())})


def _named_by(positions: Positions, needs: Iterable[Need]) -> str:
    """Say which sides statements are of, those with most of them first."""
    held: defaultdict[str, set[int]] = defaultdict(set)
    for each in needs:
        held[each.side].add(each.position.place)
    order = sorted(held, key=lambda each: (-len(held[each]), positions.entity_name(each), each))
    return ", ".join(f"{positions.entity_name(each)} {len(held[each]):,}" for each in order)


def _draw_deadlocks(positions: Positions, drawing: Drawing, deadlocks: Sequence[Deadlock]) -> None:
    if not deadlocks:
        return
    y = drawing.height + 18
    drawing.text(4, y, "Each waits for the other", "f-ink strong", size=13)
    y += 16
    told = {id(needs): _say_needs(positions, needs) for each in deadlocks for needs in (each.forth, each.back)}
    longest = max(text_width(words, _SIZE) for words in told.values())
    left, right = 4.0, 4 + _BOX + min(max(longest + 110, 320), WIDTH - 2 * _BOX - 8)
    drawing.width = max(drawing.width, right + _BOX + 4)
    for each in deadlocks:
        for x, side in ((left, each.one), (right, each.other)):
            drawing.rect(x, y, _BOX, _BOX_HEIGHT, "f-soft s-v1", rx=6, stroke_width=1.6)
            lines = wrap(positions.entity_name(side), _BOX - 20, 14)
            for place, words in enumerate(lines):
                at = y + _BOX_HEIGHT / 2 + 5 + (place - (len(lines) - 1) / 2) * 18
                drawing.text(x + _BOX / 2, at, words, "f-ink strong", size=14, anchor="middle", width=_BOX - 16)
        _draw_wait(positions, drawing, each.forth, (left + _BOX + 8, right - 10), y + 26)
        _draw_wait(positions, drawing, each.back, (right - 8, left + _BOX + 10), y + 40)
        y += _PAIR
    drawing.height = y - _PAIR + _BOX_HEIGHT + 8


def _draw_wait(
    positions: Positions, drawing: Drawing, needs: Sequence[Need], ends: tuple[float, float], y: float
) -> None:
    """Draw an arrow from a side to the one that it waits for, with what it asks: above it where it leads right."""
    begin, end = ends
    forth = end > begin
    way = 1 if forth else -1
    rows = _rows(needs)
    words = f"{_say_needs(positions, needs)}{f' ×{len(rows)}' if len(rows) > 1 else ''}"
    who, whom = positions.entity_name(needs[0].side), positions.entity_name(needs[0].obligor)
    style = role_styles(positions.scheme)[needs[0].role]
    left = min(ends) - (0 if forth else 2)
    with drawing.pick(f"{who} waits for {whom}: {words}; {count(len(rows), 'statement')}", rows):
        drawing.rect(left, y - 26 if forth else y - 2, abs(end - begin), 28, "none", pointer_events="all")
        drawing.line(begin, y, end - 5 * way, y, "s-v1", stroke_width=2.4)
        tip = f"M{number(end - 10 * way)} {y - 6:g}L{number(end)} {y:g}L{number(end - 10 * way)} {y + 6:g}Z"
        drawing.path(tip, "f-v1")
        line = y - 9 if forth else y + 18
        draw_sign(drawing, style, left + 22, line - 4)
        drawing.text(left + 34, line, words, size=_SIZE, width=abs(end - begin) - 50)


# What is said.


def _say_needs(positions: Positions, needs: Iterable[Need]) -> str:
    """Say which roles and acts there are, those with most statements first."""
    held: defaultdict[tuple[str, tuple[str, ...]], set[int]] = defaultdict(set)
    for each in needs:
        held[plain(each.role), each.what].add(each.position.place)
    order = sorted(held, key=lambda each: (-len(held[each]), min(held[each])))
    told: dict[str, list[str]] = {}
    for role, what in order:
        told.setdefault(role, []).append(say_what(positions, what))
    return "; ".join(f"{role}: {', or in another statement: '.join(acts)}" for role, acts in told.items())


def _caption(
    positions: Positions, target: str, needs: Sequence[Need], order: Sequence[str], deadlocks: Sequence[Deadlock]
) -> str:
    statements = len({each.position.place for each in needs})
    told = [
        f"{count(statements, 'statement')} of {len(positions_on(positions, target)):,} on it "
        f"{'makes' if statements == 1 else 'make'} it depend on an act of another side: of another state and all who "
        f"speak or act for it.{say_copies(positions, target)}",
        _say_first(positions, needs, order),
        *(_say_deadlock(positions, target, each) for each in deadlocks[:MOST_SAID]),
    ]
    if not deadlocks:
        told.append("No two sides wait for each other.")
    if (rest := len(deadlocks) - MOST_SAID) > 0:
        told.append(f"{count(rest, 'other deadlock')} {'is' if rest == 1 else 'are'} in the table.")
    if (rest := len(order) - MOST_SIDES) > 0:
        told.append(f"{count(rest, 'side')} with fewer statements {'is' if rest == 1 else 'are'} in the table only.")
    return " ".join(told)


def _say_first(positions: Positions, needs: Sequence[Need], order: Sequence[str]) -> str:
    """Say of whom most statements of other sides name an act as necessary."""
    counts = {each: len(_rows(one for one in needs if (one.obligor, one.kind) == (each, NECESSARY))) for each in order}
    most = max(counts.values())
    if not most:
        return "None names such an act as necessary."
    first = [each for each in order if counts[each] == most]
    names = joined([positions.entity_name(each) for each in first])
    said = f"{count(most, 'statement')} of other sides {'names' if most == 1 else 'name'} an act"
    if len(first) > 1:
        return f"{names} are waited for alike: {said} of each as necessary."
    return f"By this count {names} would have to move first: {said} of theirs as necessary."


def _say_deadlock(positions: Positions, target: str, deadlock: Deadlock) -> str:
    one, other = positions.entity_name(deadlock.one), positions.entity_name(deadlock.other)
    return (
        f"Deadlock on {positions.target_name(target)}: {one} waits for {other} "
        f"({_say_needs(positions, deadlock.forth)}), and {other} for {one} ({_say_needs(positions, deadlock.back)}); "
        f"said {_when(positions, deadlock)}."
    )


def _when(positions: Positions, deadlock: Deadlock) -> str:
    dates = sorted(
        {found[0] for each in (*deadlock.forth, *deadlock.back) if (found := positions.date_of(each.position))}
    )
    return "at no known date" if not dates else dates[0] if len(dates) == 1 else f"{dates[0]} to {dates[-1]}"


def _table(
    positions: Positions, needs: Sequence[Need], order: Sequence[str], deadlocks: Sequence[Deadlock]
) -> PictureTable:
    mutual = {pair for each in deadlocks for pair in ((each.one, each.other), (each.other, each.one))}
    places = {each: place for place, each in enumerate(order)}
    held: defaultdict[tuple[str, str, str, str, tuple[str, ...]], set[int]] = defaultdict(set)
    for each in needs:
        held[each.obligor, each.side, each.kind, each.role, each.what].add(each.position.place)
    kinds = (NECESSARY, ONE_WAY, SUFFICIENT, LASTING)
    rows = [
        (
            positions.entity_name(obligor),
            say_what(positions, what),
            kind,
            plain(role),
            positions.entity_name(side),
            "yes" if kind == NECESSARY and (side, obligor) in mutual else "no",
            str(len(found)),
        )
        for (obligor, side, kind, role, what), found in sorted(
            held.items(),
            key=lambda each: (
                places[each[0][0]],
                kinds.index(each[0][2]),
                -len(each[1]),
                positions.entity_name(each[0][1]),
                each[0],
            ),
        )
    ]
    head = ("whose act", "what", "named as", "role", "by", "each waits for the other", "statements")
    return PictureTable(head, rows, frozenset({6}))
