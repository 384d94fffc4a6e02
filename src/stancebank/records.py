"""Files as the workspace keeps them: canonical JSON, locks, and writes that happen wholly or not at all."""

import gc
import hashlib
import json
import math
import os
import re
import secrets
import stat
import time
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from errno import ENOSYS
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import msgspec

from stancebank.errors import BusyError, InputError, shorten

MAX_DEPTH = 50  # levels of nesting; a record has about seven
_EXACT = 2.0**53  # below it a float holds every whole number
_INT64 = 2**63
_LONG_NUMBER = re.compile(r"\d{19}")  # as many digits as the smallest number has that does not fit
_ABANDONED = 3600.0  # seconds after which an unfinished file belongs to no living process, where no lock can tell
_PART = re.compile(r"\..+\.[0-9a-f]{8}\.part")
_FEW = 4  # files that reach the disk one after the other
_AT_ONCE = 16  # that do at once
_TRIES = 5  # of a write whose unfinished file somebody else takes for a leftover, before it is locked


LITTER = re.compile(
    r"\.ds_store|thumbs\.db|ehthumbs\.db|desktop\.ini|icon\r|\.localized|\.directory|__macosx|\.spotlight-v100"
    r"|\.trashes|\.fseventsd|\._.+|\.nfs[0-9a-f]+|\.fuse_hidden[0-9a-f]+|@eadir|\$recycle\.bin"
    r"|system volume information|lost\+found|~\$.+|.+~|#.+#|\..+\.sw[a-z]|.+\.bak",
    re.IGNORECASE,
)
"""What file managers, network drives and editors leave in a folder, by name."""


def to_json(value: object) -> str:
    """Return the one JSON form of a value: two-space indent, sorted keys, no escapes beyond need, final newline."""
    return indented(value, sort_keys=True, allow_nan=False) + "\n"


def indented(value: object, **options: bool) -> str:
    """Return a value as JSON with a two-space indent and no escapes beyond need. options: those of `json.dumps`.

    It is what `json.dumps` makes with ``indent=2``, which takes four times as long: it indents in Python.
    """
    line = json.dumps(value, ensure_ascii=False, **options)  # type: ignore[arg-type]
    try:
        return msgspec.json.format(line, indent=2)
    except (UnicodeEncodeError, msgspec.DecodeError):  # half a surrogate pair, or a number that JSON has not
        return json.dumps(value, ensure_ascii=False, indent=2, **options)  # type: ignore[arg-type]


def json_line(value: object) -> bytes:
    """Return the one JSON form of a value on one line, as digests are taken of it: sorted keys, no blanks, UTF-8.

    value: of dicts, lists, texts, whole numbers, booleans and None.
    """
    return msgspec.json.encode(value, order="sorted")


def json_lines(values: Iterable[object]) -> bytes:
    """Return `json_line` of values, each ended by LF."""
    return _LINES.encode_lines(values)


_LINES = msgspec.json.Encoder(order="sorted")


class JsonError(InputError):
    """A text is not JSON. reason: why; line, column: where, counted from 1."""

    def __init__(self, name: str, error: json.JSONDecodeError) -> None:
        super().__init__(f"{name} is not JSON: line {error.lineno}, column {error.colno}: {error.msg}.")
        self.reason, self.line, self.column = error.msg, error.lineno, error.colno


def from_json(data: bytes, name: str, *, whole: bool = False) -> Any:
    """Parse UTF-8 JSON. name: what to call the source in an error.

    whole: take a whole number that is written as a float, as pandas does, for an int. It is for records, which have no
    floats; where a file is compared with what was written into it, 13.0 is not 13.

    Raises InputError where it is not JSON (with line and column), or holds what a record cannot hold: a key twice in
    an object, a number that is none or a whole one of more than 64 bits, half a surrogate pair, more than `MAX_DEPTH`
    levels.
    """
    if (found := _from_canonical(data)) is not _OTHER:
        return found
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{name} is not UTF-8: byte {error.start} is 0x{data[error.start]:02x}.") from None
    try:
        number = _whole_number if whole else _number
        value = json.loads(text, object_pairs_hook=_unique_keys, parse_constant=_no_constant, parse_float=number)
    except json.JSONDecodeError as error:
        raise JsonError(name, error) from None
    except RecursionError:
        raise InputError(f"{name} is not usable JSON: it is nested deeper than {MAX_DEPTH} levels.") from None
    except ValueError as error:
        raise InputError(f"{name} is not usable JSON: {error}.") from None
    _require_usable(value, name, surrogates="\\u" in text, numbers=_LONG_NUMBER.search(text) is not None)
    return value


_OTHER: Any = object()  # what stands for a text that has to be read with care
_LARGEST_CANONICAL = 10_000_000  # bytes; what is larger is no record, and need not be held a second time
_DIGITS = bytes.maketrans(b"123456789", b"000000000")


def _from_canonical(data: bytes) -> Any:
    """Return what `from_json` makes of bytes that are what `to_json` makes of it; else `_OTHER`.

    It takes a fifth of the time. Such bytes have no key twice, no float, and no half of a surrogate pair.
    """
    if not data.startswith((b"{\n", b"[\n")) or not data.endswith(b"\n") or len(data) > _LARGEST_CANONICAL:
        return _OTHER
    if _DEEP in data:  # more levels than a record has
        return _OTHER
    try:
        value = _DECODER.decode(data)
    except (msgspec.DecodeError, ValueError, RecursionError):  # a float among them
        return _OTHER
    if msgspec.json.format(json_line(value), indent=2) != data[:-1]:
        return _OTHER
    return _OTHER if b"0" * 19 in data.translate(_DIGITS) else value  # as many digits as the smallest that is too long


def _no_float(digits: str) -> Any:
    raise ValueError(digits)


_DECODER = msgspec.json.Decoder(Any, float_hook=_no_float)
_DEEP = b"\n" + 12 * b"  "  # a line of canonical JSON that is within twelve others


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise ValueError(f"the key {shorten(key, 80)!r} occurs twice in one object")
        result[key] = value
    return result


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON value")


def _number(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"{shorten(digits, 40)} is too large a number")
    return number


def _whole_number(digits: str) -> float:
    number = _number(digits)
    if not number.is_integer():
        return number
    if abs(number) >= _EXACT:
        raise ValueError(f"{shorten(digits, 40)} is too large a whole number")
    return int(number)


def _require_usable(value: Any, name: str, *, surrogates: bool, numbers: bool) -> None:
    """Refuse deep nesting, numbers that no column holds, and lone surrogates, without recursion.

    surrogates, numbers: whether there can be any.
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
            elif numbers and isinstance(item, int) and not -_INT64 <= item < _INT64:
                raise InputError(f"{name} is not usable JSON: {shorten(str(item), 40)} is too large a whole number.")
            elif surrogates and isinstance(item, str) and any("\ud800" <= each <= "\udfff" for each in item):
                raise InputError(f"{name} holds half a surrogate pair (\\ud800 to \\udfff), which is no character.")
        if not below:
            return
        level = below
    raise InputError(f"{name} is not usable JSON: it is nested deeper than {MAX_DEPTH} levels.")


def read_json(path: Path, *, whole: bool = False) -> Any:
    """Parse a JSON file; see `from_json`. Raises InputError where it is a pipe or a device, which may never end."""
    return from_json(_read_plain(path), path.name, whole=whole)


def _read_plain(path: Path) -> bytes:
    if is_special(path.stat().st_mode):
        raise InputError(f"{path.name} is no plain file.\nHint: put the file itself in its place.")
    return path.read_bytes()


T = TypeVar("T")


def read_part(path: Path, kind: type[T]) -> T:
    """Return those keys of a JSON file that a struct has; all others are passed over, and take no memory.

    Raises InputError where the file is no plain one, or has not what the struct asks for.
    """
    return decode_part(_read_plain(path), path.name, kind)


def decode_part(data: bytes, name: str, kind: type[T]) -> T:
    """Return those keys of JSON that a struct has, as `read_part` does. name: of its file."""
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.DecodeError as error:
        raise InputError(f"{name}: {error}.\nHint: take the file again from git.") from None


@contextmanager
def seldom_collecting() -> Iterator[None]:
    """Let the collector of cycles look seldom: a hundred thousand values come and go, and are in none.

    It does not look again at what is there already, such as modules. May be asked for within itself.
    """
    before, frozen = gc.get_threshold(), gc.get_freeze_count()
    gc.set_threshold(100_000, *before[1:])
    if not frozen:
        gc.freeze()
    try:
        yield
    finally:
        gc.set_threshold(*before)
        if not frozen:
            gc.unfreeze()


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, as 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class Content:
    """What a file holds; None where it is missing. It is equal to that of another file that holds the same.

    What takes long to make of a file, such as a validator, is kept by its content: copies of a workspace share it.
    """

    path: Path = field(compare=False)
    data: bytes | None


def read_content(path: Path) -> Content:
    """Return what a file holds. Raises OSError where it cannot be read."""
    return Content(path, path.read_bytes() if path.is_file() else None)


def is_special(mode: int) -> bool:
    """Whether a mode is that of a pipe, a device or a socket: reading it may never end."""
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def find_files(folder: Path, pattern: str) -> list[Path]:
    """Return what matches a pattern below a folder, sorted, without hidden names: systems leave such files anywhere."""
    found = folder.glob(pattern)
    return sorted(each for each in found if not any(n.startswith(".") for n in each.relative_to(folder).parts))


def write_text(path: Path, text: str, *, secret: bool = False) -> bool:
    """Write a UTF-8 file as `write_bytes` does. secret: only the owner may read it.

    Raises InputError where the text holds half a surrogate pair, as an argument that is not UTF-8 does.
    """
    return write_bytes(path, encode_text(path.name, text), secret=secret)


def write_all(files: Sequence[tuple[Path, bytes, bool]]) -> list[bool]:
    """Write files as `write_bytes` does, each a path, its bytes, and whether only the owner may read it.

    All of them reach the disk, which takes less time for many than one after the other; then they take their places in
    this order. Whoever is killed leaves the first ones, each whole. Return which of them changed.
    """
    changed: list[bool] = []
    staged: list[_Part] = []
    made: set[Path] = set()
    try:
        for path, data, secret in files:
            mode = _mode(path, secret=secret)
            changed.append(not _holds(path, data, mode))
            if changed[-1]:
                if (folder := path.parent) not in made:
                    _make_folder(folder)
                    made.add(folder)
                staged.append(_Part(path, data, mode))
        _reach_disk(staged)
        while staged:
            part = staged[0]
            try:
                part.take_place()
            except FileNotFoundError:  # somebody took it for a leftover
                write_bytes(part.path, part.data, secret=part.mode == _SECRET)
            staged.pop(0)
    finally:
        for part in staged:
            part.discard()
    return changed


def encode_text(name: str, text: str) -> bytes:
    """Return the bytes of a text. Raises InputError where it holds half a surrogate pair. name: of its file."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise InputError(f"{name} would hold half a surrogate pair, which is no character.") from None


def write_bytes(path: Path, data: bytes, *, secret: bool = False) -> bool:
    """Write a file wholly or not at all, making its folder. Return whether anything changed.

    The bytes go to a file beside it, which no other thread or process uses, reach the disk, and then take the place of
    the old file, with its permissions; secret: only the owner may read it, whatever the old one allowed. A file that
    already holds them is left alone, so that a second run changes nothing. What killed processes left unfinished in the
    folder is removed.
    """
    mode = _mode(path, secret=secret)
    if _holds(path, data, mode):
        return False
    _make_folder(path.parent)
    for _ in range(_TRIES - 1):
        with suppress(FileNotFoundError):
            _put(path, data, mode)
            return True
    _put(path, data, mode)
    return True


def _put(path: Path, data: bytes, mode: int | None) -> None:
    """Write a file beside its place, and put it there. Raises FileNotFoundError where somebody has removed it."""
    part = _Part(path, data, mode)
    try:
        _reach_disk([part])
        part.take_place()
    except BaseException:
        part.discard()
        raise


_SECRET = 0o600


def _mode(path: Path, *, secret: bool) -> int | None:
    return _SECRET if secret else path.stat().st_mode & 0o777 if path.is_file() else None


def holds(path: Path, text: str) -> bool:
    """Whether a file is there and has this text, in UTF-8."""
    return path.is_file() and path.read_bytes() == text.encode()


def _holds(path: Path, data: bytes, mode: int | None) -> bool:
    return path.is_file() and path.stat().st_mode & 0o777 == mode and path.read_bytes() == data


def _make_folder(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    _clear_once(folder)


class _Part:
    """A file beside the place that it will take.

    It is locked while it is written, so that nobody takes it for a leftover: the lock ends with its process. Raises
    OSError where it cannot be written.
    """

    def __init__(self, path: Path, data: bytes, mode: int | None) -> None:
        self.path, self.data, self.mode = path, data, mode
        self._part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
        handle = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666 if mode is None else mode)
        self._file = os.fdopen(handle, "wb")
        try:
            self._is_held = lock_file(handle)
            self._file.write(data)
            self._file.flush()
        except BaseException:
            self.discard()
            raise

    def reach_disk(self) -> None:
        os.fsync(self._file.fileno())

    def take_place(self) -> None:
        if self.mode is not None:
            self._part.chmod(self.mode)
        if not self._is_held or os.name != "posix":  # elsewhere no open file can be renamed
            self._file.close()
        self._part.replace(self.path)
        self._file.close()

    def discard(self) -> None:
        self._file.close()
        self._part.unlink(missing_ok=True)


def _reach_disk(parts: Sequence[_Part]) -> None:
    """Bring files to the disk, which does those together that are asked for at the same time."""
    if len(parts) < _FEW:
        for part in parts:
            part.reach_disk()
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(_AT_ONCE) as threads:
        for _ in threads.map(_Part.reach_disk, parts):
            pass


def is_part(name: str) -> bool:
    """Whether a file's name is one that `write_bytes` gives to what is not finished."""
    return _PART.fullmatch(name) is not None


@lru_cache(maxsize=256)
def _clear_once(folder: Path) -> None:
    remove_unfinished(folder)


def remove_unfinished(folder: Path, *below: str) -> None:
    """Remove what killed processes left unfinished in a folder; what a living one is writing stays.

    below: folders in it that are gone through at any depth, such as ``corpus``. No link is followed.
    """
    with suppress(OSError):
        _remove_unfinished(folder, [each.name for each in folder.iterdir() if is_part(each.name)])
    for name in below:
        for place, _, names in () if (folder / name).is_symlink() else os.walk(folder / name):
            _remove_unfinished(Path(place), [each for each in names if is_part(each)])


def _remove_unfinished(folder: Path, names: list[str]) -> None:
    for name in names:
        with suppress(OSError):
            path = folder / name
            if not stat.S_ISREG(path.lstat().st_mode):
                continue
            handle = os.open(path, os.O_RDWR)
            try:
                is_old = time.time() - os.fstat(handle).st_mtime > _ABANDONED
                if lock_file(handle, unknown=is_old):
                    path.unlink()
            finally:
                os.close(handle)


def lock_file(handle: int, *, unknown: bool = False) -> bool:
    """Lock an open file or folder until it is closed. handle: its descriptor.

    Return False where another process holds the lock, `unknown` where the system has no such locks.
    """
    try:
        return bool(file_locks().lock_descriptor(handle, blocking=False))
    except OSError as error:
        if error.errno != ENOSYS:
            raise
        return unknown


@contextmanager
def holding(path: Path, command: str, seconds: float) -> Iterator[None]:
    """Hold a lock that one process has at a time, by a file that is there for as long as it is held.

    command: what others are told who wait for it. Raises BusyError, with the command and the process that hold it,
    where they do so for longer than some seconds; FileNotFoundError where the folder is gone. A lock ends with its
    process.
    """
    library = file_locks()
    lock = library.FileLock(path, thread_local=False)  # what is yielded from may be closed in another thread
    told = path.with_name(f"{path.name}.holder")  # a lock of its own keeps the file itself shut on some systems
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            lock.acquire(timeout=seconds, poll_interval=0.02)
        except library.Timeout:
            holder = told.read_text("utf-8", errors="replace").strip() if told.is_file() else ""
            raise BusyError(
                f"{holder or 'another command'} is writing in this workspace.\n"
                "Hint: wait until it is done. Nothing was changed."
            ) from None
    try:
        told.write_text(f"`{command}` (process {os.getpid()})", encoding="utf-8")
        yield
    finally:
        with suppress(OSError):
            told.unlink()
        if library.has_fcntl:  # who waits sees that the file is gone, and makes another
            path.unlink(missing_ok=True)
        lock.release()


@lru_cache(maxsize=1)
def file_locks() -> ModuleType:
    """Return the library of locks. `has_fcntl`: whether the system has locks of its own that end with their process.

    Else, as on Windows, it uses others, and does not complain.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import filelock
    return filelock


def sync_path(path: Path) -> None:
    """Let a file or folder reach the disk, where the system can say so of folders."""
    with suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
