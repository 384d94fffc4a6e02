"""May an engine replace an annotator: the test of the paper, by hand, and on readings with planted errors."""

from dataclasses import replace
from random import Random

import msgspec
import pytest
from tests.agreement.readers import LABELS, SCHEME, Errors, read_articles
from tests.conftest import SWEEP

from stancebank.agreement.compare import NOTHING
from stancebank.agreement.replacing import Replacement, answer_units, may_replace, rejected
from stancebank.agreement.student import expanded_tail, one_sided_p, t_cdf, t_quantile
from stancebank.model import ArticleReadings, Statement


@pytest.mark.slow
def test_the_t_distribution_is_that_of_scipy() -> None:
    from scipy import stats

    for freedom in (1, 2, 4.5, 29, 400):
        for t in (-40.0, -2.3, -0.1, 0.0, 0.7, 1.96, 12.0):
            assert t_cdf(t, freedom) == pytest.approx(stats.t.cdf(t, freedom), rel=1e-10, abs=1e-300)
        assert t_quantile(0.025, freedom) == pytest.approx(stats.t.ppf(0.025, freedom), rel=1e-9)
    values = [1.0, 0.0, -1.0, 0.0, 0.0, -1.0, 0.0]
    assert one_sided_p(values, 0.15) == pytest.approx(stats.ttest_1samp(values, 0.15, alternative="less").pvalue)
    assert (one_sided_p([0.0, 0.0], 0.1), one_sided_p([1.0, 1.0], 0.1)) == (0.0, 1.0)
    assert expanded_tail(10) == pytest.approx(stats.norm.cdf(stats.t.ppf(0.025, 9) * (10 / 9) ** 0.5))
    assert expanded_tail(10**6) == pytest.approx(0.025, rel=1e-4)


def test_false_rejections_are_held_by_the_steps_of_benjamini_and_yekutieli() -> None:
    # three tests: the harmonic sum is 11/6, so that the limits are .00909, .01818 and .02727
    assert rejected({"a": 0.0090, "b": 0.02, "c": 0.5}) == {"a"}
    assert rejected({"a": 0.0100, "b": 0.0181, "c": 0.5}) == {"a", "b"}  # the second passes, and takes the first along
    assert rejected({"a": 0.0100, "b": 0.0190, "c": 0.0280}) == set()
    assert rejected({"a": 0.027, "b": 0.026, "c": 0.025}) == {"a", "b", "c"}
    assert rejected({}) == set()


def test_each_annotator_is_left_out_in_turn_and_held_against_the_engine() -> None:
    """Forty units: on the first four ben errs, on the next twelve the engine, on four more both do, each alone."""
    units = []
    for number in range(40):
        answers = dict.fromkeys(("anna", "ben", "cleo"), "offer")
        if number < 4 or 16 <= number < 20:
            answers["ben"] = "open"
        units.append((answers, "deny" if 4 <= number < 20 else "offer"))
    found = may_replace(units, epsilon=0.2)
    by_name = {each.annotator: each for each in found.contests}
    # left out, anna is closer on 4..19, where the engine errs
    assert (by_name["anna"].engine, by_name["anna"].person) == (24 / 40, 1.0)
    # ben is closer on 4..15, the engine on 0..3; on 16..19 neither agrees with anyone
    assert (by_name["ben"].engine, by_name["ben"].person) == (28 / 40, 36 / 40)
    differences = [-1.0] * 4 + [1.0] * 12 + [0.0] * 24
    assert by_name["ben"].p == pytest.approx(one_sided_p(differences, 0.2)) == pytest.approx(0.5)  # their mean is .2
    assert (found.units, found.winning_rate, found.may_replace) == (40, 0.0, False)
    assert found.advantage == pytest.approx((24 + 28 + 24) / 120)
    good = may_replace([(answers, "offer") for answers, _ in units], epsilon=0.1)
    assert (good.winning_rate, good.may_replace, good.reason) == (1.0, True, "")


@pytest.mark.parametrize(
    ("units", "said"),
    [
        ([], "no unit was answered by two"),
        ([({"anna": "offer"}, "offer")] * 50, "no unit was answered by two"),
        ([({"anna": "offer", "ben": "open"}, "offer")] * 50, "there are: anna 50, ben 50"),
        ([({"anna": "offer", "ben": "open", "cleo": "open"}, "open")] * 29, "there are: anna 29, ben 29, cleo 29"),
    ],
)
def test_with_too_few_people_or_units_it_is_not_applicable(units: list[tuple[dict[str, str], str]], said: str) -> None:
    found = may_replace(units)
    assert (found.may_replace, found.winning_rate, found.advantage) == (None, None, None)
    assert found.reason.startswith("3 annotators are needed who each answered 30 units beside another; ")
    assert found.reason.endswith(said)


def of_one_apart(seed: int, articles: int = 12) -> list[tuple[ArticleReadings, tuple[Statement, ...]]]:
    """Readings of three people, and that of a fourth who errs as they do: the engine."""
    found = read_articles(articles, 4, errors=Errors(label=0.12), seed=seed)
    return [(replace(each, documents=each.documents[:3]), each.documents[3].statements) for each in found]


def judged(seed: int, kind: str) -> Replacement:
    found = of_one_apart(seed)
    chance = Random(seed)
    if kind == "random":
        found = [
            (readings, tuple(relabelled(each, chance.choice(LABELS)) for each in statements))
            for readings, statements in found
        ]
    if kind == "silent":
        found = [(readings, ()) for readings, _ in found]
    return may_replace(answer_units(found, SCHEME))


def relabelled(statement: Statement, label: str) -> Statement:
    return msgspec.structs.replace(statement, fields={**statement.fields, SCHEME.label.name: label})


def test_an_engine_that_errs_as_people_do_may_replace_one_and_one_that_guesses_may_not() -> None:
    seeds = range(40) if SWEEP else range(3)
    good = [judged(seed, "as people") for seed in seeds]
    assert sum(each.may_replace is True for each in good) >= 0.9 * len(seeds)  # the power of so few units
    assert all(each.advantage and each.advantage > 0.75 for each in good)
    for kind in ("random", "silent"):
        for bad in (judged(seed, kind) for seed in seeds):
            assert (bad.may_replace, bad.winning_rate) == (False, 0.0)


def test_who_has_no_statement_answers_so_and_repetitions_do_not_count() -> None:
    ((readings, engine),) = of_one_apart(5, articles=1)
    units = answer_units([(readings, engine)], SCHEME)
    assert all(set(answers) == set(readings.annotators) for answers, _ in units)
    for name, document in zip(readings.annotators, readings.documents, strict=True):
        assert sum(answers[name] != NOTHING for answers, _ in units) == len(document.statements)
    assert sum(said != NOTHING for _, said in units) == len(engine)
    repeated = [
        msgspec.structs.replace(
            each, statements=tuple(msgspec.structs.replace(own, same_as="x") for own in each.statements)
        )
        for each in readings.documents
    ]
    assert answer_units([(ArticleReadings("a", tuple(repeated)), ())], SCHEME) == []
