"""The forms of a server's replies, as far as the toolkit rests on them: something else may answer in its place.

What fits is handed on as the JSON that it is; the rest of it is nobody's business.
"""

from typing import Any

import msgspec

from stancebank.errors import ServerError


class HasId(msgspec.Struct):
    """Whatever has an id."""

    id: int


class VersionReply(msgspec.Struct):
    """What a server says of itself."""

    release: str


class AccountReply(HasId):
    """A user."""

    email: str | None = None
    date_joined: str | None = None


class ProjectReply(HasId):
    """A project. label_config: its interface, XML."""

    created_at: str
    title: str
    description: str | None = None
    label_config: str | None = None


class PredictionReply(HasId):
    """A pre-annotation."""

    result: list[Any]


class AnnotationReply(HasId):
    """What somebody marked in a task. completed_by: a number, or an object that has it."""

    result: list[Any] | None = None
    completed_by: Any = None
    was_cancelled: bool | None = None
    updated_at: str | None = None


class DraftReply(msgspec.Struct):
    """What somebody has not submitted yet."""

    annotation: int | None = None
    user: Any = None


class TaskRowReply(HasId):
    """A task in a list, which has of these what was asked for."""

    data: dict[str, Any] | None = None
    updated_at: str | None = None
    predictions: list[PredictionReply] = []


class TaskReply(HasId):
    """A whole task."""

    data: dict[str, Any]
    annotations: list[AnnotationReply]
    drafts: list[DraftReply] = []


class ProjectPage(msgspec.Struct):
    """A page of projects."""

    results: list[ProjectReply]
    count: int


class TaskPage(msgspec.Struct):
    """A page of tasks."""

    tasks: list[TaskRowReply]
    total: int


class ImportReply(msgspec.Struct):
    """The tasks that an import made."""

    task_ids: list[int]


def require_form(value: Any, form: Any, asked: str) -> Any:
    """Return a reply that has a form. asked: the request and its address, for the message.

    form: a Struct of this module, or a list of one. Raises ServerError, in doubt, where the reply has another form.
    """
    try:
        msgspec.convert(value, form)
    except msgspec.ValidationError as error:
        raise ServerError(
            f"{asked}: the reply is not what Label Studio gives there: {error}.\n"
            "Hint: run `stancebank annotate doctor`, which tells who answers there and in which version."
        ) from None
    return value
