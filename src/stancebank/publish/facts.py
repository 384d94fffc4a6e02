"""What the computed parts of the dataset card are made of."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from stancebank.publish.agreement import PairOfReaders
from stancebank.publish.sources import RowContext
from stancebank.publish.tables import (
    ANNOTATIONS,
    ARTICLES,
    CONDITIONS,
    ENTITIES,
    PASSAGES,
    STATEMENTS,
    TARGETS,
    TOKENS,
    Row,
    find_table,
)
from stancebank.schema.fields import Field, Scheme
from stancebank.text_policy import TextPolicy

_COLUMNS: dict[str, tuple[str, ...]] = {
    STATEMENTS: (
        *("statement_id", "same_as", "conditional", "speaker_id", "speaker_kind", "speaker_name"),
        *("target_root", "target_id", "target_name"),
    ),
    CONDITIONS: ("statement_id", "role"),
    ARTICLES: (
        *("article_id", "title", "author", "place", "outlet", "published", "language", "url", "event"),
        *("rights_holder", "licence", "text_policy"),
        *("origin", "annotator", "gold_method", "guideline_version", "nothing_to_annotate", "n_statements"),
    ),
    ANNOTATIONS: ("annotator", "article_id", "origin"),
    ENTITIES: ("entity_id",),
    TARGETS: ("target_id",),
    PASSAGES: ("article_id",),
    TOKENS: ("spans",),
}


def card_columns(name: str, scheme: Scheme) -> tuple[str, ...] | None:
    """Return the columns of a table that the card is made of; None for all, where the scheme lacks the table too."""
    if name not in _COLUMNS or (name == CONDITIONS and not scheme.has_conditions):
        return None
    wanted = {*_COLUMNS[name], *said_columns(name, scheme)}
    if name == STATEMENTS:
        wanted.add(str(scheme.label.column))
    if name == CONDITIONS:
        wanted |= {str(field.column) for field in counted_fields(scheme)}
    return tuple(column.name for column in find_table(scheme, name).columns if column.name in wanted)


def said_columns(name: str, scheme: Scheme) -> tuple[str, ...]:
    """Return the columns of a table that hold what people wrote: words of articles and free text."""
    if name == ARTICLES:
        return ("title", "author", "place")
    level = {STATEMENTS: ("statement", "target"), CONDITIONS: ("condition",)}.get(name, ())
    free = {field.column for field in scheme.fields if field.level in level and field.kind == "text"}
    if not level or (name == CONDITIONS and not scheme.has_conditions):
        return ()
    columns = find_table(scheme, name).columns
    mine = {column.name for column in find_table(scheme, STATEMENTS).columns} if name == CONDITIONS else set()
    return tuple(column.name for column in columns if (column.words or column.name in free) and column.name not in mine)


def counted_fields(scheme: Scheme) -> tuple[Field, ...]:
    """Return the fields of conditions that the card counts by their values: closed lists and single ids."""
    kinds = ("vocabulary", "target", "entity")
    return tuple(field for field in scheme.of("condition") if field.kind in kinds and field.column is not None)


@dataclass(frozen=True, slots=True)
class Built:
    """What a folder shows of the articles' words. text: as asked for; the others: ids of articles, see `Readings`."""

    text: TextPolicy | None
    showing: tuple[str, ...]
    beyond: tuple[str, ...]
    lacking: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the blocks, and all else that a folder says of itself, are made of.

    rows: by view, of the columns of `card_columns` at least. built: None in a card that belongs to no folder. readers:
    annotators who read the same articles. licence: the text of the data's licence, None where there is none. released:
    the day that the changelog of a release gives the version, None where it gives none.
    """

    rows: Mapping[str, Sequence[Row]]
    context: RowContext
    name: str
    dataset_version: str
    schema_version: str
    built: Built | None
    readers: tuple[PairOfReaders, ...] = ()
    pretty_name: str = ""
    licence: str | None = None
    released: str | None = None

    @property
    def statements(self) -> Sequence[Row]:
        """The rows of the view `statements`."""
        return self.rows.get("statements", ())

    @property
    def unique(self) -> Iterator[Row]:
        """The statements that do not repeat another one."""
        return (row for row in self.statements if row.get("same_as") is None)

    @property
    def n_unique(self) -> int:
        """How many statements do not repeat another one."""
        return sum(1 for _ in self.unique)

    @property
    def articles(self) -> Sequence[Row]:
        """The rows of the view `articles`."""
        return self.rows["articles"]

    @property
    def tokens(self) -> Sequence[Row]:
        """The rows of the view `tokens`."""
        return self.rows.get("tokens", ())

    @property
    def n_whole(self) -> int:
        """How many articles show their whole text."""
        return len({row["article_id"] for row in self.rows.get("passages", ())})

    @property
    def conditions(self) -> Sequence[Row]:
        """The rows of the view `conditions`."""
        return self.rows.get("conditions", ())


def for_card(name: str, row: Row, scheme: Scheme) -> Row:
    """Return what the card needs of a row. name: of its table."""
    columns = card_columns(name, scheme)
    return row if columns is None else {column: row[column] for column in columns}


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table; a value that is None becomes an empty cell."""
    lines = [list(head), ["---"] * len(head)]
    lines += [["" if cell is None else str(cell).replace("|", "\\|") for cell in row] for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"
