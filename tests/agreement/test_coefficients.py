"""The coefficients, against published examples and other people's packages.

Examples: K. Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), C; J. L. Fleiss, "Measuring nominal
scale agreement among many raters", Psychological Bulletin 76 (1971), table 1; the 50 proposals of the page "Cohen's
kappa" of Wikipedia; R. Artstein and M. Poesio, "Inter-Coder Agreement for Computational Linguistics", Computational
Linguistics 34 (2008), table 1.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations, product
from typing import Any

import krippendorff
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import examples

from stancebank.agreement import coefficients as of
from stancebank.agreement.answers import MISSING, Answers, ReadArticles, Units
from stancebank.agreement.figures import FieldAgreement, Figure
from stancebank.agreement.sums import drawn_sums, group_sums

Table = Sequence[Sequence[str | None]]
"""Answers, by unit and annotator."""


def asked(table: Table, ranks: Mapping[str, int] | None = None) -> tuple[Answers, ReadArticles]:
    """Return answers, each unit in an article of its own."""
    question = Answers("label", 4, Units(), ranks=ranks or {}, merges=True)
    for number, row in enumerate(table):
        question.units.articles.append(number)
        question.answers.extend(MISSING if each is None else question.number(each) for each in row)
    who = tuple(range(len(table[0])))
    return question, ReadArticles(tuple(f"reader-{each}" for each in who), [who] * len(table))


def measured(table: Table, ranks: Mapping[str, int] | None = None, samples: int = 0) -> FieldAgreement:
    question, read = asked(table, ranks)
    return question.measured(read).agreement(drawn_sums(range(len(table)), len(table), samples, 20))


def columns(*readers: str) -> list[list[str | None]]:
    """Return a table of what each reader wrote for the units, a letter a unit; a dot is no answer."""
    return [[None if each == "." else each for each in row] for row in zip(*readers, strict=True)]


def peer_alpha(table: Table, scale: Any = "nominal", order: Sequence[str] = "") -> float:
    names = list(order) or sorted({each for row in table for each in row if each is not None})
    data = [[np.nan if each is None else names.index(each) for each in row] for row in zip(*table, strict=True)]
    return float(krippendorff.alpha(reliability_data=data, level_of_measurement=scale))


KRIPPENDORFF = columns("123321412...", "1233224125.3", ".3332342251.", "1233244125 1.".replace(" ", ""))

FLEISS = (
    "00060 03003 01401 00006 03030 20400 00402 20310 20040 00006 10050 11040 03300 10050 02031 00501 30012 51000 "
    "02040 10203 00006 01050 02013 20040 10041 05010 40002 02040 10500 00006"
)


def test_the_example_of_krippendorff() -> None:
    found = measured(KRIPPENDORFF)
    assert found.alpha.value == pytest.approx(0.743, abs=5e-4)
    assert found.scale == "nominal"
    ordinal = measured(KRIPPENDORFF, {str(each): each - 1 for each in range(1, 6)})
    assert ordinal.alpha.value == pytest.approx(0.815, abs=5e-4)
    assert ordinal.scale == "ordinal"
    assert (found.units, found.answers) == (11, 40)


def test_the_example_of_fleiss() -> None:
    table = [
        [name for name, count in zip("DPSNO", counts, strict=True) for _ in range(int(count))]
        for counts in FLEISS.split()
    ]
    found = measured(table)
    assert {each.value: each.answers for each in found.values} == {"D": 26, "P": 26, "S": 30, "N": 55, "O": 43}
    assert found.kappa.value == pytest.approx(0.430, abs=5e-4)
    assert found.share.value == pytest.approx(0.5556, abs=5e-4)


@pytest.mark.parametrize(
    ("counts", "agreed", "kappa"), [((20, 5, 10, 15), 0.70, 0.40), ((20, 20, 10, 50), 0.70, 0.348)]
)
def test_examples_of_two_readers(counts: tuple[int, ...], agreed: float, kappa: float) -> None:
    table = [pair for pair, count in zip(product("yn", repeat=2), counts, strict=True) for _ in range(count)]
    found = measured(table)
    assert found.share.value == pytest.approx(agreed)
    assert found.kappa.value == pytest.approx(kappa, abs=5e-4)
    assert found.kappa == found.pairs[0].kappa


@st.composite
def tables(draw: st.DrawFn, least: int = 2, most: int = 4) -> Table:
    annotators = draw(st.integers(least, most))
    answer = st.sampled_from([None, *"abcd"])
    return draw(st.lists(st.lists(answer, min_size=annotators, max_size=annotators), min_size=1, max_size=25))


def several(table: Table) -> Table:
    """The units with at least two answers."""
    return [row for row in table if sum(each is not None for each in row) > 1]


def values_of(table: Table) -> list[str]:
    return sorted({each for row in several(table) for each in row if each is not None})


@given(tables())
@settings(max_examples=examples(40), deadline=None)
def test_alpha_is_that_of_the_package(table: Table) -> None:
    found, values = measured(table), values_of(table)
    ordinal = measured(table, {each: place for place, each in enumerate("abcd")})
    if len(values) < 2:
        assert found.alpha == Figure(None, reason=of.ONE_VALUE if values else of.NO_ANSWERS)
        assert ordinal.alpha.value is None
        return
    assert found.alpha.value == pytest.approx(peer_alpha(several(table)), abs=1e-9)
    assert ordinal.alpha.value == pytest.approx(peer_alpha(several(table), "ordinal", "abcd"), abs=1e-9)
    for each in found.values:
        apart = [[name and ("x" if name == each.value else "y") for name in row] for row in several(table)]
        assert each.alpha.value == pytest.approx(peer_alpha(apart), abs=1e-9)
        pairs = [
            pair for row in table for pair in combinations(filter(None, row), 2) if each.value in pair
        ]  # each pair of answers counts for both sides
        same = sum(2 for pair in pairs if pair[0] == pair[1])
        assert each.share.value == pytest.approx(same / sum(pair.count(each.value) for pair in pairs), abs=1e-12)


@given(tables())
@settings(max_examples=examples(25), deadline=None)
def test_two_values_taken_as_one_give_the_alpha_that_is_foretold(table: Table) -> None:
    found, values = measured(table), values_of(table)
    told = {(one, other): value for one, other, value in found.merged}
    for one, other in combinations(values, 2):
        if len(values) > 2:
            value = peer_alpha([[one if each == other else each for each in row] for row in several(table)])
            raises = value > (found.alpha.value or 0) + 1e-9
            assert raises == ((one, other) in told) or abs(value - (found.alpha.value or 0)) < 1e-9
            assert told.get((one, other), value) == pytest.approx(value, abs=1e-9)
    assert [each[2] for each in found.merged] == sorted((each[2] for each in found.merged), reverse=True)


@pytest.mark.slow
@given(tables(2, 3))
@settings(max_examples=examples(30), deadline=None)
def test_kappa_is_that_of_the_package(table: Table) -> None:
    from sklearn.metrics import cohen_kappa_score

    found = measured(table)
    for each, (one, other) in zip(found.pairs, combinations(range(len(table[0])), 2), strict=True):
        both = [(row[one], row[other]) for row in table if row[one] is not None and row[other] is not None]
        assert each.units == len(both)
        if not both:
            assert each.share == each.kappa == Figure(None, reason=of.NOT_TOGETHER)
        elif len({name for pair in both for name in pair}) == 1:
            assert each.share.value == 1
            assert each.kappa == Figure(None, reason=of.ONE_VALUE)
        else:
            assert each.kappa.value == pytest.approx(cohen_kappa_score(*zip(*both, strict=True)), abs=1e-9)


@given(tables(3, 5))
@settings(max_examples=examples(25), deadline=None)
def test_fleiss_kappa_is_his_formula(table: Table) -> None:
    found, full = measured(table), [row for row in table if None not in row]
    annotators = len(table[0])
    if not several(table):
        assert found.kappa == Figure(None, reason=of.NO_ANSWERS)
    elif not full:
        assert found.kappa == Figure(None, reason=of.NOT_ALL)
    else:
        shares = [sum([row.count(each) for row in full]) / annotators / len(full) for each in "abcd"]
        agreed = [
            sum(row.count(each) * (row.count(each) - 1) for each in "abcd") / annotators / (annotators - 1)
            for row in full
        ]
        by_chance = sum(each**2 for each in shares)
        if by_chance > 1 - 1e-12:
            assert found.kappa == Figure(None, reason=of.ONE_VALUE)
        else:
            value = (sum(agreed) / len(full) - by_chance) / (1 - by_chance)
            assert found.kappa.value == pytest.approx(value, abs=1e-9)


def test_what_is_not_defined_says_why() -> None:
    nobody = measured(columns("a.b", "..."))
    assert nobody.share == nobody.alpha == nobody.kappa == Figure(None, reason=of.NO_ANSWERS)
    assert (nobody.units, nobody.answers, nobody.values, nobody.merged) == (0, 0, (), ())
    alike = measured(columns("aaaaaa", "aaaaaa", "aaaaaa"), samples=50)
    assert alike.share == Figure(1.0)  # no sample could show anything else: there is no interval
    assert alike.alpha == alike.kappa == alike.pairs[0].kappa == Figure(None, reason=of.ONE_VALUE)
    assert alike.values[0].alpha == Figure(None, reason=of.ONE_VALUE)
    apart = measured(columns("aab", ".ab", "b.."))
    assert apart.kappa == Figure(None, reason=of.NOT_ALL)
    assert apart.pairs[2].kappa == Figure(None, reason=of.NOT_TOGETHER)


def test_an_interval_is_drawn_from_articles_and_the_same_each_time() -> None:
    table = columns("abcd" * 20, "abcd" * 10 + "badc" * 10)
    found = measured(table, samples=400)
    assert found == measured(table, samples=400)
    assert found.share.value == 0.5
    assert found.share.low is not None
    assert found.share.high is not None
    spread = 1.96 * math.sqrt(0.25 / 80)  # of 80 throws of a coin
    assert found.share.low == pytest.approx(0.5 - spread, abs=0.03)
    assert found.share.high == pytest.approx(0.5 + spread, abs=0.03)
    assert measured(table[:4], samples=400).share.low is None  # too few articles


def test_many_articles_are_drawn_in_bundles_and_rare_values_are_not_lost() -> None:
    chance = np.random.default_rng(3)
    names = [f"{each}" for each in chance.integers(0, 700, 1500)]  # some of them in one bundle alone
    table = [[name, name if place % 3 else f"other {place}"] for place, name in enumerate(names)]
    found = measured(table, samples=200)
    counts = Counter(name for row in table for name in row)
    apart = sum(2 for one, other in table if one != other) / 3000
    by_chance = sum(count * (3000 - count) for count in counts.values()) / 3000 / 2999
    assert found.alpha.value == pytest.approx(1 - apart / by_chance, abs=1e-9)  # the package would take 17 GB
    spread = 1.96 * math.sqrt(2 / 9 / 1500)
    assert found.share.high is not None
    assert found.share.high - found.share.low == pytest.approx(2 * spread, rel=0.25)  # type: ignore[operator]


def test_groups_are_measured_as_if_they_were_alone() -> None:
    table = columns("abcdabcdab", "abcdbbcdaa", "abcaabcdab")
    question, read = asked(table)
    groups = {"first": range(4), "rest": range(4, 10)}
    found = question.measured(read).of_groups([group_sums(groups, len(table))])
    for (share, alpha), members in zip(found, groups.values(), strict=True):
        alone = measured([table[each] for each in members])
        assert share.value == pytest.approx(alone.share.value, abs=1e-12)
        assert alpha.value == pytest.approx(alone.alpha.value, abs=1e-12)
