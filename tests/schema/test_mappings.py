"""Mappings to other schemes say something of every value, in terms that the other scheme has."""

import csv
import re
import tomllib
from pathlib import Path

import pytest
from tests.conftest import OWN_SCHEMA, REPO

from stancebank.records import read_json
from stancebank.schema.vocabularies import load_vocabularies

FOLDER = OWN_SCHEMA / "mappings"
FILES = sorted(FOLDER.glob("*.csv"))
PLOVER = (
    *("AGREE", "CONSULT", "SUPPORT", "CONCEDE", "COOPERATE", "AID", "RETREAT", "REQUEST"),
    *("ACCUSE", "REJECT", "THREATEN", "PROTEST", "SANCTION", "MOBILIZE", "COERCE", "ASSAULT"),
)
TERMS = {
    "semeval-2016-task-6": r"FAVOR|AGAINST|NONE",
    "cameo": r"(0[1-9]|1\d|20)\d{1,2}",
    "plover": rf"({'|'.join(PLOVER)})( [a-z-]+)?",
    "parc-3": r"attribution|source|cue|content",
    "polnear": r"attribution|source|cue|content",
}
FIELDS = {
    "semeval-2016-task-6": {"polarity", "stance", "condition_role"},
    "cameo": {"stance", "condition_role"},
    "plover": {"stance", "condition_role"},
    "parc-3": {"part", "attribution", "stance", "condition_role", "non_statement_reason"},
    "polnear": {"part", "attribution", "stance", "condition_role", "non_statement_reason"},
}
PARTS = {"content", "speaker", "cue", "via", "conditions", "reason"}

each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def values_of(field: str) -> set[str]:
    """The values of a vocabulary in the newest version of the scheme; in the second, two stances and roles differ."""
    newest = max(REPO.glob("schema/v*"), key=lambda folder: int(folder.name.removeprefix("v")))
    vocabularies = load_vocabularies(newest)
    if field == "non_statement_reason" and field not in vocabularies.by_name:
        field = "passed_over_reason"  # in the first edition
    found = set(vocabularies.values(field))
    if field == "stance":
        found.add("threaten")
    return {"dropped" if value == "waived" else value for value in found}


def test_the_mappings_are_those_that_the_page_names() -> None:
    assert {path.stem for path in FILES} == TERMS.keys() == FIELDS.keys()
    page = (FOLDER / "README.md").read_text("utf-8")
    assert set(re.findall(r"^\| `([\w.-]+)\.csv` \|", page, re.MULTILINE)) == TERMS.keys()


@each_file
def test_every_value_of_a_field_has_a_row_for_any_target_and_no_row_is_there_twice(path: Path) -> None:
    rows = rows_of(path)
    assert {row["field"] for row in rows} == FIELDS[path.stem]
    keys = [(row["field"], row["value"], row["when"]) for row in rows]
    assert len(keys) == len(set(keys))
    for field in FIELDS[path.stem]:
        wanted = PARTS if field == "part" else values_of(field)
        assert {value for name, value, when in keys if name == field and not when} == wanted
        assert {value for name, value, when in keys if name == field} == wanted


@each_file
def test_every_row_has_a_match_a_note_and_a_term_of_the_other_scheme(path: Path) -> None:
    for row in rows_of(path):
        assert row["match"] in ("exact", "close", "broad", "none"), row
        assert bool(row["theirs"]) == (row["match"] != "none"), row
        assert not row["theirs"] or re.fullmatch(TERMS[path.stem], row["theirs"]), row
        assert row["note"].endswith("."), row
        assert None not in row
        assert None not in row.values()


@each_file
def test_rows_for_a_target_name_one_of_the_registry(path: Path) -> None:
    known = {each["id"] for each in read_json(REPO / "corpus/targets.json")["targets"] if each["use"] != "root"}
    for row in rows_of(path):
        assert not row["when"] or row["when"].removeprefix("target=") in known, row


def test_polarity_and_stance_agree_in_semeval() -> None:
    rows = {(row["field"], row["value"]): row["theirs"] for row in rows_of(FOLDER / "semeval-2016-task-6.csv")}
    for stance, about in load_vocabularies(OWN_SCHEMA).values("stance").items():
        assert rows["stance", stance] == rows["polarity", about["polarity"]]
    assert rows["stance", "threaten"] == rows["polarity", "none"]


def test_the_mappings_are_packed() -> None:
    packed = tomllib.loads((REPO / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]
    place = FOLDER.relative_to(REPO).as_posix()
    assert packed["wheel"]["force-include"][place] == f"stancebank/starter/packed/{place}"
    assert f"/{place}" in packed["sdist"]["include"]
