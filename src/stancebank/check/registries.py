"""The registries: one entry an actor and an act, no name on two of them, no circles, redirects that lead somewhere."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping

from stancebank.check.likeness import alike
from stancebank.corpus.registry import current_ids, entries, follow, leads_back, resolve_entity, resolve_target
from stancebank.errors import Finding
from stancebank.model import EntityRegistry, TargetRegistry
from stancebank.text import fold

ENTITIES = "corpus/entities.json"
TARGETS = "corpus/targets.json"


def check_entities(registry: EntityRegistry, used: set[str]) -> Iterator[Finding]:
    """Check the entity registry. used: the ids that documents refer to; none, and nothing is called unused."""
    yield from _check_redirects(ENTITIES, registry)
    now = current_ids(registry)
    known = {entity.id: entity for entity in registry.entities}
    parts = {entity.id: resolve_entity(entity, now).part_of for entity in registry.entities}
    owners: dict[str, str] = {}
    used = {now.get(name, name) for name in used}
    needed = set(used)
    for place, entity in enumerate(registry.entities):
        if known[entity.id] is not entity:
            yield Finding(ENTITIES, f"/entities/{place}/id", "entity-twice", f"{entity.id!r} stands twice.")
            continue
        for key in ("part_of", "affiliation"):
            other = getattr(entity, key)
            if other is not None:
                yield from check_id("entity", ENTITIES, f"/entities/{place}/{key}", other, known.keys() | now, now)
                if entity.id in used:
                    needed.add(now.get(other, other))
        if leads_back(entity.id, parts):
            yield Finding(ENTITIES, f"/entities/{place}/part_of", "entity-circle", f"{entity.id!r} is part of itself.")
        names = [("name", entity.name), *((f"aliases/{n}", alias) for n, alias in enumerate(entity.aliases))]
        for key, name in names:
            owner = owners.setdefault(fold(name), entity.id)
            if owner != entity.id:
                pointer = f"/entities/{place}/{key}"
                yield Finding(ENTITIES, pointer, "alias-shared", f"{name!r} is also a name of {owner!r}.")
    for pair in alike(registry.entities):
        message = f"{pair.name!r} reads like {pair.other_name!r}, a name of {pair.other!r}."
        yield Finding(ENTITIES, f"/entities/{pair.place}", "entity-alike", f"{pair.entity!r}: {message}")
    needed |= _above(needed, parts)
    for place, entity in enumerate(registry.entities):
        if used and entity.id not in needed:
            yield Finding(ENTITIES, f"/entities/{place}", "entity-unused", f"nothing refers to {entity.id!r}.")


def check_targets(registry: TargetRegistry) -> Iterator[Finding]:
    """Check the target registry."""
    yield from _check_redirects(TARGETS, registry)
    now = current_ids(registry)
    parents = {target.id: resolve_target(target, now).parent for target in registry.targets}
    count = Counter(target.id for target in registry.targets)
    for place, target in enumerate(registry.targets):
        pointer = f"/targets/{place}"
        if count[target.id] > 1:
            yield Finding(TARGETS, f"{pointer}/id", "target-twice", f"{target.id!r} stands twice.")
        if target.parent is not None:
            yield from check_id("target", TARGETS, f"{pointer}/parent", target.parent, parents.keys() | now, now)
        if leads_back(target.id, parents):
            yield Finding(TARGETS, f"{pointer}/parent", "target-circle", f"{target.id!r} stands above itself.")


def check_id(
    what: str, file: str, pointer: str, name: str, known: Collection[str], now: Mapping[str, str]
) -> Iterator[Finding]:
    """Check one reference to a registry.

    what: entity or target. known: every id that stands for an entry. now: those that do so by a redirect, and the id
    that they lead to.
    """
    if name in now:
        message = f"{name!r} is now {now[name]!r}: `stancebank corpus {what} merge {name} {now[name]}` rewrites it."
        yield Finding(file, pointer, f"{what}-redirected", message)
    elif name not in known:
        yield Finding(file, pointer, f"{what}-unknown", f"{name!r} is not registered.")


def _check_redirects(file: str, registry: EntityRegistry | TargetRegistry) -> Iterator[Finding]:
    live = {entry.id for entry in entries(registry)}
    for name, led in registry.redirects.items():
        pointer = f"/redirects/{name}"
        if name in live:
            yield Finding(file, pointer, "redirect-live", f"{name!r} is an entry, and leads to {led!r}.")
        elif follow(name, registry.redirects, live) is None:
            if leads_back(name, dict(registry.redirects)):
                yield Finding(file, pointer, "redirect-circle", f"{name!r} leads back to itself.")
            else:
                yield Finding(file, pointer, "redirect-unknown", f"{name!r} leads to {led!r}, which leads to no entry.")


def _above(ids: set[str], above: dict[str, str | None]) -> set[str]:
    found: set[str] = set()
    for start in ids:
        current = above.get(start)
        while current is not None and current not in found:
            found.add(current)
            current = above.get(current)
    return found
