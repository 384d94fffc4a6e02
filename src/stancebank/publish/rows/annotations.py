"""Rows of the view `annotations`."""

from collections.abc import Iterator
from dataclasses import replace

import msgspec

from stancebank.agreement.align import align
from stancebank.model import Document
from stancebank.publish.rows.statements import in_order, statement_row
from stancebank.publish.rows.values import Row, article_values, ordered, reading_values
from stancebank.publish.sources import Context, Reading
from stancebank.publish.views import ANNOTATIONS, ListOf


def annotation_rows(reading: Reading, context: Context) -> Iterator[Row]:
    """Yield the rows of an article in the view `annotations`, by annotator, then place in the text, then id.

    reading: with its statements in the order of the rows.
    """
    for document in sorted(reading.others, key=lambda each: each.annotator):
        yield from _document_rows(reading, document, context)


def _document_rows(reading: Reading, document: Document, context: Context) -> Iterator[Row]:
    other = in_order(replace(reading, document=_named(document)))
    about = {
        "annotation_id": _name(document, ""),
        "nothing_to_annotate": document.nothing_to_annotate,
        "gold_statement_id": None,
        "gold_method": reading.document.gold.method if reading.document.gold else None,
    }
    if not document.statements:
        empty: Row = {column.name: [] if isinstance(column.type, ListOf) else None for column in ANNOTATIONS.columns}
        known = article_values(other) | reading_values(other, context)
        yield ordered(ANNOTATIONS, empty | known | about)
        return
    gold = reading.document.statements
    partners = {
        pair.other: gold[pair.one].id
        for pair in align(gold, other.document.statements)
        if pair.one is not None and pair.other is not None
    }
    for place, statement in enumerate(other.document.statements):
        row = statement_row(other, statement, context)
        named = {"annotation_id": statement.id, "gold_statement_id": partners.get(place)}
        yield ordered(ANNOTATIONS, row | about | named)


def _named(document: Document) -> Document:
    """Return a document with ids that no other document has: annotator, article and the id within the document."""
    statements = tuple(
        msgspec.structs.replace(
            each,
            id=_name(document, each.id),
            same_as=each.same_as and _name(document, each.same_as),
            conditions=tuple(
                msgspec.structs.replace(condition, id=_name(document, condition.id)) for condition in each.conditions
            ),
        )
        for each in document.statements
    )
    return msgspec.structs.replace(document, statements=statements)


def _name(document: Document, name: str) -> str:
    whole = f"{document.annotator}/{document.article_id}"
    local = name.removeprefix(f"{whole}/").removeprefix(f"{document.article_id}/")
    return f"{whole}/{local}" if local else whole
