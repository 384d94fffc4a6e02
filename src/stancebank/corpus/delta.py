"""A Delta table of records by name: the one door to `deltalake`.

A row is a record: its name, the folder of the corpus that it is in, the SHA-256 and the number of its bytes, and the
bytes. Each name has one row. The table is partitioned by folder, and the rows of a file are sorted by name, so that
what is looked for by name is found by the statistics of the files. Each change is one commit of the table, made only
on top of the version that the writer has seen.

`deltalake` needs no pyarrow: it takes and gives Arrow by the C interface, here as tables of `arro3`, which it brings.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cached_property
from hashlib import sha256
from importlib import import_module
from itertools import groupby
from pathlib import Path
from typing import Any

from stancebank.corpus.lock import is_remote, storage_options
from stancebank.errors import BusyError, ServerError, StancebankError, WorkspaceError, import_extra, shorten

_FILE_SIZE = 2 << 20  # bytes of a data file: what the change of one record writes anew at most
_GROUP = 1000  # rows of a group: what is read at least for one record
_AT_ONCE = 16 << 20  # bytes of records that are read at once
_MOST_AT_ONCE = 5000  # records of a read
_AHEAD, _AHEAD_BYTES = 200, 2 << 20  # records and bytes that are read ahead in a folder
_FOLDERS = 16  # folders of which something read ahead is kept
_FEW = 200  # names that are told to the table one by one
MANY_FILES = 200
"""Small data files that a table has before they are written together."""

BATCH = "stancebank_batch"
"""The key of a commit under which it says what write it was a part of."""

_CONFIGURATION = {
    "delta.targetFileSize": str(_FILE_SIZE),
    "delta.enableExpiredLogCleanup": "false",  # a lock in git may pin any version
    "delta.logRetentionDuration": "interval 36500 days",
    "delta.deletedFileRetentionDuration": "interval 36500 days",
}

Kept = tuple[str, int]
"""The SHA-256 of a record's bytes, and their number."""


def in_parts(names: Iterable[str], size_of: Callable[[str], int]) -> Iterator[list[str]]:
    """Yield names in order, as many at a time as are read at once. size_of: gives the bytes of a record."""
    some: list[str] = []
    size = 0
    for name in names:
        some.append(name)
        size += size_of(name)
        if size > _AT_ONCE or len(some) >= _MOST_AT_ONCE:
            yield some
            some, size = [], 0
    if some:
        yield some


class Snapshot:
    """A version of a table. All that is read of it is what it held when it was made."""

    def __init__(self, table: Any, address: str) -> None:
        self._table, self.address = table, address
        self.version: int = table.version()
        self._ahead: dict[str, dict[str, bytes]] = {}

    @cached_property
    def index(self) -> dict[str, Kept]:
        """The names, sorted, with what is known of each without reading it."""
        found: list[tuple[str, str, int]] = []
        for batch in self._scan(["name", "sha256", "size"], None):
            found += zip(*(batch[key].to_pylist() for key in ("name", "sha256", "size")), strict=True)
        found.sort()
        index = {name: (digest, size) for name, digest, size in found}
        if len(index) != len(found):
            raise WorkspaceError(
                f"The table {self.address} has a name twice, so that it was not written by stancebank alone.\n"
                "Hint: take an earlier version of corpus/store.lock from git."
            )
        return index

    @cached_property
    def names(self) -> list[str]:
        """The names, sorted."""
        return list(self.index)

    def within(self, folder: str) -> list[str]:
        """Return the names in a folder and below it, sorted."""
        return self.names[bisect_left(self.names, f"{folder}/") : bisect_left(self.names, f"{folder}0")]

    def read(self, name: str) -> bytes | None:
        """Return the bytes of a record, or None. Those that follow it in its folder are read with it, and kept for a
        while: most who read one go on with the next.
        """
        folder = name.rpartition("/")[0]
        if name not in self._ahead.get(folder, ()):
            if name not in self.index:
                return None
            begin, size = bisect_left(self.names, name), 0
            some: list[str] = []
            for each in self.names[begin : begin + _AHEAD]:
                size += self.index[each][1]
                if each.rpartition("/")[0] != folder or (some and size > _AHEAD_BYTES):
                    break
                some.append(each)
            while len(self._ahead) >= _FOLDERS:
                del self._ahead[next(iter(self._ahead))]
            self._ahead.pop(folder, None)
            self._ahead[folder] = dict(self.read_all(some))
        return self._ahead[folder][name]

    def read_all(self, names: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Yield names with their bytes, in the order that was asked for, without those that there are not.

        Raises WorkspaceError or ServerError where the table is damaged.
        """
        for some in in_parts((name for name in names if name in self.index), lambda name: self.index[name][1]):
            found = self.read_some(some)
            yield from ((name, found[name]) for name in some)

    def read_some(self, names: Iterable[str]) -> dict[str, bytes]:
        """Return the bytes of some records that there are: one read for each folder of the corpus."""
        found: dict[str, bytes] = {}
        for key, some in groupby(sorted(set(names)), _key):
            found.update(self._read(key, list(some)))
        return found

    def _read(self, key: str, names: list[str]) -> Iterator[tuple[str, bytes]]:
        """Yield some records of one partition. names: sorted."""
        wanted = set(names)
        spanned = bisect_right(self.names, names[-1]) - bisect_left(self.names, names[0])
        where = f"folder = {_quoted(key)} and "
        if spanned <= 4 * len(names) or len(names) > _FEW:
            where += f"name >= {_quoted(names[0])} and name <= {_quoted(names[-1])}"
        else:
            where += f"name in ({', '.join(map(_quoted, names))})"
        found: dict[str, bytes] = {}
        for batch in self._scan(["name", "content"], where):
            held = batch["name"].to_pylist()
            places = [place for place, name in enumerate(held) if name in wanted]
            if not places:
                continue
            content = batch["content"] if len(places) == len(held) else batch["content"].take(_places(places))
            found |= {held[place]: data for place, data in zip(places, content.to_pylist(), strict=True)}
        for name in names:
            data = found.get(name)
            if data is None or sha256(data).hexdigest() != self.index[name][0]:
                raise WorkspaceError(
                    f"The table {self.address} is damaged: {name} has not the bytes that it was written with.\n"
                    "Hint: bring the table's files back from a copy."
                )
            yield name, data

    def _scan(self, columns: list[str], where: str | None) -> Iterator[Any]:
        try:
            yield from self._table.scan(columns, where)
        except StancebankError:
            raise
        except Exception as error:  # what deltalake raises of a broken file is a plain Exception
            raise explain(error, self.address, self._damaged()) from None

    def _damaged(self) -> str:
        """Return the path in the table of the first data file that cannot be read; "" where all can."""
        held = self._table.get_add_actions(flatten=True)
        keys = ("path", "partition.folder", "min.name", "max.name")
        for path, folder, first, last in zip(*(held[key].to_pylist() for key in keys), strict=True):
            where = f"folder = {_quoted(folder)} and name >= {_quoted(first)} and name <= {_quoted(last)}"
            try:
                for _ in self._table.scan(None, where):
                    pass
            except Exception:
                return str(path)
        return ""

    def files(self) -> int:
        """Return how many data files the version has."""
        return len(self._table.file_uris())

    def bytes(self) -> int:
        """Return how many bytes they have."""
        from_log = self._table.get_add_actions(flatten=True)
        return sum(from_log["size_bytes"].to_pylist())


class RecordTable:
    """A Delta table at an address. is_secret: only the owner may read its folder."""

    def __init__(self, address: str, *, is_secret: bool = False) -> None:
        self.address, self._is_secret = address, is_secret

    def open(self, version: int | None = None) -> Snapshot | None:
        """Return a version of the table, the last one where none is named; None where there is no table.

        Raises WorkspaceError where there is no such version, ServerError where a store cannot be reached.
        """
        table = self._open(version)
        return None if table is None else Snapshot(table, self.address)

    def _open(self, version: int | None = None) -> Any:
        library = import_extra("deltalake")
        if not is_remote(self.address) and not (Path(self.address) / "_delta_log").is_dir():
            return None
        try:
            return library.DeltaTable(self.address, version=version, storage_options=storage_options(self.address))
        except library.exceptions.TableNotFoundError:
            return None
        except Exception as error:
            if version is not None and (last := self._open()) is not None and not _has(library, self, version):
                raise WorkspaceError(
                    f"The table {self.address} has no version {version}: its last one is {last.version()}.\n"
                    "Hint: name the table that corpus/store.lock was written for; bring its files back from a copy "
                    "where they were removed."
                ) from None
            raise explain(error, self.address) from None

    def last_version(self) -> int | None:
        """Return the number of the last version; None where there is no table."""
        table = self._open()
        return None if table is None else int(table.version())

    def commit(
        self, base: int | None, files: Mapping[str, bytes], gone: Collection[str], batch: str, known: Collection[str]
    ) -> int:
        """Write records and remove others, all or nothing. Return the version that has them.

        base: the version that it is made on top of, None where there is no table; known: the names that it has. batch:
        what write it is a part of. Raises BusyError where there is a newer version by now.
        """
        library = import_extra("deltalake")
        try:
            table = self._create() if base is None else self._open(base)
            if table is None or not (files or gone):
                raise BusyError(f"The table {self.address} is gone.\nHint: run the command again.")
            properties = library.CommitProperties(custom_metadata={BATCH: batch}, max_commit_retries=0)
            writing = {"writer_properties": _written_as(library), "commit_properties": properties}
            if not gone and not any(name in known for name in files):
                library.write_deltalake(table, _rows(files), mode="append", target_file_size=_FILE_SIZE, **writing)
            else:
                _merge(table, files, gone, writing)
            table = self._open()
            sizes = table.get_add_actions(flatten=True)["size_bytes"].to_pylist()
            if sum(size < _FILE_SIZE // 2 for size in sizes) > MANY_FILES:
                table.optimize.compact(target_size=_FILE_SIZE, max_concurrent_tasks=2, **writing)
            return int(table.version())
        except StancebankError:
            raise
        except Exception as error:
            if isinstance(error, library.exceptions.CommitFailedError) and self.last_version() != base:
                raise BusyError(
                    f"Somebody else is writing to the table {self.address}.\n"
                    "Hint: take their corpus/store.lock by `git pull`, and run the command again. Nothing was changed."
                ) from None
            raise explain(error, self.address) from None

    def _create(self) -> Any:
        library, arrow = import_extra("deltalake"), _arrow()
        if not is_remote(self.address):
            folder = Path(self.address)
            folder.mkdir(parents=True, exist_ok=True, mode=0o700 if self._is_secret else 0o777)
        return library.DeltaTable.create(
            self.address,
            arrow.Schema(_fields(arrow)),
            partition_by=["folder"],
            configuration=_CONFIGURATION,
            storage_options=storage_options(self.address),
        )

    def batches_since(self, version: int) -> list[tuple[int, str]]:
        """Return the later versions in order, each with the write that it was a part of; "" where it does not say."""
        table = self._open()
        if table is None or table.version() <= version:
            return []
        told = table.history(table.version() - version)
        later = ((int(each["version"]), str(each.get(BATCH, ""))) for each in told)
        return sorted(each for each in later if each[0] > version)

    def restore(self, version: int) -> None:
        """Let the table hold again what a version had, in a new one."""
        table = self._open()
        if table is not None and table.version() > version:
            table.restore(version)

    def compact(self, base: int, batch: str) -> int:
        """Write small data files together, on top of a version. Return the version of it; the same where none are."""
        library = import_extra("deltalake")
        properties = library.CommitProperties(custom_metadata={BATCH: batch}, max_commit_retries=0)
        try:
            table = self._open(base)
            table.optimize.compact(
                target_size=_FILE_SIZE,
                max_concurrent_tasks=2,
                writer_properties=_written_as(library),
                commit_properties=properties,
            )
            return int(table.version())
        except StancebankError:
            raise
        except Exception as error:
            raise explain(error, self.address) from None

    def unused(self, kept: Collection[int], hours: int, batch: str, *, remove: bool) -> list[str]:
        """Return the data files that no version among some has, and that no later one uses for some hours.

        remove: remove them, too; versions that had them cannot be read any more.
        """
        library = import_extra("deltalake")
        try:
            table = self._open()
            if table is None:
                return []
            last = table.version()
            looking = {
                "retention_hours": hours,
                "enforce_retention_duration": False,
                "full": True,
                "keep_versions": sorted({last, *(each for each in kept if each <= last)}),
            }
            found = [self._within(each) for each in table.vacuum(dry_run=True, **looking)]
            found = sorted(each for each in found if is_remote(self.address) or (Path(self.address) / each).exists())
            if found and remove:
                properties = library.CommitProperties(custom_metadata={BATCH: batch})
                table.vacuum(dry_run=False, commit_properties=properties, **looking)
            return found
        except StancebankError:
            raise
        except Exception as error:
            raise explain(error, self.address) from None

    def _within(self, path: str) -> str:
        """Return the path of a data file in the table; some are told with that of the table before it."""
        return path.rpartition(f"{self.address.strip('/')}/")[2]


def _has(library: Any, table: RecordTable, version: int) -> bool:
    """Whether the log of a table knows a version, whatever became of its files."""
    last = table._open()
    return last is not None and version <= last.version()


def explain(error: BaseException, address: str, damaged: str = "") -> StancebankError:
    """Return an error of deltalake as one that says what is wrong with which table. damaged: its file that is."""
    told = " ".join(re.sub(r"\x1b\[[0-9;]*m|↳", "", str(error)).split())
    if damaged:
        return WorkspaceError(
            f"The table {address} is damaged: its file {damaged} cannot be read ({shorten(told, 300)}).\n"
            "Hint: bring the file back from a copy of the table, or take an earlier corpus/store.lock from git."
        )
    if is_remote(address):
        return ServerError(
            f"The table {address} cannot be used: {shorten(told, 400)}\n"
            "Hint: see to the network, and to AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT_URL."
        )
    return WorkspaceError(
        f"The table {address} cannot be used: {shorten(told, 400)}\n"
        "Hint: see to the disk and to the permissions of the folder; bring back from a copy what is missing there."
    )


def _merge(table: Any, files: Mapping[str, bytes], gone: Collection[str], writing: Mapping[str, Any]) -> None:
    names = [*files, *gone]
    keys = sorted({_key(name) for name in names})
    where = f"t.name = s.name and t.folder = s.folder and t.folder in ({', '.join(map(_quoted, keys))})"
    if len(names) <= _FEW:
        where += f" and t.name in ({', '.join(map(_quoted, sorted(names)))})"
    columns = {key: f"s.{key}" for key in ("folder", "name", "sha256", "size", "content")}
    merge = table.merge(_rows(files, gone), where, source_alias="s", target_alias="t", **writing)
    merge = merge.when_matched_delete("s.content is null").when_matched_update(columns)
    merge.when_not_matched_insert(columns, predicate="s.content is not null").execute()


def _rows(files: Mapping[str, bytes], gone: Collection[str] = ()) -> Any:
    """Return records as a table of arro3, sorted by name; those that go have no content."""
    arrow = _arrow()
    held: dict[str, bytes | None] = {**files, **dict.fromkeys(gone)}
    names = sorted(held)
    values: list[list[Any]] = [
        [_key(name) for name in names],
        names,
        [sha256(held[name] or b"").hexdigest() for name in names],
        [len(held[name] or b"") for name in names],
        [held[name] for name in names],
    ]
    fields = _fields(arrow)
    arrays = [arrow.Array(each, field.type) for each, field in zip(values, fields, strict=True)]
    return arrow.Table.from_arrays(arrays, schema=arrow.Schema(fields))


def _fields(arrow: Any) -> list[Any]:
    text, kinds = arrow.DataType.utf8(), arrow.DataType
    return [
        arrow.Field("folder", text, nullable=False),
        arrow.Field("name", text, nullable=False),
        arrow.Field("sha256", text, nullable=False),
        arrow.Field("size", kinds.int64(), nullable=False),
        arrow.Field("content", kinds.binary(), nullable=True),
    ]


def _places(places: list[int]) -> Any:
    arrow = _arrow()
    return arrow.Array(places, arrow.DataType.int64())


def _arrow() -> Any:
    import_extra("deltalake")
    return import_module("arro3.core")  # which deltalake brings


def _written_as(library: Any) -> Any:
    return library.WriterProperties(compression="ZSTD", max_row_group_size=_GROUP)


def _key(name: str) -> str:
    """Return the partition of a name: ``articles`` of ``corpus/articles/<id>.json``."""
    return name.split("/", 2)[1]


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
