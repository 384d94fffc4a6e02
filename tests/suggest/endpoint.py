"""A stand-in for a language model's server: it speaks the protocol, and answers as it is told.

``python -m tests.suggest.endpoint PORT`` runs one that finds a statement in the last paragraph of every article.
"""

import json
import re
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

Json = dict[str, Any]

MODEL = "stand-in-7b"


@dataclass(frozen=True)
class Reply:
    """What the server sends. value: in the place of a completion with the content. seconds: that it takes."""

    content: str | None = ""
    status: int = 200
    finish: str = "stop"
    model: str = MODEL
    value: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    drops: bool = False
    counts: bool = True


def fault(status: int, message: str, **headers: str) -> Reply:
    """Return a failure as such servers tell it."""
    return Reply(status=status, value={"error": {"message": message}}, headers=headers)


def statements(*found: object) -> Reply:
    """Return an answer with statements."""
    return Reply(json.dumps({"statements": found}, ensure_ascii=False))


def question(body: Json) -> str:
    """Return the article of a request, with its numbers of lines."""
    said: list[str] = [str(each["content"]) for each in body["messages"] if each["role"] == "user"]
    return [each for each in said if re.search(r"(?m)^\[\d+\] ", each)][-1]


def last_words(body: Json) -> str:
    """Return the words of the last paragraph of the article of a request."""
    return str(re.findall(r"(?m)^\[\d+\] (.*)$", question(body))[-1]).rstrip(".\n")


def find_one(body: Json) -> Reply:
    """Reply well: a statement of somebody, in the last paragraph, about the first target of the schema."""
    definitions = body["response_format"]["json_schema"]["schema"]["$defs"]
    return statements(
        {
            "content": [last_words(body)],
            "speaker": {"entity": "Somebody", "mention": None},
            "stance": definitions["stance"]["enum"][0],
            "target": {"id": definitions["target_id"]["enum"][0]},
        }
    )


@dataclass
class StandIn:
    """The server. answer: makes a reply of a request; bodies and keys: of the requests that came, in their order."""

    url: str = ""
    answer: Callable[[Json], Reply] = find_one
    bodies: list[Json] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    most_at_once: int = 0
    _at_once: int = 0
    _lock: Lock = field(default_factory=Lock)

    def answer_in_turn(self, *replies: Reply | Callable[[Json], Reply]) -> None:
        """Reply with replies one after the other, from the last on with that one."""
        left = list(replies)

        def answer(body: Json) -> Reply:
            reply = left.pop(0) if len(left) > 1 else left[0]
            return reply if isinstance(reply, Reply) else reply(body)

        self.answer = answer

    def take(self, body: Json, path: str, key: str) -> Reply:
        """Return the reply to a request."""
        with self._lock:
            self.bodies.append(body)
            self.paths.append(path)
            self.keys.append(key)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            reply = self.answer(body)
        time.sleep(reply.seconds)
        with self._lock:
            self._at_once -= 1
        return reply


@contextmanager
def serving(port: int = 0) -> Iterator[StandIn]:
    """Run a stand-in on this machine."""
    stand_in = StandIn()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            reply = stand_in.take(body, self.path, self.headers.get("Authorization", ""))
            if reply.drops:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
                return
            with suppress(BrokenPipeError, ConnectionResetError):
                self._send(reply, body)

        def _send(self, reply: Reply, body: Json) -> None:
            value = reply.value
            if value is None:
                message = {"role": "assistant", "content": reply.content}
                made: Json = {"model": reply.model, "choices": [{"message": message, "finish_reason": reply.finish}]}
                asked = sum(len(each["content"]) for each in body["messages"]) // 4
                counted = {"prompt_tokens": asked, "completion_tokens": len(reply.content or "") // 4}
                value = {**made, **({"usage": counted} if reply.counts else {})}
            data = value if isinstance(value, bytes) else json.dumps(value).encode()
            self.send_response(reply.status)
            for name, said in reply.headers.items():
                self.send_header(name.replace("_", "-"), said)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            return

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, *_: object) -> None:
            return

    server = Server(("127.0.0.1", port), Handler)
    stand_in.url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = Thread(target=server.serve_forever, args=(0.005,), daemon=True)
    thread.start()
    try:
        yield stand_in
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


if __name__ == "__main__":
    with serving(int(sys.argv[1])) as running, suppress(KeyboardInterrupt):
        print(running.url, flush=True)
        while True:
            time.sleep(3600)
