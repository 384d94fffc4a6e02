"""From a source to an article record: its metadata, id, fingerprints and zones, and how it joins the corpus.

Joining is planned before anything is written, so that one bad source leaves the corpus as it was.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Literal, cast

import msgspec

from stancebank.corpus.language import Language, load_language
from stancebank.corpus.segment import infer_zones
from stancebank.corpus.sources import METADATA_KEYS, Source
from stancebank.corpus.store import LONGEST_ARTICLE, MAX_ID, Store
from stancebank.corpus.withdraw import Memory
from stancebank.errors import ConflictError, InputError, StancebankError
from stancebank.model import METADATA_BASES, SCHEMA_VERSION, ZONES, Article, Line, Rights, Sourced, TextPolicy, Zone
from stancebank.search import spelled
from stancebank.text import fingerprint, fold, folding_of, line_bounds, one_line, sha256, trim

_PUBLISHED = re.compile(r"(?P<year>[0-9]{4})(?:-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2}))?)?")
_PLACE = re.compile(r"([^\W\d_](?:[^\W\d_]|[ .'’-]){0,40})(?: \(|,\s)")
_NO_TEXT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_RIGHTS = {"holder": "holder", "licence": "licence", "text_policy": "text_policy", "rights_note": "note"}


def sourced(metadata: Mapping[str, Any], key: str, name: str) -> Sourced[Any] | None:
    """Return a metadata value with its basis, or None where it is not there or blank.

    It is plain (then its basis is `given`) or ``{"value": ..., "basis": ...}``. name: of the source, for the errors.
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
        _require_date(words, name)
    if key == "language" and re.search(r"-UK(-|$)", words, re.IGNORECASE):
        raise InputError(f"{name}: language is {words!r}; UK is no region. Did you mean {words[:-2] + 'GB'!r}?")
    return Sourced(value=(words,) if key == "agencies" else words, basis=basis)


def text_value(metadata: Mapping[str, Any], key: str, name: str) -> str | None:
    """Return a value that has no basis, such as the licence; None where it is not there or blank."""
    return _plain(metadata.get(key), key, name)


def rights_values(metadata: Mapping[str, Any], name: str) -> dict[str, str]:
    """Return what the metadata say of the rights, by the fields of `Rights`."""
    values = {field: text_value(metadata, key, name) for key, field in _RIGHTS.items()}
    policy = values["text_policy"]
    if policy is not None and policy not in list(TextPolicy):
        raise InputError(f"{name}: text_policy is {policy!r}; it is one of {', '.join(TextPolicy)}.")
    if policy is not None:
        values["text_policy"] = TextPolicy(policy)
    if values["licence"] is not None:
        values["licence"] = _spdx(values["licence"], name)
    return {field: value for field, value in values.items() if value is not None}


def _spdx(licence: str, name: str) -> str:
    """Return an SPDX expression in its own spelling. Raises InputError, with the likely one, for another name."""
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    hyphened = "-".join(licence.split())
    tries = (licence, hyphened, f"{hyphened}-1.0", f"{hyphened}-4.0", re.sub(r"(?i)^cc-?0.*", "CC0-1.0", hyphened))
    for each in tries:
        try:
            found = str(canonicalize_license_expression(each))
        except (InvalidLicenseExpression, ValueError):
            continue
        if each == licence:
            return found
        raise InputError(f"{name}: licence is {_short(licence)}, which is no SPDX id. Did you mean {found}?")
    raise InputError(
        f"{name}: licence is {_short(licence)}, which is no SPDX id.\n"
        "Hint: give one of https://spdx.org/licenses/, or a name of your own that begins with LicenseRef-."
    )


def make_rights(values: Mapping[str, str], outlet: str) -> Rights:
    """Make the rights of a new article: where nothing is said, the outlet holds all of them."""
    return Rights(
        holder=values.get("holder", outlet),
        licence=values.get("licence", "LicenseRef-all-rights-reserved"),
        text_policy=TextPolicy(values.get("text_policy", TextPolicy.WITHHELD)),
        note=values.get("note"),
    )


def found(text: str, zones: tuple[Zone, ...], language: Language) -> dict[str, str]:
    """Read what title and dateline say of themselves."""
    values: dict[str, str] = {}
    for zone in zones:
        words = text[zone.begin : zone.end]
        if zone.zone == "title" and "title" not in values:
            values["title"] = " ".join(words.split())
        elif zone.zone == "dateline":
            if day := find_date(words, language):
                values["published"] = day
            if place := _PLACE.match(words):
                values["place"] = place[1].title() if place[1].isupper() else place[1]
    return values


def find_date(words: str, language: Language) -> str | None:
    """Return the first full date of the calendar in the words, as 2031-02-11."""
    for pattern in language.dates:
        for match in pattern.finditer(words):
            day = _day(int(match["year"]), language.month(match["month"]), int(match["day"]))
            if day and _is_plausible(day.year):
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


def _require_date(words: str, name: str) -> None:
    match = _PUBLISHED.fullmatch(words)
    if match is None:
        raise InputError(f"{name}: published is {_short(words)}, not like 2031-02-11, 2031-02 or 2031.")
    if _day(int(match["year"]), int(match["month"] or 1), int(match["day"] or 1)) is None:
        if likely := _other_calendar(match):
            raise InputError(f"{name}: published is {words!r}. {likely}")
        raise InputError(f"{name}: published is {words!r}, a date that the calendar does not have.")
    if not _is_plausible(int(match["year"])):
        raise InputError(
            f"{name}: published is {words!r}; news is of {_FIRST_YEAR} to {date.today().year + _AHEAD}.\n"
            f"Hint: give the date in the Gregorian calendar, or none. {_other_calendar(match)}".rstrip()
        )


_FIRST_YEAR = 1600  # the first newspapers are of 1605
_AHEAD = 100
_RECENT = 25  # years in which a date that two calendars have is likelier


def _is_plausible(year: int) -> bool:
    return _FIRST_YEAR <= year <= date.today().year + _AHEAD


def _other_calendar(match: re.Match[str]) -> str:
    """Say which date it is in other calendars that news is dated by, if it is a likely one of them; "" if of none."""
    year, month, day = int(match["year"]), int(match["month"] or 1), int(match["day"] or 1)
    found: dict[str, date | None] = {}
    if 1250 <= year <= 1499 and 1 <= month <= 12 and 1 <= day <= 31:
        found["the Persian calendar"] = _from_persian(year, month, day)
        if day <= 30:
            found["the Islamic calendar, within a day or two,"] = _from_islamic(year, month, day)
    elif 2400 <= year <= 2700:
        found["the Buddhist era"] = _day(year - 543, month, day)
    elif 1 <= year <= 150:
        found["the calendar of the Republic of China"] = _day(year + 1911, month, day)
    now = date.today().year
    likely = {name: each for name, each in found.items() if each and now - _RECENT <= each.year <= now + 1} or found
    told = [
        f"in {name} it is {'-'.join(each.isoformat().split('-')[: 3 if match['day'] else 1])}"
        for name, each in likely.items()
        if each
    ]
    return f"I{'; '.join(told)[1:]}." if told else ""


def _from_persian(year: int, month: int, day: int) -> date:
    """Return the date of a day of the Persian calendar, by its cycle of 33 years: right from 1244 to 1501."""
    before = 31 * (month - 1) if month < 7 else 30 * (month - 7) + 186
    years = year + 1595
    days = 365 * years + years // 33 * 8 + (years % 33 + 3) // 4 + before + day
    return date(1, 1, 1) + timedelta(days=days - 355668 - 366)


def _from_islamic(year: int, month: int, day: int) -> date:
    """Return the date of a day of the Islamic calendar, by its table of 30 years; a sighted moon may differ."""
    days = 354 * (year - 1) + (3 + 11 * year) // 30 + 29 * (month - 1) + month // 2 + day
    return date(622, 7, 18) + timedelta(days=days)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _short(value: object) -> str:
    shown = ascii(value) if isinstance(value, str) and _NO_TEXT.search(value) else repr(value)
    return shown if len(shown) <= 120 else shown[:117] + "..."


Action = Literal["added", "unchanged", "updated", "replaced", "differs"]

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
    metadata: Mapping[str, Any],
    *,
    defaults: Mapping[str, Any] | None = None,
    update: bool = False,
    replace: bool = False,
    allow_similar: bool = False,
) -> list[Addition]:
    """Decide for every source what adding it means; nothing is written.

    metadata: what holds for all sources; a source's own metadata goes before it. defaults: what holds for a new
    article where neither says anything; it changes no article that is known. update: take new metadata for an article
    that is known. replace: take a new text for a known id on which no document was made; what was given for the old
    text holds on. allow_similar: take a text that is like that of a withdrawn article and is another one.

    All faults are found before any is raised: several of them as one error.

    Raises ConflictError where a known id comes with another text, or the text of a withdrawn article comes again;
    InputError where metadata is missing or wrong.
    """
    by_text = {article.text_sha256: article for article in store.articles()}
    by_id = {article.id: article for article in by_text.values()}
    annotated = {document.article_id for document in store.all_documents()} if replace else set()
    memory = Memory(store.withdrawals())
    taken: dict[str, str] = {}

    def plan_one(source: Source, offered: Mapping[str, Any]) -> Addition:
        _require_not_withdrawn(memory, source, allow_similar=allow_similar)
        if same := by_text.get(sha256(source.text)):
            addition = _known_text(same, source, offered, update=update)
        else:
            article = make_article(
                source, {**(defaults or {}), **offered}, store.root, store.schema, store.scheme.edition
            )
            if article.id not in by_id:  # earlier ones may be longer
                article = msgspec.structs.replace(article, id=article.id[:LONGEST_ARTICLE].strip("-"))
            if store.withdrawal(article.id):
                raise ConflictError(
                    f"{source.name}: it would get the id {article.id}, that of an article that was withdrawn; no id is "
                    "given out twice.\nHint: name it with --slug. Nothing was changed."
                )
            if article.id in taken:
                raise ConflictError(
                    f"{source.name}: {taken[article.id]} gets the id {article.id} in this run, and has another text.\n"
                    "Hint: give one of them a slug in its metadata, or add it by itself with --slug. "
                    "Nothing was changed."
                )
            addition = Addition("added", article, source.text)
            if other := by_id.get(article.id):
                _require_replaceable(other, source, replace=replace, annotated=other.id in annotated)
                addition = Addition("replaced", _heir(article, other, offered, source), source.text)
                del by_text[other.text_sha256]
            taken[article.id] = source.name
        by_text[addition.article.text_sha256] = by_id[addition.article.id] = addition.article
        return addition

    additions: list[Addition] = []
    faults: list[StancebankError] = []
    for source in sources:
        offered = {**metadata, **source.metadata}
        wrong = _metadata_faults({**(defaults or {}), **offered}, source.name)
        if wrong:
            faults += wrong
            continue
        try:
            additions.append(plan_one(source, offered))
        except (InputError, ConflictError) as error:
            faults.append(error)
    if faults:
        raise _joined(faults)
    return additions


def _metadata_faults(metadata: Mapping[str, Any], name: str) -> list[StancebankError]:
    """Return all that is wrong with metadata, key by key."""

    def read_value(key: str) -> object:
        return sourced(metadata, key, name)

    tries: list[Callable[[], object]] = [partial(read_value, key) for key in METADATA_KEYS]
    tries += [lambda: rights_values(metadata, name), lambda: text_value(metadata, "slug", name)]
    faults: list[StancebankError] = []
    for each in tries:
        try:
            each()
        except InputError as error:
            faults.append(error)
    return faults


def _joined(faults: list[StancebankError]) -> StancebankError:
    if len(faults) == 1:
        return faults[0]
    kind = ConflictError if all(isinstance(each, ConflictError) for each in faults) else InputError
    told = "\n".join(str(each).replace(" Nothing was changed.", "") for each in faults)
    return kind(f"{told}\nNothing was changed.")


def add(store: Store, additions: Iterable[Addition]) -> None:
    """Write what was planned. Interrupted, it can be run again."""
    for addition in additions:
        if addition.action in ("added", "updated", "replaced"):
            store.write_article(addition.article, addition.text)
        elif addition.action == "unchanged":
            store.write_text(addition.article, addition.text)


def _known_text(same: Article, source: Source, offered: Mapping[str, Any], *, update: bool) -> Addition:
    outlet = sourced(offered, "outlet", source.name)
    if outlet and same.outlet and fold(outlet.value) != fold(same.outlet.value):
        raise ConflictError(
            f"{source.name}: {same.id} has this text already, from {same.outlet.value}, not {outlet.value}: it is a "
            "reprint, and a text is in the corpus once.\n"
            f"Hint: leave it out; if the record names the wrong outlet, correct it in corpus/articles/{same.id}.json. "
            "Nothing was changed."
        )
    new: dict[str, Any] = {}
    for key in METADATA_KEYS:
        value, recorded = sourced(offered, key, source.name), getattr(same, key)
        if value is not None and (recorded is None or value.value != recorded.value or isinstance(offered[key], dict)):
            new[key] = value
    new["rights"] = msgspec.structs.replace(same.rights, **rights_values(offered, source.name))
    new["zones"] = apply_zones(same.zones, offered.get("zones"), source.text, source.name)
    differing = tuple(key for key, value in new.items() if value != getattr(same, key))
    if not differing:
        return Addition("unchanged", same, source.text)
    if not update:
        return Addition("differs", same, source.text, differing)
    return Addition("updated", msgspec.structs.replace(same, **new), source.text, differing)


def _require_not_withdrawn(memory: Memory, source: Source, *, allow_similar: bool) -> None:
    known = memory.know_text(source.text, source.raw_sha256)
    if known is None or (allow_similar and not known.is_same):
        return
    withdrawal = known.withdrawal
    other = "" if known.is_same else "if it is another article, add it with --allow-similar; "
    raise ConflictError(
        f"{source.name}: it was withdrawn as {withdrawal.id} on {withdrawal.date} ({known.how}): "
        f"{one_line(withdrawal.reason)}\n"
        f"Hint: leave it out; {other}if it may be used again, say why: "
        f"`stancebank corpus withdraw {withdrawal.id} --undo --reason TEXT`. Nothing was changed."
    )


def _require_replaceable(other: Article, source: Source, *, replace: bool, annotated: bool) -> None:
    if not replace:
        raise ConflictError(
            f"{source.name}: the corpus holds {other.id} with another text.\n"
            "Hint: if this is another article, name it with --slug; if it is a corrected copy, and nobody has "
            "annotated the old one, pass --replace. Nothing was changed."
        )
    if annotated:
        raise ConflictError(
            f"{source.name}: {other.id} has annotations on its present text, so it cannot be replaced.\n"
            "Hint: add the new text as an article of its own with --slug. Nothing was changed."
        )


def _heir(article: Article, other: Article, offered: Mapping[str, Any], source: Source) -> Article:
    """The record of a new text, with what somebody once gave for the old one and nobody gives otherwise now."""
    kept = {
        key: getattr(other, key)
        for key in METADATA_KEYS
        if sourced(offered, key, source.name) is None and (old := getattr(other, key)) and old.basis != "found"
    }
    rights = msgspec.structs.replace(other.rights, **rights_values(offered, source.name))
    return msgspec.structs.replace(article, **kept, rights=rights)


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
    zones = apply_zones(infer_zones(text, outlet.value, language), metadata.get("zones"), text, source.name)
    for key, value in found(text, zones, language).items():
        values[key] = values[key] or Sourced(value=value, basis="found")
    return Article(
        schema_version=schema,
        id=_article_id(values, text_value(metadata, "slug", source.name), text),
        **cast("dict[str, Any]", values),
        rights=make_rights(rights_values(metadata, source.name), outlet.value),
        raw_sha256=source.raw_sha256,
        text_sha256=sha256(text),
        length=len(text),
        lines=text_lines(text, folding_of(edition)),
        zones=zones,
    )


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

    Latin letters of all alphabets are spelled out: ``Łódź`` becomes ``lodz``, ``Straße`` becomes ``strasse``.
    """
    plain = "".join("" if each in "'’ʼʻ" else spelled(each) for each in words).encode("ascii", "ignore").decode()
    return "-".join(re.findall(r"[a-z0-9]+", plain.lower()))
