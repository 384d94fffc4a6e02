"""Rows are the same whoever makes them: in one process or two, in blocks of any size, now or in an earlier run."""

import shutil
from pathlib import Path

import msgspec
import pytest

from stancebank.publish import blocks
from stancebank.publish.blocks import RowBlock, cut, make_blocks
from stancebank.publish.build import build
from stancebank.publish.gold import read_gold
from stancebank.workspace import Workspace, open_workspace
from tests.invented import lay_invented
from tests.publish.builds import contents

FIRST = "corpus/gold/invented-000000.json"


@pytest.fixture(scope="module")
def laid(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return lay_invented(tmp_path_factory.mktemp("laid") / "workspace", 12, statements=4, full=0.5, readers=2)


@pytest.fixture
def workspace(laid: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A copy of it, of whose few articles blocks are kept as of many."""
    monkeypatch.setattr(blocks, "FEW", 1)
    monkeypatch.setattr(blocks, "SIZE", 4)
    shutil.copytree(laid.root, tmp_path / "workspace")
    return open_workspace(tmp_path / "workspace")


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The articles whose rows are made, as they are."""
    found: list[str] = []
    make = blocks.make_block

    def make_block(golds: object, context: object, names: list[str]) -> RowBlock:
        found.extend(names)
        return make(golds, context, names)  # type: ignore[arg-type]

    monkeypatch.setattr(blocks, "make_block", make_block)
    return found


def all_blocks(workspace: Workspace, *, uses_cache: bool = True) -> list[bytes]:
    found = make_blocks(workspace, read_gold(workspace, None), workers=1, uses_cache=uses_cache)
    return [msgspec.msgpack.encode(each) for each in found]


def kept(workspace: Workspace) -> list[Path]:
    return sorted((workspace.root / blocks.KEPT).iterdir())


@pytest.mark.slow
def test_what_is_kept_is_what_is_made_and_only_what_changed_is_made_again(
    workspace: Workspace, made: list[str], tmp_path: Path
) -> None:
    read = read_gold(workspace, None)
    parts = list(cut(read.readings.ids, read.context))
    assert len(parts) > 2
    assert sum(parts, ()) == read.readings.ids
    wanted = all_blocks(workspace, uses_cache=False)
    assert not (workspace.root / blocks.KEPT).exists()
    assert all_blocks(workspace) == wanted
    assert len(kept(workspace)) == len(parts)
    made.clear()
    assert all_blocks(workspace) == wanted
    assert made == []
    damaged, cut_off, *_ = kept(workspace)
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"?")
    cut_off.write_bytes(cut_off.read_bytes()[:20])
    assert all_blocks(workspace) == wanted
    assert 0 < len(made) < 12
    made.clear()
    path = workspace.root / FIRST
    path.write_bytes(path.read_bytes().replace(b'"guideline_version": "1.1"', b'"guideline_version": "1.0"'))
    assert all_blocks(workspace) != wanted
    assert tuple(made) == next(part for part in parts if Path(FIRST).stem in part)
    made.clear()
    (workspace.root / "corpus/entities.json").write_bytes(
        (workspace.root / "corpus/entities.json").read_bytes() + b"\n"
    )
    all_blocks(workspace)
    assert len(made) == 12
    made.clear()
    shutil.copytree(workspace.root, tmp_path / "copy")
    all_blocks(open_workspace(tmp_path / "copy"))
    assert len(made) == 12, "what came with a copy is not believed"


@pytest.mark.slow
def test_what_no_run_uses_any_more_goes(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    all_blocks(workspace)
    before = kept(workspace)
    path = workspace.root / FIRST
    path.write_bytes(path.read_bytes().replace(b'"guideline_version": "1.1"', b'"guideline_version": "1.0"'))
    monkeypatch.setattr(blocks, "LARGEST_CACHE", 0)
    all_blocks(workspace)
    assert len({*before} - {*kept(workspace)}) == 1
    assert len(kept(workspace)) == len(before)


@pytest.fixture(scope="module")
def alone(laid: Workspace, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return contents(build(laid, tmp_path_factory.mktemp("alone") / "out", workers=1, uses_cache=False).out)


@pytest.mark.slow
def test_a_folder_has_the_same_bytes_made_by_two_processes_and_of_what_is_kept(
    workspace: Workspace, alone: dict[str, bytes], tmp_path: Path, made: list[str]
) -> None:
    first = build(workspace, tmp_path / "out", workers=2)
    assert made == [], "this process makes none"
    assert contents(first.out) == alone
    assert contents(build(workspace, tmp_path / "out", workers=2).out) == alone
    assert made == []
