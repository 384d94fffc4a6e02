"""Taking an article out, and letting it in again: planned first, then done.

The record of the withdrawal is written before anything is removed. Killed at any point, a run can be run again; until
then `check` says that files of a withdrawn article lie there.
"""

from dataclasses import dataclass
from pathlib import Path

import msgspec
from msgspec.structs import replace

from stancebank.corpus.history import last_version
from stancebank.corpus.holdings import holdings
from stancebank.corpus.store import WITHDRAWN, Store
from stancebank.corpus.withdrawal import make_withdrawal
from stancebank.errors import InputError, WorkspaceError
from stancebank.model import Lifting, Withdrawal, from_builtins
from stancebank.records import from_json


@dataclass(frozen=True, slots=True)
class Removal:
    """What a withdrawal means: what stays, and the files that go.

    is_new: whether it was not withdrawn before; else an earlier one is completed.
    """

    withdrawal: Withdrawal
    files: tuple[Path, ...]
    is_new: bool


def plan_removal(store: Store, article_id: str, *, reason: str, date: str) -> Removal:
    """Decide what withdrawing an article means; nothing is written.

    date: the day, as YYYY-MM-DD. An article that was withdrawn before keeps its day and reason. Raises InputError
    where there is no such article, or no reason.
    """
    if not reason.strip():
        raise InputError("A withdrawal needs a reason.\nHint: say it with --reason TEXT. Nothing was changed.")
    before = store.withdrawal(article_id)
    files = tuple(holdings(store.root, article_id))
    if not store.article_path(article_id).is_file():
        if before := before or _lost(store, article_id):
            return Removal(before, files, is_new=False)
        store.article(article_id)  # says that there is none
    article = store.article(article_id)
    try:
        text = store.text(article)
    except WorkspaceError:  # the file holds other words; it goes all the same
        text = None
    made = make_withdrawal(article, text, date=date, reason=reason.strip())
    if before is None:
        return Removal(made, files, is_new=True)
    if before.text_sha256 == made.text_sha256 and made.shingles and not before.shingles:
        before = replace(before, shingles=made.shingles)
    return Removal(before, files, is_new=False)


def remove(store: Store, removal: Removal) -> None:
    """Write what stays of an article, then remove its files."""
    store.write_withdrawal(removal.withdrawal)
    for path in removal.files:
        path.unlink(missing_ok=True)


def plan_lifting(store: Store, article_id: str, *, reason: str, date: str) -> Withdrawal | None:
    """Return the withdrawal as it is once it is undone; None where it was undone before. Nothing is written.

    Raises InputError where the article was never withdrawn, or there is no reason.
    """
    if not reason.strip():
        raise InputError("To undo a withdrawal needs a reason.\nHint: say it with --reason TEXT. Nothing was changed.")
    found = next((each for each in store.withdrawals() if each.id == article_id), None) or _lost(store, article_id)
    if found is None:
        raise InputError(f"{article_id} was never withdrawn. Nothing was changed.")
    if found.lifted is not None:
        return None
    return replace(found, lifted=Lifting(date=date, reason=reason.strip()))


def _lost(store: Store, article_id: str) -> Withdrawal | None:
    """Return the record of a withdrawal that was removed, as git remembers it."""
    data = last_version(store.root, f"{WITHDRAWN}/{article_id}.json")
    if data is None:
        return None
    try:
        return from_builtins(from_json(data, f"{article_id}.json"), Withdrawal)
    except (InputError, msgspec.ValidationError):
        return None
