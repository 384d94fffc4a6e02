"""An invented row for the card: what a statement looks like, with no word of any article.

The statement is in example.json, with words in the place of spans. Of its fields a row has those that the scheme has.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from stancebank.model import (
    Article,
    Document,
    EntityRegistry,
    Line,
    Rights,
    Sourced,
    Statement,
    TargetRegistry,
    Zone,
    from_builtins,
)
from stancebank.publish.sources import ArticleAnnotation, make_context
from stancebank.publish.tables import Row, statement_sources
from stancebank.records import read_json
from stancebank.schema.fields import Field, Level, Scheme
from stancebank.text import fingerprint, sha256
from stancebank.text_policy import TextPolicy

_EXAMPLE = Path(__file__).with_name("example.json")
_ID = "invented-gazette-undated-tolls"


def example_row(scheme: Scheme, dataset_version: str) -> Row:
    """Return one row of the table `statements`, made of an invented article."""
    told = read_json(_EXAMPLE)
    registries = {key: {"schema_version": scheme.version, key: told[key]} for key in ("entities", "targets")}
    context = make_context(
        scheme,
        from_builtins(registries["entities"], EntityRegistry),
        from_builtins(registries["targets"], TargetRegistry),
        dataset_version,
    )
    statement = _statement(told["statement"], told["text"], scheme)
    article, document = _article(told["text"], scheme), _document(statement, told["text"], scheme)
    (source,) = statement_sources(ArticleAnnotation(article, document, TextPolicy.FULL, told["text"]), context)
    return source.row


def _statement(value: Mapping[str, Any], text: str, scheme: Scheme) -> Statement:
    """Return the statement as far as the scheme goes; where it asks for more, the first value of the list."""

    def span(words: str) -> Row:
        begin = text.index(words)
        return {"begin": begin, "end": begin + len(words), "fingerprint": fingerprint(words)}

    def filled(level: Level, held: Mapping[str, Any], frame: Row) -> Row:
        for field in scheme.of(level):
            said = _said(field, held.get(field.name), scheme)
            if said is not None:
                frame[field.name] = span(said) if field.kind == "span" else said
        return frame

    speaker, target = value["speaker"], value["target"]
    frame: Row = {
        "id": value["id"],
        "content": [span(words) for words in value["content"]],
        "speaker": {**speaker, "span": span(speaker["span"])},
        "target": filled("target", target, {"id": target["id"], "span": span(target["span"])}),
    }
    if scheme.has_conditions:
        roles = list(scheme.vocabularies.values("condition_role"))
        frame["conditions"] = [
            filled(
                "condition",
                each,
                {
                    "id": each["id"],
                    "spans": [span(words) for words in each["spans"]],
                    "role": each["role"] if each["role"] in roles else roles[0],
                },
            )
            for each in value["conditions"]
        ]
    return scheme.read_statement(filled("statement", value, frame))


def _said(field: Field, value: Any, scheme: Scheme) -> Any:
    """Return what the example says in a field; of a closed list without that value, the first where one is required."""
    if field.vocabulary is None or field.kind == "date":
        return value
    values = list(scheme.values(field))
    return value if value in values else values[0] if field.required else None


def _article(text: str, scheme: Scheme) -> Article:
    zones = scheme.vocabularies.annotated_zones()
    return Article(
        schema_version=scheme.version,
        id=_ID,
        title=Sourced(value="An invented headline", basis="given"),
        outlet=Sourced(value="Invented Gazette", basis="given"),
        language=Sourced(value="en", basis="given"),
        event=Sourced(value="invented-event", basis="given"),
        rights=Rights(holder="nobody: invented", licence="CC0-1.0", text_policy=TextPolicy.FULL),
        raw_sha256=sha256(text),
        text_sha256=sha256(text),
        length=len(text),
        lines=(Line(begin=0, end=len(text), fingerprint=fingerprint(text)),),
        zones=(Zone(begin=0, end=len(text), zone="body" if "body" in zones else min(zones)),),
    )


def _document(statement: Statement, text: str, scheme: Scheme) -> Document:
    value = {
        "schema_version": scheme.version,
        "guideline_version": "1.0",
        "article_id": _ID,
        "text_sha256": sha256(text),
        "annotator": "nobody",
        "origin": "project",
        "created_at": "2031-01-01T00:00:00Z",
        "updated_at": "2031-01-01T00:00:00Z",
        "gold": {"method": next(iter(scheme.vocabularies.values("gold_method")))},
        "statements": [],
    }
    document = from_builtins(value, Document)
    return replace(document, statements=(statement,))
