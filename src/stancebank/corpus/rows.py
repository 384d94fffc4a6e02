"""Files that hold many articles: an object or a row for each, with its words and its metadata.

All of them are read row by row, so that a file may be of any length. What is wrong with a row is said with its place;
what is wrong with all rows, such as a column that nobody knows, is said once.
"""

import csv
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING, Any

from stancebank.corpus.cleaning import MAX_BYTES, Handed, Source, SourceError, decode, make_source, require_plain
from stancebank.corpus.keys import HTML, KeyMap
from stancebank.errors import InputError
from stancebank.records import from_json

if TYPE_CHECKING:
    import pyarrow as pa

_BATCH = 64  # rows of a table that are in memory at once
_HEAD = 20_000  # bytes that show whether a file is text
_SAVED = ("state.json", "dataset_info.json")
_SAVED_SPLITS = "dataset_dict.json"

Found = Iterator[Source | InputError]


def read_json(handed: Handed, keys: KeyMap) -> Found:
    """Read a JSON file: one object, or a list of them."""
    value = from_json(handed.read(), handed.name, whole=True)
    for place, item in enumerate(value if isinstance(value, list) else [value]):
        yield _article(item, f"{handed.name}[{place}]" if isinstance(value, list) else handed.name, keys)
    if value == []:
        raise InputError(f"{handed.name} holds no article: the list is empty.")


def read_json_lines(handed: Handed, keys: KeyMap) -> Found:
    """Read JSON lines: an object a line. A line that cannot be read takes no other one with it."""
    name = handed.name
    empty = True
    with handed.open() as file:
        number = 0
        while line := file.readline(MAX_BYTES + 1):
            number += 1
            place = f"{name}:{number}"
            empty = empty and not line.strip() and len(line) <= MAX_BYTES
            try:
                if len(line) > MAX_BYTES:
                    while line and not line.endswith(b"\n"):  # the rest of it, without keeping it
                        line = file.readline(MAX_BYTES)
                    raise InputError(f"{place} is longer than {MAX_BYTES:,} bytes, the most of an article.")
                value = from_json(line, place, whole=True) if line.strip() else None
            except InputError as error:
                yield SourceError(place, str(error).replace(": line 1, column ", ": column "))
                continue
            if line.strip():
                yield _article(value, place, keys)
    if empty:
        raise InputError(f"{name} holds no article: the file is empty.")


def _article(value: Any, place: str, keys: KeyMap) -> Source | InputError:
    """Return the article of an object or a row, or what is wrong with it."""
    try:
        if not isinstance(value, dict):
            raise InputError(f'{place} is no article: it needs an object with the key "text".')
        keys.note(value)
        held = keys.words_of(value)
        words = None if held is None else value[held[1]]
        if held is None or not isinstance(words, str | bytes):
            raise InputError(keys.without_text(value, place))
        metadata = keys.read(value, place)
        del metadata[held[0]]
        if held[0] == HTML:
            from stancebank.corpus import pages

            if isinstance(words, str):
                return pages.read_page_text(words, place, metadata)
            return pages.read_page(words, place, metadata)
        return make_source(words.encode() if isinstance(words, str) else words, place, metadata)
    except InputError as error:
        return SourceError(place, str(error))


def read_csv(handed: Handed, keys: KeyMap) -> Found:
    """Read comma-separated values, the first row being the names of the columns. Excel's semicolons are taken, too."""
    with handed.open() as file:
        head = file.readline(_HEAD)
    return _read_delimited(
        handed, keys, "," if b"," in head else next((each for each in ";\t" if each.encode() in head), ",")
    )


def read_tsv(handed: Handed, keys: KeyMap) -> Found:
    """Read tab-separated values, the first row being the names of the columns."""
    return _read_delimited(handed, keys, "\t")


def _read_delimited(handed: Handed, keys: KeyMap, delimiter: str) -> Found:
    """Read a table of text. A row may hold line ends, in quotation marks."""
    csv.field_size_limit(MAX_BYTES)
    with handed.open() as file:
        head = file.read(_HEAD)
        if head.startswith(b"PK\x03\x04"):
            raise InputError(f"{handed.name} is a workbook, no CSV.\nHint: save its sheet as CSV, in UTF-8.")
        require_plain(head, handed.name)
        file.seek(0)
        reader = csv.reader(_lines(file, handed.name), delimiter=delimiter, strict=True)
        try:
            names = _columns(next((row for row in reader if row), []), handed.name)
            yield from _table(names, _delimited_rows(reader, names, handed.name), handed.name, keys)
        except csv.Error as error:
            raise InputError(
                f"{handed.name}, line {reader.line_num}: {error}. The rows from here on cannot be told apart.\n"
                'Hint: write a quotation mark within quotation marks twice, "".'
            ) from None


def _lines(file: IO[bytes], name: str) -> Iterator[str]:
    number = 0
    while line := file.readline(MAX_BYTES + 1):
        number += 1
        if len(line) > MAX_BYTES:
            raise InputError(f"{name}, line {number} is longer than {MAX_BYTES:,} bytes, the most of an article.")
        words = decode(line, f"{name}, line {number}")
        yield words.removeprefix("\ufeff") if number == 1 else words


def _columns(names: list[str], name: str) -> list[str]:
    """Return the names of columns; one without a name, as that of pandas' index, is called by its place."""
    if not names:
        raise InputError(f"{name} holds no article: the file is empty.")
    made = [each.strip() or f"column {place}" for place, each in enumerate(names, 1)]
    if twice := sorted({each for each in made if made.count(each) > 1}):
        raise InputError(f"{name}: two columns are called {twice[0]!r}.\nHint: give each column a name of its own.")
    return made


Row = tuple[str, dict[str, Any] | InputError]
"""A row with its place, or what is wrong with it."""


def _delimited_rows(reader: Any, names: list[str], name: str) -> Iterator[Row]:
    number, line = 0, reader.line_num
    for cells in reader:
        begin, line = line + 1, reader.line_num
        if not cells:
            continue
        number += 1
        place = f"{name}:{number} (line {begin})"
        if len(cells) != len(names):
            many = f"{len(cells)} field{'s' if len(cells) > 1 else ''}"
            yield (
                place,
                InputError(
                    f"{place} has {many}; the first line names {len(names)}.\n"
                    "Hint: put a field that holds the delimiter, or a line end, in quotation marks."
                ),
            )
        else:
            yield place, {key: cell or None for key, cell in zip(names, cells, strict=True)}


def _table(names: list[str], rows: Iterable[Row], name: str, keys: KeyMap) -> Found:
    """Read the rows of a table. What is wrong with its columns is said once, with the first row as the example."""
    keys.note(names)
    empty = True
    for place, row in rows:
        if empty:
            example = row if isinstance(row, dict) else dict.fromkeys(names, "")
            if keys.words_of(names) is None:
                raise InputError(_of_table(keys.without_text(dict.fromkeys(names, "") | example, name)))
            if unknown := keys.fates(names)[2]:
                raise InputError(_of_table(keys.explain(unknown, example, name)))
        empty = False
        yield SourceError(place, str(row)) if isinstance(row, InputError) else _row(row, place, keys)
    if empty:
        raise InputError(f"{name} holds no article: it has no rows.")


def _row(row: dict[str, Any], place: str, keys: KeyMap) -> Source | InputError:
    held = keys.words_of(row)
    if held is not None and row[held[1]] is None:
        return SourceError(
            place, f"{place} is empty: it has no words.\nHint: fill in {held[1]!r}, or leave the row out."
        )
    return _article(row, place, keys)


def _of_table(message: str) -> str:
    return (
        message.replace(" is no article: it needs an object with the key ", " holds no article: it needs a column ", 1)
        .replace(" has the unknown keys ", " has the unknown columns ", 1)
        .replace(" has the unknown key ", " has the unknown column ", 1)
    )


def read_parquet(handed: Handed, keys: KeyMap) -> Found:
    """Read a Parquet file, a few rows at a time."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with handed.open() as file:
        try:
            table = pq.ParquetFile(file)
            names = table.schema_arrow.names
            taken, carried, unknown = keys.fates(names)
            wanted = None if unknown or keys.words_of(names) is None else [*taken.values(), *carried]
            batches = table.iter_batches(batch_size=_BATCH, columns=wanted)
            yield from _table(names, _arrow_rows(batches, handed.name), handed.name, keys)
        except (pa.ArrowException, OSError) as error:
            raise InputError(f"{handed.name} cannot be read as Parquet: {str(error).rstrip('.')}.") from None


def _arrow_rows(batches: "Iterable[pa.RecordBatch | pa.Table]", name: str) -> Iterator[Row]:
    number = 0
    for batch in batches:
        for row in range(batch.num_rows):
            number += 1
            place = f"{name}:{number}"
            try:
                yield place, {key: _plain(batch.column(key)[row].as_py()) for key in batch.schema.names}
            except UnicodeDecodeError:
                yield place, InputError(f"{place} holds text that is not UTF-8.")


def _plain(value: Any) -> Any:
    """Return a value of a table as JSON has it: dates as ISO 8601 writes them, what is no number as nothing."""
    if isinstance(value, datetime) and value.time() == time() and value.tzinfo is None:
        return value.date().isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, float):
        return None if not math.isfinite(value) else int(value) if value.is_integer() else value
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value or None if isinstance(value, str) else value


def is_saved_dataset(folder: Path) -> bool:
    """Whether `datasets` has saved a dataset, or one with splits, to a folder."""
    return (folder / _SAVED_SPLITS).is_file() or all((folder / name).is_file() for name in _SAVED)


def read_dataset(folder: Path, name: str, keys: KeyMap, split: str | None) -> Found:
    """Read a folder that `save_to_disk` of `datasets` has made. split: the one that is wanted; else all are read."""
    from datasets import DatasetDict, load_from_disk

    try:
        found = load_from_disk(str(folder), keep_in_memory=False)
    except Exception as error:  # whatever a library finds wrong with files that it did not write
        raise InputError(f"{name} cannot be read as a dataset that was saved: {error}") from None
    splits: Mapping[str, Any] = found if isinstance(found, DatasetDict) else {str(found.split or ""): found}
    for each in [_require_split(split, splits, name)] if split else splits:
        place = f"{name}[{each}]" if isinstance(found, DatasetDict) else name
        batches = splits[each].with_format("arrow").iter(batch_size=_BATCH)
        yield from _table(splits[each].column_names, _arrow_rows(batches, place), place, keys)


def files_of_split(folder: Path, name: str, split: str) -> list[Path]:
    """Return the files of a split in a folder that lies as the Hub has it.

    `datasets` knows which they are, by their names or by the header of README.md; nothing is fetched, and no words
    leave the folder. Raises InputError where there is no such split.
    """
    from datasets import load_dataset_builder

    with TemporaryDirectory() as cache:
        try:
            files = load_dataset_builder(str(folder.resolve()), cache_dir=cache).config.data_files or {}
        except Exception as error:  # whatever a library finds wrong with files that it did not write
            raise InputError(f"{name} is no dataset with splits: {error}") from None
    found = files[_require_split(split, files, name)]
    return [path for each in found if (path := Path(str(each))).is_relative_to(folder.resolve())]


def _require_split(split: str, splits: Iterable[str], name: str) -> str:
    if split not in splits:
        raise InputError(f"{name} has no split {split!r}. There are: {', '.join(splits) or 'none'}.")
    return split


Reader = Callable[[Handed, KeyMap], Found]
"""Yields the articles of a file, and a SourceError in the place of each that cannot be used.

Raises InputError where the file as a whole cannot be.
"""
