"""What is known of a workspace's local server, whether it runs or not."""

from dataclasses import dataclass
from pathlib import Path

from stancebank.annotate.connection import LOCAL
from stancebank.annotate.studio.data import DATABASE
from stancebank.annotate.studio.environment import size_of
from stancebank.annotate.studio.login import ADMIN, login_names
from stancebank.annotate.studio.running import find_running
from stancebank.annotate.studio.serving import LOG, is_healthy

FOLDER = f"{LOCAL}/studio"


@dataclass(frozen=True, slots=True)
class Status:
    """A local server. Where none runs, url and version are "" and pid is None.

    healthy: whether it answers. folder: what lies in it: the database, uploads, logins, the log. Sizes are in bytes.
    """

    running: bool
    healthy: bool
    url: str
    pid: int | None
    version: str
    folder: str
    database_bytes: int
    folder_bytes: int
    log: str
    annotators: tuple[str, ...]


def studio_folder(root: Path) -> Path:
    """Return the folder of the local server of a workspace. root: of the workspace."""
    return root / FOLDER


def read_status(folder: Path) -> Status:
    """Return what is known now. folder: of the studio."""
    running = find_running(folder)
    database = folder / DATABASE
    return Status(
        running=running is not None,
        healthy=running is not None and is_healthy(running.url),
        url=running.url if running else "",
        pid=running.pid if running else None,
        version=running.version if running else "",
        folder=str(folder),
        database_bytes=database.stat().st_size if database.is_file() else 0,
        folder_bytes=size_of(folder),
        log=str(folder / LOG),
        annotators=tuple(name for name in login_names(folder) if name != ADMIN),
    )
