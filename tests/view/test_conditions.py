"""The section on conditions: what it draws of the sample, counted by hand, and how it is opened in a browser."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from stancebank.errors import InputError
from stancebank.pictures.picture import Picture
from stancebank.starter.laying import lay, sample_files
from stancebank.view.collection import Collection, Words, of_workspace
from stancebank.view.conditions import make_conditions
from stancebank.view.dossier import make_dossier
from stancebank.workspace import open_workspace
from tests.conftest import REPO
from tests.pages import chromium, looking

TALKS = {
    ("Mirel Tavos", "if", "Lift sanctions", "Qasira", "1"),
    ("Mirel Tavos", "if", "Withdraw forces", "Qasira", "1"),
    ("Katrin Vey", "while", "Impose sanctions", "not said", "1"),
    ("Leyla Nuwan", "while", "Close a waterway", "not said", "3"),
    ("Haddan Today", "while", "Close a waterway", "not said", "1"),
    ("Yusuf al-Karad", "if", "Open a waterway", "Veldia", "3"),
    ("Yusuf al-Karad", "if", "Exchange prisoners", "Qasira and Veldia", "1"),
    ("Leyla Nuwan", "dropped", "nothing: given up", "", "1"),
    ("Odo Senn", "while", "Impose sanctions", "Qasira", "1"),
    ("Leyla Nuwan", "only if", "Open a waterway", "Veldia", "1"),
    ("Sunniva Aas", "dropped", "nothing: given up", "", "1"),
    ("Pell Arno", "only if", "Exchange prisoners", "Qasira", "1"),
    ("Hale Otterby", "dropped", "nothing: given up", "", "1"),
}
"""All conditions of unique statements on talks in the gold of the sample."""


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Collection:
    root = tmp_path_factory.mktemp("sample")
    lay(sample_files(), root)
    return of_workspace(open_workspace(root), Words.PUBLISHED)


def pictures_of(collection: Collection) -> dict[str, Picture]:
    section = make_conditions(collection)
    assert section is not None
    return {each.name: each for each in section.pictures}


def test_the_sample_is_as_counted_by_hand(sample: Collection) -> None:
    found = pictures_of(sample)
    whole = ["talks", "meet", "open-waterway"]
    assert list(found) == [f"{kind}-{each}" for each in whole for kind in ("conditions", "ladder", "waits")]
    rows = found["conditions-talks"].table.rows
    assert {(row[0], *row[2:]) for row in rows} == TALKS
    assert len(rows) == len(TALKS)
    assert found["conditions-talks"].caption.startswith("15 statements of 25 on it name conditions, by 9 speakers.")
    told = "Qasira waits for Veldia (only if: Open a waterway), and Veldia for Qasira (only if: Exchange prisoners)"
    assert f"Deadlock on Talks: {told}; said 2031-02-14 to 2031-04-10." in found["waits-talks"].caption
    assert "No two sides wait for each other." in found["waits-open-waterway"].caption
    assert pictures_of(sample) == found


def test_targets_that_are_asked_for(sample: Collection) -> None:
    assert list(pictures_of(sample.about(["apologise"])))[:2] == ["conditions-apologise", "ladder-apologise"]
    section = make_conditions(sample.about(["talks", "recognise", "talks"]))
    assert section is not None
    assert {each.name for each in section.pictures} == {"conditions-talks", "ladder-talks", "waits-talks"}
    assert "No statement on Recognise has a condition." in section.intro
    with pytest.raises(InputError, match=r"has no target chess\.\nHint: there is account-for-policy, agreement"):
        sample.about(["talks", "chess"])


def test_other_schemes() -> None:
    assert make_conditions(of_workspace(open_workspace(REPO / "tests" / "minimal"))) is None
    found = pictures_of(of_workspace(open_workspace(REPO / "tests" / "other_domain")))
    roles = {row[2] for name, each in found.items() if name.startswith("conditions") for row in each.table.rows}
    assert roles
    assert roles <= {"sofern", "solange"}


@pytest.mark.browser
@pytest.mark.server
def test_lines_cards_and_waits_open_what_was_said(sample: Collection, tmp_path: Path) -> None:
    page = tmp_path / "view.html"
    page.write_text(make_dossier(sample), encoding="utf-8")
    with chromium() as browser:
        with looking(browser, page) as look:
            marks, dialog = look.page.locator("#conditions-talks .pick"), look.page.locator("#quotations")
            line = look.page.get_by_role("button", name="Yusuf al-Karad, if: Open a waterway by Veldia; 3 statements")
            line.locator("text").click()
            expect(dialog.locator("li")).to_have_count(3)
            expect(dialog.locator("h2")).to_contain_text("Open a waterway by Veldia")
            expect(dialog.locator("li").first).to_contain_text("if: Open a waterway")
            look.page.keyboard.press("Escape")
            expect(dialog).to_be_hidden()
            assert marks.count() == 13 + 9 + 9 + 3  # lines, speakers, acts with their obligors, obligors
            look.require_quiet(page)
        with looking(browser, page, 375, dark=True) as look:
            wait = look.page.get_by_role("button", name="Qasira waits for Veldia: only if: Open a waterway")
            wait.focus()
            look.page.keyboard.press("Enter")
            expect(look.page.locator("#quotations li")).to_have_count(1)
            look.page.keyboard.press("Escape")
            card = look.page.get_by_role("button", name="Leyla Nuwan: reject, while Close a waterway; 3 statements")
            card.focus()
            look.page.keyboard.press("Space")
            expect(look.page.locator("#quotations li")).to_have_count(3)
            look.page.keyboard.press("Escape")
            look.require_quiet(page)
