"""The queue as a file: it is blind, what is filled in stays, and all that is wrong with it is told at once."""

import json
from pathlib import Path
from typing import Any

import pytest

from stancebank.annotate.adjudication.kept import read_verdicts
from stancebank.workspace import Workspace
from tests.annotate.adjudication.test_settling import SECRET
from tests.conftest import Run

ADJUDICATE = ("annotate", "adjudicate")
Json = dict[str, Any]


def planned(workspace: Workspace, run: Run, *options: str) -> tuple[Path, Json]:
    """Write the queue, and read it."""
    path = workspace.root / "queue.json"
    done = run("-w", workspace.root, *ADJUDICATE, "plan", "--by", "ann-9", "--out", path, *options)
    assert done.returncode == 0, done.stderr
    return path, json.loads(path.read_bytes())


def fill(path: Path, queue: Json) -> None:
    path.write_text(json.dumps(queue, ensure_ascii=False, indent=2))


def test_the_file_is_blind_and_says_what_is_to_be_done(few: Workspace, run: Run) -> None:
    path, queue = planned(few, run)
    text = path.read_text()
    assert "annotator-" not in text
    assert "slip, guideline-gap, ambiguous-text, perspective" in queue["about"]
    assert len(queue["conflicts"]) == 16
    first = queue["conflicts"][0]
    assert (first["line"], first["differs"], first["by"], first["choice"]) == (1, ["statement"], "ann-9", "")
    assert first["words"] == "VEY: NO TALKS WHILE TIMBER BAN STANDS!"
    assert sorted(map(bool, first["candidates"].values())) == [False, True]


@pytest.mark.slow
def test_what_is_filled_in_makes_gold(few: Workspace, run: Run) -> None:
    path, queue = planned(few, run)
    for entry in queue["conflicts"]:
        if entry["article"] == SECRET:
            found = next(each for each in entry["candidates"].values() if each)
            entry |= {"choice": "own", "statement": found, "reason": "ambiguous-text", "note": "Both can be meant."}
    fill(path, queue)
    dry = run("-w", few.root, *ADJUDICATE, "apply", path, "--replace", "--dry-run", "--json")
    states = {each["id"]: (each["state"], each["open"]) for each in json.loads(dry.stdout)["articles"]}
    assert states[SECRET] == ("written", 0)
    assert count_states(states) == {"written": 2, "open": 1}
    assert not (few.root / "corpus/adjudications").exists()
    assert read_verdicts(few) == {}
    done = run("-w", few.root, *ADJUDICATE, "apply", path, "--replace")
    assert done.returncode == 0, done.stderr
    ledger = few.store.adjudication(SECRET)
    assert ledger is not None
    people = [each for each in ledger.decisions if each.method == "adjudicated"]
    assert len(people) == 6
    assert {(each.by, each.reason, each.note, each.taken) for each in people} == {
        ("ann-9", "ambiguous-text", "Both can be meant.", None)
    }
    held = (few.root / f"corpus/adjudications/{SECRET}.json").read_bytes()
    again = run("-w", few.root, *ADJUDICATE, "apply", path)
    assert "0 articles written, 2 as before" in again.stderr
    assert (few.root / f"corpus/adjudications/{SECRET}.json").read_bytes() == held
    shown = json.loads(run("-w", few.root, *ADJUDICATE, "show", "--json").stdout)
    assert (shown["settled"]["adjudicated"], shown["given"], shown["open"]) == (6, 0, 10)
    assert shown["by"] == [{"name": "ann-9", "open": 10, "given": 0, "settled": 6}]
    _, left = planned(few, run)  # what is in the ledger needs no place in the file
    assert {each["article"] for each in left["conflicts"]} == {"meridian-wire-2031-05-07-halm-terms"}
    assert "outdated" not in left


def count_states(states: dict[str, tuple[str, int]]) -> dict[str, int]:
    names = [state for state, _ in states.values()]
    return {name: names.count(name) for name in names}


@pytest.mark.slow
def test_a_new_plan_loses_nothing_that_was_filled_in(few: Workspace, run: Run) -> None:
    path, queue = planned(few, run)
    for entry in queue["conflicts"]:
        entry |= {"choice": "A", "reason": "slip"}
    fill(path, queue)
    _, again = planned(few, run, "--majority", "all")  # what a majority settles was decided by hand
    assert again["conflicts"] == queue["conflicts"]
    _, part = planned(few, run, SECRET, "--majority", "none")
    assert sorted(each["key"] for each in part["conflicts"]) == sorted(each["key"] for each in queue["conflicts"])
    (few.root / f"corpus/annotations/annotator-2/{SECRET}.json").unlink()
    _, less = planned(few, run)
    outdated = {each["key"] for each in less["outdated"]}
    assert outdated
    assert {each["key"] for each in less["conflicts"] if each["choice"]} | outdated == {
        each["key"] for each in queue["conflicts"]
    }
    other = few.root / "other.json"
    other.write_text('{"my": "notes"}')
    refused = run("-w", few.root, *ADJUDICATE, "plan", "--out", other)
    assert (refused.returncode, "something else than a queue" in refused.stderr) == (1, True)
    assert other.read_text() == '{"my": "notes"}'


def test_all_faults_are_told_at_once_with_their_places(few: Workspace, run: Run) -> None:
    path, queue = planned(few, run)
    entries = queue["conflicts"]
    found = [next(each for each in entry["candidates"].values() if each) for entry in entries]
    entries[0] |= {"choice": "Z", "reason": "slop", "by": "", "rule": "G-9999"}
    entries[1] |= {"choice": "own", "reason": "slip"}
    entries[2] |= {"choice": "own", "reason": "slip", "statement": {**found[2], "cue": "words of nobody"}}
    entries[3] |= {"choice": "A", "reason": "slip", "by": "annotator-1", "noet": "x"}
    entries[4] |= {"choice": "A", "reason": "slip", "key": "feed"}
    entries[5] |= {"reason": "slip"}
    entries[6] |= {"choice": "own", "reason": "slip", "statement": {**found[6], "stance": "demnd", "same_as": "s3"}}
    entries[7] |= {"choice": "own", "reason": "slip", "statement": {**found[7], "speaker": {"entity": "nobody-here"}}}
    letter = next(letter for letter, each in entries[8]["candidates"].items() if each)
    entries[8]["candidates"][letter]["line"] = 99
    entries[8] |= {"choice": letter, "reason": "slip"}
    entries[9] |= {"choice": "A", "reason": 3}
    entries.append(dict(entries[10]))
    fill(path, queue)
    lines = path.read_text().splitlines()
    done = run("-w", few.root, *ADJUDICATE, "apply", path, "--replace")
    assert done.returncode == 1
    told = done.stderr
    for words in (
        "choice: 'Z' is no choice. Hint: give A, B",
        "reason: 'slop' is no reason.",
        "by: it is missing.",
        "rule: the guidelines have no rule 'G-9999'.",
        "statement: own needs the statement",
        'statement.cue: "words of nobody" does not occur',
        "by: annotator-1 has annotated this article.",
        "unknown key 'noet'. Hint: did you mean note?",
        "key: no conflict has this key: readings have changed since.",
        "choice: it is missing, and reason is given.",
        'statement.stance: "demnd" is not a stance.',
        "statement.same_as: no unit of this article has the key 's3'.",
        "statement.speaker.entity: 'nobody-here' is not registered.",
        f"candidates/{letter}: it was changed",
        "reason: 3 is no text.",
        "is there a second time. Hint: keep one of the two.",
    ):
        assert words in told, words
    assert told.startswith("stancebank: 16 faults:")
    place = next(line for line in told.splitlines() if "'slop'" in line).split(":")[1]
    assert '"slop"' in lines[int(place) - 1]
    assert "Nothing was written." in told
    assert not (few.root / "corpus/adjudications").exists()
    assert read_verdicts(few) == {}


def test_a_file_that_is_no_queue_is_refused(few: Workspace, run: Run) -> None:
    for content in ("", "[1]", "{", "{}", '{"conflicts": [3]}'):
        path = few.root / "queue.json"
        path.write_text(content)
        done = run("-w", few.root, *ADJUDICATE, "apply", path)
        assert (done.returncode, "Hint:" in done.stderr) == (1, True), content
