"""Articles are assigned to splits: none that belong together are parted, and settings say the shares."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import examples
from tests.corpus.splitting import RULES, lay_splits

from stancebank.corpus.duplicates import join
from stancebank.corpus.splits import (
    BRIDGE,
    KINDS,
    NEAR_COPY,
    QUOTATION,
    REPRINT,
    Tie,
    assign,
    find_largest,
    find_parted,
)
from stancebank.errors import WorkspaceError
from stancebank.model import NO_SPLIT, SPLITS, Placement, SplitRules
from stancebank.workspace import Workspace, open_workspace

NAMES = [f"post-{number:02}" for number in range(14)]


def present(ties: Iterable[Tie], names: Iterable[str]) -> list[Tie]:
    """Return the ties as they are while only some articles are in the corpus."""
    held = set(names)
    kept = (Tie(tie.kind, tie.name, tuple(name for name in tie.members if name in held)) for tie in ties)
    return [tie for tie in kept if tie.members]


@st.composite
def webs(draw: st.DrawFn) -> list[Tie]:
    """Ties of every kind among some articles: an article has one event and one original at most."""
    some = st.lists(st.sampled_from(NAMES), min_size=2, max_size=4, unique=True).map(sorted)
    ties = []
    events = draw(st.lists(st.sampled_from(["", "", "", "ferry", "harbour", "lake"]), min_size=14, max_size=14))
    for event in sorted(set(events) - {""}):
        ties.append(Tie("event", event, tuple(name for name, its in zip(NAMES, events, strict=True) if its == event)))
    origins = draw(st.lists(st.sampled_from(NAMES[:3]), max_size=2, unique=True))
    for origin in origins:
        ties.append(
            Tie(REPRINT, origin, tuple(sorted({origin, *draw(st.lists(st.sampled_from(NAMES[4:]), max_size=2))})))
        )
    for kind in (NEAR_COPY, QUOTATION):
        for members in draw(st.lists(some, max_size=3)):
            held = members[:2] if kind == NEAR_COPY else members
            ties.append(Tie(kind, held[0], tuple(held)))
    return ties


batches = st.permutations(NAMES).flatmap(
    lambda names: st.lists(st.integers(0, len(names)), max_size=3).map(
        lambda cuts: [names[begin:end] for begin, end in zip([0, *sorted(cuts)], [*sorted(cuts), None], strict=True)]
    )
)


@pytest.mark.slow
@settings(max_examples=examples(150), deadline=None)
@given(webs(), batches, st.randoms(use_true_random=False))
def test_no_tie_is_parted_and_no_line_moves_however_articles_come(
    ties: list[Tie], arrivals: list[list[str]], chance: random.Random
) -> None:
    ledger: dict[str, Placement] = {}
    here: list[str] = []
    for batch in arrivals:
        here = [*here, *batch]
        held = present(ties, here)
        added = assign(here, held, RULES, ledger)
        assert added.keys() == set(batch)
        shuffled = [chance.sample(each, len(each)) for each in (here, held)]
        assert assign(shuffled[0], shuffled[1], RULES, ledger) == added  # type: ignore[arg-type]
        check_bridges(added, held, ledger)
        ledger |= added
        assert not list(find_parted(held, ledger))
        for tie in held:
            assert len({ledger[name].fold for name in tie.members if ledger[name].fold is not None}) <= 1, tie


def check_bridges(added: dict[str, Placement], ties: list[Tie], ledger: dict[str, Placement]) -> None:
    """Check who gets no split: all that are tied to two, and none whose group of new articles is tied to fewer."""
    tied: defaultdict[str, set[str]] = defaultdict(set)
    for tie in ties:
        for name in tie.members:
            tied[name] |= {ledger[each].split for each in tie.members if each in ledger} - {NO_SPLIT}
    groups = join(
        [
            *((name, name) for name in added),
            *(
                (one, other)
                for tie in ties
                for one in tie.members
                for other in tie.members
                if {one, other} <= added.keys()
            ),
        ]
    )
    for group in groups:
        reached = set().union(*(tied[name] for name in group))
        for name in group:
            place = added[name]
            assert (place.split == NO_SPLIT) == place.because.startswith(BRIDGE)
            if len(tied[name]) > 1:
                assert place.split == NO_SPLIT, "it is tied to two"
            elif place.split != NO_SPLIT and tied[name]:
                assert {place.split} == tied[name], "it joins what it is tied to"
            if place.split == NO_SPLIT:
                assert len(reached) > 1, "nothing is bridged"
                beside = {
                    added[each].split for tie in ties if name in tie.members for each in tie.members if each in added
                }
                assert len((beside | tied[name]) - {NO_SPLIT}) > 1, "it could be in one"
                assert place.because.count("+") >= 1, "both are named"
        if len(reached) == 1:
            assert {added[name].split for name in group} == reached, "over however many"
        if not reached:
            assert len({added[name].split for name in group}) == 1, "a new group is in one split"


@settings(max_examples=examples(60), deadline=None)
@given(webs(), st.sampled_from(["", "another seed", "7"]))
def test_a_new_group_gets_the_same_split_whatever_else_there_is(ties: list[Tie], seed: str) -> None:
    rules = SplitRules((50, 25, 25), seed)
    whole = assign(NAMES, ties, rules, {})
    for group in join(
        [*((name, name) for name in NAMES), *((tie.members[0], name) for tie in ties for name in tie.members)]
    ):
        alone = assign(group, present(ties, group), rules, {})
        assert alone == {name: whole[name] for name in group}


def test_chains_of_new_articles_join_from_end_to_end() -> None:
    names = [f"post-{number:03}" for number in range(200)]
    chain = [Tie(KINDS[place % 3], one, (one, two)) for place, (one, two) in enumerate(pairwise(names))]
    placed = assign(names, chain, RULES, {names[77]: Placement("test", 1, "hash")})
    assert {(each.split, each.fold) for each in placed.values()} == {("test", 1)}
    assert placed[names[78]].because == f"{chain[77].kind}:{names[77]}"
    assert placed[names[0]].because.endswith(names[1]) or chain[0].kind == REPRINT


@pytest.mark.slow
@pytest.mark.parametrize("shares", [(80, 10, 10), (1, 1, 1), (0, 3, 1)])
def test_shares_are_kept_by_many_articles_that_are_tied_to_none(shares: tuple[int, int, int]) -> None:
    names = [f"post-{number}" for number in range(6000)]
    counts = Counter(each.split for each in assign(names, [], SplitRules(shares, "harbour"), {}).values())
    for split, share in zip(SPLITS, shares, strict=True):
        assert counts[split] / 6000 == pytest.approx(share / sum(shares), abs=0.02)  # three standard deviations


def test_another_seed_draws_other_splits_and_the_same_one_the_same() -> None:
    names = [f"post-{number}" for number in range(300)]
    first, again, other = (assign(names, [], SplitRules(seed=seed), {}) for seed in ("a", "a", "b"))
    assert first == again
    assert 30 < sum(first[name].split != other[name].split for name in names) < 180


def test_what_decided_is_said() -> None:
    ties = [
        Tie("event", "ferry", ("a", "b")),
        Tie("event", "lake", ("e",)),
        Tie(REPRINT, "b", ("b", "c")),
        Tie(NEAR_COPY, "c", ("c", "d")),
        Tie(QUOTATION, "f", ("f", "g")),
    ]
    placed = assign("abcdefg", ties, SplitRules(), {})
    assert {name: each.because for name, each in placed.items()} == {
        "a": "event:ferry",
        "b": "event:ferry",
        "c": "reprint:b",
        "d": "near-copy:c",
        "e": "event:lake",
        "f": "hash",
        "g": "quotation:f",
    }


def test_an_article_between_two_splits_gets_none_and_then_ties_nothing() -> None:
    known = {"a": Placement("train"), "b": Placement("test"), "c": Placement("none", None, "bridge:hash")}
    ties = [
        Tie("event", "ferry", ("a", "m")),
        Tie(NEAR_COPY, "b", ("b", "m")),
        Tie(QUOTATION, "m", ("m", "x")),
        Tie(REPRINT, "c", ("c", "y")),
    ]
    placed = assign("abcmxy", ties, SplitRules((1, 0, 0)), known)
    assert placed["m"] == Placement("none", None, "bridge:event:ferry+near-copy:b")
    assert placed["x"] == Placement("train", None, "hash")
    assert placed["y"].split == "train"


def test_a_chain_between_two_splits_stays_with_the_one_to_which_most_of_it_is_tied() -> None:
    known = {"a": Placement("validation"), "b": Placement("train")}
    ties = [
        Tie("event", "ferry", ("m", "n", "o", "p")),
        Tie(QUOTATION, "a", ("a", "m", "n")),
        Tie(NEAR_COPY, "b", ("b", "o")),
    ]
    placed = assign("mnop", ties, SplitRules(), known)
    assert {name: each.split for name, each in placed.items()} == {
        "m": "validation",
        "n": "validation",
        "o": "none",
        "p": "validation",
    }
    assert placed["o"].because == "bridge:near-copy:b+event:ferry"
    assert placed["p"].because == "event:ferry"


def test_of_a_chain_only_those_beside_the_other_split_get_none() -> None:
    """Two are copies of what is in train; one of them has the event of what is in test, and the other one has not."""
    known = {"a": Placement("train"), "b": Placement("test"), "c": Placement("test")}
    ties = [
        Tie("event", "ferry", ("m", "n", "o")),
        Tie(NEAR_COPY, "a", ("a", "l", "m")),
        Tie(NEAR_COPY, "b", ("b", "n")),
        Tie(QUOTATION, "c", ("c", "o", "p")),
    ]
    placed = assign("lmnop", ties, SplitRules(), known)
    assert {name: each.split for name, each in placed.items()} == {
        "l": "train",
        "m": "none",
        "n": "test",
        "o": "test",
        "p": "test",
    }
    assert placed["m"].because == "bridge:near-copy:a+event:ferry"


def test_what_was_parted_before_is_found_and_bridged() -> None:
    """An event is given to published articles of two splits: neither moves."""
    known = {"a": Placement("train"), "b": Placement("test"), "c": Placement("none")}
    tie = Tie("event", "ferry", ("a", "b", "c", "d"))
    assert list(find_parted([tie], known)) == [(tie, {"train": ("a",), "test": ("b",)})]
    assert assign("abcd", [tie], SplitRules(), known) == {"d": Placement("none", None, "bridge:event:ferry")}


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(st.integers(1, 6), min_size=1, max_size=12), st.integers(2, 5), st.text("ab", max_size=3))
def test_folds_are_as_even_as_groups_allow(sizes: list[int], folds: int, seed: str) -> None:
    ties: list[Tie] = []
    names: list[str] = []
    for number, size in enumerate(sizes):
        members = tuple(f"post-{number}-{place}" for place in range(size))
        names += members
        ties.append(Tie("event", f"event-{number}", members))
    placed = assign(names, ties, SplitRules(folds=folds, seed=seed), {})
    counts = Counter(each.fold for each in placed.values())
    assert counts.keys() <= set(range(folds))
    assert max(counts.values()) - min(counts[fold] for fold in range(folds)) <= max(sizes)
    later = assign([*names, "post-new"], ties, SplitRules(folds=folds, seed=seed), placed)
    assert counts[later["post-new"].fold] == min(counts[fold] for fold in range(folds))


def test_an_article_between_two_folds_of_a_split_has_none() -> None:
    known = {"a": Placement("train", 0), "b": Placement("train", 2), "c": Placement("train")}
    ties = [Tie(NEAR_COPY, "a", ("a", "m")), Tie(NEAR_COPY, "b", ("b", "m")), Tie(NEAR_COPY, "c", ("c", "n"))]
    placed = assign("mn", ties, RULES, known)
    assert placed["m"] == Placement("train", None, "near-copy:a")
    assert placed["n"] == Placement("train", 1, "near-copy:c")  # the one with the fewest


def test_the_largest_group_takes_the_emptiest_fold() -> None:
    """Of four articles that one tie joins, three are between two folds, and one is left; three others are a group."""
    known = {"a": Placement("train", 0), "b": Placement("train", 1)}
    ties = [
        Tie("event", "ferry", ("x", "y", "z")),
        *(Tie(NEAR_COPY, name, (name, *"lmn")) for name in "ab"),
        Tie(QUOTATION, "l", tuple("lmno")),
    ]
    placed = assign("lmnoxyz", ties, SplitRules((1, 0, 0), folds=3), known)
    assert {placed[name].fold for name in "lmn"} == {None}
    assert {placed[name].fold for name in "xyz"} == {2}
    assert placed["o"].fold in (0, 1)


def test_the_largest_component_is_told_with_what_ties_it() -> None:
    ties = [Tie("event", "a", ("a", "b")), Tie(QUOTATION, "b", ("b", "c")), Tie("event", "x", ("x",))]
    found = find_largest(ties)
    assert found is not None
    assert (found.members, found.ties) == (("a", "b", "c"), {"event": 1, QUOTATION: 1})
    assert find_largest(ties[2:]) is None


def with_settings(workspace: Workspace, table: str) -> Workspace:
    return open_workspace(lay_splits(workspace.root, table))


def test_the_settings_say_how_articles_are_assigned(toy_workspace: Workspace) -> None:
    assert toy_workspace.settings.splits is None
    assert with_settings(toy_workspace, "").settings.splits == SplitRules((80, 10, 10), "", ("event",), 0, 5)
    said = 'train = 6\nvalidation = 0\ntest = 4\nseed = 7\ngroup_by = ["event", "published_year"]\nfolds = 5'
    assert with_settings(toy_workspace, said).settings.splits == SplitRules(
        (6, 0, 4), "7", ("event", "published_year"), 5, 5
    )


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("train = -1", "none is below 0"),
        ("train = 0\nvalidation = 0\ntest = 0", "and one above"),
        ("train = 0.8", "is 0.8, which is no whole number"),
        ("seed = true", "which is no text in quotes or whole number"),
        ('group_by = ["events"]', "Did you mean 'event'?"),
        ('group_by = ["title"]', "There are: event, outlet, author, place, language, published_year."),
        ("group_by = [3]", "holds 3"),
        ("folds = 1", "it is 0 for none, or from 2 to 100"),
        ("quotation_events = -2", "it is 0 or more"),
        ("shares = 3", "unknown key splits.shares"),
    ],
)
def test_settings_that_mean_nothing_are_refused(table: str, told: str, toy_workspace: Workspace) -> None:
    with pytest.raises(WorkspaceError, match=r"^stancebank\.toml") as raised:
        with_settings(toy_workspace, table)
    assert told in str(raised.value)


def test_all_that_is_wrong_with_the_settings_is_said_at_once(toy_workspace: Workspace) -> None:
    with pytest.raises(WorkspaceError) as raised:
        with_settings(toy_workspace, 'train = -1\ngroup_by = ["sky", "sea"]\nfolds = 1')
    assert len(str(raised.value).splitlines()) == 4
