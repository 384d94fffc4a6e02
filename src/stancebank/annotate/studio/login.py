"""Logins of a local server: its administrator and its annotators, each in a file that only the owner can read."""

import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from stancebank.annotate.connection import write_secret
from stancebank.errors import InputError
from stancebank.records import read_json, to_json

ADMIN = "admin"
_DOMAIN = "localhost"  # no mail is ever sent; the server wants addresses


@dataclass(frozen=True, slots=True)
class Login:
    """How somebody enters. token: of the programming interface, 40 hexadecimal digits; "" where there is none."""

    email: str
    password: str
    token: str = ""

    def __repr__(self) -> str:
        return f"Login({self.email})"  # so that no traceback shows the rest


def login_path(folder: Path, name: str) -> Path:
    """Where a login lies. folder: of the studio. name: `ADMIN`, or an annotator's pseudonym."""
    return folder / "logins" / f"{name}.json"


def read_login(folder: Path, name: str) -> Login | None:
    """Return a login, or None where there is none. Raises InputError where its file is damaged."""
    path = login_path(folder, name)
    if not path.is_file():
        return None
    try:
        return Login(**read_json(path))
    except TypeError:
        raise InputError(f"{path} is not a login.\nHint: restore it from a backup.") from None


def make_login(folder: Path, name: str) -> Login:
    """Return the login of a name, drawing its secrets and writing them down first where there is none."""
    login = read_login(folder, name)
    if login is None:
        token = secrets.token_hex(20) if name == ADMIN else ""
        login = Login(f"{name}@{_DOMAIN}", secrets.token_urlsafe(15), token)
        write_secret(login_path(folder, name), to_json(asdict(login)).rstrip())
    return login


def login_names(folder: Path) -> list[str]:
    """Return who has a login, the administrator first."""
    names = {path.stem for path in (folder / "logins").glob("*.json")}
    return sorted(names, key=lambda name: (name != ADMIN, name))
