"""From words to spans: the quotes of an authored reading find their places in the stored text.

Words are matched folded, inside one line: the statement's ``line``, unless the quote names its own. The span covers
the words as they stand in the text; where they differ from the quote in typography or case, that is reported.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from stancebank.annotate.authored import AnyQuote, Quote, QuotedDocument, QuotedStatement
from stancebank.annotate.numbering import number
from stancebank.errors import ConflictError, InputError
from stancebank.model import (
    SCHEMA_VERSION,
    Article,
    Condition,
    Document,
    Gold,
    Mention,
    PassedOver,
    Span,
    Statement,
    Target,
)
from stancebank.text import Folded, fingerprint, line_bounds, line_number


@dataclass(frozen=True, slots=True)
class Fold:
    """A quote that stands otherwise in the text: what was quoted, what stands there, and on which line."""

    where: str
    quoted: str
    found: str
    line: int


def anchor(
    quoted: QuotedDocument, article: Article, text: str, *, now: str, gold: Gold | None = None, before: Document | None
) -> tuple[Document, list[Fold]]:
    """Find the quoted words in the stored text and make a document of their spans.

    now: the time of writing, in UTC. gold: how the document became gold; then ids become ``<article id>/s<n>``, and
    what has no such number gets one (`number`).
    before: the document that this one takes the place of; its time of creation stays, and ids that are gone retire.

    Raises InputError that lists every quote which was not found or is not unique, ConflictError for an id that had
    retired.
    """
    finder = _Finder(text)
    statements = tuple(_statement(each, finder, article.id if gold else None) for each in quoted.statements)
    passed_over = tuple(
        PassedOver(span=span, reason=each.reason, note=each.note)
        for place, each in enumerate(quoted.passed_over)
        if (
            span := finder.find(
                Quote(quote=each.quote, line=each.line, occurrence=each.occurrence), None, f"passed_over[{place}]"
            )
        )
    )
    if finder.faults:
        listing = "\n".join(f"- {fault}" for fault in finder.faults)
        raise InputError(
            f"{article.id}: {len(finder.faults)} quotes cannot be placed:\n{listing}\nNothing was written."
        )
    if gold:
        statements = number(statements, article.id, before)
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


def _retired(statements: Iterable[Statement], before: Document | None) -> tuple[str, ...]:
    used = {each.id for each in statements} | {c.id for each in statements for c in each.conditions}
    if before is None:
        return ()
    if again := sorted(used & set(before.retired)):
        raise ConflictError(
            f"{again[0]} had been removed and cannot be given out again.\nHint: use the next free number."
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
        self._folded: dict[int | None, Folded] = {}  # by line; None: the whole text

    def find(self, wanted: AnyQuote, line: int | None, where: str) -> Span | None:
        """Return the span of a quote; None, with a fault noted, where it has no single place."""
        if isinstance(wanted, str):
            wanted = Quote(quote=wanted)
        line = wanted.line or line
        if line is not None and not 1 <= line <= len(self.lines):
            self.faults.append(f"{where}: the text has {len(self.lines)} lines, not {line}.")
            return None
        first, last = (0, len(self.text)) if line is None else self.lines[line - 1]
        if line not in self._folded:
            self._folded[line] = Folded(self.text[first:last])
        matches = [(first + begin, first + end) for begin, end in self._folded[line].find(wanted.quote)]
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
