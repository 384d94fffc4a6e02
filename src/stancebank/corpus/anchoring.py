"""Quoted statements read from JSON, and anchored: from words to spans. `corpus.quoted` has the form, and the way back.

What is read has passed one of the JSON Schemas of the form (`require_valid`).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from stancebank.corpus.quoted import (
    Json,
    QuotedCondition,
    QuotedDocument,
    QuotedFields,
    QuotedMention,
    QuotedPassage,
    QuotedStatement,
    QuotedTarget,
    QuotedValue,
)
from stancebank.corpus.selectors import Selector, TextIndex, read_selector
from stancebank.errors import InputError
from stancebank.model import (
    Article,
    Condition,
    DateValue,
    Document,
    FieldValue,
    Mention,
    NonStatement,
    Span,
    Statement,
    Target,
)
from stancebank.schema.fields import Field, Level, Scheme
from stancebank.schema.quoted import Profile
from stancebank.schema.validate import shown_path, validate_quoted
from stancebank.text import line_number


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
    hint = (
        f"see `stancebank help authoring` or schema/{scheme.version}/quoted.schema.json for the form. "
        "Nothing was written."
    )
    require_valid(value, scheme, "document", name, hint)
    return QuotedDocument(
        article_id=value["article_id"],
        annotator=value["annotator"],
        origin=value["origin"],
        guideline_version=value["guideline_version"],
        nothing_to_annotate=value.get("nothing_to_annotate", False),
        statements=read_statements(value, scheme),
        non_statements=tuple(
            QuotedPassage(read_selector(each), each["reason"], each.get("note"))
            for each in value.get(scheme.non_statements_key, ())
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
        case "entities" | "targets":
            return tuple(value)
        case "date":
            return DateValue(date=value["date"], basis=value["basis"])
    return cast("QuotedValue", value)


def _read_mention(value: Json) -> QuotedMention:
    return QuotedMention(value.get("entity"), _read_optional(value.get("mention")))


def _read_optional(value: str | Json | None) -> Selector | None:
    return None if value is None else read_selector(value)


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
        span = index.span(begin, end, scheme.edition)
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
    key = scheme.non_statements_key
    non_statements = [(each, find(each.words, f"{key}[{n}]", None)) for n, each in enumerate(quoted.non_statements)]
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
        non_statements=tuple(
            NonStatement(span=span, reason=each.reason, note=each.note) for each, span in non_statements if span
        ),
        edition=scheme.edition,
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
