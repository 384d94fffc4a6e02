"""The form of spans: what is taken from their ends, what they take along, and that nothing else changes."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.conftest import REPO, Run

from stancebank.corpus.language import Habits, Trimming, load_habits, trim_statement
from stancebank.model import Condition, Mention, Span, Statement, Target, statement_spans
from stancebank.schema.fields import Scheme, load_scheme
from stancebank.text import span_fingerprint

SCHEME = load_scheme(REPO / "schema" / "v1")
HABITS = load_habits()
TEXT = (
    "Lenk said that Suvia would stay. “We will meet them only if Keth is in the chair, because winter is near,” she"
    " told them. Talks are off as long as the ships are here. We come without strings, not even if they ask.\n"
)


def span(words: str, text: str = TEXT) -> Span:
    begin = text.index(words)
    return spread(begin, begin + len(words), text)


def spread(begin: int, end: int, text: str = TEXT) -> Span:
    return Span(begin=begin, end=end, fingerprint=span_fingerprint(text, begin, end, SCHEME.edition))


def statement(content: Span, *conditions: Condition, **fields: Any) -> Statement:
    return Statement(
        id="a/s3",
        content=(content,),
        speaker=Mention(entity="lenk"),
        target=Target(id="talks"),
        conditions=conditions,
        fields={"stance": "offer", "attribution": "direct", **fields},
    )


def condition(words: Span, role: str = "if", group: int | None = 1) -> Condition:
    return Condition(id="a/s3/c1", spans=(words,), role=role, fields={"group": group} if group else {})


def words_of(found: Statement) -> list[str]:
    return [TEXT[each.begin : each.end] for _, each in statement_spans(found)]


@pytest.mark.parametrize(
    ("words", "kept", "said"),
    [
        ("that Suvia would stay", "Suvia would stay", "content without the introducing “that”"),
        ("that Suvia would stay.", "Suvia would stay", "content without the introducing “that” and its final “.”"),
        (" Suvia would stay. ", "Suvia would stay", "content without its final “.”"),
        (" Suvia would stay", "Suvia would stay", "content without white space at its ends"),
        (
            "“We will meet them only if Keth is in the chair, because winter is near,”",
            "We will meet them only if Keth is in the chair, because winter is near",
            "content without its outer quotation marks and its final “,”",
        ),
    ],
)
def test_a_content_loses_what_is_at_its_ends(words: str, kept: str, said: str) -> None:
    trimmed, changes = trim_statement(statement(span(words)), TEXT, SCHEME, HABITS)
    assert words_of(trimmed) == [kept]
    assert changes == (Trimming("/content/0", said),)
    begin, end = trimmed.content[0].begin, trimmed.content[0].end
    assert trimmed.content[0] == spread(begin, end)  # with its fingerprint


@pytest.mark.parametrize(
    ("content", "words", "kept", "added"),
    [
        (
            "We will meet them only if Keth is in the chair",
            "Keth is in the chair",
            "only if Keth is in the chair",
            "only if",
        ),
        (
            "We will meet them only if Keth is in the chair",
            "if Keth is in the chair",
            "only if Keth is in the chair",
            "only",
        ),
        (
            "Talks are off as long as the ships are here",
            "the ships are here",
            "as long as the ships are here",
            "as long as",
        ),
        (
            "Talks are off as long as the ships are here",
            "as the ships are here",
            "as long as the ships are here",
            "as long",
        ),
        ("We come without strings, not even if they ask", "they ask", "not even if they ask", "not even if"),
        ("We come without strings", "strings", "without strings", "without"),
    ],
)
def test_a_condition_takes_along_the_connective_right_before_it(
    content: str, words: str, kept: str, added: str
) -> None:
    one = statement(span(content), condition(span(words)))
    trimmed, changes = trim_statement(one, TEXT, SCHEME, HABITS)
    assert words_of(trimmed) == [content, kept]
    assert changes == (Trimming("/conditions/0/spans/0", f"condition with “{added}” at its begin"),)


def test_a_ground_takes_along_its_word_of_cause() -> None:
    content = span("We will meet them only if Keth is in the chair, because winter is near")
    trimmed, changes = trim_statement(statement(content, reason=(span("winter is near"),)), TEXT, SCHEME, HABITS)
    assert trimmed.fields["reason"] == (span("because winter is near"),)
    assert [each.said for each in changes] == ["reason with “because” at its begin"]


def test_a_connective_outside_the_content_is_left_there() -> None:
    one = statement(span("Keth is in the chair"), condition(span("Keth is in the chair")))
    assert trim_statement(one, TEXT, SCHEME, HABITS) == (one, ())


def test_a_scheme_that_does_not_ask_for_connectives_gets_none() -> None:
    """The other scheme is in German; its conditions are trimmed at their ends alone."""
    scheme = load_scheme(REPO / "tests" / "other_domain" / "schema" / "v1")
    one = statement(span("We will meet them only if Keth is in the chair"), condition(span("if Keth is in the chair,")))
    trimmed, _ = trim_statement(replace(one, fields={}), TEXT, scheme, HABITS)
    assert words_of(trimmed)[1] == "if Keth is in the chair"


def test_words_of_a_language_come_from_its_file(tmp_path: Path) -> None:
    folder = tmp_path / "annotate" / "languages"
    folder.mkdir(parents=True)
    text = "We wullen em drapen, wenn bloots de Schepen weg sünd."
    content, words = (
        span("We wullen em drapen, wenn bloots de Schepen weg sünd", text),
        span("de Schepen weg sünd", text),
    )
    one = statement(content, condition(words))
    assert trim_statement(one, text, SCHEME, load_habits(tmp_path))[1] == ()
    (folder / "nds.toml").write_text('connectives = ["wenn bloots"]\n')
    trimmed, _ = trim_statement(one, text, SCHEME, load_habits(tmp_path))
    assert text[trimmed.conditions[0].spans[0].begin :].startswith("wenn bloots de")


def test_groups_are_counted_from_one_role_by_role() -> None:
    content = span("We come without strings, not even if they ask")
    one = statement(
        content,
        condition(span("not even if they ask"), "even_if", 4),
        condition(span("without strings"), "if", 2),
        condition(span("if they ask"), "even_if", 2),
    )
    trimmed, changes = trim_statement(one, TEXT, SCHEME, HABITS)
    assert [each.fields["group"] for each in trimmed.conditions] == [2, 1, 1]
    assert all(each.is_group for each in changes[-3:])
    assert changes[-3].said == "group 2 in the place of 4: the even_if conditions are counted from 1"


def test_what_was_shown_and_not_touched_stays() -> None:
    untidy = span("“We will meet them only if Keth is in the chair, because winter is near,”")
    part = span("Keth is in the chair,")
    one = statement(untidy, condition(part, "if", 3))
    kept = {(each.begin, each.end) for each in (untidy, part)}
    assert trim_statement(one, TEXT, SCHEME, HABITS, kept) == (one, ())


WORDS = ["we", "will", "meet", "only", "if", "that", "because", "as long as", "U.S.", "Keth", "👩‍👩‍👧", "é", "never"]
MARKS = [" ", " ", " ", ", ", ". ", " “", "” ", '"', " ‘", "’ ", "! ", " – ", "\n", "  "]
texts = st.lists(st.tuples(st.sampled_from(MARKS), st.sampled_from(WORDS)), min_size=1, max_size=14).map(
    lambda pairs: "".join(mark + word for mark, word in pairs) + ". "
)


@pytest.mark.slow
@given(texts, st.data())
def test_no_span_is_emptied_or_moved_and_a_second_time_changes_nothing(text: str, data: st.DataObject) -> None:
    def draw() -> Span:
        begin = data.draw(st.integers(0, len(text) - 1))
        return spread(begin, data.draw(st.integers(begin + 1, len(text))), text)

    conditions = [condition(draw(), "if", data.draw(st.integers(1, 3))) for _ in range(data.draw(st.integers(0, 2)))]
    one = statement(draw(), *conditions, cue=draw(), reason=(draw(),))
    trimmed, changes = trim_statement(one, text, SCHEME, HABITS)
    assert (trimmed == one) is (not changes)
    assert trim_statement(trimmed, text, SCHEME, HABITS) == (trimmed, ())
    before, after = dict(statement_spans(one)), dict(statement_spans(trimmed))
    assert before.keys() == after.keys()
    for pointer, old in before.items():
        new = after[pointer]
        assert max(old.begin, new.begin) < min(old.end, new.end)  # it shares words with what it was
        assert is_added(text[new.begin : old.begin], HABITS, SCHEME)
        assert new.end <= old.end or "👩" in text[old.begin : new.end] or len(text[old.end : new.end]) == 1
        assert new == spread(new.begin, new.end, text)


def is_added(words: str, habits: Habits, scheme: Scheme) -> bool:
    """Whether words before a span are joining words, or the rest of its first character."""
    known = {word for each in (*habits.connectives, *habits.causes) for word in each.split()}
    return not words.split() or set(words.lower().split()) <= known or "👩" in words or "\u200d" in words


def test_an_import_trims_and_says_so(toy_root: Path, run: Run) -> None:
    """Gold is exported, its quotation is quoted with the marks around it, and what is imported is the gold again."""
    name = "norland-post-2031-02-11-envoy"
    gold = toy_root / "corpus" / "gold" / f"{name}.json"
    before = gold.read_bytes()
    reading = json.loads(run("-w", str(toy_root), "annotate", "export", name).stdout)
    text = (toy_root / "corpus" / "texts" / f"{name}.txt").read_text()
    found = next(each for each in reading["statements"] if each["attribution"] == "direct")
    words = found["content"][0]
    begin = text.index(f"“{words},”")
    found["content"][0] = {"begin": begin, "end": begin + len(words) + 3}
    file = toy_root / "reading.json"
    file.write_text(json.dumps(reading))
    result = run("-w", str(toy_root), "annotate", "import", str(file), "--gold", "single")
    assert result.returncode == 0, result.stderr
    said = "content without its outer quotation marks and its final “,”."
    assert f"{name}, {found['id']}: {said}" in result.stderr.splitlines()
    assert gold.read_bytes() == before
