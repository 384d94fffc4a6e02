"""Rows of the views `statements` and `conditions`."""

import re
from dataclasses import replace

import msgspec

from stancebank.model import Condition, Statement
from stancebank.publish.rows.registries import find_root
from stancebank.publish.rows.values import Row, article_values, ordered, reading_values, some, span_value, span_values
from stancebank.publish.sources import Context, Reading
from stancebank.publish.views import CONDITIONS, STATEMENTS


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
        "via": [
            {"entity_id": each.entity, "name": context.entities[each.entity].name, "span": span_value(each.span)}
            for each in statement.via
        ],
        "stance": statement.stance,
        "stance_id": stances.index(statement.stance),
        "polarity": context.vocabularies.polarity(statement.stance),
        "stance_label": context.vocabularies.stance_label(statement),
        "conditional": context.vocabularies.is_conditional(statement),
        "force": statement.force,
        "attribution": statement.attribution,
        "target_id": target.id,
        "target_name": target.name,
        "target_root": find_root(target, context.targets).id,
        "target_parties": list(statement.target.parties),
        "target_mediators": list(statement.target.mediators),
        "target_agents": list(statement.target.agents),
        "target_scope": statement.target.scope,
        "n_conditions": len(statement.conditions),
        "said_on": said_on.date if said_on else None,
        "said_on_basis": said_on.basis if said_on else None,
        "content": reading.words(statement.content),
        "speaker_mention": reading.words(some(statement.speaker.span)),
        "cue": reading.words(some(statement.cue)),
        "target_mention": reading.words(some(statement.target.span)),
        "reason": reading.words(statement.reason),
        "conditions": [condition_values(reading, condition, context) for condition in statement.conditions],
        "content_spans": span_values(statement.content),
        "speaker_span": span_value(statement.speaker.span),
        "cue_span": span_value(statement.cue),
        "target_span": span_value(statement.target.span),
        "reason_spans": span_values(statement.reason),
        "doubt": statement.doubt,
    }
    return ordered(STATEMENTS, article_values(reading) | reading_values(reading, context) | row)


def condition_row(reading: Reading, condition: Condition, row: Row, context: Context) -> Row:
    """Return the row of a condition in the view `conditions`. row: that of its statement."""
    names = [context.entities[each].name for each in condition.obligors]
    return ordered(CONDITIONS, row | condition_values(reading, condition, context) | {"obligor_names": names})


def condition_values(reading: Reading, condition: Condition, context: Context) -> Row:
    """Return a condition as a nested value."""
    kind = context.targets.get(condition.kind) if condition.kind else None
    return {
        "condition_id": condition.id,
        "role": condition.role,
        "kind": condition.kind,
        "kind_name": kind.name if kind else condition.kind,
        "obligors": list(condition.obligors),
        "group": condition.group,
        "text": reading.words(condition.spans),
        "spans": span_values(condition.spans),
    }
