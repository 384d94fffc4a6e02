"""The projects of a workspace on a server: found by a mark in their description, so that titles may be changed.

A workspace has one project for all its annotators, or one for each of them, who then cannot see each other's work.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stancebank.annotate.client import Server
from stancebank.annotate.connection import LOCAL
from stancebank.annotate.controls import Profile
from stancebank.annotate.interface import compile_interface, validate_interface
from stancebank.annotate.sync.retry import send
from stancebank.annotate.sync.state import PROJECTS
from stancebank.annotate.sync.types import Request
from stancebank.errors import ConflictError, InputError
from stancebank.schema.vocabulary import load_vocabularies
from stancebank.workspace import Workspace

_MARK = "stancebank workspace"
_TITLE = 50  # characters that a title may have, by the server's rule


@dataclass(frozen=True, slots=True)
class Project:
    """A project on a server. annotator: whose it is alone; None where it is everybody's.

    created: when it was made, to the microsecond. Ids begin anew with every server, so both name it.
    """

    id: int
    created: str
    title: str
    annotator: str | None
    interface: str

    @property
    def key(self) -> str:
        """What its folder in the local store is called."""
        digits = "".join(character for character in self.created if character.isdecimal())
        return f"{self.id}-{digits}"


@dataclass(frozen=True, slots=True)
class Place:
    """A project that is pushed to. project: None where a dry run would make it. annotator: whose alone it is."""

    server: Server
    workspace: Workspace
    project: Project | None
    title: str
    annotator: str | None
    dry_run: bool

    @property
    def made(self) -> Project:
        """The project, which there is wherever something is done."""
        assert self.project is not None
        return self.project

    @property
    def folder(self) -> Path:
        """Its folder in the local store."""
        return self.workspace.root / LOCAL / PROJECTS / self.made.key


def find_projects(server: Server, workspace: Workspace) -> list[Project]:
    """Return the projects of a workspace: everybody's first, then those of single annotators by name.

    Raises ConflictError where two bear the same mark, as when two people made one at the same time.
    """
    found: dict[str | None, Project] = {}
    for each in server.projects():
        project = _read(each, workspace)
        if project is None:
            continue
        if project.annotator in found:
            raise ConflictError(
                f"Two projects on {server.url} say that they are {mark(workspace, project.annotator)!r}: "
                f"{found[project.annotator].id} and {project.id}.\n"
                "Hint: delete the one that nobody labels in, or take the mark out of its description."
            )
        found[project.annotator] = project
    return sorted(found.values(), key=lambda each: each.annotator or "")


def make_project(
    server: Server, workspace: Workspace, annotator: str | None, interface: str, overlap: int = 1
) -> Project:
    """Make the project of a workspace. interface: XML. overlap: how many annotators an article is to have.

    Where the reply is lost, the project may be there: `find_projects` tells.
    """
    settings = {
        "title": title(workspace, annotator),
        "description": mark(workspace, annotator),
        "label_config": interface,
        "maximum_annotations": overlap,
        "show_skip_button": True,
        "enable_empty_annotation": True,
    }
    project = _read(server.create_project(settings), workspace)
    assert project is not None
    return project


def mark(workspace: Workspace, annotator: str | None) -> str:
    """Return the line of a project's description that says whose it is."""
    return f"{_MARK} {workspace.settings.name}" + (f", {annotator}" if annotator else "")


def title(workspace: Workspace, annotator: str | None) -> str:
    """Return the title of a new project. Raises InputError where it would be longer than the server allows."""
    start = workspace.settings.label_studio["title"] or workspace.settings.name.ljust(3, "-")
    found = start + (f" · {annotator}" if annotator else "")
    if len(found) > _TITLE:
        raise InputError(
            f"The title {found!r} of the project has more than {_TITLE} characters.\n"
            "Hint: give a shorter one as title below [label_studio] in stancebank.toml."
        )
    return found


def profile_of(workspace: Workspace) -> Profile:
    """Return the profile of the interface that the settings ask for."""
    return "core" if workspace.settings.label_studio["profile"] == "core" else "full"


def _read(value: Mapping[str, Any], workspace: Workspace) -> Project | None:
    """Return a project if it is the workspace's."""
    wanted = mark(workspace, None)
    for line in str(value.get("description") or "").splitlines():
        name, comma, annotator = line.strip().partition(", ")
        if name == wanted and bool(comma) == bool(annotator):
            return Project(
                id=int(value["id"]),
                created=str(value["created_at"]),
                title=str(value["title"]),
                annotator=annotator or None,
                interface=str(value.get("label_config") or ""),
            )
    return None


def demand_interface(workspace: Workspace, profile: Profile) -> str:
    """Return the interface of a profile as a server keeps it. Raises StancebankError where the SDK refuses it."""
    xml = compile_interface(load_vocabularies(workspace.schema_dir), profile).strip()
    validate_interface(xml)
    return xml


def settle_projects(
    server: Server, workspace: Workspace, interface: str, request: Request, *, dry_run: bool
) -> Iterator[tuple[Place, str]]:
    """Yield the projects, and what was done to each: those of the blind annotators; else all, or the one that is made.

    Raises ConflictError where the interface would harm labels, InputError where a pre-annotation would show one
    annotator's work to another who is to be blind to it.
    """
    there = {project.annotator: project for project in find_projects(server, workspace)}
    wanted: tuple[str | None, ...] = request.blind or tuple(there) or (None,)
    for annotator in wanted:
        _demand_blindness(annotator, request)
    for annotator in wanted:
        project = there.get(annotator)
        if project is None:
            said = "made"
            if not dry_run:
                project = _make(server, workspace, annotator, interface, request)
        else:
            said = _renew(server, project, interface, request, dry_run=dry_run)
        name = project.title if project else title(workspace, annotator)
        yield Place(server, workspace, project, name, annotator, dry_run), said


def _demand_blindness(annotator: str | None, request: Request) -> None:
    others = {document.annotator for document in request.documents if document.gold is None} - {annotator}
    if annotator is not None and others:
        raise InputError(
            f"{annotator} is to label blind, and would see the reading of {min(others)} as a pre-annotation.\n"
            "Hint: leave --annotator out, or name projects with --blind where it may be seen."
        )


def _make(server: Server, workspace: Workspace, annotator: str | None, interface: str, request: Request) -> Project:
    def look() -> Project | None:
        return next((each for each in find_projects(server, workspace) if each.annotator == annotator), None)

    overlap = 1 if annotator else request.overlap or 1  # a project of one annotator has nobody else to wait for
    return send(lambda: make_project(server, workspace, annotator, interface, overlap), look, request.patience)


def _renew(server: Server, project: Project, interface: str, request: Request, *, dry_run: bool) -> str:
    """Change what differs in a project, and say it."""
    changes: dict[str, str | int] = {}
    said = []
    if project.interface.strip() != interface:
        harm = server.judge_interface(project.id, interface)
        if harm is not None:
            raise ConflictError(
                f"The interface of {project.title!r} is not what the schema compiles to, and the new one would harm "
                f"what is labelled: {harm}\n"
                "Hint: push with the --profile that the project was made for, or pull, and begin a new project by "
                "taking the mark out of this one's description."
            )
        changes["label_config"] = interface
        said.append("interface updated")
    if (
        request.overlap
        and not project.annotator
        and server.project(project.id).get("maximum_annotations") != request.overlap
    ):
        changes["maximum_annotations"] = request.overlap
        said.append(f"{request.overlap} annotators an article")
    if changes and not dry_run:

        def look() -> bool | None:
            found = server.project(project.id)
            return True if all(str(found.get(key)).strip() == str(value) for key, value in changes.items()) else None

        send(lambda: bool(server.update_project(project.id, changes)), look, request.patience, again=2)
    return ", ".join(said)
