"""The table of annotations: what each annotator said, before it became gold."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import msgspec

from stancebank.agreement.align import align
from stancebank.model import Document
from stancebank.publish.gold import ArticleAnnotation, RowContext
from stancebank.publish.tables.columns import (
    AGENCIES,
    ANNOTATOR,
    ARTICLE,
    ARTICLE_ID,
    DATASET_VERSION,
    GUIDELINE_VERSION,
    ORIGIN,
    READING,
    RIGHTS,
    SCHEMA_VERSION,
    ArticleSource,
    Column,
    ListOf,
    Row,
    Struct,
    Table,
    copied,
    derived,
    fill,
    with_fields,
)
from stancebank.publish.tables.fields import split_columns
from stancebank.publish.tables.statements import (
    STATEMENTS,
    in_order,
    statement_columns,
    statement_sources,
)
from stancebank.schema.fields import Scheme

ANNOTATIONS = "annotations"


@dataclass(frozen=True)
class AnnotationSource(ArticleSource):
    """What a row of an annotator's statement is filled from, or of an article in which one found none.

    annotated: with the annotator's document. row: what the statement's row of the table `statements` would be; of an
    article without statements, with nothing in it. gold_id: of the gold statement aligned with it, if any.
    """

    row: Row
    gold_id: str | None
    gold_method: str | None


def annotation_table(scheme: Scheme) -> Table:
    """Return the table `annotations`."""
    statement = statement_columns(scheme)
    elsewhere = {"statement_id", "same_as", *(column.name for column in (*ARTICLE, *RIGHTS, *READING))}
    first = Column(
        "annotation_id",
        "string",
        "Id of the row: annotator, article and the annotator's own id of the statement; the last is missing where "
        "nothing was found.",
        lambda source: source.row["statement_id"],
        states="statement/id",
        refers=(ANNOTATIONS,),
    )
    gold_id = Column(
        "gold_statement_id",
        "string",
        "Id of the gold statement that it is aligned with, by content; null where gold has none.",
        lambda source: source.gold_id,
        repeats=True,
        refers=(STATEMENTS,),
    )
    same_as = Column(
        "same_as",
        "string",
        "Id of the row of the same reading that says the same most fully; null if this is it.",
        lambda source: source.row["same_as"],
        states="statement/same_as",
        optional=True,
        refers=(ANNOTATIONS,),
    )
    nothing = Column(
        "nothing_to_annotate",
        "bool",
        "The annotator read the article and found no statement.",
        lambda source: source.annotated.document.nothing_to_annotate,
        states="document/nothing_to_annotate",
    )
    method = Column(
        "gold_method",
        "string",
        "How the gold reading of the article was made.",
        lambda source: source.gold_method,
        is_label=False,
        vocabulary="gold_method",
    )
    elsewhere |= {f"{name}_id" for name in elsewhere} | statement.of_gold
    said, lists, mentions = (
        [column for column in columns if column.name not in elsewhere]
        for columns in (statement.flat, statement.lists, statement.mentions)
    )
    return Table(
        ANNOTATIONS,
        "One row a statement that an annotator found, or an article in which one found none; gold was made of such "
        "rows.",
        (
            first,
            ANNOTATOR,
            ORIGIN,
            *derived((ARTICLE_ID,)),
            gold_id,
            *((same_as,) if scheme.has_repetitions else ()),
            nothing,
            *derived(ARTICLE[1:]),
            *_from_row(said),
            *derived(RIGHTS),
            method,
            GUIDELINE_VERSION,
            *derived((SCHEMA_VERSION, DATASET_VERSION)),
            *_from_row(lists),
            *_from_row(mentions),
            *map(_in_reading, _from_row(statement.conditions)),
            *_from_row(statement.spans),
        ),
    )


def _from_row(columns: Iterable[Column]) -> Iterator[Column]:
    """Yield columns that state what they do in their own table, and are filled from a row at hand."""
    columns = tuple(columns)
    return (replace(column, get=taken.get) for column, taken in zip(columns, copied(columns), strict=True))


def _in_reading(conditions: Column) -> Column:
    """Return the column of conditions with ids that are those of an annotator."""
    kind = conditions.item
    assert isinstance(kind, Struct)
    first, *rest = kind.fields
    own = replace(first, meaning="Id of the condition in this reading.", refers=())
    return with_fields(conditions, (own, *rest))


def annotation_sources(annotated: ArticleAnnotation, context: RowContext) -> Iterator[AnnotationSource]:
    """Yield what rows of the table `annotations` are filled from, by annotator, then place in the text, then id.

    annotated: with its statements in the order of the rows.
    """
    gold = annotated.document
    method = gold.gold.method if gold.gold else None
    for document in sorted(annotated.others, key=lambda each: each.annotator):
        other = in_order(replace(annotated, document=_named(document)))
        if not document.statements:
            columns = statement_columns(context.scheme).all
            empty: Row = {column.name: [] if isinstance(column.type, ListOf) else None for column in columns}
            about = (*ARTICLE, AGENCIES, *RIGHTS, *READING, *split_columns(context.scheme))
            known = fill(about, ArticleSource(other, context))
            row = empty | known | {"statement_id": _name(document, ""), "same_as": None}
            yield AnnotationSource(other, context, row, None, method)
            continue
        partners = {
            pair.other: gold.statements[pair.one].id
            for pair in align(gold.statements, other.document.statements, context.scheme)
            if pair.one is not None and pair.other is not None
        }
        for place, statement in enumerate(statement_sources(other, context)):
            yield AnnotationSource(other, context, statement.row, partners.get(place), method)


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
