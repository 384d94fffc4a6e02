"""Harvest: articles come out of a web archive, batch by batch, and what is broken in it is told with its place.

Each batch is planned and written as a whole, its articles first, then its lines of the ledger, then where reading goes
on. Whoever kills a run can run it again: it begins with the batch that was not finished, whose articles are known. How
many pages a batch has, and who takes out their texts, changes nothing of what is written.

The ledger `corpus/archives/NAME/` has a line for each page that is an article: where it was fetched and when, what page
and server say of its use, how much of it may be published and why. It holds addresses, and no words.
"""

import hashlib
import json
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from stancebank.batches.run import run
from stancebank.corpus.archives import Capture, Left, read_archive
from stancebank.corpus.cleaning import Handed, Source, broken_signs
from stancebank.corpus.extraction import STAGE, Extracted, extract_here, pack_captures, unpack_extracted
from stancebank.corpus.ingest import slugify
from stancebank.corpus.origins import ORIGINS, Origin, origin_lines, read_origin_file, write_origin_file
from stancebank.corpus.page_uses import reservation
from stancebank.corpus.planning import Addition, Planner
from stancebank.corpus.store import Store
from stancebank.corpus.warc import ArchivePlace
from stancebank.errors import ConflictError
from stancebank.model import TextPolicy
from stancebank.records import read_json, to_json, write_text
from stancebank.text import sha256

_STATES = ".stancebank/archives"
_ROWS = 5_000  # lines of a file of the ledger, so that a batch rewrites few
_PAGES = 100  # of a batch
_BYTES = 16_000_000  # of the pages of a batch, where they are long
_PROOF = 65_536  # bytes at both ends of an archive that tell it from others
_TOLD = 1_000  # faults that are kept for the report of a run that goes on


@dataclass(frozen=True, slots=True)
class HarvestFault:
    """What of an archive cannot be added.

    kind: ``broken`` record, ``page`` that cannot be read, ``refused`` article, ``conflict`` with one that is there.
    """

    kind: str
    source: str
    record_id: str
    message: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a page that is an article. notes: what is to be said of it."""

    source: str
    action: str
    article_id: str
    differing: tuple[str, ...] = ()
    reprint_of: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class Batch:
    """What a batch came to.

    left: how many records are no article, by the reason. reserved: how many articles are reserved, by what says so.
    narrowed: how many of them are withheld for that.
    """

    taken: list[Taken] = field(default_factory=list)
    faults: list[HarvestFault] = field(default_factory=list)
    left: Counter[str] = field(default_factory=Counter)
    reserved: Counter[str] = field(default_factory=Counter)
    narrowed: int = 0

    def counts(self) -> dict[str, Counter[str]]:
        """Return how many there are of each, by what it is; what counts once, by ""."""
        return {
            "actions": Counter(each.action for each in self.taken),
            "left": self.left,
            "reserved": self.reserved,
            "faults": Counter(each.kind for each in self.faults),
            "narrowed": Counter({"": self.narrowed}),
        }


@dataclass(slots=True)
class _State:
    """How far a run came. counts: of what was done before, by what it is."""

    place: ArchivePlace = field(default_factory=ArchivePlace)
    rows: int = 0
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    faults: list[HarvestFault] = field(default_factory=list)

    def add(self, batch: Batch) -> None:
        """Count what a batch came to."""
        for key, found in batch.counts().items():
            held = self.counts.setdefault(key, {})
            for name, many in found.items():
                held[name] = held.get(name, 0) + many
        self.faults = [*self.faults, *batch.faults][:_TOLD]


class Harvest:
    """A run over one archive. Iterate over it: it does one batch after the other, and yields what each came to.

    store: of the workspace. handed: the archive. metadata, options: as `planning.Planner` takes them. fast: whether
    resiliparse takes out the texts. despite: whether reservations of pages narrow no text policy. engine, workers: as
    `stancebank.batches.run.run` takes them. dry: write nothing. planner: one that goes on from another archive.
    """

    def __init__(
        self,
        store: Store,
        handed: Handed,
        planner: Planner,
        metadata: Mapping[str, Any],
        defaults: Mapping[str, Any],
        *,
        fast: bool = False,
        despite: bool = False,
        engine: str = "",
        workers: int = 1,
        dry: bool = False,
        pages: int = _PAGES,
    ) -> None:
        self._store, self._handed, self._planner = store, handed, planner
        self._given = {**defaults, **metadata}
        self._fast, self._despite, self._dry = fast, despite, dry
        self._engine, self._workers, self._pages = engine, workers, pages
        self._identity = _identity(handed)
        self.file = Path(handed.name).name
        name = slugify(re.sub(r"\.(?:warc|wacz|gz)\b", "", self.file)) or "archive"
        self.ledger = f"{ORIGINS}/{name[:60].strip('-')}-{self._identity[:8]}"
        told = json.dumps([self._identity, fast, despite, dict(metadata), dict(defaults)], sort_keys=True, default=str)
        self._path = store.root / _STATES / f"{sha256(told)[:16]}.json"
        self._state = _State() if dry else self._read_state()
        self._lines: list[str] = []  # of the file of the ledger that is not full yet

    @property
    def goes_on(self) -> bool:
        """Whether an earlier run over this archive was interrupted, and this one goes on where it was."""
        return self._state.place != ArchivePlace()

    @property
    def before(self) -> dict[str, dict[str, int]]:
        """What was counted before, by what it is: ``actions``, ``left``, ``reserved``, ``faults``, ``narrowed``."""
        return self._state.counts

    @property
    def faults_before(self) -> list[HarvestFault]:
        """The faults that were found before, the first of them."""
        return self._state.faults

    def __iter__(self) -> Iterator[Batch]:
        state = self._state
        self._hold_origins()
        beside: deque[tuple[Batch, ArchivePlace]] = deque()
        for made in self._extracted(self._batches(state.place, beside)):
            batch, after = beside.popleft()
            self._take(list(made), batch)
            state.add(batch)
            state.place = after
            if not self._dry:
                write_text(self._path, self._state_text())
            yield batch
        if not self._dry:
            self._drop_rest()
            self._path.unlink(missing_ok=True)
            with suppress(OSError):
                self._path.parent.rmdir()

    def _extracted(self, batches: Iterable[list[Capture]]) -> Iterator[Iterator[Extracted]]:
        """Yield what is made of the pages of each batch, here or elsewhere."""
        if self._workers == 1 and not self._engine:
            yield from (extract_here(each, fast=self._fast) for each in batches)
            return
        packed, settings = map(pack_captures, batches), {"fast": self._fast}
        yield from map(unpack_extracted, run(STAGE, packed, settings, engine=self._engine, workers=self._workers))

    def _batches(self, begin: ArchivePlace, beside: deque[tuple[Batch, ArchivePlace]]) -> Iterator[list[Capture]]:
        """Yield pages in batches; what else was read goes beside each of them, with where to go on behind it."""
        captures: list[Capture] = []
        size, batch, after = 0, Batch(), begin
        for each in read_archive(self._handed, begin):
            after = each.after
            if isinstance(each, Capture):
                captures.append(each)
                size += len(each.body)
            elif isinstance(each, Left):
                batch.left[each.why] += 1
            else:
                batch.faults.append(HarvestFault("broken", each.name, each.record_id, each.message))
            if len(captures) >= self._pages or size >= _BYTES:
                beside.append((batch, after))
                yield captures
                captures, size, batch = [], 0, Batch()
        if captures or batch.left or batch.faults:
            beside.append((batch, after))
            yield captures

    def _take(self, pages: list[Extracted], batch: Batch) -> None:
        """Plan and write the articles of a batch, and its lines of the ledger."""
        by_name: dict[str, tuple[Extracted, str, TextPolicy]] = {}
        sources: list[Source] = []
        for page in pages:
            if page.source is None:
                if page.is_fault:
                    batch.faults.append(HarvestFault("page", page.name, page.record_id, page.why))
                else:
                    batch.left["page without an article"] += 1
                continue
            # several records may lie in one member of gzip, at one offset
            name = page.name if page.name not in by_name else f"{page.name} {page.record_id}"
            source, because, policy = self._under_rights(replace(page.source, name=name), page)
            by_name[name] = (page, because, policy)
            sources.append(source)
        additions, refusals = self._planner.plan(sources)
        for each in refusals:
            kind = "conflict" if isinstance(each.error, ConflictError) else "refused"
            known = by_name.get(each.source)
            message = str(each.error).removesuffix("Nothing was changed.").rstrip()
            batch.faults.append(HarvestFault(kind, each.source, known[0].record_id if known else "", message))
        origins: list[Origin] = []
        for source, addition in additions:
            page, because, policy = by_name[source.name]
            if because:
                batch.reserved[because] += 1
                batch.narrowed += policy is not TextPolicy.WITHHELD and not self._despite
            batch.taken.append(_taken(source, addition))
            if addition.action != "differs":
                origins.append(self._origin(page, addition, because))
        if not self._dry:
            self._write([addition for _, addition in additions])
            self._planner.settle()
            self._write_origins(origins)

    def _under_rights(self, source: Source, page: Extracted) -> tuple[Source, str, TextPolicy]:
        """Return a source that says how much of it may be published, what reserves it, and what else might have been.

        A page that names no outlet has that of its host.
        """
        because = reservation(page.uses) or ""
        said = self._given.get("text_policy") or TextPolicy.WITHHELD
        policy = TextPolicy(said) if said in list(TextPolicy) else TextPolicy.WITHHELD
        metadata, changes, about = dict(source.metadata), source.changes, source.page
        if because and not self._despite and policy is not TextPolicy.WITHHELD:
            metadata["text_policy"] = str(TextPolicy.WITHHELD)
        names_outlet = self._given.get("outlet") or (about and "outlet" in about.found)
        if not names_outlet and (host := _host(page.address)):
            value = {"value": host, "basis": "inferred"}
            changes = (*changes, "its page names no outlet; the name of the host is taken")
            if about:
                about = replace(about, found={**about.found, "outlet": value})
            else:
                metadata["outlet"] = value
        return replace(source, metadata=metadata, changes=changes, page=about), because, policy

    def _origin(self, page: Extracted, addition: Addition, because: str) -> Origin:
        uses = page.uses
        return Origin(
            addition.article.id,
            self.file + page.archive.removeprefix(self._handed.name),
            str(page.offset),
            page.record_id,
            page.address,
            page.fetched,
            " ".join(uses.get("tdm-reservation", ())),
            " ".join(uses.get("tdm-policy", ())),
            ", ".join(uses.get("robots", ())),
            " ".join(uses.get("licence", ())),
            str(addition.article.rights.text_policy),
            f"{because} (overridden)" if because and self._despite else because,
        )

    def _write(self, additions: Iterable[Addition]) -> None:
        additions = list(additions)
        new = [(e.article, e.text) for e in additions if e.action in ("added", "updated", "replaced")]
        self._store.write_articles(new)
        for each in additions:
            if each.action == "unchanged":
                self._store.write_text(each.article, each.text)

    # The ledger, in files of so many lines

    def _file(self, number: int) -> str:
        return f"{self.ledger}/{number + 1:05}.csv"

    def _hold_origins(self) -> None:
        """Take up the file of the ledger that is not full yet, as far as it counts."""
        number = self._state.rows // _ROWS
        found = [] if self._dry else read_origin_file(self._store, self._file(number))
        self._lines = origin_lines(found[: self._state.rows % _ROWS])
        self._state.rows = number * _ROWS + len(self._lines)  # some may have been removed since

    def _write_origins(self, origins: list[Origin]) -> None:
        number = self._state.rows // _ROWS
        self._lines += origin_lines(origins)
        self._state.rows += len(origins)
        while origins and self._lines:
            write_origin_file(self._store, self._file(number), self._lines[:_ROWS])
            if len(self._lines) < _ROWS:
                break
            self._lines, number = self._lines[_ROWS:], number + 1

    def _drop_rest(self) -> None:
        """Remove files of the ledger that an earlier run left behind the last line."""
        last = -(-self._state.rows // _ROWS)
        for path in sorted((self._store.root / self.ledger).glob("*.csv")):
            if path.stem.isdigit() and int(path.stem) > last:
                path.unlink()

    # How far it came

    def _read_state(self) -> _State:
        if not self._path.is_file():
            return _State()
        told = read_json(self._path)
        faults = [HarvestFault(*each) for each in told["faults"]]
        return _State(ArchivePlace(*told["place"]), told["rows"], told["counts"], faults)

    def _state_text(self) -> str:
        state = self._state
        faults = [[each.kind, each.source, each.record_id, each.message] for each in state.faults]
        value = {"archive": self.file, "place": list(state.place), "rows": state.rows, "counts": state.counts}
        return to_json({**value, "faults": faults})


def _taken(source: Source, addition: Addition) -> Taken:
    is_new = addition.action in ("added", "replaced")
    notes = [f"{each}." for each in addition.notes if is_new or addition.action == "updated"]
    if is_new:
        notes += [f"{each}." for each in source.changes]
        notes += [f"{each}. The text is kept as it is." for each in broken_signs(addition.text)]
    article = addition.article
    return Taken(source.name, addition.action, article.id, addition.differing, article.reprint_of, tuple(notes))


def _host(address: str) -> str | None:
    with suppress(ValueError):
        host = urlsplit(address).hostname
        return host.removeprefix("www.") if host else None
    return None


def _identity(handed: Handed) -> str:
    """Return what tells an archive from others, wherever it lies: of its size and both ends, as hex."""
    with handed.open() as file:
        size = file.seek(0, 2)
        made = hashlib.sha256(str(size).encode())
        for place in (0, max(0, size - _PROOF)):
            file.seek(place)
            made.update(file.read(_PROOF))
    return made.hexdigest()
