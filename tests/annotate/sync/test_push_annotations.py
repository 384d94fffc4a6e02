"""What a push does with a document, beside what its annotator has on the server."""

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from stancebank.annotate.decode.document import from_task
from stancebank.annotate.sync.push_annotations import plan_annotation
from stancebank.annotate.sync.state import Bases
from stancebank.corpus.store import Store
from stancebank.model import Document
from tests.annotate.tasks import SCHEME, read, task_of
from tests.conftest import OWN_SCHEMA, TOY

ENVOY = "norland-post-2031-02-11-envoy"
USER = 7  # who submitted the annotation of `task_of`
Json = dict[str, Any]


@pytest.fixture(scope="module")
def task() -> Json:
    """A task with one annotation by the user."""
    store = Store(TOY, OWN_SCHEMA.name)
    article, gold = store.article(ENVOY), store.gold(ENVOY)
    text = store.text(article)
    assert gold is not None
    assert text is not None
    return task_of(article, text, gold)


@pytest.fixture(scope="module")
def remote(task: Json) -> Document:
    """The document of the annotation."""
    document = from_task(task, SCHEME, {USER: "ann-1"}).readings[0].document
    assert document is not None
    return document


def edited(document: Document, kept: int) -> Document:
    return replace(document, statements=document.statements[:kept])


def bases(folder: Path, base: Document | None) -> Bases:
    found = Bases(folder)
    if base is not None:
        found.record(base, 5, "2031-02-12T08:30:00.000001Z")
    return found


def test_only_what_was_changed_here_alone_is_sent(task: Json, remote: Document, tmp_path: Path) -> None:
    other, third = edited(remote, 1), edited(remote, 0)
    for base, local, action in (
        (None, remote, "unchanged"),
        (other, remote, "unchanged"),
        (remote, other, "changed"),
        (other, other, "newer"),
        (None, other, "conflict"),
        (third, other, "conflict"),
    ):
        assert plan_annotation(task, local, USER, bases(tmp_path, base), read).action == action


def test_an_annotation_is_made_once_and_its_removal_is_not_undone(task: Json, remote: Document, tmp_path: Path) -> None:
    skipped = {**task, "annotations": [{**task["annotations"][0], "was_cancelled": True}]}
    for empty in ({**task, "annotations": []}, skipped):
        assert plan_annotation(empty, remote, USER, bases(tmp_path, None), read).action == "made"
        assert plan_annotation(empty, remote, USER, bases(tmp_path, remote), read).action == "removed"
        assert plan_annotation(empty, edited(remote, 1), USER, bases(tmp_path, remote), read).action == "conflict"
    assert plan_annotation(task, remote, USER + 1, bases(tmp_path, None), read).action == "made"


def test_an_annotation_that_cannot_be_read_is_never_overwritten(task: Json, remote: Document, tmp_path: Path) -> None:
    damaged = {**task, "annotations": [{**task["annotations"][0], "result": [{"x": 1}]}]}
    assert plan_annotation(damaged, remote, USER, bases(tmp_path, remote), read).action == "newer"
    assert plan_annotation(damaged, edited(remote, 1), USER, bases(tmp_path, remote), read).action == "conflict"
    assert plan_annotation(damaged, remote, USER, bases(tmp_path, None), read).action == "conflict"
