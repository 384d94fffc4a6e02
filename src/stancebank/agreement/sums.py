"""Sums over articles: of all of them, of samples of them, and of groups; what every coefficient is computed from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from stancebank.agreement.coefficients import draw

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Codes = NDArray[np.int32]

MOST_ROWS = 500
"""Samples are drawn of so many articles; more are put into as many bundles by chance, and these are drawn.

The interval means the same: bundles of equal size that are put together by chance differ as much as articles do, in
proportion to their number. With 500 bundles its width is known to 3 %.
"""

_COLUMNS = 512  # of a table that is in memory at a time


class Entries(NamedTuple):
    """What is to be added up: the article of each, its column, and how much it adds."""

    article: "Codes"
    column: "Codes"
    weight: "Floats"

    def where(self, kept: "NDArray[Any]") -> "Entries":
        """Return some of them, by a mask or by their places."""
        return Entries(self.article[kept], self.column[kept], self.weight[kept])


def compressed(entries: Entries, count: int) -> Entries:
    """Return the same sums with one entry for each column that an article has. count: of columns."""
    import numpy as np

    keys, place = np.unique(entries.article.astype(np.int64) * count + entries.column, return_inverse=True)
    weight = np.bincount(place, entries.weight, len(keys)).astype(float)
    return Entries((keys // count).astype(np.int32), (keys % count).astype(np.int32), weight)


@dataclass(frozen=True, slots=True)
class Sums:
    """Sets of articles that sums are made of.

    row: of each article, the row that it is added to; -1 where to none. rows: how many. sets: (sets, rows), how often
    each set holds each row; None where each row is a set.
    """

    row: "NDArray[np.int64]"
    rows: int
    sets: "Floats | None" = None

    def columns(self, entries: Entries, count: int) -> "Floats":
        """Return sums by column: (sets, count)."""
        import numpy as np

        row = self.row[entries.article]
        kept = row >= 0
        keys = row[kept] * count + entries.column[kept]
        table = np.bincount(keys, entries.weight[kept], self.rows * count).reshape(self.rows, count).astype(float)
        return table if self.sets is None else self.sets @ table

    def of_articles(self, table: "Floats") -> "Floats":
        """Return the sums of what each article has: (sets, count). table: (articles, count)."""
        import numpy as np

        kept = self.row >= 0
        row = self.row[kept]
        by_row = np.zeros((self.rows, table.shape[1]))
        for number, column in enumerate(table.T):
            by_row[:, number] = np.bincount(row, column[kept], self.rows)
        return by_row if self.sets is None else self.sets @ by_row

    def all(self, article: "Codes", weight: "Floats") -> "Floats":
        """Return sums over everything: (sets,)."""
        import numpy as np

        return self.of_articles(np.bincount(article, weight, len(self.row)).astype(float)[:, None])[:, 0]

    def products(self, one: Entries, other: Entries, count: int) -> "Floats":
        """Return what the sums by column of two are, multiplied column by column and added up: (sets,)."""
        import numpy as np

        found = np.zeros(self.rows if self.sets is None else len(self.sets))
        same = one is other
        parts = [self._within(each) for each in ((one,) if same else (one, other))]
        if count > _COLUMNS:
            if self.sets is not None:
                parts, count, alone = self._without_those_of_one_row(parts, count)
                found += alone
            parts = [part.where(np.argsort(part.column, kind="stable")) for part in parts]
        for begin in range(0, count, _COLUMNS):
            width = min(_COLUMNS, count - begin)
            tables = []
            for each in parts:
                low, high = np.searchsorted(each.column, (begin, begin + width)) if count > _COLUMNS else (0, None)
                here = slice(low, high)
                part = Entries(each.article[here], each.column[here] - begin, each.weight[here])
                tables.append(self.columns(part, width))
            found += np.einsum("sc,sc->s", tables[0], tables[-1])
        return found

    def _within(self, entries: Entries) -> Entries:
        """Leave out what is added to no row."""
        kept = self.row[entries.article] >= 0
        return entries if kept.all() else entries.where(kept)

    def _without_those_of_one_row(
        self, parts: Sequence[Entries], count: int
    ) -> "tuple[list[Entries], int, Floats | float]":
        """Leave out the columns that lie in one row only; return the other entries, their columns, and what is left.

        The sum of such a column is what its row holds, as often as a set has that row: it needs no table.
        """
        import numpy as np

        lies_in = np.full(count, -1)
        apart = np.ones(count, dtype=bool)
        for part in parts:
            rows = self.row[part.article]
            first = lies_in[part.column] < 0
            lies_in[part.column[first]] = rows[first]
            apart[part.column[lies_in[part.column] != rows]] = False
        apart &= lies_in >= 0
        sums = [np.bincount(part.column, part.weight, count) for part in parts]
        assert self.sets is not None
        alone = (self.sets * self.sets) @ np.bincount(lies_in[apart], (sums[0] * sums[-1])[apart], self.rows)
        new = np.cumsum(~apart) - 1
        kept = [~apart[part.column] for part in parts]
        left = [Entries(p.article[k], new[p.column[k]], p.weight[k]) for p, k in zip(parts, kept, strict=True)]
        return left, int((~apart).sum()), alone


def drawn_sums(articles: Sequence[int], count: int, samples: int, seed: int, most: int = MOST_ROWS) -> Sums:
    """Return the sums of some articles, and of samples of them: the first set holds each once, the others are drawn.

    A sample draws as many articles as there are, with replacement; none is drawn where there are too few. The same
    numbers give the same samples. articles: their numbers. count: how many there are in all. most: see `MOST_ROWS`.
    """
    import numpy as np

    rows = min(len(articles), most)
    row = np.full(count, -1)
    row[np.asarray(articles, dtype=np.int64)] = np.arange(len(articles))
    if len(articles) > most:  # by bits, as `draw`; with another seed, so that samples do not follow bundles
        row[row >= 0] = np.argsort(np.random.PCG64(seed + 1).random_raw(len(articles)), kind="stable") % most
    return Sums(row, rows, draw(rows, samples, seed))


def group_sums(members: Mapping[str, Sequence[int]], count: int) -> Sums:
    """Return the sums of groups of articles, none of which is in two. members: the numbers of their articles."""
    import numpy as np

    row = np.full(count, -1)
    for number, each in enumerate(members.values()):
        row[np.asarray(each, dtype=np.int64)] = number
    return Sums(row, len(members))
