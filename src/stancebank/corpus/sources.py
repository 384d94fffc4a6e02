"""What people hand over: files and folders with articles, each read by the reader of its format.

`FORMATS` says which formats there are. A file of one article may have metadata beside it: ``name.meta.json`` beside
``name.txt``.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stancebank.corpus.cleaning import Handed, Source, make_source
from stancebank.corpus.keys import known_metadata
from stancebank.corpus.rows import read_json, read_json_lines
from stancebank.errors import InputError
from stancebank.records import LITTER, from_json

_SIDECAR = ".meta.json"


def read_sources(paths: list[Path]) -> Iterator[Source | InputError]:
    """Read every article in files and folders, in the order of their names.

    Yields an InputError in the place of what cannot be read, so that one run reports all faults.
    """
    for path in paths:
        if path.is_dir():
            files = sorted(file for file in path.rglob("*") if _is_article(file) and _belongs(file, path))
            if not files:
                yield InputError(
                    f"{_shown(path)} holds no article: no file ending in {', '.join(_SUFFIXES)}.\n"
                    "Hint: save each article's plain text as a .txt file; web pages are not read."
                )
        elif path.suffix.lower() not in _SUFFIXES:
            yield InputError(
                f"{_shown(path)} is not one of {', '.join(_SUFFIXES)}.\n"
                "Hint: save the article's plain text as a .txt file."
            )
            continue
        elif path.exists() and not path.is_file():
            yield InputError(f"{_shown(path)} is no file.\nHint: save the article's plain text as a .txt file.")
            continue
        else:
            files = [path]
        for file in files:
            yield from _read_file(file)


def _is_article(path: Path) -> bool:
    return path.suffix.lower() in _SUFFIXES and not path.name.lower().endswith(_SIDECAR) and path.is_file()


def _belongs(path: Path, folder: Path) -> bool:
    """Whether a file of a folder is part of it: not what a system leaves there, and no link that leads out."""
    parts = path.relative_to(folder).parts
    is_litter = any(part.startswith(".") or LITTER.fullmatch(part) for part in parts)
    return not is_litter and path.resolve().is_relative_to(folder.resolve())


def _shown(path: Path) -> str:
    """The path as messages print it: what is no printable character (a byte that is not UTF-8, too) is replaced."""
    return "".join(character if character.isprintable() else "\ufffd" for character in str(path))


def _read_file(path: Path) -> Iterator[Source | InputError]:
    try:
        yield from _SUFFIXES[path.suffix.lower()].read(Handed(_shown(path), path))
    except InputError as error:
        yield error


def _read_text(handed: Handed) -> Iterator[Source | InputError]:
    yield make_source(handed.read(), handed.name, read_sidecar(handed))


def read_sidecar(handed: Handed) -> dict[str, Any]:
    """Return the metadata that lie beside a file of one article; none where there are none."""
    sidecar = handed.path.with_suffix(_SIDECAR)
    if not sidecar.is_file():
        return {}
    name = _shown(sidecar)
    if sidecar.is_symlink() and not sidecar.resolve().is_relative_to(handed.path.parent.resolve()):
        raise InputError(f"{name} is a link to another folder.\nHint: put the file itself in its place.")
    return known_metadata(from_json(Handed(name, sidecar).read(), name, whole=True), name)


@dataclass(frozen=True, slots=True)
class Format:
    """A format of articles. suffixes: of its files, in lower case.

    read: yields the articles of a file, and an InputError in the place of each that cannot be used; raises one where
    the file as a whole cannot be.
    """

    suffixes: tuple[str, ...]
    read: Callable[[Handed], Iterator[Source | InputError]]


FORMATS = {
    "txt": Format((".txt",), _read_text),
    "json": Format((".json",), read_json),
    "jsonl": Format((".jsonl",), read_json_lines),
}
_SUFFIXES = {suffix: each for each in FORMATS.values() for suffix in each.suffixes}
