"""A toy workspace beside the stand-in, and what annotators and their project do in it."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.frozen.command import Ended, require, run
from tests.frozen.label_studio import Studio
from tests.frozen.workspaces import ENVOY, HARVEST, MINISTER, lay_toy

LOCAL = ".stancebank/label-studio"
PUSH = ("annotate", "push", "--gold", "--annotations", "user-2", "--json")
PULL = ("annotate", "pull", "--json")


def lay(root: Path, workspace: Callable[[Path], Path] = lay_toy) -> Path:
    """Lay the toy workspace with what user-2 made of two articles. workspace: what lays it, in either edition."""
    workspace(root)
    for article_id in (ENVOY, MINISTER):
        write_as(root, article_id, "user-2")
    return root


def write_as(root: Path, article_id: str, annotator: str) -> None:
    """Write the gold document of an article as an annotator's."""
    document = json.loads((root / f"corpus/gold/{article_id}.json").read_bytes())
    document |= {"annotator": annotator, "origin": "human"}
    for key in ("gold", "retired"):
        document.pop(key, None)
    write_json(root / f"corpus/annotations/{annotator}/{article_id}.json", document)


def write_json(path: Path, value: Any) -> None:
    """Write a record in its form."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n", "utf-8", newline="")


def change_document(path: Path, stance: str = "doubt") -> None:
    """Give the first statement of a document another stance, as a person with an editor does."""
    document = json.loads(path.read_bytes())
    document["statements"][0]["stance"] = stance
    write_json(path, document)


def push(root: Path, studio: Studio, *more: str) -> Ended:
    """Push as every test does."""
    return require(*PUSH, *more, cwd=root, **studio.env)


def pull(root: Path, studio: Studio, *more: str) -> Ended:
    """Pull, whatever comes of it."""
    return run(*PULL, *more, cwd=root, **studio.env)


def other_stance(result: list[dict[str, Any]], stance: str = "doubt") -> list[dict[str, Any]]:
    """Return the same labels with another stance of the first statement."""
    changed: list[dict[str, Any]] = json.loads(json.dumps(result))
    first = next(item for item in changed if item.get("from_name") == "stance")
    first["value"]["choices"] = [stance]
    return changed


def label_all(studio: Studio) -> dict[str, int]:
    """Let annotators submit what is shown to them. Return the annotations of user-3, by article."""
    made = {}
    for article_id in (ENVOY, MINISTER, HARVEST):
        task = studio.task_of(article_id)
        made[article_id] = studio.label("user-3", task, studio.shown(task))["id"]
    studio.label("user-2", studio.task_of(HARVEST), [], was_cancelled=True)
    return made


def label_more(studio: Studio, made: dict[str, int]) -> None:
    """Let an annotator change one of them and remove another, and the other one skip nothing any more."""
    task = studio.task_of(ENVOY)
    studio.relabel(made[ENVOY], other_stance(studio.shown(task)))
    studio.delete("annotations", made[HARVEST])


def plain(value: Any, studio: Studio, root: Path) -> Any:
    """Return a value without the address of the server, the place of the workspace and the days of this year."""
    text = json.dumps(value, ensure_ascii=False)
    text = text.replace(studio.url or "http://nowhere.example", "http://server").replace(str(root), "ROOT")
    return json.loads(re.sub(r"process \d+", "process N", text))
