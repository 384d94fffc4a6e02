"""Web archives: the pages in WARC and WACZ files, one by one, and what of them is broken, with its place.

Each record is found here, so that its place is known, its size is bounded before it is read, and reading goes on behind
one that is broken; fastwarc reads what it holds: the heads of the archive and of the web server, the chunks and
encodings in which the page was sent. An archive is never read as a whole, nor is anything unpacked on the disk.
"""

import base64
import hashlib
import re
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from stancebank.corpus.cleaning import Handed
from stancebank.corpus.warc import HEAD, MAX_PAGE, MAX_RATIO, UNSUSPECTED, ArchivePlace, Frame, Seekable, read_warc
from stancebank.errors import InputError, import_extra, shorten
from stancebank.text import one_line

if TYPE_CHECKING:
    from fastwarc.warc import WarcRecord

_HTML = ("text/html", "application/xhtml+xml")
_PLAIN = "text/plain"
_FOR_ROBOTS = re.compile(r"/(?:(?:robots|ads|app-ads|humans|security|llms|llms-full|ai)\.txt|\.well-known/.*)$", re.I)
_TOLD_HEADERS = ("tdm-reservation", "tdm-policy", "x-robots-tag", "link")
_AGAIN = "Hint: fetch the archive again, if you can; the rest of it is read."


@dataclass(frozen=True, slots=True)
class Capture:
    """A page as it was fetched.

    archive: the name of its file, with the path inside of a WACZ. offset: of the record, or of the gzip member that it
    is in. address, fetched: as the record says them. charset: as the server said it. headers: those that speak of the
    use of the page, in lower case. body: the page as the browser gets it. after: where to go on behind it.
    """

    archive: str
    offset: int
    record_id: str
    address: str
    fetched: str
    is_html: bool
    charset: str | None
    headers: dict[str, tuple[str, ...]]
    body: bytes
    after: ArchivePlace

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"{self.archive}:{self.offset}"


@dataclass(frozen=True, slots=True)
class Left:
    """A record that is no page of an article. why: in a few words."""

    why: str
    after: ArchivePlace


@dataclass(frozen=True, slots=True)
class Broken:
    """A record, or a stretch of an archive, that cannot be read. message: what and where, with a hint."""

    archive: str
    offset: int
    record_id: str
    message: str
    after: ArchivePlace

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"{self.archive}:{self.offset}"


Read = Capture | Left | Broken


def read_archive(handed: Handed, begin: ArchivePlace = ArchivePlace()) -> Iterator[Read]:  # noqa: B008 (a tuple)
    """Yield what a WARC or WACZ file holds, in its order. begin: where to go on; by default, its beginning.

    Raises InputError where it is no such file at all, or fastwarc is not installed.
    """
    import_extra("fastwarc.warc")
    with handed.open() as file:
        if file.read(4) == b"PK\x03\x04":
            yield from _read_wacz(file, handed.name, begin)
        else:
            yield from _judged(file, handed.name, begin)


# WACZ


@dataclass(slots=True)
class _Window:
    """A stretch of a file as a file of its own, for reading."""

    file: IO[bytes]
    begin: int
    size: int
    at: int = 0

    def seek(self, place: int, whence: int = 0) -> int:
        self.at = place + (self.size if whence == 2 else self.at if whence == 1 else 0)
        return self.at

    def tell(self) -> int:
        return self.at

    def read(self, many: int) -> bytes:
        self.file.seek(self.begin + self.at)
        data = self.file.read(max(0, min(many, self.size - self.at)))
        self.at += len(data)
        return data


def _read_wacz(file: IO[bytes], name: str, begin: ArchivePlace) -> Iterator[Read]:
    try:
        pack = ZipFile(file)
    except (BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise InputError(
            f"{name} cannot be opened as a WACZ file: {one_line(str(error))}.\n"
            "Hint: it is likely cut off; its table of contents stands at the end. Fetch it again."
        ) from None
    entries = sorted((each for each in pack.infolist() if not each.is_dir()), key=lambda each: each.filename)
    warcs = [each for each in entries if each.filename.lower().endswith((".warc", ".warc.gz"))]
    inside = [each for each in warcs if each.filename.startswith("archive/") and not _leads_out(each.filename)]
    for each in entries:
        if begin == ArchivePlace() and _leads_out(each.filename):
            shown = shorten(repr(each.filename), 80)
            message = f"{name}: it names a file {shown}, which leads out of it. It is not read."
            yield Broken(name, each.header_offset, "", message, ArchivePlace())
    if not inside:
        elsewhere = f" It has {shorten(warcs[0].filename, 80)}." if warcs else ""
        raise InputError(
            f"{name} holds no WARC file in archive/, as a WACZ file does.{elsewhere}\n"
            "Hint: if it is another zip file, unpack it, and hand over the .warc or .warc.gz files in it."
        )
    for number, each in enumerate(inside):
        if number < begin.entry:
            continue
        told = f"{name}/{each.filename}"
        first = begin if number == begin.entry else ArchivePlace(number)
        following = ArchivePlace(number + 1)
        if wrong := _suspicion(each):
            yield Broken(told, 0, "", f"{told}: {wrong}", following)
            continue
        try:
            if each.compress_type == ZIP_STORED:
                yield from _judged(_stored(file, each), told, first)
            else:
                with closing(pack.open(each)) as packed:
                    yield from _judged(packed, told, first)
        except (BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
            message = f"{told} cannot be read to its end: {one_line(str(error))}.\n{_AGAIN}"
            yield Broken(told, 0, "", message, following)


def _leads_out(name: str) -> bool:
    path = PurePosixPath(name.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts or re.match("[A-Za-z]:", name) is not None


def _suspicion(entry: ZipInfo) -> str | None:
    if entry.flag_bits & 1:
        return "it is encrypted.\nHint: hand it over without a password."
    if entry.file_size > UNSUSPECTED and entry.file_size > MAX_RATIO * max(1, entry.compress_size):
        return (
            f"it is to become {entry.file_size:,} bytes of {entry.compress_size:,}, as a zip bomb does. It is not read."
        )
    return None


def _stored(file: IO[bytes], entry: ZipInfo) -> "_Window":
    file.seek(entry.header_offset)
    head = file.read(30)
    if head[:4] != b"PK\x03\x04":
        raise BadZipFile("its head is not where the table of contents says")
    beside = int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
    return _Window(file, entry.header_offset + 30 + beside, entry.compress_size)


# What a record holds


def _judged(file: Seekable, name: str, begin: ArchivePlace) -> Iterator[Read]:
    return (_judge(each.frame, name, each.offset, each.after) for each in read_warc(file, name, begin))


def _judge(frame: Frame, name: str, offset: int, after: ArchivePlace) -> Read:
    """Return what a record is: a page, none, or broken."""
    if frame.wrong:
        return _broken(name, offset, frame.record_id, frame.wrong, after)
    if frame.block is None:
        return Left(f"{frame.kind} record", after)
    if frame.length == len(frame.block) and not _is_intact(frame):
        return _broken(name, offset, frame.record_id, "its bytes are not those of its block digest", after)
    fastwarc = import_extra("fastwarc.warc")
    try:
        record = next(iter(fastwarc.ArchiveIterator(BytesIO(frame.head + frame.block + b"\r\n\r\n"), parse_http=False)))
        return _read_record(record, frame, name, offset, after)
    except (OSError, ValueError, StopIteration) as error:
        why = f"fastwarc cannot read it: {one_line(str(error)) or type(error).__name__}"
        return _broken(name, offset, frame.record_id, why, after)


def _read_record(record: "WarcRecord", frame: Frame, name: str, offset: int, after: ArchivePlace) -> Read:
    headers = record.headers
    address = (headers.get("WARC-Target-URI") or "").strip("<> ")
    kind, charset, told = (headers.get("Content-Type") or "").lower(), None, {}
    if frame.kind == "response" or record.is_http:
        if not address.lower().startswith(("http://", "https://")):
            return Left(f"{frame.kind} record that is no web page", after)
        record.parse_http(auto_decode="all", quirks_mode=True)
        http = record.http_headers
        status = http.status_code if http else None
        if status is None:
            return _broken(name, offset, frame.record_id, "it has no head of a web server's answer", after)
        if status != 200:
            return Left(f"answer {status}", after)
        kind, charset = (http.get("Content-Type") or "").lower(), record.http_charset
        told = {each: found for each in _TOLD_HEADERS if (found := http.get_multiple(each))}
    media = kind.partition(";")[0].strip()
    if media not in (*_HTML, _PLAIN):
        return Left(media if re.fullmatch(r"[\w.+-]+/[\w.+-]+", media) else "no media type", after)
    if media == _PLAIN and _FOR_ROBOTS.search(address.partition("?")[0]):
        return Left("a file for robots", after)
    if headers.get("WARC-Truncated"):
        return Left(f"cut off by the crawler ({one_line(str(headers.get('WARC-Truncated')))})", after)
    if frame.length > MAX_PAGE + HEAD:
        why = f"it declares {frame.length:,} bytes, and a page has at most {MAX_PAGE:,}; it is not read"
        return _broken(name, offset, frame.record_id, why, after)
    body = record.reader.read(MAX_PAGE + 1)
    if len(body) > MAX_PAGE or (len(body) > UNSUSPECTED and len(body) > MAX_RATIO * frame.length):
        why = f"its page becomes {len(body):,} bytes and more, of {frame.length:,}; it is not read"
        return _broken(name, offset, frame.record_id, why, after)
    if not body.strip():
        return Left("empty page", after)
    fetched = headers.get("WARC-Date") or ""
    return Capture(name, offset, frame.record_id, address, fetched, media != _PLAIN, charset, told, body, after)


def _is_intact(frame: Frame) -> bool:
    """Whether the block of a record has its digest; also where it has none, or one of a kind that is not known."""
    found = re.search(rb"^warc-block-digest:[ \t]*(sha1|sha256|md5):([\w=+/-]+)", frame.head, re.I | re.M)
    if found is None or frame.block is None:
        return True
    made = hashlib.new(found[1].decode().lower(), frame.block, usedforsecurity=False)
    said = found[2].decode()
    forms = (made.hexdigest(), base64.b32encode(made.digest()).decode(), base64.b64encode(made.digest()).decode())
    return said in forms or said.lower() == forms[0] or said.upper().rstrip("=") == forms[1].rstrip("=")


def _broken(name: str, offset: int, record_id: str, why: str, after: ArchivePlace) -> Broken:
    told = f" ({record_id})" if record_id else ""
    return Broken(name, offset, record_id, f"{name}:{offset}{told}: {why}.\n{_AGAIN}", after)
