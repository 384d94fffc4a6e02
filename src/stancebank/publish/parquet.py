"""Tables on disk, as Parquet files: the one door to pyarrow.

A table is written a row group at a time into files of a bounded number of rows, and read back the same way.

The bytes of a file depend on its rows, its schema and the version of pyarrow, and on nothing else. What does not
depend on pyarrow either is the content hash.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from stancebank.errors import InputError
from stancebank.model import SPLITS, split_order
from stancebank.publish.tables import ListOf, Row, Struct, Table, Type, type_name
from stancebank.records import file_sha256, json_line, json_lines
from stancebank.schema.fields import Scheme

if TYPE_CHECKING:
    import pyarrow as pa


SPLIT = SPLITS[0]
"""The split of all rows that are of no other one."""


ROWS_PER_FILE = 50_000
"""With two kilobytes a row, compressed, about 100 MB: a fifth of what the Hub's own tools put into one file."""

ROW_GROUP_SIZE = 2000
"""Rows that are held in memory and written at once."""

ROWS_AT_ONCE = 100
"""Rows of a row group that are made Python values at once."""

COMPRESSION_LEVEL = 3


def split_of_row(row: Mapping[str, Any]) -> str:
    """Return the split in whose files a row lies: the one that it says, or `SPLIT`."""
    return row.get("split") or SPLIT


def split_of_file(name: str) -> str:
    """Return the split of a file of a table, by its name or path."""
    return name.rpartition("/")[2].partition("-")[0]


def file_order(name: str) -> tuple[int, str]:
    """Return by what the files of a table are sorted, so that their rows are in order: by split, then by number."""
    return split_order(split_of_file(name)), name


def arrow_schema(table: Table) -> "pa.Schema":
    """Return the Arrow schema of a table."""
    import pyarrow as pa

    return pa.schema([pa.field(column.name, _arrow_type(column.type)) for column in table.columns])


FEATURES = "huggingface"
"""The key under which `datasets` looks for the features of a Parquet file, in its key-value metadata."""


def features_value(table: Table) -> dict[str, Any]:
    """Return the features of a table as `datasets` writes them as JSON; integers with classes are class labels."""
    return {column.name: _feature(column.type, column.classes) for column in table.columns}


def _feature(kind: Type, classes: Sequence[str] = ()) -> dict[str, Any]:
    if isinstance(kind, ListOf):
        return {"feature": _feature(kind.item, classes), "_type": "List"}
    if isinstance(kind, Struct):
        return {field.name: _feature(field.type, field.classes) for field in kind.fields}
    return {"names": list(classes), "_type": "ClassLabel"} if classes else {"dtype": kind, "_type": "Value"}


def file_metadata(table: Table, scheme: Scheme, dataset_version: str) -> dict[str, str]:
    """Return what every file of a table says of itself, as its key-value metadata.

    From the second edition of a scheme on also the features, so that `datasets` knows them without the card, and from
    one file alone.
    """
    key = "table" if scheme.edition >= 2 else "view"
    told = {"dataset_version": dataset_version, "schema_version": scheme.version, key: table.name}
    if scheme.edition >= 2:
        told[FEATURES] = json_line({"info": {"features": features_value(table)}}).decode()
    return told


def make_table(table: Table, rows: Iterable[Row]) -> "pa.Table":
    """Return the rows of a table as an Arrow table in one chunk.

    Raises ArrowInvalid where a value is not of the type of its column.
    """
    return lines_table(table, json_lines(rows))


_LARGEST_ROW = 2**30  # bytes of a row as JSON; the reader of JSON takes as many at once, and no more than twice that


def lines_table(table: Table, lines: bytes) -> "pa.Table":
    """Return what `make_table` does of rows as JSON, each ended by LF.

    Rows are made such lines for the content hash in any case. Arrow reads them faster than it goes through Python
    values, and needs no pandas for it, whose import takes as long as the rows of a thousand statements.
    """
    from pyarrow import json

    schema = arrow_schema(table)
    if not lines:
        return schema.empty_table()
    reading = json.ReadOptions(use_threads=False, block_size=min(len(lines), _LARGEST_ROW))
    parsing = json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore")
    return json.read_json(BytesIO(lines), read_options=reading, parse_options=parsing).combine_chunks()


class FileWriter:
    """Writes the rows of a table to one file, a row group at a time.

    zstd, a page index, no time stamps, no schema of Arrow's own. about: what the file says of itself, as key-value
    metadata; one with `FEATURES` is of the second edition of a scheme. Its pages end where the content says, so that a
    row more changes the pages around it and not all that follow: the Hub stores what two versions share only once. A
    column of less than 256 KB in a row group is one page either way.
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
            use_content_defined_chunking=FEATURES in about,
        )

    def write(self, table: "pa.Table") -> None:
        """Write a table as one row group."""
        self._writer.write_table(table, row_group_size=max(table.num_rows, 1))

    def close(self) -> None:
        """Finish the file."""
        self._writer.add_key_value_metadata(dict(self._about))
        self._writer.close()


def keep_table(table: "pa.Table") -> bytes:
    """Return a table as an Arrow IPC stream."""
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def kept_table(data: bytes) -> "pa.Table":
    """Return the table of which `keep_table` made bytes."""
    import pyarrow as pa

    with pa.ipc.open_stream(data) as reader:
        return reader.read_all()


def shrink(data: bytes) -> bytes:
    """Return bytes compressed, for `expand`."""
    import pyarrow as pa

    return len(data).to_bytes(8, "big") + pa.Codec("zstd", 1).compress(data, asbytes=True)


def expand(data: bytes) -> bytes:
    """Return what `shrink` has compressed. Raises ValueError or OSError where it is something else."""
    import pyarrow as pa

    return bytes(pa.Codec("zstd").decompress(data[8:], int.from_bytes(data[:8], "big"), asbytes=True))


def read_table(path: Path) -> "pa.Table":
    """Read a table that `FileWriter` has written."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        return file.read()


_MOST_UNUSED = 2**24  # bytes of what was read before that pyarrow may keep


def read_groups(path: Path, columns: Sequence[str] | None = None) -> Iterator["pa.Table"]:
    """Yield the row groups of a file, one at a time. columns: only these.

    One thread reads: each of several would keep the memory of what it has read. pyarrow keeps what was freed for later,
    too, unless it is told not to; to ask for it anew takes time, so little of it is kept.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    unused = 0
    with pq.ParquetFile(path) as file:
        for number in range(file.num_row_groups):
            wanted = list(columns) if columns is not None else None
            table = file.read_row_group(number, columns=wanted, use_threads=False)
            unused += table.nbytes
            yield table
            del table
            if unused > _MOST_UNUSED:
                pa.default_memory_pool().release_unused()
                unused = 0


def table_rows(table: "pa.Table") -> Iterator[dict[str, Any]]:
    """Yield the rows of a table; few of them at a time become Python values."""
    for rows in batched_rows(table):
        yield from rows


def batched_rows(table: "pa.Table") -> Iterator[list[dict[str, Any]]]:
    """Yield the rows of a table, as many at a time as become Python values at once."""
    names = table.column_names
    for batch in table.to_batches(max_chunksize=ROWS_AT_ONCE):
        values = zip(*(column.to_pylist() for column in batch.columns), strict=True)
        yield [dict(zip(names, each, strict=True)) for each in values]  # as `to_pylist` of the batch does, and sooner


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
    import pyarrow as pa
    import pyarrow.parquet as pq

    at_once = max(1, min(ROW_GROUP_SIZE, limit // max(widest, 1)))
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(at_once, use_threads=False):
            limit -= batch.nbytes
            if limit < 0:
                return False
    pa.default_memory_pool().release_unused()
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
    for name, leaf in leaves(table):
        strings = leaf.flatten() if _is_list(leaf) else leaf
        yield name, [each for each in strings.unique().to_pylist() if each is not None]


def leaves(table: "pa.Table") -> Iterator[tuple[str, Any]]:
    """Yield the arrays of texts, or of lists of texts, of a table, however deep, each with its path."""
    for name, column in zip(table.column_names, table.columns, strict=True):
        for chunk in column.chunks:
            yield from _leaves(name, chunk)


def _leaves(name: str, array: "pa.Array[Any]") -> Iterator[tuple[str, Any]]:
    import pyarrow as pa

    if array.type == pa.string() or (_is_list(array) and array.type.value_type == pa.string()):
        yield name, array
    elif isinstance(array, pa.ListArray):
        yield from _leaves(name, array.flatten())
    elif isinstance(array, pa.StructArray):
        for number in range(array.type.num_fields):
            yield from _leaves(f"{name}.{array.type.field(number).name}", array.field(number))


def longest_list(table: "pa.Table") -> int:
    """Return how many items the longest list in a table has, however deep it is."""
    arrays: list[Any] = [chunk for column in table.columns for chunk in column.chunks]
    longest = 0
    while arrays:
        array = arrays.pop()
        if _is_list(array):
            lengths = array.value_lengths()
            longest = max(longest, max(lengths.unique().drop_null().to_pylist(), default=0))
            arrays.append(array.flatten())
        elif _is_struct(array):
            arrays += array.flatten()
    return longest


def _is_struct(array: "pa.Array[Any]") -> bool:
    import pyarrow as pa

    return isinstance(array, pa.StructArray)


def _is_list(array: "pa.Array[Any]") -> bool:
    import pyarrow as pa

    return isinstance(array, pa.ListArray)


class ContentHash:
    """The SHA-256 of a table's columns and rows, taken table by table.

    It is that of lines of canonical JSON, each ended by LF: the columns, ``[[name, type], ...]``, with types as the
    card names them, then every row as an object. The encoder of the files and their number have no part in it.
    """

    def __init__(self, table: Table) -> None:
        self._digest = hashlib.sha256()
        self.add_lines(json_lines([[[column.name, type_name(column.type)] for column in table.columns]]))

    def update(self, table: "pa.Table") -> None:
        """Take the rows of a table."""
        for rows in batched_rows(table):
            self.add_lines(json_lines(rows))

    def add_lines(self, lines: bytes) -> None:
        """Take rows as canonical JSON, each ended by LF."""
        self._digest.update(lines)

    def hexdigest(self) -> str:
        """Return the hash as 64 hex digits."""
        return self._digest.hexdigest()


def content_hash(table: Table, *tables: "pa.Table") -> str:
    """Return the content hash of the tables of a table, one after the other; see `ContentHash`."""
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
    scalars: dict[str, pa.DataType] = {
        "string": pa.string(),
        "int64": pa.int64(),
        "float64": pa.float64(),
        "bool": pa.bool_(),
    }
    return scalars[kind]


@dataclass(frozen=True, slots=True)
class TableFacts:
    """A table as it was written.

    files: relative to the folder, in the order of the rows; sizes, sha256: theirs, in bytes and in hex digits, in the
    same order. table_bytes: size of the rows in memory, once they are read. by_split: how many rows each split has that
    has any, in the order of the rows.
    """

    table: Table
    files: tuple[str, ...]
    rows: int
    sizes: tuple[int, ...]
    table_bytes: int
    sha256: tuple[str, ...]
    content_hash: str
    by_split: Mapping[str, int]

    def files_of(self, split: str) -> tuple[str, ...]:
        """Return the files of a split."""
        return tuple(name for name in self.files if split_of_file(name) == split)

    @property
    def file_bytes(self) -> int:
        """The size of all files."""
        return sum(self.sizes)


class TableWriter:
    """Writes the rows of a table below a folder, as ``<table>/<split>-0000N-of-0000M.parquet``.

    Every file but the last one of a split holds rows_per_file rows, so that the same rows make the same files. No more
    than one row group is held in memory. A table without rows leaves nothing, and so does a split without rows. about:
    what each file says of itself, see `file_metadata`.
    """

    def __init__(self, folder: Path, table: Table, about: dict[str, str], rows_per_file: int = ROWS_PER_FILE) -> None:
        self._folder, self._table = folder / table.name, table
        self._about = about
        self._rows_per_file = rows_per_file
        self._pending: list[bytes] = []  # rows as JSON, each ended by LF
        self._tables: list[pa.Table] = []  # of rows that come before those
        self._waiting = 0  # rows in both
        self._writer: FileWriter | None = None
        self._parts: dict[str, list[Path]] = {}
        self._rows: dict[str, int] = {}
        self._split = ""
        self._hash = ContentHash(table)

    def add(self, rows: Iterable[Row]) -> None:
        """Take more rows, in their order. Raises InputError where they are not sorted by split."""
        for split, more in groupby(rows, split_of_row):
            if split != self._split:
                self._begin(split)
            for row in more:
                line = json_line(row) + b"\n"  # as it is read again: `lines_table` refuses values of other types
                self._hash.add_lines(line)
                self._pending.append(line)
                self._waiting += 1
            while self._waiting >= self._room():
                self._flush(self._room())

    def add_table(self, split: str, table: "pa.Table", lines: bytes) -> None:
        """Take more rows of one split as `add` does, made elsewhere. lines: of their content hash."""
        if split != self._split:
            self._begin(split)
        self._hash.add_lines(lines)
        self._tables.append(table)
        self._waiting += table.num_rows
        while self._waiting >= self._room():
            self._flush(self._room())

    def close(self) -> TableFacts | None:
        """Finish the files and say what was written; None where there were no rows."""
        self._end()
        if not self._rows:
            return None
        paths = [
            part.rename(self._folder / f"{split}-{number:05}-of-{len(parts):05}.parquet")
            for split, parts in self._parts.items()
            for number, part in enumerate(parts)
        ]
        return TableFacts(
            table=self._table,
            files=tuple(f"{self._table.name}/{path.name}" for path in paths),
            rows=sum(self._rows.values()),
            sizes=tuple(path.stat().st_size for path in paths),
            table_bytes=sum(sum(map(attrgetter("nbytes"), read_groups(path))) for path in paths),
            sha256=tuple(file_sha256(path) for path in paths),
            content_hash=self._hash.hexdigest(),
            by_split=dict(self._rows),
        )

    def _begin(self, split: str) -> None:
        """Begin the files of another split."""
        self._end()
        if any(split_order(split) <= split_order(each) for each in self._rows):
            raise InputError(
                f"The table {self._table.name} has rows of the split {split} after those of {self._split}.\n"
                "Hint: `stancebank publish verify` says what is wrong; take the folder as it was published."
            )
        self._split, self._rows[split], self._parts[split] = split, 0, []

    def _end(self) -> None:
        """Finish the files of the split at hand."""
        while self._waiting:
            self._flush(min(self._waiting, self._room()))
        self._close_file()

    def _room(self) -> int:
        """How many rows the next row group holds at most."""
        return min(ROW_GROUP_SIZE, self._rows_per_file - self._rows[self._split] % self._rows_per_file)

    def _flush(self, count: int) -> None:
        if self._writer is None:
            self._folder.mkdir(exist_ok=True)
            parts = self._parts[self._split]
            parts.append(self._folder / f"{self._split}-{len(parts)}.part")
            self._writer = FileWriter(self._table, parts[-1], self._about)
        self._writer.write(self._take(count))
        self._rows[self._split] += count
        if self._rows[self._split] % self._rows_per_file == 0:
            self._close_file()

    def _take(self, count: int) -> "pa.Table":
        """Return the next rows as a table in one chunk."""
        self._waiting -= count
        if not self._tables:
            lines = b"".join(self._pending[:count])
            del self._pending[:count]
            return lines_table(self._table, lines)
        import pyarrow as pa

        if self._pending:
            self._tables.append(lines_table(self._table, b"".join(self._pending)))
            self._pending = []
        every = pa.concat_tables(self._tables)
        rest = every.slice(count)
        self._tables = [rest] if rest.num_rows else []
        return every.slice(0, count).combine_chunks()

    def _close_file(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None


@dataclass(frozen=True, slots=True)
class Written(Sequence[Row]):
    """The rows of a table as they lie in a folder, read a row group at a time whenever somebody goes over them."""

    paths: tuple[Path, ...]
    length: int
    columns: tuple[str, ...] | None = None

    def __iter__(self) -> Iterator[Row]:
        for path in self.paths:
            for table in read_groups(path, self.columns):
                yield from table_rows(table)
                del table  # before the next one is read

    def __len__(self) -> int:
        return self.length

    @overload
    def __getitem__(self, place: int) -> Row: ...
    @overload
    def __getitem__(self, place: slice) -> list[Row]: ...
    def __getitem__(self, place: int | slice) -> Row | list[Row]:
        return list(self)[place]

    def values(self) -> Iterator[tuple[str, set[str]]]:
        """Yield the distinct texts of every column of texts, a row group at a time, with the path of the column.

        A list of texts counts as one, with its items on lines of their own.
        """
        for path in self.paths:
            for table in read_groups(path, self.columns):
                for name, leaf in leaves(table):
                    held = leaf.to_pylist() if _is_list(leaf) else leaf.unique().to_pylist()
                    yield (
                        name,
                        {"\n".join(filter(None, each)) if isinstance(each, list) else each for each in held if each},
                    )

    def of(self, columns: Iterable[str] | None) -> "Written":
        """Return the same rows with these columns only; None for all."""
        return replace(self, columns=None if columns is None else tuple(columns))


def rows_in(paths: Iterable[Path]) -> Written:
    """Return the rows of the files of a table, in their order."""
    files = tuple(paths)
    return Written(files, sum(map(count_rows, files)))


def written(folder: Path, facts: TableFacts) -> Written:
    """Return the rows of a table of a folder."""
    return Written(tuple(folder / file for file in facts.files), facts.rows)


class Stream:
    """The rows of a table, taken article by article: those of an article stand together."""

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
