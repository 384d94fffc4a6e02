"""The tables of statements and of their conditions.

Their columns come from the fields of the scheme. They are in this order, and fields of one kind in that of the scheme:

1. the statement's id, its article, the zone, the speaker;
2. the label with what follows from it, then other values and ids: vocabulary, entity, target;
3. the target: id, name, root, then its fields of one value each;
4. how many conditions there are, then free values of the statement: text, date, group;
5. words: content, mention of the speaker, spans of the statement, mention of the target, its spans; then, in the same
   order, fields of several stretches (kind `spans`);
6. flags of the statement; rights and reading;
7. lists of ids: agencies, then entities of the statement and of the target; lists of groups: mentions, conditions;
8. the places of the words, in the order of the words.

From the second edition of the frame on, what a row says comes before all else: who, the label, on what, in which words.
Then class labels stand beside their values, what follows from copies and parties behind the target, and columns that
later steps fill behind the flags.

An id (kinds entity and target) has the name behind it where nothing else says it, a date what it rests on.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any

import msgspec

from stancebank.corpus.registry import find_clusters, find_top
from stancebank.model import Condition, Span, Statement
from stancebank.publish.gold import ArticleAnnotation, RowContext
from stancebank.publish.tables.columns import (
    AGENCIES,
    ARTICLE,
    ARTICLE_ID,
    IDS,
    READING,
    RIGHTS,
    ArticleSource,
    Column,
    Filler,
    Row,
    Table,
    copied,
    derived,
    groups_column,
    number_column,
    numbered,
    renamed,
)
from stancebank.publish.tables.fields import (
    ENTITY_IDS,
    TARGET_IDS,
    FieldColumns,
    Judgement,
    cluster_columns,
    cluster_id_column,
    field_columns,
    is_place,
    judgement_columns,
    names_column,
    party_columns,
    span_column,
    spans_column,
    split_columns,
    suggestion_column,
)
from stancebank.schema.fields import Field, Level, Scheme

STATEMENTS, CONDITIONS = "statements", "conditions"

UNKNOWN_TIME = "0001-01-01T00:00:00Z"
"""Stands for the times of a document, which rows do not hold."""


@dataclass(frozen=True)
class StatementSource(ArticleSource):
    """What a row of a statement is filled from.

    known: the row itself, where it is at hand. cluster: the statements of its document that say the same, itself among
    them, the fullest first; () where it is the only one. judgement: what annotators make of it together, where it is
    gold and several have read the article.
    """

    statement: Statement
    known: Row | None = None
    cluster: tuple[Statement, ...] = ()
    judgement: Judgement | None = None

    @property
    def copies(self) -> tuple[Statement, ...]:
        """The statements that say the same, itself among them, the fullest first."""
        return self.cluster or (self.statement,)

    @cached_property
    def row(self) -> Row:
        """Its row of the table `statements`, which other tables repeat parts of."""
        return self.known or statement_columns(self.context.scheme).filler(self)


@dataclass(frozen=True)
class ConditionSource(ArticleSource):
    """What a row or nested value of a condition is filled from. of: its statement."""

    condition: Condition
    of: StatementSource

    @property
    def row(self) -> Row:
        """The row of its statement."""
        return self.of.row


@dataclass(frozen=True)
class StatementColumns:
    """The columns of the table `statements`, by their places in it. of_gold: names of those that only gold has."""

    flat: tuple[Column, ...]
    lists: tuple[Column, ...]
    mentions: tuple[Column, ...]
    conditions: tuple[Column, ...]
    spans: tuple[Column, ...]
    of_gold: frozenset[str] = frozenset()

    @cached_property
    def all(self) -> tuple[Column, ...]:
        """All of them, in their order."""
        return (*self.flat, *self.lists, *self.mentions, *self.conditions, *self.spans)

    @cached_property
    def filler(self) -> Filler:
        """What makes a row of them."""
        return Filler(self.all)

    def named(self, names: Iterable[str]) -> tuple[Column, ...]:
        """Return the flat columns with these names, filled from a row at hand, in their own order."""
        wanted = set(names)
        return copied(column for column in self.flat if column.name in wanted)


def _published(scheme: Scheme, level: Level) -> list[Field]:
    return [field for field in scheme.of(level) if field.column is not None]


def _speaker(source: StatementSource) -> Any:
    return source.context.entities[source.statement.speaker.entity]


def _target(source: StatementSource) -> Any:
    return source.context.targets[source.statement.target.id]


def _one(span: Span | None) -> tuple[Span, ...]:
    return (span,) if span else ()


_SPEAKER = (
    Column(
        "speaker_id",
        "string",
        "Id of the entity whose position it is.",
        lambda source: source.statement.speaker.entity,
        states="statement/speaker/entity",
        refers=ENTITY_IDS,
    ),
    Column("speaker_name", "string", "Name of the speaker.", lambda source: _speaker(source).name, is_label=False),
    Column(
        "speaker_kind",
        "string",
        "What kind of actor the speaker is.",
        lambda source: _speaker(source).kind,
        vocabulary="entity_kind",
    ),
    Column(
        "speaker_affiliation",
        "string",
        "Id of the entity that the speaker belongs to.",
        lambda source: _speaker(source).affiliation,
        refers=ENTITY_IDS,
    ),
)

_TARGET = (
    Column(
        "target_id",
        "string",
        "Id of the act or outcome that the position is about.",
        lambda source: source.statement.target.id,
        states="statement/target/id",
        refers=TARGET_IDS,
    ),
    Column("target_name", "string", "Name of the target.", lambda source: _target(source).name, is_label=False),
    Column(
        "target_root",
        "string",
        "Id of the root that the target stands under.",
        lambda source: find_top(_target(source), source.context.targets).id,
        refers=TARGET_IDS,
    ),
)


def _id_columns(scheme: Scheme) -> tuple[Column, ...]:
    """Return the columns of a statement's id, its article and its place there."""
    first = Column(
        "statement_id",
        "string",
        "Id of the statement, never reused.",
        lambda source: source.statement.id,
        states="statement/id",
        refers=(STATEMENTS,),
    )
    same_as = Column(
        "same_as",
        "string",
        "Id of the fullest statement in the article that says the same; null if this is it.",
        lambda source: source.statement.same_as,
        states="statement/same_as",
        optional=True,
        refers=(STATEMENTS,),
    )
    zone = Column(
        "zone",
        "string",
        "Part of the article in which the statement begins.",
        lambda source: source.annotated.article.zone_at(source.statement.content[0].begin),
        vocabulary="zone",
    )
    return (
        first,
        *derived((ARTICLE_ID,)),
        *((same_as,) if scheme.has_repetitions else ()),
        *((cluster_id_column(),) if scheme.has_repetitions and scheme.edition > 1 else ()),
        *derived(ARTICLE[1:]),
        zone,
    )


def label_columns(scheme: Scheme) -> tuple[Column, ...]:
    """Return the column of the label, and those that follow from it."""
    label, title = scheme.label, scheme.label.title
    values = tuple(scheme.values(label))
    (value,) = field_columns(label, lambda source: source.statement, "statement/").values
    number = number_column(value, title, values)
    side = Column(
        "polarity",
        "string",
        f"Side of the {title}, derived from it.",
        lambda source: scheme.polarity(source.statement),
        vocabulary="polarity",
    )
    conditional = (
        Column(
            f"{value.name}_label",
            "string",
            f"{title.capitalize()} with `_conditional` behind it where the statement is conditional.",
            lambda source: scheme.label_of(source.statement),
        ),
        Column(
            "conditional",
            "bool",
            "Whether the position depends on at least one condition; derived.",
            lambda source: scheme.is_conditional(source.statement),
        ),
    )
    return (
        value,
        number,
        *((side,) if scheme.has_polarity else ()),
        *(conditional if scheme.has_conditions else ()),
    )


def value_columns(scheme: Scheme) -> tuple[Column, ...]:
    """Return the columns of a statement's values of closed lists, the label's left out."""
    return tuple(
        column
        for field in _published(scheme, "statement")
        if field.kind == "vocabulary" and not field.is_label
        for column in field_columns(field, lambda source: source.statement, "statement/").values
    )


@lru_cache(maxsize=32)
def statement_columns(scheme: Scheme) -> StatementColumns:
    """Return the columns of the table `statements`; the order is that of this module's documentation."""
    fields = [field for field in _published(scheme, "statement") if not field.is_label]
    mine = {f.name: field_columns(f, lambda source: source.statement, "statement/") for f in fields}
    targets = {
        f.name: field_columns(f, lambda source: source.statement.target, "statement/target/")
        for f in _published(scheme, "target")
    }

    def values(*kinds: str) -> Iterator[Column]:
        return (column for f in fields if f.kind in kinds for column in mine[f.name].values)

    def spans(kind: str, level: Level) -> list[FieldColumns]:
        held = mine if level == "statement" else targets
        return [held[f.name] for f in _published(scheme, level) if f.kind == kind and f.name in held]

    words = (
        FieldColumns(words=(_CONTENT[0],), places=(_CONTENT[1],)),
        FieldColumns(words=(_SPEAKER_MENTION[0],), places=(_SPEAKER_MENTION[1],)),
        *spans("span", "statement"),
        FieldColumns(words=(_TARGET_MENTION[0],), places=(_TARGET_MENTION[1],)),
        *spans("span", "target"),
        *spans("spans", "statement"),
        *spans("spans", "target"),
    )
    of_targets, of_statements = targets.values(), mine.values()
    parties, clusters, judgement = party_columns(scheme), cluster_columns(scheme), judgement_columns(scheme)
    of_gold = (*clusters.values, *clusters.lists, *judgement.values, *judgement.lists)
    n_conditions = Column(
        "n_conditions",
        "int64",
        "How many conditions of any role are annotated.",
        lambda source: len(source.statement.conditions),
    )
    conditions = groups_column(
        CONDITIONS,
        "What the position depends on, in the order of annotation.",
        condition_columns(scheme),
        lambda source: [ConditionSource(source.annotated, source.context, each, source) for each in _depends(source)],
        "statement/conditions",
    )

    def named(columns: Iterable[Column]) -> tuple[Column, ...]:
        return renamed(numbered(columns, scheme), scheme)

    found = StatementColumns(
        flat=(
            *_id_columns(scheme),
            *_SPEAKER,
            *label_columns(scheme),
            *values("vocabulary", "entity", "target"),
            *_TARGET,
            *(column for held in of_targets for column in held.values),
            *parties.values,
            *clusters.values,
            *((n_conditions,) if scheme.has_conditions else ()),
            *values("text", "date", "group"),
            *(column for held in words for column in held.words),
            *values("flag"),
            *judgement.values,
            *((suggestion_column(),) if scheme.edition > 1 else ()),
            *split_columns(scheme),
            *derived(RIGHTS),
            *derived(READING),
        ),
        lists=(
            *derived((AGENCIES,)),
            *(column for held in (*of_statements, *of_targets) for column in held.lists),
            *parties.lists,
            *clusters.lists,
        ),
        mentions=(
            *(column for held in (*of_statements, *of_targets) for column in held.mentions),
            *judgement.lists,
        ),
        conditions=(conditions,) if scheme.has_conditions else (),
        spans=tuple(column for held in words for column in held.places),
    )
    return StatementColumns(
        flat=_main_first(named(found.flat), scheme),
        lists=named(found.lists),
        mentions=named(found.mentions),
        conditions=named(found.conditions),
        spans=named(found.spans),
        of_gold=frozenset(column.name for column in named(of_gold)) | {"cluster_id"},
    )


def _main_first(columns: tuple[Column, ...], scheme: Scheme) -> tuple[Column, ...]:
    """Return flat columns as they are in the edition of a scheme: from the second on, what a row says comes first."""
    if scheme.edition < 2:
        return columns
    main = ("statement_id", "speaker_name", str(scheme.label.column), "conditional", "target_name", "content")
    places = {name: place for place, name in enumerate(main)}
    return tuple(sorted(columns, key=lambda column: places.get(column.name, len(main))))


def _depends(source: StatementSource) -> tuple[Condition, ...]:
    return source.statement.conditions


def _words_column(name: str, meaning: str, spans: Callable[[Any], Iterable[Span]], text_of: str) -> Column:
    """Return a column of the words of spans."""
    return Column(name, "string", meaning, lambda source: source.annotated.words(spans(source)), text_of=text_of)


_CONTENT = (
    _words_column(
        "content",
        "Words that carry the position; several spans are joined by ` […] `.",
        lambda source: source.statement.content,
        "content_spans",
    ),
    spans_column(
        "content_spans",
        "Where the content stands in the stored text.",
        lambda source: source.statement.content,
        "statement/content",
    ),
)

_SPEAKER_MENTION = (
    _words_column(
        "speaker_mention",
        "Words that mention the speaker.",
        lambda source: _one(source.statement.speaker.span),
        "speaker_span",
    ),
    span_column(
        "speaker_span",
        "Where the speaker is mentioned.",
        lambda source: source.statement.speaker.span,
        "statement/speaker/span",
    ),
)

_TARGET_MENTION = (
    _words_column(
        "target_mention",
        "Words that name the target.",
        lambda source: _one(source.statement.target.span),
        "target_span",
    ),
    span_column(
        "target_span",
        "Where the target is named.",
        lambda source: source.statement.target.span,
        "statement/target/span",
    ),
)

_CONDITION_ID = Column(
    "condition_id",
    "string",
    "Id of the condition, never reused.",
    lambda source: source.condition.id,
    states="id",
    refers=(CONDITIONS,),
)


@lru_cache(maxsize=32)
def condition_columns(scheme: Scheme) -> tuple[Column, ...]:
    """Return the columns of a condition as a nested value; fields in the order of the scheme, then words."""
    held = [field_columns(f, lambda source: source.condition, "") for f in _published(scheme, "condition")]
    columns = (
        _CONDITION_ID,
        Column(
            "role",
            "string",
            "How the statement depends on it.",
            lambda source: source.condition.role,
            states="role",
            vocabulary="condition_role",
        ),
        *(column for each in held for column in (*each.values, *each.lists, *each.mentions)),
        _words_column(
            "text",
            "Words of the condition; several spans are joined by ` […] `.",
            lambda source: source.condition.spans,
            "spans",
        ),
        *(column for each in held for column in each.words),
        spans_column(
            "spans", "Where these words stand in the stored text.", lambda source: source.condition.spans, "spans"
        ),
        *(column for each in held for column in each.places),
    )
    return renamed(columns, scheme)


def statement_table(scheme: Scheme) -> Table:
    """Return the table `statements`."""
    return Table(
        STATEMENTS,
        "One row a statement: one speaker's position on one target, as one article reports it.",
        statement_columns(scheme).all,
    )


def _names_of(field: Field) -> Column:
    """Return the column of the names of a condition's entities or targets; an id of no registry is its own name."""

    def get(source: ConditionSource) -> list[str]:
        context = source.context
        registry: Mapping[str, Any] = context.entities if field.kind == "entities" else context.targets
        return [registry[each].name if each in registry else each for each in field.ids(source.condition)]

    return Column(names_column(field), IDS, "Their names.", get, is_label=False)


def condition_table(scheme: Scheme) -> Table:
    """Return the table `conditions`, in which each condition has what is known of its statement beside it."""
    statement, nested = statement_columns(scheme), derived(condition_columns(scheme))
    apart = {str(f.column): f.meaning_apart for f in _published(scheme, "condition")}
    apart["spans"] = "Where the words of the condition stand in the stored text."
    mine = [replace(column, meaning=apart.get(column.name, column.meaning)) for column in nested]
    named = {str(f.column): f for f in _published(scheme, "condition") if f.kind in ("entities", "targets")}
    flat = [column for column in mine if column.is_flat]
    lists = [column for column in mine if column.type == IDS]
    groups = [column for column in mine if not column.is_flat and column.type != IDS]
    placed = [column for column in groups if is_place(column)]
    return Table(
        CONDITIONS,
        "One row a condition of a statement, with all that is known of the statement.",
        (
            flat[0],
            *copied(statement.flat[:1]),
            *flat[1:],
            *copied(statement.flat[1:]),
            *(each for column in lists for each in (column, _names_of(named[column.name]))),
            *copied(statement.lists),
            *(column for column in groups if column not in placed),
            *copied(statement.mentions),
            *placed,
            *copied(statement.spans),
        ),
    )


# From records to rows.


def in_order(annotated: ArticleAnnotation) -> ArticleAnnotation:
    """Return an article with the statements of its document in the order of the rows."""
    statements = tuple(sorted(annotated.document.statements, key=_bounds))
    if any(_bounds(one) == _bounds(other) for one, other in pairwise(statements)):
        statements = tuple(sorted(statements, key=_place))
    document = msgspec.structs.replace(annotated.document, statements=statements)
    return replace(annotated, document=document)


def _bounds(statement: Statement) -> tuple[int, int]:
    first = statement.content[0]
    return first.begin, first.end


def _place(statement: Statement) -> tuple[int, int, list[tuple[int, str]]]:
    natural = [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", statement.id)]
    return *_bounds(statement), natural


def statement_sources(
    annotated: ArticleAnnotation, context: RowContext, judgements: Mapping[str, Judgement] | None = None
) -> tuple[StatementSource, ...]:
    """Return what rows of an article's statements are filled from, in the order of its document.

    judgements: what annotators make of its gold statements, by their ids.
    """
    statements, judged = annotated.document.statements, judgements or {}
    clusters = find_clusters(statements) if any(each.same_as for each in statements) else {}
    return tuple(
        StatementSource(annotated, context, each, None, clusters.get(each.id, ()), judged.get(each.id))
        for each in statements
    )


def condition_sources(statement: StatementSource) -> Iterator[ConditionSource]:
    """Yield what rows of a statement's conditions are filled from."""
    for each in statement.statement.conditions:
        yield ConditionSource(statement.annotated, statement.context, each, statement)
