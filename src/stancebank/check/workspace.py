"""All rules over a whole workspace: its files, what they hold, what they say of one another, and what is waived.

What splits by article is in `check.articles`. Of a corpus of many articles no more is kept than what rules over all of
them need; both cores look at them, and what has not changed since an earlier check is not looked at again.
"""

import os
import re
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from heapq import merge
from itertools import chain, groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING

from stancebank.check.annotations import Chosen, check_retired
from stancebank.check.articles import (
    STAGE,
    ArticleFacts,
    Basis,
    Checked,
    Holding,
    Loaded,
    check_batch,
    check_holding,
    load_record,
    make_basis,
    pack_holdings,
    settings_of,
    unpack_checked,
)
from stancebank.check.corpus import (
    check_assignments,
    check_entities,
    check_reprints,
    check_same_texts,
    check_splits,
    check_targets,
    check_withdrawals,
)
from stancebank.check.waivers import WAIVERS, Waived, apply_waivers, read_waivers
from stancebank.corpus.backend import FILES, is_stored
from stancebank.corpus.language import FOLDER as LANGUAGES
from stancebank.corpus.leaks import Search, guard_of, make_guard, search_workspace
from stancebank.corpus.store import (
    LEDGER,
    LOCAL_TEXTS,
    LOCAL_WITHDRAWN,
    LONGEST_PATH,
    PUBLIC_TEXTS,
    SAMPLES,
    WITHDRAWN,
    is_reserved,
)
from stancebank.errors import Finding, WorkspaceError
from stancebank.model import EntityRegistry, Record, SplitRules, TargetRegistry, Withdrawal
from stancebank.schema.fields import Scheme
from stancebank.schema.rules import check_scheme
from stancebank.schema.validate import RecordKind
from stancebank.text import one_line
from stancebank.workspace import Workspace

if TYPE_CHECKING:
    from stancebank.check.cache import CheckCache

LEAKED = "text-leaked"

MANY = 200
"""Articles from which on records are not kept, and what was found is: reading a cache takes time, too."""

_BATCH = 64  # articles that travel together
_ALONE = 16  # batches that are looked at before other processes are started: each takes a second to begin

_ID = r"[a-z0-9]+(?:-[a-z0-9]+)*"
_KEPT = tuple(
    re.compile(pattern)
    for pattern in (
        rf"corpus/articles/{_ID}\.json",
        rf"corpus/(?:gold|annotations/{_ID})/{_ID}\.json",
        rf"corpus/adjudications/{_ID}\.json",
        r"(?:corpus|\.stancebank)/texts/[^/]+\.txt",
    )
)
"""Files that are named for an article."""

_PLACES: tuple[tuple[re.Pattern[str], RecordKind | None], ...] = (
    *((pattern, None) for pattern in _KEPT[:-1]),
    (re.compile(rf"corpus/texts/{_ID}\.txt"), None),
    (re.compile(rf"corpus/withdrawn/{_ID}\.json"), "withdrawal"),
    (re.compile(r"corpus/entities\.json"), "entities"),
    (re.compile(r"corpus/targets\.json"), "targets"),
    (re.compile(rf"corpus/(?:splits|assignments)\.csv|corpus/samples/{_ID}\.json"), None),
    (re.compile(r"corpus/store\.lock"), None),
    (re.compile(rf"corpus/archives/{_ID}/[0-9]{{5}}\.csv"), None),
    (re.compile(rf"corpus/suggestions/(?:engines|shown|begun)\.csv|corpus/suggestions/{_ID}/{_ID}\.json"), None),
    (re.compile(r"corpus/(?:.+/)?(?:README\.md|\.gitkeep|\.gitattributes)"), None),
    (re.compile(r"corpus/migrations/v[0-9]+-v[0-9]+\.json"), None),
    (re.compile(r"corpus/releases/[0-9.]+/(?:(?:manifest|rows)(?:-[0-9]+)?\.json|SHA256SUMS)"), None),
)
_READINGS = "corpus/annotations"
_FOLDERS = ("corpus/articles", "corpus/gold", "corpus/adjudications", PUBLIC_TEXTS, LOCAL_TEXTS)


@dataclass(frozen=True, slots=True)
class Report:
    """What was looked at, and what was found. texts: articles whose words were at hand.

    waived: what was found too, and is let stand; `findings` leaves it out. records: those that could be read, by
    name, for `Workspace.with_records`. search: what was searched for leaked words, and what could not be.
    """

    findings: tuple[Finding, ...]
    waived: tuple[Waived, ...]
    articles: int
    texts: int
    documents: int
    statements: int
    records: Mapping[str, Record] = field(default_factory=dict, repr=False)
    search: Search = field(default_factory=Search, repr=False)

    @property
    def waived_leaks(self) -> tuple[tuple[str, str], ...]:
        """Where a waiver lets leaked words stand: files and JSON pointers."""
        return tuple((each.finding.file, each.finding.pointer) for each in self.waived if each.finding.code == LEAKED)

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that block a build."""
        return tuple(finding for finding in self.findings if finding.severity == "error")


@dataclass(slots=True)
class _Course:
    """What was found of all articles. astray: names of holdings that have to be looked at together."""

    findings: set[Finding] = field(default_factory=set)
    facts: list[ArticleFacts] = field(default_factory=list)
    documents: int = 0
    statements: int = 0
    entities: set[str] = field(default_factory=set)
    gold: set[str] = field(default_factory=set)
    unread: set[str] = field(default_factory=set)
    lacks_reading: bool = False
    astray: set[str] = field(default_factory=set)
    records: dict[str, Record] = field(default_factory=dict)

    def add(self, name: str, checked: Checked) -> None:
        """Add what was found of a holding. name: that its files have."""
        self.findings.update(Finding(*each) for each in checked.findings)
        self.facts += checked.articles
        self.documents += checked.documents
        self.statements += checked.statements
        self.entities.update(checked.entities)
        self.gold.update(checked.gold)
        self.unread.update(checked.unread)
        self.lacks_reading |= checked.lacks_reading
        if checked.astray:
            self.astray |= {name, *checked.astray}


def check_workspace(
    workspace: Workspace,
    also: Iterable[Finding] = (),
    today: date | None = None,
    *,
    proves_migration: bool = True,
    uses_cache: bool = True,
    workers: int = 0,
    engine: str = "",
) -> Report:
    """Look at every file of a workspace. Without an article's words, what needs them is left out and not counted.

    also: findings from elsewhere, to be waived and sorted with the others. today: the day that waivers are held
    against; the present one in UTC by default. proves_migration: also that the migration.toml of the schema leads to
    it, on which no row depends. uses_cache: believe what an earlier check found of articles that have not changed, from
    `MANY` of them on; the findings are the same. workers, engine: as `batches.run` takes them, for many articles.
    """
    unsound = check_scheme(workspace.root, workspace.schema_dir, proves_migration=proves_migration)
    if any(finding.code in ("scheme-incomplete", "scheme-name") for finding in unsound):
        return Report(tuple(sorted(unsound)), (), 0, 0, 0, 0)
    scheme = workspace.scheme
    workspace.store.backend.require_sound()
    loaded, skipped = _look(workspace, scheme)
    withdrawals: dict[str, Withdrawal] = loaded.of(Withdrawal)
    group_by = (workspace.settings.splits or SplitRules()).group_by if _has_ledger(workspace) else ()
    basis = make_basis(workspace.root, workspace.schema_dir, scheme, loaded, workspace.settings.cap, group_by)
    tally = _Articles(workspace, basis, loaded.findings, skipped).check(uses_cache, workers, engine)
    tally.unread |= {each.file for each in loaded.findings}
    findings = tally.findings.union(unsound, loaded.findings, also)
    facts = sorted(tally.facts, key=lambda each: each.file)
    findings.update(check_same_texts((each.file, each) for each in facts))
    findings.update(check_reprints(workspace.store, {each.file: each for each in facts}))
    gone = {each.id for each in withdrawals.values()}
    # what cannot be read has findings of its own
    gone |= {Path(file).stem for file in tally.unread if file.startswith("corpus/articles/")}
    findings.update(_check_ledgers(workspace, scheme, facts, tally.gold, gone))
    findings.update(_check_registries(loaded, scheme, tally))
    findings.update(check_withdrawals(workspace.store, withdrawals))
    records = {**tally.records, **loaded.records} if tally.records else {}
    search = _search(workspace.with_records(records), facts, withdrawals.values())
    findings.update(Finding(leak.file, leak.pointer, LEAKED, leak.message) for leak in search.leaks)
    counted = [*_with_line_ends(findings)]
    waived: list[Waived] = []
    faults: list[Finding] = []
    if os.path.lexists(workspace.root / WAIVERS):
        waivers, faults = read_waivers(workspace.root)
        counted, waived = apply_waivers(counted, waivers, today or datetime.now(UTC).date())
    return Report(
        tuple(sorted({*counted, *faults})),
        tuple(sorted(waived, key=lambda each: each.finding)),
        len(facts),
        len({each.id for each in facts if each.has_text}),
        tally.documents,
        tally.statements,
        records,
        search,
    )


def _look(workspace: Workspace, scheme: Scheme) -> tuple[Loaded, dict[str, list[str]]]:
    """Look at all names below corpus/, and read what is not named for an article.

    Returns also the names, by the article that they are named for, of what is not to be read, or is not expected.
    """
    root, loaded = workspace.root, Loaded()
    is_table = workspace.settings.store != FILES
    skipped: dict[str, list[str]] = {}
    for name, entry in _walk(str(root), "corpus"):
        findings = list(_check_name(root, name, entry))
        if not entry.is_dir() and not any(each.code == "link-outside" for each in findings):
            kind = next((kind for pattern, kind in _PLACES if pattern.fullmatch(name)), "unexpected")
            if kind == "unexpected":
                findings.append(Finding(name, "", "file-unexpected", "the workspace expects no such file."))
            elif is_table and is_stored(name):
                findings.append(Finding(name, "", "file-unexpected", "the records of the workspace are in a table."))
            elif kind is not None:
                load_record(Path(entry.path).read_bytes(), name, kind, workspace.schema_dir, scheme, loaded)  # type: ignore[arg-type]
        if findings:
            loaded.findings += findings
            skipped.setdefault(_stem(name), []).append(name)
    for registry in ("entities", "targets"):
        name = f"corpus/{registry}.json"
        if not (root / name).exists():
            loaded.findings.append(Finding(name, "", "json-syntax", "the file is missing."))
    return loaded, skipped


def _walk(root: str, folder: str) -> Iterator[tuple[str, "os.DirEntry[str]"]]:
    """Yield all that lies in a folder and below it with its name in the workspace; no link is followed."""
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(f"{root}/{folder}") as entries:
        for entry in sorted(entries, key=lambda each: each.name):
            name = f"{folder}/{entry.name}"
            yield name, entry
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(root, name)


def _check_name(root: Path, name: str, entry: "os.DirEntry[str]") -> Iterator[Finding]:
    if entry.is_symlink() and not (target := Path(entry.path).resolve()).is_relative_to(root):
        yield Finding(name, "", "link-outside", f"it leads to {target.name} elsewhere.")
    elif is_reserved(entry.name):
        yield Finding(name, "", "name-unportable", f"{entry.name} is a reserved name on Windows.")
    elif len(name) > LONGEST_PATH and not entry.is_dir():
        message = f"its path has {len(name)} characters, and {LONGEST_PATH} can be relied on."
        yield Finding(name, "", "name-unportable", message)


def _stem(name: str) -> str:
    return name.rpartition("/")[2].rpartition(".")[0]


class _Articles:
    """All articles of a workspace, one after the other. found, skipped: from `_look`."""

    def __init__(
        self, workspace: Workspace, basis: Basis, found: Iterable[Finding], skipped: Mapping[str, list[str]]
    ) -> None:
        self._workspace = workspace
        self._basis = basis
        self._skipped = skipped
        self._outside = {each.file for each in found if each.code == "link-outside"}
        folders = [*_FOLDERS, *(f"corpus/annotations/{each}" for each in workspace.store.backend.folders(_READINGS))]
        self._names = [self._find_names(folder) for folder in folders]
        self._is_few = len(self._names[0]) < MANY

    def _find_names(self, folder: str) -> list[str]:
        names = self._workspace.store.names(folder)
        found = [
            each for each in names if each not in self._outside and any(pattern.fullmatch(each) for pattern in _KEPT)
        ]
        return sorted(found, key=_stem)

    def check(self, uses_cache: bool, workers: int, engine: str) -> _Course:
        """Check all of them; those whose records name another article together with that one."""
        tally = self._check(frozenset(), uses_cache, workers, engine)
        if apart := tally.astray:
            tally = self._check(apart, uses_cache, workers, engine)
            files = {
                name: data for stem, held in self._holdings() if stem in apart for name, data in held.files.items()
            }
            unread = tuple(name for stem in sorted(apart) for name in self._skipped.get(stem, ()))
            checked, records = check_holding(Holding(files, unread), self._basis)
            tally.add("", checked)
            tally.records |= records if self._is_few else {}
        return tally

    def _holdings(self, apart: Collection[str] = ()) -> Iterator[tuple[str, Holding]]:
        names = (each for each in merge(*self._names, key=_stem) if _stem(each) not in apart)
        read = self._workspace.store.backend.read_all(names)
        for stem, files in groupby(read, key=lambda each: _stem(each[0])):
            yield stem, Holding(dict(files), tuple(self._skipped.get(stem, ())))

    def _check(self, apart: Collection[str], uses_cache: bool, workers: int, engine: str) -> _Course:
        tally = _Course()
        if self._is_few and not engine:
            for stem, holding in self._holdings(apart):
                checked, records = check_holding(holding, self._basis)
                tally.add(stem, checked)
                tally.records |= records
            return tally
        state = self._state()
        cache = self._open_cache(state) if uses_cache else None
        settings = settings_of(self._basis, state)
        waiting: deque[list[tuple[str, bytes]]] = deque()
        batches = self._batches(apart, cache, tally, waiting)
        first = [] if engine else list(islice(batches, _ALONE))
        done: Iterator[bytes] = (check_batch(each, settings) for each in first)
        if len(first) == _ALONE or engine:
            from stancebank.batches.run import run

            done = chain(done, run(STAGE, batches, settings, engine=engine, workers=workers))
        for batch in done:
            for (stem, key), checked in zip(waiting.popleft(), unpack_checked(batch), strict=True):
                tally.add(stem, checked)
                if cache:
                    cache.put(stem, key, checked)
        if cache:
            cache.close()
        return tally

    def _batches(
        self,
        apart: Collection[str],
        cache: "CheckCache | None",
        tally: _Course,
        waiting: "deque[list[tuple[str, bytes]]]",
    ) -> Iterator[bytes]:
        """Yield batches of what no earlier check knows, and put their names and keys with what waits."""
        new: list[Holding] = []
        keys: list[tuple[str, bytes]] = []
        for stem, holding in self._holdings(apart):
            key = cache.key_of(holding) if cache else b""
            if cache and (known := cache.get(stem, key)):
                tally.add(stem, known)
                continue
            new.append(holding)
            keys.append((stem, key))
            if len(new) == _BATCH:
                waiting.append(keys)
                yield pack_holdings(new)
                new, keys = [], []
        if new:
            waiting.append(keys)
            yield pack_holdings(new)

    def _state(self) -> str:
        from stancebank.check.cache import state_of

        root = self._workspace.root
        folders = (self._basis.schema_dir, root / LANGUAGES, root / WITHDRAWN, root / LOCAL_WITHDRAWN)
        files = [path for folder in folders for path in sorted(folder.glob("*.*"))]
        files += [root / "corpus/entities.json", root / "corpus/targets.json"]
        return state_of(root, files, (self._basis.cap, self._basis.group_by))

    def _open_cache(self, state: str) -> "CheckCache":
        from stancebank.check.cache import CheckCache

        with suppress(OSError):  # a folder that cannot be written has no cache
            self._workspace.store.keep_local_store_out_of_git()
        return CheckCache(self._workspace.root, state)


def _has_ledger(workspace: Workspace) -> bool:
    return workspace.scheme.edition >= 2 and (workspace.root / LEDGER).is_file()


def _check_ledgers(
    workspace: Workspace, scheme: Scheme, facts: list[ArticleFacts], gold: Collection[str], gone: Collection[str]
) -> Iterator[Finding]:
    """Check the ledgers of splits and assignments, and what engines suggested: what there is of them."""
    store = workspace.store
    try:
        placements = store.placements()
    except WorkspaceError as error:
        told = one_line(str(error).partition("\nHint:")[0])
        yield Finding(LEDGER, "", "split-invalid", f"{told.rstrip('.')}.")
    else:
        if _has_ledger(workspace):
            from stancebank.corpus.splits import join_columns

            group_by = (workspace.settings.splits or SplitRules()).group_by
            ties = join_columns(((each.id, each.reprint_of, each.columns) for each in facts), group_by)
            yield from check_splits(placements, {each.id: each.file for each in facts}, gold, gone, ties)
    yield from check_assignments(store, {each.id for each in facts} | set(gone))
    if (store.root / SAMPLES).is_dir():
        from stancebank.check.samples import check_samples  # most workspaces do without

        yield from check_samples(store, {each.id for each in facts} | set(gone))
    if store.has_suggestions():  # a build of a workspace without any need not load the rules
        from stancebank.check.suggestions import check_suggestions

        yield from check_suggestions(store, scheme, {each.id: each.text_sha256 for each in facts}, gone)


def _check_registries(loaded: Loaded, scheme: Scheme, tally: _Course) -> Iterator[Finding]:
    entities = next(iter(loaded.of(EntityRegistry).values()), None)
    targets = next(iter(loaded.of(TargetRegistry).values()), None)
    if targets:
        yield from check_targets(targets)
    if entities:
        unread = any(name.startswith(("corpus/gold/", "corpus/annotations/")) for name in tally.unread)
        # a document that cannot be read may use any of them, and so may the reading of an article that has none yet
        used = set() if unread or tally.lacks_reading else tally.entities
        yield from check_entities(entities, used, scheme.vocabularies.persons())
    if scheme.retired:
        kinds = enumerate(entities.entities if entities else ())
        uses = enumerate(targets.targets if targets else ())
        chosen: dict[str, Iterator[Chosen]] = {
            "entities": ((f"/entities/{number}/kind", "entity_kind", each.kind) for number, each in kinds),
            "targets": ((f"/targets/{number}/use", "target_use", each.use) for number, each in uses),
        }
        for name, values in chosen.items():
            yield from check_retired(f"corpus/{name}.json", values, scheme)


def find_waived_leaks(workspace: Workspace, today: date = date.min) -> tuple[tuple[str, str], ...]:
    """Return where a waiver lets leaked words stand: files and JSON pointers.

    today: the day that waivers are held against. The default takes all of them, as for a version that is made again:
    they were held against the day on which it was made.
    """
    waivers = [each for each in read_waivers(workspace.root)[0] if each.code == LEAKED and each.until >= today]
    if not waivers:
        return ()
    leaks = search_workspace(workspace.store, make_guard(workspace.store)).leaks
    found = (Finding(leak.file, leak.pointer, LEAKED, leak.message) for leak in leaks)
    return tuple((each.file, each.pointer) for each in found if any(waiver.covers(each) for waiver in waivers))


def _with_line_ends(findings: Collection[Finding]) -> Iterator[Finding]:
    """Yield findings; those of line ends as one, since one cause made them all."""
    ends = sorted(each for each in findings if each.code == "line-ends")
    yield from (each for each in findings if each.code != "line-ends")
    if len(ends) > 1:
        message = f"git gave it, and {len(ends) - 1} other files, CRLF line ends; but for them they are right."
        yield Finding(ends[0].file, "", "line-ends", message)
    else:
        yield from ends


def _search(workspace: Workspace, facts: Iterable[ArticleFacts], withdrawals: Collection[Withdrawal]) -> Search:
    """Search what git would commit for words of articles that may not be published. workspace: with its records."""
    kept = [each for each in facts if not each.shows_all]
    missing = tuple(each.id for each in kept if not each.has_text)
    if not withdrawals and len(missing) == len(kept):
        return Search(missing=missing)  # there are no such words
    store = workspace.store
    named = [each for each in facts if each.file == store.article_name(each.id)]
    guard = guard_of(
        store,
        [each.id for each in named],
        [each.id for each in named if each.has_text and not each.shows_all],
        {each.id: each.text_sha256 for each in named if each.has_text and each.shows_all},
        withdrawals,
    )
    search = search_workspace(store, guard)
    return replace(search, missing=missing)
