"""Scores: how well predicted statements agree with those of a published folder.

Predicted and published statements are aligned as two readings are. What was found counts as precision, recall and F1;
a field is right only in a statement that was found, so that its F1 is that of finding the statement with the field
right; and the share among the aligned tells how good the field is where the statement was found.

Two statements align that share half of the shorter content, so that a whole paragraph finds the clause in it. Where the
contents of a pair must also be alike (`LIKE` says how much), the measure says so in its name. `role` is the F1 of
finding a condition with its role.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial

from stancebank.agreement.align import align, align_conditions, dice, shared
from stancebank.errors import InputError
from stancebank.model import Condition, Span, Statement
from stancebank.publish.predictions import Prediction, place
from stancebank.publish.published import Published
from stancebank.schema.fields import Field, Scheme

STATEMENT = "statement"
LEAST_DICE = 0.5
LIKE = f"at Dice ≥ {LEAST_DICE}"
"""In the name of a measure: the contents of a pair have this Dice coefficient over code points, or a greater one."""
OVERLAP = "content overlap"
CONDITION = "condition"
ROLE = "role"
"""What is found of conditions with their roles."""


@lru_cache(maxsize=8)
def statement_measures(scheme: Scheme) -> Mapping[str, Callable[[Statement], object]]:
    """Return what is measured of aligned statements, by name, each with the value that has to be equal.

    These are the content, the speaker, the target, every vocabulary field, and speaker, target and label together.
    """
    fields = [field for field in scheme.of("statement") if field.kind == "vocabulary" and field.compared]
    return {
        "content": lambda statement: _bounds(statement.content),
        "speaker": lambda statement: statement.speaker.entity,
        "target": lambda statement: statement.target.id,
        **{field.title: field.value for field in fields},
        together(scheme): partial(_together, scheme.label),
    }


def together(scheme: Scheme) -> str:
    """Return the name of the measure of speaker, target and label together."""
    return f"speaker, target and {scheme.label.title}"


def _together(label: Field, statement: Statement) -> object:
    return statement.speaker.entity, statement.target.id, label.value(statement)


def _like_measures(scheme: Scheme) -> dict[str, Callable[[Statement], object]]:
    """Return what is measured of aligned statements whose contents are alike, as `statement_measures` returns it."""
    return {f"{STATEMENT} {LIKE}": lambda _: None, f"{together(scheme)} {LIKE}": partial(_together, scheme.label)}


@lru_cache(maxsize=8)
def condition_measures(scheme: Scheme) -> Mapping[str, Callable[[Condition], object]]:
    """Return what is measured of aligned conditions: their span, their role, and what has to hold, where it is said."""
    if not scheme.has_conditions:
        return {}
    kinds = [field for field in scheme.of("condition") if field.kind == "target" and field.compared]
    return {
        "condition span": lambda condition: _bounds(condition.spans),
        ROLE: lambda condition: condition.role,
        **{field.title: field.value for field in kinds},
        **{f"role and {field.title}": _with_role(field) for field in kinds},
    }


def _with_role(field: Field) -> Callable[[Condition], object]:
    return lambda condition: (condition.role, field.value(condition))


def measure_names(scheme: Scheme) -> tuple[str, ...]:
    """Return the names of all measures, in the order of the table.

    `content overlap` counts code points, all others statements or conditions.
    """
    conditions = (CONDITION, *condition_measures(scheme)) if scheme.has_conditions else ()
    found, joint = _like_measures(scheme)
    return (STATEMENT, found, OVERLAP, *statement_measures(scheme), joint, *conditions)


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

    measures: dict[str, Measure]
    articles: int = 0


@dataclass(frozen=True, slots=True)
class Scored:
    """A score of predictions, and what could not be scored.

    lacking: ids of published articles without a prediction; nothing counts as found in them. unplaced: by article id,
    the words that do not occur in its text. trimmed: by article id, what was changed to bring spans to their form.
    others: ids of predicted articles that are of another split than was asked for.
    """

    score: Score
    lacking: tuple[str, ...]
    unplaced: dict[str, tuple[str, ...]]
    trimmed: dict[str, tuple[str, ...]]
    others: tuple[str, ...] = ()


def score_predictions(predictions: Mapping[str, Prediction], published: Published, split: str | None = None) -> Scored:
    """Place predictions in the published articles, and score them. predictions: by article id.

    split: against the articles of this split alone; None for all. Raises InputError where an article is predicted that
    the folder does not hold, and where there is no such split.
    """
    if unknown := sorted(predictions.keys() - published.articles.keys()):
        more = f", nor {len(unknown) - 1} more" if len(unknown) > 1 else ""
        raise InputError(
            f"The dataset holds no article {unknown[0]!r}{more}.\nHint: predict for the articles of this dataset."
        )
    scheme = published.scheme
    if split is not None:
        published = published.of_split(split)
    others = tuple(sorted(predictions.keys() - published.articles.keys()))
    predictions = {name: each for name, each in predictions.items() if name in published.articles}
    placed = {
        name: place(each, published.articles[name], published.entities, scheme) for name, each in predictions.items()
    }
    pairs = [
        (placed[name].statements if name in placed else (), article.statements)
        for name, article in published.articles.items()
    ]
    return Scored(
        score(pairs, scheme),
        lacking=tuple(sorted(published.articles.keys() - placed.keys())),
        unplaced={name: each.unplaced for name, each in placed.items() if each.unplaced},
        trimmed={name: each.trimmed for name, each in placed.items() if each.trimmed},
        others=others,
    )


def score(articles: Iterable[tuple[Iterable[Statement], Iterable[Statement]]], scheme: Scheme) -> Score:
    """Score the predictions for some articles, each a pair: the predicted statements and the published ones.

    Repetitions (`same_as`) count like all others: a reader of the text meets them as well.
    """
    found = Score({name: Measure() for name in measure_names(scheme)})
    for predicted, gold in articles:
        found.articles += 1
        _add(list(predicted), list(gold), scheme, found.measures)
    return found


def _add(predicted: list[Statement], gold: list[Statement], scheme: Scheme, measures: Mapping[str, Measure]) -> None:
    pairs = align(predicted, gold, scheme)
    both = [(predicted[one], gold[other]) for one, other in pairs if one is not None and other is not None]
    _count(measures[STATEMENT], len(predicted), len(gold), len(both))
    measures[STATEMENT].right += len(both)
    for name, value in statement_measures(scheme).items():
        _count(measures[name], len(predicted), len(gold), len(both))
        measures[name].right += sum(value(one) == value(other) for one, other in both)
    alike = [(one, other) for one, other in both if dice(one.content, other.content) >= LEAST_DICE]
    for name, value in _like_measures(scheme).items():
        _count(measures[name], len(predicted), len(gold), len(both))
        measures[name].right += sum(value(one) == value(other) for one, other in alike)
    overlap = measures[OVERLAP]
    _count(overlap, sum(map(_size, predicted)), sum(map(_size, gold)), sum(_size(other) for _, other in both))
    overlap.right += sum(shared(one.content, other.content) for one, other in both)
    if not scheme.has_conditions:
        return
    conditions = [
        (one.conditions[first], other.conditions[second])
        for one, other in both
        for first, second in align_conditions(one.conditions, other.conditions, scheme)
        if first is not None and second is not None
    ]
    _count(measures[CONDITION], _conditions(predicted), _conditions(gold), len(conditions))
    measures[CONDITION].right += len(conditions)
    for name, of_condition in condition_measures(scheme).items():
        _count(measures[name], _conditions(predicted), _conditions(gold), len(conditions))
        measures[name].right += sum(of_condition(one) == of_condition(other) for one, other in conditions)


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
