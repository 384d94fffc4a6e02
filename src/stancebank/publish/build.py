"""A build: from a workspace to a folder that `datasets.load_dataset` opens with no code."""

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from stancebank.check.workspace import check_workspace
from stancebank.corpus.store import WITHDRAWN
from stancebank.errors import Finding, InputError
from stancebank.model import TextPolicy
from stancebank.publish.alignment import measure_alignment
from stancebank.publish.card import CARD, README, make_facts, make_readme, renew_card
from stancebank.publish.content import Content
from stancebank.publish.croissant import CROISSANT, HISTORY, make_croissant, released_on
from stancebank.publish.facts import Built, card_columns
from stancebank.publish.folder import (
    MADE_BY,
    MANIFEST,
    demand_replaceable,
    file_sha256,
    folder_files,
    replacing,
    write_sums,
)
from stancebank.publish.hub import ViewFacts
from stancebank.publish.parquet import pyarrow_version
from stancebank.publish.readings import Readings, read_gold
from stancebank.publish.rights import RIGHTS, audit, make_rights, make_terms
from stancebank.publish.schemes import SCHEMA, is_own
from stancebank.publish.shards import ROWS_PER_FILE, ViewWriter, Written, written
from stancebank.publish.tables import CHAT, TOKENS, Table, iter_rows, tables
from stancebank.records import to_json
from stancebank.workspace import SETTINGS_FILE, Workspace, toolkit_version

ANSWERS = "prediction.schema.json"
"""The form of the answers in the view `chat`; it lies beside them."""

_COPIES = {"LICENSE": "LICENSE-DATA", "GUIDELINES.md": "annotate/GUIDELINES.md"}

_INPUTS = (
    SETTINGS_FILE,
    CARD,
    "LICENSE-DATA",
    "waivers.toml",
    "annotate/GUIDELINES.md",
    "corpus/entities.json",
    "corpus/targets.json",
)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a folder is made.

    text: how much of the words to show; None for what each article's tier allows. content: the files of the workspace.
    files: more files of the folder, by name. inputs: more files of the workspace that it is made of. about: more keys
    of the manifest. renews_card: whether the card's computed parts are taken as they should be, not as they are.
    """

    content: Content
    text: TextPolicy | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()
    about: Mapping[str, Any] = field(default_factory=dict)
    renews_card: bool = False
    rows_per_file: int = ROWS_PER_FILE


@dataclass(frozen=True, slots=True)
class Folder:
    """What was written. rows: by view, read from its files. content: as the recipe had it, with the card renewed."""

    views: tuple[ViewFacts, ...]
    rows: dict[str, Written]
    content: Content
    manifest: dict[str, Any]


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
    demand_clean(check_workspace(workspace).errors)
    read = read_to_publish(workspace, text)
    with replacing(out) as part:
        made = fill_folder(part, workspace, read, Recipe(Content(workspace.root), text))
    counts = {each.view.name: each.rows for each in made.views}
    return BuildResult(out, counts, text, tuple(made.manifest["beyond_tier"]), read.lacking, read.unread)


def read_to_publish(workspace: Workspace, text: TextPolicy | None) -> Readings:
    """Read the gold documents. Raises InputError where there are none, or where one is of a withdrawn article."""
    read = read_gold(workspace, text)
    if not read.readings:
        raise InputError(
            "There is nothing to publish: corpus/gold/ holds no document.\n"
            "Hint: annotate an article and make its reading gold. Nothing was written."
        )
    for reading in read.readings:
        if gone := workspace.store.withdrawal(reading.article.id):
            raise InputError(
                f"{gone.id} was withdrawn on {gone.date}: {gone.reason}\n"
                "Hint: run `stancebank check`, which says what of it lies there again. Nothing was written."
            )
    return read


def fill_folder(part: Path, workspace: Workspace, read: Readings, recipe: Recipe) -> Folder:
    """Write all files of a dataset into an empty folder.

    The rows are made article by article, and what is computed from them is computed from the files that were written.
    """
    views = _write_views(part, workspace, read, recipe.rows_per_file)
    rows = {each.view.name: written(part, each) for each in views}
    scheme = workspace.scheme
    copies = dict(_copies(workspace, recipe.content, [each.view for each in views]))
    for name, data in (copies | dict(recipe.files)).items():
        path = part / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    terms = make_terms(workspace)
    read = replace(read, beyond=audit(rows, terms.cap, scheme).beyond)
    if read.beyond:
        (part / ".gitignore").write_bytes(b"*\n")  # such a folder keeps itself out of git, as the local store does
    for_card = {name: each.of(card_columns(name, scheme)) for name, each in rows.items()}
    content = recipe.content
    if recipe.renews_card:
        card = renew_card(workspace, content.text(CARD), read, for_card)
        content = content.changed(CARD, card.encode()) if content.read(CARD) is not None else content
    built = Built(recipe.text, read.showing, read.beyond, read.lacking)
    facts = make_facts(workspace, read, for_card, built, recipe.content.read("LICENSE-DATA"))
    history = recipe.files.get(HISTORY, b"").decode()
    facts = replace(facts, released=released_on(history, workspace.settings.version))
    (part / README).write_bytes(make_readme(facts, views, content.text(CARD)).encode())
    (part / CROISSANT).write_bytes(make_croissant(facts, views).encode())
    (part / RIGHTS).write_bytes(make_rights(rows, terms, scheme).encode())
    manifest = _manifest(workspace, read, recipe, content, views, part) | {"rights": terms.to_builtins()}
    if TOKENS in rows:
        manifest["alignment"] = {
            label: asdict(each) for label, each in measure_alignment(for_card[TOKENS], scheme).items()
        }
    (part / MANIFEST).write_bytes(to_json(manifest).encode())
    write_sums(part)
    return Folder(views, rows, content, manifest)


def _write_views(part: Path, workspace: Workspace, read: Readings, rows_per_file: int) -> tuple[ViewFacts, ...]:
    """Write the views that have rows."""
    about = {"dataset_version": workspace.settings.version, "schema_version": workspace.settings.schema}
    writers = {table.name: ViewWriter(part, table, about, rows_per_file) for table in tables(read.context.scheme)}
    for rows in iter_rows(read.readings, read.context):
        for name, writer in writers.items():
            writer.add(rows[name])
    return tuple(facts for writer in writers.values() if (facts := writer.close()))


def _copies(workspace: Workspace, content: Content, views: Iterable[Table]) -> Iterator[tuple[str, bytes]]:
    """Yield the files that a build copies, by their names in it; also those of a schema of the workspace's own."""
    answers = (
        {ANSWERS: f"schema/{workspace.settings.schema}/{ANSWERS}"} if any(each.name == CHAT for each in views) else {}
    )
    for name, source in (_COPIES | answers).items():
        if (data := content.read(source)) is not None:
            yield name, data
    if is_own(workspace.schema_dir):
        for path in sorted(workspace.schema_dir.glob("*.json")):
            yield f"{SCHEMA}/{path.name}", path.read_bytes()


def _manifest(
    workspace: Workspace, read: Readings, recipe: Recipe, content: Content, views: Iterable[ViewFacts], folder: Path
) -> dict[str, Any]:
    ids = {reading.article.id for reading in read.readings}
    inputs = {name: content.sha256(name) for name in (*input_files(workspace, ids), *recipe.inputs)}
    return {
        "made_by": MADE_BY,
        "toolkit_version": toolkit_version(),
        "schema_version": workspace.settings.schema,
        "dataset_name": workspace.settings.name,
        "dataset_version": workspace.settings.version,
        "pyarrow_version": pyarrow_version(),
        "text": recipe.text or "as each article allows",
        "publishable": not read.beyond,
        "beyond_tier": list(read.beyond),
        "words_shown": list(read.showing),
        "words_not_at_hand": list(read.lacking),
        "views": {each.view.name: view_entry(each) for each in views},
        "inputs": {name: told for name, told in sorted(inputs.items()) if told is not None},
        "files": {path: file_sha256(folder / path) for path in sorted(folder_files(folder))},
        **recipe.about,
    }


def view_entry(facts: ViewFacts) -> dict[str, Any]:
    """Return what the manifest says of a view: lists of files and digests where it has more than one file."""
    one = len(facts.files) == 1
    return {
        **({"file": facts.files[0]} if one else {"files": list(facts.files)}),
        "rows": facts.rows,
        "bytes": facts.file_bytes,
        "sha256": facts.sha256[0] if one else list(facts.sha256),
        "content_hash": facts.content_hash,
    }


def input_files(workspace: Workspace, ids: Set[str]) -> list[str]:
    """Return the files that a build of some articles is made of; their words are fingerprinted in their records."""
    schema = workspace.schema_dir.relative_to(workspace.root).as_posix()
    return [
        *_INPUTS,
        *(f"corpus/articles/{each}.json" for each in ids),
        *(path.relative_to(workspace.root).as_posix() for path in (workspace.root / WITHDRAWN).glob("*.json")),
        *(f"{schema}/{path.name}" for path in workspace.schema_dir.glob("*.json")),
        *(path.relative_to(workspace.root).as_posix() for path in workspace.store.document_paths() if path.stem in ids),
    ]


def _demand_outside_content(workspace: Workspace, out: Path) -> None:
    content = [workspace.root / name for name in ("corpus", "schema", "annotate")]
    if out == workspace.root or any(out == folder or folder in out.parents for folder in content):
        raise InputError(
            f"{out} is a place of the workspace's own content.\n"
            "Hint: name another folder with --out, such as releases/NAME. Nothing was written."
        )


def demand_clean(errors: Iterable[Finding]) -> None:
    """Raise InputError where a workspace has errors."""
    if errors := tuple(errors):
        few = "\n".join(f"- {each.file} {each.pointer} {each.code}: {each.message}" for each in errors[:5])
        more = f"\n- and {len(errors) - 5} more" if len(errors) > 5 else ""
        raise InputError(
            f"The workspace has errors, {len(errors)} in all:\n{few}{more}\n"
            "Hint: run `stancebank check` and correct what it finds. Nothing was written."
        )
