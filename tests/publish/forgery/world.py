"""The records behind the rows, and how one of them is put in the place of another."""

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
from stancebank.publish.rows import Reading

from stancebank.model import Document, Span, Statement
from stancebank.publish.sources import Context
from stancebank.publish.verification.records import UNKNOWN
from stancebank.text import fingerprint
from tests.publish.forgery.base import Base

World = tuple[list[Reading], Context]
Told = tuple[str, World, dict[str, Any]] | None
"""What was changed, what the world is then, and keys of the manifest."""

but = msgspec.structs.replace


def draw_statement(base: Base, readings: list[Reading], rng: random.Random) -> tuple[int, int | None, int]:
    """Return the places of a reading, of a document of it (None: gold), and of a statement in that."""
    found = []
    for number, reading in enumerate(readings):
        for which, document in ((None, reading.document), *enumerate(reading.others)):
            found += [(number, which, place) for place in range(len(document.statements))]
    return rng.choice(found)


def document_of(reading: Reading, which: int | None) -> Document:
    return reading.document if which is None else reading.others[which]


def put(reading: Reading, which: int | None, document: Document) -> Reading:
    if which is None:
        return replace(reading, document=document)
    return replace(reading, others=tuple(document if n == which else each for n, each in enumerate(reading.others)))


def edit(base: Base, readings: list[Reading], rng: random.Random, change: Callable[[Statement], Statement]) -> str:
    number, which, place = draw_statement(base, readings, rng)
    document = document_of(readings[number], which)
    statements = list(document.statements)
    before = statements[place]
    statements[place] = change(before)
    readings[number] = put(readings[number], which, but(document, statements=tuple(statements)))
    return f"{document.annotator} {document.article_id} {before.id}"


def renamed(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, (list, tuple)):
        return type(value)(renamed(each, change) for each in value)
    if isinstance(value, dict):
        return {change(key): renamed(each, change) for key, each in value.items()}
    if isinstance(value, msgspec.Struct):
        return but(value, **{key: renamed(getattr(value, key), change) for key in value.__struct_fields__})
    if isinstance(value, Reading):
        article, document, others = (renamed(each, change) for each in (value.article, value.document, value.others))
        return replace(value, article=article, document=document, others=others)
    return value


def new_span(reading: Reading, begin: int, end: int, old: str) -> Span:
    text = reading.text
    words = text[begin:end] if text else ""
    known = words and UNKNOWN not in words
    return Span(begin=begin, end=end, fingerprint=fingerprint(words) if known else old)
