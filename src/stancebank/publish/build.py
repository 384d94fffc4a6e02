"""A build: from a workspace to a folder that `datasets.load_dataset` opens with no code."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stancebank.check.workspace import check_workspace
from stancebank.errors import InputError
from stancebank.model import TextPolicy
from stancebank.publish.alignment import measure_alignment
from stancebank.publish.card import make_readme
from stancebank.publish.facts import Built
from stancebank.publish.folder import MADE_BY, MANIFEST, demand_replaceable, file_sha256, folder_files, replacing
from stancebank.publish.hub import ViewFacts
from stancebank.publish.parquet import content_hash, make_table, pyarrow_version, read_table, write_table
from stancebank.publish.readings import Readings, read_gold
from stancebank.publish.rows import make_rows
from stancebank.publish.views import CHAT, TOKENS, VIEWS, View
from stancebank.records import to_json
from stancebank.workspace import SETTINGS_FILE, Workspace, toolkit_version

if TYPE_CHECKING:
    import pyarrow as pa

FILE = "train-00000-of-00001.parquet"

ANSWERS = "prediction.schema.json"
"""The form of the answers in the view `chat`; it lies beside them."""

_COPIES = {"LICENSE": "LICENSE-DATA", "GUIDELINES.md": "annotate/GUIDELINES.md"}


@dataclass(frozen=True, slots=True)
class BuildResult:
    """What a build has made.

    rows: by view. beyond: ids of articles that show more words than their tier lets be published. lacking: ids of
    articles whose words were wanted and are not at hand. unread: ids of articles without a gold document.
    """

    out: Path
    rows: dict[str, int]
    text: TextPolicy | None
    beyond: tuple[str, ...]
    lacking: tuple[str, ...]
    unread: tuple[str, ...]

    @property
    def publishable(self) -> bool:
        """Whether the folder may be handed on."""
        return not self.beyond


def build(workspace: Workspace, out: Path, text: TextPolicy | None = None) -> BuildResult:
    """Write the dataset of a workspace into the folder out, wholly or not at all.

    text: how much of the words to show; None for what each article's tier allows. Raises InputError where the
    workspace has errors or no gold, or out may not be replaced; nothing is changed then.
    """
    out = out.resolve()
    _demand_outside_content(workspace, out)
    demand_replaceable(out)
    _demand_clean(workspace)
    read = read_gold(workspace, text)
    if not read.readings:
        raise InputError(
            "There is nothing to publish: corpus/gold/ holds no document.\n"
            "Mend: annotate an article and make its reading gold. Nothing was written."
        )
    tables = _tables(read)
    about = {"dataset_version": workspace.settings.version, "schema_version": workspace.settings.schema}
    with replacing(out) as part:
        facts = [_write_view(part, view, table, about | {"view": view.name}) for view, table in tables]
        for name, source in _copies(workspace, [view for view, _ in tables]).items():
            if (workspace.root / source).is_file():
                (part / name).write_bytes((workspace.root / source).read_bytes())
        if read.beyond:
            (part / ".gitignore").write_bytes(b"*\n")  # such a folder keeps itself out of git, as the local store does
        built = Built(text, read.showing, read.beyond, read.lacking)
        rows = {view.name: table.to_pylist() for view, table in tables}
        readme = make_readme(workspace, read, rows, facts, built)
        (part / "README.md").write_bytes(readme.encode())
        manifest = _manifest(workspace, read, text, facts, part)
        if TOKENS.name in rows:
            measured = measure_alignment(rows[TOKENS.name])
            manifest["alignment"] = {label: asdict(each) for label, each in measured.items()}
        (part / MANIFEST).write_bytes(to_json(manifest).encode())
    counts = {each.view.name: each.rows for each in facts}
    return BuildResult(out, counts, text, read.beyond, read.lacking, read.unread)


def _tables(read: Readings) -> list[tuple[View, "pa.Table"]]:
    """Return the tables of the views that have rows."""
    rows = make_rows(read.readings, read.context)
    return [(view, make_table(view, rows[view.name])) for view in VIEWS if rows[view.name]]


def _copies(workspace: Workspace, views: Iterable[View]) -> dict[str, str]:
    """Return the files that a build copies, by their names in it: sources in the workspace."""
    answers = f"schema/{workspace.settings.schema}/{ANSWERS}"
    return _COPIES | ({ANSWERS: answers} if CHAT in views else {})


def _write_view(folder: Path, view: View, table: "pa.Table", about: dict[str, str]) -> ViewFacts:
    path = folder / view.name / FILE
    path.parent.mkdir()
    write_table(table, path, about)
    return ViewFacts(
        view=view,
        file=f"{view.name}/{FILE}",
        rows=table.num_rows,
        file_bytes=path.stat().st_size,
        table_bytes=read_table(path).nbytes,
        sha256=file_sha256(path),
        content_hash=content_hash(view, table),
    )


def _manifest(
    workspace: Workspace, read: Readings, text: TextPolicy | None, facts: Iterable[ViewFacts], folder: Path
) -> dict[str, Any]:
    return {
        "made_by": MADE_BY,
        "toolkit_version": toolkit_version(),
        "schema_version": workspace.settings.schema,
        "dataset_name": workspace.settings.name,
        "dataset_version": workspace.settings.version,
        "pyarrow_version": pyarrow_version(),
        "text": text or "as each article allows",
        "publishable": not read.beyond,
        "beyond_tier": list(read.beyond),
        "words_shown": list(read.showing),
        "words_not_at_hand": list(read.lacking),
        "views": {
            each.view.name: {
                "file": each.file,
                "rows": each.rows,
                "bytes": each.file_bytes,
                "sha256": each.sha256,
                "content_hash": each.content_hash,
            }
            for each in facts
        },
        "inputs": {path: file_sha256(workspace.root / path) for path in _inputs(workspace, read)},
        "files": {path: file_sha256(folder / path) for path in sorted(folder_files(folder))},
    }


def _inputs(workspace: Workspace, read: Readings) -> list[str]:
    """Return the files that a build was made of. The words of an article are fingerprinted in its record."""
    ids = {reading.article.id for reading in read.readings}
    schema = workspace.schema_dir.relative_to(workspace.root).as_posix()
    names = [
        SETTINGS_FILE,
        "DATASET_CARD.md",
        "LICENSE-DATA",
        "annotate/GUIDELINES.md",
        "corpus/entities.json",
        "corpus/targets.json",
        *(f"corpus/articles/{each}.json" for each in ids),
        *(f"{schema}/{path.name}" for path in workspace.schema_dir.glob("*.json")),
        *(path.relative_to(workspace.root).as_posix() for path in workspace.store.document_paths() if path.stem in ids),
    ]
    return sorted(name for name in names if (workspace.root / name).is_file())


def _demand_outside_content(workspace: Workspace, out: Path) -> None:
    content = [workspace.root / name for name in ("corpus", "schema", "annotate")]
    if out == workspace.root or any(out == folder or folder in out.parents for folder in content):
        raise InputError(
            f"{out} is a place of the workspace's own content.\n"
            "Mend: name another folder with --out, such as releases/NAME. Nothing was written."
        )


def _demand_clean(workspace: Workspace) -> None:
    errors = check_workspace(workspace).errors
    if errors:
        few = "\n".join(f"- {each.file} {each.pointer} {each.code}: {each.message}" for each in errors[:5])
        more = f"\n- and {len(errors) - 5} more" if len(errors) > 5 else ""
        raise InputError(
            f"The workspace has errors, {len(errors)} in all:\n{few}{more}\n"
            "Mend: run `stancebank check` and correct what it finds. Nothing was written."
        )
