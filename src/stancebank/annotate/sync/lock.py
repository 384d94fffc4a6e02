"""One push or pull at a time in a workspace: a second one waits a little, then says who is at it."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stancebank.errors import ConflictError

FILE = "lock"


class BusyError(ConflictError):
    """Another push or pull is at work in the workspace."""


@contextmanager
def holding(folder: Path, what: str, seconds: float = 5.0) -> Iterator[None]:
    """Hold the lock of a workspace. folder: see `stancebank.annotate.connection.LOCAL`. what: push or pull.

    Raises BusyError where another one holds it longer than that. A lock dies with its process.
    """
    folder.mkdir(parents=True, exist_ok=True)
    end = time.monotonic() + seconds
    with (folder / FILE).open("a+") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    file.seek(0)
                    who = file.read().strip() or "another process"
                    raise BusyError(f"{who} is at work in this workspace.\nHint: wait until it is done.") from None
                time.sleep(0.1)
        file.truncate(0)
        file.write(f"{what}, process {os.getpid()},")
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)
