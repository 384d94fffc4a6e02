"""From a server to a workspace: what annotators marked becomes their documents, and nothing of it is lost.

A pull can be interrupted at any moment and repeated. Raw tasks are kept first, then documents are written, then what
both sides agree on, and last the record that a task was seen.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stancebank.annotate.client import Server, User
from stancebank.annotate.connection import LOCAL, local_folder
from stancebank.annotate.decode.origin import annotator_of
from stancebank.annotate.sync.audit import count_items, find_lost_items
from stancebank.annotate.sync.bases import fingerprint
from stancebank.annotate.sync.changes import TaskChanges, read_last_pull
from stancebank.annotate.sync.cursor import Claim
from stancebank.annotate.sync.merge import three_way
from stancebank.annotate.sync.projects import Project, find_projects
from stancebank.annotate.sync.state import (
    PROJECTS,
    LocalDocument,
    LocalDocuments,
    Reported,
    SyncState,
    article_folder,
    lock_workspace,
)
from stancebank.annotate.sync.types import QUEUE, Follower, PullKind, PullOptions, PullResult
from stancebank.annotate.usable import Taker
from stancebank.annotate.users import UserTable
from stancebank.errors import ConflictError, InputError
from stancebank.model import Document
from stancebank.records import find_files, to_json, write_text
from stancebank.text import normalise
from stancebank.workspace import Workspace

Json = dict[str, Any]
Shield = Callable[[], AbstractContextManager[object]]

BATCH = 50  # tasks in memory at a time
FEW = 3  # documents that are removed without confirmation, or a tenth of all, if that is more
OPEN = ("conflict", "rejected", "unknown-article", "duplicate", "internal-error")  # fetched until it is resolved
_MISSING_HINT = (
    "if it was deleted by mistake, run `stancebank annotate push --annotations NAME`, which creates it again from the "
    "documents here; if on purpose, remove its folder below .stancebank/label-studio/projects"
)


def pull(
    server: Server,
    workspace: Workspace,
    options: PullOptions,
    *,
    shield: Shield = nullcontext,
    follower: Follower | None = None,
) -> Iterator[PullResult]:
    """Take over what changed on the server, and yield the result for each annotation; with dry_run, write nothing.

    shield: entered while something is written, so that a signal can wait for its end. follower: is told of each
    document that comes or goes.

    Raises InputError if there is no project, ConflictError if it was deleted or another pull or push is running,
    ServerError if the server fails; what was written until then remains.
    """
    if options.dry_run:
        yield from _pull(server, workspace, options, shield, None)
        return
    with lock_workspace(local_folder(workspace), "pull"):
        yield from _pull(server, workspace, options, shield, follower)


def _pull(
    server: Server, workspace: Workspace, options: PullOptions, shield: Shield, follower: Follower | None
) -> Iterator[PullResult]:
    folder = workspace.root / LOCAL
    projects = find_projects(server, workspace, brief=True)
    missing = _missing_projects(folder, server, projects)
    if not projects and missing:
        raise ConflictError(f"{missing[0]} Nothing here was changed.\nHint: {_MISSING_HINT}.")
    if not projects:
        raise InputError(
            f"{server.url} has no project of this workspace.\nHint: run `stancebank annotate push`, which creates it."
        )
    names = _register(workspace, server.users(), options)
    for project in projects:
        yield from _pull_project(server, workspace, options, shield, project, names, follower)
    for message in missing:
        yield PullResult("project-missing", messages=(message, f"Hint: {_MISSING_HINT}."))


def _register(workspace: Workspace, users: Sequence[User], options: PullOptions) -> dict[int, str]:
    """Return the pseudonyms of accounts by their ids; new ones are written into the table."""
    table = UserTable(workspace.root / LOCAL)
    if options.dry_run or all(table.name(user) for user in users):
        return table.register(users, dry_run=True)
    with _writing(workspace, options):
        return UserTable(workspace.root / LOCAL).register(users)


def _writing(workspace: Workspace, options: PullOptions, *, is_first: bool = True) -> AbstractContextManager[object]:
    """Return the lock of the workspace, which a pull holds while it decides and writes; a dry run needs none.

    is_first: whether it looks at each file for what killed commands left; once a pull is enough.
    """
    return nullcontext() if options.dry_run else workspace.store.alone("stancebank annotate pull", clears=is_first)


def _missing_projects(folder: Path, server: Server, projects: list[Project]) -> list[str]:
    """Return a message for each project of this server that was pulled from and no longer exists."""
    keys = {project.key for project in projects}
    found = []
    for path in find_files(folder / PROJECTS, "*/project.json"):
        value = json.loads(path.read_bytes())
        if value["url"] == server.url and path.parent.name not in keys:
            found.append(f"The project {value['id']}, {value['title']!r}, is no longer on {server.url}.")
    return found


def _pull_project(
    server: Server,
    workspace: Workspace,
    options: PullOptions,
    shield: Shield,
    project: Project,
    names: dict[int, str],
    follower: Follower | None,
) -> Iterator[PullResult]:
    folder = workspace.root / LOCAL / PROJECTS / project.key
    state = SyncState(folder, refetch=options.full)
    if any(state.cursor.names.get(number, name) != name for number, name in names.items()):
        state.cursor.forget_times()  # somebody has another pseudonym now
    state.cursor.names |= names
    documents = LocalDocuments(workspace, folder, options.dry_run)
    address, owner = f"{server.url}/projects/{project.id}", project.annotator or ""
    pulling = ProjectPull(options, state, documents, Taker(workspace), address, owner, follower)
    reported = Reported(folder)
    if not options.dry_run:
        value = {"url": server.url, "id": project.id, "title": project.title, "annotator": project.annotator}
        write_text(folder / "project.json", to_json(value))
    changes = TaskChanges(server, project, state.cursor, read_last_pull(folder), full=options.full)
    is_idle = is_first = True
    for wanted in _rounds(changes, pulling):
        is_idle = is_idle and not wanted
        for start in range(0, len(wanted), BATCH):
            tasks = server.whole_tasks(project.id, wanted[start : start + BATCH])
            if follower is not None:
                follower.prepare(tasks, owner)
            with _writing(workspace, options, is_first=is_first), shield():
                results = [_with_news(each, reported) for each in pulling.apply_batch(tasks, changes.times)]
            is_first = False
            yield from results
    if is_idle and not changes.missing and not state.cursor.is_changed and not pulling.has_deletions():
        if (last := changes.pulled()) and not options.dry_run:  # the lock would cost a look at each file
            with shield():
                last.write(folder)
        return
    with _writing(workspace, options, is_first=is_first), shield():
        results = list(pulling.apply_deletions())
        if not options.dry_run:
            for number in changes.missing:
                state.raw.archive(number)
            if follower is not None:
                follower.write()
            state.write()
            reported.write()
            if last := changes.pulled():
                last.write(folder)
    yield from results


def _rounds(changes: TaskChanges, pulling: "ProjectPull") -> Iterator[list[int]]:
    """Yield the tasks to fetch, by id; each time, those before have been taken over."""
    wanted = changes.to_fetch() | pulling.without_document()
    yield sorted(wanted)
    more = changes.overlooked() - wanted
    yield sorted(more)
    yield sorted(pulling.outdated() - wanted - more)  # what was superseded until the newest one was deleted


def _with_news(result: PullResult, reported: Reported) -> PullResult:
    """Return a result that says which of its faults no pull has told before."""
    news = reported.new(f"{result.task}/{result.annotation}", result.faults)
    return replace(result, new_faults=tuple(news)) if news else result


def task_link(project: str, task: int) -> str:
    """Return the address of a task. project: that of its project."""
    return f"{project}/data?task={task}"


def unusable_task(task: Json, workspace: Workspace) -> str | None:
    """Return why nobody can use a task, whatever was labelled in it, with a hint; None where somebody can."""
    name = article_folder(task)
    if name == "_unknown":
        data = task.get("data")
        given = data.get("article_id") if isinstance(data, dict) else data
        what = f"it names no article: its article_id is {given!r}" if given else "it names no article"
        return f"{what}. Hint: delete the task in Label Studio; `stancebank annotate push` makes those of the articles."
    if not workspace.store.has_article(name):
        return f"the corpus has no article {name}. Hint: delete the task in Label Studio, or add the article."
    return None


@dataclass(frozen=True, slots=True)
class ProjectPull:
    """The pull of one project. address: of the project on the server. owner: its only annotator, or ""."""

    options: PullOptions
    state: SyncState
    documents: LocalDocuments
    taker: Taker
    address: str
    owner: str = ""
    follower: Follower | None = None

    def without_document(self) -> set[int]:
        """Return the tasks whose documents are missing here."""
        newest = self.state.cursor.newest(self.state.bases)
        return {newest[key][0] for key in self.documents.lacking(newest)}

    def outdated(self) -> set[int]:
        """Return the tasks whose annotation is the newest by now, while the document here is of another one."""
        newest, bases = self.state.cursor.newest(self.state.bases), self.state.bases.all()
        return {
            newest[key][0] for key in newest.keys() & bases.keys() if bases[key].annotation != newest[key][1].annotation
        }

    def apply_batch(self, tasks: Sequence[Json], times: Mapping[int, str]) -> list[PullResult]:
        """Keep some whole tasks raw, then read, compare and write their documents.

        times: when each was changed, as far as it was listed before they were read.
        """
        cursor = self.state.cursor
        owned = []
        for task in tasks:
            if unusable_task(task, self.documents.workspace) is None and not self.options.dry_run:
                self.state.raw.keep(task)
            task = self._with_owners(task)
            owned.append(task)
            cursor.record(int(task["id"]), "", self._claims(task))
        newest = cursor.newest(self.state.bases)
        results: list[PullResult] = []
        for task in owned:
            of_task = list(self._apply(task, newest))
            number = int(task["id"])
            is_open = any(result.kind in OPEN or result.faults for result in of_task)
            when = times.get(number) or str(task.get("updated_at") or "")
            cursor.record(number, "" if is_open else when, self._claims(task))
            results += of_task
        if not self.options.dry_run:
            if self.follower is not None:
                self.follower.write()
            self.state.write()
        return results

    def has_deletions(self) -> bool:
        """Whether `apply_deletions` has anything to do."""
        return not self.state.bases.all().keys() <= self.state.cursor.newest(self.state.bases).keys()

    def apply_deletions(self) -> Iterator[PullResult]:
        """Take over what was deleted or skipped on the server, and yield the result for each document."""
        bases, documents = self.state.bases, self.documents
        claimed = self.state.cursor.newest(bases)
        known = bases.all()
        missing = {key: base for key, base in known.items() if key not in claimed}
        to_remove = []
        for (article_id, annotator), base in sorted(missing.items()):
            here = documents.read(article_id, annotator)
            action = three_way(base.document, here.fingerprint, None)
            if action == "forget":
                bases.forget(article_id, annotator)
            elif action == "remove":
                to_remove.append((article_id, annotator, base.annotation))
            else:
                side = self.options.winner(article_id, annotator)
                if side == "theirs":
                    documents.remove(article_id, annotator)
                    self._forget(article_id, annotator)
                if side is not None:
                    bases.forget(article_id, annotator)
                    documents.clear_conflict(article_id, annotator)
                yield PullResult(
                    "conflict" if side is None else "local-newer" if side == "ours" else "removed",
                    article_id,
                    annotator,
                    annotation=base.annotation,
                    messages=("it was removed from the server, and was changed here.",),
                    here=here.document,
                )
        held = len(to_remove) > max(FEW, len(known) // 10) and not self.options.accept_deletions
        for article_id, annotator, annotation in to_remove:
            if not held:
                documents.remove(article_id, annotator)
                bases.forget(article_id, annotator)
                self._forget(article_id, annotator)
            yield PullResult("needs-confirmation" if held else "removed", article_id, annotator, annotation=annotation)

    def _forget(self, article_id: str, annotator: str) -> None:
        if self.follower is not None:
            self.follower.forget(article_id, annotator)

    def _with_owners(self, task: Json) -> Json:
        """Return a task whose annotations have an annotator, even if the account was removed from the server."""
        annotations = list(task.get("annotations") or ())
        if all(annotation.get("completed_by") is not None for annotation in annotations):
            return task | {"annotations": annotations}  # as nearly always: all claims are read for the others
        owners = self.state.cursor.owners()
        numbers = {name: number for number, name in self.state.cursor.names.items()}
        annotations = []
        for annotation in task.get("annotations") or ():
            owner = owners.get(annotation.get("id")) if annotation.get("completed_by") is None else None
            annotations.append(annotation if owner not in numbers else annotation | {"completed_by": numbers[owner]})
        return task | {"annotations": annotations}

    def _claims(self, task: Json) -> list[Claim]:
        """Return what a task's annotations stand for; skipped ones stand for nothing.

        Those of a task that names no article stand for what they did before it was changed, if it ever named one.
        """
        if article_folder(task) == "_unknown":
            return list(self.state.cursor.of_task(int(task["id"])))
        return [
            Claim(
                article_folder(task),
                annotator_of(annotation, self.state.cursor.names),
                int(annotation["id"]),
                str(annotation.get("updated_at") or ""),
            )
            for annotation in task["annotations"]
            if not annotation.get("was_cancelled")
        ]

    def _apply(self, task: Json, newest: Mapping[tuple[str, str], tuple[int, Claim]]) -> Iterator[PullResult]:
        article_id, number = article_folder(task), int(task["id"])
        names, workspace = self.state.cursor.names, self.documents.workspace
        link = task_link(self.address, number)
        if reason := unusable_task(task, workspace):
            named = "" if article_id == "_unknown" else article_id
            yield PullResult("unknown-article", named, task=number, faults=(f"task {number}: {reason}",), link=link)
            return
        conversion = self.taker.read(task, names)
        losses = find_lost_items(task, conversion)
        if losses:
            yield PullResult("internal-error", article_id, task=number, faults=tuple(losses), link=link)
            return
        readings = iter(conversion.readings)
        for annotation in task["annotations"]:
            annotator, own = annotator_of(annotation, names), int(annotation["id"])
            items = count_items(annotation)
            if annotation.get("was_cancelled"):
                yield PullResult("skipped", article_id, annotator, number, own, items=items)
                continue
            reading = next(readings)
            chosen, claim = newest[article_id, annotator]
            if chosen != number:
                reason = f"{annotator} has labelled task {chosen} of this article, too, and that one is used."
                hint = "Hint: in Label Studio, delete the task that is not meant."
                where = f"task {number}, annotation {own}"
                double = PullResult("duplicate", article_id, annotator, number, own, items=items, link=link)
                yield replace(double, faults=(f"{where}: {reason} {hint}",))
                continue
            if claim.annotation != own:
                yield PullResult("outdated", article_id, annotator, number, own, items=items)
                continue
            usable = self.taker.take(reading, number, normalise(str(task["data"].get("text") or "")))
            there, local = usable.document, self.documents.read(article_id, annotator)
            given = reading.document
            if given is not None and given is not there and fingerprint(given) == local.fingerprint:
                there = given  # an earlier pull took all of it: nothing of it goes
            whole = not usable.faults
            kind, messages, here = self._apply_document(there, local, annotation, task, whole=whole)
            if self.follower is not None and kind in ("written", "unchanged"):
                assert there is not None
                assert reading.document is not None
                self.follower.take(task, annotation, reading.document, there, self.owner)
            yield PullResult(
                kind,
                article_id,
                annotator,
                number,
                own,
                faults=usable.faults,
                messages=(*messages, *reading.notices),
                inferred=tuple(f"region {region}: {what}" for region, what in (*reading.repaired, *reading.inferred)),
                link=link,
                proposals=reading.proposals,
                items=items,
                here=here,
                there=there if kind == "conflict" else None,
                queue=bool(task["data"].get(QUEUE)),
            )

    def _apply_document(
        self, there: Document | None, here: LocalDocument, annotation: Json, task: Json, *, whole: bool
    ) -> tuple[PullKind, list[str], Document | None]:
        """Write the document of an annotation, if the server's side is to be taken. whole: whether it has all of it.

        here: the document of this side.

        Returns the result, messages, and in a conflict the document here.
        """
        documents = self.documents
        if there is None:
            return "rejected", [], None
        article_id, annotator, mark = there.article_id, there.annotator, fingerprint(there)
        base = self.state.bases.get(article_id, annotator)
        stamp = (int(annotation["id"]), str(annotation.get("updated_at") or ""))
        is_old = base is not None and base.is_as_carried(*stamp)
        agreed = mark if is_old else base.document if base is not None else None
        if base is not None and base.carried and not (is_old or whole):
            agreed = None  # what was left out of a later annotation may be what the migration derived
        action = three_way(agreed, here.fingerprint, mark)
        side = self.options.winner(article_id, annotator) if action == "conflict" else None
        if action == "conflict" and side is None:
            documents.save_conflict(there)
            return "conflict", [here.reason or "it was changed on both sides."], here.document
        if action == "keep" or side == "ours":
            documents.clear_conflict(article_id, annotator)
            if not is_old:
                self.state.bases.record(there, *stamp, mark)
            return "local-newer", [], None
        if action == "same":
            assert here.document is not None
            documents.refresh(here.document, there)
        else:
            if side == "theirs":
                documents.archive(article_id, annotator)
            documents.write(there)
        messages = []
        if base is not None and base.annotation not in {each.get("id") for each in task["annotations"]}:
            messages.append(f"it takes the place of annotation {base.annotation}, which is no longer on the server.")
        self.state.bases.record(there, *stamp, mark)
        return "unchanged" if action == "same" else "written", messages, None
