"""How often annotators agree who read the same articles: from their own documents, of articles that are published."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from stancebank.agreement.compare import Comparison, compare
from stancebank.model import Document
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
    """Two annotators who have read at least one article both. articles: how many; origins: of their documents."""

    one: str
    other: str
    articles: int
    origins: frozenset[str]
    found: Comparison


def compare_readers(readings: Iterable[Reading]) -> tuple[PairOfReaders, ...]:
    """Compare every two annotators over the published articles that both have read, in one text. No words are read."""
    by_reader: dict[str, dict[str, Document]] = {}
    for reading in readings:
        for document in reading.others:
            found = in_order(replace(reading, document=document)).document
            by_reader.setdefault(document.annotator, {})[document.article_id] = found
    return tuple(
        _pair(one, other, [(by_reader[one][article], by_reader[other][article]) for article in both])
        for one, other in combinations(sorted(by_reader), 2)
        if (both := sorted(by_reader[one].keys() & by_reader[other].keys()))
    )


def _pair(one: str, other: str, documents: Sequence[tuple[Document, Document]]) -> PairOfReaders:
    origins = frozenset(each.origin for pair in documents for each in pair)
    return PairOfReaders(one, other, len(documents), origins, compare(documents))


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
