"""Readings that come in: nothing is written that a check refuses, and whoever wrote one learns all that is wrong."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stancebank.annotate.intake import Options, ReadingIntake
from stancebank.annotate.readings import Given, Unreadable, json_places, read_file
from stancebank.check import check_workspace
from stancebank.commits import is_committed
from stancebank.model import Gold
from stancebank.schema.fields import load_scheme
from stancebank.workspace import Workspace, open_workspace
from tests.annotate.tasks import submitted
from tests.conftest import OWN_SCHEMA, REPO, TOY, Run, examples

ENVOY = "norland-post-2031-02-11-envoy"
HARVEST = "keth-tribune-undated-harvest"
Json = dict[str, Any]


def reading(*statements: Json, **about: object) -> Json:
    whole = {"article_id": ENVOY, "annotator": "eve", "origin": "human", "guideline_version": "2.0"}
    return {**whole, **about, "statements": list(statements)}


def statement(name: str, content: str, **changes: object) -> Json:
    said: Json = {
        "id": name,
        "content": [content],
        "speaker": {"entity": "ilse-marrow"},
        "attribution": "direct",
        "stance": "offer",
        "target": {"id": "talks"},
    }
    return {**said, **changes}


SIT = statement("s2", "We will sit down with Norland")


def write(path: Path, *values: Json, indent: int | None = 2) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(json.dumps(each, indent=indent, ensure_ascii=False) for each in values), "utf-8")
    return path


def line_of(path: Path, words: str) -> int:
    return next(n for n, line in enumerate(path.read_text("utf-8").splitlines(), 1) if words in line)


def state(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in (root / "corpus").rglob("*.json")}


def errors(root: Path) -> list[str]:
    return [f"{each.code} {each.file}{each.pointer}" for each in check_workspace(open_workspace(root)).errors]


FIRST_TRY = (
    statement(
        "s1",
        "Suvia to meet Norland once it lifts blockade, only with Keth in chair",
        line=1,
        speaker={"entity": "ilse-marow"},
        stance="maybe",
        conditions=[{"id": "c1", "spans": ["once it lifts blockade"], "role": "until", "kind": "lift-blockade"}],
    ),
    statement(
        "s2",
        "We will sit down with Norland",
        cue="told",
        conditions=[{"id": "c1", "spans": ["once it lifts the blockade"], "role": "if", "kind": "lift-blokade"}],
    ),
    statement("s3", "did not rule out a meeting", speaker={"entity": "tor-aven"}, target={"id": "talkz"}, cue="rule"),
    statement("s4", "Ferry fares to rise in spring", same_as="s9"),
    statement("s5", "words that nobody wrote"),
    statement("s6", "Norland", stanse="open"),
)


@pytest.mark.parametrize("how", [(), ("--gold", "single")])
def test_a_first_try_learns_all_its_faults_at_once_with_their_places(
    how: tuple[str, ...], run: Run, toy_root: Path
) -> None:
    file = write(toy_root / "readings/envoy.json", reading(*FIRST_TRY, guideline_version="9.9"))
    before = state(toy_root)
    done = run("annotate", "import", "readings/envoy.json", *how, cwd=toy_root)
    assert (done.returncode, done.stdout) == (1, "")
    assert state(toy_root) == before
    for words, fault in (
        ("9.9", ": guideline_version: the guidelines of this workspace are at version 2.0, and have no 9.9."),
        ("maybe", ' (s1): stance: "maybe" is not a stance. Allowed: reject, disapprove, open, offer,'),
        ("until", ' (s1): conditions[0].role: "until" is not a role. Allowed: if, only_if, while,'),
        ("ilse-marow", " (s1): speaker.entity: 'ilse-marow' is not registered. Did you mean 'ilse-marrow'?"),
        ("lift-blokade", " (s2): conditions[0].kind: 'lift-blokade' is not registered. Did you mean 'lift-blockade'?"),
        ("talkz", " (s3): target.id: 'talkz' is not registered. Did you mean 'talks'?"),
        ('"rule"', " (s3): cue: the cue of a statement that is direct must be apart from the content."),
        ("Ferry fares", " (s4): content[0]: it is in related."),
        ('"s9"', " (s4): same_as: there is no statement 's9' here."),
        ("nobody wrote", ' (s5): content[0]: "words that nobody wrote" does not occur in the text.'),
        ('"Norland"', ' (s6): content[0]: "Norland" occurs 9 times in the text. Hint: add "line", or "occurrence".'),
        ("stanse", " (s6): stanse: unknown key 'stanse' (did you mean 'stance'?)."),
    ):
        place = line_of(file, words)
        assert f"readings/envoy.json:{place}{fault}" in done.stderr, words
    assert done.stderr.startswith("stancebank: 12 faults:\n")
    told = [int(line.split(":")[1].split(" ")[0]) for line in done.stderr.splitlines() if line.startswith("readings/")]
    assert told == sorted(told)
    assert "$." not in done.stderr  # as a library would say where it is


def repaired() -> Json:
    one, two, three, *_ = (json.loads(json.dumps(each)) for each in FIRST_TRY)
    one |= {"stance": "offer", "speaker": {"entity": "ilse-marrow"}, "attribution": "indirect"}
    one["conditions"][0]["role"] = "if"
    two |= {"conditions": []}
    three |= {"cue": None, "target": {"id": "talks"}, "attribution": "indirect"}
    return reading(one, two, three)


def test_a_condition_without_a_group_gets_one_as_from_label_studio(run: Run, toy_root: Path) -> None:
    file = write(toy_root / "readings/envoy.json", repaired())
    done = run("annotate", "import", file, cwd=toy_root)
    assert done.returncode == 0, done.stderr
    assert "(s1): conditions[0]: alternative 1, since none was given." in done.stderr
    document = open_workspace(toy_root).store.document(toy_root / f"corpus/annotations/eve/{ENVOY}.json")
    assert [each.fields["alternative"] for one in document.statements for each in one.conditions] == [1]
    assert errors(toy_root) == []


def spoil_zone(root: Path) -> Json:
    return reading(statement("s1", "Ferry fares to rise in spring"))


def spoil_empty(root: Path) -> Json:
    return reading()


def spoil_id(root: Path) -> Json:
    return reading(SIT, {**SIT, "content": ["once it lifts the blockade of the river"]})


def spoil_use(root: Path) -> Json:
    path = root / "corpus/targets.json"
    path.write_text(path.read_text().replace('"use": "both"', '"use": "condition"'))
    return reading(SIT)


def spoil_date(root: Path) -> Json:
    return reading({**SIT, "said_on": {"date": "2031-02-30", "basis": "stated"}})


def spoil_tie(root: Path) -> Json:
    lift = statement("s3", "once it lifts the blockade of the river", speaker={"entity": "tor-aven"}, same_as="s2")
    return reading(SIT, lift)


def spoil_place(root: Path) -> Json:
    condition = {"id": "c1", "spans": ["in the chair"], "role": "if", "kind": "format"}
    return reading({**SIT, "conditions": [condition]})


def spoil_leak(root: Path) -> Json:
    record = root / f"corpus/articles/{HARVEST}.json"
    text = (root / f"corpus/texts/{HARVEST}.txt").read_text()
    value = json.loads(record.read_bytes())
    value["rights"] |= {"text_policy": "withheld"}
    record.write_text(json.dumps(value))
    (root / ".stancebank/texts").mkdir(parents=True)
    (root / f"corpus/texts/{HARVEST}.txt").rename(root / f".stancebank/texts/{HARVEST}.txt")
    line = max(text.splitlines(), key=len)
    return reading({**SIT, "note": f"It is as in: {line}"})


def spoil_cap(root: Path) -> Json:
    record = root / f"corpus/articles/{ENVOY}.json"
    value = json.loads(record.read_bytes())
    value["rights"] |= {"text_policy": "quotes"}
    record.write_text(json.dumps(value))
    (root / f"corpus/gold/{ENVOY}.json").unlink()
    (root / ".stancebank/texts").mkdir(parents=True)
    (root / f"corpus/texts/{ENVOY}.txt").rename(root / f".stancebank/texts/{ENVOY}.txt")
    lines = (root / f".stancebank/texts/{ENVOY}.txt").read_text().splitlines()
    return reading(*(statement(f"s{n}", lines[n - 1], line=n) for n in (5, 9, 13, 15)))


SPOILT: list[tuple[Callable[[Path], Json], str]] = [
    (spoil_zone, "span-zone"),
    (spoil_empty, "document-empty"),
    (spoil_id, "statement-id"),
    (spoil_use, "target-use"),
    (spoil_date, "date-invalid"),
    (spoil_tie, "same-as-differs"),
    (spoil_place, "words-outside"),
    (spoil_leak, "text-leaked"),
    (spoil_cap, "quotes-over-cap"),
]


@pytest.mark.parametrize(("spoil", "code"), SPOILT, ids=[code for _, code in SPOILT])
def test_whatever_a_check_would_refuse_is_refused_before_it_is_written(
    spoil: Callable[[Path], Json], code: str, run: Run, toy_root: Path
) -> None:
    file = write(toy_root / "readings/envoy.json", spoil(toy_root))
    before, known = state(toy_root), errors(toy_root)
    done = run("annotate", "import", file, "--json", cwd=toy_root)
    assert done.returncode == 1
    assert state(toy_root) == before
    (told,) = json.loads(done.stdout)["readings"]
    assert [each["code"] for each in told["faults"]] == [code]
    assert told["state"] == "refused"
    # written all the same, it is what the check says
    intake = ReadingIntake(open_workspace(toy_root), Options())
    intake.judge.errors = lambda *_, **__: []  # type: ignore[method-assign]
    intake.write(intake.read(read_file(file, "envoy.json")))
    assert {each.partition(" ")[0] for each in errors(toy_root) if each not in known} == {code}


def test_what_a_waiver_covers_is_taken(run: Run, toy_root: Path) -> None:
    file = write(toy_root / "readings/envoy.json", spoil_place(toy_root))
    assert run("annotate", "import", file, cwd=toy_root).returncode == 1
    waiver = 'code = "words-outside"\nfile = "corpus/annotations/*"\nreason = "It is agreed."\nuntil = 2999-01-01\n'
    (toy_root / "waivers.toml").write_text(f"[[waiver]]\n{waiver}")
    done = run("annotate", "import", file, cwd=toy_root)
    assert done.returncode == 0, done.stderr
    assert errors(toy_root) == []


# Registries


def strangers() -> Json:
    orla = statement(
        "s1",
        "We will sit down with Norland",
        speaker={"entity": "orla-vane", "mention": "Ilse Marrow"},
        target={"id": "sit-down", "parties": ["lake-guard", "suvia"]},
        conditions=[{"id": "c1", "spans": ["with Norland"], "role": "if", "kind": "sit-down"}],
    )
    tor = statement("s2", "did not rule out a meeting", speaker={"entity": "tor-aven"}, target={"id": "rule-out"})
    return reading(orla, {**tor, "attribution": "indirect"})


def test_what_the_registries_lack_is_added_when_it_is_asked_for_in_one_write(run: Run, toy_root: Path) -> None:
    file = write(toy_root / "readings/envoy.json", strangers())
    command = ("annotate", "import", file)
    before = state(toy_root)
    refused = run(*command, cwd=toy_root)
    assert refused.returncode == 1
    assert refused.stderr.count("is not registered") == 5
    assert "or add it with --add-missing" in refused.stderr
    dry = run(*command, "--add-missing", "--dry-run", cwd=toy_root)
    assert (dry.returncode, dry.stderr.count("Would add ")) == (0, 4)
    assert state(toy_root) == before
    done = run(*command, "--add-missing", "--kind", "person", "--kind", "lake-guard=organisation", cwd=toy_root)
    assert done.returncode == 0, done.stderr
    for said in (
        "Added entity orla-vane: 'Orla Vane', person.",
        "Added entity lake-guard: 'Lake Guard', organisation.",
        "Added target sit-down: 'sit down', use both.",
        "Added target rule-out: 'rule out', use target.",
    ):
        assert said in done.stderr
    assert errors(toy_root) == []
    again = run(*command, "--add-missing", cwd=toy_root)
    assert (again.returncode, again.stdout.endswith("unchanged.\n"), "Added" in again.stderr) == (0, True, False)


def test_a_name_is_that_of_the_reading_or_of_its_mention_or_what_the_id_spells(run: Run, toy_root: Path) -> None:
    value = strangers()
    first, second = value["statements"]
    first["speaker"] = {"entity": "orla-vane", "name": "Dr Orla Vane"}
    first["target"]["name"] = "sit down together"
    second["speaker"] = {"entity": "norlands-foreign-minister", "mention": "Norland's foreign minister"}
    done = run("annotate", "import", write(toy_root / "a.json", value), "--add-missing", cwd=toy_root)
    assert done.returncode == 0, done.stderr
    store = open_workspace(toy_root).store
    names = {each.id: each.name for each in store.entities().entities}
    assert names["orla-vane"] == "Dr Orla Vane"
    assert names["norlands-foreign-minister"] == "Norland's foreign minister"
    assert names["lake-guard"] == "Lake Guard"
    assert {each.id: each.name for each in store.targets().targets}["sit-down"] == "sit down together"


def test_the_most_general_kind_is_that_of_the_scheme_and_a_name_that_is_taken_is_refused(
    run: Run, toy_root: Path
) -> None:
    assert load_scheme(OWN_SCHEMA).vocabularies.flagged("entity_kind", "is_general") == {"organisation"}
    value = strangers()
    value["statements"][0]["speaker"] = {"entity": "marrow", "name": "Ilse Marrow"}
    done = run("annotate", "import", write(toy_root / "a.json", value), "--add-missing", cwd=toy_root)
    assert done.returncode == 1
    assert "(s1): speaker.entity: 'Ilse Marrow' is already a name of 'ilse-marrow'." in done.stderr
    assert "not registered" not in done.stderr


def test_a_scheme_without_a_general_kind_asks_for_one(run: Run, tmp_path: Path) -> None:
    import shutil

    root = Path(shutil.copytree(REPO / "tests/other_domain", tmp_path / "other"))
    name = min(path.stem for path in (root / "corpus/gold").iterdir())
    value = json.loads(run("-w", root, "annotate", "export", name).stdout) | {"annotator": "eve"}
    value["statements"][0]["speaker"]["entity"] = "somebody-new"
    file = write(tmp_path / "a.json", value)
    asked = run("-w", root, "annotate", "import", file, "--add-missing")
    assert asked.returncode == 1
    assert "'somebody-new' needs a kind to be added. Hint: pass --kind KIND" in asked.stderr
    done = run("-w", root, "annotate", "import", file, "--add-missing", "--kind", "ngo")
    assert done.returncode == 0, done.stderr
    assert errors(root) == []


@pytest.mark.parametrize("steps", range(4))
def test_a_write_that_is_killed_is_completed_by_the_next_command_and_is_sound_meanwhile(
    steps: int, run: Run, toy_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(toy_root / "readings/envoy.json", strangers(), reading(SIT, annotator="bo"), indent=None)
    before = state(toy_root)
    left, whole = [steps], Path.replace

    def die(path: Path, target: Path) -> Path:
        if is_committed(toy_root) and "migration/files" in path.as_posix():
            if not left[0]:
                raise KeyboardInterrupt
            left[0] -= 1
        return whole(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", die)
        intake = ReadingIntake(open_workspace(toy_root), Options(add_missing=True))
        with pytest.raises(KeyboardInterrupt):
            intake.write(intake.read(read_file(file, "envoy.jsonl")))
    assert is_committed(toy_root)
    assert len([name for name, data in state(toy_root).items() if before.get(name) != data]) == steps
    assert errors(toy_root) == []
    done = run("corpus", "entity", "add", "zoe", "--name", "Zoe", "--kind", "person", cwd=toy_root)
    assert done.returncode == 0, done.stderr
    assert not is_committed(toy_root)
    assert run("annotate", "import", file, cwd=toy_root).stdout.count("unchanged") == 2


# What stands there already


def test_a_readers_own_reading_is_replaced_and_it_is_said_what_goes(run: Run, toy_root: Path) -> None:
    both = repaired()
    assert run("annotate", "import", write(toy_root / "a.json", both), cwd=toy_root).returncode == 0
    done = run("annotate", "import", write(toy_root / "b.json", reading(SIT)), "--json", cwd=toy_root)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["readings"][0]["removed"] == ["s1", "s3"]
    assert f"{ENVOY}: Removed 2 existing statements.\n    s1: Suvia to meet Norland once it" in done.stderr
    assert "    s3: did not rule out a meeting\n" in done.stderr


def test_gold_is_replaced_only_when_it_is_asked_for_by_promote_too(run: Run, toy_root: Path) -> None:
    assert run("annotate", "import", write(toy_root / "a.json", reading(SIT)), cwd=toy_root).returncode == 0
    before = (toy_root / f"corpus/gold/{ENVOY}.json").read_bytes()
    for command in (
        ("import", toy_root / "a.json", "--gold", "single"),
        ("promote", ENVOY, "--annotator", "eve", "--gold", "single"),
    ):
        refused = run("annotate", *command, cwd=toy_root)
        assert refused.returncode == 4
        assert "has single gold of 6 statements by toy-1 already; 5 of them would go." in refused.stderr
        assert refused.stderr.count("\n    s") == 5
        assert (toy_root / f"corpus/gold/{ENVOY}.json").read_bytes() == before
    assert run("annotate", *command, "--replace", cwd=toy_root).returncode == 0
    assert run("annotate", *command, cwd=toy_root).stdout.endswith("unchanged.\n")  # nothing is replaced


def test_gold_that_stays_is_told_as_json(run: Run, toy_root: Path) -> None:
    file = write(toy_root / "a.json", reading(SIT))
    done = run("annotate", "import", file, "--gold", "single", "--json", cwd=toy_root)
    assert done.returncode == 4
    (told,) = json.loads(done.stdout)["readings"]
    assert (told["state"], told["removed"]) == ("refused without --replace", ["s1", "s3", "s4", "s5", "s6"])
    assert "Hint: add --replace. Nothing was written." in done.stderr


def test_names_are_looked_up_though_the_words_are_not_at_hand(run: Run, toy_root: Path) -> None:
    (toy_root / f"corpus/texts/{ENVOY}.txt").unlink()
    file = write(toy_root / "a.json", reading({**SIT, "target": {"id": "talkz"}}))
    strange = write(toy_root / "b.json", reading({**SIT, "target": {"id": "talcs"}}, article_id="keth-harvest"))
    done = run("annotate", "import", file, strange, cwd=toy_root)
    for said in (
        f"{file}:{line_of(file, ENVOY)}: article_id: the words of {ENVOY} are not at hand. Hint: run",
        f"{file}:{line_of(file, 'talkz')} (s2): target.id: 'talkz' is not registered. Did you mean 'talks'?",
        f"{strange}:{line_of(strange, 'keth-harvest')}: article_id: There is no article 'keth-harvest'.",
        f"{strange}:{line_of(strange, 'talcs')} (s2): target.id: 'talcs' is not registered. Did you mean 'talks'?",
    ):
        assert said in done.stderr


def test_a_document_that_a_check_refuses_does_not_become_gold(run: Run, toy_root: Path) -> None:
    (toy_root / f"corpus/gold/{ENVOY}.json").unlink()
    assert run("annotate", "import", write(toy_root / "a.json", reading(SIT)), cwd=toy_root).returncode == 0
    path = toy_root / f"corpus/annotations/eve/{ENVOY}.json"
    path.write_text(path.read_text().replace('"ilse-marrow"', '"ilse-marow"'))
    done = run("annotate", "promote", ENVOY, "--annotator", "eve", "--gold", "single", cwd=toy_root)
    assert done.returncode == 1
    assert f"corpus/annotations/eve/{ENVOY}.json (s2): speaker.entity: 'ilse-marow' is not registered." in done.stderr
    assert "--add-missing" not in done.stderr  # which a promotion does not have
    assert not (toy_root / f"corpus/gold/{ENVOY}.json").exists()


def test_two_readings_of_one_article_by_one_reader_are_refused(run: Run, toy_root: Path) -> None:
    one, two = write(toy_root / "a.json", reading(SIT)), write(toy_root / "b.json", repaired())
    done = run("annotate", "import", one, two, cwd=toy_root)
    assert done.returncode == 4
    assert f"{one}:1 has a reading of {ENVOY} by eve, too." in done.stderr


def test_an_older_edition_of_the_guidelines_is_noted(run: Run, toy_root: Path) -> None:
    file = write(toy_root / "a.json", reading(SIT, guideline_version="1.9"))
    done = run("annotate", "import", file, cwd=toy_root)
    assert done.returncode == 0
    said = "guideline_version: made by version 1.9 of the guidelines, which are at 2.0 now."
    assert f"{file}:{line_of(file, '1.9')}: {said}" in done.stderr


# Files


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


WORKSPACES: list[Workspace] = []
SOUND = [path.read_text("utf-8") for path in sorted((TOY / "readings").iterdir())]


@pytest.fixture(autouse=True)
def _workspace(toy_workspace: Workspace) -> None:
    WORKSPACES[:] = [toy_workspace]


def test_a_line_that_is_no_json_is_told_beside_the_faults_of_the_others(toy_workspace: Workspace) -> None:
    intake = ReadingIntake(toy_workspace, Options(gold=Gold(method="single")))
    bad = Unreadable("a.jsonl:1:3", "not JSON: Expecting value")
    found = intake.read([bad, Given("a.jsonl", reading(FIRST_TRY[0]), lambda _: "a.jsonl:2:1")])
    assert [len(each.faults) for each in found] == [1, 3]


# Exports of Label Studio


def exported(workspace: Workspace, run: Run, name: str) -> Json:
    (task,) = json.loads(run("annotate", "export", "--tasks", ENVOY, "--gold", cwd=workspace.root).stdout)
    whole = json.dumps(submitted(task, task["predictions"][0]["result"])).replace("ilse-marrow", name)
    value: Json = json.loads(whole)
    return value


def test_an_export_leaves_out_whom_the_registries_lack_or_adds_them(
    run: Run, toy_workspace: Workspace, tmp_path: Path
) -> None:
    root = toy_workspace.root
    file = tmp_path / "export.json"
    file.write_text(json.dumps([exported(toy_workspace, run, "orla-vane")]))
    done = run("annotate", "import", file, cwd=root)
    assert done.returncode == 1
    assert "'orla-vane' is not registered. It is left out (entity-unknown)." in done.stderr
    assert errors(root) == []
    added = run("annotate", "import", file, "--add-missing", "--kind", "person", "--json", cwd=root)
    assert added.returncode == 0, added.stderr
    told = json.loads(added.stdout)
    assert told["added"] == ["entity orla-vane: 'Orla Vane', person"]
    assert [(each["task"], each["state"], each["statements"]) for each in told["readings"]] == [(3, "written", 6)]
    assert errors(root) == []
