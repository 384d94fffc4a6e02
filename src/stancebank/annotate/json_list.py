"""The items of a JSON list of any length, one after the other, in a fraction of the time of a parser of events.

Where an item ends is told by msgspec, which steps over it without making anything of it, a piece of the file at a time;
then the item is decoded as a whole. Whatever is not as plain as that (a broken list, an item that is no object or list,
nesting that is too deep, text that is not UTF-8) is left to the parser of events, which says what is wrong.
"""

import io
import re
from collections.abc import Iterator
from itertools import takewhile
from typing import Any, BinaryIO

import msgspec

from stancebank.records import MAX_DEPTH

_PIECE = 1 << 17  # bytes at once
_SPACE = b" \t\r\n"
_DECODER = msgspec.json.Decoder()
_STEPPER = msgspec.json.Decoder(msgspec.Raw)
_END = re.compile(r"JSON is malformed: trailing characters \(byte (\d+)\)")  # what follows an item, counted from 1
_BROKEN = re.compile(r"JSON is malformed: .* \(byte (\d+)\)")
_CUT = 8  # bytes before the end of a piece that may be taken for broken: half a number or word
_LONG = b"0" * 19  # as many digits as the smallest number has that does not fit into 64 bits
_DIGITS = bytes(48 if 48 <= byte <= 57 else byte for byte in range(256))
_LETTERS = b"ghijklmnopqrstuvwxyz"  # taken out first, which takes less time; the others part the digits of digests
_BRACKETS = bytes(40 if byte in b"[{" else 41 if byte in b"]}" else byte for byte in range(256))
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)


class NotPlainError(Exception):
    """What comes next in a list is not plain."""


def plain_items(file: BinaryIO) -> Iterator[Any]:
    """Yield the items of a list, each when it is asked for.

    file: at the beginning of the list. Raises NotPlainError where an item is not plain, after those before it.
    """
    yield from map(decode_item, plain_bytes(file))


def plain_bytes(file: BinaryIO) -> Iterator[bytes]:
    """Yield the items of a list as they stand in a file, as `plain_items` does; their text may be no UTF-8."""
    if _next(file) != b"[":
        raise NotPlainError
    data = _next(file)
    if data == b"]":
        rest = file.read()
    else:
        is_last = False
        while not is_last:
            piece = file.read(max(_PIECE, len(data)))
            if not piece:
                raise NotPlainError
            data += piece
            items, end, is_last = _cut(data)
            plain = _until_deep(data[:end], items)
            yield from plain
            if len(plain) < len(items):
                raise NotPlainError
            data = data[end:]
        rest = data + file.read()
    if rest.strip(_SPACE):
        raise NotPlainError


def decode_item(raw: bytes) -> Any:
    """Return an item. Raises NotPlainError where it is broken."""
    if _LONG in raw.translate(_DIGITS, _LETTERS):
        return _decode_exactly(raw)
    try:
        return _DECODER.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise NotPlainError from None


def _decode_exactly(raw: bytes) -> Any:
    """Decode an item with a long number in it, which is one that fits or none."""
    import ijson

    try:
        return next(ijson.items(io.BytesIO(raw), "", use_float=True))
    except (ijson.JSONError, StopIteration):
        raise NotPlainError from None


def _next(file: BinaryIO) -> bytes:
    """Return the next byte that is no white space; none at the end."""
    while (byte := file.read(1)) and byte in _SPACE:
        pass
    return byte


def _cut(data: bytes) -> tuple[list[bytes], int, bool]:
    """Return the items that are whole, each followed by a comma or by the end of the list.

    Returns also where the next one begins, and whether the list has ended there.
    """
    items: list[bytes] = []
    view, begin = memoryview(data), 0
    while True:
        try:
            _STEPPER.decode(view[begin:])
            return items, begin, False  # what follows is in the next piece
        except RecursionError:
            raise NotPlainError from None
        except msgspec.DecodeError as error:  # as a rule: something follows
            said = str(error)
        found = _END.fullmatch(said)
        if found is None:
            place = _BROKEN.fullmatch(said)
            if place is not None and begin + int(place[1]) < len(data) - _CUT:
                raise NotPlainError
            return items, begin, False
        end = begin + int(found[1])
        item, mark = data[begin : end - 1].strip(_SPACE), data[end - 1]
        if item[:1] not in (b"{", b"[") or mark not in b",]":
            raise NotPlainError
        items.append(item)
        begin = end
        if mark == ord("]"):
            return items, begin, True


def _until_deep(data: bytes, items: list[bytes]) -> list[bytes]:
    """Return the items before the first one that is nested too deep. data: all of them as they stand."""
    return items if _is_flat(data) else [*takewhile(lambda each: _is_flat(_STRING.sub(b"", each)), items)]


def _is_flat(data: bytes) -> bool:
    """Whether brackets, also those in strings, are closed, and none is deeper than allowed in a list."""
    left = data.translate(_BRACKETS, _NO_BRACKETS)
    for _ in range(MAX_DEPTH - 1):
        if not left or left == b")":  # that of the list
            return True
        left = left.replace(b"()", b"")
    return not left or left == b")"
