"""Files as the workspace keeps them: canonical JSON, and writes that happen wholly or not at all."""

import json
import math
import os
import re
import secrets
import time
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from stancebank.errors import InputError

MAX_DEPTH = 50  # levels of nesting; a record has about seven
_EXACT = 2.0**53  # below it a float holds every whole number
_INT64 = 2**63
_ABANDONED = 3600.0  # seconds after which the unfinished file of a write belongs to no living process
_PART = re.compile(r"\..+\.[a-z0-9_]{8}\.part")


def to_json(value: object) -> str:
    """Return the one JSON form of a value: two-space indent, sorted keys, no escapes beyond need, final newline."""
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True, allow_nan=False) + "\n"


def from_json(data: bytes, name: str, *, whole: bool = False) -> Any:
    """Parse UTF-8 JSON. name: what to call the source in an error.

    whole: take a whole number that is written as a float, as pandas does, for an int. It is for records, which have no
    floats; where a file is compared with what was written into it, 13.0 is not 13.

    Raises InputError where it is not JSON (with line and column), or holds what a record cannot hold: a key twice in
    an object, a number that is none or a whole one of more than 64 bits, half a surrogate pair, more than `MAX_DEPTH`
    levels.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{name} is not UTF-8: byte {error.start} is 0x{data[error.start]:02x}.") from None
    try:
        number = _whole_number if whole else _number
        value = json.loads(text, object_pairs_hook=_unique_keys, parse_constant=_no_constant, parse_float=number)
    except json.JSONDecodeError as error:
        raise InputError(f"{name} is not JSON: line {error.lineno}, column {error.colno}: {error.msg}.") from None
    except RecursionError:
        raise InputError(f"{name} is not usable JSON: it is nested deeper than {MAX_DEPTH} levels.") from None
    except ValueError as error:
        raise InputError(f"{name} is not usable JSON: {error}.") from None
    _require_usable(value, name, surrogates="\\u" in text)
    return value


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise ValueError(f"the key {key[:80]!r} occurs twice in one object")
        result[key] = value
    return result


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON value")


def _number(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"{digits[:40]} is too large a number")
    return number


def _whole_number(digits: str) -> float:
    number = _number(digits)
    if not number.is_integer():
        return number
    if abs(number) >= _EXACT:
        raise ValueError(f"{digits[:40]} is too large a whole number")
    return int(number)


def _require_usable(value: Any, name: str, *, surrogates: bool) -> None:
    """Refuse deep nesting, numbers that no column holds, and lone surrogates, without recursion.

    surrogates: whether there can be any.
    """
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        below: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                below += item.values()
                below += item.keys() if surrogates else ()
            elif isinstance(item, list):
                below += item
            elif isinstance(item, int) and not -_INT64 <= item < _INT64:
                raise InputError(f"{name} is not usable JSON: {str(item)[:40]} is too large a whole number.")
            elif surrogates and isinstance(item, str) and any("\ud800" <= each <= "\udfff" for each in item):
                raise InputError(f"{name} holds half a surrogate pair (\\ud800 to \\udfff), which is no character.")
        if not below:
            return
        level = below
    raise InputError(f"{name} is not usable JSON: it is nested deeper than {MAX_DEPTH} levels.")


def read_json(path: Path, *, whole: bool = False) -> Any:
    """Parse a JSON file; see `from_json`."""
    return from_json(path.read_bytes(), path.name, whole=whole)


def write_text(path: Path, text: str, *, secret: bool = False) -> bool:
    """Write a UTF-8 file as `write_bytes` does. secret: only the owner may read it.

    Raises InputError where the text holds half a surrogate pair, as an argument that is not UTF-8 does.
    """
    try:
        data = text.encode()
    except UnicodeEncodeError:
        raise InputError(f"{path.name} would hold half a surrogate pair, which is no character.") from None
    return write_bytes(path, data, secret=secret)


def write_bytes(path: Path, data: bytes, *, secret: bool = False) -> bool:
    """Write a file wholly or not at all, making its folder. Return whether anything changed.

    The bytes go to a file beside it, which no other thread or process uses, reach the disk, and then take the place of
    the old file, with its permissions; secret: only the owner may read it, whatever the old one allowed. A file that
    already holds them is left alone, so that a second run changes nothing. What a killed process left unfinished in
    the folder is removed once it is an hour old.
    """
    mode = 0o600 if secret else path.stat().st_mode & 0o777 if path.is_file() else None
    if path.is_file() and path.stat().st_mode & 0o777 == mode and path.read_bytes() == data:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(path.parent)
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666 if mode is None else mode)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            part.chmod(mode)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return True


def is_part(name: str) -> bool:
    """Whether a file's name is one that `write_bytes` gives to what is not finished."""
    return _PART.fullmatch(name) is not None


@lru_cache(maxsize=256)
def _remove_abandoned(folder: Path) -> None:
    """Remove what killed processes left unfinished in a folder, once a process: young ones may still be in use."""
    for path in folder.glob(".*.part"):
        with suppress(OSError):
            if is_part(path.name) and time.time() - path.lstat().st_mtime > _ABANDONED:
                path.unlink()
