"""From a server to a workspace: what annotators marked becomes their documents, and nothing of it is lost.

A pull may be cut off at any moment and run again. Raw tasks are kept first, then documents are written, then what
both sides agree on, and last the note that a task was seen.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from stancebank.annotate.client import Server
from stancebank.annotate.connection import LOCAL, local_folder
from stancebank.annotate.conversion import Reading, from_task
from stancebank.annotate.judgement import find_faults
from stancebank.annotate.provenance import annotator_of, number_of
from stancebank.annotate.sync.audit import count_items, find_losses
from stancebank.annotate.sync.merge import decide
from stancebank.annotate.sync.projects import Project, find_projects
from stancebank.annotate.sync.state import (
    PROJECTS,
    Bases,
    Claim,
    Keeping,
    Memory,
    RawTasks,
    article_folder,
    holding,
    labels,
)
from stancebank.annotate.sync.types import Kind, Outcome, PullRequest
from stancebank.annotate.users import Annotators
from stancebank.errors import ConflictError, InputError
from stancebank.model import Document
from stancebank.records import to_json, write_text
from stancebank.workspace import Workspace

Json = dict[str, Any]

OPEN = ("conflict", "rejected", "foreign", "lost")  # what is said each time until it is mended


@dataclass(frozen=True, slots=True)
class Taking:
    """What belongs to the pull of one project."""

    request: PullRequest
    memory: Memory
    bases: Bases
    keeping: Keeping
    raw: RawTasks

    def unwritten(self) -> set[int]:
        """Return the tasks of documents that are missing here."""
        newest = self.memory.newest().items()
        return {task for key, (task, _) in newest if not self.keeping.read(*key).path.is_file()}

    def outdated(self) -> set[int]:
        """Return the tasks whose annotation is the newest by now, while the document here is of another one."""
        newest = self.memory.newest().items()
        bases = ((self.bases.of(*key), task, claim) for key, (task, claim) in newest)
        return {task for base, task, claim in bases if base is not None and base.annotation != claim.annotation}

    def take(self, tasks: Sequence[Json], times: Mapping[int, str]) -> list[Outcome]:
        """Take some whole tasks. times: when each was changed, from the list that was read before they were."""
        known = []
        for task in tasks:
            if self._holds(task) and not self.request.dry_run:
                self.raw.keep(task)
            named = self._name(task)
            known.append(named)
            self.memory.settle(int(named["id"]), "", self._claims(named))
        newest = {claim.annotation for _, claim in self.memory.newest().values()}
        outcomes: list[Outcome] = []
        for task in known:
            of_task = list(self._read(task, newest))
            number = int(task["id"])
            is_open = any(each.kind in OPEN for each in of_task)
            self.memory.settle(number, "" if is_open else times.get(number, ""), self._claims(task))
            outcomes += of_task
        if not self.request.dry_run:
            self.bases.write()
            self.memory.write()
        return outcomes

    def _holds(self, task: Json) -> bool:
        name = article_folder(task)
        return name == "_unknown" or self.keeping.workspace.store.article_path(name).is_file()

    def _name(self, task: Json) -> Json:
        """Return a task whose annotations have an annotator, even if the account is gone from the server."""
        owners = self.memory.owners()
        numbers = {name: number for number, name in self.memory.names.items()}
        annotations = []
        for annotation in task.get("annotations") or ():
            owner = owners.get(annotation.get("id")) if annotation.get("completed_by") is None else None
            annotations.append(annotation if owner not in numbers else annotation | {"completed_by": numbers[owner]})
        return task | {"annotations": annotations}

    def _claims(self, task: Json) -> list[Claim]:
        """Return what a task's annotations stand for; those that were skipped stand for nothing."""
        return [
            Claim(
                article_folder(task),
                annotator_of(each, self.memory.names),
                int(each["id"]),
                str(each.get("updated_at") or ""),
            )
            for each in task["annotations"]
            if not each.get("was_cancelled")
        ]

    def _read(self, task: Json, newest: set[int]) -> Iterator[Outcome]:
        article_id, number = article_folder(task), int(task["id"])
        if not self._holds(task):
            reason = (
                f"the corpus holds no article {article_id}. Hint: delete the task on the server, or add the article."
            )
            yield Outcome("foreign", article_id, task=number, said=(reason,))
            return
        conversion = from_task(task, self.memory.names)
        losses = find_losses(task, conversion)
        if losses:
            yield Outcome("lost", article_id, task=number, said=tuple(losses))
            return
        readings = iter(conversion.readings)
        for annotation in task["annotations"]:
            who, own = annotator_of(annotation, self.memory.names), int(annotation["id"])
            items = count_items(annotation)
            if annotation.get("was_cancelled"):
                yield Outcome("skipped", article_id, who, number, own, items=items)
                continue
            reading = next(readings)
            if own not in newest:
                yield Outcome("superseded", article_id, who, number, own, items=items)
                continue
            kind, said, here = self._settle(reading, article_id, who, annotation)
            yield Outcome(
                kind,
                article_id,
                who,
                number,
                own,
                said=(*said, *_remarks(reading, annotation)),
                proposals=reading.proposals,
                items=items,
                here=here,
                there=reading.document if kind == "conflict" else None,
            )

    def _settle(
        self, reading: Reading, article_id: str, who: str, annotation: Json
    ) -> tuple[Kind, list[str], Document | None]:
        there = reading.document
        faults = [str(each) for each in reading.rejected]
        if there is not None and not faults:
            faults = find_faults(self.keeping.workspace, there)
        if there is None or faults:
            return "rejected", faults, None
        here, base = self.keeping.read(article_id, who), self.bases.of(article_id, who)
        deed = decide(base.document if base else None, here.labels, labels(there))
        side = self.request.settles(article_id, who) if deed == "conflict" else None
        stamp = (int(annotation["id"]), str(annotation.get("updated_at") or ""))
        if deed == "conflict" and side is None:
            self.keeping.dispute(there)
            return "conflict", [here.reason or "it was changed on both sides."], here.document
        if deed == "keep" or side == "ours":
            self.keeping.clear(article_id, who)
            self.bases.agree(there, *stamp)
            return "kept", [], None
        if deed == "same":
            assert here.document is not None
            self.keeping.refresh(here.document, there)
        else:
            if side == "theirs":
                self.keeping.put_away(here, article_id, who)
            self.keeping.take(here, there)
        self.bases.agree(there, *stamp)
        return "unchanged" if deed == "same" else "written", [], None


def _remarks(reading: Reading, annotation: Json) -> Iterator[str]:
    """Yield what a person should know of an annotation, though it can be used."""
    for region, what in (*reading.repaired, *reading.inferred):
        yield f"region {region}: {what}"
    document = reading.document
    if document is not None and document.label_studio is not None and document.label_studio.edited_by:
        yield f"it was last saved by {document.label_studio.edited_by}."
    if annotation.get("ground_truth"):
        yield "it is marked as ground truth on the server, which does not make it gold."
    if number_of(annotation.get("completed_by")) is None:
        yield "the server does not say whose it is: the account is gone."


FEW = 3  # documents that go without a word, or a tenth of all, if that is more


def take_deletions(request: PullRequest, memory: Memory, bases: Bases, keeping: Keeping) -> Iterator[Outcome]:
    """Take over what was deleted on the server or skipped there since, and yield what became of each document."""
    claimed = memory.newest()
    known = bases.all()
    vanished = {key: base for key, base in known.items() if key not in claimed}
    doomed = []
    for (article_id, annotator), base in sorted(vanished.items()):
        here = keeping.read(article_id, annotator)
        deed = decide(base.document, here.labels, None)
        if deed == "forget":
            bases.forget(article_id, annotator)
        elif deed == "remove":
            doomed.append((article_id, annotator, base.annotation, here))
        else:
            side = request.settles(article_id, annotator)
            if side == "theirs":
                keeping.remove(here, article_id, annotator)
            if side is not None:
                bases.forget(article_id, annotator)
                keeping.clear(article_id, annotator)
            yield Outcome(
                "conflict" if side is None else "kept" if side == "ours" else "removed",
                article_id,
                annotator,
                annotation=base.annotation,
                said=("it is gone from the server, and was changed here.",),
                here=here.document,
            )
    held = len(doomed) > max(FEW, len(known) // 10) and not request.accept_deletions
    for article_id, annotator, annotation, here in doomed:
        if not held:
            keeping.remove(here, article_id, annotator)
            bases.forget(article_id, annotator)
        yield Outcome("held" if held else "removed", article_id, annotator, annotation=annotation)


CHUNK = 50  # tasks in memory at a time
OVERLAP = timedelta(seconds=60)  # before the newest change: a change may become visible later than its time says

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
