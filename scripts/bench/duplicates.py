#!/usr/bin/env python
"""Measure the search for near copies beside rensa on the same shingles.

Usage: .venv/bin/python scripts/bench/duplicates.py [--size N ...]

The articles are invented: 100 words by lot of 20,000, and every tenth is a copy of the one before it in which up to 14
words were changed. Each case is a process of its own, whose processor time counts without making the articles.

- Pairs: from shingles, as flat arrays in batches of 500, to pairs that are counted out; signatures, bands and the file
  of the sets included. The peer is rensa's quickest way on the same arrays: matrices of MinHash values, 32 bands of 4,
  put into its index, and asked which articles share a band. It does not say with which other, and counts nothing out.
- Recall: of all pairs of likeness .6 to .7, and from .7 on, as the exact method finds them, those that bands find.
- The whole: `find_duplicates` over a store of such articles, texts to clusters, beside the folded words of the same
  texts (`search_keys`) alone; the peak is that of the process. Making the articles is taken off both.

Where the time goes, at 100 words: of 20 microseconds for an article's pairs, ten are MinHash values (two in rensa,
eight for its numbers to become ours: it gives them as Python's only), five the sort of 32 bands and the comparisons,
five the bookkeeping. Of the whole, words and their hashes take more than all of that.
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from statistics import median

import numpy as np
from table import Row, markdown

from stancebank.corpus.copies import search_keys
from stancebank.corpus.duplicates import EXACT, THRESHOLD, find_duplicates
from stancebank.corpus.likeness import Method, Sets, find_pairs
from stancebank.corpus.shingles import BANDS, ROWS, digest_of, make_bands, shingle_hashes
from stancebank.model import Article, Rights, TextPolicy, Zone

WORDS, BATCH = 100, 500
NAMES = [f"w{number}" for number in range(20_000)]


def texts(size: int) -> Iterator[str]:
    """Yield the invented articles."""
    draw = random.Random(20)
    words: list[str] = []
    for number in range(size):
        if number % 10 != 1:
            words = draw.choices(NAMES, k=WORDS)
            yield " ".join(words)
            continue
        copy = list(words)
        for _ in range(draw.randrange(15)):
            place = draw.randrange(len(copy))
            copy[place : place + 1] = draw.choice(([draw.choice(NAMES)], [], [draw.choice(NAMES), copy[place]]))
        yield " ".join(copy)


def batches(size: int) -> Iterator[list["np.typing.NDArray[np.uint64]"]]:
    """Yield the shingles of the articles."""
    held = []
    for text in texts(size):
        held.append(shingle_hashes(text.split()))
        if len(held) == BATCH:
            yield held
            held = []
    if held:
        yield held


class Timed:
    """Seconds of the processor, and of the clock, of the parts that are measured."""

    def __init__(self) -> None:
        self.cpu = self.wall = 0.0

    def __enter__(self) -> None:
        self._begun = time.process_time(), time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self.cpu += time.process_time() - self._begun[0]
        self.wall += time.perf_counter() - self._begun[1]


def ours(size: int, timed: Timed, method: Method = "minhash") -> list[tuple[int, int, float]]:
    """Find the pairs."""
    import rensa  # noqa: F401  # as the peer does, before time counts

    with Sets() as sets:
        for held in batches(size):
            with timed:
                bands = make_bands(np.concatenate(held), np.cumsum([0, *map(len, held)]))
                for each, row in zip(held, bands, strict=True):
                    sets.add(each.tobytes(), digest_of(each), row.tobytes())
        with timed:
            return list(find_pairs(sets, THRESHOLD, method))


def peer(size: int, timed: Timed) -> int:
    """Count the articles that share a band with another one, as rensa says it."""
    import rensa

    index, matrices, done = rensa.RMinHashLSH(THRESHOLD, BANDS * ROWS, BANDS), [], 0
    for held in batches(size):
        with timed:
            values, offsets = np.concatenate(held), np.cumsum([0, *map(len, held)]).tolist()
            matrix = rensa.RMinHash.digest_matrix_from_flat_token_hashes(values, offsets, BANDS * ROWS, 1)
            index.insert_matrix(matrix, done)
            matrices.append(matrix)
            done += len(held)
    with timed:
        return sum(sum(index.query_duplicate_flags_matrix(each)) for each in matrices)


class Made:
    """A store of invented articles, which makes each as it is asked for."""

    def __init__(self, size: int) -> None:
        self.size = size

    def article_ids(self) -> range:
        """As many as there are."""
        return range(self.size)

    def articles(self) -> Iterator[Article]:
        """Yield the records."""
        rights = Rights(holder="Norland Press", licence="all-rights-reserved", text_policy=TextPolicy.WITHHELD)
        for number, words in enumerate(texts(self.size)):
            self.words = words
            yield Article(
                schema_version="v2",
                id=f"norland-post-2031-{number:07}",
                rights=rights,
                raw_sha256="",
                text_sha256="",
                length=len(self.words),
                lines=(),
                zones=(Zone(begin=0, end=len(self.words), zone="body"),),
            )

    def text(self, _: Article) -> str:
        """Return the words of the article that was made last."""
        return self.words


def whole(size: int, timed: Timed) -> int:
    """Find the clusters, from texts on."""
    with timed:
        return len(find_duplicates(Made(size), method="minhash", workers=1).clusters)  # type: ignore[arg-type]


def making(size: int, timed: Timed) -> None:
    """Make the articles, and nothing else."""
    store = Made(size)
    with timed:
        for article in store.articles():
            store.text(article)


def folding(size: int, timed: Timed) -> None:
    """Make the articles, and fold their words."""
    store = Made(size)
    with timed:
        for article in store.articles():
            search_keys(store.text(article))


CASES: dict[str, Callable[[int, Timed], object]] = {
    each.__name__: each for each in (ours, peer, whole, making, folding)
}


def measured(case: str, size: int) -> tuple[float, float, float]:
    """Return processor time and time of a case in seconds, and its peak in MB, of a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, "--case", case, "--size", str(size)], check=True, capture_output=True, text=True
    )
    cpu, wall, peak = json.loads(done.stdout)
    return cpu, wall, peak


def recall(size: int) -> tuple[float, float]:
    """Return how many of all pairs bands find, of those of likeness .6 to .7 and of those from .7 on. Checks all."""
    exact = {each[:2]: each[2] for each in ours(size, Timed(), "exact")}
    banded = {each[:2]: each[2] for each in ours(size, Timed())}
    if not banded.items() <= exact.items():
        raise AssertionError("Bands tell a pair that the exact method does not, or another likeness.")
    less = {pair for pair, likeness in exact.items() if likeness < 0.7}
    more = exact.keys() - less
    return len(less & banded.keys()) / len(less), len(more & banded.keys()) / len(more)


def rows(size: int, runs: int = 3) -> Iterator[Row]:
    """Yield the rows for so many articles. Raises AssertionError where a result is wrong."""
    told = f"{size:,} × {WORDS} words"
    pairs = [(measured("ours", size), measured("peer", size)) for _ in range(runs)]
    ratio = median(one[0] / other[0] for one, other in pairs)
    peak, wall = max(one[2] for one, _ in pairs), median(one[1] for one, _ in pairs)
    yield Row("duplicates: shingles to pairs", told, "rensa, to flags", ratio, 1.3, peak=peak, wall=wall, runs=runs)
    if size <= EXACT:
        less, more = recall(size)
        yield Row("duplicates: recall, likeness .6 to .7", told, "all pairs", less, 0.97, is_least=True, runs=1)
        yield Row("duplicates: recall, likeness from .7", told, "all pairs", more, 0.999, is_least=True, runs=1)
    ratios = []
    for _ in range(runs):
        found, made, folded = (measured(case, size) for case in ("whole", "making", "folding"))
        ratios.append((found[0] - made[0]) / (folded[0] - made[0]))
    yield Row(
        "duplicates: texts to clusters", told, "folded words", median(ratios), peak=found[2], wall=found[1], runs=runs
    )


def main() -> None:
    """Print the table, or measure a case."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--size", type=int, nargs="+", default=[10_000, 100_000])
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--case", choices=CASES)
    said = options.parse_args()
    if said.case:
        ours(20, Timed())  # libraries are loaded before the clock is started
        find_duplicates(Made(20), method="minhash", workers=1)  # type: ignore[arg-type]
        timed = Timed()
        CASES[said.case](said.size[0], timed)
        print(json.dumps([timed.cpu, timed.wall, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
        return
    for size in said.size:
        print(markdown(rows(size, said.runs)), flush=True)


if __name__ == "__main__":
    main()
