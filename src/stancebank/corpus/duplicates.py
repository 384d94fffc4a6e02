"""Articles of one text, nearly one text, or one quotation.

Two texts are compared by their **shingles**: runs of three words, folded as the guard folds them, or of six letters
in scripts that put no space between words. Their likeness is the Jaccard index, shared shingles by all of both. What a
page holds beside the article (links, furniture, repeats) has no part in it.

Up to `EXACT` articles every pair above a threshold is found: two sets can only be that alike if they share one of their
rarest shingles (a prefix filter, as in Bayardo, Ma and Srikant, "Scaling up all pairs similarity search", WWW 2007).
With more articles, pairs come from bands of MinHash values (Broder 1997), 32 of 4 each, which `rensa` computes: a pair
of likeness J is found with a probability of 1 - (1 - J^4)^32, .988 for .6 and .9998 for .7. Either way each pair is
then counted out, so that none is reported that is less alike.

Whoever asks which articles are one in all that matters (splits, the queue, plans of samples) asks `find_clusters`, for
the id of the cluster of each article, or `find_duplicates` where likenesses and quotations count, too.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from stancebank.agreement.align import find_root
from stancebank.corpus.copies import search_keys
from stancebank.corpus.selectors import quotations
from stancebank.corpus.store import Store
from stancebank.errors import InputError, import_extra
from stancebank.model import BESIDE, Article
from stancebank.search import count_words, weight

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Hashes = NDArray[np.uint64]
    Places = NDArray[np.int64]

THRESHOLD = 0.6
"""How alike two texts are at least that count as near copies."""

EXACT = 100_000
"""Articles up to which all pairs are found."""

QUOTED = 8
"""Words that a quotation has at least to tie two articles: shorter ones are phrases."""

_WIDTH, _LETTERS = 3, 6
_BANDS, _ROWS, _SEED = 32, 4, 1
_MOST = 2_000_000  # candidates that are counted out at once

Method = Literal["exact", "minhash"]


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
class Duplicates:
    """What is alike in a corpus.

    pairs: of articles with the same shingles, each is paired with the first one alone, which stands for all of them.
    clusters: groups of articles that a pair or a recorded reprint joins, each sorted, the largest first. recorded:
    pairs ``(reprint, article)`` that the records name. missing: articles whose text is not at hand, which are left out.
    """

    pairs: tuple[Alike, ...]
    clusters: tuple[tuple[str, ...], ...]
    quoted: tuple[Quoted, ...]
    recorded: tuple[tuple[str, str], ...]
    missing: tuple[str, ...]
    articles: int
    method: Method

    @property
    def cluster_of(self) -> dict[str, str]:
        """The cluster of each article that is in one, as the id of its first article."""
        return {name: names[0] for names in self.clusters for name in names}


def find_duplicates(store: Store, threshold: float = THRESHOLD, method: Method | None = None) -> Duplicates:
    """Find the articles of a corpus that are alike. threshold: from 0 to 1, both excluded.

    method: None for the exact one up to `EXACT` articles. Raises InputError where the other one is wanted, and its
    library is not installed.
    """
    if not 0 < threshold <= 1:
        raise InputError(f"The threshold is {threshold}; it must be above 0 and at most 1.")
    texts: dict[str, list[str]] = {}
    quoted: defaultdict[tuple[str, ...], dict[str, tuple[int, int]]] = defaultdict(dict)
    missing, recorded = [], []
    for article in store.articles():
        if article.reprint_of:
            recorded.append((article.id, article.reprint_of))
        text = store.text(article)
        if text is None:
            missing.append(article.id)
            continue
        texts[article.id] = search_keys(_own_words(article, text))
        for begin, end in quotations(text):
            if _is_own(article, begin) and count_words(text[begin:end]) >= QUOTED:
                quoted[tuple(search_keys(text[begin:end]))].setdefault(article.id, (begin, end))
    names = list(texts)
    chosen: Method = method or ("exact" if len(names) <= EXACT else "minhash")
    found = find_pairs([shingle_hashes(words) for words in texts.values()], threshold, chosen)
    pairs = tuple(sorted(Alike(names[one], names[other], likeness) for one, other, likeness in found))
    return Duplicates(
        pairs,
        join([*((each.one, each.other) for each in pairs), *recorded]),
        tuple(Quoted(len(words), places) for words, places in sorted(quoted.items()) if len(places) > 1),
        tuple(recorded),
        tuple(missing),
        len(names),
        chosen,
    )


def find_clusters(store: Store, threshold: float = THRESHOLD) -> dict[str, str]:
    """Return the cluster of each article of a corpus, by its id and sorted: the id of its first article.

    Near copies and recorded reprints are in one cluster; an article that is like no other is one by itself, as is one
    whose text is not at hand.
    """
    cluster_of = find_duplicates(store, threshold).cluster_of
    return {name: cluster_of.get(name, name) for name in store.article_ids()}


def _own_words(article: Article, text: str) -> str:
    """Return the text of an article without what its page holds beside it."""
    beside = [(zone.begin, zone.end) for zone in article.zones if zone.zone in BESIDE]
    kept, last = [], 0
    for begin, end in beside:
        kept.append(text[last:begin])
        last = end
    return "\n".join([*kept, text[last:]])


def _is_own(article: Article, offset: int) -> bool:
    return article.zone_at(offset) not in BESIDE


def shingle_hashes(words: Sequence[str]) -> "Hashes":
    """Return the hashes of the shingles of a text, each once and in order. words: as `search_keys` gives them.

    A text that is shorter than a shingle is one itself; one without words has none.
    """
    import numpy as np

    if not words:
        return np.empty(0, np.uint64)
    letters = sum(1 for word in words if len(word) == 1 and weight(word))
    width = min(_LETTERS if 2 * letters > len(words) else _WIDTH, len(words))
    numbers = np.fromiter((_number(word) for word in words), np.uint64, len(words))
    made: Hashes = np.zeros(len(words) - width + 1, np.uint64)
    for place in range(width):
        made = _mixed(made ^ numbers[place : place + len(made)])
    return np.unique(made)


_NUMBERS: dict[str, int] = {}


def _number(word: str) -> int:
    """Return 64 bits that stand for a word, the same in every run."""
    found = _NUMBERS.get(word)
    if found is None:
        if len(_NUMBERS) > 1_000_000:
            _NUMBERS.clear()
        found = int.from_bytes(hashlib.blake2b(word.encode(errors="surrogatepass"), digest_size=8).digest(), "big")
        _NUMBERS[word] = found
    return found


def _mixed(values: "Hashes") -> "Hashes":
    """Mix the bits of numbers so that none can be told from those around it (the finalizer of MurmurHash3)."""
    import numpy as np

    values = values ^ (values >> np.uint64(33))
    values = values * np.uint64(0xFF51AFD7ED558CCD)
    values = values ^ (values >> np.uint64(33))
    values = values * np.uint64(0xC4CEB9FE1A85EC53)
    return values ^ (values >> np.uint64(33))


def find_pairs(sets: Sequence["Hashes"], threshold: float, method: Method) -> Iterator[tuple[int, int, float]]:
    """Yield ``(one, other, likeness)`` of the sets that are alike at least so much, by their places.

    sets: sorted, without repetitions. A set that is empty is like no other. Of equal sets the first one stands for all:
    each of the others is paired with it alone.
    """
    first: dict[bytes, int] = {}
    for place, each in enumerate(sets):
        if len(each) and (before := first.setdefault(each.tobytes(), place)) != place:
            yield before, place, 1.0
    different = sorted(first.values())
    kept = [sets[place] for place in different]
    candidates = _by_prefix(kept, threshold) if method == "exact" else _by_minhash(kept)
    for some in candidates:
        for one, other, likeness in _counted(kept, some, threshold):
            yield different[one], different[other], likeness


def _counted(sets: Sequence["Hashes"], pairs: "Places", threshold: float) -> Iterator[tuple[int, int, float]]:
    """Yield the pairs that are alike at least so much. pairs: two columns of places."""
    import numpy as np

    for one, other in pairs.tolist():
        first, second = sets[one], sets[other]
        shorter, longer = sorted((len(first), len(second)))
        if shorter < threshold * longer:
            continue
        shared = len(np.intersect1d(first, second, assume_unique=True))
        likeness = shared / (shorter + longer - shared)
        if likeness >= threshold:
            yield one, other, likeness


def _by_prefix(sets: Sequence["Hashes"], threshold: float) -> Iterator["Places"]:
    """Yield the pairs that share one of their rarest members: all that can be alike enough.

    Of a set of n, any other that is alike by t shares t * n of its members at least, and so one of the n - t * n + 1
    that are rarest in the whole corpus.
    """
    import numpy as np

    lengths = np.array([len(each) for each in sets], np.int64)
    if not lengths.sum():
        return
    values = np.concatenate(list(sets))
    owners = np.repeat(np.arange(len(sets)), lengths)
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    common = counts[inverse]
    order = np.lexsort((inverse, common, owners))  # by owner, the rarest first, and by one order where equally rare
    inverse, owners, common = inverse[order], owners[order], common[order]
    starts = np.cumsum(lengths) - lengths
    rank = np.arange(len(owners)) - np.repeat(starts, lengths)
    wide = np.repeat(lengths - np.ceil(threshold * lengths - 1e-9).astype(np.int64) + 1, lengths)
    kept = (rank < wide) & (common > 1)
    yield from _within_groups(inverse[kept], owners[kept], len(sets))


def _by_minhash(sets: Sequence["Hashes"]) -> Iterator["Places"]:
    """Yield the pairs that agree in one band of MinHash values at least."""
    import numpy as np

    rensa = import_extra("rensa")
    if not sets:
        return
    offsets = [0, *np.cumsum([len(each) for each in sets]).tolist()]
    values = np.concatenate(list(sets))
    matrix = rensa.RMinHash.digest_matrix_from_flat_token_hashes(values, offsets, _BANDS * _ROWS, _SEED)
    digests = np.array(matrix.to_rows(), np.uint64)
    bands: Hashes = np.zeros((len(sets), _BANDS), np.uint64)
    for row in range(_ROWS):
        bands = _mixed(bands ^ digests[:, row::_ROWS])
    keys = _mixed(bands ^ np.arange(_BANDS, dtype=np.uint64))  # equal values of two bands mean nothing
    owners = np.repeat(np.arange(len(sets)), _BANDS)
    yield from _within_groups(keys.ravel(), owners, len(sets))


def _within_groups(keys: "NDArray[Any]", owners: "Places", number: int) -> Iterator["Places"]:
    """Yield the pairs of owners that have a key in common, each once, the lower one first. number: of all owners."""
    import numpy as np

    order = np.lexsort((owners, keys))
    keys, owners = keys[order], owners[order]
    breaks = np.flatnonzero(keys[1:] != keys[:-1]) + 1
    begins, ends = np.concatenate(([0], breaks)), np.concatenate((breaks, [len(keys)]))
    many = ends - begins > 1
    done: Places = np.empty(0, np.int64)
    for codes in _batches(owners, zip(begins[many].tolist(), ends[many].tolist(), strict=True), number):
        fresh = np.setdiff1d(codes, done)
        done = np.union1d(done, fresh)
        yield np.stack((fresh // number, fresh % number), axis=1)


def _batches(owners: "Places", groups: Iterable[tuple[int, int]], number: int) -> Iterator["Places"]:
    """Yield the pairs within groups of owners, each as one number, so many at once as are counted out at once."""
    import numpy as np

    codes: list[Places] = []
    held = 0
    for begin, end in groups:
        group = np.unique(owners[begin:end])
        for place, owner in enumerate(group[:-1].tolist()):
            codes.append(owner * number + group[place + 1 :])
            held += len(codes[-1])
            if held >= _MOST:
                yield np.concatenate(codes)
                codes, held = [], 0
    if codes:
        yield np.concatenate(codes)


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
