"""A real Label Studio server for tests: own environment, a data folder of its own, loopback only, nothing sent home.

A fresh data folder is migrated for a minute. So the first run keeps a migrated one beside the server, and every start
works on a copy of it.
"""

import fcntl
import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError

from tests.conftest import REPO

EMAIL, PASSWORD = "admin@example.com", "only-for-this-test"
TOKEN = "0123456789abcdef0123456789abcdef01234567"
SERVER = REPO / ".venv-studio" / "bin" / "label-studio"
TEMPLATE = REPO / ".venv-studio" / "migrated-data"
START = 300.0  # seconds; a fresh data folder is migrated first, which takes a minute or two


@dataclass(frozen=True)
class Studio:
    """A running server: where it is, and the token of its only user."""

    url: str
    token: str


@contextmanager
def running_studio(folder: Path) -> Iterator[Studio]:
    """Start a server on a free port, wait until it is healthy, and stop it at the end. Fails, and never skips."""
    lay_data(folder)
    with _serving(folder) as studio:
        yield studio


def lay_data(folder: Path) -> None:
    """Copy the migrated data of a server to a folder; make them at the first run."""
    if not SERVER.is_file():
        raise RuntimeError("Label Studio is not installed. Run scripts/test, which installs it into .venv-studio.")
    with TEMPLATE.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of two workers, one makes it
        if not (TEMPLATE / "made").is_file():
            shutil.rmtree(TEMPLATE, ignore_errors=True)
            with _serving(TEMPLATE):
                pass
            (TEMPLATE / "made").touch()
    shutil.copytree(TEMPLATE, folder, dirs_exist_ok=True)


@contextmanager
def _serving(folder: Path) -> Iterator[Studio]:
    port = find_port()
    process = launch(folder, port)
    try:
        yield Studio(f"http://127.0.0.1:{port}", TOKEN)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def find_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def launch(folder: Path, port: int, **more: str) -> subprocess.Popen[bytes]:
    """Start a server on the data of a folder, and return when it is healthy. more: of its environment."""
    settings = {
        "BASE_DATA_DIR": str(folder / "data"),
        "USERNAME": EMAIL,
        "PASSWORD": PASSWORD,
        "USER_TOKEN": TOKEN,
        "ENABLE_LEGACY_API_TOKEN": "true",
        "DISABLE_SIGNUP_WITHOUT_LINK": "true",
        "COLLECT_ANALYTICS": "false",
        "LATEST_VERSION_CHECK": "false",
        "SENTRY_DSN": "",
        "FRONTEND_SENTRY_DSN": "",
        "LOCAL_FILES_SERVING_ENABLED": "false",
        "LOG_LEVEL": "WARNING",
    }
    (folder / "data").mkdir(parents=True, exist_ok=True)
    env = {key: value for key, value in os.environ.items() if not key.startswith(("LABEL_STUDIO_", "PYTEST_"))}
    env |= {"HOME": str(folder), "DJANGO_DB": "sqlite"} | more
    env |= {f"LABEL_STUDIO_{key}": value for key, value in settings.items()}
    command = [str(SERVER), "start", "--no-browser", "--internal-host", "127.0.0.1", "-p", str(port)]
    log = folder / "server.log"
    with log.open("ab") as output:
        process = subprocess.Popen(command, env=env, cwd=folder, stdout=output, stderr=subprocess.STDOUT)
    try:
        _wait_until_healthy(f"http://127.0.0.1:{port}", process, log)
    except BaseException:
        process.kill()
        process.wait()
        raise
    return process


def _wait_until_healthy(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=5) as answer:
                if answer.status == 200:
                    return
        except (URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError(f"Label Studio did not become healthy. The end of its log:\n{log.read_text()[-2000:]}")
