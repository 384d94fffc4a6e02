"""Coefficients of agreement: their formulas, and their intervals.

All of them are computed from sums over units, so that the sums of articles can be added, and drawn, in any order. A
function takes the sums of many sets of articles at once: the first axis is the sets; further axes are named. Where a
coefficient is not defined, its value is NaN in here; `figures` makes of it a `Figure` that says why.

Sources: J. Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological Measurement 20 (1960);
J. L. Fleiss, "Measuring nominal scale agreement among many raters", Psychological Bulletin 76 (1971); K. Krippendorff,
"Computing Krippendorff's alpha-reliability" (2011), and for one value against the rest "Content Analysis" (2004), ch.
11; specific agreement: J. L. Fleiss, "Statistical Methods for Rates and Proportions" (1981); intervals: B. Efron and R.
Tibshirani, "An Introduction to the Bootstrap" (1993), ch. 13.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from stancebank.agreement.figures import Figure

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

LEAST_ARTICLES = 5
"""With fewer articles than this, none of their figures has an interval."""

NO_ANSWERS = "no unit has two answers"
ONE_VALUE = "all answers are the same, so that there is nothing that chance could not explain"
NOT_ALL = "no unit was answered by all annotators"
NOT_TOGETHER = "the two have answered no unit together"
NOT_GIVEN = "no unit with two answers has this value"


def share(agreed: "Floats", compared: "Floats") -> "Floats":
    """Return the share of what was compared that agrees."""
    return _ratio(agreed, compared)


def cohen_kappa(units: "Floats", same: "Floats", by_chance: "Floats") -> "Floats":
    """Return Cohen's kappa of two annotators.

    units: that both answered. same: in how many of them alike. by_chance: how often the one gave a value times how
    often the other did, added up over the values.
    """
    return _ratio(units * same - by_chance, units * units - by_chance)


def fleiss_kappa(answers: "Floats", agreed: "Floats", squares: "Floats", annotators: int) -> "Floats":
    """Return Fleiss' kappa, of units that each have one answer of every annotator.

    answers: how many. agreed: ordered pairs of answers to one unit that are the same. squares: of how often each value
    was given, added up.
    """
    return _ratio(answers * agreed / (annotators - 1) - squares, answers * answers - squares)


def nominal_alpha(answers: "Floats", same: "Floats", squares: "Floats") -> "Floats":
    """Return Krippendorff's alpha of values that are the same or not.

    answers: how many on units with at least two. same: the sum of the diagonal of the coincidence matrix. squares: of
    how often each value was given, added up.
    """
    return 1 - _ratio((answers - 1) * (answers - same), answers * answers - squares)


def ordinal_alpha(coincidences: "Floats") -> "Floats":
    """Return Krippendorff's alpha of values that have an order. coincidences: (sets, values, values), in that order."""
    import numpy as np

    given = coincidences.sum(-1)
    answers = given.sum(-1)
    # how many answers lie up to the middle of each value: the difference of two values is how many lie between these
    middle = np.cumsum(given, -1) - given / 2
    squared = (middle[..., :, None] - middle[..., None, :]) ** 2
    observed = (coincidences * squared).sum((-1, -2))
    expected = (given[..., :, None] * given[..., None, :] * squared).sum((-1, -2))
    return 1 - _ratio((answers - 1) * observed, expected)


def value_alpha(answers: "Floats", given: "Floats", same: "Floats") -> "Floats":
    """Return Krippendorff's alpha of each value against all others: (sets, values).

    answers: (sets,), of all values. given, same: (sets, values), row sums and diagonal of the coincidence matrix.
    """
    rest = answers[:, None] - given
    return 1 - _ratio((answers[:, None] - 1) * (given - same), given * rest)


def _ratio(above: "Floats", below: "Floats") -> "Floats":
    """Divide; NaN where there is nothing to divide by."""
    import numpy as np

    above, below = np.broadcast_arrays(np.asarray(above, dtype=float), np.asarray(below, dtype=float))
    found: Floats = np.divide(above, below, out=np.full(below.shape, np.nan), where=below > 0)
    return found


def draw(articles: int, samples: int, seed: int) -> "Floats":
    """Return how often each set holds each article: (1 + samples, articles).

    The first set holds each once. Each sample draws as many articles as there are, with replacement; none is drawn
    where there are too few. The same numbers give the same samples with any version of numpy: what a generator makes of
    its bits may change, the bits may not (NEP 19).
    """
    import numpy as np

    sets = np.ones((1 + (samples if articles >= LEAST_ARTICLES else 0), articles))
    bits = np.random.PCG64(seed)
    for sample in sets[1:]:
        drawn = bits.random_raw(articles) % np.uint64(articles)
        sample[:] = np.bincount(drawn.astype(np.int64), minlength=articles)
    return sets


def figures(values: "Floats", reasons: Sequence[str], tail: float = 0.025) -> list[Figure]:
    """Return figures with their 95 % intervals: the middle 95 % of the samples, by percentiles.

    values: (sets, figures): first what was measured, then what each sample gives. tail: the share of samples that is
    cut off at each end; less where there are few articles, see `student.expanded_tail`. reasons: by figure, why it has
    no value, where it is NaN. Samples in which a figure is not defined are left out; where they are most of them, and
    where all samples give the same, it has no interval, as that would say nothing.
    """
    import numpy as np

    samples = np.sort(values[1:], 0)  # NaN comes last
    defined = len(samples) - np.isnan(samples).sum(0)
    found = []
    for number, (value, many, reason) in enumerate(zip(values[0].tolist(), defined.tolist(), reasons, strict=True)):
        if value != value:  # it is NaN
            found.append(Figure(None, reason=reason))
            continue
        drawn = samples[:many, number]
        if many * 2 <= len(samples) or many < 2 or drawn[-1] - drawn[0] < 1e-12:
            found.append(Figure(value))
            continue
        low, high = np.interp((tail * (many - 1), (1 - tail) * (many - 1)), np.arange(many), drawn).tolist()
        found.append(Figure(value, low, high))
    return found


def figure(values: "Floats", reason: str) -> Figure:
    """Return one figure; see `figures`. values: (sets,)."""
    return figures(values[:, None], [reason])[0]
