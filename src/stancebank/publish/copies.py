"""Copies of articles, held against a folder: which texts are proved by them, and what is proved where they differ."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from stancebank.corpus.hydrate import Copies, Hydration
from stancebank.model import Article, Document, Span, document_spans
from stancebank.publish.wording import Place, Wording
from stancebank.text import fingerprint

State = Literal["shown", "exact", "anchored", "wrong", "missing"]


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a folder and the copies say together of one article.

    state: `shown` where the folder itself shows the whole text; `exact` where a copy is proved to be it; `anchored`
    where a copy differs, and spans were looked for in it; `wrong` where a proved text holds other words than a span
    says; `missing`. spans: of all readings in the folder, each place once; found: those whose words are proved.
    """

    article_id: str
    state: State
    copy: str | None
    spans: int
    found: int


def cover(
    article: Article, documents: Sequence[Document], text: str | None, copies: Copies
) -> tuple[Coverage, Wording | None]:
    """Return what is known of an article, and its wording; None where nothing is known.

    documents: all readings of it. text: what the folder shows of it, None where that is not the whole text.
    """
    spans = {_place(span) for document in documents for _, span in document_spans(document)}
    if text is not None:
        return Coverage(article.id, "shown", None, len(spans), len(spans)), Wording(text)
    found = copies.find(article, documents)
    state, wording, proved = _judge(found, spans, documents, copies)
    return Coverage(article.id, state, found.copy, len(spans), proved), wording


def _judge(
    found: Hydration, spans: set[Place], documents: Sequence[Document], copies: Copies
) -> tuple[State, Wording | None, int]:
    if found.state == "missing" or found.copy is None:
        return "missing", None, 0
    if found.text is not None:
        text = found.text
        right = sum(fingerprint(text[begin:end]) == hashed for begin, end, hashed in spans)
        return ("exact", Wording(text), right) if right == len(spans) else ("wrong", None, right)
    words = _proved_words(found, documents, copies.texts[found.copy])
    return "anchored", Wording(None, words), len(words)


def _proved_words(found: Hydration, documents: Sequence[Document], copy: str) -> dict[Place, str]:
    """Return the words that were proved in a copy that differs, as far as rows can hold them: at their own length."""
    placed = {
        ("gold" if document.gold else document.annotator, pointer): span
        for document in documents
        for pointer, span in document_spans(document)
    }
    words: dict[Place, str] = {}
    for proof in found.spans:
        span = placed[proof.document, proof.pointer]
        if proof.begin is None or proof.end is None or proof.outcome == "wrong":
            continue
        if proof.end - proof.begin == span.end - span.begin:
            words[_place(span)] = copy[proof.begin : proof.end]
    return words


def _place(span: Span) -> Place:
    return span.begin, span.end, span.fingerprint
