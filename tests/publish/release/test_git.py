"""What git is asked, in repositories of every kind."""

import shutil
from pathlib import Path

import pytest

from stancebank.errors import InputError
from stancebank.publish.release.git import changed_files, committed, has_tag, require_commit, tracked_files, tree_id
from tests.publish.release.releases import commit, git

NAMES = ("corpus/gold/a b.json", "corpus/gold/größe.json", "corpus/gold-2.json", "corpus/releases/1.0.0/x", "top.txt")


@pytest.fixture(params=["sha1", "sha256"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    for name in NAMES:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name, encoding="utf-8")
    git(root, "init", "--quiet", f"--object-format={request.param}")
    commit(root)
    return root


def test_the_id_of_a_tree_is_the_one_that_git_prints(root: Path) -> None:
    assert tree_id(root, "corpus") == git(root, "rev-parse", "HEAD:corpus").strip()
    before = tree_id(root, "corpus", "releases")
    shutil.rmtree(root / "corpus/releases")
    commit(root)
    assert git(root, "rev-parse", "HEAD:corpus").strip() == before == tree_id(root, "corpus", "releases")
    with pytest.raises(InputError, match="has no schema/"):
        tree_id(root, "schema")


def test_names_of_any_kind_are_told_as_they_are(root: Path) -> None:
    assert tracked_files(root) == set(NAMES)
    assert changed_files(root) == []
    for name in NAMES[:2]:
        (root / name).write_text("changed", encoding="utf-8")
    (root / "corpus/neu ö.json").write_text("new", encoding="utf-8")
    assert changed_files(root) == sorted([*NAMES[:2], "corpus/neu ö.json"])
    assert committed(root, NAMES[1]) == NAMES[1].encode()
    assert committed(root, "corpus/neu ö.json") is None
    assert changed_files(root / "corpus") == ["gold/a b.json", "gold/größe.json", "neu ö.json"]
    assert tracked_files(root / "corpus/gold") == {"a b.json", "größe.json"}


def test_a_folder_below_the_root_has_its_own_trees(root: Path) -> None:
    assert tree_id(root / "corpus", "gold") == git(root, "rev-parse", "HEAD:corpus/gold").strip()
    assert tree_id(root / "corpus", "releases", "1.0.0") == git(root, "mktree", "--missing").strip()


@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
def test_files_that_git_was_told_to_overlook_count_as_changed(root: Path, flag: str) -> None:
    git(root, "update-index", flag, "top.txt")
    assert changed_files(root) == ["top.txt"]


def test_what_a_hook_sets_does_not_lead_to_another_repository(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "--quiet")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    require_commit(root)
    assert tracked_files(root) == set(NAMES)


def test_a_tag_is_known_by_its_whole_name(root: Path) -> None:
    git(root, "tag", "data-v1.2.0")
    assert has_tag(root, "data-v1.2.0")
    assert not has_tag(root, "data-v1.2")
    assert not has_tag(root, "HEAD")


def test_nothing_is_written_to_the_repository(root: Path) -> None:
    (root / "top.txt").write_text("changed", encoding="utf-8")
    before = {path: path.stat().st_mtime_ns for path in (root / ".git").rglob("*")}
    changed_files(root)
    tree_id(root, "corpus", "releases")
    assert {path: path.stat().st_mtime_ns for path in (root / ".git").rglob("*")} == before
