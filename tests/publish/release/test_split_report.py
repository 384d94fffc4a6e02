"""The report of splits in releases: what the gate finds by it, what a verification finds of a forged one."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from stancebank.corpus.cleaning import Source
from stancebank.corpus.sources import read_sources
from stancebank.errors import InputError
from stancebank.publish import splitting
from stancebank.publish.hydrate import hydrate_folder
from stancebank.publish.release import gate
from stancebank.publish.release.gate import ReleaseWaiver
from stancebank.publish.splitting import read_stated, state_splits
from stancebank.publish.verification import verify
from stancebank.workspace import Workspace, open_workspace
from tests.conftest import REPO, Run, second_edition
from tests.frozen.forging import read_json, seal, write_json
from tests.publish.builds import ENVOY, HARVEST, MINISTER, NOTICE, fill_release, lay_split, lay_toy, write_ledger
from tests.publish.release.releases import commit, lay_committed, make, make_and_commit, say_news
from tests.publish.verifying import ALONE

REPORT, MANIFEST = "splits.json", "manifest.json"
KEPT = {HARVEST: "train,", ENVOY: "test,", MINISTER: "test,"}
"""A ledger in which articles of one event are in one split."""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return lay_split(tmp_path_factory.mktemp("reports") / "toy")


@pytest.fixture(scope="module")
def released(workspace: Workspace) -> Path:
    """A release with three splits, an article in none of them, and a leak that was let pass."""
    return fill_release(workspace, workspace.root.parent / "released")


@pytest.fixture
def folder(released: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(released, tmp_path / "folder"))


def codes(folder: Path) -> set[tuple[str, str]]:
    return {(each.code, each.file) for each in verify(folder, ALONE).faults}


@pytest.mark.slow
def test_a_release_says_what_leaks_and_what_its_test_set_asks(released: Path) -> None:
    report = read_json(released / REPORT)
    (leak,) = report["leaks"]
    assert (leak["kind"], leak["articles"]) == ("event", {ENVOY: "test", MINISTER: "validation"})
    assert [each["article_id"] for each in report["none"]] == [NOTICE]
    assert report["largest_group"] == {"articles": [ENVOY, MINISTER], "ties": {"event": 1}}
    assert report["texts"]["articles"] == 3
    assert report["texts"]["missing"] == []
    assert {name: each["by"] for name, each in report["challenges"].items()} == {
        "unseen-speaker": "speaker_id",
        "unseen-target": "target_id",
        "unseen-conflict": "party_states",
        "future": "published",
    }
    unseen = report["challenges"]["unseen-speaker"]
    assert unseen["test"]
    assert all(name.startswith(f"{ENVOY}/") for name in unseen["test"])
    assert all(name.startswith(f"{MINISTER}/") for name in unseen["validation"])
    assert "`splits.json`" in (released / "README.md").read_text("utf-8")
    assert codes(released) == set()


def change(folder: Path, file: str, edit: Callable[[Any], object]) -> None:
    value = read_json(folder / file)
    edit(value)
    write_json(folder / file, value)
    seal(folder)


def put_list(folder: Path) -> None:
    write_json(folder / REPORT, [1])
    seal(folder)


def drop(folder: Path, *, stated: bool) -> None:
    (folder / REPORT).unlink()
    change(folder, MANIFEST, lambda value: value.pop("splits") if stated else None)


FORGED: dict[str, tuple[Callable[[Path], None], tuple[str, str]]] = {
    "a leak is left out": (
        lambda folder: change(folder, REPORT, lambda value: value["leaks"].clear()),
        ("split-report-differs", REPORT),
    ),
    "a challenge set is left out": (
        lambda folder: change(folder, REPORT, lambda value: value["challenges"].pop("unseen-speaker")),
        ("split-report-differs", REPORT),
    ),
    "an id is put into a challenge set": (
        lambda folder: change(
            folder, REPORT, lambda value: value["challenges"]["future"]["test"].append(f"{ENVOY}/s9")
        ),
        ("split-report-differs", REPORT),
    ),
    "a count is changed": (
        lambda folder: change(folder, REPORT, lambda value: value["splits"]["test"].update(articles=9)),
        ("split-report-differs", REPORT),
    ),
    "it is no object": (
        put_list,
        ("split-report-differs", REPORT),
    ),
    "it is gone": (lambda folder: drop(folder, stated=False), ("file-missing", REPORT)),
    "it is gone, and nothing is stated": (lambda folder: drop(folder, stated=True), ("manifest-form", MANIFEST)),
    "nothing is stated": (
        lambda folder: change(folder, MANIFEST, lambda value: value.pop("splits")),
        ("file-foreign", REPORT),
    ),
    "what is stated has another form": (
        lambda folder: change(folder, MANIFEST, lambda value: value["splits"].update(more=1)),
        ("manifest-form", MANIFEST),
    ),
    "an article in no split has no reason": (
        lambda folder: change(folder, MANIFEST, lambda value: value["splits"]["because"].clear()),
        ("manifest-differs", MANIFEST),
    ),
    "texts are said to be missing": (
        lambda folder: change(folder, MANIFEST, lambda value: value["splits"]["texts"]["missing"].append(NOTICE)),
        ("manifest-differs", MANIFEST),
    ),
    "a leak was not let pass": (
        lambda folder: change(folder, MANIFEST, lambda value: value["waived"].clear()),
        ("manifest-differs", MANIFEST),
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", FORGED)
def test_a_forged_report_is_found(folder: Path, name: str) -> None:
    forge, wanted = FORGED[name]
    forge(folder)
    assert wanted in codes(folder)


@pytest.mark.slow
def test_a_release_with_one_split_says_that_it_is_not_applicable_and_an_earlier_one_says_nothing(
    tmp_path: Path,
) -> None:
    folder = fill_release(lay_toy(tmp_path / "toy"), tmp_path / "out")
    report = read_json(folder / REPORT)
    assert (report["applicable"], report["not_applicable_because"]) == (False, "No article is in a split.")
    assert read_json(folder / MANIFEST)["splits"]["texts"] is None
    assert codes(folder) == set()
    drop(folder, stated=True)
    assert codes(folder) == set()


@pytest.mark.slow
def test_the_scheme_of_somebody_else_has_a_report_too(tmp_path: Path) -> None:
    root = second_edition(Path(shutil.copytree(REPO / "tests/other_domain", tmp_path / "other")))
    workspace = open_workspace(root)
    one, other, *_ = workspace.store.article_ids()
    write_ledger(workspace, {one: "train,", other: "test,"})
    folder = fill_release(workspace, tmp_path / "out")
    report = read_json(folder / REPORT)
    assert {name: each["articles"] for name, each in report["splits"].items()} == {"train": 1, "test": 1}
    assert report["challenges"]["unseen-conflict"]["by"] == "event"
    assert codes(folder) == set()


@pytest.mark.slow
def test_a_release_that_gets_its_words_back_has_a_report_of_its_own_rows(
    workspace: Workspace, released: Path, tmp_path: Path
) -> None:
    texts = tmp_path / "texts"
    texts.mkdir()
    for article in workspace.store.articles():
        (texts / f"{article.id}.txt").write_text(workspace.store.text(article) or "")
    copies = [each for each in read_sources([texts]) if isinstance(each, Source)]
    out = hydrate_folder(released, copies, tmp_path / "out").out
    assert read_json(out / REPORT) == read_json(released / REPORT)
    assert codes(out) == set()


@pytest.mark.slow
def test_what_is_stated_of_texts_is_kept_where_a_version_is_made_again(
    workspace: Workspace, released: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = read_stated(read_json(released / MANIFEST)["splits"])
    monkeypatch.delattr(splitting, "find_ties")  # no text is at hand, and none is compared
    ids = {HARVEST, MINISTER, ENVOY, NOTICE}
    assert state_splits(workspace, ids, told) == told
    write_ledger(workspace, KEPT | {NOTICE: "none,"})
    again = state_splits(workspace, ids, told)
    assert (again.because, again.texts) == ({NOTICE: "hash"}, told.texts)


def test_texts_that_are_not_at_hand_are_named_and_near_copies_of_the_others_are_found(tmp_path: Path) -> None:
    workspace = lay_split(tmp_path / "toy", KEPT | {NOTICE: "train,"})
    store = workspace.store
    article, text = store.article(HARVEST), store.text(store.article(HARVEST))
    assert text
    copy = msgspec.structs.replace(article, id="keth-tribune-undated-harvest-again")
    store.write_article(copy, text)
    (store.root / store.text_name(store.article(NOTICE))).unlink()
    write_ledger(workspace, KEPT | {NOTICE: "train,", copy.id: "test,"})
    texts = state_splits(workspace, {HARVEST, MINISTER, ENVOY, NOTICE, copy.id}).texts
    assert texts
    assert (texts.articles, texts.missing) == (4, (NOTICE,))
    assert texts.near_copies == ((HARVEST, copy.id),)


@pytest.mark.slow
@pytest.mark.usefixtures("no_readers")
def test_the_gate_refuses_leaks_articles_without_a_line_and_those_that_moved(tmp_path: Path, run: Run) -> None:
    workspace = lay_committed(tmp_path / "toy")
    root = workspace.root

    def found(version: str, ledger: dict[str, str]) -> dict[str, str]:
        write_ledger(workspace, ledger)
        commit(root)
        return {each.code: each.message for each in make(root, version, dry_run=True).findings}

    leak = f"{ENVOY} (train) and {MINISTER} (test) have one event, 2031-02-vesta-envoy."
    assert found("1.2.0", KEPT | {ENVOY: "train,"}) == {"release-split-leak": leak}
    waiver = ReleaseWaiver("release-split-leak", "Both were published before.")
    assert make(root, "1.2.0", waiver, dry_run=True).is_clean
    assert found("1.2.0", {HARVEST: "train,", MINISTER: "test,"}) == {
        "release-split-missing": f"it has no line for {ENVOY}."
    }
    assert found("1.2.0", KEPT) == {}
    told = run("publish", "release", "1.2.0", "--dry-run", "--workspace", root)
    assert told.returncode == 0
    assert "Leaks between splits: none (articles: train 1, test 2; the largest group: 2)." in told.stderr
    told = run("publish", "build", "--out", tmp_path / "out", "--workspace", root)
    assert "Leaks between splits: none" in told.stderr

    made = make_and_commit(root, "1.2.0")
    assert read_json(root / "corpus/releases/1.2.0/rows.json")["splits"] == {
        ENVOY: "test",
        HARVEST: "train",
        MINISTER: "test",
    }
    assert make(root, "1.2.0").is_clean  # made again, byte for byte
    shutil.rmtree(made.out)
    say_news(root)
    assert found("1.3.0", KEPT | {HARVEST: "train,4"}) == {}  # it had no fold
    assert found("2.0.0", KEPT | {HARVEST: "validation,"}) == {
        "release-split-moved": f"{HARVEST} was in train in 1.2.0, and is in validation now."
    }
    (root / "corpus/splits.csv").unlink()
    commit(root)
    assert {each.code for each in make(root, "2.0.0", dry_run=True).findings} == {"release-split-moved"}
    with pytest.raises(InputError, match="cannot be waived"):
        make(root, "2.0.0", ReleaseWaiver("release-split-moved", "It is better there."), dry_run=True)


@pytest.mark.slow
def test_a_build_with_a_leak_is_not_publishable(tmp_path: Path, run: Run) -> None:
    root = lay_split(tmp_path / "toy").root
    told = run("publish", "build", "--out", tmp_path / "out", "--json", "--workspace", root)
    assert json.loads(told.stdout)["blocked_by"] == ["release-split-leak", "release-split-missing"]


def test_the_first_place_of_an_article_counts_whatever_later_records_say() -> None:
    from stancebank.publish.history import Held

    held = Held(
        {}, {"articles": {"a": "", "b": "", "c": "", "d": ""}}, splits={"a": "test", "b": "train/2", "c": "test"}
    )
    published = {"a": ("1.0.0", "train"), "b": ("1.0.0", "train/1"), "c": ("1.1.0", "test"), "gone": ("1.0.0", "test")}
    assert [each.message for each in gate.check_moved(published, held)] == [
        "a was in train in 1.0.0, and is in test now.",
        "b was in train/1 in 1.0.0, and is in train/2 now.",
    ]


def test_a_workspace_without_a_ledger_has_no_report_of_a_build(tmp_path: Path) -> None:
    assert gate.report_splits(open_workspace(lay_toy(tmp_path / "toy").root), tmp_path, {}) is None
