"""Guidelines: each rule can be found, each cross-reference leads somewhere, and what is to be learned is short."""

import re
import tomllib
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import sync_playwright

from stancebank.annotate.controls import make_controls
from stancebank.annotate.guidelines import GUIDELINES, instructions, quick_pages, with_trees
from stancebank.annotate.interface import interface_xml, validate_interface
from stancebank.annotate.interface_settings import (
    HelpSettings,
    InterfaceSettings,
    TreeSettings,
    make_interface,
    read_settings,
)
from tests.annotate.tasks import SCHEME
from tests.annotator import FLAGS, find_chromium
from tests.conftest import REPO, Run
from tests.guidelines import former_rules, known_rules, read_rules

EDITIONS = sorted([REPO / "annotate", *(REPO / "annotate").glob("edition-*")])
PARTS = [folder for folder in EDITIONS if "stancebank:part" in (folder / "GUIDELINES.md").read_text("utf-8")]

each_edition = pytest.mark.parametrize("folder", EDITIONS, ids=lambda folder: folder.name)
with_parts = pytest.mark.parametrize("folder", PARTS, ids=lambda folder: folder.name)


def page(folder: Path) -> str:
    return (folder / "GUIDELINES.md").read_text("utf-8")


def settings(folder: Path) -> dict[str, object]:
    return tomllib.loads((folder / "interface.toml").read_text("utf-8"))


def help_panel(folder: Path) -> HelpSettings:
    return msgspec.convert(settings(folder)["help"], HelpSettings)


def table_values(text: str, name: str) -> list[str]:
    (table,) = re.findall(rf"<!-- stancebank:table {name} -->(.*?)<!-- /stancebank -->", text, re.DOTALL)
    return re.findall(r"^\| `(\w+)` ", table, re.MULTILINE)


@each_edition
def test_no_rule_has_a_number_twice_and_each_has_both_examples(folder: Path) -> None:
    rules = read_rules(page(folder))
    assert len(rules) > 90
    assert len({rule.number for rule in rules}) == len(rules)
    for rule in rules:
        assert rule.text.count("\n- Yes: ") == rule.text.count("\n- No: ") == 1, rule.heading


@each_edition
def test_every_rule_that_is_named_exists(folder: Path) -> None:
    numbers = {rule.number for rule in read_rules(page(folder))}
    text = page(folder).partition("\n## Old numbers\n")[0]
    assert set(re.findall(r"\bG-\d+", text)) == numbers
    named = set(re.findall(r"\bG-\d+", (folder / "interface.toml").read_text("utf-8")))
    assert len(named) > 30
    assert named <= numbers


@with_parts
def test_the_numbers_rise_by_chapter_and_no_rule_of_an_earlier_version_is_lost(folder: Path) -> None:
    text = page(folder)
    chapters = re.split(r"^## (\d)\. .*$", text, flags=re.MULTILINE)
    assert chapters[1::2] == [str(each) for each in range(1, 10)]
    for chapter, body in zip(chapters[1::2], chapters[2::2], strict=True):
        found = [rule.number for rule in read_rules(body)]
        assert found == [f"G-{chapter}{place:02}" for place in range(1, len(found) + 1)]
    former = former_rules(text)
    assert sorted(former) == [f"G-{each:02}" for each in range(1, 99)]
    assert len(set(former.values())) == 98
    assert set(former.values()) <= {rule.number for rule in read_rules(text)}


@with_parts
def test_every_rule_is_core_or_settles_ties(folder: Path) -> None:
    levels = [
        re.match(r"\n\*(Core|Settles ties)\.\*(?: \*The toolkit checks (?:part of )?this\.\*)?\n", rule.text)
        for rule in read_rules(page(folder))
    ]
    assert all(levels)
    assert 30 <= sum(level is not None and level[1] == "Core" for level in levels) <= 45


@with_parts
def test_the_trees_are_those_of_the_help_panel_and_lead_to_every_value(folder: Path) -> None:
    text, shown = page(folder), help_panel(folder)
    assert with_trees(text, shown) == text
    steps = "\n".join(step for tree in shown.trees for step in tree.steps)
    for vocabulary in ("stance", "condition_role", "attribution", "force"):
        values = table_values(text, vocabulary)
        assert len(values) >= 3
        for value in values:
            assert f"`{value}`" in steps, value


@with_parts
def test_the_quick_guide_has_every_stance_and_role_with_an_example_and_twelve_traps(folder: Path) -> None:
    guide = page(folder).partition("stancebank:part quick-guide")[2].partition("/stancebank:part")[0]
    for vocabulary, count in (("stance", 10), ("condition_role", 6)):
        (table,) = re.findall(rf"stancebank:table {vocabulary} -->(.*?)<!-- /stancebank", guide, re.DOTALL)
        rows = re.findall(r"^\| `\w+` \|.*$", table, re.MULTILINE)
        assert len(rows) == count
        for row in rows:
            assert len(row.strip("| ").split(" | ")[-1]) > 8, row
    assert re.findall(r"^(\d+)\. ", guide, re.MULTILINE) == [str(each) for each in range(1, 13)]


@pytest.mark.slow
@pytest.mark.browser
@with_parts
def test_quick_guide_and_trees_fit_three_sheets_in_type_of_ten_points(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "annotate").mkdir()
    (tmp_path / GUIDELINES).write_text(page(folder), "utf-8")
    html = quick_pages(tmp_path)
    assert html is not None
    assert "content=\"default-src 'none'; style-src 'sha256-" in html
    sheets = []
    sections = re.findall(r"<section>.*?</section>", html, re.DOTALL)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=find_chromium(), args=list(FLAGS))
        tab = browser.new_page()
        tab.goto(f"file://{tmp_path}")
        head, body = html[: html.index("<section>")], html[html.index("<section>") :]
        for shown in (body, *sections):
            tab.set_content(head + shown)
            sizes = "[...document.querySelectorAll('body *')].map(each => getComputedStyle(each).fontSize)"
            assert min(float(size.removesuffix("px")) for size in tab.evaluate(sizes)) * 72 / 96 > 9.99
            sheets.append(len(re.findall(rb"/Type\s*/Page\b", tab.pdf(prefer_css_page_size=True))))
        browser.close()
    assert sheets == [3, 2, 1]


def test_the_help_panel_shows_the_trees_without_marks_of_markdown() -> None:
    tree = TreeSettings(title="Which stance?", steps=("Refuses (*never*): `reject`.", "**Else**: `offer`."))
    shown = make_interface(make_controls(SCHEME), InterfaceSettings(help=HelpSettings(trees=(tree,))))
    xml = interface_xml(shown)
    validate_interface(xml)
    values = re.findall(r'<Header size="6" value="([^"]*)"/>', xml.partition("</Panel>")[0])
    assert values[:3] == ["Which stance?", "1. Refuses (never): reject.", "2. Else: offer."]


def test_the_trees_of_the_settings_get_into_the_guidelines_of_a_workspace(run: Run, toy_root: Path) -> None:
    path = toy_root / GUIDELINES
    path.write_text(path.read_text("utf-8") + "\n<!-- stancebank:trees -->\n<!-- /stancebank -->\n", "utf-8")
    before, _, rest = (toy_root / "annotate/interface.toml").read_text("utf-8").partition("[[help.trees]]")
    tree = '[[help.trees]]\ntitle = "Which?"\nsteps = ["No: `reject`.", "Yes: `offer`."]\n\n[texts]'
    (toy_root / "annotate/interface.toml").write_text(before + tree + rest.partition("[texts]")[2], "utf-8")
    assert run("schema", "write", cwd=toy_root).returncode == 0
    made = "<!-- stancebank:trees -->\n\n### Which?\n\n1. No: `reject`.\n2. Yes: `offer`.\n\n<!-- /stancebank -->\n"
    assert path.read_text("utf-8").endswith(made)
    assert "1. No: reject." in (toy_root / "annotate/labeling.xml").read_text("utf-8")
    assert run("schema", "write", "--check", cwd=toy_root).returncode == 0


def test_guidelines_without_marked_parts_have_no_pages_to_print(toy_root: Path) -> None:
    (toy_root / GUIDELINES).write_text("# Guidelines\n\nGuideline version 1.0\n", "utf-8")
    assert quick_pages(toy_root) is None
    assert "Guideline version 1.0" in instructions(toy_root)


@pytest.mark.parametrize(
    ("ruling", "key", "message"),
    [
        ('field = "stanze"\nvalues = ["open", "offer"]', "rulings[1].stanze", "no field that is compared"),
        ('field = "stance"\nvalues = ["open", "ofer"]', "rulings[1].values", "'ofer': it is no value of stance"),
        ('field = "role"\nvalues = ["if", "until"]', "rulings[1].values", "'until': it is no value of condition_role"),
        ('field = "role"\nvalues = ["if"]', "rulings[1].values", "1 values, not two"),
    ],
)
def test_a_ruling_on_what_is_not_compared_is_a_fault(ruling: str, key: str, message: str) -> None:
    _, (fault,) = read_settings(f'[[rulings]]\n{ruling}\nrules = "G-33"\n'.encode(), make_controls(SCHEME))
    assert (fault.key, message in fault.message, bool(fault.hint)) == (key, True, True), fault


def test_the_sample_and_the_readings_name_rules_that_the_guidelines_know() -> None:
    known = known_rules(page(REPO / "annotate"))
    for name in ("src/stancebank/starter/sample/DIFFERENCES.md", "docs/two-readings.md"):
        assert set(re.findall(r"\bG-\d+", (REPO / name).read_text("utf-8"))) <= known
