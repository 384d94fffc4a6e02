"""Student's t distribution, which scipy has as well; but scipy is an extra.

By the regularised incomplete beta function as a continued fraction: W. J. Lentz, "Generating Bessel functions in Mie
scattering calculations using continued fractions", Applied Optics 15 (1976); Press and others, "Numerical Recipes",
section 6.4.
"""

from math import exp, inf, isinf, lgamma, log, log1p, sqrt
from statistics import NormalDist

_TINY, _ENOUGH, _TURNS = 1e-300, 1e-15, 500


def t_cdf(t: float, freedom: float) -> float:
    """Return how probable a value up to t is. freedom: degrees of freedom, more than 0."""
    if isinf(t):
        return float(t > 0)
    tail = 0.5 * _incomplete_beta(freedom / (freedom + t * t), freedom / 2, 0.5)
    return 1 - tail if t > 0 else tail


def t_quantile(probability: float, freedom: float) -> float:
    """Return the value up to which t is with a probability. probability: between 0 and 1, both excluded."""
    low, high = -1.0, 1.0
    while t_cdf(low, freedom) > probability:
        low *= 2
    while t_cdf(high, freedom) < probability:
        high *= 2
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if t_cdf(middle, freedom) < probability else (low, middle)
    return (low + high) / 2


def expanded_tail(count: int, tail: float = 0.025) -> float:
    """Return the tail to cut from samples of few, so that their percentiles hold as often as they should.

    Percentiles of the bootstrap are too narrow by the root of n / (n - 1), and as far as t is wider than the normal
    distribution: T. Hesterberg, "What Teachers Should Know About the Bootstrap", The American Statistician 69 (2015),
    section 4.3. count: of what was drawn, n; at least 2.
    """
    return NormalDist().cdf(sqrt(count / (count - 1)) * t_quantile(tail, count - 1))


def one_sided_p(values: list[float], limit: float) -> float:
    """Return p of the t-test that the mean of values is below a limit; of equal values, 0 if they are, else 1.

    values: at least 2.
    """
    count = len(values)
    mean = sum(values) / count
    variance = sum((each - mean) ** 2 for each in values) / (count - 1)
    if not variance:
        return t_cdf(-inf if mean < limit else inf, count - 1)
    return t_cdf((mean - limit) / sqrt(variance / count), count - 1)


def _incomplete_beta(x: float, a: float, b: float) -> float:
    """Return the regularised incomplete beta function of x, from 0 to 1."""
    if x in (0.0, 1.0):
        return x
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(x, a, b) / a
    return 1 - front * _fraction(1 - x, b, a) / b


def _fraction(x: float, a: float, b: float) -> float:
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1) or _TINY)
    found = d
    for m in range(1, _TURNS):
        for factor in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / (1 + factor * d or _TINY)
            c = 1 + factor / c or _TINY
            found *= c * d
        if abs(c * d - 1) < _ENOUGH:
            break
    return found
