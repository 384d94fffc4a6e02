"""Tasks as Label Studio would hand them back, and a count of what is in them that knows nothing of the converter."""

import json
from collections import Counter
from typing import Any

from stancebank.annotate.lists import Lists, make_lists
from stancebank.annotate.tasks import to_task
from stancebank.corpus.store import Store
from stancebank.model import Article, Document
from tests.conftest import TOY

ANNOTATED = frozenset({"title", "standfirst", "body", "caption"})


def toy_lists() -> Lists:
    store = Store(TOY)
    return make_lists(store.entities(), store.targets(), store.documents(None))


def task_of(article: Article, text: str, document: Document, profile: Any = "full") -> dict[str, Any]:
    """The task of a reading, as if an annotator had submitted the pre-annotation unchanged; by way of JSON."""
    task = to_task(article, text, [document], LISTS, annotated=ANNOTATED, guideline_version="1.0", profile=profile)
    return submitted(task, task["predictions"][0]["result"])


def submitted(task: dict[str, Any], result: list[Any]) -> dict[str, Any]:
    """A task with one annotation, as an export has it."""
    annotation = {
        "id": 5,
        "completed_by": 7,
        "created_at": "2031-02-12T08:00:00.123456Z",
        "updated_at": "2031-02-12T08:30:00.000001Z",
        "was_cancelled": False,
        "result": result,
    }
    return json.loads(json.dumps({"id": 3, "project": 2, "data": task["data"], "annotations": [annotation]}))


def count_raw(task: dict[str, Any]) -> Counter[str]:
    """Regions, relations and items of all annotations, counted from the JSON alone."""
    counted: Counter[str] = Counter()
    for annotation in task["annotations"]:
        if annotation.get("was_cancelled"):
            continue
        for item in annotation["result"]:
            counted["items"] += 1
            if isinstance(item, dict) and item.get("type") == "relation":
                counted["relations"] += 1
            elif isinstance(item, dict) and item.get("type") == "labels":
                counted["regions"] += 1
    return counted


LISTS = toy_lists()
