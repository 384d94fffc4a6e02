"""From a source to an article record: its id, fingerprints and zones."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from stancebank.corpus.cleaning import Source
from stancebank.corpus.copies import search_keys
from stancebank.corpus.keys import METADATA_KEYS
from stancebank.corpus.language import load_language
from stancebank.corpus.metadata import (
    apply_zones,
    found,
    later_values,
    make_rights,
    rights_values,
    sourced,
    text_value,
)
from stancebank.corpus.segment import infer_zones, marked_zones
from stancebank.corpus.store import MAX_ID
from stancebank.errors import InputError
from stancebank.model import SCHEMA_VERSION, Article, Line, Sourced
from stancebank.search import spelled
from stancebank.text import fingerprint, folding_of, line_bounds, sha256

_FULL_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def title_beside(text: str, metadata: Mapping[str, Any], name: str) -> str | None:
    """Return the title that metadata give where it does not stand in the text; None where it does, or none is given."""
    title = sourced(metadata, "title", name)
    if title is None:
        return None
    words = " ".join(search_keys(title.value))
    return None if f" {words} " in f" {' '.join(search_keys(text))} " else str(title.value)


def under_title(text: str, title: str) -> str:
    """Return a text with its title as the first line."""
    return f"{title}\n\n{text.lstrip()}"


def make_article(
    source: Source,
    metadata: Mapping[str, Any],
    root: Path | None = None,
    schema: str = SCHEMA_VERSION,
    edition: int = 1,
) -> Article:
    """Make the record of a source. metadata: as `sources.METADATA_KEYS` and `sources.OTHER_KEYS` name it.

    A metadata value is plain (then its basis is `given`) or ``{"value": ..., "basis": ...}``. root: of the workspace,
    which may know more of a language. schema, edition: of the scheme that the workspace follows.
    """
    text = source.text
    values = {key: sourced(metadata, key, source.name) for key in METADATA_KEYS}
    outlet = values["outlet"]
    if outlet is None:
        raise InputError(f"{source.name}: who published it?\nHint: pass --outlet, or give it in the metadata.")
    said = values["language"]
    language = load_language(said.value if said else None, root)
    kinds = source.page.kinds if source.page else ()
    proposed = marked_zones(text, kinds, language) if kinds else infer_zones(text, outlet.value, language)
    zones = apply_zones(proposed, metadata.get("zones"), text, source.name)
    for key, value in found(text, zones, language, outlet.value).items():
        values[key] = values[key] or Sourced(value=value, basis="found")
    return Article(
        schema_version=schema,
        id=_article_id(values, text_value(metadata, "slug", source.name), text),
        **cast("dict[str, Any]", values),
        **later_values(metadata, source.name),
        rights=make_rights(rights_values(metadata, source.name), outlet.value),
        raw_sha256=source.raw_sha256,
        text_sha256=sha256(text),
        length=len(text),
        lines=text_lines(text, folding_of(edition)),
        zones=zones,
    )


def extraction_of(article: Article, source: Source) -> str:
    """Say by which extractors the texts of a record and of a copy were taken out of pages; empty where by none."""
    page, recorded = source.page, article.extraction
    if page is None:
        return f"the record was extracted with {recorded.extractor} {recorded.version}" if recorded else ""
    this = f"extracted with {page.extractor} {page.version}"
    if recorded is None:
        return f"{this}, the record is of no page"
    which = "the same page" if source.raw_sha256 == recorded.page_sha256 else "another page"
    if (recorded.extractor, recorded.version) == (page.extractor, page.version):
        return f"{which}, {this} as the record was"
    other = "" if recorded.extractor == page.extractor else f"{recorded.extractor} "
    return f"{which}, {this}, the record with {other}{recorded.version}"


def text_lines(text: str, folding: int = 1) -> tuple[Line, ...]:
    """Return the lines of a text that are not blank, with their fingerprints by a folding."""
    return tuple(
        Line(begin=begin, end=end, fingerprint=fingerprint(text[begin:end], folding))
        for begin, end in line_bounds(text)
        if text[begin:end].strip()
    )


def _article_id(values: dict[str, Sourced[Any] | None], slug: str | None, text: str) -> str:
    outlet, published, title = (values[key] for key in ("outlet", "published", "title"))
    day = published.value if published and _FULL_DATE.fullmatch(published.value) else "undated"
    name = slugify(slug or "") or "-".join(slugify(title.value if title else "").split("-")[:6]) or sha256(text)[:12]
    return f"{slugify(outlet.value if outlet else '') or 'outlet'}-{day}-{name}"[:MAX_ID].strip("-")


def slugify(words: str) -> str:
    """Return words as lower-case ASCII letters and digits, joined by hyphens; empty where nothing is left.

    Latin letters of all alphabets are spelled out: ``Łódź`` becomes ``lodz``, ``Straße`` becomes ``strasse``. Letters
    of other scripts are transliterated: ``Новая Газета`` becomes ``novaya-gazeta``.
    """
    plain = latin_slug(words)
    if not any(each.isalnum() and not spelled(each).isascii() for each in words):
        return plain
    from anyascii import anyascii

    return latin_slug(anyascii("".join(each if each.isascii() else spelled(each) for each in words)))


def latin_slug(words: str) -> str:
    """Return what `slugify` does, with the letters of other scripts left out: as ids were made before it took them."""
    plain = "".join("" if each in "'’ʼʻ" else spelled(each) for each in words).encode("ascii", "ignore").decode()
    return "-".join(re.findall(r"[a-z0-9]+", plain.lower()))
