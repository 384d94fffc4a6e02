"""A folder held against a workspace: its record of the release, and its gold, which no folder can prove by itself."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path

from stancebank.publish.build import input_files
from stancebank.publish.card import CARD, README, prose
from stancebank.publish.folder import MANIFEST, SUMS, file_sha256
from stancebank.publish.readings import GoldReader
from stancebank.publish.record import record_folder
from stancebank.publish.rights import make_terms
from stancebank.publish.shards import Stream
from stancebank.publish.tables import ARTICLES, ENTITIES, TARGETS, Rows, article_rows, find_table, tables
from stancebank.publish.tables.registries import entity_rows, target_rows
from stancebank.publish.verification.faults import Fault
from stancebank.publish.verification.papers import Folder, text_of
from stancebank.publish.verification.rows import compare, read_article
from stancebank.text_policy import TextPolicy
from stancebank.workspace import Workspace


def check_against(folder: Folder, workspace: Workspace) -> Iterator[Fault]:
    """Hold a folder whose rows are sound against a workspace at the same version.

    Words that the workspace has not at hand are those of the folder: their fingerprints are the workspace's.
    """
    settings, manifest = workspace.settings, folder.manifest
    yield from _record(folder, workspace)
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
    for name, digest in manifest["inputs"].items():
        path = _file(workspace, name)
        if path is None:
            yield Fault(MANIFEST, "", f"inputs {name[:120]}", "source-differs", "the workspace has no such file.")
        elif file_sha256(path) != digest:
            yield Fault(MANIFEST, "", f"inputs {name[:120]}", "source-differs", "the workspace's file is another.")
    ids = {each for each in workspace.store.article_ids() if workspace.store.document_path(each, None).is_file()}
    for name in sorted({*input_files(workspace, ids)} - manifest["inputs"].keys()):
        if _file(workspace, name):
            yield Fault(MANIFEST, "", f"inputs {name[:120]}", "source-differs", "the workspace has such a file.")
    if manifest.get("rights") != make_terms(workspace).to_builtins():
        yield Fault(MANIFEST, "", "rights", "source-differs", "the workspace's terms and withdrawals are others.")
    yield from _prose(folder, workspace)
    yield from _rows(folder, workspace)


def _file(workspace: Workspace, name: str) -> Path | None:
    """Return the path of a file of the workspace; None where it has none of that name."""
    try:
        path = (workspace.root / name).resolve()
        return path if path.is_relative_to(workspace.root.resolve()) and path.is_file() else None
    except (OSError, ValueError):  # a name that no file can have
        return None


def _record(folder: Folder, workspace: Workspace) -> Iterator[Fault]:
    version = folder.manifest["dataset_version"]
    place = workspace.root / record_folder(version)
    if not (place / SUMS).is_file():
        yield Fault(SUMS, "", "", "record-missing", f"there is no {record_folder(version)}/{SUMS}.")
        return
    why = "" if "trees" in folder.manifest else ": it is that of a build, or of a folder that got its words from copies"
    for name in (SUMS, MANIFEST):
        if not (place / name).is_file() or file_sha256(place / name) != folder.files.digests.get(name):
            yield Fault(name, "", "", "record-differs", f"it is not {record_folder(version)}/{name}{why}.")


def _prose(folder: Folder, workspace: Workspace) -> Iterator[Fault]:
    """Hold what people wrote in the card against that of the workspace; the header and the warning are computed."""
    path = workspace.root / CARD
    if not path.is_file():
        return
    ours, theirs = prose(path.read_bytes().decode()), prose(folder.body)
    for mine, found in zip_longest(ours, theirs):
        if mine != found:
            yield Fault(README, "", "", "source-differs", f"what people wrote in it is not that of {CARD}.")
            return


def _rows(folder: Folder, workspace: Workspace) -> Iterator[Fault]:
    """Hold the rows of the folder, article by article, against those that the workspace makes."""
    golds, store = GoldReader(workspace, None, with_words=False), workspace.store
    theirs = folder.walked.context
    every = tables(theirs.scheme)
    context = replace(
        golds.context,
        scheme=theirs.scheme,
        dataset_version=theirs.dataset_version,
        schema_version=theirs.schema_version,
    )
    streams = {name: Stream(rows) for name, rows in folder.rows.items() if name not in (ENTITIES, TARGETS)}
    missing = set(store.article_ids())
    while (row := streams[ARTICLES].peek()) is not None:
        name = row["article_id"]
        rows: Rows = {table.name: [] for table in every} | {view: each.take(name) for view, each in streams.items()}
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
    for name, make in ((ENTITIES, entity_rows), (TARGETS, target_rows)):
        for fault in compare(find_table(theirs.scheme, name), make(context), make(theirs)):
            yield replace(fault, code="source-differs")
