"""Words put back into rows: every column that holds words gets those of the spans beside it.

It is `shown` the other way round, and goes by the same declarations: whatever view is added gets its words by itself.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stancebank.publish.rows import GAP, Row
from stancebank.publish.shown import PLACES
from stancebank.publish.views import Column, ListOf, Struct, View

Span = Mapping[str, Any]
WordsOf = Callable[[Sequence[Span]], str | None]

Place = tuple[int, int, str]
"""A span as a key: begin, end and fingerprint."""


@dataclass(frozen=True, slots=True)
class Wording:
    """What is known of an article's words.

    text: the stored text; None where it is not at hand. found: words that were proved in a copy that differs, by span.
    """

    text: str | None = None
    found: Mapping[Place, str] = field(default_factory=dict)

    def words(self, spans: Sequence[Span]) -> str | None:
        """Return the words of spans as rows join them; None where there are no spans, or one of them is not known."""
        parts = [self._part(each) for each in spans]
        return None if None in parts else GAP.join(part for part in parts if part) or None

    def _part(self, span: Span) -> str | None:
        if self.text is not None:
            return self.text[span["begin"] : span["end"]]
        return self.found.get((span["begin"], span["end"], span["fingerprint"]))


def put_words(view: View, row: Row, wording: Wording) -> Row:
    """Return a row with its words; those that it shows already stay. view: one that has rows of all articles."""
    return _filled(view.columns, row, wording)


def _filled(columns: Sequence[Column], value: Mapping[str, Any], wording: Wording) -> Row:
    found: Row = {}
    for column in columns:
        held = value[column.name]
        if column.words:
            found[column.name] = _words(column.name, value, wording) if held is None else held
            continue
        kind = column.type.item if isinstance(column.type, ListOf) else column.type
        if held is None or not isinstance(kind, Struct):
            found[column.name] = held
        elif isinstance(column.type, ListOf):
            found[column.name] = [_filled(kind.fields, each, wording) for each in held]
        else:
            found[column.name] = _filled(kind.fields, held, wording)
    return found


def _words(name: str, value: Mapping[str, Any], wording: Wording) -> str | None:
    place = PLACES.get(name, "")
    if place not in value:
        return wording.text
    spans = value[place]
    return wording.words([spans] if isinstance(spans, Mapping) else spans or [])
