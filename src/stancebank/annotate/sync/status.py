"""The progress of the labelling, by annotator and article: read from the server and compared with the workspace."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from statistics import median
from typing import Any, Literal

from stancebank.annotate.assignment import assigned_articles, count_article_words, read_by, workloads
from stancebank.annotate.client import Server
from stancebank.annotate.connection import LOCAL
from stancebank.annotate.decode.origin import annotator_of
from stancebank.annotate.guidelines import guideline_version
from stancebank.annotate.interface import compile_interface
from stancebank.annotate.interface_settings import load_interface
from stancebank.annotate.lists import Lists, make_lists, stale_lists
from stancebank.annotate.sync.bases import Bases, fingerprint
from stancebank.annotate.sync.projects import Project, find_projects, profile_of
from stancebank.annotate.sync.pull import BATCH, OPEN, ProjectPull, unusable_task
from stancebank.annotate.sync.state import PROJECTS, LocalDocuments, SyncState, article_folder
from stancebank.annotate.sync.types import PullOptions
from stancebank.annotate.usable import Taker
from stancebank.annotate.users import UserTable
from stancebank.corpus.assignments import read_assignments
from stancebank.errors import InputError
from stancebank.workspace import Workspace

LabelState = Literal["done", "draft", "skipped"]


@dataclass(frozen=True, slots=True)
class ArticleStatus:
    """What an annotator has of an article. seconds: that the newest annotation took, None if unknown.

    conflict: changed on both sides, as the last pull saw it. edited: the document was changed here since.
    behind: the server has an annotation that a pull would take and that is not in a document here yet. faults: what of
    it cannot be used, each with its words, a hint and the address of the task.
    """

    article_id: str
    annotator: str
    state: LabelState
    seconds: float | None
    words: int
    conflict: bool
    edited: bool
    behind: bool
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Drift:
    """Where a project is behind the workspace. article_id: "" if it is about the whole project."""

    article_id: str
    what: str


@dataclass(frozen=True, slots=True)
class ProjectStatus:
    """The status of a project. articles: those that have a task; untouched: those of them that nobody has begun.

    unusable: the tasks that nobody can use, each with a hint and its address.
    """

    project: Project
    articles: tuple[str, ...]
    untouched: tuple[str, ...]
    cells: tuple[ArticleStatus, ...]
    drift: tuple[Drift, ...]
    unusable: tuple[str, ...] = ()

    def pace(self, annotator: str) -> tuple[float, float] | None:
        """Return an annotator's median seconds for an article and for 100 words; None if no time is known."""
        return _pace(self.cells, annotator)

    @property
    def strangers(self) -> tuple[str, ...]:
        """Those who have begun something in the project of somebody else, such as an account that has no name yet."""
        return tuple(sorted({cell.annotator for cell in self.cells} - {self.project.annotator}))


def _pace(cells: Iterable[ArticleStatus], annotator: str) -> tuple[float, float] | None:
    timed = [
        cell for cell in cells if cell.annotator == annotator and cell.state == "done" and cell.seconds and cell.words
    ]
    if not timed:
        return None
    per_words = [100 * cell.seconds / cell.words for cell in timed if cell.seconds]
    return median(cell.seconds for cell in timed if cell.seconds), median(per_words)


@dataclass(frozen=True, slots=True)
class AssignedProgress:
    """How far an annotator is with what is assigned to them: articles, and words of those that are left.

    done: submitted, or with a document here. per_words: median seconds for 100 words; None if no time is known.
    """

    annotator: str
    assigned: int
    done: int
    left: int
    words_left: int
    per_words: float | None

    @property
    def seconds_left(self) -> float | None:
        """What is left at this pace, in seconds; None if no time is known."""
        return None if self.per_words is None else self.words_left * self.per_words / 100


def read_progress(workspace: Workspace, statuses: Iterable[ProjectStatus]) -> list[AssignedProgress]:
    """Return how far all are to whom articles are assigned, by name. statuses: of all projects of the workspace."""
    cells = [cell for status in statuses for cell in status.cells]
    read = {article_id: set(names) for article_id, names in read_by(workspace.store).items()}
    for cell in cells:
        if cell.state == "done":
            read.setdefault(cell.article_id, set()).add(cell.annotator)
    lines = read_assignments(workspace.store)
    found = []
    readers = {article_id: frozenset(names) for article_id, names in read.items()}
    for each in workloads(count_article_words(workspace.store), lines, readers):
        pace = _pace(cells, each.annotator)
        per_words = pace[1] if pace else None
        found.append(AssignedProgress(each.annotator, each.assigned, each.read, each.left, each.words_left, per_words))
    return found


def read_statuses(server: Server, workspace: Workspace) -> Iterator[ProjectStatus]:
    """Yield the status of each project. Nothing is written, here or there. Raises InputError if there is none."""
    names = UserTable(workspace.root / LOCAL).register(server.users(), dry_run=True)
    projects = find_projects(server, workspace)
    if not projects:
        raise InputError(
            f"{server.url} has no project of this workspace.\nHint: run `stancebank annotate push`, which creates it."
        )
    assigned = assigned_articles(workspace.store)
    for project in projects:
        articles = None if assigned is None else assigned.get(project.annotator or "", frozenset())
        yield _read_status(server, workspace, project, names, articles)


def _read_status(
    server: Server, workspace: Workspace, project: Project, names: dict[int, str], assigned: frozenset[str] | None
) -> ProjectStatus:
    """Return the status of a project. assigned: the articles that are to have a task; None means all."""
    folder = workspace.root / LOCAL / PROJECTS / project.key
    state, documents = SyncState(folder), LocalDocuments(workspace, folder, dry_run=True)
    names = state.cursor.names | names
    emails = {user.email: names[user.id] for user in server.users()}
    owners = state.cursor.owners()
    drift = list(_project_drift(workspace, project))
    lists = make_lists(workspace.store.entities(), workspace.store.targets(), (), load_interface(workspace))
    cells: dict[tuple[str, str], ArticleStatus] = {}
    articles: set[str] = set()
    unusable: list[str] = []
    times = {int(task["id"]): str(task.get("updated_at") or "") for task in server.tasks(project.id, ["updated_at"])}
    numbers = sorted(times)
    address = f"{server.url}/projects/{project.id}"
    trial = SyncState(folder)  # a pull that writes nothing, on a state of its own, says what is open
    trial.cursor.names |= names
    pulling = ProjectPull(PullOptions(dry_run=True), trial, documents, Taker(workspace), address)
    for start in range(0, len(numbers), BATCH):
        tasks = server.whole_tasks(project.id, numbers[start : start + BATCH])
        unsettled = [task for task in tasks if not state.cursor.is_settled(task["id"], times.get(task["id"], ""))]
        found = {(each.task, each.annotation): each for each in pulling.apply_batch(unsettled, times)}
        for task in tasks:
            if unusable_task(task, workspace) is not None:
                unusable += [
                    f"{fault} {each.link}"
                    for (_, _), each in found.items()
                    if each.task == task["id"]
                    for fault in each.faults
                ]
                if article_folder(task) == "_unknown":
                    continue
            article_id = article_folder(task)
            articles.add(article_id)
            drift += (Drift(article_id, what) for what in _task_drift(workspace, task, lists))
            for annotator, label_state, annotation in _works(task, names, emails, owners):
                before = cells.get((article_id, annotator))
                result = found.get((task["id"], annotation.get("id")))
                is_double = result is not None and result.kind == "duplicate"
                if before is not None and is_double and result is not None:
                    faults = (*before.faults, *(f"{fault} {result.link}" for fault in result.faults))
                    cells[article_id, annotator] = replace(before, faults=faults)
                elif before is None or _rank(label_state) >= _rank(before.state):
                    cell = _cell(documents, state.bases, task, annotator, label_state, annotation)
                    if result is not None and result.faults:
                        faults = tuple(f"{fault} {result.link}" for fault in result.faults)
                        cell = replace(cell, faults=faults, behind=cell.behind and result.kind not in OPEN)
                    cells[article_id, annotator] = cell
    known, touched = set(workspace.store.article_ids()), {article_id for article_id, _ in cells}
    wanted = known if assigned is None else known & assigned
    drift += (Drift(article_id, "it has no task") for article_id in sorted(wanted - articles))
    unread = articles & known - wanted - touched
    drift += (Drift(article_id, "it has a task, and nobody is assigned to it here") for article_id in sorted(unread))
    ordered = tuple(cells[key] for key in sorted(cells))
    return ProjectStatus(
        project, tuple(sorted(articles)), tuple(sorted(articles - touched)), ordered, tuple(drift), tuple(unusable)
    )


def _rank(state: LabelState) -> int:
    return ("skipped", "draft", "done").index(state)


def _works(
    task: dict[str, Any], names: dict[int, str], emails: dict[str, str], owners: dict[int, str]
) -> Iterator[tuple[str, LabelState, dict[str, Any]]]:
    """Yield who did what in a task, the oldest first. A draft of a submitted annotation is not counted separately."""
    annotations = sorted(task.get("annotations") or (), key=lambda each: (str(each.get("updated_at")), each["id"]))
    for annotation in annotations:
        is_orphan = annotation.get("completed_by") is None and annotation["id"] in owners
        annotator = owners[annotation["id"]] if is_orphan else annotator_of(annotation, names)
        yield annotator, "skipped" if annotation.get("was_cancelled") else "done", annotation
    for draft in task.get("drafts") or ():
        if draft.get("annotation") is None:
            yield emails.get(str(draft.get("user")), "user-unknown"), "draft", draft


def _cell(
    documents: LocalDocuments,
    bases: Bases,
    task: dict[str, Any],
    annotator: str,
    state: LabelState,
    annotation: dict[str, Any],
) -> ArticleStatus:
    article_id = article_folder(task)
    here, base = documents.read(article_id, annotator), bases.get(article_id, annotator)
    stamp = (annotation.get("id"), str(annotation.get("updated_at") or ""))
    seconds = annotation.get("lead_time")
    return ArticleStatus(
        article_id=article_id,
        annotator=annotator,
        state=state,
        seconds=float(seconds) if isinstance(seconds, int | float) else None,
        words=len(str(task["data"].get("text") or "").split()),
        conflict=documents.conflict_path(article_id, annotator).is_file(),
        edited=base is not None and here.document is not None and fingerprint(here.document) != base.document,
        behind=state == "done" and (base is None or (base.annotation, base.updated_at) != stamp),
    )


def _project_drift(workspace: Workspace, project: Project) -> Iterator[Drift]:
    wanted = compile_interface(workspace, profile_of(workspace))
    if project.interface.rstrip() != wanted.rstrip():
        yield Drift("", "its labelling interface is not the one compiled from the schema")


def _task_drift(workspace: Workspace, task: dict[str, Any], lists: Lists) -> Iterator[str]:
    store, name, data = workspace.store, article_folder(task), task["data"]
    if name == "_unknown" or not store.has_article(name):
        yield "it is not in the corpus"
        return
    if store.article(name).text_sha256 != data.get("text_sha256"):
        yield "its text is another one here"
    if data.get("guideline_version") != guideline_version(workspace.root):
        yield f"its task is of guidelines {data.get('guideline_version')}"
    if stale := stale_lists(data, lists):
        yield f"its task has the {', '.join(stale)} of other registries"
