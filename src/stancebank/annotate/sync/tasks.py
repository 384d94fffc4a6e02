"""The tasks of one project and their pre-annotations, made to be what is wanted."""

from collections.abc import Iterator
from typing import Any

from stancebank.annotate.encode import data_differences
from stancebank.annotate.sync.bases import Bases
from stancebank.annotate.sync.doubt import send
from stancebank.annotate.sync.imports import batches, import_batch
from stancebank.annotate.sync.plan import Plan, Step, make_plan, suspects
from stancebank.annotate.sync.predictions import Shown, renew, renewal, shown
from stancebank.annotate.sync.removed import count_labels, keep
from stancebank.annotate.sync.request import Done, Place, Request
from stancebank.errors import ServerError

Json = dict[str, Any]

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
