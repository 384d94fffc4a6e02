"""The state of a workspace on one screen: counted from files and git, without any server."""

import json
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from stancebank.keeping.status import read_status
from stancebank.publish.history import Held, ReleaseRecord, write_record
from stancebank.records import to_json
from stancebank.workspace import Workspace, open_workspace
from tests.conftest import Run
from tests.publish.builds import ENVOY, HARVEST, MINISTER, contents, lay_toy

WHO = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.org", "-c", "commit.gpgsign=false")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    workspace = lay_toy(tmp_path / "toy")
    (workspace.root / ".gitignore").write_text(".stancebank/\n")
    return workspace


def commit(root: Path, message: str = "Records") -> None:
    if not (root / ".git").exists():
        subprocess.run(["git", "-C", root, "init", "--quiet"], check=True)
    for command in (("add", "--all"), ("commit", "--quiet", "--allow-empty", "--message", message)):
        subprocess.run(["git", "-C", root, *WHO, *command], check=True)


def release(workspace: Workspace, version: str = "1.2.0") -> None:
    rows = {each.id: "a b" for document in workspace.store.documents(None) for each in document.statements}
    manifest = to_json({"dataset_version": version}).encode()
    write_record(workspace.root, ReleaseRecord(version, manifest, b"", Held({}, {"statements": rows})))


def told(run: Run, root: Path) -> dict[str, Any]:
    done = run("-w", root, "status", "--json")
    assert done.returncode == 0, done.stderr
    value: dict[str, Any] = json.loads(done.stdout)
    return value


def test_what_is_there_is_counted_and_nothing_is_written(workspace: Workspace, run: Run) -> None:
    (workspace.root / f"corpus/gold/{HARVEST}.json").unlink()
    (workspace.root / f"corpus/texts/{MINISTER}.txt").unlink()
    before = contents(workspace.root)
    found = told(run, workspace.root)
    assert found["articles"] == {"all": 3, "with_words": 2, "without_gold": [HARVEST]}
    assert found["readings"] == {"ada": 2, "bo": 1}
    assert found["gold"] == {"documents": 2, "methods": {"single": 2}, "statements": 13}
    assert (found["release"], found["uncommitted"], found["server"]["url"]) == (None, None, None)
    assert found["next"] == f"make gold of a reading: `stancebank annotate promote {HARVEST}`"
    shown = run("-w", workspace.root, "status")
    for line in ("articles   3 (1 without their words)", "readings   ada 2, bo 1", f"no gold    1: {HARVEST}"):
        assert line in shown.stdout
    assert contents(workspace.root) == before


@pytest.mark.slow
def test_what_is_next_follows_from_what_is_open(workspace: Workspace, run: Run, tmp_path: Path) -> None:
    root = workspace.root
    assert "git init" in read_status(workspace).next
    commit(root)
    assert read_status(workspace).next == "make the first release: `stancebank publish release 1.2.0 --dry-run`"
    release(workspace)
    assert read_status(workspace).next.startswith("commit and tag release 1.2.0")
    commit(root)
    assert read_status(workspace).next == "nothing is open"
    (root / "corpus/gold" / f"{ENVOY}.json").write_text("{")
    assert read_status(workspace).next == "see what is wrong: `stancebank check`"
    (root / "corpus/gold" / f"{ENVOY}.json").unlink()
    for annotator in ("ada", "bo"):
        (root / "corpus/annotations" / annotator / f"{ENVOY}.json").unlink()
    assert read_status(workspace).next.startswith("annotate 1 of the articles: `stancebank annotate studio start`")
    (root / "corpus/texts" / f"{ENVOY}.txt").unlink()
    assert read_status(workspace).next.startswith("get the words of the articles back")
    for folder in ("articles", "gold", "annotations"):
        shutil.rmtree(root / "corpus" / folder)
    assert read_status(workspace).next.startswith("add articles")


@pytest.mark.slow
def test_what_changed_since_the_last_release_is_told(workspace: Workspace, run: Run) -> None:
    root = workspace.root
    release(workspace, "1.0.0")
    commit(root)
    release(workspace)
    unrecorded = told(run, root)["release"]
    assert (unrecorded["version"], unrecorded["committed"]) == ("1.2.0", False)
    commit(root, "Dataset 1.2.0")
    released = told(run, root)["release"]
    assert released == {
        "version": "1.2.0",
        "committed": True,
        "changed": [],
        "gained": [],
        "lost": [],
        "behind": False,
    }
    path = root / f"corpus/gold/{ENVOY}.json"
    value = json.loads(path.read_text())
    gone, first = value["statements"].pop(), value["statements"][0]
    value["statements"].append({**first, "id": f"{ENVOY}/s99"})
    path.write_text(to_json(value))
    commit(root)
    article = root / f"corpus/articles/{ENVOY}.json"
    article.write_text(article.read_text().replace("2031-02-vesta-envoy", "vesta"))
    (root / "README.md").write_text("Not of the rows.\n")
    found = told(run, root)
    assert found["release"] == {
        "version": "1.2.0",
        "committed": True,
        "changed": [f"corpus/articles/{ENVOY}.json", f"corpus/gold/{ENVOY}.json"],
        "gained": [f"{ENVOY}/s99"],
        "lost": [gone["id"]],
        "behind": True,
    }
    assert sorted(found["uncommitted"]) == ["README.md", f"corpus/articles/{ENVOY}.json"]
    shown = run("-w", root, "status").stdout
    assert "1.2.0; since then 2 files changed, 1 of them gold, 1 statement more, 1 statement less" in shown


@pytest.mark.slow
def test_a_workspace_below_the_top_of_its_repository_is_the_same(tmp_path: Path, run: Run) -> None:
    workspace = lay_toy(tmp_path / "repo/data")
    release(workspace)
    (tmp_path / "repo/other.txt").write_text("x")
    subprocess.run(["git", "-C", tmp_path / "repo", "init", "--quiet"], check=True)
    commit(tmp_path / "repo")
    (workspace.root / f"corpus/gold/{ENVOY}.json").unlink()
    found = told(run, workspace.root)
    assert found["release"]["changed"] == [f"corpus/gold/{ENVOY}.json"]
    commit(tmp_path / "repo")
    assert told(run, workspace.root)["release"]["changed"] == [f"corpus/gold/{ENVOY}.json"]


def test_the_server_is_told_as_far_as_it_is_known_here(
    workspace: Workspace, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("status asks no server")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    folder = workspace.root / ".stancebank/label-studio/projects/2-toy"
    folder.mkdir(parents=True)
    base = {"document": "x", "annotation": 5, "updated_at": "2032-04-05T00:00:00Z"}
    (folder / "bases.json").write_text(to_json({f"anna/{ENVOY}": base, f"anna/{HARVEST}": base}))
    claim = {"article_id": ENVOY, "annotator": "anna", "annotation": 5, "updated_at": "x"}
    tasks = {"3": {"updated_at": "", "claims": [claim]}, "4": {"updated_at": "x", "claims": []}}
    (folder / "cursor.json").write_text(to_json({"names": {}, "tasks": tasks}))
    conflict = folder / f"conflicts/anna/{ENVOY}.json"
    conflict.parent.mkdir(parents=True)
    conflict.write_text("{}")
    settings = workspace.root / "stancebank.toml"
    settings.write_text(settings.read_text() + '\n[label_studio]\nurl = "https://labels.example.org"\n')
    server = told(run, workspace.root)["server"]
    assert (server["url"], server["running"]) == ("https://labels.example.org", None)
    assert "token" in server["problem"]
    (project,) = server["projects"]
    assert project.pop("pulled")
    assert project == {"project": "2-toy", "agreed": 2, "open": 1, "conflicts": 1}
    assert read_status(open_workspace(workspace.root)).next.startswith("decide the conflicts")
    (folder / "bases.json").write_text("{")
    assert told(run, workspace.root)["server"]["projects"][0]["agreed"] == 0


def test_fields_that_wait_are_counted(workspace: Workspace, run: Run) -> None:
    path = workspace.root / f"corpus/annotations/ada/{ENVOY}.json"
    value = json.loads(path.read_text())
    pending = {"statement": "s1", "level": "statement", "field": "force", "question": "Which?", "step": 1}
    path.write_text(to_json({**value, "pending": [pending, pending]}))
    assert told(run, workspace.root)["waiting"] == {f"corpus/annotations/ada/{ENVOY}.json": 2}
    assert "2 fields in 1 document" in run("-w", workspace.root, "status").stdout


def test_an_earlier_scheme_of_the_toolkit_is_told_of_the_newer_one(tmp_path: Path) -> None:
    from tests.conftest import lay_first

    found = read_status(open_workspace(lay_first(tmp_path / "first")))
    assert (found.schema, found.edition, found.newer_schema) == ("v1", 1, "v2")


@pytest.mark.slow
def test_the_status_loads_no_library_that_takes_long(workspace: Workspace) -> None:
    script = (
        "import sys\nfrom stancebank.cli import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "heavy = {'pyarrow', 'datasets', 'label_studio_sdk', 'jsonschema', 'trafilatura', 'pandas'}\n"
        "sys.exit(sorted(heavy & set(sys.modules)) or 0)\n"
    )
    command = [sys.executable, "-c", script, "-w", str(workspace.root), "status", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
