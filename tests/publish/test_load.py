"""What a reader gets who has the folder and not the toolkit."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from stancebank.publish.build import build
from stancebank.publish.tables import tables
from stancebank.schema.vocabularies import load_vocabularies
from stancebank.workspace import Workspace, open_workspace
from tests.conftest import REPO
from tests.publish.builds import ENVOY, change_flag, features, lay_toy, read_apart
from tests.publish.own import CONDITIONS, STATEMENTS, TABLES

pytestmark = pytest.mark.slow

READER = """
import json, os, shutil, sys
sys.modules["stancebank"] = None  # whoever reads has no toolkit
folder, later, tables = sys.argv[1:]
known = "norland-post-2031-02-11-envoy/s2"
files = {table: f"{folder}/{table}/train-00000-of-00001.parquet" for table in tables.split()}
seen = {}

from datasets import load_dataset, get_dataset_config_names
import pandas, polars, duckdb

def one(rows):
    return next(row for row in rows if row["statement_id"] == known)

seen["names"] = get_dataset_config_names(folder)
default = load_dataset(folder, split="train")
seen["datasets"] = one(default)
seen["features"] = {}
seen["versions"] = {}
for table in files:
    loaded = load_dataset(folder, table, split="train")
    seen["features"][table] = loaded.features.to_dict()
    seen["versions"][table] = str(loaded.info.version)
    seen["streamed " + table] = list(load_dataset(folder, table, split="train", streaming=True)) == list(loaded)
seen["conditions"] = [row for row in load_dataset(folder, "conditions", split="train") if row["statement_id"] == known]
half = load_dataset(folder, split="train[:50%]")
seen["half"] = [half.num_rows, half[:]["statement_id"] == default[:half.num_rows]["statement_id"]]
seen["label"] = default.features["stance_id"].int2str(seen["datasets"]["stance_id"])

frame = pandas.read_parquet(files["statements"])
row = frame[frame.statement_id == known].iloc[0]
seen["pandas"] = {
    "content": row.content, "stance": row.stance, "stance_id": int(row.stance_id),
    "conditions": [
        {**each, "obligors": list(each["obligors"]), "spans": list(each["spans"])} for each in row.conditions
    ],
}
row = polars.read_parquet(files["statements"]).filter(polars.col("statement_id") == known).to_dicts()[0]
seen["polars"] = {key: row[key] for key in ("content", "stance", "stance_id", "conditions")}
row = duckdb.execute(
    f"select content, stance, stance_id, conditions from '{files['statements']}' where statement_id = ?", [known]
).fetchone()
seen["duckdb"] = dict(zip(("content", "stance", "stance_id", "conditions"), row))
seen["duckdb alternatives"] = duckdb.execute(
    f"select role, kind, alternative from '{files['conditions']}' where statement_id = ? order by condition_id", [known]
).fetchall()

passage = "norland-post-2031-02-11-envoy/p5"
article = passage.split("/")[0]
tokens = next(row for row in load_dataset(folder, "tokens", split="train") if row["passage_id"] == passage)
classes = load_dataset(folder, "tokens", split="train").features["content_tag_ids"].feature
held = next(row for row in load_dataset(folder, "passages", split="train") if row["passage_id"] == passage)
said = next(row for row in load_dataset(folder, "chat", split="train") if row["article_id"] == article)
seen["texts"] = {"datasets": [
    tokens["tokens"], classes.int2str(tokens["content_tag_ids"]), tokens["token_begins"],
    held["statement_ids"], held["non_statement_reasons"], [each["role"] for each in said["messages"]],
]}
tokens, held, said = (pandas.read_parquet(files[table]) for table in ("tokens", "passages", "chat"))
tokens, held = (frame[frame.passage_id == passage].iloc[0] for frame in (tokens, held))
said = said[said.article_id == article].iloc[0]
seen["texts"]["pandas"] = [
    list(tokens.tokens), list(tokens.content_tags), [int(each) for each in tokens.token_begins],
    list(held.statement_ids), list(held.non_statement_reasons), [each["role"] for each in said.messages],
]
tokens, held, said = (
    polars.read_parquet(files[table]).filter(polars.col(key) == value).to_dicts()[0]
    for table, key, value in (
        ("tokens", "passage_id", passage), ("passages", "passage_id", passage), ("chat", "article_id", article)
    )
)
seen["texts"]["polars"] = [
    tokens["tokens"], tokens["content_tags"], tokens["token_begins"],
    held["statement_ids"], held["non_statement_reasons"], [each["role"] for each in said["messages"]],
]
seen["texts"]["duckdb"] = duckdb.execute(
    f"select tokens, content_tags, token_begins, statement_ids, non_statement_reasons, [m.role for m in messages] "
    f"from '{files['tokens']}' t join '{files['passages']}' p using (passage_id) "
    f"join '{files['chat']}' c on c.article_id = t.article_id where passage_id = ?", [passage]
).fetchone()

seen["uncertain before"] = seen["datasets"]["uncertain"]
shutil.rmtree(folder)
shutil.copytree(later, folder)
seen["uncertain after"] = one(load_dataset(folder, split="train"))["uncertain"]
print(json.dumps(seen), flush=True)
os._exit(0)  # threads of a stream that still run may abort Python while it cleans up
"""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return lay_toy(tmp_path_factory.mktemp("load") / "toy")


@pytest.fixture(scope="module")
def seen(workspace: Workspace) -> Any:
    place = workspace.root.parent
    build(workspace, place / "out")
    change_flag(workspace)
    build(workspace, place / "later")
    return read_apart(READER, place, place / "out", place / "later", " ".join(table.name for table in TABLES))


def require_known(row: dict[str, Any]) -> None:
    assert row["content"].startswith("We will sit down with Norland […] once it lifts the blockade")
    assert (row["stance"], row["stance_id"]) == ("offer", 3)
    first, second = row["conditions"]
    assert first == {
        "condition_id": f"{ENVOY}/s2/c1",
        "role": "if",
        "kind": "lift-blockade",
        "kind_name": "lift a blockade",
        "obligors": ["norland"],
        "alternative": 1,
        "text": "once it lifts the blockade of the river",
        "spans": [{"start": 327, "stop": 366, "fingerprint": "pe20c2e32738676b1"}],
    }
    assert (second["role"], second["kind"], second["obligors"]) == ("only_if", "format", ["keth"])
    assert second["text"] == "only if Keth is in the chair"


@pytest.mark.parametrize("reader", ["datasets", "pandas", "polars", "duckdb"])
def test_every_reader_gives_the_known_statement_with_its_two_conditions(seen: Any, reader: str) -> None:
    require_known(seen[reader])


@pytest.mark.parametrize("reader", ["datasets", "pandas", "polars", "duckdb"])
def test_every_reader_gives_the_known_passage_with_its_tokens_and_the_conversation(seen: Any, reader: str) -> None:
    tokens, tags, begins, statements, reasons, roles = seen["texts"][reader]
    assert tokens[:8] == ["“", "We", "will", "sit", "down", "with", "Norland", ","]
    assert tags[:8] == ["O", "B-content", *["I-content"] * 5, "O"]
    assert begins[:4] == [0, 1, 4, 9]
    assert (statements, reasons) == ([f"{ENVOY}/s2"], ["biography"])
    assert roles == ["system", "user", "assistant"]


def test_conditions_open_as_a_view_of_their_own(seen: Any) -> None:
    assert [(row["role"], row["kind"], row["speaker_id"]) for row in seen["conditions"]] == [
        ("if", "lift-blockade", "ilse-marrow"),
        ("only_if", "format", "ilse-marrow"),
    ]
    assert seen["duckdb alternatives"] == [["if", "lift-blockade", 1], ["only_if", "format", 1]]


def test_the_features_are_the_declared_ones_and_the_stance_is_a_class_label(seen: Any, workspace: Workspace) -> None:
    stances = list(load_vocabularies(workspace.schema_dir).values("stance"))
    assert seen["names"] == [table.name for table in TABLES]
    for table in TABLES:
        assert seen["features"][table.name] == features(table).to_dict()
    for table in (STATEMENTS, CONDITIONS):
        assert seen["features"][table.name]["stance_id"] == {"names": stances, "_type": "ClassLabel"}
    names = ["O", "B-cue", "I-cue"]
    assert seen["features"]["tokens"]["cue_tag_ids_2"]["feature"] == {"names": names, "_type": "ClassLabel"}
    assert seen["features"]["tokens"]["cue_tags_2"]["feature"]["dtype"] == "string"
    assert seen["label"] == "offer"


def test_every_table_has_the_version_of_the_dataset(seen: Any) -> None:
    assert set(seen["versions"].values()) == {"1.2.0"}


def test_streaming_gives_the_same_rows(seen: Any) -> None:
    assert all(seen[f"streamed {table.name}"] for table in TABLES)


def test_a_slice_is_the_head_of_the_rows(seen: Any) -> None:
    assert seen["half"] == [6, True]


def test_a_folder_that_was_built_again_gives_its_new_rows(seen: Any) -> None:
    assert (seen["uncertain before"], seen["uncertain after"]) == (False, True)


# A folder of the first edition, whose card tells the features and the sizes.

OF_FIRST = """
import json, os, shutil, sys
sys.modules["stancebank"] = None
folder, later = sys.argv[1:]
from datasets import get_dataset_config_names, load_dataset
seen = {"features": {}, "sizes": {}}
for table in get_dataset_config_names(folder):
    loaded = load_dataset(folder, table, split="train")
    seen["features"][table] = loaded.features.to_dict()
    seen["sizes"][table] = [loaded.num_rows, loaded.info.splits["train"].num_bytes, str(loaded.info.version)]
seen["before"] = load_dataset(folder, split="train")["stance"][:]
shutil.rmtree(folder)
shutil.copytree(later, folder)
seen["after"] = load_dataset(folder, split="train")["stance"][:]
print(json.dumps(seen), flush=True)
os._exit(0)
"""


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The workspace of somebody else, of the first edition; one label changed after a build, and no size."""
    root = tmp_path_factory.mktemp("first") / "other"
    shutil.copytree(REPO / "tests/other_domain", root)
    build(open_workspace(root), root.parent / "out")
    (gold,) = (
        path for path in root.glob("corpus/gold/*.json") if '"stance": "delay"' in path.read_text(encoding="utf-8")
    )
    gold.write_text(
        gold.read_text(encoding="utf-8").replace('"stance": "delay"', '"stance": "mixed"'), encoding="utf-8"
    )
    build(open_workspace(root), root.parent / "later")
    assert sizes_in(root.parent / "later") == sizes_in(root.parent / "out")
    return open_workspace(root)


def sizes_in(out: Path) -> list[str]:
    """Return all that a card's header says of sizes, and the versions."""
    header = (out / "README.md").read_text(encoding="utf-8").split("---\n")[1]
    return [line for line in header.splitlines() if "num_" in line or "dataset_size" in line or "version" in line]


@pytest.fixture(scope="module")
def seen_first(first: Workspace) -> Any:
    place = first.root.parent
    return read_apart(OF_FIRST, place, shutil.copytree(place / "out", place / "read"), place / "later")


def test_a_folder_of_the_first_edition_has_the_declared_features_and_the_sizes_of_its_card(
    seen_first: Any, first: Workspace
) -> None:
    assert first.scheme.edition == 1
    out = first.root.parent / "out"
    written = [table for table in tables(first.scheme) if (out / table.name).is_dir()]
    assert seen_first["features"] == {table.name: features(table).to_dict() for table in written}
    told = sizes_in(out)
    for rows, size, version in seen_first["sizes"].values():
        assert f"    num_examples: {rows}" in told
        assert f"    num_bytes: {size}" in told
        assert version == "0.1.0"


def test_a_folder_of_the_first_edition_that_was_built_again_gives_its_new_rows(seen_first: Any) -> None:
    assert [name for name in seen_first["before"] if name == "delay"]
    assert seen_first["after"] == [name.replace("delay", "mixed") for name in seen_first["before"]]
