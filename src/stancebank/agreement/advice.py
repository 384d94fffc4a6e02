"""Advice that follows from a report on agreement: values to merge, articles to annotate, disagreements to read."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from stancebank.agreement.coefficients import LEAST_ARTICLES
from stancebank.agreement.figures import AgreementReport, FieldAgreement, Occurrence

LEAST_GAIN = 0.05
"""By how much alpha has to rise for two values to be worth merging."""

HALF_WIDTH = 0.05
"""The half of a 95 % interval that is wanted."""

MOST_DISAGREEMENTS = 10


@dataclass(frozen=True, slots=True)
class MergeAdvice:
    """Two values of a question that could be one. alpha: as it is. merged: what it would be."""

    field: str
    one: str
    other: str
    alpha: float
    merged: float


@dataclass(frozen=True, slots=True)
class SampleAdvice:
    """How many more articles two annotators have to read for an interval of alpha.

    half_width: of the present interval, None where there is none. more: None where it cannot be said, and then reason
    says why.
    """

    field: str
    half_width: float | None
    wanted: float
    more: int | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A unit that annotators read differently.

    bits: how surprising that is, see `find_disagreements`. fields: the questions in which they differ. statements: by
    annotator, the id of the statement; None where the annotator has none. begin, end: of the words, in the text.
    """

    article_id: str
    begin: int
    end: int
    statements: Mapping[str, str | None]
    fields: tuple[str, ...]
    bits: float


def advise_merging(report: AgreementReport) -> list[MergeAdvice]:
    """Return for each question the two values whose union would raise alpha most, the greatest gain first.

    Only where alpha rises by `LEAST_GAIN` and beyond its interval: less may be chance. Questions with two values have
    none to merge, and neither have those whose alpha has no interval.
    """
    found = []
    for each in report.fields:
        value, high = each.alpha.value, each.alpha.high
        if value is None or high is None or not each.merged or len(each.values) < 3:
            continue
        one, other, merged = max(each.merged, key=lambda pair: pair[2])
        if merged - value >= LEAST_GAIN and merged > high:
            found.append(MergeAdvice(each.name, one, other, value, merged))
    return sorted(found, key=lambda each: each.alpha - each.merged)


def advise_sample(report: AgreementReport, wanted: float = HALF_WIDTH) -> list[SampleAdvice]:
    """Return for each question with an alpha how many more articles its interval needs, in the order of the report.

    The width of an interval shrinks with the square root of the number of articles, if those to come are as those that
    there are. wanted: half of the width.
    """
    return [_sample(each, report.articles, wanted) for each in report.fields if each.alpha.value is not None]


def _sample(field: FieldAgreement, articles: int, wanted: float) -> SampleAdvice:
    low, high = field.alpha.low, field.alpha.high
    if low is None or high is None:
        if articles < LEAST_ARTICLES:
            reason = f"an interval needs {LEAST_ARTICLES} articles that two have read"
        elif field.alpha.value is not None and field.alpha.value > 1 - 1e-9:
            reason = "annotators agree in all articles, so that nothing is known of how alpha varies"
        else:
            reason = "too few articles have such answers for an interval"
        return SampleAdvice(field.name, None, wanted, None, reason)
    half = (high - low) / 2
    needed = math.ceil(articles * (half / wanted) ** 2 - 1e-9)
    return SampleAdvice(field.name, half, wanted, max(0, needed - articles))


def find_disagreements(report: AgreementReport, most: int | None = MOST_DISAGREEMENTS) -> list[Disagreement]:
    """Return the units whose disagreement says most, the most informative first. most: None for all that are kept.

    A disagreement in a question tells the more, the less it was to be expected of these annotators there: minus the
    binary logarithm of how often two of them differ in this question (their self-information, in bits; C. E. Shannon,
    "A Mathematical Theory of Communication", 1948). A unit has the sum over the questions in which it was read
    differently. So those come first in which annotators who otherwise agree differ in much: there the words are
    ambiguous, a rule is missing, or somebody slipped. What somebody careless says tells little, and so does a question
    that nobody answers alike. A report keeps up to 50 places of each two values; others are not seen.
    """
    groups: dict[tuple[str, str, str], _Unit] = {}
    for field in report.fields:
        if not field.confusions:
            continue
        rates = _rates(field)
        for confusion in field.confusions:
            for place in confusion.places:
                unit = _unit(groups, place)
                unit.bits[field.name] = max(unit.bits.get(field.name, 0.0), _surprise(place, rates, field))
    units = {id(each): each for each in groups.values()}
    found = [
        Disagreement(
            each.article_id, each.begin, each.end, each.statements, tuple(each.bits), round(sum(each.bits.values()), 6)
        )
        for each in units.values()
    ]
    found.sort(key=lambda each: (-each.bits, each.article_id, each.begin, each.end))
    return found[:most]


@dataclass(slots=True)
class _Unit:
    article_id: str
    begin: int
    end: int
    statements: dict[str, str | None]
    bits: dict[str, float]


def _keys(article_id: str, statements: Mapping[str, str | None]) -> Iterator[tuple[str, str, str]]:
    return ((article_id, name, each) for name, each in statements.items() if each is not None)


def _unit(groups: "dict[tuple[str, str, str], _Unit]", place: Occurrence) -> _Unit:
    """Return the unit that has one of the statements of a place, with all of them; those of several become one."""
    keys = list(_keys(place.article_id, place.statements))
    known = list({id(groups[key]): groups[key] for key in keys if key in groups}.values())
    unit = known[0] if known else _Unit(place.article_id, place.begin, place.end, {}, {})
    for other in known[1:]:
        unit.begin, unit.end = min(unit.begin, other.begin), max(unit.end, other.end)
        unit.bits |= {name: max(bits, unit.bits.get(name, 0.0)) for name, bits in other.bits.items()}
        _join(unit, other.statements)
    unit.begin, unit.end = min(unit.begin, place.begin), max(unit.end, place.end)
    _join(unit, place.statements)
    groups |= dict.fromkeys(_keys(place.article_id, unit.statements), unit)
    return unit


def _join(unit: _Unit, statements: Mapping[str, str | None]) -> None:
    for name, each in statements.items():
        if each is not None or name not in unit.statements:
            unit.statements[name] = each


def _rates(field: FieldAgreement) -> dict[frozenset[str], float]:
    """Return how often each two annotators differ in a question."""
    return {
        frozenset((each.one, each.other)): 1 - each.share.value for each in field.pairs if each.share.value is not None
    }


def _surprise(place: Occurrence, rates: Mapping[frozenset[str], float], field: FieldAgreement) -> float:
    """Return the bits of a disagreement between some annotators; not all of them need to differ from one another."""
    theirs = [rates[pair] for pair in _pairs(place.statements) if pair in rates]
    rate = sum(theirs) / len(theirs) if theirs else 1 - (field.share.value or 0.0)
    return -math.log2(rate) if rate > 0 else 0.0


def _pairs(names: Iterable[str]) -> Iterator[frozenset[str]]:
    return map(frozenset, combinations(names, 2))
