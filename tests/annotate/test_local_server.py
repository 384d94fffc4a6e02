"""A local server, started and stopped as a user does it, and ended in every other way as well."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from stancebank.annotate.http import HttpClient
from stancebank.annotate.local import server as local_server
from stancebank.annotate.local.accounts import ADMIN, read_login
from stancebank.annotate.local.data import DATABASE
from stancebank.annotate.local.server import LOG, find_running, start_server, stop_server
from stancebank.errors import InputError, StancebankError
from tests.studio import ENVIRONMENT, PASSWORD, TOKEN, Studio, lay_studio

pytestmark = pytest.mark.server


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """The folder of a studio whose database is there; what still runs in it at the end is stopped."""
    lay_studio(tmp_path / "studio")
    yield tmp_path / "studio"
    stop_server(tmp_path / "studio")


def test_a_second_start_finds_the_server_and_stop_ends_it_once(folder: Path) -> None:
    first = start_server(folder, ENVIRONMENT)
    assert start_server(folder, ENVIRONMENT) == first
    assert find_running(folder) == first
    for name in ("url", "token"):  # as if the first start had been killed before it said so
        (folder / name).unlink()
    start_server(folder, ENVIRONMENT)
    assert (folder / "url").read_text() == f"{first.url}\n"
    assert (folder / "token").read_text() == f"{TOKEN}\n"
    assert (folder / "token").stat().st_mode & 0o777 == 0o600
    assert stop_server(folder) == first
    assert not first.is_alive()
    assert stop_server(folder) is None
    assert start_server(folder, ENVIRONMENT).port == first.port  # bookmarks stay good
    assert json.loads((folder / "made.json").read_text())["version"] == first.version


def test_the_server_outlives_the_command_and_shows_no_secret(folder: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from stancebank.annotate.local.server import start_server; "
        "start_server(Path(sys.argv[1]), Path(sys.argv[2]))"
    )
    subprocess.run([sys.executable, "-c", code, folder, ENVIRONMENT], check=True)
    running = find_running(folder)
    assert running is not None
    assert local_server.is_healthy(running.url)
    assert os.getsid(running.pid) != os.getsid(0)
    shown = Path(f"/proc/{running.pid}/cmdline").read_bytes().decode() + (folder / LOG).read_text()
    assert PASSWORD not in shown
    assert TOKEN not in shown
    for path in (folder / LOG, folder / "running.json", folder / "logins/admin.json"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_stranger_gets_nothing_from_the_server(studio: Studio) -> None:
    port = urlsplit(studio.url).port
    assert port is not None
    rows = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    listening = {row[1] for row in rows if row[3] == "0A" and row[1].endswith(f":{port:04X}")}
    assert listening == {f"0100007F:{port:04X}"}  # 127.0.0.1, as the kernel writes it
    wire = HttpClient(studio.url)
    wire.ask("GET", "/user/signup/")
    account = {"email": "eve@example.com", "password": "a-long-password"}
    assert wire.ask("POST", "/user/signup/", form=account).status == 403
    assert HttpClient(studio.url).ask("GET", "/api/projects/").status == 401
    assert HttpClient(studio.url).ask("GET", "/data/local-files/?d=etc/hostname", token=f"Token {TOKEN}").status == 403
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"GET /api/version HTTP/1.0\r\nHost: evil.example\r\nOrigin: http://evil.example\r\n\r\n")
        answer = connection.makefile("rb").read()
    assert answer.split()[1] == b"400"
    assert b"access-control-allow-origin" not in answer.lower()


def test_a_port_that_is_taken_is_said_or_gone_around(folder: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(InputError, match=f"Port {port} is taken"):
            start_server(folder, ENVIRONMENT, port=port)
        (folder / "url").write_text(f"http://127.0.0.1:{port}\n")
        running = start_server(folder, ENVIRONMENT)
    assert running.port != port
    assert local_server.is_healthy(running.url)


def test_a_port_that_is_lost_between_choice_and_start_is_noticed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        ports = iter([other.getsockname()[1]])
        choose = local_server.choose_port
        monkeypatch.setattr(local_server, "choose_port", lambda *given: next(ports, None) or choose(*given))
        running = start_server(folder, ENVIRONMENT)
        assert running.port != other.getsockname()[1]
    wire = HttpClient(running.url)
    assert wire.ask("GET", "/api/current-user/whoami", token=f"Token {TOKEN}").status == 200
    stop_server(folder)
    assert not local_server.is_healthy(running.url)


def test_two_starts_at_once_start_one_server(folder: Path) -> None:
    with ThreadPoolExecutor(3) as pool:
        started = list(pool.map(lambda _: start_server(folder, ENVIRONMENT), range(3)))
    assert len({each.pid for each in started}) == 1


def test_a_killed_server_leaves_nothing_that_stops_the_next(folder: Path) -> None:
    first = start_server(folder, ENVIRONMENT)
    os.kill(first.pid, signal.SIGKILL)
    while first.is_alive():
        time.sleep(0.05)
    assert find_running(folder) is None
    second = start_server(folder, ENVIRONMENT)
    assert second.pid != first.pid
    assert local_server.is_healthy(second.url)


def test_a_server_that_hears_no_request_to_end_is_killed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_server, "LAST_WORDS", 1.0)
    running = start_server(folder, ENVIRONMENT)
    os.kill(running.pid, signal.SIGSTOP)
    assert stop_server(folder) == running
    assert not running.is_alive()


def test_a_server_that_cannot_start_says_why_and_does_not_run(folder: Path) -> None:
    (folder / "data" / ".env").write_text("SECRET_KEY=x\nLABEL_STUDIO_SESSION_COOKIE_SECURE=perhaps\n")
    with pytest.raises(StancebankError, match=r"(?s)ended while it was starting: .*Hint: run it again; .*server\.log"):
        start_server(folder, ENVIRONMENT)
    assert find_running(folder) is None


def test_a_start_that_is_interrupted_leaves_no_server(folder: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from stancebank.annotate.local.server import start_server; "
        "start_server(Path(sys.argv[1]), Path(sys.argv[2]))"
    )
    command = subprocess.Popen(
        [sys.executable, "-c", code, folder, ENVIRONMENT],
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # tests in the background ignore it
    )
    while (running := find_running(folder)) is None:
        assert command.poll() is None
        time.sleep(0.02)
    command.send_signal(signal.SIGINT)
    assert command.wait(30) != 0
    assert not running.is_alive()
    assert find_running(folder) is None


@pytest.mark.slow
def test_a_first_start_that_is_killed_in_the_middle_is_mended_by_the_next(tmp_path: Path) -> None:
    folder = tmp_path / "studio"
    code = (
        "import sys; from pathlib import Path; from stancebank.annotate.local.server import start_server; "
        "start_server(Path(sys.argv[1]), Path(sys.argv[2]))"
    )
    command = subprocess.Popen([sys.executable, "-c", code, folder, ENVIRONMENT])
    end = time.monotonic() + 300
    while not ((folder / DATABASE).is_file() and (folder / DATABASE).stat().st_size > 400_000):
        assert command.poll() is None
        assert time.monotonic() < end
        time.sleep(0.05)
    running = find_running(folder)
    assert running is not None
    command.kill()
    os.kill(running.pid, signal.SIGKILL)
    command.wait()
    try:
        running = start_server(folder, ENVIRONMENT)
        login = read_login(folder, ADMIN)
        assert login is not None
        answer = HttpClient(running.url).ask("GET", "/api/current-user/whoami", token=f"Token {login.token}")
        assert answer.json()["email"] == "admin@localhost"
    finally:
        stop_server(folder)
