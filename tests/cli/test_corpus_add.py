"""The command corpus add: what becomes of many articles, what is said of it, and what of those that cannot be added."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Run

Value = dict[str, Any]


def text(number: int, more: str = "") -> str:
    return f"Notice {number} of the valley\n\nThe envoy of Norland came back to port {number} on Monday.{more}\n"


def lines(path: Path, values: list[Value]) -> Path:
    path.write_text("".join(json.dumps(each) + "\n" for each in values))
    return path


def news(many: int, **more: object) -> list[Value]:
    return [{"text": text(number), "outlet": "Norland Post", **more} for number in range(many)]


def ids(root: Path) -> set[str]:
    return {path.stem for path in (root / "corpus/articles").glob("*.json")}


@pytest.mark.slow
def test_few_articles_have_a_line_each_and_many_are_summed_up(run: Run, empty_root: Path, tmp_path: Path) -> None:
    few = run("-w", empty_root, "corpus", "add", lines(tmp_path / "a.jsonl", news(20)))
    assert (few.returncode, few.stdout.count("added  norland-post-"), few.stderr) == (0, 20, "20 added.\n")
    changed = [{**each, "author": "Ann Example"} if number < 3 else each for number, each in enumerate(news(300))]
    many = run("-w", empty_root, "corpus", "add", lines(tmp_path / "b.jsonl", changed))
    assert many.returncode == 4
    assert many.stdout.splitlines() == [
        f"differs  norland-post-undated-notice-{number}-of-the-valley (author; --update takes the new values)"
        for number in range(3)
    ]
    assert many.stderr == "280 added, 3 differs, 17 unchanged.\n"
    assert len(ids(empty_root)) == 300
    named = run("-w", empty_root, "corpus", "add", tmp_path / "b.jsonl", "--verbose", "--update")
    assert (named.returncode, len(named.stdout.splitlines())) == (0, 300)
    assert named.stderr == "0 added, 3 updated, 297 unchanged.\n"
    quiet = run("-w", empty_root, "corpus", "add", tmp_path / "b.jsonl", "--quiet")
    assert (quiet.returncode, quiet.stdout, quiet.stderr) == (0, "", "")


def test_notes_on_many_articles_are_summed_up_by_kind(run: Run, empty_root: Path, tmp_path: Path) -> None:
    values = [{"text": text(number, " 10\u00a0000 came."), "outlet": "Norland Post"} for number in range(30)]
    values[7]["text"] += "&ldquo;No&rdquo;\n"
    lines(tmp_path / "a.jsonl", values)
    told = run("-w", empty_root, "corpus", "add", tmp_path / "a.jsonl", "--dry-run").stderr.splitlines()
    assert told == [
        "30 articles: a no-break space, U+00A0. The text is kept as it is. The first is "
        "norland-post-undated-notice-0-of-the-valley.",
        "1 article: an HTML entity, '&ldquo;'. The text is kept as it is. The first is "
        "norland-post-undated-notice-7-of-the-valley.",
        "--verbose has the lines.",
        "30 added.",
        "Nothing was written: this was a dry run.",
    ]
    told = run("-w", empty_root, "corpus", "add", tmp_path / "a.jsonl", "--verbose").stderr.splitlines()
    assert len(told) == 32
    days = [{**each, "published": f"2031-02-{1 + place % 28:02d}T10:15:00Z"} for place, each in enumerate(news(30))]
    told = run("-w", empty_root, "corpus", "add", lines(tmp_path / "b.jsonl", days)).stderr.splitlines()
    assert told[0].startswith("30 articles: published is stored in another form. The first is ")


def spoilt(path: Path) -> Path:
    values = news(6)
    values[1]["published"] = "2031-13-40"
    values[2]["maintext"] = values[2].pop("text")
    values[3]["section"] = values[4]["section"] = "News"
    return lines(path, values)


def test_every_fault_of_every_source_is_said_in_one_run_and_nothing_is_added(
    run: Run, empty_root: Path, tmp_path: Path
) -> None:
    (tmp_path / "news").mkdir()
    spoilt(tmp_path / "news/a.jsonl")
    (tmp_path / "news/b.txt").write_text("")
    (tmp_path / "news/c.csv").write_text("text,outlet\nEnvoy back\n")
    told = run("-w", empty_root, "corpus", "add", tmp_path / "news", "--outlet", "Norland Post")
    assert (told.returncode, told.stdout, ids(empty_root)) == (1, "", set())
    for said in ("a.jsonl:2: published", "a.jsonl:3 is no article", "a.jsonl:4 has the unknown key 'section'"):
        assert said in told.stderr
    assert "b.txt is empty" in told.stderr
    assert "c.csv:1 (line 2) has 1 field" in told.stderr
    assert f"The same: {tmp_path}/news/a.jsonl:5." in told.stderr
    assert told.stderr.count("section'") == 1
    assert told.stderr.endswith("Nothing was added.\n")


def test_the_others_are_added_where_that_is_asked_for(run: Run, empty_root: Path, tmp_path: Path) -> None:
    told = run("-w", empty_root, "corpus", "add", spoilt(tmp_path / "a.jsonl"), "--skip-invalid")
    assert told.returncode == 1
    assert told.stdout.count("added  ") == len(ids(empty_root)) == 2
    assert "2 added, 4 not added.\n" in told.stderr
    assert f"{tmp_path}/a.jsonl:2: published" in told.stderr
    assert "Not added: 4 faults.\n" in told.stderr


def test_the_first_printing_that_is_refused_makes_no_reprint_of_the_second(
    run: Run, empty_root: Path, tmp_path: Path
) -> None:
    two = [{"text": text(0), "outlet": "Norland Post", "url": "x"}, {"text": text(0), "outlet": "Suvia Courier"}]
    told = run("-w", empty_root, "corpus", "add", lines(tmp_path / "a.jsonl", two), "--skip-invalid")
    assert "/url/value" in told.stderr
    (path,) = (empty_root / "corpus/articles").glob("*.json")
    assert path.stem.startswith("suvia-courier")
    assert "reprint_of" not in path.read_text()


def test_what_became_of_each_source_is_an_object(run: Run, empty_root: Path, tmp_path: Path) -> None:
    (tmp_path / "news").mkdir()
    (tmp_path / "news/x.pdf").write_text("")
    one, two = ({"text": text(number, "\u00a0"), "outlet": "Norland Post"} for number in range(2))
    lines(tmp_path / "news/a.jsonl", [one])
    assert run("-w", empty_root, "corpus", "add", tmp_path / "news/a.jsonl").returncode == 0
    values: list[Value] = [
        one,
        two,
        {**one, "author": "A"},
        {**one, "outlet": "Suvia Courier"},
        {**two, "section": 1},
        two,
    ]
    lines(tmp_path / "news/a.jsonl", values)
    refused = run("-w", empty_root, "corpus", "add", tmp_path / "news", "--json")
    assert refused.returncode == 1
    value = json.loads(refused.stdout)
    assert (value["added"], value["notes"]) == ([], [])
    assert [each["source"] for each in value["faults"]] == [f"{tmp_path}/news/a.jsonl:5"]
    assert "unknown key 'section'" in value["faults"][0]["message"]
    assert "unknown key 'section'" in refused.stderr
    taken = run("-w", empty_root, "corpus", "add", tmp_path / "news", "--json", "--skip-invalid")
    value = json.loads(taken.stdout)
    place = f"{tmp_path}/news/a.jsonl:"
    first, second = (f"norland-post-undated-notice-{number}-of-the-valley" for number in range(2))
    assert value["added"] == [
        {"source": f"{place}2", "id": second},
        {"source": f"{place}4", "id": "suvia-courier-undated-notice-0-of-the-valley", "reprint_of": first},
    ]
    assert value["unchanged"] == [{"source": f"{place}1", "id": first}, {"source": f"{place}6", "id": second}]
    assert value["conflicts"] == [{"source": f"{place}3", "id": first, "keys": ["author"]}]
    assert value["skipped"] == [{"source": f"{tmp_path}/news/x.pdf", "why": ".pdf"}]
    assert {each["source"] for each in value["notes"]} == {f"{place}2", f"{place}4"}
    assert (value["updated"], value["replaced"], value["dry_run"]) == ([], [], False)


def test_a_folder_says_what_was_skipped(run: Run, empty_root: Path, tmp_path: Path) -> None:
    folder = tmp_path / "news"
    folder.mkdir()
    (folder / "a.txt").write_text(text(1))
    for name in ("b.pdf", "c.pdf", "d.docx"):
        (folder / name).write_text("")
    told = run("-w", empty_root, "corpus", "add", folder, "--outlet", "Norland Post", "--dry-run")
    assert "1 added; 3 files skipped.\nSkipped: 2 .pdf (b.pdf, c.pdf), 1 .docx (d.docx).\n" in told.stderr
    told = run("-w", empty_root, "corpus", "add", folder, "--outlet", "Norland Post", "--dry-run", "--verbose")
    assert f"skipped  {folder}/d.docx: .docx\n" in told.stderr


def test_what_is_carried_along_stands_in_the_record(run: Run, empty_root: Path, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f'body,from,section,n\n"{text(1)}",Norland Post,News,7\n')
    arguments = ("--map", "text=body,outlet=from", "--extra", "section", "--ignore", "all")
    assert run("-w", empty_root, "corpus", "add", tmp_path / "a.csv", *arguments).returncode == 0
    (path,) = (empty_root / "corpus/articles").glob("*.json")
    assert json.loads(path.read_text())["extra"] == {"section": "News"}


@pytest.mark.slow
def test_standard_input_is_taken(empty_root: Path) -> None:
    command = [sys.executable, "-m", "stancebank", "-w", str(empty_root), "corpus", "add", "-"]
    data = json.dumps(news(1)[0]).encode()
    done = subprocess.run(command, input=data, capture_output=True, check=True)
    assert done.stdout == b"added  norland-post-undated-notice-0-of-the-valley\n"
    done = subprocess.run([*command, "--format", "odt"], input=data, capture_output=True, check=False)
    assert (done.returncode, b"is not one of txt, json" in done.stderr) == (2, True)


@pytest.mark.slow
def test_a_terminal_shows_a_bar_and_nothing_of_it_stays() -> None:
    code = "from stancebank.cli.output import bar\nwith bar('Reading [it]', 3) as watch:\n    [*map(watch, range(3))]\n"
    ours, theirs = pty.openpty()
    env = {**os.environ, "TERM": "xterm", "COLUMNS": "70"}
    subprocess.run([sys.executable, "-c", code], stderr=theirs, env=env, check=True)
    os.close(theirs)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    assert "Reading [it]" in shown
    assert "3/3" in shown
    assert "\x1b[2K" in shown.rpartition("3/3")[2]
    quiet = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert quiet.stderr == b""


@pytest.mark.parametrize("number", range(7))
def test_dates_of_many_lines_are_all_named(number: int, run: Run, empty_root: Path, tmp_path: Path) -> None:
    values = news(8)
    for place, each in enumerate(values):
        each["published"] = f"2031-0{place}-99"
    told = run("-w", empty_root, "corpus", "add", lines(tmp_path / "a.jsonl", values))
    assert f"a.jsonl:{number + 1}: published is '2031-0{number}-99'" in told.stderr
