"""Passages, which are annotated, quotations, and selectors: how words say which place of a text they mean.

A selector is words, which may be told from equal ones by their line, by their occurrence or by the words around them
(the TextQuoteSelector of the Web Annotation Data Model, https://www.w3.org/TR/annotation-model/#text-quote-selector),
or it is a pair of offsets. Words are compared folded (`stancebank.search`), inside a line or passage. Whole words come
first, so that a selector for "he" need not say that "the" is not meant. An occurrence counts what the index counts: in
the passages of a published article, places inside longer words only where there is no other; on the lines of a reading,
which people count by eye or with the search of an editor, all places.
"""

import json
import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Any
from unicodedata import category

from stancebank.errors import InputError, shorten
from stancebank.model import Article, Bounds, Span
from stancebank.search import PAIRS, SINGLE, SearchText, is_spaced_letter, search_fold, weight
from stancebank.text import graphemes, line_bounds, span_fingerprint, tokenise

_SHOWN = 80  # characters of words in an error
_AROUND = 30  # characters around a place in an error
_LISTED = 8  # places in an error
_REACH = 20  # characters of a text that fold to one at most, white space and invisible ones among them


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph. line: counted from 1. begin, end: code points of the stored text."""

    id: str
    line: int
    begin: int
    end: int
    zone: str

    def begins(self, span: Span) -> bool:
        """Whether the span begins in this passage."""
        return self.begin <= span.begin < self.end

    def holds(self, span: Span) -> bool:
        """Whether the whole span lies in this passage."""
        return self.begin <= span.begin and span.end <= self.end


def find_passages(article: Article, text: str, annotated: Iterable[str]) -> list[Passage]:
    """Return the passages of an article in the order of its text. annotated: the zones that are annotated."""
    wanted = frozenset(annotated)
    stretches = _stretches(article)
    found: list[Passage] = []
    for line, (first, last) in enumerate(line_bounds(text), 1):
        part = 0
        for begin, end, zone in stretches:
            begin, end = max(begin, first), min(end, last)
            if zone not in wanted or begin >= end:
                continue
            words = text[begin:end]
            if words.isspace():
                continue
            if words != words.strip():
                seen = [(low, high) for low, high in graphemes(words) if not words[low:high].isspace()]
                begin, end = begin + seen[0][0], begin + seen[-1][1]
            part += 1
            name = f"{article.id}/p{line}" + (f".{part}" if part > 1 else "")
            found.append(Passage(name, line, begin, end, zone))
    return found


def _stretches(article: Article) -> list[tuple[int, int, str]]:
    """Return the zones; neighbours of one kind count as one."""
    found: list[tuple[int, int, str]] = []
    for zone in article.zones:
        if found and found[-1][1:] == (zone.begin, zone.zone):
            found[-1] = (found[-1][0], zone.end, zone.zone)
        else:
            found.append((zone.begin, zone.end, zone.zone))
    return found


@dataclass(frozen=True, slots=True)
class Selector:
    """Words and which of their places is meant, or offsets.

    prefix, suffix: words right before and after them, on the same line. line, occurrence: counted from 1, the latter
    among the places on the line, or in the whole text where no line is given. begin, end: code points.
    """

    words: str | None = None
    prefix: str | None = None
    suffix: str | None = None
    line: int | None = None
    occurrence: int | None = None
    begin: int | None = None
    end: int | None = None

    def __str__(self) -> str:
        return self.words if self.words is not None else f"{self.begin}-{self.end}"

    def to_object(self) -> dict[str, Any]:
        """Return a JSON object for it."""
        named = {"quote": self.words} | {key: getattr(self, key) for key in _KEYS}
        return {key: value for key, value in named.items() if value is not None}

    def to_json(self) -> str | dict[str, Any]:
        """Return what JSON holds of it: the words alone where there is nothing else to say."""
        if self.words is not None and all(getattr(self, key) is None for key in _KEYS):
            return self.words
        value = self.to_object()
        return value["quote"] if value.keys() == {"quote"} else value


_KEYS = ("prefix", "suffix", "line", "occurrence", "begin", "end")


def read_selector(value: str | Mapping[str, Any]) -> Selector:
    """Make a selector of what JSON holds, a text or an object of one of the forms of the schema."""
    if isinstance(value, str):
        return Selector(value)
    return Selector(value.get("quote", value.get("exact")), **{key: value.get(key) for key in _KEYS})


class _Stretch:
    """A part of a text in which words are looked for; folded and cut into tokens once it is asked."""

    def __init__(self, text: str, line: int, begin: int, end: int) -> None:
        self.line, self.begin, self.end = line, begin, end
        self._text = text
        self._folded: SearchText | None = None
        self._edges: tuple[set[int], set[int]] | None = None

    @property
    def folded(self) -> SearchText:
        """Its words, as they are searched."""
        if self._folded is None:
            self._folded = SearchText(self._text[self.begin : self.end])
        return self._folded

    def find(self, folded: str) -> list[Bounds]:
        """Return every place of words. folded: the words as `search_fold` returns them."""
        return [(self.begin + begin, self.begin + end) for begin, end in self.folded.find_folded(folded)]

    def are_whole(self, bounds: Bounds) -> bool:
        """Whether words at these bounds begin and end where words do."""
        if self._edges is None:
            tokens = tokenise(self._text[self.begin : self.end])
            self._edges = {self.begin + begin for begin, _ in tokens}, {self.begin + end for _, end in tokens}
        return bounds[0] in self._edges[0] and bounds[1] in self._edges[1]


class TextIndex:
    """A text in which selectors find their places, and places their selectors.

    text: the stored text. stretches: ``(line, begin, end)`` of what words are looked for in, one by one. scope: what
    these are together, for errors. counts_parts: whether an occurrence counts places inside longer words beside whole
    words. length: of the text, where it is not at hand and only offsets have a place.
    """

    def __init__(
        self,
        text: str,
        stretches: Iterable[tuple[int, int, int]],
        scope: str,
        *,
        counts_parts: bool = False,
        length: int | None = None,
    ):
        self.text = text
        self.length = len(text) if length is None else length
        self._stretches = [_Stretch(text, *each) for each in stretches]
        self._whole_text: str | None = None  # of all stretches, folded, a line each; made once it is searched
        self._ends: list[int] = []  # where the line after each of them begins
        self._scope = scope
        self._counts_parts = counts_parts
        self._found: dict[tuple[str, int | None], list[Bounds]] = {}  # statements of an article share many words

    @classmethod
    def of_lines(cls, text: str) -> "TextIndex":
        """Return the index of a text whose words are looked for on all of its lines."""
        lines = ((number, *bounds) for number, bounds in enumerate(line_bounds(text), 1))
        return cls(text, lines, "in the text", counts_parts=True)

    @classmethod
    def of_passages(cls, text: str | None, passages: Sequence[Passage], length: int | None = None) -> "TextIndex":
        """Return the index of a text whose words are looked for in its passages, those of the annotated zones."""
        stretches = [(each.line, each.begin, each.end) for each in passages] if text is not None else []
        return cls(text or "", stretches, "in the annotated zones", length=length)

    def span(self, begin: int, end: int, edition: int) -> Span:
        """Return a stretch of the text as a span of a document, whose scheme is of an edition.

        Its fingerprint is empty where the text is not at hand.
        """
        known = span_fingerprint(self.text, begin, end, edition) if self.text[begin:end] else ""
        return Span(begin=begin, end=end, fingerprint=known)

    def matches(self, words: str, line: int | None = None) -> list[Bounds]:
        """Return ``(begin, end)`` of all places of the words that an occurrence counts, in the order of the text.

        line: look only there.
        """
        asked = words, line
        if asked not in self._found:
            self._found[asked] = self._matches(words, line)
        return self._found[asked]

    def _matches(self, words: str, line: int | None) -> list[Bounds]:
        found = self._places(words, line)
        if len(found) < 2 or self._counts_parts:
            return [bounds for _, bounds in found]
        whole = [bounds for stretch, bounds in found if stretch.are_whole(bounds)]
        return whole or [bounds for _, bounds in found]

    def _places(self, words: str, line: int | None) -> list[tuple[_Stretch, Bounds]]:
        """Return all places of the words, each with the stretch that it is in."""
        folded = search_fold(words)
        stretches = self._with(folded) if line is None else [each for each in self._stretches if each.line == line]
        return [(stretch, bounds) for stretch in stretches for bounds in stretch.find(folded)]

    def _with(self, folded: str) -> Iterator[_Stretch]:
        """Yield the stretches that hold words. folded: as `search_fold` returns them, in which no line ends."""
        if self._whole_text is None:
            self._whole_text = "\n".join(each.folded.folded for each in self._stretches)
            lengths = (len(each.folded.folded) + 1 for each in self._stretches)
            self._ends = list(accumulate(lengths))
        place = self._whole_text.find(folded) if folded else -1
        while place >= 0:
            number = bisect_right(self._ends, place)
            yield self._stretches[number]
            place = self._whole_text.find(folded, self._ends[number])

    def find(self, selector: Selector, line: int | None = None) -> Bounds:
        """Return the one place of a selector. line: where words without a line of their own are looked for.

        Raises InputError where its words do not occur there, occur more than once and it does not say which, or where
        offsets leave the text.
        """
        found = self.find_places(selector, line)
        if len(found) > 1:
            raise InputError(self.say_ambiguous(selector, found, line))
        return found[0]

    def find_places(self, selector: Selector, line: int | None = None) -> list[Bounds]:
        """Return the places that a selector may mean, in the order of the text; more than one where it does not say.

        Otherwise as `find`.
        """
        if selector.words is None:
            return [self._within(selector)]
        line = selector.line or line
        if line is not None and self._stretches and line > self._stretches[-1].line:
            raise InputError(f"there is no line {line}; the last one is {self._stretches[-1].line}.")
        found = self._candidates(selector, line)
        words = _shown(selector.words)
        where = f"on line {line}" if line else self._scope
        if selector.prefix or selector.suffix:
            where += " with these words around it"
        if not found:
            raise InputError(f"{words} does not occur {where}.{self._elsewhere(selector, line)}")
        if selector.occurrence is None:
            is_one_whole = len(found) > 1 and len(whole := self._whole(selector, found, line)) == 1
            return whole if is_one_whole else found
        if selector.occurrence > len(found):
            raise InputError(f"{words} occurs {_times(len(found))} {where}, not {_times(selector.occurrence)}.")
        return [found[selector.occurrence - 1]]

    def say_ambiguous(self, selector: Selector, found: Sequence[Bounds], line: int | None = None) -> str:
        """Say that a selector has several places, and list them, each on a line with the words around it."""
        line = selector.line or line
        where = f"on line {line}" if line else self._scope
        hint = 'Hint: add "occurrence".' if line else 'Hint: add "line", or "occurrence".'
        listed = [f"\n    {self._listed(bounds, n, line)}" for n, bounds in enumerate(found[:_LISTED], 1)]
        if len(found) > len(listed):
            listed.append(f"\n    and {len(found) - len(listed)} more")
        words = _shown(selector.words or "")
        return f"{words} occurs {_times(len(found))} {where}. {hint}{''.join(listed)}"

    def _listed(self, bounds: Bounds, occurrence: int, line: int | None) -> str:
        """Say where a place is, and give some words around it."""
        first, last = self._line_begin(bounds[0]), self.text.find("\n", bounds[1])
        last = len(self.text) if last < 0 else last
        begin, end = max(first, bounds[0] - _AROUND), min(last, bounds[1] + _AROUND)
        words = self.text[begin:end]
        if begin > first:
            words = f"...{words.partition(' ')[2] if ' ' in self.text[begin : bounds[0]] else words}"
        if end < last:
            words = f"{words.rpartition(' ')[0] if ' ' in self.text[bounds[1] : end] else words}..."
        place = f"column {bounds[0] - first + 1}" if line else f"line {self._number(bounds[0])}"
        return f"{place}, occurrence {occurrence}: {words}"

    def find_nearest(self, selector: Selector, near: Sequence[Bounds] = ()) -> Bounds | None:
        """Return the likeliest place of a selector: the one that it says, or else the first one; None without any.

        near: stretches in which words that do not say which are looked for first, one after the other.
        """
        if selector.words is None:
            try:
                return self._within(selector)
            except InputError:
                return None
        found = self._candidates(selector, selector.line)
        if selector.occurrence is not None:
            return found[selector.occurrence - 1] if 0 < selector.occurrence <= len(found) else None
        if selector.line is None:
            nearest = (each for first, last in near for each in found if first <= each[0] and each[1] <= last)
            return next(nearest, found[0] if found else None)
        return found[0] if found else None

    def quote(self, begin: int, end: int, line: int | None = None) -> Selector:
        """Return the shortest selector that `find` gives the same place for. line: the one that is given to `find`.

        Words alone where they occur once; else with their line and their occurrence, as far as these are needed.
        Offsets where the stretch is not words of one line or passage.
        """
        words = self.text[begin:end]
        if self.matches(words, line) == [(begin, end)]:
            return Selector(words)
        own = self._number(begin)
        there = self.matches(words, own) if own else []
        if (begin, end) not in there:
            return Selector(begin=begin, end=end)
        occurrence = there.index((begin, end)) + 1 if len(there) > 1 else None
        return Selector(words, line=None if own == line else own, occurrence=occurrence)

    def _within(self, selector: Selector) -> Bounds:
        begin, end = selector.begin or 0, selector.end or 0
        if not 0 <= begin < end <= self.length:
            raise InputError(f"[{begin}, {end}) is not a stretch of a text of {self.length} characters.")
        return begin, end

    def _candidates(self, selector: Selector, line: int | None) -> list[Bounds]:
        found = self.matches(selector.words or "", line)
        prefix, suffix = search_fold(selector.prefix or ""), search_fold(selector.suffix or "")
        if not prefix and not suffix:
            return found
        return [each for each in found if self._is_between(each, prefix, suffix)]

    def _whole(self, selector: Selector, found: Sequence[Bounds], line: int | None) -> list[Bounds]:
        """Return the places among found that are whole words."""
        places = self._places(selector.words or "", line)
        whole = {bounds for stretch, bounds in places if stretch.are_whole(bounds)}
        return [bounds for bounds in found if bounds in whole]

    def _is_between(self, bounds: Bounds, prefix: str, suffix: str) -> bool:
        """Whether the words around a place are these, folded; white space next to the place does not count."""
        first, last = self._line_begin(bounds[0]), self.text.find("\n", bounds[1])
        last = len(self.text) if last < 0 else last
        before, after = self.text[first : bounds[0]], self.text[bounds[1] : last]
        # where the line is a whole page, a few times as many characters are enough
        before, after = before[-_REACH * (len(prefix) + 1) :], after[: _REACH * (len(suffix) + 1)]
        return search_fold(before).endswith(prefix) and search_fold(after).startswith(suffix)

    def _line_begin(self, offset: int) -> int:
        """Return where the line begins that holds an offset."""
        return self.text.rfind("\n", 0, offset) + 1

    def _number(self, offset: int) -> int | None:
        """Return the number of the line of the stretch that holds an offset."""
        return next((each.line for each in self._stretches if each.begin <= offset < each.end), None)

    def _elsewhere(self, selector: Selector, line: int | None) -> str:
        """Say where words that are not on their line occur instead."""
        found = self.matches(selector.words or "") if line else []
        return f" It occurs on {self._said(found)}." if found else ""

    def _said(self, bounds: Sequence[Bounds]) -> str:
        """Say where places are, by lines with columns; the first five of them."""
        columns = [(self._number(begin), begin - self._line_begin(begin) + 1) for begin, _ in bounds[:5]]
        more = "; ..." if len(bounds) > len(columns) else ""
        return "; ".join(f"line {number}, column {column}" for number, column in columns) + more


def _shown(words: str) -> str:
    return json.dumps(shorten(words, _SHOWN), ensure_ascii=False)


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


# Quotations

# marks that close as often as they open, or are commas and apostrophes: they open only before words, and with an end
_UNSURE = frozenset("”»›’'＇‚‛")
_OPENING = re.compile("|".join(map(re.escape, sorted(PAIRS, key=len, reverse=True))))
_ELIDED = re.compile(r"['’＇](?:\d|(?:tis|twas|em|til|cause|round|neath|n|s|t)\b)", re.IGNORECASE)


@lru_cache(maxsize=8)  # whoever checks a document, or trims it, asks again and again
def quotations(text: str) -> tuple[Bounds, ...]:
    """Return the inside of every quotation as ``(begin, end)``, in order.

    A quotation ends at its closing mark, or with the line where there is none (a quotation over several paragraphs).
    Single marks count only where no letter touches their outer side, so that an apostrophe is none.
    """
    found = []
    for first, last in line_bounds(text):
        place = first
        unclosed: set[tuple[str, str]] = set()  # marks of this line that nothing behind closes
        while match := _OPENING.search(text, place, last):
            mark = match[0]
            place, begin = match.span()
            end, after = (
                _closing(text, mark, begin, last, unclosed) if _opens(text, mark, place, first, last) else (-1, begin)
            )
            if end > begin:
                found.append((begin, end))
            place = after
    return tuple(found)


def _opens(text: str, mark: str, place: int, first: int, last: int) -> bool:
    """Whether a mark may begin a quotation, by what stands beside it on its line."""
    before = text[place - 1] if place > first else " "
    after = text[place + len(mark)] if place + len(mark) < last else " "
    if mark == '"':
        return not _is_gershayim(before, after)
    if mark in SINGLE and is_spaced_letter(before):
        return False
    if mark not in _UNSURE:
        return True
    is_outside = before.isspace() or weight(before) > 0 or category(before) in ("Ps", "Pi", "Pd")
    is_inside = after.isalnum() or category(after) in ("Ps", "Pi") or after in PAIRS
    return is_outside and is_inside and not _ELIDED.match(text, place, last)


def _closing(text: str, mark: str, begin: int, last: int, unclosed: set[tuple[str, str]]) -> tuple[int, int]:
    """Return where a quotation ends that a mark opens, and where to go on; the end is -1 where it is none.

    unclosed: marks that nothing closes from here to the end of the line; gets this one where it is one of them.
    """
    for closers in (PAIRS[mark], '"' if mark in "“„" else ""):
        if not closers or (mark, closers) in unclosed:
            continue
        size = 2 if closers == "''" else 1
        for place in _closers(text, closers, begin, last):
            found = text[place : place + size]
            after = text[place + size] if place + size < last else " "
            # an apostrophe, or a mark that opens another quotation
            is_other = (found in SINGLE or found == mark != '"') and is_spaced_letter(after)
            is_other = is_other or (found in _UNSURE and found == mark and text[place - 1].isspace())
            if not is_other and not (found == '"' and _is_gershayim(text[place - 1], after)):
                return place, place + size
        unclosed.add((mark, closers))
    return (-1, begin) if mark in _UNSURE or len(mark) > 1 else (last, last + 1)


def _closers(text: str, closers: str, begin: int, last: int) -> Iterator[int]:
    """Yield the places of marks that may close a quotation: one of these characters, or the two apostrophes."""
    for match in _closers_of(closers).finditer(text, begin, last):
        yield match.start()


@lru_cache(maxsize=32)
def _closers_of(closers: str) -> re.Pattern[str]:
    # looked ahead, since two of three apostrophes may be either two
    return re.compile("(?='')" if closers == "''" else f"[{re.escape(closers)}]")


def _is_gershayim(before: str, after: str) -> bool:
    """Whether a typewriter mark stands inside a Hebrew word, as in its abbreviations."""
    return all(unicodedata.name(each, "").startswith("HEBREW LETTER") for each in (before, after))


_WORD = re.compile(r"\w+")


def quoted_words(spans: Iterable[Span], quoted: Sequence[Bounds], text: str) -> tuple[int, int]:
    """Count the words of the spans inside and outside quotation marks. quoted: as `quotations` gives it, in order."""
    inside = outside = 0
    for span in spans:
        first = max(bisect_right(quoted, (span.begin, len(text))) - 1, 0)  # the last that begins there or before
        near = [each for each in quoted[first : bisect_left(quoted, (span.end, 0))] if each[1] > span.begin]
        if not near:
            outside += len(_WORD.findall(text, span.begin, span.end))
            continue
        for match in _WORD.finditer(text, span.begin, span.end):
            place = match.start()
            if any(begin <= place < end for begin, end in near):
                inside += 1
            else:
                outside += 1
    return inside, outside
