"""The alignment-loss report: how well the tags of the view `tokens` show the spans that were annotated."""

from collections.abc import Iterable
from dataclasses import dataclass

from stancebank.publish.rows import Row
from stancebank.publish.tags import LABELS


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


def measure_alignment(rows: Iterable[Row]) -> dict[str, Alignment]:
    """Return how the spans fared, by label and for `all` of them. rows: of the view `tokens`."""
    every = [span for row in rows for span in row["spans"]]
    found = {label: _measure([span for span in every if span["label"] == label]) for label in LABELS}
    return found | {"all": _measure(every)}


def _measure(spans: list[Row]) -> Alignment:
    tagged = [span for span in spans if span["layer"] is not None]
    exact = sum(span["exact"] for span in tagged)
    return Alignment(
        annotated=sum(len(span["ids"]) for span in spans),
        spans=len(spans),
        exact=exact,
        snapped=len(tagged) - exact,
        second=sum(span["layer"] == 2 for span in tagged),
        dropped=len(spans) - len(tagged),
    )
