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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations, pairwise
from typing import Generic, TypeVar

from stancebank.agreement import coefficients as of
from stancebank.agreement.align import align_conditions, cover, dice
from stancebank.agreement.answers import (
    MISSING,
    NO_CHANCE,
    OF_FOUND,
    OF_REPETITIONS,
    OF_WHOLE,
    Answers,
    Overlaps,
    ReadArticles,
)
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
from stancebank.agreement.units import align_readings
from stancebank.model import ArticleReadings, Bounds, Condition, Document, Span, Statement
from stancebank.schema.fields import Field, Kind, Scheme

T = TypeVar("T", Statement, Condition)

POSITION = "inside a statement"
"""Whether a code point lies inside any statement."""
YES = "yes"
"""The answer to whether something was found; the other one is `NOTHING`."""
INSIDE, OUTSIDE = "inside", "outside"
MIXED = "mixed"
"""The group of articles whose readings follow several versions of the guidelines."""

SAMPLES = 1000
"""How many samples of articles an interval rests on."""
MOST_ARTICLES = 500
"""So many articles have figures of their own, those that agree least."""

NO_STRETCHES = "it is not known in which stretches of the texts statements are annotated"
NOTHING_COMPARED = "no statement was found by anybody"

_NAMED: tuple[Kind, ...] = ("entity", "entities", "mentions", "target", "targets", "span", "spans")
"""Kinds of fields that say who or what is meant; they come with the target."""
_CLOSED: tuple[Kind, ...] = ("vocabulary", "entity", "target")
"""Kinds of fields with one value of a list, two of which could be taken as one."""


@dataclass(slots=True)
class _Fields(Generic[T]):
    """The fields of a statement, or of a condition, that are compared: how each is read, and its question."""

    read: list[tuple[str, ComparedField[T], Answers]]
    spans: list[tuple[Overlaps, Field | None]]

    def answers(self, holder: T, waiting: Mapping[str, set[str]]) -> list[int]:
        """Return the number of each answer."""
        found = []
        for _, each, question in self.read:
            said = each.read(holder)
            number = question.numbers.get(said)
            found.append(question.number(said) if number is None else number)
        if waiting and (waits := waiting.get(holder.id)):
            for place, (name, _, _) in enumerate(self.read):
                if name in waits:
                    found[place] = MISSING
        return found


def measure_agreement(
    readings: Iterable[ArticleReadings], scheme: Scheme, *, samples: int = SAMPLES, seed: int = 20
) -> AgreementReport:
    """Measure how far annotators agree. ReadArticles are read one after the other; what is kept of one is small.

    readings: of each article those of at least two annotators. samples: how many an interval rests on, see
    `coefficients.draw`; 0 leaves intervals out. seed: of what is drawn; the same seed gives the same report.
    """
    measuring = _Measuring(scheme)
    for each in readings:
        if len(each.documents) > 1:
            measuring.add(each)
    return measuring.report(samples, seed)


@dataclass(slots=True)
class _Holder(Generic[T]):
    """A statement or condition of one annotator, by place in the article, with its answers."""

    item: T
    answers: list[int]


class _Measuring:
    """The questions of the cascade, and what articles answer."""

    def __init__(self, scheme: Scheme) -> None:
        self.scheme = scheme
        self.found = Answers(FOUND, 0, OF_FOUND, found=True)
        self.position = Answers(POSITION, 0)
        for question in (self.found, self.position):
            question.numbers |= {YES: 0, NOTHING: 1} if question is self.found else {INSIDE: 0, OUTSIDE: 1}
        self.statements: _Fields[Statement] = _Fields(
            [(name, each, _question(name, each, scheme)) for name, each in statement_fields(scheme).items()], []
        )
        self.overlap = Overlaps(OVERLAPS["content"], 1, NO_CHANCE)
        self.same_as = Answers(SAME_AS, 5, OF_REPETITIONS)
        self.whole = Overlaps(WHOLE, 5, OF_WHOLE, "nominal")
        self.condition_found = Answers(CONDITION_FOUND, 6, OF_FOUND, found=True)
        self.condition_found.numbers |= {YES: 0, NOTHING: 1}
        self.condition_overlap = Overlaps(OVERLAPS["condition span"], 7, NO_CHANCE)
        self.conditions: _Fields[Condition] = _Fields(
            [(name, each, _question(name, each, scheme, 7)) for name, each in condition_fields(scheme).items()], []
        )
        self.groups = Answers(GROUPS, 7, NO_CHANCE)
        self.annotators: dict[str, int] = {}
        self.read_by: list[tuple[int, ...]] = []
        self.article_ids: list[str] = []
        self.guidelines: list[str] = []
        self.months: list[str] = []
        self.marked: Counter[str] = Counter()
        self.agreeing: list[int] = []  # by article, the units that all found and agree on in everything
        self.counted: list[int] = []
        self.approximate = 0

    def questions(self) -> list[Answers | Overlaps]:
        """Return all questions in the order of the cascade."""
        found: list[Answers | Overlaps] = [self.found, self.position]
        for name, _, question in self.statements.read:
            found += [question, *([self.overlap] if name == "content" else [])]
        found += [*([self.same_as] if self.scheme.has_repetitions else []), self.whole]
        if self.scheme.has_conditions:
            found.append(self.condition_found)
            for name, _, question in self.conditions.read:
                found += [question, *([self.condition_overlap] if name == "condition span" else [])]
            if any(each.kind == "group" for each in self.scheme.of("condition")):
                found.append(self.groups)
        return sorted(found, key=lambda each: each.level)

    def add(self, readings: ArticleReadings) -> None:
        """Count the readings of an article."""
        article = len(self.article_ids)
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
                self.position.add(article, pattern, length)
        waiting = [find_waiting([each], self.scheme) if each.pending else {} for each in documents]
        aligned = align_readings([each.statements for each in documents], self.scheme)
        self.approximate += aligned.approximate
        self.agreeing.append(0)
        self.counted.append(0)
        for unit in aligned.units:
            holders = unit.statements([each.statements for each in documents])
            if not all(each.same_as for each in holders if each):
                self._add_unit(article, readings, holders, waiting)

    def _add_unit(
        self,
        article: int,
        readings: ArticleReadings,
        holders: Sequence[Statement | None],
        waiting: Sequence[Mapping[str, set[str]]],
    ) -> None:
        contents = {who: each.content for who, each in enumerate(holders) if each is not None}
        finders = list(contents)
        place = partial(_occurrence, readings, holders, contents)
        found = [1 if each is None else 0 for each in holders]
        self.counted[article] += 1
        self.found.add(article, found)
        if len(finders) < len(holders):
            self.found.add_places(found, place)
        if len(finders) < 2:
            return
        answers = _add_answers(article, self.statements, holders, waiting, place)
        self._add_overlaps(article, self.overlap, contents)
        repeats = [
            MISSING if each is None else self.same_as.number(YES if each.same_as else NOTHING) for each in holders
        ]
        self.same_as.add(article, repeats)
        names = [number for number, (_, each, _) in enumerate(self.statements.read) if each.is_name]
        self.whole.count(len(finders))
        agree_all = len(finders) == len(holders)
        for one, other in combinations(finders, 2):
            first, second = answers[one], answers[other]
            agree = first == second or all(
                first[number] == second[number] or MISSING in (first[number], second[number]) for number in names
            )
            self.whole.add(article, one, other, agree)
            agree_all = agree_all and agree
        self.agreeing[article] += agree_all
        if self.scheme.has_conditions:
            self._add_conditions(article, readings, holders, finders, waiting)

    def _add_conditions(
        self,
        article: int,
        readings: ArticleReadings,
        holders: Sequence[Statement | None],
        finders: Sequence[int],
        waiting: Sequence[Mapping[str, set[str]]],
    ) -> None:
        own = {who: each.conditions for who, each in enumerate(holders) if each is not None}
        if not any(own.values()):
            return
        for unit in _align_conditions(own, self.scheme):
            conditions = [own[who][unit[who]] if who in unit else None for who in range(len(holders))]
            spans = {who: each.spans for who, each in enumerate(conditions) if each is not None}
            place = partial(_occurrence, readings, holders, spans)
            found = [MISSING if who not in own else (0 if who in unit else 1) for who in range(len(holders))]
            self.condition_found.add(article, found)
            if len(unit) < len(finders):
                self.condition_found.add_places(found, place)
            if len(unit) > 1:
                _add_answers(article, self.conditions, conditions, waiting, place)
                self._add_overlaps(article, self.condition_overlap, spans)
        for length in {len(each) for each in own.values() if len(each) > 1}:
            said = [
                self.groups.number(grouping(own[who], self.scheme))
                if who in own and len(own[who]) == length
                else MISSING
                for who in range(len(holders))
            ]
            self.groups.add(article, said)

    def _add_overlaps(self, article: int, overlaps: Overlaps, spans: Mapping[int, Sequence[Span]]) -> None:
        overlaps.count(len(spans))
        for one, other in combinations(spans, 2):
            first, second = spans[one], spans[other]
            overlaps.add(article, one, other, 1.0 if first == second else dice(first, second))

    def report(self, samples: int, seed: int) -> AgreementReport:
        """Return the figures of all that was added."""
        import numpy as np

        names = sorted(self.annotators)
        place = {self.annotators[name]: number for number, name in enumerate(names)}
        read_by = [tuple(place[each] for each in who) for who in self.read_by]
        drawn = of.draw(len(read_by), samples, seed)
        articles = ReadArticles(tuple(names), read_by, drawn)
        questions = self.questions()
        sets = np.vstack([np.ones((1, len(read_by))), drawn])
        whole = of.share(sets @ np.array(self.agreeing, dtype=float), sets @ np.array(self.counted, dtype=float))
        least = sorted(range(len(read_by)), key=lambda number: (self._share(number), number))[:MOST_ARTICLES]
        return AgreementReport(
            annotators=tuple(names),
            articles=len(read_by),
            statements={name: self.marked[name] for name in names},
            fields=tuple(each.measure(articles) for each in questions),
            whole=of.figure(whole[0], whole[1:], NOTHING_COMPARED),
            by_article=self._grouped(articles, {self.article_ids[number]: [number] for number in sorted(least)}),
            by_guidelines=self._grouped(articles, _places(self.guidelines)),
            by_month=self._grouped(articles, _places(self.months)),
            approximate=self.approximate,
        )

    def _share(self, article: int) -> float:
        return self.agreeing[article] / self.counted[article] if self.counted[article] else 1.0

    def _grouped(self, articles: ReadArticles, members: Mapping[str, Sequence[int]]) -> tuple[GroupAgreement, ...]:
        """Return the figures of groups of articles, by their names."""
        import numpy as np

        names = sorted(members)
        groups = np.zeros((len(names), len(articles.read_by)))
        for number, name in enumerate(names):
            groups[number, members[name]] = 1
        shares: list[dict[str, Figure]] = [{} for _ in names]
        alphas: list[dict[str, Figure]] = [{} for _ in names]
        for question in self.questions():
            share, alpha, _ = question.measure_groups(articles, groups)
            for number in range(len(names)):
                shares[number][question.name] = share[number]
                alphas[number][question.name] = alpha[number]
        counted = groups @ np.array(self.counted)
        return tuple(
            GroupAgreement(name, len(members[name]), int(counted[number]), shares[number], alphas[number])
            for number, name in enumerate(names)
        )


def _places(names: Sequence[str]) -> dict[str, list[int]]:
    found: defaultdict[str, list[int]] = defaultdict(list)
    for number, name in enumerate(names):
        found[name].append(number)
    return found


def _question(name: str, each: ComparedField[T], scheme: Scheme, level: int | None = None) -> Answers:
    """Return the question of a field, by its name as people read it."""
    if level is not None:
        own = next((field for field in scheme.of("condition") if field.title == name), None)
    else:
        own = next((field for field in scheme.fields if field.level != "condition" and field.title == name), None)
        level = _LEVELS.get(name) or _level(own)
    strengths = scheme.strengths(own) if own else {}
    return Answers(
        name,
        level,
        "" if each.is_name else NO_CHANCE,
        order=tuple(sorted(strengths, key=lambda value: strengths[value])),
        merges=each.is_name and (own is None or own.kind in _CLOSED),
    )


_LEVELS = {"content": 1, "speaker": 2, "speaker mention": 2, "target": 3, "target mention": 3}


def _level(own: Field | None) -> int:
    if own is None or own.level == "target" or own.kind in _NAMED:
        return 3
    return 4 if own.is_label else 5


def _add_answers(
    article: int,
    fields: _Fields[T],
    holders: Sequence[T | None],
    waiting: Sequence[Mapping[str, set[str]]],
    place: "partial[Occurrence]",
) -> list[list[int]]:
    """Add what each annotator says of a unit in each field; return that by annotator."""
    nothing = [MISSING] * len(fields.read)
    answers = [nothing if each is None else fields.answers(each, waiting[who]) for who, each in enumerate(holders)]
    for (_, each, question), numbers in zip(fields.read, zip(*answers, strict=True), strict=True):
        question.add(article, numbers)
        if each.is_name and len(set(numbers) - {MISSING}) > 1:
            question.add_places(numbers, place)
    return answers


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
    units = {(who, place): {who: place} for who, each in own.items() for place in range(len(each))}
    for one, other in combinations(own, 2):
        for pair in align_conditions(own[one], own[other], scheme):
            if pair.one is None or pair.other is None:
                continue
            ours, theirs = units[one, pair.one], units[other, pair.other]
            if not ours.keys() & theirs.keys():
                ours |= theirs
                units |= dict.fromkeys(theirs.items(), ours)
    yield from {id(each): each for each in units.values()}.values()


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
