"""Nothing stops by itself at a million articles: sizes grow as these slopes say, and every limit is above them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stancebank.corpus import leaks
from stancebank.publish import history
from stancebank.publish.card.brief import PREVIEW
from stancebank.publish.history import Held, ReleaseRecord, part_name, read_record, record_folder, write_record
from stancebank.publish.layout import LARGEST_LIST, LISTS, MANIFEST, make_sums
from stancebank.publish.parquet import ROWS_PER_FILE, fits_memory, read_groups
from stancebank.publish.release import gate
from stancebank.publish.verification import files, tables
from stancebank.records import read_json, to_json
from stancebank.workspace import Workspace
from tests.invented import lay_invented
from tests.publish.builds import fill_release

MANY = 1_000_000
FEW, MORE = 32, 52
"""More than there are holders and outlets in the invented corpus, so that only articles are added."""

FILES, A_FILE = 1_000, 500
"""Files of tables, and the most bytes that another file says of each: croissant.json has 365."""

HOST = 100_000_000
"""Bytes of a file that GitHub takes at most."""


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Releases of invented articles."""
    place = tmp_path_factory.mktemp("sizes")
    few, more = (
        fill_release(
            lay_invented(place / f"{many}", many, statements=1, full=1.0),
            place / f"out-{many}",
            rows_per_file=ROWS_PER_FILE,
        )
        for many in (FEW, MORE)
    )
    return few, more


@pytest.mark.slow
def test_files_of_a_million_articles_stay_below_the_limits_of_gate_and_verification(
    folders: tuple[Path, Path],
) -> None:
    few, more = folders
    expected: dict[str, float] = {}
    for path in sorted(each for each in more.iterdir() if each.is_file() and each.name != PREVIEW):
        size = path.stat().st_size
        growth = max(0, size - (few / path.name).stat().st_size) / (MORE - FEW)
        expected[path.name] = size + growth * (MANY - MORE)
    assert expected[MANIFEST] > 100_000_000, "the list of inputs grows with the articles"
    for name, most in expected.items():
        assert most + FILES * A_FILE <= (LARGEST_LIST if name in LISTS else gate.LARGEST_OTHER), name
        assert most + FILES * A_FILE <= files.most_bytes(name), name


@pytest.mark.slow
def test_tables_of_a_million_articles_stay_below_the_limits(folders: tuple[Path, Path]) -> None:
    _, more = folders
    count = 0.0
    for name, told in read_json(more / MANIFEST)["tables"].items():
        rows, (path,) = told["rows"], more.glob(f"{name}/*.parquet")
        count += rows / MORE * MANY / ROWS_PER_FILE + 1
        unpacked = sum(each.nbytes for each in read_groups(path)) / rows * ROWS_PER_FILE
        size = told["bytes"] / rows * ROWS_PER_FILE  # of a file of few rows: one of many is smaller by the row
        assert size < gate.LARGEST_TABLE, name
        assert unpacked < tables.LARGEST_TABLE, name
        assert fits_memory(path, tables.SMALL_TABLE, 0), name
    assert count + 20 < FILES < files.MOST_FILES
    assert len(make_sums(dict.fromkeys(map(str, range(int(count))), "0" * 64))) < files.LARGEST_TEXT


def record_of(articles: int, root: Path) -> ReleaseRecord:
    """A record of invented digests: 28 rows an article, and a manifest of two lines for each."""
    ids = [f"invented-{number:07}" for number in range(articles)]
    said = "0123456789ab 0123456789ab"
    rows = {"articles": dict.fromkeys(ids, said)}
    rows["statements"] = {f"{name}/s{place}": said for name in ids for place in range(1, 21)}
    rows["conditions"] = {f"{name}/s{place}/c1": said for name in ids for place in range(3, 21, 3)}
    rows["targets"] = {}
    inputs = {f"corpus/{kind}/{name}.json": "0" * 64 for name in ids for kind in ("articles", "gold")}
    manifest = to_json({"dataset_version": "0.1.0", "inputs": inputs}).encode()
    return ReleaseRecord("0.1.0", manifest, b"sums\n", Held({"articles": {"article_id": None}}, rows))


def test_a_large_record_lies_in_files_that_a_host_of_git_takes(
    toy_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, record = toy_workspace.root, record_of(60, toy_workspace.root)
    write_record(root, record)
    folder = root / record_folder("0.1.0")
    whole = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert sorted(whole) == ["SHA256SUMS", MANIFEST, "rows.json"], "a small one lies in the files that it always did"
    assert read_record(root, "0.1.0") == record
    monkeypatch.setattr(history, "LARGEST_PART", 10_000)
    write_record(root, record)
    sizes = {path.name: path.stat().st_size for path in folder.iterdir()}
    assert {part_name("rows.json", 3), part_name(MANIFEST, 2)} <= sizes.keys()
    assert max(sizes.values()) < 13_000
    assert b"".join((folder / part_name(MANIFEST, n)).read_bytes() for n in (1, 2)) == whole[MANIFEST]
    assert read_record(root, "0.1.0") == record
    from stancebank.check.workspace import check_workspace

    assert not [each for each in check_workspace(toy_workspace).findings if each.code == "file-unexpected"]
    held: dict[str, Any] = {table: dict(list(rows.items())[:2]) for table, rows in record.held.rows.items()}
    smaller = replace(record, manifest=b'{"dataset_version": "0.1.0"}\n', held=replace(record.held, rows=held))
    write_record(root, smaller)
    assert read_record(root, "0.1.0") == smaller, "no part of a larger one is left"


def test_a_part_is_below_what_a_host_takes_and_a_search_reads() -> None:
    assert 2 * history.LARGEST_PART <= HOST <= leaks.LARGEST
