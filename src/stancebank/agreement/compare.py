"""Two readings of one article, field by field: how often they agree, and every difference with its place.

Statements are aligned first; a field is compared in the pairs only, and a field of conditions in the aligned
conditions of these. Repetitions are aligned like all others, and left out of the counts where both readings say
``same_as``, or where only one reading has the statement and calls it a repetition.

Fields whose values are names, not places of words, are also corrected for chance: Cohen's kappa over the pairs, each
list or set of values being one value.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Generic, TypeVar, cast

from msgspec.structs import replace

from stancebank.agreement.align import align, align_conditions, dice
from stancebank.model import Condition, Document, Mention, Pending, Span, Statement
from stancebank.model import find_waiting as find_waiting_of
from stancebank.schema.fields import Field, Holder, Kind, Level, Scheme
from stancebank.text import sha256

FOUND = "statement"
CONDITION_FOUND = "condition"
SAME_AS, GROUPS = "same as", "groups"
WHOLE = "whole record"
"""The pairs of statements that agree in every field that has a kappa: all that is said of them but the places of
words, flags and conditions."""

NOTHING = "–"
"""What stands for nothing, where people read what a reading says."""

_SPAN = re.compile(r"(?<![\w-])(\d+)-(\d+)(?![\w-])")

T = TypeVar("T", Statement, Condition)


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
    """How often two readings agree. For what was found, a pair counts for both sides, so that the share is an F1.

    said: how often the one says this and the other that, where what they say are names; empty for all else.
    """

    agreed: float = 0
    compared: int = 0
    said: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, agreed: float, compared: int = 1) -> None:
        """Count some more."""
        self.agreed += agreed
        self.compared += compared

    def add_said(self, one: str, other: str) -> None:
        """Count one more pair, with the name that each reading gives."""
        self.add(one == other)
        self.said[one, other] += 1

    def merge(self, other: "Tally") -> None:
        """Count what another tally has counted."""
        self.add(other.agreed, other.compared)
        self.said.update(other.said)

    @property
    def share(self) -> float | None:
        """From 0 to 1; None where nothing was compared."""
        return self.agreed / self.compared if self.compared else None

    @property
    def expected(self) -> float | None:
        """The share that chance would give, by how often each reading uses each name; None where there are no names."""
        if not self.said:
            return None
        ones, others = Counter[str](), Counter[str]()
        for (one, other), count in self.said.items():
            ones[one] += count
            others[other] += count
        return sum(count * others[name] for name, count in ones.items()) / self.compared**2

    @property
    def kappa(self) -> float | None:
        """Cohen's kappa, from -1 to 1; None where there are no names, or both readings use only one and the same."""
        share, expected = self.share, self.expected
        return None if share is None or expected is None or expected == 1 else (share - expected) / (1 - expected)


AGREEMENT = ("agreed", "of", "share", "chance", "kappa")
"""The heads of the columns in which people read a tally."""


def agreement_cells(tally: Tally) -> list[str]:
    """Return a tally as people read it, by the columns of `AGREEMENT`; what there is not, is a dash."""
    chance = [NOTHING if each is None else f"{each:.2f}" for each in (tally.expected, tally.kappa)]
    share = NOTHING if tally.share is None else f"{tally.share:.1%}"
    return [f"{tally.agreed:.1f}".removesuffix(".0"), str(tally.compared), share, *chance]


@dataclass(slots=True)
class Flagged:
    """On how many of its statements, repetitions included, each reading sets a flag. of_one, of_other: of how many."""

    one: int = 0
    of_one: int = 0
    other: int = 0
    of_other: int = 0


@dataclass(slots=True)
class Comparison:
    """The tallies by field, the flags by name, and the differences, in the order of the text."""

    tallies: dict[str, Tally] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)
    flags: dict[str, Flagged] = field(default_factory=dict)

    def tally(self, name: str) -> Tally:
        """The tally of a field."""
        return self.tallies.setdefault(name, Tally())

    def flag(self, name: str) -> Flagged:
        """How often a flag is set."""
        return self.flags.setdefault(name, Flagged())

    def merge(self, other: "Comparison") -> None:
        """Count what another comparison has counted; its differences come last."""
        for name, tally in other.tallies.items():
            self.tally(name).merge(tally)
        for name, flagged in other.flags.items():
            mine = self.flag(name)
            mine.one, mine.of_one = mine.one + flagged.one, mine.of_one + flagged.of_one
            mine.other, mine.of_other = mine.other + flagged.other, mine.of_other + flagged.of_other
        self.differences += other.differences


@dataclass(frozen=True, slots=True)
class ComparedField(Generic[T]):
    """A field that is compared. read: what a reading says, as a text that is equal where two agree.

    is_name: whether that is a name, or several: a value of a list, ids, free text or a date; no place of words. field:
    of the scheme; None for what every scheme has.
    """

    read: Callable[[T], str]
    is_name: bool
    field: Field | None = None


def _ids(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or NOTHING


def places(spans: Iterable[Span | None]) -> str:
    """Return where spans are, as ``12-30, 41-58``; `NOTHING` where there is none."""
    return ", ".join(f"{span.begin}-{span.end}" for span in spans if span) or NOTHING


def _chain(mentions: Iterable[Mention]) -> str:
    return " > ".join(mention.entity for mention in mentions) or NOTHING


_BEFORE_TARGET: tuple[Kind, ...] = ("span", "mentions", "vocabulary", "entity")
"""Kinds of statement fields that are listed before the target; the others come last."""


_PLACES: tuple[Kind, ...] = ("span", "spans")


@lru_cache(maxsize=8)
def statement_fields(scheme: Scheme) -> Mapping[str, ComparedField[Statement]]:
    """Return the fields of a statement that are compared, by name."""
    compared = [field for field in scheme.of("statement") if field.compared]

    def of(field: Field) -> ComparedField[Statement]:
        return ComparedField(_reader(field), field.kind not in _PLACES, field)

    def of_target(field: Field) -> ComparedField[Statement]:
        read = _reader(field)
        return ComparedField(lambda statement: read(statement.target), field.kind not in _PLACES, field)

    return {
        "content": ComparedField(lambda statement: places(statement.content), is_name=False),
        "speaker": ComparedField(lambda statement: statement.speaker.entity, is_name=True),
        "speaker mention": ComparedField(lambda statement: places([statement.speaker.span]), is_name=False),
        **{field.title: of(field) for field in compared if field.kind in _BEFORE_TARGET},
        "target": ComparedField(lambda statement: statement.target.id, is_name=True),
        "target mention": ComparedField(lambda statement: places([statement.target.span]), is_name=False),
        **{field.title: of_target(field) for field in scheme.of("target") if field.compared},
        **{field.title: of(field) for field in compared if field.kind not in _BEFORE_TARGET},
    }


@lru_cache(maxsize=8)
def condition_fields(scheme: Scheme) -> Mapping[str, ComparedField[Condition]]:
    """Return the fields of a condition that are compared; how conditions are grouped is compared for all together."""
    if not scheme.has_conditions:
        return {}
    fields = [field for field in scheme.of("condition") if field.compared and field.kind != "group"]
    return {
        "condition span": ComparedField(lambda condition: places(condition.spans), is_name=False),
        "role": ComparedField(lambda condition: condition.role, is_name=True),
        **{field.title: ComparedField(_reader(field), field.kind not in _PLACES, field) for field in fields},
    }


def _compare_fields(
    one: T, other: T, fields: Mapping[str, ComparedField[T]], found: Comparison, waiting: Collection[str]
) -> Iterator[tuple[str, str, str, bool]]:
    """Count fields; yield those that differ, with what each says, and whether that is a name.

    waiting: those that one of the readings has not answered, which are not compared.
    """
    for name, each in fields.items():
        if name in waiting:
            continue
        a, b = each.read(one), each.read(other)
        if each.is_name:
            found.tally(name).add_said(a, b)
        else:
            found.tally(name).add(a == b)
        if a != b:
            yield name, a, b, each.is_name


def _reader(field: Field) -> Callable[[Holder], str]:
    """Return what a field says as a text that is equal where two readings agree."""

    def read(holder: Holder) -> str:
        if field.kind in ("span", "spans"):
            return places(field.spans(holder))
        if field.kind == "mentions":
            return _chain(field.mentions(holder))
        if field.kind in ("entities", "targets"):
            return _ids(field.ids(holder))
        if field.kind == "date":
            said = field.date(holder)
            return said.date if said else NOTHING
        if field.kind == "text":
            return (field.text(holder) or NOTHING).casefold()
        if field.kind == "flag":
            return "yes" if field.flag(holder) else NOTHING
        value = field.value(holder)
        return NOTHING if value is None else str(value)

    return read


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
    for flag in (each for each in scheme.of("statement") if each.kind == "flag"):
        flagged = found.flag(flag.title)
        flagged.one += sum(map(flag.flag, one.statements))
        flagged.other += sum(map(flag.flag, other.statements))
        flagged.of_one += len(one.statements)
        flagged.of_other += len(other.statements)
    waiting = find_waiting((one, other), scheme)
    for pair in align(one.statements, other.statements, scheme):
        first = None if pair.one is None else one.statements[pair.one]
        second = None if pair.other is None else other.statements[pair.other]
        here = (first or second).content[0].begin  # type: ignore[union-attr]
        if first is None or second is None:
            alone = first or second
            assert alone is not None
            if not alone.same_as:
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
        for name, a, b in _compare_pair(first, second, scheme, tallied, waiting):
            differences.append((here, Difference(one.article_id, name, first.id, second.id, a, b)))
    found.differences += [each for _, each in sorted(differences, key=lambda pair: pair[0])]


def find_waiting(documents: Iterable[Document], scheme: Scheme) -> Mapping[str, set[str]]:
    """Return the titles of fields that wait for an answer, by the id of the statement or condition."""
    return _by_id((pending for document in documents for pending in document.pending), scheme)


def _by_id(waiting: Iterable[Pending], scheme: Scheme) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = {}
    for each in waiting:
        field = scheme.find(cast("Level", each.level), each.field)
        found.setdefault(each.condition or each.statement, set()).add(field.title if field else each.field)
    return found


def _compare_pair(
    one: Statement, other: Statement, scheme: Scheme, found: Comparison, waiting: Mapping[str, set[str]]
) -> list[tuple[str, str, str]]:
    """Count the fields of two aligned statements; return those that differ, with what each says."""

    def waits(first: Statement | Condition, second: Statement | Condition) -> set[str]:
        return waiting.get(first.id, set()) | waiting.get(second.id, set())

    of_statement = list(_compare_fields(one, other, statement_fields(scheme), found, waits(one, other)))
    found.tally(WHOLE).add(not any(is_name for *_, is_name in of_statement))
    differing = [(name, a, b) for name, a, b, _ in of_statement]
    found.tally(OVERLAPS["content"]).add(dice(one.content, other.content))
    if bool(one.same_as) != bool(other.same_as):
        differing.append((SAME_AS, one.same_as or "–", other.same_as or "–"))
    found.tally(SAME_AS).add(bool(one.same_as) == bool(other.same_as))  # no kappa: where both say it, none counts
    for pair in align_conditions(one.conditions, other.conditions, scheme):
        first = None if pair.one is None else one.conditions[pair.one]
        second = None if pair.other is None else other.conditions[pair.other]
        if first is None or second is None:
            found.tally(CONDITION_FOUND).add(0)
            differing.append((CONDITION_FOUND, _condition(first, scheme), _condition(second, scheme)))
            continue
        found.tally(CONDITION_FOUND).add(2, 2)
        found.tally(OVERLAPS["condition span"]).add(dice(first.spans, second.spans))
        of_condition = _compare_fields(first, second, condition_fields(scheme), found, waits(first, second))
        differing += [(name, a, b) for name, a, b, _ in of_condition]
    a, b = grouping(one.conditions, scheme), grouping(other.conditions, scheme)
    if len(one.conditions) == len(other.conditions) > 1:
        found.tally(GROUPS).add(a == b)
        if a != b:
            differing.append((GROUPS, a, b))
    return differing


def says(statement: Statement, scheme: Scheme) -> tuple[object, ...]:
    """Return all that is compared of a statement but its tie: equal where two readings say the very same.

    What is left out stands for nothing, so that a field that a scheme gets later changes nothing.
    """
    of_statement = _said(statement, statement_fields(scheme))
    fields = condition_fields(scheme)
    ordered = sorted(statement.conditions, key=lambda each: (each.spans[0].begin, _said(each, fields)))
    return of_statement, tuple(_said(each, fields) for each in ordered), grouping(ordered, scheme)


def _said(holder: T, fields: Mapping[str, ComparedField[T]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, said) for name, each in fields.items() if (said := each.read(holder)) != NOTHING)


def differing_values(one: Statement, other: Statement, scheme: Scheme) -> list[tuple[str, str, str]]:
    """Return what two statements differ in, in the order in which it is compared: name, and what each says, as text.

    A field that one of the two has not answered is not compared.
    """
    waiting = _by_id(find_waiting_of((one, other)), scheme)
    return _compare_pair(one, other, scheme, Comparison(), waiting)


def differing_fields(one: Statement, other: Statement, scheme: Scheme) -> tuple[str, ...]:
    """Return the names of what two statements differ in, in the order in which they are compared; ties are left out."""
    first, second = replace(one, same_as=None), replace(other, same_as=None)
    return tuple(dict.fromkeys(name for name, *_ in _compare_pair(first, second, scheme, Comparison(), {})))


def fingerprint(statement: Statement, reading: Mapping[str, Statement], scheme: Scheme) -> str:
    """Return 16 hexadecimal digits that tell what a statement says, as far as it is compared, its tie included.

    reading: the statements of its document, by id. Ids play no part: a tie is told by where the words begin of the
    statement that is named, and by the target of that.
    """
    named = reading.get(statement.same_as or "")
    tie = [named.content[0].begin, named.target.id] if named else None
    return sha256(json.dumps([says(statement, scheme), tie], ensure_ascii=False))[:16]


def f1_of(compared: Comparison, scheme: Scheme) -> dict[str, float]:
    """Return F1 scores of a comparison: of statements found, and with the same label; of roles of conditions.

    A score is missing where there is nothing to count.
    """
    found, conditions = compared.tally(FOUND), compared.tally(CONDITION_FOUND)
    counts = {
        FOUND: (found.agreed, found.compared),
        scheme.label.title: (2 * compared.tally(scheme.label.title).agreed, found.compared),
        "role": (2 * compared.tally("role").agreed, conditions.compared),
    }
    return {name: agreed / total for name, (agreed, total) in counts.items() if total}


def worded(difference: Difference, text: str | None, scheme: Scheme) -> tuple[str, str]:
    """Return what each reading says, as people read it: words in the place of offsets, ids without the article's.

    text: of the article; None where it is not at hand, so that offsets stay.
    """
    article_id, name = difference.article_id, difference.field
    return (
        in_words(difference.one_value, name, article_id, text, scheme),
        in_words(difference.other_value, name, article_id, text, scheme),
    )


def in_words(value: str, field: str, article_id: str, text: str | None, scheme: Scheme) -> str:
    """Return what a reading says in a field as `worded` does. field: its name, as `Difference` has it."""
    value = value.removeprefix(f"{article_id}/")
    if text is None or any(each.title == field and each.kind == "date" for each in scheme.fields):
        return value  # a date looks like offsets
    return _SPAN.sub(lambda match: f"“{text[int(match[1]) : int(match[2])]}”", value)


def _summary(statement: Statement, scheme: Scheme) -> str:
    speaker, target = statement.speaker.entity, statement.target.id
    return f"{speaker}: {scheme.label.text(statement)} {target} at {places(statement.content)}"


def _condition(condition: Condition | None, scheme: Scheme) -> str:
    if condition is None:
        return NOTHING
    kinds = [field.text(condition) or NOTHING for field in scheme.of("condition") if field.kind == "target"]
    return f"{' '.join([condition.role, *kinds])} at {places(condition.spans)}"


def grouping(conditions: Iterable[Condition], scheme: Scheme) -> str:
    """How conditions are joined, whatever numbers the groups have: conditions in the order of the text."""
    groups = [field for field in scheme.of("condition") if field.kind == "group"]
    numbers: dict[tuple[str, tuple[int | None, ...]], int] = {}
    ordered = sorted(conditions, key=lambda condition: condition.spans[0].begin)
    keys = [(each.role, tuple(field.group(each) for field in groups)) for each in ordered]
    return " ".join(str(numbers.setdefault(key, len(numbers) + 1)) for key in keys)
