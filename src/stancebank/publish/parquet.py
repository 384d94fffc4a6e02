"""Parquet files: the one door to pyarrow.

The bytes of a file depend on its rows, its schema and the version of pyarrow, and on nothing else. What does not
depend on pyarrow either is the content hash.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stancebank.publish.tables import ListOf, Struct, Table, Type, type_name

if TYPE_CHECKING:
    import pyarrow as pa

ROW_GROUP_SIZE = 2000
"""Rows that are held in memory and written at once."""

ROWS_AT_ONCE = 100
"""Rows of a row group that are made Python values at once."""

COMPRESSION_LEVEL = 3


def arrow_schema(table: Table) -> "pa.Schema":
    """Return the Arrow schema of a view."""
    import pyarrow as pa

    return pa.schema([pa.field(column.name, _arrow_type(column.type)) for column in table.columns])


def make_table(table: Table, rows: Sequence[dict[str, Any]]) -> "pa.Table":
    """Return the rows of a view as an Arrow table in one chunk."""
    import pyarrow as pa

    return pa.Table.from_pylist(list(rows), schema=arrow_schema(table)).combine_chunks()


class TableWriter:
    """Writes the rows of a view to one file, a row group at a time.

    zstd, a page index, no time stamps, no schema of Arrow's own. about: what the file says of itself, as key-value
    metadata.
    """

    def __init__(self, table: Table, path: Path, about: dict[str, str]) -> None:
        import pyarrow.parquet as pq

        self._about = about
        self._writer = pq.ParquetWriter(
            path,
            arrow_schema(table),
            compression="zstd",
            compression_level=COMPRESSION_LEVEL,
            write_page_index=True,
            store_schema=False,
        )

    def write(self, table: "pa.Table") -> None:
        """Write a table as one row group."""
        self._writer.write_table(table, row_group_size=max(table.num_rows, 1))

    def close(self) -> None:
        """Finish the file."""
        self._writer.add_key_value_metadata(dict(self._about))
        self._writer.close()


def read_table(path: Path) -> "pa.Table":
    """Read a table that `TableWriter` has written."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        return file.read()


def read_groups(path: Path, columns: Sequence[str] | None = None) -> Iterator["pa.Table"]:
    """Yield the row groups of a file, one at a time. columns: only these."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        for number in range(file.num_row_groups):
            yield file.read_row_group(number, columns=list(columns) if columns is not None else None)


def table_rows(table: "pa.Table") -> Iterator[dict[str, Any]]:
    """Yield the rows of a table; few of them at a time become Python values."""
    for batch in table.to_batches(max_chunksize=ROWS_AT_ONCE):
        yield from batch.to_pylist()


@dataclass(frozen=True, slots=True)
class Head:
    """What a file says of itself. unpacked: bytes of all row groups; widest: those of the largest column of one.

    values: how many values the longest column of a row group has, items of lists counted one by one.
    """

    schema: "pa.Schema"
    metadata: dict[str, str]
    rows: int
    unpacked: int
    widest: int
    values: int


def read_head(path: Path) -> Head:
    """Return what a file says of itself, without reading a row."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        metadata = file.metadata
        said = {key.decode(): value.decode() for key, value in (metadata.metadata or {}).items()}
        groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
        columns = [group.column(number) for group in groups for number in range(group.num_columns)]
        return Head(
            file.schema_arrow,
            said,
            metadata.num_rows,
            sum(group.total_byte_size for group in groups),
            max((each.total_uncompressed_size for each in columns), default=0),
            max((each.num_values for each in columns), default=0),
        )


def fits_memory(path: Path, limit: int, widest: int) -> bool:
    """Whether the rows of a file take no more than so many bytes once they are decoded; stops where they do.

    A dictionary of one long word can stand for gigabytes in a file of kilobytes, which its metadata do not show.
    widest: as `Head` has it; no batch of rows takes much more memory than the limit.
    """
    import pyarrow.parquet as pq

    at_once = max(1, min(ROW_GROUP_SIZE, limit // max(widest, 1)))
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(at_once, use_threads=False):
            limit -= batch.nbytes
            if limit < 0:
                return False
    return True


def count_rows(path: Path) -> int:
    """Return how many rows a file says that it has."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        return int(file.metadata.num_rows)


def file_words(path: Path) -> Iterator[str]:
    """Yield what a file says of itself: the keys and values of its metadata, and by what it was created."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        yield file.metadata.created_by
        for key, value in (file.metadata.metadata or {}).items():
            yield from (key.decode(errors="replace"), value.decode(errors="replace"))


def leaf_strings(table: "pa.Table") -> Iterator[tuple[str, list[str]]]:
    """Yield the distinct strings of every column of strings, however deep, with its path, such as ``via.name``."""
    for name, column in zip(table.column_names, table.columns, strict=True):
        for chunk in column.chunks:
            yield from _leaves(name, chunk)


def _leaves(name: str, array: "pa.Array[Any]") -> Iterator[tuple[str, list[str]]]:
    import pyarrow as pa

    if isinstance(array, pa.ListArray):
        yield from _leaves(name, array.flatten())
    elif isinstance(array, pa.StructArray):
        for number in range(array.type.num_fields):
            yield from _leaves(f"{name}.{array.type.field(number).name}", array.field(number))
    elif array.type == pa.string():
        yield name, [each for each in array.unique().to_pylist() if each is not None]


class ContentHash:
    """The SHA-256 of a view's columns and rows, taken table by table.

    It is that of lines of canonical JSON, each ended by LF: the columns, ``[[name, type], ...]``, with types as the
    card names them, then every row as an object. The encoder of the files and their number have no part in it.
    """

    def __init__(self, table: Table) -> None:
        self._digest = hashlib.sha256()
        self._add([[column.name, type_name(column.type)] for column in table.columns])

    def update(self, table: "pa.Table") -> None:
        """Take the rows of a table."""
        for row in table_rows(table):
            self.add(row)

    def add(self, row: object) -> None:
        """Take a row."""
        self._add(row)

    def hexdigest(self) -> str:
        """Return the hash as 64 hex digits."""
        return self._digest.hexdigest()

    def _add(self, value: object) -> None:
        line = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
        self._digest.update(line.encode() + b"\n")


def content_hash(table: Table, *tables: "pa.Table") -> str:
    """Return the content hash of the tables of a view, one after the other; see `ContentHash`."""
    digest = ContentHash(table)
    for each in tables:
        digest.update(each)
    return digest.hexdigest()


def pyarrow_version() -> str:
    """The version of pyarrow, which the bytes of a file depend on."""
    import pyarrow as pa

    return str(pa.__version__)


def _arrow_type(kind: Type) -> "pa.DataType":
    import pyarrow as pa

    if isinstance(kind, ListOf):
        return pa.list_(pa.field("element", _arrow_type(kind.item)))  # the name that Parquet gives to items
    if isinstance(kind, Struct):
        return pa.struct([pa.field(field.name, _arrow_type(field.type)) for field in kind.fields])
    scalars: dict[str, pa.DataType] = {"string": pa.string(), "int64": pa.int64(), "bool": pa.bool_()}
    return scalars[kind]
