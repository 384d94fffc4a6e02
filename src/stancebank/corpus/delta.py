"""A Delta table of records by name: the one door to `deltalake`, with `stancebank.corpus.snapshot`, which reads.

A row is a record: its name, the folder of the corpus that it is in, the SHA-256 and the number of its bytes, and the
bytes. Each name has one row. The table is partitioned by folder, and the rows of a file are sorted by name, so that
what is looked for by name is found by the statistics of the files. Each change is one commit of the table, made only
on top of the version that the writer has seen.

`deltalake` needs no pyarrow: it takes and gives Arrow by the C interface, here as tables of `arro3`, which it brings.
"""

import os
from collections.abc import Collection, Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from stancebank.corpus.lock import is_remote, storage_options
from stancebank.corpus.snapshot import FEW, Snapshot, arro3, explain, key_of, quoted
from stancebank.errors import BusyError, StancebankError, WorkspaceError, import_extra

_FILE_SIZE = 2 << 20  # bytes of a data file: what the change of one record writes anew at most
_GROUP = 1000  # rows of a group: what is read at least for one record
MANY_FILES = 50
"""Small data files that a table has before they are written together: the more it has, the longer takes each write."""

BATCH = "stancebank_batch"
"""The key of a commit under which it says what write it was a part of."""

_CONFIGURATION = {
    "delta.targetFileSize": str(_FILE_SIZE),
    "delta.enableExpiredLogCleanup": "false",  # a lock in git may pin any version
    "delta.logRetentionDuration": "interval 36500 days",
    "delta.deletedFileRetentionDuration": "interval 36500 days",
}


class RecordTable:
    """A Delta table at an address. is_secret: only the owner may read its folder."""

    def __init__(self, address: str, *, is_secret: bool = False) -> None:
        self.address, self._is_secret = address, is_secret
        self._held: tuple[Any, tuple[int, ...] | None] | None = None

    def open(self, version: int | None = None) -> Snapshot | None:
        """Return a version of the table, the last one where none is named; None where there is no table.

        Raises WorkspaceError where there is no such version, ServerError where a store cannot be reached.
        """
        table = self._open(version)
        return None if table is None else Snapshot(self.at, self.address, table.version(), table)

    def at(self, version: int) -> Any:
        """Return the table as of a version that there was. Raises WorkspaceError where it is gone."""
        if (table := self._open(version)) is None:
            raise WorkspaceError(f"The table {self.address} is gone.\nHint: bring it back from a copy.")
        return table

    def is_last(self, version: int) -> bool:
        """Whether a version is the last one of a table in a folder, by the names in its log."""
        return os.path.exists(self._entry(version)) and not os.path.exists(self._entry(version + 1))  # noqa: PTH110

    def _entry(self, version: int) -> str:
        return f"{self.address}/_delta_log/{version:020}.json"

    def _mark(self, version: int) -> tuple[int, ...] | None:
        """Return what tells the entry of a version in the log from that of another table; none in an object store."""
        if is_remote(self.address):
            return None
        told = os.stat(self._entry(version))  # noqa: PTH116
        return told.st_dev, told.st_ino, told.st_size, told.st_mtime_ns

    def _hold(self, table: Any) -> Any:
        """Keep a table for what is written next: its log is read once, and from then on what was added to it."""
        self._held = None
        if table is not None:
            with suppress(OSError):
                self._held = (table, self._mark(table.version()))
        return table

    def _last(self) -> Any:
        """Return the last version of the table, None where there is none. It moves on with what is written."""
        if self._held:
            table, mark = self._held
            with suppress(Exception):  # it is opened anew, which says what is wrong
                if self._mark(table.version()) == mark:
                    if mark and self.is_last(table.version()):
                        return table
                    table.update_incremental()
                    return self._hold(table)
        return self._hold(self._open())

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
        table = self._last()
        return None if table is None else int(table.version())

    def after(
        self, known: Snapshot | None, version: int, files: Mapping[str, bytes], gone: Collection[str], batch: str
    ) -> Snapshot | None:
        """Return the version that a write has made, without reading it; None where the table does not bear it out.

        known: the version before it, None where there was none. version, files, gone, batch: as `commit` returned and
        took them. Every version since is to be one of this write, and to have as many rows as there are names then.
        """
        known = known or Snapshot(self.at, self.address, 0, index={})
        made = known.after(version, files, gone)
        ours = [(each, batch) for each in range(known.version + 1, version + 1)]
        if self.batches_since(known.version) != ours:
            return None
        rows = self._last().get_add_actions(flatten=True)["num_records"].to_pylist()
        return made if None not in rows and sum(rows) == len(made.index) else None

    def commit(
        self, base: int | None, files: Mapping[str, bytes], gone: Collection[str], batch: str, known: Collection[str]
    ) -> int:
        """Write records and remove others, all or nothing. Return the version that has them.

        base: the version that it is made on top of, None where there is no table; known: the names that it has. batch:
        what write it is a part of. Raises BusyError where there is a newer version by now.
        """
        library = import_extra("deltalake")
        try:
            table = self._create() if base is None else self._last()
            if table is not None and table.version() != base is not None:
                table = self._open(base)
            self._held = None  # of a write that fails, nothing is known
            if table is None or not (files or gone):
                raise BusyError(f"The table {self.address} is gone.\nHint: run the command again.")
            properties = library.CommitProperties(custom_metadata={BATCH: batch}, max_commit_retries=0)
            writing = {"writer_properties": _written_as(library), "commit_properties": properties}
            if not gone and not any(name in known for name in files):
                library.write_deltalake(table, _rows(files), mode="append", target_file_size=_FILE_SIZE, **writing)
            else:
                _merge(table, files, gone, writing)
            sizes = table.get_add_actions(flatten=True)["size_bytes"].to_pylist()
            if sum(size < _FILE_SIZE // 2 for size in sizes) > MANY_FILES:
                table.optimize.compact(target_size=_FILE_SIZE, max_concurrent_tasks=2, **writing)
            return int(self._hold(table).version())
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
        library, arrow = import_extra("deltalake"), arro3()
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
        table = self._last()
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


def _merge(table: Any, files: Mapping[str, bytes], gone: Collection[str], writing: Mapping[str, Any]) -> None:
    names = [*files, *gone]
    keys = sorted({key_of(name) for name in names})
    where = f"t.name = s.name and t.folder = s.folder and t.folder in ({', '.join(map(quoted, keys))})"
    if len(names) <= FEW:
        where += f" and t.name in ({', '.join(map(quoted, sorted(names)))})"
    columns = {key: f"s.{key}" for key in ("folder", "name", "sha256", "size", "content")}
    merge = table.merge(_rows(files, gone), where, source_alias="s", target_alias="t", **writing)
    merge = merge.when_matched_delete("s.content is null").when_matched_update(columns)
    merge.when_not_matched_insert(columns, predicate="s.content is not null").execute()


def _rows(files: Mapping[str, bytes], gone: Collection[str] = ()) -> Any:
    """Return records as a table of arro3, sorted by name; those that go have no content."""
    arrow = arro3()
    held: dict[str, bytes | None] = {**files, **dict.fromkeys(gone)}
    names = sorted(held)
    values: list[list[Any]] = [
        [key_of(name) for name in names],
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


def _written_as(library: Any) -> Any:
    return library.WriterProperties(compression="ZSTD", max_row_group_size=_GROUP)
