"""Which of many sets are alike, by the Jaccard index: shared members by all of both.

All pairs above a threshold are found by a prefix filter (after Bayardo, Ma and Srikant, "Scaling up all pairs
similarity search", WWW 2007): two sets can only be that alike if they share one of their rarest members. Beyond some
size, pairs come from bands of signatures (`stancebank.corpus.shingles`): a pair of likeness J is found with a
probability of 1 - (1 - J^4)^32, .988 for .6 and .9998 for .7. A band that more than `CROWD` sets share is no reason to
compare all of them: they are put in a row by the next band, and each is compared with some of those behind it, so that
copies hang together, though not each pair is told. Either way each pair is then counted out.

The sets lie in a file without a name, which goes with the process; in memory are their signatures and a few numbers of
each. Only sets that are compared are read again.
"""

import tempfile
from array import array
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Literal, Self

from stancebank.corpus.shingles import BANDS, digest_of, make_bands

if TYPE_CHECKING:
    import numpy as np

    from stancebank.corpus.shingles import Hashes, Places

Method = Literal["exact", "minhash"]

CROWD = 100
"""Sets that share a band, up to which each is compared with each."""

_REACH = 8  # sets of a crowd that each is compared with
_HELD = 64 << 20  # bytes of sets that are kept in memory; more lie in a file
_MOST = 1_000_000  # candidates at once
_COUNTED = 1_000_000  # members of sets that are counted out at once
_PART = 2048  # sets that are put in order at once; 11 bits
_BUCKETS = 24  # bits of a member, at most, by which it is counted how common it is


class Sets:
    """Sets of numbers of 64 bits, in order. A set that is empty is like no other."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(_HELD)  # noqa: SIM115  # `__exit__` closes it
        self._offsets = array("q", [0])
        self._digests: list[bytes] = []
        self._bands = bytearray()

    @classmethod
    def of(cls, sets: Iterable["Hashes"], *, has_bands: bool = False) -> Self:
        """Take sets, each sorted and without repetitions."""
        import numpy as np

        made = cls()
        held = list(sets)
        for each in held:
            made.add(each.tobytes(), digest_of(each))
        if has_bands and held:
            made._bands += make_bands(np.concatenate(held), made.offsets).tobytes()
        return made

    def add(self, members: bytes, digest: bytes, bands: bytes = b"") -> None:
        """Take a set, as `shingles.Shingled` has it."""
        self._file.write(members)
        self._offsets.append(self._offsets[-1] + len(members) // 8)
        self._digests.append(digest)
        self._bands += bands

    def __len__(self) -> int:
        return len(self._digests)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def offsets(self) -> "Places":
        """Where each set begins among all members, and the end of the last one."""
        import numpy as np

        return np.array(self._offsets, np.int64)

    @property
    def bands(self) -> "Hashes":
        """The signatures, a row for each set."""
        import numpy as np

        return np.frombuffer(self._bands, np.uint64).reshape(-1, BANDS)

    def equals(self) -> Iterator[tuple[int, int]]:
        """Yield each set that is not the first of its members with the first one. None is empty."""
        first: dict[bytes, int] = {}
        for place, digest in enumerate(self._digests):
            before = first.setdefault(digest, place)
            if before != place and self._offsets[place] < self._offsets[place + 1]:
                yield before, place

    def read(self, first: int, last: int) -> "Hashes":
        """Return the members of the sets from one place to before another, one set after another."""
        import numpy as np

        begin, end = self._offsets[first], self._offsets[last]
        self._file.seek(8 * begin)
        return np.frombuffer(self._file.read(8 * (end - begin)), np.uint64)

    def parts(self, number: int) -> Iterator[tuple[int, int]]:
        """Yield the places of all sets as ranges of so many, ``(first, last)``."""
        return ((first, min(first + number, len(self))) for first in range(0, len(self), number))


def find_pairs(sets: Sets, threshold: float, method: Method) -> Iterator[tuple[int, int, float]]:
    """Yield ``(one, other, likeness)`` of the sets that are alike at least so much, by their places, the lower first.

    Of equal sets the first one stands for all: each of the others is paired with it alone. sets: with signatures where
    the method is minhash.
    """
    import numpy as np

    lengths = np.diff(sets.offsets)
    is_kept = lengths > 0
    for one, other in sets.equals():
        is_kept[other] = False
        yield one, other, 1.0
    kept = np.flatnonzero(is_kept)
    candidates = _by_prefix(sets, is_kept, threshold) if method == "exact" else _by_bands(sets.bands, kept)
    for pairs in _gathered(candidates):
        shorter, longer = np.sort(lengths[pairs], axis=1).T
        yield from _counted(sets, pairs[shorter >= threshold * longer], threshold)


def _counted(sets: Sets, pairs: "Places", threshold: float) -> Iterator[tuple[int, int, float]]:
    """Yield the pairs that are alike at least so much. pairs: two columns of places."""
    import numpy as np

    lengths = np.diff(sets.offsets)
    pairs = pairs[np.argsort(pairs[:, 0], kind="stable")]
    sizes = lengths[pairs].sum(1)
    breaks = np.searchsorted(np.cumsum(sizes), np.arange(_COUNTED, sizes.sum() + _COUNTED, _COUNTED), side="right")
    first = 0
    for last in np.unique(np.append(breaks, len(pairs))).tolist():
        some, first = pairs[first:last], last
        if not len(some):
            continue
        shared = _count_shared(sets, some)
        likeness = shared / (lengths[some].sum(1) - shared)
        found = likeness >= threshold
        yield from zip(*some[found].T.tolist(), likeness[found].tolist(), strict=True)


def _count_shared(sets: Sets, pairs: "Places") -> "Places":
    """Return how many members the sets of each pair share."""
    import numpy as np

    places, inverse = np.unique(pairs, return_inverse=True)
    held = [sets.read(place, place + 1) for place in places.tolist()]
    values = np.concatenate(held)
    lengths = np.array([len(each) for each in held], np.int64)
    starts = np.cumsum(lengths) - lengths
    column = inverse.reshape(pairs.shape).T.ravel()
    many = lengths[column]
    within = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)
    # the number of the pair, and so many bits of a member as are left: 40 and more, to be told apart within two sets
    bits = np.uint64(len(pairs).bit_length())
    codes = values[np.repeat(starts[column], many) + within] >> bits
    numbers = np.tile(np.arange(len(pairs), dtype=np.uint64), 2)
    codes |= np.repeat(numbers << (np.uint64(64) - bits), many)
    codes.sort()
    twice = codes[1:][codes[1:] == codes[:-1]]
    found: Places = np.bincount((twice >> (np.uint64(64) - bits)).astype(np.int64), minlength=len(pairs))
    return found


def _by_prefix(sets: Sets, is_kept: "np.typing.NDArray[np.bool_]", threshold: float) -> Iterator["Places"]:
    """Yield the pairs that share one of their rarest members: all that can be alike enough.

    Of a set of n, any other that is alike by t shares t * n of its members at least, and so one of the n - t * n + 1
    that come first in any order that is the same for all sets. Members that nothing tells apart in the order count
    as one. It goes by how common a member is, so that few sets share one that comes first.
    """
    import numpy as np

    offsets = sets.offsets
    bits = min(_BUCKETS, int(offsets[-1]).bit_length() + 2)
    common = np.zeros(1 << bits, np.uint32)
    shift = np.uint64(64 - bits)
    for first, last in sets.parts(_PART):
        owners = np.repeat(is_kept[first:last], np.diff(offsets[first : last + 1]))
        np.add.at(common, (sets.read(first, last)[owners] >> shift).astype(np.int64), 1)
    most = np.uint64((1 << 12) - 1)
    keys, places = [], []
    for first, last in sets.parts(_PART):
        lengths = np.where(is_kept[first:last], np.diff(offsets[first : last + 1]), 0)
        owners = np.repeat(is_kept[first:last], np.diff(offsets[first : last + 1]))
        values = sets.read(first, last)[owners]
        codes = np.repeat(np.arange(last - first, dtype=np.uint64), lengths) << np.uint64(53)
        codes |= np.minimum(common[(values >> shift).astype(np.int64)], most) << np.uint64(41)
        codes |= values >> np.uint64(23)
        codes.sort()
        rank = np.arange(len(codes)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        wide = np.repeat(lengths - np.ceil(threshold * lengths - 1e-9).astype(np.int64) + 1, lengths)
        chosen = codes[(rank < wide) & ((codes >> np.uint64(41)) & most > 1)]
        keys.append(chosen & np.uint64((1 << 53) - 1))
        places.append((chosen >> np.uint64(53)).astype(np.int64) + first)
    if not keys:
        return
    key, place = np.concatenate(keys), np.concatenate(places)
    order = np.argsort(key, kind="stable")
    key, place = key[order], place[order]
    number = len(sets)
    done: Places = np.empty(0, np.int64)
    for found in _gathered(one * number + other for one, other in _within(key, place)):
        fresh = np.setdiff1d(found, done)
        done = np.union1d(done, fresh)
        yield np.stack((fresh // number, fresh % number), axis=1)


def _within(key: "Hashes", place: "Places") -> Iterator[tuple["Places", "Places"]]:
    """Yield all pairs of places with one key, as columns, the lower place first.

    key: in order; place: in order where keys are equal. A place may be there twice with one key.
    """
    import numpy as np

    breaks = np.flatnonzero(key[1:] != key[:-1]) + 1
    sizes = np.diff(np.concatenate(([0], breaks, [len(key)])))
    left = np.repeat(sizes, sizes)
    apart = 1
    while True:
        held = left > apart
        key, place, left = key[held], place[held], left[held]
        if not len(key):
            return
        same = key[apart:] == key[:-apart]
        one, other = place[:-apart][same], place[apart:][same]
        differ = one != other
        yield one[differ], other[differ]
        apart += 1


def _gathered(parts: Iterable["Places"]) -> Iterator["Places"]:
    """Yield arrays put together to some of `_MOST` rows or more, and what is left."""
    import numpy as np

    held: list[Places] = []
    many = 0
    for each in parts:
        held.append(each)
        many += len(each)
        if many >= _MOST:
            yield np.concatenate(held)
            held, many = [], 0
    if held:
        yield np.concatenate(held)


def _by_bands(bands: "Hashes", kept: "Places") -> Iterator["Places"]:
    """Yield the pairs that agree in one band at least, each once; of crowds, those that hold them together.

    bands: a row for each set; kept: the places of those that count, in order.
    """
    import numpy as np

    if len(kept) < 2:
        return
    bits = np.uint64(int(kept[-1]).bit_length())
    low = (np.uint64(1) << bits) - np.uint64(1)
    crowded = np.zeros((BANDS, 0), np.bool_)  # by band and place; none as long as no band is
    told: Places = np.empty(0, np.int64)  # pairs of crowds, as numbers
    number = len(bands)
    for band in range(BANDS):
        # one sort of numbers, which costs a quarter of one of places: so many bits of the band, and the place
        codes = (bands[kept, band] & ~low) | kept.astype(np.uint64)
        codes.sort()
        key = codes & ~low
        starts = np.flatnonzero(np.concatenate(([True], key[1:] != key[:-1])))
        sizes = np.diff(np.append(starts, len(key)))
        size = np.repeat(sizes, sizes)
        some = (size > 1) & (size <= CROWD)
        wide = size > CROWD
        places = (codes & low).astype(np.int64)
        if wide.any():
            if not crowded.size:
                crowded = np.zeros((BANDS, number), np.bool_)
            crowded[band, places[wide]] = True
        for pairs in _gathered(np.stack(each, axis=1) for each in _within(key[some], places[some])):
            pairs = pairs[_is_first(bands, pairs, band, crowded)]
            if len(told):
                pairs = pairs[~np.isin(pairs[:, 0] * number + pairs[:, 1], told)]
            yield pairs
        if wide.any():
            pairs = _chained(key[wide], places[wide], bands[:, (band + 1) % BANDS])
            pairs = pairs[_is_first(bands, pairs, band, crowded)]
            fresh = np.setdiff1d(pairs[:, 0] * number + pairs[:, 1], told)
            told = np.union1d(told, fresh)
            yield np.stack((fresh // number, fresh % number), axis=1)


def _is_first(
    bands: "Hashes", pairs: "Places", band: int, crowded: "np.typing.NDArray[np.bool_]"
) -> "np.typing.NDArray[np.bool_]":
    """Whether no band before this one has told a pair: they agree in none, or only in such as are crowded."""
    import numpy as np

    is_first = np.ones(len(pairs), np.bool_)
    step = 1 << 15
    for begin in range(0, len(pairs), step):
        one, other = pairs[begin : begin + step].T
        agree = bands[one, :band] == bands[other, :band]
        if crowded.size:
            agree &= ~crowded[:band, one].T
        is_first[begin : begin + step] = ~agree.any(1)
    return is_first


def _chained(key: "Hashes", places: "Places", by: "Hashes") -> "Places":
    """Return pairs that hold crowds together, the lower place first: each place with some behind it, in an order.

    key: the same for all of a crowd; by: what the order goes by, of each set.
    """
    import numpy as np

    order = np.lexsort((places, by[places], key))
    key, places = key[order], places[order]
    found = []
    for apart in range(1, _REACH + 1):
        same = key[apart:] == key[:-apart]
        found.append(np.stack((places[:-apart][same], places[apart:][same]), axis=1))
    pairs: Places = np.concatenate(found)
    pairs.sort(axis=1)
    return pairs
