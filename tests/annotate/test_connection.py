"""How the server of a workspace is reached: address and token, from places that nobody else can read."""

import os
from pathlib import Path

import pytest

from stancebank.annotate.connection import (
    LOCAL,
    TOKEN_VARIABLE,
    URL_VARIABLE,
    AddressError,
    UntrustedError,
    find_connection,
    local_folder,
    trust_address,
    trusted_addresses,
    write_secret,
)
from stancebank.annotate.doctor import examine
from stancebank.errors import WorkspaceError
from stancebank.workspace import Workspace, open_workspace
from tests.conftest import Run


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (URL_VARIABLE, TOKEN_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


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


def name_server(workspace: Workspace, url: str) -> Workspace:
    """Let the settings name a server, as in a workspace that comes from somebody else."""
    path = workspace.root / "stancebank.toml"
    path.write_text(path.read_text() + f'\n[label_studio]\nurl = "{url}"\n')
    return open_workspace(workspace.root)


ELSEWHERE = "https://labels.elsewhere.example"


@pytest.mark.parametrize("place", ["variable", "file"])
def test_no_token_goes_to_an_address_of_the_settings_that_nobody_has_trusted(
    toy_workspace: Workspace, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    workspace = name_server(toy_workspace, ELSEWHERE)
    if place == "variable":
        monkeypatch.setenv(TOKEN_VARIABLE, "secret-secret")
    else:
        write_secret(workspace.root / LOCAL / "token", "secret-secret")
    with pytest.raises(UntrustedError, match=f"annotate trust {ELSEWHERE}"):
        find_connection(workspace)
    for other in ("http://labels.elsewhere.example", f"{ELSEWHERE}:8443", f"{ELSEWHERE}/deeper", f"{ELSEWHERE}.evil"):
        trust_address(other)
    with pytest.raises(UntrustedError):
        find_connection(workspace)
    trust_address(f"{ELSEWHERE.replace('labels', 'LABELS')}/")
    assert find_connection(workspace).token == "secret-secret"
    trust_address(ELSEWHERE, remove=True)
    with pytest.raises(UntrustedError):
        find_connection(workspace)


def test_an_address_of_the_environment_or_of_this_machine_needs_no_trust(
    toy_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, "secret-secret")
    workspace = name_server(toy_workspace, "http://127.0.0.1:8080")
    assert find_connection(workspace).token == "secret-secret"
    monkeypatch.setenv(URL_VARIABLE, ELSEWHERE)
    assert find_connection(workspace).url == ELSEWHERE


@pytest.mark.parametrize("url", ["http://127.0.0.1.elsewhere.example", "http://localhost.elsewhere.example"])
def test_a_name_that_looks_like_this_machine_is_not_this_machine(
    toy_workspace: Workspace, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, "secret-secret")
    with pytest.raises(UntrustedError):
        find_connection(name_server(toy_workspace, url))


def test_a_local_server_elsewhere_gets_nothing_and_a_link_to_a_secret_is_not_followed(
    toy_workspace: Workspace, tmp_path: Path
) -> None:
    studio = toy_workspace.root / LOCAL / "studio"
    write_secret(tmp_path / "other", "of-another-server")
    write_secret(studio / "url", ELSEWHERE)
    (studio / "token").symlink_to(tmp_path / "other")
    with pytest.raises(UntrustedError, match="not on this machine"):
        find_connection(toy_workspace)
    write_secret(studio / "url", "http://127.0.0.1:8080")
    with pytest.raises(WorkspaceError, match="is a link"):
        find_connection(toy_workspace)


def test_the_list_of_trusted_servers_is_the_users_alone_and_a_damaged_one_trusts_nobody(tmp_path: Path) -> None:
    assert trust_address(ELSEWHERE) == trusted_addresses() == [ELSEWHERE]
    (path,) = (tmp_path / "config").rglob("servers.json")
    assert path.stat().st_mode & 0o777 == 0o600
    for damaged in ("", "{", '{"a": 1}', "[7, null]", "\x00"):
        path.write_text(damaged)
        assert trusted_addresses() == []


@pytest.mark.slow
def test_the_commands_refuse_in_one_line_and_trust_lets_them_through(
    toy_workspace: Workspace, run: Run, tmp_path: Path
) -> None:
    name_server(toy_workspace, "http://labels.elsewhere.invalid")
    env = {TOKEN_VARIABLE: "secret-secret", "XDG_CONFIG_HOME": str(tmp_path / "config")}
    for command in ("status", "pull", "push", "watch"):
        done = run("annotate", command, cwd=toy_workspace.root, **env)
        assert done.returncode == 2, done
        assert "Hint: if you know the server, run `stancebank annotate trust" in done.stderr
        assert "Traceback" not in done.stderr
    assert run("annotate", "trust", "labels.example.org", cwd=tmp_path, **env).returncode == 2
    assert run("annotate", "trust", "--remove", cwd=tmp_path, **env).returncode == 2
    done = run("annotate", "trust", "http://labels.elsewhere.invalid/", cwd=tmp_path, **env)
    assert (done.returncode, done.stdout) == (0, "http://labels.elsewhere.invalid\n")
    assert "cannot be reached" in run("annotate", "status", cwd=toy_workspace.root, **env).stderr
