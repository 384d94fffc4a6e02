"""What annotators answered to one question of the cascade, unit by unit, and the figures of that.

Answers are kept as numbers, four bytes each, so that those of many articles fit into memory.
"""

from array import array
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

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
from stancebank.agreement.sums import Entries, Sums, compressed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from stancebank.agreement.sums import Codes, Floats

MISSING = -1
"""The number that stands for no answer."""

MOST_PLACES = 50
"""So many places of a confusion are kept."""
MOST_CONFUSIONS = 1000
"""So many confusions of a question are reported, the most frequent ones; places are kept of the first so many."""
MOST_VALUES = 60
"""So many values of a question have figures of their own, those that were given most."""
MOST_MERGED = 20
"""So many pairs of values are reported that would raise alpha if they were one."""


@dataclass(frozen=True, slots=True)
class Units:
    """The units of a question: by unit, its article, and how many such units there are, where not one."""

    articles: "array[int]" = field(default_factory=lambda: array("i"))
    weights: "array[int]" = field(default_factory=lambda: array("q"))


@dataclass(frozen=True)
class ReadArticles:
    """Who read the articles of a report. annotators: all. read_by: by article, the numbers of its annotators."""

    annotators: tuple[str, ...]
    read_by: Sequence[tuple[int, ...]]

    @cached_property
    def pairs(self) -> list[tuple[int, int]]:
        """The numbers of each two annotators who have an article in common."""
        sets = [set(who) for who in set(self.read_by)]
        numbers = range(len(self.annotators))
        return [pair for pair in combinations(numbers, 2) if any(who.issuperset(pair) for who in sets)]


@dataclass(slots=True)
class Answers:
    """What annotators answered to a question of the cascade.

    answers: by unit, a number of each annotator of its article, which stands for a value or for none. numbers: of the
    values. uncorrected: why agreement in it is not corrected for chance; empty where it is. unanswered: why there are
    no figures where no unit has two answers. found: whether it asks if something was found at all: then units that two
    annotators both lack do not count, so that the share is an F1, and the value that counts has the number 0. ranks: of
    its values, from the weakest on, where they have an order. merges: whether two of its values could be one.
    """

    name: str
    level: int
    units: Units
    uncorrected: str = ""
    unanswered: str = of.NO_ANSWERS
    found: bool = False
    ranks: Mapping[str, int] = field(default_factory=dict)
    merges: bool = False
    numbers: dict[str, int] = field(default_factory=dict)
    answers: "array[int]" = field(default_factory=lambda: array("i"))
    places: dict[tuple[int, int], list[Occurrence]] = field(default_factory=dict)

    def number(self, value: str) -> int:
        """Return the number that stands for a value."""
        return self.numbers.setdefault(value, len(self.numbers))

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

    def measured(self, read: ReadArticles) -> "_Measured":
        """Return what has the figures of the question."""
        return _Measured(self, read)


class _Pairs(NamedTuple):
    """Two answers to one unit, each row one: which annotators, article, answers, weight of the unit, coincidence."""

    pair: "Codes"
    article: "Codes"
    one: "Codes"
    other: "Codes"
    weight: "Floats"
    coincidence: "Floats"

    def where(self, kept: "NDArray[np.bool_]") -> "_Pairs":
        pair, article, one, other, weight, coincidence = self
        return _Pairs(pair[kept], article[kept], one[kept], other[kept], weight[kept], coincidence[kept])

    @property
    def same(self) -> "_Pairs":
        return self.where(self.one == self.other)


class _Measured:
    """The answers to a question as arrays, and what is computed of them.

    Of units with two answers or more alone: the others can neither agree nor disagree.
    """

    sums: Sums

    def __init__(self, question: Answers, read: ReadArticles) -> None:
        self.question, self.read = question, read
        self.names = list(question.numbers)
        table, article, weight = answer_table(question, read)
        self.count = max(len(self.names), 1 + int(table.max(initial=0)))
        present = (table >= 0).sum(1)
        kept = present >= 2
        table, present = table[kept], present[kept]
        self.table, self.article, self.weight = table, article[kept], weight[kept].astype(float)
        unit, who = (table >= 0).nonzero()
        self.given = compressed(Entries(self.article[unit], table[unit, who], self.weight[unit]), self.count)
        self.pairs = self._pairs(present)
        self.same = self.pairs.same
        self.by_article = self._by_article()

    def _pairs(self, present: "NDArray[np.int64]") -> _Pairs:
        import numpy as np

        found = []
        for number, (one, other) in enumerate(self.read.pairs):
            first, second = self.table[:, one], self.table[:, other]
            here = (first >= 0) & (second >= 0)
            weight = self.weight[here]
            pair = np.full(len(weight), number, dtype=np.int32)
            found.append(
                _Pairs(pair, self.article[here], first[here], second[here], weight, weight / (present[here] - 1))
            )
        none = np.zeros(0, dtype=np.int32)
        found = found or [_Pairs(none, none, none, none, np.zeros(0), np.zeros(0))]
        return _Pairs(*(np.concatenate(each) for each in zip(*found, strict=True)))

    def of_groups(self, every: Sequence[Sums]) -> list[tuple[Figure, Figure]]:
        """Return share and alpha of groups of articles: of each set that is no sample of another."""
        question = self.question
        found = []
        for self.sums in every:
            shares = _figures(self.shares(), self.sums, question.unanswered)
            alphas = [Figure(None, reason=question.uncorrected)] * len(shares)
            if not question.uncorrected:
                alphas = _figures(self.alphas(), self.sums, of.ONE_VALUE)
            found += [
                (share, share if share.value is None and not question.uncorrected else alpha)
                for share, alpha in zip(shares, alphas, strict=True)
            ]
        return found

    def _by_article(self) -> "Floats":
        """Return what each article adds to sums without values: (articles, 2 * pairs + 2).

        By pair of annotators, how much they agree in and in how much; then coincidences of the same value, and answers.
        Of what was found, both annotators count twice where both found it, so that the share is the F1.
        """
        import numpy as np

        pairs, same = self.pairs, self.same
        compared, agreed = pairs.weight, same.weight
        if self.question.found:
            compared = pairs.weight * ((pairs.one == 0) * 1.0 + (pairs.other == 0))
            agreed = 2 * same.weight * (same.one == 0)
        articles, count = len(self.read.read_by), len(self.read.pairs)
        by_pair = [
            np.bincount(each.article * np.int64(count) + each.pair, weight, articles * count).reshape(articles, count)
            for each, weight in ((same, agreed), (pairs, compared))
        ]
        alike = np.bincount(same.article, 2 * same.coincidence, articles)
        answers = np.bincount(self.given.article, self.given.weight, articles)
        return np.column_stack([*by_pair, alike, answers])

    def pair_sums(self) -> "tuple[Floats, Floats]":
        """Return in how much each two annotators agree, and in how much they could: (sets, pairs), twice."""
        count = len(self.read.pairs)
        found = self.sums.of_articles(self.by_article[:, : 2 * count])
        return found[:, :count], found[:, count:]

    def shares(self) -> "Floats":
        """Return the share of pairs of answers that are the same; of what was found, the F1."""
        agreed, compared = self.pair_sums()
        return of.share(agreed.sum(1), compared.sum(1))

    def squares(self) -> "Floats":
        """Return the squares of how often each value was given, added up."""
        return self.sums.products(self.given, self.given, self.count)

    def answers(self) -> "Floats":
        return self.sums.of_articles(self.by_article[:, -1:])[:, 0]

    def ranks(self) -> "Codes | None":
        """Return the place of each value in the order; None where there is none, or a value is not in it."""
        import numpy as np

        ranks = self.question.ranks
        if not self.names or any(name not in ranks for name in self.names):
            return None
        return np.array([ranks[name] for name in self.names], dtype=np.int32)

    def alphas(self) -> "Floats":
        """Return Krippendorff's alpha, on the scale of the question."""
        import numpy as np

        ranks = self.ranks()
        if ranks is None:
            same, answers = self.sums.of_articles(self.by_article[:, -2:]).T
            return of.nominal_alpha(answers, same, self.squares())
        count = max(self.question.ranks.values()) + 1
        keys = [a * count + b for a, b in ((ranks[self.pairs.one], ranks[self.pairs.other]),)]
        keys.append(ranks[self.pairs.other] * count + ranks[self.pairs.one])
        twice = [np.concatenate([each, each]) for each in (self.pairs.article, self.pairs.coincidence)]
        table = self.sums.columns(Entries(twice[0], np.concatenate(keys), twice[1]), count * count)
        return of.ordinal_alpha(table.reshape(-1, count, count))

    def agreement(self, sums: Sums) -> FieldAgreement:
        """Return all figures of the question. sums: of everything, and of samples."""
        self.sums = sums
        question = self.question
        answers = self.answers()
        agreed, compared = self.pair_sums()
        alpha = Figure(None, reason=question.uncorrected)
        if not question.uncorrected:
            alpha = of.figure(self.alphas(), of.ONE_VALUE if answers[0] else question.unanswered)
        pairs = self.pair_agreement(agreed, compared)
        return FieldAgreement(
            name=question.name,
            level=question.level,
            scale="nominal" if self.ranks() is None else "ordinal",
            units=round(float(self.weight.sum())),
            answers=round(float(answers[0])),
            share=of.figure(of.share(agreed.sum(1), compared.sum(1)), question.unanswered),
            kappa=self.kappa(pairs) if answers[0] and not question.uncorrected else alpha,
            alpha=alpha,
            pairs=tuple(pairs),
            values=() if question.uncorrected else tuple(self.value_agreement(answers)),
            confusions=tuple(self.confusions()),
            merged=tuple(self.merged(alpha)),
        )

    def kappa(self, pairs: Sequence[PairAgreement]) -> Figure:
        """Return Cohen's kappa of two annotators, Fleiss' of more; of the units that all of them answered."""
        everybody = self.table.shape[1]
        if everybody == 2:
            return pairs[0].kappa
        full = (self.table >= 0).all(1)
        if not full.any():
            return Figure(None, reason=of.NOT_ALL)
        table, article, weight = self.table[full], self.article[full], self.weight[full]
        given = Entries(article.repeat(everybody), table.ravel(), weight.repeat(everybody))
        agreed = sum(weight * (table[:, one] == table[:, other]) for one, other in combinations(range(everybody), 2))
        values = of.fleiss_kappa(
            self.sums.all(article, everybody * weight),
            self.sums.all(article, 2 * agreed),
            self.squares() if full.all() else self.sums.products(given, given, self.count),
            everybody,
        )
        return of.figure(values, of.ONE_VALUE)

    def pair_agreement(self, agreed: "Floats", compared: "Floats") -> list[PairAgreement]:
        """Return what each two annotators agree in. agreed, compared: as `pair_sums` returns them."""
        names, why = self.read.annotators, self.question.uncorrected
        shares = of.figures(of.share(agreed, compared), [of.NOT_TOGETHER] * len(self.read.pairs))
        found = []
        for number, (one, other) in enumerate(self.read.pairs):
            pairs = self.pairs.where(self.pairs.pair == number)
            kappa = Figure(None, reason=why or of.NOT_TOGETHER)
            if not why and len(pairs.article):
                ones, others = (Entries(pairs.article, each, pairs.weight) for each in (pairs.one, pairs.other))
                by_chance = self.sums.products(ones, others, self.count)
                kappa = of.figure(of.cohen_kappa(compared[:, number], agreed[:, number], by_chance), of.ONE_VALUE)
            units = round(float(pairs.weight.sum()))
            found.append(PairAgreement(names[one], names[other], units, shares[number], kappa))
        return found

    def value_agreement(self, answers: "Floats") -> list[ValueAgreement]:
        """Return the figures of the values that were given most."""
        import numpy as np

        given = np.bincount(self.given.column, self.given.weight, self.count)
        most = sorted(np.flatnonzero(given).tolist(), key=lambda number: (-given[number], self.names[number]))
        most = most[:MOST_VALUES]
        place = np.full(self.count, -1)
        place[most] = np.arange(len(most))

        def by_value(article: "Codes", value: "Codes", weight: "Floats") -> "Floats":
            kept = place[value] >= 0
            return self.sums.columns(Entries(article[kept], place[value[kept]], weight[kept]), len(most))

        pairs, same = self.pairs, self.same
        compared = by_value(pairs.article, pairs.one, pairs.weight) + by_value(pairs.article, pairs.other, pairs.weight)
        shares = of.share(2 * by_value(same.article, same.one, same.weight), compared)
        alphas = of.value_alpha(
            answers,
            by_value(self.given.article, self.given.column, self.given.weight),
            2 * by_value(same.article, same.one, same.coincidence),
        )
        figures = zip(
            of.figures(shares, [of.NOT_GIVEN] * len(most)), of.figures(alphas, [of.ONE_VALUE] * len(most)), strict=True
        )
        return [
            ValueAgreement(self.names[number], round(float(given[number])), *both)
            for number, both in zip(most, figures, strict=True)
        ]

    def _confused(self) -> "list[tuple[int, int, float, float]]":
        """Return the pairs of values that were given for one unit: how many pairs of answers, and coincidences."""
        import numpy as np

        apart = self.pairs.where(self.pairs.one != self.pairs.other)
        low, high = np.minimum(apart.one, apart.other), np.maximum(apart.one, apart.other)
        keys, place = np.unique(low.astype(np.int64) * self.count + high, return_inverse=True)
        counts, weights = (np.bincount(place, each, len(keys)) for each in (apart.weight, apart.coincidence))
        return [
            (*divmod(key, self.count), count, weight)
            for key, count, weight in zip(keys.tolist(), counts.tolist(), weights.tolist(), strict=True)
        ]

    def confusions(self) -> list[Confusion]:
        """Return how often each two values were given for one unit, the most frequent first."""
        if self.question.uncorrected and not self.question.found:
            return []
        found = [
            Confusion(
                *_in_order(self.names[low], self.names[high]),
                round(count),
                tuple(self.question.places.get((low, high), ())),
            )
            for low, high, count, _ in self._confused()
        ]
        return sorted(found, key=lambda each: (-each.count, each.one, each.other))[:MOST_CONFUSIONS]

    def merged(self, alpha: Figure) -> list[tuple[str, str, float]]:
        """Return the pairs of values that, taken as one, would raise alpha, and to what."""
        import numpy as np

        if not self.question.merges or alpha.value is None or self.ranks() is not None:
            return []
        given = np.bincount(self.given.column, self.given.weight, self.count)
        answers, same, squares = given.sum(), 2 * self.same.coincidence.sum(), (given * given).sum()
        confused = self._confused()
        low, high, _, weight = (
            (np.array(each) for each in zip(*confused, strict=True)) if confused else (np.zeros(0),) * 4
        )
        low, high = low.astype(np.int64), high.astype(np.int64)
        values = of.nominal_alpha(answers, same + 2 * weight, squares + 2 * given[low] * given[high])
        found = [
            (*_in_order(self.names[one], self.names[other]), value)
            for one, other, value in zip(low.tolist(), high.tolist(), values.tolist(), strict=True)
            if value > alpha.value + 1e-12
        ]
        return sorted(found, key=lambda each: (-each[2], each[:2]))[:MOST_MERGED]


def _in_order(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one <= other else (other, one)


def answer_table(question: Answers, read: ReadArticles) -> "tuple[Codes, Codes, NDArray[np.int64]]":
    """Return answers by unit and annotator, and the article and weight of each unit."""
    import numpy as np

    article = np.array(question.units.articles, dtype=np.int32)
    weight = np.array(question.units.weights, dtype=np.int64)
    weight = weight if len(weight) else np.ones(len(article), dtype=np.int64)
    flat = np.array(question.answers, dtype=np.int32)
    many = np.array([len(who) for who in read.read_by], dtype=np.int64)
    everybody = np.array([number for who in read.read_by for number in who], dtype=np.int32)
    per_unit = many[article]
    unit = np.repeat(np.arange(len(article)), per_unit)
    within = np.arange(len(flat)) - np.repeat(np.cumsum(per_unit) - per_unit, per_unit)
    who = everybody[(np.cumsum(many) - many)[article][unit] + within]
    table = np.full((len(article), len(read.annotators)), MISSING, dtype=np.int32)
    table[unit, who] = flat
    return table, article, weight


@dataclass(slots=True)
class Overlaps:
    """A question that each two annotators answer with a number from 0 to 1, such as how much of their words they share.

    ones, others: the annotators, by their places in the article. units, answers: how many.
    """

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
        """Add what two annotators have in common in a unit."""
        self.articles.append(article)
        self.ones.append(one)
        self.others.append(other)
        self.values.append(value)

    def count(self, answers: int) -> None:
        """Count a unit that so many annotators answered."""
        self.units += 1
        self.answers += answers

    def measured(self, read: ReadArticles) -> "_MeasuredOverlaps":
        """Return what has the figures of the question."""
        return _MeasuredOverlaps(self, read)


class _MeasuredOverlaps:
    """The numbers of a question as arrays: by row its article, the numbers of its annotators in order, and a value."""

    def __init__(self, question: Overlaps, read: ReadArticles) -> None:
        import numpy as np

        self.question, self.read = question, read
        self.article = np.array(question.articles, dtype=np.int32)
        everybody = np.array([number for who in read.read_by for number in who], dtype=np.int32)
        many = np.array([len(who) for who in read.read_by], dtype=np.int64)
        begins = (np.cumsum(many) - many)[self.article]
        one, other = (everybody[begins + np.array(each, dtype=np.int64)] for each in (question.ones, question.others))
        self.one, self.other = np.minimum(one, other), np.maximum(one, other)
        self.value = np.array(question.values, dtype=float)

    def agreement(self, sums: Sums) -> FieldAgreement:
        """Return all figures of the question. sums: of everything, and of samples."""
        question, names = self.question, self.read.annotators
        none = Figure(None, reason=question.uncorrected)
        pairs = []
        for first, second in self.read.pairs:
            here = (self.one == first) & (self.other == second)
            share = of.figure(_mean(self.article[here], self.value[here], sums), of.NOT_TOGETHER)
            pairs.append(PairAgreement(names[first], names[second], int(here.sum()), share, none))
        share = of.figure(_mean(self.article, self.value, sums), of.NO_ANSWERS)
        counts = question.units, question.answers
        return FieldAgreement(question.name, question.level, question.scale, *counts, share, none, none, tuple(pairs))

    def of_groups(self, every: Sequence[Sums]) -> list[tuple[Figure, Figure]]:
        """Return the share in groups of articles; there is no alpha."""
        none = Figure(None, reason=self.question.uncorrected)
        shares = [(_mean(self.article, self.value, sums), sums) for sums in every]
        return [(each, none) for values, sums in shares for each in _figures(values, sums, of.NO_ANSWERS)]


def _figures(values: "Floats", sums: Sums, reason: str) -> list[Figure]:
    """Return a figure of each set, or, where sets are samples of the first, one of that."""
    return of.figures(values[None, :], [reason] * len(values)) if sums.sets is None else [of.figure(values, reason)]


def _mean(article: "Codes", value: "Floats", sums: Sums) -> "Floats":
    import numpy as np

    return of.share(sums.all(article, value), sums.all(article, np.ones(len(article))))
