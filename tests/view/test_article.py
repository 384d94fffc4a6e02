"""The page of an article: its text cut at spans, its cards, its readings side by side, in a browser and as values."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec.structs import replace as changed
from playwright.sync_api import Browser, Page

from stancebank.model import Sourced, Span
from stancebank.starter.laying import lay, sample_files
from stancebank.view.article import make_article, prepare_article, write_article
from stancebank.view.collection import Collection, Words, of_workspace
from stancebank.view.segments import Marked, TextLine, cut_text
from stancebank.workspace import open_workspace
from tests.conftest import REPO
from tests.pages import chromium, looking, require_all_widths

LOCKS = "brenn-evening-post-2031-03-14-lock-stock"


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Collection:
    root = tmp_path_factory.mktemp("sample")
    lay(sample_files(), root)
    return of_workspace(open_workspace(root))


def at(begin: int, end: int) -> Span:
    return Span(begin=begin, end=end, fingerprint="")


def read(line: TextLine) -> list[tuple[str | None, dict[int, tuple[str, ...]]]]:
    return [(each.words, dict(each.layers)) for each in line.segments]


def test_a_text_is_cut_where_spans_begin_and_end(sample: Collection) -> None:
    article = sample.article(LOCKS)
    text = sample.shown(LOCKS).text
    assert text is not None
    first = text.split("\n")[0]
    marked = [
        Marked(at(0, 10), 0, "s1", "s1"),
        Marked(at(5, 15), 0, "s2", "s2"),
        Marked(at(5, 8), 1, "s1"),
        Marked(at(20, 25), 0, "s1", "… s1"),  # discontinuous
    ]
    line = next(cut_text(article, marked, ["title", "body"], text, {}))
    assert read(line) == [
        (first[:5], {0: ("s1",)}),
        (first[5:8], {0: ("s1", "s2"), 1: ("s1",)}),
        (first[8:10], {0: ("s1", "s2")}),
        (first[10:15], {0: ("s2",)}),
        (first[15:20], {}),
        (first[20:25], {0: ("s1",)}),
        (first[25:], {}),
    ]
    assert [each.shared for each in line.segments] == [0, 0, 1, 0, 0, 0, 0]
    assert [each.opens for each in line.segments if each.opens] == [
        ((0, "s1", "s1"),),
        ((0, "s2", "s2"),),
        ((0, "s1", "… s1"),),
    ]
    assert (line.number, line.zone) == (1, "title")


def test_only_excerpts_are_shown(sample: Collection) -> None:
    article = sample.article(LOCKS)
    text = sample.shown(LOCKS).text
    assert text is not None
    excerpts = {(3, 9): text[3:9], (7, 12): text[7:12], (20, 24): text[20:24]}
    first, *others = cut_text(article, [Marked(at(3, 24), 0, "s1")], ["title"], None, excerpts)
    assert read(first) == [
        (None, {}),
        (text[3:12], {0: ("s1",)}),
        (None, {0: ("s1",)}),
        (text[20:24], {0: ("s1",)}),
        (None, {}),
    ]
    assert {each.words for line in others for each in line.segments} == {None}
    assert len(others) + 1 == len(article.lines)


@pytest.mark.slow
def test_the_whole_text_is_in_the_lines(sample: Collection) -> None:
    for name in sample.article_ids[:4]:
        shown = sample.shown(name)
        assert shown.text is not None
        for reading in prepare_article(sample, shown, whole=True).readings:
            lines = ["".join(each.words or "" for each in line.segments) for line in reading.lines]
            assert lines == [each for each in shown.text.split("\n") if each]


def test_cards_and_readings_of_the_sample(sample: Collection, tmp_path: Path) -> None:
    prepared = prepare_article(sample, sample.shown(LOCKS), whole=True)
    assert [each.name for each in prepared.readings] == ["gold", "annotator-1", "annotator-2", "annotator-3"]
    gold = prepared.readings[0]
    card = gold.cards[2]
    assert (card.token, card.who, card.label, card.what) == ("s3", "Mirel Tavos", "reject", "Open a waterway")
    assert card.is_conditional
    assert card.copies == ("s1",)
    assert gold.cards[0].same == "s3"
    assert {each.name: each.words for each in card.rows}["only if"] == (
        "until Qasira apologises for the shots at our keeper’s house"
    )
    assert [each.token for each in prepared.units if each.is_gold] == [each.token for each in gold.cards]
    assert {len(each.readings) for each in prepared.units} == {3}
    page = make_article(sample, LOCKS)
    assert page == make_article(sample, LOCKS)
    ids = [each.split('"')[0] for each in page.split(' id="')[1:]]
    assert len(ids) == len(set(ids))
    assert f"article-{LOCKS}-s3" in ids


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


def lit(page: Page) -> list[str]:
    """The words of content and conditions that are lit, in the order of the text."""
    found: list[str] = page.locator(".reading:not([hidden]) .text u.on:is(.r0, .r3)").evaluate_all(
        """all => all.map(each => { const copy = each.cloneNode(true);
        for (const at of copy.querySelectorAll(".at")) { at.remove(); } return copy.textContent; })"""
    )
    return found


def pressed(page: Page) -> list[str]:
    found: list[str] = page.locator(".reading:not([hidden]) .card:has(> button[aria-pressed=true])").evaluate_all(
        "all => all.map(each => each.dataset.s)"
    )
    return found


@pytest.mark.browser
@pytest.mark.server
def test_cards_light_up_their_words(browser: Browser, sample: Collection, tmp_path: Path) -> None:
    page = write_article(sample, LOCKS, tmp_path / "article.html")
    with looking(browser, page) as look:
        shown = look.page
        card = shown.locator(f"[id='article-{LOCKS}-s5'] > button")
        card.click()  # a discontinuous content, two conditions: all pieces, and nothing else
        assert lit(shown) == [
            "I will send Odo Senn to Lorn to negotiate",
            "if Qasira lifts its timber sanctions and pulls its patrols off the north bank!",
            "if Qasira lifts its timber sanctions",
            "and pulls its patrols off the north bank",
        ]
        assert shown.locator(".ties path.r0").count() == 1
        assert shown.locator(".ties path.r1").count() == 1
        assert pressed(shown) == ["s5"]
        look.shoot("article-lit", whole=False)
        card.click()
        assert (lit(shown), pressed(shown)) == ([], [])
        # by keyboard: along the cards, Enter, Escape
        shown.locator(f"[id='article-{LOCKS}-s1'] > button").focus()
        shown.keyboard.press("ArrowDown")
        assert lit(shown) == ["Veldia must open the locks"]  # lit while it is reached
        shown.keyboard.press("Enter")
        assert pressed(shown) == ["s2"]
        shown.keyboard.press("Escape")
        assert pressed(shown) == []
        # words that two statements have choose both cards; a number in the text leads to its card
        shown.locator(".reading:not([hidden]) .text u[data-s~=s7] .r6").first.click()
        assert "s7" in pressed(shown)
        shown.locator(".reading:not([hidden]) .at", has_text="s12 unless").click()
        assert pressed(shown) == ["s12"]
        assert shown.evaluate("document.activeElement.closest('.card').dataset.s") == "s12"
        shown.locator(f"[id='article-{LOCKS}-s3'] .to").click()
        assert pressed(shown) == ["s1"]
        # readings are tabs
        shown.locator("[role=tab]", has_text="gold").focus()
        shown.keyboard.press("ArrowRight")
        assert shown.locator(".reading:visible").get_attribute("data-name") == "annotator-1"
        shown.locator(".units .to", has_text="s9").first.click()
        assert shown.locator(".reading:visible").get_attribute("data-name") == "gold"
        assert pressed(shown) == ["s9"]
        look.require_quiet(page)
        shown.emulate_media(media="print")
        look.shoot("article-print")
        assert not shown.locator(".tabs").is_visible()
        visible = shown.locator(".card:visible").evaluate_all("all => all.map(each => each.id).filter(Boolean)")
        assert visible == [f"article-{LOCKS}-s{each}" for each in range(1, 13)]  # of gold alone
    require_all_widths(browser, page, "article")


@pytest.mark.browser
@pytest.mark.server
def test_from_right_to_left(browser: Browser, tmp_path: Path) -> None:
    collection = of_workspace(open_workspace(REPO / "tests" / "minimal"))
    name = collection.article_ids[0]
    page = write_article(collection, name, tmp_path / "article.html")
    with looking(browser, page, 768) as look:
        assert look.page.locator(".text").first.get_attribute("dir") == "rtl"
        line = look.page.locator(".ln").first
        margin, words = (line.locator(each).bounding_box() for each in (".zn", "p"))
        assert margin
        assert words
        assert margin["x"] >= words["x"] + words["width"]
        look.page.locator(".card > button").first.click()
        look.shoot("article-rtl")
        assert look.page.locator(".text u.on").count() > 0
        look.require_quiet(page)


HOSTILE = "</script><script>window.hit = 1</script><img src=http://x.example/ onerror=alert(1)><b>"


@pytest.mark.browser
@pytest.mark.server
def test_what_is_hostile_shows_as_text(browser: Browser, sample: Collection, tmp_path: Path) -> None:
    shown = sample.shown(LOCKS)
    assert shown.gold is not None
    assert shown.text is not None
    words = f"{HOSTILE}{shown.text[len(HOSTILE) :]}"
    readings = tuple(changed(each, annotator=f"{each.annotator}{HOSTILE}") for each in shown.readings)
    hostile = replace(
        shown,
        article=changed(shown.article, title=Sourced(value=HOSTILE, basis="given")),
        text=words,
        readings=readings,
    )

    class Hostile(Collection):
        def shown(self, article_id: str) -> object:  # type: ignore[override]
            return hostile

    fields = {each: getattr(sample, each) for each in sample.__dataclass_fields__}
    entities = {name: changed(each, name=f"{each.name}{HOSTILE}") for name, each in sample.entities.items()}
    page = write_article(Hostile(**{**fields, "entities": entities}), LOCKS, tmp_path / "hostile.html")
    with looking(browser, page) as look:
        assert look.page.inner_text("h1") == HOSTILE
        assert HOSTILE[:30] in look.page.inner_text(".ln >> nth=0")
        assert HOSTILE in look.page.locator("[role=tab]").nth(1).inner_text()
        assert HOSTILE in look.page.locator(".card strong").first.inner_text()
        assert look.page.locator(".body img, .body script, .body b:not(.zn b)").count() == 0
        assert look.page.evaluate("window.hit") is None
        look.require_quiet(page)


def test_words_that_are_not_shown(sample: Collection) -> None:
    none = replace(sample, words=Words.NONE)
    prepared = prepare_article(none, none.shown(LOCKS))
    assert "no words" in prepared.gap
    assert prepared.readings[0].lines == ()
    rows = [row for card in prepared.readings[0].cards for row in card.rows]
    assert {row.words for row in rows} == {None}
    first = none.shown(LOCKS).gold.statements[0].content[0]  # type: ignore[union-attr]
    assert next(row.place for row in rows if row.name == "content") == f"{first.begin}–{first.end}"
    shown = sample.shown(LOCKS)
    assert shown.gold is not None
    spans = [span for each in shown.gold.statements for span in each.content]
    quoted = replace(
        shown, text=None, excerpts={(each.begin, each.end): shown.span_words(each) or "" for each in spans}
    )
    prepared = prepare_article(sample, quoted)
    assert "[…]" in prepared.gap
    words = "".join(each.words or "" for line in prepared.readings[0].lines for each in line.segments)
    assert "We won’t open Osk" in words
    assert "Well, THAT didn’t take long" not in words
