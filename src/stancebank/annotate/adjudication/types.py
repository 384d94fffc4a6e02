"""What is to be decided, and what was: rules, conflicts with their candidates, verdicts, and the plan of all."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from stancebank.model import Adjudication, ArticleReadings, Decision, Document, Statement

NOTHING_HERE = "nothing"
"""The choice that what annotators marked is no statement."""

OWN = "own"
"""The choice of none of the candidates: the adjudicator marked what it should be."""

ALL = "all"
"""The rule that takes every majority, whatever annotators differ in."""

LEAST_OF_MAJORITY = 3
"""How many annotators must have read an article so that more than half of them are a majority."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the maintainer decided once for all conflicts.

    majority: fields, as people read their names, in which a majority may decide, or `ALL`; empty for none. More than
    half of an article's annotators, and these are three at least, must have the very same statement, or all lack it;
    and the readings must differ in nothing but these fields. No statement is ever put together of several. by: the
    pseudonyms of those who decide the rest.
    """

    majority: tuple[str, ...] = ()
    by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CandidateStatement:
    """What one annotator, or several alike, have of a unit, conditions and links included.

    letter: ``A``, ``B`` ...; letters are dealt by a digest, so that they tell nothing of who it was. annotators: their
    pseudonyms, which an adjudicator does not see. statement: of the first of them, under ids that tell as little: its
    id is the key of the unit, ``same_as`` the key of another unit of the article, and conditions count ``<key>/c1``,
    ``<key>/c2``; None for those who have nothing here.
    """

    letter: str
    annotators: tuple[str, ...]
    statement: Statement | None


@dataclass(frozen=True, slots=True)
class Conflict:
    """A unit that somebody has to decide.

    key: the same as long as the readings say the same of the unit, a short hexadecimal digest. candidates: by letter.
    fields: names of what they differ in, as people read them; ``statement`` where not all annotators found it. begin,
    end: of the words of all candidates, in the text. by: who is to decide; None where nobody was named who may.
    """

    key: str
    article_id: str
    candidates: tuple[CandidateStatement, ...]
    fields: tuple[str, ...]
    begin: int
    end: int
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What somebody decided on a conflict.

    choice: a letter, `NOTHING_HERE` or `OWN`. statement: what it is to be, of `OWN` alone, with ids as those of
    candidates: ``same_as``, if it is a repetition, is the key of another unit of the article. reason: of
    `stancebank.model.REASON_CODES`. rule: such as ``G-403``, where one decided. decided_at: as documents write times.
    """

    key: str
    article_id: str
    choice: str
    by: str
    reason: str
    decided_at: str
    rule: str | None = None
    note: str | None = None
    statement: Statement | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """How a unit is settled without a verdict. method: of `stancebank.model.GOLD_METHODS`.

    statement: as those of candidates; None where nothing is here, or where the decision of the ledger stands. taken:
    whose it is. stands: that decision, whose statement is the one of gold.
    """

    method: str
    statement: Statement | None = None
    taken: str | None = None
    stands: Decision | None = None


@dataclass(frozen=True, slots=True)
class PlannedUnit:
    """A unit of an article, with what every annotator has of it.

    conflict: the unit with its candidates, also where it is settled. readings, seen: as in `Decision`. before: the
    decision of the ledger that was made on it, whether it stands or not. settled: None where somebody has to decide.
    """

    conflict: Conflict
    readings: Mapping[str, str | None]
    seen: Mapping[str, str | None]
    before: Decision | None
    settled: Settled | None

    @property
    def key(self) -> str:
        """The key of the conflict."""
        return self.conflict.key


@dataclass(frozen=True, slots=True)
class PlannedArticle:
    """An article that two annotators or more have read. units: in the order of the text.

    gold, ledger: as they are now; None where there is none.
    """

    readings: ArticleReadings
    units: tuple[PlannedUnit, ...]
    gold: Document | None
    ledger: Adjudication | None

    @property
    def article_id(self) -> str:
        """The id of the article."""
        return self.readings.article_id

    @property
    def conflicts(self) -> tuple[Conflict, ...]:
        """What somebody has to decide."""
        return tuple(each.conflict for each in self.units if each.settled is None)


@dataclass(frozen=True, slots=True)
class AdjudicationPlan:
    """What of all readings is settled, and what is not. left_out: articles that cannot be planned, and why, by id."""

    rules: Rules
    articles: tuple[PlannedArticle, ...]
    left_out: Mapping[str, str]

    @property
    def conflicts(self) -> tuple[Conflict, ...]:
        """The queue: what somebody has to decide, by article, in the order of the text."""
        return tuple(conflict for each in self.articles for conflict in each.conflicts)

    def units(self) -> Iterator[tuple[PlannedArticle, PlannedUnit]]:
        """Yield every unit with its article."""
        for article in self.articles:
            yield from ((article, each) for each in article.units)

    def methods(self) -> Counter[str]:
        """Count the settled units by how they are settled."""
        return Counter(each.settled.method for _, each in self.units() if each.settled)
