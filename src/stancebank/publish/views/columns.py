"""Columns and their types: what views are declared with."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ListOf:
    """The type of a list. item: the type of what it holds."""

    item: "Type"


@dataclass(frozen=True, slots=True)
class Struct:
    """The type of a group of named values."""

    fields: tuple["Column", ...]


Type = str | ListOf | Struct
"""A column's type: `string`, `int64` or `bool`, or a list or struct of such."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, type and meaning.

    words: it holds words of the article, and is null where these stay away. classes: names of the values, in their
    order, where the column holds class labels by number. refers: the views of which it holds keys; it is null, or
    empty, where there is nothing to refer to.
    """

    name: str
    type: Type
    meaning: str
    words: bool = False
    classes: tuple[str, ...] = ()
    refers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class View:
    """A table of the dataset. Its first column is its key: an id that no other row of the view has.

    whole_text: it has rows only of articles whose whole text is shown.
    """

    name: str
    meaning: str
    columns: tuple[Column, ...]
    whole_text: bool = False

    @property
    def key(self) -> str:
        """The name of the column that tells its rows apart."""
        return self.columns[0].name


def type_name(kind: Type) -> str:
    """Return a type as people write it, such as ``list<struct<begin: int64, end: int64>>``."""
    if isinstance(kind, ListOf):
        return f"list<{type_name(kind.item)}>"
    if isinstance(kind, Struct):
        return "struct<" + ", ".join(f"{field.name}: {type_name(field.type)}" for field in kind.fields) + ">"
    return kind
