"""Rows of the view `tokens`."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from stancebank.corpus.passages import Passage
from stancebank.model import Document, Span
from stancebank.publish.rows.passages import passage_values
from stancebank.publish.rows.values import Row, ordered
from stancebank.publish.sources import Context, Reading
from stancebank.publish.tags import LABELS, LAYERS, Bounds, Placed, encode, place_spans, snap, tag_names
from stancebank.publish.views import TOKENS
from stancebank.publish.views.tokens import tag_ids_column, tags_column
from stancebank.text import tokenise


def token_row(reading: Reading, text: str, passage: Passage, context: Context) -> Row:
    """Return the row of a passage in the view `tokens`. text: the stored text."""
    words = text[passage.begin : passage.end]
    tokens = tokenise(words)
    row: Row = {
        "n_tokens": len(tokens),
        "tokens": [words[begin:end] for begin, end in tokens],
        "token_begins": [begin for begin, _ in tokens],
        "token_ends": [end for _, end in tokens],
        "spans": [],
    }
    for label in LABELS:
        owners: dict[Bounds, list[str]] = defaultdict(list)
        for span, owner in labelled_spans(reading.document, label):
            if passage.begins(span):
                owners[span.begin - passage.begin, span.end - passage.begin].append(owner)
        placed = _place(tokens, list(owners), len(words))
        for layer in LAYERS:
            tags = encode(label, layer, placed, len(tokens))
            row[tags_column(label, layer)] = tags
            row[tag_ids_column(label, layer)] = [tag_names(label).index(tag) for tag in tags]
        row["spans"] += [_span_value(label, each, owners[each.bounds]) for each in placed]
    return ordered(TOKENS, passage_values(reading, text, passage, context) | row)


def labelled_spans(document: Document, label: str) -> Iterator[tuple[Span, str]]:
    """Yield the spans of a label, each with the id of the statement or condition that it belongs to."""
    for statement in document.statements:
        if label == "condition":
            for condition in statement.conditions:
                yield from ((span, condition.id) for span in condition.spans)
            continue
        found: dict[str, Any] = {
            "speaker": (statement.speaker.span,),
            "cue": (statement.cue,),
            "content": statement.content,
            "target": (statement.target.span,),
        }
        yield from ((span, statement.id) for span in found[label] if span)


def _place(tokens: list[Bounds], spans: list[Bounds], length: int) -> list[Placed]:
    """Place spans; what runs out of the passage has no layer."""
    inside = place_spans(tokens, [span for span in spans if span[1] <= length])
    beyond = [Placed(span, snap(tokens, span), False, None) for span in spans if span[1] > length]
    return sorted(inside + beyond, key=lambda each: each.bounds)


def _span_value(label: str, placed: Placed, owners: list[str]) -> Row:
    return {
        "label": label,
        "begin": placed.bounds[0],
        "end": placed.bounds[1],
        "first_token": placed.tokens[0],
        "last_token": placed.tokens[1] - 1,
        "exact": placed.is_exact,
        "layer": placed.layer,
        "ids": owners,
    }
