"""Several hands at the same labels: both sides, several accounts, several annotations, several pulls."""

import os
import shutil
from pathlib import Path

import pytest

from stancebank.annotate.client import Server
from stancebank.annotate.connection import local_folder
from stancebank.workspace import Workspace, open_workspace
from tests.annotate.sync.losing import run_push
from tests.annotate.sync.pulling import (
    ENVOY,
    MINISTER,
    change_stance,
    document_of,
    edit,
    first_stance,
    kinds,
    make_account,
    path_of,
    run_pull,
    submit,
)
from tests.conftest import Run
from tests.studio import Studio

pytestmark = pytest.mark.server


def test_changes_on_both_sides_are_shown_and_a_person_decides(
    server: Server, workspace: Workspace, studio: Studio, run: Run
) -> None:
    made = submit(server, workspace)
    submit(server, workspace, MINISTER)
    run_pull(server, workspace)
    old = first_stance(workspace)
    here, there = [each for each in ("doubt", "offer", "open") if each != old][:2]
    ours = edit(workspace, here)
    server.update_annotation(made["id"], {"result": change_stance(made["result"], there, old)})
    env = {"LABEL_STUDIO_URL": studio.url, "LABEL_STUDIO_API_KEY": studio.token}
    done = run("annotate", "pull", cwd=workspace.root, **env)
    assert done.returncode == 4, done.stderr
    assert f"{ENVOY}, user-1: in conflict" in done.stdout
    assert f"`stancebank annotate pull --ours user-1/{ENVOY}`" in done.stdout
    mistyped = run("annotate", "pull", "--theirs", f"user-1/{ENVOY}s", cwd=workspace.root, **env)
    assert mistyped.returncode == 1
    assert "There is no article" in mistyped.stderr
    assert here in done.stdout
    assert there in done.stdout
    assert document_of(workspace) == ours
    (kept,) = (workspace.root / ".stancebank").rglob(f"conflicts/user-1/{ENVOY}.json")
    assert there in kept.read_text()
    assert kinds(run_pull(server, workspace)).count("conflict") == 1
    theirs = run("annotate", "pull", "--theirs", ENVOY, cwd=workspace.root, **env)
    assert theirs.returncode == 0, theirs.stderr
    assert there in {each.fields["stance"] for each in document_of(workspace).statements}
    assert not kept.exists()
    assert list((workspace.root / ".stancebank").rglob(f"removed/{ENVOY}/user-1-*.json"))
    assert "conflict" not in kinds(run_pull(server, workspace))


def test_ours_keeps_what_stands_here_and_a_push_sends_it(server: Server, workspace: Workspace) -> None:
    made = submit(server, workspace)
    run_pull(server, workspace)
    old = first_stance(workspace)
    here, there = [each for each in ("doubt", "offer", "open") if each != old][:2]
    ours = edit(workspace, here)
    server.update_annotation(made["id"], {"result": change_stance(made["result"], there, old)})
    assert "conflict" in kinds(run_pull(server, workspace))
    assert kinds(run_pull(server, workspace, side="ours")).count("local-newer") == 1
    assert document_of(workspace) == ours
    run_push(server, workspace, annotations=("user-1",))
    assert "conflict" not in kinds(run_pull(server, workspace))
    assert document_of(workspace).statements == ours.statements


def test_an_edit_by_somebody_else_keeps_its_annotator_and_names_the_editor(
    server: Server, workspace: Workspace
) -> None:
    other = make_account(server)
    made = submit(server, workspace, completed_by=other.id)
    server.update_annotation(made["id"], {"result": made["result"]})
    (outcome,) = run_pull(server, workspace)
    assert outcome.annotator == f"user-{other.id}"
    assert "it was last saved by user-1." in outcome.messages
    document = document_of(workspace, ENVOY, f"user-{other.id}")
    assert document.label_studio is not None
    assert document.label_studio.edited_by == "user-1"


def test_the_newest_of_several_annotations_stands_and_its_removal_brings_the_older_back(
    server: Server, workspace: Workspace
) -> None:
    submit(server, workspace)
    old = first_stance(workspace)
    newer = submit(server, workspace)
    server.update_annotation(newer["id"], {"result": change_stance(newer["result"], "doubt", old)})
    assert kinds(run_pull(server, workspace)) == ["outdated", "written"]
    changed = document_of(workspace)
    server.delete_annotation(newer["id"])
    assert kinds(run_pull(server, workspace)) == ["written"]
    assert document_of(workspace).statements != changed.statements


def test_two_people_who_pull_into_two_workspaces_get_the_same_documents(
    server: Server, workspace: Workspace, tmp_path: Path
) -> None:
    submit(server, workspace)
    other = open_workspace(shutil.copytree(workspace.root, tmp_path / "other"))
    for each in (workspace, other):
        run_pull(server, each)
    assert path_of(workspace).read_bytes() == path_of(other).read_bytes()


def test_a_second_pull_in_one_workspace_says_who_is_at_work(
    server: Server, workspace: Workspace, studio: Studio, run: Run
) -> None:
    from stancebank.annotate.sync.state import lock_workspace

    with lock_workspace(local_folder(workspace), "pull"):
        done = run(
            "annotate", "pull", cwd=workspace.root, LABEL_STUDIO_URL=studio.url, LABEL_STUDIO_API_KEY=studio.token
        )
    assert done.returncode == 4
    assert f"`stancebank annotate pull` (process {os.getpid()}) is writing" in done.stderr
