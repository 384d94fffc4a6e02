"""What a command does to the disk: files opened for writing, renames, removals and calls of fsync, in their order."""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch

_PART = re.compile(r"\.[0-9a-f]{8}\.part$")  # of a file that is not finished
_LOCK = "lock"  # a file that is not content
_WRITING = os.O_WRONLY | os.O_RDWR


class Recorder:
    """Notes what happens below a folder while it is on."""

    def __init__(self) -> None:
        self._root: Path | None = None
        self._events: list[list[str]] = []
        self._opened: list[str] = []

    @contextmanager
    def watching(self, root: Path) -> Iterator[list[list[str]]]:
        """Yield the list that is filled while the block runs."""
        self._root, self._events, self._opened = root, [], []
        synced = os.fsync

        def fsync(file: Any) -> None:
            number = file if isinstance(file, int) else file.fileno()
            self._note("fsync", self._path_of(number))
            synced(number)

        with patch.object(os, "fsync", fsync):
            try:
                yield self._events
            finally:
                self._root = None

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Take an audit event of the interpreter."""
        if self._root is None:
            return
        if event == "open":
            path, mode, flags = arguments
            writes = any(letter in mode for letter in "wax+") if isinstance(mode, str) else bool(flags & _WRITING)
            if writes and isinstance(path, str | bytes | os.PathLike):
                self._opened.append(os.fsdecode(path))
                self._note("open", os.fsdecode(path))
        elif event in ("os.rename", "os.link", "os.symlink"):
            self._note(event.removeprefix("os."), *map(os.fsdecode, arguments[:2]))
        elif event in ("os.remove", "os.rmdir", "os.truncate", "shutil.rmtree") and _is_there(arguments[0]):
            self._note(event.rpartition(".")[2], os.fsdecode(arguments[0]))

    def _note(self, what: str, *paths: str) -> None:
        if self._root is None:
            return
        named = []
        for path in paths:
            with suppress(ValueError):
                relative = Path.cwd().joinpath(path).relative_to(self._root).as_posix()
                if relative.rpartition("/")[2].removesuffix(".holder") != _LOCK:
                    named.append(_PART.sub(".HEX.part", relative))
        if named:
            self._events.append([what, *named])

    def _path_of(self, number: int) -> str:
        there = os.fstat(number)
        for path in reversed(self._opened):
            with suppress(OSError):
                if os.path.samestat(Path(path).stat(), there):
                    return path
        return str(self._root / "a folder" if self._root else "")


def _is_there(path: Any) -> bool:
    return isinstance(path, str | bytes | os.PathLike) and os.path.lexists(path)


RECORDER = Recorder()
sys.addaudithook(RECORDER.hear)  # which the interpreter keeps to its end
