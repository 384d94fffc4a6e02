"""What folders of the second edition of the frame have: names, class labels, clusters, parties, columns for later."""

import json
import random
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

import stancebank
from stancebank.corpus.cleaning import Source
from stancebank.corpus.sources import read_sources
from stancebank.publish.build import build
from stancebank.publish.gold import read_gold
from stancebank.publish.history import VersionStep, compare, take
from stancebank.publish.hydrate import hydrate_folder
from stancebank.publish.parquet import FEATURES, FileWriter, file_metadata, make_table
from stancebank.publish.published import read_published
from stancebank.publish.tables import article_rows, find_table, make_rows, tables
from stancebank.publish.tables.columns import column_paths
from stancebank.publish.tables.fields import bounds
from stancebank.publish.tables.restore import restore_article, restore_document, restore_statement
from stancebank.publish.verification import Wanted, verify
from stancebank.workspace import Workspace, open_workspace
from tests.conftest import Run, second_edition
from tests.frozen.forging import read_json, read_rows, table_path, write_rows
from tests.publish.builds import ENVOY, as_published, features, lay_toy, shown_span
from tests.publish.judging import JUDGED
from tests.publish.second_edition import lay_other, names
from tests.publish.verifying import ALONE

pytestmark = pytest.mark.slow

ZSTD = b"\x28\xb5\x2f\xfd"
"""How each compressed page begins."""


LATER = (
    *("split", "fold", "n_annotators", "agreement", "stance_soft", "ambiguity", "contested"),
    "suggested_by",
)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return lay_toy(tmp_path_factory.mktemp("second") / "toy")


@pytest.fixture(scope="module")
def built(workspace: Workspace) -> Path:
    return build(workspace, workspace.root.parent / "built").out


@pytest.fixture(scope="module", params=["toy", "other_domain"])
def anyone(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace of the second edition, with our scheme or with that of somebody else, who declares nothing more."""
    root = tmp_path_factory.mktemp("anyone") / "workspace"
    if request.param == "toy":
        return lay_toy(root)
    return open_workspace(second_edition(lay_other(root)))


@pytest.fixture
def folder(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "folder"))


# Round trips.


def test_rows_of_any_scheme_say_their_records_again(anyone: Workspace) -> None:
    scheme = anyone.scheme
    read = read_gold(anyone, None)
    assert scheme.edition == 2
    assert read.readings
    for reading in read.readings:
        rows = article_rows(reading, read.context)
        table, (row,) = find_table(scheme, "articles"), rows["articles"]
        assert restore_article(table, row) == msgspec.structs.replace(
            reading.article, rights=msgspec.structs.replace(reading.article.rights, note=None)
        )
        statements = [restore_statement(each, scheme) for each in rows["statements"]]
        found = restore_document(table, row, statements, scheme)
        document, text = reading.document, reading.text
        assert text
        assert {each.id: each for each in found.statements} == {
            each.id: as_published(each, text) for each in document.statements
        }
        assert {(each.span, each.reason) for each in found.non_statements} == {
            (shown_span(each.span, text), each.reason) for each in document.non_statements
        }


def test_a_folder_of_any_scheme_is_sound_alone_and_against_its_workspace(anyone: Workspace, tmp_path: Path) -> None:
    out = build(anyone, tmp_path / "out").out
    assert verify(out, ALONE).faults == []
    assert {each.code for each in verify(out, Wanted(against=anyone, readers=())).faults} == {"record-missing"}


def test_the_first_edition_has_nothing_of_it(tmp_path: Path) -> None:
    scheme = open_workspace(lay_other(tmp_path / "other")).scheme
    assert scheme.edition == 1
    columns = {path.rpartition(".")[2] for t in tables(scheme) for path, _ in column_paths(t.columns)}
    assert {"begin", "end"} <= columns
    assert not {*LATER, "cluster_id", "party_states", "dyad", "certainty_id", "zone_id", "start", "stop"} & columns
    classes = {each.name for table in tables(scheme) if not table.whole_text for each in table.columns if each.classes}
    assert classes == {"stance_id"}


# Names.


BIGQUERY = """
all and any array as asc assert_rows_modified at between by case cast collate contains create cross cube current default
define desc distinct else end enum escape except exclude exists extract false fetch following for from full group
grouping groups hash having if ignore in inner intersect interval into is join lateral left like limit lookup merge
natural new no not null nulls of on or order outer over partition preceding proto qualify range recursive respect right
rollup rows select set some struct tablesample then to treat true unbounded union unnest using when where window with
within
"""
"""Words that BigQuery reserves: https://cloud.google.com/bigquery/docs/reference/standard-sql/lexical."""


def test_places_have_names_that_are_no_words_of_sql(workspace: Workspace, built: Path) -> None:
    import duckdb

    found = {path.rpartition(".")[2] for t in tables(workspace.scheme) for path, _ in column_paths(t.columns)}
    assert {"start", "stop", "since", "until", "non_statements", "non_statement_reasons"} <= found
    assert not {"begin", "end", "passed_over", "passed_over_reasons"} & found
    assert not found & frozenset(BIGQUERY.split())
    for name in sorted(found):
        asked = f"SELECT t.{name}, {name} FROM (SELECT 1 AS {name}) t"
        assert duckdb.execute(asked).fetchall() == [(1, 1)]
        with sqlite3.connect(":memory:") as base:
            base.execute(f"CREATE TABLE t ({name})")
            assert base.execute(f"SELECT {name} FROM t").fetchall() == []
    (first,) = read_rows(built, "statements")[1]["content_spans"][:1]
    assert bounds(first) == (first["start"], first["stop"])
    said = f"SELECT content_spans[1].start, content_spans[1].stop FROM '{built}/statements/*.parquet'"
    assert all(stop > start for start, stop in duckdb.execute(said).fetchall())


def test_a_meaning_speaks_of_columns_by_their_names(workspace: Workspace) -> None:
    (begins,) = (each for each in find_table(workspace.scheme, "tokens").columns if each.name == "token_begins")
    assert "`start`" in begins.meaning
    assert "`begin`" not in begins.meaning


def test_keys_of_the_manifest_are_words_of_the_house(built: Path) -> None:
    manifest = read_json(built / "manifest.json")
    assert {"tables", "exceeds_policy", "text_included", "text_missing"} <= manifest.keys()
    assert not {"views", "beyond_tier", "words_shown", "words_not_at_hand"} & manifest.keys()
    assert manifest["tables"]["statements"]["rows"] == 13


def test_what_a_row_says_comes_first(workspace: Workspace) -> None:
    columns = names(find_table(workspace.scheme, "statements"))
    assert columns[:6] == ["statement_id", "speaker_name", "stance", "conditional", "target_name", "content"]
    assert columns.index("cluster_id") == columns.index("same_as") + 1
    flat = [column.is_flat for column in find_table(workspace.scheme, "statements").columns]
    assert flat == sorted(flat, reverse=True)


def test_every_meaning_is_one_sentence(workspace: Workspace) -> None:
    for table in tables(workspace.scheme):
        for column in table.columns:
            assert column.meaning.endswith(".")
            assert column.meaning.count(". ") == 0


def test_commands_say_the_keys_of_the_manifest(workspace: Workspace, built: Path, tmp_path: Path, run: Run) -> None:
    done = run("publish", "build", "--out", str(tmp_path / "out"), "--json", cwd=workspace.root)
    assert {"exceeds_policy", "text_missing"} <= json.loads(done.stdout).keys()
    copies = str(workspace.root / "sources")
    done = run("publish", "hydrate", str(built), copies, "--out", str(tmp_path / "whole"), "--json", cwd=workspace.root)
    assert json.loads(done.stdout)["exceeds_policy"] == []


# Class labels.


def test_every_closed_list_of_a_flat_column_has_class_labels_beside_it(workspace: Workspace, built: Path) -> None:
    from datasets import ClassLabel

    scheme = workspace.scheme
    wanted = {"zone", "speaker_kind", "stance", "polarity", "force", "attribution", "said_on_basis", "text_policy"}
    assert {f"{name}_id" for name in wanted | {"gold_method"}} <= set(names(find_table(scheme, "statements")))
    assert "role_id" in names(find_table(scheme, "conditions"))
    for table in tables(scheme):
        if not (built / table.name).is_dir():
            continue
        found = features(table)
        for row in read_rows(built, table.name):
            for column in table.columns:
                if column.is_flat and column.vocabulary:
                    number = row[f"{column.name}_id"]
                    label = found[f"{column.name}_id"]
                    assert isinstance(label, ClassLabel)
                    assert list(label.names) == list(scheme.vocabularies.values(column.vocabulary))
                    assert (None if number is None else label.int2str(number)) == row[column.name]


def test_a_row_of_an_annotator_has_the_number_of_the_method_of_gold(built: Path) -> None:
    rows = read_rows(built, "annotations")
    assert rows
    assert all((row["gold_method"] is None) == (row["gold_method_id"] is None) for row in rows)


# Columns that later steps fill.


def test_columns_for_later_are_typed_and_null(workspace: Workspace, built: Path) -> None:
    from datasets import Value

    types = {"fold": "int64", "n_annotators": "int64", "agreement": "float64", "contested": "bool"}
    found = features(find_table(workspace.scheme, "statements"))
    left = [name for name in LATER if name not in JUDGED]
    for row in read_rows(built, "statements"):
        assert {name: row[name] for name in left} == dict.fromkeys(left)
        if row["article_id"] != ENVOY:  # nothing else was read by two annotators
            assert {name: row[name] for name in JUDGED} == dict.fromkeys(JUDGED)
    for name, kind in types.items():
        assert found[name] == Value(kind)
    for name in ("articles", "passages", "tokens", "chat", "conditions", "annotations"):
        assert {"split", "fold", "split_group"} <= set(names(find_table(workspace.scheme, name)))
    assert "suggested_by" in names(find_table(workspace.scheme, "annotations"))
    assert not {"agreement", "cluster_id", "stance_soft"} & set(names(find_table(workspace.scheme, "annotations")))


def test_columns_for_later_make_no_row_another_one(workspace: Workspace) -> None:
    """What fills them is a step of the dataset that relabels nothing."""
    read = read_gold(workspace, None)
    rows = make_rows(read.readings, read.context)
    held, _ = take(rows, workspace.scheme)
    for row in rows["statements"]:
        row |= {"split": "test", "fold": 1, "agreement": 0.5, "contested": False}
    changes = compare(held, *take(rows, workspace.scheme, held))
    assert (changes.relabelled, changes.step) == ({}, VersionStep.PATCH)
    assert changes.amended.keys() == {"statements"}


def test_a_version_of_the_first_edition_is_compared_by_the_columns_that_both_have(
    tmp_path: Path,
) -> None:
    root = lay_other(tmp_path / "other")
    before = read_gold(open_workspace(root), None)
    first, _ = take(make_rows(before.readings, before.context), before.context.scheme)
    read = read_gold(open_workspace(second_edition(root)), None)
    changes = compare(first, *take(make_rows(read.readings, read.context), read.context.scheme, first))
    assert (changes.lost, changes.gained, changes.step) == ({}, {}, VersionStep.MAJOR)
    assert {"statements.content_spans.begin", "articles.zones.end"} <= set(changes.columns_lost)
    assert {"statements.content_spans.start", "statements.cluster_id"} <= set(changes.columns_gained)
    assert "statements.stance_id" not in changes.columns_lost


# Forgeries, and readers.


FORGED: dict[str, Any] = {
    "split": "test",
    "fold": 3,
    "split_group": "g1",
    "n_annotators": 5,
    "agreement": 0.8,
    "stance_soft": [{"stance": "offer", "share": 0.75}],
    "ambiguity": "perspective",
    "contested": True,
    "suggested_by": "model:some",
    "cluster_id": f"{ENVOY}/s3",
    "cluster_parties": ["keth"],
    "cluster_force": "categorical",
    "cluster_force_id": 1,
    "party_states": ["keth"],
    "dyad": "keth--suvia",
    "force_id": 2,
    "zone_id": 5,
    "text_policy_id": 0,
    "gold_method_id": 4,
    "speaker_kind_id": None,
}


def test_a_forged_value_of_every_new_column_is_a_fault(folder: Path) -> None:
    rows = read_rows(folder, "statements")
    assert all(rows[1][name] != value for name, value in FORGED.items())
    rows[1] |= FORGED
    write_rows(folder, "statements", rows)
    errors = [each for each in verify(folder, ALONE).errors if each.file == "statements"]
    found = [(each.row, each.column) for each in errors if each.code == "cell-differs"]
    follow = FORGED.keys() - {"ambiguity", "contested", "suggested_by"}  # two are stated, and one follows from these
    assert sorted(found) == sorted((f"{ENVOY}/s2", name) for name in follow)


def test_rows_that_are_written_again_by_hand_are_sound(folder: Path) -> None:
    for table in ("statements", "conditions", "articles", "entities"):
        write_rows(folder, table, read_rows(folder, table))
    assert verify(folder, ALONE).faults == []


def test_a_folder_without_words_is_hydrated(workspace: Workspace, built: Path, tmp_path: Path) -> None:
    bare = build(workspace, tmp_path / "bare", "withheld").out
    copies = [each for each in read_sources([workspace.root / "sources"]) if isinstance(each, Source)]
    made = hydrate_folder(bare, copies, tmp_path / "whole")
    assert {each.state for each in made.coverage} == {"verified"}
    assert verify(made.out, ALONE).faults == []
    for table in ("statements", "conditions", "articles", "passages", "tokens", "chat"):
        assert read_rows(made.out, table) == read_rows(built, table)


def test_a_notebook_loads_it_in_every_form(built: Path) -> None:
    wanted = [row["cluster_id"] for row in read_rows(built, "statements")]
    assert stancebank.load(built)["cluster_id"] == wanted
    assert stancebank.load(built, as_="pandas")["cluster_id"].tolist() == wanted
    assert stancebank.load(built, as_="polars")["cluster_id"].to_list() == wanted
    assert sum(map(len, stancebank.load(built, as_="statements").values())) == len(wanted)


def test_a_folder_tells_its_statements_to_scores(workspace: Workspace, built: Path) -> None:
    gold = workspace.store.gold(ENVOY)
    assert gold
    found = {each.id: each for each in read_published(built).articles[ENVOY].statements}
    text = workspace.store.text(workspace.store.article(ENVOY))
    assert text
    assert found == {each.id: as_published(each, text) for each in gold.statements}


def test_readers_see_the_new_columns(built: Path) -> None:
    import duckdb
    import pandas
    import polars
    from datasets import Value, load_dataset

    wanted = read_rows(built, "statements")
    path = table_path(built, "statements")
    columns = [*LATER, "cluster_id", "cluster_parties", "party_states", "dyad", "force_id"]
    frame = polars.read_parquet(path).select(columns)
    assert frame.to_dicts() == [{name: row[name] for name in columns} for row in wanted]
    assert frame.schema["agreement"] == polars.Float64
    held = pandas.read_parquet(path)
    assert held["contested"].isna().sum() == sum(row["contested"] is None for row in wanted) > 0
    assert held["cluster_id"].tolist() == [row["cluster_id"] for row in wanted]
    asked = "SELECT count(DISTINCT cluster_id), count(fold), count(cluster_parties) FROM read_parquet($1)"
    unique = len({row["cluster_id"] for row in wanted})
    assert duckdb.execute(asked, [str(path)]).fetchall() == [(unique, 0, unique)]
    loaded = load_dataset(str(built), "statements", split="train", cache_dir=str(built.parent / "cache"))
    assert loaded.features["force_id"].names == ["plain", "categorical", "hedged"]
    assert loaded.features["agreement"] == Value("float64")
    assert [row["stance_soft"] for row in loaded] == [row["stance_soft"] for row in wanted]
    assert [row["cluster_parties"] for row in loaded] == [row["cluster_parties"] for row in wanted]


def test_all_readers_see_what_pyarrow_sees(built: Path) -> None:
    assert verify(built).faults == []


def test_files_of_neighbouring_versions_share_pages(workspace: Workspace, tmp_path: Path) -> None:
    read = read_gold(workspace, None)
    row = make_rows(read.readings, read.context)["passages"][0]
    table = find_table(workspace.scheme, "passages")
    draw = random.Random(1)
    texts = [" ".join(str(draw.random()) for _ in range(100)) for _ in range(1500)]

    def shared(about: dict[str, str]) -> float:
        """The share of a file that a file with one row less has, too, by the compressed pages of both."""
        pages = []
        for name, kept in (("older", texts[1:]), ("newer", texts)):
            writer = FileWriter(table, tmp_path / name, about)
            writer.write(
                make_table(table, [{**row, "passage_id": str(n), "text": text} for n, text in enumerate(kept)])
            )
            writer.close()
            pages.append((tmp_path / name).read_bytes().split(ZSTD))
        return sum(len(each) for each in pages[1] if each in pages[0]) / (tmp_path / "newer").stat().st_size

    about = file_metadata(table, workspace.scheme, "1.2.0")
    first = {name: value for name, value in about.items() if name != FEATURES}
    assert shared(first) < 0.01
    assert shared(about) > 0.25


def test_a_card_asks_readers_to_agree_where_whole_texts_are_under_terms_of_their_holders(tmp_path: Path) -> None:
    workspace = lay_toy(tmp_path / "toy")
    card = build(workspace, tmp_path / "open").out / "README.md"
    assert "extra_gated" not in card.read_text("utf-8"), "all are under a public licence"
    store = workspace.store
    article = store.article(ENVOY)
    rights = msgspec.structs.replace(article.rights, licence="LicenseRef-by-letter")
    store.write_article(msgspec.structs.replace(article, rights=rights), store.text(article) or "")
    folder = build(workspace, tmp_path / "gated").out
    header = yaml.safe_load((folder / "README.md").read_text("utf-8").split("---\n")[1])
    assert "RIGHTS.md" in header["extra_gated_prompt"]
    assert list(header["extra_gated_fields"].values()) == ["checkbox"]
    assert not verify(folder, ALONE).errors
    withheld = build(workspace, tmp_path / "withheld", "withheld").out
    assert "extra_gated" not in (withheld / "README.md").read_text("utf-8")
