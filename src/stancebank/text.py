"""Text as the corpus stores it, and offsets into it.

Stored text is NFC with LF line ends. Every offset in this project counts its Unicode code points, begin inclusive,
end exclusive: what ``text[begin:end]`` takes. A paragraph is a line.

Two texts are compared **folded**: NFKC, one kind of quotation mark, dash and space, runs of white space as one space,
lower case, ends stripped. Folding works segment by segment, so that every folded character knows its source. There are
two foldings: 1 makes letters lower case, 2 folds case in full, so that ``ß`` is ``ss`` and a final sigma a sigma.

**Fingerprints** prove that words are the same. Each says by its first character how it was made:

- 16 hex digits: of the words alone, folding 1. All those of edition 1 of the frame of a scheme.
- ``p`` and 16 hex digits: of the words alone, folding 2. Lines, and words that are shown beside it.
- ``k`` and 16 hex digits: keyed by the whole line that the words are in, folding 2. Only who has that line can compute
  it, so that words which are not shown cannot be guessed from it.
"""

import hashlib
import hmac
import json
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Any

QUOTATION_MARKS = "\"'`´‘’‚‛“”„‟′″‵‶«»‹›「」『』〝〞〟＂＇"
DASHES = "-‐‑‒–—―⁃−﹘﹣－"

_KINDS = {ord(mark): "'" for mark in QUOTATION_MARKS} | {ord(dash): "-" for dash in DASHES}
_ASCII_KINDS = [(chr(code), kind) for code, kind in _KINDS.items() if code < 128 and chr(code) != kind]
_REST = re.compile(r"([\x00-\x7f]?[^\x00-\x7f]+)")  # what is not ASCII, and the character that it may join
UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"  # scripts without spaces
_WORD = rf"(?V1)[[\p{{L}}\p{{M}}\p{{N}}]--[{UNSPACED}]]"  # what the characters of a word begin with
# marks, joiners, skin tones and the letters of flags: a cluster may go on after them, depending on what is before
_CONTEXT = r"[\p{M}\p{GCB=Extend}\p{GCB=ZWJ}\p{GCB=SpacingMark}\p{GCB=Prepend}\p{GCB=Regional_Indicator}]"

# what may join with a character beside it: the above, carriage returns, Hangul, of which letters make syllables, and
# signs that join consonants of India to one
_JOINING = (
    rf"(?V1)[{_CONTEXT}\r\p{{GCB=L}}\p{{GCB=V}}\p{{GCB=T}}\p{{GCB=LV}}\p{{GCB=LVT}}"
    r"\p{InCB=Linker}\p{InCB=Extend}]"
)

_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u180e\u200b\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
"""Control characters but tab and line end, those that turn the direction of what follows, and others that nobody sees.

Not: the joiners of Persian and of emoji, variation selectors, and the marks that belong to one letter's direction.
"""


def escape_hidden(text: str) -> str:
    """Return text for a terminal or a page: what could move the cursor, turn the line or stay unseen is ``\\u202e``.

    The form is JSON's, so that JSON stays what it is.
    """
    return _HIDDEN.sub(lambda found: json.dumps(found[0])[1:-1] if found[0] != "\x7f" else "\\u007f", text)


def find_hidden(text: str) -> str | None:
    """Return the first character that `escape_hidden` would escape, or None."""
    found = _HIDDEN.search(text)
    return found[0] if found else None


def one_line(text: str) -> str:
    """Return what somebody wrote as one line, so that it begins no line of a report or heading of a page."""
    return " ".join(text.split())


def normalise(text: str) -> str:
    """Return text as the corpus stores it: NFC, with LF line ends and without byte order marks at its head."""
    text = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", text)


def sha256(text: str) -> str:
    """Return the SHA-256 of the text in UTF-8, as 64 hex digits."""
    return hashlib.sha256(text.encode()).hexdigest()


FOLDINGS = (1, 2)
"""The foldings that stored fingerprints were made with."""


def folding_of(edition: int) -> int:
    """Return the folding of what a scheme of an edition records."""
    return 1 if edition == 1 else 2


def fold(text: str, folding: int = 1) -> str:
    """Return the text folded for comparison: what differs only in typography, case or white space becomes equal.

    folding: one of `FOLDINGS`.
    """
    if text.isascii():
        return " ".join(_fold_ascii(text).split())
    parts = _REST.split(text)  # ASCII folds character by character; only the rest, each second part, needs segments
    parts[::2] = [_fold_ascii(part) for part in parts[::2]]
    parts[1::2] = [_fold_rest(part, folding) for part in parts[1::2]]
    return " ".join("".join(parts).split())


def _fold_ascii(text: str) -> str:
    for mark, kind in _ASCII_KINDS:  # few: to replace them takes a fraction of `translate`
        text = text.replace(mark, kind)
    return text.lower()


@lru_cache(maxsize=4096)  # mostly a mark, with what is before it
def _fold_rest(rest: str, folding: int) -> str:
    return "".join(_fold_segment(rest[begin:end], folding) for begin, end in _segments(rest))


def fold_with_offsets(text: str, folding: int = 1) -> tuple[str, list[tuple[int, int]]]:
    """Fold the text and keep for every folded character the ``(begin, end)`` in the text that it came from."""
    characters: list[str] = []
    sources: list[tuple[int, int]] = []
    for begin, end in _segments(text):
        folded = _fold_segment(text[begin:end], folding)
        for character in folded:
            if character == " " and characters and characters[-1] == " ":
                sources[-1] = (sources[-1][0], end)
                continue
            characters.append(character)
            sources.append((begin, end))
    first = 1 if characters and characters[0] == " " else 0
    last = len(characters) - 1 if len(characters) > first and characters[-1] == " " else len(characters)
    return "".join(characters[first:last]), sources[first:last]


@lru_cache(maxsize=4096)
def _fold_segment(segment: str, folding: int) -> str:
    folded = segment.translate(_KINDS)
    if folding == 1:
        folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", folded).lower()).translate(_KINDS)
    else:
        before = ""
        while folded != before:  # a second time only where casing undoes what NFKC made
            before = folded
            folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", folded).casefold()).translate(_KINDS)
    return "".join(" " if character.isspace() else character for character in folded)


def _segments(text: str) -> Iterator[tuple[int, int]]:
    """Cut the text where each piece can be normalised by itself, with the same result as the whole."""
    begin = 0
    for place in range(1, len(text)):
        character = text[place]
        if character.isascii() or not (
            _begins_with_mark(character) or _composes(text[max(begin, place - 4) : place], character)
        ):
            yield begin, place
            begin = place
    if text:
        yield begin, len(text)


@lru_cache(maxsize=4096)
def _begins_with_mark(character: str) -> bool:
    return unicodedata.combining(unicodedata.normalize("NFKD", character)[0]) != 0


@lru_cache(maxsize=4096)
def _composes(before: str, character: str) -> bool:
    """Whether a character that is no mark merges with what stands right before it, as Hangul letters do."""
    whole = unicodedata.normalize("NFKC", before + character)
    return whole != unicodedata.normalize("NFKC", before) + unicodedata.normalize("NFKC", character)


PLAIN, KEYED = "p", "k"
"""What fingerprints of folding 2 begin with: those of words alone, and those keyed by a line."""

_LINE = "line of a span\n"  # before a line that is a key: so the key is not what the line's own fingerprint is cut from


@lru_cache(maxsize=4096)  # several tables have the same words
def fingerprint(words: str, folding: int = 1) -> str:
    """Return the fingerprint of words alone: the first 16 hex digits of the SHA-256 of the folded words.

    It has the prefix `PLAIN` with folding 2. It proves that words are the same; it does not hide them, since short ones
    are easily guessed.
    """
    digest = sha256(fold(words, folding))[:16]
    return digest if folding == 1 else PLAIN + digest


def folding_in(recorded: str) -> int:
    """Return the folding that a recorded fingerprint was made with."""
    return 2 if recorded[:1] in (PLAIN, KEYED) else 1


def is_keyed(recorded: str) -> bool:
    """Whether a recorded fingerprint is keyed by a line."""
    return recorded[:1] == KEYED


def digest_in(recorded: str) -> str:
    """Return the 16 hex digits of a fingerprint of words alone. Words that both foldings make equal have the same."""
    return recorded.removeprefix(PLAIN)


def line_digests(line: str) -> frozenset[str]:
    """Return what `digest_in` may return of a recorded fingerprint of a line: mostly one, since foldings rarely differ.

    A record of either edition is recognised by them.
    """
    foldings = FOLDINGS[:1] if line.isascii() else FOLDINGS
    return frozenset(digest_in(fingerprint(line, folding)) for folding in foldings)


def span_fingerprint(text: str, begin: int, end: int, edition: int) -> str:
    """Return the fingerprint that a document records of ``text[begin:end]``, by the edition of its scheme.

    From edition 2 on it is keyed by the line that the words are in, or by the lines where they are in several.
    """
    return span_marker(text, edition)(begin, end)


def span_marker(text: str, edition: int) -> Callable[[int, int], str]:
    """Return what computes `span_fingerprint` of begin and end in a text, for whoever needs many."""
    if edition == 1:
        return lambda begin, end: fingerprint(text[begin:end])
    return _marks_of(text).fingerprint


class _Marks:
    """The keyed fingerprints of spans of one text. A line is read once, however long it is and however many it has."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._bounds = line_bounds(text)
        self._begins = [begin for begin, _ in self._bounds]
        self._keys: dict[tuple[int, int], bytes] = {}  # by the numbers of the first and the last line
        self._found: dict[tuple[int, int], str] = {}

    def fingerprint(self, begin: int, end: int) -> str:
        """Return what `keyed_fingerprint` returns of words and the lines around them."""
        found = self._found.get((begin, end))
        if found is None:
            found = keyed_digest(fold(self._text[begin:end], 2), self._key(begin, end))
            self._found[begin, end] = found
        return found

    def _key(self, begin: int, end: int) -> bytes:
        lines = bisect_right(self._begins, begin) - 1, bisect_right(self._begins, max(begin, end)) - 1
        key = self._keys.get(lines)
        if key is None:
            first, last = (self._bounds[max(number, 0)] for number in lines)
            key = self._keys[lines] = line_key(self._text[first[0] : last[1]])
        return key


@lru_cache(maxsize=8)  # whoever makes or checks a document asks for one span after the other
def _marks_of(text: str) -> _Marks:
    return _Marks(text)


@lru_cache(maxsize=4096)  # several readings of an article mark the same words
def keyed_fingerprint(words: str, line: str) -> str:
    """Return the fingerprint of words in a line: `KEYED`, and 16 hex digits of an HMAC-SHA256.

    Its key are the folded words of the whole line, its message the folded words.
    """
    return keyed_digest(fold(words, 2), line_key(line))


def keyed_digest(folded: str, key: bytes) -> str:
    """Return what `keyed_fingerprint` does. folded: the words, by folding 2; key: see `line_key`."""
    made = _keyed(key).copy()
    made.update(folded.encode())
    return f"{KEYED}{made.hexdigest()[:16]}"


@lru_cache(maxsize=256)
def _keyed(key: bytes) -> hmac.HMAC:
    """Return an HMAC as far as the key alone goes, which many words of a line share."""
    return hmac.new(key, digestmod="sha256")


@lru_cache(maxsize=256)
def line_key(line: str) -> bytes:
    """Return the key of the fingerprints of words in a line."""
    return (_LINE + fold(line, 2)).encode()


def line_around(text: str, begin: int, end: int) -> str:
    """Return the line that holds ``text[begin:end]``, from its first character to its last; or the lines."""
    last = text.find("\n", max(begin, end))
    return text[text.rfind("\n", 0, begin) + 1 : len(text) if last < 0 else last]


def is_of_words(recorded: str, words: str, line: str | None = None) -> bool:
    """Whether a recorded fingerprint, of any form, is that of words. line: that holds them.

    Of a keyed one nothing is known without the line; then it is False.
    """
    if is_keyed(recorded):
        return line is not None and keyed_fingerprint(words, line) == recorded
    return fingerprint(words, folding_in(recorded)) == recorded


def is_of_place(recorded: str, text: str, begin: int, end: int) -> bool:
    """Whether a recorded fingerprint, of any form, is that of ``text[begin:end]``."""
    if is_keyed(recorded):
        return _marks_of(text).fingerprint(begin, end) == recorded
    return is_of_words(recorded, text[begin:end])


class Folded:
    """A text that words are looked for in, folded once.

    folded: the text as `fold` returns it. sources: where each of its characters comes from, see `fold_with_offsets`.
    """

    def __init__(self, text: str, folding: int = 1) -> None:
        self.folding = folding
        self.folded, self.sources = fold_with_offsets(text, folding)

    def find(self, words: str) -> list[tuple[int, int]]:
        """Return every ``(begin, end)`` of the text whose folded form is that of the words; they may overlap."""
        folded, sources = self.folded, self.sources
        wanted = fold(words, self.folding)
        found: list[tuple[int, int]] = []
        place = folded.find(wanted) if wanted else -1
        while place >= 0:
            stop = place + len(wanted)
            begin, end = sources[place][0], sources[stop - 1][1]
            if not _cuts_segment(folded, sources, place, stop):
                found.append((begin, end))
            place = folded.find(wanted, place + 1)
        return found


def find_folded(text: str, words: str, folding: int = 1) -> list[tuple[int, int]]:
    """Return every ``(begin, end)`` of the text whose folded form is that of the words, as `Folded.find` does."""
    return Folded(text, folding).find(words)


def _cuts_segment(folded: str, sources: list[tuple[int, int]], place: int, stop: int) -> bool:
    """Whether ``folded[place:stop]`` leaves out more than white space of the segments at its ends."""
    first, last = place, stop
    while first > 0 and sources[first - 1] == sources[place]:
        first -= 1
    while last < len(folded) and sources[last] == sources[stop - 1]:
        last += 1
    return bool((folded[first:place] + folded[stop:last]).strip())


def line_bounds(text: str) -> list[tuple[int, int]]:
    """Return ``(begin, end)`` of every line, blank ones included, without its line end."""
    bounds = []
    begin = 0
    for line in text.split("\n"):
        bounds.append((begin, begin + len(line)))
        begin += len(line) + 1
    return bounds


def line_number(text: str, offset: int) -> int:
    """Return the number of the line that holds the offset, counted from 1."""
    return text.count("\n", 0, offset) + 1


def trim(text: str, begin: int, end: int) -> tuple[int, int]:
    """Return the bounds without white space at either end; begin equals end where nothing else is left."""
    while begin < end and text[begin].isspace():
        begin += 1
    while end > begin and text[end - 1].isspace():
        end -= 1
    return begin, end


def cuts_grapheme(text: str, begin: int, end: int) -> bool:
    """Whether begin or end falls inside a grapheme cluster, that is a character as people see it (UAX 29).

    The end of the line is the end of a cluster, even where a carriage return comes before the line feed.
    """
    if 0 <= begin <= end <= len(text):
        beside = text[max(begin - 1, 0) : begin + 1] + text[max(end - 1, 0) : end + 1]
        if beside.isascii() and "\r" not in beside:
            return False  # as nearly always
    if end == len(text) or text[end : end + 1] == "\n":
        return begin != end and _is_inside_grapheme(text, begin)
    return _is_inside_grapheme(text, begin) or _is_inside_grapheme(text, end)


def _is_inside_grapheme(text: str, place: int) -> bool:
    """Whether a place falls inside a grapheme cluster. It looks only as far back as the clusters before it hang on."""
    if not 0 < place < len(text):
        return place != 0 and place != len(text)
    if (pair := text[place - 1 : place + 1]).isascii():
        return pair == "\r\n"
    if not _depends_on_more(text[place - 1]):
        return _is_one_grapheme(pair)
    first = place - 1
    while first > 0 and (_depends_on_more(text[first - 1]) or _is_one_grapheme(text[first - 1 : first + 1])):
        first -= 1
    return all(first + begin != place for begin, _ in graphemes(text[first : place + 1]))


@lru_cache(maxsize=4096)
def _is_one_grapheme(pair: str) -> bool:
    return len(graphemes(pair)) == 1


@lru_cache(maxsize=4096)
def _depends_on_more(character: str) -> bool:
    """Whether what comes before a character decides, too, if a cluster may end after it: as in a row of flags."""
    import regex

    return regex.match(_CONTEXT, character) is not None


def are_ascending(bounds: list[tuple[int, int]], length: int) -> bool:
    """Whether bounds are not empty, do not overlap, stand in order and stay inside a text of that length."""
    return all(0 <= begin < end <= length for begin, end in bounds) and all(
        before[1] <= after[0] for before, after in pairwise(bounds)
    )


def graphemes(text: str) -> list[tuple[int, int]]:
    """Return ``(begin, end)`` of every grapheme cluster, that is a character as people see it (UAX 29)."""
    if _has_plain_graphemes(text):
        return [(place, place + 1) for place in range(len(text))]
    import regex

    return [match.span() for match in regex.finditer(r"\X", text)]


def _has_plain_graphemes(text: str) -> bool:
    """Whether each character of a text is surely a grapheme cluster by itself: it joins with none before or behind."""
    if text.isascii():
        return "\r" not in text
    import regex

    return regex.search(_JOINING, text) is None


@lru_cache(maxsize=1)
def _plain_tokens() -> Any:
    import regex

    return regex.compile(rf"{_WORD}+|[^\s\x1c-\x1f]")  # these four are white space to Python, and not to `regex`


def tokenise(text: str) -> list[tuple[int, int]]:
    """Return ``(begin, end)`` of every token, in order; none overlaps another, is white space or cuts a character.

    A run of letters, marks and digits is a token. Every other character as people see it, such as a punctuation mark
    or an emoji, is a token of its own, and so is one of a script that puts no space between words. Only white space
    lies in no token.
    """
    return list(_tokens(text))


@lru_cache(maxsize=64)  # several tables have the same passages
def _tokens(text: str) -> tuple[tuple[int, int], ...]:
    if _has_plain_graphemes(text):
        return tuple([match.span() for match in _plain_tokens().finditer(text)])
    tokens: list[tuple[int, int]] = []
    is_open = False  # whether the last token may grow
    for begin, end in graphemes(text):
        if text[begin:end].isspace():
            is_open = False
            continue
        is_word = _begins_word(text[begin])
        if is_word and is_open:
            tokens[-1] = (tokens[-1][0], end)
        else:
            tokens.append((begin, end))
        is_open = is_word
    return tuple(tokens)


@lru_cache(maxsize=4096)
def _begins_word(character: str) -> bool:
    import regex

    return regex.match(_WORD, character) is not None
