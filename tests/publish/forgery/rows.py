"""Rows: dropped, doubled, added, reordered, and moved to another article."""

import copy
import random
import re
from pathlib import Path

from stancebank.publish.rows import Row

from tests.publish.forgery.base import BY_VIEW, Base, Forged, reforge

FREE = ("annotations", "entities", "targets")
"""Views whose rows nothing else in a folder demands, as long as no id refers to them."""


def _drawn(base: Base, rng: random.Random, deck: str) -> tuple[str, dict[str, list[Row]], int]:
    rows = {name: list(each) for name, each in base.rows.items()}
    view = base.draw(f"{deck} {sorted(rows)}", list(rows), rng)
    return view, rows, rng.randrange(len(rows[view]))


def drop_rows(base: Base, out: Path, rng: random.Random) -> Forged | None:
    view, rows, place = _drawn(base, rng, "drop rows")
    here, what = (
        rows[view],
        rng.choice(("row removed", "row removed", "rows removed", "last rows removed", "view emptied")),
    )
    name = here[place][BY_VIEW[view].key]
    if what == "row removed":
        del here[place]
    elif what == "rows removed":
        del here[place : place + rng.randrange(2, 5)]
    elif what == "last rows removed":
        del here[-rng.randrange(1, len(here) + 1) :]
    else:
        here.clear()
    reforge(base, out, rows)
    return Forged(what, f"{view}: {name}", "gold" if view in FREE else "folder", view)


def double_rows(base: Base, out: Path, rng: random.Random) -> Forged | None:
    view, rows, place = _drawn(base, rng, "double rows")
    here, what = rows[view], rng.choice(("row doubled", "row doubled at the end", "view doubled"))
    name = here[place][BY_VIEW[view].key]
    if what == "row doubled":
        here.insert(place, here[place])
    elif what == "view doubled":
        here += list(here)
    else:
        here.append(here[place])
    reforge(base, out, rows)
    return Forged(what, f"{view}: {name}", "folder", view)


def add_rows(base: Base, out: Path, rng: random.Random) -> Forged | None:
    view, rows, place = _drawn(base, rng, "add rows")
    here, key = rows[view], BY_VIEW[view].key
    row = copy.deepcopy(here[place])
    what = rng.choice(("row added", "row added with the next number", "row added with another's labels"))
    if what == "row added":
        row[key] = f"{row[key]}0"
    else:
        number = re.search(r"\d+$", row[key])
        row[key] = f"{row[key][: number.start()]}{len(here) + 1}" if number else f"{row[key]}-b"
    if what == "row added with another's labels":
        other = rng.choice(base.rows[view])
        row |= {name: other[name] for name in row if name in ("stance", "force", "target_id", "role", "name", "use")}
    here.insert(place + 1, row)
    reforge(base, out, rows)
    return Forged(what, f"{view}: {row[key]}", "gold" if view in FREE else "folder", view)


def reorder_rows(base: Base, out: Path, rng: random.Random) -> Forged | None:
    view, rows, place = _drawn(base, rng, "reorder rows")
    here, what = rows[view], rng.choice(("rows swapped", "neighbours swapped", "rows shuffled", "rows reversed"))
    before = list(here)
    if what in ("rows swapped", "neighbours swapped"):
        other = rng.randrange(len(here)) if what == "rows swapped" else (place + 1) % len(here)
        here[place], here[other] = here[other], here[place]
    elif what == "rows shuffled":
        rng.shuffle(here)
    else:
        here.reverse()
    if here == before:
        return None
    reforge(base, out, rows)
    return Forged(what, f"{view}: {before[place][BY_VIEW[view].key]}", "folder", view)


def move_rows(base: Base, out: Path, rng: random.Random) -> Forged | None:
    """A row says that it belongs to another article, and perhaps stands with the rows of that one."""
    view, rows, place = _drawn(base, rng, "move rows")
    here, row = rows[view], rows[view][place]
    if "article_id" not in row:
        return None
    ids = sorted({each["article_id"] for each in base.rows["articles"]} - {row["article_id"]})
    other = rng.choice(ids)
    what = rng.choice(("row moved", "row moved among those of another article", "row moved with its ids"))
    moved = copy.deepcopy(row) | {"article_id": other}
    if what == "row moved with its ids":
        moved = _renamed(moved, row["article_id"], other)
    if what == "row moved":
        here[place] = moved
    else:
        del here[place]
        last = max((number for number, each in enumerate(here) if each["article_id"] == other), default=len(here) - 1)
        here.insert(last + 1, moved)
    reforge(base, out, rows)
    return Forged(what, f"{view}: {row[BY_VIEW[view].key]} to {other}", "gold" if view in FREE else "folder", view)


def _renamed(value: object, old: str, new: str) -> "Row":
    def change(each: object) -> object:
        if isinstance(each, dict):
            return {key: change(item) for key, item in each.items()}
        if isinstance(each, list):
            return [change(item) for item in each]
        return each.replace(f"{old}/", f"{new}/") if isinstance(each, str) else each

    found = change(value)
    assert isinstance(found, dict)
    return found
