"""The tables of a folder: whether they are what their tables declare, and their rows, one after the other."""

import re
from array import array
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stancebank.errors import shorten
from stancebank.publish.parquet import (
    ContentHash,
    Head,
    Stream,
    arrow_schema,
    batched_rows,
    fits_memory,
    longest_list,
    read_groups,
    read_head,
    split_of_file,
    split_of_row,
)
from stancebank.publish.tables import Row, Table
from stancebank.publish.verification.faults import Fault
from stancebank.publish.verification.files import Files
from stancebank.records import json_lines

LARGEST_TABLE = 4_000_000_000
"""Bytes of a file once it is decoded; larger ones are refused."""

SMALL_TABLE = 64_000_000
MOST_PER_BYTE = 200
"""A file may take `SMALL_TABLE` bytes once it is decoded, and as many for each of its own: six times the most that
a release was seen to take."""

FEW_ROWS = 2_000
"""A file may have so many rows, and one more for each of its bytes: every row has an id of its own."""

_NAME = re.compile(r".*/(?P<split>[a-z]+)-(?P<number>[0-9]{5})-of-(?P<count>[0-9]{5})\.parquet")


def check_tables(files: Files, declared: Table, metadata: dict[str, str]) -> Iterator[Fault]:
    """Hold the files of a table against its declaration. metadata: what they must say of themselves."""
    names = files.of_table(declared.name)
    parts = [found for name in names if (found := _NAME.fullmatch(name))]
    for split in dict.fromkeys(found["split"] for found in parts):
        told = [(int(found["number"]), int(found["count"])) for found in parts if found["split"] == split]
        if told != [(number, len(told)) for number in range(len(told))]:
            yield Fault(f"{declared.name}/", "", "", "table-files", f"{split} has not the files 0 to {len(told) - 1}.")
    wanted = arrow_schema(declared)
    for name in names:
        path = files.root / name
        try:
            head = read_head(path)
        except Exception as error:  # whatever the reader of a hostile file makes of it
            yield Fault(name, "", "", "file-unreadable", f"it is no Parquet file: {_short(error)}")
            continue
        schema = head.schema.remove_metadata()
        if differing := _other_keys(head.metadata, metadata):
            yield Fault(name, "", "", "table-metadata", differing)
        if not schema.equals(wanted, check_metadata=True):  # numbers of fields are metadata of theirs
            yield Fault(name, "", _first_difference(schema, wanted), "table-schema", "the columns are others.")
            continue
        if message := _too_large(path, head, files.sizes[name]):
            yield Fault(name, "", "", "file-unreadable", message)


def _too_large(path: Path, head: Head, size: int) -> str | None:
    """Return why a file is not read: it would take more memory than its size allows. size: in bytes, as it lies."""
    limit = min(SMALL_TABLE + MOST_PER_BYTE * size, LARGEST_TABLE)
    if head.rows > FEW_ROWS + size:
        return f"it says that it has {head.rows} rows in {size} bytes; no release has so many."
    if max(head.unpacked, head.values) > limit:
        return f"it says that it takes {head.unpacked} bytes with {head.values} values in a column; no release does."
    try:
        fits = fits_memory(path, limit, head.widest)
    except Exception as error:  # whatever the reader of a hostile file makes of it
        return _short(error)
    return None if fits else f"it has {size} bytes and takes more than {limit} once it is read; no release does."


class TableRows(Stream):
    """The rows of a table, article by article, and what comes to light on the way.

    count, by_split, table_bytes, hash: of the rows gone over so far, and of some that come next. longest: how many
    items the longest list in them has, or in rows that come soon; 0 where nobody asks for that.
    """

    def __init__(self, files: Files, declared: Table, *, asks_longest: bool) -> None:
        self.table = declared
        self._asks_longest = asks_longest
        self.count = self.table_bytes = self.longest = 0
        self.by_split: Counter[str] = Counter()
        self._mixed: set[str] = set()
        self.hash = ContentHash(declared)
        self._keys = array("q")  # a number for each id: with millions of rows, the ids are too many to be held
        self.faults: list[Fault] = []
        self._files = files
        super().__init__(self._read(files))

    def _read(self, files: Files) -> Iterator[Row]:
        for name in files.of_table(self.table.name):
            before, split = self.count, split_of_file(name)
            try:
                for table in read_groups(files.root / name):
                    self.table_bytes += table.nbytes
                    if self._asks_longest:
                        self.longest = max(self.longest, longest_list(table))
                    in_order = table.select(sorted(table.column_names))  # as lines have them: then they are soon sorted
                    for rows in batched_rows(in_order):
                        self.hash.add_lines(json_lines(rows))
                        self._note(rows, name, split)
                        yield from rows
            except Exception as error:  # whatever the reader of a hostile file makes of it
                self.faults.append(Fault(name, "", "", "file-unreadable", _short(error)))
                continue
            if self.count == before:
                self.faults.append(Fault(name, "", "", "table-files", "it has no rows."))
        self.faults += self._twice()

    def _note(self, rows: list[Row], file: str, split: str) -> None:
        key = self.table.key
        if file not in self._mixed and any(split_of_row(row) != split for row in rows):
            self._mixed.add(file)  # one row of a file says enough
            row = next(row for row in rows if split_of_row(row) != split)
            message = f"its split is {split_of_row(row)}, and the file is one of {split}."
            self.faults.append(Fault(file, str(row[key]), "split", "splits-differ", message))
        ids = [row[key] for row in rows]
        if None in ids:
            places = (f"row {place}" for place, each in enumerate(ids, self.count + 1) if each is None)
            self.faults += (Fault(self.table.name, place, key, "row-twice", "the id is null.") for place in places)
        self._keys.extend([hash(each) for each in ids if each is not None])
        self.by_split[split] += len(rows)
        self.count += len(rows)

    def _twice(self) -> Iterator[Fault]:
        """Yield a fault for each row whose id an earlier row has. The ids are read again where two may be the same."""
        import numpy as np

        ordered = np.sort(np.frombuffer(self._keys, dtype=np.int64)) if self._keys else np.empty(0, dtype=np.int64)
        alike = {int(each) for each in ordered[1:][ordered[1:] == ordered[:-1]]}
        seen: set[str] = set()
        for name in self._files.of_table(self.table.name) if alike else ():
            for table in read_groups(self._files.root / name, (self.table.key,)):
                for key in table.column(0).to_pylist():
                    if key is not None and hash(key) in alike:
                        if key in seen:
                            message = "another row has the same id."
                            yield Fault(self.table.name, key, self.table.key, "row-twice", message)
                        seen.add(key)


def _first_difference(found: Any, wanted: Any) -> str:
    for place, field in enumerate(wanted):
        if place >= len(found) or not found.field(place).equals(field, check_metadata=True):
            return str(field.name)
    return str(found.field(len(wanted)).name) if len(found) > len(wanted) else ""


def _other_keys(found: dict[str, str], wanted: dict[str, str]) -> str:
    """Return which keys of a file's metadata are not as they should be, with what they say; "" where all are."""
    keys = sorted(key for key in found.keys() | wanted.keys() if found.get(key) != wanted.get(key))
    return _short("; ".join(f"{key} is {found.get(key, 'missing')}" for key in keys)) if keys else ""


def _short(value: object) -> str:
    return shorten(" ".join(str(value).split()), 160).rstrip(".") + "."
