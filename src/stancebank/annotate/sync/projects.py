"""The projects of a workspace on a server: found by a mark in their description, so that titles may be changed.

A workspace has one project for all its annotators, or one for each of them, who then cannot see each other's work.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stancebank.annotate.controls import Profile
from stancebank.annotate.server import Server
from stancebank.errors import ConflictError, InputError
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
