"""From a task of Label Studio to documents. Pure: what is read is what was handed over, what is found is returned.

Every item of every annotation is in a document or among the rejected. What the annotator left out and the words show
is inferred and said; an answer in the interface overrules it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from stancebank.annotate.controls import (
    CONTENT,
    NEW_NAMES,
    NOTHING,
    PASSED_OVER,
    REASON,
    ZONES,
    Controls,
    make_controls,
)
from stancebank.annotate.decode.items import ItemFault, Items, place_regions, read_items
from stancebank.annotate.decode.relations import link
from stancebank.annotate.decode.statements import NameFinder, Proposal, Sources, Trace, id_of, make_statement
from stancebank.check.annotations import quotations
from stancebank.model import Document, LabelStudio, PassedOver, Statement
from stancebank.schema.fields import Scheme
from stancebank.text import normalise, sha256

_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z|\+00:00)")


@dataclass(frozen=True, slots=True)
class Rejected:
    """An item that is in no document: where it is, why, and how to fix it. item: its place in the result, from 0."""

    task: int | None
    annotation: int | None
    item: int | None
    region: str
    reason: str
    hint: str

    def __str__(self) -> str:
        """Say it in one line."""
        where = f"task {self.task}, annotation {self.annotation}" + (f", region {self.region}" if self.region else "")
        return f"{where}: {self.reason} Hint: {self.hint}."


@dataclass(frozen=True, slots=True)
class AnnotationResult:
    """What became of one annotation.

    document: None where nothing could be made. placed: for the number of each item, its JSON pointers in the document;
    zones, which are the article's, have the pointer "". inferred, repaired: the region, and what was done.
    """

    annotation: int | None
    document: Document | None
    placed: dict[int, tuple[str, ...]]
    rejected: tuple[Rejected, ...]
    inferred: tuple[tuple[str, str], ...]
    repaired: tuple[tuple[str, str], ...]
    proposals: tuple[Proposal, ...]


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
    passed_over: tuple[PassedOver, ...]
    says_something: bool
    repaired: list[tuple[str, str]]


def from_task(task: Mapping[str, Any], scheme: Scheme, annotators: Mapping[int, str] | None = None) -> Conversion:
    """Make documents of a task's annotations, as `GET /api/tasks/ID` or a JSON export gives them.

    annotators: pseudonyms by the server's user id; ``user-<id>`` where there is none. An e-mail address is never kept.
    """
    controls = make_controls(scheme)
    data = task.get("data")
    data = data if isinstance(data, dict) else {}
    readings, cancelled = [], []
    for annotation in _annotations(task):
        if annotation.get("was_cancelled"):
            cancelled.append(number_of(annotation.get("id")))
        else:
            readings.append(_read(task, data, annotation, controls, annotators or {}))
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
) -> AnnotationResult:
    raw = annotation.get("result")
    result: list[Any] = raw if isinstance(raw, list) else []
    trace = Trace()
    document: Document | None = None
    repaired: list[tuple[str, str]] = []
    proposals: tuple[Proposal, ...] = ()
    scheme = controls.scheme
    missing = _missing(data, annotation, scheme)
    if missing is None:
        items = read_items(result, controls)
        names = NameFinder(data, items.general)
        found = _find(items, normalise(str(data["text"])), names, controls, trace)
        repaired, proposals = found.repaired, tuple(names.proposals.values())
        document = (
            _document(task, data, annotation, found, controls.scheme, annotators) if found.says_something else None
        )
    else:
        trace.fault(None, "", missing, "push the task again with `stancebank`, or export it whole as JSON")
    faulty = {fault.item for fault in trace.faults}
    for item, entry in enumerate(result):  # what nothing took, such as what belongs to a statement that failed
        if item not in trace.placed and item not in faulty:
            name = str(entry.get("id") or entry.get("from_id") or "") if isinstance(entry, dict) else ""
            trace.fault(item, name, "it belongs to what was rejected.", "fix that first")
            faulty.add(item)
    ids = (number_of(task.get("id")), number_of(annotation.get("id")))
    return AnnotationResult(
        annotation=ids[1],
        document=document,
        placed={item: tuple(where) for item, where in sorted(trace.placed.items()) if item not in faulty},
        rejected=tuple(Rejected(*ids, each.item, each.region, each.reason, each.hint) for each in _once(trace.faults)),
        inferred=tuple(trace.inferred),
        repaired=tuple(repaired),
        proposals=tuple(proposals),
    )


def _once(faults: list[ItemFault]) -> Iterator[ItemFault]:
    """Yield the first fault of each item, and those that are about none."""
    seen: set[int] = set()
    for fault in faults:
        if fault.item is None or fault.item not in seen:
            yield fault
        if fault.item is not None:
            seen.add(fault.item)


def _missing(data: dict[str, Any], annotation: dict[str, Any], scheme: Scheme) -> str | None:
    lacking = [key for key in ("text", "text_sha256", "article_id", "guideline_version") if not data.get(key)]
    if lacking:
        return f"the task's data has no {', '.join(lacking)}."
    if sha256(normalise(str(data["text"]))) != data["text_sha256"]:
        return "the words of the task are not those that its text_sha256 names: somebody has changed them."
    if data.get("schema_version") != scheme.version:
        return f"the task was made for schema {data.get('schema_version')}, not {scheme.version}."
    return None if time_of(annotation, "created_at") else "the annotation does not say when it was made."


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
        passed_over=found.passed_over,
    )


def _find(items: Items, text: str, names: NameFinder, controls: Controls, trace: Trace) -> _Found:
    """Read what an annotation says about a stored text. trace: gets where every item went, or why it did not."""
    bounds, repaired, faults = place_regions(items, text, controls)
    links = link(items, bounds, text, controls)
    trace.faults += [*items.faults, *faults, *links.faults]
    trace.inferred += links.inferred
    regions = {name: region for name, region in items.regions.items() if name in bounds}
    sources = Sources(controls, text, regions, bounds, tuple(links.ties), names, quotations(text))
    for region in regions.values():
        if region.label == ZONES:
            trace.put("", region.item)
    statements = _statements(sources, trace)
    passed_over = _passed_over(sources, trace)
    nothing = items.general.get(NOTHING)
    if nothing is not None and statements:
        trace.fault(nothing.item, "", "nothing to annotate is ticked beside statements.", "take the tick away")
    elif nothing is not None:
        trace.put("/nothing_to_annotate", nothing.item)
    elif not statements:
        trace.fault(None, "", "it holds no statement and no tick.", "tick nothing to annotate, or finish it")
        trace.placed = {item: where for item, where in trace.placed.items() if where == [""]}  # zones need no document
    for question in NEW_NAMES.values():
        answer = items.general.get(question)
        if answer is not None and answer.item not in trace.placed:
            trace.fault(answer.item, "", f"{question} names what nothing refers to.", "choose new-1 where it is meant")
    return _Found(statements, passed_over, bool(statements) or nothing is not None, repaired)


def _statements(sources: Sources, trace: Trace) -> tuple[Statement, ...]:
    made: list[tuple[Statement, Trace]] = []
    for region in sources.regions.values():
        if region.label == CONTENT:
            own = Trace()
            statement = make_statement(sources, own, region)
            trace.faults += own.faults
            if statement is not None:
                made.append((statement, own))
    made.sort(key=lambda pair: pair[0].content[0].begin)
    known = {statement.id for statement, _ in made}
    tied = []
    for number, (statement, own) in enumerate(made):
        tied.append(replace(statement, same_as=_same_as(sources, own, statement.id, known)))
        trace.faults += [fault for fault in own.faults if fault not in trace.faults]
        trace.adopt(own, f"/statements/{number}")
    return tuple(tied)


def _same_as(sources: Sources, own: Trace, name: str, known: set[str]) -> str | None:
    found = None
    for tie in sources.ties:
        low, high = sources.regions[tie.low], sources.regions[tie.high]
        if id_of(low) == name and (low.label, high.label) == (CONTENT, CONTENT) and tie.item is not None:
            if found is not None:
                own.fault(tie.item, name, f"it is tied to {found} already.", "tie it to the fullest one only")
            elif id_of(high) in known:
                found = id_of(high)
                own.put("/same_as", tie.item)
    return found


def _passed_over(sources: Sources, trace: Trace) -> tuple[PassedOver, ...]:
    made: list[tuple[PassedOver, Trace]] = []
    questions = sources.controls.questions
    note_question = next((each for each in questions if PASSED_OVER in each.labels and each.name != REASON), None)
    for region in sources.regions.values():
        if region.label != PASSED_OVER:
            continue
        own = Trace()
        reason = sources.chosen(own, region, sources.controls.by_name[REASON], "/reason")
        if reason is None:
            hint = "select it and choose why it is no statement"
            trace.faults += own.faults
            trace.fault(region.item, region.id, "passed over without a reason.", hint)
            continue
        note = sources.written(own, region, note_question, "/note")
        for place, span in enumerate(sources.spans([region.id])):
            part = own if place == 0 else Trace()
            part.put("/span", region.item)
            made.append((PassedOver(span=span, reason=reason, note=note), part))
    for number, (_, own) in enumerate(made):
        trace.adopt(own, f"/passed_over/{number}")
    return tuple(passed for passed, _ in made)


def number_of(value: object) -> int | None:
    """Return an id of the server; None where it is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def time_of(annotation: Mapping[str, Any], key: str) -> str:
    """Return a time in UTC, to the second; "" where there is none."""
    match = _TIME.fullmatch(str(annotation.get(key) or ""))
    return f"{match[1]}Z" if match else ""


def annotator_of(annotation: Mapping[str, Any], annotators: Mapping[int, str]) -> str:
    """Return the pseudonym of who completed it: the one given for the user's id, or ``user-<id>``.

    The server forgets who made an annotation when the account is removed. Then each annotation has a name of its own,
    ``user-unknown-<annotation>``, since two people of one name would hide each other's labels.
    """
    user = annotation.get("completed_by")
    number = number_of(user.get("id") if isinstance(user, dict) else user)
    if number is None:
        own = number_of(annotation.get("id"))
        return "user-unknown" if own is None else f"user-unknown-{own}"
    return annotators.get(number, f"user-{number}")


def editor_of(annotation: Mapping[str, Any], annotators: Mapping[int, str]) -> str | None:
    """Return the pseudonym of who last saved it, where that is known to be somebody else than its annotator."""
    saved, made = number_of(annotation.get("updated_by")), annotation.get("completed_by")
    made = number_of(made.get("id") if isinstance(made, dict) else made)
    if saved is None or made is None or saved == made:
        return None
    return annotators.get(saved, f"user-{saved}")


def label_studio_of(
    task: Mapping[str, Any], annotation: Mapping[str, Any], annotators: Mapping[int, str]
) -> LabelStudio | None:
    """Return the ids on the server, and who saved it last; None where an id is missing."""
    project, number, own = (number_of(each) for each in (task.get("project"), task.get("id"), annotation.get("id")))
    if project is None or number is None or own is None:
        return None
    return LabelStudio(project=project, task=number, annotation=own, edited_by=editor_of(annotation, annotators))
