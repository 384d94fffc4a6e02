"""What a release needs of a workspace, and what it makes of it: a version, a commit, and files that are as planned.

The settings, the changelog and the card are planned from the last commit. A file that already is as planned, because a
run was killed, counts as clean.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from stancebank.errors import InputError
from stancebank.publish.card import CARD
from stancebank.publish.content import Content
from stancebank.publish.record import record_folder, recorded_versions
from stancebank.publish.release import git
from stancebank.publish.release.changelog import CHANGELOG, date_version
from stancebank.publish.versions import parse_version
from stancebank.records import is_part
from stancebank.workspace import SETTINGS_FILE, Workspace


def last_version(workspace: Workspace, version: str) -> str | None:
    """Return the last version that has a record. Raises InputError where the new one is not higher."""
    others = [each for each in recorded_versions(workspace.root) if each != version]
    last = others[-1] if others else None
    if last and parse_version(version) <= parse_version(last):
        raise InputError(
            f"{version} is not higher than the last version, {last}.\nHint: give a higher one. Nothing was written."
        )
    stated = workspace.settings.version
    if parse_version(version) < parse_version(stated):
        raise InputError(
            f"{version} is lower than {stated}, which {SETTINGS_FILE} says.\nHint: give that one or a higher one."
        )
    return last


def plan(workspace: Workspace, version: str, today: date) -> dict[str, bytes]:
    """Return the settings and the changelog as the release leaves them, made from the last commit."""
    root = workspace.root
    settings = git.committed(root, SETTINGS_FILE)
    if settings is None:
        raise InputError(f"The last commit has no {SETTINGS_FILE}.\nHint: git add {SETTINGS_FILE} && git commit.")
    planned = {SETTINGS_FILE: _with_version(settings.decode(), version).encode()}
    if (changelog := git.committed(root, CHANGELOG)) is not None:
        day = _day_of(root, version) or today
        planned[CHANGELOG] = date_version(changelog.decode(), version, day).encode()
    return planned


def _with_version(settings: str, version: str) -> str:
    head = re.compile(r"^(\[dataset\](?:(?!^\[).)*?^version\s*=\s*)([\"'])[^\"'\n]*\2", re.MULTILINE | re.DOTALL)
    changed = head.sub(rf"\g<1>\g<2>{version}\g<2>", settings, count=1)
    if tomllib.loads(changed)["dataset"]["version"] != version:
        raise InputError(
            f"{SETTINGS_FILE}: the line `version` below [dataset] is not found.\nHint: set it to {version}."
        )
    return changed


def _day_of(root: Path, version: str) -> date | None:
    """Return the day under which a killed run has written the version into the changelog."""
    path = root / CHANGELOG
    text = path.read_bytes().decode() if path.is_file() else ""
    found = re.search(rf"^## Dataset {re.escape(version)} \((\d{{4}}-\d\d-\d\d)\)$", text, re.MULTILINE)
    return date.fromisoformat(found[1]) if found else None


def demand_committed(root: Path, planned: Mapping[str, bytes], mine: str | None) -> None:
    """Raise InputError where files differ from the last commit, save those that already are as planned.

    mine: the folder of the record, where it may differ. The card is looked at later.
    """
    dirt = []
    for name in git.changed_files(root):
        path = root / name
        as_planned = name in planned and path.is_file() and path.read_bytes() == planned[name]
        if not (as_planned or name == CARD or is_part(Path(name).name) or (mine and name.startswith(mine))):
            dirt.append(name)
    if dirt:
        few = ", ".join(dirt[:5]) + (f" and {len(dirt) - 5} more" if len(dirt) > 5 else "")
        raise InputError(
            f"The workspace differs from its last commit: {few}. A release is made of a commit.\n"
            "Hint: commit the changes, or put them away with `git stash -u`. Nothing was written."
        )


def demand_card(root: Path, content: Content) -> None:
    """Raise InputError where the card is neither that of the last commit nor what the release makes of it."""
    path = root / CARD
    found = path.read_bytes() if path.is_file() else None
    if found not in (git.committed(root, CARD), content.read(CARD)):
        raise InputError(f"{CARD} differs from its last commit.\nHint: commit it. Nothing was written.")


def demand_tracked(root: Path, names: Iterable[str]) -> None:
    """Raise InputError where git does not hold one of the files."""
    strangers = sorted(set(names) - git.tracked_files(root))
    if strangers:
        raise InputError(
            f"git does not hold {', '.join(strangers[:5])}, of which the release would be made.\n"
            "Hint: commit them: perhaps .gitignore names them. Nothing was written."
        )


def changing(root: Path, content: Content) -> list[str]:
    """Return the files of the workspace that are not yet as the release leaves them."""
    return [
        name
        for name, data in sorted(content.instead.items())
        if not (root / name).is_file() or (root / name).read_bytes() != data
    ]


def uncommitted(root: Path, version: str) -> tuple[str, ...]:
    """Return what a release changes in the workspace and the last commit has otherwise: files, and the record."""
    changed = git.changed_files(root)
    record = record_folder(version)
    files = [name for name in (CHANGELOG, CARD, SETTINGS_FILE) if name in changed]
    return (*files, *([record] if any(name.startswith(f"{record}/") for name in changed) else []))
