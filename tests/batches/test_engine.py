"""Daft, here and on a cluster: the bytes are those of one process, whatever happens to the machines."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pytest

from stancebank.batches.engine import (
    QUIET,
    USED,
    _windows,
    check_engine,
    find_environment,
    other_versions,
    read_address,
    wanted_environment,
)
from stancebank.batches.run import pack, run
from stancebank.errors import InputError, StancebankError
from tests.batches.cluster import ENVIRONMENT, TOKEN, await_fact, cluster, free_port
from tests.conftest import REPO

STAGES = "tests.batches.stages"


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STANCEBANK_ENGINE", str(ENVIRONMENT))
    monkeypatch.setenv("PYTHONPATH", str(REPO))


def batches(count: int) -> Iterator[bytes]:
    return (pack(pa.RecordBatch.from_pydict({"n": [number, number + 1]})) for number in range(count))


def test_an_address_names_a_cluster_and_the_number_of_parts() -> None:
    assert (read_address("daft").cluster, read_address("daft").shards) == ("", 0)
    found = read_address("ray://head.example:10001?shards=64")
    assert (found.cluster, found.shards) == ("ray://head.example:10001", 64)
    for wrong in ("spark", "ray", "ray://head", "ray://head:0", "ray://head:99999", "daft?shards=0", "daft?cores=2"):
        with pytest.raises(InputError, match="There is no engine"):
            read_address(wrong)


@pytest.mark.slow
def test_without_an_environment_that_is_said_with_the_command_that_makes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STANCEBANK_ENGINE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert find_environment() is None
    assert wanted_environment().folder.is_relative_to(tmp_path)
    with pytest.raises(StancebankError, match="engine daft is not installed on this machine"):
        list(run(f"{STAGES}:doubled", batches(1), {"times": 2}, engine="daft"))
    monkeypatch.setenv("STANCEBANK_ENGINE", str(tmp_path))
    with pytest.raises(InputError, match="is not an environment with Daft"):
        list(run(f"{STAGES}:doubled", batches(1), {"times": 2}, engine="daft"))


@pytest.mark.server
def test_a_cluster_where_nobody_listens_is_said_at_once() -> None:
    port = free_port()
    with pytest.raises(StancebankError, match=f"127.0.0.1:{port} cannot be reached: Connection refused"):
        list(run(f"{STAGES}:doubled", batches(1), {"times": 2}, engine=f"ray://127.0.0.1:{port}"))


def test_windows_hold_so_many_batches_or_bytes_and_no_more_is_read_ahead() -> None:
    taken: list[int] = []

    def noted() -> Iterator[bytes]:
        for each in (1, 1, 1, 9, 1, 1):
            taken.append(each)
            yield b"x" * each

    windows = _windows(noted(), 2, 5)
    assert [len(each) for each in next(windows)] == [1, 1]
    assert len(taken) == 2
    assert [[len(each) for each in window] for window in windows] == [[1, 9], [1, 1]]


@pytest.mark.server
def test_daft_gives_what_one_process_gives_in_any_number_of_parts() -> None:
    alone = list(run(f"{STAGES}:doubled", batches(7), {"times": 3}))
    for address in ("daft?shards=1", "daft?shards=3"):
        assert list(run(f"{STAGES}:doubled", batches(7), {"times": 3}, engine=address)) == alone
    about = check_engine("daft")
    assert [node | about["versions"] for node in about["nodes"]] == about["nodes"]
    assert other_versions(about) == {}  # this checkout and the engine have the same pins
    there = {**about["versions"], "regex": "1"}
    assert other_versions({"versions": there}) == {"regex": (about["versions"]["regex"], "1")}
    assert about["versions"].keys() >= set(USED)
    names = list(QUIET)
    assert list(run(f"{STAGES}:variables", (each.encode() for each in names), {}, engine="daft")) == [
        QUIET[name].encode() for name in names
    ]
    said: list[bytes] = []
    with pytest.raises(InputError, match="a bad batch"):
        said.extend(run(f"{STAGES}:refusing", (b"%d" % each for each in range(6)), {"bad": "4"}, engine="daft"))
    assert said == [b"0", b"1", b"2", b"3"]


@pytest.mark.server
def test_neither_daft_nor_ray_reports_its_use() -> None:
    """Asked of the libraries themselves, in their own environment, with the variables that they are started with."""
    code = (
        "from daft.scarf_telemetry import opted_out; from ray._common.usage.usage_lib import usage_stats_enabled; "
        "print(opted_out(), usage_stats_enabled())"
    )
    bare = {key: each for key, each in os.environ.items() if key not in QUIET}
    for more, expected in ((QUIET, "True False"), ({}, "False True")):
        found = subprocess.run(
            [ENVIRONMENT / "bin" / "python", "-c", code],
            env={**bare, **more},
            capture_output=True,
            text=True,
            check=True,
        )
        assert found.stdout.split("\n")[-2] == expected


def notes_of(path: Path) -> list[tuple[str, list[int]]]:
    """Return what a stage has noted: the batch, the process, and by which processes that was started."""
    lines = path.read_text().split("\n")[:-1] if path.exists() else []
    return [(batch, [int(each) for each in pids]) for batch, *pids in (line.split(" ") for line in lines)]


@pytest.mark.server
@pytest.mark.slow
def test_a_machine_that_is_killed_while_it_holds_a_batch_changes_no_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches, settings = [f"b{each}".encode() for each in range(8)], {"notes": str(tmp_path)}
    begun, done, held = tmp_path / "begun", tmp_path / "done", tmp_path / "held"
    with cluster(2, paths=(REPO / "src", REPO)) as running:
        address = f"{running.address}?shards=8"
        monkeypatch.setenv("RAY_AUTH_MODE", "token")
        monkeypatch.setenv("RAY_AUTH_TOKEN", "f" * 64)
        with pytest.raises(StancebankError, match="wants another token than it is given"):
            check_engine(address)
        monkeypatch.setenv("RAY_AUTH_TOKEN", TOKEN)
        with ThreadPoolExecutor(1) as threads:
            found = threads.submit(lambda: list(run(f"{STAGES}:noted", batches, settings, engine=address)))

            def is_held() -> bool:
                assert not found.done(), found.result()
                return held.exists() and bool(held.read_text())

            await_fact("a machine has done a batch, and holds another", is_held)
            name = held.read_text()
            (there,) = (pids for batch, pids in notes_of(begun) if batch == name)
            (killed,) = (each for each in running.machines if each.process.pid in there)
            assert any(killed.process.pid in pids for _, pids in notes_of(done))
            assert name not in dict(notes_of(done))
            killed.kill()
            assert found.result(200) == [each * 2 for each in batches]
            again = [pids for batch, pids in notes_of(begun) if batch == name][1:]
            assert again, "the batch is begun again"
            assert all(killed.process.pid not in pids for pids in again)


def test_the_toolkit_does_not_import_the_driver() -> None:
    code = "import sys, stancebank.batches.engine; print('daft' in sys.modules, 'ray' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "False False\n"
