"""A JSON export is read task by task; what can be used whole is written, all else is listed with its hint."""

import json
import re
import shlex
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from stancebank.annotate.decode.sources import Proposal
from stancebank.annotate.exports import foreign_form, is_export, read_export
from stancebank.annotate.interface import INTERFACES, check_interface
from stancebank.cli.readings import proposal_hint
from stancebank.errors import InputError
from stancebank.workspace import Workspace
from tests.annotate.tasks import submitted, task_of
from tests.conftest import REPO, Run

ENVOY = "norland-post-2031-02-11-envoy"


def export_of(workspace: Workspace) -> list[dict[str, Any]]:
    store = workspace.store
    article, document = store.article(ENVOY), store.gold(ENVOY)
    text = store.text(article)
    assert text is not None
    assert document is not None
    return [task_of(article, text, document)]


def write(path: Path, tasks: object) -> Path:
    path.write_text(json.dumps(tasks, ensure_ascii=False), encoding="utf-8")
    return path


def test_an_export_becomes_an_annotators_document_and_a_second_run_changes_nothing(
    run: Run, toy_workspace: Workspace, tmp_path: Path
) -> None:
    file = write(tmp_path / "export.json", export_of(toy_workspace))
    options = ("annotate", "import", file, "--annotator", "7=ann-3")
    dry = run(*options, "--dry-run", cwd=toy_workspace.root)
    assert (dry.returncode, dry.stdout.count("would be written")) == (0, 1), dry.stderr
    first, second = run(*options, cwd=toy_workspace.root), run(*options, cwd=toy_workspace.root)
    assert (first.returncode, second.returncode) == (0, 0), first.stderr
    assert f"{ENVOY}, ann-3: 6 statements" in first.stdout
    assert first.stdout.endswith("written.\n")
    assert second.stdout.endswith("unchanged.\n")
    gold = toy_workspace.store.gold(ENVOY)
    made = toy_workspace.store.document(toy_workspace.store.document_name(ENVOY, "ann-3"))
    assert gold is not None
    assert made.statements == gold.statements
    assert made.origin == "human"
    assert run("check", cwd=toy_workspace.root).returncode == 0


def test_printed_tasks_that_annotators_submit_unchanged_say_what_was_pushed(
    run: Run, toy_workspace: Workspace, tmp_path: Path
) -> None:
    printed = run("annotate", "export", "--tasks", "--gold", cwd=toy_workspace.root)
    assert printed.returncode == 0, printed.stderr
    tasks = json.loads(printed.stdout)
    assert [task["data"]["article_id"] for task in tasks] == toy_workspace.store.article_ids()
    (edition,) = re.findall(r"^Guideline version (\S+)$", (REPO / "annotate/GUIDELINES.md").read_text(), re.MULTILINE)
    assert {task["data"]["guideline_version"] for task in tasks} == {edition}
    done = [submitted(task, task["predictions"][0]["result"]) for task in tasks]
    taken = run("annotate", "import", write(tmp_path / "export.json", done), cwd=toy_workspace.root)
    assert taken.returncode == 0, taken.stderr
    for gold in toy_workspace.store.documents(None):
        made = toy_workspace.store.document(toy_workspace.store.document_name(gold.article_id, "user-7"))
        assert (made.statements, made.non_statements) == (gold.statements, gold.non_statements)


@pytest.mark.parametrize("name", INTERFACES.values())
def test_an_interface_that_was_edited_by_hand_is_found(toy_workspace: Workspace, name: str) -> None:
    path = toy_workspace.root / name
    assert check_interface(toy_workspace) == []
    path.write_text(path.read_text("utf-8").replace("reject", "refuse"), "utf-8")
    (found,) = check_interface(toy_workspace)
    assert (found.file, found.code) == (name, "interface-drift")


def test_a_content_with_a_fault_is_left_out_and_says_where_and_how_to_mend_it(
    run: Run, toy_workspace: Workspace, tmp_path: Path
) -> None:
    tasks = export_of(toy_workspace)
    result = tasks[0]["annotations"][0]["result"]
    gone = next(item for item in result if item["from_name"] == "stance")
    result.remove(gone)
    done = run("annotate", "import", write(tmp_path / "export.json", tasks), cwd=toy_workspace.root)
    assert done.returncode == 1
    assert f"task 3, annotation 5, region {gone['id']}: a content without stance." in done.stderr
    assert "Hint: select it and choose its stance." in done.stderr
    assert "belongs to what was rejected" not in done.stderr  # what only follows is not said
    assert f"{ENVOY}, user-7: 5 statements, " in done.stdout
    assert done.stdout.endswith("written without what cannot be used, 1 fault.\n")
    made = toy_workspace.store.document(toy_workspace.store.document_name(ENVOY, "user-7"))
    assert len(made.statements) == 5


@pytest.mark.slow
def test_an_older_annotation_does_not_take_the_place_of_a_newer_one(
    run: Run, toy_workspace: Workspace, tmp_path: Path
) -> None:
    tasks = export_of(toy_workspace)
    assert run("annotate", "import", write(tmp_path / "new.json", tasks), cwd=toy_workspace.root).returncode == 0
    tasks[0]["annotations"][0]["updated_at"] = "2031-02-12T08:00:30Z"
    done = run("annotate", "import", write(tmp_path / "old.json", tasks), cwd=toy_workspace.root)
    assert done.returncode == 1
    assert "user-7 has a newer one, of 2031-02-12T08:30:00Z" in done.stderr


@pytest.mark.parametrize(
    ("content", "words"),
    [("[1]", "is no task"), ('[{"text": "no", "label": []}]', "not as JSON-MIN"), ("[{", "is not JSON")],
)
def test_what_is_no_export_says_so(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "export.json"
    path.write_text(content, encoding="utf-8")
    assert is_export(path)
    with pytest.raises(InputError, match=words):
        list(read_export(path))


def test_the_command_that_a_new_name_is_added_with_runs(run: Run, toy_workspace: Workspace) -> None:
    for new, kind in (
        (Proposal("entities", "osk-o-neil", "Osk O'Neil"), "person"),
        (Proposal("targets", "recall-an-envoy", "recall an envoy"), ""),
    ):
        said = proposal_hint(new)
        command = said.partition("`")[2].partition("`")[0].replace("KIND", kind)
        words = shlex.split(command.replace("WORDS", "'Call one envoy home.'").replace("USE", "both"))
        done = run(*words[1:], cwd=toy_workspace.root)
        assert done.returncode == 0, done.stderr
    assert "Osk O'Neil" in (toy_workspace.root / "corpus/entities.json").read_text(encoding="utf-8")


def test_an_export_is_no_gold(run: Run, toy_workspace: Workspace, tmp_path: Path) -> None:
    file = write(tmp_path / "export.json", export_of(toy_workspace))
    done = run("annotate", "import", file, "--gold", "single", cwd=toy_workspace.root)
    assert done.returncode == 2
    assert "is not gold yet" in done.stderr


@pytest.mark.slow
def test_memory_holds_one_task_of_a_long_export_at_a_time(toy_workspace: Workspace, tmp_path: Path) -> None:
    one = json.dumps(export_of(toy_workspace)[0])
    path = tmp_path / "long.json"
    path.write_text("[" + ",".join([one] * 120) + "]", encoding="utf-8")
    next(read_export(path))  # libraries are loaded once
    tracemalloc.start()
    try:
        assert sum(len(task["annotations"]) for task in read_export(path)) == 120
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert path.stat().st_size > 3_000_000
    assert peak < path.stat().st_size / 4


FOREIGN = {
    "brat.ann": ("T1\tContent 22 60\twould not meet\n", "brat"),
    "relations.ann": ("R1\tSays Arg1:T2 Arg2:T1\n", "brat"),
    "web.tsv": ("#FORMAT=WebAnno TSV 3.3\n\n#Text=No.\n", "WebAnno TSV"),
    "cas.json": ('{"%TYPES": {}, "%FEATURE_STRUCTURES": []}', "UIMA CAS"),
    "old-cas.json": ('{"_context": {}, "_views": {}}', "UIMA CAS"),
    "cas.xmi": ('<?xml version="1.0"?><xmi:XMI/>', "XML"),
    "doccano.jsonl": ('{"id": 1, "text": "No.", "label": []}\n{"id": 2, "text": "Yes.", "label": []}\n', "doccano"),
    "relations.jsonl": ('{"id": 1, "text": "No.", "entities": [], "relations": []}\n', "doccano"),
    "doccano.json": ('[{"id": 1, "text": "No.", "labels": []}]', "doccano"),
    "prodigy.jsonl": ('{"text": "No.", "_input_hash": 1, "_task_hash": 2, "spans": []}\n', "Prodigy"),
    "potato.jsonl": (
        '{"id": "1", "displayed_text": "No.", "label_annotations": {}, "span_annotations": {}}\n',
        "Potato",
    ),
    "argilla.json": ('[{"fields": {"text": "No."}, "responses": []}]', "Argilla"),
    "table.csv": ("id,text,label\n1,No.,reject\n", "CSV"),
    "table.tsv": ("id\ttext\tlabel\n1\tNo.\treject\n", "TSV"),
    "tokens.conll": ("-DOCSTART- -X- O O\n\nNo O\n", "CONLL"),
    "tokens.txt": ("Norland -X- _ B-SPK\nsaid -X- _ O\n", "CONLL"),
    "tree.conllu": ("# sent_id = 1\n1\tNo\tno\tX\n", "CoNLL-U"),
    "packed.zip": ("PK\x03\x04more", "ZIP"),
    "min.json": ('[{"id": 1, "annotator": 1, "annotation_id": 2, "lead_time": 1.0}]', "JSON-MIN"),
    "old.json": ('[{"id": 1, "data": {}, "completions": []}]', "before version 1.0"),
    "stored.json": ('{"id": 1, "result": [], "completed_by": 7, "task": {"data": {}}}', "cloud storage"),
    "task.json": ('{"id": 1, "data": {}, "annotations": []}', "one task of Label Studio"),
    "tasks.jsonl": ('{"data": {}, "annotations": []}\n{"data": {}, "annotations": []}\n', "one a line"),
    "empty.json": ("", "is empty"),
    "blank.json": (" \n", "is empty"),
    "nothing.json": ("[]", "empty list"),
    "prose.txt": ("No.", "neither JSON nor"),
}


def test_files_of_other_tools_are_named_for_what_they_are_all_in_one_run(
    run: Run, toy_workspace: Workspace, tmp_path: Path
) -> None:
    for name, (content, what) in FOREIGN.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
        said = foreign_form(tmp_path / name)
        assert said is not None, name
        assert said.startswith(f"{name} "), said
        assert what in said.partition("\n")[0], said
        assert "\nHint: " in said
    done = run("annotate", "import", *(tmp_path / name for name in FOREIGN), cwd=toy_workspace.root)
    assert done.returncode == 1
    assert done.stderr.count("Hint: ") == len(FOREIGN)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "tool"),
    [
        ("brat.ann", "brat"),
        ("relations.ann", "brat"),
        ("doccano.jsonl", "doccano"),
        ("relations.jsonl", "doccano"),
        ("doccano.json", "doccano"),
        ("prodigy.jsonl", "prodigy"),
        ("tokens.conll", "conll"),
        ("tokens.txt", "conll"),
        ("tree.conllu", "conll"),
        ("table.tsv", "conll"),
    ],
)
def test_the_command_that_imports_a_tools_labels_is_named(
    name: str, tool: str, run: Run, toy_workspace: Workspace, tmp_path: Path
) -> None:
    folder = tmp_path / "with blanks"
    folder.mkdir()
    (folder / name).write_text(FOREIGN[name][0], encoding="utf-8")
    done = run("annotate", "import", folder / name, cwd=toy_workspace.root)
    assert done.returncode == 1
    commands = re.findall(r"`(stancebank [^`]*)`", done.stderr)
    words = [shlex.split(command) for command in commands[:2]]
    file = str(folder / name)
    assert words[0][1:] == ["annotate", "import", file, "--from", tool, "--map-template", ">", "map.toml"]
    assert words[1][1:] == ["annotate", "import", file, "--from", tool, "--map", "map.toml"]
    made = run(*words[0][1:7], cwd=toy_workspace.root)
    assert (made.returncode, "[statement]" in made.stdout) == (0, True), made.stderr


def test_an_export_and_a_reading_by_quotes_are_no_foreign_files(toy_workspace: Workspace, tmp_path: Path) -> None:
    assert foreign_form(write(tmp_path / "export.json", export_of(toy_workspace))) is None
    assert foreign_form(write(tmp_path / "reading.json", {"article_id": "a", "statements": []})) is None


def test_a_number_that_no_server_counts_to_is_named(toy_workspace: Workspace, tmp_path: Path) -> None:
    tasks = export_of(toy_workspace)
    tasks[0]["annotations"][0]["id"] = 2**63 + 5
    with pytest.raises(InputError, match=f"{2**63 + 5} is larger than any id"):
        list(read_export(write(tmp_path / "export.json", tasks)))
