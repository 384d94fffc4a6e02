"""What git is asked, in repositories of every kind."""

import hashlib
import json
import os
import re
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest
from click.testing import CliRunner

from stancebank.cli import stancebank
from stancebank.errors import InputError, WorkspaceError
from stancebank.git import (
    GitError,
    changed_files,
    committed,
    filtered_files,
    has_tag,
    last_content,
    left_out_files,
    removed_files,
    require_commit,
    tracked_files,
    tree_id,
    why_unasked,
)
from stancebank.publish.release.plan import require_committed
from tests.publish.release.releases import commit, git

NAMES = ("corpus/gold/a b.json", "corpus/gold/größe.json", "corpus/gold-2.json", "corpus/releases/1.0.0/x", "top.txt")


@pytest.fixture(params=["sha1", pytest.param("sha256", marks=pytest.mark.slow)])
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


def program(folder: Path) -> Path:
    """A program that leaves a file where it ran."""
    path = folder / "program"
    path.write_text(f"#!/bin/sh\ntouch {folder}/ran\ncat\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def ask_everything(root: Path) -> None:
    """Ask all that may be asked; what cannot be answered does not matter here."""
    for ask in (
        lambda: require_commit(root),
        lambda: changed_files(root),
        lambda: tracked_files(root),
        lambda: committed(root, "top.txt"),
        lambda: removed_files(root, "corpus"),
        lambda: last_content(root, "gone.txt"),
        lambda: tree_id(root, "corpus"),
        lambda: has_tag(root, "data-v1.0.0"),
        lambda: left_out_files(root),
        lambda: why_unasked(root),
    ):
        with suppress(GitError, InputError, WorkspaceError):
            ask()


SETTINGS = {
    "signature": [("log.showSignature", "true"), ("gpg.program", "PROGRAM"), ("gpg.ssh.program", "PROGRAM")],
    "monitor": [("core.fsmonitor", "PROGRAM")],
    "filter": [("filter.x.clean", "PROGRAM"), ("filter.x.smudge", "PROGRAM"), ("filter.x.required", "true")],
    "filter with dots": [("filter.a.b.clean", "PROGRAM"), ("filter.a.b.smudge", "PROGRAM")],
    "filter process": [("filter.x.process", "PROGRAM")],
    "pager": [("core.pager", "PROGRAM"), ("pager.log", "PROGRAM"), ("pager.status", "PROGRAM")],
    "textconv": [("diff.x.textconv", "PROGRAM"), ("diff.x.command", "PROGRAM"), ("diff.external", "PROGRAM")],
    "transport": [
        *(
            ("core.sshCommand", "PROGRAM"),
            ("remote.origin.url", "ssh://nowhere.example/x"),
            ("core.gitProxy", "PROGRAM"),
        ),
        *(("remote.origin.promisor", "true"), ("extensions.partialClone", "origin"), ("credential.helper", "!PROGRAM")),
        *(("remote.origin.uploadpack", "PROGRAM"), ("protocol.allow", "always"), ("protocol.ext.allow", "always")),
    ],
    "hooks": [("core.hooksPath", "HOOKS")],
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", SETTINGS)
def test_nothing_that_a_repository_names_is_run(kind: str, root: Path, tmp_path: Path) -> None:
    path = program(tmp_path)
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("post-index-change", "pre-commit", "fsmonitor-watchman", "reference-transaction", "post-checkout"):
        shutil.copy(path, hooks / name)
    (root / "gone.txt").write_text("gone", encoding="utf-8")
    (root / ".gitattributes").write_text("*.txt diff=x filter=x\n*.json filter=a.b\n", encoding="utf-8")
    commit(root)
    git(root, "rm", "--quiet", "gone.txt")
    signed = f"{git(root, 'cat-file', 'commit', 'HEAD')}".replace(
        "\n\n", "\ngpgsig -----BEGIN PGP SIGNATURE-----\n\n", 1
    )
    made = subprocess.run(
        ["git", "hash-object", "-t", "commit", "-w", "--stdin"],
        cwd=root,
        input=signed.encode(),
        capture_output=True,
        check=True,
    )
    git(root, "update-ref", "HEAD", made.stdout.decode().strip())
    for key, value in SETTINGS[kind]:
        git(root, "config", key, value.replace("PROGRAM", str(path)).replace("HOOKS", str(hooks)))
    (root / "top.txt").write_text("as long", encoding="utf-8")
    os.utime(root / "corpus/gold-2.json", (1, 1))
    if kind == "transport":  # an object that only the remote is said to have
        found = git(root, "rev-parse", "HEAD:top.txt").strip()
        (root / ".git/objects" / found[:2] / found[2:]).unlink()
    ask_everything(root)
    assert not (tmp_path / "ran").exists()


def test_an_embedded_bare_repository_is_not_asked(root: Path, tmp_path: Path) -> None:
    path = program(tmp_path)
    for name in ("HEAD", "config", "objects", "refs"):
        place = root / ".git" / name
        (shutil.copytree if place.is_dir() else shutil.copy)(place, root / "corpus" / name)
    for key, value in (("core.bare", "false"), ("core.worktree", ".."), ("core.fsmonitor", str(path))):
        git(root, "config", "--file", "corpus/config", key, value)
    ask_everything(root / "corpus/gold")
    assert not (tmp_path / "ran").exists()
    with pytest.raises(GitError, match="looks like a bare git repository"):
        changed_files(root / "corpus/gold")
    assert "bare git repository" in (why_unasked(root / "corpus") or "")


def test_a_program_called_git_in_the_folder_is_not_run(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(program(tmp_path), root / "git")
    monkeypatch.setenv("PATH", f"{root}")
    with pytest.raises(GitError, match="git is not installed"):
        require_commit(root)
    assert not (tmp_path / "ran").exists()


def test_variables_that_run_or_redirect_are_dropped(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = program(tmp_path)
    for name in ("GIT_EXTERNAL_DIFF", "GIT_SSH_COMMAND", "GIT_PAGER", "GIT_EDITOR", "GIT_ASKPASS", "GIT_PROXY_COMMAND"):
        monkeypatch.setenv(name, str(path))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.fsmonitor")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", str(path))
    for name in ("GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_TRACE", "GIT_REPLACE_REF_BASE"):
        monkeypatch.setenv(name, str(tmp_path / "elsewhere"))
    assert tracked_files(root) == set(NAMES)
    assert changed_files(root) == []
    assert not (tmp_path / "ran").exists()
    assert not (tmp_path / "elsewhere").exists()


def test_the_index_of_a_hook_counts_and_a_foreign_one_does_not(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(root / ".git/index", root / ".git/next-index-7.lock")
    (root / "corpus/new.json").write_text("new", encoding="utf-8")
    git(root, "add", "corpus/new.json")
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/next-index-7.lock")
    assert tracked_files(root) == set(NAMES)
    shutil.copy(root / ".git/next-index-7.lock", tmp_path / "index")
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    assert tracked_files(root) == {*NAMES, "corpus/new.json"}


def test_a_linked_work_tree_is_asked_with_its_own_index(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(root, "worktree", "add", "--quiet", str(tmp_path / "linked"))
    linked = tmp_path / "linked"
    (linked / "new.txt").write_text("new", encoding="utf-8")
    git(linked, "add", "new.txt")
    monkeypatch.setenv("GIT_DIR", str(root / ".git/worktrees/linked"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(root / ".git/worktrees/linked/index"))
    assert tracked_files(linked) == {*NAMES, "new.txt"}
    assert changed_files(linked) == ["new.txt"]


def test_a_replaced_history_hides_nothing(root: Path) -> None:
    git(root, "rm", "--quiet", NAMES[0])
    commit(root)
    assert removed_files(root, "corpus") == {NAMES[0]}
    git(root, "replace", "--graft", "HEAD")
    assert removed_files(root, "corpus") == {NAMES[0]}


def test_a_checkout_with_other_line_ends_is_unchanged(root: Path) -> None:
    (root / "lines.txt").write_bytes(b"one\ntwo\n")
    commit(root)
    git(root, "config", "core.autocrlf", "true")
    (root / "lines.txt").unlink()
    git(root, "checkout", "--quiet", "--", "lines.txt")
    assert (root / "lines.txt").read_bytes() == b"one\r\ntwo\r\n"
    assert changed_files(root) == []
    assert committed(root, "lines.txt") == b"one\r\ntwo\r\n"


@pytest.mark.slow
def test_a_file_in_lfs_is_compared_by_what_its_pointer_says(root: Path, tmp_path: Path) -> None:
    path = program(tmp_path)
    held = b"rows that lie elsewhere\n"
    pointer = (
        f"version https://git-lfs.github.com/spec/v1\noid sha256:{hashlib.sha256(held).hexdigest()}\nsize {len(held)}\n"
    )
    (root / "rows.bin").write_text(pointer, encoding="utf-8")
    commit(root)
    (root / ".gitattributes").write_text("*.bin filter=lfs\n", encoding="utf-8")
    commit(root)
    (root / "rows.bin").write_bytes(held)
    for key in ("clean", "smudge", "process"):
        git(root, "config", f"filter.lfs.{key}", str(path))
    assert changed_files(root) == []
    assert committed(root, "rows.bin") == held
    (root / "rows.bin").write_bytes(b"others" + held[6:])
    assert changed_files(root) == ["rows.bin"]
    assert committed(root, "rows.bin") == pointer.encode()
    assert not (tmp_path / "ran").exists()


@pytest.mark.slow
def test_what_a_filter_has_changed_counts_as_changed(root: Path) -> None:
    git(root, "config", "filter.upper.smudge", "tr a-z A-Z")
    git(root, "config", "filter.upper.clean", "tr A-Z a-z")
    (root / ".gitattributes").write_text("top.txt filter=upper\n", encoding="utf-8")
    commit(root)
    (root / "top.txt").unlink()
    git(root, "checkout", "--quiet", "--", "top.txt")
    assert (root / "top.txt").read_text(encoding="utf-8") == "TOP.TXT"
    assert changed_files(root) == ["top.txt"]
    assert filtered_files(root) == ["top.txt"]
    with pytest.raises(InputError, match=r"A filter of git changes top\.txt\. Filters of a repository are not run"):
        require_committed(root, {}, None)


def test_a_filter_that_cannot_be_switched_off_is_refused(root: Path, tmp_path: Path) -> None:
    git(root, "config", "filter.a=b.clean", str(program(tmp_path)))
    with pytest.raises(GitError, match="which cannot be switched off"):
        changed_files(root)


def test_a_sparse_checkout_is_named(root: Path) -> None:
    git(root, "sparse-checkout", "set", "--no-cone", "/top.txt")
    assert left_out_files(root) == sorted(set(NAMES) - {"top.txt"})
    with pytest.raises(InputError, match="The checkout is sparse: it leaves out 4 of the workspace's files"):
        require_committed(root, {}, None)


def test_a_partial_history_is_named(root: Path, tmp_path: Path) -> None:
    assert why_unasked(root) is None
    (root / "more.txt").write_text("more", encoding="utf-8")
    commit(root)
    git(tmp_path, "clone", "--quiet", "--depth", "1", f"file://{root}", "shallow")
    assert why_unasked(tmp_path / "shallow") == "the clone is shallow"
    shutil.rmtree(tmp_path / "shallow/.git")
    assert why_unasked(tmp_path / "shallow") == "it is in no git repository"


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="needs to give a folder away")
def test_a_repository_of_somebody_else_is_named(root: Path) -> None:
    os.chown(root / ".git", 12345, 12345)
    os.chown(root, 12345, 12345)
    with pytest.raises(GitError, match="does not trust the repository"):
        removed_files(root, "corpus")


@pytest.mark.parametrize("case", ["absent", "bare", "exported"])
def test_check_says_that_lost_withdrawals_were_not_looked_for(
    case: str, toy_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = toy_root
    if case == "absent":
        monkeypatch.setenv("PATH", str(tmp_path))
    elif case == "bare":
        git(workspace, "init", "--quiet", "--bare", ".")
    found = CliRunner().invoke(stancebank, ["-w", str(workspace), "check"])
    said = found.output + found.stderr
    if case == "exported":
        assert "it is in no git repository." in said
    assert said.count("history-unread") == 1
    assert "1 warning" in said


@pytest.mark.slow
def test_check_warns_of_a_shallow_clone_and_of_a_sparse_one_and_not_of_a_whole_one(
    toy_root: Path, tmp_path: Path
) -> None:
    git(toy_root, "init", "--quiet")
    commit(toy_root)
    (toy_root / "notes.md").write_text("notes", encoding="utf-8")
    commit(toy_root)

    def warned(root: Path) -> list[str]:
        found = CliRunner().invoke(stancebank, ["-w", str(root), "check", "--json"])
        return [each["message"] for each in json.loads(found.stdout)["findings"] if each["code"] == "history-unread"]

    assert warned(toy_root) == []
    git(tmp_path, "clone", "--quiet", "--depth", "1", f"file://{toy_root}", "shallow")
    assert warned(tmp_path / "shallow") == ["Lost withdrawals were not looked for: the clone is shallow."]
    git(tmp_path, "clone", "--quiet", f"file://{toy_root}", "sparse")
    git(tmp_path / "sparse", "sparse-checkout", "set", "--no-cone", "/*", "!/corpus/gold/")
    assert warned(tmp_path / "sparse") == [
        "the checkout is sparse and leaves out 3 files of the workspace, such as "
        "corpus/gold/keth-tribune-undated-harvest.json."
    ]


@pytest.fixture
def windows(toy_root: Path, tmp_path: Path) -> Path:
    """A workspace without attributes in a repository, checked out as Git for Windows does by default."""
    (toy_root / ".gitattributes").unlink(missing_ok=True)
    git(toy_root, "init", "--quiet")
    commit(toy_root)
    git(tmp_path, "clone", "--quiet", "-c", "core.autocrlf=true", str(toy_root), "windows")
    assert git(tmp_path / "windows", "status", "--porcelain") == ""
    return tmp_path / "windows"


@pytest.mark.slow
def test_a_checkout_with_other_line_ends_is_one_finding_and_its_hint_helps(windows: Path) -> None:
    found = CliRunner().invoke(stancebank, ["-w", str(windows), "check", "--json"])
    errors = [each for each in json.loads(found.stdout)["findings"] if each["severity"] == "error"]
    assert [each["code"] for each in errors] == ["line-ends"]
    assert re.search(r"and \d+ other files, CRLF line ends", errors[0]["message"])
    built = CliRunner().invoke(stancebank, ["-w", str(windows), "publish", "build", "--out", str(windows.parent / "o")])
    assert "line-ends" in str(built.exception)
    text = next((windows / "corpus/texts").glob("*.txt")).stem
    shown = CliRunner().invoke(stancebank, ["-w", str(windows), "annotate", "export", "--tasks", text])
    assert "core.autocrlf" in str(shown.exception)
    released = CliRunner().invoke(stancebank, ["-w", str(windows), "publish", "release", "0.1.0", "--dry-run"])
    assert re.search(r"files of the checkout have CRLF line ends where the commit has LF", str(released.exception))
    (windows / ".gitattributes").write_text("* text=auto eol=lf\n", encoding="utf-8")
    commit(windows)
    again = windows.parent / "again"  # as the hint says
    git(windows.parent, "clone", "--quiet", "-c", "core.autocrlf=true", str(windows), str(again))
    assert CliRunner().invoke(stancebank, ["-w", str(again), "check"]).exit_code == 0


def test_one_file_with_other_line_ends_is_named_and_a_changed_one_is_not_called_that(toy_root: Path) -> None:
    path = toy_root / "annotate/labeling.xml"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    text = next((toy_root / "corpus/texts").glob("*.txt"))
    text.write_bytes(text.read_bytes().replace(b"\n", b"\r\n") + b"More.")
    found = json.loads(CliRunner().invoke(stancebank, ["-w", str(toy_root), "check", "--json"]).stdout)["findings"]
    assert {(each["code"], each["file"]) for each in found if each["severity"] == "error"} == {
        ("line-ends", "annotate/labeling.xml"),
        ("text-changed", text.relative_to(toy_root).as_posix()),
    }
