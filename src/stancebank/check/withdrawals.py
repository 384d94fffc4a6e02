"""Withdrawn articles: are their records there, and has nothing of them come back?"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from stancebank.corpus.store import LOCAL_WITHDRAWN, WITHDRAWN
from stancebank.corpus.withdraw import Known, Memory, holdings, removed_files
from stancebank.errors import Finding, InputError
from stancebank.model import Article, Withdrawal, from_builtins
from stancebank.records import read_json


def check_withdrawals(
    root: Path, withdrawals: Mapping[str, Withdrawal], articles: Mapping[str, Article], texts: Mapping[str, str]
) -> Iterator[Finding]:
    """Check that what was withdrawn stays away.

    root: of the workspace. withdrawals, articles: by their path in it. texts: those at hand, by article id.
    """
    for file, withdrawal in withdrawals.items():
        if file != f"{WITHDRAWN}/{withdrawal.id}.json":
            yield Finding(file, "/id", "article-id", f"the id is {withdrawal.id!r}.")
    copies = dict(_local_copies(root, withdrawals))
    for file in copies:
        yield Finding(file, "", "withdrawal-lost", f"{WITHDRAWN}/{file.rpartition('/')[2]} is gone.")
    known_gone = {file.rpartition("/")[2] for file in copies}
    for file in sorted(removed_files(root, WITHDRAWN)):
        if file.endswith(".json") and file.rpartition("/")[2] not in known_gone:
            yield Finding(file, "", "withdrawal-lost", "git remembers it, and it is gone.")
    memory = Memory([*withdrawals.values(), *copies.values()])
    yield from _returned(root, memory.withdrawals)
    gone = {each.id for each in memory.withdrawals}
    for file, article in articles.items():
        if memory and article.id not in gone:
            text = texts.get(article.id)
            known = memory.know_record(article) or (memory.know_text(text) if text is not None else None)
            if known:
                yield _likeness(file, known)


def _local_copies(root: Path, withdrawals: Mapping[str, Withdrawal]) -> Iterator[tuple[str, Withdrawal]]:
    """Yield the records of withdrawals that only the local store has."""
    for path in sorted((root / LOCAL_WITHDRAWN).glob("*.json")):
        if f"{WITHDRAWN}/{path.name}" in withdrawals or (root / WITHDRAWN / path.name).exists():
            continue
        try:
            yield f"{LOCAL_WITHDRAWN}/{path.name}", from_builtins(read_json(path), Withdrawal)
        except (InputError, msgspec.ValidationError):
            continue


def _returned(root: Path, withdrawals: Iterable[Withdrawal]) -> Iterator[Finding]:
    for withdrawal in withdrawals:
        for path in holdings(root, withdrawal.id):
            yield Finding(
                path.relative_to(root).as_posix(),
                "",
                "withdrawn-returned",
                f"{withdrawal.id} was withdrawn on {withdrawal.date}: {withdrawal.reason.rstrip('.')}.",
            )


def _likeness(file: str, known: Known) -> Finding:
    withdrawal = known.withdrawal
    return Finding(
        file,
        "",
        "withdrawn-returned" if known.is_same else "withdrawn-alike",
        f"{known.how}: {withdrawal.id} was withdrawn on {withdrawal.date}.",
    )
