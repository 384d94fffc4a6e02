"""Records in a table in place of files: two tables, a lock file in git, and a journal.

What may be published lies in the table at the address that the settings name; words that may not, in a second one in
``.stancebank/``. All else is files. What is read is the version that ``corpus/store.lock`` pins. A write is decided by
one commit of the first table; before it, a journal in ``.stancebank/`` says what belongs to it, and after it the lock
moves. Whoever is killed in between leaves the journal, by which the next write, or `TableBackend.settle`, brings it to
its end, or takes back what was not decided.
"""

import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Any

from stancebank.corpus.backend import LOCAL, FileBackend, is_stored, is_stored_folder, place
from stancebank.corpus.delta import RecordTable
from stancebank.corpus.lock import LOCAL_TABLE, LOCK, StoreLock, locate, read_lock, require_address
from stancebank.corpus.snapshot import Snapshot, in_parts
from stancebank.errors import ConflictError, WorkspaceError
from stancebank.records import from_json, holding, sync_path, to_json, write_bytes, write_text

_JOURNAL = ".stancebank/table-journal"
_ENTRY = f"{_JOURNAL}/journal.json"
_HELD = ".stancebank/table-lock"
_PATIENCE = 10.0  # seconds that a write waits for another one


@lru_cache(maxsize=8)
def open_table(root: Path, address: str) -> "TableBackend":
    """Return what keeps the records of a workspace in a table, the same one each time. root: resolved."""
    return TableBackend(root, address)


class TableBackend:
    """Records in tables. root: of the workspace, resolved. address: as the settings say it (`stancebank.corpus.lock`).

    Raises WorkspaceError where no table can lie there.
    """

    def __init__(self, root: Path, address: str) -> None:
        require_address(address, root)
        self.root, self.address = root, address
        self.main = RecordTable(locate(address, root))
        self.local = RecordTable(str(root / LOCAL_TABLE), is_secret=True)
        self._files = FileBackend(root)
        self._lock_path = str(root / LOCK)
        self._pinned: tuple[bytes | None, Snapshot | None] | None = None
        self._own: Snapshot | None = None

    def names(self, folder: str) -> list[str]:
        """Return the names of all that is kept in a folder, itself and below it, sorted; none where there is none."""
        if not is_stored_folder(folder):
            return self._files.names(folder)
        snapshot = self._snapshot(folder)
        return snapshot.within(folder) if snapshot else []

    def folders(self, folder: str) -> list[str]:
        """Return what the folders in a folder are called, sorted, such as the annotators; not those below them."""
        if not is_stored_folder(folder):
            return self._files.folders(folder)
        below = (name[len(folder) + 1 :].partition("/") for name in self.names(folder))
        return sorted({first for first, slash, _ in below if slash})

    def has(self, name: str) -> bool:
        """Whether something has a name."""
        if not is_stored(name):
            return self._files.has(name)
        snapshot = self._snapshot(name)
        return snapshot is not None and name in snapshot.index

    def read(self, name: str) -> bytes | None:
        """Return what has a name, or None. Raises WorkspaceError where the table is damaged."""
        if not is_stored(name):
            return self._files.read(name)
        snapshot = self._snapshot(name)
        return snapshot.read(name) if snapshot else None

    def read_all(self, names: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Yield names with what they have, in the order that was asked for, in few reads of some megabytes each."""
        tables = {is_local: self._snapshot(LOCAL if is_local else "") for is_local in (False, True)}
        known = {is_local: snapshot.index if snapshot else {} for is_local, snapshot in tables.items()}

        def size(name: str) -> int:
            return known[_is_local(name)].get(name, ("", 0))[1]

        for some in in_parts(names, size):
            found: dict[str, bytes] = {}
            for is_local, snapshot in tables.items():
                mine = [name for name in some if _is_local(name) is is_local and name in known[is_local]]
                found |= snapshot.read_some(mine) if snapshot and mine else {}
            found |= dict(self._files.read_all(name for name in some if not is_stored(name)))
            yield from ((name, found[name]) for name in some if name in found)

    def fingerprints(self, folder: str) -> dict[str, str]:
        """Return the SHA-256 of all that is kept in a folder, by name, without reading it."""
        if not is_stored_folder(folder):
            return self._files.fingerprints(folder)
        snapshot = self._snapshot(folder)
        return {name: snapshot.index[name][0] for name in snapshot.within(folder)} if snapshot else {}

    def states(self, folder: str) -> dict[str, tuple[str, int]]:
        """Return the SHA-256 of all that is kept in a folder, by name, which every change changes."""
        if not is_stored_folder(folder):
            return self._files.states(folder)
        return {name: (digest, 0) for name, digest in self.fingerprints(folder).items()}

    def write(self, files: Mapping[str, bytes], gone: Collection[str] = (), *, whole: bool = True) -> set[str]:
        """Write records and files, and remove others: all or nothing, whenever the process is killed.

        whole: makes no difference here. Return what changed. Raises BusyError where somebody else has written to the
        table since, or holds the lock of this workspace for long.
        """
        with self._alone():
            self._settle()
            new, removed = self._changes(files, gone)
            if not any(is_stored(name) for name in (*new, *removed)):
                return self._files.write(new, removed, whole=whole)
            for each in {name.rpartition("/")[0] if is_stored(name) else name for name in (*new, *removed)}:
                place(self.root, each)
            self._require_last()
            self._write(new, removed)
            return {*new, *removed}

    def settle(self) -> None:
        """Bring to its end what a killed command had decided to write, and take back what it had not."""
        self._files.settle()
        if (self.root / _JOURNAL).exists():
            with self._alone():
                self._settle()

    def lock(self) -> StoreLock | None:
        """Return what the lock file pins, None where nothing was written yet.

        Raises WorkspaceError where it was written for another address.
        """
        lock = read_lock(self.root)
        if lock is not None and lock.address != self.address:
            raise WorkspaceError(
                f"stancebank.toml keeps records at {self.address!r}, and {LOCK} pins a table at {lock.address!r}.\n"
                f"Hint: let [corpus] store be {lock.address!r}; `stancebank corpus convert --to {self.address}` brings "
                "them there."
            )
        return lock

    def require_sound(self) -> None:
        """Raise WorkspaceError where the table does not hold what the lock file says, or has no such version."""
        lock, snapshot = self.lock(), self._snapshot("")
        if lock is None or snapshot is None:
            return
        if snapshot.is_told:  # by this process, which wrote it
            snapshot = self.main.open(lock.version) or snapshot
        held = snapshot.content_hash()
        if (len(snapshot.index), held) != (lock.records, lock.sha256):
            raise WorkspaceError(
                f"Version {lock.version} of the table {self.main.address} holds {len(snapshot.index)} records with the "
                f"content hash {held[:12]}; {LOCK} says {lock.records} and {lock.sha256[:12]}.\n"
                f"Hint: `git log -p {LOCK}` shows who changed it; take the one that belongs to this table."
            )

    def take_last(self) -> StoreLock | None:
        """Let the lock pin the last version of the table, whoever wrote it. Return it; None where there is no table."""
        with self._alone():
            self._settle()
            return self._move_lock()

    def compact(
        self, pinned: Collection[int], hours: int, *, dry_run: bool
    ) -> tuple[tuple[int, int], tuple[int, int], list[str]]:
        """Write small files of both tables together, and remove those that no pinned version has.

        pinned: versions whose files stay. hours: for which files stay that are not used any more. Return how many data
        files there are and their bytes, before and after, and the files that were removed, or would be.
        """
        with self._alone():
            self._settle()
            self._require_last()
            pinned_now = self._snapshot("")
            if pinned_now is None:
                return (0, 0), (0, 0), []
            before = pinned_now.files(), pinned_now.bytes()
            kept = {*pinned, pinned_now.version}
            if dry_run:
                return before, before, self.main.unused(kept, hours, "", remove=False)
            entry: dict[str, Any] = {
                "batch": token_hex(8),
                "version": pinned_now.version,
                "local_version": self.local.last_version(),
                "local_changed": False,
                "local_gone": [],
                "files": [],
                "removed": [],
                "decided": False,
            }
            self._note(entry)
            self.main.compact(pinned_now.version, entry["batch"])
            removed = self.main.unused(kept, hours, entry["batch"], remove=True)
            self._settle()
            own = self.local.last_version()
            if own is not None:
                self.local.compact(own, "")
                self.local.unused((), 0, "", remove=True)
            after = self._snapshot("")
            return before, (after.files(), after.bytes()) if after else before, removed

    def _snapshot(self, name: str) -> Snapshot | None:
        """Return the table that a name or folder is in, as the lock pins it; None where nothing was written yet."""
        if _is_local(name):
            return self._local()
        data = self._lock_data()
        if self._pinned is None or self._pinned[0] != data:
            lock = self.lock()
            snapshot = self.main.open(lock.version) if lock else None
            if lock and snapshot is None:
                raise WorkspaceError(
                    f"There is no table at {self.main.address}, where {LOCK} pins version {lock.version} of one.\n"
                    "Hint: bring it back from a copy, or name in [corpus] store where it lies now."
                )
            if lock is None and (last := self.main.last_version()):
                raise WorkspaceError(
                    f"There is a table at {self.main.address} with {last} versions, and no {LOCK}.\n"
                    f"Hint: `git checkout HEAD -- {LOCK}` where git has it, or `stancebank corpus store --take-last`."
                )
            self._pinned = (data, snapshot)
        return self._pinned[1]

    def _lock_data(self) -> bytes | None:
        try:
            with open(self._lock_path, "rb", buffering=0) as file:  # noqa: PTH123 (asked for each name)
                return file.read()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None

    def _local(self) -> Snapshot | None:
        if self._own is None or not self.local.is_last(self._own.version):
            self._own = self.local.open()
        return self._own

    @contextmanager
    def _alone(self) -> Iterator[None]:
        write_text(self.root / ".stancebank/.gitignore", "*\n")
        with holding(self.root / _HELD, "a write to the table", _PATIENCE):
            yield

    def _changes(self, files: Mapping[str, bytes], gone: Collection[str]) -> tuple[dict[str, bytes], list[str]]:
        """Return what of some files is new, and what of others is there to remove."""
        new = {}
        for name, data in files.items():
            if not is_stored(name):
                held = self._files.read(name) == data
            else:
                snapshot = self._snapshot(name)
                held = snapshot is not None and snapshot.index.get(name, ("", 0))[0] == sha256(data).hexdigest()
            if not held:
                new[name] = data
        return new, [name for name in dict.fromkeys(gone) if name not in files and self.has(name)]

    def _require_last(self) -> None:
        """Raise ConflictError where the table was written to after the version that the lock pins."""
        lock, last = self.lock(), self.main.last_version()
        if lock and last is not None and last > lock.version:
            raise ConflictError(
                f"The table {self.main.address} has version {last} by now, and {LOCK} pins {lock.version}: somebody "
                "else has written to it, or this is an older commit.\n"
                f"Hint: `git pull` brings their {LOCK}; where it is lost, `stancebank corpus store --take-last`. "
                "Nothing was changed."
            )

    def _write(self, new: Mapping[str, bytes], removed: Collection[str]) -> None:
        main = {name: data for name, data in new.items() if is_stored(name) and not _is_local(name)}
        main_gone = [name for name in removed if is_stored(name) and not _is_local(name)]
        local = {name: data for name, data in new.items() if is_stored(name) and _is_local(name)}
        plain = {name: data for name, data in new.items() if not is_stored(name)}
        pinned, own = self._snapshot(""), self._snapshot(LOCAL)
        entry: dict[str, Any] = {
            "batch": token_hex(8),
            "version": pinned.version if pinned else None,
            "local_version": own.version if own else None,
            "local_changed": any(_is_local(name) and own and name in own.index for name in (*new, *removed)),
            "local_gone": [name for name in removed if is_stored(name) and _is_local(name)],
            "files": list(plain),
            "removed": [name for name in removed if not is_stored(name)],
            "decided": False,
        }
        try:
            for name, data in plain.items():
                write_bytes(self.root / _JOURNAL / "files" / name, data, secret=_is_local(name))
            self._note(entry)
            made: Snapshot | None = None
            if local:
                self._own = _commit(self.local, own, entry["local_version"], local, (), entry["batch"])
            if main or main_gone:
                base = pinned.version if pinned else self.main.last_version()
                made = _commit(self.main, pinned, base, main, main_gone, entry["batch"])
            else:
                self._note(entry | {"decided": True})
        except Exception:
            if not self._settle():
                raise
            return
        self._settle(made)

    def _note(self, entry: Mapping[str, Any]) -> None:
        write_bytes(self.root / _ENTRY, to_json(dict(entry)).encode())
        sync_path(self.root / _JOURNAL)

    def _settle(self, made: Snapshot | None = None) -> bool:
        """Bring a journal's write to its end where it was decided, else take it back. Return whether it was decided.

        made: the version that it came to, where this process has just written it.
        """
        path = self.root / _ENTRY
        if not path.is_file():
            shutil.rmtree(self.root / _JOURNAL, ignore_errors=True)
            return False
        entry = from_json(path.read_bytes(), path.name)
        before = -1 if entry["version"] is None else entry["version"]
        later = [(made.version, entry["batch"])] if made else self.main.batches_since(before)
        ours = [version for version, batch in later if batch == entry["batch"]]
        is_decided = bool(ours) or entry["decided"]
        if is_decided:
            for name in entry["files"]:
                staged = self.root / _JOURNAL / "files" / name
                if staged.is_file():
                    write_bytes(self.root / name, staged.read_bytes(), secret=_is_local(name))
            for name in entry["removed"]:
                (self.root / name).unlink(missing_ok=True)
            own = self._local()
            if own and (left := [name for name in entry["local_gone"] if name in own.index]):
                self._own = _commit(self.local, own, own.version, {}, left, entry["batch"])
            if entry["local_changed"]:
                self.local.unused((), 0, "", remove=True)  # words that were taken out are gone, as files would be
            if ours:
                self._move_lock(max(ours), made)
        elif (last := self.local.last_version()) is not None and last > (entry["local_version"] or 0):
            self.local.restore(entry["local_version"] or 0)
        path.unlink()
        shutil.rmtree(self.root / _JOURNAL, ignore_errors=True)
        return is_decided

    def _move_lock(self, version: int | None = None, made: Snapshot | None = None) -> StoreLock | None:
        """Let the lock pin a version of the table, the last one where none is named. made: it, where it is known."""
        snapshot = made if made and made.version == version else self.main.open(version)
        if snapshot is None:
            return None
        lock = StoreLock(self.address, snapshot.version, len(snapshot.index), snapshot.content_hash())
        lock.write(self.root)
        self._pinned = ((self.root / LOCK).read_bytes(), snapshot)
        return lock


def _commit(
    table: RecordTable,
    known: Snapshot | None,
    base: int | None,
    files: Mapping[str, bytes],
    gone: Collection[str],
    batch: str,
) -> Snapshot | None:
    """Write to a table as `RecordTable.commit` does. Return the version, where what it holds need not be read."""
    version = table.commit(base, files, gone, batch, known.index if known else {})
    return table.after(known, version, files, gone, batch)


def _is_local(name: str) -> bool:
    return name.startswith(LOCAL)
