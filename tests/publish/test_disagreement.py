"""What several annotators make of a statement: in its row, in the card, and when a folder is verified."""

import json
import re
import shutil
from collections.abc import Callable
from itertools import groupby
from pathlib import Path
from typing import Any

import krippendorff
import msgspec
import numpy as np
import pytest

from stancebank.agreement.figures import Figure
from stancebank.model import AMBIGUITIES, Statement
from stancebank.publish.build import build
from stancebank.publish.gold import read_gold
from stancebank.publish.tables import find_table, make_rows
from stancebank.publish.tables.annotations import Judged, Judging
from stancebank.publish.tables.columns import fill
from stancebank.publish.tables.fields import Judgement
from stancebank.publish.tables.statements import StatementSource
from stancebank.publish.verification import Wanted, verify
from stancebank.schema.fields import Scheme
from stancebank.workspace import Workspace, open_workspace
from tests.conftest import REPO, second_edition
from tests.frozen.forging import read_json, read_rows, seal, write_json, write_rows
from tests.publish.builds import ENVOY, read_as
from tests.publish.judging import EXPECTED, JUDGED, NOWHERE, lay_judged, write_ledger_of
from tests.publish.second_edition import lay_other
from tests.publish.verifying import ALONE

pytestmark = pytest.mark.slow

EARLIER = REPO / "tests/frozen/release-0.2.0"
Row = dict[str, Any]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return lay_judged(tmp_path_factory.mktemp("judged") / "toy")


@pytest.fixture(scope="module")
def built(workspace: Workspace) -> Path:
    return build(workspace, workspace.root.parent / "built").out


@pytest.fixture
def folder(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "folder"))


def judged(rows: list[Row]) -> dict[str, Row]:
    """Return what rows of `ENVOY` say of it, by the last part of the statement's id."""
    return {
        row["statement_id"].rpartition("/")[2]: {name: row[name] for name in JUDGED}
        for row in rows
        if row["article_id"] == ENVOY
    }


# Rows.


def test_each_statement_says_what_its_annotators_make_of_it(built: Path) -> None:
    rows = read_rows(built, "statements")
    assert judged(rows) == EXPECTED
    others = [row for row in rows if row["article_id"] != ENVOY]
    assert others
    assert {row[name] for row in others for name in JUDGED} == {None}, "one annotator alone has read these"


def test_conditions_repeat_it_and_other_tables_do_not_have_it(built: Path) -> None:
    wanted = {row["statement_id"]: {name: row[name] for name in JUDGED} for row in read_rows(built, "statements")}
    rows = read_rows(built, "conditions")
    assert any(row["n_annotators"] == 3 for row in rows)
    assert all({name: row[name] for name in JUDGED} == wanted[row["statement_id"]] for row in rows)
    for name in ("annotations", "articles", "passages", "tokens", "chat"):
        assert not set(JUDGED) & set(read_rows(built, name)[0])


def test_every_reading_is_there_whole_with_what_gold_rejected(built: Path) -> None:
    rows = [row for row in read_rows(built, "annotations") if row["article_id"] == ENVOY]
    assert {name: sum(row["annotator"] == name for row in rows) for name in ("ada", "bo", "cy", "parrot")} == {
        "ada": 6,
        "bo": 4,
        "cy": 5,
        "parrot": 6,
    }
    assert [(row["annotator"], row["content"]) for row in rows if row["gold_statement_id"] is None] == [("cy", NOWHERE)]


def test_a_ledger_of_another_text_says_nothing_of_this_one(workspace: Workspace, tmp_path: Path) -> None:
    root = Path(shutil.copytree(workspace.root, tmp_path / "toy"))
    other = open_workspace(root)
    write_ledger_of(other, {"s3": "ambiguous-text", "s4": "perspective"}, "0" * 64)
    read = read_gold(other, None, with_words=False)
    rows = judged(make_rows(read.readings, read.context)["statements"])
    assert {row["ambiguity"] for row in rows.values()} == {None}
    assert [name for name, row in rows.items() if row["contested"]] == ["s3", "s6"]


def test_what_waits_for_a_label_is_no_choice(workspace: Workspace) -> None:
    scheme = workspace.scheme
    table = find_table(scheme, "statements")
    read = read_gold(workspace, None, with_words=False)
    (reading,) = (each for each in read.readings if each.article.id == ENVOY)
    statement = reading.document.statements[1]
    waiting = msgspec.structs.replace(statement, fields={**statement.fields, "stance": None})
    columns = [each for each in table.columns if each.name in JUDGED]
    judgement = Judgement(4, ("offer", "offer", None))

    def filled(each: Statement) -> Row:
        return fill(columns, StatementSource(reading, read.context, each, judgement=judgement))

    assert filled(statement)["agreement"] == 0.5
    assert filled(statement)["contested"] is True
    assert filled(waiting)["agreement"] is None
    assert filled(waiting)["stance_soft"] == [{"stance": "offer", "share": 0.5}]


@pytest.mark.parametrize("name", ["other_domain", "minimal"])
def test_a_scheme_of_somebody_else_has_it_under_the_name_of_its_label(name: str, tmp_path: Path) -> None:
    root = (
        lay_other(tmp_path / "w")
        if name == "other_domain"
        else Path(shutil.copytree(REPO / "tests" / name, tmp_path / "w"))
    )
    other = open_workspace(second_edition(root))
    article = next(each.article_id for each in other.store.documents(None) if each.statements)
    for annotator in ("ada", "bo"):
        read_as(other, annotator, article)
    label = other.scheme.label.column
    rows = [row for row in read_rows(build(other, tmp_path / "out").out, "statements") if row["article_id"] == article]
    assert rows
    for row in rows:
        assert (row["n_annotators"], row["agreement"], row["contested"]) == (2, 1.0, False)
        assert row[f"{label}_soft"] == [{label: row[str(label)], "share": 1.0}]
    assert verify(tmp_path / "out", ALONE).faults == []


PAGE = (REPO / "docs/agreement.md").read_text("utf-8")


def test_the_page_shows_how_to_train_on_it(built: Path) -> None:
    blocks = re.findall(r"(?s)```python\n(.*?)```", PAGE.partition("\n### To train on it\n")[2].partition("\n### ")[0])
    assert len(blocks) == 5
    rows = read_rows(built, "statements")
    settled = [row["statement_id"] for row in rows if not row["contested"]]
    assert len(settled) == len(rows) - 3
    for number, block in enumerate(blocks):
        names: dict[str, Any] = {}
        exec(block.replace('"DIR"', f'"{built}"').replace("DIR/", f"{built}/"), names)
        if number < 4:
            found = names["settled"]
            held = found["statement_id"] if hasattr(found, "__getitem__") and number < 3 else found.df()["statement_id"]
            assert list(held) == settled
        else:
            targets = {row["statement_id"]: row["target"] for row in names["soft"]}
            assert all(sum(each) == pytest.approx(1) for each in targets.values())
            values = dict(zip(names["names"], targets[f"{ENVOY}/s3"], strict=True))
            chosen = {name: share for name, share in values.items() if share}
            assert chosen == {name: pytest.approx(1 / 3) for name in ("reject", "open", "deny")}
            assert dict(zip(names["names"], targets[f"{ENVOY}/s4"], strict=True))["offer"] == pytest.approx(1)


# The card.


def section(folder: Path) -> str:
    text = (folder / "README.md").read_text("utf-8")
    return text.partition("<!-- computed:agreement -->\n")[2].partition("<!-- /computed -->")[0]


def test_the_card_tells_agreement_in_a_few_lines(built: Path) -> None:
    said = section(built)
    assert said.startswith("3 annotators; 2 articles were read by at least two of them.\n")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in said.splitlines() if line[:1] == "|"][2:]
    assert rows == [
        ["found at all (F1)", "6", "66.7%", ""],
        ["speaker", "4", "100.0%", "1.00"],
        ["target", "4", "100.0%", "1.00"],
        ["stance", "4", "62.5%", "0.58"],
        ["conditional", "4", "100.0%", "1.00"],
    ]
    assert "3 of 5 gold statements that they judged are contested, of which adjudicators found" in said
    assert "`ambiguous-text` 1, `perspective` 1" in said
    assert "aided by language models" in said
    analysis = read_json(built / "croissant.json")["rai:dataAnnotationAnalysis"]
    assert "F1 0.67 for finding a statement" in analysis


def test_whose_readings_they_are_is_said_by_their_origin(workspace: Workspace, tmp_path: Path) -> None:
    root = Path(shutil.copytree(workspace.root, tmp_path / "toy"))
    for path in root.glob("corpus/annotations/*/*.json"):
        value = read_json(path)
        if not value["origin"].startswith("model:"):
            write_json(path, {**value, "origin": "human"})
    said = section(build(open_workspace(root), tmp_path / "out").out)
    assert "3 annotators" in said
    assert "language models" not in said
    assert "import" not in said


# Figures of rows.


def row(article: str, annotator: str, unit: str | None, stance: str | None, **more: object) -> Row:
    about = {"annotation_id": f"{annotator}/{article}/{unit}", "origin": "human", "same_as": None}
    said = {"speaker_id": "keth", "target_id": "talks", "conditional": False, "stance": stance}
    return {"article_id": article, "annotator": annotator, "gold_statement_id": unit, **about, **said, **more}


def drawn_rows(articles: int) -> list[Row]:
    """Return three readings of articles of four statements each, drawn by chance, by article and annotator."""
    draw = np.random.default_rng(7)
    return [
        row(f"a{number}", name, f"a{number}/s{place}", str(draw.choice(["for", "against", "open"], p=[0.6, 0.3, 0.1])))
        for number in range(articles)
        for name in ("ada", "bo", "cy")
        for place in range(4)
        if draw.random() > 0.2
    ]


def measure(rows: list[Row], repeated: set[str], scheme: Scheme) -> Judged | None:
    judging = Judging(repeated, scheme)
    for _, of_article in groupby(rows, key=lambda each: each["article_id"]):
        judging.add(of_article)
    return judging.result()


def test_alpha_is_that_of_the_package_on_the_same_units(workspace: Workspace) -> None:
    rows = drawn_rows(12)
    found = measure(rows, set(), workspace.scheme)
    assert found
    units = {each["gold_statement_id"] for each in rows}
    said = {(each["annotator"], each["gold_statement_id"]): each["stance"] for each in rows}
    table = [[said.get((name, unit)) or "" for unit in sorted(units)] for name in ("ada", "bo", "cy")]
    codes = {"": np.nan, "for": 0, "against": 1, "open": 2}
    wanted = krippendorff.alpha([[codes[each] for each in line] for line in table], level_of_measurement="nominal")
    n_units, share, alpha = found.fields["stance"]
    assert alpha.value == pytest.approx(wanted)
    assert n_units == sum(sum(bool(line[place]) for line in table) > 1 for place in range(len(units)))
    for figure in (found.found, share, alpha):
        assert figure.low is not None
        assert figure.high is not None
        assert figure.low < (figure.value or 0) < figure.high
    assert measure(rows, set(), workspace.scheme) == found, "the same rows give the same interval"


def test_what_is_not_defined_says_why(workspace: Workspace) -> None:
    nothing = [row("a1", name, None, None, speaker_id=None, target_id=None, conditional=None) for name in ("ada", "bo")]
    found = measure(nothing, set(), workspace.scheme)
    assert found
    assert found.found == Figure(None, reason="nobody found a statement")
    assert found.fields["stance"][1:] == (Figure(None, reason="no unit has two answers"),) * 2
    same = [row("a1", name, "a1/s1", "for") for name in ("ada", "bo")]
    alike = measure(same, set(), workspace.scheme)
    assert alike
    assert alike.fields["stance"][1] == Figure(1.0)
    assert alike.fields["stance"][2].value is None
    assert "chance" in alike.fields["stance"][2].reason


def test_repetitions_and_models_are_left_out_and_one_reader_is_none(workspace: Workspace) -> None:
    scheme = workspace.scheme
    rows = [row("a1", name, f"a1/s{n}", stance) for name, stance in (("ada", "for"), ("bo", "open")) for n in (1, 2)]
    found = measure(rows, {"a1/s2"}, scheme)
    assert found
    assert (found.statements, found.fields["stance"][0]) == (1, 1)
    parrot = row("a1", "parrot", "a1/s1", "for", origin="model:parrot")
    assert measure([*rows[:2], parrot], set(), scheme) is None
    assert measure([*rows, parrot], {"a1/s2"}, scheme) == found
    alone = row("a1", "bo", None, "for", annotation_id="bo/a1/s9")
    more = measure([*rows, alone], set(), scheme)
    assert more
    assert more.found.value == pytest.approx(2 * 2 / (2 + 3))
    assert measure([*rows, {**alone, "same_as": "bo/a1/s1"}], set(), scheme) == measure(rows, set(), scheme)


# Verification.


def test_a_folder_is_sound_alone_and_against_its_workspace(workspace: Workspace, built: Path) -> None:
    assert verify(built, ALONE).faults == []
    assert {each.code for each in verify(built, Wanted(against=workspace, readers=())).faults} == {"record-missing"}
    assert f"corpus/adjudications/{ENVOY}.json" in read_json(built / "manifest.json")["inputs"]


def of(statement: str, **values: object) -> Callable[[Row], None]:
    def change(each: Row) -> None:
        if each["statement_id"] == f"{ENVOY}/{statement}":
            each |= values

    return change


FORGERIES: dict[str, tuple[Callable[[Row], None], set[tuple[str, str, str]]]] = {
    "agreement raised": (of("s5", agreement=1.0), {("cell-differs", "s5", "agreement")}),
    "one annotator more": (of("s6", n_annotators=4), {("cell-differs", "s6", "n_annotators")}),
    "nobody judged it": (of("s6", n_annotators=None), {("cell-differs", "s6", "n_annotators")}),
    "another distribution": (
        of("s4", stance_soft=[{"stance": "offer", "share": 1.0}]),
        {("cell-differs", "s4", "stance_soft")},
    ),
    "contested no more": (of("s3", contested=False), {("cell-differs", "s3", "contested")}),
    "an unknown reason": (of("s2", ambiguity="irony"), {("row-invalid", "s2", "ambiguity")}),
    "an error as a reason": (of("s5", ambiguity="slip"), {("row-invalid", "s5", "ambiguity")}),
    "a reason that divides": (of("s2", ambiguity="perspective"), {("cell-differs", "s2", "contested")}),
    "all of one statement left out": (
        of("s5", **dict.fromkeys(JUDGED)),
        {("cell-differs", "s5", name) for name in JUDGED if name != "ambiguity"},
    ),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_judgement_is_refused_at_its_place(name: str, folder: Path) -> None:
    change, wanted = FORGERIES[name]
    for table in ("statements", "conditions"):
        rows = read_rows(folder, table)
        for each in rows:
            change(each)
        write_rows(folder, table, rows)
    found = verify(folder, ALONE).errors
    of_statements = {
        (each.code, each.row.rpartition("/")[2], each.column) for each in found if each.file == "statements"
    }
    assert of_statements == wanted


def test_judgements_that_are_left_out_everywhere_are_refused_in_a_folder_of_today(folder: Path) -> None:
    for table in ("statements", "conditions"):
        rows = read_rows(folder, table)
        for each in rows:
            each |= dict.fromkeys(JUDGED)
        write_rows(folder, table, rows)
    found = verify(folder, ALONE).errors
    assert ("cell-differs", "statements", ENVOY, "n_annotators") in {
        (each.code, each.file, each.row, each.column) for each in found
    }


def test_a_figure_of_the_card_is_made_again(folder: Path) -> None:
    path = folder / "README.md"
    text = path.read_text("utf-8")
    assert text.count("| 62.5% | 0.58 |") == 1
    path.write_text(text.replace("| 62.5% | 0.58 |", "| 92.5% | 0.92 |"), "utf-8", newline="")
    seal(folder)
    assert [(each.code, each.column) for each in verify(folder, ALONE).errors] == [("card-block", "agreement")]


def test_a_reason_needs_a_ledger_among_the_inputs(folder: Path) -> None:
    manifest = read_json(folder / "manifest.json")
    del manifest["inputs"][f"corpus/adjudications/{ENVOY}.json"]
    write_json(folder / "manifest.json", manifest)
    seal(folder)
    (fault,) = verify(folder, ALONE).errors
    assert (fault.code, fault.column) == ("manifest-differs", f"inputs corpus/adjudications/{ENVOY}.json")


# Folders of release 0.2.0.


def test_a_part_of_these_columns_is_none_of_an_earlier_release(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(EARLIER, tmp_path / "folder"))
    rows = read_rows(folder, "statements")
    assert {row[name] for row in rows for name in JUDGED} == {None}
    rows[40] |= {"n_annotators": 2}
    write_rows(folder, "statements", rows)
    found = {(each.code, each.row, each.column) for each in verify(folder, ALONE).errors if each.file == "statements"}
    article = rows[40]["article_id"]
    others = {each["article_id"] for each in rows} - {article}
    assert {("cell-differs", each, "n_annotators") for each in others} <= found
    assert any(name.startswith(f"{article}/") for _, name, _ in found)


def test_columns_say_which_reasons_there_are(built: Path) -> None:
    said = (built / "COLUMNS.md").read_text("utf-8")
    assert all(f"`{each}`" in said for each in AMBIGUITIES)
    assert "`slip`" not in said
    fields = json.loads((built / "croissant.json").read_bytes())
    (description,) = set(re.findall(r'"Share of these annotators[^"]*', json.dumps(fields)))
    assert "did not choose it" in description
