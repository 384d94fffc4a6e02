"""A migration that is killed at any of its writes has changed nothing, or is completed by the next one."""

import errno
import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from stancebank.cli import stancebank
from stancebank.commits import STAGING, commit_files, is_committed, stage_files, staged_folder
from stancebank.errors import WorkspaceError
from stancebank.workspace import open_workspace
from tests.conftest import SWEEP
from tests.killing import killed_at
from tests.migration.changing import content, draft, lay, run

CALLS = ("replace", "rename", "unlink", "fsync", "rmdir")
"""What the system is asked for by whoever writes files."""

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="a process that is forked and killed")


@pytest.mark.slow
@pytest.mark.parametrize("stride", [17, pytest.param(1 if SWEEP else 3, marks=pytest.mark.slow)])
def test_a_migration_killed_at_every_write_is_whole_or_undone(stride: int, tmp_path: Path) -> None:
    source = draft("minimal", lay("minimal", tmp_path / "source"))
    before = content(source)
    shutil.copytree(source, tmp_path / "clean")
    run(tmp_path / "clean", "schema", "migrate")
    after = content(tmp_path / "clean")
    undone = completed = number = 0
    while True:
        root = tmp_path / f"w{number}"
        shutil.copytree(source, root)
        if not killed_at(number, CALLS, root, "schema", "migrate"):
            assert content(root) == after
            break
        if is_committed(root):
            for command in (("check",), ("corpus", "list"), ("schema", "show"), ("schema", "migrate", "--dry-run")):
                told = CliRunner().invoke(stancebank, ["-w", str(root), *command]).exception
                assert isinstance(told, WorkspaceError)
                assert "The migration of this workspace from v1 to v2 was interrupted." in str(told)
            said = run(root, "schema", "migrate").output
            assert "The migration that was interrupted is complete: v2." in said
            completed += 1
        else:
            found = {name: data for name, data in content(root).items() if not name.startswith(STAGING)}
            assert _without_parts(found) in (before, after)
            undone += _without_parts(found) == before
            run(root, "schema", "write")  # whatever writes next takes the leftovers away
            assert _without_parts(content(root)) == _without_parts(found)
            assert not (root / STAGING).exists()
            run(root, "schema", "migrate")
        assert content(root) == after
        shutil.rmtree(root)
        number += stride
    assert undone * stride > 20
    assert completed * stride > 5


def _without_parts(found: dict[str, bytes]) -> dict[str, bytes]:
    return {name: data for name, data in found.items() if not name.endswith(".part")}


@pytest.mark.slow
@pytest.mark.parametrize("stride", [31, pytest.param(9, marks=pytest.mark.slow)])
def test_a_way_back_that_was_killed_is_completed_too(stride: int, tmp_path: Path) -> None:
    source = draft("minimal", lay("minimal", tmp_path / "source"))
    before = content(source)
    run(source, "schema", "migrate")
    for number in range(0, 200, stride):
        root = tmp_path / f"w{number}"
        shutil.copytree(source, root)
        if not killed_at(number, CALLS, root, "schema", "migrate", "--back"):
            break
        done = not is_committed(root) and open_workspace(root).settings.schema == "v1"
        if not done:
            run(root, "schema", "migrate", "--back")
        assert _without_parts(content(root)) == before


def test_a_file_that_may_not_be_written_stops_all(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everything")
    root = draft("minimal", lay("minimal", tmp_path / "w"))
    before = content(root)
    (root / "corpus/entities.json").chmod(0o400)
    told = CliRunner().invoke(stancebank, ["-w", str(root), "schema", "migrate"]).exception
    assert "corpus/entities.json may not be written" in str(told)
    assert content(root) == before


def test_a_change_on_another_disk_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "one").write_text("old")
    (tmp_path / "gone").write_text("old")
    stage_files(tmp_path, {"one": b"new", "below/two": b"2", "not-named": b"3"})
    replace = Path.replace

    def refusing(path: Path, target: Path) -> Path:
        if path.is_relative_to(staged_folder(tmp_path)):
            raise OSError(errno.EXDEV, "another disk")
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", refusing)
    commit_files(tmp_path, "v1 to v2", ["one", "below/two"], ["gone"])
    assert (tmp_path / "one").read_text() == "new"
    assert (tmp_path / "below/two").read_text() == "2"
    assert sorted(each.name for each in tmp_path.iterdir()) == [".stancebank", "below", "one"]
    assert not is_committed(tmp_path)
