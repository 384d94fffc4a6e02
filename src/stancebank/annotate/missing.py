"""Entities and targets that a reading names and the registries lack, and the least that an entry of them says."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from stancebank.annotate.judging import Judge
from stancebank.corpus.registry import RESERVED, Registry
from stancebank.corpus.registry_changes import add_entity, add_target
from stancebank.errors import InputError
from stancebank.model import Document, Entity, TargetEntry
from stancebank.schema.fields import Scheme

UNDEFINED = "Not defined yet: it was added with a reading."
"""The definition of a target that was added with a reading."""


@dataclass(frozen=True, slots=True)
class Missing:
    """A use of an id that a registry lacks. pointer: of it in the document. name: what it is called there, if that is
    told. use: of a target, what it is used as: ``target`` or ``condition``.
    """

    registry: Literal["entity", "target"]
    id: str
    pointer: str
    name: str = ""
    use: str = ""


def missing_in(document: Document, judge: Judge, value: Any = None) -> Iterator[Missing]:
    """Yield every use of an id that the registries lack. value: the quoted form of the document, which may name it."""
    scheme, names = judge.workspace.scheme, judge.names
    for number, statement in enumerate(document.statements):
        for below, name in scheme.entities(statement):
            if name and name not in (names.entities or ()):
                pointer = f"/statements/{number}{below}"
                yield Missing("entity", name, pointer, _name_beside(value, pointer, name))
        for below, name in scheme.targets(statement):
            is_kind = below.startswith("/conditions/")
            if name and name not in (names.targets or ()) and not (is_kind and name == RESERVED):
                pointer = f"/statements/{number}{below}"
                use = "condition" if is_kind else "target"
                yield Missing("target", name, pointer, _name_beside(value, pointer, ""), use)


def _name_beside(value: Any, pointer: str, name_id: str) -> str:
    """Return the name that stands beside an id; of an entity, also its mention, where that spells the id."""
    for part in pointer.split("/")[1:-1]:
        try:
            value = value[int(part)] if isinstance(value, list) else value[part]
        except (KeyError, IndexError, TypeError, ValueError):
            return ""
    if not isinstance(value, dict):
        return ""
    if isinstance(told := value.get("name"), str) and told.strip():
        return told.strip()
    mention = value.get("mention")
    words = mention.get("quote", mention.get("exact")) if isinstance(mention, dict) else mention
    from stancebank.corpus.ingest import slugify

    return words if name_id and isinstance(words, str) and slugify(words) == name_id else ""


class Additions:
    """Entries that are added to the registries of a judge. kind, kinds: of entities, and of single ones by id."""

    def __init__(self, judge: Judge, kind: str | None = None, kinds: Mapping[str, str] | None = None) -> None:
        self.judge = judge
        self._kind, self._kinds = kind, kinds or {}
        self.added: dict[str, Entity | TargetEntry] = {}
        self._changed: set[Literal["entities", "targets"]] = set()

    def add(self, uses: Sequence[Missing], name: str = "") -> None:
        """Add one entry for all uses of an id. name: what it is called, where that is known.

        Raises InputError where its name belongs to another entry, or its kind has to be said.
        """
        judge, first = self.judge, uses[0]
        name = name or next((each.name for each in uses if each.name), "")
        if first.registry == "entity":
            entity = Entity(id=first.id, name=name or _titled(first.id), kind=self._kind_of(first.id))
            judge.use(add_entity(judge.entities, entity), judge.targets)
            self.added[first.id] = entity
            self._changed.add("entities")
            return
        used_as = {each.use for each in uses}
        use = used_as.pop() if len(used_as) == 1 else "both"
        entry = TargetEntry(id=first.id, name=name or first.id.replace("-", " "), definition=UNDEFINED, use=use)
        judge.use(judge.entities, add_target(judge.targets, entry))
        self.added[first.id] = entry
        self._changed.add("targets")

    def _kind_of(self, name: str) -> str:
        scheme = self.judge.workspace.scheme
        kind = self._kinds.get(name) or self._kind or general_kind(scheme)
        if kind is None:
            values = ", ".join(scheme.vocabularies.offered("entity_kind"))
            raise InputError(
                f"{name!r} needs a kind to be added.\nHint: pass --kind KIND, or --kind {name}=KIND: {values}"
            )
        return kind

    def take_registries(self) -> list[Registry]:
        """Return the registries that have entries which their files lack; they are to be written now."""
        changed, self._changed = self._changed, set()
        return [getattr(self.judge, name) for name in sorted(changed)]

    def said(self) -> list[str]:
        """Say what is added, a line each."""
        return [
            f"entity {each.id}: {each.name!r}, {each.kind}"
            if isinstance(each, Entity)
            else f"target {each.id}: {each.name!r}, use {each.use}"
            for each in self.added.values()
        ]


def general_kind(scheme: Scheme) -> str | None:
    """Return the kind of entities that says least, which a scheme marks as `is_general`; None where it marks none."""
    return min(scheme.vocabularies.flagged("entity_kind", "is_general"), default=None)


def _titled(name: str) -> str:
    """Return the name that an id seems to spell: ``Ilse Marrow`` of ``ilse-marrow``."""
    return " ".join(part[:1].upper() + part[1:] for part in name.split("-"))
