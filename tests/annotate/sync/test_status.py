"""What status says of a real server, and watch, which keeps pulling from it."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from msgspec.structs import replace

from stancebank.annotate.client import Server
from stancebank.annotate.lists import make_lists
from stancebank.annotate.sync.status import read_statuses
from stancebank.model import Entity
from stancebank.workspace import Workspace
from tests.annotate.sync.losing import run_push
from tests.annotate.sync.pulling import (
    ALL,
    ENVOY,
    HARVEST,
    MINISTER,
    edit,
    first_stance,
    leave_draft,
    path_of,
    run_pull,
    state,
    submit,
)
from tests.annotate.tasks import INTERFACE
from tests.conftest import Run
from tests.studio import Studio

pytestmark = pytest.mark.server


def test_the_status_tells_done_draft_skipped_and_where_the_sides_differ(
    server: Server, workspace: Workspace, studio: Studio, run: Run
) -> None:
    submit(server, workspace, lead_time=90.0)
    submit(server, workspace, HARVEST, was_cancelled=True)
    leave_draft(server, workspace, MINISTER)
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


def test_lists_of_older_registries_are_told_and_renewed_and_their_order_counts_for_nothing(
    server: Server, workspace: Workspace, studio: Studio, run: Run
) -> None:
    def drift() -> set[tuple[str, str]]:
        (status,) = read_statuses(server, workspace)
        return {(each.article_id, each.what) for each in status.drift}

    store = workspace.store
    gold = store.gold(ENVOY)
    assert gold is not None
    before = make_lists(store.entities(), store.targets(), store.documents(None), INTERFACE)
    store.write_document(replace(gold, statements=gold.statements[-1:]))  # what is used most stands first
    assert make_lists(store.entities(), store.targets(), store.documents(None), INTERFACE) != before
    assert drift() == set()
    assert {each.action for each in run_push(server, workspace)} == {"unchanged"}
    entities = store.entities()
    another = Entity(id="person/vel-oruna", name="Vel Oruna", kind="person")
    store.write_registry(replace(entities, entities=(*entities.entities, another)), {})
    assert drift() == {(name, "its task has the entities of other registries") for name in ALL}
    env = {"LABEL_STUDIO_URL": studio.url, "LABEL_STUDIO_API_KEY": studio.token}
    said = run("annotate", "status", cwd=workspace.root, **env).stderr
    assert "3 articles: its task has the entities of other registries." in said
    assert "`stancebank annotate push --dry-run` shows what a push would update." in said
    assert {each.action for each in run_push(server, workspace)} == {"changed"}
    assert drift() == set()


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
    time.sleep(4)  # it asks once more at least, and says nothing
    assert process.poll() is None
    process.terminate()
    rest, _ = process.communicate(timeout=60)
    assert process.returncode == 0, said + rest
    assert "cannot be reached" in said
    assert rest == "Stopped.\n"
