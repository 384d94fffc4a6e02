"""What a workspace remembers of its projects on a server, and the lock around it.

Below the local folder, `projects/<project>/` holds:

- `bases.json`: what both sides last agreed on, see `Bases`.
- `cursor.json`: what the last pull has seen, see `Cursor`.
- `pulled.json`: when that was, see `stancebank.annotate.sync.changes`.
- `raw/<article>/<task>.json.gz`: each task as it last came, see `RawTasks`.
- `removed/<article>/`: earlier states of tasks and documents of which something was removed.
- `conflicts/<annotator>/<article>.json`: the server's version of documents in conflict.

These three are caches of knowledge: without `bases.json` and `cursor.json`, all tasks are fetched, equal sides agree
again, and sides that differ are a conflict; without `pulled.json`, all tasks are listed. Tasks hold the text of
articles: each file that is named for an article belongs to it, see `stancebank.corpus.withdraw`.
"""

import gzip
import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from stancebank.annotate.client import User
from stancebank.annotate.connection import local_folder
from stancebank.annotate.users import UserTable
from stancebank.corpus.adjudications import rename_in_adjudications
from stancebank.corpus.assignments import rename_annotator
from stancebank.corpus.store import is_id
from stancebank.corpus.suggestions import rename_in_suggestions
from stancebank.errors import ConflictError, InputError, WorkspaceError
from stancebank.model import Document, replace_spans, to_builtins
from stancebank.records import find_files, holding, read_json, to_json, write_bytes, write_text
from stancebank.text import sha256
from stancebank.workspace import Workspace

Json = dict[str, Any]

REPORTED = "reported.json"  # what a pull has told of open annotations, see `Reported`
PROJECTS = "projects"  # below the local folder
LOCK, BASES, CURSOR, PULLED = "lock", "bases.json", "cursor.json", "pulled.json"


@contextmanager
def lock_workspace(folder: Path, command: str, seconds: float = 5.0) -> Iterator[None]:
    """Let one push or pull at a time work with a server. It lasts as long as they do, across all waits for the server.

    Whatever they write here, they write under `Store.alone` as well, which is held for moments. folder: see
    `stancebank.annotate.connection.LOCAL`. command: push or pull. Raises BusyError if another process holds the lock
    for longer than some seconds. A lock ends with its process.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with holding(folder / LOCK, f"stancebank annotate {command}", seconds):
        yield


class SyncState:
    """The state of one project: `bases`, `cursor` and `raw` tasks. folder: of the project, below the local folder.

    refetch: take all tasks for changed.
    """

    def __init__(self, folder: Path, *, refetch: bool = False) -> None:
        self.folder = folder
        self.cursor = Cursor(folder, refetch=refetch)
        self.bases = Bases(folder)

    @cached_property
    def raw(self) -> "RawTasks":
        """The raw tasks, listed when they are first asked for."""
        return RawTasks(self.folder)

    def write(self) -> None:
        """Write the bases, then the cursor: a task counts as seen only once its agreement is written."""
        self.bases.write()
        self.cursor.write()


@dataclass(frozen=True, slots=True)
class Base:
    """What both sides had. document: fingerprint of its labels; updated_at: of the annotation, by the server.

    carried: whether a migration has changed the document since, and the annotation not.
    """

    document: str
    annotation: int
    updated_at: str
    carried: bool = False

    def is_as_carried(self, annotation: int, updated_at: str) -> bool:
        """Whether an annotation is still the one from before a migration.

        It lacks what the migration derived, and stands for what was agreed: the document was changed here alone.
        """
        return self.carried and (self.annotation, self.updated_at) == (annotation, updated_at)

    def row(self) -> dict[str, Any]:
        """Return what the file holds."""
        return {key: value for key, value in asdict(self).items() if key != "carried" or value}


class Bases:
    """What both sides had when they last agreed: for each document, a fingerprint and the annotation it came from.

    These bases tell a pull or a push which side has changed since. folder: of the project.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / BASES
        rows = read_json(self._path) if self._path.is_file() else {}
        self._bases = {name: Base(**row) for name, row in rows.items()}

    def get(self, article_id: str, annotator: str) -> Base | None:
        """Return what both sides had of an annotator's document."""
        return self._bases.get(f"{annotator}/{article_id}")

    def all(self) -> dict[tuple[str, str], Base]:
        """Return all bases, by article id and annotator."""
        split = ((name.partition("/"), base) for name, base in self._bases.items())
        return {(article, annotator): base for (annotator, _, article), base in split}

    def record(self, document: Document, annotation: int, updated_at: str) -> None:
        """Record that both sides now have this document. It is kept once `write` is called."""
        self._bases[f"{document.annotator}/{document.article_id}"] = Base(fingerprint(document), annotation, updated_at)

    def forget(self, article_id: str, annotator: str) -> None:
        """Record that neither side has the document any more."""
        self._bases.pop(f"{annotator}/{article_id}", None)

    def write(self) -> None:
        """Write the file, atomically."""
        write_text(self._path, to_json({name: base.row() for name, base in self._bases.items()}))


def fingerprint(document: Document) -> str:
    """Return a fingerprint of what an annotator marked: of a document without place, times and guideline version.

    From edition 2 on it leaves out the fingerprints of spans, which follow from the text and their places: a document
    whose text was missing at a migration keeps the older ones, and says the same.
    """
    if document.edition > 1:
        document = replace_spans(document, lambda span: replace(span, fingerprint=""))
    value = to_builtins(document)
    for key in ("created_at", "updated_at", "label_studio", "origin", "guideline_version", "gold", "retired"):
        value.pop(key, None)
    return sha256(to_json(value))


@dataclass(frozen=True, slots=True)
class Claim:
    """An annotation that stands for an annotator's document. updated_at: of the annotation, by the server."""

    article_id: str
    annotator: str
    annotation: int
    updated_at: str

    @property
    def age(self) -> tuple[str, int]:
        """The order of annotations: the newest is the greatest."""
        return self.updated_at, self.annotation


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
        try:
            value = read_json(self._path) if self._path.is_file() else {}
            self.names = {int(number): str(name) for number, name in value.get("names", {}).items()}
            for number, task in value.get("tasks", {}).items():
                self._times[int(number)] = "" if refetch else str(task["updated_at"])
                claims = [Claim(**claim) for claim in task["claims"]]
                self._claims[int(number)] = tuple(claim for claim in claims if is_id(claim.article_id))
        except (InputError, KeyError, TypeError, ValueError, AttributeError):
            self.names, self._times, self._claims = {}, {}, {}

    @property
    def times(self) -> dict[int, str]:
        """When each task was changed, as the last pull has seen it; "" while something of it is open."""
        return self._times

    def changed(self, times: dict[int, str]) -> list[int]:
        """Return the tasks whose time differs from the recorded one, by id."""
        return sorted(number for number, time in times.items() if self._times.get(number) != time)

    def record(self, task: int, updated_at: str, claims: Collection[Claim]) -> None:
        """Record what a task's annotations stand for. updated_at: "" while something of it is open."""
        self._times[task], self._claims[task] = updated_at, tuple(claims)

    def drop_missing(self, tasks: Collection[int]) -> list[int]:
        """Forget the tasks that are not among these, and return them."""
        missing = sorted(self._times.keys() - set(tasks))
        for number in missing:
            del self._times[number], self._claims[number]
        return missing

    def unfinished(self) -> list[int]:
        """Return the tasks of which something is open: rejected, in conflict, or not fetched yet."""
        return sorted(number for number, time in self._times.items() if not time)

    def forget_times(self) -> None:
        """Let all tasks be fetched."""
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
        found: dict[tuple[str, str], dict[int, Claim]] = {}
        origin: dict[tuple[str, str], int] = {}
        for number, claim in self.all():
            key = claim.article_id, claim.annotator
            of_tasks = found.setdefault(key, {})
            if number not in of_tasks or of_tasks[number].age < claim.age:
                of_tasks[number] = claim
            base = bases.get(*key) if bases is not None else None
            if base is not None and base.annotation == claim.annotation:
                origin[key] = number
        chosen = {key: origin.get(key, min(of_tasks)) for key, of_tasks in found.items()}
        return {key: (number, found[key][number]) for key, number in chosen.items()}

    def write(self) -> None:
        """Write the file, atomically."""
        tasks = {
            str(number): {"updated_at": time, "claims": [asdict(claim) for claim in self._claims[number]]}
            for number, time in self._times.items()
        }
        names = {str(number): name for number, name in self.names.items()}
        write_text(self._path, to_json({"names": names, "tasks": tasks}))


class Reported:
    """What pulls have told of annotations that are open, so that the next one tells what is new. Holds no words.

    folder: of the project.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / REPORTED
        try:
            value = read_json(self._path) if self._path.is_file() else {}
            self._told = {str(name): set(map(str, digests)) for name, digests in value.items()}
        except (InputError, TypeError, AttributeError):
            self._told = {}
        self._open: dict[str, set[str]] = {}

    def new(self, name: str, messages: Collection[str]) -> list[str]:
        """Return the messages that were not told before, and count all as told. name: of the annotation."""
        digests = {message: sha256(message)[:16] for message in messages}
        self._open.setdefault(name, set()).update(digests.values())
        return [message for message in messages if digests[message] not in self._told.get(name, ())]

    def write(self) -> None:
        """Write the file, atomically: what is no longer open is forgotten."""
        value = {name: sorted(digests) for name, digests in self._open.items() if digests}
        if value or self._path.is_file():
            write_text(self._path, to_json(value))


class RawTasks:
    """The tasks of one project as the server sent them, kept before anything is read out of them.

    folder: of the project.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._paths = {int(path.name.partition(".")[0]): path for path in find_files(folder / "raw", "*/*.json.gz")}

    def keep(self, task: Json) -> None:
        """Keep a task, atomically. If labels of its previous state are gone now, that state is archived first."""
        number = int(task["id"])
        path = self._folder / "raw" / article_folder(task) / f"{number}.json.gz"
        data = _compress(task)
        before = self._paths.get(number)
        if before == path and path.read_bytes() == data:
            return
        if before is not None:
            earlier = self.read(number)
            if earlier is not None and _items(earlier) - _items(task):
                archive_task(self._folder, earlier)
        write_bytes(path, data)
        if before is not None and before != path:
            before.unlink(missing_ok=True)
        self._paths[number] = path

    def read(self, number: int) -> Json | None:
        """Return a task as it last came; None if it never did, or the file is damaged."""
        path = self._paths.get(number)
        if path is None:
            return None
        try:
            return dict(json.loads(gzip.decompress(path.read_bytes())))
        except (OSError, EOFError, ValueError):
            return None

    def archive(self, number: int) -> None:
        """Move a task that was removed from the server to the removed ones."""
        task = self.read(number)
        if task is not None:
            archive_task(self._folder, task)
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


def _compress(task: Json) -> bytes:
    return gzip.compress(json.dumps(task, ensure_ascii=False, sort_keys=True).encode(), mtime=0)


def archive_task(folder: Path, task: Json) -> Path:
    """Keep a whole task below `removed/` of a project's folder, atomically, and return its path.

    States with other labels that were archived before stay beside it.
    """
    data = _compress(task)
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


def article_folder(task: Json) -> str:
    """Return the name of the folder for a task's article: its id, or `_unknown` if the task names none."""
    data = task.get("data")
    name = str(data.get("article_id") or "") if isinstance(data, dict) else ""
    return name if is_id(name) else "_unknown"


def count_labels(task: Json) -> int:
    """Return how many annotations, skipped ones included, and drafts of all users a whole task has."""
    return len(task.get("annotations") or ()) + len(task.get("drafts") or ())


@dataclass(frozen=True, slots=True)
class LocalDocument:
    """A document of this side. document: None if there is none, or it is unreadable; reason then says why."""

    document: Document | None
    reason: str = ""

    @property
    def fingerprint(self) -> str | None:
        """The fingerprint of its labels; if it is unreadable, one that no document has; None if there is none."""
        return self.reason or (fingerprint(self.document) if self.document is not None else None)


@dataclass(frozen=True, slots=True)
class LocalDocuments:
    """The documents here that belong to one project. folder: of the project."""

    workspace: Workspace
    folder: Path
    dry_run: bool

    def read(self, article_id: str, annotator: str) -> LocalDocument:
        """Return the document of an annotator."""
        store = self.workspace.store
        name = store.document_name(article_id, annotator)
        if not store.has(name):
            return LocalDocument(None)
        try:
            return LocalDocument(store.document(name))
        except WorkspaceError as error:
            return LocalDocument(None, str(error))

    def has(self, article_id: str, annotator: str) -> bool:
        """Whether there is a document of an annotator, readable or not."""
        return self.workspace.store.has_document(article_id, annotator)

    def write(self, there: Document) -> None:
        """Write the server's document in place of the one here."""
        self.clear_conflict(there.article_id, there.annotator)
        if not self.dry_run:
            self.workspace.store.write_document(there)

    def refresh(self, here: Document, there: Document) -> None:
        """Take over when and by whom an equal document was saved, if it is of the same annotation."""
        self.clear_conflict(there.article_id, there.annotator)
        ids = (here.label_studio, there.label_studio)
        if self.dry_run or None in ids or here.label_studio.annotation != there.label_studio.annotation:  # type: ignore[union-attr]
            return
        self.workspace.store.write_document(replace(here, updated_at=there.updated_at, label_studio=there.label_studio))

    def archive(self, article_id: str, annotator: str) -> None:
        """Keep a copy of the document of an annotator below `removed/`, as it is."""
        store = self.workspace.store
        if self.dry_run or (held := store.read(store.document_name(article_id, annotator))) is None:
            return
        data = held.decode("utf-8", "replace")
        name = f"{annotator}-{sha256(data)[:12]}.json"
        write_text(self.folder / "removed" / article_id / name, data)

    def remove(self, article_id: str, annotator: str) -> None:
        """Archive the document of an annotator, then remove it."""
        self.archive(article_id, annotator)
        self.clear_conflict(article_id, annotator)
        if not self.dry_run:
            self.workspace.store.remove([self.workspace.store.document_name(article_id, annotator)])

    def save_conflict(self, there: Document) -> None:
        """Keep the server's version of a document in conflict."""
        if not self.dry_run:
            write_text(self.conflict_path(there.article_id, there.annotator), to_json(to_builtins(there)))

    def clear_conflict(self, article_id: str, annotator: str) -> None:
        """Drop the server's version of a document that is no longer in conflict."""
        if not self.dry_run:
            self.conflict_path(article_id, annotator).unlink(missing_ok=True)

    def conflict_path(self, article_id: str, annotator: str) -> Path:
        """Return where the server's version of a document in conflict is kept."""
        return self.folder / "conflicts" / annotator / f"{article_id}.json"


def rename_user(workspace: Workspace, user: User, name: str) -> int:
    """Give an account a pseudonym, and move its documents, bases and assignments there; return how many documents.

    It can be interrupted and repeated: the table changes last. Raises ConflictError if the other folder has a document
    of the same article with other labels, or the name belongs to another account.
    """
    folder, store = local_folder(workspace), workspace.store
    with lock_workspace(folder, "users"), store.alone("stancebank annotate users"):
        table = UserTable(folder)
        old = table.name(user) or f"user-{user.id}"
        table.require_free(name, user)
        documents = [] if old == name else list(store.documents(old))
        for document in documents:
            other = store.find_document(document.article_id, name)
            if other is not None and fingerprint(other) != fingerprint(replace(document, annotator=name)):
                raise ConflictError(
                    f"{name} and {old} have different documents of {document.article_id}.\n"
                    "Hint: compare them with `stancebank annotate compare`, keep one, and run it again. "
                    "Nothing was changed."
                )
        for document in documents:
            store.write_document(replace(document, annotator=name))
            for project in find_files(folder / PROJECTS, "*/bases.json"):
                bases = Bases(project.parent)
                base = bases.get(document.article_id, old)
                if base is not None and base.document == fingerprint(document):
                    bases.record(replace(document, annotator=name), base.annotation, base.updated_at)
                if base is not None:
                    bases.forget(document.article_id, old)
                    bases.write()
            store.remove([store.document_name(document.article_id, old)])
        if documents:
            folder_of = {each: f"corpus/annotations/{each}/" for each in (old, name)}
            store.move_in_archives(lambda path: path.replace(folder_of[old], folder_of[name], 1))
            with suppress(OSError):  # where nothing else is left in it
                (store.root / "corpus/annotations" / old).rmdir()
        rename_annotator(store, old, name)
        if old != name:
            rename_in_adjudications(store, old, name)
            rename_in_suggestions(store, old, name)
        table.rename(user, name)
    return len(documents)
