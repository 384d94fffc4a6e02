"""The dossier of a workspace or folder, in a browser as people open it: overview, list, search, and folders of many."""

import html
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from stancebank.corpus.leaks import Guard, Protected
from stancebank.errors import InputError
from stancebank.publish.build import build
from stancebank.publish.gold import GAP
from stancebank.starter.laying import lay, sample_files
from stancebank.view import folder as writing
from stancebank.view.collection import Words, of_workspace, open_collection
from stancebank.view.dossier import make_dossier
from stancebank.view.folder import write_dossier, write_folder
from stancebank.workspace import Workspace, open_workspace
from tests.conftest import REPO, Run
from tests.invented import lay_invented
from tests.killing import killed_at
from tests.pages import chromium, looking, require_all_widths
from tests.publish.builds import ENVOY, contents, lay_toy, withhold

LOCKS = "brenn-evening-post-2031-03-14-lock-stock"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    root = tmp_path_factory.mktemp("sample")
    lay(sample_files(), root)
    return open_workspace(root)


@pytest.fixture(scope="module")
def page(sample: Workspace) -> Path:
    return write_dossier(of_workspace(sample), sample.root / "view.html")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return lay_invented(tmp_path_factory.mktemp("small"), 14, statements=4, full=1.0)


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a folder begin with ten articles, and its files hold few of them."""
    monkeypatch.setattr(writing, "MOST", 10)
    monkeypatch.setattr(writing, "ARTICLES", 4)
    monkeypatch.setattr(writing, "TEXTS", 2)
    monkeypatch.setattr(writing, "STATEMENTS", 15)


def search(page: Page, words: str, within: str = "all") -> str:
    """Search, and return what the page announces."""
    page.select_option("#search-in", within)
    page.fill("#search-words", words)
    expect(page.locator("#search-found")).to_have_attribute("aria-busy", "false")
    return page.inner_text("#search-status")


def found(page: Page) -> list[str]:
    return page.locator("#search-found > li").all_inner_texts()


def require_article_look(article: Locator) -> None:
    """Its words are marked, and a card lights up its own, as on a page of its own."""
    mark = article.locator(".text u.r2").first
    assert mark.evaluate("each => getComputedStyle(each).textDecorationStyle") == "dashed"
    article.locator(".card > button").first.click()
    expect(article.locator(".text u.on").first).to_be_visible()


@pytest.mark.browser
@pytest.mark.server
def test_the_sample_is_searched_filtered_and_read_by_keyboard(browser: Browser, page: Path) -> None:
    with looking(browser, page) as look:
        shown = look.page
        numbers = shown.locator(".numbers li").all_inner_texts()
        assert numbers[:2] == ["15\narticles", "161\nstatements"]
        assert "allow to be published" in shown.inner_text("#words")
        # by each field, folded, and all words at once
        assert search(shown, "tavos", "who").startswith("Found ")
        assert found(shown)
        assert all("Mirel Tavos" in each for each in found(shown))
        search(shown, "CEASEFIRE", "what")
        assert found(shown)
        assert all("Ceasefire" in each for each in found(shown))
        search(shown, "apólogise", "conditions")
        assert found(shown)
        assert all("Apologise" in each for each in found(shown))
        search(shown, "minister ferry", "words")
        assert found(shown)
        assert all("minister" in each.lower() and "ferry" in each.lower() for each in found(shown))
        assert set(shown.locator("#search-found mark").all_inner_texts()) == {"Minister", "minister", "ferry"}
        search(shown, "abacus", "articles")
        assert [each.split("\n")[0] for each in found(shown)] == ["Eleven for four, and other sums they do at Osk"]
        assert search(shown, "xylophone") == "Nothing was found for “xylophone”."
        assert found(shown) == []
        # "/" leads to the search, arrows into what it found, Enter to the article, which opens
        shown.locator("#main h1").click()
        shown.keyboard.press("/")
        shown.keyboard.press("Control+a")
        shown.keyboard.type("eleven for four sums")
        expect(shown.locator("#search-found")).to_have_attribute("aria-busy", "false")
        links = shown.locator("#search-found a").count()
        for _ in range(links):
            shown.keyboard.press("ArrowDown")
        shown.keyboard.press("Enter")
        opened = shown.locator("#articles-list > details[open]")
        expect(opened).to_have_count(1)
        assert "Eleven for four" in opened.locator("> summary").inner_text()
        # the list is filtered and put in order; a link to what the filter hides shows it all the same
        lines = shown.locator("#articles-list > details:visible > summary .name")
        shown.fill("#articles-filter", "lorn courier")
        assert lines.count() == 2 < shown.locator("#articles-list > details").count()
        assert shown.inner_text("#articles-status") == "2 of 15 articles"
        shown.evaluate(f"location.hash = 'article-{LOCKS}'")
        expect(shown.locator(f"#article-{LOCKS}")).to_have_attribute("open", "")
        require_article_look(shown.locator(f"#article-{LOCKS}"))
        expect(lines).to_have_count(15)
        shown.select_option("#articles-order", "statements")
        held = shown.locator("#articles-list > details").evaluate_all(
            "all => all.map(each => +each.dataset.statements)"
        )
        assert held == sorted(held, reverse=True)
        assert len(set(held)) > 3
        look.require_quiet(page)


@pytest.mark.browser
@pytest.mark.server
def test_at_all_widths(browser: Browser, page: Path) -> None:
    require_all_widths(browser, page, "dossier")
    with looking(browser, page) as look:
        look.page.emulate_media(media="print")
        assert not look.page.locator("nav").is_visible()
        assert not look.page.locator("#search").is_visible()
        assert look.page.locator("#articles summary").first.is_visible()


@pytest.mark.slow
def test_a_page_without_words_has_none(sample: Workspace, page: Path) -> None:
    texts = [(each, sample.store.text(each) or "") for each in sample.store.articles()]
    titles = [each.title.value for each, _ in texts if each.title]
    guard = Guard([Protected(each, text) for each, text in texts], titles=titles)
    assert len(guard.search(html.unescape(page.read_text()))) == len(texts)
    assert guard.search(html.unescape(make_dossier(of_workspace(sample, Words.NONE)))) == {}


@pytest.mark.slow
def test_a_folder_shows_what_its_rows_show(tmp_path: Path) -> None:
    workspace = lay_toy(tmp_path / "toy")
    settings = workspace.root / "stancebank.toml"
    settings.write_text(f"{settings.read_text()}\n[rights]\nquoted_share = 60\n")
    workspace = open_workspace(workspace.root)
    withhold(workspace, ENVOY, "quotes")
    build(workspace, tmp_path / "built")
    collection = open_collection(str(tmp_path / "built"))
    page = make_dossier(collection)
    (article,) = (each for each in collection.articles() if each.article.id == ENVOY)
    text = workspace.store.text(workspace.store.article(ENVOY)) or ""
    shown = [words for each in collection.positions.items if each.article.id == ENVOY and (words := each.words)]
    assert shown
    assert [each for each in shown if each.split(GAP)[0] not in text] == []
    outside = text
    for begin, end in sorted(article.excerpts, reverse=True):
        outside = outside[:begin] + "\n" + outside[end:]
    pieces = [each for each in outside.split("\n") if len(each.split()) > 5]
    assert pieces
    assert not [each for each in pieces if each.strip() in html.unescape(page)]


@pytest.mark.parametrize("name", ["other_domain", "minimal"])
def test_other_schemes(name: str, tmp_path: Path) -> None:
    collection = of_workspace(open_workspace(REPO / "tests" / name))
    page = make_dossier(collection)
    assert f"<strong>{len(collection.article_ids)}</strong>" in page
    assert ('value="conditions"' in page) == collection.scheme.has_conditions


@pytest.mark.browser
@pytest.mark.server
@pytest.mark.usefixtures("small_blocks")
def test_many_articles_are_a_folder(browser: Browser, small: Workspace, tmp_path: Path) -> None:
    out = tmp_path / "pages"
    collection = of_workspace(small)
    index = write_dossier(collection, out)
    assert index == out / "index.html"
    assert not (out / ".gitignore").exists()  # all may be published
    parts = sorted((out / "data").iterdir())
    assert [each.name for each in parts] == [
        *("statements-0001.js", "statements-0002.js", "statements-0003.js", "statements-0004.js"),
        *("texts-0001.js", "texts-0002.js"),
    ]
    before = contents(out)
    write_dossier(of_workspace(small), out)
    assert contents(out) == before
    last = collection.positions.items[-1]
    speaker, words = collection.positions.entity_name(last.statement.speaker.entity), last.words or ""
    with looking(browser, index) as look:
        shown = look.page
        look.require_quiet(index)
        search(shown, speaker.upper(), "who")
        assert found(shown)
        assert all(each.startswith(speaker) for each in found(shown))
        search(shown, words, "words")
        assert len(found(shown)) == 1
        assert look.requests.count(parts[0].as_uri()) == 1  # it was kept
        assert shown.locator("#articles-list > li").count() == 14
        shown.fill("#articles-filter", "outlet 12")
        assert shown.locator("#articles-list > li").count() == 1
        search(shown, words)
        look.require_quiet(index, *parts)
        shown.locator(".pick").first.press("Enter")
        assert shown.locator("dialog[open] li").count()
        shown.keyboard.press("Escape")
        shown.locator("#search-found a").first.click()
        shown.wait_for_url("**/articles/0004.html#article-invented-000013*")
        opened = shown.locator("#articles-list > details[open] > summary")
        assert opened.inner_text().startswith(str(last.article.title and last.article.title.value))
        pair = shown.locator("#articles-list > details[open] .pair").first
        assert pair.evaluate("each => getComputedStyle(each).display") == "grid"  # the style of articles is there
        shown.go_back()
        shown.evaluate("location.hash = 'article-invented-000005'")
        shown.wait_for_url("**/articles/0002.html#article-invented-000005")
        look.require_quiet(index, *parts, *(out / "articles").iterdir())
    hostile = out / "hostile.html"  # what stands in a page is refused, even where its own script may load files
    planted = '<script>window.hit = 1</script><script src="data/texts-0001.js"></script><dialog'
    hostile.write_text(index.read_text().replace("<dialog", planted, 1))
    with looking(browser, hostile) as look:
        assert look.page.evaluate("window.hit") is None
        assert len([each for each in look.faults if "Content Security Policy" in each]) == 2


@pytest.mark.slow
@pytest.mark.usefixtures("small_blocks")
def test_a_folder_is_replaced_as_a_whole_or_not_at_all(small: Workspace, tmp_path: Path) -> None:
    out = tmp_path / "pages"
    collection = of_workspace(small)
    write_folder(collection, out)
    before = contents(out)
    for number, call in ((3, "mkdir"), (5, "fsync"), (0, "rename"), (1, "rename")):
        assert killed_at(number, [call], small.root, "view", "--words", "none", "--out", out), call
        if (number, call) != (1, "rename"):  # between the two the next run puts it back
            assert contents(out) == before
    write_folder(collection, out)
    assert contents(out) == before
    assert [each.name for each in tmp_path.iterdir()] == ["pages"]
    (out / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="has not put there"):
        write_folder(collection, out)


@pytest.mark.slow
def test_what_is_not_a_page_is_not_replaced(small: Workspace, tmp_path: Path, run: Run) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    for name, message in (
        ("notes.txt", "was not made by `stancebank view`"),
        (".", "is a folder, and this is one page"),
    ):
        refused = run("-w", small.root, "view", "--out", tmp_path / name)
        assert refused.returncode == 1
        assert message in refused.stderr
        assert "Hint: " in refused.stderr
    assert (tmp_path / "notes.txt").read_text() == "mine"
    for _ in range(2):
        assert run("-w", small.root, "view", "--out", tmp_path / "a.html").stderr == f"Wrote {tmp_path / 'a.html'}.\n"


@pytest.mark.slow
def test_the_301st_article(tmp_path: Path, run: Run) -> None:
    root = lay_invented(tmp_path / "many", 301, statements=1, full=0.9).root
    refused = run("-w", root, "view", "--out", tmp_path / "a.html")
    assert refused.returncode == 1
    assert "A page has at most 300" in refused.stderr
    assert "It holds words of articles: keep it out of the repository." in run("view", cwd=root).stderr
    assert (root / "view" / ".gitignore").read_text().endswith("\n*\n")
    assert len(list((root / "view" / "articles").iterdir())) == 13
    assert run("check", cwd=root).returncode == 0
