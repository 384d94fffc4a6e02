"""From an article and readings of it to a task of Label Studio: regions, answers about them, and arrows between them.

Pure. How a field of the scheme is written follows from its kind; `decode` reads the same form back. What there is to
choose from comes with the task, as `lists` makes it.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from stancebank.annotate.controls import (
    CONDITION,
    CONTENT,
    ENTITY,
    MAX_GROUP,
    MORE,
    NEW_NAMES,
    NOTHING,
    OBJECT,
    ROLE,
    SLASH,
    SPANS,
    SPEAKER,
    TARGET,
    TARGET_ID,
    ZONES,
    Part,
    Question,
    non_statement_label,
    reason_question,
)
from stancebank.annotate.interface_settings import Interface
from stancebank.annotate.lists import Lists
from stancebank.errors import InputError
from stancebank.model import (
    Article,
    Condition,
    Document,
    Mention,
    NonStatement,
    Span,
    Statement,
)
from stancebank.schema.fields import Field, Holder, Level, Scheme
from stancebank.text import sha256

Json = dict[str, Any]
Answers = dict[str, Iterable[str]]
"""What is answered, by the names of the questions."""


def to_task(
    article: Article,
    text: str,
    documents: Iterable[Document],
    lists: Lists,
    interface: Interface,
    *,
    guideline_version: str,
) -> Json:
    """Make a task of an article: its whole text, and one pre-annotation for each document.

    text: the stored words of the article. Zones that are not annotated become grey, locked regions; where there is no
    document, one pre-annotation carries these alone. In the core profile a document loses what the profile does not
    ask for.

    Raises InputError where the text is not the article's, or a document is not about it or holds what the interface
    cannot show, such as a chain with an entity that the text does not mention between two that it does.
    """
    _require_text(article, text)
    source = ", ".join(each.value for each in (article.outlet, article.published) if each)
    title = article.title.value if article.title else article.id
    scheme = interface.controls.scheme
    documents = list(documents)
    predictions = [
        {"model_version": document.annotator, "result": to_result(article, text, document, interface)}
        for document in documents
    ]
    chosen = {name for document in documents for name in _entries(document, scheme)}
    return {
        "data": {
            "article_id": article.id,
            "title": " · ".join(filter(None, (title, source))),  # shown above the text, since `said_on` needs the date
            "source": source,
            "text": text,
            "text_sha256": article.text_sha256,
            "schema_version": scheme.version,
            "guideline_version": guideline_version,
            "profile": interface.profile,
            **lists.of(text, chosen),
        },
        "predictions": predictions or [{"model_version": "zones", "result": _zone_regions(article, text, scheme)}],
    }


def to_result(article: Article, text: str, document: Document, interface: Interface) -> list[Json]:
    """Return a document of an article as the result of an annotation: locked zones, regions, arrows.

    Raises InputError as `to_task` does.
    """
    _require_text(article, text)
    if document.text_sha256 != article.text_sha256:
        raise InputError(f"{article.id}: the document of {document.annotator} is about another text.")
    zones = _zone_regions(article, text, interface.controls.scheme)
    return [*zones, *write_document(document, text, interface)]


def names_item(names: Iterable[str]) -> Json:
    """Return the answer that names entities which the registry lacks, a line each: `new-1` stands for the first."""
    value = {"text": ["\n".join(names)]}
    item = {"id": "names", "from_name": NEW_NAMES["entities"], "to_name": OBJECT, "type": "textarea"}
    return {**item, "origin": "prediction", "value": value}


def _require_text(article: Article, text: str) -> None:
    if sha256(text) != article.text_sha256:
        raise InputError(f"{article.id}: these are not the words that the record describes.")


def _entries(document: Document, scheme: Scheme) -> Iterator[str]:
    """Yield the entities and targets that a document names."""
    for statement in document.statements:
        yield from (name for _, name in (*scheme.entities(statement), *scheme.targets(statement)))


def _zone_regions(article: Article, text: str, scheme: Scheme) -> list[Json]:
    """Return the zones that are not annotated, as regions."""
    annotated = scheme.vocabularies.annotated_zones()
    return [
        zone_region(article, text, number) for number, zone in enumerate(article.zones) if zone.zone not in annotated
    ]


def zone_region(article: Article, text: str, number: int) -> Json:
    """Return a zone as a region that is shown and cannot be changed."""
    zone = article.zones[number]
    value = {"start": zone.begin, "end": zone.end, "text": text[zone.begin : zone.end], "labels": [zone.zone]}
    return {
        "id": f"zone-{number}",
        "from_name": ZONES,
        "to_name": OBJECT,
        "type": "labels",
        "origin": "prediction",
        "readonly": True,
        "value": value,
    }


def write_document(document: Document, text: str, interface: Interface) -> list[Json]:
    """Return all of a document that annotators mark, as a result: regions before the arrows between them.

    Raises InputError where the interface cannot show it.
    """
    writer = _Writer(text, interface)
    writer.write(document)
    return sorted(writer.result, key=lambda item: item["type"] == "relation")


class _Writer:
    """Writes a document, item by item."""

    def __init__(self, text: str, interface: Interface) -> None:
        self.result: list[Json] = []
        self._text = text
        self._controls = interface.controls
        self._scheme = interface.controls.scheme
        self._labels = {label.name for label in interface.labels}
        places = {shown.question.name: place for place, shown in enumerate(interface.questions)}
        self._places = {name: (_rank(self._controls.by_name[name]), place) for name, place in places.items()}
        self._label_of: dict[str, str] = {}
        self._shared: dict[object, str] = {}

    def write(self, document: Document) -> None:
        conditions = _condition_regions(document)
        for statement in document.statements:
            self._content(statement)
        for statement in document.statements:
            self._around(statement)
            for condition in statement.conditions:
                self._condition(statement, condition, conditions[condition.id])
            if statement.same_as:
                self._tie(statement.id, statement.same_as)
        for number, passed in enumerate(document.non_statements):
            self._non_statement(number, passed)
        if document.nothing_to_annotate:
            self._answers("nothing", {}, {NOTHING: [NOTHING]})

    def _content(self, statement: Statement) -> None:
        answers: Answers = {
            TARGET_ID: [statement.target.id],
            ENTITY: [] if statement.speaker.span else [statement.speaker.entity],
        }
        answers |= self._fields("statement", statement, statement.id)
        answers |= self._fields("target", statement.target, statement.id)
        self._region(statement.id, CONTENT, statement.content[0], answers)

    def _fields(self, level: Level, holder: Holder, name: str) -> Answers:
        """Return the answers to the questions for fields. name: of the holder, for errors."""
        found: Answers = {}
        for field in self._scheme.of(level):
            for part, values in _values(field, holder, name):
                question = self._controls.question_of(field, part)
                if question is not None:
                    found[question.name] = [question.name] if question.tick and values else values
        return found

    def _around(self, statement: Statement) -> None:
        high, speaker = statement.id, statement.speaker
        for number, span in enumerate(statement.content[1:], 1):
            self._region(f"{high}/content-{number}", MORE, span, high=high)
        if speaker.span:
            self._share(high, SPEAKER, speaker.span, {ENTITY: [speaker.entity]})
        self._words("statement", statement, high, "span")
        if statement.target.span:
            self._share(high, TARGET, statement.target.span)
        self._words("target", statement.target, high, "span")
        for kind in ("spans", "mentions"):
            self._words("statement", statement, high, kind)
            self._words("target", statement.target, high, kind)

    def _words(self, level: Level, holder: Holder, high: str, kind: str) -> None:
        """Write the regions of the fields of a kind."""
        for field in self._scheme.of(level):
            label = self._controls.label_of(field)
            if field.kind != kind or label is None:
                continue
            for number, span in enumerate(field.spans(holder)):
                self._share(high, label, span, name=label if kind == "span" else f"{label}-{number}")
            above = high
            for number, mention in reversed(list(enumerate(field.mentions(holder)))):
                if mention.span:
                    name = f"{high}/{label}-{number}"
                    self._region(name, label, mention.span, {ENTITY: [mention.entity]}, above)
                    above = name

    def _condition(self, statement: Statement, condition: Condition, name: str) -> None:
        if name in self._label_of:  # shared with another statement
            self._tie(name, statement.id)
            return
        waivers = {role: label for label, role in self._controls.waivers.items()}
        label = waivers.get(condition.role, CONDITION)
        answers: Answers = {}
        if label == CONDITION:
            answers = {ROLE: [condition.role], **self._fields("condition", condition, condition.id)}
        self._region(name, label, condition.spans[0], answers, statement.id)
        for number, span in enumerate(condition.spans[1:], 1):
            self._region(f"{name}/more-{number}", MORE, span, high=name)
        for kind in ("span", "spans", "mentions") if label == CONDITION else ():
            self._words("condition", condition, name, kind)

    def _non_statement(self, number: int, passed: NonStatement) -> None:
        label, why = non_statement_label(self._controls.scheme), reason_question(self._controls.scheme)
        answers: Answers = {why: [passed.reason]}
        for question in self._controls.questions:
            if label in question.labels and question.name != why:
                answers[question.name] = [passed.note] if passed.note else []
        self._region(f"passed-{number}", label, passed.span, answers)

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
            raise InputError(f"{name}: an id with {SLASH} cannot be shown, since it represents a slash there.")
        self._label_of[name] = label
        value = {"start": span.begin, "end": span.end}
        words = self._text[span.begin : span.end]
        self._item(name, SPANS, "labels", {**value, "text": words, "labels": [label]})
        self._answers(name, {**value, "text": words}, answers or {})
        if high is not None:
            self._tie(name, high)

    def _answers(self, name: str, value: Json, answers: Answers) -> None:
        for key in sorted(answers.keys() & self._places.keys(), key=self._places.__getitem__):
            found: list[Any] = [each for each in answers[key] if each]  # "" stands for a question that is open
            question = self._controls.by_name[key]
            if not found:
                continue
            if question.shape == "taxonomy":
                found = [[each] for each in found]
            field = "text" if question.shape == "textarea" else question.shape
            self._item(name, key, question.shape, {**value, field: found})

    def _item(self, name: str, control: str, shape: str, value: Json) -> None:
        item = {"id": _region_id(name), "from_name": control, "to_name": OBJECT, "type": shape, "origin": "prediction"}
        self.result.append({**item, "value": value})

    def _tie(self, low: str, high: str) -> None:
        ends = (self._label_of.get(low), self._label_of.get(high))
        if ends in self._controls.ties:  # else the profile lacks one of them
            names = {"from_id": _region_id(low), "to_id": _region_id(high)}
            self.result.append({"type": "relation", **names, "direction": "right"})


def _region_id(name: str) -> str:
    return name.replace("/", SLASH)


def _rank(question: Question) -> int:
    """Return what comes first among the answers about a region: what each of them has, whatever the interface's order.

    The order means nothing, but a server compares what it is sent item by item.
    """
    if question.required:
        return 0
    return 1 if question.name == ENTITY or (question.field is not None and question.field.kind == "group") else 2


def _values(field: Field, holder: Holder, name: str) -> Iterator[tuple[Part, Iterable[str]]]:
    """Yield the answers to the questions for a field: nothing where it says nothing. name: of the holder."""
    if field.kind in ("vocabulary", "entity", "target", "text"):
        value = field.text(holder)
        yield "", [value] if value else []
    elif field.kind in ("entities", "targets"):
        yield "", field.ids(holder)
    elif field.kind == "flag":
        yield "", ["yes"] if field.flag(holder) else []
    elif field.kind == "date":
        date = field.date(holder)
        yield "", [date.date] if date else []
        yield "basis", [date.basis] if date else []
    elif field.kind == "group":
        group = field.group(holder)
        if group is not None and group > MAX_GROUP:
            raise InputError(f"{name}: the interface has groups 1 to {MAX_GROUP}, not {group}.")
        yield "", [str(group)] if group else []
    elif field.kind == "mentions":
        outer, inner = _unmentioned(field, field.mentions(holder), name)
        yield "outer", [outer.entity] if outer else []
        yield "inner", [inner.entity] if inner else []


def _unmentioned(field: Field, chain: tuple[Mention, ...], name: str) -> tuple[Mention | None, Mention | None]:
    """Return the entities without mention on the outside and on the inside of those that have one."""
    bare = [number for number, mention in enumerate(chain) if mention.span is None]
    last = len(chain) - 1
    if not bare:
        return None, None
    if bare == [0, last] and last > 0:
        return chain[0], chain[last]
    if bare == [0]:
        return chain[0], None
    if bare == [last]:
        return None, chain[last]
    raise InputError(f"{name}: the interface shows a {field.title} without mention only as the outermost or innermost.")


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
    return condition.spans, condition.role, condition.fields
