"""What changed in the rows between two versions of a dataset, told by ids and digests, without the older rows.

A row is known by its id, the first column of its table. Two digests stand for what it says: one of its labels, that is
of all that annotators and the registries say by ids, places and values of vocabularies; one of the whole row. Words of
articles have no part in either, and neither have figures that only count other rows. Where columns were added since,
the digests of the present rows are taken without them.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import Any

from stancebank.errors import InputError, WorkspaceError
from stancebank.publish.layout import MANIFEST, SUMS
from stancebank.publish.parquet import Written
from stancebank.publish.tables import ARTICLES, Column, Row, Struct, Table, tables, type_name
from stancebank.publish.tables.columns import column_paths, cutter, prune, with_fields
from stancebank.records import from_json, json_line, to_json, write_text
from stancebank.schema.fields import Scheme
from stancebank.schema.vocabularies import RELEASES, ROWS

Version = tuple[int, int, int]

_FORM = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)")


class VersionStep(IntEnum):
    """How far a version rises."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3


def parse_version(text: str) -> Version:
    """Return the three numbers. Raises InputError where the text is no version."""
    if not (match := _FORM.fullmatch(text)):
        raise InputError(f"{text!r} is no version.\nHint: give three numbers, like 1.2.0.")
    major, minor, patch = map(int, match.groups())
    return major, minor, patch


def least(before: str, step: VersionStep) -> str:
    """Return the lowest version that is a step above the one before.

    >>> least("1.2.3", VersionStep.MAJOR), least("1.2.3", VersionStep.MINOR), least("1.2.3", VersionStep.PATCH)
    ('2.0.0', '1.3.0', '1.2.4')
    >>> least("0.2.3", VersionStep.MAJOR), least("0.2.3", VersionStep.PATCH)
    ('0.3.0', '0.2.4')
    """
    major, minor, patch = parse_version(before)
    if step is VersionStep.MAJOR and major:
        return f"{major + 1}.0.0"
    if step >= VersionStep.MINOR:
        return f"{major}.{minor + 1}.0"
    return f"{major}.{minor}.{patch + 1}"


def suffices(before: str, after: str, step: VersionStep) -> bool:
    """Whether a version is at least that step above the one before."""
    return parse_version(after) >= parse_version(least(before, step))


Names = Mapping[str, Any]
"""Names of columns, each with None or the names of the columns below it."""

Digests = dict[str, str]
"""By the id of a row: the digest of its labels, a blank, the digest of the row; 12 hex digits each."""


@dataclass(frozen=True, slots=True)
class Held:
    """The rows of a version: the names of the columns of every table, and the digests of its rows.

    From the second edition of the frame on also types: those of all columns of all tables, by their paths; and values:
    those of the closed lists that rows hold by number, in their order; and splits: where each article is, such as
    ``test`` or, in fold 3, ``test/3``; nothing where there are no splits.
    """

    columns: dict[str, Names]
    rows: dict[str, Digests]
    types: dict[str, dict[str, str]] = field(default_factory=dict)
    values: dict[str, list[str]] = field(default_factory=dict)
    splits: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Changes:
    """Ids of rows by table. relabelled: other labels; amended: the same labels, other values. columns: table.column.

    moved: articles that are in another split or fold than before. placed: those that got their first one.
    """

    lost: dict[str, tuple[str, ...]] = field(default_factory=dict)
    gained: dict[str, tuple[str, ...]] = field(default_factory=dict)
    relabelled: dict[str, tuple[str, ...]] = field(default_factory=dict)
    amended: dict[str, tuple[str, ...]] = field(default_factory=dict)
    columns_lost: tuple[str, ...] = ()
    columns_gained: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    placed: tuple[str, ...] = ()

    @property
    def step(self) -> VersionStep:
        """The step of the version that the changes ask for."""
        if self.lost or self.relabelled or self.columns_lost or self.moved:
            return VersionStep.MAJOR
        if self.gained or self.columns_gained or self.placed:
            return VersionStep.MINOR
        return VersionStep.PATCH


def take(rows: Mapping[str, Iterable[Row]], scheme: Scheme, earlier: Held | None = None) -> tuple[Held, Held]:
    """Return the digests of the rows, and those of the same rows told by the columns that an earlier version had.

    Tables of whole texts are left out: their rows are made from the others and from the words.
    """
    columns: dict[str, Names] = {}
    now: dict[str, Digests] = {}
    then: dict[str, Digests] = {}
    splits: dict[str, str] = {}
    for table in tables(scheme):
        name = table.name
        if table.whole_text or name not in rows:
            continue
        named = prune(table.columns, lambda column: not column.words and not column.repeats)
        told = prune(named, lambda column: not column.classes) if scheme.edition >= 2 else named  # names are compared
        columns[name] = _names(named)
        old = earlier.columns.get(name) if earlier else None
        kept = told if old in (None, columns[name]) else _restricted(told, old)
        now[name], then[name] = {}, {}
        held = rows[name]
        is_read = isinstance(held, Written)
        names = [column.name for column in told]
        read = [each for each in table.columns if each.name in names] if is_read else []
        now_cuts, then_cuts = (
            [cutter(prune(each, lambda column: column.is_label), read), cutter(each, read)] for each in (told, kept)
        )
        for row in held.of(names) if isinstance(held, Written) else held:
            key = _id(table, row, now[name])
            if name == ARTICLES and row.get("split"):
                splits[key] = row["split"] if row["fold"] is None else f"{row['split']}/{row['fold']}"
            now[name][key] = said = _digests(row, now_cuts)
            then[name][key] = said if kept is told else _digests(row, then_cuts)
    declared = (_types(scheme), _values(scheme), splits) if scheme.edition >= 2 else ({}, {})
    return Held(columns, now, *declared), Held(earlier.columns if earlier else columns, then)


def _types(scheme: Scheme) -> dict[str, dict[str, str]]:
    """Return the types of all columns by their tables and paths; a group says that it is one."""
    return {
        table.name: {path: _type(column) for path, column in column_paths(table.columns)} for table in tables(scheme)
    }


def _type(column: Column) -> str:
    group = "list<struct>" if column.is_list else "struct"
    return group if isinstance(column.item, Struct) else type_name(column.type)


def _values(scheme: Scheme) -> dict[str, list[str]]:
    """Return the closed lists of which rows hold values by number, in their order."""
    columns = (column for table in tables(scheme) for column in table.columns if column.is_flat)
    names = {column.vocabulary for column in columns if column.vocabulary in scheme.vocabularies.by_name}
    return {name: list(scheme.vocabularies.values(name)) for name in sorted(filter(None, names))}


def compare(earlier: Held, now: Held, then: Held) -> Changes:
    """Return what changed. now, then: of the present rows, as `take` returns them with the earlier version."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for table in sorted({*earlier.rows, *now.rows}):
        before, after = earlier.rows.get(table, {}), then.rows.get(table, {})
        found["lost"][table] = sorted(before.keys() - after.keys())
        found["gained"][table] = sorted(after.keys() - before.keys())
        for name in sorted(before.keys() & after.keys()):
            if before[name].split()[0] != after[name].split()[0]:
                found["relabelled"][table].append(name)
            elif before[name] != after[name]:
                found["amended"][table].append(name)
    moves: dict[str, list[str]] = {"moved": [], "placed": []}
    for name in sorted(earlier.rows.get(ARTICLES, {}).keys() & then.rows.get(ARTICLES, {}).keys()):
        before_split, after_split = earlier.splits.get(name, ""), now.splits.get(name, "")
        if before_split != after_split:
            is_more = not before_split or after_split.startswith(f"{before_split}/")
            moves["placed" if is_more else "moved"].append(name)
    both = earlier.columns.keys() & now.columns.keys()
    paths = [{f"{table}.{path}" for table in both for path in _paths(held.columns[table])} for held in (earlier, now)]
    return Changes(
        **{kind: {table: tuple(names) for table, names in tables.items() if names} for kind, tables in found.items()},
        columns_lost=tuple(sorted(paths[0] - paths[1])),
        columns_gained=tuple(sorted(paths[1] - paths[0])),
        moved=tuple(moves["moved"]),
        placed=tuple(moves["placed"]),
    )


def _id(table: Table, row: Row, taken: Mapping[str, object]) -> str:
    name = str(row[table.key])
    number = 1
    while (found := name if number == 1 else f"{name} #{number}") in taken:
        number += 1
    return found


def _names(columns: Iterable[Column]) -> dict[str, Any]:
    """Return the names of columns, with those below them."""
    return {each.name: _names(each.item.fields) if isinstance(each.item, Struct) else None for each in columns}


def _restricted(columns: Iterable[Column], names: Names) -> tuple[Column, ...]:
    """Return the columns that are named, with the fields that are named."""
    found = []
    for column in columns:
        if column.name in names:
            below = names[column.name]
            fields = _restricted(column.item.fields, below) if isinstance(column.item, Struct) and below else None
            found.append(column if fields is None else with_fields(column, fields))
    return tuple(found)


def _paths(names: Names) -> Iterable[str]:
    for name, below in names.items():
        yield name
        yield from (f"{name}.{path}" for path in _paths(below or {}))


def _digests(row: Row, cuts: Iterable[Callable[[Row], Row]]) -> str:
    return " ".join([_digest(cut(row)) for cut in cuts])


def _digest(value: object) -> str:
    return hashlib.sha256(json_line(value)).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class ReleaseRecord:
    """What is kept of a version. manifest and sums: the very bytes of the folder's files."""

    version: str
    manifest: bytes
    sums: bytes
    held: Held

    @property
    def told(self) -> dict[str, Any]:
        """The manifest as a value."""
        value: dict[str, Any] = from_json(self.manifest, MANIFEST)
        return value


def record_folder(version: str) -> str:
    """Return where the record of a version lies, relative to the workspace."""
    return f"{RELEASES}/{version}"


def recorded_versions(root: Path) -> list[str]:
    """Return the versions that have a record, lowest first. root: of the workspace."""
    found = []
    for path in (root / RELEASES).glob(f"*/{MANIFEST}"):
        try:
            parse_version(path.parent.name)
        except InputError:
            continue
        found.append(path.parent.name)
    return sorted(found, key=parse_version)


def read_record(root: Path, version: str) -> ReleaseRecord | None:
    """Read the record of a version; None where there is none. Raises WorkspaceError where it cannot be read."""
    folder = root / record_folder(version)
    if not (folder / MANIFEST).is_file():
        return None
    try:
        rows, *more = (from_json(each, ROWS) for each in _parts_in(folder, ROWS))
        held = Held(rows["columns"], rows["rows"], *(rows.get(each, {}) for each in ("types", "values", "splits")))
        for part in more:
            for table, digests in part["rows"].items():
                held.rows.setdefault(table, {}).update(digests)
        record = ReleaseRecord(version, b"".join(_parts_in(folder, MANIFEST)), _lf(folder / SUMS), held)
        assert record.told["dataset_version"] == version
    except (OSError, InputError, KeyError, TypeError, ValueError, AttributeError, AssertionError) as error:
        raise WorkspaceError(
            f"{record_folder(version)} cannot be read: {error!r}.\nHint: git checkout -- {record_folder(version)}"
        ) from None
    return record


def published_splits(root: Path, version: str) -> dict[str, tuple[str, str]]:
    """Return where articles were first published in a split, by their ids: the version and the split.

    root: of the workspace; version: the one that is made, whose own record does not count. See `Held.splits`.
    """
    found: dict[str, tuple[str, str]] = {}
    for each in recorded_versions(root):
        if each != version and (record := read_record(root, each)):
            found = {**{name: (each, place) for name, place in record.held.splits.items()}, **found}
    return found


def _lf(path: Path) -> bytes:
    """Return a file of a record as it was written: git may have given it other line ends."""
    return path.read_bytes().replace(b"\r\n", b"\n")


LARGEST_PART = 50_000_000
"""Bytes of a file of a record, about: git hosts warn of larger ones, and refuse those of twice as many."""

_A_ROW = 40
"""Bytes of a row in rows.json beside its id: two digests, quotes and the indent."""


def part_name(name: str, number: int) -> str:
    """Return what a part of a file of a record is called, from 1: what is not too large has one, called as the file."""
    stem, dot, ending = name.partition(".")
    return name if number == 1 else f"{stem}-{number}{dot}{ending}"


def read_parts(name: str, read: Callable[[str], bytes | None]) -> list[bytes]:
    """Return all parts of a file of a record; none where there is no such file. read: returns those there are."""
    found: list[bytes] = []
    while (data := read(part_name(name, len(found) + 1))) is not None:
        found.append(data)
    return found


def _parts_in(folder: Path, name: str) -> list[bytes]:
    return read_parts(name, lambda part: _lf(folder / part) if (folder / part).is_file() else None)


def cut_lines(data: bytes) -> Iterator[bytes]:
    """Cut a file at ends of lines into parts of `LARGEST_PART`; together they are the file."""
    begin = 0
    while len(data) - begin > LARGEST_PART:
        end = data.rfind(b"\n", begin, begin + LARGEST_PART) + 1 or len(data)
        yield data[begin:end]
        begin = end
    yield data[begin:]


def cut_rows(rows: Mapping[str, Digests]) -> Iterator[dict[str, Digests]]:
    """Cut rows into parts of `LARGEST_PART` as JSON; the first has all tables, those without rows too."""
    part: dict[str, Digests] = {table: {} for table in rows}
    size = 0
    for table, held in rows.items():
        for name in sorted(held):
            if size > LARGEST_PART:
                yield part
                part, size = {}, 0
            part.setdefault(table, {})[name] = held[name]
            size += len(name) + _A_ROW
    yield part


def write_record(root: Path, record: ReleaseRecord) -> None:
    """Write a record. The manifest comes last: without it there is none.

    What is too large for a host of git lies in several files, see `part_name`.
    """
    folder = root / record_folder(record.version)
    held = {name: value for name, value in asdict(record.held).items() if value or name in ("columns", "rows")}
    first, *more = cut_rows(record.held.rows)
    manifest = list(cut_lines(record.manifest))
    for name, parts in ((ROWS, 1 + len(more)), (MANIFEST, len(manifest))):
        while (left := folder / part_name(name, parts + 1)).is_file():  # of a record that is made again
            left.unlink()
            parts += 1
    for number, rows in enumerate(more, 2):
        write_text(folder / part_name(ROWS, number), to_json({"rows": rows}))
    write_text(folder / ROWS, to_json(held | {"rows": first}))
    write_text(folder / SUMS, record.sums.decode())
    for number in range(len(manifest), 0, -1):
        write_text(folder / part_name(MANIFEST, number), manifest[number - 1].decode())
