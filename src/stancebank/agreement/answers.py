"""What annotators answered to one question of the cascade, unit by unit, and the figures of that.

Answers are kept as numbers, four bytes each, so that many articles fit into memory; a coefficient is computed from sums
over articles, of all of them, of those of a group, or of samples.
"""

from array import array
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING

from stancebank.agreement import coefficients as of
from stancebank.agreement.figures import (
    Confusion,
    FieldAgreement,
    Figure,
    Occurrence,
    PairAgreement,
    Scale,
    ValueAgreement,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from stancebank.agreement.coefficients import Codes, Floats

MISSING = -1
"""The number that stands for no answer."""

MOST_PLACES = 50
"""So many places of a confusion are kept, and of so many confusions of a question as `MOST_CONFUSIONS` says."""
MOST_CONFUSIONS = 1000
MOST_VALUES = 60
"""So many values of a question have figures of their own, those that were given most."""
MOST_MERGED = 20
"""So many pairs of values are reported whose union would raise alpha."""

NO_CHANCE = "not corrected for chance: the answers are places of words"
OF_FOUND = "not corrected for chance: what nobody marked cannot be counted"
OF_REPETITIONS = "not corrected for chance: what all call a repetition does not count"
OF_WHOLE = "not corrected for chance: it is of all fields together"


@dataclass(frozen=True, slots=True)
class ReadArticles:
    """The articles of a report, as sums need them.

    annotators: all of them. read_by: by article, the numbers of its annotators. drawn: samples of articles, see
    `coefficients.draw`.
    """

    annotators: tuple[str, ...]
    read_by: "Sequence[tuple[int, ...]]"
    drawn: "Floats"


@dataclass(slots=True)
class Answers:
    """What annotators answered to a question of the cascade.

    uncorrected: why agreement in it is not corrected for chance; empty where it is. found: whether it asks if something
    was found at all, so that units which two annotators both lack do not count: the share is an F1, and the answer to
    count has the number 0. order: its values from the weakest on, where they have an order. merges: whether two of its
    values could be taken as one.
    """

    name: str
    level: int
    uncorrected: str = ""
    found: bool = False
    order: tuple[str, ...] = ()
    merges: bool = False
    numbers: dict[str, int] = field(default_factory=dict)
    answers: "array[int]" = field(default_factory=lambda: array("i"))
    weights: "array[int]" = field(default_factory=lambda: array("q"))
    units: "array[int]" = field(default_factory=lambda: array("i"))
    places: dict[tuple[int, int], list[Occurrence]] = field(default_factory=dict)

    def number(self, value: str) -> int:
        """Return the number that stands for a value."""
        return self.numbers.setdefault(value, len(self.numbers))

    def add(self, article: int, numbers: Sequence[int], weight: int = 1) -> None:
        """Add a unit. numbers: an answer of each annotator of the article. weight: how many such units there are."""
        self.units.append(article)
        self.answers.extend(numbers)
        self.weights.append(weight)

    def add_places(self, numbers: Sequence[int], place: Callable[[Sequence[int]], Occurrence]) -> None:
        """Keep where a unit is in which answers differ. place: what makes it, given who of the article is concerned."""
        by_number: defaultdict[int, list[int]] = defaultdict(list)
        for who, number in enumerate(numbers):
            if number != MISSING:
                by_number[number].append(who)
        for pair in combinations(sorted(by_number), 2):
            kept = self.places.get(pair)
            if kept is None:
                if len(self.places) >= MOST_CONFUSIONS:
                    continue
                kept = self.places[pair] = []
            if len(kept) < MOST_PLACES:
                kept.append(place(sorted(by_number[pair[0]] + by_number[pair[1]])))

    def measure(self, articles: ReadArticles) -> FieldAgreement:
        """Return all figures of the question."""
        return _Measured(self, articles).agreement()

    def measure_groups(self, articles: ReadArticles, groups: "Floats") -> tuple[list[Figure], list[Figure], list[int]]:
        """Return share, alpha and number of units of groups of articles. groups: (groups, articles), 1 or 0."""
        return _Measured(self, articles).of_groups(groups)


class _Measured:
    """The sums of a question, by article, and what is computed of them."""

    def __init__(self, question: Answers, articles: ReadArticles) -> None:
        import numpy as np

        self.question, self.articles = question, articles
        self.names = list(question.numbers)
        table, article, weight = _table(question, articles)
        present = (table >= 0).sum(1)
        kept = present >= 2
        self.table: Codes = table[kept]
        self.article: NDArray[np.int32] = article[kept]
        self.weight: Floats = weight[kept].astype(float)
        self.present: Floats = present[kept].astype(float)
        self.values = len(self.names)
        drawn = articles.drawn
        self.sets = np.vstack([np.ones((1, drawn.shape[1])), drawn])
        self.pairs = list(combinations(range(table.shape[1]), 2))

    def sums(self, entries: "Sequence[tuple[Codes, Codes, Floats]]", columns: int, sets: "Floats") -> "Floats":
        """Return sums by set of articles and column. entries: articles, columns and what is to be added there."""
        import numpy as np

        count = sets.shape[1]
        by_article = np.zeros(count * columns)
        for article, column, weight in entries:
            by_article += np.bincount(article.astype(np.int64) * columns + column, weight, count * columns)
        return sets @ by_article.reshape(count, columns)

    def of_pairs(self, *, equal: bool) -> "list[tuple[Codes, Codes, Codes, Floats, Floats]]":
        """Return of each two annotators articles, answers of both, weights of units, and weights of coincidences."""
        found = []
        for one, other in self.pairs:
            first, second = self.table[:, one], self.table[:, other]
            here = (first >= 0) & (second >= 0)
            if equal:
                here &= first == second
            if here.any():
                weight = self.weight[here]
                found.append((self.article[here], first[here], second[here], weight, weight / (self.present[here] - 1)))
        return found

    def given(self, sets: "Floats") -> "Floats":
        """Return how often each value was given: (sets, values)."""
        entries = []
        for column in range(self.table.shape[1]):
            answers = self.table[:, column]
            here = answers >= 0
            entries.append((self.article[here], answers[here], self.weight[here]))
        return self.sums(entries, self.values, sets)

    def same(self, sets: "Floats") -> "Floats":
        """Return the diagonal of the coincidence matrix: (sets, values)."""
        return self.sums([(a, x, 2 * by) for a, x, _, _, by in self.of_pairs(equal=True)], self.values, sets)

    def coincidences(self, sets: "Floats", order: "Codes | None" = None) -> "Floats":
        """Return the coincidence matrix: (sets, values, values). order: new numbers of the values."""
        import numpy as np

        place = np.arange(self.values) if order is None else order
        count = int(place.max(initial=-1)) + 1
        entries = []
        for article, first, second, _, by in self.of_pairs(equal=False):
            entries.append((article, place[first] * count + place[second], by))
            entries.append((article, place[second] * count + place[first], by))
        return self.sums(entries, count * count, sets).reshape(len(sets), count, count)

    def compared(self, sets: "Floats") -> "tuple[Floats, Floats]":
        """Return by value how often others answered as well where one gave it, and how often the same."""
        both = []
        for article, first, second, weight, _ in self.of_pairs(equal=False):
            both += [(article, first, weight), (article, second, weight)]
        agreed = [(a, x, 2 * weight) for a, x, _, weight, _ in self.of_pairs(equal=True)]
        return self.sums(both, self.values, sets), self.sums(agreed, self.values, sets)

    def shares(self, compared: "Floats", agreed: "Floats") -> "Floats":
        if self.question.found:
            return of.share(agreed[:, 0], compared[:, 0]) if self.values else of.share(agreed.sum(1), compared.sum(1))
        return of.share(agreed.sum(1), compared.sum(1))

    def ranks(self) -> "Codes | None":
        """Return the place of each value in the order; None where there is none, or a value is not in it."""
        import numpy as np

        order = self.question.order
        if not order or not self.names or any(name not in order for name in self.names):
            return None
        return np.array([order.index(name) for name in self.names], dtype=np.int32)

    def alphas(self, sets: "Floats", given: "Floats", same: "Floats") -> "Floats":
        ranks = self.ranks()
        return (
            of.nominal_alpha(given, same.sum(1)) if ranks is None else of.ordinal_alpha(self.coincidences(sets, ranks))
        )

    def agreement(self) -> FieldAgreement:
        question = self.question
        given, same = self.given(self.sets), self.same(self.sets)
        compared, agreed = self.compared(self.sets)
        shares = self.shares(compared, agreed)
        scale: Scale = "nominal" if self.ranks() is None else "ordinal"
        if question.uncorrected:
            kappa = alpha = Figure(None, reason=question.uncorrected)
        else:
            alphas = self.alphas(self.sets, given, same)
            alpha = of.figure(alphas[0], alphas[1:], of.ONE_VALUE if given[0].sum() else of.NO_ANSWERS)
            kappa = self.kappa()
        return FieldAgreement(
            name=question.name,
            level=question.level,
            scale=scale,
            units=int(self.weight.sum()),
            answers=int(given[0].sum()),
            share=of.figure(shares[0], shares[1:], of.NO_ANSWERS),
            kappa=kappa,
            alpha=alpha,
            pairs=tuple(self.pair_agreement()),
            values=() if question.uncorrected else tuple(self.value_agreement(given, same, compared, agreed)),
            confusions=tuple(self.confusions()),
            merged=tuple(self.merged(alpha)),
        )

    def kappa(self) -> Figure:
        """Return Cohen's kappa of two annotators, Fleiss' of more; of the units that all of them answered."""
        import numpy as np

        if self.table.shape[1] == 2:
            return self.cohen(0, 1)
        full = (self.table >= 0).all(1)
        if not full.any():
            return Figure(None, reason=of.NOT_ALL)
        part = _SomeUnits(self, np.asarray(full))
        _, agreed = part.compared(self.sets)
        values = of.fleiss_kappa(part.given(self.sets), agreed.sum(1), self.table.shape[1])
        return of.figure(values[0], values[1:], of.ONE_VALUE)

    def cohen(self, one: int, other: int) -> Figure:
        here = (self.table[:, one] >= 0) & (self.table[:, other] >= 0)
        if not here.any():
            return Figure(None, reason=of.NOT_TOGETHER)
        article, first, second = self.article[here], self.table[here, one], self.table[here, other]
        weight = self.weight[here]
        same = first == second
        values = of.cohen_kappa(
            self.sums([(article, first, weight)], self.values, self.sets),
            self.sums([(article, second, weight)], self.values, self.sets),
            self.sums([(article[same], first[same], weight[same])], self.values, self.sets).sum(1),
        )
        return of.figure(values[0], values[1:], of.ONE_VALUE)

    def pair_agreement(self) -> list[PairAgreement]:
        import numpy as np

        found = []
        names = self.articles.annotators
        for one, other in self.pairs:
            if not any(one in who and other in who for who in set(self.articles.read_by)):
                continue
            here = (self.table[:, one] >= 0) & (self.table[:, other] >= 0)
            part = _SomeUnits(self, np.asarray(here), (one, other))
            shares = part.shares(*part.compared(self.sets))
            uncorrected = self.question.uncorrected
            found.append(
                PairAgreement(
                    one=names[one],
                    other=names[other],
                    units=int(self.weight[here].sum()),
                    share=of.figure(shares[0], shares[1:], of.NOT_TOGETHER),
                    kappa=Figure(None, reason=uncorrected) if uncorrected else self.cohen(one, other),
                )
            )
        return found

    def value_agreement(
        self, given: "Floats", same: "Floats", compared: "Floats", agreed: "Floats"
    ) -> list[ValueAgreement]:
        shares = of.share(agreed, compared)
        alphas = of.value_alpha(given, same, given.sum(1))
        most = sorted(range(self.values), key=lambda number: (-given[0, number], self.names[number]))
        return [
            ValueAgreement(
                value=self.names[number],
                answers=int(given[0, number]),
                share=of.figure(shares[0, number], shares[1:, number], of.NOT_GIVEN),
                alpha=of.figure(alphas[0, number], alphas[1:, number], of.ONE_VALUE),
            )
            for number in most[:MOST_VALUES]
            if given[0, number]
        ]

    def confusions(self) -> list[Confusion]:
        """Return how often each two values were given for one unit, the most frequent first."""
        import numpy as np

        if self.question.uncorrected and not self.question.found:
            return []
        counts: Mapping[int, int] = defaultdict(int)
        for _, first, second, weight, _ in self.of_pairs(equal=False):
            apart = first != second
            low, high = np.minimum(first, second)[apart], np.maximum(first, second)[apart]
            keys, place = np.unique(low.astype(np.int64) * self.values + high, return_inverse=True)
            for key, count in zip(keys.tolist(), np.bincount(place, weight[apart], len(keys)).tolist(), strict=True):
                counts[key] += int(count)  # type: ignore[index]
        found = []
        for key, count in counts.items():
            low_number, high_number = divmod(key, self.values)
            one, other = _in_order(self.names[low_number], self.names[high_number])
            places = self.question.places.get((low_number, high_number), [])
            found.append(Confusion(one, other, count, tuple(places)))
        return sorted(found, key=lambda each: (-each.count, each.one, each.other))[:MOST_CONFUSIONS]

    def merged(self, alpha: Figure) -> list[tuple[str, str, float]]:
        """Return the pairs of values that, taken as one, would raise alpha, and to what."""
        import numpy as np

        if not self.question.merges or alpha.value is None or self.ranks() is not None:
            return []
        given = self.given(self.sets[:1])[0]
        table = self.coincidences(self.sets[:1])[0]
        values = of.merged_alpha(given, table)
        raised = np.argwhere(np.triu(np.nan_to_num(values, nan=-1) > alpha.value + 1e-12, 1)).tolist()
        found = [(*_in_order(self.names[one], self.names[other]), float(values[one, other])) for one, other in raised]
        return sorted(found, key=lambda each: (-each[2], each[:2]))[:MOST_MERGED]

    def of_groups(self, groups: "Floats") -> "tuple[list[Figure], list[Figure], list[int]]":
        given, same = self.given(groups), self.same(groups)
        shares = self.shares(*self.compared(groups))
        units = self.sums([(self.article, self.article * 0, self.weight)], 1, groups)[:, 0]
        share = [of.figure(value, (), of.NO_ANSWERS) for value in shares]
        if self.question.uncorrected:
            alpha = [Figure(None, reason=self.question.uncorrected)] * len(groups)
        else:
            reasons = [of.ONE_VALUE if count else of.NO_ANSWERS for count in given.sum(1)]
            alphas = self.alphas(groups, given, same)
            alpha = [of.figure(value, (), why) for value, why in zip(alphas, reasons, strict=True)]
        return share, alpha, [int(count) for count in units]


class _SomeUnits(_Measured):
    """Some units of a question, and some annotators of these."""

    def __init__(self, whole: _Measured, units: "NDArray[np.bool_]", annotators: Sequence[int] = ()) -> None:
        self.question, self.articles, self.names = whole.question, whole.articles, whole.names
        table = whole.table[units]
        self.table = table[:, list(annotators)] if annotators else table
        self.article, self.weight = whole.article[units], whole.weight[units]
        self.present = (self.table >= 0).sum(1).astype(float)
        self.values, self.sets = whole.values, whole.sets
        self.pairs = list(combinations(range(self.table.shape[1]), 2))


def _in_order(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one <= other else (other, one)


def _table(question: Answers, articles: ReadArticles) -> "tuple[Codes, Codes, NDArray[np.int64]]":
    """Return answers by unit and annotator, and the article and weight of each unit."""
    import numpy as np

    article = np.frombuffer(question.units, dtype=np.int32) if question.units else np.zeros(0, dtype=np.int32)
    weight = np.frombuffer(question.weights, dtype=np.int64) if question.weights else np.zeros(0, dtype=np.int64)
    flat = np.frombuffer(question.answers, dtype=np.int32) if question.answers else np.zeros(0, dtype=np.int32)
    many = np.array([len(who) for who in articles.read_by], dtype=np.int64)
    per_unit = many[article] if len(article) else np.zeros(0, dtype=np.int64)
    everybody = np.concatenate([np.array(who, dtype=np.int32) for who in articles.read_by] or [np.zeros(0, np.int32)])
    begins = np.concatenate([[0], np.cumsum(many)])[:-1]
    unit = np.repeat(np.arange(len(article)), per_unit)
    within = np.arange(len(flat)) - np.repeat(np.cumsum(per_unit) - per_unit, per_unit)
    who = everybody[begins[article][unit] + within] if len(flat) else np.zeros(0, dtype=np.int32)
    table = np.full((len(article), len(articles.annotators)), MISSING, dtype=np.int32)
    table[unit, who] = flat
    return table, article, weight


@dataclass(slots=True)
class Overlaps:
    """A question that each two annotators answer with a number from 0 to 1: how much of their words they share."""

    name: str
    level: int
    uncorrected: str
    scale: Scale = "overlap"
    articles: "array[int]" = field(default_factory=lambda: array("i"))
    ones: "array[int]" = field(default_factory=lambda: array("i"))
    others: "array[int]" = field(default_factory=lambda: array("i"))
    values: "array[float]" = field(default_factory=lambda: array("d"))
    units: int = 0
    answers: int = 0

    def add(self, article: int, one: int, other: int, value: float) -> None:
        """Add what two annotators of an article, by their places in it, have in common in a unit."""
        self.articles.append(article)
        self.ones.append(one)
        self.others.append(other)
        self.values.append(value)

    def count(self, answers: int) -> None:
        """Count a unit that so many annotators answered."""
        self.units += 1
        self.answers += answers

    def measure(self, articles: ReadArticles) -> FieldAgreement:
        """Return all figures of the question."""
        import numpy as np

        sets = np.vstack([np.ones((1, articles.drawn.shape[1])), articles.drawn])
        article, one, other, value = self._columns(articles)
        shares = self._shares(article, value, sets)
        none = Figure(None, reason=self.uncorrected)
        pairs = []
        for first, second in combinations(range(len(articles.annotators)), 2):
            if any(first in who and second in who for who in set(articles.read_by)):
                here = (one == first) & (other == second)
                theirs = self._shares(article[here], value[here], sets)
                figure = of.figure(theirs[0], theirs[1:], of.NOT_TOGETHER)
                names = articles.annotators[first], articles.annotators[second]
                pairs.append(PairAgreement(*names, int(here.sum()), figure, none))
        figure = of.figure(shares[0], shares[1:], of.NO_ANSWERS)
        return FieldAgreement(
            self.name, self.level, self.scale, self.units, self.answers, figure, none, none, tuple(pairs)
        )

    def measure_groups(self, articles: ReadArticles, groups: "Floats") -> tuple[list[Figure], list[Figure], list[int]]:
        """Return share, alpha and number of pairs of answers of groups of articles. groups: (groups, articles)."""
        import numpy as np

        article, _, _, value = self._columns(articles)
        shares = self._shares(article, value, groups)
        counts = groups @ np.bincount(article, minlength=groups.shape[1])
        none = Figure(None, reason=self.uncorrected)
        return [of.figure(each, (), of.NO_ANSWERS) for each in shares], [none] * len(groups), list(map(int, counts))

    def _columns(self, articles: ReadArticles) -> "tuple[Codes, Codes, Codes, Floats]":
        import numpy as np

        article = np.array(self.articles, dtype=np.int32)
        everybody = np.concatenate(
            [np.array(who, dtype=np.int32) for who in articles.read_by] or [np.zeros(0, np.int32)]
        )
        begins = np.concatenate([[0], np.cumsum([len(who) for who in articles.read_by])])[:-1].astype(np.int64)
        one, other = (
            everybody[begins[article] + np.array(each, dtype=np.int64)] if len(article) else article
            for each in (self.ones, self.others)
        )
        return article, one, other, np.array(self.values, dtype=float)

    @staticmethod
    def _shares(article: "Codes", value: "Floats", sets: "Floats") -> "Floats":
        import numpy as np

        count = sets.shape[1]
        return of.share(
            sets @ np.bincount(article, value, count), sets @ np.bincount(article, minlength=count).astype(float)
        )
