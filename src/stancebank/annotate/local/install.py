"""The environment of the local server: a Python environment of its own, since Label Studio pins another pyarrow."""

import os
from functools import cache
from pathlib import Path

from stancebank.environments import (
    Pinned,
    ReportProgress,
    cache_place,
    make,
    packed_lock,
    pinned_version,
    report_nothing,
)
from stancebank.errors import InputError

VARIABLE = "STANCEBANK_STUDIO"
ROOM = 2_000_000_000  # bytes: the environment takes 1 GB, and its packages are fetched before they are unpacked


@cache
def read_lock() -> str:
    """Return the pins of the server and its dependencies: from beside this module, or from the checkout."""
    return packed_lock(Path(__file__).parent, "studio.lock")


def wanted_version() -> str:
    """Return the version of Label Studio that the lock pins, with which the toolkit was tested."""
    return pinned_version(read_lock(), "label-studio")


def cache_folder() -> Path:
    """Return where the toolkit installs the environment: below the user's cache folder."""
    return cache_place(f"label-studio-{wanted_version()}")


def _wanted() -> Pinned:
    return Pinned(cache_folder(), "Label Studio", wanted_version(), read_lock(), "about 1 GB", ROOM)


def _earlier_folder() -> Path:
    """Return where earlier versions installed it, on every system: below $XDG_CACHE_HOME, or ~/.cache."""
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    base = named if named.is_absolute() else Path.home() / ".cache"
    return base / "stancebank" / f"label-studio-{wanted_version()}"


def server_program(environment: Path) -> Path:
    """Return the program of an environment that starts the server."""
    return environment / "bin" / "label-studio"


def installed_version(environment: Path) -> str | None:
    """Return the version of Label Studio in an environment, or None if there is no complete one."""
    found = sorted(environment.glob("lib/python3*/site-packages/label_studio-*.dist-info/METADATA"))
    if not found or not server_program(environment).is_file():
        return None
    return found[0].parent.name.removeprefix("label_studio-").removesuffix(".dist-info")


def find_environment(named: Path | None) -> Path | None:
    """Return the environment to use, or None if it has yet to be made.

    named: one that the user has made. Raises InputError if it holds no server.
    """
    if named is not None:
        if installed_version(named) is None:
            raise InputError(
                f"{named} is not an environment with Label Studio.\n"
                f"Hint: name another with {VARIABLE} or --environment; or none, and one is made."
            )
        return named.absolute()
    for folder in (cache_folder(), _earlier_folder()):
        if _wanted().is_made(folder) and installed_version(folder):
            return folder
    return None


def make_environment(report: ReportProgress = report_nothing) -> Path:
    """Make the environment in the cache folder, unless another run has just done it, and return it.

    Raises StancebankError if there is no network, no space, or it cannot be made; a rerun starts again.
    """
    return make(_wanted(), lambda: find_environment(None), report)
