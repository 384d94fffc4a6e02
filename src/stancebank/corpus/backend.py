"""Where the records of a corpus are kept: what a store asks of files, or of a table.

Names are those that files have in a workspace, such as ``corpus/gold/<id>.json``, whatever keeps them: findings,
commands and releases speak of them, and what is kept moves from one kind to the other without a byte changed.
"""

import os
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from errno import ENOTDIR
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from stancebank.commits import commit_files, complete_commit, discard_staged, require_writable, stage_files
from stancebank.errors import InputError, WorkspaceError
from stancebank.records import is_special, write_all, write_bytes

STORED = (
    "corpus/articles",
    "corpus/texts",
    "corpus/gold",
    "corpus/annotations",
    "corpus/adjudications",
    "corpus/suggestions",
    ".stancebank/texts",
)
"""Folders whose files grow with the number of articles; all else is files in every workspace."""

LOCAL = ".stancebank/"
"""What names begin with whose bytes never leave the machine: words that may not be published."""

FILES = "files"
"""The address of records that are files; others are those of tables (`stancebank.corpus.lock`)."""

_KEPT = (".json", ".txt")
_DEEPEST = 3  # folders below which nothing is kept, so that links in a circle end


def is_stored(name: str) -> bool:
    """Whether a backend keeps what has a name; all else, such as ledgers beside it and hidden files, is a file."""
    return name.startswith(_FOLDERS) and name.endswith(_KEPT) and "/." not in name[1:]


def is_stored_folder(folder: str) -> bool:
    """Whether a backend keeps what lies in a folder."""
    return f"{folder}/".startswith(_FOLDERS)


_FOLDERS = tuple(f"{each}/" for each in STORED)


class Backend(Protocol):
    """What keeps records by name. All bytes are as they were given."""

    def names(self, folder: str) -> list[str]:
        """Return the names of all that is kept in a folder, itself and below it, sorted; none where there is none."""
        ...

    def folders(self, folder: str) -> list[str]:
        """Return what the folders in a folder are called, sorted, such as the annotators; not those below them."""
        ...

    def has(self, name: str) -> bool:
        """Whether something has a name."""
        ...

    def read(self, name: str) -> bytes | None:
        """Return what has a name, or None."""
        ...

    def read_all(self, names: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Yield names with what they have, in the order that was asked for, without those that there are not."""
        ...

    def write(self, files: Mapping[str, bytes], gone: Collection[str] = (), *, whole: bool = True) -> set[str]:
        """Write files and remove others: all or nothing, whenever the process is killed. Return what changed.

        files: in an order in which each is right with those before it. Some may be no `is_stored` names, such as the
        registries: those are files in every workspace, and are written before what is kept elsewhere. whole: False
        where the first ones may stand without the rest, each of them whole, which takes less time for many files.
        What has those bytes already is not written. Whoever calls it holds the lock of the workspace where it is whole.
        """
        ...

    def fingerprints(self, folder: str) -> dict[str, str]:
        """Return the SHA-256 of all that is kept in a folder, by name, without reading what is known already."""
        ...

    def states(self, folder: str) -> dict[str, tuple[str, int]]:
        """Return what tells the states of all that is kept in a folder from others, by name, without reading any.

        Each has the time since when it is in that state, in nanoseconds since 1970: a change at about that time need
        not show. 0 where every change shows.
        """
        ...

    def require_sound(self) -> None:
        """Raise WorkspaceError where what is kept is not what git says that it is."""
        ...

    def settle(self) -> None:
        """Bring to its end what a killed command had decided to write, and take back what it had not.

        Whoever calls it holds the lock of the workspace.
        """
        ...


@dataclass(frozen=True, slots=True)
class FileBackend:
    """Each record is a file of its name below the root of the workspace; what lies elsewhere is not reached by links.

    Names of other files of the workspace are read and written as well as those that a store keeps.
    """

    root: Path

    def names(self, folder: str) -> list[str]:
        """Return the names of JSON and text files in a folder and below it, sorted, without hidden ones."""
        return sorted(_walk(str(self.root), folder, _DEEPEST))

    def folders(self, folder: str) -> list[str]:
        """Return what the folders in a folder are called, sorted, without hidden ones."""
        try:
            with os.scandir(self.root / folder) as entries:
                return sorted(each.name for each in entries if not each.name.startswith(".") and each.is_dir())
        except (FileNotFoundError, NotADirectoryError):
            return []

    def has(self, name: str) -> bool:
        """Whether there is a plain file of a name."""
        return place(self.root, name).is_file()

    def read(self, name: str) -> bytes | None:
        """Return what a file holds, or None where there is none. Raises InputError where it is no plain one."""
        return _read(place(self.root, name))

    def read_all(self, names: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Yield names with what their files hold, as `read` does."""
        for name, path in self._places(names):
            if (data := _read(path)) is not None:
                yield name, data

    def _places(self, names: Iterable[str]) -> Iterator[tuple[str, Path]]:
        """Yield names with their paths, as `place` gives them, of which many are in few folders."""
        inside: set[str] = set()  # folders that are known to lie in the workspace
        for name in names:
            folder = name.rpartition("/")[0]
            path = self.root / name
            if folder not in inside:
                place(self.root, folder)
                inside.add(folder)
            if path.is_symlink():
                place(self.root, name)
            yield name, path

    def write(self, files: Mapping[str, bytes], gone: Collection[str] = (), *, whole: bool = True) -> set[str]:
        """Write files, then remove others; where both can be torn apart, by a commit (`stancebank.commits`).

        Words that stay on this machine may be read by their owner alone.
        """
        places = dict(self._places((*files, *gone)))
        removed = [name for name in gone if places[name].is_file()]
        if not whole:
            told = write_all([(places[name], data, _is_secret(name)) for name, data in files.items()])
            changed = {name for name, is_new in zip(files, told, strict=True) if is_new}
            for name in removed:
                places[name].unlink()
            return changed | set(removed)
        new = {name: data for name, data in files.items() if not _holds(places[name], data)}
        for name in (*new, *removed):
            require_writable(self.root, name)
        if len(new) + len(removed) > 1:
            stage_files(self.root, new, secret={name for name in new if _is_secret(name)})
            commit_files(self.root, "readings", new, removed, is_migration=False)
        for name, data in new.items() if len(new) + len(removed) == 1 else ():
            write_bytes(places[name], data, secret=_is_secret(name))
        for name in removed if len(new) + len(removed) == 1 else ():
            places[name].unlink()
        return {*new, *removed}

    def fingerprints(self, folder: str) -> dict[str, str]:
        """Return the SHA-256 of the files in a folder, by name."""
        return {name: sha256(data).hexdigest() for name, data in self.read_all(self.names(folder))}

    def states(self, folder: str) -> dict[str, tuple[str, int]]:
        """Return the size, the times and the number of each plain file that lies in a folder itself, by name.

        Whoever sets back the time of a file cannot set back that of its last change of any kind.
        """
        found = {}
        with suppress(FileNotFoundError, NotADirectoryError), os.scandir(place(self.root, folder)) as entries:
            for entry in entries:
                with suppress(OSError):  # gone, or a link to nothing
                    told = entry.stat()
                    if stat.S_ISREG(told.st_mode):
                        state = f"{told.st_size}:{told.st_mtime_ns}:{told.st_ctime_ns}:{told.st_ino}"
                        found[f"{folder}/{entry.name}"] = (state, max(told.st_mtime_ns, told.st_ctime_ns))
        return found

    def require_sound(self) -> None:
        """Do nothing: git knows the files themselves."""

    def settle(self) -> None:
        """Put the rest of a committed change in place, and remove what was staged and never committed."""
        discard_staged(self.root)
        complete_commit(self.root)


def place(root: Path, name: str) -> Path:
    """Return the path of a name. Raises WorkspaceError where a link there leads out of the workspace.

    root: of the workspace, resolved.
    """
    path = root / name
    if _is_straight(str(root), name):
        return path
    real = os.path.realpath(path)
    if real != str(root) and not real.startswith(str(root).rstrip(os.sep) + os.sep):
        raise WorkspaceError(
            f"{name} is, or is behind, a symbolic link that leads out of the workspace.\n"
            "Hint: put the file or folder itself in its place."
        )
    return path


def _is_straight(root: str, name: str) -> bool:
    """Whether a name surely leads to a place below the root: no part of it is a link. `realpath` takes longer."""
    path = root
    for part in name.split("/"):
        if part in _NO_STEP:
            return False
        path = f"{path}/{part}"
        try:
            if stat.S_ISLNK(os.lstat(path).st_mode):
                return False
        except FileNotFoundError:
            return True
        except (OSError, ValueError):
            return False
    return True


_NO_STEP = ("", ".", "..")


def _walk(root: str, folder: str, deep: int) -> Iterator[str]:
    try:
        with os.scandir(f"{root}/{folder}") as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.name.endswith(_KEPT):
                    yield f"{folder}/{entry.name}"
                elif deep > 1 and entry.is_dir():
                    yield from _walk(root, f"{folder}/{entry.name}", deep - 1)
    except (FileNotFoundError, NotADirectoryError):
        return


def _read(path: Path) -> bytes | None:
    try:
        if is_special(os.stat(path).st_mode):  # noqa: PTH116 (one call less for each of many files)
            raise InputError(f"{path.name} is no plain file.\nHint: put the file itself in its place.")
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123
            return file.read()
    except OSError as error:
        if isinstance(error, FileNotFoundError) or error.errno == ENOTDIR:
            return None
        raise


def _holds(path: Path, data: bytes) -> bool:
    return path.is_file() and path.read_bytes() == data


def _is_secret(name: str) -> bool:
    """Whether only the owner may read a file: words that may not be published."""
    return name.startswith(LOCAL)
