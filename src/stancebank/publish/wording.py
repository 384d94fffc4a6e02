"""Words put back into rows: every column that holds words gets those of the spans beside it.

It is `shown` the other way round, and goes by the same declarations: whatever table is added gets its words by itself.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stancebank.publish.sources import GAP
from stancebank.publish.tables import Row, Table
from stancebank.publish.tables.columns import TEXT, Cell, rebuild, span_list

SpanValue = Mapping[str, Any]
WordsOf = Callable[[Sequence[SpanValue]], str | None]

Place = tuple[int, int, str]
"""A span as a key: begin, end and fingerprint."""


@dataclass(frozen=True, slots=True)
class Wording:
    """What is known of an article's words.

    text: the stored text; None where it is not at hand. found: words that were proved in a copy that differs, by span.
    """

    text: str | None = None
    found: Mapping[Place, str] = field(default_factory=dict)

    def words(self, spans: Sequence[SpanValue]) -> str | None:
        """Return the words of spans as rows join them; None where there are no spans, or one of them is not known."""
        parts = [self._part(each) for each in spans]
        return None if None in parts else GAP.join(part for part in parts if part) or None

    def _part(self, span: SpanValue) -> str | None:
        if self.text is not None:
            return self.text[span["begin"] : span["end"]]
        return self.found.get((span["begin"], span["end"], span["fingerprint"]))


def put_words(table: Table, row: Row, wording: Wording) -> Row:
    """Return a row with its words; those that it shows already stay. table: one that has rows of all articles."""

    def words(cell: Cell) -> Any:
        if not cell.column.words or cell.value is not None:
            return cell.value
        if cell.column.text_of == TEXT:
            return wording.text
        return wording.words(span_list(cell.beside[str(cell.column.text_of)]))

    return rebuild(table.columns, row, words)
