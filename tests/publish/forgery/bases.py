"""The folders that are forged: the toy under three text policies, a release of it in many files, and the sample."""

import shutil
from pathlib import Path
from typing import Any

from stancebank.publish.build import Recipe, build, fill_folder, read_to_publish
from stancebank.publish.content import Content
from stancebank.publish.folder import MANIFEST, SUMS
from stancebank.publish.record import record_folder
from stancebank.starter.laying import lay, sample_files
from stancebank.workspace import Workspace, open_workspace
from tests.conftest import REPO
from tests.publish.builds import lay_toy
from tests.publish.forgery.base import Base, open_base

POLICIES = ("as each article allows", "quotes", "withheld")
ROWS_PER_FILE = 5
CHANGELOG = b"# Changelog of toy\n\n## 1.2.0 (2031-03-01)\n\n- First.\n"


def lay_bases(root: Path, with_sample: bool = True) -> dict[str, tuple[Base, Workspace]]:
    """Return sound folders by name, each with a workspace that has the gold and the record of it."""
    toy = lay_toy(root / "toy")
    found: dict[str, tuple[Base, Workspace]] = {}
    for text in POLICIES:
        out = build(toy, root / f"toy {text}", text if text in ("quotes", "withheld") else None).out
        found[f"toy, {text}"] = open_base(out), recorded(toy, out, root / f"workspace {text}")
    out = fill_release(toy, root / "toy release")
    found["toy, a release in many files"] = (
        open_base(out, ROWS_PER_FILE),
        recorded(toy, out, root / "workspace release"),
    )
    if with_sample:
        lay(sample_files(), root / "sample")
        sample = open_workspace(root / "sample")
        out = build(sample, root / "sample build").out
        found["sample"] = open_base(out), recorded(sample, out, root / "workspace sample")
    decks: dict[str, list[Any]] = {}
    for base, _ in found.values():
        base.decks = decks
    return found


def fill_release(workspace: Workspace, out: Path, changelog: bytes | None = CHANGELOG) -> Path:
    """Fill a folder with all that a release has, in files of few rows, without a repository. changelog: None: none."""
    (workspace.root / "CITATION.cff").write_bytes((REPO / "CITATION.cff").read_bytes())
    trees = {name: str(place) * 40 for place, name in enumerate(("annotate", "corpus", "schema"))}
    about = {"trees": trees, "waived": [{"code": "release-gone", "reason": "Known."}]}
    content = Content(workspace.root)
    recipe = Recipe(content, is_release=True, history=changelog, about=about, rows_per_file=ROWS_PER_FILE)
    out.mkdir()
    fill_folder(out, workspace, read_to_publish(workspace, None), recipe)
    return out.resolve()


def recorded(workspace: Workspace, out: Path, place: Path) -> Workspace:
    """Return a copy of a workspace with the record of a folder."""
    shutil.copytree(workspace.root, place)
    copied = open_workspace(place)
    record = place / record_folder(copied.settings.version)
    record.mkdir(parents=True)
    for name in (SUMS, MANIFEST):
        shutil.copy(out / name, record / name)
    return copied
