"""Values of one row: any, labels, counts, offsets, words, and the ways of saying nothing."""

import copy
import random
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from stancebank.publish.rows import Row
from stancebank.publish.views import VIEWS, Column, ListOf, Struct, Type

from stancebank.publish.verification.records import is_source
from tests.publish.forgery.base import BY_VIEW, Base, By, Forged, reforge

Names = tuple[str, ...]
Alter = Callable[[Any, Column, list[Any], random.Random], tuple[str, Any]]

WORDS = ("content", "speaker_mention", "cue", "target_mention", "reason", "text")

VALUES: dict[str, tuple[str, ...]] = {
    "stance": ("reject", "disapprove", "open", "offer", "support", "demand", "deny", "affirm", "doubt"),
    "polarity": ("favor", "against", "none"),
    "force": ("plain", "categorical", "hedged"),
    "attribution": ("direct", "indirect", "mixed", "reported"),
    "role": ("if", "only_if", "while", "unless", "even_if", "waived"),
    "zone": ("title", "standfirst", "dateline", "body", "caption", "related", "boilerplate", "repeat"),
    "text_policy": ("withheld", "quotes", "full"),
    "gold_method": ("single", "double", "unanimous", "majority", "adjudicated"),
    "said_on_basis": ("stated", "computed"),
    "speaker_kind": ("person", "state", "government", "ministry", "organisation", "group", "media", "unnamed"),
    "kind": ("person", "state", "government", "ministry", "organisation", "group", "media", "unnamed"),
    "use": ("target", "condition", "both", "root"),
    "label": ("content", "speaker", "cue", "target", "condition", "reason"),
    "stance_label": ("reject", "reject_conditional", "open", "open_conditional", "support"),
}


def places(columns: tuple[Column, ...], before: Names = ()) -> Iterator[tuple[Names, Column]]:
    """Yield the names of all columns, nested ones too."""
    for column in columns:
        yield (*before, column.name), column
        item = column.type.item if isinstance(column.type, ListOf) else column.type
        if isinstance(item, Struct):
            yield from places(item.fields, (*before, column.name))


EVERY = [(view.name, names, column) for view in VIEWS for names, column in places(view.columns)]


def plain(column: Column) -> Type:
    """Return the type of a column, or of what its list holds."""
    return column.type.item if isinstance(column.type, ListOf) else column.type


def _is_label(view: str, names: Names, column: Column) -> bool:
    if (view, names[-1]) == ("chat", "role") or (view == "conditions" and names == ("kind",)):
        return False
    return bool(column.classes) or plain(column) == "bool" or names[-1] in VALUES or names[0] == "metadata_basis"


LABELS = [each for each in EVERY if _is_label(*each) and not isinstance(plain(each[2]), Struct)]
OFFSETS = [
    each
    for each in EVERY
    if plain(each[2]) == "int64" and each[1][-1] in ("begin", "end", "token_starts", "token_ends", "length", "line")
]
COUNTS = [each for each in EVERY if plain(each[2]) == "int64" and each not in OFFSETS and not each[2].classes]
STRINGS = [each for each in EVERY if plain(each[2]) == "string"]


def leaves(columns: tuple[Column, ...], row: Row, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, Column]]:
    """Yield the places of all values of a row, lists and groups themselves included."""
    for column in columns:
        value = row[column.name]
        place = (*path, column.name)
        yield place, column
        item = column.type.item if isinstance(column.type, ListOf) else column.type
        if isinstance(item, Struct):
            if isinstance(value, list):
                for number, each in enumerate(value):
                    yield from leaves(item.fields, each, (*place, number))
            elif value is not None:
                yield from leaves(item.fields, value, place)


def made_up(kind: Type) -> Any:
    if isinstance(kind, ListOf):
        return []
    if isinstance(kind, Struct):
        return {each.name: made_up(each.type) for each in kind.fields}
    return {"string": "x", "int64": 1, "bool": True}[kind]


def change(base: Base, out: Path, rng: random.Random, deck: str, among: list[Any], alter: Alter) -> Forged | None:
    """Change one value of one row. among: the columns to choose from; alter: how."""
    view, names, column = base.draw(deck, among, rng, lambda each: each[0] in base.rows)
    rows = dict(base.rows)
    rows[view] = copy.deepcopy(rows[view])
    found = [
        (row, path)
        for row in rows[view]
        for path, _ in leaves(BY_VIEW[view].columns, row)
        if tuple(part for part in path if isinstance(part, str)) == names
    ]
    row, holder = _holder(found, rows[view], view, names, rng)
    before = copy.deepcopy(holder[names[-1]])
    others = [each[names[0]] for each in base.rows[view] if len(names) == 1]
    kind, after = alter(before, column, others, rng)
    if after == before and type(after) is type(before):
        return None
    holder[names[-1]] = after
    try:
        reforge(base, out, rows)
    except (TypeError, ValueError, OverflowError):
        return None  # no table can hold it
    name = "/".join(names)
    what = f"{view}.{name} of {row[BY_VIEW[view].key]!r:.40}: {before!r:.60} to {after!r:.60}"
    return Forged(kind, what, revealed_by(base, view, names, column, row), f"{view}.{name}")


def _holder(found: list[Any], rows: list[Row], view: str, names: Names, rng: random.Random) -> tuple[Row, Any]:
    """Return a row and what holds the value in it; groups and items are made up where no row has any."""
    if found:
        row, path = rng.choice(found)
        holder: Any = row
        for part in path[:-1]:
            holder = holder[part]
        return row, holder
    row = holder = rng.choice(rows)
    columns = BY_VIEW[view].columns
    for name in names[:-1]:
        column = next(each for each in columns if each.name == name)
        item = plain(column)
        assert isinstance(item, Struct)
        columns = item.fields
        if not holder[name]:
            holder[name] = [made_up(item)] if isinstance(column.type, ListOf) else made_up(item)
        holder = holder[name][0] if isinstance(column.type, ListOf) else holder[name]
    return row, holder


def revealed_by(base: Base, view: str, names: Names, column: Column, row: Row) -> By:
    """Return what must reveal a change of a column: the gold, where nothing else in the folder follows from it."""
    source = is_source(view, "/".join(names)) or (len(names) > 2 and is_source(view, "/".join(names[:2])))
    held = (column.words or names[0] in WORDS) and row.get("article_id") in base.whole
    return "gold" if source and not held else "folder"


def altered(value: Any, column: Column, others: list[Any], rng: random.Random) -> tuple[str, Any]:
    """Return another value of the same type, and what kind of change it is."""
    if value is not None and rng.random() < 0.1 and not isinstance(column.type, ListOf):
        return "value made null", None
    if isinstance(column.type, ListOf):
        found = list(value)
        if len(found) > 1 and rng.random() < 0.3:
            return "list reversed", found[::-1]
        if found and rng.random() < 0.5:
            del found[rng.randrange(len(found))]
            return "item of a list removed", found
        if found:
            return "item of a list doubled", [*found, copy.deepcopy(rng.choice(found))]
        pool = [each for each in others if each]
        return "list filled", copy.deepcopy(rng.choice(pool)) if pool else [made_up(column.type.item)]
    if isinstance(column.type, Struct):
        pool = [each for each in others if each is not None and each != value]
        return "group exchanged", copy.deepcopy(rng.choice(pool)) if pool else made_up(column.type)
    if column.type == "bool":
        return "flag turned", not value
    if column.type == "int64":
        return "number changed", other_number(value, rng)
    pool = sorted({each for each in others if isinstance(each, str) and each != value})
    if pool and rng.random() < 0.6:
        return "text exchanged", rng.choice(pool)
    return "text edited", (value or "") + rng.choice(("x", " ", "é", ".")) if rng.random() < 0.7 else "x"


def other_number(value: int | None, rng: random.Random) -> int:
    return (value or 0) + rng.choice((-1, 1, 1, 7, -(value or 0), 10**12))


def other_item(value: list[Any], alter: Callable[[Any], Any], rng: random.Random) -> list[Any]:
    """Return a list in which one item is another."""
    found = list(value)
    if not found:
        return [alter(None)]
    place = rng.randrange(len(found))
    found[place] = alter(found[place])
    return found


def other_label(value: Any, column: Column, others: list[Any], rng: random.Random) -> tuple[str, Any]:
    kind = plain(column)

    def change_one(value: Any) -> Any:
        if kind == "bool":
            return not value
        if column.classes:
            return rng.choice([each for each in range(len(column.classes)) if each != value])
        if kind == "int64":
            return other_number(value, rng)
        pool = VALUES.get(column.name, ("found", "given", "inferred"))
        return rng.choice([each for each in pool if each != value])

    after = other_item(value, change_one, rng) if isinstance(column.type, ListOf) else change_one(value)
    return "flag turned" if kind == "bool" else "label exchanged", after


def other_count(value: Any, column: Column, others: list[Any], rng: random.Random) -> tuple[str, Any]:
    if isinstance(column.type, ListOf):
        return "number in a list changed", other_item(value, lambda each: other_number(each, rng), rng)
    return "number changed", other_number(value, rng)


def other_words(value: Any, column: Column, others: list[Any], rng: random.Random) -> tuple[str, Any]:
    kind, disguise = rng.choice(DISGUISES)
    after = other_item(value, disguise, rng) if isinstance(column.type, ListOf) else disguise(value)
    return kind, after


LOOKALIKES = {"a": "а", "e": "е", "o": "о", "c": "с", "i": "і", "p": "р", "A": "А", "M": "М", "1": "l", "0": "O"}


def _look_alike(value: str | None) -> str:
    text = value or "aeo"
    place = next((place for place, each in enumerate(text) if each in LOOKALIKES), None)
    return text + "а" if place is None else text[:place] + LOOKALIKES[text[place]] + text[place + 1 :]


def _invisible(character: str) -> Callable[[str | None], str]:
    def put(value: str | None) -> str:
        text = value or ""
        return text[: len(text) // 2] + character + text[len(text) // 2 :]

    return put


DISGUISES: list[tuple[str, Callable[[str | None], str]]] = [
    ("look-alike letter", _look_alike),
    *(("character that nobody sees", _invisible(each)) for each in ("\u200b", "\u00ad", "\u2060", "\ufeff", "\u202e")),
    ("letters decomposed", lambda each: unicodedata.normalize("NFD", (each or "") + ("" if each else "é"))),
    ("accent put on", lambda each: (each or "e") + "\u0301"),
    ("letters composed for compatibility", lambda each: unicodedata.normalize("NFKC", each or "ﬁ")),
    ("other case", lambda each: (each or "x").swapcase()),
    ("space put in", lambda each: (each or "") + " "),
    ("space put in", lambda each: " " + (each or "")),
    ("other space", lambda each: (each or " ").replace(" ", "\u00a0", 1)),
    ("line end put in", lambda each: (each or "") + "\r\n"),
    ("NUL put in", lambda each: (each or "") + "\0"),
]


def nothing(value: Any, column: Column, others: list[Any], rng: random.Random) -> tuple[str, Any]:
    if isinstance(column.type, ListOf):
        kind = column.type.item
        return ("list emptied", []) if value else ("empty item put in", ["" if kind == "string" else made_up(kind)])
    if value is None:
        empty = {"string": rng.choice(("", "NaN", "null", "None", "-", " ")), "int64": 0, "bool": False}
        return "null filled", made_up(column.type) if isinstance(column.type, Struct) else empty[column.type]
    if column.type == "string" and rng.random() < 0.5:
        return "text emptied", rng.choice(("", "NaN", "null", "None"))
    return "value made null", None


def change_cell(base: Base, out: Path, rng: random.Random) -> Forged | None:
    """Any value of any column."""
    return change(base, out, rng, "cells", EVERY, altered)


def change_label(base: Base, out: Path, rng: random.Random) -> Forged | None:
    """A label, or a flag, for another one that the schema knows."""
    return change(base, out, rng, "labels", LABELS, other_label)


def change_count(base: Base, out: Path, rng: random.Random) -> Forged | None:
    """A count, or another number that is no place."""
    return change(base, out, rng, "counts", COUNTS, other_count)


def change_offset(base: Base, out: Path, rng: random.Random) -> Forged | None:
    """Where something begins or ends, or stands."""
    return change(base, out, rng, "offsets", OFFSETS, other_count)


def change_words(base: Base, out: Path, rng: random.Random) -> Forged | None:
    """Text that looks the same, or nearly so."""
    return change(base, out, rng, "words", STRINGS, other_words)


def change_nothing(base: Base, out: Path, rng: random.Random) -> Forged | None:
    """Null, empty, and the names of nothing, one for the other."""
    return change(base, out, rng, "nulls", EVERY, nothing)
