"""Fixtures: the sample, which three annotators have read, with differences that were put in on purpose."""

from pathlib import Path

import pytest

from stancebank.workspace import Workspace, open_workspace
from tests.conftest import REPO, lay_workspace

SAMPLE = REPO / "src" / "stancebank" / "starter" / "sample"


@pytest.fixture
def sample(tmp_path: Path) -> Workspace:
    """A copy of the sample, opened. Its gold was made without an adjudication."""
    return open_workspace(lay_workspace(SAMPLE, tmp_path / "sample"))
