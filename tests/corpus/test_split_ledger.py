"""The ledger of splits: what is decided stays, and what comes to be known is said."""

import json
import os
from pathlib import Path

import pytest
from tests.conftest import Run, lay_first
from tests.corpus.splitting import add, ids, lay_splits, split, splits_of, told
from tests.killing import killed_at

from stancebank.model import Placement
from stancebank.workspace import open_workspace


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
