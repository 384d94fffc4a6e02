"""Records made of rows again: `fill` the other way round, for each table that states records."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, TypeVar

import msgspec

from stancebank.model import (
    Article,
    Document,
    Entity,
    EntityRegistry,
    Extra,
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

Read = Callable[[Mapping[str, Any]], Row]
"""Makes of a row, or of a group in one, what its columns state."""


def reader(columns: Iterable[Column], root: str | None = None, *, keep_null: bool = False) -> Read:
    """Return what makes of a row what columns state, as JSON holds it: `fill` the other way round.

    Where each value goes is worked out here, once for all rows of a table. root: only what is stated of this record,
    such as ``statement``; its name is left out of the paths. keep_null: of what is null, hold None instead of nothing.
    What is returned raises TypeError where a value is null that no record may do without.
    """
    plan = [
        (column.name, *_place_of(path), _value_reader(column, keep_null), column.optional or keep_null)
        for column in columns
        if (path := _path_below(column, root)) is not None
    ]

    def read(row: Mapping[str, Any]) -> Row:
        found: Row = {}
        for name, above, last, value_of, may_be_null in plan:
            value = row[name]
            if value_of is not None:
                value = value_of(value)
            if value is None and not may_be_null:
                raise TypeError(f"{name} is null")
            if value is None and not keep_null:
                continue
            held = found
            for each in above:
                held = held.setdefault(each, {})
            if type(value) is dict:
                _put_together(held.setdefault(last, {}) if last else held, value)
            else:
                held[last] = value
        return found

    return read


def _path_below(column: Column, root: str | None) -> str | None:
    """Return where a column states something, as a path from a record; None where it states nothing of it."""
    path = column.states
    if path is None or root is None:
        return path
    return path.removeprefix(root).removeprefix("/") if f"{path}/".startswith(f"{root}/") else None


def _place_of(path: str) -> tuple[tuple[str, ...], str]:
    *above, last = path.split("/") if path else [""]
    return tuple(above), last


def _value_reader(column: Column, keep_null: bool) -> Callable[[Any], Any] | None:
    """Return what makes the value of a column one of JSON; None where it is one."""
    is_list = isinstance(column.type, ListOf)  # a list is never null: going over None raises TypeError
    if not isinstance(column.item, Struct):
        return list if is_list else None
    read = reader(column.item.fields, keep_null=keep_null)
    if is_list:
        return lambda value: [read(each) for each in value]
    return lambda value: None if value is None else read(value)


def _put_together(found: Row, value: Row) -> None:
    """Put in what two columns state of one object."""
    for name, each in value.items():
        if type(each) is dict:
            _put_together(found.setdefault(name, {}), each)
        else:
            found[name] = each


def restore_statement(row: Mapping[str, Any], scheme: Scheme) -> Statement:
    """Return a statement. row: of the table `statements`. Raises TypeError or msgspec's errors where it makes none."""
    return _read_statement(_reader_of_statements(scheme), row, scheme)


@lru_cache(maxsize=32)
def _reader_of_statements(scheme: Scheme) -> Read:
    return reader(statement_columns(scheme).all, "statement")


def _read_statement(read: Read, row: Mapping[str, Any], scheme: Scheme) -> Statement:
    """Return what a row states of a statement. read: what the columns of its table state of one, see `reader`."""
    value = read(row)
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
    read, read_document = _readers_of_annotations(scheme)
    grouped: dict[str, list[Mapping[str, Any]]] = {}
    for each in annotations:
        grouped.setdefault(each["annotator"], []).append(each)
    for annotator, mine in grouped.items():
        whole = f"{annotator}/{row['article_id']}/"
        statements = [_read_statement(read, _local(each, whole), scheme) for each in mine if _states(each, scheme)]
        yield Document(
            **read_document(mine[0]),
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
def _readers_of_annotations(scheme: Scheme) -> tuple[Read, Read]:
    """Return what rows of the table `annotations` state of a statement, and of the document."""
    columns = annotation_table(scheme).columns
    return reader(columns, "statement"), reader(columns, "document")


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


@lru_cache(maxsize=32)
def _reader_of_articles(table: Table, root: str) -> Read:
    return reader(table.columns, root)


def restore_article(table: Table, row: Mapping[str, Any]) -> Article:
    """Return the record of an article, without its note. row: of the table `articles`.

    Raises TypeError or msgspec's errors where the row makes none.
    """
    value = _reader_of_articles(table, "article")(row)
    for key in METADATA:
        if "basis" not in value.get(key, {"basis": None}):
            del value[key]  # a list that is empty since there is no value
    if "extra" in value:
        try:
            value["extra"] = msgspec.json.decode(value["extra"], type=dict[str, Extra])
        except msgspec.DecodeError as error:
            raise TypeError(f"extra is no JSON object of texts, numbers and lists of texts: {error}") from None
    return from_builtins({**value, "schema_version": row["schema_version"]}, Article)


def restore_document(table: Table, row: Mapping[str, Any], statements: Iterable[Statement], scheme: Scheme) -> Document:
    """Return the gold document of an article, without notes and times. row: of the table `articles`.

    statements: in the order of their rows. Raises TypeError or msgspec's errors where the row makes none.
    """
    value = _reader_of_articles(table, "document")(row)
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
    stated = list(map(reader(table.columns, keep_null=True), rows))
    redirects = {former: each["entry"]["id"] for each in stated for former in each["redirects"]}
    return [each["entry"] for each in stated], redirects


def _made(kind: type[R], value: Mapping[str, Any]) -> R:
    """Make a record of what JSON holds, without looking at its types: the schema judges them, and says where."""
    held = {field.name: value[field.encode_name] for field in msgspec.structs.fields(kind)}
    return kind(**{name: tuple(each) if isinstance(each, list) else each for name, each in held.items()})
