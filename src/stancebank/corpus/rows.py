"""Files that hold many articles: an object or a row for each, with its words and its metadata."""

from collections.abc import Iterator
from typing import Any

from stancebank.corpus.cleaning import MAX_BYTES, Handed, Source, make_source
from stancebank.corpus.keys import FOREIGN_KEYS, known_metadata
from stancebank.errors import InputError
from stancebank.records import from_json


def read_json(handed: Handed) -> Iterator[Source | InputError]:
    """Read a JSON file: one object, or a list of them."""
    value = from_json(handed.read(), handed.name, whole=True)
    for place, item in enumerate(value if isinstance(value, list) else [value]):
        yield from _collect(item, f"{handed.name}[{place}]" if isinstance(value, list) else handed.name)
    if value == []:
        raise InputError(f"{handed.name} holds no article: the list is empty.")


def read_json_lines(handed: Handed) -> Iterator[Source | InputError]:
    """Read JSON lines: an object a line. A line that cannot be read takes no other one with it."""
    name = handed.name
    empty = True
    with handed.open() as file:
        number = 0
        while line := file.readline(MAX_BYTES + 1):
            number += 1
            empty = empty and not line.strip() and len(line) <= MAX_BYTES
            try:
                if len(line) > MAX_BYTES:
                    while line and not line.endswith(b"\n"):  # the rest of it, without keeping it
                        line = file.readline(MAX_BYTES)
                    raise InputError(f"{name}:{number} is longer than {MAX_BYTES:,} bytes, the most of an article.")
                if line.strip():
                    yield from _collect(from_json(line, f"{name}:{number}", whole=True), f"{name}:{number}")
            except InputError as error:
                yield error
    if empty:
        yield InputError(f"{name} holds no article: the file is empty.")


def _collect(value: Any, name: str) -> Iterator[Source | InputError]:
    try:
        if not isinstance(value, dict):
            raise InputError(f'{name} is no article: it needs an object with the key "text".')
        if not isinstance(value.get("text"), str):
            likely = [key for key in value if FOREIGN_KEYS.get(key) == "text"]
            guess = f" Did you mean {likely[0]!r}?" if likely else ""
            raise InputError(f'{name} is no article: it needs an object with the key "text".{guess}')
        text = value.pop("text")
        yield make_source(text.encode(), name, known_metadata(value, name))
    except InputError as error:
        yield error
