"""An article as it came in: what its bytes have to be, the form in which they are kept, and what looks broken in it."""

import codecs
import hashlib
import re
import unicodedata
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import IO, Any

from stancebank.errors import InputError, shorten
from stancebank.search import INVISIBLE
from stancebank.text import graphemes, line_number, normalise

MAX_BYTES = 4_000_000  # a long book; an article that is larger is a dump
_MANY = "if it holds many articles, make it .jsonl with one object a line"
_BYTE_ORDER_MARKS = (  # the longer ones first: that of UTF-32 begins like that of UTF-16
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
_BINARY = (b"%PDF", b"PK\x03\x04", b"\x89PNG", b"\xff\xd8\xff", b"\x1f\x8b", b"GIF8", b"\xd0\xcf\x11\xe0", b"{\\rtf")
_ENCODINGS = [  # those in which news is still met; a short text fits many others by accident
    *("cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "koi8_r", "mac_roman"),
    *("gb18030", "big5", "cp932", "euc_jp", "euc_kr"),
]
HTML = re.compile(
    rb"(?:\s|<\?xml[^>]*>|<!--(?:(?!-->).)*-->)*<(?:!doctype\s+html|html|head|body|frameset)\b",
    re.IGNORECASE | re.DOTALL,
)
FEED = re.compile(rb"(?:\s|<\?xml[^>]*>|<!--(?:(?!-->).)*-->)*<(?:rss|feed|rdf:RDF)\b", re.IGNORECASE | re.DOTALL)
MIME = re.compile(rb"^MIME-Version:.*?^Content-Type:\s*(?:multipart/|text/html)", re.I | re.M | re.S)
_FORMS = (  # other forms of text, by what a file begins with
    ("XML", re.compile(rb"\s*(?:<\?xml\b|<(?:TEI|nitf|newsItem|svg|article)\b[^<>]*>\s*<)")),
    ("an answer of a web server, with its head", re.compile(rb"(?:HTTP|WARC)/\d")),
    ("PostScript", re.compile(rb"%!PS")),
    ("LaTeX", re.compile(rb"(?:\s*%[^\n]*\n)*\s*\\(?:documentclass|documentstyle)\b")),
    (
        "an e-mail, with its head",
        re.compile(
            rb"(?:From [^\n]*\n)?(?:(?!(?:Received|Message-ID|Return-Path|MIME-Version|Content-Type):)[\w-]+:[^\n]*\n"
            rb"(?:[ \t][^\n]*\n)*){0,60}(?:Received|Message-ID|Return-Path|MIME-Version|Content-Type):",
            re.IGNORECASE,
        ),
    ),
    ("a JSON object", re.compile(rb'\s*\{\s*"[^"\n]{1,60}"\s*:')),
)
_TAG = re.compile(
    r"</?(?:p|div|span|a|br|b|i|em|strong|h[1-6]|ul|ol|li|img|figure|script|style|table|t[dhr]|article|section"
    r"|blockquote|iframe)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_MOST_TAGS = 2  # that a text may mention
_TAIL = "[\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]"  # what Windows-1252 makes of the later bytes of a character in UTF-8
_SUSPECT = re.compile(f"[\u00c0-\u04ff]{_TAIL}")  # what all of it has, whatever encoding it was read in
_MOJIBAKE = "UTF-8 that was read as another encoding"
_ENTITY, _BLANK = "an HTML entity", "a blank at the end of a line"
_BROKEN = (
    ("a character that was lost (U+FFFD)", re.compile("\ufffd")),
    (_MOJIBAKE, re.compile(f"[ÃÂ]{_TAIL}|[â-ï]{_TAIL}{{2}}|(?:[Ä-ß]{_TAIL}){{3}}")),
    (_ENTITY, re.compile(r"&(?:[A-Za-z][A-Za-z0-9]{1,30}|#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6});")),
)
_UNSEEN = (
    ("an invisible character", INVISIBLE),
    ("a no-break space", re.compile("[\u00a0\u202f]")),
    (_BLANK, re.compile(r"(?<=\S)[^\S\n](?=[^\S\n]*(?:\n|\Z))")),
)
_ASCII = re.compile(r"[\x00-\x7f]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class SourceError(InputError):
    """A source cannot be used. source: which, as the message names it."""

    def __init__(self, source: str, message: str) -> None:
        super().__init__(message)
        self.source = source


@dataclass(frozen=True, slots=True)
class Handed:
    """What was handed over. name: as messages say it. file: where it is, or what it holds, which can be read again."""

    name: str
    file: Path | IO[bytes]

    def open(self) -> AbstractContextManager[IO[bytes]]:
        """Open it for reading, from its beginning."""
        if isinstance(self.file, Path):
            return self.file.open("rb")
        self.file.seek(0)
        return nullcontext(self.file)

    def read(self, most: int = MAX_BYTES, what: str = "an article", hint: str = _MANY) -> bytes:
        """Return the bytes of a file that is small enough for what it should be; a larger one is refused unread."""
        with self.open() as file:
            size = file.seek(0, 2)
            if size > most:
                raise InputError(f"{self.name} has {size:,} bytes; {what} has at most {most:,}.\nHint: {hint}.")
            file.seek(0)
            return file.read()


@dataclass(frozen=True, slots=True)
class Page:
    """What is known of an article that came as a web page.

    kinds: of each line that is not blank, as `segment.KINDS` names them; none where what took the text out does not
    say. found: metadata that the page states, each a value with its basis. extractor, version: what took the text out.
    address: None where the page does not name one. uses: what it says of its use, as `PageFacts.uses`.
    """

    kinds: tuple[str, ...]
    found: dict[str, Any]
    extractor: str
    version: str
    address: str | None
    uses: dict[str, tuple[str, ...]] = field(default_factory=dict)


class NoArticleError(InputError):
    """A page is read, and holds no article."""


@dataclass(frozen=True, slots=True)
class Source:
    """One article as it came in. name: where, for messages. text: NFC and LF, otherwise untouched.

    changes: what was brought to that form, in words, each kind once with its first place; and what is doubtful of a
    page. page: None where the text was handed over as text.
    """

    name: str
    text: str
    raw_sha256: str
    metadata: dict[str, Any] = field(default_factory=dict)
    changes: tuple[str, ...] = ()
    page: Page | None = None


def make_source(data: bytes, name: str, metadata: dict[str, Any]) -> Source:
    """Return an article of its bytes. Raises InputError as `clean` does."""
    text = clean(data, name)
    return Source(name, text, hashlib.sha256(data).hexdigest(), metadata, tuple(_changes(data.decode())))


def _changes(raw: str) -> Iterator[str]:
    """Say what `normalise` changes in a text, each kind once, with its first place and how often."""
    if raw.startswith("\ufeff"):
        yield "line 1: a byte order mark is left out"
    for what, pattern in (("CRLF", r"\r\n"), ("CR", r"\r(?!\n)")):
        if many := len(re.findall(pattern, raw)):
            first = len(re.findall(r"\r\n?|\n", raw[: re.search(pattern, raw).start()])) + 1  # type: ignore[union-attr]
            yield f"line {first}: a line end {what} is stored as LF{_often(many)}"
    found: list[tuple[int, str]] = []
    for number, line in enumerate(re.split(r"\r\n?|\n", raw), 1):
        if not unicodedata.is_normalized("NFC", line):
            clusters = (line[begin:end] for begin, end in graphemes(line))
            found += [(number, each) for each in clusters if not unicodedata.is_normalized("NFC", each)]
    if found:
        number, each = found[0]
        stored = unicodedata.normalize("NFC", each)
        yield f"line {number}: {_codes(each)} is stored as {_codes(stored)} (NFC){_often(len(found))}"


def _often(many: int) -> str:
    return f", {many} times in all" if many > 1 else ""


def _codes(words: str) -> str:
    return " ".join(f"U+{ord(each):04X}" for each in words)


def clean(data: bytes, name: str) -> str:
    """Decode an article and bring it to NFC and LF. Nothing else is changed.

    Raises InputError where it is empty, binary, HTML, not UTF-8, or holds control characters.
    """
    require_plain(data, name)
    head = data.removeprefix(codecs.BOM_UTF8)[:20_000]
    if FEED.match(head):
        raise InputError(f"{name} is a feed, a list of articles.\nHint: save the page of each article as .html.")
    if MIME.search(head[:4000]):
        raise InputError(
            f"{name} is a web archive (MHTML).\nHint: open it in a browser, and save it as a page of HTML only (.html)."
        )
    if HTML.match(head):
        raise InputError(
            f"{name} is HTML, a web page.\n"
            "Hint: name the file .html, or give the page under the key html; its text is taken out then."
        )
    for what, form in _FORMS:
        if form.match(head):
            hint = (
                "name the file .json" if "JSON" in what else "hand over the article's plain text, as a reader sees it"
            )
            raise InputError(f"{name} is {what}, no plain text.\nHint: {hint}.")
    text = normalise(decode(data, name))
    if control := _CONTROL.search(text):
        what = "a NUL character: the file is binary or damaged" if control[0] == "\0" else "a control character"
        raise InputError(
            f"{name}, line {line_number(text, control.start())}: U+{ord(control[0]):04X} is {what}.\n"
            + (
                "Hint: it was Windows-1252 or Latin-1 once; read the source in that encoding, and save it as UTF-8."
                if control[0] >= "\x80"
                else "Hint: hand over the article's plain text without it."
            )
        )
    tags = [found[0] for found in _TAG.finditer(text)]
    if len(tags) > _MOST_TAGS:
        few = ", ".join(list(dict.fromkeys(shorten(each, 30) for each in tags))[:4])
        raise InputError(
            f"{name} holds {len(tags)} tags of HTML, such as {few}.\n"
            "Hint: if it is a web page or a part of one, name the file .html, or give it under the key html."
        )
    if not any(character.isalnum() for character in text):
        raise InputError(f"{name} is empty: it has no words.\nHint: hand over the article's text.")
    return text


def require_plain(data: bytes, name: str) -> None:
    """Raise InputError where bytes begin as those of a binary file or of another encoding do."""
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            raise InputError(_other_encoding(name, "by its byte order mark", encoding))
    if data.startswith(_BINARY):
        raise InputError(f"{name} is a binary file.\nHint: hand over the article's plain text.")
    if (wide := _wide(data)) is not None:
        raise InputError(_other_encoding(name, "by its zero bytes", wide))


def decode(data: bytes, name: str) -> str:
    """Return bytes as UTF-8. Raises InputError, with the likely encoding, where they are none."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(_not_utf8(data, name, error.start)) from None


def broken_signs(text: str) -> list[str]:
    """Say what in a text looks broken or is not seen, each kind once, with its first place and how often."""
    said = []
    rest = "" if text.isascii() else _ASCII.sub("", text)
    for what, pattern in (*_BROKEN, *_UNSEEN):
        if not _may_have(what, pattern, text, rest):
            continue
        found = [match for match in pattern.finditer(text) if what != _ENTITY or unescape(match[0]) != match[0]]
        if found:
            first = found[0]
            shown = _codes(first[0]) if (what, pattern) in _UNSEEN else repr(first[0])
            said.append(f"line {line_number(text, first.start())}: {what}, {shown}{_often(len(found))}")
    if mended := _mended(text):
        number, how = mended
        place = next((place for place, each in enumerate(said) if _MOJIBAKE in each), None)
        if place is None:
            said.append(f"line {number}: {_MOJIBAKE}; {how}")
        else:
            said[place] += f"; {how}"
    return said


def _may_have(what: str, pattern: re.Pattern[str], text: str, rest: str) -> bool:
    """Whether a text may have what is looked for: most have not, which takes less time to see than to search them.

    rest: the text without ASCII, of which all patterns but two are.
    """
    if what == _ENTITY:
        return "&" in text
    if what == _BLANK:
        return any(line[-1:].isspace() for line in text.split("\n"))
    return pattern.search(rest) is not None


def _mended(text: str) -> tuple[int, str] | None:
    """Say in which line ftfy would mend what was read in another encoding, and how: the first word of it.

    It is never mended here: a text that is about encodings would be spoiled, and the stored one is the source's.
    """
    if not _SUSPECT.search(text):
        return None
    from ftfy import fix_encoding
    from ftfy.badness import is_bad

    if not is_bad(text):
        return None
    for number, line in enumerate(text.split("\n"), 1):
        if is_bad(line) and (fixed := fix_encoding(line)) != line:
            was, now = line.split(), fixed.split()
            pairs = zip(was, now, strict=True) if len(was) == len(now) else iter(())
            old, new = next((pair for pair in pairs if pair[0] != pair[1]), (line, fixed))
            return number, f"ftfy would mend {shorten(old, 40)!r} to {shorten(new, 40)!r}"
    return None


def _wide(data: bytes) -> str | None:
    """Return the likely encoding of text that has a zero in nearly every second byte."""
    for first, encoding in ((0, "UTF-16BE"), (1, "UTF-16LE")):
        zeros = data[first:4096:2]
        if len(zeros) > 8 and zeros.count(0) > 0.8 * len(zeros) and 0 not in data[1 - first : 4096 : 2]:
            return encoding
    return None


def _other_encoding(name: str, proof: str, encoding: str) -> str:
    return f"{name} is not UTF-8 but, {proof}, {encoding}.\nHint: convert it, e.g. `iconv -f {encoding} -t UTF-8`."


def _not_utf8(data: bytes, name: str, place: int) -> str:
    if b"\0" in data[:4096]:
        return f"{name} is a binary file.\nHint: hand over the article's plain text."
    likely = likely_encoding(data)
    hint = f" It is likely {likely}: convert it, e.g. `iconv -f {likely} -t utf-8`." if likely else ""
    return f"{name} is not UTF-8: byte {place} is 0x{data[place]:02x}.\nHint: save it as UTF-8.{hint}"


def likely_encoding(data: bytes) -> str | None:
    """Guess an encoding. Among equally likely ones it is cp1252, since that is by far the most used."""
    from charset_normalizer import from_bytes

    matches = from_bytes(data[:100_000], cp_isolation=_ENCODINGS)
    best = matches.best()
    if best is None:
        return None
    equal = [each for each in matches if (each.chaos, each.coherence) == (best.chaos, best.coherence)]
    return "cp1252" if any("cp1252" in each.could_be_from_charset for each in equal) else best.encoding
