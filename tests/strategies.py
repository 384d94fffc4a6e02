"""Invented articles and readings of them, drawn by hypothesis: any words, any fields that a scheme has."""

import unicodedata
from collections import Counter
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from msgspec.structs import replace

from stancebank.annotate.controls import is_inferred, must_be_answered
from stancebank.corpus.ingest import text_lines
from stancebank.model import (
    Article,
    Condition,
    DateValue,
    Document,
    FieldValue,
    Mention,
    NonStatement,
    Rights,
    Span,
    Statement,
    Target,
    TextPolicy,
    Zone,
    document_spans,
    replace_spans,
)
from stancebank.schema.fields import Field, Level, Scheme, load_scheme
from stancebank.text import folding_of, line_number, normalise, sha256, span_fingerprint
from tests.conftest import OWN_SCHEMA

SCHEME = load_scheme(OWN_SCHEMA)

# invented, and hard on offsets: outside the basic plane, right to left, combining marks, joined emoji, odd spaces
WORDS = (
    *("Norland", "Suvia", "Keth", "talks", "unless", "“We", "will”", "not", "meet,", "the", "U.S.", "(once)", "ferry."),
    *("😀", "👨‍👩‍👧", "🇳🇴", "𝒳𝒴", "𐍈ald"),
    *("שלום", "מלח", "مذاكرات", "نمی‌خواهیم", "گفت"),
    *("q̃a", "x̱en", "é", "ก็ดี"),
    *("no\u00a0break", "zero\u200bwidth", "tab\tbed", "<b>bold</b>", "&amp;"),
)
ENTITIES = ("norland", "suvia", "keth", "ilse-marrow", "tor-aven", "the-lantern", "lake-council")
TARGETS = ("talks", "meet", "lift-blockade", "keep-forces", "willingness")
DATES = ("2031-07-14", "2031-07", "XXXX-07-30", "2031")
_FREE = st.text('abcé😀שn \n"<&', min_size=1, max_size=20).map(str.strip).filter(bool)

entities = st.lists(st.sampled_from(ENTITIES), unique=True, max_size=3).map(tuple)


@st.composite
def texts(draw: DrawFn) -> str:
    """A stored text of several paragraphs, some of them blank."""
    paragraph = st.lists(st.sampled_from(WORDS), min_size=4, max_size=9).map(" ".join)
    lines = draw(st.lists(paragraph, min_size=2, max_size=4))
    return normalise(draw(st.sampled_from(("\n", "\n\n"))).join(lines))


def article_of(text: str) -> Article:
    """The record of a text: its first line is the title, its last one is no part of the article."""
    lines = text_lines(text)
    zones = [Zone(begin=line.begin, end=line.end, zone="body") for line in lines]
    zones[0] = Zone(begin=lines[0].begin, end=lines[0].end, zone="title")
    if len(zones) > 2:
        zones[-1] = Zone(begin=lines[-1].begin, end=lines[-1].end, zone="related")
    return Article(
        schema_version=OWN_SCHEMA.name,
        id="norland-post-2031-02-11-envoy",
        rights=Rights(holder="Norland Post", licence="CC0-1.0", text_policy=TextPolicy.FULL),
        raw_sha256=sha256(text),
        text_sha256=sha256(text),
        length=len(text),
        lines=lines,
        zones=tuple(zones),
    )


def span_of(text: str, begin: int, end: int, scheme: Scheme = SCHEME) -> Span:
    """A span with its fingerprint."""
    return Span(begin=begin, end=end, fingerprint=span_fingerprint(text, begin, end, scheme.edition))


@st.composite
def spans(draw: DrawFn, text: str, line: int, count: int = 1) -> tuple[Span, ...]:
    """Spans of whole words in one paragraph, in order, without overlap; fewer than asked for in a short one."""
    found = text_lines(text)[line]
    words = text[found.begin : found.end].split(" ")
    places, place = [], found.begin
    for word in words:
        places.append((place, place + len(word)))
        place += len(word) + 1
    cuts = draw(st.lists(st.integers(0, len(words)), min_size=2 * count, max_size=2 * count, unique=True).map(sorted))
    return tuple(span_of(text, places[a][0], places[b - 1][1]) for a, b in zip(cuts[::2], cuts[1::2], strict=True))


def single(draw: DrawFn, text: str, line: int) -> Span:
    return draw(spans(text, line))[0]


def optional(draw: DrawFn, text: str, line: int) -> Span | None:
    return single(draw, text, line) if draw(st.booleans()) else None


def values(draw: DrawFn, scheme: Scheme, level: Level, text: str, line: int, role: str | None = None) -> dict[str, Any]:
    """The fields of a level. role: of the condition. What would be inferred where it is left out is always there."""
    grouped = role is not None and bool(scheme.vocabularies.values("condition_role")[role].get("grouped"))
    found: dict[str, FieldValue | None] = {}
    for field in scheme.of(level):
        if field.kind == "group" and (level == "condition") and not grouped:
            continue
        needed = must_be_answered(field, scheme) or is_inferred(field, scheme) or field.kind == "group"
        if needed or field.default is not None or draw(st.booleans()):
            found[field.name] = value(draw, scheme, field, text, line)
    return dict(scheme.without_defaults(level, found))


def value(draw: DrawFn, scheme: Scheme, field: Field, text: str, line: int) -> FieldValue:
    """A value of a field, by its kind."""
    match field.kind:
        case "vocabulary":
            return draw(st.sampled_from(list(scheme.values(field))))
        case "entity":
            return draw(st.sampled_from(ENTITIES))
        case "entities":
            return draw(entities)
        case "target":
            return draw(st.sampled_from((*TARGETS, "unspecified") if field.level == "condition" else TARGETS))
        case "targets":
            return draw(st.lists(st.sampled_from(TARGETS), unique=True, max_size=3).map(tuple))
        case "text":
            return draw(_FREE)
        case "flag":
            return draw(st.booleans())
        case "date":
            basis = draw(st.sampled_from(list(scheme.values(field))))
            return DateValue(date=draw(st.sampled_from(DATES)), basis=basis)
        case "span":
            return single(draw, text, line)
        case "spans":
            return draw(spans(text, line))
        case "mentions":
            return draw(chains(text, line))
        case "group":
            return draw(st.integers(1, 4))


@st.composite
def conditions(draw: DrawFn, scheme: Scheme, text: str, line: int, name: str) -> Condition:
    roles = scheme.vocabularies.values("condition_role")
    role = draw(st.sampled_from(list(roles)))
    waived = bool(roles[role].get("is_waiver"))
    return Condition(
        id=name,
        spans=draw(spans(text, line, draw(st.sampled_from((1, 1, 2))))),
        role=role,
        fields={} if waived else values(draw, scheme, "condition", text, line, role),
    )


@st.composite
def chains(draw: DrawFn, text: str, line: int) -> tuple[Mention, ...]:
    """Mentions, and on either side of them an entity without one."""
    marked = [
        Mention(entity=draw(st.sampled_from(ENTITIES)), span=single(draw, text, line))
        for _ in range(draw(st.sampled_from((0, 0, 1, 2))))
    ]
    bare = st.sampled_from((*([None] * 4), *(Mention(entity=each) for each in ENTITIES)))
    return tuple(each for each in (draw(bare), *marked, draw(bare)) if each is not None)


@st.composite
def statements(draw: DrawFn, scheme: Scheme, text: str, number: int) -> Statement:
    line = draw(st.integers(0, len(text_lines(text)) - 1))
    count = draw(st.sampled_from((0, 1, 2))) if scheme.has_conditions else 0
    found = [draw(conditions(scheme, text, line, f"r{number}/k{number}{n}")) for n in range(count)]
    return Statement(
        id=f"r{number}",
        content=draw(spans(text, line, draw(st.sampled_from((1, 1, 2))))),
        speaker=Mention(entity=draw(st.sampled_from(ENTITIES)), span=optional(draw, text, line)),
        target=Target(
            id=draw(st.sampled_from(TARGETS)),
            span=optional(draw, text, line),
            fields=values(draw, scheme, "target", text, line),
        ),
        conditions=tuple(found),
        fields=values(draw, scheme, "statement", text, line),
    )


def readings(scheme: Scheme = SCHEME) -> SearchStrategy[tuple[Article, str, Document]]:
    """Articles, their words, and readings of them, in the order in which the conversion writes statements."""
    return _readings(scheme)


@st.composite
def _readings(draw: DrawFn, scheme: Scheme) -> tuple[Article, str, Document]:
    text = draw(texts())
    article = replace(article_of(text), schema_version=scheme.version)
    found = [draw(statements(scheme, text, number)) for number in range(draw(st.integers(0, 3)))]
    found = _shared(draw, found)
    found = _tied(draw, scheme, found) if scheme.has_repetitions else found
    found = sorted((_ordered(each) for each in found), key=lambda each: each.content[0].begin)
    lines = len(article.lines)
    reasons = list(scheme.vocabularies.values(scheme.non_statements)) if scheme.non_statements else []
    passed = [
        NonStatement(
            span=single(draw, text, draw(st.integers(0, lines - 1))),
            reason=draw(st.sampled_from(reasons)),
            note=draw(st.none() | _FREE),
        )
        for _ in range(draw(st.integers(0, 3)) if reasons else 0)
    ]
    document = Document(
        schema_version=scheme.version,
        guideline_version="1.0",
        article_id=article.id,
        text_sha256=article.text_sha256,
        annotator="user-7",
        origin="human",
        created_at="2031-02-12T08:00:00Z",
        updated_at="2031-02-12T08:30:00Z",
        nothing_to_annotate=not found,
        statements=tuple(found),
        non_statements=tuple(passed),
        edition=scheme.edition,
    )

    def prove(span: Span) -> Span:
        return span_of(text, span.begin, span.end, scheme)

    article = replace(article, lines=text_lines(text, folding_of(scheme.edition)))
    return article, text, replace_spans(document, prove)


def _ordered(statement: Statement) -> Statement:
    key = lambda each: (each.spans[0].begin, each.spans[0].end)  # noqa: E731
    return replace(statement, conditions=tuple(sorted(statement.conditions, key=key)))


def _shared(draw: DrawFn, found: list[Statement]) -> list[Statement]:
    """Let one statement have the condition of another."""
    givers = [each for each in found if each.conditions]
    if len(found) > 1 and givers and draw(st.booleans()):
        giver = givers[0]
        taker = next(each for each in found if each.id != giver.id)
        local = giver.conditions[0].id.removeprefix(f"{giver.id}/")
        condition = replace(giver.conditions[0], id=f"{taker.id}/{local}")
        changed = replace(taker, conditions=(*taker.conditions, condition))
        found = [changed if each.id == taker.id else each for each in found]
    return found


def _tied(draw: DrawFn, scheme: Scheme, found: list[Statement]) -> list[Statement]:
    """Say that a statement is the same as another, of the same speaker on the same target, with the same label."""
    if len(found) > 1 and draw(st.booleans()):
        again, first = found[0], found[1]
        told = {scheme.label.name: first.fields[scheme.label.name]}
        target = replace(again.target, id=first.target.id)
        speaker = replace(again.speaker, entity=first.speaker.entity)
        again = replace(again, same_as=first.id, speaker=speaker, target=target, fields={**again.fields, **told})
        return [again, *found[1:]]
    return found


def features(text: str, document: Document, scheme: Scheme = SCHEME) -> Iterator[str]:
    """Yield what makes a reading hard to convert, each time that it occurs."""
    for statement in document.statements:
        for _, level, holder in scheme.holders(statement):
            for field in scheme.of(level):
                if field.kind in ("vocabulary", "group"):
                    yield f"{level} {field.name} {field.value(holder)}"
                elif field.value(holder) != field.empty:
                    yield f"{level} {field.name}"
                chain = field.mentions(holder)
                marked = sum(mention.span is not None for mention in chain)
                yield from ["two-level chain, both mentioned"] if marked > 1 else []
                yield from ["without mention in a chain"] if len(chain) > marked else []
        yield from (f"role {condition.role}" for condition in statement.conditions)
        yield from ("discontinuous condition" for condition in statement.conditions if len(condition.spans) > 1)
        yield from [
            name
            for name, there in (
                ("discontinuous content", len(statement.content) > 1),
                ("same as", statement.same_as is not None),
                ("target words", statement.target.span is not None),
                ("speaker without mention", statement.speaker.span is None),
            )
            if there
        ]
    locals_ = [each.id.partition("/")[2] for statement in document.statements for each in statement.conditions]
    yield from ("shared condition" for count in Counter(locals_).values() if count > 1)
    contents = [(each.content[0].begin, each.content[-1].end) for each in document.statements]
    nested = any(a != b and a[0] <= b[0] and b[1] <= a[1] for a in contents for b in contents)
    yield from ["nested contents"] if nested else []
    yield from ["coinciding contents"] if len(set(contents)) < len(contents) else []
    yield from ["nothing to annotate"] if document.nothing_to_annotate else []
    yield from (f"no statement, {passed.reason}" for passed in document.non_statements)
    for _, span in document_spans(document):
        words, before = text[span.begin : span.end], text[: span.begin]
        yield from [
            name
            for name, there in (
                ("outside the basic plane", any(character > "\uffff" for character in words)),
                ("after what is outside the basic plane", any(character > "\uffff" for character in before)),
                ("right to left", any(unicodedata.bidirectional(character) in ("R", "AL") for character in words)),
                ("combining marks", any(unicodedata.combining(character) for character in words)),
                ("joined emoji", "\u200d" in words),
                ("in a later paragraph", line_number(text, span.begin) > 1),
            )
            if there
        ]


def wanted_features(scheme: Scheme = SCHEME) -> set[str]:
    """What a run over many readings has to have seen."""
    wanted = {
        *("discontinuous content", "target words", "speaker without mention", "nested contents"),
        *("coinciding contents", "nothing to annotate", "outside the basic plane", "right to left", "combining marks"),
        *("after what is outside the basic plane", "joined emoji", "in a later paragraph"),
    }
    for field in scheme.fields:
        name = f"{field.level} {field.name}"
        if field.kind == "vocabulary":
            wanted |= {f"{name} {value}" for value in scheme.values(field)}
        elif field.kind == "group":
            wanted |= {f"{name} {number}" for number in (1, 2)}
        else:
            wanted.add(name)
        if field.kind == "mentions":
            wanted |= {"two-level chain, both mentioned", "without mention in a chain"}
    if scheme.has_conditions:
        wanted |= {f"role {role}" for role in scheme.vocabularies.values("condition_role")}
        wanted |= {"shared condition", "discontinuous condition"}
    if scheme.has_repetitions:
        wanted.add("same as")
    if scheme.non_statements is not None:
        wanted |= {f"no statement, {reason}" for reason in scheme.vocabularies.values(scheme.non_statements)}
    return wanted
