"""Copies of a text: the words by which one is recognised, and what it may hold that is not drawn.

The words are of the search fold (`stancebank.search`), with look-alike letters as one (`skeleton`, after UTS 39,
confusables). In a script without spaces a letter is a word by itself.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple
from unicodedata import category

from stancebank.search import BIDI, INVISIBLE, SOFT, SearchText, compiled, search_fold, weight
from stancebank.text import fingerprint, folding_in

_ALIKE = (
    # Latin and what looks like it in lower case, folded; a letter whose capital alone looks like another goes with it
    ("a", "аαɑᴀ"),
    ("b", "вβʙᏼ"),
    ("c", "сϲᴄ"),
    ("d", "ԁɗᴅ"),
    ("e", "еεєҽᴇ"),
    ("g", "ɡց"),
    ("h", "һнηհʜ"),
    ("i", "іιıɩӏι"),
    ("j", "јϳ"),
    ("k", "кκᴋ"),
    ("l", "ℓⅼǀ"),
    ("m", "мμᴍ"),
    ("n", "пոռɴ"),
    ("o", "оοօσө"),
    ("p", "рρþᴘ"),
    ("q", "ԛզ"),
    ("r", "гᴦʀ"),
    ("s", "ѕꜱ"),
    ("t", "тτᴛ"),
    ("u", "υսᴜ"),
    ("v", "νѵᴠ"),
    ("w", "ԝωшաᴡ"),
    ("x", "хχ×"),
    ("y", "уγүყ"),
    ("z", "ζᴢ"),
    # one letter of Arabic scripts, as its languages and old encodings have it
    ("ی", "يىې"),
    ("ک", "ك"),
    ("ه", "ةۀە"),
)
_SKELETON = {ord(other): one for one, others in _ALIKE for other in others} | {0x0640: None}  # the tatweel is no letter


def skeleton(folded: str) -> str:
    """Return folded words as they look: look-alike letters become one (UTS 39), marks on letters and tatweel go.

    It is for recognising copies only: different words may become equal. Vowel signs stay, being no marks on letters.
    """
    plain = folded if folded.isascii() else unicodedata.normalize("NFD", folded)
    return "".join(each for each in plain if not unicodedata.combining(each)).translate(_SKELETON)


_ASCII_WORD = re.compile(r"[a-z0-9]+")
_WORD = r"[\p{L}\p{M}\p{N}]+"


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
    folded = search_fold(text)
    keys: list[str] = []
    for word in compiled(_WORD).findall(folded):
        if word.isascii():
            keys.append(word)  # its letters are their own keys
        else:
            keys += _keys_of(word) if len(word) <= _LONG else _make_keys(word)
    return keys


_key = lru_cache(maxsize=16384)(skeleton)


def _make_keys(word: str) -> tuple[str, ...]:
    return tuple([key for begin, end in _split(word) if (key := _key(word[begin:end]))])


_LONG = 24  # letters of a word that hardly comes again
_keys_of = lru_cache(maxsize=16384)(_make_keys)


def _split(folded: str) -> Iterator[tuple[int, int]]:
    """Yield ``(begin, end)`` of the words of a folded text."""
    for match in compiled(_WORD).finditer(folded):
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
