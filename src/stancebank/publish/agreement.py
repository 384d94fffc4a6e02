"""How often annotators agree who read the same articles: from their own documents, of articles that are published."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import combinations

from stancebank.agreement.compare import Comparison, compare
from stancebank.publish.rows.statements import in_order
from stancebank.publish.sources import Reading

FIELDS = {
    "statement": "statements",
    "speaker": "speaker",
    "stance": "stance",
    "force": "force",
    "target": "target",
    "content overlap": "content overlap",
    "condition": "conditions",
    "role": "role",
    "kind": "kind",
}
"""The tallies that the card shows, by the heads of their columns."""


@dataclass(frozen=True, slots=True)
class PairOfReaders:
    """Two annotators who have read at least one article both.

    articles: how many; origins: of their documents; found: the tallies, without the differences.
    """

    one: str
    other: str
    articles: int
    origins: frozenset[str]
    found: Comparison


@dataclass(slots=True)
class Agreement:
    """How often every two annotators agree, counted article by article; no document is held."""

    counts: dict[tuple[str, str], PairOfReaders] = field(default_factory=dict)

    def add(self, reading: Reading) -> None:
        """Count an article, once: every two annotators who have read it, in one text. No words are read."""
        documents = [in_order(replace(reading, document=each)).document for each in reading.others]
        for one, other in combinations(sorted(documents, key=lambda each: each.annotator), 2):
            names = one.annotator, other.annotator
            before = self.counts.get(names, PairOfReaders(*names, 0, frozenset(), Comparison()))
            for name, tally in compare([(one, other)]).tallies.items():
                before.found.tally(name).add(tally.agreed, tally.compared)
            origins = before.origins | {one.origin, other.origin}
            self.counts[names] = replace(before, articles=before.articles + 1, origins=origins)

    def pairs(self) -> tuple[PairOfReaders, ...]:
        """Return what was counted, by the names of the two."""
        return tuple(self.counts[names] for names in sorted(self.counts))


def compare_readers(readings: Iterable[Reading]) -> tuple[PairOfReaders, ...]:
    """Compare every two annotators over the published articles that both have read."""
    agreement = Agreement()
    for reading in readings:
        agreement.add(reading)
    return agreement.pairs()


def agreement_rows(pairs: Iterable[PairOfReaders]) -> list[list[object]]:
    """Return one row a pair: who, how many articles, and the share of every field of `FIELDS`."""
    rows = []
    for pair in pairs:
        shares = [tally.share if (tally := pair.found.tallies.get(name)) else None for name in FIELDS]
        rows.append(
            [f"`{pair.one}`, `{pair.other}`", pair.articles]
            + ["–" if share is None else f"{share:.1%}" for share in shares]
        )
    return rows
