"""A build: from a workspace to a folder that `datasets.load_dataset` opens with no code."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from stancebank.check.workspace import check_workspace
from stancebank.corpus.store import LEDGER, SAMPLES, WITHDRAWN, article_of
from stancebank.errors import Finding, InputError
from stancebank.model import TextPolicy
from stancebank.publish.blocks import make_blocks
from stancebank.publish.card.card import CARD, CITATION, HISTORY, make_facts, released_on
from stancebank.publish.card.statistics import Built, say_empty
from stancebank.publish.card.workspace_card import renew_card
from stancebank.publish.gold import Noted, Readings, read_gold
from stancebank.publish.layout import (
    MANIFEST,
    OF_SAMPLES,
    OF_SUGGESTIONS,
    FolderFacts,
    adapted,
    copied_names,
    fixed_inputs,
    original_of,
    replacing,
    require_replaceable,
    rows_by_table,
    rows_of_facts,
    told_in,
    write_files,
)
from stancebank.publish.parquet import (
    ROWS_PER_FILE,
    SPLIT,
    TableFacts,
    TableWriter,
    Written,
    file_metadata,
    kept_table,
    pyarrow_version,
)
from stancebank.publish.rights import Audit, Shown, Terms, make_terms
from stancebank.publish.tables import CHAT, ENTITIES, TARGETS, tables
from stancebank.publish.tables.articles import entity_rows, target_rows
from stancebank.records import find_files, read_json, seldom_collecting
from stancebank.schema.validate import is_own
from stancebank.text import one_line
from stancebank.workspace import SETTINGS_FILE, Workspace, toolkit_version, without_id


@dataclass(frozen=True, slots=True)
class WorkspaceFiles:
    """root: of the workspace. instead: bytes that stand for files of it, by their paths in it."""

    root: Path
    instead: Mapping[str, bytes] = field(default_factory=dict)

    def read(self, name: str) -> bytes | None:
        """Return the bytes of a file, None where there is none."""
        if name in self.instead:
            return self.instead[name]
        path = self.root / name
        return path.read_bytes() if path.is_file() else None

    def text(self, name: str) -> str | None:
        """Return a file's text, None where there is none."""
        data = self.read(name)
        return None if data is None else data.decode()

    def sha256(self, name: str) -> str | None:
        """Return the SHA-256 of a file as `input_sha256` does, None where there is none."""
        data = self.read(name)
        return None if data is None else input_sha256(name, data)

    def changed(self, name: str, data: bytes) -> "WorkspaceFiles":
        """Return the same content with one more file that stands for another."""
        return WorkspaceFiles(self.root, {**self.instead, name: data})


Judge = Callable[[Path, Mapping[str, Written], Audit], Iterable[Finding]]
"""Finds why a folder may not be handed on: it gets the folder, the rows of its tables, and what they show of words."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a folder is made.

    text: how much of the words to show; None for what each article's policy allows. content: files of the workspace.
    is_release: whether it holds what only releases have. history: its CHANGELOG.md, None for none. about: more keys of
    the manifest. renews_card: whether the card's computed parts are taken as they should be, not as they are. judge:
    finds more that stands against handing on the folder. workers, uses_cache: see `make_blocks`.
    """

    content: WorkspaceFiles
    text: TextPolicy | None = None
    is_release: bool = False
    history: bytes | None = None
    about: Mapping[str, Any] = field(default_factory=dict)
    renews_card: bool = False
    judge: Judge | None = None
    rows_per_file: int = ROWS_PER_FILE
    workers: int | None = None
    uses_cache: bool = True


@dataclass(frozen=True, slots=True)
class Folder:
    """What was written.

    rows: by table, read from its files. content: as the recipe had it, with the card renewed. shown: what the rows in
    the files show of the articles' words. noted: what is kept of the articles. findings: against handing it on, none
    where it is a release. empty: see `say_empty`.
    """

    tables: tuple[TableFacts, ...]
    rows: dict[str, Written]
    content: WorkspaceFiles
    manifest: dict[str, Any]
    shown: Audit
    noted: Noted
    findings: tuple[Finding, ...] = ()
    empty: str = ""


@dataclass(frozen=True, slots=True)
class BuildResult:
    """What a build has made.

    rows: by table. beyond: ids of articles that show more words than their text policy allows. lacking: ids of
    articles whose words were wanted and are not at hand. unread: ids of articles without a gold document. findings:
    what the gate of a release finds in it, as far as it was asked. empty: in how many rows words are null, and why, or
    "".
    """

    out: Path
    rows: dict[str, int]
    text: TextPolicy | None
    beyond: tuple[str, ...]
    lacking: tuple[str, ...]
    unread: tuple[str, ...]
    findings: tuple[Finding, ...] = ()
    empty: str = ""

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings for which the gate would refuse a release."""
        return tuple(each for each in self.findings if each.severity == "error")

    @property
    def publishable(self) -> bool:
        """Whether the folder may be handed on."""
        return not self.beyond and not self.errors


@seldom_collecting()
def build(
    workspace: Workspace,
    out: Path,
    text: str | None = None,
    judge: Callable[[Sequence[tuple[str, str]]], Judge] | None = None,
    *,
    workers: int | None = None,
    uses_cache: bool = True,
) -> BuildResult:
    """Write the dataset of a workspace into the folder out, wholly or not at all.

    text: how much of the words to show, a `TextPolicy` or the name of one; None for what each article's text policy
    allows. judge: makes what finds more against handing it on, of the places where the workspace lets words of articles
    stand; rights, words that are missing and fields that wait are looked at in any case. workers, uses_cache: see
    `make_blocks`.

    Raises InputError where there is no such policy, the workspace has errors or no gold, or out may not be replaced;
    nothing is changed then.
    """
    policy = _policy(text)
    out = out.resolve()
    _require_outside_content(workspace, out)
    require_replaceable(out)
    report = check_workspace(workspace, proves_migration=False, uses_cache=uses_cache)
    require_clean(report.errors)
    read = read_to_publish(workspace.with_records(report.records), policy)
    with replacing(out) as part:
        asked = judge(report.waived_leaks) if judge else None
        content = WorkspaceFiles(workspace.root)
        recipe = Recipe(content, policy, judge=asked, workers=workers, uses_cache=uses_cache)
        made = fill_folder(part, workspace, read, recipe)
    counts = {each.table.name: each.rows for each in made.tables}
    beyond = tuple(told_in(made.manifest, "exceeds_policy"))
    lacking = tuple(made.noted.lacking)
    return BuildResult(out, counts, policy, beyond, lacking, read.unread, made.findings, made.empty)


def _policy(text: str | None) -> TextPolicy | None:
    if text is not None and text not in list(TextPolicy):
        raise InputError(
            f"{text!r} is no text policy.\nHint: choose one of {', '.join(TextPolicy)}. Nothing was written."
        )
    return None if text is None else TextPolicy(text)


def read_to_publish(workspace: Workspace, text: TextPolicy | None) -> Readings:
    """Find the gold documents. Raises InputError where there are none, or where one is of a withdrawn article."""
    read = read_gold(workspace, text)
    if not read.readings.ids:
        raise InputError(
            "There is nothing to publish: corpus/gold/ holds no document.\n"
            "Hint: annotate an article and make its reading gold. Nothing was written."
        )
    here = set(read.readings.ids)
    for gone in workspace.store.withdrawals():
        if gone.lifted is None and gone.id in here:
            raise InputError(
                f"{gone.id} was withdrawn on {gone.date}: {one_line(gone.reason)}\n"
                "Hint: run `stancebank check`, which says what of it is there again. Nothing was written."
            )
    return read


def fill_folder(part: Path, workspace: Workspace, read: Readings, recipe: Recipe) -> Folder:
    """Write all files of a dataset into an empty folder.

    The rows are made article by article, and what is computed from them is computed from the files that were written.
    """
    terms, content = make_terms(workspace), recipe.content
    tables, shown, noted = _write_tables(part, workspace, read, recipe, terms)
    rows = rows_by_table(part, tables)
    for_card = rows_of_facts(rows, workspace.scheme)
    if recipe.renews_card and content.read(CARD) is not None:
        content = content.changed(CARD, renew_card(workspace, content.text(CARD), read, for_card).encode())
    built = Built(recipe.text, tuple(noted.showing), shown.beyond, tuple(noted.lacking))
    findings = () if recipe.is_release else noted.findings  # the gate has a release's
    released = released_on((recipe.history or b"").decode(), workspace.settings.version)
    copies = {
        name: adapted(name, data, workspace.settings.version, released, workspace.scheme.edition)
        for name, data in _copies(workspace, recipe, has_chat=CHAT in rows).items()
    }
    facts = make_facts(workspace, read, for_card, built, content.read("LICENSE-DATA"), copies.get(CITATION))
    ids = set(read.readings.ids)
    named = input_files(workspace, ids, is_release=recipe.is_release)
    inputs = {name: _input(workspace, content, name) for name in named}
    whole = FolderFacts(
        facts.but(released=released, has_preview=recipe.is_release and facts.is_drawn),
        tables,
        rows,
        terms,
        content.text(CARD) or None,
        {
            "toolkit_version": toolkit_version(),
            "pyarrow_version": pyarrow_version(),
            "inputs": {name: told for name, told in sorted(inputs.items()) if told is not None},
            **({} if facts.suggestions is None else {OF_SUGGESTIONS: facts.suggestions}),
            **({} if facts.samples is None else {OF_SAMPLES: facts.samples}),
            **recipe.about,
        },
        recipe.is_release,
        copies,
        shown,
    )
    whole = _blocked_by(whole, findings)
    write_files(part, whole)
    if recipe.judge and not built.beyond and (more := tuple(recipe.judge(part, rows, shown))):
        findings += more
        whole = _blocked_by(whole, findings)
        write_files(part, whole)  # they say so
    told = read_json(part / MANIFEST)
    return Folder(tables, rows, content, told, shown, noted, findings, say_empty(whole.facts))


def _blocked_by(whole: FolderFacts, findings: Iterable[Finding]) -> FolderFacts:
    """Return what files are made of, with the errors that stand against handing them on."""
    if whole.facts.context.scheme.edition < 2:
        return whole
    codes = tuple(sorted({each.code for each in findings if each.severity == "error"}))
    return replace(whole, facts=whole.facts.but(built=replace(whole.built, blocked=codes)))


def _write_tables(
    part: Path, workspace: Workspace, read: Readings, recipe: Recipe, terms: Terms
) -> tuple[tuple[TableFacts, ...], Audit, Noted]:
    """Write the tables that have rows, article by article; return them, what they show, and what is kept of articles.

    What they show is measured in the rows that are written; whoever verifies the folder measures it in its files.
    """
    scheme, version = read.context.scheme, workspace.settings.version
    writers = {
        table.name: TableWriter(part, table, file_metadata(table, scheme, version), recipe.rows_per_file)
        for table in tables(scheme)
    }
    noted = Noted(recipe.text)
    shown: list[Shown] = []
    ledgers = read.readings.reader.ledgers
    for block in make_blocks(workspace, read, workers=recipe.workers, uses_cache=recipe.uses_cache):
        noted.add(block.noted)
        placement = read.context.placement(block.shown[0].article_id)
        split = (placement.split if placement else "") or SPLIT
        shown += block.shown
        if ledgers and block.told:
            ledgers.add(block.told)
        for name, data in block.rows.items():
            writers[name].add_table(split, kept_table(data), block.lines[name])
    for name, make in ((ENTITIES, entity_rows), (TARGETS, target_rows)):
        writers[name].add(make(read.context))
    return tuple(facts for each in writers.values() if (facts := each.close())), Audit(tuple(shown), terms.cap), noted


def _copies(workspace: Workspace, recipe: Recipe, *, has_chat: bool) -> dict[str, bytes]:
    """Return the files that are copied, by their names in the folder."""
    schemas = [path.name for path in find_files(workspace.schema_dir, "*.json")]
    copies = {} if recipe.history is None else {HISTORY: recipe.history}
    carries = recipe.is_release or is_own(workspace.schema_dir)
    for name in copied_names(schemas, carries_schema=carries, is_release=recipe.is_release, has_chat=has_chat):
        original = original_of(name, workspace.settings.schema)
        if original is not None and (data := recipe.content.read(original)) is not None:
            copies[name] = data
    return copies


def _input(workspace: Workspace, content: WorkspaceFiles, name: str) -> str | None:
    """Return the SHA-256 of an input, a file of the workspace or a record that its store keeps; None without any."""
    if workspace.store.is_file(name):
        return content.sha256(name)
    data = workspace.store.read(name)
    return None if data is None else input_sha256(name, data)


def input_sha256(name: str, data: bytes) -> str:
    """Return the SHA-256 of an input as 64 hex digits; that of the settings is without the workspace's id."""
    return hashlib.sha256(without_id(data) if name == SETTINGS_FILE else data).hexdigest()


def input_files(workspace: Workspace, ids: Set[str], *, is_release: bool = False) -> list[str]:
    """Return the files that a build of some articles is made of; their words are fingerprinted in their records."""
    schema = workspace.schema_dir.relative_to(workspace.root).as_posix()
    return [
        *fixed_inputs(is_release=is_release),
        *([LEDGER] if workspace.scheme.edition >= 2 and workspace.store.placements() else []),
        *(f"corpus/articles/{each}.json" for each in ids),
        *(path.relative_to(workspace.root).as_posix() for path in find_files(workspace.root / WITHDRAWN, "*.json")),
        *(f"{schema}/{path.name}" for path in find_files(workspace.schema_dir, "*.json")),
        *(name for name in workspace.store.document_names() if article_of(name) in ids),
        *(each for each in _adjudications(workspace, ids) if workspace.scheme.edition >= 2),
        *_suggestions(workspace, ids),
        *_samples(workspace, ids),
    ]


def _suggestions(workspace: Workspace, ids: Set[str]) -> list[str]:
    """Return the ledgers of suggestions, where they tell anything of some articles that rows say."""
    if workspace.scheme.edition < 2 or not workspace.store.has_suggestions():
        return []
    from stancebank.publish.suggested import ledger_files  # most builds do without

    return ledger_files(workspace.store, ids)


def _samples(workspace: Workspace, ids: Set[str]) -> list[str]:
    """Return the plans that some articles were drawn by."""
    if workspace.scheme.edition < 2 or not (workspace.root / SAMPLES).is_dir():
        return []
    from stancebank.publish.sampled import sample_files  # most builds do without

    return sample_files(workspace.store, ids)


def _adjudications(workspace: Workspace, ids: Set[str]) -> Iterator[str]:
    """Yield the files that say how gold of some articles was settled."""
    store = workspace.store
    yield from (store.adjudication_name(each) for each in store.adjudicated() if each in ids)


def _require_outside_content(workspace: Workspace, out: Path) -> None:
    content = [workspace.root / name for name in ("corpus", "schema", "annotate")]
    if out == workspace.root or any(out == folder or folder in out.parents for folder in content):
        raise InputError(
            f"{out} is a place of the workspace's own content.\n"
            "Hint: name another folder with --out, such as releases/NAME. Nothing was written."
        )


def require_clean(errors: Iterable[Finding]) -> None:
    """Raise InputError where a workspace has errors."""
    if errors := tuple(errors):
        few = "\n".join(f"- {each.file} {each.pointer} {each.code}: {each.message}" for each in errors[:5])
        more = f"\n- and {len(errors) - 5} more" if len(errors) > 5 else ""
        raise InputError(
            f"The workspace has errors, {len(errors)} in all:\n{few}{more}\n"
            "Hint: run `stancebank check` and correct what it finds. Nothing was written."
        )
