"""The columns of the fields of a scheme, whatever they belong to: how each kind is published."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from stancebank.model import Mention, Span
from stancebank.publish.gold import RowContext
from stancebank.publish.tables.columns import IDS, ArticleSource, Column, groups_column, span_column, spans_column
from stancebank.schema.fields import Field, Holder

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

    def spans(source: Any) -> tuple[Span, ...]:
        return field.spans(holder(source))

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
                    lambda source: list(field.ids(holder(source))),
                    states=path,
                    refers=ENTITY_IDS if field.kind == "entities" else TARGET_IDS,
                ),
            )
        )
    if field.kind == "mentions":
        return FieldColumns(mentions=(_mentions_column(name, meaning, field, holder, path),))
    if field.kind == "date":
        return FieldColumns(values=_date_columns(name, meaning, field, holder, path))
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
        return FieldColumns(values=(value, _name_column(name, meaning, field, holder)))
    return FieldColumns(values=(value,))


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


def names_column(field: Field) -> str:
    """Return the name of the column with the names of a condition's entities: ``obligor_names`` for ``obligors``."""
    return f"{str(field.column).removesuffix('s')}_names"
