"""Versions of a dataset, X.Y.Z, and which step a change asks for.

Rows that were lost or labelled anew ask for a MAJOR step, new rows or columns for a MINOR one, anything else for a
PATCH. Before 1.0.0 nothing is promised, and the second number stands for both MAJOR and MINOR.
Source: semver.org 2.0.0, and the rules that TensorFlow Datasets has for data.
"""

import re
from enum import IntEnum

from stancebank.errors import InputError

Version = tuple[int, int, int]

_FORM = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)")


class Step(IntEnum):
    """How far a version rises."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3


def parse_version(text: str) -> Version:
    """Return the three numbers. Raises InputError where the text is no version."""
    if not (match := _FORM.fullmatch(text)):
        raise InputError(f"{text!r} is no version.\nHint: give three numbers, like 1.2.0.")
    major, minor, patch = map(int, match.groups())
    return major, minor, patch


def least(before: str, step: Step) -> str:
    """Return the lowest version that is a step above the one before.

    >>> least("1.2.3", Step.MAJOR), least("1.2.3", Step.MINOR), least("1.2.3", Step.PATCH)
    ('2.0.0', '1.3.0', '1.2.4')
    >>> least("0.2.3", Step.MAJOR), least("0.2.3", Step.PATCH)
    ('0.3.0', '0.2.4')
    """
    major, minor, patch = parse_version(before)
    if step is Step.MAJOR and major:
        return f"{major + 1}.0.0"
    if step >= Step.MINOR:
        return f"{major}.{minor + 1}.0"
    return f"{major}.{minor}.{patch + 1}"


def suffices(before: str, after: str, step: Step) -> bool:
    """Whether a version is at least that step above the one before."""
    return parse_version(after) >= parse_version(least(before, step))
