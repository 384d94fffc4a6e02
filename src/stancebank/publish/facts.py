"""What the computed parts of the dataset card are made of."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from stancebank.publish.agreement import PairOfReaders
from stancebank.publish.rows import Context, Row
from stancebank.text_policy import TextPolicy

COLUMNS: dict[str, tuple[str, ...]] = {
    "statements": (
        *("statement_id", "same_as", "conditional", "speaker_id", "speaker_kind", "speaker_name", "stance"),
        *("target_root", "target_id", "target_name", "target_scope"),
        *("content", "speaker_mention", "cue", "target_mention", "reason"),
    ),
    "conditions": ("statement_id", "role", "kind", "text"),
    "articles": (
        *("article_id", "title", "author", "place", "outlet", "published", "language", "url", "event"),
        *("rights_holder", "licence", "text_policy"),
        *("origin", "annotator", "gold_method", "guideline_version", "nothing_to_annotate", "n_statements"),
    ),
    "annotations": ("annotator", "article_id", "origin"),
    "entities": ("entity_id",),
    "targets": ("target_id",),
    "passages": ("article_id",),
    "tokens": ("spans",),
}
"""The columns that the card is made of, by view; all columns of a view that is not named."""


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

    rows: by view, of the columns in `COLUMNS` at least. built: None in a card that belongs to no folder. readers:
    annotators who read the same articles. licence: the text of the data's licence, None where there is none. released:
    the day that the changelog of a release gives the version, None where it gives none.
    """

    rows: Mapping[str, Sequence[Row]]
    context: Context
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
        return (row for row in self.statements if row["same_as"] is None)

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


def for_card(view: str, row: Row) -> Row:
    """Return what the card needs of a row."""
    return {name: row[name] for name in COLUMNS[view]} if view in COLUMNS else row


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table; a value that is None becomes an empty cell."""
    lines = [list(head), ["---"] * len(head)]
    lines += [["" if cell is None else str(cell).replace("|", "\\|") for cell in row] for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"
