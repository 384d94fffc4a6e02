"""Each kind of fault happens as it is named, to a real client and a real server: only so do the other tests tell."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.proxy import KINDS, Fault, Kind, Proxy, proxying
from tests.faults.server import MortalStudio, mortal_studio
from tests.studio import TOKEN

pytestmark = [pytest.mark.server, pytest.mark.slow]
STAND_IN = Path(__file__).parent / "stand_in.py"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MortalStudio]:
    with mortal_studio(tmp_path_factory.mktemp("server")) as made:
        yield made


@pytest.fixture
def proxy(server: MortalStudio) -> Iterator[Proxy]:
    with proxying(server.studio.url) as made:
        made.server = server.running.pid
        yield made


@pytest.fixture(scope="module")
def seconds(server: MortalStudio) -> float:
    """How long the server takes for the import."""
    with proxying(server.studio.url) as proxy:
        assert visit(proxy, "before")[0] == 0
        return proxy.seen[1].seconds


def visit(proxy: Proxy, title: str, fault: Fault | None = None) -> tuple[int, str, str]:
    """Run the stand-in through the proxy. Returns its exit code, how far it says it came, and what it ended with."""
    proxy.begin(fault)
    with subprocess.Popen(
        [sys.executable, str(STAND_IN), proxy.url, TOKEN, title],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as client:
        proxy.watch(client.pid)
        out, err = client.communicate(timeout=120)
    return client.returncode, " ".join(out.split()), err.strip()


def held(server: MortalStudio, title: str) -> int | None:
    """How many tasks the server's project of this title has; None where there is no such project."""
    found = [each for each in server.ask("GET", "/api/projects/")["results"] if each["title"] == title]
    return found[0]["task_number"] if found else None


def test_a_clean_run_is_recorded_request_by_request(server: MortalStudio, proxy: Proxy) -> None:
    assert visit(proxy, "clean") == (0, "made imported read 2", "")
    assert [(each.number, each.method, each.path, each.status) for each in proxy.seen] == [
        (1, "POST", "/api/projects/", 201),
        (2, "POST", "/api/projects/{}/import", 201),
        (3, "GET", "/api/tasks/", 200),
    ]
    assert all(each.seconds > 0 for each in proxy.seen)
    assert held(server, "clean") == 2


# what the client ends with, and how many tasks the server then holds, with the fault at the import
ENDS: dict[Kind, tuple[int, str, int | None]] = {
    "500 before": (1, "HTTPStatusError 500", 0),
    "502 after commit": (1, "HTTPStatusError 502", 2),
    "dropped after commit": (1, "RemoteProtocolError", 2),
    "other reply": (1, "JSON of another form", 2),
    "truncated reply": (1, "RemoteProtocolError", 2),
    "client killed before": (-9, "", 0),
    "client killed after commit": (-9, "", 2),
    "server killed before": (1, "RemoteProtocolError", 0),
    "server killed during": (1, "RemoteProtocolError", None),  # nothing or all
    "server killed after commit": (1, "RemoteProtocolError", 2),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_happens_as_it_is_named_and_only_where_it_is_meant(
    server: MortalStudio, proxy: Proxy, seconds: float, kind: Kind
) -> None:
    title = f"with {kind}"
    code, end, tasks = ENDS[kind]
    assert visit(proxy, title, Fault(kind, 2, seconds)) == (code, "made", end)
    assert str(proxy.struck) == "2 POST /api/projects/{}/import"
    assert [each.number for each in proxy.seen] == [1, 2]
    if kind.startswith("server killed"):
        assert visit_refused(proxy)
        assert not server.is_alive
        server.revive()
        proxy.server = server.running.pid
    assert server.is_alive
    assert held(server, title) in ((0, 2) if tasks is None else (tasks,))
    assert visit(proxy, f"after {kind}") == (0, "made imported read 2", "")


def visit_refused(proxy: Proxy) -> bool:
    """Whether a client finds nobody at the door."""
    with subprocess.Popen(
        [sys.executable, str(STAND_IN), proxy.url, TOKEN, "refused"], stderr=subprocess.PIPE, text=True
    ) as client:
        return client.communicate(timeout=60)[1].strip() == "ConnectError"


def test_half_of_a_reply_is_half_of_its_body(proxy: Proxy) -> None:
    import httpx

    whole = httpx.get(f"{proxy.url}/api/version", trust_env=False).content
    proxy.begin(Fault("truncated reply", 1))
    with httpx.stream("GET", f"{proxy.url}/api/version", trust_env=False) as answer:
        came: list[bytes] = []
        with pytest.raises(httpx.RemoteProtocolError):
            came.extend(answer.iter_raw())
    assert b"".join(came) == whole[: len(whole) // 2]
