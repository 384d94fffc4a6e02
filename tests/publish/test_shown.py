"""What rows show of the articles' words: every column that may hold words, in every table."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from stancebank.corpus.leaks import make_guard
from stancebank.model import Cap, TextPolicy, measure, quoted_spans
from stancebank.publish.gold import read_gold
from stancebank.publish.rights import StrayRun, audit, stray_runs
from stancebank.publish.tables import Column, ListOf, Row, Struct, Table, make_rows
from stancebank.workspace import Workspace
from tests.publish.builds import ENVOY, HARVEST, MINISTER, withhold
from tests.publish.own import SCHEME, TABLES

OPEN = Cap(10_000, 100)


def rows_of(workspace: Workspace, text: Any = None) -> dict[str, list[Row]]:
    read = read_gold(workspace, text and TextPolicy(text))
    return make_rows(read.readings, read.context)


def word_columns(columns: tuple[Column, ...]) -> Iterator[tuple[Column, set[str]]]:
    for column in columns:
        kind = column.type.item if isinstance(column.type, ListOf) else column.type
        if column.words:
            yield column, {each.name for each in columns}
        elif isinstance(kind, Struct):
            yield from word_columns(kind.fields)


@pytest.mark.parametrize("table", [each for each in TABLES if not each.whole_text], ids=lambda table: table.name)
def test_every_column_of_words_has_its_place_beside_it(table: Table) -> None:
    for column, beside in word_columns(table.columns):
        assert column.text_of in beside or (table.name, column.name) == ("articles", "text")


def test_each_policy_shows_what_it_says_and_no_more(toy_workspace: Workspace) -> None:
    withhold(toy_workspace, ENVOY)
    withhold(toy_workspace, MINISTER, "quotes")
    found = {each.article_id: each for each in audit(rows_of(toy_workspace), OPEN, SCHEME).articles}
    assert {name: each.shows for name, each in found.items()} == {
        ENVOY: "withheld",
        MINISTER: "quotes",
        HARVEST: "full",
    }
    assert not any(each.is_beyond for each in found.values())
    assert (found[ENVOY].extent.longest, found[ENVOY].extent.shown) == (0, 0)


def test_what_is_shown_together_is_what_the_document_marks(toy_workspace: Workspace) -> None:
    withhold(toy_workspace, MINISTER, "quotes")
    gold = toy_workspace.store.gold(MINISTER)
    assert gold
    shown = next(each for each in audit(rows_of(toy_workspace), OPEN, SCHEME).articles if each.article_id == MINISTER)
    assert shown.extent == measure(((each.begin, each.end) for each in quoted_spans(gold)), shown.extent.length)
    assert 0 < shown.extent.longest < shown.extent.shown < shown.extent.length


@pytest.mark.parametrize("cap", [Cap(20, 100), Cap(10_000, 5)])
def test_an_article_over_the_cap_is_an_error_and_not_publishable(cap: Cap, toy_workspace: Workspace) -> None:
    withhold(toy_workspace, MINISTER, "quotes")
    found = audit(rows_of(toy_workspace), cap, SCHEME)
    assert [(each.code, each.severity) for each in found.findings] == [("quotes-over-cap", "error")]
    assert found.beyond == (MINISTER,)


def test_free_articles_and_withheld_ones_have_no_cap(toy_workspace: Workspace) -> None:
    withhold(toy_workspace, ENVOY)
    assert audit(rows_of(toy_workspace), Cap(0, 0), SCHEME).findings == ()


@pytest.mark.parametrize(("policy", "text"), [("withheld", "quotes"), ("withheld", "full"), ("quotes", "full")])
def test_more_than_the_text_policy_allows_is_beyond_it(policy: str, text: str, toy_workspace: Workspace) -> None:
    withhold(toy_workspace, MINISTER, policy)
    assert audit(rows_of(toy_workspace, text), OPEN, SCHEME).beyond == (MINISTER,)


@pytest.mark.parametrize("column", ["content", "speaker_mention", "cue", "target_mention", "reason"])
def test_a_word_outside_of_the_spans_is_found_in_every_column(column: str, toy_workspace: Workspace) -> None:
    withhold(toy_workspace, MINISTER, "quotes")
    rows = rows_of(toy_workspace)
    for table in ("statements", "conditions"):
        changed = copy.deepcopy(rows)
        row = next(each for each in changed[table] if each["article_id"] == MINISTER)
        row[column] = (row[column] or "") + " barge"
        found = audit(changed, OPEN, SCHEME)
        assert found.strays == (f"{MINISTER}: {table}.{column}",)
        assert found.beyond == (MINISTER,)


def test_a_word_outside_of_the_spans_is_found_where_it_is_nested(toy_workspace: Workspace) -> None:
    withhold(toy_workspace, ENVOY, "quotes")
    rows = rows_of(toy_workspace)
    articles = rows["articles"] = copy.deepcopy(rows["articles"])  # rows of other tables hold the same nested values
    row = next(each for each in articles if each["article_id"] == ENVOY)
    statement = next(each for each in row["statements"] if each["conditions"])
    statement["conditions"][0]["text"] = "the barges are on their way"
    statement["content"] = statement["content"][:-1]
    assert audit(rows, OPEN, SCHEME).strays == tuple(
        f"{ENVOY}: articles.statements.{each}" for each in ("conditions.text", "content")
    )


def test_a_text_in_the_view_of_articles_is_the_whole_text(toy_workspace: Workspace) -> None:
    withhold(toy_workspace, ENVOY, "quotes")
    rows = rows_of(toy_workspace)
    next(each for each in rows["articles"] if each["article_id"] == ENVOY)["text"] = "all of it"
    shown = next(each for each in audit(rows, OPEN, SCHEME).articles if each.article_id == ENVOY)
    assert (shown.shows, shown.is_beyond, shown.extent.percent) == ("full", True, "100.0%")


@pytest.mark.parametrize("policy", ["withheld", "quotes"])
@pytest.mark.parametrize("column", ["target_scope", "speaker_name", "outlet", "author", "place", "event"])
def test_a_run_of_words_is_found_in_columns_that_hold_none(column: str, policy: str, toy_workspace: Workspace) -> None:
    store = toy_workspace.store
    article = store.article(MINISTER)
    text = store.text(article) or ""
    withhold(toy_workspace, MINISTER, policy)
    guard = make_guard(store)
    rows = rows_of(toy_workspace)
    assert stray_runs(rows, guard, SCHEME) == ()
    line = article.lines[3]
    assert column in rows["statements"][0] or column in rows["articles"][0]
    for table in ("statements", "articles"):
        row = next(each for each in rows[table] if each["article_id"] == MINISTER)
        if column in row:
            row[column] = text[line.begin : line.end]
            assert StrayRun(table, column, MINISTER, MINISTER) in stray_runs(rows, guard, SCHEME)
