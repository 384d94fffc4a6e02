"""Pictures as pixels: the one door to resvg, which draws them with the fonts that come along and with no others.

So a PNG has the same bytes on every machine, for one version of resvg.
"""

import unicodedata
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

from stancebank.errors import InputError, import_extra
from stancebank.pictures.fonts import BOLD, FAMILY, REGULAR, read_font
from stancebank.pictures.svg import SVG

SCALE = 2.0
"""Pixels a px of the picture, so that it is sharp on screens of today and in print."""

MOST = 100_000_000
"""How many pixels a picture may have; each takes four bytes while it is drawn."""


def make_png(drawn: str, *, scale: float | None = None, width: int | None = None, fonts: Sequence[Path] = ()) -> bytes:
    """Return a picture of `svg.stand_alone` as a PNG.

    scale: pixels a px, `SCALE` by default; width: in pixels, instead of it. fonts: files that have characters that
    those of the toolkit lack. Raises InputError where resvg is not installed, a font cannot be used, or there would be
    less than one pixel or more than `MOST`.
    """
    resvg = import_extra("resvg_py")
    for each in fonts:
        read_font(each)
    wide, high = _size(drawn)
    times = width / wide if width is not None else SCALE if scale is None else scale
    if wide * times < 1 or high * times < 1:
        raise InputError("The picture would be less than a pixel wide or high.\nHint: choose a larger --scale.")
    if wide * high * times * times > MOST:
        raise InputError(
            f"The picture would have {wide * times:,.0f} x {high * times:,.0f} pixels, which is more than a PNG should "
            "have.\nHint: choose a smaller --scale or --width; an SVG is sharp at every size."
        )
    made: bytes = resvg.svg_to_bytes(
        svg_string=drawn,
        skip_system_fonts=True,
        font_files=[str(each) for each in (REGULAR, BOLD, *fonts)],
        font_family=FAMILY,
        sans_serif_family=FAMILY,
        **({"zoom": times} if width is None else {"width": width}),
    )
    return made


def find_lacking(drawn: str, fonts: Sequence[Path] = ()) -> str:
    """Return the characters of a picture that its fonts lack, each once, in the order of their code points."""
    held = [read_font(each) for each in (REGULAR, BOLD, *fonts)]
    told = {
        character
        for element in ET.fromstring(drawn).iter()
        if element.tag.removeprefix(f"{{{SVG}}}") in ("text", "tspan")
        for character in f"{element.text or ''}{element.tail or ''}"
    }
    return "".join(sorted(each for each in told if _is_drawn(each) and not any(each in font for font in held)))


def say_lacking(lacking: str) -> str:
    """Say that there are characters that the fonts lack, and what helps; "" where there are none."""
    if not lacking:
        return ""
    names = ", ".join(f"{each} (U+{ord(each):04X})" for each in lacking[:3])
    return (
        f"Characters of the picture that no font has, drawn as empty boxes: {len(lacking)}, which are {names}"
        f"{', ...' if len(lacking) > 3 else ''}.\n"
        "Hint: name a font that has them with --font, or take the SVG."
    )


def _is_drawn(character: str) -> bool:
    """Whether a character is seen: no space, and none that only steers those beside it."""
    return not character.isspace() and unicodedata.category(character) not in ("Cc", "Cf")


def _size(drawn: str) -> tuple[float, float]:
    root = ET.fromstring(drawn)
    return float(root.attrib["width"]), float(root.attrib["height"])
