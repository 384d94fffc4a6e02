"""Daft, here or on a Ray cluster: it runs a stage in an environment of its own, and the batches come back in order.

Daft wants an older pyarrow than the toolkit, and another pyarrow writes other bytes. So Daft's process is another one
(`driver.py`). It is given windows of batches as files and gives back files; this process has its own pyarrow, holds one
batch at a time, and sorts and writes what comes back.

The address is ``daft``, or ``ray://HOST:PORT`` of a cluster; ``?shards=N`` says in how many parts a window is split.
"""

import json
import os
import re
import select
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from itertools import chain
from pathlib import Path
from typing import Any

from stancebank import errors
from stancebank.environments import (
    Pinned,
    ReportProgress,
    cache_place,
    make,
    packed_lock,
    pinned_version,
    report_nothing,
)
from stancebank.errors import InputError, StancebankError

VARIABLE = "STANCEBANK_ENGINE"
INSTALL = "run `stancebank engine install` (about 1 GB, a minute)"
ROOM = 2_000_000_000  # bytes: it takes 1 GB, and its packages are fetched before they are unpacked
WAIT = 240.0  # seconds until an engine has to be ready; a cluster starts processes on its machines first
REACH = 5.0  # seconds until the head of a cluster has to take a connection
WINDOW, WEIGHT = 1024, 128_000_000  # batches, and their bytes, that an engine is given at once: at least so many,
PARTS, PART = 32, 32_000_000  # or so many for each core, since a process is started for each core in each window

QUIET = {
    "DAFT_ANALYTICS_ENABLED": "0",
    "DO_NOT_TRACK": "true",
    "SCARF_NO_ANALYTICS": "true",
    "RAY_USAGE_STATS_ENABLED": "0",
    "DAFT_PROGRESS_BAR": "0",
}
"""Variables by which Daft and Ray send nothing home, and draw nothing."""


USED = ("dateparser", "fastwarc", "ftfy", "lxml", "msgspec", "regex", "rensa", "resiliparse", "scikit-learn", "spacy",
        "trafilatura")  # fmt: skip
"""Packages whose version may change what a stage finds."""


@dataclass(frozen=True, slots=True)
class EngineAddress:
    """Where an engine runs. cluster: the address of Ray; "" for this machine. shards: 0 where the engine chooses."""

    cluster: str
    shards: int = 0


def read_address(said: str) -> EngineAddress:
    """Return the address that is meant. Raises InputError where it is none."""
    found = re.fullmatch(r"(daft|ray://[^\s/?#:]+:(\d{1,5}))(?:\?shards=([1-9]\d{0,4}))?", said)
    if found is None or (found[2] and not 0 < int(found[2]) < 65536):
        raise InputError(
            f"There is no engine {said!r}.\nHint: write daft, or ray://HOST:PORT of a Ray cluster, where PORT is that "
            "of its clients, by default 10001; ?shards=N after it splits the work in N parts."
        )
    return EngineAddress("" if found[1] == "daft" else found[1], int(found[3] or 0))


@cache
def read_lock() -> str:
    """Return the pins of the engine: from beside this module, or from the checkout."""
    return packed_lock(Path(__file__).parent, "engine.lock")


def wanted_environment() -> Pinned:
    """Return what the environment is to be, and where."""
    folder = cache_place(f"engine-{pinned_version(read_lock(), 'daft')}")
    lock = read_lock()
    name = f"Daft {pinned_version(lock, 'daft')} and Ray"
    return Pinned(folder, name, pinned_version(lock, "ray"), lock, "about 1 GB", ROOM)


def python_of(environment: Path) -> Path:
    """Return the Python of an environment."""
    return environment / "bin" / "python"


def find_environment() -> Path | None:
    """Return the environment: that which $STANCEBANK_ENGINE names, or the one that was made; None if there is none.

    Raises InputError where the named one holds no Daft.
    """
    named = os.environ.get(VARIABLE)
    if named:
        if (
            not list(Path(named).glob("lib/python3*/site-packages/daft/__init__.py"))
            or not python_of(Path(named)).exists()
        ):
            raise InputError(
                f"{named} is not an environment with Daft.\nHint: name another with {VARIABLE}; or none, and {INSTALL}."
            )
        return Path(named).absolute()
    wanted = wanted_environment()
    return wanted.folder if wanted.is_made() else None


def install(report: ReportProgress = report_nothing) -> Path:
    """Make the environment, if there is none, with this toolkit in it, and return it. Raises as `make` does."""
    folder = find_environment() or make(wanted_environment(), find_environment, report)
    put_toolkit(folder)
    return folder


def put_toolkit(environment: Path) -> None:
    """Let an environment have this toolkit, by a link: a machine of a cluster imports stages from there."""
    (packages,) = environment.glob("lib/python3*/site-packages")
    package, link = Path(errors.__file__).parent, packages / "stancebank"
    if link.is_symlink() and link.resolve() == package.resolve():
        return
    new = packages / f".stancebank-{os.getpid()}"
    new.symlink_to(package)
    new.replace(link)


@cache
def toolkit_state() -> str:
    """Return the version of this toolkit, and the first letters of a hash of its files: equal ones give equal bytes."""
    package = Path(errors.__file__).parent
    found = sha256()
    for path in sorted(package.rglob("*.py")):
        found.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    named = re.search(r'__version__ = "(.*)"', (package / "__init__.py").read_text("utf-8"))
    return f"{named[1] if named else '?'} ({found.hexdigest()[:12]})"


def other_versions(about: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Return the packages that are here in another version than on an engine: here, and there.

    about: as `check_engine` returns it. What is not installed here is left out.
    """
    found = {}
    for name in USED:
        try:
            here = version(name)
        except PackageNotFoundError:
            continue
        if here != about["versions"][name]:
            found[name] = (here, about["versions"][name])
    return found


def check_engine(said: str) -> dict[str, Any]:
    """Start an engine, let each of its machines say what it has, and return that. Raises what `run_on` raises.

    The result has ``versions``, and ``nodes``: name, cores and versions of each machine; both as `driver.py` has them.
    """
    with _started(said, "") as driver:
        return driver.about


def run_on(stage: str, batches: Iterable[bytes], settings: Mapping[str, Any], said: str) -> Iterator[bytes]:
    """Run a stage on an engine: as `run` of `run.py`, with its address.

    While the engine works on a window of batches, the next one is made here; both lie in a temporary folder. Raises
    InputError for an address that is none; StancebankError where the engine is not installed, cannot be reached, has
    other versions than this machine, or stops; and what the stage raises.
    """
    rest = iter(batches)
    first = next(rest, None)
    if first is None:
        return
    with _started(said, stage, settings) as driver:
        cores = sum(each["cores"] for each in driver.about["nodes"])
        windows = _windows(chain([first], rest), max(WINDOW, PARTS * cores), max(WEIGHT, PART * cores))
        waiting: list[tuple[Path, int]] = []
        for number, window in enumerate(windows):
            folder = driver.folder / f"w{number}"
            folder.mkdir()
            count = 0
            for batch in window:
                (folder / f"{count:06}").write_bytes(batch)
                count += 1
            driver.send({"folder": str(folder), "count": count})
            waiting.append((folder, count))
            if len(waiting) > 1:
                yield from driver.results(*waiting.pop(0))
        for each in waiting:
            yield from driver.results(*each)


def _windows(rest: Iterator[bytes], many: int, heavy: int) -> Iterator[Iterator[bytes]]:
    """Yield batches in windows of at most so many, and of about so many bytes; each is read before the next one."""

    def window(first: bytes) -> Iterator[bytes]:
        yield first
        count, weight = 1, len(first)
        while count < many and weight < heavy:
            batch = next(rest, None)
            if batch is None:
                return
            yield batch
            count, weight = count + 1, weight + len(batch)

    for first in rest:
        yield window(first)


@dataclass(slots=True)
class _Driver:
    """Daft's process. about: what it says of itself when it is ready."""

    process: subprocess.Popen[bytes]
    folder: Path
    said: str
    about: dict[str, Any]

    def send(self, message: Mapping[str, Any]) -> None:
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps(message).encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise self.stopped() from None

    def receive(self, wait: float | None = None) -> dict[str, Any]:
        """Return its next message; wait: seconds until it has to come."""
        assert self.process.stdout is not None
        if wait is not None and not select.select([self.process.stdout], [], [], wait)[0]:
            raise StancebankError(
                f"The engine {self.said} was not ready after {wait:.0f} s.\n"
                "Hint: see whether the cluster has machines with free cores: `ray status` on one of them."
            )
        line = self.process.stdout.readline()
        if not line:
            raise self.stopped()
        message: dict[str, Any] = json.loads(line)
        if "error" in message:
            raise _raised(message, self.said)
        return message

    def results(self, folder: Path, count: int) -> Iterator[bytes]:
        """Yield the results of a window in order, and remove it."""
        self.receive()
        for number in range(count):
            path = folder / f"{number:06}.out"
            found = path.read_bytes()
            path.unlink()
            if found[:1] != b"\0":
                raise _raised(json.loads(found[1:]), self.said)
            yield found[1:]
        folder.rmdir()

    def stopped(self) -> StancebankError:
        """Return the error that it stopped, with the last line that it printed."""
        code = self.process.wait()
        lines = (self.folder / "log").read_text("utf-8", errors="replace").split("\n")
        last = next((line.strip() for line in reversed(lines) if line.strip()), "it printed nothing")
        return StancebankError(
            f"The engine {self.said} stopped (exit code {code}): {errors.shorten(last, 300)}\n"
            "Hint: run it again, or without --engine; what was written until now is whole."
        )


def _raised(message: Mapping[str, Any], said: str) -> Exception:
    """Return the exception that a driver or a stage tells of: of the same class, if it is one of the toolkit's own."""
    found = getattr(errors, str(message["error"]), None)
    if isinstance(found, type) and issubclass(found, StancebankError):
        return found(message["message"])
    return RuntimeError(f"on the engine {said}: {message['error']}: {message['message']}")


@contextmanager
def _started(said: str, stage: str, settings: Mapping[str, Any] | None = None) -> Iterator[_Driver]:
    """Start Daft's process, and stop it in the end; its files are in a temporary folder until then."""
    address = read_address(said)
    environment = find_environment()
    if environment is None:
        raise StancebankError(f"The engine {said} is not installed on this machine.\nHint: {INSTALL}.")
    if address.cluster:
        _reach(address.cluster)
    folder = Path(tempfile.mkdtemp(prefix="stancebank-engine-"))
    try:
        (folder / "path").mkdir()
        (folder / "path" / "stancebank").symlink_to(Path(errors.__file__).parent)
        found = [str(folder / "path"), *filter(None, [os.environ.get("PYTHONPATH")])]
        variables = {**os.environ, **QUIET, "PYTHONPATH": os.pathsep.join(found)}
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [str(python_of(environment)), "-c", "from stancebank.batches.driver import main; main()"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, env=variables, cwd=folder,
            )  # fmt: skip
        try:
            driver = _Driver(process, folder, said, {})
            driver.send(
                {"cluster": address.cluster, "shards": address.shards, "stage": stage, "settings": dict(settings or {}),
                 "toolkit": toolkit_state()}
            )  # fmt: skip
            driver.about = driver.receive(WAIT)
            yield driver
        finally:
            _stop(process)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Let a process end by itself, since its work is done; if it does not, it is killed."""
    for each in (process.stdin, process.stdout):
        with suppress(BrokenPipeError):
            if each is not None:
                each.close()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _reach(cluster: str) -> None:
    """Raise StancebankError unless something listens at the address of a cluster."""
    host, port = cluster.removeprefix("ray://").split(":")
    start = time.monotonic()
    try:
        socket.create_connection((host, int(port)), REACH).close()
    except OSError as error:
        reason = error.strerror or f"no answer after {time.monotonic() - start:.0f} s"
        raise StancebankError(
            f"The Ray cluster at {cluster} cannot be reached: {reason}.\n"
            "Hint: see whether its head runs, and whether the port is that of its clients (--ray-client-server-port of "
            "`ray start`, by default 10001)."
        ) from None
