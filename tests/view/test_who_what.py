"""Who × what in the dossier: the sample counted again by hand, quotations behind marks, and filters, in a browser."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from stancebank.records import read_json
from stancebank.starter.laying import lay, sample_files
from stancebank.view.collection import Collection, of_workspace
from stancebank.view.dossier import make_sections
from stancebank.view.filters import filter_data
from stancebank.view.folder import write_dossier, write_folder
from stancebank.view.who_what import make_who_what
from stancebank.workspace import open_workspace
from tests.conftest import REPO
from tests.pages import chromium, looking


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Collection:
    root = tmp_path_factory.mktemp("sample")
    lay(sample_files(), root)
    return of_workspace(open_workspace(root))


def marks(svg: str) -> dict[str, list[int]]:
    found = re.findall(r'aria-label="([^"]*)" data-rows="([^"]*)"', svg)
    return {label: [int(each) for each in rows.split()] for label, rows in found}


def recounted(root: Path) -> Counter[str]:
    """The marks of speakers, counted in the files of gold, without any code that pictures use."""
    corpus = root / "corpus"
    names = {
        each["id"]: each["name"]
        for file, key in (("entities", "entities"), ("targets", "targets"))
        for each in read_json(corpus / f"{file}.json")[key]
    }
    reprints = {path.stem for path in (corpus / "articles").glob("*.json") if read_json(path).get("reprint_of")}
    found: Counter[str] = Counter()
    for path in (corpus / "gold").glob("*.json"):
        for each in read_json(path)["statements"] if path.stem not in reprints else ():
            if not each.get("same_as"):
                who, what = names[each["speaker"]["entity"]], names[each["target"]["id"]]
                roles = {one["role"] for one in each.get("conditions", ())}
                hollow = ", conditional" if roles & {"if", "only_if", "while", "unless"} else ""
                found[f"{who}, {each['stance']}, {what}{hollow}"] += 1
    return found


def test_the_sample_has_what_a_recount_has(sample: Collection) -> None:
    section = make_who_what(sample)
    assert section is not None
    speakers, states = section.pictures
    assert (speakers.name, states.name) == ("who-what", "state-what")
    assert sample.workspace is not None
    counted = recounted(sample.workspace.root)
    assert sum(counted.values()) == 161
    assert sum(count for said, count in counted.items() if re.match("Leyla Nuwan, .*, conditional$", said)) == 14
    told = {label.rpartition(":")[0]: len(rows) for label, rows in marks(speakers.svg).items()}
    assert told == counted
    assert sum(int(row[-3]) for row in speakers.table.rows) == 161
    assert sorted(one for rows in marks(states.svg).values() for one in rows) == [
        each.place for each in sample.positions.unique
    ]
    assert not any(sample.positions.items[one].is_copy for rows in marks(speakers.svg).values() for one in rows)


@pytest.mark.parametrize(("name", "conditions"), [("other_domain", True), ("minimal", False)])
def test_other_schemes(name: str, conditions: bool) -> None:
    section = make_who_what(of_workspace(open_workspace(REPO / "tests" / name)))
    assert section is not None
    (picture,) = section.pictures
    assert ("conditional" in picture.table.head) == ("hollow" in picture.note) == conditions
    assert "state" not in picture.table.head


def test_what_filters_go_by(sample: Collection) -> None:
    facts = filter_data(sample.positions)
    assert facts["rows"] == len(sample.positions.items) == 181
    columns = {
        name: [each["values"][place] for place in each["at"]] if "at" in each else each["values"]
        for name, each in facts["columns"].items()
    }
    assert sum(columns["copy"]) == 20
    assert set(columns["state"]) == {"Qasira", "Veldia", "Lornmark", "Tolland Isles", ""}
    assert {
        what for what, root in zip(columns["what"], columns["root"], strict=True) if root == "Sanctions"
    } == {"Lift sanctions", "Impose sanctions"}  # fmt: skip
    assert all(begin <= end for begin, end in zip(columns["begin"], columns["end"], strict=True) if begin and end)


def quotations(page: Page) -> list[str]:
    return page.locator("#quotations li").all_inner_texts()


@pytest.mark.browser
@pytest.mark.server
def test_marks_open_their_quotations_and_filters_lessen_them(
    browser: Browser, sample: Collection, tmp_path: Path
) -> None:
    path = write_dossier(sample, tmp_path / "view.html")
    with looking(browser, path) as look:
        page = look.page
        dialog = page.locator("#quotations")
        mark = page.locator('#who-what .pick[aria-label^="Leyla Nuwan, offer, Lift sanctions, conditional:"]')
        rows = [int(each) for each in (mark.get_attribute("data-rows") or "").split()]
        assert len(rows) == 4
        mark.click()
        expect(dialog).to_be_visible()
        assert dialog.locator("h2").inner_text() == "Leyla Nuwan, offer, Lift sanctions, conditional: 4 statements"
        for row, shown in zip(rows, quotations(page), strict=True):
            position = sample.positions.items[row]
            assert "Leyla Nuwan offer Lift sanctions" in shown
            assert position.words is not None
            assert position.words in shown
            assert sample.positions.source_of(position) in shown
            assert shown.count("\n") >= 3  # a line for each condition
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        assert page.evaluate("document.activeElement.getAttribute('aria-label')") == mark.get_attribute("aria-label")
        for key in ("Enter", " "):
            page.keyboard.press(key)
            expect(dialog).to_be_visible()
            assert len(quotations(page)) == 4
            dialog.get_by_role("button", name="Close").click()
        page.keyboard.press("Enter")
        dialog.locator("li a").first.click()
        expect(dialog).to_be_hidden()
        expect(page.locator("#articles-list > details[open]")).to_have_count(1)

        form = page.locator("#filters-form")
        assert page.locator("#filters-status").inner_text() == ""
        form.get_by_label("Speaker").select_option(label="Leyla Nuwan")
        form.get_by_label("only conditional").check()
        assert page.inner_text("#filters-status").startswith("Filter: 14 of 161 statements match, in ")
        assert page.locator("#filters-told").inner_text() == "Filter: 14 of 161 statements"
        clear = page.locator("#who-what .pick:not(.faded)")
        assert all(
            each.startswith("Leyla Nuwan, ") and "conditional" in each
            for each in clear.evaluate_all("all => all.map(each => each.getAttribute('aria-label'))")
        )
        assert page.locator("#who-what .pick.faded[tabindex='-1']").count() > 90
        state = page.locator('#state-what .pick[aria-label^="Qasira, offer, Lift sanctions, conditional:"]')
        state.focus()
        page.keyboard.press("Enter")
        assert len(quotations(page)) == 4
        assert re.fullmatch(r"4 of \d match the filter\.", dialog.locator("> p").inner_text())
        page.keyboard.press("Escape")
        form.get_by_label("Speaker").select_option(label="Qasira: all")
        form.get_by_label("only conditional").uncheck()
        form.get_by_label("Target").select_option(label="Sanctions: all")
        facts = [
            (each.is_copy, sample.positions.state_of(each.statement.speaker.entity), each.statement.target.id)
            for each in sample.positions.items
        ]
        wanted = [each for each in facts if each[:2] == (False, "qasira") and "sanctions" in each[2]]
        assert page.inner_text("#filters-status").startswith(f"Filter: {len(wanted)} of 161 ")
        form.get_by_role("button", name="Clear").click()
        expect(page.locator("#filters-status")).to_be_empty()
        assert page.locator(".pick.faded").count() == 0
        form.get_by_label("From").fill("2031-06-01")
        late = [
            each
            for each in sample.positions.unique
            if (date := sample.positions.date_of(each)) and (date[0] >= "2031-06-01" or date[0] == "2031-06")
        ]
        assert page.inner_text("#filters-status").startswith(f"Filter: {len(late)} of 161 ")
        look.require_quiet(path)


@pytest.mark.browser
@pytest.mark.server
def test_a_mark_of_very_many_is_drawn_in_parts_also_from_files_beside_the_page(
    browser: Browser, sample: Collection, tmp_path: Path
) -> None:
    write_folder(sample, tmp_path / "pages")
    with looking(browser, tmp_path / "pages" / "index.html", 375) as look:
        page = look.page
        assert page.locator("#filters-form").is_hidden()  # on a phone it is closed
        mark = page.locator("#who-what .pick").first
        mark.evaluate("(each) => each.dataset.rows = [...Array(350).keys()].map(row => row % 181).join(' ')")
        mark.focus()
        page.keyboard.press("Enter")
        listed = page.locator("#quotations li")
        expect(listed).to_have_count(100)
        page.locator("#quotations").get_by_role("button", name="Show more").focus()
        page.keyboard.press("Enter")
        page.wait_for_function("document.activeElement.matches('#quotations li:nth-child(n + 101) a')")
        for _ in range(4):
            page.locator("#quotations").evaluate("each => { each.scrollTop = each.scrollHeight; }")
            page.wait_for_timeout(40)
        expect(listed).to_have_count(350)
        expect(page.locator("#quotations").get_by_role("button", name="Show more")).to_be_hidden()
        assert look.faults == []


@pytest.mark.slow
def test_all_sections_have_pictures_of_their_own(sample: Collection) -> None:
    names = [each.name for section in make_sections(sample) for each in section.pictures]
    assert len(names) == len(set(names))
