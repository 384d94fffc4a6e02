"""One verification: all checks, one after the other, as far as a folder can be gone on with."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import chain, islice, zip_longest
from pathlib import Path

from stancebank import git
from stancebank.corpus.suggestions import BEGUN, ENGINES, SHOWN
from stancebank.errors import InputError, StancebankError
from stancebank.model import TextPolicy
from stancebank.publish.card.card import CARD, README, added_tags, prose
from stancebank.publish.card.pairs import tells_pairs
from stancebank.publish.gold import GoldReader
from stancebank.publish.history import read_parts, record_folder
from stancebank.publish.layout import MANIFEST, OF_SAMPLES, OF_SUGGESTIONS, SCHEMA, SUMS
from stancebank.publish.parquet import Stream, TableFacts, file_metadata
from stancebank.publish.rights import make_terms
from stancebank.publish.signing import Signature, require_ssh_keygen
from stancebank.publish.tables import ARTICLES, ENTITIES, NAMES, TARGETS, Rows, article_rows, find_table, tables
from stancebank.publish.tables.articles import entity_rows, target_rows
from stancebank.publish.verification.faults import Check, Fault
from stancebank.publish.verification.files import Files, check_signature, check_sums, read_files
from stancebank.publish.verification.papers import (
    Manifest,
    ReadFolder,
    check_card,
    check_made,
    check_manifest,
    find_trusted_schema,
    make_folder,
    read_manifest,
    same,
    text_of,
)
from stancebank.publish.verification.readers import READERS, check_readers
from stancebank.publish.verification.rows import MOST_FAULTS, STATING, check_rows, compare, read_article
from stancebank.publish.verification.scores import check_baselines
from stancebank.publish.verification.tables import TableRows, check_tables
from stancebank.records import from_json, seldom_collecting
from stancebank.schema.fields import Scheme, load_scheme
from stancebank.workspace import Workspace


def check_against(folder: ReadFolder, workspace: Workspace) -> Iterator[Fault]:
    """Hold a folder whose rows are sound against what a workspace tells of its version.

    That is the record of the release: of the last commit, else of the tag of the version, else as it lies there. The
    content of the workspace is asked only where it is that of the version: where there is no record yet, or where
    nothing has changed since. Words that the workspace has not at hand are those of the folder: their fingerprints are
    the workspace's.
    """
    from stancebank.publish.build import input_files, input_sha256  # nobody else who verifies needs what builds

    settings, manifest = workspace.settings, folder.manifest
    version = manifest["dataset_version"]
    record = read_record_files(workspace, version)
    if record is not None:
        differing = list(_record(folder, *record))
        yield from differing
        if not differing or not _is_unchanged(workspace, version, record[1][MANIFEST]):
            return
    elif settings.version != version or git.ask(workspace.root, "rev-parse", "--verify", "-q", _tag(version)):
        message = f"the workspace is at {settings.version}; neither its last commit nor {_tag(version)} has a record."
        yield Fault(SUMS, "", "", "not-compared", message)
        return
    else:
        yield Fault(SUMS, "", "", "record-missing", f"there is no {record_folder(version)}/{SUMS}.")
    told = {
        "dataset_name": settings.name,
        "dataset_version": settings.version,
        "schema_version": settings.schema,
    }
    for key, value in told.items():
        if manifest[key] != value:
            yield Fault(MANIFEST, "", key, "source-differs", f"the workspace says {value!r}.")
    if folder.facts.pretty_name != settings.pretty_name:
        yield Fault(README, "", "pretty_name", "source-differs", f"the workspace says {settings.pretty_name!r}.")
    if folder.facts.tags != (tags := added_tags(settings.tags)):
        said = ", ".join(tags) or "none"
        yield Fault(README, "", "tags", "source-differs", f"the tags of the workspace are: {said}.")
    for name, digest in manifest["inputs"].items():
        data = _input(workspace, name)
        if data is None:
            yield Fault(MANIFEST, "", f"inputs {name[:120]}", "source-differs", "the workspace has no such file.")
        elif input_sha256(name, data) != digest:
            yield Fault(MANIFEST, "", f"inputs {name[:120]}", "source-differs", "the workspace's file is another.")
    ids = {each for each in workspace.store.article_ids() if workspace.store.has_document(each, None)}
    later: set[str] = set() if OF_SUGGESTIONS in manifest else {ENGINES, SHOWN, BEGUN}  # may have come since
    for name in sorted({*input_files(workspace, ids)} - manifest["inputs"].keys() - later):
        if _input(workspace, name) is not None:
            yield Fault(MANIFEST, "", f"inputs {name[:120]}", "source-differs", "the workspace has such a file.")
    if not same(manifest.get("rights"), make_terms(workspace).to_builtins()):
        yield Fault(MANIFEST, "", "rights", "source-differs", "the workspace's terms and withdrawals are others.")
    yield from _prose(folder, workspace)
    yield from _rows(folder, workspace)


def _input(workspace: Workspace, name: str) -> bytes | None:
    """Return what a file of the workspace or a record of its store holds; None where there is none of that name."""
    try:
        if not workspace.store.is_file(name):
            return workspace.store.read(name)
        path = (workspace.root / name).resolve()
        return path.read_bytes() if path.is_relative_to(workspace.root.resolve()) and path.is_file() else None
    except (OSError, ValueError):  # a name that no file can have
        return None


def _tag(version: str) -> str:
    return f"refs/tags/data-v{version}"


def read_record_files(workspace: Workspace, version: str) -> tuple[str, dict[str, bytes]] | None:
    """Return where the record of a version was found, and its manifest.json and SHA256SUMS; None where there is none.

    Git is asked first, for what was committed: a folder may have moved on, and a checkout may change line ends.
    """
    folder = record_folder(version)

    def committed(revision: str) -> Callable[[str], bytes | None]:
        return lambda name: git.ask(workspace.root, "cat-file", "blob", f"{revision}:./{folder}/{name}")

    def lying(name: str) -> bytes | None:
        path = workspace.root / folder / name
        return path.read_bytes() if path.is_file() else None

    places = {"the last commit": committed("HEAD"), f"the tag data-v{version}": committed(_tag(version))}
    for place, read in (places | {"the workspace": lying}).items():
        found = {name: read_parts(name, read) for name in (SUMS, MANIFEST)}
        if all(found.values()):  # an empty file is one, too
            return place, {name: b"".join(parts) for name, parts in found.items()}
    return None


def _record(folder: ReadFolder, place: str, record: dict[str, bytes]) -> Iterator[Fault]:
    """Hold the folder against the record of its version. place: where that was found."""
    version = folder.manifest["dataset_version"]
    why = "" if "trees" in folder.manifest else ": it is that of a build, or of a folder that got its words from copies"
    for name, data in record.items():
        if sha256(data).hexdigest() != folder.files.digests.get(name):
            message = f"it is not {record_folder(version)}/{name} of {place}{why}."
            yield Fault(name, "", "", "record-differs", message)


def _is_unchanged(workspace: Workspace, version: str, manifest: bytes) -> bool:
    """Whether the workspace still has the content that a version was made of. manifest: that of its record."""
    try:
        inputs = from_json(manifest, MANIFEST)["inputs"].items()
    except (InputError, KeyError, TypeError, AttributeError):
        return False
    held = ((_input(workspace, name), digest) for name, digest in inputs)
    return workspace.settings.version == version and all(
        data is not None and sha256(data).hexdigest() == digest for data, digest in held
    )


def _prose(folder: ReadFolder, workspace: Workspace) -> Iterator[Fault]:
    """Hold what people wrote in the card against that of the workspace; the header and the warning are computed."""
    path = workspace.root / CARD
    if not path.is_file():
        return
    ours = prose(path.read_bytes().decode())
    try:
        theirs = prose(folder.body)
    except InputError:
        return  # the check of the card has said so
    for mine, found in zip_longest(ours, theirs):
        if mine != found:
            yield Fault(README, "", "", "source-differs", f"what people wrote in it is not that of {CARD}.")
            return


def _rows(folder: ReadFolder, workspace: Workspace) -> Iterator[Fault]:
    """Hold the rows of the folder, article by article, against those that the workspace makes."""
    states = OF_SUGGESTIONS in folder.manifest
    golds, store = GoldReader(workspace, None, with_words=False, with_suggestions=states), workspace.store
    theirs = folder.walked.context
    every = tables(theirs.scheme)
    context = replace(
        golds.context,
        scheme=theirs.scheme,
        dataset_version=theirs.dataset_version,
        schema_version=theirs.schema_version,
        groups=theirs.groups,  # they follow from the records, which are compared
    )
    streams = {name: Stream(rows) for name, rows in folder.rows.items() if name not in (ENTITIES, TARGETS)}
    missing = set(store.article_ids())
    while (row := streams[ARTICLES].peek()) is not None:
        name = row["article_id"]
        rows: Rows = {table.name: [] for table in every} | {table: each.take(name) for table, each in streams.items()}
        article = store.article(name) if name in missing else None
        ours = golds.read(article) if article else None
        if article is None or ours is None:
            yield Fault("articles", name, "", "source-differs", "only the folder has it.")
            continue
        missing.remove(name)
        found = read_article(rows, row, text_of(folder.manifest), theirs.scheme, [])
        assert found is not None  # else the rows would not be sound
        text = store.text(article) if found.text is not None else None
        made = article_rows(replace(ours, policy=found.policy, text=text or found.text), context)
        sparse = text_of(folder.manifest) is TextPolicy.FULL and not found.policy.shows_all
        for table in every:
            for fault in compare(table, made[table.name], rows[table.name], sparse):
                yield replace(fault, code="source-differs")
    for name in sorted(missing):
        if golds.read(store.article(name)):
            yield Fault("articles", name, "", "source-differs", "only the workspace has it.")
    told = golds.ledgers.to_json() if golds.ledgers else None
    if OF_SAMPLES in folder.manifest:
        from stancebank.publish.sampled import tell_samples  # most folders do without

        if not same(folder.manifest[OF_SAMPLES], tell_samples(store, {*store.article_ids()} - missing)):
            message = "the plans of the workspace tell something else."
            yield Fault(MANIFEST, "", OF_SAMPLES, "source-differs", message)
    if states and not same(folder.manifest[OF_SUGGESTIONS], told):
        yield Fault(MANIFEST, "", OF_SUGGESTIONS, "source-differs", "the ledgers of the workspace tell something else.")
    for name, make in ((ENTITIES, entity_rows), (TARGETS, target_rows)):
        for fault in compare(find_table(theirs.scheme, name), make(context), make(theirs)):
            yield replace(fault, code="source-differs")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for. against: a workspace to hold the folder against; readers: which are tried; require_readers:
    whether one that is not installed is a fault. signers: a file of who may have signed it, in the form that
    `ssh-keygen` calls allowed signers.
    """

    against: Workspace | None = None
    readers: tuple[str, ...] = READERS
    require_readers: bool = False
    signers: Path | None = None


@dataclass(slots=True)
class Verified:
    """What was found. done: checks that were run to their end; rows: by table; tried: readers with their versions.

    beside: what git and the client of the Hub put into the folder, which was left out. signature: None where it has no
    good one.
    """

    faults: list[Fault] = field(default_factory=list)
    done: list[Check] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    tried: dict[str, str] = field(default_factory=dict)
    beside: tuple[str, ...] = ()
    signature: Signature | None = None

    @property
    def errors(self) -> list[Fault]:
        """Faults for which the folder fails."""
        return [each for each in self.faults if each.severity == "error"]

    @property
    def is_compared(self) -> bool:
        """Whether a workspace that was asked for could be asked."""
        return all(each.code != "not-compared" for each in self.faults)

    @property
    def is_sound(self) -> bool:
        """Whether nothing was found against it."""
        return not self.errors


@seldom_collecting()
def verify(root: Path, wanted: Wanted | None = None) -> Verified:
    """Verify a folder that `publish build` or `publish release` has made.

    Raises InputError where there is none, and where signers are named and there is no `ssh-keygen`.

    Whatever the folder holds becomes a fault, never an exception. root may be a link; nothing in the folder may.
    """
    wanted = wanted or Wanted()
    if not root.is_dir():
        raise InputError(f"{root} is no folder.\nHint: name the folder of a release.")
    if wanted.signers:
        require_ssh_keygen()
    found, folder = open_folder(root.resolve(), wanted.signers)
    if folder is None:
        found.faults = sorted(set(found.faults))
        return found
    checks: list[tuple[Check, Iterator[Fault]]] = [
        ("manifest", chain(check_manifest(folder), check_made(folder, "manifest"))),
        ("card", chain(check_card(folder), check_made(folder, "card"))),
        ("croissant", chain(check_made(folder, "croissant"), check_baselines(folder))),
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


def open_folder(root: Path, signers: Path | None = None) -> tuple[Verified, ReadFolder | None]:
    """Check files, signature, tables and rows; no folder where what follows would make no sense."""
    found = Verified()
    folder = None
    with _guarded("rows", found):
        folder = _open(root, found, signers)
    return found, folder


@contextmanager
def _guarded(check: Check, found: Verified) -> Iterator[None]:
    """Make a fault of whatever a check meets in a hostile folder; never an exception."""
    try:
        yield
    except Exception as error:
        if isinstance(error, StancebankError) and check == "workspace":
            raise  # of the workspace, not of the folder
        message = f"{type(error).__name__}: {' '.join(str(error).split())[:160]}."
        found.faults.append(Fault(check, "", "", "check-failed", message))


def _open(root: Path, found: Verified, signers: Path | None) -> ReadFolder | None:
    files, faults = read_files(root)
    found.faults += faults
    found.faults += check_sums(files)
    found.beside = files.beside
    found.done.append("files")
    found.signature, faults = check_signature(files, signers)
    found.faults += faults
    if found.signature or faults:
        found.done.append("signature")
    if any(each.code == "file-pointer" for each in found.faults):
        return None  # all else would only say again that the files are not there
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
        found.faults.append(Fault(f"{SCHEMA}/", "", "", "schema-differs", f"it holds no scheme: {error}"))
        return None
    broken = [
        fault
        for table in declared
        for fault in check_tables(files, table, file_metadata(table, scheme, manifest["dataset_version"]))
    ]
    found.faults += broken
    found.done.append("tables")
    if any(each.code != "table-metadata" for each in broken):
        return None
    return _verify_rows(files, manifest, schema_dir, scheme, found)


def _verify_rows(
    files: Files, manifest: Manifest, schema_dir: Path, scheme: Scheme, found: Verified
) -> ReadFolder | None:
    held = {table.name: TableRows(files, table, asks_longest=table.name in STATING) for table in tables(scheme)}
    walked = check_rows(held, schema_dir, scheme, manifest["dataset_version"], text_of(manifest))
    found.faults += walked.faults
    if not walked.faults and not tells_pairs(files.text(README) or ""):
        walked.faults += islice(walked.say_unjudged(), MOST_FAULTS)
        found.faults += walked.faults
    found.rows = {name: each.count for name, each in held.items() if each.count}
    found.done.append("rows")
    if walked.faults:
        return None
    if not held[ARTICLES].count:
        found.faults.append(Fault("articles", "", "", "row-missing", "there is no article."))
        return None
    facts = []
    for name in NAMES:
        names, rows = files.of_table(name), held.get(name)
        if rows and rows.count:
            facts.append(
                TableFacts(
                    rows.table,
                    names,
                    rows.count,
                    tuple(files.sizes[each] for each in names),
                    rows.table_bytes,
                    tuple(files.digests[each] for each in names),
                    rows.hash.hexdigest(),
                    dict(rows.by_split),
                )
            )
        elif names:
            found.faults.append(Fault(f"{name}/", "", "", "file-foreign", "a table without rows is not written."))
    return make_folder(files, manifest, walked, tuple(facts))


def _required(faults: Iterable[Fault], required: bool) -> list[Fault]:
    if not required:
        return list(faults)
    return [replace(each, code="reader-failed") if each.code == "reader-missing" else each for each in faults]


def summary(faults: Iterable[Fault]) -> dict[str, int]:
    """Return how many faults there are of each code, by code."""
    return dict(sorted(Counter(each.code for each in faults).items()))
