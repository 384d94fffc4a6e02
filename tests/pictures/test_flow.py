"""The label flow: what is drawn is what is counted, nothing overlaps, and each ribbon opens the changes behind it."""

import re
from collections import Counter
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from stancebank.pictures.flow import ADDED, REMOVED, Ribbon, draw_flow
from stancebank.pictures.picture import Picture
from stancebank.publish.diff import compare_sides
from stancebank.publish.diff_report import MOST_LISTED, draw_label_flow, to_page
from tests.pages import chromium, looking, require_all_widths
from tests.publish.builds import ENVOY
from tests.publish.test_diff import EDITS, copied, held, put, toy

NS = "{http://www.w3.org/2000/svg}"
LABELS = ("demand", "offer", "open", "reject")
HOSTILE = "</script><img src=x onerror=alert(1)>\u202e"


def drawn(*ribbons: Ribbon) -> Picture:
    picture = draw_flow(ribbons, LABELS, what="stance", older="1.0.0", newer="1.1.0")
    assert picture is not None
    return picture


def texts(picture: Picture) -> list[tuple[float, float, str, str]]:
    """Return each line of the picture: x, y, anchor and text."""
    found = ET.fromstring(picture.svg).iter(f"{NS}text")
    return [(float(t.attrib["x"]), float(t.attrib["y"]), t.get("text-anchor", "start"), t.text or "") for t in found]


def ribbons_of(picture: Picture) -> dict[str, list[tuple[float, float, float, float]]]:
    """Return by class what is drawn of ribbons: the tops of both ends, and how thick these are."""
    found: dict[str, list[tuple[float, float, float, float]]] = {}
    for path in ET.fromstring(picture.svg).iter(f"{NS}path"):
        if path.get("opacity") != "0":
            n = [float(each) for each in re.findall(r"-?\d+(?:\.\d+)?", path.attrib["d"])]
            found.setdefault(path.attrib["class"], []).append((n[1], n[7], n[-1] - n[1], n[9] - n[7]))
    return found


def test_bars_and_ribbons_are_as_many_as_are_counted() -> None:
    picture = drawn(
        Ribbon("open", "open", 120), Ribbon("open", "reject", 30), Ribbon(None, "open", 13), Ribbon("reject", None, 7)
    )
    assert picture.caption == (
        "Statements in both versions: 150; 120 of them kept their stance, 30 changed it. Added: 13. Removed: 7. Every "
        "row counts, repetitions too."
    )
    assert list(picture.table.rows) == [
        ("open", "open", "120", "same label"),
        ("open", "reject", "30", "another label"),
        ("reject", REMOVED, "7", "removed"),
        (ADDED, "open", "13", "added"),
    ]
    said = [text for *_, text in texts(picture)]
    assert said[:6] == ["same label", "another label", "added", "removed", "1.0.0", "1.1.0"]
    assert said[6:] == ["150", "open", "7", "reject", "13", ADDED, "133", "open", "30", "reject", "7", REMOVED]
    scale = 300 / 170
    ribbons = ribbons_of(picture)
    assert {name: [round(each[2], 1) for each in found] for name, found in ribbons.items()} == {
        "f-edge": [round(120 * scale, 1)],
        "f-v0": [round(30 * scale, 1)],
        "f-v1": [round(13 * scale, 1)],
        "f-v3": [round(7 * scale, 1)],
    }


COUNTS = st.dictionaries(
    st.tuples(st.sampled_from([*LABELS, "–", "a label " * 9, None]), st.sampled_from([*LABELS, "خيار", None])).filter(
        lambda ends: ends != (None, None)
    ),
    st.integers(0, 20_000),
    max_size=20,
)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(COUNTS)
def test_whatever_is_counted_is_drawn_whole_and_nothing_overlaps(
    counts: dict[tuple[str | None, str | None], int],
) -> None:
    ribbons = [Ribbon(*ends, number) for ends, number in counts.items()]
    picture = draw_flow(ribbons, LABELS, what="stance", older="1.0.0", newer="1.1.0")
    if not any(counts.values()):
        assert picture is None
        return
    assert picture is not None
    assert picture == draw_flow(reversed(ribbons), LABELS, what="stance", older="1.0.0", newer="1.1.0")
    assert sum(int(row[2].replace(",", "")) for row in picture.table.rows) == sum(counts.values())
    drawing = ET.fromstring(picture.svg)
    width, height = (float(drawing.attrib[each]) for each in ("width", "height"))
    for found in ribbons_of(picture).values():
        assert all(one >= 2.49 and one == pytest.approx(other, abs=0.02) for *_, one, other in found)
    for side in (0, 1):  # ends of ribbons lie one below the other on each side
        ends = sorted((each[side], each[2]) for found in ribbons_of(picture).values() for each in found)
        assert all(top + thick <= after + 0.02 for (top, thick), (after, _) in pairwise(ends))
        assert ends[-1][0] + ends[-1][1] <= height
    sides: dict[bool, list[float]] = {True: [], False: []}
    numbers: Counter[bool] = Counter()
    for x, y, anchor, text in texts(picture):
        assert 0 <= x <= width
        if y > 60:
            numbers[anchor == "end"] += int(text.replace(",", "")) if text.replace(",", "").isdecimal() else 0
            sides[anchor == "end"].append(y)
    assert numbers[True] == numbers[False] == sum(counts.values())  # the sums of both sides
    for lines in sides.values():
        places = sorted(set(lines))
        assert all(after - y >= 15 for y, after in pairwise(places))


def test_the_flow_of_a_diff_is_the_recount() -> None:
    new = copied(toy())
    for edit in EDITS:
        edit(new)
    diff = compare_sides(toy(), new)
    picture = draw_label_flow(diff)
    assert picture is not None
    for place, side in enumerate((toy(), new)):
        counted = Counter(
            side.scheme.label.text(each) for document in side.documents.values() for each in document.statements
        )
        drawn_of: Counter[str] = Counter()
        for row in picture.table.rows:
            drawn_of[row[place]] += int(row[2])
        assert drawn_of - Counter({ADDED: 99, REMOVED: 99}) == counted
    assert draw_label_flow(compare_sides(toy(), toy())).table.rows == [  # type: ignore[union-attr]
        (label, label, str(number), "same label")
        for label, number in (("reject", 2), ("open", 2), ("offer", 5), ("demand", 2), ("deny", 2))
    ]


def test_a_page_lists_so_many_changes_and_says_how_many_more_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    new = copied(toy())
    for edit in EDITS:
        edit(new)
    assert MOST_LISTED >= 1000
    monkeypatch.setattr("stancebank.publish.diff_report.MOST_LISTED", 5)
    page = to_page(compare_sides(toy(), new))
    assert page.count("<tr data-kind=") == 5
    assert "16 more changes are not listed here" in page
    assert {*re.findall(r'href="#(changes-\d+)"', page)} == {*re.findall(r'id="(changes-\d+)"', page)}


@pytest.mark.browser
@pytest.mark.server
def test_the_page_in_a_browser(tmp_path: Path) -> None:
    new = copied(toy())
    for edit in EDITS:
        edit(new)
    row = f"{ENVOY}/s4"
    old = held(new, row)
    put(new, row, replace(old, fields={**old.fields, "note": HOSTILE}))
    new.name = HOSTILE
    path = tmp_path / "diff.html"
    path.write_text(to_page(compare_sides(toy(), new)), "utf-8")
    with chromium() as browser:
        require_all_widths(browser, path, "diff")
        with looking(browser, path) as look:
            page = look.page
            rows = page.locator("#list tr[data-kind]:visible")
            assert HOSTILE in (page.locator("body").text_content() or "")
            every = rows.count()
            page.select_option("#kind", "relabelled")
            assert 0 < rows.count() < every
            assert page.locator("#shown").text_content() == f"{rows.count()} of {every} changes"
            ribbon = page.locator('svg a[aria-label="demand → (removed): 1 statement"]')
            ribbon.press("Enter")  # leads to what the filter hides, which ends the filter
            assert rows.count() == every
            group = page.locator(".group:target")
            assert group.text_content() == "demand → (removed): 1 statement"
            assert group.bounding_box()["y"] < 768  # type: ignore[index]
            page.fill("#words", "deny")
            assert 0 < rows.count() < every
            page.fill("#words", "")
            page.locator('svg a[aria-label="(added) → offer: 1 statement"]').click()
            assert group.text_content() == "(added) → offer: 1 statement"
            page.locator("#label-flow summary").click()
            assert page.locator("#label-flow tbody tr").count() == 7
            look.require_quiet(path)
