"""How the server of a workspace is reached: address and token, from places that nobody else can read."""

from pathlib import Path

import pytest

from stancebank.annotate.connection import LOCAL, TOKEN_VARIABLE, URL_VARIABLE, find_connection, write_secret
from stancebank.errors import WorkspaceError
from stancebank.workspace import Workspace


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (URL_VARIABLE, TOKEN_VARIABLE):
        monkeypatch.delenv(name, raising=False)


def test_without_a_server_the_mend_is_to_start_one(toy_workspace: Workspace) -> None:
    with pytest.raises(WorkspaceError, match="studio start"):
        find_connection(toy_workspace)


def test_the_variables_win_and_a_token_is_never_printed(
    toy_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(URL_VARIABLE, "https://labels.example.org/")
    monkeypatch.setenv(TOKEN_VARIABLE, "secret-secret")
    found = find_connection(toy_workspace)
    assert (found.url, found.token) == ("https://labels.example.org", "secret-secret")
    assert "secret-secret" not in repr(found)


def test_a_token_that_others_can_read_is_refused(toy_workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(URL_VARIABLE, "https://labels.example.org")
    path: Path = toy_workspace.root / LOCAL / "token"
    write_secret(path, "secret-secret")
    assert path.stat().st_mode & 0o777 == 0o600
    assert find_connection(toy_workspace).token == "secret-secret"
    path.chmod(0o644)
    with pytest.raises(WorkspaceError, match="chmod 600"):
        find_connection(toy_workspace)


def test_the_token_of_another_server_does_not_go_to_the_local_one(
    toy_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, "of-another-server")
    studio = toy_workspace.root / LOCAL / "studio"
    write_secret(studio / "url", "http://127.0.0.1:8080")
    write_secret(studio / "token", "of-this-one")
    assert find_connection(toy_workspace).token == "of-this-one"
