"""Changes made everywhere at once: the records behind the rows are changed, and all rows and papers made of these.

Such a folder has no contradiction in it. What it says is not what the workspace's gold says.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from stancebank.publish.rows import Reading, Row, article_rows
from stancebank.publish.rows.registries import entity_rows, target_rows
from stancebank.publish.views import VIEWS

from stancebank.model import Document, Entity, Sourced, TargetEntry
from stancebank.publish.sources import Context
from stancebank.text import sha256
from tests.publish.forgery.base import Base, Forged, reforge
from tests.publish.forgery.cells import VALUES
from tests.publish.forgery.statements import (
    conditions_of_a_statement,
    label_of_a_statement,
    span_of_a_statement,
    speaker_or_target_of_a_statement,
    statement_added,
    statement_dropped,
    statement_moved_to_another_article,
)
from tests.publish.forgery.texts import letters_that_fold_alike, texts_exchanged, words_with_their_fingerprints
from tests.publish.forgery.world import Told, but, document_of, draw_statement, put, renamed


def _forge(base: Base, out: Path, rng: random.Random, changes: Sequence[Callable[..., Told]]) -> Forged | None:
    change = base.draw(changes[0].__name__, changes, rng)
    try:
        made = change(base, list(base.readings), base.folder.walked.context, rng)
        if made is None:
            return None
        what, (readings, context), about = made
        rows: dict[str, list[Row]] = {view.name: [] for view in VIEWS}
        for reading in sorted(readings, key=lambda each: each.article.id):
            for view, more in article_rows(reading, context).items():
                rows[view] += more
        rows["entities"], rows["targets"] = entity_rows(context), target_rows(context)
    except (KeyError, ValueError, IndexError, AssertionError):
        return None  # records that no rows can be made of
    rows = {view: each for view, each in rows.items() if each}
    if rows == base.rows and not about:
        return None
    reforge(base, out, rows, readings, context, **about)
    return Forged(change.__name__.strip("_").replace("_", " "), what, "gold")


def article_dropped(base: Base, readings: list[Reading], context: Context, rng: random.Random) -> Told:
    gone = readings.pop(rng.randrange(len(readings))).article.id
    inputs = base.manifest["inputs"]
    return gone, (readings, context), {"inputs": {k: v for k, v in inputs.items() if not k.endswith(f"/{gone}.json")}}


def reading_of_an_annotator_dropped(base: Base, readings: list[Reading], context: Context, rng: random.Random) -> Told:
    number = rng.choice([each for each, reading in enumerate(readings) if reading.others])
    others = list(readings[number].others)
    gone = others.pop(rng.randrange(len(others)))
    readings[number] = replace(readings[number], others=tuple(others))
    inputs = base.manifest["inputs"]
    del inputs[f"corpus/annotations/{gone.annotator}/{gone.article_id}.json"]
    return f"{gone.annotator} {gone.article_id}", (readings, context), {"inputs": inputs}


def fact_of_a_reading(base: Base, readings: list[Reading], context: Context, rng: random.Random) -> Told:
    number = rng.randrange(len(readings))
    reading = readings[number]
    which = rng.choice((None, *range(len(reading.others))))
    document = document_of(reading, which)
    key = rng.choice(("origin", "guideline_version", "method", "passed_over"))
    if key == "method":
        if document.gold is None:
            return None
        document = but(document, gold=but(document.gold, method=rng.choice(VALUES["gold_method"])))
    elif key == "passed_over":
        if which is not None or not document.passed_over:
            return None
        document = but(document, passed_over=document.passed_over[1:])
    else:
        options = ("human", "project", "model:more") if key == "origin" else ("1.0", "1.1", "2.0")
        document = but(document, **{key: rng.choice(options)})
    readings[number] = put(reading, which, document)
    return f"{document.annotator} {document.article_id} {key}", (readings, context), {}


def metadata_of_an_article(base: Base, readings: list[Reading], context: Context, rng: random.Random) -> Told:
    number = rng.randrange(len(readings))
    article = readings[number].article
    key = rng.choice(("title", "outlet", "author", "place", "published", "url", "event", "language", "raw_sha256"))
    if key == "raw_sha256":
        changed: Any = sha256(article.raw_sha256)
    elif key in ("published", "url", "event", "language"):
        others = [each for r in readings if (each := getattr(r.article, key)) != getattr(article, key)]
        changed = rng.choice([*others, None])
    else:
        held: Sourced[str] | None = getattr(article, key)
        changed = Sourced(value=f"{held.value if held else ''}x", basis=rng.choice(("found", "given", "inferred")))
    readings[number] = replace(readings[number], article=but(article, **{key: changed}))
    return f"{article.id} {key}", (readings, context), {}


def rights_of_an_article(base: Base, readings: list[Reading], context: Context, rng: random.Random) -> Told:
    """Another tier, holder or licence; with another tier as many words are shown as that one allows."""
    number = rng.randrange(len(readings))
    reading = readings[number]
    rights, key = reading.article.rights, rng.choice(("text_policy", "holder", "licence"))
    if key == "text_policy":
        tier = rng.choice([each for each in VALUES["text_policy"] if each != rights.text_policy])
        rights = but(rights, text_policy=tier)
        if base.manifest["text"] not in VALUES["text_policy"]:
            reading = replace(reading, tier=tier)  # type: ignore[arg-type]
    else:
        rights = but(rights, **{key: rng.choice(("nobody", "CC0-1.0", "LicenseRef-more"))})
    readings[number] = replace(reading, article=but(reading.article, rights=rights))
    return f"{reading.article.id} {key}", (readings, context), {}


def id_of_an_entity_or_target_renamed(
    base: Base, readings: list[Reading], context: Context, rng: random.Random
) -> Told:
    old = rng.choice([*context.entities, *context.targets])
    new = rng.choice((f"{old}-b", f"a-{old}", f"{old}s"))

    def change(each: str) -> str:
        return new if each == old else each

    entities = dict(sorted(renamed(context.entities, change).items()))
    targets = dict(sorted(renamed(context.targets, change).items()))
    context = replace(
        context,
        entities=entities,
        targets=targets,
        moved_entities=renamed(context.moved_entities, change),
        moved_targets=renamed(context.moved_targets, change),
    )
    return f"{old} to {new}", (renamed(readings, change), context), {}


def id_of_a_statement_renamed(base: Base, readings: list[Reading], context: Context, rng: random.Random) -> Told:
    number, which, place = draw_statement(base, readings, rng)
    document = document_of(readings[number], which)
    old = document.statements[place].id
    new = f"{old.rpartition('s')[0]}s{rng.randrange(50, 90)}"

    def change(each: str) -> str:
        return new if each == old else f"{new}{each.removeprefix(old)}" if each.startswith(f"{old}/") else each

    readings[number] = put(readings[number], which, renamed(document, change))
    return f"{old} to {new}", (readings, context), {}


def id_of_an_article_renamed(base: Base, readings: list[Reading], context: Context, rng: random.Random) -> Told:
    old = rng.choice(readings).article.id
    new = rng.choice((f"{old}-b", f"b{old}", f"a-{old}"))

    def change(each: str) -> str:
        return new if each == old else f"{new}{each.removeprefix(old)}" if each.startswith(f"{old}/") else each

    inputs = {name.replace(f"/{old}.json", f"/{new}.json"): told for name, told in base.manifest["inputs"].items()}
    return f"{old} to {new}", (renamed(readings, change), context), {"inputs": inputs}


def annotator_renamed(base: Base, readings: list[Reading], context: Context, rng: random.Random) -> Told:
    names = sorted({each.annotator for reading in readings for each in (reading.document, *reading.others)})
    old = rng.choice(names)
    new = rng.choice((*names, f"{old}b"))
    if new == old:
        return None

    def change(each: Document) -> Document:
        return but(each, annotator=new) if each.annotator == old else each

    def both(each: Reading) -> Reading:
        others = sorted(map(change, each.others), key=lambda one: one.annotator)
        return replace(each, document=change(each.document), others=tuple(others))

    inputs = {
        name.replace(f"corpus/annotations/{old}/", f"corpus/annotations/{new}/"): told
        for name, told in base.manifest["inputs"].items()
    }
    return f"{old} to {new}", (list(map(both, readings)), context), {"inputs": inputs}


def entry_of_a_registry(base: Base, readings: list[Reading], context: Context, rng: random.Random) -> Told:
    entities, targets = dict(context.entities), dict(context.targets)
    if rng.random() < 0.6:
        name = rng.choice(sorted(entities))
        entities[name] = _other_entity(entities[name], sorted(entities), rng)
    else:
        name = rng.choice(sorted(targets))
        targets[name] = _other_target(targets[name], sorted(targets), rng)
    return name, (readings, replace(context, entities=entities, targets=targets)), {}


def _other_entity(entity: Entity, ids: list[str], rng: random.Random) -> Entity:
    changes: tuple[dict[str, Any], ...] = (
        {"name": f"{entity.name}x"},
        {"kind": rng.choice(VALUES["kind"])},
        {"aliases": (*entity.aliases, "More")},
        {"aliases": entity.aliases[1:]},
        {"wikidata": f"Q{rng.randrange(1, 999)}"},
        {"part_of": rng.choice(ids)},
        {"affiliation": rng.choice(ids)},
        {"roles": entity.roles[1:]},
    )
    return but(entity, **rng.choice(changes))


def _other_target(target: TargetEntry, ids: list[str], rng: random.Random) -> TargetEntry:
    changes: tuple[dict[str, Any], ...] = (
        {"name": f"{target.name}x"},
        {"definition": f"{target.definition} Or so."},
        {"parent": rng.choice(ids)},
        {"use": rng.choice(VALUES["use"])},
    )
    return but(target, **rng.choice(changes))


def entry_of_a_registry_dropped_or_added(
    base: Base, readings: list[Reading], context: Context, rng: random.Random
) -> Told:
    entities, targets = dict(context.entities), dict(context.targets)
    held: dict[str, Any] = entities if rng.random() < 0.5 else targets
    name = rng.choice(sorted(held))
    if rng.random() < 0.5:
        del held[name]
    else:
        held[f"{name}-b"] = but(held[name], id=f"{name}-b", name=f"{held[name].name} b")
    context = replace(context, entities=dict(sorted(entities.items())), targets=dict(sorted(targets.items())))
    return name, (readings, context), {}


def terms(base: Base, readings: list[Reading], context: Context, rng: random.Random) -> Told:
    rights = base.manifest["rights"]
    withdrawn = [{"id": "norland-post-2031-02-10-more", "date": "2031-03-01", "reason": "asked for"}]
    rights |= rng.choice(
        ({"contact": f"more{rng.randrange(99)}@norland.example"}, {"longest_quote": 301}, {"withdrawn": withdrawn})
    )
    return "rights", (readings, context), {"rights": rights}


LABELS = (label_of_a_statement, speaker_or_target_of_a_statement, conditions_of_a_statement, fact_of_a_reading)


IDS = (*(id_of_an_entity_or_target_renamed, id_of_a_statement_renamed, id_of_an_article_renamed, annotator_renamed),)


PARTS = (
    *(statement_dropped, statement_added, statement_moved_to_another_article, article_dropped),
    *(reading_of_an_annotator_dropped, entry_of_a_registry_dropped_or_added),
)


FACTS = (metadata_of_an_article, rights_of_an_article, entry_of_a_registry, entry_of_a_registry, terms)


TEXTS = (words_with_their_fingerprints, letters_that_fold_alike, texts_exchanged, span_of_a_statement)


def change_labels_everywhere(base: Base, out: Path, rng: random.Random) -> Forged | None:
    return _forge(base, out, rng, LABELS)


def change_ids_everywhere(base: Base, out: Path, rng: random.Random) -> Forged | None:
    return _forge(base, out, rng, IDS)


def change_parts_everywhere(base: Base, out: Path, rng: random.Random) -> Forged | None:
    return _forge(base, out, rng, PARTS)


def change_facts_everywhere(base: Base, out: Path, rng: random.Random) -> Forged | None:
    return _forge(base, out, rng, FACTS)


def change_texts_everywhere(base: Base, out: Path, rng: random.Random) -> Forged | None:
    return _forge(base, out, rng, TEXTS)
