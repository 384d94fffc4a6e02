"""What a pull asks for where little changed, and what makes it list all tasks; without a server."""

import json
from datetime import datetime, timedelta

import pytest

from stancebank.annotate.client import ServerTime, _server_time
from stancebank.annotate.sync.cursor import PULLED
from stancebank.workspace import Workspace
from tests.annotate.sync.pulling import ALL, ENVOY, HARVEST, MINISTER, kinds, path_of, run_pull
from tests.annotate.sync.test_pull_rules import NEWEST, StandIn, hold

AHEAD = 1000.0


class Timed(StandIn):
    """A server that says what time it is. Its tasks were changed an hour ago, one after another."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self.workspace = workspace
        for number, article_id in enumerate(ALL, start=1):
            hold(self, workspace, number, article_id)
            self.touch(number, -3600 + number)
        self.turn(0)

    def touch(self, task: int, seconds: float) -> None:
        """Let a task have changed at a time, in seconds after the first pull."""
        self.held[task]["updated_at"] = (NEWEST + timedelta(seconds=seconds)).isoformat()

    def turn(self, seconds: float, ahead: float = AHEAD) -> None:
        """Let it be so many seconds after the first pull. ahead: of the steady clock here."""
        self.now = ServerTime(NEWEST + timedelta(seconds=seconds), ahead)

    def pull(self) -> tuple[list[str], list[int], int]:
        """Pull, and return what came of it, the tasks that were fetched, and how often all were listed."""
        del self.asked[:], self.listed[:]
        found = kinds(run_pull(self, self.workspace))
        return found, sorted(number for call in self.asked for number in call), self.listed.count(None)


@pytest.fixture
def timed(toy_workspace: Workspace) -> Timed:
    """A server of which all was pulled once."""
    made = Timed(toy_workspace)
    assert made.pull() == (["written"] * 3, [1, 2, 3], 1)
    made.turn(300)
    return made


def say_again(timed: Timed, task: int, stance: str) -> None:
    """Let the annotator change a stance in a task."""
    (annotation,) = timed.held[task]["annotations"]
    changed = json.loads(json.dumps(annotation))
    for item in changed["result"]:
        if item.get("from_name") == "stance":
            item["value"]["choices"] = [stance]
    timed.held[task]["annotations"] = [changed]


def test_a_pull_with_nothing_to_do_asks_for_news_alone_and_fetches_and_writes_nothing(timed: Timed) -> None:
    folder = timed.workspace.root / ".stancebank"
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
    assert timed.pull() == ([], [], 0)
    assert len(timed.listed) == 1
    after = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
    assert {path.name for path in after if after[path] != before.get(path)} <= {PULLED, "lock"}


def test_only_what_changed_is_fetched_and_once_more_within_a_minute(timed: Timed) -> None:
    timed.touch(2, 290)
    say_again(timed, 2, "doubt")
    assert timed.pull() == (["written"], [2], 0)
    timed.turn(310)
    assert timed.pull() == (["unchanged"], [2], 0)  # it may have become visible in parts
    timed.turn(400)
    assert timed.pull() == (["unchanged"], [2], 0)
    timed.turn(500)
    assert timed.pull() == ([], [], 0)


def test_a_change_that_becomes_visible_later_than_its_time_says_is_seen(timed: Timed) -> None:
    assert timed.pull() == ([], [], 0)
    timed.turn(310)
    timed.touch(1, 280)  # before the last pull
    say_again(timed, 1, "doubt")
    assert timed.pull() == (["written"], [1], 0)


def test_what_was_fetched_by_a_pull_that_was_killed_counts_as_recent(timed: Timed) -> None:
    timed.touch(3, 299)
    (folder,) = timed.workspace.root.glob(".stancebank/label-studio/projects/*")
    last = (folder / PULLED).read_bytes()
    assert timed.pull()[1] == [3]
    (folder / PULLED).write_bytes(last)  # which is written at the end
    timed.turn(900)
    assert timed.pull() == (["unchanged"], [3], 0)


def test_a_task_that_was_deleted_or_put_in_the_place_of_another_is_missed(timed: Timed) -> None:
    gone = timed.held.pop(1)
    assert timed.pull() == (["removed"], [], 1)
    assert not path_of(timed.workspace, ENVOY, "user-101").exists()
    timed.turn(600)
    del timed.held[2]
    timed.held[9] = gone | {"id": 9}
    timed.touch(9, 500)
    assert timed.pull() == (["removed", "written"], [9], 1)
    assert not path_of(timed.workspace, MINISTER, "user-101").exists()


def test_a_database_put_back_to_an_older_state_is_listed(timed: Timed) -> None:
    older = json.loads(json.dumps(timed.held))
    for number, seconds in ((1, 100), (2, 200), (3, 250)):
        timed.touch(number, seconds)
        say_again(timed, number, "doubt")
    assert timed.pull() == (["unchanged", "written", "written"], [1, 2, 3], 1)  # the harvest has no stance
    timed.held = {int(number): task for number, task in older.items()}
    timed.touch(3, 500)  # changed since
    timed.turn(600)
    assert timed.pull() == (["unchanged", "written", "written"], [1, 2, 3], 1)


def test_a_clock_of_the_server_that_was_set_back_or_forward_makes_a_pull_list_all(timed: Timed) -> None:
    timed.turn(300, AHEAD - 3000)
    timed.touch(1, -3605)  # while the clock was wrong
    say_again(timed, 1, "doubt")
    assert timed.pull() == (["written"], [1], 1)
    assert timed.pull() == ([], [], 0)
    timed.turn(600, AHEAD + 60)
    assert timed.pull() == ([], [], 1)
    timed.turn(-900, AHEAD + 60)  # before the last list
    assert timed.pull()[2] == 1


def test_an_annotation_that_comes_or_goes_at_a_wrong_time_is_seen_by_the_number_of_annotations(timed: Timed) -> None:
    (first,) = timed.held[1]["annotations"]
    timed.held[1]["annotations"] = []
    timed.touch(1, -7200)
    for other in (2, 3):  # so that the window does not reach back
        timed.touch(other, 250 + other)
    assert timed.pull() == (["removed", "unchanged", "unchanged"], [1, 2, 3], 1)
    timed.held[1]["annotations"] = [first]
    timed.touch(1, -7100)
    assert timed.pull()[0].count("written") == 1


def test_once_a_day_all_tasks_are_listed(timed: Timed) -> None:
    timed.turn(86_399)
    assert timed.pull() == ([], [], 0)
    timed.turn(86_400)
    assert timed.pull() == ([], [], 1)
    timed.turn(90_000)
    assert timed.pull() == ([], [], 0)


def test_without_a_record_of_the_last_pull_all_tasks_are_listed(timed: Timed) -> None:
    (path,) = timed.workspace.root.rglob(PULLED)
    for content in (b"", b"[]", b'{"at": "now", "listed": "now", "ahead": 1.0, "unclaimed": 0}'):
        path.write_bytes(content)
        assert timed.pull()[2] == 1
    path.unlink()
    assert timed.pull()[2] == 1
    assert timed.pull()[2] == 0


def test_a_server_that_does_not_say_what_time_it_is_is_listed_each_time(timed: Timed) -> None:
    timed.now = None
    assert timed.pull()[2] == 1
    assert timed.pull()[2] == 1


def test_an_open_task_is_fetched_until_it_is_mended(timed: Timed) -> None:
    words = timed.held[3]["data"]["text"]
    timed.held[3]["data"]["text"] = "Other words."
    timed.touch(3, 200)
    assert timed.pull() == (["rejected"], [3], 0)
    timed.turn(600)
    assert timed.pull() == (["rejected"], [3], 0)
    timed.held[3]["data"]["text"] = words
    timed.touch(3, 590)
    assert timed.pull() == (["unchanged"], [3], 0)
    timed.turn(900)
    assert timed.pull() == (["unchanged"], [3], 0)
    assert timed.pull() == ([], [], 0)
    assert path_of(timed.workspace, HARVEST, "user-101").exists()


@pytest.mark.parametrize("header", ["", "yesterday", "Tue, 12 Feb 2031 08:30:00"])
def test_a_time_without_a_zone_is_none(header: str) -> None:
    assert _server_time(header) is None


def test_the_time_of_a_server_is_read_from_its_replies() -> None:
    found = _server_time("Wed, 12 Feb 2031 08:30:00 GMT")
    assert found is not None
    assert found.at == datetime.fromisoformat("2031-02-12T08:30:00Z")
