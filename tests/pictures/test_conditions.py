"""The pictures of conditions: what is drawn, worked out by hand, and that nothing lies over anything."""

import random
import re
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest

from stancebank.model import Entity
from stancebank.pictures.asks import MOST_LINES, draw_asks
from stancebank.pictures.ladder import draw_ladder
from stancebank.pictures.picture import Picture
from stancebank.pictures.positions import Position, Positions
from stancebank.pictures.svg import text_width
from stancebank.pictures.waits import draw_waits
from tests.pictures.asked import ask, positions_of, said
from tests.pictures.dated import SCHEME

SVG = "{http://www.w3.org/2000/svg}"
SIDES = ["Against it", "For it", "Neither"]
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
    found.sort(key=lambda each: each[1][1])
    for place, (one, a) in enumerate(found):
        for other, b in found[place + 1 :]:
            if b[1] >= a[3]:
                break
            assert a[2] <= b[0] or b[2] <= a[0], f"{one!r} lies over {other!r}"


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


@pytest.mark.slow
def test_large_collections_stay_readable_and_the_same() -> None:
    positions = many(400, 40)
    for draw in (draw_ladder, draw_waits):
        each = draw(positions, "talks")
        assert each is not None
        require_apart(each)
        assert each == draw(positions, "talks")
    picture = draw_asks(positions, "talks")
    assert picture is not None
    require_apart(picture)
    assert picture == draw_asks(positions, "talks")
    require_free_lines(picture)
    assert f"Drawn are the {MOST_LINES} lines with the most statements" in picture.caption
    counts = [int(each[-1]) for each in picture.table.rows]
    assert len(counts) > MOST_LINES
    assert all(one >= other for one, other in pairwise(counts))


def test_nothing_is_drawn_where_nothing_is_asked() -> None:
    for draw in (draw_asks, draw_ladder, draw_waits):
        assert draw(positions_of(said("ada", "offer")), "talks") is None
        assert draw(positions_of(), "talks") is None
    assert draw_waits(positions_of(said("ada", "open", ask("only_if", "lift", "ada"))), "talks") is None


def ladder(*items: Position) -> Picture:
    picture = draw_ladder(positions_of(*items), "talks")
    assert picture is not None
    return picture


def test_rungs_follow_the_side_and_the_flags_of_roles() -> None:
    picture = ladder(
        said("ada", "reject", ask("even_if", "apologise", "keth")),
        said("ada", "reject", ask("only_if", "leave", "keth")),
        said("ada", "reject", ask("while", "shell", "keth", way=None)),
        said("ada", "disapprove"),
        said("ada", "open", ask("only_if", "vouch")),
        said("ada", "offer", ask("if", "leave", "keth"), ask("even_if", "shell", "keth")),
        said("ada", "offer", ask("unless", "shell", "keth", way=None)),
        said("ada", "offer"),
        said("ada", "offer", ask("dropped")),
        said("ada", "threaten", ask("if", "shell", "keth")),
        said("ada", "threaten"),
        said("bo", "offer"),
    )
    rungs = ["not even if …", "no condition named", "only if …", "while …", "only if …", "if …", "unless …"]
    rungs += ["no condition named", "even if …", "conditions dropped", "on conditions"]
    heads = [(box[0], text) for text, box in texts_of(picture) if text in rungs]
    assert [text for _, text in sorted(heads)] == rungs
    assert [text for text, _ in texts_of(picture)][6:9] == SIDES
    rows = picks_of(picture)
    assert rows["ada: reject, even if apologise by keth; 1 statement"] == [0]
    assert rows["ada: offer, if leave by keth; 1 statement"] == [5]
    assert rows["ada: offer, even if shell by keth; 1 statement"] == [5]
    assert rows["ada: disapprove, no condition named; 1 statement"] == [3]
    assert rows["ada: offer, dropped; 1 statement"] == [8]
    assert not any(label.startswith("bo") for label in rows)
    assert [10] not in rows.values()
    assert "1 speaker names none; the table has them." in picture.caption
    assert ("bo", "bo", "For it", "offer", "", "", "1") in [tuple(each) for each in picture.table.rows]
    assert picture.caption.startswith("12 statements by 2 speakers, 8 with conditions.")
    require_apart(picture)


def test_one_number_is_and_another_is_or() -> None:
    terms = (ask("if", "lift", "keth"), ask("if", "leave", "keth"), ask("if", "pay", way=2))
    picture = ladder(said("ada", "offer", *terms), said("ada", "offer", *terms), said("bo", "offer", *reversed(terms)))
    assert picks_of(picture) == {
        "ada: offer, if lift by keth and leave by keth, or pay; 2 statements": [0, 1],
        "bo: offer, if leave by keth and lift by keth, or pay; 1 statement": [2],
    }
    words = [text for text, _ in texts_of(picture)]
    first = words.index("×2") + 1
    assert words[first : first + 6] == ["lift", "by keth", "and leave", "by keth", "or", "pay"]
    require_apart(picture)


def waits(*items: Position) -> tuple[Picture, str]:
    positions = positions_of(*items, entities=(entity("norland", "state"), entity("premier", "person", "norland")))
    picture = draw_waits(positions, "talks")
    assert picture is not None
    require_apart(picture)
    return picture, picture.caption


def entity(name: str, kind: str, parent: str | None = None) -> Entity:
    return Entity(id=name, name=name, kind=kind, affiliation=parent)


def test_who_would_have_to_move_first_is_counted_by_the_rule() -> None:
    picture, caption = waits(
        said("premier", "reject", ask("only_if", "lift", "keth")),
        said("premier", "open", ask("only_if", "lift", "keth"), ask("only_if", "leave", "keth")),
        said("premier", "open", ask("only_if", "lift", "keth"), ask("only_if", "pay", "suvia", way=2)),
        said("suvia", "offer", ask("if", "leave", "keth"), ask("if", "lift", "premier", way=2)),
        said("suvia", "reject", ask("while", "ban", "norland", way=None)),
        said("keth", "reject", ask("if", "ban", "norland")),
        said("keth", "threaten", ask("only_if", "ban", "norland")),
        said("keth", "reject", ask("even_if", "pay", "norland")),
        said("keth", "open", ask("only_if", "pay", "keth")),
        said("premier", "open", ask("only_if", "pay", "norland")),
        said("premier", "open", ask("only_if", "lift", "keth"), copy=True),
    )
    assert picks_of(picture) == {
        "keth: necessary in 2 statements of other sides": [0, 1],
        "keth: one of several ways in 1 statement of other sides": [2],
        "keth: would suffice in 1 statement of other sides": [3],
        "suvia: one of several ways in 1 statement of other sides": [2],
        "norland: would suffice in 1 statement of other sides": [3],
        "norland: other conditions in 1 statement of other sides": [4],
    }
    assert "By this count keth would have to move first: 2 statements of other sides name an act of theirs" in caption
    assert "No two sides wait for each other." in caption
    assert "1 copy left out." in caption
    assert [tuple(each) for each in picture.table.rows][:2] == [
        ("keth", "lift", "necessary", "only if", "norland", "no", "1"),
        ("keth", "lift, leave", "necessary", "only if", "norland", "no", "1"),
    ]


def test_a_deadlock_is_named() -> None:
    picture, caption = waits(
        said("premier", "open", ask("only_if", "lift", "keth"), on="2031-02-01"),
        said("keth", "reject", ask("only_if", "leave", "premier"), ask("only_if", "leave", "norland", way=2)),
        said("suvia", "open", ask("only_if", "lift", "keth")),
    )
    assert (
        "Deadlock on talks: keth waits for norland (only if: leave), and norland for keth (only if: lift); "
        "said 2031-02-01 to 2031-02-03." in caption
    )
    rows = picks_of(picture)
    assert rows["keth waits for norland: only if: leave; 1 statement"] == [1]
    assert rows["norland waits for keth: only if: lift; 1 statement"] == [0]
    assert {(each[0], each[4]): each[5] for each in picture.table.rows} == {
        ("keth", "norland"): "yes",
        ("norland", "keth"): "yes",
        ("keth", "suvia"): "no",
    }


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (said("keth", "offer", ask("if", "leave", "norland")), "it would suffice"),
        (said("keth", "reject", ask("while", "stay", "norland", way=None)), "it lasts"),
        (said("keth", "open", ask("only_if", "leave", "norland"), ask("only_if", "pay", way=2)), "another way is left"),
        (said("keth", "threaten", ask("only_if", "leave", "norland")), "a threat"),
        (said("keth", "open", ask("only_if", "leave", "norland"), target="meet"), "another target"),
        (said("keth", "open", ask("only_if", "leave", "norland"), parties=("keth", "suvia")), "other parties"),
        (said("keth", "open", ask("only_if", "leave", "norland"), copy=True), "a copy"),
        (said("keth", "open", ask("only_if", "leave")), "nobody is named"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_no_false_deadlock_is_named(other: Position, why: str) -> None:
    mine = said("norland", "open", ask("only_if", "lift", "keth"), parties=("norland", "keth"))
    _, caption = waits(mine, other)
    assert "Deadlock" not in caption, why
    assert "No two sides wait for each other." in caption
