"""One verification: all checks, one after the other, as far as a folder can be gone on with."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

from stancebank.errors import InputError, StancebankError
from stancebank.publish.folder import MANIFEST
from stancebank.publish.hub import ViewFacts
from stancebank.publish.schemes import SCHEMA
from stancebank.publish.tables import ARTICLES, NAMES, tables
from stancebank.publish.verification.against import check_against
from stancebank.publish.verification.faults import Check, Fault
from stancebank.publish.verification.files import Files, check_sums, read_files
from stancebank.publish.verification.papers import (
    Folder,
    Manifest,
    check_card,
    check_made,
    check_manifest,
    find_trusted_schema,
    make_folder,
    read_manifest,
    text_of,
)
from stancebank.publish.verification.readers import READERS, check_readers
from stancebank.publish.verification.rows import check_rows
from stancebank.publish.verification.tables import TableRows, check_tables
from stancebank.schema.fields import Scheme, load_scheme
from stancebank.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for. against: a workspace to hold the folder against; readers: which are tried; require_readers:
    whether one that is not installed is a fault.
    """

    against: Workspace | None = None
    readers: tuple[str, ...] = READERS
    require_readers: bool = False


@dataclass(slots=True)
class Verified:
    """What was found. done: checks that were run to their end; rows: by view; tried: readers with their versions."""

    faults: list[Fault] = field(default_factory=list)
    done: list[Check] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    tried: dict[str, str] = field(default_factory=dict)

    @property
    def errors(self) -> list[Fault]:
        """Faults for which the folder fails."""
        return [each for each in self.faults if each.severity == "error"]

    @property
    def is_sound(self) -> bool:
        """Whether nothing was found against it."""
        return not self.errors


def verify(root: Path, wanted: Wanted | None = None) -> Verified:
    """Verify a folder that `publish build` or `publish release` has made. Raises InputError where there is none.

    Whatever the folder holds becomes a fault, never an exception. root may be a link; nothing in the folder may.
    """
    wanted = wanted or Wanted()
    if not root.is_dir():
        raise InputError(f"{root} is no folder.\nHint: name the folder of a release.")
    found, folder = open_folder(root.resolve())
    if folder is None:
        found.faults = sorted(set(found.faults))
        return found
    checks: list[tuple[Check, Iterator[Fault]]] = [
        ("manifest", chain(check_manifest(folder), check_made(folder, "manifest"))),
        ("card", check_card(folder)),
        ("croissant", check_made(folder, "croissant")),
    ]
    if wanted.against is not None:
        checks.append(("workspace", check_against(folder, wanted.against)))
    for name, faults in checks:
        with _guarded(name, found):
            found.faults += faults
            found.done.append(name)
    if wanted.readers and not found.errors:
        faults_of, found.tried = check_readers(folder, wanted.readers)
        found.faults += _required(faults_of, wanted.require_readers)
        found.done.append("readers")
    found.faults = sorted(set(found.faults))
    return found


def open_folder(root: Path) -> tuple[Verified, Folder | None]:
    """Check files, tables and rows; no folder where what follows would make no sense."""
    found = Verified()
    folder = None
    with _guarded("rows", found):
        folder = _open(root, found)
    return found, folder


@contextmanager
def _guarded(check: Check, found: Verified) -> Iterator[None]:
    """Make a fault of whatever a check meets in a hostile folder; never an exception."""
    try:
        yield
    except StancebankError:
        raise
    except Exception as error:
        message = f"{type(error).__name__}: {' '.join(str(error).split())[:160]}."
        found.faults.append(Fault(check, "", "", "check-failed", message))


def _open(root: Path, found: Verified) -> Folder | None:
    files, faults = read_files(root)
    found.faults += faults
    found.faults += check_sums(files)
    found.done.append("files")
    manifest, faults = read_manifest(files)
    found.faults += faults
    if manifest is None:
        return None
    version = manifest["schema_version"]
    schema_dir = find_trusted_schema(files, manifest)
    if schema_dir is None:
        message = f"this toolkit knows no schema {version[:20]!r}."
        found.faults.append(Fault(MANIFEST, "", "schema_version", "schema-differs", message))
        return None
    try:
        scheme = load_scheme(schema_dir, version)
        declared = tables(scheme)
    except InputError as error:
        found.faults.append(Fault(f"{SCHEMA}/", "", "", "schema-differs", f"it tells no scheme: {error}"))
        return None
    about = {"dataset_version": manifest["dataset_version"], "schema_version": manifest["schema_version"]}
    broken = [fault for table in declared for fault in check_tables(files, table, about)]
    found.faults += broken
    found.done.append("tables")
    if any(each.code != "table-metadata" for each in broken):
        return None
    return _verify_rows(files, manifest, schema_dir, scheme, found)


def _verify_rows(files: Files, manifest: Manifest, schema_dir: Path, scheme: Scheme, found: Verified) -> Folder | None:
    held = {table.name: TableRows(files, table) for table in tables(scheme)}
    walked = check_rows(held, schema_dir, scheme, manifest["dataset_version"], text_of(manifest))
    found.faults += walked.faults
    found.rows = {name: each.count for name, each in held.items() if each.count}
    found.done.append("rows")
    if walked.faults:
        return None
    if not held[ARTICLES].count:
        found.faults.append(Fault("articles", "", "", "row-missing", "there is no article."))
        return None
    views = []
    for name in NAMES:
        names, rows = files.of_view(name), held.get(name)
        if rows and rows.count:
            views.append(
                ViewFacts(
                    rows.table,
                    names,
                    rows.count,
                    tuple(files.sizes[each] for each in names),
                    rows.table_bytes,
                    tuple(files.digests[each] for each in names),
                    rows.hash.hexdigest(),
                )
            )
        elif names:
            found.faults.append(Fault(f"{name}/", "", "", "file-foreign", "a view without rows is not written."))
    return make_folder(files, manifest, walked, tuple(views))


def _required(faults: Iterable[Fault], required: bool) -> list[Fault]:
    if not required:
        return list(faults)
    return [replace(each, code="reader-failed") if each.code == "reader-missing" else each for each in faults]


def summary(faults: Iterable[Fault]) -> dict[str, int]:
    """Return how many faults there are of each code, by code."""
    return dict(sorted(Counter(each.code for each in faults).items()))
