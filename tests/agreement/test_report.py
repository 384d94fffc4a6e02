"""How far annotators agree: with two readings as `compare` counts, with more by the definitions of each level."""

from itertools import combinations

import pytest

from stancebank.agreement.compare import compare
from stancebank.agreement.report import POSITION, measure_agreement
from stancebank.model import ArticleReadings
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


def test_three_readings_of_the_sample(sample: Workspace, readings: list[ArticleReadings]) -> None:
    report = measure_agreement(readings, sample.scheme, samples=100)
    assert report.annotators == PEOPLE
    assert report.articles == 15
    label = next(each for each in report.fields if each.name == sample.scheme.label.title)
    assert label.level == 4
    assert label.alpha.low is not None
    assert label.alpha.low < label.alpha.value < label.alpha.high  # type: ignore[operator]
    assert report == measure_agreement(iter(readings), sample.scheme, samples=100)
