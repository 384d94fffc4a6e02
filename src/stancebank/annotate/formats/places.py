"""Where the words of another tool's text are in a stored text.

The two may differ by line ends, normal form, typography, white space, or in whole parts. So no offset is taken over:
both texts are folded as words are searched (`stancebank.search`), and without white space. If one of them holds the
other, each place is known from it. If not, words are looked for with what stands around them, and have to have one
place.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from stancebank.corpus.store import Store
from stancebank.errors import InputError, list_some, shorten
from stancebank.model import Article, Bounds
from stancebank.search import SearchText
from stancebank.text import one_line

_AROUND = ((200, 200), (60, 60), (25, 25), (60, 0), (0, 60), (12, 12), (25, 0), (0, 25), (12, 0), (0, 12), (0, 0))
"""How many folded characters before and after words are compared with them, one attempt after the other."""

_LEAST = 12  # folded characters of a text by which an article is recognised
_SHOWN = 60


class _Bare:
    """A text, folded and without white space. begins, ends: where each character of it comes from."""

    def __init__(self, text: str) -> None:
        known = SearchText(text)
        places = [place for place, each in enumerate(known.folded) if each != " "]
        self.folded = known.folded.replace(" ", "")
        sources = [known.source(place, place + 1) for place in places]
        self.begins = array("L", (begin for begin, _ in sources))
        self.ends = array("L", (end for _, end in sources))

    def at(self, begin: int, end: int) -> Bounds:
        """Return which part of the folded text a place of the text became; it is empty for white space alone."""
        return bisect_right(self.ends, begin), bisect_left(self.begins, end)

    def source(self, begin: int, end: int) -> Bounds:
        """Return where a part of the folded text comes from."""
        return self.begins[begin], self.ends[end - 1]


class Places:
    """The way from places in a tool's text to those in the stored one."""

    def __init__(self, theirs: str | None, stored: str) -> None:
        self._text, self._stored = theirs, stored
        self._is_same = theirs == stored

    @cached_property
    def _ours(self) -> _Bare:
        return _Bare(self._stored)

    @cached_property
    def _theirs(self) -> _Bare:
        return _Bare(self._text or "")

    @property
    def extent(self) -> Bounds:
        """What of the stored text the tool's text is of: all of it, unless it is known to be a part."""
        if self._text is None or self._is_same or self._shift is None:
            return 0, len(self._stored)
        first, last = max(self._shift, 0), min(self._shift + len(self._theirs.folded), len(self._ours.folded))
        return self._ours.source(first, last) if first < last else (0, 0)

    @cached_property
    def _shift(self) -> int | None:
        """How much further on a folded character is in the stored text; None where that is not the same for all."""
        ours, theirs = self._ours.folded, self._theirs.folded
        if len(theirs) <= len(ours):
            place = ours.find(theirs)
            return place if place >= 0 and ours.find(theirs, place + 1) < 0 else None
        place = theirs.find(ours)
        return -place if ours and place >= 0 and theirs.find(ours, place + 1) < 0 else None

    def find(self, begin: int, end: int) -> Bounds:
        """Return the place in the stored text. Raises InputError where there is none, or more than one."""
        assert self._text is not None
        if self._is_same:
            return begin, end
        first, last = self._theirs.at(begin, end)
        if first >= last:
            raise InputError(f"[{begin}, {end}) has no words.")
        shown = _shown(self._text[begin:end])
        if self._shift is not None:
            first, last = first + self._shift, last + self._shift
            if first < 0 or last > len(self._ours.folded):
                raise InputError(f"{shown} is outside the stored text.")
            return self._ours.source(first, last)
        theirs, ours = self._theirs.folded, self._ours.folded
        words = theirs[first:last]
        for before, after in _AROUND:
            low, high = max(0, first - before), min(len(theirs), last + after)
            pattern = theirs[low:high]
            place = ours.find(pattern)
            if place >= 0 and place == ours.rfind(pattern) and theirs.find(pattern) == theirs.rfind(pattern):
                place += first - low
                return self._ours.source(place, place + len(words))
        number = sum(1 for _ in _occurrences(ours, words))
        if not number:
            raise InputError(f"{shown} does not occur in the stored text.")
        raise InputError(f"{shown} occurs {number} times in the stored text, and nothing around it tells which.")

    def find_words(self, words: str) -> Bounds:
        """Return the one place of words in the stored text. Raises InputError where there is none, or more than one."""
        wanted = _Bare(words).folded
        found = list(_occurrences(self._ours.folded, wanted)) if wanted else []
        if len(found) != 1:
            said = "does not occur" if not found else f"occurs {len(found)} times"
            raise InputError(f"{_shown(words)} {said} in the stored text.")
        return self._ours.source(found[0], found[0] + len(wanted))


def _occurrences(text: str, words: str) -> Iterator[int]:
    place = text.find(words)
    while place >= 0:
        yield place
        place = text.find(words, place + 1)


def _shown(words: str) -> str:
    return repr(shorten(one_line(words), _SHOWN))


@dataclass
class Articles:
    """The articles of a workspace, by what other tools' files know of them. It reads each text once."""

    store: Store

    @cached_property
    def _ids(self) -> frozenset[str]:
        return frozenset(self.store.article_ids())

    @cached_property
    def _folded(self) -> dict[str, str]:
        """The texts at hand, as `_Bare` folds them, by id."""
        found = {}
        for article in self.store.articles():
            text = self.store.text(article)
            if text is not None:
                found[article.id] = _Bare(text).folded
        return found

    def find(self, names: list[str], text: str | None) -> Article:
        """Return the article of a sheet: that of a name which is an id, or else the one whose words these are.

        Raises InputError where it is none, or more than one.
        """
        for name in names:
            if name in self._ids:
                return self.store.article(name)
        said = f"nothing of it is the id of an article ({', '.join(names) or 'it has no name'})"
        if text is None:
            raise InputError(f"{said}, and its text is not at hand.")
        wanted = _Bare(text).folded
        found = [name for name, known in self._folded.items() if _are_same(wanted, known)]
        if len(found) == 1:
            return self.store.article(found[0])
        few = list_some(found)
        words = f"its words are those of {few}" if found else "its words are those of no article"
        raise InputError(f"{said}, and {words}.")


def _are_same(theirs: str, ours: str) -> bool:
    """Whether two folded texts are one, or one is part of the other, or they share most of their pieces."""
    if min(len(theirs), len(ours)) < _LEAST:
        return theirs == ours != ""
    if theirs in ours or ours in theirs:
        return True
    shorter, longer = sorted((theirs, ours), key=len)
    pieces = [shorter[place : place + 40] for place in range(0, len(shorter) - 39, 40)]
    return bool(pieces) and 2 * sum(piece in longer for piece in pieces) > len(pieces)
