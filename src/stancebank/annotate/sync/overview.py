"""How far the labelling is: per annotator and article, asked of the server and compared with the workspace."""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any, Literal

from stancebank.annotate.annotators import Annotators
from stancebank.annotate.connection import LOCAL
from stancebank.annotate.decode.document import annotator_of
from stancebank.annotate.encode import Lists, make_lists, stale_lists
from stancebank.annotate.guidelines import guideline_version
from stancebank.annotate.interface import compile_interface
from stancebank.annotate.interface_settings import load_interface
from stancebank.annotate.server import Server
from stancebank.annotate.sync.bases import Bases, labels
from stancebank.annotate.sync.keeping import Keeping
from stancebank.annotate.sync.memory import Memory
from stancebank.annotate.sync.projects import Project, find_projects, profile_of
from stancebank.annotate.sync.pull import CHUNK, PROJECTS
from stancebank.annotate.sync.removed import article_folder
from stancebank.errors import InputError
from stancebank.workspace import Workspace

State = Literal["done", "draft", "skipped"]


@dataclass(frozen=True, slots=True)
class Cell:
    """What an annotator has of an article. seconds: that the newest annotation took, None where it is not said.

    conflict: changed on both sides, as the last pull saw it. edited: the document was changed here since.
    behind: the server has an annotation that no document here stands for yet.
    """

    article_id: str
    annotator: str
    state: State
    seconds: float | None
    words: int
    conflict: bool
    edited: bool
    behind: bool


@dataclass(frozen=True, slots=True)
class Drift:
    """Where a project is behind the workspace. article_id: "" where it is about the whole project."""

    article_id: str
    what: str


@dataclass(frozen=True, slots=True)
class Overview:
    """A project. articles: those that have a task; untouched: those of them that nobody has begun."""

    project: Project
    articles: tuple[str, ...]
    untouched: tuple[str, ...]
    cells: tuple[Cell, ...]
    drift: tuple[Drift, ...]

    def pace(self, annotator: str) -> tuple[float, float] | None:
        """Return an annotator's median seconds of an article and of 100 words; None where no time is known."""
        timed = [each for each in self.cells if each.annotator == annotator and each.state == "done" and each.seconds]
        if not timed:
            return None
        per_words = [100 * each.seconds / each.words for each in timed if each.seconds and each.words]
        return median(each.seconds for each in timed if each.seconds), median(per_words)


def look(server: Server, workspace: Workspace) -> Iterator[Overview]:
    """Yield how far each project is. Nothing is written, here or there. Raises InputError where there is none."""
    names = Annotators(workspace.root / LOCAL).meet(server.users(), dry_run=True)
    projects = find_projects(server, workspace)
    if not projects:
        raise InputError(
            f"{server.url} has no project of this workspace.\nHint: run `stancebank annotate push`, which makes it."
        )
    for project in projects:
        yield _look(server, workspace, project, names)


def _look(server: Server, workspace: Workspace, project: Project, names: dict[int, str]) -> Overview:
    folder = workspace.root / LOCAL / PROJECTS / project.key
    memory, bases, keeping = Memory(folder), Bases(folder), Keeping(workspace, folder, dry_run=True)
    names = memory.names | names
    emails = {user.email: names[user.id] for user in server.users()}
    owners = memory.owners()
    drift = list(_project_drift(workspace, project))
    lists = make_lists(workspace.store.entities(), workspace.store.targets(), (), load_interface(workspace))
    cells: dict[tuple[str, str], Cell] = {}
    articles: set[str] = set()
    numbers = [int(task["id"]) for task in server.tasks(project.id, ["updated_at"])]
    for start in range(0, len(numbers), CHUNK):
        for task in server.whole_tasks(project.id, numbers[start : start + CHUNK]):
            article_id = article_folder(task)
            articles.add(article_id)
            drift += (Drift(article_id, what) for what in _task_drift(workspace, task, lists))
            for who, state, annotation in _works(task, names, emails, owners):
                before = cells.get((article_id, who))
                if before is None or _rank(state) >= _rank(before.state):
                    cells[article_id, who] = _cell(keeping, bases, task, who, state, annotation)
    held = set(workspace.store.article_ids())
    drift += (Drift(article_id, "it has no task") for article_id in sorted(held - articles))
    touched = {article_id for article_id, _ in cells}
    ordered = tuple(cells[key] for key in sorted(cells))
    return Overview(project, tuple(sorted(articles)), tuple(sorted(articles - touched)), ordered, tuple(drift))


def _rank(state: State) -> int:
    return ("skipped", "draft", "done").index(state)


def _works(
    task: dict[str, Any], names: dict[int, str], emails: dict[str, str], owners: dict[int, str]
) -> Iterator[tuple[str, State, dict[str, Any]]]:
    """Yield who did what in a task, the oldest first. A draft of a submitted annotation is not counted apart."""
    annotations = sorted(task.get("annotations") or (), key=lambda each: (str(each.get("updated_at")), each["id"]))
    for each in annotations:
        gone = each.get("completed_by") is None and each["id"] in owners
        who = owners[each["id"]] if gone else annotator_of(each, names)
        yield who, "skipped" if each.get("was_cancelled") else "done", each
    for each in task.get("drafts") or ():
        if each.get("annotation") is None:
            yield emails.get(str(each.get("user")), "user-unknown"), "draft", each


def _cell(
    keeping: Keeping, bases: Bases, task: dict[str, Any], who: str, state: State, annotation: dict[str, Any]
) -> Cell:
    article_id = article_folder(task)
    here, base = keeping.read(article_id, who), bases.of(article_id, who)
    stamp = (annotation.get("id"), str(annotation.get("updated_at") or ""))
    seconds = annotation.get("lead_time")
    return Cell(
        article_id=article_id,
        annotator=who,
        state=state,
        seconds=float(seconds) if isinstance(seconds, int | float) else None,
        words=len(str(task["data"].get("text") or "").split()),
        conflict=(keeping.folder / "conflicts" / who / f"{article_id}.json").is_file(),
        edited=base is not None and here.document is not None and labels(here.document) != base.document,
        behind=state == "done" and (base is None or (base.annotation, base.updated_at) != stamp),
    )


def _project_drift(workspace: Workspace, project: Project) -> Iterator[Drift]:
    wanted = compile_interface(workspace, profile_of(workspace))
    if project.interface.rstrip() != wanted.rstrip():
        yield Drift("", "its labelling interface is not the one that the schema compiles to")


def _task_drift(workspace: Workspace, task: dict[str, Any], lists: Lists) -> Iterator[str]:
    store, name, data = workspace.store, article_folder(task), task["data"]
    if name == "_unknown" or not store.article_path(name).is_file():
        yield "the corpus does not hold it"
        return
    if store.article(name).text_sha256 != data.get("text_sha256"):
        yield "its words are others here"
    if data.get("guideline_version") != guideline_version(workspace.root):
        yield f"its task is of guidelines {data.get('guideline_version')}"
    if stale := stale_lists(data, lists):
        yield f"its task has the {', '.join(stale)} of other registries"
