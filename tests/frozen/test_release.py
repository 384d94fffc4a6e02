"""The folders of releases are whole, open, and are sound by the verification of today."""

import hashlib
import json
from pathlib import Path

import pytest

from tests.conftest import REPO
from tests.frozen.command import run

TABLES = {"annotations": 174, "articles": 5, "conditions": 17, "entities": 27, "statements": 87}
TARGETS = {"0.1.0": 29, "0.2.0": 32}
"""How many rows the table `targets` has in each version; all others have the same number in both."""


@pytest.fixture(params=TARGETS)
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def folder(version: str) -> Path:
    return Path(__file__).parent / f"release-{version}"


def test_each_file_has_the_digest_that_is_listed_and_no_file_is_unlisted(folder: Path) -> None:
    listed = dict(line.split("  ", 1)[::-1] for line in (folder / "SHA256SUMS").read_text("utf-8").splitlines())
    found = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "SHA256SUMS"
    }
    assert found == listed


@pytest.mark.parametrize("name", ["SHA256SUMS", "manifest.json"])
def test_the_folder_is_the_one_that_is_recorded(name: str, version: str, folder: Path) -> None:
    assert (folder / name).read_bytes() == (REPO / f"corpus/releases/{version}" / name).read_bytes()


def test_the_folder_shows_no_words_of_its_articles(folder: Path) -> None:
    import pyarrow.parquet as pq

    manifest = json.loads((folder / "manifest.json").read_bytes())
    assert manifest["words_shown" if "words_shown" in manifest else "text_included"] == []
    shown = {"content", "speaker_mention", "cue", "target_mention", "reason", "words", "text"}
    for path in folder.glob("*/*.parquet"):
        table = pq.read_table(path)
        for name in shown & set(table.column_names):
            assert table.column(name).null_count == table.num_rows, (path, name)


@pytest.mark.slow
def test_verification_finds_no_error(version: str, folder: Path, tmp_path: Path) -> None:
    ended = run("publish", "verify", folder, "--no-readers", "--json", cwd=tmp_path)
    found = json.loads(ended.out)
    assert (ended.code, found["sound"], found["rows"]) == (0, True, TABLES | {"targets": TARGETS[version]})
    assert {fault["severity"] for fault in found["faults"]} <= {"warning"}


@pytest.mark.slow
def test_verification_with_every_reader_finds_no_error(folder: Path, tmp_path: Path) -> None:
    ended = run("publish", "verify", folder, "--require-readers", "--json", cwd=tmp_path)
    assert (ended.code, json.loads(ended.out)["sound"]) == (0, True)


@pytest.mark.slow
@pytest.mark.parametrize("table", [*TABLES, "targets"])
def test_datasets_opens_every_table(table: str, version: str, folder: Path, tmp_path: Path) -> None:
    from datasets import load_dataset

    found = load_dataset(str(folder), table, split="train", cache_dir=str(tmp_path))
    assert found.num_rows == (TABLES | {"targets": TARGETS[version]})[table]
