"""Send a request once: after a lost reply, find out whether the server carried it out before sending it again.

A server continues with a request for seconds after the client has given up. So it is asked repeatedly, at growing
intervals.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from stancebank.errors import ServerError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Timeout:
    """How long to look for a confirmation. seconds: in all. first: the first pause; each pause is twice the last."""

    seconds: float = 30.0
    first: float = 0.5


def send_once(request: Callable[[], T], confirm: Callable[[], T | None], timeout: Timeout, *, retries: int = 0) -> T:
    """Send a request. If its reply is lost, return what `confirm` finds; None there means that it was not carried out.

    retries: how often to send it again after the timeout, where a second time does no harm or can be repaired.
    Raises ServerError, the one of the request, if it was not carried out.
    """
    try:
        return request()
    except ServerError as error:
        if not error.in_doubt:
            raise
        found = _wait(confirm, timeout)
        if found is not None:
            return found
        if not retries:
            raise
    return send_once(request, confirm, timeout, retries=retries - 1)


def _wait(confirm: Callable[[], T | None], timeout: Timeout) -> T | None:
    end, pause = time.monotonic() + timeout.seconds, timeout.first
    while True:
        try:
            found = confirm()
        except ServerError as error:
            if not error.in_doubt:
                raise
            found = None
        left = end - time.monotonic()
        if found is not None or left <= 0:
            return found
        time.sleep(min(pause, left))
        pause *= 2
