"""`stancebank publish verify` as a stranger runs it: with a folder and no workspace."""

import json
from pathlib import Path

import pytest
from tests.conftest import Run
from tests.publish.builds import lay_toy

from stancebank.publish.build import build

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return build(lay_toy(tmp_path / "toy"), tmp_path / "out").out


def test_a_sound_folder_exits_with_0_and_says_what_was_proved(folder: Path, run: Run) -> None:
    done = run("publish", "verify", folder, "--no-readers", cwd=Path("/"))
    assert done.returncode == 0, done.stderr
    assert "The folder is sound." in done.stderr
    assert "--workspace" in done.stderr
    assert "computed parts of README.md, and COLUMNS.md, are made again" in done.stdout


def test_a_changed_folder_exits_with_1_and_names_place_and_mend(folder: Path, run: Run) -> None:
    path = folder / "README.md"
    path.write_text(
        path.read_text().replace(
            "| statements (without repetitions) | 13 (12) |", "| statements (without repetitions) | 14 (12) |"
        )
    )
    done = run("publish", "verify", folder, "--no-readers", cwd=Path("/"))
    assert done.returncode == 1
    assert "README.md counts  card-block  (error)" in done.stdout
    assert (
        "'| statements (without repetitions) | 14 (12) |' should be '| statements (without repetitions) | 13 (12) |'"
        in done.stdout
    )
    assert "Hint: " in done.stdout
    states = {line.split("  ")[0]: line.split("  ") for line in done.stdout.splitlines()}
    assert "not asked for" in [each.strip() for each in states["workspace"]]
    assert "left out" in [each.strip() for each in states["readers"]]
    found = json.loads(run("publish", "verify", folder, "--no-readers", "--json", cwd=Path("/")).stdout)
    assert found["sound"] is False
    assert {each["code"] for each in found["faults"]} == {"card-block", "sums-differ", "manifest-differs"}


def test_wrong_use_is_said(folder: Path, run: Run) -> None:
    assert run("publish", "verify", folder, "--no-readers", "--require-readers").returncode == 2
    assert run("publish", "verify", folder / "nowhere").returncode == 2
    assert run("publish", "verify", folder, "--workspace", folder).returncode == 2


def test_no_name_in_a_folder_can_write_over_what_is_said_of_it(folder: Path, run: Run) -> None:
    (folder / "a\x1b[2J\rThe folder is sound.\u202e").write_bytes(b"")
    done = run("publish", "verify", folder, "--no-readers")
    assert done.returncode == 1
    assert "a\\x1b[2J\\rThe folder is sound.\\u202e" in done.stdout
    assert not {"\x1b", "\r", "\u202e"} & {*done.stdout}


def test_a_workspace_that_has_nothing_to_compare_with_has_an_exit_code_of_its_own(
    folder: Path, tmp_path: Path, run: Run
) -> None:
    settings = tmp_path / "toy/stancebank.toml"
    settings.write_text(settings.read_text().replace('version = "1.2.0"', 'version = "1.3.0"'))
    done = run("publish", "verify", folder, "--no-readers", "--workspace", tmp_path / "toy")
    assert done.returncode == 5
    assert "not-compared" in done.stdout
    assert "not compared" in done.stderr
