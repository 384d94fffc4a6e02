"""Articles that are alike: all pairs up to a size, nearly all beyond it, none that is less alike."""

import json
import os
import random
import subprocess
import sys
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import Run, examples

from stancebank.annotate.frame import SampleRules, plan_sample
from stancebank.corpus import duplicates, likeness
from stancebank.corpus.copies import search_keys
from stancebank.corpus.duplicates import THRESHOLD, find_duplicates, join
from stancebank.corpus.likeness import Method, Sets
from stancebank.corpus.shingles import shingle_hashes
from stancebank.corpus.splits import NEAR_COPY, find_ties
from stancebank.model import SplitRules
from stancebank.suggest.order import read_order
from stancebank.workspace import open_workspace

REPORT = (
    "The envoy of Norland said on Monday that talks with Suvia could begin once the patrol boats have left the lake. "
    "“We will sit down with them on any day that they choose, and in any town,” the envoy told reporters in Vesta. "
    "The council of the lake towns welcomed the words and asked both sides to name a day before the ice comes."
)
OTHER = (
    "Fishers in Keth landed more perch this week than in all of last month, the harbour office wrote in a bulletin. "
    "Prices fell at every stall of the market, and the canteen of the shipyard had fish on its board for three days."
)
CHINESE = (
    "湖上的和谈将在周一开始，诺兰的特使在维斯塔对记者说，只要巡逻艇离开，"
    "他们就愿意坐下来谈。湖边各镇的议会对此表示欢迎。"
)


def brute(sets: list[Any], threshold: float) -> dict[tuple[int, int], float]:
    """Count out all pairs with Python's own sets."""
    found = {}
    for (one, first), (other, second) in combinations(enumerate(set(each.tolist()) for each in sets), 2):
        if first and second and (likeness := len(first & second) / len(first | second)) >= threshold:
            found[one, other] = likeness
    return found


def by_representative(pairs: dict[tuple[int, int], float], sets: list[Any]) -> dict[tuple[int, int], float]:
    """Leave out the pairs of sets for which an equal one before them stands."""
    first: dict[bytes, int] = {}
    stands = [first.setdefault(each.tobytes(), place) for place, each in enumerate(sets)]
    return {
        (one, other): likeness
        for (one, other), likeness in pairs.items()
        if (stands[one], stands[other]) == (one, other) or stands[other] == one
    }


def find_pairs(sets: list[Any], threshold: float, method: Method) -> list[tuple[int, int, float]]:
    with Sets.of(sets, has_bands=method == "minhash") as held:
        return list(likeness.find_pairs(held, threshold, method))


METHODS: tuple[Method, ...] = ("exact", "minhash")

words = st.lists(st.sampled_from("abcdefgh"), max_size=14)


@pytest.mark.slow
@settings(max_examples=examples(200), deadline=None)
@given(st.lists(words, max_size=12), st.sampled_from([0.2, 0.5, 0.6, 0.75, 1.0]))
def test_every_pair_is_found_and_no_other(texts: list[list[str]], threshold: float) -> None:
    sets = [shingle_hashes(each) for each in texts]
    found = list(find_pairs(sets, threshold, "exact"))
    assert len(found) == len({each[:2] for each in found})
    assert {(one, other): likeness for one, other, likeness in found} == pytest.approx(
        by_representative(brute(sets, threshold), sets)
    )


def planted(seed: int, bases: int) -> list[list[str]]:
    """Texts of 100 words, each with six copies of which more and more words are changed, put in or left out."""
    draw = random.Random(seed)
    names = [f"w{number}" for number in range(20_000)]
    texts = []
    for _ in range(bases):
        base = draw.choices(names, k=100)
        texts.append(base)
        for changed in (2, 4, 6, 8, 10, 14):
            copy = list(base)
            for _ in range(changed):
                place = draw.randrange(len(copy))
                copy[place : place + 1] = draw.choice(([draw.choice(names)], [], [draw.choice(names), copy[place]]))
            texts.append(copy)
    return texts


@pytest.mark.slow
def test_bands_find_nearly_all_pairs_and_count_them_out() -> None:
    sets = [shingle_hashes(each) for each in planted(7, 500)]
    exact = {each[:2]: each[2] for each in find_pairs(sets, THRESHOLD, "exact")}
    banded = {each[:2]: each[2] for each in find_pairs(sets, THRESHOLD, "minhash")}
    assert banded.items() <= exact.items()
    for least, most, recall in ((0.6, 0.7, 0.98), (0.7, 1.01, 0.999)):
        wanted = {pair for pair, likeness in exact.items() if least <= likeness < most}
        assert len(wanted) > 500
        assert len(wanted & banded.keys()) >= recall * len(wanted), (least, len(wanted))


@pytest.mark.slow
def test_many_copies_of_one_text_cost_one_pair_each() -> None:
    texts = [search_keys(REPORT)] * 3000 + [search_keys(OTHER)]
    for method in METHODS:
        found = list(find_pairs([shingle_hashes(each) for each in texts], THRESHOLD, method))
        assert found == [(0, place, 1.0) for place in range(1, 3000)]


@pytest.mark.slow
def test_crowds_of_near_copies_hang_together_without_all_their_pairs() -> None:
    draw = random.Random(3)
    names = [f"w{number}" for number in range(20_000)]
    bases = [draw.choices(names, k=100) for _ in range(2)]
    texts = []
    for number in range(1000):
        copy = list(bases[number % 2])
        copy[draw.randrange(100)] = draw.choice(names)
        texts.append(copy)
    sets = [shingle_hashes(each) for each in texts]
    found = {each[:2]: each[2] for each in find_pairs(sets, THRESHOLD, "minhash")}
    clusters = join((str(one), str(other)) for one, other in found)
    assert [len(each) for each in clusters] == [500, 500]
    assert len(found) < 2 * 500 * 499 / 2 / 3
    for (one, other), told in draw.sample(sorted(found.items()), 100):
        first, second = set(sets[one].tolist()), set(sets[other].tolist())
        assert told == len(first & second) / len(first | second)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (REPORT, REPORT.upper().replace("“", '"').replace("”", '"'), True),
        (REPORT, REPORT.replace("Monday", "Tuesday").replace("Vesta", "Essa"), True),
        (REPORT, OTHER, False),
        (CHINESE, CHINESE.replace("周一", "周二"), True),
        (CHINESE, CHINESE[::-1], False),
        ("Short", "short", True),
        ("", "", False),
        ("—", "—", False),
    ],
)
def test_alike_is_what_a_reader_calls_a_copy(one: str, other: str, alike: bool) -> None:
    sets = [shingle_hashes(search_keys(each)) for each in (one, other)]
    for method in METHODS:
        assert bool(list(find_pairs(sets, THRESHOLD, method))) is alike


@pytest.mark.slow
def test_hashes_are_the_same_in_every_process() -> None:
    script = (
        "from stancebank.corpus.shingles import shingle_hashes; print(shingle_hashes('a b c d é'.split()).tolist())"
    )
    said = {
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=env).stdout
        for env in ({**os.environ, "PYTHONHASHSEED": each} for each in "12")
    }
    assert said == {f"{shingle_hashes(['a', 'b', 'c', 'd', 'é']).tolist()}\n"}


def test_links_join_to_clusters() -> None:
    assert join([("c", "b"), ("x", "y"), ("a", "b")]) == (("a", "b", "c"), ("x", "y"))
    assert join([]) == ()


def lay(root: Path, run: Run) -> None:
    """Add a report, its reprint with other furniture, a near copy, another text, and one that quotes the report."""
    beside = f"{REPORT}\n\nRelated news\n\n{OTHER}"
    quoting = (
        "In Essa, the council read the envoy’s words aloud: “We will sit down with them on any day that they choose, "
        "and in any town,” and then closed the meeting without a vote."
    )
    articles = [
        {"text": f"Envoy ready\n\n{REPORT}", "outlet": "Norland Post", "slug": "ready"},
        {
            "text": f"Envoy is ready\n\n{beside}",
            "outlet": "Suvia Courier",
            "slug": "envoy",
            "zones": [{"zone": "related", "lines": [5, 7]}],
        },
        {
            "text": f"Ready, says envoy\n\n{REPORT.replace('Monday', 'Tuesday')}",
            "outlet": "Keth Tribune",
            "slug": "near",
        },
        {"text": f"More perch\n\n{OTHER}", "outlet": "Keth Tribune", "slug": "perch"},
        {"text": f"Council asks\n\n{quoting}", "outlet": "Essa Daily", "slug": "council"},
    ]
    path = root / "articles.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in articles), encoding="utf-8")
    done = run("-w", root, "corpus", "add", path)
    assert done.returncode == 0, done.stderr
    path.unlink()


@pytest.mark.parametrize("method", ["exact", "minhash"])
def test_copies_in_a_corpus_are_told_with_how_alike_they_are(method: Method, empty_root: Path, run: Run) -> None:
    lay(empty_root, run)
    done = run("-w", empty_root, "corpus", "duplicates", "--method", method, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    (cluster,) = told["clusters"]
    assert [each.split("-")[0] for each in cluster] == ["keth", "norland", "suvia"]  # without what stands beside them
    assert {round(each["likeness"], 1) for each in told["pairs"]} <= {0.8, 0.9, 1.0}
    (quoted,) = told["quotations"]
    assert quoted["words"] == 16
    assert len(quoted["articles"]) == 4
    done = run("-w", empty_root, "corpus", "duplicates")
    assert "1. 3 articles" in done.stdout
    assert "1 quotation of 16 words in 4 articles" in done.stdout
    assert "5 articles: 1 cluster with 3 of them, 1 quotation in several." in done.stderr


@pytest.mark.slow
def test_batches_and_workers_change_nothing(empty_root: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    lay(empty_root, run)
    store = open_workspace(empty_root).store
    for method in METHODS:
        found = find_duplicates(store, method=method)
        monkeypatch.setattr(duplicates, "_BATCH", 2)
        assert find_duplicates(store, method=method, workers=2 if method == "minhash" else 1) == found
        assert found.pairs


@pytest.mark.slow
def test_clusters_feed_splits_the_queue_plans_and_agencies(empty_root: Path, run: Run) -> None:
    lay(empty_root, run)
    workspace = open_workspace(empty_root)
    store = workspace.store
    ((near, ready, envoy),) = find_duplicates(store).clusters
    assert [each.split("-")[0] for each in (near, ready, envoy)] == ["keth", "norland", "suvia"]
    ties = [each.members for each in find_ties(store, SplitRules()).ties if each.kind == NEAR_COPY]
    assert {name for members in ties for name in members} == {near, ready, envoy}
    queue = read_order(workspace).queue
    assert [bool(each.copy_of) for each in queue] == [False, False, False, True, True]
    assert {each.article.article_id for each in queue[3:]} | {queue[4].copy_of} == {near, ready, envoy}
    drawn = [each.article_id for each in plan_sample(workspace, "one", SampleRules(size=3, least=0)).drawn]
    assert len(drawn) == 3
    assert len({near, ready, envoy}.intersection(drawn)) == 1
    assert run("-w", empty_root, "corpus", "edit", ready, "agencies=Lake News Agency").returncode == 0
    done = run("-w", empty_root, "corpus", "duplicates")
    assert done.stdout.count("credits no agency, others Lake News Agency") == 2
    assert "2 articles with a text of which others credit an agency, and no agency.\nHint: where it" in done.stderr
    (uncredited,) = json.loads(run("-w", empty_root, "corpus", "duplicates", "--json").stdout)["uncredited"]
    assert uncredited == {"articles": [near, envoy], "agencies": ["Lake News Agency"]}
    for name in (near, envoy):
        assert run("-w", empty_root, "corpus", "edit", name, "agencies=Lake News Agency").returncode == 0
    assert not find_duplicates(store).uncredited


def test_texts_that_are_not_at_hand_are_counted(empty_root: Path, run: Run) -> None:
    lay(empty_root, run)
    (text,) = empty_root.glob("**/texts/essa*.txt")
    text.unlink()
    done = run("-w", empty_root, "corpus", "duplicates")
    assert done.returncode == 0
    assert "Not compared, since their texts are not at hand: 1 article." in done.stderr
    assert "Hint: run `stancebank corpus hydrate DIR`" in done.stderr


@pytest.mark.parametrize("threshold", ["0", "-1", "1.5"])
def test_a_threshold_that_means_nothing_is_refused(threshold: str, empty_root: Path, run: Run) -> None:
    done = run("-w", empty_root, "corpus", "duplicates", "--threshold", threshold)
    assert done.returncode == 1
    assert "must be above 0 and at most 1" in done.stderr


def test_without_the_library_the_other_method_is_one_line(
    empty_root: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "rensa", None)
    lay(empty_root, run)
    done = run("-w", empty_root, "corpus", "duplicates", "--method", "minhash")
    assert done.returncode == 1
    assert done.stderr.endswith('Hint: pip install "stancebank[scale]"\n')
