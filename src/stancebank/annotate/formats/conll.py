"""CoNLL files, in and out: a token a line with columns of tags, an empty line behind each sentence.

A tag is ``B-LABEL`` or ``I-LABEL`` (BIO, and the older IOB), also with ``E``, ``S``, ``L`` and ``U`` (IOBES, BILOU), or
``O``. Columns of tags are those in which every line has one. Such a file has no text; its words are found in the stored
one, whatever is between them.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from stancebank.annotate.formats.flatten import LabelNames, Loss
from stancebank.annotate.formats.sheet import Mark, Sheet, read_text_file
from stancebank.model import Bounds
from stancebank.text import line_bounds, tokenise

_TAG = re.compile(r"(?:([BIESLU])-(\S+)|O|_|-)\Z")
_NAME = re.compile(r"#\s*(?:article_id|newdoc id|newdoc|doc_id|document)\s*[=:]?\s*(\S+)\s*\Z", re.IGNORECASE)
_BEGIN, _END = "BSU", "ESLU"


def read_conll(path: Path, _: str | None = None, __: str | None = None) -> Iterator[Sheet]:
    """Yield the sheets of a file, one a document. Raises InputError where it is not UTF-8."""
    name = path.stem
    rows: list[tuple[int, list[str]]] = []  # an empty list ends a sentence
    number = 0
    for number, line in enumerate(read_text_file(path).split("\n"), 1):
        line = line.rstrip("\r\n")
        said = _NAME.match(line)
        if said or line.startswith("-DOCSTART-"):
            if any(cells for _, cells in rows):
                yield _sheet(path, name, rows)
            rows = []
            name = said[1] if said else name
        elif not line.strip():
            rows.append((number, []))
        elif not re.match(r"#\s*\S+\s*[=:]", line):
            rows.append((number, line.split("\t") if "\t" in line else line.split()))
    if any(cells for _, cells in rows):
        yield _sheet(path, name, rows)


def _sheet(path: Path, name: str, rows: list[tuple[int, list[str]]]) -> Sheet:
    width = max(len(cells) for _, cells in rows)
    tokens = [cells for _, cells in rows if cells]
    first = 1 if all(re.match(r"\d", cells[0]) for cells in tokens) and width > 2 else 0
    faults = [
        f"{path.name}:{n}: it has {len(cells)} columns, not {width}." for n, cells in rows if 0 < len(cells) < width
    ]
    faults += [
        f"{path.name}:{n}: it has no word." for n, cells in rows if len(cells) == width and not cells[first].strip()
    ]
    if faults:
        return Sheet(name, path.name, None, faults=tuple(faults))
    tags = [place for place in range(width) if place != first and _are_tags([cells[place] for cells in tokens])]
    pieces: list[str] = []
    places: list[Bounds] = []
    length = 0
    for _, cells in rows:
        word = cells[first] if cells else "\n"
        if pieces and word != "\n" and pieces[-1] != "\n":
            pieces.append(" ")
            length += 1
        places.append((length, length + len(word)))
        pieces.append(word)
        length += len(word)
    if not tags:
        faults.append(f"{path.name}:{rows[0][0]}: no column of it holds tags such as B-LABEL and O alone.")
    marks = [mark for place in tags for mark in _marks(path.name, rows, places, place)]
    return Sheet(name, path.name, "".join(pieces), tuple(marks), faults=tuple(faults))


def _are_tags(values: list[str]) -> bool:
    found = [_TAG.match(value) for value in values]
    return all(found) and any(match and match[1] for match in found)


def _marks(file: str, rows: Sequence[tuple[int, list[str]]], places: Sequence[Bounds], column: int) -> Iterator[Mark]:
    """Yield the marks of a column. What begins with an I- begins one, as in IOB."""
    label, begin, end, at = "", 0, 0, 0

    def made() -> Mark:
        return Mark(f"{at}.{column}", label, ((begin, end),), f"{file}:{at}")

    for (number, cells), place in zip(rows, places, strict=True):
        match = _TAG.match(cells[column]) if cells else None
        kind, name = (match[1], match[2]) if match and match[1] else ("", "")
        if label and (name != label or kind in _BEGIN):
            yield made()
            label = ""
        if name:
            if not label:
                label, begin, at = name, place[0], number
            end = place[1]
            if kind in _END:
                yield made()
                label = ""
    if label:
        yield made()


# The way out


def write_conll(sheet: Sheet, names: LabelNames, loss: Loss) -> str:
    """Return a sheet of ours as tokens: the token, where it starts and stops, and a column for each label.

    loss: takes what columns of tags cannot hold.
    """
    text = sheet.text or ""
    tokens = tokenise(text)
    columns: dict[str, list[str]] = {label: ["O"] * len(tokens) for label in names.labels}
    used: dict[str, set[int]] = defaultdict(set)
    for mark in sheet.marks:
        column = columns[mark.label]
        covered = [
            [number for number, token in enumerate(tokens) if token[0] < end and begin < token[1]]
            for begin, end in mark.pieces
        ]
        everything = {number for piece in covered for number in piece}
        if everything & used[mark.label]:
            loss.add(mark.label, "overlaps another one of its column, and is left out")
            continue
        used[mark.label] |= everything
        if len(covered) > 1:
            loss.add(mark.label, "discontinuous: each piece stands alone")
        for piece, (begin, end) in zip(covered, mark.pieces, strict=True):
            if not piece or (tokens[piece[0]][0], tokens[piece[-1]][1]) != (begin, end):
                loss.add(mark.label, "begins or ends inside a token, or with white space")
            for place, number in enumerate(piece):
                column[number] = f"{'I' if place else 'B'}-{_tag_of(mark, names)}"
    loss.add_all("links between marks", "no column says them", len(sheet.links))
    lines = [f"# article_id = {sheet.article_id}", "# columns = " + " ".join(["token", "start", "stop", *columns])]
    place = 0
    for first, last in line_bounds(text):
        rows = []
        while place < len(tokens) and tokens[place][0] < last:
            begin, end = tokens[place]
            rows.append("\t".join([text[begin:end], str(begin), str(end), *(each[place] for each in columns.values())]))
            place += 1
        lines += [*rows, ""] if rows and first < last else []
    return "\n".join(lines) + "\n"


def _tag_of(mark: Mark, names: LabelNames) -> str:
    """Return the tag of a mark: the value that tells it from others of its label, or its label."""
    telling = names.telling.get(mark.label)
    found = mark.attributes.get(telling, ()) if telling else ()
    return found[0] if found and found[0] else mark.label
