"""What push and pull ask of a server, what they do to the disk, and what they leave there."""

import gzip
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.frozen.disk import RECORDER
from tests.frozen.label_studio import Studio, body_digest, serving
from tests.frozen.scene import (
    LOCAL,
    change_document,
    label_all,
    label_more,
    lay,
    other_stance,
    plain,
    pull,
    push,
)
from tests.frozen.snapshots import compare
from tests.frozen.workspaces import ENVOY, MINISTER, digest, digests, lay_first_toy, lay_toy


@pytest.fixture(params=["", "second-"], ids=["edition 1", "edition 2"])
def edition(request: pytest.FixtureRequest) -> str:
    """What the names of values begin with: the same content in a scheme of either edition."""
    return str(request.param)


@pytest.fixture
def root(tmp_path: Path, edition: str) -> Path:
    """The root of a workspace in which user-2 has annotated."""
    return lay(tmp_path / "toy", lay_toy if edition else lay_first_toy)


def documents(root: Path) -> dict[str, str]:
    """Return the digests of the annotators' documents."""
    return digests(root / "corpus/annotations", "*.json")


def memory(root: Path) -> dict[str, Any]:
    """Return what a workspace remembers of the server: tasks and documents by their digests, the rest as it is.

    Left out is when it was pulled last, by the steady clock of this machine.
    """
    found: dict[str, Any] = {}
    for path in sorted((root / LOCAL).rglob("*")):
        name = path.relative_to(root / LOCAL).as_posix()
        if path.suffix == ".gz":  # which another zlib packs to other bytes
            found[name] = hashlib.sha256(gzip.decompress(path.read_bytes())).hexdigest()
        elif path.is_file() and path.name not in ("lock", "pulled.json"):
            is_document = "/conflicts/" in name or "/removed/" in name
            found[name] = digest(path) if is_document else json.loads(path.read_bytes())
    return found


def compare_each(name: str, steps: dict[str, dict[str, Any]]) -> None:
    """Compare what was seen of all steps, a file for each of what was looked at, so that one may change alone."""
    for what in sorted({key for seen in steps.values() for key in seen}):
        compare(f"sync/{name}-{what}", {step: seen[what] for step, seen in steps.items()})


@pytest.mark.slow
def test_a_push_makes_its_frozen_requests_and_writes(root: Path, studio: Studio, edition: str) -> None:
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
    compare_each(f"{edition}push", plain(steps, studio, root))
    server = {kind: {number: body_digest(each) for number, each in held.items()} for kind, held in studio.data.items()}
    compare(f"sync/{edition}push-server", server)


@pytest.mark.slow
def test_a_pull_makes_its_frozen_requests_and_writes(root: Path, studio: Studio, edition: str) -> None:
    steps: dict[str, Any] = {}

    def step(name: str, *options: str) -> None:
        with RECORDER.watching(root) as writes:
            ended = pull(root, studio, *options)
        requests = studio.taken()
        assert {method for method, *_ in requests} == {"GET"}
        done = {"code": ended.code, "out": json.loads(ended.out), "err": ended.err}
        held = {"documents": documents(root), "memory": memory(root)}
        steps[name] = {"requests": requests, "writes": list(writes), **held, "done": done}

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
    studio.relabel(made[MINISTER], other_stance(studio.shown(studio.task_of(MINISTER))))
    step("conflict")
    step("ours", "--ours", MINISTER)
    compare_each(f"{edition}pull", plain(steps, studio, root))


@pytest.mark.slow
def test_a_pull_that_was_killed_in_release_0_1_0_is_completed(tmp_path: Path) -> None:
    kept = Path(__file__).parent / "interrupted"
    root = lay_first_toy(tmp_path / "toy")
    with serving(Studio.load(json.loads(gzip.decompress((kept / "server.json.gz").read_bytes())))) as studio:
        shutil.copytree(kept / "annotations", root / "corpus/annotations")
        shutil.copytree(kept / "label-studio", root / LOCAL)
        for path in (root / LOCAL).rglob("*.json"):
            path.write_text(path.read_text("utf-8").replace("http://server.example", studio.url), "utf-8")
        ended = pull(root, studio)
        found = {"code": ended.code, "out": json.loads(ended.out), "documents": documents(root)}
        compare("sync/interrupted", plain(found, studio, root))
        again = json.loads(pull(root, studio).out)["counts"]
        assert again.keys() <= {"local-newer", "skipped", "unchanged"}
