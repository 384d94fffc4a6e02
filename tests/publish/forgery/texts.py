"""Words changed everywhere, with all hashes and fingerprints that tell of them."""

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
from stancebank.publish.rows import Reading

from stancebank.model import Article, Document, Line, Span
from stancebank.publish.sources import Context
from stancebank.publish.verification.records import UNKNOWN
from stancebank.text import fingerprint, line_bounds, sha256
from tests.publish.forgery.base import Base
from tests.publish.forgery.world import Told, but, renamed


def words_with_their_fingerprints(base: Base, readings: list[Reading], context: Context, rng: random.Random) -> Told:
    """A letter of a text is another one; hashes, lines and all fingerprints are those of the new text."""
    return other_text(readings, context, rng, lambda text, place: text[:place] + rng.choice("xаé") + text[place + 1 :])


def letters_that_fold_alike(base: Base, readings: list[Reading], context: Context, rng: random.Random) -> Told:
    """A letter is of the other case: no fingerprint tells, only the hash of a whole text."""
    return other_text(
        readings, context, rng, lambda text, place: text[:place] + text[place].swapcase() + text[place + 1 :]
    )


def texts_exchanged(base: Base, readings: list[Reading], context: Context, rng: random.Random) -> Told:
    """Two articles have each other's words, and all that is known of these."""
    one, other = rng.sample(range(len(readings)), 2)
    a, b = readings[one], readings[other]

    def with_text(mine: Reading, theirs: Reading) -> Reading:
        keys = ("raw_sha256", "text_sha256", "length", "lines", "zones")
        article = but(mine.article, **{key: getattr(theirs.article, key) for key in keys})

        def moved(document: Document, source: Document) -> Document:
            statements = tuple(
                renamed(each, lambda s: s.replace(theirs.article.id, mine.article.id)) for each in source.statements
            )
            return but(
                document,
                text_sha256=article.text_sha256,
                statements=statements,
                passed_over=source.passed_over,
                nothing_to_annotate=source.nothing_to_annotate,
            )

        return replace(
            mine, article=article, document=moved(mine.document, theirs.document), text=theirs.text, others=()
        )

    readings[one], readings[other] = with_text(a, b), with_text(b, a)
    names = {f"corpus/annotations/{each.annotator}/{each.article_id}.json" for r in (a, b) for each in r.others}
    inputs = {name: told for name, told in base.manifest["inputs"].items() if name not in names}
    return f"{a.article.id} and {b.article.id}", (readings, context), {"inputs": inputs}


def other_text(
    readings: list[Reading], context: Context, rng: random.Random, change: Callable[[str, int], str]
) -> Told:
    shown = [number for number, each in enumerate(readings) if each.shows_words and each.text]
    if not shown:
        return None
    number = rng.choice(shown)
    reading = readings[number]
    assert reading.text
    known = [place for place, each in enumerate(reading.text) if each.isalpha()]
    place = rng.choice(known)
    text = change(reading.text, place)

    def again(value: Any) -> Any:
        if (
            isinstance(value, Span)
            and value.begin <= place < value.end
            and UNKNOWN not in text[value.begin : value.end]
        ):
            return but(value, fingerprint=fingerprint(text[value.begin : value.end]))
        if isinstance(value, tuple):
            return tuple(map(again, value))
        if isinstance(value, msgspec.Struct):
            return but(value, **{key: again(getattr(value, key)) for key in value.__struct_fields__})
        return value

    article: Article = reading.article
    if UNKNOWN not in text:
        lines = tuple(
            Line(begin=begin, end=end, fingerprint=fingerprint(text[begin:end]))
            for begin, end in line_bounds(text)
            if text[begin:end].strip()
        )
        article = but(article, text_sha256=sha256(text), lines=lines)

    def with_hash(document: Document) -> Document:
        return but(again(document), text_sha256=article.text_sha256)

    others = tuple(map(with_hash, reading.others))
    document = with_hash(reading.document)
    readings[number] = replace(reading, article=article, document=document, others=others, text=text)
    return f"{article.id} at {place}", (readings, context), {}
