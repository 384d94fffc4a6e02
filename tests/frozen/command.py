"""The command line, run in this process from its entry point: the way of every frozen test into the toolkit."""

import os
import sys
from collections.abc import Iterator
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any
from unittest.mock import patch


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


def run(*arguments: object, cwd: Path, **env: str) -> Ended:
    """Run a command in a folder, as `stancebank ARGUMENTS` does. env: added to the environment."""
    from stancebank.cli import main

    out, err = StringIO(), StringIO()
    code: Any = 0
    with (
        patch.object(sys, "argv", ["stancebank", *map(str, arguments)]),
        patch.dict(os.environ, env),
        chdir(cwd),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as error:
            code = error.code
    return Ended(code if isinstance(code, int) else int(code is not None), out.getvalue(), err.getvalue())


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
