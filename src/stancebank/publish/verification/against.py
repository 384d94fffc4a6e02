"""A folder held against a workspace: its record of the release, and its gold, which no folder can prove by itself."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import zip_longest

from stancebank.publish.card import CARD, README, prose
from stancebank.publish.folder import MANIFEST, SUMS, file_sha256
from stancebank.publish.readings import read_gold
from stancebank.publish.record import record_folder
from stancebank.publish.rows import article_rows
from stancebank.publish.rows.registries import entity_rows, target_rows
from stancebank.publish.verification.faults import Fault
from stancebank.publish.verification.papers import Folder
from stancebank.publish.verification.rows import compare
from stancebank.publish.views import ENTITIES, TARGETS, VIEWS
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
        path = workspace.root / name
        if not path.resolve().is_relative_to(workspace.root) or not path.is_file():
            yield Fault(MANIFEST, "", f"inputs {name[:120]}", "source-differs", "the workspace has no such file.")
        elif file_sha256(path) != digest:
            yield Fault(MANIFEST, "", f"inputs {name[:120]}", "source-differs", "the workspace's file is another.")
    yield from _prose(folder, workspace)
    yield from _rows(folder, workspace)


def _record(folder: Folder, workspace: Workspace) -> Iterator[Fault]:
    version = folder.manifest["dataset_version"]
    place = workspace.root / record_folder(version)
    if not (place / SUMS).is_file():
        yield Fault(SUMS, "", "", "record-missing", f"there is no {record_folder(version)}/{SUMS}.")
        return
    why = "" if "trees" in folder.manifest else ": it is that of a build, or of a folder that got its words from copies"
    for name in (SUMS, MANIFEST):
        if not (place / name).is_file() or (place / name).read_bytes() != (folder.files.root / name).read_bytes():
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
    read = read_gold(workspace, None, with_words=False)
    ours = {each.article.id: each for each in read.readings}
    theirs = {each.article.id: each for each in folder.walked.readings}
    for name in sorted(ours.keys() ^ theirs.keys()):
        where = "the workspace" if name in ours else "the folder"
        yield Fault("articles", name, "", "source-differs", f"only {where} has it.")
    context = folder.walked.context
    gold_context = replace(read.context, dataset_version=context.dataset_version, schema_version=context.schema_version)
    for name in sorted(ours.keys() & theirs.keys()):
        text = workspace.store.text(ours[name].article) if theirs[name].text is not None else None
        mine = replace(ours[name], tier=theirs[name].tier, text=text or theirs[name].text)
        wanted, found = article_rows(mine, gold_context), article_rows(theirs[name], context)
        for view in VIEWS:
            for fault in compare(view, wanted[view.name], found[view.name]):
                yield replace(fault, code="source-differs")
    for view, make in ((ENTITIES, entity_rows), (TARGETS, target_rows)):
        for fault in compare(view, make(gold_context), make(context)):
            yield replace(fault, code="source-differs")
