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
from functools import partial
from itertools import accumulate
from operator import itemgetter
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from stancebank.model import Bounds, Condition, Span, Statement
from stancebank.schema.fields import Scheme

T = TypeVar("T")
K = TypeVar("K")
LEAST_SHARE = 0.5  # of the shorter content that two contents must have in common
_UNIT = 1_000_000  # weights are whole numbers, so that sums are exact
_HELP = {"speaker": 0.3, "target": 0.3}  # a field of the scheme says its own, as its weight


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


class _Item(NamedTuple, Generic[T]):
    """An item to align. place: in its sequence. covered: the stretches of its spans, in order and apart."""

    place: int
    item: T
    covered: list[Bounds]
    length: int


def align(one: Sequence[Statement], other: Sequence[Statement], scheme: Scheme) -> list[Pair]:
    """Pair the statements of two readings of one text, in the order of the first; the unpaired of the other come last.

    Spans must be offsets into the same text. Ids play no part.
    """
    return _pair(one, other, lambda each: each.content, partial(_statement_key, scheme), _statement_help(scheme))


def align_conditions(one: Sequence[Condition], other: Sequence[Condition], scheme: Scheme) -> list[Pair]:
    """Pair the conditions of two statements, as `align` pairs statements."""
    return _pair(one, other, lambda each: each.spans, partial(_condition_key, scheme), _condition_help(scheme))


def may_be_one(readings: Sequence[Sequence[Statement]], scheme: Scheme) -> tuple[list[list[int]], list[Edge]]:
    """Return the order that the rule has for each reading, as places, and the pairs that `align` could make of any two.

    Pairs name statements by numbers that follow this order, and count on from one reading to the next.
    """
    key, help_of = partial(_statement_key, scheme), _statement_help(scheme)
    return _edges([_in_order(each, lambda statement: statement.content, key) for each in readings], help_of)


def conditions_may_be_one(
    readings: Sequence[Sequence[Condition]], scheme: Scheme
) -> tuple[list[list[int]], list[Edge]]:
    """Return of the conditions of several statements what `may_be_one` returns of statements."""
    key, help_of = partial(_condition_key, scheme), _condition_help(scheme)
    return _edges([_in_order(each, lambda condition: condition.spans, key) for each in readings], help_of)


def _edges(
    ordered: Sequence[Sequence[_Item[T]]], help_of: Callable[[T, T], float]
) -> tuple[list[list[int]], list[Edge]]:
    begins = list(accumulate(map(len, ordered), initial=0))
    edges = [
        Edge(begins[one] + first, begins[other] + second, weight)
        for one, ours in enumerate(ordered)
        for other in range(one + 1, len(ordered))
        for first, second, weight in _candidates(ours, ordered[other], help_of)
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


def _pair(
    one: Sequence[T],
    other: Sequence[T],
    spans: Callable[[T], Sequence[Span]],
    key: Callable[[T], Any],
    help_of: Callable[[T, T], float],
) -> list[Pair]:
    """Pair items by the overlap of their spans and what else speaks for a pair, its help.

    key: what puts the items of a sequence in order; of equal ones, the first in the sequence comes first.
    """
    ours, theirs = _in_order(one, spans, key), _in_order(other, spans, key)
    partners: dict[int, int] = {}
    candidates = [Edge(one, len(ours) + two, weight) for one, two, weight in _candidates(ours, theirs, help_of)]
    for first, second in best_pairs(candidates):
        partners[ours[first].place] = theirs[second - len(ours)].place
    taken = set(partners.values())
    found = [Pair(place, partners.get(place)) for place in range(len(one))]
    return found + [Pair(None, place) for place in range(len(other)) if place not in taken]


def _in_order(items: Sequence[T], spans: Callable[[T], Sequence[Span]], key: Callable[[T], Any]) -> list[_Item[T]]:
    """Put items in the order of the rule. key: by what else than their bounds."""
    bounds = [tuple((span.begin, span.end) for span in spans(item)) for item in items]
    counts = Counter(bounds)
    keys = [(each, key(item) if counts[each] > 1 else ()) for each, item in zip(bounds, items, strict=True)]
    found = []
    for place in sorted(range(len(items)), key=keys.__getitem__):
        covered = cover(spans(items[place]))
        found.append(_Item(place, items[place], covered, _length(covered)))
    return found


def _candidates(
    ours: Sequence[_Item[T]], theirs: Sequence[_Item[T]], help_of: Callable[[T, T], float]
) -> Iterator[Edge]:
    """Yield the pairs that may be one, by their numbers in either. ours, theirs: in the order of the rule."""
    numbered = sorted(
        (item.covered[0][0], item.covered[-1][1], number) for number, item in enumerate(theirs) if item.covered
    )
    begins = [begin for begin, _, _ in numbered]
    reach = list(accumulate((end for _, end, _ in numbered), max))  # where all up to this one have ended
    for number, item in enumerate(ours):
        if not item.covered:
            continue
        begin, end = item.covered[0][0], item.covered[-1][1]
        for _, last, partner in numbered[bisect_right(reach, begin) : bisect_left(begins, end)]:
            candidate = theirs[partner]
            if last > begin and (overlap := _overlap(item, candidate)):
                yield Edge(number, partner, overlap + round(help_of(item.item, candidate.item) * _UNIT))


def _overlap(one: _Item[T], other: _Item[T]) -> int:
    """Return the Dice coefficient in units; 0 where less than half of the shorter one is shared."""
    common = _common(one.covered, other.covered)
    if not common or common < LEAST_SHARE * min(one.length, other.length):
        return 0
    return round(2 * common / (one.length + other.length) * _UNIT)


def best_pairs(edges: Sequence[Edge]) -> Iterator[Bounds]:
    """Yield the pairs that fit best together, by the rule where several choices are as good. Weights are positive.

    Those that come first in edges have other numbers than those that come second; the rule takes both by their numbers.
    """
    for part in _components(edges):
        yield from _match(part)


def _components(edges: Sequence[Edge]) -> list[list[Edge]]:
    """Divide pairs into groups that have no item in common."""
    above: dict[int, int] = {}
    for edge in edges:
        above[find_root(above, edge.one)] = find_root(above, edge.other)
    found: defaultdict[int, list[Edge]] = defaultdict(list)
    for edge in edges:
        found[find_root(above, edge.one)].append(edge)
    return list(found.values())


def find_root(above: dict[K, K], item: K) -> K:
    """Return what stands for all that an item is joined with (union-find).

    above: by an item, one that it is joined with. An item that is not there yet is put there, as its own root, and half
    of the way is saved each time. To join two items, put the root of the one above the root of the other.
    """
    while (upper := above.setdefault(item, item)) != item:
        above[item] = item = above[upper]
    return item


def _match(edges: Sequence[Edge]) -> Iterator[Bounds]:
    """Yield the best pairs of one component."""
    if len(edges) == 1:
        yield edges[0].one, edges[0].other
        return
    partner = _best(edges)
    value = _values(edges, partner)
    best: defaultdict[int, list[int]] = defaultdict(list)  # pairs that are in a choice with the greatest sum
    for one, other, weight in sorted(edges, key=itemgetter(0, 1)):
        if value[one] + value[other] == weight:
            best[one].append(other)
            best[other].append(one)
    settled: set[int] = set()
    for one in sorted({edge.one for edge in edges}):
        for other in best[one]:
            if other not in settled and (changed := _forced(one, other, partner, best, value, settled)):
                partner = changed
                settled |= {one, other}
                yield one, other
                break
        settled.add(one)


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


def _statement_help(scheme: Scheme) -> Callable[[Statement, Statement], float]:
    """Return what says how much else speaks for a pair of statements."""
    fields = [field for field in scheme.of("statement") if field.weight]

    def help_of(one: Statement, other: Statement) -> float:
        of_frame = _HELP["speaker"] if one.speaker.entity == other.speaker.entity else 0.0
        if one.target.id == other.target.id:
            of_frame += _HELP["target"]
        return of_frame + sum([field.weight for field in fields if field.value(one) == field.value(other)])

    return help_of


def _condition_help(scheme: Scheme) -> Callable[[Condition, Condition], float]:
    """Return what says how much else speaks for a pair of conditions."""
    fields = [field for field in scheme.of("condition") if field.kind == "target"]

    def help_of(one: Condition, other: Condition) -> float:
        return 0.3 * all(field.value(one) == field.value(other) for field in fields) + 0.2 * (one.role == other.role)

    return help_of
