import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from stancebank.errors import InputError
from stancebank.publish.build import build
from stancebank.publish.card.blocks import BLOCKS
from stancebank.publish.card.brief import BRIEF
from stancebank.publish.card.card import make_facts
from stancebank.publish.card.statistics import Facts
from stancebank.publish.card.workspace_card import read_card, refresh_card
from stancebank.publish.gold import read_gold
from stancebank.publish.parquet import read_table
from stancebank.publish.tables import Row, make_rows, tables, type_name
from stancebank.publish.verification import Wanted, verify
from stancebank.workspace import Workspace, open_workspace
from tests.conftest import REPO, Run
from tests.frozen.forging import seal
from tests.publish.builds import ENVOY, change_flag, features, lay_toy, withhold
from tests.publish.own import STATEMENTS, TABLES

FILE = "train-00000-of-00001.parquet"
BLOCK = re.compile(r"<!-- computed:(\S+) -->\n(.*?)<!-- /computed -->", re.DOTALL)


MARKERS = "# Toy\n" + "".join(f"\n<!-- computed:{name} -->\n<!-- /computed -->\n" for name in BLOCKS)
"""A card that names the parts of the first edition; the second goes on to make them."""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    found = lay_toy(tmp_path / "toy")
    (found.root / "DATASET_CARD.md").write_text(MARKERS, encoding="utf-8")
    return found


def header_of(out: Path) -> Any:
    return yaml.safe_load((out / "README.md").read_text(encoding="utf-8").split("---\n")[1])


def tables_in(block: str) -> list[list[list[str]]]:
    """Return the rows of each Markdown table, without its head."""
    found: list[list[list[str]]] = []
    for paragraph in block.split("\n\n"):
        lines = [line for line in paragraph.splitlines() if line.startswith("|")]
        if lines:
            found.append([[cell.strip(" `") for cell in line.strip("|").split("|")] for line in lines[2:]])
    return found


def facts_of(workspace: Workspace) -> Facts:
    read = read_gold(workspace, None)
    return make_facts(workspace, read, make_rows(read.readings, read.context), None, None, None)


def wordless(workspace: Workspace) -> dict[str, list[Row]]:
    """Return the rows of the tables that need no words."""
    rows = facts_of(workspace).rows
    return {table.name: list(rows[table.name]) for table in TABLES if not table.whole_text}


def count(rows: list[Any], *keys: str) -> dict[tuple[Any, ...], int]:
    found: dict[tuple[Any, ...], int] = {}
    for row in rows:
        key = tuple(row[each] for each in keys)
        found[key] = found.get(key, 0) + 1
    return found


@pytest.mark.slow
def test_the_numbers_of_the_card_are_those_of_the_files(workspace: Workspace, tmp_path: Path) -> None:
    build(workspace, tmp_path / "out")
    blocks = dict(BLOCK.findall((tmp_path / "out/README.md").read_text(encoding="utf-8")))
    rows = {table.name: read_table(tmp_path / "out" / table.name / FILE).to_pylist() for table in TABLES}
    statements = rows["statements"]
    unique = [row for row in statements if row["same_as"] is None]
    unique_ids = {row["statement_id"] for row in unique}

    told = dict(tables_in(BLOCKS["counts"](facts_of(workspace)))[0])
    assert told["articles"] == str(len(rows["articles"]))
    assert told["articles read and found without a statement"] == "1"
    assert told["statements"] == str(len(statements))
    assert told["statements without repetitions"] == str(len(unique)) == "12"
    assert told["conditional statements"] == str(sum("_conditional" in row["stance_label"] for row in statements))
    assert told["conditional statements without repetitions"] == str(sum(row["conditional"] for row in unique))
    assert told["conditions"] == str(len(rows["conditions"]))
    assert told["conditions without repetitions"] == str(sum(row["n_conditions"] for row in unique))
    assert told["named speakers"] == str(len({r["speaker_id"] for r in statements if r["speaker_kind"] != "unnamed"}))
    assert told["targets"] == str(len({row["target_id"] for row in statements}))

    every, once = count(statements, "stance", "conditional"), count(unique, "stance", "conditional")
    stances = {(row[0], row[2] == "yes"): (int(row[3]), int(row[4])) for row in tables_in(blocks["stances"])[0]}
    assert stances == {key: (number, once.get(key, 0)) for key, number in every.items()}
    roles, kinds = tables_in(blocks["conditions"])
    assert {(role,): int(number) for role, number, _ in roles} == count(rows["conditions"], "role")
    assert sum(int(row[1]) for row in kinds) == len(rows["conditions"])
    assert sum(int(row[2]) for row in kinds) == sum(row["statement_id"] in unique_ids for row in rows["conditions"])
    assert {(row[0], row[1]): int(row[3]) for row in tables_in(blocks["targets"])[0]} == count(
        statements, "target_root", "target_id"
    )
    assert {(row[0],): int(row[3]) for row in tables_in(blocks["speakers"])[0]} == count(statements, "speaker_id")
    assert {row[0]: int(row[7]) for row in tables_in(blocks["articles"])[0]} == {
        row["article_id"]: row["n_statements"] for row in rows["articles"]
    }
    assert {row[0]: int(row[2]) for row in tables_in(blocks["splits"])[0]} == {k: len(v) for k, v in rows.items()}
    assert {(row[0],): int(row[2]) for row in tables_in(blocks["rights"])[0]} == count(rows["articles"], "text_policy")
    assert [row[0] for row in tables_in(blocks["fields"])[0]] == list(statements[0])


@pytest.mark.slow
def test_one_article_is_not_spoken_of_as_many(workspace: Workspace, tmp_path: Path) -> None:
    withhold(workspace, ENVOY)
    build(workspace, tmp_path / "out", "full")
    blocks = dict(BLOCK.findall((tmp_path / "out/README.md").read_text(encoding="utf-8")))
    assert "1 article shows more than its text policy allows" in blocks["rights"]


@pytest.mark.slow
def test_the_example_is_one_row_of_the_columns_declared(workspace: Workspace, tmp_path: Path) -> None:
    build(workspace, tmp_path / "out")
    blocks = dict(BLOCK.findall((tmp_path / "out/README.md").read_text(encoding="utf-8")))
    row = json.loads(blocks["example"].strip().removeprefix("```json").removesuffix("```"))
    assert list(row) == [column.name for column in STATEMENTS.columns]


@pytest.mark.slow
def test_the_columns_of_all_views_but_the_first_are_folded_away_whole(workspace: Workspace, tmp_path: Path) -> None:
    build(workspace, tmp_path / "out")
    blocks = dict(BLOCK.findall((tmp_path / "out/README.md").read_text(encoding="utf-8")))
    for table, rows in zip(TABLES, tables_in(blocks["fields"]), strict=True):
        assert [row[0] for row in rows] == [column.name for column in table.columns]
        part = blocks["fields"].split(f"#### `{table.name}`")[1].split("####")[0]
        assert (f"<details><summary>Its {len(rows)} columns</summary>" in part) == (table != STATEMENTS)
        in_full = dict(re.findall(r"^- `(\w+)`: `(.*)`$", part, re.MULTILINE))
        shown = {row[0]: in_full.get(row[0], row[-1]) for row in rows}
        assert shown == {column.name: type_name(column.type) for column in table.columns}
        assert all(len(row[-1]) < 14 for row in rows)


@pytest.mark.slow
def test_unnamed_speakers_are_flagged(workspace: Workspace, tmp_path: Path) -> None:
    build(workspace, tmp_path / "out")
    blocks = dict(BLOCK.findall((tmp_path / "out/README.md").read_text(encoding="utf-8")))
    kinds = {row[0]: row[2] for row in tables_in(blocks["speakers"])[0]}
    assert kinds["unnamed-officials-suvia"] == "unnamed: not one actor"


def test_the_header_says_what_the_data_are(workspace: Workspace, tmp_path: Path) -> None:
    build(workspace, tmp_path / "out", "withheld")
    header = header_of(tmp_path / "out")
    assert (header["language"], header["multilinguality"]) == (["en"], ["monolingual"])
    assert header["license"] == "cc-by-4.0"
    assert header["annotations_creators"] == ["machine-generated", "other"]
    assert header["size_categories"] == ["n<1K"]
    written = [table for table in TABLES if not table.whole_text]
    assert [each["config_name"] for each in header["configs"]] == [table.name for table in written]
    assert [each.get("default") for each in header["configs"]] == [True, *[None] * 5]
    assert "text-generation" not in header["task_categories"]


@pytest.mark.slow
def test_the_header_of_the_first_edition_tells_of_tables_what_datasets_itself_would_write(tmp_path: Path) -> None:
    from datasets import DatasetInfo, SplitDict, SplitInfo
    from datasets.info import DatasetInfosDict
    from huggingface_hub import DatasetCardData

    workspace = open_workspace(Path(shutil.copytree(REPO / "tests/other_domain", tmp_path / "other")))
    assert workspace.scheme.edition == 1
    build(workspace, tmp_path / "out", "full")
    told = header_of(tmp_path / "out")["dataset_info"]
    written = [table for table in tables(workspace.scheme) if (tmp_path / "out" / table.name).is_dir()]
    assert [each["config_name"] for each in told] == [table.name for table in written]
    for table, each in zip(written, told, strict=True):
        splits = SplitDict()
        (split,) = each["splits"]
        splits.add(SplitInfo("train", num_bytes=split["num_bytes"], num_examples=split["num_examples"]))
        sizes = {key: each[key] for key in ("download_size", "dataset_size")}
        card = DatasetCardData()
        info = DatasetInfo(features=features(table), splits=splits, **sizes)
        DatasetInfosDict({table.name: info}).to_dataset_card_data(card)
        own = {key: each[key] for key in ("config_name", "description", "version")}
        assert each == own | card["dataset_info"]


@pytest.mark.slow
def test_tags_are_those_that_the_workspace_gives_and_verification_knows_them(
    workspace: Workspace, tmp_path: Path
) -> None:
    plain = build(workspace, tmp_path / "plain").out
    own = header_of(plain)["tags"]
    assert own == ["stance-detection", "news", "quotation-attribution", "conditions"]
    settings = workspace.root / "stancebank.toml"
    said = settings.read_text(encoding="utf-8")
    settings.write_text(
        said.replace("[corpus]", 'tags = ["rivers", "news", "sea-trade", "rivers"]\n\n[corpus]'), "utf-8"
    )
    out = build(open_workspace(workspace.root), tmp_path / "out").out
    assert header_of(out)["tags"] == [own[0], "rivers", "sea-trade", *own[1:]]
    croissant = json.loads((out / "croissant.json").read_bytes())
    assert croissant["keywords"][1:4] == ["rivers", "sea-trade", "news"]
    assert verify(out, Wanted(readers=())).faults == []
    assert verify(out, Wanted(against=open_workspace(workspace.root), readers=())).errors == []
    settings.write_text(said.replace("[corpus]", 'tags = ["rivers"]\n\n[corpus]'), "utf-8")
    found = verify(out, Wanted(against=open_workspace(workspace.root), readers=())).errors
    assert ("source-differs", "README.md", "tags") in {(each.code, each.file, each.column) for each in found}
    readme = (out / "README.md").read_text(encoding="utf-8")
    (out / "README.md").write_text(readme.replace("\n- rivers\n", "\n- harbours\n"), encoding="utf-8")
    seal(out)
    assert {each.code for each in verify(out, Wanted(readers=())).faults} == {"croissant-differs"}


def test_kinds_of_entities_count_by_their_flags_whatever_their_names(workspace: Workspace) -> None:
    path = workspace.schema_dir / "vocabularies.json"
    path.write_text(
        path.read_text(encoding="utf-8")
        .replace('"person": {"d', '"human": {"d')
        .replace('"unnamed": {"d', '"crowd": {"d'),
        encoding="utf-8",
    )
    registry = workspace.root / "corpus" / "entities.json"
    said = registry.read_text(encoding="utf-8")
    persons, unnamed = said.count('"kind": "person"'), said.count('"kind": "unnamed"')
    assert persons > 2
    assert unnamed
    said = said.replace('"kind": "person"', '"kind": "human"').replace('"kind": "unnamed"', '"kind": "crowd"')
    registry.write_text(said, encoding="utf-8")
    blocks = dict(BLOCK.findall(read_card(open_workspace(workspace.root)).wanted))
    told = dict(tables_in(blocks["privacy"])[0])
    assert told["persons in the registry of actors"] == str(persons)
    assert told["entries that stand for people without a name, by role"] == str(unnamed)
    assert "speakers named, of the kind `crowd`" not in told
    assert "crowd: not one actor" in blocks["speakers"]
    path.write_text(
        path.read_text(encoding="utf-8").replace(', "is_person": true', "").replace(', "is_unnamed": true', "")
    )
    blocks = dict(BLOCK.findall(read_card(open_workspace(workspace.root)).wanted))
    assert not any("person" in what or "without a name" in what for what in dict(tables_in(blocks["privacy"])[0]))
    assert "not one actor" not in blocks["speakers"]


@pytest.mark.slow
def test_the_header_names_the_views_of_whole_texts_where_they_are_written(workspace: Workspace, tmp_path: Path) -> None:
    build(workspace, tmp_path / "out")
    header = header_of(tmp_path / "out")
    assert [each["config_name"] for each in header["configs"]] == [table.name for table in TABLES]
    assert "text-generation" in header["task_categories"]


@pytest.mark.slow
def test_views_without_rows_are_explained_and_named_as_not_written(workspace: Workspace, tmp_path: Path) -> None:
    build(workspace, tmp_path / "out", "withheld")
    blocks = dict(BLOCK.findall((tmp_path / "out/README.md").read_text(encoding="utf-8")))
    loading = BLOCKS["load"](replace(facts_of(workspace), rows=wordless(workspace)))
    for table in TABLES:
        part = blocks["fields"].split(f"#### `{table.name}`")[1].split("####")[0]
        assert ("it is not written" in part) == table.whole_text
        assert f"| `{table.columns[-1].name}` |" in part
        assert (f"| `{table.name}` |" in blocks["splits"]) != table.whole_text
        assert (f'load_dataset("DIR", "{table.name}"' in loading) == (table != STATEMENTS and not table.whole_text)
    assert "No article shows it here, and they are not written. Whoever holds copies" in blocks["splits"]
    assert "no article shows its whole text" in blocks["alignment"]


def test_a_folder_with_words_has_no_single_licence(workspace: Workspace, tmp_path: Path) -> None:
    build(workspace, tmp_path / "out", "quotes")
    header = header_of(tmp_path / "out")
    assert (header["license"], header["license_link"]) == ("other", "LICENSE")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("origin", "creators"),
    [
        ("human", ["expert-generated"]),
        ("model:parrot-2", ["machine-generated"]),
        ("import:norland-archive", ["found"]),
        ("project", ["machine-generated", "other"]),
    ],
)
def test_the_header_names_the_creators_of_the_annotations_by_their_origin(
    origin: str, creators: list[str], workspace: Workspace, tmp_path: Path
) -> None:
    for document in list(workspace.store.documents(None)):
        workspace.store.write_document(msgspec.structs.replace(document, origin=origin))
    build(workspace, tmp_path / "out")
    assert header_of(tmp_path / "out")["annotations_creators"] == creators


def test_a_refreshed_card_is_current_until_the_data_change(workspace: Workspace) -> None:
    assert not read_card(workspace).is_current
    assert refresh_card(workspace)
    assert read_card(workspace).is_current
    assert not refresh_card(workspace)
    (workspace.root / "corpus/gold" / f"{ENVOY}.json").unlink()
    assert not read_card(workspace).is_current


def test_a_refresh_touches_nothing_outside_of_the_computed_parts(workspace: Workspace) -> None:
    path = workspace.root / "DATASET_CARD.md"
    before = path.read_text(encoding="utf-8")
    refresh_card(workspace)
    after = path.read_text(encoding="utf-8")
    assert before != after
    assert BLOCK.sub("", before) == BLOCK.sub("", after)


def test_a_card_does_not_depend_on_the_words_at_hand(workspace: Workspace) -> None:
    withhold(workspace, ENVOY, "quotes")
    refresh_card(workspace)
    (workspace.root / f".stancebank/texts/{ENVOY}.txt").unlink()
    assert read_card(workspace).is_current


@pytest.mark.parametrize(
    ("card", "fault"),
    [
        ("<!-- computed:moon -->\n<!-- /computed -->\n", "moon"),
        ("<!-- computed:counts -->\n", "has no"),
        ("text\n<!-- /computed -->\n", "line 2"),
        ("<!-- computed:counts -->\n<!-- computed:stances -->\n<!-- /computed -->\n", "line 2"),
    ],
)
def test_a_marker_that_is_unknown_or_alone_is_refused(workspace: Workspace, card: str, fault: str) -> None:
    path = workspace.root / "DATASET_CARD.md"
    path.write_text(card, encoding="utf-8")
    with pytest.raises(InputError, match=fault):
        refresh_card(workspace)
    assert path.read_text(encoding="utf-8") == card


def test_a_workspace_without_a_card_gets_a_plain_one_with_every_block(workspace: Workspace, tmp_path: Path) -> None:
    (workspace.root / "DATASET_CARD.md").unlink()
    refresh_card(workspace)
    names = [name for name, _ in BLOCK.findall((workspace.root / "DATASET_CARD.md").read_text(encoding="utf-8"))]
    every = BLOCKS if workspace.scheme.edition == 1 else BRIEF.keys() | {"version", "provenance", "privacy"}
    assert sorted(names) == sorted(every)


def test_the_card_of_the_founding_corpus_is_current() -> None:
    assert read_card(open_workspace(REPO)).is_current


def test_the_card_of_the_founding_corpus_uses_every_block_once(tmp_path: Path) -> None:
    """That is, those of a plain card of its scheme."""
    shutil.copytree(REPO / "schema", tmp_path / "schema", ignore=shutil.ignore_patterns("examples"))
    shutil.copytree(REPO / "corpus", tmp_path / "corpus")
    shutil.copy(REPO / "stancebank.toml", tmp_path)
    plain = read_card(open_workspace(tmp_path)).wanted
    card = (REPO / "DATASET_CARD.md").read_text(encoding="utf-8")
    assert sorted(name for name, _ in BLOCK.findall(card)) == sorted(name for name, _ in BLOCK.findall(plain))


def test_no_number_stands_outside_of_the_computed_parts() -> None:
    prose = BLOCK.sub("", (REPO / "DATASET_CARD.md").read_text(encoding="utf-8"))
    prose, tables = re.subn(r"\nF1 of baselines[^\n]*\n\n(?:\|[^\n]*\n)+", "", prose)
    assert tables == 1  # tests/test_founding.py makes it again
    prose = re.sub(r"CC-BY-4\.0|Attribution 4\.0 International|UTF-(?:8|16)|SHA-256", "", prose)
    assert not re.findall(r".*\d.*", prose)


def test_the_command_holds_the_card_against_the_corpus(workspace: Workspace, run: Run) -> None:
    assert run("-w", workspace.root, "publish", "card").returncode == 1
    assert run("-w", workspace.root, "publish", "card", "--write").returncode == 0
    change_flag(workspace)
    assert run("-w", workspace.root, "publish", "card", "--check").returncode == 0
