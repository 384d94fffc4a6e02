"""Files of readings: what they may hold, and how the place of a fault in them is told."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stancebank.annotate.intake import Options, ReadingIntake
from stancebank.annotate.readings import Given, Unreadable, json_places
from stancebank.model import Gold
from stancebank.workspace import Workspace
from tests.annotate.written import FIRST_TRY, SIT, reading, write
from tests.conftest import TOY, Run, examples

# Files


@pytest.mark.slow
def test_a_list_lines_folders_and_standard_input_hold_readings(run: Run, toy_root: Path) -> None:
    one, two = reading(SIT, annotator="ann-1"), reading(SIT, annotator="ann-2")
    folder = toy_root / "more"
    folder.mkdir()
    (folder / "list.json").write_text(json.dumps([one, two]))
    write(folder / "lines.jsonl", one | {"annotator": "ann-3"}, two | {"annotator": "ann-4"}, indent=None)
    (folder / "notes.txt").write_text("To do.")
    (folder / ".hidden.json").write_text("{")
    done = run("annotate", "import", folder, "--json", cwd=toy_root)
    assert done.returncode == 0, done.stderr
    assert "notes.txt: left out, since it is neither .json nor .jsonl." in done.stderr
    told = json.loads(done.stdout)
    assert [each["annotator"] for each in told["readings"]] == ["ann-3", "ann-4", "ann-1", "ann-2"]
    assert {(each["state"], each["statements"], each["gold"]) for each in told["readings"]} == {("written", 1, False)}
    command = [sys.executable, "-m", "stancebank", "annotate", "import", "-"]
    five = json.dumps(one | {"annotator": "ann-5"}).encode()
    assert subprocess.run(command, cwd=toy_root, input=five, check=False).returncode == 0
    spoilt = subprocess.run(command, cwd=toy_root, input=b"[{", capture_output=True, check=False)
    assert (spoilt.returncode, b"stdin is not JSON: line 1, column 3" in spoilt.stderr) == (1, True)
    assert len(list((toy_root / "corpus/annotations").iterdir())) == 5


@pytest.mark.parametrize(
    ("name", "content", "place"),
    [
        ("bad.jsonl", '{"article_id": "x", "statements": []}\n{,}\n', "bad.jsonl:2:2: not JSON: "),
        ("bad.json", '{\n  "article_id": x\n}', "bad.json:2:17: not JSON: "),
        ("bad.json", '[{"article_id": "x", "statements": []}, {"article_id" 7}]', "bad.json"),
        ("bad.jsonl", '{"article_id": "x", "statements": [], "annotator": 7}\n', "bad.jsonl:1:39: annotator: "),
        ("bad.json", '[{"article_id": "x", "statements": []},\n {"article_id": "y", "statements": 7}]', "bad.json:2:"),
    ],
)
def test_the_place_of_a_fault_is_told_once(name: str, content: str, place: str, run: Run, toy_root: Path) -> None:
    (toy_root / name).write_text(content)
    done = run("annotate", "import", name, cwd=toy_root)
    assert done.returncode == 1
    assert done.stderr.count(place) >= 1
    assert "line 1, column" not in done.stderr.replace("is not JSON: line 1, column", "", 1)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.json", "", "empty.json is empty."),
        ("blank.jsonl", "\n \n", "blank.jsonl is empty."),
        ("list.json", "[]", "list.json is an empty list: it holds nothing to import."),
    ],
)
def test_what_holds_nothing_says_so(name: str, content: str, said: str, run: Run, toy_root: Path) -> None:
    (toy_root / name).write_text(content)
    done = run("annotate", "import", name, cwd=toy_root)
    assert (done.returncode, said in done.stderr, "Hint: " in done.stderr) == (1, True, True)
    (toy_root / "none").mkdir()
    folder = run("annotate", "import", "none", cwd=toy_root)
    assert (folder.returncode, "none has no file of readings." in folder.stderr) == (1, True)


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text('ab"\\/~{}[]:, \né', max_size=4),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text('ab"~/{', max_size=3), below, max_size=3),
    max_leaves=12,
)


@settings(max_examples=examples(150), deadline=None)
@given(plain, st.sampled_from([None, 1]), st.booleans())
def test_every_value_of_a_json_text_has_its_place(value: Any, indent: int | None, escapes: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=escapes)
    found = json_places(text)

    def look(part: Any, pointer: str, *, is_key: bool = False) -> int:
        begin, end = found[pointer], found.end(pointer)
        if is_key:
            key, after = json.JSONDecoder().raw_decode(text, begin)
            assert pointer.endswith("/" + key.replace("~", "~0").replace("/", "~1"))
            begin = text.index(":", after) + 1
        assert json.loads(text[begin:end]) == part
        below = 0
        if isinstance(part, dict):
            for key, each in part.items():
                below += look(each, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}", is_key=True)
        elif isinstance(part, list):
            below += sum(look(each, f"{pointer}/{n}") for n, each in enumerate(part))
        return 1 + below

    assert look(value, "") == len(found)


@pytest.mark.slow
@settings(max_examples=examples(60), deadline=None)
@given(st.data())
def test_a_spoilt_reading_gets_faults_and_never_an_exception(data: st.DataObject) -> None:
    """Any value of a sound reading is replaced or taken out."""
    value = json.loads(data.draw(st.sampled_from(SOUND)))
    for _ in range(data.draw(st.integers(1, 3))):
        pointer = data.draw(st.sampled_from(sorted(each for each in json_places(json.dumps(value)) if each)))
        *above, last = pointer.split("/")[1:]
        holder: Any = value
        for part in above:
            holder = holder[int(part)] if isinstance(holder, list) else holder[part]
        if isinstance(holder, dict) and data.draw(st.booleans()):
            del holder[last]
        else:
            key = int(last) if isinstance(holder, list) else last
            holder[key] = data.draw(
                st.sampled_from([None, 7, "", "no such", [], {}, [{}], {"begin": 3}, {"date": 1}, True, [["x"]]])
            )
    intake = ReadingIntake(WORKSPACES[0], Options(add_missing=data.draw(st.booleans())))
    (candidate,) = intake.read([Given("a.json", value, lambda pointer: f"a.json:{pointer}")])
    assert (candidate.document is None) == bool(candidate.faults)
    assert all(each.where.startswith("a.json:") for each in candidate.faults)


SOUND = [path.read_text("utf-8") for path in sorted((TOY / "readings").iterdir())]


WORKSPACES: list[Workspace] = []


@pytest.fixture(autouse=True)
def _workspace(toy_workspace: Workspace) -> None:
    WORKSPACES[:] = [toy_workspace]


def test_a_line_that_is_no_json_is_told_beside_the_faults_of_the_others(toy_workspace: Workspace) -> None:
    intake = ReadingIntake(toy_workspace, Options(gold=Gold(method="single")))
    bad = Unreadable("a.jsonl:1:3", "not JSON: Expecting value")
    found = intake.read([bad, Given("a.jsonl", reading(FIRST_TRY[0]), lambda _: "a.jsonl:2:1")])
    assert [len(each.faults) for each in found] == [1, 3]
