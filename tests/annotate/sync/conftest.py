"""A workspace beside the server of a file of tests."""

import random
from pathlib import Path

import pytest

from stancebank.annotate.client import Server
from stancebank.workspace import Workspace
from tests.annotate.sync.losing import name_workspace, run_push


@pytest.fixture
def workspace(toy_root: Path, server: Server) -> Workspace:
    """A toy workspace whose articles are pushed; its name is that of no other test."""
    workspace = name_workspace(toy_root, f"toy-{random.SystemRandom().randrange(10**12)}")
    run_push(server, workspace)
    return workspace
