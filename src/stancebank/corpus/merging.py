"""Two entries of a registry that are one: what of both is kept."""

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from stancebank.corpus.references import leads_back
from stancebank.corpus.registry import Change, demand_mergeable, moving
from stancebank.errors import InputError
from stancebank.model import Entity, EntityRegistry, TargetEntry, TargetRegistry
from stancebank.text import fold

_FORCE = "Hint: correct one of the two first, or merge them with --force. Nothing was changed."


def merge_entities(registry: EntityRegistry, old: str, new: str, *, force: bool = False) -> Change:
    """Merge one entity into another, which keeps its id and name and takes over aliases and roles.

    force: whether entities of different kinds, or with different Wikidata ids, are merged too. Raises InputError where
    it cannot be done; merging what is merged already only looks for references that are left.
    """
    if not demand_mergeable(registry, old, new):
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
            f"{new!r} lies inside {old!r} by way of others, and would become a part of itself.\n"
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


def merge_targets(registry: TargetRegistry, old: str, new: str, *, force: bool = False) -> Change:
    """Merge one target into another, which keeps its id, name and definition; it may stand for what either did.

    force: whether a root is merged with what is none. Raises InputError where it cannot be done; merging what is
    merged already only looks for references that are left.
    """
    if not demand_mergeable(registry, old, new):
        return moving(registry, old, new)
    by_id = {target.id: target for target in registry.targets}
    goes, stays = by_id.pop(old), by_id[new]
    if "root" in (goes.use, stays.use) and goes.use != stays.use and not force:
        raise InputError(f"{old!r} is a {goes.use}, {new!r} a {stays.use}: they do not look like one.\n{_FORCE}")
    parents = {each.id: _moved(each.parent, old, new) for each in by_id.values()}
    parent = _above(parents, stays.id, None)
    if leads_back(stays.id, parents | {stays.id: parent}):
        raise InputError(
            f"{new!r} lies below {old!r} by way of others, and would stand above itself.\n"
            f"Hint: merge {new!r} into {old!r} instead, or correct parent first. Nothing was changed."
        )
    united = replace(stays, use=_use(goes.use, stays.use), parent=parent)
    notes = [f"the definition of {old!r} is given up: {goes.definition}"]
    if united.use != stays.use:
        notes.append(f"{new!r} may now stand for {united.use}, where it was {stays.use}")
    notes += _given_up(goes, united, ("parent",), lambda value: _moved(value, old, new))
    by_id[new] = united
    return moving(replace(registry, targets=tuple(by_id[key] for key in sorted(by_id))), old, new, notes)


def _aliases(goes: Entity, stays: Entity) -> tuple[str, ...]:
    """The aliases of both, and the name that goes, each once."""
    names = {fold(stays.name): stays.name}
    for alias in (*stays.aliases, goes.name, *goes.aliases):
        names.setdefault(fold(alias), alias)
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
