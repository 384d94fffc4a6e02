"""Workspaces in git, made once: each test gets a copy."""

import shutil
from pathlib import Path

import pytest

from tests.publish.release.releases import lay_committed, make_and_commit


@pytest.fixture(scope="session")
def committed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lay_committed(tmp_path_factory.mktemp("committed") / "toy").root


@pytest.fixture(scope="session")
def made_once(committed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = Path(shutil.copytree(committed, tmp_path_factory.mktemp("released") / "toy"))
    make_and_commit(root, "1.2.0")
    return root


@pytest.fixture
def root(committed: Path, tmp_path: Path) -> Path:
    """The toy workspace, version 1.2.0, with a changelog, in a repository of its own."""
    return Path(shutil.copytree(committed, tmp_path / "toy"))


@pytest.fixture
def released(made_once: Path, tmp_path: Path) -> Path:
    """The same, with 1.2.0 released: its folder is in its place, its record committed and tagged."""
    return Path(shutil.copytree(made_once, tmp_path / "toy"))
