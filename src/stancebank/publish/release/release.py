"""A release: a version of the dataset, made of a commit, recorded in the workspace, and made again from its record.

The folder is built of the workspace as the release will leave it, beside its place; only when it has passed the gate do
folder, settings, changelog, card and record change, in this order, the record last. A run that was killed in between is
completed by the next one: what it has changed is what that one would change.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from msgspec import to_builtins

from stancebank import git
from stancebank.check.workspace import check_workspace, find_waived_leaks
from stancebank.codes import CODES
from stancebank.corpus.store import is_reserved
from stancebank.errors import ConflictError, Finding, InputError, shorten
from stancebank.publish.baselines import require_library
from stancebank.publish.build import Folder, Recipe, WorkspaceFiles, fill_folder, read_to_publish
from stancebank.publish.card.card import CARD, CITATION
from stancebank.publish.history import (
    Changes,
    Held,
    ReleaseRecord,
    compare,
    parse_version,
    published_splits,
    read_record,
    record_folder,
    take,
    write_record,
)
from stancebank.publish.layout import MANIFEST, OF_SPLITS, SUMS, replacing, require_replaceable, told_in
from stancebank.publish.parquet import ROWS_PER_FILE
from stancebank.publish.release import gate
from stancebank.publish.release.gate import say_changes
from stancebank.publish.release.plan import (
    CHANGELOG,
    changing,
    dataset_history,
    last_version,
    plan,
    require_card,
    require_committed,
    require_tracked,
    uncommitted,
)
from stancebank.publish.signing import Signature, keep_signature, require_key, sign
from stancebank.publish.splitting import Stated, read_stated, state_splits
from stancebank.publish.verification.readers import READERS
from stancebank.records import seldom_collecting, to_json, write_text
from stancebank.workspace import SETTINGS_FILE, Workspace


def differences(record: ReleaseRecord, here: ReleaseRecord, then: Held) -> Iterator[str]:
    """Say what differs: in the rows first, then in the manifest, key by key."""
    changes = compare(record.held, here.held, then)
    if changes != Changes():
        yield f"rows: {say_changes(changes)}"
    if record.manifest != here.manifest:
        told, made = record.told, here.told
        hashes = [{t: each["content_hash"] for t, each in told_in(m, "tables").items()} for m in (told, made)]
        if hashes[0] == hashes[1]:
            yield "rows: the same, by the content hash of every table."
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
    return shorten(said, 60)


FOLDER = "releases"
TREES = (("corpus", "releases"), ("schema", None), ("annotate", None))
"""The folders whose git trees a manifest names, each with what its tree is taken without."""


@dataclass(frozen=True, slots=True)
class Release:
    """What a run has done, or would do.

    findings: errors, which stopped it, and warnings, which did not; waived: those that were let pass. differences:
    between what a version's record says and what was built. before: the last version, None for the first one. written:
    files of the workspace, relative to it, that were not yet as the release leaves them; uncommitted: those that the
    last commit has otherwise, whichever run wrote them. is_new: whether the version was made, not made again. splits:
    what `splits.json` says; None where the folder has none. signature: of the folder; one that it had before is kept
    where the folder is the same.
    """

    version: str
    out: Path
    is_new: bool
    rows: dict[str, int] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    waived: tuple[Finding, ...] = ()
    differences: tuple[str, ...] = ()
    before: str | None = None
    changes: Changes | None = None
    written: tuple[str, ...] = ()
    uncommitted: tuple[str, ...] = ()
    splits: Mapping[str, Any] | None = None
    signature: Signature | None = None

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that stopped it."""
        return gate.errors_in(self.findings)

    @property
    def is_clean(self) -> bool:
        """Whether nothing stood against it."""
        return not self.errors and not self.differences

    @property
    def tag(self) -> str:
        """The tag of the commit that holds the record."""
        return f"data-v{self.version}"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for.

    renew: make a version again that has a record and no tag. also: findings from elsewhere. readers: which are to open
    the folder of a new version. key: the SSH key that signs it; may_ask: whether somebody can be asked for its
    passphrase. workers, uses_cache: see `stancebank.publish.blocks.make_blocks`.
    """

    version: str
    waivers: tuple[gate.ReleaseWaiver, ...] = ()
    dry_run: bool = False
    renew: bool = False
    also: tuple[Finding, ...] = ()
    today: date | None = None
    rows_per_file: int = ROWS_PER_FILE
    readers: tuple[str, ...] = READERS
    key: Path | None = None
    may_ask: bool = False
    workers: int | None = None
    uses_cache: bool = True


class _StopError(Exception):
    """Leaves the place of a folder as it was. release: what became of it."""

    def __init__(self, release: Release) -> None:
        super().__init__()
        self.release = release


@seldom_collecting()
def release(workspace: Workspace, wish: Wish) -> Release:
    """Make a version of the dataset, or, where it has a record, make it again and compare.

    Raises InputError where the version, the waivers or the state of the workspace's files do not allow it, and
    WorkspaceError where there is no git repository. Nothing is changed then, nor where there are findings or
    differences.
    """
    parse_version(wish.version)
    gate.require_waivable(wish.waivers)
    git.require_commit(workspace.root)
    if wish.key:
        require_key(wish.key, may_ask=wish.may_ask)
    out = _place_of(workspace, wish.version)
    require_replaceable(out)
    if ended := git.crlf_files(workspace.root):
        raise InputError(
            f"{len(ended)} files of the checkout have CRLF line ends where the commit has LF, such as {ended[0]}.\n"
            f"Hint: {CODES['line-ends'].hint}. Nothing was written."
        )
    record = read_record(workspace.root, wish.version)
    if record and not wish.renew:
        return _make_again(workspace, record, out, wish)
    if git.has_tag(workspace.root, f"data-v{wish.version}"):
        here = "" if record else ", and this commit has no record of it"
        raise ConflictError(
            f"The tag data-v{wish.version} exists{here}: that version is out, and is not changed any more.\n"
            "Hint: make the next version. Nothing was written."
        )
    return _make(workspace, out, wish)


def _make(workspace: Workspace, out: Path, wish: Wish) -> Release:
    before = last_version(workspace, wish.version)
    root = workspace.root
    planned = plan(workspace, wish.version, wish.today or _today())
    has_record = git.committed(root, f"{record_folder(wish.version)}/{MANIFEST}") is not None
    mine = f"{record_folder(wish.version)}/" if wish.renew or not has_record else None
    require_committed(root, planned, mine)
    coming = replace(workspace, settings=replace(workspace.settings, version=wish.version))
    report = check_workspace(workspace, also=wish.also, uses_cache=wish.uses_cache)
    if report.errors:
        return Release(wish.version, out, True, findings=report.errors, before=before)
    read = read_to_publish(coming.with_records(report.records), None)
    require_library(read.context.placements.values())
    card = git.committed(root, CARD)
    content = WorkspaceFiles(root, planned | ({CARD: card} if card is not None else {}))
    waived = [{"code": each.code, "reason": each.reason} for each in sorted(wish.waivers)]
    ids = set(read.readings.ids)
    splits = state_splits(coming, ids) if workspace.scheme.edition >= 2 else None
    recipe = _recipe(coming, content, waived, splits, wish)
    earlier = read_record(root, before) if before else None
    result = Release(wish.version, out, True, before=before)
    try:
        with _beside(out, f"{workspace.settings.name}-", wish.dry_run) as part:
            made = fill_folder(part, coming, read, replace(recipe, renews_card=True))
            require_tracked(workspace.store, made.manifest["inputs"])
            require_card(root, made.content)
            held, then = take(made.rows, workspace.scheme, earlier.held if earlier else None)
            changes = compare(earlier.held, held, then) if earlier else None
            findings = list(made.noted.rights)
            split_report = gate.report_splits(workspace, part, made.rows)
            findings += _findings(workspace.with_records(report.records), part, made, report.waived_leaks, split_report)
            findings += gate.check_columns(earlier, held, workspace.scheme.version) if earlier else ()
            findings += gate.check_moved(published_splits(root, wish.version), held)
            if changes and before:
                gone = gate.withdrawn_articles(workspace)
                findings += gate.check_changes(changes, before, wish.version, workspace, made.noted.retired, gone)
            del read, report  # they hold all records, and the proofs need memory of their own
            if not gate.errors_in(gate.apply_waivers(findings, wish.waivers)[0]):
                findings += gate.check_proofs(part, wish.readers)
            counted, let = gate.apply_waivers(findings, wish.waivers)
            if not gate.errors_in(counted):
                gate.require_used(wish.waivers, let)
            new = _record(part, wish.version, held)
            written = (*changing(root, made.content), record_folder(wish.version))
            told = replace(result, waived=tuple(let), changes=changes, written=written, splits=split_report)
            result = _filled(told, made, counted, wish)
            result = replace(result, signature=_signed(part, out, wish))
    except _StopError as stopped:
        return stopped.release
    for name in changing(root, made.content):
        write_text(root / name, made.content.text(name) or "")
    write_record(root, new)
    return replace(result, uncommitted=uncommitted(root, wish.version))


def _make_again(workspace: Workspace, record: ReleaseRecord, out: Path, wish: Wish) -> Release:
    """Build a version that has a record, and compare. The check is left out: it was passed when the record was made."""
    root, told = workspace.root, record.told
    if workspace.settings.version != record.version:
        raise InputError(
            f"{SETTINGS_FILE} says version {workspace.settings.version}; {record.version} has a record.\n"
            f"Hint: git checkout data-v{record.version}, and run this again. Nothing was written."
        )
    waivers = tuple(gate.ReleaseWaiver(each["code"], each["reason"]) for each in told["waived"])
    if wish.waivers and set(wish.waivers) != set(waivers):
        raise InputError(f"{record.version} has a record, which holds its waivers.\nHint: leave out --waive.")
    mine = f"{record_folder(record.version)}/"
    is_committed = git.committed(root, f"{mine}{MANIFEST}") is not None
    require_committed(root, plan(workspace, record.version, wish.today or _today()), None if is_committed else mine)
    read = read_to_publish(workspace, None)
    require_library(read.context.placements.values())
    splits = None
    if OF_SPLITS in told:
        ids = set(read.readings.ids)
        splits = state_splits(workspace, ids, read_stated(told[OF_SPLITS]))
    recipe = _recipe(workspace, WorkspaceFiles(root), told["waived"], splits, wish)
    result = Release(record.version, out, False)
    try:
        with _beside(out, f"{workspace.settings.name}-", wish.dry_run) as part:
            made = fill_folder(part, workspace, read, recipe)
            split_report = gate.report_splits(workspace, part, made.rows)
            findings = _findings(workspace, part, made, find_waived_leaks(workspace), split_report)
            counted, let = gate.apply_waivers(findings, waivers)
            held, then = take(made.rows, workspace.scheme, record.held)
            differing = differences(record, _record(part, record.version, held), then)
            told_so_far = replace(result, waived=tuple(let), differences=tuple(differing), splits=split_report)
            result = _filled(told_so_far, made, counted, wish)
            result = replace(result, signature=_signed(part, out, wish))
    except _StopError as stopped:
        return stopped.release
    return replace(result, uncommitted=uncommitted(root, record.version))


def _findings(
    workspace: Workspace,
    part: Path,
    made: Folder,
    waived: Iterable[tuple[str, str]],
    splits: Mapping[str, Any] | None,
) -> list[Finding]:
    """Return what the gate finds in a folder, whether its version is new or made again.

    waived, splits: see `check_content`.
    """
    return [
        *made.noted.others,
        *gate.check_content(workspace, part, made.rows, made.shown, waived, splits),
        *gate.check_author(made.content.read(CITATION), workspace.scheme.edition),
    ]


def _record(part: Path, version: str, held: Held) -> ReleaseRecord:
    return ReleaseRecord(version, (part / MANIFEST).read_bytes(), (part / SUMS).read_bytes(), held)


def _filled(release: Release, made: Folder, counted: Iterable[Finding], wish: Wish) -> Release:
    """Return a release with what is in its folder. Raises _StopError where the folder must not take its place."""
    rows = {each.table.name: each.rows for each in made.tables}
    release = replace(release, rows=rows, findings=tuple(counted))
    if not release.is_clean or wish.dry_run:
        raise _StopError(release)
    return release


def _signed(part: Path, out: Path, wish: Wish) -> Signature | None:
    """Sign a folder that is about to take its place, or let it have the signature of the same folder that is there."""
    return sign(part, wish.key, may_ask=wish.may_ask) if wish.key else keep_signature(out, part)


def _place_of(workspace: Workspace, version: str) -> Path:
    name = workspace.settings.name
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]*", name) or is_reserved(f"{name}-{version}"):
        raise InputError(
            f"{SETTINGS_FILE}: dataset.name is {name!r}, which cannot be the name of a folder.\n"
            "Hint: use letters, digits and hyphens."
        )
    return workspace.root / FOLDER / f"{name}-{version}"


def _recipe(
    workspace: Workspace,
    content: WorkspaceFiles,
    waived: Sequence[Mapping[str, str]],
    splits: Stated | None,
    wish: Wish,
) -> Recipe:
    """Return how the folder of a release is made. splits: None where its manifest states nothing of them."""
    history = dataset_history(content.text(CHANGELOG) or "", workspace.settings.name)
    trees = {folder: git.tree_id(workspace.root, folder, without) for folder, without in TREES}
    return Recipe(
        content,
        is_release=True,
        history=None if history is None else history.encode(),
        about={"trees": trees, "waived": list(waived), **({OF_SPLITS: to_builtins(splits)} if splits else {})},
        rows_per_file=wish.rows_per_file,
        workers=wish.workers,
        uses_cache=wish.uses_cache,
    )


@contextmanager
def _beside(out: Path, like: str, dry_run: bool) -> Iterator[Path]:
    """Yield an empty folder that takes the place of out, or none in a dry run. like: as `replacing` has it."""
    if dry_run:
        with TemporaryDirectory(prefix="stancebank-") as folder:
            yield Path(folder)
        return
    is_new = not out.parent.exists()
    write_text(out.parent / ".gitignore", "*\n")
    try:
        with replacing(out, like) as part:
            yield part
    except BaseException:
        if is_new and [path.name for path in out.parent.iterdir()] == [".gitignore"]:
            (out.parent / ".gitignore").unlink()
            out.parent.rmdir()
        raise


def _today() -> date:
    return datetime.now(UTC).date()


def commands(made: Release) -> tuple[str, ...]:
    """Return the commands that commit and tag a release, to be run in the workspace."""
    commit = (f"git add {' '.join(made.uncommitted)}", f'git commit -m "Dataset {made.version}"')
    return (*(commit if made.uncommitted else ()), f'git tag -a {made.tag} -m "Dataset {made.version}"')


__all__ = ["Release", "Wish", "commands", "release"]
