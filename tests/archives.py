"""Web archives of pages, written by warcio."""

from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from warcio.statusandheaders import StatusAndHeaders  # type: ignore[import-untyped]
from warcio.warcwriter import WARCWriter  # type: ignore[import-untyped]

HTML = ("Content-Type", "text/html; charset=utf-8")
DATE = "2031-02-12T08:30:00Z"

Header = tuple[str, str]
Page = tuple[str, bytes] | tuple[str, bytes, list[Header]]
"""An address, a page, and the head of the server's answer if it says more than `HTML`."""


def record(
    address: str,
    body: bytes,
    headers: list[tuple[str, str]] | None = None,
    *,
    gzip: bool = True,
    status: str = "200 OK",
) -> bytes:
    """Return a record of an answer, packed as a gzip member of its own or not: the same bytes each time.

    An id by chance would decide what zlib says of a member whose end is missing: damaged, or cut off.
    """
    out = BytesIO()
    name = uuid5(NAMESPACE_URL, repr((address, body, headers, status)))
    writer = WARCWriter(out, gzip=gzip)
    http = StatusAndHeaders(status, headers or [HTML], protocol="HTTP/1.1")
    told = {"WARC-Record-ID": f"<urn:uuid:{name}>", "WARC-Date": DATE}
    made = writer.create_warc_record(
        address, "response", payload=BytesIO(body), http_headers=http, warc_headers_dict=told
    )
    writer.write_record(made)
    made.raw_stream.close()  # a file that warcio made to count its bytes
    return out.getvalue()


def lay_archive(path: Path, pages: Iterable[Page]) -> Path:
    """Lay a WARC file with pages, packed with gzip if its name says so."""
    gzip = path.name.endswith(".gz")
    path.write_bytes(b"".join(record(*each, gzip=gzip) for each in pages))
    return path
