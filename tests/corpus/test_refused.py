"""What is well formed and cannot be true, or is no article, is refused: all of it in one run, and nothing is added."""

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Run

from stancebank.corpus.cleaning import clean
from stancebank.corpus.planning import plan_additions
from stancebank.corpus.sources import read_sources
from stancebank.errors import InputError
from stancebank.workspace import Workspace


def write(path: Path, *values: dict[str, Any]) -> Path:
    lines = []
    for number, value in enumerate(values):
        text = f"The mill, part {number}\n\nThe mill of Keth is closed for {number} weeks."
        lines.append(json.dumps({"text": text, "outlet": "Keth Tribune"} | value))
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def plan(workspace: Workspace, path: Path, **options: Any) -> Sequence[Any]:
    sources = list(read_sources([path]))
    assert not [each for each in sources if isinstance(each, InputError)]
    return plan_additions(workspace.store, sources, {}, **options)  # type: ignore[arg-type]


PAGES = [
    '<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN">\n<html><p>The mill.</p>',
    "<!-- saved from https://keth-tribune.example -->\n<!-- again -->\n<HTML><body>The mill.</body></HTML>",
    "\ufeff  <head><title>The mill</title></head>",
    "From: <Saved>\nMIME-Version: 1.0\nContent-Type: multipart/related;\n\n--x\nThe mill.",
    '<?xml version="1.0"?><rss version="2.0"><item>The mill</item></rss>',
    "<p>The mill of Keth &amp; its owner</p>\n<p>closed.</p>",
    'The mill<br/>of Keth<br/>is <a href="https://keth-tribune.example/very/long/address">closed</a>.',
]


@pytest.mark.parametrize("page", PAGES)
def test_a_web_page_is_no_article_whatever_it_begins_with(page: str) -> None:
    with pytest.raises(InputError, match=r"(HTML|feed)(.|\n)*Hint: (.|\n)*\.html"):
        clean(page.encode(), "page.txt")


FORMS = {
    "<?xml version='1.0'?>\n<nitf><body>The mill of Keth.</body></nitf>": "XML",
    "<svg xmlns='a'><text>The mill of Keth.</text></svg>": "XML",
    "HTTP/1.1 200 OK\nContent-Length: 9\n\nThe mill.": "a web server",
    "WARC/1.0\r\nWARC-Type: response\r\n\r\nThe mill.": "a web server",
    "%!PS-Adobe-3.0\nThe mill.": "PostScript",
    "% a note\n\\documentclass{article}\nThe mill.": "LaTeX",
    "From - Tue\nSubject: The mill\nX-A: b\n c\nMessage-ID: <1>\n\nThe mill.": "an e-mail",
    '{"text": "The mill of Keth.", "title": "It"}': r"JSON object(.|\n)*\.json",
}


@pytest.mark.parametrize("form", FORMS)
def test_other_forms_of_text_are_no_article(form: str) -> None:
    with pytest.raises(InputError, match=FORMS[form]):
        clean(form.encode(), "page.txt")


@pytest.mark.parametrize(
    "text", ["From: the mill\n\nIt is closed.", "Note: it is closed.\nReceived: nothing.", "{The mill} closes: why?"]
)
def test_a_text_that_begins_like_another_form_stays_one(text: str) -> None:
    assert clean(text.replace("Received", "Nothing received").encode(), "a.txt")


@pytest.mark.parametrize("text", ["He wrote <b> for bold.", "a < b and c > d", "<b>Once</b> it stood there."])
def test_a_text_that_mentions_a_tag_stays_one(text: str) -> None:
    assert clean(text.encode(), "a.txt") == text


def test_many_comments_before_a_text_take_no_time() -> None:
    assert clean(b"<!-- a -->" * 1500 + b" The mill.", "a.txt").endswith("The mill.")


@pytest.mark.parametrize(
    ("published", "likely"),
    [
        ("1403-11-23", "In the Persian calendar it is 2025-02-11."),
        ("1399-12-30", "In the Persian calendar it is 2021-03-20."),
        ("1404-02-31", "In the Persian calendar it is 2025-05-21."),
        ("1403", "In the Persian calendar it is 2024."),
        ("1445-09-01", "In the Islamic calendar, within a day or two, it is 2024-03-11."),
        ("0114-02-11", "In the calendar of the Republic of China it is 2025-02-11."),
        ("2574-02-11", "In the Buddhist era it is 2031-02-11."),
        ("0031-02-11", "news is of 1600"),
        ("9999-12-31", "news is of 1600"),
        (str(date.today().year + 101), "news is of 1600"),
    ],
)
def test_a_date_of_another_calendar_is_refused_with_the_likely_one(
    toy_workspace: Workspace, tmp_path: Path, published: str, likely: str
) -> None:
    with pytest.raises(InputError) as refused:
        plan(toy_workspace, write(tmp_path / "a.jsonl", {"published": published}))
    assert likely in str(refused.value)


def test_dates_of_news_are_taken(toy_workspace: Workspace, tmp_path: Path) -> None:
    days = ["1605-07-01", "1979", "2031-02-11", str(date.today().year + 100)]
    made = plan(toy_workspace, write(tmp_path / "a.jsonl", *({"published": day, "slug": day} for day in days)))
    assert [each.article.published.value for each in made] == days


@pytest.mark.parametrize(
    ("licence", "meant"),
    [("CC BY 4.0", "CC-BY-4.0"), ("CC0", "CC0-1.0"), ("cc by-sa 3.0", "CC-BY-SA-3.0"), ("free", "")],
)
def test_a_licence_that_is_no_spdx_id_is_refused_with_the_likely_one(
    toy_workspace: Workspace, tmp_path: Path, licence: str, meant: str
) -> None:
    with pytest.raises(InputError, match="no SPDX id") as refused:
        plan(toy_workspace, write(tmp_path / "a.jsonl", {"licence": licence}))
    assert (f"Did you mean {meant}?" if meant else "LicenseRef-") in str(refused.value)


@pytest.mark.parametrize(
    ("licence", "stored"),
    [("cc-by-4.0", "CC-BY-4.0"), ("CC0-1.0", "CC0-1.0"), ("LicenseRef-my-own", "LicenseRef-my-own")],
)
def test_a_licence_is_stored_in_the_spelling_of_spdx(
    toy_workspace: Workspace, tmp_path: Path, licence: str, stored: str
) -> None:
    (made,) = plan(toy_workspace, write(tmp_path / "a.jsonl", {"licence": licence}))
    assert made.article.rights.licence == stored


def test_a_region_that_there_is_not_is_refused(toy_workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Did you mean 'en-GB'"):
        plan(toy_workspace, write(tmp_path / "a.jsonl", {"language": "en-UK"}))


@pytest.mark.slow
def test_every_fault_of_a_run_is_named_and_nothing_is_added(run: Run, toy_root: Path, tmp_path: Path) -> None:
    wrong: list[dict[str, Any]] = [
        *({"published": "11.02.2031", "licence": "free"}, {"published": 1928534400}, {"published": ""}),
        *({"outlet": ""}, {"authors": ["A"], "topics": []}, {"text": ""}, {"title": "a\x1bb"}),
    ]
    before = sorted(path.name for path in (toy_root / "corpus/articles").iterdir())
    result = run("-w", toy_root, "corpus", "add", write(tmp_path / "a.jsonl", *wrong))
    assert result.returncode == 1
    for place in (1, 2, 4, 5, 6, 7):
        assert f"a.jsonl:{place}" in result.stderr, place
    assert "a.jsonl:3" not in result.stderr
    assert "no SPDX id" in result.stderr
    assert "(did you mean 'author'?), 'topics'" in result.stderr
    assert result.stderr.count("Nothing was added.") == 1
    assert sorted(path.name for path in (toy_root / "corpus/articles").iterdir()) == before


def test_an_outlet_in_another_case_is_no_reprint(toy_workspace: Workspace, tmp_path: Path) -> None:
    text = {"text": "The weir\n\nThe weir of Keth holds."}
    made = plan(toy_workspace, write(tmp_path / "a.jsonl", text, text | {"outlet": "KETH TRIBUNE"}))
    assert [each.action for each in made] == ["added", "differs"]
