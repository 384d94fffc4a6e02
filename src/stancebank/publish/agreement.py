"""How often annotators agree who read the same articles: from their own documents, of articles that are published."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import combinations

from stancebank.agreement.compare import Comparison, compare
from stancebank.publish.sources import ArticleAnnotation
from stancebank.publish.tables import in_order
from stancebank.schema.fields import Scheme


def shown_tallies(scheme: Scheme) -> dict[str, str]:
    """Return the tallies that the card shows, by the heads of their columns.

    Of the fields they are the label and other closed lists, but for those that help to align statements: readings that
    are aligned agree in these more often than they would otherwise.
    """
    values = [
        field
        for field in scheme.of("statement")
        if field.kind == "vocabulary" and field.compared and (field.is_label or not field.weight)
    ]
    kinds = [field for field in scheme.of("condition") if field.kind in ("vocabulary", "target") and field.compared]
    conditions = {"condition": "conditions", "role": "role", **{field.title: field.title for field in kinds}}
    return {
        "statement": "statements",
        "speaker": "speaker",
        **{field.title: field.title for field in values},
        "target": "target",
        "content overlap": "content overlap",
        **(conditions if scheme.has_conditions else {}),
    }


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

    scheme: Scheme
    counts: dict[tuple[str, str], PairOfReaders] = field(default_factory=dict)

    def add(self, annotated: ArticleAnnotation) -> None:
        """Count an article, once: every two annotators who have read it, in one text. No words are read."""
        documents = [in_order(replace(annotated, document=each)).document for each in annotated.others]
        for one, other in combinations(sorted(documents, key=lambda each: each.annotator), 2):
            names = one.annotator, other.annotator
            before = self.counts.get(names, PairOfReaders(*names, 0, frozenset(), Comparison()))
            for name, tally in compare([(one, other)], self.scheme).tallies.items():
                before.found.tally(name).add(tally.agreed, tally.compared)
            origins = before.origins | {one.origin, other.origin}
            self.counts[names] = replace(before, articles=before.articles + 1, origins=origins)

    def pairs(self) -> tuple[PairOfReaders, ...]:
        """Return what was counted, by the names of the two."""
        return tuple(self.counts[names] for names in sorted(self.counts))


def compare_readers(annotated: Iterable[ArticleAnnotation], scheme: Scheme) -> tuple[PairOfReaders, ...]:
    """Compare every two annotators over the published articles that both have read."""
    agreement = Agreement(scheme)
    for each in annotated:
        agreement.add(each)
    return agreement.pairs()


def agreement_rows(pairs: Iterable[PairOfReaders], scheme: Scheme) -> list[list[object]]:
    """Return one row a pair: who, how many articles, and the share of every one of `shown_tallies`."""
    rows = []
    for pair in pairs:
        shares = [tally.share if (tally := pair.found.tallies.get(name)) else None for name in shown_tallies(scheme)]
        rows.append(
            [f"`{pair.one}`, `{pair.other}`", pair.articles]
            + ["–" if share is None else f"{share:.1%}" for share in shares]
        )
    return rows
