"""One push or pull at a time in a workspace: a second one waits a little, then says who is at it."""

import fcntl
import gzip
import json
import os
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from stancebank.annotate.client import User
from stancebank.annotate.connection import local_folder
from stancebank.annotate.users import Annotators
from stancebank.corpus.store import is_id
from stancebank.errors import ConflictError, InputError, WorkspaceError
from stancebank.model import Document, to_builtins
from stancebank.records import read_json, to_json, write_bytes, write_text
from stancebank.text import sha256
from stancebank.workspace import Workspace

PROJECTS = "projects"  # below the local folder
LOCK = "lock"


class BusyError(ConflictError):
    """Another push or pull is at work in the workspace."""


@contextmanager
def holding(folder: Path, what: str, seconds: float = 5.0) -> Iterator[None]:
    """Hold the lock of a workspace. folder: see `stancebank.annotate.connection.LOCAL`. what: push or pull.

    Raises BusyError where another one holds it longer than that. A lock dies with its process.
    """
    folder.mkdir(parents=True, exist_ok=True)
    end = time.monotonic() + seconds
    with (folder / LOCK).open("a+") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    file.seek(0)
                    who = file.read().strip() or "another process"
                    raise BusyError(f"{who} is at work in this workspace.\nHint: wait until it is done.") from None
                time.sleep(0.1)
        file.truncate(0)
        file.write(f"{what}, process {os.getpid()},")
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


BASES = "bases.json"


@dataclass(frozen=True, slots=True)
class Base:
    """What both sides had. document: fingerprint of its labels; updated_at: of the annotation, by the server."""

    document: str
    annotation: int
    updated_at: str


class Bases:
    """The bases of one project. folder: of the project in the local store."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / BASES
        rows = read_json(self._path) if self._path.is_file() else {}
        self._bases = {name: Base(**row) for name, row in rows.items()}

    def of(self, article_id: str, annotator: str) -> Base | None:
        """Return what both sides had of an annotator's document."""
        return self._bases.get(f"{annotator}/{article_id}")

    def all(self) -> dict[tuple[str, str], Base]:
        """Return all bases, by article id and annotator."""
        split = ((name.partition("/"), base) for name, base in self._bases.items())
        return {(article, annotator): base for (annotator, _, article), base in split}

    def agree(self, document: Document, annotation: int, updated_at: str) -> None:
        """Note that both sides have this document now. It is kept once `write` is called."""
        self._bases[f"{document.annotator}/{document.article_id}"] = Base(labels(document), annotation, updated_at)

    def forget(self, article_id: str, annotator: str) -> None:
        """Note that neither side has the document any more."""
        self._bases.pop(f"{annotator}/{article_id}", None)

    def write(self) -> None:
        """Keep the bases, wholly or not at all."""
        write_text(self._path, to_json({name: asdict(base) for name, base in self._bases.items()}))


def labels(document: Document) -> str:
    """Return a fingerprint of what an annotator marked: of a document without where, when and under which rules."""
    value = to_builtins(document)
    for key in ("created_at", "updated_at", "label_studio", "origin", "guideline_version", "gold", "retired"):
        value.pop(key, None)
    return sha256(to_json(value))


CURSOR = "cursor.json"


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
        self._path = folder / CURSOR
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


Json = dict[str, Any]


def count_labels(task: Json) -> int:
    """Return how many annotations, skipped ones too, and drafts of anybody a whole task has."""
    return len(task.get("annotations") or ()) + len(task.get("drafts") or ())


def article_folder(task: Json) -> str:
    """Return the name of the folder for what belongs to a task's article: its id, or ``_unknown`` where it has none."""
    data = task.get("data")
    name = str(data.get("article_id") or "") if isinstance(data, dict) else ""
    return name if is_id(name) else "_unknown"


def keep(folder: Path, task: Json) -> Path:
    """Keep a whole task below the folder of its project, wholly or not at all, and return where.

    A task that was kept before with other labels stays beside it.
    """
    data = gzip.compress(json.dumps(task, ensure_ascii=False, sort_keys=True).encode(), mtime=0)
    place = folder / "removed" / article_folder(task)
    number = 0
    while True:
        path = place / (f"{task['id']}.json.gz" if not number else f"{task['id']}-{number}.json.gz")
        if not path.exists():
            break
        if path.read_bytes() == data:
            return path
        number += 1
    write_bytes(path, data)
    return path


class RawTasks:
    """The raw tasks of one project. folder: of the project in the local store."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._paths = {int(path.name.partition(".")[0]): path for path in (folder / "raw").glob("*/*.json.gz")}

    def keep(self, task: Json) -> None:
        """Keep a task, wholly or not at all. Its state before stays, too, where labels of it are gone now."""
        number = int(task["id"])
        path = self._folder / "raw" / article_folder(task) / f"{number}.json.gz"
        data = gzip.compress(json.dumps(task, ensure_ascii=False, sort_keys=True).encode(), mtime=0)
        before = self._paths.get(number)
        if before == path and path.read_bytes() == data:
            return
        if before is not None:
            earlier = self.read(number)
            if earlier is not None and _items(earlier) - _items(task):
                keep(self._folder, earlier)
        write_bytes(path, data)
        if before is not None and before != path:
            before.unlink(missing_ok=True)
        self._paths[number] = path

    def read(self, number: int) -> Json | None:
        """Return a task as it came last; None where it never did, or the file is damaged."""
        path = self._paths.get(number)
        if path is None:
            return None
        try:
            return dict(json.loads(gzip.decompress(path.read_bytes())))
        except (OSError, EOFError, ValueError):
            return None

    def put_away(self, number: int) -> None:
        """Move a task that is gone from the server to those that were removed."""
        task = self.read(number)
        if task is not None:
            keep(self._folder, task)
        path = self._paths.pop(number, None)
        if path is not None:
            path.unlink(missing_ok=True)


def _items(task: Json) -> set[tuple[Any, str]]:
    """Return the items of all annotations, each with the annotation that it is in."""
    return {
        (annotation.get("id"), json.dumps(item, sort_keys=True))
        for annotation in task.get("annotations") or ()
        for item in annotation.get("result") or ()
    }


@dataclass(frozen=True, slots=True)
class Here:
    """A document of this side. document: None where there is none, or it is unreadable, as reason then says."""

    path: Path
    document: Document | None
    reason: str = ""

    @property
    def labels(self) -> str | None:
        """The fingerprint of its labels; of no document's where it is unreadable; None where there is none."""
        return self.reason or (labels(self.document) if self.document is not None else None)


@dataclass(frozen=True, slots=True)
class Keeping:
    """The documents that one project stands for. folder: of the project in the local store."""

    workspace: Workspace
    folder: Path
    dry_run: bool

    def read(self, article_id: str, annotator: str) -> Here:
        """Return what stands here."""
        store = self.workspace.store
        path = store.document_path(article_id, annotator)
        if not path.is_file():
            return Here(path, None)
        try:
            return Here(path, store.document(path))
        except WorkspaceError as error:
            return Here(path, None, str(error))

    def take(self, here: Here, there: Document) -> None:
        """Write the server's document in the place of the one here."""
        self.clear(there.article_id, there.annotator)
        if not self.dry_run:
            self.workspace.store.write_document(there)

    def refresh(self, here: Document, there: Document) -> None:
        """Take over when and by whom an equal document was saved, if it is of the same annotation."""
        self.clear(there.article_id, there.annotator)
        ids = (here.label_studio, there.label_studio)
        if self.dry_run or None in ids or here.label_studio.annotation != there.label_studio.annotation:  # type: ignore[union-attr]
            return
        self.workspace.store.write_document(replace(here, updated_at=there.updated_at, label_studio=there.label_studio))

    def put_away(self, here: Here, article_id: str, annotator: str) -> None:
        """Keep what stands here among the removed, as it stands."""
        if self.dry_run or not here.path.is_file():
            return
        data = here.path.read_bytes().decode("utf-8", "replace")
        name = f"{annotator}-{sha256(data)[:12]}.json"
        write_text(self.folder / "removed" / article_id / name, data)

    def remove(self, here: Here, article_id: str, annotator: str) -> None:
        """Put away what stands here, then remove it."""
        self.put_away(here, article_id, annotator)
        self.clear(article_id, annotator)
        if not self.dry_run:
            here.path.unlink(missing_ok=True)

    def dispute(self, there: Document) -> None:
        """Keep the server's version of a document in conflict."""
        if not self.dry_run:
            write_text(self._dispute(there.article_id, there.annotator), to_json(to_builtins(there)))

    def clear(self, article_id: str, annotator: str) -> None:
        """Drop the server's version of a document that is no longer in conflict."""
        if not self.dry_run:
            self._dispute(article_id, annotator).unlink(missing_ok=True)

    def _dispute(self, article_id: str, annotator: str) -> Path:
        return self.folder / "conflicts" / annotator / f"{article_id}.json"


def rename(workspace: Workspace, user: User, name: str) -> int:
    """Give an account a pseudonym and move its documents there. Return how many there were.

    It may be cut off at any moment and run again: the table changes last. Raises ConflictError where the other folder
    has a document of the same article with other labels, or the name belongs to another account.
    """
    folder, store = local_folder(workspace), workspace.store
    with holding(folder, "renaming"):
        table = Annotators(folder)
        old = table.name(user) or f"user-{user.id}"
        table.demand_free(name, user)
        documents = [] if old == name else list(store.documents(old))
        for document in documents:
            path = store.document_path(document.article_id, name)
            if path.is_file() and labels(store.document(path)) != labels(replace(document, annotator=name)):
                raise ConflictError(
                    f"{name} has another document of {document.article_id} than {old}.\n"
                    "Hint: compare them with `stancebank annotate compare`, keep one, and run it again. "
                    "Nothing was changed."
                )
        for document in documents:
            store.write_document(replace(document, annotator=name))
            for project in sorted((folder / PROJECTS).glob("*/bases.json")):
                bases = Bases(project.parent)
                base = bases.of(document.article_id, old)
                if base is not None and base.document == labels(document):
                    bases.agree(replace(document, annotator=name), base.annotation, base.updated_at)
                if base is not None:
                    bases.forget(document.article_id, old)
                    bases.write()
            store.document_path(document.article_id, old).unlink()
        if documents:
            place = store.document_path("any", old).parent
            if not any(place.iterdir()):
                place.rmdir()
        table.rename(user, name)
    return len(documents)
