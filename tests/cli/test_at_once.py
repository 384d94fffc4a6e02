"""Several commands that write in one workspace at the same moment."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from stancebank.check import check_workspace
from stancebank.cli import stancebank
from stancebank.errors import ConflictError
from stancebank.workspace import open_workspace


def start(root: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "stancebank", "-w", str(root), "corpus", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def end(started: list[subprocess.Popen[str]]) -> list[int]:
    said = [each.communicate(timeout=120) for each in started]
    assert not [err for _, err in said if "Traceback" in err]
    return [each.returncode for each in started]


def ids(root: Path, name: str) -> set[str]:
    return {each["id"] for each in json.loads((root / f"corpus/{name}.json").read_bytes())[name]}


def test_no_entry_is_lost_where_many_are_added_at_once(toy_root: Path) -> None:
    names = [f"person-{number}" for number in range(6)]
    ended = end([start(toy_root, "entity", "add", each, "--name", each, "--kind", "person") for each in names])
    assert ended == [0] * len(names)
    assert set(names) <= ids(toy_root, "entities")
    assert not (toy_root / ".stancebank/lock").exists()


def test_a_merge_and_a_rename_at_once_are_both_done(toy_root: Path) -> None:
    entities = sorted(ids(toy_root, "entities"))
    one, two, three = entities[:3]
    before = {each.code for each in check_workspace(open_workspace(toy_root)).errors}
    ended = end(
        [
            start(toy_root, "entity", "merge", one, two, "--force"),
            start(toy_root, "entity", "rename", three, "renamed-entry"),
        ]
    )
    assert ended == [0, 0]
    assert ids(toy_root, "entities") == {*entities, "renamed-entry"} - {one, three}
    assert {each.code for each in check_workspace(open_workspace(toy_root)).errors} <= before


def test_who_waits_in_vain_is_told_who_holds_the_lock(toy_root: Path) -> None:
    store = open_workspace(toy_root).store
    with store.alone("stancebank corpus add"):
        with (
            pytest.raises(ConflictError, match=r"^`stancebank corpus add` \(process \d+\) is writing") as raised,
            store.alone("stancebank corpus withdraw", seconds=0.1),
        ):
            raise AssertionError
        assert raised.value.exit_code == 4
        assert CliRunner().invoke(stancebank, ["-w", str(toy_root), "check"]).exit_code in (0, 1)
    with store.alone("stancebank corpus withdraw", seconds=0.1):
        assert (toy_root / ".stancebank/lock").is_file()
    assert not (toy_root / ".stancebank").exists()
