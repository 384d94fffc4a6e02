"""The chain from a row back to its source: every link is there, and one that is broken is named."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from stancebank.keeping.why import Link, explain
from stancebank.model import Gold, LabelStudio
from stancebank.publish.history import record_folder
from stancebank.records import read_json, to_json, write_text
from stancebank.workspace import Workspace, open_workspace
from tests.conftest import Run
from tests.publish.builds import ENVOY, HARVEST, MINISTER, read_as
from tests.publish.release.releases import commit, git, lay_committed, make_and_commit

ROW = f"{MINISTER}/s5"


def links(root: Path, row: str = ROW) -> dict[str, list[Link]]:
    found: dict[str, list[Link]] = {}
    for each in explain(open_workspace(root), row):
        found.setdefault(each.name, []).append(each)
    return found


@pytest.fixture
def root(toy_root: Path) -> Path:
    """A workspace in which an annotator has read an article in Label Studio, and an adjudicator has decided."""
    workspace = open_workspace(toy_root)
    made = LabelStudio(project=4, task=17, annotation=33, edited_by="cleo")
    read_as(workspace, "anna", MINISTER, label_studio=made)
    document = workspace.store.gold(MINISTER)
    assert document
    gold = Gold(method="adjudicated", by="cleo", reason="Two readers differed.", rule="G-103")
    workspace.store.write_document(replace(document, gold=gold))
    return toy_root


def test_every_link_of_a_row_is_told(root: Path) -> None:
    found = links(root)
    assert [name for name in found if name not in ("commit",)] == [
        *("row", "gold", "annotation", "words", "article", "source", "schema", "guidelines", "releases"),
    ]
    assert not any(each.broken or each.is_open for held in found.values() for each in held)
    said = {name: held[0].said for name, held in found.items()}
    assert said["row"] == "suvia-foreign-ministry: offer_conditional lift-sanctions"
    assert said["gold"] == "adjudicated (by cleo, rule G-103): Two readers differed."
    assert said["annotation"] == (
        "anna: offer_conditional lift-sanctions; project 4, task 17, annotation 33, region s5, last saved by cleo"
    )
    assert said["words"].startswith("7 of 7 fingerprints hold: “Suvia would lift")
    assert said["releases"] == "none was made yet"


def test_a_condition_has_the_chain_of_its_statement(root: Path) -> None:
    said = links(root, f"{ROW}/c2")["row"][0].said
    assert said == f"if, a condition of {ROW}: suvia-foreign-ministry: offer_conditional lift-sanctions"


def edit(root: Path, name: str, change: Callable[[Any], None]) -> None:
    value = read_json(root / name)
    change(value)
    write_text(root / name, to_json(value))


def _another_text(root: Path) -> None:
    path = root / f"corpus/texts/{MINISTER}.txt"
    path.write_text(path.read_text("utf-8").replace("Suvia", "Keth"), "utf-8")


def _no_rule(root: Path) -> None:
    edit(root, f"corpus/gold/{MINISTER}.json", lambda value: value["gold"].update(rule="G-999"))


def _another_fingerprint(root: Path) -> None:
    def change(value: Any) -> None:
        value["statements"][4]["content"][0]["fingerprint"] = "k" + "0" * 16

    edit(root, f"corpus/gold/{MINISTER}.json", change)


def _gold_of_another_text(root: Path) -> None:
    edit(root, f"corpus/gold/{MINISTER}.json", lambda value: value.update(text_sha256="0" * 64))


def _reading_of_another_text(root: Path) -> None:
    edit(root, f"corpus/annotations/anna/{MINISTER}.json", lambda value: value.update(text_sha256="0" * 64))


def _no_reading(root: Path) -> None:
    (root / f"corpus/annotations/anna/{MINISTER}.json").unlink()
    edit(root, f"corpus/gold/{MINISTER}.json", lambda value: value["gold"].update(method="unanimous"))


def _lost_original(root: Path) -> None:
    edit(root, f"corpus/articles/{MINISTER}.json", lambda value: value.update(reprint_of="no-such-article"))


def _no_guidelines(root: Path) -> None:
    (root / "annotate/GUIDELINES.md").write_text("# Guidelines\n\n### G-103\n", "utf-8")


@pytest.mark.parametrize(
    ("damage", "name", "said"),
    [
        (_another_text, "words", "is not the text that the article's record describes"),
        (_another_text, "article", "is not the text that the record describes"),
        (_no_rule, "gold", "has no rule G-999"),
        (_another_fingerprint, "words", "is not what was marked"),
        (_gold_of_another_text, "article", "made of another text than the record describes"),
        (_reading_of_another_text, "annotation", "of another text than the gold document"),
        (_no_reading, "annotation", "gold by unanimous, and no reading here has it"),
        (_lost_original, "source", "a reprint of no-such-article, which the corpus does not have"),
        (_no_guidelines, "guidelines", "does not name its version"),
    ],
)
def test_a_broken_link_is_named(damage: Callable[[Path], None], name: str, said: str, root: Path, run: Run) -> None:
    damage(root)
    assert said in " ".join(each.broken for each in links(root)[name])
    done = run("-w", root, "publish", "why", ROW)
    assert done.returncode == 1
    assert "BROKEN: " in done.stdout
    assert "of the chain broken" in done.stderr


def test_without_the_text_the_words_are_open_and_not_broken(root: Path, run: Run) -> None:
    (root / f"corpus/texts/{MINISTER}.txt").unlink()
    found = links(root)
    assert (found["words"][0].is_open, found["words"][0].broken) == (True, "")
    assert run("-w", root, "publish", "why", ROW).returncode == 0


@pytest.mark.slow
def test_releases_and_the_commit_are_links_too(tmp_path: Path, run: Run) -> None:
    root = lay_committed(tmp_path / "toy").root
    make_and_commit(root, "1.2.0")
    done = run("-w", root, "publish", "why", f"{ENVOY}/s3", "--json")
    told = {each["name"]: each for each in json.loads(done.stdout)}
    assert told["releases"]["said"] == "in 1.2.0, of 1"
    assert told["releases"]["where"] == record_folder("1.2.0")
    short = git(root, "log", "-1", "--format=%h", "--", f"corpus/gold/{ENVOY}.json").strip()
    assert told["commit"]["said"] == f"{short} Records"
    commit_retired(open_workspace(root))
    commit(root)
    (row, releases) = explain(open_workspace(root), f"{ENVOY}/s6")
    assert row.said.startswith("removed, and its id is not given out again")
    assert releases.said == "in 1.2.0, of 1"


def commit_retired(workspace: Workspace) -> None:
    document = workspace.store.gold(ENVOY)
    assert document
    kept = tuple(each for each in document.statements if not each.id.endswith("/s6"))
    workspace.store.write_document(replace(document, statements=kept, retired=(f"{ENVOY}/s6", f"{ENVOY}/s6/c1")))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (f"{MINISTER}/s55", "Did you mean suvia-courier-2031-02-12-minister/s5?"),
        (f"{HARVEST}/s1", "has no statement"),
        ("no-such-article/s1", "no-such-article has no gold document"),
        (MINISTER, "There is no row"),
    ],
)
def test_what_is_no_row_is_refused_with_what_there_is(row: str, said: str, root: Path, run: Run) -> None:
    done = run("-w", root, "publish", "why", row)
    assert done.returncode == 1
    assert said in done.stderr


def test_the_first_letters_of_the_article_are_enough(root: Path, run: Run) -> None:
    assert run("-w", root, "publish", "why", "suvia/s5").returncode == 0
