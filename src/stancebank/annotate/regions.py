"""What an annotation holds: regions, the answers about them, and relations, read from Label Studio's raw JSON.

Every item of a result has a number, its place in the list. Each item ends in a document or among the rejected, so
that nothing is lost without a word.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from stancebank.annotate.controls import BY_NAME, LABELS, SPANS, ZONES

_KNOWN = {label.name for label in LABELS}


@dataclass(frozen=True, slots=True)
class Answer:
    """The answers to one question, in the order in which they were given. item: its number."""

    item: int
    question: str
    values: tuple[str, ...]


@dataclass(slots=True)
class Region:
    """Words with a label. begin, end: in the unit of the export. origin: who made it, as Label Studio says it."""

    item: int
    id: str
    label: str
    begin: int
    end: int
    words: str | None
    origin: str
    answers: dict[str, Answer] = field(default_factory=dict)

    def items(self) -> Iterator[int]:
        """Yield the numbers of the region and of all answers about it."""
        yield self.item
        yield from (answer.item for answer in self.answers.values())


@dataclass(frozen=True, slots=True)
class Relation:
    """An arrow between two regions. label: what it was called, if anything."""

    item: int
    start: str
    end: str
    label: str | None


@dataclass(frozen=True, slots=True)
class Fault:
    """An item that cannot be used, and why. region: the id it names, or ""; item: None where something is missing."""

    item: int | None
    region: str
    reason: str
    hint: str


@dataclass(slots=True)
class Marks:
    """An annotation, item by item."""

    regions: dict[str, Region] = field(default_factory=dict)
    relations: list[Relation] = field(default_factory=list)
    general: dict[str, Answer] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def read_marks(result: list[Any]) -> Marks:
    """Read the result of an annotation. What has no known form becomes a fault."""
    marks = Marks()
    late: list[tuple[int, dict[str, Any]]] = []
    for item, raw in enumerate(result):
        if not isinstance(raw, dict):
            marks.faults.append(_odd(item, "", "it is no object"))
        elif raw.get("type") == "relation":
            _read_relation(marks, item, raw)
        elif raw.get("from_name") in (SPANS, ZONES):
            _read_region(marks, item, raw)
        else:
            late.append((item, raw))
    for item, raw in late:  # an answer may stand before its region
        _read_answer(marks, item, raw)
    return marks


def _odd(item: int, region: str, why: str) -> Fault:
    return Fault(item, region, f"{why}.", "compare the project's labelling interface with annotate/labeling.xml")


def _read_relation(marks: Marks, item: int, raw: dict[str, Any]) -> None:
    start, end, named = raw.get("from_id"), raw.get("to_id"), raw.get("labels")
    if not isinstance(start, str) or not isinstance(end, str):
        marks.faults.append(_odd(item, "", "a relation without two ends"))
        return
    if raw.get("direction") == "left":
        start, end = end, start
    label = named[0] if isinstance(named, list) and named and isinstance(named[0], str) else None
    marks.relations.append(Relation(item, start, end, label))


def _read_region(marks: Marks, item: int, raw: dict[str, Any]) -> None:
    name, value = raw.get("id"), raw.get("value")
    if not isinstance(name, str) or not name or not isinstance(value, dict):
        marks.faults.append(_odd(item, "", "a region without id or value"))
        return
    found, begin, end, words = (value.get(key) for key in ("labels", "start", "end", "text"))
    known = {ZONES} if raw["from_name"] == ZONES else _KNOWN
    label = found[0] if isinstance(found, list) and len(found) == 1 else None
    if raw["from_name"] == ZONES and isinstance(label, str):
        label = ZONES
    if label not in known:
        marks.faults.append(_odd(item, name, f"its label is {found!r}"))
    elif not _is_offset(begin) or not _is_offset(end) or not isinstance(words, str | None):
        marks.faults.append(_odd(item, name, "it has no offsets"))
    elif name in marks.regions:
        marks.faults.append(_odd(item, name, "another region has the same id"))
    else:
        marks.regions[name] = Region(item, name, str(label), begin, end, words, str(raw.get("origin", "manual")))


def _is_offset(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _read_answer(marks: Marks, item: int, raw: dict[str, Any]) -> None:
    name, region = raw.get("from_name"), str(raw.get("id", ""))
    question = BY_NAME.get(name) if isinstance(name, str) else None
    value = raw.get("value")
    values = _values(question.shape, value) if question and isinstance(value, dict) else None
    if question is None or values is None:
        marks.faults.append(_odd(item, region, f"no question {name!r} has such an answer"))
        return
    answer = Answer(item, question.name, values)
    if not question.labels:
        place = marks.general
    elif region in marks.regions and marks.regions[region].label in question.labels:
        place = marks.regions[region].answers
    else:
        marks.faults.append(_odd(item, region, f"{question.name} is not asked about this region"))
        return
    if question.name in place:
        marks.faults.append(_odd(item, region, f"{question.name} is answered twice"))
    else:
        place[question.name] = answer


def _values(shape: str, value: dict[str, Any]) -> tuple[str, ...] | None:
    """Return the answers in a value: of a path its last part, of a text its lines."""
    found = value.get("text" if shape == "textarea" else shape)
    if isinstance(found, str):
        found = [found]
    if not isinstance(found, list):
        return None
    if shape == "taxonomy":
        found = [path[-1] if isinstance(path, list) and path else None for path in found]
    if not all(isinstance(each, str) for each in found):
        return None
    return tuple(found)
