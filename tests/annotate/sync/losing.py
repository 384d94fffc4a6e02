"""A workspace beside a real server, and a server that does wrong to a request on purpose."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec

from stancebank.annotate.client import Server
from stancebank.annotate.sync.push import push
from stancebank.annotate.sync.types import PushOptions, PushResult
from stancebank.corpus.store import Store
from stancebank.errors import ServerError
from stancebank.text import sha256
from stancebank.workspace import Workspace, open_workspace, without_id

Json = dict[str, Any]


class Losing(Server):
    """A server of which one reply is lost: the request is carried out, or is not, and nobody is told.

    lose: the method whose replies are lost. times: how many. before: whether the request is lost, not the reply.
    late: whether it is carried out only some time after the client has given up.
    """

    def __init__(
        self, url: str, token: str, lose: str, times: int = 1, *, before: bool = False, late: float = 0.0
    ) -> None:
        super().__init__(url, token)
        self._lose, self._times, self._before, self._late = lose, times, before, late
        self.sent = 0

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name.startswith("_") or name != super().__getattribute__("_lose"):
            return found

        def losing(*arguments: Any, **options: Any) -> Any:
            self.sent += 1
            if self._times < self.sent:
                return found(*arguments, **options)
            if self._late:
                threading.Timer(self._late, lambda: found(*arguments, **options)).start()
            elif not self._before:
                found(*arguments, **options)
            raise ServerError("the reply was lost.\nHint: none, this is a test.")

        return losing


def name_workspace(root: Path, name: str) -> Workspace:
    """Give a workspace a name of its own, so that it has a project of its own on a shared server."""
    path = root / "stancebank.toml"
    path.write_text(path.read_text().replace('name = "toy"', f'name = "{name}"'))
    return open_workspace(root)


def give_id(workspace: Workspace, own: str) -> Workspace:
    """Give a workspace an id."""
    path = workspace.root / "stancebank.toml"
    path.write_bytes(without_id(path.read_bytes()).replace(b"[workspace]\n", f'[workspace]\nid = "{own}"\n'.encode()))
    return open_workspace(workspace.root)


def change_words(store: Store, article_id: str) -> None:
    """Add a word in brackets at the end of an article, as if it had been taken in anew."""
    article = store.article(article_id)
    text = store.text(article)
    assert text is not None
    new = text.replace("\n", " \n", 1) if text.endswith(" ") else text + " "
    store.write_article(msgspec.structs.replace(article, text_sha256=sha256(new), length=len(new)), new)


def run_push(server: Server, workspace: Workspace, *, dry_run: bool = False, **options: Any) -> list[PushResult]:
    """Push, and return all that was done."""
    return list(push(server, workspace, PushOptions(**options), dry_run=dry_run))


def what(done: Sequence[PushResult]) -> list[tuple[str, str]]:
    """What was done to which article."""
    return sorted((each.action, each.article_id) for each in done)


Answer = tuple[int, Any] | None  # status and body; None drops the connection


@contextmanager
def answering(answer: Callable[[str, str, int], Answer]) -> Iterator[str]:
    """Serve what a function says of method, path and the number of the request, and yield the address."""
    count = 0

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Be silent."""

        def _answer(self) -> None:
            nonlocal count
            count += 1
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            found = answer(self.command, self.path, count)
            if found is None:
                self.close_connection = True
                self.connection.close()
                return
            status, body = found
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = do_DELETE = _answer  # noqa: N815

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
