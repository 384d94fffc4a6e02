"""Articles are assigned to splits: none that belong together are parted, and what is decided stays."""

import json
import os
import random
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.conftest import OWN_SCHEMA, TOY, Run, examples, lay_first, lay_workspace
from tests.corpus.test_duplicates import CHINESE, OTHER, REPORT
from tests.killing import killed_at
from tests.strategies import span_of

from stancebank.corpus import splits
from stancebank.corpus.duplicates import Alike, Duplicates, join
from stancebank.corpus.ingest import text_lines
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
    find_ties,
    plan_splits,
    record_ties,
)
from stancebank.corpus.store import LEDGER
from stancebank.errors import WorkspaceError
from stancebank.model import (
    NO_SPLIT,
    SPLITS,
    Article,
    Document,
    Gold,
    Mention,
    Placement,
    Rights,
    Sourced,
    SplitRules,
    Statement,
    Target,
    TextPolicy,
    Zone,
)
from stancebank.text import normalise, sha256
from stancebank.workspace import Workspace, open_workspace

RULES = SplitRules(folds=3)
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


EVENTS = "seed = 'ferry'\ngroup_by = ['event']\n"
WORDS = "We will sit down with them on any day that they choose, and in any town."
TALK = "我们愿意在他们选择的任何一天和任何城镇坐下来谈。"


def told(number: int) -> str:
    """Return a text that is like no other."""
    return f"Notice {number}\n\n" + " ".join(f"word{number}x{place}" for place in range(30))


def add(root: Path, run: Run, *articles: dict[str, Any]) -> None:
    """Add articles, each of an outlet of its own unless it says which."""
    path = root / "articles.jsonl"
    known = len(open_workspace(root).store.article_ids())
    given = [{"outlet": f"Paper {chr(97 + known + number)}", **each} for number, each in enumerate(articles)]
    path.write_text("".join(json.dumps(each) + "\n" for each in given), encoding="utf-8")
    done = run("-w", root, "corpus", "add", path, "-q")
    assert done.returncode == 0, done.stderr
    path.unlink()


def lay_splits(root: Path, table: str = "") -> Path:
    path = root / "stancebank.toml"
    path.write_text(f"{path.read_text('utf-8').partition('[splits]')[0]}\n[splits]\n{table}", encoding="utf-8")
    return root


def split(root: Path, run: Run, *options: str) -> dict[str, Any]:
    """Assign articles, and return what the command prints, with the new lines by the outlets of their articles."""
    done = run("-w", root, "corpus", "split", "--json", *options)
    assert done.returncode == 0, done.stderr
    value: dict[str, Any] = json.loads(done.stdout)
    outlets = {each.id: each.outlet.value for each in open_workspace(root).store.articles() if each.outlet}
    value["of"] = {outlets[each["id"]]: each for each in value["added"]}
    return value


def splits_of(root: Path) -> dict[str, str]:
    """Return the split of each article, by its outlet."""
    store = open_workspace(root).store
    placements = store.placements()
    return {each.outlet.value: placements[each.id].split for each in store.articles() if each.outlet}


def test_what_ties_articles_of_a_corpus_is_told_by_their_records_and_texts(empty_root: Path, run: Run) -> None:
    lay_splits(empty_root, EVENTS)
    add(
        empty_root,
        run,
        {"text": told(0), "event": "ferry"},
        {"text": told(1), "event": "ferry"},
        {"text": REPORT},
        {"text": REPORT.replace("Monday", "Tuesday")},
        {"text": f"{told(4)}\n\nThe council read it aloud: “{WORDS}”"},
        {"text": f"{told(5)}\n\n“{WORDS}” That was all."},
        {"text": CHINESE},
        {"text": CHINESE.replace("周一", "周二")},
        {"text": OTHER},
    )
    told_ = split(empty_root, run)
    reasons = [told_["of"][f"Paper {letter}"]["because"].split(":")[0] for letter in "abcdefghi"]
    assert reasons == ["event", "event", "hash", "near-copy", "quotation", "quotation", "hash", "near-copy", "hash"]
    found = splits_of(empty_root)
    for group in ("ab", "cdef", "gh"):
        assert len({found[f"Paper {letter}"] for letter in group}) == 1, group
    assert told_["largest"] == {"articles": told_["largest"]["articles"], "ties": {"near-copy": 1, "quotation": 1}}
    assert len(told_["largest"]["articles"]) == 4
    ledger = (empty_root / "corpus/splits.csv").read_bytes()
    assert not split(empty_root, run)["added"]
    assert (empty_root / "corpus/splits.csv").read_bytes() == ledger


POSITION = "Norland will open the harbour of Keth to every ferry of the lake towns"


@pytest.mark.parametrize(
    ("other", "at_hand", "ties"),
    [
        (POSITION, True, True),
        (POSITION.replace("Keth", "Keth,").upper(), True, True),
        (POSITION, False, True),
        ("Norland will open the harbour of Keth", True, False),  # seven words
        (f"{POSITION} and of the north", True, False),
    ],
)
def test_positions_of_gold_with_the_same_words_tie_articles(
    other: str, at_hand: bool, ties: bool, drawn_root: Path
) -> None:
    words = [POSITION if ties or len(other) > len(POSITION) else other, other]
    texts = [f"{told(number)}\n\n{each}\n" for number, each in enumerate(words)]
    lay_drawn(drawn_root, [{"text": text, "event": None, "first": None} for text in texts])
    store = open_workspace(drawn_root).store
    for number, (text, each) in enumerate(zip(texts, words, strict=True)):
        begin = text.index(each)
        statement = Statement(
            id=f"post-{number}/s1",
            content=(span_of(text, begin, begin + len(each)),),
            speaker=Mention(entity="norland"),
            target=Target(id="talks"),
        )
        store.write_document(
            Document(
                schema_version=OWN_SCHEMA.name,
                guideline_version="2.0",
                article_id=f"post-{number}",
                text_sha256=sha256(text),
                annotator="annotator-1",
                origin="human",
                created_at="2031-03-01T00:00:00Z",
                updated_at="2031-03-01T00:00:00Z",
                gold=Gold(method="single"),
                edition=2,
                statements=(statement,),
            )
        )
    if not at_hand:
        (store.root / store.text_name(store.article("post-1"))).unlink()
    tie = Tie(QUOTATION, "post-0", ("post-0", "post-1"))
    assert (tie in find_ties(store, RULES).ties) is ties
    document = store.gold("post-1")
    assert document is not None
    store.write_document(replace(document, text_sha256="0" * 64))  # its places are in another text
    assert tie not in find_ties(store, RULES).ties
    shutil.rmtree(store.root / "corpus/gold")


@pytest.mark.slow
def test_records_tie_without_any_text(empty_root: Path, run: Run) -> None:
    """A reprint with other words, whose text is not at hand, of an article that was withdrawn."""
    lay_splits(empty_root)
    add(empty_root, run, {"text": told(0)}, *({"text": told(number)} for number in range(1, 25)))
    first = ids(empty_root)["Paper a"]
    split(empty_root, run)
    place = next(iter(set(SPLITS) - {open_workspace(empty_root).store.placements()[first].split}))
    store = open_workspace(empty_root).store
    store.write_placements({**store.placements(), first: Placement(place, None, "hash")})
    add(empty_root, run, {"text": told(77), "outlet": "The Other", "reprint_of": first})
    other = ids(empty_root)["The Other"]
    (store.root / store.text_name(store.article(other))).unlink()
    assert run("-w", empty_root, "corpus", "withdraw", first, "--reason", "They asked.").returncode == 0
    assert split(empty_root, run)["of"]["The Other"] == {
        "id": other,
        "split": place,
        "fold": None,
        "because": f"reprint:{first}",
    }


def test_columns_of_records_tie_by_their_values(toy_workspace: Workspace) -> None:
    articles = list(toy_workspace.store.articles())
    found = {(tie.kind, tie.name): len(tie.members) for tie in record_ties(articles, ["language", "published_year"])}
    assert found == {("language", "en"): 3, ("published_year", "2031"): 2}  # one has no date


@pytest.mark.parametrize(
    ("first", "second", "ties"),
    [
        (f"“{WORDS}”", f"“{WORDS}”", True),
        ("“Our boats stay in the harbour tonight.”", "“Our boats stay in the harbour tonight.”", False),  # seven words
        ("“Our boats stay in the old harbour tonight.”", "“Our boats stay in the old harbour tonight.”", True),
        (f"“{WORDS}”", f"“{WORDS.upper()}”", True),
        (f"“{WORDS}”", WORDS, False),  # who does not quote it only uses the words
        (
            "他说：“我们愿意在他们选择的任何一天和任何城镇坐下来谈。”",
            "“我们愿意在他们选择的任何一天和任何城镇坐下来谈。”",
            True,
        ),
        ("他说：“不谈。”", "她说：“不谈。”", False),
    ],
)
def test_a_quotation_of_eight_words_ties_articles(
    first: str, second: str, ties: bool, empty_root: Path, run: Run
) -> None:
    lay_splits(empty_root)
    add(empty_root, run, {"text": f"{told(1)}\n\n{first}"}, {"text": f"{told(2)}\n\n{second}"})
    assert split(empty_root, run)["of"]["Paper b"]["because"].startswith("quotation:") is ties


@pytest.mark.parametrize(("events", "ties"), [(3, True), (2, False), (0, False)])
def test_a_quotation_in_more_events_ties_nothing(events: int, ties: bool, empty_root: Path, run: Run) -> None:
    lay_splits(empty_root, f"quotation_events = {events}\n")
    quoting = [{"text": f"{told(number)}\n\n“{WORDS}”"} for number in range(4)]
    quoting[0]["event"] = quoting[1]["event"] = "ferry"  # they count once
    add(empty_root, run, *quoting)
    value = split(empty_root, run)
    assert (value["of"]["Paper c"]["because"] == "quotation:" + value["of"]["Paper a"]["id"]) is ties
    assert value["wide_quotations"] == (0 if ties else 1)
    said = f"Not tied by a quotation, since it is in more than {events} events: 1 group of articles."
    assert (said in run("-w", empty_root, "corpus", "split").stderr) is not ties


def test_new_articles_join_and_bridges_are_named(empty_root: Path, run: Run) -> None:
    lay_splits(empty_root, "train = 1\nvalidation = 0\ntest = 0\n")
    add(empty_root, run, {"text": told(0), "event": "ferry"})
    split(empty_root, run)
    lay_splits(empty_root, "train = 0\nvalidation = 0\ntest = 1\n")
    add(empty_root, run, {"text": told(1), "event": "lake"})
    split(empty_root, run)
    add(
        empty_root,
        run,
        {"text": told(2), "event": "ferry"},
        {"text": f"{told(1)} word", "event": "ferry"},
        {"text": told(4)},
    )
    before = (empty_root / "corpus/splits.csv").read_text("utf-8").splitlines()
    done = run("-w", empty_root, "corpus", "split", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert (empty_root / "corpus/splits.csv").read_text("utf-8").splitlines() == before
    assert "dry run" in done.stderr
    (bridge,) = (line for line in done.stdout.splitlines() if "bridge:" in line)
    assert bridge.endswith(f"  bridge:event:ferry+near-copy:{ids(empty_root)['Paper b']}")
    split(empty_root, run)
    assert splits_of(empty_root) == {
        "Paper a": "train",
        "Paper b": "test",
        "Paper c": "train",
        "Paper d": "none",
        "Paper e": "test",
    }
    after = (empty_root / "corpus/splits.csv").read_text("utf-8").splitlines()
    assert [line for line in after if line in before] == before
    assert after[1:] == sorted(after[1:])


@st.composite
def corpora(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Articles, and what each takes of an earlier one: event, text, nearly the text, a quotation, or nothing."""
    found: list[dict[str, Any]] = []
    for number in range(draw(st.integers(2, 7))):
        kinds = ("nothing", "event", REPRINT, NEAR_COPY, QUOTATION)
        kind = draw(st.sampled_from(kinds if number else kinds[:1]))
        other = draw(st.integers(0, number - 1)) if number else 0
        own, event = f"{told(number)}\n\n“{' '.join(f'say{number}x{place}' for place in range(9))}”\n", None
        if kind == "event":
            event = found[other]["event"] = found[other]["event"] or f"event-{other}"
        elif kind == REPRINT:
            other = next(each for each in (found[other].get("first"), other) if each is not None)
            own = found[other]["text"]
        elif kind == NEAR_COPY:
            own = found[other]["text"].replace(" word", f" put{number} word", 1)
        elif kind == QUOTATION:
            own = f"{own}\n{found[other]['text'].rstrip().splitlines()[-1]}\n"
        found.append({"text": own, "event": event, "other": None if kind == "nothing" else other, "kind": kind})
        found[-1]["first"] = other if kind == REPRINT else None
    return found


@pytest.fixture(scope="module")
def drawn_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of a workspace whose articles the examples of a test replace."""
    return lay_workspace(TOY, tmp_path_factory.mktemp("drawn"))


def lay_drawn(root: Path, articles: list[dict[str, Any]]) -> None:
    """Let a workspace have these articles and no other, called by their places."""
    for folder in ("articles", "texts", "gold"):
        shutil.rmtree(root / "corpus" / folder, ignore_errors=True)
    made = []
    for number, each in enumerate(articles):
        text = normalise(each["text"])
        lines = text_lines(text)
        made.append(
            Article(
                schema_version=OWN_SCHEMA.name,
                id=f"post-{number}",
                event=Sourced(value=each["event"], basis="given") if each["event"] else None,
                reprint_of=None if each["first"] is None else f"post-{each['first']}",
                rights=Rights(holder="Norland Post", licence="CC0-1.0", text_policy=TextPolicy.FULL),
                raw_sha256=sha256(text),
                text_sha256=sha256(text),
                length=len(text),
                lines=lines,
                zones=tuple(Zone(begin=line.begin, end=line.end, zone="body") for line in lines),
            )
        )
    open_workspace(root).store.write_articles(
        [(article, normalise(each["text"])) for article, each in zip(made, articles, strict=True)]
    )


@pytest.mark.slow
@settings(max_examples=examples(30), deadline=None)
@given(corpora(), st.integers(0, 8), st.integers(0, 999))
def test_what_was_planted_in_a_corpus_is_kept_together(
    drawn_root: Path, articles: list[dict[str, Any]], first: int, seed: int
) -> None:
    rules = SplitRules((1, 1, 1), str(seed), quotation_events=len(articles))
    lay_drawn(drawn_root, articles)
    store = open_workspace(drawn_root).store
    planted = [
        (f"post-{number}", f"post-{each['other']}") for number, each in enumerate(articles) if each["kind"] != "nothing"
    ]
    whole = plan_splits(store, rules).placements
    for group in join(planted):
        assert len({whole[name].split for name in group}) == 1, group
        assert NO_SPLIT not in {whole[name].split for name in group}
    lay_drawn(drawn_root, articles[:first])
    earlier = plan_splits(store, rules).placements
    store.write_placements(earlier)
    lay_drawn(drawn_root, articles)
    later = plan_splits(store, rules)
    (store.root / LEDGER).unlink()
    assert later.placements.items() >= earlier.items()
    for one, other in planted:
        splits = {later.placements[name].split for name in (one, other)} - {NO_SPLIT}
        assert len(splits) < 2


def ids(root: Path) -> dict[str, str]:
    return {each.outlet.value: each.id for each in open_workspace(root).store.articles() if each.outlet}


def test_texts_that_are_not_at_hand_are_counted(empty_root: Path, run: Run) -> None:
    lay_splits(empty_root)
    add(empty_root, run, {"text": REPORT}, {"text": REPORT.replace("Monday", "Tuesday")})
    for path in empty_root.glob("**/texts/paper-b*.txt"):
        path.unlink()
    done = run("-w", empty_root, "corpus", "split")
    assert "Not compared, since their texts are not at hand: 1 article." in done.stderr
    assert "Hint: run `stancebank corpus hydrate DIR`" in done.stderr


def test_what_comes_to_be_known_of_placed_articles_is_said_and_moves_none(empty_root: Path, run: Run) -> None:
    lay_splits(empty_root, "seed = 'a'\ntrain = 1\nvalidation = 1\ntest = 1\n")
    add(empty_root, run, *({"text": told(number)} for number in range(12)))
    first = split(empty_root, run)["of"]
    one, other = next(
        (one, other) for one in first.values() for other in first.values() if one["split"] < other["split"]
    )
    for each in (one, other):
        assert run("-w", empty_root, "corpus", "edit", each["id"], "event=ferry").returncode == 0
    value = split(empty_root, run)
    (parted,) = value["parted"]
    assert (parted["kind"], parted["name"]) == ("event", "ferry")
    assert parted["articles"] == {one["split"]: [one["id"]], other["split"]: [other["id"]]}
    assert "is parted since before" in run("-w", empty_root, "corpus", "split").stdout
    found = json.loads(run("-w", empty_root, "check", "--json").stdout)["findings"]
    assert [each["message"] for each in found if each["code"] == "split-leak"] == [
        f"event 'ferry': {', '.join(f'{names[0]} is in {part}' for part, names in parted['articles'].items())}."
    ]
    again = split(empty_root, run, "--again")
    assert again["moved"]
    assert not again["parted"]


@pytest.mark.slow
def test_articles_that_a_release_has_are_never_assigned_anew(empty_root: Path, run: Run) -> None:
    lay_splits(empty_root, "seed = 'a'\n")
    add(empty_root, run, *({"text": told(number)} for number in range(30)))
    split(empty_root, run)
    before = open_workspace(empty_root).store.placements()
    published = sorted(before)[:10]
    record(empty_root, "0.1.0", published)
    ledger = empty_root / "corpus/splits.csv"
    ledger.write_text(f"{ledger.read_text('utf-8')}zz-nobody,test,,hash\n", encoding="utf-8")
    lay_splits(empty_root, "seed = 'b'\ntrain = 1\nvalidation = 1\ntest = 1\n")
    assert not split(empty_root, run)["added"]
    value = split(empty_root, run, "--again")
    after = open_workspace(empty_root).store.placements()
    assert {name: after[name] for name in published} == {name: before[name] for name in published}
    assert sorted(value["moved"]) == sorted(name for name in before if after[name] != before[name])
    assert len(value["moved"]) > 5
    assert value["dropped"] == ["zz-nobody"]
    assert "zz-nobody" not in after


def record(root: Path, version: str, articles: list[str]) -> None:
    """Write what git keeps of a release, as far as it says which articles it has."""
    folder = root / "corpus/releases" / version
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps({"dataset_version": version}))
    (folder / "SHA256SUMS").write_text("")
    rows = {"articles": dict.fromkeys(articles, "0" * 25)}
    (folder / "rows.json").write_text(json.dumps({"columns": {}, "rows": rows}))


@pytest.mark.slow
def test_a_withdrawn_article_keeps_its_line_and_a_removed_one_does_not(empty_root: Path, run: Run) -> None:
    lay_splits(empty_root)
    add(empty_root, run, {"text": told(0), "slug": "one"}, {"text": told(1), "slug": "two"}, {"text": told(2)})
    split(empty_root, run)
    names = ids(empty_root)
    before = open_workspace(empty_root).store.placements()
    assert run("-w", empty_root, "corpus", "withdraw", names["Paper a"], "--reason", "They asked.").returncode == 0
    assert run("-w", empty_root, "corpus", "remove", names["Paper b"], "--dry-run").returncode == 0
    assert open_workspace(empty_root).store.placements() == before
    assert run("-w", empty_root, "corpus", "remove", names["Paper b"]).returncode == 0
    del before[names["Paper b"]]
    assert open_workspace(empty_root).store.placements() == before
    assert codes(empty_root, run) == []
    assert not split(empty_root, run, "--again")["dropped"]


def codes(root: Path, run: Run) -> list[str]:
    """Return the codes of the findings about splits."""
    found = json.loads(run("-w", root, "check", "--json").stdout)["findings"]
    return [each["code"] for each in found if each["code"].startswith("split-")]


@pytest.mark.slow
def test_an_article_without_gold_needs_no_line_and_one_with_gold_does(toy_root: Path, run: Run) -> None:
    assert codes(toy_root, run) == []  # there is no ledger
    lay_splits(toy_root)
    split(toy_root, run)
    assert codes(toy_root, run) == []
    path = toy_root / "corpus/splits.csv"
    head, *lines = path.read_text("utf-8").splitlines()
    path.write_text(f"{head}\n", encoding="utf-8")
    assert codes(toy_root, run) == ["split-missing"] * len(lines)
    next((toy_root / "corpus/gold").glob("*.json")).unlink()
    assert codes(toy_root, run) == ["split-missing"] * (len(lines) - 1)


def test_the_list_says_in_which_split_an_article_is(toy_root: Path, run: Run) -> None:
    assert "split" not in json.loads(run("-w", toy_root, "corpus", "list", "--json").stdout)[0]
    lay_splits(toy_root)
    split(toy_root, run)
    listed = json.loads(run("-w", toy_root, "corpus", "list", "--json").stdout)
    assert {each["id"]: each["split"] for each in listed} == {
        name: each.split for name, each in open_workspace(toy_root).store.placements().items()
    }


def test_nothing_is_split_without_shares_or_in_the_first_edition(toy_root: Path, tmp_path: Path, run: Run) -> None:
    done = run("-w", toy_root, "corpus", "split")
    assert done.returncode == 1
    assert "does not say by which shares" in done.stderr
    assert "[splits]\ntrain = 80" in done.stderr
    first = lay_splits(lay_first(tmp_path / "first"))
    done = run("-w", first, "corpus", "split")
    assert done.returncode == 1
    assert "of the first edition" in done.stderr
    assert "Hint:" in done.stderr
    assert not (first / "corpus/splits.csv").exists()


def test_splits_that_are_far_from_their_shares_are_said(empty_root: Path, run: Run) -> None:
    lay_splits(empty_root, "train = 0\nvalidation = 1\ntest = 0\n")
    add(empty_root, run, {"text": told(0)})
    done = run("-w", empty_root, "corpus", "split")
    assert "Hint: few or large groups" not in done.stderr
    assert ["validation", "1", "1", "100%", "100%"] in [line.split() for line in done.stdout.splitlines()]
    lay_splits(empty_root)
    done = run("-w", empty_root, "corpus", "split")
    assert "train has 0% of the articles, and 80% were wanted; validation has 100%" in done.stderr
    assert "test has 0% of the articles, and 10% were wanted.\nHint: few or large groups" in done.stderr


def test_values_of_columns_never_break_a_line_of_the_ledger(empty_root: Path, run: Run) -> None:
    lay_splits(empty_root, "group_by = ['outlet']\n")
    add(
        empty_root,
        run,
        *({"text": told(place), "outlet": name} for place, name in enumerate(('The "Ice", daily', "a,b"))),
    )
    split(empty_root, run)
    assert {each.because for each in open_workspace(empty_root).store.placements().values()} == {
        'outlet:The "Ice", daily',
        "outlet:a,b",
    }
    store = open_workspace(empty_root).store
    odd = {"a-b": Placement("test", 3, "outlet:one\u2028two\x85\nthree")}
    store.write_placements(odd)
    assert store.placements() == {"a-b": Placement("test", 3, "outlet:one two three")}


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="a process that is forked and killed")
def test_a_killed_run_leaves_the_ledger_whole(empty_root: Path, run: Run) -> None:
    lay_splits(empty_root)
    add(empty_root, run, *({"text": told(number)} for number in range(3)))
    split(empty_root, run)
    path = empty_root / "corpus/splits.csv"
    before = path.read_bytes()
    add(empty_root, run, {"text": told(5)})
    number = 0
    while killed_at(number, ("replace", "unlink", "fsync", "chmod"), empty_root, "corpus", "split"):
        assert path.read_bytes() == before or len(path.read_bytes().splitlines()) == 5
        number += 1
    assert number > 0
    assert not list(empty_root.rglob("*.part"))
    assert len(open_workspace(empty_root).store.placements()) == 4


def test_all_copies_of_a_near_copy_are_tied_though_pairs_name_one_of_them(
    toy_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs = (Alike("a", "b", 1.0), Alike("a", "c", 1.0), Alike("a", "d", 0.7), Alike("e", "f", 0.8))
    found = Duplicates(pairs, (), (), (), (), 6, "exact")
    monkeypatch.setattr(splits, "find_duplicates", lambda store: found)
    ties = [tie.members for tie in find_ties(toy_workspace.store, RULES).ties if tie.kind == NEAR_COPY]
    assert ties == [("a", "b", "c"), ("a", "b", "c", "d"), ("e", "f")]
    bridge = {
        "a": Placement("none"),
        "b": Placement("test"),
    }  # that one ties nothing, and the others are tied for all that
    copies = [Tie(NEAR_COPY, members[0], members) for members in ties]
    assert {each.split for each in assign("cd", copies, RULES, bridge).values()} == {"test"}
