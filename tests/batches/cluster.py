"""A Ray cluster on this machine: a head without cores, and machines of one core, each a raylet of its own.

Started as a user starts it, with `ray start` of the engine's environment. Each machine is a session of processes, so
that one can be killed whole; what is left in the end is killed, too.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from stancebank.batches.engine import QUIET
from tests.conftest import REPO

ENVIRONMENT = Path(os.environ.get("STANCEBANK_ENGINE") or REPO / ".venv-engine")
TOKEN = "0123456789abcdef" * 4
PATIENCE = 150.0  # seconds that are waited for a fact before the test fails
_SMALL = ("--object-store-memory=80000000", "--min-worker-port=0", "--max-worker-port=0", "--node-ip-address=127.0.0.1")


def await_fact(what: str, holds: Callable[[], bool]) -> None:
    """Wait until something holds; fail if it does not in time."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, f"not after {PATIENCE:.0f} s: {what}"
        time.sleep(0.05)


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@dataclass
class Machine:
    """A machine of the cluster: the process that started it, and its log."""

    process: subprocess.Popen[bytes]
    log: Path

    def has_started(self) -> bool:
        """Whether Ray runs there. Fails if it has ended."""
        text = self.log.read_text(errors="replace")
        assert self.process.poll() is None, text
        return "Ray runtime started" in text

    def kill(self) -> None:
        """Kill all of its processes at once, as where the power fails."""
        for pid in sorted(_descendants(self.process.pid) | {self.process.pid}):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()


def _stat(pid: int) -> tuple[int, int]:
    """Return the parent and the session of a process; zeros if there is none."""
    try:
        rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0, 0
    return int(rest[1]), int(rest[3])


def _descendants(root: int) -> set[int]:
    """Return the processes that a process started, and those that they started, or that are of its session."""
    found = {root}
    pids = [int(each.name) for each in Path("/proc").iterdir() if each.name.isdigit()]
    stats = {pid: _stat(pid) for pid in pids}
    while more := {pid for pid, (parent, session) in stats.items() if parent in found or session in found} - found:
        found |= more
    return found - {root}


@dataclass
class Cluster:
    """A cluster that runs. address: as --engine takes it."""

    address: str
    machines: list[Machine] = field(default_factory=list)


@contextmanager
def cluster(machines: int, *, paths: tuple[Path, ...] = ()) -> Iterator[Cluster]:
    """Start a head and so many machines, which want a token. paths: folders that their Python finds modules in.

    The machines are waited for one after the other: two at once may take one name for their sockets.
    """
    program = ENVIRONMENT / "bin" / "ray"
    assert program.is_file(), f"there is no engine in {ENVIRONMENT}: scripts/test makes it"
    folder = Path(tempfile.mkdtemp(prefix="ray-", dir="/tmp"))  # sockets must have short names
    variables = {
        **{key: each for key, each in os.environ.items() if not key.startswith(("RAY_", "PYTHONDONTWRITE"))},
        **QUIET, "PYTHONPATH": os.pathsep.join(map(str, paths)), "HOME": str(folder),
        "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": TOKEN, "GRPC_ENABLE_FORK_SUPPORT": "0",
        "RAY_health_check_initial_delay_ms": "0", "RAY_health_check_period_ms": "1000",
        "RAY_health_check_timeout_ms": "2000", "RAY_health_check_failure_threshold": "3",
    }  # fmt: skip
    started: list[Machine] = []

    def start(*options: str) -> Machine:
        log = folder / f"log-{len(started)}"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [program, "start", *options, *_SMALL, "--block"],
                env=variables, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip
        started.append(Machine(process, log))
        return started[-1]

    try:
        port, clients = free_port(), free_port()
        head = start("--head", f"--port={port}", f"--ray-client-server-port={clients}", "--num-cpus=0",
                     "--include-dashboard=false", f"--temp-dir={folder}")  # fmt: skip
        await_fact("the head of the cluster starts", head.has_started)
        running = Cluster(f"ray://127.0.0.1:{clients}")
        for _ in range(machines):
            running.machines.append(start(f"--address=127.0.0.1:{port}", "--num-cpus=1"))
            await_fact("a machine of the cluster starts", running.machines[-1].has_started)
        await_fact("clients are listened to", lambda: _listens(clients))
        yield running
    finally:
        for each in reversed(started):
            each.kill()
        left = _of_folder(folder)
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        shutil.rmtree(folder, ignore_errors=True)


def _of_folder(folder: Path) -> list[int]:
    """Return the processes whose command names a folder."""
    found = []
    for each in Path("/proc").iterdir():
        with suppress(OSError):
            if re.fullmatch(r"\d+", each.name) and str(folder).encode() in (each / "cmdline").read_bytes():
                found.append(int(each.name))
    return found


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True
