"""Readings that are made of sheets, and what they are made with: names of the registries, and a report of the rest."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stancebank.annotate.formats.mapping import Map
from stancebank.corpus.registry import spellings
from stancebank.model import Article, Bounds, EntityRegistry, TargetRegistry
from stancebank.schema.fields import Scheme
from stancebank.search import search_fold

Json = dict[str, Any]


@dataclass
class Reading:
    """One annotator's reading of an article. statements, non_statements: of the quoted form. places, passed_places:
    of each of them in the tool's file, ``file:line``. is_nothing: nobody labelled anything in it. is_torn: a
    statement of it cannot be taken. extents: which parts of the text its sheets are of, and where these are.
    """

    article: Article
    text: str
    annotator: str
    statements: list[Json] = field(default_factory=list)
    non_statements: list[Json] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    passed_places: list[str] = field(default_factory=list)
    is_nothing: bool = True
    is_torn: bool = False
    extents: list[tuple[Bounds, str]] = field(default_factory=list)


@dataclass
class LabelReport:
    """What became of sheets. faults: what cannot be taken, each with its place. loose: marks of parts of a statement
    that belong to none. left_out: what the map does not speak of, and what the tool holds back, counted. ignored: what
    the map leaves out on purpose, counted.
    """

    faults: list[str] = field(default_factory=list)
    loose: list[str] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    ignored: Counter[str] = field(default_factory=Counter)


class Registries:
    """Entries of the registries by what they are called."""

    def __init__(self, entities: EntityRegistry, targets: TargetRegistry) -> None:
        self._ids = {
            "entity": {*entities.redirects, *(each.id for each in entities.entities)},
            "target": {*targets.redirects, *(each.id for each in targets.targets), "unspecified"},
        }
        self._names = {"entity": self._by_name(entities), "target": self._by_name(targets)}
        self._wikidata = {each.wikidata: each.id for each in entities.entities if each.wikidata}

    def _by_name(self, registry: EntityRegistry | TargetRegistry) -> Mapping[str, set[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for name, spelled in spellings(registry).items():
            for words in spelled:
                found[search_fold(words)].add(name)
        return found

    def meant(self, kind: str, said: str) -> set[str]:
        """Return the ids that somebody may mean by an id, a name or alias, or an id of Wikidata."""
        if said in self._ids[kind]:
            return {said}
        if kind == "entity" and said in self._wikidata:
            return {self._wikidata[said]}
        return self._names[kind].get(search_fold(said), set())


@dataclass
class Context:
    """What all statements of an import are made with.

    adds_missing: whether entries that the registries lack get ids by their names. new_names: of such entries, by kind
    and id.
    """

    map: Map
    scheme: Scheme
    registries: Registries
    adds_missing: bool
    report: LabelReport = field(default_factory=LabelReport)
    new_names: dict[tuple[str, str], str] = field(default_factory=dict)
