"""Readings that come in: nothing is written that a check refuses, and whoever wrote one learns all that is wrong."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from stancebank.annotate.intake import Options, ReadingIntake
from stancebank.annotate.readings import read_file
from stancebank.workspace import open_workspace
from tests.annotate.written import ENVOY, FIRST_TRY, SIT, Json, errors, reading, state, statement, write
from tests.conftest import Run

HARVEST = "keth-tribune-undated-harvest"


def line_of(path: Path, words: str) -> int:
    return next(n for n, line in enumerate(path.read_text("utf-8").splitlines(), 1) if words in line)


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
    document = open_workspace(toy_root).store.document(f"corpus/annotations/eve/{ENVOY}.json")
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
