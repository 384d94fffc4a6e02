"""Versions of a dataset, as they are compared: a published folder, a revision of a workspace, or a workspace itself."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from stancebank import git
from stancebank.corpus.backend import FILES
from stancebank.errors import InputError
from stancebank.model import (
    Article,
    Document,
    EntityRegistry,
    Placement,
    Statement,
    TargetRegistry,
    Withdrawal,
    placement_of,
)
from stancebank.publish.history import parse_version, record_folder
from stancebank.publish.layout import MANIFEST
from stancebank.publish.parquet import read_table
from stancebank.publish.published import read_scheme, require_dataset, table_files
from stancebank.publish.tables import ARTICLES, ENTITIES, STATEMENTS, TARGETS, find_table
from stancebank.publish.tables.restore import (
    restore_article,
    restore_document,
    restore_entities,
    restore_statement,
    restore_targets,
)
from stancebank.schema.fields import Scheme
from stancebank.schema.rules import with_declarations
from stancebank.workspace import SETTINGS_FILE, Workspace, open_workspace


@dataclass(slots=True)
class Side:
    """A version. name: as it was asked for. version: of the dataset. placements: of articles in splits, if any.

    is_folder: whether it is a published folder, which says less than a workspace. commit: of a revision of git.
    """

    name: str
    version: str
    scheme: Scheme
    articles: dict[str, Article]
    documents: dict[str, Document]
    entities: EntityRegistry
    targets: TargetRegistry
    placements: dict[str, Placement] = field(default_factory=dict)
    withdrawn: dict[str, Withdrawal] = field(default_factory=dict)
    schemas: tuple[Path, ...] = ()
    is_folder: bool = False
    root: Path | None = None
    commit: str | None = None


@contextmanager
def open_sides(one: str, other: str, workspace: Workspace | None) -> Iterator[tuple[Side, Side]]:
    """Read two versions. Each is a folder or the address of a dataset, a folder of a workspace, or a revision in git.

    workspace: of the revisions; a version number stands for its tag. Raises InputError where a side is none of these.
    """
    with open_side(one, workspace) as older, open_side(other, workspace) as newer:
        yield older, newer


@contextmanager
def open_side(name: str, workspace: Workspace | None) -> Iterator[Side]:
    """Read one version, as `open_sides` does; what its schemas lie in is there until the end."""
    with ExitStack() as stack:
        yield _open(name, workspace, stack)


def _open(name: str, workspace: Workspace | None, stack: ExitStack) -> Side:
    if "://" in name:
        from stancebank.publish.remote.push import local_folder

        found = read_folder(local_folder(name))
        found.name = name
        return found
    path = Path(name)
    if name == "." and workspace is not None:
        return read_workspace(workspace, "the workspace")
    if (path / MANIFEST).is_file():
        return read_folder(path)
    if (path / SETTINGS_FILE).is_file():
        return read_workspace(open_workspace(path), name)
    if path.is_dir():
        raise InputError(
            f"{name} is neither a dataset, which has a {MANIFEST}, nor a workspace, which has a {SETTINGS_FILE}.\n"
            "Hint: name a folder that `stancebank publish build` or `publish release` has written."
        )
    if workspace is None:
        raise InputError(
            f"There is no folder {name}, and revisions of git can be named in a workspace only.\n"
            "Hint: run this in the workspace, or name it with -w."
        )
    folder = Path(stack.enter_context(TemporaryDirectory(prefix="stancebank-")))
    commit = git.extract(workspace.root, _revision(workspace.root, name), ("corpus", "schema", SETTINGS_FILE), folder)
    if not (folder / SETTINGS_FILE).is_file():
        raise InputError(f"{name} has no {SETTINGS_FILE}: the workspace was made later.\nHint: name a later revision.")
    held = open_workspace(folder)
    if held.settings.store != FILES:
        from stancebank.corpus.conversion import follow_table

        follow_table(folder, held.settings.store, workspace.root)
        held = open_workspace(folder)
    for lacking, text in with_declarations(held.schema_dir).items():  # of a toolkit that did not ask for them yet
        (held.schema_dir / lacking).write_text(text, "utf-8")
    found = read_workspace(held, name)
    found.root, found.commit = workspace.root, commit
    return found


def _revision(root: Path, name: str) -> str:
    """Return the revision that is meant: of a version its tag, or, before it has one, the commit of its record."""
    try:
        parse_version(name)
    except InputError:
        return name
    if git.has_tag(root, f"data-v{name}"):
        return f"data-v{name}"
    recorded = git.last_change(root, "HEAD", f"{record_folder(name)}/{MANIFEST}")
    return recorded[0] if recorded else f"data-v{name}"


def read_folder(folder: Path) -> Side:
    """Read a published folder. Raises InputError where it is none that this toolkit can read."""
    manifest = require_dataset(folder)
    scheme = read_scheme(folder)

    def rows(table: str) -> Iterator[dict[str, Any]]:
        for file in table_files(folder, table):
            yield from read_table(file).to_pylist()

    statements: dict[str, list[Statement]] = {}
    for row in rows(STATEMENTS):
        statements.setdefault(row["article_id"], []).append(restore_statement(row, scheme))
    table = find_table(scheme, ARTICLES)
    about = list(rows(ARTICLES))
    return Side(
        str(folder),
        manifest["dataset_version"],
        scheme,
        {row["article_id"]: restore_article(table, row) for row in about},
        {
            row["article_id"]: restore_document(table, row, statements.get(row["article_id"], ()), scheme)
            for row in about
        },
        restore_entities(rows(ENTITIES), scheme),
        restore_targets(rows(TARGETS), scheme),
        {row["article_id"]: Placement(row["split"], row["fold"]) for row in about if row.get("split")},
        is_folder=True,
    )


def read_workspace(workspace: Workspace, name: str) -> Side:
    """Read the gold of a workspace, which is what it would publish."""
    store = workspace.store
    documents = {each.article_id: each for each in store.documents(None)}
    placements = store.placements() if workspace.scheme.edition >= 2 else {}
    return Side(
        name,
        workspace.settings.version,
        workspace.scheme,
        {each.id: each for each in store.articles() if each.id in documents},
        documents,
        store.entities(),
        store.targets(),
        {name: found for name in documents if (found := placement_of(placements, name))},
        withdrawn={each.id: each for each in store.withdrawals() if each.lifted is None},
        schemas=(workspace.root / "schema",),
        root=workspace.root,
    )
