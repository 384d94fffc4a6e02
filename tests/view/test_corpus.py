"""The sections on time and the corpus: counts against the files themselves, planted leaks, and a look in a browser."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pytest
from playwright.sync_api import Browser, expect

from stancebank.model import Sourced
from stancebank.pictures.picture import Picture
from stancebank.publish.build import build
from stancebank.starter.laying import lay, sample_files
from stancebank.view.collection import Collection, of_workspace, open_collection
from stancebank.view.corpus import make_corpus
from stancebank.view.folder import write_dossier
from stancebank.workspace import Workspace, open_workspace
from tests.conftest import REPO
from tests.pages import chromium, looking
from tests.publish.builds import ENVOY, HARVEST, LEDGER, MINISTER, NOTICE, fill_release, lay_split, write_ledger

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Four articles in three splits: one reprints another one, and two are of one event."""
    workspace = lay_split(tmp_path_factory.mktemp("planted") / "toy")
    store = workspace.store
    for name in (MINISTER, ENVOY):
        event = Sourced(value="harbour-talks", basis="given")
        store.write_record(msgspec.structs.replace(store.article(name), event=event))
    store.write_record(msgspec.structs.replace(store.article(MINISTER), reprint_of=HARVEST))
    return workspace


@pytest.fixture
def whole(tmp_path: Path) -> Workspace:
    """The same four articles, without a tie."""
    workspace = lay_split(tmp_path / "toy")
    for each in list(workspace.store.articles()):
        workspace.store.write_record(msgspec.structs.replace(each, event=None))
    return workspace


def pictures(collection: Collection) -> dict[str, Picture]:
    section = make_corpus(collection)
    assert section is not None
    return {each.name: each for each in section.pictures}


def rows(picture: Picture) -> list[list[str]]:
    return [list(each) for each in picture.table.rows]


def words_of(picture: Picture) -> list[str]:
    return [each.text or "" for each in ET.fromstring(picture.svg).iter(f"{SVG}text")]


@pytest.mark.slow
def test_the_sample_is_counted_as_its_files_say(tmp_path: Path) -> None:
    lay(sample_files(), tmp_path)
    records = [json.loads(each.read_bytes()) for each in sorted(tmp_path.glob("corpus/articles/*.json"))]
    gold = [json.loads(each.read_bytes()) for each in tmp_path.glob("corpus/gold/*.json")]
    found = pictures(of_workspace(open_workspace(tmp_path)))
    assert list(found) == ["outlets", "months", "articles-read"]
    outlets = Counter(each["outlet"]["value"] for each in records)
    assert {name: int(count) for name, *_, count in rows(found["outlets"])} == outlets
    assert f"{len(records)} articles of {len(outlets)} outlets." in found["outlets"].caption
    months = Counter(each["published"]["value"][:7] for each in records)
    assert {row[0]: int(row[-1]) for row in rows(found["months"])} == months
    for month, *counts, _ in rows(found["months"]):
        of_month = Counter(each["outlet"]["value"] for each in records if each["published"]["value"][:7] == month)
        assert [int(each) for each in counts] == [of_month[name] for name in found["months"].table.head[1:-1]]
    empty = sum(not each["statements"] for each in gold)
    readers = Counter(len(list(tmp_path.glob(f"corpus/annotations/*/{each['id']}.json"))) for each in records)
    read = {(what, value): int(count) for what, value, count in rows(found["articles-read"])}
    assert read["Gold", "statements"] == len(gold) - empty
    assert read["Gold", "nothing to annotate"] == empty
    assert {value: count for (what, value), count in read.items() if what == "Read by"} == {
        f"{number} people": count for number, count in readers.items()
    }
    assert sum(count for (what, _), count in read.items() if what == "Text policy") == len(records)
    section = make_corpus(of_workspace(open_workspace(tmp_path)))
    assert section is not None
    assert section.intro.startswith("No article is in a split, so that nothing can leak between splits.")


def test_a_bar_is_as_long_as_its_count(planted: Workspace) -> None:
    picture = pictures(of_workspace(planted))["outlets"]
    bars = [each for each in ET.fromstring(picture.svg).iter(f"{SVG}rect") if "bar" in each.get("class", "").split()]
    counts = [int(row[-1]) for row in rows(picture)]
    lengths = [float(each.get("width", "")) for each in bars]
    assert counts == [2, 1, 1]
    assert lengths == pytest.approx([lengths[0], lengths[0] / 2, lengths[0] / 2], abs=0.02)
    columns = [
        each
        for each in ET.fromstring(pictures(of_workspace(planted))["months"].svg).iter(f"{SVG}rect")
        if "column" in each.get("class", "").split()
    ]
    heights = [float(each.get("height", "")) for each in columns]
    assert heights == pytest.approx([85, 85, 170])  # one article of each of two outlets, and two without a month


def test_planted_leaks_are_shown(planted: Workspace) -> None:
    found = pictures(of_workspace(planted))
    assert {(what, place): int(number) for what, place, number in rows(found["splits"])} == {
        **{("Articles", each): 1 for each in ("train", "validation", "test", "not assigned")},
        ("Statements in gold", "train"): 0,
        ("Statements in gold", "validation"): len(statements(planted, MINISTER)),
        ("Statements in gold", "test"): len(statements(planted, ENVOY)),
        ("Statements in gold", "not assigned"): 0,
        ("Articles by fold", "fold 0"): 1,
        ("Articles by fold", "fold 1"): 1,
    }
    leaks = [row[:2] for row in rows(found["leaks"])]
    assert leaks == [
        ["same event: harbour-talks", "test: 1, validation: 1"],
        [f"reprints of {HARVEST}", "train: 1, validation: 1"],
        [f"reprints of {HARVEST}", "fold 0: 1, fold 1: 1"],
    ]
    assert found["leaks"].caption.startswith(
        "2 ties between articles of more than one split. 1 tie between articles of more than one fold."
    )
    assert "near copies" in found["leaks"].caption
    assert "No leak" not in found["leaks"].caption
    assert {"train", "validation", "test", "fold 0", "fold 1"} <= set(words_of(found["leaks"]))


def statements(workspace: Workspace, name: str) -> list[object]:
    gold = workspace.store.gold(name)
    assert gold is not None
    return list(gold.statements)


def test_reprints_stand_beside_what_they_reprint(planted: Workspace) -> None:
    picture = pictures(of_workspace(planted))["reprints"]
    assert [row[1] for row in rows(picture)] == ["2031-02-12"]
    assert {row[2] for row in rows(picture)} == {f"Keth Tribune: {HARVEST}"}
    assert picture.caption == "1 reprint of 1 article; the first printing is on the left."
    hrefs = [each.get("href") for each in ET.fromstring(picture.svg).iter(f"{SVG}a")]
    assert sorted(map(str, hrefs)) == sorted(f"#article-{each}" for each in (HARVEST, MINISTER))
    side = of_workspace(planted)
    del side.side.articles[HARVEST]
    side.__dict__["article_ids"] = tuple(each for each in side.article_ids if each != HARVEST)
    away = pictures(side)["reprints"]
    assert "1 first printing is not in this collection, and drawn dashed." in away.caption
    assert "stroke-dasharray" in away.svg


def test_without_a_leak_that_is_said_plainly(whole: Workspace) -> None:
    found = pictures(of_workspace(whole))
    assert found["leaks"].caption.startswith("No leak between splits. No leak between folds. ")
    assert words_of(found["leaks"]) == ["No leak"]
    assert "reprints" not in found
    write_ledger(whole, dict.fromkeys(LEDGER, "train,"))
    alone = pictures(of_workspace(open_workspace(whole.root)))["leaks"]
    assert alone.caption == "No leak: every article that is in a split is in train."


def test_words_that_gold_has_in_common_leak(whole: Workspace) -> None:
    store = whole.store
    gold, article = store.gold(ENVOY), store.article(ENVOY)
    text = store.text(article)
    assert gold is not None
    assert text is not None
    # NOTICE becomes the text of ENVOY as another article has it, with one statement
    first = max(gold.statements, key=lambda each: each.content[0].end - each.content[0].begin)
    assert len(text[first.content[0].begin : first.content[0].end].split()) >= 8
    store.write_article(msgspec.structs.replace(article, id=NOTICE), text)
    one = msgspec.structs.replace(first, id=f"{NOTICE}/s1", same_as=None)
    store.write_document(msgspec.structs.replace(gold, article_id=NOTICE, statements=(one,), retired=()))
    write_ledger(whole, {**LEDGER, NOTICE: "train,"})
    found = {row[0] for row in rows(pictures(of_workspace(open_workspace(whole.root)))["leaks"])}
    assert found == {"one text", "words in common"}


@pytest.mark.slow
def test_folders_say_the_same_and_a_release_what_its_own_report_says(planted: Workspace, tmp_path: Path) -> None:
    build(planted, tmp_path / "built")
    released = fill_release(planted, tmp_path / "released")
    found, built = (pictures(open_collection(str(each))) for each in (released, tmp_path / "built"))
    report = json.loads((released / "splits.json").read_bytes())
    assert len(rows(found["leaks"])) == len(report["leaks"]) + len(report["fold_leaks"]) == 3
    assert rows(found["leaks"]) == rows(built["leaks"]) == rows(pictures(of_workspace(planted))["leaks"])
    assert "near copies" in built["leaks"].caption
    assert "near copies" not in found["leaks"].caption
    assert "Read by" not in {row[0] for row in rows(found["articles-read"])}
    assert found["outlets"] == pictures(of_workspace(planted))["outlets"]


@pytest.mark.parametrize("name", ["other_domain", "minimal"])
def test_other_schemes_have_the_section_too(name: str) -> None:
    found = pictures(open_collection(str(REPO / "tests" / name)))
    assert found.keys() >= {"outlets", "months", "articles-read"}
    assert found == pictures(open_collection(str(REPO / "tests" / name)))


def test_without_articles_there_is_no_section(empty_root: Path) -> None:
    assert make_corpus(of_workspace(open_workspace(empty_root))) is None


@pytest.mark.server
@pytest.mark.browser
@pytest.mark.slow
def test_marks_open_their_statements_and_nothing_overflows(browser: Browser, planted: Workspace) -> None:
    page = write_dossier(of_workspace(planted), planted.root / "view.html")
    with looking(browser, page, 375, dark=True) as look:
        look.shoot("planted-375-dark")
        look.require_quiet(page)
    with looking(browser, page) as look:
        look.shoot("planted-1366")
        marks = look.page.locator("#time .pick")
        name = marks.first.get_attribute("aria-label")
        marks.first.click()
        expect(look.page.locator("#quotations")).to_be_visible()
        expect(look.page.locator("#quotations-title")).to_have_text(str(name))
        look.page.keyboard.press("Escape")
        marks.last.focus()
        look.page.keyboard.press("Enter")
        expect(look.page.locator("#quotations-title")).to_have_text(str(marks.last.get_attribute("aria-label")))
        wanted = len(str(marks.last.get_attribute("data-rows")).split())
        expect(look.page.locator("#quotations li")).to_have_count(wanted)
        look.page.keyboard.press("Escape")
        look.page.locator("#reprints svg a").first.focus()
        look.page.keyboard.press("Enter")
        assert look.page.url.endswith(f"#article-{HARVEST}")
        expect(look.page.locator(f"[id='article-{HARVEST}']")).to_be_in_viewport()
        ids = look.page.evaluate("[...document.querySelectorAll('[id]')].map((each) => each.id)")
        assert len(ids) == len(set(ids))
        look.require_quiet(page)
