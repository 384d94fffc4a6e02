"""The command corpus leak-check: what it searches for, what it finds, and what it says it could not search for."""

import subprocess
from pathlib import Path

import pytest
from tests.conftest import Run
from tests.publish.builds import ENVOY, MINISTER, withhold

from stancebank.workspace import Workspace


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "page.md"
    path.write_text("Nothing of any article.\n", encoding="utf-8")
    return path


def paragraph_of(workspace: Workspace, article_id: str) -> str:
    text = workspace.store.text(workspace.store.article(article_id))
    assert text
    return max(text.splitlines(), key=len)


@pytest.mark.parametrize("policy", ["withheld", "quotes"])
def test_words_of_an_article_that_may_not_be_published_are_found_in_a_file(
    policy: str, toy_workspace: Workspace, run: Run, page: Path
) -> None:
    withhold(toy_workspace, ENVOY, policy)
    done = run("-w", toy_workspace.root, "corpus", "leak-check", page)
    assert (done.returncode, done.stdout) == (0, "")
    page.write_text(f"> {paragraph_of(toy_workspace, ENVOY)}\n", encoding="utf-8")
    done = run("-w", toy_workspace.root, "corpus", "leak-check", page)
    assert done.returncode == 1
    assert done.stdout.startswith(f"{page}: ")


def test_words_that_may_be_published_are_no_leak(toy_workspace: Workspace, run: Run, page: Path) -> None:
    page.write_text(paragraph_of(toy_workspace, ENVOY), encoding="utf-8")
    assert run("-w", toy_workspace.root, "corpus", "leak-check", page).returncode == 0


def test_headlines_of_all_articles_are_no_leak(toy_workspace: Workspace, run: Run, page: Path) -> None:
    title = toy_workspace.store.article(ENVOY).title
    assert title
    assert len(title.value.split()) >= 8
    withhold(toy_workspace, ENVOY)
    page.write_text(title.value, encoding="utf-8")
    assert run("-w", toy_workspace.root, "corpus", "leak-check", page).returncode == 0


@pytest.mark.parametrize("lost", [True, False])
def test_an_article_whose_text_is_not_at_hand_is_named_and_the_search_is_not_clean(
    lost: bool, toy_workspace: Workspace, run: Run, page: Path
) -> None:
    withhold(toy_workspace, ENVOY)
    withhold(toy_workspace, MINISTER)
    path = toy_workspace.root / toy_workspace.store.text_name(toy_workspace.store.article(ENVOY))
    if lost:
        path.unlink()
    else:
        path.write_text("Other words.", encoding="utf-8")
    done = run("-w", toy_workspace.root, "corpus", "leak-check", page)
    assert done.returncode == 3
    assert f"Not searched for the words of 1 article, which are not at hand:\n  {ENVOY}\nHint: " in done.stderr
    assert "corpus hydrate DIR" in done.stderr
    page.write_text(paragraph_of(toy_workspace, MINISTER), encoding="utf-8")
    done = run("-w", toy_workspace.root, "corpus", "leak-check", page)
    assert done.returncode == 1  # what was found counts more
    assert ENVOY in done.stderr


@pytest.mark.slow
def test_without_paths_all_that_git_would_commit_is_searched(toy_workspace: Workspace, run: Run) -> None:
    root = toy_workspace.root
    withhold(toy_workspace, ENVOY)
    done = run("-w", root, "corpus", "leak-check")
    assert done.returncode == 1
    assert "Hint: name the files to search." in done.stderr
    git(root, "init", "-q", ".")
    (root / ".gitignore").write_text("/notes/\n", encoding="utf-8")
    (root / "notes").mkdir()
    (root / "notes/mine.txt").write_text(paragraph_of(toy_workspace, ENVOY), encoding="utf-8")
    done = run("-w", root, "corpus", "leak-check")
    assert done.returncode == 1
    assert "sources/envoy.txt" in names_in(done.stdout)  # new and not ignored
    assert "notes/mine.txt" not in names_in(done.stdout)
    assert not [name for name in names_in(done.stdout) if name.startswith(".stancebank")]
    git(root, "add", "-A")
    assert run("-w", root, "corpus", "leak-check").stdout == done.stdout  # tracked


@pytest.mark.slow
def test_what_is_staged_is_searched_though_the_file_is_clean_again_or_gone(toy_workspace: Workspace, run: Run) -> None:
    root = toy_workspace.root
    withhold(toy_workspace, ENVOY)
    (root / "sources/envoy.txt").unlink()
    git(root, "init", "-q", ".")
    for name in ("clean.md", "gone.md"):
        (root / name).write_text(paragraph_of(toy_workspace, ENVOY), encoding="utf-8")
    git(root, "add", "-A")
    (root / "clean.md").write_text("Nothing.\n", encoding="utf-8")
    (root / "gone.md").unlink()
    done = run("-w", root, "corpus", "leak-check")
    assert {"clean.md", "gone.md"} <= names_in(done.stdout)


def test_a_file_that_is_no_text_is_named_as_not_searched(toy_workspace: Workspace, run: Run, tmp_path: Path) -> None:
    withhold(toy_workspace, ENVOY)
    picture, archive, text = tmp_path / "a.png", tmp_path / "b.zip", tmp_path / "c.txt"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20)
    archive.write_bytes(b"PK\x03\x04" + bytes(range(256)) * 20)
    text.write_text("Words.", encoding="utf-16")
    done = run("-w", toy_workspace.root, "corpus", "leak-check", picture, archive, text)
    assert done.returncode == 0
    assert [line.split(": ")[1].partition(",")[0] for line in done.stderr.splitlines() if "Not searched" in line] == [
        str(picture),
        str(archive),
    ]


def names_in(output: str) -> set[str]:
    return {line.partition(":")[0].partition("  ")[0] for line in output.splitlines()}


def git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=root, check=True)


def test_the_former_name_is_none_and_the_former_file_is_unexpected(toy_workspace: Workspace, run: Run) -> None:
    assert run("-w", toy_workspace.root, "corpus", "guard").returncode == 2
    (toy_workspace.root / "corpus/shingles.txt").write_text("0123456789abcdef\n", encoding="utf-8")
    done = run("-w", toy_workspace.root, "check", "--json")
    assert "file-unexpected" in done.stdout
