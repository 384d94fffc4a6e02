"""Which articles belong together: reprints beside what they reprint, and ties over several splits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stancebank.pictures.svg import Drawing, text_width

WIDTH = 860
BOX, HIGH, STEP = 380, 24, 30
_SIZE = 12


@dataclass(frozen=True, slots=True)
class ChainLink:
    """An article of a chain. name: its outlet or title; date: as EDTF, or "". href: a fragment; "" where it has none.

    is_here: whether it is one of the collection.
    """

    name: str
    date: str
    href: str = ""
    is_here: bool = True


@dataclass(frozen=True, slots=True)
class Chain:
    """What was printed first, and its reprints in the order in which they are shown. more: how many are not."""

    first: ChainLink
    reprints: Sequence[ChainLink]
    more: int = 0


def draw_chains(drawing: Drawing, chains: Sequence[Chain]) -> None:
    """Draw chains one below another: the first printing at the left, and a line to each of its reprints."""
    y = 4.0
    x = drawing.width - BOX - 1
    for chain in chains:
        _draw_box(drawing, chain.first, 1, y)
        for place, each in enumerate(chain.reprints):
            middle = y + HIGH / 2
            below = middle + place * STEP
            bend = (BOX + x) / 2
            drawing.path(f"M{BOX + 1} {middle:g}H{bend:g}V{below:g}H{x - 6:g}", "s-edge none")
            drawing.path(f"M{x - 7:g} {below - 4:g}L{x - 1:g} {below:g}L{x - 7:g} {below + 4:g}Z", "f-edge")
            _draw_box(drawing, each, x, below - HIGH / 2)
        y += STEP * len(chain.reprints)
        if chain.more:
            drawing.text(x + 10, y + 10, f"and {chain.more} more", "f-quiet", size=_SIZE)
            y += STEP - 6
        y += 12
    drawing.height = y


def _draw_box(drawing: Drawing, link: ChainLink, x: float, y: float) -> None:
    if link.href:
        with drawing.link(link.href, f"{link.name}, {link.date or 'no date'}"):
            _fill_box(drawing, link, x, y)
    else:
        _fill_box(drawing, link, x, y)


def _fill_box(drawing: Drawing, link: ChainLink, x: float, y: float) -> None:
    dash = None if link.is_here else "4 3"
    drawing.rect(x, y, BOX, HIGH, "f-soft s-edge", rx=4, stroke_dasharray=dash)
    wide = text_width(link.date, _SIZE) if link.date else 0
    drawing.text(x + 10, y + 16, link.name, size=_SIZE, width=BOX - wide - 30)
    if link.date:
        drawing.text(x + BOX - 10, y + 16, link.date, "f-quiet", size=_SIZE, anchor="end")


@dataclass(frozen=True, slots=True)
class PartedTie:
    """Articles that are tied, and lie in several places. counts: of articles, by place. told: that as a sentence."""

    name: str
    counts: Mapping[str, int]
    told: str


def draw_parted(drawing: Drawing, ties: Sequence[PartedTie], places: Sequence[str]) -> None:
    """Draw ties one below another, with a number in each place that they have articles in, joined by a line.

    places: the splits or folds, from left to right.
    """
    left = min(max([80, *(text_width(each.name, _SIZE) + 16 for each in ties)]), 420)
    step = min(150.0, (drawing.width - left) / max(1, len(places)))
    middles = {each: left + step * (place + 0.5) for place, each in enumerate(places)}
    for name, x in middles.items():
        drawing.text(x, 14, name, "f-quiet strong", size=_SIZE, anchor="middle", width=step - 6)
    y = 26.0
    for number, each in enumerate(ties):
        if number % 2 == 0:
            drawing.rect(0, y, left + step * len(places), 28, "f-soft")
        with drawing.group():
            drawing.tooltip(each.told)
            drawing.text(6, y + 18, each.name, size=_SIZE, width=left - 16)
            held = [middles[place] for place in places if place in each.counts]
            drawing.line(held[0], y + 14, held[-1], y + 14, "s-mark", stroke_width=2)
            for place in places:
                if place in each.counts:
                    drawing.circle(middles[place], y + 14, 10, "f-page s-mark", stroke_width=2)
                    drawing.text(
                        middles[place], y + 18, str(each.counts[place]), "f-ink strong", size=11, anchor="middle"
                    )
        y += 28
    drawing.height = y + 4
