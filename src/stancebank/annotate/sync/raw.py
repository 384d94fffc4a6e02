"""The tasks as the server gave them, kept on this machine before anything is read out of them.

Below the folder of a project, ``raw/<article id>/<task>.json.gz`` is a task as it came last, and
``removed/<article id>/`` has earlier states of which something is gone. They hold the words of the article: whatever
is named for an article there belongs to it, see `stancebank.corpus.holdings`.
"""

import gzip
import json
from pathlib import Path
from typing import Any

from stancebank.annotate.sync.removed import article_folder, keep
from stancebank.records import write_bytes

Json = dict[str, Any]


class RawTasks:
    """The raw tasks of one project. folder: of the project in the local store."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._paths = {int(path.name.partition(".")[0]): path for path in (folder / "raw").glob("*/*.json.gz")}

    def keep(self, task: Json) -> None:
        """Keep a task, wholly or not at all. Its state before stays, too, where labels of it are gone now."""
        number = int(task["id"])
        path = self._folder / "raw" / article_folder(task) / f"{number}.json.gz"
        data = gzip.compress(json.dumps(task, ensure_ascii=False, sort_keys=True).encode(), mtime=0)
        before = self._paths.get(number)
        if before == path and path.read_bytes() == data:
            return
        if before is not None:
            earlier = self.read(number)
            if earlier is not None and _items(earlier) - _items(task):
                keep(self._folder, earlier)
        write_bytes(path, data)
        if before is not None and before != path:
            before.unlink(missing_ok=True)
        self._paths[number] = path

    def read(self, number: int) -> Json | None:
        """Return a task as it came last; None where it never did, or the file is damaged."""
        path = self._paths.get(number)
        if path is None:
            return None
        try:
            return dict(json.loads(gzip.decompress(path.read_bytes())))
        except (OSError, EOFError, ValueError):
            return None

    def put_away(self, number: int) -> None:
        """Move a task that is gone from the server to those that were removed."""
        task = self.read(number)
        if task is not None:
            keep(self._folder, task)
        path = self._paths.pop(number, None)
        if path is not None:
            path.unlink(missing_ok=True)


def _items(task: Json) -> set[tuple[Any, str]]:
    """Return the items of all annotations, each with the annotation that it is in."""
    return {
        (annotation.get("id"), json.dumps(item, sort_keys=True))
        for annotation in task.get("annotations") or ()
        for item in annotation.get("result") or ()
    }
