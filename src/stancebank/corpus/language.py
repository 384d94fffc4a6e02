"""What the toolkit knows of a language: months, words that attribute, and what furniture of news pages looks like.

It is data: ``languages/<tag>.toml`` in the package, and ``annotate/languages/<tag>.toml`` of a workspace over it, key
by key. What is known of a script (sentence ends, quotation marks) belongs to `stancebank.text`.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from stancebank.errors import InputError

FOLDER = "annotate/languages"
"""Where a workspace has languages of its own."""

DEFAULT = "en"
"""What is taken for an article whose language is not known, or of which nothing is known."""

_PACKAGE = Path(__file__).parent / "languages"
_KEYS: dict[str, type] = {
    **dict.fromkeys(("cues", "months", "introduces", "abbreviations"), list),
    "ordinal": str,
    "page": dict,
}
_PAGE: dict[str, type] = {
    **dict.fromkeys(("published", "weekday", "credit", "byline", "no_byline", "byline_joins"), str),
    **dict.fromkeys(("tail", "related", "boilerplate", "notice"), list),
}
_NEVER = "(?!)"  # what stands for a pattern that a language does not give
_SENTENCE_BEGINS = r"(?=[\"'“‘«„(\d]|[^\Wa-z\d_])"


@dataclass(frozen=True, eq=False)  # one object a language
class Language:
    """The patterns of a language.

    cues: words that attribute. dates: full dates, with the groups day, month and year; months: the patterns of their
    names. introduces: words that introduce what is said. abbreviations: words with a full stop, as they are spelled.
    datelines: what precedes the first sentence of a report; date_lines: lines with nothing but a date.
    """

    tag: str
    cues: re.Pattern[str]
    months: tuple[re.Pattern[str], ...]
    dates: tuple[re.Pattern[str], ...]
    introduces: tuple[str, ...]
    abbreviations: frozenset[str]
    datelines: tuple[re.Pattern[str], ...]
    date_lines: tuple[re.Pattern[str], ...]
    credit: re.Pattern[str]
    byline: re.Pattern[str]
    tail: re.Pattern[str]
    related: re.Pattern[str]
    boilerplate: re.Pattern[str]
    notice: re.Pattern[str]

    def month(self, name: str) -> int:
        """Return the number of a month, from 1, by a name that `dates` found or by digits."""
        if name.isdigit():
            return int(name)
        return next(number for number, pattern in enumerate(self.months, 1) if pattern.fullmatch(name))


def load_language(tag: str | None, root: Path | None = None) -> Language:
    """Return what is known of a language; of `DEFAULT` where nothing is known of it.

    tag: of BCP 47, such as ``de-AT``, of which the first part counts where the whole is not known; None for one that is
    not known. root: of a workspace with languages of its own. Raises InputError where a file cannot be used.
    """
    names = [tag.lower(), tag.lower().partition("-")[0]] if tag else []
    for name in (*names, DEFAULT):
        if not re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", name):
            continue
        own = root / FOLDER / f"{name}.toml" if root else None
        stamp = own.stat().st_mtime_ns if own and own.is_file() else None
        if stamp is not None or (_PACKAGE / f"{name}.toml").is_file():
            return _load(name, own, stamp)
    raise AssertionError(f"the package has no {DEFAULT}.toml")


@dataclass(frozen=True)
class Habits:
    """What is known of all languages together, for words whose language nobody tells; see `Language`."""

    introduces: tuple[str, ...]
    abbreviations: frozenset[str]


def load_habits(root: Path | None = None) -> Habits:
    """Return the habits of all languages that are known. root: of a workspace with languages of its own."""
    folders = (_PACKAGE, *((root / FOLDER,) if root else ()))
    tags = sorted({path.stem for folder in folders for path in folder.glob("*.toml")})
    known = [load_language(tag, root) for tag in tags]
    return Habits(
        tuple(dict.fromkeys(word for each in known for word in each.introduces)),
        frozenset(word for each in known for word in each.abbreviations),
    )


@lru_cache(maxsize=64)
def _load(name: str, own: Path | None, stamp: int | None) -> Language:
    """Read a language. stamp: what tells this state of the workspace's own file from others; None where it has none."""
    packed = _PACKAGE / f"{name}.toml"
    values = _read(packed) if packed.is_file() else {}
    if own is not None and stamp is not None:
        mine = _read(own)
        _require_quick(mine, f"{FOLDER}/{own.name}")
        values |= {**mine, "page": {**values.get("page", {}), **mine.get("page", {})}}
    return _make(name, values, f"{FOLDER}/{name}.toml")


def _read(path: Path) -> dict[str, Any]:
    where = f"{FOLDER}/{path.name}"
    try:
        values = tomllib.loads(path.read_bytes().decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{where} is not TOML: {error}.") from None
    page = values.get("page", {})
    page = page if isinstance(page, dict) else {}
    unknown = sorted((values.keys() - _KEYS.keys()) | (page.keys() - _PAGE.keys()))
    wrong = [
        key
        for part, keys in ((values, _KEYS), (page, _PAGE))
        for key, kind in keys.items()
        if key in part and not _is_of(part[key], kind)
    ]
    if unknown or wrong:
        what = f"the unknown key {unknown[0]!r}" if unknown else f"a wrong value for {wrong[0]!r}"
        raise InputError(f"{where} has {what}.\nHint: the keys are {', '.join((*_KEYS, *_PAGE))}.")
    if len(values.get("months", ())) not in (0, 12):
        raise InputError(f"{where}: months has {len(values['months'])} entries.\nHint: give twelve, in their order.")
    return values


def _require_quick(values: dict[str, Any], where: str) -> None:
    """Raise InputError where a pattern of a workspace, which anybody may have written, could be searched for ever."""
    parts = (values, values.get("page", {}))
    texts = [each for part in parts for each in part.values()]
    for pattern in (each for text in texts for each in (text if isinstance(text, list) else [text])):
        if isinstance(pattern, str) and _repeats_choices(pattern):
            raise InputError(
                f"{where}: the pattern {pattern[:80]!r} repeats a group in which something is repeated or chosen, and "
                "could be searched for ever.\nHint: repeat single characters only, such as [a-z ]*."
            )


def _repeats_choices(pattern: str) -> bool:
    """Whether a group is repeated in which something else is repeated, or may be one thing or another."""
    bare = re.sub(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", "x", pattern, flags=re.DOTALL)
    holds = [False]  # for each group that is open, whether it has such a thing
    for place, character in enumerate(bare):
        if character == "(":
            holds.append(False)
        elif character == ")" and len(holds) > 1:
            inner = holds.pop()
            if inner and bare[place + 1 : place + 2] in ("*", "+", "{"):
                return True
            holds[-1] |= inner
        elif character in "*+{|" or (character == "?" and bare[place - 1 : place] not in ("(", "")):
            holds[-1] = True
    return False


def _is_of(value: object, kind: type) -> bool:
    """Whether a value is of a type; a list must hold nothing but text."""
    return isinstance(value, kind) and not (
        isinstance(value, list) and any(not isinstance(item, str) for item in value)
    )


def _make(tag: str, values: dict[str, Any], where: str) -> Language:
    said = values.get("page", {})
    page = {
        key: ("|".join(said.get(key, ())) if kind is list else said.get(key, "")) or _NEVER
        for key, kind in _PAGE.items()
    }
    ordinal = values.get("ordinal", "")
    months = values.get("months") or [_NEVER] * 12
    month = rf"(?P<month>{'|'.join(f'(?:{each})' for each in months)})\.?"
    day = rf"\d{{1,2}}{ordinal}"
    date = rf"(?:[^\W\d_]{{3,12}}\.?\s{day},?\s\d{{4}}|{day}\s[^\W\d_]{{3,12}}\.?,?\s\d{{4}}|\d{{4}}-\d\d-\d\d)"
    short_date = rf"(?:[^\W\d_]{{3,12}}\.?\s{day}|{day}\s[^\W\d_]{{3,12}}\.?)"
    try:
        return Language(
            tag=tag,
            cues=re.compile(rf"\b(?:{'|'.join(values.get('cues', ())) or _NEVER})\b", re.IGNORECASE),
            months=tuple(re.compile(each, re.IGNORECASE) for each in months),
            dates=(
                re.compile(rf"\b{month}\s(?P<day>\d{{1,2}}){ordinal},?\s(?P<year>\d{{4}})\b", re.IGNORECASE),
                re.compile(rf"\b(?P<day>\d{{1,2}}){ordinal}\s{month},?\s(?P<year>\d{{4}})\b", re.IGNORECASE),
                re.compile(r"\b(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)\b"),
            ),
            introduces=tuple(values.get("introduces", ())),
            abbreviations=frozenset(each.removesuffix(".") for each in values.get("abbreviations", ())),
            datelines=(
                # Vesta (Agency) – They; PORT ESSA, Suvia (Agency) – They
                re.compile(
                    rf"[^\W\d_][\w .,'’-]{{0,60}} \([^()\n]{{2,80}}\)\s?[-–—]{{1,2}}\s{{1,3}}{_SENTENCE_BEGINS}"
                ),
                # VESTA (Outlet / Agency - 28th January, 2031) They
                re.compile(rf"[A-Z][A-Z .'’-]{{1,40}} \([^()\n]{{2,80}}\)\s{{1,3}}{_SENTENCE_BEGINS}"),
                # VESTA, 12 February 2031 – They; VESTA, Feb. 12 (Agency) – They
                re.compile(
                    rf"[A-Z][A-Z .'’-]{{1,40}},\s(?:{date}|{short_date})(?: \([^()\n]{{2,80}}\))?\s?[-–—]{{1,2}}"
                    r"\s{1,3}(?=\S)"
                ),
                # Agency – They
                re.compile(
                    rf"[^\W\d_a-z][\w.]{{0,30}}(?: [^\W\d_a-z][\w.]{{0,30}}){{0,3}} [–—]\s{{1,3}}{_SENTENCE_BEGINS}"
                ),
            ),
            date_lines=(
                re.compile(rf"[A-Z][\w.]{{0,30}}(?: [A-Z][\w.]{{0,30}}){{0,3}}\s?[-–—|]\s?{date}"),
                re.compile(
                    rf"(?:(?:{page['published']}) )?(?:(?:{page['weekday']}) )?{date}[\d:,.| ]{{0,12}}\w{{0,4}}",
                    re.IGNORECASE,
                ),
            ),
            credit=re.compile(rf"/|{page['credit']}", re.IGNORECASE),
            byline=re.compile(
                rf"(?:{page['byline']}) (?!(?:{page['no_byline']})\b)[^\W\d_a-z][\w.'’-]*"
                rf"(?:,? (?:{page['byline_joins']}|[^\W\d_a-z][\w.'’-]*))*"
            ),
            tail=re.compile(page["tail"], re.IGNORECASE),
            related=re.compile(page["related"], re.IGNORECASE),
            boilerplate=re.compile(page["boilerplate"], re.IGNORECASE),
            notice=re.compile(page["notice"], re.IGNORECASE),
        )
    except re.error as error:
        raise InputError(f"{where}: a pattern is not a regular expression: {error}.") from None
