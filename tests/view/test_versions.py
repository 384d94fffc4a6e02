"""The section on versions: what changed since an older one, from what is compared to what opens."""

import json
from collections import Counter
from pathlib import Path

import pytest

from stancebank.publish.build import build
from stancebank.starter.laying import lay, sample_files
from stancebank.view.collection import Collection, Words, of_workspace, open_collection
from stancebank.view.dossier import find_picture, make_dossier
from stancebank.view.versions import compare_with, make_versions
from stancebank.workspace import open_workspace
from tests.conftest import Run
from tests.pages import chromium, looking

LOCKS = "brenn-evening-post-2031-03-14-lock-stock"
NOTE = "</script><b onclick=alert(1)>the whole of it"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample, built, and then changed: one label, one note, one statement retired."""
    place = tmp_path_factory.mktemp("versions")
    root = place / "sample"
    root.mkdir()
    lay(sample_files(), root)
    build(open_workspace(root), place / "older")
    path = root / f"corpus/gold/{LOCKS}.json"
    gold = json.loads(path.read_text("utf-8"))
    first, second, *_, last = gold["statements"]
    first["stance"] = "open"
    second["note"] = NOTE
    gold["retired"] = [last["id"]]
    gold["statements"].pop()
    path.write_text(json.dumps(gold), "utf-8")
    return root


def compared(root: Path, words: Words = Words.LOCAL, older: str = "older") -> Collection:
    workspace = open_workspace(root)
    return compare_with(of_workspace(workspace, words), str(root.parent / older), workspace)


@pytest.mark.slow
def test_the_section_draws_what_changed(root: Path) -> None:
    collection = compared(root)
    section = make_versions(collection)
    assert section is not None
    assert section.intro.startswith("From ")
    assert "2 changes ask for a MAJOR step" in section.intro
    flow, changes = section.pictures
    moved = {row[:2]: int(row[2]) for row in flow.table.rows if row[3] != "same label"}
    assert moved == {("reject", "open"): 1, ("threaten", "(removed)"): 1}
    label = collection.scheme.label
    now = Counter(label.text(each.statement) for each in collection.positions.items)
    drawn: Counter[str | None] = Counter()
    for row in flow.table.rows:
        drawn[row[1]] += int(row[2])
    assert drawn - Counter({"(removed)": 1}) == now
    assert [(row[0], row[1]) for row in changes.table.rows] == [
        ("statement relabelled", f"{LOCKS}/s1"),
        ("statement removed", f"{LOCKS}/s12"),
    ]
    assert changes.caption == "2 changes, each with the step of the version that it asks for."
    assert find_picture(collection, "label-flow") == flow


@pytest.mark.slow
def test_without_another_version_there_is_no_section(root: Path) -> None:
    assert make_versions(of_workspace(open_workspace(root))) is None
    same = open_collection(str(root.parent / "older"))
    section = make_versions(compare_with(same, str(root.parent / "older")))
    assert section is not None
    assert [each.name for each in section.pictures] == ["label-flow"]
    assert "Nothing changed" in section.intro


@pytest.mark.slow
def test_notes_of_annotators_are_in_no_page_that_is_passed_on(root: Path, tmp_path: Path) -> None:
    before = tmp_path / "sample"
    before.mkdir()
    lay(sample_files(), before)
    workspace = open_workspace(root)
    for words, shown in ((Words.LOCAL, True), (Words.PUBLISHED, False), (Words.NONE, False)):
        section = make_versions(compare_with(of_workspace(workspace, words), str(before), workspace))
        assert section is not None
        assert any(NOTE in row for row in section.pictures[1].table.rows) is shown


@pytest.mark.slow
def test_the_command_compares_and_refuses_what_is_no_version(root: Path, run: Run, tmp_path: Path) -> None:
    out = tmp_path / "flow.svg"
    told = run("-w", root, "view", "--against", root.parent / "older", "--picture", "label-flow", "--svg", out)
    assert told.returncode == 0
    assert "reject → open: 1 statement" in out.read_text("utf-8")
    refused = run("view", root.parent / "older", "--against", tmp_path / "nowhere", "--out", tmp_path / "x.html")
    assert refused.returncode != 0
    assert "nowhere" in refused.stderr
    assert "Hint: " in refused.stderr
    assert not (tmp_path / "x.html").exists()


@pytest.mark.browser
@pytest.mark.server
def test_the_section_in_a_browser(root: Path, tmp_path: Path) -> None:
    path = tmp_path / "view.html"
    path.write_text(make_dossier(compared(root)), "utf-8")
    with chromium() as browser, looking(browser, path, 375, dark=True) as look:
        page = look.page
        page.locator('#label-flow [aria-label="reject → open: 1 statement"]').press("Enter")
        assert page.locator("#quotations li").count() == 1
        page.keyboard.press("Escape")
        assert not page.locator("#changes-table").is_visible()
        page.locator('#label-flow [aria-label="threaten → (removed): 1 statement"]').press("Enter")
        assert page.locator("#changes-table").is_visible()
        look.shoot("versions-375-dark")
        look.require_quiet(path)
