"""What an engine is: it is made for a workspace, reads one article after another, and says what it finds.

An engine of one's own is a function, or a class with a method `suggest`; docs/suggesting.md has examples. It is named
as ``package.module:function``, or by an entry point of the group `stancebank.engines`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Protocol, runtime_checkable

from stancebank.corpus.quoted import QuotedStatement, quote_document
from stancebank.corpus.selectors import Passage, find_passages
from stancebank.model import Article, Document, EntityRegistry, TargetRegistry
from stancebank.publish.gold import groups_of
from stancebank.schema.fields import Scheme
from stancebank.search import search_fold
from stancebank.workspace import Workspace

Setting = str | int | float | bool


@dataclass(frozen=True, slots=True)
class EngineRecord:
    """Which engine made a suggestion. model_sha256: of all files of the model, as hex; "" where there is no model.

    settings: what else changes what it says, such as a threshold or the hash of a prompt.
    """

    name: str
    version: str
    model: str = ""
    model_version: str = ""
    model_sha256: str = ""
    settings: Mapping[str, Setting] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return what a suggestion says of it, under ``engine``; what is empty is left out."""
        value = {"name": self.name, "version": self.version, "model": self.model, "model_version": self.model_version}
        value |= {"model_sha256": self.model_sha256}
        found: dict[str, Any] = {key: each for key, each in value.items() if each}
        return {**found, "settings": dict(sorted(self.settings.items()))} if self.settings else found


@dataclass(frozen=True, slots=True)
class ReadArticle:
    """An article with its words. passages: its annotated paragraphs, which alone may hold statements."""

    article: Article
    text: str
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """An article that has gold."""

    source: ReadArticle
    gold: Document

    def quoted(self, scheme: Scheme) -> tuple[QuotedStatement, ...]:
        """Return the gold statements by their words."""
        return quote_document(self.gold, self.source.text, scheme).statements


@dataclass(frozen=True)
class Surroundings:
    """What an engine may know: the workspace, and the articles with gold whose words are at hand.

    An engine that learns must take its examples from `without`, so that no article is read by what it taught.
    may_upload: whether the user has said that words that may not be published may leave this machine.
    """

    workspace: Workspace
    scheme: Scheme
    entities: EntityRegistry
    targets: TargetRegistry
    examples: tuple[Example, ...]
    groups: Mapping[str, str]
    may_upload: bool = False

    def group(self, article_id: str) -> str:
        """Return the group of an article: its event, or the article that it is a copy of, or itself."""
        return self.groups.get(article_id, article_id)

    def without(self, article_id: str) -> tuple[Example, ...]:
        """Return the examples that are of another event than an article, and no copies of it."""
        group = self.group(article_id)
        return tuple(each for each in self.examples if self.group(each.source.article.id) != group)

    @cached_property
    def annotated(self) -> frozenset[str]:
        """The zones whose words may be in statements."""
        return frozenset(self.scheme.vocabularies.annotated_zones())

    @cached_property
    def entity_names(self) -> Mapping[str, str]:
        """The id of each entity of the registry by its folded names."""
        return {search_fold(name): each.id for each in self.entities.entities for name in (*each.aliases, each.name)}

    def source(self, article: Article, text: str) -> ReadArticle:
        """Return an article with its words, as an engine reads it."""
        return ReadArticle(article, text, tuple(find_passages(article, text, self.annotated)))


class Engine(Protocol):
    """Finds statements. `suggest` is called once an article, in the order of their ids, in one thread."""

    @property
    def record(self) -> EngineRecord:
        """What it is, in which version, with which model and settings."""

    def suggest(self, source: ReadArticle) -> Iterable[QuotedStatement | Mapping[str, Any]]:
        """Return the statements of one article: objects, or JSON in the form of prediction.schema.json.

        Their words are looked for in the passages; offsets are taken as they are. Raises ServerError for an article
        that a server did not answer: the others are read all the same. Raises InputError for an article that it cannot
        read, which stops the run. What was suggested until then is kept.
        """


@dataclass(frozen=True, slots=True)
class Bill:
    """What a run would take, or has taken. lines: for people; value: the same as JSON, without words of articles.

    sample: what a trial shows beside it, such as the first message to a model.
    """

    lines: tuple[str, ...]
    value: Mapping[str, Any]
    sample: str = ""


@runtime_checkable
class CostlyEngine(Engine, Protocol):
    """An engine that takes time or money, and says how much."""

    def foresee(self, sources: Sequence[ReadArticle]) -> Bill:
        """Return what a run over articles would take, and do nothing else.

        Raises InputError where the run may not be, such as for words that may not leave this machine.
        """

    def account(self) -> Bill:
        """Return what it took until now, and what of the answers could not be used."""


Maker = Callable[[Surroundings], Engine]
"""Makes an engine for a workspace; a function of one's own may be one, or be `suggest` itself."""


def look_around(workspace: Workspace, leave_out: Sequence[str] = (), *, may_upload: bool = False) -> Surroundings:
    """Return the surroundings of engines in a workspace. leave_out: articles whose gold they must not see.

    may_upload: as for `Surroundings`.
    """
    store, scheme = workspace.store, workspace.scheme
    articles = {article.id: article for article in store.articles()}
    bare = Surroundings(workspace, scheme, store.entities(), store.targets(), (), groups_of(articles.values()))
    examples = []
    for gold in store.documents(None):
        article = articles.get(gold.article_id)
        text = store.text(article) if article is not None and article.id not in leave_out else None
        if article is not None and text is not None and gold.text_sha256 == article.text_sha256:
            examples.append(Example(bare.source(article, text), gold))
    return replace(bare, examples=tuple(examples), may_upload=may_upload)
