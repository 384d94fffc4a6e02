"""Statements as JSON Lines: one object a statement, each span with its words and its offsets in code points."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from stancebank.annotate.formats.flatten import Loss, add_of_document
from stancebank.corpus.quoted import quote_statement, statement_json
from stancebank.corpus.selectors import Selector
from stancebank.model import Document, Span
from stancebank.schema.fields import Scheme

Json = dict[str, Any]


def whole_statements(document: Document, text: str, scheme: Scheme) -> Iterator[Json]:
    """Yield the statements of a document as JSON: in the quoted form, with offsets beside the words of each span."""

    def quote(span: Span) -> Selector:
        return Selector(text[span.begin : span.end], begin=span.begin, end=span.end)

    for statement in document.statements:
        quoted = quote_statement(statement, scheme, quote)
        conditions = tuple(
            replace(each, id=condition.id)
            for each, condition in zip(quoted.conditions, statement.conditions, strict=True)
        )
        quoted = replace(quoted, id=statement.id, same_as=statement.same_as, conditions=conditions)
        yield statement_json(quoted, scheme, says_conditions=scheme.has_conditions)


def write_jsonl(document: Document, text: str, scheme: Scheme, loss: Loss) -> str:
    """Return the statements of a document as lines of JSON. loss: takes what they do not say of it."""
    add_of_document(document, loss, kept=("annotator", "guideline version", "how it became gold"))
    loss.add_all("words that are no statement", "left out", len(document.non_statements))
    loss.add_all("nothing to annotate", "an article without a line", int(document.nothing_to_annotate))
    about: Json = {
        "article_id": document.article_id,
        "annotator": document.annotator,
        "gold": document.gold.method if document.gold else None,
        "guideline_version": document.guideline_version,
        "text_sha256": document.text_sha256,
        "schema_version": document.schema_version,
    }
    lines = (json.dumps({**about, **each}, ensure_ascii=False) for each in whole_statements(document, text, scheme))
    return "".join(f"{line}\n" for line in lines)
