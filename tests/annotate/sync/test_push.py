"""A workspace is pushed to a real Label Studio server, and everything goes wrong that can."""

import gzip
import json
import threading
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from stancebank.annotate.client import Server
from stancebank.annotate.connection import local_folder
from stancebank.annotate.http import is_loopback
from stancebank.annotate.sync.projects import find_projects
from stancebank.annotate.sync.retry import Timeout
from stancebank.errors import InputError, ServerError
from stancebank.model import TextPolicy
from stancebank.workspace import Workspace
from tests.annotate.sync.losing import Losing, change_words, give_id, name_workspace, run_push, what
from tests.annotate.sync.pushing import (
    ALL,
    ENVOY,
    HARVEST,
    MINISTER,
    SHORT,
    annotate,
    give_gold_to,
    only,
    task_of,
    tasks_of,
)
from tests.cli.test_help import examples
from tests.conftest import Run
from tests.studio import Studio

pytestmark = pytest.mark.server


@pytest.fixture
def workspace(toy_root: Path, request: pytest.FixtureRequest) -> Workspace:
    """A copy of the toy workspace under a name that no other test has."""
    return name_workspace(toy_root, f"toy-{abs(hash(request.node.name)) % 10**12}")


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
        (workspace.root / workspace.store.article_name(article_id)).unlink()
        (workspace.root / workspace.store.document_name(article_id, None)).unlink()
    assert ("orphaned", ENVOY) in what(run_push(server, workspace))
    assert len(tasks_of(server, workspace)) == 3
    assert {("orphaned", ENVOY), ("prune", MINISTER)} <= set(what(run_push(server, workspace, prune=True)))
    assert [task["data"]["article_id"] for task in tasks_of(server, workspace)] == [HARVEST, ENVOY]


def test_tasks_are_pruned_only_where_the_project_is_proved_to_be_ours(server: Server, workspace: Workspace) -> None:
    run_push(server, workspace)
    (workspace.root / workspace.store.article_name(MINISTER)).unlink()
    (workspace.root / workspace.store.document_name(MINISTER, None)).unlink()
    with pytest.raises(InputError, match=r'Hint: add `id = "[0-9a-f]{16}"` below \[workspace\]'):
        run_push(server, workspace, prune=True)
    workspace = give_id(workspace, "aaaaaaaa")
    done = run_push(server, workspace, prune=True)
    assert ("orphaned", MINISTER) in what(done)
    assert "check it, and prune again" in next(each.reason for each in done if each.action == "orphaned")
    assert len(tasks_of(server, workspace)) == 3
    assert ("prune", MINISTER) in what(run_push(server, workspace, prune=True))


def test_an_article_without_words_is_named_and_the_others_are_pushed(server: Server, workspace: Workspace) -> None:
    (workspace.root / workspace.store.text_name(workspace.store.article(ENVOY))).unlink()
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
    if "--suggest rules" in example:
        made = run("suggest", "--engine", "sentences", "--name", "rules", cwd=workspace.root)
        assert made.returncode == 0, made.stderr
    env = {"LABEL_STUDIO_URL": studio.url, "LABEL_STUDIO_API_KEY": studio.token}
    result = run(*example.split()[1:], cwd=workspace.root, **env)
    assert result.returncode == 0, result.stderr
