"""What is known of an article: what people give, each value with its basis, and what the text says of itself."""

import re
import unicodedata
from collections.abc import Mapping
from math import isfinite
from typing import Any

import msgspec

from stancebank.corpus.dates import find_day, is_plausible, read_date
from stancebank.corpus.language import PARTICLES, Language
from stancebank.corpus.segment import SENTENCE, is_byline, page_lines
from stancebank.corpus.tags import read_language, read_licence
from stancebank.errors import InputError, shorten
from stancebank.model import (
    METADATA_BASES,
    ZONES,
    Extra,
    Extraction,
    Rights,
    Sourced,
    TextPolicy,
    Zone,
    from_builtins,
)
from stancebank.text import fold, line_bounds, one_line, trim

_PLACE = re.compile(r"([^\W\d_](?:[^\W\d_]|[ .'’-]){0,40})(?: \(|,\s)")
_WORD = r"[^\W\d_a-z][\w.'’-]*"
_NAME = re.compile(rf"{_WORD}(?: (?:{PARTICLES}))* {_WORD}(?: (?:{PARTICLES}|{_WORD})){{0,3}}")
_NO_TEXT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
RIGHTS = {"holder": "holder", "licence": "licence", "text_policy": "text_policy", "rights_note": "note"}
"""What people call the rights of an article, and the fields of `Rights` that hold them."""


def sourced(metadata: Mapping[str, Any], key: str, name: str) -> Sourced[Any] | None:
    """Return a metadata value with its basis, or None where it is not there or blank.

    It is plain (then its basis is `given`) or ``{"value": ..., "basis": ...}``. name: of the source, for the errors.
    A date is read in the language that the metadata name; it and a language come in their standard forms.
    """
    value = metadata.get(key)
    basis: str = "given"
    if isinstance(value, dict):
        if set(value) != {"value", "basis"} or value["basis"] not in METADATA_BASES:
            raise InputError(
                f'{name}: {key} is neither plain nor {{"value": ..., "basis": one of {", ".join(METADATA_BASES)}}}.'
            )
        value, basis = value["value"], value["basis"]
    if key == "agencies" and isinstance(value, list | tuple):
        agencies = tuple(filter(None, (_plain(item, key, name) for item in value)))
        return Sourced(value=agencies, basis=basis) if agencies else None
    words = _plain(value, key, name)
    if words is None:
        return None
    if key == "published":
        words = read_date(words, _language_of(metadata), name)
    elif key == "language":
        words = read_language(words, name)
    return Sourced(value=(words,) if key == "agencies" else words, basis=basis)


def _language_of(metadata: Mapping[str, Any]) -> str | None:
    """Return the language that metadata name, if they name one."""
    value = metadata.get("language")
    value = value.get("value") if isinstance(value, dict) else value
    try:
        return read_language(value.strip(), "") if isinstance(value, str) and value.strip() else None
    except InputError:  # which is said where the language itself is read
        return None


def standardised(metadata: Mapping[str, Any], language: object, name: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return metadata with date, language and licence in their standard forms, and what changed, in words.

    language: what is said of the article's, here or elsewhere. Raises InputError where one of them is none.
    """
    made, said = dict(metadata), []
    for key in ("published", "language", "licence"):
        value = metadata.get(key)
        written = value.get("value") if isinstance(value, dict) else value
        if key == "licence":
            stored = rights_values({key: value}, name).get(key)
        else:
            found = sourced({"language": language, key: value}, key, name)
            stored = found.value if found else None
        if stored is not None and stored != written:
            made[key] = {**value, "value": stored} if isinstance(value, dict) else stored
            if stored != str(written).strip():
                said.append(f"{key}: {str(written).strip()!r} is stored as {stored}")
    return made, tuple(said)


def text_value(metadata: Mapping[str, Any], key: str, name: str) -> str | None:
    """Return a value that has no basis, such as the licence; None where it is not there or blank."""
    return _plain(metadata.get(key), key, name)


def rights_values(metadata: Mapping[str, Any], name: str) -> dict[str, str]:
    """Return what the metadata say of the rights, by the fields of `Rights`."""
    values = {field: text_value(metadata, key, name) for key, field in RIGHTS.items()}
    policy = values["text_policy"]
    if policy is not None and policy not in list(TextPolicy):
        raise InputError(f"{name}: text_policy is {policy!r}; it is one of {', '.join(TextPolicy)}.")
    if policy is not None:
        values["text_policy"] = TextPolicy(policy)
    if values["licence"] is not None:
        values["licence"] = read_licence(values["licence"], name)
    return {field: value for field, value in values.items() if value is not None}


def later_values(metadata: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return what the metadata say that records have from the second edition of the frame on, by the record's fields.

    extra may hold texts, numbers, true and false, and lists of texts; what is blank in it is left out.
    """
    values: dict[str, Any] = {"reprint_of": text_value(metadata, "reprint_of", name), "extraction": None, "extra": {}}
    given = metadata.get("extraction")
    if given is not None:
        try:
            values["extraction"] = from_builtins(given, Extraction)
        except msgspec.ValidationError as error:
            raise InputError(
                f"{name}: extraction is {_short(given)}: {error}.\n"
                "Hint: it has extractor, version, page_sha256 and, if you like, page_url."
            ) from None
    extra = metadata.get("extra")
    if extra is not None:
        if not isinstance(extra, dict):
            raise InputError(f"{name}: extra is {_short(extra)}.\nHint: give a JSON object, a value a key.")
        values["extra"] = _extra(extra, name)
    return {field: value for field, value in values.items() if value}


def _extra(extra: Mapping[str, Any], name: str) -> dict[str, Extra]:
    found: dict[str, Extra] = {}
    for key, value in extra.items():
        where = f"extra/{key}"
        if isinstance(value, bool | int) or (isinstance(value, float) and isfinite(value)):
            found[key] = value
        elif isinstance(value, list | tuple) and all(isinstance(each, str) for each in value):
            if texts := tuple(filter(None, (_plain(one_line(each), where, name) for each in value))):
                found[key] = texts
        elif value is None or isinstance(value, str):
            if text := _plain(one_line(value or ""), where, name):
                found[key] = text
        else:
            raise InputError(
                f"{name}: {where} is {_short(value)}; extra holds texts, numbers, true and false, and lists of texts.\n"
                "Hint: leave it out, or give its parts under keys of their own."
            )
    return found


def make_rights(values: Mapping[str, str], outlet: str) -> Rights:
    """Make the rights of a new article: where nothing is said, the outlet holds all of them."""
    return Rights(
        holder=values.get("holder", outlet),
        licence=values.get("licence", "LicenseRef-all-rights-reserved"),
        text_policy=TextPolicy(values.get("text_policy", TextPolicy.WITHHELD)),
        note=values.get("note"),
    )


def found(text: str, zones: tuple[Zone, ...], language: Language, outlet: str = "") -> dict[str, str]:
    """Read what title, dateline and byline say of themselves. outlet: who published the text, and did not write it."""
    values: dict[str, str] = {}
    if author := find_author(text, zones, language, outlet):
        values["author"] = author
    for zone in zones:
        words = text[zone.begin : zone.end]
        if zone.zone == "title" and "title" not in values:
            values["title"] = " ".join(words.split())
        elif zone.zone == "dateline":
            for line in filter(None, map(str.strip, words.split("\n"))):
                if day := find_date(line, language):
                    values.setdefault("published", day)
                is_date = any(pattern.match(line) for pattern in language.date_lines)  # its first word is a weekday
                if not is_date and (place := _PLACE.match(line)):
                    values["place"] = place[1].title() if place[1].isupper() else place[1]
    return values


def find_author(text: str, zones: tuple[Zone, ...], language: Language, outlet: str = "") -> str | None:
    """Return whom the byline names that stands above a text or below its first paragraph, as printed.

    A byline is a line of its own that has nothing but names, each of two words at least; an outlet, an agency or a desk
    is nobody. Names in capitals are written as names are.
    """
    paragraphs = 0
    for line in page_lines(text):
        zone = next((each.zone for each in zones if each.begin <= line.begin < each.end), None)
        if zone not in ("title", "caption", "related") and line.is_statement and line.count >= SENTENCE:
            paragraphs += 1
            if paragraphs > 1:
                return None
        prefix = language.author.match(line.words)
        if prefix and zone not in ("title", "caption", "repeat") and is_byline(line, language):
            return _names(line.words[prefix.end() :], language, outlet)
    return None


def _names(words: str, language: Language, outlet: str) -> str | None:
    """Return the names in what a byline says, without places and outlets; None where no person is named."""
    kept: list[str] = []
    between = ""
    pieces = re.split(rf"(,\s|{language.joins.pattern})", words)
    for piece, join in zip(pieces[::2], [*pieces[1::2], ""], strict=True):
        is_name = _NAME.fullmatch(piece) and not language.desk.search(piece) and fold(piece) != fold(outlet)
        if not is_name:
            break
        kept += [between, piece]
        between = join
    said = "".join(kept)
    return said.title() if said.isupper() else said or None


def find_date(words: str, language: Language) -> str | None:
    """Return the first full date of the calendar in the words, as 2031-02-11."""
    for pattern in language.dates:
        for match in pattern.finditer(words):
            day = find_day(int(match["year"]), language.month(match["month"]), int(match["day"]))
            if day and is_plausible(day.year):
                return day.isoformat()
    return None


def apply_zones(zones: tuple[Zone, ...], given: Any, text: str, name: str) -> tuple[Zone, ...]:
    """Return the zones with those that were given laid over them.

    given: a list of ``{"zone": name, "lines": [first, last]}`` (counted from 1) or ``{"zone", "begin", "end"}``.
    """
    if given is None:
        return zones
    if not isinstance(given, list):
        raise InputError(f"{name}: zones is {_short(given)}; it must be a list.")
    for item in given:
        new = _zone(item, text, name)
        zones = tuple(sorted([*_without(zones, new.begin, new.end, text), new], key=lambda zone: zone.begin))
    return zones


def _zone(item: Any, text: str, name: str) -> Zone:
    keys = set(item) if isinstance(item, dict) else set()
    if keys not in ({"zone", "lines"}, {"zone", "begin", "end"}):
        raise InputError(f"{name}: a zone has the keys zone and lines, or zone, begin and end, not {_short(item)}.")
    if item["zone"] not in ZONES:
        raise InputError(f"{name}: {_short(item['zone'])} is no zone; zones are {', '.join(ZONES)}.")
    places = item["lines"] if "lines" in item else [item["begin"], item["end"]]
    if not isinstance(places, list) or len(places) != 2 or any(type(place) is not int for place in places):
        raise InputError(f"{name}: {_short(item)} needs two whole numbers for its place.")
    begin, end = places
    if "lines" in item:
        bounds = line_bounds(text)
        if not 1 <= begin <= end <= len(bounds):
            raise InputError(f"{name}: {_short(item)} names lines outside the text, which has {len(bounds)}.")
        begin, end = bounds[begin - 1][0], bounds[end - 1][1]
    if not 0 <= begin < end <= len(text):
        raise InputError(f"{name}: {_short(item)} is outside the text, which has {len(text)} characters, or is empty.")
    begin, end = trim(text, begin, end)
    if begin == end:
        raise InputError(f"{name}: {_short(item)} holds nothing but white space.")
    return Zone(begin=begin, end=end, zone=item["zone"])


def _without(zones: tuple[Zone, ...], begin: int, end: int, text: str) -> list[Zone]:
    """Cut the stretch out of the zones, and the white space off the cut ends."""
    pieces = []
    for zone in zones:
        for first, last in ((zone.begin, min(zone.end, begin)), (max(zone.begin, end), zone.end)):
            first, last = trim(text, first, last) if first < last else (0, 0)
            if first < last:
                pieces.append(Zone(begin=first, end=last, zone=zone.zone))
    return pieces


def _plain(value: Any, key: str, name: str) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise InputError(f"{name}: {key} is {_short(value)}, which is no text.")
    if _NO_TEXT.search(value):
        raise InputError(f"{name}: {key} is {_short(value)}, which holds a character that no text has.")
    return unicodedata.normalize("NFC", value.strip()) or None


def _short(value: object) -> str:
    return shorten(ascii(value) if isinstance(value, str) and _NO_TEXT.search(value) else repr(value))
