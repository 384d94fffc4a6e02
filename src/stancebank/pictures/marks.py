"""Marks: a colour and a shape for each value of a closed list, so that they can be told apart without colours."""

from collections.abc import Sequence
from math import cos, pi, sin

from stancebank.pictures.palette import VALUES
from stancebank.pictures.svg import Drawing, number, text_width

_TURNS = (("circle", 0, 0.0), ("polygon", 4, 0.25), ("polygon", 3, 0.0), ("polygon", 4, 0.0), ("polygon", 3, 0.5),
          ("star", 5, 0.0), ("polygon", 6, 0.0), ("star", 4, 0.0), ("polygon", 5, 0.0), ("star", 3, 0.0))  # fmt: skip
SHAPES = len(_TURNS)
"""How many shapes there are. With more values than shapes and colours together, marks repeat."""


def colour_of(place: int) -> str:
    """Return the name of the colour of the value at a place of its list."""
    return f"v{place % VALUES}"


def draw_mark(
    drawing: Drawing, place: int, x: float, y: float, radius: float, *, hollow: bool = False, classes: str = ""
) -> None:
    """Draw the mark of the value at a place of its list, around a point. hollow: only its outline, as of conditions."""
    colour = colour_of(place)
    how = f"s-{colour} {'hollow' if hollow else f'f-{colour}'} {classes}".rstrip()
    kind, corners, turn = _TURNS[place % SHAPES]
    if kind == "circle":
        drawing.circle(x, y, radius * 0.95, how, stroke_width=1.6)
        return
    points = corners * 2 if kind == "star" else corners
    parts = []
    for each in range(points):
        inner = 0.3 if corners == 3 else 0.55  # more would make a triangle of three points
        reach = radius * (1.15 if kind == "polygon" else 1.3 if each % 2 == 0 else inner)
        angle = 2 * pi * (each / points + turn / corners) - pi / 2
        if kind == "polygon" and corners == 4 and turn:
            angle = 2 * pi * each / 4 + pi / 4
        parts.append(f"{number(x + reach * cos(angle))} {number(y + reach * sin(angle))}")
    drawing.path(f"M{'L'.join(parts)}Z", how, stroke_width=1.6, stroke_linejoin="round")


def draw_legend(
    drawing: Drawing, values: Sequence[tuple[int, str]], x: float, y: float, width: float, *, hollow: str = ""
) -> float:
    """Write which mark is which value, in as many lines as it takes, and return the y below them.

    values: places in the list, with the value. y: the top. hollow: what an outline means; "" where there is none.
    """
    left, line = x, y + 12
    said = [(place, name, False) for place, name in values] + ([(-1, hollow, True)] if hollow else [])
    for place, name, is_hollow in said:
        wide = 22 + text_width(name) + 14
        if left > x and left + wide > x + width:
            left, line = x, line + 20
        if is_hollow:
            drawing.circle(left + 7, line - 4, 5, "s-ink hollow", stroke_width=1.6)
        else:
            draw_mark(drawing, place, left + 7, line - 4, 5.5)
        drawing.text(left + 18, line, name)
        left += wide
    return line + 12
