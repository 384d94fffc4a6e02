"""The ledger of an adjudication: what a check says of it, and that it follows what becomes of the readings."""

import json
from collections import Counter
from pathlib import Path

import pytest
from msgspec.structs import replace

from stancebank.annotate.adjudication.plan import make_plan
from stancebank.annotate.adjudication.settling import settle, write
from stancebank.annotate.adjudication.types import Rules
from stancebank.check.workspace import check_workspace
from stancebank.corpus.adjudications import rename_in_adjudications
from stancebank.workspace import Workspace, open_workspace
from tests.annotate.adjudication.deciding import NOW, decide_by_gold
from tests.annotate.adjudication.test_settling import SECRET, change, edit_force
from tests.conftest import Run, lay_first
from tests.killing import killed_at

MAJORITY = Rules(majority=("all",))


def adjudicate(workspace: Workspace, rules: Rules = MAJORITY) -> None:
    plan = make_plan(workspace, rules)
    gold = {each.article_id: each for each in workspace.store.documents(None)}
    verdicts = {each.key: each for each in decide_by_gold(plan, gold, workspace.scheme)}
    write(workspace, settle(workspace, plan, verdicts, may_replace=True, now=NOW))


def findings(workspace: Workspace) -> list[tuple[str, str]]:
    """What a check says of ledgers."""
    found = check_workspace(workspace).findings
    return [(each.code, each.message) for each in found if each.file.startswith("corpus/adjudications/")]


def edit(workspace: Workspace, **changes: object) -> None:
    path = workspace.root / f"corpus/adjudications/{SECRET}.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | changes))


@pytest.mark.slow
def test_a_check_knows_ledgers_and_what_is_behind(few: Workspace) -> None:
    adjudicate(few)
    assert findings(few) == []
    change(few, "annotator-1", edit_force(4, "hedged"))
    assert findings(few) == [("adjudication-stale", "readings changed in 1 of 11 decisions.")]
    gold = few.store.gold(SECRET)
    assert gold is not None
    few.store.write_document(replace(gold, statements=gold.statements[:-1], retired=(gold.statements[-1].id,)))
    assert Counter(code for code, _ in findings(few)) == Counter({"adjudication-unknown": 1, "adjudication-stale": 1})


@pytest.mark.slow
def test_a_ledger_that_contradicts_itself_or_is_of_no_form_is_an_error(few: Workspace) -> None:
    adjudicate(few)
    path = few.root / f"corpus/adjudications/{SECRET}.json"
    whole = json.loads(path.read_bytes())
    first = whole["decisions"][0]
    for wrong, said in (
        ({**first, "taken": "annotator-9"}, "annotator-9, who has nothing here"),
        ({**first, "by": "annotator-1"}, "annotator-1 decides on a reading of their own"),
        ({**first, "seen": {**first["seen"], "annotator-1": None}}, "not of the same annotators"),
    ):
        edit(few, decisions=[wrong, *whole["decisions"][1:]])
        assert [(code, said in message) for code, message in findings(few)] == [("adjudication-invalid", True)]
    edit(few, decisions=[{**first, "method": "adjudicated"}])  # without who and why
    assert {code for code, _ in findings(few)} == {"schema-missing"}
    edit(few, decisions=[first, first])
    assert {code for code, _ in findings(few)} == {"adjudication-invalid"}


@pytest.mark.slow
def test_a_merged_entity_reopens_nothing(few: Workspace, run: Run) -> None:
    adjudicate(few)
    speaker = few.store.documents(None).__next__().statements[1].speaker.entity
    done = run("-w", few.root, "corpus", "entity", "rename", speaker, "somebody-else")
    assert done.returncode == 0, done.stderr
    plan = make_plan(few, Rules())
    assert plan.conflicts == ()
    assert findings(few) == []
    assert {each.state for each in settle(few, plan, {})} == {"unchanged"}


@pytest.mark.slow
def test_another_pseudonym_reopens_nothing(few: Workspace) -> None:
    adjudicate(few)
    for document in list(few.store.documents("annotator-1")):
        few.store.write_document(replace(document, annotator="anna"))
        (few.root / few.store.document_name(document.article_id, "annotator-1")).unlink()
    rename_in_adjudications(few.store, "annotator-1", "anna")
    assert findings(few) == []
    plan = make_plan(few, Rules())
    assert (plan.conflicts, {each.state for each in settle(few, plan, {})}) == ((), {"unchanged"})


@pytest.mark.slow
def test_an_article_takes_its_ledger_along(few: Workspace, run: Run) -> None:
    adjudicate(few)
    assert (few.root / f"corpus/adjudications/{SECRET}.json").is_file()
    done = run("-w", few.root, "corpus", "withdraw", SECRET, "--reason", "The holder asked for it.")
    assert done.returncode == 0, done.stderr
    assert not (few.root / f"corpus/adjudications/{SECRET}.json").exists()


@pytest.mark.slow
def test_a_migration_takes_ledgers_along_and_back(tmp_path: Path, run: Run) -> None:
    root = lay_first(tmp_path / "first")
    workspace = open_workspace(root)
    gold = list(workspace.store.documents(None))
    for document in gold:
        for name in ("ann-1", "ann-2", "ann-3"):
            held = document.statements[1:] if name == "ann-3" else document.statements
            workspace.store.write_document(replace(document, annotator=name, gold=None, statements=held))
    adjudicate(workspace)
    before = {path: path.read_bytes() for path in root.glob("corpus/adjudications/*.json")}
    assert len(before) == len(gold)
    done = run("-w", root, "schema", "migrate")
    assert done.returncode == 0, done.stderr
    after = open_workspace(root)
    assert {after.store.adjudication(path.stem).schema_version for path in before} == {"v2"}  # type: ignore[union-attr]
    assert findings(after) == []
    plan = make_plan(after, Rules())
    assert plan.conflicts == ()
    assert all(unit.settled and unit.settled.stands for _, unit in plan.units())
    done = run("-w", root, "schema", "migrate", "--back")
    assert done.returncode == 0, done.stderr
    assert {path: path.read_bytes() for path in before} == before


def test_the_chain_of_a_row_tells_the_decision(few: Workspace, run: Run) -> None:
    adjudicate(few, Rules())
    told = json.loads(run("-w", few.root, "publish", "why", f"{SECRET}/s4", "--json").stdout)
    links = told["links"] if isinstance(told, dict) else told
    (said,) = [each["said"] for each in links if each["name"] == "decision"]
    assert said == "adjudicated by ann-9 (slip, rule G-403); as annotator-2, annotator-3; otherwise or not: annotator-1"


@pytest.mark.slow
def test_gold_and_ledger_are_written_together_or_not_at_all(few: Workspace, run: Run) -> None:
    root = few.root
    assert run("-w", root, "annotate", "adjudicate", "plan", "--majority", "all").returncode == 0
    start = {path: path.read_bytes() for path in root.glob("corpus/gold/*.json")}
    number = 0
    command = ("annotate", "adjudicate", "apply", "--replace")
    seen = set()
    while killed_at(number, ("replace", "unlink"), root, *command):
        # whatever writes next completes what was begun, or finds nothing of it
        assert run("-w", root, "annotate", "adjudicate", "plan").returncode == 0
        written = {path.stem for path in root.glob("corpus/adjudications/*.json")}
        changed = {path.stem for path, data in start.items() if path.read_bytes() != data}
        assert changed <= written
        assert len(written) in (0, 2)
        seen.add(len(written))
        number += 1
        if written:
            break
    assert number > 1
    assert run("-w", root, *command).returncode == 0
    assert len(list(root.glob("corpus/adjudications/*.json"))) == 2
    assert findings(open_workspace(root)) == []
