"""An address that speaks the protocol of OpenAI's chat completions: how it is asked, and what of its failures passes.

What a server does not take is left out from then on: a schema, a seed, a temperature, the limit of an answer. A server
that is busy, or fails, is asked again, each time after twice as long, or after what it says itself. A redirect is never
followed, so that key and words go where the user said.
"""

import re
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from socket import gaierror
from threading import Lock
from time import monotonic, sleep
from typing import Any

from stancebank.annotate.http import HttpClient, HttpReply, reason
from stancebank.errors import ServerError, shorten
from stancebank.suggest.llm.settings import FORMATS, LlmSettings
from stancebank.text import one_line

Json = dict[str, Any]

_PATH = "/chat/completions"
_TIMEOUTS = 2  # times that a request may take too long
_FIRST_WAIT, _MOST_WAIT = 1.0, 30.0  # seconds
_PASSING = frozenset((408, 409, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529))
_OF_LENGTH = re.compile(r"context.{0,12}(length|size|window)|maximum.{0,40}tokens|too (long|large|many tokens)|exceed")
_OF_FORMAT = re.compile(r"response_format|json[_ ](schema|object|mode)|schema|grammar|structured|guided")
_NO_MONEY = re.compile(r"insufficient_quota|billing|credit|payment")
_OPTIONAL = ("seed", "temperature")


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model says. finish: why it ended, such as ``stop`` or ``length``. model: as the server calls it.

    tokens_in, tokens_out: as the server counts them; None where it does not.
    """

    content: str
    finish: str
    model: str
    tokens_in: int | None = None
    tokens_out: int | None = None


@dataclass
class Endpoint:
    """Asks a server, from several threads at once if need be. key: sent to it alone, and shown nowhere.

    requests: how many were sent. answers: how many models gave, used or not; tokens_in, tokens_out: those that the
    server counted for them; uncounted: answers that it did not count.
    """

    settings: LlmSettings
    key: str = field(default="", repr=False)
    requests: int = 0
    answers: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    uncounted: int = 0
    _format: int = 0
    _without: set[str] = field(default_factory=set)
    _broken: ServerError | None = None
    _not_before: float = 0.0
    _lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        self._client = HttpClient(self.settings.url, timeout=self.settings.timeout)
        self._format = FORMATS.index(self.settings.format)

    def ask(self, messages: Sequence[Json], schema: Json) -> Reply:
        """Return the answer to messages. Raises ServerError; where no request can succeed, at once for all others."""
        attempts = timeouts = 0
        while True:
            if self._broken:
                raise self._broken
            self._wait()
            body = self._body(messages, schema)
            attempts += 1
            try:
                reply = self._send(body)
            except OSError as error:
                timeouts += isinstance(error, TimeoutError)
                failure = ServerError(f"{self.settings.url}: {self._reason(error)}.")
                if not self.answers and isinstance(error, ConnectionRefusedError | gaierror | ssl.SSLError):
                    raise self._give_up(failure) from None
                if attempts >= self.settings.attempts or timeouts >= _TIMEOUTS:
                    raise failure from None
                self._put_off(self._backoff(attempts))
                continue
            if reply.status == HTTPStatus.OK:
                return self._read(reply)
            if self._adapt(reply, body):
                attempts -= 1
                continue
            failure = self._failure(reply)
            wait = _retry_after(reply)
            if wait is not None and wait > self.settings.longest_wait and reply.status in _PASSING:
                raise self._give_up(
                    ServerError(f"{failure} It asks to wait for {wait:.0f} seconds (longest_wait).", reply.status)
                )
            if reply.status not in _PASSING or self._is_out_of_money(reply) or attempts >= self.settings.attempts:
                raise failure
            self._put_off(self._backoff(attempts) if wait is None else wait)

    def _send(self, body: Json) -> HttpReply:
        with self._lock:
            self.requests += 1
        token = f"Bearer {self.key}" if self.key else ""
        return self._client.ask("POST", _PATH, token=token, value=body)

    def _body(self, messages: Sequence[Json], schema: Json) -> Json:
        settings = self.settings
        body: Json = {"model": settings.model, "messages": list(messages), "stream": False}
        body |= {name: getattr(settings, name) for name in _OPTIONAL if name not in self._without}
        if "limit" not in self._without:
            body["max_completion_tokens" if "max_tokens" in self._without else "max_tokens"] = settings.max_tokens
        match FORMATS[self._format]:
            case "json_schema":
                form = {"name": "statements", "strict": True, "schema": schema}
                body["response_format"] = {"type": "json_schema", "json_schema": form}
            case "json_object":
                body["response_format"] = {"type": "json_object"}
        return body

    def _adapt(self, reply: HttpReply, body: Json) -> bool:
        """Leave out what the server does not take. Return whether the request may succeed now.

        body: what was sent; another thread may have changed what is sent since.
        """
        if reply.status not in (400, 422, 500, 501):
            return False
        said = self._said(reply).lower()
        with self._lock:
            if reply.status in (400, 422):
                if "max_completion_tokens" in said and "max_tokens" in body and "support" in said:
                    return self._leave_out("max_tokens")
                if _OF_LENGTH.search(said):
                    limits = body.keys() & {"max_tokens", "max_completion_tokens"}
                    return (
                        bool(limits) and re.search("max_(completion_)?tokens", said) is not None and self._unlimited()
                    )
                for name in _OPTIONAL:
                    if name in body and re.search(rf"\b{name}\b", said):
                        return self._leave_out(name)
            kind = body.get("response_format", {}).get("type", FORMATS[-1])
            if kind != FORMATS[-1] and (_OF_FORMAT.search(said) or (reply.status in (400, 422) and not self.answers)):
                self._format = max(self._format, FORMATS.index(kind) + 1)
                return True
        return False

    def _leave_out(self, name: str) -> bool:
        self._without.add(name)
        return True

    def _unlimited(self) -> bool:
        return self._leave_out("limit")

    def _read(self, reply: HttpReply) -> Reply:
        value = reply.mapping()
        choices = value.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else None
        message = choice.get("message") if choice else None
        if not isinstance(message, dict):
            said = f" It says: {self._said(reply)}" if value else ""
            failure = ServerError(f"{self.settings.url}: this is no answer of a chat completion.{said}", reply.status)
            raise failure if self.answers or "error" in value else self._give_up(failure)
        tokens = self._count(value.get("usage"))
        finish = str((choice or {}).get("finish_reason") or "stop")
        content = message.get("content")
        if not isinstance(content, str) or not content.strip():
            why = message.get("refusal") or ("it was cut off" if finish == "length" else f"it ended with {finish}")
            raise ServerError(f"The model gave no answer: {self._safe(str(why))}.")
        content = content.encode(errors="replace").decode()  # half a surrogate pair is no character
        return Reply(content, finish, shorten(one_line(str(value.get("model") or self.settings.model))), *tokens)

    def _count(self, usage: object) -> tuple[int | None, int | None]:
        """Add the tokens of an answer; return those that went in, and those that came out."""
        counts = usage if isinstance(usage, dict) else {}
        one, two = (each if isinstance(each := counts.get(f"{name}_tokens"), int) else None for name in _COUNTED)
        with self._lock:
            self.answers += 1
            self.uncounted += one is None or two is None
            self.tokens_in += one or 0
            self.tokens_out += two or 0
        return one, two

    def _failure(self, reply: HttpReply) -> ServerError:
        """Return the failure that a reply is; what holds for all requests is remembered."""
        status, url = reply.status, self.settings.url
        said = f" It says: {text}" if (text := self._said(reply)) else ""
        if 300 <= status < 400:
            where = self._safe(str(reply.headers.get("Location", "")))
            message = f"{url} leads to {where or 'another address'}, and nothing was sent there.\n"
            return self._give_up(ServerError(f"{message}Hint: set url to the address that is meant.", status))
        if status in (401, 403):
            hint = "Hint: the key is that of the variable OPENAI_API_KEY, or of the one that key_variable names."
            return self._give_up(ServerError(f"{url} does not take the key, or none was sent.{said}\n{hint}", status))
        if status in (404, 405):
            hint = f"Hint: the address often ends in /v1; `curl {url}/models` lists the models."
            return self._give_up(ServerError(f"{url} has no such model or address.{said}\n{hint}", status))
        failure = ServerError(f"{url} answers {status} {_phrase(status)}.{said}", status)
        return self._give_up(failure) if self._is_out_of_money(reply) else failure

    def _is_out_of_money(self, reply: HttpReply) -> bool:
        text = self._said(reply).lower()
        return reply.status == HTTPStatus.PAYMENT_REQUIRED or (reply.status == 429 and bool(_NO_MONEY.search(text)))

    def _give_up(self, failure: ServerError) -> ServerError:
        """Remember that no request can succeed."""
        self._broken = failure
        return failure

    def _said(self, reply: HttpReply) -> str:
        """Return what a server says of a failure, in one short line and without the key."""
        value = reply.mapping()
        error = value.get("error", value.get("detail", value.get("message", "")))
        about = error if isinstance(error, dict) else {"message": error}
        words = [str(about[name]) for name in ("message", "code", "param") if about.get(name)]
        return self._safe(" ".join(words) or ("" if value else reply.body[:300].decode("utf-8", "replace")))

    def _safe(self, text: str) -> str:
        """Return a text of a server as messages show it: short, on one line, and without the key."""
        return shorten(one_line(text.replace(self.key, "...") if self.key else text), 300)

    def _reason(self, error: OSError) -> str:
        why = reason(error)
        return f"{why} ({self.settings.timeout:g} seconds)" if isinstance(error, TimeoutError) else self._safe(why)

    def _backoff(self, attempts: int) -> float:
        return float(min(_FIRST_WAIT * 2 ** (attempts - 1), _MOST_WAIT))

    def _put_off(self, seconds: float) -> None:
        """Let no thread ask for a time."""
        with self._lock:
            self._not_before = max(self._not_before, monotonic() + seconds)

    def _wait(self) -> None:
        while (left := self._not_before - monotonic()) > 0:
            sleep(left)


_COUNTED = ("prompt", "completion")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _retry_after(reply: HttpReply) -> float | None:
    """Return for how many seconds a server asks to wait; None where it does not say it."""
    said = str(reply.headers.get("Retry-After", "")).strip()
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]+)?", said):
        return float(said)
    try:
        until = parsedate_to_datetime(said)
    except ValueError:
        return None
    return max((until.replace(tzinfo=until.tzinfo or UTC) - datetime.now(UTC)).total_seconds(), 0.0)
