"""A real Label Studio server for tests, started as `stancebank annotate studio` starts it.

A fresh data folder is migrated for a minute. So the first run keeps a migrated one beside the server, and every start
works on a copy of it. Its environment is the checkout's own, .venv-studio.
"""

import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
from filelock import FileLock

from stancebank.annotate.connection import write_secret
from stancebank.annotate.http import HttpClient
from stancebank.annotate.local import server as local_server
from stancebank.annotate.local.accounts import Login, add_member, login_path, read_login
from stancebank.annotate.local.server import keep_port, server_variables
from stancebank.records import to_json
from tests.conftest import REPO

EMAIL, PASSWORD = "admin@example.com", "only-for-this-test"
TOKEN = "0123456789abcdef0123456789abcdef01234567"
ADMIN = Login(EMAIL, PASSWORD, TOKEN)
ENVIRONMENT = REPO / ".venv-studio"
TEMPLATE = ENVIRONMENT / "migrated-data"


@dataclass(frozen=True)
class Person:
    """Somebody with an account: the number of it, the pseudonym, and the token."""

    id: int
    name: str
    token: str


@dataclass(frozen=True)
class Studio:
    """A running server: where it is, the token of its administrator, and the folder it keeps its data in."""

    url: str
    token: str
    folder: Path

    def ask(self, method: str, path: str, token: str = "", **arguments: Any) -> Any:
        """Send a request, as the administrator or with another's token, and return the JSON of the answer."""
        headers = {"Authorization": f"Token {token or self.token}"}
        answer = httpx.request(method, self.url + path, headers=headers, timeout=60, trust_env=False, **arguments)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def add_person(self, name: str) -> Person:
        """Give somebody an account, or find the one that they have."""
        member = add_member(self.folder, self.url, name)
        login = read_login(self.folder, name)
        assert login is not None
        wire = HttpClient(self.url, timeout=60)
        wire.ask("GET", "/user/login/")
        wire.ask("POST", "/user/login/", form={"email": login.email, "password": login.password})
        reply = wire.ask("GET", "/api/current-user/token")
        assert reply.status == 200, reply.body
        return Person(member.id, name, reply.json()["token"])


@contextmanager
def running_studio(folder: Path, **settings: str) -> Iterator[Studio]:
    """Start a server on a free port, wait until it is healthy, and stop it at the end. Fails, and never skips.

    settings: of Label Studio, instead of those that the toolkit starts it with, such as LOG_LEVEL="DEBUG".
    """
    lay_studio(folder)
    more = {f"LABEL_STUDIO_{name}": value for name, value in settings.items()}
    with patch.object(local_server, "server_variables", lambda *given: server_variables(*given) | more):
        running = local_server.start_server(folder, ENVIRONMENT)
    try:
        yield Studio(running.url, TOKEN, folder)
    finally:
        local_server.stop_server(folder)


def lay_studio(folder: Path) -> None:
    """Lay a copy of the migrated data, and the login of its administrator, as the folder of a studio."""
    make_template()
    shutil.copytree(TEMPLATE / "data", folder / "data")
    admin = {"email": EMAIL, "password": PASSWORD, "token": TOKEN}
    write_secret(login_path(folder, "admin"), to_json(admin))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        keep_port(folder, probe.getsockname()[1])


def make_template() -> None:
    """Make the migrated data where there are none yet."""
    if not (ENVIRONMENT / "bin" / "label-studio").is_file():
        raise RuntimeError("Label Studio is not installed. Run scripts/test, which installs it into .venv-studio.")
    with FileLock(TEMPLATE.with_suffix(".lock")):  # of two workers, one makes it
        if not (TEMPLATE / "made").is_file():
            shutil.rmtree(TEMPLATE, ignore_errors=True)
            local_server.start_server(TEMPLATE, ENVIRONMENT, login=ADMIN)
            local_server.stop_server(TEMPLATE)
            (TEMPLATE / "made").touch()
