import json
import shutil
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from stancebank.publish.build import build
from stancebank.publish.card.blocks import BLOCKS
from stancebank.publish.card.card import make_facts
from stancebank.publish.card.pairs import shown_tallies
from stancebank.publish.card.statistics import compare_readers
from stancebank.publish.card.workspace_card import read_card, refresh_card
from stancebank.publish.gold import read_gold
from stancebank.workspace import Workspace
from tests.publish.builds import ENVOY, lay_toy, read_as, withhold
from tests.publish.own import SCHEME


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    found = lay_toy(tmp_path / "toy")
    shutil.rmtree(found.root / "corpus/annotations")
    return found


def block(workspace: Workspace) -> str:
    """The block of a card of the first edition; `test_disagreement` has that of the second."""
    read = read_gold(workspace, None)
    facts = make_facts(workspace, read, {}, None, None, None)
    return BLOCKS["agreement"](replace(facts, readers=compare_readers(read.readings, workspace.scheme)))


def cells(workspace: Workspace) -> list[list[str]]:
    lines = [line for line in block(workspace).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_one_sentence_where_no_article_was_read_twice(workspace: Workspace) -> None:
    assert len(block(workspace).splitlines()) == 1
    read_as(workspace, "ada")
    assert block(workspace).splitlines() == [
        "No article was read by two annotators, so there is no measure of agreement."
    ]


def test_a_row_for_every_two_readers(workspace: Workspace) -> None:
    for name in ("ada", "bo", "cy"):
        read_as(workspace, name)
    head, _, *rows = cells(workspace)
    assert head == ["annotators", "articles", *shown_tallies(SCHEME).values()]
    assert [row[0] for row in rows] == ["`ada`, `bo`", "`ada`, `cy`", "`bo`, `cy`"]
    assert {each for row in rows for each in row[2:]} == {"100.0%"}


def test_a_difference_shows_in_its_field_only(workspace: Workspace) -> None:
    read_as(workspace, "ada")
    read_as(workspace, "bo")
    document = workspace.store.document(workspace.store.document_name(ENVOY, "bo"))
    chosen = next(each for each in document.statements if not each.same_as)
    changed = msgspec.structs.replace(chosen, fields={**chosen.fields, "force": "hedged"})
    statements = tuple(changed if each is chosen else each for each in document.statements)
    workspace.store.write_document(msgspec.structs.replace(document, statements=statements))
    head, _, row = cells(workspace)
    assert [name for name, share in zip(head[2:], row[2:], strict=True) if share != "100.0%"] == ["force"]


def test_readings_of_another_text_or_of_an_article_without_gold_do_not_count(workspace: Workspace) -> None:
    read_as(workspace, "ada")
    read_as(workspace, "bo", text_sha256="0" * 64)
    assert compare_readers(read_gold(workspace, None).readings, SCHEME) == ()
    read_as(workspace, "bo")
    assert len(compare_readers(read_gold(workspace, None).readings, SCHEME)) == 1
    (workspace.root / f"corpus/gold/{ENVOY}.json").unlink()
    assert compare_readers(read_gold(workspace, None).readings, SCHEME) == ()


def test_whose_readings_they_are_is_said(workspace: Workspace) -> None:
    read_as(workspace, "ada", origin="human")
    read_as(workspace, "bo", origin="human")
    assert "the project itself" not in block(workspace)
    read_as(workspace, "bo", origin="project")
    assert "not how independent people agree" in block(workspace)


def test_the_figures_do_not_need_the_words(workspace: Workspace) -> None:
    withhold(workspace, ENVOY, "quotes")
    read_as(workspace, "ada")
    read_as(workspace, "bo")
    refresh_card(workspace)
    (workspace.root / f".stancebank/texts/{ENVOY}.txt").unlink()
    assert read_card(workspace).is_current


@pytest.mark.slow
def test_a_build_names_the_readings_among_its_inputs(workspace: Workspace, tmp_path: Path) -> None:
    read_as(workspace, "ada")
    build(workspace, tmp_path / "out", "withheld")
    manifest = json.loads((tmp_path / "out/manifest.json").read_text())
    assert f"corpus/annotations/ada/{ENVOY}.json" in manifest["inputs"]
