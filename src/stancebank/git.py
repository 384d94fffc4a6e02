"""What git knows of a workspace: the one door to it. Nothing is written, neither to the repository nor to its index.

`begin` alone makes a repository where there is none.

A workspace may come from anybody, with its repository. So nothing that the repository names is run: no hook, filter,
file system monitor, signature program, pager, textconv or transport; an embedded bare repository is no repository;
replaced objects do not count; and of the environment, no variable of git is heeded but the index of a hook.

Since filters do not run, a file that has one is compared with the commit by its content: a Git LFS pointer stands for
the file that it describes, and what another filter has changed counts as changed.
"""

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from stancebank.errors import InputError, StancebankError, WorkspaceError, shorten

_SETTINGS = (
    "safe.bareRepository=explicit",
    "core.fsmonitor=false",
    f"core.hooksPath={os.devnull}",
    "core.sshCommand=false",
    "core.alternateRefsCommand=",
    "credential.helper=",
    "diff.external=",
    "gpg.program=false",
    "log.showSignature=false",
    "protocol.allow=never",
    "status.submoduleSummary=false",
    "submodule.recurse=false",
)
_POINTER = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\n(?:ext-.*\n)*oid sha256:([0-9a-f]{64})\nsize ([0-9]+)\n"
)


class GitError(StancebankError):
    """Git cannot be asked: it is not installed, does not trust the repository, or failed."""


def require_commit(root: Path) -> None:
    """Raise WorkspaceError where the folder lies in no repository, InputError where that has no commit."""
    if not is_repository(root):
        raise WorkspaceError(
            f"{root} is not in a git repository. A release is made of a commit.\n"
            "Hint: git init && git add . && git commit. Nothing was written."
        )
    if not has_commit(root):
        raise InputError("The repository has no commit yet.\nHint: git add . && git commit. Nothing was written.")


def begin(root: Path) -> bool:
    """Make a folder a repository; return False where it lies in one. Raises GitError where git cannot do it."""
    if is_repository(root):
        return False
    _git(root, "init", "--quiet")
    return True


def is_repository(root: Path) -> bool:
    """Whether a folder lies in the work tree of a repository. Raises GitError where git cannot be asked."""
    return _git(root, "rev-parse", "--is-inside-work-tree", may_fail=True) == b"true\n"


def has_commit(root: Path) -> bool:
    """Whether the repository has a commit."""
    return _git(root, "rev-parse", "--verify", "--quiet", "HEAD", may_fail=True) is not None


def is_shallow(root: Path) -> bool:
    """Whether the repository holds a part of its history only."""
    return _git(root, "rev-parse", "--is-shallow-repository", may_fail=True) == b"true\n"


def changed_files(root: Path) -> list[str]:
    """Return the files below the folder that differ from the last commit, relative to it; untracked ones too.

    Also those that git was told to overlook, since they may differ.
    """
    prefix = _text(root, "rev-parse", "--show-prefix").removesuffix("\n")
    said = _text(
        root,
        *("status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames", "--ignore-submodules=dirty"),
        *("--", "."),
    )
    changed = {line[3:].removeprefix(prefix) for line in said.split("\0") if line}
    listed = (line for line in _text(root, "ls-files", "-v", "-z").split("\0") if line)
    overlooked = {line[2:] for line in listed if line[0].islower() or line[0] == "S"}
    filtered = set(filtered_files(root))
    same = {name for name in filtered if _is_committed(root, name)}
    return sorted((changed | overlooked | filtered) - same)


def left_out_files(root: Path) -> list[str]:
    """Return the files below the folder that git tracks and a sparse checkout does not lay, relative to it."""
    listed = (line for line in _text(root, "ls-files", "-v", "-z").split("\0") if line)
    return sorted(line[2:] for line in listed if line[0] in "Ss" and not (root / line[2:]).exists())


def crlf_files(root: Path) -> list[str]:
    """Return the files below the folder that git holds with LF and the checkout has with CR LF, relative to it."""
    listed = (line.partition("\t") for line in _text(root, "ls-files", "--eol", "-z").split("\0") if line)
    told = ((about.split(), name) for about, _, name in listed)
    return sorted(name for about, name in told if about[0] == "i/lf" and about[1] in ("w/crlf", "w/mixed"))


def filtered_files(root: Path) -> list[str]:
    """Return the tracked files below the folder to which the repository applies a filter, relative to it."""
    if not _filters(root):
        return []
    said = _text(root, "check-attr", "-z", "--stdin", "filter", given="\0".join(sorted(tracked_files(root))))
    parts = said.split("\0")
    told = zip(parts[0::3], parts[2::3], strict=False)
    return [name for name, value in told if value not in ("unspecified", "unset", "set")]


def _is_committed(root: Path, name: str) -> bool:
    """Whether a file with a filter has the content that the last commit and the index give it."""
    path = root / name
    if not path.is_file() or path.is_symlink():
        return False
    for place in (f"HEAD:./{name}", f":./{name}"):
        data = _git(root, "cat-file", "--filters", place, may_fail=True)
        if data is None or (path.read_bytes() != data and not _stands_for(data, path)):
            return False
    return True


def _stands_for(pointer: bytes, path: Path) -> bool:
    """Whether the bytes are a Git LFS pointer that describes a file."""
    told = _POINTER.fullmatch(pointer)
    if not told or not path.is_file() or path.stat().st_size != int(told[2]):
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == told[1].decode()


def tracked_files(root: Path) -> set[str]:
    """Return the files below the folder that git holds, relative to it."""
    return set(_text(root, "ls-files", "-z").split("\0")) - {""}


def committed(root: Path, name: str) -> bytes | None:
    """Return a file as the last commit has it and a checkout would write it; None where it has none.

    Line ends are those of a checkout; filters are not run. A file that lies in Git LFS is read from the folder.
    """
    data = _git(root, "cat-file", "--filters", f"HEAD:./{name}", may_fail=True)
    if data is not None and _stands_for(data, root / name):
        return (root / name).read_bytes()
    return data


def removed_files(root: Path, folder: str) -> frozenset[str]:
    """Return the files below a folder that the history of HEAD once held and HEAD lacks, by their paths below root.

    Empty where there is no repository or no commit. A shallow clone knows its own part of the history only. Raises
    GitError where git cannot be asked.
    """
    if not is_repository(root) or not has_commit(root):
        return frozenset()
    said = _git(
        root,
        *("log", "--full-history", "-m", "--diff-filter=D", "--no-renames", "--format=", "--name-only", "-z"),
        *("--no-show-signature", "--no-ext-diff", "--no-textconv", "--relative", "HEAD", "--", folder),
    )
    gone = {name.strip("\n") for name in (said or b"").decode(errors="replace").split("\0")} - {""}
    return frozenset(name for name in gone if not (root / name).exists())


def last_content(root: Path, path: str) -> bytes | None:
    """Return the bytes that a removed file had before the commit that removed it; None where git does not know."""
    try:
        commit = _git(root, "rev-list", "-1", "--full-history", "HEAD", "--", path, may_fail=True)
        found = (commit or b"").decode().strip()
        return _git(root, "cat-file", "blob", f"{found}^:./{path}", may_fail=True) if found else None
    except GitError:
        return None


def every_content(root: Path, name: str) -> Iterator[bytes]:
    """Yield what a file has held in any commit that git knows: of branches, tags, stashes, the reflog and the index.

    Raises GitError where git cannot be asked.
    """
    commits = _git(root, "rev-list", "--all", "--reflog", "--full-history", "--", name, may_fail=True) or b""
    seen = set()
    for place in (f":./{name}", *(f"{commit}:./{name}" for commit in commits.decode().split())):
        blob = _git(root, "rev-parse", "--verify", "--quiet", place, may_fail=True)
        if blob is not None and blob not in seen:
            seen.add(blob)
            yield _git(root, "cat-file", "blob", blob.decode().strip()) or b""


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


def extract(root: Path, revision: str, names: Iterable[str], folder: Path) -> str:
    """Write files and folders of a revision, where it has them, into a folder; return the id of its commit.

    names: relative to root. Nothing is checked out, no filter runs, and links are left out. Raises InputError where
    there is no such revision.
    """
    found = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}", may_fail=True)
    if found is None:
        raise InputError(
            f"git knows no revision {revision!r}.\n"
            "Hint: name a tag such as data-v1.2.0, a branch or a commit; `git log --oneline` lists the last ones."
        )
    commit = found.decode().strip()
    held = [name for name in names if _git(root, "cat-file", "-e", f"{commit}:./{name}", may_fail=True) is not None]
    if held:
        import io
        import tarfile

        packed = _git(root, "archive", "--format=tar", commit, "--", *held) or b""
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            plain = [each for each in archive if each.isfile() or each.isdir()]  # a link may lead anywhere
            archive.extractall(folder, members=plain, filter="data")
    return commit


def last_change(root: Path, revision: str, name: str) -> tuple[str, str] | None:
    """Return the commit that last changed a file up to a revision, as its short id and subject; None for none."""
    said = ask(root, "log", "-1", "--format=%h%x09%s", "--no-show-signature", revision, "--", name)
    short, _, subject = (said or b"").decode(errors="replace").strip().partition("\t")
    return (short, subject) if short else None


def is_tracking(root: Path, path: Path) -> bool:
    """Whether a repository would take up a file or folder below its root: it lies in it, and no rule ignores it."""
    top = _git_folders(root)
    if top is None or not path.resolve().is_relative_to(top[0]):
        return False
    return ask(root, "check-ignore", "--quiet", "--", str(path.resolve())) is None


def has_tag(root: Path, name: str) -> bool:
    """Whether the repository has a tag."""
    return _git(root, "rev-parse", "--verify", "--quiet", f"refs/tags/{name}", may_fail=True) is not None


def ask(root: Path, *arguments: str) -> bytes | None:
    """Return what git prints on a question of its own; None where it fails or cannot be asked."""
    try:
        return _git(root, *arguments, may_fail=True)
    except GitError:
        return None


def _text(root: Path, *arguments: str, given: str = "") -> str:
    said = _git(root, *arguments, given=given.encode(errors="surrogateescape"))
    return (said or b"").decode(errors="surrogateescape")


def _git(root: Path, *arguments: str, may_fail: bool = False, given: bytes = b"") -> bytes | None:
    """Return what git prints; None where it fails and may. given: what it reads. Raises GitError otherwise."""
    might_filter = arguments[0] in ("status", "archive") or "--filters" in arguments
    filters = _filters(root) if might_filter else ()
    keys = ("clean=", "smudge=", "process=", "required=false")
    settings = [f"filter.{name}.{key}" for name in filters for key in keys]
    return _run(root, settings, arguments, may_fail, given)


def _filters(root: Path) -> tuple[str, ...]:
    """Return the names of the filters that the settings of git or of the repository define."""
    said = _run(root, [], ("config", "--name-only", "-z", "--get-regexp", r"^filter\."), may_fail=True) or b""
    keys = [key for key in said.decode(errors="surrogateescape").split("\0") if key.count(".") > 1]
    names = tuple(dict.fromkeys(key.partition(".")[2].rpartition(".")[0] for key in keys))
    if unsafe := [name for name in names if "=" in name or "\n" in name]:
        raise GitError(
            f"The settings of git define a filter of the name {shorten(unsafe[0], 80)!r}, which cannot be switched "
            "off.\nHint: remove it from .git/config."
        )
    return names


def _run(
    root: Path, settings: list[str], arguments: tuple[str, ...], may_fail: bool, given: bytes = b""
) -> bytes | None:
    program = _program(root)
    _refuse_bare(root)
    options = [part for setting in (*_SETTINGS, *settings) for part in ("-c", setting)]
    command = [program, "-C", str(root), "--no-pager", "--no-replace-objects", *options]
    done = subprocess.run([*command, *arguments], env=_environment(root), input=given, capture_output=True, check=False)
    said = done.stderr.decode(errors="replace").strip()
    if done.returncode and "dubious ownership" in said:
        raise GitError(
            f"git does not trust the repository: {said.splitlines()[0]}\n"
            "Hint: let the folder belong to you, or add it to safe.directory of git."
        )
    if done.returncode and not may_fail:
        raise GitError(f"git {arguments[0]} failed: {said or done.returncode}.")
    return None if done.returncode else done.stdout


def _program(root: Path) -> str:
    """Return where git is; never within the folder, where Windows looks first."""
    found = shutil.which("git")
    if found is None or Path(found).resolve().is_relative_to(root.resolve()):
        raise GitError("git is not installed.\nHint: install git.")
    return found


def _refuse_bare(root: Path) -> None:
    """Raise GitError where git would take a folder on the way up for a bare repository.

    Git knows `safe.bareRepository` from 2.38 on; older ones, which are still in use, would read its settings.
    """
    for folder in (root.absolute(), *root.absolute().parents):
        own = (folder / "objects").is_dir() and (folder / "refs").is_dir()
        if (folder / "HEAD").exists() and (own or (folder / "commondir").exists()):
            raise GitError(
                f"{folder} looks like a bare git repository, whose settings may run programs.\n"
                "Hint: remove HEAD, objects/ and refs/ from it, unless they are yours."
            )
        if (folder / ".git").is_file() or (folder / ".git/HEAD").exists():
            return


def _environment(root: Path) -> dict[str, str]:
    """Return the environment without what points git elsewhere or runs something; the index of a hook stays."""
    env = {key: value for key, value in os.environ.items() if not key.upper().startswith("GIT_")}
    env |= {
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": "none",
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
    }
    index = os.environ.get("GIT_INDEX_FILE")
    if index and (folders := _git_folders(root.absolute())):
        top, git_folder = folders
        path = (top / index).resolve()
        if path.is_file() and path.is_relative_to(git_folder):
            env["GIT_INDEX_FILE"] = str(path)
    return env


@lru_cache(maxsize=16)
def _git_folders(root: Path) -> tuple[Path, Path] | None:
    """Return the top of the work tree that holds a folder, and its .git folder, resolved; None where there is none."""
    for folder in (root, *root.parents):
        place = folder / ".git"
        if place.is_dir():
            return folder, place.resolve()
        if place.is_file():  # of a linked work tree or a submodule
            told = place.read_bytes().decode(errors="surrogateescape").removeprefix("gitdir:").strip()
            return folder, (folder / told).resolve()
    return None


def why_unasked(root: Path) -> str | None:
    """Return why the history of a folder cannot be read in full; None where it can."""
    try:
        if not is_repository(root):
            return "it is in no git repository"
        return "the clone is shallow" if is_shallow(root) else None
    except GitError as error:
        return str(error).partition("\n")[0].rstrip(".")
