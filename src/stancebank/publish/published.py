"""A published folder, read back: the statements of every article as records, and the words that it shows."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from stancebank.corpus.selectors import Passage
from stancebank.errors import InputError
from stancebank.model import Statement, split_order
from stancebank.publish.layout import MANIFEST, SCHEMA, require_plain
from stancebank.publish.parquet import SPLIT, file_order, read_table, split_of_file, split_of_row
from stancebank.publish.tables import ARTICLES, ENTITIES, PASSAGES, STATEMENTS
from stancebank.publish.tables.fields import bounds
from stancebank.publish.tables.restore import restore_statement
from stancebank.records import find_files, read_json
from stancebank.schema.fields import KEYWORD, Scheme, load_scheme
from stancebank.schema.validate import packed_schema
from stancebank.search import search_fold
from stancebank.text import line_bounds

ANNOTATION = "annotation.schema.json"


def find_schema(folder: Path, version: str) -> Path | None:
    """Return where the files of a folder's schema version are: in the folder or the toolkit; None for nowhere."""
    own = folder / SCHEMA
    try:
        is_told = (own / "vocabularies.json").is_file() and KEYWORD in (own / ANNOTATION).read_bytes().decode()
    except (OSError, UnicodeDecodeError):
        is_told = False
    return own if is_told else packed_schema(version)


def read_scheme(folder: Path) -> Scheme:
    """Return the scheme of a folder that the toolkit has made. Raises InputError where it is not to be found out."""
    try:
        version = str(read_json(folder / MANIFEST)["schema_version"])
    except (OSError, InputError, KeyError, TypeError):
        raise InputError(
            f"{folder} is no dataset that this toolkit has made: {MANIFEST} is missing or of another form.\n"
            "Hint: name a folder that `stancebank publish build` or `publish release` has written."
        ) from None
    schema_dir = find_schema(folder, version)
    if schema_dir is None:
        raise InputError(
            f"{folder} follows the schema {version!r}, which this toolkit lacks.\nHint: get a newer toolkit."
        )
    return load_scheme(schema_dir, version)


@dataclass(slots=True)
class PublishedArticle:
    """An article of a folder.

    text: the stored text, None where the folder does not show it. length: in code points. split: the one that its rows
    lie in. passages: those of the table `passages`; in a folder without that table, the lines of the text.
    """

    text: str | None
    length: int
    statements: list[Statement] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list)
    split: str = SPLIT


@dataclass(frozen=True, slots=True)
class Published:
    """A folder's articles by id, the entity ids by every folded name and alias, and its scheme."""

    articles: dict[str, PublishedArticle]
    entities: dict[str, str]
    scheme: Scheme

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that articles are in, in their order; `train` alone where there are no splits."""
        return tuple(sorted({each.split for each in self.articles.values()}, key=split_order))

    def of_split(self, split: str) -> "Published":
        """Return the articles of a split. Raises InputError where there is none."""
        require_split(split, self.splits, "The dataset")
        return replace(self, articles={name: each for name, each in self.articles.items() if each.split == split})


def read_published(folder: Path) -> Published:
    """Read the statements of a folder that `stancebank publish build` made, and what places words in its articles.

    Raises InputError where the folder is none.
    """
    require_plain(folder)
    table_files(folder, ARTICLES)
    scheme = read_scheme(folder)
    articles = {
        row["article_id"]: PublishedArticle(row["text"], row["length"], split=split_of_row(row))
        for row in table_rows(folder, ARTICLES)
    }
    for row in table_rows(folder, STATEMENTS):
        articles[row["article_id"]].statements.append(restore_statement(row, scheme))
    entities: dict[str, str] = {}
    for row in table_rows(folder, ENTITIES):
        for name in (*row["aliases"], row["name"]):
            entities[search_fold(name)] = row["entity_id"]
    for row in table_rows(folder, PASSAGES):
        passage = Passage(row["passage_id"], row["line"], *bounds(row), row["zone"])
        articles[row["article_id"]].passages.append(passage)
    for article_id, article in articles.items():
        if article.text is not None and not article.passages:
            article.passages += _lines(article_id, article.text)
    return Published(articles, entities, scheme)


def require_dataset(folder: Path) -> dict[str, Any]:
    """Return the manifest of a folder. Raises InputError where it has none: no dataset of this toolkit."""
    require_plain(folder)
    try:
        manifest = read_json(folder / MANIFEST)
    except OSError:
        manifest = None
    if not isinstance(manifest, dict) or "dataset_version" not in manifest:
        raise InputError(
            f"{folder} holds no dataset: {MANIFEST} is missing or of another form.\n"
            "Hint: name a folder that `stancebank publish build --out DIR` has written."
        )
    return manifest


def find_tables(folder: Path, table: str) -> list[Path]:
    """Return the Parquet files of a table, in the order of its rows; none where the folder does not have it."""
    return sorted(find_files(folder / table, "*.parquet"), key=lambda path: file_order(path.name))


def require_split(split: str, splits: Iterable[str], what: str) -> None:
    """Raise InputError where a split is not one of those of a table or dataset. what: what to call that."""
    there = list(dict.fromkeys(splits))
    if split not in there:
        names = sorted(there, key=split_order)
        raise InputError(f"{what} has no rows of the split {split!r}.\nHint: it has rows of {', '.join(names)}.")


def table_files(folder: Path, table: str, split: str | None = None) -> list[Path]:
    """Return the Parquet files of a table, in the order of its rows. Raises InputError where there is none.

    split: only those of it; None for all.
    """
    files = find_tables(folder, table)
    if not files:
        raise InputError(
            f"{folder} holds no dataset with a table {table}: {table}/ has no Parquet file.\n"
            "Hint: name a folder that `stancebank publish build --out DIR` has written, and one of its tables."
        )
    if split is not None:
        require_split(split, (split_of_file(each.name) for each in files), f"{folder}/{table}")
        files = [each for each in files if split_of_file(each.name) == split]
    return files


def _lines(article_id: str, text: str) -> list[Passage]:
    bounds = enumerate(line_bounds(text), 1)
    return [Passage(f"{article_id}/p{line}", line, begin, end, "body") for line, (begin, end) in bounds if begin < end]


def table_rows(folder: Path, table: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of a table, in their order; none where the folder does not have it."""
    for file in find_tables(folder, table):
        yield from read_table(file).to_pylist()
