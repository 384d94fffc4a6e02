"""One request and its answer, as they go over the wire: for pages, forms and faults that the SDK hides."""

import json
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPException
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import (
    BaseHandler,
    HTTPCookieProcessor,
    HTTPRedirectHandler,
    ProxyHandler,
    Request,
    build_opener,
)

MOST = 8 * 1024 * 1024  # bytes of an answer that are read


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered."""

    status: int
    headers: Message
    body: bytes

    def json(self) -> Any:
        """Return the body as JSON, or None where it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def mapping(self) -> dict[str, Any]:
        """Return the body as a JSON object, or an empty one where it is none."""
        value = self.json()
        return value if isinstance(value, dict) else {}


class Wire:
    """A client of one server that keeps its cookies and follows no redirect. url: without a path after the server's."""

    def __init__(self, url: str, *, timeout: float = 10.0) -> None:
        self.url = url.rstrip("/")
        self._timeout = timeout
        self._cookies = CookieJar()
        handlers: list[BaseHandler] = [_NoRedirect(), HTTPCookieProcessor(self._cookies)]
        if is_loopback(url):
            handlers.append(ProxyHandler({}))  # a proxy that the environment names cannot reach this machine's own
        self._opener = build_opener(*handlers)

    def ask(
        self,
        method: str,
        path: str,
        *,
        token: str = "",
        form: Mapping[str, str] | None = None,
        value: object = None,
    ) -> Answer:
        """Send one request and return the answer, whatever its status.

        token: all of the header Authorization. form: fields of a page's form, sent with its secret from the cookies.
        value: to be sent as JSON. Raises OSError where no answer comes: refused, unknown name, TLS, timeout, cut off.
        """
        headers = {"Authorization": token} if token else {}
        data = None
        if form is not None:
            data = urlencode({**form, "csrfmiddlewaretoken": self.cookie("csrftoken")}).encode()
            headers["Referer"] = self.url + path
        elif value is not None:
            data, headers["Content-Type"] = json.dumps(value).encode(), "application/json"
        try:
            request = Request(self.url + path, data=data, headers=headers, method=method)
            with self._opener.open(request, timeout=self._timeout) as reply:
                return Answer(reply.status, reply.headers, reply.read(MOST))
        except HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read(MOST))
        except URLError as error:
            raise error.reason if isinstance(error.reason, OSError) else OSError(str(error.reason)) from None
        except HTTPException as error:
            raise ConnectionError(f"the answer is no HTTP ({type(error).__name__})") from None
        except (ValueError, OverflowError):
            raise OSError("this is no address of a server") from None

    def cookie(self, name: str) -> str:
        """Return a cookie that the server has set, or ""."""
        return next((each.value or "" for each in self._cookies if each.name == name), "")


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def is_loopback(url: str) -> bool:
    """Whether a URL names this machine itself."""
    host = urlsplit(url).hostname or ""
    return host == "localhost" or host.startswith("127.") or host == "::1"


def reason(error: OSError) -> str:
    """Say in a few words why no answer came."""
    if isinstance(error, socket.gaierror):
        return "no such host"
    if isinstance(error, ssl.SSLError):
        return getattr(error, "verify_message", "") or error.reason or "TLS failed"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ConnectionRefusedError):
        return "nothing listens there"
    return error.strerror or str(error)
