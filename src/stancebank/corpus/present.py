"""The articles that a corpus has, and those that are planned to join it: found by their ids and texts.

Of what is written, an id, the SHA-256 of its text and what it reprints are held, some 400 bytes; the record is read
when it is asked for, as it is where a text comes a second time.
"""

from collections import defaultdict
from collections.abc import Iterator

import msgspec

from stancebank.corpus.recorded import recorded_texts
from stancebank.corpus.store import Store
from stancebank.model import Article


class Present:
    """The articles of a corpus, whose records come without their lines; iterated over, their ids."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._text_of: dict[str, bytes] = {}
        self._with_text: dict[bytes, tuple[str, ...]] = {}
        self._reprints: defaultdict[str, list[str]] = defaultdict(list)
        self._planned: dict[str, Article] = {}
        reprints: list[tuple[str, bytes]] = []
        for article in recorded_texts(store):
            text = bytes.fromhex(article.text_sha256)
            self._text_of[article.id] = text
            if article.reprint_of:
                self._reprints[article.reprint_of].append(article.id)
                reprints.append((article.id, text))
            else:
                self._add(article.id, text)
        for name, text in reprints:  # what was first is named first
            self._add(name, text)

    def __iter__(self) -> Iterator[str]:
        return iter(self._text_of)

    def __contains__(self, article_id: object) -> bool:
        return article_id in self._text_of

    def get(self, article_id: str) -> Article | None:
        """Return an article, or None where there is none of that id."""
        if article_id not in self._text_of:
            return None
        return self._planned.get(article_id) or _without_lines(self._store.article(article_id))

    def with_text(self, text_sha256: str) -> list[Article]:
        """Return the articles with a text: first those that are no reprints, then in the order in which they came."""
        names = self._with_text.get(bytes.fromhex(text_sha256), ())
        return [article for name in names if (article := self.get(name))]

    def reprint_of(self, article_id: str) -> str | None:
        """Return a reprint of an article; None where there is none."""
        return next(iter(self._reprints.get(article_id, ())), None)

    def plan(self, article: Article) -> None:
        """Take up an article, new or in place of the one with its id."""
        before = self.get(article.id)
        text = bytes.fromhex(article.text_sha256)
        if before is None or self._text_of[article.id] != text:
            if before is not None:
                self._take_out(article.id)
            self._add(article.id, text)
        if before is not None and before.reprint_of and before.reprint_of != article.reprint_of:
            self._reprints[before.reprint_of].remove(article.id)
        if article.reprint_of and (before is None or before.reprint_of != article.reprint_of):
            self._reprints[article.reprint_of].append(article.id)
        self._text_of[article.id] = text
        self._planned[article.id] = _without_lines(article)

    def drop(self, article: Article) -> None:
        """Forget an article that was planned, and will not be written."""
        held = self.get(article.id)
        if held is None:
            return
        if held.reprint_of:
            self._reprints[held.reprint_of].remove(article.id)
        self._take_out(article.id)
        self._planned.pop(article.id, None)
        del self._text_of[article.id]

    def settle(self) -> None:
        """Know that all that was planned is written, so that it can be read."""
        self._planned.clear()

    def _add(self, article_id: str, text: bytes) -> None:
        self._with_text[text] = (*self._with_text.get(text, ()), article_id)

    def _take_out(self, article_id: str) -> None:
        text = self._text_of[article_id]
        left = tuple(each for each in self._with_text[text] if each != article_id)
        if left:
            self._with_text[text] = left
        else:
            del self._with_text[text]


def _without_lines(article: Article) -> Article:
    """Return a record without its lines, which take most of its memory, and follow from the text."""
    return msgspec.structs.replace(article, lines=())
