"""Annotators work on a real Label Studio server, and a workspace takes over what they mark, whatever happens."""

import gzip
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from stancebank.annotate.annotators import Annotators
from stancebank.annotate.connection import local_folder
from stancebank.annotate.server import Server, User
from stancebank.annotate.sync.outcome import Outcome, PullRequest
from stancebank.annotate.sync.projects import Project, find_projects
from stancebank.annotate.sync.pull import pull
from stancebank.annotate.tasks import to_task
from stancebank.corpus.holdings import holdings
from stancebank.errors import ConflictError, InputError
from stancebank.model import Document
from stancebank.workspace import Workspace, open_workspace
from tests.annotate.sync.losing import name_workspace, run_push
from tests.annotate.tasks import ANNOTATED, LISTS
from tests.cli.test_help import examples
from tests.conftest import Run
from tests.studio import Studio

pytestmark = pytest.mark.server

ENVOY = "norland-post-2031-02-11-envoy"
MINISTER = "suvia-courier-2031-02-12-minister"
HARVEST = "keth-tribune-undated-harvest"
ALL = [ENVOY, MINISTER, HARVEST]
Json = dict[str, Any]


@pytest.fixture
def workspace(toy_root: Path, server: Server) -> Workspace:
    """A toy workspace whose articles are pushed; its name is that of no other test."""
    workspace = name_workspace(toy_root, f"toy-{random.SystemRandom().randrange(10**12)}")
    run_push(server, workspace)
    return workspace


def only(server: Server, workspace: Workspace) -> Project:
    (project,) = find_projects(server, workspace)
    return project


def task_of(server: Server, workspace: Workspace, article_id: str = ENVOY) -> int:
    (task,) = server.tasks(only(server, workspace).id, ["updated_at"], articles=[article_id])
    return int(task["id"])


def marks(workspace: Workspace, article_id: str = ENVOY, document: Document | None = None) -> list[Json]:
    """What an annotator submits whose reading is a document, or the gold one."""
    store = workspace.store
    article = store.article(article_id)
    document, text = document or store.gold(article_id), store.text(article)
    assert document is not None
    assert text is not None
    task = to_task(article, text, [document], LISTS, annotated=ANNOTATED, guideline_version="1.1")
    result: list[Json] = task["predictions"][0]["result"]
    return result


def submit(server: Server, workspace: Workspace, article_id: str = ENVOY, **more: Any) -> Json:
    task = task_of(server, workspace, article_id)
    return server.create_annotation(task, {"result": marks(workspace, article_id), **more})


def run_pull(server: Server, workspace: Workspace, **request: Any) -> list[Outcome]:
    return list(pull(server, workspace, PullRequest(**request)))


def kinds(outcomes: list[Outcome]) -> list[str]:
    return sorted(each.kind for each in outcomes)


def path_of(workspace: Workspace, article_id: str = ENVOY, annotator: str = "user-1") -> Path:
    return workspace.store.document_path(article_id, annotator)


def state(root: Path) -> dict[str, bytes]:
    """All files of documents and of the local store, but the lock."""
    found = {}
    for folder in ("corpus", ".stancebank"):
        for path in (root / folder).rglob("*"):
            if path.is_file() and path.name != "lock":
                found[str(path.relative_to(root))] = path.read_bytes()
    return found


def edit(workspace: Workspace, stance: str, article_id: str = ENVOY) -> Document:
    """Give the first statement of the document another stance, as a person with an editor would."""
    path = path_of(workspace, article_id)
    document = workspace.store.document(path)
    first, *others = document.statements
    changed = replace(document, statements=(replace(first, stance=stance), *others))
    workspace.store.write_document(changed)
    return changed


def change_stance(result: list[Json], stance: str, old: str) -> list[Json]:
    """The same marks, with one stance changed."""
    result = json.loads(json.dumps(result))
    item = next(each for each in result if each["from_name"] == "stance" and each["value"]["choices"] == [old])
    item["value"]["choices"] = [stance]
    return result


def first_stance(workspace: Workspace) -> str:
    gold = workspace.store.gold(ENVOY)
    assert gold is not None
    return gold.statements[0].stance


def test_what_is_submitted_comes_back_equal_and_a_second_pull_changes_nothing(
    server: Server, workspace: Workspace
) -> None:
    for article_id in ALL:
        submit(server, workspace, article_id)
    dry = run_pull(server, workspace, dry_run=True)
    assert kinds(dry) == ["written"] * 3
    assert not path_of(workspace).exists()
    assert not list((workspace.root / ".stancebank").rglob("*.json.gz"))
    assert kinds(run_pull(server, workspace)) == ["written"] * 3
    for gold in workspace.store.documents(None):
        made = workspace.store.document(path_of(workspace, gold.article_id))
        assert (made.statements, made.passed_over) == (gold.statements, gold.passed_over)
    before = state(workspace.root)
    assert set(kinds(run_pull(server, workspace))) <= {"unchanged"}
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
    assert raw in holdings(workspace.root, ENVOY)


def test_skipped_articles_and_drafts_are_no_documents(server: Server, workspace: Workspace) -> None:
    submit(server, workspace, ENVOY, was_cancelled=True)
    project, task = only(server, workspace), task_of(server, workspace, MINISTER)
    server._send("POST", f"/api/tasks/{task}/drafts", {"result": marks(workspace, MINISTER)}, {"project": project.id})
    assert kinds(run_pull(server, workspace)) == ["skipped"]
    assert not path_of(workspace).parent.exists()


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
    assert kinds(run_pull(server, workspace, side="ours", ids=frozenset({ENVOY}))) == ["kept"]
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
    monkeypatch.setattr("stancebank.annotate.sync.deletions.FEW", 1)
    for article_id in ALL:
        server.delete_task(task_of(server, workspace, article_id))
    assert kinds(run_pull(server, workspace)) == ["held"] * 3
    assert path_of(workspace).exists()
    assert kinds(run_pull(server, workspace, accept_deletions=True)) == ["removed"] * 3
    assert not path_of(workspace).exists()


def test_a_project_that_is_gone_touches_nothing_here(server: Server, workspace: Workspace) -> None:
    submit(server, workspace)
    run_pull(server, workspace)
    before = state(workspace.root)
    server.delete_project(only(server, workspace).id)
    with pytest.raises(ConflictError, match=r"is gone from[\s\S]*Mend: "):
        run_pull(server, workspace)
    assert state(workspace.root) == before


def test_without_a_project_the_mend_is_a_push(server: Server, toy_root: Path) -> None:
    with pytest.raises(InputError, match="annotate push"):
        run_pull(server, name_workspace(toy_root, "toy-that-nobody-pushed"))


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
    assert workspace.store.document(path_of(workspace)) == ours
    (kept,) = (workspace.root / ".stancebank").rglob(f"conflicts/user-1/{ENVOY}.json")
    assert there in kept.read_text()
    assert kinds(run_pull(server, workspace)).count("conflict") == 1
    theirs = run("annotate", "pull", "--theirs", ENVOY, cwd=workspace.root, **env)
    assert theirs.returncode == 0, theirs.stderr
    assert there in {each.stance for each in workspace.store.document(path_of(workspace)).statements}
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
    assert kinds(run_pull(server, workspace, side="ours")).count("kept") == 1
    assert workspace.store.document(path_of(workspace)) == ours
    run_push(server, workspace, annotations=("user-1",))
    assert "conflict" not in kinds(run_pull(server, workspace))
    assert workspace.store.document(path_of(workspace)).statements == ours.statements


def test_an_edit_by_somebody_else_keeps_its_annotator_and_names_the_editor(
    server: Server, workspace: Workspace
) -> None:
    other = make_account(server)
    made = submit(server, workspace, completed_by=other.id)
    server.update_annotation(made["id"], {"result": made["result"]})
    (outcome,) = run_pull(server, workspace)
    assert outcome.annotator == f"user-{other.id}"
    assert "it was last saved by user-1." in outcome.said
    document = workspace.store.document(path_of(workspace, ENVOY, f"user-{other.id}"))
    assert document.label_studio is not None
    assert document.label_studio.edited_by == "user-1"


def test_the_newest_of_several_annotations_stands_and_its_removal_brings_the_older_back(
    server: Server, workspace: Workspace
) -> None:
    submit(server, workspace)
    old = first_stance(workspace)
    newer = submit(server, workspace)
    server.update_annotation(newer["id"], {"result": change_stance(newer["result"], "doubt", old)})
    assert kinds(run_pull(server, workspace)) == ["superseded", "written"]
    changed = workspace.store.document(path_of(workspace))
    server.delete_annotation(newer["id"])
    assert kinds(run_pull(server, workspace)) == ["written"]
    assert workspace.store.document(path_of(workspace)).statements != changed.statements


def test_an_account_that_is_gone_keeps_its_pseudonym(server: Server, workspace: Workspace) -> None:
    other = make_account(server)
    submit(server, workspace, completed_by=other.id)
    Annotators(local_folder(workspace)).rename(other, "ann-9")
    run_pull(server, workspace)
    server._delete(f"/api/users/{other.id}/")
    assert set(kinds(run_pull(server, workspace, full=True))) == {"unchanged"}
    assert path_of(workspace, ENVOY, "ann-9").exists()


def test_ground_truth_is_no_gold_and_is_said(server: Server, workspace: Workspace) -> None:
    submit(server, workspace, ground_truth=True)
    (outcome,) = run_pull(server, workspace)
    assert any("does not make it gold" in said for said in outcome.said)
    assert workspace.store.document(path_of(workspace)).gold is None


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
        assert any("somebody has changed them" in said and "Mend: " in said for said in outcome.said)
    assert not path_of(workspace).exists()
    done = run("annotate", "pull", cwd=workspace.root, LABEL_STUDIO_URL=studio.url, LABEL_STUDIO_API_KEY=studio.token)
    assert done.returncode == 1
    assert done.stderr.count(f"task {task}, ") == done.stderr.count("Mend: ") > 0  # each place is said once
    server.update_task(task, whole["data"])
    assert kinds(run_pull(server, workspace)) == ["written"]


def test_a_task_of_an_article_that_the_corpus_does_not_hold_stays_on_the_server(
    server: Server, workspace: Workspace
) -> None:
    submit(server, workspace)
    workspace.store.article_path(ENVOY).unlink()
    (outcome,) = run_pull(server, workspace)
    assert outcome.kind == "foreign"
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


def test_two_people_who_pull_into_two_workspaces_get_the_same_documents(
    server: Server, workspace: Workspace, tmp_path: Path
) -> None:
    submit(server, workspace)
    other = open_workspace(shutil.copytree(workspace.root, tmp_path / "other"))
    for each in (workspace, other):
        run_pull(server, each)
    assert path_of(workspace).read_bytes() == path_of(other).read_bytes()


def test_a_pull_says_what_it_infers_once_and_that_a_dry_run_was_one(
    server: Server, workspace: Workspace, studio: Studio, run: Run
) -> None:
    result = [each for each in marks(workspace, ENVOY) if each.get("from_name") != "force"]  # is inferred, then
    server.create_annotation(task_of(server, workspace, ENVOY), {"result": result})
    env = {"LABEL_STUDIO_URL": studio.url, "LABEL_STUDIO_API_KEY": studio.token}
    dry = run("annotate", "pull", "--dry-run", cwd=workspace.root, **env)
    assert dry.stderr.endswith("1 written; nothing was changed, this was a dry run.\n")
    first, again = (run("annotate", "pull", cwd=workspace.root, **env) for _ in range(2))
    assert "force plain: none was chosen" in first.stderr
    assert first.stderr.endswith("1 written.\n")
    assert (again.stdout, again.stderr) == ("", "1 unchanged.\n")


def test_a_second_pull_in_one_workspace_says_who_is_at_work(
    server: Server, workspace: Workspace, studio: Studio, run: Run
) -> None:
    from stancebank.annotate.sync.lock import holding

    with holding(local_folder(workspace), "pull"):
        done = run(
            "annotate", "pull", cwd=workspace.root, LABEL_STUDIO_URL=studio.url, LABEL_STUDIO_API_KEY=studio.token
        )
    assert done.returncode == 4
    assert f"pull, process {os.getpid()}, is at work" in done.stderr


def test_a_pull_that_is_killed_at_any_moment_and_run_again_gives_the_same(
    server: Server, workspace: Workspace, studio: Studio, tmp_path: Path
) -> None:
    for article_id in ALL:
        submit(server, workspace, article_id)
    whole = open_workspace(shutil.copytree(workspace.root, tmp_path / "whole"))
    run_pull(server, whole)
    expected = state(whole.root)
    env = os.environ | {"LABEL_STUDIO_URL": studio.url, "LABEL_STUDIO_API_KEY": studio.token}
    command = [sys.executable, "-c", "from stancebank.cli import main; main()", "annotate", "pull"]
    started = time.monotonic()
    copy = shutil.copytree(workspace.root, tmp_path / "timed")
    subprocess.run(command, cwd=copy, env=env, check=True, capture_output=True)
    took = time.monotonic() - started
    for number in range(8):
        copy = shutil.copytree(workspace.root, tmp_path / f"killed-{number}")
        process = subprocess.Popen(command, cwd=copy, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(took * (0.5 + 0.06 * number))
        process.send_signal(signal.SIGKILL)
        process.wait()
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


def make_account(server: Server) -> User:
    """Make somebody who can be named as an annotator."""
    name = f"somebody-{random.SystemRandom().randrange(10**9)}"
    made = server._send("POST", "/api/users/", {"email": f"{name}@example.org", "username": name})
    return next(user for user in server.users() if user.id == made["id"])


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


def test_the_status_tells_done_draft_skipped_and_where_the_sides_differ(
    server: Server, workspace: Workspace, studio: Studio, run: Run
) -> None:
    submit(server, workspace, lead_time=90.0)
    submit(server, workspace, HARVEST, was_cancelled=True)
    project, task = only(server, workspace), task_of(server, workspace, MINISTER)
    server._send("POST", f"/api/tasks/{task}/drafts", {"result": marks(workspace, MINISTER)}, {"project": project.id})
    env = {"LABEL_STUDIO_URL": studio.url, "LABEL_STUDIO_API_KEY": studio.token}
    before = state(workspace.root)
    (value,) = json.loads(run("annotate", "status", "--json", cwd=workspace.root, **env).stdout)["projects"]
    assert state(workspace.root) == before
    cells = {each["article_id"]: each for each in value["cells"]}
    assert {name: each["state"] for name, each in cells.items()} == {
        ENVOY: "done",
        HARVEST: "skipped",
        MINISTER: "draft",
    }
    assert cells[ENVOY]["behind"]
    assert value["pace"]["user-1"]["article_seconds"] == 90.0
    assert value["drift"] == []
    run_pull(server, workspace)
    edit(workspace, next(each for each in ("doubt", "offer") if each != first_stance(workspace)))
    (value,) = json.loads(run("annotate", "status", "--json", cwd=workspace.root, **env).stdout)["projects"]
    (cell,) = (each for each in value["cells"] if each["article_id"] == ENVOY)
    assert (cell["behind"], cell["edited"], cell["conflict"]) == (False, True, False)
    shown = run("annotate", "status", "--articles", cwd=workspace.root, **env)
    assert shown.returncode == 0, shown.stderr
    assert "3 articles, 3 begun" in shown.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_watch_takes_what_comes_and_ends_cleanly(
    server: Server, workspace: Workspace, studio: Studio, number: int
) -> None:
    env = os.environ | {"LABEL_STUDIO_URL": studio.url, "LABEL_STUDIO_API_KEY": studio.token}
    command = [sys.executable, "-c", "from stancebank.cli import main; main()", "annotate", "watch", "--every", "1"]
    process = subprocess.Popen(
        command, cwd=workspace.root, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        submit(server, workspace)
        end = time.monotonic() + 60
        while not path_of(workspace).exists() and time.monotonic() < end:
            time.sleep(0.1)
        assert path_of(workspace).exists()
    finally:
        process.send_signal(number)
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert said.endswith("Stopped.\n")


def test_a_watch_waits_for_a_server_that_is_away_and_says_so_once(workspace: Workspace) -> None:
    env = os.environ | {"LABEL_STUDIO_URL": "http://127.0.0.1:9", "LABEL_STUDIO_API_KEY": "none"}
    command = [sys.executable, "-c", "from stancebank.cli import main; main()", "annotate", "watch", "--every", "1"]
    process = subprocess.Popen(
        command, cwd=workspace.root, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if line == "Waiting for it.\n":
            break
    time.sleep(8)
    assert process.poll() is None
    process.terminate()
    rest, _ = process.communicate(timeout=60)
    assert process.returncode == 0, said + rest
    assert "cannot be reached" in said
    assert rest == "Stopped.\n"


def test_another_pseudonym_takes_the_documents_along(
    server: Server, workspace: Workspace, studio: Studio, run: Run
) -> None:
    submit(server, workspace)
    run_pull(server, workspace)
    done = run("annotate", "annotators", "--name", "1=ann-3", cwd=workspace.root)
    assert done.returncode == 0, done.stderr
    assert "1 document moved" in done.stderr
    assert not path_of(workspace).parent.exists()
    assert workspace.store.document(path_of(workspace, ENVOY, "ann-3")).annotator == "ann-3"
    assert kinds(run_pull(server, workspace)) == ["unchanged"]
    assert not path_of(workspace).exists()
