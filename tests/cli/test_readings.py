"""Readings by the command line: those of any scheme are shown, quoted and taken again, and bad ones are refused."""

import json
import shutil
from pathlib import Path

import pytest
from tests.conftest import REPO, Run

OTHERS = ["minimal", "other_domain"]


@pytest.mark.parametrize("name", OTHERS)
def test_a_reading_of_another_scheme_is_quoted_and_imported_unchanged(name: str, run: Run, tmp_path: Path) -> None:
    root = Path(shutil.copytree(REPO / "tests" / name, tmp_path / name))
    for path in sorted((root / "corpus/gold").iterdir()):
        quoted = run("-w", root, "annotate", "export", path.stem)
        assert quoted.returncode == 0, quoted.stderr
        (tmp_path / "reading.json").write_text(quoted.stdout, encoding="utf-8")
        taken = run("-w", root, "annotate", "import", tmp_path / "reading.json", "--gold", "single")
        assert (taken.returncode, taken.stdout.endswith("unchanged.\n")) == (0, True), taken.stderr
        shown = run("-w", root, "corpus", "show", path.stem)
        assert shown.returncode == 0, shown.stderr
        for statement in json.loads(quoted.stdout)["statements"]:
            assert statement["stance"] in shown.stdout
            assert statement.get("certainty", "") in shown.stdout


def test_a_reading_with_faults_of_its_scheme_is_refused_with_all_of_them(run: Run, tmp_path: Path) -> None:
    root = Path(shutil.copytree(REPO / "tests/other_domain", tmp_path / "other"))
    name = min(path.stem for path in (root / "corpus/gold").iterdir())
    value = json.loads(run("-w", root, "annotate", "export", name).stdout)
    value["statements"][0] |= {"stance": "suport", "mood": "fair"}
    del value["statements"][1]["certainty"]
    file = tmp_path / "reading.json"
    file.write_text(json.dumps(value, indent=2), encoding="utf-8")
    lines = file.read_text().splitlines()
    stance, mood, second = (
        next(n for n, line in enumerate(lines, 1) if part in line) for part in ("suport", "mood", '"id": "s2"')
    )
    taken = run("-w", root, "annotate", "import", file, "--gold", "single")
    assert taken.returncode == 1
    assert "3 faults:" in taken.stderr
    for part in (
        f'{file}:{stance} (s1): stance: "suport" is not a stance. Allowed: support, oppose,',
        'Did you mean "support"?',
        f"{file}:{mood} (s1): mood: unknown key 'mood'",
        f"{file}:{second - 1} (s2): the key 'certainty' is missing.",
        "Hint: ",
        "Nothing was written.",
    ):
        assert part in taken.stderr


def test_a_method_that_the_scheme_does_not_know_is_a_usage_error(run: Run, toy_root: Path, tmp_path: Path) -> None:
    name = "norland-post-2031-02-11-envoy"
    (tmp_path / "reading.json").write_text(run("-w", toy_root, "annotate", "export", name).stdout, encoding="utf-8")
    taken = run("-w", toy_root, "annotate", "import", tmp_path / "reading.json", "--gold", "guessed")
    assert (taken.returncode, "'guessed' is not one of single, double" in taken.stderr) == (2, True)


def test_a_document_that_would_not_pass_its_schema_is_not_written(run: Run, toy_root: Path, tmp_path: Path) -> None:
    name = "norland-post-2031-02-11-envoy"
    value = json.loads(run("-w", toy_root, "annotate", "export", name).stdout)
    value["statements"][0]["target"]["scope"] = ""
    before = (toy_root / f"corpus/gold/{name}.json").read_bytes()
    (tmp_path / "reading.json").write_text(json.dumps(value), encoding="utf-8")
    taken = run("-w", toy_root, "annotate", "import", tmp_path / "reading.json", "--gold", "single")
    assert (taken.returncode, "(s1): target.scope: " in taken.stderr) == (1, True)
    assert (toy_root / f"corpus/gold/{name}.json").read_bytes() == before


@pytest.mark.parametrize("data", ["\ud800", "words", None, 7, [], {"text": ["no"]}])
def test_a_task_whose_data_are_no_object_is_named_and_taken_by_nobody(
    data: object, run: Run, toy_root: Path, tmp_path: Path
) -> None:
    annotation = {"id": 1, "completed_by": 7, "result": [], "created_at": "2031-02-11T10:00:00Z"}
    (tmp_path / "export.json").write_text(json.dumps([{"id": 3, "data": data, "annotations": [annotation]}]))
    taken = run("-w", toy_root, "annotate", "import", tmp_path / "export.json")
    assert taken.returncode == 1
    assert "Traceback" not in taken.stderr
    assert "Hint: " in taken.stderr
    assert not (toy_root / "corpus/annotations").exists()
