"""Linear models of a workspace's own gold: which target words are about, which label, and what is a statement at all.

Each is trained on examples in the order of their ids, in one thread and without chance, so that the same gold makes the
same model. Whoever asks gives the examples of other events alone (`Surroundings.without`).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from stancebank.errors import import_extra
from stancebank.suggest.rules.evidence import AT_CUE, ReadCandidate

FEWEST = 12
"""Of how many statements a model is learnt at least; with fewer, lexicons alone decide."""

Features = dict[str, float]


def label_features(read: ReadCandidate, target: str | None) -> Features:
    """Return what a label is learnt from: phrases by place, words at the cue, words, marks, roles and target."""
    found: Features = {}
    for value, score in read.scores.items():
        found[f"sign {value}"] = min(score, 4.0) / 2
    for sign in read.signs:
        found[f"“{sign.phrase}” {'at the cue' if sign.where == AT_CUE else sign.where}"] = 1.0
    for word in read.cue:
        found[f"cue {word.text[:6]}"] = 1.0
    names_act = read.candidate.names_act
    for word in read.main:
        if word.text.isalpha() and not names_act:
            found[f"word {word.text[:7]}"] = 0.5
    for mark in "?!":
        if any(word.text == mark for word in read.main):
            found[f"mark {mark}"] = 1.0
    for each in read.conditions:
        found[f"role {each.role}"] = 1.0
    if target is not None:
        found[f"target {target}"] = 1.0
    found[f"rendering {read.candidate.rendering}"] = 0.5
    found["names an act" if names_act else "says a clause"] = 0.5
    return found


def target_features(read: ReadCandidate) -> Features:
    """Return what a target is learnt from: the words of the position, and the targets that they name."""
    found: Features = {}
    for word in read.main:
        if word.text.isalpha() and len(word.text) > 2:
            found[f"word {word.text[:7]}"] = 1.0
    for name, evidence in read.targets.items():
        if evidence.name == 1:
            found[f"names {name}"] = 1.0
    for value, score in read.scores.items():
        found[f"sign {value}"] = min(score, 3.0) / 3
    return found


@dataclass(frozen=True)
class LinearModel:
    """A logistic regression over named features. classes: what it tells apart."""

    classes: tuple[str, ...]
    names: Mapping[str, int]
    weights: Any
    bias: Any

    def probabilities(self, features: Features) -> dict[str, float]:
        """Return how probable each class is; together 1."""
        numpy = import_extra("numpy")
        scores = self.bias.copy()
        for name, value in features.items():
            place = self.names.get(name)
            if place is not None:
                scores += self.weights[:, place] * value
        scores = numpy.exp(scores - scores.max())
        scores /= scores.sum()
        return dict(zip(self.classes, map(float, scores), strict=True))

    def reasons(self, features: Features, chosen: str, most: int = 3) -> list[tuple[str, float]]:
        """Return the features that speak most for a class, with their weights, the largest first."""
        row = self.classes.index(chosen)
        mean = self.weights.mean(axis=0)
        found = [
            (name, float((self.weights[row, self.names[name]] - mean[self.names[name]]) * value))
            for name, value in features.items()
            if name in self.names
        ]
        return sorted((each for each in found if each[1] > 0.05), key=lambda each: (-each[1], each[0]))[:most]


@lru_cache(maxsize=1)
def _threads() -> Any:
    """Return what says how many threads numpy takes; to look for its libraries takes as long as to train."""
    return import_extra("threadpoolctl").ThreadpoolController()


def train(
    rows: Sequence[Features], classes: Sequence[str], strength: float = 1.0, *, balanced: bool = False
) -> LinearModel | None:
    """Return a model of rows and their classes; None where there are too few of them, or all are of one class.

    strength: the inverse of the penalty on weights. balanced: whether rare classes count as much as frequent ones.
    """
    if len(rows) < FEWEST or len(set(classes)) < 2:
        return None
    numpy = import_extra("numpy")
    linear = import_extra("sklearn.linear_model")
    counted = Counter(name for row in rows for name in row)
    names = {name: place for place, name in enumerate(sorted(counted))}
    table = numpy.zeros((len(rows), len(names)))
    for number, row in enumerate(rows):
        for name, value in row.items():
            table[number, names[name]] = value
    weighting = "balanced" if balanced else None
    model = linear.LogisticRegression(C=strength, max_iter=300, class_weight=weighting, tol=1e-3)
    with _threads().limit(limits=1):  # so that sums are taken in one order
        model.fit(table, list(classes))
    weights, bias = model.coef_, model.intercept_
    if len(model.classes_) == 2:  # the regression of two classes has the weights of the second alone
        weights, bias = numpy.vstack([-weights, weights]) / 2, numpy.concatenate([-bias, bias]) / 2
    return LinearModel(tuple(map(str, model.classes_)), names, weights, bias)


def usual(values: Iterable[str]) -> str | None:
    """Return the most frequent value, of equally frequent ones the first by name; None where there is none."""
    counted = Counter(values)
    return min(counted, key=lambda each: (-counted[each], each)) if counted else None
