"""How far the annotators of many articles agree: a cascade of questions, generic by the scheme.

The readings of an article are aligned together. Each level is measured on the units that the level above found:

0. Was a statement found at all? The share is the F1 of finding, the mean over each two annotators of an article, each
   pair of statements counted for both sides. Where the stretches are known in which statements are annotated, also
   whether a position lies inside any statement: each code point of these stretches is a unit.
1. Boundaries, on the units that at least two found: the same content, and the mean Dice coefficient of the contents.
2. The speaker. 3. The target, and who and what else is named. 4. The label. 5. All other fields of the statement.
6. Was a condition found, in the statements of one unit? Their conditions are aligned together, as statements are.
7. Role and all other fields of a condition, on the conditions that at least two found.

What a field says is what `stancebank.agreement.compare` reads of it, and with two readings the shares are those of
`compare`. A unit that all who found it call a repetition counts nowhere. A field that waits for an answer is no answer.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import combinations, pairwise
from typing import Any, Generic, TypeVar

from stancebank.agreement import coefficients as of
from stancebank.agreement.align import cover, dice
from stancebank.agreement.answers import (
    MISSING,
    Answers,
    Overlaps,
    ReadArticles,
    Units,
)
from stancebank.agreement.coefficients import LEAST_ARTICLES
from stancebank.agreement.compare import (
    CONDITION_FOUND,
    FOUND,
    GROUPS,
    NOTHING,
    OVERLAPS,
    SAME_AS,
    WHOLE,
    ComparedField,
    condition_fields,
    find_waiting,
    grouping,
    statement_fields,
)
from stancebank.agreement.figures import AgreementReport, Figure, GroupAgreement, Occurrence
from stancebank.agreement.sums import Sums, drawn_sums, group_sums
from stancebank.agreement.units import align_conditions_of, align_readings
from stancebank.model import ArticleReadings, Bounds, Condition, Document, Span, Statement
from stancebank.schema.fields import Field, Kind, Scheme

T = TypeVar("T", Statement, Condition)
_Waiting = Mapping[str, set[str]]  # the titles of fields that wait for an answer, by statement or condition

POSITION = "inside a statement"
"""Whether a code point lies inside any statement."""
YES = "yes"
"""The answer to whether something was found; the other one is `NOTHING`."""
INSIDE, OUTSIDE = "inside", "outside"
MIXED = "mixed"
"""The group of articles whose readings follow several versions of the guidelines."""

SAMPLES = 1000
"""How many samples of articles an interval rests on."""
MOST_GROUP_ROWS = 200
"""For the intervals of groups; see `sums.MOST_ROWS`."""
MOST_ARTICLES = 500
"""So many articles have figures of their own, those that agree least."""

NO_STRETCHES = "it is not known in which stretches of the texts statements are annotated"
NOTHING_FOUND = "no statement was found by anybody"
NO_CHANCE = "not corrected for chance: the answers are places of words"
OF_FOUND = "not corrected for chance: what nobody marked cannot be counted"
OF_REPETITIONS = "not corrected for chance: what all call a repetition does not count"
OF_WHOLE = "not corrected for chance: it is of all fields together"

_NAMED: tuple[Kind, ...] = ("entity", "entities", "mentions", "target", "targets", "span", "spans")
"""Kinds of fields that say who or what is meant; they come with the target."""
_CLOSED: tuple[Kind, ...] = ("vocabulary", "entity", "target")
"""Kinds of fields with one value of a list, two of which could be taken as one."""


class _Fields(Generic[T]):
    """The fields of a statement, or of a condition, that are compared, and what annotators answered to them.

    What somebody answered before is looked up by its stored value; answers wait in `rows` until the article is done.
    """

    def __init__(self, fields: Mapping[str, ComparedField[T]], scheme: Scheme, units: Units) -> None:
        self.names = list(fields)
        self.compared: list[ComparedField[T]] = list(fields.values())
        self.units = units
        self.questions = [_question(name, each, scheme, units) for name, each in fields.items()]
        self.is_name = [number for number, each in enumerate(self.compared) if each.is_name]
        self.is_place = [number for number, each in enumerate(self.compared) if not each.is_name]
        self.rows: list[list[int]] = []
        self._stored = [_stored(name, each) for name, each in fields.items()]
        self._known: list[dict[object, int]] = [{} for _ in self.names]

    def answers(self, holder: T, waiting: _Waiting) -> list[int]:
        """Return the number of each answer; 0 where it is a place of words."""
        found = [0] * len(self.names)
        for number in self.is_name:
            stored = self._stored[number](holder)
            try:
                found[number] = self._known[number][stored]
            except KeyError:
                said = self.compared[number].read(holder)
                found[number] = self._known[number][stored] = self.questions[number].number(said)
        if waiting and (waits := waiting.get(holder.id)):
            for number, name in enumerate(self.names):
                if name in waits:
                    found[number] = MISSING
        return found

    def agree(self, one: Sequence[int], other: Sequence[int]) -> bool:
        """Whether the answers of two annotators are the same in all fields whose values are names."""
        return one == other or all(
            one[number] == other[number] or MISSING in (one[number], other[number]) for number in self.is_name
        )

    def add(
        self,
        article: int,
        holders: Sequence[T | None],
        waiting: Sequence[_Waiting],
        place: "partial[Occurrence]",
    ) -> list[list[int]]:
        """Add what each annotator says of a unit in each field; return that by annotator."""
        self.units.articles.append(article)
        nothing = [MISSING] * len(self.names)
        answers = [
            nothing if each is None else self.answers(each, waits) for each, waits in zip(holders, waiting, strict=True)
        ]
        here = [(each, own) for each, own in zip(holders, answers, strict=True) if each is not None]
        self._tell_places(here)
        (_, first), *others = here
        if any(own != first for _, own in others):
            for number in self.is_name:
                said = first[number]
                if any(own[number] != said for _, own in others):
                    self.questions[number].add_places([own[number] for own in answers], place)
        self.rows += answers
        return answers

    def _tell_places(self, here: Sequence[tuple[T, list[int]]]) -> None:
        """Number the places of words in a unit, in place: the same number for the same place, from 0 on."""
        (first, _), *others = here
        for number in self.is_place:
            stored = self._stored[number]
            same = stored(first)
            if all(stored(holder) == same for holder, _ in others):
                continue  # they stay 0
            read = self.compared[number].read
            seen: dict[str, int] = {}
            for holder, own in here:
                if own[number] != MISSING:
                    own[number] = seen.setdefault(read(holder), len(seen))

    def close(self) -> None:
        """Give the answers of an article to their questions."""
        for question, answers in zip(self.questions, zip(*self.rows, strict=True), strict=bool(self.rows)):
            question.answers.extend(answers)
        self.rows.clear()


def measure_agreement(
    readings: Iterable[ArticleReadings], scheme: Scheme, *, samples: int = SAMPLES, seed: int = 20
) -> AgreementReport:
    """Measure how far annotators agree. Articles are read one after the other; what is kept of one is small.

    readings: of each article those of at least two annotators; others are left out. samples: how many an interval rests
    on, see `sums.drawn_sums`; 0 leaves intervals out. seed: of what is drawn; the same seed gives the same report.
    """
    measuring = Measuring(scheme)
    for each in readings:
        if len(each.documents) > 1:
            measuring.add(each)
    return measuring.report(samples, seed)


class Measuring:
    """The questions of the cascade, and what articles answer."""

    def __init__(self, scheme: Scheme) -> None:
        self.scheme = scheme
        marked, positions, found, marked_conditions, conditions = (Units() for _ in range(5))
        finds = {YES: 0, NOTHING: 1}
        self.found = Answers(FOUND, 0, marked, OF_FOUND, found=True, numbers=dict(finds))
        self.position = Answers(POSITION, 0, positions, unanswered=NO_STRETCHES, numbers={INSIDE: 0, OUTSIDE: 1})
        self.statements = _Fields(statement_fields(scheme), scheme, found)
        self.overlap = Overlaps(OVERLAPS["content"], 1, NO_CHANCE)
        self.same_as = Answers(SAME_AS, 5, found, OF_REPETITIONS, numbers=dict(finds))
        self.whole = Overlaps(WHOLE, 5, OF_WHOLE, "nominal")
        self.condition_found = Answers(CONDITION_FOUND, 6, marked_conditions, OF_FOUND, found=True, numbers=dict(finds))
        self.conditions = _Fields(condition_fields(scheme), scheme, conditions)
        self.condition_overlap = Overlaps(OVERLAPS["condition span"], 7, NO_CHANCE)
        self.groups = Answers(GROUPS, 7, Units(), NO_CHANCE)
        self.annotators: dict[str, int] = {}
        self.read_by: list[tuple[int, ...]] = []
        self.article_ids: list[str] = []
        self.guidelines: list[str] = []
        self.months: list[str] = []
        self.marked: Counter[str] = Counter()
        self.agreeing: list[int] = []  # by article, the units that all found and agree on in everything
        self.counted: list[int] = []  # by article, all units that count
        self.approximate = 0

    def questions(self) -> list[Answers | Overlaps]:
        """Return all questions in the order of the cascade."""
        found: list[Answers | Overlaps] = [self.found, self.position]
        for question in self.statements.questions:
            found += [question, *([self.overlap] if question.name == "content" else [])]
        found += [*([self.same_as] if self.scheme.has_repetitions else []), self.whole]
        if self.scheme.has_conditions:
            found.append(self.condition_found)
            for question in self.conditions.questions:
                found += [question, *([self.condition_overlap] if question.name == "condition span" else [])]
            if any(each.kind == "group" for each in self.scheme.of("condition")):
                found.append(self.groups)
        return sorted(found, key=lambda each: each.level)

    def add(self, readings: ArticleReadings) -> None:
        """Count the readings of an article."""
        documents = readings.documents
        self.article_ids.append(readings.article_id)
        self.read_by.append(
            tuple(self.annotators.setdefault(each, len(self.annotators)) for each in readings.annotators)
        )
        versions = {each.guideline_version for each in documents}
        self.guidelines.append(versions.pop() if len(versions) == 1 else MIXED)
        self.months.append(max(each.created_at for each in documents)[:7])
        for each in documents:
            self.marked[each.annotator] += len(each.statements)
        if readings.annotated:
            for pattern, length in _positions(documents, readings.annotated).items():
                self.position.units.articles.append(len(self.article_ids) - 1)
                self.position.units.weights.append(length)
                self.position.answers.extend(pattern)
        statements = [each.statements for each in documents]
        aligned = align_readings(statements, self.scheme)
        self.approximate += aligned.approximate
        self.agreeing.append(0)
        self.counted.append(0)
        waiting = [find_waiting([each], self.scheme) if each.pending else {} for each in documents]
        for unit in aligned.units:
            holders = unit.statements(statements)
            if not all(each.same_as for each in holders if each):
                self._add_unit(readings, holders, waiting)
        self.statements.close()
        self.conditions.close()

    def _add_unit(
        self, readings: ArticleReadings, holders: Sequence[Statement | None], waiting: Sequence[_Waiting]
    ) -> None:
        article = len(self.article_ids) - 1
        contents = {who: each.content for who, each in enumerate(holders) if each is not None}
        place = partial(_occurrence, readings, holders, contents)
        found = [0 if each else 1 for each in holders]
        self.counted[article] += 1
        self.found.units.articles.append(article)
        self.found.answers.extend(found)
        if len(contents) < len(holders):
            self.found.add_places(found, place)
        if len(contents) < 2:
            return
        answers = self.statements.add(article, holders, waiting, place)
        self.same_as.answers.extend(MISSING if each is None else 0 if each.same_as else 1 for each in holders)
        _add_overlaps(article, self.overlap, contents)
        agree_all = len(contents) == len(holders)
        self.whole.count(len(contents))
        for one, other in combinations(contents, 2):
            agree = self.statements.agree(answers[one], answers[other])
            self.whole.add(article, one, other, agree)
            agree_all = agree_all and agree
        self.agreeing[article] += agree_all
        if any(each.conditions for each in holders if each):
            self._add_conditions(readings, holders, waiting)

    def _add_conditions(
        self, readings: ArticleReadings, holders: Sequence[Statement | None], waiting: Sequence[_Waiting]
    ) -> None:
        article = len(self.article_ids) - 1
        own = {who: each.conditions for who, each in enumerate(holders) if each is not None}
        for unit in _align_conditions(own, self.scheme):
            conditions = [own[who][unit[who]] if who in unit else None for who in range(len(holders))]
            spans = {who: each.spans for who, each in enumerate(conditions) if each is not None}
            place = partial(_occurrence, readings, holders, spans)
            found = [MISSING if who not in own else 0 if who in unit else 1 for who in range(len(holders))]
            self.condition_found.units.articles.append(article)
            self.condition_found.answers.extend(found)
            if len(unit) < len(own):
                self.condition_found.add_places(found, place)
            if len(unit) > 1:
                self.conditions.add(article, conditions, waiting, place)
                _add_overlaps(article, self.condition_overlap, spans)
        for length in {len(each) for each in own.values() if len(each) > 1}:
            said: dict[str, int] = {}
            self.groups.units.articles.append(article)
            for who in range(len(holders)):
                is_asked = who in own and len(own[who]) == length
                answer = said.setdefault(grouping(own[who], self.scheme), len(said)) if is_asked else MISSING
                self.groups.answers.append(answer)

    def read(self) -> ReadArticles:
        """Return who read the articles that were added."""
        names = sorted(self.annotators)
        place = {self.annotators[name]: number for number, name in enumerate(names)}
        return ReadArticles(tuple(names), [tuple(place[each] for each in who) for who in self.read_by])

    def report(self, samples: int, seed: int) -> AgreementReport:
        """Return the figures of all that was added."""
        import numpy as np

        read = self.read()
        names = read.annotators
        everything = range(len(self.article_ids))
        sums = drawn_sums(everything, len(everything), samples, seed)
        agreeing, counted = (np.array(each, dtype=float) for each in (self.agreeing, self.counted))
        numbers = np.arange(len(everything), dtype=np.int32)
        whole = of.share(sums.all(numbers, agreeing), sums.all(numbers, counted))
        least = sorted(everything, key=lambda number: (self._share(number), number))[:MOST_ARTICLES]
        groupings = [
            self._groups({self.article_ids[number]: [number] for number in sorted(least)}, samples, seed),
            self._groups(_members(self.guidelines), samples, seed),
            self._groups(_members(self.months), samples, seed),
        ]
        fields = []
        for question in self.questions():
            measured = question.measured(read)
            fields.append(measured.agreement(sums))
            for each in groupings:
                each.add(question.name, measured.of_groups(each.every))
        by_article, by_guidelines, by_month = (each.groups(self.counted) for each in groupings)
        return AgreementReport(
            annotators=names,
            articles=len(everything),
            statements={name: self.marked[name] for name in names},
            fields=tuple(fields),
            whole=of.figure(whole, NOTHING_FOUND),
            by_article=by_article,
            by_guidelines=by_guidelines,
            by_month=by_month,
            approximate=self.approximate,
        )

    def _share(self, article: int) -> float:
        return self.agreeing[article] / self.counted[article] if self.counted[article] else 1.0

    def _groups(self, members: Mapping[str, Sequence[int]], samples: int, seed: int) -> "_Groups":
        """Return groups of articles, by their names; those with enough articles have intervals."""
        count = len(self.article_ids)
        few = {name: each for name, each in members.items() if len(each) < LEAST_ARTICLES}
        many = {name: each for name, each in members.items() if len(each) >= LEAST_ARTICLES}
        drawn = [drawn_sums(each, count, samples, seed, MOST_GROUP_ROWS) for each in many.values()]
        return _Groups(few | many, [group_sums(few, count), *drawn])


class _Groups:
    """Groups of articles, and their figures by question. every: the sums of the groups, in the order of members."""

    def __init__(self, members: Mapping[str, Sequence[int]], every: Sequence[Sums]) -> None:
        self.members, self.every = members, every
        self._shares: dict[str, dict[str, Figure]] = {name: {} for name in members}
        self._alphas: dict[str, dict[str, Figure]] = {name: {} for name in members}

    def add(self, question: str, figures: Sequence[tuple[Figure, Figure]]) -> None:
        """Add share and alpha of a question, by group."""
        for name, (share, alpha) in zip(self.members, figures, strict=True):
            self._shares[name][question] = share
            self._alphas[name][question] = alpha

    def groups(self, counted: Sequence[int]) -> tuple[GroupAgreement, ...]:
        """Return the groups by their names. counted: the units of each article."""
        return tuple(
            GroupAgreement(
                name, len(each), sum(counted[number] for number in each), self._shares[name], self._alphas[name]
            )
            for name, each in sorted(self.members.items())
        )


def _members(names: Sequence[str]) -> dict[str, list[int]]:
    found: defaultdict[str, list[int]] = defaultdict(list)
    for number, name in enumerate(names):
        found[name].append(number)
    return found


_FRAME: Mapping[str, Callable[[Any], object]] = {
    "content": lambda statement: statement.content,
    "speaker": lambda statement: statement.speaker.entity,
    "speaker mention": lambda statement: statement.speaker.span,
    "target": lambda statement: statement.target.id,
    "target mention": lambda statement: statement.target.span,
    "condition span": lambda condition: condition.spans,
    "role": lambda condition: condition.role,
}


def _stored(name: str, each: ComparedField[Any]) -> Callable[[Any], object]:
    """Return what reads the stored value of a field: equal ones say the same, and those of names can be looked up."""
    own = each.field
    if own is None:
        return _FRAME[name]
    if own.kind == "mentions":  # their places say nothing
        return each.read
    key = own.name
    if own.level == "target":
        return lambda statement: statement.target.fields.get(key)
    return lambda holder: holder.fields.get(key)


def _question(name: str, each: ComparedField[Any], scheme: Scheme, units: Units) -> Answers:
    """Return the question of a field, by its name as people read it."""
    own = each.field
    strengths = scheme.strengths(own) if own else {}
    steps = sorted(set(strengths.values()))
    return Answers(
        name,
        _level(name, own),
        units,
        "" if each.is_name else NO_CHANCE,
        ranks={value: steps.index(strength) for value, strength in strengths.items()},
        merges=each.is_name and (own is None or own.kind in _CLOSED),
    )


def _level(name: str, own: Field | None) -> int:
    if own is None:
        return _LEVELS[name]
    if own.level == "condition":
        return 7
    if own.level == "target" or own.kind in _NAMED:
        return 3
    return 4 if own.is_label else 5


_LEVELS = {
    "content": 1,
    "speaker": 2,
    "speaker mention": 2,
    "target": 3,
    "target mention": 3,
    "condition span": 7,
    "role": 7,
}
"""The levels of what every scheme has."""


def _add_overlaps(article: int, overlaps: Overlaps, spans: Mapping[int, Sequence[Span]]) -> None:
    overlaps.count(len(spans))
    for one, other in combinations(spans, 2):
        first, second = spans[one], spans[other]
        overlaps.add(article, one, other, 1.0 if first == second else dice(first, second))


def _occurrence(
    readings: ArticleReadings,
    holders: Sequence[Statement | None],
    spans: Mapping[int, Sequence[Span]],
    concerned: Sequence[int],
) -> Occurrence:
    """Return where annotators differ. spans: the words of those who have some. concerned: who differs."""
    names = readings.annotators
    ids = {names[who]: (each.id if (each := holders[who]) else None) for who in concerned}
    words = [each for who, each in spans.items() if who in concerned]
    return Occurrence(
        readings.article_id, ids, min(each[0].begin for each in words), max(each[-1].end for each in words)
    )


def _align_conditions(own: Mapping[int, Sequence[Condition]], scheme: Scheme) -> Iterator[dict[int, int]]:
    """Yield the conditions that are one: by annotator, the place of theirs."""
    if all(len(each) == 1 for each in own.values()) and len({each[0].spans for each in own.values()}) == 1:
        yield dict.fromkeys(own, 0)
        return
    for unit in align_conditions_of(list(own.values()), scheme):
        yield {who: place for who, place in zip(own, unit, strict=True) if place is not None}


def _positions(documents: Sequence[Document], annotated: Sequence[Bounds]) -> Counter[tuple[int, ...]]:
    """Return how many code points of the annotated stretches lie inside the statements of which annotators.

    The keys have for each document 0 where they lie inside one of its statements, else 1.
    """
    covers = [cover([span for each in document.statements for span in each.content]) for document in documents]
    bounds = sorted({bound for each in (*covers, annotated) for stretch in each for bound in stretch})
    found: Counter[tuple[int, ...]] = Counter()
    at = [0] * (len(covers) + 1)
    for begin, end in pairwise(bounds):
        inside = []
        for number, stretches in enumerate((*covers, annotated)):
            while at[number] < len(stretches) and stretches[at[number]][1] <= begin:
                at[number] += 1
            inside.append(at[number] < len(stretches) and stretches[at[number]][0] <= begin)
        if inside.pop():
            found[tuple(0 if each else 1 for each in inside)] += end - begin
    return found
