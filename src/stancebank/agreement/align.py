"""Alignment: which statements of two readings of one article are the same statement, whatever their ids.

Two statements may be one if their contents share at least half of the shorter content. Among those that may, the
pairs are chosen that fit best together: each statement in one pair at most, and the greatest sum of content overlap,
with agreement on speaker, target and stance as a help where contents nest or coincide. Conditions are aligned the same
way, within a pair of statements. Agreement, scores and differences between releases rest on this one alignment.

Where several choices have the greatest sum, this rule decides. Each reading's statements are put in order: by the
bounds of the content, then target, speaker, the fields with a weight (those that weigh most first), then everything
else that they say, but not their ids.
The first reading's statements take their turns in that order, and each gets the earliest statement of the other
reading that a choice with the greatest sum still allows, or none if none does. Only statements that say exactly the
same are told apart by their place in the reading. Conditions have the order of their bounds, kind, role, then the rest.
"""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from itertools import accumulate, repeat
from operator import eq, itemgetter
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

import msgspec

from stancebank.model import Bounds, Condition, Span, Statement
from stancebank.schema.fields import Scheme

if TYPE_CHECKING:
    from stancebank.agreement.dense import Beside

T = TypeVar("T")
LEAST_SHARE = 0.5  # of the shorter content that two contents must have in common
_UNIT = 1_000_000  # weights are whole numbers, so that sums are exact
_HELP = {"speaker": 0.3, "target": 0.3}  # a field of the scheme says its own, as its weight
_MANY = 32  # items beside one from which on arrays are faster
_PARTS = 53  # of what items say that an array can hold: one bit each of a float


class Pair(NamedTuple):
    """Places of two aligned items, in one sequence and in the other; None for one without a partner."""

    one: int | None
    other: int | None


class Edge(NamedTuple):
    """Two items that may be one. one, other: their numbers. weight: how well they fit, in millionths.

    A full overlap of the spans is one million; agreement on speaker, target and fields with a weight adds theirs.
    """

    one: int
    other: int
    weight: int


_make_edge = partial(tuple.__new__, Edge)  # of its three values; for many thousands, in a third of the time


class _Item(NamedTuple):
    """An item to align. place: in its sequence. covered: the stretches of its spans, in order and apart.

    said: what helps a pair, part by part.
    """

    place: int
    covered: list[Bounds]
    length: int
    said: tuple[object, ...]


class _Kind(NamedTuple, Generic[T]):
    """How items are aligned. key: what puts those with the same bounds in order. said: what helps a pair, in parts.

    worth: the help, in millionths, of a pair that agrees in these parts.
    """

    spans: Callable[[T], Sequence[Span]]
    key: Callable[[T], Any]
    said: Callable[[T], tuple[object, ...]]
    worth: Callable[[tuple[bool, ...]], int]


def align(one: Sequence[Statement], other: Sequence[Statement], scheme: Scheme) -> list[Pair]:
    """Pair the statements of two readings of one text, in the order of the first; the unpaired of the other come last.

    Spans must be offsets into the same text. Ids play no part.
    """
    return _pair(one, other, _statements(scheme))


def align_conditions(one: Sequence[Condition], other: Sequence[Condition], scheme: Scheme) -> list[Pair]:
    """Pair the conditions of two statements, as `align` pairs statements."""
    return _pair(one, other, _conditions(scheme))


def may_be_one(readings: Sequence[Sequence[Statement]], scheme: Scheme) -> tuple[list[list[int]], list[Edge]]:
    """Return the order that the rule has for each reading, as places, and the pairs that `align` could make of any two.

    Pairs name statements by numbers that follow this order, and count on from one reading to the next.
    """
    return _edges(readings, _statements(scheme))


def conditions_may_be_one(
    readings: Sequence[Sequence[Condition]], scheme: Scheme
) -> tuple[list[list[int]], list[Edge]]:
    """Return of the conditions of several statements what `may_be_one` returns of statements."""
    return _edges(readings, _conditions(scheme))


def _edges(readings: Sequence[Sequence[T]], kind: _Kind[T]) -> tuple[list[list[int]], list[Edge]]:
    ordered = [_in_order(each, kind) for each in readings]
    begins = list(accumulate(map(len, ordered), initial=0))
    edges = [
        edge
        for one, ours in enumerate(ordered)
        for other in range(one + 1, len(ordered))
        for edge in _candidates(ours, ordered[other], kind.worth, begins[one], begins[other])
    ]
    return [[item.place for item in each] for each in ordered], edges


def shared(one: Sequence[Span], other: Sequence[Span]) -> int:
    """Return how many code points lie in both lists of spans."""
    return _common(cover(one), cover(other))


def dice(one: Sequence[Span], other: Sequence[Span]) -> float:
    """Return the Dice coefficient of two lists of spans over code points: 1 for the same stretch, 0 for none shared.

    It is the F1 of one against the other. Two empty lists are the same.
    """
    first, second = cover(one), cover(other)
    total = _length(first) + _length(second)
    return 2 * _common(first, second) / total if total else 1.0


def cover(spans: Sequence[Span]) -> list[Bounds]:
    """Return the stretches that spans cover, in order and apart."""
    found: list[Bounds] = []
    for begin, end in sorted((span.begin, span.end) for span in spans if span.begin < span.end):
        if found and begin <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((begin, end))
    return found


def _length(covered: Sequence[Bounds]) -> int:
    return sum(end - begin for begin, end in covered)


def _common(one: Sequence[Bounds], other: Sequence[Bounds]) -> int:
    """Return how many code points lie in both. one, other: as `cover` returns them."""
    common = first = second = 0
    while first < len(one) and second < len(other):
        (begin, end), (low, high) = one[first], other[second]
        common += max(0, min(end, high) - max(begin, low))
        if end < high:
            first += 1
        else:
            second += 1
    return common


def _pair(one: Sequence[T], other: Sequence[T], kind: _Kind[T]) -> list[Pair]:
    """Pair items by the overlap of their spans and what else speaks for a pair."""
    ours, theirs = _in_order(one, kind), _in_order(other, kind)
    partners: dict[int, int] = {}
    for first, second in best_pairs(_candidates(ours, theirs, kind.worth, 0, len(ours))):
        partners[ours[first].place] = theirs[second - len(ours)].place
    taken = set(partners.values())
    found = [Pair(place, partners.get(place)) for place in range(len(one))]
    return found + [Pair(None, place) for place in range(len(other)) if place not in taken]


def _in_order(items: Sequence[T], kind: _Kind[T]) -> list[_Item]:
    """Put items in the order of the rule; of equal ones, the first in the sequence comes first."""
    bounds = [tuple((span.begin, span.end) for span in kind.spans(item)) for item in items]
    counts = Counter(bounds)
    keys = [(each, kind.key(item) if counts[each] > 1 else ()) for each, item in zip(bounds, items, strict=True)]
    found = []
    for place in sorted(range(len(items)), key=keys.__getitem__):
        covered = cover(kind.spans(items[place]))
        found.append(_Item(place, covered, _length(covered), kind.said(items[place])))
    return found


def _candidates(
    ours: Sequence[_Item],
    theirs: Sequence[_Item],
    worth: Callable[[tuple[bool, ...]], int],
    our_first: int,
    their_first: int,
) -> list[Edge]:
    """Return the pairs that may be one. ours, theirs: in the order of the rule, and numbered on from their first."""
    found: list[Edge] = []
    numbered = sorted(
        (item.covered[0][0], item.covered[-1][1], number) for number, item in enumerate(theirs) if item.covered
    )
    begins = [begin for begin, _, _ in numbered]
    numbers = [their_first + number for _, _, number in numbered]
    reach = list(accumulate((end for _, end, _ in numbered), max))  # where all up to this one have ended
    beside: Beside | None = None
    for number, item in enumerate(ours, our_first):
        if not item.covered:
            continue
        begin, end = item.covered[0][0], item.covered[-1][1]
        low, high = bisect_right(reach, begin), bisect_left(begins, end)
        if high - low >= _MANY and len(item.said) <= _PARTS:
            beside = beside or _beside([theirs[partner] for _, _, partner in numbered])
            places, weights = _beside_many(item, beside, low, high, worth)
            partners = map(numbers.__getitem__, places)
            found += map(_make_edge, zip(repeat(number), partners, weights, strict=False))
            continue
        for _, last, partner in numbered[low:high]:
            candidate = theirs[partner]
            if last > begin and (overlap := _overlap(item, candidate)):
                weight = overlap + worth(tuple(map(eq, item.said, candidate.said)))
                found.append(Edge(number, their_first + partner, weight))
    return found


def _overlap(one: _Item, other: _Item) -> int:
    """Return the Dice coefficient in units; 0 where less than half of the shorter one is shared."""
    common = _common(one.covered, other.covered)
    if not common or common < LEAST_SHARE * min(one.length, other.length):
        return 0
    return round(2 * common / (one.length + other.length) * _UNIT)


def _beside(items: Sequence[_Item]) -> "Beside":
    from stancebank.agreement.dense import Beside

    return Beside([each.covered for each in items], [each.said for each in items])


def _beside_many(
    item: _Item, beside: "Beside", low: int, high: int, worth: Callable[[tuple[bool, ...]], int]
) -> tuple[list[int], list[int]]:
    """Return the places from low to high of those that may be one with an item, and their weights."""
    import numpy as np

    common, lengths = beside.common(item.covered, low, high)
    overlaps = np.rint(2 * common / (lengths + item.length) * _UNIT).astype(np.int64)  # to even, as `round`
    overlaps[(common == 0) | (common < LEAST_SHARE * np.minimum(lengths, item.length))] = 0
    places = np.flatnonzero(overlaps)
    weights = overlaps[places] + beside.alike(item.said, places + low, worth)
    return (places + low).tolist(), weights.tolist()


def best_pairs(edges: Sequence[Edge]) -> Iterator[Bounds]:
    """Yield the pairs that fit best together, by the rule where several choices are as good. Weights are positive.

    Those that come first in edges have other numbers than those that come second; the rule takes both by their numbers.
    """
    for part in _components(edges):
        yield from _match(part)


def _components(edges: Sequence[Edge]) -> list[list[Edge]]:
    """Divide pairs into groups that have no item in common."""
    group_of: dict[int, list[int]] = {}  # the items of its group, by item
    at, first = -1, [-1]
    for one, other, _ in edges:
        if one != at:
            at, first = one, group_of.get(one) or group_of.setdefault(one, [one])
        second = group_of.get(other)
        if second is None:
            first.append(other)
            group_of[other] = first
        elif second is not first:
            less, first = sorted((first, second), key=len)
            first += less
            group_of.update(dict.fromkeys(less, first))
    if edges and len(group_of[edges[0].one]) == len(group_of):
        return [list(edges)]
    found: defaultdict[int, list[Edge]] = defaultdict(list)
    for edge in edges:
        found[id(group_of[edge.one])].append(edge)
    return list(found.values())


def _match(edges: Sequence[Edge]) -> Iterator[Bounds]:
    """Yield the best pairs of one component."""
    if len(edges) == 1:
        yield edges[0].one, edges[0].other
        return
    partner, value, best = _best_choice(edges)
    settled: set[int] = set()
    for one in sorted({edge.one for edge in edges}):
        for other in best[one]:
            if other not in settled and (changed := _forced(one, other, partner, best, value, settled)):
                partner = changed
                settled |= {one, other}
                yield one, other
                break
        settled.add(one)


def _best_choice(edges: Sequence[Edge]) -> tuple[dict[int, int], dict[int, int], defaultdict[int, list[int]]]:
    """Return a choice with the greatest sum, its dual values, and by item its partners in all such choices."""
    if len(edges) >= _MANY**2:
        from stancebank.agreement.dense import best_choice

        if (found := best_choice(edges)) is not None:
            return found
    partner = _best(edges)
    value = _values(edges, partner)
    best: defaultdict[int, list[int]] = defaultdict(list)
    for one, other, weight in sorted(edges, key=itemgetter(0, 1)):
        if value[one] + value[other] == weight:
            best[one].append(other)
            best[other].append(one)
    return partner, value, best


def _best(edges: Sequence[Edge]) -> dict[int, int]:
    """Return the partner of each item, on either side, in one of the choices with the greatest sum."""
    import rustworkx

    items = list(dict.fromkeys(item for edge in edges for item in edge[:2]))
    number = {item: place for place, item in enumerate(items)}
    graph = rustworkx.PyGraph(multigraph=False)
    graph.add_nodes_from(items)
    graph.add_edges_from([(number[one], number[other], weight) for one, other, weight in edges])
    pairs = [(items[a], items[b]) for a, b in rustworkx.max_weight_matching(graph, weight_fn=int)]
    return dict(pairs) | {b: a for a, b in pairs}


def _values(edges: Sequence[Edge], partner: dict[int, int]) -> defaultdict[int, int]:
    """Return the dual values of a best choice, the least ones of the first reading.

    No value is negative; two values are at least the weight of their pair and equal it for pairs that are chosen; an
    item without a partner has none. So the choices with the greatest sum are those that consist of pairs whose values
    equal their weight and hold every item whose value is not 0.
    """
    value: defaultdict[int, int] = defaultdict(int)
    of: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)  # by item of the other reading
    chosen = {}
    for one, other, weight in edges:
        of[other].append((one, weight))
        if partner.get(one) == other:
            chosen[other] = value[other] = weight
    todo = deque(of)
    while todo:  # a value of the first reading only grows, and its partner's shrinks with it
        other = todo.popleft()
        for one, weight in of[other]:
            if weight > value[one] + value[other]:
                value[one] = weight - value[other]
                theirs = partner[one]
                value[theirs] = chosen[theirs] - value[one]
                todo.append(theirs)
    return value


def _forced(
    one: int,
    other: int,
    partner: dict[int, int],
    best: dict[int, list[int]],
    value: dict[int, int],
    settled: set[int],
) -> dict[int, int] | None:
    """Return a choice with the greatest sum that holds this pair and all that is settled; None where there is none."""
    if partner.get(one) == other:
        return partner
    changed = dict(partner)
    loose = [changed.pop(item) for item in (one, other) if item in changed]  # the partners that these two had
    for item in loose:
        del changed[item]
    changed[one], changed[other] = other, one
    kept = settled | {one, other}
    # one path for each of the two: neither takes its partner from an item of the other side that needs one
    are_seated = all(item in changed or _seat(item, changed, best, value, kept) for item in loose)
    return changed if are_seated else None


def _seat(
    item: int, partner: dict[int, int], best: dict[int, list[int]], value: dict[int, int], kept: set[int]
) -> bool:
    """Find a partner for an item without one, in place, by exchanging partners along a path; say whether it has one.

    An item whose value is 0 needs none, and may lose the one that it has. kept: items whose partner stays.
    """
    if not value[item]:
        return True
    came: dict[int, int] = {}
    todo = deque([item])
    while todo:
        seeking = todo.popleft()
        for place in best[seeking]:
            if place in kept or place in came:
                continue
            came[place] = seeking
            holder = partner.get(place)
            if holder is not None and value[holder]:
                todo.append(holder)
                continue
            if holder is not None:
                del partner[holder]
            taken: int | None = place
            while taken is not None:
                mover = came[taken]
                left = partner.get(mover)
                partner[mover], partner[taken] = taken, mover
                taken = left
            return True
    return False


def _statement_key(scheme: Scheme, statement: Statement) -> tuple[Any, ...]:
    nameless = tuple(msgspec.structs.replace(each, id="") for each in statement.conditions)
    rest = msgspec.structs.replace(statement, id="", same_as=None, conditions=nameless)
    weighty = sorted((field for field in scheme.of("statement") if field.weight), key=lambda field: -field.weight)
    return (
        statement.target.id,
        statement.speaker.entity,
        [str(field.value(statement)) for field in weighty],
        msgspec.json.encode(rest, order="deterministic"),
    )


def _condition_key(scheme: Scheme, condition: Condition) -> tuple[Any, ...]:
    rest = msgspec.json.encode(msgspec.structs.replace(condition, id=""), order="deterministic")
    kinds = [field.text(condition) or "" for field in scheme.of("condition") if field.kind == "target"]
    return kinds, condition.role, rest


def _statements(scheme: Scheme) -> _Kind[Statement]:
    fields = [field for field in scheme.of("statement") if field.weight]

    def said(each: Statement) -> tuple[object, ...]:
        return each.speaker.entity, each.target.id, *[field.value(each) for field in fields]

    @cache
    def worth(equal: tuple[bool, ...]) -> int:
        of_frame = (_HELP["speaker"] if equal[0] else 0.0) + (_HELP["target"] if equal[1] else 0.0)
        of_fields = sum([field.weight for field, is_equal in zip(fields, equal[2:], strict=True) if is_equal])
        return round((of_frame + of_fields) * _UNIT)

    return _Kind(lambda each: each.content, partial(_statement_key, scheme), said, worth)


def _conditions(scheme: Scheme) -> _Kind[Condition]:
    fields = [field for field in scheme.of("condition") if field.kind == "target"]

    def said(each: Condition) -> tuple[object, ...]:
        return tuple(field.value(each) for field in fields), each.role

    @cache
    def worth(equal: tuple[bool, ...]) -> int:
        return round((0.3 * equal[0] + 0.2 * equal[1]) * _UNIT)

    return _Kind(lambda each: each.spans, partial(_condition_key, scheme), said, worth)
