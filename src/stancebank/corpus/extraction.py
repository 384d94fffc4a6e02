"""Extraction: a stage that makes articles of the pages of a web archive (`stancebank.batches.run`).

A batch has a row for each page as it was fetched; what comes back has a row for each, in the same order: the article,
or why there is none. Tables travel as Arrow IPC.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from stancebank.batches.run import pack, unpack
from stancebank.corpus.archives import Broken, Capture, read_archive
from stancebank.corpus.cleaning import Handed, NoArticleError, Page, Source, SourceError, make_source
from stancebank.corpus.keys import KeyMap
from stancebank.errors import InputError
from stancebank.search import count_words, sentence_end

if TYPE_CHECKING:
    import pyarrow as pa

    from stancebank.corpus.rows import Found

STAGE = "stancebank.corpus.extraction:extract"
"""The name of the stage, as `stancebank.batches.run` takes it."""

LEAST_WORDS = 10  # in sentences; a plain text that has fewer is no article


@dataclass(frozen=True, slots=True)
class Extracted:
    """What became of a page. source: its article; None where there is none, and then why.

    is_fault: whether the page cannot be read, rather than holds no article. uses: what page and server say of its use,
    by name: ``tdm-reservation``, ``tdm-policy``, ``robots``, ``licence``.
    """

    archive: str
    offset: int
    record_id: str
    address: str
    fetched: str
    source: Source | None
    why: str
    is_fault: bool
    uses: dict[str, tuple[str, ...]]

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"{self.archive}:{self.offset}"


def pack_captures(captures: Iterable[Capture]) -> bytes:
    """Return a batch of pages, as the stage takes it."""
    import pyarrow as pa

    return pack(pa.RecordBatch.from_pylist([_row(each) for each in captures], schema=_captures()))


def _row(capture: Capture) -> dict[str, Any]:
    return {
        "archive": capture.archive,
        "offset": capture.offset,
        "record_id": capture.record_id,
        "address": capture.address,
        "fetched": capture.fetched,
        "is_html": capture.is_html,
        "charset": capture.charset,
        "headers": json.dumps(capture.headers, ensure_ascii=False),
        "body": capture.body,
    }


def _captures() -> "pa.Schema":
    import pyarrow as pa

    texts = ("archive", "record_id", "address", "fetched", "charset", "headers")
    others = [("offset", pa.int64()), ("is_html", pa.bool_()), ("body", pa.large_binary())]
    return pa.schema([pa.field(*each) for each in (*((name, pa.string()) for name in texts), *others)])


def _extracted() -> "pa.Schema":
    import pyarrow as pa

    texts = ("archive", "record_id", "address", "fetched", "text", "raw_sha256", "page", "uses", "why")
    others = [("offset", pa.int64()), ("notes", pa.list_(pa.string())), ("is_fault", pa.bool_())]
    return pa.schema([pa.field(*each) for each in (*((name, pa.string()) for name in texts), *others)])


def extract(batch: bytes, settings: Mapping[str, Any]) -> bytes:
    """Make articles of a batch of pages. settings: ``fast``, whether resiliparse takes the texts out."""
    import pyarrow as pa

    rows = [_extract_one(row, fast=bool(settings.get("fast"))) for row in unpack(batch).to_pylist()]
    return pack(pa.RecordBatch.from_pylist(rows, schema=_extracted()))


def extract_here(captures: Iterable[Capture], *, fast: bool) -> Iterator[Extracted]:
    """Yield what the stage makes of pages, in this process: without Arrow, whose start takes as long as many pages."""
    for each in captures:
        yield _unpack_one(_extract_one(_row(each), fast=fast))


def _extract_one(row: dict[str, Any], *, fast: bool) -> dict[str, Any]:
    made = {key: row[key] for key in ("archive", "offset", "record_id", "address", "fetched")}
    name = f"{row['archive']}:{row['offset']}"
    headers: dict[str, list[str]] = json.loads(row["headers"])
    uses = _served_uses(headers)
    try:
        source = _read_page(row, name, fast=fast)
    except NoArticleError as error:
        return {**made, "why": str(error), "is_fault": False, "uses": json.dumps(uses)}
    except InputError as error:
        return {**made, "why": str(error), "is_fault": True, "uses": json.dumps(uses)}
    page = source.page
    for key, values in (page.uses if page else {}).items():
        uses[key] = [*dict.fromkeys((*uses.get(key, ()), *values))]
    told = {
        **made,
        "text": source.text,
        "raw_sha256": source.raw_sha256,
        "notes": list(source.changes),
        "page": None,
        "why": "",
        "is_fault": False,
        "uses": json.dumps(uses, ensure_ascii=False),
    }
    if page:
        about = {"kinds": page.kinds, "found": page.found, "extractor": page.extractor, "version": page.version}
        told["page"] = json.dumps({**about, "address": page.address}, ensure_ascii=False)
    return told


def _read_page(row: dict[str, Any], name: str, *, fast: bool) -> Source:
    from stancebank.corpus import pages

    if row["is_html"]:
        return pages.read_served(row["body"], row["charset"], name, fast=fast)
    text, notes = pages.decode_served(row["body"], row["charset"], name)
    source = make_source(text.encode(errors="replace"), name, {})
    many = sum(count_words(line) for line in source.text.split("\n") if sentence_end(line)[0])
    if many < LEAST_WORDS:
        raise NoArticleError(f"{name} holds no article: {many} word{'s' if many != 1 else ''} in sentences.")
    return replace(source, changes=(*notes, *source.changes))


def _served_uses(headers: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Return what the head of a server's answer says of the use of a page."""
    from stancebank.corpus.page_uses import licence_of_link

    names = {"tdm-reservation": "tdm-reservation", "tdm-policy": "tdm-policy", "x-robots-tag": "robots"}
    uses = {ours: headers[theirs] for theirs, ours in names.items() if theirs in headers}
    licences = [found for each in headers.get("link", ()) for found in licence_of_link(each)]
    return {**uses, **({"licence": licences} if licences else {})}


def unpack_extracted(batch: bytes) -> Iterator[Extracted]:
    """Yield what the stage made of the pages of a batch."""
    yield from map(_unpack_one, unpack(batch).to_pylist())


def _unpack_one(row: dict[str, Any]) -> Extracted:
    uses = {key: tuple(values) for key, values in json.loads(row["uses"]).items()}
    told = (row["archive"], row["offset"], row["record_id"], row["address"], row["fetched"])
    source = None
    if not row["why"]:
        page = _page(json.loads(row["page"]), row["address"], uses) if row["page"] else None
        name = f"{row['archive']}:{row['offset']}"
        metadata = {} if page else {"url": {"value": row["address"], "basis": "found"}}
        source = Source(name, row["text"], row["raw_sha256"], metadata, tuple(row["notes"]), page)
    return Extracted(*told, source, row["why"], row["is_fault"], uses)


def _page(told: dict[str, Any], address: str, uses: dict[str, tuple[str, ...]]) -> Page:
    """Return what is known of a page; its address is where it was fetched, if it does not state one."""
    found = {"url": {"value": told["address"] or address, "basis": "found"}, **told["found"]}
    return Page(tuple(told["kinds"]), found, told["extractor"], told["version"], address, uses)


def read_archived(handed: Handed, keys: KeyMap) -> "Found":
    """Read the articles of a web archive, one by one; an error in the place of what is broken."""
    for each in read_archive(handed):
        if isinstance(each, Broken):
            yield SourceError(each.name, each.message)
        elif isinstance(each, Capture):
            (made,) = extract_here([each], fast=False)
            if made.source:
                yield made.source
            elif made.is_fault:
                yield SourceError(made.name, made.why)
