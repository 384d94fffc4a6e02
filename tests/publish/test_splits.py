"""Rows and files by split: what a workspace with a ledger of splits builds, and what is found of one that is forged."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

import stancebank
from stancebank.api import Form
from stancebank.corpus.cleaning import Source
from stancebank.corpus.sources import read_sources
from stancebank.errors import InputError
from stancebank.publish.build import Recipe, WorkspaceFiles, build, fill_folder, read_to_publish
from stancebank.publish.card.workspace_card import read_card
from stancebank.publish.diff import compare_sides
from stancebank.publish.gold import read_gold
from stancebank.publish.history import Changes, ReleaseRecord, VersionStep, compare, read_record, take, write_record
from stancebank.publish.hydrate import hydrate_folder
from stancebank.publish.layout import MANIFEST
from stancebank.publish.parquet import FileWriter, TableWriter, file_metadata, make_table, read_table
from stancebank.publish.published import find_tables, read_scheme
from stancebank.publish.release.gate import say_changes
from stancebank.publish.sides import read_folder, read_workspace
from stancebank.publish.tables import find_table, make_rows, tables
from stancebank.publish.verification import Wanted, verify
from stancebank.workspace import Workspace, open_workspace
from tests.conftest import REPO, Run, second_edition
from tests.frozen.forging import read_json, seal, write_json
from tests.publish.builds import (
    ENVOY,
    HARVEST,
    LEDGER,
    MINISTER,
    NOTICE,
    contents,
    fill_release,
    lay_split,
    lay_toy,
    read_apart,
    write_ledger,
)
from tests.publish.verifying import ALONE

pytestmark = pytest.mark.slow

PLACED = {HARVEST: ("train", 0), MINISTER: ("validation", 1), ENVOY: ("test", None), NOTICE: ("none", None)}
"""Where each article stands, in the order of the rows."""
REGISTRIES = ("entities", "targets")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return lay_split(tmp_path_factory.mktemp("splits") / "toy")


@pytest.fixture(scope="module")
def released(workspace: Workspace) -> Path:
    """The folder of a release, in files of few rows."""
    return fill_release(workspace, workspace.root.parent / "released")


@pytest.fixture
def folder(released: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(released, tmp_path / "folder"))


def codes(folder: Path) -> set[str]:
    return {each.code for each in verify(folder, ALONE).faults}


# Rows and files.


def test_every_row_says_the_split_and_the_fold_of_its_article(workspace: Workspace) -> None:
    read = read_gold(workspace, None)
    assert [each.article.id for each in read.readings] == list(PLACED)
    rows = make_rows(reversed(read.readings), read.context)
    assert [row["article_id"] for row in rows["articles"]] == list(PLACED)
    for table in tables(workspace.scheme):
        assert rows[table.name], table.name
        if table.name not in REGISTRIES:
            assert [(row["split"], row["fold"]) for row in rows[table.name]] == [
                PLACED[row["article_id"]] for row in rows[table.name]
            ], table.name


def test_rows_lie_in_the_files_of_their_split_and_in_order(workspace: Workspace, released: Path) -> None:
    told = read_json(released / MANIFEST)["tables"]
    for table in tables(workspace.scheme):
        files = find_tables(released, table.name)
        entry = told[table.name]
        assert [path.relative_to(released).as_posix() for path in files] == entry.get("files", [entry.get("file")])
        held = {path.name: read_table(path).to_pylist() for path in files}
        if table.name in REGISTRIES:
            assert {name.partition("-")[0] for name in held} == {"train"}
            continue
        for name, rows in held.items():
            assert {row["split"] for row in rows} == {name.partition("-")[0]}
        every = [row["article_id"] for rows in held.values() for row in rows]
        assert list(dict.fromkeys(every)) == [name for name in PLACED if name in every]
        for split in dict.fromkeys(name.partition("-")[0] for name in held):
            numbered = [name for name in held if name.startswith(f"{split}-")]
            assert numbered == [f"{split}-{n:05}-of-{len(numbered):05}.parquet" for n in range(len(numbered))]
            assert {len(held[name]) for name in numbered[:-1]} <= {5}
            assert 1 <= len(held[numbered[-1]]) <= 5
    assert not list((released / "statements").glob("none-*"))  # the article has no statement
    assert len(list((released / "articles").glob("none-*"))) == 1
    assert len(list((released / "statements").glob("test-*"))) > 1


def test_splits_csv_says_the_true_split(released: Path) -> None:
    assert (released / "splits.csv").read_text() == (
        f"article_id,split,fold\n{NOTICE},none,\n{HARVEST},train,0\n{ENVOY},test,\n{MINISTER},validation,1\n"
    )


def test_files_hold_as_many_rows_as_they_may_within_a_split(workspace: Workspace, tmp_path: Path) -> None:
    table = find_table(workspace.scheme, "statements")
    read = read_gold(workspace, None)
    rows = make_rows(read.readings, read.context)["statements"]
    counts = {split: sum(row["split"] == split for row in rows) for split in ("train", "validation", "test")}
    for bound in (1, 2, 3, 100):
        for step in (1, 4, len(rows)):
            folder = tmp_path / f"{bound}-{step}"
            folder.mkdir()
            writer = TableWriter(folder, table, {}, bound)
            for place in range(0, len(rows), step):
                writer.add(rows[place : place + step])
            facts = writer.close()
            assert facts
            assert facts.by_split == {split: count for split, count in counts.items() if count}
            for split, count in facts.by_split.items():
                sizes = [read_table(folder / name).num_rows for name in facts.files_of(split)]
                assert sizes == [bound] * (count // bound) + ([count % bound] if count % bound else [])
            assert [row for name in facts.files for row in read_table(folder / name).to_pylist()] == make_table(
                table, rows
            ).to_pylist()
    assert contents(tmp_path / "2-1") == contents(tmp_path / "2-4")


def test_rows_that_are_not_sorted_by_split_are_not_written(workspace: Workspace, tmp_path: Path) -> None:
    table = find_table(workspace.scheme, "statements")
    read = read_gold(workspace, None)
    rows = make_rows(read.readings, read.context)["statements"]
    with pytest.raises(InputError, match="after those of test"):
        TableWriter(tmp_path, table, {}).add(reversed(rows))


def test_a_ledger_without_a_line_changes_nothing_and_one_line_puts_all_others_into_none(tmp_path: Path) -> None:
    workspace = lay_toy(tmp_path / "toy")
    before = contents(build(workspace, tmp_path / "before").out)
    write_ledger(workspace, {})
    assert contents(build(workspace, tmp_path / "after").out) == before
    write_ledger(workspace, {ENVOY: "none,"})
    made = build(workspace, tmp_path / "none").out
    assert {path.name.partition("-")[0] for path in made.glob("statements/*")} == {"none"}
    assert codes(made) == set()


def test_a_scheme_of_the_first_edition_has_no_splits_and_one_of_the_second_has(tmp_path: Path) -> None:
    workspace = open_workspace(Path(shutil.copytree(REPO / "tests/other_domain", tmp_path / "other")))
    ids = workspace.store.article_ids()
    before = contents(build(workspace, tmp_path / "before").out)
    ledger = {name: ("test,", "train,2")[place % 2] for place, name in enumerate(ids)}
    write_ledger(workspace, ledger)
    assert contents(build(workspace, tmp_path / "after").out) == before
    second = open_workspace(second_edition(workspace.root))
    made = build(second, tmp_path / "second").out
    for name, placed in ledger.items():
        split, fold = placed.split(",")
        (row,) = (row for path in find_tables(made, "articles") for row in rows_of(path) if row["article_id"] == name)
        assert (row["split"], row["fold"]) == (split, int(fold) if fold else None)
    found = verify(made, Wanted(against=second, readers=())).faults
    assert {each.code for each in found} == {"record-missing"}


def test_the_card_of_a_workspace_is_the_same_from_its_rows_and_from_files(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    recipe = Recipe(WorkspaceFiles(workspace.root), renews_card=True)
    made = fill_folder(tmp_path / "out", workspace, read_to_publish(workspace, None), recipe)
    assert made.content.text("DATASET_CARD.md") == read_card(workspace).wanted
    assert "| `test` | 1 | 6 (5) | 8 |" in read_card(workspace).wanted


def test_two_builds_are_equal_byte_for_byte(workspace: Workspace, tmp_path: Path) -> None:
    one, other = (build(workspace, tmp_path / name).out for name in ("one", "other"))
    assert contents(one) == contents(other)


# Verification.


def test_what_is_built_with_splits_is_sound_for_every_reader_and_against_its_workspace(
    workspace: Workspace, released: Path
) -> None:
    found = verify(released, Wanted(require_readers=True))
    assert found.faults == []
    out = build(workspace, workspace.root.parent / "built").out
    assert {each.code for each in verify(out, Wanted(against=workspace, readers=())).faults} == {"record-missing"}


def test_a_dataset_with_one_split_that_is_not_train_is_read_from_one_file(tmp_path: Path) -> None:
    workspace = lay_split(tmp_path / "toy", dict.fromkeys(PLACED, "test,1"))
    out = build(workspace, tmp_path / "out").out
    assert [path.name for path in find_tables(out, "statements")] == ["test-00000-of-00001.parquet"]
    assert verify(out, Wanted(readers=("datasets", "mlcroissant"), require_readers=True)).faults == []


def test_a_workspace_that_says_another_split_is_told(workspace: Workspace, tmp_path: Path) -> None:
    mine = Path(shutil.copytree(workspace.root, tmp_path / "mine"))
    out = build(workspace, tmp_path / "out").out
    other = Workspace(mine, workspace.settings)
    write_ledger(other, LEDGER | {MINISTER: "train,1"})
    found = verify(out, Wanted(against=other, readers=())).errors
    assert {each.code for each in found} == {"source-differs"}
    assert {(each.row, each.column) for each in found if each.file == "articles"} == {(MINISTER, "split")}
    assert any(each.column == "inputs corpus/splits.csv" for each in found)


def rewrite(folder: Path, file: str, rows: list[dict[str, Any]]) -> None:
    """Write other rows into a file of a table; no row: the file goes. What lists files is made to fit."""
    scheme = read_scheme(folder)
    table = find_table(scheme, file.partition("/")[0])
    (folder / file).unlink(missing_ok=True)
    if rows:
        writer = FileWriter(table, folder / file, file_metadata(table, scheme, "1.2.0"))
        writer.write(make_table(table, rows))
        writer.close()
    seal(folder)


def rows_of(folder: Path, file: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = read_table(folder / file).to_pylist()
    return found


ARTICLE = "articles/{}-00000-of-00001.parquet"


def move_to_another_file(folder: Path) -> None:
    rows = rows_of(folder, ARTICLE.format("validation"))
    rewrite(folder, ARTICLE.format("validation"), [])
    rewrite(folder, ARTICLE.format("train"), rows_of(folder, ARTICLE.format("train")) + rows)


def rename_file(folder: Path) -> None:
    (folder / ARTICLE.format("validation")).rename(folder / ARTICLE.format("train").replace("00000", "00001"))
    (folder / ARTICLE.format("train")).rename(folder / "articles/train-00000-of-00002.parquet")
    (folder / ARTICLE.format("train").replace("00000", "00001")).rename(
        folder / "articles/train-00001-of-00002.parquet"
    )
    seal(folder)


def change_one_table(folder: Path) -> None:
    rows = rows_of(folder, ARTICLE.format("validation"))
    rewrite(folder, ARTICLE.format("validation"), [])
    rows[0]["split"] = "train"
    rewrite(folder, ARTICLE.format("train"), rows_of(folder, ARTICLE.format("train")) + rows)


def change_the_fold_of_one_table(folder: Path) -> None:
    file = ARTICLE.format("train")
    rewrite(folder, file, [row | {"fold": 3} for row in rows_of(folder, file)])


def change_the_fold_of_one_row(folder: Path) -> None:
    file = "statements/test-00000-of-00002.parquet"
    first, *rest = rows_of(folder, file)
    rewrite(folder, file, [first | {"fold": 3}, *rest])


def take_the_split_from_one_article(folder: Path) -> None:
    for path in sorted(folder.glob("*/train-*.parquet")):
        name = path.relative_to(folder).as_posix()
        if not name.startswith(REGISTRIES):
            rewrite(folder, name, [row | {"split": None, "fold": None} for row in rows_of(folder, name)])


def name_no_split(folder: Path) -> None:
    rewrite(folder, ARTICLE.format("none"), [row | {"split": "dev"} for row in rows_of(folder, ARTICLE.format("none"))])


def count_folds_from_below(folder: Path) -> None:
    rewrite(folder, ARTICLE.format("none"), [row | {"fold": -1} for row in rows_of(folder, ARTICLE.format("none"))])


def change_splits_csv(folder: Path) -> None:
    path = folder / "splits.csv"
    path.write_text(path.read_text().replace(f"{MINISTER},validation", f"{MINISTER},train"))
    seal(folder)


def change_a_fold_in_splits_csv(folder: Path) -> None:
    path = folder / "splits.csv"
    path.write_text(path.read_text().replace("validation,1", "validation,2"))
    seal(folder)


def leave_out_the_ledger(folder: Path) -> None:
    manifest = read_json(folder / MANIFEST)
    del manifest["inputs"]["corpus/splits.csv"]
    write_json(folder / MANIFEST, manifest)
    seal(folder)


def move_in_the_header(folder: Path) -> None:
    path = folder / "README.md"
    path.write_text(path.read_text().replace("- split: validation", "- split: train2", 1))
    seal(folder)


def move_a_registry(folder: Path) -> None:
    file = sorted((folder / "targets").glob("train-*"))[-1]
    file.rename(file.with_name(file.name.replace("train", "test")))
    seal(folder)


@pytest.mark.parametrize(
    ("forge", "code"),
    [
        (move_to_another_file, "splits-differ"),
        (rename_file, "splits-differ"),
        (change_one_table, "cell-differs"),
        (change_the_fold_of_one_table, "cell-differs"),
        (change_the_fold_of_one_row, "cell-differs"),
        (take_the_split_from_one_article, "splits-differ"),
        (name_no_split, "row-invalid"),
        (count_folds_from_below, "row-invalid"),
        (change_splits_csv, "splits-differ"),
        (change_a_fold_in_splits_csv, "splits-differ"),
        (leave_out_the_ledger, "manifest-differs"),
        (move_in_the_header, "card-header"),
        (move_a_registry, "file-foreign"),
    ],
)
def test_a_forged_split_is_found(folder: Path, forge: Callable[[Path], None], code: str) -> None:
    forge(folder)
    assert code in codes(folder)


# Card, croissant.json and readers.


def test_the_card_says_how_much_there_is_in_each_split_and_how_to_open_it(released: Path) -> None:
    card = (released / "README.md").read_text()
    header = yaml.safe_load(card.split("---\n")[1])
    told = {each["config_name"]: each["data_files"] for each in header["configs"]}
    assert [each["split"] for each in told["articles"]] == ["train", "validation", "test", "none"]
    assert [each["split"] for each in told["statements"]] == ["validation", "test"]
    assert [each["split"] for each in told["entities"]] == ["train"]
    assert all(
        file.startswith(f"{table}/{each['split']}-")
        for table, files in told.items()
        for each in files
        for file in ([each["path"]] if isinstance(each["path"], str) else each["path"])
    )
    assert 'test = load_dataset("<org>/toy", split="test")' in card
    assert 'articles = load_dataset("<org>/toy", "articles", split="test")' in card
    assert "| articles (statements) by split | `train` 1 (0), `validation` 1 (7), `test` 1 (6), `none` 1 (0) |" in card
    assert "| `validation` | 1 | 7 (7) | 4 |" in card
    assert "| `test` | 1 | 6 (5) | 8 |" in card
    assert "train on `train`, choose on `validation`, report what you find on `test`." in card
    assert "`stancebank publish score PREDICTIONS.jsonl DIR --split test`" in card
    assert "`fold` gives articles a part from 0 to 1." in card
    assert "There is one split" not in card
    columns = (released / "COLUMNS.md").read_text()
    assert "sorted by split (`train`, `validation`, `test`, `none`), then by article id" in columns


READER = """
import json, os, sys
sys.modules["stancebank"] = None  # whoever reads has no toolkit
from datasets import load_dataset
import duckdb, mlcroissant, pandas, polars
folder = sys.argv[1]
key = "statement_id"
splits = load_dataset(folder, "statements")
seen = {"splits": {name: list(rows[key]) for name, rows in splits.items()}}
seen["one"] = list(load_dataset(folder, "statements", split="test")[key])
seen["streamed"] = [row[key] for row in load_dataset(folder, "statements", split="test", streaming=True)]
seen["none"] = list(load_dataset(folder, "articles", split="none")["article_id"])
seen["joined"] = list(load_dataset(folder, "articles", split="train+test")["split"])
seen["entities"] = list(load_dataset(folder, "entities"))
frame = pandas.read_parquet(f"{folder}/statements")
seen["pandas"] = list(frame[frame.split == "test"][key])
seen["polars"] = polars.read_parquet(f"{folder}/statements/test-*.parquet")[key].to_list()
found = duckdb.execute(f"select {key} from '{folder}/statements/*.parquet' where split = 'test' order by all")
seen["duckdb"] = [name for name, in found.fetchall()]
dataset = mlcroissant.Dataset(f"{folder}/croissant.json")
issues = dataset.metadata.ctx.issues
seen["issues"] = [*issues.errors, *issues.warnings]
rows = dataset.records("statements", filters={"statements/split": "test"})
seen["croissant"] = [[row[f"statements/{name}"].decode() for name in (key, "split")] for row in rows]
seen["parts"] = [[row["splits/name"], row["splits/url"]] for row in dataset.records("splits")]
print(json.dumps(seen), flush=True)
os._exit(0)  # threads of a stream that still run may abort Python while it cleans up
"""


def test_each_reader_opens_one_split_and_all_of_them(released: Path, tmp_path: Path) -> None:
    seen = read_apart(READER, tmp_path, released)
    wanted = [row["statement_id"] for path in sorted(released.glob("statements/test-*")) for row in rows_of(path)]
    assert len(wanted) == 6
    assert list(seen["splits"]) == ["validation", "test"]
    assert seen["splits"]["test"] == seen["one"] == seen["streamed"] == seen["pandas"] == seen["polars"] == wanted
    assert seen["duckdb"] == sorted(wanted)
    assert (seen["none"], seen["joined"], seen["entities"]) == ([NOTICE], ["train", "test"], ["train"])
    assert seen["issues"] == []
    assert seen["croissant"] == [[name, "test"] for name in wanted]
    assert dict(seen["parts"]) == {
        "train": "cr:TrainingSplit",
        "validation": "cr:ValidationSplit",
        "test": "cr:TestSplit",
        "none": None,
    }


def test_a_split_is_loaded_and_so_are_all_of_them_in_their_order(released: Path) -> None:
    every = [row["article_id"] for path in find_tables(released, "articles") for row in rows_of(path)]
    assert every == list(PLACED)
    forms: tuple[Form, ...] = ("dataset", "pandas", "polars")
    for form in forms:
        assert list(stancebank.load(released, "articles", as_=form)["article_id"]) == every
        assert list(stancebank.load(released, "articles", as_=form, split="test")["article_id"]) == [ENVOY]
        assert len(stancebank.load(released, "entities", as_=form)) == len(
            stancebank.load(released, "entities", as_=form, split="train")
        )
    assert list(stancebank.load(released, as_="statements")) == every
    assert {name: len(each) for name, each in stancebank.load(released, as_="statements", split="test").items()} == {
        ENVOY: 6
    }
    for form in (*forms, "statements"):
        with pytest.raises(InputError, match="no rows of the split 'dev'"):
            stancebank.load(released, as_=form, split="dev")
    with pytest.raises(InputError, match=r"no rows of the split 'train'.\nHint: it has rows of validation, test\."):
        stancebank.load(released, split="train")


def test_predictions_are_scored_against_one_split_or_all_of_them(
    workspace: Workspace, released: Path, run: Run, tmp_path: Path
) -> None:
    value = [{"article_id": name, "statements": []} for name in PLACED]
    file = tmp_path / "predictions.jsonl"
    file.write_text("".join(json.dumps(each) + "\n" for each in value))
    whole, one = stancebank.score(file, released), stancebank.score(value, released, split="test")
    assert (whole.articles, whole.measures["statement"].gold) == (4, 13)
    assert (one.articles, one.measures["statement"].gold) == (1, 6)
    done = run("publish", "score", file, released)
    assert "The splits train, validation, test, none together; --split scores against one." in done.stderr
    done = run("publish", "score", file, released, "--split", "test", "--json")
    told = json.loads(done.stdout)
    assert (told["split"], told["articles"], len(told["of_other_splits"])) == ("test", 1, 3)
    assert (
        "Left out: 3 predictions for articles of other splits."
        in run("publish", "score", file, released, "--split", "test").stderr
    )
    with pytest.raises(InputError, match="no article"):
        stancebank.score([{"article_id": "elsewhere", "statements": []}], released, split="test")
    plain = build(lay_toy(tmp_path / "toy"), tmp_path / "plain").out
    file.write_text(json.dumps(value[2]))
    done = run("publish", "score", file, plain, "--split", "test")
    assert (done.returncode, "has no rows of the split 'test'" in done.stderr) == (1, True)


# Versions.


def between(workspace: Workspace, *ledgers: dict[str, str]) -> Changes:
    """Return what changes from one ledger to the next."""
    rows = []
    for ledger in ledgers:
        write_ledger(workspace, ledger)
        read = read_gold(workspace, None)
        rows.append(make_rows(read.readings, read.context))
    earlier, _ = take(rows[0], workspace.scheme)
    return compare(earlier, *take(rows[1], workspace.scheme, earlier))


def test_a_published_article_that_moves_asks_for_a_major_version(workspace: Workspace, tmp_path: Path) -> None:
    mine = open_workspace(Path(shutil.copytree(workspace.root, tmp_path / "mine")))
    moved = between(mine, LEDGER, LEDGER | {MINISTER: "test,1", HARVEST: "train,3"})
    assert (moved.moved, moved.placed, moved.relabelled, moved.lost) == ((HARVEST, MINISTER), (), {}, {})
    assert moved.step is VersionStep.MAJOR
    assert "articles moved to another split or fold: 2" in say_changes(moved)
    assert between(mine, LEDGER, LEDGER).moved == ()
    gone = between(mine, LEDGER, {})
    assert (set(gone.moved), gone.step) == ({*PLACED}, VersionStep.MAJOR)
    given = between(mine, {}, LEDGER)
    assert (set(given.placed), given.moved, given.step) == ({*PLACED}, (), VersionStep.MINOR)
    folds = between(mine, LEDGER, LEDGER | {ENVOY: "test,1"})
    assert (folds.placed, folds.moved, folds.step) == ((ENVOY,), (), VersionStep.MINOR)


def test_the_record_of_a_version_keeps_the_splits(workspace: Workspace, tmp_path: Path) -> None:
    read = read_gold(workspace, None)
    held, _ = take(make_rows(read.readings, read.context), workspace.scheme)
    assert held.splits == {HARVEST: "train/0", MINISTER: "validation/1", ENVOY: "test", NOTICE: "none"}
    write_record(tmp_path, ReleaseRecord("1.2.0", b'{"dataset_version": "1.2.0"}', b"", held))
    record = read_record(tmp_path, "1.2.0")
    assert record
    assert record.held == held


def test_versions_are_compared_by_the_ledger_and_by_rows(workspace: Workspace, released: Path, tmp_path: Path) -> None:
    assert read_workspace(workspace, "here").placements.keys() == PLACED.keys()
    folder, here = read_folder(released), read_workspace(workspace, "here")
    told = {name: (each.split, each.fold) for name, each in folder.placements.items()}
    assert told == {name: (each.split, each.fold) for name, each in here.placements.items()} == PLACED
    mine = open_workspace(Path(shutil.copytree(workspace.root, tmp_path / "mine")))
    write_ledger(mine, LEDGER | {MINISTER: "test,1"})
    for old in (folder, here):
        (moved,) = (each for each in compare_sides(old, read_workspace(mine, "new")).changes if "split" in each.kind)
        assert (moved.kind, moved.row, moved.field, moved.old, moved.new) == (
            *("split-moved", MINISTER, "split"),
            *("validation", "test"),
        )


# Words from copies.


def test_a_folder_whose_rows_are_not_sorted_by_split_gets_no_words(folder: Path, tmp_path: Path) -> None:
    for path in sorted(folder.glob("*/test-*")):  # before those of validation
        path.rename(path.with_name(path.name.replace("test", "train").replace("-of-00001", "-of-00002")))
    with pytest.raises(InputError, match="Hint: `stancebank publish verify`"):
        hydrate_folder(folder, [], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_that_gets_its_words_back_has_the_same_splits(workspace: Workspace, tmp_path: Path) -> None:
    import polars

    bare = build(workspace, tmp_path / "bare", "withheld").out
    texts = tmp_path / "texts"
    texts.mkdir()
    for article in workspace.store.articles():
        (texts / f"{article.id}.txt").write_text(workspace.store.text(article) or "")
    out = hydrate_folder(
        bare, [each for each in read_sources([texts]) if isinstance(each, Source)], tmp_path / "out"
    ).out
    whole = build(workspace, tmp_path / "whole", "full").out
    assert {name for name in contents(out) if name.endswith(".parquet")} == {
        name for name in contents(whole) if name.endswith(".parquet")
    }
    for name, data in contents(whole).items():
        if name.endswith(".parquet"):
            assert polars.read_parquet(out / name).equals(polars.read_parquet(data)), name
    assert codes(out) == set()
