"""A document in the terms of the labelling interface: regions, answers about them, and arrows between them."""

from collections.abc import Iterable
from typing import Any

from stancebank.annotate.controls import BY_NAME, MAX_GROUP, OBJECT, SLASH, SPANS, TIES, Profile, labels, questions
from stancebank.errors import InputError
from stancebank.model import Condition, Document, Mention, PassedOver, Span, Statement

Answers = dict[str, Iterable[str]]


class Writer:
    """Writes documents. result: the items of Label Studio's JSON, regions before the arrows between them."""

    def __init__(self, text: str, profile: Profile) -> None:
        self.result: list[dict[str, Any]] = []
        self._text = text
        self._labels = {label.name for label in labels(profile)}
        self._questions = {question.name for question in questions(profile)}
        self._label_of: dict[str, str] = {}
        self._shared: dict[object, str] = {}

    def write(self, document: Document) -> None:
        """Write all of a document that annotators mark. Raises InputError where the interface cannot show it."""
        conditions = _condition_regions(document)
        for statement in document.statements:
            self._content(statement)
        for statement in document.statements:
            self._around(statement)
            for condition in statement.conditions:
                self._condition(statement, condition, conditions[condition.id])
            if statement.same_as:
                self._tie(statement.id, statement.same_as)
        for number, passed in enumerate(document.passed_over):
            self._passed_over(number, passed)
        if document.nothing_to_annotate:
            self._answers("nothing", {}, {"nothing_to_annotate": ["nothing_to_annotate"]})
        self.result.sort(key=lambda item: item["type"] == "relation")

    def _content(self, statement: Statement) -> None:
        target, said_on = statement.target, statement.said_on
        first, last = _unmentioned(statement)
        self._region(
            *(statement.id, "content", statement.content[0]),
            answers={
                "stance": [statement.stance],
                "target_id": [target.id],
                "entity": [] if statement.speaker.span else [statement.speaker.entity],
                "parties": target.parties,
                "agents": target.agents,
                "mediators": target.mediators,
                "scope": [target.scope] if target.scope else [],
                "force": [statement.force],
                "attribution": [statement.attribution],
                "via_outer": [first.entity] if first else [],
                "via_inner": [last.entity] if last else [],
                "said_on": [said_on.date] if said_on else [],
                "date_basis": [said_on.basis] if said_on else [],
                "doubt": ["doubt"] if statement.doubt else [],
                "note": [statement.note] if statement.note else [],
            },
        )

    def _around(self, statement: Statement) -> None:
        for number, span in enumerate(statement.content[1:], 1):
            self._region(f"{statement.id}/content-{number}", "more", span, high=statement.id)
        speaker = statement.speaker
        if speaker.span:
            self._share(statement.id, "speaker", speaker.span, {"entity": [speaker.entity]})
        if statement.cue:
            self._share(statement.id, "cue", statement.cue)
        if statement.target.span:
            self._share(statement.id, "target", statement.target.span)
        for number, span in enumerate(statement.reason):
            self._share(statement.id, "reason", span, name=f"reason-{number}")
        high = statement.id
        for number, via in reversed(list(enumerate(statement.via))):
            if via.span:
                name = f"{statement.id}/via-{number}"
                self._region(name, "via", via.span, {"entity": [via.entity]}, high)
                high = name

    def _condition(self, statement: Statement, condition: Condition, name: str) -> None:
        if name in self._label_of:  # shared with another statement
            self._tie(name, statement.id)
            return
        if condition.group is not None and condition.group > MAX_GROUP:
            raise InputError(f"{condition.id}: the interface has groups 1 to {MAX_GROUP}, not {condition.group}.")
        waived = condition.role == "waived"
        answers: Answers = {
            "role": [] if waived else [condition.role],
            "kind": [condition.kind] if condition.kind else [],
            "group": [str(condition.group)] if condition.group else [],
            "obligors": condition.obligors,
        }
        label = "waived" if waived else "condition"
        self._region(name, label, condition.spans[0], {} if waived else answers, statement.id)
        for number, span in enumerate(condition.spans[1:], 1):
            self._region(f"{name}/more-{number}", "more", span, high=name)

    def _passed_over(self, number: int, passed: PassedOver) -> None:
        answers: Answers = {"passed_over_reason": [passed.reason], "note": [passed.note] if passed.note else []}
        self._region(f"passed-{number}", "passed_over", passed.span, answers)

    def _share(
        self, high: str, label: str, span: Span, answers: Answers | None = None, *, name: str | None = None
    ) -> None:
        """Write a region once, however many statements it serves."""
        key = (label, span.begin, span.end, repr(answers))
        if key in self._shared:
            self._tie(self._shared[key], high)
        else:
            self._shared[key] = f"{high}/{name or label}"
            self._region(self._shared[key], label, span, answers, high)

    def _region(
        self, name: str, label: str, span: Span, answers: Answers | None = None, high: str | None = None
    ) -> None:
        if label not in self._labels:
            return
        if name in self._label_of:
            raise InputError(f"two regions would be called {name}: an id of the document has an unusual form.")
        if SLASH in name:
            raise InputError(f"{name}: an id with {SLASH} cannot be shown, since it stands for a slash there.")
        self._label_of[name] = label
        value = {"start": span.begin, "end": span.end}
        words = self._text[span.begin : span.end]
        self._item(name, SPANS, "labels", {**value, "text": words, "labels": [label]})
        self._answers(name, {**value, "text": words}, answers or {})
        if high is not None:
            self._tie(name, high)

    def _answers(self, name: str, value: dict[str, Any], answers: Answers) -> None:
        for key, given in answers.items():
            found: list[Any] = list(given)
            question = BY_NAME[key]
            if not found or key not in self._questions:
                continue
            if question.shape == "taxonomy":
                found = [[each] for each in found]
            field = "text" if question.shape == "textarea" else question.shape
            self._item(name, key, question.shape, {**value, field: found})

    def _item(self, name: str, control: str, shape: str, value: dict[str, Any]) -> None:
        item = {"id": _region_id(name), "from_name": control, "to_name": OBJECT, "type": shape, "origin": "prediction"}
        self.result.append({**item, "value": value})

    def _tie(self, low: str, high: str) -> None:
        if (self._label_of.get(low), self._label_of.get(high)) in TIES:  # else the profile lacks one of them
            ends = {"from_id": _region_id(low), "to_id": _region_id(high)}
            self.result.append({"type": "relation", **ends, "direction": "right"})


def _region_id(name: str) -> str:
    return name.replace("/", SLASH)


def _unmentioned(statement: Statement) -> tuple[Mention | None, Mention | None]:
    """Return the via without mention on the outside and on the inside of those that have one."""
    bare = [number for number, via in enumerate(statement.via) if via.span is None]
    last = len(statement.via) - 1
    if not bare:
        return None, None
    if bare == [0, last] and last > 0:
        return statement.via[0], statement.via[last]
    if bare == [0]:
        return statement.via[0], None
    if bare == [last]:
        return None, statement.via[last]
    raise InputError(f"{statement.id}: the interface shows a via without mention only as the outermost or innermost.")


def _condition_regions(document: Document) -> dict[str, str]:
    """Return the id of every condition's region: its own, or the last part of it where statements share it."""
    alike: dict[str, list[tuple[Statement, Condition]]] = {}
    for statement in document.statements:
        for condition in statement.conditions:
            if not condition.id.startswith(f"{statement.id}/"):
                raise InputError(f"{condition.id}: the id of a condition begins with that of its statement.")
            alike.setdefault(condition.id.removeprefix(f"{statement.id}/"), []).append((statement, condition))
    taken = {statement.id for statement in document.statements}
    regions: dict[str, str] = {}
    for local, found in alike.items():
        first = found[0][1]
        same = all(_body(condition) == _body(first) for _, condition in found)
        owners = {statement.id for statement, _ in found}
        shared = same and len(owners) == len(found) > 1 and local not in taken
        shared = shared and not any(local.startswith(f"{owner}/") for owner in owners)
        for _, condition in found:
            regions[condition.id] = local if shared else condition.id
    return regions


def _body(condition: Condition) -> tuple[object, ...]:
    return condition.spans, condition.role, condition.kind, condition.obligors, condition.group
