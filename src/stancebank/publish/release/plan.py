"""What a release needs of a workspace, and what it makes of it: a version, a commit, and files that are as planned.

The settings, the changelog and the card are planned from the last commit. A file that already is as planned, because a
run was killed, counts as clean.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from stancebank import git
from stancebank.corpus.store import MIGRATIONS, Store
from stancebank.errors import InputError
from stancebank.publish.build import WorkspaceFiles
from stancebank.publish.card.card import CARD
from stancebank.publish.errata import errata_news
from stancebank.publish.history import parse_version, read_record, record_folder, recorded_versions
from stancebank.records import is_part, read_json
from stancebank.workspace import SETTINGS_FILE, Workspace

CHANGELOG = "CHANGELOG.md"

_SECTION = re.compile(r"^## (?P<title>.+)\n(?P<body>(?:(?!## ).*\n)*)", re.MULTILINE)
_VOICE = re.compile(r"^### Dataset\n(?P<body>(?:(?!###? ).*\n)*)", re.MULTILINE)
_RELEASED = re.compile(r"Dataset (?P<version>[0-9.]+) \((?P<day>[0-9-]+)\)")


def date_version(changelog: str, version: str, today: date, also: str = "") -> str:
    """Return the changelog with what is unreleased of the dataset under the version.

    also: entries that are not in the changelog, but follow from the workspace. What is added to a section that exists
    keeps the section's date. Raises InputError where neither `Unreleased` nor a section says anything of the version.
    """
    text = changelog if changelog.endswith("\n") else changelog + "\n"
    unreleased = next((each for each in _SECTION.finditer(text) if each["title"].strip() == "Unreleased"), None)
    voice = _VOICE.search(unreleased["body"]) if unreleased else None
    news = voice["body"].strip() if voice else ""
    there = _find(text, version)
    if also and not (there and also in there["body"]):
        news = f"{news}\n{also}" if news else also
    if not news:
        if there is None:
            raise InputError(
                f"{CHANGELOG} says nothing of the dataset {version}: `## Unreleased` has no entry under "
                "`### Dataset`.\nHint: say there what changed for users of the dataset; `stancebank publish diff "
                "VERSION --changelog` drafts it from the rows. Nothing was written."
            )
        return changelog
    if unreleased is None:
        text = _with_unreleased(text)
        unreleased = next(each for each in _SECTION.finditer(text) if each["title"].strip() == "Unreleased")
    body = unreleased["body"]
    kept = (body[: voice.start()].rstrip() + "\n\n" + body[voice.end() :].lstrip() if voice else body).strip()
    head = "## Unreleased\n\n" + (f"{kept}\n\n" if kept else "")
    before, after = text[: unreleased.start()], text[unreleased.end() :]
    if there is None:
        return f"{before}{head}## Dataset {version} ({today.isoformat()})\n\n{news}\n\n{after}".rstrip("\n") + "\n"
    section = _find(after, version)
    if section is None:
        raise InputError(f"{CHANGELOG}: `## Dataset {version}` is above `## Unreleased`.\nHint: move it below.")
    joined = after[: section.end()].rstrip() + f"\n{news}\n\n" + after[section.end() :]
    return f"{before}{head}{joined}".rstrip("\n") + "\n"


def _with_unreleased(text: str) -> str:
    """Return a changelog that has a section of what is unreleased, above all versions."""
    first = _SECTION.search(text)
    place = first.start() if first else len(text)
    return f"{text[:place].rstrip()}\n\n## Unreleased\n\n{text[place:]}"


def migration_news(root: Path, before: str | None, schema: str) -> str:
    """Return what migrations since the last version of the dataset did to its rows, as entries of the changelog.

    before: that version, None for none. schema: the version of the schema that the workspace follows.
    """
    record = read_record(root, before) if before else None
    told, entries = str(record.told.get("schema_version")) if record else schema, []
    archives = {value["from"]: value for value in map(read_json, (root / MIGRATIONS).glob("v*-v*.json"))}
    while told != schema and told in archives:
        value = archives.pop(told)
        steps = [f"{each['what']} ({_say_rows(each['rows'], each.get('asked', 0))})" for each in value["steps"]]
        name = f"{MIGRATIONS}/{value['from']}-{value['to']}.json"
        entries.append(f"- **Schema {value['to']}**: {'; '.join(steps)}. Row by row: `{name}`.")
        told = value["to"]
    return "\n".join(entries)


def _say_rows(rows: int, asked: int) -> str:
    """Return how many rows a step of a migration changed, and of how many of them people were asked."""
    people = f", {asked if asked < rows else 'all'} asked of people" if asked else ""
    return f"{rows} row{'' if rows == 1 else 's'}{people}"


def dataset_history(changelog: str, name: str) -> str | None:
    """Return the changelog of the dataset alone, as the folder of a release has it; None where there is no section."""
    found = [
        f"## {released['version']} ({released['day']})\n\n{section['body'].strip()}\n"
        for section in _SECTION.finditer(changelog if changelog.endswith("\n") else changelog + "\n")
        if (released := _RELEASED.fullmatch(section["title"].strip()))
    ]
    return f"# Changelog of {name}\n\n" + "\n".join(found) if found else None


def _find(text: str, version: str) -> re.Match[str] | None:
    for section in _SECTION.finditer(text):
        released = _RELEASED.fullmatch(section["title"].strip())
        if released and released["version"] == version:
            return section
    return None


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
    planned = {SETTINGS_FILE: _with_version(settings.decode(errors="replace"), version).encode()}
    if (changelog := git.committed(root, CHANGELOG)) is not None:
        try:
            changelog.decode()
        except UnicodeDecodeError:
            raise InputError(f"{CHANGELOG} is not UTF-8 in the last commit.\nHint: save it as UTF-8.") from None
        day = _day_of(root, version) or today
        others = [each for each in recorded_versions(root) if each != version]
        also = "\n".join(
            filter(
                None,
                (
                    migration_news(root, others[-1] if others else None, workspace.settings.schema),
                    errata_news(root, _told_of_others(changelog.decode(), version)),
                ),
            )
        )
        planned[CHANGELOG] = date_version(changelog.decode(), version, day, also).encode()
    return planned


def _told_of_others(changelog: str, version: str) -> str:
    """Return what the changelog says of other versions of the dataset."""
    sections = _SECTION.finditer(changelog if changelog.endswith("\n") else changelog + "\n")
    found = ((_RELEASED.fullmatch(section["title"].strip()), section["body"]) for section in sections)
    return "\n".join(body for released, body in found if released and released["version"] != version)


def _with_version(settings: str, version: str) -> str:
    head = re.compile(r"^(\[dataset\](?:(?!^\[).)*?^version\s*=\s*)([\"'])[^\"'\n]*\2", re.MULTILINE | re.DOTALL)
    changed = head.sub(rf"\g<1>\g<2>{version}\g<2>", settings, count=1)
    if _stated_version(changed) != version:
        raise InputError(
            f"{SETTINGS_FILE}: the line `version` below [dataset] is not found.\nHint: set it to {version}."
        )
    return changed


def _stated_version(settings: str) -> object:
    """Return the version that settings say, or None: those of the last commit may be others than the workspace's."""
    try:
        dataset = tomllib.loads(settings).get("dataset")
    except tomllib.TOMLDecodeError:
        return None
    return dataset.get("version") if isinstance(dataset, dict) else None


def _day_of(root: Path, version: str) -> date | None:
    """Return the day under which a killed run has written the version into the changelog."""
    path = root / CHANGELOG
    text = path.read_bytes().decode() if path.is_file() else ""
    found = re.search(rf"^## Dataset {re.escape(version)} \((\d{{4}}-\d\d-\d\d)\)$", text, re.MULTILINE)
    return date.fromisoformat(found[1]) if found else None


def require_committed(root: Path, planned: Mapping[str, bytes], mine: str | None) -> None:
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
        if left_out := set(git.left_out_files(root)).intersection(dirt):
            raise InputError(
                f"The checkout is sparse: it leaves out {len(left_out)} of the workspace's files, such as "
                f"{min(left_out)}.\nHint: run `git sparse-checkout disable`. Nothing was written."
            )
        if filtered := set(git.filtered_files(root)).intersection(dirt):
            raise InputError(
                f"A filter of git changes {', '.join(sorted(filtered)[:5])}. Filters of a repository are not run, and "
                "the files are not those of the last commit.\n"
                "Hint: take the filter out of .gitattributes and commit the files as they are; if they lie in Git LFS, "
                "run `git lfs pull`. Nothing was written."
            )
        raise InputError(
            f"The workspace differs from its last commit: {few}. A release is made of a commit.\n"
            "Hint: commit the changes, or put them away with `git stash -u`. Nothing was written."
        )


def require_card(root: Path, content: WorkspaceFiles) -> None:
    """Raise InputError where the card is neither that of the last commit nor what the release makes of it."""
    path = root / CARD
    found = path.read_bytes() if path.is_file() else None
    if found not in (git.committed(root, CARD), content.read(CARD)):
        raise InputError(f"{CARD} differs from its last commit.\nHint: commit it. Nothing was written.")


def require_tracked(store: Store, names: Iterable[str]) -> None:
    """Raise InputError where git does not hold one of the files; what is no file is pinned by one of them."""
    strangers = sorted({name for name in names if store.is_file(name)} - git.tracked_files(store.root))
    if strangers:
        raise InputError(
            f"git does not hold {', '.join(strangers[:5])}, of which the release would be made.\n"
            "Hint: commit them: perhaps .gitignore names them. Nothing was written."
        )


def changing(root: Path, content: WorkspaceFiles) -> list[str]:
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
