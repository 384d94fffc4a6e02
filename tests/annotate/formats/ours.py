"""What tests of other tools' files share: a workspace without files, and ways from a form back to statements."""

from collections.abc import Iterable, Mapping
from types import SimpleNamespace
from typing import Any, cast

from msgspec.structs import replace

from stancebank.annotate.formats.mapping import Map, make_map
from stancebank.annotate.formats.sheet import Sheet
from stancebank.annotate.formats.statements import Builder
from stancebank.corpus.anchoring import place_statement, read_statements
from stancebank.corpus.selectors import TextIndex
from stancebank.model import (
    Article,
    Document,
    Entity,
    EntityRegistry,
    Fields,
    FieldValue,
    Span,
    Statement,
    TargetEntry,
    TargetRegistry,
)
from stancebank.schema.fields import Holder, Level, Scheme
from stancebank.workspace import Workspace
from tests.strategies import ENTITIES, TARGETS

Json = dict[str, Any]


def workspace_of(article: Article, text: str, scheme: Scheme, before: Document | None = None) -> Workspace:
    """A workspace with one article, and with the entities and targets of the invented readings."""
    entities = EntityRegistry(
        schema_version="v1",
        entities=tuple(Entity(id=name, name=name.replace("-", " ").title(), kind="person") for name in ENTITIES),
    )
    targets = TargetRegistry(
        schema_version="v1",
        targets=tuple(TargetEntry(id=name, name=name, definition="Something.", use="both") for name in TARGETS),
    )
    store = SimpleNamespace(
        entities=lambda: entities,
        targets=lambda: targets,
        article_ids=lambda: [article.id],
        article=lambda _: article,
        articles=lambda: iter([article]),
        text=lambda _: text,
        find_document=lambda *_: before,
    )
    return cast("Workspace", SimpleNamespace(scheme=scheme, store=store))


def build(workspace: Workspace, tables: Mapping[str, Json] | Map, sheets: Iterable[Sheet]) -> tuple[Json, Builder]:
    """The reading of sheets in the quoted form, and what made it. tables: of a map, by dotted names."""
    told = tables if isinstance(tables, Map) else map_of(tables, workspace.scheme)
    builder = Builder(workspace, told, {"": "anna"})
    for sheet in sheets:
        builder.add(sheet)
    found = builder.readings()
    return (builder.to_quoted(found[0], "human", "1.0") if found else {"statements": []}), builder


def map_of(tables: Mapping[str, Json], scheme: Scheme) -> Map:
    value: Json = {}
    for name, table in tables.items():
        below = value
        for part in name.split("."):
            below = below.setdefault(part, {})
        below.update(table)
    return make_map(value, scheme)


def statements_of(quoted: Json, text: str, scheme: Scheme) -> list[Statement]:
    """The statements of a reading in the quoted form, whose spans are offsets."""
    index = TextIndex.of_lines(text)
    return [
        place_statement(
            each,
            scheme,
            lambda selector, *_: index.span(*index.find(selector), scheme.edition),
            "",
        )
        for each in read_statements(quoted, scheme)
    ]


def with_offsets(value: Any) -> Any:
    """JSON in which a span is its offsets alone, where it has both words and offsets."""
    if isinstance(value, dict):
        kept = {"begin", "end"} if {"begin", "end"} <= value.keys() else value.keys()
        return {key: with_offsets(each) for key, each in value.items() if key in kept}
    return [with_offsets(each) for each in value] if isinstance(value, list | tuple) else value


def as_expected(statement: Statement, scheme: Scheme, *, plain: bool = True) -> Statement:
    """A statement as a sheet of it is read again: with free text on one line.

    plain: whether free text is.
    """

    def fields(level: Level, holder: Holder) -> Fields:
        found: dict[str, FieldValue] = {}
        for field in scheme.of(level):
            value = holder.fields.get(field.name)
            if field.kind in ("text",) and plain and value is not None:
                value = " ".join(str(value).split())
            elif field.kind == "spans" and value:
                value = tuple(sorted(cast("tuple[Span, ...]", value), key=lambda span: span.begin))
            if value not in (None, ()):
                found[field.name] = value
        return scheme.without_defaults(level, found)

    conditions = sorted(statement.conditions, key=lambda each: [(span.begin, span.end) for span in each.spans])
    return replace(
        statement,
        target=replace(statement.target, fields=fields("target", statement.target)),
        conditions=tuple(replace(each, fields=fields("condition", each)) for each in conditions),
        fields=fields("statement", statement),
    )
