"""The label flow: which label became which from one version to the next, as two columns of bars with ribbons between.

Both columns have their labels in the same order and at the same height, so that what stayed runs level and what changed
crosses. A ribbon is as thick as its statements are many, but never too thin to be seen and met. What is added or
removed lies apart, below all labels.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal

from stancebank.pictures.picture import Picture, PictureTable
from stancebank.pictures.svg import Drawing, number, text_width

ADDED, REMOVED = "(added)", "(removed)"
"""What stands in the place of a label that one of the versions does not have."""

KINDS: Mapping[str, tuple[str, str, float]] = {
    "kept": ("edge", "same label", 0.32),
    "changed": ("v0", "another label", 0.8),
    "added": ("v1", "added", 0.7),
    "removed": ("v3", "removed", 0.7),
}
"""What may happen to statements: the colour, what the legend says, and how opaque the ribbon is. In this order they
are drawn, so that what stayed covers nothing."""

_LONGEST, _BAR, _BETWEEN = 170.0, 12.0, 330.0  # of names; of bars; of ribbons
_TOP, _HEIGHT = 74.0, 300.0  # where the bars begin; all statements together
_THINNEST, _SLOT, _GAP, _APART = 2.5, 20.0, 10.0, 26.0
_REACH = 9.0  # so thick is what a pointer meets, at least

Side = Literal[0, 1]
_SIDES: tuple[Side, Side] = (0, 1)


@dataclass(frozen=True, slots=True)
class Ribbon:
    """Statements that had one label and have another. old, new: None where that version lacks them. count: how many.

    href: the place of the page that has the changes behind it; "" for none. rows: or the statements themselves, as
    places in `Positions.items`.
    """

    old: str | None
    new: str | None
    count: int
    href: str = ""
    rows: tuple[int, ...] = ()

    @property
    def ends(self) -> tuple[str | None, str | None]:
        """The label on its left and the one on its right."""
        return self.old, self.new

    @property
    def kind(self) -> str:
        """What happened: a key of `KINDS`."""
        if self.old is None or self.new is None:
            return "added" if self.old is None else "removed"
        return "kept" if self.old == self.new else "changed"

    def say(self) -> str:
        """Say it in words: ``open → reject: 2 statements``."""
        return f"{self.old or ADDED} → {self.new or REMOVED}: {self.count:,} statement{'' if self.count == 1 else 's'}"


def draw_flow(
    ribbons: Iterable[Ribbon], labels: Iterable[str], *, what: str, older: str, newer: str, name: str = "label-flow"
) -> Picture | None:
    """Draw which label became which. None where neither version has a statement.

    labels: the vocabulary, in its order; other labels come after it. what: the title of the label, such as ``stance``.
    older, newer: what the two versions are called.
    """
    found, order = _sorted(ribbons, labels)
    if not found:
        return None
    shelf = _Shelf(found, order)
    title = f"From {older} to {newer}: {what} of statements"
    drawing = Drawing(title, shelf.width, shelf.bottom + 6)
    _head(drawing, shelf, (older, newer), [kind for kind in KINDS if any(each.kind == kind for each in found)])
    kinds = list(KINDS)
    for each in sorted(found, key=lambda each: (kinds.index(each.kind), -each.count)):
        with _opening(drawing, each):
            _draw_ribbon(drawing, each, shelf)
    for side in _SIDES:
        for label, bar in shelf.bars[side].items():
            _draw_bar(drawing, label, bar, side, shelf)
    return Picture(name, title, _caption(found, what), drawing.svg(), _table(found, what))


def _sorted(ribbons: Iterable[Ribbon], labels: Iterable[str]) -> tuple[list[Ribbon], list[str | None]]:
    """Return ribbons in the order of the labels at their ends, and the labels that they have, None last."""
    places = {each: place for place, each in enumerate(labels)}

    def place(label: str | None) -> tuple[int, str]:
        return (len(places) + 1, "") if label is None else (places.get(label, len(places)), label)

    found = sorted((each for each in ribbons if each.count), key=lambda each: (place(each.old), place(each.new)))
    return found, sorted({label for each in found for label in each.ends}, key=place)


@dataclass(frozen=True, slots=True)
class _Bar:
    """A label of one side. top, height: in px. count: of its statements."""

    top: float
    height: float
    count: int


class _Shelf:
    """Where all lies, in px.

    bars: by label, of each side. thick: of a ribbon. tops: of its ends, by side. counts: the room for how many
    statements a label has. left, right: where the ribbons begin and end.
    """

    def __init__(self, ribbons: Sequence[Ribbon], order: Sequence[str | None]) -> None:
        scale = _HEIGHT / sum(each.count for each in ribbons)
        self.thick = {each.ends: max(_THINNEST, each.count * scale) for each in ribbons}
        self.bars: tuple[dict[str | None, _Bar], dict[str | None, _Bar]] = ({}, {})
        self.tops: tuple[dict[tuple[str | None, str | None], float], ...] = ({}, {})
        top = _TOP
        for label in order:
            if label is None:
                top += _APART
            held = [[each for each in ribbons if each.ends[side] == label] for side in _SIDES]
            heights = [sum(self.thick[each.ends] for each in group) for group in held]
            slot = max(_SLOT, *heights)
            for side in _SIDES:
                y = top + (slot - heights[side]) / 2
                if held[side]:
                    self.bars[side][label] = _Bar(y, heights[side], sum(each.count for each in held[side]))
                for each in sorted(held[side], key=lambda each: order.index(each.ends[1 - side])):
                    self.tops[side][each.ends] = y
                    y += self.thick[each.ends]
            top += slot + _GAP
        self.bottom = top - _GAP
        bars = [(side, label, bar) for side in _SIDES for label, bar in self.bars[side].items()]
        self.counts = max(text_width(f"{bar.count:,}") for *_, bar in bars) + 18
        names = max(text_width(_name(label, side)) for side, label, _ in bars)
        self.left = min(names, _LONGEST) + self.counts + 4 + _BAR
        self.right = self.left + _BETWEEN
        self.width = self.right + self.left


def _name(label: str | None, side: Side) -> str:
    return (ADDED, REMOVED)[side] if label is None else label


def _head(drawing: Drawing, shelf: _Shelf, versions: tuple[str, str], kinds: Sequence[str]) -> None:
    """Write what is on the left and on the right, and what the colours mean."""
    x = 8.0
    for kind in kinds:
        colour, said, opacity = KINDS[kind]
        drawing.rect(x, 4, 22, 11, f"f-{colour}", fill_opacity=opacity)
        drawing.text(x + 28, 14, said)
        x += 28 + text_width(said) + 22
    drawing.width = max(drawing.width, x)
    drawing.text(shelf.left, 56, versions[0], "f-ink strong", anchor="end", width=shelf.left - 4, size=13)
    drawing.text(shelf.right, 56, versions[1], "f-ink strong", width=shelf.left - 4, size=13)


def _opening(drawing: Drawing, ribbon: Ribbon) -> AbstractContextManager[object]:
    """Let a ribbon open what is behind it; where nothing is, let it say what it is."""
    if ribbon.rows:
        return drawing.pick(ribbon.say(), ribbon.rows)
    if ribbon.href:
        return drawing.link(ribbon.href, ribbon.say())
    return drawing.group(role="img", aria_label=ribbon.say())


def _draw_ribbon(drawing: Drawing, ribbon: Ribbon, shelf: _Shelf) -> None:
    colour, _, opacity = KINDS[ribbon.kind]
    one, other, thick = shelf.tops[0][ribbon.ends], shelf.tops[1][ribbon.ends], shelf.thick[ribbon.ends]
    if not (ribbon.rows or ribbon.href):
        drawing.tooltip(ribbon.say())
    if thick < _REACH:
        missing = (_REACH - thick) / 2
        drawing.path(_outline(shelf, one - missing, other - missing, _REACH), "f-page", opacity=0)
    drawing.path(_outline(shelf, one, other, thick), f"f-{colour}", fill_opacity=opacity)


def _outline(shelf: _Shelf, one: float, other: float, thick: float) -> str:
    """Return the path of a ribbon from the top of its left end to that of its right one."""
    x1, xm, x2 = (number(each) for each in (shelf.left, (shelf.left + shelf.right) / 2, shelf.right))
    a, b, c, d = (number(each) for each in (one, other, other + thick, one + thick))
    return f"M{x1} {a}C{xm} {a} {xm} {b} {x2} {b}L{x2} {c}C{xm} {c} {xm} {d} {x1} {d}Z"


def _draw_bar(drawing: Drawing, label: str | None, bar: _Bar, side: Side, shelf: _Shelf) -> None:
    """Draw the bar of a label, with its name and how many statements have it outside of it."""
    name, count, y = _name(label, side), f"{bar.count:,}", bar.top + bar.height / 2 + 4.5
    colour = "ink" if label is not None else KINDS[("added", "removed")[side]][0]
    x, outward = (shelf.left - _BAR, -1) if side == 0 else (shelf.right + _BAR, 1)
    anchor = ("end", "start")[side]
    drawing.rect((x, shelf.right)[side], bar.top, _BAR, bar.height, f"f-{colour}")
    drawing.text(x + outward * 8, y, count, "f-quiet", anchor=anchor)
    drawing.text(x + outward * shelf.counts, y, name, anchor=anchor, width=_LONGEST)


def _caption(ribbons: Sequence[Ribbon], what: str) -> str:
    """Say in whole sentences what is drawn, and of how many rows."""
    kept, changed, added, removed = (sum(each.count for each in ribbons if each.kind == kind) for kind in KINDS)
    return (
        f"Statements in both versions: {kept + changed:,}; {kept:,} of them kept their {what}, {changed:,} changed it. "
        f"Added: {added:,}. Removed: {removed:,}. Every row counts, repetitions too."
    )


def _table(ribbons: Sequence[Ribbon], what: str) -> PictureTable:
    rows = [(each.old or ADDED, each.new or REMOVED, f"{each.count:,}", KINDS[each.kind][1]) for each in ribbons]
    links = tuple((place, 2, each.href) for place, each in enumerate(ribbons) if each.href)
    head = (f"{what} before", f"{what} after", "statements", "what happened")
    return PictureTable(head, rows, frozenset((2,)), links)


@dataclass(frozen=True, slots=True)
class KindCount:
    """A kind of change. said: what happened. step: of the version, that it asks for, or "". count: how often."""

    said: str
    step: str
    count: int


_STEPS = {"major": "v0", "minor": "v1", "patch": "v2"}


def draw_changes(
    kinds: Sequence[KindCount], table: PictureTable, *, caption: str, name: str = "changes"
) -> Picture | None:
    """Draw how often each kind of change occurs. None where there is none. table: what stands behind it."""
    if not kinds:
        return None
    names = max(text_width(each.said) for each in kinds) + 10
    steps = max(text_width(f"{each.count:,} {each.step}") for each in kinds) + 16
    most, bars = max(each.count for each in kinds), 280.0
    drawing = Drawing("What happened how often", names + bars + steps, len(kinds) * 24 + 4)
    for place, each in enumerate(kinds):
        y, long = place * 24 + 4, max(2.0, bars * each.count / most)
        drawing.text(names - 10, y + 12, each.said, anchor="end")
        drawing.rect(names, y, long, 16, f"f-{_STEPS.get(each.step, 'edge')}")
        drawing.text(names + long + 8, y + 12, f"{each.count:,}")
        drawing.text(names + long + 12 + text_width(f"{each.count:,}"), y + 12, each.step, "f-quiet")
    return Picture(name, "What happened how often", caption, drawing.svg(), table)
