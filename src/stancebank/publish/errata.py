"""Errata: faults that people have reported of published rows, in corpus/errata.json, with their state and credit."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal, get_args

import msgspec

from stancebank.errors import InputError
from stancebank.records import read_json, to_json, write_text
from stancebank.text import one_line

ERRATA = "corpus/errata.json"

State = Literal["reported", "accepted", "fixed", "rejected"]
SETTLED: tuple[State, ...] = ("fixed", "rejected")
"""States of which the notes of the next release tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erratum:
    """A reported fault. id: e1, e2, ...; row: its id; what: the fault; by: whom to thank; on: day of the report.

    note: what became of it.
    """

    id: str
    row: str
    what: str
    on: str
    state: State = "reported"
    by: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class _File:
    errata: list[Erratum]


def read_errata(root: Path) -> list[Erratum]:
    """Read the errata of a workspace, in the order of the reports. Raises InputError where the file is of another form.

    root: of the workspace.
    """
    path = root / ERRATA
    if not path.is_file():
        return []
    try:
        return msgspec.convert(read_json(path), _File, strict=True).errata
    except msgspec.ValidationError as error:
        raise InputError(
            f"{ERRATA} is not a list of errata: {error}.\n"
            "Hint: `stancebank publish errata` writes it; restore it with git checkout."
        ) from None


def _write(root: Path, errata: Iterable[Erratum]) -> None:
    held = [{key: each for key, each in msgspec.to_builtins(one).items() if each is not None} for one in errata]
    write_text(root / ERRATA, to_json({"errata": held}))


def report_erratum(root: Path, row: str, what: str, by: str | None, today: date) -> Erratum:
    """Add a report, and return it. The same fault of the same row is not added again: then that one is returned.

    Raises InputError where nothing is said of the fault.
    """
    what = one_line(what).strip()
    if not what:
        raise InputError("The report says nothing.\nHint: say with --what what is wrong with the row.")
    errata = read_errata(root)
    for each in errata:
        if (each.row, each.what) == (row, what):
            return each
    number = 1 + max((int(each.id[1:]) for each in errata if each.id[1:].isdecimal()), default=0)
    made = Erratum(id=f"e{number}", row=row, what=what, on=today.isoformat(), by=(by and one_line(by).strip()) or None)
    _write(root, [*errata, made])
    return made


def settle_erratum(root: Path, name: str, state: State, note: str | None) -> tuple[Erratum, Erratum]:
    """Give an erratum another state, and return it as it was and as it is.

    Raises InputError where there is none of the id, or where it is rejected without a note.
    """
    errata = read_errata(root)
    before = next((each for each in errata if each.id == name), None)
    if before is None:
        known = ", ".join(each.id for each in errata) or "none"
        raise InputError(f"There is no erratum {name}. There are: {known}.")
    note = one_line(note).strip() if note else before.note
    if state == "rejected" and not note:
        raise InputError(f"{name} would be rejected without a reason.\nHint: say why with --note.")
    after = Erratum(id=name, row=before.row, what=before.what, on=before.on, state=state, by=before.by, note=note)
    _write(root, [after if each is before else each for each in errata])
    return before, after


def errata_news(root: Path, told: str) -> str:
    """Return the entries of the changelog on errata that are settled and that no earlier release tells of.

    told: what the sections of other versions say.
    """
    news = []
    for each in read_errata(root):
        name = f"**Erratum {each.id}**"
        if each.state in SETTLED and name not in told:
            note = f": {each.note.rstrip('.')}" if each.note else ""
            thanks = f" Reported by {each.by}." if each.by else ""
            news.append(f"- {name} ({each.row}): {each.what.rstrip('.')}. {each.state.capitalize()}{note}.{thanks}")
    return "\n".join(news)


STATES: tuple[State, ...] = get_args(State)
