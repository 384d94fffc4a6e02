"""What git knows of a workspace: the one door to it. Nothing is written, neither to the repository nor to its index."""

import hashlib
import os
import subprocess
from pathlib import Path

from stancebank.errors import InputError, StancebankError, WorkspaceError

_HIDDEN = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR")
"""Variables that point git to another repository than the one that holds the folder, as it sets them for hooks."""


def require_commit(root: Path) -> None:
    """Raise WorkspaceError where the folder lies in no repository, InputError where that has no commit."""
    if _git(root, "rev-parse", "--is-inside-work-tree", may_fail=True) != b"true\n":
        raise WorkspaceError(
            f"{root} is not in a git repository. A release is made of a commit.\n"
            "Hint: git init && git add . && git commit. Nothing was written."
        )
    if _git(root, "rev-parse", "--verify", "--quiet", "HEAD", may_fail=True) is None:
        raise InputError("The repository has no commit yet.\nHint: git add . && git commit. Nothing was written.")


def changed_files(root: Path) -> list[str]:
    """Return the files below the folder that differ from the last commit, relative to it; untracked ones too.

    Also those that git was told to overlook, since they may differ.
    """
    prefix = _text(root, "rev-parse", "--show-prefix").removesuffix("\n")
    said = _text(root, "status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames", "--", ".")
    changed = {line[3:].removeprefix(prefix) for line in said.split("\0") if line}
    listed = (line for line in _text(root, "ls-files", "-v", "-z").split("\0") if line)
    overlooked = {line[2:] for line in listed if line[0].islower() or line[0] == "S"}
    return sorted(changed | overlooked)


def tracked_files(root: Path) -> set[str]:
    """Return the files below the folder that git holds, relative to it."""
    return set(_text(root, "ls-files", "-z").split("\0")) - {""}


def committed(root: Path, name: str) -> bytes | None:
    """Return a file as the last commit has it and a checkout would write it; None where it has none."""
    return _git(root, "cat-file", "--filters", f"HEAD:./{name}", may_fail=True)


def tree_id(root: Path, folder: str, without: str | None = None) -> str:
    """Return the id of a folder's tree in the last commit, as ``git rev-parse HEAD:FOLDER`` prints it.

    without: a name in the folder that the tree is taken without, as by
    ``git ls-tree HEAD:FOLDER | grep -v NAME | git mktree``. Raises InputError where the commit has no such folder.
    """
    found = _git(root, "rev-parse", "--verify", "--quiet", f"HEAD:./{folder}", may_fail=True)
    if found is None:
        raise InputError(f"The last commit has no {folder}/.\nHint: git add {folder} && git commit.")
    listed = _git(root, "ls-tree", "-z", "--full-tree", found.decode().strip()) or b""
    entries = b""
    length = 0
    for line in listed.split(b"\0"):
        if not line:
            continue
        head, name = line.split(b"\t", 1)
        mode, _, digits = head.split(b" ")
        length = len(digits)
        if name.decode(errors="surrogateescape") != without:
            entries += mode.lstrip(b"0") + b" " + name + b"\0" + bytes.fromhex(digits.decode())
    digest = hashlib.sha256 if length == 64 else hashlib.sha1
    return digest(b"tree %d\0" % len(entries) + entries).hexdigest()


def has_tag(root: Path, name: str) -> bool:
    """Whether the repository has a tag."""
    return _git(root, "rev-parse", "--verify", "--quiet", f"refs/tags/{name}", may_fail=True) is not None


def _text(root: Path, *arguments: str) -> str:
    return (_git(root, *arguments) or b"").decode(errors="surrogateescape")


def _git(root: Path, *arguments: str, may_fail: bool = False) -> bytes | None:
    """Return what git prints; None where it fails and may."""
    env = {key: value for key, value in os.environ.items() if key not in _HIDDEN}
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments],
            env={**env, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        raise StancebankError("git is not installed, and a release is made of a commit.\nHint: install git.") from None
    said = done.stderr.decode(errors="replace").strip()
    if done.returncode and "dubious ownership" in said:
        raise StancebankError(f"git does not trust the repository: {said.splitlines()[0]}\nHint: see to its owner.")
    if done.returncode and not may_fail:
        raise StancebankError(f"git {arguments[0]} failed: {said or done.returncode}.")
    return None if done.returncode else done.stdout
