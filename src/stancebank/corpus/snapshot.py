"""A version of a table of records, as it is read; `stancebank.corpus.delta` writes it."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cached_property
from hashlib import sha256
from importlib import import_module
from itertools import groupby
from typing import Any

from stancebank.corpus.lock import content_hash, is_remote
from stancebank.errors import ServerError, StancebankError, WorkspaceError, import_extra, shorten

_AT_ONCE = 16 << 20  # bytes of records that are read at once
_MOST_AT_ONCE = 5000  # records of a read
_AHEAD, _AHEAD_BYTES = 200, 2 << 20  # records and bytes that are read ahead in a folder
_FOLDERS = 16  # folders of which something read ahead is kept
FEW = 200
"""Names that are told to a table one by one."""

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
    """A version of a table. All that is read of it is what it held when it was made.

    open_at: opens a version of the table. opened: this one; None where it is opened when the first record is read.
    index: what it holds, where that is known without reading it; `is_told` says so.
    """

    def __init__(
        self,
        open_at: Callable[[int], Any],
        address: str,
        version: int,
        opened: Any = None,
        index: dict[str, Kept] | None = None,
    ) -> None:
        self._open_at, self.address, self.version = open_at, address, version
        self.is_told = index is not None
        self._ahead: dict[str, dict[str, bytes]] = {}
        if opened is not None:
            self._table = opened
        if index is not None:
            self.index = index

    @cached_property
    def _table(self) -> Any:
        return self._open_at(self.version)

    @cached_property
    def index(self) -> dict[str, Kept]:
        """The names with what is known of each without reading it."""
        found: list[tuple[str, str, int]] = []
        for batch in self._scan(["name", "sha256", "size"], None):
            found += zip(*(batch[key].to_pylist() for key in ("name", "sha256", "size")), strict=True)
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
        return sorted(self.index)

    def after(self, version: int, files: Mapping[str, bytes], gone: Collection[str]) -> "Snapshot":
        """Return a version that holds the same but for records that were written and others that were removed."""
        index = self.index | {name: (sha256(data).hexdigest(), len(data)) for name, data in files.items()}
        for name in gone:
            index.pop(name, None)
        made = Snapshot(self._open_at, self.address, version, index=index)
        new = [name for name in files if name not in self.index]
        held = [name for name in self.names if name in index] if gone else self.names
        made.names = sorted([*held, *sorted(new)])  # two runs in order, which Python only merges
        return made

    def content_hash(self) -> str:
        """Return the SHA-256 of what it holds, as a lock file has it."""
        index = self.index
        return content_hash((name, index[name][0]) for name in self.names)

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
        for key, some in groupby(sorted(set(names)), key_of):
            found.update(self._read(key, list(some)))
        return found

    def _read(self, key: str, names: list[str]) -> Iterator[tuple[str, bytes]]:
        """Yield some records of one partition. names: sorted."""
        wanted = set(names)
        spanned = bisect_right(self.names, names[-1]) - bisect_left(self.names, names[0])
        where = f"folder = {quoted(key)} and "
        if spanned <= 4 * len(names) or len(names) > FEW:
            where += f"name >= {quoted(names[0])} and name <= {quoted(names[-1])}"
        else:
            where += f"name in ({', '.join(map(quoted, names))})"
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
            where = f"folder = {quoted(folder)} and name >= {quoted(first)} and name <= {quoted(last)}"
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


def _places(places: list[int]) -> Any:
    arrow = arro3()
    return arrow.Array(places, arrow.DataType.int64())


def arro3() -> Any:
    """Return the library of the tables that deltalake takes and gives."""
    import_extra("deltalake")
    return import_module("arro3.core")  # which deltalake brings


def key_of(name: str) -> str:
    """Return the partition of a name: ``articles`` of ``corpus/articles/<id>.json``."""
    return name.split("/", 2)[1]


def quoted(text: str) -> str:
    """Return a text as it stands in a condition of a query."""
    return "'" + text.replace("'", "''") + "'"
