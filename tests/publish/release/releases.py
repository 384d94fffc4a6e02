"""What the tests of releases share: workspaces in git, and a release as its command makes it."""

import json
import os
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from stancebank.publish.release.gate import ReleaseWaiver
from stancebank.publish.release.release import Release, Wish, commands, release
from stancebank.workspace import Workspace, open_workspace
from tests.publish.builds import ENVOY, contents, lay_toy

TODAY = date(2031, 2, 11)

OUT = "releases/toy-1.2.0"

CITED = """cff-version: 1.2.0
type: dataset
title: The toy
message: Please cite it.
authors:
  - name: The toy people
"""

CHANGES = """# Changelog

## Unreleased

### Toolkit

- **A command**: new.

### Dataset

- **Rows**: new.

## 0.9.0 (2030-01-01)

### Dataset

- **Older rows**: new.
"""


def git(root: Path, *arguments: str) -> str:
    env = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    who = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(
        ["git", "-C", str(root), *who, *arguments], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def commit(root: Path) -> None:
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "Records")


def lay_committed(root: Path) -> Workspace:
    """Lay the toy workspace, version 1.2.0, with a changelog and authors, in a repository of its own."""
    workspace = lay_toy(root)
    (root / ".gitignore").write_bytes(b".stancebank/\n/releases/\n")
    (root / "CHANGELOG.md").write_bytes(CHANGES.encode())
    (root / "CITATION.cff").write_bytes(CITED.encode())
    git(root, "init", "--quiet")
    commit(root)
    return workspace


def make(root: Path, version: str, *waivers: ReleaseWaiver, **wish: Any) -> Release:
    """Release a version; no reader opens it, since each takes seconds."""
    return release(open_workspace(root), Wish(version, waivers, today=TODAY, readers=(), **wish))


def make_and_commit(root: Path, version: str, *waivers: ReleaseWaiver, **wish: Any) -> Release:
    """Release a version and run the commands that it prints."""
    made = make(root, version, *waivers, **wish)
    assert made.is_clean, (made.findings, made.differences)
    run_commands(root, made)
    assert git(root, "status", "--porcelain") == ""
    return made


def run_commands(root: Path, made: Release) -> None:
    """Run the commands that a release prints."""
    for command in commands(made):
        git(root, *(part.strip('"') for part in _split(command)))


def say_news(root: Path, news: str = "- **Rows**: more of them.") -> None:
    """Say something of the dataset under Unreleased."""
    path = root / "CHANGELOG.md"
    head, rest = path.read_text(encoding="utf-8").split("## Unreleased\n", 1)
    path.write_text(f"{head}## Unreleased\n\n### Dataset\n\n{news}\n{rest}", encoding="utf-8")


def change_gold(root: Path, **values: Any) -> None:
    """Change the gold document of the envoy."""
    store = open_workspace(root).store
    document = store.gold(ENVOY)
    assert document
    store.write_document(msgspec.structs.replace(document, **values))


def drop_statement(root: Path, name: str, *, retire: bool) -> None:
    """Take a statement out of the gold document of the envoy."""
    document = open_workspace(root).store.gold(ENVOY)
    assert document
    gone = next(each for each in document.statements if each.id == name)
    kept = tuple(
        msgspec.structs.replace(each, same_as=None) if each.same_as == name else each
        for each in document.statements
        if each is not gone
    )
    retired = (*document.retired, name, *(each.id for each in gone.conditions)) if retire else document.retired
    change_gold(root, statements=kept, retired=tuple(sorted(retired)))


def _split(command: str) -> list[str]:
    import shlex

    return shlex.split(command)[1:]


def manifest_of(folder: Path) -> Any:
    return json.loads((folder / "manifest.json").read_bytes())


def tracked(root: Path) -> dict[str, bytes]:
    """The files of the workspace, without those of git and of releases."""
    return {name: data for name, data in contents(root).items() if not name.startswith((".git/", "releases/"))}


def clone(root: Path, place: Path, *options: str) -> Path:
    place.parent.mkdir(parents=True, exist_ok=True)
    git(root.parent, "clone", "--quiet", *options, f"file://{root}", str(place))
    return place
