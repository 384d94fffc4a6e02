"""A text cut where spans begin and end, so that each piece can show all that covers it."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from stancebank.model import Article, Bounds, Span
from stancebank.text import line_bounds


@dataclass(frozen=True, slots=True)
class Marked:
    """A stretch of words that something is said of. role: a place in the list of roles. token: of the statement.

    opens: what is written before it, such as the number of its statement; "" for nothing.
    """

    span: Span
    role: int
    token: str
    opens: str = ""


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a line that the same stretches cover. words: None where they are not shown.

    layers: roles in their order, each with the tokens of the statements that have it here. opens: role, token and
    words of what begins here and says so. is_aside: whether it lies in a zone that is not annotated. shared: how many
    of its first layers are those of the piece before it, too.
    """

    words: str | None
    layers: tuple[tuple[int, tuple[str, ...]], ...] = ()
    opens: tuple[tuple[int, str, str], ...] = ()
    is_aside: bool = False
    shared: int = 0


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line that is not blank. number: from 1, as `corpus show` counts; None where the text is not at hand.

    zone: what it is, such as ``dateline + body``.
    """

    number: int | None
    zone: str
    segments: tuple[Segment, ...]


def cut_text(
    article: Article,
    marked: Sequence[Marked],
    annotated: Iterable[str],
    text: str | None,
    excerpts: Mapping[Bounds, str],
) -> Iterator[TextLine]:
    """Yield the lines of an article, cut at the bounds of all stretches; in the time that it takes to sort these.

    annotated: zones in which statements are annotated. text: None where only excerpts are shown.
    """
    runs = [(0, text)] if text is not None else list(_runs(excerpts))
    lines = [(each.begin, each.end) for each in article.lines] if text is None else line_bounds(text)
    asides = [(each.begin, each.end) for each in article.zones if each.zone not in set(annotated)]
    begins: dict[int, list[Marked]] = {}
    ends: dict[int, list[Marked]] = {}
    for each in marked:
        if each.span.begin < each.span.end:
            begins.setdefault(each.span.begin, []).append(each)
            ends.setdefault(each.span.end, []).append(each)
    cuts = {*begins, *ends}
    cuts.update(place for begin, end in asides for place in (begin, end))
    cuts.update(place for begin, words in runs for place in (begin, begin + len(words)))
    cuts.update(place for begin, end in lines for place in (begin, end))
    points = sorted(cuts)
    aside_begins = [begin for begin, _ in sorted(asides)]
    aside_ends = [end for _, end in sorted(asides)]
    run_begins = [begin for begin, _ in runs]
    zones = sorted((each.begin, each.end, each.zone) for each in article.zones)
    active: dict[int, dict[str, int]] = {}  # by role, how many stretches of each statement cover what comes next
    order = {token: place for place, token in enumerate(dict.fromkeys(each.token for each in marked))}
    pieces: list[Segment] = []
    at = zone_at = 0
    for number, (begin, end) in enumerate(lines, 1):
        pieces = []
        while at < len(points) and points[at] < end:
            place = points[at]
            _close(active, ends.get(place, ()))
            opening = begins.get(place, ())
            for each in opening:
                held = active.setdefault(each.role, {})
                held[each.token] = held.get(each.token, 0) + 1
            at += 1
            if place < begin:
                continue
            words = _words(runs, run_begins, place, points[at])
            pieces.append(
                Segment(
                    words,
                    tuple((role, tuple(sorted(active[role], key=order.__getitem__))) for role in sorted(active)),
                    tuple((each.role, each.token, each.opens) for each in opening if each.opens),
                    _is_inside(place, aside_begins, aside_ends),
                )
            )
        if begin == end:
            continue
        while zone_at < len(zones) and zones[zone_at][1] <= begin:
            zone_at += 1
        held_zones = []
        for zone_begin, zone_end, zone in zones[zone_at:]:
            if zone_begin >= end:
                break
            if zone_end > begin:
                held_zones.append(zone)
        named = " + ".join(dict.fromkeys(held_zones))
        yield TextLine(number if text is not None else None, named, tuple(_joined(pieces)))


def _close(active: dict[int, dict[str, int]], ending: Iterable[Marked]) -> None:
    for each in ending:
        held = active[each.role]
        held[each.token] -= 1
        if not held[each.token]:
            del held[each.token]
        if not held:
            del active[each.role]


def _words(runs: Sequence[tuple[int, str]], begins: Sequence[int], begin: int, end: int) -> str | None:
    place = bisect_right(begins, begin) - 1
    if place < 0:
        return None
    first, words = runs[place]
    return words[begin - first : end - first] if end <= first + len(words) else None


def _is_inside(place: int, begins: Sequence[int], ends: Sequence[int]) -> bool:
    found = bisect_right(begins, place) - 1
    return found >= 0 and place < ends[found]


def _joined(pieces: Iterable[Segment]) -> Iterator[Segment]:
    """Yield pieces with what they share; those that nothing is said of and whose words are not shown become one."""
    before: Segment | None = None
    for each in pieces:
        if before is not None:
            if each.words is None and before.words is None and not each.layers and not before.layers:
                continue
            pairs = enumerate(zip(before.layers, each.layers, strict=False))
            most = min(len(before.layers), len(each.layers))
            each = replace(each, shared=next((at for at, (one, other) in pairs if one != other), most))
        yield each
        before = each


def _runs(excerpts: Mapping[Bounds, str]) -> Iterator[tuple[int, str]]:
    """Yield what is known of a text: where it begins, and the words; excerpts that touch or overlap as one."""
    begin, words = 0, ""
    for (first, last), said in sorted(excerpts.items()):
        if len(said) != last - first:  # the words are not those of the place
            continue
        if words and first <= begin + len(words):
            words += said[max(0, begin + len(words) - first) :]
        else:
            if words:
                yield begin, words
            begin, words = first, said
    if words:
        yield begin, words
