"""Segmentation: the lines of a news page, and the zones that they make up.

Nothing is cut from a text; its dirt is named instead. What is inferred is a proposal, and whoever adds an article can
say better. Every question about a line is answered in time that grows with its length only.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from stancebank.corpus.language import Language, load_language
from stancebank.model import Zone
from stancebank.search import count_words, is_full_stop, sentence_end, weight
from stancebank.text import fold, line_bounds, trim

_ITEM = re.compile(r"(?:[•◦▪‣*·–—-]|\d{1,2}[.)]|[a-z]\))\s")
SENTENCE = 8  # words that a sentence has at least; what is shorter may be a button or a notice


@dataclass(frozen=True, slots=True)
class PageLine:
    """A line that is not blank. folded: its words for comparison. count: of words. twice: whether it is not unique.

    stops: whether it ends as a sentence does. is_statement: whether it does so with a full stop or a quotation.
    """

    begin: int
    end: int
    words: str
    folded: str
    count: int
    twice: bool
    stops: bool
    is_statement: bool


@lru_cache(maxsize=2)  # zones, then the byline, are looked for in the same text
def page_lines(text: str) -> tuple[PageLine, ...]:
    """Return the lines of a text that are not blank, without the white space around them."""
    bounds = [(begin, end) for begin, end in (trim(text, *each) for each in line_bounds(text)) if begin < end]
    folded = [fold(text[begin:end]) for begin, end in bounds]
    number = Counter(folded)
    lines = []
    for (begin, end), key in zip(bounds, folded, strict=True):
        words = text[begin:end]
        stop, is_closed = sentence_end(words)
        count = count_words(words)
        without = count >= _PARAGRAPH and weight(words[-1]) == 1  # Thai and Lao write no stops
        is_statement = without or (bool(stop) and (is_closed or is_full_stop(stop)))
        lines.append(PageLine(begin, end, words, key, count, number[key] > 1, bool(stop) or without, is_statement))
    return tuple(lines)


def credit_begin(line: PageLine, language: Language) -> int | None:
    """Where in a line the credit of a picture begins that ends it, in brackets or not; None where there is none."""
    words = line.words
    if words[-1:] not in ("]", ")"):
        ending = max(0, len(words) - _CREDIT)
        found = language.credit_end.search(words, ending) if line.count <= _CAPTION else None
        return found.start() if found else None
    begin = max(words.rfind("["), words.rfind("("))
    inside = words[begin + 1 : -1]
    if begin < 0 or "]" in inside or ")" in inside or not language.credit.search(inside):
        return None
    return begin


def dateline_end(words: str, language: Language) -> int:
    """How many characters of a line are its dateline, with the dash and the white space behind it; 0 for none."""
    return next((match.end() for pattern in language.datelines if (match := pattern.match(words))), 0)


def is_date_line(line: PageLine, language: Language) -> bool:
    """Whether a line is nothing but a date, perhaps with an agency."""
    return any(pattern.fullmatch(line.words) for pattern in language.date_lines)


def is_byline(line: PageLine, language: Language) -> bool:
    """Whether a line names an author and nothing else."""
    return line.count <= 15 and not line.stops and language.byline.fullmatch(line.words) is not None


def is_related(line: PageLine, language: Language) -> bool:
    """Whether a line heads, or is, a link to other articles; a sentence that begins with such words is none."""
    return language.related.match(line.words) is not None and not _is_sentence(line)


def is_boilerplate(line: PageLine, language: Language) -> bool:
    """Whether a line is an advertisement, a notice or a button."""
    return language.boilerplate.match(line.words) is not None and (
        language.notice.match(line.words) is not None or not _is_sentence(line)
    )


def is_tail(line: PageLine, language: Language) -> bool:
    """Whether a line heads the comments or the form for them, below which nothing of the article follows."""
    return language.tail.match(line.words) is not None and not _is_sentence(line)


def is_item(line: PageLine) -> bool:
    """Whether a line is an item of a list."""
    return _ITEM.match(line.words) is not None


def _is_sentence(line: PageLine) -> bool:
    return line.is_statement and line.count >= SENTENCE


_HEAD = 4  # lines in which the headline is looked for
_HEADLINE = 20  # words that a headline has at most
_SHORT_HEADLINE = 12  # and one that ends like a sentence
_PARAGRAPH = 15  # words that make a paragraph without a full stop
_REFERENCE = 30  # words that a source, with its date at the end, has at most
_CAPTION = 60  # words that a caption has at most, with its credit
_CREDIT = 90  # characters that a credit has at most


KINDS = ("title", "standfirst", "caption", "credit", "heading", "paragraph", "item")
"""What the markup of a page may say of a line."""


def infer_zones(text: str, outlet: str | None = None, language: Language | None = None) -> tuple[Zone, ...]:
    """Propose zones for a stored text; together they cover all but white space.

    outlet: the outlet's name, which some pages print as a line of its own. language: of the article, where it is known.
    """
    language = language or load_language(None)
    lines = page_lines(text)
    house = fold(outlet or "")
    title = _title(lines, house, language)
    first = _first_body_line(lines, title, language)
    names = _names(lines, title, first, house, language)
    leads = {line.folded.rstrip(".") for line, name in zip(lines, names, strict=True) if name == "standfirst"}
    zones: list[Zone] = []
    for place, (line, name) in enumerate(zip(lines, names, strict=True)):
        zones += _cut_line(text, line, name, leads if place == first and name == "body" else None, language)
    return tuple(join_zones(text, zones))


def marked_zones(text: str, kinds: Sequence[str], language: Language) -> tuple[Zone, ...]:
    """Propose zones for a text whose lines are known from the markup of a page; they cover all but white space.

    kinds: one of `KINDS` for each line that is not blank. What a line says decides only where markup is silent:
    whether a paragraph is a date, a notice or a link to other articles, and what is printed twice.
    """
    lines = page_lines(text)
    names: list[str] = []
    seen: set[str] = set()
    paragraphs = (place for place, kind in enumerate(kinds) if kind == "paragraph")
    first = next((place for place in paragraphs if _is_sentence(lines[place])), None)
    ends = (
        place for place, line in enumerate(lines) if line.stops or line.count >= SENTENCE or kinds[place] != "paragraph"
    )
    last = max(ends, default=len(lines))
    related = tail = False
    for place, (line, kind) in enumerate(zip(lines, kinds, strict=True)):
        above = first is not None and place < first
        tail = tail or (kind == "heading" and not above and is_tail(line, language))
        related = is_related(line, language) or (related and kind == "item")
        if kind in ("title", "caption", "standfirst"):
            name = "repeat" if line.folded in seen else kind
        elif is_date_line(line, language):
            name = "dateline"
        elif kind == "credit" or tail or place > last or _is_beside(line, language):
            name = "boilerplate"
        elif related:
            name = "related"
        elif credit_begin(line, language) is not None:
            name = "caption"
        elif line.folded in seen and line.count >= SENTENCE:
            name = "repeat"
        else:
            name = _name_above(line, language) if above and kind == "paragraph" else "body"
        names.append(name)
        seen.add(line.folded)
    leads = {line.folded.rstrip(".") for line, name in zip(lines, names, strict=True) if name == "standfirst"}
    zones: list[Zone] = []
    for place, (line, name) in enumerate(zip(lines, names, strict=True)):
        zones += _cut_line(text, line, name, leads if place == first and name == "body" else None, language)
    return tuple(join_zones(text, zones))


def _is_beside(line: PageLine, language: Language) -> bool:
    """Whether a line is a byline, a notice, or no words at all, such as a time or a rule."""
    has_words = any(map(str.isalpha, line.words))
    return not has_words or is_byline(line, language) or is_boilerplate(line, language)


def _title(lines: Sequence[PageLine], house: str, language: Language) -> int | None:
    """The place of the headline: the first line that reads like one; at most one summary stands above it."""
    above = 0
    for place, line in enumerate(lines[:_HEAD]):
        if line.folded == house or is_furniture(line, language) or _is_kicker(lines, place):
            continue
        if not line.stops and line.count <= _HEADLINE and (not above or line.count > 2):
            return place
        if not above and line.stops and not line.is_statement and line.count <= _SHORT_HEADLINE:
            return place
        above += 1
        if above > 1 or dateline_end(line.words, language):
            break
    if (
        len(lines) > 1
        and lines[0].count <= _SHORT_HEADLINE
        and not is_furniture(lines[0], language)
        and lines[0].folded != house
    ):
        return 0
    return None


def is_furniture(line: PageLine, language: Language) -> bool:
    """Whether a line is no part of what an article says: a byline, a date, a notice, a link, a picture's credit."""
    return (
        is_byline(line, language)
        or is_date_line(line, language)
        or is_boilerplate(line, language)
        or is_related(line, language)
        or credit_begin(line, language) is not None
    )


def _is_kicker(lines: Sequence[PageLine], place: int) -> bool:
    """Whether a line is the name of a section, in capitals, above a headline."""
    line, below = lines[place], lines[place + 1 : place + 2]
    return line.words.isupper() and line.count <= 2 and any(not each.stops and each.count > 3 for each in below)


def _first_body_line(lines: Sequence[PageLine], title: int | None, language: Language) -> int:
    """The first line below the title with a dateline; else the first that is a sentence and not printed again."""
    begin = 0 if title is None else title + 1
    sentences = [
        place
        for place in range(begin, len(lines))
        if lines[place].stops and lines[place].count >= SENTENCE and credit_begin(lines[place], language) is None
        if not is_boilerplate(lines[place], language)
    ]
    for place in sentences[:3]:
        if place <= begin + _HEAD and dateline_end(lines[place].words, language):
            return place
    for place in sentences:
        lead = lines[place].folded.rstrip(".")
        if not any(lead in below.folded for below in islice(lines, place + 1, place + 1 + _HEAD)):
            return place
    return min(begin, len(lines) - 1)


def _names(lines: Sequence[PageLine], title: int | None, first: int, house: str, language: Language) -> list[str]:
    prose = any(line.stops and line.count >= SENTENCE for line in lines)
    names: list[str] = []
    seen: set[str] = set()
    related = kicker = tail = listed = False
    for place, line in enumerate(lines):
        tail = tail or (place > first and is_tail(line, language))
        longest = _REFERENCE if line.words[-1].isdigit() else _PARAGRAPH
        related = is_related(line, language) or (related and not line.is_statement and line.count <= longest)
        kicker = not line.stops and (kicker or (line.words.isupper() and line.count <= 4))
        if place == title:
            name: str = "title"
        elif tail or line.folded == house:
            name = "boilerplate"
        elif title is not None and place > title and line.folded == lines[title].folded:
            name = "repeat"
        elif place < first:
            name = _name_above(line, language)
        elif is_boilerplate(line, language):
            name = "boilerplate"
        elif related:
            name = "related"
        elif credit_begin(line, language) is not None:
            name = "caption"
        elif line.is_statement and line.count >= SENTENCE:
            name = "repeat" if line.folded in seen else "body"
        elif line.twice or (kicker and prose):
            name = "related"
        elif line.stops or line.count >= _PARAGRAPH or not prose or listed or _leads_on(lines, names, place):
            name = "boilerplate" if is_byline(line, language) else "body"
        else:
            name = "boilerplate"
        names.append(name)
        seen.add(line.folded)
        listed = name == "body" and not line.stops and (listed or _begins_list(lines, place))
    return names


def _name_above(line: PageLine, language: Language) -> str:
    if is_date_line(line, language):
        return "dateline"
    if credit_begin(line, language) is not None:
        return "caption"
    if is_byline(line, language) or is_boilerplate(line, language) or is_related(line, language):
        return "boilerplate"
    return "standfirst" if line.count >= SENTENCE or (line.stops and line.count > 2) else "boilerplate"


def _leads_on(lines: Sequence[PageLine], names: list[str], place: int) -> bool:
    """Whether a line without a full stop belongs to the sentence around it: a colon before a list, or its item."""
    line = lines[place]
    if line.words.endswith(":"):
        return line.count > 3
    return is_item(line) and place > 0 and names[place - 1] == "body"


def _begins_list(lines: Sequence[PageLine], place: int) -> bool:
    """Whether a line with a colon at its end stands above two lines and more that are no sentences: a list."""
    below = lines[place + 1 : place + 3]
    return lines[place].words.endswith(":") and len(below) == 2 and not any(each.stops for each in below)


def _cut_line(text: str, line: PageLine, name: str, leads: set[str] | None, language: Language) -> Iterator[Zone]:
    """Cut the credit off a caption, the date off a headline, and the dateline off the lead.

    leads: the summaries above the lead; None elsewhere.
    """
    begin, end = line.begin, line.end
    if name == "caption" and (credit := credit_begin(line, language)) is not None:
        if credit:
            yield Zone(begin=begin, end=trim(text, begin, begin + credit)[1], zone="caption")
        yield Zone(begin=begin + credit, end=end, zone="boilerplate")
        return
    if name == "title" and (dated := language.title_date.search(line.words)):
        yield Zone(begin=begin, end=trim(text, begin, begin + dated.start("date"))[1], zone="title")
        yield Zone(begin=begin + dated.start("date"), end=end, zone="dateline")
        return
    if leads is not None:
        if middle := dateline_end(line.words, language):
            yield Zone(begin=begin, end=trim(text, begin, begin + middle)[1], zone="dateline")
            begin += middle
        if fold(text[begin:end]).rstrip(".") in leads:
            name = "repeat"
    yield Zone(begin=begin, end=end, zone=name)


def join_zones(text: str, zones: Iterable[Zone]) -> Iterator[Zone]:
    """Yield the zones with neighbours of one kind joined that only blank lines divide. zones: in order."""
    current: Zone | None = None
    for zone in zones:
        if (
            current
            and current.zone == zone.zone
            and zone.zone != "title"
            and not text[current.end : zone.begin].strip()
        ):
            current = Zone(begin=current.begin, end=zone.end, zone=zone.zone)
            continue
        if current:
            yield current
        current = zone
    if current:
        yield current
