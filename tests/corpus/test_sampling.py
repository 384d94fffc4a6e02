"""Samples: who is drawn depends on seed and ids alone, and weights make sums that are unbiased."""

import json
import random
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from fractions import Fraction
from math import sqrt
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.conftest import REPO, Run, examples

from stancebank.annotate.frame import SampleRules, plan_sample
from stancebank.batches.run import run as run_stage
from stancebank.corpus import candidates
from stancebank.corpus.candidates import score_candidates
from stancebank.corpus.samples import drop_from_samples, read_sample, write_sample
from stancebank.corpus.sampling import Allocation, FrameArticle, allocate, draw, round_up_or_down, stratum_of
from stancebank.errors import InputError, WorkspaceError
from stancebank.model import Article, Document, Gold, Sourced
from stancebank.workspace import Workspace, open_workspace


def planted(articles: int = 300, seed: int = 7) -> list[FrameArticle]:
    """Return a frame in which strata differ in size, and some groups have several articles, even of several strata."""
    chance = random.Random(seed)
    strata = ["post"] * 6 + ["courier"] * 3 + ["wire"]
    return [
        FrameArticle(f"a-{number}", chance.choice(strata), f"g-{number - number % chance.choice((1, 1, 2, 4))}")
        for number in range(articles)
    ]


FRAME = planted()


def has_label(each: FrameArticle) -> bool:
    """Whether a planted article has the label: those of large groups have, and some of a stratum."""
    number = int(each.article_id.removeprefix("a-"))
    return each.group != f"g-{number}" or (each.stratum == "post" and number % 5 == 0)


@pytest.mark.slow
def test_weights_make_a_share_that_is_right_on_the_average() -> None:
    truth = sum(map(has_label, FRAME))
    by_id = {each.article_id: each for each in FRAME}
    allocations: tuple[Allocation, ...] = ("proportional", "root", "equal")
    for allocation in allocations:
        totals, sizes, plain = [], [], []
        for seed in range(150):
            _, drawn = draw(FRAME, 24, allocation, {}, str(seed))
            totals.append(sum(has_label(by_id[each.article_id]) / each.probability for each in drawn))
            sizes.append(sum(1 / each.probability for each in drawn))
            plain.append(fmean(has_label(by_id[each.article_id]) for each in drawn))
            assert len(drawn) == 24
        for found, right in ((totals, truth), (sizes, len(FRAME))):
            assert abs(fmean(found) - right) < 3 * stdev(found) / sqrt(len(found)), allocation
        assert abs(fmean(totals) / fmean(sizes) - truth / len(FRAME)) < 0.03
        assert abs(fmean(plain) - truth / len(FRAME)) > 0.05  # without weights, it would not do


@pytest.mark.slow
def test_a_stratum_too_small_for_one_article_is_drawn_as_often_as_it_is_due() -> None:
    frame = [FrameArticle(f"a-{number}", f"s-{number % 40}", f"a-{number}") for number in range(200)]
    counts = Counter(each.stratum for seed in range(150) for each in draw(frame, 10, "proportional", {}, str(seed))[1])
    assert len(counts) == 40
    assert all(18 < number < 62 for number in counts.values())  # 37.5 are due to each


def test_the_order_of_the_frame_and_articles_elsewhere_change_nothing() -> None:
    given = {"post": 6, "courier": 4, "wire": 2}
    strata, drawn = draw(FRAME, 12, "proportional", given, "x")
    assert draw(random.Random(1).sample(FRAME, len(FRAME)), 12, "proportional", given, "x") == (strata, drawn)
    assert [(each.name, each.due, each.drawn) for each in strata] == [
        ("courier", 4.0, 4),
        ("post", 6.0, 6),
        ("wire", 2.0, 2),
    ]
    more = [*FRAME, *(FrameArticle(f"b-{number}", "post", f"b-{number}") for number in range(100))]
    again = draw(more, 12, "proportional", given, "x")[1]
    ours, theirs = ({each for each in held if each.stratum != "post"} for held in (drawn, again))
    assert ours == theirs
    one_more = draw(FRAME, 13, "proportional", given | {"post": 7}, "x")[1]
    assert {each.article_id for each in drawn} < {each.article_id for each in one_more}
    assert draw(FRAME, 12, "proportional", given, "y")[1] != drawn


def test_of_each_group_one_article_is_drawn() -> None:
    _, drawn = draw(FRAME, len(FRAME), "equal", {}, "")
    group_of = {each.article_id: each.group for each in FRAME}
    sizes = Counter(group_of.values())
    assert sorted(group_of[each.article_id] for each in drawn) == sorted(sizes)
    assert all(each.group_size == sizes[group_of[each.article_id]] for each in drawn)
    assert all(each.probability == 1 / each.group_size for each in drawn)


def test_sizes_are_divided_as_the_literature_says() -> None:
    sizes = {"a": 100, "b": 400, "c": 900}
    assert allocate(sizes, 42, "proportional", {}) == {"a": 3, "b": 12, "c": 27}
    assert {key: round(float(due), 9) for key, due in allocate(sizes, 42, "root", {}).items()} == {
        "a": 7,
        "b": 14,
        "c": 21,
    }
    assert allocate(sizes, 42, "equal", {}) == {"a": 14, "b": 14, "c": 14}
    assert allocate(sizes, 42, "equal", {"c": 2}) == {"a": 20, "b": 20, "c": 2}
    assert allocate({"a": 2, "b": 50}, 22, "equal", {}) == {"a": 2, "b": 20}  # what there is no more of, others get
    assert allocate({"a": 2, "b": 3}, 22, "root", {}) == {"a": 2, "b": 3}


@pytest.mark.parametrize(
    ("given", "message"),
    [({"z": 1}, "no stratum 'z'"), ({"a": 101}, "has 100 to draw from"), ({"a": 30, "b": 30}, "get 60, more than 42")],
)
def test_numbers_that_cannot_be_given_are_refused(given: dict[str, int], message: str) -> None:
    with pytest.raises(InputError, match=message):
        allocate({"a": 100, "b": 400}, 42, "equal", given)


@settings(max_examples=examples(100), deadline=None)
@given(st.dictionaries(st.text(max_size=3), st.integers(0, 50), min_size=1), st.integers(1, 60), st.text(max_size=3))
def test_whole_numbers_have_the_sum_that_is_due(sizes: dict[str, int], size: int, seed: str) -> None:
    for allocation in ("proportional", "root", "equal"):
        sizes = {key: max(1, number) for key, number in sizes.items()}
        due = allocate(sizes, size, allocation, {})
        assert sum(due.values()) == min(size, sum(sizes.values()))
        numbers = round_up_or_down(due, seed)
        assert sum(numbers.values()) == sum(due.values())
        assert all(abs(numbers[key] - due[key]) < 1 and numbers[key] <= sizes[key] for key in due)


def test_strata_are_made_of_what_records_say(toy_workspace: Workspace) -> None:
    article = toy_workspace.store.article("norland-post-2031-02-11-envoy")
    roots = {each.id: each for each in toy_workspace.store.targets().targets}
    below = next(each for each in roots.values() if each.parent)
    by = ("outlet", "month", "year", "language", "target")
    assert stratum_of(article, by, [below.id], roots) == f"Norland Post / 2031-02 / 2031 / en / {below.parent}"
    assert stratum_of(article, (), (), roots) == "all"
    bare: Article = replace(article, outlet=None, language=None, published=Sourced(value="2031", basis="given"))
    assert stratum_of(bare, by, [], roots) == "unknown / unknown / 2031 / unknown / unknown"


def clear(root: Path) -> Workspace:
    """Take all readings out of a workspace."""
    for path in root.glob("corpus/gold/*.json"):
        path.unlink()
    return open_workspace(root)


ENVOY, MINISTER, HARVEST = (
    "norland-post-2031-02-11-envoy",
    "suvia-courier-2031-02-12-minister",
    "keth-tribune-undated-harvest",
)


@pytest.mark.slow
def test_candidates_name_a_target_where_they_attribute_words(toy_root: Path) -> None:
    workspace = clear(toy_root)
    plan = plan_sample(workspace, "spring", SampleRules(9, one_per="article"))
    found = {each.article_id: (each.passages, each.targets) for each in plan.drawn}
    assert ENVOY in found
    assert HARVEST not in found  # it is about barley
    assert (plan.frame.corpus, plan.frame.articles, plan.frame.without_cues) == (3, len(found), 3 - len(found))
    every = plan_sample(workspace, "spring", SampleRules(9, one_per="article", least=0))
    assert {each.article_id for each in every.drawn} == {ENVOY, MINISTER, HARVEST}


def test_the_stage_takes_what_travels_and_gives_the_same_in_batches_of_any_size(
    toy_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = open_workspace(toy_root)
    store, zones = workspace.store, workspace.scheme.vocabularies.annotated_zones()
    sizes: list[int] = []

    def noted(stage: str, batches: Iterable[bytes], told: Any, **options: Any) -> Iterator[bytes]:
        held = list(batches)
        sizes.append(len(held))
        return run_stage(stage, held, json.loads(json.dumps(told)), **options)  # settings are what JSON can hold

    monkeypatch.setattr(candidates, "run", noted)
    texts = [(each, store.text(each) or "") for each in store.articles()]
    found = []
    for size in (200, 1):
        monkeypatch.setattr(candidates, "BATCH", size)
        found.append(list(score_candidates(texts, store.targets(), zones, toy_root)))
    assert found[0] == found[1]
    assert sizes == [1, 3]


@pytest.mark.parametrize("name", ["other_domain", "minimal"])
def test_other_schemes_and_languages_have_candidates(name: str, tmp_path: Path) -> None:

    root = Path(shutil.copytree(REPO / "tests" / name, tmp_path / "w"))
    store = open_workspace(root).store
    topics = {each.article_id: {one.target.id for one in each.statements} for each in store.documents(None)}
    workspace = clear(root)
    for path in root.glob("corpus/annotations/*/*.json"):
        path.unlink()
    plan = plan_sample(workspace, "a", SampleRules(9, by=("target",), one_per="article"))
    assert plan.drawn
    assert all(set(each.targets) & topics[each.article_id] for each in plan.drawn)


def test_what_is_annotated_assigned_or_planned_is_never_drawn(toy_root: Path, run: Run) -> None:
    gold = {each.article_id: each for each in open_workspace(toy_root).store.documents(None)}
    workspace = clear(toy_root)
    store = workspace.store
    rules = SampleRules(9, least=0, one_per="article")
    reading: Document = replace(gold[ENVOY], gold=None, annotator="ann-1")
    store.write_document(reading)
    assert {each.article_id for each in plan_sample(workspace, "a", rules).drawn} == {MINISTER, HARVEST}
    store.write_document(replace(reading, annotator="bot", origin="model:x"))
    (store.root / store.document_name(ENVOY, "ann-1")).unlink()  # what a model says is no reading
    assert len(plan_sample(workspace, "a", rules).drawn) == 3
    (toy_root / "corpus/assignments.csv").write_text(f"article_id,annotator,because\n{MINISTER},ann-1,share\n")
    assert {each.article_id for each in plan_sample(workspace, "a", rules).drawn} == {ENVOY, HARVEST}
    plan = plan_sample(workspace, "a", replace_size(rules, 1))
    write_sample(store, plan)
    left = {ENVOY, HARVEST} - {plan.drawn[0].article_id}
    assert {each.article_id for each in plan_sample(workspace, "b", rules).drawn} == left
    assert plan_sample(workspace, "a", replace_size(rules, 1)) == plan  # its own articles are no hindrance
    store.write_document(replace(gold[plan.drawn[0].article_id], gold=Gold(method="single")))
    assert plan_sample(workspace, "a", replace_size(rules, 1)) == plan
    store.write_document(gold[next(iter(left))])
    with pytest.raises(InputError, match="There is nothing to draw from: 3 are annotated"):
        plan_sample(workspace, "b", rules)


def replace_size(rules: SampleRules, size: int) -> SampleRules:
    return SampleRules(size, least=rules.least, one_per=rules.one_per)


def test_an_event_that_is_annotated_is_left_out_as_a_whole(toy_root: Path) -> None:
    gold = {each.article_id: each for each in open_workspace(toy_root).store.documents(None)}
    workspace = clear(toy_root)
    store = workspace.store
    for name in (ENVOY, MINISTER):
        article = store.article(name)
        store.write_record(replace(article, event=Sourced(value="talks", basis="given")))
    drawn = plan_sample(workspace, "a", SampleRules(9, least=0)).drawn
    assert sorted(each.group_size for each in drawn) == [1, 2]
    store.write_document(gold[MINISTER])
    assert [each.article_id for each in plan_sample(workspace, "a", SampleRules(9, least=0)).drawn] == [HARVEST]
    assert len(plan_sample(workspace, "a", SampleRules(9, least=0, one_per="text")).drawn) == 2


@pytest.mark.parametrize(
    ("filters", "wanted"),
    [
        ({"outlet": "NORLAND post"}, {ENVOY}),
        ({"since": "2031-02-12"}, {MINISTER}),
        ({"until": "2031-02-11"}, {ENVOY}),
        ({"since": "2031-02", "until": "2031"}, {ENVOY, MINISTER}),
        ({"language": "en"}, {ENVOY, MINISTER, HARVEST}),
    ],
)
def test_filters_let_in_what_says_so(filters: dict[str, str], wanted: set[str], toy_root: Path) -> None:
    rules = SampleRules(9, least=0, one_per="article", filters=filters)
    plan = plan_sample(clear(toy_root), "a", rules)
    assert {each.article_id for each in plan.drawn} == wanted
    assert (plan.frame.filters, plan.frame.outside) == (filters, 3 - len(wanted))


@pytest.mark.slow
def test_a_plan_is_kept_shown_drawn_again_and_handed_on(toy_root: Path, run: Run) -> None:
    clear(toy_root)
    command = ("-w", toy_root, "corpus", "sample", "--plan", "spring")
    drawing = (*command, "--size", "2", "--by", "outlet", "--least", "0")
    dry = run(*drawing, "--dry-run", "--json")
    assert (json.loads(dry.stdout)["written"], (toy_root / "corpus/samples").exists()) == (False, False)
    assert run(*drawing).returncode == 0
    data = (toy_root / "corpus/samples/spring.json").read_bytes()
    plan = read_sample(open_workspace(toy_root).store, "spring")
    names = [each.article_id for each in plan.drawn]
    assert run(*drawing, "--ids").stdout.split() == names
    shown = run(*command, "--json")
    assert json.loads(shown.stdout)["drawn"] == json.loads(dry.stdout)["drawn"]
    assert (toy_root / "corpus/samples/spring.json").read_bytes() == data
    assigned = run("-w", toy_root, "annotate", "assign", "--sample", "spring", "--annotator", "ann-1", "--json")
    assert [each["article_id"] for each in json.loads(assigned.stdout)["added"]] == names
    assert [line.split()[0] for line in run(*drawing).stdout.splitlines() if "assigned" in line] == names
    (listed,) = json.loads(run("-w", toy_root, "corpus", "sample", "--json").stdout)
    assert (listed["drawn"], listed["assigned"], listed["annotated"]) == (2, 2, 0)
    assert "sample" not in run("-w", toy_root, "check").stdout
    other = run(*drawing, "--seed", "x")
    assert (other.returncode, "other options (--seed)" in other.stderr) == (4, True)
    for options, message in (
        (("--size", "2"), "Name the plan"),
        (("--plan", "x"), "There is no sample 'x'"),
        (("--plan", "spring", "--by", "month"), "Say how many"),
        (("--plan", "Spring", "--size", "2", "--least", "0"), "cannot be the name"),
        (("--plan", "x", "--size", "1", "--least", "0", "--give", "all"), "not of the form STRATUM=N"),
        (("--plan", "x", "--size", "1", "--least", "0", "--one-per", "article", "--give", "all=3"), "has 1 to draw"),
    ):
        refused = run("-w", toy_root, "corpus", "sample", *options)
        assert refused.returncode in (1, 2)
        assert message in refused.stderr
    drop_from_samples(open_workspace(toy_root).store, names[:1])
    left = read_sample(open_workspace(toy_root).store, "spring")
    assert ([each.article_id for each in left.drawn], left.strata) == (names[1:], plan.strata)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda told: told.update(name="other"), "says that it is the sample 'other'"),
        (lambda told: told["drawn"].append(told["drawn"][0]), "twice"),
        (lambda told: told["drawn"][0].update(probability=0.9), "another probability"),
        (lambda told: told["drawn"][0].update(stratum="x"), "in a stratum that it does not tell of"),
        (lambda told: told.pop("frame"), "missing required field"),
        (lambda told: told["strata"][0].update(drawn=0), "more articles of the stratum"),
    ],
)
def test_a_plan_that_was_edited_is_refused(change: Any, message: str, toy_root: Path) -> None:
    workspace = clear(toy_root)
    write_sample(workspace.store, plan_sample(workspace, "a", SampleRules(1, least=0)))
    path = toy_root / "corpus/samples/a.json"
    told = json.loads(path.read_text())
    change(told)
    path.write_text(json.dumps(told))
    with pytest.raises(WorkspaceError, match=message):
        read_sample(workspace.store, "a")


def test_fractions_are_exact() -> None:
    due = allocate({f"s{number}": 10**6 + number for number in range(50)}, 12_345, "root", {})
    assert sum(due.values()) == Fraction(12_345)
