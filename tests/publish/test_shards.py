import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from stancebank.publish.parquet import (
    FileWriter,
    Stream,
    TableWriter,
    content_hash,
    longest_list,
    make_table,
    read_table,
    written,
)
from stancebank.publish.tables import Row
from tests.publish.own import STATEMENTS


@pytest.mark.slow
@pytest.mark.parametrize("bound", [1, 2, 5, 12, 13, 14, 100])
def test_files_hold_as_many_rows_as_they_may_and_in_order(
    rows: dict[str, list[Row]], tmp_path: Path, bound: int
) -> None:
    every = rows["statements"]
    writer = TableWriter(tmp_path, STATEMENTS, {"dataset_version": "1.2.0"}, bound)
    for place in range(0, len(every), 3):
        writer.add(every[place : place + 3])
    facts = writer.close()
    assert facts
    count = -(-len(every) // bound)
    assert facts.files == tuple(f"statements/train-{n:05}-of-{count:05}.parquet" for n in range(count))
    assert {path.name for path in (tmp_path / "statements").iterdir()} == {Path(each).name for each in facts.files}
    sizes = [read_table(tmp_path / each).num_rows for each in facts.files]
    assert sizes == [bound] * (len(every) // bound) + ([len(every) % bound] if len(every) % bound else [])
    again = written(tmp_path, facts)
    assert len(again) == facts.rows == len(every)
    assert list(again) == make_table(STATEMENTS, every).to_pylist()
    assert again[3] == list(again)[3]
    assert list(again.of(("statement_id",))) == [{"statement_id": row["statement_id"]} for row in every]
    assert facts.content_hash == content_hash(STATEMENTS, make_table(STATEMENTS, every))
    assert facts.file_bytes == sum((tmp_path / each).stat().st_size for each in facts.files)


@pytest.mark.slow
def test_how_the_rows_come_makes_no_difference_to_the_bytes(
    rows: dict[str, list[Row]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stancebank.publish.parquet.ROW_GROUP_SIZE", 4)
    digests = []
    for step in (1, 5, 13):
        folder = tmp_path / str(step)
        folder.mkdir()
        writer = TableWriter(folder, STATEMENTS, {}, 6)
        for place in range(0, 13, step):
            writer.add(rows["statements"][place : place + step])
        facts = writer.close()
        assert facts
        digests.append(facts.sha256)
    assert digests[0] == digests[1] == digests[2]
    assert len(digests[0]) == 3


def test_a_view_without_rows_leaves_nothing(tmp_path: Path) -> None:
    writer = TableWriter(tmp_path, STATEMENTS, {})
    writer.add([])
    assert writer.close() is None
    assert not list(tmp_path.iterdir())


def test_rows_are_taken_article_by_article_and_none_goes_unnoticed() -> None:
    rows = [{"article_id": name, "place": place} for place, name in enumerate("aabca")]
    stream = Stream(rows)
    assert stream.take("b") == []
    assert stream.take("a") == rows[:2]
    assert stream.peek() == rows[2]
    assert stream.take("b") == rows[2:3]
    assert list(stream.rest()) == rows[3:]
    assert (stream.peek(), stream.take("a")) == (None, [])


def test_rows_are_let_go_before_their_table_is_written(
    rows: dict[str, list[Row]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row group takes more memory as Python values than the table and the encoder together."""
    row = dict(rows["statements"][0])
    held: list[int] = []
    write = FileWriter.write

    def looking(self: FileWriter, table: Any) -> None:
        held.append(sys.getrefcount(row))
        write(self, table)

    monkeypatch.setattr(FileWriter, "write", looking)
    alone = sys.getrefcount(row)
    writer = TableWriter(tmp_path, STATEMENTS, {"dataset_version": "1.2.0"})
    writer.add([row])
    assert writer.close()
    assert held == [alone]


@pytest.mark.parametrize(
    ("values", "longest"),
    [
        ([1, 2], 0),
        ([[1, 2], None, []], 2),
        ([{"inner": [1, 2, 3]}, None, {"inner": None}], 3),
        ([[{"inner": [1, 2, 3, 4]}, {"inner": []}], None], 4),
        ([[{"inner": [1]}] * 5], 5),
    ],
)
def test_the_longest_list_of_a_table_is_found_however_deep_it_is(values: list[Any], longest: int) -> None:
    table = pa.table({"value": values})
    assert longest_list(table) == longest
    assert longest_list(table.slice(0, 0)) == 0
    assert longest_list(pa.concat_tables([table, table])) == longest
