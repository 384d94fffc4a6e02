"""Saved web pages as articles. Countries, people and outlets are invented, and the pages are made by hand.

Beside each page of pages/ lies what is taken out of it: the metadata that it states, then zone by zone its text. If a
change of the code changes one of these texts, `PREPARATION` of `corpus/pages.py` has to be raised.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from stancebank.corpus import pages
from stancebank.corpus.cleaning import Source
from stancebank.corpus.language import load_language
from stancebank.corpus.pages import read_page
from stancebank.corpus.segment import KINDS, marked_zones
from stancebank.corpus.sources import ReadOptions, read_sources
from stancebank.errors import InputError

PAGES = Path(__file__).parent / "pages"
ARTICLES = sorted(path.name for path in PAGES.glob("*html") if path.with_suffix(".zones").is_file())
BODY = (
    "<p>The envoy of Norland said on Tuesday that her government would not meet Suvia before the garrisons leave.</p>"
    "<p>“We will sit down with them once the ships are gone,” Ada Quill told reporters on the quay of Vesta.</p>"
    "<p>The foreign ministry of Suvia, which had asked for a meeting, called the answer a closed door.</p>"
    "<p>Norland offered to open the two lower locks to barges with grain if Suvia takes its guns off the towers.</p>"
)


def page(body: str = BODY, head: str = "", title: str = "Envoy rules out talks", lang: str = "en") -> bytes:
    return (
        f'<!DOCTYPE html><html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title>{head}</head>'
        f"<body><main><article><h1>{title}</h1>{body}</article></main></body></html>"
    ).encode()


def read(data: bytes) -> Source:
    return read_page(data, "page.html", {})


def found(data: bytes) -> dict[str, str]:
    source = read(data)
    assert source.page
    assert {value["basis"] for value in source.page.found.values()} <= {"found"}
    return {key: value["value"] for key, value in source.page.found.items()}


def lines(source: Source) -> list[tuple[str, str]]:
    assert source.page
    return list(zip(source.page.kinds, (line for line in source.text.split("\n") if line), strict=True))


def refusal(data: bytes) -> str:
    with pytest.raises(InputError) as error:
        read(data)
    return str(error.value)


def told(source: Source) -> str:
    """What is taken out of a page, as the files of pages/ have it."""
    assert source.page
    stated = {key: value["value"] for key, value in source.page.found.items()}
    zones = marked_zones(source.text, source.page.kinds, load_language(stated.get("language")))
    parts = [json.dumps({**stated, "told": list(source.changes)}, ensure_ascii=False, indent=1)]
    parts += [f"{zone.zone}: {source.text[zone.begin : zone.end]}" for zone in zones]
    return "\n---\n".join(parts) + "\n"


@pytest.mark.parametrize("name", ARTICLES)
def test_of_a_page_comes_its_text_with_zones_and_what_it_states(name: str) -> None:
    source = read_page((PAGES / name).read_bytes(), name, {})
    assert told(source) == (PAGES / name).with_suffix(".zones").read_text()
    assert source.page
    assert set(source.page.kinds) <= set(KINDS)


@pytest.mark.parametrize("name", ARTICLES)
def test_no_word_of_menus_notices_and_other_articles_is_in_a_text(name: str) -> None:
    text = read_page((PAGES / name).read_bytes(), name, {}).text
    beside = (
        *("ookie", "Accept", "Skip to", "Harbours", "Share on", "Most read", "Ferry runs", "newsletter", "comment"),
        *(
            "Typical of",
            "Imprint",
            "Impressum",
            "Grain prices",
            "Other stories",
            "Zustimmen",
            "Bäcker",
            "سیاسی",
            "حقوق",
        ),
        *(
            "Follow our",
            "Related",
            "RELATED",
            "Barges wait",
            "Chirper",
            "Fog stops",
            "Teaser",
            "Menu",
            "Purchase",
            "پربیننده",
        ),
        *("They never", "Last modified", "Previous post", "Skippers share", "کپی", "First Tide", "Topics"),
        *("Ten islands", "Front page", "About us", "Advertisement", "var a", "dataLayer", "شناسه"),
    )
    assert [words for words in beside if words in text] == []


@pytest.mark.parametrize(
    ("name", "what", "hint"),
    [
        ("front.html", "is a list of articles: 78 of 78 words in sentences stand", "save the page of each article"),
        (
            "paywall.html",
            "is the open part of an article that is not open to all: 47 words",
            "where all of it is shown",
        ),
        ("script.html", "holds no article: 0 words in sentences", "if a script fills it"),
    ],
)
def test_a_page_without_an_article_is_refused_with_what_it_has(name: str, what: str, hint: str) -> None:
    message = refusal((PAGES / name).read_bytes())
    assert f"page.html {what}" in message
    assert hint in message.partition("\nHint: ")[2]


@pytest.mark.parametrize(
    ("data", "what", "hint"),
    [
        (b"Envoy back in port. Nothing else.", "holds no HTML", "name the file .txt"),
        (b"<html><body><img src='a.png'></body></html>", "holds no article: 0 words", "as a .txt file"),
        (b"<html><frameset><frame src='a.html'></frameset></html>", "holds no article: 0 words", "a frame"),
        (b"<?xml version='1.0'?><rss version='2.0'><channel/></rss>", "is a feed", "the page of each article"),
        (b"<feed xmlns='http://www.w3.org/2005/Atom'/>", "is a feed", "the page of each article"),
        (b"MIME-Version: 1.0\nContent-Type: multipart/related;\n\n<html></html>", "(MHTML)", "HTML only"),
        (b"", "holds no HTML", ".txt"),
    ],
)
def test_what_is_no_page_is_refused(data: bytes, what: str, hint: str) -> None:
    message, _, mend = refusal(data).partition("\nHint: ")
    assert what in message
    assert hint in mend


def test_a_short_article_behind_no_wall_is_taken_and_told() -> None:
    source = read(page("<p>Suvia has paid the tolls of March, the harbour office of Vesta said on Monday.</p>"))
    assert source.changes == ("its page gave 15 words below the headline; see that they are all of it",)


def test_headings_that_lead_to_a_place_on_the_page_make_no_list_of_articles() -> None:
    """A live blog has them above every entry."""
    entries = "".join(
        f'<div class="entry"><h2><a href="#{number}">Entry {number}</a></h2>{entry}</p></div>'
        for number, entry in enumerate(BODY.removesuffix("</p>").split("</p>"))
    )
    assert [kind for kind, _ in lines(read(page(entries)))] == ["title", *["heading", "paragraph"] * 4]
    with pytest.raises(InputError, match="list of articles"):
        read(page(entries.replace('href="#', 'href="/story/')))


def test_a_long_article_that_says_it_is_not_free_is_taken() -> None:
    closed = '<script type="application/ld+json">{"@type": "NewsArticle", "isAccessibleForFree": false}</script>'
    assert "not open to all" in refusal(page(head=closed))
    assert (
        "closed door" in read(page(BODY + BODY.replace("Norland", "Sorne").replace("said", "wrote") * 2, closed)).text
    )


# --- encodings ---

WORDS = "Die Gesandte schloss Gespräche aus, bevor die Garnisonen das Tal verlassen, sagte sie über die Straße."


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ('<meta charset="iso-8859-1">', "cp1252"),
        ('<meta charset="windows-1252">', "cp1252"),
        ('<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=ISO-8859-15">', "iso8859-15"),
        ("<meta charset=utf-8>", "utf-8"),
        ("", "utf-8"),
        ("", "utf-8-sig"),
        ("", "utf-16"),
        ('<meta charset="utf-16">', "utf-8"),
    ],
)
def test_a_page_is_decoded_as_it_declares(declared: str, encoding: str) -> None:
    html = f"<html lang='de'><head>{declared}<title>Straße</title></head><body><p>{WORDS}</p></body></html>"
    assert WORDS in read(html.encode(encoding)).text


def test_an_xml_declaration_counts_and_quotation_marks_of_windows_come_out() -> None:
    html = f'<?xml version="1.0" encoding="windows-1252"?><html><body><p>“{WORDS}”</p></body></html>'
    assert f"“{WORDS}”" in read(html.encode("cp1252")).text


@pytest.mark.parametrize(
    ("declared", "encoding", "what"),
    [
        ("utf-8", "cp1252", "is not utf-8, as its declared encoding utf-8 says: byte 74 is 0xe4. It is likely cp1252."),
        ("windows-1252", "utf-8", "declares the encoding windows-1252, and is UTF-8."),
        ("klingon-8", "utf-8", "declares the encoding 'klingon-8', which is none."),
        ("", "cp1252", "declares no encoding, and is not UTF-8: byte 54 is 0xe4. It is likely cp1252."),
    ],
)
def test_a_wrong_declaration_is_an_error_that_says_so(declared: str, encoding: str, what: str) -> None:
    meta = f"<meta charset={declared}>" if declared else ""
    html = f"<html><head>{meta}</head><body><p>{WORDS}</p></body></html>"
    message, _, hint = refusal(html.encode(encoding)).partition("\nHint: ")
    assert what in message
    assert hint


# --- words ---


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ("<p>Suvia left the talks on <time datetime='2031-01-01'>Monday</time>, she said.</p>", "on Monday, she said."),
        (
            "<p>She said <q>we open the locks</q> and left the hall.</p>",
            "She said “we open the locks” and left the hall.",
        ),
        ("<p>She said &#147;no&#148; twice &#150; it&#146;s over.</p>", "She said “no” twice – it’s over."),
        ("<p>Nor<wbr>land&nbsp;is&#8239;not a&shy; bank, she said.</p>", "Norland is not a bank, she said."),
        ("<p>He <b>sa</b>id that <i>no</i><sup>1</sup> deal stands.</p>", "He said that no1 deal stands."),
        ("<p>The first line of it<br>and the second of the verse.</p>", "The first line of it\n\nand the second"),
        (
            "<blockquote><p>We open them.</p><footer>Ada Quill, envoy</footer></blockquote>",
            "We open them.\n\nAda Quill, envoy",
        ),
        (
            "<ul><li>an end of <a href='/a'>patrols</a>;</li><li>free passage.</li></ul>",
            "an end of patrols;\nfree passage.",
        ),
        ("<h2>An offer</h2><p>It was made at night.</p>", "An offer\n\nIt was made at night."),
        ("<details><summary>The list</summary><p>It is long, she said.</p></details>", "It is long, she said."),
        ("<p>شهر «می‌روم» را نوشت.</p>", "شهر «می‌روم» را نوشت."),
        ("<p>They waved 👩‍🚀 goodbye at the lock.</p>", "They waved 👩‍🚀 goodbye at the lock."),
    ],
)
def test_what_readers_see_in_a_paragraph_is_kept(markup: str, words: str) -> None:
    assert (
        words in read(page(BODY + markup + "<p>Neither side named a date for another meeting of the envoys.</p>")).text
    )


def test_joiners_of_persian_stay_whatever_takes_the_text_out() -> None:
    words = "نماینده گفت پادگان‌ها نمی‌روند و گفت‌وگو نمی‌کنیم تا کشتی‌ها از دره بروند."
    (title, text) = (f"{words[:30]}", words)
    alone = read(f"<html lang='fa'><head><title>{title}</title></head><body><div>{text}</div></body></html>".encode())
    assert words in alone.text
    assert title.strip() in alone.text.split("\n")[0]


@pytest.mark.parametrize(
    "body",
    [
        BODY.replace("<p>", "<div>").replace("</p>", "</div>"),
        "<div>" + BODY.replace("<p>", "").replace("</p>", "<br><br>") + "</div>",
        "<table><tr><td>" + BODY + "</td></tr></table>",
        "<form>" + BODY + "</form>",
        "<section><div><div>" + BODY + "</div></div></section>",
    ],
    ids=["divs", "line breaks", "table", "form", "nested"],
)
def test_paragraphs_are_found_however_they_are_made(body: str) -> None:
    plain = read(page())
    assert read(page(body)).text == plain.text
    assert [kind for kind, _ in lines(plain)] == ["title", *["paragraph"] * 4]


def test_a_brief_comes_without_the_menus_around_it() -> None:
    brief = "Suvia has paid the tolls of March, the harbour office of Vesta said on Monday."
    menu = (
        "<div class='top'><a href='/a'>World</a> <a href='/b'>Harbours</a></div><ul><li><a href='/c'>Weather</a></ul>"
    )
    end = "<div><a href='/i'>Imprint</a> | <a href='/p'>Privacy</a></div>"
    body = f"<body>{menu}<h1>Tolls paid</h1><p>{brief}</p><p><a href='/d'>Read more</a></p>{end}</body>"
    assert (
        read(f"<html><head><title>Tolls paid</title></head>{body}</html>".encode()).text == f"Tolls paid\n\n{brief}\n"
    )


def test_the_headline_is_the_first_line_once() -> None:
    assert read(page()).text.count("Envoy rules out talks") == 1
    without = f"<html><head><title>Envoy rules out talks | Norland Post</title></head><body>{BODY}</body></html>"
    assert read(without.encode()).text.startswith("Envoy rules out talks\n\n")


def test_a_summary_a_caption_and_its_credit_are_lines_of_their_own() -> None:
    figure = "<figure><img src=a><figcaption>The quay on Monday. <small>Photo: R. Holm</small></figcaption></figure>"
    shelf = '<div class="share"><p>Share this story with the whole world, please.</p></div>'
    head = f'<p class="byline">By Ilse Marrow</p><p class="dek">Suvia hears a no</p>{shelf}{figure}'
    assert lines(read(page(f'<div>{head}</div><div class="article-body">{BODY}</div>')))[1:4] == [
        ("standfirst", "Suvia hears a no"),
        ("caption", "The quay on Monday."),
        ("credit", "Photo: R. Holm"),
    ]


def test_sentences_that_are_left_out_between_others_are_told() -> None:
    words = "The minister of trade will not go to Vesta before the tolls are paid."
    for kind, told in (("infobar", 1), ("newsletter", 0)):  # what it is called; trafilatura leaves out both
        source = read(page(BODY.replace("<p>The foreign", f'<div class="{kind}"><p>{words}</p></div><p>The foreign')))
        assert words not in source.text
        assert len(source.changes) == told
        for change in source.changes:
            assert change.startswith("a paragraph of its page is left out between others: 'The minister of trade")


def test_nothing_is_remembered_from_page_to_page() -> None:
    first, again = read(page()), read(page())
    other = read(page(BODY + "<p>Another sentence stands at the end of this page alone, she added.</p>"))
    assert first == again == read(page())
    assert all(words in other.text for _, words in lines(first))


# --- what a page states ---


def ld(value: Any) -> str:
    return f'<script type="application/ld+json">{json.dumps(value)}</script>'


NODE = {"@context": "https://schema.org", "@type": "NewsArticle", "datePublished": "2031-02-11T23:40:00-05:00"}


@pytest.mark.parametrize(
    ("head", "day"),
    [
        (ld(NODE), "2031-02-11"),
        (ld([{"@type": "WebSite"}, NODE]), "2031-02-11"),
        (ld({"@graph": [{"@type": "WebPage", "datePublished": "2031-01-01"}, NODE]}), "2031-02-11"),
        (ld({"@type": "WebPage", "mainEntity": NODE | {"@type": ["Thing", "ReportageNewsArticle"]}}), "2031-02-11"),
        (
            '<script type="application/ld+json">{"broken": </script><meta name="date" content="2031-03-04">',
            "2031-03-04",
        ),
        ('<meta property="article:published_time" content="2031-03-04T10:00Z">', "2031-03-04"),
        ('<meta name="DC.date.issued" content="2031-03-04">', "2031-03-04"),
        ('<meta name="pubdate" content="20310304">', "2031-03-04"),
        ('<meta itemprop="datePublished" content="2031-03-04">', "2031-03-04"),
        ('<meta property="article:published_time" content="1931-03-04">', "1931-03-04"),
        ('<meta property="article:modified_time" content="2031-03-04">', None),
        ('<meta name="last-modified" content="2031-03-04"><meta name="copyright" content="2031">', None),
        (ld({"@type": "NewsArticle", "dateModified": "2031-03-04"}), None),
        ('<link rel="canonical" href="https://post.example/2031/03/04/talks">', None),
        ("", None),
    ],
)
def test_only_a_date_of_publication_that_a_page_states_is_taken(head: str, day: str | None) -> None:
    body = BODY + "<p>Posted on 12 May 2030.</p><div class='date'>3 June 2029</div><footer>Copyright 2028</footer>"
    assert found(page(body, head)).get("published") == day


def test_the_time_beside_the_headline_is_the_date_and_that_of_another_article_is_not() -> None:
    own = '<header><time datetime="2031-02-11T10:00">11 February</time></header>'
    other = '<aside><time datetime="2030-01-01">a year ago</time></aside>'
    assert found(page(own + BODY + other))["published"] == "2031-02-11"
    apart = page().replace(b"</main>", f"</main>{other}".encode())
    assert "published" not in found(apart)


PERSIAN = '<meta property="article:published_time" content="۱۴۰۹/۱۱/۲۲ ۰۹:۳۰">'


@pytest.mark.parametrize(
    ("head", "lang", "said"),
    [
        (
            ld(NODE | {"datePublished": "0001-01-01T00:00:00"}),
            "en",
            "published is '0001-01-01T00:00:00', or 0001-01-01;",
        ),
        (PERSIAN, "en", "In the Persian calendar it is 2031-02-11"),
        (ld(NODE | {"datePublished": "yesterday"}), "en", "published is 'yesterday', not like 2031-02-11"),
    ],
)
def test_a_date_that_cannot_be_true_is_told_and_not_taken(head: str, lang: str, said: str) -> None:
    source = read(page(head=head, lang=lang))
    assert source.page
    assert "published" not in source.page.found
    (told,) = source.changes
    assert told.startswith("what its page says was not taken: ")
    assert said in told


def test_a_persian_date_of_a_persian_page_is_taken() -> None:
    words = "نماینده نورلند گفت که کشورش پیش از خروج پادگان‌ها از دره با سوویا دیدار نمی‌کند."
    assert (
        found(page(f"<p>{words}</p><p>{words} {words}</p>", PERSIAN, "نماینده نورلند", "fa"))["published"]
        == "2031-02-11"
    )


@pytest.mark.parametrize(
    ("head", "key", "value"),
    [
        (
            ld(NODE | {"author": [{"@type": "Person", "name": "Ilse Marrow"}, "Tor Aven"]}),
            "author",
            "Ilse Marrow, Tor Aven",
        ),
        (ld(NODE | {"author": "https://post.example/staff/3"}), "author", None),
        ('<meta name="author" content="Ilse Marrow">', "author", "Ilse Marrow"),
        ('<meta property="og:site_name" content="norland post">', "outlet", "norland post"),
        (ld(NODE | {"publisher": {"@type": "Organization", "name": "Norland Post"}}), "outlet", "Norland Post"),
        ('<meta property="og:url" content="https://post.example/1">', "url", "https://post.example/1"),
        ('<link rel="canonical" href="/relative">', "url", None),
        ('<meta property="og:locale" content="de_AT">', "language", "en"),
    ],
)
def test_author_outlet_address_and_language_are_what_the_page_states(head: str, key: str, value: str | None) -> None:
    assert found(page(head=head)).get(key) == value


def test_the_address_that_a_browser_writes_above_a_page_counts() -> None:
    browser = b"<!-- saved from url=(0042)https://norland-post.example/news/1 -->\n"
    file = b"<!--\n Page saved with SingleFile \n url: https://norland-post.example/news/1 \n-->"
    assert found(browser + page())["url"] == found(file + page())["url"] == "https://norland-post.example/news/1"


def test_a_language_in_another_script_than_the_text_is_not_taken() -> None:
    words = "نماینده نورلند گفت که کشورش پیش از خروج پادگان‌ها از دره با سوویا دیدار نمی‌کند."
    source = read(page(f"<p>{words}</p><p>{words} {words}</p>", title="نماینده نورلند", lang="en-US"))
    assert source.page
    assert "language" not in source.page.found
    assert "its page says that its language is 'en-US', and is written in another script" in source.changes


@pytest.mark.slow
def test_trafilatura_is_imported_for_pages_alone(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Envoy back in port\n\nThe envoy came back to Vesta on Monday.\n")
    code = (
        "import sys; from pathlib import Path\n"
        "import stancebank.check.workspace, stancebank.publish.build, stancebank.publish.verification.verify\n"
        "from stancebank.corpus.sources import read_sources\n"
        "read = list(read_sources([Path(sys.argv[1])]))\n"
        "print(len(read), [each for each in ('trafilatura', 'lxml', 'stancebank.corpus.pages') if each in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True).stdout
    assert out == "1 []\n"


def test_a_folder_with_pages_is_read_and_what_a_browser_saved_beside_a_page_is_no_article(tmp_path: Path) -> None:
    (tmp_path / "talks.html").write_bytes(page())
    for folder in ("talks_files", "talks-Dateien", "other"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "frame.html").write_bytes(page())
    reading = ReadOptions()
    read = [each for each in read_sources([tmp_path], reading) if isinstance(each, Source)]
    assert [str(Path(each.name).relative_to(tmp_path)) for each in read] == ["other/frame.html", "talks.html"]
    assert [each.why for each in reading.skipped] == ["saved with a page"] * 2


@pytest.mark.slow
def test_a_page_as_large_as_its_pictures_is_read_and_a_larger_one_refused(tmp_path: Path) -> None:
    picture = f'<img src="data:image/png;base64,{"A" * 5_000_000}">'
    (tmp_path / "a.html").write_bytes(page(picture + BODY))
    (source,) = read_sources([tmp_path / "a.html"])
    assert isinstance(source, Source)
    assert "closed door" in source.text
    (tmp_path / "a.html").write_bytes(page(picture * 5))
    (error,) = read_sources([tmp_path / "a.html"])
    assert isinstance(error, InputError)
    assert f"a page has at most {pages.MAX_BYTES:,}" in str(error)
