"""Pictures as files: SVG that stands alone, and PNG with the font that comes along."""

import re
import struct
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from stancebank.errors import InputError
from stancebank.pictures.fonts import BOLD, REGULAR, read_font
from stancebank.pictures.marks import draw_legend
from stancebank.pictures.palette import DARK
from stancebank.pictures.png import find_lacking, make_png, say_lacking
from stancebank.pictures.svg import Drawing, shorten, stand_alone, text_width


def draw(text: str = "Norland", font_size: float = 12) -> str:
    drawing = Drawing("A picture", 216, 76)
    drawing.text(10, 30, text, size=font_size)
    with drawing.pick("two statements", [0, 1]):
        drawing.circle(20, 50, 8, "f-v0")
    with drawing.link("#article-1", "an article"):
        drawing.rect(40, 40, 20, 20, "f-v1")
    draw_legend(drawing, [(0, "offer"), (1, "refuse")], 10, 60, 200, hollow="conditional")
    return drawing.svg()


def size_of(png: bytes) -> tuple[int, int]:
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", png[16:24])


def test_a_picture_in_a_file_needs_no_page() -> None:
    told = stand_alone(draw())
    root = ET.fromstring(told)
    assert root.attrib["role"] == "img"
    names = {name for each in root.iter() for name in each.attrib}
    assert names.isdisjoint({"href", "tabindex", "data-rows", "style"})
    assert "var(" not in told
    assert "@import" not in told
    assert "url(" not in told
    rules = re.findall(r"\.picture \.([\w-]+) {", told)
    assert {each for one in root.iter() for each in one.get("class", "").split()} - {"picture", "pick"} <= {*rules}
    assert told == stand_alone(draw())


def test_a_png_has_the_size_that_was_asked_for_and_the_same_bytes_each_time() -> None:
    told = stand_alone(draw())
    assert size_of(make_png(told)) == (480, 200)
    assert size_of(make_png(told, scale=1.5)) == (360, 150)
    assert size_of(make_png(told, width=720)) == (720, 300)
    assert make_png(told) == make_png(told)
    assert make_png(told) != make_png(stand_alone(draw(), DARK))


def test_no_font_of_the_machine_is_used() -> None:
    """What asks for a font that is installed here, and for one that is nowhere, is drawn with the one font."""
    told = stand_alone(draw())
    others = [told.replace('"Noto Sans", "DejaVu Sans"', f'"{name}"') for name in ("Liberation Serif", "No Such Font")]
    assert told not in others
    assert {make_png(each) for each in others} == {make_png(told)}


def test_characters_that_no_font_has_are_named(tmp_path: Path) -> None:
    told = stand_alone(draw("Größe, Ёж, سلام, שלום, ქართული"))
    assert find_lacking(told) == ""
    assert say_lacking("") == ""
    told = stand_alone(draw("日本 हिन्दी\u200f 日本"))
    assert find_lacking(told) == "दनहि" + "\u0940" + "\u094d" + "日本"
    said = say_lacking(find_lacking(told))
    assert "empty boxes: 8, which are द (U+0926), न (U+0928), ह (U+0939), ..." in said
    assert "--font" in said


def test_a_font_can_be_added(tmp_path: Path) -> None:
    font = make_font(tmp_path / "own.ttf", {"日": 1000, "本": 500})
    assert read_font(font) == {"日": 1.0, "本": 0.5}
    told = stand_alone(draw("日本 हि"))
    assert find_lacking(told, [font]) == "हि"
    assert size_of(make_png(told, fonts=[font])) == (480, 200)
    for content in (b"", b"no font", b"\0\1\0\0\0\x09", b"OTTO" + b"\0" * 40, font.read_bytes()[:60]):
        bad = tmp_path / f"bad-{len(content)}.ttf"
        bad.write_bytes(content)
        with pytest.raises(InputError, match="is no font that can be used"):
            make_png(told, fonts=[bad])
    with pytest.raises(InputError, match="cannot be read"):
        make_png(told, fonts=[tmp_path / "none.ttf"])


def test_a_png_without_end_is_refused() -> None:
    told = stand_alone(draw())
    with pytest.raises(InputError, match="choose a smaller"):
        make_png(told, width=1_000_000)
    with pytest.raises(InputError, match="choose a larger"):
        make_png(told, scale=0.001)


def test_without_resvg_the_command_that_installs_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(InputError) as raised:
        make_png(stand_alone(draw()))
    assert str(raised.value) == 'resvg-py is not installed.\nHint: pip install "stancebank[pictures]"'


def test_texts_are_measured_with_the_font() -> None:
    """The advances are those of DejaVu Sans 2.37: of 2048 units, H has 1540 and W 2025; bold, H has 1714."""
    assert read_font(REGULAR)["H"] == 1540 / 2048
    assert read_font(BOLD)["H"] == 1714 / 2048
    assert text_width("HW", 100) == pytest.approx(1.03 * 100 * (1540 + 2025) / 2048)
    assert text_width("H", 100, strong=True) == pytest.approx(1.03 * 100 * 1714 / 2048)
    assert text_width("e\u0301\u200f") == text_width("e")
    assert text_width("日") > text_width("W")
    assert shorten("Norland", 1000) == "Norland"
    assert shorten("Norland Post", 50) == "Norla…"
    assert text_width("Norla…") <= 50 < text_width("Norlan…")


def make_font(path: Path, characters: dict[str, int]) -> Path:
    """Write a font of 1000 units an em that says how wide its characters are, and draws nothing."""
    points = sorted(map(ord, characters))
    count = len(points) + 1
    groups = [(point, point, place + 1) for place, point in enumerate(points)]
    cmap = struct.pack(">HHHHI", 0, 1, 3, 10, 12) + struct.pack(">HHIII", 12, 0, 16 + 12 * len(groups), 0, len(groups))
    cmap += b"".join(struct.pack(">III", *each) for each in groups)
    widths = [500, *(characters[chr(point)] for point in points)]
    tables = {
        b"cmap": cmap,
        b"glyf": b"\0\0",
        b"head": struct.pack(">IIIIHHQQhhhhHHhhh", 1 << 16, 0, 0, 0x5F0F3CF5, 0, 1000, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0),
        b"hhea": struct.pack(">IhhhH", 1 << 16, 800, -200, 0, 1000) + b"\0" * 22 + struct.pack(">H", count),
        b"hmtx": b"".join(struct.pack(">HH", each, 0) for each in widths),
        b"loca": b"\0" * (2 * (count + 1)),
        b"maxp": struct.pack(">IH", 1 << 16, count) + b"\0" * 26,
    }
    where, head, body = 12 + 16 * len(tables), struct.pack(">IHHHH", 1 << 16, len(tables), 0, 0, 0), b""
    for tag, content in tables.items():
        head += struct.pack(">4sIII", tag, 0, where + len(body), len(content))
        body += content + b"\0" * (-len(content) % 4)
    path.write_bytes(head + body)
    return path
