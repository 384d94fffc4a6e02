"""Who made an annotation, when and where, as Label Studio says it; without what would name a person."""

import re
from collections.abc import Mapping
from typing import Any

from stancebank.model import LabelStudio

_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z|\+00:00)")


def number_of(value: object) -> int | None:
    """Return an id of the server; None where it is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def time_of(annotation: Mapping[str, Any], key: str) -> str:
    """Return a time in UTC, to the second; "" where there is none."""
    match = _TIME.fullmatch(str(annotation.get(key) or ""))
    return f"{match[1]}Z" if match else ""


def annotator_of(annotation: Mapping[str, Any], annotators: Mapping[int, str]) -> str:
    """Return the pseudonym of who completed it: the one given for the user's id, or ``user-<id>``.

    The server forgets who made an annotation when the account is removed. Then each annotation has a name of its own,
    ``user-unknown-<annotation>``, since two people of one name would hide each other's labels.
    """
    user = annotation.get("completed_by")
    number = number_of(user.get("id") if isinstance(user, dict) else user)
    if number is None:
        own = number_of(annotation.get("id"))
        return "user-unknown" if own is None else f"user-unknown-{own}"
    return annotators.get(number, f"user-{number}")


def editor_of(annotation: Mapping[str, Any], annotators: Mapping[int, str]) -> str | None:
    """Return the pseudonym of who last saved it, where that is known to be somebody else than its annotator."""
    saved, made = number_of(annotation.get("updated_by")), annotation.get("completed_by")
    made = number_of(made.get("id") if isinstance(made, dict) else made)
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
