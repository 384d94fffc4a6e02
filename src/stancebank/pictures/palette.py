"""Colours: which there are, in light and in dark, and the classes by which pictures and pages use them.

The eight of values are those of Okabe and Ito (Color Universal Design, 2008), darkened or lightened until each has a
contrast of 3 : 1 to the page, as WCAG 2.2 asks of graphics (1.4.11); ink and quiet, which are read, have 4.5 : 1
(1.4.3). Nothing is said by colour alone: marks have shapes, roles of spans line styles.
"""

from collections.abc import Iterator

LIGHT = {
    "page": "#ffffff",
    "soft": "#f4f4f2",
    "line": "#d5d5d5",
    "edge": "#767676",
    "quiet": "#595959",
    "ink": "#1a1a1a",
    "link": "#00528c",
    "mark": "#b34700",
    "v0": "#c04a00",
    "v1": "#0072b2",
    "v2": "#00805c",
    "v3": "#a8477f",
    "v4": "#8a6d00",
    "v5": "#2b7fb0",
    "v6": "#5b5b5b",
    "v7": "#6a3d9a",
}
"""Names of colours with their values on a light page; also those of pictures in files."""

DARK = {
    "page": "#17181a",
    "soft": "#212327",
    "line": "#3a3c40",
    "edge": "#8b9098",
    "quiet": "#aaa7a2",
    "ink": "#e8e6e3",
    "link": "#7cc0ff",
    "mark": "#ff9d5c",
    "v0": "#ff8f4a",
    "v1": "#5fb4ee",
    "v2": "#33c79b",
    "v3": "#e592c2",
    "v4": "#e3bf3d",
    "v5": "#8fd0f5",
    "v6": "#b9b9b9",
    "v7": "#bd9be6",
}
"""The same names on a dark page."""

VALUES = 8
"""How many colours of values there are, ``v0`` to ``v7``."""

FONT = '"Noto Sans", "DejaVu Sans", Verdana, Arial, sans-serif'
"""Of pictures: fonts that are at most as wide as DejaVu Sans, by which texts are measured."""


def rules(colours: dict[str, str] | None = None) -> str:
    """Return the CSS of the classes that pictures are drawn with.

    ``f-<colour>`` fills, ``s-<colour>`` strokes, ``hollow`` fills with the page. colours: concrete values, for a file
    that stands alone; None for the variables of a page.
    """
    return "\n".join(_rules(colours))


def _rules(colours: dict[str, str] | None) -> Iterator[str]:
    def value(name: str) -> str:
        return f"var(--{name})" if colours is None else colours[name]

    yield f".picture {{ font-family: {FONT}; }}"
    for name in LIGHT:
        yield f".picture .f-{name} {{ fill: {value(name)}; }} .picture .s-{name} {{ stroke: {value(name)}; }}"
    yield f".picture .hollow {{ fill: {value('page')}; }} .picture .none {{ fill: none; }}"
    yield ".picture .strong { font-weight: 700; }"


def variables() -> str:
    """Return the CSS that gives the variables of a page their values, in light and dark."""
    light, dark = (" ".join(f"--{name}: {value};" for name, value in each.items()) for each in (LIGHT, DARK))
    return f":root {{ {light} }}\n@media screen and (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}"
