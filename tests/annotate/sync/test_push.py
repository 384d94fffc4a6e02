"""A workspace is pushed to a real Label Studio server, and everything goes wrong that can."""

import gzip
import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from stancebank.annotate.client import Server
from stancebank.annotate.connection import local_folder
from stancebank.annotate.forms import TaskPage
from stancebank.annotate.guidelines import GUIDELINES, instructions, same_instructions
from stancebank.annotate.http import is_loopback
from stancebank.annotate.sync.projects import Project, create_project, find_projects, require_interface
from stancebank.annotate.sync.pull import pull
from stancebank.annotate.sync.retry import Timeout
from stancebank.annotate.sync.state import Bases, fingerprint
from stancebank.annotate.sync.types import PullOptions
from stancebank.annotate.users import UserTable
from stancebank.errors import ConflictError, InputError, ServerError
from stancebank.model import TextPolicy
from stancebank.workspace import Workspace, open_workspace
from tests.annotate.sync.losing import Losing, change_words, give_id, name_workspace, run_push, what
from tests.cli.test_help import examples
from tests.conftest import Run
from tests.guidelines import read_rules
from tests.studio import Studio

pytestmark = pytest.mark.server

HARVEST = "keth-tribune-undated-harvest"
ENVOY = "norland-post-2031-02-11-envoy"
MINISTER = "suvia-courier-2031-02-12-minister"
ALL = [HARVEST, ENVOY, MINISTER]
SHORT = Timeout(seconds=3.0, first=0.1)


@pytest.fixture
def workspace(toy_root: Path, request: pytest.FixtureRequest) -> Workspace:
    """A copy of the toy workspace under a name that no other test has."""
    return name_workspace(toy_root, f"toy-{abs(hash(request.node.name)) % 10**12}")


def only(server: Server, workspace: Workspace) -> Project:
    (project,) = find_projects(server, workspace)
    return project


def tasks_of(server: Server, workspace: Workspace) -> list[dict[str, Any]]:
    project = only(server, workspace)
    return server.whole_tasks(project.id, [task["id"] for task in server.tasks(project.id, [])])


def task_of(server: Server, workspace: Workspace, article_id: str) -> dict[str, Any]:
    (task,) = [each for each in tasks_of(server, workspace) if each["data"]["article_id"] == article_id]
    return task


def annotate(server: Server, task: int) -> dict[str, Any]:
    item = {
        "id": "n",
        "from_name": "nothing_to_annotate",
        "to_name": "text",
        "type": "choices",
        "value": {"choices": ["nothing_to_annotate"]},
    }
    return server.create_annotation(task, {"result": [item]})


def give_gold_to(workspace: Workspace, server: Server, name: str) -> None:
    """Make an annotator's documents of the gold ones, and name the server's only account so."""
    store = workspace.store
    for document in list(store.documents(None)):
        store.write_document(replace(document, annotator=name, gold=None))
    UserTable(local_folder(workspace)).rename(server.me(), name)


def test_a_dry_run_says_all_and_does_nothing(server: Server, workspace: Workspace) -> None:
    said = run_push(server, workspace, dry_run=True)
    assert what(said) == [*(("create", each) for each in ALL), ("project", "")]
    assert find_projects(server, workspace) == []
    assert what(run_push(server, workspace)) == what(said)


def test_pushing_twice_changes_nothing(server: Server, workspace: Workspace) -> None:
    run_push(server, workspace)
    before = tasks_of(server, workspace)
    assert what(run_push(server, workspace)) == [("unchanged", each) for each in ALL]
    assert tasks_of(server, workspace) == before
    assert [task["data"]["article_id"] for task in before] == ALL
    for task in before:
        article = workspace.store.article(task["data"]["article_id"])
        assert task["data"]["text"] == workspace.store.text(article)


def test_other_data_are_renewed_and_annotations_stay(server: Server, workspace: Workspace) -> None:
    run_push(server, workspace)
    task = task_of(server, workspace, ENVOY)
    annotate(server, task["id"])
    store = workspace.store
    entities = store.entities()
    first = replace(entities.entities[0], aliases=(*entities.entities[0].aliases, "Another Name"))
    store.write_registry(replace(entities, entities=(first, *entities.entities[1:])), {})
    assert what(run_push(server, workspace)) == [("changed", each) for each in ALL]
    after = task_of(server, workspace, ENVOY)
    assert after["id"] == task["id"]
    assert "Another Name" in json.dumps(after["data"]["entities"])
    assert len(after["annotations"]) == 1


def test_new_words_replace_an_unlabelled_task_and_spare_a_labelled_one(server: Server, workspace: Workspace) -> None:
    run_push(server, workspace)
    labelled = task_of(server, workspace, ENVOY)["id"]
    annotate(server, labelled)
    for article_id in (ENVOY, MINISTER):
        change_words(workspace.store, article_id)
    done = run_push(server, workspace)
    assert what(done) == [("refused", ENVOY), ("replace", MINISTER), ("unchanged", HARVEST)]
    assert task_of(server, workspace, ENVOY)["id"] == labelled
    article = workspace.store.article(MINISTER)
    assert task_of(server, workspace, MINISTER)["data"]["text_sha256"] == article.text_sha256


def test_what_replace_takes_away_is_kept_first(server: Server, workspace: Workspace) -> None:
    run_push(server, workspace)
    task = task_of(server, workspace, ENVOY)
    annotate(server, task["id"])
    whole = task_of(server, workspace, ENVOY)
    change_words(workspace.store, ENVOY)
    done = run_push(server, workspace, replace=True)
    assert ("replace", ENVOY) in what(done)
    folder = local_folder(workspace) / "projects" / only(server, workspace).key / "removed"
    assert json.loads(gzip.decompress((folder / ENVOY / f"{task['id']}.json.gz").read_bytes())) == whole
    assert task_of(server, workspace, ENVOY)["annotations"] == []


def test_a_draft_of_anybody_counts_as_a_label(server: Server, studio: Studio, workspace: Workspace) -> None:
    import httpx

    run_push(server, workspace)
    task = task_of(server, workspace, ENVOY)
    httpx.post(
        f"{studio.url}/api/tasks/{task['id']}/drafts?project={task['project']}",
        json={"result": [], "lead_time": 1},
        headers={"Authorization": f"Token {studio.token}"},
    ).raise_for_status()
    change_words(workspace.store, ENVOY)
    assert ("refused", ENVOY) in what(run_push(server, workspace))


def test_tasks_of_articles_that_are_gone_stay_until_pruned(server: Server, workspace: Workspace) -> None:
    workspace = give_id(workspace, "aaaaaaaa")
    run_push(server, workspace)
    annotate(server, task_of(server, workspace, ENVOY)["id"])
    for article_id in (ENVOY, MINISTER):
        workspace.store.article_path(article_id).unlink()
        workspace.store.document_path(article_id, None).unlink()
    assert ("orphaned", ENVOY) in what(run_push(server, workspace))
    assert len(tasks_of(server, workspace)) == 3
    assert {("orphaned", ENVOY), ("prune", MINISTER)} <= set(what(run_push(server, workspace, prune=True)))
    assert [task["data"]["article_id"] for task in tasks_of(server, workspace)] == [HARVEST, ENVOY]


def test_tasks_are_pruned_only_where_the_project_is_proved_to_be_ours(server: Server, workspace: Workspace) -> None:
    run_push(server, workspace)
    workspace.store.article_path(MINISTER).unlink()
    workspace.store.document_path(MINISTER, None).unlink()
    with pytest.raises(InputError, match=r'Hint: add `id = "[0-9a-f]{16}"` below \[workspace\]'):
        run_push(server, workspace, prune=True)
    workspace = give_id(workspace, "aaaaaaaa")
    done = run_push(server, workspace, prune=True)
    assert ("orphaned", MINISTER) in what(done)
    assert "check it, and prune again" in next(each.reason for each in done if each.action == "orphaned")
    assert len(tasks_of(server, workspace)) == 3
    assert ("prune", MINISTER) in what(run_push(server, workspace, prune=True))


def test_two_workspaces_of_one_name_are_two_projects(server: Server, workspace: Workspace, tmp_path: Path) -> None:
    shutil.copytree(workspace.root, tmp_path / "other")
    one, other = give_id(workspace, "aaaaaaaa"), give_id(open_workspace(tmp_path / "other"), "bbbbbbbb")
    run_push(server, one)
    assert find_projects(server, other) == []
    run_push(server, other)
    assert only(server, one).id != only(server, other).id
    other.store.article_path(MINISTER).unlink()
    other.store.document_path(MINISTER, None).unlink()
    run_push(server, other, prune=True)
    assert [task["data"]["article_id"] for task in tasks_of(server, one)] == ALL
    assert what(run_push(server, one)) == [("unchanged", each) for each in ALL]


def test_a_project_without_an_id_gets_that_of_the_next_push_and_stays_the_project(
    server: Server, workspace: Workspace, tmp_path: Path
) -> None:
    shutil.copytree(workspace.root, tmp_path / "other")
    without = open_workspace(tmp_path / "other")
    run_push(server, workspace)
    before = only(server, workspace)
    server.update_project(before.id, {"description": f"Ours.\n{before.description}\nTake care."})
    workspace = give_id(workspace, "aaaaaaaa")
    run_push(server, workspace, dry_run=True)
    assert only(server, workspace).workspace == ""
    assert [each.reason for each in run_push(server, workspace) if each.action == "project"] == [
        "got the id of the workspace"
    ]
    after = only(server, workspace)
    assert (after.id, after.workspace) == (before.id, "aaaaaaaa")
    assert after.description.startswith("Ours.\n")
    assert "\nTake care." in after.description
    assert what(run_push(server, workspace)) == [("unchanged", each) for each in ALL]
    assert only(server, without).id == after.id  # a colleague who does not have the new settings yet


def test_a_workspace_without_an_id_is_told_which_one_it_may_be(
    server: Server, workspace: Workspace, tmp_path: Path
) -> None:
    shutil.copytree(workspace.root, tmp_path / "other")
    without = open_workspace(tmp_path / "other")
    for own in ("aaaaaaaa", "bbbbbbbb"):
        run_push(server, give_id(workspace, own))
    with pytest.raises(
        ConflictError, match=r'Hint: say which workspace this is: add `id = "aaaaaaaa"`.*\(or bbbbbbbb\)'
    ):
        find_projects(server, without)


class AtOnce(Server):
    """A server on which somebody else pushes for the first time, just before our project is created.

    others: their project is older. labelled: somebody puts a task into ours before we look again.
    """

    def __init__(self, studio: Studio, workspace: Workspace, *, labelled: bool = False) -> None:
        super().__init__(studio.url, studio.token)
        self.other = Server(studio.url, studio.token)
        shutil.copytree(workspace.root, workspace.root.parent / "elsewhere")
        self.workspace = open_workspace(workspace.root.parent / "elsewhere")
        self.labelled, self.made = labelled, 0

    def create_project(self, settings: Any) -> Any:
        run_push(self.other, self.workspace)
        made = super().create_project(settings)
        self.made = made["id"]
        if self.labelled:
            self.other.import_tasks(self.made, [{"data": {"article_id": "x", "text": "w", **EMPTY_LISTS}}])
        return made


EMPTY_LISTS: dict[str, list[str]] = {"entities": [], "targets": [], "kinds": [], "speakers": []}


@pytest.mark.parametrize("own", ["", "aaaaaaaa"])
def test_two_first_pushes_at_once_end_in_one_project(
    studio: Studio, server: Server, workspace: Workspace, own: str
) -> None:
    workspace = give_id(workspace, own) if own else workspace
    at_once = AtOnce(studio, workspace)
    assert [each for each in what(run_push(at_once, workspace)) if each[0] != "project"] == [
        ("unchanged", each) for each in ALL
    ]
    assert only(server, workspace).id < at_once.made
    assert at_once.made not in [each["id"] for each in server.projects()]
    assert what(run_push(server, workspace)) == [("unchanged", each) for each in ALL]


def test_an_empty_project_beside_the_one_in_use_is_passed_over(server: Server, workspace: Workspace) -> None:
    interface = require_interface(workspace, "full")
    create_project(server, workspace, None, interface)
    run_push(server, workspace)
    used = only(server, workspace)
    create_project(server, workspace, None, interface)
    assert only(server, workspace) == used


def test_a_second_project_that_somebody_uses_is_never_deleted(
    studio: Studio, server: Server, workspace: Workspace
) -> None:
    at_once = AtOnce(studio, workspace, labelled=True)
    with pytest.raises(ConflictError, match="Several projects"):
        run_push(at_once, workspace)
    assert len(list(server.tasks(at_once.made, []))) == 1


def test_an_article_without_words_is_named_and_the_others_are_pushed(server: Server, workspace: Workspace) -> None:
    workspace.store.text_path(workspace.store.article(ENVOY)).unlink()
    assert ("no-text", ENVOY) in what(run_push(server, workspace))
    assert [task["data"]["article_id"] for task in tasks_of(server, workspace)] == [HARVEST, MINISTER]


@pytest.mark.parametrize("before", [False, True])
def test_a_lost_reply_never_doubles_a_task(studio: Studio, server: Server, workspace: Workspace, before: bool) -> None:
    losing = Losing(studio.url, studio.token, "import_tasks", before=before)
    done = run_push(losing, workspace, timeout=SHORT)
    assert what(done) == [*(("create", each) for each in ALL), ("project", "")]
    assert losing.sent == (3 if before else 1)  # what did not arrive is sent again in halves
    assert [task["data"]["article_id"] for task in tasks_of(server, workspace)] == ALL
    assert what(run_push(server, workspace)) == [("unchanged", each) for each in ALL]


def test_an_import_that_the_server_ends_late_is_waited_for(
    studio: Studio, server: Server, workspace: Workspace
) -> None:
    losing = Losing(studio.url, studio.token, "import_tasks", late=2.0)
    run_push(losing, workspace, timeout=Timeout(seconds=20.0, first=0.2))
    assert losing.sent == 1
    assert [task["data"]["article_id"] for task in tasks_of(server, workspace)] == ALL


def test_an_import_that_comes_after_all_patience_is_a_double_that_goes(
    studio: Studio, server: Server, workspace: Workspace
) -> None:
    losing = Losing(studio.url, studio.token, "import_tasks", late=3.0)
    run_push(losing, workspace, timeout=Timeout(seconds=0.2, first=0.1))
    for timer in [each for each in threading.enumerate() if isinstance(each, threading.Timer)]:
        timer.join()
    run_push(server, workspace)
    assert [task["data"]["article_id"] for task in tasks_of(server, workspace)] == ALL


@pytest.mark.parametrize("lose", ["create_project", "create_prediction", "update_task", "delete_task"])
def test_any_other_lost_reply_is_found_out(studio: Studio, server: Server, workspace: Workspace, lose: str) -> None:
    if lose != "create_project":
        run_push(server, workspace)
    if lose == "update_task":
        task = task_of(server, workspace, ENVOY)
        server.update_task(task["id"], task["data"] | {"title": "Another"})
    if lose == "delete_task":
        change_words(workspace.store, ENVOY)
    gold = tuple(workspace.store.documents(None)) if lose == "create_prediction" else ()
    losing = Losing(studio.url, studio.token, lose)
    run_push(losing, workspace, documents=gold, timeout=SHORT)
    assert losing.sent >= 1
    assert what(run_push(server, workspace, documents=gold)) == [("unchanged", each) for each in ALL]
    project = only(server, workspace)
    assert len(server.predictions(project.id)) == 3


def test_a_push_that_breaks_off_is_gone_on_with(
    studio: Studio, server: Server, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stancebank.annotate.sync.push_tasks.TASKS", 1)
    losing = Losing(studio.url, studio.token, "import_tasks", times=99, before=True)
    with pytest.raises(ServerError):
        run_push(losing, workspace, timeout=Timeout(seconds=0.0))
    assert what(run_push(server, workspace, articles=(ENVOY,))) == [("create", ENVOY)]
    assert what(run_push(server, workspace)) == [("create", HARVEST), ("create", MINISTER), ("unchanged", ENVOY)]


def test_doubles_of_two_people_who_pushed_at_once_go_but_never_a_labelled_one(
    server: Server, workspace: Workspace
) -> None:
    run_push(server, workspace)
    project = only(server, workspace)
    data = {task["data"]["article_id"]: task["data"] for task in tasks_of(server, workspace)}
    first, second = server.import_tasks(project.id, [{"data": data[ENVOY]}, {"data": data[MINISTER]}])
    annotate(server, first)
    one = next(task["id"] for task in tasks_of(server, workspace) if task["data"]["article_id"] == MINISTER)
    annotate(server, one)
    annotate(server, second)
    done = run_push(server, workspace)
    assert {("duplicate", ENVOY), ("refused", MINISTER)} <= set(what(done))
    assert task_of(server, workspace, ENVOY)["id"] == first
    assert len(tasks_of(server, workspace)) == 4


def test_two_pushes_at_once_leave_one_task_of_each_article(
    studio: Studio, server: Server, workspace: Workspace
) -> None:
    run_push(server, workspace, articles=(HARVEST,))
    failed: list[Exception] = []

    def push_once() -> None:
        try:
            run_push(Server(studio.url, studio.token), workspace)
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=push_once) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert [task["data"]["article_id"] for task in tasks_of(server, workspace)] == ALL


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
    document = store.document(store.document_path(ENVOY, "ann-1"))
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
    document = store.document(store.document_path(ENVOY, "ann-1"))
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


def test_blind_annotators_have_a_project_each_that_later_pushes_find(server: Server, workspace: Workspace) -> None:
    run_push(server, workspace, blind=("ann-1", "ann-2"))
    projects = find_projects(server, workspace)
    assert [project.annotator for project in projects] == ["ann-1", "ann-2"]
    assert what(run_push(server, workspace)) == sorted([("unchanged", each) for each in ALL] * 2)
    give_gold_to(workspace, server, "ann-1")
    shown = tuple(workspace.store.documents("ann-1"))
    with pytest.raises(InputError, match="blind"):
        run_push(server, workspace, documents=shown)
    run_push(server, workspace, annotations=("ann-1",))
    counted = [
        sum(task["total_annotations"] for task in server.tasks(project.id, ["total_annotations"]))
        for project in projects
    ]
    assert counted == [3, 0]


def test_a_project_of_one_annotator_waits_for_nobody_else(server: Server, workspace: Workspace) -> None:
    run_push(server, workspace, blind=("ann-1",), overlap=2)
    assert ("project", "") not in what(run_push(server, workspace, overlap=2))
    (project,) = find_projects(server, workspace)
    assert server.project(project.id)["maximum_annotations"] == 1


def test_overlap_is_the_projects(server: Server, workspace: Workspace) -> None:
    done = run_push(server, workspace, overlap=2)
    assert "annotators see each other's work" in next(each.reason for each in done if each.action == "project")
    number = only(server, workspace).id
    assert server.project(number)["maximum_annotations"] == 2
    assert ("project", "") in what(run_push(server, workspace, overlap=3))
    assert server.project(number)["maximum_annotations"] == 3
    assert ("project", "") not in what(run_push(server, workspace))


def test_the_guidelines_are_the_instructions_of_the_project(server: Server, workspace: Workspace) -> None:
    def page() -> str:
        return str(server.project(only(server, workspace).id)["expert_instruction"])

    run_push(server, workspace)
    first = page()
    assert same_instructions(first, instructions(workspace.root))
    rules = read_rules((workspace.root / GUIDELINES).read_text("utf-8"))
    assert ("<h2>" in first, rules[-1].number in first, 'href="#' in first) == (True, True, False)
    assert ("project", "") not in what(run_push(server, workspace))  # though the server keeps other HTML than it gets
    path = workspace.root / GUIDELINES
    path.write_text(path.read_text("utf-8") + "\n### G-99 A rule | more\n\n<script>alert(1)</script>\n", "utf-8")
    reasons = [each.reason for each in run_push(server, workspace) if each.action == "project"]
    assert reasons == ["guidelines updated"]
    assert "G-99" in page()
    assert "<script>" not in page()
    assert ("project", "") not in what(run_push(server, workspace))
    server.update_project(only(server, workspace).id, {"expert_instruction": "<p>Ask Orla.</p>"})
    assert ("project", "") not in what(run_push(server, workspace))  # somebody has written others
    assert page() == "<p>Ask Orla.</p>"
    server.update_project(only(server, workspace).id, {"expert_instruction": ""})
    run_push(server, workspace)
    assert "G-99" in page()


HIDING = {
    "show_collab_predictions": False,
    "show_annotation_history": False,
    "reveal_preannotations_interactively": True,
    "evaluate_predictions_automatically": False,
}


def test_no_setting_of_a_project_hides_one_annotators_work_from_another(
    studio: Studio, server: Server, workspace: Workspace
) -> None:
    done = run_push(server, workspace, overlap=2)
    assert "annotators see each other's work" in next(each.reason for each in done if each.action == "project")
    one, other = (studio.add_person(name) for name in ("ann-1", "ann-2"))
    number, task = only(server, workspace).id, task_of(server, workspace, ENVOY)
    server.update_project(number, HIDING)
    annotation = studio.ask("POST", f"/api/tasks/{task['id']}/annotations/", one.token, json={"result": []})
    shown = studio.ask("GET", f"/api/tasks/{task['id']}/", other.token)["annotations"]
    assert [each["id"] for each in shown] == [annotation["id"]]  # else --overlap could hide it


def test_another_interface_is_sent_unless_labels_would_be_harmed(server: Server, workspace: Workspace) -> None:
    run_push(server, workspace, profile="core")
    run_push(server, workspace, profile="full")
    task = task_of(server, workspace, ENVOY)
    span = {"start": 0, "end": 3, "text": task["data"]["text"][:3], "labels": ["cue"]}
    item = {"id": "r", "from_name": "span", "to_name": "text", "type": "labels", "value": span}
    server.create_annotation(task["id"], {"result": [item]})
    before = server.project(only(server, workspace).id)["label_config"]
    with pytest.raises(ConflictError, match="cue"):
        run_push(server, workspace, profile="core")
    assert server.project(only(server, workspace).id)["label_config"] == before


@pytest.mark.parametrize("tag", ["Label", "Choice"])
def test_what_was_added_by_hand_and_used_is_named_with_the_way_to_put_it_right(
    server: Server, workspace: Workspace, tag: str
) -> None:
    run_push(server, workspace)
    number, task = only(server, workspace).id, task_of(server, workspace, ENVOY)
    before = server.project(number)["label_config"]
    there = f'<{tag} value="content"' if tag == "Label" else f'<{tag} value="offer"'
    server.update_project(number, {"label_config": before.replace(there, f'<{tag} value="irony" hotkey="#"/>{there}')})
    span = {"start": 0, "end": 3, "text": task["data"]["text"][:3]}
    items: list[dict[str, Any]] = [
        {"id": "r", "from_name": "span", "to_name": "text", "type": "labels", "value": {**span}}
    ]
    items[0]["value"]["labels"] = ["irony" if tag == "Label" else "content"]
    if tag == "Choice":
        value = {**span, "choices": ["irony"]}
        items.append({"id": "r", "from_name": "stance", "to_name": "text", "type": "choices", "value": value})
    annotation = server.create_annotation(task["id"], {"result": items})
    with pytest.raises(ConflictError, match=r"Hint: 'irony' is not of the schema.*annotate pull.*then push again\.$"):
        run_push(server, workspace)
    pulled = [fault for each in pull(server, workspace, PullOptions(dry_run=True)) for fault in each.faults]
    assert any("irony" in fault for fault in pulled)
    server.update_annotation(annotation["id"], {"result": items[:1] if tag == "Choice" else []})
    assert ("project", "") in what(run_push(server, workspace))
    assert server.project(number)["label_config"] == before


def test_a_project_that_is_deleted_meanwhile_is_an_error_and_is_made_anew_by_the_next_push(
    studio: Studio, server: Server, workspace: Workspace
) -> None:
    run_push(server, workspace)

    class Deleting(Server):
        def tasks(self, project: int, *arguments: Any, **options: Any) -> Iterator[dict[str, Any]]:
            self.delete_project(project)
            return super().tasks(project, *arguments, **options)

    with pytest.raises(ServerError):
        run_push(Deleting(studio.url, studio.token), workspace)
    assert ("create", ENVOY) in what(run_push(server, workspace))


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://localhost:8080", True),
        ("http://127.0.0.1", True),
        ("http://[::1]:8080", True),
        ("http://127.example.org", False),
        ("http://10.0.0.1", False),
        ("https://labels.example.org", False),
    ],
)
def test_this_machine_is_told_from_others(url: str, here: bool) -> None:
    assert is_loopback(url) == here


def test_withheld_words_leave_this_machine_only_where_that_is_said(workspace: Workspace) -> None:
    store = workspace.store
    article = store.article(ENVOY)
    text = store.text(article)
    assert text is not None
    store.write_article(replace(article, rights=replace(article.rights, text_policy=TextPolicy.WITHHELD)), text)
    elsewhere = Server("http://labels.example.invalid", "x", pauses=())
    with pytest.raises(InputError, match="--allow-text-upload"):
        run_push(elsewhere, workspace)
    with pytest.raises(ServerError, match="cannot be reached"):
        run_push(elsewhere, workspace, send_words=True)


def test_the_command_says_what_it_did_and_exits_by_it(
    studio: Studio, server: Server, workspace: Workspace, run: Run
) -> None:
    give_gold_to(workspace, server, "ann-1")
    env = {"LABEL_STUDIO_URL": studio.url, "LABEL_STUDIO_API_KEY": studio.token}

    def cli(*arguments: object, **other: str) -> Any:
        return run("-w", workspace.root, "annotate", "push", *arguments, **(env | other))

    first = cli("--json")
    assert first.returncode == 0, first.stderr
    value = json.loads(first.stdout)
    assert [each["article_id"] for each in value["create"]] == ALL
    assert all(each["task"] for each in value["create"])
    assert (value["unchanged"], value["changed"], value["orphaned"]) == ([], [], [])
    assert "3 unchanged" in cli().stderr
    annotate(server, task_of(server, workspace, ENVOY)["id"])
    change_words(workspace.store, ENVOY)
    refused = cli("--json")
    assert refused.returncode == 4
    assert [each["article_id"] for each in json.loads(refused.stdout)["refused"]] == [ENVOY]
    assert "Hint:" in refused.stderr
    assert cli("no-such-article").returncode == 1
    assert cli(LABEL_STUDIO_URL="http://127.0.0.1:1").returncode == 3
    assert cli(LABEL_STUDIO_API_KEY="wrong").returncode == 3


@pytest.mark.parametrize("example", [each for each in examples() if each.startswith("stancebank annotate push")])
def test_the_example_of_the_help_page_runs(
    example: str, studio: Studio, server: Server, workspace: Workspace, run: Run
) -> None:
    give_gold_to(workspace, server, "ann-1")
    env = {"LABEL_STUDIO_URL": studio.url, "LABEL_STUDIO_API_KEY": studio.token}
    result = run(*example.split()[1:], cwd=workspace.root, **env)
    assert result.returncode == 0, result.stderr
