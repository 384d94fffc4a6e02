"""Fingerprints in folders of edition 2: keyed where words are withheld, of the words alone where they are shown."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from stancebank.publish.build import build
from stancebank.publish.hydrate import hydrate_folder
from stancebank.text import fingerprint, is_of_place
from stancebank.workspace import Workspace, open_workspace
from tests.conftest import TOY
from tests.frozen import test_forgeries as frozen
from tests.frozen.forging import read_rows, write_rows
from tests.publish.builds import ENVOY, HARVEST, lay_toy, withhold
from tests.publish.test_hydrate import copies_in, rows_in

pytestmark = pytest.mark.slow

Row = dict[str, Any]
Forge = Callable[[Path], None]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The toy, with every text policy once, and an annotator's reading."""
    workspace = lay_toy(tmp_path_factory.mktemp("fingerprints") / "toy")
    gold = workspace.store.gold(ENVOY)
    assert gold
    workspace.store.write_document(replace(gold, annotator="ada", gold=None, statements=gold.statements[:2]))
    withhold(workspace, ENVOY)
    withhold(workspace, HARVEST, "quotes")
    assert workspace.scheme.edition == 2
    return workspace


@pytest.fixture(scope="module")
def folders(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What is built of it: by each text policy, and by that of each article."""
    out = tmp_path_factory.mktemp("folders")
    return {name: build(workspace, out / name, name if name != "own" else None).out for name in POLICIES}


POLICIES = ("withheld", "quotes", "full", "own")


def spans_in(value: Any) -> Iterator[Row]:
    """The places of a row, however deep; not its lines."""
    if isinstance(value, dict):
        if "fingerprint" in value and value["fingerprint"] is not None and "start" in value:
            yield value
        yield from (each for name, below in value.items() if name != "lines" for each in spans_in(below))
    elif isinstance(value, list):
        yield from (each for below in value for each in spans_in(below))


def forms(folder: Path, article: str) -> set[str]:
    """What the fingerprints of an article's statements and annotations begin with."""
    return {
        span["fingerprint"][0]
        for table in ("statements", "conditions", "annotations", "articles")
        for row in read_rows(folder, table)
        if row["article_id"] == article
        for span in spans_in(row)
    }


def faults(folder: Path) -> list[Row]:
    said = run_verify(folder)
    found: list[Row] = json.loads(said)["faults"]
    return found


def run_verify(folder: Path) -> str:
    from click.testing import CliRunner

    from stancebank.cli import stancebank

    done = CliRunner().invoke(stancebank, ["publish", "verify", str(folder), "--no-readers", "--json"])
    return done.stdout


@pytest.mark.parametrize("policy", POLICIES)
def test_a_folder_is_sound_and_shows_no_fingerprint_of_withheld_words_alone(
    policy: str, folders: dict[str, Path], workspace: Workspace
) -> None:
    folder = folders[policy]
    assert faults(folder) == []
    of_envoy = {"withheld": {"k"}, "own": {"k"}, "quotes": {"k", "p"}, "full": {"p"}}[policy]
    assert forms(folder, ENVOY) <= of_envoy
    text = workspace.store.text(workspace.store.article(ENVOY))
    assert text is not None
    shown = set()
    for row in read_rows(folder, "statements"):
        if row["article_id"] == ENVOY:
            shown |= {place for span in row["content_spans"] for place in range(span["start"], span["stop"])}
            assert all(is_of_place(each["fingerprint"], text, each["start"], each["stop"]) for each in spans_in(row))
            if policy in ("quotes", "full"):
                assert {span["fingerprint"][0] for span in row["content_spans"]} == {"p"}
    for row in read_rows(folder, "statements") if policy == "quotes" else ():
        for span in spans_in(row.get("parties", row)):
            if row["article_id"] == ENVOY and set(range(span["start"], span["stop"])) <= shown:
                assert span["fingerprint"][0] == "p", "its words are shown by the content"


@pytest.mark.parametrize("policy", ["withheld", "quotes", "own"])
def test_a_hydrated_folder_is_what_the_workspace_builds(policy: str, folders: dict[str, Path], tmp_path: Path) -> None:
    made = hydrate_folder(folders[policy], copies_in(TOY / "sources"), tmp_path / "out")
    assert {each.state for each in made.coverage} == {"verified"}
    assert rows_in(made.out) == rows_in(folders["full"])
    assert [(e["code"], e["row"], e["column"], e["message"]) for e in faults(made.out)] == []


@pytest.mark.parametrize("policy", ["withheld", "quotes"])
def test_a_folder_that_was_hydrated_from_copies_that_differ_is_sound(
    policy: str, folders: dict[str, Path], tmp_path: Path
) -> None:
    copies = tmp_path / "copies"
    copies.mkdir()
    for path in (TOY / "sources").glob("*.txt"):
        lines = path.read_text("utf-8").split("\n")
        if path.stem != "harvest":  # of which nothing is quoted
            lines = [*(f"{each} " if each else each for each in lines), "An end."]
        (copies / path.name).write_text("\n".join(lines), "utf-8")
    made = hydrate_folder(folders[policy], copies_in(copies), tmp_path / "out")
    assert [each.state for each in made.coverage] == ["verified", "partial", "partial"]
    assert all(each.found > each.spans / 2 for each in made.coverage)
    assert "p" in forms(made.out, ENVOY)
    assert [(e["code"], e["row"], e["column"], e["message"]) for e in faults(made.out)] == []


def test_rights_count_the_older_fingerprints_of_words_that_are_not_shown(workspace: Workspace, tmp_path: Path) -> None:
    root = Path(shutil.copytree(workspace.root, tmp_path / "toy"))
    path = root / f"corpus/gold/{ENVOY}.json"
    value = json.loads(path.read_bytes())
    text = workspace.store.text(workspace.store.article(ENVOY))
    assert text is not None
    for span in value["statements"][0]["content"]:
        span["fingerprint"] = fingerprint(text[span["begin"] : span["end"]])
    path.write_text(json.dumps(value), "utf-8")
    older = open_workspace(root)
    made = {name: build(older, tmp_path / name, name).out for name in ("withheld", "full")}
    said = (made["withheld"] / "RIGHTS.md").read_text("utf-8")
    count = len(value["statements"][0]["content"])
    assert f"| `{ENVOY}` | {count} |" in said.partition("## Older fingerprints")[2]
    assert "Older fingerprints" not in (made["full"] / "RIGHTS.md").read_text("utf-8")
    assert faults(made["withheld"]) == []
    assert faults(made["full"]) == []


def edit(change: Callable[[Row], None], table: str = "statements", statement: str = frozen.STATEMENT) -> Forge:
    def forge(folder: Path) -> None:
        rows = read_rows(folder, table)
        change(next(row for row in rows if row["statement_id"] == statement))
        write_rows(folder, table, rows)

    return forge


def whisper(row: Row) -> None:
    row["cue"] = "whispered"
    row["cue_span"]["stop"] = row["cue_span"]["start"] + len("whispered")


def whisper_with_fingerprint(row: Row) -> None:
    whisper(row)
    row["cue_span"]["fingerprint"] = fingerprint("whispered", 2)


def hide_proof(row: Row) -> None:
    """Words are changed, and their fingerprint is one that nobody can compute without the line."""
    whisper(row)
    row["cue_span"]["fingerprint"] = "k" + "0" * 16


def swap_proof(row: Row) -> None:
    row["content_spans"][0]["fingerprint"] = fingerprint("other words", 2)


def change_mention(row: Row) -> None:
    row["speaker_span"]["fingerprint"] = "p" + "0" * 16


OF_EDITION_2: dict[str, Forge] = {
    "words changed": edit(whisper),
    "words changed, and a keyed fingerprint": edit(hide_proof),
    "a fingerprint of shown words changed": edit(swap_proof),
    "the fingerprint of a mention changed": edit(change_mention),
}


@pytest.mark.parametrize("policy", ["quotes", "full"])
@pytest.mark.parametrize("name", OF_EDITION_2)
def test_words_that_are_shown_are_held_against_their_fingerprints(
    name: str, policy: str, folders: dict[str, Path], tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(folders[policy], tmp_path / "folder"))
    OF_EDITION_2[name](folder)
    found = {(each["code"], each["row"]) for each in faults(folder)}
    assert any(row == frozen.STATEMENT for _, row in found), found


def test_words_changed_with_their_fingerprint_are_found_where_the_text_is_shown(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(folders["full"], tmp_path / "folder"))
    edit(whisper_with_fingerprint)(folder)
    assert faults(folder)
