"""A proxy between a client and a server: it writes down every request, and at one of them it does what goes wrong.

It speaks real HTTP over real connections and kills real processes. A request is known by its number in a run, its
method and the form of its path; a reply is passed on only when the server has given all of it.
"""

import http.client
import os
import re
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

Kind = Literal[
    "500 before",  # the server never sees the request
    "502 after commit",  # the server has done it, and something in between says that it has not
    "dropped after commit",  # the server has done it, and the client gets a closed connection
    "other reply",  # the server has done it, and the client gets JSON of another form
    "truncated reply",  # the client gets half of the reply, then a closed connection
    "client killed before",  # SIGKILL; the server never sees the request
    "client killed after commit",
    "server killed before",  # SIGKILL when the request arrives; then nobody listens until it is started again
    "server killed during",  # half-way through the time that the request took in the recording
    "server killed after commit",
]
KINDS: tuple[Kind, ...] = get_args(Kind)

_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "proxy-connection", "te", "upgrade"}


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as it went by. path: with {} for every number; seconds: until the server had replied, 0 if never."""

    number: int
    method: str
    path: str
    status: int = 0
    seconds: float = 0.0

    def __str__(self) -> str:
        """Say which request it is."""
        return f"{self.number} {self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong at which request. seconds: that it took in the recording."""

    kind: Kind
    number: int
    seconds: float = 0.0


@dataclass(slots=True)
class Proxy:
    """Passes requests on to a server. client, server: the processes that a fault kills.

    struck: the request that met the fault. before: called with the number of each request before it is passed on.
    coming: the request that came last.
    """

    upstream: str
    port: int = 0
    client: int | None = None
    server: int | None = None
    fault: Fault | None = None
    struck: Seen | None = None
    before: Callable[[int], None] | None = None
    coming: Seen | None = None
    seen: list[Seen] = field(default_factory=list)
    known: threading.Event = field(default_factory=threading.Event)  # set as soon as client holds the pid
    _lock: Any = field(default_factory=threading.Lock)
    _count: int = 0
    _listener: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        """Where clients find it."""
        return f"http://127.0.0.1:{self.port}"

    def listen(self) -> None:
        """Take requests, on the same port as before if there was one."""
        handler = type("Handler", (_Handler,), {"proxy": self})
        self._listener = _Listener(("127.0.0.1", self.port), handler)
        self.port = self._listener.server_address[1]
        threading.Thread(target=self._listener.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        """Take no more requests: who connects is refused."""
        with self._lock:
            listener, self._listener = self._listener, None
        if listener is not None:
            listener.shutdown()
            listener.server_close()

    def begin(self, fault: Fault | None = None) -> None:
        """Begin a run: count from 1 again, with this fault."""
        self.fault, self.struck, self.client, self._count = fault, None, None, 0
        self.known.clear()
        self.seen.clear()
        if self._listener is None:
            self.listen()

    def watch(self, pid: int) -> None:
        """Say which process is the client."""
        self.client = pid
        self.known.set()

    def count(self) -> int:
        """Return the number of the next request."""
        with self._lock:
            self._count += 1
            return self._count

    def kill_client(self) -> None:
        """End the client as a power cut would."""
        if not self.known.wait(10) or self.client is None:
            raise RuntimeError("The proxy was not told which process is the client.")
        os.kill(self.client, signal.SIGKILL)

    def kill_server(self) -> None:
        """End the server as a power cut would; from then on who connects is refused."""
        if self.server is None:
            raise RuntimeError("The proxy was not told which process is the server.")
        os.kill(self.server, signal.SIGKILL)
        self.close()


@contextmanager
def proxying(upstream: str) -> Iterator[Proxy]:
    """Run a proxy in front of a server."""
    proxy = Proxy(upstream)
    proxy.listen()
    try:
        yield proxy
    finally:
        proxy.close()


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that ends early is what this is all about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: Proxy

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def _pass(self) -> None:
        proxy = self.proxy
        number, path = proxy.count(), re.sub(r"/\d+(?=/|$)", "/{}", urlsplit(self.path).path)
        body = self._body()
        proxy.coming = Seen(number, self.command, path)
        if proxy.before is not None:
            proxy.before(number)
        fault = proxy.fault if proxy.fault is not None and proxy.fault.number == number else None
        kind = fault.kind if fault is not None else None
        request = Seen(number, self.command, path)
        if fault is not None:
            proxy.struck = request
        if kind in ("500 before", "client killed before", "server killed before"):
            proxy.seen.append(request)
        match kind:
            case "500 before":
                return self._answer(500, b'{"detail": "The proxy failed before the server."}')
            case "client killed before":
                proxy.kill_client()
                return self._drop()
            case "server killed before":
                proxy.kill_server()
                return self._drop()
            case "server killed during":
                assert fault is not None
                timer = threading.Timer(fault.seconds / 2, proxy.kill_server)
                timer.start()
        start = time.monotonic()
        try:
            status, headers, content = self._forward(body)
        except (OSError, http.client.HTTPException):
            proxy.seen.append(request)
            return self._drop()
        done = Seen(number, self.command, path, status, time.monotonic() - start)
        proxy.seen.append(done)
        match kind:
            case "502 after commit":
                return self._answer(502, b"<html>Bad gateway</html>")
            case "dropped after commit":
                return self._drop()
            case "other reply":
                return self._answer(200, b'[{"detail": "Something else answers."}]')
            case "client killed after commit":
                proxy.kill_client()
                return self._drop()
            case "server killed after commit" | "server killed during":
                if kind == "server killed during":  # it was quicker than in the recording
                    timer.join()
                else:
                    proxy.kill_server()
                return self._drop()
        return self._reply(status, headers, content, cut=kind == "truncated reply")

    def __getattr__(self, name: str) -> Any:
        """Find the method that the standard library looks for by its name: do_GET, do_POST and so on."""
        if name.startswith("do_"):
            return self._pass
        raise AttributeError(name)

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        pieces = []
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            pieces.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(pieces)

    def _forward(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        there = urlsplit(self.proxy.upstream)
        connection = http.client.HTTPConnection(there.hostname or "", there.port, timeout=600)
        try:
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in _HOP:
                    connection.putheader(name, value)
            connection.putheader("Connection", "close")
            if body or self.command in ("POST", "PATCH", "PUT"):
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            content = answer.read()
            kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in _HOP]
            return answer.status, kept, content
        finally:
            connection.close()

    def _answer(self, status: int, content: bytes) -> None:
        self._reply(status, [("Content-Type", "application/json")], content)

    def _reply(self, status: int, headers: list[tuple[str, str]], content: bytes, *, cut: bool = False) -> None:
        lines = [f"HTTP/1.1 {status} {http.client.responses.get(status, 'Unknown')}"]
        lines += [f"{name}: {value}" for name, value in headers]
        if status not in (204, 304):
            lines.append(f"Content-Length: {len(content)}")
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        if not cut:
            self.wfile.write(head + content)
            return
        self.wfile.write(head + content[: len(content) // 2] if content else head[: len(head) // 2])
        self._drop()

    def _drop(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)
