"""Batches of new tasks."""

import pytest

from stancebank.annotate.sync import push_tasks
from stancebank.annotate.sync.push_tasks import batches


def test_batches_keep_the_order_and_stay_within_tasks_and_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(push_tasks, "TASKS", 3)
    monkeypatch.setattr(push_tasks, "BYTES", 100)
    tasks = [{"n": number, "text": "x" * size} for number, size in enumerate([1, 1, 1, 1, 60, 60, 500, 1])]
    found = list(batches(tasks))
    assert [task for batch in found for task in batch] == tasks
    assert [[task["n"] for task in batch] for batch in found] == [[0, 1, 2], [3], [4], [5], [6], [7]]


def test_nothing_is_no_batch() -> None:
    assert list(batches([])) == []
