"""`stancebank annotate agreement`: what it prints, its page, and what it says of bad input."""

import json
import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from tests.agreement.planted import ALL_FOUR, lay_planted
from tests.command import call_whole
from tests.conftest import REPO, TOY, Run, lay_workspace
from tests.pages import chromium, looking, require_all_widths

from stancebank.records import read_json, to_json
from stancebank.starter.laying import lay, sample_files

pytestmark = pytest.mark.slow

KETTLE = "the-kettle-2031-06-06-lukewarm-soup"


@pytest.fixture(scope="module")
def laid_sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample with its three annotators; not to be changed."""
    root = tmp_path_factory.mktemp("sample")
    lay(sample_files(), root)
    return root


@pytest.fixture
def sample(laid_sample: Path, tmp_path: Path) -> Path:
    """A copy of the sample with four articles."""
    root = Path(shutil.copytree(laid_sample, tmp_path / "sample"))
    for path in [*root.glob("corpus/articles/*.json")]:
        if not path.stem.startswith(("the-kettle", "meridian-wire-2031-02")):
            path.unlink()
    return root


def test_the_sample_is_told_from_what_stands_out_to_what_to_read(run: Run, laid_sample: Path) -> None:
    told = run("-w", laid_sample, "annotate", "agreement")
    assert told.returncode == 0, told.stderr
    parts = re.split(r"\n\n(?=[A-Z])", told.stdout)
    titles = [part.partition("\n")[0] for part in parts]
    assert titles == [
        "What to look at first",
        "Advice",
        "Question by question",
        "Each two annotators in stance: kappa (share)",
        "Most confused values",
        "Disagreements to read first",
    ]
    assert parts[0].splitlines()[1].startswith("1. offer and open (stance) are taken for each other: ")
    assert parts[0].endswith("G-403 should part them.")
    assert re.search(r"^4 +stance +166 +92\.0% +0\.90 +0\.91 +0\.8\d to 0\.9\d$", parts[2], re.MULTILINE)
    assert "– statement, condition: not corrected for chance" in parts[2]
    assert re.search(r"^stance +offer +open +14 +G-403$", parts[4], re.MULTILINE)
    assert len(re.findall(r"^\d+\. ", parts[5], re.MULTILINE)) == 10
    assert "target (G-406): annotator-1, annotator-2 willingness; annotator-3 talks" in parts[5]
    assert "nan" not in told.stdout.lower()
    assert told.stderr == "15 articles read by at least two of 3 annotators.\n"


def test_one_question_is_told_with_its_values_and_the_words_behind_its_confusions(run: Run, sample: Path) -> None:
    told = run("-w", sample, "annotate", "agreement", "--field", "role", "--article", KETTLE)
    assert told.returncode == 0, told.stderr
    assert "alpha  " in told.stdout
    (row,) = re.findall(rf"^only_if / while: 2 \(.*\)\narticle.*\n{KETTLE} +(.*)$", told.stdout, re.MULTILINE)
    assert re.fullmatch(r"annotator-1, annotator-2 only_if; annotator-3 while +“.*as long as .*”", row)


def test_json_has_all_figures_and_the_places_of_confusions(run: Run, sample: Path) -> None:
    told = run("-w", sample, "annotate", "agreement", "annotator-1", "annotator-2", "--json")
    value = json.loads(told.stdout)
    assert value.keys() == {"first", "report", "merges", "samples", "disagreements", "left_out", "alone"}
    report = value["report"]
    assert (report["annotators"], report["articles"]) == (["annotator-1", "annotator-2"], 4)
    stance = next(each for each in report["fields"] if each["name"] == "stance")
    assert stance["share"]["value"] == pytest.approx(
        1 - sum(each["count"] for each in stance["confusions"]) / stance["units"]
    )
    assert all(len(each["places"]) == each["count"] for each in stance["confusions"])
    undefined = [
        each for field in report["fields"] for each in (field["kappa"], field["alpha"]) if each["value"] is None
    ]
    assert undefined
    assert all(each["reason"] for each in undefined)


class Tags(HTMLParser):
    """What a page consists of: the ids, the links, and whether tags are closed in their order."""

    VOID = ("meta", "br")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids += [each for each in (given.get("id"),) if each]
        self.links += [str(given["href"])] if "href" in given else []
        self.loaded += [str(given[each]) for each in ("src", "srcset", "data") if each in given]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_needs_nothing_else_and_every_number_leads_somewhere(run: Run, sample: Path, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    assert run("-w", sample, "annotate", "agreement", "--html", file).stderr.endswith(
        "keep it out of the repository.\n"
    )
    tags = Tags()
    tags.feed(file.read_text("utf-8"))
    assert (tags.open, tags.loaded, len(tags.ids)) == ([], [], len(set(tags.ids)))
    assert tags.links
    assert {each.removeprefix("#") for each in tags.links} <= set(tags.ids)
    assert 'content="default-src &#39;none&#39;' in file.read_text("utf-8")
    assert not re.search(r"style=[\"']", file.read_text("utf-8"))


def test_what_a_text_says_is_escaped_and_what_is_not_at_hand_is_not_shown(
    run: Run, sample: Path, tmp_path: Path
) -> None:
    (article,) = sample.glob(f"corpus/articles/{KETTLE}.json")
    (sample / f"corpus/texts/{KETTLE}.txt").unlink()
    settings = sample / "stancebank.toml"
    settings.write_text(
        re.sub(r'pretty_name = ".*"', 'pretty_name = "<b>A & B</b>"', settings.read_text("utf-8")), "utf-8"
    )
    file = tmp_path / "page.html"
    told = run("-w", sample, "annotate", "agreement", "--article", article.stem, "--html", file)
    assert told.returncode == 0, told.stderr
    page = file.read_text("utf-8")
    assert "&lt;b&gt;A &amp; B&lt;/b&gt;" in page
    assert "<b>" not in page
    assert "The words are not at hand." in page
    assert "as long as" not in page + told.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("annotator-9", "annotator-1"),
            "No annotator is called annotator-9.\nHint: there are annotator-1, annotator-2",
        ),
        (("annotator-1", "gold"), "Gold is no annotator: `stancebank annotate compare NAME gold`"),
        (("annotator-1",), "One annotator has nobody to agree with.\nHint: name two or more, or none for all."),
        (("annotator-9", "--article", "none"), "No annotator is called annotator-9"),
        (("annotator-9", "--article", "none"), "There is no article none.\nHint: `stancebank corpus list`"),
        (("--field", "mood", "--article", KETTLE), "There is no question mood.\nHint: they are statement, "),
    ],
)
def test_what_cannot_be_measured_is_said_with_a_hint(
    arguments: tuple[str, ...], said: str, run: Run, laid_sample: Path
) -> None:
    told = run("-w", laid_sample, "annotate", "agreement", *arguments)
    assert (told.returncode, told.stdout) == (1, "")
    assert said in told.stderr


def test_where_nobody_or_one_has_read_the_hint_says_how_readings_come(run: Run, sample: Path) -> None:
    for name in ("annotator-2", "annotator-3"):
        shutil.rmtree(sample / "corpus/annotations" / name)
    told = run("-w", sample, "annotate", "agreement")
    assert (told.returncode, "annotator-1 alone has readings here; agreement needs two" in told.stderr) == (1, True)
    shutil.rmtree(sample / "corpus/annotations/annotator-1")
    told = run("-w", sample, "annotate", "agreement")
    assert (told.returncode, "There are no readings here" in told.stderr) == (1, True)


def test_readings_of_another_text_are_left_out_and_named(run: Run, sample: Path) -> None:
    path = sample / f"corpus/annotations/annotator-2/{KETTLE}.json"
    path.write_text(to_json(read_json(path) | {"text_sha256": "0" * 64}), "utf-8")
    told = run("-w", sample, "annotate", "agreement", "--json")
    assert json.loads(told.stdout)["left_out"] == [f"annotator-2/{KETTLE}"]
    assert f"Left out: annotator-2/{KETTLE} is not of the article's present text" in told.stderr
    told = run("-w", sample, "annotate", "agreement", "annotator-1", "annotator-2", "--article", KETTLE)
    assert (told.returncode, "two readings of its present text" in told.stderr) == (1, True)


@pytest.mark.parametrize("name", ["minimal", "other_domain"])
def test_another_scheme_is_measured_in_its_own_questions(name: str, run: Run, tmp_path: Path) -> None:
    root = Path(shutil.copytree(REPO / "tests" / name, tmp_path / name))
    gold = sorted((root / "corpus/gold").glob("*.json"))
    label = "stance"
    changed = 0
    for who in ("ann", "ben"):
        (root / "corpus/annotations" / who).mkdir(parents=True)
        for path in gold:
            value: Any = {key: each for key, each in read_json(path).items() if key != "gold"} | {"annotator": who}
            if who == "ben" and not changed:
                others = {each[label] for one in gold for each in read_json(one)["statements"]}
                value["statements"][0][label] = min(others - {value["statements"][0][label]})
                changed = 1
            (root / "corpus/annotations" / who / path.name).write_text(to_json(value), "utf-8")
    told = run("-w", root, "annotate", "agreement", "--html", tmp_path / "page.html", "--json")
    assert told.returncode == 0, told.stderr
    fields = {each["name"]: each for each in json.loads(told.stdout)["report"]["fields"]}
    assert [each["count"] for each in fields[label]["confusions"]] == [1]
    assert ("role" in fields) == (name == "other_domain")
    assert run("-w", root, "annotate", "agreement").returncode == 0


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """What is printed, and the page, where two labels are confused, a rule decides nothing, and one is careless."""
    root = lay_workspace(TOY, tmp_path_factory.mktemp("planted") / "toy")
    for folder in ("articles", "texts", "gold"):
        shutil.rmtree(root / "corpus" / folder)
    lay_planted(root, ALL_FOUR, seed=1, articles=10)
    file = root / "exports/agreement.html"
    return call_whole("-w", root, "annotate", "agreement", "--html", file).stdout, file


def test_what_was_planted_is_named_first_and_nothing_else(planted: tuple[str, Path]) -> None:
    first = planted[0].split("\n\n")[0].splitlines()[1:]
    assert [re.sub(r"\d+%", "N%", line) for line in first] == [
        "1. careless differs from the others in N% of the answers; they differ from one another in N%.",
        "2. offer and open (stance) are taken for each other: N% of the differences in stance are between these two; "
        "chance would give N%. G-403 should part them.",
        "3. G-501, G-502 (force) leave open what to answer: N% of the answers differ; in the other questions N% is "
        "usual.",
    ]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.mark.browser
@pytest.mark.server
def test_the_page_shows_what_was_planted_first_and_its_cells_lead_to_their_cases(
    browser: Browser, planted: tuple[str, Path]
) -> None:
    with looking(browser, planted[1]) as look:
        page = look.page
        assert page.locator("ol.first li").evaluate_all("all => all.map(each => each.dataset.kind)") == [
            "annotator",
            "values",
            "field",
        ]
        stance = page.locator("details.question", has=page.locator("summary", has_text=re.compile("^stance"))).first
        cells = stance.locator("svg a")
        darkest = cells.evaluate_all(
            "all => all.map(each => [Number(each.querySelector('rect').getAttribute('fill-opacity')),"
            " each.getAttribute('aria-label')]).sort((a, b) => b[0] - a[0])"
        )
        assert darkest[0][1].startswith("offer and open: ")
        assert darkest[0][0] > darkest[1][0]
        number = stance.get_by_role("link", name=re.compile("^offer and open: "))
        places = page.locator(str(number.get_attribute("href")))
        assert not places.is_visible()
        number.click()
        expect(places).to_be_in_viewport()
        assert places.locator("q").first.inner_text().count(" ") > 2
        # a question and two annotators, by keyboard; then on to the case among those of its question
        cell = page.get_by_role("link", name=re.compile("^force, careful-1 and careless: κ"))
        cell.focus()
        page.keyboard.press("Enter")
        cases = page.locator(str(cell.get_attribute("href")))
        expect(cases).to_be_in_viewport()
        said = cases.locator("li span").all_inner_texts()
        assert said
        assert all("careful-1" in each and "careless" in each for each in said if not each.startswith("And "))
        cases.locator("a").first.click()
        expect(page.locator(str(cases.locator("a").first.get_attribute("href")))).to_be_in_viewport()
        look.require_quiet(planted[1])
    require_all_widths(browser, planted[1], "agreement")
