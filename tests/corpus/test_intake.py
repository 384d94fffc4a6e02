"""Intake: ids assigned once, nothing overwritten, words where their rights let them be."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from stancebank.cli import stancebank
from stancebank.errors import ConflictError, InputError
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
    # the first command that takes the lock keeps the local store out of git
    files = (path for path in root.rglob("*") if path.is_file() and path != root / ".stancebank/.gitignore")
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
    options = ("--outlet", "NORLAND POST", "--published", "2031-02-11", "--title", "Another")
    code, said = add(empty_root, envoy, *options)
    assert code == 4
    assert said.startswith("differs  norland-post-undated-envoy-back-in-port (title, outlet, published;")
    assert tree(empty_root) == before
    assert add(empty_root, envoy, *options, "--update") == (0, "updated  norland-post-undated-envoy-back-in-port")
    assert record(empty_root)["outlet"]["value"] == "NORLAND POST"


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


def article_file(folder: Path, name: str, **values: object) -> Path:
    file = folder / name
    file.write_text(json.dumps({"text": TEXT, "outlet": "Norland Post"} | values))
    return file


def test_adding_again_with_fewer_options_changes_nothing(empty_root: Path, envoy: Path) -> None:
    add(empty_root, envoy, "--outlet", "Norland Post", "--text-policy", "quotes", "--holder", "N", "--language", "no")
    before = tree(empty_root)
    assert add(empty_root, envoy) == (0, f"unchanged  {ID}")
    assert tree(empty_root) == before


def test_a_value_that_was_found_and_is_given_again_is_no_difference(empty_root: Path, envoy: Path) -> None:
    add(empty_root, envoy, "--outlet", "Norland Post")
    assert add(empty_root, envoy, "--title", "Envoy back in port", "--place", "Vesta") == (0, f"unchanged  {ID}")
    assert record(empty_root)["title"]["basis"] == "found"


def test_an_update_of_one_right_leaves_the_others(empty_root: Path, envoy: Path) -> None:
    add(empty_root, envoy, "--outlet", "Norland Post", "--text-policy", "quotes", "--licence", "CC-BY-SA-4.0")
    assert add(empty_root, envoy, "--holder", "Norland Press", "--update")[0] == 0
    assert record(empty_root)["rights"] == {
        "holder": "Norland Press",
        "licence": "CC-BY-SA-4.0",
        "text_policy": "quotes",
    }


def test_a_replaced_text_keeps_what_was_given_and_its_narrower_policy(empty_root: Path, envoy: Path) -> None:
    options = ("--text-policy", "withheld", "--event", "return", "--author", "Tor Aven")
    add(empty_root, envoy, "--outlet", "Norland Post", *options)
    envoy.write_text(TEXT.replace("VESTA", "PORT ESSA"))
    assert add(empty_root, envoy, "--outlet", "Norland Post", "--author", "Ilse Marrow", "--replace")[0] == 0
    values = record(empty_root)
    assert [values[key]["value"] for key in ("event", "author", "place")] == ["return", "Ilse Marrow", "Port Essa"]
    assert values["rights"]["text_policy"] == "withheld"
    assert not (empty_root / "corpus/texts").exists()


def test_two_updates_of_one_article_in_one_run_both_hold(empty_root: Path, envoy: Path, tmp_path: Path) -> None:
    add(empty_root, envoy, "--outlet", "Norland Post")
    article_file(tmp_path, "a.json", author="Tor Aven")
    article_file(tmp_path, "b.json", event="return")
    result = CliRunner().invoke(
        stancebank,
        ["-w", str(empty_root), "corpus", "add", str(tmp_path / "a.json"), str(tmp_path / "b.json"), "--update"],
    )
    assert result.exit_code == 0
    assert record(empty_root)["author"]["value"] == "Tor Aven"
    assert record(empty_root)["event"]["value"] == "return"


def test_one_text_twice_in_one_run_is_added_once(empty_root: Path, envoy: Path, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "again.txt").write_text(TEXT)
    envoy.rename(folder / "envoy.txt")
    assert add(empty_root, folder, "--outlet", "Norland Post") == (0, f"added  {ID}\nunchanged  {ID}")


def test_replacing_takes_one_text_a_run(empty_root: Path, envoy: Path, tmp_path: Path) -> None:
    add(empty_root, envoy, "--outlet", "Norland Post")
    before = tree(empty_root)
    folder = tmp_path / "folder"
    folder.mkdir()
    for day in ("Tuesday", "Friday"):
        article_file(folder, f"{day}.json", text=TEXT.replace("Monday", day))
    with pytest.raises(ConflictError, match="gets the id norland-post-undated-envoy-back-in-port in this run"):
        add(empty_root, folder, "--replace")
    assert tree(empty_root) == before


def test_given_zones_are_laid_over_the_inferred_ones_and_stay_when_added_again(
    empty_root: Path, tmp_path: Path
) -> None:
    file = article_file(tmp_path, "a.json", zones=[{"zone": "caption", "begin": 20, "end": 45}])
    add(empty_root, file)
    first = record(empty_root)["zones"]
    assert {"begin": 20, "end": 45, "zone": "caption"} in first
    assert add(empty_root, file) == (0, f"unchanged  {ID}")
    article_file(tmp_path, "a.json", zones=[{"zone": "standfirst", "lines": [3, 3]}])
    assert add(empty_root, file)[1] == f"differs  {ID} (zones; --update takes the new values)"
    assert add(empty_root, file, "--update")[0] == 0
    assert [zone["zone"] for zone in record(empty_root)["zones"]] == ["title", "standfirst"]


@pytest.mark.parametrize(
    "values",
    [
        *({"agencies": value} for value in (5, [5], {"value": 5, "basis": "given"}, {"value": "x"})),
        *({"title": value} for value in (["x"], True, {"value": "x", "basis": "guessed"}, "a\u0007b", "a\nb")),
        *({"slug": 5}, {"holder": []}, {"licence": {}}, {"rights_note": 1.5}, {"text_policy": ["full"]}),
        *({"published": value} for value in (2031, "2031-13", "0000", "2031-00", "2031-04-31", "2031-02-30T10:00")),
        *({"url": value} for value in ("post.example", "ftp://post.example", "https://post example")),
        *({"zones": value} for value in (5, "body", {"zone": "body"}, [5], [{"zone": "body"}])),
        {"zones": [{}]},
        *(
            {"zones": [{"zone": "body", "lines": value}]}
            for value in ([0, 1], [2, 1], [1], [2, 2], ["1", "1"], [1, 99])
        ),
        *({"zones": [{"zone": "body", "begin": 0, "end": value}]} for value in (0, -1, 9999, "5", 1.5, True, None)),
        *({"zones": [{"zone": value, "begin": 0, "end": 5}]} for value in ("Body", None, ["body"])),
        {"zones": [{"zone": "body", "begin": 0, "end": 5, "lines": [1, 1]}]},
    ],
    ids=str,
)
def test_metadata_of_a_wrong_form_are_refused_with_nothing_written(
    values: dict[str, object], empty_root: Path, tmp_path: Path
) -> None:
    before = tree(empty_root)
    with pytest.raises(InputError, match=r"a\.json: |/url/value"):
        add(empty_root, article_file(tmp_path, "a.json", **values))
    assert tree(empty_root) == before


def test_an_option_that_is_not_utf8_is_refused_before_anything_is_written(empty_root: Path, envoy: Path) -> None:
    before = tree(empty_root)
    for option in ("--outlet", "--title", "--holder", "--slug"):
        with pytest.raises(InputError, match=f"{option[2:]} is .*which holds a character that no text has"):
            add(empty_root, envoy, "--outlet", "Norland Post", option, "caf\udce9")
    assert tree(empty_root) == before


def test_values_are_stored_composed_and_without_white_space_around_them(empty_root: Path, envoy: Path) -> None:
    add(empty_root, envoy, "--outlet", " Norland Post ", "--author", "Jose\u0301", "--place", "  ")
    assert record(empty_root)["outlet"]["value"] == "Norland Post"
    assert record(empty_root)["author"]["value"] == "José"
    assert record(empty_root)["place"] == {"value": "Vesta", "basis": "found"}


def test_a_title_without_letters_still_gives_an_id(empty_root: Path, tmp_path: Path) -> None:
    add(empty_root, article_file(tmp_path, "a.json", title="★ … ★"))
    assert re.fullmatch(r"norland-post-undated-[0-9a-f]{12}", record(empty_root)["id"])
    add(empty_root, article_file(tmp_path, "b.json", text="Another\n\nText.", outlet="x" * 300))
    assert sorted(len(path.stem) for path in (empty_root / "corpus/articles").iterdir())[-1] == 80
