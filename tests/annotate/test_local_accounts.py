"""Annotators of a local server get an account each, and a login that only the owner can read."""

from pathlib import Path

import pytest

from stancebank.annotate.connection import write_secret
from stancebank.annotate.http import HttpClient
from stancebank.annotate.local.accounts import add_member, entrance, login_path, make_login, read_login
from stancebank.errors import InputError, ServerError
from tests.studio import Studio

pytestmark = pytest.mark.server


def test_an_annotator_can_enter_and_is_made_once(studio: Studio) -> None:
    anna = add_member(studio.folder, studio.url, "anna")
    assert add_member(studio.folder, studio.url, "anna") == anna
    assert [each["email"] for each in studio.ask("GET", "/api/users/")].count("anna@localhost") == 1
    login = read_login(studio.folder, "anna")
    assert login is not None
    assert login_path(studio.folder, "anna").stat().st_mode & 0o777 == 0o600
    wire = HttpClient(studio.url)
    wire.ask("GET", "/user/login/")
    assert wire.ask("POST", "/user/login/", form={"email": login.email, "password": login.password}).status == 302
    assert wire.ask("GET", "/api/current-user/whoami").json()["id"] == anna.id


def test_the_entrance_leads_to_the_stream_of_the_project(studio: Studio) -> None:
    project = studio.ask("POST", "/api/projects/", json={"title": "A stream"})["id"]
    login = make_login(studio.folder, "fay")
    add_member(studio.folder, studio.url, "fay")
    wire = HttpClient(studio.url)
    page = entrance(studio.url, project).removeprefix(studio.url)
    assert wire.ask("GET", page).status == 200
    answer = wire.ask("POST", page, form={"email": login.email, "password": login.password})
    assert (answer.status, answer.headers["Location"]) == (302, f"/projects/{project}/data?labeling=1")
    assert wire.ask("GET", answer.headers["Location"]).status == 200
    assert wire.ask("GET", entrance(studio.url, None).removeprefix(studio.url)).status == 302  # has entered already


def test_a_run_that_was_cut_off_before_the_account_was_made_is_taken_up(studio: Studio) -> None:
    login = make_login(studio.folder, "ben")
    add_member(studio.folder, studio.url, "ben")
    assert read_login(studio.folder, "ben") == login


def test_an_account_with_another_password_is_left_alone(studio: Studio) -> None:
    add_member(studio.folder, studio.url, "cleo")
    write_secret(login_path(studio.folder, "cleo"), '{"email": "cleo@localhost", "password": "not-the-one-it-has"}')
    with pytest.raises(ServerError, match="did not create an account for cleo@localhost"):
        add_member(studio.folder, studio.url, "cleo")


def test_each_person_works_with_a_token_of_their_own(studio: Studio) -> None:
    dora, emil = studio.add_person("dora"), studio.add_person("emil")
    assert studio.add_person("dora") == dora
    for person in (dora, emil):
        assert studio.ask("GET", "/api/current-user/whoami", person.token)["id"] == person.id
    assert dora.token != emil.token


@pytest.mark.parametrize("name", ["", "Anna", "anna ben", "../anna", "admin", "gold", "a@b", "-a"])
def test_what_is_no_pseudonym_gets_no_account(studio: Studio, name: str) -> None:
    with pytest.raises(InputError, match="is not a pseudonym"):
        add_member(studio.folder, studio.url, name)


def test_without_an_administrator_nobody_is_invited(studio: Studio, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no login of an administrator"):
        add_member(tmp_path, studio.url, "anna")
