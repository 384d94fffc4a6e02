"""What the tests share that ask a real server: one for all of them, so each has projects of its own on it."""

from collections.abc import Iterator

import pytest

from stancebank.annotate.client import Server
from tests.studio import Studio, running_studio


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """One server for all tests of a worker. What a test leaves on it, the others must not mind."""
    with running_studio(tmp_path_factory.mktemp("studio")) as studio:
        yield studio


@pytest.fixture(scope="session")
def server(studio: Studio) -> Server:
    """The server, as push and pull ask it."""
    return Server(studio.url, studio.token)
