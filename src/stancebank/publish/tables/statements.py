"""The tables of statements, of their conditions, and of what each annotator said before it became gold.

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

An id (kinds entity and target) has the name behind it where nothing else says it, a date what it rests on.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

import msgspec

from stancebank.agreement.align import align
from stancebank.model import Condition, Document, Mention, Span, Statement
from stancebank.publish.sources import ArticleAnnotation, RowContext
from stancebank.publish.tables.columns import (
    AGENCIES,
    ANNOTATOR,
    ARTICLE,
    ARTICLE_ID,
    DATASET_VERSION,
    GUIDELINE_VERSION,
    IDS,
    ORIGIN,
    READING,
    RIGHTS,
    SCHEMA_VERSION,
    SPAN,
    SPANS,
    ArticleSource,
    Column,
    ListOf,
    Row,
    Struct,
    Table,
    copied,
    derived,
    fill,
    groups_column,
    read_back,
    span_column,
    spans_column,
    with_fields,
)
from stancebank.publish.tables.registries import find_root
from stancebank.schema.fields import Field, Holder, Level, Scheme

STATEMENTS, CONDITIONS, ANNOTATIONS = "statements", "conditions", "annotations"

ENTITY_IDS, TARGET_IDS = ("entities",), ("targets",)
"""What columns refer to that hold ids of the registries."""

UNKNOWN_TIME = "0001-01-01T00:00:00Z"
"""Stands for the times of a document, which rows do not hold."""


@dataclass(frozen=True)
class StatementSource(ArticleSource):
    """What a row of a statement is filled from. known: the row itself, where it is at hand."""

    statement: Statement
    known: Row | None = None

    @cached_property
    def row(self) -> Row:
        """Its row of the table `statements`, which other tables repeat parts of."""
        return self.known or fill(statement_columns(self.context.scheme).all, self)


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
class AnnotationSource(ArticleSource):
    """What a row of an annotator's statement is filled from, or of an article in which one found none.

    annotated: with the annotator's document. row: what the statement's row of the table `statements` would be; of an
    article without statements, with nothing in it. gold_id: of the gold statement aligned with it, if any.
    """

    row: Row
    gold_id: str | None
    gold_method: str | None


@dataclass(frozen=True)
class StatementColumns:
    """The columns of the table `statements`, by their places in it."""

    flat: tuple[Column, ...]
    lists: tuple[Column, ...]
    mentions: tuple[Column, ...]
    conditions: tuple[Column, ...]
    spans: tuple[Column, ...]

    @cached_property
    def all(self) -> tuple[Column, ...]:
        """All of them, in their order."""
        return (*self.flat, *self.lists, *self.mentions, *self.conditions, *self.spans)

    def named(self, names: Iterable[str]) -> tuple[Column, ...]:
        """Return the flat columns with these names, filled from a row at hand, in their own order."""
        wanted = set(names)
        return copied(column for column in self.flat if column.name in wanted)


@dataclass(frozen=True)
class _FieldColumns:
    """The columns of a field. words, places: those of spans, and where they are."""

    values: tuple[Column, ...] = ()
    lists: tuple[Column, ...] = ()
    mentions: tuple[Column, ...] = ()
    words: tuple[Column, ...] = ()
    places: tuple[Column, ...] = ()


def _field_columns(field: Field, holder: Callable[[Any], Holder], above: str) -> _FieldColumns:
    """Return the columns of a field. holder: gives what it belongs to; above: the path of that within the record."""
    name, meaning, path = str(field.column), field.meaning, f"{above}{field.name}"
    optional = not field.required and field.empty is None

    def spans(source: Any) -> tuple[Span, ...]:
        return field.spans(holder(source))

    def words(text_of: str) -> tuple[Column, ...]:
        return (Column(name, "string", meaning, lambda source: source.annotated.words(spans(source)), text_of=text_of),)

    where = f"Where the {field.title} stands."
    if field.kind == "span":
        place = span_column(f"{name}_span", where, lambda source: next(iter(spans(source)), None), path)
        return _FieldColumns(words=words(place.name), places=(replace(place, optional=optional),))
    if field.kind == "spans":
        return _FieldColumns(words=words(f"{name}_spans"), places=(spans_column(f"{name}_spans", where, spans, path),))
    if field.kind == "entities":
        return _FieldColumns(
            lists=(
                Column(
                    name,
                    IDS,
                    meaning,
                    lambda source: list(field.ids(holder(source))),
                    states=path,
                    refers=ENTITY_IDS,
                ),
            )
        )
    if field.kind == "mentions":
        return _FieldColumns(mentions=(_mentions_column(name, meaning, field, holder, path),))
    if field.kind == "date":
        return _FieldColumns(values=_date_columns(name, meaning, field, holder, path))
    value = Column(
        name,
        {"flag": "bool", "group": "int64"}.get(field.kind, "string"),
        meaning,
        lambda source: field.value(holder(source)),
        states=path,
        optional=optional,
        refers={"entity": ENTITY_IDS, "target": TARGET_IDS}.get(field.kind, ()),
    )
    if field.kind in ("entity", "target"):
        return _FieldColumns(values=(value, _name_column(name, meaning, field, holder)))
    return _FieldColumns(values=(value,))


def _name_column(name: str, meaning: str, field: Field, holder: Callable[[Any], Holder]) -> Column:
    """Return the column of the name of an id; an id that is none of a registry stands for its own name."""
    of = re.match(r"Id of ([^,;.]+)", meaning)

    def get(source: ArticleSource) -> str | None:
        registry: Mapping[str, Any] = source.context.entities if field.kind == "entity" else source.context.targets
        held = field.text(holder(source))
        return str(registry[held].name) if held is not None and held in registry else held

    return Column(f"{name}_name", "string", f"Name of {of[1] if of else f'`{name}`'}.", get, is_label=False)


def _date_columns(
    name: str, meaning: str, field: Field, holder: Callable[[Any], Holder], path: str
) -> tuple[Column, Column]:
    def date(source: Any) -> str | None:
        said = field.date(holder(source))
        return said.date if said else None

    def basis(source: Any) -> str | None:
        said = field.date(holder(source))
        return said.basis if said else None

    return (
        Column(name, "string", meaning, date, states=f"{path}/date", optional=True),
        Column(f"{name}_basis", "string", "What that date rests on.", basis, states=f"{path}/basis", optional=True),
    )


def _mentions_column(name: str, meaning: str, field: Field, holder: Callable[[Any], Holder], path: str) -> Column:
    fields = (
        Column("entity_id", "string", "Id of the entity.", lambda m: m[0].entity, states="entity", refers=ENTITY_IDS),
        Column("name", "string", "Its name.", lambda m: m[1].entities[m[0].entity].name, is_label=False),
        span_column("span", "Where it is mentioned.", lambda m: m[0].span, "span"),
    )

    def mentions(source: ArticleSource) -> list[tuple[Mention, RowContext]]:
        return [(each, source.context) for each in field.mentions(holder(source))]

    return groups_column(name, meaning, fields, mentions, path)


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
    Column("speaker_kind", "string", "What kind of actor the speaker is.", lambda source: _speaker(source).kind),
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
        lambda source: find_root(_target(source), source.context.targets).id,
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
    )
    return (
        first,
        *derived((ARTICLE_ID,)),
        *((same_as,) if scheme.has_repetitions else ()),
        *derived(ARTICLE[1:]),
        zone,
    )


def label_columns(scheme: Scheme) -> tuple[Column, ...]:
    """Return the column of the label, and those that follow from it."""
    label, title = scheme.label, scheme.label.title
    values = tuple(scheme.values(label))
    (value,) = _field_columns(label, lambda source: source.statement, "statement/").values
    number = Column(
        f"{value.name}_id",
        "int64",
        f"Place of the {title} in its vocabulary, counted from 0; a class label.",
        lambda source: values.index(str(label.value(source.statement))),
        classes=values,
    )
    side = Column(
        "polarity",
        "string",
        f"Side of the {title}, derived from it.",
        lambda source: scheme.polarity(source.statement),
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
        for column in _field_columns(field, lambda source: source.statement, "statement/").values
    )


@lru_cache(maxsize=32)
def statement_columns(scheme: Scheme) -> StatementColumns:
    """Return the columns of the table `statements`; the order is that of this module's documentation."""
    fields = [field for field in _published(scheme, "statement") if not field.is_label]
    mine = {f.name: _field_columns(f, lambda source: source.statement, "statement/") for f in fields}
    targets = {
        f.name: _field_columns(f, lambda source: source.statement.target, "statement/target/")
        for f in _published(scheme, "target")
    }

    def values(*kinds: str) -> Iterator[Column]:
        return (column for f in fields if f.kind in kinds for column in mine[f.name].values)

    def spans(kind: str, level: Level) -> list[_FieldColumns]:
        held = mine if level == "statement" else targets
        return [held[f.name] for f in _published(scheme, level) if f.kind == kind and f.name in held]

    words = (
        _FieldColumns(words=(_CONTENT[0],), places=(_CONTENT[1],)),
        _FieldColumns(words=(_SPEAKER_MENTION[0],), places=(_SPEAKER_MENTION[1],)),
        *spans("span", "statement"),
        _FieldColumns(words=(_TARGET_MENTION[0],), places=(_TARGET_MENTION[1],)),
        *spans("span", "target"),
        *spans("spans", "statement"),
        *spans("spans", "target"),
    )
    of_targets, of_statements = targets.values(), mine.values()
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
    return StatementColumns(
        flat=(
            *_id_columns(scheme),
            *_SPEAKER,
            *label_columns(scheme),
            *values("vocabulary", "entity", "target"),
            *_TARGET,
            *(column for held in of_targets for column in held.values),
            *((n_conditions,) if scheme.has_conditions else ()),
            *values("text", "date", "group"),
            *(column for held in words for column in held.words),
            *values("flag"),
            *derived(RIGHTS),
            *derived(READING),
        ),
        lists=(
            *derived((AGENCIES,)),
            *(column for held in (*of_statements, *of_targets) for column in held.lists),
        ),
        mentions=tuple(column for held in (*of_statements, *of_targets) for column in held.mentions),
        conditions=(conditions,) if scheme.has_conditions else (),
        spans=tuple(column for held in words for column in held.places),
    )


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
    held = [_field_columns(f, lambda source: source.condition, "") for f in _published(scheme, "condition")]
    return (
        _CONDITION_ID,
        Column(
            "role", "string", "How the statement depends on it.", lambda source: source.condition.role, states="role"
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


def statement_table(scheme: Scheme) -> Table:
    """Return the table `statements`."""
    return Table(
        STATEMENTS,
        "One row a statement: one speaker's position on one target, as one article reports it.",
        statement_columns(scheme).all,
    )


def condition_table(scheme: Scheme) -> Table:
    """Return the table `conditions`, in which each condition has what is known of its statement beside it."""
    statement, nested = statement_columns(scheme), derived(condition_columns(scheme))
    apart = {str(f.column): f.meaning_apart for f in _published(scheme, "condition")}
    apart["spans"] = "Where the words of the condition stand in the stored text."
    mine = [replace(column, meaning=apart.get(column.name, column.meaning)) for column in nested]
    named = {str(f.column): f for f in _published(scheme, "condition") if f.kind == "entities"}
    flat = [column for column in mine if column.is_flat]
    lists = [column for column in mine if column.type == IDS]
    groups = [column for column in mine if not column.is_flat and column.type != IDS]
    placed = [column for column in groups if column.type in (SPAN, SPANS)]
    return Table(
        CONDITIONS,
        "One row a condition of a statement, with all that is known of the statement.",
        (
            flat[0],
            *copied(statement.flat[:1]),
            *flat[1:],
            *copied(statement.flat[1:]),
            *(each for column in lists for each in (column, _names_column(named[column.name]))),
            *copied(statement.lists),
            *(column for column in groups if column not in placed),
            *copied(statement.mentions),
            *placed,
            *copied(statement.spans),
        ),
    )


def _names_column(field: Field) -> Column:
    """Return the column of the names of a condition's entities."""

    def get(source: ConditionSource) -> list[str]:
        return [source.context.entities[each].name for each in field.ids(source.condition)]

    return Column(names_column(field), IDS, "Their names.", get, is_label=False)


def names_column(field: Field) -> str:
    """Return the name of the column with the names of a condition's entities: ``obligor_names`` for ``obligors``."""
    return f"{str(field.column).removesuffix('s')}_names"


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
    )
    said = [column for column in statement.flat if column.name not in elsewhere]
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
            *_from_row(statement.lists),
            *_from_row(statement.mentions),
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


# From records to rows.


def in_order(annotated: ArticleAnnotation) -> ArticleAnnotation:
    """Return an article with the statements of its document in the order of the rows."""
    statements = tuple(sorted(annotated.document.statements, key=_place))
    document = msgspec.structs.replace(annotated.document, statements=statements)
    return replace(annotated, document=document)


def _place(statement: Statement) -> tuple[int, int, list[tuple[int, str]]]:
    natural = [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", statement.id)]
    return statement.content[0].begin, statement.content[0].end, natural


def statement_sources(annotated: ArticleAnnotation, context: RowContext) -> tuple[StatementSource, ...]:
    """Return what rows of an article's statements are filled from, in the order of its document."""
    return tuple(StatementSource(annotated, context, each) for each in annotated.document.statements)


def condition_sources(statement: StatementSource) -> Iterator[ConditionSource]:
    """Yield what rows of a statement's conditions are filled from."""
    for each in statement.statement.conditions:
        yield ConditionSource(statement.annotated, statement.context, each, statement)


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
            known = fill((*ARTICLE, AGENCIES, *RIGHTS, *READING), ArticleSource(other, context))
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


# From rows to records.


def restore_statement(row: Mapping[str, Any], scheme: Scheme) -> Statement:
    """Return a statement. row: of the table `statements`. Raises TypeError or msgspec's errors where it makes none."""
    return _restored(statement_columns(scheme).all, row, scheme)


def _restored(columns: Iterable[Column], row: Mapping[str, Any], scheme: Scheme) -> Statement:
    value = read_back(columns, row, "statement")
    levels: list[tuple[Level, list[Row]]] = [
        ("statement", [value]),
        ("target", [value["target"]]),
        ("condition", value.get(CONDITIONS, [])),
    ]
    for level, holders in levels:
        dates = [field.name for field in scheme.of(level) if field.kind == "date"] if holders else []
        for holder in holders:
            for name in dates:
                if name in holder and not holder[name].get("date"):
                    del holder[name]  # what no date rests on says nothing
    return scheme.read_statement(value)


def restore_annotations(
    row: Mapping[str, Any], annotations: Iterable[Mapping[str, Any]], scheme: Scheme
) -> Iterator[Document]:
    """Yield the documents of an article's annotators, with the ids that they have within their documents.

    row: of the table `articles`; annotations: the article's rows of the table `annotations`. Raises TypeError or
    msgspec's errors where they make none.
    """
    columns = annotation_table_columns(scheme)
    grouped: dict[str, list[Mapping[str, Any]]] = {}
    for each in annotations:
        grouped.setdefault(each["annotator"], []).append(each)
    for annotator, mine in grouped.items():
        whole = f"{annotator}/{row['article_id']}/"
        statements = [_restored(columns, _local(each, whole), scheme) for each in mine if _states(each, scheme)]
        yield Document(
            **read_back(columns, mine[0], "document"),
            schema_version=row["schema_version"],
            article_id=row["article_id"],
            text_sha256=row["text_sha256"],
            created_at=UNKNOWN_TIME,
            updated_at=UNKNOWN_TIME,
            statements=tuple(statements),
        )


@lru_cache(maxsize=32)
def annotation_table_columns(scheme: Scheme) -> tuple[Column, ...]:
    """Return the columns of the table `annotations`."""
    return annotation_table(scheme).columns


def _states(row: Mapping[str, Any], scheme: Scheme) -> bool:
    """Whether a row of the table `annotations` is a statement, and not a document that says nothing."""
    return not (row[str(scheme.label.column)] is None and row["nothing_to_annotate"])


def _local(row: Mapping[str, Any], whole: str) -> Row:
    """Return a row of an annotator with the ids that the annotator's document has."""
    found = {**row, "annotation_id": row["annotation_id"].removeprefix(whole)}
    if row.get("same_as"):
        found["same_as"] = row["same_as"].removeprefix(whole)
    if CONDITIONS in row:
        conditions = [{**each, "condition_id": each["condition_id"].removeprefix(whole)} for each in row[CONDITIONS]]
        found[CONDITIONS] = conditions
    return found
