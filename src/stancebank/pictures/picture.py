"""A picture with all that belongs to it: its words, its drawing, and the table behind it."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from stancebank.notebook import show_rows
from stancebank.pictures.svg import stand_alone


def count(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun, as captions have it: ``1 statement``, ``1,200 statements``."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


@dataclass(frozen=True, slots=True)
class PictureTable:
    """The table behind a picture. head: names of its columns. rows: cells, as many as the head. numbers: columns of
    numbers, by their places. links: by row and column, the fragment that a cell leads to, such as ``#article-1``.
    """

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: frozenset[int] = frozenset()
    links: tuple[tuple[int, int, str], ...] = ()

    def leads(self) -> dict[tuple[int, int], str]:
        """Return the fragment that a cell leads to, by its row and column."""
        return {(row, column): href for row, column, href in self.links}


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

    def _repr_svg_(self) -> str:
        """Return the drawing, as a notebook shows it."""
        return stand_alone(self.svg)

    def _repr_html_(self) -> str:
        """Return the picture with its words and its table, as a notebook shows it.

        The drawing is an image, so that its colours and the style of the notebook leave one another alone.
        """
        address = f"data:image/svg+xml;base64,{b64encode(stand_alone(self.svg).encode()).decode()}"
        note = f"<p>{escape(self.note)}</p>" if self.note else ""
        return (
            f"<figure><figcaption><strong>{escape(self.title)}</strong><br>{escape(self.caption)}</figcaption>"
            f'<img src="{address}" alt="{escape(self.title)}">{note}'
            f"<details><summary>The table behind it</summary>{show_rows(self.table.head, self.table.rows)}</details>"
            "</figure>"
        )
