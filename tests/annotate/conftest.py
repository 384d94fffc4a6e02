"""What the tests share that ask a real server: one for all tests of a file."""

from collections.abc import Iterator

import pytest

from stancebank.annotate.client import Server
from tests.studio import Studio, running_studio


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """One server for all tests of a file."""
    with running_studio(tmp_path_factory.mktemp("studio")) as studio:
        yield studio


@pytest.fixture(scope="module")
def server(studio: Studio) -> Server:
    """The server, as push and pull ask it."""
    return Server(studio.url, studio.token)
