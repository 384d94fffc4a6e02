"""Statements authored by quoting: exact words plus occurrence become spans of the stored text, and back again.

A quote is a text, or ``{"quote": ..., "line": ..., "occurrence": ...}``. Words are matched folded, inside one line:
the statement's ``line``, unless the quote names its own. The span covers the words as they stand in the text; where
they differ from the quote in typography or case, that is reported.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from stancebank.errors import ConflictError, InputError
from stancebank.model import (
    SCHEMA_VERSION,
    Article,
    Attribution,
    Condition,
    ConditionRole,
    Document,
    Force,
    Gold,
    Mention,
    PassedOver,
    PassedOverReason,
    SaidOn,
    Span,
    Stance,
    Statement,
    Target,
)
from stancebank.text import find_folded, fingerprint, line_bounds, line_number


class _Strict(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    pass


class Quote(_Strict, kw_only=True):
    """Words of the text. line: counted from 1. occurrence: which match inside the line, counted from 1."""

    quote: str
    line: int | None = None
    occurrence: int | None = None


AnyQuote = str | Quote


class QuotedMention(_Strict, kw_only=True):
    """An entity and the words that mention it."""

    entity: str
    mention: AnyQuote | None = None


class QuotedTarget(_Strict, kw_only=True):
    """A target and the words that name it."""

    id: str
    parties: tuple[str, ...] = ()
    mediators: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    scope: str | None = None
    mention: AnyQuote | None = None


class QuotedCondition(_Strict, kw_only=True):
    """A condition, by its words."""

    id: str
    spans: list[AnyQuote]
    role: ConditionRole
    kind: str | None = None
    obligors: tuple[str, ...] = ()
    group: int | None = None


class QuotedStatement(_Strict, kw_only=True):
    """A statement, by its words. id: short, such as s3; line: where its quotes are looked for."""

    id: str
    line: int | None = None
    same_as: str | None = None
    content: list[AnyQuote]
    speaker: QuotedMention
    cue: AnyQuote | None = None
    attribution: Attribution
    via: list[QuotedMention] = []
    stance: Stance
    force: Force = "plain"
    target: QuotedTarget
    conditions: list[QuotedCondition] = []
    reason: list[AnyQuote] = []
    said_on: SaidOn | None = None
    doubt: bool = False
    note: str | None = None


class QuotedPassage(_Strict, kw_only=True):
    """Words passed over, and why."""

    quote: str
    line: int | None = None
    occurrence: int | None = None
    reason: PassedOverReason
    note: str | None = None


class QuotedDocument(_Strict, kw_only=True):
    """A whole reading of one article, by its words."""

    article_id: str
    annotator: str
    origin: str
    guideline_version: str
    nothing_to_annotate: bool = False
    statements: list[QuotedStatement]
    passed_over: list[QuotedPassage] = []


@dataclass(frozen=True, slots=True)
class Fold:
    """A quote that stands otherwise in the text: what was quoted, what stands there, and on which line."""

    where: str
    quoted: str
    found: str
    line: int


def parse_quoted(value: object, name: str) -> QuotedDocument:
    """Make a quoted document of what JSON holds. Raises InputError that names the place of a fault."""
    try:
        return msgspec.convert(value, QuotedDocument)
    except msgspec.ValidationError as error:
        raise InputError(f"{name} is no quoted document: {error}") from None


def anchor(
    quoted: QuotedDocument, article: Article, text: str, *, now: str, gold: Gold | None = None, before: Document | None
) -> tuple[Document, list[Fold]]:
    """Find the quoted words in the stored text and make a document of their spans.

    now: the time of writing, in UTC. gold: how the document became gold; then ids become ``<article id>/s<n>``.
    before: the document that this one takes the place of; its time of creation stays, and ids that are gone retire.

    Raises InputError that lists every quote which was not found or is not unique, ConflictError for an id that had
    retired.
    """
    finder = _Finder(text)
    statements = tuple(_statement(each, finder, article.id if gold else None) for each in quoted.statements)
    passed_over = tuple(
        PassedOver(span=span, reason=each.reason, note=each.note)
        for number, each in enumerate(quoted.passed_over)
        if (
            span := finder.find(
                Quote(quote=each.quote, line=each.line, occurrence=each.occurrence), None, f"passed_over[{number}]"
            )
        )
    )
    if finder.faults:
        listing = "\n".join(f"- {fault}" for fault in finder.faults)
        raise InputError(
            f"{article.id}: {len(finder.faults)} quotes cannot be placed:\n{listing}\nNothing was written."
        )
    document = Document(
        schema_version=SCHEMA_VERSION,
        guideline_version=quoted.guideline_version,
        article_id=article.id,
        text_sha256=article.text_sha256,
        annotator=quoted.annotator,
        origin=quoted.origin,
        created_at=before.created_at if before else now,
        updated_at=now,
        gold=gold,
        nothing_to_annotate=quoted.nothing_to_annotate,
        statements=statements,
        passed_over=passed_over,
        retired=_retired(statements, before),
    )
    if before and msgspec.structs.replace(document, updated_at=before.updated_at) == before:
        document = before
    return document, finder.folds


def quote(document: Document, text: str) -> QuotedDocument:
    """Return a document by its words: what `anchor` makes the same document of."""
    quoter = _Quoter(text)
    prefix = f"{document.article_id}/"
    return QuotedDocument(
        article_id=document.article_id,
        annotator=document.annotator,
        origin=document.origin,
        guideline_version=document.guideline_version,
        nothing_to_annotate=document.nothing_to_annotate,
        statements=[quoter.statement(each, prefix) for each in document.statements],
        passed_over=[
            QuotedPassage(reason=each.reason, note=each.note, **msgspec.to_builtins(quoter.passage(each.span)))
            for each in document.passed_over
        ],
    )


def _retired(statements: Iterable[Statement], before: Document | None) -> tuple[str, ...]:
    used = {each.id for each in statements} | {c.id for each in statements for c in each.conditions}
    if before is None:
        return ()
    if again := sorted(used & set(before.retired)):
        raise ConflictError(
            f"{again[0]} had been removed and cannot be given out again.\nMend: use the next free number."
        )
    former = {each.id for each in before.statements} | {c.id for each in before.statements for c in each.conditions}
    return tuple(sorted({*before.retired, *(former - used)}))


class _Finder:
    """Looks quotes up in a text; collects what could not be placed, and what stands otherwise."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = line_bounds(text)
        self.faults: list[str] = []
        self.folds: list[Fold] = []

    def find(self, wanted: AnyQuote, line: int | None, where: str) -> Span | None:
        """Return the span of a quote; None, with a fault noted, where it has no single place."""
        if isinstance(wanted, str):
            wanted = Quote(quote=wanted)
        line = wanted.line or line
        if line is not None and not 1 <= line <= len(self.lines):
            self.faults.append(f"{where}: the text has {len(self.lines)} lines, not {line}.")
            return None
        first, last = (0, len(self.text)) if line is None else self.lines[line - 1]
        matches = [(first + begin, first + end) for begin, end in find_folded(self.text[first:last], wanted.quote)]
        place = f"on line {line}" if line else "in the text"
        if not matches:
            self.faults.append(f"{where}: {wanted.quote!r} does not stand {place}.")
            return None
        if wanted.occurrence is None and len(matches) > 1:
            self.faults.append(f"{where}: {wanted.quote!r} stands {len(matches)} times {place}; say which occurrence.")
            return None
        number = wanted.occurrence or 1
        if not 1 <= number <= len(matches):
            self.faults.append(f"{where}: {wanted.quote!r} stands {len(matches)} times {place}, not {number}.")
            return None
        begin, end = matches[number - 1]
        words = self.text[begin:end]
        if words != wanted.quote:
            self.folds.append(Fold(where, wanted.quote, words, line_number(self.text, begin)))
        return Span(begin=begin, end=end, fingerprint=fingerprint(words))


def _statement(each: QuotedStatement, finder: _Finder, article_id: str | None) -> Statement:
    prefix = f"{article_id}/" if article_id else ""

    def spans(quotes: Iterable[AnyQuote], where: str) -> tuple[Span, ...]:
        found = (finder.find(item, each.line, f"{each.id} {where}") for item in quotes)
        return tuple(span for span in found if span)

    def optional(item: AnyQuote | None, where: str) -> Span | None:
        return finder.find(item, each.line, f"{each.id} {where}") if item is not None else None

    return Statement(
        id=prefix + each.id,
        same_as=prefix + each.same_as if each.same_as else None,
        content=spans(each.content, "content"),
        speaker=Mention(entity=each.speaker.entity, span=optional(each.speaker.mention, "speaker")),
        cue=optional(each.cue, "cue"),
        attribution=each.attribution,
        via=tuple(Mention(entity=item.entity, span=optional(item.mention, "via")) for item in each.via),
        stance=each.stance,
        force=each.force,
        target=Target(
            id=each.target.id,
            parties=each.target.parties,
            mediators=each.target.mediators,
            agents=each.target.agents,
            scope=each.target.scope,
            span=optional(each.target.mention, "target"),
        ),
        conditions=tuple(
            Condition(
                id=f"{prefix}{each.id}/{item.id}",
                spans=spans(item.spans, f"condition {item.id}"),
                role=item.role,
                kind=item.kind,
                obligors=item.obligors,
                group=item.group,
            )
            for item in each.conditions
        ),
        reason=spans(each.reason, "reason"),
        said_on=each.said_on,
        doubt=each.doubt,
        note=each.note,
    )


class _Quoter:
    """Turns spans into quotes that find the same words again."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = line_bounds(text)

    def passage(self, span: Span) -> Quote:
        """Return the quote of a span with its line."""
        line = line_number(self.text, span.begin)
        first, last = self.lines[line - 1]
        words = self.text[span.begin : span.end]
        matches = [(first + begin, first + end) for begin, end in find_folded(self.text[first:last], words)]
        occurrence = matches.index((span.begin, span.end)) + 1 if len(matches) > 1 else None
        return Quote(quote=words, line=line, occurrence=occurrence)

    def statement(self, statement: Statement, prefix: str) -> QuotedStatement:
        """Return a statement by its words. prefix: what its ids begin with in gold."""
        line = line_number(self.text, statement.content[0].begin)

        def one(span: Span) -> AnyQuote:
            found = self.passage(span)
            if found.line == line:
                found.line = None
            return found.quote if found.line is None and found.occurrence is None else found

        def optional(span: Span | None) -> AnyQuote | None:
            return one(span) if span else None

        return QuotedStatement(
            id=statement.id.removeprefix(prefix),
            line=line,
            same_as=statement.same_as.removeprefix(prefix) if statement.same_as else None,
            content=[one(span) for span in statement.content],
            speaker=QuotedMention(entity=statement.speaker.entity, mention=optional(statement.speaker.span)),
            cue=optional(statement.cue),
            attribution=statement.attribution,
            via=[QuotedMention(entity=item.entity, mention=optional(item.span)) for item in statement.via],
            stance=statement.stance,
            force=statement.force,
            target=QuotedTarget(
                id=statement.target.id,
                parties=statement.target.parties,
                mediators=statement.target.mediators,
                agents=statement.target.agents,
                scope=statement.target.scope,
                mention=optional(statement.target.span),
            ),
            conditions=[
                QuotedCondition(
                    id=item.id.rpartition("/")[2],
                    spans=[one(span) for span in item.spans],
                    role=item.role,
                    kind=item.kind,
                    obligors=item.obligors,
                    group=item.group,
                )
                for item in statement.conditions
            ],
            reason=[one(span) for span in statement.reason],
            said_on=statement.said_on,
            doubt=statement.doubt,
            note=statement.note,
        )
