"""Coverage: every quotation and every attribution cue of an article lies in a statement, or is passed over.

It is what lets a gold document claim to be complete: the marks are found by rule, independently of the reader.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from stancebank.corpus.language import Language
from stancebank.model import Article, Document, document_spans
from stancebank.text import line_bounds

_PAIRS = {"“": "”", "„": "“", "«": "»", '"': '"', "‘": "’"}


@dataclass(frozen=True, slots=True)
class Mark:
    """A quotation or a cue word, by its place in the text."""

    kind: Literal["quotation", "cue"]
    begin: int
    end: int


def quotations(text: str) -> list[tuple[int, int]]:
    """Return the inside of every quotation as ``(begin, end)``, in order.

    A quotation ends at its closing mark, or with the line where there is none (a quotation over several paragraphs).
    Single marks count only where no letter touches their outer side, so that an apostrophe is none.
    """
    found = []
    for first, last in line_bounds(text):
        place = first
        while place < last:
            close = _PAIRS.get(text[place])
            if close is None or (text[place] == "‘" and place > first and text[place - 1].isalnum()):
                place += 1
                continue
            end = place + 1
            while end < last and not (
                text[end] == close and not (close == "’" and end + 1 < last and text[end + 1].isalnum())
            ):
                end += 1
            if end > place + 1:
                found.append((place + 1, end))
            place = end + 1
    return found


def marks(article: Article, text: str, annotated: frozenset[str], language: Language) -> Iterator[Mark]:
    """Yield every quotation, and every cue outside quotations, in the annotated zones of a text."""
    quoted = quotations(text)
    for begin, end in quoted:
        if article.zone_at(begin) in annotated:
            yield Mark("quotation", begin, end)
    for match in language.cues.finditer(text):
        begin, end = match.span()
        if article.zone_at(begin) in annotated and not any(b <= begin < e for b, e in quoted):
            yield Mark("cue", begin, end)


def uncovered(
    article: Article, text: str, document: Document, annotated: frozenset[str], language: Language
) -> Iterator[Mark]:
    """Yield the marks of which a word lies in no span of a statement and in nothing that was passed over."""
    covered = bytearray(len(text))
    for _, span in document_spans(document):
        covered[span.begin : span.end] = b"\1" * (span.end - span.begin)
    for mark in marks(article, text, annotated, language):
        if any(text[place].isalnum() and not covered[place] for place in range(mark.begin, mark.end)):
            yield mark
