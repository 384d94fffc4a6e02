"""A server that can be killed and started again on the same data and port, and what is in it."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.studio import TOKEN, Studio, find_port, launch, lay_data


@dataclass(slots=True)
class MortalStudio:
    """A running server, its data and its process."""

    folder: Path
    port: int
    env: dict[str, str]
    process: subprocess.Popen[bytes]

    @property
    def studio(self) -> Studio:
        """Where it is, and the token of its only user."""
        return Studio(f"http://127.0.0.1:{self.port}", TOKEN)

    @property
    def is_alive(self) -> bool:
        """Whether its process runs."""
        return self.process.poll() is None

    def revive(self) -> None:
        """Start it again, on the same data and port, after it was killed."""
        self.process.wait(20)
        self.process = launch(self.folder, self.port, **self.env)

    def ask(self, method: str, path: str, **arguments: Any) -> Any:
        """Ask the server itself, without a proxy; return what its JSON says, None where there is none."""
        import httpx

        headers = {"Authorization": f"Token {TOKEN}"} | arguments.pop("headers", {})
        url = self.studio.url + path
        answer = httpx.request(method, url, headers=headers, timeout=60, trust_env=False, **arguments)
        answer.raise_for_status()
        return answer.json() if answer.content else None


@contextmanager
def mortal_studio(folder: Path, **env: str) -> Iterator[MortalStudio]:
    """Start a server that a fault may kill; end whatever runs of it at the end. env: more of its environment."""
    lay_data(folder)
    port = find_port()
    server = MortalStudio(folder, port, env, launch(folder, port, **env))
    try:
        yield server
    finally:
        server.process.kill()
        server.process.wait()
