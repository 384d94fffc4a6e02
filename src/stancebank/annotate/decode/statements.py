"""Statements, put together from regions that are tied: what was chosen, what is inferred, and what is missing.

How a field of the scheme is read follows from its kind. The trace says where every item of an annotation went, or why
it went nowhere.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from stancebank.annotate.controls import (
    CONDITION,
    ENTITY,
    MAX_GROUP,
    MORE,
    NEW,
    NEW_NAMES,
    ROLE,
    SLASH,
    SPEAKER,
    TARGET,
    TARGET_ID,
    Controls,
    Question,
    is_inferred,
    must_be_answered,
)
from stancebank.annotate.decode.items import Answer, ItemFault, Region
from stancebank.annotate.decode.relations import Tie
from stancebank.check.annotations import CUE
from stancebank.corpus.ingest import slugify
from stancebank.corpus.selectors import Bounds, quoted_words
from stancebank.model import Condition, DateValue, FieldValue, Mention, Span, Statement, Target
from stancebank.schema.fields import Field
from stancebank.search import search_fold
from stancebank.text import sha256, span_fingerprint

Pieces = list[tuple[Region, int | None]]
"""Regions that belong to another one, each with the arrow that says so; None where it was inferred."""

Values = dict[str, FieldValue | None]


@dataclass(slots=True)
class Trace:
    """Where the items of an annotation went.

    placed: JSON pointers into the document, by the number of the item; inferred: region and what was concluded.
    """

    placed: dict[int, list[str]] = field(default_factory=dict)
    faults: list[ItemFault] = field(default_factory=list)
    inferred: list[tuple[str, str]] = field(default_factory=list)

    def put(self, pointer: str, *items: int | None) -> None:
        """Note where items go; None, for an arrow that was inferred, is none."""
        for item in items:
            if item is not None:
                self.placed.setdefault(item, []).append(pointer)

    def fault(
        self,
        item: int | None,
        region: str,
        reason: str,
        hint: str,
        *,
        is_fatal: bool = False,
        is_follow_on: bool = False,
    ) -> None:
        """Note what goes nowhere. item: None where something is missing rather than wrong."""
        self.faults.append(ItemFault(item, region, reason, hint, is_fatal, is_follow_on))

    def infer(self, region: str, what: str) -> None:
        """Note what was concluded about a region."""
        self.inferred.append((region, what))

    def adopt(self, other: "Trace", prefix: str) -> None:
        """Take over the trace of a part that is at a pointer; its faults are not among it."""
        for item, pointers in other.placed.items():
            self.placed.setdefault(item, []).extend(prefix + pointer for pointer in pointers)
        self.inferred += other.inferred


@dataclass(frozen=True, slots=True)
class Proposal:
    """A name that a registry lacks. registry: entities or targets; id: what the documents call it."""

    registry: str
    id: str
    name: str


ByWords = Mapping[str, Collection[str]]
"""The ids of what has a name, by the folded name."""

Registries = Mapping[str, ByWords]
"""The names of all entries of a workspace, below `entities` and `targets`."""


def by_words(names: Mapping[str, object]) -> ByWords:
    """Return ids by the names that they go by. names: of each id, a list of them."""
    found: dict[str, set[str]] = defaultdict(set)
    for name, spellings in names.items():
        for words in spellings if isinstance(spellings, list) else ():
            found[search_fold(str(words))].add(str(name))
    return found


def _only(known: ByWords, words: str) -> str | None:
    """Return the one id of that name, if there is exactly one."""
    folded = search_fold(words)
    found = known.get(folded.removesuffix("'s"), ()) or known.get(folded, ())
    return next(iter(found)) if len(found) == 1 else None


class NameFinder:
    """Finds the ids that names stand for: choices, mentions that the lists know, and names that they lack.

    data: of the task; general: the answers about the whole article; registries: where new names are looked up.
    """

    def __init__(self, data: Mapping[str, Any], general: Mapping[str, Answer], registries: Registries) -> None:
        self.proposals: dict[str, Proposal] = {}
        self._general = general
        self._registries = registries
        known = data.get("names")
        self._by_words = by_words(known if isinstance(known, dict) else {})

    def mentioned(self, words: str) -> str | None:
        """Return the one entity of the task's lists that is called so, if there is exactly one."""
        return _only(self._by_words, words)

    def resolve(self, question: Question, value: str) -> tuple[str | None, int | None]:
        """Return the id that a choice stands for, and the number of the item that names it, where that is another one.

        The id is None where a new name was chosen and not written down.
        """
        number = value.removeprefix(NEW)
        if number == value or not number.isdecimal():
            return value, None
        registry = "entities" if question.registry == "entities" else "targets"
        answer = self._general.get(NEW_NAMES[registry])
        lines = [line.strip() for text in answer.values for line in text.splitlines()] if answer else []
        lines = [line for line in lines if line]
        if answer is None or not 1 <= int(number) <= len(lines):
            return None, None
        name = lines[int(number) - 1]
        known = _only(self._registries.get(registry, {}), name)
        if known is None and registry == "entities":
            known = self.mentioned(name)
        if known is not None:
            return known, answer.item
        found = slugify(name)[:80].strip("-") or f"unlisted-{sha256(name)[:8]}"
        self.proposals[found] = Proposal(registry, found, name)
        return found, answer.item


def id_of(region: Region) -> str:
    """Return the id in a document of what a region started."""
    return region.id.replace(SLASH, "/")


@dataclass(frozen=True, slots=True)
class Sources:
    """What statements are put together from: the regions of an annotation that have a place, with ties and names.

    bounds: in code points; quoted: insides of quotations.
    """

    controls: Controls
    text: str
    regions: Mapping[str, Region]
    bounds: Mapping[str, tuple[Bounds, ...]]
    ties: tuple[Tie, ...]
    names: NameFinder
    quoted: list[tuple[int, int]]

    def low(self, high: str, *labels: str) -> Pieces:
        """Return the regions with these labels that belong to a region, in the order of the text, with their arrows."""
        ties = [tie for tie in self.ties if tie.high == high and self.regions[tie.low].label in labels]
        return [(self.regions[tie.low], tie.item) for tie in sorted(ties, key=lambda tie: self.bounds[tie.low])]

    def spans(self, names: Iterable[str]) -> tuple[Span, ...]:
        """Return the spans of regions, in the order of the text, each once."""
        places = sorted({place for name in names for place in self.bounds[name]})
        edition = self.controls.scheme.edition
        return tuple(Span(begin=b, end=e, fingerprint=span_fingerprint(self.text, b, e, edition)) for b, e in places)

    def words(self, region: Region) -> str:
        """Return the words of a region."""
        begin, end = self.bounds[region.id][0]
        return self.text[begin:end]

    def put_spans(self, trace: Trace, pointer: str, pieces: Pieces) -> tuple[Span, ...]:
        """Return the spans of regions, and note in which place of a list of spans each of them is."""
        spans = self.spans(region.id for region, _ in pieces)
        places = [(span.begin, span.end) for span in spans]
        for region, arrow in pieces:
            for bounds in self.bounds[region.id]:
                trace.put(f"{pointer}/{places.index(bounds)}", region.item, arrow)
        return spans

    def single(self, trace: Trace, high: Region, label: str) -> Pieces:
        """Return the one region of a label that a content or condition may have; none, with faults, of several."""
        found = self.low(high.id, label)
        for region, arrow in found[1:]:
            reason = f"{high.id} has another {label} already, {found[0][0].id}."
            trace.fault(region.item if arrow is None else arrow, region.id, reason, "keep one of them")
        if len(found) > 1:  # which one is meant is not known
            return []
        if found and len(self.bounds[found[0][0].id]) > 1:
            region = found[0][0]
            trace.fault(region.item, region.id, f"a {label} over several paragraphs.", "mark words of one paragraph")
            return []
        return found[:1]

    def one_span(self, trace: Trace, pieces: Pieces, pointer: str) -> Span | None:
        """Return the span of the only piece; None where there is none."""
        for region, arrow in pieces:
            trace.put(pointer, region.item, arrow)
            return self.spans([region.id])[0]
        return None

    def chosen(self, trace: Trace, region: Region, question: Question | None, pointer: str) -> str | None:
        """Return the answer from a closed list. Another value is a fault, and no answer."""
        answer = region.answers.get(question.name) if question else None
        if question is None or answer is None:
            return None
        values = [value for value, _ in question.values]
        if len(answer.values) == 1 and answer.values[0] in values:
            trace.put(pointer, answer.item)
            return answer.values[0]
        reason = f"{question.name} is {' and '.join(answer.values) or 'empty'}."
        trace.fault(answer.item, region.id, reason, f"choose one of {', '.join(values)}")
        return None

    def listed(self, trace: Trace, region: Region, question: Question | None, pointer: str) -> tuple[str, ...]:
        """Return the registry ids that were chosen, each once and in that order; a fault where one has no name."""
        answer = region.answers.get(question.name) if question else None
        found: list[str] = []
        if question is None or answer is None:
            return ()
        for value in answer.values:
            name, item = self.names.resolve(question, value)
            if name is None:
                hint = "write it in that line of the new names, or choose another entry"
                trace.fault(answer.item, region.id, f"{question.name} is {value}, which has no name.", hint)
                return ()
            found += [name] if name not in found else []
            trace.put(pointer, answer.item, item)
        return tuple(found)

    def one(self, trace: Trace, region: Region, question: Question | None, pointer: str) -> str | None:
        """Return the one registry id that was chosen; several are a fault."""
        found = self.listed(Trace(), region, question, pointer)
        if question is not None and len(found) > 1:
            item = region.answers[question.name].item
            trace.fault(item, region.id, f"{question.name} is {' and '.join(found)}.", "choose one")
            return None
        found = self.listed(trace, region, question, pointer)
        return found[0] if found else None

    def written(self, trace: Trace, region: Region, question: Question | None, pointer: str) -> str | None:
        """Return what was written, several entries as lines; None where it is blank."""
        answer = region.answers.get(question.name) if question else None
        if answer is None:
            return None
        trace.put(pointer, answer.item)
        return "\n".join(value.strip() for value in answer.values).strip() or None


def make_statement(sources: Sources, trace: Trace, region: Region) -> Statement | None:
    """Return the statement that a content region started; None, with a fault, where it lacks what it needs.

    trace: gets pointers below the statement. `same_as` is left open: it ties statements.
    """
    scheme = sources.controls.scheme
    fields = scheme.of("statement")
    mentions = sources.single(trace, region, SPEAKER)
    is_speaker_told = bool(trace.faults) or any(ENTITY in each.unusable for each in (region, *(m for m, _ in mentions)))
    lacking: list[str] = []  # what a person is to choose; what was chosen and cannot be used is a fault already
    values: Values = {}
    for each in fields:
        if must_be_answered(each, scheme):
            before = len(trace.faults)
            values[each.name] = _value(sources, trace, region, each, f"/{each.name}", mentions)
            is_told = len(trace.faults) > before or _is_unusable(sources, region, each)
            lacking += [each.title] if values[each.name] is None and not is_told else []
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
        if each.name not in values:
            values[each.name] = _value(sources, trace, region, each, f"/{each.name}", mentions)
    for each in fields:
        if values[each.name] is None and is_inferred(each, scheme) and not _is_spoilt(sources, region, each):
            values[each.name] = _rendering(sources, trace, region, each, content, values)
    if any(values[each.name] is None and _is_spoilt(sources, region, each) for each in fields):
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
    questions = (question for question in sources.controls.questions if question.field == each)
    return any(question.name in region.unusable for question in questions)


def _is_spoilt(sources: Sources, region: Region, each: Field) -> bool:
    """Whether a field was answered so that its value, if it has none, must not be inferred or be its default."""
    question = sources.controls.question_of(each)
    if each.kind != "vocabulary" or question is None:
        return False
    return question.name in region.answers or question.name in region.unusable


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
    values = {
        each.name: _value(sources, trace, region, each, f"/target/{each.name}", []) for each in scheme.of("target")
    }
    lacking = [
        each.title
        for each in scheme.of("target")
        if values[each.name] is None and (must_be_answered(each, scheme) or _is_spoilt(sources, region, each))
    ]
    if lacking:
        hint = f"select it and choose its {' and its '.join(lacking)}"
        reason = f"its target has no {' and no '.join(lacking)}."
        trace.fault(region.item, region.id, reason, hint, is_follow_on=bool(trace.faults or region.unusable))
        return None
    span = sources.one_span(trace, sources.single(trace, region, TARGET), "/target/span")
    return Target(id=target, span=span, fields=scheme.without_defaults("target", values))


def _value(
    sources: Sources, trace: Trace, region: Region, each: Field, pointer: str, mentions: Pieces
) -> FieldValue | None:
    """Return what was said in a field; None, or its default, where nothing was.

    region: the content or condition. mentions: of the speaker, to whom an arrow from a chain of mentions can lead.
    """
    question, label = sources.controls.question_of(each), sources.controls.label_of(each)
    match each.kind:
        case "vocabulary":
            chosen = sources.chosen(trace, region, question, pointer)
            if chosen is None and _is_spoilt(sources, region, each):
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
            if question is None or question.name not in region.answers:
                return False
            trace.put(pointer, region.answers[question.name].item)
            return True
        case "date":
            return _date(sources, trace, region, each, pointer)
        case "span":
            return sources.one_span(trace, sources.single(trace, region, label), pointer) if label else None
        case "spans":
            pieces = sources.low(region.id, label) if label else []
            more = [piece for ground, _ in pieces for piece in sources.low(ground.id, MORE)]
            return sources.put_spans(trace, pointer, [*pieces, *more])
        case "mentions":
            return _mentions(sources, trace, region, each, pointer, mentions)
        case "group":
            chosen = sources.chosen(trace, region, question, pointer)
            return int(chosen) if chosen is not None else None


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
        if len(sources.low(holder.id, label)) > 1:
            what = f"several {name}, without an arrow between them: outermost first as in the text."
            trace.infer(holder.id, what)
        for high in (holder, *(region for region, _ in speaker)):
            for mention in reversed(sources.low(high.id, label)):
                _outwards(sources, mention, label, chain)
    chain.reverse()
    made: list[Mention] = []
    outer, inner = (sources.controls.question_of(each, part) for part in ("outer", "inner"))
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
    scheme, fields = sources.controls.scheme, sources.controls.scheme.of("condition")
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
    needed = [each for each in fields if must_be_answered(each, scheme)]
    values: Values = {each.name: _value(sources, trace, region, each, f"/{each.name}", []) for each in needed}
    lacking = [ROLE] if role_given is None else []
    lacking += [each.title for each in needed if values[each.name] is None]
    if lacking or role_given is None:
        hint = f"select it and choose its {' and its '.join(lacking)}"
        reason = f"it has no {' and no '.join(lacking)}."
        trace.fault(region.item, region.id, reason, hint, is_follow_on=bool(trace.faults or region.unusable))
        return None
    spans = sources.put_spans(trace, "/spans", pieces)
    for each in fields:
        if each.kind == "group":
            values[each.name] = _group(sources, trace, region, each, role_given)
        elif each.name not in values:
            values[each.name] = _value(sources, trace, region, each, f"/{each.name}", [])
    if any(values[each.name] is None and _is_spoilt(sources, region, each) for each in fields):
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
