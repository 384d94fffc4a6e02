"""Registries that live: entries are added, merged and renamed, and no id that was ever given out is lost.

A change is worked out on records first: the new registry, the ids that have moved, and what a person should know of
it. Every redirect that is written leads straight to a registered id, and an id that was redirected is never free
again. A change that has been made can be made again: then it rewrites what still names the old id.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TypeVar

from msgspec.structs import replace

from stancebank.corpus.references import (
    current_ids,
    entries,
    resolve_document,
    resolve_registry,
)
from stancebank.errors import InputError
from stancebank.model import Document, Entity, EntityRegistry, Statement, TargetEntry, TargetRegistry
from stancebank.schema.fields import Scheme
from stancebank.text import fold

Registry = EntityRegistry | TargetRegistry
K = TypeVar("K")
R = TypeVar("R", Entity, TargetEntry)

RESERVED = "unspecified"  # the kind of a condition that the text does not name; no target may be called so
MAX_ID = 80

_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Change:
    """A registry as it would be written, the moved ids whose references are to be rewritten, and what to know of it."""

    registry: Registry
    moved: dict[str, str]
    notes: tuple[str, ...] = ()


def what(registry: Registry) -> str:
    """Return what the entries of a registry are called."""
    return "entity" if isinstance(registry, EntityRegistry) else "target"


def demand_sound(registry: Registry) -> None:
    """Raise InputError where an id stands twice or a redirect is faulty: nothing can be built on that."""
    ids = [entry.id for entry in entries(registry)]
    faulty = set(registry.redirects) - set(current_ids(registry))
    faulty |= {name for name in ids if ids.count(name) > 1} if len(set(ids)) < len(ids) else set()
    if faulty:
        raise InputError(
            f"The registry stands in the way: {', '.join(sorted(faulty))} is registered twice, or badly redirected.\n"
            "Hint: run `stancebank check` and correct what it finds. Nothing was changed."
        )


def demand_free(registry: Registry, name: str) -> None:
    """Raise InputError where an id has not the form of one, or was ever given out."""
    if len(name) > MAX_ID or not _ID.fullmatch(name) or (name == RESERVED and isinstance(registry, TargetRegistry)):
        raise InputError(
            f"{name[:100]!r} cannot be an id: ids are lower-case letters and digits, joined by single hyphens, "
            f"{MAX_ID} at most; no target is called {RESERVED!r}."
        )
    if name in registry.redirects:
        raise InputError(
            f"{name!r} once was an id, and now leads to {current_ids(registry).get(name)!r}.\n"
            "Hint: choose another id: one that published rows may carry is never given out again."
        )
    if any(entry.id == name for entry in entries(registry)):
        raise InputError(f"The id {name!r} is taken.\nHint: choose another one.")


def find(registry: Registry, name: str) -> str:
    """Return the registered id that an id stands for. Raises InputError where it stands for none."""
    live = [entry.id for entry in entries(registry)]
    found = name if name in live else current_ids(registry).get(name)
    if found is None:
        likely = get_close_matches(name, live, 1)
        hint = f" Did you mean {likely[0]!r}?" if likely else ""
        raise InputError(f"There is no {what(registry)} {name!r}.{hint}")
    return found


def add_entity(registry: EntityRegistry, entity: Entity) -> EntityRegistry:
    """Return the registry with one more entity. Raises InputError where its id or a name is taken."""
    demand_sound(registry)
    demand_free(registry, entity.id)
    owners = {fold(name): each.id for each in registry.entities for name in (each.name, *each.aliases)}
    for name in (entity.name, *entity.aliases):
        if fold(name) in owners:
            raise InputError(
                f"{name!r} is already a name of {owners[fold(name)]!r}.\n"
                "Hint: use that entity, or give a name that tells the two apart."
            )
    entity = replace(
        entity,
        part_of=find(registry, entity.part_of) if entity.part_of else None,
        affiliation=find(registry, entity.affiliation) if entity.affiliation else None,
    )
    return replace(registry, entities=_sorted([*registry.entities, entity]))


def add_target(registry: TargetRegistry, entry: TargetEntry) -> TargetRegistry:
    """Return the registry with one more target. Raises InputError where its id is taken."""
    demand_sound(registry)
    demand_free(registry, entry.id)
    entry = replace(entry, parent=find(registry, entry.parent) if entry.parent else None)
    return replace(registry, targets=_sorted([*registry.targets, entry]))


def rename(registry: Registry, old: str, new: str) -> Change:
    """Give an entry another id, and leave a redirect. Raises InputError where that cannot be done."""
    demand_sound(registry)
    if _is_done(registry, old, new):
        return moving(registry, old, new)
    _demand_live(registry, old)
    demand_free(registry, new)
    if isinstance(registry, EntityRegistry):
        entities = [replace(each, id=new) if each.id == old else each for each in registry.entities]
        return moving(replace(registry, entities=_sorted(entities)), old, new)
    targets = [replace(each, id=new) if each.id == old else each for each in registry.targets]
    return moving(replace(registry, targets=_sorted(targets)), old, new)


def moving(registry: Registry, old: str, new: str, notes: Iterable[str] = ()) -> Change:
    """Redirect an id, flatten the redirects and let the entries follow them. new: a registered id."""
    redirects = current_ids(replace(registry, redirects=registry.redirects | {old: new}))
    moved = {name: led for name, led in redirects.items() if led == new}
    return Change(replace(resolve_registry(registry, moved), redirects=redirects), moved, tuple(notes))


def demand_mergeable(registry: Registry, old: str, new: str) -> bool:
    """Return whether there is anything left to merge. Raises InputError where one of the ids stands for nothing."""
    demand_sound(registry)
    if old == new:
        raise InputError(f"{old!r} cannot be merged into itself.\nHint: name two ids, the one that goes first.")
    if _is_done(registry, old, new):
        return False
    _demand_live(registry, old)
    _demand_live(registry, new)
    return True


def references(statement: Statement, registry: Registry, scheme: Scheme) -> list[tuple[str, str]]:
    """Return every id of a statement that belongs to the registry, with its JSON pointer below the statement."""
    return list(scheme.entities(statement) if isinstance(registry, EntityRegistry) else scheme.targets(statement))


def rewrite(documents: Mapping[K, Document], change: Change, scheme: Scheme, now: str) -> dict[K, Document]:
    """Return the documents that name a moved id, rewritten and marked as updated. now: a time in ISO 8601."""
    is_entities = isinstance(change.registry, EntityRegistry)
    entities, targets = (change.moved, {}) if is_entities else ({}, change.moved)
    rewritten = {key: resolve_document(document, scheme, entities, targets) for key, document in documents.items()}
    return {key: replace(each, updated_at=now) for key, each in rewritten.items() if each is not documents[key]}


def _is_done(registry: Registry, old: str, new: str) -> bool:
    return current_ids(registry).get(old) == new


def _demand_live(registry: Registry, name: str) -> None:
    found = find(registry, name)
    if found != name:
        raise InputError(f"{name!r} is now {found!r}.\nHint: name {found!r} instead. Nothing was changed.")


def _sorted(records: Iterable[R]) -> tuple[R, ...]:
    return tuple(sorted(records, key=lambda each: each.id))
