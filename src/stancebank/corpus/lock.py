"""Where a table of records lies, and ``corpus/store.lock``, which pins what it holds as of a commit of git.

An address is what ``[corpus] store`` of the settings says: "files", which is also what is meant where nothing is said;
a folder, relative to the workspace; or a place in an object store that speaks S3, such as ``s3://bucket/corpus``.
"""

import hashlib
import os
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from stancebank.errors import WorkspaceError
from stancebank.records import write_text

LOCK = "corpus/store.lock"
"""The file that pins a version of the table; it is kept in git."""

LOCAL_TABLE = ".stancebank/table"
"""The table of words that may not be published: it never leaves the machine, whatever the address says."""

_NOT_THERE = ("corpus", "schema", "annotate", "releases", ".git")
_AT_ONCE = 1000  # lines that are hashed at once
_S3 = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9._=-]+)+/?")
_HEAD = "# What the table of this corpus holds as of this commit. Commands write this file: docs/stores.md.\n"


@dataclass(frozen=True, slots=True)
class StoreLock:
    """A version of a table. sha256: of what it holds (`content_hash`). records: how many there are."""

    address: str
    version: int
    records: int
    sha256: str

    def write(self, root: Path) -> None:
        """Write the file, wholly or not at all. root: of the workspace."""
        write_text(root / LOCK, self.to_toml())

    def to_toml(self) -> str:
        """Return what the file says."""
        return (
            f'{_HEAD}address = "{self.address}"\nversion = {self.version}\nrecords = {self.records}\n'
            f'sha256 = "{self.sha256}"\n'
        )


def read_lock(root: Path) -> StoreLock | None:
    """Return what the workspace's lock file pins, None where there is none. Raises WorkspaceError as `parse_lock`."""
    try:
        return parse_lock((root / LOCK).read_bytes())
    except FileNotFoundError:
        return None


def parse_lock(data: bytes) -> StoreLock:
    """Return what a lock file says. Raises WorkspaceError where it is none, as after a merge with conflicts."""
    try:
        told = tomllib.loads(data.decode())
        address, version, records, digest = (told[key] for key in ("address", "version", "records", "sha256"))
        is_sound = isinstance(address, str) and type(version) is type(records) is int and min(version, records) >= 0
        if not is_sound or not re.fullmatch("[0-9a-f]{64}", digest):
            raise ValueError("a value is of another form")
    except (ValueError, KeyError, TypeError) as error:  # what is no TOML and no UTF-8 raises a ValueError too
        raise WorkspaceError(
            f"{LOCK} cannot be read: {error}.\n"
            f"Hint: `git checkout HEAD -- {LOCK}` brings the last one back; of two that were merged, take the one with "
            "the higher version."
        ) from None
    return StoreLock(address, version, records, digest)


def content_hash(records: Iterable[tuple[str, str]]) -> str:
    """Return the SHA-256 of what a store holds, told line by line in order: SHA-256, two blanks, name.

    records: names with the SHA-256 of their bytes, sorted by name. It is what `sha256sum` prints of the files in the
    folders of a store, sorted with ``LC_ALL=C sort -k2``, hashed again.
    """
    digest = hashlib.sha256()
    lines = (f"{sha256}  {name}\n" for name, sha256 in records)
    while some := "".join(islice(lines, _AT_ONCE)):
        digest.update(some.encode())
    return digest.hexdigest()


def is_remote(address: str) -> bool:
    """Whether an address is one of an object store."""
    return "://" in address


def require_address(address: str, root: Path) -> None:
    """Raise WorkspaceError where a table cannot lie at an address, with what to write instead."""
    if is_remote(address):
        if not _S3.fullmatch(address):
            raise WorkspaceError(
                f"{address!r} is no place for a table: an object store's is like s3://bucket/folder, without a query, "
                "a user or a key.\nHint: give credentials and endpoint by the variables AWS_ACCESS_KEY_ID, "
                "AWS_SECRET_ACCESS_KEY, AWS_REGION and AWS_ENDPOINT_URL."
            )
        return
    place = (root / address).resolve()
    is_plain = address == address.strip() and address and not re.search(r'["\\\x00-\x1f]', address)
    own = place.relative_to(root).parts if place.is_relative_to(root) else ()
    holds_root = root.is_relative_to(place)
    taken = own[:1] and (own[0] in _NOT_THERE or Path(*own) in (Path(".stancebank"), Path(LOCAL_TABLE)))
    if not is_plain or holds_root or taken or (place.exists() and not place.is_dir()):
        raise WorkspaceError(
            f"{address!r} is no place for a table.\n"
            'Hint: name a folder of its own, relative to the workspace, such as "../table" or ".stancebank/shared", or '
            'an address such as "s3://bucket/folder"; "files" keeps records as files.'
        )


def locate(address: str, root: Path) -> str:
    """Return where a table lies: an address of an object store as it is, else the absolute path of a folder."""
    return address.rstrip("/") if is_remote(address) else str((root / address).resolve())


def storage_options(address: str) -> dict[str, str]:
    """Return what an object store's client is told beside the variables AWS_*.

    It is how long it tries, and that HTTP is meant where the endpoint says so.
    """
    if not is_remote(address):
        return {}
    options = {"max_retries": "3", "retry_timeout": "30s", "connect_timeout": "5s", "timeout": "60s"}
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL", "")
    if endpoint:
        options["endpoint"] = endpoint
    if endpoint.startswith("http://"):
        options["allow_http"] = "true"
    return options
