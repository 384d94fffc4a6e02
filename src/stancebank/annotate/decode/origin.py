"""Where an annotation comes from: its ids on the server, who made it and who saved it last, and when."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from stancebank.annotate.decode.items import whole_number
from stancebank.model import LabelStudio
from stancebank.text import sha256


def number_of(value: object) -> int | None:
    """Return an id of the server, however it is written: 7, "7" or 7.0; None where it is none."""
    if isinstance(value, str) and value.isascii() and value.strip().isdecimal() and len(value) < _DIGITS:
        value = int(value)
    return whole_number(value) or None


def time_of(annotation: Mapping[str, Any], key: str) -> str:
    """Return a time in UTC, to the second; "" where there is none.

    It is given in any form of ISO 8601, which is of UTC if it names no offset, or in the seconds, or parts of a second,
    since 1970.
    """
    value = annotation.get(key)
    return _time(value) if isinstance(value, str) else _read_time(value)


@lru_cache(maxsize=256)  # an annotation's times are asked for more than once
def _time(value: str) -> str:
    return _read_time(value)


def _read_time(value: object) -> str:
    try:
        if isinstance(value, str) and not _EPOCH.fullmatch(value.strip()):
            written = _UTC.sub("+00:00", " ".join(value.split()).upper()).replace(" +", "+")
            found = datetime.fromisoformat(written)
        elif isinstance(value, str | int | float) and not isinstance(value, bool) and float(value) >= _EARLIEST:
            seconds = float(value)
            while _LATEST <= seconds < float("inf"):  # milliseconds, microseconds, nanoseconds
                seconds /= 1000
            found = datetime.fromtimestamp(seconds, UTC)
        else:
            return ""
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return ""
    return found.strftime("%Y-%m-%dT%H:%M:%SZ") if found.year >= 1000 else ""


_EPOCH = re.compile(r"\d{9,}(?:\.\d*)?")
_UTC = re.compile(r" ?(?:Z|UTC|GMT)$")
_EARLIEST, _LATEST = 1e8, 1e11  # seconds: in 1973, and in 5138
_DIGITS = 20  # of an id: a server counts in 64 bits


def user_of(annotation: Mapping[str, Any]) -> int | None:
    """Return the server's id of who completed an annotation; None where it names none."""
    user = annotation.get("completed_by")
    return number_of(user.get("id") if isinstance(user, dict) else user)


def annotator_of(annotation: Mapping[str, Any], annotators: Mapping[int, str]) -> str:
    """Return the pseudonym of who completed it: the one given for the user's id, or ``user-<id>``.

    The server forgets who made an annotation when the account is removed. Then each annotation has a name of its own,
    ``user-unknown-<annotation>``, since two people of one name would hide each other's labels. One that has no id
    either is named after what it says and when.
    """
    number = user_of(annotation)
    if number is None:
        own = number_of(annotation.get("id"))
        if own is None:
            said = json.dumps([annotation.get(key) for key in ("created_at", "completed_by", "result")], default=str)
            return f"user-unknown-{sha256(said)[:12]}"
        return f"user-unknown-{own}"
    return annotators.get(number, f"user-{number}")


def editor_of(annotation: Mapping[str, Any], annotators: Mapping[int, str]) -> str | None:
    """Return the pseudonym of who last saved it, where that is known to be somebody else than its annotator."""
    saved, made = number_of(annotation.get("updated_by")), user_of(annotation)
    if saved is None or made is None or saved == made:
        return None
    return annotators.get(saved, f"user-{saved}")


def label_studio_of(
    task: Mapping[str, Any], annotation: Mapping[str, Any], annotators: Mapping[int, str]
) -> LabelStudio | None:
    """Return the ids on the server, and who saved it last; None where an id is missing."""
    project, number, own = (number_of(each) for each in (task.get("project"), task.get("id"), annotation.get("id")))
    if project is None or number is None or own is None:
        return None
    return LabelStudio(project=project, task=number, annotation=own, edited_by=editor_of(annotation, annotators))
