"""Who labels what: shares, overlap and pairs; nothing moves; nobody decides on what they read."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from stancebank.annotate.assignment import (
    AssignmentPlan,
    AssignmentRules,
    count_pairs,
    may_adjudicate,
    plan_assignments,
    read_by,
    readers_of,
    route,
    workloads,
)
from stancebank.corpus.assignments import Assignment, read_assignments, rename_annotator, write_assignments
from stancebank.errors import WorkspaceError
from stancebank.workspace import open_workspace
from tests.annotate.sync.pushing import ENVOY, HARVEST, MINISTER

NAMES = ("ann-1", "ann-2", "ann-3", "ann-4")


def corpus(number: int, spread: int = 7) -> dict[str, int]:
    """Articles of 200 to 800 words."""
    return {f"a-{each}": 200 + 100 * (each * 5 % spread) for each in range(number)}


def plan(
    words: Mapping[str, int],
    rules: AssignmentRules,
    before: tuple[Assignment, ...] = (),
    read: Mapping[str, frozenset[str]] | None = None,
) -> AssignmentPlan:
    return plan_assignments(words, words, words, before, read or {}, rules)


def readers(lines: tuple[Assignment, ...]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for each in lines:
        found.setdefault(each.article_id, set()).add(each.annotator)
    return found


def test_shares_are_kept_by_words_and_the_overlap_by_articles() -> None:
    words = corpus(200)
    made = plan(words, AssignmentRules({"ann-1": 2, "ann-2": 1, "ann-3": 1}, overlap=20))
    assert made.short == ()
    counts = Counter(len(each) for each in readers(made.after).values())
    assert counts == {1: 160, 2: 40}
    loads = {each.annotator: each.words for each in workloads(words, made.after, {})}
    total = sum(loads.values())
    assert {name: round(100 * each / total, 1) for name, each in loads.items()} == {
        "ann-1": 50.0,
        "ann-2": 25.0,
        "ann-3": 25.0,
    }


@pytest.mark.parametrize("overlap", [0, 7, 33, 50, 100])
@pytest.mark.parametrize("number", [1, 10, 57])
def test_the_overlap_is_exact_to_half_an_article(overlap: int, number: int) -> None:
    words = corpus(number)
    made = plan(words, AssignmentRules(dict.fromkeys(NAMES, 1), overlap=overlap))
    several = sum(len(each) > 1 for each in readers(made.after).values())
    assert abs(several - number * overlap / 100) <= 0.5


@pytest.mark.parametrize("count", [2, 3])
def test_all_pairs_share_equally_many_articles(count: int) -> None:
    words = corpus(120)
    made = plan(words, AssignmentRules(dict.fromkeys(NAMES, 1), overlap=50, readers=count))
    pairs = count_pairs(made.after, {}, words)
    assert len(pairs) == 6
    assert max(pairs.values()) - min(pairs.values()) <= (1 if count == 2 else 3)
    loads = [each.words for each in workloads(words, made.after, {})]
    assert max(loads) - min(loads) <= 800  # the longest article


def test_every_pair_shares_some_where_shares_are_uneven() -> None:
    words = corpus(100)
    made = plan(words, AssignmentRules({"ann-1": 4, "ann-2": 2, "ann-3": 1, "ann-4": 1}, overlap=30))
    pairs = count_pairs(made.after, {}, words)
    assert len(pairs) == 6
    assert min(pairs, key=lambda each: pairs[each]) == ("ann-3", "ann-4")
    assert pairs["ann-1", "ann-2"] == max(pairs.values())


def test_all_may_read_the_overlap_and_a_newcomer_joins_them() -> None:
    words = corpus(20)
    rules = AssignmentRules(dict.fromkeys(NAMES[:3], 1), overlap=10, readers=None)
    first = plan(words, rules)
    assert Counter(len(each) for each in readers(first.after).values()) == {1: 18, 3: 2}
    later = plan(words, AssignmentRules(dict.fromkeys(NAMES, 1), overlap=10, readers=None), first.after)
    assert {each.annotator for each in later.added} == {"ann-4"}
    assert Counter(len(each) for each in readers(later.after).values()) == {1: 18, 4: 2}


lines_of = st.sets(st.tuples(st.integers(0, 29), st.sampled_from(NAMES)), max_size=25).map(
    lambda found: tuple(sorted(Assignment(f"a-{number}", name, "share") for number, name in found))
)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(
    before=lines_of,
    read=lines_of,
    shares=st.dictionaries(st.sampled_from(NAMES), st.integers(1, 5), min_size=1),
    overlap=st.integers(0, 100),
    count=st.sampled_from([2, 3, None]),
    seed=st.sampled_from(["", "one", "two"]),
)
def test_nothing_moves_every_article_is_read_and_the_order_means_nothing(
    before: tuple[Assignment, ...],
    read: tuple[Assignment, ...],
    shares: dict[str, int],
    overlap: int,
    count: int | None,
    seed: str,
) -> None:
    words = corpus(30)
    documents = {article_id: frozenset(names) for article_id, names in readers(read).items()}
    rules = AssignmentRules(shares, overlap, count, seed)
    made = plan(words, rules, before, documents)
    assert set(before) <= set(made.after)
    assert made.removed == ()
    assert not [each for each in made.added if each.annotator in documents.get(each.article_id, ())]
    assert {each.annotator for each in made.added} <= set(shares)
    held = readers((*made.after, *read))
    assert held.keys() == words.keys()
    wanted = (30 * overlap + 50) // 100
    enough = sum(set(shares) <= each if count is None else len(each) >= count for each in held.values())
    already = readers((*before, *read))
    had = sum(set(shares) <= each if count is None else len(each) >= count for each in already.values())
    assert enough + len(made.short) >= max(wanted, had)
    backwards = dict(reversed(words.items())), dict(reversed(documents.items()))
    turned = AssignmentRules(dict(reversed(shares.items())), overlap, count, seed)
    assert plan_assignments([*backwards[0]], [*words], backwards[0], before[::-1], backwards[1], turned).added == (
        made.added
    )
    if not made.short:
        assert plan(words, rules, made.after, documents).added == ()


def test_what_is_divided_is_what_is_open() -> None:
    """Somebody who has finished gets new work, and who has much to do gets none."""
    words = corpus(20)
    first = plan(words, AssignmentRules({"ann-1": 1, "ann-2": 1}, overlap=0))
    done = {each.article_id: frozenset(["ann-1"]) for each in first.after if each.annotator == "ann-1"}
    more = words | {f"b-{number}": 300 for number in range(5)}
    later = plan(more, AssignmentRules({"ann-1": 1, "ann-2": 1}, overlap=0), first.after, done)
    assert {each.annotator for each in later.added} == {"ann-1"}


def test_another_seed_gives_other_articles_to_several() -> None:
    words = corpus(40)
    rules = [AssignmentRules(dict.fromkeys(NAMES, 1), overlap=20, seed=seed) for seed in ("", "", "other")]
    one, same, other = (
        {name for name, held in readers(plan(words, each).after).items() if len(held) > 1} for each in rules
    )
    assert one == same != other


def test_open_articles_move_to_those_who_do_not_read_them_and_begun_ones_stay() -> None:
    words = corpus(12)
    first = plan(words, AssignmentRules({"ann-1": 1, "ann-2": 1}, overlap=50))
    theirs = [each for each in first.after if each.annotator == "ann-1"]
    begun = theirs[0].article_id
    rules = AssignmentRules({}, moves={"ann-1": ("ann-2", "ann-3")})
    made = plan(words, rules, first.after, {begun: frozenset(["ann-1"])})
    assert [each.article_id for each in made.after if each.annotator == "ann-1"] == [begun]
    assert len(made.removed) == len(made.added) == len(theirs) - 1
    assert {each.because for each in made.added} == {"from:ann-1"}
    assert made.staying == ()
    assert Counter(len(each) for each in readers(made.after).values()) == {1: 6, 2: 6}
    refused = plan(words, AssignmentRules({}, moves={"ann-1": ("ann-2",)}), first.after)
    both = {name for name, held in readers(first.after).items() if len(held) > 1}
    assert {each.article_id for each in refused.staying} == both


def test_nobody_decides_on_what_they_read_and_work_is_even() -> None:
    words = corpus(30)
    who = {article_id: frozenset([NAMES[place % 4]]) for place, article_id in enumerate(words)}
    made = route(words, NAMES, who, words)
    assert made.keys() == words.keys()
    assert all(may_adjudicate(article_id, name, who) for article_id, name in made.items())
    loads = Counter[str]()
    for article_id, name in made.items():
        loads[name] += words[article_id]
    assert max(loads.values()) - min(loads.values()) <= 800
    busy = route(["a-0"], ["ann-3", "ann-4"], {}, words, {"ann-3": 1})
    assert busy == {"a-0": "ann-4"}
    assert route(["a-0", "a-1"], NAMES, {"a-0": frozenset(NAMES)}, words).keys() == {"a-1"}


def test_readers_are_those_with_a_document_or_a_line_and_no_model(toy_root: Path) -> None:
    workspace = open_workspace(toy_root)
    store = workspace.store
    gold = store.gold(ENVOY)
    assert gold is not None
    for name, origin in (("ann-1", "import:hand"), ("robot", "model:robot")):
        store.write_document(replace(gold, annotator=name, origin=origin, gold=None))
    lines = (Assignment(ENVOY, "ann-2", "share"), Assignment(MINISTER, "ann-1", "overlap"))
    assert write_assignments(store, lines)
    assert not write_assignments(store, lines)
    assert read_by(store) == {ENVOY: {"ann-1"}}
    assert readers_of(store) == {ENVOY: {"ann-1", "ann-2"}, MINISTER: {"ann-1"}}
    assert rename_annotator(store, "ann-1", "ann-7") == 1
    assert read_assignments(store)[1] == Assignment(MINISTER, "ann-7", "overlap")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("a,b", "no article id, pseudonym and reason"),
        (f"{HARVEST},Ann One,share", "no article id"),
        (f"{HARVEST},ann-1,overlap", "a second time"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(toy_root: Path, line: str, message: str) -> None:
    path = toy_root / "corpus/assignments.csv"
    path.write_text(f"article_id,annotator,because\n{HARVEST},ann-1,share\n{line}\n", "utf-8")
    with pytest.raises(WorkspaceError, match=f"Line 3 of corpus/assignments.csv .*{message}"):
        read_assignments(open_workspace(toy_root).store)


def test_what_only_one_may_get_is_given_first() -> None:
    words = {"long": 900, "short-1": 300, "short-2": 300, "short-3": 300}
    who = {name: frozenset(["ann-1"]) for name in ("short-1", "short-2", "short-3")}
    assert route(words, ["ann-1", "ann-2"], who, words) == {"long": "ann-1", **dict.fromkeys(who, "ann-2")}
    before = tuple(Assignment(name, "ann-3", "share") for name in words)
    made = plan(words, AssignmentRules({}, moves={"ann-3": ("ann-1", "ann-2")}), before, who)
    assert {each.article_id: each.annotator for each in made.added} == {"long": "ann-1", **dict.fromkeys(who, "ann-2")}
