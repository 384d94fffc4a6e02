"""A release goes to an address, comes from one, or is taken away from one."""

from pathlib import Path

from stancebank.errors import InputError
from stancebank.publish.history import parse_version
from stancebank.publish.remote.address import Address, asking, is_address, parse_address
from stancebank.publish.remote.places import (
    Place,
    Plan,
    PublishableFolder,
    Retraction,
    Tell,
    read_release,
    require_not_retracted,
    require_version,
    require_whole,
)


def open_place(address: Address) -> Place:
    """Return what an address leads to. Raises InputError where its client is not installed."""
    with asking(address.url):
        if address.repository:
            from stancebank.publish.remote.hub import HubPlace

            return HubPlace(address)
        from stancebank.publish.remote.store import StorePlace

        return StorePlace(address)


def plan_push(folder: Path, target: str) -> tuple[PublishableFolder, Place, Plan]:
    """Verify a folder, and return what it is, where it goes, and what a push would do.

    Raises InputError where the folder is not to be published; ConflictError where the version is at the address with
    other content, or was retracted there; ServerError where the address does not answer.
    """
    address = parse_address(target)
    release = read_release(folder)
    if address.revision or (address.version or release.version) != release.version:
        raise InputError(
            f"{target} names another version than the folder, which is {release.version}.\nHint: push to {address.url}."
        )
    place = open_place(address)
    with asking(address.url):
        require_not_retracted(place, release.version)
        return release, place, place.plan(release)


def push(folder: Path, target: str, tell: Tell = lambda *_: None, *, public: bool = False) -> Plan:
    """Push a release to an address, and return what was done. public: for all to see, where the place can tell.

    A run that is killed leaves the version wholly there or not there at all; the next one completes it. Raises as
    `plan_push` does.
    """
    release, place, plan = plan_push(folder, target)
    if not plan.is_there:
        with asking(place.address.url):
            place.send(release, plan, tell, public=public)
    return plan


def local_folder(where: str | Path, version: str | None = None, *, is_judged: bool = False) -> Path:
    """Return the folder on this machine that holds a release: the one that a path names, or one made of an address.

    What an address names is fetched into the user's cache, and held against its SHA256SUMS each time. version: the one
    that it must be. is_judged: whether the caller says itself what is wrong with the files. Raises InputError where the
    address has no such version, it was retracted, or is not whole.
    """
    if not is_address(where):
        return Path(where)
    address = parse_address(str(where))
    wanted = version or address.version
    if version and address.version and version != address.version:
        raise InputError(f"{where} names {address.version}, not {version}.\nHint: leave one of them out.")
    place = open_place(address)
    with asking(address.url):
        folder = place.fetch(wanted)
    if is_judged:
        return folder
    held = require_whole(folder, str(where)).get("dataset_version")
    if wanted is not None and held != wanted:
        raise InputError(
            f"{where} holds version {held} in the place of {wanted}.\nHint: tell its publisher; nothing was loaded."
        )
    return folder


def retract(
    target: str, version: str, reason: str, tell: Tell = lambda *_: None, *, dry_run: bool = False
) -> Retraction:
    """Take a version away from an address, leave a tombstone with the reason, and say what is out of reach.

    Raises InputError where the address never had the version, or no reason is given.
    """
    address = parse_address(target)
    parse_version(version)
    if address.revision or (address.version or version) != version:
        raise InputError(f"{target} names another version than {version}.\nHint: give {address.url}.")
    if not reason.strip():
        raise InputError("A retraction says why.\nHint: add --reason TEXT.")
    place = open_place(address)
    with asking(address.url):
        if version not in place.versions() and not place.tombstone(version):
            require_version(place, version)
        return place.retract(version, " ".join(reason.split()), tell, dry_run=dry_run)
