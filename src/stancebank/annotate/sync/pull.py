"""From a server to a workspace: what annotators marked becomes their documents, and nothing of it is lost.

A pull may be cut off at any moment and run again. Raw tasks are kept first, then documents are written, then what
both sides agree on, and last the note that a task was seen.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from pathlib import Path

from stancebank.annotate.annotators import Annotators
from stancebank.annotate.connection import LOCAL, local_folder
from stancebank.annotate.server import Server
from stancebank.annotate.sync.bases import Bases
from stancebank.annotate.sync.deletions import take_deletions
from stancebank.annotate.sync.keeping import Keeping
from stancebank.annotate.sync.lock import holding
from stancebank.annotate.sync.memory import Memory
from stancebank.annotate.sync.outcome import Outcome, PullRequest
from stancebank.annotate.sync.projects import Project, find_projects
from stancebank.annotate.sync.raw import RawTasks
from stancebank.annotate.sync.taking import Taking
from stancebank.errors import ConflictError, InputError
from stancebank.records import to_json, write_text
from stancebank.workspace import Workspace

CHUNK = 50  # tasks in memory at a time
OVERLAP = timedelta(seconds=60)  # before the newest change: a change may become visible later than its time says
PROJECTS = "projects"

Shield = Callable[[], AbstractContextManager[object]]


def pull(
    server: Server, workspace: Workspace, request: PullRequest, *, shield: Shield = nullcontext
) -> Iterator[Outcome]:
    """Take over what changed on the server, and yield what became of each annotation; with dry_run, write nothing.

    shield: what is entered while something is written, so that a signal can wait for its end.

    Raises InputError where there is no project, ConflictError where it is gone or another pull or push is at work,
    ServerError where the server fails; what was written until then stands.
    """
    if request.dry_run:
        yield from _pull(server, workspace, request, shield)
        return
    with holding(local_folder(workspace), "pull"):
        yield from _pull(server, workspace, request, shield)


def _pull(server: Server, workspace: Workspace, request: PullRequest, shield: Shield) -> Iterator[Outcome]:
    folder = workspace.root / LOCAL
    projects = find_projects(server, workspace)
    gone = _gone(folder, server, projects)
    if not projects and gone:
        raise ConflictError(f"{gone[0]} Nothing here was touched.\nHint: {_MEND_GONE}.")
    if not projects:
        raise InputError(
            f"{server.url} has no project of this workspace.\nHint: run `stancebank annotate push`, which makes it."
        )
    names = Annotators(folder).meet(server.users(), dry_run=request.dry_run)
    for project in projects:
        yield from _pull_project(server, workspace, request, shield, project, names)
    for said in gone:
        yield Outcome("gone", said=(said, f"Hint: {_MEND_GONE}."))


_MEND_GONE = (
    "if it was deleted by mistake, run `stancebank annotate push --annotations NAME`, which makes it anew from the "
    "documents here; if on purpose, remove its folder below .stancebank/label-studio/projects"
)


def _gone(folder: Path, server: Server, projects: list[Project]) -> list[str]:
    """Say which projects of this server were pulled from and are no longer there."""
    keys = {project.key for project in projects}
    found = []
    for path in sorted((folder / PROJECTS).glob("*/project.json")):
        value = json.loads(path.read_bytes())
        if value["url"] == server.url and path.parent.name not in keys:
            found.append(f"The project {value['id']}, {value['title']!r}, is gone from {server.url}.")
    return found


def _pull_project(
    server: Server,
    workspace: Workspace,
    request: PullRequest,
    shield: Shield,
    project: Project,
    names: dict[int, str],
) -> Iterator[Outcome]:
    folder = workspace.root / LOCAL / PROJECTS / project.key
    memory, bases = Memory(folder, empty=request.full), Bases(folder)
    if any(memory.names.get(number, name) != name for number, name in names.items()):
        memory.forget_times()  # somebody has another pseudonym now
    memory.names |= names
    keeping, raw = Keeping(workspace, folder, request.dry_run), RawTasks(folder)
    taking = Taking(request, memory, bases, keeping, raw)
    if not request.dry_run:
        value = {"url": server.url, "id": project.id, "title": project.title, "annotator": project.annotator}
        write_text(folder / "project.json", to_json(value))
    times = {int(task["id"]): str(task.get("updated_at") or "") for task in server.tasks(project.id, ["updated_at"])}
    gone = memory.drop_missing(times)
    wanted = {*memory.changed(times), *_young(times), *taking.unwritten()}
    for _ in range(2):  # the second time for annotations that were set aside until the newest one went
        for start in range(0, len(wanted), CHUNK):
            tasks = server.whole_tasks(project.id, sorted(wanted)[start : start + CHUNK])
            with shield():
                outcomes = taking.take(tasks, times)
            yield from outcomes
        wanted = taking.outdated() - wanted
    with shield():
        outcomes = list(take_deletions(request, memory, bases, keeping))
        if not request.dry_run:
            for number in gone:
                raw.put_away(number)
            bases.write()
            memory.write()
    yield from outcomes


def _young(times: dict[int, str]) -> set[int]:
    """Return the tasks that changed shortly before the newest change."""
    parsed = {number: datetime.fromisoformat(time) for number, time in times.items() if time}
    newest = max(parsed.values(), default=None)
    return {number for number, time in parsed.items() if newest is not None and newest - time < OVERLAP}
