"""Fixtures: a copy of the toy workspace, and the command line as a user runs it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from stancebank.workspace import Workspace, open_workspace

settings.register_profile("ci", derandomize=True, deadline=None)  # CI judges a change, not the luck of a draw
if os.environ.get("CI"):
    settings.load_profile("ci")

REPO = Path(__file__).parent.parent
TOY = REPO / "tests" / "toy"

Run = Callable[..., subprocess.CompletedProcess[str]]


def lay_workspace(source: Path, target: Path) -> Path:
    """Copy a workspace's content, and the schema and interface of this checkout, which no copy keeps for itself."""
    shutil.copytree(source, target, dirs_exist_ok=True)
    for folder in ("schema", "annotate"):
        shutil.copytree(REPO / folder, target / folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("examples"))
    return target


@pytest.fixture
def toy_root(tmp_path: Path) -> Path:
    """The root of a copy of the toy workspace, with all its words."""
    return lay_workspace(TOY, tmp_path / "toy")


@pytest.fixture
def toy_workspace(toy_root: Path) -> Workspace:
    """A copy of the toy workspace, opened."""
    return open_workspace(toy_root)


@pytest.fixture
def empty_root(tmp_path: Path) -> Path:
    """The root of a workspace without articles."""
    root = lay_workspace(TOY, tmp_path / "empty")
    for folder in ("articles", "texts", "gold"):
        shutil.rmtree(root / "corpus" / folder)
    return root


@pytest.fixture
def run() -> Run:
    """Run the command line in a process of its own. Returns what subprocess.run returns, never raises."""

    def run_cli(*arguments: object, cwd: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", "from stancebank.cli import main; main()", *map(str, arguments)],
            cwd=cwd,
            env={**os.environ, "PYTHONUTF8": "1", **env},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run_cli
