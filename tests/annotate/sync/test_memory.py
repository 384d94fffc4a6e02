"""A pull remembers which tasks it has taken whole, and whose their annotations are."""

from pathlib import Path

from stancebank.annotate.sync.state import CURSOR, Claim, Memory

OLD, NEW = "2031-02-12T08:30:00.000001Z", "2031-02-12T08:30:00.000002Z"


def test_only_tasks_with_another_time_are_fetched_and_open_ones_again(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    memory.settle(1, OLD, [])
    memory.settle(2, "", [])
    memory.write()
    assert Memory(tmp_path).changed({1: OLD, 2: OLD, 3: OLD}) == [2, 3]
    assert Memory(tmp_path).changed({1: NEW}) == [1]
    assert Memory(tmp_path, empty=True).changed({1: OLD}) == [1]


def test_the_newest_annotation_of_an_annotator_stands_whatever_task_it_is_in(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    memory.settle(1, OLD, [Claim("a", "ann-1", 10, NEW), Claim("a", "ann-2", 11, OLD)])
    memory.settle(2, OLD, [Claim("a", "ann-1", 12, OLD)])
    assert {key: claim.annotation for key, (_, claim) in memory.newest().items()} == {
        ("a", "ann-1"): 10,
        ("a", "ann-2"): 11,
    }
    assert memory.drop_missing([2]) == [1]
    assert {claim.annotation for _, claim in memory.newest().values()} == {12}


def test_a_damaged_memory_is_an_empty_one(tmp_path: Path) -> None:
    for content in ("{", "[]", '{"tasks": {"1": {}}}'):
        (tmp_path / CURSOR).write_text(content)
        assert Memory(tmp_path).changed({1: OLD}) == [1]
