"""The README keeps its word: its Python runs, its commands exist, its links lead somewhere."""

import os
import re
import subprocess
import sys
from itertools import takewhile
from pathlib import Path

import pytest

from stancebank.starter.laying import doc_pages
from tests.conftest import REPO, Run

PAGES = sorted(
    [*REPO.glob("*.md"), *REPO.glob("docs/**/*.md"), *(REPO / name / "README.md" for name in ("schema", "corpus"))]
)


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.slow
def test_the_python_of_the_readme_runs_on_a_built_dataset(toy_root: Path, run: Run) -> None:
    out = toy_root / "build" / "dataset"
    assert run("-w", toy_root, "publish", "build", "--out", out).returncode == 0
    (code,) = blocks(REPO / "README.md", "python")
    env = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(toy_root / "hf")}
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=toy_root, env=env, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert "Ilse Marrow offer_conditional talks [('if', 'lift a blockade'), ('only_if'," in result.stdout


def test_every_command_of_the_readme_exists(run: Run) -> None:
    text = (REPO / "README.md").read_text(encoding="utf-8")
    typed = [line for block in blocks(REPO / "README.md", "sh") for line in block.splitlines() if line]
    named = re.findall(r"`((?:stancebank|scripts/)[^`]*)`", " ".join(text.split()))
    assert len(typed) >= 12
    assert len(named) >= 20
    for line in (*typed, *named):
        words = line.split()
        if words[0].startswith("scripts/"):
            assert (REPO / words[0]).exists(), line
        elif words[0] == "stancebank":
            plain = list(takewhile(lambda word: re.fullmatch(r"[a-z]+", word), words[1:4]))
            while plain and run(*plain, "--help").returncode != 0:
                plain.pop()  # what is not a command may be its argument
            assert plain or len(words) == 1, line
            options = {word.partition("=")[0] for word in words if word.startswith("--")}
            assert all(option in run(*plain, "--help").stdout for option in options), line


def test_every_page_that_the_readme_names_comes_with_the_toolkit(run: Run) -> None:
    text = (REPO / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`stancebank help ([a-z-]+)`", text))
    (table,) = re.findall(r"\| page \| about \|\n\|---\|---\|\n((?:\|.*\n)+)", text)
    listed = {name for line in table.splitlines() for name in re.findall(r"`([a-z-]+)`", line.split("|")[1])}
    assert named <= listed | {"tutorial"}
    assert listed | {"tutorial"} == doc_pages().keys()


def test_the_readme_has_no_link_that_breaks_outside_of_the_repository() -> None:
    """Pictures break, where it is shown alone, and then say in words what they show."""
    text = (REPO / "README.md").read_text(encoding="utf-8")
    pictures = re.findall(r"!\[([^\]]*)\]\((docs/pictures/[\w-]+\.svg)\)", text)
    assert pictures
    assert all(len(told) > 80 and (REPO / path).is_file() for told, path in pictures)
    assert re.findall(r"(?<!!)\[[^\]]*\]\((?!https?://)[^)]*\)", text) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPO)))
def test_every_link_leads_to_a_file(page: Path) -> None:
    prose = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", prose):
        if not target.startswith(("http:", "https:", "mailto:")):
            assert (page.parent / target).exists(), target


@pytest.mark.slow
def test_the_tutorial_runs_and_prints_what_it_says() -> None:
    result = subprocess.run(
        [sys.executable, REPO / "scripts/tutorial.py", "--check"], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
