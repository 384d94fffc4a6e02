"""All rules over a whole workspace: its files, what they hold, what they say of one another, and what is waived."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TypeVar

from stancebank.check.adjudications import check_adjudications
from stancebank.check.annotations import (
    Chosen,
    KnownNames,
    check_document,
    check_form,
    check_labels,
    check_retired,
    check_spans,
    check_spans_blind,
    known_names,
    resolved,
    uncovered,
)
from stancebank.check.corpus import (
    check_articles,
    check_assignments,
    check_entities,
    check_quotes,
    check_reprints,
    check_splits,
    check_targets,
    check_text,
    check_text_places,
    check_withdrawals,
    read_text,
)
from stancebank.check.statements import check_date_bases, check_statements
from stancebank.check.waivers import WAIVERS, Waived, apply_waivers, read_waivers
from stancebank.corpus.language import Habits, load_habits, load_language
from stancebank.corpus.leaks import Search, make_guard, search_workspace
from stancebank.corpus.store import LEDGER, LONGEST_PATH, is_reserved
from stancebank.errors import Finding, InputError, WorkspaceError
from stancebank.model import (
    Adjudication,
    Article,
    Document,
    EntityRegistry,
    Record,
    SplitRules,
    TargetRegistry,
    Withdrawal,
    from_builtins,
)
from stancebank.records import from_json
from stancebank.schema.fields import Scheme
from stancebank.schema.rules import check_scheme
from stancebank.schema.validate import RecordKind, validate
from stancebank.text import find_hidden, line_number, one_line
from stancebank.workspace import Workspace

LEAKED = "text-leaked"

R = TypeVar("R", bound=Record)

_ID = r"[a-z0-9]+(?:-[a-z0-9]+)*"
_PLACES: tuple[tuple[re.Pattern[str], RecordKind | None], ...] = (
    (re.compile(rf"corpus/articles/{_ID}\.json"), "article"),
    (re.compile(rf"corpus/(?:gold|annotations/{_ID})/{_ID}\.json"), "annotation"),
    (re.compile(rf"corpus/withdrawn/{_ID}\.json"), "withdrawal"),
    (re.compile(rf"corpus/adjudications/{_ID}\.json"), "adjudication"),
    (re.compile(r"corpus/entities\.json"), "entities"),
    (re.compile(r"corpus/targets\.json"), "targets"),
    (re.compile(r"corpus/(?:splits|assignments)\.csv"), None),
    (re.compile(rf"corpus/suggestions/(?:engines|shown|begun)\.csv|corpus/suggestions/{_ID}/{_ID}\.json"), None),
    (re.compile(rf"corpus/texts/{_ID}\.txt"), None),
    (re.compile(r"corpus/(?:.+/)?(?:README\.md|\.gitkeep|\.gitattributes)"), None),
    (re.compile(r"corpus/migrations/v[0-9]+-v[0-9]+\.json"), None),
    (re.compile(r"corpus/releases/[0-9.]+/(?:manifest\.json|rows\.json|SHA256SUMS)"), None),
)


@dataclass(slots=True)
class Loaded:
    """The records of a workspace that could be read, by their path in it, and what was wrong with the others."""

    articles: dict[str, Article] = field(default_factory=dict)
    documents: dict[str, Document] = field(default_factory=dict)
    entities: EntityRegistry | None = None
    targets: TargetRegistry | None = None
    withdrawals: dict[str, Withdrawal] = field(default_factory=dict)
    adjudications: dict[str, Adjudication] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def records(self) -> Iterator[tuple[str, Record]]:
        """Yield every record with its path in the workspace."""
        yield from self.articles.items()
        yield from self.documents.items()
        yield from self.withdrawals.items()
        yield from self.adjudications.items()
        if self.entities:
            yield "corpus/entities.json", self.entities
        if self.targets:
            yield "corpus/targets.json", self.targets


def load(root: Path, schema_dir: Path, scheme: Scheme) -> Loaded:
    """Read every file below corpus/. root: of the workspace, resolved. schema_dir: the folder of its schema version."""
    loaded = Loaded()
    for path in _files(root / "corpus"):
        name = path.relative_to(root).as_posix()
        if path.is_symlink() and not path.resolve().is_relative_to(root):  # `_files` follows no link
            loaded.findings.append(Finding(name, "", "link-outside", f"it leads to {path.resolve().name} elsewhere."))
            continue
        if is_reserved(path.name):
            loaded.findings.append(Finding(name, "", "name-unportable", f"{path.name} is a reserved name on Windows."))
        elif len(name) > LONGEST_PATH and not path.is_dir():
            message = f"its path has {len(name)} characters, and {LONGEST_PATH} can be relied on."
            loaded.findings.append(Finding(name, "", "name-unportable", message))
        if path.is_dir():
            continue
        place = next((kind for pattern, kind in _PLACES if pattern.fullmatch(name)), "unexpected")
        if place == "unexpected":
            loaded.findings.append(Finding(name, "", "file-unexpected", "the workspace expects no such file."))
        elif place is not None:
            _load_one(path, name, place, schema_dir, scheme, loaded)
    for registry in ("entities", "targets"):
        name = f"corpus/{registry}.json"
        if not (root / name).exists():
            loaded.findings.append(Finding(name, "", "json-syntax", "the file is missing."))
    return loaded


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        yield path
        if path.is_dir() and not path.is_symlink():
            yield from _files(path)


def _load_one(path: Path, name: str, kind: str, schema_dir: Path, scheme: Scheme, loaded: Loaded) -> None:
    try:
        value = from_json(path.read_bytes(), path.name, whole=True)
    except InputError as error:
        loaded.findings.append(Finding(name, "", "json-syntax", str(error)))
        return
    faults = validate(value, kind, schema_dir, name)  # type: ignore[arg-type]
    if kind != "annotation":
        faults += _hidden(value, name)
    if faults:
        loaded.findings.extend(faults)
    elif kind == "article":
        loaded.articles[name] = from_builtins(value, Article)
    elif kind == "annotation":
        loaded.documents[name] = scheme.read_document(value)
    elif kind == "withdrawal":
        loaded.withdrawals[name] = from_builtins(value, Withdrawal)
    elif kind == "adjudication":
        loaded.adjudications[name] = from_builtins(value, Adjudication)
    elif kind == "entities":
        loaded.entities = from_builtins(value, EntityRegistry)
    else:
        loaded.targets = from_builtins(value, TargetRegistry)


def _hidden(value: object, file: str, pointer: str = "") -> Iterator[Finding]:
    """Find characters in names, titles and reasons that nobody sees, or that forge a line where they are printed."""
    if isinstance(value, dict | list):
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _hidden(each, file, f"{pointer}/{key}")
    elif isinstance(value, str) and (found := find_hidden(value) or ("\n" if "\n" in value else None)):
        message = f"it holds U+{ord(found):04X}, a control or hidden character: remove it."
        yield Finding(file, pointer, "schema-value", message)


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


def check_workspace(
    workspace: Workspace, also: Iterable[Finding] = (), today: date | None = None, *, proves_migration: bool = True
) -> Report:
    """Look at every file of a workspace. Without an article's words, what needs them is left out and not counted.

    also: findings from elsewhere, to be waived and sorted with the others. today: the day that waivers are held
    against; the present one in UTC by default. proves_migration: also that the migration.toml of the schema leads to
    it, on which no row depends.
    """
    unsound = check_scheme(workspace.root, workspace.schema_dir, proves_migration=proves_migration)
    if any(finding.code in ("scheme-incomplete", "scheme-name") for finding in unsound):
        return Report(tuple(sorted(unsound)), (), 0, 0, 0, 0)
    scheme = workspace.scheme
    loaded = load(workspace.root, workspace.schema_dir, scheme)
    findings = [*unsound, *loaded.findings, *also]
    findings += check_articles(loaded.articles)
    findings += check_reprints(workspace.store, loaded.articles)
    findings += check_text_places(workspace.store, loaded.articles)
    findings += _check_ledger(workspace, loaded)
    findings += check_assignments(workspace.store, {each.id for each in loaded.articles.values()} | _gone(loaded))
    findings += _check_suggestions(workspace, scheme, loaded)
    texts: dict[str, str] = {}
    for file, article in loaded.articles.items():
        if article.id != file.rpartition("/")[2].removesuffix(".json"):
            continue
        text, fault = read_text(workspace.store, article)
        if fault:
            findings.append(fault)
        if text is not None:
            texts[article.id] = text
            findings += check_text(file, article, text)
    known = {article.id: article for article in loaded.articles.values()}
    if loaded.targets:
        findings += check_targets(loaded.targets)
    if loaded.entities:
        unread = any(finding.file.startswith(("corpus/gold/", "corpus/annotations/")) for finding in loaded.findings)
        unread |= not known.keys() <= {document.article_id for document in loaded.documents.values()}
        # a document that cannot be read may use any of them, and so may the reading of an article that has none yet
        used = set() if unread else _used_entities(loaded.documents, scheme)
        findings += check_entities(loaded.entities, used, scheme.vocabularies.persons())
    findings += _retired(loaded, scheme) if scheme.retired else ()
    names = known_names(loaded.entities, loaded.targets)
    habits = load_habits(workspace.root)
    for file, document in sorted(loaded.documents.items(), key=lambda each: each[1].article_id):  # a text after another
        about = known.get(document.article_id), texts.get(document.article_id)
        findings += check_reading(file, document, *about, names, scheme, workspace.root, habits)
    unread_files = [each.file for each in loaded.findings]
    if loaded.adjudications:
        findings += check_adjudications(loaded.adjudications, known, loaded.documents, scheme, unread_files)
    findings += _check_rights(known, loaded.documents.values(), workspace)
    findings += check_withdrawals(workspace.store, loaded.withdrawals, loaded.articles, texts)
    records = dict(loaded.records())
    search = _search(workspace.with_records(records), loaded, texts)
    findings += [Finding(leak.file, leak.pointer, LEAKED, leak.message) for leak in search.leaks]
    counted = list({*_with_line_ends(findings)})
    waived: list[Waived] = []
    faults: list[Finding] = []
    if os.path.lexists(workspace.root / WAIVERS):
        waivers, faults = read_waivers(workspace.root)
        counted, waived = apply_waivers(counted, waivers, today or datetime.now(UTC).date())
    return Report(
        tuple(sorted({*counted, *faults})),
        tuple(sorted(waived, key=lambda each: each.finding)),
        len(loaded.articles),
        len(texts),
        len(loaded.documents),
        sum(len(document.statements) for document in loaded.documents.values()),
        records,
        search,
    )


def _check_ledger(workspace: Workspace, loaded: Loaded) -> Iterator[Finding]:
    """Check the ledger of splits, if there is one. loaded: what could be read, and what could not."""
    try:
        placements = workspace.store.placements()
    except WorkspaceError as error:
        told = one_line(str(error).partition("\nHint:")[0])
        yield Finding(LEDGER, "", "split-invalid", f"{told.rstrip('.')}.")
        return
    if not (workspace.root / LEDGER).is_file() or workspace.scheme.edition < 2:
        return
    yield from check_splits(
        placements,
        loaded.articles,
        {each.article_id for each in loaded.documents.values() if each.gold},
        _gone(loaded),
        (workspace.settings.splits or SplitRules()).group_by,
    )


def _check_suggestions(workspace: Workspace, scheme: Scheme, loaded: Loaded) -> Iterable[Finding]:
    """Check what engines suggested, if any did; a build of a workspace without any need not load the rules."""
    if not workspace.store.has_suggestions():
        return ()
    from stancebank.check.suggestions import check_suggestions

    return check_suggestions(workspace.store, scheme, loaded.articles.values(), _gone(loaded))


def _gone(loaded: Loaded) -> set[str]:
    """Return the articles that a ledger may name though no record is loaded: withdrawn ones, and unread ones.

    What cannot be read has findings of its own.
    """
    unread = {Path(each.file).stem for each in loaded.findings if each.file.startswith("corpus/articles/")}
    return {each.id for each in loaded.withdrawals.values()} | unread


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


def _with_line_ends(findings: list[Finding]) -> Iterator[Finding]:
    """Yield findings; those of line ends as one, since one cause made them all."""
    ends = sorted(each for each in findings if each.code == "line-ends")
    yield from (each for each in findings if each.code != "line-ends")
    if len(ends) > 1:
        message = f"git gave it, and {len(ends) - 1} other files, CRLF line ends; but for them they are right."
        yield Finding(ends[0].file, "", "line-ends", message)
    else:
        yield from ends


def _search(workspace: Workspace, loaded: Loaded, texts: Mapping[str, str]) -> Search:
    """Search what git would commit for words of articles that may not be published. workspace: with its records."""
    if not loaded.withdrawals and all(each.rights.text_policy.shows_all for each in loaded.articles.values()):
        return Search()  # there are no such words
    guard = make_guard(
        workspace.store,
        {article.id: article for article in loaded.articles.values()}.values(),
        texts,
        loaded.withdrawals.values(),
    )
    return search_workspace(workspace.store, guard)


def _retired(loaded: Loaded, scheme: Scheme) -> Iterator[Finding]:
    """Find values that are no longer offered in articles and registries; documents are looked at one by one."""
    for file, article in loaded.articles.items():
        zones = ((f"/zones/{number}/zone", "zone", each.zone) for number, each in enumerate(article.zones))
        yield from check_retired(file, zones, scheme)
    entities, targets = loaded.entities, loaded.targets
    kinds = enumerate(entities.entities if entities else ())
    uses = enumerate(targets.targets if targets else ())
    entries: dict[str, Iterator[Chosen]] = {
        "entities": ((f"/entities/{number}/kind", "entity_kind", each.kind) for number, each in kinds),
        "targets": ((f"/targets/{number}/use", "target_use", each.use) for number, each in uses),
    }
    for name, chosen in entries.items():
        yield from check_retired(f"corpus/{name}.json", chosen, scheme)


def _used_entities(by_file: dict[str, Document], scheme: Scheme) -> set[str]:
    return {
        entity
        for document in by_file.values()
        for statement in document.statements
        for _, entity in scheme.entities(statement)
    }


def _check_rights(known: dict[str, Article], documents: Iterable[Document], workspace: Workspace) -> Iterator[Finding]:
    by_article: dict[str, list[Document]] = {}
    for document in documents:
        by_article.setdefault(document.article_id, []).append(document)
    for article in known.values():
        if finding := check_quotes(article, by_article.get(article.id, ()), workspace.settings.cap):
            yield finding


def check_reading(
    file: str,
    document: Document,
    article: Article | None,
    text: str | None,
    names: KnownNames,
    scheme: Scheme,
    root: Path,
    habits: Habits,
) -> Iterator[Finding]:
    """Check one document, which has passed its schema, by all rules that need no other document.

    file: its path in the workspace. article: the record of its article, if there is one. text: of the article, where
    it is at hand. root: of the workspace.
    """
    yield from check_document(file, document, article, names, scheme)
    if article is None or article.text_sha256 != document.text_sha256:
        return
    annotated = scheme.vocabularies.annotated_zones()
    blind = list(check_spans_blind(file, document, article, scheme))
    yield from blind
    if not any(finding.code.startswith("span-") for finding in blind):
        yield from check_statements(file, resolved(document, names, scheme), article, names.part_of, scheme)
    if text is None:
        return
    sighted = list(check_spans(file, document, text))
    yield from sighted
    if any(finding.code.startswith("span-") for finding in (*blind, *sighted)):
        return
    yield from check_labels(file, document, text, scheme)
    yield from check_form(file, document, text, scheme, habits)
    language = load_language(article.language_tag, root)
    yield from check_date_bases(file, document, article, text, scheme, language)
    if document.gold and scheme.non_statements:  # else nothing could be passed over
        for mark in uncovered(article, text, document, annotated, language):
            where = f"line {line_number(text, mark.begin)}, text[{mark.begin}:{mark.end}]"
            yield Finding(file, "/statements", "not-covered", f"the {mark.kind} at {where} is in no statement.")
