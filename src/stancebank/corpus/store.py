"""Where articles, their texts and their annotation documents lie.

Below the root of a workspace:

- ``corpus/articles/<id>.json``: the records.
- ``corpus/texts/<id>.txt``: the words of articles whose policy is `full`; these may be committed.
- ``.stancebank/texts/<id>.txt``: all other words. The folder ignores itself in git.
- ``corpus/gold/<id>.json`` and ``corpus/annotations/<annotator>/<id>.json``: the documents.
- ``corpus/adjudications/<id>.json``: how the gold of an article was settled, statement by statement.
- ``corpus/entities.json`` and ``corpus/targets.json``: the registries.
- ``corpus/splits.csv``: the ledger of splits, a line for each article that was assigned to one.
- ``corpus/assignments.csv``: the ledger of who labels what (`stancebank.corpus.assignments`).
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
from typing import TypeVar, cast

import msgspec

from stancebank.codes import CODES
from stancebank.commits import commit_files, complete_commit, discard_staged, require_finished, stage_files
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
from stancebank.records import holding, holds, read_json, remove_unfinished, to_json, write_text, write_texts
from stancebank.schema.fields import Scheme, load_scheme
from stancebank.schema.validate import schema_folder
from stancebank.text import one_line, sha256

R = TypeVar("R", bound=Record)

MAX_ID = 150  # characters of an id, so that every file system takes it as a file name
PUBLIC_TEXTS = "corpus/texts"
LOCAL_TEXTS = ".stancebank/texts"
WITHDRAWN = "corpus/withdrawn"
LOCAL_WITHDRAWN = ".stancebank/withdrawn"
MIGRATIONS = "corpus/migrations"
ADJUDICATIONS = "corpus/adjudications"
SUGGESTIONS = "corpus/suggestions"
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
    """The files of one workspace.

    root: the folder that holds stancebank.toml, resolved. schema: the version of the workspace's schema. records: those
    that need not be read, by absolute path.
    """

    root: Path
    schema: str
    records: Mapping[Path, Record] = field(default_factory=dict, compare=False, repr=False)

    @property
    def scheme(self) -> Scheme:
        """What the workspace means by a statement. Raises InputError where its schema does not say it."""
        return load_scheme(schema_folder(self.root, self.schema))

    def article_path(self, article_id: str) -> Path:
        """Where the record of an article lies."""
        return self._place("corpus/articles", f"{_id(article_id)}.json")

    def text_path(self, article: Article) -> Path:
        """Where the words of an article lie: with the corpus if they are free, else in the local store."""
        return self._place(_texts(article)[0], f"{_id(article.id)}.txt")

    def document_path(self, article_id: str, annotator: str | None) -> Path:
        """Where a document lies: an annotator's, or the gold one where annotator is None."""
        folder = "corpus/gold" if annotator is None else f"corpus/annotations/{_id(annotator)}"
        return self._place(folder, f"{_id(article_id)}.json")

    def article_ids(self) -> list[str]:
        """All article ids, sorted. Raises WorkspaceError where a file's name is no id."""
        return self._names("corpus/articles", "*.json")

    def article(self, article_id: str) -> Article:
        """Read a record. Raises InputError where there is none."""
        path = self.article_path(article_id)
        if not path.is_file():
            if withdrawal := self.withdrawal(article_id):
                raise InputError(_withdrawn(withdrawal))
            known = self.article_ids()
            likely = get_close_matches(article_id, known, 1)
            hint = f"Did you mean {likely[0]!r}?" if likely else f"There are: {list_some(known, 5) or 'none yet'}."
            raise InputError(f"There is no article {article_id!r}. {hint}")
        return self._record(path, Article)

    def articles(self) -> Iterator[Article]:
        """All records, by id."""
        return (self.article(article_id) for article_id in self.article_ids())

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
        path = self.text_path(article)
        if not path.is_file():
            return None
        try:
            text = path.read_bytes().decode()
        except UnicodeDecodeError:
            text = ""
        if sha256(text.replace("\r\n", "\n")) == article.text_sha256 != sha256(text):
            raise WorkspaceError(
                f"{path.relative_to(self.root)} has CRLF line ends, as git makes them with core.autocrlf.\n"
                f"Hint: {CODES['line-ends'].hint}."
            )
        if sha256(text) != article.text_sha256:
            raise WorkspaceError(
                f"{path.relative_to(self.root)} is not the text that the article's record describes.\n"
                "Hint: run `stancebank corpus hydrate DIR` with the copy that was annotated."
            )
        return text

    def documents(self, annotator: str | None) -> Iterator[Document]:
        """All documents of an annotator, or the gold ones where annotator is None, by article id."""
        folder = self.document_path("any", annotator).parent.relative_to(self.root).as_posix()
        return (self.document(self.document_path(name, annotator)) for name in self._names(folder, "*.json"))

    def gold(self, article_id: str) -> Document | None:
        """Return the gold document of an article, if there is one."""
        path = self.document_path(article_id, None)
        return self.document(path) if path.is_file() else None

    def document(self, path: Path) -> Document:
        """Read the document at a path that `document_path` gave."""
        return self._record(path, Document)

    def all_documents(self) -> Iterator[Document]:
        """Gold and all annotators' documents."""
        yield from self.documents(None)
        for annotator in self._names("corpus/annotations", "*/"):
            yield from self.documents(annotator)

    def document_paths(self) -> Iterator[Path]:
        """Where gold and all annotators' documents lie."""
        for annotator in (None, *self._names("corpus/annotations", "*/")):
            folder = self.document_path("any", annotator).parent.relative_to(self.root).as_posix()
            yield from (self.document_path(name, annotator) for name in self._names(folder, "*.json"))

    def paths_of(self, article_id: str) -> Iterator[Path]:
        """Where gold and all annotators' documents of one article lie, found without a look at those of others."""
        paths = (self.document_path(article_id, each) for each in (None, *self._names("corpus/annotations", "*/")))
        return (path for path in paths if path.is_file())

    def readings(self, annotators: Collection[str] = (), least: int = 2) -> Iterator[ArticleReadings]:
        """Yield what annotators made of each article, of its present text, by article id.

        annotators: their names; none means all people, whoever made the reading, but no model. least: articles with
        fewer readings are left out.
        """
        paths: dict[str, list[Path]] = {}
        for path in self.document_paths():
            if path.parent.name in annotators or (not annotators and path.parent.parent.name == "annotations"):
                paths.setdefault(path.stem, []).append(path)
        known = set(self.article_ids())
        zones = self.scheme.vocabularies.annotated_zones()
        for name in sorted(paths.keys() & known):
            if len(paths[name]) < least:
                continue
            article = self.article(name)
            text = article.text_sha256
            documents = [each for each in map(self.document, paths[name]) if each.text_sha256 == text]
            people = [each for each in documents if annotators or is_of_people(each.origin)]
            if len(people) >= least:
                annotated = tuple((each.begin, each.end) for each in article.zones if each.zone in zones)
                yield ArticleReadings(name, tuple(sorted(people, key=lambda each: each.annotator)), annotated)

    def adjudication_path(self, article_id: str) -> Path:
        """Where the record lies of how the gold of an article was settled."""
        return self._place(ADJUDICATIONS, f"{_id(article_id)}.json")

    def adjudication(self, article_id: str) -> Adjudication | None:
        """Return how the gold of an article was settled, if that is recorded."""
        path = self.adjudication_path(article_id)
        return self._record(path, Adjudication) if path.is_file() else None

    def entities(self) -> EntityRegistry:
        """Read the entity registry."""
        return self._record(self._place("corpus", "entities.json"), EntityRegistry)

    def targets(self) -> TargetRegistry:
        """Read the target registry."""
        return self._record(self._place("corpus", "targets.json"), TargetRegistry)

    def withdrawal(self, article_id: str) -> Withdrawal | None:
        """Return the withdrawal of an article that counts: not one that was undone."""
        for folder in (WITHDRAWN, LOCAL_WITHDRAWN):
            path = self._place(folder, f"{_id(article_id)}.json")
            if path.is_file():
                withdrawal = self._record(path, Withdrawal)
                return withdrawal if withdrawal.lifted is None else None
        return None

    def withdrawals(self) -> Iterator[Withdrawal]:
        """All withdrawals, by article id, those undone too; the local copy where the file in corpus/ is gone."""
        here = set(self._names(WITHDRAWN, "*.json"))
        for name in sorted(here | set(self._names(LOCAL_WITHDRAWN, "*.json"))):
            yield self._record(self._place(WITHDRAWN if name in here else LOCAL_WITHDRAWN, f"{name}.json"), Withdrawal)

    def write_withdrawal(self, withdrawal: Withdrawal) -> None:
        """Write a withdrawal to corpus/withdrawn/, and its copy to the local store."""
        self.keep_local_store_out_of_git()
        for folder in (WITHDRAWN, LOCAL_WITHDRAWN):
            write_text(self._place(folder, f"{_id(withdrawal.id)}.json"), to_json(to_builtins(withdrawal)))

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
        gone: list[tuple[Path, set[str]]] = []
        files: list[tuple[Path, str, bool]] = []
        withdrawn = {each.id: each for each in self.withdrawals() if each.lifted is None} if articles else {}
        for article, text in articles:
            if article.id in withdrawn:
                raise ConflictError(f"{_withdrawn(withdrawn[article.id])} Nothing was written.")
            path = self.article_path(article.id)
            before = _record(path, Article, self.schema).text_sha256 if path.is_file() else article.text_sha256
            gone.append((self._other_text(article), {before, article.text_sha256}))
            files.append((self.text_path(article), text, _texts(article)[0] == LOCAL_TEXTS))
            files.append((path, to_json(to_builtins(article)), False))
        if any(is_secret for *_, is_secret in files):
            self.keep_local_store_out_of_git()
        write_texts(files)
        for other, proofs in gone:
            _remove_text(other, proofs)

    def write_record(self, article: Article) -> bool:
        """Write a record alone, of an article whose words are not at hand. Return whether anything changed."""
        self._require_present(article.id)
        return write_text(self.article_path(article.id), to_json(to_builtins(article)))

    def write_text(self, article: Article, text: str) -> bool:
        """Write the words of an article where its rights allow, and only there. Return whether anything changed."""
        self._require_present(article.id)
        other = self._other_text(article)
        changed = self._write_words(article, text)
        return _remove_text(other, {article.text_sha256}) or changed

    def _write_words(self, article: Article, text: str) -> bool:
        path = self.text_path(article)
        if _texts(article)[0] == LOCAL_TEXTS:
            self.keep_local_store_out_of_git()
            return write_text(path, text, secret=True)
        return write_text(path, text)

    def _other_text(self, article: Article) -> Path:
        return self._place(_texts(article)[1], f"{_id(article.id)}.txt")

    def write_document(self, document: Document) -> bool:
        """Write a document: with the gold if it is gold, else with its annotator. Return whether anything changed."""
        self._require_present(document.article_id)
        path = self.document_path(document.article_id, None if document.gold else document.annotator)
        return write_text(path, to_json(to_builtins(document)))

    def write_registry(
        self,
        registry: EntityRegistry | TargetRegistry,
        documents: Mapping[Path, Document],
        adjudications: Iterable[Adjudication] = (),
    ) -> None:
        """Write a registry, then ledgers, then documents at their paths; nothing where one file may not be written.

        The registry comes first: with its redirects, a document that was not reached yet still means the right entry.
        """
        ledgers = {self.adjudication_path(each.article_id): each for each in adjudications}
        name = self._place("corpus", f"{_kind_of(registry)}.json")
        records: dict[Path, Record] = {name: registry, **ledgers, **documents}
        contents = {path: to_json(to_builtins(record)) for path, record in records.items()}
        for path in contents:
            if not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK | os.X_OK)):
                raise WorkspaceError(
                    f"{path.relative_to(self.root)} may not be written.\n"
                    "Hint: see to the permissions of the file and its folder. Nothing was changed."
                )
        for path, content in contents.items():
            write_text(path, content)

    def write_together(
        self,
        documents: Iterable[Document],
        registries: Iterable[EntityRegistry | TargetRegistry] = (),
        adjudications: Iterable[Adjudication] = (),
    ) -> None:
        """Write documents, the registries that have what they name, and how gold among them was settled.

        All is written or nothing, whenever the process dies.
        """
        records: dict[Path, Record] = {}
        for registry in registries:
            records[self._place("corpus", f"{_kind_of(registry)}.json")] = registry
        for document in documents:
            self._require_present(document.article_id)
            records[self.document_path(document.article_id, None if document.gold else document.annotator)] = document
        for ledger in adjudications:
            records[self.adjudication_path(ledger.article_id)] = ledger
        contents = {path: to_json(to_builtins(record)) for path, record in records.items()}
        contents = {path: text for path, text in contents.items() if not holds(path, text)}
        if len(contents) == 1:
            write_text(*contents.popitem())
        elif contents:
            files = {path.relative_to(self.root).as_posix(): text.encode() for path, text in contents.items()}
            stage_files(self.root, files)
            commit_files(self.root, "readings", files, is_migration=False)

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
    def alone(self, command: str, seconds: float | None = None) -> Iterator[None]:
        """Hold the lock of the workspace, for reading, deciding and writing; never across a wait for a server.

        command: what others are told who wait for it. Raises BusyError with the command and the process that hold it
        for longer than some seconds, ConflictError where the workspace was migrated since it was opened. A lock ends
        with its process, and leaves nothing behind. What killed commands left unfinished in the workspace is removed.
        """
        path = self._place(".stancebank", "lock")
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
            remove_unfinished(self.root, *_WRITTEN)
            discard_staged(self.root)
            complete_commit(self.root)
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
        write_text(self._place(".stancebank", ".gitignore"), "*\n")

    def _names(self, folder: str, pattern: str) -> list[str]:
        """The ids that files or folders are named for; hidden ones, which editors and systems leave, do not count."""
        names = []
        for path in (self.root / folder).glob(pattern):
            name = path.name.removesuffix(".json")
            if path.name.startswith("."):
                continue
            if not is_id(name):
                raise WorkspaceError(
                    f"{folder}/{path.name} is not named for an id: lower-case letters and digits, joined by single "
                    "hyphens.\nHint: rename it, or move it away."
                )
            names.append(name)
        return sorted(names)

    def _record(self, path: Path, kind: type[R]) -> R:
        known = self.records.get(path)
        return (
            known
            if isinstance(known, kind)
            else _record(path, kind, self.schema, self.scheme if kind is Document else None)
        )

    def _place(self, folder: str, name: str) -> Path:
        return _place(self.root, f"{folder}/{name}")


def _place(root: Path, name: str) -> Path:
    path = root / name
    if not path.resolve().is_relative_to(root):
        raise WorkspaceError(
            f"{name} is, or is behind, a symbolic link that leads out of the workspace.\n"
            "Hint: put the file or folder itself in its place."
        )
    return path


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
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(head)
    lines.writerows(rows)
    return write_text(_place(root, name), text.getvalue())


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


def _remove_text(path: Path, proofs: set[str]) -> bool:
    """Remove a text that has one of these SHA-256; others are not ours to remove."""
    if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() not in proofs:
        return False
    path.unlink()
    return True


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


def _record(path: Path, kind: type[R], schema: str, scheme: Scheme | None = None) -> R:
    try:
        value = read_json(path, whole=True)
        if isinstance(value, dict) and value.get("schema_version", schema) != schema:
            raise WorkspaceError(
                f"{path.parent.name}/{path.name} follows schema {value['schema_version']!r}; this workspace follows "
                f"{schema!r}.\nHint: run `stancebank schema migrate`, which brings older files over; a newer one "
                "belongs to a workspace that was migrated."
            )
        return cast("R", scheme.read_document(value)) if scheme else from_builtins(value, kind)
    except FileNotFoundError:
        raise WorkspaceError(f"{path.name} is missing in {path.parent.name}/.") from None
    except (msgspec.ValidationError, InputError, KeyError, TypeError, AttributeError) as error:
        raise WorkspaceError(
            f"{path.parent.name}/{path.name} cannot be read: {error}\n"
            "Hint: run `stancebank check` and correct what it finds."
        ) from None
