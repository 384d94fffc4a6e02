"""What annotators mark, as the scheme of the workspace has it: labels of spans, questions, and what may be tied.

The names of labels and questions follow from the scheme alone, so that what comes back from a server can be read
without knowing how the interface looked. `interface` writes them as XML, with the titles, hints and keys of
`interface_settings`; `encode` writes a document in their terms, and `decode` reads them back.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import count
from typing import Literal

from stancebank.schema.fields import CUE, Field, Level, Scheme, reasons_of

Profile = Literal["full", "core"]
Shape = Literal["choices", "taxonomy", "textarea"]
Part = Literal["", "basis", "outer", "inner"]
"""Which part of a field a question asks for: what a date rests on; the outermost or innermost of mentions."""

OBJECT = "text"  # the name of the one thing that is labelled
SPANS = "span"
ZONES = "zone"
NAMED = "named_speaker"  # the labels that say of words whose they are: each is an entity, and the words are a speaker
SLASH = "·"  # stands for the slash of an id in that of its region, which Label Studio makes a CSS class of
MAX_GROUP = 6  # alternatives of a statement that the interface can tell apart
MAX_NEW = 5  # names that a task can add to each list
NEW = "new-"  # new-1 stands for the first line of the new names
BETWEEN_NAMES = " · "  # all that an entity is called, in the list to choose from

CONTENT, SPEAKER, TARGET, CONDITION = "content", "speaker", "target", "condition"
MORE = "more"  # a further piece of a span that was interrupted

TARGET_ID, ENTITY, ROLE, NOTE = "target_id", "entity", "role", "note"
NOTHING = "nothing_to_annotate"
NO_ANSWER = "-"  # what a key that is pressed again sets in passing; no value is called so
NEW_NAMES: Mapping[str, str] = {"entities": "new_entities", "targets": "new_targets"}
"""The questions for names that the lists lack, by the registry that would hold them."""

_RESERVED_LABELS = (CONTENT, SPEAKER, TARGET, CONDITION, MORE)
_RESERVED_QUESTIONS = (*(TARGET_ID, ENTITY, ROLE, NOTHING, OBJECT, SPANS, ZONES, NAMED), *NEW_NAMES.values())

_HOLDER: Mapping[Level, str] = {"statement": CONTENT, "target": CONTENT, "condition": CONDITION}


@dataclass(frozen=True, slots=True)
class Label:
    """A kind of span. core: whether the core profile has it; field: whose words it marks, if it is not of the frame."""

    name: str
    description: str
    core: bool
    field: Field | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about spans of certain labels; about the whole article where there are none.

    description: what the answer means. values: of a closed list, each with its meaning, or "" where the question says
    it all; retired: those of them that are read, and no longer offered. registry: the list of the task's data that the
    answers come from: entities, targets or kinds. required: whether nothing can be made without an answer. field: what
    the answer is a value of, if it is not of the frame.
    """

    name: str
    shape: Shape
    labels: tuple[str, ...]
    description: str
    values: tuple[tuple[str, str], ...] = ()
    retired: frozenset[str] = frozenset()
    registry: str = ""
    many: bool = False
    tick: bool = False
    required: bool = False
    core: bool = True
    field: Field | None = None
    part: Part = ""

    @property
    def offered(self) -> tuple[tuple[str, str], ...]:
        """The values that can be chosen, each with its meaning."""
        return tuple(each for each in self.values if each[0] not in self.retired)


@dataclass(frozen=True, slots=True)
class Asked:
    """A field as annotators are asked for it.

    question, label: None where they are not asked so. pointer: of the field, below the statement or condition that has
    it. is_needed, is_inferred: see `must_be_answered` and `is_inferred`.
    """

    field: Field
    question: Question | None
    label: str | None
    pointer: str
    is_needed: bool
    is_inferred: bool


@dataclass(frozen=True)
class Controls:
    """All labels and questions of a scheme.

    ties: the labels of two regions that an arrow can tie, the lower one first. waivers: labels that say the role of a
    condition themselves, since it takes no other answers, each with that role.
    """

    scheme: Scheme
    labels: tuple[Label, ...]
    questions: tuple[Question, ...]
    ties: frozenset[tuple[str, str]]
    waivers: Mapping[str, str]

    @cached_property
    def by_name(self) -> Mapping[str, Question]:
        """The questions by their names."""
        return {question.name: question for question in self.questions}

    @cached_property
    def answers_to(self) -> Mapping[str, frozenset[str]]:
        """The values of the closed list of each question, by its name."""
        return {each.name: frozenset(value for value, _ in each.values) for each in self.questions}

    @cached_property
    def asked(self) -> Mapping[Level, tuple[Asked, ...]]:
        """The fields of each level, in the order of the scheme, as annotators are asked for them."""
        return {level: tuple(map(self._asked, self.scheme.of(level))) for level in _HOLDER}

    def _asked(self, field: Field) -> Asked:
        pointer = f"/target/{field.name}" if field.level == "target" else f"/{field.name}"
        needed, inferred = must_be_answered(field, self.scheme), is_inferred(field, self.scheme)
        return Asked(field, self.question_of(field), self.label_of(field), pointer, needed, inferred)

    @cached_property
    def label_names(self) -> frozenset[str]:
        """The names of the labels."""
        return frozenset(label.name for label in self.labels)

    @cached_property
    def conditions(self) -> tuple[str, ...]:
        """The labels of conditions, waivers included; none where the scheme has no conditions."""
        return (CONDITION, *self.waivers) if self.scheme.has_conditions else ()

    @cached_property
    def cue(self) -> str | None:
        """The label of the words that attribute a statement; None where the scheme has none, or nobody is asked."""
        field = self.scheme.find("statement", CUE)
        return self.label_of(field) if field is not None else None

    @cached_property
    def in_pieces(self) -> frozenset[str]:
        """The labels of what may have several spans."""
        passed = non_statement_label(self.scheme)
        return frozenset((CONTENT, *self.conditions, MORE, passed, *self.field_labels("spans")))

    @cached_property
    def inside(self) -> tuple[str, ...]:
        """The labels of what is in the content or condition that it belongs to, in the order in which it is tied."""
        single = (name for name in self.field_labels("span") if name not in self.cues)
        return (*self.conditions, *self.field_labels("spans"), *single, TARGET)

    @cached_property
    def shared(self) -> tuple[str, ...]:
        """The labels of what serves its whole paragraph, where it is the only one there."""
        return (*self.cues, SPEAKER)

    @cached_property
    def cues(self) -> tuple[str, ...]:
        """The label of the cue, where it is one span; none elsewhere."""
        return tuple(name for name in self.field_labels("span") if name == self.cue)

    @cached_property
    def lower(self) -> frozenset[str]:
        """The labels of what belongs to something else; not of a content, which only repeats one."""
        return frozenset(low for low, _ in self.ties) - {CONTENT}

    @cached_property
    def single(self) -> frozenset[str]:
        """The labels of what a content has one of."""
        return frozenset((SPEAKER, TARGET, *self.field_labels("span")))

    @cached_property
    def mentioned(self) -> tuple[str, ...]:
        """The labels of chains of mentions."""
        return tuple(self.field_labels("mentions"))

    def label_of(self, field: Field) -> str | None:
        """Return the label that marks the words of a field; None where annotators are not asked for it."""
        return self._label_of.get((field.level, field.name))

    def question_of(self, field: Field, part: Part = "") -> Question | None:
        """Return the question for a field; None where annotators are not asked for it."""
        return self._question_of.get((field.level, field.name, part))

    def field_labels(self, *kinds: str) -> Iterator[str]:
        """Yield the labels of the fields of some kinds."""
        yield from (label.name for label in self.labels if label.field is not None and label.field.kind in kinds)

    def holder_of(self, label: str) -> str:
        """Return the label of what a region belongs to in the end: a content or, for a field of it, a condition."""
        return self._holder_of.get(label, CONTENT)

    @cached_property
    def _label_of(self) -> Mapping[tuple[Level, str], str]:
        return {(each.field.level, each.field.name): each.name for each in self.labels if each.field is not None}

    @cached_property
    def _question_of(self) -> Mapping[tuple[Level, str, Part], Question]:
        asked = [(each.field, each) for each in self.questions if each.field is not None]
        return {(field.level, field.name, each.part): each for field, each in asked}

    @cached_property
    def _holder_of(self) -> Mapping[str, str]:
        return {each.name: _HOLDER[each.field.level] for each in self.labels if each.field is not None}


def non_statement_label(scheme: Scheme) -> str:
    """Return the label of words that look like a statement and are none."""
    return "passed_over" if scheme.edition < 2 else "non_statement"


def reason_question(scheme: Scheme) -> str:
    """Return the question why such words are none: the name of its vocabulary, whether the scheme has it or not."""
    return reasons_of(scheme.edition)


def is_inferred(field: Field, scheme: Scheme) -> bool:
    """Whether a field that was not answered is read from the text: how much of the content is in quotation marks."""
    if field.kind != "vocabulary":
        return False
    return any("needs_quotation" in about or about.get("cue_inside") for about in scheme.values(field).values())


def must_be_answered(field: Field, scheme: Scheme) -> bool:
    """Whether nothing can be made without an answer.

    A condition other than a waiver needs what has to hold, its field of the kind target, though the JSON Schema, where
    it depends on the role, does not list it among the required ones.
    """
    if field.level == "condition" and field.kind == "target":
        return True
    has_default = field.default is not None or field.kind in ("flag", "group")
    return field.required and not has_default and not is_inferred(field, scheme)


@lru_cache(maxsize=8)
def make_controls(scheme: Scheme) -> Controls:
    """Make the labels and questions of a scheme: those of the frame, and of each field by its kind."""
    roles = scheme.vocabularies.values("condition_role") if scheme.has_conditions else {}
    waived = [role for role, about in roles.items() if about.get("is_waiver")]
    asked = [each for each in scheme.fields if each.profile is not None or must_be_answered(each, scheme)]
    taken = {*_RESERVED_LABELS, non_statement_label(scheme)}
    waivers = {_free(role, CONDITION, taken): role for role in waived}
    names = {
        (field.level, field.name): _free(field.name, field.level, taken)
        for field in asked
        if field.kind in ("span", "spans", "mentions")
    }
    labels = tuple(_labels(scheme, asked, waivers, names))
    questions = tuple(_questions(scheme, asked, names))
    return Controls(scheme, labels, questions, frozenset(_ties(scheme, labels, tuple(waivers))), waivers)


def _free(name: str, level: str, taken: set[str]) -> str:
    """Return a name that no other control has, and take it."""
    others = (f"{level}_{name}" + (f"_{number}" if number > 1 else "") for number in count(1))
    found = name if name not in taken else next(other for other in others if other not in taken)
    taken.add(found)
    return found


def _is_core(field: Field, scheme: Scheme) -> bool:
    return field.profile == "core" or must_be_answered(field, scheme)


def _labels(
    scheme: Scheme, asked: list[Field], waivers: Mapping[str, str], names: Mapping[tuple[Level, str], str]
) -> Iterator[Label]:
    yield Label(CONTENT, "The words that carry one position.", core=True)
    yield Label(SPEAKER, "Whose position it is.", core=True)
    if scheme.has_conditions:
        yield Label(CONDITION, "What it depends on.", core=True)
        roles = scheme.vocabularies.values("condition_role")
        for name, role in waivers.items():
            yield Label(name, str(roles[role]["description"]), core=True)
    yield Label(MORE, "A further piece of what was interrupted.", core=True)
    for field in asked:
        if (name := names.get((field.level, field.name), "")) != "":
            yield Label(name, field.description, _is_core(field, scheme), field)
    yield Label(TARGET, "The words that name the target.", core=False)
    if scheme.non_statements is not None:
        yield Label(non_statement_label(scheme), "Looks like a statement and is none.", core=False)


def _questions(scheme: Scheme, asked: list[Field], names: Mapping[tuple[Level, str], str]) -> Iterator[Question]:
    taken = {*_RESERVED_QUESTIONS, reason_question(scheme)}
    non_statement = non_statement_label(scheme)
    mentions = [names[field.level, field.name] for field in asked if field.kind == "mentions"]
    made: list[Question] = []
    for field in asked:
        for question in _of_field(field, scheme, taken):
            name = _free(question.name, field.level, taken)
            made.append(replace(question, name=name, values=((name, ""),) if question.tick else question.values))
    yield from (each for each in made if each.field is not None and each.field.is_label)
    yield Question(TARGET_ID, "taxonomy", (CONTENT,), "What the position is about.", registry="targets", required=True)
    yield Question(
        ENTITY, "taxonomy", (CONTENT, SPEAKER, *mentions), "Whose position it is; who is meant.", registry="entities"
    )
    if scheme.has_conditions:
        roles = scheme.vocabularies.values("condition_role").items()
        values = tuple((role, str(about["description"])) for role, about in roles if not about.get("is_waiver"))
        about_role = str(scheme.vocabularies.by_name["condition_role"]["description"])
        gone = scheme.retired.get("condition_role", frozenset())
        yield Question(ROLE, "choices", (CONDITION,), about_role, values, gone, required=True)
    yield from (each for each in made if each.field is None or not each.field.is_label)
    if scheme.non_statements is not None:
        reasons = scheme.vocabularies.values(scheme.non_statements).items()
        values = tuple((reason, str(about["description"])) for reason, about in reasons)
        about_reason = str(scheme.vocabularies.by_name[scheme.non_statements]["description"])
        gone, name = scheme.retired.get(scheme.non_statements, frozenset()), scheme.non_statements
        yield Question(name, "choices", (non_statement,), about_reason, values, gone, required=True)
        if not any(non_statement in each.labels for each in made):
            yield Question(_free(NOTE, non_statement, taken), "textarea", (non_statement,), "More about it.")
    for registry, name in NEW_NAMES.items():
        yield Question(name, "textarea", (), f"Names of {registry} that the list lacks.")
    nothing = "Read to the end, and no statement."
    yield Question(NOTHING, "choices", (), nothing, values=((NOTHING, ""),), tick=True)


def _of_field(field: Field, scheme: Scheme, taken: set[str]) -> Iterator[Question]:
    """Yield the questions for a field; none for words, which are marked."""
    own = Question(
        name=field.name,
        shape="textarea",
        labels=(_HOLDER[field.level],),
        description=field.description,
        required=must_be_answered(field, scheme),
        core=_is_core(field, scheme),
        field=field,
        retired=scheme.retired.get(str(field.vocabulary), frozenset()),
    )
    match field.kind:
        case "vocabulary":
            yield replace(own, shape="choices", values=_values(field, scheme))
        case "group":
            numbers = tuple((str(number), "") for number in range(1, MAX_GROUP + 1))
            yield replace(own, shape="choices", values=numbers, required=False)
        case "flag":
            yield replace(own, shape="choices", tick=True, required=False)
        case "entity" | "entities":
            yield replace(own, shape="taxonomy", registry="entities", many=field.kind == "entities")
        case "target" | "targets":
            registry = "kinds" if field.level == "condition" else "targets"
            yield replace(own, shape="taxonomy", registry=registry, many=field.kind == "targets")
        case "text":
            shared = field.name == NOTE and field.level == "statement" and scheme.non_statements is not None
            labels = (*own.labels, non_statement_label(scheme)) if shared else own.labels  # one note for either
            yield replace(own, labels=labels)
        case "date":
            yield own
            vocabulary = str(field.vocabulary)
            yield replace(
                own,
                name=vocabulary if vocabulary not in taken else f"{own.name}_basis",
                shape="choices",
                description=str(scheme.vocabularies.by_name[vocabulary]["description"]),
                values=_values(field, scheme),
                required=False,
                part="basis",
            )
        case "mentions":
            yield from (_unmentioned(own, "outer", "outermost"), _unmentioned(own, "inner", "innermost"))


def _unmentioned(question: Question, part: Part, which: str) -> Question:
    """Return the question for an entity of a chain that the text does not mention."""
    return replace(
        question,
        name=f"{question.name}_{part}",
        shape="taxonomy",
        description=f"{question.description} The {which}, where the text does not mention it.",
        registry="entities",
        required=False,
        part=part,
    )


def _values(field: Field, scheme: Scheme) -> tuple[tuple[str, str], ...]:
    return tuple((value, str(about["description"])) for value, about in scheme.values(field).items())


def _ties(scheme: Scheme, labels: tuple[Label, ...], waivers: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    yield from ((SPEAKER, CONTENT), (TARGET, CONTENT), (MORE, CONTENT))
    if scheme.has_conditions:
        for name in (CONDITION, *waivers):
            yield from ((name, CONTENT), (MORE, name))
    if scheme.has_repetitions:
        yield CONTENT, CONTENT
    for label in labels:
        if label.field is None:
            continue
        yield label.name, _HOLDER[label.field.level]
        if label.field.kind == "spans":
            yield MORE, label.name
        if label.field.kind == "mentions":
            yield label.name, label.name  # an outer one to the next inner one
            if label.field.level == "statement":
                yield label.name, SPEAKER
