"""What the toolkit knows of a language: months, words that attribute, furniture of news pages, the ends of spans.

It is data: ``languages/<tag>.toml`` in the package, and ``annotate/languages/<tag>.toml`` of a workspace over it, key
by key. What is known of a script (sentence ends, quotation marks) belongs to `stancebank.search`.

People drag over a space too many, models quote with the marks around, and a connective is forgotten. `trim_statement`
brings the spans of a statement to one form, in the same way for imports, pulls and predictions; `stancebank check`
asks it what it would change. It never leaves a span without words, and moves none to other words: it takes white space,
outer marks, stops and introducing words from the ends, and adds a connective that stands right before, where the scheme
declares it (`joined_by` of `schema.rules.Constraints`).
"""

import re
import tomllib
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from stancebank.corpus.selectors import quotations
from stancebank.errors import InputError, shorten
from stancebank.model import Bounds, Condition, Document, Fields, FieldValue, Mention, Span, Statement
from stancebank.schema.fields import Field, Holder, Level, Scheme
from stancebank.schema.rules import constraint_of
from stancebank.search import QUOTATION_MARKS, is_pause
from stancebank.text import cuts_grapheme, span_fingerprint, trim

FOLDER = "annotate/languages"
"""Where a workspace has languages of its own."""

DEFAULT = "en"
"""What is taken for an article whose language is not known, or of which nothing is known."""

_PACKAGE = Path(__file__).parent / "languages"
_KEYS: dict[str, type] = {
    **dict.fromkeys(("cues", "months", "introduces", "connectives", "causes", "abbreviations"), list),
    "ordinal": str,
    "page": dict,
    "suggest": dict,
    "attribution": dict,
}
_SUGGEST = ("values", "synonyms", "fillers", "alternatives")
_PAGE: dict[str, type] = {
    **dict.fromkeys(("published", "weekday", "credit", "credit_mark", "before_date"), str),
    **dict.fromkeys(("byline", "no_byline", "byline_joins", "author", "desk"), str),
    **dict.fromkeys(("tail", "related", "boilerplate", "notice"), list),
}
ATTRIBUTION = (
    "says",
    "acts",
    "nouns",
    "sources",
    "offices",
    "bodies",
    "ranks",
    "definite",
    "former",
    "persons",
    "groups",
)
"""Lists of patterns by which a program finds who says what; `Language.attribution` has each as one pattern.

says: verbs beside `cues` that hand on what somebody says. acts: verbs that name a position themselves. nouns: nouns
that do. sources: what stands before a speaker, as *according to*. offices: nouns that stand for a person. ranks: what
goes with a name. bodies: nouns for institutions. definite: articles before somebody who was named. former: words for
who was one. persons, groups: pronouns for one person, and for several.
"""
PARTICLES = "v[ao]n|d[aeiou]s?|del|der|den|zu|al|el|la|las|los|ben|bin"
"""What within a name of a person is written in lower case."""

_NEVER = "(?!)"  # what stands for a pattern that a language does not give
_SENTENCE_BEGINS = r"(?=[\"'“‘«„(\d]|[^\Wa-z\d_])"
_NAME = r"[^\W\d_a-z][\w.'’-]{0,30}(?: [^\W\d_a-z][\w.'’-]{0,30}){0,3}"


class Language:
    """The patterns of a language, each compiled when it is asked for: few commands need all of them.

    cues: words that attribute. dates: full dates, with the groups day, month and year; months: the patterns of their
    names. introduces: words that introduce what is said. connectives, causes: words that join a condition, or a ground,
    to what depends on it, several of them with a space between. abbreviations: words with a full stop, as they are
    spelled. attribution: patterns by the names in `ATTRIBUTION`, which find nothing where none is given. values: by
    vocabulary and value, phrases that speak for the value; synonyms: groups of words of one meaning; fillers: words
    that say nothing of what a text is about; alternatives: words such as *or*; en.toml has them all. datelines:
    what precedes the first sentence of a report; date_lines: lines with nothing but a date; title_date: a date that
    ends a headline, as the group date. credit_end: a credit without brackets that ends a line.
    """

    tag: str
    cues: re.Pattern[str]
    months: tuple[re.Pattern[str], ...]
    dates: tuple[re.Pattern[str], ...]
    introduces: tuple[str, ...]
    connectives: tuple[str, ...]
    causes: tuple[str, ...]
    abbreviations: frozenset[str]
    attribution: Mapping[str, re.Pattern[str]]
    values: Mapping[str, Mapping[str, tuple[str, ...]]]
    synonyms: tuple[tuple[str, ...], ...]
    fillers: frozenset[str]
    alternatives: tuple[str, ...]
    datelines: tuple[re.Pattern[str], ...]
    date_lines: tuple[re.Pattern[str], ...]
    credit: re.Pattern[str]
    credit_end: re.Pattern[str]
    title_date: re.Pattern[str]
    byline: re.Pattern[str]
    author: re.Pattern[str]
    desk: re.Pattern[str]
    joins: re.Pattern[str]
    tail: re.Pattern[str]
    related: re.Pattern[str]
    boilerplate: re.Pattern[str]
    notice: re.Pattern[str]

    def __init__(self, known: Mapping[str, object], makers: Mapping[str, Callable[[], object]]) -> None:
        """Take what is known, by the names of attributes, and what makes the others; those may raise re.error."""
        vars(self).update(known)
        self._makers = makers

    def __getattr__(self, name: str) -> Any:
        """Make what is asked for the first time."""
        if name == "_makers" or name not in self._makers:
            raise AttributeError(name)
        made = vars(self)[name] = self._makers[name]()
        return made

    def complete(self) -> None:
        """Make all. Raises re.error where a pattern is no regular expression."""
        for name in self._makers:
            getattr(self, name)

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
        stamp = _stamp(root, name) if root else None
        if stamp is not None or (_PACKAGE / f"{name}.toml").is_file():
            own = root / FOLDER / f"{name}.toml" if root and stamp is not None else None
            return _load(name, own, stamp)  # what the package has is read once for all workspaces
    raise AssertionError(f"the package has no {DEFAULT}.toml")


def _stamp(root: Path, name: str) -> int | None:
    """Return what tells this state of the workspace's own file of a language from others; None where it has none."""
    own = root / FOLDER / f"{name}.toml"
    return own.stat().st_mtime_ns if own.is_file() else None


def known_tags(root: Path | None = None) -> list[str]:
    """Return the tags of all languages of which something is known, sorted. root: as in `load_language`."""
    folders = (_PACKAGE, *((root / FOLDER,) if root else ()))
    return sorted({path.stem for folder in folders for path in folder.glob("*.toml")})


@dataclass(frozen=True)
class Habits:
    """What is known of all languages together, for words whose language nobody tells; see `Language`."""

    introduces: tuple[str, ...]
    connectives: tuple[str, ...]
    causes: tuple[str, ...]
    abbreviations: frozenset[str]


def load_habits(root: Path | None = None) -> Habits:
    """Return the habits of all languages that are known. root: of a workspace with languages of its own."""
    tags = known_tags(root)
    known = [_habits(tag) if root is None or _stamp(root, tag) is None else load_language(tag, root) for tag in tags]
    return Habits(
        tuple(dict.fromkeys(word for each in known for word in each.introduces)),
        tuple(dict.fromkeys(word for each in known for word in each.connectives)),
        tuple(dict.fromkeys(word for each in known for word in each.causes)),
        frozenset(word for each in known for word in each.abbreviations),
    )


@lru_cache(maxsize=64)
def _habits(tag: str) -> Habits:
    """Return the habits of a language of the package, whose patterns take long to make and are right."""
    text = (_PACKAGE / f"{tag}.toml").read_bytes().decode()
    return Habits(**_words(tomllib.loads(text.partition("\n[")[0])))  # they come before all tables


def _words(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a language file says in words, by the names of `Habits`."""
    lists = {key: tuple(values.get(key, ())) for key in ("introduces", "connectives", "causes")}
    return {**lists, "abbreviations": frozenset(each.removesuffix(".") for each in values.get("abbreviations", ()))}


@lru_cache(maxsize=64)
def _load(name: str, own: Path | None, stamp: int | None) -> Language:
    """Read a language. stamp: what tells this state of the workspace's own file from others; None where it has none."""
    packed = _PACKAGE / f"{name}.toml"
    values = _read(packed) if packed.is_file() else {}
    packed_suggest = values.get("suggest", {})
    if own is not None and stamp is not None:
        mine = _read(own)
        _require_quick(mine, f"{FOLDER}/{own.name}")
        values |= {**mine, **{key: {**values.get(key, {}), **mine.get(key, {})} for key in ("page", "attribution")}}
        values["suggest"] = _laid_over(packed_suggest, mine.get("suggest", {}))
    language = _make(name, values)
    if own is not None:  # those of the package are right
        try:
            language.complete()
        except re.error as error:
            raise InputError(f"{FOLDER}/{name}.toml: a pattern is not a regular expression: {error}.") from None
    return language


def _laid_over(packed: Mapping[str, Any], mine: Mapping[str, Any]) -> dict[str, Any]:
    """Return the table `suggest` of the package under that of a workspace: lists go by their keys, phrases by value."""
    values = {name: dict(of) for name, of in packed.get("values", {}).items()}
    for name, of in mine.get("values", {}).items():
        values[name] = {**values.get(name, {}), **of}
    return {**packed, **mine, "values": values}


def _read(path: Path) -> dict[str, Any]:
    where = f"{FOLDER}/{path.name}"
    try:
        values = tomllib.loads(path.read_bytes().decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{where} is not TOML: {error}.") from None
    page = values.get("page", {})
    page = page if isinstance(page, dict) else {}
    said = values.get("attribution", {})
    said = said if isinstance(said, dict) else {}
    lists = dict.fromkeys(ATTRIBUTION, list)
    suggest = values.get("suggest", {})
    suggest = suggest if isinstance(suggest, dict) else {}
    unknown = sorted(
        (values.keys() - _KEYS.keys())
        | (page.keys() - _PAGE.keys())
        | (said.keys() - lists.keys())
        | (suggest.keys() - set(_SUGGEST))
    )
    wrong = [
        key
        for part, keys in ((values, _KEYS), (page, _PAGE), (said, lists))
        for key, kind in keys.items()
        if key in part and not _is_of(part[key], kind)
    ]
    wrong += [key for key in suggest if not _is_said(key, suggest[key])]
    if unknown or wrong:
        what = f"the unknown key {unknown[0]!r}" if unknown else f"a wrong value for {wrong[0]!r}"
        raise InputError(
            f"{where} has {what}.\nHint: the keys are {', '.join((*_KEYS, *_PAGE, *ATTRIBUTION, *_SUGGEST))}."
        )
    if len(values.get("months", ())) not in (0, 12):
        raise InputError(f"{where}: months has {len(values['months'])} entries.\nHint: give twelve, in their order.")
    return values


def _require_quick(values: dict[str, Any], where: str) -> None:
    """Raise InputError where a pattern of a workspace, which anybody may have written, could be searched for ever."""
    parts = (values, values.get("page", {}), values.get("attribution", {}))
    texts = [each for part in parts for each in part.values()]
    for pattern in (each for text in texts for each in (text if isinstance(text, list) else [text])):
        if isinstance(pattern, str) and _repeats_choices(pattern):
            raise InputError(
                f"{where}: the pattern {shorten(pattern, 80)!r} repeats a group in which something is repeated or "
                "chosen, and could be searched for ever.\nHint: repeat single characters only, such as [a-z ]*."
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


def _is_said(key: str, value: object) -> bool:
    """Whether a value of the table `suggest` has the form of its key: lists of words, alone, in lists or in tables."""
    if key == "synonyms":
        return isinstance(value, list) and all(_is_of(each, list) for each in value)
    if key == "values":
        tables = list(value.values()) if isinstance(value, dict) else [None]
        return all(isinstance(each, dict) and all(_is_of(words, list) for words in each.values()) for each in tables)
    return _is_of(value, list)


def _make(tag: str, values: dict[str, Any]) -> Language:
    said = values.get("page", {})
    page = {
        key: ("|".join(said.get(key, ())) if kind is list else said.get(key, "")) or _NEVER
        for key, kind in _PAGE.items()
    }
    ordinal = values.get("ordinal", "")
    suggest = values.get("suggest", {})
    months = values.get("months") or [_NEVER] * 12
    month = rf"(?P<month>{'|'.join(f'(?:{each})' for each in months)})\.?"
    day = rf"\d{{1,2}}{ordinal}"
    date = rf"(?:[^\W\d_]{{3,12}}\.?\s{day},?\s\d{{4}}|{day}\s[^\W\d_]{{3,12}}\.?,?\s\d{{4}}|\d{{4}}-\d\d-\d\d)"
    short_date = rf"(?:[^\W\d_]{{3,12}}\.?\s{day}|{day}\s[^\W\d_]{{3,12}}\.?)"
    known: dict[str, object] = {
        "tag": tag,
        **_words(values),
        "values": {
            name: {value: tuple(words) for value, words in of.items()} for name, of in suggest.get("values", {}).items()
        },
        "synonyms": tuple(tuple(each) for each in suggest.get("synonyms", ())),
        "fillers": frozenset(suggest.get("fillers", ())),
        "alternatives": tuple(suggest.get("alternatives", ())),
    }
    makers: dict[str, Callable[[], object]] = {
        "cues": lambda: _any_of(values.get("cues", ())),
        "months": lambda: tuple(re.compile(each, re.IGNORECASE) for each in months),
        "dates": lambda: (
            re.compile(rf"\b{month}\s(?P<day>\d{{1,2}}){ordinal},?\s(?P<year>\d{{4}})\b", re.IGNORECASE),
            re.compile(rf"\b(?P<day>\d{{1,2}}){ordinal}\s{month},?\s(?P<year>\d{{4}})\b", re.IGNORECASE),
            re.compile(r"\b(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)\b"),
        ),
        "attribution": lambda: {key: _any_of(values.get("attribution", {}).get(key, ())) for key in ATTRIBUTION},
        "datelines": lambda: (
            # Vesta (Agency) – They; PORT ESSA, Suvia (Agency) – They
            re.compile(rf"[^\W\d_][\w .,'’-]{{0,60}} \([^()\n]{{2,80}}\)\s?[-–—]{{1,2}}\s{{1,3}}{_SENTENCE_BEGINS}"),
            # VESTA (Outlet / Agency - 28th January, 2031) They
            re.compile(rf"[A-Z][A-Z .'’-]{{1,40}} \([^()\n]{{2,80}}\)\s{{1,3}}{_SENTENCE_BEGINS}"),
            # VESTA, 12 February 2031 – They; VESTA, Feb. 12 (Agency) – They
            re.compile(
                rf"[A-Z][A-Z .'’-]{{1,40}},\s(?:{date}|{short_date})(?: \([^()\n]{{2,80}}\))?\s?[-–—]{{1,2}}"
                r"\s{1,3}(?=\S)"
            ),
            # Port Essa, Suvia – They
            re.compile(rf"{_NAME}(?:, {_NAME}){{1,2}} [-–—]{{1,2}}\s{{1,3}}{_SENTENCE_BEGINS}"),
            # Agency – They
            re.compile(
                rf"[^\W\d_a-z][\w.]{{0,30}}(?: [^\W\d_a-z][\w.]{{0,30}}){{0,3}} [–—]\s{{1,3}}{_SENTENCE_BEGINS}"
            ),
        ),
        "date_lines": lambda: (
            re.compile(rf"[A-Z][\w.]{{0,30}}(?: [A-Z][\w.]{{0,30}}){{0,3}}\s?[-–—|]\s?{date}"),
            re.compile(
                rf"(?:(?:{page['published']}) )?(?:(?:{page['weekday']}) )?{date}[\d:,.| ]{{0,12}}\w{{0,4}}",
                re.IGNORECASE,
            ),
        ),
        "credit": lambda: re.compile(rf"/|{page['credit']}", re.IGNORECASE),
        # The quay at dawn. Photo: Norland Press.
        "credit_end": lambda: re.compile(
            rf"(?:^|(?<=\s))(?:{page['credit_mark']}):\s[^\W_](?:[^\s:]*\s){{0,8}}[^\s:]*$"
        ),
        # Envoy back in port Monday, 12 February 2031
        "title_date": lambda: re.compile(
            rf"(?:^|\s)(?!(?:{page['before_date']})\s)\S+\s(?P<date>(?:{page['weekday']})\s{date})$", re.IGNORECASE
        ),
        "byline": lambda: re.compile(
            rf"(?:{page['byline']}) (?!(?:{page['no_byline']})\b(?!\.))[^\W\d_a-z][\w.'’-]*"
            rf"(?:,? (?:{page['byline_joins']}|{PARTICLES}|[^\W\d_a-z][\w.'’-]*))*"
        ),
        "author": lambda: re.compile(rf"(?:{page['author']})\s+"),
        "desk": lambda: re.compile(rf"\b(?:{page['desk']})\b", re.IGNORECASE),
        "joins": lambda: re.compile(rf"\s(?:{page['byline_joins']})\s"),
        "tail": lambda: re.compile(page["tail"], re.IGNORECASE),
        "related": lambda: re.compile(page["related"], re.IGNORECASE),
        "boilerplate": lambda: re.compile(page["boilerplate"], re.IGNORECASE),
        "notice": lambda: re.compile(page["notice"], re.IGNORECASE),
    }
    return Language(known, makers)


def _any_of(patterns: Sequence[str]) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(patterns) or _NEVER})\b", re.IGNORECASE)


# The ends of one span


def is_mark(character: str) -> bool:
    """Whether a character is white space or punctuation, and no word can be made of it."""
    return character.isspace() or unicodedata.category(character).startswith("P")


def tidy(text: str, begin: int, end: int, *, content: bool, habits: Habits | None = None) -> Bounds:
    """Return the bounds that a drag meant: whole characters, no white space, stop, comma or outer mark.

    content: whether a word that introduces what is said, as *that*, is cut off, too. habits: of languages; those that
    the toolkit knows by default. Begin equals end where nothing is left.
    """
    habits = habits or load_habits()
    begin, end = whole(text, *trim(text, begin, end))
    pairs, closing = _marks(text)
    while begin < end:
        first, last = text[begin], text[end - 1]
        foreign = last in QUOTATION_MARKS and closing.get(end - 1, begin) < begin  # it closes what was opened before
        if first in QUOTATION_MARKS and begin in pairs and pairs[begin] >= end - 1:
            begin += 1
        elif foreign or (is_pause(last) and not is_abbreviation(text, begin, end - 1, habits)):
            end -= 1
        elif content and (word := _introducing(text[begin:end], habits)):
            begin += len(word)
        elif text[begin].isspace() or text[end - 1].isspace():
            begin, end = trim(text, begin, end)
        else:
            break
    return begin, end


@lru_cache(maxsize=2)
def _marks(text: str) -> tuple[dict[int, int], dict[int, int]]:
    """Return the places of opening marks, each with that of its closing one, and the other way round."""
    pairs = {begin - 1: end for begin, end in quotations(text)}
    return pairs, {end: begin for begin, end in pairs.items()}


def whole(text: str, begin: int, end: int) -> Bounds:
    """Return bounds that cut no character in two, wider than those given where these do."""
    beside = text[begin - 1 if begin else 0 : begin + 1] + text[end - 1 : end + 1]
    if 0 <= begin < end and beside.isascii() and "\r" not in beside:
        return begin, end  # as nearly always
    while begin < end and cuts_grapheme(text, begin, begin):
        begin -= 1
    while begin < end < len(text) and cuts_grapheme(text, end, end):
        end += 1
    return begin, end


def _introducing(words: str, habits: Habits) -> str:
    """Return the word, with a space, that introduces what is said; "" where there is none."""
    return next((f"{each} " for each in habits.introduces if words.startswith(f"{each} ")), "")


def is_abbreviation(text: str, begin: int, stop: int, habits: Habits) -> bool:
    """Whether a full stop belongs to its word: U.S., J., Jr., etc."""
    words = text[begin:stop].split()
    word = words[-1].lstrip("([" + "".join(QUOTATION_MARKS)) if words else ""
    return text[stop] == "." and ("." in word or (len(word) == 1 and word.isupper()) or word in habits.abbreviations)


# A statement


@dataclass(frozen=True, slots=True)
class Trimming:
    """A change to a statement: where, as a JSON pointer below it, and what it has now: *content without ...*.

    is_group: whether it is the number of a group, and of no span.
    """

    pointer: str
    said: str
    is_group: bool = False


def trim_statement(
    statement: Statement, text: str, scheme: Scheme, habits: Habits | None = None, kept: Collection[Bounds] = ()
) -> tuple[Statement, tuple[Trimming, ...]]:
    """Return a statement with spans in their form and groups of conditions counted from 1, and what was changed.

    text: the stored text of the article. habits: of languages; those that the toolkit knows by default. kept: bounds of
    spans that stay as they are, with the groups of such conditions. Doing it again changes nothing. Spans that leave
    the text, or have no words, stay.
    """
    trimmer = _Trimmer(text, scheme, habits or load_habits(), kept, [])
    content = tuple(
        trimmer.span(span, "content", f"/content/{number}", is_content=True)
        for number, span in enumerate(statement.content)
    )
    speaker, target = statement.speaker, statement.target
    joined_by = constraint_of(scheme, "statement", "conditions").joined_by
    parts = [
        (
            trimmer.spans(each.spans, "condition", f"/conditions/{number}/spans", joined_by, content),
            trimmer.fields("condition", each, f"/conditions/{number}", content),
        )
        for number, each in enumerate(statement.conditions)
    ]
    speaker_span = trimmer.optional(speaker.span, "mention of the speaker", "/speaker/span")
    target_span = trimmer.optional(target.span, "target", "/target/span")
    target_fields = trimmer.fields("target", target, "/target", content)
    conditions = statement.conditions
    if trimmer.found:  # as it rarely is
        pairs = zip(conditions, parts, strict=True)
        conditions = tuple(replace(each, spans=spans, fields=fields) for each, (spans, fields) in pairs)
    if conditions and not any((span.begin, span.end) in kept for each in statement.conditions for span in each.spans):
        conditions = tuple(_regrouped(conditions, scheme, trimmer.found))
    own_fields = trimmer.fields("statement", statement, "", content)
    if not trimmer.found:
        return statement, ()
    trimmed = replace(
        statement,
        content=content,
        speaker=replace(speaker, span=speaker_span),
        target=replace(target, span=target_span, fields=target_fields),
        conditions=conditions,
        fields=own_fields,
    )
    return trimmed, tuple(trimmer.found)


_WORDLESS = frozenset((str, bool, int, type(None)))
"""Types of values that hold no span."""


@dataclass(frozen=True, slots=True)
class _Trimmer:
    """What spans are trimmed by; found gets each change."""

    text: str
    scheme: Scheme
    habits: Habits
    kept: Collection[Bounds]
    found: list[Trimming]

    def span(
        self,
        span: Span,
        title: str,
        pointer: str,
        *,
        is_content: bool = False,
        joined_by: str | None = None,
        content: Sequence[Span] = (),
    ) -> Span:
        """Return a span in its form. content: in which a connective must be that the span takes along."""
        old = (span.begin, span.end)
        if old in self.kept or not 0 <= span.begin < span.end <= len(self.text):
            return span
        new = tidy(self.text, *old, content=is_content, habits=self.habits)
        if new[0] >= new[1] or (new == old and not joined_by):
            return span
        if joined_by:
            outer = next((each for each in content if each.begin <= new[0] and new[1] <= each.end), None)
            if outer is not None:
                new = (_joined(self.text, new, outer.begin, _joining(self.habits, joined_by)), new[1])
        if new == old:
            return span
        self.found.append(Trimming(pointer, f"{title} {_difference(self.text, old, new)}"))
        return Span(begin=new[0], end=new[1], fingerprint=span_fingerprint(self.text, *new, self.scheme.edition))

    def optional(self, span: Span | None, title: str, pointer: str) -> Span | None:
        """Return the span that a holder may have in its form."""
        return None if span is None else self.span(span, title, pointer)

    def spans(
        self, spans: Sequence[Span], title: str, pointer: str, joined_by: str | None, content: Sequence[Span]
    ) -> tuple[Span, ...]:
        """Return the spans of a list in their form. A connective is looked for before the first one alone."""
        return tuple(
            self.span(span, title, f"{pointer}/{number}", joined_by=None if number else joined_by, content=content)
            for number, span in enumerate(spans)
        )

    def fields(self, level: Level, holder: Holder, above: str, content: Sequence[Span]) -> Fields:
        """Return the fields of a holder, with the spans among them in their form."""
        return {
            name: value
            if value.__class__ in _WORDLESS
            or (value.__class__ is tuple and (not value or value[0].__class__ is str))
            or (field := self.scheme.find(level, name)) is None
            or not field.spans(holder) + field.mentions(holder)
            else self._value(field, holder, f"{above}/{name}", content)
            for name, value in holder.fields.items()
        }

    def _value(self, field: Field, holder: Holder, pointer: str, content: Sequence[Span]) -> FieldValue:
        """Return the value of a field that holds some words, with these in their form."""
        joined_by = constraint_of(self.scheme, field.level, field.name).joined_by
        if field.kind == "mentions":
            return tuple(
                Mention(
                    entity=each.entity,
                    span=self.optional(each.span, f"mention in {field.title}", f"{pointer}/{number}/span"),
                )
                for number, each in enumerate(field.mentions(holder))
            )
        if field.kind == "spans":
            return self.spans(field.spans(holder), field.title, pointer, joined_by, content)
        (span,) = field.spans(holder)
        return self.span(span, field.title, pointer, joined_by=joined_by, content=content)


def _joining(habits: Habits, name: str) -> tuple[str, ...]:
    return habits.connectives if name == "connectives" else habits.causes


def _joined(text: str, bounds: Bounds, first: int, words: tuple[str, ...]) -> int:
    """Return where a span begins that takes along the joining words that stand right before it.

    first: where the stretch begins that they must be in. words: as they are spelled, several of them with spaces; the
    span may have begun in the middle of such a run.
    """
    begin, end = bounds
    first = max(first, text.rfind("\n", 0, begin) + 1)
    while True:
        before, after = text[first:begin], text[begin:end]
        spoken = before.rstrip().casefold()
        if not spoken.endswith(_casefolded(words)):
            return begin
        parts = (_patterns(run, place) for last, run, place in _split(words) if spoken.endswith(last))
        found = max((_reach(before, after, each) for each in parts), default=0)
        if not found:
            return begin
        begin -= found


@lru_cache(maxsize=8)
def _casefolded(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the single words of runs, to see at once that none stands before a span."""
    return tuple({word.casefold() for each in words for word in each.split()})


@lru_cache(maxsize=8)
def _split(words: tuple[str, ...]) -> tuple[tuple[str, tuple[str, ...], int], ...]:
    """Return each place at which a run of words can be cut in two: the last word before it, the run, and the place."""
    runs = [tuple(each.split()) for each in words]
    return tuple((run[place - 1].casefold(), run, place) for run in runs for place in range(1, len(run) + 1))


@lru_cache(maxsize=1024)
def _patterns(run: tuple[str, ...], place: int) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return patterns of the words of a run that stand before a span, and of those with which it then begins."""
    before, rest = (r"\s+".join(map(re.escape, part)) for part in (run[:place], run[place:]))
    pair = (rf"(?<!\w){before}\s+\Z", rf"{rest}\b" if rest else "")
    return re.compile(pair[0], re.IGNORECASE), re.compile(pair[1], re.IGNORECASE)


def _reach(before: str, after: str, parts: tuple[re.Pattern[str], re.Pattern[str]]) -> int:
    """Return how many characters before a span are the first part of a run of words; 0 where there is none."""
    match = parts[0].search(before)
    return len(match[0]) if match and parts[1].match(after) else 0


def _difference(text: str, old: Bounds, new: Bounds) -> str:
    """Say in what the words of a span differ from those that were marked."""
    cut = (text[old[0] : new[0]], text[new[1] : old[1]])
    added = (text[new[0] : old[0]], text[old[1] : new[1]])
    lost = []
    if any(character in QUOTATION_MARKS for part in cut for character in part):
        lost.append("its outer quotation marks")
    if word := re.sub(r"[\W_]+", " ", cut[0]).strip():
        lost.append(f"the introducing “{word}”")
    if stops := "".join(each for each in cut[1] if is_pause(each)):
        lost.append(f"its final “{stops}”")
    if not lost and any(part.strip() != part for part in cut):
        lost.append("white space at its ends")
    elif not lost and any(cut):
        lost.append("marks at its ends")
    said = [f"without {' and '.join(lost)}"] if lost else []
    if words := added[0].strip():
        is_joined = added[0][-1:].isspace()
        said.append(f"with “{words}” at its begin" if is_joined else "with the whole of its first character")
    if added[1]:
        said.append("with the whole of its last character")
    return " and ".join(said)


def _regrouped(conditions: Sequence[Condition], scheme: Scheme, found: list[Trimming]) -> Iterator[Condition]:
    """Yield conditions whose groups are counted from 1, role by role, in the order of their numbers."""
    numbers: dict[tuple[str, str], dict[int, int]] = {}
    fields = [each for each in scheme.of("condition") if each.kind == "group"]
    for field in fields:
        for role in {each.role for each in conditions}:
            used = {group for each in conditions if each.role == role if (group := field.group(each)) is not None}
            numbers[role, field.name] = {old: new for new, old in enumerate(sorted(used), 1)}
    for place, each in enumerate(conditions):
        changed = {}
        for field in fields:
            old = field.group(each)
            new = numbers[each.role, field.name][old] if old is not None else None
            if new is not None and new != old:
                changed[field.name] = new
                said = f"{field.title} {new} in the place of {old}: the {each.role} conditions are counted from 1"
                found.append(Trimming(f"/conditions/{place}/{field.name}", said, is_group=True))
        yield replace(each, fields={**each.fields, **changed}) if changed else each


def trim_document(
    document: Document, text: str, scheme: Scheme, habits: Habits | None = None
) -> tuple[Document, tuple[str, ...]]:
    """Return a document whose statements are in their form, and what changed, a line each: *s3: content without ...*.

    text: the stored text of its article. habits: as `trim_statement` takes them. What was passed over stays as it is.
    """
    trimmed = [trim_statement(each, text, scheme, habits) for each in document.statements]
    said = tuple(f"{short_id(each)}: {one.said}" for each, changes in trimmed for one in changes)
    return (replace(document, statements=tuple(each for each, _ in trimmed)), said) if said else (document, ())


def short_id(statement: Statement) -> str:
    """Return what people call a statement: ``s3`` of ``norland-post-2031-02-11-envoy/s3``."""
    return statement.id.rpartition("/")[2]
