"""Documents of annotators as submitted annotations on the server: made once, and changed where only they changed."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from stancebank.annotate.annotators import Annotators
from stancebank.annotate.decode.document import from_task
from stancebank.annotate.server import Server
from stancebank.annotate.sync.bases import Bases, labels
from stancebank.annotate.sync.doubt import Patience, send
from stancebank.annotate.sync.projects import Project
from stancebank.errors import ConflictError, InputError, ServerError
from stancebank.model import Document
from stancebank.schema.fields import Scheme

Json = dict[str, Any]
State = Literal["made", "changed", "unchanged", "newer", "removed", "conflict"]

_NAMESPACE = uuid.UUID("6b7f4c52-7d0e-5d6f-9a57-5b0f6f2f6c1e")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be done about a document. annotation: the one on the server that it is compared with, if any.

    made: there is none. changed: only the document changed. newer, removed: only the server changed, which a pull
    takes over. conflict: both changed.
    """

    state: State
    reason: str
    annotation: Json | None = None


def find_users(server: Server, annotators: Annotators, names: Iterable[str]) -> dict[str, int]:
    """Return the user ids of annotators. Raises InputError where one has no account on the server."""
    users = server.users()
    known = {annotators.name(user) or f"user-{user.id}": user.id for user in users}
    for name in names:
        if name not in known:
            raise InputError(
                f"{name} has no account on {server.url}, so an annotation there could not be theirs.\n"
                f"Hint: say which account it is with `stancebank annotate annotators --name ID={name}`; "
                f"there are {', '.join(sorted(known))}."
            )
    return {name: known[name] for name in names}


def survives(task: Json, result: list[Json], document: Document, scheme: Scheme) -> bool:
    """Whether a pull of a result would give the document back, as it does where the profile asks for all of it."""
    sent = {"id": 1, "completed_by": 1, "created_at": document.created_at, "result": result}
    readings = from_task({"data": task["data"], "annotations": [sent]}, scheme, {1: document.annotator}).readings
    back = readings[0].document
    return back is not None and not readings[0].rejected and labels(back) == labels(document)


def judge(whole: Json, document: Document, user: int, bases: Bases, scheme: Scheme) -> Verdict:
    """Compare a document with what its annotator has in a task, and both with what they last agreed on. Pure."""
    base = bases.of(document.article_id, document.annotator)
    theirs = [each for each in whole["annotations"] if each["completed_by"] == user and not each.get("was_cancelled")]
    here = labels(document)
    if not theirs:
        if base is None:
            return Verdict("made", "the task has none of theirs")
        if here == base.document:
            return Verdict("removed", "it was removed on the server since: a pull takes that over")
        return Verdict("conflict", "it was removed on the server, and has been changed here")
    newest = max(theirs, key=lambda each: (str(each["updated_at"]), int(each["id"])))
    there = _read(whole, newest, scheme, {user: document.annotator})
    if there == here:
        return Verdict("unchanged", "", newest)
    if base is None:
        return Verdict("conflict", f"annotation {newest['id']} differs, and nothing says which is newer", newest)
    if there == base.document:
        return Verdict("changed", f"annotation {newest['id']} still has what it had", newest)
    if here == base.document:
        return Verdict("newer", f"annotation {newest['id']} was changed on the server: a pull takes that over", newest)
    return Verdict("conflict", f"annotation {newest['id']} was changed, here and on the server", newest)


def carry_out(
    server: Server,
    project: Project,
    task: int,
    document: Document,
    result: list[Json],
    user: int,
    verdict: Verdict,
    patience: Patience,
) -> Json | None:
    """Make or change an annotation, and return it; None where the verdict asks for neither."""
    if verdict.state == "unchanged":
        return verdict.annotation
    if verdict.state == "made":
        return _make(server, project, task, document, result, user, patience)
    if verdict.state == "changed":
        assert verdict.annotation is not None
        number = int(verdict.annotation["id"])

        def look() -> Json | None:
            same = (each for each in _annotations(server, project.id, task) if each["id"] == number)
            return next((each for each in same if each["result"] == result), None)

        return send(lambda: server.update_annotation(number, {"result": result}), look, patience, again=2)
    return None


def unique_id(project: Project, task: int, document: Document) -> str:
    """Return the id under which the server takes this revision of a document once, and refuses it a second time."""
    return str(uuid.uuid5(_NAMESPACE, f"{project.key}/{task}/{document.annotator}/{labels(document)}"))


def _make(
    server: Server, project: Project, task: int, document: Document, result: list[Json], user: int, patience: Patience
) -> Json:
    name = unique_id(project, task, document)
    body = {"result": result, "unique_id": name, "completed_by": user}

    def look() -> Json | None:
        return next((each for each in _annotations(server, project.id, task) if each.get("unique_id") == name), None)

    try:
        return send(lambda: server.create_annotation(task, body), look, patience, again=2)
    except ServerError as error:
        if error.status != 409:
            raise
    found = look()  # the id is unique on the whole server, so it may stand elsewhere
    if found is None:
        raise ConflictError(
            f"{document.article_id}: the server says that it has the annotation {name} already, but task {task} has it "
            "not.\nHint: see whether another project holds a copy of this one."
        )
    return found


def _annotations(server: Server, project: int, task: int) -> list[Json]:
    return [each for whole in server.whole_tasks(project, [task]) for each in whole["annotations"]]


def _read(whole: Json, annotation: Json, scheme: Scheme, annotators: Mapping[int, str]) -> str | None:
    """Return the fingerprint of an annotation; None where not all of it can be read."""
    (reading,) = from_task({**whole, "annotations": [annotation]}, scheme, annotators).readings
    return labels(reading.document) if reading.document is not None and not reading.rejected else None
