"""Checks of the connection between a workspace and its Label Studio server, with a code for each fault."""

import base64
import json
import os
import socket
import ssl
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from stancebank.annotate.client import Server
from stancebank.annotate.connection import (
    TOKEN_VARIABLE,
    AddressError,
    UntrustedError,
    find_address,
    find_connection,
    is_local,
)
from stancebank.annotate.http import HttpClient, HttpReply, is_loopback, reason
from stancebank.annotate.interface import INTERFACES, compile_interface
from stancebank.annotate.local.install import wanted_version
from stancebank.annotate.sync.projects import Project, find_projects, profile_of, project_mark
from stancebank.annotate.sync.pull import task_link, unusable_task
from stancebank.annotate.sync.state import article_folder
from stancebank.errors import Check, CheckState, ConflictError, ServerError, StancebankError, WorkspaceError
from stancebank.workspace import Workspace

_LOCALLY = "run `stancebank annotate studio start`"
_ELSEWHERE = "start the server, or correct the address"


def examine(workspace: Workspace, *, timeout: float = 10.0) -> Iterator[Check]:
    """Yield the checks, from the nearest to the farthest: a fault hides what is behind it. Changes nothing.

    timeout: seconds that the server has for each reply.
    """
    try:
        url, path = find_address(workspace)
    except WorkspaceError as error:
        yield _from_error("address-form" if isinstance(error, AddressError) else "address-missing", error)
        return
    locally = is_local(workspace, path)
    from_file = (locally or not os.environ.get(TOKEN_VARIABLE, "").strip()) and path.is_file()
    readable = False
    if from_file:
        check = check_token_file(path, str(path.relative_to(workspace.root)))
        readable = check.state == "fault"
        yield check
    wire = HttpClient(url, timeout=timeout)
    check, answer = check_reach(wire, _LOCALLY if locally else _ELSEWHERE)
    yield check
    if answer is not None:
        yield from check_openly(wire, answer)
    if readable:
        return
    try:
        connection = find_connection(workspace)
    except WorkspaceError as error:
        yield _from_error("address-untrusted" if isinstance(error, UntrustedError) else "token-missing", error)
        return
    if answer is None:
        return
    check, authorization = check_token(HttpClient(url, timeout=timeout), connection.token, connection.source)
    yield check
    if authorization:
        with connection.open() as server:
            yield from check_projects(server, workspace)
        yield check_local_files(HttpClient(url, timeout=timeout), authorization)


def _from_error(code: str, error: WorkspaceError) -> Check:
    message, _, hint = str(error).partition("\nHint: ")
    return Check(code, "fault", message, hint.rstrip("."))


SLOW, WRONG = 30.0, 240.0  # seconds between the clocks: worth a word; more than what is decided by times can bear


def check_reach(wire: HttpClient, start: str) -> tuple[Check, HttpReply | None]:
    """Check whether Label Studio answers. start: the hint if nothing listens. The reply is None in a fault."""
    url = wire.url
    try:
        answer = wire.ask("GET", "/api/version")
    except OSError as error:
        return _no_answer(url, error, start), None
    if answer.status in (301, 302, 307, 308) and "://" in (place := answer.headers.get("Location") or ""):
        other = place.removesuffix("/api/version").removesuffix("/api/version/")
        hint = "set the address to that one"
        return Check("reach-moved", "fault", f"{url} redirects to {other}.", hint), None
    if answer.status in (502, 503, 504):
        hint = "start Label Studio behind it, or check the proxy"
        return Check("reach-behind", "fault", f"{url} is a proxy without its server ({answer.status}).", hint), None
    if answer.status != 200 or "label-studio-os-package" not in answer.mapping():
        message = f"{url} answers (status {answer.status}), but it is not Label Studio."
        return Check("reach-stranger", "fault", message, "correct the address: host, port and path"), None
    return Check("reach", "ok", f"Label Studio answers at {url}."), answer


def _no_answer(url: str, error: OSError, start: str) -> Check:
    why = reason(error)
    if isinstance(error, socket.gaierror):
        return Check("reach-name", "fault", f"{url}: there is no such host.", "correct the host, or check the network")
    if isinstance(error, ssl.SSLError):
        hint = "renew the server's certificate; name a private authority's with SSL_CERT_FILE; or correct http, https"
        return Check("reach-tls", "fault", f"{url}: no secure connection: {why}.", hint)
    if isinstance(error, TimeoutError):
        hint = "check whether the server is overloaded, or a firewall blocks it"
        return Check("reach-timeout", "fault", f"{url}: there was no answer in time.", hint)
    if isinstance(error, ConnectionRefusedError):
        return Check("reach-refused", "fault", f"{url}: nothing listens there.", start)
    return Check("reach-broken", "fault", f"{url}: {why}.", "correct the address, or check the network")


def check_openly(wire: HttpClient, answer: HttpReply, now: float | None = None) -> Iterator[Check]:
    """Check what needs no token: version, clock, encryption, sign-up. answer: the reply of `check_reach`."""
    yield _version(str(answer.mapping().get("release") or ""))
    yield from _clock(answer, time.time() if now is None else now)
    if wire.url.startswith("http:") and not is_loopback(wire.url):
        hint = "put the server behind a proxy with a certificate, and set the address to https"
        yield Check("transport-plain", "warning", "Token and text go over the network unencrypted.", hint)
    yield _sign_up(wire)


def _version(found: str) -> Check:
    from packaging.version import InvalidVersion, Version

    tried = wanted_version()
    if found == tried:
        return Check("version", "ok", f"Label Studio {found} is the version that this toolkit was tested with.")
    try:
        code = "version-older" if Version(found) < Version(tried) else "version-newer"
    except InvalidVersion:
        code = "version-unknown"
    hint = f"use {tried} if you can; otherwise try a push and a pull with few articles first"
    return Check(code, "warning", f"Label Studio {found or 'of no known version'} was not tested; {tried} was.", hint)


def _clock(answer: HttpReply, now: float) -> Iterator[Check]:
    try:
        skew = now - parsedate_to_datetime(answer.headers["Date"]).timestamp()
    except (TypeError, ValueError):
        return
    if abs(skew) <= SLOW:
        yield Check("clock", "ok", "This machine's clock and the server's agree.")
        return
    state: CheckState = "fault" if abs(skew) > WRONG else "warning"
    message = f"This machine's clock is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} the server's."
    yield Check(
        "clock-skew", state, message, "set both by a time server (NTP): it decides which of two readings is newer"
    )


def _sign_up(wire: HttpClient) -> Check:
    """Send an empty sign-up form: an open server shows it again, a closed one refuses it."""
    page = "/user/signup/"
    try:
        shown = wire.ask("GET", page)
        sent = wire.ask("POST", page, form={"email": "", "password": ""}) if shown.status == 200 else shown
    except OSError as error:
        return Check("sign-up-unknown", "warning", f"The sign-up page: {reason(error)}.", "run it again")
    if shown.status == 200 and sent.status == 403 and not _is_forged(sent):
        return Check("sign-up", "ok", "Nobody can sign up without an invitation.")
    hint = "start the server with LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK=true"
    if shown.status == 200 and sent.status == 200:
        message = "Everybody who reaches the server can sign up, and may then delete all projects."
        return Check("sign-up-open", "warning" if is_loopback(wire.url) else "fault", message, hint)
    message = f"It is not clear whether strangers can sign up (status {sent.status})."
    return Check("sign-up-unknown", "warning", message, f"check that it is closed; {hint}")


def _is_forged(answer: HttpReply) -> bool:
    """Whether a form was refused for its CSRF token, as behind a proxy whose cookies need https."""
    return b"CSRF verification failed" in answer.body


_NEW = "make a personal access token under Account & Settings, and put it there"


def check_token_file(path: Path, shown: str) -> Check:
    """Check who can read the token's file. shown: its path for people."""
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        message = f"{shown} can be read by others (mode {mode:o}), and is not used."
        return Check("token-readable", "fault", message, f"run `chmod 600 {shown}`, and make a new token")
    return Check("token-file", "ok", f"Nobody else can read {shown}.")


def check_token(wire: HttpClient, token: str, source: str) -> tuple[Check, str]:
    """Try a token; return the check, and the header Authorization that the server takes ("" for none).

    source: where the token comes from, for messages.
    """
    try:
        return _tried(wire, token, source)
    except OSError as error:
        return Check("token-unknown", "warning", f"The token could not be tested: {reason(error)}.", "run it again"), ""


def _tried(wire: HttpClient, token: str, source: str) -> tuple[Check, str]:
    if token.split(" ")[0] in ("Token", "Bearer") or token != token.strip("\"' "):
        message = f"{source} holds more than the token: a word before it, or quotation marks."
        return Check("token-form", "fault", message, "keep only the token there"), ""
    payload = _payload(token)
    kind = payload.get("token_type")
    if kind == "access":
        message = (
            f"{source} holds an access token, which expires after five minutes, and not the token that it is made from."
        )
        return Check("token-access", "fault", message, _NEW), ""
    if kind == "refresh":
        return _refreshed(wire, token, source, payload)
    answer = wire.ask("GET", "/api/current-user/whoami", token=f"Token {token}")
    if answer.status == 200:
        return _taken("legacy token", answer), f"Token {token}"
    said = str(answer.mapping().get("detail", "")) if answer.status == 401 else ""
    if "legacy token authentication has been disabled" in said:
        message = "The server no longer accepts legacy tokens (40 digits) such as this one."
        return Check("token-legacy-off", "fault", message, f"{_NEW}; or let an administrator turn them on"), ""
    return _refused(answer.status, source)


def _refreshed(wire: HttpClient, token: str, source: str, payload: dict[str, Any]) -> tuple[Check, str]:
    answer = wire.ask("POST", "/api/token/refresh/", value={"refresh": token})
    access = answer.mapping().get("access") if answer.status == 200 else None
    if access:
        answer = wire.ask("GET", "/api/current-user/whoami", token=f"Bearer {access}")
        if answer.status == 200:
            return _taken("personal access token", answer), f"Bearer {access}"
    if float(payload.get("exp") or 0) < time.time():
        return Check("token-expired", "fault", f"The token in {source} has expired.", _NEW), ""
    return _refused(answer.status, source)


def _taken(kind: str, answer: HttpReply) -> Check:
    """Return the check of a token that the server accepted. answer: with the account."""
    account = answer.mapping().get("id")
    if account is None:
        message = f"The server accepted the token, a {kind}, but does not say whose it is."
        return Check("token-unknown", "warning", message, "run it again; if it comes back, check what answers there")
    return Check("token", "ok", f"The token, a {kind}, is that of account {account}.")


def _refused(status: int, source: str) -> tuple[Check, str]:
    message = (
        f"The server does not know the token in {source} (status {status}): it is of another server, or was revoked."
    )
    return Check("token-wrong", "fault", message, _NEW), ""


def _payload(token: str) -> dict[str, Any]:
    """Return the payload of a JSON Web Token; an empty one if it is not such a token."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        value = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def check_projects(server: Server, workspace: Workspace) -> Iterator[Check]:
    """Check the workspace's projects and their interfaces."""
    try:
        projects = find_projects(server, workspace)
    except ConflictError as error:
        message, _, hint = str(error).partition("\nHint: ")
        yield Check("project-twice", "fault", message, hint)
        return
    except StancebankError as error:
        message, _, hint = str(error).partition("\nHint: ")
        yield Check("project-unknown", "fault", message, hint)
        return
    if not projects:
        message = f"No project on the server has the mark {project_mark(workspace, None)!r}."
        yield Check("project-missing", "fault", message, "run `stancebank annotate push`, which creates it")
    for project in projects:
        yield Check("project", "ok", f"Project {project.id}, {project.title!r}, is this workspace's.")
        yield _interface(project, workspace)
        yield from check_tasks(server, project, workspace)


def check_tasks(server: Server, project: Project, workspace: Workspace) -> Iterator[Check]:
    """Yield a warning for each task of a project that nobody can use, or that is not the only one of its article."""
    address, tasks = f"{server.url}/projects/{project.id}", dict[str, list[int]]()
    try:
        for task in server.tasks(project.id, ["data"]):
            if reason := unusable_task(task, workspace):
                message, _, hint = reason.partition(" Hint: ")
                said = f"Task {task['id']} of project {project.id}: {message} ({task_link(address, task['id'])})"
                yield Check("task-unusable", "warning", said, hint.rstrip("."))
            else:
                tasks.setdefault(article_folder(task), []).append(int(task["id"]))
    except ServerError as error:
        message, _, hint = str(error).partition("\nHint: ")
        yield Check("tasks-unknown", "warning", message, hint.rstrip("."))
        return
    for article_id, numbers in sorted(tasks.items()):
        if len(numbers) > 1:
            shown = " and ".join(task_link(address, number) for number in numbers)
            hint = (
                "in Label Studio, delete the one that is not meant; of those without labels, a push removes one itself"
            )
            yield Check("task-twice", "warning", f"{article_id} has {len(numbers)} tasks: {shown}.", hint)


def _interface(project: Project, workspace: Workspace) -> Check:
    wanted = profile_of(workspace)
    has = project.interface.strip()
    command = f"stancebank annotate interface --profile {wanted}"
    hint = f"run `stancebank annotate push`, or paste the output of `{command}` there"
    for profile in INTERFACES:
        if has == compile_interface(workspace, profile).strip():
            if profile == wanted:
                return Check("interface", "ok", f"Project {project.id} has the interface of this schema.")
            message = f"Project {project.id} has the {profile} interface; stancebank.toml asks for the {wanted} one."
            return Check("interface-profile", "warning", message, hint)
    message = f"The interface of project {project.id} is not the one compiled from the schema."
    return Check("interface-drift", "fault", message, hint)


def check_local_files(wire: HttpClient, authorization: str) -> Check:
    """Check whether the server serves files of its own machine, without requesting one that exists."""
    try:
        status = wire.ask("GET", "/data/local-files/?d=stancebank-asks", token=authorization).status
    except OSError as error:
        return Check("local-files-unknown", "warning", f"Local files: {reason(error)}.", "run it again")
    if status == 403:
        return Check("local-files", "ok", "The server serves no files of its own machine.")
    hint = "start the server with LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED=false"
    if status == 404:
        return Check("local-files-on", "warning", "Everybody with an account can read files of its machine.", hint)
    return Check("local-files-unknown", "warning", f"It is not clear whether it serves local files ({status}).", hint)
