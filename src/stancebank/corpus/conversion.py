"""The records of a workspace move from files to a table, from a table to files, or from one table to another.

Everything is written to the new place, read back and compared; then one commit of files (`stancebank.commits`) lets the
settings name the new place and removes what the old one had in the workspace. Until then the workspace is as before,
and whoever is killed goes on by running it again. A table stays where it is when its records have moved to files,
since commits of git pin its versions.
"""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from stancebank.commits import commit_files, stage_files
from stancebank.corpus.backend import FILES, LOCAL, STORED, Backend, FileBackend
from stancebank.corpus.lock import LOCAL_TABLE, LOCK, content_hash, require_address
from stancebank.corpus.store import Store, open_backend
from stancebank.errors import ConflictError, InputError, WorkspaceError, list_some

_AT_ONCE = 5000  # records that are written at once
_SETTINGS = "stancebank.toml"


@dataclass(frozen=True, slots=True)
class Moved:
    """What moved, or would move. records: names in all. bytes: of those that were copied now. sha256: of what is held.

    left: the table that stays where it is, by its address; "" where there was none. is_done: whether the records had
    been at the new place before.
    """

    before: str
    after: str
    records: int
    local: int
    copied: int
    bytes: int
    sha256: str
    left: str
    is_done: bool


def convert(store: Store, before: str, after: str, *, dry_run: bool = False) -> Moved:
    """Move all records of a workspace to another place, without a byte changed. Its lock is held by the caller.

    before, after: addresses, as the settings have them (`stancebank.corpus.lock`). Raises WorkspaceError where no table
    can lie there, ConflictError where the new place holds other records, InputError where files differ from what is in
    the table that the workspace uses already.
    """
    if after != FILES:
        require_address(after, store.root)
    old = open_backend(store.root, before)
    digests = _digests(old)
    public = {name: digest for name, digest in digests.items() if not name.startswith(LOCAL)}
    told = content_hash(sorted(public.items()))
    if before == after:
        leftover = _leftover(store.root, digests) if after != FILES else []
        if leftover and not dry_run:
            _commit(store.root, None, leftover)
        return Moved(before, after, len(digests), len(digests) - len(public), 0, 0, told, "", is_done=True)
    new = open_backend(store.root, after)
    there = _digests(new)
    if wrong := sorted(name for name in there if there[name] != digests.get(name)):
        place = "This workspace has files" if after == FILES else f"The table {after} has records"
        raise ConflictError(
            f"{place} that differ from what moves there: {list_some(wrong, 3)}.\n"
            "Hint: move them away, or name another place. Nothing was changed."
        )
    missing = [name for name in sorted(digests) if name not in there]
    size = 0
    for some in _parts(missing):
        files = dict(old.read_all(some))
        size += sum(map(len, files.values()))
        if not dry_run:
            new.write(files, whole=False)
    left = before if before != FILES else ""
    result = Moved(
        before, after, len(digests), len(digests) - len(public), len(missing), size, told, left, is_done=False
    )
    if not dry_run:
        _compare(open_backend(store.root, after), digests)
        gone = [LOCK] if after == FILES else [] if before != FILES else sorted(digests)
        _commit(store.root, after, gone)
        if after == FILES:
            shutil.rmtree(store.root / LOCAL_TABLE, ignore_errors=True)
    return result


def _digests(backend: Backend) -> dict[str, str]:
    return {name: digest for folder in STORED for name, digest in backend.fingerprints(folder).items()}


def _parts(names: list[str]) -> Iterator[list[str]]:
    rest = iter(names)
    while some := list(islice(rest, _AT_ONCE)):
        yield some


def _compare(backend: Backend, digests: dict[str, str]) -> None:
    """Raise WorkspaceError where what is held now differs from what was held before, byte for byte."""
    from hashlib import sha256

    read = {name: sha256(data).hexdigest() for name, data in backend.read_all(sorted(digests))}
    if read != digests:
        wrong = sorted(name for name in digests if read.get(name) != digests[name])
        raise WorkspaceError(
            f"What was written is not what was read back: {list_some(wrong, 3)}.\n"
            "Hint: run it again; the workspace is as before."
        )


def _leftover(root: Path, digests: dict[str, str]) -> list[str]:
    """Return the files that a table holds too. Raises InputError where there are others among them."""
    files = _digests(FileBackend(root))
    if strangers := sorted(name for name in files if digests.get(name) != files[name]):
        raise InputError(
            f"The records are in a table, and these files in the workspace are not what it holds: "
            f"{list_some(strangers, 3)}.\n"
            "Hint: move them away; `stancebank corpus convert --to files` makes files of all records. Nothing was "
            "changed."
        )
    return sorted(files)


def _commit(root: Path, address: str | None, gone: list[str]) -> None:
    """Let the settings name an address, and remove files: all of it, or nothing."""
    settings = {} if address is None else {_SETTINGS: with_store((root / _SETTINGS).read_bytes(), address)}
    stage_files(root, settings)
    commit_files(root, "a conversion of the store", list(settings), gone, is_migration=False)


def with_store(settings: bytes, address: str) -> bytes:
    """Return a settings file whose [corpus] store is an address; without that line where it is "files"."""
    text = settings.decode()
    newline = "\r\n" if "\r\n" in text else "\n"
    line = "" if address == FILES else f'store = "{address}"{newline}'
    head = re.search(r"(?m)^[ \t]*\[[ \t]*corpus[ \t]*\][^\n]*(?:\n|\Z)", text)
    if head is None:
        return f"{text.rstrip()}{newline}{newline}[corpus]{newline}{line}".encode() if line else settings
    end = re.compile(r"(?m)^[ \t]*\[").search(text, head.end())
    table = text[head.end() : end.start() if end else len(text)]
    rest = re.sub(r"(?m)^[ \t]*store[ \t]*=[^\n]*(?:\n|\Z)", "", table)
    before = text[: head.end()].removesuffix("\n").removesuffix("\r") + newline
    return (before + line + rest + text[head.end() + len(table) :]).encode()


def follow_table(copy: Path, address: str, root: Path) -> None:
    """Let a copy of a workspace's settings and lock file find its table, which lies relative to the workspace.

    copy: the folder of the copy. address: as its settings have it. root: of the workspace.
    """
    from stancebank.corpus.lock import locate, read_lock

    if address == FILES:
        return
    place = locate(address, root)
    settings = copy / _SETTINGS
    settings.write_bytes(with_store(settings.read_bytes(), place))
    if lock := read_lock(copy):
        from dataclasses import replace

        replace(lock, address=place).write(copy)
