"""Waivers: findings that a person has looked at and accepts, for a reason and until a date."""

import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from stancebank.codes import CODES, NEVER_WAIVED
from stancebank.errors import Finding
from stancebank.text import one_line

WAIVERS = "waivers.toml"

_TEXTS = ("code", "file", "reason", "pointer", "says")
_OPTIONAL = ("pointer", "says")
_KEYS = (*_TEXTS, "until")


@dataclass(frozen=True, slots=True)
class Waiver:
    """A finding that a person has looked at and accepts, for a reason and until a date. place: in its file, from 1.

    They are in waivers.toml, beside stancebank.toml::

        [[waiver]]
        code = "entity-alike"
        file = "corpus/entities.json"       # * stands for any characters
        says = "ilse-marrow"                # optional: words that the finding's message holds
        reason = "Two sisters; both hold office."
        until = 2032-01-31

    A waiver covers the findings that fit all it says, through the day it names. It never hides them: they are listed.
    """

    place: int
    code: str
    file: str
    reason: str
    until: date
    pointer: str | None = None
    says: str | None = None

    def covers(self, finding: Finding) -> bool:
        """Whether the finding fits all that the waiver says."""
        return (
            finding.code == self.code
            and fnmatchcase(finding.file, self.file)
            and self.pointer in (None, finding.pointer)
            and (self.says is None or self.says in finding.message)
        )


@dataclass(frozen=True, slots=True)
class Waived:
    """A finding and the waiver that covers it."""

    finding: Finding
    waiver: Waiver


def read_waivers(root: Path) -> tuple[list[Waiver], list[Finding]]:
    """Read the waivers of a workspace, and what is wrong with the file. root: of the workspace, resolved."""
    path = root / WAIVERS
    if not path.resolve().is_relative_to(root):
        return [], [Finding(WAIVERS, "", "link-outside", f"it leads to {path.resolve().name} elsewhere.")]
    if not path.exists():
        return [], []
    try:
        raw = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        return [], [_invalid(f"it cannot be read: {error.strerror}.")]
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        return [], [_invalid(f"it is not TOML: {error}.")]
    waivers, faults = [], [_invalid(_unknown("key", key, ["waiver"])) for key in raw if key != "waiver"]
    tables = raw.get("waiver", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        return [], [*faults, _invalid("waiver is no list of tables; each one is headed [[waiver]].")]
    for place, table in enumerate(tables, 1):
        wrong = list(_waiver_faults(table))
        faults += [_invalid(f"waiver {place}: {each}") for each in wrong]
        if not wrong:
            waivers.append(Waiver(place, **table))
    return waivers, faults


def apply_waivers(
    findings: Iterable[Finding], waivers: Sequence[Waiver], today: date
) -> tuple[list[Finding], list[Waived]]:
    """Part the findings into those that count and those that are waived; waivers that do nothing are findings too."""
    held = [each for each in waivers if each.until >= today]
    finder = _ByCode(held)
    counted: list[Finding] = []
    waived: list[Waived] = []
    used: set[int] = set()
    for finding in findings:
        covering = finder.find(finding)
        used.update(each.place for each in covering)
        if covering:
            waived.append(Waived(finding, covering[0]))
        else:
            counted.append(finding)
    for waiver in waivers:
        about = f"waiver {waiver.place}, of {waiver.code} in {waiver.file},"
        if waiver.until < today:
            message = f"{about} held until {waiver.until}. Its reason was: {one_line(waiver.reason)}"
            counted.append(Finding(WAIVERS, "", "waiver-expired", message.rstrip(".?! ") + "."))
        elif waiver.place not in used:
            counted.append(Finding(WAIVERS, "", "waiver-unused", f"{about} fits none."))
    return counted, waived


class _ByCode:
    """Finds the waivers of a finding without a look at those of other codes and files."""

    def __init__(self, waivers: Iterable[Waiver]) -> None:
        self._named: dict[tuple[str, str], list[Waiver]] = {}
        self._open: dict[str, list[Waiver]] = {}
        for each in waivers:
            if _WILD.isdisjoint(each.file):
                self._named.setdefault((each.code, each.file), []).append(each)
            else:
                self._open.setdefault(each.code, []).append(each)

    def find(self, finding: Finding) -> list[Waiver]:
        """Return the waivers that cover a finding, in their order."""
        named, others = self._named.get((finding.code, finding.file), ()), self._open.get(finding.code, ())
        return sorted((each for each in (*named, *others) if each.covers(finding)), key=lambda each: each.place)


_WILD = frozenset("*?[")


def _waiver_faults(table: dict[str, Any]) -> Iterator[str]:
    for key in table:
        if key not in _KEYS:
            yield _unknown("key", key, list(_KEYS))
    for key in _TEXTS:
        value = table.get(key)
        if value is None and key not in _OPTIONAL:
            yield f"the key {key!r} is missing."
        elif value is not None and not (isinstance(value, str) and (value.strip() or key == "pointer")):
            yield f"{key} is {value!r}, which is no text in quotes."
    until = table.get("until")
    if until is None:
        yield "the key 'until' is missing."
    elif not isinstance(until, date) or isinstance(until, datetime):
        yield f"until is {str(until)!r}; it is a date without quotes, such as 2032-01-31."
    code = table.get("code")
    if isinstance(code, str) and code.strip() and code not in CODES:
        yield _unknown("code", code, list(CODES))
    elif isinstance(code, str) and code in NEVER_WAIVED:
        yield f"{code} cannot be waived: {CODES[code].hint}."


def _unknown(what: str, name: str, known: list[str]) -> str:
    likely = get_close_matches(name, known, 1)
    hint = f" Did you mean {likely[0]!r}?" if likely else ""
    return f"unknown {what} {name!r}.{hint}"


def _invalid(message: str) -> Finding:
    return Finding(WAIVERS, "", "waiver-invalid", message)
