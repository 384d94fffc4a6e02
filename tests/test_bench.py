"""The benchmarks can be loaded: they use names of the tests and of the package, which may change."""

from math import isfinite
from pathlib import Path
from runpy import run_path

import pytest

from tests.conftest import REPO

SCRIPTS = sorted(path.name for path in (REPO / "scripts" / "bench").glob("*.py"))


@pytest.mark.slow
@pytest.mark.parametrize("name", SCRIPTS)
def test_a_benchmark_finds_what_it_imports(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(REPO / "scripts/bench")  # as for a script that is run
    found = run_path(str(Path(REPO, "scripts", "bench", name)), run_name="bench")
    assert any(callable(found.get(each)) for each in ("main", "rows", "markdown"))


@pytest.mark.slow
def test_every_benchmark_of_the_table_has_right_results_at_its_smallest_size() -> None:
    bench = run_path(str(REPO / "scripts/bench/collect.py"), run_name="bench")
    some = [name for name in bench["scripts"]() if bench["sizes_of"](name, "small")]  # others need a server
    names = [name for name in some if name != "engine"]  # its environment has tests of its own
    done = list(bench["measure_all"]("small", names, workers=2))
    assert {each.name for each in done} == {*names}
    for each in done:
        assert not each.fault, each.name
        assert each.rows, each.name
        for row in each.rows:
            assert row.what
            assert row.peer
            assert isfinite(row.ratio)
            assert row.ratio > 0
    page = bench["page"](done, "small", "2031-02-11")
    assert page.count("\n| ") >= sum(len(each.rows) for each in done)
    assert "Measured on 2031-02-11, at the size `small`" in page
