"""What a release is: a folder for strangers, a record without words, and the changes in the workspace."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from stancebank.errors import InputError
from stancebank.publish.parquet import read_table
from stancebank.publish.release.gate import ReleaseWaiver
from stancebank.publish.verification import Wanted, verify
from stancebank.workspace import open_workspace
from tests.conftest import Run
from tests.publish.builds import ENVOY, HARVEST, contents, withhold
from tests.publish.release.releases import (
    OUT,
    clone,
    commit,
    git,
    lay_committed,
    make,
    make_and_commit,
    manifest_of,
    tracked,
)

pytestmark = pytest.mark.slow  # whole releases, several each


def test_a_release_is_a_folder_with_everything_that_a_stranger_needs(root: Path) -> None:
    made = make(root, "1.2.0")
    assert made.is_clean
    assert made.out == root / OUT
    names = set(contents(made.out))
    assert names >= {"README.md", "GUIDELINES.md", "CHANGELOG.md", "LICENSE", "splits.csv", "manifest.json"}
    assert names >= {f"{table}/train-00000-of-00001.parquet" for table in made.rows}
    copied = {path.name for path in open_workspace(root).schema_dir.glob("*.json")}
    assert {name.removeprefix("schema/") for name in names if name.startswith("schema/")} == copied
    lines = (made.out / "splits.csv").read_text(encoding="utf-8").splitlines()
    ids = sorted(
        row["article_id"] for row in read_table(made.out / "articles/train-00000-of-00001.parquet").to_pylist()
    )
    assert lines == ["article_id,split", *(f"{each},train" for each in ids)]
    checked = subprocess.run(
        ["sha256sum", "-c", "SHA256SUMS"], cwd=made.out, capture_output=True, text=True, check=True
    )
    assert {line.removesuffix(": OK") for line in checked.stdout.splitlines()} == names - {
        "SHA256SUMS",
        ".gitattributes",
    }


def test_the_manifest_names_trees_that_git_knows_and_no_commit(released: Path) -> None:
    told = manifest_of(released / OUT)
    for folder in ("schema", "annotate"):
        assert told["trees"][folder] == git(released, "rev-parse", f"HEAD:{folder}").strip()
    listed = git(released, "ls-tree", "HEAD:corpus").splitlines()
    assert any(line.endswith("\treleases") for line in listed)
    without = "".join(f"{line}\n" for line in listed if not line.endswith("\treleases"))
    made = subprocess.run(["git", "mktree"], cwd=released, input=without, capture_output=True, text=True, check=True)
    assert told["trees"]["corpus"] == made.stdout.strip()
    assert told["waived"] == []
    head = git(released, "rev-parse", "HEAD").strip()
    assert head not in (released / OUT / "manifest.json").read_text(encoding="utf-8")


def test_a_release_changes_version_changelog_card_and_record_and_nothing_else(root: Path) -> None:
    before = tracked(root)
    made = make(root, "1.3.0")
    after = tracked(root)
    record = {f"corpus/releases/1.3.0/{name}" for name in ("SHA256SUMS", "manifest.json", "rows.json")}
    assert after.keys() - before.keys() == record
    assert {name for name in before if before[name] != after[name]} == {
        "stancebank.toml",
        "CHANGELOG.md",
        "DATASET_CARD.md",
    }
    assert set(made.written) == {"CHANGELOG.md", "DATASET_CARD.md", "corpus/releases/1.3.0", "stancebank.toml"}
    assert after["stancebank.toml"] == before["stancebank.toml"].replace(b'version = "1.2.0"', b'version = "1.3.0"')
    assert "dataset version 1.3.0" in after["DATASET_CARD.md"].decode()
    changelog = after["CHANGELOG.md"].decode()
    assert "## Dataset 1.3.0 (2031-02-11)\n\n- **Rows**: new.\n\n## 0.9.0" in changelog
    history = (root / "releases/toy-1.3.0/CHANGELOG.md").read_text(encoding="utf-8")
    assert history == "# Changelog of toy\n\n## 1.3.0 (2031-02-11)\n\n- **Rows**: new.\n"
    assert json.loads((made.out / "croissant.json").read_bytes())["datePublished"] == "2031-02-11"
    for name in ("SHA256SUMS", "manifest.json"):
        assert after[f"corpus/releases/1.3.0/{name}"] == (made.out / name).read_bytes()


def test_a_record_holds_ids_and_digests_and_no_words(root: Path) -> None:
    make(root, "1.2.0")
    rows = json.loads((root / "corpus/releases/1.2.0/rows.json").read_bytes())["rows"]
    ids = {
        row["statement_id"] for row in read_table(root / OUT / "statements/train-00000-of-00001.parquet").to_pylist()
    }
    assert set(rows["statements"]) == ids
    record = b"".join(path.read_bytes() for path in (root / "corpus/releases/1.2.0").iterdir()).decode()
    for article in open_workspace(root).store.articles():
        for line in (open_workspace(root).store.text(article) or "").split("\n"):
            assert len(line) < 20 or line not in record


def test_a_dry_run_judges_and_writes_nothing(root: Path) -> None:
    before = contents(root)
    made = make(root, "1.2.0", dry_run=True)
    assert made.is_clean
    assert made.rows["statements"] == 13
    assert contents(root) == before


def test_a_workspace_below_the_root_of_its_repository_is_released_by_itself(tmp_path: Path) -> None:
    root = lay_committed(tmp_path / "above" / "toy").root
    shutil.rmtree(root / ".git")
    (root.parent / "other.txt").write_text("other", encoding="utf-8")
    git(root.parent, "init", "--quiet")
    commit(root.parent)
    (root.parent / "other.txt").write_text("changed, and no part of the workspace", encoding="utf-8")
    made = make(root, "1.2.0")
    assert made.is_clean
    assert manifest_of(made.out)["trees"]["schema"] == git(root.parent, "rev-parse", "HEAD:toy/schema").strip()


def test_a_release_without_the_texts_is_made_and_says_what_was_not_searched(root: Path, run: Run) -> None:
    workspace = open_workspace(root)
    for article_id in (ENVOY, HARVEST):
        withhold(workspace, article_id)
        (workspace.root / workspace.store.text_name(workspace.store.article(article_id))).unlink()
    commit(root)
    made = make_and_commit(root, "1.2.0")
    (found,) = made.findings
    assert (found.code, found.severity) == ("release-unsearched", "warning")
    assert f"2 articles, whose texts are not at hand: {HARVEST}, {ENVOY}." in found.message
    done = run("-w", root, "publish", "release", "1.2.0", "--dry-run")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "release-unsearched  (warning)" in done.stdout
    assert "release-unsearched" not in (made.out / "manifest.json").read_text(encoding="utf-8")
    with pytest.raises(InputError, match="cannot be waived"):
        make(root, "1.3.0", ReleaseWaiver("release-unsearched", "There are no texts."))


def test_the_sample_can_be_released_and_made_again(tmp_path: Path) -> None:
    from stancebank.starter.laying import lay, sample_files

    root = tmp_path / "sample"
    lay(sample_files(), root)
    git(root, "init", "--quiet")
    commit(root)
    made = make_and_commit(root, "0.1.0")
    elsewhere = clone(root, tmp_path / "clone")
    assert make(elsewhere, "0.1.0").is_clean
    assert contents(elsewhere / "releases") == contents(root / "releases")
    assert made.rows["articles"] == 15


def test_files_of_bounded_rows_open_as_one_view_and_are_the_same_rows(root: Path) -> None:
    from datasets import load_dataset

    whole = manifest_of(make(root, "1.2.0").out)
    shutil.rmtree(root / "corpus/releases")
    made = make(root, "1.2.0", rows_per_file=5)
    told = manifest_of(made.out)
    assert told["tables"]["statements"]["files"] == [f"statements/train-{n:05}-of-00003.parquet" for n in range(3)]
    assert len(told["tables"]["statements"]["sha256"]) == 3
    hashes = [{table: each["content_hash"] for table, each in m["tables"].items()} for m in (whole, told)]
    assert hashes[0] == hashes[1]
    first = contents(made.out)
    loaded = load_dataset(str(made.out), split="train", cache_dir=str(root / "releases" / "cache"))
    assert loaded.num_rows == 13
    shutil.rmtree(root / "releases")
    shutil.rmtree(root / "corpus/releases")
    assert contents(make(root, "1.2.0", rows_per_file=5).out) == first


def test_a_workspace_without_card_changelog_or_citation_is_released_without_them(root: Path, tmp_path: Path) -> None:
    for name in ("DATASET_CARD.md", "CHANGELOG.md", "CITATION.cff"):
        (root / name).unlink()
    commit(root)
    made = make_and_commit(root, "1.2.0")
    assert made.written == made.uncommitted == ("corpus/releases/1.2.0",)
    assert not {"CHANGELOG.md", "CITATION.cff"} & set(contents(made.out))
    assert not (root / "DATASET_CARD.md").exists()
    assert make(clone(root, tmp_path / "clone"), "1.2.0").is_clean


def test_a_release_survives_git_wherever_it_is_checked_out(root: Path, tmp_path: Path) -> None:
    made = make(root, "1.3.0")
    assert made.is_clean
    shared = tmp_path / "shared"
    shutil.copytree(made.out, shared / "data")
    git(shared, "init", "--quiet")
    git(shared, "config", "core.autocrlf", "true")
    commit(shared)
    git(tmp_path, "clone", "--quiet", "-c", "core.autocrlf=true", "-c", "core.eol=crlf", str(shared), "windows")
    folder = tmp_path / "windows/data"
    assert subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=folder, check=False).returncode == 0
    found = verify(folder, Wanted(readers=()))
    assert (found.faults, found.beside) == ([], ())
    assert ".gitattributes" not in manifest_of(folder)["files"]
    assert make(root, "1.3.0", renew=True).is_clean  # the folder may be replaced
    (made.out / ".gitattributes").write_text("*.parquet filter=lfs diff=lfs merge=lfs -text\n")  # as the Hub has it
    assert verify(made.out, Wanted(readers=())).beside == (".gitattributes",)
    assert make(root, "1.3.0", renew=True).is_clean
