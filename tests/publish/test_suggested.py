"""What of a dataset began as a suggestion: in its rows, its manifest and its card, and when a folder is verified."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stancebank.corpus.suggestions import (
    BEGUN,
    ENGINES,
    SHOWN,
    BegunLine,
    EngineLine,
    ShownLine,
    read_begun,
    write_lines,
)
from stancebank.publish.build import build
from stancebank.publish.card.workspace_card import read_card
from stancebank.publish.verification import Wanted, verify
from stancebank.workspace import Workspace, open_workspace
from tests.frozen.forging import read_json, read_rows, seal, write_json, write_rows
from tests.publish.builds import ENVOY, MINISTER, read_as
from tests.publish.judging import lay_judged
from tests.publish.verifying import ALONE

pytestmark = pytest.mark.slow

ENGINE = EngineLine("rules-0a1b2c3d", "rules", "1.2.0", "en-small", "3.8.0", "ab" * 32, '{"host": "10.0.0.1"}')
BY = f"model:{ENGINE.id}"
BEGAN = (
    BegunLine(ENVOY, "ada", "rules", "s1", "s1"),
    BegunLine(ENVOY, "ada", "rules", "s2", "s2", "stance force"),
    BegunLine(ENVOY, "ada", "rules", "s3"),  # she took it away
    BegunLine(ENVOY, "cy", "rules", "s2", "s3"),  # gold has ada's
    BegunLine(MINISTER, "toy-1", "rules", "s1", "s2"),
)


@pytest.fixture(scope="module")
def laid(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Gold of one article is ada's by its ledger, that of the other the reading of toy-1. Not to be changed."""
    workspace = lay_judged(tmp_path_factory.mktemp("suggested") / "toy")
    read_as(workspace, "toy-1", MINISTER)
    shown = [ShownLine(ENVOY, name, "rules", ENGINE.id, "0" * 64) for name in ("ada", "cy")]
    shown += [ShownLine(ENVOY, "bo"), ShownLine(MINISTER, "", "rules", ENGINE.id, "0" * 64)]
    write_lines(workspace.store, ENGINES, [ENGINE])
    write_lines(workspace.store, SHOWN, shown)
    write_lines(workspace.store, BEGUN, BEGAN)
    return workspace


@pytest.fixture(scope="module")
def built(laid: Workspace) -> Path:
    return build(laid, laid.root.parent / "built").out


@pytest.fixture
def folder(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "folder"))


@pytest.fixture
def workspace(laid: Workspace, tmp_path: Path) -> Workspace:
    return open_workspace(Path(shutil.copytree(laid.root, tmp_path / "toy")))


def limits_of(card: str) -> str:
    return next((line for line in card.splitlines() if "uggest" in line and line.startswith("- **")), "")


def test_rows_say_which_statements_began_as_a_suggestion_and_the_card_counts_them(built: Path, laid: Workspace) -> None:
    found = {
        table: {row[key]: row["suggested_by"] for row in read_rows(built, table) if row["suggested_by"]}
        for table, key in (("statements", "statement_id"), ("annotations", "annotation_id"))
    }
    assert found == {
        "statements": dict.fromkeys((f"{ENVOY}/s1", f"{ENVOY}/s2", f"{MINISTER}/s2"), BY),
        "annotations": dict.fromkeys(
            (f"ada/{ENVOY}/s1", f"ada/{ENVOY}/s2", f"cy/{ENVOY}/s3", f"toy-1/{MINISTER}/s2"), BY
        ),
    }
    manifest = read_json(built / "manifest.json")
    about = {"name": "rules", "version": "1.2.0", "model": "en-small", "model_version": "3.8.0"}
    assert manifest["suggestions"] == {
        "engines": {ENGINE.id: about | {"model_sha256": "ab" * 32}},  # settings may name a server, and stay here
        "unchanged": 2,
        "unknown": 0,
    }
    assert {ENGINES, SHOWN, BEGUN} <= manifest["inputs"].keys()
    said = limits_of((built / "README.md").read_text("utf-8"))
    assert said == (
        "- **Suggested first.** 3 of 13 gold statements (23%) began as a suggestion of a program that an annotator "
        "took, 2 of them without a change: `rules-0a1b2c3d` (rules 1.2.0, model en-small 3.8.0): 3. The column "
        "`suggested_by` says which; suggestions pull those who see them."
    )
    assert said in read_card(laid).wanted
    assert verify(built, Wanted(readers=(), against=laid)).errors == []


def lead(manifest: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**manifest, "suggestions": {**manifest["suggestions"], **changes}}


@pytest.mark.parametrize(
    ("forge", "where", "code"),
    [
        (lambda told: {key: told[key] for key in told if key != "suggestions"}, "suggestions", "manifest-form"),
        (lambda told: lead(told, unchanged=4), "suggestions/unchanged", "manifest-differs"),
        (lambda told: lead(told, unknown=11), "suggestions/unknown", "manifest-differs"),
        (lambda told: lead(told, unchanged=True), "suggestions", "manifest-form"),
        (lambda told: lead(told, engines={}), f"suggestions/engines {ENGINE.id}", "manifest-differs"),
        (lambda told: lead(told, more=1), "suggestions", "manifest-form"),
        (
            lambda told: {**told, "inputs": {key: each for key, each in told["inputs"].items() if "sugg" not in key}},
            f"inputs {SHOWN}",
            "manifest-differs",
        ),
    ],
)
def test_a_manifest_that_tells_something_else_of_suggestions_is_not_sound(
    folder: Path, forge: Callable[[dict[str, Any]], dict[str, Any]], where: str, code: str
) -> None:
    write_json(folder / "manifest.json", forge(read_json(folder / "manifest.json")))
    seal(folder)
    faults = verify(folder, ALONE).errors
    assert (where, code) in {(each.column, each.code) for each in faults if each.file == "manifest.json"}


def test_a_row_that_names_another_engine_or_none_is_not_sound(folder: Path) -> None:
    rows = read_rows(folder, "statements")
    began = next(row for row in rows if row["suggested_by"] and not row["n_conditions"])
    began["suggested_by"] = "model:other-1"
    write_rows(folder, "statements", rows)
    faults = verify(folder, ALONE).errors
    assert ("suggestions/engines other-1", "manifest-differs") in {(each.column, each.code) for each in faults}
    began["suggested_by"] = "human"
    write_rows(folder, "statements", rows)
    (fault,) = (each for each in verify(folder, ALONE).errors if each.column == "suggested_by")
    assert (fault.row, fault.code) == (began["statement_id"], "row-invalid")


def test_against_its_workspace_a_folder_is_counted_again(folder: Path, workspace: Workspace) -> None:
    write_json(folder / "manifest.json", lead(read_json(folder / "manifest.json"), unchanged=3))
    seal(folder)
    faults = verify(folder, Wanted(readers=(), against=workspace)).errors
    assert [(each.column, each.code) for each in faults if each.file == "manifest.json"] == [
        ("suggestions", "source-differs")
    ]


def test_a_folder_stays_sound_when_suggestions_are_shown_later(workspace: Workspace, tmp_path: Path) -> None:
    ledgers = workspace.root / "corpus/suggestions"
    kept = shutil.move(ledgers, tmp_path / "kept")
    before = build(workspace, tmp_path / "before").out
    manifest = read_json(before / "manifest.json")
    assert "suggestions" not in manifest
    assert not any("suggest" in name for name in manifest["inputs"])
    assert limits_of((before / "README.md").read_text("utf-8")) == ""
    shutil.move(kept, ledgers)
    assert verify(before, Wanted(readers=(), against=workspace)).errors == []


def test_no_suggestion_in_gold_is_said_only_where_it_is_known(workspace: Workspace) -> None:
    store = workspace.store
    write_lines(store, BEGUN, [BegunLine(ENVOY, "cy", "rules", "s2", "s3")])
    assert limits_of(read_card(workspace).wanted) == (
        "- **No suggestions in gold.** Annotators worked with suggestions, and no statement of gold began as one."
    )
    write_lines(store, BEGUN, [*read_begun(store), BegunLine(MINISTER, "cy", "rules", "s1")])
    (store.root / store.document_name(MINISTER, "toy-1")).unlink()  # whose reading gold is, nothing says any more
    assert limits_of(read_card(workspace).wanted) == (
        "- **Perhaps suggested.** Annotators worked with suggestions of a program. Of 7 of 13 gold statements it is "
        "not known whether they began as one."
    )
    for name in (SHOWN, BEGUN):
        (workspace.root / name).unlink()
    assert limits_of(read_card(workspace).wanted) == ""
