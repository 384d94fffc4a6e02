"""Rows made in blocks of articles: in this process or in several, and kept in the local store for the next run.

A block is a stretch of articles in their order. Where it ends depends on the ids alone, so that one article more
changes one block. Whatever makes a block, and whether it was made now or before, what is written of it is the same.

What is kept only ever saves time. A block is found by the SHA-256 of all that its rows are made of: the files of its
articles, the scheme, the registries, the ledgers, the settings, this code and pyarrow. What is damaged, or came with a
copy of a workspace, is as if it were not there. No verification asks for it: its verdict rests on the folder alone.
"""

import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from zlib import crc32

import msgspec

from stancebank.check.cache import state_of
from stancebank.corpus.store import SUGGESTIONS
from stancebank.model import TextPolicy
from stancebank.publish.gold import GoldReader, Noted, Readings, RowContext
from stancebank.publish.parquet import expand, keep_table, lines_table, pyarrow_version, shrink
from stancebank.publish.rights import Shown, audit_article
from stancebank.publish.tables import article_rows, tables
from stancebank.records import find_files, json_lines, seldom_collecting
from stancebank.workspace import Workspace, open_workspace

SIZE = 32
"""Articles in a block, on the average; at most twice as many."""

MANY = 2000
"""Articles from which on several processes make rows: each takes a second to begin, and saves as much of 1,000."""

FEW = 100
"""Articles below which nothing is kept: rows are made as fast."""

KEPT = ".stancebank/rows"
LARGEST_CACHE = 1_000_000_000
"""Bytes that blocks may take which the last run did not use."""


class RowBlock(msgspec.Struct):
    """The rows of some articles.

    rows: by table, as `keep_table` has it, for tables that have any. lines: of the content hash, by table. shown: what
    rows show of each article. noted: what is kept of them. told: what was asked of the ledgers of suggestions.
    """

    rows: dict[str, bytes]
    lines: dict[str, bytes]
    shown: list[Shown]
    noted: Noted
    told: tuple[list[str], int, int, bool] | None = None


def cut(names: Iterable[str], context: RowContext) -> Iterator[tuple[str, ...]]:
    """Cut articles into blocks. names: in the order of `RowContext.order`; those of one split are in one block."""
    block: list[str] = []
    before: int | None = None
    for name in names:
        split = context.order(name)[0]
        if block and (split != before or len(block) == 2 * SIZE):
            yield tuple(block)
            block = []
        block.append(name)
        before = split
        if crc32(name.encode()) % SIZE == 0:
            yield tuple(block)
            block = []
    if block:
        yield tuple(block)


def make_block(golds: GoldReader, context: RowContext, names: Iterable[str]) -> RowBlock:
    """Make the rows of some articles."""
    lines: dict[str, list[bytes]] = {table.name: [] for table in tables(context.scheme)}
    noted, shown = Noted(golds.text), []
    ledgers = golds.ledgers.fresh() if golds.ledgers else None
    with seldom_collecting():
        for name in names:
            reading = golds.read_gold(name, ledgers)
            noted.note(reading)
            made = article_rows(reading, context)
            shown.append(audit_article(made, context.scheme))
            for table, more in made.items():
                lines[table].append(json_lines(more))  # the rows go at once
    held = [(table, found) for table in tables(context.scheme) if (found := b"".join(lines[table.name]))]
    return RowBlock(
        {table.name: keep_table(lines_table(table, found)) for table, found in held},
        {table.name: found for table, found in held},
        shown,
        noted,
        ledgers.told if ledgers else None,
    )


def stage(batch: bytes, settings: Mapping[str, Any]) -> bytes:
    """Make a block in a process of its own. batch: JSON of ids of articles, each with its group."""
    golds = _reader(settings["root"], settings["text"], settings["version"])
    groups: dict[str, str] = msgspec.json.decode(batch, type=dict[str, str])
    return msgspec.msgpack.encode(make_block(golds, replace(golds.context, groups=groups), groups))


@lru_cache(maxsize=1)
def _reader(root: str, text: str | None, version: str) -> GoldReader:
    workspace = open_workspace(Path(root))
    coming = replace(workspace, settings=replace(workspace.settings, version=version))
    return GoldReader(coming, None if text is None else TextPolicy(text))


def make_blocks(
    workspace: Workspace, read: Readings, *, workers: int | None = None, uses_cache: bool = True
) -> Iterator[RowBlock]:
    """Yield the rows of all articles, block by block.

    workers: processes that make rows, 1 for this one alone, 0 for one a core; None: what pays. uses_cache: whether
    blocks of earlier runs are looked for, and those of this one kept.
    """
    golds, context = read.readings.reader, read.context
    many = len(read.readings)
    if workers is None:
        workers = 0 if many >= MANY and workspace.store.kept_by is None else 1
    cache = BlockCache(workspace, golds) if uses_cache and many >= FEW else None
    asked: deque[tuple[tuple[str, ...], bytes, bool]] = deque()

    def missing() -> Iterator[bytes]:
        for names in cut(read.readings.ids, context):
            key = cache.key_of(names, context) if cache else b""
            asked.append((names, key, cache is not None and cache.has(key)))
            if not asked[-1][2]:
                yield msgspec.json.encode({name: context.groups.get(name, name) for name in names})

    def known() -> Iterator[RowBlock]:
        while asked and asked[0][2]:
            names, key, _ = asked.popleft()
            block = cache.get(key) if cache else None
            if block is None:  # it is damaged
                block = make_block(golds, context, names)
                if cache:
                    cache.put(key, block)
            yield block

    made = (make_block(golds, context, msgspec.json.decode(each)) for each in missing())
    if workers != 1:
        from stancebank.batches.run import run

        settings = {"root": str(workspace.root), "text": golds.text, "version": context.dataset_version}
        ran = run(f"{stage.__module__}:{stage.__name__}", missing(), settings, workers=workers)
        made = (msgspec.msgpack.decode(each, type=RowBlock) for each in ran)
    for block in made:
        yield from known()
        _, key, _ = asked.popleft()
        if cache:
            cache.put(key, block)
        yield block
    yield from known()
    if cache:
        cache.clean()


class BlockCache:
    """Blocks of earlier runs, each in a file of the local store that is called by its key."""

    def __init__(self, workspace: Workspace, golds: GoldReader) -> None:
        self._store, self._golds = workspace.store, golds
        self._folder = workspace.root / KEPT
        self._used: set[str] = set()
        root = workspace.root
        ledgers = [self._store.read(f"{SUGGESTIONS}/{name}.csv") for name in ("engines", "shown", "begun")]
        told = [sha256(data or b"").hexdigest() for data in ledgers]  # which a table may keep
        settings = told, golds.text, golds.context.dataset_version, workspace.settings.schema, pyarrow_version()
        registries = root / "corpus/entities.json", root / "corpus/targets.json"
        self._basis = state_of(root, (*find_files(workspace.schema_dir, "*.json"), *registries), settings)

    def key_of(self, names: Sequence[str], context: RowContext) -> bytes:
        """Return the SHA-256 of all that the rows of a block rest on."""
        digest = sha256(self._basis.encode())
        for name in names:
            placement = context.placement(name)
            placed = (placement.split, placement.fold) if placement else None
            digest.update(repr((name, context.groups.get(name), placed)).encode())
            for file, data in self._golds.files_of(name):
                digest.update(f"{file}\0{len(data)}\0".encode())
                digest.update(data)
        return digest.digest()

    def has(self, key: bytes) -> bool:
        """Whether a block is there, though it may be damaged."""
        return self._path(key).is_file()

    def get(self, key: bytes) -> RowBlock | None:
        """Return a block; None where it is not there, or not whole."""
        path = self._path(key)
        try:
            data = path.read_bytes()
            if data[:32] != sha256(key + data[32:]).digest():
                return None
            block = msgspec.msgpack.decode(expand(data[32:]), type=RowBlock)
            os.utime(path)
        except (OSError, ValueError, msgspec.MsgspecError):
            return None
        self._used.add(path.name)
        return block

    def put(self, key: bytes, block: RowBlock) -> None:
        """Keep a block, if that can be."""
        path = self._path(key)
        data = shrink(msgspec.msgpack.encode(block))
        part = path.with_suffix(f".{os.getpid()}.part")
        with suppress(OSError):
            if not self._folder.is_dir():
                self._store.keep_local_store_out_of_git()
                self._folder.mkdir(parents=True, exist_ok=True)
            part.write_bytes(sha256(key + data).digest() + data)
            part.replace(path)
            self._used.add(path.name)

    def clean(self) -> None:
        """Forget what the last run did not use, as far as it takes more than `LARGEST_CACHE`: the oldest first."""
        with suppress(OSError):
            others = [(each.stat(), each) for each in self._folder.iterdir() if each.name not in self._used]
            room = LARGEST_CACHE
            for state, path in sorted(others, key=lambda each: -each[0].st_mtime):
                room -= state.st_size
                if room < 0:
                    path.unlink(missing_ok=True)

    def _path(self, key: bytes) -> Path:
        return self._folder / key.hex()
