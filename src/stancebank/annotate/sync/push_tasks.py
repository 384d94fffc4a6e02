"""The tasks of one project and their pre-annotations become what the workspace has: planned first, then done.

A task belongs to an article by the article_id in its data, and holds its present text by the text_sha256 beside it.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any, Literal

from stancebank.annotate.client import Server
from stancebank.annotate.controls import ZONES as ZONE_LABELS
from stancebank.annotate.lists import Lists, data_differences
from stancebank.annotate.sync.bases import Bases
from stancebank.annotate.sync.projects import PushTarget
from stancebank.annotate.sync.retry import Timeout, send_once
from stancebank.annotate.sync.state import archive_task, count_labels
from stancebank.annotate.sync.types import PushOptions, PushResult
from stancebank.errors import ServerError
from stancebank.text import sha256

Json = dict[str, Any]
Zone = tuple[str, str, str]
TaskAction = Literal["create", "unchanged", "changed", "replace", "refused", "orphaned", "prune", "duplicate"]

TASKS, BYTES = 100, 8_000_000  # of a batch: as fast as larger ones, in a quarter of the server's memory
HALVINGS = 4  # of a batch that was looked for in vain: a weak connection carries small ones
RETRIES = 2  # of one that is not halved any more; if an earlier one arrives late, its duplicates are removed
PASSES = 3  # at the end, until each article has one task
ZONES = "zones"  # the pre-annotation that holds the locked zones alone


@dataclass(frozen=True, slots=True)
class TaskStep:
    """What is done about one task. task: its id on the server; None if it is to be created. article_id: "" if unknown.

    create: it is created. unchanged: nothing. changed: its data are updated, offsets stay valid. replace: the text has
    changed; it is removed, and one with the new text is created. refused: that would harm labels, nothing is done.
    orphaned: its article is not in the workspace, or is not assigned; it stays. prune: the same, but it is removed.
    duplicate: a second task of the same article, without labels; it is removed.
    """

    action: TaskAction
    article_id: str
    task: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class TaskPlan:
    """The steps of one project, by article and task."""

    steps: tuple[TaskStep, ...]

    def of(self, *actions: TaskAction) -> tuple[TaskStep, ...]:
        """Return the steps with one of these actions."""
        return tuple(step for step in self.steps if step.action in actions)

    @property
    def tasks(self) -> dict[str, int]:
        """The task of each article that keeps the one it has."""
        return {step.article_id: step.task for step in self.of("unchanged", "changed") if step.task is not None}


def may_delete(
    wanted: Mapping[str, Json],
    known: Set[str],
    found: Iterable[Json],
    *,
    prune: bool = False,
    assigned: Set[str] | None = None,
) -> list[int]:
    """Return the ids of the tasks that may be deleted, whose labels `make_plan` therefore has to know."""
    return sorted(
        int(task["id"])
        for article_id, tasks in _by_article(found).items()
        for task in tasks
        if len(tasks) > 1
        or (article_id in wanted and not _has_text(task, wanted[article_id]))
        or (prune and article_id not in known)
        or (article_id in wanted and not _is_for(article_id, assigned))
    )


def make_plan(
    wanted: Mapping[str, Json],
    known: Set[str],
    found: Iterable[Json],
    labels: Mapping[int, int],
    *,
    lists: Lists | None = None,
    replace: bool = False,
    prune: bool = False,
    assigned: Set[str] | None = None,
) -> TaskPlan:
    """Plan what is done to the tasks of a project. Pure.

    wanted: tasks by article id, in the order in which they are to be labelled. lists: those that their lists are taken
    from, which need not be equal. known: all articles of the workspace. found: the server's tasks, with id and data.
    labels: how many annotations and drafts each task has that `may_delete` names. replace: whether tasks with labels
    give way to new text. prune: whether tasks without labels are removed if their article is not in the workspace, or
    is not assigned. assigned: the articles of a project that get tasks; None means all. A task of another one is kept
    up to date if it has labels.
    """
    steps: list[TaskStep] = []
    remote = _by_article(found)
    for article_id, task in wanted.items():
        tasks = remote.pop(article_id, [])
        if _is_for(article_id, assigned) or any(labels.get(int(each["id"]), 0) for each in tasks):
            steps += _steps(article_id, task, tasks, labels, lists, replace)
            continue
        reason = "it is assigned to nobody in this project; it has no labels" + (
            "" if prune else ", and --prune removes it"
        )
        steps += [TaskStep("prune" if prune else "orphaned", article_id, int(each["id"]), reason) for each in tasks]
    for article_id, tasks in remote.items():
        if article_id in known:
            continue
        reason = "the workspace has no such article" if article_id else "its data name no article"
        for task in tasks:
            number = int(task["id"])
            if prune and article_id and not labels.get(number, 0):
                steps.append(TaskStep("prune", article_id, number, f"{reason}; it has no labels"))
            else:
                has = f"; it has {_count(labels[number])}" if labels.get(number) else ""
                steps.append(TaskStep("orphaned", article_id, number, reason + has))
    place = {article_id: number for number, article_id in enumerate(wanted)}  # they are labelled in this order

    def by_place(step: TaskStep) -> tuple[int, str, int]:
        return place.get(step.article_id, len(place)), step.article_id, step.task or 0

    return TaskPlan(tuple(sorted(steps, key=by_place)))


def _is_for(article_id: str, assigned: Set[str] | None) -> bool:
    return assigned is None or article_id in assigned


def _steps(
    article_id: str, wanted: Json, tasks: list[Json], labels: Mapping[int, int], lists: Lists | None, replace: bool
) -> list[TaskStep]:
    if not tasks:
        return [TaskStep("create", article_id, None, "the project has no task of it")]
    labelled = [task for task in tasks if labels.get(int(task["id"]), 0)]
    if len(labelled) > 1:
        ids = ", ".join(str(task["id"]) for task in labelled)
        return [
            TaskStep("refused", article_id, int(task["id"]), f"tasks {ids} are both of this article, and have labels")
            for task in labelled
        ]
    kept = labelled[0] if labelled else next((task for task in tasks if _has_text(task, wanted)), tasks[0])
    reason = f"task {kept['id']} is of the same article; this one has no labels"
    steps = [TaskStep("duplicate", article_id, int(task["id"]), reason) for task in tasks if task is not kept]
    return [*steps, _step(article_id, wanted, kept, labels, lists, replace)]


def _step(
    article_id: str, wanted: Json, task: Json, labels: Mapping[int, int], lists: Lists | None, replace: bool
) -> TaskStep:
    number, data = int(task["id"]), _data(task)
    if not _has_text(task, wanted):
        many, changed = labels.get(number, 0), "the article's text has changed"
        if not many:
            return TaskStep("replace", article_id, number, f"{changed}; it has no labels")
        if replace:
            return TaskStep("replace", article_id, number, f"{changed}; its {_count(many)} are archived")
        return TaskStep("refused", article_id, number, f"{changed}; it has {_count(many)}")
    differing = lists.differences(data, wanted) if lists else data_differences(data, wanted["data"])
    if not differing:
        return TaskStep("unchanged", article_id, number, "")
    return TaskStep("changed", article_id, number, f"it differs in {', '.join(differing)}")


def _has_text(task: Json, wanted: Json) -> bool:
    """Whether a task holds the wanted text: the hash that it names, and the text itself."""
    return all(_data(task).get(key) == wanted["data"][key] for key in ("text_sha256", "text"))


def _by_article(found: Iterable[Json]) -> dict[str, list[Json]]:
    tasks: dict[str, list[Json]] = {}
    for task in sorted(found, key=lambda task: int(task["id"])):
        tasks.setdefault(str(_data(task).get("article_id") or ""), []).append(task)
    return tasks


def _data(task: Json) -> Json:
    data = task.get("data")
    return data if isinstance(data, dict) else {}


def _count(labels: int) -> str:
    return "1 annotation or draft" if labels == 1 else f"{labels} annotations and drafts"


class TaskPush:
    """Pushes the tasks of one project. wanted: tasks by article id, with their lists taken from `lists`.

    task_ids: of each article, once it is pushed.
    """

    def __init__(self, target: PushTarget, options: PushOptions, wanted: dict[str, Json], lists: Lists) -> None:
        self._target, self._server, self._options, self._wanted = target, target.server, options, wanted
        self._lists = lists
        self._known = frozenset(target.workspace.store.article_ids())
        self.task_ids: dict[str, int] = {}

    def run(self) -> Iterator[PushResult]:
        """Plan and do what is to be done about tasks and predictions."""
        plan, shown = self._plan()
        yield from (self._result(step) for step in plan.of("unchanged", "refused"))
        for step in plan.of("orphaned"):
            kept = "; it is kept, since the project has just got the id of the workspace: check it, and prune again"
            yield self._result(replace(step, reason=step.reason + kept) if self._unproved else step)
        create = [step.article_id for step in plan.of("create")]
        for step in plan.of("duplicate", "prune"):
            yield self._remove(step)
        for step in plan.of("changed"):
            if not self._target.dry_run:
                self._update_data(step)
            yield self._result(step)
        for step in plan.of("replace"):
            result = self._remove(step)
            if result.action == "replace":
                create.append(step.article_id)
            yield result
        yield from self._create(create, {step.article_id for step in plan.of("create")})
        self.task_ids |= plan.tasks
        if not self._target.dry_run and create:
            yield from self._remove_duplicates()
        yield from self._push_predictions(plan.tasks, shown)

    def _plan(self) -> tuple[TaskPlan, dict[int, tuple["ShownPrediction", ...]]]:
        """Plan from what the server has now; return the plan, and the predictions of the server's tasks."""
        found: list[Json] = []
        shown: dict[int, tuple[ShownPrediction, ...]] = {}
        labels: dict[int, int] = {}
        prune, assigned = self._options.prune and not self._unproved, self._target.assigned
        if self._target.project is not None:
            for task in self._server.tasks(self._target.project.id, ["data", "predictions"]):
                shown[int(task["id"])] = shown_predictions(task["predictions"])
                article_id = (task["data"] or {}).get("article_id")
                same = self._wanted.get(article_id) if isinstance(article_id, str) else None
                alike = same is not None and not self._lists.differences(task["data"] or {}, same)
                data = same["data"] if same is not None and alike else task["data"]
                found.append({"id": task["id"], "data": data})  # equal data are shared, which keeps memory small
            ids = may_delete(self._wanted, self._known, found, prune=prune, assigned=assigned)
            for whole in self._server.whole_tasks(self._target.project.id, ids):
                labels[int(whole["id"])] = count_labels(whole)
        plan = make_plan(
            self._wanted,
            self._known,
            found,
            labels,
            lists=self._lists,
            replace=self._options.replace,
            prune=prune,
            assigned=assigned,
        )
        return plan, shown

    @property
    def _unproved(self) -> bool:
        """Whether tasks are to be removed from a project that did not have the workspace's id before this push."""
        project = self._target.project
        return self._options.prune and project is not None and project.workspace != self._target.workspace.settings.id

    def _remove_duplicates(self) -> Iterator[PushResult]:
        """Ensure that each article has one task, whatever replies were lost or was pushed by others meanwhile."""
        for _ in range(PASSES):
            plan, _ = self._plan()
            duplicates = plan.of("duplicate")
            for step in duplicates:
                yield self._remove(step)
            self.task_ids |= plan.tasks
            if not duplicates:
                break
        if plan.of("create", "duplicate"):
            raise ServerError(
                f"{self._server.url}: project {self._target.title!r} does not have one task for each article, after "
                "all were pushed.\nHint: check whether somebody deletes or imports tasks there, and push again."
            )

    def _create(self, articles: list[str], new: set[str]) -> Iterator[PushResult]:
        for batch in batches(self._wanted[article_id] for article_id in articles):
            if self._target.dry_run:
                made: dict[str, int | None] = {task["data"]["article_id"]: None for task in batch}
            else:
                project = self._target.existing
                made = dict(import_batch(self._server, project.id, batch, self._options.timeout))
            for article_id, task in made.items():
                if task is not None:
                    self.task_ids[article_id] = task
                if article_id in new:
                    yield PushResult("create", self._target.title, article_id, task, "the project had no task of it")

    def _remove(self, step: TaskStep) -> PushResult:
        """Remove a task, after checking which labels it has now. Labels that are given up are archived first."""
        if self._target.dry_run:
            return self._result(step)
        project, number = self._target.existing, step.task
        assert number is not None
        whole = self._server.whole_tasks(project.id, [number])
        labelled = [task for task in whole if count_labels(task)]
        if labelled and not (step.action == "replace" and self._options.replace):
            reason = "somebody has labelled it meanwhile"
            return PushResult("refused", self._target.title, step.article_id, number, reason)
        if labelled:
            with self._target.workspace.store.alone("stancebank annotate push"):
                archive_task(self._target.folder, labelled[0])
                self._forget(step.article_id, {int(annotation["id"]) for annotation in labelled[0]["annotations"]})

        def request() -> bool:
            self._server.delete_task(number)
            return True

        def confirm() -> bool | None:
            return True if not self._server.whole_tasks(project.id, [number]) else None

        send_once(request, confirm, self._options.timeout, retries=2)
        return self._result(step)

    def _forget(self, article_id: str, annotations: set[int]) -> None:
        bases = Bases(self._target.folder)
        for (article, annotator), base in bases.all().items():
            if article == article_id and base.annotation in annotations:
                bases.forget(article, annotator)
        bases.write()

    def _update_data(self, step: TaskStep) -> None:
        project, number = self._target.existing, step.task
        assert number is not None
        data = self._wanted[step.article_id]["data"]

        def request() -> bool:
            self._server.update_task(number, data)
            return True

        def confirm() -> bool | None:
            found = self._server.tasks(project.id, ["data"], articles=[step.article_id])
            return True if any(task["id"] == number and task["data"] == data for task in found) else None

        send_once(request, confirm, self._options.timeout, retries=2)

    def _push_predictions(
        self, tasks: dict[str, int], shown: dict[int, tuple["ShownPrediction", ...]]
    ) -> Iterator[PushResult]:
        for article_id, task in tasks.items():
            make, drop = plan_predictions(self._wanted[article_id]["predictions"], shown.get(task, ()))
            if not (make or drop):
                continue
            if not self._target.dry_run:
                project = self._target.existing
                replace_predictions(self._server, project.id, task, make, drop, self._options.timeout)
            names = ", ".join(str(prediction["model_version"]) for prediction in make)
            messages = [f"{names} shown" if make else "", f"{len(drop)} older or duplicate removed" if drop else ""]
            reason = "; ".join(filter(None, messages))
            yield PushResult("prediction", self._target.title, article_id, task, reason)

    def _result(self, step: TaskStep) -> PushResult:
        return PushResult(step.action, self._target.title, step.article_id, step.task, step.reason)


def batches(tasks: Iterable[Json]) -> Iterator[list[Json]]:
    """Yield tasks in batches of at most `TASKS` tasks and `BYTES` bytes; a larger task is a batch of its own."""
    batch: list[Json] = []
    size = 0
    for task in tasks:
        own = len(json.dumps(task))
        if batch and (len(batch) == TASKS or size + own > BYTES):
            yield batch
            batch, size = [], 0
        batch.append(task)
        size += own
    if batch:
        yield batch


def import_batch(
    server: Server, project: int, batch: list[Json], timeout: Timeout, halvings: int = HALVINGS
) -> dict[str, int]:
    """Create the tasks of a batch, and return their ids by article id. An import creates all of them or none.

    If it fails, or is too large for the server, its halves are sent. halvings: how often that may be done.

    Raises ServerError if the server has not created them, and will not.
    """
    articles = [str(task["data"]["article_id"]) for task in batch]
    hashes = {task["data"]["article_id"]: task["data"]["text_sha256"] for task in batch}

    def request() -> dict[str, int]:
        return dict(zip(articles, server.import_tasks(project, batch), strict=True))

    def confirm() -> dict[str, int] | None:
        found: dict[str, int] = {}
        for task in server.tasks(project, ["data"], articles=articles):
            article_id = str(task["data"].get("article_id"))
            if task["data"].get("text_sha256") == hashes.get(article_id):
                found.setdefault(article_id, int(task["id"]))
        return found if found.keys() == set(articles) else None

    divisible = len(batch) > 1 and halvings > 0
    try:
        return send_once(request, confirm, timeout, retries=0 if divisible else RETRIES)
    except ServerError as error:
        if not divisible or not (error.in_doubt or error.status == 413):
            raise
    middle = len(batch) // 2
    halves = (batch[:middle], batch[middle:])
    return {
        article_id: task
        for half in halves
        for article_id, task in import_batch(server, project, half, timeout, halvings - 1).items()
    }


@dataclass(frozen=True, slots=True)
class ShownPrediction:
    """A pre-annotation on the server. fingerprint: of its result. zones: where it has a locked zone, and of which kind.

    Other programs add pre-annotations to a task, too, and theirs have no zones.
    """

    id: int
    version: str
    fingerprint: str
    zones: frozenset[Zone]


def shown_predictions(predictions: Iterable[Json]) -> tuple[ShownPrediction, ...]:
    """Return what the server shows, by id."""
    found = (
        ShownPrediction(
            int(each["id"]), str(each.get("model_version")), fingerprint_of(each["result"]), _zones(each["result"])
        )
        for each in predictions
    )
    return tuple(sorted(found, key=lambda prediction: prediction.id))


def plan_predictions(wanted: Sequence[Json], shown: Sequence[ShownPrediction]) -> tuple[list[Json], list[int]]:
    """Return which predictions are to be created, and the ids of those to be removed after that. Pure.

    What other pushes or programs have shown stays. The one of zones alone gives way to another that holds all of them.
    """
    zones = [prediction.id for prediction in shown if prediction.version == ZONES]
    if [prediction["model_version"] for prediction in wanted] == [ZONES]:
        needed = _zones(wanted[0]["result"])
        if any(needed <= prediction.zones for prediction in shown if prediction.version != ZONES):
            return [], zones
    make: list[Json] = []
    drop = [number for number in zones if wanted[0]["model_version"] != ZONES]
    for prediction in wanted:
        alike = [found for found in shown if found.version == prediction["model_version"]]
        kept = next((found for found in alike if found.fingerprint == fingerprint_of(prediction["result"])), None)
        if kept is None:
            make.append(prediction)
        drop += [found.id for found in alike if found is not kept]
    return make, drop


def replace_predictions(
    server: Server, project: int, task: int, make: Iterable[Json], drop: Iterable[int], timeout: Timeout
) -> None:
    """Create predictions of a task, then remove those that they replace."""
    for prediction in make:
        version, wanted = str(prediction["model_version"]), fingerprint_of(prediction["result"])

        def request(prediction: Json = prediction) -> bool:
            return bool(server.create_prediction(task, prediction))

        def confirm(version: str = version, wanted: str = wanted) -> bool | None:
            shown = shown_predictions(server.predictions(project, task))
            return True if any((each.version, each.fingerprint) == (version, wanted) for each in shown) else None

        send_once(request, confirm, timeout, retries=1)
    for number in drop:
        server.delete_prediction(number)


def _zones(result: Iterable[object]) -> frozenset[Zone]:
    found = set()
    for item in result:
        if isinstance(item, dict) and item.get("from_name") == ZONE_LABELS and isinstance(item.get("value"), dict):
            value = item["value"]
            found.add((str(value.get("start")), str(value.get("end")), str(value.get("labels"))))
    return frozenset(found)


def fingerprint_of(result: object) -> str:
    """Return a fingerprint of the result of a pre-annotation: equal results have equal ones."""
    return sha256(json.dumps(result, ensure_ascii=False, sort_keys=True))
