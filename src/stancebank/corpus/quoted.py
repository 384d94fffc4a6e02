"""Statements by their words: the form that people write, edit and get from models, and how spans become words.

A quoted statement has the frame and the fields of a statement, with selectors (`corpus.selectors`) in the place of
spans: a field of the kind span holds a selector, a mention holds an entity and perhaps a selector. Four tasks share it:
`stancebank annotate import` and its inverse, predictions, and the answers of conversations. The schemas of the form,
quoted.schema.json and prediction.schema.json, are made from that of annotation documents (`schema.quoted`).
`corpus.anchoring` reads the form, and finds the spans of its words.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from stancebank.corpus.selectors import Selector, TextIndex
from stancebank.model import (
    Condition,
    DateValue,
    Document,
    FieldValue,
    Mention,
    Span,
    Statement,
    Target,
)
from stancebank.schema.fields import Field, Level, Scheme
from stancebank.text import line_number

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class QuotedMention:
    """An entity and the words that mention it. In a prediction one of them is enough, and entity may be a name."""

    entity: str | None = None
    mention: Selector | None = None


QuotedValue = str | int | DateValue | Selector | tuple[str, ...] | tuple[Selector, ...] | tuple[QuotedMention, ...]
"""The value of a field, as `FieldValue` with selectors in the place of spans; bool is an int."""

QuotedFields = Mapping[str, QuotedValue]


@dataclass(frozen=True, slots=True)
class QuotedTarget:
    """A target and the words that name it."""

    id: str
    mention: Selector | None = None
    fields: QuotedFields = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class QuotedCondition:
    """A condition by its words. id: short, such as c1; None in a prediction."""

    spans: tuple[Selector, ...]
    role: str
    id: str | None = None
    fields: QuotedFields = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class QuotedStatement:
    """A statement by its words.

    id: short, such as s3; None in a prediction. line: where words without a line of their own are looked for.
    confidence: of a suggestion, how probable it is, from 0 to 1; None for one that does not say it. because: the rules
    or weights that made it.
    """

    content: tuple[Selector, ...]
    speaker: QuotedMention
    target: QuotedTarget
    id: str | None = None
    line: int | None = None
    same_as: str | None = None
    conditions: tuple[QuotedCondition, ...] = ()
    fields: QuotedFields = field(default_factory=dict)
    confidence: float | None = None
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QuotedPassage:
    """Words that look like a statement and are none, and why."""

    words: Selector
    reason: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class QuotedDocument:
    """A whole reading of one article by its words."""

    article_id: str
    annotator: str
    origin: str
    guideline_version: str
    nothing_to_annotate: bool
    statements: tuple[QuotedStatement, ...]
    non_statements: tuple[QuotedPassage, ...] = ()


# Writing JSON


def to_json(quoted: QuotedDocument, scheme: Scheme) -> Json:
    """Return what JSON holds of a quoted document; `read_quoted` makes the same one of it."""
    value: Json = {
        "article_id": quoted.article_id,
        "annotator": quoted.annotator,
        "origin": quoted.origin,
        "guideline_version": quoted.guideline_version,
    }
    if quoted.nothing_to_annotate:
        value["nothing_to_annotate"] = True
    value["statements"] = [statement_json(each, scheme) for each in quoted.statements]
    if quoted.non_statements:
        value[scheme.non_statements_key] = [
            {**each.words.to_object(), "reason": each.reason, **({"note": each.note} if each.note else {})}
            for each in quoted.non_statements
        ]
    return value


def statement_json(statement: QuotedStatement, scheme: Scheme, *, says_conditions: bool = False) -> Json:
    """Return what JSON holds of a quoted statement. What is empty is left out, the order is `Scheme.written_order`.

    says_conditions: give the list of conditions even where it is empty.
    """
    before, after = scheme.written_order
    target = statement.target
    value: Json = {"id": statement.id, "line": statement.line, "same_as": statement.same_as}
    value |= {"content": _listed(statement.content), "speaker": _mention_json(statement.speaker)}
    value |= _fields_json(before, statement.fields)
    about = {
        "id": target.id,
        **_fields_json(scheme.of("target"), target.fields),
        "mention": _selector_json(target.mention),
    }
    value["target"] = _without_empty(about)
    value["conditions"] = [
        _without_empty(
            {
                "id": each.id,
                "spans": _listed(each.spans),
                "role": each.role,
                **_fields_json(scheme.of("condition"), each.fields),
            }
        )
        for each in statement.conditions
    ]
    value |= _fields_json(after, statement.fields)
    value |= {"confidence": statement.confidence, "because": list(statement.because)}
    return {
        key: each for key, each in value.items() if each not in (None, []) or (key == "conditions" and says_conditions)
    }


def _fields_json(fields: Iterable[Field], values: QuotedFields) -> Json:
    return {field.name: _value_json(values[field.name]) for field in fields if field.name in values}


def _value_json(value: QuotedValue) -> Any:
    if isinstance(value, DateValue):
        return {"date": value.date, "basis": value.basis}
    if isinstance(value, Selector):
        return value.to_json()
    if isinstance(value, tuple):
        return [_item_json(each) for each in value]
    return value


def _item_json(value: str | Selector | QuotedMention) -> Any:
    if isinstance(value, QuotedMention):
        return _mention_json(value)
    return value.to_json() if isinstance(value, Selector) else value


def _mention_json(mention: QuotedMention) -> Json:
    return _without_empty({"entity": mention.entity, "mention": _selector_json(mention.mention)})


def _selector_json(selector: Selector | None) -> str | Json | None:
    return selector.to_json() if selector else None


def _listed(selectors: Iterable[Selector]) -> list[str | Json]:
    return [each.to_json() for each in selectors]


def _without_empty(value: Json) -> Json:
    return {key: each for key, each in value.items() if each is not None and each != []}


# From spans to words


def quote_document(document: Document, text: str, scheme: Scheme) -> QuotedDocument:
    """Return a document by its words: what `place` makes the same spans of. text: the stored text of the article."""
    index = TextIndex.of_lines(text)
    prefix = f"{document.article_id}/"

    def quote(statement: Statement) -> QuotedStatement:
        line = line_number(text, statement.content[0].begin)
        found = quote_statement(statement, scheme, lambda span: index.quote(span.begin, span.end, line))
        return replace(
            found,
            id=statement.id.removeprefix(prefix),
            line=line,
            same_as=statement.same_as.removeprefix(prefix) if statement.same_as else None,
            conditions=tuple(
                replace(quoted, id=condition.id.rpartition("/")[2])
                for quoted, condition in zip(found.conditions, statement.conditions, strict=True)
            ),
        )

    def quote_passage(span: Span) -> Selector:
        found = index.quote(span.begin, span.end)
        return found if found.words is None else replace(found, line=line_number(text, span.begin))

    return QuotedDocument(
        article_id=document.article_id,
        annotator=document.annotator,
        origin=document.origin,
        guideline_version=document.guideline_version,
        nothing_to_annotate=document.nothing_to_annotate,
        statements=tuple(map(quote, document.statements)),
        non_statements=tuple(
            QuotedPassage(quote_passage(each.span), each.reason, each.note) for each in document.non_statements
        ),
    )


def quote_statement(
    statement: Statement,
    scheme: Scheme,
    quote: Callable[[Span], Selector],
    name: Callable[[str], str] = str,
    *,
    compared: bool = False,
) -> QuotedStatement:
    """Return a statement by its words, without ids.

    name: gives what the form says of an entity for its id. compared: take only fields in which readings are compared,
    and those of vocabularies with their defaults.
    """

    def optional(span: Span | None) -> Selector | None:
        return quote(span) if span else None

    def mention(each: Mention) -> QuotedMention:
        return QuotedMention(name(each.entity), optional(each.span))

    def fields(level: Level, holder: Statement | Target | Condition) -> QuotedFields:
        held = holder.fields
        if not compared:
            return {
                field.name: value(field, held[field.name])
                for field in scheme.of(level)
                if held.get(field.name) is not None
            }
        found: dict[str, QuotedValue] = {}
        for each in scheme.of(level):
            said = held.get(each.name, each.default if each.kind == "vocabulary" else None)
            if each.compared and said is not None:
                found[each.name] = value(each, said)
        return found

    def value(field: Field, said: FieldValue) -> QuotedValue:
        match field.kind:
            case "span":
                return quote(cast("Span", said))
            case "spans":
                return tuple(map(quote, cast("tuple[Span, ...]", said)))
            case "mentions":
                return tuple(map(mention, cast("tuple[Mention, ...]", said)))
            case "entities":
                return tuple(map(name, cast("tuple[str, ...]", said)))
            case "entity":
                return name(cast("str", said))
        return cast("QuotedValue", said)

    target = statement.target
    return QuotedStatement(
        content=tuple(map(quote, statement.content)),
        speaker=mention(statement.speaker),
        target=QuotedTarget(target.id, optional(target.span), fields("target", target)),
        conditions=tuple(
            QuotedCondition(tuple(map(quote, each.spans)), each.role, fields=fields("condition", each))
            for each in statement.conditions
        ),
        fields=fields("statement", statement),
    )


def statement_selectors(statement: QuotedStatement) -> Iterator[tuple[str, Selector]]:
    """Yield every selector of a quoted statement with its JSON pointer below the statement."""
    yield from _selectors("/content", statement.content)
    yield from _selectors("/speaker", statement.speaker)
    for name, value in statement.fields.items():
        yield from _selectors(f"/{name}", value)
    if statement.target.mention:
        yield "/target/mention", statement.target.mention
    for name, value in statement.target.fields.items():
        yield from _selectors(f"/target/{name}", value)
    for n, condition in enumerate(statement.conditions):
        yield from _selectors(f"/conditions/{n}/spans", condition.spans)
        for name, value in condition.fields.items():
            yield from _selectors(f"/conditions/{n}/{name}", value)


def _selectors(pointer: str, value: QuotedValue | QuotedMention) -> Iterator[tuple[str, Selector]]:
    if isinstance(value, Selector):
        yield pointer, value
    elif isinstance(value, QuotedMention):
        if value.mention:
            yield f"{pointer}/mention", value.mention
    elif isinstance(value, tuple):
        for n, each in enumerate(value):
            if isinstance(each, Selector | QuotedMention):
                yield from _selectors(f"{pointer}/{n}", each)
