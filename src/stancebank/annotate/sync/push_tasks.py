"""The tasks of one project and their pre-annotations, made to be what is wanted."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Literal

from stancebank.annotate.client import Server
from stancebank.annotate.lists import data_differences
from stancebank.annotate.sync.projects import Place
from stancebank.annotate.sync.retry import Patience, send
from stancebank.annotate.sync.state import Bases, count_labels, keep
from stancebank.annotate.sync.types import Done, Request
from stancebank.errors import ServerError
from stancebank.text import sha256

Json = dict[str, Any]
Action = Literal["create", "unchanged", "changed", "replace", "refused", "gone", "prune", "double"]


@dataclass(frozen=True, slots=True)
class Step:
    """What is done about one task. task: its id on the server; None for one to be made. article_id: "" for a stranger.

    create: it is made. unchanged: nothing. changed: its data are renewed, offsets stay valid. replace: the words have
    changed; it is removed, and one with the new words is made. refused: that would harm labels, nothing is done.
    gone: nobody asked for it; it stays. prune: nobody asked for it, and it is removed. double: a second task of the
    same article, without labels; it is removed.
    """

    action: Action
    article_id: str
    task: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps of one project, by article and task."""

    steps: tuple[Step, ...]

    def of(self, *actions: Action) -> tuple[Step, ...]:
        """The steps with one of these actions."""
        return tuple(step for step in self.steps if step.action in actions)

    @property
    def tasks(self) -> dict[str, int]:
        """The task of each article that keeps the one it has."""
        return {each.article_id: each.task for each in self.of("unchanged", "changed") if each.task is not None}


def suspects(wanted: Mapping[str, Json], known: Set[str], found: Iterable[Json], *, prune: bool = False) -> list[int]:
    """Return the ids of the tasks that may be removed, whose labels `make_plan` therefore has to know."""
    return sorted(
        int(task["id"])
        for article_id, tasks in _by_article(found).items()
        for task in tasks
        if len(tasks) > 1
        or (article_id in wanted and not _has_words(task, wanted[article_id]))
        or (prune and article_id not in known)
    )


def make_plan(
    wanted: Mapping[str, Json],
    known: Set[str],
    found: Iterable[Json],
    labels: Mapping[int, int],
    *,
    replace: bool = False,
    prune: bool = False,
) -> Plan:
    """Plan what is done to the tasks of a project.

    wanted: tasks by article id. known: the articles of the workspace, wanted or not. found: the server's tasks, with
    id and data. labels: how many annotations and drafts each of the `suspects` has. replace: whether tasks with labels
    give way to new words. prune: whether tasks without labels that nobody asked for are removed.
    """
    steps: list[Step] = []
    theirs = _by_article(found)
    for article_id, task in wanted.items():
        steps += _steps(article_id, task, theirs.pop(article_id, []), labels, replace)
    for article_id, tasks in theirs.items():
        if article_id in known:
            continue
        reason = "the workspace has no such article" if article_id else "its data name no article"
        for task in tasks:
            number = int(task["id"])
            if prune and article_id and not labels.get(number, 0):
                steps.append(Step("prune", article_id, number, f"{reason}; it has no labels"))
            else:
                has = f"; it has {_count(labels[number])}" if labels.get(number) else ""
                steps.append(Step("gone", article_id, number, reason + has))
    return Plan(tuple(sorted(steps, key=lambda step: (step.article_id, step.task or 0))))


def _steps(article_id: str, wanted: Json, tasks: list[Json], labels: Mapping[int, int], replace: bool) -> list[Step]:
    if not tasks:
        return [Step("create", article_id, None, "the project has no task of it")]
    labelled = [task for task in tasks if labels.get(int(task["id"]), 0)]
    if len(labelled) > 1:
        ids = ", ".join(str(task["id"]) for task in labelled)
        return [
            Step("refused", article_id, int(task["id"]), f"tasks {ids} are both of this article, and have labels")
            for task in labelled
        ]
    kept = labelled[0] if labelled else next((task for task in tasks if _has_words(task, wanted)), tasks[0])
    steps = [
        Step("double", article_id, int(task["id"]), f"task {kept['id']} is of the same article; this one has no labels")
        for task in tasks
        if task is not kept
    ]
    return [*steps, _step(article_id, wanted, kept, labels, replace)]


def _step(article_id: str, wanted: Json, task: Json, labels: Mapping[int, int], replace: bool) -> Step:
    number, data = int(task["id"]), _data(task)
    if not _has_words(task, wanted):
        many = labels.get(number, 0)
        if not many:
            return Step("replace", article_id, number, "the article's words have changed; it has no labels")
        if replace:
            return Step("replace", article_id, number, f"the article's words have changed; its {_count(many)} are kept")
        return Step("refused", article_id, number, f"the article's words have changed; it has {_count(many)}")
    differing = data_differences(data, wanted["data"])
    if not differing:
        return Step("unchanged", article_id, number, "")
    return Step("changed", article_id, number, f"it differs in {', '.join(differing)}")


def _has_words(task: Json, wanted: Json) -> bool:
    """Whether a task holds the wanted words: the hash that it names, and the text itself."""
    return all(_data(task).get(key) == wanted["data"][key] for key in ("text_sha256", "text"))


def _by_article(found: Iterable[Json]) -> dict[str, list[Json]]:
    tasks: dict[str, list[Json]] = {}
    for task in sorted(found, key=lambda each: int(each["id"])):
        tasks.setdefault(str(_data(task).get("article_id") or ""), []).append(task)
    return tasks


def _data(task: Json) -> Json:
    data = task.get("data")
    return data if isinstance(data, dict) else {}


def _count(labels: int) -> str:
    return "1 annotation or draft" if labels == 1 else f"{labels} annotations and drafts"


TASKS, BYTES = 100, 8_000_000  # of a batch: as fast as larger ones, in a quarter of the server's memory
AGAIN = 2  # a batch is sent anew so often, after it was looked for in vain; what came late is a double, and removed


def batches(tasks: Iterable[Json]) -> Iterator[list[Json]]:
    """Yield tasks in batches of at most `TASKS` tasks and `BYTES` bytes; one task that is larger goes alone."""
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


def import_batch(server: Server, project: int, batch: list[Json], patience: Patience) -> dict[str, int]:
    """Make the tasks of a batch, and return their ids by article id. An import makes all of them or none.

    Raises ServerError where the server has not made them, and will not.
    """
    articles = [str(task["data"]["article_id"]) for task in batch]
    words = {task["data"]["article_id"]: task["data"]["text_sha256"] for task in batch}

    def do() -> dict[str, int]:
        return dict(zip(articles, server.import_tasks(project, batch), strict=True))

    def look() -> dict[str, int] | None:
        found: dict[str, int] = {}
        for task in server.tasks(project, ["data"], articles=articles):
            article_id = str(task["data"].get("article_id"))
            if task["data"].get("text_sha256") == words.get(article_id):
                found.setdefault(article_id, int(task["id"]))
        return found if found.keys() == set(articles) else None

    return send(do, look, patience, again=AGAIN)


ZONES = "zones"  # the pre-annotation that carries the locked zones alone


@dataclass(frozen=True, slots=True)
class Shown:
    """A pre-annotation on the server. fingerprint: of its result."""

    id: int
    version: str
    fingerprint: str


def shown(predictions: Iterable[Json]) -> tuple[Shown, ...]:
    """Return what the server shows, by id."""
    found = (Shown(int(each["id"]), str(each.get("model_version")), _print(each["result"])) for each in predictions)
    return tuple(sorted(found, key=lambda each: each.id))


def renewal(wanted: Sequence[Json], there: Sequence[Shown]) -> tuple[list[Json], list[int]]:
    """Return which predictions are to be made, and the ids of those that then go. Pure.

    What other pushes have shown stays. The one of zones alone gives way to any other, which all carry them.
    """
    others = [each for each in there if each.version != ZONES]
    if [each["model_version"] for each in wanted] == [ZONES] and others:
        return [], [each.id for each in there if each.version == ZONES]
    make: list[Json] = []
    drop = [each.id for each in there if each.version == ZONES and wanted[0]["model_version"] != ZONES]
    for prediction in wanted:
        alike = [each for each in there if each.version == prediction["model_version"]]
        kept = next((each for each in alike if each.fingerprint == _print(prediction["result"])), None)
        if kept is None:
            make.append(prediction)
        drop += [each.id for each in alike if each is not kept]
    return make, drop


def renew(
    server: Server, project: int, task: int, make: Iterable[Json], drop: Iterable[int], patience: Patience
) -> None:
    """Make predictions of a task, then remove those that they replace."""
    for prediction in make:
        version, wanted = str(prediction["model_version"]), _print(prediction["result"])

        def do(prediction: Json = prediction) -> bool:
            return bool(server.create_prediction(task, prediction))

        def look(version: str = version, wanted: str = wanted) -> bool | None:
            there = shown(server.predictions(project, task))
            return True if any((each.version, each.fingerprint) == (version, wanted) for each in there) else None

        send(do, look, patience, again=1)
    for number in drop:
        server.delete_prediction(number)


def _print(result: object) -> str:
    return sha256(json.dumps(result, ensure_ascii=False, sort_keys=True))


LOOKS = 3  # at the end, until each article has one task


class Tasks:
    """Pushes tasks. wanted: tasks by article id. certain: the task of each article, once it is pushed."""

    def __init__(self, place: Place, request: Request, wanted: dict[str, Json]) -> None:
        self._place, self._server, self._request, self._wanted = place, place.server, request, wanted
        self._known = frozenset(place.workspace.store.article_ids())
        self.certain: dict[str, int] = {}

    def push(self) -> Iterator[Done]:
        """Do what is planned about tasks and predictions."""
        plan, there = self._look()
        yield from (self._said(step) for step in plan.of("unchanged", "gone", "refused"))
        create = [step.article_id for step in plan.of("create")]
        for step in plan.of("double", "prune"):
            yield self._remove(step)
        for step in plan.of("changed"):
            if not self._place.dry_run:
                self._renew_data(step)
            yield self._said(step)
        for step in plan.of("replace"):
            done = self._remove(step)
            if done.what == "replace":
                create.append(step.article_id)
            yield done
        yield from self._create(create, {step.article_id for step in plan.of("create")})
        self.certain |= plan.tasks
        if not self._place.dry_run and create:
            yield from self._look_again()
        yield from self._predictions(plan.tasks, there)

    def _look(self) -> tuple[Plan, dict[int, tuple[Shown, ...]]]:
        """Plan from what the server has now; and return the predictions of its tasks."""
        found: list[Json] = []
        there: dict[int, tuple[Shown, ...]] = {}
        labels: dict[int, int] = {}
        options = {"prune": self._request.prune}
        if self._place.project is not None:
            for task in self._server.tasks(self._place.project.id, ["data", "predictions"]):
                there[int(task["id"])] = shown(task["predictions"])
                article_id = (task["data"] or {}).get("article_id")
                same = self._wanted.get(article_id) if isinstance(article_id, str) else None
                alike = same is not None and not data_differences(task["data"], same["data"])
                data = same["data"] if same is not None and alike else task["data"]
                found.append({"id": task["id"], "data": data})  # equal data are shared, which keeps memory small
            doubtful = suspects(self._wanted, self._known, found, **options)
            for whole in self._server.whole_tasks(self._place.project.id, doubtful):
                labels[int(whole["id"])] = count_labels(whole)
        plan = make_plan(self._wanted, self._known, found, labels, replace=self._request.replace, **options)
        return plan, there

    def _look_again(self) -> Iterator[Done]:
        """See to it that every article has one task, whatever happened to replies or was pushed by others meanwhile."""
        for _ in range(LOOKS):
            plan, _ = self._look()
            doubles = plan.of("double")
            for step in doubles:
                yield self._remove(step)
            self.certain |= plan.tasks
            if not doubles:
                break
        if plan.of("create", "double"):
            raise ServerError(
                f"{self._server.url}: project {self._place.title!r} does not have one task of each article, after "
                "all was pushed.\nHint: see whether somebody deletes or imports tasks there, and push again."
            )

    def _create(self, articles: list[str], new: set[str]) -> Iterator[Done]:
        for batch in batches(self._wanted[article_id] for article_id in articles):
            if self._place.dry_run:
                made: dict[str, int | None] = {task["data"]["article_id"]: None for task in batch}
            else:
                project = self._place.made
                made = dict(import_batch(self._server, project.id, batch, self._request.patience))
            for article_id, task in made.items():
                if task is not None:
                    self.certain[article_id] = task
                if article_id in new:
                    yield Done("create", self._place.title, article_id, task, "the project had no task of it")

    def _remove(self, step: Step) -> Done:
        """Remove a task, after looking at its labels as they are now. Those that are given up are kept here first."""
        if self._place.dry_run:
            return self._said(step)
        project, number = self._place.made, step.task
        assert number is not None
        whole = self._server.whole_tasks(project.id, [number])
        labelled = [each for each in whole if count_labels(each)]
        if labelled and not (step.action == "replace" and self._request.replace):
            return Done("refused", self._place.title, step.article_id, number, "somebody has labelled it meanwhile")
        if labelled:
            keep(self._place.folder, labelled[0])
            self._forget(step.article_id, {int(each["id"]) for each in labelled[0]["annotations"]})

        def do() -> bool:
            self._server.delete_task(number)
            return True

        def look() -> bool | None:
            return True if not self._server.whole_tasks(project.id, [number]) else None

        send(do, look, self._request.patience, again=2)
        return self._said(step)

    def _forget(self, article_id: str, annotations: set[int]) -> None:
        bases = Bases(self._place.folder)
        for (article, annotator), base in bases.all().items():
            if article == article_id and base.annotation in annotations:
                bases.forget(article, annotator)
        bases.write()

    def _renew_data(self, step: Step) -> None:
        project, number = self._place.made, step.task
        assert number is not None
        data = self._wanted[step.article_id]["data"]

        def do() -> bool:
            self._server.update_task(number, data)
            return True

        def look() -> bool | None:
            found = self._server.tasks(project.id, ["data"], articles=[step.article_id])
            return True if any(task["id"] == number and task["data"] == data for task in found) else None

        send(do, look, self._request.patience, again=2)

    def _predictions(self, tasks: dict[str, int], there: dict[int, tuple[Shown, ...]]) -> Iterator[Done]:
        for article_id, task in tasks.items():
            make, drop = renewal(self._wanted[article_id]["predictions"], there.get(task, ()))
            if not (make or drop):
                continue
            if not self._place.dry_run:
                project = self._place.made
                renew(self._server, project.id, task, make, drop, self._request.patience)
            names = ", ".join(str(each["model_version"]) for each in make)
            said = [f"{names} shown" if make else "", f"{len(drop)} older or double removed" if drop else ""]
            yield Done("prediction", self._place.title, article_id, task, "; ".join(filter(None, said)))

    def _said(self, step: Step) -> Done:
        return Done(step.action, self._place.title, step.article_id, step.task, step.reason)
