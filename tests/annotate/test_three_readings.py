"""The page "From three readings to one release", done as it stands there, against a real Label Studio server.

Where the page says that people do something, the test does it: three annotators submit what the sample has of them,
each with their own token, and an adjudicator decides as the sample's gold does.
"""

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from stancebank.annotate.adjudication.kept import read_plan
from stancebank.annotate.adjudication.plan import make_plan
from stancebank.annotate.connection import connect
from stancebank.annotate.encode import to_result
from stancebank.annotate.interface_settings import load_interface
from stancebank.annotate.local.server import stop_server, studio_folder
from stancebank.annotate.sync.projects import find_projects
from stancebank.model import Document
from stancebank.publish.release import gate
from stancebank.publish.verification import readers
from stancebank.workspace import Workspace, open_workspace
from tests.annotate.adjudication.deciding import decide_by_gold, said
from tests.annotate.adjudication.submitting import items_of, submit, tasks_of
from tests.conftest import REPO
from tests.following import Maintainer, blocks, learn_once
from tests.studio import ENVIRONMENT, Studio, lay_studio

pytestmark = [pytest.mark.server, pytest.mark.slow]

PAGE = REPO / "docs/three-readings.md"
ANNOTATORS = ("annotator-1", "annotator-2", "annotator-3")

Json = dict[str, Any]


@pytest.fixture
def maintainer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Maintainer]:
    home = tmp_path / "home"
    home.mkdir()
    given = {"HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1", "EDITOR": "false", "STANCEBANK_STUDIO": str(ENVIRONMENT)}
    for who in ("AUTHOR", "COMMITTER"):
        given |= {f"GIT_{who}_NAME": "Somebody", f"GIT_{who}_EMAIL": "somebody@paper.example"}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    prove = gate.check_proofs  # without readers, which take most of the time: other tests are about them
    monkeypatch.setattr(gate, "check_proofs", lambda part, _: prove(part, ()))
    monkeypatch.setattr(readers, "READERS", ())
    learn_once(monkeypatch)
    found = Maintainer(tmp_path, home)
    yield found
    stop_server(studio_folder(found.cwd))


def test_the_page_is_done_from_three_readings_to_a_release(maintainer: Maintainer, tmp_path: Path) -> None:
    kept: dict[str, list[Document]] = {}
    for line in (line for language, body in blocks(PAGE) if language == "sh" for line in body.splitlines()):
        if line.startswith("rm"):
            kept = read_all(open_workspace(maintainer.cwd))
        elif line.startswith("stancebank annotate studio start"):
            lay_studio(studio_folder(maintainer.cwd))  # its database is made already
        elif line == "stancebank annotate status":
            label(open_workspace(maintainer.cwd), kept)
        told = maintainer.type(line)
        if line == "stancebank annotate status":
            assert all(name in told for name in ANNOTATORS)
        elif line == "stancebank annotate adjudicate push":
            decide(open_workspace(maintainer.cwd), kept["gold"])
    workspace = open_workspace(maintainer.cwd)
    for document in kept["gold"]:
        made = workspace.store.gold(document.article_id)
        assert made is not None
        assert said(made, workspace.scheme) == said(document, workspace.scheme)
    require_disagreement(maintainer.cwd / "releases/sorne-sample-0.1.0", kept)


def read_all(workspace: Workspace) -> dict[str, list[Document]]:
    store = workspace.store
    return {name: list(store.documents(None if name == "gold" else name)) for name in ("gold", *ANNOTATORS)}


def studio_of(workspace: Workspace) -> Studio:
    server = connect(workspace)
    folder = studio_folder(workspace.root)
    return Studio(server.url, (folder / "token").read_text().strip(), folder)


def label(workspace: Workspace, kept: dict[str, list[Document]]) -> None:
    """Submit the readings of the sample, each annotator in their own project with their own account."""
    server, studio, interface = connect(workspace), studio_of(workspace), load_interface(workspace)
    projects = {each.annotator: each for each in find_projects(server, workspace)}
    assert projects.keys() == set(ANNOTATORS)
    for name in ANNOTATORS:
        person = studio.add_person(name)
        tasks = {each["data"]["article_id"]: each for each in server.tasks(projects[name].id, ["data"])}
        assert tasks.keys() == {each.article_id for each in kept[name]}
        for document in kept[name]:
            article = workspace.store.article(document.article_id)
            text = workspace.store.text(article)
            assert text is not None
            submit(studio, person, tasks[document.article_id], to_result(article, text, document, interface))


def decide(workspace: Workspace, gold: list[Document]) -> None:
    """Decide each conflict as the sample's gold does, as the adjudicator that the page names."""
    plan = make_plan(workspace, read_plan(workspace).rules, read_plan(workspace).routes)
    verdicts = list(decide_by_gold(plan, {each.article_id: each for each in gold}, workspace.scheme))
    assert len(verdicts) == len(plan.conflicts) > 20
    studio, tasks = studio_of(workspace), tasks_of(connect(workspace), workspace)
    dana = studio.add_person("dana")
    for verdict in verdicts:
        submit(studio, dana, tasks[verdict.key], items_of(workspace, verdict))


def require_disagreement(folder: Path, kept: dict[str, list[Document]]) -> None:
    """Require that rows say what three annotators made of each statement."""
    rows = pq.read_table(folder / "statements").to_pylist()
    assert len(rows) == sum(len(each.statements) for each in kept["gold"])
    assert {row["n_annotators"] for row in rows} == {3}
    counts = Counter(round(row["agreement"], 2) for row in rows)
    assert counts.keys() <= {0.0, 0.33, 0.67, 1.0}
    assert counts[1.0] > len(rows) / 2
    assert any(row["contested"] for row in rows)
    read = pq.read_table(folder / "annotations").to_pylist()
    assert Counter(row["annotator"] for row in read if row["content_spans"]) == Counter(
        {name: sum(len(each.statements) for each in kept[name]) for name in ANNOTATORS}
    )
    assert json.loads((folder / "manifest.json").read_text())["publishable"]
    shutil.rmtree(folder)
