"""preview.svg: who says what, as a small picture at the head of a release's card.

It is drawn of rows that every folder has, by names of the registries and labels; no words of articles are in it.
"""

from collections.abc import Mapping

from stancebank.model import Statement
from stancebank.pictures.positions import make_positions
from stancebank.pictures.svg import stand_alone
from stancebank.pictures.who_what import draw_who_what
from stancebank.publish.parquet import Written
from stancebank.publish.tables import ARTICLES, ENTITIES, STATEMENTS, TARGETS, find_table
from stancebank.publish.tables.restore import (
    restore_article,
    restore_document,
    restore_entities,
    restore_statement,
    restore_targets,
)
from stancebank.schema.fields import Scheme

MOST_ROWS, MOST_COLUMNS = 10, 8
"""Speakers and targets that are named in it: those with the most statements."""


def make_preview(rows: Mapping[str, Written], scheme: Scheme) -> str | None:
    """Return preview.svg. None where no statement is there. rows: of each table, by its name."""
    statements: dict[str, list[Statement]] = {}
    for row in rows.get(STATEMENTS, ()):
        statements.setdefault(row["article_id"], []).append(restore_statement(row, scheme))
    table = find_table(scheme, ARTICLES)
    held = [
        (
            restore_article(table, row),
            restore_document(table, row, statements.get(row["article_id"], ()), scheme),
            dict[str, str](),
        )
        for row in rows.get(ARTICLES, ())
    ]
    entities = restore_entities(rows.get(ENTITIES, ()), scheme).entities
    targets = restore_targets(rows.get(TARGETS, ()), scheme).targets
    positions = make_positions(scheme, {each.id: each for each in entities}, {each.id: each for each in targets}, held)
    picture = draw_who_what(positions, most_rows=MOST_ROWS, most_columns=MOST_COLUMNS)
    return None if picture is None else stand_alone(picture.svg)
