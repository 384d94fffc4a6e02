"""From records to rows: one dict a row, with exactly the columns that the views declare."""

from collections.abc import Iterable, Iterator

from stancebank.corpus.passages import find_passages
from stancebank.publish.rows.annotations import annotation_rows
from stancebank.publish.rows.articles import article_row
from stancebank.publish.rows.chat import chat_row
from stancebank.publish.rows.passages import passage_row
from stancebank.publish.rows.registries import entity_rows, target_rows
from stancebank.publish.rows.statements import condition_row, in_order, statement_row
from stancebank.publish.rows.tokens import token_row
from stancebank.publish.rows.values import Row
from stancebank.publish.sources import GAP, Context, Reading, make_context
from stancebank.publish.views import (
    ANNOTATIONS,
    ARTICLES,
    CHAT,
    CONDITIONS,
    ENTITIES,
    PASSAGES,
    STATEMENTS,
    TARGETS,
    TOKENS,
    VIEWS,
)

Rows = dict[str, list[Row]]
"""Rows by the names of their views."""


def iter_rows(readings: Iterable[Reading], context: Context) -> Iterator[Rows]:
    """Yield the rows of every view by its name: article by article, in the order of the readings, then the registries.

    Within an article rows are sorted by their place in the text, then by id. Views that need the whole text have rows
    only of articles that show it.
    """
    for reading in readings:
        yield article_rows(reading, context)
    registries = {ENTITIES.name: entity_rows(context), TARGETS.name: target_rows(context)}
    yield {view.name: registries.get(view.name, []) for view in VIEWS}


def article_rows(reading: Reading, context: Context) -> Rows:
    """Return the rows of an article in every view by its name."""
    rows: Rows = {view.name: [] for view in VIEWS}
    ordered = in_order(reading)
    statements = [statement_row(ordered, each, context) for each in ordered.document.statements]
    rows[STATEMENTS.name] += statements
    for statement, row in zip(ordered.document.statements, statements, strict=True):
        rows[CONDITIONS.name] += [condition_row(ordered, condition, row, context) for condition in statement.conditions]
    rows[ARTICLES.name].append(article_row(ordered, statements, context))
    rows[ANNOTATIONS.name] += annotation_rows(ordered, context)
    if text := ordered.whole_text:
        passages = find_passages(ordered.article, text, context.vocabularies.annotated_zones())
        rows[PASSAGES.name] += [passage_row(ordered, text, each, statements, context) for each in passages]
        rows[TOKENS.name] += [token_row(ordered, text, each, context) for each in passages]
        rows[CHAT.name].append(chat_row(ordered, text, passages, context))
    return rows


def make_rows(readings: Iterable[Reading], context: Context) -> Rows:
    """Return the rows of every view by its name, sorted by article id, then place in the text, then id.

    The registries have theirs by id.
    """
    rows: Rows = {view.name: [] for view in VIEWS}
    for found in iter_rows(sorted(readings, key=lambda each: each.article.id), context):
        for view, more in found.items():
            rows[view] += more
    return rows


__all__ = [
    "GAP",
    "Context",
    "Reading",
    "Row",
    "Rows",
    "article_rows",
    "in_order",
    "iter_rows",
    "make_context",
    "make_rows",
    "statement_row",
]
