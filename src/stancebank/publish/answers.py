"""Answers: a gold document in the form of a prediction, and the spans of any prediction.

schema/v1/prediction.schema.json describes the form. Entities stand by their names.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from stancebank.model import Document, Mention, Span, Statement
from stancebank.publish.places import Places, Wanted
from stancebank.publish.sources import Context

Answer = dict[str, Any]


def make_answer(document: Document, places: Places, context: Context) -> Answer:
    """Return a document as a prediction, its statements in the order of the document.

    `attribution`, `force` and `conditions` are always said; what else is empty is left out.
    """
    return {"statements": [_statement(each, places, context) for each in document.statements]}


def answer_spans(answer: Answer) -> Iterator[tuple[str, Wanted]]:
    """Yield every span of a valid prediction with its JSON pointer."""
    for number, statement in enumerate(answer["statements"]):
        for pointer, span in _statement_spans(statement):
            yield f"/statements/{number}{pointer}", span


def _statement(statement: Statement, places: Places, context: Context) -> Answer:
    def quote(span: Span) -> Wanted:
        return places.quote(span.begin, span.end)

    target = statement.target
    found: Answer = {
        "content": [quote(span) for span in statement.content],
        "speaker": _mention(statement.speaker, quote, context),
        "cue": quote(statement.cue) if statement.cue else None,
        "attribution": statement.attribution,
        "via": [_mention(each, quote, context) for each in statement.via],
        "stance": statement.stance,
        "force": statement.force,
        "target": _full(
            id=target.id,
            parties=_names(target.parties, context),
            mediators=_names(target.mediators, context),
            agents=_names(target.agents, context),
            scope=target.scope,
            mention=quote(target.span) if target.span else None,
        ),
    }
    conditions = [
        _full(
            spans=[quote(span) for span in each.spans],
            role=each.role,
            kind=each.kind,
            obligors=_names(each.obligors, context),
            group=each.group,
        )
        for each in statement.conditions
    ]
    rest = _full(
        reason=[quote(span) for span in statement.reason],
        said_on={"date": statement.said_on.date, "basis": statement.said_on.basis} if statement.said_on else None,
    )
    return _full(**found) | {"conditions": conditions} | rest


def _statement_spans(statement: Answer) -> Iterator[tuple[str, Wanted]]:
    yield from _listed("/content", statement["content"])
    yield from _named("/speaker/mention", statement["speaker"].get("mention"))
    yield from _named("/cue", statement.get("cue"))
    for place, mention in enumerate(statement.get("via", ())):
        yield from _named(f"/via/{place}/mention", mention.get("mention"))
    yield from _named("/target/mention", statement["target"].get("mention"))
    for number, condition in enumerate(statement.get("conditions", ())):
        yield from _listed(f"/conditions/{number}/spans", condition["spans"])
    yield from _listed("/reason", statement.get("reason", ()))


def _listed(pointer: str, spans: Iterable[Wanted]) -> Iterator[tuple[str, Wanted]]:
    yield from ((f"{pointer}/{place}", span) for place, span in enumerate(spans))


def _named(pointer: str, span: Wanted | None) -> Iterator[tuple[str, Wanted]]:
    if span is not None:
        yield pointer, span


def _mention(mention: Mention, quote: Callable[[Span], Wanted], context: Context) -> Answer:
    name = context.entities[mention.entity].name
    return _full(entity=name, mention=quote(mention.span) if mention.span else None)


def _names(ids: Iterable[str], context: Context) -> list[str]:
    return [context.entities[each].name for each in ids]


def _full(**values: Any) -> Answer:
    """Return what holds something."""
    return {key: value for key, value in values.items() if value not in (None, [])}
