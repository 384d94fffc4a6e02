"""A command that is killed at one of the calls by which it writes: what a power cut or an impatient user does."""

import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from stancebank.cli import stancebank


def killed_at(number: int, calls: Sequence[str], root: Path, *arguments: object) -> bool:
    """Run a command in a process of its own that is killed at the n-th of some calls of `os`, counted from 0.

    Return whether it came so far.
    """
    child = os.fork()
    if child == 0:
        left = number

        def killing(call: Callable[..., Any]) -> Callable[..., Any]:
            def wrapped(*given: Any, **named: Any) -> Any:
                nonlocal left
                if left <= 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                left -= 1
                return call(*given, **named)

            return wrapped

        for name in calls:
            setattr(os, name, killing(getattr(os, name)))
        try:
            CliRunner().invoke(stancebank, ["-w", str(root), *map(str, arguments)])
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])
