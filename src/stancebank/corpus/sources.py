"""What people hand over: files and folders with articles, as plain text or as JSON with metadata.

A reader a format: ``.txt`` is one article, ``.json`` one object or a list of them, ``.jsonl`` one object a line. An
object has the key ``text`` and any of the metadata keys. Beside ``name.txt`` may lie ``name.meta.json`` with metadata.
"""

import codecs
import hashlib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from stancebank.errors import InputError
from stancebank.records import from_json
from stancebank.text import normalise

MAX_BYTES = 4_000_000  # a long book; an article that is larger is a dump
METADATA_KEYS = ("title", "outlet", "agencies", "author", "place", "published", "language", "url", "event")
OTHER_KEYS = ("slug", "holder", "licence", "text_policy", "rights_note", "zones")
_SUFFIXES = (".txt", ".json", ".jsonl")
_SIDECAR = ".meta.json"


@dataclass(frozen=True, slots=True)
class Source:
    """One article as it came in. name: where, for messages. text: NFC and LF, otherwise untouched."""

    name: str
    text: str
    raw_sha256: str
    metadata: dict[str, Any] = field(default_factory=dict)


def read_sources(paths: list[Path]) -> Iterator[Source | InputError]:
    """Read every article in files and folders, in the order of their names.

    Yields an InputError in the place of what cannot be read, so that one run reports all faults.
    """
    for path in paths:
        if path.is_dir():
            files = sorted(
                file
                for file in path.rglob("*")
                if file.is_file() and file.suffix in _SUFFIXES and not file.name.endswith(_SIDECAR)
            )
            if not files:
                yield InputError(f"{path} holds no article: no file ending in {', '.join(_SUFFIXES)}.")
        elif path.suffix in _SUFFIXES:
            files = [path]
        else:
            yield InputError(
                f"{path} is not one of {', '.join(_SUFFIXES)}.\nMend: save the article's plain text as a .txt file."
            )
            continue
        for file in files:
            yield from _read_file(file)


def _read_file(path: Path) -> Iterator[Source | InputError]:
    try:
        if path.stat().st_size > MAX_BYTES and path.suffix != ".jsonl":
            raise InputError(
                f"{path} has {path.stat().st_size:,} bytes; an article has at most {MAX_BYTES:,}.\n"
                "Mend: if it holds many articles, make it .jsonl with one object a line."
            )
        if path.suffix == ".txt":
            data = path.read_bytes()
            yield Source(str(path), clean(data, str(path)), hashlib.sha256(data).hexdigest(), _sidecar(path))
        elif path.suffix == ".json":
            value = from_json(path.read_bytes(), str(path))
            for place, item in enumerate(value if isinstance(value, list) else [value]):
                yield from _collect(item, f"{path}[{place}]" if isinstance(value, list) else str(path))
            if value == []:
                raise InputError(f"{path} holds no article: the list is empty.")
        else:
            yield from _read_lines(path)
    except InputError as error:
        yield error


def _read_lines(path: Path) -> Iterator[Source | InputError]:
    empty = True
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            empty = False
            name = f"{path}:{number}"
            try:
                if len(line) > MAX_BYTES:
                    raise InputError(f"{name} has {len(line):,} bytes; an article has at most {MAX_BYTES:,}.")
                yield from _collect(from_json(line, name), name)
            except InputError as error:
                yield error
    if empty:
        yield InputError(f"{path} holds no article: the file is empty.")


def _collect(value: Any, name: str) -> Iterator[Source | InputError]:
    try:
        if not isinstance(value, dict) or not isinstance(value.get("text"), str):
            raise InputError(f'{name} is no article: it needs an object with the key "text".')
        text = value.pop("text")
        data = text.encode()
        yield Source(name, clean(data, name), hashlib.sha256(data).hexdigest(), known_metadata(value, name))
    except InputError as error:
        yield error


def _sidecar(path: Path) -> dict[str, Any]:
    sidecar = path.with_suffix(_SIDECAR)
    return known_metadata(from_json(sidecar.read_bytes(), str(sidecar)), str(sidecar)) if sidecar.is_file() else {}


def known_metadata(value: Any, name: str) -> dict[str, Any]:
    """Return metadata if all its keys are known. Raises InputError with the likely meaning of one that is not."""
    if not isinstance(value, dict):
        raise InputError(f"{name} holds no metadata: it needs a JSON object.")
    keys = [*METADATA_KEYS, *OTHER_KEYS]
    for key in value:
        if key not in keys:
            likely = get_close_matches(key, keys, 1)
            hint = f" Did you mean {likely[0]!r}?" if likely else f" Known keys: text, {', '.join(keys)}."
            raise InputError(f"{name} has the unknown key {key!r}.{hint}")
    return value


def clean(data: bytes, name: str) -> str:
    """Decode an article and bring it to NFC and LF. Nothing else is changed.

    Raises InputError where it is empty, binary, not UTF-8, or holds control characters.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise InputError(f"{name} is not UTF-8 but UTF-16.\nMend: save it as UTF-8.")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(_not_utf8(data, name, error.start)) from None
    text = normalise(text)
    for place, character in enumerate(text):
        if unicodedata.category(character) == "Cc" and character not in "\n\t":
            line = text.count("\n", 0, place) + 1
            what = "a NUL character: the file is binary or damaged" if character == "\0" else "a control character"
            raise InputError(
                f"{name}, line {line}: U+{ord(character):04X} is {what}.\n"
                "Mend: hand over the article's plain text without it."
            )
    if not any(character.isalnum() for character in text):
        raise InputError(f"{name} is empty: it has no words.")
    return text


def _not_utf8(data: bytes, name: str, place: int) -> str:
    if b"\0" in data[:4096] or data.startswith((b"%PDF", b"PK\x03\x04", b"\x89PNG", b"\xff\xd8\xff", b"\x1f\x8b")):
        return f"{name} is a binary file.\nMend: hand over the article's plain text."
    from charset_normalizer import from_bytes

    best = from_bytes(data[:100_000]).best()
    likely = f"It is likely {best.encoding}: convert it, e.g. `iconv -f {best.encoding} -t utf-8`." if best else ""
    return f"{name} is not UTF-8: byte {place} is 0x{data[place]:02x}.\nMend: save it as UTF-8. {likely}".rstrip()
