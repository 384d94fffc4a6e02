"""What rows are made of: an article with its gold document and its words, and the registries."""

from collections.abc import Iterable
from dataclasses import dataclass

from stancebank.corpus.registry import current_ids, resolve_entity, resolve_target
from stancebank.model import Article, Document, Entity, EntityRegistry, Span, TargetEntry, TargetRegistry
from stancebank.schema.fields import Scheme
from stancebank.schema.vocabulary import Vocabularies
from stancebank.text_policy import TextPolicy

GAP = " […] "
"""What joins the words of several spans in one column."""


@dataclass(frozen=True, slots=True)
class ArticleAnnotation:
    """An article with its gold document, and as much of its words as may be shown.

    policy: how much of the words the rows show. text: the stored text; None where it is not at hand. others: documents
    of annotators who read the same text.
    """

    article: Article
    document: Document
    policy: TextPolicy
    text: str | None
    others: tuple[Document, ...] = ()

    @property
    def shows_words(self) -> bool:
        """Whether rows of this article hold any words."""
        return self.policy.shows_quotations and self.text is not None

    @property
    def has_words(self) -> bool:
        """Whether there are words that rows of this article might show: the text, or those of a statement."""
        return self.policy.shows_all or any(each.statements for each in (self.document, *self.others))

    @property
    def lacks_words(self) -> bool:
        """Whether words should be shown and are not at hand."""
        return self.policy.shows_quotations and self.text is None and self.has_words

    @property
    def is_beyond(self) -> bool:
        """Whether more words are shown than the article's text policy allows."""
        allowed = self.article.rights.text_policy.allows(self.policy)
        return not allowed and self.shows_words and self.has_words

    @property
    def whole_text(self) -> str | None:
        """The stored text, where all of it is shown."""
        return self.text if self.policy.shows_all else None

    def words(self, spans: Iterable[Span]) -> str | None:
        """Return the words of spans, joined, or None where there are no spans or words are not shown."""
        if not self.shows_words or self.text is None:
            return None
        return GAP.join(self.text[span.begin : span.end] for span in spans) or None


@dataclass(frozen=True, slots=True)
class RowContext:
    """What rows need beside the records of an article.

    entities, targets: by id, in the order of their ids. moved_entities, moved_targets: former ids, each with the
    present one.
    """

    scheme: Scheme
    entities: dict[str, Entity]
    targets: dict[str, TargetEntry]
    moved_entities: dict[str, str]
    moved_targets: dict[str, str]
    schema_version: str
    dataset_version: str

    @property
    def vocabularies(self) -> Vocabularies:
        """The vocabularies of the scheme."""
        return self.scheme.vocabularies


def make_context(scheme: Scheme, entities: EntityRegistry, targets: TargetRegistry, dataset_version: str) -> RowContext:
    """Put the registries by id; entries that refer to an id that was redirected refer to the present one."""
    moved_entities, moved_targets = current_ids(entities), current_ids(targets)
    return RowContext(
        scheme,
        {each.id: resolve_entity(each, moved_entities) for each in sorted(entities.entities, key=lambda each: each.id)},
        {each.id: resolve_target(each, moved_targets) for each in sorted(targets.targets, key=lambda each: each.id)},
        moved_entities,
        moved_targets,
        entities.schema_version,
        dataset_version,
    )
