"""A server that can be killed and started again on the same data and port."""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from stancebank.annotate.local import server as local_server
from stancebank.annotate.local.server import RunningServer, is_free, keep_port, server_variables
from tests.studio import ENVIRONMENT, TOKEN, Studio, lay_studio

PORTS = range(20000, 30000)  # that no system gives to a client, who could take it while the server is dead


@dataclass(slots=True)
class MortalStudio:
    """A running server, and its process. env: more of its environment."""

    folder: Path
    env: dict[str, str]
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
        before, self.running = self.running, _start(self.folder, self.env)
        assert self.running.pid != before.pid
        assert self.running.port == before.port

    def ask(self, method: str, path: str, **arguments: Any) -> Any:
        """Ask the server itself, without a proxy; return what its JSON says, None where there is none."""
        return self.studio.ask(method, path, **arguments)


def _start(folder: Path, env: dict[str, str]) -> RunningServer:
    with patch.object(local_server, "server_variables", lambda *given: server_variables(*given) | env):
        return local_server.start_server(folder, ENVIRONMENT)


@contextmanager
def mortal_studio(folder: Path, **env: str) -> Iterator[MortalStudio]:
    """Start a server that a fault may kill; end whatever runs of it at the end. env: more of its environment."""
    lay_studio(folder)
    keep_port(folder, next(port for port in random.sample(PORTS, 100) if is_free(port)))
    server = MortalStudio(folder, env, _start(folder, env))
    try:
        yield server
    finally:
        local_server.stop_server(folder)
