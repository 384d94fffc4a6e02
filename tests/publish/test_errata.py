"""Reported faults of rows: kept with state and credit, and told in the notes of the next release, once."""

import json
from pathlib import Path

import pytest

from stancebank.publish.errata import ERRATA
from stancebank.workspace import open_workspace
from tests.conftest import Run
from tests.publish.builds import ENVOY
from tests.publish.release.releases import commit, git, lay_committed, make_and_commit, say_news

ROW = f"{ENVOY}/s3"


def report(run: Run, root: Path, what: str, *more: str) -> dict[str, str]:
    done = run("-w", root, "publish", "errata", "report", ROW, "--what", what, "--json", *more)
    assert done.returncode == 0, done.stderr
    told: dict[str, str] = json.loads(done.stdout)
    return told


def test_a_report_is_kept_once_and_settled_with_a_reason(toy_root: Path, run: Run) -> None:
    made = report(run, toy_root, "The speaker is\nthe minister.", "--by", "A. Brann")
    assert (made["id"], made["row"], made["state"]) == ("e1", ROW, "reported")
    assert made["what"] == "The speaker is the minister."
    held = (toy_root / ERRATA).read_bytes()
    assert report(run, toy_root, "The speaker is the minister.") == made
    assert (toy_root / ERRATA).read_bytes() == held
    assert report(run, toy_root, "The cue is too long.")["id"] == "e2"
    done = run("-w", toy_root, "publish", "errata", "settle", "e2", "--state", "rejected")
    assert (done.returncode, "without a reason" in done.stderr) == (1, True)
    done = run("-w", toy_root, "publish", "errata", "settle", "e2", "--state", "rejected", "--note", "Rule G-103.")
    assert (done.returncode, done.stdout.split()[:2]) == (0, ["e2", "rejected"])
    done = run("-w", toy_root, "publish", "errata", "list", "--open")
    assert "e1  reported" in done.stdout
    assert "e2" not in done.stdout
    assert "2 reports, 1 settled." in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("report", f"{ENVOY}/s33", "--what", "x"), "Did you mean"),
        (("report", ROW, "--what", " "), "The report says nothing."),
        (("settle", "e9", "--state", "fixed"), "There is no erratum e9. There are: none."),
    ],
)
def test_what_cannot_be_an_erratum_is_refused(arguments: tuple[str, ...], said: str, toy_root: Path, run: Run) -> None:
    done = run("-w", toy_root, "publish", "errata", *arguments)
    assert done.returncode == 1
    assert said in done.stderr
    assert not (toy_root / ERRATA).exists()


def test_dry_runs_write_nothing(toy_root: Path, run: Run) -> None:
    report(run, toy_root, "The cue is too long.", "--dry-run")
    assert not (toy_root / ERRATA).exists()
    report(run, toy_root, "The cue is too long.")
    held = (toy_root / ERRATA).read_bytes()
    assert run("-w", toy_root, "publish", "errata", "settle", "e1", "--state", "fixed", "--dry-run").returncode == 0
    assert (toy_root / ERRATA).read_bytes() == held


def test_a_file_of_another_form_is_named(toy_root: Path, run: Run) -> None:
    (toy_root / ERRATA).write_text('{"errata": [{"id": "e1"}]}\n')
    done = run("-w", toy_root, "publish", "errata", "list")
    assert done.returncode == 1
    assert f"{ERRATA} is not a list of errata" in done.stderr


@pytest.mark.slow
def test_the_next_release_tells_of_what_was_settled_and_no_later_one(tmp_path: Path, run: Run) -> None:
    root = lay_committed(tmp_path / "toy").root
    report(run, root, "The speaker is the minister.", "--by", "A. Brann")
    report(run, root, "The cue is too long.")
    run("-w", root, "publish", "errata", "settle", "e1", "--state", "fixed", "--note", "It is now.")
    commit(root)
    make_and_commit(root, "1.2.0")
    line = f"- **Erratum e1** ({ROW}): The speaker is the minister. Fixed: It is now. Reported by A. Brann.\n"
    assert (root / "CHANGELOG.md").read_text("utf-8").count(line) == 1
    assert (root / "releases/toy-1.2.0/CHANGELOG.md").read_text("utf-8").count(line) == 1
    run("-w", root, "publish", "errata", "settle", "e2", "--state", "rejected", "--note", "Rule G-103")
    say_news(root)
    commit(root)
    make_and_commit(root, "1.2.1")
    log = (root / "CHANGELOG.md").read_text("utf-8")
    assert log.count("**Erratum e1**") == log.count("**Erratum e2**") == 1
    assert log.index("**Erratum e2**") < log.index("**Erratum e1**")
    assert open_workspace(root).settings.version == "1.2.1"
    assert git(root, "status", "--porcelain") == ""
