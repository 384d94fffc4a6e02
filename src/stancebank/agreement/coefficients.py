"""Coefficients of agreement: their formulas, and their intervals by drawing articles with replacement.

All of them are computed from sums over units, so that the sums of articles can be added, and drawn, in any order. A
function takes sums of one set of articles, or of many sets at once: the last axes are those that it names, all axes
before these are sets. Where a coefficient is not defined, its value is NaN within this package; `figure` makes of it a
`Figure` that says why.

Sources: J. Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological Measurement 20 (1960);
J. L. Fleiss, "Measuring nominal scale agreement among many raters", Psychological Bulletin 76 (1971); K. Krippendorff,
"Computing Krippendorff's alpha-reliability" (2011), and for two values taken as one and one against the rest his
"Content Analysis" (2004), ch. 11; specific agreement: J. L. Fleiss, "Statistical Methods for Rates and Proportions"
(1981); intervals: B. Efron, "The Jackknife, the Bootstrap and Other Resampling Plans" (1982).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from stancebank.agreement.figures import Figure

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Codes = NDArray[np.int32]

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


def cohen_kappa(ones: "Floats", others: "Floats", same: "Floats") -> "Floats":
    """Return Cohen's kappa of two annotators.

    ones, others: (…, values), how often each of the two gave each value. same: (…), how often both gave the same.
    """
    count = ones.sum(-1)
    by_chance = (ones * others).sum(-1)
    return _ratio(count * same - by_chance, count * count - by_chance)


def fleiss_kappa(given: "Floats", agreed: "Floats", annotators: int) -> "Floats":
    """Return Fleiss' kappa.

    given: (…, values), how often each value was given, on units that each have one answer of every annotator. agreed:
    (…), the ordered pairs of answers to one unit that are the same.
    """
    answers = given.sum(-1)
    by_chance = (given * given).sum(-1)
    # P - P_e over 1 - P_e, both multiplied by the square of the number of answers
    return _ratio(answers * agreed / (annotators - 1) - by_chance, answers * answers - by_chance)


def nominal_alpha(given: "Floats", same: "Floats") -> "Floats":
    """Return Krippendorff's alpha of values that are the same or not.

    given: (…, values), how often each was given on units with two answers or more: the sums of the rows of the
    coincidence matrix. same: (…), the sum of its diagonal.
    """
    return alpha_of_sums(given.sum(-1), same, (given * given).sum(-1))


def alpha_of_sums(answers: "Floats", same: "Floats", squares: "Floats") -> "Floats":
    """Return nominal alpha. answers: how many on units with two or more. squares: the sum of squares of the values."""
    return 1 - _ratio((answers - 1) * (answers - same), answers * answers - squares)


def ordinal_alpha(coincidences: "Floats") -> "Floats":
    """Return Krippendorff's alpha of values that have an order. coincidences: (…, values, values), in that order."""
    import numpy as np

    given = coincidences.sum(-1)
    answers = given.sum(-1)
    # how many answers lie up to the middle of each value; the difference of two is the ordinal one
    middle = np.cumsum(given, -1) - given / 2
    squared = (middle[..., :, None] - middle[..., None, :]) ** 2
    observed = (coincidences * squared).sum((-1, -2))
    expected = (given[..., :, None] * given[..., None, :] * squared).sum((-1, -2))
    return 1 - _ratio((answers - 1) * observed, expected)


def value_alpha(given: "Floats", same: "Floats", answers: "Floats") -> "Floats":
    """Return alpha of each value against all others.

    given, same: (…, values), the row sums and the diagonal of the coincidence matrix. answers: (…), how many in all.
    """
    answers = answers[..., None]
    return 1 - _ratio((answers - 1) * (given - same), given * (answers - given))


def merged_alpha(given: "Floats", coincidences: "Floats") -> "Floats":
    """Return nominal alpha with each two values taken as one: (values, values). For one set of articles."""
    answers, same, squares = given.sum(), coincidences.trace(), (given * given).sum()
    both = coincidences + coincidences.T
    return alpha_of_sums(answers, same + both, squares + 2 * given[:, None] * given[None, :])


def _ratio(above: "Floats", below: "Floats") -> "Floats":
    """Divide; NaN where there is nothing to divide by."""
    import numpy as np

    above, below = np.broadcast_arrays(np.asarray(above, dtype=float), np.asarray(below, dtype=float))
    found: Floats = np.divide(above, below, out=np.full(below.shape, np.nan), where=below > 0)
    return found


def draw(articles: int, samples: int, seed: int) -> "Floats":
    """Return how often each sample holds each article: (samples, articles). No sample where there are too few.

    A sample draws as many articles as there are, with replacement. The same numbers give the same samples.
    """
    import numpy as np

    if articles < LEAST_ARTICLES:
        return np.zeros((0, articles))
    generator = np.random.default_rng(seed)
    drawn = np.empty((samples, articles))
    for sample in drawn:
        sample[:] = np.bincount(generator.integers(0, articles, articles), minlength=articles)
    return drawn


def figure(value: float, drawn: "Floats | Sequence[float]", reason: str) -> Figure:
    """Return a figure with its 95 % interval: the middle 95 % of the values drawn, by percentiles.

    drawn: the values of samples. Samples in which it is not defined are left out; where they are more than half, and
    where all samples have the same value, there is no interval, as it would say nothing. reason: why there is no value,
    where it is NaN.
    """
    import numpy as np

    if np.isnan(value):
        return Figure(None, reason=reason)
    values = np.asarray(drawn, dtype=float)
    defined = values[~np.isnan(values)]
    if len(defined) * 2 <= len(values) or not len(defined) or np.ptp(defined) < 1e-12:
        return Figure(float(value))
    low, high = np.percentile(defined, (2.5, 97.5))
    return Figure(float(value), float(low), float(high))
