"""What the last pull has seen of a project: each task's time, and which documents its annotations stand for.

A task whose time is the one noted here is not fetched again. The note is made after everything of the task is
written, and not at all while anything of it is open, so that a pull that broke off does the rest, and what was
rejected or is in conflict is said each time. The file is a memory, not a truth: without it all tasks are fetched.
"""

from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from stancebank.errors import InputError
from stancebank.records import read_json, to_json, write_text

FILE = "cursor.json"


@dataclass(frozen=True, slots=True)
class Claim:
    """An annotation that stands for an annotator's document. updated_at: of the annotation, by the server."""

    article_id: str
    annotator: str
    annotation: int
    updated_at: str

    @property
    def age(self) -> tuple[str, int]:
        """What orders annotations: the newest is the greatest."""
        return self.updated_at, self.annotation


class Memory:
    """The memory of one project. folder: of the project in the local store. names: pseudonyms by user id."""

    def __init__(self, folder: Path, *, empty: bool = False) -> None:
        self._path = folder / FILE
        self.names: dict[int, str] = {}
        self._times: dict[int, str] = {}
        self._claims: dict[int, tuple[Claim, ...]] = {}
        try:
            value = read_json(self._path) if self._path.is_file() else {}
            self.names = {int(number): str(name) for number, name in value.get("names", {}).items()}
            for number, task in value.get("tasks", {}).items():
                self._times[int(number)] = "" if empty else str(task["updated_at"])
                self._claims[int(number)] = tuple(Claim(**claim) for claim in task["claims"])
        except (InputError, KeyError, TypeError, ValueError, AttributeError):
            self.names, self._times, self._claims = {}, {}, {}

    def changed(self, times: dict[int, str]) -> list[int]:
        """Return the tasks whose time is another than the one noted, by id."""
        return sorted(number for number, time in times.items() if self._times.get(number) != time)

    def settle(self, task: int, updated_at: str, claims: Collection[Claim]) -> None:
        """Note what a task's annotations stand for. updated_at: "" where something of it is open."""
        self._times[task], self._claims[task] = updated_at, tuple(claims)

    def drop_missing(self, tasks: Collection[int]) -> list[int]:
        """Forget the tasks that are not among these, and return them."""
        gone = sorted(self._times.keys() - set(tasks))
        for number in gone:
            del self._times[number], self._claims[number]
        return gone

    def forget_times(self) -> None:
        """See to it that all tasks are fetched."""
        self._times = dict.fromkeys(self._times, "")

    def owners(self) -> dict[int, str]:
        """Return who made each annotation that was seen, so that an account may go and its name stays."""
        return {claim.annotation: claim.annotator for _, claim in self.all()}

    def all(self) -> Iterator[tuple[int, Claim]]:
        """Yield all claims, each with its task."""
        for number, claims in self._claims.items():
            for claim in claims:
                yield number, claim

    def newest(self) -> dict[tuple[str, str], tuple[int, Claim]]:
        """Return the newest claim of every article and annotator, with its task."""
        found: dict[tuple[str, str], tuple[int, Claim]] = {}
        for number, claim in self.all():
            key = claim.article_id, claim.annotator
            if key not in found or found[key][1].age < claim.age:
                found[key] = number, claim
        return found

    def write(self) -> None:
        """Keep it, wholly or not at all."""
        tasks = {
            str(number): {"updated_at": time, "claims": [asdict(claim) for claim in self._claims[number]]}
            for number, time in self._times.items()
        }
        names = {str(number): name for number, name in self.names.items()}
        write_text(self._path, to_json({"names": names, "tasks": tasks}))
