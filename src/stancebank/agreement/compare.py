"""Two readings of one article, field by field: how often they agree, and every difference with its place.

Statements are aligned first; a field is compared in the pairs only, and a field of conditions in the aligned
conditions of these. Repetitions are aligned like all others, and left out of the counts where both readings say
``same_as``, or where only one reading has the statement and calls it a repetition.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from stancebank.agreement.align import align, align_conditions, dice
from stancebank.model import Condition, Document, Mention, Span, Statement
from stancebank.schema.fields import Field, Holder, Kind, Scheme

FOUND = "statement"
CONDITION_FOUND = "condition"
_NOTHING = "–"


@dataclass(frozen=True, slots=True)
class Difference:
    """What two readings of an article differ in.

    field: a name of `statement_fields` or `condition_fields`, or `statement` or `condition` where only one reading has
    it. one, other: the ids of the statements, None for the one that is missing. values: what each says, as text.
    """

    article_id: str
    field: str
    one: str | None
    other: str | None
    one_value: str
    other_value: str


@dataclass(slots=True)
class Tally:
    """How often two readings agree. For what was found, a pair counts for both sides, so that the share is an F1."""

    agreed: float = 0
    compared: int = 0

    def add(self, agreed: float, compared: int = 1) -> None:
        """Count some more."""
        self.agreed += agreed
        self.compared += compared

    @property
    def share(self) -> float | None:
        """From 0 to 1; None where nothing was compared."""
        return self.agreed / self.compared if self.compared else None


@dataclass(slots=True)
class Comparison:
    """The tallies by field, and the differences, in the order of the text."""

    tallies: dict[str, Tally] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)

    def tally(self, name: str) -> Tally:
        """The tally of a field."""
        return self.tallies.setdefault(name, Tally())


def _ids(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or _NOTHING


def _bounds(spans: Iterable[Span | None]) -> str:
    return ", ".join(f"{span.begin}-{span.end}" for span in spans if span) or _NOTHING


def _chain(mentions: Iterable[Mention]) -> str:
    return " > ".join(mention.entity for mention in mentions) or _NOTHING


_BEFORE_TARGET: tuple[Kind, ...] = ("span", "mentions", "vocabulary", "entity")
"""Kinds of statement fields that are listed before the target; the others come last."""


@lru_cache(maxsize=8)
def statement_fields(scheme: Scheme) -> Mapping[str, Callable[[Statement], str]]:
    """Return the fields of a statement that are compared, each as a text that is equal where the readings agree."""
    compared = [field for field in scheme.of("statement") if field.compared]
    return {
        "content": lambda statement: _bounds(statement.content),
        "speaker": lambda statement: statement.speaker.entity,
        "speaker mention": lambda statement: _bounds([statement.speaker.span]),
        **{field.title: _reader(field) for field in compared if field.kind in _BEFORE_TARGET},
        "target": lambda statement: statement.target.id,
        **{field.title: _target_reader(field) for field in scheme.of("target") if field.compared},
        **{field.title: _reader(field) for field in compared if field.kind not in _BEFORE_TARGET},
    }


@lru_cache(maxsize=8)
def condition_fields(scheme: Scheme) -> Mapping[str, Callable[[Condition], str]]:
    """Return the fields of a condition that are compared; how conditions are grouped is compared for all together."""
    if not scheme.has_conditions:
        return {}
    fields = [field for field in scheme.of("condition") if field.compared and field.kind != "group"]
    return {
        "condition span": lambda condition: _bounds(condition.spans),
        "role": lambda condition: condition.role,
        **{field.title: _reader(field) for field in fields},
    }


def _reader(field: Field) -> Callable[[Holder], str]:
    """Return what a field says as a text that is equal where two readings agree."""

    def read(holder: Holder) -> str:
        if field.kind in ("span", "spans"):
            return _bounds(field.spans(holder))
        if field.kind == "mentions":
            return _chain(field.mentions(holder))
        if field.kind in ("entities", "targets"):
            return _ids(field.ids(holder))
        if field.kind == "date":
            said = field.date(holder)
            return said.date if said else _NOTHING
        if field.kind == "text":
            return (field.text(holder) or _NOTHING).casefold()
        if field.kind == "flag":
            return "yes" if field.flag(holder) else _NOTHING
        value = field.value(holder)
        return _NOTHING if value is None else str(value)

    return read


def _target_reader(field: Field) -> Callable[[Statement], str]:
    read = _reader(field)
    return lambda statement: read(statement.target)


OVERLAPS = {"content": "content overlap", "condition span": "condition overlap"}
"""Fields of spans that are also counted by how much of them is shared, as the mean Dice coefficient."""


def compare(pairs: Iterable[tuple[Document, Document]], scheme: Scheme) -> Comparison:
    """Compare two readings of each of some articles. The documents of a pair must be of one article and one text."""
    found = Comparison()
    for one, other in pairs:
        if (one.article_id, one.text_sha256) != (other.article_id, other.text_sha256):
            raise ValueError(f"{one.article_id} and {other.article_id} are not readings of one text")
        _compare_article(one, other, scheme, found)
    return found


def _compare_article(one: Document, other: Document, scheme: Scheme, found: Comparison) -> None:
    differences: list[tuple[int, Difference]] = []
    same = {each.id: each.same_as for document in (one, other) for each in document.statements}
    for pair in align(one.statements, other.statements, scheme):
        first = None if pair.one is None else one.statements[pair.one]
        second = None if pair.other is None else other.statements[pair.other]
        here = (first or second).content[0].begin  # type: ignore[union-attr]
        if first is None or second is None:
            alone = first or second
            assert alone is not None
            if not same[alone.id]:
                found.tally(FOUND).add(0)
            if first is None:
                entry = Difference(one.article_id, FOUND, None, alone.id, "–", _summary(alone, scheme))
            else:
                entry = Difference(one.article_id, FOUND, alone.id, None, _summary(alone, scheme), "–")
            differences.append((here, entry))
            continue
        counts = not (first.same_as and second.same_as)
        if counts:
            found.tally(FOUND).add(2, 2)
        tallied = found if counts else Comparison()
        for name, a, b in _compare_pair(first, second, scheme, tallied):
            differences.append((here, Difference(one.article_id, name, first.id, second.id, a, b)))
    found.differences += [each for _, each in sorted(differences, key=lambda pair: pair[0])]


def _compare_pair(one: Statement, other: Statement, scheme: Scheme, found: Comparison) -> list[tuple[str, str, str]]:
    """Count the fields of two aligned statements; return those that differ, with what each says."""
    differing = []
    for name, read in statement_fields(scheme).items():
        a, b = read(one), read(other)
        found.tally(name).add(a == b)
        if a != b:
            differing.append((name, a, b))
    found.tally(OVERLAPS["content"]).add(dice(one.content, other.content))
    if bool(one.same_as) != bool(other.same_as):
        differing.append(("same as", one.same_as or "–", other.same_as or "–"))
    found.tally("same as").add(bool(one.same_as) == bool(other.same_as))
    for pair in align_conditions(one.conditions, other.conditions, scheme):
        first = None if pair.one is None else one.conditions[pair.one]
        second = None if pair.other is None else other.conditions[pair.other]
        if first is None or second is None:
            found.tally(CONDITION_FOUND).add(0)
            differing.append((CONDITION_FOUND, _condition(first, scheme), _condition(second, scheme)))
            continue
        found.tally(CONDITION_FOUND).add(2, 2)
        found.tally(OVERLAPS["condition span"]).add(dice(first.spans, second.spans))
        for name, read_condition in condition_fields(scheme).items():
            a, b = read_condition(first), read_condition(second)
            found.tally(name).add(a == b)
            if a != b:
                differing.append((name, a, b))
    a, b = _groups(one.conditions, scheme), _groups(other.conditions, scheme)
    if len(one.conditions) == len(other.conditions) > 1:
        found.tally("groups").add(a == b)
        if a != b:
            differing.append(("groups", a, b))
    return differing


def _summary(statement: Statement, scheme: Scheme) -> str:
    speaker, target = statement.speaker.entity, statement.target.id
    return f"{speaker}: {scheme.label.text(statement)} {target} at {_bounds(statement.content)}"


def _condition(condition: Condition | None, scheme: Scheme) -> str:
    if condition is None:
        return _NOTHING
    kinds = [field.text(condition) or _NOTHING for field in scheme.of("condition") if field.kind == "target"]
    return f"{' '.join([condition.role, *kinds])} at {_bounds(condition.spans)}"


def _groups(conditions: Iterable[Condition], scheme: Scheme) -> str:
    """How conditions are joined, whatever numbers the groups have: conditions in the order of the text."""
    groups = [field for field in scheme.of("condition") if field.kind == "group"]
    numbers: dict[tuple[str, tuple[int | None, ...]], int] = {}
    ordered = sorted(conditions, key=lambda condition: condition.spans[0].begin)
    keys = [(each.role, tuple(field.group(each) for field in groups)) for each in ordered]
    return " ".join(str(numbers.setdefault(key, len(numbers) + 1)) for key in keys)
