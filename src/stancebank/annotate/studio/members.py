"""Annotators of a local server: each enters with an address and a password that were drawn here.

They are made as a guest would make an account, by the administrator's invitation and the page for signing up, since
the programming interface makes accounts that nobody can enter.
"""

from pathlib import Path
from urllib.parse import quote

from stancebank.annotate.forms import Account, fitting
from stancebank.annotate.server import User
from stancebank.annotate.studio.login import ADMIN, Login, make_login, read_login
from stancebank.annotate.wire import Wire
from stancebank.corpus.store import is_id
from stancebank.errors import InputError, ServerError

_RESERVED = (ADMIN, "gold")
_WHO = "/api/current-user/whoami"


def demand_pseudonym(name: str) -> None:
    """Raise InputError where a name cannot stand for an annotator."""
    if not is_id(name) or name in _RESERVED:
        raise InputError(
            f"{name!r} is no pseudonym for an annotator.\n"
            f"Hint: use small letters, digits and single hyphens, such as anna or ann-3, and none of "
            f"{', '.join(_RESERVED)}."
        )


def add_member(folder: Path, url: str, name: str) -> User:
    """Give an annotator an account on the server, unless there is one, and return it.

    folder: of the studio; the login is written there before the account is made, so a rerun enters with it. Raises
    InputError for a name that is no pseudonym, and ServerError where the server does not make the account.
    """
    demand_pseudonym(name)
    admin = read_login(folder, ADMIN)
    if admin is None:
        raise InputError(f"{folder} has no login of an administrator.\nHint: run `stancebank annotate studio start`.")
    login = make_login(folder, name)
    return _entered(url, login) or _signed_up(url, admin, login)


def entrance(url: str, project: int | None) -> str:
    """Return the page where somebody enters; behind it the stream of a project's tasks, or the list of projects."""
    behind = f"?next={quote(f'/projects/{project}/data?labeling=1')}" if project is not None else ""
    return f"{url}/user/login/{behind}"


def _entered(url: str, login: Login) -> User | None:
    wire = Wire(url, timeout=60)
    wire.ask("GET", "/user/login/")
    wire.ask("POST", "/user/login/", form={"email": login.email, "password": login.password})
    return _user(wire)


def _signed_up(url: str, admin: Login, login: Login) -> User:
    invitation = Wire(url, timeout=60).ask("GET", "/api/invite", token=f"Token {admin.token}")
    page = invitation.mapping().get("invite_url")
    if not page:
        raise ServerError(
            f"{url} gives the administrator no invitation (status {invitation.status}).\n"
            "Hint: run `stancebank annotate doctor`, which tells what is wrong with the token.",
            invitation.status,
        )
    wire = Wire(url, timeout=60)
    wire.ask("GET", page)
    answer = wire.ask("POST", page, form={"email": login.email, "password": login.password})
    user = _user(wire)
    if user is None:
        raise ServerError(
            f"{url} has not made an account for {login.email} (status {answer.status}). Perhaps there is one with "
            "another password.\nHint: remove that account in the browser, or choose another pseudonym.",
            answer.status,
        )
    return user


def _user(wire: Wire) -> User | None:
    answer = wire.ask("GET", _WHO)
    if answer.status != 200:
        return None
    value = fitting(answer.json(), Account, f"{wire.url} (GET {_WHO})")
    return User(value["id"], str(value.get("email")), str(value.get("date_joined")))
