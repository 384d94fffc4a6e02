"""What a report on agreement consists of: figures with their intervals, level by level of a cascade.

Each level is measured on the units that the level above found. A figure that is not defined says why.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Scale = Literal["nominal", "ordinal", "overlap"]
"""How two answers differ: they are equal or not; by how many steps of a declared order; by the share of words."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure. value: None where it is not defined, and then reason says why.

    low, high: bounds of its 95 % interval, by drawing articles with replacement; None where there are too few articles.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Where something was read differently: an article, and for each annotator concerned the id of the statement.

    statements: by annotator; None where the annotator has none. begin, end: of the words, in the article's text.
    """

    article_id: str
    statements: Mapping[str, str | None]
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class ValueAgreement:
    """How far annotators agree on one value of a field.

    answers: how often it was given. share: of the other annotators' answers on the units where one gave it, those that
    gave it as well. alpha: Krippendorff's, of this value against all others.
    """

    value: str
    answers: int
    share: Figure
    alpha: Figure


@dataclass(frozen=True, slots=True)
class Confusion:
    """Two values that were given for one unit. count: of pairs of answers. places: up to 50 of them, by article."""

    one: str
    other: str
    count: int
    places: tuple[Occurrence, ...]


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """What two annotators agree in. units: those that both answered. kappa: Cohen's."""

    one: str
    other: str
    units: int
    share: Figure
    kappa: Figure


@dataclass(frozen=True, slots=True)
class FieldAgreement:
    """How far annotators agree in one question.

    name: of a field, as people read it, or of a question of the cascade, such as ``statement`` for whether it was
    found at all. level: of the cascade, from 0. units: with at least two answers. answers: on these. share: the mean
    over pairs of answers. kappa: Cohen's where there are two annotators, else Fleiss'; only of units that all of them
    answered. alpha: Krippendorff's, on the scale. values: by how often they were given. merged: the alpha with two
    values taken as one, the greatest gain first.
    """

    name: str
    level: int
    scale: Scale
    units: int
    answers: int
    share: Figure
    kappa: Figure
    alpha: Figure
    pairs: tuple[PairAgreement, ...] = ()
    values: tuple[ValueAgreement, ...] = ()
    confusions: tuple[Confusion, ...] = ()
    merged: tuple[tuple[str, str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class GroupAgreement:
    """The same question on some of the articles: an article, a version of the guidelines, a month.

    shares: by the name of the question. alphas: the same.
    """

    name: str
    articles: int
    units: int
    shares: Mapping[str, Figure]
    alphas: Mapping[str, Figure]


@dataclass(frozen=True, slots=True)
class AgreementReport:
    """How far annotators agree. articles: how many at least two of them read. statements: by annotator, how many.

    fields: in the order of the cascade. whole: the units that all annotators found and agree on in everything.
    approximate: see `stancebank.agreement.units.AlignedReadings`, over all articles.
    """

    annotators: tuple[str, ...]
    articles: int
    statements: Mapping[str, int]
    fields: tuple[FieldAgreement, ...]
    whole: Figure
    by_article: tuple[GroupAgreement, ...] = ()
    by_guidelines: tuple[GroupAgreement, ...] = ()
    by_month: tuple[GroupAgreement, ...] = ()
    approximate: int = 0
