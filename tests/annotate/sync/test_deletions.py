"""What is deleted on a real server: annotations, tasks and whole projects; nothing is lost here without a word."""

from pathlib import Path

import pytest

from stancebank.annotate.client import Server
from stancebank.errors import ConflictError, InputError
from stancebank.workspace import Workspace
from tests.annotate.sync.losing import name_workspace
from tests.annotate.sync.pulling import ALL, ENVOY, edit, kinds, only, path_of, run_pull, state, submit, task_of

pytestmark = pytest.mark.server


def test_an_annotation_that_was_deleted_takes_its_unchanged_document_along(
    server: Server, workspace: Workspace
) -> None:
    made = submit(server, workspace)
    run_pull(server, workspace)
    last = path_of(workspace).read_bytes()
    server.delete_annotation(made["id"])
    assert kinds(run_pull(server, workspace)) == ["removed"]
    assert not path_of(workspace).exists()
    kept = list((workspace.root / ".stancebank").rglob(f"removed/{ENVOY}/user-1-*.json"))
    assert [path.read_bytes() for path in kept] == [last]
    assert run_pull(server, workspace) == []


def test_a_deletion_of_what_was_changed_here_is_a_conflict(server: Server, workspace: Workspace) -> None:
    made = submit(server, workspace)
    run_pull(server, workspace)
    edit(workspace, "doubt")
    server.delete_annotation(made["id"])
    assert kinds(run_pull(server, workspace)) == ["conflict"]
    assert path_of(workspace).exists()
    assert kinds(run_pull(server, workspace, side="ours", ids=frozenset({ENVOY}))) == ["local-newer"]
    assert path_of(workspace).exists()
    assert run_pull(server, workspace) == []


def test_a_task_that_was_deleted_is_put_away_with_its_document(server: Server, workspace: Workspace) -> None:
    submit(server, workspace)
    run_pull(server, workspace)
    task = task_of(server, workspace)
    server.delete_task(task)
    assert "removed" in kinds(run_pull(server, workspace))
    assert list((workspace.root / ".stancebank").rglob(f"removed/{ENVOY}/{task}.json.gz"))
    assert not list((workspace.root / ".stancebank").rglob(f"raw/{ENVOY}/{task}.json.gz"))


def test_many_deletions_at_once_need_a_word(
    server: Server, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for article_id in ALL:
        submit(server, workspace, article_id)
    run_pull(server, workspace)
    monkeypatch.setattr("stancebank.annotate.sync.pull.FEW", 1)
    for article_id in ALL:
        server.delete_task(task_of(server, workspace, article_id))
    assert kinds(run_pull(server, workspace)) == ["needs-confirmation"] * 3
    assert path_of(workspace).exists()
    assert kinds(run_pull(server, workspace, accept_deletions=True)) == ["removed"] * 3
    assert not path_of(workspace).exists()


def test_a_project_that_is_gone_touches_nothing_here(server: Server, workspace: Workspace) -> None:
    submit(server, workspace)
    run_pull(server, workspace)
    before = state(workspace.root)
    server.delete_project(only(server, workspace).id)
    with pytest.raises(ConflictError, match=r"is no longer on[\s\S]*Hint: "):
        run_pull(server, workspace)
    assert state(workspace.root) == before


def test_without_a_project_the_mend_is_a_push(server: Server, toy_root: Path) -> None:
    with pytest.raises(InputError, match="annotate push"):
        run_pull(server, name_workspace(toy_root, "toy-that-nobody-pushed"))
