"""Searching: what readers take for the same is found, with its true place, and copies are recognised."""

import unicodedata

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from stancebank.corpus.copies import search_keys, search_words, skeleton
from stancebank.corpus.ingest import slugify
from stancebank.corpus.language import tidy
from stancebank.search import INVISIBLE, QUOTATION_MARKS, SearchText, count_words, is_stop, search_fold, weight
from stancebank.text import cuts_grapheme
from tests.conftest import examples

_ALL = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]
texts = st.text(alphabet="aB“\"'–- \t\u00a0ﬁéİΣςß가\u0308😀\u00ad\u200b\u200c\u200d👩कं中ไ\n", max_size=40)


@pytest.mark.slow
def test_the_tables_are_those_of_unicode() -> None:
    assert {each for each in _ALL if INVISIBLE.match(each)} == set(regex.findall(r"\p{DI}", "".join(_ALL)))
    assert set(regex.findall(r"\p{Quotation_Mark}", "".join(_ALL))) <= QUOTATION_MARKS
    assert all(map(is_stop, regex.findall(r"\p{STerm}", "".join(_ALL))))


@settings(max_examples=examples(300), deadline=None)
@given(texts)
def test_folding_for_a_search_is_settled_and_found_places_are_whole(text: str) -> None:
    folded = search_fold(text)
    assert search_fold(folded) == folded == SearchText(text).folded
    for begin, end in SearchText(text).find(text):
        assert search_fold(text[begin:end]) == folded
        assert not cuts_grapheme(text, begin, end)


@pytest.mark.parametrize(
    ("text", "words", "found"),
    [
        ("Keth co\u00adope\u00adrates.", "cooperates", "co\u00adope\u00adrates"),
        ("Keth cooperates.", "co\u00adope\u200brates", "cooperates"),
        *((f"no ta{mark}lks", "no talks", f"no ta{mark}lks") for mark in "\u200b\u200e\u200f\u2060\ufeff\u200c\u200d"),
        ("نمی\u200cخواهد", "نمیخواهد", "نمی\u200cخواهد"),
        ("ΟΧΙ ΛΟΓΟΣ", "όχι λόγος".replace("ό", "ο"), "ΟΧΙ ΛΟΓΟΣ"),
        ("die STRASSE", "Straße", "STRASSE"),
        ("die Straße", "STRASSE", "Straße"),
        ("《no talks》", '"no talks"', "《no talks》"),
        ("a 👩\u200d👩\u200d👧 b", "👩\u200d👩\u200d👧", "👩\u200d👩\u200d👧"),
    ],
)
def test_words_are_found_as_they_stand(text: str, words: str, found: str) -> None:
    assert [text[begin:end] for begin, end in SearchText(text).find(words)] == [found]


def test_a_character_is_never_cut() -> None:
    assert SearchText("👩\u200d👩\u200d👧").find("👩") == []
    assert SearchText("कं").find("क") == []
    assert SearchText("Straße").find("s") == [(0, 1)]  # not half of the ß


_LINE = "The harbour council of Sorne will not open the northern quay before the spring tide has passed again."


@pytest.mark.parametrize(
    "copy",
    [
        _LINE.replace("o", "o\u00ad"),
        _LINE.replace("e", "\u0435").replace("a", "\u0430").replace("T", "\u0422").replace("S", "\u0405"),
        "".join(chr(ord(each) + 0xFEE0) if each.isalpha() else each for each in _LINE),
        _LINE.replace("e", "e\ufe0f").replace("t", "t\u034f").replace("n", "n\U000e0061"),
        unicodedata.normalize("NFD", _LINE).replace("a", "a\u0335"),
        _LINE.replace(" ", "\n"),
        _LINE.upper(),
    ],
    ids=["soft hyphens", "look-alikes", "full width", "undrawn", "marks", "a word a line", "capitals"],
)
def test_a_disguised_copy_has_the_words_of_its_original(copy: str) -> None:
    assert [word.key for word in search_words(copy)] == [word.key for word in search_words(_LINE)]


def test_a_skeleton_goes_by_looks() -> None:
    assert skeleton(search_fold("Ѕоrnе")) == "sorne"
    assert skeleton(search_fold("كتـاب")) == skeleton(search_fold("کتاب"))


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Łódź Post", "lodz-post"),
        ("Straßenblatt", "strassenblatt"),
        ("Ørsted Avis", "orsted-avis"),
        ("Işık Haber", "isik-haber"),
        ("Đại Việt Báo", "dai-viet-bao"),
        ("Þórður’s Œuvre", "thordurs-oeuvre"),
        ("Muuƙ & Ħal", "muuk-hal"),
    ],
)
def test_letters_are_spelled_out_in_ids(name: str, slug: str) -> None:
    assert slugify(name) == slug


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Tom Arlen Jr.", "Tom Arlen Jr."),
        ("Norland Steel Ltd.", "Norland Steel Ltd."),
        ("boats, nets, etc.", "boats, nets, etc."),
        ("the U.S.", "the U.S."),
        ("the answer is no.", "the answer is no"),
        ("不会开放北部码头。", "不会开放北部码头"),
        ("कोई बातचीत नहीं।", "कोई बातचीत नहीं"),
        ("no talks;", "no talks"),
    ],
)
def test_trimming_keeps_the_stop_of_an_abbreviation_only(text: str, kept: str) -> None:
    begin, end = tidy(text, 0, len(text), content=False)
    assert text[begin:end] == kept


@settings(max_examples=examples(500), deadline=None)
@given(st.one_of(st.text(max_size=20), st.text(alphabet="aB \t“’é\u00ad\u200d\u0301ß漢İ", max_size=20)))
def test_what_is_found_without_places_is_what_is_found_with_them(text: str) -> None:
    assert search_fold(text) == SearchText(text).folded
    assert search_keys(text) == [word.key for word in search_words(text)]


def test_words_of_scripts_with_and_without_spaces_are_counted_alike() -> None:
    for text, many in (("", 0), (" a\u00a0b\u2003c—d ", 3), ("“é” ü", 2), ("ድ\u1361ድ", 2), ("漢字", 1), ("漢字 b", 2)):
        assert count_words(text) == many, text
    outside = (chr(each) for each in range(0x2E80) if not 0xE00 <= each < 0x2000)  # where they are counted by spaces
    assert not any(map(weight, outside))
