"""A plan carried out: the new workspace is made beside the old one, and what differs takes its place at once."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from stancebank.annotate.connection import LOCAL
from stancebank.annotate.sync.state import lock_workspace
from stancebank.commits import commit_files, discard_staged, finish_commit, is_committed, staged_folder
from stancebank.corpus.backend import FILES
from stancebank.corpus.store import PATIENCE, PUBLIC_TEXTS
from stancebank.errors import InputError
from stancebank.migration.generated import generated_files
from stancebank.migration.plan import MigrationPlan
from stancebank.records import holding, is_part, write_bytes
from stancebank.workspace import Workspace, open_workspace

_FOLDERS = ("corpus", "schema", "annotate")
_LEFT_OUT = (PUBLIC_TEXTS, "corpus/releases")


@contextmanager
def alone(workspace: Workspace, command: str) -> Iterator[None]:
    """Hold the lock of a workspace, and keep pushes and pulls away."""
    with ExitStack() as stack:
        if (workspace.root / LOCAL).is_dir():
            stack.enter_context(lock_workspace(workspace.root / LOCAL, "migrate"))
        stack.enter_context(workspace.store.alone(command))
        yield


def require_files(workspace: Workspace) -> None:
    """Raise InputError where records are no files: a migration makes the files of a workspace anew beside it."""
    if workspace.settings.store != FILES:
        raise InputError(
            f"The records of this workspace are kept in {workspace.settings.store}; a migration is of files alone.\n"
            "Hint: run `stancebank corpus convert --to files` first, and convert them back when it is done. "
            "Nothing was changed."
        )


def complete(root: Path, command: str) -> bool:
    """Complete a migration that was interrupted. Return whether there was one."""
    if not is_committed(root):
        return False
    with holding(root / ".stancebank" / "lock", command, PATIENCE):
        return finish_commit(root)


def carry_out(workspace: Workspace, plan: MigrationPlan) -> list[str]:
    """Carry a plan out, and return the files that changed. The lock of the workspace is held (`alone`).

    Raises InputError where a generated file cannot be made; nothing is changed then.
    """
    root = workspace.root
    try:
        names = make_beside(workspace, plan, staged_folder(root))
        commit_files(root, f"{plan.before} to {plan.after}", names, plan.removed)
    finally:
        discard_staged(root)
    return [*names, *plan.removed]


def try_out(workspace: Workspace, plan: MigrationPlan) -> list[str]:
    """Return the files that would change, made in a folder that is removed again."""
    with TemporaryDirectory(prefix="stancebank-") as folder:
        return [*make_beside(workspace, plan, Path(folder).resolve()), *plan.removed]


def make_beside(workspace: Workspace, plan: MigrationPlan, folder: Path) -> list[str]:
    """Make the new workspace in a folder, and leave there only what differs; return the paths of that.

    The words of articles are left out: nothing that is generated needs them.
    """
    root = workspace.root
    _copy(root, folder)
    for name, data in plan.files.items():
        write_bytes(folder / name, data)
    for name in plan.removed:
        (folder / name).unlink(missing_ok=True)
    for name, text in generated_files(open_workspace(folder), coming=False):
        write_bytes(folder / name, text.encode())
    differing = []
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        name = path.relative_to(folder).as_posix()
        place = root / name
        if place.is_file() and place.read_bytes() == path.read_bytes():
            path.unlink()
        else:
            differing.append(name)
    return differing


def _copy(root: Path, folder: Path) -> None:
    """Copy the content of a workspace without its words."""
    paths = [path for path in root.iterdir() if path.is_file() and path.suffix in (".toml", ".md", ".cff", "")]
    for name in _FOLDERS:
        paths += [path for path in (root / name).rglob("*") if path.is_file()]
    for path in paths:
        name = path.relative_to(root).as_posix()
        if name.startswith(tuple(f"{each}/" for each in _LEFT_OUT)) or is_part(path.name):
            continue
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, folder / name)
