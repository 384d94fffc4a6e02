"""The picture of time: where each kind of date stands, worked out by hand, and that nothing lies over anything."""

import random
import re
from datetime import date, timedelta
from itertools import combinations, pairwise
from xml.etree import ElementTree as ET

import pytest

from stancebank.model import Entity
from stancebank.pictures.axis import BREAK, PAD, TimeAxis
from stancebank.pictures.picture import Picture
from stancebank.pictures.positions import Position
from stancebank.pictures.svg import text_width
from stancebank.pictures.time import RADIUS, ROW, WIDTH, draw_time
from tests.pictures.dated import SCHEME, positions_of, said

SVG = "{http://www.w3.org/2000/svg}"
LEFT = 90.0
"""Where the axis begins beside a short name."""
PLACES = list(SCHEME.values(SCHEME.label))


def drawn(*items: Position, entities: tuple[Entity, ...] = ()) -> Picture:
    picture = draw_time(positions_of(items, entities))
    assert picture is not None
    return picture


def marks_of(picture: Picture) -> dict[str, tuple[float, float, list[int]]]:
    """Where the middle of each mark is, and its statements, by what a screen reader says of it."""
    found = {}
    for each in ET.fromstring(picture.svg).iter(f"{SVG}g"):
        if each.get("class") == "pick":
            (room,) = each.findall(f"{SVG}rect")
            x, y = float(room.get("x", "")) + RADIUS + 2, float(room.get("y", "")) + ROW / 2
            found[each.get("aria-label", "")] = x, y, [int(one) for one in each.get("data-rows", "").split()]
    return found


def lines_of(picture: Picture, name: str) -> list[tuple[float, float, str | None]]:
    """From where to where the lines of a class go, and how they are dashed."""
    return [
        (float(each.get("x1", "")), float(each.get("x2", "")), each.get("stroke-dasharray"))
        for each in ET.fromstring(picture.svg).iter(f"{SVG}line")
        if name in (each.get("class") or "").split()
    ]


def test_each_kind_of_date_stands_where_it_belongs() -> None:
    picture = drawn(
        said("ada", "reject", "2031-02-13"),
        said("ada", "open", "2031-02"),
        said("bo", "offer", "2031-02-10/2031-02-19", conditional=True),
        said("bo", "doubt", "2031-02-05~"),
        said("cy", "affirm", "2031-02-2X?"),
        said("cy", "deny", "2031-02-03/.."),
        said("dag", "deny", "../2031-02-25"),
        said("dag", "demand", "XXXX-02-13"),
        said("eda", "support", published="2031-02-20"),
        said("eda", "threaten"),
    )
    # February has 28 days; 96 px on the right are for what has no year
    day = (WIDTH - LEFT - 96 - 8 - 2 * PAD) / 28
    first = LEFT + PAD
    marks = {name: place[0] for name, place in marks_of(picture).items()}
    assert marks == pytest.approx(
        {
            "ada, 2031-02-13 (stated): reject": first + 12.5 * day,
            "ada, 2031-02 (stated): open": first + 14 * day,
            "bo, 2031-02-10/2031-02-19 (stated): offer, conditional": first + 14 * day,
            "bo, 2031-02-05~ (stated): doubt": first + 4.5 * day,
            "cy, 2031-02-2X? (stated): affirm": first + 23.5 * day,
            "cy, 2031-02-03/.. (stated): deny": first + 2.5 * day,
            "dag, ../2031-02-25 (stated): deny": first + 24.5 * day,
            "dag, XXXX-02-13 (stated): demand": WIDTH - 96 / 2 - 8,
            "eda, 2031-02-20 (date of the article): support": first + 19.5 * day,
            "eda, no date: threaten": WIDTH - 96 / 2 - 8,
        },
        abs=0.02,
    )
    bars = {round(begin): (end, dash) for begin, end, dash in lines_of(picture, "bar")}
    assert {begin: dash for begin, (_, dash) in bars.items()} == {
        round(first): None,
        round(first + 9 * day): None,
        round(first + 19 * day): "4 3",
        round(first + 2.5 * day): None,
        round(first + 24.5 * day - 22): None,
    }
    ends = [bars[round(begin)][0] for begin in (first, first + 9 * day, first + 19 * day, first + 24.5 * day - 22)]
    assert ends == pytest.approx([first + 28 * day, first + 19 * day, first + 28 * day, first + 24.5 * day], abs=0.02)
    (tail,) = lines_of(picture, "tail")
    assert tail[1] == pytest.approx(first + 19.5 * day, abs=0.02)
    assert picture.svg.count('stroke-dasharray="2 2"') == 3  # a day, a bar, and the legend
    assert "1 of them has no date but that of the article." in picture.caption
    assert "1 statement without any date stands aside." in picture.caption
    assert "1 statement whose date has no year stands aside." in picture.caption


def crowd(count: int, *, seed: int, years: int = 5) -> list[Position]:
    chance = random.Random(seed)
    found = []
    for _ in range(count):
        day = (date(2020, 1, 1) + timedelta(chance.randrange(365 * years))).isoformat()
        date_ = chance.choice([day, day, day[:7], day[:4], f"{day}~", f"{day}/..", f"{day[:7]}/2026", f"XXXX{day[4:]}"])
        said_ = chance.random() < 0.6
        found.append(
            said(
                f"speaker-{min(int(chance.expovariate(0.1)), 39)}",
                chance.choice([*PLACES, ""]),
                date_ if said_ else None,
                published=day if chance.random() < 0.9 else None,
                conditional=chance.random() < 0.3,
                copy=chance.random() < 0.1,
            )
        )
    return found


@pytest.mark.slow
@pytest.mark.parametrize(("count", "years"), [(60, 1), (400, 30)])
def test_nothing_lies_over_anything(count: int, years: int) -> None:
    items = crowd(count, seed=count, years=years)
    picture = drawn(*items)
    rooms: list[tuple[float, float, float, float]] = []
    for each in ET.fromstring(picture.svg).iter(f"{SVG}g"):
        if each.get("class") == "pick":
            (room,) = each.findall(f"{SVG}rect")
            x, y, wide, high = (float(room.get(name, "")) for name in ("x", "y", "width", "height"))
            rooms.append((x, y, x + wide, y + high))
    assert len(rooms) > 50
    for one, two in combinations(rooms, 2):
        assert one[2] <= two[0] or two[2] <= one[0] or one[3] <= two[1] + 0.01 or two[3] <= one[1] + 0.01
    for line in ET.fromstring(picture.svg).iter(f"{SVG}line"):
        if "bar" in (line.get("class") or "").split():
            begin, end, y = (float(line.get(name, "")) for name in ("x1", "x2", "y1"))
            beside = [each for each in rooms if each[1] < y < each[3] and each[0] < end and begin < each[2]]
            assert len(beside) == 1  # its own mark


def test_every_statement_is_behind_one_mark_and_in_the_table() -> None:
    items = crowd(500, seed=2)
    picture = drawn(*items)
    unique = [place for place, each in enumerate(items) if not each.is_copy]
    behind = re.findall('data-rows="([0-9 ]*)"', picture.svg)
    assert sorted(int(row) for rows in behind for row in rows.split()) == unique
    assert sum(int(row[-1]) for row in picture.table.rows) == len(unique)
    speakers = {items[place].statement.speaker.entity for place in unique}
    assert f"{len(unique)} statements by {len(speakers)} speakers" in picture.caption
    assert f"{len(items) - len(unique)} copies left out." in picture.caption
    assert f"{len(speakers) - 19} other speakers" in picture.svg
    assert f"{len(speakers) - 19} speakers with fewer statements share the last lane" in picture.caption
    assert "Where a lane is too full, marks of neighbouring days are one" in picture.caption
    assert picture == drawn(*items)


def test_many_of_one_day_become_marks_with_a_number() -> None:
    few = drawn(*(said("ada", "reject", "2031-02-13") for _ in range(5)))
    places = ET.fromstring(few.svg).findall(f".//{SVG}g[@class='pick']/{SVG}rect")
    heights = sorted(float(each.get("y", "")) for each in places)
    assert [two - one for one, two in pairwise(heights)] == [ROW] * 4
    many = drawn(*(said("ada", "reject", "2031-02-13") for _ in range(6)), said("ada", "open", "2031-02-13"))
    assert {name: rows for name, (*_, rows) in marks_of(many).items()} == {
        "ada, 2031-02-13 (stated): reject; 6 statements": [0, 1, 2, 3, 4, 5],
        "ada, 2031-02-13 (stated): open": [6],
    }


def test_what_waits_for_an_answer_is_a_question() -> None:
    picture = drawn(said("ada", "", "2031-02-13"), said("ada", "reject", "2031-02-13"))
    assert set(marks_of(picture)) == {
        "ada, 2031-02-13 (stated): reject",
        "ada, 2031-02-13 (stated): waits for an answer",
    }
    assert [each.text for each in ET.fromstring(picture.svg).iter(f"{SVG}text")].count("?") == 2  # one in the legend


def test_speakers_stand_under_their_states_the_most_frequent_first() -> None:
    entities = (
        Entity(id="aven", name="Aven", kind="state"),
        Entity(id="brenn", name="Brenn", kind="state"),
        *(Entity(id=name, name=name.title(), kind="person", affiliation=of) for name, of in
          (("lenk", "aven"), ("rook", "brenn"), ("senn", "brenn"), ("mohn", None))),
    )  # fmt: skip
    spoken = ("lenk", "lenk", "senn", "rook", "rook", "mohn", "mohn", "mohn", "aven")
    picture = drawn(*(said(each, "reject", "2031-02-13") for each in spoken), entities=entities)
    names = [each.text for each in ET.fromstring(picture.svg).iter(f"{SVG}text")]
    wanted = ["Aven", "Brenn", "No state behind them", "Lenk", "Aven", "Rook", "Senn", "Mohn"]
    assert [each for each in names if each in wanted] == wanted
    assert ["2031-02-13", "stated", "Senn", "Brenn", "reject", "no", "1"] in [list(each) for each in picture.table.rows]


def test_the_axis_breaks_where_years_are_empty_and_says_so() -> None:
    picture = drawn(said("ada", "reject", "1995-03-01"), said("ada", "open", "1995-06-01"), said("ada", "open", "2025"))
    said_ = re.search(r"The axis leaves out (\S+) to (\S+), where there is nothing", picture.caption)
    assert said_
    assert said_[1] > "1995-06-01"
    assert said_[2] < "2025-01-01"
    assert ">30 years<" in picture.svg
    near = drawn(said("ada", "reject", "2023-03-01"), said("ada", "open", "2025-02-20"))
    assert "leaves out" not in near.caption


def test_a_day_is_as_wide_on_both_sides_of_a_break() -> None:
    one, two = (date(year, 1, 1).toordinal() for year in (1990, 2030))
    axis = TimeAxis([(one, one + 100), (two, two + 300)], 0, 400 * 2 + 4 * PAD + BREAK)
    assert axis.scale == 2
    assert axis.x(one) == PAD
    assert axis.x(one + 100) == PAD + 200
    assert axis.x(two) == 3 * PAD + 200 + BREAK
    assert axis.x(two + 150.5) == axis.x(two) + 301
    assert axis.breaks == ((one + 100, two),)


@pytest.mark.parametrize("days", [1, 9, 40, 100, 250, 500, 1200, 4000, 20_000, 200_000, 700_000])
@pytest.mark.parametrize("begin", ["0001-01-01", "1999-12-20", "2031-02-13"])
def test_ticks_are_there_and_their_labels_apart(begin: str, days: int) -> None:
    first = date.fromisoformat(begin).toordinal()
    axis = TimeAxis([(first, first + days)], 100, 900)
    ticks = list(axis.ticks())
    assert 1 <= len(ticks) <= 45
    for one, two in pairwise(ticks):
        assert one.x + (text_width(one.label, 11) + text_width(two.label, 11)) / 2 < two.x
    assert all(100 <= each.x <= 1000 for each in ticks)


def test_without_statements_there_is_no_picture() -> None:
    assert draw_time(positions_of([])) is None
    assert draw_time(positions_of([said("ada", "reject", "2031", copy=True)])) is None
    undated = drawn(said("ada", "reject"))
    assert undated.table.rows == [["", "", "ada", "ada", "reject", "no", "1"]]
    assert undated.caption == "1 statement by 1 speaker. 1 statement without any date stands aside."
