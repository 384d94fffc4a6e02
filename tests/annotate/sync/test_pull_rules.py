"""Which tasks a pull fetches again, and how many deletions it takes over unasked; without a server."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from stancebank.annotate.client import Server, User
from stancebank.annotate.sync.projects import project_mark
from stancebank.corpus.store import Store
from stancebank.errors import BusyError
from stancebank.model import Document
from stancebank.workspace import Workspace
from tests.annotate.sync.pulling import ALL, HARVEST, kinds, run_pull
from tests.annotate.tasks import task_of

NEWEST = datetime.fromisoformat("2031-02-12T08:30:00Z")


class StandIn(Server):
    """Stands in for a server with one project. held: whole tasks by id; asked: those fetched, call by call.

    listed: since when tasks were asked for, call by call; None for all of them.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.url = "http://localhost"
        self.description = project_mark(workspace, None)
        self.held: dict[int, dict[str, Any]] = {}
        self.asked: list[list[int]] = []
        self.listed: list[str | None] = []

    def users(self) -> list[User]:
        return []

    def projects(self, *, brief: bool = False) -> Iterator[dict[str, Any]]:
        yield {
            "id": 2,
            "created_at": "2031-02-01T08:00:00Z",
            "title": "toy",
            "description": self.description,
            "task_number": len(self.held),
            "total_annotations_number": sum(len(task["annotations"]) for task in self.held.values()),
        }

    def tasks(
        self, project: int, fields: Sequence[str], since: str | None = None, articles: Sequence[str] | None = None
    ) -> Iterator[dict[str, Any]]:
        self.listed.append(since)
        for number, task in list(self.held.items()):
            if since is None or datetime.fromisoformat(task["updated_at"]) >= datetime.fromisoformat(since):
                yield {"id": number} | {key: task[key] for key in fields}

    def whole_tasks(self, project: int, tasks: Sequence[int]) -> list[dict[str, Any]]:
        self.asked.append(list(tasks))
        return [self.held[number] for number in tasks if number in self.held]


@pytest.fixture
def stand_in(toy_workspace: Workspace) -> StandIn:
    return StandIn(toy_workspace)


def hold(stand_in: StandIn, workspace: Workspace, number: int, article_id: str, *, annotators: int = 1) -> None:
    """Put a task on the server that each of several annotators has labelled as the gold document is."""
    article, gold = workspace.store.article(article_id), workspace.store.gold(article_id)
    text = workspace.store.text(article)
    assert gold
    assert text
    task = task_of(article, text, gold)
    (annotation,) = task["annotations"]
    made = [
        annotation | {"id": 1000 * number + person, "completed_by": 100 + person} for person in range(1, annotators + 1)
    ]
    stand_in.held[number] = task | {"id": number, "annotations": made, "updated_at": NEWEST.isoformat()}


def test_tasks_that_changed_shortly_before_the_newest_change_are_fetched_again(
    stand_in: StandIn, toy_workspace: Workspace
) -> None:
    """A change may become visible later than its time says, and behind one that was seen."""
    for number, (article_id, seconds) in enumerate(zip(ALL, (61, 59, 0), strict=True), start=1):
        hold(stand_in, toy_workspace, number, article_id)
        stand_in.held[number]["updated_at"] = (NEWEST - timedelta(seconds=seconds)).isoformat()
    assert kinds(run_pull(stand_in, toy_workspace)) == ["written"] * 3
    run_pull(stand_in, toy_workspace)
    assert [sorted(each) for each in stand_in.asked] == [[1, 2, 3], [2, 3]]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("held", "gone", "outcome"),
    [
        (10, 3, "removed"),  # three may go, however few there are
        (10, 4, "needs-confirmation"),
        (40, 4, "removed"),  # a tenth may go
        (40, 5, "needs-confirmation"),
    ],
)
def test_three_documents_or_a_tenth_of_all_may_be_deleted_at_once_without_a_word(
    held: int, gone: int, outcome: str, stand_in: StandIn, toy_workspace: Workspace
) -> None:
    hold(stand_in, toy_workspace, 1, HARVEST, annotators=held)
    assert len(run_pull(stand_in, toy_workspace)) == held
    del stand_in.held[1]["annotations"][:gone]
    stand_in.held[1]["updated_at"] = (NEWEST + timedelta(seconds=1)).isoformat()
    outcomes = run_pull(stand_in, toy_workspace)
    assert [each for each in kinds(outcomes) if each != "unchanged"] == [outcome] * gone
    left = [each for each in toy_workspace.store.document_names() if "/user-" in each]
    assert len(left) == (held if outcome == "needs-confirmation" else held - gone)


class Watching(StandIn):
    """A server that notes whether the workspace was locked whenever it was asked."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self.lock = workspace.root / ".stancebank/lock"
        self.locked: list[bool] = []

    def __getattribute__(self, name: str) -> Any:
        if name in ("users", "projects", "tasks", "whole_tasks"):
            self.locked.append(self.lock.exists())
        return super().__getattribute__(name)


def test_a_pull_holds_the_lock_of_the_workspace_while_it_writes_and_never_while_it_waits(
    toy_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Watching(toy_workspace)
    for number, article_id in enumerate(ALL, start=1):
        hold(server, toy_workspace, number, article_id)
    locked = []
    write = Store.write_document

    def watch(store: Store, document: Document) -> bool:
        locked.append(server.lock.exists())
        return write(store, document)

    monkeypatch.setattr(Store, "write_document", watch)
    run_pull(server, toy_workspace)
    assert len(locked) == len(ALL)
    assert all(locked)
    assert len(server.locked) > 3
    assert not any(server.locked)
    with toy_workspace.store.alone("stancebank corpus add"):  # a dry run needs no lock
        run_pull(server, toy_workspace, dry_run=True, full=True)
        monkeypatch.setattr("stancebank.corpus.store.PATIENCE", 0.1)
        with pytest.raises(BusyError, match="`stancebank corpus add`"):
            run_pull(server, toy_workspace, full=True)
