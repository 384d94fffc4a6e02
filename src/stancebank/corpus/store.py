"""Where articles, their texts and their annotation documents lie.

Names below the root of a workspace, of files or of what another backend keeps (`stancebank.corpus.backend`):

- ``corpus/articles/<id>.json``: the records.
- ``corpus/texts/<id>.txt``: the words of articles whose policy is `full`; these may be committed.
- ``.stancebank/texts/<id>.txt``: all other words. The folder ignores itself in git.
- ``corpus/gold/<id>.json`` and ``corpus/annotations/<annotator>/<id>.json``: the documents.
- ``corpus/adjudications/<id>.json``: how the gold of an article was settled, statement by statement.
- ``corpus/entities.json`` and ``corpus/targets.json``: the registries.
- ``corpus/splits.csv``: the ledger of splits, a line for each article that was assigned to one.
- ``corpus/assignments.csv``: the ledger of who labels what (`stancebank.corpus.assignments`).
- ``corpus/samples/<name>.json``: plans of which articles are annotated (`stancebank.corpus.samples`).
- ``corpus/migrations/v1-v2.json``: what a migration of the scheme removed or changed.
- ``corpus/withdrawn/<id>.json``: what stays of articles that were taken out. ``.stancebank/withdrawn/`` has a second
  copy of each, which no git command takes away.

Every store takes the root and a name, and refuses a name that would lead out of its folder. A text lies in one of
the two places only: when the policy changes, it moves.
"""

import csv
import hashlib
import io
import os
import re
import tomllib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, cast

import msgspec

from stancebank.codes import CODES
from stancebank.commits import require_finished
from stancebank.corpus.backend import FILES, LOCAL, STORED, Backend, FileBackend, is_stored, is_stored_folder, place
from stancebank.errors import BusyError, ConflictError, InputError, WorkspaceError, list_some
from stancebank.model import (
    NO_SPLIT,
    SPLITS,
    Adjudication,
    Article,
    ArticleReadings,
    Document,
    EntityRegistry,
    Placement,
    Record,
    TargetRegistry,
    Withdrawal,
    from_builtins,
    is_of_people,
    to_builtins,
)
from stancebank.records import (
    decode_part,
    encode_text,
    from_json,
    holding,
    read_json,
    remove_unfinished,
    to_json,
    write_text,
)
from stancebank.schema.fields import Scheme, load_scheme
from stancebank.schema.validate import schema_folder
from stancebank.text import one_line, sha256

R = TypeVar("R", bound=Record)
P = TypeVar("P", bound=msgspec.Struct)

MAX_ID = 150  # characters of an id, so that every file system takes it as a file name
PUBLIC_TEXTS = "corpus/texts"
LOCAL_TEXTS = ".stancebank/texts"
WITHDRAWN = "corpus/withdrawn"
LOCAL_WITHDRAWN = ".stancebank/withdrawn"
MIGRATIONS = "corpus/migrations"
ADJUDICATIONS = "corpus/adjudications"
SUGGESTIONS = "corpus/suggestions"
SAMPLES = "corpus/samples"
LEDGER = "corpus/splits.csv"
LEDGER_HEAD = ("article_id", "split", "fold", "because")
"""The columns of the ledger of splits."""

_WRITTEN = ("corpus", "schema", "annotate", "releases", ".stancebank")
"""Folders of a workspace that files are written to."""

PATIENCE = 10.0  # seconds that a command waits for another one that writes
_TRIES = 20  # to lock a folder that others remove when they are done

_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Store:
    """What is kept in one workspace, by names as files have them there, such as ``corpus/gold/<id>.json``.

    root: the folder that holds stancebank.toml, resolved. schema: the version of the workspace's schema. records: those
    that need not be read, by name. kept_by: the backend that `open_backend` gave; None for files.
    """

    root: Path
    schema: str
    records: Mapping[str, Record] = field(default_factory=dict, compare=False, repr=False)
    kept_by: Backend | None = field(default=None, compare=False, repr=False)

    @property
    def backend(self) -> Backend:
        """What keeps the records: files, or what else the settings say."""
        return self.kept_by or FileBackend(self.root)

    def has(self, name: str) -> bool:
        """Whether there is anything of a name."""
        return self._keeping(name).has(name)

    def read(self, name: str) -> bytes | None:
        """Return what has a name, or None. Raises InputError where it is a pipe or a device."""
        return self._keeping(name).read(name)

    def names(self, folder: str) -> list[str]:
        """Return the names of JSON and text files in a folder and below it, sorted."""
        return (self.backend if is_stored_folder(folder) else FileBackend(self.root)).names(folder)

    def write(self, files: Mapping[str, bytes], gone: Collection[str] = (), *, whole: bool = True) -> set[str]:
        """Write some files and remove others, as `Backend.write` does. Return the names of what changed."""
        if any(each.startswith(f"{LOCAL_TEXTS}/") for each in files):
            self.keep_local_store_out_of_git()
        return self.backend.write(files, gone, whole=whole)

    def remove(self, names: Sequence[str]) -> None:
        """Remove what has these names: files that no backend keeps first, then the others, in this order."""
        kept = [name for name in names if is_stored(name)]
        for name in names:
            if not is_stored(name):
                place(self.root, name).unlink(missing_ok=True)
        self.backend.write({}, kept, whole=False)

    def require_removable(self, names: Iterable[str]) -> None:
        """Raise WorkspaceError where a file may not be removed."""
        for name in names:
            path = self.root / name
            if path.exists() and not os.access(path.parent, os.W_OK | os.X_OK):
                raise WorkspaceError(
                    f"{name} may not be removed.\nHint: see to the permissions of its folder. Nothing was removed."
                )

    def folders(self, folder: str) -> list[str]:
        """Return what the folders in a folder are called, sorted."""
        return (self.backend if is_stored_folder(folder) else FileBackend(self.root)).folders(folder)

    def has_suggestions(self) -> bool:
        """Whether engines have suggested anything, or there is a ledger of it."""
        return (self.root / SUGGESTIONS).is_dir() or bool(self.folders(SUGGESTIONS))

    def is_file(self, name: str) -> bool:
        """Whether a name is that of a file of the workspace, which git may hold; not so what is kept elsewhere."""
        return not is_stored(name) or isinstance(self.backend, FileBackend)

    def kept_elsewhere(self, *, local: bool = False) -> Iterator[tuple[str, bytes]]:
        """Yield what the backend keeps that is no file here. local: with words that stay on this machine."""
        if not isinstance(self.backend, FileBackend):
            for folder in STORED:
                if local or not folder.startswith(LOCAL):
                    yield from self.backend.read_all(self.backend.names(folder))

    def _keeping(self, name: str) -> Backend:
        return self.backend if is_stored(name) else FileBackend(self.root)

    @property
    def scheme(self) -> Scheme:
        """What the workspace means by a statement. Raises InputError where its schema does not say it."""
        return load_scheme(schema_folder(self.root, self.schema))

    def article_name(self, article_id: str) -> str:
        """Return what the record of an article is called. Raises InputError where the id is none."""
        return f"corpus/articles/{_id(article_id)}.json"

    def text_name(self, article: Article) -> str:
        """Return what the words of an article are called: with the corpus if they are free, else in the local store."""
        return f"{_texts(article)[0]}/{_id(article.id)}.txt"

    def document_name(self, article_id: str, annotator: str | None) -> str:
        """Return what a document is called: an annotator's, or the gold one where annotator is None."""
        return f"{_folder(annotator)}/{_id(article_id)}.json"

    def adjudication_name(self, article_id: str) -> str:
        """Return what the record is called of how the gold of an article was settled."""
        return f"{ADJUDICATIONS}/{_id(article_id)}.json"

    def has_article(self, article_id: str) -> bool:
        """Whether there is a record of an article."""
        return self.has(self.article_name(article_id))

    def has_text(self, article: Article) -> bool:
        """Whether the words of an article are at hand, whatever they are."""
        return self.has(self.text_name(article))

    def has_document(self, article_id: str, annotator: str | None) -> bool:
        """Whether there is a document: an annotator's, or the gold one where annotator is None."""
        return self.has(self.document_name(article_id, annotator))

    def article_ids(self) -> list[str]:
        """All article ids, sorted. Raises WorkspaceError where a file's name is no id."""
        return self._ids("corpus/articles")

    def gold_ids(self) -> list[str]:
        """Return the ids of the articles that have a gold document, sorted."""
        return self._ids(_folder(None))

    def article(self, article_id: str) -> Article:
        """Read a record. Raises InputError where there is none."""
        if (found := self._find(self.article_name(article_id), Article)) is None:
            if withdrawal := self.withdrawal(article_id):
                raise InputError(_withdrawn(withdrawal))
            known = self.article_ids()
            likely = get_close_matches(article_id, known, 1)
            hint = f"Did you mean {likely[0]!r}?" if likely else f"There are: {list_some(known, 5) or 'none yet'}."
            raise InputError(f"There is no article {article_id!r}. {hint}")
        return found

    def articles(self) -> Iterator[Article]:
        """All records, by id."""
        return self._records("corpus/articles", Article)

    def named_articles(self, ids: Sequence[str]) -> Iterator[tuple[str, Article]]:
        """Yield records with the ids that they are named for; without those that there are not. ids: of these."""
        names = [self.article_name(each) for each in ids]
        for name, data in self.backend.read_all(names) if names else ():
            article = _record(data, name, Article, self.schema, None)
            yield name.rpartition("/")[2].removesuffix(".json"), article

    def placements(self) -> dict[str, Placement]:
        """Return where each article stands in the splits, by its id; nothing where there is no ledger.

        Raises WorkspaceError where a line of `LEDGER` cannot be read, or an article has two.
        """
        found: dict[str, Placement] = {}
        for number, line in read_ledger(self.root, LEDGER, LEDGER_HEAD):
            name, split, fold, because = line if len(line) == len(LEDGER_HEAD) else ("", "", "", "")
            known = _ID.fullmatch(name) and split in (*SPLITS, NO_SPLIT) and re.fullmatch("[0-9]{0,3}", fold)
            if not known or name in found:
                why = "is an article a second time" if name in found else "is no article id, split, fold and reason"
                raise WorkspaceError(
                    f"Line {number} of {LEDGER} {why}: {one_line(','.join(line))}\n"
                    f"Hint: splits are {', '.join((*SPLITS, NO_SPLIT))}; `git diff {LEDGER}` shows what was edited."
                )
            found[name] = Placement(split, int(fold) if fold else None, because)
        return found

    def write_placements(self, placements: Mapping[str, Placement]) -> bool:
        """Write the ledger of splits, by article id. Return whether anything changed."""
        rows = [
            (_id(name), each.split, "" if each.fold is None else str(each.fold), one_line(each.because))
            for name, each in sorted(placements.items())
        ]
        return write_ledger(self.root, LEDGER, LEDGER_HEAD, rows)

    def text(self, article: Article) -> str | None:
        """Return the words of an article, or None where they are not at hand.

        Raises WorkspaceError where the file holds other words than those the record was made of.
        """
        name = self.text_name(article)
        if (data := self.read(name)) is None:
            return None
        try:
            text = data.decode()
        except UnicodeDecodeError:
            text = ""
        if sha256(text.replace("\r\n", "\n")) == article.text_sha256 != sha256(text):
            raise WorkspaceError(
                f"{name} has CRLF line ends, as git makes them with core.autocrlf.\nHint: {CODES['line-ends'].hint}."
            )
        if sha256(text) != article.text_sha256:
            raise WorkspaceError(
                f"{name} is not the text that the article's record describes.\n"
                "Hint: run `stancebank corpus hydrate DIR` with the copy that was annotated."
            )
        return text

    def documents(self, annotator: str | None) -> Iterator[Document]:
        """All documents of an annotator, or the gold ones where annotator is None, by article id."""
        return self._records(_folder(annotator), Document)

    def gold(self, article_id: str) -> Document | None:
        """Return the gold document of an article, if there is one."""
        return self.find_document(article_id, None)

    def find_document(self, article_id: str, annotator: str | None) -> Document | None:
        """Return a document, or None where there is none: an annotator's, or the gold one where annotator is None."""
        return self._find(self.document_name(article_id, annotator), Document)

    def document(self, name: str) -> Document:
        """Read the document of a name that `document_name` gave. Raises WorkspaceError where there is none."""
        return self._record(name, Document)

    def part(self, name: str, kind: type[P]) -> P:
        """Return those keys of a record that a struct has; all others are passed over, and take no memory.

        Raises WorkspaceError where there is no such record, InputError where it has not what the struct asks for.
        """
        if (data := self.read(name)) is None:
            raise _missing(name)
        return decode_part(data, name.rpartition("/")[2], kind)

    def value(self, name: str) -> Any | None:
        """Return what the JSON of a name holds, unchecked, or None. Raises InputError where it is no JSON."""
        data = self.read(name)
        return None if data is None else from_json(data, name.rpartition("/")[2], whole=True)

    def has_annotator(self, annotator: str) -> bool:
        """Whether somebody has a folder of documents. Raises InputError where the name cannot be that of one."""
        return _id(annotator) in self.folders("corpus/annotations")

    def annotators(self) -> list[str]:
        """Return who has a folder of documents, sorted. Raises WorkspaceError where one is not called as an id."""
        return [self._as_id("corpus/annotations", each) for each in self.backend.folders("corpus/annotations")]

    def all_documents(self) -> Iterator[Document]:
        """Gold and all annotators' documents."""
        for annotator in (None, *self.annotators()):
            yield from self.documents(annotator)

    def document_names(self) -> Iterator[str]:
        """Yield what gold and all annotators' documents are called, gold first, then by annotator and article."""
        for annotator in (None, *self.annotators()):
            yield from (self.document_name(each, annotator) for each in self._ids(_folder(annotator)))

    def names_of(self, article_id: str) -> Iterator[str]:
        """Yield what gold and all annotators' documents of one article are called, without a look at others."""
        names = (self.document_name(article_id, each) for each in (None, *self.annotators()))
        return (name for name in names if self.has(name))

    def readings(self, annotators: Collection[str] = (), least: int = 2) -> Iterator[ArticleReadings]:
        """Yield what annotators made of each article, of its present text, by article id.

        annotators: their names; none means all people, whoever made the reading, but no model. least: articles with
        fewer readings are left out.
        """
        found: dict[str, list[str]] = {}
        for annotator in self.annotators():
            if not annotators or annotator in annotators:
                for name in self._ids(_folder(annotator)):
                    found.setdefault(name, []).append(self.document_name(name, annotator))
        known = set(self.article_ids())
        zones = self.scheme.vocabularies.annotated_zones()
        for name in sorted(found.keys() & known):
            if len(found[name]) < least:
                continue
            article = self.article(name)
            text = article.text_sha256
            documents = [each for each in map(self.document, found[name]) if each.text_sha256 == text]
            people = [each for each in documents if annotators or is_of_people(each.origin)]
            if len(people) >= least:
                annotated = tuple((each.begin, each.end) for each in article.zones if each.zone in zones)
                yield ArticleReadings(name, tuple(sorted(people, key=lambda each: each.annotator)), annotated)

    def adjudicated(self) -> list[str]:
        """Return the ids of the articles whose gold has a record of how it was settled, sorted."""
        return self._ids(ADJUDICATIONS)

    def adjudication(self, article_id: str) -> Adjudication | None:
        """Return how the gold of an article was settled, if that is recorded."""
        return self._find(self.adjudication_name(article_id), Adjudication)

    def entities(self) -> EntityRegistry:
        """Read the entity registry."""
        return self._record("corpus/entities.json", EntityRegistry)

    def targets(self) -> TargetRegistry:
        """Read the target registry."""
        return self._record("corpus/targets.json", TargetRegistry)

    def withdrawal(self, article_id: str) -> Withdrawal | None:
        """Return the withdrawal of an article that counts: not one that was undone."""
        for folder in (WITHDRAWN, LOCAL_WITHDRAWN):
            if (withdrawal := self._find(f"{folder}/{_id(article_id)}.json", Withdrawal)) is not None:
                return withdrawal if withdrawal.lifted is None else None
        return None

    def withdrawals(self) -> Iterator[Withdrawal]:
        """All withdrawals, by article id, those undone too; the local copy where the file in corpus/ is gone."""
        here = set(self._ids(WITHDRAWN))
        for name in sorted(here | set(self._ids(LOCAL_WITHDRAWN))):
            yield self._record(f"{WITHDRAWN if name in here else LOCAL_WITHDRAWN}/{name}.json", Withdrawal)

    def write_withdrawal(self, withdrawal: Withdrawal) -> None:
        """Write a withdrawal to corpus/withdrawn/, and its copy to the local store."""
        self.keep_local_store_out_of_git()
        for folder in (WITHDRAWN, LOCAL_WITHDRAWN):
            write_text(place(self.root, f"{folder}/{_id(withdrawal.id)}.json"), to_json(to_builtins(withdrawal)))

    def _require_present(self, article_id: str) -> None:
        if withdrawal := self.withdrawal(article_id):
            raise ConflictError(f"{_withdrawn(withdrawal)} Nothing was written.")

    def write_article(self, article: Article, text: str) -> None:
        """Write an article as `write_articles` does."""
        self.write_articles([(article, text)])

    def write_articles(self, articles: Sequence[tuple[Article, str]]) -> None:
        """Write texts and records, each text before its record, which never stands without the words it was made of.

        The words that an article had before, here or in the other place for texts, go.
        """
        others: dict[str, set[str]] = {}
        files: dict[str, bytes] = {}
        withdrawn = {each.id: each for each in self.withdrawals() if each.lifted is None} if articles else {}
        for article, text in articles:
            if article.id in withdrawn:
                raise ConflictError(f"{_withdrawn(withdrawn[article.id])} Nothing was written.")
            name = self.article_name(article.id)
            before = self._find(name, Article, fresh=True)
            proofs = {article.text_sha256, before.text_sha256 if before else article.text_sha256}
            others[self._other_text(article)] = proofs
            files[self.text_name(article)] = encode_text(f"{article.id}.txt", text)
            files[name] = _encoded(name, article)
        self.write(files, self._words_gone(others), whole=False)

    def write_record(self, article: Article) -> bool:
        """Write a record alone, of an article whose words are not at hand. Return whether anything changed."""
        self._require_present(article.id)
        return self._write_one(self.article_name(article.id), article)

    def write_text(self, article: Article, text: str) -> bool:
        """Write the words of an article where its rights allow, and only there. Return whether anything changed."""
        self._require_present(article.id)
        gone = self._words_gone({self._other_text(article): {article.text_sha256}})
        return bool(self.write({self.text_name(article): encode_text(f"{article.id}.txt", text)}, gone, whole=False))

    def _other_text(self, article: Article) -> str:
        return f"{_texts(article)[1]}/{_id(article.id)}.txt"

    def _words_gone(self, proofs: Mapping[str, set[str]]) -> list[str]:
        """Return the texts of some names that have one of the SHA-256 given; others are not ours to remove."""
        held = ((name, self.read(name) if self.has(name) else None) for name in proofs)
        return [name for name, data in held if data is not None and hashlib.sha256(data).hexdigest() in proofs[name]]

    def write_document(self, document: Document) -> bool:
        """Write a document: with the gold if it is gold, else with its annotator. Return whether anything changed."""
        self._require_present(document.article_id)
        return self._write_one(self._name_of(document), document)

    def write_registry(
        self,
        registry: EntityRegistry | TargetRegistry,
        documents: Mapping[str, Document],
        adjudications: Iterable[Adjudication] = (),
    ) -> None:
        """Write a registry, then ledgers, then documents by their names; nothing where one file may not be written.

        The registry comes first: with its redirects, a document that was not reached yet still means the right entry.
        """
        ledgers = {self.adjudication_name(each.article_id): each for each in adjudications}
        records: dict[str, Record] = {f"corpus/{_kind_of(registry)}.json": registry, **ledgers, **documents}
        self.write({name: _encoded(name, record) for name, record in records.items()})

    def write_together(
        self,
        documents: Iterable[Document],
        registries: Iterable[EntityRegistry | TargetRegistry] = (),
        adjudications: Iterable[Adjudication] = (),
    ) -> None:
        """Write documents, the registries that have what they name, and how gold among them was settled.

        All is written or nothing, whenever the process dies.
        """
        records: dict[str, Record] = {f"corpus/{_kind_of(registry)}.json": registry for registry in registries}
        for document in documents:
            self._require_present(document.article_id)
            records[self._name_of(document)] = document
        for ledger in adjudications:
            records[self.adjudication_name(ledger.article_id)] = ledger
        self.write({name: _encoded(name, record) for name, record in records.items()})

    def _write_one(self, name: str, record: Record) -> bool:
        return bool(self.write({name: _encoded(name, record)}, whole=False))

    def _name_of(self, document: Document) -> str:
        return self.document_name(document.article_id, None if document.gold else document.annotator)

    def move_in_archives(self, move: Callable[[str], str | None]) -> None:
        """Let the archives of migrations follow documents.

        move: gives the new path of a document, None where it is gone; both are paths in the workspace.
        """
        for path in sorted((self.root / MIGRATIONS).glob("*.json")):
            archive = read_json(path)
            moved = [
                {**each, "file": place} for each in archive["entries"] if (place := move(each["file"])) is not None
            ]
            if moved != archive["entries"]:
                write_text(path, to_json({**archive, "entries": moved}))

    @contextmanager
    def alone(self, command: str, seconds: float | None = None, *, clears: bool = True) -> Iterator[None]:
        """Hold the lock of the workspace, for reading, deciding and writing; never across a wait for a server.

        command: what others are told who wait for it. Raises BusyError with the command and the process that hold it
        for longer than some seconds, ConflictError where the workspace was migrated since it was opened. A lock ends
        with its process, and leaves nothing behind. What killed commands left unfinished in the workspace is removed,
        unless clears is False, as it is for who has held the lock before: it takes a look at each file.
        """
        path = place(self.root, ".stancebank/lock")
        is_new = not path.parent.exists()
        with ExitStack() as stack:
            if is_new:  # whatever happens, the folder goes where nothing was put there
                stack.callback(_remove_empty, path.parent)
            for _ in range(_TRIES):
                with suppress(FileNotFoundError):  # another command that is done has removed the folder
                    self.keep_local_store_out_of_git()
                    stack.enter_context(holding(path, command, PATIENCE if seconds is None else seconds))
                    break
            else:
                raise BusyError("Other commands are writing in this workspace.\nHint: wait until they are done.")
            self.keep_local_store_out_of_git()
            if clears:
                remove_unfinished(self.root, *_WRITTEN)
            self.backend.settle()
            require_finished(self.root)
            self._require_same_version()
            try:
                yield
            finally:
                if is_new and all(each.name.startswith(("lock", ".gitignore")) for each in path.parent.iterdir()):
                    (path.parent / ".gitignore").unlink(missing_ok=True)

    def _require_same_version(self) -> None:
        """Raise ConflictError where the workspace was migrated after it was opened."""
        settings = self.root / "stancebank.toml"
        try:
            now = tomllib.loads(settings.read_bytes().decode("utf-8-sig")).get("workspace", {}).get("schema", "v1")
        except (OSError, ValueError, AttributeError):
            return
        if now != self.schema:
            raise ConflictError(
                f"This workspace follows schema {now} by now, since somebody has migrated it.\n"
                "Hint: run the command again. Nothing was changed."
            )

    def keep_local_store_out_of_git(self) -> None:
        """Lay .stancebank/ with a .gitignore that ignores all of it, itself included."""
        write_text(place(self.root, ".stancebank/.gitignore"), "*\n")

    def _ids(self, folder: str) -> list[str]:
        """Return the ids that records in a folder are named for, sorted."""
        names = (name.rpartition("/") for name in self.names(folder) if name.endswith(".json"))
        return sorted(self._as_id(folder, name.removesuffix(".json")) for within, _, name in names if within == folder)

    def _as_id(self, folder: str, name: str) -> str:
        if not is_id(name):
            file = name if folder == "corpus/annotations" else f"{name}.json"
            raise WorkspaceError(
                f"{folder}/{file} is not named for an id: lower-case letters and digits, joined by single "
                "hyphens.\nHint: rename it, or move it away."
            )
        return name

    def _records(self, folder: str, kind: type[R]) -> Iterator[R]:
        """Yield the records in a folder, by id."""
        names = [f"{folder}/{each}.json" for each in self._ids(folder)]
        if self.records:
            yield from (self._record(name, kind) for name in names)
        else:
            scheme = self._scheme_for(kind)
            for name, data in self._keeping(names[0]).read_all(names) if names else ():
                yield _record(data, name, kind, self.schema, scheme)

    def _record(self, name: str, kind: type[R]) -> R:
        if (found := self._find(name, kind)) is None:
            raise _missing(name)
        return found

    def _find(self, name: str, kind: type[R], *, fresh: bool = False) -> R | None:
        """Return a record, or None where there is none of that name. fresh: whether it is read though it is known."""
        known = None if fresh else self.records.get(name)
        if isinstance(known, kind):
            return known
        try:
            data = self.read(name)
        except InputError as error:
            raise _unreadable(name, error) from None
        return None if data is None else _record(data, name, kind, self.schema, self._scheme_for(kind))

    def _scheme_for(self, kind: type[Record]) -> Scheme | None:
        return self.scheme if kind is Document else None


def open_backend(root: Path, address: str) -> Backend:
    """Return what keeps the records of a workspace. root: of the workspace. address: as its settings say.

    Raises WorkspaceError where no table can lie there.
    """
    if address == FILES:
        return FileBackend(root)
    from stancebank.corpus.table import open_table

    return open_table(root, address)


def read_ledger(root: Path, name: str, head: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield the lines of a ledger with their numbers; none where it is not there.

    root: of the workspace. name: the ledger's path in it. head: its columns; a line may have more or fewer cells.
    Raises WorkspaceError where it is no such table.
    """
    path = root / name
    if not path.is_file():
        return
    try:
        told, *lines = csv.reader(path.read_bytes().decode("utf-8-sig").splitlines(), strict=True)
    except (ValueError, csv.Error) as error:  # no line at all, bytes that are no UTF-8, an open quotation mark
        raise WorkspaceError(f"{name} is no CSV file in UTF-8 with a header: {error}.") from None
    if told != list(head):
        raise WorkspaceError(f"{name} has the columns {', '.join(told)}, not {', '.join(head)}.")
    yield from enumerate(lines, 2)


def write_ledger(root: Path, name: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> bool:
    """Write a ledger that `read_ledger` reads. Return whether anything changed."""
    return write_text(place(root, name), ledger_text((head, *rows)))


def ledger_text(rows: Iterable[Sequence[str]]) -> str:
    """Return rows as they stand in a ledger, each with its line end."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _remove_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()


def _kind_of(registry: EntityRegistry | TargetRegistry) -> str:
    return "entities" if isinstance(registry, EntityRegistry) else "targets"


def _withdrawn(withdrawal: Withdrawal) -> str:
    return (
        f"{withdrawal.id} was withdrawn on {withdrawal.date}: {one_line(withdrawal.reason)}\n"
        f"Hint: leave it out; if it may be used again, say why: "
        f"`stancebank corpus withdraw {withdrawal.id} --undo --reason TEXT`."
    )


def _texts(article: Article) -> tuple[str, str]:
    """The folder where the words of an article belong, and the one where they do not."""
    return (PUBLIC_TEXTS, LOCAL_TEXTS) if article.rights.text_policy.shows_all else (LOCAL_TEXTS, PUBLIC_TEXTS)


def _folder(annotator: str | None) -> str:
    """The folder of an annotator's documents, or that of gold."""
    return "corpus/gold" if annotator is None else f"corpus/annotations/{_id(annotator)}"


def article_of(name: str) -> str:
    """Return the id of the article that a name speaks of, as that of a record, a text or a document."""
    return name.rpartition("/")[2].rpartition(".")[0]


def annotator_of(name: str) -> str | None:
    """Return whose document has a name; None for a gold one."""
    folder, _, annotator = name.rpartition("/")[0].rpartition("/")
    return annotator if folder == "corpus/annotations" else None


LONGEST_ANNOTATOR = 40
LONGEST_ARTICLE = 80
"""Characters of names that are given now: a path of theirs has 200 at most, and Windows takes 260 with the folder."""

LONGEST_PATH = 200

_DEVICES = frozenset(
    ("con", "prn", "aux", "nul", *(f"{kind}{number}" for kind in ("com", "lpt") for number in range(10)))
)


def is_reserved(name: str) -> bool:
    """Whether Windows takes a name, with any ending, for a device, or cannot keep its end."""
    return name.partition(".")[0].rstrip(" ").lower() in _DEVICES or name.endswith((".", " "))


def require_portable(name: str, longest: int = LONGEST_ANNOTATOR) -> None:
    """Raise InputError where a name is new and not one that files of every system can have."""
    if is_reserved(name):
        raise InputError(
            f"{name!r} is a reserved name on Windows, where no file can have it.\nHint: choose another one."
        )
    if len(name) > longest:
        raise InputError(
            f"{name[:longest]!r}... has {len(name)} characters; a new name has {longest} at most, so that every system "
            "takes its files.\nHint: choose a shorter one."
        )


def is_id(name: str) -> bool:
    """Whether a name is of the form that ids of articles and pseudonyms of annotators have."""
    return len(name) <= MAX_ID and _ID.fullmatch(name) is not None


def _id(name: str) -> str:
    if not is_id(name):
        shown = repr(name) if len(name) <= MAX_ID else f"{name[:40]!r}..."
        raise InputError(
            f"{shown} is no id: ids are lower-case letters and digits, joined by single hyphens, {MAX_ID} at most."
        )
    return name


def _encoded(name: str, record: Record) -> bytes:
    return encode_text(name.rpartition("/")[2], to_json(to_builtins(record)))


def _missing(name: str) -> WorkspaceError:
    folder, _, file = name.rpartition("/")
    return WorkspaceError(f"{file} is missing in {folder.rpartition('/')[2]}/.")


def _unreadable(name: str, error: Exception) -> WorkspaceError:
    return WorkspaceError(
        f"{_short(name)} cannot be read: {error}\nHint: run `stancebank check` and correct what it finds."
    )


def _short(name: str) -> str:
    """The last folder and the file of a name."""
    return "/".join(name.split("/")[-2:])


def _record(data: bytes, name: str, kind: type[R], schema: str, scheme: Scheme | None = None) -> R:
    try:
        value = from_json(data, name.rpartition("/")[2], whole=True)
        if isinstance(value, dict) and value.get("schema_version", schema) != schema:
            raise WorkspaceError(
                f"{_short(name)} follows schema {value['schema_version']!r}; this workspace follows "
                f"{schema!r}.\nHint: run `stancebank schema migrate`, which brings older files over; a newer one "
                "belongs to a workspace that was migrated."
            )
        return cast("R", scheme.read_document(value)) if scheme else from_builtins(value, kind)
    except (msgspec.ValidationError, InputError, KeyError, TypeError, AttributeError) as error:
        raise _unreadable(name, error) from None
