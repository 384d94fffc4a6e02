"""Where the records of a corpus are kept: what a store asks of files, or of a table.

Names are those that files have in a workspace, such as ``corpus/gold/<id>.json``, whatever keeps them: findings,
commands and releases speak of them, and what is kept moves from one kind to the other without a byte changed.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Protocol

STORED = (
    "corpus/articles",
    "corpus/texts",
    "corpus/gold",
    "corpus/annotations",
    "corpus/adjudications",
    "corpus/suggestions",
    ".stancebank/texts",
)
"""Folders whose files grow with the number of articles; all else is files in every workspace."""

LOCAL = ".stancebank/"
"""What names begin with whose bytes never leave the machine: words that may not be published."""


class Backend(Protocol):
    """What keeps records by name. All bytes are as they were given."""

    def names(self, folder: str) -> list[str]:
        """Return the names of all that lies in a folder, itself and below it, sorted."""
        ...

    def read(self, name: str) -> bytes | None:
        """Return what has a name, or None."""
        ...

    def read_all(self, names: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Yield names with what they have, in the order that was asked for, without those that there are not."""
        ...

    def write(self, files: Mapping[str, bytes], gone: Collection[str] = ()) -> set[str]:
        """Write files and remove others: all or nothing, whenever the process is killed. Return what changed.

        What has those bytes already is not written.
        """
        ...

    def fingerprints(self, folder: str) -> dict[str, str]:
        """Return the SHA-256 of all that lies in a folder, by name, without reading what is known already."""
        ...
