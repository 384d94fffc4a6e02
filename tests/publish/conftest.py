"""Fixtures: the toy workspace with all its words, read once for all tests that only look."""

import pytest

from stancebank.publish.gold import Readings, read_gold
from stancebank.publish.tables import Row, make_rows
from stancebank.workspace import Workspace
from tests.publish.builds import lay_toy


@pytest.fixture(scope="session")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return lay_toy(tmp_path_factory.mktemp("tables") / "toy")


@pytest.fixture(scope="session")
def read(toy: Workspace) -> Readings:
    return read_gold(toy, None)


@pytest.fixture(scope="session")
def rows(read: Readings) -> dict[str, list[Row]]:
    return make_rows(read.readings, read.context)


@pytest.fixture(scope="session")
def texts(toy: Workspace) -> dict[str, str]:
    return {article.id: toy.store.text(article) or "" for article in toy.store.articles()}
