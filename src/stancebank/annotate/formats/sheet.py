"""What every tool's labels come down to: a text, marks on it, links between marks.

Places in a sheet are code points of its own text, which may differ from the stored one.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stancebank.errors import InputError
from stancebank.model import Bounds
from stancebank.records import from_json
from stancebank.text import graphemes

Json = dict[str, Any]
Values = Mapping[str, tuple[str, ...]]
"""What is said of a mark, by the name under which it is said."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Words that somebody labelled.

    pieces: where they are, in order; () where only the words are known. where: ``file:line``. words: as the tool wrote
    them down, None where it did not. attributes: `""` is one without a value. notes: free text by its type.
    references: ids in other registries, by the name of the registry.
    """

    id: str
    label: str
    pieces: tuple[Bounds, ...]
    where: str
    words: str | None = None
    attributes: Values = field(default_factory=dict)
    notes: Values = field(default_factory=dict)
    references: Values = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Arrow:
    """A labelled arrow from a mark to another one, both by id."""

    label: str
    begin: str
    end: str
    where: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """One text with somebody's labels.

    name: of the file without its suffix, or of the record, by which the article may be found. article_id: where the
    file says it. text: as the tool has it; None where it is not at hand. annotator: as the tool calls them. left_out:
    what the tool itself holds back, such as rejected answers, by what it is. others: labels of the whole text. faults:
    what cannot be read, each with its place.
    """

    name: str
    where: str
    text: str | None
    marks: tuple[Mark, ...] = ()
    links: tuple[Arrow, ...] = ()
    article_id: str | None = None
    annotator: str | None = None
    left_out: Mapping[str, int] = field(default_factory=dict)
    others: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


def read_text_file(path: Path) -> str:
    """Return the text of a file as it is, line ends included. Raises InputError where it is not UTF-8."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path} is not UTF-8: byte {error.start}.\nHint: save it as UTF-8. Nothing was written."
        ) from None


def records(path: Path) -> Iterator[tuple[str, Json | str]]:
    """Yield the JSON objects of a file, JSON Lines or a list, each with its place; what is no object as a fault."""
    text = read_text_file(path)
    if text.lstrip().startswith("["):
        for number, each in enumerate(from_json(text.encode(), path.name, whole=True), 1):
            where = f"{path.name}[{number}]"
            yield where, each if isinstance(each, dict) else f"{where}: it is no JSON object."
        return
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        where = f"{path.name}:{number}"
        try:
            value = from_json(line.encode(), where, whole=True)
        except InputError as error:
            yield where, str(error).partition("\n")[0]
            continue
        yield where, value if isinstance(value, dict) else f"{where}: it is no JSON object."


def record_sheets(path: Path, read: Callable[[Json, str], Sheet]) -> Iterator[Sheet]:
    """Yield the sheet of each JSON object of a file, see `records`. read: makes one of an object and its place."""
    for where, value in records(path):
        yield Sheet(path.stem, where, None, faults=(value,)) if isinstance(value, str) else read(value, where)


def named_article(value: Json, key: str | None) -> str | None:
    """Return the id of the article that a record names. key: of a map, such as ``meta.article_id``."""
    for path in [key] if key else ["article_id", "meta.article_id"]:
        found: Any = value
        for part in path.split("."):
            found = found.get(part) if isinstance(found, dict) else None
        if isinstance(found, str) and found:
            return found
    return None


def bounds(begin: object, end: object) -> Bounds | None:
    """Return a place as a record gives it; None where it is none."""
    if isinstance(begin, bool) or isinstance(end, bool) or not isinstance(begin, int) or not isinstance(end, int):
        return None
    return (begin, end) if 0 <= begin < end else None


# What offsets count

COUNTS = ("code points", "utf-16", "bytes", "graphemes")
"""What the offsets of a tool may count."""


def to_code_points(text: str, counts: str) -> Callable[[Bounds], Bounds | None]:
    """Return what gives a place in code points; None of one that leaves the text, or cuts a character.

    counts: one of `COUNTS`, what the given places count.
    """
    if counts == "code points":
        return lambda place: place if place[1] <= len(text) else None
    number, found = 0, {0: 0}
    if counts == "graphemes":
        found = {place: begin for place, (begin, _) in enumerate(graphemes(text))}
        found[len(found)] = len(text)
    for place, character in enumerate(text, 1) if counts != "graphemes" else ():
        number += len(character.encode("utf-16-le")) // 2 if counts == "utf-16" else len(character.encode())
        found[number] = place

    def convert(place: Bounds) -> Bounds | None:
        begin, end = found.get(place[0]), found.get(place[1])
        return None if begin is None or end is None else (begin, end)

    return convert


def what_offsets_count(text: str, told: Iterable[tuple[tuple[Bounds, ...], str]], counts: str | None) -> str:
    """Return what the offsets of a file count, as the words beside them prove it.

    told: pieces with the words that the tool wrote beside them. counts: what a map says; it is taken as it is.
    """
    if counts is not None or text.isascii():
        return counts or COUNTS[0]
    known = list(told)
    agreeing = Counter[str]()
    for each in COUNTS:
        convert = to_code_points(text, each)
        for pieces, words in known:
            places = [convert(piece) for piece in pieces]
            agreeing[each] += all(places) and joined(text, [place for place in places if place]) == words
    return max(COUNTS, key=lambda each: (agreeing[each], each == COUNTS[0]))


def joined(text: str, pieces: Iterable[Bounds], by: str = " ") -> str:
    """Return the words of several pieces, as brat writes them into one line."""
    return by.join(text[begin:end] for begin, end in pieces).replace("\n", " ")
