"""Alignment: which statements of two readings of one article are the same statement, whatever their ids.

Two statements may be one if their contents share at least half of the shorter content. Among those that may, the
pairs are chosen that fit best together: each statement in one pair at most, and the greatest sum of content overlap,
with agreement on speaker, target and stance as a help where contents nest or coincide. Conditions are aligned the same
way, within a pair of statements. Agreement, scores and differences between releases rest on this one alignment.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple, TypeVar

from stancebank.model import Condition, Span, Statement
from stancebank.schema.fields import Scheme

T = TypeVar("T")

LEAST_SHARE = 0.5  # of the shorter content that two contents must have in common
_UNIT = 1_000_000  # weights are whole numbers, so that sums are exact
_HELP = {"speaker": 0.3, "target": 0.3}  # a field of the scheme says its own, as its weight


class Pair(NamedTuple):
    """Places of two aligned items, in one sequence and in the other; None for one without a partner."""

    one: int | None
    other: int | None


def align(one: Sequence[Statement], other: Sequence[Statement], scheme: Scheme) -> list[Pair]:
    """Pair the statements of two readings of one text, in the order of the first; the unpaired of the other come last.

    Spans must be offsets into the same text. Ids play no part.
    """
    return _pair(one, other, lambda each: each.content, partial(_help, scheme))


def align_conditions(one: Sequence[Condition], other: Sequence[Condition], scheme: Scheme) -> list[Pair]:
    """Pair the conditions of two statements, as `align` pairs statements."""
    return _pair(one, other, lambda each: each.spans, partial(_condition_help, scheme))


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


def _pair(
    one: Sequence[T],
    other: Sequence[T],
    spans: Callable[[T], Sequence[Span]],
    help_of: Callable[[T, T], float],
) -> list[Pair]:
    """Pair items by the overlap of their spans and what else speaks for a pair, its help."""
    import networkx

    graph = networkx.Graph()
    theirs = [_places(spans(candidate)) for candidate in other]
    for first, item in enumerate(one):
        mine = _places(spans(item))
        for second, candidate in enumerate(other):
            overlap = _overlap(mine, theirs[second])
            if overlap:
                weight = overlap + round(help_of(item, candidate) * _UNIT)
                graph.add_edge(("one", first), ("other", second), weight=weight)
    partners: dict[int, int] = {}
    for edge in networkx.max_weight_matching(graph):
        (_, first), (_, second) = sorted(edge)
        partners[first] = second
    taken = set(partners.values())
    found = [Pair(place, partners.get(place)) for place in range(len(one))]
    return found + [Pair(None, place) for place in range(len(other)) if place not in taken]


def _help(scheme: Scheme, one: Statement, other: Statement) -> float:
    agreed = {
        "speaker": one.speaker.entity == other.speaker.entity,
        "target": one.target.id == other.target.id,
    }
    help_of_frame = sum(_HELP[name] for name, is_so in agreed.items() if is_so)
    fields = (field for field in scheme.of("statement") if field.weight)
    return help_of_frame + sum(field.weight for field in fields if field.value(one) == field.value(other))


def _condition_help(scheme: Scheme, one: Condition, other: Condition) -> float:
    fields = [field for field in scheme.of("condition") if field.kind == "target"]
    return 0.3 * all(field.value(one) == field.value(other) for field in fields) + 0.2 * (one.role == other.role)


def _overlap(one: set[int], other: set[int]) -> int:
    """Return the Dice coefficient in units; 0 where less than half of the shorter one is shared."""
    common = len(one & other)
    if not common or common < LEAST_SHARE * min(len(one), len(other)):
        return 0
    return round(2 * common / (len(one) + len(other)) * _UNIT)
