"""`stancebank annotate studio`: from an empty workspace to a server that annotators can enter."""

import json
import os
import pty
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.cli.test_help import examples
from tests.conftest import Run
from tests.studio import ENVIRONMENT, TOKEN, Studio, lay_studio

from stancebank.annotate.client import Server
from stancebank.annotate.connection import connect
from stancebank.annotate.encode import to_task
from stancebank.annotate.interface_settings import load_interface
from stancebank.annotate.lists import make_lists
from stancebank.annotate.local.accounts import read_login
from stancebank.annotate.local.server import stop_server, studio_folder
from stancebank.annotate.sync.projects import find_projects
from stancebank.text import sha256
from stancebank.workspace import open_workspace


@pytest.fixture
def folder(toy_root: Path) -> Iterator[Path]:
    """The folder of the toy workspace's studio; what runs at the end is stopped."""
    yield studio_folder(toy_root)
    stop_server(studio_folder(toy_root))


def run_on_a_terminal(*arguments: str, cwd: Path | None = None) -> str:
    """Run the command line with a terminal as its output, and return what it showed."""
    ours, theirs = pty.openpty()
    code = "from stancebank.cli import main; main()"
    subprocess.run([sys.executable, "-c", code, *arguments], stdout=theirs, cwd=cwd, check=True)
    shown = os.read(ours, 10_000).decode()
    os.close(ours)
    os.close(theirs)
    return shown


@pytest.mark.server
def test_the_examples_of_the_help_pages_run_in_one_sitting(toy_root: Path, folder: Path, run: Run) -> None:
    lay_studio(folder)
    ours = [
        each for each in examples() if each.startswith(("stancebank annotate studio", "stancebank annotate doctor"))
    ]
    assert len(ours) >= 7
    order = ("start", "status", "login", "doctor", "stop")
    for example in sorted(ours, key=lambda each: next(n for n, name in enumerate(order) if name in each)):
        words = shlex.split(re.split(r" [|>] ", example)[0])[1:]
        if "login" in words:
            assert "anna@localhost" in run_on_a_terminal(*words, cwd=toy_root)
        else:
            result = run(*words, cwd=toy_root, STANCEBANK_STUDIO=str(ENVIRONMENT))
            assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.server
def test_a_server_is_started_found_shown_and_stopped(toy_root: Path, folder: Path, run: Run) -> None:
    lay_studio(folder)
    start = ("-w", toy_root, "annotate", "studio", "start", "--annotator", "anna")
    result = run(*start, STANCEBANK_STUDIO=str(ENVIRONMENT))
    assert result.returncode == 0, result.stderr
    assert "Label Studio 1.23.2 runs at http://127.0.0.1:" in result.stdout
    assert "anna labels at http" in result.stdout
    again = run(*start, STANCEBANK_STUDIO=str(ENVIRONMENT))
    assert "runs already at" in again.stdout
    assert "anna labels at http" in run(*start[:-2], STANCEBANK_STUDIO=str(ENVIRONMENT)).stdout
    status = json.loads(run("-w", toy_root, "annotate", "studio", "status", "--json").stdout)
    assert (status["running"], status["healthy"], status["annotators"]) == (True, True, ["anna"])
    assert status["url"] in result.stdout
    assert status["database_bytes"] > 1_000_000
    login = read_login(folder, "anna")
    assert login is not None
    assert login.password not in result.stdout + result.stderr + again.stdout + again.stderr
    assert "Stopped the server at" in run("-w", toy_root, "annotate", "studio", "stop").stderr
    result = run("-w", toy_root, "annotate", "studio", "stop")
    assert (result.returncode, result.stderr) == (0, "No server runs for this workspace.\n")
    assert json.loads(run("-w", toy_root, "annotate", "studio", "status", "--json").stdout)["running"] is False
    assert "running     no\n" in run("-w", toy_root, "annotate", "studio", "status").stdout


@pytest.mark.slow
def test_a_login_is_shown_on_a_terminal_only(toy_root: Path, folder: Path, run: Run) -> None:
    result = run("-w", toy_root, "annotate", "studio", "login", "anna")
    assert result.returncode == 1
    assert "anna has no login; these have: nobody yet." in result.stderr
    (folder / "logins").mkdir(parents=True)
    (folder / "logins" / "anna.json").write_text('{"email": "anna@localhost", "password": "one-two-three"}')
    result = run("-w", toy_root, "annotate", "studio", "login", "anna")
    assert result.returncode == 1
    assert "on a terminal only" in result.stderr
    assert "one-two-three" not in result.stdout + result.stderr
    shown = run_on_a_terminal("-w", str(toy_root), "annotate", "studio", "login", "anna")
    assert shown.split("  ", 1)[1].split() == [
        *("(the", "server", "does", "not", "run)", "e-mail", "anna@localhost", "password", "one-two-three")
    ]


def test_wrong_names_and_places_are_said_before_anything_starts(toy_root: Path, folder: Path, run: Run) -> None:
    start = ("-w", toy_root, "annotate", "studio", "start")
    result = run(*start, "--annotator", "Anna Example")
    assert result.returncode == 1
    assert "is not a pseudonym" in result.stderr
    result = run(*start, STANCEBANK_STUDIO=str(toy_root))
    assert result.returncode == 1
    assert "is not an environment with Label Studio" in result.stderr
    assert not folder.exists()


def as_drawn_by_hand(result: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Name the regions as a browser does: by ten characters, of which none tells what the region is."""
    names = {each: f"{sha256(each)[:9]}_" for item in result if (each := item.get("id"))}
    return [
        {key: names.get(value, value) if key in ("id", "from_id", "to_id") else value for key, value in item.items()}
        for item in result
    ]


@pytest.mark.server
def test_a_statement_goes_from_an_annotator_to_a_row(toy_root: Path, folder: Path, run: Run) -> None:
    import pandas

    name = "norland-post-2031-02-11-envoy"
    workspace = open_workspace(toy_root)
    wanted = workspace.store.document(workspace.store.document_name(name, None))
    (workspace.root / workspace.store.document_name(name, None)).unlink()  # nobody has read it yet
    lay_studio(folder)
    result = run(
        "-w", toy_root, "annotate", "studio", "start", "--annotator", "anna", STANCEBANK_STUDIO=str(ENVIRONMENT)
    )
    assert result.returncode == 0, result.stderr
    with connect(workspace) as server:
        anna = Studio(server.url, TOKEN, folder).add_person("anna")
        (project,) = find_projects(server, workspace)
        assert (
            f"anna labels at {server.url}/user/login/?next=/projects/{project.id}/data%3Flabeling%3D1" in result.stdout
        )
        tasks = {each["data"]["article_id"]: each["id"] for each in server.tasks(project.id, ["data"])}
        assert set(tasks) == set(workspace.store.article_ids())
        article = workspace.store.article(name)
        text = workspace.store.text(article)
        assert text is not None
        interface = load_interface(workspace)
        lists = make_lists(workspace.store.entities(), workspace.store.targets(), [wanted], interface)
        drawn = to_task(article, text, [wanted], lists, interface, guideline_version="1.1")
        with Server(server.url, anna.token) as hers:
            hers.create_annotation(tasks[name], {"result": as_drawn_by_hand(drawn["predictions"][0]["result"])})
    for step in (
        ("annotate", "pull"),
        ("annotate", "promote", name, "--annotator", "anna", "--gold", "single"),
        ("check",),
        ("publish", "build", "--out", "build/dataset"),
        ("annotate", "studio", "stop"),
    ):
        result = run(*step, cwd=toy_root)
        assert result.returncode == 0, result.stdout + result.stderr
    parts = (toy_root / "build/dataset/statements").glob("**/*.parquet")
    rows = pandas.concat(pandas.read_parquet(path) for path in parts)
    assert len(rows[rows["article_id"] == name]) == len(wanted.statements) > 0
