"""Shingles: runs of eight words inside a line, by which words of articles are found in what is published.

They are hashed from the texts at hand each time. Hashes of a whole text are not kept in files, since a word list reads
most of the text back from them, run by run. Only the records of withdrawals hold some.
"""

import hashlib
import re
from collections.abc import Iterator

from stancebank.corpus.store import Store
from stancebank.errors import WorkspaceError
from stancebank.model import Article

LENGTH = 8
_HEADLINES = ("title",)


def shingles(line: str) -> Iterator[str]:
    """Yield the hash of every run of eight words in a line, as 16 hex digits, in order."""
    words = re.findall(r"\w+", line.lower())
    for place in range(len(words) - LENGTH + 1):
        yield hashlib.sha256(" ".join(words[place : place + LENGTH]).encode()).hexdigest()[:16]


def article_shingles(article: Article, text: str) -> set[str]:
    """Return the hashes of all shingles of an article, save those that its headline has."""
    headlines = {
        each for zone in article.zones if zone.zone in _HEADLINES for each in shingles(text[zone.begin : zone.end])
    }
    return {each for line in text.split("\n") for each in shingles(line)} - headlines


def protected_shingles(store: Store) -> Iterator[tuple[str, set[str] | None]]:
    """Yield the id of each article whose text may not be published, with the hashes of its shingles.

    These are the articles of the tiers `withheld` and `quotes`, and the withdrawn ones, of which the record has the
    hashes. The hashes are None where the text of an article is not at hand, or is another one than its record
    describes. Headlines of all articles are left out: they are bibliography, and pages name those of other articles.
    """
    articles = tuple(store.articles())
    titles = {hashed for article in articles if article.title for hashed in shingles(article.title.value)}
    for article in articles:
        if article.rights.text_policy.shows_all:
            continue
        try:
            text = store.text(article)
        except WorkspaceError:  # the file holds other words
            text = None
        yield article.id, None if text is None else article_shingles(article, text) - titles
    for withdrawal in store.withdrawals():
        if withdrawal.lifted is None:
            yield withdrawal.id, set(withdrawal.shingles) - titles


def shared(text: str, hashes: set[str]) -> int:
    """Count the shingles of a text that are among the hashes. Lines are joined, so that wrapping hides nothing."""
    return sum(each in hashes for each in shingles(text))
