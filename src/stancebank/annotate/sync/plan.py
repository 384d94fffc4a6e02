"""What a push would do to the tasks of one project: the tasks that are wanted against those that the server has. Pure.

A task is an article's by the article_id in its data, and holds its present words by the text_sha256 beside it.
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from typing import Any, Literal

from stancebank.annotate.encode import data_differences

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
