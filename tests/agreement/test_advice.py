"""What a report on agreement advises: the right numbers, and why there are none."""

from dataclasses import replace

import pytest
from tests.agreement.test_weaknesses import field, pair, report

from stancebank.agreement.advice import MergeAdvice, advise_merging, advise_sample, find_disagreements
from stancebank.agreement.figures import Confusion, Figure, Occurrence

THREE = (("offer", 40), ("open", 40), ("reject", 120))


def test_two_values_are_merged_in_advice_where_alpha_rises_beyond_its_interval() -> None:
    merged = ("open", "reject", 0.7), ("offer", "open", 0.81)
    asked = field(answers=THREE, alpha=Figure(0.66, 0.6, 0.72), merged=merged)
    assert advise_merging(report(asked)) == [MergeAdvice("stance", "offer", "open", 0.66, 0.81)]


@pytest.mark.parametrize(
    ("alpha", "answers", "merged"),
    [
        (Figure(0.66, 0.5, 0.82), THREE, 0.81),  # within the interval
        (Figure(0.66, 0.64, 0.67), THREE, 0.69),  # too little
        (Figure(0.66), THREE, 0.81),  # no interval
        (Figure(None, reason="none"), THREE, 0.81),
        (Figure(0.66, 0.6, 0.72), (("offer", 80), ("open", 120)), 0.81),  # nothing would be left to tell apart
    ],
)
def test_no_two_values_are_merged_in_advice_otherwise(
    alpha: Figure, answers: tuple[tuple[str, int], ...], merged: float
) -> None:
    assert advise_merging(report(field(answers=answers, alpha=alpha, merged=(("offer", "open", merged),)))) == []


def test_an_interval_of_twice_the_width_needs_four_times_the_articles() -> None:
    wide, narrow = field("wide", alpha=Figure(0.6, 0.5, 0.7)), field("narrow", alpha=Figure(0.6, 0.56, 0.64))
    first, second = advise_sample(report(wide, narrow))  # of ten articles
    assert (first.more, round(first.half_width or 0, 4)) == (30, 0.1)
    assert (second.more, round(second.half_width or 0, 4)) == (0, 0.04)
    assert advise_sample(report(wide), wanted=0.02)[0].more == 240


def test_what_cannot_be_said_of_the_sample_has_a_reason() -> None:
    (few,) = advise_sample(report(field(alpha=Figure(0.6))))
    assert (few.more, few.half_width, few.reason) == (None, None, "too few articles have such answers for an interval")
    (alike,) = advise_sample(report(field(alpha=Figure(1.0))))
    assert (alike.more, "agree in all articles" in alike.reason) == (None, True)
    (first,) = advise_sample(replace(report(field(alpha=Figure(1.0))), articles=4))
    assert (first.more, first.reason) == (None, "an interval needs 5 articles that two have read")
    assert advise_sample(report(field(alpha=Figure(None, reason="all answers are the same")))) == []


def occurrence(article: str, begin: int = 0, **statements: str | None) -> Occurrence:
    return Occurrence(article, statements, begin, begin + 9)


def test_the_rarer_two_annotators_differ_the_more_a_disagreement_tells() -> None:
    """x and y differ in one of eight answers, x and z in one of two: three bits, and one."""
    pairs = pair("x", "y", 0.875), pair("x", "z", 0.5), pair("y", "z", 0.5)
    seen = occurrence("first", x="s1", z="s1"), occurrence("second", x="s2", y="s2")
    found = find_disagreements(report(field(pairs=pairs, confusions=(Confusion("a", "b", 2, seen),))))
    assert [(each.article_id, each.bits) for each in found] == [("second", 3.0), ("first", 1.0)]


def test_a_statement_that_differs_in_several_questions_is_one_disagreement_with_the_bits_of_all() -> None:
    stance = field(share=0.875, confusions=(Confusion("a", "b", 1, (occurrence("one", 5, x="s1", y="s2"),)),))
    found = Confusion("yes", "–", 1, (occurrence("one", 0, x="s1", y="s2", z=None),))
    others = Confusion("c", "d", 1, (occurrence("one", 40, x="s3", y="s3"),))
    target = field("target", 0.75, confusions=(found, others))
    first, second = find_disagreements(report(stance, target))
    assert (first.fields, first.statements) == (("stance", "target"), {"x": "s1", "y": "s2", "z": None})
    assert (first.begin, first.end, first.bits) == (0, 14, 5.0)  # 3 for one in eight, 2 for one in four
    assert (second.fields, second.bits) == (("target",), 2.0)
    assert find_disagreements(report(stance, target), most=1) == [first]
    assert find_disagreements(report(field())) == []
