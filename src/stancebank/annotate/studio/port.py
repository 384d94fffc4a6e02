"""The port of a local server: the one it had last time, so that bookmarks stay good, or a free one."""

import socket
from pathlib import Path
from urllib.parse import urlsplit

from stancebank.errors import InputError
from stancebank.records import write_text

USUAL = 8080
ADDRESS = "url"
"""The file that says where the local server is, or was last; `stancebank.annotate.connection` reads it."""


def choose_port(folder: Path, wanted: int | None) -> int:
    """Return a free port. folder: of the studio. wanted: the one to take; InputError where it is not free."""
    if wanted is not None:
        if not is_free(wanted):
            raise InputError(
                f"Port {wanted} is taken by another program, or not yours to take.\n"
                "Hint: name another with --port, or none: then a free one is found."
            )
        return wanted
    last = _last(folder)
    for port in ([last] if last else []) + [USUAL]:
        if is_free(port):
            return port
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return int(port)


def keep_port(folder: Path, port: int) -> None:
    """Write down which port was taken: for the next time, and for what connects to the server."""
    write_text(folder / ADDRESS, f"http://127.0.0.1:{port}\n")


def is_free(port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as probe:
        probe.settimeout(2)
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            return False
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # what has just been stopped does not count
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _last(folder: Path) -> int | None:
    try:
        port = urlsplit((folder / ADDRESS).read_text("utf-8").strip()).port or 0
    except (OSError, ValueError):
        return None
    return port if 0 < port < 65536 else None
