"""Statements by their words: the form that people write, edit and get from models, and its way to spans and back.

A quoted statement has the frame and the fields of a statement, with selectors (`corpus.selectors`) in the place of
spans: a field of the kind span holds a selector, a mention holds an entity and perhaps a selector. Four tasks share it:
`stancebank annotate import` and its inverse, predictions, and the answers of conversations. The schemas of the form,
quoted.schema.json and prediction.schema.json, are made from that of annotation documents (`schema.quoted`); what is
read here has passed one of them (`require_valid`).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from stancebank.corpus.selectors import Selector, TextIndex, read_selector
from stancebank.errors import InputError
from stancebank.model import (
    Article,
    Condition,
    DateValue,
    Document,
    FieldValue,
    Mention,
    PassedOver,
    Span,
    Statement,
    Target,
)
from stancebank.schema.fields import Field, Level, Scheme
from stancebank.schema.quoted import Profile, quoted_order
from stancebank.schema.validate import shown_path, validate_quoted
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
    """

    content: tuple[Selector, ...]
    speaker: QuotedMention
    target: QuotedTarget
    id: str | None = None
    line: int | None = None
    same_as: str | None = None
    conditions: tuple[QuotedCondition, ...] = ()
    fields: QuotedFields = field(default_factory=dict)


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
    passed_over: tuple[QuotedPassage, ...] = ()


@dataclass(frozen=True, slots=True)
class Variant:
    """Words that are written otherwise in the text than they were quoted: only typography or case differ.

    where: the place in the quoted document, such as ``statements[0].cue``. line: of the text, counted from 1.
    """

    where: str
    quoted: str
    found: str
    line: int


# Reading JSON


def require_valid(value: object, scheme: Scheme, profile: Profile, name: str, hint: str) -> None:
    """Raise InputError that lists everything that the schema finds wrong with a value, each fault with its place.

    name: what to call the value, such as its path. hint: what to do about it.
    """
    found = validate_quoted(value, scheme, profile, name)
    if not found:
        return
    if len(found) == 1:
        place = shown_path(found[0].pointer)
        raise InputError(f"{name}: {place + ': ' if place else ''}{found[0].message}\nHint: {hint}")
    lines = "\n".join(f"- {shown_path(each.pointer) or 'the whole'}: {each.message}" for each in found)
    raise InputError(f"{name} has {len(found)} faults:\n{lines}\nHint: {hint}")


def read_quoted(value: Json, scheme: Scheme, name: str) -> QuotedDocument:
    """Make a quoted document of what JSON holds. name: what to call it in an error, such as its path.

    Raises InputError that lists every fault with its place, such as ``statements[0].conditions[0].role``.
    """
    hint = f"see docs/authoring.md or schema/{scheme.version}/quoted.schema.json for the form. Nothing was written."
    require_valid(value, scheme, "document", name, hint)
    return QuotedDocument(
        article_id=value["article_id"],
        annotator=value["annotator"],
        origin=value["origin"],
        guideline_version=value["guideline_version"],
        nothing_to_annotate=value.get("nothing_to_annotate", False),
        statements=read_statements(value, scheme),
        passed_over=tuple(
            QuotedPassage(read_selector(each), each["reason"], each.get("note"))
            for each in value.get("passed_over", ())
        ),
    )


def read_statements(value: Json, scheme: Scheme) -> tuple[QuotedStatement, ...]:
    """Make the statements of a quoted document or of a prediction that passed its schema."""
    return tuple(
        QuotedStatement(
            id=each.get("id"),
            line=each.get("line"),
            same_as=each.get("same_as"),
            content=tuple(map(read_selector, each["content"])),
            speaker=_read_mention(each["speaker"]),
            target=QuotedTarget(
                id=each["target"]["id"],
                mention=_read_optional(each["target"].get("mention")),
                fields=_read_fields("target", each["target"], scheme),
            ),
            conditions=tuple(
                QuotedCondition(
                    id=item.get("id"),
                    spans=tuple(map(read_selector, item["spans"])),
                    role=item["role"],
                    fields=_read_fields("condition", item, scheme),
                )
                for item in each.get("conditions") or ()
            ),
            fields=_read_fields("statement", each, scheme),
        )
        for each in value["statements"]
    )


def _read_fields(level: Level, value: Json, scheme: Scheme) -> QuotedFields:
    return {
        field.name: _read_value(field, value[field.name])
        for field in scheme.of(level)
        if value.get(field.name) is not None
    }


def _read_value(field: Field, value: Any) -> QuotedValue:
    match field.kind:
        case "span":
            return read_selector(value)
        case "spans":
            return tuple(map(read_selector, value))
        case "mentions":
            return tuple(map(_read_mention, value))
        case "entities":
            return tuple(value)
        case "date":
            return DateValue(date=value["date"], basis=value["basis"])
    return cast("QuotedValue", value)


def _read_mention(value: Json) -> QuotedMention:
    return QuotedMention(value.get("entity"), _read_optional(value.get("mention")))


def _read_optional(value: str | Json | None) -> Selector | None:
    return None if value is None else read_selector(value)


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
    if quoted.passed_over:
        value["passed_over"] = [
            {**each.words.to_object(), "reason": each.reason, **({"note": each.note} if each.note else {})}
            for each in quoted.passed_over
        ]
    return value


def statement_json(statement: QuotedStatement, scheme: Scheme, *, says_conditions: bool = False) -> Json:
    """Return what JSON holds of a quoted statement. What is empty is left out; the order is that of `quoted_order`.

    says_conditions: give the list of conditions even where it is empty.
    """
    before, after = quoted_order(scheme)
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


# From words to spans

Find = Callable[[Selector, str, QuotedStatement, Sequence[Span]], Span | None]
"""Looks a selector up: given where it is in the quoted form, its statement, and the content of that where it is known.
Returns None, having noted why, where it has no place."""


def place(
    quoted: QuotedDocument, article: Article, text: str, scheme: Scheme, now: str
) -> tuple[Document, list[Variant]]:
    """Make a document of a quoted one, and say which words are written otherwise in the text.

    Words are looked for on the statement's line, unless they have a line of their own, or else in the whole text; they
    must have one place. text: the stored text of the article. now: the time of writing, in UTC. Ids are those of the
    quoted document; that of a condition is ``<statement>/<condition>``.

    Raises InputError that lists every selector without a single place.
    """
    index = TextIndex.of_lines(text)
    faults: list[str] = []
    variants: list[Variant] = []

    def find(selector: Selector, where: str, line: int | None) -> Span | None:
        try:
            begin, end = index.find(selector, line)
        except InputError as error:
            faults.append(f"{where}: {error}")
            return None
        span = index.span(begin, end)
        words = text[begin:end]
        if selector.words is not None and words != selector.words:
            variants.append(Variant(where, selector.words, words, line_number(text, begin)))
        return span

    statements = tuple(
        place_statement(
            each,
            scheme,
            lambda selector, where, statement, _: find(selector, where, statement.line),
            f"statements[{n}]",
        )
        for n, each in enumerate(quoted.statements)
    )
    passed_over = [(each, find(each.words, f"passed_over[{n}]", None)) for n, each in enumerate(quoted.passed_over)]
    if faults:
        listing = "\n".join(f"- {fault}" for fault in faults)
        quotes = "1 quote has" if len(faults) == 1 else f"{len(faults)} quotes have"
        raise InputError(f"{article.id}: {quotes} no single place in the text:\n{listing}\nNothing was written.")
    document = Document(
        schema_version=scheme.version,
        guideline_version=quoted.guideline_version,
        article_id=article.id,
        text_sha256=article.text_sha256,
        annotator=quoted.annotator,
        origin=quoted.origin,
        created_at=now,
        updated_at=now,
        nothing_to_annotate=quoted.nothing_to_annotate,
        statements=statements,
        passed_over=tuple(
            PassedOver(span=span, reason=each.reason, note=each.note) for each, span in passed_over if span
        ),
    )
    return document, variants


def place_statement(
    quoted: QuotedStatement,
    scheme: Scheme,
    find: Find,
    where: str,
    entity: Callable[[str], str] = str,
) -> Statement:
    """Make a statement of a quoted one; selectors without a place are left out.

    where: the place of the statement in what was read. entity: gives the id of an entity for what the form says.
    """
    content: tuple[Span, ...] = ()

    def one(selector: Selector | None, name: str) -> Span | None:
        return None if selector is None else find(selector, f"{where}.{name}", quoted, content)

    def several(selectors: Iterable[Selector], name: str) -> tuple[Span, ...]:
        found = (one(each, f"{name}[{n}]") for n, each in enumerate(selectors))
        return tuple(span for span in found if span)

    def mention(each: QuotedMention, name: str) -> Mention:
        words = each.mention.words if each.mention else None
        return Mention(entity=entity(each.entity or words or ""), span=one(each.mention, f"{name}.mention"))

    def fields(level: Level, values: QuotedFields, name: str) -> dict[str, FieldValue | None]:
        return {
            field.name: value(field, values[field.name], f"{name}{field.name}")
            for field in scheme.of(level)
            if field.name in values
        }

    def value(field: Field, said: QuotedValue, name: str) -> FieldValue | None:
        match field.kind:
            case "span":
                return one(cast("Selector", said), name)
            case "spans":
                return several(cast("tuple[Selector, ...]", said), name)
            case "mentions":
                mentions = cast("tuple[QuotedMention, ...]", said)
                return tuple(mention(each, f"{name}[{n}]") for n, each in enumerate(mentions))
            case "entities":
                return tuple(map(entity, cast("tuple[str, ...]", said)))
            case "entity":
                return entity(cast("str", said))
        return cast("FieldValue", said)

    content = several(quoted.content, "content")
    target = quoted.target
    return Statement(
        id=quoted.id or "",
        same_as=quoted.same_as,
        content=content,
        speaker=mention(quoted.speaker, "speaker"),
        target=Target(
            id=target.id,
            span=one(target.mention, "target.mention"),
            fields=scheme.without_defaults("target", fields("target", target.fields, "target.")),
        ),
        conditions=tuple(
            Condition(
                id=f"{quoted.id}/{each.id}",
                spans=several(each.spans, f"conditions[{n}].spans"),
                role=each.role,
                fields=scheme.without_defaults("condition", fields("condition", each.fields, f"conditions[{n}].")),
            )
            for n, each in enumerate(quoted.conditions)
        ),
        fields=scheme.without_defaults("statement", fields("statement", quoted.fields, "")),
    )


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
        passed_over=tuple(
            QuotedPassage(quote_passage(each.span), each.reason, each.note) for each in document.passed_over
        ),
    )


def quote_statement(
    statement: Statement, scheme: Scheme, quote: Callable[[Span], Selector], name: Callable[[str], str] = str
) -> QuotedStatement:
    """Return a statement by its words, without ids. name: gives what the form says of an entity for its id."""

    def optional(span: Span | None) -> Selector | None:
        return quote(span) if span else None

    def mention(each: Mention) -> QuotedMention:
        return QuotedMention(name(each.entity), optional(each.span))

    def fields(level: Level, holder: Statement | Target | Condition) -> QuotedFields:
        return {
            field.name: value(field, holder.fields[field.name])
            for field in scheme.of(level)
            if field.name in holder.fields
        }

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
