"""The command line, run in this process from its entry point: the way of every frozen test into the toolkit."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from tests.command import call


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


def run(*arguments: object, cwd: Path, **env: str) -> Ended:
    """Run a command in a folder, as `stancebank ARGUMENTS` does. env: added to the environment."""
    ended = call(*arguments, cwd=cwd, **env)
    return Ended(ended.returncode, ended.stdout, ended.stderr)


def require(*arguments: object, cwd: Path, **env: str) -> Ended:
    """Run a command that has to succeed."""
    ended = run(*arguments, cwd=cwd, **env)
    assert ended.code == 0, ended.err
    return ended


@contextmanager
def without_server() -> Iterator[None]:
    """Take away what the environment says of a server."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("LABEL_STUDIO")}
    with patch.dict(os.environ, kept, clear=True):
        yield
