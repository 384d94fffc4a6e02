"""Addresses of published releases: what they name, and what their clients say when something goes wrong.

``hf://datasets/ORG/NAME`` is a repository of the Hugging Face Hub. Every other address that fsspec knows, such as
``s3://BUCKET/PREFIX``, ``file:///PATH`` or ``hf://buckets/ORG/NAME/PREFIX``, is a folder with a folder for each
version. ``@VERSION`` at the end of either names one version.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stancebank.errors import ConflictError, InputError, ServerError, StancebankError, install_hint
from stancebank.publish.history import parse_version

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://")
_REPOSITORY = re.compile(r"hf://datasets/([\w.-]+/[\w.-]+)")
_VERSION = re.compile(r"v?((?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*))")

KINDS = "hf://datasets/ORG/NAME, s3://BUCKET/PREFIX, or another address that fsspec knows"


@dataclass(frozen=True, slots=True)
class Address:
    """Where releases are published. url: without version. version: the one that is named, such as 1.2.0, if any.

    revision: of the Hub, where one is named that is no version: a branch or a commit.
    """

    url: str
    version: str | None = None
    revision: str | None = None

    @property
    def repository(self) -> str | None:
        """The id of a repository of the Hub, ORG/NAME; None for an address of another kind."""
        found = _REPOSITORY.fullmatch(self.url)
        return found[1] if found else None

    def __str__(self) -> str:
        named = self.version or self.revision
        return f"{self.url}@{named}" if named else self.url


def is_address(text: str | Path) -> bool:
    """Whether a text is an address rather than the path of a folder.

    >>> is_address("s3://bucket/prefix"), is_address("releases/toy-1.2.0"), is_address(r"C:\\toy")
    (True, False, False)
    """
    return isinstance(text, str) and _SCHEME.match(text) is not None


def parse_address(text: str) -> Address:
    """Return what an address names. Raises InputError where it is none.

    >>> parse_address("hf://datasets/org/toy@v1.2.0")
    Address(url='hf://datasets/org/toy', version='1.2.0', revision=None)
    >>> parse_address("s3://bucket/toy/1.2.0")
    Address(url='s3://bucket/toy', version='1.2.0', revision=None)
    >>> parse_address("hf://buckets/org/name/toy@1.2.0").url
    'hf://buckets/org/name/toy'
    """
    scheme = _SCHEME.match(text)
    if scheme is None:
        raise InputError(f"{text!r} is no address.\nHint: give {KINDS}.")
    rest = text[scheme.end() :].rstrip("/")
    if re.match(r"[^/@]*:[^/@]*@", rest):
        raise InputError(
            "The address holds a password.\nHint: leave it out; the clients find credentials themselves, such as "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile."
        )
    head, at, named = rest.rpartition("@")
    if not at or ("/" in named and scheme[1] != "hf"):
        head, named = rest, ""
    url = f"{scheme[0]}{head}"
    version = _VERSION.fullmatch(named)
    if scheme[1] == "hf" and not head.startswith("buckets/"):
        if _REPOSITORY.fullmatch(url) is None:
            raise InputError(f"{text!r} is no address of a dataset.\nHint: give hf://datasets/ORG/NAME.")
        return Address(url, version[1] if version else None, None if version else named or None)
    if named and version is None:
        raise InputError(f"{text!r}: {named!r} is no version.\nHint: give three numbers after @, like @1.2.0.")
    folder, _, last = url.rpartition("/")
    if version is None and (version := _VERSION.fullmatch(last)):
        url = folder
    if not url.removeprefix(scheme[0]):
        raise InputError(f"{text!r} names no place.\nHint: give {KINDS}.")
    return Address(url, version[1] if version else None)


def newest(versions: list[str]) -> str | None:
    """Return the highest of some versions; None where there is none.

    >>> newest(["0.9.0", "0.10.0"])
    '0.10.0'
    """
    return max(versions, key=parse_version, default=None)


@contextmanager
def asking(where: str) -> Iterator[None]:
    """Make one message with a hint of whatever a client raises. where: the address that it asks.

    Raises InputError where something is not there, ConflictError where somebody else was there first, ServerError for
    all else. What a client says may tell an address and the number of a request, never a token: those are in headers.
    """
    try:
        yield
    except StancebankError:
        raise
    except Exception as error:  # whatever is raised in here, a client has raised
        raise _explained(error, where) from error


def _explained(error: BaseException, where: str) -> StancebankError:
    """Return what a client's exception means for the user."""
    while isinstance(error, RuntimeError) and isinstance(error.__cause__, Exception):
        error = error.__cause__  # the client of the Hub wraps what happens to a large file
    status = getattr(getattr(error, "response", None), "status_code", None)
    name = type(error).__name__
    said = f"{name}: {' '.join(str(error).split())[:200].rstrip('.')}"
    rights = (
        "run `hf auth login`, or set HF_TOKEN to a token that may write there"
        if where.startswith("hf:")
        else "set the credentials that its client reads, such as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, of "
        "somebody who may do this"
    )
    if isinstance(error, ImportError):
        hint = install_hint("s3fs") if where.startswith("s3") else "install the package that it names"
        return InputError(f"{where} needs a client that is not installed ({error}).\nHint: {hint}.")
    if name == "GatedRepoError":
        return InputError(f"{where} is gated.\nHint: ask for access on its page, and log in with `hf auth login`.")
    if isinstance(error, PermissionError) or status in (401, 403) or "Credentials" in name:
        return ServerError(f"{where} does not allow this, or is not there ({said}).\nHint: {rights}.", status)
    if name in ("RepositoryNotFoundError", "BucketNotFoundError"):
        return ServerError(f"{where} is not there, or not for you.\nHint: check the address; {rights}.", status)
    if isinstance(error, FileNotFoundError):
        return InputError(f"{where}: what was asked for is not there ({said}).\nHint: check the address.")
    if isinstance(error, ValueError) and "Protocol not known" in str(error):
        return InputError(f"{where} is of a kind that is not known.\nHint: give {KINDS}.")
    if isinstance(error, FileExistsError) or status in (409, 412):
        return ConflictError(f"{where} has changed meanwhile ({said}); nothing was overwritten.\nHint: run this again.")
    return ServerError(
        f"{where} did not do what it was asked to ({said}).\n"
        "Hint: check the network and the address, and run this again: it goes on where it stopped.",
        status,
    )
