"""Conditions of statements on a target: what each one names, of whom, in which role, and how roles are drawn.

What a role means is read from the flags of the vocabulary, and what a condition holds from the kinds of its fields, so
that any scheme with conditions has these pictures.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stancebank.corpus.registry import RESERVED
from stancebank.model import Condition
from stancebank.pictures.picture import count
from stancebank.pictures.positions import Position, Positions
from stancebank.pictures.svg import Drawing, text_width
from stancebank.schema.fields import Scheme

NOT_NAMED, NOT_SAID, GIVEN_UP = "not named", "not said", "nothing: given up"
"""What stands where a condition names no act or state; where it has no obligor; and where it is waived."""

FAVOR, AGAINST, NONE = "favor", "against", "none"
"""The sides of a label, as vocabularies have them."""

_SHORT = 3  # a word of so many characters has no line of its own

Flags = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ask:
    """A condition of a statement. what: ids of the acts or states that have to hold; empty where none is named.

    obligors: ids of those who must fulfil it. number: its alternative: conditions of one number hold together, another
    number is another way; None where its role or scheme has no alternatives.
    """

    position: Position
    role: str
    what: tuple[str, ...]
    obligors: tuple[str, ...]
    number: int | None


@dataclass(frozen=True, slots=True)
class RoleStyle:
    """How a role is drawn: a colour, a pattern of dashes, and the name of a sign."""

    colour: str
    dash: str | None
    sign: str


def conditional_targets(positions: Positions) -> list[str]:
    """Return the ids of targets with conditions on them, those with the most unique statements first."""
    counts = Counter(each.statement.target.id for each in positions.unique if each.statement.conditions)
    return sorted(counts, key=lambda each: (-counts[each], positions.target_name(each), each))


def positions_on(positions: Positions, target: str) -> list[Position]:
    """Return the unique statements on a target."""
    return [each for each in positions.unique if each.statement.target.id == target]


def asks_of(positions: Positions, position: Position) -> list[Ask]:
    """Return the conditions of a statement; one that is said twice in the same role and alternative is one."""
    roles = role_flags(positions.scheme)
    found = (_ask(positions.scheme, roles, position, each) for each in position.statement.conditions)
    return list({(each.role, each.number, each.what, each.obligors): each for each in found}.values())


def _ask(scheme: Scheme, roles: Mapping[str, Flags], position: Position, condition: Condition) -> Ask:
    what: list[str] = []
    obligors: list[str] = []
    number = None
    for field in scheme.of("condition"):
        if field.kind in ("target", "targets"):
            what += (each for each in field.ids(condition) if each != RESERVED)
        elif field.kind in ("entity", "entities", "mentions"):
            obligors += field.ids(condition)
        elif field.kind == "group" and roles[condition.role].get("grouped"):
            number = field.group(condition)
    return Ask(position, condition.role, tuple(what), tuple(sorted(set(obligors))), number)


def ways_of(asks: Iterable[Ask]) -> list[tuple[Ask, ...]]:
    """Return the alternatives among conditions of one role and statement, in their order; each holds as a whole."""
    held: defaultdict[int, list[Ask]] = defaultdict(list)
    for each in asks:
        held[each.number or 0].append(each)
    return [tuple(held[number]) for number in sorted(held)]


def role_flags(scheme: Scheme) -> Mapping[str, Flags]:
    """Return the roles of conditions with their flags, in the order of the vocabulary; none where there are no
    conditions.
    """
    return scheme.vocabularies.values("condition_role") if scheme.has_conditions else {}


def side_of(positions: Positions, position: Position) -> str | None:
    """Return the side of a statement; None where the scheme has no sides or the label waits."""
    return positions.scheme.polarity(position.statement)


def plain(name: str) -> str:
    """Return the name of a value as people read it: ``only if``."""
    return name.replace("_", " ")


def joined(names: Sequence[str]) -> str:
    """Join names: ``Norland, Keth and Suvia``."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def say_what(positions: Positions, what: Iterable[str], *, waived: bool = False) -> str:
    """Say what has to hold."""
    return ", ".join(map(positions.target_name, what)) or (GIVEN_UP if waived else NOT_NAMED)


def say_obligors(positions: Positions, obligors: Sequence[str]) -> str:
    """Say who must fulfil a condition."""
    return joined([positions.entity_name(each) for each in obligors]) or NOT_SAID


def wrap(text: str, room: float, size: float) -> list[str]:
    """Return a text in one line, or in two where it is wider than its room, in px; the last may still be too wide."""
    if text_width(text, size) <= room or " " not in text:
        return [text]
    first = ""
    for word in text.split(" "):
        if first and text_width(f"{first} {word}", size) > room:
            break
        first = f"{first} {word}".strip()
    rest = text[len(first) :].strip()
    return [first, rest] if rest and len(first) > _SHORT else [text]


def say_copies(positions: Positions, target: str) -> str:
    """Say how many statements on a target are left out since they repeat others; "" where none is."""
    copies = sum(each.is_copy and each.statement.target.id == target for each in positions.items)
    return f" {count(copies, 'copy', 'copies')} left out." if copies else ""


_OTHERS = (("v4", "2 3", "diamond"), ("v3", "7 2 1.5 2", "ring"), ("v5", "4 2", "half"), ("v7", "10 3", "diamond"))


def role_styles(scheme: Scheme) -> Mapping[str, RoleStyle]:
    """Return how each role is drawn, by what its flags say that it is."""
    found: dict[str, RoleStyle] = {}
    others = 0
    for role, about in role_flags(scheme).items():
        if about.get("is_necessary"):
            found[role] = RoleStyle("v1", None, "square")
        elif about.get("is_sufficient"):
            found[role] = RoleStyle("v2", "8 3", "arrow")
        elif about.get("is_concession"):
            found[role] = RoleStyle("v0", "2 6", "cross")
        elif about.get("is_waiver"):
            found[role] = RoleStyle("v6", "3 5", "slash")
        else:
            found[role] = RoleStyle(*_OTHERS[others % len(_OTHERS)])
            others += 1
    return found


def draw_sign(drawing: Drawing, style: RoleStyle, x: float, y: float) -> None:
    """Draw the sign of a role around a point, 10 px wide."""
    fill, stroke = f"f-{style.colour}", f"s-{style.colour}"
    match style.sign:
        case "square":
            drawing.rect(x - 4.5, y - 4.5, 9, 9, fill)
        case "arrow":
            drawing.path(f"M{x - 4:g} {y - 5:g}L{x + 5:g} {y:g}L{x - 4:g} {y + 5:g}Z", fill)
        case "cross":
            drawing.path(
                f"M{x - 4:g} {y - 4:g}L{x + 4:g} {y + 4:g}M{x - 4:g} {y + 4:g}L{x + 4:g} {y - 4:g}",
                f"{stroke} none",
                stroke_width=2.4,
            )
        case "slash":
            drawing.circle(x, y, 4, f"{stroke} hollow", stroke_width=1.6)
            drawing.line(x - 4.5, y + 4.5, x + 4.5, y - 4.5, stroke, stroke_width=1.6)
        case "ring":
            drawing.circle(x, y, 4, f"{stroke} hollow", stroke_width=2)
        case "half":
            drawing.circle(x, y, 4, f"{stroke} hollow", stroke_width=1.6)
            drawing.path(f"M{x:g} {y - 4:g}A4 4 0 0 1 {x:g} {y + 4:g}Z", fill)
        case _:
            drawing.path(f"M{x:g} {y - 5.5:g}L{x + 5.5:g} {y:g}L{x:g} {y + 5.5:g}L{x - 5.5:g} {y:g}Z", fill)
