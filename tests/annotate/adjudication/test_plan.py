"""The plan of an adjudication: what is settled on its own, what a majority settles, and what is left to people."""

from collections import Counter
from dataclasses import replace

import pytest

from stancebank.annotate.adjudication.kept import KeptPlan, read_plan, read_verdicts, write_plan, write_verdicts
from stancebank.annotate.adjudication.plan import fields_of_conflicts, make_plan
from stancebank.annotate.adjudication.types import NOTHING_HERE, OWN, AdjudicationPlan, Conflict, Rules, Verdict
from stancebank.errors import InputError, WorkspaceError
from stancebank.workspace import Workspace

SECRET = "brenn-evening-post-2031-06-17-secret-deal"


def of(plan: AdjudicationPlan, article: str, *fields: str) -> list[Conflict]:
    """The conflicts in an article about some fields."""
    return [each for each in plan.conflicts if each.article_id == article and each.fields == fields]


@pytest.mark.slow
def test_every_statement_is_in_one_unit(sample: Workspace) -> None:
    plan = make_plan(sample, Rules())
    found = Counter(
        (article.article_id, *held) for article, unit in plan.units() for held in unit.readings.items() if held[1]
    )
    written = [
        (document.article_id, document.annotator, each.id)
        for document in sample.store.all_documents()
        if document.gold is None
        for each in document.statements
    ]
    assert found == Counter(written)
    assert len(written) == 534


@pytest.mark.slow
def test_the_differences_that_were_planted_are_the_conflicts(sample: Workspace) -> None:
    plan = make_plan(sample, Rules())
    assert (plan.methods(), len(plan.conflicts)) == (Counter(unanimous=90), 96)
    (both,) = of(plan, SECRET, "stance", "parties")  # s10: one hears an invitation, two make the minister a party
    assert sorted(each.annotators for each in both.candidates) == [("annotator-1", "annotator-3"), ("annotator-2",)]
    (missed,) = of(plan, SECRET, "statement")  # s1: the headline was skipped
    assert {each.annotators: each.statement is None for each in missed.candidates} == {
        ("annotator-1", "annotator-2"): False,
        ("annotator-3",): True,
    }


@pytest.mark.slow
def test_candidates_tell_nothing_of_who_it_was(sample: Workspace) -> None:
    plan = make_plan(sample, Rules())
    first = Counter(each.candidates[0].annotators for each in plan.conflicts if len(each.candidates) == 2)
    assert min(first["annotator-3",], first["annotator-1", "annotator-2"]) > 5  # either comes first
    keys = {unit.key for _, unit in plan.units()}
    assert len(keys) == 186
    for each in plan.conflicts:
        for candidate in each.candidates:
            assert candidate.statement is None or candidate.statement.id == each.key
            assert candidate.statement is None or candidate.statement.same_as in {None, *keys}
    assert make_plan(sample, Rules(majority=("all",), by=("ann-9",))).articles != plan.articles
    assert [each.candidates for each in make_plan(sample, Rules(by=("ann-9",))).conflicts] == [
        each.candidates for each in plan.conflicts
    ]


@pytest.mark.slow
def test_a_majority_settles_only_what_differs_in_the_fields_named(sample: Workspace) -> None:
    everything = make_plan(sample, Rules(majority=("all",)))
    assert (everything.methods(), len(everything.conflicts)) == (Counter(unanimous=90, majority=86), 10)
    assert all(len(each.candidates) == 3 for each in everything.conflicts)
    some = make_plan(sample, Rules(majority=("force", "scope", "scope type")))
    taken = [unit for _, unit in some.units() if unit.settled and unit.settled.method == "majority"]
    assert taken
    assert {name for unit in taken for name in unit.conflict.fields} == {"force", "scope", "scope type"}
    for unit in taken:
        assert unit.settled is not None
        holders = next(each.annotators for each in unit.conflict.candidates if each.statement == unit.settled.statement)
        assert len(holders) == 2


def test_two_annotators_are_no_majority(sample: Workspace) -> None:
    for path in sample.root.glob("corpus/annotations/annotator-3/*"):
        path.unlink()
    plan = make_plan(sample, Rules(majority=("all",)))
    assert plan.methods().keys() == {"unanimous"}
    assert plan.conflicts


def test_a_field_that_nobody_knows_is_refused(few: Workspace) -> None:
    assert {"statement", "stance", "condition", "role", "groups", "same as"} <= set(fields_of_conflicts(few.scheme))
    with pytest.raises(InputError, match="no field 'stanze'"):
        make_plan(few, Rules(majority=("stanze",)))
    with pytest.raises(InputError, match="'Bad Name' is no pseudonym"):
        make_plan(few, Rules(by=("Bad Name",)))


def test_what_is_kept_and_cannot_be_read_is_named(few: Workspace) -> None:
    path = few.root / ".stancebank/adjudication/rules.json"
    path.parent.mkdir(parents=True)
    for content in ("{", "{}", "[]"):
        path.write_text(content)
        with pytest.raises(WorkspaceError, match=r"rules.json cannot be read: .*\nHint: mend it"):
            read_plan(few)


def test_who_decides_has_not_annotated_the_article(few: Workspace) -> None:
    plan = make_plan(few, Rules(by=("annotator-2", "ann-8", "ann-9")))
    load = Counter(each.by for each in plan.conflicts)
    assert load.keys() == {"ann-8", "ann-9"}
    assert abs(load["ann-8"] - load["ann-9"]) <= 10  # an article is one person's
    assert {each.by for each in make_plan(few, Rules(by=("annotator-2",))).conflicts} == {None}
    routes = {each.article_id: "ann-9" for each in plan.conflicts}
    assert {each.by for each in make_plan(few, Rules(by=("ann-8", "ann-9")), routes).conflicts} == {"ann-9"}


def test_an_article_that_waits_for_answers_is_left_out(few: Workspace) -> None:
    assert make_plan(few, Rules(), articles=[SECRET]).left_out == {}
    for name in ("annotator-1", "annotator-2"):
        (few.root / f"corpus/annotations/{name}/{SECRET}.json").unlink()
    plan = make_plan(few, Rules(), articles=[SECRET])
    assert plan.articles == ()
    assert plan.left_out == {SECRET: "fewer than two annotators have read its present text"}


def test_rules_and_verdicts_are_kept(few: Workspace) -> None:
    assert read_plan(few) == KeptPlan()
    plan = make_plan(few, Rules(majority=("force",), by=("ann-8", "ann-9")))
    assert write_plan(few, plan)
    assert not write_plan(few, plan)
    kept = read_plan(few)
    assert kept.rules == plan.rules
    assert kept.routes == {each.article_id: each.by for each in plan.conflicts}
    first, second = plan.conflicts[0], plan.conflicts[-1]
    own = next(each.statement for each in first.candidates if each.statement)
    verdicts = [
        Verdict(first.key, first.article_id, OWN, "ann-9", "slip", "2031-07-01T10:00:00Z", "G-403", None, own),
        Verdict(second.key, second.article_id, NOTHING_HERE, "ann-8", "perspective", "2031-07-01T10:00:00Z"),
    ]
    assert read_verdicts(few) == {}
    assert write_verdicts(few, verdicts)
    assert not write_verdicts(few, verdicts[:1])
    assert read_verdicts(few) == {each.key: each for each in verdicts}
    later = replace(verdicts[1], choice="A")
    assert write_verdicts(few, [later])
    assert read_verdicts(few)[second.key] == later
