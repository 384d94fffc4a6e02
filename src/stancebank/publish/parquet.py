"""Parquet files: the one door to pyarrow.

The bytes of a file depend on its rows, its schema and the version of pyarrow, and on nothing else. What does not
depend on pyarrow either is the content hash.
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stancebank.publish.views import ListOf, Struct, Type, View, type_name

if TYPE_CHECKING:
    import pyarrow as pa

ROW_GROUP_SIZE = 5000
COMPRESSION_LEVEL = 3


def arrow_schema(view: View) -> "pa.Schema":
    """Return the Arrow schema of a view."""
    import pyarrow as pa

    return pa.schema([pa.field(column.name, _arrow_type(column.type)) for column in view.columns])


def make_table(view: View, rows: Sequence[dict[str, Any]]) -> "pa.Table":
    """Return the rows of a view as an Arrow table in one chunk."""
    import pyarrow as pa

    return pa.Table.from_pylist(list(rows), schema=arrow_schema(view)).combine_chunks()


def write_table(table: "pa.Table", path: Path, about: dict[str, str]) -> None:
    """Write a table: zstd, row groups of a fixed size, a page index, no time stamps, no schema of Arrow's own.

    about: what the file says of itself, as key-value metadata.
    """
    import pyarrow.parquet as pq

    with pq.ParquetWriter(
        path,
        table.schema,
        compression="zstd",
        compression_level=COMPRESSION_LEVEL,
        write_page_index=True,
        store_schema=False,
    ) as writer:
        writer.write_table(table, row_group_size=ROW_GROUP_SIZE)
        writer.add_key_value_metadata(dict(about))


def read_table(path: Path) -> "pa.Table":
    """Read a table that `write_table` has written."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        return file.read()


def content_hash(view: View, table: "pa.Table") -> str:
    """Return the SHA-256 of a table's columns and rows, as 64 hex digits.

    It is that of lines of canonical JSON, each ended by LF: the columns, ``[[name, type], ...]``, with types as the
    card names them, then every row as an object. The encoder of the file has no part in it.
    """
    digest = hashlib.sha256()
    for value in ([[column.name, type_name(column.type)] for column in view.columns], *table.to_pylist()):
        line = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
        digest.update(line.encode() + b"\n")
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
