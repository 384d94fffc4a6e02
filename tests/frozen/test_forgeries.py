"""What verification says of folders that were forged by hand: each fault by its code and its place."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.frozen.command import require, run
from tests.frozen.forging import fingerprint, read_json, read_rows, seal, write_json, write_rows
from tests.frozen.snapshots import compare
from tests.frozen.workspaces import ENVOY, lay_toy

Forge = Callable[[Path], None]
RELEASE = Path(__file__).parent / "release-0.1.0"
STATEMENT = f"{ENVOY}/s2"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of a toy workspace."""
    return lay_toy(tmp_path_factory.mktemp("forgeries") / "toy")


@pytest.fixture(scope="module")
def sound(root: Path) -> Path:
    """A build of it, with all words."""
    require("publish", "build", "--out", root.parent / "sound", cwd=root)
    return root.parent / "sound"


def verify(folder: Path, *options: object) -> list[dict[str, Any]]:
    ended = run("publish", "verify", folder, "--no-readers", "--json", *options, cwd=folder.parent)
    found: list[dict[str, Any]] = json.loads(ended.out)["faults"]
    assert ended.code == (1 if any(fault["severity"] == "error" for fault in found) else 0)
    return found


def place_of(fault: dict[str, Any]) -> str:
    """Return the code and the place of a fault."""
    return " | ".join(fault[part] for part in ("code", "file", "row", "column"))


def edit(table: str, change: Callable[[dict[str, Any]], None]) -> Forge:
    """Return a forgery that changes the rows of a table in place."""

    def forge(folder: Path) -> None:
        rows = read_rows(folder, table)
        before = json.dumps(rows)
        for row in rows:
            change(row)
        assert json.dumps(rows) != before
        write_rows(folder, table, rows)

    return forge


def of_statement(**values: Any) -> Callable[[dict[str, Any]], None]:
    def change(row: dict[str, Any]) -> None:
        if row["statement_id"] == STATEMENT:
            row |= values

    return change


def change_words(folder: Path) -> None:
    """Change words of a quotation and their fingerprint with them."""
    rows = read_rows(folder, "statements")
    row = next(row for row in rows if row["statement_id"] == STATEMENT)
    row["cue"] = "whispered"
    row["cue_span"]["stop"] = row["cue_span"]["start"] + len("whispered")
    row["cue_span"]["fingerprint"] = fingerprint("whispered")
    write_rows(folder, "statements", rows)


def remove_row(folder: Path) -> None:
    write_rows(folder, "conditions", read_rows(folder, "conditions")[1:])


def change_role(folder: Path) -> None:
    """Change the role of a condition in its own table and in that of its statement."""
    conditions = read_rows(folder, "conditions")
    row = next(row for row in conditions if row["role"] == "if")
    row["role"] = "only_if"
    write_rows(folder, "conditions", conditions)
    statements = read_rows(folder, "statements")
    for statement in statements:
        for condition in statement["conditions"]:
            if condition["condition_id"] == row["condition_id"]:
                condition["role"] = "only_if"
    write_rows(folder, "statements", statements)


def change_card(folder: Path) -> None:
    """Change a number in a part of the card that is computed."""
    card = folder / "README.md"
    text = card.read_text("utf-8")
    changed = re.sub(r"(?m)^(\| `?statements`? \|[^\n]*?)\b13\b", r"\g<1>14", text, count=1)
    assert changed != text
    card.write_text(changed, "utf-8", newline="")
    seal(folder)


def double_row(folder: Path) -> None:
    rows = read_rows(folder, "statements")
    write_rows(folder, "statements", [rows[0], *rows])


def add_file(folder: Path) -> None:
    (folder / "notes.txt").write_text("More to know.\n", "utf-8")
    seal(folder)


def change_croissant(folder: Path) -> None:
    value = read_json(folder / "croissant.json")
    value["distribution"][0]["sha256"] = "0" * 64
    write_json(folder / "croissant.json", value)
    seal(folder)


def change_count(folder: Path) -> None:
    manifest = read_json(folder / "manifest.json")
    manifest["tables" if "tables" in manifest else "views"]["statements"]["rows"] += 1
    write_json(folder / "manifest.json", manifest)
    seal(folder)


def change_definition(row: dict[str, Any]) -> None:
    if row["target_id"] == "talks":
        row["definition"] = "Anything at all."


def change_wikidata(row: dict[str, Any]) -> None:
    if row["entity_id"] == "keth":
        row["wikidata"] = "Q42"


FORGERIES: dict[str, Forge] = {
    "a stance flipped": edit("statements", of_statement(stance="deny")),
    "words changed with their fingerprint": change_words,
    "a row removed": remove_row,
    "a role changed in both places": change_role,
    "a number of the card": change_card,
    "an id twice": double_row,
    "a target that does not exist": edit("statements", of_statement(target_id="no-such-target")),
    "a file added": add_file,
    "a digest in croissant.json": change_croissant,
    "a count in manifest.json": change_count,
    "a definition changed": edit("targets", change_definition),
    "a fact that no other value follows from": edit("entities", change_wikidata),
}


QUICK = ("a stance flipped", "a file added")


@pytest.mark.slow
def test_tables_that_are_written_again_by_hand_are_sound(sound: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(sound, tmp_path / "folder"))
    for table in ("statements", "conditions", "articles", "targets"):
        write_rows(folder, table, read_rows(folder, table))
    assert verify(folder) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in FORGERIES]
)
def test_a_forgery_has_its_frozen_faults(name: str, root: Path, sound: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(sound, tmp_path / "folder"))
    FORGERIES[name](folder)
    alone, against = (
        [place_of(fault) for fault in verify(folder, *options)] for options in ((), ("--workspace", root))
    )
    more = [fault for fault in against if fault not in alone]
    compare(f"forgeries/{name.replace(' ', '-')}", {"alone": alone, "against the workspace": more})
    assert any(not fault.startswith("record-missing") for fault in against)


@pytest.mark.slow
def test_a_text_policy_that_is_raised_in_every_table_has_its_frozen_faults(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(RELEASE, tmp_path / "folder"))
    article_id = read_rows(folder, "articles")[0]["article_id"]
    for table in ("articles", "statements", "conditions", "annotations"):
        rows = read_rows(folder, table)
        for row in rows:
            if row["article_id"] == article_id:
                assert row["text_policy"] == "withheld"
                row["text_policy"] = "full"
        write_rows(folder, table, rows)
    compare("forgeries/a-text-policy-raised", {"alone": [place_of(fault) for fault in verify(folder)]})


OF_ANY = (
    *("a row removed", "a role changed in both places", "an id twice", "a file added"),
    *("a digest in croissant.json", "a count in manifest.json"),
)
"""The forgeries that need no statement of the toy."""


@pytest.mark.slow
@pytest.mark.parametrize("name", OF_ANY)
def test_a_forged_folder_of_the_first_edition_has_its_frozen_faults(name: str, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(RELEASE, tmp_path / "folder"))
    FORGERIES[name](folder)
    compare(f"forgeries/first-{name.replace(' ', '-')}", {"alone": [place_of(fault) for fault in verify(folder)]})
