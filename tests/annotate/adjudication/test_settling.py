"""Gold and ledger: what becomes of the readings when everything is decided, and what a late reading reopens."""

import json
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace as changed
from pathlib import Path
from shutil import rmtree

import pytest
from msgspec.structs import replace

from stancebank.annotate.adjudication.plan import make_plan
from stancebank.annotate.adjudication.progress import measure_progress
from stancebank.annotate.adjudication.settling import ArticleOutcome, settle, write
from stancebank.annotate.adjudication.types import NOTHING_HERE, OWN, AdjudicationPlan, PlannedUnit, Rules, Verdict
from stancebank.check.workspace import check_workspace
from stancebank.errors import InputError
from stancebank.model import Document, NonStatement, Statement
from stancebank.workspace import Workspace, open_workspace
from tests.annotate.adjudication.deciding import NOW, TIME, decide_by_gold, said
from tests.conftest import Run, lay_workspace

SECRET = "brenn-evening-post-2031-06-17-secret-deal"
SOUP = "the-kettle-2031-06-06-lukewarm-soup"
KEYS = "the-kettle-2031-03-22-forty-one-keys"
PEOPLE = Rules(by=("ann-9",))


def golds(workspace: Workspace) -> dict[str, Document]:
    return {each.article_id: each for each in workspace.store.documents(None)}


def decide(workspace: Workspace, rules: Rules = PEOPLE) -> list[ArticleOutcome]:
    """Decide by the gold that is there, and write."""
    plan = make_plan(workspace, rules)
    verdicts = {each.key: each for each in decide_by_gold(plan, golds(workspace), workspace.scheme)}
    made = settle(workspace, plan, verdicts, may_replace=True, now=NOW)
    write(workspace, made)
    return made


def change(workspace: Workspace, annotator: str, edit: Callable[[Document], Document], article: str = SECRET) -> None:
    workspace.store.write_document(edit(workspace.store.document(workspace.store.document_name(article, annotator))))


def settled(workspace: Workspace, article: str = SECRET) -> tuple[Counter[str], list[PlannedUnit]]:
    """How the units of an article are settled, and those that are open."""
    plan = make_plan(workspace, PEOPLE, articles=[article])
    return plan.methods(), [unit for _, unit in plan.units() if unit.settled is None]


@pytest.mark.slow
def test_who_decides_by_gold_gets_gold_back(sample: Workspace) -> None:
    before = golds(sample)
    made = decide(sample)
    assert {each.state for each in made} == {"written"}
    assert not any(each.notes for each in made)
    after = golds(sample)
    for name, document in after.items():
        assert document.statements == before[name].statements  # notes, ids and order, too
        assert document.non_statements == before[name].non_statements
    assert Counter(each.gold.method for each in after.values() if each.gold) == Counter(adjudicated=14, unanimous=1)
    assert check_workspace(sample).errors == ()


def test_gold_of_nothing_is_that_gold_under_numbers_of_its_own(few: Workspace) -> None:
    before = golds(few)
    plan = make_plan(few, PEOPLE)
    verdicts = {each.key: each for each in decide_by_gold(plan, before, few.scheme, own=True)}
    assert NOTHING_HERE in {each.choice for each in verdicts.values()} <= {OWN, NOTHING_HERE}
    rmtree(few.root / "corpus/gold")
    made = settle(few, make_plan(few, PEOPLE), verdicts, now=NOW)
    write(few, made)
    for name, document in golds(few).items():
        assert said(document, few.scheme) == said(before[name], few.scheme)
        assert [each.id for each in document.statements] == [
            f"{name}/s{number}" for number, _ in enumerate(document.statements, 1)
        ]


def test_every_statement_of_every_reading_is_in_one_decision(few: Workspace) -> None:
    decide(few)
    for readings in few.store.readings():
        ledger = few.store.adjudication(readings.article_id)
        gold = few.store.gold(readings.article_id)
        assert ledger is not None
        assert gold is not None
        held = Counter(each for one in ledger.decisions for each in one.readings.items() if each[1])
        assert held == Counter((each.annotator, one.id) for each in readings.documents for one in each.statements)
        assert Counter(each.statement for each in ledger.decisions if each.statement) == Counter(
            each.id for each in gold.statements
        )


def test_a_decision_says_how_its_statement_came_about(few: Workspace) -> None:
    decide(few)
    ledger = few.store.adjudication(SECRET)
    assert ledger is not None
    by_id = {each.statement: each for each in ledger.decisions}
    alike, stance = by_id[f"{SECRET}/s2"], by_id[f"{SECRET}/s4"]
    assert (alike.method, alike.taken, alike.by, alike.reason) == ("unanimous", "annotator-1", None, None)
    assert (stance.method, stance.by, stance.reason, stance.rule) == ("adjudicated", "ann-9", "slip", "G-403")
    assert stance.taken == "annotator-2"  # annotator-1 alone takes the shouting for plain
    assert stance.seen["annotator-2"] == stance.seen["annotator-3"] != stance.seen["annotator-1"]
    assert by_id[f"{SECRET}/s10"].taken is None  # all three err: its words are the adjudicator's own
    assert {each.decided_at for each in ledger.decisions} == {TIME}


def test_a_second_run_changes_nothing(few: Workspace) -> None:
    decide(few, Rules(majority=("force",), by=("ann-9",)))
    before = {path: path.read_bytes() for path in few.root.glob("corpus/**/*.json")}
    plan = make_plan(few, PEOPLE)  # without the majority: what it decided stays decided
    assert plan.conflicts == ()
    assert plan.methods()["majority"] > 0
    again = settle(few, plan, {})
    write(few, again)
    assert {each.state for each in again} == {"unchanged"}
    assert {path: path.read_bytes() for path in few.root.glob("corpus/**/*.json")} == before


def test_what_is_decided_does_not_depend_on_the_order(few: Workspace) -> None:
    chance = random.Random(7)
    plan = make_plan(few, PEOPLE)
    verdicts = list(decide_by_gold(plan, golds(few), few.scheme))
    expected = settle(few, plan, {each.key: each for each in verdicts}, may_replace=True, now=NOW)
    for name in ("annotator-1", "annotator-2", "annotator-3"):

        def shuffle(document: Document) -> Document:
            statements = list(document.statements)
            chance.shuffle(statements)
            return replace(document, statements=tuple(statements))

        change(few, name, shuffle)
    chance.shuffle(verdicts)
    again = make_plan(few, PEOPLE)
    assert again.conflicts == plan.conflicts
    assert settle(few, again, {each.key: each for each in verdicts}, may_replace=True, now=NOW) == expected


def test_an_article_with_an_open_conflict_stays_as_it_is(few: Workspace) -> None:
    plan = make_plan(few, PEOPLE, articles=[SECRET])
    verdicts = {each.key: each for each in decide_by_gold(plan, golds(few), few.scheme)}
    last = verdicts.popitem()[1]
    (made,) = settle(few, plan, verdicts, may_replace=True)
    assert (made.state, made.open, made.document) == ("open", 1, None)
    progress = measure_progress(plan, verdicts)
    assert (progress.given, [each.key for each in progress.open]) == (5, [last.key])


def test_gold_that_was_made_otherwise_stays(few: Workspace) -> None:
    plan = make_plan(few, PEOPLE, articles=[KEYS, SECRET])
    verdicts = {each.key: each for each in decide_by_gold(plan, golds(few), few.scheme)}
    assert [each.state for each in settle(few, plan, verdicts)] == ["kept", "kept"]
    assert [each.state for each in settle(few, plan, verdicts, may_replace=True)] == ["written", "written"]


def test_an_article_in_which_all_find_nothing_is_gold_that_says_so(few: Workspace) -> None:
    (few.root / f"corpus/gold/{KEYS}.json").unlink()
    (made,) = settle(few, make_plan(few, PEOPLE, articles=[KEYS]), {}, now=NOW)
    assert made.document is not None
    assert made.document.gold is not None
    assert (made.document.nothing_to_annotate, made.document.gold.method) == (True, "unanimous")
    assert made.ledger is not None
    assert made.ledger.decisions == ()


def edit_force(number: int, value: str) -> Callable[[Document], Document]:
    """Change a field of a statement, by its number in the text."""

    def edit(document: Document) -> Document:
        ordered = sorted(document.statements, key=lambda each: (each.content[0].begin, each.content[-1].end))
        wanted = ordered[number]
        return replace(
            document,
            statements=tuple(
                replace(each, fields={**each.fields, "force": value}) if each is wanted else each
                for each in document.statements
            ),
        )

    return edit


def test_a_changed_reading_reopens_its_unit_and_no_other(few: Workspace) -> None:
    decide(few)
    assert settled(few) == (Counter(unanimous=5, adjudicated=6), [])
    change(few, "annotator-1", edit_force(4, "hedged"))
    methods, (unit,) = settled(few)
    assert methods.total() == 10
    assert unit.before is not None
    assert unit.conflict.fields[-1] == "force"
    ledger = few.store.adjudication(SECRET)
    assert ledger is not None
    verdict = Verdict(unit.key, SECRET, OWN, "ann-8", "perspective", "2031-08-01T10:00:00Z", statement=own(few, unit))
    (made,) = settle(few, make_plan(few, PEOPLE, articles=[SECRET]), {unit.key: verdict})
    assert made.ledger is not None
    fresh = [each for each in made.ledger.decisions if each not in ledger.decisions]
    assert [(each.statement, each.by) for each in fresh] == [(unit.before.statement, "ann-8")]
    assert made.document is not None
    assert made.document.statements == golds(few)[SECRET].statements


def own(workspace: Workspace, unit: PlannedUnit) -> Statement:
    """The statement of gold that was made of a unit."""
    assert unit.before is not None
    return next(each for each in golds(workspace)[SECRET].statements if each.id == unit.before.statement)


def test_a_late_reader_reopens_only_where_something_new_is_said(few: Workspace) -> None:
    decide(few)
    document = few.store.document(few.store.document_name(SECRET, "annotator-2"))
    few.store.write_document(replace(document, annotator="annotator-4"))
    methods, left = settled(few)
    assert not left  # what annotator-4 says was known when people decided, or all say it
    assert methods == Counter(unanimous=5, adjudicated=6)
    (made,) = settle(few, make_plan(few, PEOPLE, articles=[SECRET]), {})
    assert made.state == "written"
    assert made.document == golds(few)[SECRET]
    assert made.ledger is not None
    assert all(len(each.readings) == 4 for each in made.ledger.decisions)
    alike = next(each for each in made.ledger.decisions if each.method == "unanimous").readings["annotator-4"]

    def without(reading: Document) -> Document:
        return replace(reading, statements=tuple(each for each in reading.statements if each.id != alike))

    change(few, "annotator-4", without)
    methods, left = settled(few)
    assert methods == Counter(unanimous=4, adjudicated=6)
    assert [each.conflict.fields for each in left] == [("statement",)]


def test_a_reading_that_goes_reopens_what_was_taken_from_it_alone(few: Workspace) -> None:
    decide(few)
    alone = {
        (article.article_id, each.taken): each
        for article, unit in make_plan(few, PEOPLE).units()
        if (each := unit.before) and each.taken and list(each.seen.values()).count(each.seen[each.taken]) == 1
    }
    (article, name), decision = next(iter(alone.items()))
    (few.root / f"corpus/annotations/{name}/{article}.json").unlink()
    left = {
        unit.before.statement
        for _, unit in make_plan(few, PEOPLE, articles=[article]).units()
        if unit.before and unit.before.method == "adjudicated" and not (unit.settled and unit.settled.stands)
    }
    assert left == {each.statement for (where, who), each in alone.items() if (where, who) == (article, name)}
    assert decision.statement in left
    others = [each for each in ("annotator-1", "annotator-2", "annotator-3") if each != name]
    (few.root / f"corpus/annotations/{others[0]}/{article}.json").unlink()
    assert settled(few, article) == (Counter(), [])  # one reading is none to compare


@pytest.mark.slow
def test_a_link_to_what_is_no_statement_is_left_out(sample: Workspace) -> None:
    plan = make_plan(sample, PEOPLE)
    gold = golds(sample)
    verdicts = {each.key: each for each in decide_by_gold(plan, gold, sample.scheme)}
    named = [
        (article, tie)
        for article, unit in plan.units()
        for tie in [next((each.statement.same_as for each in unit.conflict.candidates if each.statement), None)]
        if tie in verdicts and unit.settled
    ]
    article, tie = named[0]
    verdicts[str(tie)] = changed(verdicts[str(tie)], choice=NOTHING_HERE, statement=None)
    plan = make_plan(sample, PEOPLE, articles=[article.article_id])
    (made,) = settle(sample, plan, verdicts, may_replace=True)
    assert len([each for each in made.notes if "its link is left out" in each]) >= 1
    assert made.document is not None
    assert made.state == "written"


def test_what_is_no_statement_is_taken_from_all(few: Workspace) -> None:
    spans = [each.span for each in golds(few)[KEYS].non_statements[:3]]
    (few.root / f"corpus/gold/{KEYS}.json").unlink()
    marks = {"annotator-1": ("act", "act"), "annotator-2": ("act", "biography"), "annotator-3": ("biography",)}
    for name, reasons in marks.items():
        passed = tuple(NonStatement(span=span, reason=reason) for span, reason in zip(spans, reasons, strict=False))
        change(few, name, lambda each, passed=passed: replace(each, non_statements=passed), KEYS)  # type: ignore[misc]
    (made,) = settle(few, make_plan(few, PEOPLE, articles=[KEYS]), {})
    assert made.document is not None
    assert [(each.span, each.reason) for each in made.document.non_statements] == [(spans[0], "act"), (spans[1], "act")]
    assert [each.rpartition(": ")[2] for each in made.notes] == [
        "act; also marked as biography",
        "act; also marked as biography",
    ]


def test_what_is_wrong_with_verdicts_is_told_at_once(few: Workspace) -> None:
    plan = make_plan(few, PEOPLE)
    first, second, third = plan.conflicts[:3]
    wrong = [
        Verdict(first.key, first.article_id, "Z", "annotator-1", "slop", TIME, "G-9999"),
        Verdict(second.key, second.article_id, OWN, "", "", TIME),
    ]
    with pytest.raises(InputError) as found:
        settle(few, plan, {each.key: each for each in wrong})
    said = str(found.value)
    for words in ("'Z' is no choice", "annotator-1 has annotated", "'slop' is no reason", "no rule 'G-9999'"):
        assert words in said
    assert said.count("\n") == 6
    assert third.key not in said


@pytest.mark.parametrize("name", ["minimal", "other_domain"])
def test_it_runs_on_other_schemes(name: str, tmp_path: Path) -> None:
    root = tmp_path / name
    lay_workspace(Path(__file__).parents[2] / name, root)
    workspace = open_workspace(root)
    gold = golds(workspace)
    for document in gold.values():
        for annotator in ("ann-1", "ann-2", "ann-3"):
            held = document.statements[1:] if annotator == "ann-3" else document.statements
            workspace.store.write_document(
                replace(document, annotator=annotator, gold=None, statements=held, nothing_to_annotate=not held)
            )
    plan = make_plan(workspace, PEOPLE)
    assert {each.fields for each in plan.conflicts} == {("statement",)}
    verdicts = {each.key: each for each in decide_by_gold(plan, gold, workspace.scheme)}
    verdicts = {key: changed(each, rule=None) for key, each in verdicts.items()}
    made = settle(workspace, plan, verdicts, may_replace=True, now=NOW)
    write(workspace, made)
    assert {each.state for each in made} == {"written"}
    assert {key: each.statements for key, each in golds(workspace).items()} == {
        key: each.statements for key, each in gold.items()
    }


def test_what_a_check_would_refuse_is_not_written(few: Workspace) -> None:
    plan = make_plan(few, PEOPLE, articles=[SECRET])
    verdicts = {each.key: each for each in decide_by_gold(plan, golds(few), few.scheme)}
    path = few.root / "corpus/entities.json"
    value = json.loads(path.read_bytes())
    gone = golds(few)[SECRET].statements[1].speaker.entity
    value["entities"] = [each for each in value["entities"] if each["id"] != gone]
    path.write_text(json.dumps(value))
    (made,) = settle(few, plan, verdicts, may_replace=True)
    assert made.state == "refused"
    assert any("is not registered" in each.message for each in made.faults)


def test_a_note_that_quotes_what_is_withheld_is_refused(few: Workspace, run: Run) -> None:
    assert run("-w", few.root, "corpus", "edit", SECRET, "text_policy=withheld").returncode == 0
    plan = make_plan(few, PEOPLE, articles=[SECRET])
    text = few.store.text(few.store.article(SECRET))
    assert text is not None
    verdicts = {each.key: each for each in decide_by_gold(plan, golds(few), few.scheme)}
    first = next(iter(verdicts.values()))
    quoted = " ".join(text.split()[20:50])
    verdicts[first.key] = changed(first, note=f"The paper has: {quoted}")
    (made,) = settle(few, plan, verdicts, may_replace=True)
    assert (made.state, {each.code for each in made.faults}) == ("refused", {"text-leaked"})


def test_plans_are_values(few: Workspace) -> None:
    plan = make_plan(few, PEOPLE)
    assert isinstance(plan, AdjudicationPlan)
    assert make_plan(few, PEOPLE) == plan
