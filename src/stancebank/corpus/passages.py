"""Passages: the paragraphs of an article as its zones leave them.

A passage is the part of a line of the stored text that lies in one annotated zone, without white space at its ends.
Its id is ``<article id>/p<n>``, n the number of the line, counted from 1, blank ones included: the stored text is never
edited, so the number stays. Where zones share a line, the second passage is ``p<n>.2``, the third ``p<n>.3``.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from stancebank.model import Article, Span
from stancebank.text import graphemes, line_bounds


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
            seen = [(low, high) for low, high in graphemes(words) if not words[low:high].isspace()]
            if not seen:
                continue
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
