"""Files as the workspace keeps them: canonical JSON, and writes that happen wholly or not at all."""

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from stancebank.errors import InputError


def to_json(value: object) -> str:
    """Return the one JSON form of a value: two-space indent, sorted keys, no escapes beyond need, final newline."""
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True, allow_nan=False) + "\n"


def from_json(data: bytes, name: str) -> Any:
    """Parse UTF-8 JSON. name: what to call the source in an error.

    Raises InputError naming line and column where it is not JSON, holds a key twice, or holds half a surrogate pair.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{name} is not UTF-8: byte {error.start} is 0x{data[error.start]:02x}.") from None
    try:
        value = json.loads(text, object_pairs_hook=_unique_keys, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise InputError(f"{name} is not JSON: line {error.lineno}, column {error.colno}: {error.msg}.") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name} is not usable JSON: {error}.") from None
    if "\\u" in text and _has_surrogate(value):
        raise InputError(f"{name} holds half a surrogate pair (\\ud800 to \\udfff), which is no character.")
    return value


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {twice!r} stands twice in one object")
    return result


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON value")


def _has_surrogate(value: object) -> bool:
    if isinstance(value, str):
        return any("\ud800" <= character <= "\udfff" for character in value)
    if isinstance(value, dict):
        return any(_has_surrogate(key) or _has_surrogate(item) for key, item in value.items())
    return isinstance(value, list) and any(_has_surrogate(item) for item in value)


def read_json(path: Path) -> Any:
    """Parse a JSON file; see `from_json`."""
    return from_json(path.read_bytes(), path.name)


def write_text(path: Path, text: str) -> bool:
    """Write a UTF-8 file wholly or not at all, making its folder. Return whether anything changed.

    The text goes to a file beside it, reaches the disk, and then takes the place of the old one. A file that already
    holds it is left alone, so that a second run changes nothing.
    """
    data = text.encode()
    if path.is_file() and path.read_bytes() == data:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o666 & ~_umask())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return True


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
