"""New tasks go to the server in batches; a lost reply never doubles one."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from stancebank.annotate.server import Server
from stancebank.annotate.sync.doubt import Patience, send

Json = dict[str, Any]

TASKS, BYTES = 100, 8_000_000  # of a batch: as fast as larger ones, in a quarter of the server's memory
AGAIN = 2  # a batch is sent anew so often, after it was looked for in vain; what came late is a double, and removed


def batches(tasks: Iterable[Json]) -> Iterator[list[Json]]:
    """Yield tasks in batches of at most `TASKS` tasks and `BYTES` bytes; one task that is larger goes alone."""
    batch: list[Json] = []
    size = 0
    for task in tasks:
        own = len(json.dumps(task))
        if batch and (len(batch) == TASKS or size + own > BYTES):
            yield batch
            batch, size = [], 0
        batch.append(task)
        size += own
    if batch:
        yield batch


def import_batch(server: Server, project: int, batch: list[Json], patience: Patience) -> dict[str, int]:
    """Make the tasks of a batch, and return their ids by article id. An import makes all of them or none.

    Raises ServerError where the server has not made them, and will not.
    """
    articles = [str(task["data"]["article_id"]) for task in batch]
    words = {task["data"]["article_id"]: task["data"]["text_sha256"] for task in batch}

    def do() -> dict[str, int]:
        return dict(zip(articles, server.import_tasks(project, batch), strict=True))

    def look() -> dict[str, int] | None:
        found: dict[str, int] = {}
        for task in server.tasks(project, ["data"], articles=articles):
            article_id = str(task["data"].get("article_id"))
            if task["data"].get("text_sha256") == words.get(article_id):
                found.setdefault(article_id, int(task["id"]))
        return found if found.keys() == set(articles) else None

    return send(do, look, patience, again=AGAIN)
