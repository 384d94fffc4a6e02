"""Documents leave a workspace in the forms of other tools, with a word on what is lost."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import REPO, Run

ENVOY = "norland-post-2031-02-11-envoy"
FORMATS = ("quoted", "brat", "conll", "jsonl", "w3c", "spacy", "label-studio")


@pytest.mark.parametrize("name", [pytest.param(each, marks=[pytest.mark.slow] * (each == "spacy")) for each in FORMATS])
def test_every_form_goes_into_a_folder_that_git_ignores_and_says_what_is_lost(
    name: str, run: Run, toy_root: Path
) -> None:
    subprocess.run(["git", "init", "-q", toy_root], check=True)
    done = run("annotate", "export", "--all", "--format", name, cwd=toy_root)
    assert done.returncode == 0, done.stderr
    folder = toy_root / "exports" / name / "gold"
    assert f"3 articles, 13 statements by gold: {len(list(folder.iterdir()))} file" in done.stdout
    assert f"in exports/{name}/gold." in done.stdout
    assert f"{name} does not hold:\n" in done.stderr
    left = subprocess.run(["git", "status", "--porcelain", "exports"], cwd=toy_root, capture_output=True, check=True)
    assert left.stdout == b""
    before = {path: path.read_bytes() for path in folder.iterdir()}
    again = run("annotate", "export", "--all", "--format", name, "--json", cwd=toy_root)
    told = json.loads(again.stdout)
    assert (told["format"], told["reader"], told["articles"], told["statements"]) == (name, "gold", 3, 13)
    assert sorted(told["files"]) == sorted(path.name for path in before)
    assert all({"what", "why", "number"} == each.keys() for each in told["lost"])
    assert told["lost"]
    if name != "spacy":
        assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_the_quoted_form_of_one_article_is_printed_and_can_be_imported(run: Run, toy_root: Path) -> None:
    done = run("annotate", "export", ENVOY, cwd=toy_root)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["article_id"] == ENVOY
    assert run("annotate", "export", ENVOY, "--gold", cwd=toy_root).stdout == done.stdout
    run("annotate", "export", ENVOY, "--format", "quoted", "--out", "readings", cwd=toy_root)
    assert (toy_root / f"readings/{ENVOY}.json").read_text("utf-8") == done.stdout


def test_text_forms_can_be_printed_and_others_not(run: Run, toy_root: Path) -> None:
    done = run("annotate", "export", ENVOY, "--format", "jsonl", "--out", "-", cwd=toy_root)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["id"] for line in lines][:1] == [f"{ENVOY}/s1"]
    assert "times left out" in done.stderr
    for name in ("brat", "spacy"):
        refused = run("annotate", "export", ENVOY, "--format", name, "--out", "-", cwd=toy_root)
        assert (refused.returncode, "pass --out DIR" in refused.stderr) == (2, True)


def test_words_that_may_not_be_shown_are_named_and_a_folder_that_git_takes_up_too(run: Run, toy_root: Path) -> None:
    subprocess.run(["git", "init", "-q", toy_root], check=True)
    path = toy_root / f"corpus/articles/{ENVOY}.json"
    record = json.loads(path.read_text("utf-8"))
    record["rights"]["text_policy"] = "withheld"
    path.write_text(json.dumps(record), encoding="utf-8")
    local = toy_root / ".stancebank/texts"
    local.mkdir(parents=True)
    (toy_root / f"corpus/texts/{ENVOY}.txt").rename(local / f"{ENVOY}.txt")
    own = run("annotate", "export", "--all", "--format", "brat", cwd=toy_root)
    assert "words of 1 article that may not be shown in full: keep it out of the repository" in own.stderr
    assert "git does not ignore" not in own.stderr
    other = run("annotate", "export", "--all", "--format", "brat", "--out", "labels", cwd=toy_root)
    assert "Hint: git does not ignore labels; add it to .gitignore" in other.stderr
    (toy_root / ".gitignore").write_text("labels/\n")
    ignored = run("annotate", "export", "--all", "--format", "brat", "--out", "labels", cwd=toy_root)
    assert "git does not ignore" not in ignored.stderr


def test_all_that_is_missing_is_named_before_anything_is_written(run: Run, toy_root: Path) -> None:
    (toy_root / f"corpus/texts/{ENVOY}.txt").unlink()
    (toy_root / "corpus/gold/suvia-courier-2031-02-12-minister.json").unlink()
    done = run("annotate", "export", ENVOY, "suvia", "--format", "brat", cwd=toy_root)
    assert done.returncode == 1
    assert f"The words of {ENVOY} are not at hand" in done.stderr
    assert "There is no document of suvia-courier-2031-02-12-minister by gold." in done.stderr
    assert not (toy_root / "exports").exists()
    nobody = run("annotate", "export", "--all", "--format", "brat", "--annotator", "nobody", cwd=toy_root)
    assert (nobody.returncode, "There is no document by nobody." in nobody.stderr) == (1, True)


def test_which_articles_has_to_be_said(run: Run, toy_root: Path) -> None:
    for options in ((), ("--all", ENVOY)):
        done = run("annotate", "export", *options, cwd=toy_root)
        assert (done.returncode, "Name articles, or pass --all" in done.stderr) == (2, True)


@pytest.mark.slow
def test_without_spacy_one_line_names_the_command(toy_root: Path) -> None:
    hidden = "import sys; sys.modules['spacy'] = None; from stancebank.cli import main; main()"
    command = [sys.executable, "-c", hidden, "annotate", "export", "--all", "--format", "spacy"]
    done = subprocess.run(command, cwd=toy_root, capture_output=True, text=True)
    assert done.returncode != 0
    assert 'pip install "stancebank[suggest]"' in done.stderr
    assert "Traceback" not in done.stderr
    assert not (toy_root / "exports/spacy").exists()


def test_documents_of_another_scheme_are_exported_by_its_own_names(run: Run, tmp_path: Path) -> None:
    root = REPO / "tests/other_domain"
    done = run("-w", root, "annotate", "export", "--all", "--format", "brat", "--out", tmp_path / "brat")
    assert done.returncode == 0, done.stderr
    conf = (tmp_path / "brat/annotation.conf").read_text("utf-8")
    assert "Certainty\tArg:Content, Value:low|high\n" in conf
    assert "Attribution" not in conf
    assert not (root / "exports").exists()
