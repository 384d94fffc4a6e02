"""The benchmarks can be loaded: they use names of the tests and of the package, which may change."""

from pathlib import Path
from runpy import run_path

import pytest

from tests.conftest import REPO

SCRIPTS = sorted(path.name for path in (REPO / "scripts" / "bench").glob("*.py"))


@pytest.mark.slow
@pytest.mark.parametrize("name", SCRIPTS)
def test_a_benchmark_finds_what_it_imports(name: str) -> None:
    assert callable(run_path(str(Path(REPO, "scripts", "bench", name)), run_name="bench")["main"])
