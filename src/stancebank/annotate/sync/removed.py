"""Tasks that go, or lose labels: what they held is kept on this machine, as the server gave it."""

import gzip
import json
from pathlib import Path
from typing import Any

from stancebank.corpus.store import is_id
from stancebank.records import write_bytes

Json = dict[str, Any]


def count_labels(task: Json) -> int:
    """Return how many annotations, skipped ones too, and drafts of anybody a whole task has."""
    return len(task.get("annotations") or ()) + len(task.get("drafts") or ())


def article_folder(task: Json) -> str:
    """Return the name of the folder for what belongs to a task's article: its id, or ``_unknown`` where it has none."""
    data = task.get("data")
    name = str(data.get("article_id") or "") if isinstance(data, dict) else ""
    return name if is_id(name) else "_unknown"


def keep(folder: Path, task: Json) -> Path:
    """Keep a whole task below the folder of its project, wholly or not at all, and return where.

    A task that was kept before with other labels stays beside it.
    """
    data = gzip.compress(json.dumps(task, ensure_ascii=False, sort_keys=True).encode(), mtime=0)
    place = folder / "removed" / article_folder(task)
    number = 0
    while True:
        path = place / (f"{task['id']}.json.gz" if not number else f"{task['id']}-{number}.json.gz")
        if not path.exists():
            break
        if path.read_bytes() == data:
            return path
        number += 1
    write_bytes(path, data)
    return path
