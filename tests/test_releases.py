"""The releases of this repository: their records are whole, and a clean clone gives what they say."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from stancebank.publish.build import build
from stancebank.publish.history import ReleaseRecord, parse_version, read_record, recorded_versions
from stancebank.publish.layout import told_in
from stancebank.publish.parquet import pyarrow_version
from stancebank.publish.release.release import Wish, release
from stancebank.workspace import open_workspace, toolkit_version
from tests.conftest import REPO
from tests.publish.builds import contents
from tests.publish.release.releases import git, make, make_and_commit, say_news

VERSIONS = recorded_versions(REPO)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The last commit of this repository, without its history, its tags and whatever lies beside it."""
    git(tmp_path, "clone", "--quiet", "--depth", "1", "--no-tags", f"file://{REPO}", "somewhere else")
    return tmp_path / "somewhere else"


def record_of(version: str) -> ReleaseRecord:
    record = read_record(REPO, version)
    assert record
    return record


def hashes(manifest: dict[str, Any]) -> dict[str, str]:
    return {table: each["content_hash"] for table, each in told_in(manifest, "tables").items()}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_record_agrees_with_itself(version: str) -> None:
    record = record_of(version)
    sums = dict(line.split("  ", 1)[::-1] for line in record.sums.decode().splitlines())
    assert sums.pop("manifest.json") == hashlib.sha256(record.manifest).hexdigest()
    assert sums == record.told["files"]
    counts = {table: len(names) for table, names in record.held.rows.items()}
    assert counts.items() <= {table: each["rows"] for table, each in told_in(record.told, "tables").items()}.items()
    assert record.told["publishable"]
    assert told_in(record.told, "text_included") == []


@pytest.mark.slow
def test_what_says_a_recorded_version_is_that_version(clone: Path) -> None:
    """Where this fails, raise `version` in stancebank.toml; or renew the record, if the version has no tag yet."""
    workspace = open_workspace(clone)
    version = workspace.settings.version
    if version not in VERSIONS:  # the next version; its rows are looked at below
        assert parse_version(version) > parse_version(VERSIONS[-1])
        return
    told = record_of(version).told
    made = release(workspace, Wish(version))
    if (told["toolkit_version"], told["pyarrow_version"]) == (toolkit_version(), pyarrow_version()):
        assert made.differences == ()
        assert (made.out / "manifest.json").read_bytes() == record_of(version).manifest
        assert (made.out / "SHA256SUMS").read_bytes() == record_of(version).sums
    else:
        assert "rows: the same, by the content hash of every table." in made.differences or made.is_clean


@pytest.mark.slow
def test_the_rows_are_those_of_the_last_record_unless_the_changelog_says_what_changed(
    clone: Path, tmp_path: Path
) -> None:
    """Where this fails, rows have changed: say how under `### Dataset` in CHANGELOG.md, or undo it."""
    unreleased = (clone / "CHANGELOG.md").read_text(encoding="utf-8").split("\n## ")[1]
    assert unreleased.startswith("Unreleased\n")
    if "\n### Dataset\n" in unreleased:
        return
    version = VERSIONS[-1]
    settings = clone / "stancebank.toml"
    present = f'version = "{open_workspace(clone).settings.version}"'
    assert settings.read_text(encoding="utf-8").count(present) == 1
    settings.write_text(settings.read_text(encoding="utf-8").replace(present, f'version = "{version}"'), "utf-8")
    build(open_workspace(clone), tmp_path / "out")
    made = json.loads((tmp_path / "out/manifest.json").read_bytes())
    assert made["dataset_version"] == version
    assert hashes(made) == hashes(record_of(version).told)


@pytest.mark.slow
def test_the_next_release_of_this_commit_is_the_same_in_another_clone(clone: Path, tmp_path: Path) -> None:
    version = f"{parse_version(VERSIONS[-1])[0] + 1}.0.0"
    say_news(clone, "- **All rows**: as they are.")
    git(clone, "commit", "--quiet", "--all", "--message", "News")
    made = make_and_commit(clone, version)
    git(tmp_path, "clone", "--quiet", "--depth", "1", f"file://{clone}", "another")
    again = make(tmp_path / "another", version)
    assert again.is_clean
    assert contents(again.out) == contents(made.out)
    told = json.loads((made.out / "manifest.json").read_bytes())
    assert told["trees"]["schema"] == git(REPO, "rev-parse", "HEAD:schema").strip()
    assert told["trees"]["annotate"] == git(REPO, "rev-parse", "HEAD:annotate").strip()
