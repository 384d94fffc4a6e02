"""Two readings of one article, field by field: how often they agree, and every difference with its place.

Statements are aligned first; a field is compared in the pairs only, and a field of conditions in the aligned
conditions of these. Repetitions are aligned like all others, and left out of the counts where both readings say
``same_as``, or where only one reading has the statement and calls it a repetition.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from stancebank.agreement.align import align, align_conditions, dice
from stancebank.model import Condition, Document, Mention, Span, Statement

FOUND = "statement"
CONDITION_FOUND = "condition"


@dataclass(frozen=True, slots=True)
class Difference:
    """What two readings of an article differ in.

    field: a name of `STATEMENT_FIELDS` or `CONDITION_FIELDS`, or `statement` or `condition` where only one reading
    has it. one, other: the ids of the statements, None for the one that is missing. values: what each says, as text.
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
    return ", ".join(sorted(names)) or "–"


def _bounds(spans: Iterable[Span | None]) -> str:
    return ", ".join(f"{span.begin}-{span.end}" for span in spans if span) or "–"


def _chain(mentions: Iterable[Mention]) -> str:
    return " > ".join(mention.entity for mention in mentions) or "–"


STATEMENT_FIELDS: Mapping[str, Callable[[Statement], str]] = {
    "content": lambda each: _bounds(each.content),
    "speaker": lambda each: each.speaker.entity,
    "speaker mention": lambda each: _bounds([each.speaker.span]),
    "cue": lambda each: _bounds([each.cue]),
    "attribution": lambda each: each.attribution,
    "via": lambda each: _chain(each.via),
    "stance": lambda each: each.stance,
    "force": lambda each: each.force,
    "target": lambda each: each.target.id,
    "parties": lambda each: _ids(each.target.parties),
    "mediators": lambda each: _ids(each.target.mediators),
    "agents": lambda each: _ids(each.target.agents),
    "scope": lambda each: (each.target.scope or "–").casefold(),
    "reason": lambda each: _bounds(each.reason),
    "said on": lambda each: each.said_on.date if each.said_on else "–",
}
"""The fields of a statement that are compared, each as a text that is equal where the readings agree."""

CONDITION_FIELDS: Mapping[str, Callable[[Condition], str]] = {
    "condition span": lambda each: _bounds(each.spans),
    "role": lambda each: each.role,
    "kind": lambda each: each.kind or "–",
    "obligors": lambda each: _ids(each.obligors),
}
"""The fields of a condition that are compared."""

OVERLAPS = {"content": "content overlap", "condition span": "condition overlap"}
"""Fields of spans that are also counted by how much of them is shared, as the mean Dice coefficient."""


def compare(pairs: Iterable[tuple[Document, Document]]) -> Comparison:
    """Compare two readings of each of some articles. The documents of a pair must be of one article and one text."""
    found = Comparison()
    for one, other in pairs:
        if (one.article_id, one.text_sha256) != (other.article_id, other.text_sha256):
            raise ValueError(f"{one.article_id} and {other.article_id} are not readings of one text")
        _compare_article(one, other, found)
    return found


def _compare_article(one: Document, other: Document, found: Comparison) -> None:
    differences: list[tuple[int, Difference]] = []
    same = {each.id: each.same_as for document in (one, other) for each in document.statements}
    for pair in align(one.statements, other.statements):
        first = None if pair.one is None else one.statements[pair.one]
        second = None if pair.other is None else other.statements[pair.other]
        here = (first or second).content[0].begin  # type: ignore[union-attr]
        if first is None or second is None:
            alone = first or second
            assert alone is not None
            if not same[alone.id]:
                found.tally(FOUND).add(0)
            if first is None:
                entry = Difference(one.article_id, FOUND, None, alone.id, "–", _summary(alone))
            else:
                entry = Difference(one.article_id, FOUND, alone.id, None, _summary(alone), "–")
            differences.append((here, entry))
            continue
        counts = not (first.same_as and second.same_as)
        if counts:
            found.tally(FOUND).add(2, 2)
        tallied = found if counts else Comparison()
        for name, a, b in _compare_pair(first, second, tallied):
            differences.append((here, Difference(one.article_id, name, first.id, second.id, a, b)))
    found.differences += [each for _, each in sorted(differences, key=lambda pair: pair[0])]


def _compare_pair(one: Statement, other: Statement, found: Comparison) -> list[tuple[str, str, str]]:
    """Count the fields of two aligned statements; return those that differ, with what each says."""
    differing = []
    for name, read in STATEMENT_FIELDS.items():
        a, b = read(one), read(other)
        found.tally(name).add(a == b)
        if a != b:
            differing.append((name, a, b))
    found.tally(OVERLAPS["content"]).add(dice(one.content, other.content))
    if bool(one.same_as) != bool(other.same_as):
        differing.append(("same as", one.same_as or "–", other.same_as or "–"))
    found.tally("same as").add(bool(one.same_as) == bool(other.same_as))
    for pair in align_conditions(one.conditions, other.conditions):
        first = None if pair.one is None else one.conditions[pair.one]
        second = None if pair.other is None else other.conditions[pair.other]
        if first is None or second is None:
            found.tally(CONDITION_FOUND).add(0)
            differing.append((CONDITION_FOUND, _condition(first), _condition(second)))
            continue
        found.tally(CONDITION_FOUND).add(2, 2)
        found.tally(OVERLAPS["condition span"]).add(dice(first.spans, second.spans))
        for name, read_condition in CONDITION_FIELDS.items():
            a, b = read_condition(first), read_condition(second)
            found.tally(name).add(a == b)
            if a != b:
                differing.append((name, a, b))
    a, b = _groups(one.conditions), _groups(other.conditions)
    if len(one.conditions) == len(other.conditions) > 1:
        found.tally("groups").add(a == b)
        if a != b:
            differing.append(("groups", a, b))
    return differing


def _summary(statement: Statement) -> str:
    speaker, target = statement.speaker.entity, statement.target.id
    return f"{speaker}: {statement.stance} {target} at {_bounds(statement.content)}"


def _condition(condition: Condition | None) -> str:
    return f"{condition.role} {condition.kind or '–'} at {_bounds(condition.spans)}" if condition else "–"


def _groups(conditions: Iterable[Condition]) -> str:
    """How conditions are joined, whatever numbers the groups have: conditions in the order of the text."""
    numbers: dict[tuple[str, int | None], int] = {}
    ordered = sorted(conditions, key=lambda each: each.spans[0].begin)
    return " ".join(str(numbers.setdefault((each.role, each.group), len(numbers) + 1)) for each in ordered)
