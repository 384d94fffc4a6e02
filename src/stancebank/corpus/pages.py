"""Web pages as articles: the text that a reader sees, what each line of it is, and what the page says of itself.

trafilatura decides which parts of a page are the article, always with the same settings: neither comments, tables of
data nor links, and nothing remembered from page to page. What it leaves out between headline and text, and readers
see, is put back: the summary, captions. This module alone imports it, and nothing that checks, builds or verifies
imports this module.
"""

import codecs
import hashlib
import logging
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import version as version_of
from typing import Any

from stancebank.corpus.cleaning import FEED, MIME, NoArticleError, Page, Source, likely_encoding
from stancebank.corpus.language import load_language
from stancebank.corpus.page_facts import PageFacts
from stancebank.corpus.page_tree import (
    STANDFIRST,
    PageTree,
    is_apart,
    is_credit,
    key_of,
    names_of,
    plain,
    prepared,
    words_in,
)
from stancebank.corpus.segment import SENTENCE, is_furniture, page_lines
from stancebank.errors import InputError, import_extra, shorten
from stancebank.search import count_words, sentence_end
from stancebank.text import normalise

EXTRACTOR = "trafilatura"
FAST_EXTRACTOR = "resiliparse"
PREPARATION = 1
"""What is done here before and after it; to be raised by whatever changes the text of a page."""

MAX_BYTES = 20_000_000  # a page that holds its pictures
LEAST_WORDS = 10  # in sentences; what has fewer is no article
FEW_WORDS = 60  # of a page that gives fewer it is said
STUB = 150  # words that the open part of a closed article has at most

_SETTINGS: dict[str, Any] = {
    "include_comments": False,
    "include_tables": False,
    "include_links": False,
    "include_images": False,
    "include_formatting": False,
    "deduplicate": False,  # True remembers what stood in earlier pages
    "with_metadata": True,
    "date_extraction_params": {"extensive_search": False, "original_date": True},  # its date guesses, and is not used
}
_QUIET = logging.NullHandler()  # else what libraries log comes to the terminal
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_DECLARED = re.compile(
    rb"""<meta\b[^>]*?\bcharset\s*=\s*["']?\s*([\w:.-]+)|^\s*<\?xml\b[^>]*?\bencoding\s*=\s*["']([\w:.-]+)""", re.I
)
_HEAD = 8192  # bytes in which an encoding is declared
_READ_AS = {  # what browsers take these names for (WHATWG, Encoding)
    **dict.fromkeys(("iso-8859-1", "iso8859-1", "latin1", "latin-1", "l1", "ascii", "us-ascii"), "cp1252"),
    **dict.fromkeys(("iso-8859-9", "latin5"), "cp1254"),
    **dict.fromkeys(("iso-8859-11", "tis-620", "windows-874"), "cp874"),
    **dict.fromkeys(("gb2312", "gb_2312-80", "gbk", "x-gbk"), "gb18030"),
    **dict.fromkeys(("shift_jis", "shift-jis", "x-sjis", "sjis", "ms_kanji"), "cp932"),
    **dict.fromkeys(("euc-kr", "ks_c_5601-1987", "korean"), "cp949"),
    **dict.fromkeys(("big5", "x-x-big5"), "big5hkscs"),
    **dict.fromkeys(("unicode", "utf-16", "utf-16le", "utf-16be", "utf8", "utf-8"), "utf-8"),
    "iso-8859-8-i": "iso8859-8",
    "x-mac-cyrillic": "mac_cyrillic",
    "macintosh": "mac_roman",
}
_WALL = re.compile(
    r"pay-?wall|reg(?:istration)?-?wall|(?:subscri\w+|premium|meter\w*)-?wall|piano-(?:offer|wall)|bezahlschranke", re.I
)
_KINDS = {"head": "heading", "item": "item", "p": "paragraph", "quote": "paragraph", "code": "paragraph"}
_CONTAINERS = ("list", "table", "row", "cell", "div", "body", "lb")


@dataclass(frozen=True, slots=True)
class _Block:
    """A line of the text. kind: one of `segment.KINDS`."""

    kind: str
    words: str


def version_of_extractor() -> str:
    """Return the version that decides on the text of a page: trafilatura's, and that of `PREPARATION`."""
    import trafilatura

    return f"{trafilatura.__version__}+pages.{PREPARATION}"


def read_page(data: bytes, name: str, metadata: dict[str, Any]) -> Source:
    """Return the article of a page. data: as it was saved. metadata: what was given with it.

    Raises InputError where it is no page, is not in the encoding that it declares, or has no article.
    """
    return _read(_decode(data, name), data, name, metadata)


def read_page_text(html: str, name: str, metadata: dict[str, Any]) -> Source:
    """Return the article of a page whose encoding is settled, such as one in a JSON object; else as `read_page`."""
    return _read(html, html.encode(errors="replace"), name, metadata)


def read_served(data: bytes, charset: str | None, name: str, *, fast: bool = False) -> Source:
    """Return the article of a page as a server sent it. charset: what the server said. fast: read it by resiliparse.

    Of the encodings that server and page name, and UTF-8, the first one counts that its bytes are in; that it is not
    the one that was named first is told. Raises NoArticleError where the page has no article, InputError where it
    cannot be read.
    """
    html, said = decode_served(data, charset, name)
    made = _read_fast(html, data, name) if fast else _read(html, data, name, {})
    return replace(made, changes=(*said, *made.changes))


def decode_served(data: bytes, charset: str | None, name: str) -> tuple[str, tuple[str, ...]]:
    """Return the source of a page that a server sent, as `read_served` reads it, and what is to be said of it."""
    if FEED.match(data[:_HEAD]):
        raise NoArticleError(f"{name} is a feed, a list of articles.\nHint: add the pages of its articles.")
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _decode_as(data[len(mark) :], encoding, "byte order mark", name), ()
    found = (each for match in _DECLARED.finditer(data[:_HEAD]) for each in match.groups() if each)
    declared = next((each.decode("ascii", "replace") for each in found), None)
    named = [_READ_AS.get(each.lower(), each.lower()) for each in (charset, declared) if each]
    named = list(dict.fromkeys((*named, "utf-8")))
    first, expected = (charset or declared or "utf-8").lower(), named[0]
    if not data.isascii() and _is_utf8(data):
        named = ["utf-8"]  # nothing else is UTF-8 by accident
    for encoding in named:
        with suppress(LookupError, UnicodeDecodeError):
            text = data.decode(encoding)
            wrong = encoding != expected and not data.isascii()
            note = f"its encoding is said to be {first}, and its bytes are {encoding}"
            return text, (note,) if wrong else ()
    likely = likely_encoding(data)
    guess = f" It is likely {likely}." if likely and likely not in named else " It likely has parts in several of them."
    raise InputError(
        f"{name} is in none of the encodings that are said of it: {', '.join(named)}.{guess}\n"
        "Hint: save the page again, and add it by itself."
    )


@cache
def _version_of_fast() -> str:
    return version_of(FAST_EXTRACTOR)


def _read_fast(html: str, data: bytes, name: str) -> Source:
    html2text = import_extra("resiliparse.extract.html2text")
    try:
        tree = PageTree(html, name)
        facts = PageFacts(tree.root, html)
        headline = tree.headline
    except RecursionError:
        raise InputError(f"{name} is nested too deeply.\nHint: save its text as a .txt file.") from None
    title = words_in(headline) if headline is not None else plain(facts.title or "")
    taken = html2text.extract_plain_text(
        html, main_content=True, list_bullets=False, alt_texts=False, links=False, comments=False
    )
    lines = [words for each in taken.split("\n") if (words := plain(each)) and key_of(words) != key_of(title)]
    many = sum(count_words(each) for each in lines if sentence_end(each)[0])
    if many < LEAST_WORDS:
        raise NoArticleError(
            f"{name} holds no article: {many} word{'s' if many != 1 else ''} in sentences.\n"
            "Hint: if it has one, add it without --fast."
        )
    text = normalise("\n\n".join([*([title] if title else []), *lines]) + "\n")
    found, doubts = facts.believable(text, name)
    version = f"{_version_of_fast()}+pages.{PREPARATION}"
    page = Page((), found, FAST_EXTRACTOR, version, facts.address, facts.uses)
    return Source(name, text, hashlib.sha256(data).hexdigest(), {}, doubts, page)


def _read(html: str, data: bytes, name: str, metadata: dict[str, Any]) -> Source:
    try:
        tree = PageTree(html, name)
        facts = PageFacts(tree.root, html)
        blocks = _extract(tree, facts, name)
    except RecursionError:
        raise InputError(f"{name} is nested too deeply.\nHint: save its text as a .txt file.") from None
    _require_article(blocks, tree, facts, name)
    blocks = _without_teasers(blocks, tree)
    parts: list[str] = []
    before = ""
    for block in blocks:
        gap = "" if not parts else "\n" if block.kind == before == "item" else "\n\n"
        parts.append(f"{gap}{block.words}")
        before = block.kind
    text = normalise("".join(parts) + "\n")
    found, doubts = facts.believable(text, name)
    doubts += _left_out(tree, blocks, facts)
    many = sum(count_words(each.words) for each in blocks if each.kind not in ("title", "caption", "credit"))
    if many < FEW_WORDS:
        doubts += (f"its page gave {many} words below the headline; see that they are all of it",)
    kinds = tuple(each.kind for each in blocks)
    page = Page(kinds, found, EXTRACTOR, version_of_extractor(), facts.address, facts.uses)
    return Source(name, text, hashlib.sha256(data).hexdigest(), metadata, doubts, page)


def _decode(data: bytes, name: str) -> str:
    """Decode a page as it declares. Raises InputError where that is wrong, or it is of another form."""
    head = data[:_HEAD]
    if MIME.search(head[:4000]):
        raise InputError(
            f"{name} is a web archive (MHTML).\nHint: open it in a browser, and save it as a page of HTML only (.html)."
        )
    if FEED.match(head):
        raise InputError(f"{name} is a feed, a list of articles.\nHint: save the page of each article as .html.")
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _decode_as(data[len(mark) :], encoding, "byte order mark", name)
    declared = next((each for match in _DECLARED.finditer(head) for each in match.groups() if each), None)
    said = declared.decode("ascii", "replace").lower() if declared else None
    if said is None:
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as error:
            likely = likely_encoding(data)
            guess = f" It is likely {likely}." if likely else ""
            raise InputError(
                f"{name} declares no encoding, and is not UTF-8: byte {error.start} is 0x{data[error.start]:02x}."
                f'{guess}\nHint: say which it is, with `<meta charset="{likely or "..."}">` behind <head>.'
            ) from None
    encoding = _READ_AS.get(said, said)
    try:
        codecs.lookup(encoding)
    except LookupError:
        raise InputError(
            f"{name} declares the encoding {said!r}, which is none.\nHint: correct it in the page."
        ) from None
    if encoding != "utf-8" and not data.isascii() and _is_utf8(data):
        raise InputError(
            f"{name} declares the encoding {said}, and is UTF-8.\n"
            'Hint: correct it to `<meta charset="utf-8">`; what saved the page left the old one.'
        )
    return _decode_as(data, encoding, f"declared encoding {said}", name)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _decode_as(data: bytes, encoding: str, proof: str, name: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        likely = likely_encoding(data)
        guess = f" It is likely {likely}." if likely and likely != encoding else ""
        raise InputError(
            f"{name} is not {encoding}, as its {proof} says: byte {error.start} is 0x{data[error.start]:02x}.{guess}\n"
            "Hint: correct what the page declares, or save it again from a browser."
        ) from None


def _extract(tree: PageTree, facts: PageFacts, name: str) -> list[_Block]:
    """Return the lines of the article: its headline, then all else in the order of the page."""
    found = _run(tree, facts, name)
    headline = tree.headline
    title = words_in(headline) if headline is not None else plain(facts.title or "")
    blocks: list[_Block] = []
    is_head = True
    for kind, words in found:
        key = key_of(words)
        if key == key_of(title) and kind in ("heading", "paragraph"):
            continue
        if key in tree.credits:
            kind = "credit"
        elif key in tree.captions:
            kind = "caption"
        elif is_head and key in tree.standfirsts:
            kind = "standfirst"
        elif kind != "heading" and sentence_end(words)[0]:
            is_head = False
        blocks.append(_Block(kind, words))
    above = _recovered(tree, blocks, facts)
    return [*([_Block("title", title)] if title else []), *above, *blocks]


def _run(tree: PageTree, facts: PageFacts, name: str) -> list[tuple[str, str]]:
    """Return what trafilatura takes for the article, line by line: kind and words. facts: learns what it reads."""
    from trafilatura import bare_extraction

    for each in ("trafilatura", "htmldate", "courlan"):
        logging.getLogger(each).addHandler(_QUIET)
    try:
        document = bare_extraction(prepared(tree.root), config=_configured(), **_SETTINGS)
    except Exception as error:  # whatever a page makes it do
        raise InputError(
            f"{name} cannot be read as a page: {type(error).__name__}.\nHint: save its text as a .txt file."
        ) from error
    if document is None:
        return []
    facts.add(document.title, document.author, document.url)
    return list(_lines(document.body, "paragraph"))


@cache
def _configured() -> Any:
    """Return trafilatura's configuration, but for short articles: if it finds less, it takes the whole page."""
    from trafilatura.settings import use_config

    config = use_config()
    config.set("DEFAULT", "MIN_EXTRACTED_SIZE", "60")  # characters
    return config


def _lines(element: Any, kind: str) -> Iterator[tuple[str, str]]:
    """Yield the lines of an element of trafilatura's: kind and words."""
    held: list[str] = [element.text or ""]
    for each in element:
        if each.tag in _KINDS or each.tag in _CONTAINERS:
            if words := plain("".join(held)):
                yield kind, words
            inner = _KINDS.get(each.tag, kind)
            yield from _lines(each, "item" if kind == "item" and inner == "paragraph" else inner)
            held = [each.tail or ""]
        else:
            held += [*each.itertext(), each.tail or ""]
    if words := plain("".join(held)):
        yield kind, words


def _recovered(tree: PageTree, blocks: list[_Block], facts: PageFacts) -> list[_Block]:
    """Return what readers see between headline and text and trafilatura left out: summaries and captions."""
    headline = tree.headline
    if headline is None:
        return []
    taken = {key_of(each.words) for each in blocks}
    after = (each for each in tree.blocks if tree.order[each] > tree.order[headline])
    first = next((each for each in after if tree.key(each) in taken), None)
    if first is None:
        return []
    language = load_language(facts.language)
    around = set(headline.iterancestors())
    found: list[_Block] = []
    for each in _between(tree, headline, first):
        words = words_in(each, credits=False)
        if not words or tree.key(each) in taken or key_of(words) in taken:
            continue
        taken.add(tree.key(each))
        if tree.key(each) in tree.captions:
            found.append(_Block("caption", words))
            found += [_Block("credit", words_in(part)) for part in each.iter() if is_credit(part)]
        elif each.tag not in ("li", "td"):
            (line,) = page_lines(words)
            named = [each, *(one for one in each.iterancestors() if one not in around)]
            is_named = any(STANDFIRST.search(names_of(one)) for one in named)
            is_summary = line.count > 2 if is_named else line.stops and line.count > 4
            if is_summary and not is_furniture(line, language):
                found.append(_Block("standfirst", words))
    return found


def _between(tree: PageTree, first: Any, last: Any) -> Iterator[Any]:
    """Yield the blocks between two others, but for those beside the article."""
    around = set(first.iterancestors()) & set(last.iterancestors())
    within = {first, last}
    for each in tree.blocks:
        if tree.order[first] < tree.order[each] < tree.order[last] and not is_apart(each):
            above = [one for one in each.iterancestors() if one not in around]
            if not within & set(above) and not any(is_apart(one) for one in above):
                yield each


def _left_out(tree: PageTree, blocks: list[_Block], facts: PageFacts) -> tuple[str, ...]:
    """Say how many sentences of the page stand between the lines of the article and are not in it."""
    taken = {key_of(each.words) for each in blocks}
    places = [each for each in tree.blocks if tree.key(each) in taken]
    if len(places) < 2:
        return ()
    language = load_language(facts.language)
    everything = "\n".join(key_of(each.words) for each in blocks)
    missing: list[str] = []
    for each in _between(tree, places[0], places[-1]):
        words = words_in(each)
        if tree.key(each) in everything or tree.key(each) in tree.captions or len(list(each.iter("p", "li"))) > 1:
            continue
        (line,) = page_lines(words)
        if line.is_statement and line.count >= SENTENCE and not is_furniture(line, language):
            missing.append(words)
    if not missing:
        return ()
    first = shorten(missing[0], 60)
    if len(missing) > 1:
        return (f"{len(missing)} paragraphs of its page are left out between others, such as {first!r}",)
    return (f"a paragraph of its page is left out between others: {first!r}",)


def _without_teasers(blocks: list[_Block], tree: PageTree) -> list[_Block]:
    """Leave out what stands below headlines that lead to other pages, and headings that nothing is left below."""
    left = [each for each in blocks if each.kind == "title" or not tree.is_teaser(key_of(each.words))]
    while left and left[-1].kind == "heading":
        left.pop()
    return left


def _require_article(blocks: list[_Block], tree: PageTree, facts: PageFacts, name: str) -> None:
    """Raise NoArticleError where a page has no article, with what was found in its place."""
    sentences = [each for each in blocks if each.kind not in ("title", "heading") and sentence_end(each.words)[0]]
    counts = [count_words(each.words) for each in sentences]
    many = sum(counts)
    what = f"{many} word{'s' if many != 1 else ''} in sentences"
    if many < LEAST_WORDS:
        hint = "if these are all its words, save them as a .txt file"
        if next(tree.root.iter("frame", "iframe"), None) is not None:
            hint = "if it is a frame around another page, save that page"
        elif next(tree.root.iter("script"), None) is not None:
            hint = "if a script fills it, save it from a browser once it is there, or save its text as .txt"
        raise NoArticleError(f"{name} holds no article: {what}.\nHint: {hint}.")
    teasers = sum(count for each, count in zip(sentences, counts, strict=True) if tree.is_teaser(key_of(each.words)))
    if teasers * 2 > many and (tree.headline is None or many - teasers < FEW_WORDS):
        raise NoArticleError(
            f"{name} is a list of articles: {teasers} of {what} stand below headlines that are links.\n"
            "Hint: save the page of each article."
        )
    walls = tree.root.iter("div", "section", "aside", "p", "dialog")
    if many < STUB and (facts.is_closed or any(_WALL.search(names_of(each)) for each in walls)):
        raise NoArticleError(
            f"{name} is the open part of an article that is not open to all: {what}.\n"
            "Hint: save the page where all of it is shown; if this is all of it, save its text as a .txt file."
        )
