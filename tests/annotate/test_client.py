"""The one door to a Label Studio server: against a real one, and against small ones that fail on purpose."""

import json
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from stancebank.annotate.client import PAGE, Server
from stancebank.annotate.sync.projects import create_project, find_projects, project_mark, project_title
from stancebank.errors import ConflictError, InputError, ServerError
from stancebank.workspace import Workspace
from tests.annotate.sync.losing import Answer, answering, name_workspace
from tests.studio import Studio

XML = (
    '<View><Labels name="span" toName="text"><Label value="one"/><Label value="two"/></Labels>'
    '<Text name="text" value="$text"/></View>'
)
LESS = XML.replace('<Label value="two"/>', "")
SPAN = {
    "id": "r",
    "from_name": "span",
    "to_name": "text",
    "type": "labels",
    "value": {"start": 0, "end": 1, "text": "w", "labels": ["two"]},
}


@pytest.fixture
def project(server: Server) -> Iterator[int]:
    """The id of an empty project."""
    number = int(server.create_project({"title": "A door", "label_config": XML})["id"])
    yield number
    server.delete_project(number)


def some_tasks(count: int) -> list[dict[str, Any]]:
    return [{"data": {"article_id": f"a-{number}", "text": "words"}} for number in range(count)]


@pytest.mark.server
def test_it_says_who_it_is_and_who_asks(server: Server) -> None:
    assert server.version().startswith("1.")
    assert server.me() in server.users()


@pytest.mark.server
def test_tasks_of_several_pages_come_once_each_and_can_be_chosen_by_article(server: Server, project: int) -> None:
    made = server.import_tasks(project, some_tasks(2 * PAGE + 3))
    assert [task["id"] for task in server.tasks(project, ["data"])] == made
    chosen = server.tasks(project, ["data"], articles=["a-0", "a-202", "a-999"])
    assert [task["data"]["article_id"] for task in chosen] == ["a-0", "a-202"]
    assert [task["id"] for task in server.whole_tasks(project, [made[-1], made[0], 10**6])] == [made[0], made[-1]]


@pytest.mark.server
def test_tasks_changed_since_a_time_are_found(server: Server, project: int) -> None:
    first, second = server.import_tasks(project, some_tasks(2))
    now = max(task["updated_at"] for task in server.tasks(project, ["updated_at"]))
    server.update_task(first, {"text": "other words"})
    found = {task["id"] for task in server.tasks(project, ["updated_at"], since=now)}
    assert first in found
    assert server.whole_tasks(project, [second])[0]["data"]["text"] == "words"


@pytest.mark.server
def test_annotations_predictions_and_tasks_are_made_changed_and_deleted(server: Server, project: int) -> None:
    (task,) = server.import_tasks(project, some_tasks(1))
    made = server.create_annotation(task, {"result": [SPAN], "unique_id": "8c1f1b0e-0f3a-4b57-9d6c-0123456789ab"})
    with pytest.raises(ServerError) as caught:
        server.create_annotation(task, {"result": [], "unique_id": "8c1f1b0e-0f3a-4b57-9d6c-0123456789ab"})
    assert (caught.value.status, caught.value.in_doubt) == (409, False)
    server.update_annotation(made["id"], {"result": []})
    (whole,) = server.whole_tasks(project, [task])
    assert whole["annotations"][0]["unique_id"] == "8c1f1b0e-0f3a-4b57-9d6c-0123456789ab"
    assert whole["annotations"][0]["result"] == []
    prediction = server.create_prediction(task, {"model_version": "m", "result": [SPAN]})
    (listed,) = server.tasks(project, ["predictions"])
    assert [each["result"] for each in listed["predictions"]] == [[SPAN]]
    for _ in range(2):
        server.delete_prediction(prediction["id"])
        server.delete_annotation(made["id"])
        server.delete_task(task)
    assert server.predictions(project) == []
    assert server.whole_tasks(project, [task]) == []


@pytest.mark.server
def test_an_interface_is_judged_by_the_labels_in_use(server: Server, project: int) -> None:
    (task,) = server.import_tasks(project, some_tasks(1))
    assert server.check_interface(project, LESS) is None
    server.create_annotation(task, {"result": [SPAN]})
    assert "two" in str(server.check_interface(project, LESS))
    assert server.check_interface(project, XML) is None


@pytest.mark.server
def test_an_import_makes_all_tasks_or_none(server: Server, project: int) -> None:
    with pytest.raises(ServerError, match="item 1"):
        server.import_tasks(project, [*some_tasks(1), {"data": {"no": "text"}}])
    assert list(server.tasks(project, [])) == []


@pytest.mark.server
def test_a_wrong_token_is_told_and_never_shown(studio: Studio) -> None:
    with pytest.raises(ServerError) as caught:
        Server(studio.url, "a-secret-that-is-wrong").me()
    assert caught.value.status == 401
    assert "a-secret-that-is-wrong" not in str(caught.value)


@pytest.mark.server
def test_projects_are_found_by_their_mark_whatever_their_title(server: Server, toy_root: Path) -> None:
    workspace = name_workspace(toy_root, "marked")
    shared = create_project(server, workspace, None, XML, overlap=2)
    blind = create_project(server, workspace, "ann-1", XML)
    server.update_project(shared.id, {"title": "Another title"})
    server.update_project(blind.id, {"description": f"Ours.\n{project_mark(workspace, 'ann-1')}\nTake care."})
    assert [(each.id, each.annotator) for each in find_projects(server, workspace)] == [
        (shared.id, None),
        (blind.id, "ann-1"),
    ]
    second = create_project(server, workspace, None, XML)
    for each in (shared, second):
        server.import_tasks(each.id, some_tasks(1))
    with pytest.raises(ConflictError, match="Several projects"):
        find_projects(server, workspace)
    server.delete_project(second.id)
    assert shared.key != create_project(server, workspace, None, XML).key


def test_a_title_that_the_server_would_refuse_is_refused_before(toy_workspace: Workspace) -> None:
    with pytest.raises(InputError, match="50 characters"):
        project_title(toy_workspace, "a" * 60)


@pytest.mark.slow
def test_what_reads_is_tried_again_and_what_writes_is_sent_once() -> None:
    seen: list[str] = []

    def lose(method: str, path: str, number: int) -> Answer:
        seen.append(method)
        return (200, {"release": "1.2"}) if method == "GET" and number == 3 else None

    with answering(lose) as url:
        assert Server(url, "t").version() == "1.2"
        assert seen == ["GET"] * 3
        for write in (
            lambda: Server(url, "t").import_tasks(1, []),
            lambda: Server(url, "t").create_annotation(1, {}),
            lambda: Server(url, "t").update_task(1, {}),
            lambda: Server(url, "t").delete_task(1),
        ):
            seen.clear()
            with pytest.raises(ServerError) as caught:
                write()
            assert caught.value.in_doubt
            assert len(seen) == 1


QUICKLY = (0.01,) * 5  # pauses


@pytest.mark.slow
@pytest.mark.parametrize(("end", "tries"), [(None, 6), (502, 6), (503, 6), (429, 6), (500, 3), (404, 1), (403, 1)])
def test_how_often_a_read_is_tried_again_depends_on_how_it_ended(end: int | None, tries: int) -> None:
    seen: list[str] = []

    def fail(method: str, path: str, number: int) -> Answer:
        seen.append(path)
        return None if end is None else (end, {"detail": "no"})

    with answering(fail) as url, pytest.raises(ServerError):
        Server(url, "t", pauses=QUICKLY).version()
    assert len(seen) == tries


@contextmanager
def breaking(times: int, reply: bytes) -> Iterator[tuple[str, list[int]]]:
    """Serve a reply of which only the first half comes, with a reset, a number of times, and then all of it."""
    listener = socket.create_server(("127.0.0.1", 0))
    seen: list[int] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.recv(65536)
            seen.append(len(seen))
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(reply)}\r\nConnection: close\r\n\r\n".encode()
            connection.sendall(head + (reply[: len(reply) // 2] if len(seen) <= times else reply))
            if len(seen) <= times:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", seen
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


@pytest.mark.slow
def test_a_read_that_is_reset_in_the_middle_of_its_reply_is_tried_again() -> None:
    tasks = [{"id": 1, "data": {"text": "w" * 200_000}, "annotations": []}]
    with breaking(4, json.dumps(tasks).encode()) as (url, seen):
        assert Server(url, "t", pauses=QUICKLY).whole_tasks(1, [1]) == tasks
    assert len(seen) == 5


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed_with_the_token_or_the_words(method: str, status: int) -> None:
    seen: list[str] = []

    class Elsewhere(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            seen.append(self.path)
            self.send_response(200)
            self.end_headers()

        do_GET = do_POST = _answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Be silent."""

    class Moved(Elsewhere):
        def _answer(self) -> None:
            self.send_response(status)
            self.send_header("Location", f"http://localhost:{elsewhere.server_address[1]}/taken?token=t")
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST = _answer  # noqa: N815

    with HTTPServer(("127.0.0.1", 0), Elsewhere) as elsewhere, HTTPServer(("127.0.0.1", 0), Moved) as moved:
        for each in (elsewhere, moved):
            threading.Thread(target=each.serve_forever, args=(0.02,), daemon=True).start()
        server = Server(f"http://127.0.0.1:{moved.server_address[1]}", "secret-secret", pauses=QUICKLY)
        with pytest.raises(ServerError, match="which is not followed") as caught:
            server.version() if method == "GET" else server.import_tasks(1, [{"data": {"text": "words"}}])
        for each in (elsewhere, moved):
            each.shutdown()
    assert seen == []
    assert "secret-secret" not in str(caught.value)
    assert not caught.value.in_doubt


@pytest.mark.parametrize(("status", "in_doubt"), [(400, False), (404, False), (409, False), (500, True), (502, True)])
def test_only_a_failure_of_the_server_itself_leaves_doubt(status: int, in_doubt: bool) -> None:
    with answering(lambda *_: (status, {"detail": "no"})) as url, pytest.raises(ServerError) as caught:
        Server(url, "t").create_project({})
    assert (caught.value.status, caught.value.in_doubt) == (status, in_doubt)


def test_what_is_no_label_studio_is_told() -> None:
    with answering(lambda *_: (200, b"<html>hello</html>")) as url, pytest.raises(ServerError, match="is not JSON"):
        Server(url, "t").version()


@pytest.mark.slow
def test_a_list_that_never_stands_still_is_an_error_and_not_half_a_list() -> None:
    def shrink(method: str, path: str, number: int) -> Answer:
        return 200, {"tasks": [{"id": number}], "total": 1000 - number}

    with answering(shrink) as url, pytest.raises(ServerError, match="keeps changing while it is read"):
        list(Server(url, "t").tasks(1, []))


def test_json_of_the_server_comes_as_it_was() -> None:
    task = {"id": 1, "data": {"text": "\U0001f600 ي"}, "annotations": [], "unknown key": [1.5, None]}
    with answering(lambda *_: (200, json.dumps([task]).encode())) as url:
        assert Server(url, "t").whole_tasks(1, [1]) == [task]


def test_a_page_for_people_is_not_repeated_in_a_message() -> None:
    page = b"<!doctype html><html><head><meta charset=utf-8></head></html>"
    with (
        answering(lambda *_: (404, page)) as url,
        pytest.raises(ServerError, match="an HTML page instead of JSON") as caught,
    ):
        Server(url, "0" * 40).users()
    assert "<" not in str(caught.value)
    assert "annotate doctor" in str(caught.value)


def test_whoever_cannot_reach_the_server_is_sent_to_the_doctor() -> None:
    with pytest.raises(ServerError, match="cannot be reached") as caught:
        Server("http://127.0.0.1:9", "t", pauses=()).users()
    assert "Hint: run `stancebank annotate doctor`" in str(caught.value)
