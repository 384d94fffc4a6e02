"""The state of a workspace on one screen: what was added, annotated and released, and what is behind.

It is read from files and from git, without any server, and from no more of each file than it needs: records are not
judged here, which is what `check` is for.
"""

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from stancebank import git
from stancebank.corpus.lock import LOCK
from stancebank.corpus.store import LOCAL_TEXTS, PUBLIC_TEXTS, article_of
from stancebank.errors import InputError, StancebankError, WorkspaceError
from stancebank.git import GitError
from stancebank.records import find_files
from stancebank.schema.validate import is_own, newest_packed
from stancebank.schema.vocabularies import RELEASES
from stancebank.workspace import Workspace, toolkit_version

RELEASED = (
    "corpus/articles",
    "corpus/gold",
    "corpus/entities.json",
    LOCK,
    "corpus/targets.json",
    "corpus/splits.csv",
    "corpus/withdrawn",
    "schema",
)
"""What of a workspace the rows of a release are made of."""


class _Gold(msgspec.Struct):
    method: str = ""


class _Document(msgspec.Struct):
    """The keys of a document that are counted."""

    statements: list[msgspec.Raw] = []
    pending: list[msgspec.Raw] = []
    gold: _Gold | None = None


class _Statement(msgspec.Struct):
    id: str = ""


@dataclass(frozen=True, slots=True)
class ProjectState:
    """What the last push or pull of a project left here. agreed: documents that both sides had; open: tasks to come.

    pulled: when, in ISO 8601; None where it never was.
    """

    project: str
    agreed: int
    open: int
    conflicts: int
    pulled: str | None


@dataclass(frozen=True, slots=True)
class ServerState:
    """The Label Studio server as it is known here. problem: why it cannot be reached; "" where nothing is known of one.

    running: of a server of this machine, else None.
    """

    url: str | None
    running: bool | None
    problem: str
    projects: tuple[ProjectState, ...]


@dataclass(frozen=True, slots=True)
class ReleaseState:
    """The last release, and what is behind it. committed: whether git has its record.

    changed: files that its rows are made of and that changed since, None where git cannot tell; gained, lost: ids of
    statements.
    """

    version: str
    committed: bool | None
    changed: tuple[str, ...] | None
    gained: tuple[str, ...]
    lost: tuple[str, ...]

    @property
    def is_behind(self) -> bool:
        """Whether anything that it was made of changed since."""
        return bool(self.changed or self.gained or self.lost)


@dataclass(frozen=True, slots=True)
class WorkspaceStatus:
    """The state of a workspace.

    texts: articles whose words are at hand. readings: documents by annotator. gold: gold documents by their method.
    waiting: fields that wait for an answer, by document. unreadable: files that `check` names. uncommitted: files that
    git does not have; None where there is no repository. next: what to do now, in a line.
    """

    root: Path
    name: str
    version: str
    schema: str
    edition: int
    newer_schema: str | None
    toolkit: str
    articles: tuple[str, ...]
    texts: int
    without_gold: tuple[str, ...]
    readings: Mapping[str, int]
    gold: Mapping[str, int]
    statements: int
    waiting: Mapping[str, int]
    unreadable: tuple[str, ...]
    server: ServerState
    release: ReleaseState | None
    uncommitted: tuple[str, ...] | None
    next: str


def read_status(workspace: Workspace) -> WorkspaceStatus:
    """Return the state of a workspace. Nothing is written, and no server is asked."""
    root, store = workspace.root, workspace.store
    articles = tuple(store.article_ids())
    read: dict[str, _Document] = {}
    unreadable = []
    for folder in ("corpus/gold", *(f"corpus/annotations/{each}" for each in store.folders("corpus/annotations"))):
        for name in store.names(folder):
            if name.endswith(".json") and name.rpartition("/")[0] == folder:
                try:
                    read[name] = store.part(name, _Document)
                except (InputError, WorkspaceError, OSError):
                    unreadable.append(name)
    gold = {Path(name).stem: each for name, each in read.items() if name.startswith("corpus/gold/")}
    annotators = Counter(Path(name).parent.name for name in read if not name.startswith("corpus/gold/"))
    texts = {article_of(name) for place in (PUBLIC_TEXTS, LOCAL_TEXTS) for name in store.names(place)}
    uncommitted = _uncommitted(root)
    status = WorkspaceStatus(
        root=root,
        name=workspace.settings.name,
        version=workspace.settings.version,
        schema=workspace.settings.schema,
        edition=workspace.scheme.edition,
        newer_schema=_newer_schema(workspace),
        toolkit=toolkit_version(),
        articles=articles,
        texts=len(texts & set(articles)),
        without_gold=tuple(each for each in articles if each not in gold),
        readings=dict(sorted(annotators.items())),
        gold=dict(sorted(Counter(each.gold.method if each.gold else "" for each in gold.values()).items())),
        statements=sum(len(each.statements) for each in gold.values()),
        waiting={name: len(each.pending) for name, each in read.items() if each.pending},
        unreadable=tuple(unreadable),
        server=_server(workspace),
        release=_release(root, gold, uncommitted),
        uncommitted=uncommitted,
        next="",
    )
    return replace(status, next=next(_steps(status, set(read))))


def _folders(place: Path) -> list[str]:
    """Return the names of the folders in a place, sorted, without hidden ones."""
    return [each.name for each in find_files(place, "*/") if each.is_dir()]


def _newer_schema(workspace: Workspace) -> str | None:
    """Return the version of the toolkit's own scheme that a workspace which follows it could migrate to."""
    now, newest = workspace.settings.schema, newest_packed()
    return newest if int(now[1:]) < int(newest[1:]) and not is_own(workspace.schema_dir) else None


def _uncommitted(root: Path) -> tuple[str, ...] | None:
    with suppress(GitError):
        if git.is_repository(root):
            return tuple(git.changed_files(root))
    return None


def _server(workspace: Workspace) -> ServerState:
    from stancebank.annotate.connection import LOCAL, find_address, find_connection, is_local
    from stancebank.annotate.local.server import find_running, studio_folder
    from stancebank.annotate.sync.state import PROJECTS

    folder = workspace.root / LOCAL / PROJECTS
    projects = tuple(_project(folder / name) for name in _folders(folder))
    url, running, problem = None, None, ""
    try:
        url, path = find_address(workspace)
        if is_local(workspace, path):
            running = find_running(studio_folder(workspace.root)) is not None
        find_connection(workspace)
    except StancebankError as error:
        problem = str(error).partition("\n")[0] if url or projects else ""
    return ServerState(url, running, problem, projects)


def _project(folder: Path) -> ProjectState:
    from stancebank.annotate.sync.bases import Bases
    from stancebank.annotate.sync.cursor import CURSOR, PULLED, Cursor

    cursor = Cursor(folder)
    places = [place for name in (CURSOR, PULLED) if (place := folder / name).is_file()]
    newest = max((place.stat().st_mtime for place in places), default=None)
    pulled = datetime.fromtimestamp(newest, UTC).isoformat("T", "seconds") if newest is not None else None
    conflicts = sum(1 for _ in (folder / "conflicts").glob("*/*.json"))
    try:
        agreed = len(Bases(folder).all())
    except (InputError, TypeError):
        agreed = 0
    return ProjectState(folder.name, agreed, len(cursor.unfinished()), conflicts, pulled)


def _release(root: Path, gold: Mapping[str, _Document], uncommitted: tuple[str, ...] | None) -> ReleaseState | None:
    if not (root / RELEASES).is_dir():
        return None
    from stancebank.publish.history import read_record, record_folder, recorded_versions
    from stancebank.publish.layout import MANIFEST

    versions = recorded_versions(root)
    if not versions:
        return None
    version = versions[-1]
    try:
        record = read_record(root, version)
    except WorkspaceError:
        record = None
    rows = set(record.held.rows.get("statements", ())) if record else set()
    present = {
        msgspec.json.decode(each, type=_Statement).id for document in gold.values() for each in document.statements
    }
    manifest = f"{record_folder(version)}/{MANIFEST}"
    if uncommitted is None:
        return ReleaseState(version, None, None, *_both(present, rows))
    committed = manifest not in uncommitted
    changed = _changed_since(root, manifest) if committed else set()
    if changed is not None:
        changed |= {name for name in uncommitted if name.startswith(RELEASED) and not name.startswith(RELEASES)}
    return ReleaseState(version, committed, None if changed is None else tuple(sorted(changed)), *_both(present, rows))


def _both(present: set[str], rows: set[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the ids of statements that are new, and those that are gone."""
    return tuple(sorted(present - rows)), tuple(sorted(rows - present))


def _changed_since(root: Path, manifest: str) -> set[str] | None:
    """Return what of `RELEASED` the last commit has otherwise than the one that last wrote a manifest; None if unknown.

    Two trees are compared, which runs no filter of the repository.
    """
    commit = (git.ask(root, "rev-list", "-1", "HEAD", "--", manifest) or b"").decode().strip()
    if not commit:
        return None
    said = git.ask(
        root, "diff-tree", "-r", "-z", "--name-only", "--relative", "--no-renames", commit, "HEAD", "--", *RELEASED
    )
    return None if said is None else {name for name in os.fsdecode(said).split("\0") if name}


def _steps(status: WorkspaceStatus, documents: set[str]) -> Iterator[str]:
    """Yield what is open, in the order in which it is done; at last, that nothing is."""
    read = {Path(name).stem for name in documents if not name.startswith("corpus/gold/")}
    server, release = status.server, status.release
    if not status.articles:
        yield "add articles: `stancebank corpus add PATH --outlet NAME`"
    if status.unreadable:
        yield "see what is wrong: `stancebank check`"
    if any(each.conflicts for each in server.projects):
        yield "decide the conflicts: `stancebank annotate pull` names them"
    if status.waiting:
        yield "answer the fields that wait: `stancebank schema queue`"
    if waiting := [each for each in status.without_gold if each in read]:
        yield f"make gold of a reading: `stancebank annotate promote {waiting[0]}`"
    if status.without_gold and any(each.open for each in server.projects):
        yield "bring what was submitted: `stancebank annotate pull`"
    if status.without_gold and status.texts < len(status.articles):
        yield "get the words of the articles back: `stancebank corpus hydrate DIR`"
    if status.without_gold:
        some = "stancebank annotate push" if server.url else "stancebank annotate studio start"
        yield f"annotate {len(status.without_gold)} of the articles: `{some}`, or `stancebank annotate new ARTICLE`"
    if status.newer_schema:
        yield f"take schema {status.newer_schema}: `stancebank schema migrate --dry-run`"
    if status.uncommitted is None:
        yield "keep its history, which a release needs: `git init && git add . && git commit`"
    if release and release.committed is False:
        yield f"commit and tag release {release.version}: `stancebank publish release {release.version}` prints how"
    if status.uncommitted:
        yield "commit what changed: `git add . && git commit`"
    if release is None:
        yield f"make the first release: `stancebank publish release {status.version} --dry-run`"
    elif release.is_behind:
        yield "make the next release: `stancebank publish release VERSION --dry-run` says which version"
    yield "nothing is open"
