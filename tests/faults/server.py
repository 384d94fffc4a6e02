"""A server that can be killed and started again on the same data and port."""

import json
import random
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from stancebank.annotate.local import server as local_server
from stancebank.annotate.local.accounts import Login
from stancebank.annotate.local.data import DATABASE
from stancebank.annotate.local.server import (
    LOG,
    RunningServer,
    began,
    is_free,
    keep_port,
    server_variables,
    write_running,
)
from tests.studio import ENVIRONMENT, TOKEN, Studio, lay_studio

SETTINGS = Path(__file__).parent / "settings"
PORTS = range(20000, 30000)  # that no system gives to a client, who could take it while the server is dead


@dataclass(frozen=True, slots=True)
class Preloaded:
    """A process that has loaded Label Studio for a folder, from which servers of it start at once."""

    _orders: socket.socket

    def launch(
        self, folder: Path, _environment: Path, _first: Login | None, plan: RunningServer, lock: int
    ) -> RunningServer:
        """Start a server, as `_launch` of the toolkit does."""
        order = {"log": str(folder / LOG), "port": str(plan.port)}
        socket.send_fds(self._orders, [json.dumps(order).encode()], [lock])
        pid = int(self._orders.recv(100))
        running = RunningServer(pid, began(pid), plan.port, plan.version)
        write_running(folder, running)
        return running


@contextmanager
def preloaded(folder: Path, env: dict[str, str]) -> Iterator[Preloaded]:
    """Have a process ready that has loaded Label Studio. env: more of the environment of its servers."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours:
        with theirs, (folder / "preloaded.log").open("wb") as log:
            process = subprocess.Popen(
                [ENVIRONMENT / "bin/python", SETTINGS / "preloaded_server.py"],
                cwd=folder,
                env=server_variables(folder, None) | env,
                stdin=theirs.fileno(),
                stdout=log,
                stderr=log,
                umask=0o077,
            )
        with process:
            try:
                assert ours.recv(100) == b"ready", (folder / "preloaded.log").read_text("utf-8")
                yield Preloaded(ours)
            finally:
                process.kill()


@dataclass(slots=True)
class MortalStudio:
    """A running server, and its process. source: what it was started from."""

    folder: Path
    source: Preloaded
    running: RunningServer

    @property
    def studio(self) -> Studio:
        """Where it is, the token of its administrator, and the folder it keeps its data in."""
        return Studio(self.running.url, TOKEN, self.folder)

    @property
    def is_alive(self) -> bool:
        """Whether its process runs."""
        return self.running.is_alive()

    def revive(self) -> None:
        """Start it again, on the same data and port, after it was killed."""
        end = time.monotonic() + 30
        while (self.is_alive or not is_free(self.running.port)) and time.monotonic() < end:
            time.sleep(0.01)  # the threads of a killed process hold the port a moment longer than it lives
        before, self.running = self.running, _start(self.folder, self.source)
        assert self.running.pid != before.pid
        assert self.running.port == before.port

    def keep(self, place: Path) -> None:
        """Keep all that it holds in a file."""
        copy_database(self.folder / DATABASE, place)

    def put_back(self, place: Path) -> None:
        """Let it hold what was kept in a file, and nothing else."""
        copy_database(place, self.folder / DATABASE)

    def ask(self, method: str, path: str, **arguments: Any) -> Any:
        """Ask the server itself, without a proxy; return what its JSON says, None where there is none."""
        return self.studio.ask(method, path, **arguments)


def _start(folder: Path, source: Preloaded) -> RunningServer:
    with patch.object(local_server, "_launch", source.launch):
        return local_server.start_server(folder, ENVIRONMENT)


@contextmanager
def mortal_studio(folder: Path, **env: str) -> Iterator[MortalStudio]:
    """Start a server that a fault may kill; end whatever runs of it at the end. env: more of its environment."""
    lay_studio(folder)
    keep_port(folder, next(port for port in random.sample(PORTS, 100) if is_free(port)))
    with preloaded(folder, env) as source:
        server = MortalStudio(folder, source, _start(folder, source))
        try:
            yield server
        finally:
            local_server.stop_server(folder)


def copy_database(source: Path, target: Path) -> None:
    """Copy a database, also from or to one that is in use."""
    with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(target, timeout=60)) as other:
        one.backup(other)
