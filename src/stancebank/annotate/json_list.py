"""The items of a JSON list of any length, one after the other, in a fraction of the time of a parser of events.

Where an item begins and ends is told by the brackets outside of strings, which are counted a piece of the file at a
time; then the item is decoded as a whole. Whatever is not as plain as that (a broken list, an item that is no object
or list, nesting that is too deep, text that is not UTF-8) is left to the parser of events, which says what is wrong.
"""

import io
from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec

from stancebank.records import MAX_DEPTH

_PIECE = 1 << 15  # bytes at once
_DIGITS = bytes(48 if 48 <= byte <= 57 else 32 for byte in range(256))
_LONG = b"0" * 19  # as many digits as the smallest number has that does not fit into 64 bits
_SPACE = b" \t\r\n"
_DECODER = msgspec.json.Decoder()


class NotPlainError(Exception):
    """What comes next in a list is not plain."""


def plain_items(file: BinaryIO) -> Iterator[Any]:
    """Yield the items of a list, each when it is asked for.

    file: at the beginning of the list. Raises NotPlainError where an item is not plain, after those before it.
    """
    yield from map(decode_item, plain_bytes(file))


def plain_bytes(file: BinaryIO) -> Iterator[bytes]:
    """Yield the items of a list as they stand in a file, as `plain_items` does; they may be broken inside."""
    separator = b"["
    for raw, before in _cut(file):
        if not raw:  # the end of the list
            if b"".join(before.split()) not in (b"]", b"[]"):
                raise NotPlainError
            return
        if before.strip(_SPACE) != separator:
            raise NotPlainError
        separator = b","
        yield raw


def decode_item(raw: bytes) -> Any:
    """Return an item. Raises NotPlainError where it is broken."""
    if _LONG in raw.translate(_DIGITS):
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


def _cut(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Yield each item as it stands, with what stands before it; b"" with what stands behind the last one."""
    import numpy as np

    depth, is_inside = 0, False  # at the end of the piece before; whether that is in a string
    rest = b""  # what was read and belongs to no item yet, or to one that has not ended
    looked = 0  # bytes of it that were looked at
    begin = -1  # of the item in it
    while piece := file.read(_PIECE):
        data = rest + piece
        new = data[looked:] if looked else data
        # what is escaped is blotted out, backslashes first, so that each quotation mark begins or ends a string
        blotted = new
        if b"\\" in new:
            blotted = new.replace(b"\\\\", b"__").replace(b'\\"', b"__")
            if blotted.endswith(b"\\"):
                blotted = blotted[:-1]
        codes = np.frombuffer(blotted, np.uint8)
        marks = np.flatnonzero(codes == ord('"'))
        bare = codes & 0xDF  # the bit by which "[" and "{", and "]" and "}" differ
        places = np.flatnonzero((bare == ord("[")) | (bare == ord("]")))
        outside = (np.searchsorted(marks, places) + is_inside) % 2 == 0
        places = places[outside]
        opens = codes[places] & 6 == 2  # of both that open
        depths = depth + np.cumsum(np.where(opens, 1, -1))
        is_inside = (len(marks) + is_inside) % 2 == 1
        if len(depths):
            if depths.max() > MAX_DEPTH or depths.min() < 0:
                raise NotPlainError
            depth = int(depths[-1])
            edges = np.flatnonzero((opens & (depths == 2)) | (~opens & (depths == 1)))  # of items, by turns
            done = 0
            for place, is_begin in zip((places[edges] + looked).tolist(), opens[edges].tolist(), strict=True):
                if is_begin:
                    begin = place
                else:
                    yield data[begin : place + 1], data[done:begin]
                    done, begin = place + 1, -1
            if depth == 0:
                yield b"", data[done:] + file.read()
                return
            looked += len(blotted) - done
            rest = data[done:]
            begin -= done if begin >= 0 else 0
        else:
            looked, rest = looked + len(blotted), data
    raise NotPlainError
