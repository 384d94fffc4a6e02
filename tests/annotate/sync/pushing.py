"""What the tests of pushes share."""

from typing import Any

from msgspec.structs import replace

from stancebank.annotate.client import Server
from stancebank.annotate.connection import local_folder
from stancebank.annotate.sync.projects import Project, find_projects
from stancebank.annotate.sync.retry import Timeout
from stancebank.annotate.users import UserTable
from stancebank.workspace import Workspace

HARVEST = "keth-tribune-undated-harvest"
ENVOY = "norland-post-2031-02-11-envoy"
MINISTER = "suvia-courier-2031-02-12-minister"
ALL = [HARVEST, ENVOY, MINISTER]
SHORT = Timeout(seconds=0.5, first=0.05)


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
