"""Weaknesses are named where they were planted, and nowhere else."""

from dataclasses import replace

import pytest
from tests.agreement.planted import ALL_FOUR, NONE, Planted, draw_readings
from tests.conftest import OWN_SCHEMA, SWEEP

from stancebank.agreement.figures import (
    AgreementReport,
    Confusion,
    FieldAgreement,
    Figure,
    Occurrence,
    PairAgreement,
    ValueAgreement,
)
from stancebank.agreement.report import measure_agreement
from stancebank.agreement.weaknesses import Weakness, find_annotators, find_fields, find_values
from stancebank.annotate.agreement import closed_questions
from stancebank.schema.fields import load_scheme

SCHEME = load_scheme(OWN_SCHEMA)
CLOSED = closed_questions(SCHEME)
SEEDS = range(20) if SWEEP else range(1)
SAMPLES = 100  # of the intervals


def found(planted: Planted, seed: int, articles: int = 15) -> list[Weakness]:
    """What stands out: annotators first, then values and questions without them."""
    readings = draw_readings(SCHEME, planted, seed, articles)
    report = measure_agreement(readings, SCHEME, samples=SAMPLES)
    annotators = find_annotators(report)
    if names := {name for each in annotators for name in each.names}:
        kept = [
            replace(each, documents=tuple(d for d in each.documents if d.annotator not in names)) for each in readings
        ]
        report = measure_agreement(kept, SCHEME, samples=SAMPLES)
    values = find_values(report, CLOSED)
    return [*annotators, *values, *find_fields(report, values)]


def named(weaknesses: list[Weakness]) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(each.kind, each.field, each.names) for each in weaknesses]


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_two_confused_labels_an_ambiguous_question_and_a_careless_annotator_are_named_and_nothing_else(
    seed: int,
) -> None:
    for planted in (ALL_FOUR, *((replace(ALL_FOUR, careful=2), replace(ALL_FOUR, careful=4)) if SWEEP else ())):
        assert named(found(planted, seed)) == [
            ("annotator", "", ("careless",)),
            ("values", "stance", ("offer", "open")),
            ("field", "force", ()),
        ]


@pytest.mark.parametrize("seed", SEEDS)
def test_of_noise_alone_nothing_is_named(seed: int) -> None:
    """Few slips and many, evenly to all other values and mostly to common ones."""
    noises = [replace(NONE, slips=0.08, even=False)]
    if SWEEP:
        noises += [NONE, replace(NONE, slips=0.08), replace(NONE, slips=0.2, careful=4), replace(NONE, careful=2)]
    for noise in noises:
        assert found(noise, seed + 100) == []


@pytest.mark.parametrize(
    ("planted", "wanted"),
    [
        (replace(NONE, careful=2, confused=("deny", "doubt")), [("values", "stance", ("deny", "doubt"))]),
        (replace(NONE, careful=2, random_field="scope type"), [("field", "scope type", ())]),
    ],
)
def test_two_annotators_are_enough_for_values_and_questions(
    planted: Planted, wanted: list[tuple[str, str, tuple[str, ...]]]
) -> None:
    assert named(found(planted, 3)) == wanted


def test_with_two_annotators_nobody_can_say_who_is_careless() -> None:
    assert "annotator" not in {each.kind for each in found(replace(NONE, careful=1, careless=0.3), 1)}


def said(weakness: Weakness) -> tuple[str, str, tuple[str, ...], float, float, int]:
    shares = round(weakness.share, 4), round(weakness.usual, 4)
    return (weakness.kind, weakness.field, weakness.names, *shares, weakness.count)


def field(
    name: str = "stance",
    share: float = 0.9,
    pairs: tuple[PairAgreement, ...] = (),
    confusions: tuple[Confusion, ...] = (),
    answers: tuple[tuple[str, int], ...] = (("a", 100), ("b", 100)),
    alpha: Figure | None = None,
    merged: tuple[tuple[str, str, float], ...] = (),
) -> FieldAgreement:
    """A question that two annotators answered in a hundred units, unless there are more pairs."""
    values = tuple(ValueAgreement(value, count, Figure(None), Figure(None)) for value, count in answers)
    pairs = pairs or (pair("x", "y", share),)
    alpha = alpha or Figure(0.5, 0.4, 0.6)
    kinds = Figure(share), Figure(None), alpha, pairs, values, confusions, merged
    return FieldAgreement(name, 4, "nominal", 100, 200, *kinds)


def pair(one: str, other: str, share: float) -> PairAgreement:
    return PairAgreement(one, other, 100, Figure(share), Figure(None))


def report(*fields: FieldAgreement, annotators: tuple[str, ...] = ("x", "y")) -> AgreementReport:
    return AgreementReport(annotators, 10, {}, fields, Figure(None))


def places(articles: int) -> tuple[Occurrence, ...]:
    return tuple(Occurrence(f"article-{number}", {"x": "s1", "y": "s1"}, 0, 9) for number in range(articles))


def test_how_often_each_of_three_errs_is_solved_from_how_often_two_differ() -> None:
    """x and y err in 5 %, z in 35 %: two differ as often as the sum of both."""
    shares = pair("x", "y", 0.9), pair("x", "z", 0.6), pair("y", "z", 0.6)
    (weakness,) = find_annotators(
        report(*(field(name, pairs=shares) for name in ("one", "two", "three")), annotators=("x", "y", "z"))
    )
    assert said(weakness) == ("annotator", "", ("z",), 0.4, 0.1, 240)


def test_who_errs_far_more_in_one_question_of_three_is_not_named() -> None:
    even = pair("x", "y", 0.9), pair("x", "z", 0.9), pair("y", "z", 0.9)
    uneven = pair("x", "y", 0.9), pair("x", "z", 0.2), pair("y", "z", 0.2)
    fields = field("one", pairs=even), field("two", pairs=even), field("three", pairs=uneven)
    assert find_annotators(report(*fields, annotators=("x", "y", "z"))) == []


FOUR = (("a", 50), ("b", 50), ("c", 50), ("d", 50))


def test_two_values_are_named_where_most_differences_are_between_them() -> None:
    """Of 20 differences, 18 are between a and b. Each two of four equal values have a sixth of them by chance."""
    confusions = Confusion("a", "b", 18, places(6)), Confusion("c", "d", 2, places(2))
    (weakness,) = find_values(report(field(confusions=confusions, answers=FOUR)), {"stance"})
    assert said(weakness) == ("values", "stance", ("a", "b"), 0.9, 0.1667, 18)


def test_two_values_are_not_named_for_a_few_articles_few_cases_open_questions_or_two_values_alone() -> None:
    confusions = Confusion("a", "b", 18, places(2)), Confusion("c", "d", 2, places(2))
    assert find_values(report(field(confusions=confusions, answers=FOUR)), {"stance"}) == []
    few = Confusion("a", "b", 4, places(4)), Confusion("c", "d", 1, places(1))
    assert find_values(report(field(confusions=few, answers=FOUR)), {"stance"}) == []
    many = Confusion("a", "b", 18, places(6)), Confusion("c", "d", 2, places(2))
    assert find_values(report(field(confusions=many, answers=FOUR)), {"target"}) == []
    assert find_values(report(field(confusions=(Confusion("a", "b", 18, places(6)),))), {"stance"}) == []


def test_a_question_is_named_for_differences_that_the_others_have_not() -> None:
    fields = field("one", 0.95), field("two", 0.95), field("three", 0.7)
    (weakness,) = find_fields(report(*fields))
    assert said(weakness) == ("field", "three", (), 0.3, 0.05, 30)


def test_a_question_is_not_named_where_alpha_may_be_good_or_a_named_pair_explains_it() -> None:
    others = field("one", 0.95), field("two", 0.95)
    assert find_fields(report(*others, field("three", 0.7, alpha=Figure(0.7, 0.6, 0.85)))) == []
    explained = [Weakness("values", "three", ("a", "b"), 0.9, 0.1, 26)]
    assert find_fields(report(*others, field("three", 0.7)), explained) == []
    assert find_fields(report(*others, field("three", 0.7, answers=(("a", 200),)))) == []  # nearly always one answer
