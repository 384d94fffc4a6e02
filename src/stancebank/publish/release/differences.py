"""What differs between the record of a version and what was built of it."""

import re
from collections.abc import Iterator
from typing import Any

from stancebank.publish.changes import Changes, Held, compare
from stancebank.publish.folder import MANIFEST, SUMS
from stancebank.publish.record import Record
from stancebank.publish.release.gate import say_changes
from stancebank.records import to_json


def differences(record: Record, here: Record, then: Held) -> Iterator[str]:
    """Say what differs: in the rows first, then in the manifest, key by key."""
    changes = compare(record.held, here.held, then)
    if changes != Changes():
        yield f"rows: {say_changes(changes)}"
    if record.manifest != here.manifest:
        told, made = record.told, here.told
        hashes = [{view: each["content_hash"] for view, each in m["views"].items()} for m in (told, made)]
        if hashes[0] == hashes[1]:
            yield "rows: the same, by the content hash of every view."
        yield from _walk(told, made, "")
    if record.sums != here.sums and record.manifest == here.manifest:
        yield f"{SUMS}: differs, and {MANIFEST} does not."


def _walk(told: Any, made: Any, place: str) -> Iterator[str]:
    if isinstance(told, dict) and isinstance(made, dict):
        for key in sorted({*told, *made}):
            below = f"{place} {key}".strip()
            if key not in made:
                yield f"{below}: recorded, and not made here."
            elif key not in told:
                yield f"{below}: made here, and not recorded."
            else:
                yield from _walk(told[key], made[key], below)
    elif told != made:
        yield f"{place}: recorded {_short(told)}, made here {_short(made)}."


def _short(value: object) -> str:
    said = value if isinstance(value, str) else to_json(value).strip()
    if re.fullmatch(r"[0-9a-f]{40,}", said):
        return said[:12]
    return said if len(said) <= 60 else f"{said[:57]}..."
