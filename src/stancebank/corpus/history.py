"""What git remembers of a file that was removed: the one door to git's history."""

import subprocess
from pathlib import Path


def removed_files(root: Path, folder: str) -> frozenset[str]:
    """Return the files below a folder that the history of HEAD once held and HEAD lacks, by their paths below root.

    Empty where there is no git, no repository or no commit. A shallow clone knows its own part of the history only.
    """
    said = _git(
        root,
        *("log", "--full-history", "-m", "--diff-filter=D", "--no-renames", "--format=", "--name-only", "-z"),
        *("--relative", "HEAD", "--", folder),
    )
    gone = {name.strip("\n") for name in (said or b"").decode(errors="replace").split("\0")} - {""}
    return frozenset(name for name in gone if not (root / name).exists())


def last_version(root: Path, path: str) -> bytes | None:
    """Return the bytes that a removed file had before the commit that removed it; None where git does not know."""
    commit = _git(root, "rev-list", "-1", "--full-history", "HEAD", "--", path)
    return _git(root, "show", f"{commit.decode().strip()}^:./{path}") if commit and commit.strip() else None


def _git(root: Path, *arguments: str) -> bytes | None:
    try:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, check=False)
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None
