"""Spans and what the words say: does every span hold the words that were recorded, and do the labels fit them?"""

import re
from collections.abc import Iterable, Iterator

from stancebank.check.coverage import quotations
from stancebank.errors import Finding
from stancebank.model import Article, Document, Span, Statement, document_spans
from stancebank.schema.fields import Field, Scheme
from stancebank.text import cuts_grapheme, fingerprint, fold, trim

CUE = "cue"
"""The name of the field with the words that attribute a statement, in schemes that have one."""


def check_spans_blind(file: str, document: Document, article: Article, scheme: Scheme) -> Iterator[Finding]:
    """Check what needs no words: bounds, paragraphs, zones and the place of the cue."""
    annotated = scheme.vocabularies.annotated_zones()
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
        for field in scheme.of("statement"):
            yield from _cue(file, f"/statements/{number}", statement, field, scheme)


def _cue(file: str, pointer: str, statement: Statement, field: Field, scheme: Scheme) -> Iterator[Finding]:
    """Check that the cue is where the rendering has it: inside of the content, or apart from it.

    field: one whose vocabulary says of a value `cue_inside`; others have nothing to check.
    """
    cues = scheme.find("statement", CUE)
    values = scheme.values(field) if field.kind == "vocabulary" else {}
    wanting = [name for name, about in values.items() if about.get("cue_inside")]
    if cues is None or not wanting:
        return
    rendering = field.text(statement)
    is_inside = rendering in wanting
    cue = next(iter(cues.spans(statement)), None)
    if cue is None:
        if is_inside:
            message = f"a {rendering} statement has its cue inside the content; it has none."
            yield Finding(file, pointer, "cue-place", message)
        return
    inside = any(span.begin <= cue.begin and cue.end <= span.end for span in statement.content)
    touches = any(span.begin < cue.end and cue.begin < span.end for span in statement.content)
    if is_inside and not inside:
        message = f"a {rendering} statement has its cue inside the content."
        yield Finding(file, f"{pointer}/{CUE}", "cue-place", message)
    elif not is_inside and touches:
        message = f"the cue of a statement that is {rendering} stands apart."
        yield Finding(file, f"{pointer}/{CUE}", "cue-place", message)


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


def check_labels(file: str, document: Document, text: str, scheme: Scheme) -> Iterator[Finding]:
    """Check values of vocabularies against the words, where the vocabulary says what these must be.

    `needs_quotation`: whether all, some or none of the content is in quotation marks. `words`: a closed list, of which
    one must be in content or cue.
    """
    quoted = quotations(text)
    for number, statement in enumerate(document.statements):
        inside, outside = quoted_words(statement.content, quoted, text)
        for field in scheme.of("statement"):
            value = field.text(statement) if field.kind == "vocabulary" else None
            if value is None:
                continue
            about = scheme.values(field)[value]
            pointer = f"/statements/{number}/{field.name}"
            fits = {"all": outside == 0, "some": inside > 0 and outside > 0, "none": inside == 0}
            if not fits.get(about.get("needs_quotation", ""), True):
                message = f"{inside} of {inside + outside} words stand in quotation marks, and it is {value}."
                yield Finding(file, pointer, "quotation-marks", message)
            if "words" in about and not _has_word(statement, text, about["words"], scheme):
                yield Finding(file, pointer, "force-word", "no word of the closed list stands in content or cue.")


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


def _has_word(statement: Statement, text: str, words: Iterable[str], scheme: Scheme) -> bool:
    cue = scheme.find("statement", CUE)
    spans = [*statement.content, *(cue.spans(statement) if cue else ())]
    spoken = " ".join(fold(text[span.begin : span.end]) for span in spans)
    return any(re.search(rf"\b{re.escape(fold(word))}\b", spoken) for word in words)
