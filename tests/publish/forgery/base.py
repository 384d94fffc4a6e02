"""What the forger starts from, and how he makes everything fit again."""

import copy
import json
import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

from stancebank.publish.rows import Row
from stancebank.publish.views import VIEWS

from stancebank.publish.alignment import measure_alignment
from stancebank.publish.build import view_entry
from stancebank.publish.card import make_readme
from stancebank.publish.croissant import make_croissant
from stancebank.publish.folder import MANIFEST, SUMS, file_sha256, folder_files
from stancebank.publish.hub import ViewFacts
from stancebank.publish.parquet import read_table
from stancebank.publish.rights import make_rights, read_terms
from stancebank.publish.shards import ViewWriter
from stancebank.publish.sources import Context, Reading
from stancebank.publish.verification.papers import Folder, make_folder, text_of
from stancebank.publish.verification.rows import Walked, read_article
from stancebank.publish.verification.verify import open_folder
from stancebank.records import to_json

By = Literal["folder", "gold", "record"]
BY_VIEW = {view.name: view for view in VIEWS}
OF_ARTICLES = [view.name for view in VIEWS if view.name not in ("entities", "targets")]
T = TypeVar("T")


@dataclass
class Base:
    """A sound folder, opened. decks: what is still to be drawn, by name, so that nothing is left out by chance."""

    root: Path
    folder: Folder
    rows: dict[str, list[Row]]
    readings: list[Reading]
    rows_per_file: int = 50_000
    decks: dict[str, list[Any]] = field(default_factory=dict)

    @property
    def manifest(self) -> dict[str, Any]:
        return copy.deepcopy(self.folder.manifest)

    @property
    def whole(self) -> set[str]:
        """The articles whose whole text is shown."""
        return {each.article.id for each in self.readings if each.whole_text}

    def draw(
        self, name: str, options: Sequence[T], rng: random.Random, fits: Callable[[T], bool] = lambda _: True
    ) -> T:
        """Return one of some options that fits; each comes once before any comes again."""
        deck = self.decks.setdefault(name, [])
        if not any(map(fits, deck)):
            deck += rng.sample(list(options), len(options))
        drawn: T = deck.pop(next(place for place, each in enumerate(deck) if fits(each)))
        return drawn


@dataclass
class Forged:
    """A change. kind: of it; what: in words; by: what reveals it: a folder must by itself, if that can be known.

    column: the view and column that was changed, as ``view.column/field``, or "".
    """

    kind: str
    what: str
    by: By = "folder"
    column: str = ""


def open_base(root: Path, rows_per_file: int = 50_000) -> Base:
    found, folder = open_folder(root)
    assert folder is not None
    assert not found.errors
    rows = {view.name: rows_in(root, view.name) for view in VIEWS}
    readings = [read_one(rows, row, folder) for row in rows["articles"]]
    return Base(root, folder, {name: each for name, each in rows.items() if each}, readings, rows_per_file)


def read_one(rows: dict[str, list[Row]], row: Row, folder: Folder) -> Reading:
    """Return the reading that the rows of an article were made of. row: of the view `articles`."""
    own = {name: [each for each in rows[name] if each["article_id"] == row["article_id"]] for name in OF_ARTICLES}
    reading = read_article(own, row, text_of(folder.manifest), [])
    assert reading is not None
    return reading


def rows_in(root: Path, view: str) -> list[Row]:
    return [row for path in sorted((root / view).glob("*.parquet")) for row in read_table(path).to_pylist()]


def copy_to(base: Base, out: Path) -> None:
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(base.root, out)


def reforge(
    base: Base,
    out: Path,
    rows: dict[str, list[Row]],
    readings: Sequence[Reading] | None = None,
    context: Context | None = None,
    **about: Any,
) -> None:
    """Write a folder of changed rows, with all that is computed from them. about: keys of the manifest."""
    copy_to(base, out)
    manifest = base.manifest | about
    versions = {key: base.folder.manifest[key] for key in ("dataset_version", "schema_version")}
    views: list[ViewFacts] = []
    before = {each.view.name: each for each in base.folder.views}
    for view in VIEWS:
        name = view.name
        if name in before and rows.get(name) == base.rows[name]:
            views.append(before[name])
            continue
        shutil.rmtree(out / name, ignore_errors=True)
        writer = ViewWriter(out, view, versions, base.rows_per_file)
        writer.add(rows.get(name, ()))
        if made := writer.close():
            views.append(made)
    told = Walked(context or base.folder.walked.context)
    for reading in readings or base.readings:
        told.note(reading)
    try:
        folder = make_folder(replace(base.folder.files, root=out), manifest, told, tuple(views))
        papers = {
            "README.md": make_readme(folder.facts, views, base.folder.body),
            "croissant.json": make_croissant(folder.facts, views),
            "RIGHTS.md": make_rights(rows, read_terms(manifest)),
        }
        if "splits.csv" in base.folder.files.sizes:
            ids = sorted(row["article_id"] for row in rows["articles"])
            papers["splits.csv"] = "article_id,split\n" + "".join(f"{each},train\n" for each in ids)
        if rows.get("tokens"):
            manifest["alignment"] = {name: asdict(each) for name, each in measure_alignment(rows["tokens"]).items()}
        manifest |= {
            "publishable": not folder.built.beyond,
            "beyond_tier": list(folder.built.beyond),
            "words_shown": list(folder.built.showing),
            "words_not_at_hand": list(folder.built.lacking),
        }
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        papers = {}  # rows that no card can be made of
    for name, text in papers.items():
        (out / name).write_text(text, encoding="utf-8", newline="")
    manifest["views"] = {each.view.name: view_entry(each) for each in views}
    seal(out, manifest)


def seal(out: Path, manifest: dict[str, Any]) -> None:
    """Make manifest and sums fit the files."""
    names = sorted(folder_files(out) - {MANIFEST, SUMS})
    manifest["files"] = {name: file_sha256(out / name) for name in names if (out / name).is_file()}
    (out / MANIFEST).write_text(to_json(manifest), encoding="utf-8")
    write_sums(out)


def write_sums(out: Path) -> None:
    """Write SHA256SUMS of all that has bytes, whatever else lies there."""
    names = sorted(name for name in folder_files(out) - {SUMS} if (out / name).is_file())
    lines = [f"{file_sha256(out / name)}  {name}\n" for name in names]
    (out / SUMS).write_text("".join(lines), encoding="utf-8", newline="")


def reseal(base: Base, out: Path) -> None:
    """Make sizes and digests of tables that changed, their names and their number, fit everywhere."""
    views = []
    for each in base.folder.views:
        paths = sorted((out / each.view.name).glob("*.parquet"))
        if paths:
            views.append(
                replace(
                    each,
                    files=tuple(f"{each.view.name}/{path.name}" for path in paths),
                    sizes=tuple(path.stat().st_size for path in paths),
                    sha256=tuple(file_sha256(path) for path in paths),
                )
            )
    readme = make_readme(base.folder.facts, views, base.folder.body)
    (out / "README.md").write_text(readme, encoding="utf-8", newline="")
    (out / "croissant.json").write_text(make_croissant(base.folder.facts, views), encoding="utf-8")
    seal(out, base.manifest | {"views": {each.view.name: view_entry(each) for each in views}})


def seal_file(base: Base, out: Path, name: str) -> None:
    """Make all fit that names a changed file; where it is SHA256SUMS, nothing does."""
    if name == MANIFEST:
        write_sums(out)
    elif name.endswith(".parquet"):
        reseal(base, out)
    elif name != SUMS:
        seal(out, base.manifest)


def read_manifest(out: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((out / MANIFEST).read_bytes())
    return told
