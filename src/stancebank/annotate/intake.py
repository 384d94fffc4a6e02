"""The door for documents: readings by quotes come in, whatever they were made of, and nothing that a check refuses.

All readings of a run are judged before any is written: each fault of each reading is told, with its place in what
somebody wrote. What can be inferred is inferred, and said. Documents are written together with the registry entries
that they need, all or none.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from stancebank.annotate.gold import promote, succeed, unproved
from stancebank.annotate.guidelines import guideline_version
from stancebank.annotate.judging import UNREGISTERED, Judge
from stancebank.annotate.missing import Additions, Missing, missing_in
from stancebank.annotate.readings import Given, Unreadable, without_faults
from stancebank.check.annotations import check_names
from stancebank.corpus.anchoring import infer_groups, place, place_statement, pointer_of, read_quoted
from stancebank.corpus.language import load_habits, short_id, trim_document
from stancebank.corpus.store import annotator_of, require_portable
from stancebank.errors import ConflictError, Finding, InputError, StancebankError, WorkspaceError
from stancebank.model import Article, Document, Gold, Statement
from stancebank.schema.validate import shown_path, validate_quoted
from stancebank.text import one_line
from stancebank.workspace import Workspace

Json = dict[str, Any]

NOTHING_WRITTEN = "Nothing was written."
_FIRST = 60  # characters of a statement by which a person knows it again


@dataclass(frozen=True, slots=True)
class ReadingFault:
    """Why a reading cannot be written.

    where: the place in what somebody wrote, such as ``readings/envoy.json:31``. statement: its id there. path: of what
    is wrong, below the statement. code: of a finding, or "". is_conflict: whether only a person can decide.
    """

    where: str
    message: str
    hint: str = ""
    statement: str = ""
    path: str = ""
    code: str = ""
    is_conflict: bool = False

    def __str__(self) -> str:
        """Say it in a line; further lines list the places of words."""
        head = f"{self.where} ({self.statement})" if self.statement else self.where
        said = ": ".join(part for part in (head, self.path, self.message) if part)
        return f"{said} Hint: {self.hint.rstrip('.')}." if self.hint else said


@dataclass(frozen=True, slots=True)
class Options:
    """How readings are taken.

    gold: how they become gold; None where they stay their annotators'. may_replace: whether they may take the place of
    gold. add_missing: whether entities and targets that the registries lack are added. kind, kinds: of entities that
    are added, and of single ones by their ids. now: the time of writing.
    """

    gold: Gold | None = None
    may_replace: bool = False
    add_missing: bool = False
    kind: str | None = None
    kinds: Mapping[str, str] = field(default_factory=dict)
    now: datetime | None = None

    @property
    def time(self) -> str:
        """The time of writing, as documents hold it."""
        return (self.now or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(slots=True)
class Candidate:
    """A reading that would be written, and what became of it.

    where: the place of the reading. document: as it would be written, where it has no faults. before: the document in
    its place. notes: what was inferred, chosen or changed, with places. removed: what of the document in its place
    would go, the id and the first words of each statement.
    """

    where: str
    article_id: str
    annotator: str
    document: Document | None = None
    before: Document | None = None
    faults: list[ReadingFault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    removed: list[tuple[str, str]] = field(default_factory=list)

    @property
    def is_unchanged(self) -> bool:
        """Whether what would be written is there already."""
        return self.document is not None and self.document is self.before

    @property
    def needs_replace(self) -> bool:
        """Whether it takes the place of gold that says something else."""
        return (
            self.document is not None
            and self.document.gold is not None
            and not (self.before is None or self.is_unchanged)
        )


@dataclass(slots=True)
class _Draft:
    """A reading on its way: value with what was inferred; parts that are unusable are left out of document.

    sound: the numbers of the statements and of the non-statements that have no fault so far.
    """

    given: Given
    value: Any
    candidate: Candidate
    article: Article | None = None
    text: str | None = None
    document: Document | None = None
    sound: tuple[Sequence[int], Sequence[int]] = ((), ())


class ReadingIntake:
    """Takes readings into one workspace. Additions to the registries are kept until they are written."""

    def __init__(self, workspace: Workspace, options: Options) -> None:
        self.workspace = workspace
        self.options = options
        self.judge = Judge(workspace)
        self.additions = Additions(self.judge, options.kind, options.kinds) if options.add_missing else None
        self._scheme = workspace.scheme
        self._habits = load_habits(workspace.root)

    @property
    def added(self) -> list[str]:
        """What is added to the registries, a line each."""
        return self.additions.said() if self.additions is not None else []

    def read(self, readings: Iterable[Given | Unreadable]) -> list[Candidate]:
        """Judge readings, and return what became of each, in their order. Writes nothing."""
        drafts = [self._draft(each) for each in readings]
        if self.additions is not None:
            self._register(drafts)
        written: dict[str, tuple[str, Document]] = {}
        for draft in drafts:
            self._finish(draft, written)
            draft.candidate.faults.sort(key=_order)
        return [each.candidate for each in drafts]

    def read_form(self, readings: Iterable[Given | Unreadable]) -> Iterator[tuple[Candidate, Document | None]]:
        """Yield what became of readings by their form alone, each with the document that its words make."""
        for each in readings:
            draft = self._draft(each)
            document = draft.document
            if document is not None and draft.text is not None:
                document = trim_document(document, draft.text, self._scheme, self._habits)[0]
            yield draft.candidate, document

    def write(self, candidates: Sequence[Candidate]) -> None:
        """Write the documents of candidates, and the registry entries that they need: all, or nothing.

        Raises InputError, or ConflictError, with every fault of every candidate where there is any, and ConflictError
        where gold would be replaced and may not.
        """
        require_faultless(candidates)
        if not self.options.may_replace:
            require_replaceable(candidates)
        documents = [each.document for each in candidates if each.document is not None]
        registries = self.additions.take_registries() if self.additions is not None else ()
        self.workspace.store.write_together(documents, registries)

    def promote(self, article_id: str, annotator: str) -> Candidate:
        """Judge the document of an annotator as gold, as `read` does readings. Writes nothing.

        Raises InputError where there is no such document.
        """
        store = self.workspace.store
        where = store.document_name(store.article(article_id).id, annotator)
        if not store.has(where):
            others = sorted(name for each in store.names_of(article_id) if (name := annotator_of(each)) is not None)
            there = f"There are those of {', '.join(others)}." if others else "Nobody has annotated it."
            raise InputError(f"There is no document of {article_id} by {annotator}. {there}\n{NOTHING_WRITTEN}")
        time = self.options.time
        reading = replace(store.document(where), created_at=time, updated_at=time)
        candidate = Candidate(where, article_id, annotator)
        value = {"statements": [{"id": short_id(each)} for each in reading.statements]}
        draft = _Draft(Given(where, value, lambda _: where), value, candidate, document=reading)
        draft.sound = range(len(reading.statements)), range(len(reading.non_statements))
        self._finish(draft, {})
        return candidate

    # A reading as it was written

    def _draft(self, given: Given | Unreadable) -> _Draft:
        if isinstance(given, Unreadable):
            candidate = Candidate(
                given.where, "", "", faults=[ReadingFault(given.where, given.message, code="json-syntax")]
            )
            return _Draft(Given(given.where, None, lambda _: given.where), None, candidate)
        value = deepcopy(given.value)
        held = value if isinstance(value, dict) else {}
        candidate = Candidate(given.where(""), str(held.get("article_id", "")), str(held.get("annotator", "")))
        draft = _Draft(given, value, candidate)
        inferred = infer_groups(value, self._scheme)
        candidate.notes += [self._note(draft, *each) for each in inferred]
        faults = validate_quoted(value, self._scheme, "document", given.name)
        for each in faults:
            self._fault(draft, each.pointer, each.message, code=each.code)
        self._look_up(draft, held)
        if isinstance(value, dict):
            self._place(draft, *without_faults(value, faults, self._scheme))
        return draft

    def _look_up(self, draft: _Draft, held: Json) -> None:
        """Find the article and its words, and judge what else a reading says of itself."""
        store, article_id, annotator = self.workspace.store, held.get("article_id"), held.get("annotator")
        if isinstance(article_id, str) and article_id:
            try:
                draft.article = store.article(article_id)
                if withdrawal := store.withdrawal(article_id):
                    raise InputError(f"{withdrawal.id} was withdrawn on {withdrawal.date}: {withdrawal.reason}")
                draft.text = store.text(draft.article)
                if draft.text is None:
                    hint = "Hint: run `stancebank corpus hydrate DIR` first."
                    raise InputError(f"the words of {article_id} are not at hand.\n{hint}")
            except StancebankError as error:
                self._fault(draft, "/article_id", str(error))
        if isinstance(annotator, str) and annotator and not self.options.gold:
            try:
                if not store.has_annotator(annotator):
                    require_portable(annotator)
            except InputError as error:
                self._fault(draft, "/annotator", str(error))
        self._compare_guidelines(draft, held.get("guideline_version"))

    def _compare_guidelines(self, draft: _Draft, said: object) -> None:
        try:
            known = guideline_version(self.workspace.root)
            numbers = [tuple(map(int, str(each).split("."))) for each in (said, known)]
        except (WorkspaceError, ValueError):
            return
        if numbers[0] > numbers[1]:
            message = f"the guidelines of this workspace are at version {known}, and have no {said}."
            self._fault(draft, "/guideline_version", message, f'write "{known}"')
        elif numbers[0] < numbers[1]:
            said = f"made by version {said} of the guidelines, which are at {known} now"
            draft.candidate.notes.append(self._note(draft, "/guideline_version", said))

    def _place(self, draft: _Draft, usable: Json, damaged: set[str]) -> None:
        """Find the words of what is usable of a reading. damaged: pointers of statements and others with faults."""
        article, text = draft.article, draft.text
        if article is None or text is None:
            for n, quoted in enumerate(read_quoted(usable, self._scheme).statements):
                statement = place_statement(quoted, self._scheme, lambda *_: None, f"statements[{n}]")
                self._judge_names(draft, n, statement)
            return
        placed = place(read_quoted(usable, self._scheme), article, text, self._scheme, self.options.time)
        for pointer, message in placed.faults:
            self._fault(draft, pointer, message, code="words")
            damaged.add("/".join(pointer.split("/")[:3]))
        key = self._scheme.non_statements_key
        unplaced = {pointer for pointer, _ in placed.faults}
        passed = [n for n in range(len(usable[key])) if f"/{key}/{n}" not in unplaced]
        kept = dict(zip(passed, placed.document.non_statements, strict=True))
        kept = {n: each for n, each in kept.items() if f"/{key}/{n}" not in damaged}
        draft.document = replace(placed.document, non_statements=tuple(kept.values()))
        whole = [n for n, _ in enumerate(placed.document.statements) if f"/statements/{n}" not in damaged]
        draft.sound = whole, list(kept)
        for each in placed.variants:
            said = f"{each.quoted!r} is {each.found!r} in the text, line {each.line}"
            draft.candidate.notes.append(self._note(draft, pointer_of(each.where), said))
        draft.candidate.notes += [self._note(draft, *each) for each in placed.chosen]

    def _note(self, draft: _Draft, pointer: str, said: str) -> str:
        return str(self._made(draft, pointer, f"{said}."))

    def _fault(self, draft: _Draft, pointer: str, message: str, hint: str = "", code: str = "") -> None:
        message, _, told = message.partition("\nHint: ")
        fault = self._made(draft, pointer, message, hint or told, code)
        if fault not in draft.candidate.faults:
            draft.candidate.faults.append(fault)

    def _made(self, draft: _Draft, pointer: str, message: str, hint: str = "", code: str = "") -> ReadingFault:
        parts = pointer.split("/")
        statement = ""
        if parts[1:2] == ["statements"] and len(parts) > 2:
            statement = _id_of(draft.value, int(parts[2])) or f"statement {int(parts[2]) + 1}"
            path = shown_path("/" + "/".join(parts[3:])) if parts[3:] else ""
        else:
            path = shown_path(pointer)
        return ReadingFault(draft.given.where(pointer), message, hint, statement, path, code)

    # Registries

    def _register(self, drafts: Iterable[_Draft]) -> None:
        """Add what the registries lack, and let that be a fault which cannot be added."""
        assert self.additions is not None
        wanted: dict[tuple[str, str], list[tuple[_Draft, Missing]]] = {}
        for draft in drafts:
            if draft.document is not None:
                for each in missing_in(draft.document, self.judge, draft.value):
                    wanted.setdefault((each.registry, each.id), []).append((draft, each))
        for uses in wanted.values():
            try:
                self.additions.add([each for _, each in uses])
            except InputError as error:
                for draft, each in uses:
                    self._fault(draft, each.pointer, str(error), code="entity-unknown")

    # The document that it makes

    def _finish(self, draft: _Draft, written: dict[str, tuple[str, Document]]) -> None:
        """Judge the document of a draft. written: those of the drafts before, with where they come from, by path."""
        candidate, gold, document = draft.candidate, self.options.gold, draft.document
        if document is None:
            return
        reading = replace(document, statements=tuple(document.statements[n] for n in draft.sound[0]))
        is_whole = not candidate.faults
        trimmed: tuple[str, ...] = ()
        if draft.text is not None:
            reading, trimmed = trim_document(reading, draft.text, self._scheme, self._habits)
        store = self.workspace.store
        candidate.before = before = store.find_document(reading.article_id, None if gold else reading.annotator)
        try:
            made = promote(reading, gold, before, self._scheme) if gold else succeed(reading, before)
        except ConflictError as error:
            message, _, hint = str(error).partition("\nHint: ")
            candidate.faults.append(ReadingFault(candidate.where, message, hint, code="statement-id", is_conflict=True))
            made = promote(reading, gold, None, self._scheme) if gold else reading
        beside = {name: each for name, (_, each) in written.items()}
        file = self.judge.file_of(made)
        self._judge(draft, made, beside, is_whole=is_whole)
        if gold:
            for said in unproved(self.workspace, reading, gold):
                message, _, hint = said.partition(" Hint: ")
                named = re.match(r"statement (\S+): ", message)
                ids = [each.id for each in reading.statements]
                pointer = f"/statements/{draft.sound[0][ids.index(named[1])]}" if named else ""
                self._fault(draft, pointer, message.removeprefix(named[0] if named else ""), hint)
        if file in written:
            message = f"{written[file][0]} has a reading of {reading.article_id} by {reading.annotator}, too."
            candidate.faults.append(ReadingFault(candidate.where, message, "keep one of the two", is_conflict=True))
        written.setdefault(file, (candidate.where, made))
        if not candidate.faults:
            candidate.document = made
            candidate.notes += [f"{reading.article_id}, {said}." for said in trimmed]
            candidate.removed = self.removed(before, made)

    def _judge(self, draft: _Draft, made: Document, beside: Mapping[str, Document], *, is_whole: bool) -> None:
        """Let the errors of a document be faults, and the names in what had to be left out of it, which are unknown."""
        lost = {n: each for n, each in enumerate(_statements(draft)) if n not in draft.sound[0]}
        names = {_id_of(draft.value, n) for n in lost}
        for finding in self.judge.errors(made, beside):
            is_tie = finding.code == "same-as-unknown" and _quoted(finding).rpartition("/")[2] in names
            if is_whole or not (is_tie or finding.code == "document-empty"):  # else it may be right with the rest
                self._add_finding(draft, finding, draft.sound)
        for number, statement in lost.items():
            self._judge_names(draft, number, statement)

    def _judge_names(self, draft: _Draft, number: int, statement: Statement) -> None:
        """Let names that are not registered be faults. number: of the statement in what was written."""
        for finding in check_names("", f"/statements/{number}", statement, self.judge.names, self._scheme):
            if finding.severity == "error" and _quoted(finding):  # "" stands for what was left out
                self._add_finding(draft, finding)

    def _add_finding(
        self, draft: _Draft, finding: Finding, sound: tuple[Sequence[int], Sequence[int]] | None = None
    ) -> None:
        """Let a finding be a fault, with its place in what was written. sound: the numbers there of a document's."""
        parts = finding.pointer.split("/")
        if sound is not None and len(parts) > 2 and parts[2].isdecimal():
            numbers = {"statements": sound[0], self._scheme.non_statements_key: sound[1]}.get(parts[1])
            parts[2] = str(numbers[int(parts[2])]) if numbers is not None else parts[2]
        if finding.code in UNREGISTERED and self.additions is not None:
            return  # why it was not added was said
        message = finding.message.replace(f"'{draft.candidate.article_id}/", "'")
        hint = "" if finding.code.startswith("schema-") else finding.hint
        if finding.code in UNREGISTERED:
            message += self.judge.likely(finding)
            what = finding.code.partition("-")[0]
            ways = "--add-missing, or with " if draft.text is not None or draft.document is None else ""
            hint = f"correct the id; or add it with {ways}`stancebank corpus {what} add`"
        pointer = "/".join("mention" if part == "span" else part for part in parts)
        self._fault(draft, pointer, message, hint, finding.code)

    def removed(self, before: Document | None, made: Document) -> list[tuple[str, str]]:
        """Return what a document has that the one in its place will not: id and first words of each statement."""
        stays = {each.id for each in made.statements}
        gone = [each for each in before.statements if each.id not in stays] if before is not None else []
        if not gone or before is None:
            return []
        store = self.workspace.store
        article = store.article(before.article_id)
        text = store.text(article) if article.text_sha256 == before.text_sha256 else None
        return [(short_id(each), first_words(each, text)) for each in gone]


def first_words(statement: Statement, text: str | None) -> str:
    """Return the first words of a statement by which a person knows it; "" where the text is not at hand."""
    span = statement.content[0]
    words = one_line(text[span.begin : span.end]) if text is not None else ""
    return words if len(words) <= _FIRST else f"{words[:_FIRST].rpartition(' ')[0] or words[:_FIRST]} ..."


def _order(fault: ReadingFault) -> tuple[int, ...]:
    """Return by what faults of a reading are sorted: line and column, where they have them."""
    return tuple(int(each) for each in re.findall(r":(\d+)", fault.where))


def _statements(draft: _Draft) -> tuple[Statement, ...]:
    return draft.document.statements if draft.document else ()


def _quoted(finding: Finding) -> str:
    """Return the id that a finding names first."""
    return finding.message.split("'")[1] if "'" in finding.message else ""


def require_faultless(candidates: Sequence[Candidate]) -> None:
    """Raise InputError with every fault of candidates where they have any; ConflictError where only people decide."""
    faults = [fault for each in candidates for fault in each.faults]
    if not faults:
        return
    kind = ConflictError if all(each.is_conflict for each in faults) else InputError
    listing = "\n".join(map(str, faults))
    form = any(each.code.startswith(("schema-", "words", "json-")) for each in faults)
    hint = "\nHint: see `stancebank help authoring` for the form." if form else ""
    if len(faults) == 1:
        raise kind(f"{listing}{hint}\n{NOTHING_WRITTEN}")
    raise kind(f"{len(faults)} faults:\n{listing}{hint}\n{NOTHING_WRITTEN}")


def require_replaceable(candidates: Sequence[Candidate]) -> None:
    """Raise ConflictError where candidates would take the place of gold, with all that would go."""
    said = []
    for each in candidates:
        if each.needs_replace and each.before is not None:
            held = f"{each.before.gold.method} gold" if each.before.gold else "gold"
            count = len(each.before.statements)
            many = f"{count} statement{'' if count == 1 else 's'}"
            gone = f"; {len(each.removed)} of them would go" if each.removed else ""
            said.append(f"{each.article_id} has {held} of {many} by {each.before.annotator} already{gone}.")
            said += [f"    {name}: {words}" if words else f"    {name}" for name, words in each.removed]
    if said:
        raise ConflictError("\n".join(said) + f"\nHint: add --replace. {NOTHING_WRITTEN}")


def read_reading(workspace: Workspace, file: Path) -> Document:
    """Return the document that the reading by quotes in a file makes, whatever the rules of a check say of it.

    Raises InputError where it is not of the form, or its words have no single place: all such faults at once.
    """
    from stancebank.annotate.readings import read_file

    found = list(ReadingIntake(workspace, Options()).read_form(read_file(file, str(file))))
    require_faultless([candidate for candidate, _ in found])
    if len(found) != 1 or found[0][1] is None:
        raise InputError(f"{file} holds {len(found)} readings.\nHint: put each into a file of its own.")
    return found[0][1]


def _id_of(value: Any, number: int) -> str:
    """Return the id of a statement in what somebody wrote; "" where it has none."""
    try:
        found = value["statements"][number]["id"]
    except (KeyError, IndexError, TypeError):
        return ""
    return found if isinstance(found, str) else ""
