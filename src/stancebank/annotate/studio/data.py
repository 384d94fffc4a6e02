"""The data folder of a local server: whether its database is whole, and which version of Label Studio made it."""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

from packaging.version import InvalidVersion, Version

from stancebank.annotate.connection import write_secret
from stancebank.errors import InputError, StancebankError
from stancebank.records import read_json, to_json

DATABASE = "data/label_studio.sqlite3"
ROOM = 50_000_000  # bytes that must be free for the server to start
_MADE = "made.json"
_MEMBERS = "SELECT count(*) FROM htx_user WHERE active_organization_id IS NOT NULL"  # the last thing a first start does


@dataclass(frozen=True, slots=True)
class Made:
    """Which version of Label Studio made the database, or migrated it last."""

    version: str


def write_made(folder: Path, version: str) -> None:
    """Write down that a server of this version has answered."""
    write_secret(folder / _MADE, to_json(asdict(Made(version))).rstrip())


def prepare_data(folder: Path, version: str) -> bool:
    """Make the folder fit for a server of a version, and return whether it has a database already.

    What a first start left half-made is removed: nobody could enter it yet. A database with anybody in it is never
    removed, and is copied beside itself before a newer version migrates it. Raises StancebankError where the disk is
    full, or the database is gone, damaged or of a newer version.
    """
    for name in ("data", "home"):
        (folder / name).mkdir(parents=True, exist_ok=True, mode=0o700)
    _demand_room(folder)
    made = _read_made(folder)
    if not _has_members(folder / DATABASE):
        if made:
            raise StancebankError(
                f"{folder / DATABASE} is gone or damaged, though a server has worked with it.\n"
                f"Hint: restore it from a backup; or remove {folder / _MADE}, to begin anew without its projects."
            )
        shutil.rmtree(folder / "data")
        (folder / "data").mkdir(mode=0o700)
        return False
    if made and made.version != version:
        if _is_older(version, made.version):
            raise StancebankError(
                f"{folder / DATABASE} was made by Label Studio {made.version}; {version} cannot be trusted with it.\n"
                "Hint: use the environment of the newer version."
            )
        _copy_aside(folder / DATABASE, version)
    return True


def _read_made(folder: Path) -> Made | None:
    try:
        return Made(**read_json(folder / _MADE))
    except (FileNotFoundError, TypeError, InputError):
        return None


def _has_members(database: Path) -> bool:
    if not database.is_file():
        return False
    try:  # not read-only: what a server was writing when it was killed has to be rolled back before anything is read
        with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=rw", uri=True)) as connection:
            return bool(connection.execute(_MEMBERS).fetchone()[0])
    except sqlite3.DatabaseError:
        return False


def _copy_aside(database: Path, version: str) -> None:
    copy = database.with_name(f"{database.name}.before-{version}")
    if not copy.is_file():
        unfinished = copy.with_suffix(".part")
        shutil.copy2(database, unfinished)
        unfinished.replace(copy)


def _is_older(one: str, other: str) -> bool:
    try:
        return Version(one) < Version(other)
    except InvalidVersion:
        return False


def _demand_room(folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < ROOM:
        raise StancebankError(
            f"The disk of {folder} is full: {free / 1e6:.0f} MB are free, and {ROOM / 1e6:.0f} MB are needed.\n"
            "Hint: make room and run it again; nothing was changed."
        )
