"""Which tasks changed on a server since the last pull, by as few questions as that takes.

To list all tasks is most of what a pull costs where nothing changed. Instead a pull asks for the tasks that changed
since shortly before the last one, and compares the numbers of tasks and of annotations, which come with the project.
That suffices as long as the server's clock goes forward and its data are those of the last pull, or later:

- the window begins so early that it holds some tasks which the last pull has seen. One of them must be unchanged: so
  the data are not older than that task, and nothing that changed before it was undone. All that the last pull saw in
  the window must still be in it;
- the server says with each reply what time it is. Compared with a clock of this machine that nobody sets, that must be
  the same as at the last pull;
- there must be as many tasks and annotations as are known.

Where any of it does not hold, and once in `LISTED` in any case, all tasks are listed and compared one by one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from stancebank.annotate.client import TIME, Server
from stancebank.annotate.sync.cursor import PULLED, Cursor
from stancebank.annotate.sync.projects import Project
from stancebank.errors import InputError
from stancebank.records import read_json, to_json, write_text

OVERLAP = timedelta(seconds=60)  # a change may become visible later than its time says
LISTED = timedelta(days=1)  # from one complete list to the next
SEEN = 10  # tasks in the window that the last pull has seen, of which one must be unchanged
SET = 30.0  # seconds by which the server's clock may differ from what it was, to count as not set


@dataclass(frozen=True, slots=True)
class LastPull:
    """What is known of the last pull that was completed.

    at: when it began; listed: when a pull listed all tasks; both by the server's clock, ISO 8601. ahead: see
    `ServerTime`; None if the server does not say what time it is. unclaimed: annotations that the server counted, and
    that stand for no document.
    """

    at: str
    listed: str
    ahead: float | None
    unclaimed: int | None

    @property
    def began(self) -> datetime:
        """When it began."""
        return datetime.fromisoformat(self.at)

    def write(self, folder: Path) -> None:
        """Write the file, atomically. folder: of the project."""
        write_text(folder / PULLED, to_json(asdict(self)))


def read_last_pull(folder: Path) -> LastPull | None:
    """Return what is known of the last pull; None if nothing is. folder: of the project."""
    try:
        found = msgspec.convert(read_json(folder / PULLED), LastPull)
        is_clear = all(datetime.fromisoformat(each).tzinfo for each in (found.at, found.listed))
    except (OSError, InputError, ValueError):
        return None
    return found if is_clear else None


class TaskChanges:
    """What changed in a project since the last pull. It is made before anything else of the project is asked for.

    times: of all tasks, by id; "" for one that is open and has not changed. missing: tasks that are no longer there.
    """

    def __init__(self, server: Server, project: Project, cursor: Cursor, last: LastPull | None, *, full: bool) -> None:
        self._server, self._project, self._cursor = server, project, cursor
        self._last, self._now = last, server.now
        self.missing: list[int] = []
        self._moments: dict[int, datetime] = {}  # the times of those that have one
        self._is_whole = full or not self._may_ask_for_news()
        if not self._is_whole:
            self._moments = _parsed(cursor.times)
            news = self._news()
            self._is_whole = news is None
            self.times = cursor.times | (news or {})
            self._moments |= _parsed(news or {})
        if self._is_whole:
            self._list()

    def to_fetch(self) -> set[int]:
        """Return the tasks that changed, are open, or had changed so shortly before the last pull that it missed some.

        A change of a task becomes visible in parts, so what was fetched within `OVERLAP` of it is fetched once more.
        """
        moments = self._moments
        bound = self._last.began if self._last is not None else max(moments.values(), default=None)
        recent = {number for number, when in moments.items() if bound is not None and bound - when < OVERLAP}
        return {*self._cursor.changed(self.times), *self._cursor.unfinished(), *recent} & self.times.keys()

    def overlooked(self) -> set[int]:
        """Return the tasks to fetch after all, once what `to_fetch` says is in the cursor: mostly none.

        There are some if the annotations of the tasks are not as many as the server has: then all tasks are listed.
        """
        if self._is_whole or self._last is None or self._unclaimed() == self._last.unclaimed:
            return set()
        self._is_whole = True
        self._list()
        return set(self._cursor.changed(self.times)) - set(self._cursor.unfinished())

    def pulled(self) -> LastPull | None:
        """Return what is known of this pull once it is complete; None if nothing is known."""
        began = self._now.at if self._now is not None else max(self._moments.values(), default=None)
        if began is None:
            return None
        at = began.isoformat()
        listed = at if self._is_whole or self._last is None else self._last.listed
        return LastPull(at, listed, self._now.ahead if self._now is not None else None, self._unclaimed())

    def _may_ask_for_news(self) -> bool:
        """Whether the server and its clock are as at the last pull, as far as can be told without asking for tasks."""
        last, now = self._last, self._now
        if last is None or now is None or last.ahead is None or self._project.tasks is None:
            return False
        since_list = now.at - datetime.fromisoformat(last.listed)
        return abs(now.ahead - last.ahead) <= SET and timedelta(0) <= since_list < LISTED

    def _news(self) -> dict[int, str] | None:
        """Return the times of tasks that changed since shortly before the last pull; None if all have to be listed."""
        assert self._last is not None
        known = self._moments
        bound = self._last.began - OVERLAP
        earlier = sorted((when for when in known.values() if when < bound), reverse=True)[:SEEN]
        if not known:
            return None
        since = min([bound, *earlier])
        found = dict(_times(self._server, self._project, since))
        seen = {number for number, when in known.items() if when >= since}
        everything = self._cursor.times.keys() | found.keys()
        is_plausible = (
            seen <= found.keys()
            and any(found[number] == self._cursor.times[number] for number in seen)
            and len(everything) == self._project.tasks
        )
        return found if is_plausible else None

    def _list(self) -> None:
        self.times = dict(_times(self._server, self._project))
        self._moments = _parsed(self.times)
        self.missing += self._cursor.drop_missing(self.times)

    def _unclaimed(self) -> int | None:
        """Return how many annotations the server counted more than the tasks have that were fetched."""
        counted = self._project.annotations
        return None if counted is None else counted - sum(1 for _ in self._cursor.all())


def _times(server: Server, project: Project, since: datetime | None = None) -> Iterator[tuple[int, str]]:
    start = since.astimezone(UTC).strftime(TIME) if since is not None else None
    for task in server.tasks(project.id, ["updated_at"], start):
        yield int(task["id"]), str(task.get("updated_at") or "")


def _parsed(times: Mapping[int, str]) -> dict[int, datetime]:
    return {number: datetime.fromisoformat(when) for number, when in times.items() if when}
