"""Many articles in invented words, and a crowd of annotators who read them and mostly agree. The same at every run."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from stancebank.corpus.ingest import text_lines
from stancebank.corpus.store import Store
from stancebank.model import (
    Article,
    Condition,
    Document,
    Mention,
    Rights,
    Span,
    Statement,
    Target,
    TextPolicy,
    Zone,
)
from stancebank.schema.fields import load_scheme
from stancebank.text import sha256, span_fingerprint
from tests.conftest import OWN_SCHEMA

EDITION = load_scheme(OWN_SCHEMA).edition
ONSETS = ("b", "br", "d", "f", "g", "gr", "h", "k", "l", "m", "n", "p", "r", "s", "st", "t", "tr", "v")
VOWELS, CODAS = "aeiou", ("", "l", "n", "r", "s")
SPEAKERS = ("ilse-marrow", "tor-aven", "kona-veltri", "samir-dahl", "oda-brill", "suvia", "norland")
TARGETS = ("talks", "lift-blockade", "keep-forces", "willingness")
STANCES = ("reject", "open", "offer", "demand", "deny", "support")
STATEMENTS = 8  # of an article, in a paragraph each
REGIONS = 5 * STATEMENTS  # content, speaker, cue, target words and condition of each


@dataclass(frozen=True, slots=True)
class Labelled:
    """An article, its words, and its readings, one an annotator."""

    article: Article
    text: str
    readings: tuple[Document, ...]


def gather(count: int, annotators: tuple[str, ...]) -> Iterator[Labelled]:
    """Yield articles of some 4,000 characters in 12 paragraphs, each with a reading by every annotator."""
    for number in range(count):
        draw = random.Random(number)
        text = "\n\n".join(_paragraph(draw) for _ in range(12))
        article = _article(f"invented-{number:05}", text)
        yield Labelled(article, text, tuple(read(article, text, name, number) for name in annotators))


def lay_crowd(root: Path, count: int, annotators: tuple[str, ...]) -> None:
    """Write articles and readings into a workspace that holds none."""
    store = Store(root, OWN_SCHEMA.name)
    for made in gather(count, annotators):
        store.write_article(made.article, made.text)
        for document in made.readings:
            store.write_document(document)


def read(article: Article, text: str, annotator: str, seed: int) -> Document:
    """A reading with eight statements; annotators differ in a stance here and there."""
    draw, own = random.Random(seed), random.Random(f"{annotator} {seed}")
    statements = []
    for number in range(STATEMENTS):
        line = article.lines[number + 2]
        words = _words(text, line.begin, line.end)
        first, length = draw.randint(0, 6), draw.randint(8, 14)
        content = first + 4
        stance = draw.choice(STANCES)
        statements.append(
            Statement(
                id=f"r{number}",
                content=(_span(text, words, content, content + length),),
                speaker=Mention(entity=draw.choice(SPEAKERS), span=_span(text, words, first, first + 2)),
                target=Target(id=draw.choice(TARGETS), span=_span(text, words, content + 1, content + 3)),
                conditions=(
                    Condition(
                        id=f"r{number}/k0",
                        spans=(_span(text, words, content + 4, content + length),),
                        role="if",
                        fields={"kind": "lift-blockade", "obligors": ("suvia",), "alternative": 1},
                    ),
                ),
                fields={
                    "cue": _span(text, words, first + 2, first + 3),
                    "stance": own.choice(STANCES) if own.random() < 0.1 else stance,
                    "attribution": "indirect",
                },
            )
        )
    return Document(
        schema_version=OWN_SCHEMA.name,
        guideline_version="1.0",
        article_id=article.id,
        text_sha256=article.text_sha256,
        annotator=annotator,
        origin="human",
        created_at="2031-02-12T08:00:00Z",
        updated_at="2031-02-12T08:30:00Z",
        statements=tuple(statements),
    )


def _word(draw: random.Random) -> str:
    count = draw.choice((1, 2, 2, 3))
    return "".join(draw.choice(ONSETS) + draw.choice(VOWELS) + draw.choice(CODAS) for _ in range(count))


def _paragraph(draw: random.Random) -> str:
    words = [_word(draw) for _ in range(draw.randint(45, 70))]
    words[0] = words[0].capitalize()
    return " ".join(words) + "."


def _words(text: str, begin: int, end: int) -> list[tuple[int, int]]:
    found, place = [], begin
    for word in text[begin:end].split(" "):
        found.append((place, place + len(word)))
        place += len(word) + 1
    return found


def _span(text: str, words: list[tuple[int, int]], first: int, last: int) -> Span:
    begin, end = words[first][0], words[last - 1][1]
    return Span(begin=begin, end=end, fingerprint=span_fingerprint(text, begin, end, EDITION))


def _article(name: str, text: str) -> Article:
    lines = text_lines(text, EDITION)
    zones = [
        Zone(begin=each.begin, end=each.end, zone="body" if place else "title") for place, each in enumerate(lines)
    ]
    return Article(
        schema_version=OWN_SCHEMA.name,
        id=name,
        rights=Rights(holder="The stancebank contributors", licence="CC0-1.0", text_policy=TextPolicy.FULL),
        raw_sha256=sha256(text),
        text_sha256=sha256(text),
        length=len(text),
        lines=lines,
        zones=tuple(zones),
    )
