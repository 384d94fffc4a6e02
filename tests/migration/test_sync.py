"""The queue on a server: only its articles are pushed, with the questions said, and a pull takes the answers."""

import json
from pathlib import Path
from typing import Any

import pytest

from stancebank.annotate.decode.document import from_task
from stancebank.annotate.encode import to_task
from stancebank.annotate.interface_settings import load_interface
from stancebank.annotate.lists import make_lists
from stancebank.annotate.sync.push import with_questions
from stancebank.workspace import open_workspace
from tests.frozen.command import require
from tests.frozen.command import run as run_process
from tests.frozen.label_studio import Studio, serving
from tests.migration.changing import content, draft, lay, run

pytestmark = pytest.mark.slow


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = draft("first", lay("first", tmp_path / "w"))
    run(root, "schema", "migrate")
    return root


def queued(root: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in json.loads(run(root, "schema", "queue", "--json").stdout):
        found.setdefault(each["article"], []).append(each["statement"])
    return found


def test_a_push_of_the_queue_brings_what_waits_and_a_pull_empties_it(root: Path) -> None:
    waiting = queued(root)
    assert 0 < len(waiting) < len(list((root / "corpus/articles").glob("*.json")))
    with serving(Studio()) as studio:
        pushed = json.loads(require("annotate", "push", "--queue", "--json", cwd=root, **studio.env).out)
        assert {each["article_id"] for each in pushed["create"]} == set(waiting)
        again = json.loads(require("annotate", "push", "--queue", "--json", cwd=root, **studio.env).out)
        assert {each["article_id"] for each in again["unchanged"]} == set(waiting)
        for article_id, statements in waiting.items():
            task = studio.task_of(article_id)
            data = studio.data["tasks"][task]["data"]
            assert "Is it urgent? (urgency): statement " in data["title"]
            assert data["queue"] in data["title"]
            shown = studio.shown(task)
            assert len({item["id"] for item in shown if item.get("from_name") == "target_id"}) >= len(statements)
            studio.label("user-3", task, [*shown, *_answers(shown, "low")])
        ended = run_process("annotate", "pull", cwd=root, **studio.env)
        assert ended.code == 0, ended.err
        assert "taken; 0 fields of these articles still to be answered." in ended.err
    assert queued(root) == {}
    run(root, "check")
    for article_id in waiting:
        gold = json.loads((root / f"corpus/gold/{article_id}.json").read_bytes())
        assert "pending" not in gold
        assert all(each["urgency"] in ("low", "high") for each in gold["statements"])
        assert any(each["urgency"] == "low" for each in gold["statements"])


def _answers(shown: list[dict[str, Any]], value: str) -> list[dict[str, Any]]:
    """An answer for each content that has none."""
    answered = {item["id"] for item in shown if item.get("from_name") == "urgency"}
    stances = [item for item in shown if item.get("from_name") == "stance" and item["id"] not in answered]
    return [{**each, "from_name": "urgency", "value": {**each["value"], "choices": [value]}} for each in stances]


def test_without_anything_that_waits_nothing_is_pushed(tmp_path: Path) -> None:
    root = lay("first", tmp_path / "w")
    with serving(Studio()) as studio:
        ended = run_process("annotate", "push", "--queue", cwd=root, **studio.env)
    assert (ended.code, ended.err.strip()) == (1, "stancebank: Nothing waits for an answer. Nothing was pushed.")


def test_a_task_of_the_older_version_is_told_in_one_line(tmp_path: Path) -> None:
    root = draft("first", lay("first", tmp_path / "w"))
    with serving(Studio()) as studio:
        require("annotate", "push", "--gold", cwd=root, **studio.env)
        run(root, "schema", "migrate")
        before = content(root)
        task = studio.task_of(next((root / "corpus/gold").glob("*.json")).stem)
        studio.label("user-3", task, studio.shown(task))
        ended = run_process("annotate", "pull", cwd=root, **studio.env)
        assert ended.code == 1
        assert "the task was made for schema v1, and this workspace follows v2." in ended.err
        assert "`stancebank annotate push` brings the project to the workspace's interface" in ended.err
    corpus = {name: data for name, data in content(root).items() if name.startswith("corpus/")}
    assert corpus == {name: data for name, data in before.items() if name.startswith("corpus/")}


def test_a_document_that_waits_is_shown_without_the_answer(root: Path) -> None:
    workspace = open_workspace(root)
    store = workspace.store
    gold = next(each for each in store.documents(None) if each.pending)
    article = store.article(gold.article_id)
    text = store.text(article)
    assert text is not None
    interface = load_interface(workspace)
    lists = make_lists(store.entities(), store.targets(), [], interface)
    task = to_task(article, text, [gold], lists, interface, guideline_version="1.0")
    told = with_questions({article.id: task}, [gold])[article.id]
    assert told["data"]["title"].startswith(task["data"]["title"])
    answered = [each for each in task["predictions"][0]["result"] if each.get("from_name") == "urgency"]
    assert len(answered) == len(gold.statements) - len(gold.pending)
    whole = {**task, "id": 1, "annotations": [{"id": 2, "result": task["predictions"][0]["result"], **_STAMP}]}
    (reading,) = from_task(whole, workspace.scheme).readings
    assert reading.document is None or len(reading.document.statements) == len(answered)


_STAMP = {"created_at": "2031-02-12T08:00:00Z", "updated_at": "2031-02-12T08:00:00Z", "completed_by": 3}
