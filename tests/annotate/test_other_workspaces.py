"""Workspaces with schemes of their own go the whole way, from init to a release, without a change of the toolkit.

Nothing of their schemes is known to the toolkit: one is in German, on climate policy, with ten stances and a field that
is required; the other asks for speaker, stance and target only, in Arabic.
"""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import stancebank
from stancebank.annotate.client import Server
from stancebank.annotate.encode import to_task
from stancebank.annotate.gold import promote
from stancebank.annotate.interface_settings import load_interface
from stancebank.annotate.lists import make_lists
from stancebank.annotate.sync.pull import pull
from stancebank.annotate.sync.push import push
from stancebank.annotate.sync.types import PullOptions, PushOptions
from stancebank.cli import stancebank as command
from stancebank.model import Document, Gold
from stancebank.workspace import Workspace, open_workspace
from tests.conftest import REPO
from tests.publish.release.releases import commit, git, make

NAMES = ("other_domain", "minimal")
METADATA = {
    "other_domain": {
        "talmark.txt": ("Talmarker Bote", "2031-05-06"),
        "ostrau.txt": ("Hafenstedter Rundschau", "2031-05-08"),
    },
    "minimal": {"nahar.txt": ("Al-Nahar", "2031-03-02"), "wadi.txt": ("Sawt Al-Wadi", "2031-03-04")},
}
SLUGS = {"nahar.txt": "47d92bae6ff5", "wadi.txt": "da45526afeca"}
"""The ends of ids that were given out before letters of all scripts were spelled out."""

COLUMNS = {
    "other_domain": {"stance", "stance_id", "polarity", "stance_label", "conditional", "certainty", "remark"},
    "minimal": {"stance", "stance_id"},
}
LACKING = {
    "other_domain": {"force", "attribution", "via", "cue", "target_parties", "said_on", "doubt", "reason"},
    "minimal": {"force", "polarity", "conditional", "conditions", "n_conditions", "target_scope", "via", "doubt"},
}
CHANGELOG = "# Changelog\n\n## Unreleased\n\n### Dataset\n\n- **All rows**: new.\n"


def run(root: Path, *arguments: object) -> str:
    """Run a command in the workspace, which must not fail; return what it printed."""
    done = CliRunner().invoke(command, ["-w", str(root), *map(str, arguments)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def lay(name: str, root: Path) -> Workspace:
    """Make the workspace as its owner would: init, then the scheme, the registries and the articles."""
    source = REPO / "tests" / name
    done = CliRunner().invoke(command, ["init", str(root)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    shutil.rmtree(root / "schema")
    shutil.rmtree(root / "annotate")
    shutil.copytree(source / "schema", root / "schema")
    shutil.copy(source / "stancebank.toml", root)
    for registry in ("entities.json", "targets.json"):
        shutil.copy(source / "corpus" / registry, root / "corpus")
    (root / "annotate").mkdir()
    (root / "annotate/GUIDELINES.md").write_text("# Guidelines\n\nGuideline version 1.0\n", encoding="utf-8")
    run(root, "schema", "write")
    for file, (outlet, published) in METADATA[name].items():
        slug = ("--slug", SLUGS[file]) if file in SLUGS else ()
        run(root, "corpus", "add", source / "sources" / file, "--outlet", outlet, "--published", published, *slug)
    found = json.loads(run(root, "check", "--json"))["findings"]
    assert {each["code"] for each in found} == {"history-unread"}  # it is in no git repository
    return open_workspace(root)


def golden(name: str) -> dict[str, Document]:
    return {each.article_id: each for each in open_workspace(REPO / "tests" / name).store.documents(None)}


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def workspace(name: str, tmp_path: Path) -> Workspace:
    return lay(name, tmp_path / "work")


def with_gold(workspace: Workspace, name: str) -> Workspace:
    for document in golden(name).values():
        workspace.store.write_document(document)
    return workspace


def test_articles_are_the_same_when_they_are_added_again(workspace: Workspace, name: str) -> None:
    kept = open_workspace(REPO / "tests" / name).store
    assert list(workspace.store.articles()) == list(kept.articles())
    assert [workspace.store.text(each) for each in workspace.store.articles()] == [
        kept.text(each) for each in kept.articles()
    ]


@pytest.mark.slow
def test_a_build_loads_with_the_columns_of_the_scheme_and_verifies(workspace: Workspace, name: str) -> None:
    with_gold(workspace, name)
    out = workspace.root / "build" / "dataset"
    run(workspace.root, "publish", "build", "--out", out)
    columns = set(stancebank.load(out).column_names)
    assert columns >= COLUMNS[name]
    assert not columns & LACKING[name]
    shutil.move(out, workspace.root.parent / "elsewhere")  # no workspace is above it
    folder = workspace.root.parent / "elsewhere"
    frame = stancebank.load(folder, as_="pandas")
    wanted = [each for document in golden(name).values() for each in document.statements]
    assert sorted(frame["statement_id"]) == sorted(each.id for each in wanted)
    typed = stancebank.load(folder, as_="statements")
    assert {each.id: each for found in typed.values() for each in found} == {each.id: each for each in wanted}
    found = json.loads(run(workspace.root, "publish", "verify", folder, "--no-readers", "--json"))
    assert found["faults"] == []
    found = json.loads(
        run(workspace.root, "publish", "verify", folder, "--workspace", workspace.root, "--no-readers", "--json")
    )
    assert [each for each in found["faults"] if each["severity"] == "error"] == []


@pytest.mark.slow
def test_predictions_and_quoted_readings_follow_the_scheme(workspace: Workspace, name: str) -> None:
    with_gold(workspace, name)
    for article_id, document in golden(name).items():
        quoted = json.loads(run(workspace.root, "annotate", "export", article_id))
        path = workspace.root / "reading.json"
        path.write_text(json.dumps(quoted, ensure_ascii=False), encoding="utf-8")
        run(workspace.root, "annotate", "import", path, "--gold", "single")
        assert workspace.store.gold(article_id) == document
    out = workspace.root / "build" / "dataset"
    run(workspace.root, "publish", "build", "--out", out)
    answers = [
        json.loads(row["messages"][2]["content"]) | {"article_id": row["article_id"]}
        for row in stancebank.load(out, "chat", as_="polars").to_dicts()
    ]
    assert stancebank.score(answers, out).measures["statement"].f1 == 1.0


@pytest.mark.server
@pytest.mark.slow
def test_the_whole_way_from_init_to_a_release(workspace: Workspace, name: str, server: Server) -> None:
    root = workspace.root
    assert {each.action for each in push(server, workspace, PushOptions())} >= {"create"}
    interface, store = load_interface(workspace), workspace.store
    lists = make_lists(store.entities(), store.targets(), (), interface)
    for task in tasks_of(server, name, workspace):
        document = golden(name)[task["data"]["article_id"]]
        article = store.article(document.article_id)
        text = store.text(article)
        assert text is not None
        made = to_task(article, text, [document], lists, interface, guideline_version="1.0")
        result = [{**item, "origin": "manual"} for item in made["predictions"][0]["result"]]
        server.create_annotation(int(task["id"]), {"result": result})
    results = list(pull(server, workspace, PullOptions()))
    assert {each.kind for each in results} == {"written"}
    for annotator in {str(each.annotator) for each in results}:
        for document in list(store.documents(annotator)):
            gold = promote(document, Gold(method="single"), None, workspace.scheme)
            store.write_document(gold)
    for article_id, document in golden(name).items():
        found = store.gold(article_id)
        assert found is not None
        assert [each.fields for each in found.statements] == [each.fields for each in document.statements]
        assert [each.content for each in found.statements] == [each.content for each in document.statements]
        assert [len(each.conditions) for each in found.statements] == [
            len(each.conditions) for each in document.statements
        ]
    assert json.loads(run(root, "check", "--json"))["counts"]["errors"] == 0
    assert {each.action for each in push(server, workspace, PushOptions())} <= {"unchanged", "keep"}
    (root / "CHANGELOG.md").write_text(CHANGELOG, encoding="utf-8")
    git(root, "init", "--quiet")
    commit(root)
    made_release = make(root, "0.1.0")
    assert made_release.is_clean, (made_release.findings, made_release.differences)
    assert set(stancebank.load(made_release.out, version="0.1.0").column_names) >= COLUMNS[name]


def tasks_of(server: Server, name: str, workspace: Workspace) -> Iterator[dict[str, Any]]:
    """The tasks of the workspace's project, once each."""
    from stancebank.annotate.sync.projects import find_projects

    (project,) = find_projects(server, workspace)
    found = list(server.tasks(project.id, ["data"]))
    assert {each["data"]["article_id"] for each in found} == golden(name).keys()
    yield from found
