"""Small files of a table are written together, and files that no pinned version needs are removed."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from stancebank import git
from stancebank.corpus.lock import LOCK, parse_lock
from stancebank.corpus.table import TableBackend
from stancebank.errors import InputError, WorkspaceError

KEPT_DAYS = 30
"""Days for which what is in use by nobody any more is kept: others may have it in commits that are not here yet."""


@dataclass(frozen=True, slots=True)
class Compaction:
    """Data files and their bytes before and after, files that were removed, and the versions that are pinned."""

    files: tuple[int, int]
    bytes: tuple[int, int]
    removed: tuple[str, ...]
    pinned: tuple[int, ...]


def compact(backend: TableBackend, days: int = KEPT_DAYS, *, dry_run: bool = False) -> Compaction:
    """Write small files together, and remove those that no pinned version has and none has had for some days.

    The workspace's lock is held by the caller. A version is pinned by a lock file in any commit that git knows, by the
    one that is there now, and by those that releases were made of. Raises InputError where git knows a part of the
    history only, or not the commit of a release.
    """
    pinned = pinned_versions(backend.root)
    before, after, removed = backend.compact(pinned, 24 * days, dry_run=dry_run)
    return Compaction((before[0], after[0]), (before[1], after[1]), tuple(removed), tuple(sorted(pinned)))


def pinned_versions(root: Path) -> set[int]:
    """Return the versions of the table that must stay: of all lock files that git knows, whatever they name.

    root: of the workspace. Raises InputError where git knows a part of the history only.
    """
    versions = set()
    for data in _locks(root):
        try:
            versions.add(parse_lock(data).version)
        except WorkspaceError:  # a conflict that was committed pins nothing
            continue
    return versions


def _locks(root: Path) -> Iterator[bytes]:
    if (root / LOCK).is_file():
        yield (root / LOCK).read_bytes()
    why = git.why_unasked(root)
    if why == "the clone is shallow":
        raise InputError(
            "The clone is shallow: git does not know which versions of the table earlier commits pin.\n"
            "Hint: run `git fetch --unshallow`. Nothing was changed."
        )
    if why is None:
        yield from git.every_content(root, LOCK)
