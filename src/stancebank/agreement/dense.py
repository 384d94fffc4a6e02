"""Alignment where many statements stand at one place, each near all others: the same results, by arrays.

Two readings with 200 statements of one passage have 40,000 pairs that may be one. Module `align` says what is looked
for, and does it in plain Python where there is little; it asks for this module where there is much.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import accumulate, chain
from typing import TYPE_CHECKING, NamedTuple

from stancebank.model import Bounds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Whole = NDArray[np.int64]

Said = tuple[object, ...]
_FEW_PARTS = 12  # of what is said, for which the help of each agreement that there can be is kept
Triple = tuple[int, int, int]


class Beside:
    """The items of one reading as arrays, to lay an item of another reading beside many of them at once.

    covered, said: of each item, its stretches (one at least), and what it says that helps a pair.
    """

    def __init__(self, covered: Sequence[Sequence[Bounds]], said: Sequence[Said]) -> None:
        import numpy as np

        flat = np.array([stretch for each in covered for stretch in each], dtype=np.int64)
        self._begins, self._ends = flat[:, 0], flat[:, 1]
        self._first = np.array([*accumulate(map(len, covered), initial=0)], dtype=np.int64)  # stretch of each item
        self._lengths = np.add.reduceat(self._ends - self._begins, self._first[:-1])
        self._powers = 2.0 ** np.arange(len(said[0]))  # exact up to 53 parts
        self._helps = np.full(2 ** len(said[0]) if len(said[0]) <= _FEW_PARTS else 0, -1, dtype=np.int64)
        self._numbers: list[dict[object, int]] = []  # of what is said, by its place in `said`
        self._said = np.zeros((len(said), len(said[0])), dtype=np.int64)
        for place, column in enumerate(zip(*said, strict=True)):
            numbers: dict[object, int] = {}
            self._said[:, place] = [numbers.setdefault(each, len(numbers)) for each in column]
            self._numbers.append(numbers)

    def common(self, covered: Sequence[Bounds], low: int, high: int) -> tuple["Whole", "Whole"]:
        """Return how many code points an item shares with each from number low to high, and the lengths of those."""
        import numpy as np

        first = self._first[low : high + 1]
        begins, ends = self._begins[first[0] : first[-1]], self._ends[first[0] : first[-1]]
        found: Whole = np.zeros(len(begins), dtype=np.int64)
        for begin, end in covered:
            found += np.maximum(np.minimum(ends, end) - np.maximum(begins, begin), 0)
        if len(found) > high - low:
            found = np.add.reduceat(found, first[:-1] - first[0])
        return found, self._lengths[low:high]

    def alike(self, said: Said, places: "Whole", worth: Callable[[tuple[bool, ...]], int]) -> "Whole":
        """Return the help of what an item says in a pair with each of those at some places.

        worth: the help of a pair that agrees in these parts of what is said, not negative; the same at each call.
        """
        import numpy as np

        found: Whole
        mine = [numbers.get(each, -1) for numbers, each in zip(self._numbers, said, strict=True)]
        equal = self._said[places] == np.array(mine, dtype=np.int64)
        agreed = equal @ self._powers  # in which parts
        if len(self._helps):
            groups = agreed.astype(np.int64)
            found = self._helps[groups]
            if len(new := np.flatnonzero(found < 0)):
                for group, place in dict(zip(groups[new].tolist(), new.tolist(), strict=True)).items():
                    self._helps[group] = worth(tuple(equal[place].tolist()))
                found = self._helps[groups]
            return found
        _, firsts, groups = np.unique(agreed, return_index=True, return_inverse=True)
        helps = [worth(tuple(equal[first].tolist())) for first in firsts]
        found = np.array(helps, dtype=np.int64)[groups]
        return found


class Best(NamedTuple):
    """The best choice of pairs of one group. partner: of each item that has one, on either side.

    value: the dual values, the least ones of the first reading. tight: by item, its partners in all the best choices.
    """

    partner: dict[int, int]
    value: dict[int, int]
    tight: defaultdict[int, list[int]]


def best_choice(edges: Sequence[Triple]) -> Best | None:
    """Return the best choice among pairs (one, other, weight); None where a table of all pairs would be mostly empty.

    Weights are positive.
    """
    import numpy as np

    rows, columns = sorted({edge[0] for edge in edges}), sorted({edge[1] for edge in edges})
    if len(rows) * len(columns) > _MOST * len(edges):
        return None
    table = np.fromiter(chain.from_iterable(edges), dtype=np.int64, count=3 * len(edges)).reshape(-1, 3)
    weights = np.zeros((len(rows), len(columns)), dtype=np.int64)
    weights[np.searchsorted(rows, table[:, 0]), np.searchsorted(columns, table[:, 1])] = table[:, 2]
    if len(rows) <= len(columns):
        chosen, ours = _assign(weights)
    else:
        back, theirs = _assign(weights.T)
        chosen = [-1] * len(rows)
        for column, row in enumerate(back):
            if row >= 0:
                chosen[row] = column
        ours = np.array(
            [weights[row, column] - theirs[column] if column >= 0 else 0 for row, column in enumerate(chosen)],
            dtype=np.int64,
        )
    ours = _least(weights, chosen, ours)
    others = np.zeros(len(columns), dtype=np.int64)
    partner: dict[int, int] = {}
    for row, column in enumerate(chosen):
        if column >= 0:
            others[column] = weights[row, column] - ours[row]
            one, other = rows[row], columns[column]
            partner[one], partner[other] = other, one
    value = dict(zip(rows, ours.tolist(), strict=True)) | dict(zip(columns, others.tolist(), strict=True))
    tight: defaultdict[int, list[int]] = defaultdict(list)
    at, to = np.nonzero((weights > 0) & (ours[:, None] + others == weights))
    for row, column in zip(at.tolist(), to.tolist(), strict=True):
        tight[rows[row]].append(columns[column])
        tight[columns[column]].append(rows[row])
    return Best(partner, value, tight)


_MOST = 4  # places of a table for each pair


def _assign(weights: "Whole") -> tuple[list[int], "Whole"]:
    """Return the column of each row, -1 for none, so that the sum of the weights is greatest, and values of the rows.

    weights: 0 where there is no pair; no more rows than columns. One row after another gets the cheapest path to a
    free column (Jonker and Volgenant 1987; Crouse 2016). All numbers are doubled, so that of paths that are equally
    cheap one that ends is below one that goes on.
    """
    import numpy as np

    count = len(weights)
    top = int(weights.max())
    costs = np.full((count, weights.shape[1] + 1), 2 * top, dtype=np.int64)  # with a column that is worth nothing
    costs[:, :-1] -= 2 * weights
    far = np.iinfo(np.int64).max // 8
    least = costs.min(axis=1)
    row_of, column_of = [-1] * costs.shape[1], [-1] * count
    is_free = np.ones(costs.shape[1], dtype=bool)
    for row, is_least in enumerate(costs == least[:, None]):
        column = int((is_least & is_free).argmax())
        if is_least[column] and is_free[column]:
            row_of[column], column_of[row], is_free[column] = row, column, False
    price, paid = np.zeros(costs.shape[1], dtype=np.int64), least.tolist()
    for start in [row for row, column in enumerate(column_of) if column < 0]:
        gain = price - ~is_free
        reach, came = np.full(len(price), far), np.full(len(price), -1)
        passed: list[Triple] = []
        row, low = start, 0
        while True:
            cost = costs[row] - gain
            cost += low - paid[row]
            is_better = cost < reach
            np.copyto(reach, cost, where=is_better)
            np.copyto(came, row, where=is_better)
            column = int(reach.argmin())
            low = int(reach[column]) & ~1
            if row_of[column] < 0:
                break
            reach[column], gain[column] = far, -2 * far  # it is done with
            row = row_of[column]
            passed.append((row, column, low))
        paid[start] += low
        for row, via, at in passed:
            paid[row] += low - at
            price[via] -= low - at
        is_free[column] = False
        row = -1
        while row != start:
            row = int(came[column])
            row_of[column] = row
            column_of[row], column = column, column_of[row]
    chosen = [
        column if column < weights.shape[1] and weights[row, column] else -1 for row, column in enumerate(column_of)
    ]
    return chosen, top - np.array(paid, dtype=np.int64) // 2


def _least(weights: "Whole", chosen: Sequence[int], values: "Whole") -> "Whole":
    """Return the least values of the rows that go with a best choice, given some that do.

    A value may shrink as far as the pairs with columns that nobody has allow, and as others shrink with it.
    """
    import numpy as np

    free = np.ones(weights.shape[1], dtype=bool)
    free[[column for column in chosen if column >= 0]] = False
    slack = values - (weights[:, free].max(axis=1) if free.any() else 0)
    waits = slack.copy()
    far = np.iinfo(np.int64).max // 4
    for _ in range(len(values)):
        row = int(waits.argmin())
        waits[row] = far
        if (column := chosen[row]) >= 0:
            with_it = slack[row] + values - values[row] - weights[:, column] + weights[row, column]
            is_less = with_it < slack  # never one that is done with
            slack[is_less] = with_it[is_less]
            waits[is_less] = with_it[is_less]
    result: Whole = values - slack
    return result
