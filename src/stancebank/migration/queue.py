"""The re-label queue: fields that wait for an answer since a migration, as a form that people fill in."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stancebank.corpus.registry import RESERVED, current_ids, entries
from stancebank.corpus.selectors import Selector, TextIndex, read_selector
from stancebank.corpus.store import article_of
from stancebank.errors import InputError, WorkspaceError
from stancebank.model import Article, Document, Pending, Statement, to_builtins
from stancebank.records import encode_text, from_json, to_json
from stancebank.schema.fields import PENDING, Field, Scheme
from stancebank.schema.steps import is_value
from stancebank.schema.validate import validate
from stancebank.text import line_number
from stancebank.workspace import Workspace

Json = dict[str, Any]

OPEN = "?"
"""The answer of a question that nobody has answered."""

_KEYS = ("article", "reading", "statement", "level", "condition", "field")
GOLD = "gold"


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A field that waits. document: its name; reading: the annotator, or `gold`; field: None if there is none."""

    document: str
    article_id: str
    reading: str
    pending: Pending
    field: Field | None

    @property
    def key(self) -> tuple[str | None, ...]:
        """What tells it from all others."""
        each = self.pending
        return self.article_id, self.reading, each.statement, each.level, each.condition, each.field


def read_queue(workspace: Workspace, articles: Iterable[str] = ()) -> list[OpenQuestion]:
    """Return what waits, by document, in the order of the statements. articles: ids; none means all."""
    store, scheme, wanted = workspace.store, workspace.scheme, set(articles)
    found = []
    for name in store.document_names():
        if wanted and article_of(name) not in wanted:
            continue
        document = store.document(name)
        for each in document.pending:
            reading = GOLD if document.gold else document.annotator
            found.append(OpenQuestion(name, document.article_id, reading, each, scheme.find(each.level, each.field)))  # type: ignore[arg-type]
    return found


def make_form(workspace: Workspace, questions: Iterable[OpenQuestion]) -> list[Json]:
    """Return the questions as JSON, with the words of the statement where they are at hand; `OPEN` is the answer."""
    form = []
    for each in questions:
        document = workspace.store.document(each.document)
        article = workspace.store.article(each.article_id)
        text = _text(workspace, article)
        statement = next((one for one in document.statements if one.id == each.pending.statement), None)
        item: Json = dict(zip(_KEYS, each.key, strict=True))
        item["question"] = each.pending.question
        if statement is not None:
            item |= {"speaker": statement.speaker.entity, "target": statement.target.id}
            if text is not None:
                item["line"] = line_number(text, statement.content[0].begin)
                item["words"] = " […] ".join(text[span.begin : span.end] for span in statement.content)
        if each.field is not None:
            item["kind"] = each.field.kind
            if each.field.vocabulary:
                item["values"] = list(workspace.scheme.vocabularies.offered(each.field.vocabulary))
        form.append({key: value for key, value in item.items() if value is not None} | {"answer": OPEN})
    return form


def _text(workspace: Workspace, article: Article) -> str | None:
    try:
        return workspace.store.text(article)
    except WorkspaceError:
        return None


@dataclass(frozen=True, slots=True)
class Answered:
    """What a form changes. files: documents by name; answers: how many fields it answers; open: how many still wait."""

    files: Mapping[str, Document]
    answers: int
    open: int


def read_answers(workspace: Workspace, form: Path, now: datetime | None = None) -> Answered:
    """Read the answers of a form, and make the documents with them; nothing is written.

    An answer is a value as documents have it, with words in the place of spans, as in the quoted form; null says that
    nothing applies; `OPEN` leaves the question open. Answers that were taken before count as taken. Raises InputError
    with every fault.
    """
    value = from_json(form.read_bytes(), form.name, whole=True)
    items = value if isinstance(value, list) else [value]
    waiting = {each.key: each for each in read_queue(workspace)}
    documents: dict[str, Json] = {}
    faults: list[str] = []
    answers = 0
    for number, item in enumerate(items, 1):
        if not isinstance(item, dict) or "answer" not in item:
            faults.append(f'item {number} has no "answer".')
            continue
        if item["answer"] == OPEN:
            continue
        key = tuple(item.get(each) for each in _KEYS)
        question = waiting.get(key)
        where = f"item {number}, {item.get('statement')}, {item.get('field')}"
        if question is None:
            if not _is_taken(workspace, item):
                faults.append(f"{where}: nothing of this name waits for an answer.")
            continue
        held = documents.setdefault(question.document, workspace.store.value(question.document) or {})
        wrong = _answer(workspace, held, question, item["answer"])
        faults += [f"{where}: {wrong}"] if wrong else []
        answers += not wrong
    stamp = (now or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
    for name, held in documents.items():
        held["updated_at"] = max(stamp, held["updated_at"])
        faults += [f"{name}: {each.pointer}: {each.message}" for each in _wrong(workspace, held, name)]
    if faults:
        listing = "\n".join(f"- {each}" for each in faults)
        raise InputError(f"{form.name} cannot be taken:\n{listing}\nHint: correct the answers. Nothing was written.")
    scheme = workspace.scheme
    made = {name: scheme.read_document(held) for name, held in documents.items()}
    return Answered(made, answers, len(waiting) - answers)


def answers_of(workspace: Workspace, annotator: str, articles: Iterable[str] = ()) -> Answered:
    """Take the answers that an annotator's documents give, where their statements have the ids of those in question.

    That is so of what was shown by a push with --queue. articles: ids; none means all.
    """
    store = workspace.store
    documents: dict[str, Json] = {}
    answers, waiting = 0, read_queue(workspace, articles)
    for question in waiting:
        name = store.document_name(question.article_id, annotator)
        theirs = store.value(name) if question.field is not None and name != question.document else None
        if question.field is None or theirs is None:
            continue
        pending = question.pending
        held = documents.get(question.document) or store.value(question.document)
        assert held is not None
        given = _holder(theirs, pending.statement, pending.level, pending.condition)
        holder = _holder(held, pending.statement, pending.level, pending.condition)
        value = given.get(question.field.name) if given is not None else None
        if value is None or holder is None or theirs["text_sha256"] != held["text_sha256"]:
            continue
        holder[question.field.name] = value
        _settle(held, pending)
        documents[question.document] = held
        answers += 1
    scheme = workspace.scheme
    made = {name: scheme.read_document(held) for name, held in documents.items()}
    return Answered(made, answers, len(waiting) - answers)


def write_answers(workspace: Workspace, answered: Answered) -> None:
    """Write the documents. It can be interrupted and repeated."""
    for name, document in answered.files.items():
        workspace.store.write({name: encode_text(name, to_json(to_builtins(document)))}, whole=False)


def _wrong(workspace: Workspace, held: Json, name: str) -> Iterator[Any]:
    yield from validate(held, "annotation", workspace.schema_dir, name)


def _holder(document: Json, statement: str, level: str, condition: str | None) -> Json | None:
    for each in document["statements"]:
        if each["id"] != statement:
            continue
        if level == "statement":
            return each  # type: ignore[no-any-return]
        if level == "target":
            return each["target"]  # type: ignore[no-any-return]
        return next((one for one in each.get("conditions") or () if one["id"] == condition), None)
    return None


def _answer(workspace: Workspace, document: Json, question: OpenQuestion, answer: Any) -> str | None:
    """Put an answer into a document. Return what is wrong with it, else None."""
    pending, field = question.pending, question.field
    holder = _holder(document, pending.statement, pending.level, pending.condition)
    if field is None or holder is None:
        return "its statement or field is gone: remove the marker from the document."
    if answer is None and field.required:
        return f"{field.name} is required, so that null is no answer."
    if answer is not None:
        try:
            placed = _placed(workspace, workspace.store.document(question.document), question, answer)
        except InputError as error:
            return str(error).partition("\nHint")[0]
        if placed is None:
            values = f", one of {', '.join(workspace.scheme.values(field))}" if field.vocabulary else ""
            return f"{answer!r} is no {field.kind}{values}."
        if unknown := _unknown_ids(workspace, field, placed):
            return f"{unknown[0]!r} is not registered."
        holder[field.name] = placed
    _settle(document, pending)
    return None


def _settle(document: Json, pending: Pending) -> None:
    """Take a marker out of a document."""
    kept = [each for each in document[PENDING] if not _is_of(each, pending)]
    if kept:
        document[PENDING] = kept
    else:
        del document[PENDING]


def _unknown_ids(workspace: Workspace, field: Field, value: Any) -> list[str]:
    """Return ids in a value that no registry has, nor had."""
    store = workspace.store
    match field.kind:
        case "entity" | "target":
            ids = [value]
        case "entities" | "targets":
            ids = value
        case "mentions":
            ids = [each["entity"] for each in value]
        case _:
            return []
    registry = store.targets() if field.kind in ("target", "targets") else store.entities()
    known = {each.id for each in entries(registry)} | current_ids(registry).keys()
    return [each for each in ids if each not in known and not (each == RESERVED and field.level == "condition")]


def _is_of(marker: Json, pending: Pending) -> bool:
    return (marker["statement"], marker["level"], marker.get("condition"), marker["field"]) == (
        pending.statement,
        pending.level,
        pending.condition,
        pending.field,
    )


def _placed(workspace: Workspace, document: Document, question: OpenQuestion, answer: Any) -> Any:
    """Return an answer as a document holds it; None where it is of another form."""
    field, scheme = question.field, workspace.scheme
    assert field is not None
    if field.kind not in ("span", "spans", "mentions"):
        values = list(scheme.values(field)) if field.vocabulary else []
        return answer if is_value(field.kind, answer, values) else None
    text = _text(workspace, workspace.store.article(question.article_id))
    if text is None:
        raise InputError("the words of the article are not at hand: run `stancebank corpus hydrate DIR` first.")
    statement = next(each for each in document.statements if each.id == question.pending.statement)
    try:
        return _located(field, answer, TextIndex.of_lines(text), statement, scheme)
    except (TypeError, KeyError, AttributeError):
        return None


def _located(field: Field, answer: Any, index: TextIndex, statement: Statement, scheme: Scheme) -> Any:
    line = line_number(index.text, statement.content[0].begin)

    def span(value: Any) -> Json:
        selector: Selector = read_selector(value)
        return to_builtins(index.span(*index.find(selector, line), scheme.edition))  # type: ignore[no-any-return]

    if field.kind == "span":
        return span(answer)
    if field.kind == "spans":
        return [span(each) for each in answer]
    return [
        {"entity": each["entity"]} | ({"span": span(each["mention"])} if each.get("mention") else {}) for each in answer
    ]


def _is_taken(workspace: Workspace, item: Json) -> bool:
    """Whether a document already holds what an answer says."""
    store = workspace.store
    try:
        name = store.document_name(str(item["article"]), None if item["reading"] == GOLD else str(item["reading"]))
        document = store.value(name) or {}
        holder = _holder(document, str(item["statement"]), str(item["level"]), item.get("condition"))
    except (InputError, OSError, KeyError, TypeError):
        return False
    return holder is not None and _like(holder.get(str(item["field"])), item["answer"])


def _like(held: Any, answer: Any) -> bool:
    """Whether a value is the answer; words were found before, whatever they are."""
    if isinstance(answer, str | bool | int) or answer is None:
        return held == answer or (isinstance(held, dict) and "fingerprint" in held)
    return held is not None
