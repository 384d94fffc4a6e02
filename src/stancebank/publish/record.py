"""The record of a release: what a workspace keeps of a version, in ``corpus/releases/<version>/``.

`SHA256SUMS` and `manifest.json` are those of the folder; `rows.json` holds the ids and digests of its rows. No data
and no words. Nothing that a release is made of depends on the records, so committing one does not change it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stancebank.errors import InputError, WorkspaceError
from stancebank.publish.changes import Held
from stancebank.publish.folder import MANIFEST, SUMS
from stancebank.publish.versions import parse_version
from stancebank.records import from_json, read_json, to_json, write_text

RECORDS = "corpus/releases"
ROWS = "rows.json"


@dataclass(frozen=True, slots=True)
class Record:
    """What is kept of a version. manifest and sums: the very bytes of the folder's files."""

    version: str
    manifest: bytes
    sums: bytes
    held: Held

    @property
    def told(self) -> dict[str, Any]:
        """The manifest as a value."""
        value: dict[str, Any] = from_json(self.manifest, MANIFEST)
        return value


def record_folder(version: str) -> str:
    """Return where the record of a version lies, relative to the workspace."""
    return f"{RECORDS}/{version}"


def recorded_versions(root: Path) -> list[str]:
    """Return the versions that have a record, lowest first. root: of the workspace."""
    found = []
    for path in (root / RECORDS).glob(f"*/{MANIFEST}"):
        try:
            parse_version(path.parent.name)
        except InputError:
            continue
        found.append(path.parent.name)
    return sorted(found, key=parse_version)


def read_record(root: Path, version: str) -> Record | None:
    """Read the record of a version; None where there is none. Raises WorkspaceError where it cannot be read."""
    folder = root / record_folder(version)
    if not (folder / MANIFEST).is_file():
        return None
    try:
        rows = read_json(folder / ROWS)
        held = Held(rows["columns"], rows["rows"])
        record = Record(version, (folder / MANIFEST).read_bytes(), (folder / SUMS).read_bytes(), held)
        assert record.told["dataset_version"] == version
    except (OSError, InputError, KeyError, TypeError, AssertionError) as error:
        raise WorkspaceError(
            f"{record_folder(version)} cannot be read: {error!r}.\nHint: git checkout -- {record_folder(version)}"
        ) from None
    return record


def write_record(root: Path, record: Record) -> None:
    """Write a record. The manifest comes last: without it there is none."""
    folder = root / record_folder(record.version)
    write_text(folder / ROWS, to_json({"columns": record.held.columns, "rows": record.held.rows}))
    write_text(folder / SUMS, record.sums.decode())
    write_text(folder / MANIFEST, record.manifest.decode())
    for path in folder.glob(".*.part"):
        path.unlink()
