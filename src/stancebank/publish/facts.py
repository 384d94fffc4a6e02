"""What the computed parts of the dataset card are made of."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from stancebank.model import TextPolicy
from stancebank.publish.agreement import PairOfReaders
from stancebank.publish.rows import Context, Row


@dataclass(frozen=True, slots=True)
class Built:
    """What a folder shows of the articles' words. text: as asked for; the others: ids of articles, see `Readings`."""

    text: TextPolicy | None
    showing: tuple[str, ...]
    beyond: tuple[str, ...]
    lacking: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the blocks are made of.

    rows: by view. built: None in a card that belongs to no folder. readers: annotators who read the same articles.
    """

    rows: dict[str, list[Row]]
    context: Context
    name: str
    dataset_version: str
    schema_version: str
    built: Built | None
    readers: tuple[PairOfReaders, ...] = ()

    @property
    def statements(self) -> list[Row]:
        """The rows of the view `statements`."""
        return self.rows.get("statements", [])

    @property
    def unique(self) -> list[Row]:
        """The statements that do not repeat another one."""
        return [row for row in self.statements if row["same_as"] is None]

    @property
    def articles(self) -> list[Row]:
        """The rows of the view `articles`."""
        return self.rows["articles"]

    @property
    def tokens(self) -> list[Row]:
        """The rows of the view `tokens`."""
        return self.rows.get("tokens", [])

    @property
    def n_whole(self) -> int:
        """How many articles show their whole text."""
        return len({row["article_id"] for row in self.rows.get("passages", [])})

    @property
    def conditions(self) -> list[Row]:
        """The rows of the view `conditions`."""
        return self.rows.get("conditions", [])


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table; a value that is None becomes an empty cell."""
    lines = [list(head), ["---"] * len(head)]
    lines += [["" if cell is None else str(cell).replace("|", "\\|") for cell in row] for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"
