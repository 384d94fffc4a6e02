"""All that a server and a workspace hold, by content: what two runs must agree in, whatever numbers were given out."""

import gzip
import json
import re
from pathlib import Path
from typing import Any

from tests.faults.server import MortalStudio

SETTINGS = ("title", "description", "label_config", "expert_instruction", "maximum_annotations", "color")
ANNOTATION = ("result", "completed_by", "was_cancelled", "ground_truth", "lead_time")
GIVEN_OUT = ("label_studio", "annotation", "updated_at", "created_at", "joined")


def server_state(server: MortalStudio) -> list[Any]:
    """Every project with its settings and its tasks, every task with its data, predictions, annotations and drafts."""
    projects = [_project(server, each["id"]) for each in server.ask("GET", "/api/projects/?page_size=1000")["results"]]
    return _sorted(projects)


def _project(server: MortalStudio, number: int) -> dict[str, Any]:
    settings = server.ask("GET", f"/api/projects/{number}/")
    tasks = server.ask("GET", f"/api/projects/{number}/export?exportType=JSON&download_all_tasks=true")
    listed = server.ask("GET", f"/api/tasks/?project={number}&page_size=10000")["tasks"]
    assert sorted(each["id"] for each in tasks) == sorted(each["id"] for each in listed)
    predictions: dict[int, list[Any]] = {}
    for each in server.ask("GET", f"/api/predictions/?project={number}"):
        kept = {"model_version": each["model_version"], "result": each["result"], "score": each["score"]}
        predictions.setdefault(each["task"], []).append(kept)
    return {key: settings.get(key) for key in SETTINGS} | {
        "tasks": _sorted(
            {
                "article": each["data"].get("article_id"),
                "data": each["data"],
                "predictions": _sorted(predictions.get(each["id"], [])),
                "annotations": _sorted({key: one.get(key) for key in ANNOTATION} for one in each["annotations"]),
                "drafts": _sorted(one["result"] for one in each["drafts"]),
            }
            for each in tasks
        )
    }


def tally(state: list[Any]) -> tuple[int, int, int, int]:
    """Count projects, tasks, predictions and annotations of a server's state."""
    tasks = [task for project in state for task in project["tasks"]]
    return (
        len(state),
        len(tasks),
        sum(len(task["predictions"]) for task in tasks),
        sum(len(task["annotations"]) for task in tasks),
    )


def empty(server: MortalStudio) -> None:
    """Delete every project."""
    for each in server.ask("GET", "/api/projects/?page_size=1000")["results"]:
        server.ask("DELETE", f"/api/projects/{each['id']}/")


def exact_state(root: Path) -> dict[str, Any]:
    """Every file of a workspace by its path. What is packed is unpacked.

    Left out are the lock, when the last pull was, and what is left of a file whose writer was killed: nobody reads it.
    """
    found: dict[str, Any] = {}
    for path in sorted(root.rglob("*")):
        if path.is_file() and path.name not in ("lock", "pulled.json") and not path.name.endswith(".part"):
            data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
            value = data.decode("utf-8", "backslashreplace")
            is_json = path.suffix == ".json" or path.name.endswith(".json.gz")
            found[path.relative_to(root).as_posix()] = json.loads(value) if is_json else value
    return found


def workspace_state(root: Path) -> dict[str, Any]:
    """Every file of a workspace, without the numbers and times that a server gives out."""
    state = exact_state(root)
    return {re.sub(r"/projects/\d+-\d+/", "/projects/P/", name): _nameless(value) for name, value in state.items()}


def _nameless(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _nameless(each) for key, each in value.items() if key not in GIVEN_OUT}
    return [_nameless(each) for each in value] if isinstance(value, list) else value


def _sorted(values: Any) -> list[Any]:
    return sorted(values, key=lambda each: json.dumps(each, sort_keys=True))
