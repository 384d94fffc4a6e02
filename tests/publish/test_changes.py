"""What changed between two versions, from digests alone."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import pytest

from stancebank.publish.history import Changes, Held, VersionStep, compare, take
from stancebank.publish.release.gate import say_changes
from stancebank.publish.tables import Row
from stancebank.records import from_json, to_json
from tests.publish.own import SCHEME, TABLES, scheme_without

Rows = dict[str, list[Row]]


def between(before: Rows, after: Rows) -> Changes:
    """Compare as a release does: the earlier rows are known by their record only."""
    held, _ = take(before, SCHEME)
    kept = from_json(to_json({"columns": held.columns, "rows": held.rows}).encode(), "rows.json")
    earlier = Held(kept["columns"], kept["rows"])
    return compare(earlier, *take(after, SCHEME, earlier))


def test_the_same_rows_differ_in_nothing(rows: Rows) -> None:
    assert between(rows, deepcopy(rows)) == Changes()
    assert Changes().step is VersionStep.PATCH


@pytest.mark.parametrize(
    ("table", "column", "value", "kind"),
    [
        ("statements", "stance", "deny", "relabelled"),
        ("statements", "same_as", "x/s1", "relabelled"),
        ("statements", "content_spans", [], "relabelled"),
        ("statements", "conditions", [], "relabelled"),
        ("conditions", "obligors", ["nobody"], "relabelled"),
        ("articles", "nothing_to_annotate", False, "relabelled"),
        ("articles", "zones", [], "relabelled"),
        ("statements", "outlet", "Another", "amended"),
        ("statements", "speaker_name", "Another Name", "amended"),
        ("articles", "licence", "CC0-1.0", "amended"),
        ("articles", "published", "2031-02", "amended"),
        ("statements", "content", "other words", None),
        ("articles", "text", None, None),
        ("articles", "n_statements", 99, None),
        ("articles", "dataset_version", "9.9.9", None),
    ],
)
def test_a_changed_value_is_a_label_or_not(
    rows: Rows, table: str, column: str, value: object, kind: str | None
) -> None:
    after = deepcopy(rows)
    after[table][0][column] = value
    found = between(rows, after)
    name = next(iter(rows[table][0].values()))
    changed: dict[str, Any] = {kind: {table: (name,)}} if kind else {}
    assert found == Changes(**changed)
    assert found.step is (VersionStep.MAJOR if kind == "relabelled" else VersionStep.PATCH)


def test_a_name_in_a_nested_value_is_no_label_and_an_id_is(rows: Rows) -> None:
    place = next(n for n, row in enumerate(rows["statements"]) if row["conditions"])
    after = deepcopy(rows)
    after["statements"][place]["conditions"][0]["kind_name"] = "another name"
    assert between(rows, after).amended
    after["statements"][place]["conditions"][0]["kind"] = "another-id"
    assert between(rows, after).relabelled


def test_rows_come_and_go_by_their_ids_whatever_their_order(rows: Rows) -> None:
    after = deepcopy(rows)
    gone = after["statements"].pop(2)
    after["statements"].reverse()
    assert between(rows, after) == Changes(lost={"statements": (gone["statement_id"],)})
    assert between(rows, after).step is VersionStep.MAJOR
    assert between(after, rows) == Changes(gained={"statements": (gone["statement_id"],)})
    assert between(after, rows).step is VersionStep.MINOR


def test_a_new_column_changes_no_row_and_a_lost_one_is_told(rows: Rows) -> None:
    held, _ = take(rows, SCHEME)
    wide: dict[str, Mapping[str, Any]] = {table: dict(names) for table, names in held.columns.items()}
    wide["statements"] = {**wide["statements"], "mood": None}
    without = deepcopy(rows)
    for row in (*without["statements"], *without["conditions"], *without["annotations"]):
        del row["force"], row["force_id"]
        for each in (row, *row["conditions"]) if "conditions" in row else (row,):
            each.pop("alternative", None)
    for row in without["articles"]:
        for statement in row["statements"]:
            for each in statement["conditions"]:
                each.pop("alternative", None)
    earlier, _ = take(without, scheme_without("statement/force", "condition/alternative"))
    found = compare(earlier, *take(rows, SCHEME, earlier))
    assert found == Changes(
        columns_gained=(
            *("annotations.conditions.alternative", "annotations.force", "annotations.force_id"),
            *("conditions.alternative", "conditions.force", "conditions.force_id"),
            *("statements.conditions.alternative", "statements.force", "statements.force_id"),
        )
    )
    assert found.step is VersionStep.MINOR
    found = compare(Held(wide, held.rows), *take(rows, SCHEME, Held(wide, held.rows)))
    assert found.columns_lost == ("statements.mood",)
    assert found.step is VersionStep.MAJOR


def test_many_columns_are_told_by_their_names() -> None:
    few = tuple(f"statements.{name}" for name in "abcdefgh")
    assert say_changes(Changes(columns_lost=few)) == f"Columns lost: {', '.join(few)}."
    many = (*few, "conditions.spans.begin", "statements.content_spans.begin")
    counted = ", ".join(f"{name} 1" for name in "abcdefgh").replace("b 1,", "b 1, begin 2,")
    assert say_changes(Changes(columns_lost=many)) == f"Columns lost: {counted}."


def test_a_view_that_is_gone_has_lost_its_rows_and_a_new_one_has_gained_them(rows: Rows) -> None:
    without = {table: each for table, each in rows.items() if table != "conditions"}
    ids = tuple(sorted(row["condition_id"] for row in rows["conditions"]))
    assert between(rows, without).lost == {"conditions": ids}
    assert between(without, rows).gained == {"conditions": ids}


def test_views_of_whole_texts_are_not_recorded(rows: Rows) -> None:
    assert take(rows, SCHEME)[0].rows.keys() == {table.name for table in TABLES if not table.whole_text}
