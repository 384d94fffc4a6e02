"""A difference between two versions, as people and programs read it: JSON, Markdown, a draft of a changelog, a page."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from itertools import groupby
from typing import Any

from stancebank.agreement.compare import NOTHING
from stancebank.pictures.flow import ADDED, REMOVED, Ribbon, draw_flow
from stancebank.pictures.page import make_page
from stancebank.pictures.picture import Picture, PictureTable
from stancebank.publish.card.statistics import markdown_table
from stancebank.publish.diff import KINDS, Change, Diff, Labels, Why
from stancebank.publish.sides import Side

_ARROW = " → "


def to_value(diff: Diff) -> dict[str, Any]:
    """Return a difference as JSON holds it."""
    return {
        "from": _side(diff.one),
        "to": _side(diff.other),
        "step": diff.step.name,
        "least_version": diff.least_version,
        "counts": diff.counts,
        "schema": [asdict(each) for each in diff.steps],
        "flow": [{"from": old, "to": new, "statements": number} for (old, new), number in _flow(diff)],
        "changes": [
            {
                **{key: value for key, value in asdict(each).items() if key != "why"},
                "why": None if each.why is None else {k: v for k, v in asdict(each.why).items() if v is not None},
            }
            for each in diff.changes
        ],
        "not_compared": list(diff.notes),
    }


def _side(side: Side) -> dict[str, Any]:
    return {"name": side.name, "version": side.version, "schema": side.scheme.version, "commit": side.commit}


def _flow(diff: Diff) -> list[tuple[Labels, int]]:
    """Return how often a label became which, in the order of the vocabulary; what is gone or new comes last."""
    places = {name: place for place, name in enumerate(diff.other.scheme.values(diff.other.scheme.label))}

    def place(name: str | None) -> int:
        return len(places) + 1 if name is None else places.get(name, len(places))

    return sorted(diff.flow.items(), key=lambda each: (place(each[0][0]), place(each[0][1]), str(each[0])))


def say_verdict(diff: Diff) -> str:
    """Say in one line what the version of the newer side has to be at least, and whether it is."""
    if not diff.step:
        return (
            "Nothing changed in articles, gold, registries and scheme. Readings of annotators, and what is computed of "
            "them, are not compared."
        )
    first = diff.forcing[0] if diff.forcing else None
    of = f", for example {KINDS[first.kind].said}: {first.row}" if first else ", since the schema is another one"
    many = f"{len(diff.forcing)} changes ask" if len(diff.forcing) > 1 else "1 change asks" if first else "It asks"
    return f"{many} for a {diff.step.name} step{of}. The newer version is {diff.least_version} or higher."


def say_why(why: Why | None) -> str:
    """Say what a change rests on; "" where nothing is known."""
    if why is None:
        return ""
    about = [why.decision, *([f"by {why.by}"] if why.by else [])]
    about += [f"rule {why.rule}"] if why.rule else []
    said = " ".join(about) + (f": {why.reason}" if why.reason else "")
    return "; ".join([said, why.where, *([f"commit {why.commit}"] if why.commit else [])])


def say_change(change: Change) -> str:
    """Say what a change did to its row: ``stance: open → reject``."""
    values = [each for each in (change.old, change.new) if each != NOTHING] or [NOTHING]
    both = _ARROW.join((change.old, change.new)) if change.field else values[-1]
    by = _moved_by(change) if change.kind == "moved" else ""
    return (f"{change.field}: " if change.field else "") + both + by


def _moved_by(change: Change) -> str:
    """Say by how many characters the ends of one span moved; "" where there are several."""
    ends = [each.split("-") for each in (change.old, change.new)]
    if any(len(each) != 2 or not all(part.isdecimal() for part in each) for each in ends):
        return ""
    (begin, end), (start, stop) = (map(int, each) for each in ends)
    return f" ({start - begin:+d}, {stop - end:+d} characters)"


def by_kind(diff: Diff) -> Iterator[tuple[str, list[Change]]]:
    """Yield the kinds of change that there are, in the order of `KINDS`, with their changes."""
    order = list(KINDS)
    ordered = sorted(diff.changes, key=lambda each: order.index(each.kind))
    for kind, found in groupby(ordered, key=lambda each: each.kind):
        yield kind, list(found)


def to_markdown(diff: Diff) -> str:
    """Return a difference as a Markdown page."""
    one, other = diff.one, diff.other
    parts = [f"# {one.version} to {other.version}\n", say_verdict(diff) + "\n"]
    if diff.steps:
        parts.append(f"## Schema {one.scheme.version} to {other.scheme.version}\n")
        parts.append(markdown_table(("step", "what it does", "rows", "why"), [_step_row(each) for each in diff.steps]))
    parts.append(f"## {diff.other.scheme.label.title.capitalize()}\n")
    parts.append(
        markdown_table(
            ("before", "after", "statements"), [(*_named(old, new), str(n)) for (old, new), n in _flow(diff)]
        )
    )
    for kind, changes in by_kind(diff):
        parts.append(f"## {KINDS[kind].said.capitalize()} ({len(changes)})\n")
        rows = [(f"`{each.row}`", say_change(each), say_why(each.why)) for each in changes]
        parts.append(markdown_table(("row", "what", "why"), rows))
    parts += [f"Not compared: {each}\n" for each in diff.notes]
    return "\n".join(parts)


def _step_row(step: Any) -> tuple[str, ...]:
    return str(step.number), step.what, str(step.rows), step.note


def _named(old: str | None, new: str | None) -> tuple[str, str]:
    return old or ADDED, new or REMOVED


def to_changelog(diff: Diff) -> str:
    """Return entries for the section Dataset of a changelog: what users of the dataset have to know."""
    lines = []
    if diff.steps:
        lines.append(f"- The schema is {diff.other.scheme.version}. " + " ".join(_migrated(diff)))
    for kind, changes in by_kind(diff):
        if not KINDS[kind].step:
            continue
        said = f"- {_counted(KINDS[kind].said, len(changes))}"
        fields: dict[str, int] = {}
        for each in changes:
            if each.field and kind in ("relabelled", "condition-changed", "article-changed", "rights-changed", "moved"):
                key = each.field if kind == "moved" else f"{each.field} {each.old}{_ARROW}{each.new}"
                fields[key] = fields.get(key, 0) + 1
        if fields:
            told = [f"{key}{f' ({number})' if number > 1 else ''}" for key, number in fields.items()]
            said += ": " + ", ".join(told[:8]) + (f", and {len(told) - 8} more" if len(told) > 8 else "")
        else:
            rows = [each.row for each in changes]
            said += ": " + ", ".join(rows[:5]) + (f", and {len(rows) - 5} more" if len(rows) > 5 else "")
        reasons = dict.fromkeys(each.why.reason.rstrip(".") for each in changes if each.why and each.why.reason)
        lines.append(said + "." + "".join(f" {each}." for each in list(reasons)[:3]))
    return "\n".join(lines) + "\n" if lines else "- Nothing that is published changed.\n"


def _migrated(diff: Diff) -> Iterator[str]:
    for each in diff.steps:
        if each.rows:
            yield f"{each.what.rstrip('.').capitalize()} ({each.rows} rows)."


def _counted(said: str, number: int) -> str:
    """Return a count with what happened: `2 statements relabelled`."""
    noun, _, rest = said.partition(" ")
    plural = {"entry": "entries", "gold": "gold", "rights": "rights", "metadata": "metadata", "zones": "zones"}
    what = noun if number == 1 else plural.get(noun, f"{noun}s")
    return f"{number} × {said}" if noun in plural and noun != "entry" else f"{number} {what} {rest}"


# The page

MOST_LISTED = 5000
"""Changes that a page lists; what is beyond is in its data only."""


def versions_of(diff: Diff) -> tuple[str, str]:
    """Return what the two sides are called: their versions, or, where these are the same, as they were asked for."""
    one, other = diff.one, diff.other
    return (one.version, other.version) if one.version != other.version else (one.name, other.name)


def draw_label_flow(
    diff: Diff, *, hrefs: Mapping[Labels, str] | None = None, rows: Mapping[Labels, Iterable[int]] | None = None
) -> Picture | None:
    """Draw which label became which. None where neither side has a statement.

    hrefs: the place of the page that a ribbon leads to. rows: or the statements that it opens, as places in
    `Positions.items`.
    """
    hrefs, rows = hrefs or {}, rows or {}
    ribbons = [
        Ribbon(*labels, number, hrefs.get(labels, ""), tuple(rows.get(labels, ()))) for labels, number in _flow(diff)
    ]
    label, (older, newer) = diff.other.scheme.label, versions_of(diff)
    return draw_flow(ribbons, diff.other.scheme.values(label), what=label.title, older=older, newer=newer)


def count_table(diff: Diff) -> PictureTable:
    """Return a table of what happened how often, and which step of the version that asks for."""
    rows = [(KINDS[kind].said, f"{many:,}", KINDS[kind].step.name.lower()) for kind, many in diff.counts.items()]
    return PictureTable(("what happened", "how often", "step of the version"), rows, frozenset((1,)))


def change_row(change: Change) -> tuple[str, ...]:
    """Return a change as tables have it: what happened, to which row and field, what was before and after, and why."""
    after = change.new + (_moved_by(change) if change.kind == "moved" else "")
    field = change.field.replace("_", " ")
    return KINDS[change.kind].said, change.row, field, change.old, after, say_why(change.why)


CHANGE_HEAD = ("what happened", "row", "field", "before", "after", "why")
"""The columns of `change_row`."""


def group_changes(diff: Diff) -> Iterator[tuple[str, Labels | None, list[Change]]]:
    """Yield changes by what they are about: statements by their labels before and after, articles, registries.

    Yields what the group is called, its labels, and its changes, in the order of the flow and of the text.
    """
    labels_of = {row: labels for labels, rows in diff.moves.items() for row in rows}
    statements: dict[Labels, list[Change]] = {}
    articles: list[Change] = []
    registries: list[Change] = []
    for each in diff.changes:
        labels = labels_of.get(each.row) or labels_of.get(each.row.rpartition("/")[0])  # that of a condition
        if labels is not None:
            statements.setdefault(labels, []).append(each)
        else:
            (registries if each.article is None else articles).append(each)
    for labels, number in _flow(diff):
        if labels in statements:
            many = f"{number:,} statement{'' if number == 1 else 's'}"
            yield f"{_ARROW.join(_named(*labels))}: {many}", labels, statements[labels]
    yield from ((title, None, held) for title, held in (("Articles", articles), ("Registries", registries)) if held)


def to_page(diff: Diff) -> str:
    """Return a difference as one HTML page that needs no network; its data are those of `to_value`."""
    groups, hrefs, left = [], {}, MOST_LISTED
    forcing = set(map(id, diff.forcing))
    for place, (title, labels, changes) in enumerate(group_changes(diff), 1):
        if labels is not None and left:
            hrefs[labels] = f"#changes-{place}"
        rows = [
            {"kind": each.kind, "cells": change_row(each), "forces": id(each) in forcing} for each in changes[:left]
        ]
        groups += [{"place": place, "title": title, "rows": rows}] if rows else []
        left -= len(rows)
    one, other = diff.one, diff.other
    return make_page(
        "diff.html",
        title=f"What changed from {' to '.join(versions_of(diff))}",
        parts=("diff",),
        data=to_value(diff),
        one={"name": one.name, "version": one.version, "schema": one.scheme.version},
        other={"name": other.name, "version": other.version, "schema": other.scheme.version},
        verdict=say_verdict(diff),
        counts=count_table(diff),
        kinds=[(kind, KINDS[kind].said) for kind in diff.counts],
        steps=PictureTable(("step", "what it does", "rows", "why"), [*map(_step_row, diff.steps)], frozenset((0, 2))),
        notes=diff.notes,
        picture=draw_label_flow(diff, hrefs=hrefs),
        head=CHANGE_HEAD,
        groups=groups,
        left_out=len(diff.changes) - (MOST_LISTED - left),
    )
