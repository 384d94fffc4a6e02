"""What the last pull has seen of a project: the time of each task, and what its annotations stand for."""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import msgspec

from stancebank.annotate.sync.bases import Bases
from stancebank.corpus.store import is_id
from stancebank.errors import InputError
from stancebank.records import read_part, to_json, write_text

CURSOR, PULLED = "cursor.json", "pulled.json"  # in the folder of a project; the second says when the last pull was


class Claim(msgspec.Struct, frozen=True, gc=False):
    """An annotation that stands for an annotator's document. updated_at: of the annotation, by the server."""

    article_id: str
    annotator: str
    annotation: int
    updated_at: str

    @property
    def age(self) -> tuple[str, int]:
        """The order of annotations: the newest is the greatest."""
        return self.updated_at, self.annotation

    def row(self) -> dict[str, Any]:
        """Return what the file holds."""
        return {
            "article_id": self.article_id,
            "annotator": self.annotator,
            "annotation": self.annotation,
            "updated_at": self.updated_at,
        }


class _OfTask(msgspec.Struct):
    updated_at: str
    claims: tuple[Claim, ...]


class _OfProject(msgspec.Struct):
    names: dict[int, str] = {}
    tasks: dict[int, _OfTask] = {}


class Cursor:
    """What the last pull has seen of a project: the time of each task, and which documents its annotations stand for.

    A task whose time is recorded here is not fetched again. It is recorded after everything of the task is written,
    and not at all while anything of it is open: so a pull that was interrupted does the rest, and what was rejected or
    is in conflict is reported each time. folder: of the project. names: pseudonyms by user id.
    """

    def __init__(self, folder: Path, *, refetch: bool = False) -> None:
        self._path = folder / CURSOR
        self.names: dict[int, str] = {}
        self._times: dict[int, str] = {}
        self._claims: dict[int, tuple[Claim, ...]] = {}
        self._newest: tuple[tuple[int, Bases | None, int], dict[tuple[str, str], tuple[int, Claim]]] | None = None
        self._changes = 0
        self._kept: dict[int, str] | None = None  # the names in the file; None where it has to be written in any case
        try:
            found = read_part(self._path, _OfProject) if self._path.is_file() else _OfProject()
        except InputError:
            return
        self.names = dict(found.names)
        self._kept = found.names if self._path.is_file() and not refetch else None
        for number, task in found.tasks.items():
            self._times[number] = "" if refetch else task.updated_at
            self._claims[number] = tuple(claim for claim in task.claims if is_id(claim.article_id))

    @property
    def times(self) -> dict[int, str]:
        """When each task was changed, as the last pull has seen it; "" while something of it is open."""
        return self._times

    @property
    def is_changed(self) -> bool:
        """Whether `write` has anything to write."""
        return bool(self._changes) or self._kept != self.names

    def changed(self, times: dict[int, str]) -> list[int]:
        """Return the tasks whose time differs from the recorded one, by id."""
        return sorted(number for number, time in times.items() if self._times.get(number) != time)

    def record(self, task: int, updated_at: str, claims: Collection[Claim]) -> None:
        """Record what a task's annotations stand for. updated_at: "" while something of it is open."""
        self._changes += 1
        self._times[task], self._claims[task] = updated_at, tuple(claims)

    def drop_missing(self, tasks: Collection[int]) -> list[int]:
        """Forget the tasks that are not among these, and return them."""
        missing = sorted(self._times.keys() - set(tasks))
        for number in missing:
            del self._times[number], self._claims[number]
            self._changes += 1
        return missing

    def unfinished(self) -> list[int]:
        """Return the tasks of which something is open: rejected, in conflict, or not fetched yet."""
        return sorted(number for number, time in self._times.items() if not time)

    def forget_times(self) -> None:
        """Let all tasks be fetched."""
        self._changes += 1
        self._times = dict.fromkeys(self._times, "")

    def owners(self) -> dict[int, str]:
        """Return who made each annotation that was seen, so that a name outlives its account."""
        return {claim.annotation: claim.annotator for _, claim in self.all()}

    def of_task(self, task: int) -> tuple[Claim, ...]:
        """Return the claims of a task."""
        return self._claims.get(task, ())

    def is_settled(self, task: int, updated_at: str) -> bool:
        """Whether a task was taken over as it was at a time, with nothing of it open."""
        return bool(updated_at) and self._times.get(task) == updated_at

    def all(self) -> Iterator[tuple[int, Claim]]:
        """Yield all claims, each with its task."""
        for number, claims in self._claims.items():
            for claim in claims:
                yield number, claim

    def newest(self, bases: Bases | None = None) -> dict[tuple[str, str], tuple[int, Claim]]:
        """Return the claim that stands for each article and annotator, with its task: the newest of that task.

        Where an annotator has labelled several tasks of an article, it is the task that the document here came from,
        by the bases, else the first one: a double never takes its place.
        """
        state = self._changes, bases, bases.changes if bases is not None else 0
        if self._newest is None or self._newest[0] != state:
            self._newest = state, self._find_newest(bases)
        return self._newest[1]

    def _find_newest(self, bases: Bases | None) -> dict[tuple[str, str], tuple[int, Claim]]:
        found: dict[tuple[str, str], tuple[int, Claim]] = {}
        doubled: set[tuple[str, str]] = set()
        for number, claim in self.all():
            key = claim.article_id, claim.annotator
            before = found.setdefault(key, (number, claim))
            if before[0] != number:
                doubled.add(key)
            elif before[1].age < claim.age:
                found[key] = number, claim
        if doubled:
            of_tasks: dict[tuple[str, str], dict[int, Claim]] = {}
            origin: dict[tuple[str, str], int] = {}
            for number, claim in self.all():
                key = claim.article_id, claim.annotator
                if key in doubled:
                    several = of_tasks.setdefault(key, {})
                    if number not in several or several[number].age < claim.age:
                        several[number] = claim
                    base = bases.get(*key) if bases is not None else None
                    if base is not None and base.annotation == claim.annotation:
                        origin[key] = number
            for key, several in of_tasks.items():
                chosen = origin.get(key, min(several))
                found[key] = chosen, several[chosen]
        return found

    def write(self) -> None:
        """Write the file, atomically, if anything was changed."""
        if not self.is_changed:
            return
        tasks = {
            str(number): {"updated_at": time, "claims": [claim.row() for claim in self._claims[number]]}
            for number, time in self._times.items()
        }
        names = {str(number): name for number, name in self.names.items()}
        write_text(self._path, to_json({"names": names, "tasks": tasks}))
