"""What of a document a workspace can take: an import and a pull refuse what `stancebank check` would refuse.

A finding costs the smallest part that it is about: words that are optional, a condition, a statement. The rest is a
document. What was left out for a name that the registries lack comes in once that is added.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from msgspec.structs import replace

from stancebank.annotate.decode.document import AnnotationResult, Conversion, Rejected, from_task
from stancebank.annotate.decode.sources import Registries, by_words
from stancebank.annotate.judging import Judge
from stancebank.annotate.missing import Additions, Missing, missing_in
from stancebank.corpus.language import Habits, load_habits
from stancebank.corpus.registry import spellings
from stancebank.errors import Finding, InputError
from stancebank.model import Document, Statement, document_spans
from stancebank.schema.fields import Scheme
from stancebank.workspace import Workspace

_FOLLOWING = frozenset(("same-as-unknown", "same-as-chain"))  # of statements that are left out
_ROUNDS = 5  # what is left out can make another rule fail, but not for ever


@dataclass(frozen=True, slots=True)
class Usable:
    """What can be taken of an annotation: None where nothing can. faults: all that cannot, with places and hints."""

    document: Document | None
    faults: tuple[str, ...]


@dataclass(frozen=True)
class Taker:
    """Reads annotations for one workspace, and decides what of them can be taken. It reads the registries once.

    additions: where entries are added that the registries lack; None where they are not.
    """

    workspace: Workspace
    additions: Additions | None = None

    @cached_property
    def judge(self) -> Judge:
        """What judges the documents."""
        return self.additions.judge if self.additions is not None else Judge(self.workspace)

    @cached_property
    def registries(self) -> Registries:
        """The names of all entries, by which those are found that the lists of a task lack."""
        store = self.workspace.store
        return {"entities": by_words(spellings(store.entities())), "targets": by_words(spellings(store.targets()))}

    @cached_property
    def scheme(self) -> Scheme:
        """The scheme of the workspace, as it was when it was first asked for."""
        return self.workspace.scheme

    @cached_property
    def habits(self) -> Habits:
        """What the workspace knows of languages."""
        return load_habits(self.workspace.root)

    def read(self, task: Mapping[str, Any], annotators: Mapping[int, str]) -> Conversion:
        """Return what the annotations of a task say. annotators: pseudonyms by the server's user id."""
        return from_task(task, self.scheme, annotators, None, self.registries, self.habits)

    def take(self, reading: AnnotationResult, task: int | None, text: str) -> Usable:
        """Return the part of a reading that can be taken, and everything that cannot.

        task: its number. text: the stored words of the article.
        """
        faults = [str(each) for each in reading.faults]
        document, scheme = reading.document, self.workspace.scheme
        if document is not None and self.additions is not None:
            faults += self._add_missing(document, reading, task)
        told: set[str] = set()
        for number in range(_ROUNDS):
            findings = self.judge.errors(document, text=text) if document is not None else []
            if document is None or not findings:
                break
            for finding in findings:
                statement = _statement(document, finding.pointer)
                if number and (finding.code in _FOLLOWING or (statement and statement.id in told)):
                    continue  # it follows from what was told in the round before
                told |= {statement.id} if statement else set()
                faults.append(str(_rejected(finding, document, reading, task, text)))
            document = _without(document, (finding.pointer for finding in findings), scheme)
        else:
            document = None
        return Usable(document, tuple(faults))

    def _add_missing(self, document: Document, reading: AnnotationResult, task: int | None) -> Iterator[str]:
        """Add the entries that a document needs. Yields why one cannot be added."""
        names = {each.id: each.name for each in reading.proposals}
        uses: dict[tuple[str, str], list[Missing]] = {}
        for each in missing_in(document, self.judge):
            uses.setdefault((each.registry, each.id), []).append(each)
        for (_, name), found in uses.items():
            try:
                self.additions.add(found, names.get(name, ""))  # type: ignore[union-attr]
            except InputError as error:
                where = f"task {task}, annotation {reading.annotation}"
                yield f"{where}: {error}".replace("\nHint", " Hint")


def _statement(document: Document, pointer: str) -> Statement | None:
    parts = pointer.split("/")
    is_in_one = len(parts) > 2 and parts[1] == "statements" and parts[2].isdecimal()
    return document.statements[int(parts[2])] if is_in_one else None


def _rejected(finding: Finding, document: Document, reading: AnnotationResult, task: int | None, text: str) -> Rejected:
    """Return a finding as a person who labels reads it: with the words that it is about."""
    statement = _statement(document, finding.pointer)
    spans = [span for pointer, span in document_spans(document) if f"{pointer}/".startswith(f"{finding.pointer}/")]
    if statement is not None and not spans:
        spans = list(statement.content)
    words = text[spans[0].begin : spans[0].end] if spans else ""
    parts = [part for part in finding.pointer.split("/")[3:] if not part.isdecimal()]
    what = parts[0] if parts else "statement" if statement is not None else finding.pointer.split("/")[1]
    region = statement.id if statement is not None else ""
    reason = f"{finding.message} It is left out ({finding.code})."
    return Rejected(task, reading.annotation, None, region, reason, finding.hint, what, words)


@dataclass(slots=True)
class _Cuts:
    """What is to be left out of a statement. whole: all of it."""

    whole: bool = False
    conditions: set[int] = field(default_factory=set)
    pieces: set[int] = field(default_factory=set)
    fields: set[str] = field(default_factory=set)
    target_fields: set[str] = field(default_factory=set)
    speaker_span: bool = False
    target_span: bool = False
    same_as: bool = False

    def add(self, parts: list[str], scheme: Scheme) -> None:
        """Add what a pointer below the statement is about."""
        match parts:
            case ["conditions", number, *_] if number.isdecimal():
                self.conditions.add(int(number))
            case ["content", number, *_] if number.isdecimal() and int(number) > 0:
                self.pieces.add(int(number))
            case ["speaker", "span", *_]:
                self.speaker_span = True
            case ["target", "span", *_]:
                self.target_span = True
            case ["target", name, *_] if _is_optional(scheme, "target", name):
                self.target_fields.add(name)
            case ["same_as", *_]:
                self.same_as = True
            case [name, *_] if _is_optional(scheme, "statement", name):
                self.fields.add(name)
            case _:
                self.whole = True

    def apply(self, each: Statement) -> Statement:
        """Return a statement without them."""
        target = replace(
            each.target,
            span=None if self.target_span else each.target.span,
            fields={key: value for key, value in each.target.fields.items() if key not in self.target_fields},
        )
        return replace(
            each,
            content=tuple(span for number, span in enumerate(each.content) if number not in self.pieces),
            speaker=replace(each.speaker, span=None) if self.speaker_span else each.speaker,
            target=target,
            same_as=None if self.same_as else each.same_as,
            conditions=tuple(one for number, one in enumerate(each.conditions) if number not in self.conditions),
            fields={key: value for key, value in each.fields.items() if key not in self.fields},
        )


def _is_optional(scheme: Scheme, level: str, name: str) -> bool:
    """Whether a statement or target without a field says less, and nothing else."""
    found = scheme.find(level, name)  # type: ignore[arg-type]
    return found is not None and not found.required and found.default is None


def _without(document: Document, pointers: Iterable[str], scheme: Scheme) -> Document | None:
    """Return a document without what pointers are about; None where no statement would be left."""
    cuts: dict[int, _Cuts] = {}
    passed: set[int] = set()
    for pointer in pointers:
        match pointer.split("/")[1:]:
            case ["statements", number, *rest] if number.isdecimal():
                cuts.setdefault(int(number), _Cuts()).add(rest, scheme)
            case [key, number, *_] if key == scheme.non_statements_key and number.isdecimal():
                passed.add(int(number))
            case _:
                return None
    statements = tuple(_cut(document.statements, cuts))
    if document.statements and not statements:
        return None
    non_statements = tuple(each for number, each in enumerate(document.non_statements) if number not in passed)
    return replace(document, statements=statements, non_statements=non_statements)


def _cut(statements: Iterable[Statement], cuts: dict[int, _Cuts]) -> Iterator[Statement]:
    for number, each in enumerate(statements):
        cut = cuts.get(number)
        if cut is None:
            yield each
        elif not cut.whole:
            yield cut.apply(each)
