"""A published folder, read back: the statements of every article as records, and the words that it shows."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stancebank.corpus.passages import Passage
from stancebank.errors import InputError
from stancebank.model import Statement
from stancebank.publish.parquet import read_table
from stancebank.publish.schemes import read_scheme
from stancebank.publish.tables import ARTICLES, CONDITIONS, PASSAGES, STATEMENTS
from stancebank.publish.tables.fields import names_column
from stancebank.publish.tables.statements import restore_statement
from stancebank.schema.fields import Scheme
from stancebank.text import fold, line_bounds


@dataclass(slots=True)
class PublishedArticle:
    """An article of a folder.

    text: the stored text, None where the folder does not show it. length: in code points. passages: those of the view
    `passages`; in a folder without that view, the lines of the text.
    """

    text: str | None
    length: int
    statements: list[Statement] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Published:
    """A folder's articles by id, the entity ids that its names stand for, by folded name, and its scheme."""

    articles: dict[str, PublishedArticle]
    entities: dict[str, str]
    scheme: Scheme


def read_published(folder: Path) -> Published:
    """Read the statements of a folder that `stancebank publish build` made, and what places words in its articles.

    Raises InputError where the folder is none.
    """
    articles = {
        row["article_id"]: PublishedArticle(row["text"], row["length"]) for row in _rows(folder, ARTICLES, True)
    }
    scheme = read_scheme(folder)
    fields = [field for field in scheme.fields if field.column is not None]
    entities: dict[str, str] = {}
    for row in _rows(folder, STATEMENTS):
        articles[row["article_id"]].statements.append(restore_statement(row, scheme))
        entities[fold(row["speaker_name"])] = row["speaker_id"]
        for known in fields:
            if known.kind == "mentions" and known.level != "condition":
                entities |= {fold(each["name"]): each["entity_id"] for each in row[str(known.column)]}
    for row in _rows(folder, CONDITIONS):
        for known in fields:
            if known.kind == "entities" and known.level == "condition":
                named = zip(row[names_column(known)], row[str(known.column)], strict=True)
                entities |= {fold(name): each for name, each in named}
    for row in _rows(folder, PASSAGES):
        passage = Passage(row["passage_id"], row["line"], row["begin"], row["end"], row["zone"])
        articles[row["article_id"]].passages.append(passage)
    for article_id, article in articles.items():
        if article.text is not None and not article.passages:
            article.passages += _lines(article_id, article.text)
    return Published(articles, entities, scheme)


def _lines(article_id: str, text: str) -> list[Passage]:
    bounds = enumerate(line_bounds(text), 1)
    return [Passage(f"{article_id}/p{line}", line, begin, end, "body") for line, (begin, end) in bounds if begin < end]


def _rows(folder: Path, view: str, demanded: bool = False) -> list[dict[str, Any]]:
    files = sorted((folder / view).glob("*.parquet"))
    if demanded and not files:
        raise InputError(
            f"{folder} holds no dataset: {view}/ has no Parquet file.\n"
            "Hint: name a folder that `stancebank publish build --out DIR` has written."
        )
    rows: list[dict[str, Any]] = []
    for file in files:
        rows += read_table(file).to_pylist()
    return rows
