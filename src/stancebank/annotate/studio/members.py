"""Annotators of a local server: each enters with an address and a password that were drawn here.

They are made as a guest would make an account, by the administrator's invitation and the page for signing up, since
the programming interface makes accounts that nobody can enter.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from stancebank.annotate.studio.login import ADMIN, Login, make_login, read_login
from stancebank.annotate.wire import Wire
from stancebank.errors import InputError, ServerError

_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_RESERVED = (ADMIN, "gold")


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody with an account. name: a pseudonym. user: the number of the account on the server."""

    name: str
    user: int


def demand_pseudonym(name: str) -> None:
    """Raise InputError where a name cannot stand for an annotator."""
    if not _NAME.fullmatch(name) or len(name) > 60 or name in _RESERVED:
        raise InputError(
            f"{name!r} is no pseudonym for an annotator.\n"
            f"Mend: use small letters, digits and single hyphens, such as anna or ann-3, and none of "
            f"{', '.join(_RESERVED)}."
        )


def add_member(folder: Path, url: str, name: str) -> Member:
    """Give an annotator an account on the server, unless there is one, and return it.

    folder: of the studio; the login is written there before the account is made, so a rerun enters with it. Raises
    InputError for a name that is no pseudonym, and ServerError where the server does not make the account.
    """
    demand_pseudonym(name)
    admin = read_login(folder, ADMIN)
    if admin is None:
        raise InputError(f"{folder} has no login of an administrator.\nMend: run `stancebank annotate studio start`.")
    login = make_login(folder, name)
    return Member(name, _entered(url, login) or _signed_up(url, admin, login))


def _entered(url: str, login: Login) -> int | None:
    wire = Wire(url, timeout=60)
    wire.ask("GET", "/user/login/")
    wire.ask("POST", "/user/login/", form={"email": login.email, "password": login.password})
    return _user(wire)


def _signed_up(url: str, admin: Login, login: Login) -> int:
    invitation = Wire(url, timeout=60).ask("GET", "/api/invite", token=f"Token {admin.token}")
    page = (invitation.json() or {}).get("invite_url")
    if not page:
        raise ServerError(
            f"{url} gives the administrator no invitation (status {invitation.status}).\n"
            "Mend: run `stancebank annotate doctor`, which tells what is wrong with the token.",
            invitation.status,
        )
    wire = Wire(url, timeout=60)
    wire.ask("GET", page)
    answer = wire.ask("POST", page, form={"email": login.email, "password": login.password})
    user = _user(wire)
    if user is None:
        raise ServerError(
            f"{url} has not made an account for {login.email} (status {answer.status}). Perhaps there is one with "
            "another password.\nMend: remove that account in the browser, or choose another pseudonym.",
            answer.status,
        )
    return user


def _user(wire: Wire) -> int | None:
    answer = wire.ask("GET", "/api/current-user/whoami")
    return int(answer.json()["id"]) if answer.status == 200 else None
