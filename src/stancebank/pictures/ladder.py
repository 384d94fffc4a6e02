"""The ladder: for each speaker, how far from refusal or readiness their statements on a target stand, on which terms.

A rung is the side of a label together with what the flags of a role say: a necessary condition of a refusal is another
rung than one of an offer. The order of the rungs is that of the logic of the roles; it helps to read, and measures
nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from stancebank.pictures.conditions import (
    AGAINST,
    FAVOR,
    NONE,
    Ask,
    Flags,
    asks_of,
    plain,
    positions_on,
    role_flags,
    say_copies,
    say_obligors,
    say_what,
    side_of,
    ways_of,
    wrap,
)
from stancebank.pictures.marks import draw_legend, draw_mark
from stancebank.pictures.picture import Picture, PictureTable, count
from stancebank.pictures.positions import Position, Positions
from stancebank.pictures.svg import Drawing, number, text_width

NAME = "ladder"

MOST_SPEAKERS, MOST_CARDS = 12, 3
"""How many speakers have a row at most, and how many cards stand in one place before the others become one line."""

WIDTH = 1260
"""How wide the picture is, unless it has more rungs than fit."""

_NAMES, _LEFT, _PAD = 172.0, 184.0, 7.0
_COLUMNS, _BETWEEN = (146.0, 190.0), 10.0  # how wide a column is at least and at most; what is left between cards
_LINE, _SIZE, _SMALL = 15.0, 11.5, 10.5

_CONCESSION, _PLAIN, _WAIVER, _NECESSARY, _SUFFICIENT, _OTHER = "concession", "", "waiver", "necessary", "if", "other"
_RUNGS: Mapping[str, tuple[str, ...]] = {
    AGAINST: (_CONCESSION, _PLAIN, _WAIVER, _NECESSARY, _OTHER, _SUFFICIENT),
    FAVOR: (_NECESSARY, _SUFFICIENT, _OTHER, _PLAIN, _CONCESSION, _WAIVER),
    "": (_NECESSARY, _SUFFICIENT, _OTHER, _PLAIN, _CONCESSION, _WAIVER),
    NONE: (_OTHER,),
}
"""The rungs of each side, from refusal to readiness; "" of a scheme without sides."""

_BANDS = {AGAINST: "Against it", FAVOR: "For it", "": "Positions on it", NONE: "Neither"}
_HINTS = {
    (AGAINST, _CONCESSION): "named as not enough",
    (AGAINST, _PLAIN): "refused or disapproved of",
    (AGAINST, _NECESSARY): "refused without it",
    (AGAINST, _OTHER): "refused on these terms",
    (AGAINST, _SUFFICIENT): "refused in that case",
    (FAVOR, _NECESSARY): "not ruled out",
    (FAVOR, _SUFFICIENT): "in that case",
    (FAVOR, _OTHER): "on these terms",
    (FAVOR, _CONCESSION): "named as no obstacle",
    (NONE, _OTHER): "threats, claims, denials",
}

Rung = tuple[str, str]
"""Side and kind of role."""

Terms = tuple[tuple[tuple[tuple[str, ...], tuple[str, ...]], ...], ...]
"""Alternatives, each of what has to hold together: what, and by whom."""


@dataclass(slots=True)
class _Card:
    """Statements of one speaker that say the same on one rung. label: "" where it waits for an answer."""

    speaker: str
    rung: Rung
    role: str
    label: str
    terms: Terms
    hollow: bool
    held: list[Position] = field(default_factory=list)


def draw_ladder(positions: Positions, target: str) -> Picture | None:
    """Draw the ladder of a target. None where no statement on it has a condition."""
    cards = _cards(positions, target)
    spoken = Counter(each.statement.speaker.entity for each in positions_on(positions, target))
    held: defaultdict[str, set[int]] = defaultdict(set)
    for card in cards:
        if card.role:
            held[card.speaker].update(each.place for each in card.held)
    if not held:
        return None
    order = sorted(held, key=lambda each: (-len(held[each]), -spoken[each], positions.entity_name(each), each))
    shown = _by_state(positions, order[:MOST_SPEAKERS], held)
    drawn = [each for each in cards if each.speaker in shown and (each.rung[0] != NONE or each.role)]
    caption = _caption(positions, target, cards, len(order), len(shown), len(spoken))
    title = f"{positions.target_name(target)}: from refusal to readiness"
    drawing = _Ladder(positions, drawn, f"{title}. {caption}").draw(shown)
    return Picture(f"{NAME}-{target}", title, caption, drawing.svg(), _table(positions, cards))


def _cards(positions: Positions, target: str) -> list[_Card]:
    roles = role_flags(positions.scheme)
    found: dict[tuple[object, ...], _Card] = {}
    for position in positions_on(positions, target):
        side = _side(positions, position)
        asked: defaultdict[str, list[Ask]] = defaultdict(list)
        for each in asks_of(positions, position):
            asked[each.role].append(each)
        told = [(role, terms) for role in roles if role in asked for terms in _terms(roles[role], asked[role])]
        for role, terms in told or [("", ())]:
            rung = side, _OTHER if side == NONE else _kind(roles[role]) if role else _PLAIN
            label = positions.label_of(position)
            hollow = positions.is_conditional(position)
            key = position.statement.speaker.entity, rung, role, label, terms, hollow
            found.setdefault(key, _Card(*key)).held.append(position)
    return list(found.values())


def _side(positions: Positions, position: Position) -> str:
    if not positions.scheme.has_polarity:
        return ""
    side = side_of(positions, position)
    return side if side in (AGAINST, FAVOR) else NONE


def _kind(about: Flags) -> str:
    flags = {
        "is_concession": _CONCESSION,
        "is_waiver": _WAIVER,
        "is_necessary": _NECESSARY,
        "is_sufficient": _SUFFICIENT,
    }
    return next((kind for flag, kind in flags.items() if about.get(flag)), _OTHER)


def _terms(about: Flags, asks: Sequence[Ask]) -> list[Terms]:
    """Return what conditions of one role say: one set of alternatives where the role has them, else one by one."""
    if about.get("is_waiver"):
        return [()]
    ways = [ways_of(asks)] if about.get("grouped") else [[(each,)] for each in asks]
    return [tuple(tuple((each.what, each.obligors) for each in way) for way in each) for each in ways]


def _by_state(positions: Positions, order: Sequence[str], held: Mapping[str, set[int]]) -> list[str]:
    """Put speakers behind whom one state is together, the states with most statements first."""
    counts: Counter[str] = Counter()
    for each in order:
        counts[positions.state_of(each)] += len(held[each])
    places = {each: place for place, each in enumerate(order)}
    states = {each: positions.state_of(each) for each in order}
    return sorted(order, key=lambda each: (-counts[states[each]], states[each], places[each]))


class _Ladder:
    """The drawing of cards, in a column for each rung that has one."""

    def __init__(self, positions: Positions, cards: Sequence[_Card], label: str) -> None:
        self.positions, self.cards = positions, cards
        rungs = [(side, kind) for side in (AGAINST, "", FAVOR, NONE) for kind in _RUNGS[side]]
        self.rungs: list[Rung] = [each for each in rungs if any(card.rung == each for card in cards)]
        self.roles = {
            rung: [
                role for role in role_flags(positions.scheme) if any((c.rung, c.role) == (rung, role) for c in cards)
            ]
            for rung in self.rungs
        }
        self.column = min(max((WIDTH - _LEFT) / len(self.rungs), _COLUMNS[0]), _COLUMNS[1])
        self.room = self.column - _BETWEEN - 30  # of the words of a card
        self.drawing = Drawing(label, _LEFT + len(self.rungs) * self.column)

    def x(self, place: int) -> float:
        """Return where the cards of a rung begin."""
        return _LEFT + place * self.column

    def draw(self, speakers: Sequence[str]) -> Drawing:
        """Draw a row for each speaker."""
        drawing, positions = self.drawing, self.positions
        labels = {each.label for each in self.cards}
        values = [(place, plain(name)) for place, name in enumerate(positions.labels) if name in labels]
        hollow = "depends on a condition" if any(each.hollow for each in self.cards) else ""
        y = top = self._draw_head(draw_legend(drawing, values, 4, 0, drawing.width - 8, hollow=hollow) + 8)
        places: defaultdict[tuple[str, Rung], list[_Card]] = defaultdict(list)
        for card in sorted(self.cards, key=lambda each: (-len(each.held), each.held[0].place)):
            places[card.speaker, card.rung].append(card)
        for row, speaker in enumerate(speakers):
            state = positions.state_of(speaker)
            name = "" if state == speaker else positions.entity_name(state)
            columns = [places[speaker, rung] for rung in self.rungs]
            lines = [(each, "f-ink", 12) for each in wrap(positions.entity_name(speaker), _NAMES - 8, 12)]
            lines += [(name, "f-quiet", 11)] if name else []
            height = max(_LINE * len(lines) + 4, *map(self._stack_height, columns)) + 2 * _PAD
            if row % 2 == 0:
                drawing.rect(0, y, drawing.width, height, "f-soft")
            for place, (words, classes, size) in enumerate(lines):
                drawing.text(8, y + _PAD + 12 + place * _LINE, words, classes, size=size, width=_NAMES - 8)
            for place, held in enumerate(columns):
                self._draw_stack(held, self.x(place), y + _PAD)
            y += height
        for place, (side, _) in enumerate(self.rungs):
            if place and self.rungs[place - 1][0] != side:
                x = self.x(place) - _BETWEEN / 2
                drawing.line(x, top - 76, x, y, "s-edge", stroke_dasharray="2 3")
        drawing.height = y + 4
        return drawing

    def _draw_head(self, y: float) -> float:
        """Write the names of sides and rungs, above an arrow from refusal to readiness; return the y below."""
        drawing, sides = self.drawing, [each[0] for each in self.rungs]
        for side in dict.fromkeys(sides):
            x, wide = self.x(sides.index(side)), sides.count(side) * self.column - _BETWEEN
            drawing.text(x, y + 14, _BANDS[side], "f-ink strong", size=13, width=wide)
        for place, rung in enumerate(self.rungs):
            drawing.text(self.x(place), y + 36, _title(rung, self.roles[rung]), width=self.column - _BETWEEN)
            if hint := _HINTS.get(rung):
                drawing.text(self.x(place), y + 51, hint, "f-quiet", size=_SMALL, width=self.column - _BETWEEN)
        y += 66
        if AGAINST in sides and FAVOR in sides:
            right = self.x(len(sides) - sides.count(NONE)) - _BETWEEN
            drawing.line(_LEFT, y, right - 6, y, "s-edge", stroke_width=1.5)
            drawing.path(
                f"M{number(right - 8)} {y - 4:g}L{number(right)} {y:g}L{number(right - 8)} {y + 4:g}Z", "f-edge"
            )
            drawing.text(_NAMES, y + 4, "readier →", "f-quiet", size=_SMALL, anchor="end")
        return y + 12

    def _lines(self, card: _Card) -> list[tuple[str, str]]:
        """Return the lines of a card: which way each belongs to and what it is, and its words."""
        found = [("role", plain(card.role))] if card.role and len(self.roles[card.rung]) > 1 else []
        if not card.terms:
            return [*found, ("label", plain(card.label) or "waits for an answer")]
        room = self.room - self._number_width(card)
        for place, way in enumerate(card.terms):
            if place:
                found.append(("or", "or"))
            for which, (what, obligors) in enumerate(way):
                told = f"{'and ' if which else ''}{say_what(self.positions, what)}"
                found += [("what", each) for each in wrap(told, room, _SIZE)]
                if obligors:
                    whom = f"by {say_obligors(self.positions, obligors)}"
                    found += [("whom", each) for each in wrap(whom, room, _SMALL)]
        return found

    @staticmethod
    def _number(card: _Card) -> str:
        return f"×{len(card.held):,}" if len(card.held) > 1 else ""

    def _number_width(self, card: _Card) -> float:
        return text_width(told, _SMALL) + 6 if (told := self._number(card)) else 0

    def _card_height(self, card: _Card) -> float:
        return len(self._lines(card)) * _LINE + 9

    def _stack_height(self, cards: Sequence[_Card]) -> float:
        shown = cards[:MOST_CARDS]
        return sum(self._card_height(each) + 4 for each in shown) + (20 if len(cards) > len(shown) else -4)

    def _draw_stack(self, cards: Sequence[_Card], x: float, y: float) -> None:
        shown, rest = cards[:MOST_CARDS], cards[MOST_CARDS:]
        for card in shown:
            with self.drawing.pick(_say(self.positions, card), (each.place for each in card.held)):
                y = self._draw_card(card, x, y) + 4
        if rest:
            rows = sorted({each.place for card in rest for each in card.held})
            who = self.positions.entity_name(cards[0].speaker)
            with self.drawing.pick(f"{who}: {len(rest)} more on this rung; {count(len(rows), 'statement')}", rows):
                self.drawing.rect(x, y, self.column - _BETWEEN, 18, "none", pointer_events="all")
                self.drawing.text(x + 6, y + 13, f"and {len(rest)} more …", "f-link", size=11)

    def _draw_card(self, card: _Card, x: float, y: float) -> float:
        """Draw a card, and return the y below it."""
        drawing, labels = self.drawing, self.positions.labels
        height, right = self._card_height(card), x + self.column - _BETWEEN
        drawing.rect(x, y, right - x, height, "hollow s-line", rx=4)
        if card.label in labels:
            draw_mark(drawing, labels.index(card.label), x + 12, y + 12, 5, hollow=card.hollow)
        else:
            drawing.circle(x + 12, y + 12, 4, "s-edge hollow", stroke_width=1.6)
        if told := self._number(card):
            drawing.text(right - 5, y + 16, told, "f-ink strong", size=_SMALL, anchor="end")
        line, room = y + 16, self.room - self._number_width(card)
        for kind, words in self._lines(card):
            classes, size = ("f-ink", _SIZE) if kind in ("what", "label") else ("f-quiet", _SMALL)
            drawing.text(x + 24, line, words, "f-ink strong" if kind == "or" else classes, size=size, width=room)
            if kind == "or":
                drawing.line(x + 44, line - 4, right - 6, line - 4, "s-edge")
            line += _LINE
        return y + height


def _title(rung: Rung, roles: Sequence[str]) -> str:
    side, kind = rung
    told = " / ".join(map(plain, roles))
    if side == NONE:
        return "on conditions"
    if kind == _PLAIN:
        return "no condition named"
    if kind == _WAIVER:
        return f"conditions {told}"
    return f"{'not ' if kind == _CONCESSION and side == AGAINST else ''}{told} …"


# What is said.


def say_terms(positions: Positions, terms: Terms) -> str:
    """Say alternatives in a line: ``Lift sanctions by Norland and Apologise, or Withdraw forces by Keth``."""
    ways = []
    for way in terms:
        told = [
            say_what(positions, what) + (f" by {say_obligors(positions, whom)}" if whom else "") for what, whom in way
        ]
        ways.append(" and ".join(told))
    return ", or ".join(ways)


def _say(positions: Positions, card: _Card) -> str:
    who, label = positions.entity_name(card.speaker), plain(card.label) or "waits for an answer"
    terms = f" {say_terms(positions, card.terms)}" if card.terms else ""
    on = f", {plain(card.role)}{terms}" if card.role else ", no condition named"
    return f"{who}: {label}{on}; {count(len(card.held), 'statement')}"


def _caption(positions: Positions, target: str, cards: Sequence[_Card], asking: int, shown: int, speakers: int) -> str:
    held = {each.place for card in cards for each in card.held if card.role}
    whole = len(positions_on(positions, target))
    told = (
        f"{count(whole, 'statement')} by {count(speakers, 'speaker')}, {len(held):,} with conditions."
        f"{say_copies(positions, target)} The further to the right, the readier, as the roles of conditions say: this "
        "order is for reading and measures nothing. What names conditions of two roles stands on two rungs."
    )
    if asking > shown:
        told += f" {shown} of the {asking} speakers who name conditions are drawn; the table has all."
    if rest := speakers - asking:
        told += f" {count(rest, 'speaker names', 'speakers name')} none; the table has them."
    return told


def _table(positions: Positions, cards: Iterable[_Card]) -> PictureTable:
    rows = [
        (
            positions.entity_name(each.speaker),
            positions.entity_name(positions.state_of(each.speaker)),
            _BANDS[each.rung[0]],
            plain(each.label),
            plain(each.role),
            say_terms(positions, each.terms),
            str(len(each.held)),
        )
        for each in sorted(
            cards,
            key=lambda each: (
                positions.entity_name(each.speaker),
                each.speaker,
                [(AGAINST, "", FAVOR, NONE).index(each.rung[0]), _RUNGS[each.rung[0]].index(each.rung[1])],
                -len(each.held),
                each.held[0].place,
            ),
        )
    ]
    head = ("who speaks", "state", "side", positions.scheme.label.title, "role", "terms", "statements")
    return PictureTable(head, rows, frozenset({6}))
