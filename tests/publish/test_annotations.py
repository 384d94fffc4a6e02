"""The tables of annotators' rows and of the registries, and how all tables hang together."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from stancebank.corpus.registry import RESERVED
from stancebank.publish.card.statistics import compare_readers
from stancebank.publish.gold import read_gold
from stancebank.publish.tables import Column, ListOf, Row, Struct, make_rows
from stancebank.starter.laying import lay, sample_files
from stancebank.workspace import Workspace, open_workspace
from tests.conftest import REPO
from tests.publish.builds import ENVOY, HARVEST, lay_toy, read_as, withhold
from tests.publish.own import SCHEME, TABLES

Every = dict[str, list[Row]]


def rows_of(workspace: Workspace, text: Any = None) -> Every:
    read = read_gold(workspace, text)
    return make_rows(read.readings, read.context)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Every:
    root = tmp_path_factory.mktemp("sample")
    lay(sample_files(), root)
    return rows_of(open_workspace(root))


def references(columns: tuple[Column, ...], value: Row) -> Iterator[tuple[Column, str]]:
    """Yield every id that a row holds, nested ones too, with its column."""
    for column in columns:
        held = value[column.name]
        item = column.type.item if isinstance(column.type, ListOf) else column.type
        for each in (held or ()) if isinstance(column.type, ListOf) else [held]:
            if column.refers and each is not None:
                yield column, each
            if isinstance(item, Struct) and each is not None:
                yield from references(item.fields, each)


def require_whole(rows: Every) -> None:
    ids = {table.name: {row[table.key] for row in rows[table.name]} for table in TABLES}
    for table in TABLES:
        assert len(ids[table.name]) == len(rows[table.name])
        assert None not in ids[table.name]
        for row in rows[table.name]:
            for column, found in references(table.columns, row):
                known = set().union(*(ids[name] for name in column.refers))
                if not (column.name == "kind" and found == RESERVED):
                    assert found in known, (table.name, column.name)


@pytest.mark.slow
def test_every_row_has_an_id_and_every_reference_ends_in_a_view(sample: Every, rows: Every) -> None:
    require_whole(rows)
    require_whole(sample)
    require_whole(rows_of(open_workspace(REPO)))


def test_every_column_that_holds_ids_says_which() -> None:
    for table in TABLES:
        for column in table.columns:
            named = column.name.endswith(("_id", "_ids", "same_as", "obligors", "_root", "part_of", "affiliation"))
            if named and column.name not in ("stance_id", "former_ids") and not column.classes:
                assert column.refers, (table.name, column.name)


def test_there_is_a_row_for_every_statement_of_every_annotator(toy: Workspace, rows: Every) -> None:
    found = Counter((row["annotator"], row["article_id"]) for row in rows["annotations"])
    assert found == {("ada", ENVOY): 6, ("bo", ENVOY): 6, ("ada", HARVEST): 1}
    assert all(row["gold_method"] and row["origin"] == "project" for row in rows["annotations"])


def test_a_document_without_statements_is_one_row_that_says_so(rows: Every) -> None:
    (row,) = (row for row in rows["annotations"] if row["nothing_to_annotate"])
    assert row["annotation_id"] == f"ada/{HARVEST}"
    assert (row["stance"], row["gold_statement_id"], row["conditions"], row["content_spans"]) == (None, None, [], [])
    assert row["title"]


def test_an_annotation_names_the_gold_statement_that_it_is_aligned_with(tmp_path: Path) -> None:
    workspace = lay_toy(tmp_path / "toy")
    document = workspace.store.document(workspace.store.document_name(ENVOY, "bo"))
    kept = tuple(each for each in document.statements if each.id != "s1" and each.same_as != "s1")
    workspace.store.write_document(msgspec.structs.replace(document, statements=kept))
    rows = [row for row in rows_of(workspace)["annotations"] if row["annotator"] == "bo"]
    assert {row["gold_statement_id"] for row in rows} == {f"{ENVOY}/{each.id}" for each in kept}
    assert all(row["annotation_id"] == f"bo/{row['gold_statement_id']}" for row in rows)


def test_annotations_say_the_same_as_the_statements_where_the_readings_are_the_same(rows: Every) -> None:
    by_id = {row["statement_id"]: row for row in rows["statements"]}
    own = {"statement_id", "same_as", "annotator", "conditions"}
    of_gold = {"cluster_id", "cluster_parties", "cluster_force", "cluster_force_id"}  # what only gold can say
    of_gold |= {"n_annotators", "agreement", "ambiguity", "contested", "stance_soft"}
    shared = by_id[f"{ENVOY}/s2"].keys() - own - of_gold
    for row in rows["annotations"]:
        if row["gold_statement_id"]:
            gold = by_id[row["gold_statement_id"]]
            assert {name: row[name] for name in shared} == {name: gold[name] for name in shared}
            assert [each["text"] for each in row["conditions"]] == [each["text"] for each in gold["conditions"]]


def test_annotations_show_no_words_beyond_the_text_policy(tmp_path: Path) -> None:
    workspace = lay_toy(tmp_path / "toy")
    withhold(workspace, ENVOY)
    for row in rows_of(workspace)["annotations"]:
        words = [row[name] for name in ("content", "cue", "speaker_mention", "target_mention", "reason")]
        assert not any([*words, *(each["text"] for each in row["conditions"])])


def test_readings_of_another_text_are_no_annotations(tmp_path: Path) -> None:
    workspace = lay_toy(tmp_path / "toy")
    read_as(workspace, "bo", text_sha256="0" * 64)
    assert {row["annotator"] for row in rows_of(workspace)["annotations"]} == {"ada"}


def test_the_order_of_statements_in_a_document_plays_no_part(tmp_path: Path) -> None:
    workspace = lay_toy(tmp_path / "toy")
    before, pairs = rows_of(workspace), compare_readers(read_gold(workspace, None).readings, SCHEME)
    document = workspace.store.document(workspace.store.document_name(ENVOY, "bo"))
    workspace.store.write_document(msgspec.structs.replace(document, statements=document.statements[::-1]))
    assert rows_of(workspace) == before
    assert compare_readers(read_gold(workspace, None).readings, SCHEME) == pairs


def test_the_registries_are_views_with_parents_kinds_and_former_ids(toy: Workspace, rows: Every) -> None:
    entities, targets = toy.store.entities().entities, toy.store.targets().targets
    assert [row["entity_id"] for row in rows["entities"]] == sorted(each.id for each in entities)
    assert [row["target_id"] for row in rows["targets"]] == sorted(each.id for each in targets)
    for row, entity in zip(rows["entities"], sorted(entities, key=lambda each: each.id), strict=True):
        assert (row["kind"], row["part_of"], row["aliases"]) == (entity.kind, entity.part_of, list(entity.aliases))
    roots = {row["target_id"] for row in rows["targets"] if row["parent"] is None}
    assert {row["root"] for row in rows["targets"]} == roots


def test_a_former_id_stands_with_the_entry_that_it_led_to(tmp_path: Path) -> None:
    workspace = lay_toy(tmp_path / "toy")
    registry = workspace.store.entities()
    moved = msgspec.structs.replace(registry, redirects={"land-of-suvia": "suvia"})
    workspace.store.write_registry(moved, {})
    found = {row["entity_id"]: row["former_ids"] for row in rows_of(workspace)["entities"]}
    assert found["suvia"] == ["land-of-suvia"]
    assert not any(former for name, former in found.items() if name != "suvia")


def test_a_reporter_between_keeps_its_place(rows: Every) -> None:
    spans = [each["span"] for row in rows["statements"] for each in row["via"]]
    assert spans
    assert any(spans)
