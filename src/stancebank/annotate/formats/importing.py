"""Files of other tools as readings in the quoted form: which files there are, and who reads them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from stancebank.annotate.formats.brat import read_brat
from stancebank.annotate.formats.conll import read_conll
from stancebank.annotate.formats.doccano import read_doccano
from stancebank.annotate.formats.mapping import Map
from stancebank.annotate.formats.prodigy import read_prodigy
from stancebank.annotate.formats.sheet import Sheet
from stancebank.errors import InputError
from stancebank.records import LITTER


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool whose files are read. read: yields the sheets of a file. suffixes: of its files in a folder."""

    read: Callable[[Path, str | None, str | None], Iterator[Sheet]]
    suffixes: tuple[str, ...]


TOOLS: Mapping[str, Tool] = {
    "brat": Tool(read_brat, (".ann",)),
    "doccano": Tool(read_doccano, (".jsonl", ".json")),
    "prodigy": Tool(read_prodigy, (".jsonl", ".json")),
    "conll": Tool(read_conll, (".conll", ".conll2003", ".iob", ".bio", ".tsv", ".conllu", ".conllup")),
}
"""The tools whose labels can be imported, by name."""


def find_files(paths: Iterable[Path], tool: str) -> list[Path]:
    """Return the files of a tool: those named, and those in folders that are named, however deep.

    Raises InputError where a folder has none.
    """
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        suffixes = TOOLS[tool].suffixes
        inside = [
            each
            for each in sorted(path.rglob("*"))
            if each.suffix.lower() in suffixes and each.is_file() and not LITTER.fullmatch(each.name)
        ]
        if not inside:
            raise InputError(f"{path} has no file of {tool}: none is called *{', *'.join(suffixes)}.")
        found += inside
    return list(dict.fromkeys(found))


def read_sheets(files: Iterable[Path], tool: str, told: Map | None = None) -> Iterator[Sheet]:
    """Yield the sheets of a tool's files. told: the map, where there is one already."""
    for path in files:
        yield from TOOLS[tool].read(path, told.counts if told else None, told.article if told else None)
