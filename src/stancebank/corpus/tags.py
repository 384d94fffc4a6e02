"""Languages as BCP 47 tags and licences as SPDX expressions: what people write for them, and what is likely meant."""

import re
from functools import lru_cache
from pathlib import Path

from stancebank.errors import InputError, shorten

_KNOWN = frozenset(path.stem for path in (Path(__file__).parent / "languages").glob("*.toml"))
_TAG = re.compile(
    r"(?P<language>[A-Za-z]{2,3})(?P<script>-[A-Za-z]{4})?(?P<region>-(?:[A-Za-z]{2}|\d{3}))?"
    r"(?P<rest>(?:-(?:[A-Za-z0-9]{5,8}|\d[A-Za-z0-9]{3}))*(?:-[A-WYZa-wyz0-9](?:-[A-Za-z0-9]{2,8})+)*"
    r"(?:-[xX](?:-[A-Za-z0-9]{1,8})+)?)"
)
_NAMES = {"farsi": "fa", "dari": "fa-AF", "mandarin": "zh", "castilian": "es", "flemish": "nl-BE"}
"""Names of languages that CLDR does not have."""


def read_language(words: str, name: str) -> str:
    """Return a BCP 47 tag in its usual spelling, as ``en-GB``. name: of the source, for the errors.

    Raises InputError where it is none, or names a language, script or region that CLDR does not know, with the likely
    tag.
    """
    if words in _KNOWN:
        return words
    found, wrong = _read_tag(words)
    if found is None:
        guess = f" Did you mean {wrong!r}?" if wrong else "\nHint: give a BCP 47 tag, such as en, de-AT or zh-Hant."
        raise InputError(f"{name}: language is {shorten(repr(words))}, which is no known BCP 47 tag.{guess}")
    return found


@lru_cache(maxsize=256)
def _read_tag(words: str) -> tuple[str | None, str | None]:
    """Return a tag in its usual spelling, else None and the likely one, if any."""
    from babel import Locale
    from babel.core import get_global

    english = Locale("en")
    match = _TAG.fullmatch(words)
    if match is None:
        hyphened = words.strip().replace("_", "-")
        if hyphened != words and (likely := next(filter(None, _read_tag(hyphened)), None)):
            return None, likely
        return None, _by_name(words)
    base, script, region = ((match[part] or "").strip("-") for part in ("language", "script", "region"))
    base, writing, place = base.lower(), script.title(), region.upper()
    is_known = True
    alias = get_global("language_aliases").get(base)
    if alias and (base not in english.languages or (len(base) == 3 and len(alias) == 2)):
        is_known, base = False, str(alias).replace("_", "-")
    elif base not in english.languages and base not in get_global("likely_subtags"):
        is_known, base = False, _by_name(words) or ""
    if place and place not in english.territories:
        is_known, place = False, str((get_global("territory_aliases").get(place) or [""])[0])
    if writing and writing not in english.scripts:
        is_known, writing = False, ""
    if not base:
        return None, None
    made = "-".join(filter(None, (base, writing, place))) + match["rest"]
    return (made, None) if is_known else (None, made)


def _by_name(words: str) -> str | None:
    """Return the tag of a language that is called by its name, in English or in the language itself."""
    from babel import Locale
    from babel.localedata import locale_identifiers

    name = " ".join(words.split()).casefold()
    if name in _NAMES:
        return _NAMES[name]
    for tag, called in Locale("en").languages.items():
        if str(called).casefold() == name:
            return str(tag).replace("_", "-")
    for tag in (each for each in locale_identifiers() if "_" not in each):
        if str(Locale(tag).languages.get(tag, "")).casefold() == name:
            return str(tag)
    return None


_CC_URL = re.compile(r"creativecommons\.org/licenses/([a-z-]+)/(\d\.\d)(?:/([a-z]{2,4}))?(?:/|$)")
_URLS = (
    (re.compile(r"creativecommons\.org/publicdomain/zero/1\.0(?:/|$)"), "CC0-1.0"),
    (re.compile(r"opendatacommons\.org/licenses/odbl/1[.-]0(?:/|$)"), "ODbL-1.0"),
    (re.compile(r"opendatacommons\.org/licenses/pddl/1[.-]0(?:/|$)"), "PDDL-1.0"),
    (re.compile(r"opendatacommons\.org/licenses/by/1[.-]0(?:/|$)"), "ODC-By-1.0"),
    (re.compile(r"nationalarchives\.gov\.uk/doc/open-government-licence/version/3(?:/|$)"), "OGL-UK-3.0"),
)
_SPDX_URL = re.compile(r"(?:spdx|opensource)\.org/licen[sc]es?/([\w.+-]+?)(?:\.html)?/?")
_PARTS = (("attribution", "BY"), ("noncommercial", "NC"), ("sharealike", "SA"), ("noderiv(?:ative)?s?", "ND"))
_SCHEME = re.compile(r"(?i)https?://(?:www\.)?")
_FREE = re.compile(r"(?i)(?:in the )?public[ -]domain(?: mark(?: 1\.0)?)?|gemeinfrei|domaine public|dominio público")
_RESERVED = re.compile(
    r"(?i)(?:©|\(c\)|copyright\b|all rights reserved|alle rechte vorbehalten|tous droits réservés).*"
)


def read_licence(words: str, name: str) -> str:
    """Return an SPDX expression in its own spelling, also of the address of a licence. name: of the source.

    Raises InputError, with the likely one, for another name.
    """
    if found := _spdx(words) or _of_address(words):
        return found
    told = f"{name}: licence is {shorten(repr(words))}, which is no SPDX id."
    if _FREE.fullmatch(words) or "publicdomain/mark" in words:
        raise InputError(
            f"{told}\nHint: CC0-1.0 if its holder has given up all rights, PDDL-1.0 for such a database; "
            "LicenseRef-public-domain if no rights are left by law."
        )
    if _RESERVED.fullmatch(words):
        raise InputError(f"{told} Did you mean LicenseRef-all-rights-reserved?")
    if likely := next(filter(None, map(_spdx, _tries(words))), None):
        raise InputError(f"{told} Did you mean {likely}?")
    raise InputError(
        f"{told}\nHint: give one of https://spdx.org/licenses/, or a name of your own that begins with LicenseRef-."
    )


def _spdx(words: str) -> str | None:
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    try:
        return str(canonicalize_license_expression(words))
    except (InvalidLicenseExpression, ValueError):
        return None


def _of_address(words: str) -> str | None:
    """Return the licence that stands at an address."""
    if not _SCHEME.match(words):
        return None
    place = _SCHEME.sub("", words).lower()
    if match := _CC_URL.match(place):
        kind, version, port = match.groups()
        ported = f"-{port}" if port and port != "deed" else ""
        return _spdx(f"CC-{kind}-{version}{ported}")
    if match := _SPDX_URL.fullmatch(_SCHEME.sub("", words)):
        return _spdx(match[1])
    return next((spdx for pattern, spdx in _URLS if pattern.match(place)), None)


def _tries(words: str) -> list[str]:
    """Return what words may be as an SPDX id, the likeliest first."""
    hyphened = "-".join(words.replace("_", " ").split())
    tries = [hyphened, f"{hyphened}-4.0", f"{hyphened}-1.0"]
    plain = re.sub(r"[\W_]+", "", words.casefold())
    if re.match(r"cc-?0|cc-?zero|creativecommonszero", "-".join(words.casefold().split())) or "cczero" in plain:
        tries.append("CC0-1.0")
    if "creativecommons" in plain and "zero" in plain:
        tries.append("CC0-1.0")
    parts = [short for long, short in _PARTS if re.search(long, plain)]
    if not parts and plain.startswith("cc"):
        parts = [short for _, short in _PARTS if short.casefold() in re.findall(r"[a-z]+", words.casefold())]
    if parts:
        version = re.search(r"\d\.\d", words)
        tries.append("-".join(("CC", *parts, version[0] if version else "4.0")))
    return tries
