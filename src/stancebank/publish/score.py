"""Scores: how well predicted statements agree with those of a published folder.

Predicted and published statements are aligned as two readings are. What was found counts as precision, recall and F1;
a field is right only in a statement that was found, so that its F1 is that of finding the statement with the field
right; and the share among the aligned tells how good the field is where the statement was found.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from stancebank.agreement.align import align, align_conditions, shared
from stancebank.errors import InputError
from stancebank.model import Condition, Span, Statement
from stancebank.publish.predictions import Prediction, place
from stancebank.publish.published import Published

STATEMENT = "statement"
OVERLAP = "content overlap"
CONDITION = "condition"

_FIELDS: Mapping[str, Callable[[Statement, Statement], bool]] = {
    "content": lambda one, other: _bounds(one.content) == _bounds(other.content),
    "speaker": lambda one, other: one.speaker.entity == other.speaker.entity,
    "target": lambda one, other: one.target.id == other.target.id,
    "stance": lambda one, other: one.stance == other.stance,
    "force": lambda one, other: one.force == other.force,
    "attribution": lambda one, other: one.attribution == other.attribution,
    "speaker, target and stance": lambda one, other: (
        (one.speaker.entity, one.target.id, one.stance) == (other.speaker.entity, other.target.id, other.stance)
    ),
}

_CONDITION_FIELDS: Mapping[str, Callable[[Condition, Condition], bool]] = {
    "condition span": lambda one, other: _bounds(one.spans) == _bounds(other.spans),
    "role": lambda one, other: one.role == other.role,
    "kind": lambda one, other: one.kind == other.kind,
    "role and kind": lambda one, other: (one.role, one.kind) == (other.role, other.kind),
}

MEASURES = (STATEMENT, OVERLAP, *_FIELDS, CONDITION, *_CONDITION_FIELDS)
"""What is measured, in the order of the table. `content overlap` counts code points, all others statements or
conditions."""


@dataclass(slots=True)
class Measure:
    """Counts of one measure. right: predicted and so published. aligned: pairs in which it could be right."""

    right: int = 0
    predicted: int = 0
    gold: int = 0
    aligned: int = 0

    @property
    def precision(self) -> float | None:
        """Share of what was predicted that is right; None where nothing was predicted."""
        return self.right / self.predicted if self.predicted else None

    @property
    def recall(self) -> float | None:
        """Share of what is published that was predicted; None where nothing is published."""
        return self.right / self.gold if self.gold else None

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall; None where there is nothing on either side."""
        return 2 * self.right / (self.predicted + self.gold) if self.predicted + self.gold else None

    @property
    def of_aligned(self) -> float | None:
        """Share of the aligned pairs in which it is right; None where nothing was aligned."""
        return self.right / self.aligned if self.aligned else None


@dataclass(slots=True)
class Score:
    """The measures by name, and over how many articles they were taken."""

    measures: dict[str, Measure] = field(default_factory=lambda: {name: Measure() for name in MEASURES})
    articles: int = 0


@dataclass(frozen=True, slots=True)
class Scored:
    """A score of predictions, and what stood in its way.

    lacking: ids of published articles without a prediction; nothing counts as found in them. unplaced: by article id,
    the words that do not stand in its text.
    """

    score: Score
    lacking: tuple[str, ...]
    unplaced: dict[str, tuple[str, ...]]


def score_predictions(predictions: Mapping[str, Prediction], published: Published) -> Scored:
    """Place predictions in the published articles, and score them. predictions: by article id.

    Raises InputError where an article is predicted that the folder does not hold.
    """
    if unknown := sorted(predictions.keys() - published.articles.keys()):
        more = f", nor {len(unknown) - 1} more" if len(unknown) > 1 else ""
        raise InputError(
            f"The dataset holds no article {unknown[0]!r}{more}.\nHint: predict for the articles of this dataset."
        )
    placed = {name: place(each, published.articles[name], published.entities) for name, each in predictions.items()}
    pairs = [
        (placed[name].statements if name in placed else (), article.statements)
        for name, article in published.articles.items()
    ]
    return Scored(
        score(pairs),
        lacking=tuple(sorted(published.articles.keys() - placed.keys())),
        unplaced={name: each.unplaced for name, each in placed.items() if each.unplaced},
    )


def score(articles: Iterable[tuple[Iterable[Statement], Iterable[Statement]]]) -> Score:
    """Score the predictions for some articles, each a pair: the predicted statements and the published ones.

    Repetitions (`same_as`) count like all others: a reader of the text meets them as well.
    """
    found = Score()
    for predicted, gold in articles:
        found.articles += 1
        _add(list(predicted), list(gold), found.measures)
    return found


def _add(predicted: list[Statement], gold: list[Statement], measures: Mapping[str, Measure]) -> None:
    pairs = align(predicted, gold)
    both = [(predicted[one], gold[other]) for one, other in pairs if one is not None and other is not None]
    for name in (STATEMENT, *_FIELDS):
        _count(measures[name], len(predicted), len(gold), len(both))
    measures[STATEMENT].right += len(both)
    for name, is_right in _FIELDS.items():
        measures[name].right += sum(is_right(one, other) for one, other in both)
    overlap = measures[OVERLAP]
    _count(overlap, sum(map(_size, predicted)), sum(map(_size, gold)), sum(_size(other) for _, other in both))
    overlap.right += sum(shared(one.content, other.content) for one, other in both)
    conditions = [
        (one.conditions[first], other.conditions[second])
        for one, other in both
        for first, second in align_conditions(one.conditions, other.conditions)
        if first is not None and second is not None
    ]
    for name in (CONDITION, *_CONDITION_FIELDS):
        _count(measures[name], _conditions(predicted), _conditions(gold), len(conditions))
    measures[CONDITION].right += len(conditions)
    for name, is_same in _CONDITION_FIELDS.items():
        measures[name].right += sum(is_same(one, other) for one, other in conditions)


def _count(measure: Measure, predicted: int, gold: int, aligned: int) -> None:
    measure.predicted += predicted
    measure.gold += gold
    measure.aligned += aligned


def _conditions(statements: Iterable[Statement]) -> int:
    return sum(len(each.conditions) for each in statements)


def _size(statement: Statement) -> int:
    return shared(statement.content, statement.content)


def _bounds(spans: Iterable[Span]) -> list[tuple[int, int]]:
    return [(span.begin, span.end) for span in spans]
