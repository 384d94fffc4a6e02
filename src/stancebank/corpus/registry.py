"""The registries of entities and targets as they are read: which entry an id leads to, and what is above what."""

from collections.abc import Collection, Iterable, Mapping
from typing import cast

from msgspec.structs import replace

from stancebank.model import (
    Document,
    Entity,
    EntityRegistry,
    Fields,
    FieldValue,
    Mention,
    Statement,
    TargetEntry,
    TargetRegistry,
)
from stancebank.schema.fields import Field, Holder, Level, Scheme

Registry = EntityRegistry | TargetRegistry
"""That of entities, or that of targets."""

RESERVED = "unspecified"  # the kind of a condition that the text does not name; no target may be called so


def follow(name: str, redirects: Mapping[str, str], live: Collection[str]) -> str | None:
    """Return the registered id that an id leads to; None where it leads to nothing, or in a circle."""
    seen: set[str] = set()
    while name not in live:
        if name in seen or name not in redirects:
            return None
        seen.add(name)
        name = redirects[name]
    return name


def current_ids(registry: Registry) -> dict[str, str]:
    """Return every redirected id with the registered id that stands for it; faulty redirects are left out."""
    live = {entry.id for entry in entries(registry)}
    led = {name: follow(name, registry.redirects, live) for name in registry.redirects if name not in live}
    return {name: found for name, found in led.items() if found is not None}


def entries(registry: Registry) -> tuple[Entity, ...] | tuple[TargetEntry, ...]:
    """Return the entries of either registry."""
    return registry.entities if isinstance(registry, EntityRegistry) else registry.targets


def spellings(registry: Registry) -> dict[str, list[str]]:
    """Return all that each entry is called, its name first, by id."""
    return {each.id: [each.name, *(each.aliases if isinstance(each, Entity) else ())] for each in entries(registry)}


def find_top(target: TargetEntry, targets: Mapping[str, TargetEntry]) -> TargetEntry:
    """Return the root that a target stands under; itself where it is one. Raises ValueError where there is none."""
    above = {target.id}
    while target.parent is not None:
        target = targets[target.parent]
        if target.id in above:
            raise ValueError(f"the target {target.id!r} is above itself")
        above.add(target.id)
    return target


MOST_ABOVE = 100
"""Entities that stand above one another; no registry has so many, and each row goes up from its parties."""


def find_above(name: str, entities: Mapping[str, Entity]) -> list[str]:
    """Return the ids of all that an entity is part of or belongs to, however far above it, the nearest first.

    Of two as near, that of `part_of` comes before that of `affiliation`. It is never above itself. Of more than
    `MOST_ABOVE`, the nearest are told.
    """
    found, seen = [name], {name}
    for each in found:  # it grows
        if len(found) > MOST_ABOVE:
            break
        entity = entities.get(each)
        for above in (entity.part_of, entity.affiliation) if entity else ():
            if above is not None and above not in seen:
                seen.add(above)
                found.append(above)
    return found[1 : MOST_ABOVE + 1]


def find_states(names: Iterable[str], entities: Mapping[str, Entity], kinds: frozenset[str]) -> list[str]:
    """Return the states behind some entities, by alphabet: each is one, or the nearest one above it is.

    names: ids; one above which there is no state gives none. kinds: of entities that are states.
    """

    def is_state(name: str) -> bool:
        return name in entities and entities[name].kind in kinds

    nearest = (next(filter(is_state, (name, *find_above(name, entities))), None) for name in names)
    return sorted({name for name in nearest if name is not None})


def find_clusters(statements: Iterable[Statement]) -> dict[str, tuple[Statement, ...]]:
    """Return the copies of each statement by its id, itself among them: the fullest first, then as they come."""
    statements = tuple(statements)
    same = {each.id: each.same_as for each in statements if each.same_as is not None}
    fullest = {each.id for each in statements} - same.keys()
    clusters: dict[str, list[Statement]] = {}
    for each in sorted(statements, key=lambda each: each.id not in fullest):
        clusters.setdefault(follow(each.id, same, fullest) or each.id, []).append(each)
    return {each.id: tuple(cluster) for cluster in clusters.values() for each in cluster}


def leads_back(start: str, above: Mapping[str, str | None]) -> bool:
    """Whether who goes up from an entry comes back to it. above: what each entry stands below."""
    seen: set[str] = set()
    current = above.get(start)
    while current is not None and current not in seen:
        if current == start:
            return True
        seen.add(current)
        current = above.get(current)
    return False


def resolve_document(
    document: Document, scheme: Scheme, entities: Mapping[str, str], targets: Mapping[str, str]
) -> Document:
    """Return the document with every id that the mappings hold replaced; itself where they hold none.

    Lists that then name an actor twice name it once.
    """
    if not entities and not targets:
        return document
    statements = tuple(_statement(statement, scheme, entities, targets) for statement in document.statements)
    return document if statements == document.statements else replace(document, statements=statements)


def resolve_registry(registry: Registry, now: Mapping[str, str]) -> Registry:
    """Return the registry with part_of, affiliation and parent replaced where the mapping holds them."""
    if isinstance(registry, EntityRegistry):
        return replace(registry, entities=tuple(resolve_entity(each, now) for each in registry.entities))
    return replace(registry, targets=tuple(resolve_target(each, now) for each in registry.targets))


def resolve_entity(entity: Entity, now: Mapping[str, str]) -> Entity:
    """Return the entity with part_of and affiliation replaced where the mapping holds them."""
    return replace(entity, part_of=_one(entity.part_of, now), affiliation=_one(entity.affiliation, now))


def resolve_target(target: TargetEntry, now: Mapping[str, str]) -> TargetEntry:
    """Return the entry with its parent replaced where the mapping holds it."""
    return replace(target, parent=_one(target.parent, now))


def _statement(
    statement: Statement, scheme: Scheme, entities: Mapping[str, str], targets: Mapping[str, str]
) -> Statement:
    named = {name for _, name in scheme.entities(statement)}, {name for _, name in scheme.targets(statement)}
    if named[0].isdisjoint(entities) and named[1].isdisjoint(targets):
        return statement

    def fields(level: Level, holder: Holder) -> Fields:
        return {
            name: value if value is None else _field(scheme.find(level, name), value, entities, targets)
            for name, value in holder.fields.items()
        }

    target = statement.target
    return replace(
        statement,
        speaker=_mention(statement.speaker, entities),
        target=replace(target, id=targets.get(target.id, target.id), fields=fields("target", target)),
        conditions=tuple(replace(each, fields=fields("condition", each)) for each in statement.conditions),
        fields=fields("statement", statement),
    )


def _field(
    field: Field | None, value: FieldValue, entities: Mapping[str, str], targets: Mapping[str, str]
) -> FieldValue:
    """Return a value with its ids replaced; of a list, each actor once."""
    kind = field.kind if field else None
    if isinstance(value, str) and kind in ("entity", "target"):
        return (entities if kind == "entity" else targets).get(value, value)
    if isinstance(value, tuple) and kind == "targets":
        return cast("FieldValue", tuple(dict.fromkeys(targets.get(str(item), str(item)) for item in value)))
    if isinstance(value, tuple) and kind in ("entities", "mentions"):
        moved = (
            _mention(item, entities) if isinstance(item, Mention) else entities.get(str(item), str(item))
            for item in value
        )
        return cast("FieldValue", tuple(dict.fromkeys(moved)))
    return value


def _mention(mention: Mention, now: Mapping[str, str]) -> Mention:
    return replace(mention, entity=now.get(mention.entity, mention.entity))


def _one(name: str | None, now: Mapping[str, str]) -> str | None:
    return None if name is None else now.get(name, name)
