"""The picture of who says what: each count in its cell, and that no mark and no name lies over another."""

import random
from itertools import pairwise
from math import sqrt
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from stancebank.model import Entity, TargetEntry
from stancebank.pictures.picture import Picture
from stancebank.pictures.positions import Position, Positions
from stancebank.pictures.svg import text_width
from stancebank.pictures.who_what import BOX, SIZE, STRONG, By, draw_who_what
from tests.pictures.dated import SCHEME, positions_of, said

SVG = "{http://www.w3.org/2000/svg}"
PLACES = list(SCHEME.values(SCHEME.label))
TARGETS = {
    each.id: each
    for each in (
        TargetEntry(id="talks", name="Talks", definition="d", use="both"),
        TargetEntry(id="meet", name="Meet", definition="d", parent="talks", use="both"),
        TargetEntry(id="force", name="Force", definition="d", use="both"),
        TargetEntry(id="strike", name="Strike", definition="d", parent="force", use="both"),
    )
}
PEOPLE = (
    Entity(id="ost", name="Ost", kind="state"),
    Entity(id="ada", name="Ada", kind="person", affiliation="ost"),
    Entity(id="bo", name="Bo", kind="person", affiliation="ost"),
    Entity(id="cy", name="Cy", kind="person"),
)


def told(*items: Position) -> Positions:
    found = positions_of(items, PEOPLE)
    return Positions(SCHEME, found.entities, TARGETS, found.items)


def drawn(positions: Positions, by: By = "speaker", **options: Any) -> Picture:
    picture = draw_who_what(positions, by, **options)
    assert picture is not None
    return picture


def picks(picture: Picture) -> dict[str, list[int]]:
    """The statements of each mark, by what a screen reader says of it."""
    return {
        each.get("aria-label", ""): [int(one) for one in each.get("data-rows", "").split()]
        for each in ET.fromstring(picture.svg).iter(f"{SVG}g")
        if each.get("class") == "pick"
    }


FEW = (
    said("ada", "reject", "2031-02-13"),
    said("ada", "reject", "2031-01", target="meet"),
    said("ada", "reject", "2031-02-28"),
    said("ada", "reject", "2031-02-01", conditional=True),
    said("ada", "reject", "2031-02-02", copy=True),
    said("bo", "open", "2031", target="strike"),
    said("ost", "open", "2031-03-01/2031-04"),
    said("cy", "", target="meet"),
)


def test_each_statement_is_in_its_cell() -> None:
    picture = drawn(told(*FEW))
    assert picks(picture) == {
        "Ada, reject, Talks: 2 statements": [0, 2],
        "Ada, reject, Talks, conditional: 1 statement": [3],
        "Ada, reject, Meet: 1 statement": [1],
        "Bo, open, Strike: 1 statement": [5],
        "Ost, open, Talks: 1 statement": [6],
        "Cy, waits for an answer, Meet: 1 statement": [7],
    }
    assert picture.caption == "7 statements by 4 speakers on 3 targets. 1 copy left out."
    assert list(picture.table.head) == [
        *("speaker", "state", "target", "stance", "conditional", "statements", "first", "last"),
    ]
    assert [list(each) for each in picture.table.rows] == [
        ["Ada", "Ost", "Meet", "reject", "no", "1", "2031-01", "2031-01"],
        ["Ada", "Ost", "Talks", "reject", "no", "2", "2031-02-13", "2031-02-28"],
        ["Ada", "Ost", "Talks", "reject", "yes", "1", "2031-02-01", "2031-02-01"],
        ["Bo", "Ost", "Strike", "open", "no", "1", "2031", "2031"],
        ["Cy", "", "Meet", "", "no", "1", "", ""],
        ["Ost", "Ost", "Talks", "open", "no", "1", "2031-03-01/2031-04", "2031-03-01/2031-04"],
    ]
    texts = [each.text for each in ET.fromstring(picture.svg).iter(f"{SVG}text")]
    columns = [each for each in texts if each in ("Talks", "Meet", "Force", "Strike")]
    assert columns == ["Talks", "Meet", "Force", "Strike"]  # a root comes first, also where nothing is said of it
    rows = [each for each in texts if each in ("Ost", "Ada", "Bo", "Cy", "No state behind them")]
    assert rows == ["Ost", "Ada", "Bo", "Ost", "No state behind them", "Cy"]


def test_states() -> None:
    picture = drawn(told(*FEW), "state")
    assert picks(picture) == {
        "Ost, reject, Talks: 2 statements": [0, 2],
        "Ost, reject, Talks, conditional: 1 statement": [3],
        "Ost, reject, Meet: 1 statement": [1],
        "Ost, open, Strike: 1 statement": [5],
        "Ost, open, Talks: 1 statement": [6],
        "Cy, waits for an answer, Meet: 1 statement": [7],
    }
    assert "the rows are the states behind them, and speakers without a state (2 in all)." in picture.caption
    assert len(picture.table.head) == 7


def test_what_has_no_row_or_column_of_its_own_is_a_number() -> None:
    picture = drawn(told(*FEW), most_rows=2, most_columns=2)
    assert picks(picture) == {
        "Ada, reject, Talks: 2 statements": [0, 2],
        "Ada, reject, Talks, conditional: 1 statement": [3],
        "Ada, Other targets (2): 1 statement": [1],
        "Other speakers (3), Talks: 1 statement": [6],
        "Other speakers (3), Other targets (2): 2 statements": [5, 7],
    }
    assert len(picture.table.rows) == 6
    assert "Other speakers (3), with fewer statements, share the last row" in picture.caption


def test_nothing() -> None:
    assert draw_who_what(told()) is None
    assert draw_who_what(told(said("ada", "open", copy=True))) is None


def crowd(count: int, speakers: int, targets: int, *, seed: int) -> Positions:
    chance = random.Random(seed)
    names = ["Anna", "المتحدثة الرسمية باسم وزارة الخارجية", "外務省の報道官", "Élise " * 12]
    people = tuple(Entity(id=f"p{each}", name=f"{names[each % 4]} {each}", kind="person") for each in range(speakers))
    items = [
        said(
            f"p{min(int(chance.expovariate(8 / speakers)), speakers - 1)}",
            chance.choice([*PLACES, *PLACES[:3] * 4, ""]),
            f"20{chance.randrange(10, 40)}-01-01",
            conditional=chance.random() < 0.3,
            target=f"t{min(int(chance.expovariate(6 / targets)), targets - 1)}",
        )
        for _ in range(count)
    ]
    found = positions_of(items, people)
    about = {
        f"t{each}": TargetEntry(
            id=f"t{each}",
            name=f"{'Withdraw all forces from the occupied territories and ' * (each % 3)}{each}",
            definition="d",
            parent=f"t{each - each % 4}" if each % 4 else None,
            use="both",
        )
        for each in range(targets)
    }
    return Positions(SCHEME, found.entities, about, found.items)


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(40, 9, 7), (1500, 120, 40)])
def test_nothing_lies_over_anything(shape: tuple[int, int, int]) -> None:
    picture = drawn(crowd(*shape, seed=7))
    root = ET.fromstring(picture.svg)
    width, height = float(root.get("width", "")), float(root.get("height", ""))
    boxes = []
    for group in root.iter(f"{SVG}g"):
        (room,) = group.findall(f"{SVG}rect")
        x, y, wide, high = (float(room.get(each, "")) for each in ("x", "y", "width", "height"))
        assert min(wide, high) >= BOX
        boxes.append((x, y, x + wide, y + high))
        for path in group.findall(f"{SVG}path"):
            points = [each.split() for each in path.get("d", "").strip("MZ").split("L")]
            assert all(x < float(left) < x + wide and y < float(top) < y + high for left, top in points)
        for circle in group.findall(f"{SVG}circle"):
            assert float(circle.get("r", "")) + 0.8 <= min(wide, high) / 2
    assert sum(len(each) for each in picks(picture).values()) == shape[0]
    boxes.sort()
    for place, (_, top, right, bottom) in enumerate(boxes):
        for other in boxes[place + 1 :]:
            if other[0] >= right - 0.01:
                break
            assert other[1] >= bottom - 0.01 or other[3] <= top + 0.01
    texts = list(root.iter(f"{SVG}text"))
    slanted = [each for each in texts if "column" in (each.get("class") or "").split()]
    assert len(slanted) > 3
    starts = [(float(each.get("x", "")), float(each.get("y", ""))) for each in slanted]
    assert all(y == starts[0][1] and (x - before) * sqrt(0.5) >= SIZE * 1.2 for (before, _), (x, y) in pairwise(starts))
    head = min(top for _, top, _, _ in boxes)
    for each, (x, y) in zip(slanted, starts, strict=True):
        reach = text_width(each.text or "", SIZE) * sqrt(0.5) * (STRONG if "strong" in (each.get("class") or "") else 1)
        assert x + reach + SIZE <= width
        assert y - reach - SIZE >= 40  # below the legend
        assert y < head
    first = min(left for left, _, _, _ in boxes)
    level: dict[float, list[tuple[float, float]]] = {}
    for each in texts:
        if each.get("transform") is None and float(each.get("y", "")) > head:
            size, x = float(each.get("font-size", "")), float(each.get("x", ""))
            wide = text_width(each.text or "", size) * (STRONG if "strong" in (each.get("class") or "") else 1)
            begin = {"end": x - wide, "middle": x - wide / 2}.get(each.get("text-anchor") or "", x)
            level.setdefault(float(each.get("y", "")), []).append((begin, begin + wide))
    for spans in level.values():
        assert all(before[1] <= after[0] for before, after in pairwise(sorted(spans)))
        assert min(spans)[1] <= first
    assert max(bottom for _, _, _, bottom in boxes) <= height


def test_it_is_drawn_alike_every_time() -> None:
    assert drawn(crowd(300, 40, 12, seed=3)) == drawn(crowd(300, 40, 12, seed=3))
