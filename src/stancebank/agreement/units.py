"""Units: what several readings of one article hold as one and the same statement, all readings aligned together.

A unit has at most one statement of each reading. Statements of two readings may be of one unit if `align` could pair
them. With two readings, the units are the pairs of `align`, with all its rules for ties.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from stancebank.agreement.align import align, may_be_one
from stancebank.model import Statement
from stancebank.schema.fields import Scheme


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

    approximate: how many groups of statements that may be one were too large to be divided in the best way, so that a
    heuristic divided them.
    """

    units: tuple[Unit, ...]
    approximate: int = 0


def align_readings(readings: Sequence[Sequence[Statement]], scheme: Scheme) -> AlignedReadings:
    """Align the statements of all readings of one text.

    Spans must be offsets into the same text. Ids play no part.
    """
    if len(readings) == 2:
        units = [Unit((pair.one, pair.other)) for pair in align(readings[0], readings[1], scheme)]
    else:
        units = _join_greedily(readings, scheme)
    return AlignedReadings(tuple(sorted(units, key=partial(_place, readings))))


def _place(readings: Sequence[Sequence[Statement]], unit: Unit) -> tuple[tuple[int, int], tuple[int, ...]]:
    bounds = min((each.content[0].begin, each.content[-1].end) for each in unit.statements(readings) if each)
    return bounds, tuple(-1 if place is None else place for place in unit.places)


def _join_greedily(readings: Sequence[Sequence[Statement]], scheme: Scheme) -> list[Unit]:
    """Join the pairs that fit best first, wherever no reading would be in a unit twice."""
    pairs = [
        (-weight, one, first, other, second)
        for one in range(len(readings))
        for other in range(one + 1, len(readings))
        for first, second, weight in may_be_one(readings[one], readings[other], scheme)
    ]
    units = {(number, place): {number: place} for number, each in enumerate(readings) for place in range(len(each))}
    for _, one, first, other, second in sorted(pairs):
        ours, theirs = units[one, first], units[other, second]
        if not ours.keys() & theirs.keys():
            ours |= theirs
            units |= dict.fromkeys(theirs.items(), ours)
    apart = {id(each): each for each in units.values()}
    return [Unit(tuple(each.get(number) for number in range(len(readings)))) for each in apart.values()]
