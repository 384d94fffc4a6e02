"""Records, made again from the rows of a folder: what `rows` made them of, as far as rows need it.

What rows leave out, such as notes and the times of a document, stays out.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from stancebank.model import (
    Article,
    Condition,
    Document,
    Entity,
    EntityRegistry,
    Gold,
    Line,
    Mention,
    PassedOver,
    Rights,
    Role,
    SaidOn,
    Sourced,
    Span,
    Statement,
    Target,
    TargetEntry,
    TargetRegistry,
    Zone,
)
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
        passed_over=tuple(PassedOver(span=_read_span(each), reason=each["reason"]) for each in row["passed_over"]),
    )


def restore_statement(row: Mapping[str, Any]) -> Statement:
    """Return a statement. row: of the view `statements`."""
    return Statement(
        id=row["statement_id"],
        same_as=row["same_as"],
        content=_spans(row["content_spans"]),
        speaker=Mention(entity=row["speaker_id"], span=_span(row["speaker_span"])),
        cue=_span(row["cue_span"]),
        attribution=row["attribution"],
        via=tuple(Mention(entity=each["entity_id"], span=_span(each["span"])) for each in row["via"]),
        stance=row["stance"],
        force=row["force"],
        target=Target(
            id=row["target_id"],
            parties=tuple(row["target_parties"]),
            mediators=tuple(row["target_mediators"]),
            agents=tuple(row["target_agents"]),
            scope=row["target_scope"],
            span=_span(row["target_span"]),
        ),
        conditions=tuple(
            Condition(
                id=each["condition_id"],
                spans=_spans(each["spans"]),
                role=each["role"],
                kind=each["kind"],
                obligors=tuple(each["obligors"]),
                group=each["group"],
            )
            for each in row["conditions"]
        ),
        reason=_spans(row["reason_spans"]),
        said_on=SaidOn(date=row["said_on"], basis=row["said_on_basis"]) if row["said_on"] else None,
        doubt=row["doubt"],
    )


def restore_others(row: Mapping[str, Any], annotations: Iterable[Mapping[str, Any]]) -> Iterator[Document]:
    """Yield the documents of an article's annotators, with the ids that they have within their documents.

    row: of the view `articles`; annotations: the article's rows of the view `annotations`.
    """
    grouped: dict[str, list[Mapping[str, Any]]] = {}
    for each in annotations:
        grouped.setdefault(each["annotator"], []).append(each)
    for annotator, mine in grouped.items():
        yield Document(
            schema_version=row["schema_version"],
            guideline_version=mine[0]["guideline_version"],
            article_id=row["article_id"],
            text_sha256=row["text_sha256"],
            annotator=annotator,
            origin=mine[0]["origin"],
            created_at=_UNKNOWN_TIME,
            updated_at=_UNKNOWN_TIME,
            nothing_to_annotate=mine[0]["nothing_to_annotate"],
            statements=tuple(
                _restore_other(each, f"{annotator}/{row['article_id']}/") for each in mine if _states(each)
            ),
        )


def _states(row: Mapping[str, Any]) -> bool:
    """Whether a row of the view `annotations` is a statement, and not a document that says nothing."""
    return not (row["stance"] is None and row["nothing_to_annotate"])


def _restore_other(row: Mapping[str, Any], whole: str) -> Statement:
    conditions = [{**each, "condition_id": each["condition_id"].removeprefix(whole)} for each in row["conditions"]]
    same_as = row["same_as"] and row["same_as"].removeprefix(whole)
    local = {"statement_id": row["annotation_id"].removeprefix(whole), "same_as": same_as, "conditions": conditions}
    return restore_statement({**row, **local})


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


def _read_span(value: Mapping[str, Any]) -> Span:
    return Span(begin=value["begin"], end=value["end"], fingerprint=value["fingerprint"])


def _span(value: Mapping[str, Any] | None) -> Span | None:
    return _read_span(value) if value else None


def _spans(values: list[Mapping[str, Any]]) -> tuple[Span, ...]:
    return tuple(_read_span(each) for each in values)
