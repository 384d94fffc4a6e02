"""Every page of a workspace that is written to break pages: nothing runs or is asked for, and all is shown as text."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from stancebank.api import OpenWorkspace
from stancebank.pictures import page as frame
from stancebank.pictures.palette import DARK, LIGHT, VALUES
from stancebank.publish.diff import compare_sides
from stancebank.publish.diff_report import to_page as diff_page
from stancebank.publish.sides import read_workspace
from stancebank.records import write_text
from stancebank.view import folder
from stancebank.view.article import write_article
from stancebank.view.collection import of_workspace
from stancebank.view.folder import write_folder
from stancebank.workspace import open_workspace
from tests.command import call
from tests.conftest import REPO
from tests.hostile import PAYLOADS, SCRIPT, lay_hostile
from tests.pages import Look, chromium, looking, require_accessible

BROWSER = (pytest.mark.browser, pytest.mark.server)
SOURCE = REPO / "src" / "stancebank"


@dataclass(frozen=True)
class Held:
    """The workspace, and another version of it."""

    root: Path
    other: Path


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Held:
    root, other = (tmp_path_factory.mktemp(name) for name in ("hostile", "other"))
    lay_hostile(root)
    lay_hostile(other)
    for path in other.glob("corpus/gold/*.json"):
        text = path.read_text("utf-8").replace('"stance": "offer"', '"stance": "deny"')
        path.write_text(text, encoding="utf-8", newline="\n")
    return Held(root, other)


def by_command(*arguments: str) -> Callable[[Held, Path], Path]:
    """Return a maker of a page by the command that writes it to a file."""

    def make(held: Held, out: Path) -> Path:
        done = call("-w", held.root, *arguments, out, cwd=out.parent)
        assert done.returncode == 0, done.stderr
        return out

    return make


def make_article(held: Held, out: Path) -> Path:
    return write_article(of_workspace(open_workspace(held.root)), "invented-000001", out)


def make_diff(held: Held, out: Path) -> Path:
    one, other = (read_workspace(open_workspace(each), "the workspace") for each in (held.root, held.other))
    write_text(out, diff_page(compare_sides(one, other)))
    return out


def make_parts(held: Held, out: Path) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folder, "ARTICLES", 1)
        write_folder(of_workspace(open_workspace(held.root)), out.with_suffix(""))
    return out.with_suffix("")


def make_notebook(held: Held, out: Path) -> Path:
    """What a notebook shows of every kind of record, in a page that allows scripts."""
    opened = OpenWorkspace(open_workspace(held.root))
    (article, *_), (gold, *_) = opened.articles(), opened.gold()
    records = (opened, article, gold, gold.statements[0], opened.entities(), opened.targets(), opened.picture("time"))
    shown = "\n".join(each._repr_html_() for each in records)
    head = '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Notebook</title></head>'
    style = "<style>body { overflow-wrap: anywhere; } img { max-width: 100%; }</style>"
    write_text(out, f"{head}<body>{style}<main><h1>Notebook</h1>{shown}</main></body></html>\n")
    return out


PAGES: dict[str, Callable[[Held, Path], Path]] = {
    "dossier": by_command("view", "--out"),
    "article": make_article,
    "folder": make_parts,
    "agreement": by_command("annotate", "agreement", "--html"),
    "feedback": by_command("annotate", "feedback", "reader-1", "--html"),
    "diff": make_diff,
    "notebook": make_notebook,
}
"""All pages that the toolkit draws."""

ALLOWED = re.compile(r"#|https?://|(?:\.\./)?[\w./-]+\.html(?:#[\w-]+)?\Z")
"""What links may lead to."""

_OPEN_ALL = "document.querySelectorAll('details').forEach((each) => { each.open = true; })"
_FOREIGN = """() => [
  ...[...document.querySelectorAll("iframe, object, embed, base, link, video, audio, template, marquee")],
  ...[...document.querySelectorAll("img")].filter((each) => !each.src.startsWith("data:image/svg+xml;base64,")),
  ...[...document.querySelectorAll("script")].filter((each) => /pwned/.test(each.textContent) && !each.id),
  ...[...document.querySelectorAll("*")].filter((each) => [...each.attributes].some(
    ({ name }) => name.startsWith("on") || name === "style" || name === "srcdoc" || name === "autofocus")),
].map((each) => each.outerHTML.slice(0, 200))"""
_LINKS = """() => [...document.querySelectorAll("[href], [src], [action], [formaction]")].map((each) =>
  each.getAttribute("href") ?? each.getAttribute("src") ?? each.getAttribute("action") ?? "")"""


def require_harmless(look: Look) -> None:
    page = look.page
    assert page.evaluate("window.pwned") is None
    assert page.evaluate(_FOREIGN) == []
    links = page.evaluate(_LINKS)
    assert [each for each in links if not ALLOWED.match(each) and not each.startswith("data:image/svg+xml;")] == []


@pytest.mark.browser
@pytest.mark.server
@pytest.mark.parametrize("name", PAGES)
def test_a_hostile_workspace_is_shown_as_text(browser: Browser, held: Held, tmp_path: Path, name: str) -> None:
    made = PAGES[name](held, tmp_path / f"{name}.html")
    pages = sorted(made.rglob("*.html")) if made.is_dir() else [made]
    pages = [each for each in pages if each.name in ("index.html", "0001.html")] if made.is_dir() else pages
    for path in pages:
        with looking(browser, path) as look:
            look.page.evaluate(_OPEN_ALL)
            require_harmless(look)
            text = look.page.evaluate("document.body.textContent")
            assert [each for each in PAYLOADS if each in text] or name == "diff"  # which tells of ids and values
            require_accessible(look)
            mark = look.page.locator(".pick").first
            if mark.count():
                mark.focus()
                look.page.keyboard.press("Enter")
                assert any(each in look.page.inner_text("#quotations") for each in PAYLOADS)
                require_harmless(look)
                look.page.keyboard.press("Escape")
            for search in look.page.locator("input[type=search]").all():
                search.fill(SCRIPT)
            look.page.wait_for_timeout(100)
            require_harmless(look)
            look.shoot(f"hostile-{name}-{path.stem}", whole=False)
            look.require_quiet(path, *made.rglob("*.js"), *made.parent.glob("*.js"))
        with looking(browser, path, 375) as look:
            look.page.evaluate(_OPEN_ALL)


def test_templates_have_neither_styles_nor_handlers_and_trust_nothing() -> None:
    found = [each for place in frame.TEMPLATES for each in sorted((SOURCE / place).glob("*.html"))]
    assert {each.name for each in found} >= {"frame.html", "picture.html", "dossier.html"}
    for path in found:
        text = path.read_text("utf-8")
        assert not re.search(r"\sstyle\s*=|\son[a-z]+\s*=|javascript:|<base|<link|@import|\| *attr", text), path
        trusted = re.findall(r"[\w.]+ *\| *safe", text)
        assert set(trusted) <= {"picture.svg | safe", "each.svg | safe", "card.mark | safe"}, path
        assert "autoescape" not in text, path
        if path.name != "frame.html":
            assert "<script" not in text, path
            assert "<style" not in text, path
            assert not text.startswith("<!DOCTYPE"), path


def test_scripts_make_no_markup_and_ask_for_nothing() -> None:
    found = [each for place in frame.TEMPLATES for each in sorted((SOURCE / place).glob("*.js"))]
    assert {each.name for each in found} >= {"frame.js"}
    wrong = (
        r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|new Function|fetch\(|XMLHttp|WebSocket|sendBeacon"
    )
    for path in found:
        assert not re.search(wrong, path.read_text("utf-8")), path
    for path in (each for place in frame.TEMPLATES for each in (SOURCE / place).glob("*.css")):
        assert not re.search(r"url\(|@import|expression", path.read_text("utf-8")), path


def luminance(colour: str) -> float:
    """Relative luminance by WCAG 2.2."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_colours_have_the_contrast_that_wcag_asks_for(colours: dict[str, str]) -> None:
    """4.5 : 1 of what is read (1.4.3), 3 : 1 of marks and the edges of controls (1.4.11), on both grounds."""
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    for ground in ("page", "soft"):
        for name in ("ink", "quiet", "link", "mark"):
            assert contrast(colours[name], colours[ground]) >= 4.5, (name, ground)
        for name in ("edge", *(f"v{place}" for place in range(VALUES))):
            assert contrast(colours[name], colours[ground]) >= 3, (name, ground)
