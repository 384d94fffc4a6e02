"""A picture with all that belongs to it: its words, its drawing, and the table behind it."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PictureTable:
    """The table behind a picture. head: names of its columns. rows: cells, as many as the head. numbers: columns of
    numbers, by their places. links: by row and column, the fragment that a cell leads to, such as ``#article-1``.
    """

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: frozenset[int] = frozenset()
    links: tuple[tuple[int, int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture. name: unique in its page, such as ``who-what``; it names its file and its place in the page.

    caption: what is drawn, of how many statements, and what was left out, in whole sentences. svg: the ``<svg>``
    element, as `Drawing.svg` returns it. holds_words: whether it shows words of articles. note: what else is to be
    said below it; "" for nothing.
    """

    name: str
    title: str
    caption: str
    svg: str
    table: PictureTable
    holds_words: bool = False
    note: str = ""
