"""The doctor names the exact fault: every one is provoked, on a real server or by a real socket."""

import base64
import json
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from stancebank.annotate.connection import LOCAL, connect, write_secret
from stancebank.annotate.doctor import examine
from stancebank.annotate.interface import compile_interface
from stancebank.annotate.sync.projects import create_project
from stancebank.errors import Check
from stancebank.workspace import Workspace, open_workspace
from tests.studio import TOKEN, Studio, running_studio


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the tester's shell says of a server does not count."""
    for name in ("LABEL_STUDIO_URL", "LABEL_STUDIO_API_KEY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)


def checks(workspace: Workspace, *, timeout: float = 10.0) -> dict[str, Check]:
    found = list(examine(workspace, timeout=timeout))
    for check in found:
        assert check.state == "ok" or check.hint, check
    return {check.code: check for check in found}


def faults(workspace: Workspace, *, timeout: float = 10.0) -> set[str]:
    return {code for code, check in checks(workspace, timeout=timeout).items() if check.state == "fault"}


# the address and the way to it


def test_no_address_and_no_token_are_two_faults(toy_workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    assert faults(toy_workspace) == {"address-missing"}
    monkeypatch.setenv("LABEL_STUDIO_URL", "http://127.0.0.1:9")
    assert faults(toy_workspace) == {"reach-refused", "token-missing"}


def test_an_address_that_nobody_has_trusted_gets_no_token(
    toy_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", TOKEN)
    path = toy_root / "stancebank.toml"
    path.write_text(path.read_text() + '\n[label_studio]\nurl = "http://no-such-host.invalid"\n')
    assert faults(open_workspace(toy_root)) == {"reach-name", "address-untrusted"}


def test_a_local_server_that_was_stopped_is_to_be_started(toy_workspace: Workspace) -> None:
    studio = toy_workspace.root / LOCAL / "studio"
    write_secret(studio / "url", "http://127.0.0.1:9")
    write_secret(studio / "token", TOKEN)
    assert checks(toy_workspace)["reach-refused"].hint == "run `stancebank annotate studio start`"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://no-such-host.invalid", "reach-name"),
        ("http://127.0.0.1:9", "reach-refused"),
        ("http://", "address-form"),
        ("nonsense", "address-form"),
    ],
)
def test_an_address_that_leads_nowhere_is_told_by_its_kind(
    toy_workspace: Workspace, monkeypatch: pytest.MonkeyPatch, url: str, code: str
) -> None:
    monkeypatch.setenv("LABEL_STUDIO_URL", url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", TOKEN)
    assert faults(toy_workspace) == {code}


@pytest.mark.slow
def test_a_server_that_takes_a_request_and_never_answers_is_a_timeout(
    toy_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", TOKEN)
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        monkeypatch.setenv("LABEL_STUDIO_URL", f"http://127.0.0.1:{deaf.getsockname()[1]}")
        assert faults(toy_workspace, timeout=0.5) == {"reach-timeout"}


@contextmanager
def answering(
    status: int, body: object = None, headers: dict[str, str] | None = None, certificate: Path | None = None
) -> Iterator[str]:
    """Serve the same answer to every request, and yield the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response_only(status)
            for name, value in {"Date": formatdate(usegmt=True), **(headers or {})}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http{'s' if certificate else ''}://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_what_is_not_label_studio_is_told(toy_workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", TOKEN)
    elsewhere = {"Location": "https://labels.example.org/api/version"}
    answers: list[tuple[int, object, str, dict[str, str]]] = [
        (200, {"name": "something"}, "reach-stranger", {}),
        (404, None, "reach-stranger", {}),
        (502, None, "reach-behind", {}),
        (301, None, "reach-moved", elsewhere),
    ]
    for status, body, code, headers in answers:
        with answering(status, body, headers) as url:
            monkeypatch.setenv("LABEL_STUDIO_URL", url)
            assert faults(toy_workspace) == {code}


@pytest.mark.slow
def test_a_certificate_that_nobody_vouches_for_and_no_certificate_at_all_are_faults_of_tls(
    toy_workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", TOKEN)
    pem = tmp_path / "own.pem"
    make = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    subprocess.run([*make.split(), "-keyout", pem, "-out", tmp_path / "c"], check=True, capture_output=True)
    pem.write_text(pem.read_text() + (tmp_path / "c").read_text())
    with answering(200, {}, certificate=pem) as url:
        monkeypatch.setenv("LABEL_STUDIO_URL", url)
        assert "self-signed" in checks(toy_workspace)["reach-tls"].message
    with answering(200, {}) as url:
        monkeypatch.setenv("LABEL_STUDIO_URL", url.replace("http:", "https:"))
        assert faults(toy_workspace) == {"reach-tls"}


@pytest.mark.parametrize(
    ("release", "code"),
    [
        ("1.22.0", "version-older"),
        ("1.99.0", "version-newer"),
        ("develop", "version-unknown"),
        (None, "version-unknown"),
    ],
)
def test_a_version_that_was_not_tried_is_a_warning(
    toy_workspace: Workspace, monkeypatch: pytest.MonkeyPatch, release: str | None, code: str
) -> None:
    with answering(200, {"release": release, "label-studio-os-package": {}}) as url:
        monkeypatch.setenv("LABEL_STUDIO_URL", url)
        assert checks(toy_workspace)[code].state == "warning"


@pytest.mark.parametrize(("seconds", "state"), [(0, "ok"), (90, "warning"), (-90, "warning"), (3600, "fault")])
def test_clocks_that_differ_are_told_by_how_much(
    toy_workspace: Workspace, monkeypatch: pytest.MonkeyPatch, seconds: int, state: str
) -> None:
    then = {"Date": formatdate(time.time() - seconds, usegmt=True)}
    with answering(200, {"release": "1.23.2", "label-studio-os-package": {}}, then) as url:
        monkeypatch.setenv("LABEL_STUDIO_URL", url)
        found = checks(toy_workspace)
        clock = found["clock-skew" if seconds else "clock"]
        assert clock.state == state
        if seconds:
            assert ("ahead of" if seconds > 0 else "behind") in clock.message


def test_words_in_the_clear_are_a_warning_away_from_this_machine(
    toy_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"release": "1.23.2", "label-studio-os-package": {}}
    with answering(200, body) as url:
        monkeypatch.setenv("LABEL_STUDIO_URL", url)
        assert "transport-plain" not in checks(toy_workspace)
        monkeypatch.setenv("LABEL_STUDIO_URL", "http://labels.example.org")
        monkeypatch.setenv("http_proxy", url)  # which answers for that host
        assert checks(toy_workspace)["transport-plain"].state == "warning"


# a real server


@pytest.fixture
def at_studio(toy_workspace: Workspace, studio: Studio, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace that knows the server's address, and has no token yet."""
    monkeypatch.setenv("LABEL_STUDIO_URL", studio.url)
    return toy_workspace


@pytest.mark.server
def test_a_server_in_order_has_nothing_but_ok(
    at_studio: Workspace, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_secret(at_studio.root / LOCAL / "token", TOKEN)
    assert faults(at_studio) == {"project-missing"}
    interface = compile_interface(at_studio, "full")
    with connect(at_studio) as server:
        project = create_project(server, at_studio, None, interface)
    users = len(studio.ask("GET", "/api/users/"))
    found = checks(at_studio)
    assert {check.state for check in found.values()} == {"ok"}
    assert set(found) == {
        *("token-file", "reach", "version", "clock", "sign-up", "token", "project", "interface", "local-files")
    }
    assert len(studio.ask("GET", "/api/users/")) == users
    studio.ask("PATCH", f"/api/projects/{project.id}/", json={"label_config": interface.replace('required="true"', "")})
    assert faults(at_studio) == {"interface-drift"}
    core = compile_interface(at_studio, "core")
    studio.ask("PATCH", f"/api/projects/{project.id}/", json={"label_config": core})
    assert checks(at_studio)["interface-profile"].state == "warning"
    with connect(at_studio) as server:
        twin = create_project(server, at_studio, None, interface)
    assert faults(at_studio) == set()  # the younger one is empty, and nobody works in it
    for each in (project, twin):
        task = {"data": {"text": "Words.", "targets": [], "entities": [], "kinds": [], "speakers": []}}
        studio.ask("POST", f"/api/projects/{each.id}/import", json=[task])
    assert faults(at_studio) == {"project-twice"}
    for each in (project, twin):
        studio.ask("DELETE", f"/api/projects/{each.id}/")


@pytest.mark.server
def test_a_token_file_that_others_can_read_is_not_used(at_studio: Workspace) -> None:
    path = at_studio.root / LOCAL / "token"
    write_secret(path, TOKEN)
    path.chmod(0o640)
    found = checks(at_studio)
    assert found["token-readable"].state == "fault"
    assert "token" not in found
    assert "reach" in found  # the rest is looked at all the same


@pytest.mark.server
def test_every_wrong_kind_of_token_is_told_from_the_others(
    at_studio: Workspace, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = studio.add_person("tina")
    personal = studio.ask("POST", "/api/token/", person.token)["token"]
    access = httpx.post(f"{studio.url}/api/token/refresh/", json={"refresh": personal}, trust_env=False).json()[
        "access"
    ]
    head, _, tail = personal.split(".")
    expired, forged = (
        f"{head}.{_base64(json.dumps({'token_type': 'refresh', 'exp': end, 'jti': 'a', 'user_id': '1'}))}.{tail}"
        for end in (1_000_000_000, 9_000_000_000)
    )
    kinds = {
        TOKEN: "token",
        personal: "token",
        "1" * 40: "token-wrong",
        forged: "token-wrong",
        expired: "token-expired",
        access: "token-access",
        f"Token {TOKEN}": "token-form",
        f"Bearer {personal}": "token-form",
        f'"{TOKEN}"': "token-form",
        "not.a.token": "token-wrong",
    }
    for token, code in kinds.items():
        monkeypatch.setenv("LABEL_STUDIO_API_KEY", token)
        found = checks(at_studio)
        assert [each for each in found if each.startswith("token")] == [code], found
        said = " ".join(check.message + check.hint for check in found.values())
        assert token.split(" ")[-1].strip('"') not in said


@pytest.mark.server
def test_a_legacy_token_that_the_organisation_has_turned_off_is_told(
    at_studio: Workspace, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = studio.add_person("lena")
    personal = studio.ask("POST", "/api/token/", person.token)["token"]

    def allow(legacy: bool) -> None:
        found = httpx.post(f"{studio.url}/api/token/refresh/", json={"refresh": personal}, trust_env=False).json()
        settings = {"api_tokens_enabled": True, "legacy_api_tokens_enabled": legacy}
        headers = {"Authorization": f"Bearer {found['access']}"}
        httpx.post(f"{studio.url}/api/jwt/settings", json=settings, headers=headers, trust_env=False).raise_for_status()

    monkeypatch.setenv("LABEL_STUDIO_API_KEY", TOKEN)
    allow(False)
    try:
        assert "token-legacy-off" in faults(at_studio)
        monkeypatch.setenv("LABEL_STUDIO_API_KEY", personal)
        assert checks(at_studio)["token"].state == "ok"
    finally:
        allow(True)


@pytest.mark.server
def test_open_sign_up_and_local_files_are_told_and_nobody_is_signed_up(
    toy_workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = {"DISABLE_SIGNUP_WITHOUT_LINK": "false", "LOCAL_FILES_SERVING_ENABLED": "true"}
    with running_studio(tmp_path / "open", **settings) as studio:
        monkeypatch.setenv("LABEL_STUDIO_URL", studio.url)
        monkeypatch.setenv("LABEL_STUDIO_API_KEY", TOKEN)
        found = checks(toy_workspace)
        assert (found["sign-up-open"].state, found["local-files-on"].state) == ("warning", "warning")
        assert len(studio.ask("GET", "/api/users/")) == 1
        monkeypatch.setattr("stancebank.annotate.doctor.is_loopback", lambda _: False)  # as if it were far away
        assert "sign-up-open" in faults(toy_workspace)


@pytest.mark.server
def test_a_form_refused_for_its_cookie_is_not_taken_for_closed_sign_up(
    toy_workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with running_studio(tmp_path / "secure", SESSION_COOKIE_SECURE="1") as studio:
        monkeypatch.setenv("LABEL_STUDIO_URL", studio.url)
        assert checks(toy_workspace)["sign-up-unknown"].state == "warning"


def _base64(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()
