"""Readings by quotes as files hold them: one, a list, one a line; and where in its file each part of one is.

Also what of a reading can be read though other parts are faulty.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from json import JSONDecoder
from pathlib import Path
from typing import Any

from stancebank.errors import Finding, InputError
from stancebank.records import JsonError, find_files, from_json
from stancebank.schema.fields import Scheme

ENDINGS = (".json", ".jsonl", ".ndjson")
"""Endings of the files of a folder that may hold readings."""

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Given:
    """A reading as somebody wrote it.

    name: of its file, as a person knows it. value: what JSON holds of the quoted form, sound or not. where: gives for a
    JSON pointer into value the place that a message names, such as ``readings/envoy.json:31``.
    """

    name: str
    value: Any
    where: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file, or a line of one, that is not JSON. where: the place that a message names."""

    where: str
    message: str


def read_files(files: Iterable[tuple[Path, str]]) -> Iterator[Given | Unreadable]:
    """Yield the readings of files, in their order. files: each with what people call it."""
    for path, name in files:
        yield from read_file(path, name)


def read_file(path: Path, name: str) -> Iterator[Given | Unreadable]:
    """Yield the readings of a file: a JSON object, a list of them, or one a line. name: what people call the file."""
    data = path.read_bytes()
    try:
        value = from_json(data, name, whole=True)
    except JsonError as error:
        if error.reason != "Extra data" and path.suffix not in ENDINGS[1:]:
            yield Unreadable(f"{name}:{error.line}:{error.column}", f"not JSON: {error.reason}")
        else:
            yield from _read_lines(data, name)
        return
    except InputError as error:
        yield Unreadable(name, str(error).removeprefix(f"{name} "))
        return
    text = data.decode("utf-8-sig")
    if not isinstance(value, list):
        yield Given(name, value, _places(text, name))
        return
    for number, each in enumerate(value):
        yield Given(name, each, _places(text, name, f"/{number}"))


def _read_lines(data: bytes, name: str) -> Iterator[Given | Unreadable]:
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            value = from_json(line, name, whole=True)
        except JsonError as error:
            yield Unreadable(f"{name}:{number}:{error.column}", f"not JSON: {error.reason}")
        except InputError as error:
            yield Unreadable(f"{name}:{number}", str(error).removeprefix(f"{name} "))
        else:
            yield Given(name, value, _places(line.decode("utf-8"), name, first=number))


def _places(text: str, name: str, above: str = "", first: int = 1) -> Callable[[str], str]:
    """Return what gives the place of a JSON pointer in a text. above: of the reading in it. first: number of its line.

    A place has a column, too, where all of the reading is on one line.
    """

    def where(pointer: str) -> str:
        found = json_places(text)
        asked = f"{above}{pointer}"
        while asked not in found:
            asked = asked.rpartition("/")[0]
        begin, offset = found[above], found[asked]
        line = text.count("\n", 0, offset) + first
        if "\n" in text[begin:offset] or "\n" in text[offset : found.end(above)]:
            return f"{name}:{line}"
        column = offset - text.rfind("\n", 0, offset)
        return f"{name}:{line}:{column}"

    return where


class JsonPlaces(dict[str, int]):
    """Where the values of a JSON text begin, by JSON pointer; a member of an object begins with its key."""

    def __init__(self) -> None:
        super().__init__()
        self._ends: dict[str, int] = {}

    def end(self, pointer: str) -> int:
        """Return where a value ends."""
        return self._ends[pointer]

    def add(self, text: str, place: int, pointer: str) -> int:
        """Add the value that begins at a place, and all that it holds. Return where it ends."""
        first = text[place]
        self.setdefault(pointer, place)
        if first == '"':
            end = _STRINGS.raw_decode(text, place)[1]
        elif first not in "{[":
            end = _SCALAR.match(text, place).end()  # type: ignore[union-attr]
        else:
            number, place = 0, _skip(text, place + 1)
            while text[place] not in "}]":
                below = f"{pointer}/{number}"
                if first == "{":
                    key, after = _STRINGS.raw_decode(text, place)
                    below = f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"
                    self[below] = place
                    place = _skip(text, _skip(text, after) + 1)  # behind the colon
                place = _skip(text, self.add(text, place, below))
                if text[place] == ",":
                    place = _skip(text, place + 1)
                number += 1
            end = place + 1
        self._ends[pointer] = end
        return end


_STRINGS = JSONDecoder()
_BLANK = re.compile(r"[ \t\n\r]*")
_SCALAR = re.compile(r"[^\s,\]}]+")


def _skip(text: str, place: int) -> int:
    return _BLANK.match(text, place).end()  # type: ignore[union-attr]


@lru_cache(maxsize=4)
def json_places(text: str) -> JsonPlaces:
    """Return where each value of a text is. It must be JSON, as `records.from_json` takes it."""
    found = JsonPlaces()
    found.add(text, _skip(text, 0), "")
    return found


def files_below(folder: Path) -> tuple[list[Path], list[Path]]:
    """Return the files of a folder, at any depth, that may hold readings, and the others."""
    found = [path for path in find_files(folder, "**/*") if path.is_file()]
    return [each for each in found if each.suffix in ENDINGS], [each for each in found if each.suffix not in ENDINGS]


# A reading without what is wrong with it


def without_faults(value: Json, faults: Iterable[Finding], scheme: Scheme) -> tuple[Json, set[str]]:
    """Return a reading without its faulty parts, in whose places stand others that say nothing, so that it can be read.

    Also returns the pointers of the statements and other items that were changed.
    """
    key = scheme.non_statements_key
    ids = {each.name for each in scheme.fields if each.kind in ("entities", "targets")}
    usable: Json = deepcopy(value)
    damaged: set[str] = set()
    for fault in faults:
        parts = fault.pointer.split("/")[1:]
        if parts[:1] in (["statements"], [key]) and len(parts) > 1:
            damaged.add("/" + "/".join(parts[:2]))
            if fault.code != "schema-missing" or not _can_be_filled(parts):
                _take_out(usable, parts, ids)
        elif parts:
            usable.pop(parts[0], None)
    usable = {"article_id": "", "annotator": "unknown", "origin": "human", "guideline_version": "1.0", **usable}
    usable["statements"] = [_filled(each) for each in usable.get("statements", ())]
    usable[key] = [{"reason": "", **(each if _is_selector(each) else _NOWHERE)} for each in usable.get(key, ())]
    return usable, damaged


_NOWHERE: Json = {"begin": 0, "end": 1}  # a place that every text has, for words that nobody asks for
_SELECTS = frozenset(("quote", "exact", "begin", "end"))


def _is_selector(value: object) -> bool:
    return isinstance(value, dict) and bool(_SELECTS & value.keys())


def _is_one(value: object) -> bool:
    """Whether a value has parts that mean nothing without one another: a selector, a date."""
    return _is_selector(value) or (isinstance(value, dict) and bool({"date", "basis"} & value.keys()))


def _can_be_filled(parts: Sequence[str]) -> bool:
    """Whether `_filled` puts in what is missing at a JSON pointer."""
    return len(parts) == 2 or parts[2:] in (["speaker"], ["target"]) or (parts[2] == "conditions" and len(parts) == 4)


def _take_out(holder: Any, parts: Sequence[str], ids: Collection[str]) -> None:
    """Take out what is at a JSON pointer, or the selector or date around it. ids: names of lists of ids."""
    for depth, part in enumerate(parts):
        below = holder[int(part)] if isinstance(holder, list) else holder.get(part)
        if depth == len(parts) - 1 or (depth > 1 and _is_one(below)):
            if isinstance(holder, dict):
                holder.pop(part, None)
            elif parts[depth - 1] in ids:
                holder[int(part)] = ""
            else:
                is_holder = isinstance(below, dict) and not _is_selector(below)
                holder[int(part)] = {} if is_holder else dict(_NOWHERE)
            return
        if not isinstance(below, dict | list):
            return
        holder = below


def _filled(statement: Any) -> Json:
    """Return a statement with the keys that every one has; what is put in says nothing."""
    made: Json = {} if _is_selector(statement) else dict(statement)
    for name, key in (("speaker", "entity"), ("target", "id")):
        made[name] = {key: "", **(made.get(name) or {})}
    made.setdefault("content", [])
    conditions = made.get("conditions") or []
    made["conditions"] = [{"spans": [], "role": "", **({} if _is_selector(each) else each)} for each in conditions]
    return made
