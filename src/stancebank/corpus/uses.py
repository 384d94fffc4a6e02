"""What refers to an entry of a registry: statements of the documents, and other entries."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from stancebank.corpus.references import current_ids, entries, resolve_registry
from stancebank.corpus.registry import Registry, find, references
from stancebank.model import Document, Entity, EntityRegistry, TargetEntry
from stancebank.schema.fields import Scheme


@dataclass(frozen=True, slots=True)
class Use:
    """How often one document names an entry, by what it is there. annotator: None for gold."""

    article_id: str
    annotator: str | None
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class Shown:
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


def look_up(registry: Registry, name: str, documents: Iterable[Document], scheme: Scheme) -> Shown:
    """Return what an id stands for and what refers to that. Raises InputError where it stands for nothing."""
    name = find(registry, name)
    moved = current_ids(registry)
    registry = resolve_registry(registry, moved)
    if isinstance(registry, EntityRegistry):
        above = {entity.id: entity.part_of for entity in registry.entities}
        members = tuple(entity.id for entity in registry.entities if entity.affiliation == name)
    else:
        above, members = {target.id: target.parent for target in registry.targets}, ()
    return Shown(
        entry=next(entry for entry in entries(registry) if entry.id == name),
        former=tuple(sorted(old for old, now in moved.items() if now == name)),
        above=_chain(name, above),
        below=tuple(each for each, parent in above.items() if parent == name),
        members=members,
        uses=tuple(use for document in documents if (use := _use(document, registry, scheme, name, moved)).counts),
    )


def _use(document: Document, registry: Registry, scheme: Scheme, name: str, moved: dict[str, str]) -> Use:
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
