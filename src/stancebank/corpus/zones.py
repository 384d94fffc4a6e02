"""Zones: what each stretch of an article's text is. Nothing is cut from a text; its dirt is named instead.

`infer_zones` reads the layout of news pages: which line is the headline, which is printed again, where the body
begins, and which lines are no part of it. It is a proposal; whoever adds an article can say better.
"""

import re
from collections.abc import Iterator

from stancebank.model import Zone, ZoneName
from stancebank.text import fold, line_bounds, trim

_STOP = re.compile(r"[.!?…][\"'”’»)\]]*\s*$")
_DATE = r"(?:\w+\s\d{1,2}(?:st|nd|rd|th)?,?\s\d{4}|\d{1,2}(?:st|nd|rd|th)?\s\w+,?\s\d{4}|\d{4}-\d\d-\d\d)"
_DATELINES = (
    re.compile(r"[^\W\d_][\w .'’-]{0,40} \([^)\n]{2,80}\)\s*(?:[-–—]\s+)?"),  # VESTA (Agency) -
    re.compile(rf"[A-Z][A-Z .'’-]+,\s{_DATE}\s+[-–—]\s+"),  # VESTA, 12 February 2031 –
    re.compile(r"[A-Z][\w.]*(?: [A-Z][\w.]*){0,3} [–—] (?=\S)"),  # Agency –
)
_DATELINE_ALONE = re.compile(rf"[A-Z][\w.]*(?: [A-Z][\w.]*){{0,3}}\s*[-–—|]\s*{_DATE}\s*$")
_CREDIT = re.compile(r"\s*[\[(][^\[\]()]*(?:/|photo|credit|image|courtesy|getty|reuters|ap\b)[^\[\]()]*[\])]\s*$", re.I)
_END = re.compile(
    r"leave a (?:reply|comment)|no comments yet|\d* ?comments?$|share this|sign up for|filed under|.*\bposted by\b",
    re.I,
)
_RELATED = re.compile(
    r"related(?: (?:news|stories|articles|topics))?:?$|most (?:visited|read|viewed)\b|top .*stories$|"
    r"read (?:more|also)\b|more (?:on|from)\b|see also\b|you may also\b",
    re.I,
)
_BOILERPLATE = re.compile(
    r"source:|additional reporting|advert(?:isement)?\b|copyright|©|all rights reserved|follow us|click here|subscribe",
    re.I,
)


def infer_zones(text: str, outlet: str | None = None) -> tuple[Zone, ...]:
    """Propose zones for a stored text; together they cover all but white space.

    outlet: the outlet's name, which some pages print as a line of its own.
    """
    lines = [(begin, end) for begin, end in (trim(text, *bounds) for bounds in line_bounds(text)) if begin < end]
    words = [text[begin:end] for begin, end in lines]
    title = _title(words, outlet)
    first = _first_body_line(words, title)
    names = [_line_zone(words, place, title, first, outlet) for place in range(len(lines))]
    _close_the_tail(words, names)
    zones: list[Zone] = []
    for place, ((begin, end), name) in enumerate(zip(lines, names, strict=True)):
        zones.extend(
            _cut_line(text, begin, end, name, lead=place == first, standfirsts=_of(words, names, "standfirst"))
        )
    return tuple(_joined(text, zones))


def _title(words: list[str], outlet: str | None) -> int:
    for place, line in enumerate(words[:4]):
        if (outlet is None or fold(line) != fold(outlet)) and len(line.split()) <= 20 and not _STOP.search(line):
            return place
    return 0


def _first_body_line(words: list[str], title: int) -> int:
    """The first line below the title that reads as a sentence, is no copy of one, and is no mere summary."""
    for place in range(title + 1, len(words)):
        line = words[place]
        following = words[place + 1] if place + 1 < len(words) else ""
        repeated = fold(line).rstrip(".") in fold(following) and len(line.split()) >= 8
        if _STOP.search(line) and len(line.split()) >= 8 and not _CREDIT.search(line) and not repeated:
            return place
    return min(title + 1, len(words) - 1)


def _line_zone(words: list[str], place: int, title: int, first: int, outlet: str | None) -> ZoneName:
    line = words[place]
    if place == title:
        return "title"
    if outlet and fold(line) == fold(outlet):
        return "boilerplate"
    if place > title and fold(line) == fold(words[title]):
        return "repeat"
    if place < first:
        if _DATELINE_ALONE.match(line):
            return "dateline"
        if _CREDIT.search(line):
            return "caption"
        return "standfirst" if len(line.split()) >= 8 else "boilerplate"
    if _RELATED.match(line):
        return "related"
    if _BOILERPLATE.match(line):
        return "boilerplate"
    if _CREDIT.search(line) and not _STOP.search(_CREDIT.sub("", line)[:-1]):
        return "caption"
    if _STOP.search(line) and not _seen_twice(words, place):
        return "body"
    return "related" if _is_teaser(words, place) else "boilerplate"


def _seen_twice(words: list[str], place: int) -> bool:
    line = fold(words[place])
    return any(fold(other) == line for number, other in enumerate(words) if number != place)


def _is_teaser(words: list[str], place: int) -> bool:
    """Whether a line without a full stop stands in a block with a kicker in capitals, or is printed twice."""
    if _seen_twice(words, place):
        return True
    while place > 0 and not _STOP.search(words[place]):
        if words[place].isupper() and len(words[place].split()) <= 4:
            return True
        place -= 1
    return False


def _close_the_tail(words: list[str], names: list[ZoneName]) -> None:
    """After a comment form there is nothing but page furniture; below a list of links there are links."""
    for place, line in enumerate(words):
        if names[place] in ("title", "standfirst") or not _END.match(line):
            continue
        names[place:] = ["boilerplate"] * (len(names) - place)
        break
    below = False
    for place, line in enumerate(words):
        below = bool(_RELATED.match(line)) or (below and names[place] in ("related", "boilerplate"))
        if below:
            names[place] = "related"


def _of(words: list[str], names: list[ZoneName], name: ZoneName) -> list[str]:
    return [fold(line).rstrip(".") for line, other in zip(words, names, strict=True) if other == name]


def _cut_line(text: str, begin: int, end: int, name: ZoneName, *, lead: bool, standfirsts: list[str]) -> Iterator[Zone]:
    if name == "caption" and (credit := _CREDIT.search(text[begin:end])):
        middle = begin + credit.start()
        if middle > begin:
            yield Zone(begin=begin, end=middle, zone="caption")
        yield Zone(begin=trim(text, middle, end)[0], end=end, zone="boilerplate")
        return
    if lead:
        for pattern in _DATELINES:
            if dateline := pattern.match(text[begin:end]):
                middle = begin + dateline.end()
                yield Zone(begin=begin, end=trim(text, begin, middle)[1], zone="dateline")
                begin = middle
                break
        if fold(text[begin:end]).rstrip(".") in standfirsts:
            name = "repeat"
    yield Zone(begin=begin, end=end, zone=name)


def _joined(text: str, zones: list[Zone]) -> Iterator[Zone]:
    """Join neighbours of one kind that only blank lines divide."""
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
