"""After a lost reply: wait, look, and only then say what became of it.

A server goes on with what it was asked for after the client has given up, for seconds. So it is looked at again and
again, at growing distances.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from stancebank.errors import ServerError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a server is waited for. seconds: in all. first: until the first look; each wait is twice the last."""

    seconds: float = 30.0
    first: float = 0.5


def send(do: Callable[[], T], look: Callable[[], T | None], patience: Patience, *, again: int = 0) -> T:
    """Do what is sent once. Where the reply is lost, return what `look` finds; None there means: not done.

    again: how often it is sent anew once patience is at an end, where a second time does no harm or can be mended.
    Raises ServerError: the one that `do` raised, where it was not done.
    """
    try:
        return do()
    except ServerError as error:
        if not error.in_doubt:
            raise
        found = _wait(look, patience)
        if found is not None:
            return found
        if not again:
            raise
    return send(do, look, patience, again=again - 1)


def _wait(look: Callable[[], T | None], patience: Patience) -> T | None:
    end, pause = time.monotonic() + patience.seconds, patience.first
    while True:
        try:
            found = look()
        except ServerError as error:
            if not error.in_doubt:
                raise
            found = None
        left = end - time.monotonic()
        if found is not None or left <= 0:
            return found
        time.sleep(min(pause, left))
        pause *= 2
