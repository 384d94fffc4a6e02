"""Conflicts are decided in a real Label Studio: by an adjudicator at the browser, and through its API."""

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace as record_with

from stancebank.agreement.compare import statement_fields
from stancebank.annotate.adjudication.desk import CHOICE, NOTE, PASSAGE, REASON, RULE
from stancebank.annotate.adjudication.kept import read_verdicts, write_plan
from stancebank.annotate.adjudication.plan import make_plan
from stancebank.annotate.adjudication.pull import VerdictPull, pull_verdicts
from stancebank.annotate.adjudication.push import ADJUDICATION, ConflictPush, push_conflicts
from stancebank.annotate.adjudication.settling import settle, write
from stancebank.annotate.adjudication.types import OWN, AdjudicationPlan, Rules
from stancebank.annotate.client import Server
from stancebank.annotate.connection import local_folder
from stancebank.annotate.local.accounts import read_login
from stancebank.annotate.sync.projects import find_projects
from stancebank.annotate.sync.pull import pull
from stancebank.annotate.sync.status import read_statuses
from stancebank.annotate.sync.types import PullOptions, PushOptions
from stancebank.annotate.users import UserTable
from stancebank.errors import InputError
from stancebank.workspace import Workspace, open_workspace
from tests.annotate.adjudication.deciding import decide_by_gold, said
from tests.annotate.adjudication.submitting import answer, items_of, submit, tasks_of
from tests.annotate.sync.losing import Losing, run_push, what
from tests.annotator import SHOTS, browsing
from tests.command import call
from tests.studio import Person, Studio

pytestmark = pytest.mark.server

Json = dict[str, Any]
ARTICLE = "brenn-evening-post-2031-06-17-secret-deal"
ANNOTATORS = ("annotator-1", "annotator-2", "annotator-3")


@pytest.fixture(scope="module")
def people(studio: Studio) -> dict[str, Person]:
    """Three accounts: two adjudicators, and one of the annotators."""
    return {name: studio.add_person(name) for name in ("ann-8", "ann-9", "annotator-1")}


@pytest.fixture
def workspace(sample: Workspace, server: Server, people: dict[str, Person]) -> Workspace:
    """The sample with the readings of one article, and a name of its own on the shared server."""
    for path in sample.root.glob("corpus/annotations/*/*.json"):
        if path.stem != ARTICLE:
            path.unlink()
    path = sample.root / "stancebank.toml"
    own = random.SystemRandom().randrange(10**12)
    named = path.read_text().replace('name = "sorne-sample"', f'name = "sorne-{own}"')
    path.write_text(named.replace("[workspace]\n", f'[workspace]\nid = "{own:012}"\n'))
    workspace = open_workspace(sample.root)
    table, users = UserTable(local_folder(workspace)), {user.id: user for user in server.users()}
    for name, person in people.items():
        table.rename(users[person.id], name)
    return workspace


def plan_of(workspace: Workspace, *by: str) -> AdjudicationPlan:
    return make_plan(workspace, Rules(by=by))


def push_all(server: Server, workspace: Workspace, *by: str, dry_run: bool = False) -> list[ConflictPush]:
    return list(push_conflicts(server, workspace, plan_of(workspace, *by), PushOptions(), dry_run=dry_run))


def actions(done: list[ConflictPush]) -> Counter[str]:
    return Counter(each.action for each in done)


def shown(task: Json, letter: str) -> list[Json]:
    """The regions of a candidate."""
    (found,) = [each["result"] for each in task["predictions"] if each["model_version"] == letter]
    return list(found)


def kinds(results: list[VerdictPull]) -> dict[str, str]:
    """What became of the answer on each conflict."""
    return {each.conflict: each.kind for each in results}


def test_what_is_decided_on_the_server_becomes_gold(
    studio: Studio, server: Server, workspace: Workspace, people: dict[str, Person]
) -> None:
    plan = plan_of(workspace, "ann-9")
    gold = {each.article_id: each for each in workspace.store.documents(None)}
    wanted = {each.key: each for each in decide_by_gold(plan, gold, workspace.scheme)}
    assert len(wanted) == len(plan.conflicts) == 6

    assert actions(push_all(server, workspace, "ann-9", dry_run=True)) == Counter(project=1, create=6)
    assert find_projects(server, workspace, ADJUDICATION) == []
    assert actions(push_all(server, workspace, "ann-9")) == Counter(project=1, create=6)
    assert actions(push_all(server, workspace, "ann-9")) == Counter(unchanged=6)
    (project,) = find_projects(server, workspace, ADJUDICATION)
    assert (project.annotator, "adjudication · ann-9" in project.title) == ("ann-9", True)
    everything = json.dumps(
        [
            studio.ask("GET", f"/api/projects/{project.id}/"),
            server.whole_tasks(project.id, [each["id"] for each in server.tasks(project.id, [])]),
            server.predictions(project.id),
        ],
        ensure_ascii=False,
    )
    assert [name for name in ANNOTATORS if name in everything] == []

    tasks = tasks_of(server, workspace)
    for key, verdict in wanted.items():
        submit(studio, people["ann-9"], tasks[key], items_of(workspace, verdict))
    assert {each.choice for each in wanted.values()} == {OWN, "A", "B"}
    results = pull_verdicts(server, workspace, plan, dry_run=True)
    assert read_verdicts(workspace) == {}
    assert Counter(kinds(results).values()) == Counter(taken=6)
    assert pull_verdicts(server, workspace, plan) == results
    verdicts = read_verdicts(workspace)
    assert {key: (each.choice, each.by, each.reason, each.rule) for key, each in verdicts.items()} == {
        key: (each.choice, "ann-9", "slip", "G-403") for key, each in wanted.items()
    }
    assert Counter(kinds(pull_verdicts(server, workspace, plan)).values()) == Counter(unchanged=6)

    (outcome,) = settle(workspace, plan, verdicts, may_replace=True)
    write(workspace, [outcome])
    made = workspace.store.gold(ARTICLE)
    assert made is not None
    assert said(made, workspace.scheme) == said(gold[ARTICLE], workspace.scheme)
    after = plan_of(workspace, "ann-9")
    assert after.conflicts == ()
    assert Counter(kinds(pull_verdicts(server, workspace, after)).values()) == Counter(decided=6)
    assert actions(push_all(server, workspace, "ann-9")) == Counter(kept=6)


def test_a_labelling_push_pull_and_status_pass_the_project_by(server: Server, workspace: Workspace) -> None:
    push_all(server, workspace)
    with pytest.raises(InputError, match="has no project of this workspace"):
        list(pull(server, workspace, PullOptions()))
    assert what(run_push(server, workspace, articles=(ARTICLE,))) == [("create", ARTICLE), ("project", "")]
    (labelling,), (ours,) = find_projects(server, workspace), find_projects(server, workspace, ADJUDICATION)
    assert labelling.id != ours.id
    assert list(pull(server, workspace, PullOptions())) == []
    assert what(run_push(server, workspace, articles=(ARTICLE,), prune=True)) == [("unchanged", ARTICLE)]
    assert actions(push_all(server, workspace)) == Counter(unchanged=6)
    (status,) = read_statuses(server, workspace)
    assert status.project.id == labelling.id


def test_what_cannot_be_used_is_told_at_once_and_is_taken_when_it_is_mended(
    studio: Studio, server: Server, workspace: Workspace, people: dict[str, Person]
) -> None:
    push_all(server, workspace)
    plan, tasks, ours = plan_of(workspace), tasks_of(server, workspace), people["ann-9"]
    first, second, third, fourth, fifth, sixth = (each.key for each in plan.conflicts)
    bad = submit(studio, ours, tasks[first], answer(choice="Q", rule="G-999"))
    submit(studio, people["annotator-1"], tasks[second], answer(choice="A", reason="slip"))
    nothing = submit(studio, ours, tasks[third], answer(choice=OWN, reason="slip"))
    for name, letter in (("ann-8", "A"), ("ann-9", "B")):
        submit(studio, people[name], tasks[fourth], answer(choice=letter, reason="perspective"))
    studio.ask(
        "POST",
        f"/api/tasks/{tasks[fifth]['id']}/annotations/",
        ours.token,
        json={"result": [], "was_cancelled": True},
    )
    results = pull_verdicts(server, workspace, plan)
    assert kinds(results) == {
        first: "rejected",
        second: "rejected",
        third: "rejected",
        fourth: "conflict",
        fifth: "open",
        sixth: "open",
    }
    assert read_verdicts(workspace) == {}
    faults = {each.conflict: [fault.split(": ", 1)[1] for fault in each.faults] for each in results if each.faults}
    assert [each.partition(":")[0] for each in faults[first]] == ["choice", "reason", "rule"]
    assert faults[second] == ["by: annotator-1 has annotated this article. Hint: let somebody else decide."]
    assert faults[third][0].startswith("statement: as marked here is chosen, and no statement is marked.")
    told = next(each.messages[0] for each in results if each.kind == "conflict")
    assert told.startswith("ann-9 decided B (perspective), ann-8 A (perspective).")

    server.update_annotation(bad, {"result": answer(choice="A", reason="slip", rule="G-403", note="As the rule says.")})
    conflict = next(each for each in plan.conflicts if each.key == third)
    letter = next(each.letter for each in conflict.candidates if each.statement)
    both = next(each.letter for each in conflict.candidates[::-1] if each.statement)
    marked = shown(tasks[third], letter)
    server.update_annotation(nothing, {"result": [*marked, *answer(choice=OWN, reason="ambiguous-text")]})
    results = pull_verdicts(server, workspace, plan)
    assert (kinds(results)[first], kinds(results)[third]) == ("taken", "taken")
    verdicts = read_verdicts(workspace)
    assert (verdicts[first].choice, verdicts[first].rule, verdicts[first].note) == ("A", "G-403", "As the rule says.")
    candidate = next(each.statement for each in conflict.candidates if each.letter == letter)
    assert (verdicts[third].choice, verdicts[third].reason) == (OWN, "ambiguous-text")
    assert verdicts[third].statement == candidate
    double = [
        {**item, "id": f"{item['id']}-2"} for item in shown(tasks[third], both) if item.get("from_name") == "span"
    ]
    server.update_annotation(nothing, {"result": [*marked, *double, *answer(choice=OWN, reason="slip")]})
    (again,) = [each for each in pull_verdicts(server, workspace, plan) if each.conflict == third]
    assert (again.kind, "2 statements are marked" in again.faults[0]) == ("rejected", True)
    assert read_verdicts(workspace)[third].choice == OWN  # what was taken stays


def test_a_lost_reply_makes_no_second_task_and_late_annotations_reopen_what_they_touch(
    studio: Studio, server: Server, workspace: Workspace, people: dict[str, Person]
) -> None:
    losing = Losing(studio.url, studio.token, "import_tasks")
    assert actions(push_all(losing, workspace)) == Counter(project=1, create=6)
    assert losing.sent == 1
    before, tasks = plan_of(workspace), tasks_of(server, workspace)
    (project,) = find_projects(server, workspace, ADJUDICATION)
    copy = {"data": tasks[before.conflicts[0].key]["data"], "predictions": []}
    server.import_tasks(project.id, [copy])
    assert actions(push_all(server, workspace)) == Counter(unchanged=6, duplicate=1)

    document = workspace.store.document(workspace.store.document_name(ARTICLE, "annotator-3"))
    ours = [each for each in before.conflicts if any(one.annotators == ("annotator-3",) for one in each.candidates)]
    touched = [each for each in ours if all(one.statement for one in each.candidates)][:2]
    for each in touched[:1]:
        submit(studio, people["ann-9"], tasks[each.key], answer(choice="A", reason="slip"))
    ids = {unit.readings["annotator-3"] for _, unit in before.units() if unit.key in {each.key for each in touched}}
    label = workspace.scheme.label.name
    statements = tuple(
        record_with(each, fields={**each.fields, label: "deny"}) if each.id in ids else each
        for each in document.statements
    )
    workspace.store.write_document(record_with(document, statements=statements))
    done = push_all(server, workspace)
    assert actions(done) == Counter(unchanged=4, create=2, removed=1, kept=1)
    assert [each.conflict for each in done if each.action == "kept"] == [touched[0].key]
    assert kinds(pull_verdicts(server, workspace, plan_of(workspace)))[touched[0].key] == "closed"
    assert actions(push_all(server, workspace)) == Counter(unchanged=6, kept=1)


def test_the_commands_say_what_they_do_and_end_with_the_code_of_the_worst(
    studio: Studio, server: Server, workspace: Workspace, people: dict[str, Person]
) -> None:
    def run(*arguments: str) -> tuple[int, str, str]:
        env = {"LABEL_STUDIO_URL": studio.url, "LABEL_STUDIO_API_KEY": studio.token}
        done = call("annotate", "adjudicate", *arguments, cwd=workspace.root, **env)
        return done.returncode, done.stdout, done.stderr

    code, _, err = run("pull")
    assert (code, "has no project for the adjudication" in err) == (1, True)
    write_plan(workspace, plan_of(workspace, "ann-9"))
    code, out, _ = run("push", "--json")
    lists = json.loads(out)
    assert (code, {name: len(each) for name, each in lists.items() if each}) == (0, {"projects": 1, "create": 6})
    key = lists["create"][0]["conflict"]
    tasks = tasks_of(server, workspace)
    own = submit(studio, people["ann-9"], tasks[key], answer(choice="A"))
    code, out, err = run("pull")
    assert (code, out) == (1, f"{ARTICLE}, {key}: not taken, ann-9.\n")
    assert f"{ARTICLE}, {key}, ann-9: task {tasks[key]['id']}, annotation {own}: reason: it is missing." in err
    server.update_annotation(own, {"result": answer(choice="A", reason="slip")})
    code, out, err = run("pull")
    assert (code, out) == (0, f"{ARTICLE}, {key}: A, ann-9.\n")
    assert "5 open, 1 taken." in err
    assert "`stancebank annotate adjudicate apply`" in err


@pytest.mark.browser
def test_an_adjudicator_decides_at_the_browser(
    studio: Studio, server: Server, workspace: Workspace, people: dict[str, Person], tmp_path: Path
) -> None:
    push_all(server, workspace, "ann-9")
    plan = plan_of(workspace, "ann-9")
    (project,) = find_projects(server, workspace, ADJUDICATION)
    conflict = next(each for each in plan.conflicts if each.fields == ("force",))
    other = next(each for each in plan.conflicts if "condition" in each.fields)
    copied = max((each for each in other.candidates if each.statement), key=lambda each: len(str(each.statement)))
    login = read_login(studio.folder, "ann-9")
    assert login is not None
    with browsing(studio, tmp_path, login) as [page]:

        def open_row(key: str) -> None:
            page.goto(f"{studio.url}/projects/{project.id}/data")
            page.get_by_text(key).first.click()
            page.get_by_text(PASSAGE, exact=True).first.wait_for()
            page.wait_for_selector(".lsf-richtext__line")
            page.wait_for_timeout(1500)

        open_row(conflict.key)
        table = page.locator(".table table")
        force = statement_fields(workspace.scheme)["force"]
        forces = [force.read(each.statement) for each in conflict.candidates if each.statement]
        assert table.locator("mark").all_inner_texts() == forces
        tabs = page.locator(".lsf-annotation-button__name").all_inner_texts()
        assert {PASSAGE, *(each.letter for each in conflict.candidates)} <= set(tabs)
        button = page.locator("button:has-text('Submit'):visible").first
        button.click()
        page.get_by_text("Choose which candidate is right").wait_for()
        page.keyboard.press("Escape")
        page.wait_for_timeout(500)
        page.locator(f".{CHOICE} label").filter(has_text="B").first.click()
        page.locator(f".{REASON} label").filter(has_text="guideline gap").first.click()
        page.locator(f".{RULE} .ant-select").click()
        page.keyboard.type("G-403", delay=15)
        page.locator(".ant-select-tree-title").filter(has_text="G-403").first.click()
        page.keyboard.press("Escape")
        page.locator(f".{NOTE} input, .{NOTE} textarea").first.click()
        page.keyboard.type("Both rules fit.", delay=15)
        page.wait_for_timeout(500)
        SHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SHOTS / "adjudication.png")
        with page.expect_response(lambda each: each.request.method == "POST" and "/annotations" in each.url):
            button.click()

        open_row(other.key)
        tab = page.locator(".lsf-annotation-button").filter(has=page.get_by_text(copied.letter, exact=True)).first
        tab.click()
        page.wait_for_timeout(500)
        tab.locator(".lsf-annotation-button__trigger").click()
        page.get_by_text("Duplicate Annotation").click()
        own = page.locator(f".{CHOICE} label:not(.ant-radio-wrapper-disabled)").filter(has_text="As marked here").first
        own.click()
        page.locator(f".{REASON} label").filter(has_text="perspective").first.click()
        page.screenshot(path=SHOTS / "adjudication-own.png")
        with page.expect_response(lambda each: each.request.method == "POST" and "/annotations" in each.url):
            page.locator("button:has-text('Submit'):visible").first.click()
    results = pull_verdicts(server, workspace, plan)
    assert [(each.kind, each.faults) for each in results if each.kind != "open"] == [("taken", ())] * 2
    verdicts = read_verdicts(workspace)
    verdict, marked = verdicts[conflict.key], verdicts[other.key]
    assert (verdict.choice, verdict.by, verdict.reason, verdict.rule, verdict.note) == (
        "B",
        "ann-9",
        "guideline-gap",
        "G-403",
        "Both rules fit.",
    )
    assert (marked.choice, marked.reason, marked.statement) == (OWN, "perspective", copied.statement)
