"""The card of a scheme of the second edition: read in one screen, with all columns in COLUMNS.md."""

import json
import re
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from stancebank.agreement.compare import agreement_cells, compare
from stancebank.publish.build import build
from stancebank.publish.card.brief import BRIEF
from stancebank.publish.card.card import make_facts
from stancebank.publish.card.citing import read_citation
from stancebank.publish.card.pairs import tell_lowest
from stancebank.publish.card.reference import COLUMNS
from stancebank.publish.card.statistics import Facts, Unmarked, compare_readers, main_columns
from stancebank.publish.card.workspace_card import read_card, refresh_card
from stancebank.publish.gold import read_gold
from stancebank.publish.parquet import read_table
from stancebank.publish.tables import tables, type_name
from stancebank.publish.tables.columns import column_paths
from stancebank.publish.verification import verify
from stancebank.workspace import Workspace, open_workspace
from tests.conftest import REPO, second_edition
from tests.frozen.forging import seal
from tests.publish.builds import ENVOY, HARVEST, MINISTER, fill_release, lay_toy, read_as, withhold
from tests.publish.test_card import BLOCK, tables_in
from tests.publish.verifying import ALONE


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    lay_toy(tmp_path / "toy")
    (tmp_path / "toy/DATASET_CARD.md").unlink()
    return open_workspace(tmp_path / "toy")


def body_of(out: Path) -> str:
    return (out / "README.md").read_text(encoding="utf-8").split("---\n", 2)[2]


def blocks_of(out: Path) -> dict[str, str]:
    return dict(BLOCK.findall(body_of(out)))


def rows_of(out: Path, table: str) -> list[dict[str, Any]]:
    return read_table(out / table / "train-00000-of-00001.parquet").to_pylist()


@pytest.mark.slow
def test_the_card_is_short_and_begins_with_a_row_and_how_to_load_it(workspace: Workspace, tmp_path: Path) -> None:
    out = build(workspace, tmp_path / "out", "withheld").out
    card = body_of(out)
    assert len(card.splitlines()) < 275
    assert [name for name, _ in BLOCK.findall(card)][:3] == ["version", "row", "load"]
    assert set(BRIEF) <= blocks_of(out).keys()
    assert f'load_dataset("<org>/{workspace.settings.name}"' in card
    assert len((out / "README.md").read_text(encoding="utf-8").split("---\n")[1].splitlines()) < 80
    assert verify(out, ALONE).faults == []


@pytest.mark.slow
def test_its_numbers_are_those_of_the_files(workspace: Workspace, tmp_path: Path) -> None:
    out = build(workspace, tmp_path / "out").out
    blocks, statements, conditions = blocks_of(out), rows_of(out, "statements"), rows_of(out, "conditions")
    unique = [each for each in statements if each["same_as"] is None]
    told = dict(tables_in(blocks["counts"])[0])
    assert told["statements (without repetitions)"] == f"{len(statements)} ({len(unique)})"
    assert told["conditional statements (without repetitions)"] == (
        f"{sum(each['conditional'] for each in statements)} ({sum(each['conditional'] for each in unique)})"
    )
    assert told["articles (without any statement)"] == f"{len(rows_of(out, 'articles'))} (1)"
    stances, roles, others = tables_in(blocks["labels"])
    assert {row[0]: [int(each) for each in row[3:]] for row in stances} == {
        name: [
            sum(each["stance"] == name for each in statements),
            sum(each["stance"] == name and each["conditional"] for each in statements),
            sum(each["stance"] == name for each in unique),
        ]
        for name in workspace.scheme.values(workspace.scheme.label)
    }
    assert {row[0]: int(row[2]) for row in roles if int(row[2])} == Counter(each["role"] for each in conditions)
    values = {row[0].strip("`"): dict(re.findall(r"`([^`]+)` (\d+)", f"`{row[1]}")) for row in others}
    forces = Counter(each["force"] for each in statements)
    assert {name: int(count) for name, count in values["force"].items()} == forces
    assert f"| `uncertain` | yes {sum(each['uncertain'] for each in statements)} |" in blocks["labels"]
    assert {row[0]: int(row[1]) for row in tables_in(blocks["load"])[0]} == {
        table.name: len(rows_of(out, table.name)) for table in tables(workspace.scheme)
    }


@pytest.mark.slow
def test_what_was_read_and_not_marked_is_counted(workspace: Workspace, tmp_path: Path) -> None:
    free = build(workspace, tmp_path / "free").out
    passages, articles = rows_of(free, "passages"), rows_of(free, "articles")
    told = dict(tables_in(blocks_of(free)["counts"])[0])
    without = sum(not each["has_statement"] for each in passages)
    assert told["headlines, captions and paragraphs that were read (without a statement)"] == (
        f"{len(passages)} ({without})"
    )
    assert 0 < without < len(passages)
    key = workspace.scheme.non_statements_key
    reasons = Counter(each["reason"] for article in articles for each in article[key])
    passed = told["passed over: looks like a statement and is none"]
    assert passed.startswith(f"{reasons.total()}: ")
    assert {name: int(count) for name, count in re.findall(r"`([^`]+)` (\d+)", passed)} == reasons
    assert reasons.total() > 2
    bound = build(workspace, tmp_path / "bound", "withheld").out  # there are no passages, and the same counts
    assert tables_in(blocks_of(bound)["counts"])[0] == tables_in(blocks_of(free)["counts"])[0]
    assert "Hard negatives" in (bound / COLUMNS).read_text(encoding="utf-8")
    assert verify(bound, ALONE).faults == []


def test_lines_and_zones_of_a_strange_folder_make_no_more_parts_than_there_are(workspace: Workspace) -> None:
    def places(bounds: list[tuple[int, int]], **more: str) -> list[dict[str, Any]]:
        return [{"start": begin, "stop": end, **more} for begin, end in bounds]

    zones = [
        *places([(0, 4), (4, 9)], zone="body"),
        *places([(9, 12)], zone="related"),
        *places([(12, 20)], zone="body"),
    ]
    row = {
        "lines": places([(0, 2), (3, 8), (8, 14), (15, 20)]),
        "zones": zones,
        "statements": [{"content_spans": places([(3, 5), (16, 18)])}, {"content_spans": places([(13, 14)])}],
        "non_statements": [{"reason": "act", **each} for each in places([(0, 2)])],
    }
    # the parts: 0 to 2, 3 to 8, 8 to 9, 12 to 14, 15 to 20
    assert Unmarked.of(row, workspace.scheme) == Unmarked(5, 2, ("act",))
    many = 3000
    strange = row | {
        "lines": places([(0, 20)] * many),
        "zones": places([(0, 20)] * many, zone="body"),
        "statements": [],
    }
    assert Unmarked.of(strange, workspace.scheme) == Unmarked(1, 1, ("act",))


def row_in(block: str) -> Any:
    return json.loads(block.split("```json\n")[1].split("```")[0])


@pytest.mark.slow
def test_the_row_is_one_of_the_files_and_shows_words_only_where_all_may_be_shown(
    workspace: Workspace, tmp_path: Path
) -> None:
    free = build(workspace, tmp_path / "free").out
    shown = row_in(blocks_of(free)["row"])
    (held,) = [each for each in rows_of(free, "statements") if each["statement_id"] == shown["statement_id"]]
    assert held["conditional"]
    assert held["same_as"] is None
    assert shown["content"] == held["content"]
    assert shown["conditions"][0]["text"] == held["conditions"][0]["text"]
    plain = ("conditions", "content")
    assert {name: held[name] for name in shown if name not in plain} == {n: shown[n] for n in shown if n not in plain}
    assert [name for name in main_columns(workspace.scheme) if name in shown] == list(shown)
    for article in (ENVOY, MINISTER):
        withhold(workspace, article)
    bound = build(open_workspace(workspace.root), tmp_path / "bound", "quotes").out
    found = row_in(blocks_of(bound)["row"])
    assert any(each["content"] for each in rows_of(bound, "statements"))
    assert "content" not in found
    assert all("text" not in each for each in found["conditions"])
    assert verify(bound, ALONE).faults == []


@pytest.mark.slow
def test_what_can_be_done_without_words_is_said_where_there_are_none(workspace: Workspace, tmp_path: Path) -> None:
    withhold(workspace, ENVOY)
    some = blocks_of(build(open_workspace(workspace.root), tmp_path / "some").out)["words"]
    none = blocks_of(build(open_workspace(workspace.root), tmp_path / "none", "withheld").out)["words"]
    assert some.startswith("**Words of 2 of 3 articles.**")
    assert none.startswith("**No words of the articles.**")
    for each in (some, none):
        assert "Without the words you cannot" in each
        assert "publish hydrate" in each


@pytest.mark.slow
def test_the_number_of_links_is_said(workspace: Workspace, tmp_path: Path) -> None:
    def limits(out: str) -> str:
        return blocks_of(build(open_workspace(workspace.root), tmp_path / out).out)["limits"]

    def link(name: str, url: str | None) -> None:
        article = workspace.store.article(name)
        text = workspace.store.text(article)
        assert text is not None
        held = msgspec.json.decode(msgspec.json.encode(article.title))
        sourced = msgspec.convert({**held, "value": url, "basis": "given"}, type(article.title)) if url else None
        workspace.store.write_article(msgspec.structs.replace(article, url=sourced), text)

    names = (ENVOY, MINISTER, HARVEST)
    for name in names:
        link(name, None)
    assert "- **Links are few, and rot.** No article has an address on record." in limits("none")
    link(ENVOY, "https://example.org/envoy")
    assert "1 of 3 articles have an address on record;" in limits("one")
    for name in names:
        link(name, f"https://example.org/{name}")
    assert "- **Links rot.** 3 of 3 articles" in limits("all")


def pairs_of(workspace: Workspace) -> Facts:
    """What a card is made of that compares annotators two by two, as those of earlier toolkits did."""
    read = read_gold(workspace, None)
    facts = make_facts(workspace, read, {}, None, None, None)
    return replace(facts, readers=compare_readers(read.readings, workspace.scheme))


def test_a_card_of_an_earlier_toolkit_has_agreement_with_its_lowest_lines(workspace: Workspace) -> None:
    document = workspace.store.document(workspace.store.document_name(ENVOY, "bo"))
    copied = {each.same_as for each in document.statements}
    alone = (each for each in document.statements if not each.same_as and each.id not in copied)
    first = next(each for each in alone if each.target.span and each.target.fields.get("parties"))
    changed = msgspec.structs.replace(
        first,
        target=msgspec.structs.replace(first.target, span=None, fields={**first.target.fields, "parties": ()}),
        fields={**first.fields, "uncertain": True},
    )
    workspace.store.write_document(
        msgspec.structs.replace(
            document, statements=tuple(changed if each is first else each for each in document.statements)
        )
    )
    facts = pairs_of(workspace)
    fields, flags = tables_in(BRIEF["agreement"](facts))
    store = workspace.store
    pair = [store.document(store.document_name(ENVOY, name)) for name in ("ada", "bo")]
    found = compare([(pair[0], pair[1])], workspace.scheme)
    assert [(row[0], row[1:]) for row in fields] == [(n, agreement_cells(each)) for n, each in found.tallies.items()]
    lowered = {row[0] for row in fields if row[3] != "100.0%"}
    assert {"target mention", "parties", "whole record"} <= lowered
    of_all = (len(each.statements) for each in pair)
    assert flags == [["uncertain", "ada` and `bo", *(f"{n} of {every}" for n, every in enumerate(of_all))]]
    analysis = tell_lowest(facts.readers[0], workspace.scheme)
    lowest = min(each.kappa for each in found.tallies.values() if each.kappa is not None)
    assert f"kappa {lowest:.2f} for parties, the lowest of any field" in analysis
    assert f"{found.tallies['whole record'].share:.1%} of aligned records alike" in analysis
    read_as(workspace, "cy")
    (_, by_pair, flags) = tables_in(BRIEF["agreement"](pairs_of(workspace)))
    assert len(by_pair) == len(flags) == 3
    assert by_pair[0] == ["ada` and `bo", "1", "100.0%", "100.0% (1.00)", "100.0% (1.00)", f"{by_pair[0][5]}"]
    assert by_pair[0][5] != by_pair[1][5] == "100.0%"


@pytest.mark.slow
def test_the_entry_of_a_bibliography_is_that_of_the_citation_file(workspace: Workspace, tmp_path: Path) -> None:
    release = fill_release(workspace, tmp_path / "release")
    entry = blocks_of(release)["citation"]
    assert "title   = {stancebank: political statements, stances and their conditions in news articles}" in entry
    assert "author  = {{The stancebank contributors}}" in entry
    assert f"version = {{{workspace.settings.version}}}" in entry
    assert verify(release, ALONE).errors == []
    plain = blocks_of(build(workspace, tmp_path / "out").out)["citation"]
    assert f"title   = {{{workspace.settings.pretty_name}}}" in plain
    assert "author" not in plain


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "title: A\nauthors:\n- family-names: Marrow\n  given-names: Ilse\n- name: The Group\n"
            "date-released: 2031-02-03",
            {"title": "A", "author": "Marrow, Ilse and {The Group}", "year": "2031"},
        ),
        (
            "title: A\npreferred-citation: {title: 'B {x} `y`', year: 2031, doi: 10.1/x}",
            {"title": "B x y", "year": "2031", "doi": "10.1/x"},
        ),
        ("title: A\nreferences: [{type: book, title: C}, {type: dataset, title: D, authors: 5}]", {"title": "D"}),
        *((text, {}) for text in ("", "[1]", "a: [", "title: {a: b}", "x" * 30_000, "references: {a: 1}")),
    ],
)
def test_a_citation_file_of_any_form_is_read(text: str, found: dict[str, str]) -> None:
    assert read_citation(text) == found


@pytest.mark.slow
def test_columns_md_describes_every_column_once_and_every_value(workspace: Workspace, tmp_path: Path) -> None:
    out = build(workspace, tmp_path / "out").out
    page = (out / COLUMNS).read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## Table `(\w+)`\n(.*?)(?=^## )", page, re.DOTALL | re.MULTILINE))
    assert list(sections) == [table.name for table in tables(workspace.scheme)]
    for table in tables(workspace.scheme):
        section = sections[table.name]
        own = re.findall(r"^\| `(\w+)` \| `", section, re.MULTILINE)
        repeated = [
            each
            for line in re.findall(r"^As in `\w+`: (.*)\.$", section, re.MULTILINE)
            for each in re.findall(r"`(\w+)`", line)
        ]
        assert sorted([*own, *repeated]) == sorted(column.name for column in table.columns)
        for column in table.columns:
            if column.name in own:
                assert column.meaning.replace("|", "\\|") in section
                assert f"`{type_name(column.type)}`" in section
    every = [line.split(" | ")[0] for line in page.splitlines() if line.startswith("| `")]
    assert len(every) < sum(len(table.columns) for table in tables(workspace.scheme)) * 0.7
    for name, vocabulary in workspace.scheme.vocabularies.by_name.items():
        assert f"### `{name}`" in page
        assert all(f"| `{value}` |" in page for value in vocabulary["values"])


@pytest.mark.slow
def test_what_is_said_of_columns_uses_the_names_that_they_have(workspace: Workspace, tmp_path: Path) -> None:
    page = (build(workspace, tmp_path / "out").out / COLUMNS).read_text(encoding="utf-8").split("\n## Values\n")[0]
    prose = "\n".join(line for line in page.splitlines() if not line.startswith(("|", "-", "#", "As in ")))
    told = set(re.findall(r"`([a-z_]+)`", prose)) | set(re.findall(r"`text\[(\w+):(\w+)\]`", prose)[0])
    known = {path.rpartition(".")[2] for table in tables(workspace.scheme) for path, _ in column_paths(table.columns)}
    of_answers = {"line", "occurrence", "unspecified", "tag_ids"}  # not columns, or parts of their names
    assert len(told) > 10
    assert told <= known | of_answers


@pytest.mark.slow
@pytest.mark.parametrize("forged", ["another value", "gone"])
def test_a_forged_or_missing_columns_md_is_a_fault(workspace: Workspace, tmp_path: Path, forged: str) -> None:
    out = build(workspace, tmp_path / "out").out
    path = out / COLUMNS
    if forged == "gone":
        path.unlink()
    else:
        text = path.read_text(encoding="utf-8")
        assert "Position on the target." in text
        path.write_text(text.replace("Position on the target.", "Position of the target."), "utf-8", newline="")
    seal(out)
    faults = {(each.code, each.file) for each in verify(out, ALONE).errors}
    assert ("columns-differ" if forged != "gone" else "file-missing", COLUMNS) in faults


@pytest.mark.slow
def test_a_folder_of_the_first_edition_has_no_columns_md(tmp_path: Path) -> None:
    out = Path(shutil.copytree(REPO / "tests/frozen/release-0.1.0", tmp_path / "out"))
    assert not (out / COLUMNS).exists()
    (out / COLUMNS).write_text("# Columns\n", "utf-8")
    seal(out)
    assert ("file-foreign", COLUMNS) in {(each.code, each.file) for each in verify(out, ALONE).errors}


@pytest.mark.slow
def test_a_workspace_card_needs_no_words_and_stays_current(workspace: Workspace, tmp_path: Path) -> None:
    refresh_card(workspace)
    assert "**Words of all articles**" in read_card(workspace).wanted
    for article in (ENVOY, MINISTER):
        withhold(workspace, article)
    (workspace.root / f".stancebank/texts/{ENVOY}.txt").unlink()
    assert "**Words of some articles.**" in read_card(open_workspace(workspace.root)).wanted
    assert "`COLUMNS.md`, which comes with every build," in read_card(open_workspace(workspace.root)).wanted


def test_the_parts_of_a_card_are_listed_for_who_writes_one(workspace: Workspace) -> None:
    (workspace.root / "DATASET_CARD.md").unlink(missing_ok=True)
    parts = {name for name, _ in BLOCK.findall(read_card(workspace).wanted)}
    page = (REPO / "docs/releasing.md").read_text(encoding="utf-8").split("## The card\n")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == parts


@pytest.mark.slow
@pytest.mark.parametrize("name", ["minimal", "other_domain"])
def test_schemes_of_other_kinds_get_such_a_card(tmp_path: Path, name: str) -> None:
    shutil.copytree(REPO / "tests" / name, tmp_path / name)
    second_edition(tmp_path / name)
    out = build(open_workspace(tmp_path / name), tmp_path / "out").out
    assert verify(out, ALONE).faults == []
    assert len(body_of(out).splitlines()) < 270
