"""A release gets its words back from copies alone, and what comes of it is what a build of the workspace makes."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stancebank.corpus.cleaning import Source
from stancebank.corpus.sources import read_sources
from stancebank.errors import InputError
from stancebank.publish.build import build
from stancebank.publish.hydrate import hydrate_folder
from stancebank.publish.parquet import read_table
from stancebank.publish.verification import Wanted, verify
from stancebank.starter.laying import lay, sample_files
from stancebank.text import normalise
from stancebank.workspace import Workspace, open_workspace
from tests.conftest import TOY, Run
from tests.publish.builds import ENVOY, HARVEST, MINISTER, contents, lay_toy, withhold
from tests.publish.own import TABLES


def rows_in(folder: Path) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for path in sorted(folder.glob("*/*.parquet")):
        found.setdefault(path.parent.name, []).extend(read_table(path).to_pylist())
    return found


def released_from(workspace: Workspace, out: Path, text: Any = None) -> Path:
    """Build a folder, with the tables of the registries."""
    folder = build(workspace, out, text).out
    if not (folder / "entities").exists():
        write_registries(workspace, folder)
    return folder


def write_registries(workspace: Workspace, folder: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from stancebank.model import to_builtins

    registries: tuple[tuple[str, str, Any], ...] = (
        ("entities", "entity_id", workspace.store.entities().entities),
        ("targets", "target_id", workspace.store.targets().targets),
    )
    bare: dict[str, Any] = {"aliases": [], "part_of": None, "affiliation": None, "wikidata": None}
    for name, key, entries in registries:
        rows = []
        for entry in entries:
            value = to_builtins(entry)
            roles = [{"title": each["title"], "since": None, "until": None} for each in value.pop("roles", [])]
            extra = bare | {"roles": roles} if name == "entities" else {"parent": None}
            rows.append(extra | value | {key: value["id"], "former_ids": []})
        (folder / name).mkdir()
        pq.write_table(pa.Table.from_pylist(rows), folder / name / "train-00000-of-00001.parquet")


def views_of(folder: Path) -> dict[str, list[dict[str, Any]]]:
    return {table: rows for table, rows in rows_in(folder).items() if table in {each.name for each in TABLES}}


def copies_in(folder: Path) -> list[Source]:
    return [each for each in read_sources([folder]) if isinstance(each, Source)]


@pytest.fixture
def toy(tmp_path: Path) -> Workspace:
    """The toy with every text policy once, and an annotator's reading."""
    from msgspec.structs import replace

    workspace = lay_toy(tmp_path / "toy")
    gold = workspace.store.gold(ENVOY)
    assert gold
    workspace.store.write_document(replace(gold, annotator="ada", gold=None, statements=gold.statements[:2]))
    withhold(workspace, ENVOY)
    withhold(workspace, HARVEST, "quotes")
    return workspace


@pytest.fixture
def copies(tmp_path: Path) -> Path:
    folder = tmp_path / "copies"
    folder.mkdir()
    for number, path in enumerate(sorted((TOY / "sources").glob("*.txt"))):
        shutil.copy(path, folder / f"page-{number}.txt")
    return folder


@pytest.mark.slow
def test_a_hydrated_release_is_view_by_view_what_the_workspace_builds(
    toy: Workspace, copies: Path, tmp_path: Path
) -> None:
    released, wanted = released_from(toy, tmp_path / "released"), build(toy, tmp_path / "wanted", "full")
    shutil.rmtree(toy.root)
    made = hydrate_folder(released, copies_in(copies), tmp_path / "out")
    assert {each.article_id: each.state for each in made.coverage} == {
        ENVOY: "verified",
        HARVEST: "verified",
        MINISTER: "verified",
    }
    assert all(each.found == each.spans for each in made.coverage)
    assert rows_in(made.out) == rows_in(wanted.out)
    told, meant = (json.loads((each / "manifest.json").read_bytes()) for each in (made.out, wanted.out))
    for key in (
        "tables",
        "publishable",
        "exceeds_policy",
        "text_included",
        "text_missing",
        "alignment",
        "rights",
        "inputs",
    ):
        assert told[key] == meant[key], key
    assert (made.out / "RIGHTS.md").read_bytes() == (wanted.out / "RIGHTS.md").read_bytes()
    assert (made.out / ".gitignore").read_bytes() == b"*\n"
    card = (made.out / "README.md").read_text(encoding="utf-8")
    assert "**Not for publication.**" in card
    assert "license: other" in card
    assert "config_name: chat" in card


@pytest.mark.slow
def test_the_sample_comes_back_whole(tmp_path: Path) -> None:
    root = tmp_path / "sample"
    lay(sample_files(), root)
    workspace = open_workspace(root)
    (tmp_path / "copies").mkdir()
    for article in workspace.store.articles():
        text = workspace.store.text(article) or ""
        (tmp_path / "copies" / f"{article.text_sha256[:8]}.txt").write_text(text, encoding="utf-8")
    bare = released_from(workspace, tmp_path / "bare", "withheld")
    wanted = build(workspace, tmp_path / "wanted", "full")
    assert not any("passages" in path for path in contents(bare))
    shutil.rmtree(root)
    made = hydrate_folder(bare, copies_in(tmp_path / "copies"), tmp_path / "out")
    assert {each.state for each in made.coverage} == {"verified"}
    assert rows_in(made.out) == rows_in(wanted.out)
    assert made.beyond == ()
    assert not (made.out / ".gitignore").exists()


@pytest.mark.slow
def test_what_is_hydrated_opens_with_datasets(toy: Workspace, copies: Path, tmp_path: Path) -> None:
    from datasets import load_dataset

    released = released_from(toy, tmp_path / "released")
    made = hydrate_folder(released, copies_in(copies), tmp_path / "out")
    for table, count in made.rows.items():
        held = load_dataset(str(made.out), table, split="train", cache_dir=str(tmp_path / "cache"))
        assert held.num_rows == count


@pytest.mark.slow
def test_a_copy_that_differs_gives_proved_spans_their_words_and_no_others(
    toy: Workspace, copies: Path, tmp_path: Path
) -> None:
    released = released_from(toy, tmp_path / "released")
    wanted = rows_in(build(toy, tmp_path / "wanted", "full").out)
    for path in copies.iterdir():
        text = normalise(path.read_text(encoding="utf-8"))
        path.write_text(text.replace("river, and only if Keth is", "stream, and only if Keth is"), encoding="utf-8")
    made = hydrate_folder(released, copies_in(copies), tmp_path / "out")
    states = {each.article_id: each for each in made.coverage}
    assert (states[ENVOY].state, states[HARVEST].state) == ("partial", "verified")
    assert 0 < states[ENVOY].found < states[ENVOY].spans
    found = rows_in(made.out)
    assert {row["article_id"] for row in found["passages"]} == {HARVEST, MINISTER}
    given = missing = 0
    for row, meant in zip(found["statements"], wanted["statements"], strict=True):
        for column in ("content", "speaker_mention", "cue", "target_mention", "reason"):
            assert row[column] in (None, meant[column])
            given += row["article_id"] == ENVOY and row[column] is not None
            missing += row["article_id"] == ENVOY and row[column] is None and meant[column] is not None
    assert given > 5
    assert missing > 0


@pytest.mark.slow
@pytest.mark.parametrize("left_out", [(), (ENVOY,), (ENVOY, HARVEST, MINISTER)], ids=len)
def test_what_copies_that_differ_or_are_missing_make_is_sound(
    left_out: tuple[str, ...], toy: Workspace, copies: Path, tmp_path: Path
) -> None:
    settings = toy.root / "stancebank.toml"
    settings.write_text(f"{settings.read_text()}\n[rights]\nlongest_quote = 1000\nquoted_share = 100\n")
    toy = open_workspace(toy.root)
    withhold(toy, HARVEST)  # an article without a statement: no row of it shows a word of a copy that differs
    withhold(toy, MINISTER, "quotes")  # its rows show words, whether there is a copy or not
    released = build(toy, tmp_path / "released").out
    for path, name in zip(sorted(copies.iterdir()), (ENVOY, HARVEST, MINISTER), strict=True):
        if name in left_out:
            path.unlink()
            continue
        text = normalise(path.read_text(encoding="utf-8"))
        path.write_text(text.replace(" the ", "  the ", 1), encoding="utf-8")
    made = hydrate_folder(released, copies_in(copies), tmp_path / "out")
    states = {each.article_id: each.state for each in made.coverage}
    assert states == {name: "missing" if name in left_out else "partial" for name in (ENVOY, HARVEST, MINISTER)}
    assert verify(made.out, Wanted(readers=())).faults == []


@pytest.mark.slow
def test_copies_with_soft_hyphens_give_the_same_as_copies_without(toy: Workspace, copies: Path, tmp_path: Path) -> None:
    released = released_from(toy, tmp_path / "released")
    wanted = hydrate_folder(released, copies_in(copies), tmp_path / "wanted")
    for path in copies.iterdir():
        text = normalise(path.read_text(encoding="utf-8"))
        path.write_text("".join(f"{each}\u00ad" if each.isalpha() else each for each in text), encoding="utf-8")
    made = hydrate_folder(released, copies_in(copies), tmp_path / "made")
    assert rows_in(made.out) == rows_in(wanted.out)
    for path in copies.iterdir():  # now it differs by words, too
        text = path.read_text(encoding="utf-8")
        path.write_text(f"{text}\nOne more line.\n".replace(",", " ,", 1), encoding="utf-8")
    made = hydrate_folder(released, copies_in(copies), tmp_path / "partial")
    partial = [each for each in made.coverage if each.state == "partial"]
    assert {ENVOY, HARVEST} <= {each.article_id for each in partial}
    assert all(each.found > each.spans * 0.7 for each in partial)
    assert "\u00ad" not in "".join(str(row) for row in rows_in(made.out)["statements"])


@pytest.mark.slow
def test_rows_that_stand_apart_from_their_article_are_refused_and_not_lost(toy: Workspace, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    released = released_from(toy, tmp_path / "released")
    (path,) = (released / "statements").glob("*.parquet")
    table = read_table(path)
    pq.write_table(table.take([table.num_rows - 1, *range(table.num_rows - 1)]), path)
    with pytest.raises(InputError, match="rows of the table statements are apart"):
        hydrate_folder(released, [], tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_without_copies_nothing_is_invented(toy: Workspace, tmp_path: Path) -> None:
    released = released_from(toy, tmp_path / "released")
    made = hydrate_folder(released, [], tmp_path / "out")
    assert {each.article_id: each.state for each in made.coverage} == {
        ENVOY: "missing",
        HARVEST: "missing",
        MINISTER: "verified",
    }
    assert views_of(made.out) == views_of(released)
    assert made.beyond == ()


@pytest.mark.slow
def test_a_second_run_has_the_same_bytes_and_replaces_the_first(toy: Workspace, copies: Path, tmp_path: Path) -> None:
    released = released_from(toy, tmp_path / "released")
    before = contents(released)
    first = contents(hydrate_folder(released, copies_in(copies), tmp_path / "out").out)
    assert contents(hydrate_folder(released, copies_in(copies), tmp_path / "out").out) == first
    assert contents(released) == before
    sums = [line.split("  ", 1)[1] for line in first["SHA256SUMS"].decode().splitlines()]
    assert sorted(sums) == sorted(first.keys() - {"SHA256SUMS"})


@pytest.mark.slow
@pytest.mark.parametrize("where", ["in it", "it", "around it", "foreign"])
def test_a_place_that_may_not_be_written_is_refused(where: str, toy: Workspace, tmp_path: Path) -> None:
    released = released_from(toy, tmp_path / "all" / "released")
    before = contents(tmp_path / "all")
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "notes.txt").write_text("mine")
    out = {"in it": released / "out", "it": released, "around it": tmp_path / "all", "foreign": tmp_path / "foreign"}
    with pytest.raises(InputError):
        hydrate_folder(released, [], out[where])
    assert contents(tmp_path / "all") == before
    assert (tmp_path / "foreign" / "notes.txt").read_text() == "mine"


def spoil(folder: Path) -> Iterator[None]:
    (folder / "manifest.json").unlink()
    yield
    (folder / "manifest.json").write_text("{}")
    yield


@pytest.mark.slow
def test_a_folder_that_is_no_dataset_is_refused(toy: Workspace, tmp_path: Path) -> None:
    released = released_from(toy, tmp_path / "released")
    for _ in spoil(released):
        with pytest.raises(InputError, match="is no dataset that this toolkit has made"):
            hydrate_folder(released, [], tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_the_command_reports_every_article(toy: Workspace, copies: Path, tmp_path: Path, run: Run) -> None:
    released = released_from(toy, tmp_path / "released")
    shutil.rmtree(toy.root)
    command = ("publish", "hydrate", released, copies, "--out", tmp_path / "out")
    done = run(*command, "--report", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for name, state in ((ENVOY, "verified"), (HARVEST, "verified"), (MINISTER, "verified")):
        assert any(line.split()[:2] == [name, state] for line in done.stdout.split("\n"))
    assert "more words than their text policy allows: 2." in done.stderr
    told = json.loads(run(*command, "--json", cwd=tmp_path).stdout)
    assert told["publishable"] is False
    assert sorted(each["state"] for each in told["articles"]) == ["verified"] * 3
    assert told["rows"]["chat"] == 3
    for path in copies.iterdir():
        path.write_text(path.read_text(encoding="utf-8").replace("boats", "ships"), encoding="utf-8")
    done = run(*command, cwd=tmp_path)
    assert done.returncode == 1
    assert "partial" in done.stdout


@pytest.mark.slow
def test_a_link_that_leads_out_is_not_copied(toy: Workspace, copies: Path, tmp_path: Path) -> None:
    released = released_from(toy, tmp_path / "released")
    (tmp_path / "secret").write_text("What lies elsewhere.\n", encoding="utf-8")
    (released / "GUIDELINES.md").unlink()
    (released / "GUIDELINES.md").symlink_to(tmp_path / "secret")
    with pytest.raises(InputError, match=r"GUIDELINES\.md is a link that leads out of the folder"):
        hydrate_folder(released, copies_in(copies), tmp_path / "out")
    assert not (tmp_path / "out").exists()
