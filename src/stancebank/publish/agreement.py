"""How often annotators agree who read the same articles: from their own documents, of articles that are published."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from stancebank.agreement.compare import Comparison, compare
from stancebank.corpus.references import current_ids, resolve_document
from stancebank.model import Document
from stancebank.publish.readings import Readings
from stancebank.workspace import Workspace

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


def compare_readers(workspace: Workspace, read: Readings) -> tuple[PairOfReaders, ...]:
    """Compare every two annotators over the published articles that both have read, in one text. No words are read."""
    store = workspace.store
    moved = current_ids(store.entities()), current_ids(store.targets())
    texts = {reading.article.id: reading.article.text_sha256 for reading in read.readings}
    by_reader: dict[str, dict[str, Document]] = {}
    for path in store.document_paths():
        document = store.document(path)
        if document.gold is None and texts.get(document.article_id) == document.text_sha256:
            by_reader.setdefault(path.parent.name, {})[document.article_id] = resolve_document(document, *moved)
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
