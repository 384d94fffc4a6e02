"""One statement is changed by a command: what it says, as whom, on whose words; and nothing that a check refuses."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from stancebank.annotate.changing import change_statement
from stancebank.check import check_workspace
from stancebank.errors import InputError
from stancebank.model import Document, LabelStudio
from stancebank.workspace import Workspace, open_workspace
from tests.conftest import REPO, Run

ENVOY = "norland-post-2031-02-11-envoy"
HARVEST = "keth-tribune-undated-harvest"


def gold(root: Path) -> Document:
    found = open_workspace(root).store.gold(ENVOY)
    assert found is not None
    return found


def json_of(root: Path, number: int) -> Any:
    return json.loads((root / f"corpus/gold/{ENVOY}.json").read_bytes())["statements"][number - 1]


def words(root: Path, span: Any) -> str:
    text = (root / f"corpus/texts/{ENVOY}.txt").read_text("utf-8")
    return text[span["begin"] : span["end"]]


def test_a_field_is_changed_and_its_old_and_new_value_are_told(run: Run, toy_root: Path) -> None:
    before = gold(toy_root)
    dry = run("annotate", "set", f"{ENVOY}/s3", "force=plain", "--dry-run", cwd=toy_root)
    assert (dry.returncode, gold(toy_root)) == (0, before)
    done = run("annotate", "set", "norland-post/s3", "force=plain", "note=As G-14 has it.", cwd=toy_root)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        f"{ENVOY}/s3  force: hedged -> plain",
        f"{ENVOY}/s3  note: {before.statements[2].fields['note']} -> As G-14 has it.",
    ]
    after = gold(toy_root)
    assert "force" not in after.statements[2].fields
    assert [each for n, each in enumerate(after.statements) if n != 2] == [
        each for n, each in enumerate(before.statements) if n != 2
    ]
    assert (after.gold, after.created_at, after.retired) == (before.gold, before.created_at, before.retired)
    assert after.updated_at > before.updated_at
    again = run("annotate", "set", f"{ENVOY}/s3", "force=plain", cwd=toy_root)
    assert (again.stdout, again.stderr) == ("", f"{ENVOY}/s3: unchanged.\n")
    assert check_workspace(open_workspace(toy_root)).errors == ()


CHANGES: list[tuple[str, tuple[str, ...], tuple[str, ...], Any]] = [
    ("s3", ("speaker=ilse-marrow",), ("speaker", "entity"), "ilse-marrow"),
    ("s3", ("target=lift-blockade",), ("target", "id"), "lift-blockade"),
    ("s3", ("parties=norland",), ("target", "parties"), ["norland"]),
    ("s3", ("target.parties=norland, keth",), ("target", "parties"), ["norland", "keth"]),
    ("s2", ("uncertain=true", "note=Who speaks?"), ("uncertain",), True),
    ("s2", ("said_on=2031-02-10",), ("said_on",), {"date": "2031-02-10", "basis": "computed"}),
    ("s2", ("said_on=2031-02-10", "said_on.basis=stated"), ("said_on",), {"date": "2031-02-10", "basis": "stated"}),
    ("s2", ("said_on=",), ("said_on",), None),
    ("s1", ("same_as=",), ("same_as",), None),
    ("s2/c2", ("role=if",), ("conditions", "1", "role"), "if"),
    ("s2/c2", ("kind=talks",), ("conditions", "1", "kind"), "talks"),
    ("s2/c2", ("obligors=keth,norland",), ("conditions", "1", "obligors"), ["keth", "norland"]),
    ("s2/c2", ("alternative=2", "role=if"), ("conditions", "1", "alternative"), 2),
]


@pytest.mark.parametrize(("name", "typed", "path", "value"), CHANGES, ids=[" ".join(each[1]) for each in CHANGES])
def test_every_kind_of_field_takes_what_is_typed(
    name: str, typed: tuple[str, ...], path: tuple[str, ...], value: Any, run: Run, toy_root: Path
) -> None:
    if not name.startswith("s1"):  # which is tied to s2
        assert run("annotate", "set", f"{ENVOY}/s1", "same_as=", cwd=toy_root).returncode == 0
    done = run("annotate", "set", f"{ENVOY}/{name}", *typed, cwd=toy_root)
    assert done.returncode == 0, done.stderr
    found = json_of(toy_root, int(name[1]))
    for part in path:
        found = found[int(part)] if isinstance(found, list) else found.get(part)
    assert found == value
    assert check_workspace(open_workspace(toy_root)).errors == ()


def test_words_are_found_in_the_text_next_to_the_content(run: Run, toy_root: Path) -> None:
    one = run("annotate", "set", f"{ENVOY}/s2", "speaker.mention=ilse marrow", "cue=", "target.mention=", cwd=toy_root)
    assert one.returncode == 0, one.stderr
    found = json_of(toy_root, 2)
    assert words(toy_root, found["speaker"]["span"]) == "Ilse Marrow"
    assert "cue" not in found
    assert "span" not in found["target"]
    assert f"{ENVOY}/s2  cue: “told” -> (none)" in one.stdout
    two = run(
        "annotate", "set", f"{ENVOY}/s2", 'cue={"quote": "told", "line": 5}', "target.mention=Norland", cwd=toy_root
    )
    assert two.returncode == 0, two.stderr
    assert words(toy_root, json_of(toy_root, 2)["cue"]) == "told"
    three = run("annotate", "set", f"{ENVOY}/s4", "content=had refused to meet the envoy,", "via=", cwd=toy_root)
    assert three.returncode in (0, 1)
    assert "Traceback" not in three.stderr


@pytest.mark.parametrize(
    ("name", "typed", "said"),
    [
        ("s3", ("stance=opne",), 'stance: "opne" is not a stance. Allowed: reject, disapprove, open,'),
        ("s3", ("stance=opne",), 'Did you mean "open"?'),
        ("s3", ("stanse=open",), "stanse: a statement has no such field. Did you mean 'stance'?"),
        ("s3", ("stance=",), "the key 'stance' is missing."),
        ("s3", ("speaker=tor-avn",), "speaker.entity: 'tor-avn' is not registered. Did you mean 'tor-aven'?"),
        ("s3", ("target=talkz",), "target.id: 'talkz' is not registered. Did you mean 'talks'?"),
        ("s3", ("cue=zebra",), 'cue: "zebra" does not occur on line 9.'),
        ("s3", ("uncertain=perhaps",), "uncertain: 'perhaps' is neither true nor false."),
        ("s3", ("said_on=2031-02-30", "said_on.basis=stated"), "said_on: the calendar has no 2031-02-30."),
        ("s3", ("stance=open", "stance=offer"), "stance: it is given twice."),
        ("s2", ("stance=open",), "s1: same_as: "),
        ("s2/c2", ("role=until",), 'role: "until" is not a role. Allowed: if, only_if, while,'),
        ("s2/c2", ("stance=open",), "stance: a condition has no such field."),
        ("s77", ("stance=open",), f"{ENVOY} has no statement 's77'."),
        ("", ("stance=open",), "Name a statement: ID/s1."),
    ],
)
def test_what_cannot_be_is_refused_with_what_may_be_meant(
    name: str, typed: tuple[str, ...], said: str, run: Run, toy_root: Path
) -> None:
    before = (toy_root / f"corpus/gold/{ENVOY}.json").read_bytes()
    done = run("annotate", "set", f"{ENVOY}/{name}", *typed, cwd=toy_root)
    assert done.returncode == 1
    assert said in done.stderr
    assert (toy_root / f"corpus/gold/{ENVOY}.json").read_bytes() == before


def test_all_that_is_wrong_is_told_at_once_and_one_fault_stops_all(run: Run, toy_root: Path) -> None:
    done = run("annotate", "set", f"{ENVOY}/s3", "stanse=open", "cue=zebra", "force=plain", cwd=toy_root)
    assert done.stderr.startswith(f"stancebank: {ENVOY}/s3: 2 faults:\n")
    assert json_of(toy_root, 3)["force"] == "hedged"
    odd = run("annotate", "set", f"{ENVOY}/s3", "stance", cwd=toy_root)
    assert (odd.returncode, "'stance' is not like FIELD=VALUE" in odd.stderr) == (2, True)


def test_a_reading_is_changed_under_its_own_ids_and_keeps_where_it_comes_from(
    run: Run, toy_root: Path, toy_workspace: Workspace
) -> None:
    found = gold(toy_root)
    made = LabelStudio(project=1, task=2, annotation=3)
    first = replace(found.statements[2], id="Kx_1", conditions=())
    reading = replace(found, gold=None, annotator="ann-1", label_studio=made, statements=(first,), retired=())
    toy_workspace.store.write_document(reading)
    command = ("annotate", "set", f"{ENVOY}/Kx_1", "force=plain", "--annotator", "ann-1", "--json")
    done = run(*command, cwd=toy_root)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "id": f"{ENVOY}/Kx_1",
        "changes": [{"field": "force", "old": "hedged", "new": "plain"}],
        "state": "written",
    }
    after = open_workspace(toy_root).store.document(f"corpus/annotations/ann-1/{ENVOY}.json")
    assert (after.label_studio, after.statements[0].fields.get("force")) == (made, None)
    lost = run("annotate", "set", f"{ENVOY}/Kx_1", "force=plain", "--annotator", "ann-2", cwd=toy_root)
    assert (lost.returncode, "There is no document of" in lost.stderr) == (1, True)


def test_what_is_wrong_already_does_not_stop_a_change(toy_root: Path) -> None:
    path = toy_root / f"corpus/gold/{ENVOY}.json"
    path.write_text(path.read_text().replace('"tor-aven"', '"tor-avn"'))
    changed = change_statement(open_workspace(toy_root), f"{ENVOY}/s2", [("note", "Read again.")])
    assert changed.edits[0].new == "Read again."
    mended = change_statement(open_workspace(toy_root), f"{ENVOY}/s3", [("speaker", "tor-aven")])
    assert [(each.old, each.new) for each in mended.edits] == [("tor-avn", "tor-aven")]


def test_words_that_are_not_at_hand_can_only_be_taken_away(toy_root: Path) -> None:
    (toy_root / f"corpus/texts/{ENVOY}.txt").unlink()
    workspace = open_workspace(toy_root)
    assert change_statement(workspace, f"{ENVOY}/s2", [("note", "Mine."), ("cue", "")]).edits[0].new == "Mine."
    with pytest.raises(InputError, match="are not at hand"):
        change_statement(workspace, f"{ENVOY}/s3", [("cue", "offered")])


def test_a_shell_completes_the_statements_of_an_article(run: Run, toy_root: Path) -> None:
    def complete(*typed: str) -> list[str]:
        env = {
            "_STANCEBANK_COMPLETE": "bash_complete",
            "COMP_CWORD": str(len(typed)),
            "COMP_WORDS": " ".join(["stancebank", *typed]),
        }
        return [line.partition(",")[2] for line in run(cwd=toy_root, **env).stdout.splitlines()]

    assert complete("annotate", "set", "keth") == [f"{HARVEST}/"]
    assert f"{ENVOY}/s2/c1" in complete("annotate", "set", f"{ENVOY}/s2")


def test_a_field_that_waits_goes_on_waiting_until_it_is_given_a_value(run: Run, toy_root: Path) -> None:
    path = toy_root / f"corpus/gold/{ENVOY}.json"
    value = json.loads(path.read_bytes())
    del value["statements"][1]["attribution"]
    marker = {"statement": f"{ENVOY}/s2", "level": "statement", "field": "attribution", "question": "How?", "step": 1}
    path.write_text(json.dumps(value | {"pending": [marker]}))
    one = run("annotate", "set", f"{ENVOY}/s2", "note=Later.", cwd=toy_root)
    assert one.returncode == 0, one.stderr
    assert json.loads(path.read_bytes())["pending"] == [marker]
    two = run("annotate", "set", f"{ENVOY}/s2", "attribution=direct", cwd=toy_root)
    assert two.stdout == f"{ENVOY}/s2  attribution: (none) -> direct\n", two.stderr
    assert "pending" not in json.loads(path.read_bytes())


@pytest.mark.parametrize("name", ["minimal", "other_domain"])
def test_a_statement_of_another_scheme_is_changed_by_its_own_fields(name: str, run: Run, tmp_path: Path) -> None:
    root = Path(shutil.copytree(REPO / "tests" / name, tmp_path / name))
    workspace = open_workspace(root)
    document = next(each for each in workspace.store.documents(None) if each.statements)
    label = workspace.scheme.label
    first = document.statements[0]
    other = next(each for each in workspace.scheme.values(label) if each != label.text(first))
    done = run("annotate", "set", first.id, f"{label.name}={other}", cwd=root)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{first.id}  {label.name}: {label.text(first)} -> {other}\n"
    assert check_workspace(open_workspace(root)).errors == ()
