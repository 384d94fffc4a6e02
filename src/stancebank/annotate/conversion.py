"""From a task of Label Studio to documents. Pure: what is read is what was handed over, what is found is returned.

Every item of every annotation is in a document or among the rejected. What the annotator left out and the guidelines
let one infer is inferred and said; an answer in the interface overrules it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stancebank.annotate.documents import Found, read_document
from stancebank.annotate.ledger import Ledger
from stancebank.annotate.names import Names, Proposal
from stancebank.annotate.provenance import annotator_of, label_studio_of, number_of, time_of
from stancebank.annotate.regions import Fault, read_marks
from stancebank.model import SCHEMA_VERSION, Document
from stancebank.text import normalise, sha256


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
class Reading:
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
    readings: tuple[Reading, ...]
    cancelled: tuple[int | None, ...] = ()

    @property
    def documents(self) -> tuple[Document, ...]:
        """The documents that could be made, one an annotation."""
        return tuple(reading.document for reading in self.readings if reading.document is not None)

    @property
    def rejected(self) -> tuple[Rejected, ...]:
        """Everything that is in no document."""
        return tuple(each for reading in self.readings for each in reading.rejected)


def from_task(task: Mapping[str, Any], annotators: Mapping[int, str] | None = None) -> Conversion:
    """Make documents of a task's annotations, as `GET /api/tasks/ID` or a JSON export gives them.

    annotators: pseudonyms by the server's user id; ``user-<id>`` where there is none. An e-mail address is never kept.
    """
    data = task.get("data")
    data = data if isinstance(data, dict) else {}
    readings, cancelled = [], []
    for annotation in _annotations(task):
        if annotation.get("was_cancelled"):
            cancelled.append(number_of(annotation.get("id")))
        else:
            readings.append(_read(task, data, annotation, annotators or {}))
    return Conversion(number_of(task.get("id")), tuple(readings), tuple(cancelled))


def _annotations(task: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    found = task.get("annotations")
    yield from (each for each in found if isinstance(each, dict)) if isinstance(found, list) else ()


def _read(
    task: Mapping[str, Any], data: dict[str, Any], annotation: dict[str, Any], annotators: Mapping[int, str]
) -> Reading:
    raw = annotation.get("result")
    result: list[Any] = raw if isinstance(raw, list) else []
    books = Ledger()
    document: Document | None = None
    repaired: list[tuple[str, str]] = []
    proposals: tuple[Proposal, ...] = ()
    missing = _missing(data, annotation)
    if missing is None:
        marks = read_marks(result)
        names = Names(data, marks.general)
        text = normalise(str(data["text"]))
        found = read_document(marks, text, names, books)
        repaired, proposals = found.repaired, tuple(names.proposals.values())
        document = _document(task, data, annotation, found, annotators) if found.says_something else None
    else:
        books.fault(None, "", missing, "push the task anew with `stancebank`, or export it whole as JSON")
    faulty = {fault.item for fault in books.faults}
    for item, entry in enumerate(result):  # what nothing took, such as what belongs to a statement that failed
        if item not in books.placed and item not in faulty:
            name = str(entry.get("id") or entry.get("from_id") or "") if isinstance(entry, dict) else ""
            books.fault(item, name, "it belongs to what was rejected.", "fix that first")
            faulty.add(item)
    ids = (number_of(task.get("id")), number_of(annotation.get("id")))
    return Reading(
        annotation=ids[1],
        document=document,
        placed={item: tuple(where) for item, where in sorted(books.placed.items()) if item not in faulty},
        rejected=tuple(Rejected(*ids, each.item, each.region, each.reason, each.hint) for each in _once(books.faults)),
        inferred=tuple(books.inferred),
        repaired=tuple(repaired),
        proposals=tuple(proposals),
    )


def _once(faults: list[Fault]) -> Iterator[Fault]:
    """Yield the first fault of each item, and those that are about none."""
    seen: set[int] = set()
    for fault in faults:
        if fault.item is None or fault.item not in seen:
            yield fault
        if fault.item is not None:
            seen.add(fault.item)


def _missing(data: dict[str, Any], annotation: dict[str, Any]) -> str | None:
    lacking = [key for key in ("text", "text_sha256", "article_id", "guideline_version") if not data.get(key)]
    if lacking:
        return f"the task's data has no {', '.join(lacking)}."
    if sha256(normalise(str(data["text"]))) != data["text_sha256"]:
        return "the words of the task are not those that its text_sha256 names: somebody has changed them."
    if data.get("schema_version") != SCHEMA_VERSION:
        return f"the task was made for schema {data.get('schema_version')}, not {SCHEMA_VERSION}."
    return None if time_of(annotation, "created_at") else "the annotation does not say when it was made."


def _document(
    task: Mapping[str, Any],
    data: dict[str, Any],
    annotation: dict[str, Any],
    found: Found,
    annotators: Mapping[int, str],
) -> Document:
    made = time_of(annotation, "created_at")
    return Document(
        schema_version=SCHEMA_VERSION,
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
