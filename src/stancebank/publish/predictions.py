"""Predictions: statements that a model gives for an article, and their places in its text.

A prediction has the form of schema/v1/prediction.schema.json: that of an authored reading, with spans given by words
or by offsets, and entities by id or name. Words are looked for as `Places` does. Those that stand more than once and do
not say which are taken where they stand first; those of a mention, cue, target, condition or reason first inside the
statement's content or in its passages, then anywhere.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from stancebank.errors import InputError
from stancebank.model import (
    Attribution,
    Condition,
    ConditionRole,
    Force,
    Mention,
    SaidOn,
    Span,
    Stance,
    Statement,
    Target,
)
from stancebank.publish.places import Places
from stancebank.publish.published import PublishedArticle
from stancebank.text import fingerprint, fold


class _Strict(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    pass


class PredictedSpan(_Strict, kw_only=True):
    """A span by its words, which may be told from equal ones by line and occurrence, or by its offsets."""

    quote: str | None = None
    line: int | None = None
    occurrence: int | None = None
    begin: int | None = None
    end: int | None = None


AnySpan = str | PredictedSpan


class PredictedMention(_Strict, kw_only=True):
    """An entity, by id or name, and the words that mention it; one of them is enough."""

    entity: str | None = None
    mention: AnySpan | None = None


class PredictedTarget(_Strict, kw_only=True):
    """A target by its id, with entities by id or name."""

    id: str
    parties: tuple[str, ...] = ()
    mediators: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    scope: str | None = None
    mention: AnySpan | None = None


class PredictedCondition(_Strict, kw_only=True):
    """A condition of a predicted statement."""

    spans: list[AnySpan]
    role: ConditionRole
    kind: str | None = None
    obligors: tuple[str, ...] = ()
    group: int | None = None


class PredictedStatement(_Strict, kw_only=True):
    """One predicted statement."""

    content: list[AnySpan]
    speaker: PredictedMention
    stance: Stance
    target: PredictedTarget
    cue: AnySpan | None = None
    attribution: Attribution = "indirect"
    force: Force = "plain"
    via: list[PredictedMention] = []
    conditions: list[PredictedCondition] = []
    reason: list[AnySpan] = []
    said_on: SaidOn | None = None


class Prediction(_Strict, kw_only=True):
    """What a model gives for one article."""

    article_id: str | None = None
    statements: list[PredictedStatement]


@dataclass(frozen=True, slots=True)
class Placed:
    """The statements of a prediction as records, and the quotes that do not stand in the text.

    A statement of which no content has a place keeps its labels and has no spans, so that nothing aligns with it.
    """

    statements: tuple[Statement, ...]
    unplaced: tuple[str, ...]


def read_predictions(path: Path) -> dict[str, Prediction]:
    """Read predictions, one JSON object a line, by article id.

    Raises InputError that names the line for anything else, and for an article that is predicted twice.
    """
    found: dict[str, Prediction] = {}
    for number, line in enumerate(path.read_bytes().decode("utf-8-sig", errors="replace").splitlines(), 1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        try:
            prediction = msgspec.convert(json.loads(line), Prediction)
        except json.JSONDecodeError as error:
            raise InputError(f"{where} is no JSON: {error}.\nHint: write one JSON object a line.") from None
        except msgspec.ValidationError as error:
            raise InputError(
                f"{where} is no prediction: {error}.\nHint: see schema/v1/prediction.schema.json."
            ) from None
        if prediction.article_id is None:
            raise InputError(f'{where} has no "article_id".\nHint: add the id of the article that it is about.')
        if prediction.article_id in found:
            raise InputError(f"{where}: {prediction.article_id} was predicted before.\nHint: keep one of the two.")
        for statement in prediction.statements:
            _demand_content(statement, where)
        found[prediction.article_id] = prediction
    if not found:
        raise InputError(f"{path} holds no prediction.\nHint: write one JSON object a line.")
    return found


def _demand_content(statement: PredictedStatement, where: str) -> None:
    if not statement.content:
        raise InputError(f"{where}: a statement has no content.\nHint: give at least one span.")


def place(prediction: Prediction, article: PublishedArticle, entities: Mapping[str, str]) -> Placed:
    """Make records of a prediction for an article. Their ids are p1, p2, ... in its order.

    Words are looked for in the article's passages; where its text is not shown, only offsets have a place. entities:
    entity ids by folded name; a name that is not among them stays as it is.
    """
    placer = _Placer(article, entities)
    statements = tuple(placer.statement(each, f"p{number}") for number, each in enumerate(prediction.statements, 1))
    return Placed(statements, tuple(placer.unplaced))


class _Placer:
    """Looks spans up in a text; collects what has no place."""

    def __init__(self, article: PublishedArticle, entities: Mapping[str, str]) -> None:
        self.text = article.text
        self.length = article.length
        self.entities = entities
        self.passages = [(each.begin, each.end) for each in article.passages]
        self.places = Places(article.text, article.passages) if article.text is not None else None
        self.unplaced: list[str] = []

    def entity(self, name: str) -> str:
        return self.entities.get(fold(name), name)

    def statement(self, each: PredictedStatement, name: str) -> Statement:
        content = tuple(self.spans(each.content, ()))
        near = [(span.begin, span.end) for span in content]
        near += [bounds for bounds in self.passages if any(bounds[0] <= begin <= bounds[1] for begin, _ in near)]
        return Statement(
            id=name,
            content=content,
            speaker=self.mention(each.speaker, near),
            cue=self.optional(each.cue, near),
            attribution=each.attribution,
            via=tuple(self.mention(item, near) for item in each.via),
            stance=each.stance,
            force=each.force,
            target=Target(
                id=each.target.id,
                parties=tuple(map(self.entity, each.target.parties)),
                mediators=tuple(map(self.entity, each.target.mediators)),
                agents=tuple(map(self.entity, each.target.agents)),
                scope=each.target.scope,
                span=self.optional(each.target.mention, near),
            ),
            conditions=tuple(
                Condition(
                    id=f"{name}/c{number}",
                    spans=tuple(self.spans(item.spans, near)),
                    role=item.role,
                    kind=item.kind,
                    obligors=tuple(map(self.entity, item.obligors)),
                    group=item.group,
                )
                for number, item in enumerate(each.conditions, 1)
            ),
            reason=tuple(self.spans(each.reason, near)),
            said_on=each.said_on,
        )

    def mention(self, each: PredictedMention, near: Sequence[tuple[int, int]]) -> Mention:
        words = each.mention if isinstance(each.mention, str) else each.mention and each.mention.quote
        return Mention(entity=self.entity(each.entity or words or ""), span=self.optional(each.mention, near))

    def optional(self, wanted: AnySpan | None, near: Sequence[tuple[int, int]]) -> Span | None:
        return None if wanted is None else next(self.spans([wanted], near), None)

    def spans(self, wanted: Sequence[AnySpan], near: Sequence[tuple[int, int]]) -> Iterator[Span]:
        """Yield the places of spans. near: the stretches in which words are looked for first."""
        for each in wanted:
            bounds = self.find(PredictedSpan(quote=each) if isinstance(each, str) else each, near)
            if bounds is None:
                self.unplaced.append(each if isinstance(each, str) else str(each.quote or f"{each.begin}-{each.end}"))
            else:
                words = fingerprint(self.text[bounds[0] : bounds[1]]) if self.text is not None else ""
                yield Span(begin=bounds[0], end=bounds[1], fingerprint=words)

    def find(self, wanted: PredictedSpan, near: Sequence[tuple[int, int]]) -> tuple[int, int] | None:
        if wanted.begin is not None and wanted.end is not None:
            inside = 0 <= wanted.begin < wanted.end <= self.length
            return (wanted.begin, wanted.end) if inside else None
        if self.places is None or not wanted.quote:
            return None
        matches = self.places.matches(wanted.quote, wanted.line)
        if wanted.occurrence is not None:
            return matches[wanted.occurrence - 1] if 0 < wanted.occurrence <= len(matches) else None
        if wanted.line is None:
            nearest = [each for first, last in near for each in matches if first <= each[0] and each[1] <= last]
            matches = nearest + matches
        return matches[0] if matches else None
