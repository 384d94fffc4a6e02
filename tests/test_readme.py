"""The README keeps its word: its Python runs, its commands exist, its links lead somewhere."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

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
    lines = [line for block in blocks(REPO / "README.md", "sh") for line in block.splitlines() if line]
    assert len(lines) >= 8
    for line in lines:
        words = line.split()
        assert (REPO / words[0]).exists() or words[0] == ".venv/bin/stancebank", line
        if words[0] == ".venv/bin/stancebank":
            plain = [word for word in words[1:3] if re.fullmatch(r"[a-z]+", word)]
            assert run(*plain, "--help").returncode == 0, line


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
