"""Fixtures: a copy of the toy workspace, and the command line as a user runs it."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from stancebank.schema.rules import generated_schemas, schema_text
from stancebank.workspace import Workspace, open_workspace
from tests.command import call_process, call_whole

settings.register_profile("ci", derandomize=True, deadline=None)  # CI judges a change, not the luck of a draw
if os.environ.get("CI"):
    settings.load_profile("ci")

REPO = Path(__file__).parent.parent
TOY = REPO / "tests" / "toy"
SWEEP = bool(os.environ.get("STANCEBANK_SWEEP"))
"""Whether all of what takes long is tried, and not a slice of it."""

Run = Callable[..., subprocess.CompletedProcess[str]]


def lay_workspace(source: Path, target: Path) -> Path:
    """Copy a workspace's content, and the schema and interface of this checkout, which no copy keeps for itself."""
    shutil.copytree(source, target, dirs_exist_ok=True)
    for folder in ("schema", "annotate"):
        shutil.copytree(REPO / folder, target / folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("examples"))
    return target


def second_edition(root: Path) -> Path:
    """Let the scheme of a workspace follow the second edition of the frame, and nothing else about it change."""
    (path,) = root.glob("schema/v*/annotation.schema.json")
    schema = json.loads(path.read_text())
    schema["x-stancebank"] = {"edition": 2}
    path.write_text(schema_text(schema))
    for name, text in generated_schemas(path.parent).items():
        (path.parent / name).write_text(text)
    return root


LONGEST = (
    *("faults/test_push.py", "annotate/test_browser.py", "faults/test_people.py", "annotate/test_local_server.py"),
    *("annotate/sync/test_push.py", "test_baselines.py", "faults/test_pull.py", "publish/release"),
    *("publish/test_memory.py", "cli/test_help.py", "annotate/test_local_install.py", "publish/test_verify.py"),
    *("annotate/test_two_annotators.py", "cli/test_withdraw.py", "frozen/test_json.py", "corpus/test_leaks.py"),
)
"""The files that take longest. They come first, so that none is left to one worker when the other has nothing to do."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of the longest files first."""
    places = {REPO / "tests" / name: place for place, name in enumerate(LONGEST)}

    def place(item: pytest.Item) -> int:
        return min(places.get(each, len(places)) for each in (item.path, item.path.parent))

    items.sort(key=place)


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
    """Run the command line in this process. Returns what subprocess.run returns, never raises."""
    return call_whole


@pytest.fixture
def run_process() -> Run:
    """Run the command line in a process of its own, where that is what the test is about."""
    return call_process
