"""What comes from something else than Label Studio is one clear error, wherever it comes; nothing is harmed by it."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stancebank.annotate.client import Server
from stancebank.errors import ServerError
from tests.annotate.sync.losing import answering
from tests.conftest import Run

ASKED: dict[str, Callable[[Server], Any]] = {
    "GET /api/version": lambda server: server.version(),
    "GET /api/current-user/whoami": lambda server: server.me(),
    "GET /api/users/": lambda server: server.users(),
    "GET /api/projects/": lambda server: list(server.projects()),
    "GET /api/projects/4/": lambda server: server.project(4),
    "POST /api/projects/": lambda server: server.create_project({}),
    "PATCH /api/projects/4/": lambda server: server.update_project(4, {}),
    "GET /api/tasks/": lambda server: list(server.tasks(4, ["data", "predictions"])),
    "GET /api/projects/4/export": lambda server: server.whole_tasks(4, [1]),
    "POST /api/projects/4/import": lambda server: server.import_tasks(4, []),
    "POST /api/tasks/5/annotations/": lambda server: server.create_annotation(5, {}),
    "PATCH /api/annotations/6/": lambda server: server.update_annotation(6, {}),
    "GET /api/predictions/": lambda server: server.predictions(4),
    "POST /api/predictions/": lambda server: server.create_prediction(5, {}),
}
"""Every method that reads a reply, by what it asks."""

OTHERS: list[Any] = [
    *(None, True, 7, "text", [None], [[]], {}, [{}], [{"detail": "no"}], {"detail": "no"}),
    *({"id": "1"}, [{"id": "1"}], {"id": None}, [{"id": 1.5, "data": {}, "annotations": [], "result": []}]),
    *({"tasks": {}, "total": 0}, {"tasks": [{"id": 1}]}, {"tasks": [{"data": 1, "id": 1}], "total": 1}),
    *({"results": [{"id": 1}], "count": 1}, {"results": [], "count": "none"}, {"task_ids": 3}, {"task_ids": ["1"]}),
    *({"release": 1.2}, [{"id": 1, "data": {}, "annotations": [{"id": 2, "result": {}}]}], [{"id": 1, "result": "x"}]),
]
"""JSON that no method takes: right for none of them, or for another."""


@pytest.mark.parametrize("asked", ASKED)
def test_a_reply_of_another_form_is_one_error_with_its_place_and_mend(asked: str) -> None:
    told = 0
    reply: list[Any] = []
    with answering(lambda *_: (200, reply[-1])) as url:
        server = Server(url, "a-secret-token")
        for other in OTHERS:
            if asked == "GET /api/users/" and isinstance(other, list) and dict_of(other).get("id") == 1:
                continue  # an account that says nothing else
            reply.append(other)
            with pytest.raises(ServerError) as caught:
                ASKED[asked](server)
            said = str(caught.value)
            assert f"({asked})" in said, (other, said)
            assert "the reply is not one of Label Studio: " in said
            assert "Hint: run `stancebank annotate doctor`" in said
            assert "a-secret-token" not in said
            assert caught.value.in_doubt  # it may have done what it was asked for
            told += 1
    assert told >= len(OTHERS) - 2


def dict_of(values: list[Any]) -> dict[str, Any]:
    return values[0] if values and isinstance(values[0], dict) else {}


@pytest.mark.parametrize("body", [b"", b"<html>hello</html>", b"\xff\xfe", b'{"id": 1'])
def test_what_is_no_json_is_told_as_such(body: bytes) -> None:
    with answering(lambda *_: (200, body)) as url:
        server = Server(url, "t")
        for ask in ASKED.values():
            with pytest.raises(ServerError, match="is not JSON") as caught:
                ask(server)
            assert "Hint: " in str(caught.value)


def files_of(root: Path) -> dict[Path, bytes]:
    """All files but those that a lock needs."""
    return {
        path: path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and path.name not in ("lock", ".gitignore") and not path.is_symlink()
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "body"),
    [("push", {}), ("push --dry-run", []), ("pull", {"results": [{"id": 1}], "count": 1}), ("status", [{"id": "x"}])],
)
def test_a_command_that_gets_it_ends_with_3_and_leaves_everything(
    toy_root: Path, run: Run, command: str, body: Any
) -> None:
    before = files_of(toy_root)
    with answering(lambda *_: (200, body)) as url:
        done = run(
            "annotate", *command.split(), cwd=toy_root, LABEL_STUDIO_URL=url, LABEL_STUDIO_API_KEY="a-secret-token"
        )
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.count("Hint: ") == 1
    assert "Traceback" not in done.stderr
    assert "a-secret-token" not in done.stderr
    assert files_of(toy_root) == before


@pytest.mark.slow
def test_the_doctor_says_who_answers(toy_root: Path, run: Run) -> None:
    bodies: tuple[object, ...] = ([], [1], None, {"release": []}, {"label-studio-os-package": 1, "release": []})
    for body in bodies:
        with answering(lambda *_, body=body: (200, body)) as url:
            done = run(
                "annotate", "doctor", "--json", cwd=toy_root, LABEL_STUDIO_URL=url, LABEL_STUDIO_API_KEY="0" * 40
            )
        assert "Traceback" not in done.stderr, done.stderr
        assert {each["code"] for each in json.loads(done.stdout)["checks"]} & {"reach-stranger", "token-unknown"}


@pytest.mark.slow
def test_a_watch_waits_for_what_answers_in_its_place(toy_root: Path) -> None:
    code = "from stancebank.cli import main; main()"
    with answering(lambda *_: (200, [{"detail": "no"}])) as url:
        process = subprocess.Popen(
            [sys.executable, "-c", code, "annotate", "watch", "--every", "1"],
            cwd=toy_root,
            env={"LABEL_STUDIO_URL": url, "LABEL_STUDIO_API_KEY": "t", "PATH": "", "HOME": str(toy_root)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if line == "Waiting for it.\n":
                break
        process.terminate()
        rest, _ = process.communicate(timeout=60)
    assert process.returncode == 0, said + rest
    assert "the reply is not one of Label Studio" in said
    assert rest == "Stopped.\n"
