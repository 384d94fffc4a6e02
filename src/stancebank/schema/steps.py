"""The steps of a migration: what each kind does to the shape of a scheme, and to a row, forth and back.

A row is whatever holds values in a record: a statement, its target, a condition, an entry of a registry, a zone. A step
acts on some keys of some rows. It takes what they hold and says what they hold afterwards; the way back takes that, and
says what was there. What a rule cannot tell on the way back, the archive does (`schema.archive`).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, get_args

from stancebank.model import non_statements_key
from stancebank.schema.fields import REASONS, Level, Scheme, reasons_of

Json = dict[str, Any]
TakeFault = Callable[[str], None]
"""Takes a sentence on what is wrong."""

VOCABULARY_PLACES: Mapping[str, tuple[str, str]] = {
    "condition_role": ("condition", "role"),
    **dict.fromkeys(REASONS.values(), ("non_statement", "reason")),
    "gold_method": ("gold", "method"),
    "zone": ("zone", "zone"),
    "metadata_basis": ("basis", "basis"),
    "entity_kind": ("entity", "kind"),
    "target_use": ("entry", "use"),
}
"""Vocabularies whose values stand outside of fields: in which rows, and under which key."""


@dataclass(frozen=True)
class Row:
    """A row of a record. where: what it is, such as ``statement``; id: tells it from others of its kind in the record.

    cells: what it holds, by key. around: rows that belong to it, by name: the target of a statement, and so on.
    """

    where: str
    id: str
    cells: Json
    around: Mapping[str, Json] = field(default_factory=dict)

    def find(self, name: str) -> Any:
        """Return the value under a key; of a row around it under ``target.scope``. None where there is none."""
        above, _, key = name.rpartition(".")
        cells = self.around.get(above, {}) if above and above != self.where else self.cells
        return cells.get(key)


@dataclass(frozen=True)
class Outcome:
    """What a row holds after a step, under the keys of the step. asked: keys for which an answer is needed."""

    new: Json
    asked: tuple[str, ...] = ()


class UndecidedError(Exception):
    """No rule of a step says what becomes of a row."""


@dataclass(frozen=True)
class FieldShape:
    """What a migration has to know of a field. kind: ``frame`` for a part of the frame that a scheme may lack."""

    kind: str
    vocabulary: str | None = None
    required: bool = False
    default: str | None = None


@dataclass
class Shape:
    """The fields of a scheme by level and name, and the values of its vocabularies. Steps change it one by one.

    asked: fields that steps so far have left to be answered, each with the number of the step.
    """

    fields: dict[str, dict[str, FieldShape]]
    values: dict[str, list[str]]
    asked: dict[tuple[str, str], int] = field(default_factory=dict)

    def users(self, vocabulary: str) -> list[tuple[str, str]]:
        """Return the fields whose values come from a vocabulary, by level and name."""
        return [
            (level, name)
            for level, fields in self.fields.items()
            for name, each in fields.items()
            if each.vocabulary == vocabulary
        ]


def shape_of(scheme: Scheme, edition: int | None = None) -> Shape:
    """Return the shape of a scheme, in the words of an edition of the frame; of its own where none is given."""
    edition = edition or scheme.edition
    fields: dict[str, dict[str, FieldShape]] = {level: {} for level in (*get_args(Level), "document")}
    for each in scheme.fields:
        fields[each.level][each.name] = FieldShape(each.kind, each.vocabulary, each.required, each.default)
    frame = FieldShape("frame")
    fields["statement"] |= {"same_as": frame} if scheme.has_repetitions else {}
    fields["statement"] |= {"conditions": frame} if scheme.has_conditions else {}
    fields["document"] |= {non_statements_key(edition): frame} if scheme.non_statements else {}
    words = {reasons_of(scheme.edition): reasons_of(edition)}
    return Shape(
        fields, {words.get(name, name): list(scheme.vocabularies.values(name)) for name in scheme.vocabularies.by_name}
    )


@dataclass(frozen=True)
class Act:
    """Where a step acts: on which rows, which keys it takes, and which it gives."""

    where: str
    takes: tuple[str, ...]
    gives: tuple[str, ...]


class Step:
    """A step. number: its place, from 1. note: why. question: what is asked where no rule decides; None for nothing.

    archives: whether what no rule decides is archived, and the field left empty. acts: what it acts on, once `reshape`
    has met the scheme.
    """

    do: ClassVar[str]
    keeps: ClassVar[bool] = True
    """Whether each value that it takes stands in the archive."""

    fills = False
    """Whether it gives values to a field that rows may have had before, so that these stand in the archive too."""

    def __init__(self, number: int, table: Json) -> None:
        self.number = number
        self.table = table
        self.note: str = table["note"].strip()
        self.question: str | None = table.get("ask")
        self.archives: bool = table.get("archive", False)
        self.level: str = table.get("level", "statement")
        self.acts: list[Act] = []
        self._defaults: dict[tuple[str, str], Any] = {}

    def look(self, row: Row, name: str) -> Any:
        """Return a value of a row, or of one around it: ``target.scope``; what it stands for where it is left out."""
        above, _, key = name.rpartition(".")
        held = row.find(name)
        return self._defaults.get((above or row.where, key)) if held is None else held

    def fits(self, when: Mapping[str, Any], row: Row) -> bool:
        """Whether a row holds all that a rule asks for: one of several values, or a list with one of them."""
        for name, wanted in when.items():
            value = self.look(row, name)
            held = value if isinstance(value, list) else [value]
            if not any(each in held for each in (wanted if isinstance(wanted, list) else [wanted])):
                return False
        return True

    def reshape(self, shape: Shape, goal: Shape, fault: TakeFault) -> None:
        """Change a shape as the step does, and say what is wrong with it. goal: the shape of the new scheme."""
        for level, fields in shape.fields.items():
            for name, each in fields.items():
                if each.default is not None or each.kind == "flag":
                    self._defaults[level, name] = False if each.kind == "flag" else each.default
        self._reshape(shape, goal, fault)

    def _reshape(self, shape: Shape, goal: Shape, fault: TakeFault) -> None:
        raise NotImplementedError

    def _decide(self, act: Act, old: Json, row: Row) -> Outcome | None:
        """Return what becomes of the values that the keys hold, of which none is null; None where nothing changes.

        Raises UndecidedError where no rule says it.
        """
        raise NotImplementedError

    def revert(self, act: Act, new: Json) -> Json:
        """Return what likely was under the keys, by the rules alone; keys of which they tell nothing are left out."""
        return self._revert(act, new)

    def _revert(self, act: Act, new: Json) -> Json:
        raise NotImplementedError

    def forward(self, act: Act, row: Row) -> tuple[Json, Outcome] | None:
        """Return what a row held under the keys, and what it holds now; None where the step does not concern it."""
        taken = {key: row.cells[key] for key in act.takes if key in row.cells}
        old = {key: value for key, value in taken.items() if value is not None}
        try:
            change = self._decide(act, old, row)
        except UndecidedError:
            if self.question is not None:
                change = Outcome({}, act.gives)
            elif self.archives:
                change = Outcome({})
            else:
                raise
        if change is None:
            return (taken, Outcome(old)) if taken != old else None
        return taken, change

    def describe(self) -> str:
        """Say what the step does, in one line."""
        return self._describe()

    def _describe(self) -> str:
        raise NotImplementedError

    def _field(self, shape: Shape, name: str, fault: TakeFault, level: str | None = None) -> FieldShape | None:
        """Return a field of the shape, which no earlier step may have left to be answered."""
        level = level or self.level
        found = shape.fields.get(level, {}).get(name)
        if found is None:
            known = ", ".join(shape.fields.get(level, {})) or "none"
            fault(f"a {level} has no field {name!r} here; there are: {known}.")
        elif found.default is not None and self.do in ("change-kind", "merge-fields", "split-field"):
            fault(
                f"{name} is {found.default!r} where it is left out: fill it first, by a step add-field with this value."
            )
        elif (level, name) in shape.asked and self.do != "rename-field":
            fault(f"step {shape.asked[level, name]} asks for {name}; nothing can be done to it in the same migration.")
        return found

    def _ask(self, shape: Shape, level: str, names: Iterable[str]) -> None:
        if self.question is not None:
            shape.asked |= dict.fromkeys(((level, name) for name in names), self.number)


def is_value(kind: str, value: object, values: Iterable[str]) -> bool:
    """Whether a value of TOML can be one of a kind of field. values: of its vocabulary."""
    match kind:
        case "vocabulary":
            return value in list(values)
        case "text" | "entity" | "target":
            return isinstance(value, str) and bool(value.strip())
        case "flag":
            return isinstance(value, bool)
        case "group":
            return isinstance(value, int) and not isinstance(value, bool) and value > 0
        case "entities" | "targets":
            return isinstance(value, list) and all(isinstance(each, str) and each for each in value)
        case "mentions":
            return isinstance(value, list) and all(isinstance(each, dict) and "entity" in each for each in value)
        case "date":
            return isinstance(value, dict) and value.keys() == {"date", "basis"} and value["basis"] in list(values)
    return False  # words of an article are no constants


def word(value: object) -> str:
    """Return a value as a key of a table of TOML: ``true`` for true."""
    return str(value).lower() if isinstance(value, bool) else str(value)
