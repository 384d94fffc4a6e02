"""Re-anchoring: where the recorded spans stand in a copy that is not the stored text.

Neither the stored words nor their neighbours are known, only fingerprints and offsets. So a place is proved, or it is
reported; nearness proves nothing.

- **line**: the span's line is one of the copy's, by fingerprint and in order. Its words then stand in that line; where
  they stand there more than once, the recorded offsets have to rule out all places but one.
- **block**: the line was changed, and the span's words stand exactly once in the whole copy, in the lines between the
  aligned neighbours; shorter words than those of a phrase are not taken. A span inside such a span is looked for in
  it, as in a line.

A block proves the words. That the stored text did not hold them a second time there, where the copy has other words
now, cannot be proved without it; that is why a phrase is asked for.

A keyed fingerprint can be compared only where the whole line is at hand. So of a line that was joined with others, or
divided, the line itself is looked for in the block; its spans are then found as in a line. If words of the line were
changed, its spans are reported.
"""

import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal, NamedTuple

from stancebank.corpus.copies import plain_copy
from stancebank.corpus.ingest import text_lines
from stancebank.model import Article, Line, Span
from stancebank.text import (
    FOLDINGS,
    PLAIN,
    Folded,
    fold,
    folding_in,
    is_keyed,
    keyed_digest,
    line_key,
    sha256,
)

Outcome = Literal["line", "block", "changed", "ambiguous", "missing"]

LEAST_BLOCK = 16  # folded characters that a span needs to be taken from a block by itself
SLACK = 8  # characters by which a folded span may be shorter or longer than the recorded one
MOST_WINDOWS = 1_000_000  # pieces of one block that are compared; what is not found by then is reported


@dataclass(frozen=True, slots=True)
class Anchor:
    """What became of one span; begin and end are its place in the copy if the outcome is `line` or `block`.

    words: those at its place, without invisible characters that only the copy has.

    changed: its words were not found between the neighbours of its line. ambiguous: they may be there, and nothing
    proves where. missing: the copy has nothing between these neighbours.
    """

    outcome: Outcome
    begin: int | None = None
    end: int | None = None
    words: str | None = None


@dataclass(frozen=True, slots=True)
class Reanchored:
    """The anchors of the spans, in their order, and the pairs of lines that were aligned: record's, copy's."""

    anchors: tuple[Anchor, ...]
    aligned: tuple[tuple[int, int], ...]


_folded = lru_cache(maxsize=256)(Folded)


class _Frame(NamedTuple):
    """A stretch of the record and one of the copy that have the same folded words."""

    begin: int
    end: int
    copy_begin: int
    copy_end: int


def reanchor(article: Article, spans: Sequence[Span], copy: str) -> Reanchored:
    """Find the spans of an article in a copy of it. copy: normalised, as `corpus.sources` reads it.

    Invisible characters that only the copy has do not count; places in it do count them.
    """
    plain, places = plain_copy(copy, {line.fingerprint for line in article.lines})
    found = _reanchor(article, spans, plain)
    if plain == copy:
        return found
    anchors = tuple(
        each
        if each.begin is None or each.end is None
        else Anchor(each.outcome, places[each.begin], places[each.end - 1] + 1, each.words)
        for each in found.anchors
    )
    return Reanchored(anchors, found.aligned)


def _reanchor(article: Article, spans: Sequence[Span], copy: str) -> Reanchored:
    folding = next((folding_in(line.fingerprint) for line in article.lines), 1)
    lines = text_lines(copy, folding)
    aligned = align([line.fingerprint for line in article.lines], [line.fingerprint for line in lines])
    partner = dict(aligned)
    found: dict[Span, Anchor] = {}
    blocks: dict[tuple[int, int], list[Span]] = {}
    german = _may_have_sharp_s(article)
    starts = [line.begin for line in article.lines]
    for span in dict.fromkeys(spans):
        number = bisect_left(starts, span.begin + 1) - 1
        if number < 0 or span.end > article.lines[number].end or span.begin >= span.end:
            found[span] = Anchor("missing")
        elif number in partner:
            line = lines[partner[number]]
            frame = _Frame(article.lines[number].begin, article.lines[number].end, line.begin, line.end)
            found[span] = _inside(frame, span, copy, "line", german)
        else:
            after = bisect_left(aligned, (number, 0))
            first = aligned[after - 1][1] + 1 if after else 0
            last = aligned[after][1] if after < len(aligned) else len(lines)
            if first == last:
                found[span] = Anchor("missing")
            elif article.lines[number].fingerprint in {line.fingerprint for line in lines[first:last]}:
                found[span] = Anchor("ambiguous")
            else:
                blocks.setdefault((first, last), []).append(span)
    for (first, last), inside in blocks.items():
        for each in FOLDINGS:
            plain = [s for s in inside if not is_keyed(s.fingerprint) and folding_in(s.fingerprint) == each]
            found |= _search_block(plain, lines[first:last], copy, german) if plain else {}
        keyed = [span for span in inside if is_keyed(span.fingerprint)]
        found |= _search_lines(keyed, article, lines[first:last], copy, german) if keyed else {}
    return Reanchored(tuple(found[span] for span in spans), tuple(aligned))


def align(record: Sequence[str], copy: Sequence[str]) -> list[tuple[int, int]]:
    """Pair equal lines, in order: those that stand once on both sides first, then what lies between them, and so on.

    Lines that repeat are paired only where all lines between two neighbours are the same on both sides.
    """
    pairs: list[tuple[int, int]] = []
    todo = [(0, len(record), 0, len(copy))]
    while todo:
        first, last, copy_first, copy_last = todo.pop()
        if record[first:last] == copy[copy_first:copy_last]:
            pairs += zip(range(first, last), range(copy_first, copy_last), strict=True)
            continue
        ours, theirs = Counter(record[first:last]), Counter(copy[copy_first:copy_last])
        places = {copy[number]: number for number in range(copy_first, copy_last)}
        both = [(n, places[record[n]]) for n in range(first, last) if ours[record[n]] == theirs[record[n]] == 1]
        new = _longest_ascent(both)
        edges = [(first - 1, copy_first - 1), *new, (last, copy_last)]
        if new:
            pairs += new
            todo += [(a + 1, b, c + 1, d) for (a, c), (b, d) in pairwise(edges)]
    return sorted(pairs)


def _longest_ascent(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Of pairs sorted by their first member, return the most whose second members ascend, too."""
    tops: list[int] = []  # the smallest second member that ends an ascent of each length
    holders: list[int] = []
    before: list[int | None] = []
    for place, (_, second) in enumerate(pairs):
        length = bisect_left(tops, second)
        before.append(holders[length - 1] if length else None)
        tops[length : length + 1] = [second]
        holders[length : length + 1] = [place]
    ascent: list[tuple[int, int]] = []
    at = holders[-1] if holders else None
    while at is not None:
        ascent.append(pairs[at])
        at = before[at]
    return ascent[::-1]


def _may_have_sharp_s(article: Article) -> bool:
    """Whether an article may have the letter that folding 2 makes two of; no other is as common as its fold, "ss"."""
    language = article.language_tag
    return language.split("-")[0].lower() in ("", "und", "de", "gsw", "nds", "bar", "ksh", "lb")


def _prover(recorded: str, stretch: str) -> Callable[[str], str]:
    """Return what makes a fingerprint like a recorded one of folded words. stretch: the line that holds the words."""
    if is_keyed(recorded):
        key = line_key(stretch)
        return lambda folded: keyed_digest(folded, key)
    prefix = PLAIN if folding_in(recorded) == 2 else ""
    return lambda folded: prefix + sha256(folded)[:16]


def _inside(frame: _Frame, span: Span, copy: str, proof: Literal["line", "block"], german: bool) -> Anchor:
    """Find a span in a frame that holds it. The frame's words are equal, so the span's words are among them.

    Of a keyed span, the frame is its whole line. german: see `_least_lengths`.
    """
    stretch = copy[frame.copy_begin : frame.copy_end]
    left, right = span.begin - frame.begin, frame.end - span.end
    folding, prove = folding_in(span.fingerprint), _prover(span.fingerprint, stretch)
    words = fold(stretch[left : left + span.end - span.begin], folding)
    known = _folded(stretch, folding)
    folded, sources = known.folded, known.sources
    if prove(words) != span.fingerprint:
        slack = SLACK + abs(frame.end - frame.begin - len(folded))
        wanted = {span.fingerprint: span.end - span.begin}
        words = _search(wanted, [known], prove, slack).get(span.fingerprint, "")
    if not words:
        return Anchor("ambiguous")
    places = _places(folded, words)
    if len(places) > 1:
        before, after = _least_lengths(folded, folding, german)
        places = [p for p in places if before[p] <= left and after[p + len(words)] <= right]
    if len(places) != 1:
        return Anchor("ambiguous")
    begin, end = sources[places[0]][0], sources[places[0] + len(words) - 1][1]
    if (begin, end) not in known.find(words):  # they are part of a character, as a dot of an ellipsis
        return Anchor("ambiguous")
    return Anchor(proof, frame.copy_begin + begin, frame.copy_begin + end, stretch[begin:end])


def _places(folded: str, words: str) -> list[int]:
    """Return all places where words begin; they may overlap."""
    found = [folded.find(words)]
    while found[-1] >= 0:
        found.append(folded.find(words, found[-1] + 1))
    return found[:-1]


def _search_block(spans: Collection[Span], lines: Sequence[Line], copy: str, german: bool) -> dict[Span, Anchor]:
    """Find spans in the changed lines of a copy, long ones first.

    Their fingerprints are of words alone, by one folding.
    """
    found: dict[Span, Anchor] = {}
    frames: list[_Frame] = []
    some = next(iter(spans)).fingerprint
    folding, prove = folding_in(some), _prover(some, "")
    everything = fold(copy, folding)
    stretches = [_folded(copy[line.begin : line.end], folding) for line in lines]
    known = _search({span.fingerprint: span.end - span.begin for span in spans}, stretches, prove)
    rivals: dict[str, set[int]] = {}
    for span in spans:
        rivals.setdefault(span.fingerprint, set()).add(span.begin)
    for span in sorted(spans, key=lambda span: span.begin - span.end):
        holder = next((frame for frame in frames if frame.begin <= span.begin and span.end <= frame.end), None)
        if holder:
            found[span] = _inside(holder, span, copy, "block", german)
        elif span.fingerprint not in known:
            found[span] = Anchor("changed")
        else:
            words = known[span.fingerprint]
            number = next(number for number, stretch in enumerate(stretches) if words in stretch.folded)
            places = stretches[number].find(words)
            alone = len(rivals[span.fingerprint]) == 1 and everything.find(words) == everything.rfind(words)
            if not alone or not places or len(words) < LEAST_BLOCK:
                found[span] = Anchor("ambiguous")
            else:
                begin, end = (lines[number].begin + offset for offset in places[0])
                found[span] = Anchor("block", begin, end, copy[begin:end])
                frames.append(_Frame(span.begin, span.end, begin, end))
    return found


def _search_lines(
    spans: Collection[Span], article: Article, lines: Sequence[Line], copy: str, german: bool
) -> dict[Span, Anchor]:
    """Find keyed spans in the changed lines of a copy: in their own line, where it stands among other words there."""
    holders = {span: next(line for line in article.lines if line.end >= span.end) for span in spans}
    some = article.lines[0].fingerprint
    folding, prove = folding_in(some), _prover(some, "")
    begin, end = lines[0].begin, lines[-1].end
    block, everything = _folded(copy[begin:end], folding), fold(copy, folding)
    known = _search({line.fingerprint: line.end - line.begin for line in holders.values()}, [block], prove)
    times = Counter(line.fingerprint for line in article.lines)
    found: dict[Span, Anchor] = {}
    for span, line in holders.items():
        words = known.get(line.fingerprint)
        if words is None:
            found[span] = Anchor("changed")
            continue
        places = block.find(words)
        alone = times[line.fingerprint] == 1 and everything.find(words) == everything.rfind(words)
        if not alone or len(places) != 1 or len(words) < LEAST_BLOCK:
            found[span] = Anchor("ambiguous")
        else:
            frame = _Frame(line.begin, line.end, begin + places[0][0], begin + places[0][1])
            found[span] = _inside(frame, span, copy, "block", german)
    return found


def _search(
    wanted: dict[str, int], stretches: Sequence[Folded], prove: Callable[[str], str], slack: int = SLACK
) -> dict[str, str]:
    """Return the folded words that have the wanted fingerprints, as far as the stretches hold them.

    wanted: how long the words were in the stored text. prove: makes the fingerprint of folded words. Only pieces that
    begin and end where a word may are compared.
    """
    lengths = {near for length in wanted.values() for near in range(max(1, length - slack), length + slack + 1)}
    longest = max(lengths)
    found: dict[str, str] = {}
    windows = 0
    for stretch in stretches:
        folded = stretch.folded
        edges = [place for place in range(len(folded) + 1) if not _is_inside_word(folded, place)]
        for number, begin in enumerate(edges):
            if windows > MOST_WINDOWS:
                return found
            for end in edges[number + 1 : number + 1 + longest]:
                if end - begin > longest:
                    break
                if end - begin in lengths:
                    windows += 1
                    proof = prove(folded[begin:end])
                    if proof in wanted:
                        found[proof] = folded[begin:end]
    return found


def _is_inside_word(folded: str, place: int) -> bool:
    """Whether a place lies between two lower-case letters; scripts without case also write words without spaces."""
    return 0 < place < len(folded) and folded[place - 1].islower() and folded[place].islower()


@lru_cache(maxsize=256)
def _least_lengths(folded: str, folding: int, german: bool) -> tuple[list[int], list[int]]:
    """Return for every place how long what folds to the text before it is at least; and the same for what follows.

    german: whether an "ss" of folding 2 may be one letter.
    """
    east_asian = any("\u2e80" <= character < "\U00040000" for character in folded)
    expansions = _expansions(east_asian, folding, german)
    before, after = list(range(len(folded) + 1)), list(range(len(folded), -1, -1))
    several = [
        (place, place + len(expansion))
        for place, character in enumerate(folded)
        for expansion in expansions.get(character, ())
        if folded.startswith(expansion, place)
    ]
    ends: dict[int, list[int]] = {}
    for begin, end in several:
        ends.setdefault(end, []).append(begin)
    for place in range(1, len(folded) + 1):
        before[place] = 1 + min(before[begin] for begin in [place - 1, *ends.get(place, ())])
    begins: dict[int, list[int]] = {}
    for begin, end in several:
        begins.setdefault(begin, []).append(end)
    for place in range(len(folded) - 1, -1, -1):
        after[place] = 1 + min(after[end] for end in [place + 1, *begins.get(place, ())])
    return before, after


@lru_cache(maxsize=8)
def _expansions(east_asian: bool, folding: int, german: bool) -> dict[str, tuple[str, ...]]:
    """What single characters fold to, where that is more than one character, by its first.

    east_asian: with the words in a square and the enclosed letters that only East Asian typesetting has. german: with
    the letters that are "ss".
    """
    several: dict[str, set[str]] = {}
    for code in range(0x80, 0x20000):
        character = chr(code)
        if not east_asian and (0x3200 <= code < 0x3400 or 0x1F100 <= code < 0x1F300):
            continue
        if character in "ßẞ" and not german:
            continue
        cased = character.lower() if folding == 1 else character.casefold()
        if len(unicodedata.normalize("NFKC", cased)) > 1 and not 0xD800 <= code < 0xE000:
            expansion = fold(f"|{character}|", folding)[1:-1]
            if len(expansion) > 1:
                several.setdefault(expansion[0], set()).add(expansion)
    return {first: tuple(sorted(rest)) for first, rest in several.items()}
