"""The projects that a push works on: found or made, with the interface that the schema compiles to."""

from collections.abc import Iterator

from stancebank.annotate.controls import Profile
from stancebank.annotate.interface import compile_interface, validate_interface
from stancebank.annotate.server import Server
from stancebank.annotate.sync.doubt import send
from stancebank.annotate.sync.projects import Project, find_projects, make_project, title
from stancebank.annotate.sync.request import Place, Request
from stancebank.errors import ConflictError, InputError
from stancebank.workspace import Workspace


def demand_interface(workspace: Workspace, profile: Profile) -> str:
    """Return the interface of a profile as a server keeps it. Raises StancebankError where the SDK refuses it."""
    xml = compile_interface(workspace, profile).strip()
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
