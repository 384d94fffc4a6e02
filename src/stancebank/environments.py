"""Python environments of their own, for programs that need other packages than the toolkit: a server, an engine.

Each is made from a lock of the toolkit, with pins and hashes, in the user's cache folder, where all workspaces share
it. It is complete only once it holds its stamp; what an interrupted run left is removed and made again.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from platformdirs import user_cache_path

from stancebank.errors import StancebankError
from stancebank.records import file_locks

ReportProgress = Callable[[str, str], None]
"""Called with what is being done, which stays the same for a while, and its progress, which changes all the time."""

_STAMP = "stancebank-made"


def report_nothing(_what: str, _how_far: str) -> None:
    """Report nothing."""


def packed_lock(folder: Path, name: str) -> str:
    """Return a lock of the toolkit: from a folder of the package, or from requirements/ of the checkout."""
    packed = folder / name
    if packed.is_file():
        return packed.read_text("utf-8")
    return (Path(__file__).parents[2] / "requirements" / name).read_text("utf-8")


def pinned_version(lock: str, package: str) -> str:
    """Return the version of a package that a lock pins."""
    found = re.search(rf"^{re.escape(package)}==(\S+)", lock, re.MULTILINE)
    assert found, f"the lock pins {package}"
    return found[1]


@dataclass(frozen=True, slots=True)
class Pinned:
    """An environment that is to be made. name: of what is in it; size: how messages tell it, such as ``about 1 GB``.

    lock: pins and hashes of all packages. room: bytes that must be free.
    """

    folder: Path
    name: str
    version: str
    lock: str
    size: str
    room: int

    @property
    def state(self) -> str:
        """What the stamp of a complete environment says."""
        return sha256(self.lock.encode()).hexdigest()

    def is_made(self, folder: Path | None = None) -> bool:
        """Whether it is complete, in its folder or in another one."""
        path = (folder or self.folder) / _STAMP
        return path.is_file() and path.read_text("utf-8") == self.state


def cache_place(name: str) -> Path:
    """Return where an environment is made: below the user's cache folder."""
    return user_cache_path("stancebank", appauthor=False) / name


def make(wanted: Pinned, find: Callable[[], Path | None], report: ReportProgress = report_nothing) -> Path:
    """Make an environment in its folder, unless another run has just done it, and return it.

    find: what returns the environment if there is one. Raises StancebankError if there is no network, no space, or it
    cannot be made; a rerun starts again.
    """
    folder = wanted.folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _locked(folder.with_name(folder.name + ".lock"), report):
        what = f"Installing {wanted.name} {wanted.version} into {folder} ({wanted.size}, once for all workspaces)"
        if (made := find()) is not None:
            return made
        _require_room(wanted)
        shutil.rmtree(folder, ignore_errors=True)
        log = folder.with_name(folder.name + ".log")
        log.write_bytes(b"")
        pins = folder.with_name(folder.name + ".lock.txt")
        pins.write_text(wanted.lock, encoding="utf-8")
        for command in _commands(folder, pins):
            _run(command, wanted, log, what, report)
        (folder / _STAMP).write_text(wanted.state, encoding="utf-8")
        pins.unlink()
    return folder


def _commands(folder: Path, pins: Path) -> list[list[str]]:
    python = str(folder / "bin" / "python")
    if uv := shutil.which("uv"):
        return [
            [uv, "venv", "--python", sys.executable, str(folder)],
            [uv, "pip", "install", "--python", python, "--require-hashes", "-r", str(pins)],
        ]
    options = ["--require-hashes", "--no-compile", "--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
    return [
        [sys.executable, "-m", "venv", str(folder)],
        [python, "-m", "pip", "install", *options, "-r", str(pins)],
    ]


def _run(command: list[str], wanted: Pinned, log: Path, what: str, report: ReportProgress) -> None:
    start = time.monotonic()
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
    try:
        while process.poll() is None:
            report(what, f"{size_of(wanted.folder) / 1e6:.0f} MB, {time.monotonic() - start:.0f} s")
            try:
                process.wait(2)
            except subprocess.TimeoutExpired:
                continue
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
    if process.returncode:
        raise StancebankError(f"{wanted.name} could not be installed: {_fault(log)}")


def _fault(log: Path) -> str:
    """Return the cause of a failure, as far as the installer's log shows it."""
    text = log.read_text("utf-8", errors="replace")
    again = f"run it again; {log} has the whole output"
    if re.search(r"No space left|Disk quota exceeded", text):
        return f"the disk is full.\nHint: make room and {again}."
    if found := re.search(r"DO NOT MATCH THE HASHES|Hash mismatch", text, re.IGNORECASE):
        fault = f"a package is not the one that was pinned ({found[0].lower()})"
        return f"{fault}.\nHint: see which index you use, and {again}."
    if re.search(r"ensurepip|python3-venv", text):
        return (
            f"Python's venv module is incomplete (on Debian: apt-get install python3-venv).\nHint: add it and {again}."
        )
    if re.search(r"dns error|Name or service|name resolution|NewConnectionError|unreachable|Failed to fetch|timed out"
                 r"|Connection refused|client error|No matching distribution", text):  # fmt: skip
        return f"the package index cannot be reached.\nHint: check the network or the proxy, and {again}."
    last = [line.strip() for line in text.splitlines() if line.strip()]
    return f"{last[-1] if last else 'the installer printed nothing.'}\nHint: {again}."


def _require_room(wanted: Pinned) -> None:
    folder = wanted.folder.parent
    free = shutil.disk_usage(folder).free
    if free < wanted.room:
        raise StancebankError(
            f"{folder} has {free / 1e6:.0f} MB free, and the environment of {wanted.name} needs "
            f"{wanted.room / 1e6:.0f} MB.\n"
            "Hint: make room, or name a folder on another disk with XDG_CACHE_HOME."
        )


@contextmanager
def _locked(path: Path, report: ReportProgress) -> Iterator[None]:
    """Hold a lock; while another run holds it, wait and report that."""
    library, start = file_locks(), time.monotonic()
    lock = library.FileLock(path)
    while not lock.is_locked:
        try:
            lock.acquire(timeout=1)
        except library.Timeout:
            report("Waiting for another run that makes the environment", f"{time.monotonic() - start:.0f} s")
    try:
        yield
    finally:
        lock.release()


def size_of(folder: Path) -> int:
    """Return the bytes of all files below a folder; files that are removed meanwhile do not count."""
    total = 0
    for base, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(f"{base}/{name}").st_size
            except OSError:
                continue
    return total
