"""Views on disk: written a row group at a time into files of a bounded number of rows, and read back the same way."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import overload

from stancebank.publish.card.metadata import SPLIT, ViewFacts
from stancebank.publish.folder import file_sha256
from stancebank.publish.parquet import ROW_GROUP_SIZE, ContentHash, TableWriter, make_table, read_groups, table_rows
from stancebank.publish.tables import Row, Table

ROWS_PER_FILE = 50_000
"""With two kilobytes a row, compressed, about 100 MB: a fifth of what the Hub's own tools put into one file."""


class ViewWriter:
    """Writes the rows of a view below a folder, as ``<view>/<split>-0000N-of-0000M.parquet``.

    Every file but the last one holds rows_per_file rows, so that the same rows make the same files. No more than one
    row group is held in memory. A view without rows leaves nothing.
    """

    def __init__(self, folder: Path, view: Table, about: dict[str, str], rows_per_file: int = ROWS_PER_FILE) -> None:
        self._folder, self._view = folder / view.name, view
        self._about = about | {"view": view.name}
        self._rows_per_file = rows_per_file
        self._pending: list[Row] = []
        self._writer: TableWriter | None = None
        self._parts: list[Path] = []
        self._rows = 0
        self._hash = ContentHash(view)

    def add(self, rows: Iterable[Row]) -> None:
        """Take more rows, in their order."""
        self._pending += rows
        while len(self._pending) >= self._room():
            self._flush(self._room())

    def close(self) -> ViewFacts | None:
        """Finish the files and say what was written; None where there were no rows."""
        while self._pending:
            self._flush(min(len(self._pending), self._room()))
        self._close_file()
        if not self._rows:
            return None
        names = [f"{SPLIT}-{number:05}-of-{len(self._parts):05}.parquet" for number in range(len(self._parts))]
        paths = [part.rename(self._folder / name) for part, name in zip(self._parts, names, strict=True)]
        return ViewFacts(
            view=self._view,
            files=tuple(f"{self._view.name}/{name}" for name in names),
            rows=self._rows,
            sizes=tuple(path.stat().st_size for path in paths),
            table_bytes=sum(table.nbytes for path in paths for table in read_groups(path)),
            sha256=tuple(file_sha256(path) for path in paths),
            content_hash=self._hash.hexdigest(),
        )

    def _room(self) -> int:
        """How many rows the next row group holds at most."""
        return min(ROW_GROUP_SIZE, self._rows_per_file - self._rows % self._rows_per_file)

    def _flush(self, count: int) -> None:
        if self._writer is None:
            self._folder.mkdir(exist_ok=True)
            self._parts.append(self._folder / f"{len(self._parts)}.part")
            self._writer = TableWriter(self._view, self._parts[-1], self._about)
        table = make_table(self._view, self._pending[:count])
        self._writer.write(table)
        self._hash.update(table)
        self._rows += count
        del self._pending[:count]
        if self._rows % self._rows_per_file == 0:
            self._close_file()

    def _close_file(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None


@dataclass(frozen=True, slots=True)
class Written(Sequence[Row]):
    """The rows of a view as they lie in a folder, read a row group at a time whenever somebody goes over them."""

    paths: tuple[Path, ...]
    length: int
    columns: tuple[str, ...] | None = None

    def __iter__(self) -> Iterator[Row]:
        for path in self.paths:
            for table in read_groups(path, self.columns):
                yield from table_rows(table)

    def __len__(self) -> int:
        return self.length

    @overload
    def __getitem__(self, place: int) -> Row: ...
    @overload
    def __getitem__(self, place: slice) -> list[Row]: ...
    def __getitem__(self, place: int | slice) -> Row | list[Row]:
        return list(self)[place]

    def of(self, columns: Iterable[str] | None) -> "Written":
        """Return the same rows with these columns only; None for all."""
        return replace(self, columns=None if columns is None else tuple(columns))


class Stream:
    """The rows of a view, taken article by article: those of an article stand together."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = iter(rows)
        self._next = next(self._rows, None)

    def peek(self) -> Row | None:
        """Return the next row without going on; None at the end."""
        return self._next

    def take(self, article_id: str) -> list[Row]:
        """Return the next rows that belong to an article."""
        found = []
        while self._next is not None and self._next.get("article_id") == article_id:
            found.append(self._next)
            self._next = next(self._rows, None)
        return found

    def rest(self) -> Iterator[Row]:
        """Yield all rows that are left."""
        while self._next is not None:
            yield self._next
            self._next = next(self._rows, None)


def written(folder: Path, facts: ViewFacts) -> Written:
    """Return the rows of a view of a folder."""
    return Written(tuple(folder / file for file in facts.files), facts.rows)
