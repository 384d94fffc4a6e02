"""From records to rows: one dict a row, with exactly the columns that the views declare."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from stancebank.corpus.references import current_ids, resolve_entity, resolve_target
from stancebank.model import (
    Article,
    Condition,
    Document,
    Entity,
    EntityRegistry,
    Span,
    Statement,
    TargetEntry,
    TargetRegistry,
    TextPolicy,
    to_builtins,
)
from stancebank.publish.views import ARTICLES, CONDITIONS, METADATA_KEYS, STATEMENTS, ListOf, Struct, View
from stancebank.schema.vocabulary import Vocabularies

Row = dict[str, Any]

GAP = " […] "
"""What joins the words of several spans in one column."""


@dataclass(frozen=True, slots=True)
class Reading:
    """An article with its gold document, and as much of its words as may be shown.

    tier: how much of the words the rows show. text: the stored text; None where it is not at hand.
    """

    article: Article
    document: Document
    tier: TextPolicy
    text: str | None

    @property
    def shows_words(self) -> bool:
        """Whether rows of this article hold any words."""
        return self.tier != "withheld" and self.text is not None

    def words(self, spans: Iterable[Span]) -> str | None:
        """Return the words of spans, joined, or None where there are no spans or words are not shown."""
        if not self.shows_words or self.text is None:
            return None
        return GAP.join(self.text[span.begin : span.end] for span in spans) or None


@dataclass(frozen=True, slots=True)
class Context:
    """What rows need beside the records of an article."""

    vocabularies: Vocabularies
    entities: dict[str, Entity]
    targets: dict[str, TargetEntry]
    dataset_version: str


def make_context(
    vocabularies: Vocabularies, entities: EntityRegistry, targets: TargetRegistry, dataset_version: str
) -> Context:
    """Put the registries by id; entries that refer to an id that was redirected refer to the present one."""
    moved_entities, moved_targets = current_ids(entities), current_ids(targets)
    return Context(
        vocabularies,
        {entity.id: resolve_entity(entity, moved_entities) for entity in entities.entities},
        {target.id: resolve_target(target, moved_targets) for target in targets.targets},
        dataset_version,
    )


def make_rows(readings: Iterable[Reading], context: Context) -> dict[str, list[Row]]:
    """Return the rows of every view by its name, sorted by article id, then place of the content, then id."""
    rows: dict[str, list[Row]] = {STATEMENTS.name: [], CONDITIONS.name: [], ARTICLES.name: []}
    for reading in sorted(readings, key=lambda each: each.article.id):
        ordered = in_order(reading)
        pairs = [(statement, statement_row(ordered, statement, context)) for statement in ordered.document.statements]
        rows[STATEMENTS.name] += [row for _, row in pairs]
        for statement, row in pairs:
            rows[CONDITIONS.name] += [
                condition_row(ordered, condition, row, context) for condition in statement.conditions
            ]
        rows[ARTICLES.name].append(article_row(ordered, [row for _, row in pairs], context))
    return rows


def in_order(reading: Reading) -> Reading:
    """Return the reading with its statements in the order of the rows."""
    statements = tuple(sorted(reading.document.statements, key=_place))
    document = msgspec.structs.replace(reading.document, statements=statements)
    return replace(reading, document=document)


def _place(statement: Statement) -> tuple[int, int, list[tuple[int, str]]]:
    natural = [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", statement.id)]
    return statement.content[0].begin, statement.content[0].end, natural


def statement_row(reading: Reading, statement: Statement, context: Context) -> Row:
    """Return the row of a statement in the view `statements`."""
    target, speaker = context.targets[statement.target.id], context.entities[statement.speaker.entity]
    stances = list(context.vocabularies.values("stance"))
    said_on = statement.said_on
    row = {
        "statement_id": statement.id,
        "same_as": statement.same_as,
        "zone": reading.article.zone_at(statement.content[0].begin),
        "speaker_id": speaker.id,
        "speaker_name": speaker.name,
        "speaker_kind": speaker.kind,
        "speaker_affiliation": speaker.affiliation,
        "via": [{"entity_id": each.entity, "name": context.entities[each.entity].name} for each in statement.via],
        "stance": statement.stance,
        "stance_id": stances.index(statement.stance),
        "polarity": context.vocabularies.polarity(statement.stance),
        "stance_label": context.vocabularies.stance_label(statement),
        "conditional": context.vocabularies.is_conditional(statement),
        "force": statement.force,
        "attribution": statement.attribution,
        "target_id": target.id,
        "target_name": target.name,
        "target_root": _root(target, context.targets).id,
        "target_parties": list(statement.target.parties),
        "target_mediators": list(statement.target.mediators),
        "target_agents": list(statement.target.agents),
        "target_scope": statement.target.scope,
        "n_conditions": len(statement.conditions),
        "said_on": said_on.date if said_on else None,
        "said_on_basis": said_on.basis if said_on else None,
        "content": reading.words(statement.content),
        "speaker_mention": reading.words(_some(statement.speaker.span)),
        "cue": reading.words(_some(statement.cue)),
        "target_mention": reading.words(_some(statement.target.span)),
        "reason": reading.words(statement.reason),
        "conditions": [_condition(reading, condition, context) for condition in statement.conditions],
        "content_spans": _spans(statement.content),
        "speaker_span": _span(statement.speaker.span),
        "cue_span": _span(statement.cue),
        "target_span": _span(statement.target.span),
        "reason_spans": _spans(statement.reason),
        "doubt": statement.doubt,
    }
    return _ordered(STATEMENTS, _article(reading) | _reading(reading, context) | row)


def condition_row(reading: Reading, condition: Condition, row: Row, context: Context) -> Row:
    """Return the row of a condition in the view `conditions`. row: that of its statement."""
    names = [context.entities[each].name for each in condition.obligors]
    return _ordered(CONDITIONS, row | _condition(reading, condition, context) | {"obligor_names": names})


def article_row(reading: Reading, statements: list[Row], context: Context) -> Row:
    """Return the row of an article in the view `articles`. statements: the rows of its statements."""
    article = reading.article
    short = next(column.type for column in ARTICLES.columns if column.name == "statements")
    assert isinstance(short, ListOf)
    assert isinstance(short.item, Struct)
    names = [field.name for field in short.item.fields]
    row = {
        "author": article.author.value if article.author else None,
        "place": article.place.value if article.place else None,
        "metadata_basis": {key: sourced.basis if (sourced := getattr(article, key)) else None for key in METADATA_KEYS},
        "raw_sha256": article.raw_sha256,
        "text_sha256": article.text_sha256,
        "length": article.length,
        "lines": [to_builtins(line) for line in article.lines],
        "zones": [to_builtins(zone) for zone in article.zones],
        "text": reading.text if reading.tier == "full" else None,
        "nothing_to_annotate": reading.document.nothing_to_annotate,
        "n_statements": len(statements),
        "n_unique": sum(each["same_as"] is None for each in statements),
        "statements": [{name: each[name] for name in names} for each in statements],
    }
    return _ordered(ARTICLES, _article(reading) | _reading(reading, context) | row)


def _article(reading: Reading) -> Row:
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
        "text_policy": article.rights.text_policy,
    }


def _reading(reading: Reading, context: Context) -> Row:
    document = reading.document
    return {
        "origin": document.origin,
        "annotator": document.annotator,
        "gold_method": document.gold.method if document.gold else None,
        "guideline_version": document.guideline_version,
        "schema_version": document.schema_version,
        "dataset_version": context.dataset_version,
    }


def _condition(reading: Reading, condition: Condition, context: Context) -> Row:
    kind = context.targets.get(condition.kind) if condition.kind else None
    return {
        "condition_id": condition.id,
        "role": condition.role,
        "kind": condition.kind,
        "kind_name": kind.name if kind else condition.kind,
        "obligors": list(condition.obligors),
        "group": condition.group,
        "text": reading.words(condition.spans),
        "spans": _spans(condition.spans),
    }


def _root(target: TargetEntry, targets: dict[str, TargetEntry]) -> TargetEntry:
    while target.parent is not None:
        target = targets[target.parent]
    return target


def _some(span: Span | None) -> tuple[Span, ...]:
    return (span,) if span else ()


def _span(span: Span | None) -> Row | None:
    return {"begin": span.begin, "end": span.end, "fingerprint": span.fingerprint} if span else None


def _spans(spans: Iterable[Span]) -> list[Row]:
    return [{"begin": span.begin, "end": span.end, "fingerprint": span.fingerprint} for span in spans]


def _ordered(view: View, row: Row) -> Row:
    return {column.name: row[column.name] for column in view.columns}
