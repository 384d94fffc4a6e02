"""From a source to an article record: its id, metadata, fingerprints and zones; and how it joins the corpus.

Joining is planned before anything is written, so that one bad source leaves the corpus as it was.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import msgspec

from stancebank.corpus.sources import METADATA_KEYS, Source
from stancebank.corpus.store import Store
from stancebank.corpus.zones import infer_zones
from stancebank.errors import ConflictError, InputError
from stancebank.model import (
    SCHEMA_VERSION,
    Article,
    Line,
    MetadataBasis,
    Rights,
    Sourced,
    TextPolicy,
    Zone,
    ZoneName,
)
from stancebank.text import are_ascending, fingerprint, line_bounds, sha256, trim

Action = Literal["added", "unchanged", "updated", "replaced", "differs"]

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_DATES = (
    re.compile(r"\b(?P<month>[A-Z][a-z]+)\.?\s(?P<day>\d{1,2})(?:st|nd|rd|th)?,?\s(?P<year>\d{4})\b"),
    re.compile(r"\b(?P<day>\d{1,2})(?:st|nd|rd|th)?\s(?P<month>[A-Z][a-z]+)\.?,?\s(?P<year>\d{4})\b"),
)
_FULL_DATE = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class Addition:
    """What adding one source means: the action, the record, its text, and the metadata keys that differ."""

    action: Action
    article: Article
    text: str
    differing: tuple[str, ...] = field(default=())


def plan_additions(
    store: Store,
    sources: Iterable[Source],
    metadata: dict[str, Any],
    *,
    update: bool = False,
    replace: bool = False,
) -> list[Addition]:
    """Decide for every source what adding it means; nothing is written.

    metadata: what holds for all sources; a source's own metadata goes before it. update: take new metadata for an
    article that is known. replace: take a new text for a known id on which no document was made.

    Raises ConflictError where a known id comes with another text, InputError where metadata is missing or wrong.
    """
    known = {article.text_sha256: article for article in store.articles()}
    by_id = {article.id: article for article in known.values()}
    annotated = {document.article_id for document in store.all_documents()} if replace else set()
    additions: list[Addition] = []
    for source in sources:
        article = make_article(source, metadata | source.metadata)
        if same := known.get(article.text_sha256):
            additions.append(_known_text(same, article, source, metadata, update=update))
            continue
        action: Action = "added"
        if other := by_id.get(article.id):
            if not replace:
                raise ConflictError(
                    f"{source.name}: the corpus holds {other.id} with another text.\n"
                    "Mend: if this is another article, name it with --slug; if it is a corrected copy, and nobody has "
                    "annotated the old one, pass --replace. Nothing was changed."
                )
            if other.id in annotated:
                raise ConflictError(
                    f"{source.name}: {other.id} has annotations on its present text, so it cannot be replaced.\n"
                    "Mend: add the new text as an article of its own with --slug. Nothing was changed."
                )
            action = "replaced"
        known[article.text_sha256] = by_id[article.id] = article
        additions.append(Addition(action, article, source.text))
    return additions


def add(store: Store, additions: Iterable[Addition]) -> None:
    """Write what was planned. Interrupted, it can be run again."""
    for addition in additions:
        if addition.action in ("added", "updated", "replaced"):
            store.write_article(addition.article, addition.text)
        elif addition.action == "unchanged":
            store.write_text(addition.article, addition.text)


def _known_text(same: Article, article: Article, source: Source, metadata: dict[str, Any], *, update: bool) -> Addition:
    given = metadata | source.metadata
    offered = {key: getattr(article, key) for key in METADATA_KEYS if given.get(key) is not None}
    if given.keys() & {"holder", "licence", "text_policy", "rights_note"}:
        offered["rights"] = article.rights
    if given.get("zones"):
        offered["zones"] = article.zones
    differing = tuple(key for key, value in offered.items() if value != getattr(same, key))
    if not differing:
        return Addition("unchanged", same, source.text)
    if not update:
        return Addition("differs", same, source.text, differing)
    return Addition("updated", msgspec.structs.replace(same, **offered), source.text, differing)


def make_article(source: Source, metadata: dict[str, Any]) -> Article:
    """Make the record of a source. metadata: as `sources.METADATA_KEYS` and `sources.OTHER_KEYS` name it.

    A metadata value is plain (then its basis is `given`) or ``{"value": ..., "basis": ...}``.
    """
    text = source.text
    outlet = _sourced(metadata, "outlet", source)
    if outlet is None:
        raise InputError(f"{source.name}: who published it? Mend: pass --outlet, or give it in the metadata.")
    zones = _zones(metadata.get("zones"), text, str(outlet.value), source)
    values = {key: _sourced(metadata, key, source) for key in METADATA_KEYS}
    for key, value in _found(text, zones).items():
        values[key] = values[key] or Sourced(value=value, basis="found")
    policy = metadata.get("text_policy", "withheld")
    if policy not in get_args(TextPolicy):
        raise InputError(f"{source.name}: text_policy is {policy!r}; it is one of {', '.join(get_args(TextPolicy))}.")
    return Article(
        schema_version=SCHEMA_VERSION,
        id=_article_id(values, metadata.get("slug"), text),
        **values,
        rights=Rights(
            holder=metadata.get("holder") or str(outlet.value),
            licence=metadata.get("licence") or "LicenseRef-all-rights-reserved",
            text_policy=policy,
            note=metadata.get("rights_note"),
        ),
        raw_sha256=source.raw_sha256,
        text_sha256=sha256(text),
        length=len(text),
        lines=text_lines(text),
        zones=zones,
    )


def text_lines(text: str) -> tuple[Line, ...]:
    """Return the lines of a text that are not blank, with their fingerprints."""
    return tuple(
        Line(begin=begin, end=end, fingerprint=fingerprint(text[begin:end]))
        for begin, end in line_bounds(text)
        if text[begin:end].strip()
    )


def _sourced(metadata: dict[str, Any], key: str, source: Source) -> Sourced[Any] | None:
    value = metadata.get(key)
    if value is None or value == "" or value == []:
        return None
    basis: MetadataBasis = "given"
    if isinstance(value, dict):
        if set(value) != {"value", "basis"} or value["basis"] not in get_args(MetadataBasis):
            raise InputError(
                f"{source.name}: {key} is neither plain nor "
                f'{{"value": ..., "basis": one of {", ".join(get_args(MetadataBasis))}}}.'
            )
        value, basis = value["value"], value["basis"]
    if key == "agencies":
        value = tuple([value] if isinstance(value, str) else value)
    wanted = all(isinstance(item, str) for item in value) if key == "agencies" else isinstance(value, str)
    if not wanted:
        raise InputError(f"{source.name}: {key} is {value!r}, which is no text.")
    return Sourced(value=value, basis=basis)


def _found(text: str, zones: tuple[Zone, ...]) -> dict[str, Any]:
    """Read what title and dateline say of themselves."""
    found: dict[str, Any] = {}
    for zone in zones:
        words = text[zone.begin : zone.end]
        if zone.zone == "title" and "title" not in found:
            found["title"] = " ".join(words.split())
        elif zone.zone == "dateline":
            if date := _date(words):
                found["published"] = date
            if place := re.match(r"([^\W\d_][\w .'’-]{0,40})(?: \(|,\s)", words):
                found["place"] = place[1].title() if place[1].isupper() else place[1]
    return found


def _date(words: str) -> str | None:
    for pattern in _DATES:
        if (match := pattern.search(words)) and match["month"] in _MONTHS:
            month = _MONTHS.index(match["month"]) + 1
            return f"{match['year']}-{month:02}-{int(match['day']):02}"
    return None


def _article_id(values: dict[str, Sourced[Any] | None], slug: str | None, text: str) -> str:
    outlet, published, title = (values[key] for key in ("outlet", "published", "title"))
    day = published.value if published and _FULL_DATE.fullmatch(published.value) else "undated"
    name = slugify(slug or "") or "-".join(slugify(title.value if title else "").split("-")[:6]) or sha256(text)[:12]
    return f"{slugify(outlet.value if outlet else '') or 'outlet'}-{day}-{name}"[:150].strip("-")


def slugify(words: str) -> str:
    """Return words as lower-case ASCII letters and digits, joined by hyphens; empty where nothing is left."""
    plain = unicodedata.normalize("NFKD", words.replace("'", "").replace("’", "")).encode("ascii", "ignore").decode()
    return "-".join(re.findall(r"[a-z0-9]+", plain.lower()))


def _zones(given: Any, text: str, outlet: str, source: Source) -> tuple[Zone, ...]:
    """Return the inferred zones, with those that were given laid over them.

    given: a list of ``{"zone": name, "lines": [first, last]}`` (counted from 1) or ``{"zone", "begin", "end"}``.
    """
    zones = infer_zones(text, outlet)
    bounds = line_bounds(text)
    for item in given or []:
        try:
            name = item["zone"]
            begin, end = (
                (bounds[item["lines"][0] - 1][0], bounds[item["lines"][1] - 1][1])
                if "lines" in item
                else (item["begin"], item["end"])
            )
        except (KeyError, IndexError, TypeError):
            raise InputError(
                f"{source.name}: a zone needs a name and lines or offsets inside the text, not {item!r}."
            ) from None
        if name not in get_args(ZoneName) or not are_ascending([(begin, end)], len(text)):
            raise InputError(f"{source.name}: {item!r} is no zone of this text.")
        zones = tuple(
            sorted([*_without(zones, begin, end, text), Zone(begin=begin, end=end, zone=name)], key=lambda z: z.begin)
        )
    return zones


def _without(zones: tuple[Zone, ...], begin: int, end: int, text: str) -> list[Zone]:
    """Cut the stretch out of the zones, and the white space off the cut ends."""
    pieces = []
    for zone in zones:
        for first, last in ((zone.begin, min(zone.end, begin)), (max(zone.begin, end), zone.end)):
            first, last = trim(text, first, last) if first < last else (0, 0)
            if first < last:
                pieces.append(Zone(begin=first, end=last, zone=zone.zone))
    return pieces
