"""The users of a server: the pseudonyms of its accounts, in a table that stays on this machine.

An account that has no name in the table is ``user-<id>``, on every machine alike, so that two people who pull give
the same names. An account is known by its id and by the time it was made, which tells two servers apart.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from stancebank.annotate.client import User
from stancebank.corpus.store import is_id, require_portable
from stancebank.errors import ConflictError, InputError
from stancebank.records import read_json, to_json, write_text

TABLE = "annotators.json"


@dataclass(frozen=True, slots=True)
class Account:
    """A row of the table. name: the pseudonym."""

    name: str
    user: User


class UserTable:
    """The table. folder: see `stancebank.annotate.connection.LOCAL`."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / TABLE
        rows = read_json(self._path) if self._path.is_file() else []
        self._accounts = [Account(row["name"], User(row["id"], row["email"], row["joined"])) for row in rows]

    @property
    def accounts(self) -> tuple[Account, ...]:
        """All rows, by name."""
        return tuple(sorted(self._accounts, key=lambda each: each.name))

    def name(self, user: User) -> str | None:
        """Return the pseudonym of an account; None if it has no row."""
        return next((each.name for each in self._accounts if _is_same(each.user, user)), None)

    def register(self, users: Iterable[User], *, dry_run: bool = False) -> dict[int, str]:
        """Return the pseudonyms of a server's accounts by their ids, and add new ones to the table.

        With dry_run, nothing is written.

        Raises ConflictError if ``user-<id>`` is already the name of an account of another server.
        """
        found, before = {}, len(self._accounts)
        for user in users:
            name = self.name(user)
            if name is None:
                name = f"user-{user.id}"
                self.require_free(name, user)
                self._accounts.append(Account(name, user))
            found[user.id] = name
        if len(self._accounts) > before and not dry_run:
            self._write()
        return found

    def rename(self, user: User, name: str) -> None:
        """Give an account a pseudonym. Raises InputError if it is no id, ConflictError if another account has it."""
        self.require_free(name, user)
        self._accounts = [each for each in self._accounts if not _is_same(each.user, user)]
        self._accounts.append(Account(name, user))
        self._write()

    def require_free(self, name: str, user: User) -> None:
        """Raise InputError if a name is not an id, ConflictError if it is another account's."""
        if not is_id(name):
            raise InputError(
                f"{name!r} is not a pseudonym.\nHint: use small letters, digits and hyphens, such as ann-3."
            )
        if self.name(user) != name:
            require_portable(name)
        other = next((each for each in self._accounts if each.name == name and not _is_same(each.user, user)), None)
        if other is not None:
            raise ConflictError(
                f"{name} is already account {other.user.id} of {other.user.joined[:10]}, and cannot be account "
                f"{user.id} of {user.joined[:10]}.\n"
                f"Hint: name it yourself with `stancebank annotate users --name {user.id}=ann-1`."
            )

    def _write(self) -> None:
        rows = [
            {"name": each.name, "id": each.user.id, "email": each.user.email, "joined": each.user.joined}
            for each in self.accounts
        ]
        write_text(self._path, to_json(rows))


def _is_same(one: User, other: User) -> bool:
    return (one.id, one.joined) == (other.id, other.joined)
