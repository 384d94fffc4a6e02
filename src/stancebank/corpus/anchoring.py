"""Quoted statements read from JSON, and anchored: from words to spans. `corpus.quoted` has the form, and the way back.

What is read has passed one of the JSON Schemas of the form (`require_valid`).
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
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
    Bounds,
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
from stancebank.schema.fields import CUE, Field, Level, Scheme
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


def read_quoted(value: Json, scheme: Scheme) -> QuotedDocument:
    """Make a quoted document of what JSON holds. It must have passed its JSON Schema (`schema.validate`)."""
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
            **_read_own_words(each, scheme),
        )
        for each in value["statements"]
    )


def _read_own_words(value: Json, scheme: Scheme) -> Json:
    """Return what a suggestion alone says of a statement; a field of the scheme that is called so is another thing."""
    own = {key: value[key] for key in ("confidence", "because") if key in value and not scheme.find("statement", key)}
    return {key: tuple(each) if isinstance(each, list) else each for key, each in own.items()}


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


# What is left out and can be inferred


def infer_groups(value: Json, scheme: Scheme) -> list[tuple[str, str]]:
    """Give conditions of a quoted document that need a group and name none the number 1: all must hold together.

    It changes the document, of which nothing need be sound. Returns for each such condition a JSON pointer, and what
    was inferred.
    """
    grouped = scheme.vocabularies.flagged("condition_role", "grouped") if scheme.has_conditions else frozenset()
    fields = [each for each in scheme.of("condition") if each.kind == "group"] if grouped else []
    found = []
    for number, statement in enumerate(_listed(value, "statements")):
        for place, condition in enumerate(_listed(statement, "conditions")):
            for field in fields:
                role = condition.get("role") if isinstance(condition, dict) else None
                if isinstance(role, str) and role in grouped and condition.get(field.name) is None:
                    condition[field.name] = 1
                    pointer = f"/statements/{number}/conditions/{place}"
                    found.append((pointer, f"{field.title} 1, since none was given"))
    return found


def _listed(value: object, key: str) -> list[Any]:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []


# From words to spans

Find = Callable[[Selector, str, QuotedStatement, Sequence[Span]], Span | None]
"""Looks a selector up: given where it is in the quoted form, its statement, and the content of that where it is known.
Returns None, having noted why, where it has no place."""


@dataclass(slots=True)
class PlacedDocument:
    """What became of a quoted document: the words that have one place are spans, others are left out.

    faults: words without a single place, each with a JSON pointer into the quoted form and why. variants: words that
    are written otherwise in the text. chosen: words with several places, of which the one next to the content was
    taken, each with its pointer and what was taken.
    """

    document: Document
    faults: list[tuple[str, str]]
    variants: list[Variant]
    chosen: list[tuple[str, str]]


def place(quoted: QuotedDocument, article: Article, text: str, scheme: Scheme, now: str) -> PlacedDocument:
    """Make a document of a quoted one.

    Words are looked for on the statement's line, unless they have a line of their own, or else in the whole text. Of
    several places the nearest to the statement's content is meant, where one is nearer than all others; content itself
    must have one place. text: the stored text of the article. now: the time of writing, in UTC. Ids are those of the
    quoted document; that of a condition is ``<statement>/<condition>``.
    """
    finder = _Finder(TextIndex.of_lines(text), scheme, [], [], [])
    statements = tuple(
        place_statement(each, scheme, finder.find, f"statements[{n}]") for n, each in enumerate(quoted.statements)
    )
    key = scheme.non_statements_key
    non_statements = [
        (each, finder.find(each.words, f"{key}[{n}]", None, ())) for n, each in enumerate(quoted.non_statements)
    ]
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
    return PlacedDocument(document, finder.faults, finder.variants, finder.chosen)


@dataclass(frozen=True, slots=True)
class _Finder:
    """Finds words in a text, and notes what it could not find, or chose."""

    index: TextIndex
    scheme: Scheme
    faults: list[tuple[str, str]]
    variants: list[Variant]
    chosen: list[tuple[str, str]]

    def find(
        self, selector: Selector, where: str, statement: QuotedStatement | None, content: Sequence[Span]
    ) -> Span | None:
        """Return the span of a selector, as `Find` says."""
        line, index = statement.line if statement else None, self.index
        pointer = pointer_of(where)
        try:
            places = index.find_places(selector, line)
        except InputError as error:
            self.faults.append((pointer, str(error)))
            return None
        place = places[0] if len(places) == 1 else None
        if place is None and statement is not None and content:
            place = find_next(
                places, content, index.text, apart=stands_apart(pointer.split("/")[3], statement.fields, self.scheme)
            )
            if place is not None:
                number = line_number(index.text, place[0])
                column = place[0] - index.text.rfind("\n", 0, place[0])
                said = f"of {len(places)} places of {str(selector)!r}, that at line {number}, column {column} was taken"
                self.chosen.append((pointer, f"{said}: it is next to the content"))
        if place is None:
            self.faults.append((pointer, index.say_ambiguous(selector, places, line)))
            return None
        words = index.text[place[0] : place[1]]
        if selector.words is not None and words != selector.words:
            self.variants.append(Variant(where, selector.words, words, line_number(index.text, place[0])))
        return index.span(*place, self.scheme.edition)


def pointer_of(where: str) -> str:
    """Return the JSON pointer of a place such as ``statements[0].cue``."""
    return re.sub(r"[.\[]", "/", f".{where}").replace("]", "")


def find_next(places: Sequence[Bounds], content: Sequence[Span], text: str, *, apart: bool) -> Bounds | None:
    """Return the place that is nearest to a content, those on its lines first; None where two are equally near.

    apart: whether places that touch the content count only where there are no others.
    """
    lines = {line_number(text, span.begin) for span in content}

    def distance(place: Bounds) -> tuple[bool, int]:
        gap = min(max(span.begin - place[1], place[0] - span.end, 0) for span in content)
        return line_number(text, place[0]) not in lines, gap

    outside = [each for each in places if not any(span.begin < each[1] and each[0] < span.end for span in content)]
    ranked = sorted((outside if apart and outside else places), key=distance)
    is_settled = len(ranked) == 1 or distance(ranked[0]) < distance(ranked[1])
    return ranked[0] if is_settled else None


def stands_apart(part: str, fields: Mapping[str, object], scheme: Scheme) -> bool:
    """Whether words belong beside the content: who speaks and the cue, unless the scheme has them inside of it.

    part: the field of the statement, or the part of the frame, that holds the words. fields: of the statement.
    """
    field = scheme.find("statement", part)
    is_beside = part == "speaker" or (field is not None and (field.kind == "mentions" or field.name == CUE))
    renderings = (each for each in scheme.of("statement") if each.kind == "vocabulary")
    return is_beside and not any(
        scheme.values(each).get(str(fields.get(each.name)), {}).get("cue_inside") for each in renderings
    )


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
