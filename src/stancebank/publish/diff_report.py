"""A difference between two versions, as people and programs read it: JSON, Markdown, a draft of a changelog, a page."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stancebank.agreement.compare import NOTHING
from stancebank.publish.card.statistics import markdown_table
from stancebank.publish.diff import KINDS, Change, Diff, Why
from stancebank.publish.sides import Side

if TYPE_CHECKING:
    from jinja2 import Template

_ARROW = " → "
_GONE, _NEW = "(removed)", "(added)"


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


def _flow(diff: Diff) -> list[tuple[tuple[str | None, str | None], int]]:
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
    return old or _NEW, new or _GONE


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


@lru_cache(maxsize=1)
def _template() -> "Template":
    from jinja2 import Environment, StrictUndefined

    source = (Path(__file__).parent / "pages/diff.html").read_text("utf-8")
    return Environment(autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True).from_string(source)


def to_page(diff: Diff) -> str:
    """Return a difference as one HTML page that needs no network."""
    from markupsafe import Markup

    flow = _flow(diff)
    forcing = set(map(id, diff.forcing))
    data = json.dumps(to_value(diff), ensure_ascii=False).replace("<", "\\u003c")
    return _template().render(
        title=f"What changed from {diff.one.version} to {diff.other.version}",
        one={"name": diff.one.name, "version": diff.one.version, "schema": diff.one.scheme.version},
        other={"name": diff.other.name, "version": diff.other.version, "schema": diff.other.scheme.version},
        verdict=say_verdict(diff),
        counts=[
            {"kind": kind, "said": KINDS[kind].said, "count": number, "step": KINDS[kind].step.name.lower()}
            for kind, number in diff.counts.items()
        ],
        steps=[asdict(each) for each in diff.steps],
        notes=diff.notes,
        label=diff.other.scheme.label.title,
        total=sum(number for _, number in flow),
        flow=[(*_named(old, new), number) for (old, new), number in flow],
        picture=Markup(draw_flow(diff)),
        changes=[
            {
                "kind": each.kind,
                "said": KINDS[each.kind].said,
                "row": each.row,
                "field": each.field.replace("_", " "),
                "old": each.old,
                "new": each.new + (_moved_by(each) if each.kind == "moved" else ""),
                "why": say_why(each.why),
                "forces": id(each) in forcing,
            }
            for each in diff.changes
        ],
        data=Markup(data),
    )


_KEPT, _CHANGED, _ADDED, _REMOVED = "#b3b3b3", "#d55e00", "#0072b2", "#cc79a7"  # told apart by colour-blind people
_WIDTH, _BAR, _NAMES, _GAP, _HEIGHT = 760, 14, 190, 14, 320


def draw_flow(diff: Diff) -> str:
    """Return a picture, as SVG, of which label became which: bars for labels, bands as wide as there are statements."""
    from markupsafe import escape

    flow = _flow(diff)
    if not flow:
        return ""
    left, right = _NAMES, _WIDTH - _NAMES
    sides = [_stacked(flow, place) for place in (0, 1)]
    height = max(bottom for side in sides for _, bottom in side.values()) + 8
    used = [dict.fromkeys(side, 0.0) for side in sides]
    scale = _HEIGHT / sum(number for _, number in flow)
    bands, bars = [], []
    for (old, new), number in flow:
        names = old or _NEW, new or _GONE
        tops = [sides[place][names[place]][0] + used[place][names[place]] for place in (0, 1)]
        for place in (0, 1):
            used[place][names[place]] += number * scale
        colour = _ADDED if old is None else _REMOVED if new is None else _KEPT if old == new else _CHANGED
        middle, thick = (left + right) / 2, number * scale
        path = (
            f"M{left + _BAR},{tops[0]:.1f} C{middle},{tops[0]:.1f} {middle},{tops[1]:.1f} {right - _BAR},{tops[1]:.1f} "
            f"v{thick:.1f} C{middle},{tops[1] + thick:.1f} {middle},{tops[0] + thick:.1f} {left + _BAR},"
            f"{tops[0] + thick:.1f} Z"
        )
        said = escape(f"{names[0]}{_ARROW}{names[1]}: {number}")
        bands.append(f'<path d="{path}" fill="{colour}" fill-opacity=".55"><title>{said}</title></path>')
    for place, (x, anchor, at) in enumerate(((left, "end", left - 8), (right - _BAR, "start", right + 8))):
        for name, (top, bottom) in sides[place].items():
            number = sum(n for pair, n in flow if (pair[place] or (_NEW, _GONE)[place]) == name)
            bars.append(f'<rect x="{x}" y="{top:.1f}" width="{_BAR}" height="{bottom - top:.1f}" fill="#333"/>')
            middle = (top + bottom) / 2 + 4
            bars.append(f'<text x="{at}" y="{middle:.1f}" text-anchor="{anchor}">{escape(name)} {number}</text>')
    label = f"Which {diff.other.scheme.label.title} became which"
    body = "\n".join([*bands, *bars])
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height:.0f}" width="{_WIDTH}" height="{height:.0f}" role="img" '
        f'aria-label="{escape(label)}" xmlns="http://www.w3.org/2000/svg">\n{body}\n</svg>'
    )


def _stacked(
    flow: Sequence[tuple[tuple[str | None, str | None], int]], place: int
) -> Mapping[str, tuple[float, float]]:
    """Return the top and the bottom of the bar of each label of a side, one below the other, in pixels."""
    order = sorted(flow, key=lambda each: each[0][place] is None)
    total = sum(number for _, number in flow)
    heights: dict[str, float] = {}
    for pair, number in order if place == 0 else _by_after(flow):
        name = pair[place] or (_NEW, _GONE)[place]
        heights[name] = heights.get(name, 0.0) + number / total * _HEIGHT
    found, top = {}, 4.0
    for name, height in heights.items():
        found[name] = (top, top + height)
        top += max(height, 4) + _GAP
    return found


def _by_after(
    flow: Sequence[tuple[tuple[str | None, str | None], int]],
) -> list[tuple[tuple[str | None, str | None], int]]:
    """Return a flow in the order in which its labels come before, and so after, with what is gone last."""
    first = {pair[0] or _NEW: place for place, (pair, _) in enumerate(reversed(flow))}
    return sorted(flow, key=lambda each: (each[0][1] is None, -first.get(each[0][1] or _GONE, -1)))
