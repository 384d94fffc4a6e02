"""Characters in all scripts: what they are, and how words are found whatever hides or wraps them.

Which characters are marks, stops, letters or invisible is said here and nowhere else. Unicode's own properties decide
where there are any (Quotation_Mark, Sentence_Terminal, Default_Ignorable_Code_Point); tests hold the tables against
them. Which marks make a pair and how letters are spelled out is in tables here, after CLDR (delimiters, Latin-ASCII).

The **search fold** makes equal what readers take for the same: Unicode's full case folding, NFKC, one kind of quotation
mark, dash and space, runs of white space as one space, ends stripped, and no character that is not drawn (soft
hyphens, joiners, bidi controls, variation selectors). It folds grapheme cluster by grapheme cluster, so that every
folded character knows its source and no place that is found cuts a character. The fold of fingerprints is
`stancebank.text.fold`; what is stored does not change with this one.
"""

import re
import unicodedata
from array import array
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING
from unicodedata import normalize

if TYPE_CHECKING:
    import regex

INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""A character that is not drawn (Default_Ignorable_Code_Point): soft hyphens, joiners, bidi controls and others."""

SOFT = re.compile(
    "[\u00ad\u034f\u180e\u200b\u2060-\u2064\ufeff]"
    "|(?<=[A-Za-z\u00c0-\u024f\u0370-\u052f .,;:!?])[\u200c\u200d\ufe00-\ufe0f]"
)
"""What no script needs: soft hyphens, zero width spaces and word joiners; joiners behind letters that never join."""

BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Marks of direction."""

DASHES = "-‐‑‒–—―⁃−﹘﹣－"

PAIRS: dict[str, str] = {
    "“": "”",
    "”": "”“",  # Swedish and Finnish
    "„": "“”‟",
    "‟": "”",
    "«": "»",
    "»": "«»",  # Danish and German; Finnish
    "‹": "›",
    "›": "‹›",
    "‘": "’",
    "‚": "‘’‛",
    "‛": "’",
    "’": "’",
    '"': '"',
    "'": "'",
    "＂": "＂",
    "＇": "＇",
    "「": "」",
    "『": "』",
    "｢": "｣",
    "﹁": "﹂",
    "﹃": "﹄",
    "〝": "〞〟",
    "《": "》",
    "〈": "〉",
    "❝": "❞",
    "❛": "❜",
    "❮": "❯",
    "🙶": "🙷",
    "``": "''",
    ",,": "''",
}
"""Opening quotation marks, each with those that may close it. Single ones: `SINGLE`. Typewriters make two of one."""

SINGLE = frozenset("‘’‚‛'＇‹›❛❜")
"""Marks of single quotation, some of which are apostrophes as well."""

QUOTATION_MARKS = frozenset("".join(PAIRS) + "".join(PAIRS.values())) - {","} | frozenset("´′″‵‶〟⹂🙸")
"""Every character that may be a quotation mark, primes and accents in their place among them."""

_NO_STATEMENT = ("QUESTION", "EXCLAMATION", "INTERROBANG", "INTERROGATION")
# Sentence_Terminal has no ellipsis, no Tibetan shad and no full stop of half its width before Unicode 16
_MORE_STOPS = "…⋯།༎"
_UNSPACED = {
    # scripts that put no space between words, with how many of their characters make a word, about
    2: r"\p{Han}\p{Hiragana}\p{Katakana}\p{Bopomofo}\p{Yi}",
    4: r"\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tai_Tham}\p{Javanese}\p{Balinese}",
}
_SEPARATORS = re.compile(r"[\s\u1361\u0f0b\u0f0c]+")  # beside white space, the marks between Ethiopic and Tibetan words
_APART = re.compile("[\u0e00-\u1fff\u2e80-\U0010ffff]")  # where those scripts are, and these marks, beside much else


@cache
def compiled(pattern: str) -> "regex.Pattern[str]":
    """Return a pattern of the library regex, compiled: it takes longer to look one up than most searches do."""
    import regex

    return regex.compile(pattern)


WORD = 4
"""The weight of a word, see `weight`."""


@lru_cache(maxsize=8192)
def weight(character: str) -> int:
    """Return how much of a word a character of a script without spaces is, in quarters; 0 for all others."""
    if character.isascii():
        return 0
    import regex

    for many, scripts in _UNSPACED.items():
        if regex.match(rf"(?V1)[[\p{{L}}\p{{N}}]&&[{scripts}]]", character):
            return WORD // many
    return 0


def count_words(text: str) -> int:
    """Count the words of a text; where a script puts no space between them, by its characters."""
    if text.isascii() or not _APART.search(text):
        return len(text.split())
    count = 0
    for part in _SEPARATORS.split(text):
        weights = [] if part.isascii() else [each for each in map(weight, part) if each]
        count += -(-sum(weights) // WORD)
        if part and (not weights or any(each.isalnum() and not weight(each) for each in part)):
            count += 1
    return count


@lru_cache(maxsize=8192)
def is_spaced_letter(character: str) -> bool:
    """Whether a character is a letter, digit or mark of a script that puts spaces between words."""
    return (character.isalnum() or unicodedata.category(character)[0] == "M") and not weight(character)


@lru_cache(maxsize=8192)
def is_stop(character: str) -> bool:
    """Whether a character ends sentences: a full stop, question or exclamation mark or ellipsis of any script."""
    if character in _MORE_STOPS:
        return True
    import regex

    return regex.match(r"\p{Sentence_Terminal}", character) is not None


@lru_cache(maxsize=8192)
def is_full_stop(character: str) -> bool:
    """Whether a character ends a sentence that states something: no question, no exclamation."""
    name = unicodedata.name(character, "")
    return is_stop(character) and not any(each in name for each in _NO_STATEMENT)


@lru_cache(maxsize=8192)
def is_pause(character: str) -> bool:
    """Whether a character divides a sentence or ends one without adding to what it says: a comma, colon, full stop."""
    if character in "…⋯":  # what was left out belongs to the words
        return False
    name = unicodedata.name(character, "")
    # the Greek ano teleia is stored as a middle dot, which Catalan has inside words; a bar ends Indic sentences
    is_mark = unicodedata.category(character).startswith("P")
    return is_mark and (
        is_full_stop(character) or any(each in name.split() for each in ("COMMA", "SEMICOLON", "COLON"))
    )


@lru_cache(maxsize=8192)
def closes(character: str) -> bool:
    """Whether a character may stand behind the stop of a sentence: a quotation mark, a closing bracket, white space."""
    return character in QUOTATION_MARKS or character.isspace() or unicodedata.category(character) in ("Pe", "Pf", "Pi")


def sentence_end(words: str) -> tuple[str, bool]:
    """Return the stop that ends the words, empty for none, and whether a mark or bracket closes behind it."""
    if words.endswith("."):
        return ".", False
    last = len(words)
    while last and (closes(words[last - 1]) or INVISIBLE.match(words[last - 1])):
        last -= 1
    stop = words[last - 1 : last]
    # NFC makes the Greek question mark a semicolon
    is_greek = stop == ";" and unicodedata.name(words[last - 2 : last - 1] or " ", "").startswith("GREEK")
    return (stop if is_greek or (stop and is_stop(stop)) else ""), last < len(words)


_SPELLED = {
    "ß": "ss",
    "ẞ": "SS",
    "æ": "ae",
    "Æ": "AE",
    "œ": "oe",
    "Œ": "OE",
    "ø": "o",
    "Ø": "O",
    "þ": "th",
    "Þ": "Th",
    "ð": "d",
    "Ð": "D",
    "ı": "i",
    "ĳ": "ij",
    "ŋ": "ng",
    "Ŋ": "NG",
    "ĸ": "k",
    "ə": "e",
    "Ə": "E",
    "ɛ": "e",
    "Ɛ": "E",
    "ɔ": "o",
    "Ɔ": "O",
    "ɣ": "g",
    "Ɣ": "G",
    "ƶ": "z",
    "ʒ": "z",
    "Ʒ": "Z",
    "ɩ": "i",
    "ʋ": "v",
    "ƿ": "w",
    "Ƿ": "W",
    "ǝ": "e",
    "Ǝ": "E",
    "ɑ": "a",
    "ɡ": "g",
    "ʔ": "",
    "ŉ": "n",
    "&": " and ",
}
_BASE = re.compile(r"LATIN (SMALL|CAPITAL) LETTER ([A-Z]) WITH .*")


@lru_cache(maxsize=4096)
def spelled(character: str) -> str:
    """Return a Latin letter in ASCII, as CLDR's Latin-ASCII does: ``ł`` as ``l``, ``ß`` as ``ss``; others as they are.

    Marks are taken off, too; what is no Latin letter stays.
    """
    if character.isascii():
        return character
    if character in _SPELLED:
        return _SPELLED[character]
    plain = unicodedata.normalize("NFKD", character)
    if plain != character:
        return "".join(spelled(each) for each in plain if not unicodedata.combining(each))
    if match := _BASE.fullmatch(unicodedata.name(character, "")):
        return match[2].lower() if match[1] == "SMALL" else match[2]
    return character


# The search fold.

_KINDS = {ord(mark): "'" for mark in QUOTATION_MARKS} | {ord("`"): "'"} | {ord(dash): "-" for dash in DASHES}
_PLAIN = _KINDS | {place: " " for place in range(128) if chr(place).isspace()}
_REST = re.compile(r"[\x00-\x7f]?[^\x00-\x7f]+")  # what is not ASCII, and the character that it may join
_SPACES = re.compile(" +")


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
        self._begins: Sequence[int]
        self._ends: Sequence[int]
        if text.isascii() and (folded := text.translate(_PLAIN).lower()) == _SPACES.sub(" ", folded).strip(" "):
            self.folded = folded
            self._begins, self._ends = range(len(text)), range(1, len(text) + 1)
            return
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
        if isinstance(self._begins, range):  # each character is that of the text
            while place >= 0:
                found.append((place, place + len(wanted)))
                place = self.folded.find(wanted, place + 1)
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
    clusters = compiled(r"\X")
    if not INVISIBLE.search(text):
        for match in clusters.finditer(text):
            yield offset + match.start(), offset + match.end()
        return
    divides = compiled(r"(?V1)[\p{DI}&&\p{GCB=Control}]").match
    places = [place for place, each in enumerate(text) if not divides(each)]
    for match in clusters.finditer("".join(text[place] for place in places)):
        yield offset + places[match.start()], offset + places[match.end() - 1] + 1


def _fold_all(text: str) -> str:
    return "".join([_fold_cluster(text[begin:end]) for begin, end in _clusters(text, 0)])


_FEW = 8  # characters, between those of ASCII: mostly an accent or a mark that comes again and again
_fold_few = lru_cache(maxsize=16384)(_fold_all)


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
        pieces.append((_fold_few if len(match[0]) <= _FEW else _fold_all)(match[0]))
        place = match.end()
    pieces.append(text[place:].translate(_PLAIN).lower())
    return _SPACES.sub(" ", "".join(pieces)).strip(" ")
