"""A client of a Label Studio server: projects, tasks, annotations, users. The only module that uses the SDK's client.

`Server` returns the JSON that the server sent, so that it can be kept as it is. A read is retried if its reply is lost;
a write is sent once, since a lost reply does not tell whether the server carried it out. A redirect is not followed,
since token and words would follow it. `annotate.http` sends single requests without the SDK.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cached_property, partial
from itertools import count
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit
from weakref import finalize

from stancebank.annotate import forms
from stancebank.errors import ServerError

if TYPE_CHECKING:
    import httpx
    from label_studio_sdk import LabelStudio

Json = dict[str, Any]
Method = Literal["GET", "POST", "PATCH", "DELETE"]

PAGE = 100  # tasks on a page: the server delivers larger pages more slowly
QUICK, LONG = 60.0, 900.0  # seconds until a reply: to a small request, or with many tasks
PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)  # seconds before a read is tried again
FEW = 2  # times that it is, where nothing listens, or the server itself fails
PASSES = 5  # over a list that changes while it is read
_A_PAGE = "an HTML page instead of JSON"
TIME = "%Y-%m-%dT%H:%M:%S.%fZ"  # the only form in which the server's filters take a time


@dataclass(frozen=True, slots=True)
class User:
    """An account of a server. joined: when it was created, to the microsecond, which tells servers apart."""

    id: int
    email: str
    joined: str


@dataclass(frozen=True, slots=True)
class ServerTime:
    """What time it was by a server's clock, to the second. ahead: of a clock here that nobody sets, in seconds."""

    at: datetime
    ahead: float


class Server:
    """One server and one token. url: without a final slash. Each method may raise ServerError.

    now: the time that the server said with its last reply; None if it said none.
    """

    now: ServerTime | None = None

    def __init__(self, url: str, token: str, *, quick: float = QUICK, pauses: tuple[float, ...] = PAUSES) -> None:
        self.url = url.rstrip("/")
        self._token = token
        self._quick = quick
        self._pauses = pauses
        self._answered = False

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the open connections; the next request opens new ones."""
        if client := self.__dict__.pop("_client", None):
            client._client_wrapper.httpx_client.httpx_client.close()

    def version(self) -> str:
        """Return the server's version, such as 1.23.2."""
        return str(self._get("/api/version", forms.VersionReply)["release"])

    def me(self) -> User:
        """Return the account that the token belongs to."""
        return _user(self._get("/api/current-user/whoami", forms.AccountReply))

    def users(self) -> list[User]:
        """Return all accounts, by id."""
        found = self._get("/api/users/", list[forms.AccountReply])
        return sorted((_user(each) for each in found), key=lambda user: user.id)

    def projects(self, *, brief: bool = False) -> Iterator[Json]:
        """Yield the projects, the oldest first, with the numbers of their tasks and submitted annotations.

        brief: without their interfaces and instructions, which are most of their bytes.
        """
        wanted = [key for key in forms.ProjectReply.__struct_fields__ if not (brief and key in forms.BULKY)]
        params = {"include": ",".join(wanted)}  # each other number would be counted, too
        found = self._pages("/api/projects/", forms.ProjectPage, "results", "count", params)
        yield from sorted(found, key=lambda each: int(each["id"]))

    def project(self, project: int) -> Json:
        """Return a project with its labelling interface and its settings."""
        return dict(self._get(f"/api/projects/{project}/", forms.ProjectReply))

    def create_project(self, settings: Mapping[str, Any]) -> Json:
        """Create a project. settings: title, description, label_config and others that the server knows."""
        return self._send("POST", "/api/projects/", forms.ProjectReply, settings)

    def update_project(self, project: int, settings: Mapping[str, Any]) -> Json:
        """Change settings of a project, and return it."""
        return self._send("PATCH", f"/api/projects/{project}/", forms.ProjectReply, settings)

    def delete_project(self, project: int) -> None:
        """Delete a project with everything in it; do nothing if it does not exist."""
        self._delete(f"/api/projects/{project}/")

    def check_interface(self, project: int, interface: str) -> str | None:
        """Return what a project's annotations and drafts would lose under another labelling interface; None if nothing.

        The server itself accepts any interface, so check before sending one.
        """
        try:
            self._request("POST", f"/api/projects/{project}/validate/", body={"label_config": interface})
        except ServerError as error:
            if error.status != 400:
                raise
            return str(error).partition("\n")[0]
        return None

    def tasks(
        self, project: int, fields: Sequence[str], since: str | None = None, articles: Sequence[str] | None = None
    ) -> Iterator[Json]:
        """Yield the tasks of a project, by id; each of them once, even if tasks are added or deleted meanwhile.

        fields: the wanted keys of a task, such as id, updated_at, data, or predictions, which take longer; for
        annotations see `whole_tasks`. since: only tasks changed at that time or later, in the form `TIME`. articles:
        only tasks whose data name one of these article ids.
        """
        query: Json = {"ordering": ["tasks:id"]}
        items: list[Json] = []
        if since is not None:
            item = {"filter": "filter:tasks:updated_at", "operator": "greater_or_equal", "type": "Datetime"}
            items.append(item | {"value": since})
        if articles is not None:
            item = {"filter": "filter:tasks:data.article_id", "operator": "in_list", "type": "List"}
            items.append(item | {"value": list(articles)})
        if items:
            query["filters"] = {"conjunction": "and", "items": items}
        params: Json = {"project": project, "query": json.dumps(query)}
        if "predictions" in fields:  # which the server sends only together with all other fields
            params["fields"] = "all"
        else:
            params["include"] = ",".join(sorted({"id", *fields}))
        for task in self._pages("/api/tasks/", forms.TaskPage, "tasks", "total", params):
            yield {key: task[key] for key in ("id", *fields) if key in task}

    def whole_tasks(self, project: int, tasks: Sequence[int]) -> list[Json]:
        """Return tasks with all their annotations, skipped ones included, and the drafts of all users.

        Each annotation has its unique_id, and the id of its user as completed_by. Deleted tasks are left out.
        """
        found: list[Json] = []
        for start in range(0, len(tasks), PAGE):
            some = list(tasks[start : start + PAGE])
            params = {"exportType": "JSON", "download_all_tasks": "true", "ids[]": some}
            found += self._get(f"/api/projects/{project}/export", list[forms.TaskReply], params, LONG)
        return found

    def import_tasks(self, project: int, tasks: Sequence[Mapping[str, Any]]) -> list[int]:
        """Create tasks, with their predictions and annotations: all of them or none. Return their ids.

        If the reply is lost (`ServerError.in_doubt`), the server may have created them, or may still be working.
        """
        path = f"/api/projects/{project}/import"
        params = {"return_task_ids": "true"}
        return list(self._send("POST", path, forms.ImportReply, list(tasks), params, LONG)["task_ids"])

    def update_task(self, task: int, data: Mapping[str, Any]) -> None:
        """Replace the data of a task; its annotations stay unchanged."""
        self._request("PATCH", f"/api/tasks/{task}/", body={"data": data})

    def delete_task(self, task: int) -> None:
        """Delete a task with its annotations; do nothing if it does not exist."""
        self._delete(f"/api/tasks/{task}/")

    def create_annotation(self, task: int, annotation: Mapping[str, Any]) -> Json:
        """Add an annotation. annotation: result, unique_id, and optionally completed_by, lead_time, was_cancelled.

        Raises ServerError with status 409 if an annotation with the unique_id exists anywhere on the server.
        """
        return self._send("POST", f"/api/tasks/{task}/annotations/", forms.AnnotationReply, annotation)

    def update_annotation(self, annotation: int, changes: Mapping[str, Any]) -> Json:
        """Change an annotation, and return it."""
        return self._send("PATCH", f"/api/annotations/{annotation}/", forms.AnnotationReply, changes)

    def delete_annotation(self, annotation: int) -> None:
        """Delete an annotation; do nothing if it does not exist."""
        self._delete(f"/api/annotations/{annotation}/")

    def predictions(self, project: int, task: int | None = None) -> list[Json]:
        """Return the predictions of a task, or of a whole project."""
        params: Json = {"project": project} | ({} if task is None else {"task": task})
        return list(self._get("/api/predictions/", list[forms.PredictionReply], params, LONG))

    def create_prediction(self, task: int, prediction: Mapping[str, Any]) -> Json:
        """Add a prediction. prediction: model_version and result."""
        return self._send("POST", "/api/predictions/", forms.PredictionReply, {**prediction, "task": task})

    def delete_prediction(self, prediction: int) -> None:
        """Delete a prediction; do nothing if it does not exist."""
        self._delete(f"/api/predictions/{prediction}/")

    def _get(self, path: str, form: Any, params: Mapping[str, Any] | None = None, seconds: float | None = None) -> Any:
        return self._checked("GET", path, form, self._request("GET", path, params=params, seconds=seconds))

    def _send(
        self,
        method: Method,
        path: str,
        form: Any,
        body: Mapping[str, Any] | list[Any],
        params: Mapping[str, Any] | None = None,
        seconds: float | None = None,
    ) -> Json:
        response = self._request(method, path, params=params, body=body, seconds=seconds)
        return dict(self._checked(method, path, form, response))

    def _checked(self, method: Method, path: str, form: Any, response: "httpx.Response") -> Any:
        """Return the JSON of a reply; the only place where its form is checked."""
        try:
            value = response.json()
        except ValueError:
            raise _no_json(self.url) from None
        return forms.require_form(value, form, f"{self.url} ({method} {path})")

    def _delete(self, path: str) -> None:
        try:
            self._request("DELETE", path)
        except ServerError as error:
            if error.status != 404:
                raise

    def _pages(self, path: str, form: Any, key: str, total: str, params: Mapping[str, Any]) -> Iterator[Json]:
        """Yield the items of all pages, once each. A deletion moves the others, so the pages are then read again."""
        seen: set[int] = set()
        for _ in range(PASSES):
            totals = []
            for number in count(1):
                page = self._page(path, form, {**params, "page": number, "page_size": PAGE})
                if page is None:  # there were more pages a moment ago
                    totals.append(-1)
                    break
                totals.append(page[total])
                for item in page[key]:
                    if item["id"] not in seen:
                        seen.add(item["id"])
                        yield item
                if number * PAGE >= page[total]:
                    break
            if len(set(totals)) == 1 and len(seen) >= totals[0]:
                return
        raise ServerError(
            f"{self.url}: the list {path} keeps changing while it is read.\n"
            "Hint: wait until nobody adds or deletes tasks."
        )

    def _page(self, path: str, form: Any, params: Mapping[str, Any]) -> Json | None:
        try:
            return dict(self._get(path, form, params))
        except ServerError as error:
            if error.status == 404 and params["page"] > 1:
                return None
            raise

    @cached_property
    def _client(self) -> "LabelStudio":
        from label_studio_sdk import LabelStudio
        from label_studio_sdk.core.api_error import ApiError

        try:
            client = LabelStudio(base_url=self.url, api_key=self._token, timeout=self._quick, follow_redirects=False)
        except ApiError as error:  # a personal access token that has expired
            raise self._failed(error.status_code, error.body) from None
        finalize(
            self, client._client_wrapper.httpx_client.httpx_client.close
        )  # close the connections together with the server
        return client

    def _request(
        self,
        method: Method,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | list[Any] | None = None,
        seconds: float | None = None,
    ) -> "httpx.Response":
        send = partial(self._sent, method, path, params, body, seconds)
        response = self._answer(send, again=method == "GET")
        if response.status_code == 401 and "." in self._token:
            # The SDK exchanges a personal access token for one that lives for minutes, and trusts this machine's clock
            # to tell when it ends. A refused request was not carried out: so it is sent again with a new one.
            self.close()
            response = self._answer(send, again=method == "GET")
        if response.is_redirect:
            raise _moved(self.url, response)
        if response.status_code >= 400:
            raise self._failed(response.status_code, response.text, f"{method} {path}")
        return response

    def _answer(self, send: Callable[[], "httpx.Response"], *, again: bool) -> "httpx.Response":
        """Send a request. again: once more, after growing pauses, while its reply is lost or the server is busy."""
        tries = 0
        while True:
            end: ServerError | httpx.Response
            try:
                end = send()
                self._answered = True
            except ServerError as error:
                end = error
            if again and tries < min(self._retries(end), len(self._pauses)):
                time.sleep(self._pauses[tries])
                tries += 1
            elif isinstance(end, ServerError):
                raise end
            else:
                return end

    def _retries(self, end: "ServerError | httpx.Response") -> int:
        """Return how often a read with this end may be tried again."""
        import httpx

        if not isinstance(end, ServerError):
            status = end.status_code
            return len(PAUSES) if status in (408, 429, 502, 503, 504) else FEW if status >= 500 else 0
        cause = end.__cause__
        if isinstance(cause, httpx.ConnectError):
            return len(PAUSES) if self._answered else FEW
        if isinstance(cause, httpx.TimeoutException):
            return 1
        return len(PAUSES) if isinstance(cause, httpx.TransportError) else 0

    def _sent(
        self,
        method: Method,
        path: str,
        params: Mapping[str, Any] | None,
        body: Mapping[str, Any] | list[Any] | None,
        seconds: float | None,
    ) -> "httpx.Response":
        import httpx
        from label_studio_sdk.core.api_error import ApiError

        wrapper = self._client._client_wrapper  # the SDK's own methods parse every task into models, and drop keys
        try:
            response: httpx.Response = wrapper.httpx_client.request(
                path.removeprefix("/"),
                method=method,
                params=dict(params or {}),
                json=body,
                request_options={
                    "max_retries": 0,  # the SDK does not retry where a connection breaks in the middle of a reply
                    "timeout_in_seconds": seconds or self._quick,
                },
            )
        except ApiError as error:  # while a personal access token is exchanged
            raise self._failed(error.status_code, error.body) from None
        except httpx.HTTPError as error:
            raise ServerError(
                f"{self.url}: {_reason(error)} ({method} {path}).\n"
                "Hint: run `stancebank annotate doctor`, which finds the cause; then run it again."
            ) from error
        except ValueError:  # the same: something else answered
            raise _no_json(self.url) from None
        self.now = _server_time(response.headers.get("date", ""))
        return response

    def _failed(self, status: int | None, body: object, what: str = "") -> ServerError:
        said = " ".join(_complaint(body).replace(self._token, "...").split())[:300]
        asked = f" ({what})" if what else ""
        if status in (401, 403):
            hint = "run `stancebank annotate doctor`, which checks the token"
        elif said == _A_PAGE:
            hint = "run `stancebank annotate doctor`, which checks what answers there"
        elif status == 404:
            hint = "check whether it was deleted on the server"
        else:
            hint = "read the server's message; its log has more"
        return ServerError(f"{self.url} answers {status}{asked}: {said or 'nothing'}\nHint: {hint}.", status)


def _server_time(header: str) -> ServerTime | None:
    """Return what the header Date of a reply says."""
    try:
        at = parsedate_to_datetime(header)
    except ValueError:
        return None
    steady = time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()
    return ServerTime(at, at.timestamp() - steady) if at.tzinfo else None


def _user(value: Json) -> User:
    return User(int(value["id"]), str(value.get("email") or ""), str(value.get("date_joined") or ""))


def _no_json(url: str) -> ServerError:
    return ServerError(
        f"{url}: the reply is not JSON.\nHint: run `stancebank annotate doctor`, which checks what answers there."
    )


def _moved(url: str, response: "httpx.Response") -> ServerError:
    place = urlsplit(response.headers.get("location", ""))
    other = f"{place.scheme}://{place.hostname or ''}" if place.hostname else "another page"
    return ServerError(
        f"{url} redirects to {other}, which is not followed, since the token would go there, too.\n"
        "Hint: set the address to the one that the server has now; `stancebank annotate doctor` shows it.",
        response.status_code,
    )


def _complaint(body: object) -> str:
    """Return the error message of a reply, without the rest of it."""
    if isinstance(body, str):
        text = body
        try:
            body = json.loads(text)
        except ValueError:
            return _A_PAGE if text.lstrip()[:1] == "<" else text
    if not isinstance(body, dict):
        return str(body or "")
    return " ".join(str(body[key]) for key in ("detail", "validation_errors") if body.get(key)) or str(body)


def _reason(error: "httpx.HTTPError") -> str:
    import httpx

    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return "cannot be reached"
    if isinstance(error, httpx.TimeoutException):
        return "did not answer in time; it may still be working"
    return (
        "closed the connection in the middle of a reply" if isinstance(error, httpx.RemoteProtocolError) else str(error)
    )
