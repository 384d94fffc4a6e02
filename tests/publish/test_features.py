"""Features lie in the Parquet files: `datasets` knows them without the card, and the card need not repeat them."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from stancebank.publish.build import build
from stancebank.publish.card.card import configs, dataset_info
from stancebank.publish.parquet import FEATURES, TableFacts, features_value, file_metadata
from stancebank.publish.tables import Table, tables
from stancebank.publish.verification import Wanted, verify
from stancebank.schema.fields import KEYWORD
from stancebank.workspace import open_workspace
from tests.frozen.forging import seal
from tests.publish.builds import change_flag, features, lay_toy, read_apart
from tests.publish.own import TABLES

pytestmark = pytest.mark.slow

READER = """
import json, os, shutil, sys
sys.modules["stancebank"] = None
folder, later, bare = sys.argv[1:]
from datasets import get_dataset_config_names, load_dataset
seen = {"rows": {}, "features": {}, "streamed": {}, "from one file": {}}
for name in get_dataset_config_names(folder):
    loaded = load_dataset(folder, name, split="train")
    streamed = load_dataset(folder, name, split="train", streaming=True)
    assert list(streamed) == list(loaded)
    alone = load_dataset("parquet", data_files=f"{folder}/{name}/*.parquet", split="train")
    seen["rows"][name] = loaded.num_rows
    seen["features"][name] = loaded.features.to_dict()
    seen["streamed"][name] = streamed.features.to_dict()
    seen["from one file"][name] = alone.features.to_dict()
seen["uncertain"] = [row["uncertain"] for row in load_dataset(folder, split="train")]
shutil.rmtree(folder)
shutil.copytree(later, folder)
seen["uncertain later"] = [row["uncertain"] for row in load_dataset(folder, split="train")]
seen["without classes"] = load_dataset(bare, split="train").features.to_dict()["stance_id"]
print(json.dumps(seen), flush=True)
os._exit(0)
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("features")


@pytest.fixture(scope="module")
def out(place: Path) -> Path:
    lay_toy(place / "toy")
    return build(open_workspace(place / "toy"), place / "out").out


@pytest.fixture(scope="module")
def declared(out: Path, place: Path) -> tuple[Table, ...]:
    return tables(open_workspace(place / "toy").scheme)


@pytest.fixture(scope="module")
def seen(out: Path, place: Path) -> Any:
    workspace = open_workspace(place / "toy")
    folder, bare = build(workspace, place / "read").out, build(workspace, place / "bare").out
    for path in bare.rglob("*.parquet"):
        pq.write_table(pq.read_table(path).replace_schema_metadata(None), path)
    change_flag(workspace)
    later = build(workspace, place / "later").out
    return read_apart(READER, place, folder, later, bare)


def header_of(folder: Path) -> Any:
    return yaml.safe_load((folder / "README.md").read_text(encoding="utf-8").split("---\n")[1])


def metadata_of(path: Path) -> dict[str, str]:
    return {key.decode(): value.decode() for key, value in (pq.read_metadata(path).metadata or {}).items()}


@pytest.mark.parametrize("how", ["features", "streamed", "from one file"])
def test_every_config_loads_with_the_declared_features_and_no_card_says_them(
    seen: Any, out: Path, declared: tuple[Table, ...], how: str
) -> None:
    assert "dataset_info" not in header_of(out)
    assert seen[how] == {table.name: features(table).to_dict() for table in declared}
    assert seen[how]["statements"]["stance_id"]["_type"] == "ClassLabel"
    assert seen[how]["tokens"]["cue_tag_ids"]["feature"]["_type"] == "ClassLabel"


def test_without_the_metadata_a_class_label_would_be_a_plain_number(seen: Any) -> None:
    assert seen["without classes"] == {"dtype": "int64", "_type": "Value"}


def test_rows_of_an_earlier_build_at_the_same_place_are_not_taken_from_the_cache(seen: Any) -> None:
    """Nothing but one label has changed, and no size: the content hash in `configs` tells the cache."""
    assert len(seen["uncertain"]) == len(seen["uncertain later"]) == seen["rows"]["statements"]
    assert seen["uncertain"] != seen["uncertain later"]


def test_the_features_are_written_as_datasets_writes_them(declared: tuple[Table, ...]) -> None:
    from datasets import Features

    for table in (*TABLES, *declared):
        written = features_value(table)
        assert Features.from_dict(written).to_dict() == written


def test_the_first_edition_stores_none(out: Path, place: Path) -> None:
    second = open_workspace(place / "toy").scheme
    first = replace(second, schema={name: each for name, each in second.schema.items() if name != KEYWORD})
    assert (first.edition, second.edition) == (1, 2)
    for table in tables(first):
        assert FEATURES not in file_metadata(table, first, "1.0.0")
        assert FEATURES in file_metadata(table, second, "1.0.0")
    written = [TableFacts(tables(first)[0], ("statements/a.parquet",), 1, (1,), 1, ("0" * 64,), "1" * 64, {"train": 1})]
    assert ["description" in each for edition in (1, 2) for each in configs(written, "1.0.0", edition)] == [False, True]
    assert dataset_info(written, "1.0.0")[0]["description"].endswith("1" * 64)


def test_a_folder_of_the_second_edition_is_sound(out: Path) -> None:
    assert verify(out, Wanted(readers=())).faults == []


@pytest.mark.parametrize("forged", ["other names", "none", "another key"])
def test_forged_features_are_a_fault(out: Path, tmp_path: Path, forged: str) -> None:
    folder = Path(shutil.copytree(out, tmp_path / "out"))
    path = next((folder / "statements").iterdir())
    held = metadata_of(path)
    if forged == "other names":
        assert held[FEATURES].count('"reject"') == 1
        held[FEATURES] = held[FEATURES].replace('"reject"', '"rejects"')
    elif forged == "none":
        del held[FEATURES]
    else:
        held["pandas"] = "{}"
    rows = pq.read_table(path).replace_schema_metadata(None)
    with pq.ParquetWriter(path, rows.schema, store_schema=False) as writer:
        writer.write_table(rows)
        writer.add_key_value_metadata(held)
    seal(folder)
    found = [each for each in verify(folder, Wanted(readers=())).errors if each.code == "table-metadata"]
    assert [each.file for each in found] == [path.relative_to(folder).as_posix()]
    assert ("pandas" if forged == "another key" else FEATURES) in found[0].message
