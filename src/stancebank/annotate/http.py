"""Single requests to a server, sent without the SDK: for pages, forms and errors that it hides.

`HttpClient` keeps cookies, follows no redirect, and uses no proxy for a server on this machine.
"""

import json
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPException
from http.cookiejar import CookieJar
from ipaddress import ip_address
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

MOST = 8 * 1024 * 1024  # bytes that are read of a reply


@dataclass(frozen=True, slots=True)
class HttpReply:
    """The reply of a server."""

    status: int
    headers: Message
    body: bytes

    def json(self) -> Any:
        """Return the body as JSON, or None if it is not JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    def mapping(self) -> dict[str, Any]:
        """Return the body as a JSON object, or an empty one if it is not an object."""
        value = self.json()
        return value if isinstance(value, dict) else {}


class HttpClient:
    """A client of one server that keeps its cookies and follows no redirect. url: of the server, without a path."""

    def __init__(self, url: str, *, timeout: float = 10.0) -> None:
        self.url = url.rstrip("/")
        self._timeout = timeout
        self._cookies = CookieJar()
        handlers: list[BaseHandler] = [_NoRedirect(), HTTPCookieProcessor(self._cookies)]
        if is_loopback(url):
            handlers.append(ProxyHandler({}))  # a proxy of the environment cannot reach a server on this machine
        self._opener = build_opener(*handlers)

    def ask(
        self,
        method: str,
        path: str,
        *,
        token: str = "",
        form: Mapping[str, str] | None = None,
        value: object = None,
    ) -> HttpReply:
        """Send one request and return the reply, whatever its status.

        token: the whole header Authorization. form: fields of a page's form, sent with the CSRF token from the cookies.
        value: sent as JSON. Raises OSError if no reply comes: refused, unknown host, TLS, timeout, closed connection.
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
                return HttpReply(reply.status, reply.headers, reply.read(MOST))
        except HTTPError as error:
            with error:
                return HttpReply(error.code, error.headers, error.read(MOST))
        except URLError as error:
            raise error.reason if isinstance(error.reason, OSError) else OSError(str(error.reason)) from None
        except HTTPException as error:
            raise ConnectionError(f"the reply is not HTTP ({type(error).__name__})") from None
        except (ValueError, OverflowError):
            raise OSError("this is not the address of a server") from None

    def cookie(self, name: str) -> str:
        """Return a cookie that the server has set, or ""."""
        return next((each.value or "" for each in self._cookies if each.name == name), "")


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def is_loopback(url: str) -> bool:
    """Whether a server runs on this machine and is reached without leaving it."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def reason(error: OSError) -> str:
    """Return in a few words why no reply came."""
    if isinstance(error, socket.gaierror):
        return "no such host"
    if isinstance(error, ssl.SSLError):
        return getattr(error, "verify_message", "") or error.reason or "TLS failed"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ConnectionRefusedError):
        return "nothing listens there"
    return error.strerror or str(error)
