"""What the readings of a workspace say of each annotator: competence, labels given too often, change over time, gold.

It is for the maintainer, and for the annotator whom it is about: nothing of it is published.

Statements of an article are aligned (`stancebank.agreement.units`). Questions are the label and each other field with a
vocabulary, of the statements that an annotator has: there, an annotator is judged by what the answers of all others
make likely, without their own. Whether a statement is found at all is no such question. Of statements that everybody
missed there is no trace, so that annotators who find independently of one another seem to contradict one another, and
the models go astray. But among statements that two others found, somebody finds the share that they find of all: that
is how the size of a population is told from those who were met twice (Lincoln 1930, Petersen 1896).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import comb, erfc, sqrt
from typing import TYPE_CHECKING

from stancebank.agreement.compare import FOUND, NOTHING, Comparison, compare, f1_of
from stancebank.agreement.competence import LEAST_SHARED, Estimate, measure_competence, numbered
from stancebank.agreement.figures import Figure
from stancebank.agreement.units import align_readings
from stancebank.model import ArticleReadings, Document, Statement
from stancebank.schema.fields import Field, Scheme

if TYPE_CHECKING:
    from stancebank.agreement.competence import Floats

SURE = 0.01
"""A use of a label, or a trend, that chance brings about less often than this is told of."""

SKEWED = 0.9
"""The share of one value in all answers above which MACE says nothing: a spammer would give this value, too."""

LEAST_ARTICLES = 9
"""Articles with a known time that a trend takes: three in each third."""

_SHUFFLES = 1999
_MANY = 1000  # cases, above which an exact test takes long and says the same


@dataclass(frozen=True, slots=True)
class ValueUse:
    """How often an annotator gives a value, and how often the answers of the others make it right.

    more, less: where it was given and is not right, and the other way round, each counted by how likely that is.
    chance: how often as great a difference between these two comes about where an annotator leans to neither side: the
    two-sided sign test.
    """

    value: str
    given: int
    expected: float
    more: float
    less: float
    chance: float

    @property
    def is_sure(self) -> bool:
        """Whether the annotator gives it too often, or too rarely."""
        return self.chance < SURE


@dataclass(frozen=True, slots=True)
class Ability:
    """How an annotator answers one question. answers: on units that somebody else has answered, too.

    dawid_skene, mace: see `stancebank.agreement.competence`; with intervals for the label alone. confusion: by value
    that is right and value that is given, the share. uses: of the values, in the order of the vocabulary; those two are
    empty where the models do not say anything.
    """

    question: str
    answers: int
    dawid_skene: Figure
    mace: Figure
    confusion: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    uses: tuple[ValueUse, ...] = ()


@dataclass(frozen=True, slots=True)
class Trend:
    """Whether an annotator gets better or worse. thirds: the share of right answers, by the time of the readings.

    chance: how often articles in any other order would give as great a trend; its value is None where thirds are
    not defined, and says why. Worse and better: by the last third against the first.
    """

    thirds: tuple[float, ...]
    chance: Figure

    @property
    def is_sure(self) -> bool:
        """Whether there is one."""
        return self.chance.value is not None and self.chance.value < SURE


@dataclass(frozen=True, slots=True)
class GoldScore:
    """How an annotator's readings compare with gold that is not their own. controls: gold was there before they read.

    found, label: F1 scores, of statements and of statements with the right label; the same two of controls alone.
    """

    articles: int
    controls: int
    found: Figure
    label: Figure
    control_found: Figure
    control_label: Figure


@dataclass(frozen=True, slots=True)
class Person:
    """What is said of one annotator. articles: read, by anybody else as well or not.

    found: of the statements that at least two others have, the share that they have, too. alone: of their statements
    in articles that somebody else has read, the share that nobody else has. abilities: by question, the label first.
    """

    annotator: str
    articles: int
    found: Figure
    alone: Figure
    abilities: tuple[Ability, ...]
    trend: Trend
    gold: GoldScore


@dataclass(frozen=True, slots=True)
class People:
    """What is said of all annotators, by name. articles: that at least two of them have read. units: in these."""

    articles: int
    units: int
    people: tuple[Person, ...]


@dataclass(slots=True)
class _Question:
    """A question with all answers: a row for each unit, with its article's number."""

    name: str
    values: Sequence[str]
    read: Callable[[Statement], str | None]
    rows: list[tuple[int, dict[str, str]]] = field(default_factory=list)


def measure_people(
    readings: Iterable[ArticleReadings],
    scheme: Scheme,
    gold: Callable[[str], Document | None],
    only: str | None = None,
) -> People:
    """Measure annotators by all that they read. readings: of every article, those with one reading, too.

    gold: returns that of an article, if it has any. only: an annotator; all others are measured with them, and nothing
    is said of those.
    """
    questions = _questions(scheme)
    read: dict[str, list[tuple[str, int]]] = {}
    compared: dict[str, list[tuple[Document, Document]]] = {}
    held: list[tuple[int, dict[str, bool]]] = []
    shared = 0
    for number, each in enumerate(readings):
        known = gold(each.article_id)
        for document in each.documents:
            read.setdefault(document.annotator, []).append((document.created_at, number))
            if known is not None and known.text_sha256 == document.text_sha256 and not is_own(document, known):
                compared.setdefault(document.annotator, []).append((document, known))
        if len(each.documents) > 1:
            shared += 1
            held += ((number, unit) for unit in _ask(each, number, questions, scheme))
    names = sorted(read)
    measured = [_measure(each, names, has_intervals=not place) for place, each in enumerate(questions)]
    people = []
    for place, name in enumerate(names):
        if only not in (None, name):
            continue
        abilities = tuple(ability for abilities, _ in measured if (ability := abilities[place]) is not None)
        right = [*measured[0][1][place], *_finds(held, name)]
        gold_score = _score(compared.get(name, []), scheme)
        trend = _trend(read[name], right)
        found, alone = _found(held, name), _alone(held, name)
        people.append(Person(name, len(read[name]), found, alone, abilities, trend, gold_score))
    return People(shared, len(held), tuple(people))


def is_own(document: Document, gold: Document) -> bool:
    """Whether somebody's reading would be compared with what they decided themselves."""
    return document.annotator in (gold.annotator, gold.gold.by if gold.gold else None)


def _questions(scheme: Scheme) -> list[_Question]:
    """Return the questions: the label, then the other fields with a vocabulary."""
    fields = [each for each in scheme.of("statement") if each.kind == "vocabulary" and each.compared]
    fields.sort(key=lambda each: not each.is_label)
    of_target = [each for each in scheme.of("target") if each.kind == "vocabulary" and each.compared]
    made = [_Question(each.title, [*scheme.values(each), NOTHING], _reader(each, of_target=False)) for each in fields]
    made += [
        _Question(each.title, [*scheme.values(each), NOTHING], _reader(each, of_target=True)) for each in of_target
    ]
    return made


def _reader(field: Field, *, of_target: bool) -> Callable[[Statement], str | None]:
    """Return what a statement answers; None where the field still waits for an answer."""

    def read(statement: Statement) -> str | None:
        holder = statement.target if of_target else statement
        said = field.text(holder)
        return said if said is not None else None if field.name in holder.fields else NOTHING

    return read


def _ask(
    readings: ArticleReadings, number: int, questions: Sequence[_Question], scheme: Scheme
) -> Iterator[dict[str, bool]]:
    """Take down the answers of an article, and yield of each unit who has it. A repetition asks nothing again."""
    statements = [each.statements for each in readings.documents]
    for unit in align_readings(statements, scheme).units:
        held = dict(zip(readings.annotators, unit.statements(statements), strict=True))
        if all(each.same_as for each in held.values() if each):
            continue
        yield {name: each is not None for name, each in held.items()}
        for question in questions:
            said = {name: answer for name, each in held.items() if each and (answer := question.read(each)) is not None}
            if len(said) > 1:
                question.rows.append((number, said))


Held = Sequence[tuple[int, Mapping[str, bool]]]
"""The units, each with the number of its article, and who has it of those who read that article."""


def _finds(held: Held, name: str) -> "Rights":
    """Return by article how many of the statements that two others have an annotator has."""
    by_article: dict[int, tuple[int, int]] = {}
    for number, unit in held:
        if name in unit and sum(unit.values()) - unit[name] > 1:
            found, count = by_article.get(number, (0, 0))
            by_article[number] = found + unit[name], count + 1
    return [(number, found, count) for number, (found, count) in by_article.items()]


def _found(held: Held, name: str) -> Figure:
    counted = _finds(held, name)
    number = sum(count for *_, count in counted)
    if number < LEAST_SHARED:
        return Figure(None, reason=f"it takes {LEAST_SHARED} statements that two others have, not {number}")
    return Figure(sum(found for _, found, _ in counted) / number)


def _alone(held: Held, name: str) -> Figure:
    own = [sum(unit.values()) == 1 for _, unit in held if unit.get(name)]
    return Figure(sum(own) / len(own)) if own else Figure(None, reason="nobody else has read what they read")


Rights = list[tuple[int, float, int]]
"""Of one annotator, by article: its number, how many answers are right, by likelihood, and how many there are."""


def _measure(
    question: _Question, names: Sequence[str], *, has_intervals: bool
) -> tuple[list[Ability | None], list[Rights]]:
    """Return by annotator how they answer a question, None where they never do, and what of it is right."""
    import numpy as np

    values = [value for value in question.values if any(value in row.values() for _, row in question.rows)]
    given = {name: sum(name in row for _, row in question.rows) for name in names}
    rights: list[Rights] = [[] for _ in names]
    if len(values) < 2:
        why = f"all answers are {values[0]}" if values else "no two annotators have answered it for one statement"
        undefined = Figure(None, reason=why)
        return [Ability(question.name, given[each], undefined, undefined) if values else None for each in names], rights
    answers = numbered([[row.get(name) for name in names] for _, row in question.rows], values)
    numbers = np.array([number for number, _ in question.rows])
    groups = np.unique(numbers, return_inverse=True)[1] if has_intervals else None
    figures, estimate = measure_competence(answers, len(values), groups, "dawid-skene")
    spam = _measure_spam(answers, values, groups)
    abilities: list[Ability | None] = []
    for place, name in enumerate(names):
        if not given[name]:
            abilities.append(None)
            continue
        confusion: Mapping[str, Mapping[str, float]] = {}
        uses: tuple[ValueUse, ...] = ()
        if estimate is not None and figures[place].value is not None:
            confusion = {
                right: {value: float(share) for value, share in zip(values, row, strict=True)}
                for right, row in zip(values, estimate.confusion[place], strict=True)
            }
            uses = _uses(answers[:, place], estimate, place, values)
            rights[place] = _rights(answers[:, place], estimate, place, [number for number, _ in question.rows])
        abilities.append(Ability(question.name, given[name], figures[place], spam[place], confusion, uses))
    return abilities, rights


def _measure_spam(answers: "Floats", values: Sequence[str], groups: "Floats | None") -> Sequence[Figure]:
    """Return the competences by MACE, which cannot tell an annotator who knows from one who always says the same."""
    import numpy as np

    counts = np.bincount(answers[answers >= 0], minlength=len(values))
    if counts.max() > SKEWED * counts.sum():
        why = f"{counts.max() / counts.sum():.0%} of all answers are {values[int(counts.argmax())]}"
        return [Figure(None, reason=why)] * answers.shape[1]
    return measure_competence(answers, len(values), groups, "mace")[0]


def _uses(said: "Floats", estimate: Estimate, place: int, values: Sequence[str]) -> tuple[ValueUse, ...]:
    likely = estimate.apart[place][said >= 0]
    said = said[said >= 0]
    found = []
    for number, value in enumerate(values):
        gave = said == number
        more, less = float((1 - likely[gave, number]).sum()), float(likely[~gave, number].sum())
        expected = float(likely[:, number].sum())
        found.append(ValueUse(value, int(gave.sum()), expected, more, less, sign_test(more, less)))
    return tuple(found)


def sign_test(more: float, less: float) -> float:
    """Return how likely two counts are as far apart as these, or farther, if each case is as likely to be of either."""
    high, number = round(max(more, less)), round(more) + round(less)
    if number > _MANY:  # the normal distribution, from half a case below
        return min(1.0, erfc((high - 0.5 - number / 2) / sqrt(number / 2)))
    ways: int = sum(comb(number, each) for each in range(high, number + 1))
    return min(1.0, 2 * ways / (1 << number))


def _rights(said: "Floats", estimate: Estimate, place: int, numbers: Sequence[int]) -> Rights:
    by_article: dict[int, tuple[float, int]] = {}
    for unit, number in enumerate(numbers):
        if said[unit] >= 0:
            right, count = by_article.get(number, (0.0, 0))
            by_article[number] = right + float(estimate.apart[place][unit, said[unit]]), count + 1
    return [(number, *each) for number, each in by_article.items()]


def _trend(read: Sequence[tuple[str, int]], right: Rights) -> Trend:
    """Return whether right answers get more or fewer from the first reading to the last.

    A test of Cochran (1954) and Armitage (1955) by permutation: articles, not answers, change places, since the answers
    on one article hang together. read: the times and numbers of articles.
    """
    import numpy as np

    sums: dict[int, tuple[float, int]] = {}
    for number, share, count in right:
        before = sums.get(number, (0.0, 0))
        sums[number] = before[0] + share, before[1] + count
    order = [(time, number) for time, number in sorted(read) if number in sums]
    times = [time for time, _ in order]
    if not right:
        return Trend((), Figure(None, reason="nothing says which answers are right"))
    if len(order) < LEAST_ARTICLES:
        return Trend((), Figure(None, reason=f"it takes {LEAST_ARTICLES} articles, and there are {len(order)}"))
    if times[0] == times[-1]:
        return Trend((), Figure(None, reason="all readings are of one time"))
    shares, counts = (np.array([sums[number][part] for _, number in order]) for part in (0, 1))
    thirds = tuple(
        float(some.sum() / many.sum())
        for some, many in zip(np.array_split(shares, 3), np.array_split(counts, 3), strict=True)
    )
    _, group, many = np.unique(times, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(many) - (many - 1) / 2)[group]  # those of one time share a rank
    beyond = shares - counts * (shares.sum() / counts.sum())
    random = np.random.default_rng(1955)
    observed = abs(float(beyond @ (ranks - ranks.mean())))
    shuffled = sum(
        abs(float(random.permutation(beyond) @ (ranks - ranks.mean()))) >= observed - 1e-12 for _ in range(_SHUFFLES)
    )
    return Trend(thirds, Figure((1 + shuffled) / (1 + _SHUFFLES)))


def _score(pairs: Sequence[tuple[Document, Document]], scheme: Scheme) -> GoldScore:
    controls = [(reading, gold) for reading, gold in pairs if gold.updated_at < reading.created_at]
    found, label = _f1(compare(pairs, scheme), scheme, "there is no gold of what they read")
    control = _f1(compare(controls, scheme), scheme, "no gold was there before they read the article")
    return GoldScore(len(pairs), len(controls), found, label, *control)


def _f1(compared: Comparison, scheme: Scheme, reason: str) -> tuple[Figure, Figure]:
    scores = f1_of(compared, scheme)
    missing = Figure(None, reason=reason)
    found, label = (Figure(scores[name]) if name in scores else missing for name in (FOUND, scheme.label.title))
    return found, label
