"""The tables of the registries: those who speak or are spoken of, and what positions are about."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from stancebank.model import Entity, EntityRegistry, Record, Role, TargetEntry, TargetRegistry
from stancebank.publish.gold import RowContext
from stancebank.publish.tables.columns import (
    DATASET_VERSION,
    IDS,
    SCHEMA_VERSION,
    Column,
    Row,
    Table,
    fill,
    groups_column,
    read_back,
)

R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class EntrySource:
    """What a row of a registry is filled from."""

    entry: Any
    context: RowContext


def _column(
    name: str, meaning: str, key: str, refers: tuple[str, ...] = (), *, is_label: bool = True, optional: bool = False
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

    def get(source: EntrySource) -> list[str]:
        return sorted(former for former, now in moved(source.context).items() if now == source.entry.id)

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
    ),
    Column(
        "end",
        "string",
        "Until when, as an EDTF date; null where that is not certain.",
        lambda role: role.end,
        states="to",
        optional=True,
    ),
)

ENTITIES = Table(
    "entities",
    "One row an actor of the registry, whatever the spelling: every id of an entity in another view is one of these.",
    (
        _column("entity_id", "Id of the entity, never reused.", "id", ("entities",)),
        _column("name", "The name to show.", "name", is_label=False),
        _column("kind", "What kind of actor it is.", "kind"),
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

TARGETS = Table(
    "targets",
    "One row an act or outcome of the registry: what positions are about and conditions ask for.",
    (
        _column("target_id", "Id of the target, never reused.", "id", ("targets",)),
        _column("name", "Name of the target.", "name", is_label=False),
        _column("definition", "What it means.", "definition", is_label=False),
        _column("use", "What it may stand for: `target`, `condition`, `both` or, as a heading, `root`.", "use"),
        _column(
            "parent", "Id of the target that it stands under; null for a root.", "parent", ("targets",), optional=True
        ),
        Column(
            "root",
            "string",
            "Id of the root that it stands under; its own for a root.",
            lambda source: find_root(source.entry, source.context.targets).id,
            refers=("targets",),
        ),
        *_VERSIONS,
        _former(lambda context: context.moved_targets),
    ),
)


def entity_rows(context: RowContext) -> list[Row]:
    """Return the rows of the table `entities`, by id."""
    return [fill(ENTITIES.columns, EntrySource(each, context)) for each in context.entities.values()]


def target_rows(context: RowContext) -> list[Row]:
    """Return the rows of the table `targets`, by id."""
    return [fill(TARGETS.columns, EntrySource(each, context)) for each in context.targets.values()]


def find_root(target: TargetEntry, targets: Mapping[str, TargetEntry]) -> TargetEntry:
    """Return the root that a target stands under; itself where it is one. Raises ValueError where there is none."""
    above = {target.id}
    while target.parent is not None:
        target = targets[target.parent]
        if target.id in above:
            raise ValueError(f"the target {target.id!r} stands above itself")
        above.add(target.id)
    return target


def restore_entities(rows: Iterable[Mapping[str, Any]], schema_version: str) -> EntityRegistry:
    """Return the registry of entities, whatever its schema makes of it. rows: of the table `entities`."""
    entries, redirects = _entries(ENTITIES, rows)
    entities = tuple(
        _made(Entity, {**each, "roles": tuple(_made(Role, role) for role in each["roles"])}) for each in entries
    )
    return EntityRegistry(schema_version=schema_version, entities=entities, redirects=redirects)


def restore_targets(rows: Iterable[Mapping[str, Any]], schema_version: str) -> TargetRegistry:
    """Return the registry of targets, whatever its schema makes of it. rows: of the table `targets`."""
    entries, redirects = _entries(TARGETS, rows)
    targets = tuple(_made(TargetEntry, each) for each in entries)
    return TargetRegistry(schema_version=schema_version, targets=targets, redirects=redirects)


def _entries(table: Table, rows: Iterable[Mapping[str, Any]]) -> tuple[list[Row], dict[str, str]]:
    """Return what rows state of their entries, null values included, and the redirects."""
    stated = [read_back(table.columns, row, keep_null=True) for row in rows]
    redirects = {former: each["entry"]["id"] for each in stated for former in each["redirects"]}
    return [each["entry"] for each in stated], redirects


def _made(kind: type[R], value: Mapping[str, Any]) -> R:
    """Make a record of what JSON holds, without looking at its types: the schema judges them, and says where."""
    held = {field.name: value[field.encode_name] for field in msgspec.structs.fields(kind)}
    return kind(**{name: tuple(each) if isinstance(each, list) else each for name, each in held.items()})
