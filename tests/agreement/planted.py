"""Readings drawn by chance, in which weaknesses are planted: what annotators confuse, and who is careless."""

import random
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from stancebank.corpus.ingest import text_lines
from stancebank.model import (
    Article,
    ArticleReadings,
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
from stancebank.schema.fields import Scheme
from stancebank.text import sha256
from stancebank.workspace import open_workspace

WIDTH = 100
"""Code points from one statement of an article to the next."""

SPEAKERS = ("suvia", "norland", "ilse-marrow", "tor-aven", "kona-veltri", "oda-brill")
TARGETS = ("talks", "willingness", "lift-blockade", "keep-forces", "withdraw-forces")


@dataclass(frozen=True, slots=True)
class Planted:
    """What is planted into readings.

    careful: how many annotators. slips: the share of all their answers that are wrong; half as many statements are not
    found at all. even: whether slips go evenly to all other values, and not the more often, the more common one is.
    confused: two values of the label that all of them take for each
    other. random_field: the title of a field that all of them answer by chance. careless: the slips of one annotator
    more, `careless`; None for no such annotator.
    """

    careful: int = 3
    slips: float = 0.03
    even: bool = True
    confused: tuple[str, str] | None = None
    random_field: str | None = None
    careless: float | None = None


def draw_readings(scheme: Scheme, planted: Planted, seed: int, articles: int = 40) -> list[ArticleReadings]:
    """Return the readings of articles with twelve statements each, the same for the same seed."""
    rates = {f"careful-{number}": planted.slips for number in range(1, planted.careful + 1)}
    if planted.careless is not None:
        rates["careless"] = planted.careless
    found = []
    for number in range(articles):
        draw = random.Random(f"{seed} {number}")
        truth = [_truth(scheme, draw, place) for place in range(12)]
        documents = tuple(
            _document(scheme, planted, number, name, truth, rate, random.Random(f"{seed} {number} {name}"))
            for name, rate in sorted(rates.items())
        )
        found.append(ArticleReadings(f"article-{number:03}", documents, ((0, 12 * WIDTH),)))
    return found


def _truth(scheme: Scheme, draw: random.Random, place: int) -> Statement:
    begin = place * WIDTH + draw.randint(0, 20)
    conditions: tuple[Condition, ...] = ()
    if scheme.has_conditions and draw.random() < 0.4:
        fields = _drawn(scheme, "condition", draw)
        roles = list(scheme.vocabularies.values("condition_role"))
        span = _span(begin + 40, begin + 60)
        conditions = (Condition(id=f"s{place}/c1", spans=(span,), role=_skewed(roles, draw), fields=fields),)
    return Statement(
        id=f"s{place}",
        content=(_span(begin, begin + 60),),
        speaker=Mention(entity=draw.choice(SPEAKERS), span=_span(begin - 10, begin - 5) if begin > 10 else None),
        fields=_drawn(scheme, "statement", draw),
        target=Target(id=draw.choice(TARGETS), fields=_drawn(scheme, "target", draw)),
        conditions=conditions,
    )


def _drawn(scheme: Scheme, level: Any, draw: random.Random) -> dict[str, Any]:
    """A value of each field with a list; the first value of a list is the most frequent."""
    return {
        each.name: _skewed(list(scheme.values(each)), draw)
        for each in scheme.of(level)
        if each.kind == "vocabulary" and each.compared
    }


def _skewed(values: list[str], draw: random.Random) -> str:
    return draw.choices(values, [1 / (place + 1) for place in range(len(values))])[0]


def _document(
    scheme: Scheme,
    planted: Planted,
    number: int,
    name: str,
    truth: Collection[Statement],
    rate: float,
    own: random.Random,
) -> Document:
    statements = tuple(_read(scheme, planted, each, rate, own) for each in truth if own.random() >= rate / 2)
    return Document(
        schema_version=scheme.version,
        guideline_version="1.0",
        article_id=f"article-{number:03}",
        text_sha256="0" * 64,
        annotator=name,
        origin="human",
        created_at="2031-02-12T08:00:00Z",
        updated_at="2031-02-12T08:30:00Z",
        statements=statements,
    )


def _read(scheme: Scheme, planted: Planted, truth: Statement, rate: float, own: random.Random) -> Statement:
    def slip(value: str, values: Collection[str]) -> str:
        if own.random() >= rate:
            return value
        others = [each for each in values if each != value]
        return own.choice(others) if planted.even else _skewed(others, own)

    def answers(level: Any, fields: Mapping[str, Any]) -> dict[str, Any]:
        found = {}
        for each in scheme.of(level):
            if each.name not in fields:
                continue
            said, values = str(fields[each.name]), list(scheme.values(each))
            if each.is_label and planted.confused and said in planted.confused:
                said = own.choice(planted.confused)
            if each.title == planted.random_field:
                said = own.choice(values)
            found[each.name] = slip(said, values)
        return found

    content = truth.content
    if own.random() < rate:
        content = (_span(content[0].begin + 5, content[0].end),)
    conditions = tuple(
        msgspec.structs.replace(
            each,
            role=slip(each.role, list(scheme.vocabularies.values("condition_role"))),
            fields=answers("condition", each.fields),
        )
        for each in truth.conditions
    )
    return msgspec.structs.replace(
        truth,
        content=content,
        speaker=msgspec.structs.replace(truth.speaker, entity=slip(truth.speaker.entity, SPEAKERS)),
        fields=answers("statement", truth.fields),
        target=msgspec.structs.replace(
            truth.target, id=slip(truth.target.id, TARGETS), fields=answers("target", truth.target.fields)
        ),
        conditions=conditions,
    )


def _span(begin: int, end: int) -> Span:
    return Span(begin=begin, end=end, fingerprint="0" * 16)


ALL_FOUR = Planted(confused=("offer", "open"), random_field="force", careless=0.25)
"""Two labels that are confused, a rule that decides nothing, and a careless annotator."""

NONE = replace(ALL_FOUR, confused=None, random_field=None, careless=None)


def lay_planted(root: Path, planted: Planted, seed: int, articles: int) -> None:
    """Write articles in invented words, and their readings, into a workspace without articles."""
    workspace = open_workspace(root)
    for each in draw_readings(workspace.scheme, planted, seed, articles):
        draw = random.Random(f"{seed} {each.article_id} words")
        text = "\n".join(_line(draw) for _ in range(12)) + "\n"
        lines = text_lines(text, workspace.scheme.edition)
        article = Article(
            schema_version=workspace.scheme.version,
            id=each.article_id,
            rights=Rights(holder="The stancebank contributors", licence="CC0-1.0", text_policy=TextPolicy.FULL),
            raw_sha256=sha256(text),
            text_sha256=sha256(text),
            length=len(text),
            lines=lines,
            zones=tuple(Zone(begin=line.begin, end=line.end, zone="body") for line in lines),
        )
        workspace.store.write_article(article, text)
        for document in each.documents:
            ids = {one.id: f"{number:010x}" for number, one in enumerate(document.statements)}
            statements = tuple(_named(one, ids[one.id]) for one in document.statements)
            changed = msgspec.structs.replace(document, text_sha256=article.text_sha256, statements=statements)
            workspace.store.write_document(changed)


def _named(statement: Statement, name: str) -> Statement:
    conditions = tuple(msgspec.structs.replace(each, id=f"{name}/c1") for each in statement.conditions)
    return msgspec.structs.replace(statement, id=name, conditions=conditions)


def _line(draw: random.Random) -> str:
    words = ""
    while len(words) < WIDTH:
        words += "".join(draw.choice("bdfgklmnprstv") + draw.choice("aeiou") for _ in range(draw.randint(1, 4))) + " "
    return words[: WIDTH - 2].strip().ljust(WIDTH - 2, "a") + "."
