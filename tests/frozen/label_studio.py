"""A stand-in for Label Studio: the part of its API that the toolkit uses, kept in memory and served on this machine.

Ids and times are given out in order, so that two runs of the same commands get the same replies. It carries out every
request at once, refuses nothing, and notes what it was asked for.
"""

import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.conftest import REPO

Json = dict[str, Any]
TOKEN = "0123456789abcdef0123456789abcdef01234567"
EPOCH = datetime(2031, 3, 1, tzinfo=UTC)
STEP = timedelta(seconds=90)  # between two changes
NAMES = ("admin", "ada", "bo")
FOUND = re.search(r"^label-studio==(\S+)", (REPO / "requirements/studio.lock").read_text("utf-8"), re.MULTILINE)
RELEASE = FOUND.group(1).rstrip("\\") if FOUND else ""


class Refused(Exception):  # noqa: N818
    """A request is answered with this status."""

    def __init__(self, status: int) -> None:
        self.status = status


@dataclass
class Studio:
    """What the server holds. Each kind of record is in a dictionary by id. requests: what it was asked for.

    on_request: called before a request is carried out, with method and path; may raise Refused. is_dated: whether its
    replies say what time it is there, which is years from now, and not here.
    """

    data: dict[str, dict[int, Json]] = field(
        default_factory=lambda: {kind: {} for kind in ("projects", "tasks", "annotations", "predictions")}
    )
    changes: int = 0
    given: dict[str, int] = field(default_factory=dict)
    requests: list[list[str]] = field(default_factory=list)
    on_request: Callable[[str, str], None] = lambda *_: None
    url: str = ""
    is_dated: bool = True

    @property
    def env(self) -> dict[str, str]:
        """What tells the command line where the server is."""
        return {"LABEL_STUDIO_URL": self.url, "LABEL_STUDIO_API_KEY": TOKEN}

    def dump(self) -> Json:
        """Return all that is needed to have the same server again."""
        data = {kind: list(records.values()) for kind, records in self.data.items()}
        return {"data": data, "changes": self.changes, "given": self.given}

    @classmethod
    def load(cls, value: Json) -> "Studio":
        """Return the server that a dump was made of."""
        data = {kind: {record["id"]: record for record in records} for kind, records in value["data"].items()}
        return cls(data, value["changes"], value["given"])

    def taken(self) -> list[list[str]]:
        """Return the requests since the last time."""
        requests, self.requests = self.requests, []
        return requests

    def task_of(self, article_id: str) -> int:
        """Return the task of an article."""
        (found,) = [task["id"] for task in self.data["tasks"].values() if task["data"]["article_id"] == article_id]
        return int(found)

    def shown(self, task: int) -> list[Json]:
        """Return a copy of the first pre-annotation of a task."""
        first = next(each for each in self.data["predictions"].values() if each["task"] == task)
        result: list[Json] = json.loads(json.dumps(first["result"]))
        return result

    def label(self, annotator: str, task: int, result: list[Json], **more: Any) -> Json:
        """Submit an annotation, as an annotator does."""
        body = {"result": result, "lead_time": 12.5, "completed_by": int(annotator.removeprefix("user-"))} | more
        return self._annotate(task, body)

    def relabel(self, annotation: int, result: list[Json]) -> None:
        """Change an annotation, as an annotator does."""
        self._change_annotation(annotation, {"result": result})

    def delete(self, kind: str, number: int) -> None:
        """Delete a record."""
        record = self.data[kind].pop(number, None)
        if record is None:
            raise Refused(404)
        if kind == "tasks":
            for below in ("annotations", "predictions"):
                self.data[below] = {k: each for k, each in self.data[below].items() if each["task"] != number}
        elif kind == "annotations":
            self._touch(record["task"])

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> Any:
        """Carry out a request; return what the reply holds."""
        for known, pattern, act in self._routes():
            found = re.fullmatch(pattern, path)
            if found and known == method:
                return act(*map(int, found.groups()), query, body)
        raise Refused(404)

    def _routes(self) -> list[tuple[str, str, Callable[..., Any]]]:
        number = r"(\d+)"
        return [
            ("GET", "/api/version", lambda *_: {"release": RELEASE, "label-studio-os-package": {"version": RELEASE}}),
            ("GET", "/api/current-user/whoami", lambda *_: self._users()[0]),
            ("GET", "/api/users/", lambda *_: self._users()),
            ("GET", "/api/projects/", self._projects),
            ("POST", "/api/projects/", lambda _, body: self._add("projects", body)),
            ("GET", f"/api/projects/{number}/", lambda project, *_: self.data["projects"][project]),
            ("PATCH", f"/api/projects/{number}/", self._change_project),
            ("POST", f"/api/projects/{number}/validate/", lambda *_: {}),
            ("GET", f"/api/projects/{number}/export", self._export),
            ("POST", f"/api/projects/{number}/import", self._import),
            ("GET", "/api/tasks/", self._tasks),
            ("PATCH", f"/api/tasks/{number}/", self._change_task),
            ("DELETE", f"/api/tasks/{number}/", lambda task, *_: self.delete("tasks", task)),
            ("POST", f"/api/tasks/{number}/annotations/", lambda task, _, body: self._annotate(task, body)),
            ("PATCH", f"/api/annotations/{number}/", lambda each, _, body: self._change_annotation(each, body)),
            ("DELETE", f"/api/annotations/{number}/", lambda each, *_: self.delete("annotations", each)),
            ("GET", "/api/predictions/", self._predictions),
            ("POST", "/api/predictions/", lambda _, body: self._predict(body)),
            ("DELETE", f"/api/predictions/{number}/", lambda each, *_: self.delete("predictions", each)),
            ("GET", "/user/signup/", lambda *_: {}),
        ]  # any other is not found; /user/signup/ and /data/local-files/ are closed, see Handler

    @property
    def clock(self) -> datetime:
        """What time it is: that of the last change."""
        return EPOCH + self.changes * STEP

    def _now(self) -> str:
        self.changes += 1
        return self.clock.strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def _add(self, kind: str, values: Json) -> Json:
        number = self.given[kind] = self.given.get(kind, 0) + 1
        now = self._now()
        record = self.data[kind][number] = {"created_at": now, "updated_at": now, **values, "id": number}
        return record

    def _touch(self, task: int) -> None:
        self.data["tasks"][task]["updated_at"] = self._now()

    def _users(self) -> list[Json]:
        return [
            {"id": number, "email": f"{name}@example.org", "date_joined": f"2031-01-0{number}T00:00:00.000000Z"}
            for number, name in enumerate(NAMES, 1)
        ]

    def _projects(self, query: dict[str, list[str]], _: Any) -> Json:
        wanted = query["include"][0].split(",")
        records = []
        for number, project in self.data["projects"].items():
            tasks = {each["id"] for each in self.data["tasks"].values() if each["project"] == number}
            submitted = [each for each in self.data["annotations"].values() if each["task"] in tasks]
            counts = {
                "task_number": len(tasks),
                "total_annotations_number": sum(not each["was_cancelled"] for each in submitted),
            }
            records.append({key: value for key, value in (project | counts).items() if key in wanted})
        return self._page("results", "count", records, query)

    def _page(self, key: str, total: str, records: list[Json], query: dict[str, list[str]]) -> Json:
        page, size = (int(query.get(name, [default])[0]) for name, default in (("page", "1"), ("page_size", "100")))
        some = records[(page - 1) * size : page * size]
        if page > 1 and not some:
            raise Refused(404)
        return {key: some, total: len(records)}

    def _change_project(self, project: int, _: Any, body: Json) -> Json:
        self.data["projects"][project] |= body | {"updated_at": self._now()}
        return self.data["projects"][project]

    def _whole(self, task: Json) -> Json:
        annotations = [each for each in self.data["annotations"].values() if each["task"] == task["id"]]
        predictions = [each["id"] for each in self.data["predictions"].values() if each["task"] == task["id"]]
        return {**task, "annotations": annotations, "predictions": predictions, "drafts": []}

    def _export(self, project: int, query: dict[str, list[str]], _: Any) -> list[Json]:
        tasks = (self.data["tasks"].get(int(number)) for number in query.get("ids[]", []))
        return [self._whole(task) for task in tasks if task is not None and task["project"] == project]

    def _import(self, project: int, _: Any, body: list[Json]) -> Json:
        made: list[int] = []
        for each in body:
            task = self._add("tasks", {"data": each["data"], "meta": {}, "project": project, "inner_id": len(made) + 1})
            made.append(task["id"])
            for prediction in each.get("predictions", ()):
                self._predict(prediction | {"task": task["id"]})
        return {"task_ids": made, "task_count": len(made)}

    def _tasks(self, query: dict[str, list[str]], _: Any) -> Json:
        items = json.loads(query.get("query", ["{}"])[0]).get("filters", {}).get("items", [])
        found = [task for task in self.data["tasks"].values() if task["project"] == int(query["project"][0])]
        for item in items:
            if item["filter"] == "filter:tasks:data.article_id":
                found = [task for task in found if task["data"]["article_id"] in item["value"]]
            else:
                assert item["filter"] == "filter:tasks:updated_at"
                found = [task for task in found if task["updated_at"] >= item["value"]]
        predictions: dict[int, list[Json]] = {}
        for each in self.data["predictions"].values():
            predictions.setdefault(each["task"], []).append(each)
        return self._page(
            "tasks", "total", [{**task, "predictions": predictions.get(task["id"], [])} for task in found], query
        )

    def _change_task(self, task: int, _: Any, body: Json) -> Json:
        self.data["tasks"][task]["data"] = body["data"]
        self._touch(task)
        return self.data["tasks"][task]

    def _annotate(self, task: int, body: Json) -> Json:
        if body.get("unique_id") in {each["unique_id"] for each in self.data["annotations"].values()} - {None}:
            raise Refused(409)
        known = {"was_cancelled": False, "ground_truth": False, "lead_time": None, "unique_id": None}
        made = self._add("annotations", known | {"completed_by": 1} | body | {"task": task})
        self._touch(task)
        return made

    def _change_annotation(self, annotation: int, body: Json) -> Json:
        if annotation not in self.data["annotations"]:
            raise Refused(404)
        record = self.data["annotations"][annotation]
        record |= body | {"updated_at": self._now()}
        self._touch(record["task"])
        return record

    def _predictions(self, query: dict[str, list[str]], _: Any) -> list[Json]:
        found = list(self.data["predictions"].values())
        if "task" in query:
            return [each for each in found if each["task"] == int(query["task"][0])]
        return [each for each in found if self.data["tasks"][each["task"]]["project"] == int(query["project"][0])]

    def _predict(self, body: Json) -> Json:
        made = self._add("predictions", {"score": None} | body)
        self._touch(made["task"])
        return made


def body_digest(body: Any) -> str:
    """Return a short digest of a body, which is the same whatever the order of its keys."""
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return "" if body is None else hashlib.sha256(text.encode()).hexdigest()[:16]


@contextmanager
def serving(studio: Studio) -> Iterator[Studio]:
    """Serve a stand-in until the block ends."""
    closed = {("POST", "/user/signup/"), ("GET", "/data/local-files/")}

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Be silent."""

        def date_time_string(self, timestamp: float | None = None) -> str:
            return (
                format_datetime(studio.clock, usegmt=True) if studio.is_dated else super().date_time_string(timestamp)
            )

        def _answer(self) -> None:
            parts = urlsplit(self.path)
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            is_json = "json" in (self.headers.get("Content-Type") or "")
            body = json.loads(raw) if raw and is_json else None
            query = parse_qs(parts.query, keep_blank_values=True)
            asked = "&".join(f"{name}={value}" for name in sorted(query) for value in query[name])
            studio.requests.append([self.command, parts.path + (f"?{asked}" if asked else ""), body_digest(body)])
            try:
                if (self.command, parts.path) in closed:
                    raise Refused(403)
                studio.on_request(self.command, parts.path)
                status, value = 200, studio.answer(self.command, parts.path, query, body)
            except Refused as error:
                status, value = error.status, {"detail": f"refused with {error.status}"}
            data = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = do_DELETE = _answer  # noqa: N815

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    studio.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield studio
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
