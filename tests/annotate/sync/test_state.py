"""What is remembered of a project: fingerprints, times, tasks as they came, and one push or pull at a time."""

import gzip
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from stancebank.annotate.sync.bases import Bases, fingerprint
from stancebank.annotate.sync.cursor import CURSOR, Claim, Cursor
from stancebank.annotate.sync.state import archive_task, count_labels, lock_workspace
from stancebank.corpus.store import Store
from stancebank.errors import BusyError, ConflictError
from stancebank.model import Document, LabelStudio
from tests.conftest import OWN_SCHEMA, TOY


def gold() -> Document:
    document = Store(TOY, OWN_SCHEMA.name).gold("norland-post-2031-02-11-envoy")
    assert document is not None
    return document


def test_where_and_when_do_not_count_and_what_was_marked_does() -> None:
    document = gold()
    where = LabelStudio(project=1, task=2, annotation=3, edited_by="ann-1")
    assert fingerprint(replace(document, label_studio=where, updated_at="2031-03-01T00:00:00Z")) == fingerprint(
        document
    )
    assert fingerprint(replace(document, statements=document.statements[1:])) != fingerprint(document)
    assert fingerprint(replace(document, non_statements=())) != fingerprint(document) or not document.non_statements


def test_bases_are_kept_and_forgotten(tmp_path: Path) -> None:
    document, bases = gold(), Bases(tmp_path)
    bases.record(document, 5, "2031-02-12T08:30:00.000001Z")
    assert Bases(tmp_path).all() == {}
    bases.write()
    kept = Bases(tmp_path)
    base = kept.get(document.article_id, document.annotator)
    assert base is not None
    assert (base.document, base.annotation) == (fingerprint(document), 5)
    assert kept.all() == {(document.article_id, document.annotator): base}
    kept.forget(document.article_id, document.annotator)
    kept.write()
    assert Bases(tmp_path).all() == {}


OLD, NEW = "2031-02-12T08:30:00.000001Z", "2031-02-12T08:30:00.000002Z"


def test_only_tasks_with_another_time_are_fetched_and_open_ones_again(tmp_path: Path) -> None:
    cursor = Cursor(tmp_path)
    cursor.record(1, OLD, [])
    cursor.record(2, "", [])
    cursor.write()
    assert Cursor(tmp_path).changed({1: OLD, 2: OLD, 3: OLD}) == [2, 3]
    assert Cursor(tmp_path).changed({1: NEW}) == [1]
    assert Cursor(tmp_path, refetch=True).changed({1: OLD}) == [1]


def test_the_newest_annotation_of_an_annotator_stands_whatever_task_it_is_in(tmp_path: Path) -> None:
    cursor = Cursor(tmp_path)
    cursor.record(1, OLD, [Claim("a", "ann-1", 10, NEW), Claim("a", "ann-2", 11, OLD)])
    cursor.record(2, OLD, [Claim("a", "ann-1", 12, OLD)])
    assert {key: claim.annotation for key, (_, claim) in cursor.newest().items()} == {
        ("a", "ann-1"): 10,
        ("a", "ann-2"): 11,
    }
    assert cursor.drop_missing([2]) == [1]
    assert {claim.annotation for _, claim in cursor.newest().values()} == {12}


def test_a_damaged_memory_is_an_empty_one(tmp_path: Path) -> None:
    for content in ("{", "[]", '{"tasks": {"1": {}}}'):
        (tmp_path / CURSOR).write_text(content)
        assert Cursor(tmp_path).changed({1: OLD}) == [1]


def test_every_form_of_a_task_is_kept_once_and_read_back_equal(tmp_path: Path) -> None:
    first: dict[str, Any] = {"id": 3, "annotations": [{"result": ["\U0001f600"]}]}
    second = {**first, "annotations": []}
    paths = [archive_task(tmp_path, each) for each in (first, second, first)]
    assert paths[0] == paths[2]
    assert [json.loads(gzip.decompress(path.read_bytes())) for path in paths] == [first, second, first]
    assert len(list((tmp_path / "removed").rglob("*.gz"))) == 2


def test_annotations_skipped_ones_and_drafts_are_labels() -> None:
    assert count_labels({"annotations": [{"was_cancelled": True}], "drafts": [{}]}) == 2
    assert count_labels({"annotations": [], "drafts": []}) == 0


def test_a_second_one_is_told_who_holds_the_lock_and_a_later_one_gets_it(tmp_path: Path) -> None:
    with (
        lock_workspace(tmp_path, "pull"),
        pytest.raises(ConflictError, match="`stancebank annotate pull`"),
        lock_workspace(tmp_path, "push", seconds=0.1),
    ):
        pass
    with lock_workspace(tmp_path, "push", seconds=0.0):
        pass


HOLDS = """
import os, sys
from pathlib import Path
from stancebank.annotate.sync.state import lock_workspace

with lock_workspace(Path(sys.argv[1]), "pull"):
    if "fork" in sys.argv:
        child = os.fork()
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def holder(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the lock until its input ends, or it is killed."""
    command = [sys.executable, "-c", HOLDS, str(folder), *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process


@pytest.mark.slow
def test_a_lock_ends_with_a_process_that_was_killed(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        with (
            pytest.raises(BusyError, match=rf"^`stancebank annotate pull` \(process {process.pid}\) is writing"),
            lock_workspace(tmp_path, "push", seconds=0.1),
        ):
            pass
        process.kill()
        process.wait()
        with lock_workspace(tmp_path, "push", seconds=0.0):
            assert "push" in (tmp_path / "lock.holder").read_text()
        assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_lock_outlives_a_forked_child_of_its_process(tmp_path: Path) -> None:
    with holder(tmp_path, "fork") as process:
        with (
            pytest.raises(BusyError, match="`stancebank annotate pull`"),
            lock_workspace(tmp_path, "push", seconds=0.1),
        ):
            pass
        process.communicate("")
        with lock_workspace(tmp_path, "push", seconds=0.0):
            pass
