"""One push or pull at a time."""

from pathlib import Path

import pytest

from stancebank.annotate.sync.state import holding
from stancebank.errors import ConflictError


def test_a_second_one_is_told_who_holds_the_lock_and_a_later_one_gets_it(tmp_path: Path) -> None:
    with (
        holding(tmp_path, "pull"),
        pytest.raises(ConflictError, match="pull, process"),
        holding(tmp_path, "push", seconds=0.1),
    ):
        pass
    with holding(tmp_path, "push", seconds=0.0):
        pass
