"""Suggestions on their way back: what annotators made of them is noted, statement by statement."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stancebank.annotate.sync.pull import pull
from stancebank.annotate.sync.push import push
from stancebank.annotate.sync.types import PullOptions, PushOptions
from stancebank.corpus.suggestions import BEGUN, SHOWN, read_begun, read_shown, write_lines
from stancebank.suggest.following import Beginnings
from stancebank.suggest.showing import show
from stancebank.workspace import Workspace, open_workspace
from tests.annotate.sync.pushing import ENVOY, MINISTER
from tests.conftest import Run
from tests.suggest.memory import Memory
from tests.suggest.oracle import lay_suggested

Json = dict[str, Any]
_ENDS = ("id", "from_id", "to_id")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return lay_suggested(tmp_path / "toy")


@pytest.fixture
def server(workspace: Workspace) -> Memory:
    """A server that shows suggestions of two articles, and none of the third."""
    server = Memory()
    drafts = show(workspace, "oracle", (), 0.0, "full").drafts
    list(push(server, workspace, PushOptions(drafts=drafts)))
    return server


def task(server: Memory, article_id: str) -> Json:
    (project,) = server.held.values()
    found: list[Json] = [each for each in project["tasks"].values() if each["data"]["article_id"] == article_id]
    return found[0]


def shown(server: Memory, article_id: str) -> list[Json]:
    """What somebody submits who changes nothing."""
    found: list[Json] = json.loads(json.dumps(task(server, article_id)["predictions"][0]["result"]))
    return found


def take_over(server: Memory, workspace: Workspace) -> list[str]:
    workspace = open_workspace(workspace.root)
    return [each.kind for each in pull(server, workspace, PullOptions(), follower=Beginnings(workspace, server))]


def of(result: list[Json], region: str, question: str) -> Json:
    (found,) = [each for each in result if each.get("id") == region and each.get("from_name") == question]
    return found


def begun(workspace: Workspace, article_id: str = ENVOY) -> dict[str, tuple[str, str]]:
    """The statement, and what was changed, by the suggestion."""
    lines = [each for each in read_begun(workspace.store) if each.article_id == article_id]
    assert {(each.annotator, each.suggestion) for each in lines} <= {("user-7", "oracle")}
    return {each.suggested: (each.statement, each.changed) for each in lines}


@pytest.mark.slow
def test_what_is_accepted_as_it_is_began_as_a_suggestion_and_is_human_since_a_person_submitted_it(
    workspace: Workspace, server: Memory
) -> None:
    assert take_over(server, workspace) == []
    assert not list((workspace.root / "corpus").glob("annotations/*/*.json"))  # what is shown is no reading
    server.submit(task(server, ENVOY)["id"], shown(server, ENVOY))
    assert take_over(server, workspace) == ["written"]
    (document,) = open_workspace(workspace.root).store.documents("user-7")
    assert document.origin == "human"
    assert len(document.statements) == 6
    assert begun(workspace) == {f"s{n}": (f"oracle-s{n}", "") for n in range(1, 7)}
    before = (workspace.root / BEGUN).read_bytes()
    assert take_over(server, workspace) == ["unchanged"]
    assert (workspace.root / BEGUN).read_bytes() == before


def test_what_was_changed_is_named_and_what_was_taken_away_is_told(workspace: Workspace, server: Memory) -> None:
    result, names = shown(server, ENVOY), [f"{ENVOY}·oracle-s{n}" for n in range(1, 7)]
    of(result, names[0], "stance")["value"]["choices"] = ["reject"]
    of(result, names[1], "target_id")["value"]["taxonomy"] = [["lift-blockade"]]
    cue = of(result, f"{names[2]}·cue", "span")
    cue["value"] |= {"start": cue["value"]["start"] + 4, "text": cue["value"]["text"][4:]}
    of(result, f"{names[1]}·c1", "role")["value"]["choices"] = ["unless"]
    away = [each for each in result if not {names[4], f"{names[4]}·cue"} & {each.get(key) for key in _ENDS}]
    own = [{**each, "id": "AbCdEfGhIj"} for each in result if each.get("id") == names[5]]  # of the same words
    server.submit(task(server, ENVOY)["id"], [*away, *own])
    assert take_over(server, workspace) == ["written"]
    found = begun(workspace)
    assert found["s1"] == ("oracle-s1", "stance")
    assert found["s2"] == ("oracle-s2", "target conditions")
    assert found["s3"] == ("oracle-s3", "cue")
    assert found["s5"] == ("", "")
    assert found["s6"] == ("oracle-s6", "")
    server.submit(task(server, ENVOY)["id"], shown(server, ENVOY), "2031-02-03T08:00:00Z")
    take_over(server, workspace)
    assert {each for _, each in begun(workspace).values()} == {""}
    assert "" not in {each for each, _ in begun(workspace).values()}


def test_an_answer_to_an_open_question_is_a_change_and_what_is_inferred_is_none(tmp_path: Path) -> None:
    workspace = lay_suggested(tmp_path / "toy", (ENVOY,))
    path = workspace.root / f"corpus/suggestions/oracle/{ENVOY}.json"
    value = json.loads(path.read_bytes())
    first, second, *_ = value["statements"]
    first["speaker"]["entity"] = "Somebody Else"
    del first["target"]["id"], first["conditions"][0]["alternative"], second["conditions"][0]["kind"]
    first["target"]["id"] = "no-such-target"
    path.write_text(json.dumps(value))
    server = Memory()
    list(push(server, workspace, PushOptions(drafts=show(workspace, "oracle", (), 0.0, "full").drafts)))
    result, name = shown(server, ENVOY), f"{ENVOY}·oracle-s1"
    region = of(result, name, "span")
    answer = {**region, "from_name": "target_id", "type": "taxonomy"}
    result.append({**answer, "value": {**region["value"], "taxonomy": [["talks"]]}})
    server.submit(task(server, ENVOY)["id"], result)
    take_over(server, workspace)
    found = begun(workspace)
    assert "s1" not in found  # an entity that is new: the statement is left out until somebody adds it
    assert found["s2"] == ("oracle-s2", "")  # without the condition that is open still
    of(result, f"{name}·speaker", "entity")["value"]["taxonomy"] = [["ilse-marrow"]]
    region = of(result, f"{ENVOY}·oracle-s2·c1", "span")
    answer = {**region, "from_name": "kind", "type": "taxonomy"}
    result.append({**answer, "value": {**region["value"], "taxonomy": [["lift-blockade"]]}})
    result = [each for each in result if each.get("from_name") != "new_entities"]
    server.submit(task(server, ENVOY)["id"], result, "2031-02-03T08:00:00Z")
    take_over(server, workspace)
    assert begun(workspace)["s1"] == ("oracle-s1", "speaker target")
    assert begun(workspace)["s2"] == ("oracle-s2", "conditions")
    assert begun(workspace)["s3"] == ("oracle-s3", "")


@pytest.mark.slow
def test_what_was_shown_is_asked_of_the_server_where_the_file_is_another_and_ids_that_moved_are_no_change(
    workspace: Workspace, server: Memory
) -> None:
    result = shown(server, ENVOY)
    of(result, f"{ENVOY}·oracle-s1", "stance")["value"]["choices"] = ["reject"]
    server.submit(task(server, ENVOY)["id"], result)
    path = workspace.root / f"corpus/suggestions/oracle/{ENVOY}.json"
    kept = path.read_bytes()
    path.write_text(json.dumps(json.loads(kept) | {"statements": []}))
    take_over(server, workspace)
    before = begun(workspace)
    assert before["s1"] == ("oracle-s1", "stance")
    assert before["s2"] == ("oracle-s2", "")
    for prediction in task(server, ENVOY)["predictions"]:
        server.delete_prediction(prediction["id"])
    take_over(server, workspace)
    assert set(begun(workspace).values()) == {(f"oracle-s{n}", "unknown") for n in range(1, 7)}
    path.write_bytes(kept)
    take_over(server, workspace)
    assert begun(workspace) == before
    registry = workspace.root / "corpus/entities.json"
    value = json.loads(registry.read_bytes())
    value["entities"] = [each | {"id": "ilse-m"} if each["id"] == "ilse-marrow" else each for each in value["entities"]]
    value["entities"].sort(key=lambda each: each["id"])
    registry.write_text(json.dumps(value | {"redirects": {"ilse-marrow": "ilse-m"}}))
    take_over(server, workspace)
    assert begun(workspace) == before


def test_what_was_noted_goes_with_the_document_and_blind_tasks_have_none(workspace: Workspace, server: Memory) -> None:
    lines = read_shown(workspace.store)
    blind = [replace(each, suggestion="") if each.article_id == MINISTER else each for each in lines]
    write_lines(workspace.store, SHOWN, blind)
    for article_id in (ENVOY, MINISTER):
        server.submit(task(server, article_id)["id"], shown(server, article_id))
    take_over(server, workspace)
    assert {each.article_id for each in read_begun(workspace.store)} == {ENVOY}
    task(server, ENVOY)["annotations"] = []
    task(server, ENVOY)["updated_at"] = "2031-02-04T08:00:00Z"
    # what changed shortly before the last pull, as the other article did, is asked for once more
    assert take_over(server, workspace) == ["unchanged", "removed"]
    assert read_begun(workspace.store) == ()


def test_an_import_of_an_export_notes_the_same(workspace: Workspace, server: Memory, run: Run) -> None:
    result = shown(server, ENVOY)
    of(result, f"{ENVOY}·oracle-s1", "stance")["value"]["choices"] = ["reject"]
    whole = task(server, ENVOY)
    server.submit(whole["id"], result)
    file = workspace.root / "exports.json"
    file.write_text(json.dumps(server.whole_tasks(whole["project"], [whole["id"]])))
    assert run("annotate", "import", "exports.json", cwd=workspace.root).returncode == 0
    found = begun(workspace)
    assert found.pop("s1") == ("oracle-s1", "stance")
    assert found == {f"s{n}": (f"oracle-s{n}", "") for n in range(2, 7)}
