"""Documents of annotators become submitted annotations on the server: created once, changed only if nobody else did."""

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from stancebank.annotate.client import Server
from stancebank.annotate.controls import Profile
from stancebank.annotate.decode.document import Conversion
from stancebank.annotate.decode.origin import annotator_of
from stancebank.annotate.encode import to_result
from stancebank.annotate.interface_settings import Interface, load_interface
from stancebank.annotate.sync.bases import Bases, fingerprint
from stancebank.annotate.sync.merge import three_way
from stancebank.annotate.sync.projects import Project, PushTarget
from stancebank.annotate.sync.retry import Timeout, send_once
from stancebank.annotate.sync.state import SyncState, article_folder
from stancebank.annotate.sync.types import PushOptions, PushResult
from stancebank.annotate.usable import Taker
from stancebank.annotate.users import UserTable
from stancebank.errors import ConflictError, InputError, ServerError
from stancebank.model import Document
from stancebank.text import normalise

Json = dict[str, Any]
Reader = Callable[[Json, Mapping[int, str]], Conversion]
AnnotationAction = Literal["made", "changed", "unchanged", "newer", "removed", "conflict"]

_NAMESPACE = uuid.UUID("6b7f4c52-7d0e-5d6f-9a57-5b0f6f2f6c1e")
_UNREADABLE = "unreadable"  # the fingerprint of no document


@dataclass(frozen=True, slots=True)
class AnnotationPlan:
    """What to do about a document. annotation: the one on the server that it is compared with, if any.

    made: there is none. changed: only the document changed. newer, removed: only the server changed; a pull takes that
    over. conflict: both changed.
    """

    action: AnnotationAction
    reason: str
    annotation: Json | None = None


def push_annotations(
    target: PushTarget,
    options: PushOptions,
    name: str,
    user: int,
    tasks: Mapping[str, Json],
    task_ids: Mapping[str, int],
    profile: Profile,
) -> Iterator[PushResult]:
    """Send an annotator's documents. user: the account. tasks, task_ids: the task of each pushed article, and its id.

    A document that both sides have changed, or that the interface cannot show in full, is refused, and the others go
    on.
    """
    interface = load_interface(target.workspace, profile)
    bases = Bases(target.folder) if target.project is not None else None
    read = Taker(target.workspace).read
    for document in target.workspace.store.documents(name):
        task = tasks.get(document.article_id)
        if task is None:
            continue
        number = task_ids.get(document.article_id)
        try:
            result = _result(target, document, task, interface, read)
        except InputError as error:
            yield PushResult("refused", target.title, document.article_id, number, str(error))
            continue
        if number is None or bases is None:
            message = f"{name}: made" if target.dry_run else f"{name}: the article has no task to send it to"
            action = "annotation" if target.dry_run else "refused"
            yield PushResult(action, target.title, document.article_id, None, message)
            continue
        yield _push(target, options, document, number, result, user, bases, read)


def rejected_work(target: PushTarget) -> dict[str, str]:
    """Return whose annotation of an article the last pull could not take whole, as pseudonyms, by article id.

    Computed from the raw tasks that the pull kept, of those alone of which something is open.
    """
    found: dict[str, set[str]] = {}
    if target.project is None:
        return {}
    state, workspace = SyncState(target.folder), target.workspace
    taker = Taker(workspace)
    for number in state.cursor.unfinished():
        task = state.raw.read(number)
        if task is None or not workspace.store.has_article(article_folder(task)):
            continue
        text = normalise(str(task["data"].get("text") or ""))
        annotations = {annotation.get("id"): annotation for annotation in task["annotations"]}
        for reading in taker.read(task, state.cursor.names).readings:
            usable = taker.take(reading, number, text)
            if usable.document is None or usable.faults:
                name = annotator_of(annotations.get(reading.annotation, {}), state.cursor.names)
                found.setdefault(article_folder(task), set()).add(name)
    return {article_id: ", ".join(sorted(names)) for article_id, names in found.items()}


def find_users(server: Server, table: UserTable, names: Iterable[str]) -> dict[str, int]:
    """Return the user ids of annotators. Raises InputError if one has no account on the server."""
    users = server.users()
    known = {table.name(user) or f"user-{user.id}": user.id for user in users}
    for name in names:
        if name not in known:
            raise InputError(
                f"{name} has no account on {server.url}, so an annotation there cannot be theirs.\n"
                f"Hint: name their account with `stancebank annotate users --name ID={name}`; "
                f"there are {', '.join(sorted(known))}."
            )
    return {name: known[name] for name in names}


def round_trips(task: Json, result: list[Json], document: Document, read: Reader) -> bool:
    """Whether a pull of a result would give the document back, as it does if the profile asks for all of it.

    read: as a pull reads tasks.
    """
    sent = {"id": 1, "completed_by": 1, "created_at": document.created_at, "result": result}
    readings = read({"data": task["data"], "annotations": [sent]}, {1: document.annotator}).readings
    back = readings[0].document
    return back is not None and not readings[0].rejected and fingerprint(back) == fingerprint(document)


def plan_annotation(task: Json, document: Document, user: int, bases: Bases, read: Reader) -> AnnotationPlan:
    """Compare a document with its annotator's newest annotation in a whole task, and both with their base. Pure.

    read: as a pull reads tasks.
    """
    base = bases.get(document.article_id, document.annotator)
    theirs = [
        annotation
        for annotation in task["annotations"]
        if annotation["completed_by"] == user and not annotation.get("was_cancelled")
    ]
    newest = max(theirs, key=lambda each: (str(each["updated_at"]), int(each["id"])), default=None)
    remote, agreed = None, base.document if base else None
    if newest is not None:
        (reading,) = read({**task, "annotations": [newest]}, {user: document.annotator}).readings
        remote = _UNREADABLE if reading.document is None or reading.rejected else fingerprint(reading.document)
        if base is not None and base.is_as_carried(int(newest["id"]), str(newest["updated_at"])):
            agreed = remote
    merged = three_way(agreed, fingerprint(document), remote)
    if newest is None:
        if merged == "keep":
            return AnnotationPlan("made", "the task has none of theirs")
        if merged == "remove":
            return AnnotationPlan("removed", "it was removed on the server: a pull takes that over")
        return AnnotationPlan("conflict", "it was removed on the server, and was changed here")
    name = f"annotation {newest['id']}"
    if merged == "same":
        return AnnotationPlan("unchanged", "", newest)
    if merged == "keep":
        return AnnotationPlan("changed", f"{name} was not changed on the server", newest)
    if merged == "take":
        return AnnotationPlan("newer", f"{name} was changed on the server: a pull takes that over", newest)
    if base is None:
        return AnnotationPlan("conflict", f"{name} differs, and it is not known which one is newer", newest)
    return AnnotationPlan("conflict", f"{name} was changed, here and on the server", newest)


def unique_id(project: Project, task: int, document: Document) -> str:
    """Return the id under which the server accepts this revision of a document once, and refuses it a second time."""
    return str(uuid.uuid5(_NAMESPACE, f"{project.key}/{task}/{document.annotator}/{fingerprint(document)}"))


def _result(target: PushTarget, document: Document, task: Json, interface: Interface, read: Reader) -> list[Json]:
    """Return a document as a result. Raises InputError if a pull would not give the same document back."""
    article = target.workspace.store.article(document.article_id)
    result = to_result(article, task["data"]["text"], document, interface)
    if not round_trips(task, result, document, read):
        raise InputError(
            f"{document.annotator}: the interface (profile {interface.profile}) cannot show all of the document"
        )
    return result


def _push(
    target: PushTarget,
    options: PushOptions,
    document: Document,
    task: int,
    result: list[Json],
    user: int,
    bases: Bases,
    read: Reader,
) -> PushResult:
    project, server = target.existing, target.server
    article_id, name = document.article_id, document.annotator
    (whole,) = server.whole_tasks(project.id, [task]) or ({"annotations": []},)
    plan = plan_annotation(whole, document, user, bases, read)
    message = f"{name}: {plan.action}" + (f"; {plan.reason}" if plan.reason else "")
    if plan.action == "conflict":
        return PushResult("refused", target.title, article_id, task, f"{name}: {plan.reason}")
    if not target.dry_run:
        annotation = _apply(server, project, task, document, result, user, plan, options.timeout)
        if annotation is not None:
            bases.record(document, int(annotation["id"]), str(annotation["updated_at"]))
            with target.workspace.store.alone("stancebank annotate push"):
                bases.write()
    return PushResult("annotation", target.title, article_id, task, message)


def _apply(
    server: Server,
    project: Project,
    task: int,
    document: Document,
    result: list[Json],
    user: int,
    plan: AnnotationPlan,
    timeout: Timeout,
) -> Json | None:
    """Create or change an annotation, and return it; None if the plan asks for neither."""
    if plan.action == "unchanged":
        return plan.annotation
    if plan.action == "made":
        return _create(server, project, task, document, result, user, timeout)
    if plan.action == "changed":
        assert plan.annotation is not None
        number = int(plan.annotation["id"])

        def confirm() -> Json | None:
            same = (found for found in _annotations(server, project.id, task) if found["id"] == number)
            return next((found for found in same if found["result"] == result), None)

        return send_once(lambda: server.update_annotation(number, {"result": result}), confirm, timeout, retries=2)
    return None


def _create(
    server: Server, project: Project, task: int, document: Document, result: list[Json], user: int, timeout: Timeout
) -> Json:
    name = unique_id(project, task, document)
    body = {"result": result, "unique_id": name, "completed_by": user}

    def confirm() -> Json | None:
        found = _annotations(server, project.id, task)
        return next((annotation for annotation in found if annotation.get("unique_id") == name), None)

    try:
        return send_once(lambda: server.create_annotation(task, body), confirm, timeout, retries=2)
    except ServerError as error:
        if error.status != 409:
            raise
    found = confirm()  # the id is unique on the whole server, so the annotation may be in another task
    if found is None:
        raise ConflictError(
            f"{document.article_id}: the server says that it already has the annotation {name}, but it is not in task "
            f"{task}.\nHint: check whether another project holds a copy of this one."
        )
    return found


def _annotations(server: Server, project: int, task: int) -> list[Json]:
    return [annotation for whole in server.whole_tasks(project, [task]) for annotation in whole["annotations"]]
