"""The texts that bytes may be: whatever the encoding, with escapes resolved, for a search that must miss nothing.

A search does not need to know which of several decodings is right: words of a text are found in the right one, and
hardly ever in a wrong one. So all that are possible are yielded.
"""

import codecs
import html
import re
import unicodedata
from base64 import b64decode
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from encodings.aliases import aliases
from functools import cache
from itertools import chain, islice
from operator import itemgetter
from urllib.parse import unquote

ROUNDS = 3
"""How often escapes are resolved: JSON in a string of a notebook that is JSON itself needs two rounds."""

_MARKS = (  # the longer first: UTF-32 begins as UTF-16 does
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDE = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
_CONTROL = bytes((*range(9), *range(14, 27), *range(28, 32)))
_NO_WORD = r"(?:-?[\d.]+|true|false|null|[][{}]+)"
_MACHINE = re.compile(  # lines of a JSON file that cannot be part of eight words
    r"(?:^[ \t]*+(?:"
    rf'"[^"\\\n]*+": (?:"[A-Za-z0-9.:]*+(?:[-/_][A-Za-z0-9.:]*+){{0,6}}"|{_NO_WORD})|'  # a key with a word, date or id
    rf'"(?:[0-9a-f]{{16}}|[0-9a-f]{{64}})"|{_NO_WORD}'
    r"),?\n)++",
    re.MULTILINE,
)
_ESCAPE = re.compile(
    r"\\+(?:u\{([0-9A-Fa-f]{1,6})\}|u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|U([0-9A-Fa-f]{8})|([nrtbfv/\"'\n]))"
)
_QUOTED_PRINTABLE = re.compile(r"=(?:\r?\n|[0-9A-F]{2})")
_TAG = re.compile(r"<(/?)([A-Za-z][\w:-]*)[^<>]*>|<!--.*?-->|<[!?][^<>]*>", re.DOTALL)
_INLINE = frozenset(
    "a abbr b bdi bdo big cite code em font i ins mark q s small span strong sub sup tt u wbr".split()  # noqa: SIM905
)
_FEW = 8  # lines or values that make an arrangement
_FEW_NUMBERS = 3
_WIDEST = 300  # characters of a line in a table
_MOST_COLUMNS = 15
_NUMBERED = re.compile(r"^\s*\d+(?:[:.)|\t]|\s*$)|\[\d+\]|\d\s*-->\s*\d", re.MULTILINE)
_NUMBERED_LINE = re.compile(r"\n\s*+\d++(?:[:.)|\t]|\s*$)", re.MULTILINE)
_NUMBERED_NOTE = re.compile(r"\[\d+\]")  # both together: what is numbered where there is no arrow, in less time
_NUMBER = re.compile(r"(?<!\w)\d+(?!\w)")
_SHORT_VALUE = re.compile(r'"([^"\\\n]{1,40})"\s*:\s*"((?:[^"\\\n]|\\.){1,160})"')
_VALUE = re.compile(r'"([^"\\\n]{1,40}+)"\s*+:\s*+"((?:[^"\\\n]++|\\.)++)"')  # however long, in half the time
_LONGEST_VALUE = 160
_MACHINE_VALUE = re.compile(r"[\d_-]")
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/])(?:[A-Za-z0-9+/]{60,}\s{0,2})+[A-Za-z0-9+/]*={0,2}")
_LONG_RUN = b"a" * 60
_RUNS = bytes(97 if re.match(rb"[A-Za-z0-9+/]", bytes((each,))) else 32 for each in range(256))
"""What makes Base64 as one letter, so that a long run of it is found without a look at each word."""

_HYPHEN = re.compile(r"(?<=\w)[-\u2010\u00ad][ \t]*\r?\n[ \t>#*/|]*(?=\w)")
_MISREAD = re.compile(  # the characters of cp1252 above ASCII
    r"[\u0080-\u00ff\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]{2,}"
)


def decode(data: bytes) -> Iterator[str]:
    """Yield the texts that bytes may be, the likeliest first, as they are and with escapes resolved."""
    seen: set[str] = set()
    for text in _decode(data):
        for reading in resolve(text):
            if reading not in seen:
                seen.add(reading)
                yield reading
        for found in _rearrange(text):
            yield from resolve(found)


def _rearrange(text: str) -> Iterator[str]:
    """Yield what stands in a text between other things: in columns, in values of one key, between numbers, encoded."""
    if _is_numbered(text):
        yield _NUMBER.sub(" ", text)
    if text[:1] in ("{", "["):
        values: defaultdict[str, list[str]] = defaultdict(list)
        for key, value in _short_values(text):
            values[key].append(value)
        yield from (" ".join(each) for each in values.values() if len(each) >= _FEW and _are_words(each))
    else:
        yield from _columns(text)
    for encoded in _long_runs(text):
        with suppress(ValueError):
            found = b64decode(re.sub(r"\s", "", encoded) + "==")
            if is_text(found):
                yield found.decode(errors="replace")


def _is_numbered(text: str) -> bool:
    """Whether lines or notes of a text are numbered, or times stand in it as in subtitles."""
    if "-->" in text:
        return len(_NUMBERED.findall(text)) >= _FEW_NUMBERS
    found = chain(_NUMBERED_NOTE.finditer(text), _NUMBERED_LINE.finditer(f"\n{text}"))
    return next(islice(found, _FEW_NUMBERS - 1, None), None) is not None


def _short_values(text: str) -> list[tuple[str, str]]:
    """Return the short strings of JSON with their keys, in order, as they are written."""
    found: list[tuple[str, str]] = _VALUE.findall(text)
    if max(map(len, map(itemgetter(1), found)), default=0) > _LONGEST_VALUE:
        return _SHORT_VALUE.findall(text)
    return found


def _long_runs(text: str) -> Iterator[str]:
    """Yield what of a text may be encoded with Base64."""
    runs = text.encode("ascii", "replace").translate(_RUNS)
    place = 0
    while (place := runs.find(_LONG_RUN, place)) >= 0 and (match := _BASE64.match(text, place)):
        yield match[0]
        place = match.end()


def _are_words(values: list[str]) -> bool:
    """Whether most values may be words; else they are ids, dates or hashes."""
    others = sum("\\" not in each for each in filter(_MACHINE_VALUE.search, values))
    return others * 2 <= len(values)


def _columns(text: str) -> Iterator[str]:
    """Yield the columns of stretches of lines that have equally many, as tables of tokens do."""
    rows: list[list[str]] = []
    for line in (*text.split("\n"), ""):
        cells = line.split() if len(line) <= _WIDEST else []
        if rows and len(cells) != len(rows[0]) and (cells or line.strip()):
            if len(rows) >= _FEW:
                yield from map(" ".join, zip(*rows, strict=True))
            rows = []
        if 2 <= len(cells) <= _MOST_COLUMNS:
            rows.append(cells)
    if len(rows) >= _FEW:
        yield from map(" ".join, zip(*rows, strict=True))


def is_text(data: bytes) -> bool:
    """Whether `decode` reads all of it: no image, archive, compressed table or other binary file."""
    head = data[:1_000_000]
    if data.startswith((b"%PDF-", b"{\\rtf")):  # printable, and its words are not
        return False
    if any(data.startswith(mark) for mark, _ in _MARKS):
        return True
    if b"\0" in head:
        return any(_is_plausible(_wide(head, name)) for name in _WIDE)
    return len(head) - len(head.translate(None, _CONTROL)) <= len(head) // 500


def resolve(text: str) -> Iterator[str]:
    """Yield a text as it is, then with its escapes resolved, those within escapes too.

    Escapes are those of JSON and of string literals, character references, percent signs of addresses, quoted
    printable; tags of HTML and hyphens at line ends go, and UTF-8 that was read as another encoding is put right.
    """
    if text[:1] in ("{", "["):  # numbers, hashes and brackets on lines of their own are no words of anybody
        text = _MACHINE.sub("", text)
    yield text
    for _ in range(ROUNDS):
        before = text
        if "\\" in text:
            text = _unescape(text)
        if "&" in text:
            text = html.unescape(text)
        if "%" in text:
            text = unquote(text, errors="replace")
        if "=" in text and _QUOTED_PRINTABLE.search(text):
            yield _unquote_printable(text)
        if "<" in text:
            text = _TAG.sub(_between, text)
        if not text.isascii():
            text = _MISREAD.sub(_reread, text)
        text = _HYPHEN.sub("", text)
        if text == before:
            return
        yield text


def _decode(data: bytes) -> Iterator[str]:
    for mark, name in _MARKS:
        if data.startswith(mark):
            yield data[len(mark) :].decode(name, errors="replace")
            return
    is_wide = b"\0" in data
    try:
        yield data.decode()
        if not is_wide and b"\x1b" not in data:
            return
    except UnicodeDecodeError:
        yield data.decode(errors="replace")
    if is_wide:
        yield from (_wide(data, name) for name in _WIDE)
        yield data.replace(b"\0", b" ").decode(errors="replace")
    elif is_text(data):
        yield from (data.decode(name, errors="replace") for name in legacy_encodings())
        yield from (_wide(data, name) for name in _WIDE[:2])  # of a script without Latin letters and spaces


@cache
def legacy_encodings() -> tuple[str, ...]:
    """Return the encodings of text that Python knows beside those of Unicode, the most usual first."""
    first = ("cp1252", "cp1251", "cp1256", "cp1250", "cp1253", "cp1254", "cp1255", "gb18030", "big5hkscs", "cp932")
    found = []
    for name in sorted({*aliases.values()}):
        try:
            is_one = codecs.lookup(name)._is_text_encoding
        except LookupError:  # of another system
            continue
        if is_one and not name.startswith("utf_") and name not in (*first, "ascii", "mbcs", "oem"):
            found.append(name)
    return (*first, *found)


def _wide(data: bytes, name: str) -> str:
    unit = 4 if "32" in name else 2
    return data[: len(data) // unit * unit].decode(name, errors="replace")


def _is_plausible(text: str) -> bool:
    """Whether a text consists of characters that texts consist of."""
    odd = sum(
        unicodedata.category(character) in ("Cn", "Co", "Cc") or character == "\ufffd"
        for character in text[:20_000]
        if character not in "\t\n\r\f"
    )
    return bool(text) and odd <= len(text[:20_000]) // 50


def _unescape(text: str) -> str:
    text = _ESCAPE.sub(_character, text)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # pairs of surrogates become one


def _character(match: re.Match[str]) -> str:
    digits = match[1] or match[2] or match[3] or match[4]
    if digits is None:
        return match[5] if match[5] in "/\"'" else " " if match[5] != "n" else "\n"
    number = int(digits, 16)
    return chr(number) if number <= 0x10FFFF else " "


def _unquote_printable(text: str) -> str:
    import quopri

    data = quopri.decodestring(text.encode(errors="replace"))
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _between(match: re.Match[str]) -> str:
    return "" if (match[2] or "").lower() in _INLINE else " "


def _reread(match: re.Match[str]) -> str:
    for name in ("cp1252", "latin-1"):
        try:
            return match[0].encode(name).decode()
        except (UnicodeEncodeError, UnicodeDecodeError):
            continue
    return match[0]
