"""What an adjudicator sees: the interface, and of each conflict a task that shows everything and names nobody."""

import json
from dataclasses import replace
from typing import Any

import pytest
from msgspec.structs import replace as record_with

from stancebank.annotate.adjudication.desk import (
    CHOICES,
    LETTERS,
    PASSAGE,
    QUESTIONS,
    TABLE,
    Desk,
    adjudication_xml,
    digests,
    table_html,
)
from stancebank.annotate.adjudication.plan import make_plan
from stancebank.annotate.adjudication.push import may_lose, plan_conflicts
from stancebank.annotate.adjudication.types import NOTHING_HERE, OWN, Conflict, Rules
from stancebank.annotate.client import Server
from stancebank.annotate.decode.document import from_task
from stancebank.annotate.interface import validate_interface
from stancebank.annotate.interface_settings import load_interface
from stancebank.annotate.lists import make_lists
from stancebank.annotate.sync.projects import find_projects, project_mark
from stancebank.workspace import Workspace, open_workspace
from tests.annotate.tasks import submitted
from tests.conftest import REPO

Json = dict[str, Any]
RULES = {"G-403": "Offers, and what is open", "G-111": "Several statements"}
SCHEMES = [REPO, REPO / "tests/other_domain", REPO / "tests/minimal"]


def desk_of(workspace: Workspace) -> Desk:
    interface, store = load_interface(workspace), workspace.store
    lists = make_lists(store.entities(), store.targets(), store.documents(None), interface)
    return Desk(interface, lists, "1.0", RULES, {})


def task_of(workspace: Workspace, conflict: Conflict) -> Json:
    article = workspace.store.article(conflict.article_id)
    text = workspace.store.text(article)
    assert text is not None
    return desk_of(workspace).task(conflict, article, text)


def conflicts_of(workspace: Workspace) -> tuple[Conflict, ...]:
    return make_plan(workspace, Rules()).conflicts


@pytest.mark.parametrize("root", SCHEMES, ids=lambda root: root.name)
def test_the_interface_is_that_of_the_labelling_with_four_questions_more(root: Any) -> None:
    interface = load_interface(open_workspace(root))
    with_rules, without = adjudication_xml(interface, RULES), adjudication_xml(interface, {})
    validate_interface(with_rules)
    validate_interface(without)
    assert [name for name in sorted(QUESTIONS) if f'name="{name}"' not in with_rules] == []
    assert [name for name in sorted(QUESTIONS) if f'name="{name}"' not in without] == ["verdict-rule"]
    assert 'name="nothing_to_annotate"' not in with_rules
    assert [each for each in interface.labels if f'alias="{each.name}"' not in with_rules] == []


@pytest.mark.slow
def test_no_task_tells_whose_a_candidate_is(sample: Workspace) -> None:
    names = {each.annotator for each in sample.store.all_documents()}
    assert names >= {"annotator-1", "annotator-2", "annotator-3"}
    conflicts = conflicts_of(sample)
    told = json.dumps([task_of(sample, each) for each in conflicts[:12]], ensure_ascii=False)
    ids = {one.id for document in sample.store.all_documents() for one in document.statements if document.gold is None}
    assert [name for name in names if name in told] == []
    assert [each for each in ids if each in told] == []


@pytest.mark.slow
def test_each_candidate_is_a_pre_annotation_that_says_what_it_says(sample: Workspace) -> None:
    conflict = max(conflicts_of(sample), key=lambda each: len(each.candidates))
    task = task_of(sample, conflict)
    assert [each["model_version"] for each in task["predictions"]] == [
        *(each.letter for each in conflict.candidates),
        PASSAGE,
    ]
    for candidate, shown in zip(conflict.candidates, task["predictions"], strict=False):
        found = from_task(submitted(task, shown["result"]), sample.scheme, root=sample.root)
        statements = [one for each in found.documents for one in each.statements]
        if candidate.statement is None:
            assert statements == []
            continue
        (statement,) = statements
        same = record_with(candidate.statement, same_as=None)
        assert record_with(statement, conditions=()) == record_with(same, conditions=())
        assert [record_with(each, id="") for each in statement.conditions] == [
            record_with(each, id="") for each in same.conditions
        ]
    data, (passage,) = task["data"], [each for each in task["predictions"][-1]["result"] if each["id"] == PASSAGE]
    assert (passage["value"]["start"], passage["value"]["end"]) == (conflict.begin, conflict.end)
    assert data[LETTERS] == digests(conflict)
    aliases = [each["alias"] for each in data[CHOICES]]
    nothing = [] if any(each.statement is None for each in conflict.candidates) else [NOTHING_HERE]
    assert aliases == [*(each.letter for each in conflict.candidates), *nothing, OWN]


def test_the_table_says_first_what_differs_and_escapes_all_words(sample: Workspace) -> None:
    conflict = next(each for each in conflicts_of(sample) if each.fields == ("stance",))
    table = task_of(sample, conflict)["data"][TABLE]
    said = [each.statement.fields["stance"] for each in conflict.candidates if each.statement]
    row = "".join(f"<td><mark>{each}</mark></td>" for each in said)
    assert f"<tr><th>stance</th>{row}</tr>" in table
    assert table.count("<mark>") == len(said)
    assert table.index("<th>stance</th>") < table.index("<th>all say</th>")

    article = sample.store.article(conflict.article_id)
    text = sample.store.text(article)
    assert text is not None
    place = text[conflict.begin : conflict.end]
    (first, *others) = conflict.candidates
    assert first.statement is not None
    speaker = record_with(first.statement.speaker, entity="<img src=x onerror=alert(1)>")
    evil = replace(first, statement=record_with(first.statement, speaker=speaker))
    begun = text[: conflict.begin] + "<script>" + text[conflict.begin + len("<script>") :]
    made = table_html(replace(conflict, candidates=(evil, *others)), begun, sample.scheme, {})
    assert len(place) > len("<script>")
    assert "<script" not in made
    assert "<img" not in made
    assert "&lt;img src=x onerror=alert(1)&gt;" in made


def found(number: int, task: Json) -> Json:
    return {
        "id": number,
        "data": task["data"],
        "predictions": [{"id": number * 10 + place, **each} for place, each in enumerate(task["predictions"])],
    }


@pytest.mark.slow
def test_a_plan_of_tasks_creates_what_is_missing_and_never_harms_what_somebody_labelled(sample: Workspace) -> None:
    lists = desk_of(sample).lists
    conflicts = conflicts_of(sample)[:3]
    tasks = {each.key: task_of(sample, each) for each in conflicts}
    first, second, third = tasks

    def plan(have: list[Json], labels: dict[int, int], *, proved: bool = True) -> list[tuple[str, str, int | None]]:
        steps = plan_conflicts(wanted, have, labels, lists, proved=proved)
        return sorted((each.action, each.conflict, each.task) for each in steps)

    wanted = {first: tasks[first], second: tasks[second]}
    assert plan([], {}) == sorted([("create", first, None), ("create", second, None)])
    have = [found(1, tasks[first]), found(2, tasks[second])]
    assert plan(have, {}) == sorted([("unchanged", first, 1), ("unchanged", second, 2)])
    assert may_lose(wanted, have) == []

    # a conflict that is gone, a second task of one, a title that is another, letters that are dealt anew
    gone, double = found(3, tasks[third]), found(4, tasks[first])
    title = {**found(2, tasks[second]), "data": {**tasks[second]["data"], "title": "another"}}
    have = [found(1, tasks[first]), title, gone, double]
    assert may_lose(wanted, have) == [1, 3, 4]
    assert plan(have, {}) == sorted(
        [("unchanged", first, 1), ("duplicate", first, 4), ("changed", second, 2), ("removed", third, 3)]
    )
    assert plan(have, {3: 1, 4: 1}) == sorted(
        [("unchanged", first, 4), ("duplicate", first, 1), ("changed", second, 2), ("kept", third, 3)]
    )
    assert ("kept", third, 3) in plan(have, {}, proved=False)
    assert ("refused", first, 4) in plan(have, {1: 1, 4: 2})

    swapped = {**tasks[first]["data"], LETTERS: dict(zip(tasks[first]["data"][LETTERS], ["0", "1", "2"], strict=False))}
    have = [{**found(1, tasks[first]), "data": swapped}, found(2, tasks[second])]
    assert may_lose(wanted, have) == [1]
    assert ("replace", first, 1) in plan(have, {})
    assert ("refused", first, 1) in plan(have, {1: 1})

    # somebody took a candidate's pre-annotation away
    have = [
        {**found(1, tasks[first]), "predictions": found(1, tasks[first])["predictions"][1:]},
        found(2, tasks[second]),
    ]
    assert ("replace", first, 1) in plan(have, {})
    assert ("unchanged", first, 1) in plan(have, {1: 1})


class Listing(Server):
    """A server that has these projects."""

    def __init__(self, *descriptions: str) -> None:
        super().__init__("http://127.0.0.1:9", "none")
        self._descriptions = descriptions

    def projects(self, *, brief: bool = False) -> Any:
        for number, description in enumerate(self._descriptions, 1):
            yield {"id": number, "created_at": "2031-01-01", "title": "t", "description": description}


def test_a_project_of_either_kind_is_never_taken_for_one_of_the_other(sample: Workspace) -> None:
    marks = [project_mark(sample, name, kind) for kind in ("workspace", "adjudication") for name in (None, "ann-1")]
    server = Listing(*marks)
    assert [(each.id, each.annotator) for each in find_projects(server, sample)] == [(1, None), (2, "ann-1")]
    assert [(each.id, each.annotator) for each in find_projects(server, sample, "adjudication")] == [
        (3, None),
        (4, "ann-1"),
    ]
