"""Web pages in a workspace: what is recorded of them, hydration from them, and their words where they may not be."""

import csv
import hashlib
import json
import re
import subprocess
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.conftest import Run, lay_first

from stancebank.cli import stancebank
from stancebank.corpus.ingest import text_lines
from stancebank.corpus.pages import version_of_extractor
from stancebank.records import read_json, to_json
from stancebank.text import folding_of, sha256
from stancebank.workspace import open_workspace

PAGES = Path(__file__).parent / "pages"
NEWS = "norland-post-2031-02-11-envoy-rules-out-talks-before-garrisons"


def record(root: Path) -> dict[str, Any]:
    (path,) = (root / "corpus/articles").glob("*.json")
    value: dict[str, Any] = read_json(path)
    return value


def add(run: Run, root: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return run("-w", str(root), "corpus", "add", *map(str, arguments))


def test_a_page_comes_in_with_what_it_states_and_how_its_text_was_taken_out(empty_root: Path, run: Run) -> None:
    done = add(run, empty_root, PAGES / "news.html")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"added  {NEWS}\n"
    value = record(empty_root)
    assert {key: value[key] for key in ("title", "outlet", "author", "published", "language", "url")} == {
        "title": {"value": "Envoy rules out talks before garrisons leave the valley", "basis": "found"},
        "outlet": {"value": "Norland Post", "basis": "found"},
        "author": {"value": "Ilse Marrow, Tor Aven", "basis": "found"},
        "published": {"value": "2031-02-11", "basis": "found"},
        "language": {"value": "en-GB", "basis": "found"},
        "url": {
            "value": "https://norland-post.example/world/2031/02/11/envoy-rules-out-talks",
            "basis": "found",
        },
    }
    digest = hashlib.sha256((PAGES / "news.html").read_bytes()).hexdigest()
    assert value["raw_sha256"] == digest
    assert value["extraction"] == {
        "extractor": "trafilatura",
        "version": version_of_extractor(),
        "page_sha256": digest,
        "page_url": value["url"]["value"],
    }
    assert [zone["zone"] for zone in value["zones"]] == [
        *("title", "standfirst", "caption", "boilerplate", "dateline", "body"),
    ]
    assert add(run, empty_root, PAGES / "news.html").stdout == f"unchanged  {NEWS}\n"
    assert run("-w", str(empty_root), "check").returncode == 0


def test_what_is_given_goes_before_what_a_page_states(empty_root: Path, run: Run, tmp_path: Path) -> None:
    page = tmp_path / "news.html"
    page.write_bytes((PAGES / "news.html").read_bytes())
    page.with_suffix(".meta.json").write_text('{"published": "2031-02-12", "slug": "talks", "author": ""}')
    assert add(run, empty_root, page, "--outlet", "The Post").returncode == 0
    value = record(empty_root)
    assert value["id"] == "the-post-2031-02-12-talks"
    assert value["outlet"] == {"value": "The Post", "basis": "given"}
    assert value["published"] == {"value": "2031-02-12", "basis": "given"}
    assert value["author"] == {"value": "Ilse Marrow, Tor Aven", "basis": "found"}


def test_a_default_of_the_workspace_goes_behind_what_a_page_states(empty_root: Path, run: Run) -> None:
    settings = empty_root / "stancebank.toml"
    settings.write_text(
        re.sub(r"(?ms)^\[corpus\].*?(?=^\[|\Z)", "", settings.read_text()) + '\n[corpus]\nlanguage = "en"\n'
    )
    done = add(run, empty_root, PAGES / "german.html")
    assert done.returncode == 0, done.stderr
    assert record(empty_root)["language"] == {"value": "de", "basis": "found"}


def test_a_page_without_an_outlet_asks_for_it(empty_root: Path, run: Run) -> None:
    done = add(run, empty_root, PAGES / "table.html")
    assert done.returncode == 1
    assert "table.html: who published it?\nHint: pass --outlet" in done.stderr


def test_a_workspace_of_the_first_edition_takes_pages_and_records_no_extraction(tmp_path: Path, run: Run) -> None:
    lay_first(root := tmp_path / "first")
    before = {path.name for path in (root / "corpus/articles").glob("*.json")}
    done = add(run, root, PAGES / "news.html")
    assert done.returncode == 0, done.stderr
    (path,) = (path for path in (root / "corpus/articles").glob("*.json") if path.name not in before)
    assert "extraction" not in read_json(path)


@pytest.mark.slow
def test_all_pages_that_cannot_be_used_are_told_in_one_run(empty_root: Path, run: Run) -> None:
    done = add(run, empty_root, PAGES)
    assert done.returncode == 1
    for name in ("front.html is a list", "paywall.html is the open part", "script.html holds no", "who published it?"):
        assert name in done.stderr
    assert not list(empty_root.glob("corpus/articles/*"))


def test_a_page_of_which_another_version_takes_out_another_text_is_no_new_article(empty_root: Path, run: Run) -> None:
    assert add(run, empty_root, PAGES / "news.html").returncode == 0
    as_of_another_version(empty_root, "1.9.0", lambda text: text.replace("not an hour", "no hour"))
    done = add(run, empty_root, PAGES / "news.html")
    assert done.returncode == 4
    said = f"holds {NEWS} with another text (the same page, extracted with trafilatura {version_of_extractor()}, "
    assert f"{said}the record with 1.9.0)" in done.stderr


# --- hydration ---


def changed(text: str) -> str:
    return text.replace("and not an hour earlier", "and no hour earlier")


def as_of_another_version(root: Path, version: str, change: Callable[[str], str]) -> None:
    """Let the record be of a text that another version of the extractor took out."""
    workspace = open_workspace(root)
    article = workspace.store.article(NEWS)
    text = workspace.store.text(article)
    assert text is not None
    other = change(text)
    value = record(root)
    value["extraction"]["version"] = version
    shift = len(other) - len(text)
    value |= {
        "text_sha256": sha256(other),
        "length": len(other),
        "lines": [
            {"begin": line.begin, "end": line.end, "fingerprint": line.fingerprint}
            for line in text_lines(other, folding_of(workspace.scheme.edition))
        ],
    }
    for zone in value["zones"][-1:]:
        zone["end"] += shift
    (root / f"corpus/articles/{NEWS}.json").write_text(to_json(value))
    for path in root.glob(f".stancebank/texts/{NEWS}.txt"):
        path.write_text(other)


def annotate(
    root: Path, run: Run, tmp_path: Path, second: str = "once the ships are gone, and no hour earlier"
) -> None:
    """Label two statements: in a line that stays as it is, and in one that `changed` edits."""
    contents = ("Our garrisons stay where the people of the valley want them", second)
    speaker = {"entity": "ilse-marrow", "mention": None}
    target = {
        "id": "talks",
        "parties": ["suvia", "norland"],
        "mediators": [],
        "agents": [],
        "scope": None,
        "mention": None,
    }
    statement = {
        "speaker": speaker,
        "target": target,
        "cue": None,
        "attribution": "direct",
        "via": [],
        "conditions": [],
    }
    statement |= {"stance": "reject", "force": "plain"}
    reading = {
        "article_id": NEWS,
        "annotator": "toy-1",
        "origin": "project",
        "guideline_version": "1.0",
        "nothing_to_annotate": False,
        "statements": [statement | {"id": f"s{n}", "content": [each]} for n, each in enumerate(contents, 1)],
        "non_statements": [],
    }
    (tmp_path / "reading.json").write_text(json.dumps(reading))
    done = run("-w", str(root), "annotate", "import", str(tmp_path / "reading.json"), "--gold", "single", "--replace")
    assert done.returncode == 0, done.stderr


@pytest.fixture
def hydrated(empty_root: Path, tmp_path: Path) -> tuple[Path, Path]:
    """A workspace with the page, without its words, and a folder with the page under another name."""
    copies = tmp_path / "copies"
    copies.mkdir()
    (copies / "saved page (1).html").write_bytes((PAGES / "news.html").read_bytes())
    return empty_root, copies


def test_a_page_gives_the_text_back(hydrated: tuple[Path, Path], run: Run) -> None:
    root, copies = hydrated
    add(run, root, PAGES / "news.html", "--text-policy", "withheld")
    (text,) = root.glob(".stancebank/texts/*.txt")
    words = text.read_text()
    text.unlink()
    done = run("-w", str(root), "corpus", "hydrate", str(copies))
    assert done.returncode == 0, done.stdout + done.stderr
    assert text.read_text() == words


def test_of_a_page_that_another_version_read_otherwise_spans_are_proved_and_the_report_says_why(
    hydrated: tuple[Path, Path], run: Run, tmp_path: Path
) -> None:
    root, copies = hydrated
    add(run, root, PAGES / "news.html", "--text-policy", "withheld")
    as_of_another_version(root, "1.9.0", changed)
    annotate(root, run, tmp_path)
    (text,) = root.glob(".stancebank/texts/*.txt")
    text.unlink()
    done = run("-w", str(root), "corpus", "hydrate", str(copies), "--json", "--report")
    assert done.returncode == 1
    (row,) = json.loads(done.stdout)
    assert row["state"] == "mismatch"
    said = f"the same page, extracted with trafilatura {version_of_extractor()}, the record with 1.9.0"
    assert row["detail"].endswith(f"; 1 of 2 spans found; {said}")
    outcomes = {each["pointer"]: each["outcome"] for each in row["spans"]}
    assert outcomes == {"/statements/0/content/0": "line", "/statements/1/content/0": "changed"}
    assert not text.exists()


def test_a_page_may_be_the_copy_of_a_text_that_came_from_no_page(toy_root: Path, run: Run, tmp_path: Path) -> None:
    (text,) = toy_root.glob("corpus/texts/*-envoy.txt")
    title, *rest = [escape(line) for line in text.read_text().splitlines() if line.strip()]
    body = "".join(f"<p>{line}</p>" for line in rest if not line.isupper())  # without a line of an advertisement
    (tmp_path / "copies").mkdir()
    (tmp_path / "copies/a.html").write_text(
        f"<html><head><meta charset=utf-8></head><body><h1>{title}</h1>{body}</body></html>"
    )
    done = run("-w", str(toy_root), "corpus", "hydrate", str(tmp_path / "copies"), "--json")
    row = next(each for each in json.loads(done.stdout) if each["copy"])
    assert row["state"] == "mismatch"
    assert row["detail"].endswith(f"; extracted with trafilatura {version_of_extractor()}, the record is of no page")


@pytest.mark.slow
def test_a_withdrawn_page_is_known_again_by_its_bytes(empty_root: Path, run: Run) -> None:
    add(run, empty_root, PAGES / "news.html")
    assert run("-w", str(empty_root), "corpus", "withdraw", NEWS, "--reason", "Asked for.").returncode == 0
    done = add(run, empty_root, PAGES / "news.html")
    assert done.returncode == 4
    assert f"it was withdrawn as {NEWS}" in done.stderr


@pytest.mark.slow
def test_a_release_gets_words_from_a_page_and_says_which_version_it_was_made_with(
    hydrated: tuple[Path, Path], run: Run, tmp_path: Path
) -> None:
    root, copies = hydrated
    add(run, root, PAGES / "news.html", "--text-policy", "withheld")
    annotate(root, run, tmp_path, "once the ships are gone, and not an hour earlier")
    assert run("-w", str(root), "publish", "build", "--out", str(tmp_path / "out")).returncode == 0
    done = run("publish", "verify", str(tmp_path / "out"), "--no-readers")
    assert done.returncode == 0, done.stdout + done.stderr
    done = run("publish", "hydrate", str(tmp_path / "out"), str(copies), "--out", str(tmp_path / "whole"))
    assert done.returncode == 0, done.stdout + done.stderr
    as_of_another_version(root, "1.9.0", changed)
    annotate(root, run, tmp_path)
    assert run("-w", str(root), "publish", "build", "--out", str(tmp_path / "out")).returncode == 0
    done = run("publish", "hydrate", str(tmp_path / "out"), str(copies), "--out", str(tmp_path / "whole"))
    assert done.returncode == 1
    assert (
        f"{NEWS}: the same page, extracted with trafilatura {version_of_extractor()}, the record with 1.9.0."
        in done.stdout
    )


# --- words that may not be published ---


@pytest.mark.slow
def test_a_page_in_the_workspace_is_found_as_other_files_with_words_are(empty_root: Path, run: Run) -> None:
    assert add(run, empty_root, PAGES / "news.html", "--text-policy", "withheld").returncode == 0
    for command in (
        ["init", "-q", "."],
        ["add", "."],
        ["-c", "user.name=a", "-c", "user.email=a", "commit", "-qm", "a"],
    ):
        subprocess.run(["git", *command], cwd=empty_root, check=True)
    assert run("-w", str(empty_root), "corpus", "leak-check").returncode == 0
    (empty_root / "saved").mkdir()
    plain = (PAGES / "news.html").read_text()
    (empty_root / "saved/plain.html").write_text(plain)
    escaped = "".join(each if each.isascii() else f"&#{ord(each)};" for each in plain).replace(
        "not meet", "n&#111;t meet"
    )
    (empty_root / "saved/escaped.htm").write_text(escaped.replace("the garrisons", "<b>the</b> <i>garri</i>sons"))
    done = run("-w", str(empty_root), "corpus", "leak-check")
    assert done.returncode == 1
    assert {line.partition(":")[0] for line in done.stdout.splitlines()} == {"saved/plain.html", "saved/escaped.htm"}


# --- what has another name, or is a part of a page ---

XHTML = (PAGES / "brief.xhtml").read_text()


@pytest.mark.parametrize(
    "text", [XHTML, XHTML.partition("?>\n")[2].partition(">\n")[2]], ids=["XHTML", "comment first"]
)
def test_a_page_that_is_named_txt_is_refused_and_comes_in_as_html(
    text: str, empty_root: Path, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "page.txt").write_text(text)
    refused = add(run, empty_root, tmp_path / "page.txt", "--outlet", "Norland Post")
    assert refused.returncode == 1
    assert "page.txt is HTML, a web page.\nHint: name the file .html" in refused.stderr
    (tmp_path / "page.html").write_text(text)
    done = add(run, empty_root, tmp_path / "page.html", "--outlet", "Norland Post")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "added  norland-post-undated-suvia-pays-the-tolls-of-march\n"
    assert "its page gave 27 words below the headline; see that they are all of it." in done.stderr


def test_a_part_of_a_page_comes_in_under_the_key_html(empty_root: Path, run: Run, tmp_path: Path) -> None:
    part = (
        "<p>The envoy said Norland &amp; Suvia would not meet &#8220;before the garrisons leave&#8221; the hills.</p>\n"
        '<p><a href="https://norland-post.example/">Read more</a></p>'
    )
    path = tmp_path / "feed.jsonl"
    path.write_text(json.dumps({"text": part, "outlet": "Norland Post", "title": "Fragment"}))
    refused = add(run, empty_root, path)
    assert refused.returncode == 1
    assert "under the key html" in refused.stderr
    path.write_text(json.dumps({"html": part, "outlet": "Norland Post", "title": "Fragment"}))
    done = add(run, empty_root, path, "--text-policy", "withheld")
    assert done.returncode == 0, done.stderr
    (text,) = empty_root.glob(".stancebank/texts/*.txt")
    words = "The envoy said Norland & Suvia would not meet “before the garrisons leave” the hills."
    assert text.read_text() == f"{words}\n"


def test_pages_come_in_by_a_column_of_a_table_and_by_standard_input(empty_root: Path, run: Run, tmp_path: Path) -> None:
    with (tmp_path / "pages.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("page", "outlet"), ((PAGES / "news.html").read_text(), "The Post")])
    done = add(run, empty_root, tmp_path / "pages.csv", "--map", "html=page", "--dry-run")
    assert done.stdout == f"added  {NEWS.replace('norland', 'the')}\n", done.stderr
    page = (PAGES / "news.html").read_bytes()
    assert (
        CliRunner().invoke(stancebank, ["-w", str(empty_root), "corpus", "add", "-"], page).stdout == f"added  {NEWS}\n"
    )


def test_a_page_beside_its_words_is_no_text(empty_root: Path, run: Run, tmp_path: Path) -> None:
    """Scrapers write both; what is not named is no part of an article, so it is asked for."""
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": "The envoy came back.", "html": XHTML, "outlet": "Post"}))
    done = add(run, empty_root, tmp_path / "a.jsonl")
    assert done.returncode == 1
    assert "has the unknown key 'html'" in done.stderr
    assert add(run, empty_root, tmp_path / "a.jsonl", "--ignore", "html").returncode == 0
