"""What people hand over: files, folders and streams with articles, each read by the reader of its format.

`FORMATS` says which formats there are. A file of one article may have metadata beside it: ``name.meta.json`` beside
``name.txt``.
"""

import json
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from stancebank.corpus.cleaning import HTML, MAX_BYTES, Handed, SourceError, make_source
from stancebank.corpus.keys import ALL, KeyMap
from stancebank.corpus.rows import (
    Found,
    Reader,
    files_of_split,
    is_saved_dataset,
    read_csv,
    read_dataset,
    read_json,
    read_json_lines,
    read_parquet,
    read_tsv,
)
from stancebank.errors import InputError, list_some
from stancebank.records import LITTER, from_json

STANDARD_INPUT = Path("-")
_SIDECAR = ".meta.json"
_PAGES = (".html", ".htm", ".xhtml")
_SPOOLED = 32_000_000  # bytes of standard input that are kept in memory


def _read_text(handed: Handed, keys: KeyMap) -> Found:
    yield make_source(handed.read(), handed.name, read_sidecar(handed, keys))


def _read_page(handed: Handed, keys: KeyMap) -> Found:
    from stancebank.corpus import pages

    data = handed.read(pages.MAX_BYTES, "a page", "save it as a page of HTML only, without its pictures")
    yield pages.read_page(data, handed.name, read_sidecar(handed, keys))


def read_sidecar(handed: Handed, keys: KeyMap) -> dict[str, Any]:
    """Return the metadata that lie beside a file of one article; none where there are none."""
    if not isinstance(handed.file, Path):
        return {}
    sidecar = handed.file.with_suffix(_SIDECAR)
    if not sidecar.is_file():
        return {}
    name = _shown(sidecar)
    if sidecar.is_symlink() and not sidecar.resolve().is_relative_to(handed.file.parent.resolve()):
        raise InputError(f"{name} is a link to another folder.\nHint: put the file itself in its place.")
    return keys.metadata(from_json(Handed(name, sidecar).read(), name, whole=True), name)


def _read_archive(handed: Handed, keys: KeyMap) -> Found:
    from stancebank.corpus.extraction import read_archived

    yield from read_archived(handed, keys)


@dataclass(frozen=True, slots=True)
class Format:
    """A format of articles. suffixes: of its files, in lower case."""

    suffixes: tuple[str, ...]
    read: Reader


FORMATS = {
    "txt": Format((".txt",), _read_text),
    "json": Format((".json",), read_json),
    "jsonl": Format((".jsonl", ".ndjson"), read_json_lines),
    "csv": Format((".csv",), read_csv),
    "tsv": Format((".tsv", ".tab"), read_tsv),
    "parquet": Format((".parquet",), read_parquet),
    "html": Format((*_PAGES, ".mhtml", ".mht"), _read_page),
    "warc": Format((".warc", ".warc.gz"), _read_archive),
    "wacz": Format((".wacz",), _read_archive),
}
ARCHIVES = (*FORMATS["warc"].suffixes, *FORMATS["wacz"].suffixes)
"""Suffixes of web archives, which hold many pages."""

_SUFFIXES = {suffix: each for each in FORMATS.values() for suffix in each.suffixes}
_READABLE = ", ".join(_SUFFIXES)
_PLAIN_HINT = "save the article's plain text as a .txt file, or its web page as .html"
_HINTS = {  # what to do with other files
    **dict.fromkeys((".rss", ".atom"), "save the page of each article as .html"),
    **dict.fromkeys((".xlsx", ".xls", ".ods"), "save the sheet as CSV, in UTF-8"),
    **dict.fromkeys((".zip", ".gz", ".tar", ".tgz", ".bz2", ".xz", ".zst", ".7z"), "unpack it first"),
    **dict.fromkeys((".arrow", ".feather"), "save it as Parquet, or hand over the folder that datasets saved"),
}


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file of a folder that is not read. why: in a few words."""

    file: str
    why: str


@dataclass(slots=True)
class ReadOptions:
    """How to read what is handed over, and what was left out of it.

    keys: what becomes of keys and columns. format: of `FORMATS`, for files that are named and for standard input; by
    default, their suffix says it. split: of a dataset; by default, all are read. stdin: what `-` means. watch: told
    the name of each source that was read. without_archives: whether web archives in folders are passed over. skipped:
    filled while folders are read.
    """

    keys: KeyMap = field(default_factory=KeyMap)
    format: str | None = None
    split: str | None = None
    stdin: IO[bytes] | None = None
    watch: Callable[[str], None] = lambda name: None
    without_archives: bool = False
    skipped: list[Skipped] = field(default_factory=list)


def for_words() -> ReadOptions:
    """Return how to read sources of which the words alone are wanted: whatever else they say is dropped."""
    return ReadOptions(KeyMap(ignored=frozenset({ALL})))


def read_sources(paths: Iterable[Path], reading: ReadOptions | None = None) -> Found:
    """Read every article in files and folders, in the order of their names.

    Yields an InputError in the place of what cannot be read, so that one run reports all faults.
    """
    reading = reading or ReadOptions()
    for path in paths:
        name = "standard input" if path == STANDARD_INPUT else _shown(path)
        for each in _told(name, _read_path(path, name, reading)):
            reading.watch(each.source if isinstance(each, SourceError) else getattr(each, "name", name))
            yield each
    yield from reading.keys.missing()


def find_archives(paths: Iterable[Path], format: str | None = None) -> tuple[list[Path], list[Handed]]:
    """Return paths without the web archives among them, and those, also from folders, in the order of their names.

    format: that the files that are named are said to have. A folder that holds nothing but archives is left out.
    """
    others: list[Path] = []
    archives: list[Handed] = []
    for path in paths:
        if path == STANDARD_INPUT or not path.exists():
            others.append(path)
        elif path.is_dir():
            files, _ = _walk(path, [])
            found = [each for each in files if suffix_of(each) in ARCHIVES]
            archives += [Handed(_shown(each), each) for each in found]
            if not found or len(found) < len(files):
                others.append(path)
        elif (suffix_of(path) in ARCHIVES and format is None) or format in ("warc", "wacz"):
            archives.append(Handed(_shown(path), path))
        else:
            others.append(path)
    return others, archives


def _told(name: str, found: Found) -> Found:
    """Yield what a reader raises as what it yields, with its source."""
    try:
        yield from found
    except InputError as error:
        yield error if isinstance(error, SourceError) else SourceError(name, str(error))


def _read_path(path: Path, name: str, reading: ReadOptions) -> Found:
    if path == STANDARD_INPUT and reading.stdin is not None:
        yield from _read_stream(reading.stdin, name, reading)
    elif path.is_dir():
        yield from _read_folder(path, name, reading)
    else:
        suffix = suffix_of(path)
        format_ = FORMATS[reading.format] if reading.format else _SUFFIXES.get(suffix)
        if format_ is None:
            raise InputError(f"{name} is not one of {_READABLE}.\nHint: {_HINTS.get(suffix, _PLAIN_HINT)}.")
        if path.exists() and not path.is_file():
            raise InputError(f"{name} is no file.\nHint: {_PLAIN_HINT}.")
        yield from format_.read(Handed(name, path), reading.keys)


def _read_stream(stream: IO[bytes], name: str, reading: ReadOptions) -> Found:
    with tempfile.SpooledTemporaryFile(_SPOOLED) as spooled:
        while block := stream.read(1_000_000):
            spooled.write(block)
        handed = Handed(name, spooled)
        format_ = reading.format or _sniff(handed)
        if format_ is None:
            raise InputError(f"The format of standard input cannot be told.\nHint: pass --format {'|'.join(FORMATS)}.")
        yield from FORMATS[format_].read(handed, reading.keys)


def _sniff(handed: Handed) -> str | None:
    """Return the format of a stream where its beginning leaves no doubt."""
    with handed.open() as file:
        if file.read(4) == b"PAR1":
            return "parquet"
        file.seek(0)
        line = file.readline(MAX_BYTES).strip()
        while not line and (line := file.readline(MAX_BYTES)):
            line = line.strip()
        rest = file.read(1000).strip()
    if line.startswith((b"WARC/", b"\x1f\x8b\x08")):
        return "warc"
    if HTML.match(line + b"\n" + rest):
        return "html"
    if line.startswith(b"["):
        return "json" if (line[1:].lstrip() or rest).startswith((b"{", b"]")) else None
    if not line.startswith(b"{"):
        return None
    try:
        return "jsonl" if isinstance(json.loads(line), dict) and rest else "json"
    except ValueError:
        return "json" if (line[1:].lstrip() or rest).startswith(b'"') else None


def _read_folder(folder: Path, name: str, reading: ReadOptions) -> Found:
    datasets = [each for each in (folder, *folder.rglob("*")) if each.is_dir() and _belongs(each, folder)]
    datasets = [each for each in sorted(datasets) if is_saved_dataset(each)]
    datasets = [each for each in datasets if not any(each.is_relative_to(o) and each != o for o in datasets)]
    for each in datasets:
        yield from _told(_shown(each), read_dataset(each, _shown(each), reading.keys, reading.split))
    files, skipped = _walk(folder, datasets)
    archives = [each for each in files if reading.without_archives and suffix_of(each) in ARCHIVES]
    files = [each for each in files if each not in archives] if archives else files
    if reading.split and not datasets:
        files = sorted(files_of_split(folder, name, reading.split))
    reading.skipped += skipped
    for file in files:
        of_file = _SUFFIXES[suffix_of(file)].read(Handed(_shown(file), file), reading.keys)
        yield from _told(_shown(file), of_file)
    if not (files or datasets or archives):
        found = f" It has {told_skipped(skipped)}." if skipped else ""
        raise InputError(f"{name} holds no article: no file ending in {_READABLE}.{found}\nHint: {_PLAIN_HINT}.")


def _walk(folder: Path, datasets: list[Path]) -> tuple[list[Path], list[Skipped]]:
    """Return the files of a folder that are read, and those that are not: all that belong to it and to no dataset."""
    files: list[Path] = []
    skipped: list[Skipped] = []
    sidecars: list[Path] = []
    for path in sorted(folder.rglob("*")):
        is_hidden = any(part.startswith(".") or LITTER.fullmatch(part) for part in path.relative_to(folder).parts)
        if is_hidden or path.is_dir() or any(path.is_relative_to(each) for each in datasets):
            continue
        if not _belongs(path, folder):
            skipped.append(Skipped(_shown(path), "a link that leads out of the folder"))
        elif any(_is_of_page(above) for above in path.parents[: len(path.relative_to(folder).parts) - 1]):
            skipped.append(Skipped(_shown(path), "saved with a page"))
        elif not path.is_file():
            skipped.append(Skipped(_shown(path), "no plain file"))
        elif path.name.lower().endswith(_SIDECAR):
            sidecars.append(path)
        elif suffix_of(path) in _SUFFIXES:
            files.append(path)
        else:
            skipped.append(Skipped(_shown(path), path.suffix.lower() or "no suffix"))
    stems = {file.with_suffix("") for file in files}
    skipped += [
        Skipped(_shown(e), "metadata of no file") for e in sidecars if e.with_suffix("").with_suffix("") not in stems
    ]
    return files, skipped


def suffix_of(path: Path) -> str:
    """Return the suffix that says the format of a file, in lower case: of ``pages.warc.gz`` both together."""
    name = path.name.lower()
    return ".warc.gz" if name.endswith(".warc.gz") else path.suffix.lower()


def told_skipped(skipped: Iterable[Skipped], few: int = 3) -> str:
    """Say how many files were skipped for which reason, with the names of the first few of each."""
    skipped = list(skipped)
    told = []
    for why, many in Counter(each.why for each in skipped).most_common():
        names = [Path(each.file).name for each in skipped if each.why == why]
        told.append(f"{many} {why} ({list_some(names, few)})")
    return ", ".join(told)


def _belongs(path: Path, folder: Path) -> bool:
    """Whether a file of a folder is part of it: not what a system leaves there, and no link that leads out."""
    parts = path.relative_to(folder).parts
    is_litter = any(part.startswith(".") or LITTER.fullmatch(part) for part in parts)
    return not is_litter and path.resolve().is_relative_to(folder.resolve())


_FILES_OF_PAGE = re.compile(  # what browsers of all languages call the folder beside a page that was saved complete
    r"(.+)[ _.-](?:files|dateien|fichiers|bestanden|archivos|arquivos|ficheiros|filer|filene|tiedostot|pliki|soubory"
    r"|elemei|dosyalar|datoteke|fajlovi|fitxers|fitxategiak|failid|faili|bylos)",
    re.IGNORECASE,
)


def _is_of_page(folder: Path) -> bool:
    """Whether a folder holds the pictures and frames of a page that lies beside it."""
    named = _FILES_OF_PAGE.fullmatch(folder.name)
    return named is not None and any((folder.parent / f"{named[1]}{each}").is_file() for each in _PAGES)


def _shown(path: Path) -> str:
    """The path as messages print it: what is no printable character (a byte that is not UTF-8, too) is replaced."""
    return "".join(character if character.isprintable() else "\ufffd" for character in str(path))
