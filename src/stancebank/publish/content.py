"""The files of a workspace that a folder copies or is fingerprinted by: as they are, or as a release will have them.

A release changes the workspace: its version, its changelog, its card. What it builds is built of the changed files
before they are written, so that a release that fails or is killed has changed nothing.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Content:
    """root: of the workspace. instead: bytes that stand for files of it, by their paths in it."""

    root: Path
    instead: Mapping[str, bytes] = field(default_factory=dict)

    def read(self, name: str) -> bytes | None:
        """Return the bytes of a file, None where there is none."""
        if name in self.instead:
            return self.instead[name]
        path = self.root / name
        return path.read_bytes() if path.is_file() else None

    def text(self, name: str) -> str | None:
        """Return a file's text, None where there is none."""
        data = self.read(name)
        return None if data is None else data.decode()

    def sha256(self, name: str) -> str | None:
        """Return the SHA-256 of a file as 64 hex digits, None where there is none."""
        data = self.read(name)
        return None if data is None else hashlib.sha256(data).hexdigest()

    def changed(self, name: str, data: bytes) -> "Content":
        """Return the same content with one more file that stands for another."""
        return Content(self.root, {**self.instead, name: data})
