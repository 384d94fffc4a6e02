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


FEW = (
    "brenn-evening-post-2031-06-17-secret-deal",
    "meridian-wire-2031-05-07-halm-terms",
    "the-kettle-2031-03-22-forty-one-keys",
)


@pytest.fixture
def few(sample: Workspace) -> Workspace:
    """The sample with three of its articles: one in which nobody finds anything, and two with many differences."""
    for folder in ("articles", "gold", "annotations/*"):
        for path in sample.root.glob(f"corpus/{folder}/*.json"):
            if path.stem not in FEW:
                path.unlink()
    return sample
