"""Answers: a gold document in the form of a prediction, and the selectors of any prediction.

prediction.schema.json describes the form. Entities are given by their names.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from stancebank.corpus.quoted import (
    QuotedFields,
    QuotedStatement,
    quote_statement,
    read_statements,
    statement_json,
    statement_selectors,
)
from stancebank.corpus.selectors import Selector, TextIndex
from stancebank.model import Document, Entity, Statement
from stancebank.schema.fields import Holder, Level, Scheme

Answer = dict[str, Any]


def make_answer(document: Document, index: TextIndex, entities: Mapping[str, Entity], scheme: Scheme) -> Answer:
    """Return a document as a prediction, its statements in the order of the document.

    index: of the article's passages. entities: by id. Fields that only annotators know are left out; a vocabulary
    field always says its value, and a statement its conditions; what else is empty is left out.
    """
    return {
        "statements": [
            statement_json(_quoted(each, index, entities, scheme), scheme, says_conditions=scheme.has_conditions)
            for each in document.statements
        ]
    }


def answer_spans(answer: Answer, scheme: Scheme) -> Iterator[tuple[str, Selector]]:
    """Yield every selector of a valid prediction with its JSON pointer."""
    for number, statement in enumerate(read_statements(answer, scheme)):
        for pointer, selector in statement_selectors(statement):
            yield f"/statements/{number}{pointer}", selector


def _quoted(statement: Statement, index: TextIndex, entities: Mapping[str, Entity], scheme: Scheme) -> QuotedStatement:
    found = quote_statement(
        statement, scheme, lambda span: index.quote(span.begin, span.end), lambda name: entities[name].name
    )

    def told(level: Level, holder: Holder, quoted: QuotedFields) -> QuotedFields:
        """Return the fields that a prediction has, those of vocabularies with their defaults."""
        values = {}
        for field in scheme.of(level):
            value = field.text(holder) if field.kind == "vocabulary" else quoted.get(field.name)
            if field.compared and value is not None:
                values[field.name] = value
        return values

    return replace(
        found,
        fields=told("statement", statement, found.fields),
        target=replace(found.target, fields=told("target", statement.target, found.target.fields)),
        conditions=tuple(
            replace(quoted, fields=told("condition", condition, quoted.fields))
            for quoted, condition in zip(found.conditions, statement.conditions, strict=True)
        ),
    )
