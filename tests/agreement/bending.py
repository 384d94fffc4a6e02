"""Annotators who follow suggestions as often as they are told to, in invented readings without words."""

from collections.abc import Iterator
from random import Random

import msgspec
from tests.agreement.readers import SCHEME, Errors, read_articles

from stancebank.agreement.influence import SuggestedReading
from stancebank.agreement.units import align_readings
from stancebank.model import Statement

PEOPLE, ENGINE = Errors(label=0.1), Errors(label=0.25, name=0.1, bounds=0.1, missed=0.2)


def draw_suggested(
    articles: int, pull: float, seed: int, *, annotators: int = 2, blind: float = 0.2, slower: float = 1.5
) -> Iterator[SuggestedReading]:
    """Yield readings of articles with what an engine suggests; a task is blind by chance, for all alike.

    pull: how often a person takes what the engine says of a statement, be it nothing, in the place of their own.
    slower: by which factor reading takes longer without suggestions.
    """
    engines = read_articles(articles, 1, errors=ENGINE, seed=seed)
    people = read_articles(articles, annotators, errors=PEOPLE, seed=seed)
    for number, (engine, readings) in enumerate(zip(engines, people, strict=True)):
        chance = Random(f"{seed} {number} shown")
        is_shown = chance.random() >= blind
        suggested = engine.documents[0].statements
        for document in readings.documents:
            statements = document.statements
            fates: tuple[tuple[str, ...] | None, ...] = ()
            if is_shown:
                statements, fates = _follow(document.statements, suggested, pull, chance)
            yield SuggestedReading(
                msgspec.structs.replace(document, statements=statements),
                is_shown,
                suggested,
                fates,
                chance.lognormvariate(3, 0.3) * (1 if is_shown else slower),
            )


def _follow(
    own: tuple[Statement, ...], suggested: tuple[Statement, ...], pull: float, chance: Random
) -> tuple[tuple[Statement, ...], tuple[tuple[str, ...] | None, ...]]:
    found: list[Statement] = []
    fates: list[tuple[str, ...] | None] = []
    for unit in align_readings((own, suggested), SCHEME).units:
        mine, theirs = unit.statements((own, suggested))
        kept = theirs if chance.random() < pull else mine
        if kept:
            found.append(kept)
        if theirs:
            same = kept and kept.fields[SCHEME.label.name] == theirs.fields[SCHEME.label.name]
            fates.append(None if kept is None else () if same else (SCHEME.label.title,))
    return tuple(found), tuple(fates)
