"""A local server does not pile up what it has handed out."""

import os
import time
from pathlib import Path

import pytest

from stancebank.annotate.connection import EXPORTS, IN_USE, LOCAL, connect, remove_export_copies, write_secret
from stancebank.annotate.local.server import start_server, stop_server
from stancebank.workspace import Workspace
from tests.studio import ENVIRONMENT, TOKEN, Studio, lay_studio


def lay_copies(folder: Path) -> tuple[Path, Path, Path]:
    young, old, other = (folder / EXPORTS / f"{name}.json" for name in ("project-1-at-b", "project-1-at-a", "mine"))
    for path in (young, old, other):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
        os.utime(path, (time.time() - (0 if path is young else 2 * IN_USE),) * 2)
    return young, old, other


def test_a_copy_goes_when_no_request_can_be_at_it_any_more(tmp_path: Path) -> None:
    young, old, other = lay_copies(tmp_path)
    remove_export_copies(tmp_path)
    assert (young.is_file(), old.is_file(), other.is_file()) == (True, False, True)
    remove_export_copies(tmp_path / "nothing")


def test_whatever_connects_removes_them(toy_workspace: Workspace) -> None:
    studio = toy_workspace.root / LOCAL / "studio"
    write_secret(studio / "url", "http://127.0.0.1:9")
    write_secret(studio / "token", "0" * 40)
    young, old, _ = lay_copies(studio)
    connect(toy_workspace)
    assert (young.is_file(), old.is_file()) == (True, False)


@pytest.mark.server
def test_no_copy_outlives_the_server(tmp_path: Path) -> None:
    lay_studio(tmp_path)
    running = start_server(tmp_path, ENVIRONMENT)
    studio = Studio(running.url, TOKEN, tmp_path)
    try:
        project = studio.ask("POST", "/api/projects/", json={"title": "one"})["id"]
        studio.ask("GET", f"/api/projects/{project}/export", params={"exportType": "JSON"})
        assert list((tmp_path / EXPORTS).glob("project-*.json"))
    finally:
        stop_server(tmp_path)
    assert not list((tmp_path / EXPORTS).glob("project-*.json"))
