"""What the tests of faults share."""

from collections.abc import Iterator

import pytest

from tests.faults.scene import Scene, playing


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """One server with its proxy for all files of a worker: a start of it takes long."""
    with playing(tmp_path_factory.mktemp("stage")) as made:
        made.server.keep(made.folder / "bare")
        yield made


@pytest.fixture
def scene(stage: Scene) -> Scene:
    """A server with the accounts of the two annotators, and without projects."""
    stage.server.put_back(stage.folder / "bare")
    stage.proxy.before = None
    return stage
