"""Rows of the view `passages`."""

from collections.abc import Sequence

from stancebank.corpus.passages import Passage
from stancebank.publish.rows.values import Row, article_values, ordered, passed_over_values, reading_values
from stancebank.publish.sources import Context, Reading
from stancebank.publish.views import PASSAGES
from stancebank.publish.views.passages import STATEMENT_IN_SHORT
from stancebank.text import fingerprint


def passage_values(reading: Reading, text: str, passage: Passage, context: Context) -> Row:
    """Return what rows of the views `passages` and `tokens` say of their passage. text: the stored text."""
    words = text[passage.begin : passage.end]
    place = {
        "passage_id": passage.id,
        "line": passage.line,
        "zone": passage.zone,
        "begin": passage.begin,
        "end": passage.end,
        "fingerprint": fingerprint(words),
        "text": words,
        "has_statement": any(
            passage.begins(span) for statement in reading.document.statements for span in statement.content
        ),
    }
    return article_values(reading) | reading_values(reading, context) | place


def passage_row(reading: Reading, text: str, passage: Passage, statements: Sequence[Row], context: Context) -> Row:
    """Return the row of a passage in the view `passages`.

    statements: the rows of the article's statements in the view `statements`, in the order of the reading.
    """
    held = []
    for statement, row in zip(reading.document.statements, statements, strict=True):
        if parts := [number for number, span in enumerate(statement.content, 1) if passage.begins(span)]:
            held.append(
                {column.name: row[column.name] for column in STATEMENT_IN_SHORT}
                | {"content_parts": parts, "n_content_parts": len(statement.content)}
                | {"content_spans": row["content_spans"], "conditions": row["conditions"]}
            )
    passed_over = passed_over_values(each for each in reading.document.passed_over if passage.begins(each.span))
    row = {
        "n_statements": len(held),
        "statement_ids": [each["statement_id"] for each in held],
        "stance_labels": [each["stance_label"] for each in held],
        "target_ids": [each["target_id"] for each in held],
        "passed_over_reasons": [each["reason"] for each in passed_over],
        "statements": held,
        "passed_over": passed_over,
    }
    return ordered(PASSAGES, passage_values(reading, text, passage, context) | row)
