"""Statements authored by quoting become spans, and spans become quotes again."""

import json
import time
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import OWN_SCHEMA, TOY, Run, examples

from stancebank.annotate.gold import promote, succeed
from stancebank.check import check_workspace
from stancebank.corpus.anchoring import Variant, read_quoted
from stancebank.corpus.anchoring import place as place_quoted
from stancebank.corpus.cleaning import Source
from stancebank.corpus.ingest import make_article
from stancebank.corpus.language import tidy
from stancebank.corpus.quoted import QuotedDocument, quote_document, to_json
from stancebank.errors import ConflictError
from stancebank.model import Article, Document, Gold, Span, document_spans
from stancebank.schema.fields import load_scheme
from stancebank.schema.validate import shown_path, validate_quoted
from stancebank.text import normalise, sha256
from stancebank.workspace import Workspace, open_workspace

NOW = "2031-02-12T08:00:00Z"
LATER = "2031-02-13T08:00:00Z"
GOLD = Gold(method="single")
SCHEME = load_scheme(OWN_SCHEMA)


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


def parse(value: object) -> QuotedDocument:
    assert validate_quoted(value, SCHEME, "document", "reading.json") == []
    return read_quoted(json.loads(json.dumps(value)), SCHEME)


def anchor(
    quoted: QuotedDocument, article: Article, text: str, *, now: str, gold: Gold | None, before: Document | None
) -> tuple[Document, list[Variant]]:
    placed = place_quoted(quoted, article, text, SCHEME, now)
    assert placed.faults == []
    document = placed.document
    return promote(document, gold, before, SCHEME) if gold else succeed(document, before), placed.variants


def place(text: str, value: dict[str, object], *, gold: Gold | None = GOLD, before: Document | None = None) -> Document:
    return anchor(parse(value), article_of(text), text, now=NOW, gold=gold, before=before)[0]


@pytest.mark.parametrize("name", sorted(path.stem for path in (TOY / "corpus" / "gold").iterdir()))
def test_a_document_quoted_and_placed_again_is_the_same(name: str, toy_workspace: Workspace) -> None:
    store = toy_workspace.store
    article = store.article(name)
    text = store.text(article)
    document = store.gold(name)
    assert text is not None
    assert document is not None
    quoted = quote_document(document, text, SCHEME)
    assert parse(to_json(quoted, SCHEME)) == quoted
    result, variants = anchor(quoted, article, text, now=LATER, gold=document.gold, before=document)
    assert result == document
    assert variants == []


words = st.text(alphabet="ab“”'\" –-ÉéﬁẞİΣς\u00a0א\u0308😀\n", min_size=1, max_size=60)


@settings(max_examples=examples(150), deadline=None)
@given(words, st.data())
def test_any_span_quoted_and_placed_again_is_the_same_span(raw: str, data: st.DataObject) -> None:
    from hypothesis import assume

    from stancebank.text import cuts_grapheme, fold, line_bounds, span_fingerprint, trim

    text = "Title a\n\n" + normalise(raw)
    bounds = [trim(text, *line) for line in line_bounds(text)]
    begin, end = data.draw(st.sampled_from([line for line in bounds if line[0] < line[1]]))
    first = data.draw(st.integers(begin, end - 1))
    last = data.draw(st.integers(first + 1, end))
    first, last = trim(text, first, last)
    assume(first < last and not cuts_grapheme(text, first, last) and fold(text[first:last]))
    span = Span(begin=first, end=last, fingerprint=span_fingerprint(text, first, last, SCHEME.edition))
    article = article_of(text)
    before = place(text, reading(content=["Title a"], line=1))
    document = msgspec.structs.replace(
        before, statements=(msgspec.structs.replace(before.statements[0], content=(span,)),)
    )
    result, _ = anchor(quote_document(document, text, SCHEME), article, text, now=NOW, gold=GOLD, before=None)
    assert result.statements[0].content == (span,)


def test_words_are_stored_as_the_text_has_them_and_the_variant_is_reported() -> None:
    text = "He said: “We will\u00a0talk – soon.”"
    value = reading(content=['"we will talk - soon'])
    document, variants = anchor(parse(value), article_of(text), text, now=NOW, gold=None, before=None)
    span = document.statements[0].content[0]
    assert text[span.begin : span.end] == "“We will\u00a0talk – soon"
    assert variants == [
        Variant("statements[0].content[0]", '"we will talk - soon', "“We will\u00a0talk – soon", 1),
    ]


def test_every_quote_that_cannot_be_placed_is_listed() -> None:
    text = "we will talk, we will talk\nand no more"
    value = reading(
        content=["we will talk", {"quote": "no more", "line": 1}], cue={"quote": "talk", "occurrence": 3}, line=1
    )
    value["non_statements"] = [{"quote": "zebra", "reason": "act"}, {"quote": "and", "line": 9, "reason": "act"}]
    placed = place_quoted(parse(value), article_of(text), text, SCHEME, NOW)
    assert [(pointer, said.splitlines()[0]) for pointer, said in placed.faults] == [
        ("/statements/0/content/0", '"we will talk" occurs twice on line 1. Hint: add "occurrence".'),
        ("/statements/0/content/1", '"no more" does not occur on line 1. It occurs on line 2, column 5.'),
        ("/statements/0/cue", '"talk" occurs twice on line 1, not 3 times.'),
        ("/non_statements/0", '"zebra" does not occur in the text.'),
        ("/non_statements/1", "there is no line 9; the last one is 2."),
    ]


@pytest.mark.parametrize(
    ("text", "changes", "path", "place"),
    [
        ("She said it twice. Yet she said we will talk.", {"cue": "said"}, "cue", 27),
        ("We will talk, he said, and he said no more.", {"cue": "said"}, "cue", 17),
        ("He said much.\nTor Aven said we will talk.\nHe said no.", {"cue": "said"}, "cue", 23),
        ("we will talk, said Tor Aven, as Aven once said", {"cue": "said"}, "cue", 14),
        ("Aven said we will talk to Aven", {"content": ["we will talk to Aven"]}, "speaker", 0),
        ("talk they did; we will talk", {"target": {"id": "talks", "mention": "talk"}}, "target", 23),
        ("Aven hinted. we will talk of Aven and hinted", {"attribution": "reported", "cue": "hinted"}, "cue", 5),
    ],
)
def test_of_several_places_the_one_next_to_the_content_is_taken_and_that_is_said(
    text: str, changes: dict[str, object], path: str, place: int
) -> None:
    value = reading(**changes)
    if path == "speaker":
        value["statements"][0]["speaker"] = {"entity": "x", "mention": "Aven"}  # type: ignore[index]
    placed = place_quoted(parse(value), article_of(text), text, SCHEME, NOW)
    assert placed.faults == []
    (statement,) = placed.document.statements
    span = {"cue": statement.fields.get("cue"), "speaker": statement.speaker.span, "target": statement.target.span}[
        path
    ]
    assert isinstance(span, Span)
    assert span.begin == place
    assert len(placed.chosen) == 1
    assert "it is next to the content" in placed.chosen[0][1]


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("said we will talk said", {"cue": "said"}),  # equally near
        ("we will talk and we will talk", {}),  # nothing settles where the content itself is
    ],
)
def test_what_is_next_to_the_content_twice_is_refused(text: str, changes: dict[str, object]) -> None:
    placed = place_quoted(parse(reading(**changes)), article_of(text), text, SCHEME, NOW)
    (fault,) = placed.faults
    assert 'Hint: add "line", or "occurrence".' in fault[1]


def test_an_occurrence_picks_the_match() -> None:
    document = place("talk, talk, talk", reading(content=[{"quote": "talk", "occurrence": 2}]))
    assert document.statements[0].content[0].begin == 6


def test_gold_ids_carry_the_article_and_annotators_ids_do_not() -> None:
    text = "we will talk if you stop"
    condition = {"id": "c1", "spans": ["if you stop"], "role": "if", "kind": "unspecified", "alternative": 1}
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
    same, _ = anchor(parse(reading()), article, text, now=LATER, gold=GOLD, before=before)
    assert same == before
    changed, _ = anchor(parse(reading(force="hedged")), article, text, now=LATER, gold=GOLD, before=before)
    assert (changed.created_at, changed.updated_at) == (NOW, LATER)


CONDITION = {"id": "c1", "spans": ["if"], "role": "if", "kind": "unspecified", "alternative": 1}

FAULTS: list[tuple[dict[str, object], str]] = [
    (
        {"stance": "opens"},
        'statements[0].stance: "opens" is not a stance. Allowed: reject, disapprove, open, offer, support, demand, '
        'deny, affirm, doubt, threaten. Did you mean "open"?',
    ),
    (
        {"conditions": [CONDITION | {"role": "until"}]},
        'statements[0].conditions[0].role: "until" is not a role. '
        "Allowed: if, only_if, while, unless, even_if, dropped.",
    ),
    ({"stanse": "open"}, "statements[0].stanse: unknown key 'stanse' (did you mean 'stance'?)."),
    ({"content": "we will talk"}, "statements[0].content: 'we will talk' is not of type 'array'"),
    ({"content": [{"quote": "talk", "lines": 1}]}, "statements[0].content[0].lines: unknown key 'lines'"),
    ({"speaker": {"mention": "he"}}, "statements[0].speaker: the key 'entity' is missing."),
    ({"conditions": [{"id": "c1", "role": "if"}]}, "statements[0].conditions[0]: the key 'spans' is missing."),
]


@pytest.mark.parametrize(("change", "message"), FAULTS)
def test_a_fault_in_the_form_is_named_with_its_place(change: dict[str, object], message: str) -> None:
    found = validate_quoted(reading(**change), SCHEME, "document", "reading.json")
    assert any(f"{shown_path(each.pointer)}: {each.message}".startswith(message) for each in found)


def test_words_may_be_selected_by_the_words_around_them_and_by_offsets() -> None:
    text = "we will talk, he said, we will talk and walk"
    around = {"type": "TextQuoteSelector", "exact": "we will talk", "prefix": "said, ", "suffix": " and"}
    document = place(text, reading(content=[around, {"begin": 40, "end": 44}]))
    assert [text[span.begin : span.end] for span in document.statements[0].content] == ["we will talk", "walk"]
    assert document.statements[0].content[0].begin == 23


@pytest.mark.slow
def test_importing_by_the_command_line_writes_wholly_or_not_at_all(toy_root: Path, run: Run, tmp_path: Path) -> None:
    readings = [json.loads(path.read_text()) for path in sorted((TOY / "readings").iterdir())]
    readings[0]["statements"][0]["content"] = ["words that stand nowhere"]
    files = []
    for number, value in enumerate(readings):
        files.append(tmp_path / f"{number}.json")
        files[-1].write_text(json.dumps(value | {"annotator": "second"}))
    result = run("-w", toy_root, "annotate", "import", *files)
    assert result.returncode == 1
    assert "does not occur" in result.stderr
    assert not (toy_root / "corpus/annotations").exists()
    result = run("-w", toy_root, "annotate", "import", files[1], files[2])
    assert result.returncode == 0, result.stderr
    assert len(list((toy_root / "corpus/annotations/second").iterdir())) == 2
    assert run("-w", toy_root, "check").returncode == 0
    assert "unchanged" in run("-w", toy_root, "annotate", "import", files[1]).stdout


@pytest.mark.parametrize("hidden", ["\u00ad", "\u200b", "\u200e", "\u2060", "\ufeff", "\u200c", "\u200d"])
def test_words_with_hidden_characters_are_added_quoted_and_checked(hidden: str, toy_root: Path, run: Run) -> None:
    sentence = "The harbour master of Keth said that the ferry would sail once the pier is mended."
    veiled = sentence.replace("ferry would", f"fer{hidden}ry wo{hidden}uld").replace("mended", f"men{hidden}ded")
    (toy_root / "ferry.txt").write_text(f"The ferry\n\n{veiled}\n", encoding="utf-8")
    more = ("--outlet", "Keth Tribune", "--slug", "ferry", "--text-policy", "full")
    added = run("-w", toy_root, "corpus", "add", toy_root / "ferry.txt", *more)
    assert f"line 3: an invisible character, U+{ord(hidden):04X}, 3 times in all" in added.stderr
    (article_id,) = added.stdout.split()[1:]
    content = "the ferry would sail once the pier is mended"
    value = reading(content=[content], speaker={"entity": "ilse-marrow", "mention": "The harbour master"})
    (toy_root / "ferry.json").write_text(json.dumps(value | {"article_id": article_id}))
    taken = run("-w", toy_root, "annotate", "import", toy_root / "ferry.json", "--gold", "single")
    assert taken.returncode == 0, taken.stderr
    assert content in taken.stderr  # the words that the text has are told
    store = open_workspace(toy_root).store
    text, gold = store.text(store.article(article_id)), store.gold(article_id)
    assert text
    assert gold
    assert text.split("\n")[2] == veiled
    (span,) = gold.statements[0].content
    assert text[span.begin : span.end].replace(hidden, "") == content
    assert text[span.begin : span.end] in veiled
    assert run("-w", toy_root, "check").returncode == 0


@pytest.mark.slow
def test_a_long_line_costs_a_span_no_more_than_a_short_one(toy_root: Path, tmp_path: Path) -> None:
    """A page without line ends, with quotations all over; processor time, since the machine may be busy."""
    parts = [
        f"The warden said on day {n} that “Keth would not open sluice {n}” before gate {n} is mended."
        for n in range(900)
    ]
    workspace = open_workspace(toy_root)
    article = make_article(
        Source("x", text := "The sluices\n\n" + " ".join(parts) + "\n", sha256(text)),
        {"outlet": "Keth Tribune", "slug": "sluices", "text_policy": "full"},
        schema=SCHEME.version,
        edition=SCHEME.edition,
    )
    workspace.store.write_article(article, text)
    made = [
        reading(
            id=f"s{n}",
            content=[f"Keth would not open sluice {n}"],
            speaker={"entity": "ilse-marrow"},
            attribution="direct",
            stance="reject",
        )["statements"][0]  # type: ignore[index]
        for n in range(0, 900, 3)
    ]
    value = {**reading(), "article_id": article.id, "statements": made}
    begin = time.thread_time()
    document = place_quoted(parse(value), article, text, SCHEME, NOW).document
    workspace.store.write_document(promote(document, GOLD, None, SCHEME))
    placed = time.thread_time()
    report = check_workspace(workspace)
    checked = time.thread_time()
    quote_document(document, text, SCHEME)
    for span in (span for _, span in document_spans(document)):
        assert tidy(text, span.begin - 1, span.end + 1, content=True) == (span.begin, span.end)
    assert (placed - begin, checked - placed, time.thread_time() - checked) < (3, 3, 3)
    assert len(document.statements) == 300
    assert report.errors == ()


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
