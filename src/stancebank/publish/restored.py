"""Records, made again from the rows of a folder: what `rows` made them of, as far as rows need it.

What rows leave out, such as notes and the times of a document, stays out.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from stancebank.model import (
    Article,
    Document,
    Entity,
    EntityRegistry,
    Gold,
    Line,
    PassedOver,
    Rights,
    Role,
    Sourced,
    Span,
    Statement,
    TargetEntry,
    TargetRegistry,
    Zone,
)
from stancebank.publish.published import read_statement
from stancebank.publish.views import METADATA_KEYS

_UNKNOWN_TIME = "0001-01-01T00:00:00Z"
"""Stands for the times of a document, which rows do not hold."""


def restore_article(row: Mapping[str, Any]) -> Article:
    """Return the record of an article. row: of the view `articles`."""
    values = {key: _sourced(row, key) for key in METADATA_KEYS}
    return Article(
        schema_version=row["schema_version"],
        id=row["article_id"],
        **values,
        rights=Rights(holder=row["rights_holder"], licence=row["licence"], text_policy=row["text_policy"]),
        raw_sha256=row["raw_sha256"],
        text_sha256=row["text_sha256"],
        length=row["length"],
        lines=tuple(Line(**line) for line in row["lines"]),
        zones=tuple(Zone(**zone) for zone in row["zones"]),
    )


def restore_document(row: Mapping[str, Any], statements: Iterable[Statement]) -> Document:
    """Return the gold document of an article. row: of the view `articles`; statements: in the order of their rows."""
    return Document(
        schema_version=row["schema_version"],
        guideline_version=row["guideline_version"],
        article_id=row["article_id"],
        text_sha256=row["text_sha256"],
        annotator=row["annotator"],
        origin=row["origin"],
        created_at=_UNKNOWN_TIME,
        updated_at=_UNKNOWN_TIME,
        gold=Gold(method=row["gold_method"]) if row["gold_method"] else None,
        nothing_to_annotate=row["nothing_to_annotate"],
        statements=tuple(statements),
        passed_over=tuple(
            PassedOver(
                span=Span(begin=each["begin"], end=each["end"], fingerprint=each["fingerprint"]), reason=each["reason"]
            )
            for each in row["passed_over"]
        ),
    )


def restore_entities(rows: Iterable[Mapping[str, Any]], schema_version: str) -> EntityRegistry:
    """Return the registry of entities. rows: of the view `entities`."""
    held = list(rows)
    return EntityRegistry(
        schema_version=schema_version,
        entities=tuple(
            Entity(
                id=row["entity_id"],
                name=row["name"],
                aliases=tuple(row["aliases"]),
                kind=row["kind"],
                part_of=row["part_of"],
                affiliation=row["affiliation"],
                roles=tuple(Role(title=each["title"], begin=each["begin"], end=each["end"]) for each in row["roles"]),
                wikidata=row["wikidata"],
            )
            for row in held
        ),
        redirects={former: row["entity_id"] for row in held for former in row["former_ids"]},
    )


def restore_targets(rows: Iterable[Mapping[str, Any]], schema_version: str) -> TargetRegistry:
    """Return the registry of targets. rows: of the view `targets`."""
    held = list(rows)
    return TargetRegistry(
        schema_version=schema_version,
        targets=tuple(
            TargetEntry(
                id=row["target_id"],
                name=row["name"],
                definition=row["definition"],
                parent=row["parent"],
                use=row["use"],
            )
            for row in held
        ),
        redirects={former: row["target_id"] for row in held for former in row["former_ids"]},
    )


def _sourced(row: Mapping[str, Any], key: str) -> Any:
    basis = row["metadata_basis"][key]
    if basis is None:
        return None
    value = row[key]
    return Sourced(value=tuple(value) if isinstance(value, list) else value, basis=basis)


def restore_annotations(
    rows: Iterable[Mapping[str, Any]], articles: Mapping[str, Article]
) -> dict[str, list[Document]]:
    """Return the documents of annotators by article id. rows: of the view `annotations`; articles: by id."""
    grouped: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in rows:
        grouped.setdefault((row["article_id"], row["annotator"]), []).append(row)
    found: dict[str, list[Document]] = {}
    for (article_id, annotator), held in grouped.items():
        said = [row for row in held if row["content_spans"]]
        found.setdefault(article_id, []).append(
            Document(
                schema_version=held[0]["schema_version"],
                guideline_version=held[0]["guideline_version"],
                article_id=article_id,
                text_sha256=articles[article_id].text_sha256,
                annotator=annotator,
                origin=held[0]["origin"],
                created_at=_UNKNOWN_TIME,
                updated_at=_UNKNOWN_TIME,
                nothing_to_annotate=not said,
                statements=tuple(read_statement({**row, "statement_id": row["annotation_id"]}) for row in said),
            )
        )
    return found
