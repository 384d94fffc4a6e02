"""The gold readings of a workspace, each with as much of the article's words as a build shows."""

from dataclasses import dataclass
from pathlib import Path

from stancebank.corpus.registry import current_ids, resolve_document
from stancebank.model import Article
from stancebank.publish.sources import ArticleAnnotation, RowContext, make_context
from stancebank.text_policy import TextPolicy
from stancebank.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Readings:
    """What a build is made of.

    showing: ids of articles that show words. beyond: those that show more than their text policy allows. lacking:
    those whose words were wanted and are not at hand; an article of which nothing is quoted is neither. unread: those
    without a gold document, which are left out.
    """

    readings: tuple[ArticleAnnotation, ...]
    context: RowContext
    showing: tuple[str, ...]
    beyond: tuple[str, ...]
    lacking: tuple[str, ...]
    unread: tuple[str, ...]


class GoldReader:
    """The gold readings of a workspace, read one at a time; ids that were redirected give way to the present ones.

    text: how much of the words to show; None for what each article's text policy allows. with_words: whether words are
    looked for at all; where not, every article is as if its words were not at hand.
    """

    def __init__(self, workspace: Workspace, text: TextPolicy | None, *, with_words: bool = True) -> None:
        self._store = workspace.store
        self._text, self._with_words = text, with_words
        entities, targets = self._store.entities(), self._store.targets()
        self._moved = current_ids(entities), current_ids(targets)
        self.context = make_context(workspace.scheme, entities, targets, workspace.settings.version)
        self._documents: dict[str, list[Path]] = {}
        for path in self._store.document_paths():
            self._documents.setdefault(path.stem, []).append(path)

    def read(self, article: Article) -> ArticleAnnotation | None:
        """Return the gold reading of an article, with those of its annotators; None where there is none."""
        gold = self._store.gold(article.id)
        if gold is None:
            return None
        policy = self._text or article.rights.text_policy
        words = self._store.text(article) if self._with_words and policy.shows_quotations else None
        others = map(self._store.document, self._documents.get(article.id, ()))
        same = tuple(
            resolve_document(each, self.context.scheme, *self._moved)
            for each in others
            if each.gold is None and each.article_id == article.id and each.text_sha256 == article.text_sha256
        )
        document = resolve_document(gold, self.context.scheme, *self._moved)
        return ArticleAnnotation(article, document, policy, words, same)


def read_gold(workspace: Workspace, text: TextPolicy | None, *, with_words: bool = True) -> Readings:
    """Read the gold documents and their articles, by article id. text, with_words: see `GoldReader`."""
    golds = GoldReader(workspace, text, with_words=with_words)
    readings = []
    unread = []
    for article in workspace.store.articles():
        reading = golds.read(article)
        if reading is None:
            unread.append(article.id)
        else:
            readings.append(reading)
    return Readings(
        tuple(readings),
        golds.context,
        showing=tuple(each.article.id for each in readings if each.shows_words and each.has_words),
        beyond=tuple(each.article.id for each in readings if each.is_beyond),
        lacking=tuple(each.article.id for each in readings if each.lacks_words),
        unread=tuple(unread),
    )
