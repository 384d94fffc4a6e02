"""Selectors: each leads to one place, and every place has a selector that leads to it."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import examples

from stancebank.corpus.selectors import Passage, Selector, TextIndex, read_selector
from stancebank.errors import InputError
from stancebank.text import line_bounds, normalise, trim

TEXT = "He says the talks, the “Talks”, are off.\nskipped talks\nThe two talk."
PASSAGES = [Passage("a/p1", 1, 0, 40, "body"), Passage("a/p3", 3, 55, 68, "body")]

texts = st.text(alphabet="aAbß ’'“\u00a0\u0308é🙅🏽\u200d♀️ا\nΣς", min_size=1, max_size=40).map(normalise)


def passages_of(text: str) -> list[Passage]:
    bounds = [(line, *trim(text, *each)) for line, each in enumerate(line_bounds(text), 1)]
    return [Passage(f"a/p{line}", line, begin, end, "body") for line, begin, end in bounds if begin < end]


@pytest.mark.slow
@settings(max_examples=examples(400), deadline=None)
@given(texts, st.data())
def test_the_words_of_a_place_lead_back_to_it(text: str, data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(begin + 1, len(text)))
    for index in (TextIndex.of_passages(text, passages_of(text)), TextIndex.of_lines(text)):
        for line in (None, text.count("\n", 0, begin) + 1, 1):
            selector = index.quote(begin, end, line)
            assert index.find(read_selector(selector.to_json()), line) == (begin, end)


@pytest.mark.parametrize(
    ("wanted", "words", "begin"),
    [
        ("are off", "are off", 32),
        ("HE SAYS", "He says", 0),
        ({"quote": "talks", "occurrence": 1}, "talks", 12),
        ({"quote": '"talks"', "line": 1}, "“Talks”", 23),
        ({"quote": "the", "occurrence": 3}, "The", 55),
        ({"quote": "the", "line": 3}, "The", 55),
        ({"quote": "talk", "line": None, "occurrence": None}, "talk", 63),
        ({"quote": "he", "line": 1}, "He", 0),
        ({"quote": "wo", "line": 3}, "wo", 60),
        ({"begin": 8, "end": 17}, "the talks", 8),
        ({"exact": "talks", "prefix": "says the "}, "talks", 12),
        ({"exact": "talks", "suffix": '", are'}, "Talks", 24),
        ({"exact": "the", "prefix": "talks, ", "suffix": " “Talks”"}, "the", 19),
        ({"exact": "talks", "prefix": "the", "occurrence": 1}, "talks", 12),
    ],
)
def test_a_selector_finds_its_place(wanted: Any, words: str, begin: int) -> None:
    found = TextIndex.of_passages(TEXT, PASSAGES).find(read_selector(wanted))
    assert (found[0], TEXT[found[0] : found[1]]) == (begin, words)


@pytest.mark.parametrize(
    ("wanted", "fault"),
    [
        (
            "talks",
            '"talks" occurs twice in the annotated zones. Hint: add "line", or "occurrence".\n    line 1, occurrence 1',
        ),
        ("skipped", '"skipped" does not occur in the annotated zones.'),
        (
            {"quote": "talks", "line": 2},
            '"talks" does not occur on line 2. It occurs on line 1, column 13; line 1, column 25.',
        ),
        (
            {"quote": "talks", "line": 1},
            '"talks" occurs twice on line 1. Hint: add "occurrence".\n    column 13, occurrence 1: ',
        ),
        ({"quote": "talks", "line": 1, "occurrence": 3}, '"talks" occurs twice on line 1, not 3 times.'),
        ({"quote": "talks", "line": 4}, "there is no line 4; the last one is 3."),
        ({"quote": "off.\nskipped"}, "does not occur"),
        ({"quote": " "}, "does not occur"),
        (
            {"exact": "talks", "prefix": "our"},
            '"talks" does not occur in the annotated zones with these words around it.',
        ),
        ({"begin": 60, "end": 69}, "[60, 69) is not a stretch of a text of 68 characters."),
    ],
)
def test_a_selector_without_one_place_is_refused(wanted: Any, fault: str) -> None:
    with pytest.raises(InputError) as caught:
        TextIndex.of_passages(TEXT, PASSAGES).find(read_selector(wanted))
    assert fault in str(caught.value)


def test_an_occurrence_on_a_line_counts_places_inside_longer_words_and_whole_words_need_none() -> None:
    index = TextIndex.of_lines("The one whom he saw, then.")
    assert index.find(Selector("he")) == (13, 15)
    assert index.find(Selector("he", occurrence=1)) == (1, 3)
    assert index.find(Selector("he", line=1, occurrence=3)) == (22, 24)
    assert index.quote(13, 15, line=1) == Selector("he", occurrence=2)


def test_many_places_are_not_all_listed() -> None:
    with pytest.raises(InputError) as caught:
        TextIndex.of_lines("so " * 9).find(Selector("so"), line=1)
    first, *places, more = str(caught.value).splitlines()
    assert first == '"so" occurs 9 times on line 1. Hint: add "occurrence".'
    assert [each.partition(":")[0] for each in places] == [
        f"    column {3 * n + 1}, occurrence {n + 1}" for n in range(8)
    ]
    assert more == "    and 1 more"


def test_each_place_of_words_is_listed_with_the_words_around_it() -> None:
    text = "The river\n\nIn the long dry autumn the ferries stay, and said the warden of Keth.\nShe said no."
    with pytest.raises(InputError) as caught:
        TextIndex.of_lines(text).find(Selector("said"))
    assert str(caught.value).splitlines() == [
        '"said" occurs twice in the text. Hint: add "line", or "occurrence".',
        "    line 3, occurrence 1: ...autumn the ferries stay, and said the warden of Keth.",
        "    line 4, occurrence 2: She said no.",
    ]


@pytest.mark.parametrize(
    ("wanted", "near", "begin"),
    [
        ("talks", [], 12),
        ("talks", [(20, 30)], 24),
        ("talks", [(55, 68), (20, 30)], 24),
        ({"quote": "talks", "line": 1}, [(20, 30)], 12),
        ({"quote": "talks", "occurrence": 2}, [(0, 18)], 24),
        ({"quote": "talks", "occurrence": 3}, [], None),
        ({"quote": "talks", "line": 9}, [], None),
        ("nobody", [], None),
        ({"begin": 60, "end": 69}, [], None),
        ({"begin": 60, "end": 68}, [], 60),
    ],
)
def test_the_likeliest_place_is_the_one_said_or_the_nearest_or_the_first(
    wanted: Any, near: list[tuple[int, int]], begin: int | None
) -> None:
    found = TextIndex.of_passages(TEXT, PASSAGES).find_nearest(read_selector(wanted), near)
    assert (found[0] if found else None) == begin


def test_where_the_text_is_not_at_hand_only_offsets_have_a_place() -> None:
    index = TextIndex.of_passages(None, [], length=68)
    assert index.find_nearest(Selector(begin=60, end=68)) == (60, 68)
    assert index.find_nearest(Selector(begin=60, end=69)) is None
    assert index.find_nearest(Selector("talks")) is None
    assert index.span(60, 68, 1).fingerprint == ""
