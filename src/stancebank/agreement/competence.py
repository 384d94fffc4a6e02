"""How good each annotator is, estimated from all answers together, without knowing which of them are right.

Two models, both by expectation and maximisation. Both take the truth of a unit for unknown, and answers for independent
of one another once the truth is given: annotators who copy, or who share one misreading, look better than they are.

- `dawid_skene` (Dawid and Skene 1979, Applied Statistics 28:20-28): each annotator has a table of how often which truth
  gets which answer. Competence is the share of right answers that the table makes likely, given how frequent each value
  is. The start is the share of answers for each value, so that there is nothing random in it.
- `mace` (Hovy, Berg-Kirkpatrick, Vaswani and Hovy 2013, NAACL-HLT, 1120-1130): an annotator knows the answer, or spams,
  and then draws from values of their own. Competence is the probability of not spamming: below the share of right
  answers, some of which come by luck. Variational, with the priors of the paper, a Beta(0.5, 0.5) and a Dirichlet(10),
  and the best of some starts, whose seeds are fixed.

Equal rows of answers are one row with a weight: time and memory follow the number of different rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, Protocol

from stancebank.agreement.figures import Figure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[Any]

Answers = Sequence[Sequence[str | None]]
"""By unit and annotator, what was answered; None where an annotator did not answer."""

LEAST_SHARED = 20
"""Units that any two of three annotators must share before anything is said of the competence of one of them."""

DRAWS = 200
"""How often articles are drawn for an interval."""

_SMOOTHING = 0.01  # answers that each cell of a table has before anybody answers
_RESTARTS = 10
_ROUNDS, _ENOUGH = 300, 1e-8  # change of the likelihood, relative to itself
_ROUGHLY = 40  # rounds for each set of drawn articles
_ROOM = 4_000_000  # numbers that one array of a computation may hold


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a model makes of answers. Arrays go by annotator, value and unit, in the order in which they were given.

    competence: (annotators). confusion: (annotators, truth, answer), each row a distribution. prior: (values).
    posterior: (units, values), which value is how likely. apart: (annotators, units, values), the same as the answers
    of all others have it, for what an annotator is judged by. likelihood: the logarithm, of all answers.
    """

    competence: "Floats"
    confusion: "Floats"
    prior: "Floats"
    posterior: "Floats"
    apart: "Floats"
    likelihood: float


class _Model(Protocol):
    """The parameters of a model, several sets of them at once: the first axis of each array."""

    def tables(self) -> "tuple[Floats, Floats]":
        """Return the logarithms of prior (sets, truth) and of tables (sets, annotators, truth, answer)."""

    def learn(self, truths: "Floats", counts: "Floats") -> None:
        """Take over what is expected: how often each value is true, and how often an annotator gives which answer."""

    def competence(self) -> "Floats":
        """Return the competence (sets, annotators)."""


class _DawidSkene:
    def __init__(self, prior: "Floats", table: "Floats") -> None:
        self.prior, self.table = prior, table

    def copies(self, which: int, number: int) -> "_DawidSkene":
        """Return a model with one of the sets, so many times."""
        import numpy as np

        return _DawidSkene(*(np.repeat(each[which, None], number, axis=0) for each in (self.prior, self.table)))

    def tables(self) -> "tuple[Floats, Floats]":
        import numpy as np

        return np.log(self.prior), np.log(self.table)

    def learn(self, truths: "Floats", counts: "Floats") -> None:
        self.prior, self.table = _shares(truths + _SMOOTHING), _shares(counts + _SMOOTHING)

    def competence(self) -> "Floats":
        import numpy as np

        found: Floats = np.einsum("sk,sjkk->sj", self.prior, self.table)
        return found


class _Mace:
    """knows: by annotator, how much of the answers is known, and how much is not; strategy: values of a spammer."""

    def __init__(self, knows: "Floats", strategy: "Floats") -> None:
        self.knows, self.strategy = knows, strategy
        self._share = knows[..., 0]

    def copies(self, which: int, number: int) -> "_Mace":
        """Return a model with one of the sets, so many times."""
        import numpy as np

        return _Mace(*(np.repeat(each[which, None], number, axis=0) for each in (self.knows, self.strategy)))

    def tables(self) -> "tuple[Floats, Floats]":
        import numpy as np

        values = self.strategy.shape[-1]
        spam = self.knows[..., 1, None, None] * self.strategy[..., None, :]
        table = spam + self.knows[..., 0, None, None] * np.eye(values)
        return np.full((1, values), -np.log(values)), np.log(table)

    def learn(self, truths: "Floats", counts: "Floats") -> None:
        import numpy as np

        known = self.knows[..., 0, None]
        right = np.einsum("sjkk->sjk", counts) * known / (known + self.knows[..., 1, None] * self.strategy)
        spam = np.maximum(counts.sum(axis=2) - right, 0)
        pair = np.stack([right.sum(axis=-1), spam.sum(axis=-1)], axis=-1) + 0.5
        self._share = pair[..., 0] / pair.sum(axis=-1)
        self.knows, self.strategy = _variational(pair), _variational(spam + 10.0)

    def competence(self) -> "Floats":
        return self._share


@dataclass(frozen=True, slots=True)
class _AnswerRows:
    """The different rows of answers. hot: (rows, annotators * values), 1 for what was answered.

    weights: how often each row is there. places: (units), where the row of each unit is among them.
    """

    hot: "Floats"
    weights: "Floats"
    places: "Floats"
    annotators: int
    values: int


def dawid_skene(answers: "Floats", values: int) -> Estimate:
    """Return what Dawid and Skene's model makes of answers.

    answers: (units, annotators), numbers of values from 0, and -1 for none. values: how many there are.
    """
    rows = _distinct(answers, values)
    model = _voted(rows)
    return _estimate(model, rows, _climb(model, rows, rows.weights[None]))


def mace(answers: "Floats", values: int) -> Estimate:
    """Return what MACE makes of answers, as `dawid_skene` does."""
    rows = _distinct(answers, values)
    model = _random(rows)
    return _estimate(model, rows, _climb(model, rows, rows.weights[None]))


MODELS = {"dawid-skene": dawid_skene, "mace": mace}
"""The models by their names."""


def intervals(answers: "Floats", values: int, groups: "Floats", method: str) -> "Floats":
    """Return the bounds of 95 % intervals of the competences, (2, annotators), by drawing articles with replacement.

    groups: (units), the number of the article of each unit, from 0. method: of `MODELS`.
    """
    import numpy as np

    rows = _distinct(answers, values)
    number = int(groups.max()) + 1
    drawn = np.random.default_rng(1979).multinomial(number, np.full(number, 1 / number), size=DRAWS)
    size = len(rows.hot)
    weights = np.stack([np.bincount(rows.places, weights=each[groups], minlength=size) for each in drawn])
    whole: _DawidSkene | _Mace = _random(rows) if method == "mace" else _voted(rows)
    best = int(_climb(whole, rows, rows.weights[None]).argmax())
    found = []
    step = max(1, _ROOM // max(size * values, rows.annotators * values * values))
    for begin in range(0, DRAWS, step):
        some = weights[begin : begin + step]
        model = whole.copies(best, len(some))  # what all articles give is near to what the drawn ones will give
        _climb(model, rows, some, _ROUGHLY, 1e3 * _ENOUGH)
        found.append(model.competence())
    bounds: Floats = np.quantile(np.concatenate(found), (0.025, 0.975), axis=0)
    return bounds


def why_not(answers: "Floats") -> list[str]:
    """Return for each annotator why their competence is not defined; "" where it is. answers: as in `dawid_skene`.

    Of two annotators who differ, nothing says which one is right. So it takes three, of whom each two share some units.
    """
    import numpy as np

    given = (answers >= 0).astype(np.int64)
    shared = given.T @ given
    number = len(shared)
    if (active := int((given.sum(axis=0) > 0).sum())) < 3:
        return [f"it takes 3 annotators, and there {'is' if active == 1 else 'are'} {active}"] * number
    enough = shared >= LEAST_SHARED
    found = []
    for each in range(number):
        others = [other for other in range(number) if other != each]
        if any(enough[each, a] and enough[each, b] and enough[a, b] for a, b in combinations(others, 2)):
            found.append("")
            continue
        best = max((min(shared[each, a], shared[each, b], shared[a, b]) for a, b in combinations(others, 2)), default=0)
        found.append(f"it takes {LEAST_SHARED} units shared with each of two others, and by these two, not {best}")
    return found


def measure_competence(
    answers: "Floats", values: int, groups: "Floats | None", method: str
) -> tuple[tuple[Figure, ...], Estimate | None]:
    """Return the competence of each annotator with its interval, and the estimate that it is of; None where none is.

    Arguments as in `intervals`; without groups, there are no intervals, which take most of the time. Annotators of
    whom nothing can be said count for the others all the same.
    """
    import numpy as np

    reasons = why_not(answers)
    if all(reasons):
        return tuple(Figure(None, reason=each) for each in reasons), None
    found = MODELS[method](answers, values)
    has_articles = groups is not None and len(np.unique(groups)) > 1
    bounds = intervals(answers, values, groups, method) if groups is not None and has_articles else None
    figures = []
    for place, reason in enumerate(reasons):
        if reason:
            figures.append(Figure(None, reason=reason))
            continue
        low, high = (None, None) if bounds is None else (float(bounds[0, place]), float(bounds[1, place]))
        figures.append(Figure(float(found.competence[place]), low, high))
    return tuple(figures), found


def numbered(answers: Answers, values: Sequence[str]) -> "Floats":
    """Return answers as numbers of values, as the functions here take them."""
    import numpy as np

    place = {value: number for number, value in enumerate(values)}
    return np.array([[-1 if each is None else place[each] for each in row] for row in answers], dtype=np.int64)


def _distinct(answers: "Floats", values: int) -> _AnswerRows:
    import numpy as np

    rows, places, weights = np.unique(answers, axis=0, return_inverse=True, return_counts=True)
    hot = np.zeros((*rows.shape, values))
    row, annotator = np.nonzero(rows >= 0)
    hot[row, annotator, rows[row, annotator]] = 1
    return _AnswerRows(hot.reshape(len(rows), -1), weights.astype(float), places.reshape(-1), rows.shape[1], values)


def _voted(rows: _AnswerRows) -> _DawidSkene:
    """Return a model that begins with the shares of answers that each value has in a row."""
    votes = rows.hot.reshape(len(rows.hot), rows.annotators, rows.values).sum(axis=1)
    truths, counts = _expect(_shares(votes + 1e-9).T[None], rows, rows.weights[None])
    return _DawidSkene(_shares(truths + _SMOOTHING), _shares(counts + _SMOOTHING))


def _random(rows: _AnswerRows) -> _Mace:
    """Return a model with several starts, as the paper draws them."""
    import numpy as np

    random = np.random.default_rng(2013)
    knows = _shares(1 + random.random((_RESTARTS, rows.annotators, 2)) / 2)
    strategy = _shares(1 + random.random((_RESTARTS, rows.annotators, rows.values)) / 2)
    return _Mace(knows, strategy)


def _judge(model: _Model, rows: _AnswerRows) -> "tuple[Floats, Floats]":
    """Return how likely each row is with each truth, (sets, values, rows), as logarithms, and how likely in all."""
    import numpy as np

    prior, table = model.tables()
    logs = prior[..., None] + np.swapaxes(table, 1, 2).reshape(len(table), rows.values, -1) @ rows.hot.T
    most = logs.max(axis=1, keepdims=True)
    total = most + np.log(np.exp(logs - most).sum(axis=1, keepdims=True))
    return logs, total


def _expect(truths: "Floats", rows: _AnswerRows, weights: "Floats") -> "tuple[Floats, Floats]":
    """Return how often each value is true and each annotator gives which answer. truths: (sets, values, rows)."""
    import numpy as np

    weighted = truths * weights[:, None]
    counts = weighted @ rows.hot
    shape = (len(counts), rows.values, rows.annotators, rows.values)
    return weighted.sum(axis=2), np.swapaxes(counts.reshape(shape), 1, 2)


def _climb(
    model: _Model, rows: _AnswerRows, weights: "Floats", rounds: int = _ROUNDS, enough: float = _ENOUGH
) -> "Floats":
    """Improve a model until its likelihoods hardly change, and return them. weights: (sets, rows), or one for all."""
    import numpy as np

    before = None
    for _ in range(rounds):
        logs, total = _judge(model, rows)
        likelihood: Floats = (total[:, 0] * weights).sum(axis=1)
        if before is not None and bool((np.abs(likelihood - before) <= enough * np.abs(before)).all()):
            break
        before = likelihood
        model.learn(*_expect(np.exp(logs - total), rows, weights))
    return likelihood


def _estimate(model: _Model, rows: _AnswerRows, likelihood: "Floats") -> Estimate:
    """Return what the best set of a model says."""
    import numpy as np

    best = int(likelihood.argmax())
    logs, total = (each[best] for each in _judge(model, rows))
    prior, tables = model.tables()
    table = tables[best]
    apart = []
    for place in range(rows.annotators):
        own = table[place] @ rows.hot[:, place * rows.values : (place + 1) * rows.values].T
        rest = logs - own
        rest = np.exp(rest - rest.max(axis=0))
        apart.append((rest / rest.sum(axis=0)).T[rows.places])
    return Estimate(
        competence=model.competence()[best],
        confusion=_shares(np.exp(table)),
        prior=np.exp(prior[best % len(prior)]),
        posterior=np.exp(logs - total).T[rows.places],
        apart=np.stack(apart),
        likelihood=float(likelihood[best]),
    )


def _shares(counts: "Floats") -> "Floats":
    shares: Floats = counts / counts.sum(axis=-1, keepdims=True)
    return shares


def _variational(counts: "Floats") -> "Floats":
    """Return what stands for the shares of a Dirichlet in variational inference: their geometric means."""
    import numpy as np

    means: Floats = np.exp(_digamma(counts) - _digamma(counts.sum(axis=-1, keepdims=True)))
    return means


def _digamma(x: "Floats") -> "Floats":
    """Return the digamma function of positive numbers (Abramowitz and Stegun 1964, 6.3.5 and 6.3.18)."""
    import numpy as np

    y = x + 6
    z = 1 / y**2
    series: Floats = np.log(y) - 1 / (2 * y) - z * (1 / 12 - z * (1 / 120 - z * (1 / 252 - z / 240)))
    return series - sum(1 / (x + step) for step in range(6))
