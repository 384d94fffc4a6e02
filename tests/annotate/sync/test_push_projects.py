"""The project of a push: which one it is, its settings, and its interface."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stancebank.annotate.client import Server
from stancebank.annotate.guidelines import GUIDELINES, instructions, same_instructions
from stancebank.annotate.sync.projects import create_project, find_projects, require_interface
from stancebank.annotate.sync.pull import pull
from stancebank.annotate.sync.types import PullOptions
from stancebank.errors import ConflictError, InputError, ServerError
from stancebank.workspace import Workspace, open_workspace
from tests.annotate.sync.losing import give_id, name_workspace, run_push, what
from tests.annotate.sync.pushing import ALL, ENVOY, MINISTER, give_gold_to, only, task_of, tasks_of
from tests.guidelines import read_rules
from tests.studio import Studio

pytestmark = pytest.mark.server


@pytest.fixture
def workspace(toy_root: Path, request: pytest.FixtureRequest) -> Workspace:
    """A copy of the toy workspace under a name that no other test has."""
    return name_workspace(toy_root, f"toy-{abs(hash(request.node.name)) % 10**12}")


def test_two_workspaces_of_one_name_are_two_projects(server: Server, workspace: Workspace, tmp_path: Path) -> None:
    shutil.copytree(workspace.root, tmp_path / "other")
    one, other = give_id(workspace, "aaaaaaaa"), give_id(open_workspace(tmp_path / "other"), "bbbbbbbb")
    run_push(server, one)
    assert find_projects(server, other) == []
    run_push(server, other)
    assert only(server, one).id != only(server, other).id
    (other.root / other.store.article_name(MINISTER)).unlink()
    (other.root / other.store.document_name(MINISTER, None)).unlink()
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
