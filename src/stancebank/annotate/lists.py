"""The registries as lists to choose from, for Label Studio's Taxonomy, and the names that entities go by.

The lists are flat, since a folded group hides what it holds, and what a workspace uses most stands first: most choices
then need no typing. That order is a help and no content: lists that differ in it alone count as the same, or each new
statement would make every task another.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from stancebank.annotate.controls import MAX_NEW, UNSPECIFIED
from stancebank.annotate.names import NEW
from stancebank.corpus.references import referred_entities, referred_targets
from stancebank.model import Document, Entity, EntityRegistry, TargetEntry, TargetRegistry

Choice = dict[str, str]

_SEPARATOR = " / "  # Label Studio splits choices at it


@dataclass(frozen=True, slots=True)
class Lists:
    """What the data of every task of a project carries. names: of each entity, all that it is called."""

    entities: list[Choice]
    targets: list[Choice]
    kinds: list[Choice]
    names: dict[str, list[str]]


def make_lists(entities: EntityRegistry, targets: TargetRegistry, documents: Iterable[Document] = ()) -> Lists:
    """Make the lists of a workspace's registries. documents: what is used most in them stands first."""
    used: Counter[str] = Counter()
    for document in documents:
        for statement in document.statements:
            used.update(name for _, name in referred_entities(statement))
            used.update(name for _, name in referred_targets(statement))
    new = [{"value": f"{NEW}{n}: the name in line {n} below", "alias": f"{NEW}{n}"} for n in range(1, MAX_NEW + 1)]
    unspecified = {"value": UNSPECIFIED, "alias": UNSPECIFIED, "hint": "Several demands, certain steps: G-61"}
    return Lists(
        entities=[*_entities(entities.entities, used), *new],
        targets=[*_targets(targets.targets, "target", used), *new],
        kinds=[*_targets(targets.targets, "condition", used), unspecified, *new],
        names={entity.id: [entity.name, *entity.aliases] for entity in entities.entities},
    )


def data_differences(data: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """Return the keys of two tasks' data that differ, in what they hold; the order of lists does not count."""
    return sorted(key for key in data.keys() | wanted.keys() if not _same(data.get(key), wanted.get(key)))


def stale_lists(data: Mapping[str, Any], lists: Lists) -> list[str]:
    """Return which lists in a task's data are not these."""
    wanted = {each.name: getattr(lists, each.name) for each in fields(lists)}
    return data_differences({key: data.get(key) for key in wanted}, wanted)


def _same(one: object, other: object) -> bool:
    if one == other or not (isinstance(one, list) and isinstance(other, list)):
        return one == other
    return sorted(one, key=_alias) == sorted(other, key=_alias)


def _alias(entry: object) -> str:
    return str(entry.get("alias")) if isinstance(entry, dict) else ""


def _entities(entries: Iterable[Entity], used: Counter[str]) -> list[Choice]:
    """Return entities by all the names that one may look for."""
    found = sorted(entries, key=lambda each: (-used[each.id], each.name.casefold()))
    return [_choice(each.id, " · ".join([each.name, *each.aliases]), each.kind) for each in found]


def _targets(entries: Iterable[TargetEntry], use: str, used: Counter[str]) -> list[Choice]:
    found = sorted(entries, key=lambda each: (-used[each.id], each.name.casefold()))
    return [_choice(each.id, each.name, each.definition) for each in found if each.use in (use, "both")]


def _choice(name: str, words: str, hint: str) -> Choice:
    return {"value": words.replace(_SEPARATOR, "/"), "alias": name, "hint": hint}
