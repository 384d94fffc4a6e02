"""The lines of a news page, and what each gives away by itself: its form, its credit, its dateline.

Every question is answered in time that grows with the line's length only, whatever the line holds.
"""

import re
from collections import Counter
from dataclasses import dataclass

from stancebank.corpus.language import Language
from stancebank.text import fold, line_bounds, trim

_CLOSING = "\"'”’»)] \t\u00a0\u202f"
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


def page_lines(text: str) -> list[PageLine]:
    """Return the lines of a text that are not blank, without the white space around them."""
    bounds = [(begin, end) for begin, end in (trim(text, *each) for each in line_bounds(text)) if begin < end]
    folded = [fold(text[begin:end]) for begin, end in bounds]
    number = Counter(folded)
    lines = []
    for (begin, end), key in zip(bounds, folded, strict=True):
        words = text[begin:end]
        bare = words.rstrip(_CLOSING)
        stops = bare[-1:] in set(".!?…")
        is_statement = stops and (bare[-1:] in ".…" or len(bare) < len(words))
        lines.append(PageLine(begin, end, words, key, len(words.split()), number[key] > 1, stops, is_statement))
    return lines


def credit_begin(line: PageLine, language: Language) -> int | None:
    """Where in a line the bracketed credit of a picture begins that ends it; None where there is none."""
    words = line.words
    if words[-1:] not in ("]", ")"):
        return None
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
