"""Annotators work on a real Label Studio server, and a workspace takes over what they mark, whatever happens."""

import gzip
import json
import os
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from stancebank.annotate.client import Server
from stancebank.annotate.connection import local_folder
from stancebank.annotate.users import UserTable
from stancebank.corpus.withdraw import holdings
from stancebank.workspace import Workspace, open_workspace
from tests.annotate.sync.pulling import (
    ALL,
    ENVOY,
    MINISTER,
    Json,
    document_of,
    kinds,
    leave_draft,
    make_account,
    marks,
    only,
    path_of,
    run_pull,
    state,
    submit,
    task_of,
)
from tests.cli.test_help import examples
from tests.conftest import Run
from tests.faults.client import ready_clients
from tests.studio import Studio

pytestmark = pytest.mark.server


def test_what_is_submitted_comes_back_equal_and_a_second_pull_changes_nothing(
    server: Server, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    tasks = Server.tasks

    def watch(*given: Any, **more: Any) -> Any:
        asked.append(given[3:])
        return tasks(*given, **more)

    monkeypatch.setattr(Server, "tasks", watch)
    for article_id in ALL:
        submit(server, workspace, article_id)
    dry = run_pull(server, workspace, dry_run=True)
    assert kinds(dry) == ["written"] * 3
    assert not path_of(workspace).exists()
    assert not list((workspace.root / ".stancebank").rglob("*.json.gz"))
    assert kinds(run_pull(server, workspace)) == ["written"] * 3
    for gold in workspace.store.documents(None):
        made = document_of(workspace, gold.article_id)
        assert (made.statements, made.non_statements) == (gold.statements, gold.non_statements)
    before = state(workspace.root)
    asked.clear()
    assert set(kinds(run_pull(server, workspace))) <= {"unchanged"}
    assert [None not in given for given in asked] == [True]  # it asked for news, and for nothing more
    assert set(kinds(run_pull(server, workspace, full=True))) == {"unchanged"}
    assert state(workspace.root) == before


def test_the_task_is_kept_as_it_came_and_its_words_are_found_by_the_articles_id(
    server: Server, workspace: Workspace
) -> None:
    submit(server, workspace)
    run_pull(server, workspace)
    project, task = only(server, workspace), task_of(server, workspace)
    raw = workspace.root / f".stancebank/label-studio/projects/{project.key}/raw/{ENVOY}/{task}.json.gz"
    assert json.loads(gzip.decompress(raw.read_bytes())) == server.whole_tasks(project.id, [task])[0]
    assert raw.relative_to(workspace.root).as_posix() in holdings(workspace.store, ENVOY)


def test_skipped_articles_and_drafts_are_no_documents(server: Server, workspace: Workspace) -> None:
    submit(server, workspace, ENVOY, was_cancelled=True)
    leave_draft(server, workspace, MINISTER)
    assert kinds(run_pull(server, workspace)) == ["skipped"]
    assert not path_of(workspace).parent.exists()


def test_an_account_that_is_gone_keeps_its_pseudonym(server: Server, workspace: Workspace) -> None:
    other = make_account(server)
    submit(server, workspace, completed_by=other.id)
    UserTable(local_folder(workspace)).rename(other, "ann-9")
    run_pull(server, workspace)
    server._delete(f"/api/users/{other.id}/")
    assert set(kinds(run_pull(server, workspace, full=True))) == {"unchanged"}
    assert path_of(workspace, ENVOY, "ann-9").exists()


def test_ground_truth_is_no_gold_and_is_said(server: Server, workspace: Workspace) -> None:
    submit(server, workspace, ground_truth=True)
    (outcome,) = run_pull(server, workspace)
    assert any("does not make it gold" in said for said in outcome.messages)
    assert document_of(workspace).gold is None


def test_a_task_whose_words_were_changed_on_the_server_is_rejected_until_it_is_mended(
    server: Server, workspace: Workspace, studio: Studio, run: Run
) -> None:
    submit(server, workspace)
    task = task_of(server, workspace)
    (whole,) = server.whole_tasks(only(server, workspace).id, [task])
    server.update_task(task, whole["data"] | {"text": "Other words."})
    for _ in range(2):
        (outcome,) = run_pull(server, workspace)
        assert outcome.kind == "rejected"
        assert any("somebody has changed them" in said and "Hint: " in said for said in outcome.faults)
    assert not path_of(workspace).exists()
    done = run("annotate", "pull", cwd=workspace.root, LABEL_STUDIO_URL=studio.url, LABEL_STUDIO_API_KEY=studio.token)
    assert done.returncode == 1
    assert "1 fault of earlier pulls is still open" in done.stderr
    again = run(
        "annotate", "pull", "-v", cwd=workspace.root, LABEL_STUDIO_URL=studio.url, LABEL_STUDIO_API_KEY=studio.token
    )
    assert again.stderr.count(f"task {task}, ") == again.stderr.count("Hint: ") == 1  # what follows is not said
    assert f"data?task={task}" in again.stderr
    server.update_task(task, whole["data"])
    assert kinds(run_pull(server, workspace)) == ["written"]


def test_a_task_of_an_article_that_the_corpus_does_not_hold_stays_on_the_server(
    server: Server, workspace: Workspace
) -> None:
    submit(server, workspace)
    (workspace.root / workspace.store.article_name(ENVOY)).unlink()
    (outcome,) = run_pull(server, workspace)
    assert outcome.kind == "unknown-article"
    assert not list((workspace.root / ".stancebank").rglob(f"{ENVOY}/*"))


def test_a_document_that_is_missing_here_is_written_again(server: Server, workspace: Workspace) -> None:
    submit(server, workspace)
    run_pull(server, workspace)
    data = path_of(workspace).read_bytes()
    path_of(workspace).unlink()
    assert kinds(run_pull(server, workspace)) == ["written"]
    assert path_of(workspace).read_bytes() == data


def test_without_its_memory_a_pull_agrees_where_both_sides_are_equal(server: Server, workspace: Workspace) -> None:
    submit(server, workspace)
    run_pull(server, workspace)
    before = path_of(workspace).read_bytes()
    shutil.rmtree(workspace.root / ".stancebank" / "label-studio")
    assert kinds(run_pull(server, workspace)) == ["unchanged"]
    assert path_of(workspace).read_bytes() == before


def test_a_pull_says_what_it_infers_once_and_that_a_dry_run_was_one(
    server: Server, workspace: Workspace, studio: Studio, run: Run
) -> None:
    result = [each for each in marks(workspace, ENVOY) if each.get("from_name") != "force"]  # is inferred, then
    server.create_annotation(task_of(server, workspace, ENVOY), {"result": result})
    env = {"LABEL_STUDIO_URL": studio.url, "LABEL_STUDIO_API_KEY": studio.token}
    dry = run("annotate", "pull", "--dry-run", cwd=workspace.root, **env)
    assert dry.stderr.endswith("1 written; nothing was changed, this was a dry run.\n")
    first, again = (run("annotate", "pull", cwd=workspace.root, **env) for _ in range(2))
    assert "force plain: none was chosen" not in first.stderr
    assert "repaired or inferred: -v shows each." in first.stderr
    assert first.stderr.endswith("1 written.\n")
    assert (again.stdout, again.stderr) == ("", "1 unchanged.\n")


def test_a_pull_that_is_killed_at_any_moment_and_run_again_gives_the_same(
    server: Server, workspace: Workspace, studio: Studio, tmp_path: Path
) -> None:
    for article_id in ALL:
        submit(server, workspace, article_id)
    whole = open_workspace(shutil.copytree(workspace.root, tmp_path / "whole"))
    run_pull(server, whole)
    expected = state(whole.root)
    env = {"LABEL_STUDIO_URL": studio.url, "LABEL_STUDIO_API_KEY": studio.token}
    with ready_clients() as clients:
        started = time.monotonic()
        copy = shutil.copytree(workspace.root, tmp_path / "timed")
        assert clients.run("annotate", "pull", cwd=copy, **env).code == 0
        took = time.monotonic() - started
        for number in range(8):
            copy = shutil.copytree(workspace.root, tmp_path / f"killed-{number}")
            pid = clients.start("annotate", "pull", cwd=copy, **env)
            time.sleep(took * (0.2 + 0.1 * number))
            os.kill(pid, signal.SIGKILL)
            clients.wait(pid)
            run_pull(server, open_workspace(copy))
            found = {name: data for name, data in state(copy).items() if not name.endswith(".part")}
            assert found == expected


@pytest.mark.parametrize("name", ["pull", "status"])
def test_the_examples_of_the_help_page_run(workspace: Workspace, studio: Studio, run: Run, name: str) -> None:
    found = [each for each in examples() if each.startswith(f"stancebank annotate {name}")]
    assert found
    env = {"LABEL_STUDIO_URL": studio.url, "LABEL_STUDIO_API_KEY": studio.token}
    for example in found:
        done = run(*example.partition(" | ")[0].split()[1:], cwd=workspace.root, **env)
        assert done.returncode == 0, done.stderr


def test_nothing_of_a_pull_names_a_person(server: Server, workspace: Workspace) -> None:
    submit(server, workspace)
    run_pull(server, workspace)
    for path in (workspace.root / "corpus").rglob("*.json"):
        assert "@" not in path.read_text()


def test_a_server_that_stops_in_the_middle_leaves_what_was_written(server: Server, workspace: Workspace) -> None:
    for article_id in ALL:
        submit(server, workspace, article_id)

    class Breaking(Server):
        def whole_tasks(self, project: int, tasks: Any) -> list[Json]:
            raise httpx.ConnectError("gone")

    with pytest.raises(httpx.ConnectError):
        run_pull(Breaking(server.url, server._token), workspace)
    assert kinds(run_pull(server, workspace)) == ["written"] * 3


def test_another_pseudonym_takes_the_documents_along(
    server: Server, workspace: Workspace, studio: Studio, run: Run
) -> None:
    submit(server, workspace)
    run_pull(server, workspace)
    done = run("annotate", "users", "--name", "1=ann-3", cwd=workspace.root)
    assert done.returncode == 0, done.stderr
    assert "1 document moved" in done.stderr
    assert not path_of(workspace).parent.exists()
    assert document_of(workspace, ENVOY, "ann-3").annotator == "ann-3"
    assert kinds(run_pull(server, workspace)) == ["unchanged"]
    assert not path_of(workspace).exists()
