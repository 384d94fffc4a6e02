"""What the tests of faults share."""

from collections.abc import Iterator

import pytest

from tests.faults.scene import Scene, playing
from tests.faults.state import empty


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """One server with its proxy for all files of a worker: a start of it takes long."""
    with playing(tmp_path_factory.mktemp("stage")) as made:
        yield made


@pytest.fixture
def scene(stage: Scene) -> Scene:
    """A server without projects."""
    empty(stage.server)
    stage.proxy.before = None
    return stage
