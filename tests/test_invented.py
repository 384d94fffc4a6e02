"""The drawn workspaces are sound, the same at every draw, and can be released at any size."""

from pathlib import Path

import pytest

from stancebank.check import check_workspace
from stancebank.publish.build import build
from tests.invented import lay_invented
from tests.publish.builds import contents


@pytest.mark.slow
def test_a_drawn_workspace_is_free_of_errors_and_the_same_at_every_draw(tmp_path: Path) -> None:
    workspace = lay_invented(tmp_path / "a", 12, statements=7, readers=2)
    report = check_workspace(workspace)
    assert report.errors == ()
    assert (report.articles, report.documents) == (12, 36)
    lay_invented(tmp_path / "b", 12, statements=7, readers=2)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    lay_invented(tmp_path / "c", 12, statements=7, readers=2, seed=2)
    assert contents(tmp_path / "a") != contents(tmp_path / "c")


@pytest.mark.slow
def test_articles_can_be_added_to_a_drawn_workspace(tmp_path: Path) -> None:
    lay_invented(tmp_path / "a", 4, statements=3)
    before = contents(tmp_path / "a")
    workspace = lay_invented(tmp_path / "a", 2, statements=3, first=4)
    assert check_workspace(workspace).errors == ()
    assert before.items() <= contents(tmp_path / "a").items()
    assert build(workspace, tmp_path / "out").rows["articles"] == 6
