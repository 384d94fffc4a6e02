"""What a workspace and its server last agreed on, across a migration.

It is remembered as the fingerprint of a document. Where the document here is still that one, its fingerprint after the
migration takes the place; where it was changed since, the task as it last came tells what was agreed. The annotation
on the server says what it said before: `Base.carried`.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from stancebank.annotate.connection import LOCAL
from stancebank.annotate.decode.document import from_task
from stancebank.annotate.sync.bases import BASES, Base, Bases, fingerprint
from stancebank.annotate.sync.cursor import Cursor
from stancebank.annotate.sync.state import PROJECTS, RawTasks
from stancebank.model import Document, to_builtins
from stancebank.records import to_json
from stancebank.schema.archive import RecordKind, carry
from stancebank.schema.fields import Scheme
from stancebank.schema.migration import Migration

Json = dict[str, Any]


def carry_bases(
    root: Path,
    migration: Migration,
    pairs: Mapping[str, tuple[Json, Json]],
    files: dict[str, bytes],
    told: list[str],
    *,
    back: bool = False,
    change: Callable[[Json, RecordKind], Json] = lambda record, _: record,
) -> None:
    """Add what both sides agreed on to the files of a plan.

    root: of the workspace. pairs: documents before and after, by path. told: gets a sentence where it is not known.
    back: whether the way leads from the newer scheme to the older one. change: gives a record the fingerprints of the
    newer scheme.
    """
    one, two = (migration.after, migration.before) if back else (migration.before, migration.after)
    for path in sorted((root / LOCAL / PROJECTS).glob(f"*/{BASES}")):
        folder = path.parent
        bases, unknown = {}, 0
        for (article, annotator), base in Bases(folder).all().items():
            name = f"corpus/annotations/{annotator}/{article}.json"
            known = _carried(name, base, pairs, one, two)
            if known is None and not back:
                known = _from_task(folder, base, name, migration, change)
            if known is None:
                unknown += 1
            else:
                bases[f"{annotator}/{article}"] = replace(base, document=known, carried=True).row()
        files[path.relative_to(root).as_posix()] = to_json(bases).encode()
        if unknown:
            documents = "1 document" if unknown == 1 else f"{unknown} documents"
            told.append(
                f"For {documents}, the state that was last agreed with the server is unknown: if both sides differ, "
                "the next pull reports a conflict."
            )


def _carried(name: str, base: Base, pairs: Mapping[str, tuple[Json, Json]], one: Scheme, two: Scheme) -> str | None:
    if name not in pairs:
        return None
    before, after = pairs[name]
    return fingerprint(two.read_document(after)) if fingerprint(one.read_document(before)) == base.document else None


def _from_task(
    folder: Path, base: Base, name: str, migration: Migration, change: Callable[[Json, RecordKind], Json]
) -> str | None:
    """Return the fingerprint of what was agreed, read from the task as it last came."""
    raw, cursor = RawTasks(folder), Cursor(folder)
    for number in (number for number, claim in cursor.all() if claim.annotation == base.annotation):
        task = raw.read(number)
        for reading in from_task(task, migration.before, cursor.names).readings if task else ():
            document: Document | None = reading.document
            if document is not None and fingerprint(document) == base.document:
                carried = carry(change(to_builtins(document), "annotation"), "annotation", name, migration)
                if not carried.faults:
                    return fingerprint(migration.after.read_document(carried.record))
    return None
