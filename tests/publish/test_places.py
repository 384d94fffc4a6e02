"""Places: words of a prediction lead to one place, and every place has words that lead to it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stancebank.corpus.passages import Passage
from stancebank.errors import InputError
from stancebank.publish.places import Places, Wanted
from stancebank.text import line_bounds, normalise, trim

TEXT = "He says the talks, the “Talks”, are off.\nskipped talks\nThe two talk."
PASSAGES = [Passage("a/p1", 1, 0, 40, "body"), Passage("a/p3", 3, 55, 68, "body")]

texts = st.text(alphabet="aAbß ’'“\u00a0\u0308é🙅🏽\u200d♀️ا\nΣς", min_size=1, max_size=40).map(normalise)


def passages_of(text: str) -> list[Passage]:
    bounds = [(line, *trim(text, *each)) for line, each in enumerate(line_bounds(text), 1)]
    return [Passage(f"a/p{line}", line, begin, end, "body") for line, begin, end in bounds if begin < end]


@settings(max_examples=400, deadline=None)
@given(texts, st.data())
def test_the_words_of_a_place_lead_back_to_it(text: str, data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(begin + 1, len(text)))
    places = Places(text, passages_of(text))
    assert places.find(places.quote(begin, end)) == (begin, end)


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
    ],
)
def test_a_span_finds_its_place(wanted: Wanted, words: str, begin: int) -> None:
    found = Places(TEXT, PASSAGES).find(wanted)
    assert (found[0], TEXT[found[0] : found[1]]) == (begin, words)


@pytest.mark.parametrize(
    ("wanted", "fault"),
    [
        ("talks", "stands 2 times in the annotated zones"),
        ("skipped", "does not stand in the annotated zones"),
        ({"quote": "talks", "line": 2}, "does not stand on line 2"),
        ({"quote": "talks", "line": 1}, "stands 2 times on line 1"),
        ({"quote": "talks", "line": 1, "occurrence": 3}, "stands 2 times on line 1, not 3"),
        ({"quote": "off.\nskipped"}, "does not stand"),
        ({"quote": " "}, "does not stand"),
        ({"begin": 60, "end": 69}, "no stretch of 68"),
    ],
)
def test_a_span_without_one_place_is_refused(wanted: Wanted, fault: str) -> None:
    with pytest.raises(InputError, match=fault):
        Places(TEXT, PASSAGES).find(wanted)
