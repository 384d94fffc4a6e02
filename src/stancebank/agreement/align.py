"""Alignment: which statements of two readings of one article are the same statement, whatever their ids.

Two statements may be one if their contents share at least half of the shorter content. Among those that may, the
pairs are chosen that fit best together: each statement in one pair at most, and the greatest sum of content overlap,
with agreement on speaker, target and stance as a help where contents nest or coincide. Conditions are aligned the same
way, within a pair of statements. Agreement, scores and differences between releases rest on this one alignment.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

from stancebank.model import Condition, Span, Statement

T = TypeVar("T")

LEAST_SHARE = 0.5  # of the shorter content that two contents must have in common
_UNIT = 1_000_000  # weights are whole numbers, so that sums are exact
_HELP = {"speaker": 0.3, "target": 0.3, "stance": 0.2, "attribution": 0.05}


class Pair(NamedTuple):
    """Places of two aligned items, in one sequence and in the other; None for one without a partner."""

    one: int | None
    other: int | None


def align(one: Sequence[Statement], other: Sequence[Statement]) -> list[Pair]:
    """Pair the statements of two readings of one text, in the order of the first; the unpaired of the other come last.

    Spans must be offsets into the same text. Ids play no part.
    """
    return _pair(one, other, _likeness)


def align_conditions(one: Sequence[Condition], other: Sequence[Condition]) -> list[Pair]:
    """Pair the conditions of two statements, as `align` pairs statements."""
    return _pair(one, other, _condition_likeness)


def shared(one: Sequence[Span], other: Sequence[Span]) -> int:
    """Return how many code points lie in both lists of spans."""
    return len(_places(one) & _places(other))


def dice(one: Sequence[Span], other: Sequence[Span]) -> float:
    """Return the Dice coefficient of two lists of spans over code points: 1 for the same stretch, 0 for none shared.

    It is the F1 of one against the other. Two empty lists are the same.
    """
    first, second = _places(one), _places(other)
    return 2 * len(first & second) / (len(first) + len(second)) if first or second else 1.0


def _places(spans: Sequence[Span]) -> set[int]:
    return {place for span in spans for place in range(span.begin, span.end)}


def _pair(one: Sequence[T], other: Sequence[T], likeness: Callable[[T, T], int]) -> list[Pair]:
    import networkx

    graph = networkx.Graph()
    for first, item in enumerate(one):
        for second, candidate in enumerate(other):
            weight = likeness(item, candidate)
            if weight:
                graph.add_edge(("one", first), ("other", second), weight=weight)
    partners: dict[int, int] = {}
    for edge in networkx.max_weight_matching(graph):
        (_, first), (_, second) = sorted(edge)
        partners[first] = second
    taken = set(partners.values())
    found = [Pair(place, partners.get(place)) for place in range(len(one))]
    return found + [Pair(None, place) for place in range(len(other)) if place not in taken]


def _likeness(one: Statement, other: Statement) -> int:
    """Return how well two statements fit together, above 0; 0 if they cannot be one."""
    weight = _overlap(one.content, other.content)
    if weight:
        agreed = {
            "speaker": one.speaker.entity == other.speaker.entity,
            "target": one.target.id == other.target.id,
            "stance": one.stance == other.stance,
            "attribution": one.attribution == other.attribution,
        }
        weight += sum(round(_HELP[name] * _UNIT) for name, is_so in agreed.items() if is_so)
    return weight


def _condition_likeness(one: Condition, other: Condition) -> int:
    weight = _overlap(one.spans, other.spans)
    if weight:
        weight += round(0.3 * _UNIT) * (one.kind == other.kind) + round(0.2 * _UNIT) * (one.role == other.role)
    return weight


def _overlap(one: Sequence[Span], other: Sequence[Span]) -> int:
    """Return the Dice coefficient in units; 0 where less than half of the shorter one is shared."""
    first, second = _places(one), _places(other)
    common = len(first & second)
    if not common or common < LEAST_SHARE * min(len(first), len(second)):
        return 0
    return round(2 * common / (len(first) + len(second)) * _UNIT)
