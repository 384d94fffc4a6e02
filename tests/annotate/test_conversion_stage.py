"""The tasks of an export are converted in one process or in several: what is found, said and written is the same."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from stancebank.annotate import conversion
from stancebank.annotate.conversion import Converted, convert
from stancebank.annotate.decode.document import Conversion
from stancebank.annotate.exports import SMALL
from stancebank.annotate.usable import Taker
from stancebank.batches.run import run as run_batches
from stancebank.errors import InputError
from stancebank.workspace import Workspace
from tests.annotate.tasks import task_of
from tests.conftest import Run


def export_of(workspace: Workspace) -> list[dict[str, Any]]:
    """The gold of a workspace as annotators would have submitted it: whole, without an arrow, and without an answer."""
    store = workspace.store
    tasks: list[dict[str, Any]] = []
    for document in [*store.documents(None)] * 2:
        article = store.article(document.article_id)
        tasks.append({**task_of(article, store.text(article) or "", document), "id": len(tasks) + 1})
        tasks[-1]["data"]["padding"] = " " * SMALL  # the file is none that is read here anyway
    for task, name in zip(tasks, (None, "relation", "stance"), strict=False):
        result = task["annotations"][0]["result"]
        lost = next((each for each in result if name in (each["type"], each.get("from_name"))), None)
        task["annotations"][0]["result"] = [each for each in result if each is not lost]
    return tasks


def taken(found: Iterator[Converted]) -> tuple[list[tuple[Conversion, str, Mapping[str, Any]]], str]:
    """Return what became of each task, and the fault that ended it."""
    made = []
    try:
        for each in found:
            made.append((each.conversion, each.text, each.task))
    except InputError as error:
        return made, str(error)
    return made, ""


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let the stage run in this process, in batches of two. Returns the tasks that were read without it."""
    read, numbers = Taker.read, list[int]()

    def noting(self: Taker, task: Mapping[str, Any], annotators: Mapping[int, str]) -> Conversion:
        numbers.append(task["id"])
        return read(self, task, annotators)

    monkeypatch.setattr(conversion, "run", lambda stage, batches, settings, **_: run_batches(stage, batches, settings))
    monkeypatch.setattr(conversion, "BATCH", 2)
    monkeypatch.setattr(Taker, "read", noting)
    return numbers


@pytest.mark.slow
def test_a_stage_makes_of_each_task_what_is_made_without_it(
    toy_workspace: Workspace, tmp_path: Path, here: list[int]
) -> None:
    tasks = export_of(toy_workspace)
    file, taker = tmp_path / "export.json", Taker(toy_workspace)
    file.write_text(json.dumps(tasks), "utf-8")
    alone = taken(convert(file, taker, {7: "ann-3"}))
    assert [each["id"] for _, _, each in alone[0]] == here == [*range(1, len(tasks) + 1)]
    here.clear()
    assert taken(convert(file, taker, {7: "ann-3"}, workers=2)) == alone
    assert here == []
    assert {document.annotator for made, _, _ in alone[0] for document in made.documents} == {"ann-3"}
    assert any(made.rejected for made, _, _ in alone[0])

    meta = tasks[2]["annotations"][0]["result"][0].setdefault("meta", {})
    meta["text"] = ["half of a character: \ud800"]
    file.write_text(json.dumps(tasks), "utf-8")
    whole = taken(convert(file, taker, {}))
    here.clear()
    assert taken(convert(file, taker, {}, workers=2)) == whole
    assert here == [*range(3, len(tasks) + 1)]  # from there on it takes the parser that knows such

    del meta["text"]
    tasks[3]["last"] = 0
    file.write_text(json.dumps(tasks), "utf-8")
    written, nested = file.read_bytes(), b"[" * 60 + b"]" * 60
    place = written.index(b'"last": 0')
    for broken, said in (
        (written[:place], "is not JSON"),
        (written[:place] + b'"x": NaN, ' + written[place:], "NaN is no JSON value"),
        (written[:place] + b'"x": "\xff", ' + written[place:], "is not UTF-8"),
        (written[:place] + b'"annotations": 3, ' + written[place:], "item 3 is no task"),
        (written[:place] + b'"x": ' + nested + b", " + written[place:], "nested deeper than"),
        (written[:place] + b'"x": 9999999999999999999999, ' + written[place:], "larger than any id"),
        (written + b" x", "is not JSON"),
    ):
        file.write_bytes(broken)
        made, fault = taken(convert(file, taker, {}))
        assert said in fault
        assert len(made) == (len(tasks) if broken.endswith(b" x") else 3)
        assert taken(convert(file, taker, {}, workers=2)) == (made, fault)


@pytest.mark.slow
def test_an_import_by_two_processes_says_and_writes_what_one_does(
    run: Run, toy_workspace: Workspace, tmp_path: Path
) -> None:
    file = tmp_path / "export.json"
    file.write_text(json.dumps(export_of(toy_workspace)), "utf-8")
    folder = toy_workspace.root / "corpus/annotations"
    said = []
    for workers in (1, 2):
        done = run("annotate", "import", file, "-v", "--workers", workers, cwd=toy_workspace.root)
        files = {path: path.read_bytes() for path in folder.rglob("user-7/*.json")}
        said.append((done.returncode, done.stdout, done.stderr, files))
        for path in files:
            path.unlink()
    assert said[0] == said[1]
    assert said[0][0] == 1
    assert len(said[0][3]) > 1
