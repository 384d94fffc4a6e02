"""Whether the workspace's projects are on the server, with the interface of its schema."""

from collections.abc import Iterator

from stancebank.annotate.doctor.check import Check
from stancebank.annotate.interface import INTERFACES, compile_interface
from stancebank.annotate.server import Server
from stancebank.annotate.sync.projects import Project, find_projects, mark, profile_of
from stancebank.annotate.wire import Wire, reason
from stancebank.errors import ConflictError, StancebankError
from stancebank.workspace import Workspace


def check_projects(server: Server, workspace: Workspace) -> Iterator[Check]:
    """Check the workspace's projects and their interfaces."""
    try:
        projects = find_projects(server, workspace)
    except ConflictError as error:
        message, _, hint = str(error).partition("\nHint: ")
        yield Check("project-twice", "fault", message, hint)
        return
    except StancebankError as error:
        message, _, hint = str(error).partition("\nHint: ")
        yield Check("project-unknown", "fault", message, hint)
        return
    if not projects:
        message = f"No project on the server says that it is {mark(workspace, None)!r}."
        yield Check("project-missing", "fault", message, "run `stancebank annotate push`, which makes it")
    for project in projects:
        yield Check("project", "ok", f"Project {project.id}, {project.title!r}, is this workspace's.")
        yield _interface(project, workspace)


def _interface(project: Project, workspace: Workspace) -> Check:
    wanted = profile_of(workspace)
    has = project.interface.strip()
    hint = f"run `stancebank annotate push`, or paste what `stancebank annotate config --profile {wanted}` prints there"
    for profile in INTERFACES:
        if has == compile_interface(workspace, profile).strip():
            if profile == wanted:
                return Check("interface", "ok", f"Project {project.id} has the interface of this schema.")
            message = f"Project {project.id} has the {profile} interface; stancebank.toml asks for the {wanted} one."
            return Check("interface-profile", "warning", message, hint)
    message = f"The interface of project {project.id} is not what the schema compiles to."
    return Check("interface-drift", "fault", message, hint)


def check_local_files(wire: Wire, authorization: str) -> Check:
    """Check whether the server hands out files of its own machine, without asking for one that exists."""
    try:
        status = wire.ask("GET", "/data/local-files/?d=stancebank-asks", token=authorization).status
    except OSError as error:
        return Check("local-files-unknown", "warning", f"Local files: {reason(error)}.", "run it again")
    if status == 403:
        return Check("local-files", "ok", "The server hands out no files of its own machine.")
    hint = "start the server with LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED=false"
    if status == 404:
        return Check(
            "local-files-on", "warning", "Everybody with an account can have files of its machine served.", hint
        )
    return Check("local-files-unknown", "warning", f"Whether it serves local files does not show ({status}).", hint)
