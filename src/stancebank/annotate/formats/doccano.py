"""doccano's files: JSON Lines, or a JSON list, of texts with their labels.

Labels are triples of begin, end and label below `label` or `labels`, or objects below `entities` with `start_offset`
and `end_offset`, then with `relations` between them; before version 1.0 they were `annotations`. Offsets are those of
a browser, UTF-16; in a project that counts grapheme clusters as one character, they are those.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stancebank.annotate.formats.sheet import (
    Arrow,
    Json,
    Mark,
    Sheet,
    bounds,
    named_article,
    record_sheets,
    to_code_points,
)

_NAMES = ("filename", "file_name", "id", "name")


def read_doccano(path: Path, counts: str | None = None, article: str | None = None) -> Iterator[Sheet]:
    """Return the sheets of a file. counts: what its offsets count; None: UTF-16. article: the key of an article.

    Raises InputError where the file is not UTF-8, or no JSON.
    """
    return record_sheets(path, lambda value, where: _sheet(value, where, counts or "utf-16", article))


def _sheet(value: Json, where: str, counts: str, article: str | None) -> Sheet:
    text = value.get("text", value.get("data"))
    name = next((str(value[key]) for key in _NAMES if value.get(key) not in (None, "")), "")
    if not isinstance(text, str):
        return Sheet(name, where, None, faults=(f"{where}: it has no text.",))
    convert = to_code_points(text, counts)
    faults: list[str] = []
    others: list[str] = []
    marks: list[Mark] = []
    for number, each in enumerate(_labels(value)):
        if isinstance(each, str):
            others.append(each)
            continue
        begin, end, label, name_of = _span(each)
        place = bounds(begin, end)
        place = convert(place) if place else None
        if place is None or not isinstance(label, str):
            faults.append(f"{where}: label {number + 1} has no place in the text, or no name: {str(each)[:80]}.")
        else:
            marks.append(Mark(name_of or f"#{number}", label, (place,), f"{where}, label {number + 1}"))
    known = {mark.id for mark in marks}
    links = []
    for number, each in enumerate(_list(value, "relations"), 1):
        ends = [str(each.get(key)) for key in ("from_id", "to_id")] if isinstance(each, dict) else []
        if not ends or not set(ends) <= known:
            faults.append(f"{where}: relation {number} joins what is not there.")
        else:
            links.append(Arrow(str(each.get("type", "")), ends[0], ends[1], f"{where}, relation {number}"))
    comments = _list(value, "Comments") or _list(value, "comments")
    left_out = Counter({"comments of doccano": len(comments)}) if comments else Counter[str]()
    user = next((value[key] for key in ("user", "annotator", "username") if isinstance(value.get(key), str)), None)
    return Sheet(
        name,
        where,
        text,
        tuple(marks),
        tuple(links),
        named_article(value, article),
        user,
        left_out,
        tuple(others),
        tuple(faults),
    )


def _list(value: Json, key: str) -> list[Any]:
    found = value.get(key)
    return found if isinstance(found, list) else []


def _labels(value: Json) -> list[Any]:
    return [each for key in ("label", "labels", "entities", "annotations") for each in _list(value, key)]


def _span(value: Any) -> tuple[object, object, object, str]:
    """Return begin, end, label and id of a label; None for what it lacks."""
    if isinstance(value, list) and len(value) == 3:
        return value[0], value[1], value[2], ""
    if isinstance(value, dict):
        name = str(value["id"]) if value.get("id") is not None else ""
        return value.get("start_offset"), value.get("end_offset"), value.get("label"), name
    return None, None, None, ""
