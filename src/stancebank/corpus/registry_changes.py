"""Changes of the registries of entities and targets that lose no id, and what refers to an entry.

A change is worked out on records first: the new registry, the ids that have moved, and what a person should know of
it. Every redirect that is written leads straight to a registered id, and an id that was redirected is never free
again. A change that has been made can be made again: then it rewrites what still names the old id.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TypeVar

from msgspec.structs import replace

from stancebank.corpus.registry import (
    RESERVED,
    Registry,
    current_ids,
    entries,
    leads_back,
    resolve_document,
    resolve_registry,
)
from stancebank.corpus.store import require_portable
from stancebank.errors import InputError, shorten
from stancebank.model import Document, Entity, EntityRegistry, Statement, TargetEntry, TargetRegistry
from stancebank.schema.fields import Scheme
from stancebank.search import search_fold

K = TypeVar("K")
R = TypeVar("R", Entity, TargetEntry)

MAX_ID = 80

_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class RegistryChange:
    """A registry as it would be written, the moved ids whose references are to be rewritten, and what to know of it."""

    registry: Registry
    moved: dict[str, str]
    notes: tuple[str, ...] = ()


def what(registry: Registry) -> str:
    """Return what the entries of a registry are called."""
    return "entity" if isinstance(registry, EntityRegistry) else "target"


def require_sound(registry: Registry) -> None:
    """Raise InputError where an id stands twice or a redirect is faulty: nothing can be built on that."""
    ids = [entry.id for entry in entries(registry)]
    faulty = set(registry.redirects) - set(current_ids(registry))
    faulty |= {name for name in ids if ids.count(name) > 1} if len(set(ids)) < len(ids) else set()
    if faulty:
        raise InputError(
            f"The registry has errors: {', '.join(sorted(faulty))} is registered twice, or badly redirected.\n"
            "Hint: run `stancebank check` and correct what it finds. Nothing was changed."
        )


def require_free(registry: Registry, name: str) -> None:
    """Raise InputError where an id has not the form of one, or was ever given out."""
    if len(name) > MAX_ID or not _ID.fullmatch(name) or (name == RESERVED and isinstance(registry, TargetRegistry)):
        raise InputError(
            f"{shorten(name, 100)!r} cannot be an id: ids are lower-case letters and digits, joined by single hyphens, "
            f"{MAX_ID} at most; no target is called {RESERVED!r}."
        )
    require_portable(name, MAX_ID)
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
    require_sound(registry)
    require_free(registry, entity.id)
    require_own_names(registry, entity)
    entity = replace(
        entity,
        part_of=find(registry, entity.part_of) if entity.part_of else None,
        affiliation=find(registry, entity.affiliation) if entity.affiliation else None,
    )
    return replace(registry, entities=_sorted([*registry.entities, entity]))


def require_own_names(registry: EntityRegistry, entity: Entity) -> None:
    """Raise InputError where a name of an entity is one of another entity."""
    others = (each for each in registry.entities if each.id != entity.id)
    owners = {search_fold(name): each.id for each in others for name in (each.name, *each.aliases)}
    for name in (entity.name, *entity.aliases):
        if search_fold(name) in owners:
            raise InputError(
                f"{name!r} is already a name of {owners[search_fold(name)]!r}.\n"
                "Hint: use that entity, or give a name that tells the two apart."
            )


def add_target(registry: TargetRegistry, entry: TargetEntry) -> TargetRegistry:
    """Return the registry with one more target. Raises InputError where its id is taken."""
    require_sound(registry)
    require_free(registry, entry.id)
    entry = replace(entry, parent=find(registry, entry.parent) if entry.parent else None)
    return replace(registry, targets=_sorted([*registry.targets, entry]))


def rename(registry: Registry, old: str, new: str) -> RegistryChange:
    """Give an entry another id, and leave a redirect. Raises InputError where that cannot be done."""
    require_sound(registry)
    if _is_done(registry, old, new):
        return moving(registry, old, new)
    _require_live(registry, old)
    require_free(registry, new)
    if isinstance(registry, EntityRegistry):
        entities = [replace(each, id=new) if each.id == old else each for each in registry.entities]
        return moving(replace(registry, entities=_sorted(entities)), old, new)
    targets = [replace(each, id=new) if each.id == old else each for each in registry.targets]
    return moving(replace(registry, targets=_sorted(targets)), old, new)


def moving(registry: Registry, old: str, new: str, notes: Iterable[str] = ()) -> RegistryChange:
    """Redirect an id, flatten the redirects and let the entries follow them. new: a registered id."""
    redirects = current_ids(replace(registry, redirects=registry.redirects | {old: new}))
    moved = {name: led for name, led in redirects.items() if led == new}
    return RegistryChange(replace(resolve_registry(registry, moved), redirects=redirects), moved, tuple(notes))


def require_mergeable(registry: Registry, old: str, new: str) -> bool:
    """Return whether there is anything left to merge. Raises InputError where one of the ids stands for nothing."""
    require_sound(registry)
    if old == new:
        raise InputError(f"{old!r} cannot be merged into itself.\nHint: name two ids, the one that goes first.")
    if _is_done(registry, old, new):
        return False
    _require_live(registry, old)
    _require_live(registry, new)
    return True


def references(statement: Statement, registry: Registry, scheme: Scheme) -> list[tuple[str, str]]:
    """Return every id of a statement that belongs to the registry, with its JSON pointer below the statement."""
    return list(scheme.entities(statement) if isinstance(registry, EntityRegistry) else scheme.targets(statement))


def rewrite(documents: Mapping[K, Document], change: RegistryChange, scheme: Scheme, now: str) -> dict[K, Document]:
    """Return the documents that name a moved id, rewritten and marked as updated. now: a time in ISO 8601."""
    is_entities = isinstance(change.registry, EntityRegistry)
    entities, targets = (change.moved, {}) if is_entities else ({}, change.moved)
    rewritten = {key: resolve_document(document, scheme, entities, targets) for key, document in documents.items()}
    return {key: replace(each, updated_at=now) for key, each in rewritten.items() if each is not documents[key]}


def _is_done(registry: Registry, old: str, new: str) -> bool:
    return current_ids(registry).get(old) == new


def _require_live(registry: Registry, name: str) -> None:
    found = find(registry, name)
    if found != name:
        raise InputError(f"{name!r} is now {found!r}.\nHint: name {found!r} instead. Nothing was changed.")


def _sorted(records: Iterable[R]) -> tuple[R, ...]:
    return tuple(sorted(records, key=lambda each: each.id))


_FORCE = "Hint: correct one of the two first, or merge them with --force. Nothing was changed."


def merge(registry: Registry, old: str, new: str, *, force: bool = False) -> RegistryChange:
    """Merge one entry into another of its registry, as `merge_entities` and `merge_targets` do."""
    if isinstance(registry, EntityRegistry):
        return merge_entities(registry, old, new, force=force)
    return merge_targets(registry, old, new, force=force)


def merge_entities(registry: EntityRegistry, old: str, new: str, *, force: bool = False) -> RegistryChange:
    """Merge one entity into another, which keeps its id and name and takes over aliases and roles.

    force: whether entities of different kinds, or with different Wikidata ids, are merged too. Raises InputError where
    it cannot be done; merging what is merged already only looks for references that are left.
    """
    if not require_mergeable(registry, old, new):
        return moving(registry, old, new)
    by_id = {entity.id: entity for entity in registry.entities}
    goes, stays = by_id.pop(old), by_id[new]
    notes = []
    if goes.kind != stays.kind:
        notes.append(f"the kind of {old!r}, {goes.kind}, gives way to {stays.kind}")
    if goes.wikidata and stays.wikidata and goes.wikidata != stays.wikidata:
        notes.append(f"the Wikidata id of {old!r}, {goes.wikidata}, gives way to {stays.wikidata}")
    if notes and not force:
        raise InputError(f"{old!r} and {new!r} do not look like one: {'; '.join(notes)}.\n{_FORCE}")
    parts = {each.id: _moved(each.part_of, old, new) for each in by_id.values()}
    part_of = _above(parts, stays.id, _moved(goes.part_of, old, new))
    if leads_back(stays.id, parts | {stays.id: part_of}):
        raise InputError(
            f"{new!r} is part of {old!r} through others, and would become a part of itself.\n"
            f"Hint: merge {new!r} into {old!r} instead, or correct part_of first. Nothing was changed."
        )
    affiliation = next(
        (each for each in (_moved(one.affiliation, old, new) for one in (stays, goes)) if each not in (None, new)), None
    )
    united = replace(
        stays,
        aliases=_aliases(goes, stays),
        roles=(*stays.roles, *(role for role in goes.roles if role not in stays.roles)),
        part_of=part_of,
        affiliation=affiliation,
        wikidata=stays.wikidata or goes.wikidata,
    )
    notes += _given_up(goes, united, ("part_of", "affiliation"), lambda value: _moved(value, old, new))
    by_id[new] = united
    notes += [f"{new!r} is now also called {alias!r}" for alias in united.aliases if alias not in stays.aliases]
    return moving(replace(registry, entities=tuple(by_id[key] for key in sorted(by_id))), old, new, notes)


def merge_targets(registry: TargetRegistry, old: str, new: str, *, force: bool = False) -> RegistryChange:
    """Merge one target into another, which keeps its id, name and definition; it may stand for what either did.

    force: whether a root is merged with what is none. Raises InputError where it cannot be done; merging what is
    merged already only looks for references that are left.
    """
    if not require_mergeable(registry, old, new):
        return moving(registry, old, new)
    by_id = {target.id: target for target in registry.targets}
    goes, stays = by_id.pop(old), by_id[new]
    if "root" in (goes.use, stays.use) and goes.use != stays.use and not force:
        raise InputError(f"{old!r} is a {goes.use}, {new!r} a {stays.use}: they do not look like one.\n{_FORCE}")
    parents = {each.id: _moved(each.parent, old, new) for each in by_id.values()}
    parent = _above(parents, stays.id, None)
    if leads_back(stays.id, parents | {stays.id: parent}):
        raise InputError(
            f"{new!r} is below {old!r} through others, and would be above itself.\n"
            f"Hint: merge {new!r} into {old!r} instead, or correct parent first. Nothing was changed."
        )
    united = replace(stays, use=_use(goes.use, stays.use), parent=parent)
    notes = [f"the definition of {old!r} is given up: {goes.definition}"]
    if united.use != stays.use:
        notes.append(f"{new!r} may now be used for {united.use}, where it was {stays.use}")
    notes += _given_up(goes, united, ("parent",), lambda value: _moved(value, old, new))
    by_id[new] = united
    return moving(replace(registry, targets=tuple(by_id[key] for key in sorted(by_id))), old, new, notes)


def _aliases(goes: Entity, stays: Entity) -> tuple[str, ...]:
    """The aliases of both, and the name that goes, each once."""
    names = {search_fold(stays.name): stays.name}
    for alias in (*stays.aliases, goes.name, *goes.aliases):
        names.setdefault(search_fold(alias), alias)
    return tuple(names.values())[1:]


def _use(one: str, two: str) -> str:
    uses = {one, two} - {"root"} or {"root"}
    return uses.pop() if len(uses) == 1 else "both"


def _moved(name: str | None, old: str, new: str) -> str | None:
    return new if name == old else name


def _above(above: Mapping[str, str | None], name: str, other: str | None) -> str | None:
    """Return what stands above a merged entry: what did, else what stood above the other, never the entry itself."""
    if above[name] not in (None, name):
        return above[name]
    if other is None or leads_back(name, {**above, name: other}):
        return None
    return other


def _given_up(
    goes: Entity | TargetEntry,
    united: Entity | TargetEntry,
    keys: tuple[str, ...],
    moved: Callable[[str | None], str | None],
) -> list[str]:
    """Say which of the values above the entry that goes are not kept."""
    lost = [(key, moved(getattr(goes, key))) for key in keys]
    return [
        f"{key} of {goes.id!r}, {value}, is given up"
        for key, value in lost
        if value not in (None, united.id, getattr(united, key))
    ]


@dataclass(frozen=True, slots=True)
class Use:
    """How often one document names an entry, by what it is there. annotator: None for gold."""

    article_id: str
    annotator: str | None
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class EntryDetails:
    """An entry and all that is tied to it.

    former: ids that lead to it. above: what it is part of or stands below, nearest first. below: its parts, or what
    stands below it. members: entities that speak or work for it.
    """

    entry: Entity | TargetEntry
    former: tuple[str, ...]
    above: tuple[str, ...]
    below: tuple[str, ...]
    members: tuple[str, ...]
    uses: tuple[Use, ...]


def look_up(registry: Registry, name: str, documents: Iterable[Document], scheme: Scheme) -> EntryDetails:
    """Return what an id stands for and what refers to that. Raises InputError where it stands for nothing."""
    name = find(registry, name)
    moved = current_ids(registry)
    registry = resolve_registry(registry, moved)
    if isinstance(registry, EntityRegistry):
        above = {entity.id: entity.part_of for entity in registry.entities}
        members = tuple(entity.id for entity in registry.entities if entity.affiliation == name)
    else:
        above, members = {target.id: target.parent for target in registry.targets}, ()
    return EntryDetails(
        entry=next(entry for entry in entries(registry) if entry.id == name),
        former=tuple(sorted(old for old, now in moved.items() if now == name)),
        above=_chain(name, above),
        below=tuple(each for each, parent in above.items() if parent == name),
        members=members,
        uses=tuple(use for document in documents if (use := _uses_use(document, registry, scheme, name, moved)).counts),
    )


def _uses_use(document: Document, registry: Registry, scheme: Scheme, name: str, moved: dict[str, str]) -> Use:
    counts = Counter(
        _place(pointer)
        for statement in document.statements
        for pointer, each in references(statement, registry, scheme)
        if moved.get(each, each) == name
    )
    return Use(document.article_id, None if document.gold else document.annotator, dict(sorted(counts.items())))


def _place(pointer: str) -> str:
    """Return what a statement calls the place that a pointer leads to."""
    names = [part for part in pointer.split("/") if part and not part.isdigit() and part not in ("entity", "id")]
    return names[-1]


def _chain(name: str, above: dict[str, str | None]) -> tuple[str, ...]:
    found: list[str] = []
    current = above.get(name)
    while current is not None and current not in found:
        found.append(current)
        current = above.get(current)
    return tuple(found)
