"""Statements, put together from regions that are tied: what was chosen, what is inferred, and what is missing.

How a field of the scheme is read follows from its kind.
"""

from collections.abc import Iterable, Mapping

from stancebank.annotate.controls import CONDITION, ENTITY, MAX_GROUP, MORE, ROLE, SPEAKER, TARGET, TARGET_ID, Asked
from stancebank.annotate.decode.items import Region
from stancebank.annotate.decode.sources import Pieces, Sources, Trace, id_of
from stancebank.corpus.selectors import quoted_words
from stancebank.model import Condition, DateValue, FieldValue, Mention, Span, Statement, Target
from stancebank.schema.fields import CUE, Field

Values = dict[str, FieldValue | None]


def make_statement(sources: Sources, trace: Trace, region: Region) -> Statement | None:
    """Return the statement that a content region started; None, with a fault, where it lacks what it needs.

    trace: gets pointers below the statement. `same_as` is left open: it ties statements.
    """
    scheme = sources.controls.scheme
    fields = sources.controls.asked["statement"]
    mentions = sources.single(trace, region, SPEAKER)
    is_speaker_told = bool(trace.faults) or ENTITY in region.unusable
    is_speaker_told = is_speaker_told or any(ENTITY in each.unusable for each, _ in mentions)
    lacking: list[str] = []  # what a person is to choose; what was chosen and cannot be used is a fault already
    values: Values = {}
    for each in fields:
        if each.is_needed:
            before = len(trace.faults)
            value = values[each.field.name] = _value(sources, trace, region, each, mentions)
            if value is None and len(trace.faults) == before and not _is_unusable(sources, region, each.field):
                lacking.append(each.field.title)
    before = len(trace.faults)
    target = _target(sources, trace, region)
    is_told = len(trace.faults) > before or TARGET_ID in region.unusable
    lacking += [TARGET] if target is None and not is_told else []
    before = len(trace.faults)
    speaker = _speaker(sources, trace, region, mentions)
    is_told = len(trace.faults) > before or is_speaker_told
    lacking += [SPEAKER] if speaker is None and not is_told else []
    if lacking:
        hint = f"select it and choose its {' and its '.join(lacking)}"
        trace.fault(region.item, region.id, f"a content without {' and without '.join(lacking)}.", hint)
    if None in values.values() or target is None or speaker is None:
        return None
    content = sources.put_spans(trace, "/content", [(region, None), *sources.low(region.id, MORE)])
    for each in fields:
        if not each.is_needed:
            values[each.field.name] = _value(sources, trace, region, each, mentions)
    for each in fields:
        if each.is_inferred and values[each.field.name] is None and not _is_spoilt(region, each):
            values[each.field.name] = _rendering(sources, trace, region, each.field, content, values)
    if _has_spoilt(region, fields, values):
        return None
    return Statement(
        id=id_of(region),
        content=content,
        speaker=speaker,
        target=target,
        conditions=_conditions(sources, trace, region) if scheme.has_conditions else (),
        fields=scheme.without_defaults("statement", values),
    )


def _is_unusable(sources: Sources, region: Region, each: Field) -> bool:
    """Whether a field was answered in a form that no answer to its question has."""
    if not region.unusable:
        return False
    questions = (question for question in sources.controls.questions if question.field == each)
    return any(question.name in region.unusable for question in questions)


def _is_spoilt(region: Region, each: Asked) -> bool:
    """Whether a field was answered so that its value, if it has none, must not be inferred or be its default."""
    if each.field.kind != "vocabulary" or each.question is None:
        return False
    return each.question.name in region.answers or each.question.name in region.unusable


def _has_spoilt(region: Region, fields: Iterable[Asked], values: Values) -> bool:
    """Whether a field has no value because of what was answered."""
    for each in fields:  # noqa: SIM110  # a generator takes twice the time
        if values[each.field.name] is None and _is_spoilt(region, each):
            return True
    return False


def _speaker(sources: Sources, trace: Trace, content: Region, mentions: Pieces) -> Mention | None:
    question, pointer = sources.controls.by_name[ENTITY], "/speaker/entity"
    entity = sources.one(trace, content, question, pointer)
    for region, _ in mentions:
        other = sources.one(trace, region, question, pointer)
        if entity and other and entity != other:
            answer = region.answers[ENTITY]
            trace.placed.pop(answer.item, None)
            trace.fault(answer.item, region.id, f"{other} here, {entity} there.", "choose one speaker")
            return None
        entity = entity or other
        if entity is None and (entity := sources.names.mentioned(sources.words(region))):
            trace.infer(region.id, f"the speaker is {entity}: no other is called so.")
    if entity is None:
        return None
    return Mention(entity=entity, span=sources.one_span(trace, mentions, "/speaker/span"))


def _target(sources: Sources, trace: Trace, region: Region) -> Target | None:
    scheme = sources.controls.scheme
    target = sources.one(trace, region, sources.controls.by_name[TARGET_ID], "/target/id")
    if target is None:
        return None
    fields = sources.controls.asked["target"]
    values = {each.field.name: _value(sources, trace, region, each, []) for each in fields}
    lacking = [
        each.field.title
        for each in fields
        if values[each.field.name] is None and (each.is_needed or _is_spoilt(region, each))
    ]
    if lacking:
        hint = f"select it and choose its {' and its '.join(lacking)}"
        reason = f"its target has no {' and no '.join(lacking)}."
        trace.fault(region.item, region.id, reason, hint, is_follow_on=bool(trace.faults or region.unusable))
        return None
    span = sources.one_span(trace, sources.single(trace, region, TARGET), "/target/span")
    return Target(id=target, span=span, fields=scheme.without_defaults("target", values))


def _value(sources: Sources, trace: Trace, region: Region, asked: Asked, mentions: Pieces) -> FieldValue | None:
    """Return what was said in a field; None, or its default, where nothing was.

    region: the content or condition. mentions: of the speaker, to whom an arrow from a chain of mentions can lead.
    """
    each, question, label, pointer = asked.field, asked.question, asked.label, asked.pointer
    if each.kind in _UNSAID and (question is None or question.name not in region.answers):  # as most fields are
        return _UNSAID[each.kind]
    match each.kind:
        case "vocabulary":
            chosen = sources.chosen(trace, region, question, pointer)
            if chosen is None and _is_spoilt(region, asked):
                return None
            if chosen is None and each.default is not None:
                trace.infer(region.id, f"{each.title} {each.default}: none was chosen.")
            return chosen or each.default
        case "entity" | "target":
            return sources.one(trace, region, question, pointer)
        case "entities" | "targets":
            return sources.listed(trace, region, question, pointer)
        case "text":
            return sources.written(trace, region, question, pointer)
        case "flag":
            trace.put(pointer, region.answers[question.name].item)  # type: ignore[union-attr]  # it is answered
            return True
        case "date":
            return _date(sources, trace, region, each, pointer)
        case "span":
            return sources.one_span(trace, sources.single(trace, region, label), pointer) if label else None
        case "spans":
            if not (pieces := sources.low(region.id, label) if label else []):
                return ()
            more = [piece for ground, _ in pieces for piece in sources.low(ground.id, MORE)]
            return sources.put_spans(trace, pointer, [*pieces, *more])
        case "mentions":
            return _mentions(sources, trace, region, each, pointer, mentions)
        case "group":
            chosen = sources.chosen(trace, region, question, pointer)
            return int(chosen) if chosen is not None else None


_UNSAID: Mapping[str, FieldValue | None] = {
    **dict.fromkeys(("entity", "target", "text", "group")),
    **dict.fromkeys(("entities", "targets"), ()),
    "flag": False,
}
"""What is said in a field whose question has no answer, by its kind: of those that the answer alone decides on."""


def _date(sources: Sources, trace: Trace, region: Region, each: Field, pointer: str) -> DateValue | None:
    question = sources.controls.question_of(each, "basis")
    basis = sources.chosen(trace, region, question, f"{pointer}/basis")
    date = sources.written(trace, region, sources.controls.question_of(each), f"{pointer}/date")
    if date is None:
        if basis is not None and question is not None:
            item = region.answers[question.name].item
            trace.placed.pop(item)
            trace.fault(item, region.id, f"{basis}, and no date.", "write the date")
        return None
    usual = next(iter(sources.controls.scheme.values(each)))  # the first of its vocabulary
    if basis is None:
        trace.infer(region.id, f"the date {date} is {usual}: no basis was chosen.")
    return DateValue(date=date, basis=basis or usual)


def _rendering(
    sources: Sources, trace: Trace, region: Region, each: Field, content: tuple[Span, ...], values: Values
) -> str | None:
    """Return the value of a field that says how the words are rendered, as the quotation marks and the cue show it."""
    inside, outside = quoted_words(content, sources.quoted, sources.text)
    wanted = "all" if not outside else "some" if inside else "none"
    about = sources.controls.scheme.values(each)
    found = next((name for name, facts in about.items() if facts.get("needs_quotation") == wanted), None)
    why = f"{inside} of {inside + outside} words are in quotation marks"
    cue, within = values.get(CUE), next((name for name, facts in about.items() if facts.get("cue_inside")), None)
    if isinstance(cue, Span) and within and any(span.begin <= cue.begin and cue.end <= span.end for span in content):
        found, why = within, "its cue is inside it"
    if found is not None:
        trace.infer(region.id, f"{each.title} {found}: {why}.")
    return found


def _mentions(
    sources: Sources, trace: Trace, holder: Region, each: Field, pointer: str, speaker: Pieces
) -> tuple[Mention, ...]:
    """Return a chain of mentions, outermost first: the marked ones, and on their outside and inside the unmarked."""
    label, name = sources.controls.label_of(each), each.title
    chain: Pieces = []
    if label is not None:
        own = sources.low(holder.id, label)
        if len(own) > 1:
            what = f"several {name}, without an arrow between them: outermost first as in the text."
            trace.infer(holder.id, what)
        for mentions in (own, *(sources.low(region.id, label) for region, _ in speaker)):
            for mention in reversed(mentions):
                _outwards(sources, mention, label, chain)
    chain.reverse()
    made: list[Mention] = []
    outer, inner = sources.controls.question_of(each, "outer"), sources.controls.question_of(each, "inner")
    if entity := sources.one(trace, holder, outer, f"{pointer}/{len(made)}/entity"):
        made.append(Mention(entity=entity))
    for region, arrow in chain:
        entity = sources.one(trace, region, sources.controls.by_name[ENTITY], f"{pointer}/{len(made)}/entity")
        if entity is None and (entity := sources.names.mentioned(sources.words(region))):
            trace.infer(region.id, f"{name} {entity}: no other is called so.")
        if entity is None:
            trace.fault(region.item, region.id, f"a {name} without a name.", "select it and choose who it is")
        else:
            span = sources.one_span(trace, [(region, arrow)], f"{pointer}/{len(made)}/span")
            made.append(Mention(entity=entity, span=span))
    if entity := sources.one(trace, holder, inner, f"{pointer}/{len(made)}/entity"):
        made.append(Mention(entity=entity))
    return tuple(made)


def _outwards(sources: Sources, mention: tuple[Region, int | None], label: str, chain: Pieces) -> None:
    """Add a mention and those on the outside of it, innermost first."""
    if all(mention[0].id != region.id for region, _ in chain):
        chain.append(mention)
        for outer in reversed(sources.low(mention[0].id, label)):
            _outwards(sources, outer, label, chain)


def _conditions(sources: Sources, trace: Trace, content: Region) -> tuple[Condition, ...]:
    """Return the conditions of a statement, in the order of the text. What is incomplete is a fault, and left out."""
    made: list[Condition] = []
    for region, arrow in sources.low(content.id, *sources.controls.conditions):
        own = Trace()
        condition = _condition(sources, own, region, arrow, id_of(content))
        trace.faults += own.faults
        if condition is not None:
            trace.adopt(own, f"/conditions/{len(made)}")
            made.append(condition)
    return tuple(made)


def _condition(sources: Sources, trace: Trace, region: Region, arrow: int | None, statement: str) -> Condition | None:
    scheme, fields = sources.controls.scheme, sources.controls.asked["condition"]
    own = id_of(region)
    name = own if own.startswith(f"{statement}/") else f"{statement}/{own}"
    pieces = [(region, arrow), *sources.low(region.id, MORE)]
    if region.label != CONDITION:
        trace.put("/role", region.item)
        role = sources.controls.waivers[region.label]
        return Condition(id=name, spans=sources.put_spans(trace, "/spans", pieces), role=role)
    for label, waiver in sources.controls.waivers.items():
        if ROLE in region.answers and region.answers[ROLE].values == (waiver,):
            trace.fault(region.item, region.id, f"its role is {waiver}.", f"label it as {label.replace('_', ' ')}")
            return None
    role_given = sources.chosen(trace, region, sources.controls.by_name[ROLE], "/role")
    needed = [each for each in fields if each.is_needed]
    values: Values = {each.field.name: _value(sources, trace, region, each, []) for each in needed}
    lacking = [ROLE] if role_given is None else []
    lacking += [each.field.title for each in needed if values[each.field.name] is None]
    if lacking or role_given is None:
        hint = f"select it and choose its {' and its '.join(lacking)}"
        reason = f"it has no {' and no '.join(lacking)}."
        trace.fault(region.item, region.id, reason, hint, is_follow_on=bool(trace.faults or region.unusable))
        return None
    spans = sources.put_spans(trace, "/spans", pieces)
    for each in fields:
        if each.field.kind == "group":
            values[each.field.name] = _group(sources, trace, region, each.field, role_given)
        elif not each.is_needed:
            values[each.field.name] = _value(sources, trace, region, each, [])
    if _has_spoilt(region, fields, values):
        return None
    return Condition(id=name, spans=spans, role=role_given, fields=scheme.without_defaults("condition", values))


def _group(sources: Sources, trace: Trace, region: Region, each: Field, role: str) -> int | None:
    """Return which others a condition holds together with: a number, for roles that the vocabulary groups."""
    question = sources.controls.question_of(each)
    answer = region.answers.get(question.name) if question else None
    if not sources.controls.scheme.vocabularies.values("condition_role")[role].get("grouped"):
        if answer is not None:
            trace.fault(answer.item, region.id, f"{role} has no {each.title}.", f"take the {each.title} away")
        return None
    if answer is None:
        trace.infer(region.id, f"{each.title} 1: none was chosen.")
        return 1
    if len(answer.values) == 1 and answer.values[0] in map(str, range(1, MAX_GROUP + 1)):
        trace.put(f"/{each.name}", answer.item)
        return int(answer.values[0])
    trace.fault(answer.item, region.id, f"{each.title} is {' and '.join(answer.values)}.", f"choose 1 to {MAX_GROUP}")
    return None
