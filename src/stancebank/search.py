"""Searching: how words are found in a text, and a text is recognised, whatever hides or wraps them.

The **search fold** makes equal what readers take for the same: Unicode's full case folding, NFKC, one kind of quotation
mark, dash and space, runs of white space as one space, ends stripped, and no character that is not drawn (soft
hyphens, joiners, bidi controls, variation selectors). It folds grapheme cluster by grapheme cluster, so that every
folded character knows its source and no place that is found cuts a character.

The fold of fingerprints is `stancebank.text.fold`; what is stored does not change with this one.

Copies are recognised by their **words**: of the search fold, with look-alike letters as one (`scripts.skeleton`). In
a script without spaces a letter is a word by itself.
"""

import re
from array import array
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple
from unicodedata import category, normalize

from stancebank.scripts import BIDI, DASHES, INVISIBLE, QUOTATION_MARKS, SOFT, skeleton, weight
from stancebank.text import fingerprint, folding_in

_KINDS = {ord(mark): "'" for mark in QUOTATION_MARKS} | {ord("`"): "'"} | {ord(dash): "-" for dash in DASHES}
_PLAIN = _KINDS | {place: " " for place in range(128) if chr(place).isspace()}
_REST = re.compile(r"[\x00-\x7f]?[^\x00-\x7f]+")  # what is not ASCII, and the character that it may join
_SPACES = re.compile(" +")
_ASCII_WORD = re.compile(r"[a-z0-9]+")
_WORD = r"[\p{L}\p{M}\p{N}]+"


@lru_cache(maxsize=16384)
def _fold_cluster(cluster: str) -> str:
    before, folded = "", INVISIBLE.sub("", cluster)
    while folded != before:  # a second time only where casing undoes what NFKC made
        before = folded
        folded = normalize("NFKC", normalize("NFKC", folded.translate(_KINDS)).casefold()).translate(_KINDS)
        folded = INVISIBLE.sub("", folded)
    return "".join(" " if character.isspace() else character for character in folded)


class SearchText:
    """A text in which words are looked for, folded once.

    folded: the text as `search_fold` returns it. Folding and a search cost the length of the text, a place nothing.
    """

    def __init__(self, text: str) -> None:
        pieces: list[str] = []
        begins, ends = array("L"), array("L")
        place = 0

        def plain(until: int) -> None:
            pieces.append(text[place:until].translate(_PLAIN).lower())
            begins.extend(range(place, until))
            ends.extend(range(place + 1, until + 1))

        for match in _REST.finditer(text):
            plain(match.start())
            for begin, end in _clusters(match[0], match.start()):
                folded = _fold_cluster(text[begin:end])
                pieces.append(folded)
                begins.extend([begin] * len(folded))
                ends.extend([end] * len(folded))
            place = match.end()
        plain(len(text))
        self.folded, self._begins, self._ends = _squeezed("".join(pieces), begins, ends)

    def source(self, begin: int, end: int) -> tuple[int, int]:
        """Return the ``(begin, end)`` in the text that ``folded[begin:end]`` comes from; begin is less than end."""
        return self._begins[begin], self._ends[end - 1]

    def find(self, words: str) -> list[tuple[int, int]]:
        """Return every ``(begin, end)`` of the text whose search fold is that of the words; they may overlap.

        No place cuts a grapheme cluster.
        """
        return self.find_folded(search_fold(words))

    def find_folded(self, wanted: str) -> list[tuple[int, int]]:
        """Return what `find` does. wanted: the words as `search_fold` returns them."""
        found: list[tuple[int, int]] = []
        place = self.folded.find(wanted) if wanted else -1
        while place >= 0:
            if not self._cuts(place, place + len(wanted)):
                found.append(self.source(place, place + len(wanted)))
            place = self.folded.find(wanted, place + 1)
        return found

    def _cuts(self, first: int, last: int) -> bool:
        """Whether ``folded[first:last]`` leaves out more than white space of the clusters at its ends."""
        low, high = first, last
        while low > 0 and self._begins[low - 1] == self._begins[first]:
            low -= 1
        while high < len(self.folded) and self._begins[high] == self._begins[last - 1]:
            high += 1
        return bool((self.folded[low:first] + self.folded[last:high]).strip())


def _clusters(text: str, offset: int) -> Iterator[tuple[int, int]]:
    """Yield the grapheme clusters of a text, by their places behind an offset; what is not drawn divides none."""
    import regex

    if not INVISIBLE.search(text):
        for match in regex.finditer(r"\X", text):
            yield offset + match.start(), offset + match.end()
        return
    places = [place for place, each in enumerate(text) if not regex.match(r"(?V1)[\p{DI}&&\p{GCB=Control}]", each)]
    for match in regex.finditer(r"\X", "".join(text[place] for place in places)):
        yield offset + places[match.start()], offset + places[match.end() - 1] + 1


def _squeezed(folded: str, begins: "array[int]", ends: "array[int]") -> tuple[str, "array[int]", "array[int]"]:
    """Make runs of spaces one, which comes from where all of them come from, and strip the ends."""
    runs = [match.span() for match in _SPACES.finditer(folded)]
    pieces: list[str] = []
    lows, highs = array("L"), array("L")
    place = 0
    for first, last in [*runs, (len(folded), len(folded))]:
        pieces.append(folded[place:first])
        lows += begins[place:first]
        highs += ends[place:first]
        if first > 0 and last < len(folded):
            pieces.append(" ")
            lows.append(begins[first])
            highs.append(ends[last - 1])
        place = last
    return "".join(pieces), lows, highs


def search_fold(text: str) -> str:
    """Return the text as words are looked for in it: what readers take for the same becomes equal."""
    if text.isascii():
        return _SPACES.sub(" ", text.translate(_PLAIN).lower()).strip(" ")
    pieces: list[str] = []
    place = 0
    for match in _REST.finditer(text):  # as `SearchText` does, without the places
        pieces.append(text[place : match.start()].translate(_PLAIN).lower())
        pieces += [_fold_cluster(match[0][begin:end]) for begin, end in _clusters(match[0], 0)]
        place = match.end()
    pieces.append(text[place:].translate(_PLAIN).lower())
    return _SPACES.sub(" ", "".join(pieces)).strip(" ")


class Word(NamedTuple):
    """A word by which copies are recognised.

    key: the word, folded, with look-alike letters as one. begin, end: its place in the text.
    """

    key: str
    begin: int
    end: int


def search_words(text: str) -> list[Word]:
    """Return the words of a text by which copies are recognised, in order; whatever wraps or divides them is left out.

    They are runs of letters, marks and digits; in a script without spaces each letter with its marks.
    """
    if text.isascii():
        return [Word(match[0], match.start(), match.end()) for match in _ASCII_WORD.finditer(text.lower())]
    found = SearchText(text)
    words: list[Word] = []
    for begin, end in _split(found.folded):
        if key := _key(found.folded[begin:end]):
            words.append(Word(key, *found.source(begin, end)))
    return words


def search_keys(text: str) -> list[str]:
    """Return the keys of the words of a text, as `search_words` does, without their places and in less time."""
    if text.isascii():
        return _ASCII_WORD.findall(text.lower())
    import regex

    folded = search_fold(text)
    keys: list[str] = []
    for word in regex.findall(_WORD, folded):
        if word.isascii():
            keys.append(word)  # its letters are their own keys
        else:
            keys += [key for begin, end in _split(word) if (key := _key(word[begin:end]))]
    return keys


_key = lru_cache(maxsize=16384)(skeleton)


def _split(folded: str) -> Iterator[tuple[int, int]]:
    """Yield ``(begin, end)`` of the words of a folded text."""
    import regex

    for match in regex.finditer(_WORD, folded):
        begin, end = match.span()
        if match[0].isascii():
            yield begin, end
            continue
        first, share = begin, weight(folded[begin])
        for place in range(begin + 1, end):
            each = weight(folded[place])
            # a mark goes on with the letter before it
            if (each or share) and not (each == 0 and _is_mark(folded[place])):
                yield first, place
                first, share = place, each
        yield first, end


def _is_mark(character: str) -> bool:
    return category(character)[0] == "M"


def plain_forms(line: str) -> tuple[str, ...]:
    """Return what a line may be without what is not drawn: as it stands, then with ever more of it left out.

    First soft hyphens and the like go, then marks of direction, then what a script or an emoji may need, too.
    """
    if not INVISIBLE.search(line):
        return (line,)
    soft = SOFT.sub("", line)
    return tuple(dict.fromkeys((line, soft, BIDI.sub("", soft), INVISIBLE.sub("", line))))


def plain_copy(copy: str, known: Collection[str]) -> tuple[str, Sequence[int]]:
    """Return a copy without the invisible characters that a record does not have, and where its characters stood.

    known: fingerprints of the record's lines. Each line takes the form that is one of them; of another line, soft
    hyphens and marks of direction are left out. The second value has the offset in the copy of each character.
    """
    if not INVISIBLE.search(copy):
        return copy, range(len(copy))
    foldings = {folding_in(each) for each in known}
    lines: list[str] = []
    places: list[int] = []
    begin = 0
    for line in copy.split("\n"):
        forms = plain_forms(line)
        fitting = (each for each in forms if any(fingerprint(each, folding) in known for folding in foldings))
        form = next(fitting, forms[min(2, len(forms) - 1)])
        lines.append(form)
        place = begin
        for character in form:  # a form leaves characters out and changes none
            place = copy.index(character, place)
            places.append(place)
            place += 1
        begin += len(line) + 1
        places.append(begin - 1)
    return "\n".join(lines), places[:-1]
