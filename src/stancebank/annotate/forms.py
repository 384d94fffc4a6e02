"""The forms of a server's replies, as far as the toolkit relies on them: another program may answer in its place.

A reply that fits is passed on as JSON; keys that are not named here are ignored.
"""

from typing import Any

import msgspec

from stancebank.errors import ServerError


class HasId(msgspec.Struct):
    """An object with an id."""

    id: int


class VersionReply(msgspec.Struct):
    """The version of a server."""

    release: str


class AccountReply(HasId):
    """A user."""

    email: str | None = None
    date_joined: str | None = None


class ProjectReply(HasId):
    """A project. label_config: its interface, XML. expert_instruction: HTML.

    The numbers are those of its tasks, and of annotations that were submitted. A list of projects has these keys alone.
    """

    created_at: str
    title: str
    description: str | None = None
    label_config: str | None = None
    expert_instruction: str | None = None
    task_number: int | None = None
    total_annotations_number: int | None = None


BULKY = ("label_config", "expert_instruction")


class PredictionReply(HasId):
    """A pre-annotation."""

    result: list[Any]


class AnnotationReply(HasId):
    """What a user marked in a task. completed_by: an id, or an object that has one."""

    result: list[Any] | None = None
    completed_by: Any = None
    was_cancelled: bool | None = None
    updated_at: str | None = None


class DraftReply(msgspec.Struct):
    """What a user has not submitted yet."""

    annotation: int | None = None
    user: Any = None


class TaskRowReply(HasId):
    """A task in a list, with the fields that were requested."""

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
    """The tasks that an import created."""

    task_ids: list[int]


def require_form(value: Any, form: Any, asked: str) -> Any:
    """Return a reply if it has a form. asked: the request and its address, for the message.

    form: a Struct of this module, or a list of one. Raises ServerError, in doubt, if the reply has another form.
    """
    try:
        msgspec.convert(value, form)
    except msgspec.ValidationError as error:
        raise ServerError(
            f"{asked}: the reply is not one of Label Studio: {error}.\n"
            "Hint: run `stancebank annotate doctor`, which checks what answers there, and its version."
        ) from None
    return value
