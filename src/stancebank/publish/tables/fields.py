"""The columns of the fields of a scheme, whatever they belong to: how each kind is published, and what follows.

From the second edition of the frame on, more follows from the fields and the registry: the states behind the parties of
a target, and what all copies of a statement say together. Columns that later steps fill are declared here, too.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from stancebank.corpus.registry import find_above, find_states
from stancebank.model import AMBIGUITIES, Entity, Mention, NonStatement, Span, Statement
from stancebank.publish.gold import RowContext
from stancebank.publish.tables.columns import (
    IDS,
    ArticleSource,
    Column,
    Get,
    Groups,
    ListOf,
    Row,
    Struct,
    fields_of,
    groups_column,
)
from stancebank.schema.fields import Field, Holder, Scheme

ENTITY_IDS, TARGET_IDS = ("entities",), ("targets",)
"""What columns refer to that hold ids of the registries."""


@dataclass(frozen=True)
class FieldColumns:
    """The columns of a field. words, places: those of spans, and where they are."""

    values: tuple[Column, ...] = ()
    lists: tuple[Column, ...] = ()
    mentions: tuple[Column, ...] = ()
    words: tuple[Column, ...] = ()
    places: tuple[Column, ...] = ()


def field_columns(field: Field, holder: Callable[[Any], Holder], above: str) -> FieldColumns:
    """Return the columns of a field. holder: gives what it belongs to; above: the path of that within the record."""
    name, meaning, path = str(field.column), field.meaning, f"{above}{field.name}"
    optional = field.can_wait or (not field.required and field.empty is None)

    key = field.name  # as `Field.value` does it, which would be called for every value of a row
    empty: Any = field.empty

    def value(source: Any) -> Any:
        return holder(source).fields.get(key, empty)

    def spans(source: Any) -> tuple[Span, ...]:
        said = value(source)
        return ((said,) if said is not None else ()) if field.kind == "span" else said or ()

    def words(text_of: str) -> tuple[Column, ...]:
        return (Column(name, "string", meaning, lambda source: source.annotated.words(spans(source)), text_of=text_of),)

    where = f"Where the {field.title} stands."
    if field.kind == "span":
        place = span_column(f"{name}_span", where, lambda source: next(iter(spans(source)), None), path)
        return FieldColumns(words=words(place.name), places=(replace(place, optional=optional),))
    if field.kind == "spans":
        return FieldColumns(words=words(f"{name}_spans"), places=(spans_column(f"{name}_spans", where, spans, path),))
    if field.kind in ("entities", "targets"):
        return FieldColumns(
            lists=(
                Column(
                    name,
                    IDS,
                    meaning,
                    lambda source: list(value(source) or ()),
                    states=path,
                    refers=ENTITY_IDS if field.kind == "entities" else TARGET_IDS,
                ),
            )
        )
    if field.kind == "mentions":
        return FieldColumns(mentions=(_mentions_column(name, meaning, field, holder, path),))
    if field.kind == "date":
        return FieldColumns(values=_date_columns(name, meaning, field, holder, path))
    column = Column(
        name,
        {"flag": "bool", "group": "int64"}.get(field.kind, "string"),
        meaning,
        value,
        states=path,
        optional=optional,
        refers={"entity": ENTITY_IDS, "target": TARGET_IDS}.get(field.kind, ()),
        vocabulary=field.vocabulary,
    )
    if field.kind in ("entity", "target"):
        return FieldColumns(values=(column, _name_column(name, meaning, field, holder)))
    return FieldColumns(values=(column,))


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
        Column(
            f"{name}_basis",
            "string",
            "What that date rests on.",
            basis,
            states=f"{path}/basis",
            optional=True,
            vocabulary=field.vocabulary,
        ),
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


def names_column(field: Field) -> str:
    """Return the name of the column with the names of a condition's entities: ``obligor_names`` for ``obligors``."""
    return f"{str(field.column).removesuffix('s')}_names"


# What follows from fields and the registry.


def _holder_of(field: Field, statement: Statement) -> Holder:
    """Return what a field of a statement or of its target belongs to."""
    return statement.target if field.level == "target" else statement


def party_columns(scheme: Scheme) -> FieldColumns:
    """Return the columns of the states behind the parties, where the scheme says which field names these."""
    field = scheme.parties
    kinds = scheme.vocabularies.states()
    if scheme.edition < 2 or field is None or not kinds:
        return FieldColumns()

    def states(source: Any) -> list[str]:
        held = field.ids(_holder_of(field, source.statement))
        return find_states(held, source.context.entities, kinds) if held else []

    def dyad(source: Any) -> str | None:
        found = states(source)
        return "--".join(found) if len(found) == 2 else None  # no id has two hyphens in a row

    return FieldColumns(
        values=(
            Column(
                "dyad",
                "string",
                "Ids of the two states behind the parties, as `<id>--<id>` by alphabet; null unless there are two.",
                dyad,
            ),
        ),
        lists=(
            Column(
                "party_states",
                IDS,
                "Ids of the states that the parties are, or belong to, by alphabet.",
                states,
                refers=ENTITY_IDS,
            ),
        ),
    )


def cluster_id_column() -> Column:
    """Return the column of the id of a cluster."""
    return Column(
        "cluster_id",
        "string",
        "Id of the fullest statement in the article that says the same, its own where it is that: copies share it.",
        lambda source: source.copies[0].id,
        refers=("statements",),
    )


def cluster_columns(scheme: Scheme) -> FieldColumns:
    """Return the columns of what all copies of a statement say together: its widest parties, its strongest values."""
    if scheme.edition < 2 or not scheme.has_repetitions:
        return FieldColumns()
    graded = [each for each in scheme.fields if each.column and each.level != "condition" and scheme.strengths(each)]
    return FieldColumns(
        values=tuple(_strongest_column(field, scheme) for field in graded),
        lists=(_widest_column(scheme.parties),) if scheme.parties is not None else (),
    )


def _of_fullest(get: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return what makes a value for the fullest statement of a cluster alone."""
    return lambda source: None if source.cluster and source.cluster[0].id != source.statement.id else get(source)


def _strongest_column(field: Field, scheme: Scheme) -> Column:
    strengths = scheme.strengths(field)

    def strongest(source: Any) -> str | None:
        if not source.cluster:
            return field.text(_holder_of(field, source.statement))
        said = (field.text(_holder_of(field, each)) for each in source.copies)
        return max((each for each in said if each is not None), key=lambda each: strengths[each], default=None)

    return Column(
        f"cluster_{field.name}",
        "string",
        f"Strongest {field.title} of its cluster; null in all rows but that of the fullest statement.",
        _of_fullest(strongest),
        repeats=True,
        vocabulary=field.vocabulary,
    )


def _widest_column(field: Field) -> Column:
    def widest(source: Any) -> list[str]:
        named = (name for each in source.copies for name in field.ids(_holder_of(field, each)))
        return find_widest(named, source.context.entities)

    return Column(
        f"cluster_{field.name}",
        IDS,
        f"Widest {field.title} of its cluster: of entities of which one is part of the other, or belongs to it, the "
        "wider one; null in all rows but that of the fullest statement.",
        _of_fullest(widest),
        repeats=True,
        refers=ENTITY_IDS,
    )


def find_widest(names: Iterable[str], entities: Mapping[str, Entity]) -> list[str]:
    """Return those ids above which none of the others is, each once: of a minister and the state, the state."""
    every = tuple(dict.fromkeys(names))
    if len(every) < 2:
        return list(every)
    above = {name: set(find_above(name, entities)) for name in every}
    return [name for name in every if not any(each in above[name] and name not in above[each] for each in every)]


# What steps beside the annotation fill: where one was not taken it is null, and no row changes when it is.


def _later(name: str, kind: Any, meaning: str, get: Get = lambda source: None, *, of_article: bool = False) -> Column:
    # a row that is filled is not labelled again
    return Column(name, kind, meaning, get, is_label=False, optional=True, of_article=of_article)


def _placed(name: str) -> Get:
    """Return what fills a column with an attribute of where the article stands in the splits."""

    def get(source: Any) -> Any:
        found = source.context.placement(source.annotated.article.id)
        return getattr(found, name) if found else None

    return get


def _group(source: Any) -> str:
    name: str = source.annotated.article.id
    found: str = source.context.groups.get(name, name)
    return found


def split_columns(scheme: Scheme) -> tuple[Column, ...]:
    """Return the columns that say to which part of a split an article belongs."""
    if scheme.edition < 2:
        return ()
    return (
        _later(
            "split",
            "string",
            "Part of the dataset for training or testing that the article is in; null where none is recommended.",
            _placed("split"),
            of_article=True,
        ),
        _later(
            "fold",
            "int64",
            "Fold of a cross-validation that the article is in, counted from 0; null where none is recommended.",
            _placed("fold"),
            of_article=True,
        ),
        Column(
            "split_group",
            "string",
            "Group of articles that no split should part: the event, else the article that it is a copy of, else its "
            "own id.",
            _group,
            is_label=False,
            repeats=True,  # of other articles, too
            of_article=True,
        ),
    )


@dataclass(frozen=True, slots=True)
class Judgement:
    """What annotators make of a gold statement together.

    annotators: how many have read the article, models aside; at least two. labels: what those chose who have the
    statement; None for one whose label waits for an answer.
    """

    annotators: int
    labels: tuple[str | None, ...]

    def share(self, label: str | None) -> float:
        """Return the share of the annotators who chose a label; those who lack the statement chose none."""
        return self.labels.count(label) / self.annotators

    @property
    def is_divided(self) -> bool:
        """Whether no label was chosen by more than half of the annotators."""
        return not any(label is not None and 2 * self.labels.count(label) > self.annotators for label in self.labels)


DIVIDING = ("ambiguous-text", "perspective")
"""The ambiguities that leave annotators divided for good; a rule may still settle the others."""


def judgement_columns(scheme: Scheme) -> FieldColumns:
    """Return the columns of what several annotators make of a gold statement together."""
    if scheme.edition < 2:
        return FieldColumns()
    label, title = scheme.label, scheme.label.title
    name, values = str(label.column), tuple(scheme.values(label))

    def judged(get: Callable[[Any, Judgement], Any]) -> Get:
        return lambda source: None if source.judgement is None else get(source, source.judgement)

    def ambiguity(source: Any) -> str | None:
        found: str | None = source.annotated.reasons.get(source.statement.id)
        return found

    def agreement(source: Any, judgement: Judgement) -> float | None:
        chosen = label.text(source.statement)
        return None if chosen is None else judgement.share(chosen)

    def spread(source: Any, judgement: Judgement) -> list[Row]:
        return [{name: each, "share": judgement.share(each)} for each in values if each in judgement.labels]

    shares = (
        Column(name, "string", f"A {title} that annotators chose.", vocabulary=label.vocabulary),
        Column("share", "float64", "Share of the annotators who chose it, from 0 to 1."),
    )
    few = "null where fewer than two have read the article"
    return FieldColumns(
        values=(
            _later(
                "n_annotators",
                "int64",
                f"How many annotators have read the article independently, not counting models; {few}.",
                judged(lambda source, judgement: judgement.annotators),
            ),
            _later(
                "agreement",
                "float64",
                f"Share of these annotators who chose its {title}, from 0 to 1, where those who lack the statement "
                f"did not choose it; {few}.",
                judged(agreement),
            ),
            _later(
                "ambiguity",
                "string",
                "Why annotators may rightly read the statement in several ways, as the adjudicator found: "
                f"{', '.join(f'`{each}`' for each in AMBIGUITIES[:-1])} or `{AMBIGUITIES[-1]}`; null where that is not "
                "said, or where they differed by an error.",
                ambiguity,
            ),
            _later(
                "contested",
                "bool",
                f"Whether annotators stayed divided over the {title}: none was chosen by more than half of all, or "
                f"`ambiguity` is {' or '.join(f'`{each}`' for each in DIVIDING)}; {few}.",
                judged(lambda source, judgement: judgement.is_divided or ambiguity(source) in DIVIDING),
            ),
        ),
        lists=(
            _later(
                f"{name}_soft",
                ListOf(Struct(shares)),
                f"How the choices of annotators spread over the values of the {title}: shares of all of them, so that "
                f"what is missing from 1 are those who lack the statement; {few}.",
                judged(spread),
            ),
        ),
    )


def suggestion_column() -> Column:
    """Return the column of who suggested a statement before an annotator took it."""

    def by(source: Any) -> str | None:
        found = source.annotated.begun.get(source.statement.id)
        return found.by if found else None

    return _later(
        "suggested_by",
        "string",
        "Who suggested it to the annotator, such as `model:<name>`; null where nobody did, or that is not said.",
        by,
    )


# Words of an article, and where they stand.

SPAN = Struct(
    (
        Column(
            "begin",
            "int64",
            "First code point of the stored text.",
            lambda span: span.begin,
            states="begin",
            renamed="start",
        ),
        Column("end", "int64", "One past the last code point.", lambda span: span.end, states="end", renamed="stop"),
        Column(
            "fingerprint",
            "string",
            "First 16 hex digits of the SHA-256 of the folded words.",
            lambda span: span.fingerprint,
            states="fingerprint",
            redefined=(
                "Of words that the folder shows, `p` and 16 hex digits of the SHA-256 of the folded words; of others, "
                "`k` and 16 hex digits of their HMAC-SHA256, whose key is the folded line that they are in."
            ),
        ),
    )
)


SPANS = ListOf(SPAN)


def is_place(column: Column) -> bool:
    """Whether a column says where some words are."""
    return {"begin", "end", "fingerprint"} <= {field.states for field in fields_of(column)}


def bounds(place: Mapping[str, Any]) -> tuple[int, int]:
    """Return where a place in a row begins and ends, whatever the edition of its scheme calls that."""
    return (place["start"], place["stop"]) if "start" in place else (place["begin"], place["end"])


def span_column(name: str, meaning: str, get: Callable[[Any], Span | None], states: str | None = None) -> Column:
    """Return a column of the place of some words, null where there are none."""
    return Column(
        name, SPAN, meaning, _SinglePlace(SPAN.fields, lambda source: (get(source),)), states=states, optional=True
    )


def spans_column(name: str, meaning: str, get: Callable[[Any], Iterable[Span]], states: str | None = None) -> Column:
    """Return a column of the places of some words."""
    return Column(name, SPANS, meaning, _Places(SPAN.fields, get), states=states)


class _Places(Groups):
    """Makes the places of a column as `Groups` does; there are more of them than of all other values together."""

    def __call__(self, source: Any) -> Any:
        begin, end, known = self._names
        return [{begin: each.begin, end: each.end, known: each.fingerprint} for each in self._get(source)]


class _SinglePlace(_Places):
    """Makes the one place of a column, or None."""

    def __call__(self, source: Any) -> Any:
        begin, end, known = self._names
        (span,) = self._get(source)
        return None if span is None else {begin: span.begin, end: span.end, known: span.fingerprint}


def span_list(value: Any) -> list[Row]:
    """Return the spans that a column of places holds, be it one of them, several or none."""
    return value if isinstance(value, list) else [value] if value else []


def non_statements_column(
    scheme: Scheme, meaning: str, get: Callable[[Any], Sequence[NonStatement]], states: str | None = None
) -> Column:
    """Return a column of what looks like a statement and is none, in the order of the text."""
    fields = (
        Column("reason", "string", "Why they are no statement.", lambda passed: passed.reason, states="reason"),
        *(replace(each, get=_of_span(each.get), states=f"span/{each.states}") for each in SPAN.fields),
    )
    name = scheme.non_statements_key
    return groups_column(name, meaning, fields, lambda source: non_statements_in_order(get(source)), states)


def non_statements_in_order(non_statements: Iterable[NonStatement]) -> list[NonStatement]:
    """Return what looks like a statement and is none in the order of the text."""
    return sorted(non_statements, key=lambda each: (each.span.begin, each.span.end, each.reason))


def _of_span(get: Get) -> Get:
    return lambda passed: get(passed.span)
