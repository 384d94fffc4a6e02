"""What the frozen tests share."""

from collections.abc import Iterator

import pytest

from tests.frozen.command import without_server
from tests.frozen.label_studio import Studio, serving


@pytest.fixture(autouse=True)
def no_server() -> Iterator[None]:
    """No test asks a server that the environment names."""
    with without_server():
        yield


@pytest.fixture
def studio() -> Iterator[Studio]:
    """A stand-in for Label Studio, empty."""
    with serving(Studio()) as running:
        yield running
