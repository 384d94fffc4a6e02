"""What of a text is compared with others: its shingles, its signature, and its quotations.

**Shingles** are runs of three words, folded as the guard folds them, or of six letters in scripts that put no space
between words; each is a number of 64 bits. A **signature** is a number for each band of MinHash values (Broder 1997),
`BANDS` of `ROWS` each, which `rensa` computes: texts that share one are worth a comparison. What a page holds beside
the article (links, furniture, repeats) has no part in either.

`shingle` makes all of it, as a stage of `stancebank.batches.run`: of a text it needs that text alone.
"""

import hashlib
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from stancebank.batches.run import pack, unpack
from stancebank.corpus.copies import search_keys
from stancebank.corpus.selectors import quotations
from stancebank.errors import import_extra
from stancebank.model import BESIDE, Article
from stancebank.search import count_words, weight

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Hashes = NDArray[np.uint64]
    Places = NDArray[np.int64]

BANDS, ROWS = 32, 4

STAGE = "stancebank.corpus.shingles:shingle"

_WIDTH, _LETTERS = 3, 6
_SEED = 1
_SIGNED = 50  # sets whose MinHash values are Python numbers at once: few enough for the processor's cache
_DIGEST = 16  # bytes that stand for all shingles of a text, or for the words of a quotation


class Quotation(NamedTuple):
    """A quotation in a text. key: `_DIGEST` bytes that stand for its words; begin, end: code points."""

    key: bytes
    words: int
    begin: int
    end: int


_QUOTATION = struct.Struct(f"<{_DIGEST}s3Q")


class Shingled(NamedTuple):
    """What is compared of a text. All but the quotations are bytes, of numbers of 64 bits as this machine has them.

    shingles: sorted, each once. digest: the same where all shingles are the same. bands: empty where none are wanted.
    """

    shingles: bytes
    digest: bytes
    bands: bytes
    quoted: tuple[Quotation, ...]


def pack_texts(texts: Iterable[tuple[Article, str]]) -> bytes:
    """Return articles with their texts as a batch for `shingle`."""
    import pyarrow as pa

    held = list(texts)
    columns = {
        "text": pa.array([text for _, text in held], pa.large_string()),
        "beside": pa.array([_beside(article) for article, _ in held], pa.list_(pa.int64())),
    }
    return pack(pa.RecordBatch.from_pydict(columns))


def unpack_compared(batch: bytes) -> Iterator[Shingled]:
    """Yield what `shingle` made of each text of a batch, in order."""
    columns = unpack(batch).to_pydict()
    for shingles, digest, bands, quoted in zip(*(columns[name] for name in _COLUMNS), strict=True):
        yield Shingled(shingles, digest, bands, tuple(Quotation(*each) for each in _QUOTATION.iter_unpack(quoted)))


_COLUMNS = ("shingles", "digest", "bands", "quoted")


def shingle(batch: bytes, settings: Mapping[str, Any]) -> bytes:
    """Make what is compared of each text of a batch.

    settings: ``bands``, whether signatures are wanted; ``quoted``, how many words a quotation has at least.
    """
    import numpy as np
    import pyarrow as pa

    columns = unpack(batch).to_pydict()
    sets: list[Hashes] = []
    quoted: list[bytes] = []
    for text, beside in zip(columns["text"], columns["beside"], strict=True):
        kept = list(zip(beside[::2], beside[1::2], strict=True))
        sets.append(shingle_hashes(search_keys(_without(text, kept))))
        quoted.append(b"".join(_QUOTATION.pack(*each) for each in _find_quotations(text, kept, settings["quoted"])))
    bands = [b""] * len(sets)
    if settings["bands"] and sets:
        offsets = np.cumsum([0, *map(len, sets)])
        bands = [each.tobytes() for each in make_bands(np.concatenate(sets), offsets)]
    made = ([each.tobytes() for each in sets], list(map(digest_of, sets)), bands, quoted)
    arrays = [pa.array(each, pa.large_binary()) for each in made]
    return pack(pa.RecordBatch.from_arrays(arrays, list(_COLUMNS)))


def _beside(article: Article) -> list[int]:
    """Return the bounds of what a page holds beside its article, in order."""
    return [bound for zone in article.zones if zone.zone in BESIDE for bound in (zone.begin, zone.end)]


def _without(text: str, beside: Iterable[tuple[int, int]]) -> str:
    kept, last = [], 0
    for begin, end in beside:
        kept.append(text[last:begin])
        last = end
    return "\n".join([*kept, text[last:]])


def _find_quotations(text: str, beside: Sequence[tuple[int, int]], least: int) -> Iterator[Quotation]:
    for begin, end in quotations(text):
        if any(first <= begin < last for first, last in beside):
            continue
        words = text[begin:end]
        if count_words(words) >= least:
            keys = search_keys(words)
            yield Quotation(_digest("\0".join(keys).encode(errors="surrogatepass")), len(keys), begin, end)


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=_DIGEST).digest()


def digest_of(shingles: "Hashes") -> bytes:
    """Return bytes that are equal for equal sets alone. shingles: as `shingle_hashes` gives them."""
    return _digest(shingles.tobytes())


def shingle_hashes(words: Sequence[str]) -> "Hashes":
    """Return the hashes of the shingles of a text, each once and in order. words: as `search_keys` gives them.

    A text that is shorter than a shingle is one itself; one without words has none.
    """
    import numpy as np

    if not words:
        return np.empty(0, np.uint64)
    letters = sum(1 for word in words if len(word) == 1 and weight(word))
    width = min(_LETTERS if 2 * letters > len(words) else _WIDTH, len(words))
    numbers = np.fromiter(map(_NUMBERS.__getitem__, words), np.uint64, len(words))
    made: Hashes = np.zeros(len(words) - width + 1, np.uint64)
    for place in range(width):
        made = mixed(made ^ numbers[place : place + len(made)])
    made.sort()
    again = made[1:] == made[:-1]
    return made[np.concatenate(([True], ~again))] if again.any() else made


class _Numbers(dict[str, int]):
    """64 bits that stand for a word, the same in every run."""

    def __missing__(self, word: str) -> int:
        if len(self) > 1_000_000:
            self.clear()
        digest = hashlib.blake2b(word.encode(errors="surrogatepass"), digest_size=8).digest()
        return self.setdefault(word, int.from_bytes(digest, "big"))


_NUMBERS = _Numbers()


def mixed(values: "Hashes") -> "Hashes":
    """Mix the bits of numbers so that none can be told from those around it (the finalizer of MurmurHash3)."""
    import numpy as np

    values = values ^ (values >> np.uint64(33))
    values *= np.uint64(0xFF51AFD7ED558CCD)
    values ^= values >> np.uint64(33)
    values *= np.uint64(0xC4CEB9FE1A85EC53)
    values ^= values >> np.uint64(33)
    return values


def make_bands(values: "Hashes", offsets: "Places") -> "Hashes":
    """Return the signatures of sets, a row of `BANDS` numbers for each; equal numbers of two bands mean nothing.

    values: of all sets, one after another; offsets: where each begins, and the end. Raises InputError where rensa is
    not installed.
    """
    import numpy as np

    rensa = import_extra("rensa")
    many = BANDS * ROWS
    row = struct.Struct(f"={many}I")
    digests = bytearray()
    for first in range(0, len(offsets) - 1, _SIGNED):
        bounds = offsets[first : first + _SIGNED + 1]
        some = values[bounds[0] : bounds[-1]]
        matrix = rensa.RMinHash.digest_matrix_from_flat_token_hashes(some, (bounds - bounds[0]).tolist(), many, _SEED)
        digests += b"".join([row.pack(*each) for each in matrix.to_rows()])
    held = np.frombuffer(digests, np.uint32).reshape(-1, many)
    bands: Hashes = np.zeros((len(held), BANDS), np.uint64)
    for place in range(ROWS):
        bands = mixed(bands ^ held[:, place::ROWS])
    return mixed(bands ^ np.arange(BANDS, dtype=np.uint64))
