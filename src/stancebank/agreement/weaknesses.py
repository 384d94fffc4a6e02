"""Weaknesses: what of a report on agreement stands out, beyond what chance gives, so that it is looked at first.

Three things may stand out. An **annotator** who errs far more than the others over most questions. Two **values** of a
question that are taken for each other far more often than any two others. A **question** in which annotators differ far
more than in the others, so that its rules are ambiguous. Each has to pass three tests: it is large (at least twice, of
annotators two and a half times, what is usual in this report), it matters (see the constants), and chance does not
explain it: however many pairs of values, or questions, are tested, the probability that noise alone has one of them
named is at most one in twenty (Bonferroni).

*Annotators.* Of each question, the disagreement of each two annotators is taken as the sum of what the one and the
other err (least squares over all pairs); an annotator is named who, in most questions, errs at least 2.5 times as often
as the middle one of the others, and whose disagreements exceed those of the others among themselves by more than four
standard errors. This needs three annotators who have answered together.

*Values.* If annotators erred at random, the differences of a question would spread over its values: evenly over all
pairs of values, or evenly from each value to all others, or by how common the values are. Whichever gives a pair most
is what is expected of it; the excess is tested with the binomial distribution. Each question has an equal part of the
risk, so that long lists do not hide what short ones show.

*Questions.* The share of differences is compared with the median of the questions that have more than one usual answer.
Differences that belong to a named pair of values are not counted again. Questions that are well answered all the same
(alpha is, or may be, 0.8; K. Krippendorff, "Content Analysis", 2004, ch. 11) are not named.

A unit that m annotators answered gives m (m - 1) / 2 pairs of answers, which are not independent; tests count a pair as
1 / (m - 1), by which one deviating answer counts once. Values and questions are judged without the annotators named.
"""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist, median
from typing import Literal

from stancebank.agreement.compare import WHOLE
from stancebank.agreement.figures import AgreementReport, FieldAgreement
from stancebank.agreement.report import POSITION

RISK = 0.05
"""The probability that noise alone has any two values named; and so of questions."""

TIMES, TIMES_OF_ANNOTATORS = 2.0, 2.5
"""How many times what is usual stands out."""

LEAST_COUNT = 5
"""Of differences that stand out, after correction for pairs of one unit."""

LEAST_SHARE = 0.1
"""Of the answers beside one of two values, those that are the other one."""

LEAST_ARTICLES = 3
"""Two values that are confused in fewer articles than this are a matter of these articles."""

GOOD = 0.8
"""The alpha from which Krippendorff calls data reliable."""

VARIED = 0.1
"""The disagreement by chance that a question needs to be compared with others."""

_NOT_ASKED = (POSITION, WHOLE)
"""What annotators do not answer themselves."""

_ERRORS = 4.0  # standard errors by which an annotator's disagreements exceed those of the others
_ROUNDS = 200  # of the approximation of least squares


@dataclass(frozen=True, slots=True)
class Weakness:
    """One thing that stands out.

    kind: ``annotator``, ``values`` or ``field``. field: the name of the question; empty of an annotator. names: the
    annotator; the two values, the first in the order of the alphabet first; empty of a field. share: of an annotator,
    of the answers beside theirs, that differ; of values, of all differences in the question, those between these two;
    of a field, of the pairs of answers, that differ. usual: what the same share is among the others; what chance would
    give; what it is in the median of the other questions. count: how many pairs of answers differ so.
    """

    kind: Literal["annotator", "values", "field"]
    field: str
    names: tuple[str, ...]
    share: float
    usual: float
    count: int


def find_annotators(report: AgreementReport) -> list[Weakness]:
    """Return the annotators who err far more than the others, the worst first."""
    if len(report.annotators) < 3:
        return []
    counted = [_differences(each) for each in report.fields if each.scale != "overlap" and each.name not in _NOT_ASKED]
    tables = [table for table in counted if any(part for part, _ in table.values())]
    rates = {field: {pair: part / whole for pair, (part, whole) in table.items()} for field, table in enumerate(tables)}
    errors = {field: _errors(table) for field, table in rates.items()}
    found = []
    for name in report.annotators:
        judged = worse = 0
        for table in errors.values():
            others = [each for other, each in table.items() if other != name]
            if name in table and len(others) >= 2:
                judged += 1
                worse += table[name] > 0 and table[name] >= TIMES_OF_ANNOTATORS * median(others)
        if judged and worse * 2 > judged and (each := _judge_annotator(name, tables, len(report.annotators))):
            found.append(each)
    return sorted(found, key=lambda each: -each.share)


def find_values(report: AgreementReport, closed: Collection[str]) -> list[Weakness]:
    """Return the pairs of values that are taken for each other, the most frequent first.

    closed: the questions whose answers are of a list; only these have values that a rule can part.
    """
    fields = [each for each in report.fields if each.name in closed and each.confusions and len(each.values) > 1]
    found = [weakness for each in fields for weakness in _confused(each, len(fields))]
    return sorted(found, key=lambda each: (-each.count, each.field, each.names))


def find_fields(report: AgreementReport, named: Sequence[Weakness] = ()) -> list[Weakness]:
    """Return the questions whose answers differ far more than those to the others, the worst first.

    named: the pairs of values that stand out already.
    """
    asked = [each for each in report.fields if each.scale != "overlap" and each.name not in _NOT_ASKED]
    left = {each.name: _without(each, named) for each in asked}
    varied = [each for each in asked if _by_chance(each) >= VARIED]
    found = []
    for each in varied:
        differing, compared, alpha = left[each.name]
        others = [left[one.name] for one in varied if one.name != each.name]
        if not others or not compared or alpha is None or alpha >= GOOD:
            continue
        usual = median(part / whole if whole else 0.0 for part, whole, _ in others)
        share, weight = differing / compared, 1 / _beside(each)
        stands_out = share >= TIMES * usual and differing * weight >= LEAST_COUNT
        # what is usual is itself drawn: at least one difference more than the others had
        expected = max(usual, 1 / (compared * weight))
        if stands_out and _tail(differing * weight, compared * weight, expected) * len(varied) <= RISK:
            found.append(Weakness("field", each.name, (), share, usual, round(differing)))
    return sorted(found, key=lambda each: (-each.share, each.field))


def _differences(field: FieldAgreement) -> dict[tuple[str, str], tuple[float, float]]:
    """Return of each two annotators how many answers differ, and of how many."""
    return {
        (each.one, each.other): ((1 - each.share.value) * each.units, each.units)
        for each in field.pairs
        if each.units and each.share.value is not None
    }


def _errors(rates: Mapping[tuple[str, str], float]) -> dict[str, float]:
    """Return how often each annotator errs, if the rate of two is the sum of theirs: least squares, none negative.

    Annotators without two partners who answered together have no solution, and are left out.
    """
    of: dict[str, dict[str, float]] = {}
    for (one, other), rate in rates.items():
        of.setdefault(one, {})[other] = of.setdefault(other, {})[one] = rate
    solved = {
        name: partners
        for name, partners in of.items()
        if any(other in of[one] for one in partners for other in partners if one != other)
    }
    errors = dict.fromkeys(solved, 0.0)
    for _ in range(_ROUNDS):
        for name, partners in solved.items():
            parts = [rate - errors[other] for other, rate in partners.items() if other in errors]
            errors[name] = max(0.0, sum(parts) / len(parts))
    return errors


def _judge_annotator(
    name: str, tables: Sequence[Mapping[tuple[str, str], tuple[float, float]]], annotators: int
) -> Weakness | None:
    theirs, rest = [0.0, 0.0], [0.0, 0.0]
    for table in tables:
        for pair, counted in table.items():
            into = theirs if name in pair else rest
            for place in (0, 1):
                into[place] += counted[place]
    if not theirs[1] or not rest[1]:
        return None
    share, usual = theirs[0] / theirs[1], rest[0] / rest[1]
    both = (theirs[0] + rest[0]) / (theirs[1] + rest[1])
    weight = 1 / (annotators - 1)
    error = math.sqrt(both * (1 - both) * (1 / theirs[1] + 1 / rest[1]) / weight)
    if not error or theirs[0] * weight < LEAST_COUNT or (share - usual) / error < _ERRORS:
        return None
    return Weakness("annotator", "", (name,), share, usual, round(theirs[0]))


def _confused(field: FieldAgreement, fields: int) -> Iterator[Weakness]:
    weight = 1 / _beside(field)
    differences = sum(each.count for each in field.confusions)
    answers = {each.value: each.answers for each in field.values}
    total = sum(answers.values())
    pairs = math.comb(len(answers), 2)
    varied = (total * total - sum(each * each for each in answers.values())) / 2
    if pairs < 2 or not varied:
        return
    for each in field.confusions:
        one, other = answers.get(each.one, 0), answers.get(each.other, 0)
        even = (one + other) / total / (len(answers) - 1)
        expected = max(1 / pairs, even, one * other / varied)
        share = each.count / differences
        beside = each.count / (max(1, min(one, other)) / weight)
        is_large = share >= TIMES * expected and each.count * weight >= LEAST_COUNT and beside >= LEAST_SHARE
        is_spread = len({place.article_id for place in each.places}) >= LEAST_ARTICLES
        if (
            is_large
            and is_spread
            and _tail(each.count * weight, differences * weight, expected) * pairs * fields <= RISK
        ):
            names = tuple(sorted((each.one, each.other)))
            yield Weakness("values", field.name, names, share, expected, each.count)


def _without(field: FieldAgreement, named: Sequence[Weakness]) -> tuple[float, float, float | None]:
    """Return how many pairs of answers differ, how many there are, and alpha at most, all without the pairs named."""
    compared = field.units * _pairs_of_unit(field)
    alpha = field.alpha.high if field.alpha.high is not None else field.alpha.value
    if field.share.value is None:
        return 0.0, 0.0, alpha
    differing = (1 - field.share.value) * compared
    mine = {each.names: each.count for each in named if each.kind == "values" and each.field == field.name}
    for one, other, merged in field.merged:
        if alpha is not None and field.alpha.value is not None and tuple(sorted((one, other))) in mine:
            alpha += max(0.0, merged - field.alpha.value)
    return max(0.0, differing - sum(mine.values())), compared, alpha


def _beside(field: FieldAgreement) -> float:
    """Return how many answers stand beside an answer, on average."""
    return max(1.0, field.answers / field.units - 1) if field.units else 1.0


def _pairs_of_unit(field: FieldAgreement) -> float:
    if field.pairs:
        return sum(each.units for each in field.pairs) / field.units if field.units else 0.0
    each = _beside(field) + 1
    return each * (each - 1) / 2


def _by_chance(field: FieldAgreement) -> float:
    """Return the share of differences that chance would give, by how often each value was given."""
    total = sum(each.answers for each in field.values)
    return 1 - sum((each.answers / total) ** 2 for each in field.values) if total else 0.0


def _tail(found: float, of: float, share: float) -> float:
    """Return the probability of as many or more, of so many of which each comes with this probability.

    Of the binomial distribution up to a thousand; above, of the normal one. found, of: rounded so that the test is the
    stricter one.
    """
    hits, trials = math.floor(found), math.ceil(of)
    if share >= 1 or hits <= 0:
        return 1.0
    if trials > 1000:
        error = math.sqrt(trials * share * (1 - share))
        return 1 - NormalDist().cdf((hits - 0.5 - trials * share) / error)
    odds = share / (1 - share)
    term = math.exp(
        math.lgamma(trials + 1)
        - math.lgamma(hits + 1)
        - math.lgamma(trials - hits + 1)
        + hits * math.log(share)
        + (trials - hits) * math.log1p(-share)
    )
    total = 0.0
    for each in range(hits, trials + 1):
        total += term
        term *= (trials - each) / (each + 1) * odds
    return min(1.0, total)
