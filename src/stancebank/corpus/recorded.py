"""Which texts the articles have that are recorded, without reading the record of each.

An index in the local store says it. It only ever saves time: it counts for a record alone that is in the state in which
the index has it, and where it is damaged, missing, or that of another workspace, all records are read.
"""

import time
from collections.abc import Iterator
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

import msgspec

from stancebank.corpus.store import Store
from stancebank.records import write_bytes

INDEX = ".stancebank/articles.index"

MANY = 200
"""Articles from which on there is an index."""

_FOLDER = "corpus/articles"
_SIZE = 32  # bytes of the checksum that an index begins with
_SHARE = 50  # one record in so many may be missing in the index before it is written again
_SETTLED = 3_000_000_000  # nanoseconds after which a file that changes gets another time on every file system


class RecordedText(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What a record says of its text. state: of the record, from `Backend.states`; "" where that may change unseen."""

    state: str
    id: str
    text_sha256: str
    reprint_of: str | None


def recorded_texts(store: Store) -> Iterator[RecordedText]:
    """Yield what each record of a store says of its text, by the name of the record.

    Raises InputError or WorkspaceError where a record cannot be read that the index does not know.
    """
    begun = time.time_ns()
    names = store.article_ids()
    if len(names) < MANY or store.records:
        yield from (RecordedText("", each.id, each.text_sha256, each.reprint_of) for each in store.articles())
        return
    told = store.backend.states(_FOLDER)  # before any of them is read
    states = {name: told.get(f"{_FOLDER}/{name}.json", ("", begun)) for name in names}
    entries = {name: each for name, each in _read_index(store.root).items() if each.state == states.get(name, ("",))[0]}
    lasting = 0
    for name, article in store.named_articles([each for each in names if each not in entries]):
        state, since = states[name]
        if begun - since < _SETTLED:
            state = ""  # it may change once more, and look the same
        lasting += state != ""
        entries[name] = RecordedText(state, article.id, article.text_sha256, article.reprint_of)
    if lasting * _SHARE > len(names):
        _write_index(store, {name: each for name, each in entries.items() if each.state})
    yield from (entries[name] for name in names if name in entries)


def _workspace(root: Path) -> str:
    """Return what tells a workspace from others, so that what comes with a copy of one is not believed."""
    state = root.stat()
    return f"1:{state.st_dev}:{state.st_ino}"


def _read_index(root: Path) -> dict[str, RecordedText]:
    """Return the entries of an index by the name of the record; none where it is not to be believed."""
    try:
        held = (root / INDEX).read_bytes()
        if blake2b(held[_SIZE:], digest_size=_SIZE).digest() != held[:_SIZE]:
            return {}
        workspace, entries = msgspec.msgpack.decode(held[_SIZE:], type=tuple[str, dict[str, RecordedText]])
    except (OSError, msgspec.DecodeError):
        return {}
    return entries if workspace == _workspace(root) else {}


def _write_index(store: Store, entries: dict[str, RecordedText]) -> None:
    data = msgspec.msgpack.encode((_workspace(store.root), entries))
    with suppress(OSError):  # a folder that cannot be written has no index
        store.keep_local_store_out_of_git()
        write_bytes(store.root / INDEX, blake2b(data, digest_size=_SIZE).digest() + data)
