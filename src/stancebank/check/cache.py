"""What earlier checks found of articles that have not changed since, kept in the local store.

It only ever saves time: what cannot be read, is damaged, or was found by another version of the toolkit, of the scheme
or of the registries is as if it were not there, and so is a folder that cannot be written.
"""

import sqlite3
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from hashlib import blake2b, sha256
from pathlib import Path

import msgspec

from stancebank.check.articles import Checked, Holding

CACHE = ".stancebank/checked.sqlite"

_PACKAGE = Path(__file__).parent.parent
_CODE = (".py", ".toml", ".json")
_PATIENCE = 2.0  # seconds to wait for another check that writes
_AT_ONCE = 2000  # results that are written together
_SPARE = 1000  # articles that are gone and may stay in it


class CheckCache:
    """Results by the name of the article, each with a key of all that it rests on. state: of `state_of`."""

    def __init__(self, root: Path, state: str) -> None:
        self._path = root / CACHE
        self._state = bytes.fromhex(state)
        self._seen = 0
        self._new: list[tuple[str, bytes, bytes]] = []
        self._decoder = msgspec.msgpack.Decoder(Checked)
        self._held: sqlite3.Connection | None = None
        with suppress(sqlite3.Error, OSError):
            self._path.parent.mkdir(exist_ok=True)
            self._held = self._open()

    def _open(self) -> sqlite3.Connection:
        held = sqlite3.connect(self._path, timeout=_PATIENCE, isolation_level=None)
        try:
            held.execute("PRAGMA synchronous = OFF")  # what a crash leaves half written is known by its checksum
            held.execute("CREATE TABLE IF NOT EXISTS checked (name TEXT PRIMARY KEY, key BLOB, value BLOB)")
        except sqlite3.OperationalError:  # busy, or not to be written
            held.close()
            raise
        except sqlite3.DatabaseError:
            held.close()
            self._path.unlink()
            raise
        return held

    def key_of(self, holding: Holding) -> bytes:
        """Return the SHA-256 of all that the result of a holding rests on."""
        digest = sha256(self._state)
        for name, data in holding.files.items():
            digest.update(f"{name}\0{len(data)}\0".encode(errors="surrogateescape"))
            digest.update(data)
        digest.update(repr(holding.unread).encode())
        return digest.digest()

    def get(self, name: str, key: bytes) -> Checked | None:
        """Return what was found of an article whose holding has a key; None where that is not known."""
        self._seen += 1
        if self._held is None:
            return None
        try:
            found = self._held.execute("SELECT key, value FROM checked WHERE name = ?", (name,)).fetchone()
            if found is None or found[0] != key or found[1][:8] != _checksum(key, found[1][8:]):
                return None
            return self._decoder.decode(found[1][8:])
        except (sqlite3.Error, msgspec.DecodeError, TypeError):
            return None

    def put(self, name: str, key: bytes, checked: Checked) -> None:
        """Keep what was found of an article."""
        if self._held is not None:
            value = msgspec.msgpack.encode(checked)
            self._new.append((name, key, _checksum(key, value) + value))
            if len(self._new) >= _AT_ONCE:
                self._write()

    def close(self) -> None:
        """Write what is new, and forget what has long been gone."""
        if self._held is None:
            return
        self._write()
        with suppress(sqlite3.Error):
            (count,) = self._held.execute("SELECT count(*) FROM checked").fetchone()
            if count > 2 * self._seen + _SPARE:
                self._held.execute("DELETE FROM checked")
        self._held.close()
        self._held = None

    def _write(self) -> None:
        new, self._new = self._new, []
        if not new or self._held is None:
            return
        try:
            self._held.execute("BEGIN IMMEDIATE")
            self._held.executemany("INSERT OR REPLACE INTO checked VALUES (?, ?, ?)", new)
            self._held.execute("COMMIT")
        except sqlite3.OperationalError:  # busy, or no room: it is found again
            with suppress(sqlite3.Error):
                self._held.execute("ROLLBACK")
        except sqlite3.DatabaseError:  # damaged: the next check begins a new one
            self._held.close()
            self._held = None
            with suppress(OSError):
                self._path.unlink()


def _checksum(key: bytes, value: bytes) -> bytes:
    return blake2b(value, digest_size=8, key=key).digest()


def state_of(root: Path, files: Iterable[Path], settings: object) -> str:
    """Return what tells the state of all that articles are held against: 64 hex digits.

    root: of the workspace, whose own folder counts, so that what comes with a copy of a workspace is not believed.
    files: schema, language files, registries, withdrawals. settings: what has a repr.
    """
    digest = sha256(repr((sys.version, root.stat().st_ino, settings)).encode())
    for path in files:
        with suppress(OSError):
            data = path.read_bytes()
            digest.update(f"{path.relative_to(root)}\0{len(data)}\0".encode(errors="surrogateescape"))
            digest.update(data)
    for told in _code(_PACKAGE):
        digest.update(told.encode())
    return digest.hexdigest()


def _code(folder: Path) -> Iterator[str]:
    """Yield what tells this state of the code from others: its files, with size and time."""
    for path in sorted(folder.iterdir()):
        if path.suffix in _CODE:
            state = path.stat()
            yield f"{path.relative_to(_PACKAGE)}\0{state.st_size}\0{state.st_mtime_ns}\0"
        elif path.is_dir() and path.name != "__pycache__":
            yield from _code(path)
