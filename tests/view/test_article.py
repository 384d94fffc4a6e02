"""The page of an article: its text cut at spans, its cards, its readings side by side, in a browser and as values."""

from pathlib import Path

import pytest

from stancebank.model import Span
from stancebank.starter.laying import lay, sample_files
from stancebank.view.article import make_article, prepare_article
from stancebank.view.collection import Collection, of_workspace
from stancebank.view.segments import Marked, TextLine, cut_text
from stancebank.workspace import open_workspace

LOCKS = "brenn-evening-post-2031-03-14-lock-stock"


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Collection:
    root = tmp_path_factory.mktemp("sample")
    lay(sample_files(), root)
    return of_workspace(open_workspace(root))


def at(begin: int, end: int) -> Span:
    return Span(begin=begin, end=end, fingerprint="")


def read(line: TextLine) -> list[tuple[str | None, dict[int, tuple[str, ...]]]]:
    return [(each.words, dict(each.layers)) for each in line.segments]


def test_a_text_is_cut_where_spans_begin_and_end(sample: Collection) -> None:
    article = sample.article(LOCKS)
    text = sample.shown(LOCKS).text
    assert text is not None
    first = text.split("\n")[0]
    marked = [
        Marked(at(0, 10), 0, "s1", "s1"),
        Marked(at(5, 15), 0, "s2", "s2"),
        Marked(at(5, 8), 1, "s1"),
        Marked(at(20, 25), 0, "s1", "… s1"),  # discontinuous
    ]
    line = next(cut_text(article, marked, ["title", "body"], text, {}))
    assert read(line) == [
        (first[:5], {0: ("s1",)}),
        (first[5:8], {0: ("s1", "s2"), 1: ("s1",)}),
        (first[8:10], {0: ("s1", "s2")}),
        (first[10:15], {0: ("s2",)}),
        (first[15:20], {}),
        (first[20:25], {0: ("s1",)}),
        (first[25:], {}),
    ]
    assert [each.shared for each in line.segments] == [0, 0, 1, 0, 0, 0, 0]
    assert [each.opens for each in line.segments if each.opens] == [
        ((0, "s1", "s1"),),
        ((0, "s2", "s2"),),
        ((0, "s1", "… s1"),),
    ]
    assert (line.number, line.zone) == (1, "title")


def test_only_excerpts_are_shown(sample: Collection) -> None:
    article = sample.article(LOCKS)
    text = sample.shown(LOCKS).text
    assert text is not None
    excerpts = {(3, 9): text[3:9], (7, 12): text[7:12], (20, 24): text[20:24]}
    first, *others = cut_text(article, [Marked(at(3, 24), 0, "s1")], ["title"], None, excerpts)
    assert read(first) == [
        (None, {}),
        (text[3:12], {0: ("s1",)}),
        (None, {0: ("s1",)}),
        (text[20:24], {0: ("s1",)}),
        (None, {}),
    ]
    assert {each.words for line in others for each in line.segments} == {None}
    assert len(others) + 1 == len(article.lines)


def test_the_whole_text_is_in_the_lines(sample: Collection) -> None:
    for name in sample.article_ids:
        shown = sample.shown(name)
        assert shown.text is not None
        for reading in prepare_article(sample, shown, whole=True).readings:
            lines = ["".join(each.words or "" for each in line.segments) for line in reading.lines]
            assert lines == [each for each in shown.text.split("\n") if each]


def test_cards_and_readings_of_the_sample(sample: Collection, tmp_path: Path) -> None:
    prepared = prepare_article(sample, sample.shown(LOCKS), whole=True)
    assert [each.name for each in prepared.readings] == ["gold", "annotator-1", "annotator-2", "annotator-3"]
    gold = prepared.readings[0]
    card = gold.cards[2]
    assert (card.token, card.who, card.label, card.what) == ("s3", "Mirel Tavos", "reject", "Open a waterway")
    assert card.is_conditional
    assert card.copies == ("s1",)
    assert gold.cards[0].same == "s3"
    assert {each.name: each.words for each in card.rows}["only if"] == (
        "until Qasira apologises for the shots at our keeper’s house"
    )
    assert [each.token for each in prepared.units if each.is_gold] == [each.token for each in gold.cards]
    assert {len(each.readings) for each in prepared.units} == {3}
    page = make_article(sample, LOCKS)
    assert page == make_article(sample, LOCKS)
    ids = [each.split('"')[0] for each in page.split(' id="')[1:]]
    assert len(ids) == len(set(ids))
    assert f"article-{LOCKS}-s3" in ids
