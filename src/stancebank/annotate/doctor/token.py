"""Whether the token is one that the server takes, and where not, why: there are three kinds of it."""

import base64
import json
import time
from pathlib import Path
from typing import Any

from stancebank.annotate.doctor.check import Check
from stancebank.annotate.wire import Answer, Wire, reason

_NEW = "make a personal access token under Account & Settings, and put it there"


def check_token_file(path: Path, shown: str) -> Check:
    """Check who can read the token's file. shown: its path for people."""
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        message = f"{shown} can be read by others (mode {mode:o}), and is not used."
        return Check("token-readable", "fault", message, f"run `chmod 600 {shown}`, and make a new token")
    return Check("token-file", "ok", f"Nobody else can read {shown}.")


def check_token(wire: Wire, token: str, source: str) -> tuple[Check, str]:
    """Try a token; return the check, and the header Authorization that the server takes ("" for none).

    source: where the token comes from, for messages.
    """
    try:
        return _tried(wire, token, source)
    except OSError as error:
        return Check("token-unknown", "warning", f"The token could not be tried: {reason(error)}.", "run it again"), ""


def _tried(wire: Wire, token: str, source: str) -> tuple[Check, str]:
    if token.split(" ")[0] in ("Token", "Bearer") or token != token.strip("\"' "):
        message = f"{source} holds more than the token: a word before it, or quotation marks."
        return Check("token-form", "fault", message, "leave the token alone there"), ""
    payload = _payload(token)
    kind = payload.get("token_type")
    if kind == "access":
        message = f"{source} holds an access token, which lives five minutes, and not the token that it is made from."
        return Check("token-access", "fault", message, _NEW), ""
    if kind == "refresh":
        return _refreshed(wire, token, source, payload)
    answer = wire.ask("GET", "/api/current-user/whoami", token=f"Token {token}")
    if answer.status == 200:
        return _taken("legacy token", answer), f"Token {token}"
    said = str(answer.mapping().get("detail", "")) if answer.status == 401 else ""
    if "legacy token authentication has been disabled" in said:
        message = "The server no longer takes legacy tokens (40 digits), as this one is."
        return Check("token-legacy-off", "fault", message, f"{_NEW}; or let an administrator turn them on"), ""
    return _refused(answer.status, source)


def _refreshed(wire: Wire, token: str, source: str, payload: dict[str, Any]) -> tuple[Check, str]:
    answer = wire.ask("POST", "/api/token/refresh/", value={"refresh": token})
    access = answer.mapping().get("access") if answer.status == 200 else None
    if access:
        answer = wire.ask("GET", "/api/current-user/whoami", token=f"Bearer {access}")
        if answer.status == 200:
            return _taken("personal access token", answer), f"Bearer {access}"
    if float(payload.get("exp") or 0) < time.time():
        return Check("token-expired", "fault", f"The token in {source} has expired.", _NEW), ""
    return _refused(answer.status, source)


def _taken(kind: str, answer: Answer) -> Check:
    """Return the check of a token that the server took. answer: whose it is."""
    account = answer.mapping().get("id")
    if account is None:
        message = f"The server took the token, a {kind}, and does not say whose it is."
        return Check("token-unknown", "warning", message, "run it again; if it comes back, see who answers there")
    return Check("token", "ok", f"The token, a {kind}, is that of account {account}.")


def _refused(status: int, source: str) -> tuple[Check, str]:
    message = f"The server does not know the token in {source} (status {status}): it is of another server, or revoked."
    return Check("token-wrong", "fault", message, _NEW), ""


def _payload(token: str) -> dict[str, Any]:
    """Return what a JSON Web Token says of itself; nothing where it is none."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        value = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
