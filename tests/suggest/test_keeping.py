"""Suggestions and their ledgers follow what becomes of articles and annotators, and a check looks at them."""

import json
from pathlib import Path

import pytest

from stancebank.check.workspace import check_workspace
from stancebank.corpus.suggestions import (
    BEGUN,
    SHOWN,
    BegunLine,
    ShownLine,
    read_begun,
    read_engines,
    read_shown,
    rename_in_suggestions,
    write_lines,
)
from stancebank.workspace import Workspace, open_workspace
from tests.annotate.sync.pushing import ENVOY, HARVEST, MINISTER
from tests.conftest import Run
from tests.suggest.oracle import lay_suggested


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Suggestions of three articles, shown to two people."""
    workspace = lay_suggested(tmp_path / "toy")
    (engine,) = read_engines(workspace.store)
    shown = [(ENVOY, "ann-1", "oracle"), (ENVOY, "ann-2", ""), (HARVEST, "ann-1", "oracle")]
    lines = [ShownLine(*each, *(("", "") if not each[2] else (engine.id, "0" * 64))) for each in shown]
    write_lines(workspace.store, SHOWN, lines)
    write_lines(workspace.store, BEGUN, [BegunLine(ENVOY, "ann-1", "oracle", "s1", "oracle-s1", "stance")])
    return workspace


def test_lines_follow_an_annotator_who_has_another_name_and_one_that_is_there_stays(workspace: Workspace) -> None:
    rename_in_suggestions(workspace.store, "ann-1", "ann-2")
    assert [(each.article_id, each.annotator, each.suggestion) for each in read_shown(workspace.store)] == [
        (HARVEST, "ann-2", "oracle"),
        (ENVOY, "ann-2", ""),
    ]
    assert [(each.annotator, each.statement) for each in read_begun(workspace.store)] == [("ann-2", "oracle-s1")]


@pytest.mark.slow
def test_an_article_that_goes_takes_its_suggestions_along(workspace: Workspace, run: Run) -> None:
    (workspace.root / f"corpus/gold/{HARVEST}.json").unlink()
    folder = workspace.root / "corpus/suggestions/oracle"
    assert run("corpus", "remove", HARVEST, cwd=workspace.root).returncode == 0
    assert not (folder / f"{HARVEST}.json").exists()
    assert {each.article_id for each in read_shown(workspace.store)} == {ENVOY}
    assert run("corpus", "withdraw", MINISTER, "--reason", "asked for", cwd=workspace.root).returncode == 0
    assert not (folder / f"{MINISTER}.json").exists()
    assert [each.code for each in check_workspace(open_workspace(workspace.root)).errors] == []


def test_a_check_names_what_cannot_be_read_what_is_unknown_and_what_has_to_be_made_again(workspace: Workspace) -> None:
    assert [each.code for each in check_workspace(workspace).findings if each.code.startswith("suggestion")] == []
    folder = workspace.root / "corpus/suggestions"
    path = folder / "oracle" / f"{ENVOY}.json"
    value = json.loads(path.read_bytes())
    (folder / "oracle" / "no-such-article.json").write_text(json.dumps(value))
    path.write_text(json.dumps(value | {"engine": {"name": "oracle", "version": "9"}}))
    (folder / "oracle" / f"{MINISTER}.json").write_text("{")
    (folder / "oracle" / f"{HARVEST}.json").write_text(json.dumps(value))
    write_lines(workspace.store, BEGUN, [BegunLine(ENVOY, "ann-1", "rules", "s1", "rules-s1")])
    (folder / "shown.csv").write_bytes((folder / "shown.csv").read_bytes().replace(b",oracle-", b",other-"))
    found = check_workspace(open_workspace(workspace.root)).findings
    assert sorted((each.code, Path(each.file).name) for each in found if each.code.startswith("suggestion")) == [
        ("suggestion-invalid", "begun.csv"),
        ("suggestion-invalid", f"{HARVEST}.json"),
        ("suggestion-invalid", f"{MINISTER}.json"),
        ("suggestion-unknown", "no-such-article.json"),
        ("suggestion-unknown", f"{ENVOY}.json"),
        ("suggestion-unknown", "shown.csv"),
    ]
