"""From records to rows: one dict a row, with exactly the columns that the views declare."""

from collections.abc import Iterable

from stancebank.publish.rows.articles import article_row
from stancebank.publish.rows.sources import GAP, Context, Reading, Row, make_context
from stancebank.publish.rows.statements import condition_row, in_order, statement_row
from stancebank.publish.views import ARTICLES, CONDITIONS, STATEMENTS


def make_rows(readings: Iterable[Reading], context: Context) -> dict[str, list[Row]]:
    """Return the rows of every view by its name, sorted by article id, then place of the content, then id."""
    rows: dict[str, list[Row]] = {STATEMENTS.name: [], CONDITIONS.name: [], ARTICLES.name: []}
    for reading in sorted(readings, key=lambda each: each.article.id):
        ordered = in_order(reading)
        pairs = [(statement, statement_row(ordered, statement, context)) for statement in ordered.document.statements]
        rows[STATEMENTS.name] += [row for _, row in pairs]
        for statement, row in pairs:
            rows[CONDITIONS.name] += [
                condition_row(ordered, condition, row, context) for condition in statement.conditions
            ]
        rows[ARTICLES.name].append(article_row(ordered, [row for _, row in pairs], context))
    return rows


__all__ = ["GAP", "Context", "Reading", "Row", "in_order", "make_context", "make_rows", "statement_row"]
