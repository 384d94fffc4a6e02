"""What a web page says of itself: in JSON-LD, in its head, in the element of a date. Its words are not asked."""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from stancebank.corpus.metadata import sourced
from stancebank.errors import InputError
from stancebank.text import one_line

_ARTICLE = re.compile(r"(?:[a-z]*article|(?:live)?blogposting|report)$", re.I)  # of schema.org
_ISSUED = re.compile(r"publish|pubdate|issued|^(?:dc\.)?date$", re.I)
_CHANGED = re.compile(r"modif|updat|last|revis|copyright|expir|og:url", re.I)
_SAVED = re.compile(  # what browsers and SingleFile write above a page
    r"<!--\s*(?:saved from url=\(\d+\)|Page saved with SingleFile\s+url:\s*)(https?://[^\s<>]+)", re.I
)
_ADDRESS = re.compile(r"https?://[^\s/]\S*")
_COMMONS = re.compile(r"(?:https?:)?//creativecommons\.org/(?:licenses|publicdomain)/\w", re.I)
_NO_NAME = re.compile(r"https?:|@|\d{3}")
_ASCII = re.compile(r"[\x00-\x7f]+")
_NO_LETTERS = bytes(each for each in range(0x80) if not chr(each).isalpha())

_PUBLISHERS = ("og:site_name", "dc.publisher", "dcterms.publisher", "application-name")


class PageFacts:
    """What a page says. tree: of lxml; html: its source.

    address: its own. is_closed: whether it says that not everybody may read it.
    title, author, language, outlet: None where it does not say. dates: of publication, as it writes them, the surest
    first. uses: what it says of how it may be used, by name: ``tdm-reservation``, ``tdm-policy``, ``robots`` and
    ``licence``, as it writes them.
    """

    def __init__(self, tree: Any, html: str) -> None:
        nodes = list(_nodes(tree))
        articles = [each for each in nodes if any(_ARTICLE.match(kind) for kind in _texts(each.get("@type")))]
        self.title = next((each for node in articles for each in _texts(node.get("headline"))), None)
        people = [name for node in articles[:1] for name in _named(node.get("author"))]
        self.author = ", ".join(dict.fromkeys(people)) or None
        publishers = [name for node in articles for name in _named(node.get("publisher"))]
        self.outlet = next((said for each in _PUBLISHERS[:1] if (said := _meta(tree, each))), None)
        self.outlet = self.outlet or next(iter(publishers), None)
        self.outlet = self.outlet or next((said for each in _PUBLISHERS if (said := _meta(tree, each))), None)
        self.is_closed = any(str(node.get("isAccessibleForFree")).lower() == "false" for node in articles)
        self._languages = [
            *(each for each in (tree.get("lang"), tree.get("{http://www.w3.org/XML/1998/namespace}lang")) if each),
            *((said,) if (said := tree.get("xml:lang")) else ()),
            *(each for node in articles for each in _texts(node.get("inLanguage"))),
            *(said for each in ("content-language", "og:locale", "dc.language") if (said := _meta(tree, each))),
        ]
        stated = (each for node in articles for each in _texts(node.get("datePublished")))
        self.dates = tuple(dict.fromkeys((*stated, *_head_dates(tree), *_element_dates(tree))))
        saved = _SAVED.search(html[:8192])
        addresses = [
            *(each.get("href") for each in tree.iter("link") if "canonical" in each.get("rel", "").lower().split()),
            _meta(tree, "og:url"),
            *(each for node in articles for each in _texts(node.get("url"))),
            saved[1] if saved else None,
        ]
        self.address = next((each for each in addresses if each and _ADDRESS.fullmatch(each)), None)
        licences = (each for node in articles or nodes for each in (*_texts(node.get("license")), *_ids(node)))
        uses = {
            **{each: _metas(tree, each) for each in ("tdm-reservation", "tdm-policy", "robots")},
            "licence": tuple(dict.fromkeys((*_licence_links(tree), *licences))),
        }
        self.uses = {name: values for name, values in uses.items() if values}

    @property
    def language(self) -> str | None:
        """The first language that the page names, as a tag; its words may be in another."""
        return next((each.strip().replace("_", "-") for each in self._languages), None)

    def add(self, title: str | None, author: str | None, address: str | None) -> None:
        """Take what trafilatura reads in the head, where nothing better is said."""
        self.title = self.title or title
        self.address = self.address or address
        if not self.author and author and author != self.outlet and len(author) <= 100 and not _NO_NAME.search(author):
            self.author = author.replace("; ", ", ")

    def believable(self, text: str, name: str) -> tuple[dict[str, Any], tuple[str, ...]]:
        """Return the metadata of the page with the basis `found`, and what was not taken, in words.

        text: of its article.
        """
        doubts: list[str] = []
        languages: list[str] = []
        for each in dict.fromkeys(each.strip().replace("_", "-") for each in self._languages):
            if not fits_script(each, text):
                doubts.append(f"its page says that its language is {each!r}, and is written in another script")
            else:
                languages.append(each)
        said: dict[str, Sequence[str | None]] = {
            "language": languages[:1],
            "outlet": [self.outlet],
            "author": [self.author],
            "published": self.dates,
            "url": [self.address],
        }
        found: dict[str, Any] = {}
        for key, values in said.items():
            refused: list[str] = []
            for value in (one_line(each) for each in values if each):
                try:
                    read = sourced({**found, key: value}, key, name)
                except InputError as error:
                    refused.append(one_line(str(error).removeprefix(f"{name}: ")))
                    continue
                if read is not None:
                    found[key] = {"value": read.value, "basis": "found"}
                    break
            if refused and key not in found:
                doubts.append(f"what its page says was not taken: {refused[0]}")
        return found, tuple(doubts)


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Yield the objects of JSON-LD on a page, those inside of graphs and lists too; what is no JSON is left out."""
    for script in tree.iter("script"):
        if "ld+json" not in script.get("type", "").lower():
            continue
        try:
            waiting = [json.loads(script.text or "", strict=False)]
        except (ValueError, RecursionError):
            continue
        while waiting:
            value = waiting.pop(0)
            if isinstance(value, list):
                waiting = [*value, *waiting]
            elif isinstance(value, dict):
                yield value
                waiting = [value[each] for each in ("@graph", "mainEntity") if each in value] + waiting


def _texts(value: Any) -> list[str]:
    """Return the texts that a value of JSON-LD is or names."""
    if isinstance(value, list):
        return [text for each in value for text in _texts(each)]
    if isinstance(value, dict):
        return _texts(value.get("name") or value.get("@value"))
    return [one_line(value)] if isinstance(value, str) and value.strip() else []


def _named(value: Any) -> list[str]:
    return [each for each in _texts(value) if not _NO_NAME.search(each)]


def _meta(tree: Any, name: str) -> str | None:
    """Return what the page's head says under a name."""
    for each in tree.iter("meta"):
        if name in (each.get(key, "").lower() for key in ("property", "name", "http-equiv")) and each.get("content"):
            return str(each.get("content")).strip() or None
    return None


def _metas(tree: Any, name: str) -> tuple[str, ...]:
    """Return all that the page's head says under a name."""
    found = (each.get("content") for each in tree.iter("meta") if each.get("name", "").lower() == name)
    return tuple(dict.fromkeys(one_line(each) for each in found if each and each.strip()))


def _ids(node: dict[str, Any]) -> list[str]:
    """Return the address of a licence that an object of JSON-LD names as another object."""
    licence = node.get("license")
    return _texts(licence.get("@id") or licence.get("url")) if isinstance(licence, dict) else []


def _licence_links(tree: Any) -> Iterator[str]:
    """Yield the addresses that a page links to as its licence, and those of Creative Commons that it links to."""
    for each in tree.iter("a", "link"):
        address = each.get("href", "").strip()
        if "license" in each.get("rel", "").lower().split() or _COMMONS.match(address):
            yield one_line(address)


def _head_dates(tree: Any) -> Iterator[str]:
    """Yield the day of publication that the page's head states, under any of the names that htmldate knows.

    Then the dates of other calendars, which it does not read.
    """
    from lxml.etree import SubElement
    from lxml.html import Element

    stated = [each for each in tree.iter("meta") if not _CHANGED.search(_called(each)) and each.get("content")]
    if not stated:
        return
    from htmldate import find_date

    page = Element("html")
    head = SubElement(page, "head")
    SubElement(page, "body")
    for each in stated:
        SubElement(head, "meta", dict(each.attrib))
    years = ("1600-01-01", f"{date.today().year + 100}-12-31")
    found = find_date(page, extensive_search=False, original_date=True, min_date=years[0], max_date=years[1])
    if found:
        yield str(found)
    yield from (each.get("content") for each in stated if _ISSUED.search(_called(each)))


def _called(meta: Any) -> str:
    return next((meta.get(key) for key in ("property", "name", "itemprop", "http-equiv") if meta.get(key)), "")


def _element_dates(tree: Any) -> Iterator[str]:
    """Yield the dates in elements that give the article's: marked as such, then the first beside its headline."""
    for each in tree.iter("time", "meta", "span", "abbr"):
        if "datepublished" in each.get("itemprop", "").lower() or each.get("pubdate") is not None:
            yield from filter(None, (each.get(key) for key in ("datetime", "content", "title")))
    headline = next(tree.iter("h1"), None)
    for above in () if headline is None else headline.iterancestors("header", "article"):
        days = [each.get("datetime") for each in above.iter("time") if each.get("datetime")]
        if days:
            yield days[0]
            return


def fits_script(language: str, text: str) -> bool:
    """Whether a text may be in a language, by the script in which it is written; also where nothing is known of it."""
    import regex
    from babel.core import get_global

    likely = get_global("likely_subtags").get(language.split("-")[0].lower(), "")
    script = next((each for each in (*language.split("-")[1:], *likely.split("_")[1:]) if len(each) == 4), None)
    if script not in ("Latn", "Cyrl", "Arab", "Grek", "Hebr", "Deva", "Thai", "Armn", "Geor", "Beng", "Taml"):
        return True
    # each letter of ASCII is Latin; they are counted at once, since most texts have few others
    ascii = len(text.encode("ascii", "ignore").translate(None, _NO_LETTERS))
    rest = "" if text.isascii() else _ASCII.sub("", text)
    letters = ascii + len(regex.findall(r"\p{L}", rest))
    own = ascii if script == "Latn" else 0
    return (own + len(regex.findall(rf"\p{{Script={script}}}", rest))) * 2 >= letters
