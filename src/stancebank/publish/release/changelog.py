"""The changelog of a workspace: three voices under `Unreleased`, and one section for each version of the dataset.

A release moves what the voice `### Dataset` says under `## Unreleased` into a section of its own, `## Dataset 1.2.0
(2031-02-11)`, below it. The other voices stay where they are. The folder of a release takes the sections of the
dataset alone, so that what the toolkit says of itself does not change a dataset.
"""

import re
from datetime import date

from stancebank.errors import InputError

CHANGELOG = "CHANGELOG.md"

_SECTION = re.compile(r"^## (?P<title>.+)\n(?P<body>(?:(?!## ).*\n)*)", re.MULTILINE)
_VOICE = re.compile(r"^### Dataset\n(?P<body>(?:(?!###? ).*\n)*)", re.MULTILINE)
_RELEASED = re.compile(r"Dataset (?P<version>[0-9.]+) \((?P<day>[0-9-]+)\)")


def date_version(changelog: str, version: str, today: date) -> str:
    """Return the changelog with what is unreleased of the dataset under the version.

    What is added to a section that exists keeps the section's date. Raises InputError where neither `Unreleased` nor
    a section says anything of the version.
    """
    text = changelog if changelog.endswith("\n") else changelog + "\n"
    unreleased = next((each for each in _SECTION.finditer(text) if each["title"].strip() == "Unreleased"), None)
    voice = _VOICE.search(unreleased["body"]) if unreleased else None
    news = voice["body"].strip() if voice else ""
    there = _find(text, version)
    if not news:
        if there is None:
            raise InputError(
                f"{CHANGELOG} says nothing of the dataset {version}: `## Unreleased` has no entry under "
                "`### Dataset`.\nHint: say there what changed for users of the dataset. Nothing was written."
            )
        return changelog
    assert unreleased is not None
    assert voice is not None
    body = unreleased["body"]
    kept = (body[: voice.start()].rstrip() + "\n\n" + body[voice.end() :].lstrip()).strip()
    head = "## Unreleased\n\n" + (f"{kept}\n\n" if kept else "")
    before, after = text[: unreleased.start()], text[unreleased.end() :]
    if there is None:
        return f"{before}{head}## Dataset {version} ({today.isoformat()})\n\n{news}\n\n{after}".rstrip("\n") + "\n"
    section = _find(after, version)
    if section is None:
        raise InputError(f"{CHANGELOG}: `## Dataset {version}` stands above `## Unreleased`.\nHint: move it below.")
    joined = after[: section.end()].rstrip() + f"\n{news}\n\n" + after[section.end() :]
    return f"{before}{head}{joined}".rstrip("\n") + "\n"


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
