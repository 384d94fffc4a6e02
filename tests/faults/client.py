"""The command line as a client, in processes of its own that start at once."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.conftest import REPO

PRELOADED = Path(__file__).parent / "preloaded.py"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended. code: minus the signal where it was killed."""

    code: int
    out: str
    err: str


@dataclass(slots=True)
class Clients:
    """Starts commands. The first line of each answer is awaited, so orders cannot overtake one another."""

    _process: subprocess.Popen[str]
    _folder: Path
    _outputs: dict[int, tuple[Path, Path]] = field(default_factory=dict)
    _count: int = 0

    def start(self, *arguments: object, cwd: Path, **env: str) -> int:
        """Start a command; return its pid."""
        self._count += 1
        out, err = (self._folder / f"{self._count}.{name}" for name in ("out", "err"))
        order = {"arguments": [*map(str, arguments)], "cwd": str(cwd), "env": env, "out": str(out), "err": str(err)}
        pid: int = self._order(order)["pid"]
        self._outputs[pid] = out, err
        return pid

    def wait(self, pid: int) -> Ended:
        """Wait until a command has ended."""
        code = self._order({"wait": pid})["code"]
        out, err = (path.read_text("utf-8") if path.is_file() else "" for path in self._outputs.pop(pid))
        return Ended(code, out, err)

    def run(self, *arguments: object, cwd: Path, **env: str) -> Ended:
        """Run a command to its end."""
        return self.wait(self.start(*arguments, cwd=cwd, **env))

    def _order(self, order: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


@contextmanager
def ready_clients() -> Iterator[Clients]:
    """Have a process ready from which commands start at once."""
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(
            [sys.executable, "-X", "utf8", str(PRELOADED)],
            cwd=REPO,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        ) as process,
    ):
        yield Clients(process, Path(folder))
