"""What of a pull is open: stray tasks, doubles and unusable regions stop nobody, and are told once."""

import json
from typing import Any

import pytest

from stancebank.annotate.doctor import check_tasks
from stancebank.annotate.sync.cursor import Cursor
from stancebank.annotate.sync.projects import find_projects
from stancebank.annotate.sync.status import read_statuses
from stancebank.annotate.sync.types import PullOptions, PullResult
from stancebank.cli.pull import PullReport
from stancebank.workspace import Workspace
from tests.annotate.sync.pulling import ENVOY, HARVEST, MINISTER, kinds, run_pull
from tests.annotate.sync.test_pull_rules import StandIn, hold

LATER = "2031-02-12T09:30:00+00:00"


@pytest.fixture
def stand_in(toy_workspace: Workspace) -> StandIn:
    return StandIn(toy_workspace)


def of_kind(results: list[PullResult], kind: str) -> PullResult:
    (found,) = [each for each in results if each.kind == kind]
    return found


def relabel(stand_in: StandIn, number: int, label: str, new: str) -> None:
    """Give the first region with a label another one, on the server."""
    (annotation,) = stand_in.held[number]["annotations"]
    item = next(each for each in annotation["result"] if each.get("value", {}).get("labels") == [label])
    item["value"]["labels"] = [new]
    annotation["updated_at"] = stand_in.held[number]["updated_at"] = LATER


@pytest.mark.parametrize(
    "data",
    [
        *({"text": "by hand"}, {"article_id": "../../../etc/passwd", "text": "x"}, {"article_id": ["a"]}, {}),
        *({"article_id": 7}, {"article_id": "Norland Post"}, {"article_id": None}, {"article_id": "no-such-article"}),
    ],
)
def test_a_task_that_nobody_can_use_stops_nobody(
    stand_in: StandIn, toy_workspace: Workspace, data: dict[str, Any]
) -> None:
    hold(stand_in, toy_workspace, 1, ENVOY)
    hold(stand_in, toy_workspace, 2, MINISTER)
    stand_in.held[1]["data"] = data
    results = run_pull(stand_in, toy_workspace)
    assert kinds(results) == ["unknown-article", "written"]
    stray = of_kind(results, "unknown-article")
    assert stray.link == "http://localhost/projects/2/data?task=1"
    assert "task 1: " in stray.faults[0]
    assert "Hint: delete the task" in stray.faults[0]
    again = run_pull(stand_in, toy_workspace, full=True)
    assert kinds(again) == ["unchanged", "unknown-article"]
    assert of_kind(again, "unknown-article").new_faults == ()


def test_a_workspace_that_was_stuck_on_such_a_task_goes_on(stand_in: StandIn, toy_workspace: Workspace) -> None:
    hold(stand_in, toy_workspace, 2, MINISTER)
    run_pull(stand_in, toy_workspace)
    (path,) = toy_workspace.root.glob(".stancebank/label-studio/projects/*/cursor.json")
    value = json.loads(path.read_bytes())
    claim = {"article_id": "_unknown", "annotator": "user-9", "annotation": 9, "updated_at": ""}
    value["tasks"]["1"] = {"updated_at": "", "claims": [claim]}
    path.write_text(json.dumps(value), encoding="utf-8")
    assert not list(Cursor(path.parent).of_task(1))
    assert kinds(run_pull(stand_in, toy_workspace)) == ["unchanged"]


def test_a_task_whose_article_was_edited_away_leaves_the_document(stand_in: StandIn, toy_workspace: Workspace) -> None:
    hold(stand_in, toy_workspace, 1, ENVOY)
    run_pull(stand_in, toy_workspace)
    stand_in.held[1]["data"]["article_id"] = "?"
    stand_in.held[1]["updated_at"] = LATER
    assert kinds(run_pull(stand_in, toy_workspace)) == ["unknown-article"]
    assert (toy_workspace.root / toy_workspace.store.document_name(ENVOY, "user-101")).is_file()


def test_an_unusable_region_is_told_once_with_words_and_link_and_stays_open(
    stand_in: StandIn, toy_workspace: Workspace
) -> None:
    hold(stand_in, toy_workspace, 1, ENVOY)
    relabel(stand_in, 1, "cue", "irony")
    for news in (1, 0):
        (result,) = run_pull(stand_in, toy_workspace)
        assert len(result.faults) == 1
        assert len(result.new_faults) == news
    gold, made = (
        toy_workspace.store.gold(ENVOY),
        toy_workspace.store.document(toy_workspace.store.document_name(ENVOY, "user-101")),
    )
    assert gold
    assert len(made.statements) == len(gold.statements)
    (told,) = toy_workspace.root.glob(".stancebank/label-studio/projects/*/reported.json")
    assert "irony" not in told.read_text("utf-8")
    relabel(stand_in, 1, "irony", "cue")
    stand_in.held[1]["updated_at"] = "2031-02-12T10:30:00+00:00"
    (result,) = run_pull(stand_in, toy_workspace)
    assert (result.kind, result.faults) == ("written", ())
    run_pull(stand_in, toy_workspace)
    assert json.loads(told.read_bytes()) == {}


def test_a_labelled_double_of_a_task_does_not_take_the_document_over(
    stand_in: StandIn, toy_workspace: Workspace
) -> None:
    hold(stand_in, toy_workspace, 5, ENVOY)
    run_pull(stand_in, toy_workspace)
    path = toy_workspace.root / toy_workspace.store.document_name(ENVOY, "user-101")
    before = path.read_bytes()
    hold(stand_in, toy_workspace, 3, ENVOY)
    relabel(stand_in, 3, "cue", "irony")
    for _ in range(2):
        double = of_kind(run_pull(stand_in, toy_workspace), "duplicate")
        assert "has labelled task 5 of this article, too, and that one is used" in double.faults[0]
        assert path.read_bytes() == before
    del stand_in.held[5]
    result = of_kind(run_pull(stand_in, toy_workspace), "written")
    assert any("takes the place of annotation 5001" in said for said in result.messages)


def test_of_two_tasks_that_were_labelled_before_a_pull_the_first_one_stands(
    stand_in: StandIn, toy_workspace: Workspace
) -> None:
    hold(stand_in, toy_workspace, 3, ENVOY)
    hold(stand_in, toy_workspace, 5, ENVOY)
    stand_in.held[5]["annotations"][0]["updated_at"] = LATER
    results = run_pull(stand_in, toy_workspace)
    assert kinds(results) == ["duplicate", "written"]
    assert of_kind(results, "written").task == 3


def test_a_document_that_an_earlier_pull_took_whole_loses_nothing(stand_in: StandIn, toy_workspace: Workspace) -> None:
    hold(stand_in, toy_workspace, 1, ENVOY)
    run_pull(stand_in, toy_workspace)
    path = toy_workspace.root / toy_workspace.store.document_name(ENVOY, "user-101")
    before = path.read_bytes()
    record = toy_workspace.root / toy_workspace.store.article_name(ENVOY)
    value = json.loads(record.read_bytes())
    value["zones"] = [{**zone, "zone": "boilerplate"} for zone in value["zones"]]
    record.write_text(json.dumps(value), encoding="utf-8")
    (result,) = run_pull(stand_in, toy_workspace, full=True)
    assert (result.kind, path.read_bytes()) == ("unchanged", before)
    assert any("span-zone" in fault for fault in result.faults)


def test_the_status_tells_what_was_rejected_of_whom_and_which_tasks_nobody_can_use(
    stand_in: StandIn, toy_workspace: Workspace
) -> None:
    hold(stand_in, toy_workspace, 1, ENVOY)
    hold(stand_in, toy_workspace, 2, MINISTER)
    hold(stand_in, toy_workspace, 3, MINISTER)
    hold(stand_in, toy_workspace, 4, HARVEST)
    stand_in.held[3]["data"] = {"text": "by hand"}
    relabel(stand_in, 1, "cue", "irony")
    stand_in.held[4]["annotations"][0]["result"] = []
    for number in (1, 2):
        (status,) = read_statuses(stand_in, toy_workspace)
        cells = {each.article_id: each for each in status.cells}
        assert [bool(cells[each].faults) for each in (ENVOY, MINISTER, HARVEST)] == [True, False, True]
        assert [cells[each].behind for each in (ENVOY, MINISTER, HARVEST)] == [number == 1, number == 1, False]
        assert "'irony' is no label" in cells[ENVOY].faults[0]
        assert cells[ENVOY].faults[0].endswith("http://localhost/projects/2/data?task=1")
        (unusable,) = status.unusable
        assert unusable.startswith("task 3: it names no article. Hint: ")
        assert status.articles == tuple(sorted((ENVOY, MINISTER, HARVEST)))
        run_pull(stand_in, toy_workspace)


def test_the_report_prints_faults_first_and_a_second_one_what_is_new(
    stand_in: StandIn, toy_workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    hold(stand_in, toy_workspace, 1, ENVOY)
    relabel(stand_in, 1, "cue", "irony")
    result = stand_in.held[1]["annotations"][0]["result"]
    result[:] = [item for item in result if item.get("from_name") != "force"]
    printed = []
    for verbose in (False, False, True):
        report = PullReport(toy_workspace, PullOptions(), verbose=verbose)
        for each in run_pull(stand_in, toy_workspace, full=True):
            report.add(each)
        report.end(as_json=False)
        assert report.code == 1
        printed.append(capsys.readouterr().err.splitlines())
    first, second, third = printed
    assert first[0].startswith(f"{ENVOY}, user-101, task 1, annotation 1001, region ")
    assert "Words: “" in first[0]
    assert first[0].endswith("http://localhost/projects/2/data?task=1")
    assert any("repaired or inferred: -v shows each." in line for line in first)
    assert not any("none was chosen" in line for line in first)
    assert second == [
        "1 fault of earlier pulls is still open: `stancebank annotate status --rejected` lists them.",
        "1 unchanged.",
    ]
    assert third[0] == first[0]


def test_the_doctor_finds_tasks_that_nobody_can_use_and_doubles(stand_in: StandIn, toy_workspace: Workspace) -> None:
    (project,) = find_projects(stand_in, toy_workspace)
    hold(stand_in, toy_workspace, 1, ENVOY)
    assert list(check_tasks(stand_in, project, toy_workspace)) == []
    hold(stand_in, toy_workspace, 2, ENVOY)
    for number, data in ((3, {"text": "by hand"}), (4, {"article_id": "no-such-article"})):
        hold(stand_in, toy_workspace, number, MINISTER)
        stand_in.held[number]["data"] = data
    found = list(check_tasks(stand_in, project, toy_workspace))
    assert [each.code for each in found] == ["task-unusable", "task-unusable", "task-twice"]
    for number, each in zip((3, 4, 2), found, strict=True):
        assert f"http://localhost/projects/2/data?task={number}" in each.message
        assert each.hint
