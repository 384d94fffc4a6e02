"""The step from the last version: rows that are new, labelled otherwise, amended or lost."""

from pathlib import Path

import msgspec
import pytest

from stancebank.corpus.withdraw import plan_removal, remove
from stancebank.publish.gold import read_gold
from stancebank.publish.history import Changes, VersionStep, compare, recorded_versions, take
from stancebank.publish.release.gate import ReleaseWaiver
from stancebank.publish.tables import make_rows
from stancebank.records import read_json, to_json
from stancebank.workspace import open_workspace
from tests.command import call_whole
from tests.conftest import OWN_SCHEMA
from tests.publish.builds import ENVOY, HARVEST, change_flag
from tests.publish.release.releases import (
    change_gold,
    commit,
    drop_statement,
    lay_committed,
    make,
    make_and_commit,
    manifest_of,
    say_news,
)

pytestmark = pytest.mark.slow  # whole releases, several each


def test_new_rows_ask_for_a_minor_step_and_other_labels_for_a_major_one(root: Path) -> None:
    document = open_workspace(root).store.gold(ENVOY)
    assert document
    whole = document.statements
    drop_statement(root, f"{ENVOY}/s6", retire=False)
    commit(root)
    make_and_commit(root, "1.2.0")
    change_gold(root, statements=whole)
    say_news(root)
    commit(root)
    made = make(root, "1.2.1")
    assert [each.code for each in made.findings] == ["release-step"]
    assert "a MINOR step: 1.3.0 or higher" in made.findings[0].message
    assert "These rows force it: " in made.findings[0].message
    assert f"{ENVOY}/s6" in made.findings[0].message
    assert made.changes
    assert made.changes.gained["statements"] == (f"{ENVOY}/s6",)
    make_and_commit(root, "1.3.0")
    change_flag(open_workspace(root))
    say_news(root)
    commit(root)
    made = make(root, "1.4.0")
    assert [each.code for each in made.findings] == ["release-step"]
    said = "a MAJOR step: 2.0.0 or higher. Rows relabelled: conditions 2, statements 1."
    assert said in made.findings[0].message
    waiver = ReleaseWaiver("release-step", "Two labels were typing errors.")
    made = make(root, "1.4.0", waiver)
    assert [each.code for each in made.waived] == ["release-step"]
    assert manifest_of(made.out)["waived"] == [{"code": "release-step", "reason": waiver.reason}]


def test_a_metadata_value_that_was_mended_asks_for_a_patch(released: Path) -> None:
    store = open_workspace(released).store
    article = store.article(ENVOY)
    assert article.outlet
    outlet = msgspec.structs.replace(article.outlet, value="The Norland Post of Brenn")
    store.write_article(msgspec.structs.replace(article, outlet=outlet), store.text(article) or "")
    say_news(released)
    commit(released)
    made = make_and_commit(released, "1.2.1")
    assert made.changes
    assert made.changes.step is VersionStep.PATCH
    assert made.changes.amended["articles"] == (ENVOY,)


def test_a_lost_row_needs_a_reason(released: Path) -> None:
    name = f"{ENVOY}/s6"
    drop_statement(released, name, retire=False)
    say_news(released)
    commit(released)
    made = make(released, "2.0.0")
    assert {each.code for each in made.findings} == {"release-lost"}
    assert {each.file: each.message for each in made.findings} == {
        "conditions": f"1 row of 1.2.0 is lost: {name}/c1.",
        "statements": f"1 row of 1.2.0 is lost: {name}.",
    }
    assert not (released / "corpus/releases/2.0.0").exists()
    waived = make(released, "2.0.0", ReleaseWaiver("release-lost", "The agency took its report back."))
    assert waived.is_clean
    assert {each.code for each in waived.waived} == {"release-lost"}
    told = manifest_of(waived.out)["waived"]
    assert told == [{"code": "release-lost", "reason": "The agency took its report back."}]


def test_a_retired_id_and_a_withdrawn_article_are_reasons(released: Path) -> None:
    drop_statement(released, f"{ENVOY}/s6", retire=True)
    store = open_workspace(released).store
    remove(store, plan_removal(store, HARVEST, reason="The holder asked for it.", date="2031-05-02"))
    say_news(released)
    commit(released)
    found = make(released, "1.9.0", dry_run=True).findings
    left = [released / "sources/harvest.txt", released / "readings/harvest.json"]  # which have its words still
    assert {(each.code, each.file) for each in found} == {
        ("text-leaked", str(each.relative_to(released))) for each in left
    }
    for each in left:
        each.unlink()
    commit(released)
    assert [each.code for each in make(released, "1.9.0", dry_run=True).findings] == ["release-step"]
    made = make_and_commit(released, "2.0.0")
    assert made.changes
    assert made.changes.lost["statements"] == (f"{ENVOY}/s6",)
    assert made.changes.lost["articles"] == (HARVEST,)
    assert f"| `{HARVEST}` | 2031-05-02 | The holder asked for it. |" in (made.out / "RIGHTS.md").read_text()
    assert recorded_versions(released) == ["1.2.0", "2.0.0"]


@pytest.fixture
def second(tmp_path: Path) -> Path:
    """The toy workspace, in a repository."""
    root = lay_committed(tmp_path / "second").root
    for command in (["schema", "write"], ["annotate", "interface", "--write"]):
        call_whole(*command, cwd=root)
    commit(root)
    return root


def test_a_column_changes_its_name_or_type_with_the_schema_alone(second: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_and_commit(second, "1.2.0")
    record = read_json(second / "corpus/releases/1.2.0/rows.json")
    assert record["types"]["statements"]["agreement"] == "float64"
    assert record["types"]["statements"]["content_spans"] == "list<struct>"
    assert record["types"]["statements"]["content_spans.start"] == "int64"
    assert record["types"]["chat"]["messages.role"] == "string"  # of tables without rows, too
    assert record["values"]["force"] == ["plain", "categorical", "hedged"]
    record["types"]["statements"] |= {"fold": "string", "former": "string"}
    del record["types"]["statements"]["suggested_by"]  # a column that is new since then
    (second / "corpus/releases/1.2.0/rows.json").write_text(to_json(record), encoding="utf-8")
    say_news(second)
    commit(second)
    still = f"the schema is {OWN_SCHEMA.name} still."
    still = f"the schema is {OWN_SCHEMA.name} still."
    found = [each for each in make(second, "1.3.0", dry_run=True).findings if each.code == "release-columns"]
    assert [(each.file, each.message) for each in found] == [
        (
            "statements",
            f"the column fold was string in 1.2.0, and is int64 now; {still}",
        ),
        ("statements", f"the column former was string in 1.2.0, and is gone; {still}"),
    ]
    manifest = second / "corpus/releases/1.2.0/manifest.json"
    manifest.write_text(to_json(read_json(manifest) | {"schema_version": "v0"}), encoding="utf-8")
    commit(second)
    assert "release-columns" not in {each.code for each in make(second, "1.3.0", dry_run=True).findings}


def test_places_of_values_are_no_labels_of_rows(second: Path) -> None:
    """Names are compared, never numbers: a list that grew in front, as in another version of the schema."""
    read = read_gold(open_workspace(second), None)
    rows = make_rows(read.readings, read.context)
    held, _ = take(rows, read.context.scheme)
    for row in rows["statements"]:
        row["stance_id"] += 1
    assert compare(held, *take(rows, read.context.scheme, held)) == Changes()
    assert "stance_id" in held.columns["statements"]
    rows["statements"][0]["stance"] = "deny"
    assert compare(held, *take(rows, read.context.scheme, held)).relabelled
