"""What push and pull ask of a server, what they do to the disk, and what they leave there."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tests.frozen.disk import RECORDER
from tests.frozen.label_studio import Studio
from tests.frozen.scene import (
    LOCAL,
    change_document,
    label_all,
    label_more,
    lay,
    plain,
    pull,
    push,
)
from tests.frozen.snapshots import compare
from tests.frozen.workspaces import ENVOY, MINISTER, digest


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The root of a workspace in which user-2 has annotated."""
    return lay(tmp_path / "toy")


def local_state(root: Path) -> dict[str, Any]:
    """Return what a workspace holds of documents and of the server: digests, and what is JSON or packed as it is."""
    found: dict[str, Any] = {}
    for path in sorted([*root.glob("corpus/annotations/*/*"), *root.glob(f"{LOCAL}/**/*")]):
        name = path.relative_to(root).as_posix()
        if path.is_file() and path.name != "lock":
            if name.startswith("corpus/"):
                found[name] = digest(path)
            else:
                data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
                found[name] = json.loads(data)
    return found


def test_a_push_makes_its_frozen_requests_and_writes(root: Path, studio: Studio) -> None:
    steps: dict[str, Any] = {}

    def step(name: str, *options: str) -> None:
        with RECORDER.watching(root) as writes:
            ended = push(root, studio, *options)
        steps[name] = {"requests": studio.taken(), "writes": list(writes), "done": json.loads(ended.out)}

    step("dry run", "--dry-run")
    step("first")
    step("nothing to do")
    change_document(root / f"corpus/gold/{ENVOY}.json")
    change_document(root / f"corpus/annotations/user-2/{MINISTER}.json")
    article = root / f"corpus/articles/{MINISTER}.json"
    value = json.loads(article.read_bytes())
    value["title"]["value"] = "Another title"
    article.write_text(json.dumps(value), "utf-8")
    step("after edits")
    step("blind", "--blind", "user-2", "--blind", "user-3")
    compare("sync/push", plain(steps, studio, root))
    compare("sync/push-server", plain(studio.dump(), studio, root))


def test_a_pull_makes_its_frozen_requests_and_writes(root: Path, studio: Studio) -> None:
    steps: dict[str, Any] = {}

    def step(name: str, *options: str) -> None:
        with RECORDER.watching(root) as writes:
            ended = pull(root, studio, *options)
        requests = studio.taken()
        assert {method for method, *_ in requests} == {"GET"}
        done = {"code": ended.code, "out": json.loads(ended.out), "err": ended.err}
        steps[name] = {"requests": requests, "writes": list(writes), "state": local_state(root), **done}

    push(root, studio)
    made = label_all(studio)
    studio.taken()
    step("dry run", "--dry-run")
    step("first")
    step("nothing to do")
    label_more(studio, made)
    step("after changes")
    step("all tasks", "--full")
    change_document(root / f"corpus/annotations/user-3/{MINISTER}.json", "deny")
    studio.relabel(made[MINISTER], studio.shown(studio.task_of(MINISTER))[:-1])
    step("conflict")
    step("ours", "--ours", MINISTER)
    compare("sync/pull", plain(steps, studio, root))
