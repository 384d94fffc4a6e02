"""Accounts have pseudonyms, in a table that stays on this machine."""

from pathlib import Path

import pytest

from stancebank.annotate.client import User
from stancebank.annotate.users import TABLE, UserTable
from stancebank.errors import ConflictError, InputError

ANNA = User(7, "anna@example.org", "2031-01-01T00:00:00.000001Z")
BEN = User(8, "ben@example.org", "2031-01-01T00:00:00.000002Z")
OTHER_SERVERS = User(7, "someone@example.org", "2032-01-01T00:00:00.000001Z")


def test_new_accounts_are_named_for_their_ids_and_stay_so(tmp_path: Path) -> None:
    assert UserTable(tmp_path).register([ANNA, BEN]) == {7: "user-7", 8: "user-8"}
    UserTable(tmp_path).rename(ANNA, "ann-3")
    assert UserTable(tmp_path).register([ANNA, BEN]) == {7: "ann-3", 8: "user-8"}
    assert [each.name for each in UserTable(tmp_path).accounts] == ["ann-3", "user-8"]


def test_a_dry_run_writes_no_table(tmp_path: Path) -> None:
    assert UserTable(tmp_path).register([ANNA], dry_run=True) == {7: "user-7"}
    assert not (tmp_path / TABLE).exists()


def test_the_same_number_on_another_server_is_another_person(tmp_path: Path) -> None:
    UserTable(tmp_path).register([ANNA])
    with pytest.raises(ConflictError, match="Hint: "):
        UserTable(tmp_path).register([OTHER_SERVERS])
    UserTable(tmp_path).rename(ANNA, "ann-3")
    assert UserTable(tmp_path).register([OTHER_SERVERS]) == {7: "user-7"}


def test_a_pseudonym_is_an_id_and_belongs_to_one_account(tmp_path: Path) -> None:
    table = UserTable(tmp_path)
    table.register([ANNA, BEN])
    with pytest.raises(InputError, match="is not a pseudonym"):
        table.rename(ANNA, "Anna B.")
    with pytest.raises(ConflictError, match="already"):
        table.rename(ANNA, "user-8")
