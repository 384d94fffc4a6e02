"""The command line, run in this process from its entry point: what it prints, and how it ends."""

import io
import os
import subprocess
import sys
import traceback
from contextlib import chdir, nullcontext, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any
from unittest.mock import patch

from stancebank import records
from stancebank.schema import validate

_ONCE_A_PROCESS = (records._clear_once, validate._version)
"""What is done or read once a process, and so anew by each command."""

CONSOLE = "cp1252"
"""The encoding that the system gives to what is redirected: every command prints UTF-8 all the same."""


def call(*arguments: object, cwd: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a command as `stancebank ARGUMENTS` does. What would be a traceback is raised. env: added to the environment.

    It takes none of the seconds that a process of its own takes to load. A test that is about a process (its signals,
    streams, environment or what it loads) starts one, see `call_process`.
    """
    from stancebank.cli import main

    for kept in _ONCE_A_PROCESS:
        kept.cache_clear()
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding=CONSOLE, write_through=True) for _ in range(2))
    code: Any = 0
    with (
        patch.object(sys, "argv", ["stancebank", *map(str, arguments)]),
        patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO())),
        patch.dict(os.environ, env),
        nullcontext() if cwd is None else chdir(cwd),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as stop:
            code = stop.code
    code = code if isinstance(code, int) else int(code is not None)
    return subprocess.CompletedProcess(
        sys.argv, code, *(each.buffer.getvalue().decode(errors="surrogateescape") for each in (out, err))
    )


def call_whole(*arguments: object, cwd: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a command as `call` does; like a process, it never raises: a traceback is printed, and the code is 1."""
    try:
        return call(*arguments, cwd=cwd, **env)
    except Exception:
        return subprocess.CompletedProcess([*map(str, arguments)], 1, "", traceback.format_exc())


def call_process(*arguments: object, cwd: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own. Returns what subprocess.run returns, never raises."""
    return subprocess.run(
        [sys.executable, "-c", "from stancebank.cli import main; main()", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONUTF8": "1", **env},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def read_terminal(side: int, errors: str = "strict") -> str:
    """Return what a terminal showed until all of its other ends were closed, with plain line ends; and close it."""
    shown = b""
    while True:
        try:
            part = os.read(side, 65536)
        except OSError:  # on Linux, this is how the end is told
            break
        if not part:
            break
        shown += part
    os.close(side)
    return shown.decode("utf-8", errors).replace("\r\n", "\n")
