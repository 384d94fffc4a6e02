"""What a notebook shows: records, a workspace, a picture, a page."""

import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest

import stancebank
from stancebank.errors import InputError
from stancebank.model import Entity, Mention, Role, Span, Statement, Target, TargetEntry
from stancebank.pictures.picture import Picture, PictureTable
from stancebank.pictures.svg import Drawing
from tests.conftest import TOY, lay_workspace

HOSTILE = "</td></table><script>x()</script>\"'><img src=x onerror=x()>"


class Seen(HTMLParser):
    """The elements of some HTML, which must be well nested, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not [name for name, _ in attrs if name.startswith("on") or name == "style"]
        self.names.append(tag)
        if tag not in ("br", "img"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def shown(record: object) -> Seen:
    return Seen(record._repr_html_())  # type: ignore[attr-defined]


def test_a_record_is_a_table_of_what_it_holds() -> None:
    entity = Entity(id="ilse", name="Ilse Marrow", kind="person", roles=(Role(title="envoy", begin="2031"),))
    assert entity._repr_html_() == (
        '<table><caption>Entity</caption><tbody><tr><th scope="row">id</th><td dir="auto">ilse</td></tr>'
        '<tr><th scope="row">name</th><td dir="auto">Ilse Marrow</td></tr>'
        '<tr><th scope="row">kind</th><td dir="auto">person</td></tr>'
        '<tr><th scope="row">roles</th><td dir="auto"><ul><li dir="auto">title: envoy; begin: 2031</li></ul></td></tr>'
        "</tbody></table>"
    )


def test_all_that_records_hold_is_escaped() -> None:
    span = Span(begin=3, end=9, fingerprint="f1")
    told = shown(
        Statement(
            id=HOSTILE,
            content=(span,) * 150,
            speaker=Mention(entity=HOSTILE, span=span),
            target=Target(id="t", fields={HOSTILE: (HOSTILE, HOSTILE)}),
            fields={"stance": "open"},
        )
    )
    assert set(told.names) <= {"table", "caption", "tbody", "tr", "th", "td", "ul", "li", "details", "summary", "p"}
    assert told.text.count(HOSTILE) == 5
    assert "... and 50 more" in told.text
    assert shown(TargetEntry(id="t", name=HOSTILE, definition="d", use="both")).text.count(HOSTILE) == 1


def test_a_picture_is_an_image_with_its_table() -> None:
    drawing = Drawing("three", 100, 50)
    drawing.text(10, 20, HOSTILE)
    picture = Picture("three", HOSTILE, HOSTILE, drawing.svg(), PictureTable(("who",), ((HOSTILE,),)), note=HOSTILE)
    told = shown(picture)
    assert told.names.count("img") == 1
    assert "script" not in told.names
    assert told.text.count(HOSTILE) == 4
    assert picture._repr_svg_().startswith("<svg")
    assert "<script" not in picture._repr_svg_()


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> stancebank.OpenWorkspace:
    return stancebank.open(lay_workspace(TOY, tmp_path_factory.mktemp("notebook") / "toy"))


def test_a_workspace_says_what_it_holds(toy: stancebank.OpenWorkspace) -> None:
    told = shown(toy)
    count = len(list(toy.articles()))
    assert re.search(rf"articles{count}with gold{len(list(toy.gold()))}$", told.text)
    for each in (*toy.articles(), *toy.gold(), toy.entities(), toy.targets()):
        assert shown(each).names[0] == "table"


@pytest.mark.slow
def test_a_page_stands_in_a_frame_of_its_own(toy: stancebank.OpenWorkspace, tmp_path: Path) -> None:
    page = toy.view(words="none")
    told = page._repr_html_()
    assert Seen(told).names == ["iframe"]
    assert 'sandbox="allow-scripts"' in told
    (inside,) = re.findall(r'srcdoc="([^"]*)"', told)
    assert unescape(inside) == page.html
    assert page.write(tmp_path / "page.html").read_text("utf-8") == page.html
    page.write(tmp_path / "page.html")
    with pytest.raises(InputError, match="is a folder"):
        page.write(tmp_path)
    article = next(toy.articles())
    assert article.id in toy.view(article.id).title
    assert str(toy.text(article.id))[:20] in unescape(toy.view(article.id).html)
    with pytest.raises(InputError, match="no-such"):
        toy.view("no-such")
    with pytest.raises(InputError, match="choose local, published, none"):
        toy.view(words="all")  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"its pictures are .*\btime\b"):
        toy.picture("none")
