"""Partition: items divided into blocks, of those that are possible, so that the blocks are worth most together.

This is set partitioning, as operations research calls it. A price for each item, such that no block is worth more than
its items cost, bounds what a partition can be worth; blocks that no best partition can have are left out by it. What
remains is searched by dynamic programming, as long as that takes few steps. More is solved by scipy: as a linear
programme, whose dual values are the best prices, and by `scipy.optimize.milp` where its solution is no whole one.

Where several partitions are worth most, this rule decides. The items take their turns in the order of their numbers;
each that has no block yet gets the earliest, in the order in which the blocks are given, that a best partition with the
blocks chosen so far has.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from typing import NamedTuple

from stancebank.errors import import_extra
from stancebank.model import find_root

STEPS = 20_000  # of a search, about 10 ms: beyond that scipy is faster
NODES = 200  # of branch and bound, within one run of `milp`
RUNS = 40  # of the solver, for one group of items; only equally good partitions take more than one or two


class Block(NamedTuple):
    """Items that may be together. items: their numbers, ascending. worth: a whole number, not negative."""

    items: tuple[int, ...]
    worth: int


class _TooLargeError(Exception):
    """A group takes more runs of the solver than are allowed, or has no solver."""


def is_solver_there() -> bool:
    """Return whether scipy is installed, so that groups can be divided that are too large to be searched."""
    return find_spec("scipy") is not None


def divide(blocks: Sequence[Block]) -> list[Block] | None:
    """Return the partition of all items that is worth most, by its lowest items; None where that takes too long.

    blocks: those that are possible; each item is one by itself, too. What None is returned for depends on the blocks
    and on whether scipy is installed, not on the machine.
    """
    found: list[Block] = []
    todo = [_affordable(part) for part in _apart(blocks)]
    runs = 0
    while todo:
        part = todo.pop()
        if (searched := _search(part)) is not None:
            found += searched
            continue
        if not is_solver_there():
            return None
        try:
            total, kept = _solve(part)
            runs += 1
            if len(kept) == len(part):
                chosen, kept, more = _first(kept, total, RUNS - runs)
                runs += more
                found.append(chosen)
        except _TooLargeError:
            return None
        todo += _apart(kept)
    return sorted(found)


def _apart(blocks: Sequence[Block]) -> Iterator[list[Block]]:
    """Divide blocks into groups that have no item in common, each in their order."""
    above: dict[int, int] = {}
    for block in blocks:
        first = find_root(above, block.items[0])
        for item in block.items[1:]:
            above[find_root(above, item)] = first
    found: defaultdict[int, list[Block]] = defaultdict(list)
    for block in blocks:
        found[find_root(above, block.items[0])].append(block)
    yield from found.values()


def _affordable(blocks: Sequence[Block]) -> Sequence[Block]:
    """Leave out blocks that no best partition can have, by prices of the items.

    Prices begin with equal shares of the best block of each item; then each in turn is put as low as the others allow.
    A partition with a block is worth less than all prices together by at least what this block is worth less than its
    own; and the best one is worth as much as any that is found.
    """
    price: dict[int, int] = defaultdict(int)
    of: defaultdict[int, list[Block]] = defaultdict(list)
    for block in blocks:
        share = -(-block.worth // len(block.items))
        for item in block.items:
            of[item].append(block)
            price[item] = max(price[item], share)
    for item, its in of.items():
        price[item] -= min(_short(block, price) for block in its)
    short = [_short(block, price) for block in blocks]
    taken: set[int] = set()
    worth = 0
    for _, block in sorted(zip(short, blocks, strict=True), key=lambda each: (each[0], -len(each[1].items))):
        if taken.isdisjoint(block.items):
            taken.update(block.items)
            worth += block.worth
    most = sum(price.values()) - worth
    return [block for block, each in zip(blocks, short, strict=True) if each <= most]


def _short(block: Block, price: Mapping[int, int]) -> int:
    return sum(price[item] for item in block.items) - block.worth


def _search(blocks: Sequence[Block]) -> list[Block] | None:
    """Return the best partition, by what each set of items that can be left is worth; None after too many steps."""
    bits = {item: 1 << place for place, item in enumerate(sorted({item for each in blocks for item in each.items}))}
    of: defaultdict[int, list[tuple[int, int, Block]]] = defaultdict(list)  # by the bit of the lowest item
    for block in blocks:
        of[bits[block.items[0]]].append((sum(bits[item] for item in block.items), block.worth, block))
    best: dict[int, tuple[int, int, Block | None]] = {0: (0, 0, None)}
    steps = 0

    def worth(left: int) -> int:
        """Return what is left is worth; -1 where it cannot be divided."""
        nonlocal steps
        if left not in best:
            top, chosen, then = -1, None, 0
            choices = of[left & -left]
            steps += len(choices)
            if steps > STEPS:
                raise _TooLargeError
            for mask, value, block in choices:
                if mask & left == mask and (rest := worth(left ^ mask)) >= 0 and value + rest > top:
                    top, chosen, then = value + rest, block, left ^ mask
            best[left] = top, then, chosen
        return best[left][0]

    left = (1 << len(bits)) - 1
    try:
        worth(left)
    except (_TooLargeError, RecursionError):
        return None
    found = []
    while left:
        _, left, chosen = best[left]
        assert chosen is not None  # the best partition is among these blocks
        found.append(chosen)
    return found


def _solve(blocks: Sequence[Block]) -> tuple[int, list[Block]]:
    """Return what the best partition is worth, and the blocks that one of the best may have; -1 where there is none."""
    import numpy as np

    optimize, sparse = import_extra("scipy.optimize"), import_extra("scipy.sparse")
    numbers = {item: number for number, item in enumerate(sorted({item for each in blocks for item in each.items}))}
    rows = [numbers[item] for block in blocks for item in block.items]
    ends = np.cumsum([0, *(len(block.items) for block in blocks)])
    matrix = sparse.csc_array((np.ones(len(rows)), rows, ends), shape=(len(numbers), len(blocks)))
    worth = np.array([block.worth for block in blocks], dtype=float)
    once = np.ones(len(numbers))
    relaxed = optimize.linprog(-worth, A_eq=matrix, b_eq=once, bounds=(0, None), method="highs")
    if relaxed.x is None:
        return -1, []
    taken = relaxed.x
    if np.abs(taken - taken.round()).max() > 1e-6:
        whole = optimize.milp(
            -worth,
            integrality=np.ones(len(blocks)),
            constraints=optimize.LinearConstraint(matrix, once, once),
            options={"mip_rel_gap": 0, "node_limit": NODES},
        )
        if whole.status == 2:
            return -1, []
        if whole.status != 0:
            raise _TooLargeError
        taken = whole.x
    total = sum(block.worth for block, share in zip(blocks, taken, strict=True) if share > 0.5)
    short = -(matrix.T @ relaxed.eqlin.marginals) - worth
    most = -relaxed.fun - total + 0.5  # worths are whole numbers
    return total, [block for block, each in zip(blocks, short, strict=True) if each <= most]


def _first(blocks: Sequence[Block], total: int, runs: int) -> tuple[Block, list[Block], int]:
    """Return the block of the lowest item by the rule, the blocks of the best partitions of the rest, and the runs."""
    items = {item for block in blocks for item in block.items}
    first = min(items)
    used = 0
    for block in (each for each in blocks if each.items[0] == first):
        rest = [each for each in blocks if not set(each.items) & set(block.items)]
        if len({item for each in rest for item in each.items}) < len(items) - len(block.items):
            continue
        if used == runs:
            raise _TooLargeError
        used += 1
        worth, kept = _solve(rest) if rest else (0, [])
        if worth >= 0 and block.worth + worth == total:
            return block, kept, used
    raise AssertionError("no best partition has a block for its lowest item")
