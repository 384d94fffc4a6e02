"""Text: folding that knows its source, fingerprints, and characters that are never cut."""

import hmac
import time
import unicodedata

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from stancebank.text import (
    FOLDINGS,
    UNSPACED,
    cuts_grapheme,
    find_folded,
    fingerprint,
    fold,
    fold_with_offsets,
    folding_in,
    graphemes,
    is_keyed,
    is_of_place,
    is_of_words,
    keyed_fingerprint,
    line_around,
    line_bounds,
    line_key,
    line_number,
    normalise,
    span_fingerprint,
    tokenise,
    trim,
)
from tests.conftest import examples

texts = st.one_of(
    st.text(max_size=80), st.text(alphabet="aB“”\"'–- \t\u00a0\u2009ﬁéÉİΣςßㄱㅏ가א\u0308😀…½\n", max_size=60)
)


foldings = st.sampled_from(FOLDINGS)


@pytest.mark.slow
@settings(max_examples=examples(600), deadline=None)
@given(texts, foldings)
def test_folding_twice_is_folding_once(text: str, folding: int) -> None:
    assert fold(fold(text, folding), folding) == fold(text, folding)


@settings(max_examples=examples(600), deadline=None)
@given(texts, foldings)
def test_the_fold_with_offsets_is_the_fold_and_its_sources_ascend(text: str, folding: int) -> None:
    folded, sources = fold_with_offsets(text, folding)
    assert folded == fold(text, folding)
    assert len(sources) == len(folded)
    assert all(0 <= begin < end <= len(text) for begin, end in sources)
    assert sources == sorted(sources)


@settings(max_examples=examples(400), deadline=None)
@given(texts)
def test_what_differs_only_in_typography_folds_alike(text: str) -> None:
    variant = text.translate({ord("“"): '"', ord("”"): "«", ord("–"): "—", ord(" "): "\u00a0\u2009"})
    for folding in FOLDINGS:
        assert fold(variant, folding) == fold(text, folding)
        assert fingerprint(variant, folding) == fingerprint(text, folding)
        assert fold(unicodedata.normalize("NFD", text), folding) == fold(unicodedata.normalize("NFC", text), folding)


@settings(max_examples=examples(300), deadline=None)
@given(texts.map(normalise), foldings, st.data())
def test_any_words_are_found_where_they_stand(text: str, folding: int, data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(begin, len(text)))
    begin, end = trim(text, begin, end)
    whole = {place for source in fold_with_offsets(text, folding)[1] for place in source}
    if begin < end and fold(text[begin:end], folding) and {begin, end} <= whole and not cuts_grapheme(text, begin, end):
        assert any(first <= begin and end <= last for first, last in find_folded(text, text[begin:end], folding))


def test_the_second_folding_folds_case_in_full() -> None:
    assert fold("Straße der ΠΌΛΗΣ", 2) == fold("STRASSE DER πόλης", 2) == "strasse der πόλησ"
    assert fold("Straße", 1) != fold("STRASSE", 1)
    assert fingerprint("Straße", 2) == fingerprint("strasse", 2)
    assert (folding_in(fingerprint("a")), folding_in(fingerprint("a", 2))) == (1, 2)


@settings(max_examples=examples(300), deadline=None)
@given(texts.map(normalise), st.data())
def test_a_keyed_fingerprint_is_known_with_its_line_and_tells_nothing_without(text: str, data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(begin, len(text)))
    words, line = text[begin:end], line_around(text, begin, end)
    made = span_fingerprint(text, begin, end, 2)
    assert is_keyed(made)
    assert made[1:] == hmac.digest(line_key(line), fold(words, 2).encode(), "sha256").hex()[:16]
    assert folding_in(made) == 2
    assert is_of_place(made, text, begin, end)
    assert is_of_words(made, words, line.upper().replace(" ", "\u2009")) or fold(line.upper(), 2) != fold(line, 2)
    assert not is_of_words(made, words)
    assert not is_of_words(made, words, f"{line} and more")
    assert not is_of_words(made, f"{words} and more", line)
    # the span that is the whole line has nothing of the line's own fingerprint, which is published
    assert made[1:] not in {fingerprint(line)[:16], fingerprint(line, 2)[1:]}
    assert span_fingerprint(text, begin, end, 1) == fingerprint(words)


def test_equal_words_of_two_lines_have_two_fingerprints_and_of_one_line_the_same() -> None:
    text = "The envoy spoke to the envoy.\nThe envoy left."
    places = [(4, 9), (23, 28), (34, 39)]
    assert {text[begin:end] for begin, end in places} == {"envoy"}
    first, second, third = (span_fingerprint(text, *place, 2) for place in places)
    assert first == second != third


def test_a_mark_whose_fold_begins_with_a_space_is_found() -> None:
    assert find_folded("0¸", "¸") == [(1, 2)]
    assert find_folded("0 ¸ a", "¸") == [(2, 3)]
    assert find_folded("½ ﬁ", "f") == []


@pytest.mark.parametrize(
    ("text", "begin", "end", "cut"),
    [
        ("a👩‍👩‍👧b", 1, 6, False),
        ("a👩‍👩‍👧b", 1, 3, True),
        ("🇳🇴🇸🇪", 0, 2, False),
        ("🇳🇴🇸🇪", 0, 1, True),
        ("Kon\u0308a", 0, 3, True),
        ("Kon\u0308a", 0, 4, False),
        ("بابُنا", 0, 3, True),
        ("plain words", 0, 5, False),
        ("one\ntwo", 4, 7, False),
    ],
)
def test_a_span_that_cuts_a_character_is_known(text: str, begin: int, end: int, cut: bool) -> None:
    assert cuts_grapheme(text, begin, end) is cut


# what clusters are made of, by the rules of UAX 29: flags, joined and coloured emoji, Hangul letters, conjuncts,
# marks before and after, line ends and controls
_JOINING = (
    *("a", "e", "1", "#", " ", "\n", "\r", "\t", "\u200b", "\u00ad", "\u2028", "“", "©", "ש", "น", "ำ", "\u0e33"),
    *("\u0301", "\u0308", "\u0600", "\u0903", "\u093e", "\u0e31", "\u200d", "\u200c", "\ufe0f", "\u20e3", "\U0001f3fd"),
    *("🇳", "🇴", "👩", "👧", "❤", "☝", "\u1100", "\u1161", "\u11a8", "가", "각", "क", "ष", "\u094d", "\u09cd", "ক"),
    *("\u0d4e", "ക", "\U000110bd", "\U00011a3a", "\U000e0067", "\U000e007f"),
)
joining = st.one_of(st.text(max_size=12), st.lists(st.sampled_from(_JOINING), max_size=14).map("".join))


def cuts_in_its_line(text: str, begin: int, end: int) -> bool:
    """What `cuts_grapheme` means: the lines that hold the span are cut into clusters from their beginning."""
    first = text.rfind("\n", 0, begin) + 1
    last = text.find("\n", end)
    line = text[first : len(text) if last < 0 else last]
    starts = {first + match.start() for match in regex.finditer(r"\X", line)} | {first + len(line)}
    return not {begin, end} <= starts


@pytest.mark.slow
@settings(max_examples=examples(1000), deadline=None)
@given(joining)
def test_a_cut_is_found_without_looking_at_the_whole_line(text: str) -> None:
    for begin in range(len(text) + 1):
        for end in range(begin, len(text) + 1):
            assert cuts_grapheme(text, begin, end) is cuts_in_its_line(text, begin, end), (begin, end)


@settings(max_examples=examples(500), deadline=None)
@given(st.one_of(joining, st.text(alphabet="ab \n\r\t'", max_size=12)))
def test_graphemes_are_the_clusters_of_the_unicode_standard(text: str) -> None:
    assert graphemes(text) == [match.span() for match in regex.finditer(r"\X", text)]


@pytest.mark.slow
@settings(max_examples=examples(1000), deadline=None)
@given(st.one_of(joining, st.text(alphabet="ab1_ \n\t\x1c\u2028,.é“漢ひ", max_size=14)))
def test_a_token_is_a_word_or_one_character_as_people_see_it(text: str) -> None:
    found: list[tuple[int, int]] = []
    is_open = False
    for match in regex.finditer(r"\X", text):
        cluster = match[0]
        unspaced = regex.match(rf"[{UNSPACED}]", cluster)
        is_word = regex.match(r"[\p{L}\p{M}\p{N}]", cluster) is not None and not unspaced
        if is_word and is_open:
            found[-1] = (found[-1][0], match.end())
        elif not cluster.isspace():
            found.append(match.span())
        is_open = is_word and not cluster.isspace()
    assert tokenise(text) == found


def test_a_span_costs_its_own_length_and_not_that_of_its_line() -> None:
    line = "“Keth” é 👩‍👧 🇳🇴 " * 20_000
    before = time.thread_time()
    for place in range(200_000, 200_400):
        cuts_grapheme(line, place, place + 20)
    assert time.thread_time() - before < 1  # cut into clusters from its beginning, the line takes 0.1 s for each


def test_the_fingerprints_of_many_spans_fold_their_line_once(monkeypatch: pytest.MonkeyPatch) -> None:
    folded: list[int] = []

    def counted(words: str, folding: int = 1) -> str:
        folded.append(len(words))
        return fold(words, folding)

    monkeypatch.setattr("stancebank.text.fold", counted)
    text = "The ferry of Keth sails “at dawn”.\n" + "Norland’s envoy spoke. " * 2_000 + "\nThe end."
    places = range(100, 40_100, 200)
    marked = {span_fingerprint(text, place, place + 20, 2) for place in places}
    assert len(marked) > 20
    assert sum(folded) <= len(text) + 20 * len(places)
    assert all(
        is_of_place(span_fingerprint(text, *each, 2), text, *each) for each in ((4, 9), (30, 60), (0, len(text)))
    )
    assert span_fingerprint(text, 30, 60, 2) == keyed_fingerprint(text[30:60], line_around(text, 30, 60))


def test_lines_are_bounded_and_numbered_by_line_feeds_only() -> None:
    text = "one\n\ntwo\u2028still two\n"
    assert line_bounds(text) == [(0, 3), (4, 4), (5, 18), (19, 19)]
    assert [line_number(text, place) for place in (0, 3, 5, 17)] == [1, 1, 3, 3]


@settings(max_examples=examples(200), deadline=None)
@given(st.text(max_size=60))
def test_normal_text_stays_as_it_is(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)
    assert "\r" not in normalise(text)


@settings(max_examples=examples(200), deadline=None)
@given(texts)
def test_the_sources_of_a_fold_cover_all_but_white_space(text: str) -> None:
    folded, sources = fold_with_offsets(text)
    covered = {place for begin, end in sources for place in range(begin, end)}
    assert all(place in covered for place, character in enumerate(text) if fold(character))
    assert "  " not in folded
    assert folded == folded.strip()


@pytest.mark.parametrize(
    "alike",
    [
        ["“quay”", '"quay"', "«quay»", "‚QUAY‘", "´quay`"],
        ["a–b", "a—b", "a-b", "a−b", "A‑B"],
        ["a  b", "a\u00a0b", "a\u2009\u202fb", " a\tb\n", "A\u3000B"],
        ["é", "e\u0301", "É", "E\u0301"],
        ["ﬁ ½", "fi 1⁄2"],
        ["가", "\u1100\u1161"],
        ["ｶﾞ", "ガ", "カ\u3099"],
        ["ΣΑΣ", "σας".replace("ς", "σ")],
    ],
    ids=["quotation marks", "dashes", "spaces", "accents", "ligatures", "Hangul", "half width", "sigma"],
)
def test_what_readers_take_for_the_same_folds_alike(alike: list[str]) -> None:
    assert len({fold(each) for each in alike}) == 1
    assert len({fingerprint(each) for each in [*alike, f" {alike[0]}\n"]}) == 1


def test_what_readers_tell_apart_does_not_fold_alike() -> None:
    words = ["a b", "ab", "a.b", "a-b", "a'b", "á b", "a b c"]
    assert len({fold(each) for each in words}) == len(words)


@pytest.mark.slow
@pytest.mark.parametrize("text", ["a" + "\u0301" * 100_000, "가각" * 20_000, "“Ü”–" * 10_000, "\uff9e\u0301" * 5_000])
def test_a_text_that_is_made_to_hurt_folds_in_a_moment(text: str) -> None:
    before = time.thread_time()
    fold(text)
    fold_with_offsets(text)
    assert time.thread_time() - before < 3


def test_byte_order_marks_and_line_ends_of_all_kinds_become_lf() -> None:
    assert normalise("\ufeff\ufeffone\r\ntwo\rthree\n\r\n") == "one\ntwo\nthree\n\n"
    assert normalise("e\u0301 \u212b") == "é Å"


@given(st.text(alphabet=" \t\u00a0ab", max_size=12))
def test_trimming_leaves_the_stripped_words(text: str) -> None:
    begin, end = trim(text, 0, len(text))
    assert text[begin:end] == text.strip()
