"""A published folder: written beside its place, put there when it is whole, and never over what is not ours.

The new folder grows as ``.<name>.part-<process>`` beside the old one. To change places the old one becomes
``.<name>.old`` for a moment. Killed at any point, a run leaves the old folder whole, in its place or under that name;
the next run puts it back and removes what was left behind.
"""

import hashlib
import os
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from stancebank.errors import InputError
from stancebank.records import file_locks, find_files, holding, is_special, lock_file, read_json
from stancebank.schema.fields import KEYWORD, Scheme, load_scheme
from stancebank.schema.validate import packed_schema

MANIFEST = "manifest.json"
SUMS = "SHA256SUMS"
_LONGEST = 600.0  # seconds that a run waits for another one
MADE_BY = "stancebank publish build"
"""What the manifest of each of our folders says under `made_by`."""


def require_replaceable(out: Path) -> None:
    """Raise InputError where out is something that a build may not replace.

    A build replaces nothing, an empty folder, or a folder that a build has made and to which nothing was added.
    """
    if not out.exists():
        return
    if not out.is_dir():
        raise InputError(f"{out} is a file.\nHint: name a folder. Nothing was changed.")
    held = folder_files(out)
    if not held and not any(out.iterdir()):
        return
    try:
        manifest = read_json(out / MANIFEST)
        ours = manifest["files"].keys() | {MANIFEST, SUMS, ATTRIBUTES} if manifest["made_by"] == MADE_BY else None
    except (OSError, InputError, KeyError, TypeError, AttributeError):
        ours = None
    if ours is None:
        raise InputError(
            f"{out} holds files and was not made by `{MADE_BY}`.\n"
            "Hint: name a new or empty folder with --out. Nothing was changed."
        )
    if foreign := sorted(held - ours):
        raise InputError(
            f"{out} holds what no build has put there: {', '.join(foreign[:3])}{', ...' if len(foreign) > 3 else ''}.\n"
            "Hint: move it away, or name another folder with --out. Nothing was changed."
        )


def folder_files(folder: Path) -> set[str]:
    """Return the relative paths of all that lies in a folder, except the folders in it that hold something."""
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_symlink() or not path.is_dir() or not any(path.iterdir())
    }


def require_plain(folder: Path) -> None:
    """Raise InputError where a folder holds a pipe, a device or a socket, or a link to one: it may never end."""
    for path in folder.rglob("*"):
        with suppress(OSError):  # a link that leads nowhere
            if is_special(path.stat().st_mode):
                raise InputError(
                    f"{path.relative_to(folder).as_posix()} of {folder} is no plain file.\n"
                    "Hint: take the folder from its publisher again."
                )


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, as 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def make_sums(digests: Mapping[str, str]) -> str:
    """Return SHA256SUMS: the digest of every other file, by path, in the form that `sha256sum -c SHA256SUMS` reads."""
    return "".join(f"{digests[name]}  {name}\n" for name in sorted(digests.keys() - {SUMS}))


ATTRIBUTES = ".gitattributes"
KEEPS_BYTES = (
    "# Git changes no byte, so that SHA256SUMS holds in every checkout. Tables go to Git LFS where that is set up, as "
    "on the Hub.\n* -text\n*.parquet filter=lfs diff=lfs merge=lfs -text\n"
)
"""What a release has in .gitattributes, for people who put it into a repository. No part of the release: git's, or
the Hub's, may take its place."""


@contextmanager
def replacing(out: Path, like: str | None = None) -> Iterator[Path]:
    """Yield an empty folder beside out; it takes the place of out when the block ends without an exception.

    like: how the names of all folders begin that are made beside out; None for its name alone. What killed runs left of
    them is removed. One run at a time works beside out; another one waits. Raises InputError as `require_replaceable`
    does.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    with _alone(out.parent):
        _clear_leftovers(out, like or out.name)
        require_replaceable(out)
        part = out.parent / f".{out.name}.part-{os.getpid()}"
        part.mkdir()
        try:
            yield part
            _sync(part)
            _swap(part, out)
        finally:
            shutil.rmtree(part, ignore_errors=True)


def _clear_leftovers(out: Path, like: str) -> None:
    """Remove what killed runs left, and put back the old folder where one was killed between the two renames."""
    old = _old(out)
    if old.is_dir() and not out.exists():
        old.rename(out)
    part = re.compile(rf"\.{re.escape(like)}{'' if like == out.name else '.*'}\.part-[0-9]+")
    for path in out.parent.iterdir():
        if path == old or (part.fullmatch(path.name) and path.is_dir() and not path.is_symlink()):
            shutil.rmtree(path)


def _swap(part: Path, out: Path) -> None:
    """Put the new folder in its place, in two renames where an old one is there.

    A run that is killed between the two leaves both beside the place; the next one puts the old one back.
    """
    old = _old(out)
    if out.exists():
        out.rename(old)
    try:
        part.rename(out)
    except BaseException:
        if old.exists():
            old.rename(out)
        raise
    _sync_folder(out.parent)
    if old.exists():
        shutil.rmtree(old)


def _old(out: Path) -> Path:
    return out.parent / f".{out.name}.old"


def _sync(folder: Path) -> None:
    """Bring all that lies in the folder to the disk."""
    for path in (*folder.rglob("*"), folder):
        if path.is_dir():
            _sync_folder(path)
        else:
            with path.open("rb") as file:
                os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    with suppress(OSError):  # not every system lets a folder be opened
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold a lock on the folder; a killed process gives it back. Where folders have no locks, a file has it."""
    if not file_locks().has_fcntl:
        with holding(folder / ".stancebank.lock", "stancebank publish", _LONGEST):
            yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        while not lock_file(handle, unknown=True):
            time.sleep(0.05)
        yield
    finally:
        os.close(handle)


SCHEMA = "schema"
"""The folder within a folder that holds the files of its schema version."""

ANNOTATION = "annotation.schema.json"


def find_schema(folder: Path, version: str) -> Path | None:
    """Return where the files of a folder's schema version are: in the folder or the toolkit; None for nowhere."""
    own = folder / SCHEMA
    try:
        is_told = (own / "vocabularies.json").is_file() and KEYWORD in (own / ANNOTATION).read_bytes().decode()
    except (OSError, UnicodeDecodeError):
        is_told = False
    return own if is_told else packed_schema(version)


def read_scheme(folder: Path) -> Scheme:
    """Return the scheme of a folder that the toolkit has made. Raises InputError where it is not to be found out."""
    try:
        version = str(read_json(folder / MANIFEST)["schema_version"])
    except (OSError, InputError, KeyError, TypeError):
        raise InputError(
            f"{folder} is no dataset that this toolkit has made: {MANIFEST} is missing or of another form.\n"
            "Hint: name a folder that `stancebank publish build` or `publish release` has written."
        ) from None
    schema_dir = find_schema(folder, version)
    if schema_dir is None:
        raise InputError(
            f"{folder} follows the schema {version!r}, which this toolkit lacks.\nHint: get a newer toolkit."
        )
    return load_scheme(schema_dir, version)


def is_own(schema_dir: Path) -> bool:
    """Whether the files of a schema version are not, byte for byte, those that the toolkit brings."""
    packed = packed_schema(schema_dir.name)
    return packed is None or any(
        not (packed / path.name).is_file() or (packed / path.name).read_bytes() != path.read_bytes()
        for path in find_files(schema_dir, "*.json")
    )
