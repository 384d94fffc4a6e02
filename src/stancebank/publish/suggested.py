"""Which statements began as suggestions of an engine, as the ledgers of a workspace tell it.

A statement of gold began as a suggestion if the one that it was taken from did: that of the annotator whom the ledger
of its adjudication names, or without one that of the annotator whose reading became gold. One that an adjudicator wrote
or changed was taken from nobody.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Any

from stancebank.agreement.align import align
from stancebank.corpus.store import Store
from stancebank.corpus.suggestions import (
    BEGUN,
    ENGINES,
    SHOWN,
    BegunLine,
    EngineLine,
    ShownLine,
    read_begun,
    read_engines,
    read_shown,
)
from stancebank.model import Adjudication, Document

MACHINE = "model:"
"""What the origin of all that a machine says begins with."""


Naming = Callable[[Document, str], str]
"""Gives the id of the row of an annotator's statement."""


@dataclass(frozen=True, slots=True)
class BegunAs:
    """What a statement began as. by: whose suggestion, as ``model:<id>``. unchanged: whether it was taken as it was."""

    by: str
    unchanged: bool = False


@dataclass(slots=True)
class SuggestionLedgers:
    """What the ledgers tell, and what was asked of them.

    shown, begun: by article and annotator, and of the latter also the statement. articles: of which they tell anything;
    began: in which something began as a suggestion, or was taken away. used: engines of what began as a suggestion in
    the articles that were asked for, as ``model:<id>``. unchanged: how many statements of their gold were taken as they
    were. unknown: of how many it is not known, since nothing says whose reading their gold is. is_told: whether
    anything is known of one of these articles.
    """

    store: Store
    name: Naming
    shown: Mapping[tuple[str, str], ShownLine]
    begun: Mapping[tuple[str, str, str], BegunLine]
    engines: Mapping[str, EngineLine]
    articles: frozenset[str]
    began: frozenset[str]
    used: set[str] = field(default_factory=set)
    read: set[str] = field(default_factory=set)
    unchanged: int = 0
    unknown: int = 0
    is_told: bool = False

    def begun_in(self, gold: Document, others: Sequence[Document], settled: Adjudication | None) -> dict[str, BegunAs]:
        """Return what began as a suggestion, by the id of its row: of gold, and of annotators."""
        self.is_told = self.is_told or gold.article_id in self.articles
        is_first = gold.article_id not in self.read  # what was gone over before is not counted again
        before = self.unchanged, self.unknown
        self.read.add(gold.article_id)
        found: dict[str, BegunAs] = {}
        for document in others:
            for statement in document.statements:
                if line := self._line(document, statement.id):
                    found[self.name(document, statement.id)] = self._began(line)
        for name, line in self._of_gold(gold, others, settled):
            found[name] = self._began(line)
            self.unchanged += found[name].unchanged
        if not is_first:
            self.unchanged, self.unknown = before
        self.used |= {each.by for each in found.values()}
        return found

    def fresh(self) -> "SuggestionLedgers":
        """Return the same ledgers, of which nothing was asked yet."""
        return replace(self, used=set(), read=set(), unchanged=0, unknown=0, is_told=False)

    @property
    def told(self) -> tuple[list[str], int, int, bool]:
        """What was asked of them so far, for `add`."""
        return sorted(self.used), self.unchanged, self.unknown, self.is_told

    def add(self, told: tuple[list[str], int, int, bool]) -> None:
        """Take what was asked of the same ledgers elsewhere, of other articles."""
        used, unchanged, unknown, is_told = told
        self.used |= {*used}
        self.unchanged += unchanged
        self.unknown += unknown
        self.is_told |= is_told

    def to_json(self) -> dict[str, Any] | None:
        """Return what the manifest says of all articles that were asked for; None where the ledgers tell of none."""
        if not self.is_told:
            return None
        return {
            "engines": {by.removeprefix(MACHINE): self._engine(by) for by in sorted(self.used)},
            "unchanged": self.unchanged,
            "unknown": self.unknown,
        }

    def _of_gold(
        self, gold: Document, others: Sequence[Document], settled: Adjudication | None
    ) -> Iterator[tuple[str, BegunLine]]:
        readings = {each.annotator: each for each in others}
        if settled is not None and settled.text_sha256 == gold.text_sha256:
            for each in settled.decisions:
                own = each.readings.get(each.taken or "")
                if (
                    each.statement
                    and own
                    and each.taken in readings
                    and (line := self._line(readings[each.taken], own))
                ):
                    yield each.statement, line
            return
        reading = readings.get(gold.annotator)
        if reading is None:
            self.unknown += len(gold.statements) if gold.article_id in self.began else 0
            return
        for pair in align(gold.statements, reading.statements, self.store.scheme):
            if pair.one is not None and pair.other is not None:
                line = self._line(reading, reading.statements[pair.other].id)
                if line:
                    yield gold.statements[pair.one].id, line

    def _line(self, document: Document, name: str) -> BegunLine | None:
        own = name.removeprefix(f"{document.article_id}/")
        return self.begun.get((document.article_id, document.annotator, own))

    def _began(self, line: BegunLine) -> BegunAs:
        shown = self.shown.get((line.article_id, line.annotator)) or self.shown.get((line.article_id, ""))
        engine = shown.engine if shown and shown.suggestion == line.suggestion else ""
        return BegunAs(MACHINE + (engine or line.suggestion), unchanged=not line.changed)

    def _engine(self, by: str) -> dict[str, str]:
        name = by.removeprefix(MACHINE)
        line = self.engines.get(name)
        if line is None:
            return {"name": name}
        keys = ("name", "version", "model", "model_version", "model_sha256")
        return {key: value for key in keys if (value := getattr(line, key))}


def read_suggestion_ledgers(store: Store, name: Naming) -> SuggestionLedgers | None:
    """Return what the ledgers of a workspace tell; None where nobody was ever shown a suggestion. name: of rows."""
    shown, begun = read_shown(store), read_begun(store)
    if not shown and not begun:
        return None
    return SuggestionLedgers(
        store,
        name,
        {(each.article_id, each.annotator): each for each in shown},
        {(each.article_id, each.annotator, each.statement): each for each in begun if each.statement},
        {each.id: each for each in read_engines(store)},
        frozenset({each.article_id for each in shown} | {each.article_id for each in begun}),
        frozenset({each.article_id for each in begun}),
    )


def ledger_files(store: Store, ids: Set[str]) -> list[str]:
    """Return the ledgers of suggestions, where they tell anything of some articles."""
    told = {each.article_id for each in read_shown(store)} | {each.article_id for each in read_begun(store)}
    return [ENGINES, SHOWN, BEGUN] if told & ids else []
