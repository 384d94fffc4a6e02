"""Shingles: a guard against words of withheld articles in files that are published.

A shingle is a run of eight words inside a line. corpus/shingles.txt holds the hashes of all shingles of the withheld
texts, so that any clone can be searched for them without the texts. Headlines are bibliography and left out.
"""

import hashlib
import re
from collections.abc import Iterator

from stancebank.model import Article

SHINGLES_FILE = "corpus/shingles.txt"
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


def shared(text: str, hashes: set[str]) -> int:
    """Count the shingles of a text that are among the hashes. Lines are joined, so that wrapping hides nothing."""
    return sum(each in hashes for each in shingles(text))
