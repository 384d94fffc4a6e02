"""Documents and predictions that a push sends."""

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from stancebank.annotate.client import Server
from stancebank.annotate.connection import local_folder
from stancebank.annotate.forms import TaskPage
from stancebank.annotate.sync.bases import Bases, fingerprint
from stancebank.annotate.sync.projects import find_projects
from stancebank.annotate.sync.pull import pull
from stancebank.annotate.sync.types import PullOptions
from stancebank.errors import InputError
from stancebank.workspace import Workspace
from tests.annotate.sync.losing import Losing, name_workspace, run_push, what
from tests.annotate.sync.pushing import ALL, ENVOY, MINISTER, SHORT, annotate, give_gold_to, only, task_of, tasks_of
from tests.studio import Studio

pytestmark = pytest.mark.server


@pytest.fixture
def workspace(toy_root: Path, request: pytest.FixtureRequest) -> Workspace:
    """A copy of the toy workspace under a name that no other test has."""
    return name_workspace(toy_root, f"toy-{abs(hash(request.node.name)) % 10**12}")


def test_predictions_are_renewed_and_never_doubled(server: Server, workspace: Workspace) -> None:
    run_push(server, workspace)
    gold = tuple(workspace.store.documents(None))
    assert what(run_push(server, workspace, documents=gold))[:3] == [("prediction", each) for each in ALL]
    assert what(run_push(server, workspace, documents=gold)) == [("unchanged", each) for each in ALL]
    assert what(run_push(server, workspace)) == [("unchanged", each) for each in ALL]
    edited = replace(gold[1], statements=gold[1].statements[:1])
    done = run_push(server, workspace, documents=(gold[0], edited, gold[2]))
    assert what(done)[0] == ("prediction", ENVOY)
    predictions = server.predictions(only(server, workspace).id)
    assert len(predictions) == 3
    assert {each["model_version"] for each in predictions} == {gold[0].annotator}


def test_documents_become_annotations_once_and_bases_agree(server: Server, workspace: Workspace) -> None:
    give_gold_to(workspace, server, "ann-1")
    done = run_push(server, workspace, annotations=("ann-1",))
    assert [each for each in what(done) if each[0] == "annotation"] == [("annotation", each) for each in ALL]
    tasks = tasks_of(server, workspace)
    assert [len(task["annotations"]) for task in tasks] == [1, 1, 1]
    assert {task["annotations"][0]["completed_by"] for task in tasks} == {server.me().id}
    bases = Bases(local_folder(workspace) / "projects" / only(server, workspace).key)
    for document in workspace.store.documents("ann-1"):
        base = bases.get(document.article_id, "ann-1")
        assert base is not None
        assert base.document == fingerprint(document)
    run_push(server, workspace, annotations=("ann-1",))
    assert tasks_of(server, workspace) == tasks


@pytest.mark.parametrize("before", [False, True])
def test_a_lost_reply_never_doubles_an_annotation(
    studio: Studio, server: Server, workspace: Workspace, before: bool
) -> None:
    give_gold_to(workspace, server, "ann-1")
    losing = Losing(studio.url, studio.token, "create_annotation", times=2, before=before)
    run_push(losing, workspace, annotations=("ann-1",), timeout=SHORT)
    assert [len(task["annotations"]) for task in tasks_of(server, workspace)] == [1, 1, 1]


def test_an_edit_here_is_sent_and_edits_on_both_sides_are_a_conflict(server: Server, workspace: Workspace) -> None:
    give_gold_to(workspace, server, "ann-1")
    run_push(server, workspace, annotations=("ann-1",))
    store = workspace.store
    document = store.document(store.document_name(ENVOY, "ann-1"))
    store.write_document(replace(document, statements=document.statements[:2]))
    task = task_of(server, workspace, ENVOY)
    done = run_push(server, workspace, annotations=("ann-1",))
    assert [each.reason[:14] for each in done if (each.action, each.article_id) == ("annotation", ENVOY)] == [
        "ann-1: changed"
    ]
    after = task_of(server, workspace, ENVOY)
    assert [each["id"] for each in after["annotations"]] == [each["id"] for each in task["annotations"]]
    assert len(after["annotations"][0]["result"]) < len(task["annotations"][0]["result"])
    server.update_annotation(after["annotations"][0]["id"], {"result": []})
    assert "newer" in next(
        each.reason
        for each in run_push(server, workspace, annotations=("ann-1",))
        if (each.action, each.article_id) == ("annotation", ENVOY)
    )
    store.write_document(document)
    assert ("refused", ENVOY) in what(run_push(server, workspace, annotations=("ann-1",)))
    assert task_of(server, workspace, ENVOY)["annotations"][0]["result"] == []


def test_an_annotation_removed_on_the_server_is_not_made_again(server: Server, workspace: Workspace) -> None:
    give_gold_to(workspace, server, "ann-1")
    run_push(server, workspace, annotations=("ann-1",))
    server.delete_annotation(task_of(server, workspace, ENVOY)["annotations"][0]["id"])
    run_push(server, workspace, annotations=("ann-1",))
    assert task_of(server, workspace, ENVOY)["annotations"] == []


def test_a_document_that_would_not_come_back_as_it_is_is_refused(server: Server, workspace: Workspace) -> None:
    give_gold_to(workspace, server, "ann-1")
    store = workspace.store
    document = store.document(store.document_name(ENVOY, "ann-1"))
    store.write_document(replace(document, statements=document.statements[:1]))  # its same_as leads nowhere now
    assert ("refused", ENVOY) in what(run_push(server, workspace, annotations=("ann-1",)))
    assert task_of(server, workspace, ENVOY)["annotations"] == []


def test_an_annotator_without_account_is_refused_before_anything_is_done(server: Server, workspace: Workspace) -> None:
    with pytest.raises(InputError, match="no account"):
        run_push(server, workspace, annotations=("nobody",))
    assert find_projects(server, workspace) == []


def test_what_the_profile_cannot_show_is_refused_and_not_cut(server: Server, workspace: Workspace) -> None:
    give_gold_to(workspace, server, "ann-1")
    done = run_push(server, workspace, annotations=("ann-1",), profile="core")
    assert ("refused", ENVOY) in what(done)
    assert task_of(server, workspace, ENVOY)["annotations"] == []


def test_a_task_tells_whose_work_the_pull_could_not_take_until_it_is_corrected(
    server: Server, workspace: Workspace
) -> None:
    run_push(server, workspace)
    task = task_of(server, workspace, ENVOY)["id"]
    empty = server.create_annotation(task, {"result": []})
    annotate(server, task_of(server, workspace, MINISTER)["id"])
    pulled = {each.article_id: each for each in pull(server, workspace, PullOptions())}
    assert (pulled[ENVOY].kind, pulled[MINISTER].kind) == ("rejected", "written")
    assert [each.reason for each in run_push(server, workspace) if each.action == "changed"] == [
        "it differs in rejected"
    ]
    (told,) = [each for each in tasks_of(server, workspace) if each["data"].get("rejected")]
    assert (told["id"], told["data"]["rejected"], len(told["annotations"])) == (task, pulled[ENVOY].annotator, 1)
    assert what(run_push(server, workspace)) == [("unchanged", each) for each in ALL]
    found = server._get(
        "/api/tasks/",
        TaskPage,
        {
            "project": only(server, workspace).id,
            "query": json.dumps({"filters": {"conjunction": "and", "items": [FILTER]}}),
        },
    )
    assert [each["id"] for each in found["tasks"]] == [task]
    server.delete_annotation(empty["id"])
    annotate(server, task)
    list(pull(server, workspace, PullOptions()))
    assert ("changed", ENVOY) in what(run_push(server, workspace))
    assert not [each for each in tasks_of(server, workspace) if "rejected" in each["data"]]
    list(pull(server, workspace, PullOptions()))
    assert what(run_push(server, workspace)) == [("unchanged", each) for each in ALL]


FILTER = {"filter": "filter:tasks:data.rejected", "operator": "contains", "type": "String", "value": "user"}
