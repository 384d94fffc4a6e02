from typing import Any

import msgspec
import pytest

from stancebank.model import Span, TextPolicy
from stancebank.publish.gold import GAP, read_gold
from stancebank.publish.tables import Column, ListOf, Row, Struct, Type, in_order, make_rows
from stancebank.workspace import Workspace
from tests.publish.own import ARTICLES, CONDITIONS, ENTITIES, STATEMENTS, TABLES, TARGETS

ENVOY = "norland-post-2031-02-11-envoy"
HARVEST = "keth-tribune-undated-harvest"


def rows_of(workspace: Workspace, text: Any = None, **settings: Any) -> dict[str, list[Row]]:
    read = read_gold(workspace, text and TextPolicy(text), **settings)
    return make_rows(read.readings, read.context)


def row_of(rows: list[Row], **wanted: Any) -> Row:
    return next(row for row in rows if all(row[key] == value for key, value in wanted.items()))


def fits(value: Any, kind: Type) -> bool:
    if isinstance(kind, ListOf):
        return isinstance(value, list) and all(item is not None and fits(item, kind.item) for item in value)
    if isinstance(kind, Struct):
        return value is None or (
            list(value) == [field.name for field in kind.fields]
            and all(fits(value[field.name], field.type) for field in kind.fields)
        )
    return value is None or type(value) is {"string": str, "int64": int, "bool": bool, "float64": float}[kind]


def is_left_out(row: Row, column: Column) -> bool:
    """Whether a list is null that is not known, or that the row of the fullest copy has for all copies."""
    is_copy = column.name.startswith("cluster_") and row.get("cluster_id") != row.get("statement_id")
    return row[column.name] is None and isinstance(column.type, ListOf) and (column.name == "stance_soft" or is_copy)


def test_the_known_statement_has_its_values_and_its_two_conditions(toy_workspace: Workspace) -> None:
    row = row_of(rows_of(toy_workspace)["statements"], statement_id=f"{ENVOY}/s2")
    assert row["content"] == (
        f"We will sit down with Norland{GAP}once it lifts the blockade of the river, and only if Keth is in the chair"
    )
    assert (row["speaker_id"], row["speaker_name"], row["speaker_affiliation"]) == (
        "ilse-marrow",
        "Ilse Marrow",
        "suvia",
    )
    assert (row["stance"], row["polarity"], row["stance_label"], row["conditional"]) == (
        "offer",
        "favor",
        "offer_conditional",
        True,
    )
    assert (row["target_id"], row["target_root"], row["target_mediators"]) == ("talks", "talks", ["keth"])
    assert (row["said_on"], row["said_on_basis"], row["zone"]) == ("2031-02-11", "computed", "body")
    first, second = row["conditions"]
    assert (first["role"], first["kind"], first["obligors"]) == ("if", "lift-blockade", ["norland"])
    assert first["alternative"] == 1
    assert (second["role"], second["kind"], second["obligors"]) == ("only_if", "format", ["keth"])
    assert first["text"] == "once it lifts the blockade of the river"
    assert second["text"] == "only if Keth is in the chair"


def test_rows_hold_exactly_the_declared_columns_in_their_order_and_types(rows: dict[str, list[Row]]) -> None:
    for table in TABLES:
        assert rows[table.name]
        for row in rows[table.name]:
            assert list(row) == [column.name for column in table.columns]
            unfit = [
                each.name for each in table.columns if not (fits(row[each.name], each.type) or is_left_out(row, each))
            ]
            assert not unfit


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_flat_columns_stand_first_and_nested_ones_last(table: Any) -> None:
    def depth(kind: Type) -> int:
        return 0 if isinstance(kind, str) else 1 if kind == ListOf("string") else 2

    depths = [depth(column.type) for column in table.columns]
    assert depths == sorted(depths)
    assert len({column.name for column in table.columns}) == len(table.columns)


def test_every_meaning_is_one_sentence() -> None:
    for table in TABLES:
        for column in table.columns:
            assert column.meaning.endswith(".")
            assert column.meaning.count(". ") == 0


def test_conditions_carry_all_columns_of_their_statement(toy_workspace: Workspace) -> None:
    names = {column.name for column in CONDITIONS.columns}
    assert {column.name for column in STATEMENTS.columns} - names == {"conditions"}
    rows = rows_of(toy_workspace)
    for row in rows["conditions"]:
        statement = row_of(rows["statements"], statement_id=row["statement_id"])
        assert {key: row[key] for key in statement if key != "conditions"} == {
            key: value for key, value in statement.items() if key != "conditions"
        }
    assert row_of(rows["conditions"], condition_id=f"{ENVOY}/s2/c1")["obligor_names"] == ["Norland"]


def test_an_article_without_statements_is_a_row_that_says_so(toy_workspace: Workspace) -> None:
    row = row_of(rows_of(toy_workspace)["articles"], article_id=HARVEST)
    assert (row["nothing_to_annotate"], row["n_statements"], row["n_unique"], row["statements"]) == (True, 0, 0, [])


def test_repetitions_are_not_counted_as_unique(toy_workspace: Workspace) -> None:
    row = row_of(rows_of(toy_workspace)["articles"], article_id=ENVOY)
    assert (row["n_statements"], row["n_unique"]) == (6, 5)


def test_only_gold_is_published(toy_workspace: Workspace) -> None:
    (toy_workspace.root / toy_workspace.store.document_name(ENVOY, None)).unlink()
    assert read_gold(toy_workspace, None).unread == (ENVOY,)
    rows = rows_of(toy_workspace)
    assert ENVOY not in {row["article_id"] for row in rows["articles"]}


def test_a_policy_that_withholds_leaves_every_column_of_words_null(toy_workspace: Workspace) -> None:
    rows = rows_of(toy_workspace, "withheld")
    for table in TABLES:
        words = [column.name for column in table.columns if column.words]
        assert words or table in (ENTITIES, TARGETS)
        assert all(row[name] is None for row in rows[table.name] for name in words)
    assert all(each["text"] is None for row in rows["statements"] for each in row["conditions"])
    assert all(each["content"] is None for row in rows["articles"] for each in row["statements"])


def test_the_policy_of_quotes_shows_spans_and_not_the_text(toy_workspace: Workspace) -> None:
    rows = rows_of(toy_workspace, "quotes")
    assert all(row["content"] for row in rows["statements"])
    assert all(row["text"] is None for row in rows["articles"])


def test_words_not_at_hand_are_null_and_named(toy_workspace: Workspace) -> None:
    article = toy_workspace.store.article(ENVOY)
    (toy_workspace.root / toy_workspace.store.text_name(article)).unlink()
    read = read_gold(toy_workspace, None)
    assert read.lacking == (ENVOY,)
    rows = make_rows(read.readings, read.context)
    assert row_of(rows["statements"], statement_id=f"{ENVOY}/s2")["content"] is None


def test_rows_are_sorted_by_article_then_place_then_number(toy_workspace: Workspace) -> None:
    read = read_gold(toy_workspace, None)
    reading = next(each for each in read.readings if each.article.id == ENVOY)
    span = Span(begin=5, end=9, fingerprint="0" * 16)
    one = reading.document.statements[0]
    same_place = [msgspec.structs.replace(one, id=f"{ENVOY}/s{n}", content=(span,)) for n in (10, 9, 8)]
    shuffled = msgspec.structs.replace(reading.document, statements=(*reading.document.statements[::-1], *same_place))
    sorted_ids = [
        each.id
        for each in in_order(type(reading)(reading.article, shuffled, TextPolicy.FULL, None)).document.statements
    ]
    assert sorted_ids[:4] == [f"{ENVOY}/{each}" for each in ("s8", "s9", "s10", "s1")]
    ids = [row["article_id"] for row in rows_of(toy_workspace)["statements"]]
    assert ids == sorted(ids)


def test_notes_are_not_published() -> None:
    assert "note" not in {column.name for table in (STATEMENTS, CONDITIONS, ARTICLES) for column in table.columns}
