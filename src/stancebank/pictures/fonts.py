"""Fonts: those that come with the toolkit, which characters a font has, and how wide each is.

DejaVu Sans 2.37, regular and bold, lies in ``fonts/`` with its licence: Latin, Greek, Cyrillic, Armenian, Georgian,
Hebrew, Arabic and many symbols. The other fonts that `palette.FONT` names are at most as wide. Fonts are read as
OpenType 1.9 describes them: the tables `head`, `hhea`, `hmtx` and `cmap`.
"""

import struct
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from stancebank.errors import InputError

_FOLDER = Path(__file__).parent / "fonts"
REGULAR, BOLD = _FOLDER / "DejaVuSans.ttf", _FOLDER / "DejaVuSans-Bold.ttf"
FAMILY = "DejaVu Sans"

_KINDS = (b"\0\1\0\0", b"OTTO", b"true")
_COLLECTION = b"ttcf"
_UNICODE = ((0, 3), (0, 4), (0, 6), (3, 1), (3, 10))  # platform and encoding of the tables that map code points


@lru_cache(maxsize=32)
def read_font(path: Path) -> Mapping[str, float]:
    """Return the characters of a font, each with its advance in ems.

    path: a TrueType or OpenType file, or a collection of them. Raises InputError where there is no such file, and
    where it is no such font.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.\nHint: name a font file (.ttf, .otf).") from None
    try:
        found = {chr(point): advance for start in _faces(data) for point, advance in _advances(data, start)}
    except (struct.error, IndexError, KeyError, ValueError, ZeroDivisionError):
        found = {}
    if not found:
        raise InputError(f"{path} is no font that can be used.\nHint: name a TrueType or OpenType file (.ttf, .otf).")
    return found


def _faces(data: bytes) -> Iterator[int]:
    """Yield where each font of a file begins."""
    if data[:4] == _COLLECTION:
        (count,) = struct.unpack_from(">I", data, 8)
        yield from struct.unpack_from(f">{count}I", data, 12)
    elif data[:4] in _KINDS:
        yield 0


def _advances(data: bytes, start: int) -> Iterator[tuple[int, float]]:
    """Yield the code points of a font with their advances."""
    (count,) = struct.unpack_from(">H", data, start + 4)
    entries = (struct.unpack_from(">4sIII", data, start + 12 + 16 * each) for each in range(count))
    tables = {tag: begin for tag, _, begin, _ in entries}
    (em,) = struct.unpack_from(">H", data, tables[b"head"] + 18)
    (many,) = struct.unpack_from(">H", data, tables[b"hhea"] + 34)
    widths = struct.unpack_from(f">{2 * many}H", data, tables[b"hmtx"])[::2]
    begin = tables[b"cmap"]
    _, maps = struct.unpack_from(">HH", data, begin)
    for each in range(maps):
        platform, encoding, offset = struct.unpack_from(">HHI", data, begin + 4 + 8 * each)
        if (platform, encoding) in _UNICODE:
            for point, glyph in _mapped(data, begin + offset):
                yield point, widths[min(glyph, many - 1)] / em


def _mapped(data: bytes, at: int) -> Iterator[tuple[int, int]]:
    """Yield code points with their glyphs, of a table of format 4 or 12, the two that fonts of today have."""
    (form,) = struct.unpack_from(">H", data, at)
    if form == 12:
        (groups,) = struct.unpack_from(">I", data, at + 12)
        for each in range(groups):
            first, last, glyph = struct.unpack_from(">III", data, at + 16 + 12 * each)
            yield from ((point, glyph + point - first) for point in range(first, last + 1) if glyph + point - first)
    elif form == 4:
        (twice,) = struct.unpack_from(">H", data, at + 6)
        count = twice // 2
        ends, starts, deltas, offsets = (
            struct.unpack_from(f">{count}H", data, at + 14 + place * twice + (2 if place else 0)) for place in range(4)
        )
        for each in range(count):
            for point in range(starts[each], min(ends[each], 0xFFFE) + 1):
                glyph = point
                if offsets[each]:
                    where = at + 16 + 3 * twice + 2 * each + offsets[each] + 2 * (point - starts[each])
                    (glyph,) = struct.unpack_from(">H", data, where)
                    if not glyph:
                        continue
                if shifted := (glyph + deltas[each]) % 0x10000:
                    yield point, shifted
