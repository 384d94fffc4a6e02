"""Copies of articles, held against a folder: which texts are proved by them, and what is proved where they differ."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from stancebank.corpus.hydrate import Hydration, hydrate
from stancebank.corpus.sources import Source
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
    articles: Sequence[Article],
    documents: Mapping[str, Sequence[Document]],
    texts: Mapping[str, str],
    sources: Sequence[Source],
) -> tuple[list[Coverage], dict[str, Wording]]:
    """Return what is known of every article, and the wordings of those of which anything is.

    documents: by article id. texts: those that the folder shows, by article id.
    """
    lacking = [article for article in articles if article.id not in texts]
    every = [document for article in lacking for document in documents[article.id]]
    found = {each.article.id: each for each in hydrate(lacking, every, sources)}
    covered: list[Coverage] = []
    wordings: dict[str, Wording] = {}
    for article in articles:
        spans = _spans(documents[article.id])
        if article.id in texts:
            wordings[article.id] = Wording(texts[article.id])
            covered.append(Coverage(article.id, "shown", None, len(spans), len(spans)))
            continue
        one = found[article.id]
        state, wording, proved = _judge(one, spans, documents[article.id], sources)
        covered.append(Coverage(article.id, state, one.copy, len(spans), proved))
        if wording:
            wordings[article.id] = wording
    return covered, wordings


def _judge(
    found: Hydration, spans: set[Place], documents: Sequence[Document], sources: Sequence[Source]
) -> tuple[State, Wording | None, int]:
    if found.state == "missing":
        return "missing", None, 0
    if found.text is not None:
        text = found.text
        right = sum(fingerprint(text[begin:end]) == hashed for begin, end, hashed in spans)
        return ("exact", Wording(text), right) if right == len(spans) else ("wrong", None, right)
    copy = next(source.text for source in sources if source.name == found.copy)
    words = _proved_words(found, documents, copy)
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


def _spans(documents: Iterable[Document]) -> set[Place]:
    return {_place(span) for document in documents for _, span in document_spans(document)}


def _place(span: Span) -> Place:
    return span.begin, span.end, span.fingerprint
