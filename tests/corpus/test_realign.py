"""Re-anchoring: no span is ever put on other words, and what stands in an unchanged line is found.

The copies are made by edits that keep, for every character, the offset of the stored text that it came from. So the
tests know the one right place of every span, also where its words stand in a line many times.
"""

import random
import re

import pytest
from tests.conftest import OWN_SCHEMA, TOY
from tests.corpus.copies import anchor, readings, sentence

from stancebank.corpus.cleaning import Source
from stancebank.corpus.ingest import make_article
from stancebank.corpus.realign import align, reanchor
from stancebank.corpus.store import Store
from stancebank.model import Span
from stancebank.text import fingerprint, span_fingerprint


def test_what_was_upper_case_is_the_same_line_in_edition_2_also_where_a_letter_becomes_two() -> None:
    stored = "Die Straße nach Süd ist weiß.\n\nEin Gruß aus der Straße, eine große Straße."
    copy = "DIE STRASSE NACH SÜD IST WEISS.\n\nEIN GRUSS AUS DER STRASSE, EINE GROSSE STRASSE."
    metadata = {"outlet": "Norland Post", "language": "de"}
    article = make_article(Source("stored", stored, "0" * 64), metadata, edition=2)
    places = [(match.start(), match.end()) for match in re.finditer("Straße|Gruß|weiß", stored)]
    spans = [Span(begin=b, end=e, fingerprint=span_fingerprint(stored, b, e, 2)) for b, e in places]
    found = reanchor(article, spans, copy).anchors
    assert {each.outcome for each in found} == {"line"}
    assert [each.words for each in found] == ["STRASSE", "WEISS", "GRUSS", "STRASSE", "STRASSE"]
    there = [match.start() for match in re.finditer("STRASSE", copy)]
    assert [each.begin for each in found if each.words == "STRASSE"] == there
    old = make_article(Source("stored", stored, "0" * 64), metadata)
    assert {each.outcome for each in reanchor(old, spans, copy).anchors} == {"changed"}


def test_a_keyed_span_is_found_where_its_line_was_joined_with_others_or_divided_and_not_where_it_was_changed() -> None:
    stored = "One line begins.\n\nThe envoy said that she would not meet the generals.\n\nAnother line ends."
    article = make_article(Source("stored", stored, "0" * 64), {"outlet": "Norland Post"}, edition=2)
    begin = stored.index("she")
    span = Span(begin=begin, end=begin + 3, fingerprint=span_fingerprint(stored, begin, begin + 3, 2))

    def outcome(copy: str) -> tuple[str, str | None]:
        (found,) = reanchor(article, [span], copy).anchors
        words = None if found.begin is None else copy[found.begin : found.end]
        assert words == found.words
        return found.outcome, words

    line = "The envoy said that she would not meet the generals."
    assert outcome(f"One line begins.\n\nAt noon: {line} Then he left.\n\nAnother line ends.") == ("block", "she")
    assert outcome(f"One line begins.\n\n{line[:14]}\n{line[15:]}\n\nAnother line ends.") == ("block", "she")
    assert outcome(f"One line begins.\n\n{line[:-1]}, too.\n\nAnother line ends.") == ("changed", None)
    assert outcome(f"One line begins.\n\nAh. {line} {line}\n\nAnother line ends.") == ("ambiguous", None)


def test_the_stored_text_itself_gives_every_span_back_at_its_own_offsets() -> None:
    for reading in readings(Store(TOY, OWN_SCHEMA.name)):
        result = reanchor(reading.article, reading.spans, reading.text)
        assert {each.outcome for each in result.anchors} == {"line"}
        assert [(each.begin, each.end) for each in result.anchors] == [(s.begin, s.end) for s in reading.spans]


def test_a_word_that_comes_back_in_its_line_is_told_apart_by_what_the_offsets_rule_out() -> None:
    stored = "He said that he, and only he, knew what he wanted."
    assert anchor(stored, "he", "He  said that\u00a0 he,   and only he, knew what he wanted.", 1) == (
        "line",
        "He  said that\u00a0 he,   and only [he], knew what he wanted.",
    )


def test_a_word_is_reported_where_white_space_and_ligatures_could_make_either_place_the_right_one() -> None:
    assert anchor("ﬁﬁﬁ go go    on", "go", "fififi go go on", 1) == ("ambiguous", None)
    assert anchor("fififi go go on", "go", "fififi go go on", 1) == ("line", "fififi go [go] on")


def test_no_place_is_given_inside_a_character() -> None:
    assert anchor("Wait... now.", "..", "Wait… now.") == ("ambiguous", None)
    assert anchor("Wait... now.", "...", "Wait… now.") == ("line", "Wait[…] now.")


def test_a_phrase_is_found_in_a_changed_paragraph_and_what_lies_inside_it_too() -> None:
    stored = "One.\n\nThe envoy said that she would not meet the generals.\n\nTwo."
    copy = "One.\n\nThe legate said: that she would not meet the generals!\n\nTwo."
    begin = stored.index("she")
    spans = [
        Span(begin=begin + first, end=begin + last, fingerprint=fingerprint(stored[begin + first : begin + last]))
        for first, last in ((0, 31), (0, 3), (14, 18))
    ]
    article = make_article(Source("stored", stored, "0" * 64), {"outlet": "Norland Post"})
    found = reanchor(article, spans, copy).anchors
    assert [(each.outcome, copy[each.begin : each.end]) for each in found] == [
        ("block", "she would not meet the generals"),
        ("block", "she"),
        ("block", "meet"),
    ]


@pytest.mark.parametrize(
    ("words", "copy", "outcome"),
    [
        ("envoy", "One.\n\nThe envoy said no more of it.\n\nTwo.", "ambiguous"),
        ("said nothing more of it", "One.\n\nThe envoy said nothing at all.\n\nTwo.", "changed"),
        ("said nothing more of it", "One.\n\nTwo.", "missing"),
        (
            "said nothing more of it",
            "One.\n\nHe said nothing more of it.\nShe said nothing more of it.\n\nTwo.",
            "ambiguous",
        ),
        (
            "said nothing more of it",
            "One.\n\nHe said nothing more of it.\n\nTwo.\nShe said nothing more of it.",
            "ambiguous",
        ),
        ("said nothing more of it", "One.\n\nTwo.\n\nYes, the envoy said nothing more of it.", "missing"),
        ("said nothing more of it", "One.\n" + "The envoy said nothing more of it.\n" * 2 + "Two.", "ambiguous"),
    ],
    ids=["a short word", "other words", "no line", "twice", "elsewhere too", "only elsewhere", "the line twice"],
)
def test_what_is_not_proved_is_reported(words: str, copy: str, outcome: str) -> None:
    stored = "One.\n\nThe envoy said nothing more of it.\n\nTwo."
    assert anchor(stored, words, copy) == (outcome, None)


def test_lines_are_aligned_in_order_and_repeated_ones_only_between_equal_neighbours() -> None:
    assert align("abcd", "abcd") == [(0, 0), (1, 1), (2, 2), (3, 3)]
    assert align("abcd", "xacyd") == [(0, 1), (2, 2), (3, 4)]
    assert align("aXbXc", "aXbXc") == [(0, 0), (1, 1), (2, 2), (3, 3), (4, 4)]
    assert align("aXbXc", "aXbc") == [(0, 0), (1, 1), (2, 2), (4, 3)]
    assert align("XbX", "XcX") == []
    assert align("abc", "cab") == [(0, 1), (1, 2)]
    assert align("", "ab") == align("ab", "") == []


def test_a_long_copy_is_no_burden() -> None:
    reading = readings(Store(TOY, OWN_SCHEMA.name))[0]
    rng = random.Random(1)
    junk = "\n".join(sentence(rng, 40) for _ in range(1500))
    first = reading.text.split("\n")[0]
    result = reanchor(reading.article, reading.spans, junk + "\n" + reading.text.replace(first, "") + "\n" + junk)
    assert {each.outcome for each in result.anchors} <= {"line", "changed", "ambiguous"}
