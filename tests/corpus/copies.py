"""What the tests of copies share."""

import random
import re
from collections.abc import Iterable
from dataclasses import dataclass

from msgspec.structs import replace

from stancebank.corpus.cleaning import Source
from stancebank.corpus.ingest import make_article, text_lines
from stancebank.corpus.realign import reanchor
from stancebank.corpus.store import Store
from stancebank.model import Article, Span, document_spans
from stancebank.text import fingerprint, fold, folding_of, span_fingerprint

WORDS = (
    "the envoy said he would never meet them at the ford unless garrisons go first and she no longer waits in "
    "Suvia or Norland ... “talks” ‘now’ — it’s an office of fine affairs, he said; No. 2 is ﬁne … again"
)


def sentence(rng: random.Random, length: int) -> str:
    words = " ".join(rng.choices(WORDS.split(), k=length))
    return words + ("!" if words[-1] in ".…" else rng.choice([".", "…", "!", ".”"]))


@dataclass(frozen=True)
class Reading:
    """An article with its text and spans."""

    article: Article
    text: str
    spans: tuple[Span, ...]
    again: dict[int, int]  # where the characters of lines that are printed again stand first

    def line_of(self, span: Span) -> int:
        return next(n for n, line in enumerate(self.article.lines) if line.begin <= span.begin < line.end)

    def stands_alone(self, span: Span) -> bool:
        """Whether the words of a span stand once in its line."""
        line = self.article.lines[self.line_of(span)]
        words = re.escape(fold(self.text[span.begin : span.end]))
        return len(re.findall(f"(?={words})", fold(self.text[line.begin : line.end]))) == 1


def make_reading(article: Article, text: str, spans: Iterable[Span]) -> Reading:
    first: dict[str, int] = {}
    again = {
        line.begin + place: first.setdefault(text[line.begin : line.end], line.begin) + place
        for line in article.lines
        for place in range(line.end - line.begin)
    }
    return Reading(article, text, tuple(spans), again)


def in_edition(reading: Reading, edition: int) -> Reading:
    """The same article and spans as a scheme of an edition records them."""
    spans = tuple(
        replace(span, fingerprint=span_fingerprint(reading.text, span.begin, span.end, edition))
        for span in reading.spans
    )
    article = replace(reading.article, lines=text_lines(reading.text, folding_of(edition)))
    return Reading(article, reading.text, spans, reading.again)


def readings(store: Store) -> list[Reading]:
    """The annotated articles of a store whose words are at hand, in edition 1."""
    found = []
    for document in store.documents(None):
        article = store.article(document.article_id)
        text = store.text(article)
        if text is not None:
            found.append(make_reading(article, text, (span for _, span in document_spans(document))))
    return [in_edition(each, 1) for each in found]


def anchor(stored: str, words: str, copy: str, nth: int = 0) -> tuple[str, str | None]:
    """Re-anchor the nth place of words of a stored text in a copy: the outcome, and the copy with the place marked."""
    begin = [match.start() for match in re.finditer(re.escape(words), stored)][nth]
    span = Span(begin=begin, end=begin + len(words), fingerprint=fingerprint(words))
    article = make_article(Source("stored", stored, "0" * 64), {"outlet": "Norland Post"})
    (found,) = reanchor(article, [span], copy).anchors
    if found.begin is None or found.end is None:
        return found.outcome, None
    return found.outcome, f"{copy[: found.begin]}[{copy[found.begin : found.end]}]{copy[found.end :]}"
