"""Somebody new follows the README alone: from a wheel and an empty folder to two releases of articles of their own.

The lines of the README are run as they stand there, in a bash of their own each. Where it says that a person does
something, the test does it as a person would: puts articles into a folder, labels in a browser, fills in a file.
"""

import json
import os
import pty
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stancebank.annotate.local.accounts import Login
from stancebank.annotate.local.server import FOLDER
from tests.annotator import Annotator, browsing
from tests.command import read_terminal
from tests.conftest import REPO
from tests.studio import ENVIRONMENT, Studio, lay_studio
from tests.wheel import build_wheel, make_environment, plain_variables

pytestmark = [pytest.mark.server, pytest.mark.browser]

MOST_STARTS = 15
"""Starts of stancebank or git, from nothing to the tag of the first release."""

STARTED = re.compile(r"(?:^|&& |; )(?:stancebank|git) ")


def lines_of(section: str) -> list[str]:
    """Return the lines to be typed of a section of the README; what a here-document holds belongs to its line."""
    text = (REPO / "README.md").read_text(encoding="utf-8")
    (body,) = re.findall(rf"^## {section}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    blocks = re.findall(r"```sh\n(.*?)```", body, re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line]


@dataclass
class Person:
    """Somebody with a shell. cwd: where they are; starts: of stancebank or git, so far; said: what was printed."""

    cwd: Path
    variables: dict[str, str]
    starts: list[str] = field(default_factory=list)
    said: str = ""

    def type(self, line: str) -> str:
        """Type a line into a terminal, require that it works, and return what it prints."""
        self.starts += [line] * len(STARTED.findall(line))
        place = self.cwd.parent / "cwd"
        terminal, stdout = pty.openpty()
        running = subprocess.Popen(
            ["bash", "-c", f"set -e\n{line}\npwd > '{place}'"],
            cwd=self.cwd,
            env={**self.variables, "TERM": "dumb", "COLUMNS": "80"},
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stdout,
        )
        os.close(stdout)
        said = read_terminal(terminal, errors="replace")
        assert running.wait() == 0, f"$ {line}\n{said}"
        self.said += f"$ {line}\n{said}"
        self.cwd = Path(place.read_text(encoding="utf-8").strip())
        return said


PAGE = """<!doctype html>
<html lang="en"><head><title>Envoy hopes for spring - Norland Post</title>
<meta property="article:published_time" content="2031-02-15T08:00:00Z"><meta name="author" content="Anna Felk">
<link rel="canonical" href="https://norland-post.example/2031/02/15/spring">
</head><body><nav><a href="/">Home</a> <a href="/sport">Sport</a></nav>
<article><h1>Envoy hopes for spring</h1>
<p>The envoy of Norland hopes that both shores of the river will talk in spring, when the ice is gone and the ferry runs
again between Norland and Suvia, as it did for ninety years.</p>
<p>She told reporters in Vesta that all it took was a table, two chairs and some patience, and that the government of
Keth had offered all three of them in a letter that nobody has answered so far.</p></article>
<footer>About us. Imprint. Subscribe to our newsletter.</footer></body></html>
"""


def put_articles(sources: Path) -> None:
    """Put articles of one's own into a folder, in five more forms than the table that the README makes."""
    (sources / "wire.txt").write_text(
        "Keth offers a table\n\nKETH, 13 February – The government of Keth offered a table for talks on Thursday.\n",
        encoding="utf-8",
    )
    about = {"outlet": "Keth Wire", "published": "2031-02-13", "author": "Jo Lund"}
    (sources / "wire.meta.json").write_text(json.dumps(about), encoding="utf-8")
    minister = "Suvia will not talk to Norland, minister Tor Aven said.\n"
    told = {"title": "Suvia rules talks out", "text": minister, "outlet": "Suvia Courier", "published": "2031-02-12"}
    (sources / "minister.json").write_text(json.dumps(told), encoding="utf-8")
    fares = {"text": "Fares on the ferry rise in spring, the company said.", "published": "2031-02-14"}
    (sources / "fares.jsonl").write_text(json.dumps(fares) + "\n", encoding="utf-8")
    rows = {"headline": ["Harbour reopens"], "body": ["The harbour reopened on Sunday."], "day": ["2031-02-16"]}
    pq.write_table(pa.table(rows), sources / "harbour.parquet")
    (sources / "spring.html").write_text(PAGE, encoding="utf-8")


CONTENT, CONDITION = "We will talk to Suvia if it lifts the sanctions", "if it lifts the sanctions"


def label(workspace: Path, profile: Path, password: str) -> None:
    """Label the article of the README in a browser, with the login that was printed: one statement with a condition."""
    folder = workspace / FOLDER
    page, email, secret = (line.split(maxsplit=1)[1].strip() for line in password.splitlines()[-3:])
    admin = json.loads((folder / "logins/admin.json").read_bytes())
    studio = Studio(page.removesuffix("/user/login/"), admin["token"], folder)
    (project,) = studio.ask("GET", "/api/projects/")["results"]
    tasks = studio.ask("GET", "/api/tasks/", params={"project": project["id"], "fields": "all"})["tasks"]
    (task,) = (each for each in tasks if CONTENT in each["data"]["text"])
    with browsing(studio, profile, Login(email, secret, "")) as [opened]:
        annotator = Annotator(opened, studio, project["id"], task["data"]["text"])
        annotator.reopen(studio, project["id"], task["id"])
        annotator.mark("1", CONTENT)
        annotator.mark("2", "Ilse Marrow")
        annotator.mark("3", CONDITION)
        annotator.select("We will")
        annotator.key("r")
        annotator.choose("target_id", "Talks", typed="Talks")
        annotator.select(CONDITION[:8])
        annotator.key("z")
        annotator.choose("kind", "Lift sanctions", typed="Lift")
        annotator.release()
        annotator.submit()


def fill_in(draft: Path) -> None:
    """Fill in a reading that `annotate new` has begun: the places where a value has to be chosen."""
    reading: dict[str, Any] = json.loads(draft.read_bytes())
    (statement,) = reading["statements"]
    statement["content"] = ["Suvia will not talk to Norland"]
    statement["speaker"] = {"entity": "tor-aven", "mention": "Tor Aven"}
    statement |= {"stance": "reject", "attribution": "indirect", "target": {"id": "talks", "parties": ["norland"]}}
    draft.write_text(json.dumps(reading, ensure_ascii=False), encoding="utf-8")


def test_a_person_who_only_has_the_readme_comes_to_two_releases_of_articles_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "empty").mkdir()
    commands = make_environment(build_wheel(tmp_path / "wheel"), tmp_path / "environment")
    variables = plain_variables(commands, tmp_path / "home") | {"STANCEBANK_STUDIO": str(ENVIRONMENT)}
    person = Person(tmp_path / "empty", variables)
    begin, by_file, later = map(lines_of, ("Your own project", "Labels by file", "The next version"))
    assert len(begin) <= 12
    try:
        for line in begin:
            if line.startswith("stancebank corpus add"):
                put_articles(person.cwd / "sources")
            if line.startswith("stancebank annotate studio start"):
                lay_studio(person.cwd / FOLDER)  # which the first start would make, in a minute
            if line.startswith("git "):
                write_by_file(person, by_file)
            said = person.type(line)
            if line.startswith("stancebank annotate studio login"):
                label(person.cwd, tmp_path / "profile", said)
            if line.startswith("stancebank publish release"):
                type_printed(person, said)
        assert len(person.starts) <= MOST_STARTS, person.starts
        first = read_release(person, "0.1.0")
        assert len(first) == 2
        (conditional,) = (row for row in first if row["conditions"])
        assert (conditional["speaker_name"], conditional["stance_label"]) == ("Ilse Marrow", "offer_conditional")
        assert [each["kind"] for each in conditional["conditions"]] == ["lift-sanctions"]
        assert len(list((person.cwd / "corpus/articles").glob("*.json"))) == 6
        for line in later:
            if line.startswith("git "):
                say_news(person.cwd / "CHANGELOG.md")
            said = person.type(line)
            if line.startswith("stancebank publish release"):
                type_printed(person, said)
        second = read_release(person, "0.2.0")
        assert [row["stance"] for row in first] != [row["stance"] for row in second]
    finally:
        subprocess.run(
            [commands / "stancebank", "annotate", "studio", "stop"], cwd=person.cwd, env=variables, check=False
        )


def write_by_file(person: Person, lines: list[str]) -> None:
    """Label an article in a file, as the README says it."""
    for line in lines:
        person.type(line)
        if " > " in line:
            fill_in(person.cwd / line.rpartition(" > ")[2].split()[0])


def type_printed(person: Person, said: str) -> None:
    """Type the commands that a release printed."""
    for line in said.splitlines():
        if line.startswith("git "):
            person.type(line)


def say_news(changelog: Path) -> None:
    """Say in the changelog what is new for users of the dataset."""
    text = changelog.read_text(encoding="utf-8")
    news = "## Unreleased\n\n### Dataset\n\n- **A stance**: was offer; it is open.\n"
    changelog.write_text(text.replace("## Unreleased\n", news, 1), encoding="utf-8")


LOADING = """
import json, sys
from datasets import load_dataset
print(json.dumps(load_dataset(sys.argv[1], split="train").to_list(), default=str))
"""


def read_release(person: Person, version: str) -> list[dict[str, Any]]:
    """Return the rows of a release, as `datasets` loads them."""
    (folder,) = (person.cwd / "releases").glob(f"*-{version}")
    done = subprocess.run(
        ["python", "-c", LOADING, folder], env=person.variables, cwd=person.cwd, capture_output=True, check=True
    )
    rows: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return rows
