"""May an engine replace one of the annotators? The alternative annotator test, on units of statements.

Source: N. Calderon, R. Reichart, R. Dror, "The Alternative Annotator Test for LLM-as-a-Judge: How to Statistically
Justify Replacing Human Annotators with LLMs", ACL 2025, pages 16051-16081. Each annotator in turn is left out; on every
unit, the engine and whoever is left out are held against the others, by the share of these who give the same answer.
The engine wins against an annotator if a one-sided paired t-test rejects that the annotator is closer to the others by
at least `epsilon`, which says what a person costs more than the engine. The rate of false rejections is held to `RATE`
by the procedure of Benjamini and Yekutieli, which holds however the tests depend on one another. The engine may replace
an annotator if it wins against half of them or more.

A unit is what `stancebank.agreement.units` makes of the readings of all people and of the engine, aligned together. An
answer is the label of the statement, or that there is none. The test takes units as independent of one another, as the
paper takes items; those of one article are more alike, so p is somewhat too small.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from stancebank.agreement.compare import NOTHING, find_waiting
from stancebank.agreement.student import one_sided_p
from stancebank.agreement.units import align_readings
from stancebank.model import ArticleReadings, Statement
from stancebank.schema.fields import Scheme

EPSILON = 0.15
"""What a person costs more than an engine; the paper takes .2 for experts, .15 for trained people, .1 for crowds."""

RATE = 0.05
"""Of false rejections, among all."""

LEAST_PEOPLE = 3
"""Annotators that the test needs, by the paper."""

LEAST_UNITS = 30
"""Units that each of them must have answered beside at least one other; the paper holds fewer to be too few for t."""

ENOUGH = 0.5
"""Of the annotators: the winning rate from which on an engine may replace one."""


@dataclass(frozen=True, slots=True)
class Contest:
    """The engine against one annotator, who is left out.

    units: that both and at least one other answered. engine, person: on how many units of all the engine, and the
    annotator, are as close to the others as the other of the two, or closer. p: of the test that the person is not
    closer by epsilon; None where there are too few units. won: whether the engine wins.
    """

    annotator: str
    units: int
    engine: float
    person: float
    p: float | None
    won: bool


@dataclass(frozen=True, slots=True)
class Replacement:
    """Whether an engine may replace one of the annotators.

    units: that at least two people answered. winning_rate: the share of annotators against whom the engine wins.
    advantage: the mean of `Contest.engine`. may_replace: None where the test is not applicable, and then reason says
    what is missing.
    """

    units: int
    epsilon: float
    contests: tuple[Contest, ...]
    winning_rate: float | None = None
    advantage: float | None = None
    may_replace: bool | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class EngineTrial:
    """Whether an engine may replace an annotator. name: of its suggestions, or of an annotator that is a model.

    articles: that count. pulled: readings that began with suggestions, which count nowhere: who saw what an engine says
    is no independent person. unread: articles that two people have read and the engine has not.
    """

    name: str
    articles: int
    replacement: Replacement
    pulled: int = 0
    unread: int = 0


Answers = dict[str, str]
"""What annotators say of a unit, by their names."""


def answer_units(
    articles: Iterable[tuple[ArticleReadings, Sequence[Statement]]], scheme: Scheme
) -> list[tuple[Answers, str]]:
    """Return what people answer to each unit, and what the engine does.

    articles: the readings of people, and the statements of the engine, of the same text. Whoever has left the label
    open gives no answer. What all people who found it call a repetition does not count.
    """
    found = []
    for readings, suggested in articles:
        waiting = find_waiting(readings.documents, scheme)
        statements = [*(each.statements for each in readings.documents), suggested]
        for unit in align_readings(statements, scheme).units:
            *people, engine = unit.statements(statements)
            here = [each for each in people if each is not None]
            if here and all(each.same_as for each in here):
                continue
            answers = {
                name: _label(each, scheme)
                for name, each in zip(readings.annotators, people, strict=True)
                if each is None or scheme.label.title not in waiting.get(each.id, ())
            }
            found.append((answers, _label(engine, scheme)))
    return found


def _label(statement: Statement | None, scheme: Scheme) -> str:
    return NOTHING if statement is None else scheme.label.text(statement) or NOTHING


def may_replace(units: Sequence[tuple[Answers, str]], epsilon: float = EPSILON) -> Replacement:
    """Test whether an engine may replace one of the annotators. units: as `answer_units` returns them."""
    kept = [(answers, engine) for answers, engine in units if len(answers) > 1]
    names = sorted({name for answers, _ in kept for name in answers})
    contests = [_contest(name, [each for each in kept if name in each[0]], epsilon) for name in names]
    tested = [each for each in contests if each.p is not None]
    if len(tested) < LEAST_PEOPLE:
        return Replacement(len(kept), epsilon, tuple(contests), reason=_missing(contests))
    beaten = rejected({each.annotator: each.p or 0.0 for each in tested})
    contests = [
        Contest(each.annotator, each.units, each.engine, each.person, each.p, each.annotator in beaten)
        for each in contests
    ]
    rate = len(beaten) / len(tested)
    advantage = sum(each.engine for each in tested) / len(tested)
    return Replacement(len(kept), epsilon, tuple(contests), rate, advantage, rate >= ENOUGH)


def _contest(name: str, units: Sequence[tuple[Answers, str]], epsilon: float) -> Contest:
    engine_as_close, person_as_close = [], []
    for answers, engine in units:
        others = [said for who, said in answers.items() if who != name]
        of_engine, of_person = others.count(engine), others.count(answers[name])
        engine_as_close.append(of_engine >= of_person)
        person_as_close.append(of_person >= of_engine)
    count = len(units)
    differences = [float(person) - engine for engine, person in zip(engine_as_close, person_as_close, strict=True)]
    p = one_sided_p(differences, epsilon) if count >= LEAST_UNITS else None
    return Contest(name, count, sum(engine_as_close) / count, sum(person_as_close) / count, p, won=False)


def rejected(values: dict[str, float], rate: float = RATE) -> set[str]:
    """Return which hypotheses are rejected, with the rate of false rejections held, however they depend.

    By Y. Benjamini and D. Yekutieli, "The control of the false discovery rate in multiple testing under dependency",
    Annals of Statistics 29 (2001). values: p by name.
    """
    ordered = sorted(values, key=lambda name: (values[name], name))
    count = len(ordered)
    harmonic = sum(1 / place for place in range(1, count + 1))
    passing = [place for place, name in enumerate(ordered, 1) if values[name] <= place * rate / (count * harmonic)]
    return set(ordered[: max(passing, default=0)])


def _missing(contests: Sequence[Contest]) -> str:
    need = f"{LEAST_PEOPLE} annotators are needed who each answered {LEAST_UNITS} units beside another"
    if not contests:
        return f"{need}; no unit was answered by two"
    have = ", ".join(f"{each.annotator} {each.units}" for each in contests)
    return f"{need}; there are: {have}"
