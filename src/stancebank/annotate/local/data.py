"""The data of a local server: its database, which is never lost, and the room that it needs."""

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
class DatabaseVersion:
    """The version of Label Studio that created the database, or migrated it last."""

    version: str


def write_made(folder: Path, version: str) -> None:
    """Record that a server of this version has answered."""
    write_secret(folder / _MADE, to_json(asdict(DatabaseVersion(version))).rstrip())


def prepare_data(folder: Path, version: str) -> bool:
    """Prepare the folder for a server of a version, and return whether it already has a database.

    What an unfinished first start left is removed: nobody could log in yet. A database with an account is never
    removed, and is copied beside itself before a newer version migrates it. Raises StancebankError if the disk is
    full, or the database is missing, damaged or of a newer version.
    """
    for name in ("data", "home"):
        (folder / name).mkdir(parents=True, exist_ok=True, mode=0o700)
    _require_room(folder)
    made = _read_made(folder)
    if not _has_members(folder / DATABASE):
        if made:
            raise StancebankError(
                f"{folder / DATABASE} is missing or damaged, though a server has worked with it.\n"
                f"Hint: restore it from a backup; or remove {folder / _MADE}, to start again without its projects."
            )
        shutil.rmtree(folder / "data")
        (folder / "data").mkdir(mode=0o700)
        return False
    if made and made.version != version:
        if _is_older(version, made.version):
            raise StancebankError(
                f"{folder / DATABASE} was made by Label Studio {made.version}; the older {version} might damage it.\n"
                "Hint: use the environment of the newer version."
            )
        _copy_aside(folder / DATABASE, version)
    return True


def _read_made(folder: Path) -> DatabaseVersion | None:
    try:
        return DatabaseVersion(**read_json(folder / _MADE))
    except (FileNotFoundError, TypeError, InputError):
        return None


def _has_members(database: Path) -> bool:
    if not database.is_file():
        return False
    try:  # not read-only: the unfinished transaction of a killed server is rolled back before anything is read
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


def _require_room(folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < ROOM:
        raise StancebankError(
            f"The disk of {folder} is full: {free / 1e6:.0f} MB are free, and {ROOM / 1e6:.0f} MB are needed.\n"
            "Hint: free some space and run it again; nothing was changed."
        )
