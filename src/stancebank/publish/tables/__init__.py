"""The tables of the dataset: which there are for a scheme, and their rows.

A table is a config of the published dataset and a folder in it. Everything that depends on columns goes by these
declarations: rows and what is restored of them, the Arrow schema, the features, the card, the audit of words.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from stancebank.corpus.selectors import find_passages
from stancebank.errors import InputError
from stancebank.publish.gold import ArticleAnnotation, RowContext, prove_shown
from stancebank.publish.tables.annotations import (
    ANNOTATIONS,
    align_with_gold,
    annotation_sources,
    annotation_table,
    judge,
)
from stancebank.publish.tables.articles import (
    ARTICLES,
    ENTITIES,
    TARGETS,
    ArticleRowSource,
    article_table,
    entity_rows,
    entity_table,
    target_rows,
    target_table,
)
from stancebank.publish.tables.chat import CHAT, ChatSource, chat_table
from stancebank.publish.tables.columns import Column, ListOf, Row, Struct, Table, Type, in_edition, type_name
from stancebank.publish.tables.statements import (
    CONDITIONS,
    STATEMENTS,
    StatementSource,
    condition_sources,
    condition_table,
    in_order,
    statement_sources,
    statement_table,
)
from stancebank.publish.tables.text import PASSAGES, TOKENS, PassageSource, find_labelled, passage_table, token_table
from stancebank.schema.fields import Scheme

NAMES = (STATEMENTS, CONDITIONS, ARTICLES, ANNOTATIONS, ENTITIES, TARGETS, PASSAGES, TOKENS, CHAT)
"""The names of all tables that any scheme has, in their order."""

BY_PASSAGE = (PASSAGES, TOKENS)
"""The tables with a row for each passage."""

Rows = dict[str, list[Row]]
"""Rows by the names of their tables."""


@lru_cache(maxsize=32)
def tables(scheme: Scheme) -> tuple[Table, ...]:
    """Return the tables of a scheme, the one that opens by default first. There are no conditions where it has none.

    Raises InputError where two fields of the scheme make columns of one name.
    """
    declared = (
        statement_table(scheme),
        *((condition_table(scheme),) if scheme.has_conditions else ()),
        article_table(scheme),
        annotation_table(scheme),
        entity_table(scheme),
        target_table(scheme),
        passage_table(scheme),
        token_table(scheme),
        chat_table(scheme),
    )
    found = tuple(in_edition(table, scheme) for table in declared)
    for table in found:
        names = [column.name for column in table.columns]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise InputError(
                f"The table {table.name} would have two columns named {' and two named '.join(twice)}.\n"
                'Hint: give a field of the scheme another "column" in the "x-stancebank" of annotation.schema.json.'
            )
    return found


@lru_cache(maxsize=256)
def find_table(scheme: Scheme, name: str) -> Table:
    """Return the table of a name. Raises KeyError where the scheme has none of it."""
    return {table.name: table for table in tables(scheme)}[name]


def iter_rows(annotated: Iterable[ArticleAnnotation], context: RowContext) -> Iterator[Rows]:
    """Yield the rows of all tables: article by article, in the order given, then the registries.

    Within an article rows are sorted by their place in the text, then by id. Tables that need the whole text have rows
    only of articles that show it.
    """
    for each in annotated:
        yield article_rows(each, context)
    registries = {ENTITIES: entity_rows(context), TARGETS: target_rows(context)}
    yield {table.name: registries.get(table.name, []) for table in tables(context.scheme)}


def article_rows(annotated: ArticleAnnotation, context: RowContext) -> Rows:
    """Return the rows of an article in every table by its name."""
    rows: Rows = {table.name: [] for table in tables(context.scheme)}
    ordered = in_order(prove_shown(annotated, context.scheme))
    readings = align_with_gold(ordered, context.scheme)
    statements = statement_sources(ordered, context, judge(ordered, readings, context.scheme))
    make = {table.name: table.filler for table in tables(context.scheme)}
    rows[STATEMENTS] += [each.row for each in statements]
    if CONDITIONS in make:
        for statement in statements:
            rows[CONDITIONS] += map(make[CONDITIONS], condition_sources(statement))
    rows[ARTICLES].append(make[ARTICLES](ArticleRowSource(ordered, context, statements)))
    rows[ANNOTATIONS] += map(make[ANNOTATIONS], annotation_sources(ordered, readings, context))
    if text := ordered.whole_text:
        rows |= text_rows(ordered, text, statements, context)
    return rows


def text_rows(
    annotated: ArticleAnnotation,
    text: str,
    statements: tuple[StatementSource, ...],
    context: RowContext,
    *,
    with_chat: bool = True,
) -> Rows:
    """Return the rows of an article in the tables of whole texts.

    annotated: with its statements in the order of the rows; text: the stored text. with_chat: whether the registries
    are known, whose names the table `chat` needs.
    """
    passages = find_passages(annotated.article, text, context.scheme.vocabularies.annotated_zones())
    labelled = find_labelled(annotated.document, context.scheme)
    sources = [PassageSource(annotated, context, text, each, statements, labelled) for each in passages]
    make = {name: find_table(context.scheme, name).filler for name in (*BY_PASSAGE, CHAT)}
    rows = {name: list(map(make[name], sources)) for name in BY_PASSAGE}
    chat = [make[CHAT](ChatSource(annotated, context, text, passages))] if with_chat else []
    return rows | ({CHAT: chat} if chat else {})


def make_rows(annotated: Iterable[ArticleAnnotation], context: RowContext) -> Rows:
    """Return the rows of every table by its name, sorted by split, article id, place in the text, and id.

    The registries have theirs by id.
    """
    rows: Rows = {table.name: [] for table in tables(context.scheme)}
    for found in iter_rows(sorted(annotated, key=lambda each: context.order(each.article.id)), context):
        for name, more in found.items():
            rows[name] += more
    return rows


__all__ = [
    "ANNOTATIONS",
    "ARTICLES",
    "CHAT",
    "CONDITIONS",
    "ENTITIES",
    "NAMES",
    "PASSAGES",
    "STATEMENTS",
    "TARGETS",
    "TOKENS",
    "Column",
    "ListOf",
    "Row",
    "Rows",
    "Struct",
    "Table",
    "Type",
    "article_rows",
    "find_table",
    "in_order",
    "iter_rows",
    "make_rows",
    "statement_sources",
    "tables",
    "text_rows",
    "type_name",
]
