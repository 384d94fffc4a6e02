"""The folder of release 0.1.0 is whole, opens, and is sound by the verification of today."""

import hashlib
import json
from pathlib import Path

import pytest

from tests.conftest import REPO
from tests.frozen.command import run

FOLDER = Path(__file__).parent / "release-0.1.0"
RECORD = REPO / "corpus/releases/0.1.0"
TABLES = {"annotations": 174, "articles": 5, "conditions": 17, "entities": 27, "statements": 87, "targets": 29}


def test_each_file_has_the_digest_that_is_listed_and_no_file_is_unlisted() -> None:
    listed = dict(line.split("  ", 1)[::-1] for line in (FOLDER / "SHA256SUMS").read_text("utf-8").splitlines())
    found = {
        path.relative_to(FOLDER).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in FOLDER.rglob("*")
        if path.is_file() and path.name != "SHA256SUMS"
    }
    assert found == listed


@pytest.mark.parametrize("name", ["SHA256SUMS", "manifest.json"])
def test_the_folder_is_the_one_that_is_recorded(name: str) -> None:
    assert (FOLDER / name).read_bytes() == (RECORD / name).read_bytes()


def test_the_folder_shows_no_words_of_its_articles() -> None:
    import pyarrow.parquet as pq

    assert json.loads((FOLDER / "manifest.json").read_bytes())["words_shown"] == []
    shown = {"content", "speaker_mention", "cue", "target_mention", "reason", "words", "text"}
    for path in FOLDER.glob("*/*.parquet"):
        table = pq.read_table(path)
        for name in shown & set(table.column_names):
            assert table.column(name).null_count == table.num_rows, (path, name)


@pytest.mark.slow
def test_verification_finds_no_error(tmp_path: Path) -> None:
    ended = run("publish", "verify", FOLDER, "--no-readers", "--json", cwd=tmp_path)
    found = json.loads(ended.out)
    assert (ended.code, found["sound"], found["rows"]) == (0, True, TABLES)
    assert {fault["severity"] for fault in found["faults"]} <= {"warning"}


@pytest.mark.slow
def test_verification_with_every_reader_finds_no_error(tmp_path: Path) -> None:
    ended = run("publish", "verify", FOLDER, "--require-readers", "--json", cwd=tmp_path)
    assert (ended.code, json.loads(ended.out)["sound"]) == (0, True)


@pytest.mark.slow
@pytest.mark.parametrize("table", TABLES)
def test_datasets_opens_every_table(table: str, tmp_path: Path) -> None:
    from datasets import load_dataset

    found = load_dataset(str(FOLDER), table, split="train", cache_dir=str(tmp_path))
    assert found.num_rows == TABLES[table]
