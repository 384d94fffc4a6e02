"""Many files that change at once: all of them, or none, whenever the process is killed.

What the files are to hold is staged in a folder, and reaches the disk. A marker there commits it. Then each file takes
its place, and the folder goes, the marker first. Without a marker nothing was changed, and what is staged is a
leftover; with one, whoever comes next puts the rest in place (`finish_commit`).
"""

import os
import shutil
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from errno import EXDEV
from pathlib import Path

from stancebank.errors import InputError, WorkspaceError
from stancebank.records import from_json, sync_path, to_json, write_bytes

STAGING = ".stancebank/migration"
"""The folder of a workspace in which files are staged."""

MARKER = f"{STAGING}/COMMITTED"
"""The file that commits what is staged; it holds what is to be put in place."""

_STAGED = "files"


def staged_folder(root: Path) -> Path:
    """Return the folder in which files are staged, each at its path in the workspace. root: of the workspace."""
    return root / STAGING / _STAGED


def is_committed(root: Path) -> bool:
    """Whether a change was decided and not put in place to its end."""
    return (root / MARKER).is_file()


def committed_change(root: Path) -> str:
    """Return what the committed change is, such as ``v1 to v2``."""
    try:
        told = from_json((root / MARKER).read_bytes(), Path(MARKER).name)
        return str(told["what"])
    except (OSError, InputError, KeyError, TypeError):
        return "another version"


def _is_migration(root: Path) -> bool:
    """Whether a committed change is a migration; what of another one is in place is right without the rest."""
    try:
        told = from_json((root / MARKER).read_bytes(), Path(MARKER).name)
        return bool(told.get("is_migration", True))
    except (OSError, InputError, AttributeError):
        return True


def complete_commit(root: Path) -> None:
    """Put the rest of a committed change in place that is no migration. Whoever calls it holds the workspace's lock."""
    if is_committed(root) and not _is_migration(root):
        finish_commit(root)


def require_finished(root: Path) -> None:
    """Raise WorkspaceError where a migration is committed and not put in place to its end."""
    if is_committed(root) and _is_migration(root):
        raise WorkspaceError(
            f"The migration of this workspace from {committed_change(root)} was interrupted.\n"
            "Hint: run `stancebank schema migrate`, which completes it."
        )


def discard_staged(root: Path) -> None:
    """Remove what was staged and never committed."""
    if not is_committed(root) and (root / STAGING).is_dir():
        shutil.rmtree(root / STAGING, ignore_errors=True)


def stage_files(root: Path, files: Mapping[str, bytes], secret: Collection[str] = ()) -> None:
    """Write what files are to hold, by path in the workspace. secret: those that only their owner may read."""
    for name, data in files.items():
        write_bytes(staged_folder(root) / name, data, secret=name in secret)


def commit_files(
    root: Path, title: str, names: Iterable[str], removed: Iterable[str] = (), *, is_migration: bool = True
) -> None:
    """Decide for the staged files with these names, and for the removal of others, and put all of it in place.

    title: what the change is, for who finds it half done. is_migration: whether nothing else may be done before it is
    in place; else the files take their places in the order of the names, each of them right with those before it.
    Nothing is changed where one of the files may not be written; then WorkspaceError is raised.
    """
    names, removed = sorted(names) if is_migration else list(names), sorted(removed)
    for name in (*names, *removed):
        require_writable(root, name)
    staged = staged_folder(root)
    for folder in {staged / name for name in names for name in (name, *map(str, Path(name).parents))}:
        sync_path(folder)
    value = {"what": title, "files": names, "removed": removed} | ({} if is_migration else {"is_migration": False})
    write_bytes(root / MARKER, to_json(value).encode())
    sync_path(root / STAGING)
    finish_commit(root)


def require_writable(root: Path, name: str) -> None:
    """Raise WorkspaceError where a file may not be written, or lies behind a link that leads out of the workspace."""
    path = root / name
    if not path.resolve().is_relative_to(root):
        raise WorkspaceError(
            f"{name} is, or is behind, a symbolic link that leads out of the workspace.\n"
            "Hint: put the file or folder itself in its place. Nothing was changed."
        )
    folder = next(each for each in path.parents if each.exists())
    if not os.access(folder, os.W_OK | os.X_OK) or (path.exists() and not os.access(path, os.W_OK)):
        raise WorkspaceError(
            f"{name} may not be written.\nHint: see to the permissions of the file and its folder. Nothing was changed."
        )


def finish_commit(root: Path) -> bool:
    """Put the rest of a committed change in place. Return whether there was one.

    Raises WorkspaceError where a staged file is gone and nothing is in its place.
    """
    if not is_committed(root):
        return False
    marker = from_json((root / MARKER).read_bytes(), Path(MARKER).name)
    changed = set()
    for name in marker["files"]:
        place, staged = root / name, staged_folder(root) / name
        if staged.is_file():
            place.parent.mkdir(parents=True, exist_ok=True)
            _move(staged, place)
            changed.add(place.parent)
        elif not place.is_file():
            raise WorkspaceError(
                f"{STAGING}/{_STAGED}/{name} is gone, and {name} too.\n"
                "Hint: restore the workspace from git, remove .stancebank/migration, and migrate again."
            )
    for name in marker["removed"]:
        (root / name).unlink(missing_ok=True)
        changed.add((root / name).parent)
    for folder in changed:
        sync_path(folder)
        with suppress(OSError):
            folder.rmdir()  # where nothing is left in it
    (root / MARKER).unlink()
    sync_path(root / STAGING)
    shutil.rmtree(root / STAGING, ignore_errors=True)
    return True


def _move(staged: Path, place: Path) -> None:
    """Move a staged file to its place, with the permissions of the one that was there."""
    if place.is_file():
        staged.chmod(place.stat().st_mode & 0o777)
    try:
        staged.replace(place)
    except OSError as error:  # the local folder may be on another disk
        if error.errno != EXDEV:
            raise
        write_bytes(place, staged.read_bytes())
        staged.unlink()
