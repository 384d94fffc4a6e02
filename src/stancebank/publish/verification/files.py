"""The files of a folder that nobody trusts: which there are, whether they belong there, and what SHA256SUMS says."""

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from stancebank.publish.layout import (
    ALWAYS,
    ATTRIBUTES,
    FOLDERS,
    KEEPS_BYTES,
    LARGEST_LIST,
    LISTS,
    SIGNATURE,
    SUMS,
    UNLISTED,
    Entry,
    entry_of,
    make_sums,
)
from stancebank.publish.parquet import file_order
from stancebank.publish.signing import BadSignatureError, Signature, can_check, read_signature
from stancebank.publish.verification.faults import Fault
from stancebank.records import LITTER

LARGEST_TEXT = 100_000_000
"""Bytes of a file that is read whole; larger ones are refused."""

LARGEST_TABLE = 20_000_000_000


def most_bytes(name: str) -> int:
    """Return how many bytes a file may have."""
    return LARGEST_LIST if name in LISTS else LARGEST_TABLE if name.endswith(".parquet") else LARGEST_TEXT


MOST_FILES = 20_000

BESIDE = frozenset((".git", ATTRIBUTES, ".cache/huggingface", "retracted"))
"""What git and the client of the Hub put into a folder, and the tombstones of versions that were retracted from its
repository: no part of it, and left out with a note.

The `.gitattributes` that a release comes with is left out without one.
"""

_POINTER = re.compile(
    rb"version https://(?:git-lfs|hawser)\.github\.com/spec/v1\n(?:.*\n)*?oid sha256:([0-9a-f]{64})\nsize [0-9]+\n?"
)
LARGEST_POINTER = 1024

_LINE = re.compile(r"([0-9a-f]{64})  (\S.*)")


@dataclass(frozen=True, slots=True)
class Files:
    """The plain files of a folder by path, each with its size in bytes and its SHA-256.

    beside: what lies there and is no part of the folder, as `BESIDE` has it.
    """

    root: Path
    sizes: dict[str, int]
    digests: dict[str, str]
    beside: tuple[str, ...] = ()

    def of_table(self, table: str) -> tuple[str, ...]:
        """Return the files of a table, in their order."""
        return tuple(sorted((name for name in self.sizes if name.startswith(f"{table}/")), key=file_order))

    def of_entry(self, entry: Entry) -> tuple[str, ...]:
        """Return the files that are what an entry of the layout describes."""
        return tuple(name for name in sorted(self.sizes) if entry.matches(name))

    def text(self, name: str) -> str | None:
        """Return a file's text; None where there is none, or it is too large or not UTF-8."""
        if name not in self.sizes or self.sizes[name] > most_bytes(name):
            return None
        try:
            return (self.root / name).read_bytes().decode()
        except (OSError, UnicodeDecodeError):
            return None


def read_files(root: Path) -> tuple[Files, list[Fault]]:
    """Go over a folder and take the SHA-256 of each plain file.

    No link is followed, save those by which the Hub's cache leads from a snapshot to its own blobs. A Git LFS pointer
    counts as the file that it stands for, and is a fault.
    """
    faults: list[Fault] = []
    sizes: dict[str, int] = {}
    digests: dict[str, str] = {}
    beside: list[str] = []
    for name, status in _walk(root, "", faults, beside, _blobs(root)):
        if entry_of(name) is None:
            faults.append(Fault(_shown(name), "", "", "file-foreign", "no release holds such a file."))
        if status.st_size > most_bytes(name):
            faults.append(Fault(_shown(name), "", "", "file-unreadable", f"it has {status.st_size} bytes."))
            continue
        try:
            pointed = _pointed(root / name) if status.st_size <= LARGEST_POINTER else None
            digests[name] = pointed or _digest(root / name)
        except OSError as error:
            faults.append(Fault(_shown(name), "", "", "file-unreadable", f"{error.strerror}."))
            continue
        sizes[name] = status.st_size
        if pointed:
            faults.append(
                Fault(_shown(name), "", "", "file-pointer", "it is a pointer to a file that was not fetched.")
            )
    faults += [Fault(name, "", "", "file-missing", "every folder has it.") for name in ALWAYS if name not in sizes]
    return Files(root, sizes, digests, tuple(beside)), faults


def check_sums(files: Files) -> Iterator[Fault]:
    """Hold SHA256SUMS against the files."""
    text = files.text(SUMS)
    if text is None:
        if SUMS in files.sizes:
            yield Fault(SUMS, "", "", "file-unreadable", "it is not UTF-8.")
        return
    if text == make_sums(files.digests):
        return
    told: dict[str, str] = {}
    lines = text.split("\n")
    for number, line in enumerate(lines[:-1], 1):
        found = _LINE.fullmatch(line)
        if not found or found[2] in told:
            yield Fault(SUMS, "", "", "sums-form", f"line {number} is not `<sha256>  <path>`, or names a path again.")
            continue
        told[found[2]] = found[1]
    if lines[-1] or list(told) != sorted(told):
        yield Fault(SUMS, "", "", "sums-form", "its lines are not sorted by path, or the last one has no end.")
    held = files.digests.keys() - UNLISTED
    for name in sorted(told.keys() | held):
        if name not in held:
            yield Fault(_shown(name), "", "", "file-missing", "SHA256SUMS lists it.")
        elif name not in told:
            yield Fault(_shown(name), "", "", "sums-differ", "SHA256SUMS does not list it.")
        elif told[name] != files.digests[name]:
            message = f"its SHA-256 begins {files.digests[name][:12]}; SHA256SUMS lists {told[name][:12]}."
            if _has_changed_ends(files, name, told[name]):
                message = "its lines end with CR LF; with LF alone it is the file listed. Was it checked out by git?"
            yield Fault(_shown(name), "", "", "sums-differ", message)


def check_signature(files: Files, signers: Path | None) -> tuple[Signature | None, list[Fault]]:
    """Hold SHA256SUMS.sig against SHA256SUMS, and its key against a file of signers; None for no good signature.

    Without signers, nothing has to be checked where there is no `ssh-keygen`.
    """

    def fault(code: str, message: str) -> list[Fault]:
        return [Fault(SIGNATURE, "", "", code, message)]

    if SIGNATURE not in files.sizes or SUMS not in files.sizes:
        return None, fault("signature-missing", "it is not there.") if signers else []
    if not signers and not can_check():
        return None, fault("signature-unread", "it was not checked.")
    try:
        found = read_signature((files.root / SUMS).read_bytes(), (files.root / SIGNATURE).read_bytes(), signers)
    except BadSignatureError as error:
        return None, fault("signature-bad", f"{error}.")
    if signers and not found.by:
        return found, fault("signature-unknown", f"it is made with {found.type} {found.key}: {found.refused}.")
    return found, []


def _walk(
    root: Path, below: str, faults: list[Fault], beside: list[str], blobs: tuple[Path, ...]
) -> Iterator[tuple[str, os.stat_result]]:
    """Yield the plain files below a folder; what is none is a fault. Two levels are all that a folder has.

    blobs: where links may lead.
    """
    try:
        with os.scandir(root / below) as entries:
            found = sorted(entries, key=lambda each: each.name)
    except OSError as error:
        faults.append(Fault(_shown(below) or ".", "", "", "file-unreadable", f"{error.strerror}."))
        return
    if below and not found:
        faults.append(Fault(_shown(below), "", "", "file-foreign", "it is an empty folder."))
    for count, entry in enumerate(found):
        name = f"{below}/{entry.name}" if below else entry.name
        if count >= MOST_FILES:
            faults.append(Fault(_shown(below), "", "", "file-foreign", f"it holds more than {MOST_FILES} files."))
            return
        status = _status(entry, blobs)
        is_plain = stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)
        if is_plain and name in BESIDE and entry_of(name) is None:
            if not (name == ATTRIBUTES and _is_own_attributes(root / name)):
                beside.append(name)
        elif is_plain and LITTER.fullmatch(entry.name):
            faults.append(Fault(_shown(name), "", "", "file-litter", "it is no part of the release."))
        elif stat.S_ISDIR(status.st_mode):
            if name == ".cache" or (not below and name in FOLDERS):
                yield from _walk(root, name, faults, beside, blobs)
            else:
                faults.append(Fault(_shown(name), "", "", "file-foreign", "no release holds such a folder."))
        elif stat.S_ISREG(status.st_mode):
            yield name, status
        else:
            what = "a symbolic link" if stat.S_ISLNK(status.st_mode) else "no plain file"
            faults.append(Fault(_shown(name), "", "", "file-link", f"it is {what}."))


def _is_own_attributes(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(KEEPS_BYTES) + 1) == KEEPS_BYTES.encode()
    except OSError:
        return False


def _blobs(root: Path) -> tuple[Path, ...]:
    """Return the folders of blobs that belong to the snapshot of the Hub's cache that a folder lies in; none for none.

    The first is that of the repository; files that came by Xet are links from there to one that all of them share.
    """
    snapshots = next((each for each in root.parents if each.name == "snapshots"), None)
    if snapshots is None:
        return ()
    repository = snapshots.parent
    found = (repository / "blobs", *([repository.parent / "blobs"] if "--" in repository.name else []))
    return tuple(each for each in found if each.is_dir() and not each.is_symlink())


def _status(entry: os.DirEntry[str], blobs: tuple[Path, ...]) -> os.stat_result:
    """Return what an entry is; where it is a link into the blobs of the Hub's cache, what it leads to."""
    status = entry.stat(follow_symlinks=False)
    if not blobs or not stat.S_ISLNK(status.st_mode):
        return status
    try:
        target = Path(entry.path).resolve(strict=True)
        led = target.stat(follow_symlinks=False)
    except (OSError, RuntimeError):  # it leads nowhere, or in a circle
        return status
    return led if any(map(target.is_relative_to, blobs)) and stat.S_ISREG(led.st_mode) else status


def _pointed(path: Path) -> str | None:
    """Return the SHA-256 of the file that a Git LFS pointer stands for; None where it is no pointer."""
    found = _POINTER.fullmatch(path.read_bytes())
    return found[1].decode() if found else None


def _has_changed_ends(files: Files, name: str, wanted: str) -> bool:
    """Whether a file is the one wanted but for the ends of its lines, as git writes them where it is told to."""
    if name.endswith(".parquet"):
        return False
    try:
        data = (files.root / name).read_bytes()
    except OSError:
        return False
    return hashlib.sha256(data.replace(b"\r\n", b"\n")).hexdigest() == wanted


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _shown(name: str) -> str:
    """Return a name that can be printed, whatever bytes it is made of."""
    return name.encode("utf-8", "backslashreplace").decode()
