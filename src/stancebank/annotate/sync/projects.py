"""The projects of a workspace on a server: found by a mark in their description, so that titles may be changed.

The mark is two lines: the name of the workspace, and its id, which tells workspaces of one name apart. A workspace or
project of an earlier version has no id; they are found by the name alone, and a project gets the id of the next push.
A workspace has one project for all its annotators, or one for each of them, who then cannot see each other's work.
Projects for adjudication have a mark of another beginning, so that neither kind is ever taken for the other.
"""

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from xml.sax.saxutils import unescape

from stancebank.annotate.client import Server
from stancebank.annotate.connection import LOCAL
from stancebank.annotate.controls import Profile
from stancebank.annotate.guidelines import instructions, is_instructions, same_instructions
from stancebank.annotate.interface import compile_interface, validate_interface
from stancebank.annotate.sync.retry import send_once
from stancebank.annotate.sync.state import PROJECTS
from stancebank.annotate.sync.types import PushOptions
from stancebank.corpus.store import MIGRATIONS
from stancebank.errors import ConflictError, InputError, ServerError
from stancebank.workspace import Workspace

Purpose = Literal["workspace", "adjudication"]
"""What a project is for, as its mark says it: articles are labelled in it, or conflicts are decided."""

_ID = "stancebank id"
_SEEN = "annotators see each other's work in it; to hide it, push with --blind NAME for each instead of --overlap"
_OFFER = re.compile(r'<(?:Label|Choice)((?:\s+[\w-]+="[^"]*")*)\s*/?>')
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
_TITLE = 50  # the server allows no longer title, in characters
TURN = 1.0  # seconds in which whoever made the first project deletes the others


@dataclass(frozen=True, slots=True)
class Project:
    """A project on a server. annotator: its only annotator; None if it is for all. workspace: the id in it, or "".

    tasks, annotations: how many it has, skipped ones left out; None if the server does not say. instructions: HTML that
    annotators can open.
    created: when it was created, to the microsecond. Ids start again on each server, so both identify it.
    """

    id: int
    created: str
    title: str
    annotator: str | None
    interface: str
    description: str = ""
    workspace: str = ""
    tasks: int | None = None
    annotations: int | None = None
    instructions: str = ""

    @property
    def key(self) -> str:
        """The name of its folder in the local store."""
        digits = "".join(character for character in self.created if character.isdecimal())
        return f"{self.id}-{digits}"


@dataclass(frozen=True, slots=True)
class PushTarget:
    """A project to push to. project: None if a dry run would create it. annotator: its only annotator, if any.

    assigned: the articles that get tasks in it; None means all.
    """

    server: Server
    workspace: Workspace
    project: Project | None
    title: str
    annotator: str | None
    dry_run: bool
    assigned: frozenset[str] | None = None

    @property
    def existing(self) -> Project:
        """The project, which exists wherever something is done to it."""
        assert self.project is not None
        return self.project

    @property
    def folder(self) -> Path:
        """Its folder in the local store."""
        return self.workspace.root / LOCAL / PROJECTS / self.existing.key


def find_projects(
    server: Server, workspace: Workspace, purpose: Purpose = "workspace", *, brief: bool = False
) -> list[Project]:
    """Return the projects of a workspace: the one for all first, then those of single annotators by name.

    brief: without interface and instructions.

    Of several with the same mark, as when two people created one at the same time, the only one with tasks counts; the
    oldest, if none has any. Raises ConflictError if several have tasks.
    """
    chosen = (first for first, _ in _find_alike(server, workspace, purpose, brief=brief))
    return sorted(chosen, key=lambda project: project.annotator or "")


def _find_alike(
    server: Server, workspace: Workspace, purpose: Purpose, *, brief: bool = False
) -> Iterator[tuple[Project, list[Project]]]:
    """Yield the projects that `find_projects` returns, each with all that have its mark."""
    found: dict[str | None, list[Project]] = {}
    for value in server.projects(brief=brief):
        project = _read(value, workspace, purpose)
        if project is not None:
            found.setdefault(project.annotator, []).append(project)
    for alike in found.values():
        if any(project.workspace == workspace.settings.id for project in alike):  # those without an id are others'
            alike = [project for project in alike if project.workspace == workspace.settings.id]
        used = [project for project in alike if project.tasks != 0] or alike[:1]
        if len(used) > 1:
            raise _ambiguous(server, workspace, used, purpose)
        yield used[0], alike


def _ambiguous(server: Server, workspace: Workspace, projects: list[Project], purpose: Purpose) -> ConflictError:
    hint = "delete the one that nobody labels in, or remove the mark from its description"
    ids = sorted({project.workspace for project in projects} - {""})
    if not workspace.settings.id and ids:
        hint = f"""say which workspace this is: add `id = "{ids[0]}"` below [workspace] in stancebank.toml"""
        hint += f" (or {', '.join(ids[1:])})" if ids[1:] else ""
    return ConflictError(
        f"Several projects on {server.url} have the mark {project_mark(workspace, projects[0].annotator, purpose)!r}: "
        f"{', '.join(str(project.id) for project in projects)}.\nHint: {hint}."
    )


def create_project(
    server: Server,
    workspace: Workspace,
    annotator: str | None,
    interface: str,
    overlap: int = 1,
    purpose: Purpose = "workspace",
) -> Project:
    """Create the project of a workspace. interface: XML. overlap: how many annotators an article gets.

    If the reply is lost, the project may exist: see `find_projects`.
    """
    settings = {
        "title": project_title(workspace, annotator, purpose),
        "description": "\n".join([project_mark(workspace, annotator, purpose), *_id_line(workspace)]),
        "label_config": interface,
        "expert_instruction": instructions(workspace.root),
        "maximum_annotations": overlap,
        "show_skip_button": True,
        "enable_empty_annotation": True,
    }
    project = _read(server.create_project(settings), workspace, purpose)
    assert project is not None
    return project


def project_mark(workspace: Workspace, annotator: str | None, purpose: Purpose = "workspace") -> str:
    """Return the line of a project's description that names its workspace and annotator."""
    return f"stancebank {purpose} {workspace.settings.name}" + (f", {annotator}" if annotator else "")


def _id_line(workspace: Workspace) -> list[str]:
    return [f"{_ID} {workspace.settings.id}"] if workspace.settings.id else []


def project_title(workspace: Workspace, annotator: str | None, purpose: Purpose = "workspace") -> str:
    """Return the title of a new project. Raises InputError if it is longer than the server allows."""
    start = workspace.settings.label_studio["title"] or workspace.settings.name.ljust(3, "-")
    found = start + (f" · {purpose}" if purpose != "workspace" else "") + (f" · {annotator}" if annotator else "")
    if len(found) > _TITLE:
        raise InputError(
            f"The title {found!r} of the project has more than {_TITLE} characters.\n"
            "Hint: set a shorter title below [label_studio] in stancebank.toml."
        )
    return found


def profile_of(workspace: Workspace) -> Profile:
    """Return the profile of the interface that the settings ask for."""
    return "core" if workspace.settings.label_studio["profile"] == "core" else "full"


def require_interface(workspace: Workspace, profile: Profile) -> str:
    """Return the interface of a profile as a server keeps it. Raises StancebankError if the SDK refuses it."""
    xml = compile_interface(workspace, profile).strip()
    validate_interface(xml)
    return xml


def ensure_projects(
    server: Server,
    workspace: Workspace,
    interface: str,
    options: PushOptions,
    assigned: Mapping[str, frozenset[str]] | None = None,
    *,
    dry_run: bool,
) -> Iterator[tuple[PushTarget, str]]:
    """Yield the projects to push to, each with what was done to it: those of the blind annotators, else all.

    assigned: what each annotator is to read; they are blind then, and their projects get these articles alone. A
    project that is for all, or of somebody who has nothing to read, gets no new task.

    If there is none, one is created; if somebody else has created one at the same time, the older one is used, and the
    other one is deleted. A project without the workspace's id gets it. Raises ConflictError if the interface would harm
    labels, InputError if a pre-annotation would show one annotator's work to another who is to be blind to it.
    """
    existing = {project.annotator: project for project in find_projects(server, workspace)}
    annotators: tuple[str | None, ...] = options.blind or tuple(existing) or (None,)
    if assigned is not None and not options.blind:
        annotators = tuple(sorted(assigned.keys() | existing.keys(), key=lambda name: name or ""))
    for annotator in annotators:
        _require_blindness(annotator, options)
    for annotator in annotators:
        project, message = ensure_project(
            server, workspace, annotator, interface, options, existing.get(annotator), dry_run=dry_run
        )
        if annotator is None and (options.overlap or 1) > 1:
            message = "; ".join(filter(None, [message, _SEEN]))
        title = project.title if project else project_title(workspace, annotator)
        articles = None if assigned is None else assigned.get(annotator or "", frozenset())
        yield PushTarget(server, workspace, project, title, annotator, dry_run, articles), message


def ensure_project(
    server: Server,
    workspace: Workspace,
    annotator: str | None,
    interface: str,
    options: PushOptions,
    project: Project | None,
    purpose: Purpose = "workspace",
    *,
    dry_run: bool,
) -> tuple[Project | None, str]:
    """Create a project, or bring the one that there is up to date; return it, and what was done.

    project: the one that there is, None for none. Raises as `ensure_projects`, which see.
    """
    if project is not None:
        return project, _update(server, workspace, project, interface, options, dry_run=dry_run)
    return (None if dry_run else _create(server, workspace, annotator, interface, options, purpose)), "made"


def _read(value: Mapping[str, Any], workspace: Workspace, purpose: Purpose) -> Project | None:
    """Return a project if it belongs to the workspace: by the id where both have one, and by the name."""
    wanted, own = project_mark(workspace, None, purpose), workspace.settings.id
    description = str(value.get("description") or "")
    lines = [line.strip() for line in description.splitlines()]
    id_ = next((line.removeprefix(_ID).strip() for line in lines if line.startswith(f"{_ID} ")), "")
    if own and id_ and own != id_:
        return None
    for line in lines:
        name, comma, annotator = line.partition(", ")
        if name == wanted and bool(comma) == bool(annotator):
            return Project(
                id=int(value["id"]),
                created=str(value["created_at"]),
                title=str(value["title"]),
                annotator=annotator or None,
                interface=str(value.get("label_config") or ""),
                description=description,
                workspace=id_,
                tasks=value.get("task_number"),
                annotations=value.get("total_annotations_number"),
                instructions=str(value.get("expert_instruction") or ""),
            )
    return None


def _require_blindness(annotator: str | None, options: PushOptions) -> None:
    others = {document.annotator for document in options.documents if document.gold is None} - {annotator}
    if annotator is not None and others:
        raise InputError(
            f"{annotator} is to label blind, but would see the reading of {min(others)} as a pre-annotation.\n"
            "Hint: leave --annotator out, or name projects with --blind where it may be seen."
        )


def _create(
    server: Server,
    workspace: Workspace,
    annotator: str | None,
    interface: str,
    options: PushOptions,
    purpose: Purpose,
) -> Project:
    overlap = 1 if annotator else options.overlap or 1  # a project of one annotator has nobody else to wait for

    def request() -> Project:
        return create_project(server, workspace, annotator, interface, overlap, purpose)

    def confirm() -> Project | None:
        found = find_projects(server, workspace, purpose)
        return next((project for project in found if project.annotator == annotator), None)

    made = send_once(request, confirm, options.timeout)
    # somebody else may have created one at the same time, and of one request a busy server may make two
    found = (each for each in _find_alike(server, workspace, purpose) if each[0].annotator == annotator)
    first, alike = next(found, (made, [made]))
    if made.id != first.id:
        # A server that deletes two projects at once loses its signal handlers until it is started again, and then gives
        # no token to a new account. So whoever made the first deletes the others; we delete ours only if it stays.
        time.sleep(TURN)
        alike = [each for each in alike if each.id == made.id]
    for other in alike:
        if other.id != first.id and other.tasks == 0 and _has_no_task(server, other):
            server.delete_project(other.id)
    return first


def _has_no_task(server: Server, project: Project) -> bool:
    try:
        return not list(server.tasks(project.id, []))
    except ServerError as error:
        if error.status != 404:
            raise
        return False  # somebody else has deleted it meanwhile


def _update(
    server: Server, workspace: Workspace, project: Project, interface: str, options: PushOptions, *, dry_run: bool
) -> str:
    """Change what differs in a project, and return a message about it."""
    changes: dict[str, str | int] = {}
    messages = []
    if workspace.settings.id and not project.workspace:
        changes["description"] = "\n".join([*project.description.splitlines(), *_id_line(workspace)])
        messages.append("got the id of the workspace")
    if project.interface.strip() != interface:
        harm = server.check_interface(project.id, interface)
        if harm is not None:
            harm = harm.replace("\\n", " ")
            schema = workspace.settings.schema
            if any((workspace.root / MIGRATIONS).glob(f"v*-{schema}.json")):
                raise ConflictError(
                    f"The project {project.title!r} still has the interface from before the migration to {schema}, and "
                    f"its labels need that: {harm}\n"
                    "Hint: start a new project by removing the mark from the description of this one, which keeps its "
                    "labels, and push again."
                )
            raise ConflictError(
                f"The interface of {project.title!r} is not the one compiled from the schema, and the new one would "
                f"harm existing labels: {harm}\nHint: {_harm_hint(project, workspace, harm)}."
            )
        changes["label_config"] = interface
        messages.append("interface updated")
    page = instructions(workspace.root)
    if is_instructions(project.instructions) and not same_instructions(project.instructions, page):
        changes["expert_instruction"] = page
        messages.append("guidelines updated")
    if (
        options.overlap
        and not project.annotator
        and server.project(project.id).get("maximum_annotations") != options.overlap
    ):
        changes["maximum_annotations"] = options.overlap
        messages.append(f"{options.overlap} annotators an article")
    if changes and not dry_run:

        def confirm() -> bool | None:
            found = server.project(project.id)
            return True if all(_is_set(key, found.get(key), value) for key, value in changes.items()) else None

        send_once(lambda: bool(server.update_project(project.id, changes)), confirm, options.timeout, retries=2)
    return ", ".join(messages)


def _harm_hint(project: Project, workspace: Workspace, harm: str) -> str:
    """Return how to go on where another interface would harm labels: those of other profiles, or added by hand."""
    added = sorted(_offered(project.interface) - _offered(compile_interface(workspace, "full")))
    used = [each for each in added if re.search(rf"(?<!\w){re.escape(each)}(?!\w)", harm)]
    if used:
        return (
            f"{' and '.join(map(repr, used))} is not of the schema, but was added in the settings of the project. "
            "`stancebank annotate pull` names every region that has it: in Label Studio, give each another label or "
            "answer, and submit or update the annotation; then push again"
        )
    return (
        "push with the --profile that the project was created for; or pull, and start a new project by removing the "
        "mark from the description of this one"
    )


def _offered(interface: str) -> set[str]:
    """Return the labels and answers that an interface offers, as annotations have them."""
    found = (dict(_ATTRIBUTE.findall(match[1])) for match in _OFFER.finditer(interface))
    return {unescape(each.get("alias") or each.get("value") or "") for each in found}


def _is_set(key: str, found: object, wanted: str | int) -> bool:
    """Whether a project has a setting, as the server keeps it."""
    if key == "expert_instruction":
        return same_instructions(str(found), str(wanted))
    return str(found).strip() == str(wanted)
