"""The fields of a statement: the one table that says which there are, read from the workspace's own JSON Schema.

Every scheme has the frame: `id`, `content`, `speaker`, `target` and, where it wants them, `same_as` and `conditions`
(with `spans` and `role`). All other properties of a statement, of its target and of a condition are fields. Each of
them says in an ``x-stancebank`` object beside its JSON Schema what it is: its kind, in which profile of the labelling
interface it is asked, how it is published and compared. What has to know the fields (reading and writing documents,
the interface, rows and their inverse, comparison, scores, prompts) goes through this table and names no field. The
values that a field may have are those of a vocabulary (`stancebank.schema.vocabularies`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from sys import intern
from types import NoneType
from typing import Any, Literal, TypeVar, cast, get_args

import msgspec

from stancebank.errors import InputError
from stancebank.model import (
    Condition,
    DateValue,
    Document,
    Fields,
    FieldValue,
    Mention,
    Span,
    Statement,
    Target,
    non_statements_key,
)
from stancebank.records import Content, read_content, read_json
from stancebank.schema.vocabularies import Vocabularies, load_vocabularies

Kind = Literal[
    "vocabulary",
    "entity",
    "entities",
    "mentions",
    "target",
    "targets",
    "text",
    "flag",
    "date",
    "span",
    "spans",
    "group",
]
"""What a field holds, and as which Python type:

- ``vocabulary``: a value of a closed list, `str`; ``text``: free text, `str`; ``flag``: `bool`.
- ``entity``, ``target``: an id of a registry, `str`; ``entities``, ``targets``: several, `tuple[str, ...]`.
- ``mentions``: entities and where the text mentions them, outermost first, `tuple[Mention, ...]`.
- ``span``: words of the text, `Span`; ``spans``: several stretches of them, `tuple[Span, ...]`.
- ``date``: `DateValue`. ``group``: of a condition, which others it must hold together with, `int` from 1.
"""

Level = Literal["statement", "target", "condition"]
"""What a field belongs to."""

Holder = Statement | Target | Condition

KEYWORD = "x-stancebank"
"""The keyword of the JSON Schema that holds what a field is."""

EDITION = 2
"""The newest edition of the frame that the toolkit knows: what a scheme does not decide, such as names of columns.

A scheme says its edition at the root of annotation.schema.json: ``"x-stancebank": {"edition": 2}``; 1 where it is left
out. What is stored and published depends on it, so that a workspace changes only by a migration.
"""

CUE = "cue"
"""The name of the field with the words that attribute a statement, in schemes that have one."""

MIGRATION = "migration.toml"
"""The file of a schema folder that says how the version before becomes this one."""

REASONS: Mapping[int, str] = {1: "passed_over_reason", 2: "non_statement_reason"}
"""The vocabulary of reasons why words that look like a statement are none, by the edition of the frame."""

PENDING = "pending"
"""The property of a document that lists which of its fields wait for an answer; a scheme may lack it."""

FRAME: Mapping[Level, tuple[str, ...]] = {
    "statement": ("id", "same_as", "content", "speaker", "target", "conditions"),
    "target": ("id", "span"),
    "condition": ("id", "spans", "role"),
}
"""Properties that the toolkit itself knows, by level; a scheme may lack `same_as` and `conditions`."""

_TYPES: Mapping[Kind, Any] = {
    "vocabulary": str,
    "entity": str,
    "entities": tuple[str, ...],
    "mentions": tuple[Mention, ...],
    "target": str,
    "targets": tuple[str, ...],
    "text": str,
    "flag": bool,
    "date": DateValue,
    "span": Span,
    "spans": tuple[Span, ...],
    "group": int,
}
_BEFORE_TARGET = ("span", "mentions", "vocabulary", "entity")
"""Kinds of statement fields that are written before the target; the others come after the conditions."""

_NAMES = frozenset(("vocabulary", "entity", "entities", "mentions", "target", "targets"))
"""Kinds whose values are names that many statements have."""

_NONE_SAID: Fields = {}
"""The fields of what says none: one object for all of them, as many targets and conditions have none."""

_UNSAID: Any = object()
_EMPTY: Mapping[Kind, FieldValue] = {"flag": False, "entities": (), "mentions": (), "targets": (), "spans": ()}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a scheme.

    name: its key in JSON. level: what it belongs to. description: what it means, for annotators. required: whether
    every statement (target, condition) has it. vocabulary: the name of the list its values come from; of a date: of
    what dates rest on. default: the value of a vocabulary field that is left out. profile: of the labelling interface,
    `core` being part of `full`; None where annotators are not asked. column: its name in the tables; None where it is
    not published. meaning: of that column; meaning_apart: of that in the table `conditions`, which speaks of nothing
    else. compared: whether readings are compared in it. is_label: whether it is the
    position itself, the class that models learn; a scheme has one such field. weight: what agreement in it adds when
    statements of two readings are aligned, in shares of a full overlap of their contents. prompt: what a prompt says of
    it where the description does not do; empty where the next field's says it. can_wait: whether documents may say
    that it is still to be answered (`Document.pending`); then its value is None, whatever it is where it is left out.
    names_parties: whether it names those who take part; a scheme has one such field, or none.
    """

    name: str
    level: Level
    kind: Kind
    description: str
    required: bool
    vocabulary: str | None
    default: str | None
    profile: Literal["core", "full"] | None
    column: str | None
    meaning: str
    meaning_apart: str
    compared: bool
    is_label: bool
    weight: float
    prompt: str | None = None
    can_wait: bool = False
    names_parties: bool = False

    @property
    def title(self) -> str:
        """The name as people read it: ``said on``."""
        return self.name.replace("_", " ")

    @property
    def empty(self) -> FieldValue | None:
        """The value of a field that is left out: its default, false, an empty tuple, or None."""
        return self.default if self.default is not None else _EMPTY.get(self.kind)

    def value(self, holder: Holder) -> FieldValue | None:
        """Return what a statement, target or condition says in the field; `empty` where it says nothing.

        None, whatever stands for nothing, where the field waits for an answer.
        """
        said: FieldValue | None = holder.fields.get(self.name, _UNSAID)
        if said is not _UNSAID:
            return said
        return self.default if self.default is not None else _EMPTY.get(self.kind)

    def text(self, holder: Holder) -> str | None:
        """Return the value of a field of the kinds vocabulary, entity, target and text."""
        return cast("str | None", self.value(holder))

    def ids(self, holder: Holder) -> tuple[str, ...]:
        """Return the ids of registry entries in the field, in their order; () for kinds that hold none."""
        value = self.value(holder)
        if self.kind == "mentions":
            return tuple(mention.entity for mention in self.mentions(holder))
        if self.kind in ("entities", "targets"):
            return cast("tuple[str, ...]", value or ())
        return (cast("str", value),) if self.kind in ("entity", "target") and value is not None else ()

    def spans(self, holder: Holder) -> tuple[Span, ...]:
        """Return the words of a field of the kinds span and spans; () for other kinds."""
        value = self.value(holder)
        if self.kind == "spans":
            return cast("tuple[Span, ...]", value or ())
        return (cast("Span", value),) if self.kind == "span" and value is not None else ()

    def mentions(self, holder: Holder) -> tuple[Mention, ...]:
        """Return the value of a field of the kind mentions; () for other kinds."""
        return cast("tuple[Mention, ...]", self.value(holder) or ()) if self.kind == "mentions" else ()

    def date(self, holder: Holder) -> DateValue | None:
        """Return the value of a field of the kind date; None for other kinds."""
        return cast("DateValue | None", self.value(holder)) if self.kind == "date" else None

    def flag(self, holder: Holder) -> bool:
        """Return the value of a field of the kind flag."""
        return bool(self.value(holder))

    def group(self, holder: Holder) -> int | None:
        """Return the value of a field of the kind group; None for other kinds."""
        return cast("int | None", self.value(holder)) if self.kind == "group" else None


@dataclass(frozen=True, eq=False)  # compared and hashed as the object it is, so that what is made of it can be cached
class Scheme:
    """What a workspace means by a statement. fields: in the order of the schema, by level.

    version: such as ``v1``. vocabularies: all of them, also those of articles and registries. has_conditions,
    has_repetitions: whether statements have `conditions` and `same_as`. non_statements: the vocabulary of reasons for
    passing words over; None where the scheme has no such list. schema: the JSON Schema of documents that all this was
    read from. prompts: what a prompt says beyond the descriptions: of `statement` as a whole, and of keys of the frame.
    """

    version: str
    vocabularies: Vocabularies
    fields: tuple[Field, ...]
    has_conditions: bool
    has_repetitions: bool
    non_statements: str | None
    schema: Mapping[str, Any]
    prompts: Mapping[str, str]

    @cached_property
    def edition(self) -> int:
        """The edition of the frame that the scheme follows, from 1; see `EDITION`."""
        return edition_of(self.schema)

    @property
    def non_statements_key(self) -> str:
        """The key of a document under which it holds what looks like a statement and is none."""
        return non_statements_key(self.edition)

    def equals(self, other: "Scheme") -> bool:
        """Whether another scheme says the same, wherever it was read."""
        return (self.version, self.schema, self.vocabularies) == (other.version, other.schema, other.vocabularies)

    def of(self, level: Level) -> tuple[Field, ...]:
        """Return the fields of a level, in the order of the schema."""
        return self._by_level[level]

    def find(self, level: Level, name: str) -> Field | None:
        """Return a field by its name; None where the scheme has none of that name."""
        return self._by_name.get((level, name))

    @cached_property
    def _by_name(self) -> Mapping[tuple[Level, str], Field]:
        return {(each.level, each.name): each for each in reversed(self.fields)}

    @cached_property
    def _by_level(self) -> Mapping[Level, tuple[Field, ...]]:
        return {level: tuple(each for each in self.fields if each.level == level) for level in get_args(Level)}

    @cached_property
    def _with_entities(self) -> Mapping[Level, tuple[Field, ...]]:
        return self._of_kinds("entity", "entities", "mentions")

    @cached_property
    def _with_targets(self) -> Mapping[Level, tuple[Field, ...]]:
        return self._of_kinds("target", "targets")

    def _of_kinds(self, *kinds: Kind) -> Mapping[Level, tuple[Field, ...]]:
        return {level: tuple(each for each in fields if each.kind in kinds) for level, fields in self._by_level.items()}

    @cached_property
    def label(self) -> Field:
        """The field that is the position itself, such as `stance`."""
        return next(each for each in self.fields if each.is_label)

    @cached_property
    def parties(self) -> Field | None:
        """The field that names those who take part, such as `parties` of a target; None where none is declared."""
        return next((each for each in self.fields if each.names_parties and each.column), None)

    def strengths(self, field: Field) -> Mapping[str, int]:
        """Return how strong each value of a field is, a higher number the stronger; empty where that is not said."""
        values = self.values(field) if field.vocabulary is not None else {}
        return {value: about["strength"] for value, about in values.items() if "strength" in about}

    def values(self, field: Field) -> Mapping[str, Mapping[str, Any]]:
        """Return the values of a field's vocabulary, in their order, each with what the vocabulary says of it."""
        if field.vocabulary is None:
            raise ValueError(f"{field.name} has no vocabulary")
        return self.vocabularies.values(field.vocabulary)

    @cached_property
    def written_order(self) -> tuple[tuple[Field, ...], tuple[Field, ...]]:
        """The fields of a statement in the order in which they are written: before the target, and after it.

        It is the order of the scheme, except that how words are rendered (a vocabulary that says where the cue or the
        quotation marks have to be) follows the first field with words, which are those that attribute.
        """
        first = [field for field in self.of("statement") if field.kind in _BEFORE_TARGET]
        rendering = [field for field in first if self._says_rendering(field)]
        words = [field for field in first if field.kind == "span"]
        if words and rendering:
            first = [field for field in first if field not in rendering]
            place = first.index(words[0]) + 1
            first[place:place] = rendering
        return tuple(first), tuple(field for field in self.of("statement") if field.kind not in _BEFORE_TARGET)

    def _says_rendering(self, field: Field) -> bool:
        flags = self.values(field).values() if field.kind == "vocabulary" else ()
        return any("cue_inside" in about or "needs_quotation" in about for about in flags)

    def holders(self, statement: Statement) -> Iterator[tuple[str, Level, Holder]]:
        """Yield the statement, its target and its conditions, each with its JSON pointer below the statement."""
        yield "", "statement", statement
        yield "/target", "target", statement.target
        for number, condition in enumerate(statement.conditions):
            yield f"/conditions/{number}", "condition", condition

    def entities(self, statement: Statement) -> Iterator[tuple[str, str]]:
        """Yield every entity id of a statement with its JSON pointer below the statement."""
        yield "/speaker/entity", statement.speaker.entity
        for pointer, level, holder in self.holders(statement):
            for field in self._with_entities[level]:
                if field.name not in holder.fields and field.default is None:
                    continue  # it names none
                if field.kind == "entity" and (name := field.text(holder)) is not None:
                    yield f"{pointer}/{field.name}", name
                elif field.kind != "entity":
                    below = "/entity" if field.kind == "mentions" else ""
                    for place, name in enumerate(field.ids(holder)):
                        yield f"{pointer}/{field.name}/{place}{below}", name

    def targets(self, statement: Statement) -> Iterator[tuple[str, str]]:
        """Yield every target id of a statement, the kinds of its conditions included, with its JSON pointer."""
        yield "/target/id", statement.target.id
        for pointer, level, holder in self.holders(statement):
            for field in self._with_targets[level]:
                if field.name not in holder.fields and field.default is None:
                    continue  # it names none
                for place, name in enumerate(field.ids(holder)):
                    below = f"/{place}" if field.kind == "targets" else ""
                    yield f"{pointer}/{field.name}{below}", name

    def names(self, statements: Iterable[Statement]) -> tuple[set[str], set[str], set[str]]:
        """Return the ids that statements name: of entities, of targets, and of targets that are kinds of conditions."""
        entities, targets, kinds = set[str](), set[str](), set[str]()
        for statement in statements:
            entities.add(statement.speaker.entity)
            targets.add(statement.target.id)
            self._add_names("statement", statement, entities, targets)
            self._add_names("target", statement.target, entities, targets)
            for condition in statement.conditions:
                self._add_names("condition", condition, entities, kinds)
        return entities, targets, kinds

    def _add_names(self, level: Level, holder: Holder, entities: set[str], targets: set[str]) -> None:
        held = holder.fields
        for field in self._with_entities[level]:
            if field.name in held or field.default is not None:
                entities.update(field.ids(holder))
        for field in self._with_targets[level]:
            if field.name in held or field.default is not None:
                targets.update(field.ids(holder))

    @cached_property
    def retired(self) -> Mapping[str, frozenset[str]]:
        """The values that are no longer offered, by vocabulary; those without any are left out."""
        names = self.vocabularies.by_name
        return {name: found for name in names if (found := self.vocabularies.flagged(name, "retired"))}

    @cached_property
    def has_polarity(self) -> bool:
        """Whether every value of the label says which side it is on."""
        return all("polarity" in about for about in self.values(self.label).values())

    def polarity(self, statement: Statement) -> str | None:
        """Return the side of a statement's label; None where the scheme has no sides, or the label waits."""
        return self._sides.get(str(self.label.value(statement))) if self.has_polarity else None

    @cached_property
    def _sides(self) -> Mapping[str, str | None]:
        """The side of each value of the label."""
        return {value: about.get("polarity") for value, about in self.values(self.label).items()}

    def label_of(self, statement: Statement) -> str | None:
        """Return the label, with ``_conditional`` behind it where the statement is conditional; None where it waits."""
        label = self.label.text(statement)
        return label and label + ("_conditional" if self.is_conditional(statement) else "")

    def is_conditional(self, statement: Statement) -> bool:
        """Whether the position depends on something: at least one condition whose role says so."""
        if not statement.conditions:
            return False
        roles = self._conditional
        return any(roles[condition.role] for condition in statement.conditions)

    @cached_property
    def _conditional(self) -> Mapping[str, bool]:
        """Whether a condition of a role makes the position conditional, by role."""
        roles = self.vocabularies.values("condition_role") if self.has_conditions else {}
        return {role: bool(about.get("makes_conditional")) for role, about in roles.items()}

    def read_statement(self, value: Mapping[str, Any]) -> Statement:
        """Make a statement of what JSON holds. It must have passed its JSON Schema; else msgspec raises."""
        return self._statement(msgspec.convert(value, self._row))

    def _statement(self, row: Any) -> Statement:
        """Make a statement of a `_row`."""
        target, speaker = row.target, row.speaker
        msgspec.structs.force_setattr(speaker, "entity", intern(speaker.entity))  # see `_shared`
        return Statement(
            id=row.id,
            same_as=row.same_as,
            content=row.content,
            speaker=speaker,
            target=Target(id=intern(target.id), span=target.span, fields=self._fields("target", target)),
            conditions=tuple(
                Condition(id=each.id, spans=each.spans, role=intern(each.role), fields=self._fields("condition", each))
                for each in row.conditions or ()
            ),
            fields=self._fields("statement", row),
        )

    def _fields(self, level: Level, row: Any) -> Fields:
        """Return the fields of a level in a row; those that say no more than their default are left out."""
        readers = self._readers[level]
        values = msgspec.structs.astuple(row)[-len(readers) :] if readers else ()
        found: dict[str, FieldValue] = {}
        if values.count(None) < len(values):  # most targets and conditions say next to nothing
            for told, (field, empty, is_name) in zip(values, readers, strict=True):
                if told is not None and (field.required or told != empty):
                    found[field.name] = _shared(told) if is_name else told
        return found or _NONE_SAID

    @cached_property
    def _row(self) -> type[msgspec.Struct]:
        """The form of a statement in JSON: what msgspec reads at once, and not field by field."""
        frame: dict[Level, list[Any]] = {
            "target": [("id", str), ("span", Span | None, None)],
            "condition": [("id", str), ("spans", tuple[Span, ...]), ("role", str)],
        }
        made = {level: self._row_of(level, said) for level, said in frame.items()}
        target, condition = made["target"], made["condition"]
        said = [
            *(("id", str), ("same_as", str | None, None), ("content", tuple[Span, ...]), ("speaker", Mention)),
            *(("target", target), ("conditions", tuple[condition, ...] | None, None)),  # type: ignore[valid-type]
        ]
        return self._row_of("statement", said)

    def _row_of(self, level: Level, frame: Sequence[Any]) -> type[msgspec.Struct]:
        """Return the form of a level. Its fields are numbered: what a scheme calls them need be no name in Python."""
        names = {f"field_{number}": each.name for number, each in enumerate(self._by_level[level])}
        kinds = (_TYPES[each.kind] for each in self._by_level[level])
        fields = [(key, kind | None, None) for key, kind in zip(names, kinds, strict=True)]
        return msgspec.defstruct(level, [*frame, *fields], rename=names.get, kw_only=True, gc=False)

    def mark_waiting(self, statement: Statement, told: Mapping[str, Any]) -> Statement:
        """Return a statement of a row in which fields are None that can be empty only since they wait for an answer.

        told: what the row states, as JSON holds it.
        """
        said = (told, told["target"], *told.get("conditions", ()))
        waiting = {
            (statement.id, holder.id if isinstance(holder, Condition) else None, level, field.name)
            for (_, level, holder), value in zip(self.holders(statement), said, strict=True)
            for field in self._may_wait[level]
            if value.get(field.name) is None
        }
        return _waiting(statement, waiting) if waiting else statement

    @cached_property
    def _may_wait(self) -> Mapping[Level, tuple[Field, ...]]:
        """The fields of which a row holds nothing only while they wait for an answer."""
        return {
            level: tuple(
                each
                for each in fields
                if each.can_wait and each.column
                if each.required or each.default is not None or each.kind == "flag"
            )
            for level, fields in self._by_level.items()
        }

    @cached_property
    def _readers(self) -> Mapping[Level, Sequence[tuple[Field, FieldValue | None, bool]]]:
        """Each field with what it says where it is left out, and whether its values are names."""
        return {
            level: [(each, each.empty, each.kind in _NAMES) for each in fields]
            for level, fields in self._by_level.items()
        }

    def without_defaults(self, level: Level, values: Mapping[str, FieldValue | None]) -> Fields:
        """Return values in the order of the scheme, without those that a field has where it is left out.

        Documents are compared and written in this form. Required fields are always kept.
        """
        return {
            field.name: value
            for field, empty, _ in self._readers.get(level, ())
            if (value := values.get(field.name)) is not None and (field.required or value != empty)
        }

    def read_document(self, value: Mapping[str, Any]) -> Document:
        """Make a document of what JSON holds. It must have passed its JSON Schema; else msgspec or KeyError raise."""
        key = self.non_statements_key
        told = {"non_statements" if name == key else name: held for name, held in value.items()}
        frame = msgspec.convert({**told, "statements": [], "edition": self.edition}, Document)
        rows = msgspec.convert(value["statements"], tuple[self._row, ...])  # type: ignore[name-defined]
        statements = tuple(map(self._statement, rows))
        return _with_waiting(msgspec.structs.replace(frame, statements=statements))


S = TypeVar("S")


def _shared(value: S) -> S:
    """Return a value in which equal names are one object: all documents of a corpus may be in memory at once."""
    if isinstance(value, str):
        return cast("S", intern(value))
    if isinstance(value, Mention):
        msgspec.structs.force_setattr(value, "entity", intern(value.entity))  # it was just made, nobody else has it
        return value
    return cast("S", tuple(map(_shared, value))) if isinstance(value, tuple) else value


def _waiting(statement: Statement, waiting: Set[tuple[str, str | None, str, str]]) -> Statement:
    """Return a statement in which fields that wait for an answer are None."""

    def fields(holder: Holder, level: Level, condition: str | None = None) -> Fields:
        names = {name for key, of, at, name in waiting if (key, of, at) == (statement.id, condition, level)}
        return {**holder.fields, **cast("Fields", dict.fromkeys(names - holder.fields.keys()))}

    return msgspec.structs.replace(
        statement,
        target=msgspec.structs.replace(statement.target, fields=fields(statement.target, "target")),
        conditions=tuple(
            msgspec.structs.replace(each, fields=fields(each, "condition", each.id)) for each in statement.conditions
        ),
        fields=fields(statement, "statement"),
    )


def _with_waiting(document: Document) -> Document:
    """Return a document in which the fields that its markers name are None, unless they have a value."""
    if not document.pending:
        return document
    waiting = {(each.statement, each.condition, each.level, each.field) for each in document.pending}
    statements = tuple(_waiting(each, waiting) for each in document.statements)
    return msgspec.structs.replace(document, statements=statements)


def still_waiting(document: Document, before: Document) -> Document:
    """Return the successor of a document with the markers of fields that waited there and have no value yet."""
    held: dict[tuple[str, str | None, str], Fields] = {}
    for each in document.statements:
        held[each.id, None, "statement"], held[each.id, None, "target"] = each.fields, each.target.fields
        held |= {(each.id, one.id, "condition"): one.fields for one in each.conditions}
    kept = tuple(
        each
        for each in before.pending
        if (fields := held.get((each.statement, each.condition, each.level))) is not None and each.field not in fields
    )
    return _with_waiting(msgspec.structs.replace(document, pending=kept)) if kept else document


SCHEME_FILES = ("annotation.schema.json", "vocabularies.json")
"""What a scheme is read from."""


def load_scheme(schema_dir: Path, version: str | None = None) -> Scheme:
    """Read the scheme of a workspace or of a published folder. schema_dir: its folder, such as schema/v1.

    version: of the schema; None for the name of its folder.

    Raises InputError where its files are missing, or do not say what the fields are; `stancebank schema check` tells
    all that is wrong.
    """
    paths = [schema_dir / name for name in SCHEME_FILES]
    try:
        stamps = tuple((path.stat().st_mtime_ns, path.stat().st_size) for path in paths)
    except OSError as error:
        raise InputError(f"The scheme in schema/{schema_dir.name} cannot be read: {error.strerror}.") from None
    return _load(schema_dir, version or schema_dir.name, stamps)


@lru_cache(maxsize=32)
def _load(schema_dir: Path, version: str, stamps: object) -> Scheme:
    """Read a scheme. stamps: what tells this state of its files from others."""
    return _read_scheme(version, tuple(read_content(schema_dir / name) for name in SCHEME_FILES))


@lru_cache(maxsize=32)
def _read_scheme(version: str, contents: tuple[Content, ...]) -> Scheme:
    """Read a scheme. It is one object wherever the same files lie, so that what is made of it is made once."""
    schema_dir = contents[0].path.parent
    schema = read_json(schema_dir / "annotation.schema.json")
    return make_scheme(version, schema, load_vocabularies(schema_dir))


def make_scheme(version: str, schema: Any, vocabularies: Vocabularies) -> Scheme:
    """Make the scheme of the JSON Schema of documents. Raises InputError where it does not say what the fields are."""
    try:
        statement = schema["$defs"]["statement"]
        target = _resolved(statement["properties"]["target"], schema)
        has_conditions = "conditions" in statement["properties"]
        levels: dict[Level, Any] = {"statement": statement, "target": target}
        if has_conditions:
            levels["condition"] = _resolved(_resolved(statement["properties"]["conditions"], schema)["items"], schema)
        can_wait = PENDING in schema["properties"]
        fields = tuple(
            _field(name, level, value, name in part.get("required", ()), can_wait=can_wait)
            for level, part in levels.items()
            for name, value in part["properties"].items()
            if name not in FRAME[level]
        )
        edition = edition_of(schema)
        reasons = reasons_of(edition)
        has_non_statements = non_statements_key(edition) in schema["properties"] and reasons in vocabularies.by_name
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise InputError(
            f"schema/{version}/annotation.schema.json is not the schema of an annotation document: it lacks {error}."
        ) from None
    if edition > EDITION:
        raise InputError(
            f"schema/{version}/annotation.schema.json follows edition {edition} of the frame; this toolkit knows "
            f"{EDITION}.\nHint: install a newer stancebank."
        )
    scheme = Scheme(
        version,
        vocabularies,
        fields,
        has_conditions,
        "same_as" in statement["properties"],
        reasons if has_non_statements else None,
        schema,
        statement.get(KEYWORD, {}).get("prompts", {}),
    )
    if not any(field.is_label for field in fields):
        raise InputError(
            f"schema/{version}/annotation.schema.json: no field of a statement is the label.\n"
            f'Hint: add "label": true to the "{KEYWORD}" of one vocabulary field, such as stance.'
        )
    return scheme


def edition_of(schema: Any) -> int:
    """Return the edition of the frame that a JSON Schema of documents declares; 1 where it declares none."""
    about = schema.get(KEYWORD)
    return int(about["edition"]) if isinstance(about, dict) and "edition" in about else 1


def reasons_of(edition: int) -> str:
    """Return the vocabulary of reasons of an edition of the frame, see `REASONS`."""
    return REASONS[min(edition, EDITION)]


def _resolved(value: Any, schema: Any) -> Any:
    """Return a part of a schema, or the definition that it refers to."""
    reference = value.get("$ref")
    return schema["$defs"][reference.removeprefix("#/$defs/")] if reference else value


META = Path(__file__).parent / "x-stancebank.schema.json"
"""The JSON Schema of the keyword."""

_JSON_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "number": (int, float),
    "array": (list,),
    "object": (dict,),
    "null": (NoneType,),
}


@lru_cache(maxsize=1)
def _told() -> Mapping[str, tuple[type, ...]]:
    """Return what the keyword may hold, by key, each with the types that the JSON Schema of the keyword takes."""
    return {
        key: tuple({type_ for each in value.get("anyOf", [value]) for type_ in _types_of(each)})
        for key, value in read_json(META)["properties"].items()
    }


def _types_of(part: Mapping[str, Any]) -> Iterator[type]:
    for value in part.get("enum", [part["const"]] if "const" in part else ()):
        yield type(value)
    if "type" in part:
        yield from _JSON_TYPES[part["type"]]


def _is_of(value: object, types: tuple[type, ...]) -> bool:
    return isinstance(value, types) and not (isinstance(value, bool) and bool not in types)  # bool is an int


def _field(name: str, level: Level, value: Any, required: bool, *, can_wait: bool) -> Field:
    about = value.get(KEYWORD)
    if not isinstance(about, dict) or about.get("kind") not in get_args(Kind):
        raise InputError(
            f"annotation.schema.json does not say what the field {name} of a {level} is.\n"
            f'Hint: give it "{KEYWORD}": {{"kind": ...}}, one of {", ".join(get_args(Kind))}; '
            "`stancebank schema check` lists all that is missing."
        )
    if wrong := [key for key, types in _told().items() if key in about and not _is_of(about[key], types)]:
        raise InputError(
            f"annotation.schema.json: {KEYWORD} of the field {name} of a {level} has a wrong value for {wrong[0]}.\n"
            "Hint: `stancebank schema check` lists all that is wrong."
        )
    description = str(value.get("description", name))
    column = about.get("column", f"target_{name}" if level == "target" else name)
    return Field(
        name=name,
        level=level,
        kind=about["kind"],
        description=description,
        required=required,
        vocabulary=about.get("vocabulary", "date_basis" if about["kind"] == "date" else None),
        default=about.get("default"),
        profile=about.get("profile", "full") or None,
        column=column or None,
        meaning=str(about.get("meaning", description)),
        meaning_apart=str(about.get("meaning_apart", about.get("meaning", description))),
        compared=about.get("compare", True),
        is_label=about.get("label", False),
        weight=about.get("weight", 0.0),
        prompt=about.get("prompt"),
        can_wait=can_wait,
        names_parties=about.get("parties", False),
    )
