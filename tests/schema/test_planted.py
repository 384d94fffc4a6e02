"""What a change of the scheme costs: the files that a person edits, and nothing below src/.

A new value is one edit. A new free-text field is an edit of the schema; titles and hints in annotate/interface.toml
and a rule in the guidelines are for people, and the field works without them.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.annotate.tasks import read, submitted
from tests.conftest import OWN_SCHEMA, TOY, lay_workspace

import stancebank
from stancebank.annotate.encode import to_task
from stancebank.annotate.interface_settings import load_interface
from stancebank.annotate.lists import make_lists
from stancebank.cli import stancebank as command
from stancebank.publish.tables.chat import system_message
from stancebank.records import read_json
from stancebank.workspace import open_workspace

ENVOY = "norland-post-2031-02-11-envoy"
NOTE = "Said after dinner."


def run(root: Path, *arguments: object, code: int = 0) -> str:
    done = CliRunner().invoke(command, ["-w", str(root), *map(str, arguments)], catch_exceptions=False)
    assert done.exit_code == code, done.output
    return done.stdout


def edit(path: Path, change: Any) -> None:
    value = read_json(path)
    change(value)
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return lay_workspace(TOY, tmp_path / "toy")


def reading(root: Path) -> Any:
    """The gold of the envoy in its quoted form."""
    return json.loads(run(root, "annotate", "export", ENVOY))


def build(root: Path, value: Any) -> Any:
    """Make a reading gold, build, and return the statements as a data frame."""
    path = root.parent / "reading.json"
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    run(root, "annotate", "import", path, "--gold", "single", "--replace")
    assert json.loads(run(root, "check", "--json"))["counts"]["errors"] == 0
    run(root, "publish", "build", "--out", root.parent / "dataset")
    found = json.loads(run(root, "publish", "verify", root.parent / "dataset", "--no-readers", "--json"))
    assert [each for each in found["faults"] if each["severity"] == "error"] == []
    return stancebank.load(root.parent / "dataset", as_="pandas")


@pytest.mark.slow
def test_a_retired_value_is_no_longer_offered_and_what_has_it_stays(root: Path) -> None:
    """It keeps its number; the desk, the guidelines and the prompt do not show it; a pull still takes it."""
    vocabularies = root / "schema" / OWN_SCHEMA.name / "vocabularies.json"
    edit(vocabularies, lambda found: found["force"]["values"]["hedged"].update(retired=True))
    run(root, "schema", "write")
    found = json.loads(run(root, "check", "--json"))["findings"]
    retired = [each for each in found if each["code"] == "value-retired"]
    assert {each["severity"] for each in retired} == {"warning"}
    assert [(each["file"].rpartition("/")[2], each["pointer"]) for each in retired] == [
        (f"{ENVOY}.json", "/statements/2/force")
    ]
    assert 'value="hedged"' not in (root / "annotate/labeling.xml").read_text("utf-8")
    assert "| `hedged` |" not in (root / "annotate/GUIDELINES.md").read_text("utf-8")
    workspace = open_workspace(root)
    assert "`hedged`" not in system_message(workspace.scheme, workspace.store.targets().targets)
    assert "hedged" in read_json(root / "schema" / OWN_SCHEMA.name / "annotation.schema.json")["$defs"]["force"]["enum"]
    gold, article = workspace.store.gold(ENVOY), workspace.store.article(ENVOY)
    assert gold
    text, interface = workspace.store.text(article) or "", load_interface(workspace)
    lists = make_lists(workspace.store.entities(), workspace.store.targets(), (), interface)
    task = to_task(article, text, [gold], lists, interface, guideline_version="1.0")
    back = read(submitted(task, task["predictions"][0]["result"]), scheme=workspace.scheme).documents[0]
    assert [each.fields.get("force") for each in back.statements].count("hedged") == 1
    run(root, "publish", "build", "--out", root.parent / "dataset")
    rows = stancebank.load(root.parent / "dataset", as_="pandas")
    assert (rows["force"] == "hedged").sum() == 1


@pytest.mark.slow
def test_another_stance_is_one_edit_and_one_command(root: Path) -> None:
    """It has no hotkey, since those of the interface are taken, and goes all the way."""
    vocabularies = root / "schema" / OWN_SCHEMA.name / "vocabularies.json"
    value = {"description": "Has not made up its mind.", "polarity": "none", "example": "We shall see."}
    edit(vocabularies, lambda found: found["stance"]["values"].update(waver=value))
    drift = {each["code"] for each in json.loads(run(root, "check", "--json", code=1))["findings"]}
    assert drift == {"scheme-drift", "interface-drift", "history-unread"}  # it is in no repository
    run(root, "schema", "write")
    assert json.loads(run(root, "check", "--json"))["counts"]["errors"] == 0
    assert 'value="waver"' in (root / "annotate/labeling.xml").read_text("utf-8")
    assert "| `waver` | Has not made up its mind." in (root / "annotate/GUIDELINES.md").read_text("utf-8")
    changed = reading(root)
    changed["statements"][0]["stance"] = changed["statements"][1]["stance"] = "waver"
    frame = build(root, changed)
    row = frame[frame["stance"] == "waver"].iloc[0]
    assert (row["stance_id"], row["polarity"]) == (10, "none")
    names = stancebank.load(root.parent / "dataset").features["stance_id"].names
    assert names[-1] == "waver"


@pytest.mark.slow
def test_a_free_text_field_is_an_edit_of_the_schema(root: Path) -> None:
    field = {
        "type": "string",
        "minLength": 1,
        "description": "Where it was said.",
        "x-stancebank": {"kind": "text", "profile": "core"},
    }
    edit(
        root / "schema" / OWN_SCHEMA.name / "annotation.schema.json",
        lambda found: found["$defs"]["statement"]["properties"].update(setting=field),
    )
    run(root, "schema", "write")
    changed = reading(root)
    changed["statements"][0]["setting"] = NOTE
    frame = build(root, changed)
    assert frame["setting"].dropna().tolist() == [NOTE]
    workspace = open_workspace(root)
    interface, store = load_interface(workspace, "core"), workspace.store
    document, article = store.gold(ENVOY), store.article(ENVOY)
    assert document is not None
    lists = make_lists(store.entities(), store.targets(), (), interface)
    task = to_task(article, store.text(article) or "", [document], lists, interface, guideline_version="1.0")
    back = read(submitted(task, task["predictions"][0]["result"]), scheme=workspace.scheme)
    assert [each.fields.get("setting") for each in back.documents[0].statements] == [
        each.fields.get("setting") for each in document.statements
    ]
    assert 'name="setting"' in (root / "annotate/labeling-core.xml").read_text("utf-8")
    assert "`setting`" in (root.parent / "dataset/COLUMNS.md").read_text("utf-8")
    assert (
        "setting"
        in read_json(root / "schema" / OWN_SCHEMA.name / "prediction.schema.json")["$defs"]["statement"]["properties"]
    )
