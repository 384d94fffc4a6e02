"""The tables of articles and of the registries: those who speak or are spoken of, and what positions are about."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import msgspec

from stancebank.corpus.registry import find_top
from stancebank.publish.gold import RowContext
from stancebank.publish.tables.columns import (
    AGENCIES,
    ARTICLE,
    DATASET_VERSION,
    IDS,
    METADATA,
    READING,
    RIGHTS,
    SCHEMA_VERSION,
    TEXT,
    ArticleSource,
    Column,
    Row,
    Struct,
    Table,
    copied,
    fill,
    groups_column,
    in_edition,
    metadata_column,
)
from stancebank.publish.tables.fields import SPAN, non_statements_column, split_columns
from stancebank.publish.tables.statements import StatementSource, statement_columns
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
    (*SPAN.fields[:2], replace(SPAN.fields[2], redefined="`p` and 16 hex digits of the SHA-256 of the folded line.")),
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


# What records of articles may say from the second edition of the frame on.

_REPRINT_OF = Column(
    "reprint_of",
    "string",
    "Id of the article whose text this one reprints, with or without small edits; it may be in no table.",
    lambda source: source.annotated.article.reprint_of,
    states="article/reprint_of",
    optional=True,
    is_label=False,
)

_BY_EXTRACTION = (
    Column("extractor", "string", "Name of the program.", lambda held: held.extractor, states="extractor"),
    Column("version", "string", "Its version.", lambda held: held.version, states="version"),
    Column(
        "page_sha256", "string", "SHA-256 of the page's bytes.", lambda held: held.page_sha256, states="page_sha256"
    ),
    Column(
        "page_url",
        "string",
        "Where the page was read.",
        lambda held: held.page_url,
        states="page_url",
        optional=True,
    ),
)

_EXTRACTION = Column(
    "extraction",
    Struct(_BY_EXTRACTION),
    "How a program took the text out of a page; null where none did, or that is not said.",
    lambda source: fill(_BY_EXTRACTION, held) if (held := source.annotated.article.extraction) else None,
    states="article/extraction",
    optional=True,
    is_label=False,
)

_EXTRA = Column(
    "extra",
    "string",
    "More metadata of the source by its own keys, as a JSON object; null where there is none.",
    lambda source: (
        msgspec.json.encode(held, order="sorted").decode() if (held := source.annotated.article.extra) else None
    ),
    states="article/extra",
    optional=True,
    is_label=False,
)


def _in_short(scheme: Scheme) -> Column:
    """Return the column of statements in short."""
    statement, label = statement_columns(scheme), str(scheme.label.column)
    names = ("statement_id", "same_as", "cluster_id", "speaker_id", label, f"{label}_label", "target_id", "content")
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
    has_more = scheme.edition > 1
    non_statements = non_statements_column(
        scheme,
        "Words that look like a statement and are none: where they stand in the stored text, and why.",
        lambda source: source.annotated.document.non_statements,
        f"document/{scheme.non_statements_key}",
    )
    return Table(
        ARTICLES,
        "One row an article that was read to the end, also one without any statement.",
        (
            *ARTICLE[:3],
            metadata_column("author", "Byline."),
            metadata_column("place", "Where the article was filed."),
            *ARTICLE[3:],
            *((_REPRINT_OF,) if has_more else ()),
            *split_columns(scheme),
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
            *((_n_unique(scheme),) if scheme.has_repetitions else ()),
            *READING,
            Column("text", "string", "The stored text.", lambda source: source.annotated.whole_text, text_of=TEXT),
            *((_EXTRA,) if has_more else ()),
            AGENCIES,
            _METADATA_BASIS,
            *((_EXTRACTION,) if has_more else ()),
            _LINES,
            _ZONES,
            _in_short(scheme),
            *((non_statements,) if scheme.non_statements else ()),
        ),
    )


def _n_unique(scheme: Scheme) -> Column:
    """Return the column of how many statements an article has without their copies."""
    meaning = "do not repeat another one (no `same_as`)" if scheme.edition < 2 else "differ: one for each `cluster_id`"
    return Column(
        "n_unique",
        "int64",
        f"How many of them {meaning}.",
        lambda source: sum(each.statement.same_as is None for each in source.statements),
        repeats=True,
    )


@dataclass(frozen=True, slots=True)
class EntrySource:
    """What a row of a registry is filled from."""

    entry: Any
    context: RowContext


def _column(
    name: str,
    meaning: str,
    key: str,
    refers: tuple[str, ...] = (),
    *,
    is_label: bool = True,
    optional: bool = False,
    vocabulary: str | None = None,
) -> Column:
    """Return a column of what the record of an entry says under a key."""
    return Column(
        name,
        "string",
        meaning,
        lambda source: getattr(source.entry, key),
        states=f"entry/{key}",
        optional=optional,
        is_label=is_label,
        refers=refers,
        vocabulary=vocabulary,
    )


_VERSIONS = (
    Column(
        SCHEMA_VERSION.name,
        "string",
        SCHEMA_VERSION.meaning,
        lambda source: source.context.schema_version,
        is_label=False,
    ),
    DATASET_VERSION,
)


def _former(moved: Callable[[RowContext], Mapping[str, str]]) -> Column:
    """Return the column of former ids. moved: gives former ids, each with the present one."""
    last: list[tuple[Mapping[str, str], dict[str, list[str]]]] = []  # of the context asked last: rows come in thousands

    def get(source: EntrySource) -> list[str]:
        ids = moved(source.context)
        if not last or last[0][0] is not ids:
            led: dict[str, list[str]] = {}
            for former in sorted(ids):
                led.setdefault(ids[former], []).append(former)
            last[:] = [(ids, led)]
        return list(last[0][1].get(source.entry.id, ()))

    meaning = "Ids that were merged into this one, or that it had before."
    return Column("former_ids", IDS, meaning, get, states="redirects", is_label=False)


_ROLE = (
    Column("title", "string", "Name of the role.", lambda role: role.title, states="title"),
    Column(
        "begin",
        "string",
        "Since when, as an EDTF date; null where that is not certain.",
        lambda role: role.begin,
        states="from",
        optional=True,
        renamed="since",
    ),
    Column(
        "end",
        "string",
        "Until when, as an EDTF date; null where that is not certain.",
        lambda role: role.end,
        states="to",
        optional=True,
        renamed="until",
    ),
)

_ENTITIES = Table(
    "entities",
    "One row an actor of the registry, whatever the spelling: every id of an entity in another table is one of these.",
    (
        _column("entity_id", "Id of the entity, never reused.", "id", ("entities",)),
        _column("name", "The name to show.", "name", is_label=False),
        _column("kind", "What kind of actor it is.", "kind", vocabulary="entity_kind"),
        _column("part_of", "Id of the entity that it is a part of.", "part_of", ("entities",), optional=True),
        _column(
            "affiliation", "Id of the entity that it speaks or works for.", "affiliation", ("entities",), optional=True
        ),
        _column("wikidata", "A verified Wikidata id.", "wikidata", is_label=False, optional=True),
        *_VERSIONS,
        Column(
            "aliases",
            IDS,
            "Every other name and transliteration met.",
            lambda source: list(source.entry.aliases),
            states="entry/aliases",
            is_label=False,
        ),
        _former(lambda context: context.moved_entities),
        groups_column(
            "roles", "Public roles.", _ROLE, lambda source: source.entry.roles, "entry/roles", is_label=False
        ),
    ),
)

_TARGETS = Table(
    "targets",
    "One row an act or outcome of the registry: what positions are about and conditions ask for.",
    (
        _column("target_id", "Id of the target, never reused.", "id", ("targets",)),
        _column("name", "Name of the target.", "name", is_label=False),
        _column("definition", "What it means.", "definition", is_label=False),
        _column(
            "use",
            "What it may stand for: `target`, `condition`, `both` or, as a heading, `root`.",
            "use",
            vocabulary="target_use",
        ),
        _column(
            "parent", "Id of the target that it stands under; null for a root.", "parent", ("targets",), optional=True
        ),
        Column(
            "root",
            "string",
            "Id of the root that it stands under; its own for a root.",
            lambda source: find_top(source.entry, source.context.targets).id,
            refers=("targets",),
        ),
        *_VERSIONS,
        _former(lambda context: context.moved_targets),
    ),
)


ENTITIES, TARGETS = _ENTITIES.name, _TARGETS.name


@lru_cache(maxsize=32)
def entity_table(scheme: Scheme) -> Table:
    """Return the table `entities`."""
    return in_edition(_ENTITIES, scheme)


@lru_cache(maxsize=32)
def target_table(scheme: Scheme) -> Table:
    """Return the table `targets`."""
    return in_edition(_TARGETS, scheme)


def entity_rows(context: RowContext) -> list[Row]:
    """Return the rows of the table `entities`, by id."""
    columns = entity_table(context.scheme).columns
    return [fill(columns, EntrySource(each, context)) for each in context.entities.values()]


def target_rows(context: RowContext) -> list[Row]:
    """Return the rows of the table `targets`, by id."""
    columns = target_table(context.scheme).columns
    return [fill(columns, EntrySource(each, context)) for each in context.targets.values()]
