"""Cases behind the cells of a picture: where something was read differently, listed so that cells can lead to them."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Case:
    """Where something was read differently. words: None where they are not shown. said: who says what.

    article: what it is called. href: the fragment that it leads to; "" for none.
    """

    words: str | None
    said: str
    article: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Cases:
    """Cases of one cell. id: the place that the cell leads to. more: how many cases are not listed."""

    id: str
    title: str
    cases: tuple[Case, ...]
    more: int = 0

    @property
    def href(self) -> str:
        """The fragment that leads here."""
        return f"#{self.id}"


MOST_CASES = 20
"""So many cases of a cell are listed."""

_LONGEST = 160
"""Characters of the words of a case."""


def list_cases(id_: str, title: str, cases: Iterable[Case]) -> Cases:
    """Return the first cases of a cell, and how many there are beyond."""
    every = list(cases)
    return Cases(id_, title, tuple(every[:MOST_CASES]), max(0, len(every) - MOST_CASES))


def brief(words: str | None) -> str | None:
    """Return words as a case has them: on one line, and not too many."""
    if words is None:
        return None
    line = " ".join(words.split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST].rstrip()}…"
