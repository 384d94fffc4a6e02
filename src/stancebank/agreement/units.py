"""Units: what several readings of one article hold as one and the same statement, all readings aligned together.

A unit has at most one statement of each reading, and any two of its statements may be one for `align`: their contents
share at least half of the shorter one. So a unit never holds two statements that have no words in common, as a chain
would: two halves of a sentence, and the whole of it that a third reader marked.

All readings are aligned at once, and the alignment is taken that is best as a whole. This is the unified alignment of
Mathet, Widlöcher and Métivier (The Unified and Holistic Method Gamma, Computational Linguistics 41(3), 2015), where a
unit costs the mean dissimilarity over all pairs of annotators. Here a unit is worth the fits of its statements with one
of them, with the one that gives the greatest sum; the fit of two is that of `align`: the Dice coefficient of their
contents, and help of speaker, target and weighted fields. Those are the star costs of Bandelt, Crama and Spieksma
(Approximation algorithms for multi-dimensional assignment problems with decomposable costs, Discrete Applied
Mathematics 49, 1994). The sum over all pairs counts a third statement twice: a clause would be joined to two readings
of the whole sentence, although another statement is exactly this clause. With star costs each statement counts once, at
its own best place; one that may join a unit and is needed nowhere else still joins it. Two readings give the pairs of
`align`.

The best alignment of three and more readings is a hard problem. Statements that overlap form groups, and a group is
divided in the best way (`partition`) if it has up to `POSSIBLE` possible units: as many as twenty statements at one
place have in each of three readings. Larger groups are divided by a heuristic, and counted: the recursive one of
Bandelt and others, in which each reading is aligned with the units so far, and then dimensionwise variation (Gutin and
Karapetyan, Local search heuristics for the multidimensional assignment problem, Journal of Heuristics 17, 2011), in
which each reading is taken out and aligned again.

Where several alignments are worth most, this rule decides. Each reading's statements have the order of `align`, and the
readings the order in which they are given (by the names of their annotators). The statements of the first take their
turns, then those of the second that are in no unit yet, and so on. Each gets the earliest statement of the next reading
that an alignment worth most still allows, or none if none does, then of the reading after it. The heuristic follows the
rule of `align` at each step. Neither ids nor the order of statements in a document matter, except among statements that
say exactly the same.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from stancebank.agreement.align import (
    Edge,
    align,
    align_conditions,
    best_pairs,
    conditions_may_be_one,
    may_be_one,
)
from stancebank.agreement.partition import Block, divide
from stancebank.model import Condition, Statement, find_root
from stancebank.schema.fields import Scheme

Fits = Sequence[Mapping[int, int]]  # by the number of a statement, how well others fit it that may be one with it
POSSIBLE = 10_000  # units of a group: for so many the solver takes a third of a second
ROUNDS = 5  # of the heuristic; it seldom gains anything in the third
REPEATED = 600  # statements of a group up to which it has more than the first round, which take seconds beyond


@dataclass(frozen=True, slots=True)
class Unit:
    """One statement as several annotators found it, or did not.

    places: by reading, in their order, the place of its statement in that reading; None where it has none.
    """

    places: tuple[int | None, ...]

    def statements(self, readings: Sequence[Sequence[Statement]]) -> tuple[Statement | None, ...]:
        """Return the statement of each reading; None where it has none."""
        return tuple(
            None if place is None else reading[place] for place, reading in zip(self.places, readings, strict=True)
        )


@dataclass(frozen=True, slots=True)
class AlignedReadings:
    """The units of one article, in the order of the text.

    approximate: how many groups of statements were too large to be divided in the best way, so that a heuristic divided
    them. Without scipy (`partition.is_solver_there`), groups are too large earlier.
    """

    units: tuple[Unit, ...]
    approximate: int = 0


def align_readings(readings: Sequence[Sequence[Statement]], scheme: Scheme) -> AlignedReadings:
    """Align the statements of all readings of one text.

    Spans must be offsets into the same text. Ids play no part.
    """
    if len(readings) == 2:
        return _in_text([Unit(tuple(pair)) for pair in align(readings[0], readings[1], scheme)], readings)
    held, approximate = _places(*may_be_one(readings, scheme))
    return _in_text([Unit(places) for places in held], readings, approximate)


def align_conditions_of(readings: Sequence[Sequence[Condition]], scheme: Scheme) -> list[tuple[int | None, ...]]:
    """Align the conditions of one statement in several readings, as `align_readings` aligns statements.

    Return for each condition its place in each reading; None where that has none.
    """
    if len(readings) == 2:
        return [tuple(pair) for pair in align_conditions(readings[0], readings[1], scheme)]
    return _places(*conditions_may_be_one(readings, scheme))[0]


def _places(orders: Sequence[Sequence[int]], edges: Sequence[Edge]) -> tuple[list[tuple[int | None, ...]], int]:
    """Return the units, as places by reading, and how many groups were divided by the heuristic."""
    reading_of = [reading for reading, order in enumerate(orders) for _ in order]
    places = [place for order in orders for place in order]
    units, approximate = _units(reading_of, edges)
    found = []
    for members in units:
        held: list[int | None] = [None] * len(orders)
        for item in members:
            held[reading_of[item]] = places[item]
        found.append(tuple(held))
    return found, approximate


def _in_text(units: list[Unit], readings: Sequence[Sequence[Statement]], approximate: int = 0) -> AlignedReadings:
    def key(unit: Unit) -> tuple[tuple[int, int], tuple[int, ...]]:
        bounds = min((each.content[0].begin, each.content[-1].end) for each in unit.statements(readings) if each)
        return bounds, tuple(-1 if place is None else place for place in unit.places)

    return AlignedReadings(tuple(sorted(units, key=key)), approximate)


def _units(reading_of: Sequence[int], edges: Sequence[Edge]) -> tuple[list[tuple[int, ...]], int]:
    """Return the units, as numbers of statements, and how many groups were divided by the heuristic."""
    fits: list[dict[int, int]] = [{} for _ in reading_of]
    above: dict[int, int] = {}
    for one, other, weight in edges:
        fits[one][other] = fits[other][one] = weight
        above[find_root(above, other)] = find_root(above, one)
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for item in range(len(reading_of)):
        groups[find_root(above, item)].append(item)
    found: list[tuple[int, ...]] = []
    approximate = 0
    for group in groups.values():
        size = len(group)
        if len({reading_of[item] for item in group}) == size and all(len(fits[item]) == size - 1 for item in group):
            found.append(tuple(group))
            continue
        possible = list(islice(_possible(group, reading_of, fits), POSSIBLE + 1))
        best = divide(possible) if len(possible) <= POSSIBLE else None
        if best is None:
            approximate += 1
            found += _by_turns(group, reading_of, fits)
        else:
            found += [block.items for block in best]
    return found, approximate


def _possible(group: Sequence[int], reading_of: Sequence[int], fits: Fits) -> Iterator[Block]:
    """Yield the possible units of a group in the order of the rule."""

    def grown(items: tuple[int, ...], sums: tuple[int, ...], others: list[int]) -> Iterator[Block]:
        """Yield those that begin with these items. sums: of the fits of each. others: what may join, in order."""
        if not others:
            yield Block(items, max(sums))
            return
        reading = reading_of[others[0]]
        later = [item for item in others if reading_of[item] != reading]
        for item in others[: len(others) - len(later)]:
            own = fits[item]
            more = (
                *(total + own[each] for total, each in zip(sums, items, strict=True)),
                sum(own[each] for each in items),
            )
            yield from grown((*items, item), more, [each for each in later if each in own])
        yield from grown(items, sums, later)

    for first in group:
        others = sorted(item for item in fits[first] if reading_of[item] > reading_of[first])
        yield from grown((first,), (0,), others)


def _by_turns(group: Sequence[int], reading_of: Sequence[int], fits: Fits) -> list[tuple[int, ...]]:
    """Let the readings join one after another, then each again, as long as that makes the units worth more."""
    items: defaultdict[int, list[int]] = defaultdict(list)
    for item in group:
        items[reading_of[item]].append(item)
    units: list[tuple[int, ...]] = []
    for own in items.values():
        units = _joined(units, own, fits)
    total = sum(_worth(unit, fits) for unit in units)
    turns = [*items] * (ROUNDS if len(group) <= REPEATED else 0)
    kept = 0  # turns since the last gain
    for reading in turns:
        rest = [tuple(item for item in unit if reading_of[item] != reading) for unit in units]
        changed = _joined(sorted(filter(None, rest)), items[reading], fits)
        value = sum(_worth(unit, fits) for unit in changed)
        kept = 0 if value > total else kept + 1
        if value > total:
            units, total = changed, value
        if kept == len(items):
            break
    return units


def _joined(units: Sequence[tuple[int, ...]], items: Sequence[int], fits: Fits) -> list[tuple[int, ...]]:
    """Return the units with the statements of one more reading, each where all together gain most."""
    gains = [
        Edge(number, len(units) + place, _worth((*unit, item), fits) - _worth(unit, fits))
        for number, unit in enumerate(units)
        for place, item in enumerate(items)
        if all(item in fits[each] for each in unit)
    ]
    partner = dict(best_pairs(gains))
    joined = [
        (*unit, items[partner[number] - len(units)]) if number in partner else unit for number, unit in enumerate(units)
    ]
    taken = set(partner.values())
    return joined + [(item,) for place, item in enumerate(items) if len(units) + place not in taken]


def _worth(unit: Sequence[int], fits: Fits) -> int:
    return max(sum(fits[one][other] for other in unit if other != one) for one in unit)
