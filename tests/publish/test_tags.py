"""Tags: two layers of BIO give back the spans that they keep, and what they lose is counted."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stancebank.model import Bounds
from stancebank.publish.card.statistics import measure_alignment
from stancebank.publish.tables.text import LAYERS, Placed, decode, encode, place_spans, span_labels
from stancebank.text import cuts_grapheme, normalise, tokenise
from tests.conftest import examples
from tests.publish.own import SCHEME

LABELS = tuple(span_labels(SCHEME))

texts = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="aB1 .,'’“\u00a0\u0308é\u0651\u200d🙅🏽♀️🇩🇪がก็한字بًا\u200c\r\t", max_size=50),
).map(lambda text: normalise(text).replace("\n", " "))


@st.composite
def spanned_texts(draw: st.DrawFn) -> tuple[str, list[Bounds]]:
    """Draw a paragraph and spans in it, that may cut tokens but touch one at least."""
    text = draw(texts.filter(lambda text: bool(tokenise(text))))
    place = st.integers(0, len(text))
    bounds = st.tuples(place, place).map(lambda pair: (min(pair), max(pair)))
    touching = bounds.filter(lambda pair: any(b < pair[1] and pair[0] < e for b, e in tokenise(text)))
    return text, draw(st.lists(touching, max_size=7))


@pytest.mark.slow
@settings(max_examples=examples(300), deadline=None)
@given(texts)
def test_tokens_hold_all_but_white_space_and_cut_no_character(text: str) -> None:
    tokens = tokenise(text)
    place = 0
    for begin, end in tokens:
        assert place <= begin < end
        assert not text[place:begin].strip()
        assert not cuts_grapheme(text, begin, end)
        place = end
    assert not text[place:].strip()


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("don't co-operate: 4,180 km²", "don|'|t|co|-|operate|:|4|,|180|km²"),
        ("Kon̈a’s 🙅🏽\u200d♀️, 🇩🇪🇫🇷", "Kon̈a|’|s|🙅🏽\u200d♀️|,|🇩🇪|🇫🇷"),
        ("“بابُنا مفتوحٌ” می\u200cخواهم", "“|بابُنا|مفتوحٌ|”|می\u200cخواهم"),
        ("我们不会谈 in 北京", "我|们|不|会|谈|in|北|京"),
        ("3\u202f000…!?", "3|000|…|!|?"),
        (" \u00a0", ""),
    ],
)
def test_words_are_tokens_and_every_other_character_is_one_of_its_own(text: str, tokens: str) -> None:
    assert "|".join(text[begin:end] for begin, end in tokenise(text)) == tokens


@pytest.mark.slow
@settings(max_examples=examples(400), deadline=None)
@given(spanned_texts())
def test_both_layers_give_back_exactly_the_spans_that_are_kept(drawn: tuple[str, list[Bounds]]) -> None:
    text, spans = drawn
    tokens = tokenise(text)
    placed = place_spans(tokens, spans)
    assert [each.bounds for each in placed] == sorted(set(spans))
    for layer in LAYERS:
        tags = encode("content", layer, placed, len(tokens))
        assert len(tags) == len(tokens)
        kept = [each for each in placed if each.layer == layer]
        assert decode(tags) == sorted(each.tokens for each in kept)
        for each in kept:
            reach = (tokens[each.tokens[0]][0], tokens[each.tokens[1] - 1][1])
            assert each.is_exact == (reach == each.bounds)
            assert reach[0] <= each.bounds[0] or not text[each.bounds[0] : reach[0]].strip()
            assert each.bounds[1] <= reach[1] or not text[reach[1] : each.bounds[1]].strip()


@pytest.mark.slow
@settings(max_examples=examples(300), deadline=None)
@given(spanned_texts())
def test_a_span_is_in_the_second_layer_or_dropped_only_where_longer_or_earlier_ones_are_in_its_way(
    drawn: tuple[str, list[Bounds]],
) -> None:
    text, spans = drawn
    placed = place_spans(tokenise(text), spans)

    def is_before(one: Placed, other: Placed) -> bool:
        length = one.tokens[1] - one.tokens[0], other.tokens[1] - other.tokens[0]
        return (-length[0], one.tokens, one.bounds) < (-length[1], other.tokens, other.bounds)

    for each in placed:
        in_the_way = {
            other.layer
            for other in placed
            if other.tokens[0] < each.tokens[1] and each.tokens[0] < other.tokens[1] and is_before(other, each)
        }
        free = [layer for layer in LAYERS if layer not in in_the_way]
        assert each.layer == (free[0] if free else None)


def test_a_nested_span_stands_in_the_second_layer_and_a_third_one_is_dropped() -> None:
    tokens = tokenise("a b c d e f")
    placed = place_spans(tokens, [(0, 11), (2, 7), (6, 9), (10, 11)])
    assert [(each.bounds, each.layer) for each in placed] == [((0, 11), 1), ((2, 7), 2), ((6, 9), None), ((10, 11), 2)]
    assert encode("cue", 2, placed, 6) == ["O", "B-cue", "I-cue", "I-cue", "O", "B-cue"]


def test_neighbours_stay_apart_and_a_cut_word_is_taken_whole() -> None:
    tokens = tokenise("unhappy end")
    placed = place_spans(tokens, [(2, 7), (8, 11)])
    assert [(each.tokens, each.is_exact) for each in placed] == [((0, 1), False), ((1, 2), True)]
    assert encode("cue", 1, placed, 2) == ["B-cue", "B-cue"]
    assert decode(["B-cue", "B-cue", "I-cue"]) == [(0, 1), (1, 3)]


spans_of_rows = st.fixed_dictionaries(
    {
        "label": st.sampled_from(LABELS),
        "exact": st.booleans(),
        "layer": st.sampled_from([1, 2, None]),
        "ids": st.lists(st.just("a/s1"), min_size=1, max_size=3),
    }
)


@pytest.mark.slow
@given(st.lists(st.fixed_dictionaries({"spans": st.lists(spans_of_rows, max_size=6)}), max_size=4))
def test_spans_are_exact_or_snapped_or_dropped_and_the_labels_add_up(rows: list[dict[str, Any]]) -> None:
    report = measure_alignment(rows, SCHEME)
    assert list(report) == [*LABELS, "all"]
    for each in report.values():
        assert each.spans == each.exact + each.snapped + each.dropped
        assert each.second <= each.exact + each.snapped
        assert each.spans <= each.annotated
    for name in ("annotated", "spans", "exact", "snapped", "second", "dropped"):
        assert sum(getattr(report[label], name) for label in LABELS) == getattr(report["all"], name)
    assert report["all"].dropped == sum(span["layer"] is None for row in rows for span in row["spans"])
