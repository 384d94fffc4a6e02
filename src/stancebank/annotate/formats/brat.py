"""brat's standoff files, in and out: NAME.txt with the text, NAME.ann with its labels.

A line of NAME.ann is an id, a tab, what it says, a tab, and words: ``T1<tab>Quote 0 5;10 15<tab>words words``. ``T``
are marks, in pieces where they are discontinuous; ``E`` events, around a mark; ``R`` relations and ``*`` equivalences;
``A`` and ``M`` attributes; ``N`` references to other registries; ``#`` notes. They may come in any order. Offsets are
those of Python: code points, or UTF-16 where Python was built so, with CR LF as two; the words beside them tell which.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from stancebank.annotate.formats.flatten import LabelNames, Loss
from stancebank.annotate.formats.sheet import (
    Arrow,
    Mark,
    Sheet,
    bounds,
    joined,
    read_text_file,
    to_code_points,
    what_offsets_count,
)
from stancebank.errors import shorten
from stancebank.model import Bounds

_LINE = re.compile(r"([TEMANR]\d\S*|#\S*\d\S*|\*)\t([^\t]*)(?:\t(.*))?\Z", re.DOTALL)
_MARK = re.compile(r"(\S+) (\d+ \d+(?:;\d+ \d+)*)\s*\Z")
_ARGUMENT = re.compile(r"(\S+?):([TEMANR]\d\S*)\Z")


def read_brat(path: Path, counts: str | None = None, _: str | None = None) -> Iterator[Sheet]:
    """Yield the sheet of a .ann file. counts: what its offsets count, None for what the words beside them prove.

    Raises InputError where one of the two files is not UTF-8.
    """
    path = path.with_suffix(".ann") if path.suffix == ".txt" else path
    beside = path.with_suffix(".txt")
    text = read_text_file(beside) if beside.is_file() else None
    yield _Reader(path.name, text).read(read_text_file(path), counts)


@dataclass
class _Reader:
    file: str
    text: str | None
    marks: dict[str, Mark] = field(default_factory=dict)
    triggers: dict[str, str] = field(default_factory=dict)
    links: list[Arrow] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    attributes: dict[str, dict[str, list[str]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    notes: dict[str, dict[str, list[str]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    references: dict[str, dict[str, list[str]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    others: list[str] = field(default_factory=list)

    def read(self, content: str, counts: str | None) -> Sheet:
        for number, line in enumerate(content.split("\n"), 1):
            line = line.removesuffix("\r")
            if line.strip():
                self._line(f"{self.file}:{number}", line)
        text = self.text
        if text is not None:
            told = [(mark.pieces, mark.words or "") for mark in self.marks.values()]
            if counts is None and "\r\n" in text and not self._fits(text, told):
                plain = text.replace("\r\n", "\n")
                text = plain if self._fits(plain, told) else text
            count = what_offsets_count(text, told, counts)
            self.marks = dict(self._placed(text, count))
        ends = {link.begin for link in self.links} | {link.end for link in self.links}
        known = self.marks.keys() | self.triggers.keys()
        said = {*self.attributes, *self.notes, *self.references} - known
        self.faults += [f"{self.file}: {name} is not there, though another line names it." for name in ends - known]
        for name in sorted(said):  # notes on attributes and relations, or on the whole document
            self.others += [f"note on {name}" for _ in self.notes[name]]
            if name in self.attributes or name in self.references:
                self.faults.append(f"{self.file}: {name} is no mark, though an attribute or reference is of it.")
        marks = tuple(self._whole(mark) for mark in self.marks.values())
        links = (
            Arrow(each.label, self._mark_of(each.begin), self._mark_of(each.end), each.where)
            for each in self.links
            if {each.begin, each.end} <= known
        )
        stem = Path(self.file).stem
        return Sheet(
            stem, self.file, text, marks, tuple(links), others=tuple(self.others), faults=tuple(sorted(self.faults))
        )

    def _fits(self, text: str, told: Iterable[tuple[tuple[Bounds, ...], str]]) -> bool:
        return all(joined(text, pieces) == words for pieces, words in told)

    def _placed(self, text: str, count: str) -> Iterator[tuple[str, Mark]]:
        """Yield the marks with places in code points, as far as the words beside them are those of their places."""
        convert = to_code_points(text, count)
        for name, mark in self.marks.items():
            places = tuple(place for place in map(convert, mark.pieces) if place)
            said = mark.words.strip() if mark.words else ""
            found = {joined(text, places).strip(), joined(text, places, "").strip()}  # before 1.3, without a space
            if len(places) < len(mark.pieces):
                self.faults.append(f"{mark.where}: its place leaves the text, which has {len(text)} characters.")
            elif said and said.replace("\r", " ") not in {each.replace("\r", " ") for each in found}:
                here, there = shorten(said, 60), shorten(min(found), 60)
                self.faults.append(f"{mark.where}: it says {here!r}, and the text has {there!r} there.")
            else:
                yield name, Mark(mark.id, mark.label, places, mark.where, mark.words)

    def _whole(self, mark: Mark) -> Mark:
        names = [mark.id, *(event for event, trigger in self.triggers.items() if trigger == mark.id)]
        return Mark(
            mark.id,
            mark.label,
            mark.pieces,
            mark.where,
            mark.words,
            _merged(self.attributes[each] for each in names),
            _merged(self.notes[each] for each in names),
            _merged(self.references[each] for each in names),
        )

    def _mark_of(self, name: str) -> str:
        return self.triggers.get(name, name)

    def _line(self, where: str, line: str) -> None:
        match = _LINE.match(line)
        if match is None or not self._take(where, match[1], match[2].strip(), match[3]):
            self.faults.append(f"{where}: it is no line of brat's: {shorten(line, 60)!r}.")

    def _take(self, where: str, name: str, said: str, words: str | None) -> bool:
        """Take what a line says; return False where it is not of the form."""
        parts = said.split()
        match name[0]:
            case "T":
                return self._mark(where, name, said, words)
            case "E" if parts and _ARGUMENT.match(parts[0]):
                trigger, *rest = (each[2] if (each := _ARGUMENT.match(part)) else "" for part in parts)
                self.triggers[name] = trigger
                roles = [part.partition(":")[0] for part in parts[1:]]
                self.links += [
                    Arrow(role.rstrip("0123456789"), name, end, where) for role, end in zip(roles, rest, strict=True)
                ]
                return all([trigger, *rest])
            case "R" if len(parts) == 3 and all(map(_ARGUMENT.match, parts[1:])):
                begin, end = (part.partition(":")[2] for part in parts[1:])
                self.links.append(Arrow(parts[0], begin, end, where))
                return True
            case "*" if len(parts) > 2:
                self.links += [Arrow(parts[0], one, other, where) for one, other in pairwise(parts[1:])]
                return True
            case "A" | "M" if len(parts) >= 2:
                self.attributes[parts[1]][parts[0]].append(" ".join(parts[2:]))
                return True
            case "N" if len(parts) == 3 and ":" in parts[2]:
                registry, _, number = parts[2].partition(":")
                self.references[parts[1]][registry].append(number)
                return True
            case "#" if len(parts) == 2:
                self.notes[parts[1]][parts[0]].append(words or "")
                return True
        return False

    def _mark(self, where: str, name: str, said: str, words: str | None) -> bool:
        match = _MARK.match(said)
        if match is None:
            return False
        places = [bounds(*map(int, piece.split())) for piece in match[2].split(";")]
        if not all(places):
            return False
        if name in self.marks:
            self.faults.append(f"{where}: there is a second {name}.")
        pieces = sorted(place for place in places if place)
        self.marks[name] = Mark(name, match[1], tuple(pieces), where, words)
        return True


def _merged(several: Iterable[Mapping[str, list[str]]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for each in several:
        for name, values in each.items():
            found[name] = (*found.get(name, ()), *values)
    return found


# The way out


def write_brat(sheet: Sheet, loss: Loss) -> str:
    """Return the .ann file of a sheet of ours. loss: takes what brat cannot hold."""
    text = sheet.text or ""
    lines: list[str] = []
    numbers = {mark.id: f"T{number}" for number, mark in enumerate(sheet.marks, 1)}
    attributes = notes = 0
    for mark in sheet.marks:
        pieces = [part for piece in mark.pieces for part in _lines_of(text, piece)]
        if len(pieces) > len(mark.pieces):
            loss.add(mark.label, "words over several lines become pieces")
        places = ";".join(f"{begin} {end}" for begin, end in pieces)
        lines.append(f"{numbers[mark.id]}\t{mark.label} {places}\t{joined(text, pieces)}")
    for mark in sheet.marks:
        for name, values in mark.attributes.items():
            for value in values:
                attributes += 1
                lines.append(f"A{attributes}\t{name} {numbers[mark.id]}{' ' if value else ''}{value}")
        for name, values in mark.notes.items():
            for value in values:
                notes += 1
                if (plain := " ".join(value.split())) != value:
                    loss.add(name, "line ends and runs of blanks in free text become one blank")
                lines.append(f"#{notes}\t{name} {numbers[mark.id]}\t{plain}")
    for number, link in enumerate(sheet.links, 1):
        lines.append(f"R{number}\t{link.label} Arg1:{numbers[link.begin]} Arg2:{numbers[link.end]}")
    return "".join(f"{line}\n" for line in lines)


def _lines_of(text: str, piece: Bounds) -> Iterator[Bounds]:
    """Yield the parts of a piece that are on one line each: brat has no mark over a line end."""
    begin, end = piece
    while begin < end:
        stop = text.find("\n", begin, end)
        stop = end if stop < 0 else stop
        if stop > begin:
            yield begin, stop
        begin = stop + 1


def brat_settings(names: LabelNames) -> dict[str, str]:
    """Return annotation.conf and visual.conf for sheets of ours, by file name."""
    lines = ["# What stancebank exports. Attributes of brat have one value; lists and free text are notes.", ""]
    lines += ["[entities]", *names.labels, "", "[relations]"]
    lines += [f"{name}\tArg1:{'|'.join(begins)}, Arg2:{end}" for name, (begins, end) in names.relations.items()]
    lines += ["<OVERLAP>\tArg1:<ENTITY>, Arg2:<ENTITY>, <OVL-TYPE>:<ANY>", "", "[events]", "", "[attributes]"]
    for name, (label, values) in names.attributes.items():
        lines.append(f"{name}\tArg:{label}" + (f", Value:{'|'.join(values)}" if values else ""))
    colours = ("#ffe28a", "#9fd3ff", "#b5e8b0", "#f4b6c2", "#d3c2f0", "#ffd0a1", "#c9e4e7", "#e2e2e2")
    visual = ["[labels]", *(f"{name} | {name.replace('_', ' ')}" for name in (*names.labels, *names.relations)), ""]
    visual += ["[drawing]", "SPAN_DEFAULT\tfgColor:black, bgColor:lightgreen, borderColor:darken"]
    visual += [f"{name}\tbgColor:{colours[place % len(colours)]}" for place, name in enumerate(names.labels)]
    visual += ["ARC_DEFAULT\tcolor:black, arrowHead:triangle-5", "ATTRIBUTE_DEFAULT\tglyph:*"]
    return {"annotation.conf": "\n".join(lines) + "\n", "visual.conf": "\n".join(visual) + "\n"}
