"""Two annotators, each in a browser of their own, label one article at the same time; each has what they marked.

Their actions alternate, so that every request of the one falls between two of the other.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from stancebank.annotate.client import Server
from stancebank.annotate.connection import local_folder
from stancebank.annotate.local.accounts import read_login
from stancebank.annotate.sync.projects import find_projects
from stancebank.annotate.sync.pull import pull
from stancebank.annotate.sync.types import PullOptions, PullResult
from stancebank.annotate.users import UserTable
from stancebank.model import Document, TextPolicy
from stancebank.publish.gold import ArticleAnnotation, make_context
from stancebank.publish.tables import make_rows
from stancebank.workspace import Workspace
from tests.annotate.effort import CONTENT, FIRST, SECOND, TEXT, article
from tests.annotate.sync.losing import name_workspace, run_push
from tests.annotate.tasks import value
from tests.annotator import Annotator, browsing
from tests.studio import Studio

pytestmark = [pytest.mark.server, pytest.mark.browser]

NAMES = ("ann-1", "ann-2")
STANCES = {"ann-1": "offer", "ann-2": "open"}
KEYS = {"offer": "r", "open": "e", "doubt": "f"}
CONDITIONS = {"ann-1": (FIRST, "z", "lift a blockade"), "ann-2": (SECOND, "x", "format of talks")}


@pytest.fixture(scope="module")
def pages(studio: Studio, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Page]]:
    """A page for each annotator, signed in with their own account."""
    for name in NAMES:
        studio.add_person(name)
    logins = [login for name in NAMES if (login := read_login(studio.folder, name))]
    with browsing(studio, tmp_path_factory.mktemp("profiles"), *logins) as found:
        yield dict(zip(NAMES, found, strict=True))


@pytest.fixture(params=["shared", "blind"])
def workspace(toy_root: Path, studio: Studio, server: Server, request: pytest.FixtureRequest) -> Workspace:
    """A workspace of one article, pushed into one project for both, or into one for each."""
    for path in toy_root.glob("corpus/*/*"):
        path.unlink()
    workspace = name_workspace(toy_root, f"two-{request.param}")
    workspace.store.write_article(article(), TEXT)
    table, users = UserTable(local_folder(workspace)), {user.id: user for user in server.users()}
    for name in NAMES:
        table.rename(users[studio.add_person(name).id], name)
    how = {"overlap": 2} if request.param == "shared" else {"blind": NAMES}
    run_push(server, workspace, profile="core", **how)
    return workspace


def projects_of(server: Server, workspace: Workspace) -> dict[str, int]:
    found = find_projects(server, workspace)
    return {name: each.id for each in found for name in ([each.annotator] if each.annotator else NAMES)}


def document_of(workspace: Workspace, name: str) -> Document:
    return workspace.store.document(workspace.store.document_name(article().id, name))


def in_turn(annotators: dict[str, Annotator], *steps: Callable[[Annotator, str], None]) -> None:
    """Let each annotator do a step before any does the next."""
    for step in steps:
        for name, annotator in annotators.items():
            step(annotator, name)


def run_pull(server: Server, workspace: Workspace) -> list[PullResult]:
    return list(pull(server, workspace, PullOptions()))


def test_each_document_has_what_its_annotator_marked_and_nothing_of_the_other(
    studio: Studio, server: Server, pages: dict[str, Page], workspace: Workspace
) -> None:
    projects = projects_of(server, workspace)
    annotators = {name: Annotator(pages[name], studio, projects[name], TEXT) for name in NAMES}
    in_turn(
        annotators,
        lambda each, _: each.mark("1", CONTENT),
        lambda each, _: each.mark("2", "Ilse Marrow"),
        lambda each, name: each.mark("3", CONDITIONS[name][0]),
        lambda each, _: each.select("We will"),
        lambda each, name: each.key(KEYS[STANCES[name]]),
        lambda each, _: each.choose("target_id", "talks"),
        lambda each, name: each.select(CONDITIONS[name][0][:12]),
        lambda each, name: each.key(CONDITIONS[name][1]),
        lambda each, name: each.choose("kind", CONDITIONS[name][2]),
        lambda each, name: each.shot(f"{workspace.settings.name}-{name}"),
        lambda each, _: each.submit(),
    )
    outcomes = run_pull(server, workspace)
    assert sorted((each.kind, each.annotator) for each in outcomes) == [("written", "ann-1"), ("written", "ann-2")]
    for name in NAMES:
        (statement,) = document_of(workspace, name).statements
        (condition,) = statement.conditions
        assert (value(statement, "stance"), statement.speaker.entity, statement.target.id) == (
            STANCES[name],
            "ilse-marrow",
            "talks",
        )
        assert [TEXT[span.begin : span.end] for span in condition.spans] == [CONDITIONS[name][0]]
    assert rows_of(workspace) == {
        "ann-1": ("offer", "lift-blockade", FIRST),
        "ann-2": ("open", "format", SECOND),
    }

    first, second = document_of(workspace, "ann-1"), document_of(workspace, "ann-2")
    (task,) = server.tasks(projects["ann-2"], ["updated_at"])
    again = annotators["ann-2"]
    again.reopen(studio, projects["ann-2"], task["id"])
    again.shot(f"{workspace.settings.name}-again")
    again.select("We will")
    again.key(KEYS["doubt"])
    again.update()
    assert {each.kind for each in run_pull(server, workspace) if each.annotator == "ann-2"} == {"written"}
    assert document_of(workspace, "ann-1") == first
    (statement,), (before,) = document_of(workspace, "ann-2").statements, second.statements
    assert value(statement, "stance") == "doubt"
    assert (statement.content, statement.conditions) == (before.content, before.conditions)


def rows_of(workspace: Workspace) -> dict[str, tuple[str, str, str]]:
    """What the dataset says of each annotator: stance, and kind and words of the condition."""
    store = workspace.store
    context = make_context(workspace.scheme, store.entities(), store.targets(), "0.1.0")
    found = {}
    for name in NAMES:
        annotation = ArticleAnnotation(article(), document_of(workspace, name), TextPolicy.FULL, TEXT)
        (row,) = make_rows([annotation], context)["statements"]
        (condition,) = row["conditions"]
        found[name] = (row["stance"], condition["kind"], condition["text"])
    return found
