"""References to the registries: which ids a record names, and where redirects lead them.

An id that was merged or renamed stays in the registry as a redirect. A record that still names it, say because it
comes from an older branch, means the id that the redirect leads to.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping

from msgspec.structs import replace

from stancebank.model import (
    Condition,
    Document,
    Entity,
    EntityRegistry,
    Mention,
    Statement,
    Target,
    TargetEntry,
    TargetRegistry,
)


def follow(name: str, redirects: Mapping[str, str], live: Collection[str]) -> str | None:
    """Return the registered id that an id leads to; None where it leads to nothing, or in a circle."""
    seen: set[str] = set()
    while name not in live:
        if name in seen or name not in redirects:
            return None
        seen.add(name)
        name = redirects[name]
    return name


def current_ids(registry: EntityRegistry | TargetRegistry) -> dict[str, str]:
    """Return every redirected id with the registered id that stands for it; faulty redirects are left out."""
    live = {entry.id for entry in entries(registry)}
    led = {name: follow(name, registry.redirects, live) for name in registry.redirects if name not in live}
    return {name: found for name, found in led.items() if found is not None}


def entries(registry: EntityRegistry | TargetRegistry) -> tuple[Entity, ...] | tuple[TargetEntry, ...]:
    """Return the entries of either registry."""
    return registry.entities if isinstance(registry, EntityRegistry) else registry.targets


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


def referred_entities(statement: Statement) -> Iterator[tuple[str, str]]:
    """Yield every entity id of a statement with its JSON pointer below the statement."""
    yield "/speaker/entity", statement.speaker.entity
    for place, mention in enumerate(statement.via):
        yield f"/via/{place}/entity", mention.entity
    for key in ("parties", "mediators", "agents"):
        for place, entity in enumerate(getattr(statement.target, key)):
            yield f"/target/{key}/{place}", entity
    for number, condition in enumerate(statement.conditions):
        for place, entity in enumerate(condition.obligors):
            yield f"/conditions/{number}/obligors/{place}", entity


def referred_targets(statement: Statement) -> Iterator[tuple[str, str]]:
    """Yield every target id of a statement, and every kind of its conditions, with its JSON pointer below it."""
    yield "/target/id", statement.target.id
    for number, condition in enumerate(statement.conditions):
        if condition.kind is not None:
            yield f"/conditions/{number}/kind", condition.kind


def resolve_document(document: Document, entities: Mapping[str, str], targets: Mapping[str, str]) -> Document:
    """Return the document with every id that the mappings hold replaced; itself where they hold none.

    Lists that then name an actor twice name it once.
    """
    statements = tuple(_statement(each, entities, targets) for each in document.statements)
    return document if statements == document.statements else replace(document, statements=statements)


def resolve_registry(
    registry: EntityRegistry | TargetRegistry, now: Mapping[str, str]
) -> EntityRegistry | TargetRegistry:
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


def _statement(statement: Statement, entities: Mapping[str, str], targets: Mapping[str, str]) -> Statement:
    named = {name for _, name in referred_entities(statement)}, {name for _, name in referred_targets(statement)}
    if named[0].isdisjoint(entities) and named[1].isdisjoint(targets):
        return statement
    return replace(
        statement,
        speaker=_mention(statement.speaker, entities),
        via=_unique(_mention(each, entities) for each in statement.via),
        target=_target(statement.target, entities, targets),
        conditions=tuple(_condition(each, entities, targets) for each in statement.conditions),
    )


def _mention(mention: Mention, now: Mapping[str, str]) -> Mention:
    return replace(mention, entity=now.get(mention.entity, mention.entity))


def _target(target: Target, entities: Mapping[str, str], targets: Mapping[str, str]) -> Target:
    return replace(
        target,
        id=targets.get(target.id, target.id),
        parties=_all(target.parties, entities),
        mediators=_all(target.mediators, entities),
        agents=_all(target.agents, entities),
    )


def _condition(condition: Condition, entities: Mapping[str, str], targets: Mapping[str, str]) -> Condition:
    return replace(condition, kind=_one(condition.kind, targets), obligors=_all(condition.obligors, entities))


def _all(names: tuple[str, ...], now: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(now.get(each, each) for each in names))


def _one(name: str | None, now: Mapping[str, str]) -> str | None:
    return None if name is None else now.get(name, name)


def _unique(mentions: Iterable[Mention]) -> tuple[Mention, ...]:
    """Drop a mention that equals one before it; the same actor at another place of the text stays."""
    return tuple(dict.fromkeys(mentions))
