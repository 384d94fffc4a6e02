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
    """Find for every article the copy among the sources, and prove it."""
    spans: dict[str, list[tuple[str, Span]]] = {}
    for document in documents:
        spans.setdefault(document.article_id, []).extend(document_spans(document))
    copies = [(source, {line.fingerprint for line in text_lines(source.text)}) for source in sources]
    return [_hydrate_one(article, spans.get(article.id, []), copies) for article in articles]


def _hydrate_one(article: Article, spans: list[tuple[str, Span]], copies: list[tuple[Source, set[str]]]) -> Hydration:
    wanted = [line.fingerprint for line in article.lines]
    found, source = max(
        ((sum(line in held for line in wanted), source) for source, held in copies),
        key=lambda pair: pair[0],
        default=(0, None),
    )
    exact = next((each for each, _ in copies if restore(article, each.text) is not None), None)
    source = exact or source
    if source is None or (exact is None and found < RECOGNISED * len(wanted)):
        return Hydration(article, "missing")
    text = restore(article, source.text)
    if text is None:
        return Hydration(article, "different", copy=source.name, lines_found=found)
    wrong = wrong_spans(text, spans)
    return Hydration(article, "ready", text, source.name, len(wanted), len(spans), wrong)


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
