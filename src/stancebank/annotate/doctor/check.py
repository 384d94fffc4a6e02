"""One thing that was looked at, and how it was found."""

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warning", "fault"]


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at. code: which check, and for a fault which one, such as ``reach-refused``. hint: "" if ok."""

    code: str
    state: State
    message: str
    hint: str = ""
