"""Records of WARC files, plain or packed with gzip: where each is, what its bytes are, and what of it is broken.

The size of a record is bounded before it is read, and reading goes on behind one that is broken. What a record says is
not asked here (`stancebank.corpus.archives`).
"""

import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from stancebank.errors import InputError
from stancebank.text import one_line

MAX_PAGE = 20_000_000
"""Bytes of a page, unpacked; a record that declares more is not read."""

MAX_RATIO = 200
"""What is unpacked is at most so many times as long as it was; text shrinks to a tenth or a twentieth."""

UNSUSPECTED = 4_000_000
"""Bytes that may be unpacked from however few."""

HEAD = 65_536
"""Bytes of the heads of a record."""

READ_TYPES = ("response", "resource")
"""Types of records whose blocks are read."""

_BLOCK = 65_536
_GZIP = b"\x1f\x8b\x08"
_BEGINS = re.compile(rb"(?:\A|\n)(?=WARC/[01]\.\d{1,2}\r?\n)")
_LENGTH = re.compile(rb"^content-length:[ \t]*(\d{1,18})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_ID = re.compile(rb"^warc-record-id:[ \t]*(\S{1,200})", re.IGNORECASE | re.MULTILINE)
_TYPE = re.compile(rb"^warc-type:[ \t]*([\w-]{1,40})", re.IGNORECASE | re.MULTILINE)
_END = re.compile(rb"\r?\n\r?\n")


class ArchivePlace(NamedTuple):
    """Where reading goes on: the number of a WARC file in a WACZ, the offset in it, records there that are done."""

    entry: int = 0
    offset: int = 0
    done: int = 0


class Seekable(Protocol):
    """What of a file is needed here."""

    def seek(self, place: int, whence: int = 0, /) -> int:
        """Go to a place, and return it."""
        ...

    def read(self, many: int, /) -> bytes:
        """Return the next bytes, fewer at the end."""
        ...


class _CutOffError(Exception):
    """A file ends inside of a gzip member."""


class _BombError(Exception):
    """A gzip member becomes too long."""


@dataclass(slots=True)
class _Ahead:
    """Bytes that are read as they are asked for.

    more: returns the next ones, b"" at the end. taken: how many went. head: of the record that was begun last.
    """

    more: Callable[[], bytes]
    held: bytearray = field(default_factory=bytearray)
    taken: int = 0
    head: bytes = b""

    def peek(self, many: int) -> bytes:
        while len(self.held) < many and (data := self.more()):
            self.held += data
        return bytes(self.held[:many])

    def take(self, many: int) -> bytes:
        data = self.peek(many)
        del self.held[: len(data)]
        self.taken += len(data)
        return data

    def drop(self, many: int) -> int:
        """Take so many bytes without keeping them. Return how many there were."""
        left = many
        while left and (data := self.take(min(left, _BLOCK))):
            left -= len(data)
        return many - left


class _Member:
    """A gzip member, unpacked as it is asked for."""

    def __init__(self, file: Seekable, offset: int) -> None:
        file.seek(offset)
        self._file, self._unpack = file, zlib.decompressobj(31)
        self._offset, self._read, self._made = offset, 0, 0

    def more(self) -> bytes:
        unpack = self._unpack
        while not unpack.eof:
            data = unpack.unconsumed_tail
            if not data:
                data = self._file.read(_BLOCK)
                self._read += len(data)
                if not data:
                    raise _CutOffError
            made = unpack.decompress(data, 4 * _BLOCK)
            self._made += len(made)
            used = self._read - len(unpack.unconsumed_tail) - len(unpack.unused_data)
            if self._made > UNSUSPECTED and self._made > MAX_RATIO * used:
                raise _BombError
            if made:
                return made
        return b""

    @property
    def end(self) -> int | None:
        """Where the member ends in its file; None while that is not known."""
        return self._offset + self._read - len(self._unpack.unused_data) if self._unpack.eof else None


@dataclass(frozen=True, slots=True)
class Frame:
    """A record as it stands in a file. block: None where it was not read. wrong: what is wrong with it, in words.

    length: as it is declared. behind: where the block begins, from the beginning of the record.
    """

    head: bytes
    length: int
    block: bytes | None
    wrong: str | None = None
    behind: int = 0

    @property
    def record_id(self) -> str:
        """Its WARC-Record-ID; "" where it has none."""
        found = _ID.search(self.head)
        return found[1].decode("ascii", "replace") if found else ""

    @property
    def kind(self) -> str:
        """Its WARC-Type, such as ``response``."""
        found = _TYPE.search(self.head)
        return found[1].decode("ascii").lower() if found else "unknown"


def _take_frame(ahead: _Ahead, drop: Callable[[int], int]) -> Frame | None:
    """Return the next record; None at the end. drop: passes over bytes of a block that is not read."""
    ahead.head = b""
    while ahead.peek(1) in (b"\r", b"\n"):
        ahead.take(1)
    begun = ahead.taken
    start = ahead.peek(16)
    if _BEGINS.match(start):
        start = ahead.peek(HEAD)
    if not start:
        return None
    if not _BEGINS.match(start):
        return Frame(b"", 0, None, f"bytes that are no WARC record, beginning with {start[:12]!r}")
    end = _END.search(start)
    if end is None:
        why = f"its head does not end within {HEAD:,} bytes" if len(start) == HEAD else "it ends in its head"
        return Frame(start, 0, None, why, len(start))
    head = ahead.head = ahead.take(end.end())
    lengths = {int(each) for each in _LENGTH.findall(head)}
    if len(lengths) != 1:
        why = "its head does not say how long it is" if not lengths else "its head says two lengths"
        return Frame(head, 0, None, why, len(head))
    length = lengths.pop()
    made = Frame(head, length, None, None, ahead.taken - begun)
    if made.kind not in READ_TYPES or length > MAX_PAGE + HEAD:
        part = ahead.take(min(length, HEAD))
        there = len(part) + drop(length - len(part))
        block = part if made.kind in READ_TYPES else None
    else:
        block = ahead.take(length)
        there = len(block)
    if there < length:
        wrong = f"it is to have {length:,} bytes, and there are {there:,}"
    elif ahead.peek(4)[:4] not in (b"\r\n\r\n", b"") and not _END.match(ahead.peek(4)):
        wrong = f"it does not end where it should by its length, {length:,} bytes"
    else:
        ahead.take(4)
        ahead.peek(1)  # of a gzip member, this reads its end, and proves it
        return Frame(head, length, block, None, made.behind)
    if block:
        ahead.held[:0] = block  # if its length is wrong, others are in it
    return Frame(head, length, None, wrong, made.behind)


@dataclass(frozen=True, slots=True)
class Framed:
    """A record at its place. offset: of it, or of the gzip member that it is in. after: where to go on behind it."""

    frame: Frame
    offset: int
    after: ArchivePlace


def read_warc(file: Seekable, name: str, begin: ArchivePlace) -> Iterator[Framed]:
    """Yield the records of a file in its order, whole or wrong. Raises InputError where it is no WARC file at all."""
    file.seek(0)
    head = file.read(16)
    if head.startswith(_GZIP):
        yield from _read_packed(file, begin)
    elif head.startswith(b"WARC/"):
        yield from _read_plain(file, begin)
    elif not head:
        raise InputError(f"{name} is empty.\nHint: fetch the archive again.")
    else:
        is_zstd = head.startswith(b"\x28\xb5\x2f\xfd")
        what = "is packed with Zstandard" if is_zstd else f"is no WARC file: it begins with {head[:8]!r}"
        hint = "pack it with gzip, a member for each record" if is_zstd else "see what it is"
        raise InputError(f"{name} {what}.\nHint: {hint}.")


def _read_plain(file: Seekable, begin: ArchivePlace) -> Iterator[Framed]:
    size = file.seek(0, 2)
    offset = begin.offset
    while offset < size:
        file.seek(offset)
        ahead = _Ahead(lambda: file.read(_BLOCK))

        def drop(many: int, ahead: _Ahead = ahead, base: int = offset) -> int:
            place = base + ahead.taken
            there = max(0, min(many, size - place))
            ahead.held.clear()
            ahead.taken += there
            file.seek(place + there)
            return there

        frame = _take_frame(ahead, drop)
        if frame is None:
            return
        following = offset + ahead.taken
        if frame.wrong:  # a length that is too long runs over records that are whole: go on behind the head
            following = _next_record(file, offset + max(1, frame.behind), size)
        yield Framed(frame, offset, ArchivePlace(begin.entry, following))
        offset = following


def _next_record(file: Seekable, offset: int, size: int) -> int:
    """Return where the next record of a plain file seems to begin, from an offset on; the size where none does."""
    file.seek(offset)
    held = b""
    while data := file.read(_BLOCK * 16):
        held += data
        if found := next((each for each in _BEGINS.finditer(held) if each.end() or offset == 0), None):
            return offset + found.end()
        offset += max(0, len(held) - 16)
        held = held[-16:]
    return size


def _read_packed(file: Seekable, begin: ArchivePlace) -> Iterator[Framed]:
    size = file.seek(0, 2)
    offset, done = begin.offset, begin.done
    while offset < size:
        file.seek(offset)
        start = file.read(3)
        if start != _GZIP:
            following = _next_member(file, offset + 1, size)
            why = f"bytes that are no gzip member, beginning with {start!r}, up to {following}"
            if start.strip(b"\0\r\n"):
                yield Framed(Frame(b"", 0, None, why), offset, ArchivePlace(begin.entry, following))
            offset, done = following, 0
            continue
        member = _Member(file, offset)
        ahead = _Ahead(member.more)
        for many, frame in enumerate(_frames(ahead), 1):
            if ahead.held:
                after = ArchivePlace(begin.entry, offset, many)
            else:
                end = _next_member(file, offset + 1, size) if member.end is None else member.end
                after = ArchivePlace(begin.entry, end)
            if many > done:
                yield Framed(frame, offset, after)
        following = _next_member(file, offset + 1, size) if member.end is None else member.end
        offset, done = following, 0


def _frames(ahead: _Ahead) -> Iterator[Frame]:
    """Yield the records of a gzip member, whole or wrong; what is behind damage of the member itself is not read."""
    frame: Frame | None = None
    try:
        while frame := _take_frame(ahead, ahead.drop):
            if frame.wrong:
                ahead.take(0 if ahead.head else 1)
                _find_begin(ahead)
            yield frame
    except _CutOffError:
        why = "its gzip member is cut off"
    except _BombError:
        why = f"its gzip member becomes more than {MAX_RATIO} times as long as it is, as a bomb does; it is not read"
    except zlib.error as error:
        why = f"its gzip member is damaged ({one_line(str(error))})"
    else:
        if not ahead.taken:
            yield Frame(b"", 0, None, "a gzip member that is empty")
        return
    ahead.held.clear()
    yield frame if frame and frame.wrong else Frame(ahead.head, 0, None, why)


def _find_begin(ahead: _Ahead) -> None:
    """Go on to where the next record seems to begin."""
    while data := ahead.peek(_BLOCK):
        if found := _BEGINS.search(data):
            ahead.take(found.end())
            return
        ahead.take(max(1, len(data) - 16))


def _next_member(file: Seekable, offset: int, size: int) -> int:
    """Return where the next gzip member with a record seems to begin, from an offset on; the size where none does."""
    while offset < size:
        file.seek(offset)
        data = file.read(_BLOCK * 16)
        place = data.find(_GZIP)
        while place >= 0:
            file.seek(offset + place)
            packed = file.read(512)
            try:
                if zlib.decompressobj(31).decompress(packed, 8).startswith(b"WARC/"):
                    return offset + place
            except zlib.error:
                pass
            place = data.find(_GZIP, place + 1)
        offset += max(1, len(data) - 2)
    return size
