"""Values that rows of several views share."""

from collections.abc import Iterable
from typing import Any

from stancebank.model import PassedOver, Span
from stancebank.publish.sources import Context, Reading
from stancebank.publish.views import View

Row = dict[str, Any]


def article_values(reading: Reading) -> Row:
    """Return what rows of every view say of their article."""
    article = reading.article
    values = {
        key: sourced.value if (sourced := getattr(article, key)) else None
        for key in ("title", "outlet", "published", "language", "url", "event")
    }
    return values | {
        "article_id": article.id,
        "agencies": list(article.agencies.value) if article.agencies else [],
        "rights_holder": article.rights.holder,
        "licence": article.rights.licence,
        "text_policy": str(article.rights.text_policy),
    }


def reading_values(reading: Reading, context: Context) -> Row:
    """Return what rows of every view say of the reading that they come from, and of their versions."""
    document = reading.document
    return {
        "origin": document.origin,
        "annotator": document.annotator,
        "gold_method": document.gold.method if document.gold else None,
        "guideline_version": document.guideline_version,
        "schema_version": document.schema_version,
        "dataset_version": context.dataset_version,
    }


def some(span: Span | None) -> tuple[Span, ...]:
    """Return a tuple of the span, or an empty one."""
    return (span,) if span else ()


def span_value(span: Span | None) -> Row | None:
    """Return a span as a nested value."""
    return {"begin": span.begin, "end": span.end, "fingerprint": span.fingerprint} if span else None


def span_values(spans: Iterable[Span]) -> list[Row]:
    """Return spans as nested values."""
    return [{"begin": span.begin, "end": span.end, "fingerprint": span.fingerprint} for span in spans]


def passed_over_values(passed_over: Iterable[PassedOver]) -> list[Row]:
    """Return what was passed over as nested values, in the order of the text."""
    in_order = sorted(passed_over, key=lambda each: (each.span.begin, each.span.end, each.reason))
    return [{"reason": each.reason} | (span_value(each.span) or {}) for each in in_order]


def ordered(view: View, row: Row) -> Row:
    """Return the declared columns of a row, in their order."""
    return {column.name: row[column.name] for column in view.columns}
