"""What is to be decided, and what was: conflicts with their candidates, and verdicts on them."""

from dataclasses import dataclass

from stancebank.model import Statement

NOTHING_HERE = "nothing"
"""The choice that what annotators marked is no statement."""

OWN = "own"
"""The choice of none of the candidates: the adjudicator marked what it should be."""


@dataclass(frozen=True, slots=True)
class CandidateStatement:
    """What one annotator, or several alike, have of a unit, conditions and links included.

    letter: ``A``, ``B`` ...; letters are dealt at random, so that they tell nothing of who it was. annotators: their
    pseudonyms, which an adjudicator does not see. statement: with the ids of the first of them; None for those who have
    nothing here.
    """

    letter: str
    annotators: tuple[str, ...]
    statement: Statement | None


@dataclass(frozen=True, slots=True)
class Conflict:
    """A unit that somebody has to decide.

    key: the same as long as the readings say the same of the unit, a short hexadecimal digest. candidates: by letter.
    fields: names of what they differ in, as people read them; ``statement`` where not all annotators found it. begin,
    end: of the words of all candidates, in the text. by: who is to decide; None where nobody was named.
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

    choice: a letter, `NOTHING_HERE` or `OWN`. statement: what it is to be, of `OWN` alone. reason: of
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
