"""Checks of the machine that the toolkit runs on, with a code for each fault: Python, packages, git, disk, terminal."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata, version
from pathlib import Path
from typing import TextIO

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from platformdirs import user_cache_path

from stancebank import git
from stancebank.annotate.local.install import ROOM, VARIABLE, find_environment, installed_version, wanted_version
from stancebank.errors import Check, StancebankError
from stancebank.git import GitError
from stancebank.records import file_locks, lock_file
from stancebank.workspace import SETTINGS_FILE, open_workspace, toolkit_version

SCARCE, FULL = 500_000_000, 20_000_000  # free bytes: worth a word; too few to work with
NAME = "stancebank"


def examine(root: Path | None, folder: Path, terminal: TextIO) -> Iterator[Check]:
    """Yield the checks, the most general first. Nothing is changed; a trial file is made and removed.

    root: of the workspace, None where there is none. folder: the working directory. terminal: what is printed to.
    """
    yield _python()
    yield from _toolkit()
    yield from check_packages()
    yield from _git(root or folder)
    yield _workspace(root, folder)
    yield from check_folder("workspace" if root else "folder", root or folder, SCARCE)
    if root is not None:
        yield from check_files(root)
    cache = user_cache_path(NAME, appauthor=False)
    yield from check_folder("cache", next(each for each in (cache, *cache.parents) if each.is_dir()), SCARCE)
    yield _studio(cache)
    yield from check_terminal(terminal)


def _python() -> Check:
    wanted = str(metadata(NAME)["Requires-Python"] or "")
    found = ".".join(map(str, sys.version_info[:3]))
    if found in SpecifierSet(wanted):
        return Check("python", "ok", f"Python {found}, in {sys.prefix}.")
    hint = f"install stancebank into an environment with Python {wanted}"
    return Check("python-version", "fault", f"Python {found} was not tried; stancebank needs {wanted}.", hint)


def _toolkit() -> Iterator[Check]:
    yield Check("toolkit", "ok", f"stancebank {toolkit_version()}.")
    program = shutil.which(NAME)
    if program is not None and not _is_within(Path(program), Path(sys.prefix)):
        message = f"The command `stancebank` is {program}, which belongs to another environment than {sys.prefix}."
        yield Check("toolkit-other", "warning", message, "activate the environment that you mean, or correct PATH")


def _is_within(program: Path, prefix: Path) -> bool:
    """Whether a program is one of an environment, or leads into it, as the links of `uv tool` and `pipx` do."""
    return any(each.is_relative_to(prefix.resolve()) for each in (program.parent.resolve(), program.resolve()))


def install_command(extra: str | None = None) -> str:
    """Return the command that installs the toolkit, with an extra, as it was installed here."""
    package = f'"{NAME}[{extra}]"' if extra else NAME
    place = Path(sys.prefix).parts
    if "pipx" in place:
        return f"pipx install --force {package}"
    if "uv" in place and "tools" in place:
        return f"uv tool install --force {package}"
    is_uv = (Path(sys.prefix) / "pyvenv.cfg").is_file() and "uv = " in (Path(sys.prefix) / "pyvenv.cfg").read_text(
        "utf-8"
    )
    return f"uv pip install {package}" if is_uv else f"python -m pip install {package}"


def check_packages() -> Iterator[Check]:
    """Check what the toolkit depends on: whether it is there, in a version that it takes; then its extras."""
    about = metadata(NAME)
    needed = [Requirement(each) for each in about.get_all("Requires-Dist") or ()]
    plain = [each for each in needed if each.marker is None or each.marker.evaluate({"extra": ""})]
    wrong = [said for each in plain if (said := _fault(each))]
    if wrong:
        yield Check("packages", "fault", f"{'; '.join(wrong)}.", f"run `{install_command()}`")
    else:
        yield Check("packages", "ok", f"All {len(plain)} packages that it needs are there.")
    for extra in sorted(about.get_all("Provides-Extra") or ()):
        more = [each for each in needed if each.marker and each.marker.evaluate({"extra": extra}) and each not in plain]
        own = [each for each in more if each.name != NAME]  # an extra of extras has its parts told by themselves
        if not own:
            continue
        lacking = [said for each in own if (said := _fault(each))]
        missing = all("is not installed" in each for each in lacking)
        hint = f"run `{install_command(extra)}`"
        names = ", ".join(each.name for each in own)
        if not lacking:
            yield Check("extra", "ok", f"The extra {extra} is there: {names}.")
        elif missing:  # nobody needs to have it
            yield Check(
                "extra-missing", "ok", f"The extra {extra} is not, or not all, there: {'; '.join(lacking)}.", hint
            )
        else:
            yield Check("extra-version", "warning", f"The extra {extra}: {'; '.join(lacking)}.", hint)


def _fault(needed: Requirement) -> str:
    """Say what is wrong with an installed package; "" where nothing is."""
    try:
        found = version(needed.name)
    except PackageNotFoundError:
        return f"{needed.name} is not installed"
    if needed.specifier.contains(found, prereleases=True):
        return ""
    return f"{needed.name} is {found}, and {needed.specifier} is needed"


def _git(folder: Path) -> Iterator[Check]:
    try:
        within = git.is_repository(folder)
    except GitError as error:
        message, _, hint = str(error).partition("\nHint: ")
        if "not installed" in message:  # a release needs it, and nothing else
            yield Check("git-missing", "warning", message, hint.rstrip("."))
        else:
            yield Check("git-refuses", "fault", message, hint.rstrip("."))
        return
    said = (git.ask(folder, "version") or b"").decode(errors="replace").strip()
    yield Check("git", "ok", f"{said}; {'in a repository' if within else 'no repository here'}.")
    lacking = [key for key in ("user.name", "user.email") if not (git.ask(folder, "config", key) or b"").strip()]
    if lacking:
        hint = "; ".join(f'git config --global {key} "..."' for key in lacking)
        yield Check("git-identity", "warning", f"git does not know {' and '.join(lacking)}, so it cannot commit.", hint)
    else:
        yield Check("git-identity", "ok", "git knows who commits.")


def _workspace(root: Path | None, folder: Path) -> Check:
    if root is None:
        message = f"No workspace: neither {folder} nor a folder above it has a {SETTINGS_FILE}."
        return Check("workspace-none", "ok", message, "`stancebank init` makes one")
    try:
        workspace = open_workspace(root)
    except StancebankError as error:
        message, _, hint = str(error).partition("\nHint: ")
        return Check("workspace-unusable", "fault", message, hint.rstrip(".") or "correct the file that is named")
    return Check("workspace", "ok", f"{workspace.settings.name}, schema {workspace.settings.schema}, in {root}.")


def check_folder(what: str, folder: Path, scarce: int) -> Iterator[Check]:
    """Check whether files can be written in a folder, and how much room there is. scarce: free bytes that are few."""
    try:
        with tempfile.TemporaryFile(dir=folder, prefix=f".{NAME}-"):
            pass
    except OSError as error:
        message = f"Nothing can be written in {folder}: {error.strerror or error}."
        yield Check(f"{what}-readonly", "fault", message, "see to its permissions, or to those of the disk")
        return
    free = shutil.disk_usage(folder).free
    if free < scarce:
        state = "fault" if free < FULL else "warning"
        yield Check(f"{what}-room", state, f"{folder} has {free / 1e6:.0f} MB free.", "make room on that disk")  # type: ignore[arg-type]
    else:
        yield Check(f"{what}-room", "ok", f"{folder} can be written, and has {free / 1e9:.1f} GB free.")


def check_files(folder: Path) -> Iterator[Check]:
    """Check what a file system is like: whether upper and lower case differ, and whether it has locks."""
    try:
        with tempfile.TemporaryDirectory(dir=folder, prefix=f".{NAME}-") as trial:
            place = Path(trial) / "lower"
            place.touch()
            differ = not place.with_name("LOWER").exists()
            one, two = os.open(place, os.O_RDWR), os.open(place, os.O_RDWR)
            try:
                is_held = lock_file(one) and not lock_file(two)
            finally:
                os.close(one)
                os.close(two)
    except OSError as error:
        yield Check(
            "files", "warning", f"The file system could not be tried: {error.strerror or error}.", "run it again"
        )
        return
    said = "differ" if differ else "are one"
    yield Check("files-case", "ok", f"Upper and lower case in names of files {said}.")
    if is_held and file_locks().has_fcntl:
        yield Check("files-locks", "ok", "Files can be locked, so that commands wait for one another.")
    else:
        hint = "run one command at a time there, or move the workspace to a disk of this machine"
        yield Check("files-locks-missing", "warning", "The file system has no locks that end with a process.", hint)


def _studio(cache: Path) -> Check:
    named = os.environ.get(VARIABLE, "").strip()
    try:
        found = find_environment(Path(named) if named else None)
    except StancebankError as error:
        message, _, hint = str(error).partition("\nHint: ")
        return Check("studio-wrong", "warning", message, hint.rstrip("."))
    if found is None:
        free = shutil.disk_usage(next(each for each in (cache, *cache.parents) if each.is_dir())).free
        message = (
            f"Label Studio {wanted_version()} is not installed here; `stancebank annotate studio start` does that."
        )
        if free < ROOM:
            hint = f"make room: it needs {ROOM / 1e9:.0f} GB below {cache}"
            return Check("studio-room", "warning", message, hint)
        return Check("studio-none", "ok", message)
    has, wanted = installed_version(found), wanted_version()
    if has != wanted:
        hint = f"unset {VARIABLE}, and the tested version is installed"
        return Check("studio-version", "warning", f"Label Studio {has} in {found} was not tested; {wanted} was.", hint)
    return Check("studio", "ok", f"Label Studio {has}, in {found}.")


def check_terminal(terminal: TextIO) -> Iterator[Check]:
    """Check whether what is printed can be read."""
    encoding = (getattr(terminal, "encoding", None) or "utf-8").lower()
    if not terminal.isatty():
        yield Check("terminal", "ok", "What is printed goes into a file or a pipe, as UTF-8.")
    elif encoding.replace("-", "") == "utf8":
        yield Check("terminal", "ok", "The terminal takes UTF-8.")
    else:
        hint = "choose a UTF-8 locale, such as LANG=C.UTF-8, or set PYTHONUTF8=1"
        yield Check("terminal-encoding", "warning", f"The terminal takes {encoding}: other letters are escaped.", hint)
    names = sys.getfilesystemencoding().lower()
    if names.replace("-", "") != "utf8":
        yield Check("names-encoding", "warning", f"Names of files are read as {names}.", "set PYTHONUTF8=1")
