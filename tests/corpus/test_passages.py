"""Passages: every paragraph of the annotated zones, once, with an id that stays."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import OWN_SCHEMA

from stancebank.corpus.selectors import Passage, find_passages
from stancebank.model import Article, Line, Rights, Span, TextPolicy, Zone
from stancebank.text import fingerprint, sha256

ANNOTATED = ("title", "body")


def article_of(text: str, zones: list[tuple[int, int, str]]) -> Article:
    return Article(
        schema_version=OWN_SCHEMA.name,
        id="a",
        rights=Rights(holder="nobody", licence="CC0-1.0", text_policy=TextPolicy.FULL),
        raw_sha256=sha256(text),
        text_sha256=sha256(text),
        length=len(text),
        lines=(Line(begin=0, end=len(text), fingerprint=fingerprint(text)),),
        zones=tuple(Zone(begin=begin, end=end, zone=zone) for begin, end, zone in zones),
    )


def passages_of(text: str, zones: list[tuple[int, int, str]]) -> list[tuple[str, str, str]]:
    found = find_passages(article_of(text, zones), text, ANNOTATED)
    return [(each.id, each.zone, text[each.begin : each.end]) for each in found]


def test_a_passage_is_named_for_its_line_blank_ones_counted() -> None:
    assert passages_of("Head\n\n  One.  \nTwo.\n", [(0, 4, "title"), (6, 20, "body")]) == [
        ("a/p1", "title", "Head"),
        ("a/p3", "body", "One."),
        ("a/p4", "body", "Two."),
    ]


def test_two_passages_of_one_line_have_ids_of_their_own() -> None:
    text = "ESSA – They met. [Photo: X] They left."
    zones = [(0, 7, "dateline"), (7, 16, "body"), (17, 27, "boilerplate"), (28, 38, "body")]
    assert passages_of(text, zones) == [("a/p1", "body", "They met."), ("a/p1.2", "body", "They left.")]


def test_neighbouring_zones_of_one_kind_make_one_passage() -> None:
    assert passages_of("They met.", [(0, 4, "body"), (4, 9, "body")]) == [("a/p1", "body", "They met.")]
    assert passages_of("They met.", [(0, 4, "title"), (4, 9, "body")]) == [
        ("a/p1", "title", "They"),
        ("a/p1.2", "body", "met."),
    ]


@st.composite
def zoned_texts(draw: st.DrawFn) -> tuple[str, list[tuple[int, int, str]]]:
    text = draw(st.text(alphabet="ab \n\u00a0", max_size=40))
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=6)))
    names = st.sampled_from(["title", "body", "related"])
    return text, [(begin, end, draw(names)) for begin, end in pairwise(cuts)]


@pytest.mark.slow
@given(zoned_texts())
def test_passages_hold_all_that_is_annotated_and_nothing_else(zoned: tuple[str, list[tuple[int, int, str]]]) -> None:
    text, zones = zoned
    found = find_passages(article_of(text, zones), text, ANNOTATED)
    held = [place for each in found for place in range(each.begin, each.end)]
    assert len(set(held)) == len(held)
    wanted = {place for begin, end, zone in zones if zone in ANNOTATED for place in range(begin, end)}
    assert {place for place in wanted if not text[place].isspace()} <= set(held) <= wanted
    assert len({each.id for each in found}) == len(found)
    for each in found:
        words = text[each.begin : each.end]
        assert words == words.strip()
        assert words
        assert "\n" not in words
        assert text.count("\n", 0, each.begin) + 1 == each.line


@pytest.mark.parametrize(
    ("begin", "end", "begins", "holds"),
    [(5, 9, True, True), (5, 10, True, False), (4, 6, False, False), (9, 10, False, False)],
)
def test_a_passage_knows_which_spans_it_holds(begin: int, end: int, begins: bool, holds: bool) -> None:
    passage = Passage("a/p1", 1, 5, 9, "body")
    span = Span(begin=begin, end=end, fingerprint="0" * 16)
    assert (passage.begins(span), passage.holds(span)) == (begins, holds)
