"""What a workspace remembers of its projects on a server, and the lock around it.

Below the local folder, `projects/<project>/` holds:

- `bases.json`: what both sides last agreed on, see `stancebank.annotate.sync.bases`.
- `cursor.json`: what the last pull has seen, see `stancebank.annotate.sync.cursor`.
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
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from stancebank.annotate.client import User
from stancebank.annotate.connection import local_folder
from stancebank.annotate.sync.bases import Bases, fingerprint
from stancebank.annotate.sync.cursor import Cursor
from stancebank.annotate.users import UserTable
from stancebank.corpus.adjudications import rename_in_adjudications
from stancebank.corpus.assignments import rename_annotator
from stancebank.corpus.store import is_id
from stancebank.corpus.suggestions import rename_in_suggestions
from stancebank.errors import ConflictError, InputError, WorkspaceError
from stancebank.model import Document, to_builtins
from stancebank.records import find_files, holding, read_json, to_json, write_bytes, write_text
from stancebank.text import sha256
from stancebank.workspace import Workspace

Json = dict[str, Any]

REPORTED = "reported.json"  # what a pull has told of open annotations, see `Reported`
PROJECTS = "projects"  # below the local folder
LOCK = "lock"


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

    def lacking(self, wanted: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
        """Return of which articles and annotators there is no document, readable or not."""
        store = self.workspace.store
        there: dict[str, tuple[str, frozenset[str]]] = {}  # the folder of each annotator, and what is in it
        found = set()
        for article_id, annotator in wanted:
            if annotator not in there:
                folder = store.document_name(article_id, annotator).rpartition("/")[0]
                there[annotator] = folder, frozenset(store.names(folder))
            folder, names = there[annotator]
            if f"{folder}/{article_id}.json" not in names:
                found.add((article_id, annotator))
        return found

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
