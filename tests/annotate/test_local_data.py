"""What a studio keeps on disk: nothing that somebody has entered is removed, and what is damaged is said."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from stancebank.annotate.local import data as local_data
from stancebank.annotate.local.data import DATABASE, prepare_data, write_made
from stancebank.errors import StancebankError


def lay_database(folder: Path, members: int) -> None:
    """Lay a database with as many people as are named."""
    (folder / DATABASE).parent.mkdir(parents=True)
    with closing(sqlite3.connect(folder / DATABASE)) as connection, connection:
        connection.execute("CREATE TABLE htx_user (id INTEGER, active_organization_id INTEGER)")
        connection.executemany("INSERT INTO htx_user VALUES (?, 1)", [(each,) for each in range(members)])


def test_a_new_folder_has_no_database(tmp_path: Path) -> None:
    assert prepare_data(tmp_path, "1.23.2") is False
    assert (tmp_path / "data").stat().st_mode & 0o077 == 0


def test_a_database_that_nobody_could_enter_is_removed(tmp_path: Path) -> None:
    lay_database(tmp_path, 0)
    assert prepare_data(tmp_path, "1.23.2") is False
    assert not (tmp_path / DATABASE).exists()


def test_a_database_with_people_in_it_stays_even_without_a_record_of_it(tmp_path: Path) -> None:
    lay_database(tmp_path, 1)
    before = (tmp_path / DATABASE).read_bytes()
    assert prepare_data(tmp_path, "1.23.2") is True
    assert (tmp_path / DATABASE).read_bytes() == before


WRITES_UNTIL_IT_IS_KILLED = """
import os, signal, sqlite3, sys

connection = sqlite3.connect(sys.argv[1])
connection.execute("PRAGMA cache_size = 1")  # so that pages reach the file before the transaction ends
connection.execute("BEGIN")
connection.executemany("INSERT INTO htx_user VALUES (?, 1)", ((each,) for each in range(100_000)))
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.slow
@pytest.mark.parametrize("is_noted", [True, False])
def test_what_a_killed_server_was_writing_is_rolled_back_and_the_database_stays(tmp_path: Path, is_noted: bool) -> None:
    lay_database(tmp_path, 2)
    if is_noted:
        write_made(tmp_path, "1.23.2")
    killed = subprocess.run([sys.executable, "-c", WRITES_UNTIL_IT_IS_KILLED, tmp_path / DATABASE], check=False)
    assert killed.returncode == -9
    assert (tmp_path / f"{DATABASE}-journal").stat().st_size > 0
    assert prepare_data(tmp_path, "1.23.2") is True
    with closing(sqlite3.connect(tmp_path / DATABASE)) as connection:
        assert connection.execute("SELECT count(*) FROM htx_user").fetchone() == (2,)


@pytest.mark.parametrize("content", [None, b"", b"no database at all, but long enough to look at" * 100])
def test_a_database_that_is_gone_or_damaged_is_said_and_nothing_is_removed(
    tmp_path: Path, content: bytes | None
) -> None:
    write_made(tmp_path, "1.23.2")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / ".env").write_text("kept")
    if content is not None:
        (tmp_path / DATABASE).write_bytes(content)
    with pytest.raises(StancebankError, match=r"missing or damaged(?s:.*)restore it from a backup"):
        prepare_data(tmp_path, "1.23.2")
    assert (tmp_path / "data" / ".env").read_text() == "kept"


def test_a_database_is_copied_aside_before_a_newer_version_migrates_it(tmp_path: Path) -> None:
    lay_database(tmp_path, 2)
    write_made(tmp_path, "1.23.2")
    before = (tmp_path / DATABASE).read_bytes()
    assert prepare_data(tmp_path, "1.24.0") is True
    assert (tmp_path / f"{DATABASE}.before-1.24.0").read_bytes() == before


def test_a_database_of_a_newer_version_is_not_touched(tmp_path: Path) -> None:
    lay_database(tmp_path, 2)
    write_made(tmp_path, "1.24.0")
    with pytest.raises(StancebankError, match=r"made by Label Studio 1\.24\.0; the older 1\.23\.2 might"):
        prepare_data(tmp_path, "1.23.2")


def test_a_full_disk_is_said_before_anything_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay_database(tmp_path, 0)
    monkeypatch.setattr(local_data, "ROOM", 10**18)
    with pytest.raises(StancebankError, match=r"is full(?s:.*)Hint: free some space"):
        prepare_data(tmp_path, "1.23.2")
    assert (tmp_path / DATABASE).is_file()
