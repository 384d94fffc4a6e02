"""Entries of the registries as a maintainer corrects them: listed with their uses, edited, and removed where unused.

`corpus.registry_changes` adds, merges and renames; here is what depends on all that names an entry: documents, other
entries, redirects, releases.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, cast

from msgspec.structs import replace

from stancebank.check.corpus import check_entities, check_targets
from stancebank.corpus.registry import Registry, current_ids, entries, resolve_registry
from stancebank.corpus.registry_changes import RegistryChange, find, references, require_own_names, require_sound, what
from stancebank.errors import ConflictError, Finding, InputError
from stancebank.keeping.articles import released_ids
from stancebank.model import Entity, EntityRegistry, Role, Statement, TargetEntry, to_builtins
from stancebank.search import search_fold
from stancebank.workspace import Workspace

KEYS: dict[type[Entity | TargetEntry], tuple[str, ...]] = {
    Entity: ("name", "kind", "part_of", "affiliation", "roles", "wikidata"),
    TargetEntry: ("name", "definition", "use", "parent"),
}
"""The keys of an entry that can be edited; its aliases have a command of their own, and its id is renamed."""

_ABOVE = ("part_of", "affiliation", "parent")
_NEEDED = ("name", "kind", "definition", "use")
_VOCABULARY = {"kind": "entity_kind", "use": "target_use"}
_REPEATED = "roles"


@dataclass(frozen=True, slots=True)
class ListedEntry:
    """An entry with what names it. uses: references in documents; named_by: other entries that name it."""

    entry: Entity | TargetEntry
    uses: int
    named_by: tuple[str, ...]

    @property
    def kind(self) -> str:
        """The kind of an entity, the use of a target."""
        return self.entry.kind if isinstance(self.entry, Entity) else self.entry.use


def list_entries(workspace: Workspace, registry: Registry) -> list[ListedEntry]:
    """Return all entries of a registry with their uses, by id."""
    moved = current_ids(registry)
    counts: Counter[str] = Counter()
    for document in workspace.store.all_documents():
        for statement in document.statements:
            named = (name for _, name in references(statement, registry, workspace.scheme))
            counts.update(moved.get(name, name) for name in named)
    above: dict[str, list[str]] = defaultdict(list)
    for entry in entries(resolve_registry(registry, moved)):
        for other in _named(entry):
            above[other].append(entry.id)
    return [ListedEntry(each, counts[each.id], tuple(above[each.id])) for each in entries(registry)]


def _named(entry: Entity | TargetEntry) -> Iterator[str]:
    yield from dict.fromkeys(filter(None, (getattr(entry, key, None) for key in _ABOVE)))


def _found(registry: Registry, name: str) -> Entity | TargetEntry:
    """Return the entry that an id stands for. Raises InputError where it stands for none, or the registry is faulty."""
    require_sound(registry)
    name = find(registry, name)
    return next(each for each in entries(registry) if each.id == name)


def _with(registry: Registry, entry: Entity | TargetEntry) -> Registry:
    """Return a registry with an entry in place of the one of its id."""
    if isinstance(registry, EntityRegistry):
        changed = [entry if each.id == entry.id else each for each in registry.entities]
        return replace(registry, entities=tuple(cast("list[Entity]", changed)))
    held = [entry if each.id == entry.id else each for each in registry.targets]
    return replace(registry, targets=tuple(cast("list[TargetEntry]", held)))


@dataclass(frozen=True, slots=True)
class EntryChange:
    """An entry as it is and as it would be, and the registry with it."""

    before: Entity | TargetEntry
    after: Entity | TargetEntry
    change: RegistryChange

    @property
    def values(self) -> dict[str, tuple[Any, Any]]:
        """The values that change, old and new, as JSON holds them."""
        old, new = to_builtins(self.before), to_builtins(self.after)
        return {key: (old.get(key), new.get(key)) for key in {**old, **new} if old.get(key) != new.get(key)}


def plan_edit(workspace: Workspace, registry: Registry, name: str, given: Iterable[tuple[str, str]]) -> EntryChange:
    """Decide what new values of an entry mean; nothing is written.

    given: keys of `KEYS`, each with its value; "" clears it. `roles` may be given several times; a role that stays
    keeps its dates. Raises InputError with all faults where a key or a value is none, ConflictError where documents
    use a target for what it would no longer be for.
    """
    before = _found(registry, name)
    values: dict[str, list[str]] = defaultdict(list)
    for key, value in given:
        values[key].append(value.strip())
    faults: list[str] = []
    changed: dict[str, Any] = {}
    for key, each in values.items():
        try:
            changed[key] = _edited(workspace, registry, before, key, each)
        except InputError as error:
            faults.append(str(error))
    if faults:
        raise InputError("\n".join([*faults, "Nothing was changed."]))
    return _judged(workspace, registry, before, replace(before, **changed))


def _edited(workspace: Workspace, registry: Registry, entry: Entity | TargetEntry, key: str, given: list[str]) -> Any:
    """Return the value of a key of an entry."""
    keys, value = KEYS[type(entry)], given[-1]
    if key not in keys:
        if key in ("id", "aliases"):
            command = "rename" if key == "id" else "alias"
            raise InputError(f"{key} has its own command: `stancebank corpus {what(registry)} {command}`.")
        likely = get_close_matches(key, keys, 1)
        hint = f"Did you mean {likely[0]!r}?" if likely else f"There are: {', '.join(keys)}."
        raise InputError(f"{entry.id}: there is no key {key!r}. {hint}")
    if len(given) > 1 and key != _REPEATED:
        raise InputError(f"{entry.id}: {key} is given {len(given)} times.")
    if key == _REPEATED:
        known = {role.title: role for role in cast("Entity", entry).roles}
        return tuple(known.get(title, Role(title=title)) for title in dict.fromkeys(given) if title)
    if not value:
        if key in _NEEDED:
            raise InputError(f"{entry.id}: {key} cannot be cleared: every {what(registry)} has one.")
        return None
    if key in _VOCABULARY:
        offered = workspace.scheme.vocabularies.offered(_VOCABULARY[key])
        if value not in offered:
            raise InputError(f"{entry.id}: {key} is {value!r}, not one of {', '.join(offered)}.")
    return find(registry, value) if key in _ABOVE else value


def _judged(
    workspace: Workspace, registry: Registry, before: Entity | TargetEntry, after: Entity | TargetEntry
) -> EntryChange:
    """Return a change of an entry. Raises InputError where a check of the registry would find more than it does."""
    if isinstance(after, Entity):
        require_own_names(cast("EntityRegistry", registry), after)
    changed = _with(registry, after)
    known = {(each.code, each.message) for each in _findings(registry)}
    new = [each.message for each in _findings(changed) if (each.code, each.message) not in known]
    if new:
        raise InputError("\n".join([*(f"{after.id}: {each}" for each in new), "Nothing was changed."]))
    if isinstance(after, TargetEntry):
        _require_use(workspace, registry, after)
    return EntryChange(before, after, RegistryChange(changed, {}))


def _findings(registry: Registry) -> list[Finding]:
    if isinstance(registry, EntityRegistry):
        return list(check_entities(registry, set(), None))
    return list(check_targets(registry))


def _require_use(workspace: Workspace, registry: Registry, target: TargetEntry) -> None:
    """Raise ConflictError where documents use a target for what it is not for."""
    moved, found = current_ids(registry), Counter[str]()
    for document in workspace.store.all_documents():
        for statement in document.statements:
            for use in _uses(workspace, registry, statement, target.id, moved):
                if target.use not in (use, "both"):
                    found[f"{document.article_id} ({'gold' if document.gold else document.annotator}), as {use}"] += 1
    if found:
        listing = "\n".join(f"  {place}: {number} times" for place, number in found.items())
        raise ConflictError(
            f"{target.id} cannot be {target.use} alone, since documents use it otherwise:\n{listing}\n"
            "Hint: give it use=both, or correct these statements first. Nothing was changed."
        )


def _uses(
    workspace: Workspace, registry: Registry, statement: Statement, name: str, moved: dict[str, str]
) -> Iterator[str]:
    for pointer, each in references(statement, registry, workspace.scheme):
        if moved.get(each, each) == name:
            yield "condition" if pointer.startswith("/conditions/") else "target"


def plan_aliases(
    workspace: Workspace, registry: EntityRegistry, name: str, aliases: Iterable[str], *, remove: bool = False
) -> EntryChange:
    """Decide what more or fewer aliases of an entity mean; nothing is written. An alias that it has is not added again.

    Raises InputError where a name belongs to another entity, or there is no such alias to be removed.
    """
    before = cast("Entity", _found(registry, name))
    given = [each.strip() for each in aliases]
    if not all(given):
        raise InputError(f"{before.id}: an alias is empty. Nothing was changed.")
    folded = {search_fold(each) for each in given}
    if not remove:
        known = {search_fold(each) for each in (before.name, *before.aliases)}
        added = {search_fold(each): each for each in given if search_fold(each) not in known}
        return _judged(workspace, registry, before, replace(before, aliases=(*before.aliases, *added.values())))
    unknown = [each for each in given if search_fold(each) not in {search_fold(alias) for alias in before.aliases}]
    if unknown:
        likely = get_close_matches(unknown[0], before.aliases, 1)
        hint = f"Did you mean {likely[0]!r}?" if likely else f"There are: {', '.join(before.aliases) or 'none'}."
        raise InputError(f"{before.id} has no alias {unknown[0]!r}. {hint} Nothing was changed.")
    kept = tuple(alias for alias in before.aliases if search_fold(alias) not in folded)
    return _judged(workspace, registry, before, replace(before, aliases=kept))


def plan_removal(workspace: Workspace, registry: Registry, names: Iterable[str]) -> RegistryChange:
    """Decide what removing entries means; nothing is written.

    Entries that only name one another go together. Raises ConflictError, with all that names them, where a document,
    another entry, a redirect or a release does.
    """
    going = {_found(registry, name).id for name in names}
    listed = {each.entry.id: each for each in list_entries(workspace, registry)}
    former: dict[str, list[str]] = defaultdict(list)
    for old, now in current_ids(registry).items():
        former[now].append(old)
    released = released_ids(workspace.root, "entities" if isinstance(registry, EntityRegistry) else "targets")
    faults: list[str] = []
    for name in sorted(going):
        each = listed[name]
        why = [f"documents name it {each.uses} times"] if each.uses else []
        why += [f"{other} names it" for other in each.named_by if other not in going]
        why += [f"the former id {old} leads to it" for old in sorted(former[name])]
        why += [f"release {version} has it" for version, ids in released.items() if name in ids]
        if why:
            faults.append("\n".join([f"{name} cannot be removed:", *(f"  {one}" for one in why)]))
    if faults:
        group = f"stancebank corpus {what(registry)}"
        raise ConflictError(
            "\n".join(faults) + f"\nHint: `{group} show ID` lists what names it; `{group} merge ID OTHER` lets another "
            "stand for it. Nothing was removed."
        )
    if isinstance(registry, EntityRegistry):
        return RegistryChange(
            replace(registry, entities=tuple(each for each in registry.entities if each.id not in going)), {}
        )
    kept = tuple(each for each in registry.targets if each.id not in going)
    return RegistryChange(replace(registry, targets=kept), {})
