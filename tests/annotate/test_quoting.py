"""Statements authored by quoting become spans, and spans become quotes again."""

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stancebank.annotate.anchoring import anchor
from stancebank.annotate.authored import parse_quoted
from stancebank.annotate.quoting import quote
from stancebank.corpus.intake import make_article
from stancebank.corpus.sources import Source
from stancebank.errors import ConflictError, InputError
from stancebank.model import Article, Document, Gold, document_spans
from stancebank.text import normalise, sha256
from stancebank.workspace import Workspace, open_workspace
from tests.conftest import TOY, Run

NOW = "2031-02-12T08:00:00Z"
LATER = "2031-02-13T08:00:00Z"
GOLD = Gold(method="single")


def article_of(text: str) -> Article:
    return make_article(Source("x", text, sha256(text)), {"outlet": "Norland Post"})


def reading(**statement: object) -> dict[str, object]:
    full = {
        "id": "s1",
        "content": ["we will talk"],
        "speaker": {"entity": "x"},
        "attribution": "indirect",
        "stance": "offer",
        "target": {"id": "talks"},
        **statement,
    }
    return {"article_id": "a", "annotator": "r-1", "origin": "human", "guideline_version": "1.0", "statements": [full]}


def place(text: str, value: dict[str, object], *, gold: Gold | None = GOLD, before: Document | None = None) -> Document:
    return anchor(parse_quoted(value, "x"), article_of(text), text, now=NOW, gold=gold, before=before)[0]


@pytest.mark.parametrize("name", sorted(path.stem for path in (TOY / "corpus" / "gold").iterdir()))
def test_a_document_quoted_and_anchored_again_is_the_same(name: str, toy_workspace: Workspace) -> None:
    store = toy_workspace.store
    article = store.article(name)
    text = store.text(article)
    document = store.gold(name)
    assert text is not None
    assert document is not None
    again = msgspec.convert(msgspec.to_builtins(quote(document, text)), type=type(quote(document, text)))
    result, folds = anchor(again, article, text, now=LATER, gold=document.gold, before=document)
    assert result == document
    assert folds == []


words = st.text(alphabet="ab“”'\" –-ÉéﬁẞİΣς\u00a0א\u0308😀\n", min_size=1, max_size=60)


@settings(max_examples=150, deadline=None)
@given(words, st.data())
def test_any_span_quoted_and_anchored_again_is_the_same_span(raw: str, data: st.DataObject) -> None:
    from hypothesis import assume

    from stancebank.model import Span
    from stancebank.text import cuts_grapheme, fingerprint, fold, line_bounds, trim

    text = "Title a\n\n" + normalise(raw)
    bounds = [trim(text, *line) for line in line_bounds(text)]
    begin, end = data.draw(st.sampled_from([line for line in bounds if line[0] < line[1]]))
    first = data.draw(st.integers(begin, end - 1))
    last = data.draw(st.integers(first + 1, end))
    first, last = trim(text, first, last)
    assume(first < last and not cuts_grapheme(text, first, last) and fold(text[first:last]))
    span = Span(begin=first, end=last, fingerprint=fingerprint(text[first:last]))
    article = article_of(text)
    before = place(text, reading(content=["Title a"], line=1))
    document = msgspec.structs.replace(
        before, statements=(msgspec.structs.replace(before.statements[0], content=(span,)),)
    )
    result, _ = anchor(quote(document, text), article, text, now=NOW, gold=GOLD, before=None)
    assert result.statements[0].content == (span,)


def test_words_are_stored_as_they_stand_and_the_fold_is_reported() -> None:
    text = "He said: “We will\u00a0talk – soon.”"
    value = reading(content=['"we will talk - soon'])
    document, folds = anchor(parse_quoted(value, "x"), article_of(text), text, now=NOW, gold=None, before=None)
    span = document.statements[0].content[0]
    assert text[span.begin : span.end] == "“We will\u00a0talk – soon"
    assert [(fold.quoted, fold.found, fold.line) for fold in folds] == [
        ('"we will talk - soon', "“We will\u00a0talk – soon", 1)
    ]


def test_every_quote_that_cannot_be_placed_is_listed_in_one_error() -> None:
    text = "we will talk, we will talk\nand no more"
    value = reading(
        content=["we will talk", {"quote": "no more", "line": 1}], cue={"quote": "talk", "occurrence": 3}, line=1
    )
    value["passed_over"] = [{"quote": "zebra", "reason": "act"}, {"quote": "and", "line": 9, "reason": "act"}]
    with pytest.raises(InputError) as caught:
        place(text, value)
    message = str(caught.value)
    assert "5 quotes cannot be placed" in message
    assert "s1 content: 'we will talk' stands 2 times on line 1; say which occurrence." in message
    assert "s1 content: 'no more' does not stand on line 1." in message
    assert "s1 cue: 'talk' stands 2 times on line 1, not 3." in message
    assert "passed_over[0]: 'zebra' does not stand in the text." in message
    assert "passed_over[1]: the text has 2 lines, not 9." in message


def test_an_occurrence_picks_the_match() -> None:
    document = place("talk, talk, talk", reading(content=[{"quote": "talk", "occurrence": 2}]))
    assert document.statements[0].content[0].begin == 6


def test_gold_ids_carry_the_article_and_annotators_ids_do_not() -> None:
    text = "we will talk if you stop"
    condition = {"id": "c1", "spans": ["if you stop"], "role": "if", "kind": "unspecified", "group": 1}
    value = reading(conditions=[condition], content=["we will talk if you stop"])
    name = article_of(text).id
    gold = place(text, value).statements[0]
    own = place(text, value, gold=None).statements[0]
    assert (gold.id, gold.conditions[0].id) == (f"{name}/s1", f"{name}/s1/c1")
    assert (own.id, own.conditions[0].id) == ("s1", "s1/c1")


def test_an_id_that_was_removed_retires_and_is_never_given_out_again() -> None:
    text = "we will talk and they will not"
    first = place(text, reading())
    second = place(text, reading(id="s2"), before=first)
    assert second.retired == (first.statements[0].id,)
    third = place(text, reading(id="s3"), before=second)
    assert third.retired == (first.statements[0].id, second.statements[0].id)
    with pytest.raises(ConflictError, match="cannot be given out again"):
        place(text, reading(id="s1"), before=third)


def test_the_time_of_creation_stays_and_nothing_changes_without_a_change() -> None:
    text = "we will talk"
    before = place(text, reading())
    article = article_of(text)
    same, _ = anchor(parse_quoted(reading(), "x"), article, text, now=LATER, gold=GOLD, before=before)
    assert same == before
    changed, _ = anchor(parse_quoted(reading(force="hedged"), "x"), article, text, now=LATER, gold=GOLD, before=before)
    assert (changed.created_at, changed.updated_at) == (NOW, LATER)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"stance": "opens"}, r"Invalid enum value 'opens' - at `\$\.statements\[0\]\.stance`"),
        ({"stanse": "open"}, r"unknown field `stanse`"),
        ({"content": "we will talk"}, r"Expected `array`, got `str` - at `\$\.statements\[0\]\.content`"),
    ],
)
def test_a_fault_in_the_form_is_named_with_its_place(change: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_quoted(reading(**change), "reading.json")


def test_importing_by_the_command_line_writes_wholly_or_not_at_all(toy_root: Path, run: Run, tmp_path: Path) -> None:
    readings = [json.loads(path.read_text()) for path in sorted((TOY / "readings").iterdir())]
    readings[0]["statements"][0]["content"] = ["words that stand nowhere"]
    files = []
    for number, value in enumerate(readings):
        files.append(tmp_path / f"{number}.json")
        files[-1].write_text(json.dumps(value | {"annotator": "second"}))
    result = run("-w", toy_root, "annotate", "import", *files)
    assert result.returncode == 1
    assert "does not stand" in result.stderr
    assert not (toy_root / "corpus/annotations").exists()
    result = run("-w", toy_root, "annotate", "import", files[1], files[2])
    assert result.returncode == 0, result.stderr
    assert len(list((toy_root / "corpus/annotations/second").iterdir())) == 2
    assert run("-w", toy_root, "check").returncode == 0
    assert "unchanged" in run("-w", toy_root, "annotate", "import", files[1]).stdout


def test_every_span_of_the_toy_gold_holds_its_words(toy_root: Path) -> None:
    store = open_workspace(toy_root).store
    count = 0
    for document in store.documents(None):
        text = store.text(store.article(document.article_id))
        assert text is not None
        for _, span in document_spans(document):
            count += 1
            assert text[span.begin : span.end].strip() == text[span.begin : span.end] != ""
    assert count > 60
