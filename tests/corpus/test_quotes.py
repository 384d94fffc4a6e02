"""How much of an article its quotations show together."""

from collections.abc import Iterator
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.publish.builds import ENVOY, HARVEST, withhold

from stancebank.check import check_workspace
from stancebank.check.corpus import check_quotes
from stancebank.corpus.selectors import _closers, quotations
from stancebank.errors import WorkspaceError
from stancebank.model import JOIN, Cap, Extent, TextPolicy, measure, own_length, quoted_spans, runs
from stancebank.workspace import Workspace, open_workspace

BOUNDS = st.lists(st.tuples(st.integers(0, 300), st.integers(1, 60)).map(lambda pair: (pair[0], sum(pair))))


def test_spans_that_overlap_or_adjoin_are_one_run() -> None:
    assert runs([(50, 60), (0, 20), (10, 30), (30 + JOIN, 40), (12, 14)]) == [(0, 40), (50, 60)]
    assert runs([(0, 10), (11 + JOIN, 20)]) == [(0, 10), (11 + JOIN, 20)]
    assert measure([(0, 10), (10 + JOIN, 30)], 100) == Extent(30, 30, 100)


@pytest.mark.slow
@given(BOUNDS)
def test_runs_hold_every_span_and_stand_apart(bounds: list[tuple[int, int]]) -> None:
    found = runs(bounds)
    assert all(any(low <= begin and end <= high for low, high in found) for begin, end in bounds)
    assert all(after[0] - before[1] > JOIN for before, after in pairwise(found))
    assert {begin for begin, _ in found} <= {begin for begin, _ in bounds}
    assert runs(found) == found


def test_what_stands_beside_the_article_is_no_part_of_it() -> None:
    zones = [
        (0, 10, "title"),
        (12, 112, "body"),
        (114, 514, "related"),
        (516, 616, "boilerplate"),
        (618, 628, "repeat"),
    ]
    assert own_length(zones, 628) == 110
    assert own_length([], 628) == 628


def test_a_share_is_never_rounded_in_favour_of_the_cap() -> None:
    assert Extent(1, 3301, 10_000).percent == "33.1%"
    assert Extent(1, 3301, 10_000).exceeds(Cap(300, 33))
    assert not Extent(1, 3300, 10_000).exceeds(Cap(300, 33))
    assert Extent(301, 301, 10_000).exceeds(Cap(300, 33))
    assert Extent(0, 0, 0).percent == "0.0%"


def test_only_articles_of_the_policy_quotes_have_a_cap(toy_workspace: Workspace) -> None:
    store = toy_workspace.store
    document = store.gold(ENVOY)
    assert document
    article = store.article(ENVOY)
    assert check_quotes(article, [document], Cap(1, 1)) is None
    quoted = msgspec.structs.replace(
        article, rights=msgspec.structs.replace(article.rights, text_policy=TextPolicy.QUOTES)
    )
    assert check_quotes(quoted, [document], Cap(10_000, 100)) is None
    finding = check_quotes(quoted, [document], Cap(1, 1))
    assert finding
    assert (finding.code, finding.severity) == ("quotes-over-cap", "error")
    other = msgspec.structs.replace(document, text_sha256="0" * 64)
    assert check_quotes(quoted, [other], Cap(1, 1)) is None


def test_a_field_of_mentions_shows_no_words_whatever_its_name(toy_workspace: Workspace) -> None:
    documents = list(toy_workspace.store.documents(None))
    named = [each for each in documents if any("via" in one.fields for one in each.statements)]
    assert named
    for document in named:
        statements = tuple(
            msgspec.structs.replace(
                each, fields={"brokers" if name == "via" else name: value for name, value in each.fields.items()}
            )
            for each in document.statements
        )
        renamed = msgspec.structs.replace(document, statements=statements)
        assert quoted_spans(renamed) == quoted_spans(document)


@pytest.mark.slow
def test_annotators_documents_count_with_the_gold(toy_workspace: Workspace) -> None:
    withhold(toy_workspace, HARVEST, "quotes")
    store = toy_workspace.store
    assert [each for each in check_workspace(toy_workspace).errors if each.code == "quotes-over-cap"] == []
    article = store.article(HARVEST)
    line = max(article.lines, key=lambda each: each.end - each.begin)
    gold = store.gold(HARVEST)
    statement = store.gold(ENVOY)
    assert gold
    assert statement
    span = msgspec.convert(msgspec.to_builtins(line), type(statement.statements[0].content[0]))
    one = msgspec.structs.replace(
        statement.statements[0], content=(span,), conditions=(), fields={"stance": "reject", "attribution": "direct"}
    )
    store.write_document(
        msgspec.structs.replace(gold, annotator="ada", gold=None, nothing_to_annotate=False, statements=(one,))
    )
    toml = toy_workspace.root / "stancebank.toml"
    toml.write_text(toml.read_text() + "\n[rights]\nlongest_quote = 80\n")
    found = check_workspace(open_workspace(toy_workspace.root)).errors
    assert [each.file for each in found if each.code == "quotes-over-cap"] == [f"corpus/articles/{HARVEST}.json"]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("quoted_share = 101", "rights.quoted_share one of percent"),
        ("longest_quote = -1", "rights.longest_quote is a number of characters"),
        ('longest_quote = "300"', "which is no whole number"),
        ("quoted_share = true", "which is no whole number"),
        ("contact = 7", "which is no text in quotes"),
        ("quoted_shares = 7", "Did you mean rights.quoted_share?"),
    ],
)
def test_a_cap_that_is_none_stops_the_work(line: str, fault: str, toy_workspace: Workspace) -> None:
    toml = toy_workspace.root / "stancebank.toml"
    toml.write_text(toml.read_text() + f"\n[rights]\n{line}\n")
    with pytest.raises(WorkspaceError, match=fault):
        open_workspace(toy_workspace.root)


def test_marks_that_nothing_closes_cost_one_look_at_their_line(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []

    def counted(text: str, closers: str, begin: int, last: int) -> Iterator[int]:
        looks.append(closers)
        return _closers(text, closers, begin, last)

    monkeypatch.setattr("stancebank.corpus.selectors._closers", counted)
    assert quotations("the ”ferry and the ”tide " * 500) == ()
    assert len(looks) == 1
    two = quotations("“Yes”, ”no ”no ”no, “but” ”no")
    assert [(begin, end) for begin, end in two] == [(1, 4), (8, 20)]
