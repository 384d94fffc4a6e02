"""The lines of a news page, and what each gives away by itself: its form, its credit, its dateline.

Every question is answered in time that grows with the line's length only, whatever the line holds.
"""

import re
from collections import Counter
from dataclasses import dataclass

from stancebank.text import fold, line_bounds, trim

_CLOSING = "\"'”’»)] \t\u00a0\u202f"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_DATE = rf"(?:[^\W\d_]{{3,12}}\.?\s{_DAY},?\s\d{{4}}|{_DAY}\s[^\W\d_]{{3,12}}\.?,?\s\d{{4}}|\d{{4}}-\d\d-\d\d)"
_SHORT_DATE = rf"(?:[^\W\d_]{{3,12}}\.?\s{_DAY}|{_DAY}\s[^\W\d_]{{3,12}}\.?)"
_SENTENCE_BEGINS = r"(?=[\"'“‘«„(\d]|[^\Wa-z\d_])"
_DATELINES = (
    # Vesta (Agency) – They; PORT ESSA, Suvia (Agency) – They
    re.compile(rf"[^\W\d_][\w .,'’-]{{0,60}} \([^()\n]{{2,80}}\)\s?[-–—]{{1,2}}\s{{1,3}}{_SENTENCE_BEGINS}"),
    # VESTA (Outlet / Agency - 28th January, 2031) They
    re.compile(rf"[A-Z][A-Z .'’-]{{1,40}} \([^()\n]{{2,80}}\)\s{{1,3}}{_SENTENCE_BEGINS}"),
    # VESTA, 12 February 2031 – They; VESTA, Feb. 12 (Agency) – They
    re.compile(
        rf"[A-Z][A-Z .'’-]{{1,40}},\s(?:{_DATE}|{_SHORT_DATE})(?: \([^()\n]{{2,80}}\))?\s?[-–—]{{1,2}}\s{{1,3}}(?=\S)"
    ),
    # Agency – They
    re.compile(rf"[^\W\d_a-z][\w.]{{0,30}}(?: [^\W\d_a-z][\w.]{{0,30}}){{0,3}} [–—]\s{{1,3}}{_SENTENCE_BEGINS}"),
)
_DATE_LINES = (
    re.compile(rf"[A-Z][\w.]{{0,30}}(?: [A-Z][\w.]{{0,30}}){{0,3}}\s?[-–—|]\s?{_DATE}"),
    re.compile(
        rf"(?:(?:published|updated|posted)(?: on)?:? )?(?:\w{{3,9}}day,? )?{_DATE}[\d:,.| ]{{0,12}}\w{{0,4}}", re.I
    ),
)
_CREDIT = re.compile(r"/|photo|credit|image|courtesy|getty|reuters|\bap\b|\bafp\b", re.IGNORECASE)
_BYLINE = re.compile(
    r"(?:[Bb]y|BY|Written by|Reporting by|Edited by) (?!(?:The|A|An|THE)\b)[^\W\d_a-z][\w.'’-]*"
    r"(?:,? (?:and|AND|for|in|of|the|[^\W\d_a-z][\w.'’-]*))*"
)
_TAIL = re.compile(r"leave a (?:reply|comment)\b|no comments yet\b|\d* ?comments?$|.*\bposted by\b", re.IGNORECASE)
_RELATED = re.compile(
    r"related(?: (?:news|stories|articles|topics))?:?$|most (?:visited|read|viewed)\b|top .*stories$|"
    r"read (?:more|also)\b|more (?:on|from)\b|see also\b|you may also\b",
    re.IGNORECASE,
)
_BOILERPLATE = re.compile(
    r"source:|additional reporting\b|advert(?:isement)?s?\s*(?:$|[-–—:|])|copyright\s*(?:$|©|\(c\)|\d{4})|©|"
    r"all rights reserved|follow us\b|click here\b|subscribe(?:$| to\b| now\b| for\b)|share this\b|sign up for\b|"
    r"filed under\b",
    re.IGNORECASE,
)
_SURE = re.compile(r"source:|advert|copyright|©|all rights reserved", re.IGNORECASE)
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


def credit_begin(line: PageLine) -> int | None:
    """Where in a line the bracketed credit of a picture begins that ends it; None where there is none."""
    words = line.words
    if words[-1:] not in ("]", ")"):
        return None
    begin = max(words.rfind("["), words.rfind("("))
    inside = words[begin + 1 : -1]
    if begin < 0 or "]" in inside or ")" in inside or not _CREDIT.search(inside):
        return None
    return begin


def dateline_end(words: str) -> int:
    """How many characters of a line are its dateline, with the dash and the white space behind it; 0 for none."""
    return next((match.end() for pattern in _DATELINES if (match := pattern.match(words))), 0)


def is_date_line(line: PageLine) -> bool:
    """Whether a line is nothing but a date, perhaps with an agency."""
    return any(pattern.fullmatch(line.words) for pattern in _DATE_LINES)


def is_byline(line: PageLine) -> bool:
    """Whether a line names an author and nothing else."""
    return line.count <= 15 and not line.stops and _BYLINE.fullmatch(line.words) is not None


def is_related(line: PageLine) -> bool:
    """Whether a line heads, or is, a link to other articles; a sentence that begins with such words is none."""
    return _RELATED.match(line.words) is not None and not _is_sentence(line)


def is_boilerplate(line: PageLine) -> bool:
    """Whether a line is an advertisement, a notice or a button."""
    return _BOILERPLATE.match(line.words) is not None and (
        _SURE.match(line.words) is not None or not _is_sentence(line)
    )


def is_tail(line: PageLine) -> bool:
    """Whether a line heads the comments or the form for them, below which nothing of the article follows."""
    return _TAIL.match(line.words) is not None and not _is_sentence(line)


def is_item(line: PageLine) -> bool:
    """Whether a line is an item of a list."""
    return _ITEM.match(line.words) is not None


def _is_sentence(line: PageLine) -> bool:
    return line.is_statement and line.count >= SENTENCE
