"""Hydration: the words of articles come back from the copies that a user holds.

A copy is recognised by the line fingerprints that it shares with a record, whatever its file is called. It is taken
only if the stored text can be put together from its lines, which the record's SHA-256 proves; then every recorded
span is compared with its fingerprint. A copy with other lines is reported, never bent to fit.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from stancebank.corpus.intake import text_lines
from stancebank.corpus.sources import Source
from stancebank.model import Article, Document, Span, document_spans
from stancebank.text import fingerprint, sha256

State = Literal["ready", "missing", "different"]

RECOGNISED = 0.5  # share of a record's lines that a copy must hold to be called one


@dataclass(frozen=True, slots=True)
class Hydration:
    """What became of one article: its state, its text if ready, the copy's name, and what was compared."""

    article: Article
    state: State
    text: str | None = None
    copy: str | None = None
    lines_found: int = 0
    spans: int = 0
    wrong_spans: tuple[str, ...] = ()


def hydrate(articles: Iterable[Article], documents: Iterable[Document], sources: Sequence[Source]) -> list[Hydration]:
    """Find for every article the copy among the sources, and prove it; the first that is exact goes before all others.

    Documents made on another text of their article are left out: their spans prove nothing.
    """
    spans: dict[tuple[str, str], list[tuple[str, Span]]] = {}
    for document in documents:
        spans.setdefault((document.article_id, document.text_sha256), []).extend(document_spans(document))
    holders: dict[str, list[Source]] = {}
    for source in sources:
        for line in {line.fingerprint for line in text_lines(source.text)}:
            holders.setdefault(line, []).append(source)
    return [
        _hydrate_one(article, spans.get((article.id, article.text_sha256), []), _copies(article, holders))
        for article in articles
    ]


def _copies(article: Article, holders: dict[str, list[Source]]) -> list[tuple[Source, int]]:
    """Return the sources that share lines with an article, each with the number of the article's lines it holds."""
    shared: dict[int, int] = {}
    copies: dict[int, Source] = {}
    for line in article.lines:
        for source in holders.get(line.fingerprint, ()):
            copies[id(source)] = source
            shared[id(source)] = shared.get(id(source), 0) + 1
    return [(source, shared[key]) for key, source in copies.items()]


def _hydrate_one(article: Article, spans: list[tuple[str, Span]], copies: list[tuple[Source, int]]) -> Hydration:
    wanted = len(article.lines)
    for source, found in copies:
        if found == wanted and (text := restore(article, source.text)) is not None:
            return Hydration(article, "ready", text, source.name, wanted, len(spans), wrong_spans(text, spans))
    likely = [(source, found) for source, found in copies if found >= RECOGNISED * wanted]
    if not likely:
        return Hydration(article, "missing")
    source, found = max(likely, key=lambda pair: pair[1])
    return Hydration(article, "different", copy=source.name, lines_found=found)


def restore(article: Article, copy: str) -> str | None:
    """Put the stored text together from the lines of a copy; None where the result is not that text.

    The copy may have other blank lines than the stored text: each line goes where the record says.
    """
    if sha256(copy) == article.text_sha256:
        return copy
    lines = [line for line in copy.split("\n") if line.strip()]
    if len(lines) != len(article.lines):
        return None
    parts: list[str] = []
    place = 0
    for line, recorded in zip(lines, article.lines, strict=True):
        if len(line) != recorded.end - recorded.begin:
            return None
        parts += ["\n" * (recorded.begin - place), line]
        place = recorded.end
    text = "".join(parts) + "\n" * (article.length - place)
    return text if sha256(text) == article.text_sha256 else None


def wrong_spans(text: str, spans: Iterable[tuple[str, Span]]) -> tuple[str, ...]:
    """Return the pointers of the spans whose words are not those that were recorded."""
    return tuple(pointer for pointer, span in spans if fingerprint(text[span.begin : span.end]) != span.fingerprint)
