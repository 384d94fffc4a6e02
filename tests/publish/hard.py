"""What the tests of the tables of whole texts share: rows by name, and rows of texts made to hurt."""

import json
from typing import Any

from stancebank.model import (
    Article,
    Document,
    EntityRegistry,
    Mention,
    Rights,
    Span,
    Statement,
    Target,
    TargetRegistry,
    TextPolicy,
    Zone,
)
from stancebank.publish.gold import ArticleAnnotation, make_context
from stancebank.publish.tables import Row, make_rows
from stancebank.text import fingerprint, sha256
from tests.conftest import OWN_SCHEMA, REPO
from tests.publish.own import SCHEME

SCHEMA = OWN_SCHEMA


def row_of(rows: list[Row], name: str) -> Row:
    return next(row for row in rows if name in (row.get("passage_id"), row["article_id"]))


def answer_of(row: Row) -> Any:
    return json.loads(row["messages"][2]["content"])


HARD = "Talks, talks and talks: he will meet them, he said, if the talks help.\nOnly he said so."


def span_at(text: str, words: str, nth: int = 1) -> Span:
    begin = -1
    for _ in range(nth):
        begin = text.index(words, begin + 1)
    return Span(begin=begin, end=begin + len(words), fingerprint=fingerprint(words))


def article_of(text: str, zones: list[tuple[int, int, str]] | None = None) -> Article:
    """Return the record of a text; all of it is body where no zones are given."""
    return Article(
        schema_version=OWN_SCHEMA.name,
        id="hard",
        rights=Rights(holder="nobody", licence="CC0-1.0", text_policy=TextPolicy.FULL),
        raw_sha256=sha256(text),
        text_sha256=sha256(text),
        length=len(text),
        lines=(),
        zones=tuple(Zone(begin=begin, end=end, zone=zone) for begin, end, zone in zones or [(0, len(text), "body")]),
    )


def _statement(name: str, keys: dict[str, Any]) -> Statement:
    """Return a statement of keys as its JSON has them, fields beside the frame."""
    frame = {key: value for key, value in keys.items() if key in Statement.__struct_fields__}
    fields = {"attribution": "indirect", "stance": "open"} | {key: keys[key] for key in keys.keys() - frame.keys()}
    default: dict[str, Any] = {"id": name, "speaker": Mention(entity="he"), "target": Target(id="talks")}
    return Statement(**default | frame, fields=SCHEME.without_defaults("statement", fields))


def hard_rows(text: str, zones: list[tuple[int, int, str]], *statements: dict[str, Any]) -> dict[str, list[Row]]:
    article = article_of(text, zones)
    document = Document(
        schema_version=OWN_SCHEMA.name,
        guideline_version="1.0",
        article_id="hard",
        text_sha256=article.text_sha256,
        annotator="nobody",
        origin="project",
        created_at="2031-01-01T00:00:00Z",
        updated_at="2031-01-01T00:00:00Z",
        statements=tuple(_statement(f"hard/s{number}", each) for number, each in enumerate(statements, 1)),
    )
    toy = json.loads((REPO / "tests/toy/corpus/targets.json").read_bytes())
    from stancebank.model import Entity, from_builtins

    entities = EntityRegistry(
        schema_version=OWN_SCHEMA.name, entities=(Entity(id="he", name="Himself", kind="person"),)
    )
    context = make_context(SCHEME, entities, from_builtins(toy, TargetRegistry), "1.0.0")
    return make_rows([ArticleAnnotation(article, document, TextPolicy.FULL, text)], context)
