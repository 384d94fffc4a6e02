"""A folder of a file system that fsspec knows: a folder for each version, in which manifest.json comes last.

Nothing is overwritten. `latest.json` beside the versions names the newest one, and `retracted/` has the tombstones.
"""

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath
from tempfile import mkdtemp
from typing import Any

from stancebank.errors import InputError, ServerError, shorten
from stancebank.publish.history import parse_version
from stancebank.publish.layout import MANIFEST, SIGNATURE, SUMS, entry_of
from stancebank.publish.remote.address import Address, newest
from stancebank.publish.remote.places import (
    RETRACTED,
    Plan,
    PublishableFolder,
    Retraction,
    Tell,
    foreign,
    in_order,
    make_tombstone,
    other_content,
    read_tombstone,
    require_version,
)
from stancebank.records import from_json, to_json

LATEST = "latest.json"
_AT_ONCE = 1 << 20  # bytes that are read at once
_BEYOND = (
    "copies that people have made, and caches of those who have fetched it",
    "replicas and backups of the store itself, and copies in a network in front of it, until they expire",
)


class StorePlace:
    """A folder of a file system. Raises what its client raises where that is not installed or not known."""

    def __init__(self, address: Address) -> None:
        from fsspec.core import url_to_fs

        self.address = address
        options = {} if address.url.startswith(("file:", "local:")) else {"use_listings_cache": False}
        self.fs, self.root = url_to_fs(address.url, **options)

    def versions(self) -> list[str]:
        """Return the versions that are there wholly, lowest first."""
        return in_order([each for each in self._folders() if self.fs.exists(self._at(each, MANIFEST))])

    def _folders(self) -> list[str]:
        self.fs.invalidate_cache()
        try:
            names = [PurePosixPath(each).name for each in self.fs.ls(self.root, detail=False)]
        except FileNotFoundError:
            return []
        return [each for each in names if _is_version(each)]

    def tombstone(self, version: str) -> dict[str, Any] | None:
        """Return what is said of a version that was retracted; None where it was not."""
        try:
            return read_tombstone(self.fs.cat_file(self._at(RETRACTED, f"{version}.json")))
        except FileNotFoundError:
            return None

    def plan(self, release: PublishableFolder) -> Plan:
        """Return what a push would do. Raises ConflictError where a file of the version is there and is another."""
        there = self._files(release.version)
        wrong = [name for name, digest in there.items() if release.digests.get(name, digest) != digest]
        if wrong := sorted({*wrong, *foreign(release, there)}):
            raise other_content(self.address.url, release.version, wrong)
        new = [name for name in _order(release) if name not in there]
        return Plan(
            target=f"{self.address.url}/{release.version}",
            version=release.version,
            new=tuple(new),
            same=tuple(sorted(there)),
            gone=(),
            bytes=sum(release.sizes[name] for name in new),
            is_there=not new and self._pointed() == newest(self.versions()),
        )

    def send(self, release: PublishableFolder, plan: Plan, tell: Tell, *, public: bool) -> None:
        """Upload what is not there yet, verify all of it, and write the manifest and the pointer last."""
        if public:
            raise InputError(
                f"{self.address.url} cannot be made public from here.\n"
                "Hint: leave --public out, and set the rights of the store with its own tools."
            )
        if self._is_local:
            self.fs.makedirs(self._at(release.version), exist_ok=True)
        for count, name in enumerate(plan.new):
            if name != MANIFEST:
                tell("Uploading", f"{count + 1} of {len(plan.new)} files: {name}")
                self._put(release.folder / name, self._at(release.version, name))
        tell("Verifying there", f"digests of {len(release.digests) - 1} files")
        found = self._files(release.version)
        wrong = [name for name, digest in release.digests.items() if name != MANIFEST and found.get(name) != digest]
        if wrong := [*wrong, *foreign(release, found)]:
            raise ServerError(
                f"{plan.target} holds other files than were sent ({', '.join(wrong[:3])}).\n"
                "Hint: run this again. The version is not marked as complete."
            )
        if MANIFEST in plan.new:
            tell("Marking as complete", MANIFEST)
            self._put(release.folder / MANIFEST, self._at(release.version, MANIFEST))
        self._point()

    def _point(self) -> None:
        """Let the pointer name the newest version that is there wholly."""
        last = newest(self.versions())
        if last is None:
            with suppress(FileNotFoundError):
                self.fs.rm_file(self._at(LATEST))
        else:
            self._pipe(self._at(LATEST), to_json({"version": last}).encode())

    def fetch(self, version: str | None) -> Path:
        """Return a folder in the user's cache with the files of a version, else of the one that the pointer names.

        What is in the cache is used where the store says the same SHA256SUMS, or cannot be asked.
        """
        from platformdirs import user_cache_path

        key = hashlib.sha256(self.address.url.encode()).hexdigest()[:16]
        cache = user_cache_path("stancebank", appauthor=False) / "published" / key
        try:
            if version is None:
                version = self._latest()
            require_version(self, version)
            sums: bytes = self.fs.cat_file(self._at(version, SUMS))
            signature = self._signature(version)
        except (InputError, FileNotFoundError, PermissionError):
            raise
        except OSError:
            held = cache / (version or "")
            if version is None or not (held / SUMS).is_file():
                raise
            return held
        place = cache / version
        there = [each.read_bytes() if each.is_file() else None for each in (place / SUMS, place / SIGNATURE)]
        if there == [sums, signature]:
            return place
        cache.mkdir(parents=True, exist_ok=True)
        part = Path(mkdtemp(dir=cache, prefix=f".{version}-"))
        try:
            for name in _named(sums, f"{self.address.url}/{version}"):
                (part / name).parent.mkdir(exist_ok=True)
                self.fs.get_file(self._at(version, name), str(part / name))
            (part / SUMS).write_bytes(sums)
            if signature is not None:
                (part / SIGNATURE).write_bytes(signature)
            if place.exists():
                shutil.rmtree(place)
            part.rename(place)
        finally:
            shutil.rmtree(part, ignore_errors=True)
        return place

    def _signature(self, version: str) -> bytes | None:
        """Return the signature of a version, which SHA256SUMS does not list; None where it has none."""
        try:
            found: bytes = self.fs.cat_file(self._at(version, SIGNATURE))
        except FileNotFoundError:
            return None
        return found

    def _pointed(self) -> str | None:
        """Return the version that the pointer names; None where it names none."""
        with suppress(FileNotFoundError, InputError, KeyError, TypeError):
            named = str(from_json(self.fs.cat_file(self._at(LATEST)), LATEST)["version"])
            return named if _is_version(named) else None
        return None

    def _latest(self) -> str:
        """Return the version that the pointer names, else the newest that is there. Raises InputError for none."""
        found = self._pointed() or newest(self.versions())
        if found is None:
            raise InputError(f"{self.address.url} has no version of a dataset.\nHint: check the address.")
        return found

    def retract(self, version: str, reason: str, tell: Tell, *, dry_run: bool) -> Retraction:
        """Take a version away: its files, and the older versions of these that the store keeps."""
        history = "and every version of them that the bucket keeps" if self._is_s3 else "as far as the store forgets"
        steps = (
            f"write {RETRACTED}/{version}.json with the reason",
            f"let {LATEST} name the newest version that stays",
            f"delete the files of {version}, {MANIFEST} first, {history}",
        )
        beyond = _BEYOND if self._is_s3 or self._is_local else (*_BEYOND, "older versions, if the store keeps them")
        made = Retraction(self.address.url, version, steps, beyond)
        if dry_run:
            return made
        tell("Retracting", f"tombstone of {version}")
        if self.tombstone(version) is None:
            if self._is_local:
                self.fs.makedirs(self._at(RETRACTED), exist_ok=True)
            self._pipe(self._at(RETRACTED, f"{version}.json"), make_tombstone(version, reason))
        with suppress(FileNotFoundError):
            self.fs.rm_file(self._at(version, MANIFEST))
        self.fs.invalidate_cache()
        self._point()
        tell("Retracting", f"files of {version}")
        if paths := self.fs.find(self._at(version)):
            self.fs.rm(paths)
        if self._is_s3:
            self._forget(version)
        elif self._is_local:
            with suppress(FileNotFoundError):
                self.fs.rm(self._at(version), recursive=True)
        return made

    def _forget(self, version: str) -> None:
        """Delete all that a bucket keeps of the files of a version: older versions, and marks of their deletion."""
        bucket, _, key = self._at(version).partition("/")
        more: dict[str, Any] = {}
        while True:
            page = self.fs.call_s3("list_object_versions", Bucket=bucket, Prefix=f"{key}/", **more)
            held = (*page.get("Versions", ()), *page.get("DeleteMarkers", ()))
            if named := [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in held]:
                done = self.fs.call_s3("delete_objects", Bucket=bucket, Delete={"Objects": named, "Quiet": True})
                if failed := done.get("Errors"):
                    raise ServerError(
                        f"{self.address.url} keeps {failed[0].get('Key')}: {failed[0].get('Message')}\n"
                        "Hint: let somebody run this who may delete versions of objects (s3:DeleteObjectVersion)."
                    )
            if not page.get("IsTruncated"):
                return
            more = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}

    @property
    def _is_local(self) -> bool:
        return "file" in _protocols(self.fs)

    @property
    def _is_s3(self) -> bool:
        return "s3" in _protocols(self.fs)

    def _at(self, *names: str) -> str:
        return "/".join((self.root.rstrip("/"), *names))

    def _files(self, version: str) -> dict[str, str]:
        """Return the SHA-256 of each file of a version, read there, by its name within the version."""
        self.fs.invalidate_cache()
        folder = self._at(version)
        try:
            found = self.fs.find(folder)
        except FileNotFoundError:
            return {}
        prefix = f"{folder}/"
        paths = [each for each in found if each.startswith(prefix) and not each.endswith(("/", _PART))]
        return {each.removeprefix(prefix): self._digest(each) for each in paths}

    def _digest(self, path: str) -> str:
        digest = hashlib.sha256()
        with self.fs.open(path, "rb") as file:
            while data := file.read(_AT_ONCE):
                digest.update(data)
        return digest.hexdigest()

    def _put(self, source: Path, target: str) -> None:
        """Write a file that is not there, wholly or not at all."""
        if self._is_local:
            self.fs.makedirs(target.rpartition("/")[0], exist_ok=True)
            self.fs.put_file(str(source), f"{target}{_PART}")
            Path(f"{target}{_PART}").replace(target)
        elif self._is_s3:
            self.fs.put_file(str(source), target, mode="create")  # the store itself refuses to overwrite
        else:
            self.fs.put_file(str(source), target)

    def _pipe(self, target: str, data: bytes) -> None:
        """Write a small file that may be there."""
        if self._is_local:
            self.fs.pipe_file(f"{target}{_PART}", data)
            Path(f"{target}{_PART}").replace(target)
        else:
            self.fs.pipe_file(target, data)


_PART = ".stancebank-part"
"""The end of the name of a file that is being written, in file systems that show a file before it is whole."""


def _protocols(fs: Any) -> tuple[str, ...]:
    found = fs.protocol
    return (found,) if isinstance(found, str) else tuple(found)


def _is_version(name: str) -> bool:
    try:
        parse_version(name)
    except InputError:
        return False
    return True


def _order(release: PublishableFolder) -> list[str]:
    """Return the files of a release in the order in which they are sent: the mark of completeness is the last."""
    return [*sorted(release.digests.keys() - {MANIFEST}), MANIFEST]


def _named(sums: bytes, where: str) -> Iterator[str]:
    """Yield the files that SHA256SUMS lists. Raises InputError where one is none that a release has."""
    for line in sums.decode("utf-8", "replace").splitlines():
        name = line[66:]
        if entry_of(name) is None:
            raise InputError(
                f"{where} lists a file {shorten(name, 80)!r}, which no release has.\nHint: tell its publisher."
            )
        yield name
