"""Spans and what the words say: does every span hold the words that were recorded, and do the labels fit them?"""

import re
from collections.abc import Iterable, Iterator

from stancebank.check.coverage import quotations
from stancebank.errors import Finding
from stancebank.model import Article, Document, Span, Statement, document_spans
from stancebank.schema.vocabulary import Vocabularies
from stancebank.text import cuts_grapheme, fingerprint, fold, trim


def check_spans_blind(file: str, document: Document, article: Article, annotated: frozenset[str]) -> Iterator[Finding]:
    """Check what needs no words: bounds, paragraphs, zones and the place of the cue."""
    for pointer, span in document_spans(document):
        if not 0 <= span.begin < span.end <= article.length:
            yield Finding(
                file,
                pointer,
                "span-bounds",
                f"[{span.begin}, {span.end}) is no stretch of {article.length} characters.",
            )
            continue
        if not any(line.begin <= span.begin and span.end <= line.end for line in article.lines):
            yield Finding(file, pointer, "span-paragraph", f"no line holds [{span.begin}, {span.end}).")
            continue
        zone = article.zone_at(span.begin)
        if zone not in annotated and not pointer.startswith("/passed_over"):
            yield Finding(file, pointer, "span-zone", f"it lies in {zone or 'no zone'}.")
    for number, statement in enumerate(document.statements):
        yield from _cue(file, f"/statements/{number}", statement)


def _cue(file: str, pointer: str, statement: Statement) -> Iterator[Finding]:
    cue = statement.cue
    if cue is None:
        if statement.attribution == "reported":
            yield Finding(
                file, pointer, "cue-place", "a reported statement has its cue inside the content; it has none."
            )
        return
    inside = any(span.begin <= cue.begin and cue.end <= span.end for span in statement.content)
    touches = any(span.begin < cue.end and cue.begin < span.end for span in statement.content)
    if statement.attribution == "reported" and not inside:
        yield Finding(file, f"{pointer}/cue", "cue-place", "a reported statement has its cue inside the content.")
    elif statement.attribution != "reported" and touches:
        yield Finding(
            file, f"{pointer}/cue", "cue-place", f"the cue of a statement that is {statement.attribution} stands apart."
        )


def check_spans(file: str, document: Document, text: str) -> Iterator[Finding]:
    """Check every span against the words of the text."""
    for pointer, span in document_spans(document):
        words = text[span.begin : span.end]
        if span.begin >= span.end or span.end > len(text):
            continue
        if fingerprint(words) != span.fingerprint:
            yield Finding(
                file,
                pointer,
                "span-fingerprint",
                f"the fingerprint of text[{span.begin}:{span.end}] is not the recorded one.",
            )
        elif trim(text, span.begin, span.end) != (span.begin, span.end):
            yield Finding(file, pointer, "span-edge", f"text[{span.begin}:{span.end}] has white space at an end.")
        elif cuts_grapheme(text, span.begin, span.end):
            yield Finding(file, pointer, "span-grapheme", f"text[{span.begin}:{span.end}] cuts a character.")


def check_labels(file: str, document: Document, text: str, vocabularies: Vocabularies) -> Iterator[Finding]:
    """Check attribution against quotation marks, and force against the closed list of words."""
    quoted = quotations(text)
    words = [fold(word) for word in vocabularies.force_words()]
    for number, statement in enumerate(document.statements):
        pointer = f"/statements/{number}"
        inside, outside = quoted_words(statement.content, quoted, text)
        fits = {"direct": outside == 0, "mixed": inside > 0 and outside > 0, "indirect": inside == 0, "reported": True}
        if not fits[statement.attribution]:
            message = (
                f"{inside} of {inside + outside} words stand in quotation marks, and it is {statement.attribution}."
            )
            yield Finding(file, f"{pointer}/attribution", "quotation-marks", message)
        if statement.force == "categorical" and not _has_word(statement, text, words):
            yield Finding(
                file, f"{pointer}/force", "force-word", "no word of the closed list stands in content or cue."
            )


def quoted_words(spans: Iterable[Span], quoted: list[tuple[int, int]], text: str) -> tuple[int, int]:
    """Count the words of the spans inside and outside quotation marks. quoted: as `coverage.quotations` gives it."""
    inside = outside = 0
    for span in spans:
        for match in re.finditer(r"\w+", text[span.begin : span.end]):
            place = span.begin + match.start()
            if any(begin <= place < end for begin, end in quoted):
                inside += 1
            else:
                outside += 1
    return inside, outside


def _has_word(statement: Statement, text: str, words: list[str]) -> bool:
    spans = [*statement.content, *([statement.cue] if statement.cue else [])]
    spoken = " ".join(fold(text[span.begin : span.end]) for span in spans)
    return any(re.search(rf"\b{re.escape(word)}\b", spoken) for word in words)
