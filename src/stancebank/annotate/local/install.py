"""The environment of the local server: a Python environment of its own, since Label Studio pins another pyarrow.

All workspaces share one, in the user's cache folder. It is made from the toolkit's own lock, with pins and hashes, and
is complete only once it holds its stamp; what an interrupted run left is removed and made again.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from pathlib import Path

from platformdirs import user_cache_path

from stancebank.errors import InputError, StancebankError
from stancebank.records import file_locks

ReportProgress = Callable[[str, str], None]
"""Called with what is being done, which stays the same for a while, and its progress, which changes all the time."""

VARIABLE = "STANCEBANK_STUDIO"
ROOM = 2_000_000_000  # bytes: the environment takes 1 GB, and its packages are fetched before they are unpacked
_STAMP = "stancebank-made"
_HERE = Path(__file__).parent


def report_nothing(_what: str, _how_far: str) -> None:
    """Report nothing."""


@cache
def read_lock() -> str:
    """Return the pins of the server and its dependencies: from beside this module, or from the checkout."""
    packed = _HERE / "studio.lock"
    return (packed if packed.is_file() else _HERE.parents[3] / "requirements" / "studio.lock").read_text("utf-8")


def wanted_version() -> str:
    """Return the version of Label Studio that the lock pins, with which the toolkit was tested."""
    found = re.search(r"^label-studio==(\S+)", read_lock(), re.MULTILINE)
    assert found, "the lock pins the server"
    return found[1]


def cache_folder() -> Path:
    """Return where the toolkit installs the environment: below the user's cache folder."""
    return user_cache_path("stancebank", appauthor=False) / f"label-studio-{wanted_version()}"


def _earlier_folder() -> Path:
    """Return where earlier versions installed it, on every system: below $XDG_CACHE_HOME, or ~/.cache."""
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    base = named if named.is_absolute() else Path.home() / ".cache"
    return base / "stancebank" / f"label-studio-{wanted_version()}"


def server_program(environment: Path) -> Path:
    """Return the program of an environment that starts the server."""
    return environment / "bin" / "label-studio"


def installed_version(environment: Path) -> str | None:
    """Return the version of Label Studio in an environment, or None if there is no complete one."""
    found = sorted(environment.glob("lib/python3*/site-packages/label_studio-*.dist-info/METADATA"))
    if not found or not server_program(environment).is_file():
        return None
    return found[0].parent.name.removeprefix("label_studio-").removesuffix(".dist-info")


def find_environment(named: Path | None) -> Path | None:
    """Return the environment to use, or None if it has yet to be made.

    named: one that the user has made. Raises InputError if it holds no server.
    """
    if named is not None:
        if installed_version(named) is None:
            raise InputError(
                f"{named} is not an environment with Label Studio.\n"
                f"Hint: name another with {VARIABLE} or --environment; or none, and one is made."
            )
        return named.absolute()
    for folder in (cache_folder(), _earlier_folder()):
        if _stamp(folder) == _state() and installed_version(folder):
            return folder
    return None


def make_environment(report: ReportProgress = report_nothing) -> Path:
    """Make the environment in the cache folder, unless another run has just done it, and return it.

    Raises StancebankError if there is no network, no space, or it cannot be made; a rerun starts again.
    """
    folder = cache_folder()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _locked(folder.with_name(folder.name + ".lock"), report):
        what = f"Installing Label Studio {wanted_version()} into {folder} (about 1 GB, once for all workspaces)"
        if (made := find_environment(None)) is not None:
            return made
        _require_room(folder.parent)
        shutil.rmtree(folder, ignore_errors=True)
        log = folder.with_name(folder.name + ".log")
        log.write_bytes(b"")
        pins = folder.with_name(folder.name + ".lock.txt")
        pins.write_text(read_lock(), encoding="utf-8")
        for command in _commands(folder, pins):
            _run(command, folder, log, what, report)
        (folder / _STAMP).write_text(_state(), encoding="utf-8")
        pins.unlink()
    return folder


def _commands(folder: Path, pins: Path) -> list[list[str]]:
    python = str(folder / "bin" / "python")
    if uv := shutil.which("uv"):
        return [
            [uv, "venv", "--python", sys.executable, str(folder)],
            [uv, "pip", "install", "--python", python, "--require-hashes", "-r", str(pins)],
        ]
    options = ["--require-hashes", "--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
    return [
        [sys.executable, "-m", "venv", str(folder)],
        [python, "-m", "pip", "install", *options, "-r", str(pins)],
    ]


def _run(command: list[str], folder: Path, log: Path, what: str, report: ReportProgress) -> None:
    start = time.monotonic()
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
    try:
        while process.poll() is None:
            report(what, f"{size_of(folder) / 1e6:.0f} MB, {time.monotonic() - start:.0f} s")
            try:
                process.wait(2)
            except subprocess.TimeoutExpired:
                continue
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
    if process.returncode:
        raise StancebankError(f"Label Studio could not be installed: {_fault(log)}")


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


def _require_room(folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < ROOM:
        raise StancebankError(
            f"{folder} has {free / 1e6:.0f} MB free, and Label Studio's environment needs {ROOM / 1e6:.0f} MB.\n"
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


def _state() -> str:
    return sha256(read_lock().encode()).hexdigest()


def _stamp(folder: Path) -> str:
    path = folder / _STAMP
    return path.read_text("utf-8") if path.is_file() else ""


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
