"""preview.svg: who says what, as a small picture at the head of a release's card.

It is drawn of rows that every folder has, by names of the registries and labels; no words of articles are in it.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import cast

from stancebank.model import Article, Condition, Document, Fields, Mention, Rights, Statement, Target, TextPolicy
from stancebank.pictures.positions import make_positions
from stancebank.pictures.svg import stand_alone
from stancebank.pictures.who_what import draw_who_what
from stancebank.publish.parquet import Written
from stancebank.publish.tables import ARTICLES, ENTITIES, STATEMENTS, TARGETS, Row, find_table
from stancebank.publish.tables.restore import restore_entities, restore_targets
from stancebank.publish.tables.statements import UNKNOWN_TIME
from stancebank.schema.fields import Scheme

MOST_ROWS, MOST_COLUMNS = 10, 8
"""Speakers and targets that are named in it: those with the most statements."""


def make_preview(rows: Mapping[str, Written], scheme: Scheme) -> str | None:
    """Return preview.svg. None where no statement is there. rows: of each table, by its name."""
    entities = restore_entities(rows.get(ENTITIES, ()), scheme).entities
    targets = restore_targets(rows.get(TARGETS, ()), scheme).targets
    held = ((_article(row, scheme), document, dict[str, str]()) for row, document in _documents(rows, scheme))
    positions = make_positions(scheme, {each.id: each for each in entities}, {each.id: each for each in targets}, held)
    picture = draw_who_what(positions, most_rows=MOST_ROWS, most_columns=MOST_COLUMNS, with_table=False)
    return None if picture is None else stand_alone(picture.svg)


# The picture asks for little of a statement and less of its article. Nothing else is read: as whole records, all the
# statements of a corpus would take more memory than all that a release needs otherwise.


def _documents(rows: Mapping[str, Written], scheme: Scheme) -> Iterator[tuple[Row, Document]]:
    """Yield the row of each article, and its document with no more of its statements than the picture shows."""
    label = str(scheme.label.column)
    wanted = ("statement_id", "article_id", "same_as", "speaker_id", "target_id", "conditional", label)
    by_article = groupby(_some(rows, STATEMENTS, wanted, scheme), key=lambda row: row["article_id"])
    article, statements = next(by_article, (None, iter(())))
    conditions = _conditions(scheme)
    speakers: dict[str, Mention] = {}
    about: dict[str, Target] = {}
    said: dict[str | None, Fields] = {}
    for row in _some(rows, ARTICLES, ("article_id", "reprint_of"), scheme):
        found = []
        if article == row["article_id"]:
            for each in statements:
                speaker, target, value = each["speaker_id"], each["target_id"], each[label]
                found.append(
                    Statement(
                        id=each["statement_id"],
                        same_as=each.get("same_as"),
                        content=(),
                        speaker=speakers.setdefault(speaker, Mention(entity=speaker)),
                        target=about.setdefault(target, Target(id=target)),
                        conditions=conditions if each.get("conditional") else (),
                        fields=said.setdefault(value, cast("Fields", {scheme.label.name: value})),
                    )
                )
            article, statements = next(by_article, (None, iter(())))
        yield row, _document(row, found, scheme)


def _some(rows: Mapping[str, Written], name: str, wanted: Iterable[str], scheme: Scheme) -> Iterable[Row]:
    """Return the rows of a table with some columns, as far as the scheme has these."""
    known = {column.name for column in find_table(scheme, name).columns}
    return rows[name].of([each for each in wanted if each in known]) if name in rows else ()


def _conditions(scheme: Scheme) -> tuple[Condition, ...]:
    """Return a condition that a position depends on; nothing where the scheme has none such."""
    roles = scheme.vocabularies.values("condition_role") if scheme.has_conditions else {}
    names = [name for name, told in roles.items() if told.get("makes_conditional")]
    return tuple(Condition(id="", spans=(), role=name, fields={}) for name in names[:1])


def _article(row: Row, scheme: Scheme) -> Article:
    return Article(
        schema_version=scheme.version,
        id=row["article_id"],
        reprint_of=row.get("reprint_of"),
        rights=_RIGHTS,
        raw_sha256="",
        text_sha256="",
        length=0,
        lines=(),
        zones=(),
    )


_RIGHTS = Rights(holder="", licence="", text_policy=TextPolicy.WITHHELD)


def _document(row: Row, statements: Iterable[Statement], scheme: Scheme) -> Document:
    return Document(
        schema_version=scheme.version,
        guideline_version="",
        article_id=row["article_id"],
        text_sha256="",
        annotator="",
        origin="",
        created_at=UNKNOWN_TIME,
        updated_at=UNKNOWN_TIME,
        statements=tuple(statements),
    )
