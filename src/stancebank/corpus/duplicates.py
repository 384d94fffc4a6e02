"""Articles of one text, nearly one text, or one quotation.

Two texts are compared by their **shingles** (`stancebank.corpus.shingles`): runs of three words, or of six letters in
scripts that put no space between words. Their likeness is the Jaccard index, shared shingles by all of both. What a
page holds beside the article (links, furniture, repeats) has no part in it. Up to `EXACT` articles every pair above a
threshold is found, with more nearly every one (`stancebank.corpus.likeness`).

Texts are read in batches, and what is compared of them is made by a stage, in this process, in several or by an engine;
what is found is the same. In memory are 300 bytes of each article, its id and its quotations; its shingles lie in a
file that goes with the process.

Whoever asks which articles are one in all that matters asks `find_duplicates`: splits keep a cluster together, plans
of samples take one article of it, the queue puts the others last, and those of its articles that credit no agency are
named where others do.
"""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from sys import intern
from typing import TYPE_CHECKING

from stancebank.corpus.copies import search_keys
from stancebank.corpus.store import Store
from stancebank.errors import InputError
from stancebank.model import Article, find_root

if TYPE_CHECKING:
    from stancebank.corpus.likeness import Method
    from stancebank.corpus.shingles import Quotation

THRESHOLD = 0.6
"""How alike two texts are at least that count as near copies."""

EXACT = 100_000
"""Articles up to which all pairs are found."""

QUOTED = 8
"""Words that a quotation has at least to tie two articles: shorter ones are phrases."""

_BATCH = 500  # articles
_MUCH = 4_000_000  # code points of texts in a batch
_FEW = 5_000  # articles up to which other processes would take longer to start than they save


@dataclass(frozen=True, slots=True, order=True)
class Alike:
    """Two articles whose texts are alike. likeness: the Jaccard index of their shingles, 1.0 for the same ones."""

    one: str
    other: str
    likeness: float


@dataclass(frozen=True, slots=True)
class Quoted:
    """A quotation that several articles have. words: how many; begin, end: where, by article."""

    words: int
    places: Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Uncredited:
    """Articles of a cluster whose records credit no agency. agencies: those that others of it credit, sorted."""

    articles: tuple[str, ...]
    agencies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Duplicates:
    """What is alike in a corpus.

    pairs: of articles with the same shingles, each is paired with the first one alone, which stands for all of them.
    clusters: groups of articles that a pair or a recorded reprint joins, each sorted, the largest first. recorded:
    pairs ``(reprint, article)`` that the records name. missing: articles whose text is not at hand, which are left out.
    uncredited: what their records do not say of agencies, by cluster.
    """

    pairs: tuple[Alike, ...]
    clusters: tuple[tuple[str, ...], ...]
    quoted: tuple[Quoted, ...]
    recorded: tuple[tuple[str, str], ...]
    missing: tuple[str, ...]
    articles: int
    method: "Method"
    uncredited: tuple[Uncredited, ...] = ()


def find_duplicates(
    store: Store,
    threshold: float = THRESHOLD,
    method: "Method | None" = None,
    *,
    engine: str = "",
    workers: int | None = None,
) -> Duplicates:
    """Find the articles of a corpus that are alike. threshold: from 0 to 1, both excluded.

    method: None for the exact one up to `EXACT` articles. engine, workers: as `batches.run` has them; None for each
    core where there are many articles. Raises InputError where the other method is wanted, and its library is not
    installed.
    """
    from stancebank.batches.run import run  # splits are told by more than likeness, and often without it
    from stancebank.corpus.likeness import Sets, find_pairs
    from stancebank.corpus.shingles import STAGE, unpack_compared

    if not 0 < threshold <= 1:
        raise InputError(f"The threshold is {threshold}; it must be above 0 and at most 1.")
    many = len(store.article_ids())
    if workers is None:
        workers = 1 if many <= _FEW else 0
    is_banded = method == "minhash" or (method is None and many > EXACT)
    read = _Texts()
    with Sets() as sets:
        batches = read.batches(store)
        for batch in run(STAGE, batches, {"bands": is_banded, "quoted": QUOTED}, engine=engine, workers=workers):
            for each in unpack_compared(batch):
                read.note(len(sets), each.quoted)
                sets.add(each.shingles, each.digest, each.bands)
        names = read.names
        chosen: Method = method or ("exact" if len(names) <= EXACT else "minhash")
        found = find_pairs(sets, threshold, chosen)
        pairs = tuple(sorted(Alike(names[one], names[other], likeness) for one, other, likeness in found))
    clusters = join([*((each.one, each.other) for each in pairs), *read.recorded])
    return Duplicates(
        pairs,
        clusters,
        tuple(read.shared(store)),
        tuple(read.recorded),
        tuple(read.missing),
        len(names),
        chosen,
        tuple(read.uncredited(clusters)),
    )


class _Texts:
    """What is kept of articles that were read: their names, and their quotations as numbers."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.missing: list[str] = []
        self.recorded: list[tuple[str, str]] = []
        self._credits: dict[str, tuple[str, ...]] = {}
        self._keys = bytearray()
        self._rows = array("q")  # of each quotation: the place of its article, words, begin, end

    def batches(self, store: Store) -> Iterator[bytes]:
        """Yield the articles whose texts are at hand, as batches of the stage."""
        from stancebank.corpus.shingles import pack_texts

        held: list[tuple[Article, str]] = []
        length = 0
        for article in store.articles():
            if article.agencies:
                self._credits[article.id] = tuple(map(intern, article.agencies.value))
            if article.reprint_of:
                self.recorded.append((article.id, article.reprint_of))
            text = store.text(article)
            if text is None:
                self.missing.append(article.id)
                continue
            self.names.append(article.id)
            held.append((article, text))
            length += len(text)
            if len(held) == _BATCH or length > _MUCH:
                yield pack_texts(held)
                held, length = [], 0
        if held:
            yield pack_texts(held)

    def uncredited(self, clusters: Iterable[tuple[str, ...]]) -> Iterator[Uncredited]:
        """Yield the clusters in which some articles credit an agency, and some none."""
        gone = {first for _, first in self.recorded}  # what a reprint names
        gone.difference_update(self.names, self.missing)
        for names in clusters:
            agencies = {agency for name in names for agency in self._credits.get(name, ())}
            silent = tuple(name for name in names if name not in gone and name not in self._credits)
            if agencies and silent:
                yield Uncredited(silent, tuple(sorted(agencies)))

    def note(self, place: int, quoted: Iterable["Quotation"]) -> None:
        """Keep the quotations of an article."""
        for each in quoted:
            self._keys += each.key
            self._rows.extend((place, each.words, each.begin, each.end))

    def shared(self, store: Store) -> Iterator[Quoted]:
        """Yield the quotations that several articles have, in the order of their words."""
        import numpy as np

        if not self._rows:
            return
        keys = np.frombuffer(self._keys, np.uint64).reshape(-1, 2)
        rows = np.frombuffer(self._rows, np.int64).reshape(-1, 4)
        order = np.lexsort((np.arange(len(rows)), keys[:, 1], keys[:, 0]))  # of one article, the first place
        keys, rows = keys[order], rows[order]
        starts = np.flatnonzero(np.concatenate(([True], (keys[1:] != keys[:-1]).any(1))))
        lasts = np.append(starts[1:], len(rows)) - 1
        several = rows[starts, 0] != rows[lasts, 0]
        found: list[tuple[tuple[str, ...], Quoted]] = []
        text: tuple[int, str] = (-1, "")
        groups = list(zip(starts[several].tolist(), (lasts[several] + 1).tolist(), strict=True))
        for begin, end in sorted(groups, key=lambda each: int(rows[each[0], 0])):
            places: dict[str, tuple[int, int]] = {}
            for place, _, low, high in rows[begin:end].tolist():
                places.setdefault(self.names[place], (low, high))
            first, _, low, high = rows[begin].tolist()
            if text[0] != first:
                text = first, store.text(store.article(self.names[first])) or ""
            words = tuple(search_keys(text[1][low:high]))
            found.append((words, Quoted(len(words), places)))
        yield from (quoted for _, quoted in sorted(found, key=lambda each: each[0]))


def join(links: Iterable[tuple[str, str]]) -> tuple[tuple[str, ...], ...]:
    """Return the groups that links join, each sorted, the largest first and then by name."""
    above: dict[str, str] = {}
    for one, other in links:
        first, second = sorted((find_root(above, one), find_root(above, other)))
        above[second] = first
    found: defaultdict[str, list[str]] = defaultdict(list)
    for name in list(above):
        found[find_root(above, name)].append(name)
    return tuple(sorted((tuple(sorted(each)) for each in found.values()), key=lambda each: (-len(each), each)))
