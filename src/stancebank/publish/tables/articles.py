"""The table of articles."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from stancebank.model import Article, Document, Statement, from_builtins
from stancebank.publish.tables.columns import (
    AGENCIES,
    ARTICLE,
    METADATA,
    READING,
    RIGHTS,
    SPAN,
    TEXT,
    ArticleSource,
    Column,
    Row,
    Struct,
    Table,
    copied,
    groups_column,
    metadata_column,
    passed_over_column,
    read_back,
)
from stancebank.publish.tables.statements import UNKNOWN_TIME, StatementSource, statement_columns
from stancebank.schema.fields import Scheme

ARTICLES = "articles"


@dataclass(frozen=True)
class ArticleRowSource(ArticleSource):
    """What the row of an article is filled from. statements: those of its gold document, in the order of the rows."""

    statements: tuple[StatementSource, ...]


def _of_record(name: str, kind: str, meaning: str) -> Column:
    """Return a column of what the article's record says under the same name."""
    return Column(name, kind, meaning, lambda source: getattr(source.annotated.article, name), states=f"article/{name}")


def _basis(source: ArticleSource) -> Row:
    article = source.annotated.article
    return {key: sourced.basis if (sourced := getattr(article, key)) else None for key in METADATA}


_METADATA_BASIS = Column(
    "metadata_basis",
    Struct(
        tuple(
            Column(key, "string", f"What the value of `{key}` rests on.", states=f"{key}/basis", optional=True)
            for key in METADATA
        )
    ),
    "What each metadata value rests on: `found`, `given` or `inferred`; null where there is no value.",
    _basis,
    states="article",
    is_label=False,
)

_LINES = groups_column(
    "lines",
    "Every line of the stored text that is not blank.",
    SPAN.fields,
    lambda source: source.annotated.article.lines,
    "article/lines",
)

_ZONES = groups_column(
    "zones",
    "What each stretch of the stored text is.",
    (
        *SPAN.fields[:2],
        Column("zone", "string", "What the stretch of text is.", lambda zone: zone.zone, states="zone"),
    ),
    lambda source: source.annotated.article.zones,
    "article/zones",
)


def _in_short(scheme: Scheme) -> Column:
    """Return the column of statements in short."""
    statement, label = statement_columns(scheme), str(scheme.label.column)
    names = ("statement_id", "same_as", "speaker_id", label, f"{label}_label", "target_id", "content")
    depends = tuple(replace(column, meaning="What the position depends on.") for column in copied(statement.conditions))
    (content_spans,) = copied(column for column in statement.spans if column.name == "content_spans")
    return groups_column(
        "statements",
        "The statements of the article in short, in the order of the text.",
        (*statement.named(names), *depends, content_spans),
        lambda source: source.statements,
        repeats=True,
    )


def article_table(scheme: Scheme) -> Table:
    """Return the table `articles`."""
    passed_over = passed_over_column(
        "Words that look like a statement and are none: where they stand in the stored text, and why.",
        lambda source: source.annotated.document.passed_over,
        "document/passed_over",
    )
    return Table(
        ARTICLES,
        "One row an article that was read to the end, also one without any statement.",
        (
            *ARTICLE[:3],
            metadata_column("author", "Byline."),
            metadata_column("place", "Where the article was filed."),
            *ARTICLE[3:],
            *RIGHTS,
            replace(_of_record("raw_sha256", "string", "SHA-256 of the source as it came in."), is_label=False),
            _of_record("text_sha256", "string", "SHA-256 of the stored text in UTF-8."),
            _of_record("length", "int64", "Length of the stored text in code points."),
            Column(
                "nothing_to_annotate",
                "bool",
                "The article was read and holds no statement: a label, not a gap.",
                lambda source: source.annotated.document.nothing_to_annotate,
                states="document/nothing_to_annotate",
            ),
            Column(
                "n_statements",
                "int64",
                "How many statements it holds.",
                lambda source: len(source.statements),
                repeats=True,
            ),
            *((_N_UNIQUE,) if scheme.has_repetitions else ()),
            *READING,
            Column("text", "string", "The stored text.", lambda source: source.annotated.whole_text, text_of=TEXT),
            AGENCIES,
            _METADATA_BASIS,
            _LINES,
            _ZONES,
            _in_short(scheme),
            *((passed_over,) if scheme.non_statements else ()),
        ),
    )


_N_UNIQUE = Column(
    "n_unique",
    "int64",
    "How many of them do not repeat another one (no `same_as`).",
    lambda source: sum(each.statement.same_as is None for each in source.statements),
    repeats=True,
)


def restore_article(columns: Iterable[Column], row: Mapping[str, Any]) -> Article:
    """Return the record of an article, without its note. columns: of the table; row: of it.

    Raises TypeError or msgspec's errors where the row makes none.
    """
    value = read_back(columns, row, "article")
    for key in METADATA:
        if "basis" not in value.get(key, {"basis": None}):
            del value[key]  # a list that is empty since there is no value
    return from_builtins({**value, "schema_version": row["schema_version"]}, Article)


def restore_document(columns: Iterable[Column], row: Mapping[str, Any], statements: Iterable[Statement]) -> Document:
    """Return the gold document of an article, without notes and times. columns: of the table; row: of it.

    statements: in the order of their rows. Raises TypeError or msgspec's errors where the row makes none.
    """
    value = read_back(columns, row, "document")
    about = {"article_id": row["article_id"], "text_sha256": row["text_sha256"], "statements": []}
    times = {"created_at": UNKNOWN_TIME, "updated_at": UNKNOWN_TIME}
    return msgspec.structs.replace(from_builtins({**value, **about, **times}, Document), statements=tuple(statements))
