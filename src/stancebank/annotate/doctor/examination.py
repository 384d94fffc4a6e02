"""Examine the way from a workspace to its server, from the nearest to the farthest: what fails hides what is behind."""

import os
from collections.abc import Iterator

from stancebank.annotate.connection import TOKEN_VARIABLE, AddressError, find_address, find_connection, is_local
from stancebank.annotate.doctor.check import Check
from stancebank.annotate.doctor.project import check_local_files, check_projects
from stancebank.annotate.doctor.reach import check_openly, check_reach
from stancebank.annotate.doctor.token import check_token, check_token_file
from stancebank.annotate.wire import Wire
from stancebank.errors import WorkspaceError
from stancebank.workspace import Workspace

_LOCALLY = "run `stancebank annotate studio start`"
_ELSEWHERE = "start the server, or correct the address"


def examine(workspace: Workspace, *, timeout: float = 10.0) -> Iterator[Check]:
    """Yield what was looked at, in the order in which it matters. Makes and changes nothing.

    timeout: seconds that the server has for each answer.
    """
    try:
        url, path = find_address(workspace)
    except WorkspaceError as error:
        yield _told("address-form" if isinstance(error, AddressError) else "address-missing", error)
        return
    locally = is_local(workspace, path)
    from_file = (locally or not os.environ.get(TOKEN_VARIABLE, "").strip()) and path.is_file()
    readable = False
    if from_file:
        check = check_token_file(path, str(path.relative_to(workspace.root)))
        readable = check.state == "fault"
        yield check
    wire = Wire(url, timeout=timeout)
    check, answer = check_reach(wire, _LOCALLY if locally else _ELSEWHERE)
    yield check
    if answer is not None:
        yield from check_openly(wire, answer)
    if readable:
        return
    try:
        connection = find_connection(workspace)
    except WorkspaceError as error:
        yield _told("token-missing", error)
        return
    if answer is None:
        return
    check, authorization = check_token(Wire(url, timeout=timeout), connection.token, connection.source)
    yield check
    if authorization:
        with connection.open() as server:
            yield from check_projects(server, workspace)
        yield check_local_files(Wire(url, timeout=timeout), authorization)


def _told(code: str, error: WorkspaceError) -> Check:
    message, _, hint = str(error).partition("\nHint: ")
    return Check(code, "fault", message, hint.rstrip("."))
