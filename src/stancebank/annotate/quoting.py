"""From spans to words: a document in the form that people author, to be edited and imported again."""

import msgspec

from stancebank.annotate.authored import (
    AnyQuote,
    Quote,
    QuotedCondition,
    QuotedDocument,
    QuotedMention,
    QuotedPassage,
    QuotedStatement,
    QuotedTarget,
)
from stancebank.model import Document, Span, Statement
from stancebank.text import Folded, line_bounds, line_number


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


class _Quoter:
    """Turns spans into quotes that find the same words again."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = line_bounds(text)
        self._folded: dict[int, Folded] = {}  # by line

    def passage(self, span: Span) -> Quote:
        """Return the quote of a span with its line."""
        line = line_number(self.text, span.begin)
        first, last = self.lines[line - 1]
        words = self.text[span.begin : span.end]
        if line not in self._folded:
            self._folded[line] = Folded(self.text[first:last])
        matches = [(first + begin, first + end) for begin, end in self._folded[line].find(words)]
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
