"""The section on versions: what changed since an older one, and which label became which."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from stancebank.pictures.flow import KindCount, draw_changes
from stancebank.pictures.picture import PictureTable
from stancebank.publish.diff import KINDS, Diff, compare_sides
from stancebank.publish.diff_report import (
    CHANGE_HEAD,
    MOST_LISTED,
    change_row,
    draw_label_flow,
    say_verdict,
    versions_of,
)
from stancebank.publish.sides import open_side
from stancebank.view.collection import Collection, Words
from stancebank.view.section import Section
from stancebank.workspace import Workspace


def compare_with(collection: Collection, older: str, workspace: Workspace | None = None) -> Collection:
    """Return a collection that knows what changed since an older version.

    older: a folder, an address, a workspace, or a revision in git of the workspace, as `open_sides` takes them.
    workspace: that of the command, where the collection is a folder. Raises InputError as `open_sides` and
    `compare_sides` do.
    """
    workspace = collection.workspace or workspace
    schemas: Iterable[Path] = [workspace.root / "schema"] if workspace else []
    with open_side(older, workspace) as side:
        return replace(collection, diff=compare_sides(side, collection.side, list(schemas)))


def make_versions(collection: Collection) -> Section | None:
    """Return the section; None where the collection is compared with nothing."""
    if collection.diff is None:
        return None
    diff = collection.diff
    if collection.words is not Words.LOCAL:  # notes may quote, and are never published
        diff = replace(diff, changes=tuple(each for each in diff.changes if each.kind != "noted"))
    places = {each.statement.id: each.place for each in collection.positions.items}
    rows = {
        labels: [places[row] for row in held if row in places]
        for labels, held in diff.moves.items()
        if labels[1] is not None
    }
    gone = {labels: "#changes-table" for labels in diff.moves if labels[1] is None}
    kinds = [KindCount(KINDS[kind].said, KINDS[kind].step.name.lower(), many) for kind, many in diff.counts.items()]
    listed = [change_row(each) for each in diff.changes[:MOST_LISTED]]
    changes = draw_changes(kinds, PictureTable(CHANGE_HEAD, listed), caption=_caption(diff))
    flow = draw_label_flow(diff, rows=rows, hrefs=gone)
    older, newer = versions_of(diff)
    notes = "".join(f" Not compared: {each}" for each in diff.notes)
    intro = f"From {older} to {newer}. {say_verdict(diff)}{notes}"
    return Section("versions", "Versions", intro, tuple(each for each in (flow, changes) if each))


def _caption(diff: Diff) -> str:
    number = len(diff.changes)
    told = f"{number:,} change{'' if number == 1 else 's'}, each with the step of the version that it asks for."
    beyond = number - MOST_LISTED
    return told + (
        f" The table lists the first {MOST_LISTED:,}; `stancebank publish diff` has all." if beyond > 0 else ""
    )
