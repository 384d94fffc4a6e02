"""Records made of rows again: `fill` the other way round, for each table that states records."""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, TypeVar

import msgspec

from stancebank.model import (
    Article,
    Document,
    Entity,
    EntityRegistry,
    Record,
    Role,
    Statement,
    TargetEntry,
    TargetRegistry,
    find_waiting,
    from_builtins,
)
from stancebank.publish.tables.annotations import annotation_table
from stancebank.publish.tables.articles import entity_table, target_table
from stancebank.publish.tables.columns import METADATA, Column, ListOf, Row, Struct, Table
from stancebank.publish.tables.statements import CONDITIONS, UNKNOWN_TIME, statement_columns
from stancebank.schema.fields import Level, Scheme


def read_back(
    columns: Iterable[Column], row: Mapping[str, Any], root: str | None = None, *, keep_null: bool = False
) -> Row:
    """Return what columns state, as JSON holds it: `fill` the other way round.

    root: only what is stated of this record, such as ``statement``; its name is left out of the paths. keep_null: of
    what is null, hold None instead of nothing. Raises TypeError where a value is null that no record may do without.
    """
    found: Row = {}
    for column in columns:
        path = column.states
        if path is not None and root is not None:
            path = path.removeprefix(root).removeprefix("/") if f"{path}/".startswith(f"{root}/") else None
        if path is None:
            continue
        value = _stated(column, row[column.name], keep_null)
        if value is not None or keep_null:
            _put(found, path, value)
        elif not column.optional:
            raise TypeError(f"{column.name} is null")
    return found


def _stated(column: Column, value: Any, keep_null: bool) -> Any:
    item = column.item
    if isinstance(column.type, ListOf):  # a list is never null: going over None raises TypeError
        return [
            read_back(item.fields, each, keep_null=keep_null) if isinstance(item, Struct) else each for each in value
        ]
    if isinstance(item, Struct) and value is not None:
        return read_back(item.fields, value, keep_null=keep_null)
    return value


def _put(found: Row, path: str, value: Any) -> None:
    """Put a value at its path; what two columns state of one object is put together."""
    *above, last = path.split("/") if path else [""]
    for name in above:
        found = found.setdefault(name, {})
    if isinstance(value, dict):
        held = found.setdefault(last, {}) if last else found
        for name, each in value.items():
            _put(held, name, each)
    else:
        found[last] = value


def restore_statement(row: Mapping[str, Any], scheme: Scheme) -> Statement:
    """Return a statement. row: of the table `statements`. Raises TypeError or msgspec's errors where it makes none."""
    return read_statement(statement_columns(scheme).all, row, scheme)


def read_statement(columns: Iterable[Column], row: Mapping[str, Any], scheme: Scheme) -> Statement:
    """Return what columns state of a statement. row: of the table that has them."""
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
    return scheme.mark_waiting(scheme.read_statement(value), value)


def restore_annotations(
    row: Mapping[str, Any], annotations: Iterable[Mapping[str, Any]], scheme: Scheme
) -> Iterator[Document]:
    """Yield the documents of an article's annotators, with the ids that they have within their documents.

    row: of the table `articles`; annotations: the article's rows of the table `annotations`. Raises TypeError or
    msgspec's errors where they make none.
    """
    columns = _columns(scheme)
    grouped: dict[str, list[Mapping[str, Any]]] = {}
    for each in annotations:
        grouped.setdefault(each["annotator"], []).append(each)
    for annotator, mine in grouped.items():
        whole = f"{annotator}/{row['article_id']}/"
        statements = [read_statement(columns, _local(each, whole), scheme) for each in mine if _states(each, scheme)]
        yield Document(
            **read_back(columns, mine[0], "document"),
            schema_version=row["schema_version"],
            article_id=row["article_id"],
            text_sha256=row["text_sha256"],
            created_at=UNKNOWN_TIME,
            updated_at=UNKNOWN_TIME,
            statements=tuple(statements),
            pending=tuple(find_waiting(statements)),
            edition=scheme.edition,
        )


@lru_cache(maxsize=32)
def _columns(scheme: Scheme) -> tuple[Column, ...]:
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


def restore_article(columns: Iterable[Column], row: Mapping[str, Any]) -> Article:
    """Return the record of an article, without its note. columns: of the table; row: of it.

    Raises TypeError or msgspec's errors where the row makes none.
    """
    value = read_back(columns, row, "article")
    for key in METADATA:
        if "basis" not in value.get(key, {"basis": None}):
            del value[key]  # a list that is empty since there is no value
    if "extra" in value:
        value["extra"] = {each["name"]: each["value"] for each in value["extra"]}
    return from_builtins({**value, "schema_version": row["schema_version"]}, Article)


def restore_document(
    columns: Iterable[Column], row: Mapping[str, Any], statements: Iterable[Statement], scheme: Scheme
) -> Document:
    """Return the gold document of an article, without notes and times. columns: of the table; row: of it.

    statements: in the order of their rows. Raises TypeError or msgspec's errors where the row makes none.
    """
    value = read_back(columns, row, "document")
    about = {"article_id": row["article_id"], "text_sha256": row["text_sha256"], "statements": []}
    times = {"created_at": UNKNOWN_TIME, "updated_at": UNKNOWN_TIME}
    found, held = scheme.read_document({**value, **about, **times}), tuple(statements)
    return msgspec.structs.replace(found, statements=held, pending=tuple(find_waiting(held)))


R = TypeVar("R", bound=Record)


def restore_entities(rows: Iterable[Mapping[str, Any]], scheme: Scheme) -> EntityRegistry:
    """Return the registry of entities, whatever its schema makes of it. rows: of the table `entities`."""
    entries, redirects = _entries(entity_table(scheme), rows)
    entities = tuple(
        _made(Entity, {**each, "roles": tuple(_made(Role, role) for role in each["roles"])}) for each in entries
    )
    return EntityRegistry(schema_version=scheme.version, entities=entities, redirects=redirects)


def restore_targets(rows: Iterable[Mapping[str, Any]], scheme: Scheme) -> TargetRegistry:
    """Return the registry of targets, whatever its schema makes of it. rows: of the table `targets`."""
    entries, redirects = _entries(target_table(scheme), rows)
    targets = tuple(_made(TargetEntry, each) for each in entries)
    return TargetRegistry(schema_version=scheme.version, targets=targets, redirects=redirects)


def _entries(table: Table, rows: Iterable[Mapping[str, Any]]) -> tuple[list[Row], dict[str, str]]:
    """Return what rows state of their entries, null values included, and the redirects."""
    stated = [read_back(table.columns, row, keep_null=True) for row in rows]
    redirects = {former: each["entry"]["id"] for each in stated for former in each["redirects"]}
    return [each["entry"] for each in stated], redirects


def _made(kind: type[R], value: Mapping[str, Any]) -> R:
    """Make a record of what JSON holds, without looking at its types: the schema judges them, and says where."""
    held = {field.name: value[field.encode_name] for field in msgspec.structs.fields(kind)}
    return kind(**{name: tuple(each) if isinstance(each, list) else each for name, each in held.items()})
