"""Rows of the views `entities` and `targets`."""

from collections.abc import Mapping

from stancebank.model import TargetEntry
from stancebank.publish.rows.values import Row, ordered
from stancebank.publish.sources import Context
from stancebank.publish.views import ENTITIES, TARGETS


def entity_rows(context: Context) -> list[Row]:
    """Return the rows of the view `entities`, by id."""
    return [
        ordered(
            ENTITIES,
            _versions(context)
            | {
                "entity_id": each.id,
                "name": each.name,
                "kind": each.kind,
                "part_of": each.part_of,
                "affiliation": each.affiliation,
                "wikidata": each.wikidata,
                "aliases": list(each.aliases),
                "former_ids": _former(context.moved_entities, each.id),
                "roles": [{"title": role.title, "begin": role.begin, "end": role.end} for role in each.roles],
            },
        )
        for each in context.entities.values()
    ]


def target_rows(context: Context) -> list[Row]:
    """Return the rows of the view `targets`, by id."""
    return [
        ordered(
            TARGETS,
            _versions(context)
            | {
                "target_id": each.id,
                "name": each.name,
                "definition": each.definition,
                "use": each.use,
                "parent": each.parent,
                "root": find_root(each, context.targets).id,
                "former_ids": _former(context.moved_targets, each.id),
            },
        )
        for each in context.targets.values()
    ]


def find_root(target: TargetEntry, targets: Mapping[str, TargetEntry]) -> TargetEntry:
    """Return the root that a target stands under; itself where it is one. Raises ValueError where there is none."""
    above = {target.id}
    while target.parent is not None:
        target = targets[target.parent]
        if target.id in above:
            raise ValueError(f"the target {target.id!r} stands above itself")
        above.add(target.id)
    return target


def _versions(context: Context) -> Row:
    return {"schema_version": context.schema_version, "dataset_version": context.dataset_version}


def _former(moved: Mapping[str, str], name: str) -> list[str]:
    return sorted(former for former, now in moved.items() if now == name)
