"""The section of a dossier on agreement, and what its cells lead to, in a browser."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from stancebank.pictures.cases import MOST_CASES
from stancebank.records import read_json, to_json
from stancebank.starter.laying import lay, sample_files
from stancebank.view.agreement import make_agreement
from stancebank.view.collection import Words, of_workspace
from stancebank.view.folder import write_dossier
from stancebank.workspace import Workspace, open_workspace
from tests.pages import chromium, looking

KETTLE = "the-kettle-2031-06-06-lukewarm-soup"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The sample with four of its articles."""
    root = tmp_path_factory.mktemp("sample")
    lay(sample_files(), root)
    for path in [*root.glob("corpus/articles/*.json")]:
        if not path.stem.startswith(("the-kettle", "meridian-wire-2031-02")):
            for each in [*root.glob(f"corpus/*/{path.name}"), *root.glob(f"corpus/annotations/*/{path.name}")]:
                each.unlink()
    return open_workspace(root)


@pytest.mark.slow
def test_cases_are_those_of_their_cells_and_show_no_words_where_none_are_shown(sample: Workspace) -> None:
    section = make_agreement(of_workspace(sample, Words.NONE))
    assert section is not None
    assert [each.name for each in section.pictures] == [*section.cases, "agreement-articles"]
    hrefs = {each for picture in section.pictures for each in re.findall(r'href="#([^"]+)"', picture.svg)}
    ids = {each.id for held in section.cases.values() for each in held}
    assert {each for each in hrefs if not each.startswith("article-")} == ids
    assert all(case.words is None for held in section.cases.values() for each in held for case in each.cases)
    shown = make_agreement(of_workspace(sample))
    assert shown is not None
    held = {each.title: each for held in shown.cases.values() for each in held}
    (case,) = [case for case in held["role: annotator-1 and annotator-3"].cases if case.href == f"#article-{KETTLE}"]
    assert case.said == "only_if: annotator-1, annotator-2; while: annotator-3"
    assert case.words is not None
    assert "as long as" in case.words
    assert all(len(each.cases) <= MOST_CASES for each in held.values())


def test_there_is_none_where_one_alone_has_read_and_for_a_published_folder(sample: Workspace, tmp_path: Path) -> None:
    root = Path(shutil.copytree(sample.root, tmp_path / "sample"))
    for name in ("annotator-2", "annotator-3"):
        shutil.rmtree(root / "corpus/annotations" / name)
    assert make_agreement(of_workspace(open_workspace(root))) is None


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.server
def test_a_cell_opens_its_cases_and_these_lead_to_their_article(
    browser: Browser, sample: Workspace, tmp_path: Path
) -> None:
    root = Path(shutil.copytree(sample.root, tmp_path / "sample"))
    path = root / f"corpus/articles/{KETTLE}.json"
    article = read_json(path)
    article["title"]["value"] = "</script><b onclick=x>Soup</b>"
    path.write_text(to_json(article), "utf-8")
    page_file = write_dossier(of_workspace(open_workspace(root)), tmp_path / "view.html")
    with looking(browser, page_file, 375) as look:
        page = look.page
        cell = page.get_by_role("link", name=re.compile("^role, annotator-1 and annotator-3: κ"))
        cases = page.locator(str(cell.get_attribute("href")))
        assert not cases.is_visible()
        cell.focus()
        page.keyboard.press("Enter")
        expect(cases).to_be_in_viewport()
        link = cases.get_by_role("link", name="</script><b onclick=x>Soup</b>").first
        link.click()
        expect(page.locator(f"#article-{KETTLE}")).to_be_in_viewport()
        look.require_quiet(page_file)
