"""From a task of Label Studio to documents. Pure: what is read is what was handed over, what is found is returned.

Every item of every annotation is in a document or among the rejected. What the annotator left out and the words show
is inferred and said; an answer in the interface overrules it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from stancebank.annotate.controls import (
    CONTENT,
    NEW_NAMES,
    NOTE,
    NOTHING,
    ZONES,
    Controls,
    make_controls,
    non_statement_label,
    reason_question,
)
from stancebank.annotate.decode.items import (
    UNTOUCHED,
    ItemFault,
    Items,
    is_writable,
    place_regions,
    read_items,
)
from stancebank.annotate.decode.origin import annotator_of, editor_of, label_studio_of, number_of, time_of, user_of
from stancebank.annotate.decode.relations import link
from stancebank.annotate.decode.sources import NameFinder, Proposal, Registries, Sources, Trace, id_of
from stancebank.annotate.decode.statements import make_statement
from stancebank.corpus.language import Habits, load_habits, trim_statement
from stancebank.corpus.selectors import quotations
from stancebank.model import Document, NonStatement, Statement
from stancebank.schema.fields import Scheme
from stancebank.text import normalise, sha256

_WORDS = 60  # characters that a message shows of a region


@dataclass(frozen=True, slots=True)
class Rejected:
    """An item that is in no document: where it is, why, and how to fix it. item: its place in the result, from 0.

    label, words: of the region, "" where there is none. is_follow_on: whether it goes with another one.
    """

    task: int | None
    annotation: int | None
    item: int | None
    region: str
    reason: str
    hint: str
    label: str = ""
    words: str = ""
    is_follow_on: bool = False

    def __str__(self) -> str:
        """Say it in one line."""
        where = f"task {self.task}, annotation {self.annotation}" + (f", region {self.region}" if self.region else "")
        words = " ".join(self.words.split())
        shown = words if len(words) <= _WORDS else f"{words[:_WORDS].rstrip()} ..."
        named = f" Words: “{shown}” ({self.label})." if words else ""
        return f"{where}: {self.reason}{named} Hint: {self.hint}."


@dataclass(frozen=True, slots=True)
class AnnotationResult:
    """What became of one annotation.

    document: None where nothing could be made. placed: for the number of each item, its JSON pointers in the document;
    what stands for no part of it, such as the article's zones, has the pointer "". inferred, repaired: the region, and
    what was done. notices: what else a person should know. Where something is rejected, the document is what is left.
    """

    annotation: int | None
    document: Document | None
    placed: dict[int, tuple[str, ...]]
    rejected: tuple[Rejected, ...]
    inferred: tuple[tuple[str, str], ...]
    repaired: tuple[tuple[str, str], ...]
    proposals: tuple[Proposal, ...]
    notices: tuple[str, ...] = ()

    @property
    def faults(self) -> tuple[Rejected, ...]:
        """What a person has to correct: the rejected items without those that only follow."""
        return tuple(each for each in self.rejected if not each.is_follow_on)


@dataclass(frozen=True, slots=True)
class Conversion:
    """What became of a task. cancelled: annotations that their annotator skipped, which are left out."""

    task: int | None
    readings: tuple[AnnotationResult, ...]
    cancelled: tuple[int | None, ...] = ()

    @property
    def documents(self) -> tuple[Document, ...]:
        """The documents that could be made, one an annotation."""
        return tuple(reading.document for reading in self.readings if reading.document is not None)

    @property
    def rejected(self) -> tuple[Rejected, ...]:
        """Everything that is in no document."""
        return tuple(each for reading in self.readings for each in reading.rejected)


@dataclass(frozen=True, slots=True)
class _Found:
    """What an annotation says. says_something: whether it holds a statement, or the tick that there is none."""

    statements: tuple[Statement, ...]
    non_statements: tuple[NonStatement, ...]
    says_something: bool
    repaired: list[tuple[str, str]]


def from_task(
    task: Mapping[str, Any],
    scheme: Scheme,
    annotators: Mapping[int, str] | None = None,
    root: Path | None = None,
    registries: Registries | None = None,
    habits: Habits | None = None,
) -> Conversion:
    """Make documents of a task's annotations, as `GET /api/tasks/ID` or a JSON export gives them.

    annotators: pseudonyms by the server's user id; ``user-<id>`` where there is none. An e-mail address is never kept.
    root: of a workspace, which may know more of a language; habits: what it knows, where that was read before.
    registries: where the names that the task's lists lack are looked up, before they count as new.
    """
    habits = habits or load_habits(root)
    controls = make_controls(scheme)
    data = task.get("data")
    data = data if isinstance(data, dict) else {}
    readings, cancelled = [], []
    for annotation in _annotations(task):
        if annotation.get("was_cancelled"):
            cancelled.append(number_of(annotation.get("id")))
        else:
            readings.append(_read(task, data, annotation, controls, annotators or {}, habits, registries or {}))
    return Conversion(number_of(task.get("id")), tuple(readings), tuple(cancelled))


def _annotations(task: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    found = task.get("annotations")
    yield from (each for each in found if isinstance(each, dict)) if isinstance(found, list) else ()


def _read(
    task: Mapping[str, Any],
    data: dict[str, Any],
    annotation: dict[str, Any],
    controls: Controls,
    annotators: Mapping[int, str],
    habits: Habits,
    registries: Registries,
) -> AnnotationResult:
    raw = annotation.get("result")
    result: list[Any] = raw if isinstance(raw, list) else []
    trace = Trace()
    document: Document | None = None
    repaired: list[tuple[str, str]] = []
    proposals: tuple[Proposal, ...] = ()
    notices = list(_notices(annotation, annotators))
    text = normalise(data["text"]) if isinstance(data.get("text"), str) else ""
    missing = _missing(data, text, annotation, controls.scheme)
    if missing is None:
        items = read_items(result, controls)
        names = NameFinder(data, items.general, registries)
        found = _find(items, text, names, controls, trace, habits)
        repaired, proposals = found.repaired, tuple(names.proposals.values())
        if found.says_something and not any(fault.is_fatal for fault in trace.faults):
            document = _document(task, data, annotation, found, controls.scheme, annotators)
        notices += _left_out(items, trace.placed if document else {}, document, controls.scheme)
        document = _with_notes(document, items, trace.placed, controls.scheme) if document else None
    else:
        trace.fault(None, "", *missing)
    if document is None:
        _forget_places(trace)
    faulty = {fault.item for fault in trace.faults}
    for item, entry in enumerate(result):  # what nothing took, such as what belongs to a statement that failed
        if item not in trace.placed and item not in faulty:
            name = str(entry.get("id") or entry.get("from_id") or "") if isinstance(entry, dict) else ""
            trace.fault(item, name, "it belongs to what was rejected.", "fix that first", is_follow_on=True)
            faulty.add(item)
    ids = (number_of(task.get("id")), number_of(annotation.get("id")))
    marked = {name: shown for entry in result for name, shown in _marked(entry)} if trace.faults else {}
    return AnnotationResult(
        annotation=ids[1],
        document=document,
        placed={item: tuple(where) for item, where in sorted(trace.placed.items()) if item not in faulty},
        rejected=tuple(
            Rejected(*ids, each.item, each.region, each.reason, each.hint, *marked.get(each.region, ("", "")), follows)
            for each in _once(trace.faults)
            for follows in [each.is_follow_on]
        ),
        inferred=tuple(trace.inferred),
        repaired=tuple(repaired),
        proposals=tuple(proposals),
        notices=tuple(notices),
    )


def _marked(entry: object) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield the id of a region with its label and words, if an item is one."""
    value = entry.get("value") if isinstance(entry, dict) else None
    if isinstance(entry, dict) and isinstance(value, dict) and isinstance(value.get("labels"), list):
        label, words = next(iter(value["labels"]), ""), value.get("text")
        yield str(entry.get("id")), (str(label), words if isinstance(words, str) and is_writable(words) else "")


def _forget_places(trace: Trace) -> None:
    """Forget where items are in a document that is not made; zones need none."""
    trace.placed = {item: where for item, where in trace.placed.items() if where == [""]}


def _notices(annotation: Mapping[str, Any], annotators: Mapping[int, str]) -> Iterator[str]:
    """Yield what a person should know of an annotation as a whole, though it can be used."""
    if editor := editor_of(annotation, annotators):
        yield f"it was last saved by {editor}."
    if annotation.get("ground_truth"):
        yield "it is marked as ground truth on the server, which does not make it gold."
    if user_of(annotation) is None:
        name = annotator_of(annotation, annotators)
        yield f"it does not say by a user's id who made it, as after the account was removed; its annotator is {name}."


def _left_out(
    items: Items, placed: Mapping[int, list[str]], document: Document | None, scheme: Scheme
) -> Iterator[str]:
    """Yield the words that hang on an item and come into no document."""
    for region, notes in items.notes.items():
        if document is None or not _note_places(region, items, placed, scheme):
            yield (
                f"region {region} has the note “{' '.join(notes)}”, which has no place in a document. Hint: " + _AS_NOTE
            )
    for region, key, words in items.strays:
        yield (
            f"region {region} has the words “{words}” under {key!r}, which have no place in a document. Hint: "
            + _AS_NOTE
        )


_AS_NOTE = "write them into the note of a statement."


def _note_places(region: str, items: Items, placed: Mapping[int, list[str]], scheme: Scheme) -> list[tuple[str, int]]:
    """Return the statements and passed-over words, with their numbers, that take up the note of a region."""
    item = items.regions[region].item if region in items.regions else None
    pointers = placed.get(item, []) if item is not None else []
    found = {(parts[1], int(parts[2])) for each in pointers if len(parts := each.split("/")) > 2}
    has_notes = scheme.find("statement", NOTE) is not None
    return sorted(each for each in found if has_notes or each[0] == scheme.non_statements_key)


def _with_notes(document: Document, items: Items, placed: Mapping[int, list[str]], scheme: Scheme) -> Document:
    """Return a document with the notes that were written in Label Studio's own panel among its own."""
    statements, passed = list(document.statements), list(document.non_statements)
    for region, notes in items.notes.items():
        for part, number in _note_places(region, items, placed, scheme):
            if part == scheme.non_statements_key:
                passed[number] = replace(passed[number], note=_joined(passed[number].note, notes))
            else:
                each = statements[number]
                note = _joined(str(each.fields.get(NOTE) or ""), notes)
                statements[number] = replace(each, fields={**each.fields, NOTE: note})
    return replace(document, statements=tuple(statements), non_statements=tuple(passed))


def _joined(before: str | None, notes: Iterable[str]) -> str:
    """Return notes below the one before them, each once."""
    lines = before.split("\n") if before else []
    return "\n".join([*lines, *(note for note in notes if note not in (before, *lines))])


def _once(faults: list[ItemFault]) -> Iterator[ItemFault]:
    """Yield the first fault of each item, and those that are about none."""
    seen: set[int] = set()
    for fault in faults:
        if fault.item is None or fault.item not in seen:
            yield fault
        if fault.item is not None:
            seen.add(fault.item)


def _missing(data: dict[str, Any], text: str, annotation: dict[str, Any], scheme: Scheme) -> tuple[str, str] | None:
    """Return why nothing of an annotation can be used, with a hint; None where it can. text: the words, as stored."""
    hint = "push the task again with `stancebank`, or export it whole as JSON"
    required = ("text", "text_sha256", "article_id", "guideline_version")
    lacking = [key for key in required if not isinstance(data.get(key), str) or not data[key]]
    if lacking:
        return f"the task's data has no {', '.join(lacking)}.", hint
    if not is_writable(text) or sha256(text) != data["text_sha256"]:
        return "the words of the task are not those that its text_sha256 names: somebody has changed them.", hint
    if data.get("schema_version") != scheme.version:
        made = data.get("schema_version")
        hint = "`stancebank annotate push` brings the project to the workspace's interface, or says why it cannot"
        return f"the task was made for schema {made}, and this workspace follows {scheme.version}.", hint
    for key, what in (("created_at", "made"), ("updated_at", "last saved")):
        value = annotation.get(key)
        if not time_of(annotation, key) and (value or key == "created_at"):
            said = f"says that it was {what} at {value!r}" if value else f"does not say when it was {what}"
            return f"the annotation {said}.", f"give {key} a time such as 2031-02-12T08:30:00Z"
    return None


def _document(
    task: Mapping[str, Any],
    data: dict[str, Any],
    annotation: dict[str, Any],
    found: _Found,
    scheme: Scheme,
    annotators: Mapping[int, str],
) -> Document:
    made = time_of(annotation, "created_at")
    return Document(
        schema_version=scheme.version,
        guideline_version=str(data["guideline_version"]),
        article_id=str(data["article_id"]),
        text_sha256=str(data["text_sha256"]),
        annotator=annotator_of(annotation, annotators),
        origin="human",
        created_at=made,
        updated_at=time_of(annotation, "updated_at") or made,
        label_studio=label_studio_of(task, annotation, annotators),
        nothing_to_annotate=not found.statements,
        statements=found.statements,
        non_statements=found.non_statements,
        edition=scheme.edition,
    )


def _find(items: Items, text: str, names: NameFinder, controls: Controls, trace: Trace, habits: Habits) -> _Found:
    """Read what an annotation says about a stored text. trace: gets where every item went, or why it did not."""
    bounds, repaired, faults = place_regions(items, text, controls, habits)
    links = link(items, bounds, text, controls)
    trace.faults += [*items.faults, *faults, *links.faults]
    trace.put("", *links.idle, *(item for region in items.wordless.values() for item in region.items()))
    trace.inferred += links.inferred
    trace.put("", *(item for name in links.gone for item in items.regions[name].items()))
    regions = {name: region for name, region in items.regions.items() if name in bounds and name not in links.gone}
    sources = Sources(controls, text, regions, bounds, tuple(links.ties), names, quotations(text))
    for region in regions.values():
        if region.label == ZONES:
            trace.put("", region.item)
    statements = _statements(sources, trace, habits)
    non_statements = _non_statements(sources, trace)
    nothing = items.general.get(NOTHING)
    is_begun = any(region.label == CONTENT for region in items.regions.values())  # usable or not
    if nothing is not None and statements:
        trace.fault(
            nothing.item, "", "the article has statements, and 'nothing to annotate' is ticked.", "take the tick away"
        )
    elif nothing is not None and is_begun:
        reason = "'nothing to annotate' is ticked, and there is a content that cannot be used."
        trace.fault(nothing.item, "", reason, "take the tick away, or remove the content")
    elif nothing is not None:
        trace.put("/nothing_to_annotate", nothing.item)
    elif not statements and not is_begun:
        trace.fault(None, "", "it holds no statement and no tick.", "tick nothing to annotate, or finish it")
    for question in NEW_NAMES.values():
        answer = items.general.get(question)
        if answer is not None and answer.item not in trace.placed:
            reason, hint = f"{question} names what nothing refers to.", "choose new-1 where it is meant"
            trace.fault(answer.item, "", reason, hint, is_follow_on=bool(trace.faults))
    says_something = bool(statements) or (nothing is not None and not is_begun)
    return _Found(statements, non_statements, says_something, repaired)


def _statements(sources: Sources, trace: Trace, habits: Habits) -> tuple[Statement, ...]:
    made: list[tuple[Statement, Trace]] = []
    shown = {
        place
        for name, region in sources.regions.items()
        if region.origin == UNTOUCHED
        for place in sources.bounds[name]
    }
    for region in sources.regions.values():
        if region.label == CONTENT:
            own = Trace()
            statement = make_statement(sources, own, region)
            trace.faults += own.faults
            if statement is not None:
                statement, changes = trim_statement(statement, sources.text, sources.controls.scheme, habits, shown)
                for change in changes:
                    own.infer(statement.id, f"{change.said}.")
                made.append((statement, own))
    made.sort(key=lambda pair: pair[0].content[0].begin)
    known = {statement.id for statement, _ in made}
    contents = [
        (id_of(low), id_of(high), tie.item)
        for tie in sources.ties
        if tie.item is not None
        and (low := sources.regions[tie.low]).label == CONTENT
        and (high := sources.regions[tie.high]).label == CONTENT
    ]
    tied = []
    for number, (statement, own) in enumerate(made):
        found = _same_as(contents, own, statement.id, known)
        tied.append(replace(statement, same_as=found) if found != statement.same_as else statement)
        trace.faults += [fault for fault in own.faults if fault not in trace.faults]
        trace.adopt(own, f"/statements/{number}")
    return tuple(tied)


def _same_as(contents: Iterable[tuple[str, str, int]], own: Trace, name: str, known: set[str]) -> str | None:
    """Return what a statement says again. contents: arrows between contents, by their ids, each with its item."""
    found = None
    for low, high, item in contents:
        if low == name:
            if found is not None:
                own.fault(item, name, f"it is tied to {found} already.", "tie it to the fullest one only")
            elif high in known:
                found = high
                own.put("/same_as", item)
    return found


def _non_statements(sources: Sources, trace: Trace) -> tuple[NonStatement, ...]:
    made: list[tuple[NonStatement, Trace]] = []
    scheme, questions = sources.controls.scheme, sources.controls.questions
    label, why = non_statement_label(scheme), reason_question(scheme)
    note_question = next((each for each in questions if label in each.labels and each.name != why), None)
    for region in sources.regions.values():
        if region.label != label:
            continue
        own = Trace()
        reason = sources.chosen(own, region, sources.controls.by_name[why], "/reason")
        if reason is None:
            hint = "select it and choose why it is no statement"
            trace.faults += own.faults
            trace.fault(region.item, region.id, "passed over without a reason.", hint)
            continue
        note = sources.written(own, region, note_question, "/note")
        for place, span in enumerate(sources.spans([region.id])):
            part = own if place == 0 else Trace()
            part.put("/span", region.item)
            made.append((NonStatement(span=span, reason=reason, note=note), part))
    for number, (_, own) in enumerate(made):
        trace.adopt(own, f"/{scheme.non_statements_key}/{number}")
    return tuple(passed for passed, _ in made)
