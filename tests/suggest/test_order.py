"""Which article next: the most uncertain and the newest first, some by lot, copies last, each with its reasons."""

import json
import random
from pathlib import Path

import pytest

from stancebank.corpus.assignments import Assignment, write_assignments
from stancebank.corpus.suggestions import write_suggestion
from stancebank.errors import InputError
from stancebank.suggest.order import Covered, Likenesses, Queued, Waiting, entropy, put_in_order, read_order
from stancebank.workspace import Workspace, open_workspace
from tests.conftest import Run


def waiting(
    name: str, uncertainty: float | None = None, speakers: str = "", outlet: str = "", first: str = ""
) -> Waiting:
    number = None if uncertainty is None else 1
    return Waiting(name, (), number, uncertainty, frozenset(speakers.split()), frozenset(), outlet, first)


def ids(queue: list[Queued]) -> list[str]:
    return [each.article.article_id for each in queue]


def test_entropy_is_in_bits() -> None:
    assert [round(entropy(each), 4) for each in (0, 0.11, 0.5, 0.89, 1)] == [0, 0.4999, 1, 0.4999, 0]


def test_what_one_article_brings_is_no_longer_new_in_the_next_one() -> None:
    articles = [
        waiting("both", 0.2, "anna ben", "Post"),  # novelty 1 - 1/8
        waiting("same", 0.2, "anna ben", "POST"),  # then nothing new, as its outlet is that one
        waiting("other", 0.2, "cleo"),  # 1/2
        waiting("unsure", 1.0, "dora"),  # known already
        waiting("unknown", None, "dora"),
    ]
    queue = list(put_in_order(articles, [], Covered({"dora"}, set(), {""}), Likenesses(), share=0))
    assert [(each.article.article_id, round(each.score, 4)) for each in queue] == [
        ("both", 0.5375),
        ("unsure", 0.5),
        ("other", 0.35),
        ("unknown", 0.25),
        ("same", 0.1),
    ]
    assert queue[0].because == ("uncertainty 0.20, 1 suggested", "new speakers: anna, ben", "new outlet: Post")
    assert queue[3].because == ("nothing new",)


def test_one_place_in_five_is_drawn_by_lot_whoever_asks_and_however_often() -> None:
    articles = [waiting(f"a-{number:02}", number / 40) for number in range(40)]
    queue = list(put_in_order(articles, [], Covered(), Likenesses(), seed="x"))
    assert [place for place, each in enumerate(queue, 1) if each.by_lot] == [5, 10, 15, 20, 25, 30, 35, 40]
    assert "by lot" in queue[4].because
    by_score = [each.article.article_id for each in queue if not each.by_lot]
    assert by_score == sorted(by_score, reverse=True)
    random.Random(1).shuffle(articles)
    assert list(put_in_order(articles, [], Covered(), Likenesses(), seed="x")) == queue
    other = list(put_in_order(articles, [], Covered(), Likenesses(), seed="y"))
    assert [each.article.article_id for each in other if each.by_lot] != [
        each.article.article_id for each in queue if each.by_lot
    ]
    one_by_one: list[Queued] = []
    left = articles
    while left:  # the first one is annotated, and the queue asked for again
        first = next(put_in_order(left, [], Covered(), Likenesses(), done=len(one_by_one), seed="x"))
        one_by_one.append(first)
        left = [each for each in left if each != first.article]
    assert one_by_one == queue


def test_what_is_drawn_by_lot_is_any_article_alike_often() -> None:
    articles = [waiting(f"a-{number}", number / 10) for number in range(10)]
    drawn = [
        next(each for each in put_in_order(articles, [], Covered(), Likenesses(), share=100, seed=str(seed)))
        for seed in range(500)
    ]
    counts = [sum(each.article == article for each in drawn) for article in articles]
    assert sum((count - 50) ** 2 / 50 for count in counts) < 27.9  # chi-squared, 9 degrees of freedom, p = .001


def test_copies_and_reprints_come_last_and_say_of_what() -> None:
    articles = [
        waiting("near-read", 1.0),
        waiting("near-queued", 0.9),
        waiting("queued", 0.95),
        waiting("reprint", 1.0, first="first"),
        waiting("first", 0.1),
        waiting("again", 0.0),  # somebody has read it, somebody else has not
    ]
    clusters = [("near-read", "read"), ("near-queued", "queued"), ("first", "reprint")]
    pairs = {frozenset(("near-read", "read")): 0.8, frozenset(("near-queued", "queued")): 0.7}
    queue = list(put_in_order(articles, ["again", "read"], Covered(), Likenesses(clusters, pairs), share=0))
    assert ids(queue) == ["queued", "first", "again", "near-queued", "near-read", "reprint"]
    assert [each.because[0] for each in queue[3:]] == [
        "last: nearly the text of queued (0.70)",
        "last: nearly the text of read (0.80)",
        "last: a reprint of first",
    ]


ENVOY = "norland-post-2031-02-11-envoy"
MINISTER = "suvia-courier-2031-02-12-minister"
HARVEST = "keth-tribune-undated-harvest"


def keep(workspace: Workspace, article_id: str, *confidences: float, text_sha256: str = "") -> None:
    """Keep a suggestion: statements of the minister, each as probable as is said."""
    said = {"content": [{"begin": 0, "end": 5}], "speaker": {"entity": "samir-dahl"}, "stance": "reject"}
    said |= {"attribution": "direct", "target": {"id": "lift-sanctions"}}
    value = {
        "article_id": article_id,
        "text_sha256": text_sha256 or workspace.store.article(article_id).text_sha256,
        "engine": {"name": "mine", "version": "1"},
        "statements": [said | {"confidence": each} for each in confidences],
    }
    write_suggestion(workspace.store, "mine", value)


def test_the_queue_of_a_workspace(toy_root: Path, run: Run) -> None:
    workspace = open_workspace(toy_root)
    store = workspace.store
    assert read_order(workspace).queue == ()
    for article_id in (MINISTER, HARVEST):
        (store.root / store.document_name(article_id, None)).unlink()
    unsuggested = read_order(workspace)
    assert (unsuggested.suggestions, unsuggested.annotated) == ("", (ENVOY,))
    known = {each.speaker.entity for each in next(store.documents(None)).statements}
    minister = next(each for each in unsuggested.queue if each.article.article_id == MINISTER)
    assert "samir-dahl" in minister.article.speakers
    assert set(minister.new_speakers) == minister.article.speakers - known != set()
    assert minister.because[0].startswith("names without a statement: ")
    assert (minister.new_outlet, minister.article.uncertainty) == ("Suvia Courier", None)

    words = store.text(store.article(ENVOY))
    assert words is not None
    (toy_root / "copy.txt").write_text(words.replace("reporters", "journalists", 1), "utf-8")
    done = run("corpus", "add", "copy.txt", "--outlet", "Ellin Daily", "--json", cwd=toy_root)
    assert done.returncode == 0, done.stderr
    (copy,) = set(store.article_ids()) - {ENVOY, MINISTER, HARVEST}
    keep(workspace, MINISTER, 0.5, 0.0)
    keep(workspace, HARVEST)
    keep(workspace, copy, 0.5)
    order = read_order(workspace)
    assert order.suggestions == "mine"
    assert ids(list(order.queue)) == [MINISTER, HARVEST, copy]
    assert [each.article.uncertainty for each in order.queue] == [0.5, 0.0, 1.0]
    assert (order.queue[0].new_speakers, order.queue[0].new_targets) == (("samir-dahl",), ("lift-sanctions",))
    assert order.queue[1].because == ("no statement suggested", "new outlet: Keth Tribune")
    assert order.queue[2].copy_of == ENVOY
    assert (order.queue[2].likeness or 0) > 0.9

    keep(workspace, MINISTER, 0.5, text_sha256="0" * 64)
    (store.root / store.text_name(store.article(HARVEST))).unlink()
    write_assignments(store, [Assignment(ENVOY, "ann-1"), Assignment(HARVEST, "ann-2")])
    order = read_order(workspace, "mine")
    assert (order.outdated, order.without_words) == ((MINISTER,), (HARVEST,))
    assert ids(list(order.queue)) == [MINISTER, ENVOY, copy]
    assert order.queue[1].because == ("nothing new", "for ann-1")
    assert ids(list(read_order(workspace, annotator="ann-1").queue)) == [ENVOY]

    said = run("annotate", "next", "--ids", "--limit", "2", cwd=toy_root)
    assert said.stdout.split() == [MINISTER, ENVOY]
    for line in ("2 of 3 articles in the queue; 1 annotated.", f"not used: {MINISTER}.", f"not at hand: {HARVEST}."):
        assert line in said.stderr
    assert run("annotate", "next", "--ids", "--json", cwd=toy_root).returncode == 2


def test_what_cannot_be_put_in_order_is_said(toy_workspace: Workspace) -> None:
    with pytest.raises(InputError, match=r"no suggestions 'mine'.\nHint: run"):
        read_order(toy_workspace, "mine")
    with pytest.raises(InputError, match=r"assignments.csv has no articles for anna"):
        read_order(toy_workspace, annotator="anna")
    keep(toy_workspace, ENVOY, 0.5)
    with pytest.raises(InputError, match=r"'other'.\nHint: there are some of mine"):
        read_order(toy_workspace, "other")
    path = toy_workspace.store.root / "corpus/suggestions/other"
    path.mkdir()
    (path / f"{MINISTER}.json").write_text(json.dumps({"article_id": MINISTER}), "utf-8")
    with pytest.raises(InputError, match=r"of mine, other.\nHint: choose with --name"):
        read_order(toy_workspace)
