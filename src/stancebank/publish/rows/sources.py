"""What rows are made of: an article with its gold document and its words, the registries, and values they share."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from stancebank.corpus.references import current_ids, resolve_entity, resolve_target
from stancebank.model import Article, Document, Entity, EntityRegistry, Span, TargetEntry, TargetRegistry, TextPolicy
from stancebank.publish.views import View
from stancebank.schema.vocabulary import Vocabularies

Row = dict[str, Any]

GAP = " […] "
"""What joins the words of several spans in one column."""


@dataclass(frozen=True, slots=True)
class Reading:
    """An article with its gold document, and as much of its words as may be shown.

    tier: how much of the words the rows show. text: the stored text; None where it is not at hand.
    """

    article: Article
    document: Document
    tier: TextPolicy
    text: str | None

    @property
    def shows_words(self) -> bool:
        """Whether rows of this article hold any words."""
        return self.tier != "withheld" and self.text is not None

    def words(self, spans: Iterable[Span]) -> str | None:
        """Return the words of spans, joined, or None where there are no spans or words are not shown."""
        if not self.shows_words or self.text is None:
            return None
        return GAP.join(self.text[span.begin : span.end] for span in spans) or None


@dataclass(frozen=True, slots=True)
class Context:
    """What rows need beside the records of an article."""

    vocabularies: Vocabularies
    entities: dict[str, Entity]
    targets: dict[str, TargetEntry]
    dataset_version: str


def make_context(
    vocabularies: Vocabularies, entities: EntityRegistry, targets: TargetRegistry, dataset_version: str
) -> Context:
    """Put the registries by id; entries that refer to an id that was redirected refer to the present one."""
    moved_entities, moved_targets = current_ids(entities), current_ids(targets)
    return Context(
        vocabularies,
        {entity.id: resolve_entity(entity, moved_entities) for entity in entities.entities},
        {target.id: resolve_target(target, moved_targets) for target in targets.targets},
        dataset_version,
    )


def article_values(reading: Reading) -> Row:
    """Return what rows of every view say of their article."""
    article = reading.article
    values = {
        key: sourced.value if (sourced := getattr(article, key)) else None
        for key in ("title", "outlet", "published", "language", "url", "event")
    }
    return values | {
        "article_id": article.id,
        "agencies": list(article.agencies.value) if article.agencies else [],
        "rights_holder": article.rights.holder,
        "licence": article.rights.licence,
        "text_policy": article.rights.text_policy,
    }


def reading_values(reading: Reading, context: Context) -> Row:
    """Return what rows of every view say of the reading that they come from, and of their versions."""
    document = reading.document
    return {
        "origin": document.origin,
        "annotator": document.annotator,
        "gold_method": document.gold.method if document.gold else None,
        "guideline_version": document.guideline_version,
        "schema_version": document.schema_version,
        "dataset_version": context.dataset_version,
    }


def some(span: Span | None) -> tuple[Span, ...]:
    """Return a tuple of the span, or an empty one."""
    return (span,) if span else ()


def span_value(span: Span | None) -> Row | None:
    """Return a span as a nested value."""
    return {"begin": span.begin, "end": span.end, "fingerprint": span.fingerprint} if span else None


def span_values(spans: Iterable[Span]) -> list[Row]:
    """Return spans as nested values."""
    return [{"begin": span.begin, "end": span.end, "fingerprint": span.fingerprint} for span in spans]


def ordered(view: View, row: Row) -> Row:
    """Return the declared columns of a row, in their order."""
    return {column.name: row[column.name] for column in view.columns}
