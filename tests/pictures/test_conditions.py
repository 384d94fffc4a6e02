"""The pictures of conditions: what is drawn, worked out by hand, and that nothing lies over anything."""

import random
import re
from itertools import combinations, pairwise
from xml.etree import ElementTree as ET

import pytest

from stancebank.pictures.asks import MOST_LINES, draw_asks
from stancebank.pictures.picture import Picture
from stancebank.pictures.positions import Position, Positions
from stancebank.pictures.svg import text_width
from tests.pictures.asked import ask, positions_of, said
from tests.pictures.dated import SCHEME

SVG = "{http://www.w3.org/2000/svg}"
Box = tuple[float, float, float, float]


def picks_of(picture: Picture) -> dict[str, list[int]]:
    """The statements behind each mark, by what a screen reader says of it."""
    return {
        each.get("aria-label", ""): [int(one) for one in each.get("data-rows", "").split()]
        for each in ET.fromstring(picture.svg).iter(f"{SVG}g")
        if each.get("class") == "pick"
    }


def texts_of(picture: Picture) -> list[tuple[str, Box]]:
    """Each text with its box: left, top, right, bottom."""
    found = []
    for each in ET.fromstring(picture.svg).iter(f"{SVG}text"):
        text, size = each.text or "", float(each.get("font-size", "12"))
        x, y, wide = float(each.get("x", "")), float(each.get("y", "")), text_width(text, size)
        left = {"end": x - wide, "middle": x - wide / 2}.get(each.get("text-anchor", ""), x)
        found.append((text, (left, y - 0.75 * size, left + wide, y + 0.2 * size)))
    return found


def require_apart(picture: Picture) -> None:
    """No text lies over another one or leaves the picture."""
    root = ET.fromstring(picture.svg)
    width, height = float(root.get("width", "")), float(root.get("height", ""))
    found = texts_of(picture)
    for text, box in found:
        assert box[0] >= -0.01, text
        assert box[1] >= 0, text
        assert box[2] <= width + 0.01, text
        assert box[3] <= height, text
    for (one, a), (other, b) in combinations(found, 2):
        assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1], f"{one!r} lies over {other!r}"


def require_free_lines(picture: Picture) -> None:
    """No line runs through a text: lines lie between columns, and go from left to right only."""
    boxes = [box for _, box in texts_of(picture)]
    lines = [
        [float(one) for one in re.findall(r"-?\d+\.?\d*", each.get("d", ""))]
        for each in ET.fromstring(picture.svg).iter(f"{SVG}path")
        if "C" in each.get("d", "")
    ]
    assert lines
    for x1, y1, *middle, x2, y2 in lines:
        assert x1 < middle[0] == middle[2] < x2
        low, high = min(y1, y2), max(y1, y2)
        for left, top, right, bottom in boxes:
            assert right <= x1 or x2 <= left or bottom <= low or high <= top


def drawn(*items: Position) -> Picture:
    picture = draw_asks(positions_of(*items), "talks")
    assert picture is not None
    return picture


def many(number: int, speakers: int) -> Positions:
    """Statements by chance, the same each time."""
    chance = random.Random(7)
    roles = list(SCHEME.vocabularies.values("condition_role"))
    labels = list(SCHEME.values(SCHEME.label))
    names = [f"speaker-with-a-rather-long-name-{each}" for each in range(speakers)]
    kinds = [f"a-thing-that-takes-long-to-name-in-any-language-{each}" for each in range(12)]

    def asked() -> tuple[str, str, tuple[str, ...], int | None]:
        obligors = chance.sample(names[:20], chance.choice((0, 1, 1, 1, 2)))
        return ask(chance.choice(roles), chance.choice(kinds), *obligors, way=chance.choice((1, 1, 2)))

    return positions_of(
        *(
            said(chance.choice(names), chance.choice(labels), *(asked() for _ in range(chance.choice((0, 1, 1, 2, 4)))))
            for _ in range(number)
        )
    )


def test_a_line_is_a_speaker_an_act_with_its_obligors_and_a_role() -> None:
    picture = drawn(
        said("ada", "offer", ask("if", "lift", "norland")),
        said("ada", "offer", ask("if", "lift", "norland"), ask("if", "leave", "keth", way=2)),
        said("ada", "reject", ask("only_if", "lift", "norland")),
        said("bo", "open", ask("only_if", "lift", "keth")),
        said("bo", "offer", ask("dropped")),
        said("bo", "offer"),
        said("bo", "offer", ask("if", "lift", "keth"), copy=True),
        said("bo", "reject", ask("only_if"), target="meet"),
        said("cy", "reject", ask("only_if")),
    )
    assert picks_of(picture) == {
        "ada: 3 statements with conditions": [0, 1, 2],
        "bo: 2 statements with conditions": [3, 4],
        "cy: 1 statement with conditions": [8],
        "lift by norland: 3 statements": [0, 1, 2],
        "leave by keth: 1 statement": [1],
        "lift by keth: 1 statement": [3],
        "nothing: given up: 1 statement": [4],
        "not named by not said: 1 statement": [8],
        "ada, if: lift by norland; 2 statements": [0, 1],
        "ada, only if: lift by norland; 1 statement": [2],
        "ada, if: leave by keth; 1 statement": [1],
        "bo, only if: lift by keth; 1 statement": [3],
        "bo, dropped: nothing: given up; 1 statement": [4],
        "cy, only if: not named by not said; 1 statement": [8],
        "norland: asked for in 3 statements": [0, 1, 2],
        "keth: asked for in 2 statements": [1, 3],
        "not said: asked for in 1 statement": [8],
    }
    assert picture.caption.startswith("6 statements of 7 on it name conditions, by 3 speakers. 1 copy left out.")
    assert tuple(picture.table.rows[0]) == ("ada", "ada", "if", "lift", "norland", "2")
    assert len(picture.table.rows) == 6
    require_apart(picture)
    require_free_lines(picture)


def test_lines_do_not_cross_where_they_need_not() -> None:
    picture = drawn(*(said(who, "offer", ask("if", what, whom)) for who, what, whom in ("aZ1", "bY2", "cX3")))
    places = {text: box[1] for text, box in texts_of(picture) if len(text) == 1}
    for chain in ("aZ1", "bY2", "cX3"):
        assert [places[each] for each in chain] == pytest.approx([places[chain[0]]] * 3)


def test_large_collections_stay_readable_and_the_same() -> None:
    positions = many(1500, 60)
    picture = draw_asks(positions, "talks")
    assert picture is not None
    require_apart(picture)
    require_free_lines(picture)
    assert picture.svg == getattr(draw_asks(positions, "talks"), "svg", "")
    assert f"The {MOST_LINES} lines with the most statements are drawn" in picture.caption
    counts = [int(each[-1]) for each in picture.table.rows]
    assert len(counts) > MOST_LINES
    assert all(one >= other for one, other in pairwise(counts))


def test_nothing_is_drawn_where_nothing_is_asked() -> None:
    assert draw_asks(positions_of(said("ada", "offer")), "talks") is None
    assert draw_asks(positions_of(), "talks") is None
