"""Intake: ids assigned once, nothing overwritten, words where their rights let them be."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from stancebank.cli import stancebank
from stancebank.errors import ConflictError
from stancebank.workspace import open_workspace

TEXT = "Envoy back in port\n\nVESTA (Norland Press) – The envoy came back to port on Monday.\n"
ID = "norland-post-undated-envoy-back-in-port"
TREE = dict[str, tuple[bytes, int]]


def add(root: Path, file: Path, *options: str) -> tuple[int, str]:
    result = CliRunner().invoke(stancebank, ["-w", str(root), "corpus", "add", str(file), *options])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout.strip()


def tree(root: Path) -> TREE:
    files = (path for path in root.rglob("*") if path.is_file())
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def record(root: Path) -> dict[str, Any]:
    (path,) = (root / "corpus/articles").glob("*.json")
    value: dict[str, Any] = json.loads(path.read_text())
    return value


@pytest.fixture
def envoy(tmp_path: Path) -> Path:
    file = tmp_path / "envoy.txt"
    file.write_text(TEXT)
    return file


def test_each_value_says_what_it_rests_on(empty_root: Path, envoy: Path) -> None:
    envoy.with_suffix(".meta.json").write_text(
        json.dumps({"event": {"value": "return", "basis": "inferred"}, "agencies": ["Norland Press"]})
    )
    assert add(empty_root, envoy, "--outlet", "Norland Post", "--published", "2031-02") == (
        0,
        "added  norland-post-undated-envoy-back-in-port",
    )
    values = record(empty_root)
    assert values["title"] == {"value": "Envoy back in port", "basis": "found"}
    assert values["place"] == {"value": "Vesta", "basis": "found"}
    assert values["outlet"] == {"value": "Norland Post", "basis": "given"}
    assert values["published"] == {"value": "2031-02", "basis": "given"}
    assert values["agencies"] == {"value": ["Norland Press"], "basis": "given"}
    assert values["event"] == {"value": "return", "basis": "inferred"}
    assert values["language"] == {"value": "en", "basis": "given"}


def test_adding_again_changes_nothing_not_even_a_file_time(empty_root: Path, envoy: Path) -> None:
    add(empty_root, envoy, "--outlet", "Norland Post")
    before = tree(empty_root)
    assert add(empty_root, envoy, "--outlet", "Norland Post") == (
        0,
        "unchanged  norland-post-undated-envoy-back-in-port",
    )
    assert tree(empty_root) == before


def test_an_id_is_never_recomputed(empty_root: Path, envoy: Path) -> None:
    add(empty_root, envoy, "--outlet", "Norland Post")
    before = tree(empty_root)
    options = ("--outlet", "Suvia Courier", "--published", "2031-02-11", "--title", "Another")
    code, said = add(empty_root, envoy, *options)
    assert code == 4
    assert said.startswith("differs  norland-post-undated-envoy-back-in-port (title, outlet, published;")
    assert tree(empty_root) == before
    assert add(empty_root, envoy, *options, "--update") == (0, "updated  norland-post-undated-envoy-back-in-port")
    assert record(empty_root)["outlet"]["value"] == "Suvia Courier"


def test_another_text_under_a_known_id_needs_a_decision(empty_root: Path, envoy: Path) -> None:
    add(empty_root, envoy, "--outlet", "Norland Post")
    before = tree(empty_root)
    envoy.write_text(TEXT.replace("Monday", "Tuesday"))
    with pytest.raises(ConflictError, match="with another text"):
        add(empty_root, envoy, "--outlet", "Norland Post")
    assert tree(empty_root) == before
    assert add(empty_root, envoy, "--outlet", "Norland Post", "--replace")[1].startswith("replaced")
    assert "Tuesday" in next((empty_root / "corpus/texts").glob("*.txt")).read_text()
    envoy.write_text(TEXT)
    assert add(empty_root, envoy, "--outlet", "Norland Post", "--slug", "new")[1] == "added  norland-post-undated-new"


def test_a_text_that_somebody_annotated_is_not_replaced(toy_root: Path, tmp_path: Path) -> None:
    file = tmp_path / "envoy.txt"
    file.write_bytes((toy_root / "sources/envoy.txt").read_bytes().replace(b"lake", b"pond"))
    before = tree(toy_root)
    options = ("--outlet", "Norland Post", "--published", "2031-02-11", "--slug", "envoy", "--replace")
    with pytest.raises(ConflictError, match="has annotations on its present text"):
        add(toy_root, file, *options)
    assert tree(toy_root) == before


@pytest.mark.parametrize("policy", ["withheld", "quotes"])
def test_words_that_are_not_free_stay_out_of_git(policy: str, empty_root: Path, envoy: Path) -> None:
    add(empty_root, envoy, "--outlet", "Norland Post", "--text-policy", policy)
    (text,) = (empty_root / ".stancebank/texts").iterdir()
    assert text.read_text() == TEXT
    assert not (empty_root / "corpus/texts").exists()
    subprocess.run(["git", "init", "-q"], cwd=empty_root, check=True)
    listing = subprocess.run(
        ["git", "status", "--short", "-uall"], cwd=empty_root, capture_output=True, text=True, check=True
    ).stdout
    assert "corpus/articles/" in listing
    assert ".stancebank" not in listing


def test_a_policy_that_narrows_moves_the_words(empty_root: Path, envoy: Path) -> None:
    add(empty_root, envoy, "--outlet", "Norland Post")
    assert len(list((empty_root / "corpus/texts").iterdir())) == 1
    add(empty_root, envoy, "--text-policy", "withheld", "--update")
    assert list((empty_root / "corpus/texts").iterdir()) == []
    assert len(list((empty_root / ".stancebank/texts").iterdir())) == 1


def test_many_articles_come_in_one_jsonl(empty_root: Path, tmp_path: Path) -> None:
    values = [{"text": TEXT.replace("port", f"port {n}"), "outlet": "Norland Post", "slug": f"n{n}"} for n in range(5)]
    (tmp_path / "all.jsonl").write_text("\n".join(map(json.dumps, values)) + "\n")
    code, said = add(empty_root, tmp_path / "all.jsonl")
    assert code == 0
    assert said.splitlines() == [f"added  norland-post-undated-n{n}" for n in range(5)]


def test_an_intake_that_was_killed_after_the_text_completes_when_run_again(empty_root: Path, envoy: Path) -> None:
    add(empty_root, envoy, "--outlet", "Norland Post")
    whole = {name: data for name, (data, _) in tree(empty_root).items()}
    next((empty_root / "corpus/articles").glob("*.json")).unlink()
    assert add(empty_root, envoy, "--outlet", "Norland Post")[0] == 0
    assert {name: data for name, (data, _) in tree(empty_root).items()} == whole


def test_a_dry_run_writes_nothing(empty_root: Path, envoy: Path) -> None:
    before = tree(empty_root)
    assert add(empty_root, envoy, "--outlet", "Norland Post", "--dry-run")[0] == 0
    assert tree(empty_root) == before
    assert list(open_workspace(empty_root).store.articles()) == []
