"""How far annotators agree: with two readings as `compare` counts, with more by the definitions of each level."""

import warnings
from itertools import combinations

import krippendorff
import msgspec
import numpy as np
import pytest
from tests.agreement.readers import LABELS, SCHEME, Errors, read_articles, span
from tests.conftest import REPO

from stancebank.agreement.compare import compare
from stancebank.agreement.figures import AgreementReport, FieldAgreement
from stancebank.agreement.report import MIXED, NO_STRETCHES, NOTHING_FOUND, POSITION, measure_agreement
from stancebank.agreement.units import align_conditions_of
from stancebank.model import ArticleReadings, Condition, Pending
from stancebank.starter.laying import lay, sample_files
from stancebank.workspace import Workspace, open_workspace

PEOPLE = ("annotator-1", "annotator-2", "annotator-3")


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    root = tmp_path_factory.mktemp("sample")
    lay(sample_files(), root)
    return open_workspace(root)


@pytest.fixture(scope="module")
def readings(sample: Workspace) -> list[ArticleReadings]:
    return list(sample.store.readings())


@pytest.mark.slow
@pytest.mark.parametrize("pair", list(combinations(range(3), 2)))
def test_two_readings_are_counted_as_by_a_comparison(
    sample: Workspace, readings: list[ArticleReadings], pair: tuple[int, int]
) -> None:
    two = [ArticleReadings(each.article_id, tuple(each.documents[who] for who in pair)) for each in readings]
    report = measure_agreement(two, sample.scheme, samples=0)
    tallies = compare([(each.documents[0], each.documents[1]) for each in two], sample.scheme).tallies
    fields = {each.name: each for each in report.fields}
    assert fields.keys() - tallies.keys() == {POSITION}
    for name, tally in tallies.items():
        assert fields[name].share.value == pytest.approx(tally.share, abs=1e-12), name
        if fields[name].kappa.value is not None:
            assert fields[name].kappa.value == pytest.approx(tally.kappa, abs=1e-12), name
    assert [each.level for each in report.fields] == sorted(each.level for each in report.fields)


@pytest.mark.slow
def test_three_readings_of_the_sample(sample: Workspace, readings: list[ArticleReadings]) -> None:
    report = measure_agreement(readings, sample.scheme, samples=100)
    assert report.annotators == PEOPLE
    assert report.articles == 15
    label = next(each for each in report.fields if each.name == sample.scheme.label.title)
    assert label.level == 4
    assert label.alpha.low is not None
    assert label.alpha.low < label.alpha.value < label.alpha.high  # type: ignore[operator]
    assert report == measure_agreement(iter(readings), sample.scheme, samples=100)


def field(report: AgreementReport, name: str) -> FieldAgreement:
    return next(each for each in report.fields if each.name == name)


LABEL = SCHEME.label.title


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.0, 0.15, 0.5])
def test_planted_errors_are_found_as_planted(share: float) -> None:
    """Of labels that are drawn evenly, two agree if neither errs, or both err to the same; the rest is chance."""
    planted = Errors(label=share, name=0, bounds=0, missed=0)
    report = measure_agreement(read_articles(60, errors=planted), SCHEME, samples=200)
    values = len(LABELS)
    agreed = (1 - share) ** 2 + share**2 / (values - 1)
    found = field(report, LABEL)
    assert found.units == 60 * 12
    assert found.share.value == pytest.approx(agreed, abs=0.03)
    for figure in (found.alpha, found.kappa):
        assert figure.value == pytest.approx((agreed - 1 / values) / (1 - 1 / values), abs=0.03)
    assert report.whole.value == pytest.approx((1 - share) ** 3 + share**3 / (values - 1) ** 2, abs=0.03)
    if share:
        low, high = found.share.low, found.share.high
        assert low is not None
        assert high is not None
        assert low - (high - low) / 4 < agreed < high + (high - low) / 4
    else:
        assert found.alpha.value == 1
        assert report.whole.value == 1
    for each in report.fields:
        if each.name not in (LABEL, "whole record"):
            assert each.share.value in (1, None), each.name


@pytest.mark.slow
def test_what_is_planted_in_one_question_is_found_in_that_question() -> None:
    missed = measure_agreement(read_articles(40, errors=Errors(0, 0, 0, missed=0.2)), SCHEME, samples=0)
    assert field(missed, "statement").share.value == pytest.approx(0.8, abs=0.03)  # F1 of 2 * .64 / (2 * .64 + .32)
    assert field(missed, "statement").confusions[0].places[0].statements.keys() == {"reader-1", "reader-2", "reader-3"}
    assert field(missed, LABEL).alpha.value == 1
    bounds = measure_agreement(read_articles(40, errors=Errors(0, 0, bounds=0.5, missed=0)), SCHEME, samples=0)
    assert field(bounds, "statement").share.value == 1
    assert field(bounds, "content").share.value == pytest.approx(0.5, abs=0.04)
    of_a_shorter_one = 2 * 65 / (65 + 80)
    assert field(bounds, "content overlap").share.value == pytest.approx((1 + of_a_shorter_one) / 2, abs=0.015)


def test_positions_are_measured_as_if_each_were_a_unit(sample: Workspace, readings: list[ArticleReadings]) -> None:
    found = field(measure_agreement(readings[:2], sample.scheme, samples=0), POSITION)
    inside = []
    for each in readings[:2]:
        table = np.zeros((3, max(end for _, end in each.annotated)))
        for row, document in zip(table, each.documents, strict=True):
            for each_span in (one for statement in document.statements for one in statement.content):
                row[each_span.begin : each_span.end] = 1
        inside += [table[:, begin:end] for begin, end in each.annotated]
    data = np.concatenate(inside, axis=1)
    assert found.units == data.shape[1]
    assert found.alpha.value == pytest.approx(
        krippendorff.alpha(reliability_data=data, level_of_measurement="nominal"), abs=1e-9
    )


@pytest.mark.slow
def test_one_article_is_measured_as_if_it_were_alone(sample: Workspace, readings: list[ArticleReadings]) -> None:
    report = measure_agreement(readings, sample.scheme, samples=0)
    for each, article in list(zip(readings, report.by_article, strict=True))[:3]:
        alone = measure_agreement([each], sample.scheme, samples=0)
        assert article.name == each.article_id
        assert article.shares.keys() == {field.name for field in alone.fields}
        for field_alone in alone.fields:
            assert article.shares[field_alone.name].value == pytest.approx(field_alone.share.value, abs=1e-12)
            alpha, expected = article.alphas[field_alone.name], field_alone.alpha
            assert alpha.reason == expected.reason, field_alone.name
            assert alpha.value == pytest.approx(expected.value, abs=1e-12), field_alone.name


def test_articles_are_grouped_by_guidelines_and_month() -> None:
    readings = [*read_articles(8), *read_articles(8, first=8, guidelines="1.1")]
    one, *rest = readings[0].documents
    mixed = (
        msgspec.structs.replace(one, guideline_version="2"),
        *rest,
    )
    report = measure_agreement([ArticleReadings("article-000000", mixed), *readings[1:]], SCHEME, samples=50)
    assert [(each.name, each.articles) for each in report.by_guidelines] == [("1.0", 7), ("1.1", 8), (MIXED, 1)]
    assert report.by_guidelines[1].alphas[LABEL].low is not None
    assert report.by_guidelines[2].alphas[LABEL].low is None
    assert [each.name for each in report.by_month][:2] == ["2031-01", "2031-02"]
    assert [each.articles for each in report.by_month] == [2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1]


def test_annotators_who_share_no_article_are_no_pair() -> None:
    first, second = read_articles(2, annotators=4)
    halves = [
        ArticleReadings(first.article_id, first.documents[:2], first.annotated),
        ArticleReadings(second.article_id, second.documents[2:], second.annotated),
    ]
    report = measure_agreement(halves, SCHEME, samples=0)
    assert report.annotators == ("reader-1", "reader-2", "reader-3", "reader-4")
    assert [(each.one, each.other) for each in field(report, LABEL).pairs] == [
        ("reader-1", "reader-2"),
        ("reader-3", "reader-4"),
    ]
    assert field(report, LABEL).kappa.reason == "no unit was answered by all annotators"
    assert field(report, LABEL).alpha.value is not None


def test_nothing_to_measure_says_so() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report = measure_agreement([], SCHEME)
        alone = measure_agreement([ArticleReadings("a", next(read_articles(1)).documents[:1])], SCHEME)
        empty = measure_agreement(read_articles(6, statements=0), SCHEME)
    assert report == alone
    assert report.articles == 0
    assert empty.articles == 6
    for each in (report, empty):
        assert each.whole.reason == NOTHING_FOUND
        assert {field.share.value for field in each.fields} == {None}
        assert all(field.share.reason and field.alpha.reason and field.kappa.reason for field in each.fields)
    assert field(report, POSITION).alpha.reason == NO_STRETCHES


def test_a_field_that_waits_is_no_answer(readings: list[ArticleReadings], sample: Workspace) -> None:
    one, other, third = readings[0].documents
    waiting = tuple(
        Pending(statement=each.id, level="statement", field=sample.scheme.label.name, question="Which?", step=1)
        for each in one.statements
    )
    documents = (msgspec.structs.replace(one, pending=waiting), other, third)
    found = measure_agreement([ArticleReadings(readings[0].article_id, documents)], sample.scheme, samples=0)
    without = ArticleReadings(readings[0].article_id, documents[1:])
    two = measure_agreement([without], sample.scheme, samples=0)
    assert field(found, sample.scheme.label.title).share == field(two, sample.scheme.label.title).share
    assert field(found, "target").answers > field(found, sample.scheme.label.title).answers


@pytest.mark.parametrize("name", ["minimal", "other_domain"])
def test_other_schemes_have_their_own_questions(name: str) -> None:
    scheme = open_workspace(REPO / "tests" / name).scheme
    report = measure_agreement([], scheme)
    levels = {each.name: each.level for each in report.fields}
    assert levels[scheme.label.title] == 4
    assert ("condition" in levels) == scheme.has_conditions
    assert ("same as" in levels) == scheme.has_repetitions


def test_conditions_of_three_readings_are_aligned_together() -> None:
    """Who marks one condition as two does not tear apart what the others hold as one."""

    def conditions(*bounds: tuple[int, int]) -> list[Condition]:
        return [Condition(id="c", spans=(span(*each),), role="if", fields={"kind": "talks"}) for each in bounds]

    one, halves, other = conditions((0, 40), (60, 80)), conditions((0, 18), (19, 40)), conditions((60, 80), (0, 40))
    for order, expected in (
        ((one, halves, other), {(0, 1, 1), (None, 0, None), (1, None, 0)}),
        ((halves, other, one), {(1, 1, 0), (0, None, None), (None, 0, 1)}),
    ):
        assert set(align_conditions_of(order, SCHEME)) == expected
    assert set(align_conditions_of([one, other], SCHEME)) == {(0, 1), (1, 0)}
