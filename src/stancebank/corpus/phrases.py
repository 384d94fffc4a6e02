"""Phrases of a language file, and where they are in words.

A phrase is words with blanks between. In it, ``*`` at an end of a word stands for any letters, ``...`` for up to
`GAP` words of one clause, and ``<target>`` for a word that names a target. One in brackets is weak.
"""

import re
from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from stancebank.corpus.language import Language
from stancebank.model import Bounds

GAP = 6
TARGET = "<target>"

_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W_]+(?:['’][^\W_]+)*(?:-[^\W_]+(?:['’][^\W_]+)*)*|[^\w\s]")
_CLAUSE_ENDS = frozenset(",;:.?!–—()")


@dataclass(frozen=True, slots=True)
class PhraseWord:
    """A word or a mark, in small letters and with straight apostrophes. begin, end: in code points of the text."""

    text: str
    begin: int
    end: int

    @property
    def is_mark(self) -> bool:
        """Whether it is punctuation."""
        return not self.text[0].isalnum()


def words_of(text: str, bounds: Bounds) -> tuple[PhraseWord, ...]:
    """Return the words and marks within bounds of a text."""
    return tuple(
        PhraseWord(each[0].lower().replace("’", "'"), each.start(), each.end())
        for each in _WORD.finditer(text, *bounds)
    )


@dataclass(frozen=True, slots=True)
class PhraseHit:
    """A phrase that was found. first, last: of its words. joins: the word after its last gap, or its first.

    owner: what it speaks for. is_weak: whether it was written in brackets.
    """

    first: int
    last: int
    joins: int
    owner: Hashable
    phrase: str
    is_weak: bool = False


@dataclass(frozen=True, slots=True)
class _WrittenPhrase:
    parts: tuple[str, ...]
    owner: Hashable
    text: str
    is_weak: bool


class Phrases:
    """Phrases that are looked for together. outer: whether one that lies inside a longer one counts for nothing."""

    def __init__(self, owned: Iterable[tuple[Hashable, Iterable[str]]], *, outer: bool = True) -> None:
        self._outer = outer
        self._by_start: dict[str, list[_WrittenPhrase]] = {}
        self._anywhere: list[_WrittenPhrase] = []
        for owner, phrases in owned:
            for written in phrases:
                is_weak = written.startswith("(") and written.endswith(")")
                text = written[1:-1] if is_weak else written
                parts = tuple(text.lower().replace("’", "'").split())
                if not parts:
                    continue
                phrase = _WrittenPhrase(parts, owner, text, is_weak)
                if parts[0].startswith("*") or parts[0] == TARGET:
                    self._anywhere.append(phrase)
                else:
                    self._by_start.setdefault(parts[0], []).append(phrase)
        self._longest = max(map(len, self._by_start), default=0)
        self._starting: dict[str, list[_WrittenPhrase]] = {}

    def find(self, words: Sequence[PhraseWord], targets: Collection[int] = ()) -> list[PhraseHit]:
        """Return the phrases in words, in their order. targets: the places of words that name a target."""
        found = []
        for place, word in enumerate(words):
            for phrase in (*self._of(word.text), *self._anywhere):
                end = _match(phrase.parts, 0, words, place, targets)
                if end is not None:
                    found.append(PhraseHit(place, end[0], end[1], phrase.owner, phrase.text, phrase.is_weak))
        return _outer(found) if self._outer else found

    def _of(self, word: str) -> list[_WrittenPhrase]:
        known = self._starting.get(word)
        if known is None:
            starts = (word, *(f"{word[:size]}*" for size in range(1, min(len(word), self._longest) + 1)))
            known = [each for start in starts for each in self._by_start.get(start, ())]
            self._starting[word] = known
        return known


def _match(
    parts: tuple[str, ...], number: int, words: Sequence[PhraseWord], place: int, targets: Collection[int]
) -> tuple[int, int] | None:
    """Return the place of the last word of a phrase, and of the first after its last gap; None where it is not there.

    number: of the part that stands at the place.
    """
    first = place
    while number < len(parts):
        part = parts[number]
        if part == "...":
            for ahead in range(place, min(place + GAP, len(words) - 1) + 1):
                rest = _match(parts, number + 1, words, ahead, targets)
                if rest is not None:
                    return rest
                if words[ahead].text in _CLAUSE_ENDS:
                    return None
            return None
        if place >= len(words) or not _fits(part, words[place].text, place, targets):
            return None
        place += 1
        number += 1
    return place - 1, first


def _fits(part: str, word: str, place: int, targets: Collection[int]) -> bool:
    if part == TARGET:
        return place in targets
    if part.startswith("*"):
        return word.endswith(part[1:]) and not part.endswith("*")
    return word.startswith(part[:-1]) if part.endswith("*") else word == part


def _outer(hits: list[PhraseHit]) -> list[PhraseHit]:
    """Return hits that lie inside no longer one; of equal ones all, as they may speak for several things."""
    return [
        each
        for each in hits
        if not any(
            one.first <= each.first and each.last <= one.last and one.last - one.first > each.last - each.first
            for one in hits
        )
    ]


@lru_cache(maxsize=16)
def phrases_of(language: Language, vocabulary: str) -> Phrases:
    """Return the phrases that a language has for the values of a vocabulary; their owners are the values."""
    return Phrases(language.values.get(vocabulary, {}).items())


def same_stem(one: str, other: str) -> bool:
    """Whether two words seem to be forms of one: *negotiate* and *negotiations*, *talk* and *talks*."""
    if one == other:
        return True
    if one[:3] != other[:3]:
        return False
    short, long = sorted((one, other), key=len)
    if len(short) < 4:
        return long == f"{short}s"
    shared = next((n for n, pair in enumerate(zip(short, long, strict=False)) if pair[0] != pair[1]), len(short))
    return shared >= max(4, len(short) - 1) and len(long) - shared <= 3
