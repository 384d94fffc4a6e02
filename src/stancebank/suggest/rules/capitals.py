"""Capitals: how the words of a headline, and words in capitals, are written so that a parser reads them."""

import re
from collections.abc import Iterable, Sequence

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_SHOUTED = re.compile(r"[A-ZÀ-ÖØ-Þ]{2,}(?:[ ,;:'’-]+[A-ZÀ-ÖØ-Þ]+){2,}")
_LONG = 4  # letters of a word that is no article or preposition
_MOST = 0.7  # share of the long words that begin with a capital in a headline


class Capitals:
    """What an article writes with and without capitals.

    text: of the article. lexicons: patterns of words that are no names. names: of the registry.
    """

    def __init__(self, text: str, lexicons: Sequence[re.Pattern[str]], names: Iterable[str] = ()) -> None:
        self._names = {word for each in names for word in _WORD.findall(each)}
        self._lexicons = lexicons
        self._lower = {each for each in _WORD.findall(text) if each.islower()}
        self._begun = {each for each in _WORD.findall(text) if each[:1].isupper() and not each.isupper()}
        spoken = _SHOUTED.sub(" ", text)
        self._acronyms = {each for each in _WORD.findall(spoken) if each.isupper() and len(each) > 1}

    def without(self, words: str) -> str:
        """Return words without the capitals that are there for show, as many characters as before."""
        plain = _SHOUTED.sub(lambda match: _WORD.sub(self._quiet, match[0]), words)
        long = [each for each in _WORD.findall(plain) if len(each) >= _LONG]
        is_title = len(long) >= 2 and sum(each[0].isupper() for each in long) >= _MOST * len(long)
        if not is_title or plain[-1:] == ".":
            return plain
        first = _WORD.search(plain)
        begin = first.end() if first else 0
        known = [match.span() for each in self._lexicons for match in each.finditer(plain)]

        def small(match: re.Match[str]) -> str:
            word, place = match[0], match.start()
            lower = word.lower()
            is_listed = any(first <= place < last for first, last in known)
            is_name = word.isupper() or len(lower) != len(word) or not (lower in self._lower or is_listed)
            return word if is_name or place < begin else lower

        return _WORD.sub(small, plain)

    def _quiet(self, match: re.Match[str]) -> str:
        word = match[0]
        small, begun = word.lower(), word.capitalize()
        if word in self._acronyms or len(small) != len(word):
            return word
        return begun if small not in self._lower and begun in self._begun | self._names else small
