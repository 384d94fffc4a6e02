"""How records look in a notebook: as tables of HTML, made of whatever they hold.

Jupyter and its like ask an object for `_repr_html_`. All that is shown is escaped, and nothing has a style or a script
of its own, so that the notebook decides how it looks.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from html import escape
from typing import Any

import msgspec

MOST = 100
"""How many items of a list are shown."""

_SHORT = 3  # lists of so many items are shown at once, longer ones when they are opened


def show_record(record: object) -> str:
    """Return a record as a table of its fields, without those that hold their defaults or nothing.

    record: a `msgspec.Struct` or a dataclass. What it holds is shown in the same way, down to the last value.
    """
    return _table(type(record).__name__, _held(record).items())


def show_facts(title: str, facts: Iterable[tuple[str, object]]) -> str:
    """Return a table of two columns. facts: names with their values."""
    return _table(title, facts)


def show_rows(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of texts."""
    top = "".join(f'<th scope="col">{escape(each)}</th>' for each in head)
    cells = ("".join(f'<td dir="auto">{escape(each)}</td>' for each in row) for row in rows)
    body = "".join(f"<tr>{each}</tr>" for each in cells)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _table(title: str, facts: Iterable[tuple[str, object]]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(str(name))}</th><td dir="auto">{_value(value)}</td></tr>' for name, value in facts
    )
    return f"<table><caption>{escape(title)}</caption><tbody>{rows}</tbody></table>"


def _held(record: object) -> dict[str, Any]:
    """Return what a record holds, by the names of its fields, without what is empty or a default."""
    if isinstance(record, msgspec.Struct):
        told = {each.name: (getattr(record, each.name), each.default) for each in msgspec.structs.fields(record)}
    else:
        assert is_dataclass(record)
        told = {each.name: (getattr(record, each.name), each.default) for each in fields(record)}
    return {name: value for name, (value, default) in told.items() if value not in (None, (), [], {}, default)}


def _value(value: object) -> str:
    if isinstance(value, msgspec.Struct) or (is_dataclass(value) and not isinstance(value, type)):
        held = _held(value)
        if all(isinstance(each, str | int | float) for each in held.values()):
            return "; ".join(f"{escape(name)}: {escape(str(each))}" for name, each in held.items())
        return _table(type(value).__name__, held.items())
    if isinstance(value, Mapping):
        return _listed(value, (f"{escape(str(name))}: {_value(each)}" for name, each in value.items()))
    if isinstance(value, Sequence | frozenset | set) and not isinstance(value, str | bytes):
        items: Sequence[object] = value if isinstance(value, Sequence) else sorted(value, key=str)
        if all(isinstance(each, str | int) for each in items) and len(items) <= MOST:
            return ", ".join(escape(str(each)) for each in items)
        return _listed(items, map(_value, items))
    return escape(str(value))


def _listed(held: Sequence[object] | Mapping[Any, object], shown: Iterator[str]) -> str:
    items = "".join(f'<li dir="auto">{each}</li>' for _, each in zip(range(MOST), shown, strict=False))
    more = f"<p>... and {len(held) - MOST:,} more</p>" if len(held) > MOST else ""
    if len(held) <= _SHORT:
        return f"<ul>{items}</ul>"
    return f"<details><summary>{len(held):,}</summary><ul>{items}</ul>{more}</details>"
