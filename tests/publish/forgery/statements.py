"""Statements changed everywhere: their labels, spans and conditions; dropped, added, moved to another article."""

import random
from dataclasses import replace
from typing import Any

import msgspec
from stancebank.publish.rows import Reading

from stancebank.model import Span, Statement
from stancebank.publish.sources import Context
from tests.publish.forgery.base import Base
from tests.publish.forgery.cells import VALUES
from tests.publish.forgery.world import Told, but, document_of, draw_statement, edit, new_span, put


def label_of_a_statement(base: Base, readings: list[Reading], context: Context, rng: random.Random) -> Told:
    key = rng.choice(("stance", "force", "attribution", "doubt"))

    def change(each: Statement) -> Statement:
        value = getattr(each, key)
        return but(each, **{key: not value if key == "doubt" else rng.choice([v for v in VALUES[key] if v != value])})

    return f"{edit(base, readings, rng, change)} {key}", (readings, context), {}


def speaker_or_target_of_a_statement(base: Base, readings: list[Reading], context: Context, rng: random.Random) -> Told:
    entity, target = rng.choice(sorted(context.entities)), rng.choice(sorted(context.targets))

    def change(each: Statement) -> Statement:
        how = rng.randrange(4)
        if how == 0:
            return but(each, speaker=but(each.speaker, entity=entity))
        if how == 1:
            return but(each, target=but(each.target, id=target))
        if how == 2:
            return but(each, target=but(each.target, scope=(each.target.scope or "") + "x"))
        return but(each, target=but(each.target, parties=(entity,)))

    return edit(base, readings, rng, change), (readings, context), {}


def conditions_of_a_statement(base: Base, readings: list[Reading], context: Context, rng: random.Random) -> Told:
    def change(each: Statement) -> Statement:
        conditions = list(each.conditions)
        if not conditions:
            return each
        place = rng.randrange(len(conditions))
        how = rng.randrange(4)
        if how == 0:
            del conditions[place]
        elif how == 1:
            conditions[place] = but(conditions[place], role=rng.choice(VALUES["role"]))
        elif how == 2:
            conditions[place] = but(conditions[place], group=(conditions[place].group or 0) + 1)
        else:
            conditions[place] = but(conditions[place], kind=rng.choice(sorted(context.targets)))
        return but(each, conditions=tuple(conditions))

    return edit(base, readings, rng, change), (readings, context), {}


def span_of_a_statement(base: Base, readings: list[Reading], context: Context, rng: random.Random) -> Told:
    """A span is moved, with the fingerprint of the words where it lies then, as far as the folder shows them."""
    number, which, place = draw_statement(base, readings, rng)
    reading, document = readings[number], document_of(readings[number], which)
    statement = document.statements[place]
    spans = list(statement.content)
    at = rng.randrange(len(spans))
    moved = rng.choice((-7, -1, 1, 7))
    begin, end = (spans[at].begin + rng.choice((0, moved)), spans[at].end + moved)
    if not 0 <= begin < end <= reading.article.length:
        return None
    spans[at] = new_span(reading, begin, end, spans[at].fingerprint)
    changed = but(statement, content=tuple(spans))
    statements = tuple(changed if n == place else each for n, each in enumerate(document.statements))
    readings[number] = put(reading, which, but(document, statements=statements))
    return f"{document.annotator} {statement.id}", (readings, context), {}


def statement_dropped(base: Base, readings: list[Reading], context: Context, rng: random.Random) -> Told:
    number, which, place = draw_statement(base, readings, rng)
    document = document_of(readings[number], which)
    gone = document.statements[place].id
    left = tuple(
        but(each, same_as=None) if each.same_as == gone else each for each in document.statements if each.id != gone
    )
    document = but(document, statements=left, nothing_to_annotate=not left)
    readings[number] = put(readings[number], which, document)
    return f"{document.annotator} {gone}", (readings, context), {}


def statement_added(base: Base, readings: list[Reading], context: Context, rng: random.Random) -> Told:
    number, which, place = draw_statement(base, readings, rng)
    document = document_of(readings[number], which)
    old = document.statements[place]
    new_id = f"{old.id.rpartition('s')[0]}s{len(document.statements) + 90}"
    conditions = tuple(but(each, id=each.id.replace(old.id, new_id)) for each in old.conditions)
    stance = rng.choice([each for each in VALUES["stance"] if each != old.stance])
    new = but(old, id=new_id, stance=stance, conditions=conditions, same_as=None)
    readings[number] = put(readings[number], which, but(document, statements=(*document.statements, new)))
    return f"{document.annotator} {new_id}", (readings, context), {}


def statement_moved_to_another_article(
    base: Base, readings: list[Reading], context: Context, rng: random.Random
) -> Told:
    """A whole statement goes to another article, at the same places, with fingerprints of the words there."""
    number, which, place = draw_statement(base, readings, rng)
    other = rng.choice([each for each in range(len(readings)) if each != number])
    if which is not None:
        return None
    old, target = readings[number], readings[other]
    moved = old.document.statements[place]
    new_id = f"{target.article.id}/s{len(target.document.statements) + 90}"

    def change(each: Any) -> Any:
        if isinstance(each, Span):
            width = min(each.end - each.begin, target.article.length // 2)
            begin = min(each.begin, target.article.length - width)
            return new_span(target, begin, begin + width, each.fingerprint)
        if isinstance(each, tuple):
            return tuple(map(change, each))
        if isinstance(each, msgspec.Struct):
            return but(each, **{key: change(getattr(each, key)) for key in each.__struct_fields__})
        return each

    conditions = tuple(but(each, id=each.id.replace(moved.id, new_id)) for each in moved.conditions)
    new = change(but(moved, id=new_id, same_as=None, conditions=conditions))
    left = tuple(
        but(e, same_as=None) if e.same_as == moved.id else e for e in old.document.statements if e is not moved
    )
    readings[number] = replace(old, document=but(old.document, statements=left, nothing_to_annotate=not left))
    statements = (*target.document.statements, new)
    readings[other] = replace(target, document=but(target.document, statements=statements, nothing_to_annotate=False))
    return f"{moved.id} to {new_id}", (readings, context), {}
