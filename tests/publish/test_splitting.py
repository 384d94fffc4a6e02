"""The report of splits: leaks and challenge sets of invented rows, against what their definitions say word by word."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stancebank.corpus.splits import NEAR_COPY, assign
from stancebank.model import SPLITS, Placement, SplitRules
from stancebank.publish.splitting import (
    TEXT,
    Compared,
    Stated,
    check_stated,
    conflict_column,
    find_quoted,
    find_row_ties,
    make_report,
    read_stated,
    say_leak,
    say_report,
)
from stancebank.publish.tables import Row
from stancebank.schema.fields import load_scheme, make_scheme
from stancebank.schema.vocabularies import Vocabularies
from tests.conftest import REPO, examples, second_edition
from tests.publish.own import SCHEME

Rows = Mapping[str, Sequence[Row]]

LONG = "we shall not sit down with them before the harvest"
SHORT = "we shall not sit down"
NO_TEXTS = Compared(articles=0, missing=(), threshold=0.6, near_copies=(), quotations=())
PLAIN = Stated(because={}, group_by=("event",), quotation_events=5, texts=NO_TEXTS)


def article(name: str, split: str | None, **values: Any) -> Row:
    told: Row = {"event": None, "reprint_of": None, "text_sha256": name, "published": None, "fold": None}
    return {"article_id": name, "split": split, "outlet": None} | told | values


def statement(name: str, of: str, words: str | None = None, **values: Any) -> Row:
    """A statement of an article. Words that are not shown have a fingerprint for all that."""
    shown = values.pop("shown", True)
    places = [] if words is None else [{"start": 0, "stop": len(words), "fingerprint": f"p{words}"}]
    told: Row = {"speaker_id": "norland", "target_id": "talks", "party_states": [], "content": words if shown else None}
    return {"statement_id": f"{of}/{name}", "article_id": of, "content_spans": places} | told | values


def tables_of(articles: Sequence[Row], statements: Sequence[Row] = (), conditions: Sequence[Row] = ()) -> Rows:
    return {"articles": articles, "statements": statements, "conditions": conditions}


def leaking(report: Mapping[str, Any], which: str) -> set[tuple[str, str]]:
    """The pairs of articles in two splits or folds that the leaks of a report name."""
    return {
        pair
        for leak in report[which]
        for pair in combinations(sorted(leak["articles"]), 2)
        if leak["articles"][pair[0]] != leak["articles"][pair[1]] and None not in map(leak["articles"].get, pair)
    }


# What is planted is found.

TWO = {"a": "train", "b": "test"}


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("event", {"event": "harbour"}, {"event": "harbour"}),
        ("reprint", {}, {"reprint_of": "a"}),
        ("reprint", {"reprint_of": "elsewhere"}, {"reprint_of": "elsewhere"}),
        ("text", {"text_sha256": "0"}, {"text_sha256": "0"}),
    ],
)
def test_what_articles_of_two_splits_share_is_a_leak(kind: str, one: Row, other: Row) -> None:
    rows = tables_of([article("a", "train", **one), article("b", "test", **other), article("c", "train")])
    (leak,) = make_report(rows, SCHEME, PLAIN)["leaks"]
    assert (leak["kind"], leak["articles"]) == (kind, TWO)


@pytest.mark.parametrize("column", ["outlet", "published_year"])
def test_columns_that_the_settings_group_by_tie_too(column: str) -> None:
    rows = tables_of(
        [
            article("a", "train", outlet="Norland Post", published="2031-02-11"),
            article("b", "test", outlet="Norland Post", published="2031"),
            article("c", "validation", outlet="Keth Tribune", published="2030-12"),
        ]
    )
    stated = msgspec.structs.replace(PLAIN, group_by=("event", column))
    assert [leak["articles"] for leak in make_report(rows, SCHEME, stated)["leaks"]] == [TWO]
    assert make_report(rows, SCHEME, PLAIN)["leaks"] == []


@pytest.mark.parametrize("shown", [True, False])
@pytest.mark.parametrize(("words", "leaks"), [(LONG, True), (SHORT, False)])
def test_a_quotation_of_eight_words_is_a_leak_and_a_shorter_one_is_none(words: str, leaks: bool, shown: bool) -> None:
    statements = [statement("s1", name, words, shown=shown) for name in TWO]
    rows = tables_of([article(name, split) for name, split in TWO.items()], statements)
    assert [leak["kind"] for leak in make_report(rows, SCHEME, PLAIN)["leaks"]] == ["quotation"] * leaks


def test_words_of_conditions_are_quotations_too() -> None:
    conditions = [
        {"article_id": name, "text": LONG, "spans": [{"start": 0, "stop": len(LONG), "fingerprint": "p1"}]}
        for name in TWO
    ]
    rows = tables_of([article(name, split) for name, split in TWO.items()], (), conditions)
    assert [leak["kind"] for leak in make_report(rows, SCHEME, PLAIN)["leaks"]] == ["quotation"]


def test_a_quotation_in_more_events_than_the_settings_allow_ties_nothing() -> None:
    names = "abcdef"
    splits = ["train", "test", "train", "test", "train", "test"]
    articles = [article(name, split, event=f"e-{name}") for name, split in zip(names, splits, strict=True)]
    rows = tables_of(articles, [statement("s1", name, LONG) for name in names])
    assert make_report(rows, SCHEME, PLAIN)["leaks"] == []
    wider = msgspec.structs.replace(PLAIN, quotation_events=6)
    assert [leak["kind"] for leak in make_report(rows, SCHEME, wider)["leaks"]] == ["quotation"]


@pytest.mark.parametrize(("found", "kind"), [("near_copies", "near-copy"), ("quotations", "quotation")])
def test_what_a_comparison_of_texts_found_is_a_leak(found: str, kind: str) -> None:
    texts = msgspec.structs.replace(NO_TEXTS, articles=2, **{found: (("a", "b"),)})
    rows = tables_of([article(name, split) for name, split in TWO.items()])
    (leak,) = make_report(rows, SCHEME, msgspec.structs.replace(PLAIN, texts=texts))["leaks"]
    assert (leak["kind"], leak["articles"]) == (kind, TWO)


def test_an_article_in_no_split_leaks_nothing_and_is_named_with_what_it_bridges() -> None:
    rows = tables_of(
        [
            article("a", "train", event="harbour"),
            article("b", "test", event="market"),
            article("c", "none", event="harbour", reprint_of="b"),
        ]
    )
    stated = msgspec.structs.replace(PLAIN, because={"c": "bridge:event:harbour+reprint:b"})
    report = make_report(rows, SCHEME, stated)
    assert report["leaks"] == []
    assert report["none"] == [
        {
            "article_id": "c",
            "because": "bridge:event:harbour+reprint:b",
            "ties": [
                {"kind": "event", "name": "harbour", "articles": {"a": "train", "c": "none"}},
                {"kind": "reprint", "name": "b", "articles": {"b": "test", "c": "none"}},
            ],
        }
    ]
    assert report["largest_group"]["articles"] == ["a"]


def test_counts_and_the_largest_group_are_told() -> None:
    rows = tables_of(
        [
            article("a", "train", event="harbour", fold=0),
            article("b", "train", event="harbour", fold=0),
            article("c", "train", reprint_of="b", fold=0),
            article("d", "test", fold=1),
        ],
        [statement("s1", "a"), statement("s2", "a"), statement("s1", "d")],
    )
    report = make_report(rows, SCHEME, PLAIN)
    assert report["splits"] == {
        "train": {"articles": 3, "statements": 2},
        "test": {"articles": 1, "statements": 1},
    }
    assert report["folds"] == {"0": {"articles": 3, "statements": 2}, "1": {"articles": 1, "statements": 1}}
    assert report["largest_group"] == {"articles": ["a", "b", "c"], "ties": {"event": 1, "reprint": 1}}
    assert report["applicable"] is True
    said = "Leaks between splits: none, between folds: none (articles: train 3, test 1; the largest group: 3)."
    assert say_report(report).startswith(f"{said} Statements of test: future 0, ")


@pytest.mark.parametrize(
    ("splits", "why"),
    [
        ((None, None), "No article is in a split."),
        (("train", "train"), "Every article that is in a split is in train."),
        (("train", "none"), "Every article that is in a split is in train."),
    ],
)
def test_with_one_split_it_is_not_applicable_and_says_why(splits: Sequence[str | None], why: str) -> None:
    rows = tables_of([article(name, split, event="harbour") for name, split in zip("ab", splits, strict=True)])
    report = make_report(rows, SCHEME, msgspec.structs.replace(PLAIN, texts=None))
    assert (report["applicable"], report["not_applicable_because"]) == (False, why)
    assert (report["leaks"], report["challenges"], report["texts"]) == ([], {}, None)
    assert say_report(report) == f"Leaks between splits: not applicable. {why}"


def test_articles_of_one_split_and_two_folds_leak_between_folds() -> None:
    rows = tables_of(
        [
            article("a", "train", event="harbour", fold=0),
            article("b", "train", event="harbour", fold=1),
            article("c", "train", event="harbour"),
            article("d", "none", event="harbour"),
        ]
    )
    report = make_report(rows, SCHEME, msgspec.structs.replace(PLAIN, because={"d": "bridge:"}))
    assert (report["applicable"], report["leaks"], report["challenges"]) == (True, [], {})
    (leak,) = report["fold_leaks"]
    assert leak["articles"] == {"a": 0, "b": 1, "c": None}
    assert say_leak(leak) == "a (fold 0) and b (fold 1) have one event, harbour."
    assert say_report(report).startswith("Leaks between splits: none, between folds: 1 (articles: train 3, none 1; ")


def test_leaks_are_said_with_their_splits_and_articles() -> None:
    articles = {"a": "train", "b": "test", "c": "test"}
    said = say_leak({"kind": "event", "name": "harbour", "articles": articles})
    assert said == "a (train) and b and 1 more (test) have one event, harbour."
    assert (
        say_leak({"kind": "near-copy", "name": "a", "articles": TWO}) == "a (train) and b (test) have nearly one text."
    )


# Nothing is invented, and nothing left out.

NAMES = tuple("abcdefgh")
DAYS = ("2030", "2031", "2031-02", "2031-02-11", "2031-12-31", None, None)


@st.composite
def invented(draw: st.DrawFn) -> tuple[Rows, Stated]:
    """Rows of some articles and statements, with what is stated of their texts."""
    names = NAMES[: draw(st.integers(2, len(NAMES)))]
    articles = [
        article(
            name,
            draw(st.sampled_from((*SPLITS, "train", "none"))),
            event=draw(st.sampled_from((None, None, None, "e1", "e2", "e3"))),
            reprint_of=draw(st.sampled_from((None, None, None, None, *(n for n in names if n != name), "elsewhere"))),
            text_sha256=draw(st.sampled_from((name, name, name, "0"))),
            published=draw(st.sampled_from(DAYS)),
            fold=draw(st.sampled_from((None, 0, 1))),
        )
        for name in names
    ]
    statements = [
        statement(
            f"s{number}",
            draw(st.sampled_from(names)),
            draw(st.sampled_from((None, None, SHORT, LONG, LONG + " is in"))),
            speaker_id=draw(st.sampled_from(("norland", "suvia", "keth", "ilse-marrow"))),
            target_id=draw(st.sampled_from(("talks", "meet", "lift-blockade"))),
            party_states=draw(st.lists(st.sampled_from(("keth", "norland", "suvia")), unique=True)),
        )
        for number in range(draw(st.integers(0, 12)))
    ]
    placed = [row["article_id"] for row in articles if row["split"] != "none"]
    pairs = list(combinations(placed, 2))
    near = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=2).map(sorted)) if pairs else []
    because = {row["article_id"]: "bridge:" for row in articles if row["split"] == "none"}
    texts = None
    kept = [row for row in articles if row["split"] != "none"]
    if any(len({row[column] for row in kept} - {None}) > 1 for column in ("split", "fold")):
        texts = Compared(len(placed), (), 0.6, tuple(near), ())
    return tables_of(articles, statements), Stated(because, ("event",), 100, texts)


def belong_together(one: Row, other: Row, rows: Rows, stated: Stated) -> bool:
    """Whether two articles may not be in two splits, as the definition says it."""
    names = one["article_id"], other["article_id"]
    long = [
        {
            row["content"]
            for row in rows["statements"]
            if row["article_id"] == name and len((row["content"] or "").split()) >= 8
        }
        for name in names
    ]
    return (
        (one["event"] is not None and one["event"] == other["event"])
        or one["reprint_of"] == names[1]
        or other["reprint_of"] == names[0]
        or (one["reprint_of"] is not None and one["reprint_of"] == other["reprint_of"])
        or one["text_sha256"] == other["text_sha256"]
        or not long[0].isdisjoint(long[1])
        or (stated.texts is not None and names in stated.texts.near_copies)
    )


@pytest.mark.slow
@given(invented())
@settings(max_examples=examples(300), deadline=None)
def test_leaks_are_all_pairs_that_belong_together_and_no_others(drawn: tuple[Rows, Stated]) -> None:
    rows, stated = drawn
    splits = {row["article_id"]: row["split"] for row in rows["articles"]}
    together = [
        (one, other)
        for one, other in combinations(rows["articles"], 2)
        if "none" not in (one["split"], other["split"]) and belong_together(one, other, rows, stated)
    ]

    def parted(column: str) -> set[tuple[str, str]]:
        return {
            (one["article_id"], other["article_id"])
            for one, other in together
            if one[column] != other[column] and None not in (one[column], other[column])
        }

    report = make_report(rows, SCHEME, stated)
    assert leaking(report, "leaks") == parted("split")
    assert leaking(report, "fold_leaks") == parted("fold")
    assert [each["article_id"] for each in report["none"]] == sorted(n for n, s in splits.items() if s == "none")
    assert list(check_stated(stated, rows)) == []
    assert read_stated(msgspec.to_builtins(stated)) == stated


@pytest.mark.slow
@given(invented(), st.permutations(NAMES), st.lists(st.integers(1, 7), max_size=3).map(sorted))
@settings(max_examples=examples(200), deadline=None)
def test_a_corpus_that_grows_and_is_assigned_by_its_ties_never_leaks(
    drawn: tuple[Rows, Stated], order: Sequence[str], cuts: Sequence[int]
) -> None:
    rows, stated = drawn
    rules = SplitRules(shares=(1, 1, 1), folds=2, quotation_events=stated.quotation_events)
    ledger: dict[str, Placement] = {}
    for end in (*cuts, len(order)):
        articles = [row for row in rows["articles"] if row["article_id"] in order[:end]]
        names = {row["article_id"] for row in articles}
        here = {
            **{name: [row for row in held if row["article_id"] in names] for name, held in rows.items()},
            "articles": articles,
        }
        near = tuple(group for group in (stated.texts.near_copies if stated.texts else ()) if names >= set(group))
        told = msgspec.structs.replace(stated, texts=Compared(len(names), (), 0.6, near, ()))
        found = find_row_ties(here["articles"], find_quoted(here, SCHEME), told)
        ties = [replace(tie, kind=NEAR_COPY) if tie.kind == TEXT else tie for tie in found]  # which equal texts are
        ledger |= assign(names, ties, rules, ledger)
        for row in articles:
            row |= {"split": ledger[row["article_id"]].split, "fold": ledger[row["article_id"]].fold}
        report = make_report(here, SCHEME, told)
        assert (report["leaks"], report["fold_leaks"]) == ([], [])


@pytest.mark.slow
@given(invented())
@settings(max_examples=examples(300), deadline=None)
def test_challenge_sets_are_what_their_definitions_say(drawn: tuple[Rows, Stated]) -> None:
    rows, stated = drawn
    report = make_report(rows, SCHEME, stated)
    of = {row["article_id"]: row for row in rows["articles"]}
    splits = {name: row["split"] for name, row in of.items()}
    if "train" not in splits.values() or len({*splits.values()} - {"none"}) < 2:
        assert report["challenges"] == {}
        return
    learnt = [row for row in rows["statements"] if splits[row["article_id"]] == "train"]
    dated = [row["published"] for row in rows["articles"] if row["split"] == "train" and row["published"]]

    def of_another_conflict(row: Row) -> bool:
        parties = set(row["party_states"])
        if len(parties) < 2:
            return bool(parties) and not any(parties & set(each["party_states"]) for each in learnt)
        return not any(
            {one, other} <= set(each["party_states"]) for one, other in combinations(parties, 2) for each in learnt
        )

    def later(row: Row) -> bool:
        published = of[row["article_id"]]["published"]
        return bool(published and dated) and all(surely_after(published, each) for each in dated)

    wanted = {
        "unseen-speaker": lambda row: all(each["speaker_id"] != row["speaker_id"] for each in learnt),
        "unseen-target": lambda row: all(each["target_id"] != row["target_id"] for each in learnt),
        "unseen-conflict": of_another_conflict,
        "future": later,
    }
    assert report["challenges"].keys() == wanted.keys()
    for name, belongs in wanted.items():
        for split in ("validation", "test"):
            ids = [r["statement_id"] for r in rows["statements"] if splits[r["article_id"]] == split and belongs(r)]
            assert report["challenges"][name][split] == sorted(ids), name


def surely_after(one: str, other: str) -> bool:
    """Whether a day, month or year is after another one whichever day each of them is."""
    first, second = ([*map(int, each.split("-"))] for each in (one, other))
    shared = min(len(first), len(second))
    return first[:shared] > second[:shared]


def test_articles_of_train_without_a_date_are_left_out_of_future_and_counted() -> None:
    rows = tables_of(
        [
            article("a", "train", published="2031-02"),
            article("b", "train"),
            article("c", "test", published="2031-02-28"),
            article("d", "test", published="2031-03-01"),
            article("e", "test"),
        ],
        [statement("s1", name) for name in "abcde"],
    )
    assert make_report(rows, SCHEME, PLAIN)["challenges"]["future"] == {
        "by": "published",
        "after": "2031-02-31",
        "undated_articles": {"train": 1, "test": 1},
        "validation": [],
        "test": ["d/s1"],
    }


# Conflicts of any scheme.


def test_a_conflict_is_told_by_states_else_by_parties_else_by_the_event(tmp_path: Path) -> None:
    assert conflict_column(SCHEME) == "party_states"
    words = {name: dict(about) for name, about in SCHEME.vocabularies.by_name.items()}
    kinds = words["entity_kind"]["values"]
    words["entity_kind"]["values"] = {
        name: {key: value for key, value in about.items() if key != "is_state"} for name, about in kinds.items()
    }
    stateless = make_scheme(SCHEME.version, SCHEME.schema, Vocabularies(words))
    assert conflict_column(stateless) == str(SCHEME.parties and SCHEME.parties.column)
    root = second_edition(shutil.copytree(REPO / "tests/other_domain", tmp_path / "other"))
    other = load_scheme(next(path.parent for path in root.glob("schema/v*/annotation.schema.json")))
    assert (other.edition, conflict_column(other)) == (2, None)
    rows = tables_of(
        [article("a", "train", event="e1"), article("b", "test", event="e2"), article("c", "test")],
        [statement("s1", name) for name in "abc"],
    )
    found = make_report(rows, other, PLAIN)["challenges"]["unseen-conflict"]
    assert found == {"by": "event", "validation": [], "test": ["b/s1"]}


# What is stated is held against the rows.


@pytest.mark.parametrize(
    "changes",
    [
        {"because": {}},
        {"because": {"a": "hash", "c": "bridge:"}},
        {"group_by": ("colour",)},
        {"quotation_events": -1},
        {"texts": None},
        {"texts": Compared(1, (), 0.6, (), ())},
        {"texts": Compared(1, ("z",), 0.6, (), ())},
        {"texts": Compared(2, (), 0.6, (("a", "c"),), ())},
        {"texts": Compared(2, (), 0.6, (("b", "a"),), ())},
        {"texts": Compared(2, (), 0.6, (), (("a",),))},
    ],
)
def test_what_is_stated_and_rows_contradict_is_named(changes: dict[str, Any]) -> None:
    rows = tables_of([article("a", "train"), article("b", "test"), article("c", "none")])
    sound = Stated({"c": "bridge:"}, ("event",), 5, Compared(2, (), 0.6, (), ()))
    assert list(check_stated(sound, rows)) == []
    assert list(check_stated(msgspec.structs.replace(sound, **changes), rows))
