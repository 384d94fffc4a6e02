"""The alignment-loss report: how well the tags of the view `tokens` show the spans that were annotated."""

from collections.abc import Iterable
from dataclasses import dataclass

from stancebank.publish.tables import Row
from stancebank.publish.tables.text import span_labels
from stancebank.schema.fields import Scheme


@dataclass(frozen=True, slots=True)
class Alignment:
    """How the spans of a label fared; spans is exact + snapped + dropped.

    annotated: spans of statements and conditions. spans: distinct ones, since what coincides is one span. exact:
    tagged with their own bounds. snapped: tagged with those of the tokens that they touch, further out. dropped: in no
    layer. second: of the exact and snapped ones, those in layer 2.
    """

    annotated: int
    spans: int
    exact: int
    snapped: int
    second: int
    dropped: int


def measure_alignment(rows: Iterable[Row], scheme: Scheme) -> dict[str, Alignment]:
    """Return how the spans fared, by label and for `all` of them. rows: of the table `tokens`."""
    counts = {label: _Counts() for label in (*span_labels(scheme), "all")}
    for row in rows:
        for span in row["spans"]:
            for label in (span["label"], "all"):
                counts[label].add(span)
    return {label: each.result() for label, each in counts.items()}


class _Counts:
    def __init__(self) -> None:
        self.annotated = self.spans = self.tagged = self.exact = self.second = 0

    def add(self, span: Row) -> None:
        self.annotated += len(span["ids"])
        self.spans += 1
        if span["layer"] is not None:
            self.tagged += 1
            self.exact += span["exact"]
            self.second += span["layer"] == 2

    def result(self) -> Alignment:
        return Alignment(
            annotated=self.annotated,
            spans=self.spans,
            exact=self.exact,
            snapped=self.tagged - self.exact,
            second=self.second,
            dropped=self.spans - self.tagged,
        )
