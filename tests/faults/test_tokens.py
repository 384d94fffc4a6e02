"""A token that ends in the middle: one that lives for minutes is exchanged anew, one that was revoked is named."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from stancebank.annotate.client import Server
from stancebank.errors import ServerError
from tests.faults.proxy import Fault, Kind, Proxy, proxying
from tests.faults.server import MortalStudio, mortal_studio

pytestmark = [pytest.mark.server, pytest.mark.slow]
SETTINGS = Path(__file__).parent / "settings"
LIVES = 2.0  # seconds, of an access token; see settings/short_tokens.py


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MortalStudio]:
    folder = tmp_path_factory.mktemp("server") / "studio"
    with mortal_studio(folder, DJANGO_SETTINGS_MODULE="short_tokens", PYTHONPATH=str(SETTINGS)) as made:
        yield made


@pytest.fixture
def proxy(server: MortalStudio) -> Iterator[Proxy]:
    with proxying(server.studio.url) as made:
        yield made


@pytest.fixture
def token(server: MortalStudio) -> Iterator[str]:
    """A personal access token, which the server exchanges for access tokens that live for two seconds."""
    made: str = server.ask("POST", "/api/token/")["token"]
    yield made
    revoke(server, made)


def revoke(server: MortalStudio, token: str) -> None:
    httpx.post(
        f"{server.studio.url}/api/token/blacklist/",
        headers={"Authorization": f"Token {server.studio.token}"},
        json={"refresh": token},
        trust_env=False,
    )


def test_the_access_token_of_the_server_expires_indeed(server: MortalStudio, token: str) -> None:
    url = server.studio.url
    access = httpx.post(f"{url}/api/token/refresh/", json={"refresh": token}, trust_env=False).json()["access"]
    headers = {"Authorization": f"Bearer {access}"}
    assert httpx.get(f"{url}/api/projects/", headers=headers, trust_env=False).status_code == 200
    time.sleep(LIVES + 0.2)
    assert httpx.get(f"{url}/api/projects/", headers=headers, trust_env=False).status_code == 401


def test_an_access_token_that_expires_between_two_requests_is_exchanged_anew(
    server: MortalStudio, proxy: Proxy, token: str
) -> None:
    with Server(proxy.url, token) as asked:
        first = asked.me()
        time.sleep(LIVES + 0.2)
        assert asked.me() == first
    assert [each.path for each in proxy.seen].count("/api/token/refresh/") == 2


def test_an_access_token_that_expires_on_the_way_is_exchanged_anew_and_what_was_refused_is_sent_once_more(
    server: MortalStudio, proxy: Proxy, token: str
) -> None:
    proxy.before = lambda number: time.sleep(LIVES + 0.2 if number == 3 else 0)
    with Server(proxy.url, token) as asked:
        asked.me()
        made = asked.create_project({"title": "made on the second try"})
    assert [(each.method, each.path, each.status) for each in proxy.seen] == [
        ("POST", "/api/token/refresh/", 200),
        ("GET", "/api/current-user/whoami", 200),
        ("POST", "/api/projects/", 401),
        ("POST", "/api/token/refresh/", 200),
        ("POST", "/api/projects/", 201),
    ]
    titles = [each["title"] for each in server.ask("GET", "/api/projects/")["results"]]
    assert titles.count("made on the second try") == 1
    server.ask("DELETE", f"/api/projects/{made['id']}/")


@pytest.mark.parametrize("kind", ["dropped after commit", "truncated reply"])
def test_a_read_is_tried_again_where_the_connection_ends_while_the_token_is_exchanged(
    proxy: Proxy, token: str, kind: Kind
) -> None:
    with Server(proxy.url, token) as asked:
        proxy.begin(Fault(kind, 1))
        assert asked.me().id == 1
        assert proxy.struck is not None
        assert proxy.struck.path == "/api/token/refresh/"


@pytest.mark.parametrize("kind", ["500 before", "502 after commit"])
def test_a_fault_while_the_token_is_exchanged_is_a_failure_of_the_world(proxy: Proxy, token: str, kind: Kind) -> None:
    with Server(proxy.url, token) as asked:
        proxy.begin(Fault(kind, 1))
        with pytest.raises(ServerError, match="\nHint: ") as caught:
            asked.me()
        assert proxy.struck is not None
        assert proxy.struck.path == "/api/token/refresh/"
        assert caught.value.exit_code == 3
        assert asked.me().id == 1


def test_a_token_that_was_revoked_is_named_and_not_shown(server: MortalStudio, proxy: Proxy, token: str) -> None:
    with Server(proxy.url, token) as asked:
        asked.me()
        revoke(server, token)
        time.sleep(LIVES + 0.2)
        with pytest.raises(ServerError, match=r"401.*blacklisted[^\n]*\nHint: .*doctor") as caught:
            asked.me()
    assert caught.value.status == 401
    assert token not in str(caught.value)


def test_a_token_that_the_server_refuses_is_not_tried_for_ever(server: MortalStudio, proxy: Proxy) -> None:
    with Server(proxy.url, "0" * 40) as asked, pytest.raises(ServerError) as caught:
        asked.me()
    assert caught.value.status == 401
    assert len(proxy.seen) == 1
