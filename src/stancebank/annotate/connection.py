"""Where the Label Studio server of a workspace is, and the token for it.

The address comes from the environment (LABEL_STUDIO_URL), else from stancebank.toml ([label_studio] url), else it is
that of the local server, which `stancebank annotate studio start` runs. The token comes from the environment
(LABEL_STUDIO_API_KEY) or from a file that nobody else can read, never from stancebank.toml or the command line.

A token is sent only to an address that this person has chosen: one of the environment, of this machine, or one that
they have trusted with `stancebank annotate trust`. Whoever can write stancebank.toml, as with a workspace that comes
from elsewhere, could otherwise name a server that collects tokens.
"""

import json
import os
import re
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from platformdirs import user_config_path

from stancebank.annotate.client import Server
from stancebank.annotate.http import is_loopback
from stancebank.errors import WorkspaceError
from stancebank.records import to_json, write_bytes
from stancebank.workspace import SETTINGS_FILE, Workspace

URL_VARIABLE, TOKEN_VARIABLE = "LABEL_STUDIO_URL", "LABEL_STUDIO_API_KEY"
TOKEN = "token"
TRUSTED = "servers.json"  # in the configuration folder of the user, outside of all workspaces

LOCAL = ".stancebank/label-studio"
"""What belongs to Label Studio and to this machine alone; git ignores it. Below it:

- ``token``: of the server that the environment or the settings name.
- ``studio/``: the local server, with ``url`` and ``token`` of its own.
- ``annotators.json``: who the accounts are.
- ``projects/``: what was pulled from each project, see `stancebank.annotate.sync.state`.
"""


_PAGE = re.compile(r"/(projects(/\d+.*)?|user/.*|organization.*|api)/?$")  # what a browser shows after the address


class AddressError(WorkspaceError):
    """A setting that should be the address of a server is not one."""


class UntrustedError(WorkspaceError):
    """The address comes from the workspace, and nobody has said on this machine that a token may go there."""


@dataclass(frozen=True, slots=True)
class Connection:
    """A server's address and a token for it. source: where the token comes from, for messages."""

    url: str
    token: str = field(repr=False)
    source: str

    def open(self) -> Server:
        """Return the server, without a request."""
        return Server(self.url, self.token)


def local_folder(workspace: Workspace) -> Path:
    """Return the folder of what belongs to Label Studio, made private: git ignores it, and other users cannot enter it.

    Raw tasks hold withheld text and e-mail addresses, and so does the table of accounts.
    """
    workspace.store.keep_local_store_out_of_git()
    folder = workspace.root / LOCAL
    folder.mkdir(exist_ok=True, mode=0o700)
    if os.name == "posix" and folder.stat().st_mode & 0o077:
        folder.chmod(0o700)
    return folder


def find_address(workspace: Workspace) -> tuple[str, Path]:
    """Return the URL of the server of a workspace, without a final slash, and the file that its token belongs in.

    Raises WorkspaceError if no address is known, and AddressError if it is not one.
    """
    folder = workspace.root / LOCAL
    for url, source in (
        (os.environ.get(URL_VARIABLE, "").strip(), f"The variable {URL_VARIABLE}"),
        (workspace.settings.label_studio["url"], f"url in {SETTINGS_FILE}"),
    ):
        if url:
            _require_address(url, source)
            return url.rstrip("/"), folder / TOKEN
    if not (folder / "studio" / "url").is_file():
        raise WorkspaceError(
            "No Label Studio server is known.\n"
            "Hint: run `stancebank annotate studio start` for one on this machine; for another, set "
            f"{URL_VARIABLE}, or url below [label_studio] in {SETTINGS_FILE}."
        )
    return (folder / "studio" / "url").read_text("utf-8", errors="replace").strip().rstrip(
        "/"
    ), folder / "studio" / TOKEN


def _require_address(url: str, source: str) -> None:
    """Raise AddressError if a URL is not that of a server, without repeating what may be a password."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        parts, usable = SplitResult("", "", "", "", ""), False
    if "@" in url:
        raise AddressError(
            f"{source} holds a user or a password, which no address may.\n"
            f"Hint: leave out the part before the @, and put the token into {TOKEN_VARIABLE} or a file."
        )
    if not usable:
        raise AddressError(
            f"{source}, {url!r}, is not the address of a server.\n"
            "Hint: write it in full, such as https://labels.example.org."
        )
    page = _PAGE.search(parts.path)
    if page or parts.query or parts.fragment:
        server = f"{parts.scheme}://{parts.netloc}{parts.path[: page.start()] if page else parts.path}"
        raise AddressError(f"{source}, {url!r}, is a page on the server.\nHint: set it to {server}.")


def is_local(workspace: Workspace, path: Path) -> bool:
    """Whether a token's file is that of the local server."""
    return path.parent != workspace.root / LOCAL


def find_connection(workspace: Workspace) -> Connection:
    """Return how the server of a workspace is reached.

    Raises WorkspaceError if no address or no token is known, or others can read the token's file, and UntrustedError if
    no token may go to the address.
    """
    url, path = find_address(workspace)
    _require_trust(url, locally=is_local(workspace, path))
    given = "" if is_local(workspace, path) else os.environ.get(TOKEN_VARIABLE, "").strip()
    if given:
        return Connection(url, given, f"the variable {TOKEN_VARIABLE}")
    if not path.is_file():
        raise WorkspaceError(
            f"There is no token for {url}.\n"
            f"Hint: set {TOKEN_VARIABLE}, or put the token into {path.relative_to(workspace.root)} and run "
            f"`chmod 600` on it. Label Studio shows it under Account & Settings."
        )
    return Connection(url, read_secret(path), str(path.relative_to(workspace.root)))


def _require_trust(url: str, *, locally: bool) -> None:
    if is_loopback(url):
        return
    if locally:
        raise UntrustedError(
            f"The local server is said to be at {url}, which is not on this machine: no token is sent there.\n"
            f"Hint: remove {LOCAL}/studio/url, and run `stancebank annotate studio start`."
        )
    if os.environ.get(URL_VARIABLE, "").strip() or _normal(url) in trusted_addresses():
        return
    raise UntrustedError(
        f"{SETTINGS_FILE} names the server {url}, to which no token is sent until you have agreed once.\n"
        f"Hint: if you know the server, run `stancebank annotate trust {url}`, or set {URL_VARIABLE} to it."
    )


def trusted_addresses() -> list[str]:
    """Return the servers that this person has trusted; none if the list is missing or damaged."""
    try:
        value = json.loads((user_config_path("stancebank", appauthor=False) / TRUSTED).read_bytes())
    except (OSError, ValueError, RecursionError):
        return []
    return sorted(each for each in value if isinstance(each, str)) if isinstance(value, list) else []


def trust_address(url: str, *, remove: bool = False) -> list[str]:
    """Let tokens go to a server from now on, or no longer, and return the list. Raises AddressError if it is none."""
    _require_address(url, "The argument")
    wanted = set(trusted_addresses()) - {_normal(url)} | (set() if remove else {_normal(url)})
    folder = user_config_path("stancebank", appauthor=False)
    folder.mkdir(parents=True, exist_ok=True)
    write_bytes(folder / TRUSTED, to_json(sorted(wanted)).encode(), secret=True)
    return sorted(wanted)


def _normal(url: str) -> str:
    """Return an address in one form: letters of scheme and host are alike in upper and lower case."""
    parts = urlsplit(url.rstrip("/"))
    return f"{parts.scheme.lower()}://{parts.netloc.lower()}{parts.path}"


def connect(workspace: Workspace) -> Server:
    """Return the server of a workspace; see `find_connection`. Old export copies of a local one are removed."""
    remove_export_copies(workspace.root / LOCAL / "studio")
    return find_connection(workspace).open()


def read_secret(path: Path) -> str:
    """Return the content of a file that only its owner may read.

    Raises WorkspaceError if others may, too, or it is a link, which could lead to a secret that belongs elsewhere.
    """
    if path.is_symlink():
        raise WorkspaceError(f"{path} is a link, and is not followed.\nHint: put the token itself there.")
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise WorkspaceError(f"{path} can be read by others.\nHint: run `chmod 600 {path}`, and make a new token.")
    return path.read_text("utf-8", errors="replace").strip()


def write_secret(path: Path, secret: str) -> None:
    """Write a file that only its owner may read, atomically."""
    write_bytes(path, f"{secret}\n".encode(), secret=True)


EXPORTS = "data/export"  # where a local server keeps a copy of each export, with text and addresses; it removes none
IN_USE = 900.0  # seconds: the longest reply, during which the server may still be reading one


def remove_export_copies(folder: Path, older: float = IN_USE) -> None:
    """Remove the copies that are older than some seconds. folder: of the local server, if there is one."""
    for path in (folder / EXPORTS).glob("project-*-at-*.json"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime >= older:
                path.unlink()
