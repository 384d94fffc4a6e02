"""Positions: the statements of a collection as pictures need them, with names, dates and copies."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from stancebank.corpus.registry import find_clusters, find_states, find_top
from stancebank.model import Article, Document, Entity, Statement, TargetEntry
from stancebank.schema.fields import Scheme

PUBLISHED = "published"
"""What the date of a position rests on where its article alone has one."""


@dataclass(frozen=True, slots=True)
class Position:
    """A statement and its article.

    place: among `Positions.items`. words: of its content; None where they are not shown. copies:
    how many statements it stands for, itself included. is_copy: whether another stands for it: one of its own article
    that it is the same as, or its article reprints another one of the collection.
    """

    place: int
    statement: Statement
    article: Article
    words: str | None = None
    copies: int = 1
    is_copy: bool = False


@dataclass(frozen=True)
class Positions:
    """All statements of a collection, in the order of articles and texts.

    entities, targets: the registries, by id.
    """

    scheme: Scheme
    entities: Mapping[str, Entity]
    targets: Mapping[str, TargetEntry]
    items: Sequence[Position] = field(default=())

    @cached_property
    def unique(self) -> tuple[Position, ...]:
        """Those that no other stands for: what pictures count, unless they say otherwise."""
        return tuple(each for each in self.items if not each.is_copy)

    @property
    def copies(self) -> int:
        """How many are left out of `unique`."""
        return len(self.items) - len(self.unique)

    def entity_name(self, entity: str) -> str:
        """Return the name of an entity; its id where no registry has it."""
        return self.entities[entity].name if entity in self.entities else entity

    def target_name(self, target: str) -> str:
        """Return the name of a target; its id where no registry has it."""
        return self.targets[target].name if target in self.targets else target

    def state_of(self, entity: str) -> str:
        """Return the id of the state behind an entity; its own where there is none."""
        return next(iter(find_states((entity,), self.entities, self.scheme.vocabularies.states())), entity)

    def root_of(self, target: str) -> str:
        """Return the id of the root that a target stands under; its own where it has none."""
        return find_top(self.targets[target], self.targets).id if target in self.targets else target

    def label_of(self, position: Position) -> str:
        """Return the value of the label, such as a stance; "" where it waits for an answer."""
        return self.scheme.label.text(position.statement) or ""

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The values of the label in the order of the vocabulary: the place of a value is that of its mark."""
        return tuple(self.scheme.values(self.scheme.label))

    def is_conditional(self, position: Position) -> bool:
        """Whether it depends on anything."""
        return self.scheme.is_conditional(position.statement)

    def date_of(self, position: Position) -> tuple[str, str] | None:
        """Return the date of an utterance as EDTF, and what it rests on: `PUBLISHED` where the statement has none.

        None where the article has no date either.
        """
        for each in self.scheme.of("statement"):
            if each.kind == "date" and (found := each.date(position.statement)):
                return found.date, found.basis
        published = position.article.published
        return (published.value, PUBLISHED) if published else None

    def source_of(self, position: Position) -> str:
        """Return where it stands, in one line: outlet, title, date."""
        article = position.article
        told = (each.value for each in (article.outlet, article.title, article.published) if each)
        return ", ".join(told) or article.id


def make_positions(
    scheme: Scheme,
    entities: Mapping[str, Entity],
    targets: Mapping[str, TargetEntry],
    held: Iterable[tuple[Article, Document, Mapping[str, str]]],
) -> Positions:
    """Make positions of articles with their documents, in this order.

    held: each with the words of its statements that may be shown, by statement id.
    """
    held = list(held)
    present = {article.id for article, _, _ in held}
    items: list[Position] = []
    for article, document, words in held:
        again = article.reprint_of is not None and article.first_id in present
        clusters = find_clusters(document.statements)
        for each in document.statements:
            cluster = clusters[each.id]
            items.append(
                Position(
                    place=len(items),
                    statement=each,
                    article=article,
                    words=words.get(each.id),
                    copies=len(cluster),
                    is_copy=again or cluster[0].id != each.id,
                )
            )
    return Positions(scheme, entities, targets, tuple(items))
