from pathlib import Path

import pytest

from tests.publish.release.releases import lay_committed


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return lay_committed(tmp_path / "toy").root
