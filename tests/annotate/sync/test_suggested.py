"""Suggestions on a real server: shown in one project, left out in another, corrected, and noted as they come back."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from stancebank.annotate.client import Server
from stancebank.annotate.connection import local_folder
from stancebank.annotate.sync.projects import find_projects
from stancebank.annotate.sync.pull import pull
from stancebank.annotate.sync.types import PullOptions
from stancebank.annotate.users import UserTable
from stancebank.corpus.suggestions import BEGUN, SHOWN, read_begun, read_shown
from stancebank.suggest.following import Beginnings
from stancebank.suggest.showing import show
from stancebank.workspace import open_workspace
from tests.annotate.sync.losing import give_id, name_workspace, run_push
from tests.annotate.sync.pushing import ENVOY, HARVEST, MINISTER
from tests.suggest.oracle import lay_suggested

pytestmark = pytest.mark.server


def test_suggestions_go_to_two_projects_and_come_back_with_what_became_of_them(server: Server, tmp_path: Path) -> None:
    root = lay_suggested(tmp_path / "toy").root
    name_workspace(root, f"toy-{random.SystemRandom().randrange(10**12)}")
    workspace = give_id(open_workspace(root), "abcdefgh")  # by which it is drawn who is shown what
    UserTable(local_folder(workspace)).rename(server.me(), "ann-1")
    drafts = show(workspace, "oracle", (ENVOY, MINISTER), 0.5, "full").drafts
    run_push(server, workspace, blind=("ann-1", "ann-2"), drafts=drafts)
    lines = read_shown(workspace.store)
    assert [each.annotator for each in lines] == ["ann-1", "ann-2"] * 2
    assert sorted((each.annotator, bool(each.suggestion)) for each in lines) == [
        ("ann-1", False),
        ("ann-1", True),
        ("ann-2", False),
        ("ann-2", True),
    ]
    held: dict[tuple[str, str], dict[str, Any]] = {}
    for project in find_projects(server, workspace):
        for task in server.tasks(project.id, ["data", "predictions"]):
            held[task["data"]["article_id"], project.annotator or ""] = task
    for line in lines:
        (prediction,) = held[line.article_id, line.annotator]["predictions"]
        assert prediction["model_version"] == ("suggestions:oracle" if line.suggestion else "zones")
        assert line.suggestion or {each["from_name"] for each in prediction["result"]} == {"zone"}
    assert len(held[HARVEST, "ann-1"]["predictions"]) == 1
    before = (root / SHOWN).read_bytes()
    assert {each.action for each in run_push(server, workspace, drafts=drafts)} == {"unchanged"}
    assert (root / SHOWN).read_bytes() == before

    assert [each.suggestion for each in lines] == ["oracle", "oracle", "", ""]
    result = json.loads(json.dumps(held[ENVOY, "ann-1"]["predictions"][0]["result"]))
    first, fifth = f"{ENVOY}·oracle-s1", f"{ENVOY}·oracle-s5"
    for item in result:  # as the interface does: a region that was touched says so
        if item.get("id") == first:
            item["origin"] = "prediction-changed"
        if (item.get("id"), item.get("from_name")) == (first, "stance"):
            item["value"]["choices"] = ["reject" if item["value"]["choices"] != ["reject"] else "open"]
    gone = {fifth, f"{fifth}·cue"}
    result = [each for each in result if not gone & {each.get(key) for key in ("id", "from_id", "to_id")}]
    server.create_annotation(held[ENVOY, "ann-1"]["id"], {"result": result})
    follower = Beginnings(workspace, server)
    assert "written" in [each.kind for each in pull(server, workspace, PullOptions(), follower=follower)]
    (document,) = workspace.store.documents("ann-1")
    assert document.origin == "human"
    assert [(each.suggested, each.statement, each.changed) for each in read_begun(workspace.store)] == [
        ("s1", "oracle-s1", "stance"),
        *[(f"s{n}", f"oracle-s{n}", "") for n in (2, 3, 4)],
        ("s5", "", ""),
        ("s6", "oracle-s6", ""),
    ]
    before = (root / BEGUN).read_bytes()
    list(pull(server, workspace, PullOptions(full=True), follower=Beginnings(workspace, server)))
    assert (root / BEGUN).read_bytes() == before
