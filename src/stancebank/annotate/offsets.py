"""Offsets from outside: in which unit they count, told by the words that came with them, and how drags are tidied.

Label Studio counts code points of the text that it shows. Older servers and other tools counted UTF-16 units, or the
carriage returns of a text that the corpus stores without them. The words of each region say which it was.
"""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate

from stancebank.check.coverage import quotations
from stancebank.text import cuts_grapheme, trim

CODE_POINTS = "code points"
_STOPS = ".,;:،。，؛"
_MARKS = '"“”„‟«»‘’‹›'

Bounds = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Ruler:
    """A unit that offsets may count, and where each code point of the stored text begins in it."""

    unit: str
    places: tuple[int, ...]

    def bounds(self, begin: int, end: int) -> Bounds | None:
        """Return offsets of this unit in code points; None where they fall into the middle of one, or outside."""
        first, last = self._place(begin), self._place(end)
        return (first, last) if first is not None and last is not None and first < last else None

    def _place(self, offset: int) -> int | None:
        place = bisect_left(self.places, offset)
        return place if place < len(self.places) and self.places[place] == offset else None


def rulers(text: str) -> tuple[Ruler, ...]:
    """Return the units in which offsets into a stored text may come, the right one first."""
    wide = [2 if character > "\uffff" else 1 for character in text]
    returns = [1 if character == "\n" else 0 for character in text]
    ones = [1] * len(text)
    units = {
        CODE_POINTS: ones,
        "code points with carriage returns": [one + more for one, more in zip(ones, returns, strict=True)],
        "UTF-16 units": wide,
        "UTF-16 units with carriage returns": [one + more for one, more in zip(wide, returns, strict=True)],
    }
    return tuple(Ruler(unit, (0, *accumulate(widths))) for unit, widths in units.items())


def fitting(ruler: Ruler, text: str, begin: int, end: int, words: str | None) -> Bounds | None:
    """Return the bounds in code points if the words stand there in this unit. words: None where none came along."""
    bounds = ruler.bounds(begin, end)
    if bounds is None or (words is not None and text[bounds[0] : bounds[1]] != plain(words)):
        return None
    return bounds


def plain(words: str) -> str:
    """Return words with the line ends of stored text."""
    return words.replace("\r\n", "\n").replace("\r", "\n")


def common_ruler(text: str, places: Iterable[tuple[int, int, str | None]]) -> Ruler | None:
    """Return the first unit in which all the words stand where they should, code points before all others."""
    known = [place for place in places if place[2] is not None]
    return next((ruler for ruler in rulers(text) if all(fitting(ruler, text, *place) for place in known)), None)


def only_bounds(text: str, begin: int, end: int, words: str | None) -> Bounds | None:
    """Return the bounds of a single region; None where no unit fits, or two of them put it in different places."""
    found = {bounds for ruler in rulers(text) if (bounds := fitting(ruler, text, begin, end, words))}
    return found.pop() if len(found) == 1 else None


def tidy(text: str, begin: int, end: int, *, content: bool) -> Bounds:
    """Return the bounds that a drag meant: whole characters, no white space, stop, comma or outer mark (G-14, G-78).

    content: whether an introducing *that* is cut off, too. Begin equals end where nothing is left.
    """
    begin, end = _whole(text, *trim(text, begin, end))
    pairs = {begin - 1: end for begin, end in quotations(text)}  # opening marks, each with its closing one
    closing = {end: begin for begin, end in pairs.items()}
    while begin < end:
        first, last = text[begin], text[end - 1]
        foreign = last in _MARKS and closing.get(end - 1, begin) < begin  # it closes what was opened before
        if first in _MARKS and begin in pairs and pairs[begin] >= end - 1:
            begin += 1
        elif foreign or (last in _STOPS and not _is_abbreviation(text, begin, end - 1)):
            end -= 1
        elif content and text[begin:end].startswith("that "):
            begin += 5
        elif text[begin].isspace() or text[end - 1].isspace():
            begin, end = trim(text, begin, end)
        else:
            break
    return begin, end


def _whole(text: str, begin: int, end: int) -> Bounds:
    while begin < end and cuts_grapheme(text, begin, begin):
        begin -= 1
    while begin < end < len(text) and cuts_grapheme(text, end, end):
        end += 1
    return begin, end


def _is_abbreviation(text: str, begin: int, stop: int) -> bool:
    """Whether a full stop belongs to its word: U.S., J."""
    word = text[begin:stop].rpartition(" ")[2]
    return text[stop] == "." and ("." in word or (len(word) == 1 and word.isupper()))
