"""What is done after a lost reply."""

import pytest

from stancebank.annotate.sync.retry import Timeout, send_once
from stancebank.errors import ServerError

AT_ONCE = Timeout(seconds=0.0)


class Lost:
    """Something sent, whose first replies are lost, or refused with a status."""

    def __init__(self, times: int, status: int | None = None) -> None:
        self.sent, self._times, self._status = 0, times, status

    def __call__(self) -> str:
        self.sent += 1
        if self.sent <= self._times:
            raise ServerError("lost.\nHint: none.", self._status)
        return "replied"


def test_what_is_found_after_a_lost_reply_is_not_sent_again() -> None:
    lost = Lost(1)
    assert send_once(lost, lambda: "found", AT_ONCE, retries=5) == "found"
    assert lost.sent == 1


def test_what_comes_later_is_waited_for() -> None:
    answers = iter([None, None, "late"])
    assert send_once(Lost(1), lambda: next(answers), Timeout(seconds=5.0, first=0.01)) == "late"


def test_what_is_looked_for_in_vain_is_sent_again_as_often_as_said_and_no_oftener() -> None:
    assert send_once(Lost(2), lambda: None, AT_ONCE, retries=2) == "replied"
    lost = Lost(9)
    with pytest.raises(ServerError):
        send_once(lost, lambda: None, AT_ONCE, retries=2)
    assert lost.sent == 3


def test_a_refusal_leaves_no_doubt() -> None:
    lost = Lost(1, 400)
    with pytest.raises(ServerError):
        send_once(lost, lambda: "found", AT_ONCE, retries=5)
    assert lost.sent == 1


def test_a_check_that_fails_is_no_answer() -> None:
    def confirm() -> str | None:
        raise ServerError("away.\nHint: none.")

    assert send_once(Lost(1), confirm, AT_ONCE, retries=1) == "replied"
