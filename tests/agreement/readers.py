"""Readings by invented annotators who err as often as they are told to, made in memory and without words."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from tests.conftest import OWN_SCHEMA

from stancebank.model import (
    ArticleReadings,
    Bounds,
    Condition,
    Document,
    FieldValue,
    Mention,
    Span,
    Statement,
    Target,
)
from stancebank.schema.fields import load_scheme

SCHEME = load_scheme(OWN_SCHEMA)
LABELS = tuple(SCHEME.values(SCHEME.label))
ROLES = ("if", "only_if", "while", "unless")
ATTRIBUTIONS = ("direct", "indirect", "mixed", "reported")
FORCES = ("hedged", "plain", "categorical")
LENGTH = 80  # code points of a statement; as many lie between two
NO_PRINT = "k" + "0" * 16


@dataclass(frozen=True)
class Errors:
    """How often an annotator errs: labels, speakers, targets and forces, bounds, statements not seen."""

    label: float = 0.1
    name: float = 0.03
    bounds: float = 0.05
    missed: float = 0.05


def span(begin: int, end: int) -> Span:
    return Span(begin=begin, end=end, fingerprint=NO_PRINT)


def read_articles(
    articles: int,
    annotators: int = 3,
    statements: int = 12,
    errors: Errors | None = None,
    seed: int = 1,
    first: int = 0,
    guidelines: str = "1.0",
) -> Iterator[ArticleReadings]:
    """Yield what annotators make of articles whose statements are known, each with errors of their own."""
    errors = errors or Errors()
    for number in range(first, first + articles):
        chance = Random(f"{seed} {number}")
        truth = [_statement(chance, place) for place in range(statements)]
        name = f"article-{number:06}"
        documents = tuple(
            Document(
                schema_version=OWN_SCHEMA.name,
                guideline_version=guidelines,
                article_id=name,
                text_sha256="0" * 64,
                annotator=f"reader-{who}",
                origin="human",
                created_at=f"2031-{1 + number % 12:02}-01T00:00:00Z",
                updated_at="2031-12-01T00:00:00Z",
                statements=tuple(
                    _err(chance, each, f"{who}{place}", errors)
                    for place, each in enumerate(truth)
                    if chance.random() >= errors.missed
                ),
            )
            for who in range(1, annotators + 1)
        )
        annotated: tuple[Bounds, ...] = ((0, statements * 2 * LENGTH),)
        yield ArticleReadings(name, documents, annotated)


def _statement(chance: Random, place: int) -> Statement:
    begin = place * 2 * LENGTH + 20
    conditions: tuple[Condition, ...] = ()
    if place % 3 == 0:
        about = {"kind": f"target-{chance.randrange(30)}"}
        spans = (span(begin + 50, begin + 70),)
        conditions = (Condition(id="c", spans=spans, role=chance.choice(ROLES), fields=about),)
    fields: dict[str, FieldValue] = {
        SCHEME.label.name: chance.choice(LABELS),
        "attribution": chance.choice(ATTRIBUTIONS),
        "force": chance.choice(FORCES),
        "cue": span(begin - 10, begin - 5),
    }
    return Statement(
        id="s",
        content=(span(begin, begin + LENGTH),),
        speaker=Mention(entity=f"speaker-{chance.randrange(300)}", span=span(begin - 20, begin - 11)),
        target=Target(id=f"target-{chance.randrange(30)}", fields={"parties": (f"state-{chance.randrange(20)}",)}),
        conditions=conditions,
        fields=SCHEME.without_defaults("statement", fields),
    )


def _err(chance: Random, truth: Statement, name: str, errors: Errors) -> Statement:
    def slips(share: float) -> bool:
        return chance.random() < share

    fields = dict(truth.fields)
    if slips(errors.label):
        fields[SCHEME.label.name] = chance.choice([each for each in LABELS if each != fields[SCHEME.label.name]])
    if slips(errors.name):
        fields["force"] = chance.choice(FORCES)
    content = truth.content[0]
    if slips(errors.bounds):
        content = span(content.begin, content.end - 15)
    conditions = tuple(
        Condition(
            id=f"{name}/c",
            spans=each.spans,
            role=chance.choice(ROLES) if slips(errors.name) else each.role,
            fields=each.fields,
        )
        for each in truth.conditions
    )
    speaker = f"speaker-{chance.randrange(300)}" if slips(errors.name) else truth.speaker.entity
    target = f"target-{chance.randrange(30)}" if slips(errors.name) else truth.target.id
    return Statement(
        id=name,
        content=(content,),
        speaker=Mention(entity=speaker, span=truth.speaker.span),
        target=Target(id=target, fields=truth.target.fields),
        conditions=conditions,
        fields=fields,
    )
