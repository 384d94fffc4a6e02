"""Logins of a local server: its administrator and its annotators, each in a file that only the owner can read."""

import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

from stancebank.annotate.client import User
from stancebank.annotate.connection import write_secret
from stancebank.annotate.forms import AccountReply, require_form
from stancebank.annotate.http import HttpClient
from stancebank.corpus.store import is_id, require_portable
from stancebank.errors import InputError, ServerError
from stancebank.records import read_json, to_json

ADMIN = "admin"
_DOMAIN = "localhost"  # no mail is ever sent; the server wants addresses


@dataclass(frozen=True, slots=True)
class Login:
    """How a user logs in. token: of the API, 40 hexadecimal digits; "" if there is none."""

    email: str
    password: str
    token: str = ""

    def __repr__(self) -> str:
        return f"Login({self.email})"  # so that no traceback shows the rest


def login_path(folder: Path, name: str) -> Path:
    """Return the file of a login. folder: of the local server. name: `ADMIN`, or an annotator's pseudonym."""
    return folder / "logins" / f"{name}.json"


def read_login(folder: Path, name: str) -> Login | None:
    """Return a login, or None if there is none. Raises InputError if its file is damaged."""
    path = login_path(folder, name)
    if not path.is_file():
        return None
    try:
        return Login(**read_json(path))
    except TypeError:
        raise InputError(f"{path} is not a login.\nHint: restore it from a backup.") from None


def make_login(folder: Path, name: str) -> Login:
    """Return the login of a name. If there is none, draw its secrets and write them first."""
    login = read_login(folder, name)
    if login is None:
        token = secrets.token_hex(20) if name == ADMIN else ""
        login = Login(f"{name}@{_DOMAIN}", secrets.token_urlsafe(15), token)
        write_secret(login_path(folder, name), to_json(asdict(login)).rstrip())
    return login


def login_names(folder: Path) -> list[str]:
    """Return the names that have a login, the administrator first."""
    names = {path.stem for path in (folder / "logins").glob("*.json")}
    return sorted(names, key=lambda name: (name != ADMIN, name))


_RESERVED = (ADMIN, "gold")
_WHO = "/api/current-user/whoami"


def require_pseudonym(name: str) -> None:
    """Raise InputError if a name cannot be that of an annotator."""
    if not is_id(name) or name in _RESERVED:
        raise InputError(
            f"{name!r} is not a pseudonym for an annotator.\n"
            f"Hint: use small letters, digits and single hyphens, such as anna or ann-3, and none of "
            f"{', '.join(_RESERVED)}."
        )
    require_portable(name)


def add_member(folder: Path, url: str, name: str) -> User:
    """Give an annotator an account on the server, unless there is one, and return it.

    folder: of the local server; the login is written there before the account is created, so a rerun uses it. Raises
    InputError for a name that is not a pseudonym, and ServerError if the server does not create the account.
    """
    require_pseudonym(name)
    admin = read_login(folder, ADMIN)
    if admin is None:
        raise InputError(f"{folder} has no login of an administrator.\nHint: run `stancebank annotate studio start`.")
    login = make_login(folder, name)
    return _entered(url, login) or _signed_up(url, admin, login)


def entrance(url: str, project: int | None) -> str:
    """Return the login page; it leads to the tasks of a project one after the other, or to the list of projects."""
    behind = f"?next={quote(f'/projects/{project}/data?labeling=1')}" if project is not None else ""
    return f"{url}/user/login/{behind}"


def _entered(url: str, login: Login) -> User | None:
    wire = HttpClient(url, timeout=60)
    wire.ask("GET", "/user/login/")
    wire.ask("POST", "/user/login/", form={"email": login.email, "password": login.password})
    return _user(wire)


def _signed_up(url: str, admin: Login, login: Login) -> User:
    invitation = HttpClient(url, timeout=60).ask("GET", "/api/invite", token=f"Token {admin.token}")
    page = invitation.mapping().get("invite_url")
    if not page:
        raise ServerError(
            f"{url} gives the administrator no invitation (status {invitation.status}).\n"
            "Hint: run `stancebank annotate doctor`, which checks the token.",
            invitation.status,
        )
    wire = HttpClient(url, timeout=60)
    wire.ask("GET", page)
    answer = wire.ask("POST", page, form={"email": login.email, "password": login.password})
    user = _user(wire)
    if user is None:
        raise ServerError(
            f"{url} did not create an account for {login.email} (status {answer.status}). Perhaps there is one with "
            "another password.\nHint: remove that account in the browser, or choose another pseudonym.",
            answer.status,
        )
    return user


def _user(wire: HttpClient) -> User | None:
    answer = wire.ask("GET", _WHO)
    if answer.status != 200:
        return None
    value = require_form(answer.json(), AccountReply, f"{wire.url} (GET {_WHO})")
    return User(value["id"], str(value.get("email")), str(value.get("date_joined")))
