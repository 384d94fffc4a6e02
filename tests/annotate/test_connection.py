"""How the server of a workspace is reached: address and token, from places that nobody else can read."""

import os
from pathlib import Path

import pytest

from stancebank.annotate.connection import (
    LOCAL,
    TOKEN_VARIABLE,
    URL_VARIABLE,
    AddressError,
    find_connection,
    local_folder,
    write_secret,
)
from stancebank.annotate.doctor import examine
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


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("https://labels.example.org/projects/7/data?tab=3", "set it to https://labels.example.org."),
        ("https://example.org/labels/projects/", "set it to https://example.org/labels."),
        ("http://127.0.0.1:8080/user/login/", "set it to http://127.0.0.1:8080."),
        ("https://labels.example.org/?tab=3", "set it to https://labels.example.org/."),
        ("labels.example.org", "write it in full"),
        ("localhost:8080", "write it in full"),
        ("ftp://labels.example.org", "write it in full"),
        ("http://labels.example.org:99999", "write it in full"),
        ("https://anna:hunter2@labels.example.org", "leave out the part before the @"),
    ],
)
def test_what_is_no_address_of_a_server_is_said_to_be_none(
    url: str, hint: str, toy_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(URL_VARIABLE, url)
    with pytest.raises(AddressError) as caught:
        find_connection(toy_workspace)
    assert hint in str(caught.value)
    assert "hunter2" not in str(caught.value)
    (check,) = examine(toy_workspace)
    assert (check.code, check.state) == ("address-form", "fault")
    assert "hunter2" not in check.message


def test_an_address_with_a_path_of_its_own_is_taken(toy_workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(URL_VARIABLE, "https://example.org/projects/labels/")
    monkeypatch.setenv(TOKEN_VARIABLE, "secret-secret")
    assert find_connection(toy_workspace).url == "https://example.org/projects/labels"


def test_no_other_user_enters_the_folder_of_label_studio(toy_workspace: Workspace) -> None:
    before = os.umask(0)
    try:
        folder = local_folder(toy_workspace)
        assert folder.stat().st_mode & 0o777 == 0o700
        folder.chmod(0o777)
        assert local_folder(toy_workspace).stat().st_mode & 0o777 == 0o700
    finally:
        os.umask(before)
