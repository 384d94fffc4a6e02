"""Suggestions on their way to annotators: what a task shows, and which tasks are left without."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from stancebank.annotate.decode.document import from_task
from stancebank.annotate.sync.drawing import draw
from stancebank.annotate.sync.projects import PushTarget
from stancebank.annotate.sync.push import push
from stancebank.annotate.sync.types import Drafted, Drafts, PushOptions, PushResult
from stancebank.corpus.suggestions import SHOWN, ShownLine, read_engines, read_shown, write_lines
from stancebank.errors import InputError
from stancebank.suggest.showing import show
from stancebank.workspace import Workspace, open_workspace
from tests.annotate.sync.pushing import ALL, ENVOY, HARVEST, MINISTER
from tests.suggest.memory import Memory
from tests.suggest.oracle import lay_suggested, suggest_gold

Json = dict[str, Any]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return lay_suggested(tmp_path / "toy")


def run(server: Memory, workspace: Workspace, share: float = 0.34, **options: Any) -> list[PushResult]:
    workspace = open_workspace(workspace.root)
    dry_run = options.pop("dry_run", False)
    drafts = show(workspace, "oracle", options.get("articles", ()), share, "full").drafts
    return list(push(server, workspace, PushOptions(drafts=drafts, **options), dry_run=dry_run))


def told(results: list[PushResult]) -> Counter[str]:
    return Counter(each.action for each in results)


def tasks(server: Memory) -> dict[str, Json]:
    (project,) = server.held.values()
    return {each["data"]["article_id"]: each for each in project["tasks"].values()}


def shows(task: Json) -> list[str]:
    return [each["model_version"] for each in task["predictions"]]


@pytest.mark.slow
def test_a_share_is_left_without_suggestions_and_a_second_push_changes_nothing(workspace: Workspace) -> None:
    server = Memory()
    planned = run(server, workspace, dry_run=True)
    assert (server.held, read_shown(workspace.store)) == ({}, ())
    assert told(planned) == {"project": 1, "create": 3, "shown": 2, "blind": 1}
    assert told(run(server, workspace)) == told(planned)
    lines = read_shown(workspace.store)
    (engine,) = read_engines(workspace.store)
    assert [each.article_id for each in lines] == ALL
    assert sorted(each.suggestion for each in lines) == ["", "oracle", "oracle"]
    assert {each.engine for each in lines if each.suggestion} == {engine.id}
    held = tasks(server)
    for line in lines:
        assert shows(held[line.article_id]) == (["suggestions:oracle"] if line.suggestion else ["zones"])
    before = (workspace.root / SHOWN).read_bytes(), json.dumps(server.held, default=str)
    assert told(run(server, workspace)) == {"unchanged": 3}
    assert told(list(push(server, workspace, PushOptions()))) == {"unchanged": 3}
    assert ((workspace.root / SHOWN).read_bytes(), json.dumps(server.held, default=str)) == before


@pytest.mark.slow
def test_what_was_drawn_and_shown_stays_with_a_newer_suggestion_of_another_engine(workspace: Workspace) -> None:
    server = Memory()
    run(server, workspace)
    before = (workspace.root / SHOWN).read_bytes(), json.dumps(server.held, default=str)
    suggest_gold(workspace, version="2")
    for share in (0.0, 1.0):
        assert told(run(server, workspace, share)) == {"unchanged": 3}  # what it shows says the same
    for path in (workspace.root / "corpus/suggestions/oracle").glob("*.json"):
        value = json.loads(path.read_bytes())
        path.write_text(json.dumps(value | {"statements": value["statements"][:1]}))
    results = run(server, workspace)
    assert told(results) == {"unchanged": 3, "kept": 2}
    assert {each.reason for each in results if each.action == "kept"} == {
        "its task shows an earlier suggestion of oracle, which stays"
    }
    assert ((workspace.root / SHOWN).read_bytes(), json.dumps(server.held, default=str)) == before


@pytest.mark.slow
@pytest.mark.parametrize("request_", ["ledger", "import_tasks", "create_prediction"])
def test_a_push_that_is_killed_leaves_no_task_without_a_line_and_the_next_one_makes_up_for_it(
    workspace: Workspace, request_: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Memory()
    list(push(server, workspace, PushOptions(articles=(ENVOY, MINISTER))))  # tasks that show nothing yet
    if request_ == "ledger":  # it dies after the lines were written, before any request
        monkeypatch.setattr(
            "stancebank.annotate.sync.push.TaskPush.run", lambda _: (_ for _ in ()).throw(KeyboardInterrupt)
        )
    server.dies_at = request_
    with pytest.raises(KeyboardInterrupt):
        run(server, workspace, 0.0)
    monkeypatch.undo()
    lines = read_shown(workspace.store)
    assert [each.article_id for each in lines] == ALL
    suggest_gold(workspace, version="2")
    run(server, workspace, 0.0)
    held = tasks(server)
    assert [shows(held[each]) for each in ALL] == [["suggestions:oracle"]] * 3
    assert told(run(server, workspace, 0.0)) == {"unchanged": 3}


@pytest.mark.slow
def test_lost_lines_are_found_by_what_the_server_shows_and_the_rest_of_the_share_is_drawn_again(
    workspace: Workspace,
) -> None:
    server = Memory()
    run(server, workspace)
    lines = read_shown(workspace.store)
    (workspace.root / SHOWN).unlink()
    run(server, workspace)
    assert read_shown(workspace.store) == lines


def test_what_somebody_has_begun_or_done_gets_no_line(workspace: Workspace) -> None:
    server = Memory()
    list(push(server, workspace, PushOptions(articles=(ENVOY, MINISTER))))
    held = tasks(server)
    held[ENVOY]["drafts"].append({"user": 7})
    write_lines(workspace.store, SHOWN, [ShownLine(ENVOY, "", "oracle", "oracle-1", "0" * 64)])
    assert told(run(server, workspace, 0.0))["shown"] == 2
    assert [each.article_id for each in read_shown(workspace.store)] == [HARVEST, MINISTER]
    assert shows(tasks(server)[ENVOY]) == ["zones"]


@pytest.mark.slow
def test_the_share_is_exact_whatever_the_order_in_which_articles_come(workspace: Workspace) -> None:
    names = [f"article-{number}" for number in range(200)]
    (document,) = [each.document for each in show(workspace, "oracle", [ENVOY], 0, "full").drafts.of.values()]
    tasks = {each: {"data": {"text_sha256": ""}, "predictions": [{"result": []}]} for each in names}

    def blind(target: PushTarget, some: list[str], share: float = 0.2) -> set[str]:
        drafts = Drafts("oracle", share, dict.fromkeys(some, Drafted(document, "e", "h")))
        found = draw(
            target, PushOptions(), drafts, {each: tasks[each] for each in some}, {each: tasks[each] for each in some}
        )
        return {each.article_id for each in found.results if each.action == "blind"}

    def target(annotator: str, *, dry_run: bool = True) -> PushTarget:
        return PushTarget(Memory(), workspace, None, "", annotator, dry_run)

    first, second = blind(target("ann-1"), names), blind(target("ann-2"), names)
    assert len(first) == len(second) == 40
    assert first == second == blind(target("ann-1"), names[::-1])  # two who read the same are blind together
    assert len(first & blind(target("ann-2"), names[50:])) >= 25  # and mostly, where they read much of the same
    assert blind(target("ann-1"), names, 0.0) == set()
    assert blind(target("ann-1"), names, 1.0) == set(names)
    one_by_one = [blind(target("ann-3", dry_run=False), [each]) for each in names[:50]]
    assert len(set().union(*one_by_one)) == 10


def test_what_an_engine_leaves_open_is_a_question_and_nothing_is_invented(workspace: Workspace) -> None:
    path = workspace.root / f"corpus/suggestions/oracle/{ENVOY}.json"
    value = json.loads(path.read_bytes())
    first, second, third, *_ = value["statements"]
    first["speaker"] = {"entity": "Somebody Else", "mention": first["speaker"]["mention"]}
    first["target"]["id"] = "no-such-target"
    first["target"]["parties"] = ["suvia", "The Lake Union"]
    del first["attribution"], first["conditions"][0]["kind"], first["conditions"][1]["alternative"]
    second["conditions"][0]["kind"] = "no-such-target"
    third["via"] = [{"entity": each, "mention": third["cue"]} for each in ("suvia", "keth", "norland")]
    del third["via"][1]["mention"]
    path.write_text(json.dumps(value))
    found = show(workspace, "oracle", [ENVOY], 0.0, "full")
    (note,) = found.notes
    assert note.startswith(f"{ENVOY}, {ENVOY}/oracle-s3: the interface shows a")
    server = Memory()
    run(server, workspace, 0.0, articles=(ENVOY,))
    (shown,) = tasks(server)[ENVOY]["predictions"]
    answers = {(each["id"], each["from_name"]): each["value"] for each in shown["result"] if "from_name" in each}
    region = f"{ENVOY}·oracle-s1"
    assert answers["names", "new_entities"]["text"] == ["Somebody Else\nThe Lake Union"]
    assert answers[f"{region}·speaker", "entity"]["taxonomy"] == [["new-1"]]
    assert (region, "target_id") not in answers
    assert (region, "attribution") not in answers
    assert answers[region, "parties"]["taxonomy"] == [["suvia"], ["new-2"]]
    assert (f"{region}·c1", "kind") not in answers
    assert f"{ENVOY}·oracle-s3" not in {each for each, _ in answers}
    read = from_task(
        tasks(server)[ENVOY] | {"annotations": [{"id": 1, "created_at": "2031-02-02T08:00:00Z", **shown}]},
        workspace.scheme,
    )
    assert {each.hint for each in read.readings[0].faults if each.region == region} == {
        "select it and choose its target"
    }


def test_a_suggestion_of_another_text_or_scheme_is_refused_for_its_article_alone(workspace: Workspace) -> None:
    folder = workspace.root / "corpus/suggestions/oracle"
    for name, change in ((ENVOY, {"text_sha256": "0" * 64}), (HARVEST, {"statements": [{"content": []}]})):
        value = json.loads((folder / f"{name}.json").read_bytes())
        (folder / f"{name}.json").write_text(json.dumps(value | change))
    server = Memory()
    results = run(server, workspace)
    assert {each.article_id: each.reason.partition(":")[0] for each in results if each.action == "refused"} == {
        ENVOY: "its suggestion is of another text",
        HARVEST: "corpus/suggestions/oracle has 4 faults",
    }
    assert list(tasks(server)) == [MINISTER]
    with pytest.raises(InputError, match=r"no suggestions called 'rules'\.\nHint: choose oracle, or run"):
        show(workspace, "rules", (), 0.2, "full")
