"""The registries as lists to choose from: trees for Label Studio's Taxonomy, and the names that entities go by."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from stancebank.annotate.controls import MAX_NEW, UNSPECIFIED
from stancebank.annotate.names import NEW
from stancebank.model import Entity, EntityRegistry, TargetEntry, TargetRegistry, TargetUse

Node = dict[str, Any]
OTHERS = "not in the list"
SEPARATOR = " / "  # Label Studio puts it between the parts of a path; no entry may contain it


@dataclass(frozen=True, slots=True)
class Lists:
    """What the data of every task of a project carries. names: of each entity, all that it is called."""

    entities: list[Node]
    targets: list[Node]
    kinds: list[Node]
    names: dict[str, list[str]]

    def path(self, source: str, name: str) -> list[str]:
        """Return the path of an id in a list; an id that the list lacks stands below `OTHERS`."""
        tree: list[Node] = getattr(self, source)
        for group in tree:
            if any(leaf["alias"] == name for leaf in group["children"]):
                return [group["value"], name]
        return [OTHERS, name]


def make_lists(entities: EntityRegistry, targets: TargetRegistry) -> Lists:
    """Make the lists of a workspace's registries."""
    return Lists(
        entities=[*_entities(entities.entities), _new()],
        targets=[*_targets(targets.targets, "target"), _new()],
        kinds=[*_targets(targets.targets, "condition"), _group("several", [_leaf(UNSPECIFIED, UNSPECIFIED)]), _new()],
        names={entity.id: [entity.name, *entity.aliases] for entity in entities.entities},
    )


def _entities(entries: Iterable[Entity]) -> list[Node]:
    groups: dict[str, list[Node]] = {}
    for entity in sorted(entries, key=lambda each: each.name.casefold()):
        words = " · ".join([entity.name, *entity.aliases])  # searched by all of them
        groups.setdefault(entity.kind, []).append(_leaf(entity.id, words))
    return [_group(kind, leaves) for kind, leaves in sorted(groups.items())]


def _targets(entries: tuple[TargetEntry, ...], use: TargetUse) -> list[Node]:
    above = {entry.id: entry.parent for entry in entries}
    groups: dict[str, list[Node]] = {}
    for entry in sorted(entries, key=lambda each: each.id):
        if entry.use in (use, "both"):
            root = entry.id
            for _ in entries:  # as many steps as there are entries, so that a circle ends
                root = above.get(root) or root
            groups.setdefault(root, []).append(_leaf(entry.id, entry.name, entry.definition))
    return [_group(root, leaves) for root, leaves in sorted(groups.items())]


def _new() -> Node:
    return _group(OTHERS, [_leaf(f"{NEW}{n}", f"{NEW}{n}: line {n} of the new names") for n in range(1, MAX_NEW + 1)])


def _group(name: str, leaves: list[Node]) -> Node:
    return {"value": name, "children": leaves}


def _leaf(name: str, words: str, hint: str | None = None) -> Node:
    leaf = {"value": words.replace(SEPARATOR, "/"), "alias": name}
    return leaf | {"hint": hint} if hint else leaf
