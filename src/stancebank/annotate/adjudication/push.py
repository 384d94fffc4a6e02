"""Conflicts go to Label Studio: a project for each adjudicator, or one for all, with a task for each conflict.

Each push plans from what the server has at that moment, so that it can be interrupted and repeated, and a second one
changes nothing. What somebody has labelled or begun is never removed or changed.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from stancebank.annotate.adjudication.desk import CONFLICT, LETTERS, Desk, adjudication_xml
from stancebank.annotate.adjudication.types import AdjudicationPlan
from stancebank.annotate.client import Server
from stancebank.annotate.connection import local_folder
from stancebank.annotate.controls import Profile
from stancebank.annotate.guidelines import guideline_version
from stancebank.annotate.interface import validate_interface
from stancebank.annotate.interface_settings import load_interface
from stancebank.annotate.lists import Lists, make_lists
from stancebank.annotate.practice import rule_titles
from stancebank.annotate.sync.projects import (
    Project,
    Purpose,
    ensure_project,
    find_projects,
    project_title,
)
from stancebank.annotate.sync.push import require_consent
from stancebank.annotate.sync.push_tasks import PASSES, batches, plan_predictions, shown_predictions
from stancebank.annotate.sync.retry import Timeout, send_once
from stancebank.annotate.sync.state import count_labels, lock_workspace
from stancebank.annotate.sync.types import PushOptions
from stancebank.errors import ServerError
from stancebank.workspace import Workspace

Json = dict[str, Any]
ConflictAction = Literal["create", "unchanged", "changed", "replace", "refused", "removed", "kept", "duplicate"]

ADJUDICATION: Purpose = "adjudication"
_PROFILE: Profile = "full"  # candidates may hold whatever the scheme has
_GONE = "its conflict is no longer open"
_UNPROVED = (
    "it stays, since the project does not have the id of this workspace, and another workspace may have the same name"
)


@dataclass(frozen=True, slots=True)
class ConflictStep:
    """What is done about one task. task: its id on the server; None if it is to be created.

    create: it is created. unchanged: nothing. changed: titles and lists in its data are updated. replace: what it shows
    has changed, and nobody has labelled it: it is removed and created again. refused: the same, but somebody has
    labelled it, so nothing is done. removed: its conflict is no longer open, and nobody has labelled it. kept: the
    same, but somebody has. duplicate: a second task of the conflict, without labels; it is removed.
    """

    action: ConflictAction
    conflict: str
    article_id: str
    task: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ConflictPush:
    """One action that was done, or that a dry run would do. action: a `ConflictAction`, or project, no-text.

    project: its title. conflict: its key, "" where the action is about none.
    """

    action: str
    project: str
    conflict: str
    article_id: str
    task: int | None
    reason: str


def push_conflicts(
    server: Server, workspace: Workspace, plan: AdjudicationPlan, options: PushOptions, *, dry_run: bool = False
) -> Iterator[ConflictPush]:
    """Push the open conflicts of a plan, and yield each action as it is done; with dry_run, only say what would be.

    options: of which consent and timeout count.

    Raises InputError for what cannot be pushed, before anything is done; ConflictError if the interface would harm
    labels, another push is running, or two projects have the same mark; ServerError if the server fails.
    """
    store, interface = workspace.store, load_interface(workspace, _PROFILE)
    rules = rule_titles(workspace.root)
    lists = make_lists(store.entities(), store.targets(), store.documents(None), interface)
    units = {unit.key: (unit.conflict.begin, unit.conflict.end) for _, unit in plan.units()}
    desk = Desk(interface, lists, guideline_version(workspace.root), rules, units)
    wanted: dict[str | None, dict[str, Json]] = {}
    without_text, withheld = [], set()
    for conflict in plan.conflicts:
        article = store.article(conflict.article_id)
        text = store.text(article)
        if text is None:
            without_text.append(conflict)
            continue
        if not article.rights.text_policy.shows_all:
            withheld.add(article.id)
        wanted.setdefault(conflict.by, {})[conflict.key] = desk.task(conflict, article, text)
    require_consent(server, len(withheld), send_words=options.send_words)
    xml = adjudication_xml(interface, rules).strip()
    validate_interface(xml)
    for conflict in without_text:
        reason = "its text is not available: run `stancebank corpus hydrate DIR`"
        yield ConflictPush("no-text", "", conflict.key, conflict.article_id, None, reason)
    if dry_run:
        yield from _push(server, workspace, wanted, lists, xml, options, dry_run=True)
        return
    with lock_workspace(local_folder(workspace), "adjudicate push"):
        yield from _push(server, workspace, wanted, lists, xml, options, dry_run=False)


def _push(
    server: Server,
    workspace: Workspace,
    wanted: Mapping[str | None, Mapping[str, Json]],
    lists: Lists,
    xml: str,
    options: PushOptions,
    *,
    dry_run: bool,
) -> Iterator[ConflictPush]:
    existing = {project.annotator: project for project in find_projects(server, workspace, ADJUDICATION)}
    for name in sorted({*wanted, *existing}, key=lambda each: each or ""):
        before = existing.get(name)
        project, message = ensure_project(server, workspace, name, xml, options, before, ADJUDICATION, dry_run=dry_run)
        title = project.title if project else project_title(workspace, name, ADJUDICATION)
        if message:
            yield ConflictPush("project", title, "", "", None, message)
        own = workspace.settings.id
        proved = bool(own) and before is not None and before.workspace == own
        each = _ProjectPush(server, project, title, wanted.get(name, {}), lists, proved, options.timeout, dry_run)
        yield from each.run()


def may_lose(wanted: Mapping[str, Json], found: Iterable[Json]) -> list[int]:
    """Return the ids of the tasks that may be removed, whose labels `plan_conflicts` therefore has to know."""
    by_key = _by_key(found)
    return sorted(
        int(task["id"])
        for key, tasks in by_key.items()
        for task in tasks
        if len(tasks) > 1 or key not in wanted or _is_other(task, wanted[key])
    )


def plan_conflicts(
    wanted: Mapping[str, Json], found: Iterable[Json], labels: Mapping[int, int], lists: Lists, *, proved: bool = True
) -> list[ConflictStep]:
    """Plan what is done to the tasks of a project. Pure.

    wanted: tasks by the key of their conflict. found: the server's tasks, with id, data and predictions. labels: how
    many annotations and drafts each task has that `may_lose` names. proved: whether the project has the id of the
    workspace; where it does not, no task is removed whose conflict the workspace does not know.
    """
    steps: list[ConflictStep] = []
    remote = _by_key(found)
    for key, task in wanted.items():
        steps += _steps(key, task, remote.pop(key, []), labels, lists)
    for key, tasks in remote.items():
        for task in tasks:
            number, article_id = int(task["id"]), str(_data(task).get("article_id") or "")
            if not key:
                steps.append(ConflictStep("kept", key, article_id, number, "its data name no conflict"))
            elif labels.get(number):
                said = f"{_GONE}; it has {_count(labels[number])}"
                steps.append(ConflictStep("kept", key, article_id, number, said))
            elif proved:
                steps.append(ConflictStep("removed", key, article_id, number, f"{_GONE}, and nobody has labelled it"))
            else:
                steps.append(ConflictStep("kept", key, article_id, number, f"{_GONE}; {_UNPROVED}"))
    return sorted(steps, key=lambda step: (step.article_id, step.conflict, step.task or 0))


def _steps(
    key: str, wanted: Json, tasks: list[Json], labels: Mapping[int, int], lists: Lists
) -> Iterator[ConflictStep]:
    article_id = str(wanted["data"]["article_id"])
    if not tasks:
        yield ConflictStep("create", key, article_id, None, "the project had no task of it")
        return
    # of several, the labelled one is kept: what it holds cannot be made again
    labelled = [task for task in tasks if labels.get(int(task["id"]))]
    kept = labelled[0] if labelled else tasks[0]
    for task in tasks:
        number = int(task["id"])
        if task is kept:
            continue
        if labels.get(number):
            said = f"task {kept['id']} is of the same conflict, and both have labels"
            yield ConflictStep("refused", key, article_id, number, said)
        else:
            said = f"task {kept['id']} is of the same conflict; this one has no labels"
            yield ConflictStep("duplicate", key, article_id, number, said)
    number, data = int(kept["id"]), _data(kept)
    if _is_other(kept, wanted):
        same = data.get(LETTERS) == wanted["data"][LETTERS] and data.get("text") == wanted["data"]["text"]
        if not labels.get(number):
            yield ConflictStep("replace", key, article_id, number, "what it shows has changed; nobody has labelled it")
            return
        if not same:
            said = f"its candidates have other letters now; it has {_count(labels[number])}"
            yield ConflictStep("refused", key, article_id, number, said)
            return
    differing = lists.differences(data, wanted)
    if differing:
        yield ConflictStep("changed", key, article_id, number, f"it differs in {', '.join(differing)}")
    else:
        yield ConflictStep("unchanged", key, article_id, number)


def _is_other(task: Json, wanted: Json) -> bool:
    """Whether a task shows other candidates, or another text, than are wanted."""
    data = _data(task)
    if any(data.get(name) != wanted["data"][name] for name in (LETTERS, "text", "text_sha256")):
        return True
    make, drop = plan_predictions(wanted["predictions"], shown_predictions(task.get("predictions") or ()))
    return bool(make or drop)


def _by_key(found: Iterable[Json]) -> dict[str, list[Json]]:
    tasks: dict[str, list[Json]] = {}
    for task in sorted(found, key=lambda task: int(task["id"])):
        tasks.setdefault(str(_data(task).get(CONFLICT) or ""), []).append(task)
    return tasks


def _data(task: Json) -> Json:
    data = task.get("data")
    return data if isinstance(data, dict) else {}


def _count(labels: int) -> str:
    return "1 annotation or draft" if labels == 1 else f"{labels} annotations and drafts"


@dataclass(frozen=True, slots=True)
class _ProjectPush:
    """Pushes the tasks of one project. project: None if a dry run would create it."""

    server: Server
    project: Project | None
    title: str
    wanted: Mapping[str, Json]
    lists: Lists
    proved: bool
    timeout: Timeout
    dry_run: bool

    def run(self) -> Iterator[ConflictPush]:
        """Plan and do what is to be done."""
        create = []
        for step in self._plan():
            if step.action in ("create", "replace"):
                create.append(step.conflict)
            if step.action in ("duplicate", "removed", "replace"):
                yield self._removed(step, create)
            else:
                if step.action == "changed" and not self.dry_run:
                    self._update(step)
                yield self._result(step)
        if not self.dry_run and create:
            self._create(create)
            yield from self._remove_duplicates()

    def _plan(self) -> list[ConflictStep]:
        if self.project is None:
            return plan_conflicts(self.wanted, [], {}, self.lists)
        found = list(self.server.tasks(self.project.id, ["data", "predictions"]))
        ids = may_lose(self.wanted, found)
        labels = {int(task["id"]): count_labels(task) for task in self.server.whole_tasks(self.project.id, ids)}
        return plan_conflicts(self.wanted, found, labels, self.lists, proved=self.proved)

    def _create(self, keys: Iterable[str]) -> None:
        assert self.project is not None
        for batch in batches(self.wanted[key] for key in keys):
            import_conflicts(self.server, self.project.id, batch, self.timeout)

    def _remove_duplicates(self) -> Iterator[ConflictPush]:
        """Ensure that each conflict has one task, whatever replies were lost or was pushed by others meanwhile."""
        for _ in range(PASSES):
            plan = self._plan()
            duplicates = [step for step in plan if step.action == "duplicate"]
            for step in duplicates:
                yield self._removed(step, [])
            if not duplicates:
                break
        if any(step.action in ("create", "duplicate") for step in plan):
            raise ServerError(
                f"{self.server.url}: project {self.title!r} does not have one task for each conflict, after all were "
                "pushed.\nHint: check whether somebody deletes or imports tasks there, and push again."
            )

    def _removed(self, step: ConflictStep, create: list[str]) -> ConflictPush:
        """Remove a task, after checking whether it has labels now. create: what is created after it, or is not."""
        number = step.task
        if self.dry_run or number is None or self.project is None:
            return self._result(step)
        project = self.project.id
        if any(count_labels(task) for task in self.server.whole_tasks(project, [number])):
            if step.action == "replace":
                create.remove(step.conflict)
            return ConflictPush(
                "refused", self.title, step.conflict, step.article_id, number, "somebody has labelled it meanwhile"
            )

        def request() -> bool:
            self.server.delete_task(number)
            return True

        def confirm() -> bool | None:
            return True if not self.server.whole_tasks(project, [number]) else None

        send_once(request, confirm, self.timeout, retries=2)
        return self._result(step)

    def _update(self, step: ConflictStep) -> None:
        number, data = step.task, self.wanted[step.conflict]["data"]
        assert number is not None
        assert self.project is not None
        project = self.project.id

        def request() -> bool:
            self.server.update_task(number, data)
            return True

        def confirm() -> bool | None:
            found = self.server.tasks(project, ["data"], articles=[step.article_id])
            return True if any(task["id"] == number and task["data"] == data for task in found) else None

        send_once(request, confirm, self.timeout, retries=2)

    def _result(self, step: ConflictStep) -> ConflictPush:
        return ConflictPush(step.action, self.title, step.conflict, step.article_id, step.task, step.reason)


def import_conflicts(server: Server, project: int, tasks: Sequence[Json], timeout: Timeout) -> None:
    """Create the tasks of some conflicts: all of them or none.

    If the reply is lost, the server is asked whether it has them; only if not are they sent again. One that arrives
    late after that is a duplicate, which the push removes. Raises ServerError if the server has not created them.
    """
    keys = {str(task["data"][CONFLICT]) for task in tasks}
    articles = sorted({str(task["data"]["article_id"]) for task in tasks})

    def request() -> bool:
        server.import_tasks(project, tasks)
        return True

    def confirm() -> bool | None:
        found = server.tasks(project, ["data"], articles=articles)
        return True if keys <= {str(_data(task).get(CONFLICT)) for task in found} else None

    send_once(request, confirm, timeout, retries=2)
