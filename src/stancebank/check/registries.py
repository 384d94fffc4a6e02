"""The registries: one entry an actor and an act, no name on two of them, no circles."""

from collections import Counter
from collections.abc import Iterator

from stancebank.errors import Finding
from stancebank.model import EntityRegistry, TargetRegistry
from stancebank.text import fold

ENTITIES = "corpus/entities.json"
TARGETS = "corpus/targets.json"


def check_entities(registry: EntityRegistry, used: set[str]) -> Iterator[Finding]:
    """Check the entity registry. used: the ids that documents refer to; none, and nothing is called unused."""
    known = {entity.id: entity for entity in registry.entities}
    owners: dict[str, str] = {}
    needed = set(used)
    for place, entity in enumerate(registry.entities):
        if known[entity.id] is not entity:
            yield Finding(ENTITIES, f"/entities/{place}/id", "entity-twice", f"{entity.id!r} stands twice.")
            continue
        for key in ("part_of", "affiliation"):
            other = getattr(entity, key)
            if other is not None and other not in known:
                yield Finding(ENTITIES, f"/entities/{place}/{key}", "entity-unknown", f"{other!r} is not registered.")
            elif other is not None and entity.id in used:
                needed.add(other)
        if entity.part_of in known and _is_circle(entity.id, {e.id: e.part_of for e in registry.entities}):
            yield Finding(ENTITIES, f"/entities/{place}/part_of", "entity-circle", f"{entity.id!r} is part of itself.")
        names = [("name", entity.name), *((f"aliases/{n}", alias) for n, alias in enumerate(entity.aliases))]
        for key, name in names:
            owner = owners.setdefault(fold(name), entity.id)
            if owner != entity.id:
                pointer = f"/entities/{place}/{key}"
                yield Finding(ENTITIES, pointer, "alias-shared", f"{name!r} is also a name of {owner!r}.")
    needed |= _above(needed, {e.id: e.part_of for e in registry.entities})
    for place, entity in enumerate(registry.entities):
        if used and entity.id not in needed:
            yield Finding(ENTITIES, f"/entities/{place}", "entity-unused", f"nothing refers to {entity.id!r}.")


def check_targets(registry: TargetRegistry) -> Iterator[Finding]:
    """Check the target registry."""
    parents = {target.id: target.parent for target in registry.targets}
    count = Counter(target.id for target in registry.targets)
    for place, target in enumerate(registry.targets):
        pointer = f"/targets/{place}"
        if count[target.id] > 1:
            yield Finding(TARGETS, f"{pointer}/id", "target-twice", f"{target.id!r} stands twice.")
        if target.parent is not None and target.parent not in parents:
            yield Finding(TARGETS, f"{pointer}/parent", "target-unknown", f"{target.parent!r} is not registered.")
        elif _is_circle(target.id, parents):
            yield Finding(TARGETS, f"{pointer}/parent", "target-circle", f"{target.id!r} stands above itself.")


def _is_circle(start: str, above: dict[str, str | None]) -> bool:
    seen = set()
    current: str | None = start
    while current is not None and current not in seen:
        seen.add(current)
        current = above.get(current)
    return current == start


def _above(ids: set[str], above: dict[str, str | None]) -> set[str]:
    found: set[str] = set()
    for start in ids:
        current = above.get(start)
        while current is not None and current not in found:
            found.add(current)
            current = above.get(current)
    return found
