"""Drawing SVG: elements with classes instead of colours, so that a picture follows the page that it is on.

All words are escaped by `xml.etree`. Lengths are in px; they are written with at most two decimals, so that a picture
is the same to the byte wherever it is drawn. No element has a ``style``: pages forbid that.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any
from xml.etree import ElementTree as ET

from stancebank.pictures.palette import LIGHT, rules

SVG = "http://www.w3.org/2000/svg"
ELLIPSIS = "…"

MARGIN = 12
"""Around a picture in a file of its own, in px."""

_ROOM = 1.03
"""What is added to widths, for browsers that draw letters at whole pixels and move pairs of them apart."""

# what XML 1.0 cannot hold
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


@lru_cache(maxsize=65_536)
def text_width(text: str, size: float = 12, *, strong: bool = False) -> float:
    """Return how wide a text is in px, rather too wide than too narrow. size: of the font, in px. strong: bold."""
    return _ROOM * size * sum(_share(each, strong) for each in text)


@lru_cache(maxsize=4096)
def _share(character: str, strong: bool) -> float:
    """Return the advance of a character in ems; of one that the fonts lack, about as much as such characters have."""
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0.0
    from stancebank.pictures.fonts import BOLD, REGULAR, read_font

    known = read_font(BOLD if strong else REGULAR).get(character)
    if known is not None:
        return known
    return 1.05 if unicodedata.east_asian_width(character) in "WF" else 0.8


def shorten(text: str, width: float, size: float = 12, *, strong: bool = False) -> str:
    """Return a text that is at most so wide, in px; what is cut ends with an ellipsis."""
    if text_width(text, size, strong=strong) <= width:
        return text
    kept = ""
    for character in text:
        if text_width(kept + character + ELLIPSIS, size, strong=strong) > width:
            break
        kept += character
    return kept.rstrip() + ELLIPSIS


def number(value: float) -> str:
    """Return a length as SVG has it: at most two decimals."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if value % 1 else str(int(value))


class Drawing:
    """A picture that is being drawn. label: what a screen reader says of it. width, height: in px; height may grow.

    Every method that draws takes classes of `palette.rules`, such as ``f-ink s-line``, and attributes of SVG; an
    underscore in the name of one stands for a hyphen. y goes down.
    """

    def __init__(self, label: str, width: float, height: float = 0) -> None:
        self.width, self.height = width, height
        self._root = ET.Element("svg", {"xmlns": SVG, "class": "picture", "role": "group", "aria-label": _plain(label)})
        self._open = [self._root]

    def add(self, name: str, classes: str = "", text: str | None = None, **attributes: Any) -> ET.Element:
        """Add any element to what is open, and return it. text: what it holds."""
        told = {"class": classes} if classes else {}
        for key, value in attributes.items():
            if value is not None:
                kept = number(value) if isinstance(value, int | float) else _plain(str(value))
                told[key.rstrip("_").replace("_", "-")] = kept
        element = ET.SubElement(self._open[-1], name, told)
        if text is not None:
            element.text = _plain(text)
        return element

    def line(self, x1: float, y1: float, x2: float, y2: float, classes: str = "s-line", **attributes: Any) -> None:
        """Draw a line."""
        self.add("line", classes, x1=x1, y1=y1, x2=x2, y2=y2, **attributes)

    def rect(self, x: float, y: float, width: float, height: float, classes: str = "f-soft", **attributes: Any) -> None:
        """Draw a rectangle. rx: the radius of its corners."""
        self.add("rect", classes, x=x, y=y, width=width, height=height, **attributes)

    def circle(self, x: float, y: float, r: float, classes: str = "f-ink", **attributes: Any) -> None:
        """Draw a circle."""
        self.add("circle", classes, cx=x, cy=y, r=r, **attributes)

    def path(self, d: str, classes: str = "s-ink none", **attributes: Any) -> None:
        """Draw a path."""
        self.add("path", classes, d=d, **attributes)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        classes: str = "f-ink",
        *,
        size: float = 12,
        anchor: str = "start",
        width: float | None = None,
        **attributes: Any,
    ) -> None:
        """Write a line of text. y: of its baseline. anchor: ``start``, ``middle`` or ``end``.

        width: what it is shortened to; then the whole of it is its tooltip. The text is isolated, so that one in a
        script from right to left does not turn what stands beside it.
        """
        strong = "strong" in classes.split()
        shown = text if width is None else shorten(text, width, size, strong=strong)
        element = self.add(
            "text",
            classes,
            shown,
            x=x,
            y=y,
            font_size=size,
            text_anchor=None if anchor == "start" else anchor,
            **attributes,
        )
        if shown != text:
            ET.SubElement(element, "title").text = _plain(text)

    def tooltip(self, text: str) -> None:
        """Say what is open, where the pointer rests on it."""
        self.add("title", text=text)

    @contextmanager
    def group(self, classes: str = "", **attributes: Any) -> Iterator[None]:
        """Draw into a group. transform: such as ``translate(10 20)``."""
        self._open.append(self.add("g", classes, **attributes))
        try:
            yield
        finally:
            self._open.pop()

    @contextmanager
    def pick(self, label: str, rows: Iterable[int]) -> Iterator[None]:
        """Draw something that opens the statements behind it, by click, Enter or space.

        label: what it is and how many, for screen readers and as the tooltip. rows: places in `Positions.items`.
        """
        told = " ".join(map(str, rows))
        with self.group("pick", tabindex=0, role="button", aria_label=label, data_rows=told):
            self.tooltip(label)
            yield

    @contextmanager
    def link(self, href: str, label: str) -> Iterator[None]:
        """Draw something that leads to a place of the page. href: such as ``#article-1``; nothing but a fragment."""
        if not href.startswith("#"):
            raise ValueError("a picture leads to places of its own page only")
        self._open.append(self.add("a", href=href, aria_label=label))
        try:
            self.tooltip(label)
            yield
        finally:
            self._open.pop()

    def svg(self) -> str:
        """Return the ``<svg>`` element, as pages hold it: the page gives the colours."""
        return self._written(self._root)

    def file(self, colours: dict[str, str] = LIGHT) -> str:
        """Return the picture as a file that stands alone: with its colours, on a ground of its own."""
        return stand_alone(self.svg(), colours)

    def _written(self, root: ET.Element) -> str:
        root.set("viewBox", f"0 0 {number(self.width)} {number(self.height)}")
        root.set("width", number(self.width))
        root.set("height", number(self.height))
        return ET.tostring(root, encoding="unicode")


def stand_alone(svg: str, colours: dict[str, str] = LIGHT) -> str:
    """Return a picture of `Drawing.svg` as a file of its own, without what only a page can follow."""
    root = ET.fromstring(svg)  # our own, so that no foreign entity is in it
    for element in root.iter():
        for name in ("tabindex", "data-rows"):
            element.attrib.pop(name, None)
        if element.attrib.get("role") == "button":
            del element.attrib["role"]
        element.tag = element.tag.removeprefix(f"{{{SVG}}}")
        if element.tag == "a":
            element.tag = "g"
            element.attrib.pop("href", None)
    root.set("xmlns", SVG)
    root.set("role", "img")
    wide, high = (number(float(root.attrib[each]) + 2 * MARGIN) for each in ("width", "height"))
    root.set("width", wide)
    root.set("height", high)
    root.set("viewBox", f"-{MARGIN} -{MARGIN} {wide} {high}")
    ground = ET.Element(
        "rect", {"x": f"-{MARGIN}", "y": f"-{MARGIN}", "width": wide, "height": high, "class": "f-page"}
    )
    style = ET.Element("style")
    style.text = rules(colours)
    root.insert(0, ground)
    root.insert(0, style)
    return ET.tostring(root, encoding="unicode", xml_declaration=False) + "\n"


def _plain(text: str) -> str:
    """Return a text without what XML cannot hold."""
    return _FORBIDDEN.sub("\ufffd", text)
