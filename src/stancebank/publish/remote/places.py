"""What is pushed, and what every place that it can be pushed to does."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha1
from pathlib import Path
from typing import Any, Protocol

from stancebank.errors import ConflictError, InputError, list_some
from stancebank.publish.card.card import README, is_gated
from stancebank.publish.history import parse_version
from stancebank.publish.layout import MANIFEST, SIGNATURE, told_in
from stancebank.publish.remote.address import Address
from stancebank.publish.verification import Wanted, verify
from stancebank.publish.verification.files import Files, check_sums, read_files
from stancebank.records import from_json, read_json, to_json

Tell = Callable[[str, str], None]
"""Called with what is being done, and with how far it is."""

RETRACTED = "retracted"
"""The folder of a place with a tombstone for each version that was retracted, VERSION.json."""


@dataclass(frozen=True, slots=True)
class PublishableFolder:
    """A folder that may be published. rows: by table. is_gated: whether its card asks readers to agree to terms."""

    files: Files
    name: str
    version: str
    rows: Mapping[str, int]
    is_gated: bool

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return self.files.root

    @property
    def sizes(self) -> dict[str, int]:
        """The bytes of each file, by its name."""
        return self.files.sizes

    @property
    def digests(self) -> dict[str, str]:
        """The SHA-256 of each file, as 64 hex digits, by its name."""
        return self.files.digests

    def git_id(self, name: str) -> str:
        """Return the id that git gives to a file's content."""
        data = (self.folder / name).read_bytes()
        return sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def read_release(folder: Path, done: str = "pushed") -> PublishableFolder:
    """Verify a folder, and return what is to be pushed of it. done: what is not done with another one.

    Raises InputError where it is not sound, no release, or shows more words than the text policies allow.
    """
    found = verify(folder, Wanted(readers=()))
    if found.errors:
        first = found.errors[0]
        raise InputError(
            f"{folder} is not sound: {first.place}: {first.message}\n"
            f"Hint: `stancebank publish verify {folder}` lists what is wrong. Nothing was {done}."
        )
    manifest = read_json(folder / MANIFEST)
    if blocked := manifest.get("blocked_by"):
        raise InputError(
            f"{folder} is not to be published: {', '.join(blocked)} of the gate of a release.\n"
            "Hint: `stancebank publish release` says where; correct it, and take the folder that it makes. "
            f"Nothing was {done}."
        )
    if not manifest["publishable"]:
        raise InputError(
            f"{folder} shows more words than the text policies of its articles allow; it is for your own use.\n"
            f"Hint: take the folder that `stancebank publish release` has made. Nothing was {done}."
        )
    if "trees" not in manifest:
        raise InputError(
            f"{folder} is a build, and no release: nothing tells which commit it was made of.\n"
            f"Hint: make a version with `stancebank publish release VERSION`, and take its folder. Nothing was {done}."
        )
    files, _ = read_files(folder.resolve())
    rows = {name: each["rows"] for name, each in told_in(manifest, "tables").items()}
    gated = is_gated((folder / README).read_bytes().decode())
    return PublishableFolder(files, manifest["dataset_name"], manifest["dataset_version"], rows, gated)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a push would do. new: files to be uploaded; same: those that are there; gone: those to be deleted there.

    is_there: whether the version is there, wholly. creates: whether the place itself is made. sizes: by file.
    """

    target: str
    version: str
    new: tuple[str, ...]
    same: tuple[str, ...]
    gone: tuple[str, ...]
    bytes: int
    is_there: bool = False
    creates: bool = False
    gated: bool = False


@dataclass(frozen=True, slots=True)
class Retraction:
    """What a retraction does, or did. steps: in words; beyond: the copies that it does not reach."""

    target: str
    version: str
    steps: tuple[str, ...]
    beyond: tuple[str, ...]


class Place(Protocol):
    """Where releases are: a repository of the Hub, or a folder of a file system."""

    address: Address

    def versions(self) -> list[str]:
        """Return the versions that are there wholly, lowest first."""

    def tombstone(self, version: str) -> dict[str, Any] | None:
        """Return what is said of a version that was retracted; None where it was not."""

    def plan(self, release: PublishableFolder) -> Plan:
        """Return what a push would do. Raises ConflictError where the version is there with other content."""

    def send(self, release: PublishableFolder, plan: Plan, tell: Tell, *, public: bool) -> None:
        """Upload a release, verify it there, and mark it as complete last. public: for all to see."""

    def fetch(self, version: str | None) -> Path:
        """Return a folder with a version, or with the newest one; its files are not verified yet."""

    def retract(self, version: str, reason: str, tell: Tell, *, dry_run: bool) -> Retraction:
        """Take a version away, and leave a tombstone. Raises InputError where the place never had it."""


def make_tombstone(version: str, reason: str) -> bytes:
    """Return what stays of a version that is retracted today, in UTC."""
    day = datetime.now(UTC).date().isoformat()
    return to_json({"version": version, "retracted_on": day, "reason": reason}).encode()


def read_tombstone(data: bytes) -> dict[str, Any]:
    """Return what a tombstone says; only a reason that is not known, where it cannot be read."""
    try:
        found: dict[str, Any] = from_json(data, f"{RETRACTED}/")
        return {"reason": str(found["reason"]), "retracted_on": str(found.get("retracted_on", ""))}
    except (InputError, KeyError, TypeError, AttributeError):
        return {"reason": "not known", "retracted_on": ""}


def require_not_retracted(place: Place, version: str) -> None:
    """Raise ConflictError where a version was retracted from a place."""
    if stone := place.tombstone(version):
        raise ConflictError(
            f"{version} was retracted from {place.address.url} on {stone['retracted_on']}: {stone['reason']}\n"
            "Hint: a version that was retracted does not come back; release the next one."
        )


def other_content(where: str, version: str, names: list[str]) -> ConflictError:
    """Return what is raised where a version is there, and is not the one that is pushed."""
    if names == [SIGNATURE]:
        return ConflictError(
            f"{where} has a {version} with the same files and another signature, or none; nothing was overwritten.\n"
            "Hint: what is published does not change: sign a release before you push it."
        )
    return ConflictError(
        f"{where} has a {version} with other content ({list_some(names)}); nothing was overwritten.\n"
        "Hint: a published version does not change: release the next one, or push to another address."
    )


def foreign(release: PublishableFolder, there: Iterable[str]) -> list[str]:
    """Return the files that are at a place and that a release lacks. A copy may lack the signature that others have."""
    return sorted({*there} - {*release.digests, SIGNATURE})


def require_version(place: Place, version: str) -> None:
    """Raise InputError where a place has not the version, and say which it has."""
    known = place.versions()
    if version in known:
        return
    stone = place.tombstone(version)
    if stone:
        raise InputError(
            f"{version} was retracted from {place.address.url} on {stone['retracted_on']}: {stone['reason']}\n"
            f"Hint: {_offer(known)}."
        )
    raise InputError(f"{place.address.url} has no version {version}.\nHint: {_offer(known)}.")


def _offer(versions: list[str]) -> str:
    return f"there are: {', '.join(versions)}" if versions else "it has none at all; check the address"


def require_whole(folder: Path, where: str) -> dict[str, Any]:
    """Hold a folder that was fetched against its SHA256SUMS, and return its manifest. Raises InputError."""
    files, faults = read_files(folder.resolve())
    errors = [each for each in (*faults, *check_sums(files)) if each.severity == "error"]
    if errors:
        raise InputError(
            f"What {where} holds is not a whole release: {errors[0].place}: {errors[0].message}\n"
            f"Hint: `stancebank publish verify {folder}` lists what is wrong; tell its publisher."
        )
    manifest: dict[str, Any] = read_json(folder / MANIFEST)
    return manifest


def listed(plan: Plan) -> dict[str, Any]:
    """Return a plan as JSON has it."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(plan).items()}


def in_order(versions: list[str]) -> list[str]:
    """Return versions, lowest first."""
    return sorted(versions, key=parse_version)
