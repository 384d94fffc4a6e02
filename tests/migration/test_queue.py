"""What no rule decides waits for an answer: it is listed, asked for in a form, and answered from a file."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from stancebank.cli import stancebank
from stancebank.corpus.store import Store
from stancebank.model import to_builtins
from stancebank.publish.release.gate import ReleaseWaiver
from stancebank.records import to_json
from stancebank.workspace import open_workspace
from tests.migration.changing import content, documents, draft, edit, lay, run, write_steps
from tests.publish.release.releases import CITED, commit, git, make
from tests.publish.release.releases import run_commands as finish_release

FIELDS: dict[str, tuple[str, dict[str, Any]]] = {
    "why": ("spans", {"type": "array", "items": {"$ref": "#/$defs/span"}}),
    "rivals": ("entities", {"type": "array", "items": {"$ref": "#/$defs/id"}}),
    "seen": ("mentions", {"type": "array", "items": {"$ref": "#/$defs/mention"}}),
    "loud": ("flag", {"type": "boolean"}),
    "gist": ("text", {"type": "string", "minLength": 1}),
}


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which a field of many kinds waits in every statement."""
    root = lay("other_domain", tmp_path_factory.mktemp("asked") / "w")
    run(root, "schema", "next")

    def change(schema: Any, _: Any) -> None:
        statement = schema["$defs"]["statement"]
        for name, (kind, shape) in FIELDS.items():
            about = {"kind": kind, "profile": "core"}
            statement["properties"][name] = {**shape, "description": name, "x-stancebank": about}
        statement["required"].append("gist")

    edit(root, change)
    write_steps(root, [{"do": "add-field", "field": name, "ask": f"What is {name}?"} for name in FIELDS])
    run(root, "schema", "migrate")
    return root


@pytest.fixture
def root(asked: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(asked, tmp_path / "w"))


def form_of(root: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run(root, "schema", "queue", "--json").stdout)
    return found


def hand(root: Path, form: object, code: int = 0) -> str:
    path = root.parent / "answers.json"
    path.write_text(json.dumps(form), "utf-8")
    done = CliRunner().invoke(stancebank, ["-w", str(root), "schema", "answer", str(path)])
    assert (done.exit_code == 0) is (code == 0), done.output
    return str(done.exception) if code else done.output


def test_the_queue_says_what_is_asked_with_the_words(root: Path) -> None:
    form = form_of(root)
    assert len(form) == 5 * len(FIELDS)
    assert {each["answer"] for each in form} == {"?"}
    first = form[0]
    document = json.loads((root / f"corpus/gold/{first['article']}.json").read_bytes())
    assert first["question"] == "What is why?"
    store = open_workspace(root).store
    words = store.text(store.article(first["article"]))
    begin, end = (document["statements"][0]["content"][0][key] for key in ("begin", "end"))
    assert words is not None
    assert words[begin:end] in first["words"]
    assert "25 fields in 2 documents to be answered." in run(root, "schema", "queue").output
    one = run(root, "schema", "queue", first["article"]).stdout.splitlines()
    assert 0 < len(one) < 25


def test_answers_of_every_kind_are_taken_and_empty_the_queue(root: Path) -> None:
    form = form_of(root)
    for each in form:
        word = each["words"].split()[0]
        answers = {
            "why": [word],
            "rivals": ["klimawacht"],
            "seen": [
                {"entity": "klimawacht", "mention": {"quote": word, "line": each["line"]}},
                {"entity": "hedwig-brandner"},
            ],
            "loud": True,
            "gist": "Eilt.",
        }
        each["answer"] = answers[each["field"]]
    form[0]["answer"] = "?"
    assert "24 answers taken; 1 field still to be answered." in hand(root, form)
    form[0]["answer"] = None  # nothing applies
    assert "1 answer taken; 0 fields" in hand(root, form)
    after = content(root)
    assert "0 answers taken; 0 fields" in hand(root, form)
    assert content(root) == after
    for path in documents(root):
        value = json.loads(path.read_bytes())
        assert "pending" not in value
        assert (
            to_json(to_builtins(open_workspace(root).store.document(path.relative_to(root).as_posix()))).encode()
            == path.read_bytes()
        )
    assert "Nothing waits" in run(root, "schema", "queue").output
    run(root, "check")


def test_all_faults_of_a_form_are_told_and_nothing_is_written(root: Path) -> None:
    form = form_of(root)
    by_name = {each["field"]: each for each in form}
    by_name["why"]["answer"] = ["words that stand nowhere"]
    by_name["rivals"]["answer"] = "klimawacht"
    next(each for each in form if each["field"] == "rivals")["answer"] = ["nobody-known"]
    by_name["seen"]["answer"] = [{"mention": "x"}]
    by_name["loud"]["answer"] = "yes"
    by_name["gist"]["answer"] = None
    before = content(root)
    said = hand(root, [*form, {**form[0], "statement": "nobody", "answer": "x"}, {"article": "x"}], code=1)
    for words in (
        "stand nowhere",
        "'klimawacht' is no entities",
        "'nobody-known' is not registered",
        "is no mentions",
        "'yes' is no flag",
        "gist is required, so that null is no answer",
        "nothing of this name waits for an answer",
        'item 27 has no "answer"',
    ):
        assert words in said
    assert content(root) == before


def test_a_reading_that_is_edited_and_imported_keeps_what_waits(root: Path) -> None:
    form = form_of(root)
    for each in form:
        each["answer"] = {"gist": "Eilt."}.get(each["field"], "?")
    hand(root, form)
    name = form[0]["article"]
    reading = root.parent / "reading.json"
    reading.write_text(run(root, "annotate", "export", name).stdout)
    path = root / f"corpus/gold/{name}.json"
    waiting = json.loads(path.read_bytes())["pending"]
    run(root, "annotate", "import", reading, "--gold", "single")
    assert json.loads(path.read_bytes())["pending"] == waiting
    value = json.loads(reading.read_bytes())
    value["statements"][0]["loud"] = True
    reading.write_text(json.dumps(value))
    run(root, "annotate", "import", reading, "--gold", "single", "--replace")
    left = json.loads(path.read_bytes())["pending"]
    assert left == [each for each in waiting if (each["field"], each["statement"]) != ("loud", waiting[0]["statement"])]


def test_the_next_migration_waits_for_the_answers(root: Path) -> None:
    run(root, "schema", "next")
    told = str(CliRunner().invoke(stancebank, ["-w", str(root), "schema", "migrate"]).exception)
    assert "fields wait for an answer since the last migration: answer them first." in told


def test_markers_of_nothing_are_found(root: Path) -> None:
    path = documents(root)[0]
    value = json.loads(path.read_bytes())
    mark = {"level": "statement", "question": "What?", "step": 1}
    first = value["statements"][0]["id"]
    value["pending"] += [
        {**mark, "statement": "no-such", "field": "gist"},
        {**mark, "statement": first, "field": "stance"},
    ]
    value["pending"] += [{**mark, "statement": first, "field": "nothing"}]
    path.write_text(json.dumps(value))
    findings = json.loads(run(root, "check", "--json", code=1).stdout)["findings"]
    assert [each["message"] for each in findings if each["code"] == "pending-unknown"] == [
        "there is no statement 'no-such' here.",
        f"stance of {first} has a value.",
        "there is no field 'nothing' of a statement here.",
    ]
    path.write_text(json.dumps(value | {"pending": [each for each in value["pending"] if each["field"] != "gist"]}))
    findings = json.loads(run(root, "check", "--json", code=1).stdout)["findings"]
    assert "schema-missing" in {each["code"] for each in findings}


@pytest.mark.parametrize("spoilt", [3, [3], [{"statement": []}], {}, [{"statement": "x", "level": 1, "field": None}]])
def test_markers_of_another_form_are_findings(spoilt: Any, root: Path) -> None:
    path = documents(root)[0]
    value = json.loads(path.read_bytes())
    for statements in (value["statements"], 3, [None, {"conditions": 4, "target": []}]):
        path.write_text(json.dumps(value | {"pending": spoilt, "statements": statements}))
        findings = json.loads(run(root, "check", "--json", code=1).stdout)["findings"]
        assert path.relative_to(root).as_posix() in {each["file"] for each in findings}


@pytest.mark.slow
@pytest.mark.usefixtures("no_readers")
def test_what_waits_blocks_a_release_until_it_is_allowed(tmp_path: Path) -> None:
    root = lay("other_domain", tmp_path / "w")
    (root / "CHANGELOG.md").write_text("# Changelog\n\n## Unreleased\n\n### Dataset\n\n- **Rows**: new.\n")
    (root / ".gitignore").write_text(".stancebank/\n/releases/\n")
    (root / "CITATION.cff").write_text(CITED)
    git(root, "init", "--quiet")
    commit(root)
    finish_release(root, make(root, "0.1.0"))
    draft("other_domain", root)
    run(root, "schema", "migrate")
    run(root, "schema", "write")
    commit(root)
    before = content(root)
    made = make(root, "0.2.0")
    assert {each.code for each in made.errors} >= {"release-pending"}
    assert content(root) == before
    done = CliRunner().invoke(
        stancebank, ["-w", str(root), "publish", "release", "0.2.0", "--allow-pending", "--json", "--dry-run"]
    )
    told = json.loads(done.stdout)
    assert told["findings"] == []
    made = make(root, "0.2.0", ReleaseWaiver("release-pending", "They are released as null."))
    assert made.is_clean, made.findings
    changelog = (root / "CHANGELOG.md").read_text()
    line = next(each for each in changelog.splitlines() if each.startswith("- **Schema v2**"))
    assert "stance oppose is called against (1 row)" in line
    assert "statement field remark is removed (2 rows)" in line
    assert "corpus/migrations/v1-v2.json" in line
    assert "## Dataset 0.2.0" in changelog.partition(line)[0]
    finish_release(root, made)
    again = make(root, "0.2.0")
    assert not again.differences


def test_a_store_that_was_opened_before_a_migration_writes_nothing_afterwards(root: Path) -> None:
    stale = Store(open_workspace(root).root, "v1")
    with pytest.raises(Exception, match="follows schema v2 by now"), stale.alone("stancebank annotate pull"):
        raise AssertionError
