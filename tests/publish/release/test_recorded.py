"""Versions that are recorded: made again, renewed, and completed where a run was killed."""

import json
import os
import shutil
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from stancebank.check import check_workspace
from stancebank.errors import ConflictError, InputError
from stancebank.publish.history import read_record
from stancebank.publish.release.release import commands
from stancebank.workspace import open_workspace
from tests.conftest import Run
from tests.publish.builds import ENVOY, change_flag, contents
from tests.publish.release.releases import (
    OUT,
    clone,
    commit,
    git,
    make,
    make_and_commit,
    manifest_of,
    run_commands,
    say_news,
    tracked,
)

pytestmark = pytest.mark.slow  # whole releases, several each


def test_the_tagged_commit_gives_the_same_folder_to_whoever_clones_it(released: Path, tmp_path: Path, run: Run) -> None:
    first = contents(released / OUT)
    (tmp_path / "home").mkdir()
    elsewhere = clone(released, tmp_path / "some" / "where else" / "clone", "--depth", "1", "--no-tags")
    assert git(elsewhere, "tag") == ""
    done = run(
        "publish", "release", "1.2.0", cwd=elsewhere, HOME=str(tmp_path / "home"), TZ="Asia/Kathmandu", LC_ALL="C"
    )
    assert done.returncode == 0, done.stderr + done.stdout
    assert "byte for byte" in done.stderr
    assert contents(elsewhere / OUT) == first
    assert git(elsewhere, "status", "--porcelain") == ""


def test_a_worktree_a_submodule_and_a_path_of_any_letters_give_what_is_recorded(
    released: Path, tmp_path: Path, run: Run
) -> None:
    git(released, "worktree", "add", "--quiet", "--detach", str(tmp_path / "worktree"))
    whole = tmp_path / "whole"
    whole.mkdir()
    git(whole, "init", "--quiet")
    git(whole, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", f"file://{released}", "data")
    named = shutil.copytree(released, tmp_path / "a name" / "наука" / "toy")
    for place in (tmp_path / "worktree", whole / "data", named):
        done = run("publish", "release", "1.2.0", "--dry-run", cwd=place, TZ="Pacific/Kiritimati")
        assert done.returncode == 0, done.stderr + done.stdout
        assert "would be as it is recorded" in done.stdout + done.stderr


def test_a_recorded_version_is_made_again_and_every_difference_is_said(released: Path, run: Run) -> None:
    change_flag(open_workspace(released))
    (released / "LICENSE-DATA").write_text("Another licence\n", encoding="utf-8")
    commit(released)
    before = contents(released)
    made = make(released, "1.2.0")
    said = "\n".join(made.differences)
    assert said.startswith("rows: Rows relabelled: conditions 2, statements 1.")
    assert f"inputs corpus/gold/{ENVOY}.json: recorded" in said
    assert "inputs LICENSE-DATA: recorded" in said
    assert "files LICENSE: recorded" in said
    assert "trees corpus: recorded" in said
    assert "tables statements content_hash: recorded" in said
    assert contents(released) == before
    done = run("publish", "release", "1.2.0", cwd=released)
    assert done.returncode == 1
    assert done.stdout.strip().endswith(said.splitlines()[-1])
    assert "git checkout data-v1.2.0" in done.stderr


def test_a_difference_of_bytes_alone_is_told_from_one_of_rows(released: Path) -> None:
    (released / "LICENSE-DATA").write_text("Another licence\n", encoding="utf-8")
    commit(released)
    assert "rows: the same, by the content hash of every table." in make(released, "1.2.0").differences


def test_a_record_that_somebody_changed_is_not_confirmed(released: Path) -> None:
    path = released / "corpus/releases/1.2.0/SHA256SUMS"
    path.write_text(path.read_text(encoding="utf-8").replace("0", "1", 1), encoding="utf-8")
    commit(released)
    assert any(each.startswith("SHA256SUMS") for each in make(released, "1.2.0").differences)


def test_an_older_version_is_made_again_from_its_tag_only(released: Path) -> None:
    first = contents(released / OUT)
    change_flag(open_workspace(released))
    say_news(released)
    commit(released)
    make_and_commit(released, "2.0.0")
    with pytest.raises(InputError, match=r"git checkout data-v1\.2\.0"):
        make(released, "1.2.0")
    git(released, "checkout", "--quiet", "data-v1.2.0")
    shutil.rmtree(released / "releases")
    assert make(released, "1.2.0").is_clean
    assert contents(released / OUT) == first


def test_waivers_that_have_run_out_do_not_keep_a_version_from_being_made_again(root: Path) -> None:
    (root / "waivers.toml").write_text(
        '[[waiver]]\ncode = "entity-unused"\nfile = "*"\nreason = "They come."\nuntil = 2031-02-12\n',
        encoding="utf-8",
    )
    entities = json.loads((root / "corpus/entities.json").read_bytes())
    entities["entities"].append({"id": "zebra-house", "kind": "organisation", "name": "Zebra House"})
    (root / "corpus/entities.json").write_text(json.dumps(entities, indent=2), encoding="utf-8")
    commit(root)
    make_and_commit(root, "1.2.0")
    told = manifest_of(root / OUT)
    assert "waivers.toml" in told["inputs"]
    late = check_workspace(open_workspace(root), today=date(2040, 1, 1))
    assert [each.code for each in late.errors] == ["waiver-expired"]
    assert make(root, "1.2.0").is_clean


def test_a_version_without_a_tag_can_be_renewed_and_one_with_a_tag_cannot(root: Path) -> None:
    made = make(root, "1.2.0")
    git(root, "add", *made.written)
    git(root, "commit", "--quiet", "--message", "Dataset 1.2.0")
    change_flag(open_workspace(root))
    say_news(root, "- **Doubt**: said of one more row.")
    commit(root)
    assert not make(root, "1.2.0").is_clean
    renewed = make(root, "1.2.0", renew=True)
    assert renewed.is_clean
    assert "- **Rows**: new.\n- **Doubt**: said of one more row.\n" in (root / "CHANGELOG.md").read_text(
        encoding="utf-8"
    )
    assert make(root, "1.2.0", renew=True).is_clean
    git(root, "add", *renewed.written)
    git(root, "commit", "--quiet", "--message", "Dataset 1.2.0")
    assert make(root, "1.2.0").is_clean
    git(root, "tag", "data-v1.2.0")
    with pytest.raises(ConflictError, match="is out"):
        make(root, "1.2.0", renew=True)


KILLED = """
import os, signal, sys
from datetime import date
from pathlib import Path
from importlib import import_module
import stancebank.publish.history as c, stancebank.publish.layout as l
import stancebank.records as files
from stancebank.workspace import open_workspace
r = import_module("stancebank.publish.release.release")  # its name is also that of the function
def die(*_, **__): os.kill(os.getpid(), signal.SIGKILL)
def after(times, call):
    def counted(*arguments, **more):
        counted.times += 1
        if counted.times > times: die()
        return call(*arguments, **more)
    counted.times = 0
    return counted
{before}
r.release(open_workspace(Path(sys.argv[1])), r.Wish("1.3.0", today=date(2031, 2, 11), readers=()))
"""

POINTS = {
    "while the tables are written": "r.fill_folder = die",
    "at the gate": "r.gate.check_folder = die",
    "before the folders change places": "l._swap = die",
    "before the workspace changes": "r.changing = after(1, r.changing)",
    "after the first file": "r.write_text = after(2, r.write_text)",
    "after the second file": "r.write_text = after(3, r.write_text)",
    "after the third file": "r.write_record = die",
    "in the midst of a file": "files.Path.replace = after(2, files.Path.replace)",
    "in the midst of the record": "c.write_text = after(1, c.write_text)",
    "before the record's manifest": "c.write_text = after(2, c.write_text)",
}


@pytest.fixture(scope="module")
def undisturbed(committed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which the release was not killed."""
    root = clone(committed, tmp_path_factory.mktemp("undisturbed") / "toy")
    make(root, "1.3.0")
    return root


@pytest.mark.parametrize("point", POINTS)
def test_a_killed_release_is_completed_by_the_next_run(root: Path, undisturbed: Path, point: str) -> None:
    want = tracked(undisturbed) | {"out": b"".join(v for _, v in sorted(contents(undisturbed / "releases").items()))}
    done = subprocess.run(
        [sys.executable, "-c", KILLED.format(before=POINTS[point]), str(root)],
        env={key: value for key, value in os.environ.items() if not key.startswith("GIT_")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert read_record(root, "1.3.0") is None
    if (root / "releases/toy-1.3.0").exists():
        assert contents(root / "releases/toy-1.3.0") == contents(undisturbed / "releases/toy-1.3.0")
    completed = make(root, "1.3.0")
    assert completed.is_clean
    for path in root.glob(".*.part"):  # young, and so perhaps of a process that is alive: left for an hour
        path.unlink()
    assert tracked(root) | {"out": b"".join(v for _, v in sorted(contents(root / "releases").items()))} == want
    run_commands(root, completed)
    assert git(root, "status", "--porcelain") == ""


def test_a_second_run_before_the_commit_confirms_the_first(root: Path) -> None:
    first = contents(make(root, "1.3.0").out)
    again = make(root, "1.3.0")
    assert again.is_clean
    assert not again.is_new
    assert contents(again.out) == first
    assert again.uncommitted == ("CHANGELOG.md", "DATASET_CARD.md", "stancebank.toml", "corpus/releases/1.3.0")


def test_a_renewal_that_changes_nothing_asks_for_the_tag_alone(root: Path) -> None:
    make(root, "1.2.0")
    commit(root)
    assert commands(make(root, "1.2.0", renew=True)) == ('git tag -a data-v1.2.0 -m "Dataset 1.2.0"',)
