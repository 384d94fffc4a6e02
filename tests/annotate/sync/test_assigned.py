"""Articles that are assigned, on a real server: each annotator has a project with theirs alone."""

import json
from pathlib import Path
from typing import Any

import pytest

from stancebank.annotate.client import Server
from stancebank.annotate.connection import local_folder
from stancebank.annotate.sync.projects import find_projects
from stancebank.annotate.users import UserTable
from stancebank.corpus.assignments import Assignment, write_assignments
from stancebank.errors import InputError
from stancebank.workspace import Workspace
from tests.annotate.sync.losing import give_id, name_workspace, run_push, what
from tests.annotate.sync.pushing import ALL, ENVOY, HARVEST, MINISTER, annotate, give_gold_to
from tests.conftest import Run
from tests.studio import Studio

pytestmark = pytest.mark.server

THEIRS = {"ann-1": [HARVEST, ENVOY], "ann-2": [ENVOY], "ann-3": [MINISTER]}


@pytest.fixture
def workspace(toy_root: Path, request: pytest.FixtureRequest) -> Workspace:
    """A copy of the toy workspace under a name that no other test has, with articles for three people."""
    workspace = name_workspace(toy_root, f"toy-{abs(hash(request.node.name)) % 10**12}")
    assign(workspace, THEIRS)
    return workspace


def assign(workspace: Workspace, theirs: dict[str, list[str]]) -> None:
    lines = (Assignment(each, name, "share") for name, articles in theirs.items() for each in articles)
    write_assignments(workspace.store, lines)


def held(server: Server, workspace: Workspace) -> dict[str | None, list[str]]:
    """The articles of each project's tasks."""
    return {
        project.annotator: sorted(task["data"]["article_id"] for task in server.tasks(project.id, ["data"]))
        for project in find_projects(server, workspace)
    }


def task_of(server: Server, workspace: Workspace, name: str, article_id: str) -> int:
    (project,) = [each for each in find_projects(server, workspace) if each.annotator == name]
    (task,) = server.tasks(project.id, ["data"], articles=[article_id])
    return int(task["id"])


def test_what_moves_to_another_stays_where_it_is_labelled_and_is_pruned_where_it_is_not(
    server: Server, workspace: Workspace
) -> None:
    workspace = give_id(workspace, "abcdefgh")
    assign(workspace, {"ann-1": [HARVEST, ENVOY], "ann-2": [MINISTER]})
    run_push(server, workspace)
    annotate(server, task_of(server, workspace, "ann-1", HARVEST))
    assign(workspace, {"ann-2": ALL})
    done = run_push(server, workspace)
    assert [(each.action, each.article_id) for each in done if each.project.endswith("ann-1")] == [
        ("unchanged", HARVEST),
        ("orphaned", ENVOY),
    ]
    assert held(server, workspace) == {"ann-1": [HARVEST, ENVOY], "ann-2": ALL}
    run_push(server, workspace, prune=True)
    assert held(server, workspace) == {"ann-1": [HARVEST], "ann-2": ALL}
    assert {each.action for each in run_push(server, workspace, prune=True)} == {"unchanged"}


def test_a_project_for_all_gets_no_new_task_once_articles_are_assigned(
    server: Server, workspace: Workspace, toy_root: Path
) -> None:
    (toy_root / "corpus/assignments.csv").unlink()
    run_push(server, workspace, articles=(ENVOY, HARVEST))
    assign(workspace, {"ann-1": ALL})
    annotate(server, next(int(each["id"]) for each in _tasks(server, workspace, None) if _is(each, ENVOY)))
    give_gold_to(workspace, server, "ann-1")
    done = run_push(server, workspace, annotations=("ann-1",))
    assert held(server, workspace) == {None: [HARVEST, ENVOY], "ann-1": ALL}
    assert [each.article_id for each in done if each.action == "orphaned"] == [HARVEST]
    assert "refused" not in {each.action for each in done if each.project.endswith("ann-1")}


def _tasks(server: Server, workspace: Workspace, name: str | None) -> list[dict[str, Any]]:
    (project,) = [each for each in find_projects(server, workspace) if each.annotator == name]
    return list(server.tasks(project.id, ["data"]))


def _is(task: dict[str, Any], article_id: str) -> bool:
    return bool(task["data"]["article_id"] == article_id)


class Dying(Server):
    """A server whose client ends right after its first request that writes."""

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name not in ("create_project", "update_project", "import_tasks", "create_prediction", "update_task"):
            return found

        def ending(*arguments: Any, **options: Any) -> Any:
            found(*arguments, **options)
            raise KeyboardInterrupt

        return ending


def test_each_annotator_has_a_project_with_their_articles_alone_wherever_a_push_ended(
    studio: Studio, server: Server, workspace: Workspace
) -> None:
    planned = run_push(server, workspace, dry_run=True)
    assert find_projects(server, workspace) == []
    assert what(planned) == sorted(
        [("project", "")] * 3 + [("create", each) for some in THEIRS.values() for each in some]
    )
    ends = 0
    while True:
        try:
            run_push(Dying(studio.url, studio.token), workspace)
        except KeyboardInterrupt:
            ends += 1
            assert ends < 20
        else:
            break
    assert ends == 6  # a project and an import, for each of three
    assert held(server, workspace) == THEIRS
    assert [server.project(each.id)["maximum_annotations"] for each in find_projects(server, workspace)] == [1, 1, 1]
    assert what(run_push(server, workspace)) == sorted(("unchanged", each) for some in THEIRS.values() for each in some)
    assert what(run_push(server, workspace, blind=("ann-2",))) == [("unchanged", ENVOY)]
    with pytest.raises(InputError, match="--overlap is of one project for all"):
        run_push(server, workspace, overlap=2)
    with pytest.raises(InputError, match=r"no articles for ann-9\.\nHint: .*assign --annotator ann-9"):
        run_push(server, workspace, blind=("ann-9",))


def test_the_status_says_who_has_how_much_left_and_for_how_long(
    studio: Studio, server: Server, workspace: Workspace, run: Run
) -> None:
    run_push(server, workspace)
    UserTable(local_folder(workspace)).rename(server.me(), "ann-1")
    result = [
        {
            "id": "n",
            "from_name": "nothing_to_annotate",
            "to_name": "text",
            "type": "choices",
            "value": {"choices": ["nothing_to_annotate"]},
        }
    ]
    server.create_annotation(task_of(server, workspace, "ann-1", ENVOY), {"result": result, "lead_time": 120.0})
    env = {"LABEL_STUDIO_URL": studio.url, "LABEL_STUDIO_API_KEY": studio.token}

    def count(article_id: str) -> int:
        text = workspace.store.text(workspace.store.article(article_id))
        assert text is not None
        return len(text.split())

    value = json.loads(run("annotate", "status", "--json", cwd=workspace.root, **env).stdout)
    mine, other, last = value["assigned"]
    assert (mine["annotator"], mine["assigned"], mine["done"], mine["left"]) == ("ann-1", 2, 1, 1)
    assert mine["words_left"] == count(HARVEST)
    assert mine["per_words"] == pytest.approx(100 * 120 / count(ENVOY))
    assert mine["seconds_left"] == pytest.approx(120 * count(HARVEST) / count(ENVOY))
    assert (other["done"], other["left"], other["seconds_left"]) == (0, 1, None)
    assert (last["annotator"], last["words_left"]) == ("ann-3", count(MINISTER))
    assert [each["drift"] for each in value["projects"]] == [[], [], []]  # that others' articles are not there is right
    assign(workspace, {**THEIRS, "ann-3": []})
    annotate(server, task_of(server, workspace, "ann-2", ENVOY))
    shown = run("annotate", "status", cwd=workspace.root, **env)
    assert "Assigned, in all projects:" in shown.stdout
    assert "1 article: it has a task, and nobody is assigned to it here." in shown.stderr
    assert "ann-1 labelled in the project of ann-2." in shown.stderr
