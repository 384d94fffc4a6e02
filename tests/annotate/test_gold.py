"""What an annotator marked gets numbers when it becomes gold, and keeps them."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace

from stancebank.annotate.gold import assign_ids, promote
from stancebank.model import Condition, Document, Gold, LabelStudio, Statement
from stancebank.schema.fields import load_scheme
from stancebank.workspace import Workspace
from tests.conftest import OWN_SCHEMA, Run

SCHEME = load_scheme(OWN_SCHEMA)
NAME = "norland-post-2031-02-11-envoy"


@pytest.fixture
def gold(toy_workspace: Workspace) -> Document:
    found = toy_workspace.store.gold(NAME)
    assert found is not None
    assert sum(len(each.conditions) for each in found.statements) > 1
    return found


def drawn(statements: tuple[Statement, ...]) -> tuple[Statement, ...]:
    """The statements with ids as regions have them."""
    names = {each.id: f"{NAME}/Kx_{place}-q" for place, each in enumerate(statements)}

    def condition(statement: Statement, place: int, each: Condition) -> Condition:
        return replace(each, id=f"{names[statement.id]}/Zw-{place}")

    return tuple(
        replace(
            each,
            id=names[each.id],
            same_as=names[each.same_as] if each.same_as else None,
            conditions=tuple(condition(each, place, item) for place, item in enumerate(each.conditions)),
        )
        for each in statements
    )


def number(statements: Sequence[Statement], before: Document | None) -> tuple[Statement, ...]:
    return assign_ids(statements, NAME, before, SCHEME)


def short(name: str) -> str:
    return name.removeprefix(f"{NAME}/")


def ids(statements: tuple[Statement, ...]) -> list[str]:
    return [name for each in statements for name in (each.id, *(item.id for item in each.conditions))]


def test_numbers_that_are_given_stay(gold: Document) -> None:
    assert number(gold.statements, None) == gold.statements
    assert number(gold.statements, gold) == gold.statements


def test_a_reading_without_gold_before_it_is_counted_from_one(gold: Document) -> None:
    found = number(drawn(gold.statements), None)
    assert [each.id for each in found] == [f"{NAME}/s{place}" for place in range(1, len(found) + 1)]
    for each in found:
        assert [item.id for item in each.conditions] == [f"{each.id}/c{n + 1}" for n in range(len(each.conditions))]


def test_a_statement_that_the_gold_has_keeps_its_number_there(gold: Document) -> None:
    backwards = drawn(gold.statements)[::-1]
    assert number(backwards, gold) == gold.statements[::-1]


def test_a_number_that_was_given_out_is_not_given_out_again(gold: Document) -> None:
    first = next(each for each in gold.statements if each.conditions and not each.same_as)
    before = replace(gold, statements=(), retired=(f"{NAME}/s90", f"{NAME}/s91/c7"))
    (found,) = number(drawn((first,)), before)
    assert found.id == f"{NAME}/s91"
    assert [item.id for item in found.conditions] == [f"{NAME}/s91/c{8 + n}" for n in range(len(first.conditions))]


def test_a_repetition_names_the_number_of_what_it_repeats(gold: Document) -> None:
    one, other = [each for each in gold.statements if not each.same_as][:2]
    again = replace(other, same_as=one.id)
    first, second = number(drawn((one, again)), None)
    assert second.same_as == first.id


def test_what_an_annotator_marked_becomes_gold_that_the_check_accepts_twice(
    toy_root: Path, toy_workspace: Workspace, gold: Document, run: Run
) -> None:
    store = toy_workspace.store
    (store.root / store.document_name(NAME, None)).unlink()
    bare = tuple(
        replace(
            each,
            id=short(each.id),
            same_as=short(each.same_as) if each.same_as else None,
            conditions=tuple(replace(item, id=short(item.id)) for item in each.conditions),
        )
        for each in drawn(gold.statements)
    )
    store.write_document(replace(gold, annotator="anna", gold=None, statements=bare, retired=()))
    for state in ("written", "unchanged"):
        quoted = run("-w", toy_root, "annotate", "export", NAME, "--annotator", "anna")
        (toy_root / "anna.json").write_text(quoted.stdout, encoding="utf-8")
        taken = run("-w", toy_root, "annotate", "import", toy_root / "anna.json", "--gold", "single")
        assert taken.returncode == 0, taken.stderr
        assert taken.stdout.endswith(f"{state}.\n")
    checked = run("-w", toy_root, "check")
    assert checked.returncode == 0, checked.stdout
    found = store.gold(NAME)
    assert found is not None
    assert sorted(ids(found.statements)) == sorted(ids(number(drawn(gold.statements), None)))


def test_a_reading_of_the_server_becomes_gold_without_its_ids_there(gold: Document) -> None:
    bare = tuple(replace(each, id=short(each.id), same_as=None, conditions=()) for each in gold.statements)
    made = LabelStudio(project=1, task=2, annotation=3)
    reading = replace(gold, annotator="anna", gold=None, label_studio=made, statements=bare, retired=())
    found = promote(reading, Gold(method="double"), None, SCHEME)
    assert (found.gold, found.label_studio) == (Gold(method="double"), None)
    assert [each.id for each in found.statements] == [each.id for each in gold.statements]


def test_an_import_says_how_many_statements_it_takes_the_place_of(
    toy_root: Path, toy_workspace: Workspace, gold: Document, run: Run
) -> None:
    (toy_root / "gold.json").write_text(run("-w", toy_root, "annotate", "export", NAME).stdout, encoding="utf-8")
    value = json.loads((toy_root / "gold.json").read_text(encoding="utf-8"))
    value["statements"] = value["statements"][-1:]
    value["statements"][0].pop("same_as", None)
    (toy_root / "gold.json").write_text(json.dumps(value), encoding="utf-8")
    before = (toy_workspace.root / toy_workspace.store.document_name(NAME, None)).read_bytes()
    command = ("-w", toy_root, "annotate", "import", toy_root / "gold.json", "--gold", "single")
    gone = len(gold.statements) - 1
    refused = run(*command)
    assert refused.returncode == 4
    assert f"has single gold of {gone + 1} statements by toy-1 already; {gone} of them would go." in refused.stderr
    assert "    s2: We will sit down with Norland\n" in refused.stderr
    assert "Hint: add --replace. Nothing was written." in refused.stderr
    assert (toy_workspace.root / toy_workspace.store.document_name(NAME, None)).read_bytes() == before
    dry = run(*command, "--dry-run")
    assert (dry.returncode, "would be written with --replace." in dry.stdout) == (0, True)
    assert f"{NAME}: Would remove {gone} existing statements." in dry.stderr
    taken = run(*command, "--replace")
    assert taken.returncode == 0, taken.stderr
    assert f"{NAME}: Removed {gone} existing statements.\n    s1: Suvia to meet Norland" in taken.stderr


def lay_readings(workspace: Workspace, gold: Document, *stances: str | None) -> None:
    """Let annotators read the article as gold has it, the first statement with another stance where one is given."""
    for number, stance in enumerate(stances, 1):
        first, *others = gold.statements
        mine = replace(first, fields={**first.fields, "stance": stance}) if stance else first
        statements = tuple(replace(each, same_as=None) for each in (mine, *others))
        reading = replace(gold, gold=None, annotator=f"ann-{number}", retired=(), statements=statements)
        workspace.store.write_document(reading)


def exported(run: Run, workspace: Workspace) -> Path:
    path = workspace.root / "reading.json"
    path.write_text(run("annotate", "export", NAME, cwd=workspace.root).stdout, encoding="utf-8")
    return path


def test_gold_by_majority_needs_three_readings_of_which_most_have_each_statement(
    toy_workspace: Workspace, gold: Document, run: Run
) -> None:
    file = exported(run, toy_workspace)
    alone = run("annotate", "import", file, "--gold", "majority", "--replace", cwd=toy_workspace.root)
    assert alone.returncode == 1
    assert "needs the readings of 3 annotators, and there is none here" in alone.stderr
    lay_readings(toy_workspace, gold, "deny", "deny", None)
    split = run("annotate", "import", file, "--gold", "majority", "--replace", cwd=toy_workspace.root)
    assert split.returncode == 1
    assert "1 of 3 annotators have it with this stance, which is no majority" in split.stderr
    assert split.stderr.count("no majority") == 1
    lay_readings(toy_workspace, gold, "deny", None, None)
    done = run("annotate", "import", file, "--gold", "majority", "--replace", cwd=toy_workspace.root)
    assert done.returncode == 0, done.stderr
    made = toy_workspace.store.gold(NAME)
    assert made is not None
    assert made.gold == Gold(method="majority")


def test_gold_that_is_adjudicated_says_who_decided_and_why(toy_workspace: Workspace, gold: Document, run: Run) -> None:
    file = exported(run, toy_workspace)
    bare = run("annotate", "import", file, "--gold", "adjudicated", cwd=toy_workspace.root)
    assert bare.returncode == 1
    for said in ("Hint: pass --by", "Hint: pass --reason", "needs the readings of 2 annotators"):
        assert said in bare.stderr
    lay_readings(toy_workspace, gold, "deny", None)
    options = ("--replace", "--gold", "adjudicated", "--by", "judge-1", "--reason", "wider-context", "--rule", "G-14")
    done = run("annotate", "import", file, *options, cwd=toy_workspace.root)
    assert done.returncode == 0, done.stderr
    made = toy_workspace.store.gold(NAME)
    assert made is not None
    assert made.gold == Gold(method="adjudicated", by="judge-1", reason="wider-context", rule="G-14")
    assert run("annotate", "import", file, "--by", "judge-1", cwd=toy_workspace.root).returncode == 2
